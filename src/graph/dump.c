/* Stable text of a graph: one node a line, only those the outputs need, numbered anew from 1. */
#include "graph.h"

/* Marks what the outputs need, from the last node to the first, and numbers it. False: no
 * memory. */
static uint32_t *dump_numbers(const Graph *graph, const NodeId *outputs, size_t n_outputs) {
    uint32_t *number = memory_new(graph->n_nodes + 1, sizeof *number);
    if (!number) return NULL;
    for (size_t k = 0; k < n_outputs; k++) number[outputs[k]] = 1;
    for (NodeId id = (NodeId)graph->n_nodes - 1; id > 0; id--) {
        if (!number[id]) continue;
        for (uint32_t k = 0; k < graph->nodes[id].n_inputs; k++)
            number[graph_input(graph, id, k)] = 1;
        for (uint32_t r = graph->nodes[id].region; r != 0; r = graph->regions[r].parent)
            if (graph->regions[r].condition < id) number[graph->regions[r].condition] = 1;
    }
    number[0] = 0;
    uint32_t next = 1;
    for (NodeId id = 1; id < graph->n_nodes; id++)
        if (number[id]) number[id] = next++;
    return number;
}

static void dump_list(Text *out, const uint32_t *values, uint32_t count) {
    text_add_char(out, '[');
    for (uint32_t k = 0; k < count; k++) {
        if (k > 0) text_add_char(out, ',');
        text_add_integer(out, values[k]);
    }
    text_add_char(out, ']');
}

static void dump_axes(Text *out, uint32_t axes) {
    uint32_t list[SHAPE_RANK], count = 0;
    for (uint32_t k = 0; k < SHAPE_RANK; k++)
        if (axes >> k & 1u) list[count++] = k;
    text_add(out, " axes ");
    dump_list(out, list, count);
}

static void dump_aux(const Graph *graph, const Node *node, Text *out) {
    switch (node->op) {
    case OP_CONST: text_format(out, " %s", number_text(node->aux.value).s); break;
    case OP_COLUMN:
        if (graph_column_name(graph, node->aux.index)[0])
            text_format(out, " %s", graph_column_name(graph, node->aux.index));
        else text_format(out, " %zu", (size_t)node->aux.index);
        break;
    case OP_PARAM: text_format(out, " %s", graph->parameters[node->aux.index].name); break;
    case OP_POWI: text_format(out, " %d", (int)node->aux.exponent); break;
    case OP_SUM_OF:
    case OP_MIN_OF:
    case OP_MAX_OF:
    case OP_BROADCAST: dump_axes(out, node->aux.axes); break;
    case OP_TRANSPOSE:
        text_add(out, " axes ");
        dump_list(out, node->aux.axis, node->shape.rank);
        break;
    case OP_SLICE:
    case OP_PAD:
        text_add(out, " at ");
        dump_list(out, node->aux.offset, node->shape.rank);
        break;
    default: break;
    }
}

static void dump_region(const Graph *graph, uint32_t region, const uint32_t *number, Text *out) {
    for (; region != 0; region = graph->regions[region].parent) {
        const Region *guard = &graph->regions[region];
        text_format(out, " %s %%%zu", guard->taken ? "if" : "unless",
                    (size_t)number[guard->condition]);
    }
}

static void dump_node(const Graph *graph, NodeId id, const uint32_t *number, Text *out) {
    const Node *node = &graph->nodes[id];
    text_format(out, "%%%zu = %s", (size_t)number[id], op_info(node->op)->spelling);
    dump_aux(graph, node, out);
    for (uint32_t k = 0; k < node->n_inputs; k++)
        text_format(out, " %%%zu", (size_t)number[graph_input(graph, id, k)]);
    if (node->shape.rank > 0) {
        text_add_char(out, ' ');
        dump_list(out, node->shape.dim, node->shape.rank);
    }
    if (node->flags & NODE_ROWS) text_add(out, " rows");
    dump_region(graph, node->region, number, out);
    text_add_char(out, '\n');
}

void graph_dump(const Graph *graph, const NodeId *outputs, const char *const *names,
                size_t n_outputs, Text *out) {
    uint32_t *number = dump_numbers(graph, outputs, n_outputs);
    if (!number) {
        out->failed = true;
        return;
    }
    for (NodeId id = 1; id < graph->n_nodes; id++)
        if (number[id]) dump_node(graph, id, number, out);
    for (size_t k = 0; k < n_outputs; k++)
        text_format(out, "%s: %%%zu\n", names ? names[k] : "output", (size_t)number[outputs[k]]);
    memory_free(number);
}
