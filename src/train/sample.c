/* A sample of the rows: one from each of many equal parts of the table, at a drawn place, so that
 * no rhythm of the data hides. */
#include "train.h"

static size_t sample_row(RandomKey key, size_t k, size_t most, size_t rows) {
    double share = ((double)k + random_uniform(key, k)) / (double)most;
    size_t row = (size_t)(share * (double)rows);
    return row < rows ? row : rows - 1;
}

static void sample_fill(const Problem *problem, RandomKey key, Sample *sample) {
    size_t rows = problem->rows.count, most = sample->rows;
    for (size_t c = 0; c < sample->n_columns; c++) {
        double *values = sample->values + c * most;
        sample->columns[c] = values;
        for (size_t k = 0; k < most; k++)
            values[k] =
                problem->columns[c][problem->rows.first + sample_row(key, k, most, rows)];
    }
}

static void sample_free(Sample *sample) {
    floats_close(&sample->floats);
    memory_free(sample->columns);
    memory_free(sample->values);
    *sample = (Sample){0};
}

/* What the problem had is kept in the sample while it is open. */
static void sample_swap(Problem *problem, Sample *sample) {
    const double **columns = problem->columns;
    Floats floats = problem->floats;
    size_t rows = problem->rows.count;
    train_set_columns(problem, sample->columns, &sample->floats, problem->rows.first,
                      sample->rows);
    sample->columns = columns;
    sample->floats = floats;
    sample->rows = rows;
}

Status sample_open(Problem *problem, size_t most, uint64_t seed, Sample *sample) {
    *sample = (Sample){0};
    if (problem->rows.count <= most || problem->rows.first != 0) return STATUS_OK;
    sample->n_columns = problem->table->n_columns + problem->graph->n_groups;
    sample->rows = most;
    sample->columns = memory_new(sample->n_columns + 1, sizeof *sample->columns);
    sample->values = memory_new(sample->n_columns * most + 1, sizeof *sample->values);
    Status status = sample->columns && sample->values ? STATUS_OK : STATUS_MEMORY;
    if (status == STATUS_OK) {
        sample_fill(problem, random_key(seed, "sample"), sample);
        if (problem->floats.columns)
            status = floats_open(problem->graph, sample->columns, sample->n_columns, most,
                                 &sample->floats);
    }
    if (status == STATUS_OK) sample_swap(problem, sample);
    else sample_free(sample);
    return status;
}

void sample_close(Problem *problem, Sample *sample) {
    if (!sample->columns) return;
    sample_swap(problem, sample);
    sample_free(sample);
}
