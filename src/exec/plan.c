/* Graph -> plan: which nodes are computed in which pass, where their values lie and for how long,
 * and all memory, once.
 *
 * Values without rows have places of their own in the workspace; behind them lies the block, in
 * which every pass places its values with rows anew. RESHAPE, DETACH and slices in one piece are
 * views: they have no place and no step. Repeated values (BROADCAST) are read by elementwise steps
 * where they are repeated from, and a product or a SCATTER that is only summed over rows is never
 * stored. */
#include "exec.h"

#include <string.h>

enum {
    PLAN_NEAR = 24 << 10,   /* bytes of a block's values, for the nearest cache, */
    PLAN_NEAR_ROWS = 256,   /* unless it would have fewer rows than this: */
    PLAN_CACHE = 256 << 10, /* then for the next cache */
    PLAN_LARGE = 64 << 20,  /* and when its many small steps want more rows */
    PLAN_KEPT = 1 << 20,    /* what does not fit into this is made again instead */
    PLAN_MADE = -1,
    PLAN_STEP_WORK = 128,   /* numbers a step should make, to be worth its call, */
    PLAN_FAR_WORK = 512,    /* or its way from memory, where there are so many steps */
    PLAN_PARTS = 256 << 20, /* bytes of sums that workers may hold apart from each other */
    PLAN_SMALL_SUMS = 64 << 10, /* up to so many, each has several sets */
    PLAN_SETS = 4
};

/* What a step reads: a part of the value of 'root', which has a place of its own. */
typedef struct PlanUse {
    NodeId root;
    uint32_t element, repeat, period; /* as in Operand */
    bool scattered;                   /* 'root' is a STACK of columns, read where they lie */
} PlanUse;

/* Which repeated values a reader can read where they are repeated from. */
typedef enum PlanReading {
    PLAN_READS_WHOLE,   /* none */
    PLAN_READS_NUMBERS, /* single numbers */
    PLAN_READS_COLUMNS, /* none, but columns may lie apart */
    PLAN_READS_PATTERNS /* all whose kept axes are neighbours; columns may lie apart */
} PlanReading;

/* The nodes of a pass, within Planner.items: first..middle without rows, before it; middle..end in
 * it. */
typedef struct PlanRange {
    size_t first, middle, end;
} PlanRange;

typedef struct Planner {
    const Graph *graph;
    Plan *plan;
    Needs needs;
    /* By node: */
    bool *required;    /* it has a place */
    bool *fixed;       /* the same in every evaluation */
    uint32_t *readers; /* how many read its place, were nothing fused */
    size_t *offset;    /* its place */
    uint32_t *slot;    /* the slot it lies in; 0: none */
    size_t *last;      /* when it is read last: item i without rows reads at 2i+1, a pass ends at
                          2*range.end; with rows: the item */
    uint32_t *wanted;  /* the last pass (from 1) that needs it; PLAN_MADE: and has it by now */
    uint32_t *shown;   /* the pass (from 1) that shows it to somebody */
    uint32_t *visited; /* while a pass is ordered: inputs that were looked at */
    NodeId *path;      /* the same: from a reader down */
    uint32_t *item_of; /* its item in the pass at hand, from 1; 0: none */
    NodeId *items;
    uint32_t *until; /* by item with rows: the last one that reads it, counted from 'middle' */
    size_t n_items, items_capacity, until_capacity;
    size_t kept; /* numbers a row that may be there at once; 0: as many as stay in cache */
    PlanRange *ranges;
    NodeId *stacks; /* of columns, read where they lie, */
    size_t n_stacks, stacks_capacity, n_scattered;
    uint32_t *stack_base; /* and where their places begin (by node; 0: none) */
    SlotPool singles, rows;
    size_t row_steps, row_elements;
} Planner;

static const Node *plan_node(const Planner *planner, NodeId id) {
    return &planner->graph->nodes[id];
}

static bool plan_has_rows(const Planner *planner, NodeId id) {
    return (plan_node(planner, id)->flags & NODE_ROWS) != 0;
}

static OpKind plan_kind(const Planner *planner, NodeId id) {
    return op_info(plan_node(planner, id)->op)->kind;
}

static size_t plan_count(const Planner *planner, NodeId id) {
    return graph_count(&plan_node(planner, id)->shape);
}

/* ---- views ----------------------------------------------------------------------------------- */

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

static PlanUse plan_use(const Planner *planner, NodeId id, PlanReading reading);

static bool plan_is_columns(const Planner *planner, NodeId id) {
    const Node *node = plan_node(planner, id);
    if (node->op != OP_STACK || plan_count(planner, id) != node->n_inputs) return false;
    for (uint32_t k = 0; k < node->n_inputs; k++) {
        NodeId input = graph_input(planner->graph, id, k);
        NodeId root = plan_use(planner, input, PLAN_READS_WHOLE).root;
        if (plan_node(planner, root)->op != OP_COLUMN) return false;
    }
    return true;
}

