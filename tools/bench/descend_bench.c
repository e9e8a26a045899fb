/* descend's own side of 'make bench': one work in one process, one line of JSON.
 *
 *     descend_bench WORK [--size N] [--repeat R] [--executor E] [--threads T] [--precision P]
 *                        [--memory BYTES] [--cache FOLDER]
 *
 * Calls the public header alone. Options that this build of the library refuses are told as
 * "available": false, so that the harness also works with builds that lack them. Times are seconds
 * a unit (row, step, node of a row, parameter), one for each repetition. */
#define _DEFAULT_SOURCE
#include "../../include/descend.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

enum { COLUMNS_MAX = 31, REPEATS_MAX = 1000, LOGISTIC_X = 30, NODE_ROWS = 4096 };

typedef struct Request {
    const char *work, *executor, *threads, *precision, *cache;
    size_t size;
    int repeats;
    double memory; /* bytes that columns may take; more rows are generated in blocks */
} Request;

/* What one work measured. */
typedef struct Record {
    double seconds[REPEATS_MAX]; /* a unit */
    int n;
    double bytes;   /* that a unit must read, in doubles or floats as asked; 0: no matter */
    double prepare; /* seconds until the first unit could start */
    double check;   /* a number that depends on all that was computed */
    char executor[32], precision[32];
    const char *unit;
    int blocks; /* 1: all rows lay in memory at once */
} Record;

typedef enum Outcome { MEASURED, REFUSED, FAILED } Outcome;

typedef struct Subject {
    descend_model *model;
    descend_table *table;
    descend_walk *walk;
    double *memory; /* of the columns */
    const double *columns[COLUMNS_MAX];
    size_t n_columns, n_rows;
} Subject;

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

static Outcome failure(descend_error *error, const char *where) {
    fprintf(stderr, "%s: %s\n", where, error ? descend_error_text(error, "en") : "no memory");
    descend_error_free(error);
    return FAILED;
}

/* ---- data ------------------------------------------------------------------------------------ */

static uint64_t random_state = 88172645463325252u;

/* Uniform in [0, 1): xorshift64 (Marsaglia, 2003) is good enough to time with. */
static double uniform(void) {
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return (double)(random_state >> 11) * 0x1p-53;
}

static int subject_allocate(Subject *subject, size_t n_columns, size_t n_rows) {
    subject->n_columns = n_columns;
    subject->n_rows = n_rows;
    void *memory = NULL;
    size_t stride = (n_rows + 7) / 8 * 8;
    size_t bytes = n_columns * stride * sizeof(double);
    if (posix_memalign(&memory, 4096, bytes) != 0) return 0;
    if (bytes >= 4 << 20) madvise(memory, bytes, MADV_HUGEPAGE); /* as NumPy and descend do */
    subject->memory = memory;
    for (size_t c = 0; c < n_columns; c++) subject->columns[c] = subject->memory + c * stride;
    return 1;
}

static double *subject_column(const Subject *subject, size_t c) {
    return subject->memory + (subject->columns[c] - subject->memory);
}

/* x in [0, 10), y = 5 exp(-0.7 x) + 1 and a little noise. */
static void fill_decay(const Subject *subject) {
    double *x = subject_column(subject, 0), *y = subject_column(subject, 1);
    for (size_t r = 0; r < subject->n_rows; r++) {
        x[r] = 10 * uniform();
        y[r] = 5 * exp(-0.7 * x[r]) + 1 + 0.02 * (uniform() - 0.5);
    }
}

/* 30 columns about 0, y = 1 where a noisy sum of them is above 0. */
static void fill_logistic(const Subject *subject) {
    double *y = subject_column(subject, LOGISTIC_X);
    for (size_t r = 0; r < subject->n_rows; r++) {
        double z = 2 * (uniform() - 0.5);
        for (size_t c = 0; c < LOGISTIC_X; c++) {
            double value = 3.4 * (uniform() - 0.5);
            subject_column(subject, c)[r] = value;
            z += c % 2 ? value : -value;
        }
        y[r] = z > 0;
    }
}

