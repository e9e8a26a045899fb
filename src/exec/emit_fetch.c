/* Columns of a strip that is to come are asked for while this one is worked on.
 *
 * The processor's own foresight ends with each page, and it looks ahead only while it reads: during
 * the calls of exp and its like memory would rest. So some lines are asked for in front of each
 * call and behind it. Of many columns these would be too many at once: calls are then made in
 * pieces, with a few lines in front of each. */
#include "exec.h"

enum {
    FETCH_LINE = 64,  /* bytes that come from memory together */
    FETCH_FEW = 8,    /* columns */
    FETCH_FAR = 2048, /* bytes ahead of few columns; of many, two strips ahead: L1 holds them */
    FETCH_SIDES = 2,  /* in front of a call, and behind it */
    FETCH_PIECES = EMIT_STRIP / EMIT_PIECE
};

static bool fetch_operand_reads(const Operand *operand, size_t number) {
    size_t count = operand->scattered ? operand->period : 1;
    return operand->base >= FRAME_COLUMNS && number >= operand->base &&
           number < operand->base + count;
}

static bool fetch_step_reads(const Step *step, size_t number) {
    const Operand *operands = step->op == OP_STACK ? step->extra.stack : step->in;
    for (uint32_t k = 0; k < step->n_inputs; k++)
        if (fetch_operand_reads(&operands[k], number)) return true;
    return false;
}

/* Does the pass read the column that lies at base[number]? */
static bool fetch_reads(const PlanPass *pass, size_t number) {
    for (size_t i = 0; i < pass->n_steps; i++)
        if (fetch_step_reads(&pass->steps[i], number)) return true;
    return false;
}

static size_t fetch_count_calls(const EmitPass *pass, const EmitGroup *group) {
    size_t calls = 0;
    for (size_t i = group->first; group->fused && i < group->end; i++)
        calls += pass->steps[i].call && !pass->steps[i].served && pass->pass->steps[i].rows;
    return calls;
}

/* The calls of exp, if each is made for one element; else none. */
static size_t fetch_count_exps(const EmitPass *pass) {
    size_t exps = 0;
    for (size_t g = 0; g < pass->n_groups; g++) {
        const EmitGroup *group = &pass->groups[g];
        for (size_t i = group->first; group->fused && i < group->end; i++) {
            if (pass->pass->steps[i].op != OP_EXP) continue;
            if (group->elements > 1) return 0;
            exps++;
        }
    }
    return exps;
}

/* How often something can be asked for. */
static size_t fetch_count_slots(const EmitFetch *fetch, const EmitPass *pass) {
    size_t slots = 0;
    for (size_t g = 0; g < pass->n_groups; g++) {
        const EmitGroup *group = &pass->groups[g];
        size_t each = group->elements > 1 ? group->elements : fetch->pieces ? FETCH_PIECES
                                                                            : FETCH_SIDES;
        slots += fetch_count_calls(pass, group) * each;
    }
    return slots;
}

/* The columns that are read, as a table. */
static size_t fetch_table(const Plan *plan, const PlanPass *pass, const char *name, Text *out) {
    size_t count = 0;
    for (size_t k = 0; k < plan->n_columns; k++) {
        if (!fetch_reads(pass, plan->column_base[k])) continue;
        if (count == 0) text_format(out, "static const size_t %s[] = {", name);
        text_add(out, count == 0 ? "" : count % 16 ? ", " : ",\n    ");
        text_format(out, "%u", plan->column_base[k]);
        count++;
    }
    if (count > 0) text_add(out, "};\n\n");
    return count;
}

/* Whole columns where a slot has so many: finding a column costs more than asking for a line. */
static void fetch_divide(EmitFetch *fetch, size_t columns, size_t lines, size_t slots) {
    bool whole = fetch->within || columns >= slots;
    fetch->unit = whole ? "COLUMNS" : "LINES";
    fetch->units = whole ? columns : columns * lines;
    fetch->share = slots ? (fetch->units + slots - 1) / slots : 0;
}

void exec_emit_fetch_open(EmitFetch *fetch, const EmitPass *pass, const char *name, Text *out) {
    size_t size = pass->plan->kernels->size;
    size_t columns = fetch_table(pass->plan, pass->pass, name, out);
    bool few = columns <= FETCH_FEW;
    *fetch = (EmitFetch){.name = name, .pieces = !few};
    fetch->ahead = few ? FETCH_FAR / size : 2 * EMIT_STRIP;
    size_t exps = few && size == sizeof(double) ? fetch_count_exps(pass) : 0;
    size_t slots = exps ? exps : fetch_count_slots(fetch, pass);
    size_t lines = EMIT_STRIP * size / FETCH_LINE;
    fetch->within = exps > 0 && columns > 0;
    fetch_divide(fetch, columns, lines, slots);
    fetch->at_start = slots == 0 && few && columns > 0;
}

static void fetch_units(const EmitFetch *fetch, const char *first, size_t share, Text *out) {
    text_format(out, "ASK_%s(%s, %zu, %s, %zu, %zu);\n", fetch->unit, fetch->name, fetch->ahead,
                first, share, fetch->units);
}

void exec_emit_fetch_start(const EmitFetch *fetch, Text *out) {
    if (!fetch->at_start) return;
    text_add(out, "        ");
    fetch_units(fetch, "0", fetch->units, out);
}

void exec_emit_fetch_slot(EmitFetch *fetch, const char *which, size_t count, Text *out) {
    Text first = {0};
    if (fetch->share == 0 || fetch->within) return;
    if (which) text_format(&first, "(%zu + %s) * %zu", fetch->next, which, fetch->share);
    else text_format(&first, "%zu", fetch->next * fetch->share);
    fetch->next += count;
    text_add(out, "        ");
    fetch_units(fetch, text_string(&first), fetch->share, out);
    out->failed = out->failed || first.failed;
    text_free(&first);
}

void exec_emit_fetch_within(EmitFetch *fetch, Text *out) {
    size_t first = fetch->next++ * fetch->share, count = 0;
    text_add(out, "(const real *const[]){");
    for (; count < fetch->share && first + count < fetch->units; count++)
        text_format(out, "%sAT(%s[%zu], %zu)", count ? ", " : "", fetch->name, first + count,
                    fetch->ahead);
    text_format(out, "%s}, %zu", count ? "" : "NULL", count);
}