/* Looks through views, and through repeated values as far as the reader can. */
static PlanUse plan_use(const Planner *planner, NodeId id, PlanReading reading) {
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
    PlanUse use = plan_use(planner, graph_input(planner->graph, id, 0), PLAN_READS_WHOLE);
    const Node *node = plan_node(planner, use.root);
    if (plan_count(planner, use.root) != plan_count(planner, id)) return NODE_NONE;
    if (node->op == OP_SCATTER) return use.root;
    bool product = node->op == OP_MUL || (node->op == OP_POWI && node->aux.exponent == 2);
    return product && planner->readers[use.root] == 1 ? use.root : NODE_NONE;
}

/* The node whose inputs the step of 'id' reads. */
static NodeId plan_source(const Planner *planner, NodeId id) {
    NodeId fused = plan_fused(planner, id);
    return fused != NODE_NONE ? fused : id;
}

static PlanUse plan_input(const Planner *planner, NodeId source, uint32_t k) {
    PlanReading reading = PLAN_READS_WHOLE;
    if (plan_kind(planner, source) == KIND_ELEMENTWISE)
        reading = plan_has_rows(planner, source) ? PLAN_READS_PATTERNS : PLAN_READS_NUMBERS;
    if (plan_node(planner, source)->op == OP_MATMUL) reading = PLAN_READS_COLUMNS;
    return plan_use(planner, graph_input(planner->graph, source, k), reading);
}

static void plan_count_readers(Planner *planner) {
    const Plan *plan = planner->plan;
    for (size_t k = 0; k < plan->n_outputs; k++)
        planner->readers[plan_use(planner, plan->outputs[k], PLAN_READS_WHOLE).root]++;
    for (size_t i = 0; i < planner->needs.count; i++) {
        NodeId id = planner->needs.nodes[i];
        for (uint32_t k = 0; k < plan_node(planner, id)->n_inputs; k++)
            planner->readers[plan_input(planner, id, k).root]++;
    }
}

/* ---- what is needed, and when ---------------------------------------------------------------- */