/* ---- a walk over them ------------------------------------------------------------------------ */

static Outcome subject_parse(Subject *subject, const char *formula) {
    descend_error *error = NULL;
    subject->model = descend_model_parse(formula, &error);
    return subject->model ? MEASURED : failure(error, "model");
}

static Outcome subject_table(Subject *subject) {
    static const char *const DECAY[] = {"x", "y"};
    char names[COLUMNS_MAX][8];
    const char *list[COLUMNS_MAX];
    for (size_t c = 0; c < LOGISTIC_X; c++) snprintf(names[c], sizeof names[c], "x%zu", c + 1);
    strcpy(names[LOGISTIC_X], "y");
    for (size_t c = 0; c < COLUMNS_MAX; c++) list[c] = names[c];
    descend_error *error = NULL;
    subject->table =
        descend_table_columns(subject->n_columns, subject->n_columns == 2 ? DECAY : list,
                              subject->columns, subject->n_rows, &error);
    return subject->table ? MEASURED : failure(error, "table");
}

/* Options that choose the engine: those refused are not there yet. */
static Outcome subject_engine(Subject *subject, const Request *request) {
    const char *const options[][2] = {{"executor", request->executor},
                                      {"threads", request->threads},
                                      {"precision", request->precision},
                                      {"cache", request->cache}};
    for (size_t k = 0; k < sizeof options / sizeof *options; k++) {
        if (!options[k][1]) continue;
        descend_error *error = NULL;
        if (descend_walk_set(subject->walk, options[k][0], options[k][1], &error) == DESCEND_OK)
            continue;
        descend_error_free(error);
        return REFUSED;
    }
    return MEASURED;
}

static Outcome subject_walk(Subject *subject, const Request *request) {
    descend_error *error = NULL;
    subject->walk = descend_walk_open(subject->model, subject->table, &error);
    return subject->walk ? subject_engine(subject, request) : failure(error, "walk");
}

/* Pairs "option", "value", ..., NULL. */
static Outcome subject_set(Subject *subject, const char *const *pairs) {
    for (; *pairs; pairs += 2) {
        descend_error *error = NULL;
        if (descend_walk_set(subject->walk, pairs[0], pairs[1], &error) != DESCEND_OK)
            return failure(error, pairs[0]);
    }
    return MEASURED;
}

static Outcome subject_start(Subject *subject, const char *const *arguments) {
    for (; *arguments; arguments++) {
        descend_error *error = NULL;
        if (descend_walk_argument(subject->walk, *arguments, &error) != DESCEND_OK)
            return failure(error, *arguments);
    }
    return MEASURED;
}

static Outcome subject_prepare(Subject *subject, Record *record) {
    descend_error *error = NULL;
    double start = now();
    if (descend_walk_prepare(subject->walk, &error) < 0) return failure(error, "prepare");
    record->prepare = now() - start;
    return MEASURED;
}

static void subject_note(Subject *subject, Record *record) {
    snprintf(record->executor, sizeof record->executor, "%s",
             descend_walk_text(subject->walk, "executor", "en"));
    snprintf(record->precision, sizeof record->precision, "%s",
             descend_walk_text(subject->walk, "precision", "en"));
}

static void subject_close(Subject *subject) {
    descend_walk_free(subject->walk);
    descend_table_free(subject->table);
    descend_model_free(subject->model);
    free(subject->memory);
}

static double value_bytes(const Request *request) {
    return request->precision && strcmp(request->precision, "f32") == 0 ? 4 : 8;
}

/* ---- repetitions ----------------------------------------------------------------------------- */

/* Seconds of one evaluation of loss and gradient near the starts, each time elsewhere, for what is
 * known is not computed again; below 0: failed. */
