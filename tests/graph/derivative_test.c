/* Every derivative rule of every operator in ops.def: elementwise ones against figures of 60-digit
 * numerical differentiation (tests/reference/derivatives.py), first and second, for each row and
 * summed over rows; the others against central differences of their own values. An operator that no
 * table mentions fails the test. */
#include "helper.h"

typedef struct Reference {
    Op op;
    int exponent;
    double at[2], first[2], second[3]; /* second: aa, ab, bb */
} Reference;

static const Reference references[] = {
#include "../reference/derivatives.inc"
};

enum { POINTS = 16 };

/* ---- elementwise ----------------------------------------------------------------------------- */

/* op(p + A, q + B) over the rows of the reference points. */
typedef struct Probe {
    Graph *graph;
    Error error;
    NodeId value;
    uint32_t wrt[2];
    const Reference *rows[POINTS];
    size_t n;
    double columns[2][POINTS];
} Probe;

static void probe_open(Probe *probe, Op op, int exponent) {
    *probe = (Probe){.wrt = {0, 1}};
    for (size_t k = 0; k < COUNT_OF(references); k++)
        if (references[k].op == op && references[k].exponent == exponent)
            probe->rows[probe->n++] = &references[k];
    for (size_t k = 0; k < probe->n; k++)
        for (int c = 0; c < 2; c++) probe->columns[c][k] = probe->rows[k]->at[c];
    CHECK_INT(graph_new(NULL, &probe->error, &probe->graph), STATUS_OK);
    NodeId in[2];
    for (uint32_t c = 0; c < 2; c++) {
        graph_new_parameter(probe->graph, c ? "q" : "p", (Shape){0}, (Span){0});
        in[c] = graph_binary(probe->graph, OP_ADD, graph_parameter(probe->graph, c),
                             graph_column(probe->graph, c));
    }
    NodeAux aux = {0};
    aux.exponent = exponent;
    probe->value = graph_add(probe->graph, op, in, (size_t)op_info(op)->arity, aux);
}

static bool probe_run(Probe *probe, const NodeId *outputs, size_t n, double *results) {
    const double *columns[2] = {probe->columns[0], probe->columns[1]};
    Rows rows = {.columns = columns, .count = probe->n};
    static const double zeros[2];
    return evaluate(probe->graph, outputs, n, zeros, &rows, results);
}

static void check_value(Op op, const char *what, const Reference *at, double got, double want) {
    double room = 2e-13 * fabs(want) + 1e-15;
    char text[160];
    if (isnan(want) || fabs(got - want) <= room) return;
    snprintf(text, sizeof text, "%s %s at (%g, %g): %.17g, not %.17g", op_info(op)->name, what,
             at->at[0], at->at[1], got, want);
    check_fail(__FILE__, __LINE__, text);
}

/* An output without rows has one value for all. */
static double probe_value(const Probe *probe, NodeId output, const double *values, size_t row) {
    return values[probe->graph->nodes[output].flags & NODE_ROWS ? row : 0];
}

static void check_per_row(Probe *probe, Op op) {
    NodeId first[2], second[2];
    double values[2][POINTS], curve[2][POINTS];
    CHECK_INT(graph_gradient(probe->graph, probe->value, probe->wrt, 2, GRADIENT_PER_ROW, first,
                             &probe->error),
              STATUS_OK);
    for (int c = 0; c < 2; c++) {
        CHECK(probe_run(probe, &first[c], 1, values[c]));
        for (size_t k = 0; k < probe->n; k++)
            check_value(op, c ? "d/db" : "d/da", probe->rows[k],
                        probe_value(probe, first[c], values[c], k), probe->rows[k]->first[c]);
    }
    for (int c = 0; c < 2; c++) {
        Status status = graph_gradient(probe->graph, first[c], probe->wrt, 2, GRADIENT_PER_ROW,
                                       second, &probe->error);
        CHECK_INT(status, op == OP_DIGAMMA && c == 0 ? STATUS_INPUT : STATUS_OK);
        if (status != STATUS_OK) continue;
        for (int e = 0; e < 2; e++) CHECK(probe_run(probe, &second[e], 1, curve[e]));
        for (size_t k = 0; k < probe->n; k++)
            for (int e = 0; e < 2; e++)
                check_value(op, "second", probe->rows[k],
                            probe_value(probe, second[e], curve[e], k),
                            probe->rows[k]->second[c + e]);
    }
}

