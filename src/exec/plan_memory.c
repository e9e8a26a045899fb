/* The memory of a plan: how much it takes, where its values lie, and what each worker has. */
#include "exec.h"

enum {
    PLAN_NEAR = 24 << 10,   /* bytes of a block's values, for the nearest cache, */
    PLAN_NEAR_ROWS = 256,   /* unless it would have fewer rows than this: */
    PLAN_CACHE = 256 << 10, /* then for the next cache */
    PLAN_LARGE = 64 << 20,  /* and when its many small steps want more rows */
    PLAN_STEP_WORK = 128,   /* numbers a step should make, to be worth its call, */
    PLAN_FAR_WORK = 512,    /* or its way from memory, where there are so many steps */
    PLAN_LINE = 64
};

static size_t plan_power_below(size_t value, size_t limit) {
    size_t power = 1;
    while (power * 2 <= value && power * 2 <= limit) power *= 2;
    return power;
}

size_t exec_plan_worth_rows(size_t steps, size_t numbers) {
    size_t per_step = numbers / (steps ? steps : 1);
    size_t work = steps * sizeof(Step) > PLAN_CACHE ? PLAN_FAR_WORK : PLAN_STEP_WORK;
    return plan_power_below(work / (per_step ? per_step : 1), EXEC_LEAF_ROWS);
}

/* As many rows as stay in cache; more where there are so many small steps that calling them would
 * cost more than what they do. */
size_t exec_plan_block_rows(const Plan *plan, size_t steps, size_t numbers) {
    size_t bytes = plan->row_numbers * plan->kernels->size;
#ifdef DESCEND_BLOCK_ROWS
    return DESCEND_BLOCK_ROWS;
#endif
    if (bytes == 0) return EXEC_LEAF_ROWS;
    size_t rows = plan_power_below(PLAN_NEAR / bytes, EXEC_LEAF_ROWS);
    if (rows < PLAN_NEAR_ROWS) rows = plan_power_below(PLAN_CACHE / bytes, PLAN_NEAR_ROWS);
    size_t wanted = exec_plan_worth_rows(steps, numbers);
    size_t most = plan_power_below(PLAN_LARGE / bytes, EXEC_LEAF_ROWS);
    if (wanted > most) wanted = most;
    return rows > wanted ? rows : wanted;
}

bool exec_plan_round_up(size_t *bytes) {
    return memory_add(*bytes, EXEC_APART - 1, bytes) &&
           (*bytes -= *bytes % EXEC_APART, true);
}

/* Bytes of the states of all sums. */
bool exec_plan_fold_bytes(const Plan *plan, size_t *bytes) {
    size_t size;
    *bytes = 0;
    for (size_t p = 0; p < plan->n_passes; p++)
        for (size_t k = 0; k < plan->passes[p].n_folds; k++) {
            const PlanFold *fold = &plan->passes[p].folds[k];
            if (!exec_fold_size(fold->op, fold->elements, plan->kernels->size, &size) ||
                !memory_add(*bytes, size, bytes))
                return false;
        }
    return true;
}

/* Places a power of two apart would be one and the same to a processor that compares the lowest 12
 * bits of addresses before it lets a load pass a store: a line between them tells them apart. */
static size_t plan_place_rows(const Plan *plan) {
    size_t line = PLAN_LINE / plan->kernels->size;
    bool apart = plan->block_rows >= line && plan->block_rows <= SIZE_MAX - line;
    return apart ? plan->block_rows + line : plan->block_rows;
}

/* Bytes of the block of one worker, and of all that is allocated. */
bool exec_plan_workspace(Plan *plan, size_t *block, size_t *bytes) {
    plan->place_rows = plan_place_rows(plan);
    size_t folds, singles, blocks;
    size_t states = plan->n_workers > 1 ? plan->n_workers * plan->n_sets + 1 : 1;
    return memory_multiply(plan->row_numbers, plan->place_rows, block) &&
           memory_multiply(*block, plan->kernels->size, block) && exec_plan_round_up(block) &&
           memory_multiply(*block, plan->n_workers, &blocks) &&
           memory_multiply(plan->single_numbers, plan->kernels->size, &singles) &&
           exec_plan_round_up(&singles) &&
           exec_plan_fold_bytes(plan, &folds) && memory_multiply(folds, states, &folds) &&
           memory_add(singles, blocks, bytes) && memory_add(*bytes, EXEC_APART, bytes) &&
           memory_add(*bytes, folds, bytes);
}

Status exec_check_memory(size_t bytes, size_t limit, Error *error) {
    if (limit == 0 || bytes <= limit) return STATUS_OK;
    error_set(error, STATUS_MEMORY, MSG_EXEC_MEMORY_LIMIT, number_round((double)bytes / 1e6, 3).s,
              number_round((double)limit / 1e6, 3).s, NULL);
    error_remedy(error, MSG_EXEC_MEMORY_REMEDY, NULL);
    return STATUS_MEMORY;
}

/* Workers share the passes unless each would need sums of its own that are too large. */
static void plan_settle_operand(const Plan *plan, Operand *operand) {
    operand->offset *= plan->kernels->size;
    if (operand->base == FRAME_ROWS) operand->offset *= plan->place_rows;
}

