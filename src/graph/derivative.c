/* The derivative of each operator, written as nodes: what its inputs receive of the adjoint of its
 * result. One small function an operator; a missing one does not compile.
 *
 * No call makes nodes in two of its arguments: C leaves their order to the compiler, and the order
 * of the nodes is the order of later sums, so of their bits.
 *
 * At a kink the slope is that of one side, fixed here once: abs and sign 0 at 0; of equal arguments
 * of max and min the first gets it all; hypot (and norm) 0 at 0. */
#include "graph.h"

#include <math.h>

/* A rule's view: a and b are the inputs, n the node itself, g its adjoint. */
static NodeId der_a(const Derivative *d) { return graph_input(d->graph, d->node, 0); }
static NodeId der_b(const Derivative *d) { return graph_input(d->graph, d->node, 1); }

static bool der_wants(const Derivative *d, uint32_t k) {
    return d->wanted[graph_input(d->graph, d->node, k)];
}

static NodeId der_mul(Derivative *d, NodeId a, NodeId b) {
    return graph_binary(d->graph, OP_MUL, a, b);
}

static NodeId der_div(Derivative *d, NodeId a, NodeId b) {
    return graph_binary(d->graph, OP_DIV, a, b);
}

static NodeId der_add(Derivative *d, NodeId a, NodeId b) {
    return graph_binary(d->graph, OP_ADD, a, b);
}

static NodeId der_sub(Derivative *d, NodeId a, NodeId b) {
    return graph_binary(d->graph, OP_SUB, a, b);
}

static NodeId der_neg(Derivative *d, NodeId a) { return graph_unary(d->graph, OP_NEG, a); }
static NodeId der_of(Derivative *d, Op op, NodeId a) { return graph_unary(d->graph, op, a); }
static NodeId der_number(Derivative *d, double value) { return graph_constant(d->graph, value); }
static NodeId der_square(Derivative *d, NodeId a) { return graph_power(d->graph, a, 2); }

static const Shape *der_shape(const Derivative *d, NodeId id) { return &d->graph->nodes[id].shape; }

/* The adjoint times the local slope; a local slope that is 0 everywhere gives nothing. */
static void der_give(Derivative *d, uint32_t k, NodeId local) {
    if (graph_is_constant(d->graph, local, 0) || graph_is_constant(d->graph, local, -0.0)) return;
    d->give(d, k, graph_adjoint_times(d->graph, d->adjoint, local));
}

/* The adjoint divided by something. */
static void der_give_over(Derivative *d, uint32_t k, NodeId divisor) {
    d->give(d, k, graph_adjoint_over(d->graph, d->adjoint, divisor));
}

/* ---- leaves and steps: no slope -------------------------------------------------------------- */

static void der_none(Derivative *d) { (void)d; }

#define DER_NONE(id)                                                                               \
    static void derivative_##id(Derivative *d) { der_none(d); }
DER_NONE(CONST)
DER_NONE(COLUMN)
DER_NONE(PARAM)
DER_NONE(ROW_COUNT)
DER_NONE(SIGN)
DER_NONE(FLOOR)
DER_NONE(CEIL)
DER_NONE(ROUND)
DER_NONE(DETACH)
DER_NONE(LT)
DER_NONE(LE)
DER_NONE(GT)
DER_NONE(GE)
DER_NONE(EQ)
DER_NONE(NE)
DER_NONE(AND)
DER_NONE(OR)
DER_NONE(NOT)
#undef DER_NONE

/* ---- arithmetic ------------------------------------------------------------------------------ */

static void derivative_ADD(Derivative *d) {
    d->give(d, 0, d->adjoint);
    d->give(d, 1, d->adjoint);
}

static void derivative_SUB(Derivative *d) {
    d->give(d, 0, d->adjoint);
    if (der_wants(d, 1)) d->give(d, 1, graph_adjoint_negative(d->graph, d->adjoint));
}

static void derivative_MUL(Derivative *d) {
    if (der_wants(d, 0)) der_give(d, 0, der_b(d));
    if (der_wants(d, 1)) der_give(d, 1, der_a(d));
}

static void derivative_DIV(Derivative *d) {
    if (der_wants(d, 0)) der_give_over(d, 0, der_b(d));
    if (!der_wants(d, 1) || graph_is_constant(d->graph, der_a(d), 0)) return;
    NodeId over = graph_adjoint_over(d->graph, d->adjoint, der_b(d));
    NodeId product = graph_adjoint_times(d->graph, over, d->node);
    d->give(d, 1, graph_adjoint_negative(d->graph, product));
}