static void check_total(Probe *probe, Op op) {
    NodeId total[2], sum = graph_unary(probe->graph, OP_ROW_SUM, probe->value);
    double value[2], want[2] = {0, 0};
    CHECK_INT(
        graph_gradient(probe->graph, sum, probe->wrt, 2, GRADIENT_TOTAL, total, &probe->error),
        STATUS_OK);
    CHECK(probe_run(probe, total, 2, value));
    for (int c = 0; c < 2; c++) {
        for (size_t k = 0; k < probe->n; k++) want[c] += probe->rows[k]->first[c];
        check_value(op, "total", probe->rows[0], value[c], want[c]);
        CHECK(!(probe->graph->nodes[total[c]].flags & NODE_ROWS));
    }
}

static bool is_flat(Op op) {
    return (op_info(op)->flags & (FLAG_BOOLEAN | FLAG_STEPWISE)) || op == OP_DETACH;
}

/* Flat operators: no slope at all, wherever. */
static void check_flat(Op op) {
    Probe probe;
    NodeId slope[2];
    probe_open(&probe, op, 0);
    CHECK_INT(graph_gradient(probe.graph, probe.value, probe.wrt, 2, GRADIENT_PER_ROW, slope,
                             &probe.error),
              STATUS_OK);
    for (int c = 0; c < 2; c++) CHECK(graph_is_constant(probe.graph, slope[c], 0));
    graph_free(probe.graph);
}

static void check_elementwise(Op op, int exponent) {
    Probe probe;
    probe_open(&probe, op, exponent);
    if (probe.n == 0) check_fail(__FILE__, __LINE__, op_info(op)->name);
    CHECK(probe.value != NODE_NONE);
    check_per_row(&probe, op);
    check_total(&probe, op);
    CHECK_INT(graph_verify(probe.graph, &probe.error), STATUS_OK);
    graph_free(probe.graph);
}

TEST(elementwise) {
    for (Op op = 0; op < OP_COUNT; op++) {
        if (op_info(op)->kind != KIND_ELEMENTWISE) continue;
        if (op == OP_SELECT || op == OP_TRIGAMMA) continue; /* where_test.c; refused, see below */
        if (is_flat(op)) check_flat(op);
        else check_elementwise(op, op == OP_POWI ? 3 : 0);
    }
    check_elementwise(OP_POWI, -3);
    check_elementwise(OP_POWI, -1);
    check_elementwise(OP_POWI, 2);
    check_elementwise(OP_POWI, 7);
}

/* ---- the others ------------------------------------------------------------------------------ */

/* What an operator is applied to: parameters a (a 2 x 3 matrix), b (3 x 2), v and u (3 numbers). */
enum { A, B, V, U, N_OWN };

typedef struct Own {
    Graph *graph;
    Error error;
    NodeId in[N_OWN];
    NodeId index; /* a constant 2 */
} Own;

static NodeId own_axes(Own *own, Op op, NodeId a, uint32_t axes) {
    return graph_reduce(own->graph, op, a, axes);
}

static NodeId own_make(Own *own, Op op, int variant) {
    NodeAux aux = {0};
    Graph *graph = own->graph;
    NodeId *in = own->in, both[2] = {in[V], in[U]}, four[2] = {in[A], in[A]};
    static const int left[4] = {A, A, V, V}, right[4] = {B, V, B, U};
    switch (op) {
    case OP_SUM_OF:
    case OP_MIN_OF:
    case OP_MAX_OF: return own_axes(own, op, in[A], (uint32_t)variant % 3 + 1);
    case OP_BROADCAST: return graph_expand(graph, in[V], (Shape){2, {2, 3}});
    case OP_RESHAPE: return graph_reshape(graph, in[A], (Shape){1, {6}});
    case OP_TRANSPOSE: return graph_transpose(graph, in[A]);
    case OP_SLICE: return graph_slice(graph, in[A], (uint32_t[4]){1, 1}, (Shape){2, {1, 2}});
    case OP_PAD:
        aux.offset[0] = 2;
        return graph_add_shaped(graph, OP_PAD, &in[V], 1, aux, (Shape){1, {6}});
    case OP_STACK: return graph_add(graph, OP_STACK, variant ? four : both, 2, aux);
    case OP_MATMUL:
        return graph_binary(graph, op, in[left[variant]], in[right[variant]]);
    case OP_GATHER: return graph_binary(graph, op, in[A], own->index);
    case OP_SCATTER:
        both[1] = own->index;
        return graph_add_shaped(graph, op, both, 2, aux, (Shape){2, {4, 3}});
    default: return NODE_NONE;
    }
}

