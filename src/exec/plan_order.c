/* Which nodes of a plan are computed in which pass, and in which order: each as late as it can be,
 * so that few values are there at once (tape.c makes them fewer). */
#include "exec.h"

#include <string.h>

enum {
    ORDER_KEPT = 1 << 20, /* bytes of a block; values that do not fit are made again instead */
    ORDER_MADE = -1
};

static void plan_count_readers(Planner *planner) {
    const Plan *plan = planner->plan;
    for (size_t k = 0; k < plan->n_outputs; k++)
        planner->readers[exec_plan_use(planner, plan->outputs[k], PLAN_READS_WHOLE).root]++;
    for (size_t i = 0; i < planner->needs.count; i++) {
        NodeId id = planner->needs.nodes[i];
        for (uint32_t k = 0; k < plan_node(planner, id)->n_inputs; k++)
            planner->readers[exec_plan_input(planner, id, k).root]++;
    }
}

static void plan_require(Planner *planner) {
    const Plan *plan = planner->plan;
    for (size_t k = 0; k < plan->n_outputs; k++)
        planner->required[exec_plan_use(planner, plan->outputs[k], PLAN_READS_WHOLE).root] = true;
    for (size_t i = planner->needs.count; i-- > 0;) {
        NodeId id = planner->needs.nodes[i];
        if (!planner->required[id]) continue;
        NodeId source = exec_plan_source(planner, id);
        for (uint32_t k = 0; k < plan_node(planner, source)->n_inputs; k++) {
            PlanUse use = exec_plan_input(planner, source, k);
            if (!use.scattered) planner->required[use.root] = true;
        }
    }
}

/* Constants, and what depends on nothing else. */
static void plan_find_fixed(Planner *planner) {
    for (size_t i = 0; i < planner->needs.count; i++) {
        NodeId id = planner->needs.nodes[i];
        const Node *node = plan_node(planner, id);
        OpKind kind = op_info(node->op)->kind;
        bool fixed = node->op == OP_CONST || (kind != KIND_LEAF && kind != KIND_ROWS);
        for (uint32_t k = 0; k < node->n_inputs && fixed; k++)
            fixed = planner->fixed[graph_input(planner->graph, id, k)];
        planner->fixed[id] = fixed;
    }
}

static void plan_add_item(Planner *planner, NodeId id) {
    size_t need = planner->n_items + 1;
    if (memory_reserve(&planner->items, &planner->items_capacity, need, sizeof *planner->items) &&
        memory_reserve(&planner->until, &planner->until_capacity, need, sizeof *planner->until))
        planner->items[planner->n_items++] = id;
    else
        planner->singles.failed = true;
}

static void plan_collect_singles(Planner *planner, uint32_t level) {
    for (size_t i = 0; i < planner->needs.count; i++) {
        NodeId id = planner->needs.nodes[i];
        OpKind kind = plan_kind(planner, id);
        if (planner->required[id] && planner->needs.level[id] == level && !planner->fixed[id] &&
            !plan_has_rows(planner, id) && kind != KIND_LEAF && kind != KIND_ROWS)
            plan_add_item(planner, id);
    }
}

/* True when the pass feeds this node. */
static bool plan_feeds(const Planner *planner, NodeId id, uint32_t pass) {
    return plan_kind(planner, id) == KIND_ROWS && planner->required[id] &&
           planner->needs.level[id] == pass + 1;
}

/* Has to be made in this pass before its reader, and is not yet. */
static bool plan_is_due(const Planner *planner, NodeId id, uint32_t mark) {
    return plan_has_rows(planner, id) && planner->wanted[id] == mark &&
           plan_kind(planner, id) != KIND_LEAF;
}

/* The next input of a node that is due; NODE_NONE: all are made. */
static NodeId plan_due_input(Planner *planner, NodeId id, uint32_t mark) {
    NodeId source = exec_plan_source(planner, id);
    uint32_t count = plan_node(planner, source)->n_inputs;
    for (uint32_t *k = &planner->visited[id]; *k < count; ++*k) {
        PlanUse use = exec_plan_input(planner, source, *k);
        if (!use.scattered && plan_is_due(planner, use.root, mark)) return use.root;
    }
    planner->visited[id] = 0;
    return NODE_NONE;
}

