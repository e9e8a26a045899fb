/* Which steps of a pass become one loop over the rows of a block, and which values must be stored.
 *
 * Neighbouring elementwise steps with the same number of elements, and the sums of their values,
 * are one group: element by element, its rows are gone through in a few loops, between which whole
 * blocks are handed to the block functions (exp and its like). A value lives in the loop that makes
 * it; it lies in an array when a later loop or a call reads it, and in the block only when another
 * group does. Places in the block are used again, so a step that would overwrite what the group
 * still reads begins a new group. */
#include "exec.h"

#include <string.h>

enum { GROUP_STEPS = 64, GROUP_ARRAYS = 16 };

bool exec_emit_in_block(const Operand *operand) {
    return operand->base == FRAME_ROWS;
}

size_t exec_emit_slot(const Plan *plan, size_t offset) {
    return offset / (plan->place_rows * plan->kernels->size);
}

bool exec_emit_light(Op op) {
    switch (op) {
        case OP_ADD:
        case OP_SUB:
        case OP_MUL:
        case OP_DIV:
        case OP_NEG:
        case OP_POWI:
        case OP_SQRT:
        case OP_ABS:
        case OP_SIGN:
        case OP_FLOOR:
        case OP_CEIL:
        case OP_ROUND:
        case OP_DETACH:
        case OP_MIN:
        case OP_MAX:
        case OP_LT:
        case OP_LE:
        case OP_GT:
        case OP_GE:
        case OP_EQ:
        case OP_NE:
        case OP_AND:
        case OP_OR:
        case OP_NOT:
        case OP_SELECT:
            return true;
        default:
            return false;
    }
}

static bool group_is_fold(const Step *step) {
    return op_info(step->op)->kind == KIND_ROWS;
}

static bool group_can_fuse(const Step *step) {
    if (group_is_fold(step)) return step->fused != OP_SCATTER;
    return step->rows && op_info(step->op)->kind == KIND_ELEMENTWISE;
}

/* A fold of a product makes it in the loop; any other reads a value that lies in memory. */
static bool group_calls(const Step *step) {
    if (group_is_fold(step)) return step->fused != OP_MUL && step->fused != OP_POWI;
    return !exec_emit_light(step->op);
}

static uint32_t group_slot(const EmitPass *pass, const Operand *operand) {
    return (uint32_t)(exec_emit_slot(pass->plan, operand->offset) + operand->element);
}

static bool group_same_elements(const EmitPass *pass, const Operand *operand, size_t slot,
                                size_t elements) {
    return group_slot(pass, operand) == slot && operand->repeat == 1 && operand->period == elements;
}

/* Where the operand comes from: a step of this group whose value is at hand, or memory. False when
 * it is a value of this group in another order. */
static bool group_find_source(const EmitPass *pass, const EmitGroup *group, const Step *step,
                              const Operand *operand, uint32_t *from) {
    *from = EMIT_NONE;
    if (!exec_emit_in_block(operand)) return true;
    uint32_t writer = pass->writer[group_slot(pass, operand)];
    if (writer == EMIT_NONE || writer < group->first) return true;
    *from = writer;
    size_t slot = exec_emit_slot(pass->plan, pass->pass->steps[writer].out);
    return group_same_elements(pass, operand, slot, step->elements);
}

/* The loop in which the step's operands are there. */
static uint32_t group_loop(const EmitPass *pass, const EmitStep *made) {
    uint32_t loop = 0;
    for (uint32_t k = 0; k < 3; k++) {
        if (made->from[k] == EMIT_NONE) continue;
        const EmitStep *source = &pass->steps[made->from[k]];
        uint32_t ready = source->loop + (source->call && !made->call);
        if (ready > loop) loop = ready;
    }
    return loop;
}

static uint32_t group_time(const EmitStep *made) {
    return 2 * made->loop + made->call;
}

/* Would writing the step's value spoil what the group reads from the block, later or elsewhere? */
static bool group_spoils(const EmitPass *pass, const EmitGroup *group, size_t i) {
    const Step *step = &pass->pass->steps[i];
    if (!step->rows) return false;
    size_t slot = exec_emit_slot(pass->plan, step->out);
    for (size_t j = group->first; j <= i; j++)
        for (uint32_t k = 0; k < pass->pass->steps[j].n_inputs; k++) {
            const Operand *operand = &pass->pass->steps[j].in[k];
            if (pass->steps[j].from[k] != EMIT_NONE || !exec_emit_in_block(operand)) continue;
            size_t read = group_slot(pass, operand);
            if (read + operand->period <= slot || slot + step->elements <= read) continue;
            if (!group_same_elements(pass, operand, slot, step->elements)) return true;
            if (group_time(&pass->steps[j]) > group_time(&pass->steps[i])) return true;
        }
    return false;
}