static void plan_settle_steps(const Plan *plan, Step *steps, size_t count) {
    for (Step *step = steps; step < steps + count; step++) {
        step->out *= plan->kernels->size;
        if (step->rows) step->out *= plan->place_rows;
        for (uint32_t k = 0; k < 3; k++) plan_settle_operand(plan, &step->in[k]);
        if (step->op != OP_STACK) continue;
        for (uint32_t k = 0; k < step->n_inputs; k++)
            plan_settle_operand(plan, &step->extra.stack[k]);
    }
}

/* Places were counted in numbers of one row; now the height of the block is known. */
void exec_plan_settle(Plan *plan) {
    for (size_t k = 0; k < plan->n_outputs; k++) plan_settle_operand(plan, &plan->places[k]);
    if (plan->row_count != SIZE_MAX) plan->row_count *= plan->kernels->size;
    plan_settle_steps(plan, plan->fixed, plan->n_fixed);
    for (size_t p = 0; p < plan->n_passes; p++) {
        PlanPass *pass = &plan->passes[p];
        plan_settle_steps(plan, pass->singles, pass->n_singles);
        plan_settle_steps(plan, pass->steps, pass->n_steps);
        for (size_t k = 0; k < pass->n_folds; k++) {
            pass->folds[k].out *= plan->kernels->size;
            plan_settle_operand(plan, &pass->folds[k].probability);
        }
        plan->n_steps += pass->n_singles + pass->n_steps;
    }
}

void *exec_alloc_apart(Arena *arena, size_t count, size_t size) {
    size_t bytes;
    if (!memory_multiply(count, size, &bytes) || !memory_add(bytes, 2 * EXEC_APART, &bytes)) {
        arena->failed = true;
        return NULL;
    }
    char *piece = arena_alloc(arena, bytes, 1);
    return piece ? piece + EXEC_APART : NULL;
}

static bool plan_allocate_part(Plan *plan, PlanPass *pass, size_t set) {
    Fold *folds = exec_alloc_apart(&plan->arena, pass->n_folds, sizeof *folds);
    pass->parts[set] = folds;
    for (size_t k = 0; folds && k < pass->n_folds; k++)
        if (!exec_fold_new(&folds[k], pass->folds[k].op, pass->folds[k].elements, plan->kernels))
            return false;
    return folds != NULL;
}

bool exec_plan_parts(Plan *plan) {
    size_t sets = plan->n_workers * plan->n_sets;
    if (plan->n_workers > 1 && !(plan->join = exec_join_new(plan))) return false;
    for (size_t p = 0; p < plan->n_passes && plan->n_workers > 1; p++) {
        PlanPass *pass = &plan->passes[p];
        if (pass->n_folds == 0) continue;
        pass->parts = arena_alloc(&plan->arena, sets, sizeof *pass->parts);
        for (size_t k = 0; pass->parts && k < sets; k++)
            if (!plan_allocate_part(plan, pass, k)) return false;
        if (!pass->parts) return false;
    }
    return true;
}

bool exec_plan_workers(Plan *plan, char *blocks, size_t block) {
    Arena *arena = &plan->arena;
    plan->workers = exec_alloc_apart(arena, plan->n_workers, sizeof *plan->workers);
    for (size_t w = 0; plan->workers && w < plan->n_workers; w++) {
        Worker *worker = &plan->workers[w];
        worker->base = exec_alloc_apart(arena, plan->n_base, sizeof *worker->base);
        worker->values = exec_alloc_apart(arena, plan->n_outputs, sizeof *worker->values);
        worker->rows = blocks + w * block;
        worker->shown =
            exec_alloc_apart(arena, plan->shown * plan->block_rows, sizeof *worker->shown);
        if (!worker->base || !worker->values || !worker->shown) return false;
        worker->base[FRAME_WORK] = plan->work;
        worker->base[FRAME_ROWS] = worker->rows;
    }
    return plan->workers != NULL;
}

/* Single precision: where doubles are on their way in and out. */
bool exec_plan_doubles(Plan *plan) {
    size_t most = 1;
    if (plan->precision == PRECISION_F64) return true;
    for (size_t k = 0; k < plan->graph->n_parameters; k++) {
        const Parameter *parameter = &plan->graph->parameters[k];
        size_t end = parameter->offset + parameter->count;
        if (end > plan->n_parameters) plan->n_parameters = end;
    }
    for (size_t p = 0; p < plan->n_passes; p++)
        for (size_t k = 0; k < plan->passes[p].n_folds; k++)
            if (plan->passes[p].folds[k].elements > most) most = plan->passes[p].folds[k].elements;
    for (size_t k = 0; k < plan->n_outputs; k++)
        if (plan->places[k].rows) plan->shown += plan->sizes[k];
    plan->parameters = arena_alloc(&plan->arena, plan->n_parameters, sizeof *plan->parameters);
    plan->sums = arena_alloc(&plan->arena, most, sizeof *plan->sums);
    return plan->parameters && plan->sums;
}

void exec_plan_free_pass(const Plan *plan, PlanPass *pass) {
    for (size_t k = 0; k < pass->n_folds; k++) exec_fold_free(&pass->whole[k]);
    for (size_t s = 0; pass->parts && s < plan->n_workers * plan->n_sets; s++)
        for (size_t k = 0; pass->parts[s] && k < pass->n_folds; k++)
            exec_fold_free(&pass->parts[s][k]);
}
