/* How many rows stand exactly where the slope jumps. */
#include "exec.h"

#include <math.h>

/* Nodes the value depends on at the row in hand. */
typedef struct KinkSearch {
    Replay *replay;
    NodeId output;
    bool *alive; /* by node */
    NodeId first;
} KinkSearch;

static const double *kink_input(const KinkSearch *search, NodeId id, uint32_t k) {
    return exec_replay_value(search->replay, graph_input(search->replay->graph, id, k));
}

static bool kink_tie(const KinkSearch *search, NodeId id) {
    const Graph *graph = search->replay->graph;
    const double *in = kink_input(search, id, 0), *out = exec_replay_value(search->replay, id);
    size_t count = graph_count(&graph->nodes[graph_input(graph, id, 0)].shape), ties = 0;
    for (size_t e = 0; e < count; e++)
        if (in[e] == out[exec_replay_target(search->replay, id, e)]) ties++;
    return ties > graph_count(&graph->nodes[id].shape);
}

/* One element of an elementwise operator. */
static bool kink_at(Op op, double a, double b) {
    switch (op) {
        case OP_ABS:
        case OP_SIGN:
        case OP_SQRT:
        case OP_CBRT:
            return a == 0;
        case OP_HYPOT:
            return a == 0 && b == 0;
        case OP_MIN:
        case OP_MAX:
        case OP_LT:
        case OP_LE:
        case OP_GT:
        case OP_GE:
            return a == b;
        case OP_FLOOR:
        case OP_CEIL:
            return a == floor(a);
        case OP_ROUND:
            return fabs(a - floor(a)) == 0.5;
        default:
            return false;
    }
}

/* Whether the operator has a kink at all. */
static bool kink_can(const Graph *graph, NodeId id) {
    const Node *node = &graph->nodes[id];
    if (!(node->flags & NODE_PARAMS)) return false;
    return node->op == OP_MIN_OF || node->op == OP_MAX_OF || kink_at(node->op, 0, 0) ||
           kink_at(node->op, 0.5, 0);
}

static bool kink_here(const KinkSearch *search, NodeId id) {
    const Graph *graph = search->replay->graph;
    const Node *node = &graph->nodes[id];
    if (!kink_can(graph, id)) return false;
    if (node->op == OP_MIN_OF || node->op == OP_MAX_OF) return kink_tie(search, id);
    const double *a = kink_input(search, id, 0), *b = kink_input(search, id, node->n_inputs > 1);
    for (size_t e = 0; e < graph_count(&node->shape); e++)
        if (kink_at(node->op, a[e], b[e])) return true;
    return false;
}

/* The arms that some element takes, and the condition. */
static void kink_wake_select(KinkSearch *search, NodeId id) {
    const Graph *graph = search->replay->graph;
    const double *condition = kink_input(search, id, 0);
    search->alive[graph_input(graph, id, 0)] = true;
    for (size_t e = 0; e < graph_count(&graph->nodes[id].shape); e++)
        search->alive[graph_input(graph, id, condition[e] != 0 ? 1 : 2)] = true;
}

static void kink_wake_inputs(KinkSearch *search, NodeId id) {
    const Graph *graph = search->replay->graph;
    const Node *node = &graph->nodes[id];
    if (node->op == OP_SELECT) {
        kink_wake_select(search, id);
        return;
    }
    if (node->op == OP_DETACH) return;
    for (uint32_t k = 0; k < node->n_inputs; k++) search->alive[graph_input(graph, id, k)] = true;
}

/* True when a living node of the wanted kind stands on a kink. */
static bool kink_scan(KinkSearch *search, bool rows) {
    const Graph *graph = search->replay->graph;
    const Needs *needs = &search->replay->needs;
    bool any = false;
    for (size_t i = 0; i < needs->count; i++) search->alive[needs->nodes[i]] = false;
    search->alive[search->output] = true;
    for (size_t i = needs->count; i-- > 0;) {
        NodeId id = needs->nodes[i];
        if (!search->alive[id]) continue;
        kink_wake_inputs(search, id);
        bool has_rows = (graph->nodes[id].flags & NODE_ROWS) != 0;
        if (has_rows != rows || !kink_here(search, id)) continue;
        any = true;
        if (search->first == NODE_NONE) search->first = id;
    }
    return any;
}

/* Most formulas are smooth: no row need be looked at. */
static bool kink_possible(const KinkSearch *search) {
    const Needs *needs = &search->replay->needs;
    for (size_t i = 0; i < needs->count; i++)
        if (kink_can(search->replay->graph, needs->nodes[i])) return true;
    return false;
}

static size_t kink_count(KinkSearch *search) {
    size_t count = 0;
    for (size_t row = 0; row < search->replay->rows->count; row++) {
        exec_replay_row(search->replay, row);
        if (kink_scan(search, true)) count++;
    }
    if (kink_scan(search, false) && count == 0) count = 1;
    return count;
}

size_t exec_count_kinks(const Graph *graph, NodeId output, const double *parameters,
                        const Rows *rows, NodeId *first) {
    const Rows none = {0};
    PlanOptions options = {.precision = rows && rows->floats ? PRECISION_F32 : PRECISION_F64};
    KinkSearch search = {.output = output};
    size_t count = 0;
    *first = NODE_NONE;
    if (exec_replay_new(graph, &output, 1, &options, &search.replay, NULL) != STATUS_OK) return 0;
    search.alive = memory_new(graph->n_nodes, sizeof *search.alive);
    if (search.alive && kink_possible(&search) &&
        exec_replay_start(search.replay, parameters, rows ? rows : &none) == STATUS_OK)
        count = kink_count(&search);
    *first = search.first;
    memory_free(search.alive);
    exec_replay_free(search.replay);
    return count;
}
