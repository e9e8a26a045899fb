/* Products of the reverse sweep, with factors that have no rows in front: k * (rest of each row).
 *
 * The slope of a mean of squares carries 2/n, the parameters it has met and signs; kept apart, they
 * are multiplied once instead of for each row, sums over rows take the rest alone, and what is left
 * is often the same for several parameters. Only adjoints are arranged so, never what the user
 * wrote. */
#include "graph.h"

/* factor * rest; NODE_NONE stands for 1. A value without rows is all factor. */
typedef struct Factored {
    NodeId factor, rest;
} Factored;

static bool adjoint_has_rows(const Graph *graph, NodeId id) {
    return (graph->nodes[id].flags & NODE_ROWS) != 0;
}

static bool adjoint_is_number(const Graph *graph, NodeId id) {
    while (graph->nodes[id].op == OP_BROADCAST) id = graph_input(graph, id, 0);
    return graph->nodes[id].op == OP_CONST;
}

/* Of a product the factor without rows; of a local slope, which the user may have written, only a
 * number. */
static Factored adjoint_split(Graph *graph, NodeId id, bool local) {
    if (graph->status != STATUS_OK || id == NODE_NONE) return (Factored){NODE_NONE, id};
    Op op = graph->nodes[id].op;
    if (!adjoint_has_rows(graph, id)) return (Factored){id, NODE_NONE};
    if (op == OP_NEG) {
        Factored inner = adjoint_split(graph, graph_input(graph, id, 0), local);
        inner.factor = inner.factor == NODE_NONE ? graph_constant(graph, -1)
                                                 : graph_unary(graph, OP_NEG, inner.factor);
        return inner;
    }
    if (op != OP_MUL) return (Factored){NODE_NONE, id};
    for (uint32_t k = 0; k < 2; k++) {
        NodeId factor = graph_input(graph, id, k), rest = graph_input(graph, id, 1 - k);
        if (adjoint_has_rows(graph, factor) || !adjoint_has_rows(graph, rest)) continue;
        if (local && !adjoint_is_number(graph, factor)) continue;
        return (Factored){factor, rest};
    }
    return (Factored){NODE_NONE, id};
}

static NodeId adjoint_product(Graph *graph, NodeId a, NodeId b) {
    if (a == NODE_NONE || b == NODE_NONE) return a == NODE_NONE ? b : a;
    if (graph_is_constant(graph, a, -1)) return graph_unary(graph, OP_NEG, b);
    if (graph_is_constant(graph, b, -1)) return graph_unary(graph, OP_NEG, a);
    return graph_binary(graph, OP_MUL, a, b);
}

NodeId graph_adjoint_times(Graph *graph, NodeId adjoint, NodeId local) {
    Factored a = adjoint_split(graph, adjoint, false), b = adjoint_split(graph, local, true);
    NodeId factor = adjoint_product(graph, a.factor, b.factor);
    return adjoint_product(graph, factor, adjoint_product(graph, a.rest, b.rest));
}

NodeId graph_adjoint_over(Graph *graph, NodeId adjoint, NodeId divisor) {
    Factored a = adjoint_split(graph, adjoint, false);
    if (graph->status != STATUS_OK || a.factor == NODE_NONE || a.rest == NODE_NONE)
        return graph_binary(graph, OP_DIV, adjoint, divisor);
    if (adjoint_has_rows(graph, divisor)) a.rest = graph_binary(graph, OP_DIV, a.rest, divisor);
    else a.factor = graph_binary(graph, OP_DIV, a.factor, divisor);
    return adjoint_product(graph, a.factor, a.rest);
}

NodeId graph_adjoint_negative(Graph *graph, NodeId adjoint) {
    Factored a = adjoint_split(graph, adjoint, false);
    if (a.factor == NODE_NONE || a.rest == NODE_NONE) return graph_unary(graph, OP_NEG, adjoint);
    return adjoint_product(graph, graph_unary(graph, OP_NEG, a.factor), a.rest);
}

/* a + b, or a - b where the second has the first one's factor with the other sign. */
NodeId graph_adjoint_plus(Graph *graph, NodeId a, NodeId b) {
    Factored first = adjoint_split(graph, a, false), second = adjoint_split(graph, b, false);
    if (graph->status != STATUS_OK || first.factor == NODE_NONE || second.factor == NODE_NONE ||
        first.rest == NODE_NONE || second.rest == NODE_NONE)
        return graph_binary(graph, OP_ADD, a, b);
    NodeId opposite = graph_unary(graph, OP_NEG, first.factor);
    if (second.factor != first.factor && second.factor != opposite)
        return graph_binary(graph, OP_ADD, a, b);
    Op op = second.factor == first.factor ? OP_ADD : OP_SUB;
    return adjoint_product(graph, first.factor,
                           graph_binary(graph, op, first.rest, second.rest));
}

NodeId graph_adjoint_row_sum(Graph *graph, NodeId adjoint) {
    Factored a = adjoint_split(graph, adjoint, false);
    if (graph->status != STATUS_OK || a.rest == NODE_NONE)
        return graph_unary(graph, OP_ROW_SUM, adjoint);
    if (graph->nodes[a.rest].op != OP_BROADCAST)
        return adjoint_product(graph, a.factor, graph_unary(graph, OP_ROW_SUM, a.rest));
    NodeId sum = graph_adjoint_row_sum(graph, graph_input(graph, a.rest, 0));
    sum = graph_add_shaped(graph, OP_BROADCAST, &sum, 1, graph->nodes[a.rest].aux,
                           graph->nodes[a.rest].shape);
    return adjoint_product(graph, a.factor, sum);
}