/* sin of every element, with weights that differ, so that no slope is hidden. */
static NodeId own_loss(Own *own, NodeId value) {
    Graph *graph = own->graph;
    size_t count = graph_count(&graph->nodes[value].shape);
    NodeId flat = graph_reshape(graph, value, (Shape){1, {(uint32_t)count}});
    NodeId weight[32];
    for (size_t k = 0; k < count; k++) weight[k] = graph_constant(graph, 1 + 0.25 * (double)k);
    NodeId weights = graph_add(graph, OP_STACK, weight, count, (NodeAux){0});
    NodeId waves = graph_unary(graph, OP_SIN, flat);
    return graph_reduce(graph, OP_SUM_OF, graph_binary(graph, OP_MUL, weights, waves), 1);
}

static void own_open(Own *own) {
    static const Shape shapes[N_OWN] = {{2, {2, 3}}, {2, {3, 2}}, {1, {3}}, {1, {3}}};
    *own = (Own){0};
    CHECK_INT(graph_new(NULL, &own->error, &own->graph), STATUS_OK);
    for (uint32_t k = 0; k < N_OWN; k++) {
        graph_new_parameter(own->graph, "p", shapes[k], (Span){0});
        own->in[k] = graph_parameter(own->graph, k);
    }
    own->index = graph_constant(own->graph, 2);
}

enum { SCALARS = 18 };

static void own_values(const Graph *graph, const NodeId *outputs, const double *at, double *out) {
    Rows none = {0};
    size_t n = 0;
    for (int k = 0; k < N_OWN; k++) {
        CHECK(evaluate(graph, &outputs[k], 1, at, &none, out + n));
        n += graph->parameters[k].count;
    }
}

static void check_own(Op op, int variant) {
    Own own;
    own_open(&own);
    NodeId value = own_make(&own, op, variant);
    if (value == NODE_NONE || own.graph->nodes[value].op != op) {
        check_fail(__FILE__, __LINE__, op_info(op)->name);
        graph_free(own.graph);
        return;
    }
    NodeId loss = own_loss(&own, value), gradient[N_OWN], product[N_OWN], ones[N_OWN];
    uint32_t wrt[N_OWN] = {0, 1, 2, 3};
    Rows none = {0};
    double at[SCALARS], slope[SCALARS], up[SCALARS], down[SCALARS], hv[SCALARS];
    for (int k = 0; k < SCALARS; k++) at[k] = sin(3.7 * k + 0.4) * 1.3;
    CHECK_INT(graph_gradient(own.graph, loss, wrt, N_OWN, GRADIENT_TOTAL, gradient, &own.error), 0);
    for (size_t k = 0; k < N_OWN; k++) ones[k] = ones_like(own.graph, k);
    CHECK_INT(graph_hessian_vector(own.graph, gradient, ones, N_OWN, product, &own.error), 0);
    CHECK_INT(graph_verify(own.graph, &own.error), STATUS_OK);
    own_values(own.graph, gradient, at, slope);
    own_values(own.graph, product, at, hv);
    double h = 1e-5, moved[SCALARS], size = 0;
    for (int k = 0; k < SCALARS; k++) {
        double left, right;
        memcpy(moved, at, sizeof at);
        moved[k] = at[k] + h;
        CHECK(evaluate(own.graph, &loss, 1, moved, &none, &right));
        moved[k] = at[k] - h;
        CHECK(evaluate(own.graph, &loss, 1, moved, &none, &left));
        if (fabs(slope[k] - (right - left) / (2 * h)) > 1e-8) {
            printf("%s variant %d element %d: %.12g, not %.12g\n", op_info(op)->name, variant, k,
                   slope[k], (right - left) / (2 * h));
            CHECK(false);
        }
        size += fabs(slope[k]);
    }
    CHECK(size > 0.1);
    for (int k = 0; k < SCALARS; k++) moved[k] = at[k] + h;
    own_values(own.graph, gradient, moved, up);
    for (int k = 0; k < SCALARS; k++) moved[k] = at[k] - h;
    own_values(own.graph, gradient, moved, down);
    for (int k = 0; k < SCALARS; k++)
        CHECK(fabs(hv[k] - (up[k] - down[k]) / (2 * h)) < 1e-8);
    graph_free(own.graph);
}

