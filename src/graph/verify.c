/* Re-checks what every stage may rely on. A failure here is our own bug, told as such. */
#include "graph.h"

static Status verify_fail(const Graph *graph, NodeId id, const char *what, Error *error) {
    error_set(error, STATUS_INTERNAL, MSG_GRAPH_BROKEN, number_integer(id).s,
              op_info(graph->nodes[id].op)->name, what, NULL);
    return STATUS_INTERNAL;
}

static bool verify_order(const Graph *graph, NodeId id) {
    const Node *node = &graph->nodes[id];
    if ((size_t)node->first_input + node->n_inputs > graph->n_inputs) return false;
    for (uint32_t k = 0; k < node->n_inputs; k++) {
        NodeId input = graph_input(graph, id, k);
        if (input == NODE_NONE || input >= id) return false;
    }
    return true;
}

static bool verify_shape(const Graph *graph, NodeId id) {
    const Node *node = &graph->nodes[id];
    Shape shape = node->shape;
    if (node->op == OP_PARAM)
        return node->aux.index < graph->n_parameters &&
               graph_shape_same(&shape, &graph->parameters[node->aux.index].shape);
    return graph_shape_rule(graph, node->op, graph->inputs + node->first_input, node->n_inputs,
                            node->aux, &shape) &&
           graph_shape_same(&shape, &node->shape);
}

static bool verify_flags(const Graph *graph, NodeId id) {
    const Node *node = &graph->nodes[id];
    uint32_t flags = 0;
    for (uint32_t k = 0; k < node->n_inputs; k++)
        flags |= graph->nodes[graph_input(graph, id, k)].flags;
    if (op_info(node->op)->kind == KIND_ROWS) {
        if (!(flags & NODE_ROWS)) return false;
        flags &= ~(uint32_t)NODE_ROWS;
    }
    if (node->op == OP_COLUMN) flags = NODE_ROWS;
    if (node->op == OP_PARAM) flags = NODE_PARAMS;
    return flags == node->flags;
}

/* An input lies in the node's own region or in one around it; arms are read through their
 * 'where'. */
static bool verify_regions(const Graph *graph, NodeId id) {
    const Node *node = &graph->nodes[id];
    if (node->region >= graph->n_regions) return false;
    if (!(node->flags & NODE_ROWS) && graph->regions[node->region].rowless != node->region)
        return false;
    for (uint32_t k = 0; k < node->n_inputs; k++) {
        uint32_t from = graph->nodes[graph_input(graph, id, k)].region;
        if (graph_region_reads(graph, node->region, from)) continue;
        if (node->op != OP_SELECT || k == 0) return false;
        const Region *arm = &graph->regions[from];
        NodeId condition = graph_input(graph, id, 0);
        if (arm->condition != condition && graph->nodes[condition].op == OP_BROADCAST)
            condition = graph_input(graph, condition, 0);
        if (arm->condition != condition || arm->taken != (k == 1)) return false;
        if (!graph_region_reads(graph, node->region, arm->parent)) return false;
    }
    return true;
}

Status graph_verify(const Graph *graph, Error *error) {
    for (NodeId id = 1; id < graph->n_nodes; id++) {
        const char *what = NULL;
        if (graph->nodes[id].op >= OP_COUNT || !verify_order(graph, id)) what = "order";
        else if (!verify_shape(graph, id)) what = "shape";
        else if (!verify_flags(graph, id)) what = "flags";
        else if (!verify_regions(graph, id)) what = "regions";
        if (what) return verify_fail(graph, id, what, error);
    }
    return STATUS_OK;
}