static void derivative_NEG(Derivative *d) {
    d->give(d, 0, graph_adjoint_negative(d->graph, d->adjoint));
}

/* b*a^(b-1), which is 0 where b is 0 (also at a = 0), and a^b*log(a), 0 where a = 0 and b > 0. */
static void derivative_POW(Derivative *d) {
    Graph *graph = d->graph;
    NodeId a = der_a(d), b = der_b(d), zero = der_number(d, 0);
    if (der_wants(d, 0)) {
        const Node *exponent = &graph->nodes[b];
        if (exponent->op == OP_BROADCAST) exponent = &graph->nodes[graph_input(graph, b, 0)];
        if (exponent->op == OP_CONST) {
            double value = exponent->aux.value;
            NodeId power = graph_power(graph, a, value - 1);
            der_give(d, 0, der_mul(d, der_number(d, value), power));
        } else {
            NodeId power = graph_binary(graph, OP_POW, a, der_sub(d, b, der_number(d, 1)));
            NodeId none = graph_binary(graph, OP_EQ, b, zero);
            der_give(d, 0, graph_select(graph, none, zero, der_mul(d, b, power)));
        }
    }
    if (!der_wants(d, 1)) return;
    NodeId positive = graph_binary(graph, OP_LT, zero, b);
    NodeId flat = graph_binary(graph, OP_AND, graph_binary(graph, OP_EQ, a, zero), positive);
    NodeId slope = der_mul(d, d->node, der_of(d, OP_LOG, a));
    der_give(d, 1, graph_select(graph, flat, zero, slope));
}

static void derivative_POWI(Derivative *d) {
    NodeAux aux = {0};
    int32_t exponent = d->graph->nodes[d->node].aux.exponent;
    aux.exponent = exponent - 1;
    NodeId a = der_a(d), power = graph_add(d->graph, OP_POWI, &a, 1, aux);
    der_give(d, 0, der_mul(d, der_number(d, exponent), power));
}

/* ---- functions of one number ----------------------------------------------------------------- */

static void derivative_EXP(Derivative *d) { der_give(d, 0, d->node); }
static void derivative_LOG(Derivative *d) { der_give_over(d, 0, der_a(d)); }

static NodeId der_one_plus(Derivative *d, NodeId a) { return der_add(d, der_number(d, 1), a); }
static NodeId der_one_minus(Derivative *d, NodeId a) { return der_sub(d, der_number(d, 1), a); }

static void derivative_LOG1P(Derivative *d) { der_give_over(d, 0, der_one_plus(d, der_a(d))); }
static void derivative_EXPM1(Derivative *d) { der_give(d, 0, der_of(d, OP_EXP, der_a(d))); }

static void derivative_LOG2(Derivative *d) {
    der_give_over(d, 0, der_mul(d, der_a(d), der_number(d, 0x1.62e42fefa39efp-1))); /* log(2) */
}

static void derivative_LOG10(Derivative *d) {
    der_give_over(d, 0, der_mul(d, der_a(d), der_number(d, 0x1.26bb1bbb55516p+1))); /* log(10) */
}

static void derivative_SQRT(Derivative *d) {
    der_give_over(d, 0, der_mul(d, der_number(d, 2), d->node));
}

static void derivative_CBRT(Derivative *d) {
    NodeId square = der_square(d, d->node);
    der_give_over(d, 0, der_mul(d, der_number(d, 3), square));
}

static void derivative_SIN(Derivative *d) { der_give(d, 0, der_of(d, OP_COS, der_a(d))); }

static void derivative_COS(Derivative *d) {
    der_give(d, 0, der_neg(d, der_of(d, OP_SIN, der_a(d))));
}

static void derivative_TAN(Derivative *d) {
    der_give(d, 0, der_one_plus(d, der_square(d, d->node)));
}

/* 1 - a^2 without cancellation near 1. */
static NodeId der_one_minus_square(Derivative *d, NodeId a) {
    NodeId above = der_one_plus(d, a);
    return der_mul(d, der_one_minus(d, a), above);
}

static NodeId der_cofunction(Derivative *d) {
    return der_of(d, OP_SQRT, der_one_minus_square(d, der_a(d)));
}

static void derivative_ASIN(Derivative *d) { der_give_over(d, 0, der_cofunction(d)); }
static void derivative_ACOS(Derivative *d) { der_give_over(d, 0, der_neg(d, der_cofunction(d))); }

static void derivative_ATAN(Derivative *d) {
    der_give_over(d, 0, der_one_plus(d, der_square(d, der_a(d))));
}

