/* Random programs: seeded graphs over four columns of numbers, two of indices and parameters of
 * several shapes, with arms of 'where', reductions, products, look-ups and sums over rows on
 * several levels. */
#ifndef DESCEND_TEST_RANDOM_GRAPH_H
#define DESCEND_TEST_RANDOM_GRAPH_H

#include "../../src/exec/exec.h"

enum { RANDOM_POOL = 400, RANDOM_PARAMETERS = 5, RANDOM_COLUMNS = 6, RANDOM_INDEX = 4 };

typedef struct RandomGraph {
    Graph *graph;
    Error error;
    RandomKey key;
    uint64_t drawn;
    NodeId pool[RANDOM_POOL];
    size_t count;
    uint32_t parameters[RANDOM_PARAMETERS];
} RandomGraph;

static double random_graph_unit(RandomGraph *r) {
    return random_uniform(r->key, r->drawn++);
}

static size_t random_graph_below(RandomGraph *r, size_t n) {
    return (size_t)(random_graph_unit(r) * (double)n);
}

static NodeId random_graph_pick(RandomGraph *r) {
    return r->pool[random_graph_below(r, r->count)];
}

static const Shape *random_graph_shape(const RandomGraph *r, NodeId id) {
    return &r->graph->nodes[id].shape;
}

static void random_graph_keep(RandomGraph *r, NodeId id) {
    if (id != NODE_NONE && r->count < RANDOM_POOL && graph_count(random_graph_shape(r, id)) <= 64)
        r->pool[r->count++] = id;
}

static void random_graph_start(RandomGraph *r, uint64_t seed) {
    static const Shape shapes[RANDOM_PARAMETERS] = {
        {0}, {1, {3}}, {2, {2, 3}}, {2, {3, 2}}, {3, {2, 2, 3}}};
    *r = (RandomGraph){.key = random_key(seed, "graph")};
    if (graph_new(NULL, &r->error, &r->graph) != STATUS_OK) return;
    for (size_t k = 0; k < RANDOM_PARAMETERS; k++) {
        r->parameters[k] = graph_new_parameter(r->graph, "p", shapes[k], (Span){0});
        random_graph_keep(r, graph_parameter(r->graph, r->parameters[k]));
    }
    for (uint32_t c = 0; c < RANDOM_INDEX; c++) random_graph_keep(r, graph_column(r->graph, c));
    random_graph_keep(r, graph_constant(r->graph, random_graph_unit(r) * 4 - 2));
    random_graph_keep(r, graph_constant(r->graph, 2));
}

static NodeId random_graph_elementwise(RandomGraph *r) {
    Op op = (Op)random_graph_below(r, OP_COUNT);
    const OpInfo *info = op_info(op);
    NodeId in[3];
    Shape shape = {0};
    if (info->kind != KIND_ELEMENTWISE) return NODE_NONE;
    for (int k = 0; k < info->arity; k++) {
        in[k] = random_graph_pick(r);
        if (!graph_shape_broadcast(&shape, random_graph_shape(r, in[k]), &shape)) return NODE_NONE;
    }
    if (op == OP_POWI)
        return graph_add(r->graph, op, in, 1,
                         (NodeAux){.exponent = (int)random_graph_below(r, 6) - 2});
    if (op == OP_SELECT) in[0] = graph_binary(r->graph, OP_LT, in[0], in[1]);
    return graph_add(r->graph, op, in, (size_t)info->arity, (NodeAux){0});
}

/* Keeps values in range. */
static NodeId random_graph_gentle(RandomGraph *r) {
    static const Op ops[] = {OP_TANH, OP_SIGMOID, OP_SIN, OP_ATAN, OP_SOFTPLUS, OP_ABS};
    NodeId a = random_graph_pick(r);
    if (random_graph_unit(r) < 0.5)
        return graph_unary(r->graph, ops[random_graph_below(r, COUNT_OF(ops))], a);
    static const Op pairs[] = {OP_ADD, OP_SUB, OP_MUL, OP_MIN, OP_MAX};
    NodeId b = random_graph_pick(r);
    Shape shape;
    if (!graph_shape_broadcast(random_graph_shape(r, a), random_graph_shape(r, b), &shape))
        return NODE_NONE;
    return graph_binary(r->graph, pairs[random_graph_below(r, COUNT_OF(pairs))], a, b);
}

