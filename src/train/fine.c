/* The triangle of a linear fit in numbers of two doubles: rows and slopes are evaluated so too. */
#include "train.h"

#include <math.h>
#include <stdlib.h>

static const double FINE_WORK = 5e6; /* rows times squared columns */

struct Fine {
    const Graph *graph;
    NodeId last;      /* of residual and slopes */
    NodeId *slopes;   /* of each parameter */
    bool *needed;     /* of each node */
    Twofold *values;  /* of each node, for one row */
    TwofoldTriangle triangle;
};

static void fine_mark(const Fine *fine, NodeId top) {
    fine->needed[top] = true;
    for (NodeId id = top; id > 0; id--)
        for (uint32_t k = 0; fine->needed[id] && k < fine->graph->nodes[id].n_inputs; k++)
            fine->needed[graph_input(fine->graph, id, k)] = true;
}

/* Single numbers only, and no sums over rows. */
static bool fine_can(const Fine *fine) {
    const Graph *graph = fine->graph;
    for (NodeId id = 1; id <= fine->last; id++) {
        const Node *node = &graph->nodes[id];
        OpKind kind = op_info(node->op)->kind;
        if (!fine->needed[id]) continue;
        if (node->shape.rank > 0 || node->op == OP_ROW_COUNT) return false;
        if (kind != KIND_LEAF && kind != KIND_ELEMENTWISE) return false;
    }
    return true;
}

static Status fine_fill(Graph *graph, Fine *fine, Error *error) {
    size_t n = graph->n_parameters;
    uint32_t *wrt = memory_new(n + 1, sizeof *wrt);
    fine->slopes = memory_new(n + 1, sizeof *fine->slopes);
    Status status = wrt && fine->slopes ? STATUS_OK : error_memory(error);
    for (size_t k = 0; wrt && k < n; k++) wrt[k] = (uint32_t)k;
    if (status == STATUS_OK)
        status = graph_gradient(graph, graph->residuals[0], wrt, n, GRADIENT_PER_ROW, fine->slopes,
                                error);
    memory_free(wrt);
    if (status != STATUS_OK) return status;
    fine->last = graph->residuals[0];
    for (size_t k = 0; k < n; k++)
        if (fine->slopes[k] > fine->last) fine->last = fine->slopes[k];
    fine->needed = memory_new((size_t)fine->last + 1, sizeof *fine->needed);
    fine->values = memory_new((size_t)fine->last + 1, sizeof *fine->values);
    if (!fine->needed || !fine->values || !twofold_triangle_open(&fine->triangle, n))
        return error_memory(error);
    fine_mark(fine, graph->residuals[0]);
    for (size_t k = 0; k < n; k++) fine_mark(fine, fine->slopes[k]);
    return STATUS_OK;
}

void fine_close(Fine *fine) {
    if (!fine) return;
    memory_free(fine->slopes);
    memory_free(fine->needed);
    memory_free(fine->values);
    twofold_triangle_close(&fine->triangle);
    memory_free(fine);
}

Status fine_open(Graph *graph, const Rows *rows, Fine **out, Error *error) {
    double n = (double)graph->n_scalars;
    *out = NULL;
    if (graph->n_residuals != 1 || graph->n_parameters != graph->n_scalars ||
        (double)rows->count * n * n > FINE_WORK)
        return STATUS_OK;
    Fine *fine = memory_new(1, sizeof *fine);
    if (!fine) return error_memory(error);
    fine->graph = graph;
    Status status = fine_fill(graph, fine, error);
    if (status == STATUS_OK && fine_can(fine)) *out = fine;
    else fine_close(fine);
    return status;
}

/* ---- rows ------------------------------------------------------------------------------------ */

static Twofold fine_value(const Fine *fine, NodeId id, const double *x, const Rows *rows,
                          size_t row) {
    const Graph *graph = fine->graph;
    const Node *node = &graph->nodes[id];
    Twofold v[3] = {{0, 0}, {0, 0}, {0, 0}};
    for (uint32_t k = 0; k < node->n_inputs && k < 3; k++)
        v[k] = fine->values[graph_input(graph, id, k)];
    switch (node->op) {
        case OP_CONST:
            return twofold_of(node->aux.value);
        case OP_COLUMN:
            return twofold_of(rows->columns[node->aux.index][rows->first + row]);
        case OP_PARAM:
            return twofold_of(x[graph->parameters[node->aux.index].offset]);
        case OP_ADD:
            return twofold_add(v[0], v[1]);
        case OP_SUB:
            return twofold_subtract(v[0], v[1]);
        case OP_MUL:
            return twofold_multiply(v[0], v[1]);
        case OP_DIV:
            return twofold_divide(v[0], v[1]);
        case OP_NEG:
            return twofold_negative(v[0]);
        case OP_SQRT:
            return twofold_root(v[0]);
        case OP_POWI:
            return twofold_power(v[0], node->aux.exponent);
        case OP_SELECT:
            return v[0].value != 0 ? v[1] : v[2];
        default:
            return twofold_of(op_value(node->op, v[0].value, v[1].value, v[2].value, 0));
    }
}

static void fine_row(Fine *fine, const double *x, const Rows *rows, size_t row) {
    for (NodeId id = 1; id <= fine->last; id++)
        if (fine->needed[id]) fine->values[id] = fine_value(fine, id, x, rows, row);
}

/* Columns k of the Jacobian over scale[k] (NULL: 1), for k in index (NULL: all); right: -r. */
static void fine_factor(Fine *fine, const double *x, const Rows *rows, const size_t *index,
                        const double *scale, size_t m) {
    TwofoldTriangle *triangle = &fine->triangle;
    triangle->n = m;
    for (size_t k = 0; k < (m + 1) * (m + 1); k++) triangle->r[k] = twofold_of(0);
    for (size_t row = 0; row < rows->count; row++) {
        fine_row(fine, x, rows, row);
        for (size_t k = 0; k < m; k++) {
            Twofold slope = fine->values[fine->slopes[index ? index[k] : k]];
            triangle->row[k] = scale ? twofold_divide(slope, twofold_of(scale[k])) : slope;
        }
        triangle->row[m] = twofold_negative(fine->values[fine->graph->residuals[0]]);
        twofold_triangle_add(triangle);
    }
}

bool fine_step(Fine *fine, const double *x, const Rows *rows, double *step) {
    fine_factor(fine, x, rows, NULL, NULL, fine->graph->n_scalars);
    return twofold_triangle_solve(&fine->triangle, step);
}

bool fine_inverse(Fine *fine, const double *x, const Rows *rows, const size_t *index,
                  const double *scale, size_t m, double *inverse, double *rss) {
    fine_factor(fine, x, rows, index, scale, m);
    Twofold rest = fine->triangle.r[(m + 1) * (m + 1) - 1];
    *rss = twofold_multiply(rest, rest).value;
    return twofold_triangle_invert(&fine->triangle, inverse);
}
