/* jacobian: residuals and their slopes by each parameter, streamed into triangles.
 *
 * A residual with rows has a few triangles for each worker, each filled by one part of the rows at
 * a time and joined, in the order of the parts, to those before it. */
#include "train.h"

#include <string.h>

enum {
    JACOBIAN_APART = 16,
    JACOBIAN_KNOWN = 3,
    JACOBIAN_MEMO = 100,   /* parameters at most */
    JACOBIAN_SMALL = 64    /* parameters: larger triangles are there once for each worker */
};

/* For each residual n_parameters + 1 outputs: the residual, then its slope by each parameter. Those
 * that are the same for all rows (y ~ a*x + b: the slope by b) have a plan of their own. */
typedef struct Factors {
    double *x; /* n; then Q'r, R and r'r */
    size_t first, count; /* of the rows */
} Factors;

struct Jacobian {
    Graph *graph;
    Plan *moving_plan, *still_plan; /* outputs with rows, and without */
    bool *moves;                    /* of each output: which plan it is in, */
    size_t *slot;                   /* and at which place there */
    double *still, **still_at;      /* results of the still plan */
    double **nothing;               /* where results of the moving plan go */
    size_t n_workers, n_sets, n; /* sets of triangles for each worker */
    size_t width;           /* n + 1, and so much that workers share no cache line */
    const double **columns; /* 'width' for each set: where the values of a block lie, */
    size_t *strides;        /* and how far apart */
    Factors known[JACOBIAN_KNOWN]; /* the newest evaluations: walks come back to them */
    Factors aside[JACOBIAN_KNOWN]; /* those of all rows, while others are looked at */
    size_t next;                   /* the one to be replaced */
    Qr **part;              /* of each set and residual: the rows of the part in hand */
    Qr **whole;             /* of each residual: the rows before it; the first gathers all */
};

static bool jacobian_has_rows(const Graph *graph, NodeId node) {
    return (graph->nodes[node].flags & NODE_ROWS) != 0;
}

/* ---- opening --------------------------------------------------------------------------------- */

static Status jacobian_nodes(Jacobian *jacobian, NodeId *nodes, uint32_t *wrt, Error *error) {
    Graph *graph = jacobian->graph;
    size_t stride = graph->n_parameters + 1;
    for (size_t k = 0; k < graph->n_parameters; k++) wrt[k] = (uint32_t)k;
    for (size_t k = 0; k < graph->n_residuals; k++) {
        nodes[k * stride] = graph->residuals[k];
        TRY(graph_gradient(graph, graph->residuals[k], wrt, graph->n_parameters, GRADIENT_PER_ROW,
                           nodes + k * stride + 1, error));
    }
    return STATUS_OK;
}

/* Sorts the outputs into the two plans; gives the number of elements without rows. */
static size_t jacobian_sort(Jacobian *jacobian, const NodeId *nodes, size_t count, NodeId *moving,
                            size_t *n_moving, NodeId *still, size_t *n_still) {
    size_t elements = 0;
    for (size_t k = 0; k < count; k++) {
        bool rows = jacobian_has_rows(jacobian->graph, nodes[k]);
        jacobian->moves[k] = rows;
        jacobian->slot[k] = rows ? *n_moving : *n_still;
        if (rows)
            moving[(*n_moving)++] = nodes[k];
        else
            still[(*n_still)++] = nodes[k];
        elements += rows ? 0 : graph_count(&jacobian->graph->nodes[nodes[k]].shape);
    }
    return elements;
}

static Status jacobian_aim_still(Jacobian *jacobian, const NodeId *still, size_t n_still,
                                 size_t elements, Error *error) {
    jacobian->still = memory_new(elements + 1, sizeof *jacobian->still);
    jacobian->still_at = memory_new(n_still + 1, sizeof *jacobian->still_at);
    if (!jacobian->still || !jacobian->still_at) return error_memory(error);
    double *at = jacobian->still;
    for (size_t k = 0; k < n_still; k++) {
        jacobian->still_at[k] = at;
        at += graph_count(&jacobian->graph->nodes[still[k]].shape);
    }
    return STATUS_OK;
}

/* 'scratch' holds twice 'count' nodes. */
static Status jacobian_plans(Jacobian *jacobian, const NodeId *nodes, size_t count, NodeId *scratch,
                             const PlanOptions *options, Error *error) {
    NodeId *moving = scratch, *still = scratch + count;
    size_t n_moving = 0, n_still = 0;
    size_t elements =
        jacobian_sort(jacobian, nodes, count, moving, &n_moving, still, &n_still);
    TRY(jacobian_aim_still(jacobian, still, n_still, elements, error));
    if (n_moving)
        TRY(exec_plan(jacobian->graph, moving, n_moving, options, &jacobian->moving_plan, error));
    if (n_still)
        TRY(exec_plan(jacobian->graph, still, n_still, options, &jacobian->still_plan, error));
    return STATUS_OK;
}

