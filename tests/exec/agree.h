/* Runs a plan in every way and compares bit for bit; used by the tests of this folder. */
#ifndef DESCEND_TEST_AGREE_H
#define DESCEND_TEST_AGREE_H

#include "../../src/exec/exec.h"
#include "../check.h"

#include <stdlib.h>

enum { AGREE_OUTPUTS = 32 };

/* Outputs in one piece: what exec_run wrote, or what the visitor saw. */
typedef struct AgreeValues {
    double *data, *at[AGREE_OUTPUTS];
    size_t count;
} AgreeValues;

typedef struct AgreeCase {
    const Graph *graph;
    const NodeId *outputs;
    size_t n_outputs;
    const double *parameters;
    Rows rows;
} AgreeCase;

static AgreeValues agree_allocate(const AgreeCase *task) {
    AgreeValues values = {0};
    for (size_t k = 0; k < task->n_outputs; k++) {
        const Node *node = &task->graph->nodes[task->outputs[k]];
        values.count +=
            graph_count(&node->shape) * (node->flags & NODE_ROWS ? task->rows.count : 1);
    }
    values.data = calloc(values.count + 1, sizeof(double));
    double *at = values.data;
    for (size_t k = 0; k < task->n_outputs; k++) {
        const Node *node = &task->graph->nodes[task->outputs[k]];
        values.at[k] = at;
        at += graph_count(&node->shape) * (node->flags & NODE_ROWS ? task->rows.count : 1);
    }
    return values;
}

/* A visitor that copies what it sees into 'seen'. */
typedef struct AgreeVisit {
    const AgreeCase *task;
    AgreeValues *seen;
    size_t next_row;
} AgreeVisit;

static Status agree_visit(void *context, size_t worker, size_t first, size_t n,
                          const double *const *values, size_t stride) {
    AgreeVisit *visit = context;
    (void)worker;
    CHECK(first == visit->next_row);
    visit->next_row += n;
    for (size_t k = 0; k < visit->task->n_outputs; k++) {
        const Node *node = &visit->task->graph->nodes[visit->task->outputs[k]];
        CHECK((values[k] != NULL) == ((node->flags & NODE_ROWS) != 0));
        for (size_t e = 0; values[k] && e < graph_count(&node->shape); e++)
            for (size_t r = 0; r < n; r++)
                visit->seen->at[k][e * visit->task->rows.count + first + r] =
                    values[k][e * stride + r];
    }
    return STATUS_OK;
}

/* Through results[], or through the visitor where 'visitor'. Runs twice: the second must be the
 * same. */
static AgreeValues agree_run(const AgreeCase *task, PlanOptions options, int visitor) {
    AgreeValues values = agree_allocate(task);
    Plan *plan = NULL;
    Error error = {0};
    CHECK_INT(exec_plan(task->graph, task->outputs, task->n_outputs, &options, &plan, &error),
              STATUS_OK);
    if (!plan) return values;
    AgreeVisit visit = {.task = task, .seen = &values};
    RowVisitor calls = {.block = agree_visit, .context = &visit};
    double *results[AGREE_OUTPUTS];
    for (size_t k = 0; k < task->n_outputs; k++) {
        int rows = (task->graph->nodes[task->outputs[k]].flags & NODE_ROWS) != 0;
        results[k] = visitor && rows ? NULL : values.at[k];
    }
    for (int turn = 0; turn < 2; turn++) {
        visit.next_row = 0;
        CHECK_INT(exec_run(plan, task->parameters, &task->rows, results, visitor ? &calls : NULL),
                  STATUS_OK);
    }
    exec_free(plan);
    return values;
}

static int agree_same(double a, double b) {
    return memcmp(&a, &b, sizeof a) == 0 || (isnan(a) && isnan(b));
}

static size_t agree_compare(const AgreeValues *want, const AgreeValues *got, const char *what) {
    size_t different = 0;
    for (size_t i = 0; i < want->count; i++) {
        if (agree_same(want->data[i], got->data[i])) continue;
        if (different++ == 0)
            printf("%s: value %zu of %zu is %a, not %a\n", what, i, want->count, got->data[i],
                   want->data[i]);
    }
    return different;
}