TEST(shapes_and_products) {
    for (Op op = 0; op < OP_COUNT; op++) {
        OpKind kind = op_info(op)->kind;
        if (kind == KIND_LEAF || kind == KIND_ELEMENTWISE || kind == KIND_ROWS) continue;
        int variants = kind == KIND_REDUCE ? 3 : op == OP_MATMUL ? 4 : op == OP_STACK ? 2 : 1;
        for (int k = 0; k < variants; k++) check_own(op, k);
    }
}

/* ---- over rows, and what is refused ---------------------------------------------------------- */

TEST(refused) {
    static const Op ops[] = {OP_ROW_MIN, OP_ROW_MAX, OP_TRIGAMMA};
    for (size_t k = 0; k < COUNT_OF(ops); k++) {
        Probe probe;
        NodeId slope;
        probe_open(&probe, OP_EXP, 0);
        NodeId value = graph_unary(probe.graph, ops[k], probe.value);
        CHECK_INT(graph_gradient(probe.graph, value, probe.wrt, 1, GRADIENT_TOTAL, &slope,
                                 &probe.error),
                  STATUS_INPUT);
        CHECK_INT(probe.error.what.id,
                  ops[k] == OP_TRIGAMMA ? MSG_GRAPH_NO_DERIVATIVE : MSG_GRAPH_COUPLED);
        /* the graph goes on */
        CHECK_INT(probe.graph->status, STATUS_OK);
        CHECK_INT(graph_gradient(probe.graph, probe.value, probe.wrt, 1, GRADIENT_PER_ROW, &slope,
                                 &probe.error),
                  STATUS_OK);
        graph_free(probe.graph);
    }
}

/* d mean(x + w)/dw = 1: what is the same in every row still counts once for each row. */
TEST(sums_over_rows) {
    static const struct {
        const char *formula, *data;
        double at[2], slope[2];
    } cases[] = {
        {"minimize x + w", "x=1,2,4", {3}, {1}},
        {"minimize w*x^2", "x=1,2,4", {3}, {7}},
        {"minimize w^2 + v*x", "x=1,2,4", {3, 5}, {6, 7.0 / 3}},
        {"minimize w^2; minimize v*x", "x=1,2,4", {3, 5}, {6, 7.0 / 3}},
        {"y ~ a + b*x", "x=1,2,4 y=1,1,1", {0, 0}, {-2, -14.0 / 3}},
        {"s = w^2; minimize s*x + s", "x=1,2,4", {3}, {20}},
    };
    for (size_t k = 0; k < COUNT_OF(cases); k++) {
        Built built;
        CHECK_INT(built_open(&built, cases[k].formula, cases[k].data, NULL), STATUS_OK);
        CHECK(built.graph && built_slopes(&built, cases[k].at));
        for (size_t i = 0; built.graph && i < built.graph->n_parameters; i++)
            CHECK_NEAR(built.slope[i], cases[k].slope[i], 1e-15);
        built_close(&built);
    }
}

/* The slope of the greatest of many goes to the first of them, and needs few nodes. */
TEST(greatest_of_many) {
    enum { N = 10007, FIRST = 5003 };
    Graph *graph;
    Error error = {0};
    Rows none = {0};
    CHECK_INT(graph_new(NULL, &error, &graph), STATUS_OK);
    uint32_t index = graph_new_parameter(graph, "v", (Shape){1, {N}}, (Span){0});
    NodeId slope, top = graph_reduce(graph, OP_MAX_OF, graph_parameter(graph, index), 1);
    CHECK_INT(graph_gradient(graph, top, &index, 1, GRADIENT_TOTAL, &slope, &error), STATUS_OK);
    double *at = memory_new(N, sizeof *at), *got = memory_new(N, sizeof *got);
    at[FIRST] = at[FIRST + 1] = at[N - 1] = 7;
    CHECK(evaluate(graph, &slope, 1, at, &none, got));
    for (int k = 0; k < N; k++) CHECK(got[k] == (k == FIRST));
    CHECK(graph->n_nodes < 500);
    memory_free(at);
    memory_free(got);
    graph_free(graph);
    (void)built_open;
}

TEST_MAIN(elementwise, shapes_and_products, refused, sums_over_rows, greatest_of_many)