/* Fills in how step i would stand in the group; false when it cannot. */
static bool group_admits(EmitPass *pass, const EmitGroup *group, size_t i) {
    const Step *step = &pass->pass->steps[i];
    EmitStep *made = &pass->steps[i];
    made->call = group_calls(step);
    made->partner = EMIT_NONE;
    for (uint32_t k = 0; k < 3; k++) made->from[k] = EMIT_NONE;
    for (uint32_t k = 0; k < step->n_inputs; k++)
        if (!group_find_source(pass, group, step, &step->in[k], &made->from[k])) return false;
    made->loop = group_loop(pass, made);
    return !group_spoils(pass, group, i);
}

static uint32_t group_arrays(const Step *step) {
    return group_calls(step) ? step->n_inputs + 1 : group_is_fold(step);
}

static bool group_goes_on(EmitPass *pass, const EmitGroup *group, size_t i) {
    const Step *step = &pass->pass->steps[i];
    return group->fused && group_can_fuse(step) && group->elements == step->elements &&
           group->end - group->first < GROUP_STEPS &&
           group->arrays + group_arrays(step) <= GROUP_ARRAYS && group_admits(pass, group, i);
}

static void group_start(EmitPass *pass, size_t i) {
    const Step *step = &pass->pass->steps[i];
    EmitGroup *group = &pass->groups[pass->n_groups++];
    *group = (EmitGroup){
        .first = i, .end = i, .elements = step->elements, .fused = group_can_fuse(step)};
    if (group->fused) (void)group_admits(pass, group, i);
}

/* What is read from the block must have been stored there. */
static void group_note_reads(EmitPass *pass, size_t i) {
    const Step *step = &pass->pass->steps[i];
    const Operand *operands = step->op == OP_STACK ? step->extra.stack : step->in;
    bool fused = pass->groups[pass->n_groups - 1].fused;
    for (uint32_t k = 0; k < step->n_inputs; k++) {
        if (!exec_emit_in_block(&operands[k])) continue;
        if (fused && pass->steps[i].from[k] != EMIT_NONE) continue;
        uint32_t writer = pass->writer[group_slot(pass, &operands[k])];
        if (writer != EMIT_NONE) pass->steps[writer].stored = true;
    }
}

static void group_note_write(EmitPass *pass, size_t i) {
    const Step *step = &pass->pass->steps[i];
    if (!step->rows) return;
    size_t slot = exec_emit_slot(pass->plan, step->out);
    for (size_t e = 0; e < step->elements; e++) pass->writer[slot + e] = (uint32_t)i;
    if (!pass->groups[pass->n_groups - 1].fused) pass->steps[i].stored = true;
}

static bool group_same_operand(const Operand *a, const Operand *b) {
    return a->base == b->base && a->element == b->element && a->offset == b->offset &&
           a->repeat == b->repeat && a->period == b->period && a->rows == b->rows &&
           a->scattered == b->scattered;
}

/* The number of the same input further up in the group; else a new one. */
static uint32_t group_number(const EmitPass *pass, EmitGroup *group, size_t i, uint32_t k) {
    const Step *steps = pass->pass->steps;
    for (size_t j = group->first; j <= i; j++)
        for (uint32_t m = 0; m < (j < i ? steps[j].n_inputs : k); m++)
            if (pass->steps[j].from[m] == EMIT_NONE &&
                group_same_operand(&steps[j].in[m], &steps[i].in[k]))
                return pass->steps[j].input[m];
    return group->inputs++;
}

/* Numbers the inputs, and finds the values that need an array, once the group is known. */
static void group_finish(EmitPass *pass, EmitGroup *group) {
    for (size_t i = group->first; i < group->end; i++) {
        const Step *step = &pass->pass->steps[i];
        EmitStep *made = &pass->steps[i];
        if (made->loop >= group->loops) group->loops = made->loop + 1;
        if (made->call && step->rows) made->kept = true;
        for (uint32_t k = 0; k < step->n_inputs; k++) {
            if (made->from[k] == EMIT_NONE) {
                made->input[k] = group_number(pass, group, i, k);
                continue;
            }
            EmitStep *source = &pass->steps[made->from[k]];
            if (made->call || made->loop > source->loop) source->kept = true;
        }
    }
}

