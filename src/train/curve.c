/* The right side of a fit as a curve over its one column: for plots. */
#include "train.h"

/* Marks what the node needs, from the last node to the first: inputs stand before their users. */
static void curve_mark(const Graph *graph, NodeId root, bool *needed) {
    needed[root] = true;
    for (NodeId id = root; id > 0; id--) {
        if (!needed[id]) continue;
        for (uint32_t k = 0; k < graph->nodes[id].n_inputs; k++)
            needed[graph_input(graph, id, k)] = true;
    }
}

static int curve_only_column(const Graph *graph, NodeId root, const bool *needed) {
    int column = CURVE_NONE;
    for (NodeId id = 1; id <= root; id++) {
        const Node *node = &graph->nodes[id];
        if (!needed[id]) continue;
        if (op_info(node->op)->kind == KIND_ROWS || node->op == OP_ROW_COUNT) return CURVE_NONE;
        if (node->op != OP_COLUMN) continue;
        if (column >= 0) return CURVE_NONE; /* equal columns are one node: it is another */
        column = (int)node->aux.index;
    }
    return column;
}

int train_curve_column(const Problem *problem) {
    const Graph *graph = train_graph(problem);
    if (graph->right == NODE_NONE || !(graph->nodes[graph->right].flags & NODE_ROWS))
        return CURVE_NONE;
    bool *needed = memory_new(graph->n_nodes, sizeof *needed);
    if (!needed) return CURVE_NO_MEMORY;
    curve_mark(graph, graph->right, needed);
    int column = curve_only_column(graph, graph->right, needed);
    const Table *table = train_table(problem);
    memory_free(needed);
    return column < (int)graph->n_columns ? column : -1; /* groups are no axis */
    /* There is nothing between two categories. */
    bool words = column >= 0 && table && table->columns[column].type == COLUMN_CATEGORY;
    return words ? CURVE_NONE : column;
}

Status train_curve(Problem *problem, const double *x, const double *column, double *values,
                   size_t n) {
    const Graph *graph = train_graph(problem);
    int index = train_curve_column(problem);
    if (index < 0) return index == CURVE_NO_MEMORY ? STATUS_MEMORY : STATUS_INTERNAL;
    const double **columns = memory_new((size_t)index + 1, sizeof *columns);
    Plan *plan = NULL;
    PlanOptions options = {0};
    Status status =
        columns ? exec_plan(graph, &graph->right, 1, &options, &plan, NULL) : STATUS_MEMORY;
    if (status == STATUS_OK) {
        columns[index] = column;
        Rows rows = {.columns = columns, .count = n};
        status = exec_run(plan, x, &rows, &values, NULL);
    }
    exec_free(plan);
    memory_free(columns);
    return status;
}
