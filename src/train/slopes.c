/* Slopes row by row: the right side of a fit, or a residual, with its slope by each parameter. For
 * those who say how far a curve can be trusted. */
#include "train.h"

#include <string.h>

/* Outputs are the number, then its slope by each parameter as declared. Those that are the same in
 * all rows (y ~ a*x + b: the slope by b) have a plan of their own, which is run first. */
typedef struct Slopes {
    Graph *graph;
    size_t count;           /* of outputs */
    NodeId *nodes, *chosen; /* count each; of one of the two plans */
    double **results;       /* count */
    double *still;          /* outputs without rows: 1 + n_scalars, as laid out by slopes_place */
    double *slope;          /* n_scalars: of the row in hand */
    TrainSlopeVisitor visit;
    void *context;
} Slopes;

static bool slopes_moves(const Slopes *slopes, size_t k) {
    return (slopes->graph->nodes[slopes->nodes[k]].flags & NODE_ROWS) != 0;
}

/* Where the elements of output k begin among 1 + n_scalars numbers. */
static size_t slopes_place(const Slopes *slopes, size_t k) {
    return k == 0 ? 0 : 1 + slopes->graph->parameters[k - 1].offset;
}

static Status slopes_new(Problem *problem, Slopes *slopes) {
    Graph *graph = slopes->graph = train_graph(problem);
    slopes->count = graph->n_parameters + 1;
    slopes->nodes = memory_new(slopes->count, sizeof *slopes->nodes);
    slopes->chosen = memory_new(slopes->count, sizeof *slopes->chosen);
    slopes->results = memory_new(slopes->count, sizeof *slopes->results);
    slopes->still = memory_new(graph->n_scalars + 1, sizeof *slopes->still);
    slopes->slope = memory_new(graph->n_scalars + 1, sizeof *slopes->slope);
    return slopes->nodes && slopes->chosen && slopes->results && slopes->still && slopes->slope
               ? STATUS_OK
               : STATUS_MEMORY;
}

static void slopes_free(Slopes *slopes) {
    memory_free(slopes->nodes);
    memory_free(slopes->chosen);
    memory_free(slopes->results);
    memory_free(slopes->still);
    memory_free(slopes->slope);
}

static Status slopes_nodes(Slopes *slopes, NodeId of) {
    size_t n = slopes->graph->n_parameters;
    uint32_t *wrt = memory_new(n + 1, sizeof *wrt);
    if (!wrt) return STATUS_MEMORY;
    for (size_t k = 0; k < n; k++) wrt[k] = (uint32_t)k;
    slopes->nodes[0] = of;
    Status status = graph_gradient(slopes->graph, of, wrt, n, GRADIENT_PER_ROW, slopes->nodes + 1,
                                   NULL);
    memory_free(wrt);
    return status;
}

static void slopes_show(Slopes *slopes, size_t row, size_t r, const double *const *values,
                        size_t stride) {
    const Graph *graph = slopes->graph;
    double value = slopes->still[0];
    size_t slot = 0;
    if (slopes_moves(slopes, 0)) value = values[slot++][r];
    memcpy(slopes->slope, slopes->still + 1, graph->n_scalars * sizeof *slopes->slope);
    for (size_t k = 1; k < slopes->count; k++) {
        if (!slopes_moves(slopes, k)) continue;
        const Parameter *parameter = &graph->parameters[k - 1];
        for (size_t e = 0; e < parameter->count; e++)
            slopes->slope[parameter->offset + e] = values[slot][e * stride + r];
        slot++;
    }
    slopes->visit(slopes->context, row, value, slopes->slope);
}

static Status slopes_block(void *context, size_t worker, size_t first_row, size_t n_rows,
                           const double *const *values, size_t stride) {
    (void)worker;
    for (size_t r = 0; r < n_rows; r++) slopes_show(context, first_row + r, r, values, stride);
    return STATUS_OK;
}

/* Runs the outputs that have rows, or those that have none. */
static Status slopes_run(Slopes *slopes, bool moving, const double *x, const Rows *rows) {
    RowVisitor visitor = {.block = slopes_block, .context = slopes};
    PlanOptions options = {0};
    Plan *plan = NULL;
    size_t chosen = 0;
    for (size_t k = 0; k < slopes->count; k++) {
        if (slopes_moves(slopes, k) != moving) continue;
        slopes->results[chosen] = moving ? NULL : slopes->still + slopes_place(slopes, k);
        slopes->chosen[chosen++] = slopes->nodes[k];
    }
    if (chosen == 0) return STATUS_OK;
    Status status = exec_plan(slopes->graph, slopes->chosen, chosen, &options, &plan, NULL);
    if (status == STATUS_OK)
        status = exec_run(plan, x, rows, slopes->results, moving ? &visitor : NULL);
    exec_free(plan);
    return status;
}

Status train_slopes(Problem *problem, NodeId of, const double *x, const Rows *rows,
                    TrainSlopeVisitor visit, void *context) {
    Slopes slopes = {.visit = visit, .context = context};
    Status status = slopes_new(problem, &slopes);
    if (status == STATUS_OK) status = slopes_nodes(&slopes, of);
    if (status == STATUS_OK) status = slopes_run(&slopes, false, x, rows);
    if (status == STATUS_OK) status = slopes_run(&slopes, true, x, rows);
    slopes_free(&slopes);
    return status;
}

Status train_curve_slopes(Problem *problem, const double *x, const double *column, size_t n,
                          TrainSlopeVisitor visit, void *context) {
    NodeId right = train_graph(problem)->right;
    Rows rows = train_rows(problem);
    if (!column) return train_slopes(problem, right, x, &rows, visit, context);
    int index = train_curve_column(problem);
    if (index < 0) return index == CURVE_NO_MEMORY ? STATUS_MEMORY : STATUS_INTERNAL;
    const double **columns = memory_new((size_t)index + 1, sizeof *columns);
    if (!columns) return STATUS_MEMORY;
    columns[index] = column;
    rows = (Rows){.columns = columns, .count = n};
    Status status = train_slopes(problem, right, x, &rows, visit, context);
    memory_free(columns);
    return status;
}
