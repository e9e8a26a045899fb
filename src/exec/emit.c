/* A plan as the text of a C module: its head, its groups of fused steps, its functions.
 *
 * The text holds nothing that the user wrote. It grows with the number of steps, never with the
 * number of elements; functions are cut at some hundred statements, so that compilers stay fast. */
#include "exec.h"

#include <string.h>

enum {
    EMIT_PART = 160,       /* statements of a function */
    EMIT_CACHE = 24 << 10, /* bytes that a block's stored values should fit in */
    EMIT_LEAST_ROWS = 64
};

typedef struct Emit {
    const Plan *plan;
    const char *name;
    Text *out;
    size_t pass, parts, statements; /* of the function in hand; parts 0: none is open */
    bool rows;
    EmitFetch fetch;
} Emit;

/* ---- a group of fused steps ------------------------------------------------------------------ */

enum { EMIT_NAME = 32 };
typedef struct EmitName {
    char s[EMIT_NAME];
} EmitName;

static EmitName emit_name(const char *letter, size_t number, const char *end) {
    Text text = {0};
    EmitName name = {{0}};
    text_format(&text, "%s%zu%s", letter, number, end);
    memcpy(name.s, text_string(&text), text.length < EMIT_NAME ? text.length : EMIT_NAME - 1);
    text_free(&text);
    return name;
}

/* Operand k of step i as a number in a loop. */
static EmitName emit_operand(const EmitPass *pass, size_t i, uint32_t k) {
    const EmitStep *made = &pass->steps[i];
    const Operand *operand = &pass->pass->steps[i].in[k];
    if (made->from[k] == EMIT_NONE)
        return operand->rows ? emit_name("i", made->input[k], "[r]")
                             : emit_name("k", made->input[k], "");
    const EmitStep *source = &pass->steps[made->from[k]];
    bool here = !source->call && source->loop == made->loop;
    return here ? emit_name("v", made->from[k], "") : emit_name("a", made->from[k], "[r]");
}

/* Operand k of step i as an array, for a call. */
static EmitName emit_array(const EmitPass *pass, size_t i, uint32_t k) {
    const EmitStep *made = &pass->steps[i];
    const Operand *operand = &pass->pass->steps[i].in[k];
    if (made->from[k] != EMIT_NONE) return emit_name("a", made->from[k], "");
    return operand->rows ? emit_name("i", made->input[k], "")
                         : emit_name("f", 3 * i + k, "");
}

/* (e / repeat) % period, as short as it is for so many elements. */
static void emit_index(const Operand *operand, size_t elements, Text *out) {
    size_t repeat = operand->repeat, period = operand->period;
    if (period == 1 || elements == 1) {
        text_add(out, "0");
        return;
    }
    text_add(out, "e");
    if (repeat > 1) text_format(out, " / %zu", repeat);
    if (repeat * period < elements) text_format(out, " %% %zu", period);
}

static void emit_input(Emit *emit, const Operand *operand, uint32_t number, size_t elements) {
    Text *out = emit->out, index = {0};
    emit_index(operand, elements, &index);
    text_add(out, operand->rows ? "        const real *const i" : "        const real k");
    text_format(out, operand->rows ? "%u = " : "%u = *(", number);
    exec_emit_place(emit->plan, operand, text_string(&index), out);
    text_add(out, operand->rows ? ";\n" : ");\n");
    out->failed = out->failed || index.failed;
    text_free(&index);
}

/* What the group reads, and the arrays of its values. */
static void emit_group_names(Emit *emit, const EmitPass *pass, const EmitGroup *group) {
    uint32_t next = 0;
    for (size_t i = group->first; i < group->end; i++) {
        const Step *step = &pass->pass->steps[i];
        const EmitStep *made = &pass->steps[i];
        for (uint32_t k = 0; k < step->n_inputs; k++) {
            if (made->from[k] != EMIT_NONE) continue;
            if (made->input[k] == next) emit_input(emit, &step->in[k], next++, group->elements);
            if (made->call && !step->in[k].rows)
                text_format(emit->out, "        real f%zu[STRIP];\n", 3 * i + k);
        }
        if (made->stored)
            text_format(emit->out, "        real *const a%zu = x + (%zu%s) * ROWS;\n", i,
                        exec_emit_slot(emit->plan, step->out), group->elements > 1 ? " + e" : "");
        else if (made->kept || (!step->rows && !made->call))
            text_format(emit->out, "        real a%zu[STRIP];\n", i);
    }
}

