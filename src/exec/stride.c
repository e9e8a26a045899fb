/* How elements move between two shapes, as four nested loops. Axes that lie one behind the other in
 * both values are joined, so that a part in one piece is one long innermost loop; the order of the
 * elements stays that of the indices. */
#include "exec.h"

/* Loops before they are padded to four. */
typedef struct StrideAxes {
    uint32_t rank;
    size_t dim[SHAPE_RANK], in[SHAPE_RANK], out[SHAPE_RANK];
} StrideAxes;

static void stride_natural(const Shape *shape, size_t *stride) {
    size_t step = 1;
    for (uint32_t k = shape->rank; k-- > 0; step *= shape->dim[k]) stride[k] = step;
}

static void stride_dims(const Shape *shape, StrideAxes *axes) {
    axes->rank = shape->rank;
    for (uint32_t k = 0; k < shape->rank; k++) axes->dim[k] = shape->dim[k];
}

/* Strides of a value along the axes of a larger one: 0 where the bit of the axis is set. */
static void stride_spread(const Shape *shape, uint32_t axes, uint32_t rank, size_t *stride) {
    size_t natural[SHAPE_RANK] = {0};
    stride_natural(shape, natural);
    for (uint32_t k = 0, from = 0; k < rank; k++) stride[k] = axes >> k & 1u ? 0 : natural[from++];
}

static size_t stride_start(const uint32_t *offset, const size_t *stride, uint32_t rank) {
    size_t start = 0;
    for (uint32_t k = 0; k < rank; k++) start += offset[k] * stride[k];
    return start;
}

static void stride_append(StrideAxes *to, size_t dim, size_t in, size_t out) {
    to->dim[to->rank] = dim;
    to->in[to->rank] = in;
    to->out[to->rank++] = out;
}

static StrideAxes stride_join(const StrideAxes *axes) {
    StrideAxes joined = {0};
    for (uint32_t k = 0; k < axes->rank; k++) {
        size_t dim = axes->dim[k], in = axes->in[k], out = axes->out[k];
        if (dim == 1) continue;
        if (joined.rank > 0) {
            uint32_t last = joined.rank - 1;
            if (joined.in[last] == in * dim && joined.out[last] == out * dim) {
                joined.dim[last] *= dim;
                joined.in[last] = in;
                joined.out[last] = out;
                continue;
            }
        }
        stride_append(&joined, dim, in, out);
    }
    if (joined.rank == 0) stride_append(&joined, 1, 1, 1);
    return joined;
}

StrideWalk exec_stride_walk(const Graph *graph, NodeId id) {
    const Node *node = &graph->nodes[id];
    const Shape *from = &graph->nodes[graph_input(graph, id, 0)].shape, *to = &node->shape;
    StrideWalk walk = {.dim = {1, 1, 1, 1}};
    StrideAxes axes = {0};
    size_t natural[SHAPE_RANK] = {0};
    bool outwards = node->op == OP_PAD || op_info(node->op)->kind == KIND_REDUCE;
    stride_dims(outwards ? from : to, &axes);
    stride_natural(from, outwards ? axes.in : natural);
    stride_natural(to, outwards ? natural : axes.out);
    switch (node->op) {
        case OP_BROADCAST:
            stride_spread(from, node->aux.axes, to->rank, axes.in);
            break;
        case OP_TRANSPOSE:
            for (uint32_t k = 0; k < to->rank; k++) axes.in[k] = natural[node->aux.axis[k]];
            break;
        case OP_SLICE:
            for (uint32_t k = 0; k < to->rank; k++) axes.in[k] = natural[k];
            walk.in_start = stride_start(node->aux.offset, natural, to->rank);
            break;
        case OP_PAD:
            for (uint32_t k = 0; k < to->rank; k++) axes.out[k] = natural[k];
            walk.out_start = stride_start(node->aux.offset, natural, to->rank);
            break;
        default:
            stride_spread(to, node->aux.axes, from->rank, axes.out);
            break;
    }
    axes = stride_join(&axes);
    for (uint32_t k = 0; k < axes.rank; k++) {
        uint32_t at = SHAPE_RANK - axes.rank + k;
        walk.dim[at] = axes.dim[k];
        walk.in[at] = axes.in[k];
        walk.out[at] = axes.out[k];
    }
    return walk;
}
