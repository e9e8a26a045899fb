/* Degree of nodes as polynomials in the parameters, and which parameters a formula is linear in. */
#include "graph.h"

static uint8_t degree_cap(unsigned degree) {
    return (uint8_t)(degree > DEGREE_MAX ? DEGREE_MAX : degree);
}

static uint8_t degree_greatest(const Graph *graph, NodeId id, uint32_t first,
                               const uint8_t *degree) {
    uint8_t most = 0;
    for (uint32_t k = first; k < graph->nodes[id].n_inputs; k++) {
        uint8_t here = degree[graph_input(graph, id, k)];
        if (here > most) most = here;
    }
    return most;
}

static uint8_t degree_of_power(unsigned base, int32_t exponent) {
    if (base == 0) return 0;
    bool polynomial = exponent > 0 && exponent <= DEGREE_MAX;
    return polynomial ? degree_cap(base * (unsigned)exponent) : DEGREE_MAX;
}

static uint8_t degree_of(const Graph *graph, NodeId id, const bool *counted,
                         const uint8_t *degree) {
    const Node *node = &graph->nodes[id];
    if (node->op == OP_PARAM) return !counted || counted[node->aux.index] ? 1 : 0;
    uint8_t most = degree_greatest(graph, id, 0, degree);
    if (most == 0) return 0;
    unsigned a = degree[graph_input(graph, id, 0)];
    unsigned b = node->n_inputs > 1 ? degree[graph_input(graph, id, 1)] : 0;
    switch (node->op) {
        case OP_NEG:
        case OP_SUM_OF:
        case OP_BROADCAST:
        case OP_RESHAPE:
        case OP_TRANSPOSE:
        case OP_SLICE:
        case OP_PAD:
        case OP_STACK:
        case OP_ROW_SUM:
        case OP_ADD:
        case OP_SUB:
            return most;
        case OP_MUL:
        case OP_MATMUL:
            return degree_cap(a + b);
        case OP_DIV:
        case OP_GATHER:
        case OP_SCATTER:
            return b ? DEGREE_MAX : degree_cap(a);
        case OP_POWI:
            return degree_of_power(a, node->aux.exponent);
        case OP_SELECT:
            return a ? DEGREE_MAX : degree_greatest(graph, id, 1, degree);
        default:
            return DEGREE_MAX;
    }
}

void graph_degrees(const Graph *graph, NodeId last, const bool *counted, uint8_t *degree) {
    degree[NODE_NONE] = 0;
    for (NodeId id = 1; id <= last; id++) degree[id] = degree_of(graph, id, counted, degree);
}

/* ---- linear parameters ----------------------------------------------------------------------- */

static bool degree_all_linear(const Graph *graph, const NodeId *outputs, size_t n_outputs,
                              NodeId last, const bool *counted, uint8_t *degree) {
    graph_degrees(graph, last, counted, degree);
    for (size_t k = 0; k < n_outputs; k++)
        if (degree[outputs[k]] > 1) return false;
    return true;
}

/* One parameter more at a time, as long as all outputs stay linear in the set. */
Status graph_linear_parameters(const Graph *graph, const NodeId *outputs, size_t n_outputs,
                               bool *linear) {
    uint8_t *degree = memory_new(graph->n_nodes, sizeof *degree);
    NodeId last = NODE_NONE;
    if (!degree) return STATUS_MEMORY;
    for (size_t k = 0; k < n_outputs; k++)
        if (outputs[k] > last) last = outputs[k];
    for (size_t p = 0; p < graph->n_parameters; p++) linear[p] = true;
    if (!degree_all_linear(graph, outputs, n_outputs, last, linear, degree)) {
        for (size_t p = 0; p < graph->n_parameters; p++) linear[p] = false;
        for (size_t p = 0; p < graph->n_parameters && p < DEGREE_PARAMETERS; p++) {
            linear[p] = true;
            linear[p] = degree_all_linear(graph, outputs, n_outputs, last, linear, degree);
        }
    }
    memory_free(degree);
    return STATUS_OK;
}