static void derivative_SINH(Derivative *d) { der_give(d, 0, der_of(d, OP_COSH, der_a(d))); }
static void derivative_COSH(Derivative *d) { der_give(d, 0, der_of(d, OP_SINH, der_a(d))); }

static void derivative_TANH(Derivative *d) {
    der_give(d, 0, der_one_minus(d, der_square(d, d->node)));
}

static void derivative_ASINH(Derivative *d) {
    der_give_over(d, 0, graph_binary(d->graph, OP_HYPOT, der_number(d, 1), der_a(d)));
}

static void derivative_ACOSH(Derivative *d) {
    NodeId below = der_sub(d, der_a(d), der_number(d, 1));
    NodeId above = der_add(d, der_a(d), der_number(d, 1));
    NodeId root = der_of(d, OP_SQRT, above);
    der_give_over(d, 0, der_mul(d, der_of(d, OP_SQRT, below), root));
}

static void derivative_ATANH(Derivative *d) {
    der_give_over(d, 0, der_one_minus_square(d, der_a(d)));
}

static void derivative_ERF(Derivative *d) {
    NodeId bell = der_of(d, OP_EXP, der_neg(d, der_square(d, der_a(d))));
    der_give(d, 0, der_mul(d, der_number(d, 0x1.20dd750429b6dp+0), bell)); /* 2/sqrt(pi) */
}

static void derivative_LGAMMA(Derivative *d) { der_give(d, 0, der_of(d, OP_DIGAMMA, der_a(d))); }
static void derivative_DIGAMMA(Derivative *d) { der_give(d, 0, der_of(d, OP_TRIGAMMA, der_a(d))); }

/* Refuses to differentiate: the operator's own words, in the sentence given. */
static void der_refuse(Derivative *d, MessageId sentence, MessageId remedy) {
    Graph *graph = d->graph;
    if (graph->status != STATUS_OK) return;
    const char *name = op_info(graph->nodes[d->node].op)->spelling;
    graph->status = error_set(graph->error, STATUS_INPUT, sentence, name, NULL);
    error_remedy(graph->error, remedy, NULL);
    error_place(graph->error, &graph->source, graph->nodes[d->node].span);
}

static void derivative_TRIGAMMA(Derivative *d) {
    if (der_wants(d, 0)) der_refuse(d, MSG_GRAPH_NO_DERIVATIVE, MSG_GRAPH_NO_DERIVATIVE_REMEDY);
}

static void derivative_SIGMOID(Derivative *d) {
    der_give(d, 0, der_mul(d, d->node, der_one_minus(d, d->node)));
}

static void derivative_SOFTPLUS(Derivative *d) { der_give(d, 0, der_of(d, OP_SIGMOID, der_a(d))); }
static void derivative_ABS(Derivative *d) { der_give(d, 0, der_of(d, OP_SIGN, der_a(d))); }

/* ---- functions of two numbers ---------------------------------------------------------------- */

static void derivative_ATAN2(Derivative *d) {
    NodeId a = der_a(d), b = der_b(d);
    NodeId square_b = der_square(d, b), square = der_add(d, der_square(d, a), square_b);
    if (der_wants(d, 0)) der_give(d, 0, der_div(d, b, square));
    if (der_wants(d, 1)) der_give(d, 1, der_neg(d, der_div(d, a, square)));
}

static void derivative_HYPOT(Derivative *d) {
    NodeId zero = der_number(d, 0), kink = graph_binary(d->graph, OP_EQ, d->node, zero);
    for (uint32_t k = 0; k < 2; k++) {
        if (!der_wants(d, k)) continue;
        NodeId slope = der_div(d, graph_input(d->graph, d->node, k), d->node);
        der_give(d, k, graph_select(d->graph, kink, zero, slope));
    }
}

/* The first argument gets the slope where 'first' holds, else the second. */
static void der_choose(Derivative *d, NodeId first) {
    NodeId zero = der_number(d, 0);
    if (der_wants(d, 0)) d->give(d, 0, graph_select(d->graph, first, d->adjoint, zero));
    if (der_wants(d, 1)) d->give(d, 1, graph_select(d->graph, first, zero, d->adjoint));
}

static void derivative_MIN(Derivative *d) {
    der_choose(d, graph_binary(d->graph, OP_LE, der_a(d), der_b(d)));
}

static void derivative_MAX(Derivative *d) {
    der_choose(d, graph_binary(d->graph, OP_GE, der_a(d), der_b(d)));
}

/* The sweep in gradient.c tells the arms apart: each receives the adjoint only where it is
 * taken. */
static void derivative_SELECT(Derivative *d) {
    d->give(d, 1, d->adjoint);
    d->give(d, 2, d->adjoint);
}