static double time_gradient(Subject *subject, double *gradient, double *check) {
    static int turn;
    descend_error *error = NULL;
    size_t n = descend_walk_parameter_count(subject->walk);
    double *at = gradient + n + 1;
    memcpy(at, descend_walk_starts(subject->walk), n * sizeof *at);
    if (n > 0) at[0] += 1e-9 * ++turn;
    double loss, start = now();
    descend_status status = descend_walk_evaluate(subject->walk, at, &loss, gradient, &error);
    double seconds = now() - start;
    if (status < 0) {
        failure(error, "gradient");
        return -1;
    }
    *check += loss + gradient[0];
    return seconds;
}

/* Small works are repeated inside one measurement, so that the clock's steps do not matter. */
static int inner_count(double once) {
    return once <= 0 || once > 5e-4 ? 1 : (int)fmin(10000, 1 + 1e-3 / once);
}

/* 'units' an evaluation; 'fill' (or NULL) makes the data of each of the blocks anew. */
static Outcome repeat_gradient(Subject *subject, const Request *request, double units,
                               void (*fill)(const Subject *), Record *record) {
    size_t n = descend_walk_parameter_count(subject->walk);
    double *gradient = malloc(2 * (n + 1) * sizeof *gradient);
    if (!gradient) return failure(NULL, "gradient");
    double once = time_gradient(subject, gradient, &record->check);
    int inner = record->blocks > 1 ? 1 : inner_count(once);
    for (int k = 0; k < request->repeats && once >= 0; k++) {
        double total = 0;
        for (int block = 0; block < record->blocks * inner && once >= 0; block++) {
            if (record->blocks > 1) fill(subject);
            once = time_gradient(subject, gradient, &record->check);
            total += once;
        }
        record->seconds[record->n++] = total / (units * record->blocks * inner);
    }
    free(gradient);
    return once < 0 ? FAILED : MEASURED;
}

/* One step at a time, the first untimed. */
static Outcome repeat_steps(Subject *subject, const Request *request, double units,
                            Record *record) {
    descend_error *error = NULL;
    for (int k = 0; k <= request->repeats; k++) {
        descend_event event = {0};
        double start = now();
        descend_status status = descend_walk_step(subject->walk, &event, &error);
        double seconds = now() - start;
        if (status < 0) return failure(error, "step");
        if (k) record->seconds[record->n++] = seconds / units;
        record->check = event.loss;
        if (status == DESCEND_DONE) break;
    }
    return MEASURED;
}

/* ---- works over rows ------------------------------------------------------------------------- */

/* Rows that are in memory at once. */
static size_t rows_at_once(const Request *request, size_t n_columns, Record *record) {
    double fit = request->memory / (8.0 * (double)n_columns);
    record->blocks = 1;
    if (request->memory <= 0 || (double)request->size <= fit) return request->size;
    record->blocks = (int)ceil((double)request->size / fit);
    return request->size / (size_t)record->blocks;
}

static Outcome decay_open(Subject *subject, const Request *request, size_t rows,
                          const char *formula) {
    if (!subject_allocate(subject, 2, rows)) return failure(NULL, "columns");
    fill_decay(subject);
    Outcome outcome = subject_parse(subject, formula);
    if (outcome == MEASURED) outcome = subject_table(subject);
    if (outcome == MEASURED) outcome = subject_walk(subject, request);
    return outcome;
}

static Outcome gradient_over(Subject *subject, const Request *request, const char *formula,
                             Record *record) {
    static const char *const starts[] = {"a=4", "b=0.5", "c=0.5", NULL};
    record->unit = "row";
    record->bytes = 2 * value_bytes(request);
    size_t rows = rows_at_once(request, 2, record);
    Outcome outcome = decay_open(subject, request, rows, formula);
    if (outcome == MEASURED) outcome = subject_start(subject, starts);
    if (outcome == MEASURED) outcome = subject_prepare(subject, record);
    if (outcome == MEASURED)
        outcome = repeat_gradient(subject, request, (double)rows, fill_decay, record);
    return outcome;
}

static Outcome work_exponential(Subject *subject, const Request *request, Record *record) {
    return gradient_over(subject, request, "y ~ a*exp(-b*x) + c", record);
}