static void emit_line(const EmitPass *pass, size_t i, Text *out) {
    const Step *step = &pass->pass->steps[i];
    const EmitStep *made = &pass->steps[i];
    EmitName operands[3];
    const char *names[3] = {"", "", ""};
    if (made->call) {
        for (uint32_t k = 0; k < step->n_inputs; k++)
            if (made->from[k] == EMIT_NONE && !step->in[k].rows)
                text_format(out, "            f%zu[r] = k%u;\n", 3 * i + k, made->input[k]);
        return;
    }
    for (uint32_t k = 0; k < step->n_inputs; k++) {
        operands[k] = emit_operand(pass, i, k);
        names[k] = operands[k].s;
    }
    if (step->rows)
        text_format(out, "            const real v%zu = ", i);
    else
        text_format(out, "            a%zu[r] = ", i);
    exec_emit_value(step, step->rows ? step->op : step->fused, names, out);
    text_format(out, "; /* %s */\n", op_info(step->op)->spelling);
    if (step->rows && (made->stored || made->kept))
        text_format(out, "            a%zu[r] = v%zu;\n", i, i);
}

/* Does the loop have any statement? */
static bool emit_loop_has(const EmitPass *pass, const EmitGroup *group, uint32_t loop) {
    for (size_t i = group->first; i < group->end; i++) {
        const Step *step = &pass->pass->steps[i];
        const EmitStep *made = &pass->steps[i];
        if (made->loop != loop) continue;
        if (!made->call) return true;
        for (uint32_t k = 0; k < step->n_inputs; k++)
            if (made->from[k] == EMIT_NONE && !step->in[k].rows) return true;
    }
    return false;
}

static void emit_sum(const EmitPass *pass, const EmitGroup *group, size_t i, Text *out) {
    const Step *step = &pass->pass->steps[i];
    const char *name = step->op == OP_ROW_SUM   ? "add"
                       : step->op == OP_ROW_MIN ? "least"
                                                : "greatest";
    EmitName values = pass->steps[i].call ? emit_array(pass, i, 0) : emit_name("a", i, "");
    text_format(out, "        sum_%s(sums[%u].lanes%s, %s, n);\n", name, pass->steps[i].fold,
                group->elements > 1 ? " + 16 * e" : "", values.s);
}

static void emit_bare_call(const EmitPass *pass, size_t i, const char *at, const char *n,
                           Text *out) {
    const Step *step = &pass->pass->steps[i];
    size_t partner = pass->steps[i].partner;
    if (partner == EMIT_NONE) {
        exec_emit_block_name(step->op, out);
        text_format(out, "(a%zu%s", i, at);
    } else {
        bool first = step->op == OP_SOFTPLUS;
        text_format(out, "block_softplus_sigmoid(a%zu%s, a%zu%s", first ? i : partner, at,
                    first ? partner : i, at);
    }
    for (uint32_t k = 0; k < step->n_inputs; k++)
        text_format(out, ", %s%s", emit_array(pass, i, k).s, at);
    text_format(out, ", %s);\n", n);
}

static void emit_exp_ahead(Emit *emit, const EmitPass *pass, size_t i) {
    text_format(emit->out, "        block_exp_ahead(a%zu, %s, n, ", i, emit_array(pass, i, 0).s);
    exec_emit_fetch_within(&emit->fetch, emit->out);
    text_add(emit->out, ");\n");
}

static void emit_call(Emit *emit, const EmitPass *pass, size_t elements, size_t i) {
    Text *out = emit->out;
    EmitFetch *fetch = &emit->fetch;
    if (fetch->within && pass->pass->steps[i].op == OP_EXP) {
        emit_exp_ahead(emit, pass, i);
        return;
    }
    if (elements > 1) exec_emit_fetch_slot(fetch, "e", elements, out);
    if (elements > 1 || !fetch->pieces) {
        if (elements == 1) exec_emit_fetch_slot(fetch, NULL, 1, out);
        text_add(out, "        ");
        emit_bare_call(pass, i, "", "n", out);
        if (elements == 1) exec_emit_fetch_slot(fetch, NULL, 1, out);
        return;
    }
    text_add(out, "        for (size_t at = 0; at < n; at += PIECE) {\n    ");
    exec_emit_fetch_slot(fetch, "at / PIECE", EMIT_STRIP / EMIT_PIECE, out);
    text_add(out, "            ");
    emit_bare_call(pass, i, " + at", "PIECE_OF(n - at)", out);
    text_add(out, "        }\n");
}