/* ---- over elements --------------------------------------------------------------------------- */

/* Repeats a reduced value along the axes that went. */
static NodeId der_restore(Derivative *d, NodeId value, uint32_t axes) {
    NodeAux aux = {0};
    aux.axes = axes;
    return graph_add_shaped(d->graph, OP_BROADCAST, &value, 1, aux, *der_shape(d, der_a(d)));
}

static void derivative_SUM_OF(Derivative *d) {
    d->give(d, 0, der_restore(d, d->adjoint, d->graph->nodes[d->node].aux.axes));
}

/* step, 2*step, ... : n numbers. */
static NodeId der_steps(Derivative *d, double start, double step, uint32_t n) {
    Graph *graph = d->graph;
    NodeId *steps = memory_new(n, sizeof *steps), all = NODE_NONE;
    if (!steps) graph->status = error_memory(graph->error);
    for (uint32_t k = 0; steps && k < n; k++) steps[k] = der_number(d, start + step * k);
    if (steps) all = graph_add(graph, OP_STACK, steps, n, (NodeAux){0});
    memory_free(steps);
    return all;
}

/* 1, 2, 3, ... along the reduced axes, the same along the others. Long ones are the sums of a
 * column and a row, so that a million of them need no million nodes. */
static NodeId der_places(Derivative *d, uint32_t axes) {
    Graph *graph = d->graph;
    Shape full = *der_shape(d, der_a(d)), part = {.rank = full.rank};
    for (uint32_t k = 0; k < full.rank; k++) part.dim[k] = axes >> k & 1u ? full.dim[k] : 1;
    uint32_t n = (uint32_t)graph_count(&part), columns = n < 64 ? n : (uint32_t)ceil(sqrt(n));
    uint32_t rows = (n + columns - 1) / columns;
    NodeId row = der_steps(d, 1, 1, columns), column = der_steps(d, 0, columns, rows);
    if (graph->status != STATUS_OK) return NODE_NONE;
    NodeId all = der_add(d, graph_reshape(graph, column, (Shape){2, {rows, 1}}), row);
    all = graph_reshape(graph, all, (Shape){1, {rows * columns}});
    all = graph_slice(graph, all, (uint32_t[SHAPE_RANK]){0}, (Shape){1, {n}});
    return graph_expand(graph, graph_reshape(graph, all, part), full);
}

/* The first of the elements that equal the result gets the adjoint. */
static void der_extreme(Derivative *d) {
    Graph *graph = d->graph;
    uint32_t axes = graph->nodes[d->node].aux.axes;
    NodeId equal = graph_binary(graph, OP_EQ, der_a(d), der_restore(d, d->node, axes));
    NodeId places = der_places(d, axes);
    NodeId candidates = graph_select(graph, equal, places, der_number(d, INFINITY));
    NodeId first = der_restore(d, graph_reduce(graph, OP_MIN_OF, candidates, axes), axes);
    NodeId mask = graph_binary(graph, OP_EQ, places, first);
    NodeId adjoint = der_restore(d, d->adjoint, axes);
    d->give(d, 0, graph_select(graph, mask, adjoint, der_number(d, 0)));
}

static void derivative_MIN_OF(Derivative *d) { der_extreme(d); }
static void derivative_MAX_OF(Derivative *d) { der_extreme(d); }

/* ---- shapes ---------------------------------------------------------------------------------- */

static void derivative_BROADCAST(Derivative *d) {
    uint32_t axes = d->graph->nodes[d->node].aux.axes;
    d->give(d, 0, graph_reduce(d->graph, OP_SUM_OF, d->adjoint, axes));
}

static void derivative_RESHAPE(Derivative *d) {
    d->give(d, 0, graph_reshape(d->graph, d->adjoint, *der_shape(d, der_a(d))));
}

static void derivative_TRANSPOSE(Derivative *d) {
    NodeAux aux = {0};
    const Node *node = &d->graph->nodes[d->node];
    for (uint32_t k = 0; k < node->shape.rank; k++) aux.axis[node->aux.axis[k]] = k;
    d->give(d, 0, graph_add(d->graph, OP_TRANSPOSE, &d->adjoint, 1, aux));
}

static void derivative_SLICE(Derivative *d) {
    NodeAux aux = d->graph->nodes[d->node].aux;
    d->give(d, 0,
            graph_add_shaped(d->graph, OP_PAD, &d->adjoint, 1, aux, *der_shape(d, der_a(d))));
}

static void derivative_PAD(Derivative *d) {
    NodeAux aux = d->graph->nodes[d->node].aux;
    d->give(d, 0,
            graph_add_shaped(d->graph, OP_SLICE, &d->adjoint, 1, aux, *der_shape(d, der_a(d))));
}

