/* Which nodes the outputs need, and after how many passes over the rows each can be computed. */
#include "exec.h"

static void needs_mark(const Graph *graph, const NodeId *outputs, size_t n_outputs, Needs *needs) {
    NodeId last = 0;
    for (size_t k = 0; k < n_outputs; k++) {
        needs->level[outputs[k]] = 0;
        if (outputs[k] > last) last = outputs[k];
    }
    for (NodeId id = last; id > 0; id--) {
        if (needs->level[id] == NEEDS_NOT) continue;
        needs->count++;
        for (uint32_t k = 0; k < graph->nodes[id].n_inputs; k++)
            needs->level[graph_input(graph, id, k)] = 0;
    }
}

/* The highest of its inputs', and one more for a node over rows: all it reads is there before the
 * pass. */
static uint32_t needs_level(const Graph *graph, const Needs *needs, NodeId id) {
    const Node *node = &graph->nodes[id];
    uint32_t level = 0;
    for (uint32_t k = 0; k < node->n_inputs; k++) {
        uint32_t from = needs->level[graph_input(graph, id, k)];
        if (from > level) level = from;
    }
    return op_info(node->op)->kind == KIND_ROWS ? level + 1 : level;
}

bool exec_needs(const Graph *graph, const NodeId *outputs, size_t n_outputs, Needs *needs) {
    *needs = (Needs){.level = memory_new(graph->n_nodes, sizeof *needs->level)};
    if (!needs->level) return false;
    for (size_t id = 0; id < graph->n_nodes; id++) needs->level[id] = NEEDS_NOT;
    needs_mark(graph, outputs, n_outputs, needs);
    needs->nodes = memory_new(needs->count, sizeof *needs->nodes);
    if (!needs->nodes) {
        exec_needs_free(needs);
        return false;
    }
    size_t count = 0;
    for (NodeId id = 1; count < needs->count; id++) {
        if (needs->level[id] == NEEDS_NOT) continue;
        needs->nodes[count++] = id;
        needs->level[id] = needs_level(graph, needs, id);
        if (needs->level[id] > needs->top) needs->top = needs->level[id];
    }
    return true;
}

void exec_needs_free(Needs *needs) {
    memory_free(needs->nodes);
    memory_free(needs->level);
    *needs = (Needs){0};
}