/* Columns rounded to floats, for plans in single precision. */
enum { AGREE_COLUMNS = 16 };
static const float **agree_floats(const AgreeCase *task, size_t n_columns) {
    static float *floats[AGREE_COLUMNS];
    size_t rows = task->rows.first + task->rows.count;
    for (size_t k = 0; k < n_columns; k++) {
        floats[k] = realloc(floats[k], (rows + 1) * sizeof(float));
        for (size_t r = 0; r < rows; r++) floats[k][r] = (float)task->rows.columns[k][r];
    }
    return (const float **)floats;
}

static void agree_expect(const AgreeCase *task, const AgreeValues *want, PlanOptions options,
                         int visitor, const char *what) {
    AgreeValues got = agree_run(task, options, visitor);
    char place[200];
    snprintf(place, sizeof place, "%.100s, %zu rows, blocks of %zu, isa %d, %zu threads%s%s", what,
             task->rows.count, options.block_rows, (int)options.isa, pool_workers(options.pool),
             visitor ? ", visitor" : "", options.kept ? ", some values made again" : "");
    CHECK_INT(agree_compare(want, &got, place), 0);
    free(got.data);
}

/* The instruction sets of this processor, and several numbers of threads. */
static void agree_check_machines(const AgreeCase *task, const AgreeValues *want,
                                 const char *what) {
    static Pool *pools[3];
    static const size_t threads[] = {2, 3, 7};
    for (Isa isa = ISA_PLAIN; isa <= ISA_AVX512; isa++) {
        PlanOptions options = {.executor = EXECUTOR_INTERPRETED, .isa = isa};
        if (exec_kernels(PRECISION_F64, isa)) agree_expect(task, want, options, 0, what);
    }
    if (task->rows.count <= EXEC_LEAF_ROWS) return;
    for (size_t k = 0; k < 3; k++) {
        if (!pools[k]) pools[k] = pool_new(threads[k]);
        PlanOptions options = {.executor = EXECUTOR_INTERPRETED, .pool = pools[k]};
        agree_expect(task, want, options, 0, what);
    }
}

static size_t agree_columns(const Graph *graph) {
    size_t columns = 0;
    for (NodeId id = 1; id < graph->n_nodes; id++)
        if (graph->nodes[id].op == OP_COLUMN && graph->nodes[id].aux.index >= columns)
            columns = graph->nodes[id].aux.index + 1;
    return columns;
}

/* The same in single precision. */
static void agree_check_single(const AgreeCase *given, const char *what) {
    AgreeCase task = *given;
    if (agree_columns(task.graph) > AGREE_COLUMNS) return;
    task.rows.floats = agree_floats(&task, agree_columns(task.graph));
    PlanOptions options = {.executor = EXECUTOR_REFERENCE, .precision = PRECISION_F32};
    AgreeValues want = agree_run(&task, options, 0);
    options.executor = EXECUTOR_INTERPRETED;
    for (int visitor = 0; visitor < 2; visitor++)
        agree_expect(&task, &want, options, visitor, what);
    options.block_rows = 7;
    options.kept = 1;
    agree_expect(&task, &want, options, 0, what);
    options.block_rows = options.kept = 0;
    for (options.isa = ISA_PLAIN; options.isa <= ISA_AVX512; options.isa++)
        if (exec_kernels(PRECISION_F32, options.isa)) agree_expect(&task, &want, options, 0, what);
    free(want.data);
}

/* Every executor, block height, instruction set and number of threads gives the bits of the
 * reference; returns those values. */
static inline AgreeValues agree_check(const AgreeCase *task, const char *what) {
    static const size_t heights[] = {0, 1, 3, 7, 64, 1000, 1024, 4096};
    AgreeValues want = agree_run(task, (PlanOptions){.executor = EXECUTOR_REFERENCE}, 0);
    for (size_t h = 0; h < sizeof heights / sizeof *heights; h++)
        for (int visitor = 0; visitor < 2; visitor++) {
            PlanOptions options = {.executor = EXECUTOR_INTERPRETED,
                                   .block_rows = heights[h],
                                   .kept = (h + visitor) % 2};
            agree_expect(task, &want, options, visitor, what);
        }
    agree_check_machines(task, &want, what);
    agree_check_single(task, what);
    return want;
}

#endif