/* Much arithmetic for two numbers read: threads gain all that they can. */
static Outcome work_arithmetic(Subject *subject, const Request *request, Record *record) {
    return gradient_over(subject, request,
                         "y ~ a*sin(b*x)*exp(-b*x) + tanh(c*x)*log1p(exp(-a*x)) + "
                         "cos(c*x*x)*erf(a*x)",
                         record);
}

/* Loss and gradient of the exponential in one precision. */
static Outcome evaluate_in(Subject *subject, const char *precision, double *values) {
    static const char *const starts[] = {"a=4", "b=0.5", "c=0.5", NULL};
    Request request = {.precision = precision};
    Record unused = {0};
    descend_error *error = NULL;
    Outcome outcome = subject_walk(subject, &request);
    if (outcome == MEASURED) outcome = subject_start(subject, starts);
    if (outcome == MEASURED) outcome = subject_prepare(subject, &unused);
    if (outcome == MEASURED &&
        descend_walk_evaluate(subject->walk, descend_walk_starts(subject->walk), values,
                              values + 1, &error) < 0)
        outcome = failure(error, "evaluate");
    descend_walk_free(subject->walk);
    subject->walk = NULL;
    return outcome;
}

/* How far single precision is from double: the larger of the loss's relative error and that of the
 * gradient, as a vector. Told as 'check'. */
static Outcome work_error(Subject *subject, const Request *request, Record *record) {
    double exact[4], single[4], off = 0, size = 0;
    record->unit = "row";
    record->blocks = 1;
    if (!subject_allocate(subject, 2, request->size)) return failure(NULL, "columns");
    fill_decay(subject);
    Outcome outcome = subject_parse(subject, "y ~ a*exp(-b*x) + c");
    if (outcome == MEASURED) outcome = subject_table(subject);
    if (outcome == MEASURED) outcome = evaluate_in(subject, "f64", exact);
    if (outcome == MEASURED) outcome = evaluate_in(subject, "f32", single);
    for (int k = 1; outcome == MEASURED && k < 4; k++) {
        off += (single[k] - exact[k]) * (single[k] - exact[k]);
        size += exact[k] * exact[k];
    }
    record->check = fmax(sqrt(off / size), fabs(single[0] - exact[0]) / fabs(exact[0]));
    record->seconds[record->n++] = 0;
    return outcome;
}

static Outcome work_logistic(Subject *subject, const Request *request, Record *record) {
    static const char *const options[] = {"optimizer", "gd",        "rate",  "1", "until",
                                          "slope < 0", "steps", "1000000", NULL};
    char formula[1000] = "data x = [x1", *at = formula + strlen(formula);
    for (int c = 2; c <= LOGISTIC_X; c++) at += sprintf(at, ", x%d", c);
    strcpy(at, "]; data y; param w[30] = 0; z = w @ x; minimize softplus(z) - y*z");
    record->unit = "row";
    record->bytes = (LOGISTIC_X + 1) * value_bytes(request);
    record->blocks = 1;
    if (!subject_allocate(subject, COLUMNS_MAX, request->size)) return failure(NULL, "columns");
    fill_logistic(subject);
    Outcome outcome = subject_parse(subject, formula);
    if (outcome == MEASURED) outcome = subject_table(subject);
    if (outcome == MEASURED) outcome = subject_walk(subject, request);
    if (outcome == MEASURED) outcome = subject_set(subject, options);
    if (outcome == MEASURED) outcome = subject_prepare(subject, record);
    if (outcome == MEASURED)
        outcome = repeat_steps(subject, request, (double)request->size, record);
    return outcome;
}

