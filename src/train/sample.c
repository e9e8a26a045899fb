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

static Status sample_round(const Problem *problem, Sample *sample) {
    if (!problem->floats) return STATUS_OK;
    sample->floats = memory_new(sample->n_columns + 1, sizeof *sample->floats);
    for (size_t c = 0; sample->floats && c < sample->n_columns; c++) {
        if (!problem->floats[c]) continue;
        float *rounded = memory_new(sample->rows, sizeof *rounded);
        if (!rounded) return STATUS_MEMORY;
        for (size_t k = 0; k < sample->rows; k++) rounded[k] = (float)sample->columns[c][k];
        sample->floats[c] = rounded;
    }
    return sample->floats ? STATUS_OK : STATUS_MEMORY;
}

static void sample_free(Sample *sample) {
    for (size_t c = 0; sample->floats && c < sample->n_columns; c++)
        memory_free(sample->floats[c]);
    memory_free(sample->floats);
    memory_free(sample->columns);
    memory_free(sample->values);
    *sample = (Sample){0};
}

/* What the problem had is kept in the sample while it is open. */
static void sample_swap(Problem *problem, Sample *sample) {
    const double **columns = problem->columns;
    float **floats = problem->floats;
    size_t rows = problem->rows.count;
    train_set_columns(problem, sample->columns, sample->floats, problem->rows.first,
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
        status = sample_round(problem, sample);
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