static bool jacobian_triangles(Qr **triangles, size_t count, size_t n) {
    for (size_t k = 0; k < count; k++)
        if (!(triangles[k] = qr_new(n))) return false;
    return true;
}

static Status jacobian_allocate(Jacobian *jacobian, size_t count, Error *error) {
    size_t residuals = jacobian->graph->n_residuals;
    size_t sets = jacobian->n_workers * jacobian->n_sets;
    size_t width = jacobian->width = jacobian->n + 1 + JACOBIAN_APART;
    jacobian->slot = memory_new(count, sizeof *jacobian->slot);
    jacobian->moves = memory_new(count, sizeof *jacobian->moves);
    jacobian->nothing = memory_new(count, sizeof *jacobian->nothing);
    jacobian->columns = memory_new(sets * width, sizeof *jacobian->columns);
    jacobian->strides = memory_new(sets * width, sizeof *jacobian->strides);
    jacobian->part = memory_new(sets * residuals, sizeof *jacobian->part);
    jacobian->whole = memory_new(residuals, sizeof *jacobian->whole);
    bool good = jacobian->slot && jacobian->moves && jacobian->nothing && jacobian->columns &&
                jacobian->strides && jacobian->part && jacobian->whole;
    good = good && jacobian_triangles(jacobian->whole, residuals, jacobian->n) &&
           jacobian_triangles(jacobian->part, sets * residuals, jacobian->n);
    return good ? STATUS_OK : error_memory(error);
}

static Status jacobian_fill(Jacobian *jacobian, const PlanOptions *options, Error *error) {
    const Graph *graph = jacobian->graph;
    size_t count = graph->n_residuals * (graph->n_parameters + 1);
    TRY(jacobian_allocate(jacobian, count, error));
    NodeId *nodes = memory_new(3 * count, sizeof *nodes);
    uint32_t *wrt = memory_new(graph->n_parameters + 1, sizeof *wrt);
    Status status = nodes && wrt ? STATUS_OK : error_memory(error);
    if (status == STATUS_OK) status = jacobian_nodes(jacobian, nodes, wrt, error);
    if (status == STATUS_OK)
        status = jacobian_plans(jacobian, nodes, count, nodes + count, options, error);
    memory_free(nodes);
    memory_free(wrt);
    return status;
}

Status jacobian_open(Graph *graph, const PlanOptions *options, Jacobian **out, Error *error) {
    Jacobian *jacobian = memory_new(1, sizeof *jacobian);
    if (!jacobian) return error_memory(error);
    jacobian->graph = graph;
    jacobian->n = graph->n_scalars;
    jacobian->n_workers = options->pool ? pool_workers(options->pool) : 1;
    bool several = jacobian->n_workers > 1 && jacobian->n <= JACOBIAN_SMALL;
    jacobian->n_sets = several ? EXEC_VISIT_SETS : 1;
    Status status = jacobian_fill(jacobian, options, error);
    if (status == STATUS_OK)
        *out = jacobian;
    else
        jacobian_close(jacobian);
    return status;
}

void jacobian_close(Jacobian *jacobian) {
    if (!jacobian) return;
    size_t residuals = jacobian->graph->n_residuals;
    exec_free(jacobian->moving_plan);
    exec_free(jacobian->still_plan);
    for (size_t k = 0; jacobian->whole && k < residuals; k++) qr_free(jacobian->whole[k]);
    size_t parts = jacobian->n_workers * jacobian->n_sets * residuals;
    for (size_t k = 0; jacobian->part && k < parts; k++) qr_free(jacobian->part[k]);
    memory_free(jacobian->slot);
    memory_free(jacobian->moves);
    memory_free(jacobian->still);
    memory_free(jacobian->still_at);
    memory_free(jacobian->nothing);
    memory_free(jacobian->columns);
    memory_free(jacobian->strides);
    for (size_t k = 0; k < JACOBIAN_KNOWN; k++) {
        memory_free(jacobian->known[k].x);
        memory_free(jacobian->aside[k].x);
    }
    memory_free(jacobian->part);
    memory_free(jacobian->whole);
    memory_free(jacobian);
}

const Plan *jacobian_plan(const Jacobian *jacobian) {
    return jacobian ? jacobian->moving_plan : NULL;
}

