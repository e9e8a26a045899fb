/* Intervals by the bootstrap (Efron and Tibshirani, An Introduction to the Bootstrap, 1993): rows
 * are drawn with replacement, the formula is fitted to them from the estimate on, and the middle
 * 95 % of the estimates are the interval. Where the formula knows groups (categories, flags) rows
 * are drawn within each, so that none is lost.
 *
 * Every draw is keyed by seed, replicate and row, and a replicate is calculated by one thread:
 * which one does not matter. */
#include "diagnose.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
    RESAMPLE_THREADS = 1024, /* at most */
    RESAMPLE_LEAST = 40, /* fits: below, the 2.5th percentile is the extreme one */
#ifdef DESCEND_HOSTILE
    RESAMPLE_APART = 1 << 9
#else
    RESAMPLE_APART = 1 << 28 /* bytes of columns that workers may have of their own */
#endif
};
static const double RESAMPLE_PIECE = 0.1;  /* seconds of one step */
static const double RESAMPLE_TIED = 1e-10; /* as STATISTICS_TIED */

typedef enum Fate { FATE_NONE, FATE_USED, FATE_NOT_CONVERGED, FATE_UNDETERMINED } Fate;

/* What one thread calculates with. */
typedef struct ResampleWorker {
    Problem *problem;
    Table table;     /* its columns: own values, for those that the formula reads */
    double **values; /* n_columns; NULL: not read */
    size_t *rows;    /* n_rows: what was drawn */
    double *end, *r; /* n, and n x n + n */
    Status status;
    Error error;
} ResampleWorker;

/* In the order of groups. */
typedef struct ResampleRow {
    uint64_t group;
    size_t row, first, count; /* first and count of its group, in that order */
} ResampleRow;

typedef struct Resample {
    const Intervals *intervals;
    const Table *table;
    Pool *pool;
    size_t n, n_rows, n_workers, replicates;
    ResampleWorker *workers;
    ResampleRow *groups; /* n_rows, by group; NULL: all rows are one */
    Text group_names;
    RandomKey key;
    double *estimates;   /* n for each replicate */
    unsigned char *fate; /* of each replicate */
    atomic_size_t next;
    atomic_int failed;
    double until; /* seconds: nobody begins a replicate afterwards */
} Resample;