static void derivative_STACK(Derivative *d) {
    Shape shape = *der_shape(d, d->node), part = *der_shape(d, der_a(d));
    uint32_t n_inputs = shape.dim[0];
    shape.dim[0] = 1;
    for (uint32_t k = 0; k < n_inputs; k++) {
        if (!der_wants(d, k)) continue;
        NodeId slice = graph_slice(d->graph, d->adjoint, (uint32_t[SHAPE_RANK]){k}, shape);
        d->give(d, k, graph_reshape(d->graph, slice, part));
    }
}

/* ---- products -------------------------------------------------------------------------------- */

/* a b' of two vectors. */
static NodeId der_outer(Derivative *d, NodeId a, NodeId b) {
    Shape column = {.rank = 2, .dim = {der_shape(d, a)->dim[0], 1}};
    return der_mul(d, graph_reshape(d->graph, a, column), b);
}

static NodeId der_transposed(Derivative *d, NodeId a) {
    return der_shape(d, a)->rank == 2 ? graph_transpose(d->graph, a) : a;
}

static void derivative_MATMUL(Derivative *d) {
    NodeId a = der_a(d), b = der_b(d), g = d->adjoint;
    uint32_t rank_a = der_shape(d, a)->rank, rank_b = der_shape(d, b)->rank;
    if (rank_a == 1 && rank_b == 1) {
        if (der_wants(d, 0)) d->give(d, 0, graph_adjoint_times(d->graph, g, b));
        if (der_wants(d, 1)) d->give(d, 1, graph_adjoint_times(d->graph, g, a));
        return;
    }
    if (der_wants(d, 0)) {
        bool outer = rank_a == 2 && rank_b == 1;
        NodeId product = outer ? der_outer(d, g, b) : NODE_NONE;
        if (!outer && rank_a == 1) product = graph_binary(d->graph, OP_MATMUL, b, g);
        if (!outer && rank_a == 2)
            product = graph_binary(d->graph, OP_MATMUL, g, der_transposed(d, b));
        d->give(d, 0, product);
    }
    if (der_wants(d, 1)) {
        bool outer = rank_a == 1 && rank_b == 2;
        NodeId product = outer ? der_outer(d, a, g)
                               : graph_binary(d->graph, OP_MATMUL, der_transposed(d, a), g);
        d->give(d, 1, product);
    }
}

static void derivative_GATHER(Derivative *d) {
    NodeId inputs[2] = {d->adjoint, der_b(d)};
    d->give(d, 0, graph_add_shaped(d->graph, OP_SCATTER, inputs, 2, (NodeAux){0},
                                   *der_shape(d, der_a(d))));
}

static void derivative_SCATTER(Derivative *d) {
    d->give(d, 0, graph_binary(d->graph, OP_GATHER, d->adjoint, der_b(d)));
}

/* ---- over rows ------------------------------------------------------------------------------- */

static void derivative_ROW_SUM(Derivative *d) { d->give(d, 0, d->adjoint); }

static void derivative_ROW_MIN(Derivative *d) {
    if (der_wants(d, 0)) der_refuse(d, MSG_GRAPH_COUPLED, MSG_GRAPH_COUPLED_REMEDY);
}

static void derivative_ROW_MAX(Derivative *d) {
    if (der_wants(d, 0)) der_refuse(d, MSG_GRAPH_COUPLED, MSG_GRAPH_COUPLED_REMEDY);
}

static void derivative_ROW_QUANTILE(Derivative *d) {
    if (der_wants(d, 0)) der_refuse(d, MSG_GRAPH_COUPLED, MSG_GRAPH_COUPLED_REMEDY);
}

static void (*const derivative_rules[OP_COUNT])(Derivative *) = {
#define OP(id, spelling, arity, kind, flags, ...) [OP_##id] = derivative_##id,
#include "../op/ops.def"
#undef OP
};

#ifdef DESCEND_HOSTILE
static Op derivative_planted_op = OP_COUNT;
static double derivative_planted_factor = 1;

void graph_plant_slope(Op op, double factor) {
    derivative_planted_op = op;
    derivative_planted_factor = factor;
}

static void derivative_plant(Derivative *d, Op op) {
    if (op == derivative_planted_op)
        d->adjoint = der_mul(d, d->adjoint, der_number(d, derivative_planted_factor));
}
#endif

void graph_derivative(Derivative *derivative, Op op) {
#ifdef DESCEND_HOSTILE
    derivative_plant(derivative, op);
#endif
    derivative_rules[op](derivative);
}