static NodeId random_graph_reshape(RandomGraph *r) {
    NodeId a = random_graph_pick(r);
    Shape from = *random_graph_shape(r, a), to = from;
    NodeAux aux = {0};
    switch (random_graph_below(r, 6)) {
        case 0: {
            Shape flat = {1, {(uint32_t)graph_count(&from)}};
            return graph_reshape(r->graph, a, flat);
        }
        case 1: {
            uint32_t shift = (uint32_t)random_graph_below(r, SHAPE_RANK);
            for (uint32_t k = 0; k < from.rank; k++) aux.axis[k] = (k + shift) % from.rank;
            return graph_add(r->graph, OP_TRANSPOSE, &a, 1, aux);
        }
        case 2:
            for (uint32_t k = 0; k < from.rank; k++) {
                to.dim[k] = 1 + (uint32_t)random_graph_below(r, from.dim[k]);
                aux.offset[k] = (uint32_t)random_graph_below(r, from.dim[k] - to.dim[k] + 1);
            }
            return graph_add_shaped(r->graph, OP_SLICE, &a, 1, aux, to);
        case 3:
            for (uint32_t k = 0; k < from.rank; k++) {
                to.dim[k] += (uint32_t)random_graph_below(r, 3);
                aux.offset[k] = (uint32_t)random_graph_below(r, to.dim[k] - from.dim[k] + 1);
            }
            return graph_add_shaped(r->graph, OP_PAD, &a, 1, aux, to);
        case 4: {
            NodeId parts[3] = {a, a, a};
            for (int k = 0; k < 3; k++) {
                NodeId b = random_graph_pick(r);
                if (graph_shape_same(&from, random_graph_shape(r, b))) parts[k] = b;
            }
            if (from.rank == SHAPE_RANK) return NODE_NONE;
            return graph_add(r->graph, OP_STACK, parts, 1 + random_graph_below(r, 3), aux);
        }
        default:
            if (from.rank >= SHAPE_RANK) return NODE_NONE;
            to.rank++;
            to.dim[0] = 2;
            for (uint32_t k = 0; k < from.rank; k++) to.dim[k + 1] = from.dim[k];
            return graph_expand(r->graph, a, to);
    }
}

static NodeId random_graph_product(RandomGraph *r) {
    NodeId a = random_graph_pick(r), b = random_graph_pick(r);
    const Shape *left = random_graph_shape(r, a), *right = random_graph_shape(r, b);
    if (left->rank < 1 || left->rank > 2 || right->rank < 1 || right->rank > 2) return NODE_NONE;
    if (left->dim[left->rank - 1] != right->dim[0]) return NODE_NONE;
    return graph_binary(r->graph, OP_MATMUL, a, b);
}

static NodeId random_graph_lookup(RandomGraph *r) {
    NodeId a = random_graph_pick(r), at = graph_column(r->graph, RANDOM_INDEX);
    if (random_graph_unit(r) < 0.3)
        at = graph_constant(r->graph, 1 + (double)random_graph_below(r, 2));
    else if (random_graph_unit(r) < 0.1)
        at = graph_column(r->graph, RANDOM_INDEX + 1);
    const Shape *from = random_graph_shape(r, a);
    if (random_graph_unit(r) < 0.7)
        return from->rank == 0 ? NODE_NONE : graph_binary(r->graph, OP_GATHER, a, at);
    if (from->rank == SHAPE_RANK) return NODE_NONE;
    Shape to = {from->rank + 1, {2 + (uint32_t)random_graph_below(r, 2)}};
    for (uint32_t k = 0; k < from->rank; k++) to.dim[k + 1] = from->dim[k];
    return graph_add_shaped(r->graph, OP_SCATTER, (NodeId[]){a, at}, 2, (NodeAux){0}, to);
}

