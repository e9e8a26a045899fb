/* The shape of each operator's result. Elementwise operators get inputs of one shape: NumPy's
 * broadcasting is made explicit before (graph_expand), so that every other stage sees plain
 * nodes. */
#include "graph.h"

#include <string.h>

typedef struct ShapeQuery {
    const Graph *graph;
    const NodeId *inputs;
    size_t n_inputs;
    NodeAux aux;
    Shape *shape; /* in: the wanted one, where the inputs do not tell; out: the result */
} ShapeQuery;

size_t graph_count(const Shape *shape) {
    size_t count = 1;
    for (uint32_t k = 0; k < shape->rank; k++) count *= shape->dim[k];
    return count;
}

bool graph_shape_same(const Shape *a, const Shape *b) {
    if (a->rank != b->rank) return false;
    for (uint32_t k = 0; k < a->rank; k++)
        if (a->dim[k] != b->dim[k]) return false;
    return true;
}

bool graph_shape_broadcast(const Shape *a, const Shape *b, Shape *result) {
    Shape out = {.rank = a->rank > b->rank ? a->rank : b->rank};
    for (uint32_t k = 1; k <= out.rank; k++) { /* counted from the last axis */
        uint32_t da = k <= a->rank ? a->dim[a->rank - k] : 1;
        uint32_t db = k <= b->rank ? b->dim[b->rank - k] : 1;
        if (da != db && da != 1 && db != 1) return false;
        out.dim[out.rank - k] = da == 1 ? db : da;
    }
    *result = out;
    return true;
}

static const Shape *shape_input(const ShapeQuery *query, size_t k) {
    return &query->graph->nodes[query->inputs[k]].shape;
}

/* The shape less the axes whose bit is set. */
static Shape shape_without(const Shape *shape, uint32_t axes) {
    Shape out = {0};
    for (uint32_t k = 0; k < shape->rank; k++)
        if (!(axes >> k & 1u)) out.dim[out.rank++] = shape->dim[k];
    return out;
}

NodeId graph_expand(Graph *graph, NodeId a, Shape shape) {
    if (graph->status != STATUS_OK || a == NODE_NONE) return NODE_NONE;
    Shape from = graph->nodes[a].shape;
    if (graph_shape_same(&from, &shape)) return a;
    uint32_t missing = shape.rank - from.rank, axes = (1u << missing) - 1;
    for (uint32_t k = 0; k < from.rank; k++)
        if (from.dim[k] != shape.dim[k + missing]) axes |= 1u << (k + missing);
    a = graph_reshape(graph, a, shape_without(&shape, axes));
    NodeAux aux = {0};
    aux.axes = axes;
    return graph_add_shaped(graph, OP_BROADCAST, &a, 1, aux, shape);
}

static bool shape_rule_leaf(ShapeQuery *query) {
    (void)query;
    return true; /* numbers, but parameters: their shape is given */
}

static bool shape_rule_elementwise(ShapeQuery *query) {
    *query->shape = *shape_input(query, 0);
    for (size_t k = 1; k < query->n_inputs; k++)
        if (!graph_shape_same(query->shape, shape_input(query, k))) return false;
    return true;
}

static bool shape_rule_reduce(ShapeQuery *query) {
    const Shape *from = shape_input(query, 0);
    if (query->aux.axes >> from->rank != 0) return false;
    *query->shape = shape_without(from, query->aux.axes);
    return true;
}

static bool shape_rule_rows(ShapeQuery *query) {
    *query->shape = *shape_input(query, 0);
    return true;
}

static bool shape_rule_BROADCAST(ShapeQuery *query) {
    if (query->aux.axes >> query->shape->rank != 0) return false;
    Shape from = shape_without(query->shape, query->aux.axes);
    return graph_shape_same(&from, shape_input(query, 0));
}

static bool shape_rule_RESHAPE(ShapeQuery *query) {
    return graph_count(query->shape) == graph_count(shape_input(query, 0));
}

static bool shape_rule_TRANSPOSE(ShapeQuery *query) {
    const Shape *from = shape_input(query, 0);
    uint32_t seen = 0;
    query->shape->rank = from->rank;
    for (uint32_t k = 0; k < from->rank; k++) {
        uint32_t axis = query->aux.axis[k];
        if (axis >= from->rank || seen >> axis & 1u) return false;
        seen |= 1u << axis;
        query->shape->dim[k] = from->dim[axis];
    }
    return true;
}