static void emit_group(Emit *emit, const EmitPass *pass, const EmitGroup *group) {
    Text *out = emit->out;
    text_format(out, "    /* steps %zu to %zu */\n", group->first, group->end - 1);
    if (group->elements > 1)
        text_format(out, "    for (size_t e = 0; e < %zu; e++) {\n", group->elements);
    else
        text_add(out, "    {\n");
    emit_group_names(emit, pass, group);
    for (uint32_t loop = 0; loop < group->loops; loop++) {
        if (emit_loop_has(pass, group, loop)) {
            text_add(out, "        EACH_ROW {\n");
            for (size_t i = group->first; i < group->end; i++)
                if (pass->steps[i].loop == loop) emit_line(pass, i, out);
            text_add(out, "        }\n");
        }
        for (size_t i = group->first; i < group->end; i++) {
            if (pass->steps[i].loop != loop) continue;
            if (!pass->pass->steps[i].rows)
                emit_sum(pass, group, i, out);
            else if (pass->steps[i].call && !pass->steps[i].served)
                emit_call(emit, pass, group->elements, i);
        }
    }
    text_add(out, "    }\n");
}

/* ---- functions ------------------------------------------------------------------------------- */

static const char *emit_arguments(const Emit *emit) {
    return emit->rows ? "const real *const *base, Sum *sums, size_t from, size_t n"
                      : "const real *const *base";
}

static const char *emit_kind(const Emit *emit) {
    return emit->rows ? "rows" : "once";
}

/* A part of the work over rows stands twice: for strips of a fixed height, and for what is left. */
static void emit_part_close(const Emit *emit) {
    Text *out = emit->out;
    if (emit->parts == 0) return;
    text_add(out, "}\n\n");
    if (!emit->rows) return;
    Text name = {0};
    text_format(&name, "%s_rows_%zu_part_%zu", emit->name, emit->pass, emit->parts - 1);
    text_format(out,
                "static void %s_strip(const real *const *base, Sum *sums, size_t from) {\n"
                "    %s(base, sums, from, STRIP);\n}\n\n",
                text_string(&name), text_string(&name));
    text_format(out,
                "RARE void %s_rest(const real *const *base, Sum *sums, size_t from, size_t n) {\n"
                "    %s(base, sums, from, n);\n}\n\n",
                text_string(&name), text_string(&name));
    out->failed = out->failed || name.failed;
    text_free(&name);
}

/* Goes on in a new function when the one in hand is long enough. */
static void emit_part(Emit *emit, size_t statements) {
    Text *out = emit->out;
    emit->statements += statements;
    if (emit->parts > 0 && emit->statements <= EMIT_PART) return;
    emit_part_close(emit);
    text_format(out, "%s void %s_%s_%zu_part_%zu(%s) {\n", emit->rows ? "INLINE" : "static",
                emit->name, emit_kind(emit), emit->pass, emit->parts++, emit_arguments(emit));
    text_add(out, emit->rows ? "    const real *const w = base[0], *const p = base[2];\n"
                               "    real *const x = (real *)base[1] + from;\n"
                               "    (void)w, (void)p, (void)x, (void)sums, (void)from, (void)n;\n"
                             : "    real *const w = (real *)base[0];\n"
                               "    const real *const p = base[2];\n"
                               "    (void)w, (void)p;\n");
    emit->statements = statements;
}

static void emit_calls(const Emit *emit, const char *indent, const char *end) {
    for (size_t k = 0; k < emit->parts; k++)
        text_format(emit->out, "%s%s_%s_%zu_part_%zu%s;\n", indent, emit->name, emit_kind(emit),
                    emit->pass, k, end);
}