/* ---- rows ------------------------------------------------------------------------------------ */

/* Element e of output k over the rows of a block. */
static void jacobian_aim(const Jacobian *jacobian, size_t k, size_t e, const double *const *values,
                         size_t stride, const double **column, size_t *step) {
    size_t slot = jacobian->slot[k];
    *step = jacobian->moves[k] ? 1 : 0;
    *column = jacobian->moves[k] ? values[slot] + e * stride : jacobian->still_at[slot] + e;
}

/* Where the slopes of one residual, and behind them its values, lie over the rows of a block. */
static void jacobian_aim_all(const Jacobian *jacobian, size_t set, size_t residual,
                             const double *const *values, size_t stride) {
    const Graph *graph = jacobian->graph;
    const double **columns = jacobian->columns + set * jacobian->width;
    size_t *strides = jacobian->strides + set * jacobian->width;
    size_t first = residual * (graph->n_parameters + 1);
    for (size_t p = 0; p < graph->n_parameters; p++) {
        const Parameter *parameter = &graph->parameters[p];
        for (size_t e = 0; e < parameter->count; e++)
            jacobian_aim(jacobian, first + p + 1, e, values, stride,
                         &columns[parameter->offset + e], &strides[parameter->offset + e]);
    }
    jacobian_aim(jacobian, first, 0, values, stride, &columns[jacobian->n], &strides[jacobian->n]);
}

/* Rows of one residual, and of its slopes, go to a triangle. */
static void jacobian_feed(const Jacobian *jacobian, size_t set, size_t residual, double weight,
                          const double *const *values, size_t stride, size_t n_rows, Qr *qr) {
    jacobian_aim_all(jacobian, set, residual, values, stride);
    qr_rows(qr, jacobian->columns + set * jacobian->width,
            jacobian->strides + set * jacobian->width, weight, n_rows);
}

static Status jacobian_block(void *context, size_t set, size_t first_row, size_t n_rows,
                             const double *const *values, size_t stride) {
    const Jacobian *jacobian = context;
    const Graph *graph = jacobian->graph;
    (void)first_row;
    for (size_t k = 0; k < graph->n_residuals; k++)
        if (jacobian_has_rows(graph, graph->residuals[k]))
            jacobian_feed(jacobian, set, k, 1, values, stride, n_rows,
                          jacobian->part[set * graph->n_residuals + k]);
    return STATUS_OK;
}

static Status jacobian_join(void *context, size_t set) {
    const Jacobian *jacobian = context;
    size_t residuals = jacobian->graph->n_residuals;
    for (size_t k = 0; k < residuals; k++) {
        Qr *part = jacobian->part[set * residuals + k];
        if (!jacobian_has_rows(jacobian->graph, jacobian->graph->residuals[k])) continue;
        qr_join(jacobian->whole[k], part);
        qr_reset(part);
    }
    return STATUS_OK;
}

static void jacobian_reset(Jacobian *jacobian) {
    size_t residuals = jacobian->graph->n_residuals;
    for (size_t k = 0; k < residuals; k++) qr_reset(jacobian->whole[k]);
    size_t parts = jacobian->n_workers * jacobian->n_sets * residuals;
    for (size_t k = 0; k < parts; k++) qr_reset(jacobian->part[k]);
}

static Status jacobian_compute(Jacobian *jacobian, const double *x, const Rows *rows, double weight,
                               double *r_matrix, double *qtr, double *rss) {
    const Graph *graph = jacobian->graph;
    RowVisitor visitor = {.block = jacobian_block,
                          .join = jacobian_join,
                          .context = jacobian,
                          .sets = jacobian->n_sets};
    jacobian_reset(jacobian);
    if (jacobian->still_plan)
        TRY(exec_run(jacobian->still_plan, x, rows, jacobian->still_at, NULL));
    for (size_t k = 0; k < graph->n_residuals; k++)
        if (!jacobian_has_rows(graph, graph->residuals[k]))
            jacobian_feed(jacobian, 0, k, weight, NULL, 0, 1, jacobian->whole[k]);
    if (jacobian->moving_plan)
        TRY(exec_run(jacobian->moving_plan, x, rows, jacobian->nothing, &visitor));
    for (size_t k = 1; k < graph->n_residuals; k++)
        qr_join(jacobian->whole[0], jacobian->whole[k]);
    qr_finish(jacobian->whole[0], r_matrix, qtr, rss);
    return STATUS_OK;
}

/* ---- shown to a visitor ---------------------------------------------------------------------- */