static void plan_require(Planner *planner) {
    const Plan *plan = planner->plan;
    for (size_t k = 0; k < plan->n_outputs; k++)
        planner->required[plan_use(planner, plan->outputs[k], PLAN_READS_WHOLE).root] = true;
    for (size_t i = planner->needs.count; i-- > 0;) {
        NodeId id = planner->needs.nodes[i];
        if (!planner->required[id]) continue;
        NodeId source = plan_source(planner, id);
        for (uint32_t k = 0; k < plan_node(planner, source)->n_inputs; k++) {
            PlanUse use = plan_input(planner, source, k);
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
    NodeId source = plan_source(planner, id);
    uint32_t count = plan_node(planner, source)->n_inputs;
    for (uint32_t *k = &planner->visited[id]; *k < count; ++*k) {
        PlanUse use = plan_input(planner, source, *k);
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
        bool made = planner->wanted[top] == (uint32_t)PLAN_MADE;
        planner->wanted[top] = (uint32_t)PLAN_MADE;
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
            NodeId root = plan_use(planner, plan->outputs[k], PLAN_READS_WHOLE).root;
            planner->wanted[root] = planner->shown[root] = mark;
        }
    for (size_t i = planner->needs.count; i-- > 0;) {
        NodeId id = planner->needs.nodes[i];
        bool wanted = plan_has_rows(planner, id) && planner->wanted[id] == mark;
        if (!wanted && !plan_feeds(planner, id, pass)) continue;
        NodeId source = plan_source(planner, id);
        for (uint32_t k = 0; k < plan_node(planner, source)->n_inputs; k++) {
            PlanUse use = plan_input(planner, source, k);
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
        inputs += plan_node(planner, plan_source(planner, items[i]))->n_inputs;
    return inputs;
}

static void plan_fill_tape(Planner *planner, const NodeId *items, uint32_t pass, Tape *tape) {
    size_t n = 0;
    for (size_t i = 0; i < tape->count; i++) planner->item_of[items[i]] = (uint32_t)i + 1;
    for (size_t i = 0; i < tape->count; i++) {
        NodeId id = items[i], source = plan_source(planner, id);
        tape->numbers[i] = plan_kind(planner, id) == KIND_ROWS ? 0 : plan_count(planner, id);
        tape->again[i] = plan_is_cheap(planner, id);
        tape->shown[i] = planner->shown[id] == pass + 1;
        for (uint32_t k = 0; k < plan_node(planner, source)->n_inputs; k++) {
            PlanUse use = plan_input(planner, source, k);
            uint32_t item = planner->item_of[use.root];
            if (!use.scattered && item != 0) tape->input[n++] = item - 1;
        }
        tape->first[i + 1] = n;
    }
    for (size_t i = 0; i < tape->count; i++) planner->item_of[items[i]] = 0;
}

static size_t plan_power_below(size_t value, size_t limit) {
    size_t power = 1;
    while (power * 2 <= value && power * 2 <= limit) power *= 2;
    return power;
}

/* Rows that make steps worth their calls. */
static size_t plan_wanted_rows(size_t steps, size_t numbers) {
    size_t per_step = numbers / (steps ? steps : 1);
    size_t work = steps * sizeof(Step) > PLAN_CACHE ? PLAN_FAR_WORK : PLAN_STEP_WORK;
    return plan_power_below(work / (per_step ? per_step : 1), EXEC_LEAF_ROWS);
}

/* How many numbers a row may be there at once. */
static size_t plan_kept(const Planner *planner, const Tape *tape) {
    size_t numbers = 0;
    if (planner->kept) return planner->kept;
    for (size_t i = 0; i < tape->count; i++) numbers += tape->numbers[i];
    return PLAN_KEPT / planner->plan->kernels->size / plan_wanted_rows(tape->count, numbers);
}

/* Puts the items with rows of a pass, which are the last ones, in order. */
static bool plan_order_rows(Planner *planner, uint32_t pass, size_t middle) {
    Tape tape;
    size_t count = planner->n_items - middle;
    const NodeId *items = planner->items + middle;
    if (count == 0) return true;
    NodeId *nodes = memory_new(count, sizeof *nodes);
    bool made = nodes && exec_tape_new(&tape, count, plan_count_inputs(planner, items, count));
    if (made) {
        memcpy(nodes, items, count * sizeof *nodes);
        plan_fill_tape(planner, nodes, pass, &tape);
        made = exec_tape_order(&tape, plan_kept(planner, &tape));
    }
    planner->n_items = middle;
    for (size_t i = 0; made && i < tape.n_order; i++) {
        plan_add_item(planner, nodes[tape.order[i]]);
        if (!planner->singles.failed) planner->until[middle + i] = tape.until[i];
    }
    if (nodes) exec_tape_free(&tape);
    memory_free(nodes);
    return made;
}

static void plan_note_last(Planner *planner, size_t item, size_t time) {
    NodeId source = plan_source(planner, planner->items[item]);
    for (uint32_t k = 0; k < plan_node(planner, source)->n_inputs; k++) {
        NodeId root = plan_input(planner, source, k).root;
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
        if (planner->singles.failed || !plan_order_rows(planner, pass, range->middle)) {
            planner->singles.failed = true;
            return;
        }
        range->end = planner->n_items;
        for (size_t i = range->first; i < range->middle; i++) plan_note_last(planner, i, 2 * i + 1);
        for (size_t i = range->middle; i < range->end; i++)
            plan_note_last(planner, i, 2 * range->end);
    }
    for (size_t k = 0; k < plan->n_outputs; k++)
        planner->last[plan_use(planner, plan->outputs[k], PLAN_READS_WHOLE).root] = SIZE_MAX;
}

/* ---- places ---------------------------------------------------------------------------------- */

static void plan_place(Planner *planner, SlotPool *pool, NodeId id) {
    planner->slot[id] = exec_slot_take(pool, plan_count(planner, id));
    planner->offset[id] = pool->failed ? 0 : pool->offset[planner->slot[id]];
}

static void plan_release(Planner *planner, SlotPool *pool, NodeId id) {
    if (planner->slot[id] == 0) return;
    exec_slot_give(pool, planner->slot[id]);
    planner->slot[id] = 0;
}

/* Gives back what item i read for the last time. */
static void plan_release_inputs(Planner *planner, size_t item, size_t time, bool rows) {
    NodeId source = plan_source(planner, planner->items[item]);
    for (uint32_t k = 0; k < plan_node(planner, source)->n_inputs; k++) {
        NodeId root = plan_input(planner, source, k).root;
        if (plan_has_rows(planner, root) == rows && planner->last[root] == time)
            plan_release(planner, rows ? &planner->rows : &planner->singles, root);
    }
}

static void plan_place_leaves(Planner *planner) {
    for (size_t i = 0; i < planner->needs.count; i++) {
        NodeId id = planner->needs.nodes[i];
        const Node *node = plan_node(planner, id);
        if (!planner->required[id]) continue;
        if (planner->fixed[id] || node->op == OP_ROW_COUNT) {
            plan_place(planner, &planner->singles, id);
            planner->slot[id] = 0; /* for good */
        }
        if (node->op == OP_ROW_COUNT) planner->plan->row_count = planner->offset[id];
    }
}

/* ---- steps ----------------------------------------------------------------------------------- */

/* Places for the columns of a stack, one behind the other. */
static uint32_t plan_stack_base(Planner *planner, NodeId id) {
    if (planner->stack_base[id] != 0) return planner->stack_base[id];
    if (!memory_reserve(&planner->stacks, &planner->stacks_capacity, planner->n_stacks + 1,
                        sizeof *planner->stacks)) {
        planner->singles.failed = true;
        return FRAME_COLUMNS;
    }
    planner->stacks[planner->n_stacks++] = id;
    size_t columns = planner->plan->n_base + planner->n_scattered;
    planner->n_scattered += plan_count(planner, id);
    return planner->stack_base[id] = (uint32_t)columns;
}

static Operand plan_operand(Planner *planner, PlanUse use) {
    const Node *node = plan_node(planner, use.root);
    Operand operand = {
        .repeat = use.repeat, .period = use.period, .rows = plan_has_rows(planner, use.root)};
    if (use.scattered) {
        operand.base = plan_stack_base(planner, use.root) + use.element;
        operand.scattered = use.period > 1;
        return operand;
    }
    if (node->op == OP_COLUMN) {
        operand.base = FRAME_COLUMNS + node->aux.index;
    } else if (node->op == OP_PARAM) {
        operand.base = FRAME_PARAMETERS;
        operand.offset = planner->graph->parameters[node->aux.index].offset;
    } else {
        operand.base = operand.rows ? FRAME_ROWS : FRAME_WORK;
        operand.offset = planner->offset[use.root];
    }
    if (operand.rows)
        operand.element = use.element;
    else
        operand.offset += use.element;
    return operand;
}

static void plan_step_operands(Planner *planner, Step *step, NodeId source) {
    Operand *operands = step->in;
    if (step->op == OP_STACK) {
        operands = arena_alloc(&planner->plan->arena, step->n_inputs, sizeof *operands);
        step->extra.stack = operands;
    }
    if (!operands) return;
    for (uint32_t k = 0; k < step->n_inputs; k++)
        operands[k] = plan_operand(planner, plan_input(planner, source, k));
}

static void plan_step_product(const Planner *planner, Step *step, NodeId id) {
    const Shape *a = &plan_node(planner, graph_input(planner->graph, id, 0))->shape;
    const Shape *b = &plan_node(planner, graph_input(planner->graph, id, 1))->shape;
    step->extra.product[0] = a->rank == 2 ? a->dim[0] : 1;
    step->extra.product[1] = b->dim[0];
    step->extra.product[2] = b->rank == 2 ? b->dim[1] : 1;
}

static void plan_step_extra(Planner *planner, Step *step, NodeId id) {
    OpKind kind = op_info(step->op)->kind;
    if (kind == KIND_REDUCE || (kind == KIND_SHAPE && step->op != OP_STACK)) {
        StrideWalk *walk = arena_alloc(&planner->plan->arena, 1, sizeof *walk);
        if (walk) *walk = exec_stride_walk(planner->graph, id);
        step->extra.walk = walk;
    } else if (step->op == OP_MATMUL) {
        plan_step_product(planner, step, id);
    } else if (step->op == OP_GATHER) {
        step->extra.n_parts = plan_node(planner, graph_input(planner->graph, id, 0))->shape.dim[0];
    } else if (step->op == OP_SCATTER) {
        step->extra.n_parts = plan_node(planner, id)->shape.dim[0];
    }
}

static void plan_step(Planner *planner, Step *step, NodeId id) {
    const Node *node = plan_node(planner, id);
    *step = (Step){.node = id,
                   .op = node->op,
                   .out = planner->offset[id],
                   .elements = plan_count(planner, id),
                   .exponent = node->op == OP_POWI ? node->aux.exponent : 0,
                   .n_inputs = node->n_inputs,
                   .rows = plan_has_rows(planner, id)};
    plan_step_operands(planner, step, id);
    plan_step_extra(planner, step, id);
    exec_step_choose(step, planner->plan->kernels);
}

static bool plan_fold(Planner *planner, PlanPass *pass, Step *step, NodeId id) {
    PlanFold *fold = &pass->folds[pass->n_folds];
    Fold *state = &pass->whole[pass->n_folds];
    NodeId source = plan_source(planner, id);
    const Node *read = plan_node(planner, source);
    *step = (Step){.node = id,
                   .op = plan_node(planner, id)->op,
                   .elements = plan_count(planner, id),
                   .fused = read->op,
                   .exponent = read->op == OP_POWI ? read->aux.exponent : 0,
                   .n_inputs = source == id ? 1 : read->n_inputs};
    plan_step_operands(planner, step, source);
    fold->node = id;
    if (step->op == OP_ROW_QUANTILE)
        fold->probability = plan_operand(planner, plan_input(planner, id, 1));
    step->extra.fold = pass->n_folds++;
    if (step->fused == OP_SCATTER)
        step->elements = plan_count(planner, graph_input(planner->graph, source, 0));
    exec_step_choose(step, planner->plan->kernels);
    fold->op = step->op;
    fold->elements = plan_count(planner, id);
    return exec_fold_new(state, fold->op, fold->elements, planner->plan->kernels);
}

static void plan_make_fixed(Planner *planner) {
    Plan *plan = planner->plan;
    size_t count = 0;
    for (int turn = 0; turn < 2; turn++) {
        if (turn == 1) plan->fixed = arena_alloc(&plan->arena, count, sizeof *plan->fixed);
        if (turn == 1 && !plan->fixed) return;
        for (size_t i = 0; i < planner->needs.count; i++) {
            NodeId id = planner->needs.nodes[i];
            if (!planner->required[id] || !planner->fixed[id] ||
                plan_kind(planner, id) == KIND_LEAF)
                continue;
            if (turn == 0)
                count++;
            else
                plan_step(planner, &plan->fixed[plan->n_fixed++], id);
        }
    }
}

static bool plan_make_singles(Planner *planner, const PlanRange *range, PlanPass *pass) {
    size_t count = range->middle - range->first;
    if (count == 0) return true;
    pass->singles = arena_alloc(&planner->plan->arena, count, sizeof *pass->singles);
    if (!pass->singles) return false;
    for (size_t i = range->first; i < range->middle; i++) {
        plan_place(planner, &planner->singles, planner->items[i]);
        plan_step(planner, &pass->singles[pass->n_singles++], planner->items[i]);
        plan_release_inputs(planner, i, 2 * i + 1, false);
    }
    return !planner->singles.failed;
}

static bool plan_allocate_pass(Planner *planner, const PlanRange *range, PlanPass *pass) {
    size_t steps = range->end - range->middle, folds = 0;
    for (size_t i = range->middle; i < range->end; i++)
        if (plan_kind(planner, planner->items[i]) == KIND_ROWS) folds++;
    pass->steps = arena_alloc(&planner->plan->arena, steps, sizeof *pass->steps);
    pass->folds = arena_alloc(&planner->plan->arena, folds, sizeof *pass->folds);
    pass->whole = arena_alloc(&planner->plan->arena, folds, sizeof *pass->whole);
    return pass->steps && pass->folds && pass->whole;
}

static size_t plan_until(const Planner *planner, const PlanRange *range, size_t item) {
    uint32_t until = planner->until[item];
    return until == TAPE_SHOWN ? SIZE_MAX : range->middle + until;
}

static bool plan_make_rows(Planner *planner, const PlanRange *range, PlanPass *pass) {
    if (range->end == range->middle) return true;
    if (!plan_allocate_pass(planner, range, pass)) return false;
    exec_slot_reset(&planner->rows);
    for (size_t i = range->middle; i < range->end; i++) {
        NodeId id = planner->items[i];
        Step *step = &pass->steps[pass->n_steps++];
        if (plan_kind(planner, id) == KIND_ROWS) {
            if (!plan_fold(planner, pass, step, id)) return false;
        } else {
            plan_place(planner, &planner->rows, id);
            plan_step(planner, step, id);
            planner->last[id] = plan_until(planner, range, i);
        }
        pass->row_elements += step->elements;
        plan_release_inputs(planner, i, i, true);
    }
    planner->row_steps += pass->n_steps;
    planner->row_elements += pass->row_elements;
    return !planner->rows.failed;
}

/* The sums get their places before what the pass read is given back. */
static bool plan_end_pass(Planner *planner, const PlanRange *range, PlanPass *pass) {
    for (size_t k = 0; k < pass->n_folds; k++) {
        plan_place(planner, &planner->singles, pass->folds[k].node);
        pass->folds[k].out = planner->offset[pass->folds[k].node];
    }
    for (size_t i = range->middle; i < range->end; i++)
        plan_release_inputs(planner, i, 2 * range->end, false);
    if (planner->rows.top > planner->plan->row_numbers)
        planner->plan->row_numbers = planner->rows.top;
    return !planner->singles.failed;
}

/* Where the outputs lie: those with rows while the places of their pass hold. */
static void plan_place_outputs(Planner *planner, bool rows) {
    Plan *plan = planner->plan;
    for (size_t k = 0; k < plan->n_outputs; k++)
        if (plan_has_rows(planner, plan->outputs[k]) == rows)
            plan->places[k] =
                plan_operand(planner, plan_use(planner, plan->outputs[k], PLAN_READS_WHOLE));
}

static bool plan_make_passes(Planner *planner) {
    for (size_t pass = 0; pass < planner->plan->n_passes; pass++) {
        const PlanRange *range = &planner->ranges[pass];
        PlanPass *made = &planner->plan->passes[pass];
        if (!plan_make_singles(planner, range, made) || !plan_make_rows(planner, range, made) ||
            !plan_end_pass(planner, range, made))
            return false;
        if (planner->plan->visit_pass == pass) plan_place_outputs(planner, true);
    }
    plan_place_outputs(planner, false);
    return true;
}

/* ---- memory ---------------------------------------------------------------------------------- */

/* As many rows as stay in cache; more where there are so many small steps that calling them would
 * cost more than what they do. */
static size_t plan_block_rows(const Planner *planner, const PlanOptions *options) {
    size_t bytes = planner->plan->row_numbers * planner->plan->kernels->size;
    if (options && options->block_rows) return options->block_rows;
#ifdef DESCEND_BLOCK_ROWS
    return DESCEND_BLOCK_ROWS;
#endif
    if (bytes == 0) return EXEC_LEAF_ROWS;
    size_t rows = plan_power_below(PLAN_NEAR / bytes, EXEC_LEAF_ROWS);
    if (rows < PLAN_NEAR_ROWS) rows = plan_power_below(PLAN_CACHE / bytes, PLAN_NEAR_ROWS);
    size_t wanted = plan_wanted_rows(planner->row_steps, planner->row_elements);
    size_t most = plan_power_below(PLAN_LARGE / bytes, EXEC_LEAF_ROWS);
    if (wanted > most) wanted = most;
    return rows > wanted ? rows : wanted;
}

static size_t plan_workers(const Planner *planner, const PlanOptions *options) {
    size_t folds, workers = options && options->pool ? pool_workers(options->pool) : 1;
    bool alone = planner->row_steps == 0 || (options && options->few_rows);
    if (alone || !exec_plan_fold_bytes(planner->plan, &folds)) return 1;
    return folds <= PLAN_PARTS / workers ? workers : 1;
}

/* Sets of sums for each worker: several where they are small. */
static size_t plan_sets(const Plan *plan) {
    size_t folds;
    bool small = exec_plan_fold_bytes(plan, &folds) && folds <= PLAN_SMALL_SUMS;
    return small && plan->n_workers > 1 ? PLAN_SETS : 1;
}

/* One worker, then fewer rows a block, before saying no. */
static Status plan_fit_memory(Planner *planner, const PlanOptions *options, size_t *block,
                              Error *error) {
    Plan *plan = planner->plan;
    size_t limit = options ? options->memory_limit : 0;
    plan->single_numbers = (planner->singles.top + 7) / 8 * 8;
    plan->block_rows = plan_block_rows(planner, options);
    plan->n_workers = plan_workers(planner, options);
    plan->n_sets = plan_sets(plan);
    bool fits = exec_plan_workspace(plan, block, &plan->workspace_bytes);
    while ((!fits || (limit && plan->workspace_bytes > limit)) && plan->block_rows > 1) {
        if (plan->n_workers > 1)
            plan->n_workers = plan->n_sets = 1;
        else
            plan->block_rows /= 2;
        fits = exec_plan_workspace(plan, block, &plan->workspace_bytes);
    }
    if (!fits) return error_memory(error);
    return exec_check_memory(plan->workspace_bytes, limit, error);
}

static void plan_aim(Plan *plan, uint32_t column, size_t base) {
    plan->columns[plan->n_columns] = column;
    plan->column_base[plan->n_columns++] = (uint32_t)base;
}

/* Which columns are read, and where their places are. */
static bool plan_list_columns(Planner *planner) {
    Plan *plan = planner->plan;
    size_t most = planner->needs.count + planner->n_scattered;
    plan->columns = arena_alloc(&plan->arena, most, sizeof *plan->columns);
    plan->column_base = arena_alloc(&plan->arena, most, sizeof *plan->column_base);
    if (!plan->columns || !plan->column_base) return false;
    for (size_t i = 0; i < planner->needs.count; i++) {
        const Node *node = plan_node(planner, planner->needs.nodes[i]);
        if (node->op == OP_COLUMN)
            plan_aim(plan, node->aux.index, FRAME_COLUMNS + node->aux.index);
    }
    for (size_t i = 0; i < planner->n_stacks; i++) {
        NodeId id = planner->stacks[i];
        for (uint32_t k = 0; k < plan_node(planner, id)->n_inputs; k++) {
            NodeId input = graph_input(planner->graph, id, k);
            NodeId root = plan_use(planner, input, PLAN_READS_WHOLE).root;
            plan_aim(plan, plan_node(planner, root)->aux.index, planner->stack_base[id] + k);
        }
    }
    plan->n_base += planner->n_scattered;
    return true;
}

static Status plan_allocate_work(Planner *planner, size_t block, Error *error) {
    Plan *plan = planner->plan;
    size_t singles = plan->single_numbers * plan->kernels->size;
    if (!exec_plan_round_up(&singles)) return error_memory(error);
    plan->memory = memory_new(singles + plan->n_workers * block + EXEC_APART, 1);
    if (!plan->memory || !plan_list_columns(planner)) return error_memory(error);
    size_t past = (uintptr_t)plan->memory % EXEC_APART;
    plan->work = (char *)plan->memory + (past ? EXEC_APART - past : 0);
    bool made = exec_plan_doubles(plan) &&
                exec_plan_workers(plan, (char *)plan->work + singles, block) &&
                exec_plan_parts(plan);
    return made ? STATUS_OK : error_memory(error);
}

static void plan_run_fixed(Planner *planner) {
    Plan *plan = planner->plan;
    size_t size = plan->kernels->size;
    for (size_t i = 0; i < planner->needs.count; i++) {
        NodeId id = planner->needs.nodes[i];
        if (planner->required[id] && plan_node(planner, id)->op == OP_CONST)
            plan->kernels->fill((char *)plan->work + planner->offset[id] * size,
                                plan_node(planner, id)->aux.value, 1);
    }
    Frame frame = {
        .kernels = plan->kernels, .base = plan->workers[0].base, .n = 1, .pitch = size};
    exec_step_run(plan->fixed, plan->n_fixed, &frame);
}

static Status plan_finish(Planner *planner, const PlanOptions *options, Error *error) {
    Plan *plan = planner->plan;
    size_t block = 0;
    TRY(plan_fit_memory(planner, options, &block, error));
    exec_plan_settle(plan);
    TRY(plan_allocate_work(planner, block, error));
    plan_run_fixed(planner);
    return STATUS_OK;
}

/* ---- the whole ------------------------------------------------------------------------------- */

static void planner_free(Planner *planner) {
    exec_needs_free(&planner->needs);
    exec_slot_free(&planner->singles);
    exec_slot_free(&planner->rows);
    memory_free(planner->required);
    memory_free(planner->fixed);
    memory_free(planner->readers);
    memory_free(planner->offset);
    memory_free(planner->slot);
    memory_free(planner->last);
    memory_free(planner->wanted);
    memory_free(planner->shown);
    memory_free(planner->visited);
    memory_free(planner->path);
    memory_free(planner->item_of);
    memory_free(planner->items);
    memory_free(planner->until);
    memory_free(planner->ranges);
    memory_free(planner->stacks);
    memory_free(planner->stack_base);
}

static bool planner_allocate(Planner *planner) {
    size_t n = planner->graph->n_nodes;
    Plan *plan = planner->plan;
    if (!exec_needs(planner->graph, plan->outputs, plan->n_outputs, &planner->needs)) return false;
    plan->n_passes = (size_t)planner->needs.top + 1;
    planner->required = memory_new(n, sizeof *planner->required);
    planner->fixed = memory_new(n, sizeof *planner->fixed);
    planner->readers = memory_new(n, sizeof *planner->readers);
    planner->offset = memory_new(n, sizeof *planner->offset);
    planner->slot = memory_new(n, sizeof *planner->slot);
    planner->last = memory_new(n, sizeof *planner->last);
    planner->wanted = memory_new(n, sizeof *planner->wanted);
    planner->shown = memory_new(n, sizeof *planner->shown);
    planner->visited = memory_new(n, sizeof *planner->visited);
    planner->path = memory_new(n + 1, sizeof *planner->path);
    planner->item_of = memory_new(n, sizeof *planner->item_of);
    planner->stack_base = memory_new(n, sizeof *planner->stack_base);
    planner->ranges = memory_new(plan->n_passes, sizeof *planner->ranges);
    plan->passes = arena_alloc(&plan->arena, plan->n_passes, sizeof *plan->passes);
    return planner->required && planner->fixed && planner->readers && planner->offset &&
           planner->slot && planner->last && planner->wanted && planner->shown &&
           planner->visited && planner->path && planner->item_of && planner->stack_base &&
           planner->ranges && plan->passes;
}

/* Outputs with rows are handed over together, in the first pass that can have all of them. */
static void plan_find_visit(Planner *planner) {
    Plan *plan = planner->plan;
    for (size_t k = 0; k < plan->n_outputs; k++) {
        size_t level = planner->needs.level[plan->outputs[k]];
        if (!plan_has_rows(planner, plan->outputs[k])) continue;
        if (plan->visit_pass == SIZE_MAX || level > plan->visit_pass) plan->visit_pass = level;
    }
}

/* Places of the columns that are read for themselves. */
static void plan_count_columns(Planner *planner) {
    size_t columns = 0;
    for (size_t i = 0; i < planner->needs.count; i++) {
        const Node *node = plan_node(planner, planner->needs.nodes[i]);
        if (node->op == OP_COLUMN && node->aux.index >= columns) columns = node->aux.index + 1;
    }
    planner->plan->n_base = FRAME_COLUMNS + columns;
}

static bool plan_is_lone(const Planner *planner) {
    for (size_t p = 0; p < planner->plan->n_passes; p++)
        if (planner->ranges[p].end > planner->ranges[p].middle) return false;
    return planner->plan->visit_pass == SIZE_MAX;
}

static Status plan_make(Planner *planner, const PlanOptions *options, Error *error) {
    if (!planner_allocate(planner)) return error_memory(error);
    plan_count_columns(planner);
    plan_find_visit(planner);
    plan_count_readers(planner);
    plan_require(planner);
    plan_find_fixed(planner);
    plan_collect(planner);
    if (planner->singles.failed) return error_memory(error);
    plan_place_leaves(planner);
    for (size_t i = 0; i < planner->needs.count; i++) {
        NodeId id = planner->needs.nodes[i];
        if (planner->fixed[id]) planner->last[id] = SIZE_MAX;
    }
    plan_make_fixed(planner);
    planner->plan->lone = plan_is_lone(planner);
    if (!plan_make_passes(planner) || planner->plan->arena.failed) return error_memory(error);
    return plan_finish(planner, options, error);
}

static Status plan_start(const Graph *graph, const NodeId *outputs, size_t n_outputs, Plan *plan,
                         Error *error) {
    plan->graph = graph;
    plan->n_outputs = n_outputs;
    plan->visit_pass = plan->row_count = SIZE_MAX;
    plan->outputs = arena_alloc(&plan->arena, n_outputs, sizeof *plan->outputs);
    plan->places = arena_alloc(&plan->arena, n_outputs, sizeof *plan->places);
    plan->sizes = arena_alloc(&plan->arena, n_outputs, sizeof *plan->sizes);
    plan->values = arena_alloc(&plan->arena, n_outputs, sizeof *plan->values);
    if (plan->arena.failed) return error_memory(error);
    for (size_t k = 0; k < n_outputs; k++) {
        plan->outputs[k] = outputs[k];
        plan->sizes[k] = graph_count(&graph->nodes[outputs[k]].shape);
        plan->places[k].rows = (graph->nodes[outputs[k]].flags & NODE_ROWS) != 0;
    }
    return STATUS_OK;
}

Status exec_plan(const Graph *graph, const NodeId *outputs, size_t n_outputs,
                 const PlanOptions *options, Plan **out, Error *error) {
    *out = NULL;
    Plan *plan = memory_new(1, sizeof *plan);
    if (!plan) return error_memory(error);
    plan->executor = options ? options->executor : EXECUTOR_AUTO;
    plan->precision = options ? options->precision : PRECISION_F64;
    plan->kernels = exec_kernels(plan->precision, options ? options->isa : ISA_BEST);
    if (!plan->kernels) plan->kernels = exec_kernels(plan->precision, ISA_PLAIN);
    plan->pool = options ? options->pool : NULL;
    plan->cache = options ? options->cache : NULL;
    Status status = plan_start(graph, outputs, n_outputs, plan, error);
    if (status == STATUS_OK && plan->executor == EXECUTOR_REFERENCE) {
        status =
            exec_replay_new(graph, outputs, n_outputs, options, &plan->replay, error);
    } else if (status == STATUS_OK) {
        Planner planner = {.graph = graph, .plan = plan, .kept = options ? options->kept : 0};
        status = plan_make(&planner, options, error);
        planner_free(&planner);
        if (status == STATUS_OK && options && options->profile && !exec_profile_new(plan))
            status = error_memory(error);
        if (status == STATUS_OK && plan->executor == EXECUTOR_COMPILED)
            status = exec_code_wait(plan, error);
    }
    if (status == STATUS_OK)
        *out = plan;
    else
        exec_free(plan);
    return status;
}

void exec_free(Plan *plan) {
    if (!plan) return;
    for (size_t p = 0; plan->passes && p < plan->n_passes; p++)
        exec_plan_free_pass(plan, &plan->passes[p]);
    exec_code_free(plan);
    exec_replay_free(plan->replay);
    memory_free(plan->memory);
    arena_free(&plan->arena);
    memory_free(plan);
}
