/* Graph -> plan: the steps of each pass, where their values lie and for how long, and all memory,
 * once. Values without rows have places of their own in the workspace; behind them lies the block,
 * in which every pass places its values with rows anew. */
#include "exec.h"

#include <string.h>

enum {
    PLAN_PARTS = 256 << 20,     /* bytes of sums that workers may hold apart from each other */
    PLAN_SMALL_SUMS = 64 << 10  /* up to so many, each has several sets */
};

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
    NodeId source = exec_plan_source(planner, planner->items[item]);
    for (uint32_t k = 0; k < plan_node(planner, source)->n_inputs; k++) {
        NodeId root = exec_plan_input(planner, source, k).root;
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
        operands[k] = plan_operand(planner, exec_plan_input(planner, source, k));
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
    NodeId source = exec_plan_source(planner, id);
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
        fold->probability = plan_operand(planner, exec_plan_input(planner, id, 1));
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
                plan_operand(planner, exec_plan_use(planner, plan->outputs[k], PLAN_READS_WHOLE));
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
    return small && plan->n_workers > 1 ? EXEC_VISIT_SETS : 1;
}

/* One worker, then fewer rows a block, before saying no. */
static Status plan_fit_memory(Planner *planner, const PlanOptions *options, size_t *block,
                              Error *error) {
    Plan *plan = planner->plan;
    size_t limit = options ? options->memory_limit : 0;
    plan->single_numbers = (planner->singles.top + 7) / 8 * 8;
    plan->block_rows = options && options->block_rows
                           ? options->block_rows
                           : exec_plan_block_rows(plan, planner->row_steps, planner->row_elements);
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
            NodeId root = exec_plan_use(planner, input, PLAN_READS_WHOLE).root;
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
    if (!exec_plan_order(planner)) return error_memory(error);
    plan_place_leaves(planner);
    for (size_t i = 0; i < planner->needs.count; i++) {
        NodeId id = planner->needs.nodes[i];
        if (planner->fixed[id]) planner->last[id] = SIZE_MAX;
    }
    plan_make_fixed(planner);
    planner->plan->lone = plan_is_lone(planner);
    planner->plan->short_rows = planner->plan->n_passes == 1 && planner->plan->visit_pass == 0 &&
                                planner->plan->precision == PRECISION_F64;
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