typedef struct JacobianShow {
    const Jacobian *jacobian;
    ResidualVisitor visitor;
    void *context;
    double *slopes; /* n: of one row */
} JacobianShow;

static Status jacobian_show_block(void *context, size_t set, size_t first_row, size_t n_rows,
                                  const double *const *values, size_t stride) {
    const JacobianShow *show = context;
    const Jacobian *jacobian = show->jacobian;
    const double **columns = jacobian->columns + set * jacobian->width;
    const size_t *strides = jacobian->strides + set * jacobian->width;
    size_t n = jacobian->n;
    for (size_t k = 0; k < jacobian->graph->n_residuals; k++) {
        if (!jacobian_has_rows(jacobian->graph, jacobian->graph->residuals[k])) continue;
        jacobian_aim_all(jacobian, set, k, values, stride);
        for (size_t r = 0; r < n_rows; r++) {
            for (size_t i = 0; i < n; i++) show->slopes[i] = columns[i][r * strides[i]];
            show->visitor(show->context, k, first_row + r, columns[n][r * strides[n]],
                          show->slopes);
        }
    }
    return STATUS_OK;
}

Status jacobian_rows(Jacobian *jacobian, const double *x, const Rows *rows,
                     ResidualVisitor visitor, void *context) {
    JacobianShow show = {.jacobian = jacobian, .visitor = visitor, .context = context};
    RowVisitor each = {.block = jacobian_show_block, .context = &show};
    Status status = STATUS_OK;
    if (!jacobian->moving_plan) return STATUS_OK;
    show.slopes = memory_new(jacobian->n + 1, sizeof *show.slopes);
    if (!show.slopes) return STATUS_MEMORY;
    if (jacobian->still_plan)
        status = exec_run(jacobian->still_plan, x, rows, jacobian->still_at, NULL);
    if (status == STATUS_OK)
        status = exec_run(jacobian->moving_plan, x, rows, jacobian->nothing, &each);
    memory_free(show.slopes);
    return status;
}

/* ---- what is known --------------------------------------------------------------------------- */

static bool jacobian_recall(const Jacobian *jacobian, const double *x, const Rows *rows,
                            double *r_matrix, double *qtr, double *rss) {
    size_t n = jacobian->n;
    for (size_t k = 0; k < JACOBIAN_KNOWN; k++) {
        const Factors *known = &jacobian->known[k];
        if (!known->x || known->first != rows->first || known->count != rows->count ||
            memcmp(known->x, x, n * sizeof *x) != 0)
            continue;
        memcpy(qtr, known->x + n, n * sizeof *qtr);
        memcpy(r_matrix, known->x + 2 * n, n * n * sizeof *r_matrix);
        *rss = known->x[2 * n + n * n];
        return true;
    }
    return false;
}

static void jacobian_memorize(Jacobian *jacobian, const double *x, const Rows *rows,
                              const double *r_matrix, const double *qtr, double rss) {
    size_t n = jacobian->n;
    Factors *known = &jacobian->known[jacobian->next];
    if (!known->x && !(known->x = memory_new(2 * n + n * n + 1, sizeof *known->x))) return;
    memcpy(known->x, x, n * sizeof *x);
    memcpy(known->x + n, qtr, n * sizeof *qtr);
    memcpy(known->x + 2 * n, r_matrix, n * n * sizeof *r_matrix);
    known->x[2 * n + n * n] = rss;
    known->first = rows->first;
    known->count = rows->count;
    jacobian->next = (jacobian->next + 1) % JACOBIAN_KNOWN;
}

void jacobian_forget(Jacobian *jacobian) {
    for (size_t k = 0; jacobian && k < JACOBIAN_KNOWN; k++) {
        memory_free(jacobian->known[k].x);
        jacobian->known[k].x = NULL;
    }
}

void jacobian_set_aside(Jacobian *jacobian) {
    for (size_t k = 0; jacobian && k < JACOBIAN_KNOWN; k++) {
        Factors known = jacobian->known[k];
        jacobian->known[k] = jacobian->aside[k];
        jacobian->aside[k] = known;
    }
}

Status jacobian_factors(Jacobian *jacobian, const double *x, const Rows *rows, double weight,
                        double *r_matrix, double *qtr, double *rss) {
    bool remembers = jacobian->n <= JACOBIAN_MEMO;
    if (remembers && jacobian_recall(jacobian, x, rows, r_matrix, qtr, rss)) return STATUS_OK;
    TRY(jacobian_compute(jacobian, x, rows, weight, r_matrix, qtr, rss));
    if (remembers) jacobian_memorize(jacobian, x, rows, r_matrix, qtr, *rss);
    return STATUS_OK;
}