/* The function that calls the parts. */
static void emit_whole(Emit *emit) {
    Text *out = emit->out;
    emit_part_close(emit);
    if (emit->rows) {
        text_format(out,
                    "void %s_rows_%zu(const real *const *base, Sum *sums, size_t n) {\n"
                    "    size_t from = 0;\n"
                    "    (void)base, (void)sums;\n"
                    "    for (; from + STRIP <= n; from += STRIP) {\n",
                    emit->name, emit->pass);
        exec_emit_fetch_start(&emit->fetch, out);
        emit_calls(emit, "        ", "_strip(base, sums, from)");
        text_add(out, "    }\n    if (from < n) {\n");
        emit_calls(emit, "        ", "_rest(base, sums, from, n - from)");
        text_add(out, "    }\n}\n\n");
    } else {
        text_format(out,
                    "void %s_once_%zu(const real *const *base) {\n"
                    "    (void)base;\n",
                    emit->name, emit->pass);
        emit_calls(emit, "    ", "(base)");
        text_add(out, "}\n\n");
    }
    emit->parts = emit->statements = 0;
}

static void emit_once(Emit *emit) {
    const PlanPass *pass = &emit->plan->passes[emit->pass];
    emit->rows = false;
    for (size_t i = 0; i < pass->n_singles; i++) {
        emit_part(emit, 2);
        exec_emit_step(pass, emit->plan, &pass->singles[i], 0, emit->out);
    }
    emit_whole(emit);
}

static bool emit_rows(Emit *emit) {
    EmitPass pass;
    Text columns = {0};
    emit->rows = true;
    emit->fetch = (EmitFetch){0};
    bool good = exec_emit_group(emit->plan, emit->pass, &pass);
    text_format(&columns, "%s_columns_%zu", emit->name, emit->pass);
    if (good) exec_emit_fetch_open(&emit->fetch, &pass, text_string(&columns), emit->out);
    for (size_t g = 0; good && g < pass.n_groups; g++) {
        const EmitGroup *group = &pass.groups[g];
        emit_part(emit, 2 * (group->end - group->first) + 8);
        if (group->fused)
            emit_group(emit, &pass, group);
        else
            exec_emit_step(pass.pass, emit->plan, &pass.pass->steps[group->first],
                           pass.steps[group->first].fold, emit->out);
    }
    emit_whole(emit);
    exec_emit_group_free(&pass);
    emit->out->failed = emit->out->failed || columns.failed;
    text_free(&columns);
    return good;
}

/* ---- the whole ------------------------------------------------------------------------------- */

static bool emit_can(const Plan *plan) {
    if (plan->replay || plan->n_steps > EXEC_EMIT_STEPS) return false;
    for (size_t p = 0; p < plan->n_passes; p++)
        for (size_t k = 0; k < plan->passes[p].n_folds; k++)
            if (plan->passes[p].folds[k].op == OP_ROW_QUANTILE) return false;
    return true;
}

/* Numbers of a row that lie in the block, at most. */
static bool emit_numbers(const Plan *plan, size_t *most) {
    bool good = true;
    *most = 1;
    for (size_t p = 0; good && p < plan->n_passes; p++) {
        EmitPass pass;
        good = exec_emit_group(plan, p, &pass);
        if (good && pass.slots > *most) *most = pass.slots;
        exec_emit_group_free(&pass);
    }
    return good;
}

size_t exec_emit_rows(const Plan *plan) {
    size_t numbers = 0, rows = EXEC_LEAF_ROWS;
    if (!emit_can(plan) || !emit_numbers(plan, &numbers)) return 0;
    while (rows > EMIT_LEAST_ROWS && rows * numbers * plan->kernels->size > EMIT_CACHE) rows /= 2;
    return rows;
}

bool exec_emit_plan(const Plan *plan, const char *name, Text *out) {
    size_t rows = exec_emit_rows(plan);
    if (rows == 0) return false;
    Emit emit = {.plan = plan, .name = name, .out = out};
    bool good = true;
    text_format(out, "#define ROWS %zu\n#define STRIP %d\n#define PIECE %d\n\n", rows, EMIT_STRIP,
                EMIT_PIECE);
    for (; good && emit.pass < plan->n_passes; emit.pass++) {
        emit_once(&emit);
        good = emit_rows(&emit);
    }
    text_add(out, "#undef ROWS\n#undef STRIP\n#undef PIECE\n");
    return good && !out->failed;
}

bool exec_emit(const Plan *plan, Text *out) {
    Text body = {0};
    bool good = exec_emit_plan(plan, "descend", &body);
    if (good) good = exec_emit_head_for(plan->precision, text_string(&body), out);
    text_add_bytes(out, text_string(&body), body.length);
    text_free(&body);
    return good && !out->failed;
}
