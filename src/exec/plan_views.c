/* What a step of a plan reads. RESHAPE, DETACH and slices in one piece are views, which have no
 * place and no step; repeated values (BROADCAST) are read by elementwise steps where they are
 * repeated from, stacks of columns by products where the columns lie, and a product or a SCATTER
 * that is only summed over rows is never stored. */
#include "exec.h"

/* A slice in one piece: where it starts. */
static bool plan_is_piece(const Planner *planner, NodeId id, uint32_t *start) {
    StrideWalk walk = exec_stride_walk(planner->graph, id);
    bool piece = walk.dim[0] * walk.dim[1] * walk.dim[2] == 1 && walk.in[3] == 1;
    if (piece) *start = (uint32_t)walk.in_start;
    return piece;
}

/* A BROADCAST as a pattern: the axes that it keeps must be neighbours. */
static bool plan_is_pattern(const Planner *planner, NodeId id, PlanUse *use) {
    const Node *node = plan_node(planner, id);
    uint32_t repeat = 1, period = 1;
    int stage = 0; /* from the last axis: 0 repeated, 1 kept, 2 repeated again */
    for (uint32_t k = node->shape.rank; k-- > 0;) {
        bool kept = !(node->aux.axes >> k & 1u);
        if (node->shape.dim[k] == 1) continue;
        if (kept == (stage != 1)) stage++;
        if (stage == 0) repeat *= node->shape.dim[k];
        if (stage == 1) period *= node->shape.dim[k];
        if (stage == 3) return false;
    }
    use->repeat = repeat;
    use->period = period;
    return true;
}

/* Goes through a BROADCAST where the reader can. */
static bool plan_see_through(const Planner *planner, NodeId id, PlanReading reading, PlanUse *use) {
    NodeId from = graph_input(planner->graph, use->root, 0);
    if (plan_count(planner, from) == 1) {
        use->element = 0;
        use->repeat = use->period = 1;
        return true;
    }
    size_t count = plan_count(planner, id);
    bool whole = use->period == count && plan_count(planner, use->root) == count;
    return reading == PLAN_READS_PATTERNS && whole && plan_is_pattern(planner, use->root, use);
}

static bool plan_is_columns(const Planner *planner, NodeId id) {
    const Node *node = plan_node(planner, id);
    if (node->op != OP_STACK || plan_count(planner, id) != node->n_inputs) return false;
    for (uint32_t k = 0; k < node->n_inputs; k++) {
        NodeId input = graph_input(planner->graph, id, k);
        NodeId root = exec_plan_use(planner, input, PLAN_READS_WHOLE).root;
        if (plan_node(planner, root)->op != OP_COLUMN) return false;
    }
    return true;
}

/* Looks through views, and through repeated values as far as the reader can. */
PlanUse exec_plan_use(const Planner *planner, NodeId id, PlanReading reading) {
    PlanUse use = {.root = id, .repeat = 1, .period = (uint32_t)plan_count(planner, id)};
    for (;; use.root = graph_input(planner->graph, use.root, 0)) {
        const Node *node = plan_node(planner, use.root);
        uint32_t start = 0;
        if (node->op == OP_RESHAPE || node->op == OP_DETACH) continue;
        if (node->op == OP_SLICE && plan_is_piece(planner, use.root, &start)) {
            use.element += start;
            continue;
        }
        if (reading >= PLAN_READS_COLUMNS && plan_is_columns(planner, use.root)) {
            use.scattered = true;
            return use;
        }
        if (reading == PLAN_READS_WHOLE || reading == PLAN_READS_COLUMNS ||
            node->op != OP_BROADCAST)
            return use;
        if (!plan_see_through(planner, id, reading, &use)) return use;
    }
}

/* The node that a ROW_SUM adds up without its value being made: a SCATTER, or a product or square
 * that nobody else reads. NODE_NONE: none. */
static NodeId plan_fused(const Planner *planner, NodeId id) {
    if (plan_node(planner, id)->op != OP_ROW_SUM) return NODE_NONE;
    PlanUse use = exec_plan_use(planner, graph_input(planner->graph, id, 0), PLAN_READS_WHOLE);
    const Node *node = plan_node(planner, use.root);
    if (plan_count(planner, use.root) != plan_count(planner, id)) return NODE_NONE;
    if (node->op == OP_SCATTER) return use.root;
    bool product = node->op == OP_MUL || (node->op == OP_POWI && node->aux.exponent == 2);
    return product && planner->readers[use.root] == 1 ? use.root : NODE_NONE;
}

/* The node whose inputs the step of 'id' reads. */
NodeId exec_plan_source(const Planner *planner, NodeId id) {
    NodeId fused = plan_fused(planner, id);
    return fused != NODE_NONE ? fused : id;
}

PlanUse exec_plan_input(const Planner *planner, NodeId source, uint32_t k) {
    PlanReading reading = PLAN_READS_WHOLE;
    if (plan_kind(planner, source) == KIND_ELEMENTWISE)
        reading = plan_has_rows(planner, source) ? PLAN_READS_PATTERNS : PLAN_READS_NUMBERS;
    if (plan_node(planner, source)->op == OP_MATMUL) reading = PLAN_READS_COLUMNS;
    return exec_plan_use(planner, graph_input(planner->graph, source, k), reading);
}