/* Each repetition is a whole fit, from the text on; the data are in memory. */
static Outcome work_fit(Subject *subject, const Request *request, Record *record) {
    static const char *const starts[] = {"a=4", "b=0.5", "c=0.5", NULL};
    record->unit = "row";
    record->blocks = 1;
    if (!subject_allocate(subject, 2, request->size)) return failure(NULL, "columns");
    fill_decay(subject);
    for (int k = 0; k < request->repeats; k++) {
        Subject fit = *subject;
        fit.memory = NULL;
        descend_error *error = NULL;
        double start = now();
        Outcome outcome = subject_parse(&fit, "y ~ a*exp(-b*x) + c");
        if (outcome == MEASURED) outcome = subject_table(&fit);
        if (outcome == MEASURED) outcome = subject_walk(&fit, request);
        if (outcome == MEASURED) outcome = subject_start(&fit, starts);
        if (outcome == MEASURED && descend_walk_run(fit.walk, &error) < 0)
            outcome = failure(error, "fit");
        double errors[3];
        if (outcome == MEASURED &&
            descend_walk_vector(fit.walk, "standard_errors", errors, 3) != DESCEND_OK)
            outcome = failure(NULL, "standard errors");
        record->seconds[record->n++] = (now() - start) / (double)request->size;
        if (outcome == MEASURED) {
            record->check = descend_walk_values(fit.walk)[0];
            subject_note(&fit, record);
        }
        subject_close(&fit);
        if (outcome != MEASURED) return outcome;
    }
    return MEASURED;
}

/* ---- works without rows ---------------------------------------------------------------------- */

/* A rate so small that the walk never ends and no number becomes subnormal. */
static Outcome scalar_once(const Request *request, Record *record) {
    char steps[32];
    snprintf(steps, sizeof steps, "%zu", request->size);
    const char *const options[] = {"optimizer", "gd",        "rate",  "1e-9", "steps", steps,  NULL};
    static const char *const starts[] = {"w=10", NULL};
    Subject one = {0};
    descend_error *error = NULL;
    Outcome outcome = subject_parse(&one, "w^2");
    if (outcome == MEASURED) outcome = subject_walk(&one, request);
    if (outcome == MEASURED) outcome = subject_set(&one, options);
    if (outcome == MEASURED) outcome = subject_start(&one, starts);
    if (outcome == MEASURED) outcome = subject_prepare(&one, record);
    double start = now();
    if (outcome == MEASURED && descend_walk_run(one.walk, &error) < 0)
        outcome = failure(error, "run");
    if (outcome == MEASURED) {
        double done = descend_walk_number(one.walk, "steps");
        record->seconds[record->n++] = (now() - start) / done;
        record->check = descend_walk_values(one.walk)[0];
        subject_note(&one, record);
    }
    subject_close(&one);
    return outcome;
}

static Outcome work_scalar(Subject *subject, const Request *request, Record *record) {
    (void)subject;
    record->unit = "step";
    record->blocks = 1;
    for (int k = 0; k < request->repeats; k++) {
        Outcome outcome = scalar_once(request, record);
        if (outcome != MEASURED) return outcome;
    }
    return MEASURED;
}

/* A chain of size statements, each a product and a sum; all their values are needed again on the
 * way back. The unit is a statement of one row. The slope must not vanish on the way: subnormal
 * numbers take a hundred times as long. */
static Outcome work_nodes(Subject *subject, const Request *request, Record *record) {
    static const char LINE[] = "t = t*a + x\n";
    static const char *const starts[] = {"a=0.9999", NULL};
    record->unit = "statement of a row";
    record->blocks = 1;
    char *text = malloc(request->size * (sizeof LINE - 1) + 100);
    if (!text) return failure(NULL, "text");
    char *at = text + sprintf(text, "t = x\n");
    for (size_t k = 0; k < request->size; k++) at = strcpy(at, LINE) + sizeof LINE - 1;
    strcpy(at, "y ~ t");
    Outcome outcome = decay_open(subject, request, NODE_ROWS, text);
    free(text);
    if (outcome == MEASURED) outcome = subject_start(subject, starts);
    if (outcome == MEASURED) outcome = subject_prepare(subject, record);
    if (outcome == MEASURED)
        outcome = repeat_gradient(subject, request, (double)request->size * NODE_ROWS, NULL, record);
    return outcome;
}