/* 'part' lies at the offset within 'whole'. */
static bool shape_fits_at(const Shape *part, const Shape *whole, const uint32_t *offset) {
    if (part->rank != whole->rank) return false;
    for (uint32_t k = 0; k < part->rank; k++)
        if ((uint64_t)part->dim[k] + offset[k] > whole->dim[k]) return false;
    return true;
}

static bool shape_rule_SLICE(ShapeQuery *query) {
    return shape_fits_at(query->shape, shape_input(query, 0), query->aux.offset);
}

static bool shape_rule_PAD(ShapeQuery *query) {
    return shape_fits_at(shape_input(query, 0), query->shape, query->aux.offset);
}

static bool shape_rule_STACK(ShapeQuery *query) {
    if (query->n_inputs == 0) return false;
    const Shape *first = shape_input(query, 0);
    if (first->rank == SHAPE_RANK) return false;
    for (size_t k = 1; k < query->n_inputs; k++)
        if (!graph_shape_same(first, shape_input(query, k))) return false;
    query->shape->rank = first->rank + 1;
    query->shape->dim[0] = (uint32_t)query->n_inputs;
    for (uint32_t k = 0; k < first->rank; k++) query->shape->dim[k + 1] = first->dim[k];
    return true;
}

static bool shape_rule_MATMUL(ShapeQuery *query) {
    const Shape *a = shape_input(query, 0), *b = shape_input(query, 1);
    if (a->rank < 1 || a->rank > 2 || b->rank < 1 || b->rank > 2) return false;
    if (a->dim[a->rank - 1] != b->dim[0]) return false;
    Shape out = {0};
    if (a->rank == 2) out.dim[out.rank++] = a->dim[0];
    if (b->rank == 2) out.dim[out.rank++] = b->dim[1];
    *query->shape = out;
    return true;
}

static bool shape_rule_GATHER(ShapeQuery *query) {
    const Shape *from = shape_input(query, 0);
    if (from->rank == 0 || shape_input(query, 1)->rank != 0) return false;
    *query->shape = shape_without(from, 1);
    return true;
}

static bool shape_rule_SCATTER(ShapeQuery *query) {
    if (query->shape->rank == 0 || shape_input(query, 1)->rank != 0) return false;
    Shape part = shape_without(query->shape, 1);
    return graph_shape_same(&part, shape_input(query, 0));
}

/* One rule for each kind, or each operator of the kinds whose shapes differ; a missing one does not
 * compile. */
#define SHAPE_OF_LEAF(id) shape_rule_leaf
#define SHAPE_OF_ELEMENTWISE(id) shape_rule_elementwise
#define SHAPE_OF_REDUCE(id) shape_rule_reduce
#define SHAPE_OF_SHAPE(id) shape_rule_##id
#define SHAPE_OF_PRODUCT(id) shape_rule_##id
#define SHAPE_OF_ROWS(id) shape_rule_rows
static bool (*const shape_rules[OP_COUNT])(ShapeQuery *) = {
#define OP(id, spelling, arity, kind, flags, ...) [OP_##id] = SHAPE_OF_##kind(id),
#include "../op/ops.def"
#undef OP
};
#undef SHAPE_OF_LEAF
#undef SHAPE_OF_ELEMENTWISE
#undef SHAPE_OF_REDUCE
#undef SHAPE_OF_SHAPE
#undef SHAPE_OF_PRODUCT
#undef SHAPE_OF_ROWS

static bool shape_small_enough(const Shape *shape) {
    uint64_t count = 1;
    for (uint32_t k = 0; k < shape->rank; k++) {
        if (shape->dim[k] != 0 && count > SHAPE_ELEMENTS / shape->dim[k]) return false;
        count *= shape->dim[k];
    }
    return true;
}

bool graph_shape_rule(const Graph *graph, Op op, const NodeId *inputs, size_t n_inputs, NodeAux aux,
                      Shape *shape) {
    int arity = op_info(op)->arity;
    if (arity >= 0 && (size_t)arity != n_inputs) return false;
    ShapeQuery query = {graph, inputs, n_inputs, aux, shape};
    return shape_rules[op](&query) && shape_small_enough(shape);
}

NumberText graph_shape_text(const Shape *shape) {
    NumberText out = {{0}};
    size_t length = 0;
    out.s[length++] = '[';
    for (uint32_t k = 0; k < shape->rank; k++) {
        if (k > 0) out.s[length++] = ',';
        NumberText dim = number_integer(shape->dim[k]);
        size_t n = strlen(dim.s);
        if (length + n + 2 > sizeof out.s) break;
        memcpy(out.s + length, dim.s, n);
        length += n;
    }
    out.s[length] = ']';
    return out;
}