/* A node after what it reads, each of these as late as it can be: values live briefly, so that few
 * of them are there at once, and readers stand beside what they read. */
static void plan_add_late(Planner *planner, NodeId id, uint32_t mark) {
    size_t depth = 0;
    planner->path[depth++] = id;
    while (depth > 0) {
        NodeId top = planner->path[depth - 1], input = plan_due_input(planner, top, mark);
        if (input != NODE_NONE) {
            planner->path[depth++] = input;
            continue;
        }
        bool made = planner->wanted[top] == (uint32_t)ORDER_MADE;
        planner->wanted[top] = (uint32_t)ORDER_MADE;
        if (!made) plan_add_item(planner, top);
        depth--;
    }
}

/* Nodes with rows that the pass needs, and the nodes it feeds, in order. */
static void plan_collect_rows(Planner *planner, uint32_t pass) {
    const Plan *plan = planner->plan;
    uint32_t mark = pass + 1;
    if (plan->visit_pass == pass)
        for (size_t k = 0; k < plan->n_outputs; k++) {
            NodeId root = exec_plan_use(planner, plan->outputs[k], PLAN_READS_WHOLE).root;
            planner->wanted[root] = planner->shown[root] = mark;
        }
    for (size_t i = planner->needs.count; i-- > 0;) {
        NodeId id = planner->needs.nodes[i];
        bool wanted = plan_has_rows(planner, id) && planner->wanted[id] == mark;
        if (!wanted && !plan_feeds(planner, id, pass)) continue;
        NodeId source = exec_plan_source(planner, id);
        for (uint32_t k = 0; k < plan_node(planner, source)->n_inputs; k++) {
            PlanUse use = exec_plan_input(planner, source, k);
            if (!use.scattered) planner->wanted[use.root] = mark;
        }
    }
    for (size_t i = 0; i < planner->needs.count; i++) {
        NodeId id = planner->needs.nodes[i];
        bool shown = planner->shown[id] == mark && plan_is_due(planner, id, mark);
        if (shown || plan_feeds(planner, id, pass)) plan_add_late(planner, id, mark);
    }
}

/* ---- what is made again ---------------------------------------------------------------------- */

/* What costs more than a way to memory and back is kept. */
static bool plan_is_cheap(const Planner *planner, NodeId id) {
    OpKind kind = plan_kind(planner, id);
    Op op = plan_node(planner, id)->op;
    if (kind == KIND_ROWS || op == OP_MATMUL || op == OP_SCATTER) return false;
    return op != OP_POW && op != OP_LGAMMA && op != OP_DIGAMMA && op != OP_TRIGAMMA;
}

static size_t plan_count_inputs(const Planner *planner, const NodeId *items, size_t count) {
    size_t inputs = 0;
    for (size_t i = 0; i < count; i++)
        inputs += plan_node(planner, exec_plan_source(planner, items[i]))->n_inputs;
    return inputs;
}

static void plan_fill_tape(Planner *planner, const NodeId *items, uint32_t pass, Tape *tape) {
    size_t n = 0;
    for (size_t i = 0; i < tape->count; i++) planner->item_of[items[i]] = (uint32_t)i + 1;
    for (size_t i = 0; i < tape->count; i++) {
        NodeId id = items[i], source = exec_plan_source(planner, id);
        tape->numbers[i] = plan_kind(planner, id) == KIND_ROWS ? 0 : plan_count(planner, id);
        tape->again[i] = plan_is_cheap(planner, id);
        tape->shown[i] = planner->shown[id] == pass + 1;
        for (uint32_t k = 0; k < plan_node(planner, source)->n_inputs; k++) {
            PlanUse use = exec_plan_input(planner, source, k);
            uint32_t item = planner->item_of[use.root];
            if (!use.scattered && item != 0) tape->input[n++] = item - 1;
        }
        tape->first[i + 1] = n;
    }
    for (size_t i = 0; i < tape->count; i++) planner->item_of[items[i]] = 0;
}