/* Softplus and sigmoid of the same value, as in a loss and its slope, are one call. */
static bool group_is_pair(const Step *a, const Step *b) {
    return (a->op == OP_SOFTPLUS && b->op == OP_SIGMOID) ||
           (a->op == OP_SIGMOID && b->op == OP_SOFTPLUS);
}

/* Nothing between the two reads what the later one may write over. */
static bool group_may_pair(const EmitPass *pass, size_t i, size_t j) {
    const EmitStep *a = &pass->steps[i], *b = &pass->steps[j];
    const Step *steps = pass->pass->steps;
    if (!group_is_pair(&steps[i], &steps[j]) || a->loop != b->loop || a->served || b->served ||
        a->from[0] != b->from[0] || (a->from[0] == EMIT_NONE && a->input[0] != b->input[0]) ||
        !steps[i].in[0].rows)
        return false;
    for (size_t m = i + 1; m < j; m++)
        for (uint32_t k = 0; k < steps[m].n_inputs; k++)
            if (pass->steps[m].loop == a->loop && pass->steps[m].call &&
                pass->steps[m].from[k] == EMIT_NONE && exec_emit_in_block(&steps[m].in[k]))
                return false;
    return true;
}

static void group_pair(EmitPass *pass, const EmitGroup *group) {
    for (size_t i = group->first; i < group->end; i++)
        for (size_t j = i + 1; j < group->end; j++) {
            if (pass->steps[i].partner != EMIT_NONE || !group_may_pair(pass, i, j)) continue;
            pass->steps[i].partner = (uint32_t)j;
            pass->steps[j].served = true;
        }
}

static void group_outputs(EmitPass *pass) {
    const Plan *plan = pass->plan;
    if (plan->visit_pass != (size_t)(pass->pass - plan->passes)) return;
    for (size_t k = 0; k < plan->n_outputs; k++) {
        if (!exec_emit_in_block(&plan->places[k])) continue;
        uint32_t writer = pass->writer[group_slot(pass, &plan->places[k])];
        if (writer != EMIT_NONE) pass->steps[writer].stored = true;
    }
}

/* How many slots are written at all. */
static void group_count_slots(EmitPass *pass) {
    for (size_t s = 0; s < pass->plan->row_numbers; s++) pass->writer[s] = EMIT_NONE;
    for (size_t i = 0; i < pass->pass->n_steps; i++) {
        const Step *step = &pass->pass->steps[i];
        if (!step->rows || !pass->steps[i].stored) continue;
        size_t slot = exec_emit_slot(pass->plan, step->out);
        for (size_t e = 0; e < step->elements; e++) pass->writer[slot + e] = 0;
    }
    for (size_t s = 0; s < pass->plan->row_numbers; s++) pass->slots += pass->writer[s] == 0;
}

bool exec_emit_group(const Plan *plan, size_t number, EmitPass *made) {
    const PlanPass *pass = &plan->passes[number];
    uint32_t folds = 0;
    *made = (EmitPass){.plan = plan, .pass = pass};
    made->steps = memory_new(pass->n_steps + 1, sizeof *made->steps);
    made->groups = memory_new(pass->n_steps + 1, sizeof *made->groups);
    made->writer = memory_new(plan->row_numbers + 1, sizeof *made->writer);
    if (!made->steps || !made->groups || !made->writer) return false;
    for (size_t s = 0; s < plan->row_numbers; s++) made->writer[s] = EMIT_NONE;
    for (size_t i = 0; i < pass->n_steps; i++) {
        const Step *step = &pass->steps[i];
        if (i == 0 || !group_goes_on(made, &made->groups[made->n_groups - 1], i))
            group_start(made, i);
        EmitGroup *group = &made->groups[made->n_groups - 1];
        group->end = i + 1;
        group->arrays += group_arrays(step);
        if (group_is_fold(step)) made->steps[i].fold = folds++;
        group_note_reads(made, i);
        group_note_write(made, i);
    }
    group_outputs(made);
    for (size_t g = 0; g < made->n_groups; g++)
        if (made->groups[g].fused) {
            group_finish(made, &made->groups[g]);
            group_pair(made, &made->groups[g]);
        }
    group_count_slots(made);
    return true;
}

void exec_emit_group_free(EmitPass *pass) {
    memory_free(pass->steps);
    memory_free(pass->groups);
    memory_free(pass->writer);
    *pass = (EmitPass){0};
}
