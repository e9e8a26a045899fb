/* A sample of the rows: one from each of many equal parts of the table, at a drawn place, so that
 * no rhythm of the data hides. */
#include "train.h"

enum { SAMPLE_RUN = 64 };

static size_t sample_row(RandomKey key, size_t k, size_t most, size_t rows) {
    double share = ((double)k + random_uniform(key, k)) / (double)most;
    size_t row = (size_t)(share * (double)rows);
    return row < rows ? row : rows - 1;
}

/* Where row k of the sample is taken from. */
typedef size_t SampleRow(RandomKey key, size_t k, size_t most, size_t rows);

/* Rows that lie together are read faster: one run for each part. */
static size_t sample_run_row(RandomKey key, size_t k, size_t most, size_t rows) {
    size_t part = k / SAMPLE_RUN, parts = most / SAMPLE_RUN, share = rows / parts;
    size_t first = (size_t)(random_uniform(key, part) * (double)(share - SAMPLE_RUN + 1));
    return part * share + first + k % SAMPLE_RUN;
}

static void sample_fill(const Problem *problem, RandomKey key, SampleRow *row, Sample *sample) {
    size_t rows = problem->rows.count, most = sample->rows;
    for (size_t k = 0; k < most; k++) {
        size_t from = problem->rows.first + row(key, k, most, rows);
        for (size_t c = 0; c < sample->n_columns; c++)
            sample->values[c * most + k] = problem->columns[c][from];
    }
    for (size_t c = 0; c < sample->n_columns; c++)
        sample->columns[c] = sample->values + c * most;
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

/* What is known of all rows is kept, too. */
static void sample_enter(Problem *problem, Sample *sample) {
    sample->memo = problem->memo;
    problem->memo = (Memo){0};
    jacobian_set_aside(problem->jacobian);
    sample_swap(problem, sample);
}

static Status sample_open_rows(Problem *problem, size_t most, RandomKey key, SampleRow *row,
                               Sample *sample) {
    sample->n_columns = problem->table->n_columns + problem->graph->n_groups;
    sample->rows = most;
    sample->columns = memory_new(sample->n_columns + 1, sizeof *sample->columns);
    sample->values = memory_new(sample->n_columns * most + 1, sizeof *sample->values);
    Status status = sample->columns && sample->values ? STATUS_OK : STATUS_MEMORY;
    if (status == STATUS_OK) {
        sample_fill(problem, key, row, sample);
        if (problem->floats.columns)
            status = floats_open(problem->graph, sample->columns, sample->n_columns, most,
                                 &sample->floats);
    }
    if (status == STATUS_OK) sample_enter(problem, sample);
    else sample_free(sample);
    return status;
}

Status sample_open(Problem *problem, size_t most, uint64_t seed, Sample *sample) {
    *sample = (Sample){0};
    if (problem->rows.count <= most || problem->rows.first != 0) return STATUS_OK;
    return sample_open_rows(problem, most, random_key(seed, "sample"), sample_row, sample);
}

Status sample_open_runs(Problem *problem, size_t most, Sample *sample) {
    *sample = (Sample){0};
    if (problem->rows.count < 2 * most || problem->rows.first != 0) return STATUS_OK;
    most -= most % SAMPLE_RUN;
    return sample_open_rows(problem, most, random_key(1, "runs"), sample_run_row, sample);
}

void sample_close(Problem *problem, Sample *sample) {
    if (!sample->columns) return;
    sample_swap(problem, sample);
    problem->memo = sample->memo;
    jacobian_set_aside(problem->jacobian);
    sample_free(sample);
}