static NodeId random_graph_reduce(RandomGraph *r) {
    static const Op ops[] = {OP_SUM_OF, OP_MIN_OF, OP_MAX_OF};
    NodeId a = random_graph_pick(r);
    uint32_t rank = random_graph_shape(r, a)->rank;
    uint32_t axes = (uint32_t)random_graph_below(r, (size_t)1 << rank);
    return graph_reduce(r->graph, ops[random_graph_below(r, 3)], a, axes);
}

static NodeId random_graph_over_rows(RandomGraph *r) {
    static const Op ops[] = {OP_ROW_SUM, OP_ROW_SUM, OP_ROW_MIN, OP_ROW_MAX, OP_ROW_QUANTILE};
    Op op = ops[random_graph_below(r, COUNT_OF(ops))];
    NodeId a = random_graph_pick(r), p = graph_constant(r->graph, random_graph_unit(r));
    if (op != OP_ROW_QUANTILE) return graph_unary(r->graph, op, a);
    if (r->graph->nodes[a].flags & NODE_PARAMS) return NODE_NONE; /* statistics are of data only */
    return graph_binary(r->graph, op, a, p);
}

static NodeId random_graph_node(RandomGraph *r);

/* Each arm gets nodes of its own, which nobody outside reads. */
static NodeId random_graph_where(RandomGraph *r) {
    Graph *graph = r->graph;
    NodeId a = random_graph_pick(r), b = random_graph_pick(r);
    if (random_graph_shape(r, a)->rank != 0 || random_graph_shape(r, b)->rank != 0)
        return NODE_NONE;
    NodeId condition = graph_binary(graph, OP_LT, a, b), arm[2];
    if (graph->nodes[condition].op == OP_CONST) return NODE_NONE; /* then there are no arms */
    uint32_t outside = graph->region;
    size_t count = r->count;
    for (int k = 0; k < 2; k++) {
        graph->region = graph_region(graph, outside, condition, k == 0);
        for (int i = 0; i < 4; i++) random_graph_keep(r, random_graph_node(r));
        arm[k] = random_graph_pick(r);
        if (random_graph_unit(r) < 0.5) arm[k] = graph_unary(graph, OP_LOG, arm[k]);
        r->count = count;
    }
    Shape shape;
    bool fits =
        graph_shape_broadcast(random_graph_shape(r, arm[0]), random_graph_shape(r, arm[1]), &shape);
    for (int k = 0; k < 2 && fits; k++) {
        graph->region = graph_region(graph, outside, condition, k == 0);
        arm[k] = graph_expand(graph, arm[k], shape);
    }
    graph->region = outside;
    if (!fits) return NODE_NONE;
    return graph_select(graph, condition, arm[0], arm[1]);
}

static NodeId random_graph_node(RandomGraph *r) {
    double u = random_graph_unit(r);
    if (u < 0.35) return random_graph_gentle(r);
    if (u < 0.6) return random_graph_elementwise(r);
    if (u < 0.75) return random_graph_reshape(r);
    if (u < 0.82) return random_graph_product(r);
    if (u < 0.87) return random_graph_lookup(r);
    if (u < 0.93) return random_graph_reduce(r);
    if (r->graph->region != 0) return NODE_NONE; /* no sums over rows of an arm */
    return u < 0.97 ? random_graph_over_rows(r) : random_graph_where(r);
}

/* A number that depends on the node: summed over elements and rows. */
static NodeId random_graph_total(RandomGraph *r, NodeId id) {
    uint32_t axes = (1u << random_graph_shape(r, id)->rank) - 1;
    NodeId number = graph_reduce(r->graph, OP_SUM_OF, graph_unary(r->graph, OP_TANH, id), axes);
    return graph_unary(r->graph, OP_ROW_SUM, number);
}

#endif