static Outcome work_parameters(Subject *subject, const Request *request, Record *record) {
    static const char *const options[] = {"optimizer", "gd",        "rate",  "1e-3", "until",
                                          "slope < 0", "steps", "100000000", NULL};
    char formula[100];
    snprintf(formula, sizeof formula, "param w[%zu] = 2; minimize sum((w - 1)^2)", request->size);
    record->unit = "parameter";
    record->blocks = 1;
    Outcome outcome = subject_parse(subject, formula);
    if (outcome == MEASURED) outcome = subject_walk(subject, request);
    if (outcome == MEASURED) outcome = subject_set(subject, options);
    if (outcome == MEASURED) outcome = subject_prepare(subject, record);
    if (outcome == MEASURED)
        outcome = repeat_steps(subject, request, (double)request->size, record);
    return outcome;
}

/* ---- the cost of watching --------------------------------------------------------------------- */

/* A whole run, from the walk to the words that the report asks for; without watching there is
 * nothing to be said of what happened. */
static Outcome watched_once(Subject *subject, const Request *request, const char *watch,
                            const char *const *arguments, const char *steps, double *seconds) {
    /* A rate so small that the walk never ends and no number becomes subnormal. */
    const char *const options[] = {"rate", "1e-9", "steps", steps, "watch", watch, NULL};
    Subject run = {.model = subject->model, .table = subject->table};
    Record ignored = {0};
    descend_error *error = NULL;
    Outcome outcome = subject_walk(&run, request);
    if (outcome == MEASURED) outcome = subject_set(&run, options);
    if (outcome == MEASURED && arguments) outcome = subject_start(&run, arguments);
    if (outcome == MEASURED) outcome = subject_prepare(&run, &ignored);
    double start = now();
    if (outcome == MEASURED && descend_walk_run(run.walk, &error) < 0)
        outcome = failure(error, "run");
    if (outcome == MEASURED) descend_walk_text(run.walk, "happened", "en");
    *seconds = now() - start;
    descend_walk_free(run.walk);
    return outcome;
}

/* Runs with and without take turns; the values are pairs: with, without. */
static Outcome watched_turns(Subject *subject, const Request *request,
                             const char *const *arguments, const char *steps, Record *record) {
    Outcome outcome = MEASURED;
    record->unit = "run";
    record->blocks = 1;
    for (int k = 0; outcome == MEASURED && k < 2 * request->repeats; k++)
        outcome = watched_once(subject, request, k % 2 ? "off" : "on", arguments, steps,
                               &record->seconds[record->n++]);
    return outcome;
}

static Outcome work_watched_rows(Subject *subject, const Request *request, Record *record) {
    static const char *const starts[] = {"a=4", "b=0.5", "c=0.5", NULL};
    Outcome outcome = decay_open(subject, request, request->size, "y ~ a*exp(-b*x) + c");
    return outcome == MEASURED ? watched_turns(subject, request, starts, "200", record) : outcome;
}

static Outcome work_watched_parameters(Subject *subject, const Request *request, Record *record) {
    char formula[100];
    snprintf(formula, sizeof formula, "param w[%zu] = 2; minimize sum((w - 1)^2)", request->size);
    Outcome outcome = subject_parse(subject, formula);
    return outcome == MEASURED ? watched_turns(subject, request, NULL, "200", record) : outcome;
}

static Outcome work_watched_steps(Subject *subject, const Request *request, Record *record) {
    static const char *const starts[] = {"w=10", NULL};
    char steps[32];
    snprintf(steps, sizeof steps, "%zu", request->size);
    Outcome outcome = subject_parse(subject, "w^2");
    return outcome == MEASURED ? watched_turns(subject, request, starts, steps, record) : outcome;
}

/* ---- the line -------------------------------------------------------------------------------- */