static size_t plan_count_steps(const Planner *planner) {
    size_t steps = 0;
    for (size_t i = 0; i < planner->needs.count; i++) {
        NodeId id = planner->needs.nodes[i];
        bool leaf = planner->fixed[id] || plan_kind(planner, id) == KIND_LEAF;
        steps += planner->required[id] && !leaf;
    }
    return steps;
}

/* How many numbers a row may be there at once. What can be emitted shall stay so: then all are kept
 * where making some twice could be too much. */
static size_t plan_kept(const Planner *planner, const Tape *tape) {
    size_t numbers = 0, steps = plan_count_steps(planner);
    if (planner->kept) return planner->kept;
    if (steps <= EXEC_EMIT_STEPS && steps + tape->count > EXEC_EMIT_STEPS) return SIZE_MAX;
    for (size_t i = 0; i < tape->count; i++) numbers += tape->numbers[i];
    return ORDER_KEPT / planner->plan->kernels->size / exec_plan_worth_rows(tape->count, numbers);
}

/* The items behind 'middle' anew, in the order of the tape. */
static void plan_reorder(Planner *planner, size_t middle, Tape *tape) {
    NodeId *items = arena_alloc(&tape->arena, tape->count, sizeof *items);
    if (!items) {
        planner->singles.failed = true;
        return;
    }
    memcpy(items, planner->items + middle, tape->count * sizeof *items);
    planner->n_items = middle;
    for (size_t i = 0; i < tape->n_order; i++) plan_add_item(planner, items[tape->order[i]]);
}

/* Puts the items with rows of a pass, which are the last ones, in order. */
static void plan_order_rows(Planner *planner, uint32_t pass, size_t middle) {
    Tape tape;
    size_t count = planner->n_items - middle;
    const NodeId *items = planner->items + middle;
    if (count == 0) return;
    bool made = exec_tape_new(&tape, count, plan_count_inputs(planner, items, count));
    if (made) plan_fill_tape(planner, items, pass, &tape);
    if (!made || !exec_tape_order(&tape, plan_kept(planner, &tape))) planner->singles.failed = true;
    if (tape.cut) plan_reorder(planner, middle, &tape);
    if (!planner->singles.failed)
        memcpy(planner->until + middle, tape.until, tape.n_order * sizeof *tape.until);
    exec_tape_free(&tape);
}

static void plan_note_last(Planner *planner, size_t item, size_t time) {
    NodeId source = exec_plan_source(planner, planner->items[item]);
    for (uint32_t k = 0; k < plan_node(planner, source)->n_inputs; k++) {
        NodeId root = exec_plan_input(planner, source, k).root;
        if (!plan_has_rows(planner, root)) planner->last[root] = time;
    }
}

static void plan_collect(Planner *planner) {
    Plan *plan = planner->plan;
    for (uint32_t pass = 0; pass < plan->n_passes; pass++) {
        PlanRange *range = &planner->ranges[pass];
        range->first = planner->n_items;
        plan_collect_singles(planner, pass);
        range->middle = planner->n_items;
        plan_collect_rows(planner, pass);
        if (!planner->singles.failed) plan_order_rows(planner, pass, range->middle);
        if (planner->singles.failed) return;
        range->end = planner->n_items;
        for (size_t i = range->first; i < range->middle; i++) plan_note_last(planner, i, 2 * i + 1);
        for (size_t i = range->middle; i < range->end; i++)
            plan_note_last(planner, i, 2 * range->end);
    }
    for (size_t k = 0; k < plan->n_outputs; k++)
        planner->last[exec_plan_use(planner, plan->outputs[k], PLAN_READS_WHOLE).root] = SIZE_MAX;
}

bool exec_plan_order(Planner *planner) {
    plan_count_readers(planner);
    plan_require(planner);
    plan_find_fixed(planner);
    plan_collect(planner);
    return !planner->singles.failed;
}