static double resample_clock(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* ---- groups ---------------------------------------------------------------------------------- */

static bool resample_reads(const Graph *graph, size_t column) {
    for (NodeId id = 1; id < graph->n_nodes; id++)
        if (graph->nodes[id].op == OP_COLUMN && graph->nodes[id].aux.index == column) return true;
    return false;
}

static bool resample_is_group(const Resample *resample, size_t column) {
    ColumnType type = resample->table->columns[column].type;
    return (type == COLUMN_CATEGORY || type == COLUMN_FLAG) &&
           resample_reads(train_graph(resample->intervals->problem), column);
}

static int resample_compare_rows(const void *a, const void *b) {
    const ResampleRow *x = a, *y = b;
    if (x->group != y->group) return x->group < y->group ? -1 : 1;
    return x->row < y->row ? -1 : x->row > y->row;
}

static void resample_mark_groups(ResampleRow *rows, size_t n) {
    for (size_t first = 0, end; first < n; first = end) {
        for (end = first; end < n && rows[end].group == rows[first].group; end++) continue;
        for (size_t k = first; k < end; k++) {
            rows[k].first = first;
            rows[k].count = end - first;
        }
    }
}

/* Rows with equal values of all group columns belong together. */
static Status resample_group(Resample *resample) {
    const Table *table = resample->table;
    Text *names = &resample->group_names;
    for (size_t k = 0; k < table->n_columns; k++) {
        if (!resample_is_group(resample, k)) continue;
        if (!resample->groups)
            resample->groups = memory_new(resample->n_rows, sizeof *resample->groups);
        if (!resample->groups) return STATUS_MEMORY;
        for (size_t r = 0; r < resample->n_rows; r++) {
            Hash hash = {.value = resample->groups[r].group};
            hash_double(&hash, table->columns[k].values[r]);
            resample->groups[r].group = hash.value;
            resample->groups[r].row = r;
        }
        text_add(names, names->length ? ", " : "");
        text_add(names, table->columns[k].name);
    }
    if (!resample->groups) return STATUS_OK;
    qsort(resample->groups, resample->n_rows, sizeof *resample->groups, resample_compare_rows);
    resample_mark_groups(resample->groups, resample->n_rows);
    return STATUS_OK;
}

/* ---- opening and closing --------------------------------------------------------------------- */

static void resample_close_worker(ResampleWorker *worker, size_t n_columns) {
    train_problem_close(worker->problem);
    for (size_t k = 0; worker->values && k < n_columns; k++) memory_free(worker->values[k]);
    memory_free(worker->values);
    memory_free(worker->table.columns);
    memory_free(worker->rows);
    memory_free(worker->end);
    memory_free(worker->r);
    *worker = (ResampleWorker){0};
}

void interval_bootstrap_close(Intervals *intervals) {
    Resample *resample = intervals->resample;
    if (!resample) return;
    pool_free(resample->pool);
    for (size_t k = 0; resample->workers && k < resample->n_workers; k++)
        resample_close_worker(&resample->workers[k], resample->table->n_columns);
    memory_free(resample->workers);
    memory_free(resample->groups);
    text_free(&resample->group_names);
    memory_free(resample->estimates);
    memory_free(resample->fate);
    memory_free(resample);
    intervals->resample = NULL;
}

/* Large tables have one worker, whose rows are shared by the threads. */
static size_t resample_choose_workers(const Resample *resample) {
    size_t threads = resample->intervals->options.threads, columns = 1;
    if (threads == 0) threads = pool_processors();
    if (threads > RESAMPLE_THREADS) threads = RESAMPLE_THREADS;
    for (size_t k = 0; k < resample->table->n_columns; k++)
        columns += resample_reads(train_graph(resample->intervals->problem), k);
    double bytes = (double)columns * (double)resample->n_rows * sizeof(double);
    if (bytes * (double)threads > RESAMPLE_APART) return 1;
    return threads < resample->replicates ? threads : resample->replicates;
}

static Status resample_allocate(Resample *resample) {
    size_t count = 0;
    resample->n_workers = resample_choose_workers(resample);
    resample->pool = pool_new(resample->n_workers);
    resample->workers = memory_new(resample->n_workers, sizeof *resample->workers);
    resample->fate = memory_new(resample->replicates, 1);
    if (memory_multiply(resample->replicates, resample->n, &count))
        resample->estimates = memory_new(count + 1, sizeof *resample->estimates);
    return resample->pool && resample->workers && resample->fate && resample->estimates
               ? STATUS_OK
               : STATUS_MEMORY;
}

Status interval_bootstrap_open(Intervals *intervals, Error *error) {
    Resample *resample = memory_new(1, sizeof *resample);
    if (!resample) return error_memory(error);
    intervals->resample = resample;
    resample->intervals = intervals;
    resample->table = train_table(intervals->problem);
    resample->n = intervals->n;
    resample->n_rows = resample->table->n_rows;
    resample->replicates = intervals->options.replicates;
    resample->key = random_key(intervals->options.seed, "bootstrap");
    atomic_init(&resample->next, 0);
    atomic_init(&resample->failed, 0);
    bool good = resample_group(resample) == STATUS_OK && !resample->group_names.failed &&
                resample_allocate(resample) == STATUS_OK;
    return good ? STATUS_OK : error_memory(error);
}

/* Starts with the table as it is: statistics over the rows are taken from it. */
static Status resample_copy_columns(const Resample *resample, ResampleWorker *worker) {
    const Table *table = resample->table;
    const Graph *graph = train_graph(resample->intervals->problem);
    worker->table = *table;
    worker->values = memory_new(table->n_columns + 1, sizeof *worker->values);
    worker->table.columns = memory_new(table->n_columns + 1, sizeof *worker->table.columns);
    if (!worker->values || !worker->table.columns) return STATUS_MEMORY;
    memcpy(worker->table.columns, table->columns, table->n_columns * sizeof *table->columns);
    for (size_t k = 0; k < table->n_columns; k++) {
        if (!resample_reads(graph, k)) continue;
        double *values = memory_new(resample->n_rows, sizeof *values);
        if (!values) return STATUS_MEMORY;
        memcpy(values, table->columns[k].values, resample->n_rows * sizeof *values);
        worker->values[k] = values;
        worker->table.columns[k].values = values;
    }
    return STATUS_OK;
}

static Status resample_open_worker(const Resample *resample, ResampleWorker *worker) {
    const Intervals *intervals = resample->intervals;
    size_t n = resample->n, threads = resample->n_workers == 1 ? intervals->options.threads : 1;
    resample_close_worker(worker, resample->table->n_columns);
    worker->rows = memory_new(resample->n_rows, sizeof *worker->rows);
    worker->end = memory_new(n + 1, sizeof *worker->end);
    worker->r = memory_new(n * n + n + 1, sizeof *worker->r);
    if (!worker->rows || !worker->end || !worker->r) return STATUS_MEMORY;
    TRY(resample_copy_columns(resample, worker));
    return train_problem_again(intervals->problem, &worker->table, threads, &worker->problem,
                               &worker->error);
}

/* ---- one replicate --------------------------------------------------------------------------- */

static void resample_draw(const Resample *resample, size_t replicate, ResampleWorker *worker) {
    size_t n = resample->n_rows;
    for (size_t k = 0; k < n; k++) {
        const ResampleRow *group = resample->groups ? &resample->groups[k] : NULL;
        size_t count = group ? group->count : n;
        double u = random_uniform(resample->key, (uint64_t)replicate * n + k);
        size_t drawn = (size_t)(u * (double)count);
        worker->rows[k] = group ? resample->groups[group->first + drawn].row : drawn;
    }
    for (size_t c = 0; c < resample->table->n_columns; c++) {
        double *to = worker->values[c];
        const double *from = resample->table->columns[c].values;
        for (size_t k = 0; to && k < n; k++) to[k] = from[worker->rows[k]];
    }
    train_forget(worker->problem);
}

/* Every parameter that has an interval has a say of its own in these rows. */
static Status resample_determined(const Resample *resample, ResampleWorker *worker,
                                  bool *determined) {
    const Objective *objective = train_exact_objective(worker->problem);
    size_t n = resample->n;
    double rss;
    *determined = true;
    TRY(objective->least_squares(objective->context, worker->end, worker->r, worker->r + n * n,
                                 &rss));
    for (size_t j = 0; j < n; j++) {
        const double *column = worker->r + j * n;
        if (interval_wanted(resample->intervals, j) &&
            !(fabs(column[j]) > RESAMPLE_TIED * optim_norm(column, j + 1)))
            *determined = false;
    }
    return STATUS_OK;
}

static Status resample_fit(Resample *resample, size_t replicate, ResampleWorker *worker) {
    const Intervals *intervals = resample->intervals;
    bool arrived, determined = false;
    double rss;
    if (!worker->problem) TRY(resample_open_worker(resample, worker));
    resample_draw(resample, replicate, worker);
    TRY(interval_walk(intervals, train_exact_objective(worker->problem), intervals->x, -1,
                      worker->end, &rss, &arrived, &worker->error));
    if (isfinite(rss)) TRY(resample_determined(resample, worker, &determined));
    resample->fate[replicate] = isfinite(rss) && !determined ? FATE_UNDETERMINED
                                : arrived                    ? FATE_USED
                                                             : FATE_NOT_CONVERGED;
    memcpy(resample->estimates + replicate * resample->n, worker->end,
           resample->n * sizeof *worker->end);
    return STATUS_OK;
}

static void resample_work(void *context, size_t index) {
    Resample *resample = context;
    ResampleWorker *worker = &resample->workers[index];
    do {
        size_t replicate = atomic_fetch_add(&resample->next, 1);
        if (replicate >= resample->replicates) return;
        worker->status = resample_fit(resample, replicate, worker);
        if (worker->status != STATUS_OK) atomic_store(&resample->failed, 1);
    } while (!atomic_load(&resample->failed) && resample_clock() < resample->until);
}

/* ---- what they say --------------------------------------------------------------------------- */

static int resample_compare(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

/* Between the two nearest of the sorted values: at (count - 1) * share, from 0. */
static double resample_quantile(const double *sorted, size_t count, double share) {
    double place = share * (double)(count - 1), below = floor(place);
    size_t k = (size_t)below;
    if (k + 1 >= count) return sorted[count - 1];
    return sorted[k] + (place - below) * (sorted[k + 1] - sorted[k]);
}

static double resample_deviation(const double *values, size_t count) {
    double mean = 0, sum = 0;
    for (size_t k = 0; k < count; k++) mean += (values[k] - mean) / (double)(k + 1);
    for (size_t k = 0; k < count; k++) sum += (values[k] - mean) * (values[k] - mean);
    return sqrt(sum / (double)(count - 1));
}

static void resample_parameter(const Resample *resample, size_t i, double *values,
                               Intervals *intervals) {
    size_t count = 0, n = resample->n;
    for (size_t k = 0; k < resample->replicates; k++)
        if (resample->fate[k] == FATE_USED) values[count++] = resample->estimates[k * n + i];
    qsort(values, count, sizeof *values, resample_compare);
    intervals->low[i] = resample_quantile(values, count, 0.025);
    intervals->high[i] = resample_quantile(values, count, 0.975);
    intervals->errors[i] = resample_deviation(values, count);
}

static void resample_count(Intervals *intervals, const Resample *resample) {
    for (size_t k = 0; k < resample->replicates; k++) {
        intervals->used += resample->fate[k] == FATE_USED;
        intervals->not_converged += resample->fate[k] == FATE_NOT_CONVERGED;
        intervals->undetermined += resample->fate[k] == FATE_UNDETERMINED;
    }
    NumberText all = number_integer((long long)resample->replicates);
    NumberText seed = number_integer((long long)intervals->options.seed);
    error_set(notes_add(&intervals->notes), STATUS_OK,
              resample->groups ? MSG_NOTE_BOOTSTRAP_GROUPS : MSG_NOTE_BOOTSTRAP, all.s, seed.s,
              text_string(&resample->group_names), NULL);
    if (intervals->used < resample->replicates)
        error_set(notes_add(&intervals->notes), STATUS_OK, MSG_NOTE_BOOTSTRAP_LEFT, all.s,
                  number_integer((long long)intervals->not_converged).s,
                  number_integer((long long)intervals->undetermined).s, NULL);
    if (intervals->used < RESAMPLE_LEAST)
        error_set(notes_add(&intervals->notes), STATUS_OK, MSG_NOTE_BOOTSTRAP_FEW, all.s,
                  number_integer((long long)intervals->used).s,
                  number_integer(RESAMPLE_LEAST).s, NULL);
}

static Status resample_finish(Intervals *intervals, const Resample *resample) {
    double *values = memory_new(resample->replicates, sizeof *values);
    if (!values) return STATUS_MEMORY;
    resample_count(intervals, resample);
    for (size_t i = 0; i < resample->n && intervals->used >= RESAMPLE_LEAST; i++)
        if (interval_wanted(intervals, i)) resample_parameter(resample, i, values, intervals);
    memory_free(values);
    intervals->done = true;
    return STATUS_OK;
}

/* A tenth of a second of replicates. */
Status interval_bootstrap_step(Intervals *intervals, Error *error) {
    Resample *resample = intervals->resample;
    resample->until = resample_clock() + RESAMPLE_PIECE;
    pool_run(resample->pool, resample_work, resample);
    for (size_t k = 0; k < resample->n_workers; k++) {
        if (resample->workers[k].status == STATUS_OK) continue;
        *error = resample->workers[k].error;
        return resample->workers[k].status;
    }
    size_t next = atomic_load(&resample->next);
    intervals->share = fmin(1, (double)next / (double)resample->replicates);
    if (next < resample->replicates) return STATUS_OK;
    return resample_finish(intervals, resample);
}