static const struct {
    const char *name;
    Outcome (*measure)(Subject *, const Request *, Record *);
    size_t size;
} WORKS[] = {
    {"logistic", work_logistic, 2000000}, {"exponential", work_exponential, 10000000},
    {"scalar", work_scalar, 1000000},     {"fit", work_fit, 1000000},
    {"rows", work_exponential, 1000000},  {"nodes", work_nodes, 1000},
    {"parameters", work_parameters, 1000}, {"threads", work_arithmetic, 1000000}, {"error", work_error, 1000000},
    {"watched_rows", work_watched_rows, 100000},
    {"watched_parameters", work_watched_parameters, 100000},
    {"watched_steps", work_watched_steps, 100000},
};
enum { WORK_COUNT = sizeof WORKS / sizeof *WORKS };

/* Peak resident memory of this program alone; 0: not told here. */
static double peak_bytes(void) {
    char line[256];
    double kilobytes = 0;
    FILE *status = fopen("/proc/self/status", "r");
    while (status && fgets(line, sizeof line, status))
        if (sscanf(line, "VmHWM: %lf", &kilobytes) == 1) break;
    if (status) fclose(status);
    return 1024 * kilobytes;
}

static const char *or_default(const char *text) { return text && *text ? text : "default"; }

static void print_record(const Request *request, const Record *record, Outcome outcome) {
    printf("{\"work\": \"%s\", \"who\": \"descend\", \"available\": %s, \"size\": %zu, ",
           request->work, outcome == MEASURED ? "true" : "false", request->size);
    printf("\"executor\": \"%s\", \"threads\": \"%s\", \"precision\": \"%s\", ",
           or_default(request->executor ? request->executor : record->executor),
           or_default(request->threads),
           or_default(request->precision ? request->precision : record->precision));
    printf("\"unit\": \"%s\", \"bytes\": %g, \"blocks\": %d, \"prepare_seconds\": %.6g, "
           "\"peak_bytes\": %.0f, ",
           or_default(record->unit), record->bytes, record->blocks, record->prepare,
           peak_bytes());
    printf("\"check\": %.17g, \"version\": \"%s\", \"seconds\": [",
           isfinite(record->check) ? record->check : 0, descend_version());
    for (int k = 0; k < record->n && outcome == MEASURED; k++)
        printf("%s%.9g", k ? ", " : "", record->seconds[k]);
    printf("]}\n");
}

static int request_option(Request *request, const char *name, const char *value) {
    if (strcmp(name, "--executor") == 0) request->executor = value;
    else if (strcmp(name, "--threads") == 0) request->threads = value;
    else if (strcmp(name, "--precision") == 0) request->precision = value;
    else if (strcmp(name, "--cache") == 0) request->cache = value;
    else if (strcmp(name, "--size") == 0) request->size = (size_t)strtoull(value, NULL, 10);
    else if (strcmp(name, "--repeat") == 0) request->repeats = (int)strtol(value, NULL, 10);
    else if (strcmp(name, "--memory") == 0) request->memory = strtod(value, NULL);
    else return 0;
    return 1;
}

int main(int argc, char **argv) {
    static Record record;
    Request request = {.repeats = 5};
    size_t k = 0;
    while (argc > 1 && k < WORK_COUNT && strcmp(argv[1], WORKS[k].name) != 0) k++;
    int known = argc > 1 && k < WORK_COUNT && argc % 2 == 0;
    for (int i = 2; known && i + 1 < argc; i += 2)
        known = request_option(&request, argv[i], argv[i + 1]);
    if (!known || request.repeats < 1 || request.repeats > REPEATS_MAX) {
        fprintf(stderr, "usage: descend_bench WORK [--OPTION VALUE ...] (see its first lines)\n");
        return 2;
    }
    request.work = WORKS[k].name;
    if (request.size == 0) request.size = WORKS[k].size;
    Subject subject = {0};
    Outcome outcome = WORKS[k].measure(&subject, &request, &record);
    if (outcome == MEASURED && subject.walk) subject_note(&subject, &record);
    subject_close(&subject);
    if (outcome == FAILED) return 1;
    print_record(&request, &record, outcome);
    return 0;
}
