/* Places, values and single steps of a plan as C text: what is not fused becomes loops over
 * elements, in the interpreter's order of operations, with the rows innermost. */
#include "exec.h"

#include <string.h>

/* ---- values ---------------------------------------------------------------------------------- */

static const char *const step_formulas[OP_COUNT] = {
#define OP(id, spelling, arity, kind, flags, ...) [OP_##id] = #__VA_ARGS__,
#include "../op/ops.def"
#undef OP
};

static bool step_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

/* The chain of products of vm_powi. */
static void step_power(const char *name, int exponent, Text *out) {
    unsigned left = exponent < 0 ? 0u - (unsigned)exponent : (unsigned)exponent;
    if (left == 2 && exponent > 0) {
        text_format(out, "%s * %s", name, name);
        return;
    }
    text_format(out, "vm_powi(%s, %d)", name, exponent);
}

void exec_emit_value(const Step *step, Op op, const char *const *names, Text *out) {
    if (op == OP_POWI) {
        step_power(names[0], step->exponent, out);
        return;
    }
    if (op == OP_MUL && step->n_inputs == 1) {
        text_format(out, "%s * %s", names[0], names[0]);
        return;
    }
    for (const char *at = step_formulas[op]; *at;) {
        size_t length = 0;
        while (step_letter(at[length])) length++;
        if (length == 1 && *at >= 'a' && *at <= 'c')
            text_add(out, names[*at - 'a']);
        else
            text_add_bytes(out, at, length ? length : 1);
        at += length ? length : 1;
    }
}

void exec_emit_block_name(Op op, Text *out) {
    text_add(out, "block_");
    for (const char *c = op_info(op)->name; *c; c++)
        text_add_char(out, *c >= 'A' && *c <= 'Z' ? (char)(*c - 'A' + 'a') : *c);
}

/* out[r] = op(a[r], b[r], c[r]): one function for each operator that is too long for the loops. A
 * single exp may become part of its loop; compilers need not read the others more than once. */
void exec_emit_block_functions(Precision precision, Text *out) {
    static const char *const names[] = {"a[r]", "b[r]", "c[r]"};
    const Step none = {.n_inputs = 3};
    for (int op = 0; op < OP_COUNT; op++) {
        if (op_info((Op)op)->kind != KIND_ELEMENTWISE || exec_emit_light((Op)op)) continue;
        text_add(out, op == OP_EXP ? "ONCE void " : "CALLED void ");
        exec_emit_block_name((Op)op, out);
        text_add(out, "(real *restrict out");
        for (int k = 0; k < op_info((Op)op)->arity; k++)
            text_format(out, ", const real *%c", 'a' + k);
        text_add(out, ", size_t n) {\n    ");
        if (op == OP_EXP && precision == PRECISION_F64) {
            text_add(out, "vm_exp_block(out, a, n);\n}\n"
                          "ONCE void block_exp_ahead(real *restrict out, const real *a, size_t n,"
                          " const real *const *columns, size_t count) {\n"
                          "    vm_exp_block_ahead(out, a, n, columns, count);\n}\n");
            continue;
        }
        text_add(out, "EACH_ROW out[r] = ");
        exec_emit_value(&none, (Op)op, names, out);
        text_add(out, ";\n}\n");
    }
    text_add(out, "CALLED void block_softplus_sigmoid(real *restrict out, real *restrict other,"
                  " const real *a, size_t n) {\n"
                  "    EACH_ROW {\n"
                  "        real softplus, sigmoid;\n"
                  "        vm_softplus_sigmoid(a[r], &softplus, &sigmoid);\n"
                  "        out[r] = softplus;\n"
                  "        other[r] = sigmoid;\n"
                  "    }\n"
                  "}\n");
}

/* ---- places ---------------------------------------------------------------------------------- */

/* "NUMBER", or "NUMBER + (index)" where the index is not 0. */
static void step_number(size_t number, const char *index, Text *out) {
    text_format(out, "%zu", number);
    if (strcmp(index, "0") != 0) text_format(out, " + (%s)", index);
}

void exec_emit_place(const Plan *plan, const Operand *operand, const char *index, Text *out) {
    if (operand->base >= FRAME_COLUMNS) {
        text_add(out, "base[");
        step_number(operand->base, operand->scattered ? index : "0", out);
        text_add(out, "] + from");
    } else if (exec_emit_in_block(operand)) {
        text_add(out, "x + (");
        step_number(exec_emit_slot(plan, operand->offset) + operand->element, index, out);
        text_add(out, ") * ROWS");
    } else {
        text_add(out, operand->base == FRAME_WORK ? "w + " : "p + ");
        step_number(operand->offset / plan->kernels->size, index, out);
    }
}

/* A step that is not fused, and the texts that its lines share. */
typedef struct EmitOne {
    const Plan *plan;
    const PlanPass *pass;
    const Step *step;
    Text *out;
    const char *unit; /* numbers between elements of the result */
    const char *loop; /* over the rows */
} EmitOne;

static const char *one_unit(const Operand *operand) {
    return operand->rows ? "ROWS" : "1";
}

static void one_input(const EmitOne *one, const char *name, const Operand *operand) {
    text_format(one->out, "        const real *const %s = ", name);
    exec_emit_place(one->plan, operand, "0", one->out);
    text_add(one->out, ";\n");
}

static void one_result(const EmitOne *one) {
    const Step *step = one->step;
    if (step->rows)
        text_format(one->out, "        real *const o = x + %zu * ROWS;\n",
                    exec_emit_slot(one->plan, step->out));
    else
        text_format(one->out, "        real *const o = w + %zu;\n",
                    step->out / one->plan->kernels->size);
}

static void one_fill(const EmitOne *one, const char *value) {
    text_format(one->out,
                "        for (size_t e = 0; e < %zu; e++)\n"
                "            %s o[e * %s + r] = %s;\n",
                one->step->elements, one->loop, one->unit, value);
}

/* ---- elementwise steps without rows ---------------------------------------------------------- */

static void one_elementwise(const EmitOne *one) {
    const Step *step = one->step;
    static const char *const inputs[] = {"a", "b", "c"};
    static const char *const all[] = {"a[e]", "b[e]", "c[e]"}, *const number[] = {"*a", "*b", "*c"};
    const char *names[3] = {"", "", ""};
    one_result(one);
    for (uint32_t k = 0; k < step->n_inputs; k++) {
        one_input(one, inputs[k], &step->in[k]);
        names[k] = step->in[k].period == 1 ? number[k] : all[k];
    }
    text_format(one->out, "        for (size_t e = 0; e < %zu; e++) ", step->elements);
    if (exec_emit_light(step->op)) {
        text_add(one->out, "o[e] = ");
        exec_emit_value(step, step->op, names, one->out);
        text_add(one->out, ";\n");
        return;
    }
    exec_emit_block_name(step->op, one->out);
    text_add(one->out, "(o + e");
    for (uint32_t k = 0; k < step->n_inputs; k++)
        text_format(one->out, ", %s%s", inputs[k], step->in[k].period == 1 ? "" : " + e");
    text_add(one->out, ", 1);\n");
}

/* ---- shapes and reductions ------------------------------------------------------------------- */

static void one_walk(const EmitOne *one, const char *line) {
    const StrideWalk *walk = one->step->extra.walk;
    Text *out = one->out, from = {0}, to = {0};
    text_format(&from, "%zu", walk->in_start);
    text_format(&to, "%zu", walk->out_start);
    for (int k = 0; k < SHAPE_RANK; k++) {
        if (walk->dim[k] == 1) continue;
        text_format(out, "        for (size_t d%d = 0; d%d < %zu; d%d++)\n", k, k, walk->dim[k], k);
        if (walk->in[k]) text_format(&from, " + d%d * %zu", k, walk->in[k]);
        if (walk->out[k]) text_format(&to, " + d%d * %zu", k, walk->out[k]);
    }
    text_format(out, "        {\n            const real *const f = a + (%s) * %s;\n",
                text_string(&from), one_unit(&one->step->in[0]));
    text_format(out, "            real *const t = o + (%s) * %s;\n", text_string(&to), one->unit);
    text_format(out, "            %s %s;\n        }\n", one->loop, line);
    out->failed = out->failed || from.failed || to.failed;
    text_free(&from);
    text_free(&to);
}

static void one_shape(const EmitOne *one) {
    one_result(one);
    one_input(one, "a", &one->step->in[0]);
    switch (one->step->op) {
        case OP_PAD:
            one_fill(one, "0");
            one_walk(one, "t[r] = f[r]");
            break;
        case OP_SUM_OF:
            one_fill(one, "0");
            one_walk(one, "t[r] += f[r]");
            break;
        case OP_MIN_OF:
            one_fill(one, "vm_infinity()");
            one_walk(one, "t[r] = vm_min(t[r], f[r])");
            break;
        case OP_MAX_OF:
            one_fill(one, "-vm_infinity()");
            one_walk(one, "t[r] = vm_max(t[r], f[r])");
            break;
        default:
            one_walk(one, "t[r] = f[r]");
            break;
    }
}

/* The parts as a table: base, offset (in slots for the block), rows. */
static void one_stack(const EmitOne *one) {
    const Step *step = one->step;
    Text *out = one->out;
    size_t part = step->elements / step->n_inputs;
    text_add(out, "        static const Part parts[] = {");
    for (uint32_t k = 0; k < step->n_inputs; k++) {
        const Operand *in = &step->extra.stack[k];
        size_t base = in->base, offset = 0;
        if (base == FRAME_ROWS) offset = exec_emit_slot(one->plan, in->offset) + in->element;
        if (base == FRAME_WORK || base == FRAME_PARAMETERS)
            offset = in->offset / one->plan->kernels->size;
        const char *before = k % 6 ? ", " : k ? ",\n            " : "\n            ";
        text_format(out, "%s{%zu, %zu, %d}", before,
                    base, offset, in->rows);
    }
    text_add(out, "};\n");
    one_result(one);
    text_format(out,
                "        for (size_t k = 0; k < %u; k++)\n"
                "            for (size_t e = 0; e < %zu; e++) {\n"
                "                const size_t unit = parts[k].rows ? ROWS : 1;\n"
                "                const real *const f = base[parts[k].base] + (parts[k].offset + e)"
                " * unit%s;\n"
                "                real *const t = o + (k * %zu + e) * %s;\n",
                step->n_inputs, part, step->rows ? " + (parts[k].rows ? from : 0)" : "", part,
                one->unit);
    text_format(out,
                "                if (parts[k].rows) %s t[r] = f[r];\n"
                "                else %s t[r] = f[0];\n"
                "            }\n",
                one->loop, one->loop);
}

/* ---- products and look-ups ------------------------------------------------------------------- */

/* Element 'index' (a text) of an operand whose first is called 'name'. */
static void one_element(const EmitOne *one, const char *name, size_t number, const char *first,
                        const Operand *operand, const char *index) {
    text_format(one->out, "            const real *const %s%zu = ", name, number);
    if (operand->scattered)
        exec_emit_place(one->plan, operand, index, one->out);
    else
        text_format(one->out, "%s + (%s) * %s", first, index, one_unit(operand));
    text_add(one->out, ";\n");
}

/* sum += a[k]*b[k] + ... for 'count' terms from k on, in order. */
static void one_terms(const EmitOne *one, size_t count) {
    const Step *step = one->step;
    const Operand *left = &step->in[0], *right = &step->in[1];
    size_t columns = step->extra.product[2];
    Text *out = one->out;
    for (size_t m = 0; m < count; m++) {
        Text at = {0}, below = {0};
        text_format(&at, "i * %zu + k + %zu", step->extra.product[1], m);
        text_format(&below, "(k + %zu) * %zu + j", m, columns);
        one_element(one, "a", m, "a", left, text_string(&at));
        one_element(one, "b", m, "b", right, text_string(&below));
        out->failed = out->failed || at.failed || below.failed;
        text_free(&at);
        text_free(&below);
        if (!left->rows) text_format(out, "            const real s%zu = *a%zu;\n", m, m);
        if (!right->rows) text_format(out, "            const real u%zu = *b%zu;\n", m, m);
    }
    text_format(out, "            %s {\n                real s = o[r];\n", one->loop);
    for (size_t m = 0; m < count; m++) {
        text_format(out, left->rows ? "                s += a%zu[r]" : "                s += s%zu",
                    m);
        text_format(out, right->rows ? " * b%zu[r];\n" : " * u%zu;\n", m);
    }
    text_add(out, "                o[r] = s;\n            }\n");
}

static void one_product_rows(const EmitOne *one) {
    enum { TERMS = 8 };
    const size_t *size = one->step->extra.product;
    size_t whole = size[1] / TERMS * TERMS;
    Text *out = one->out;
    if (!one->step->in[0].scattered) one_input(one, "a", &one->step->in[0]);
    if (!one->step->in[1].scattered) one_input(one, "b", &one->step->in[1]);
    text_format(out,
                "        for (size_t i = 0; i < %zu; i++)\n"
                "        for (size_t j = 0; j < %zu; j++) {\n"
                "            real *const o = x + (%zu + i * %zu + j) * ROWS;\n"
                "            %s o[r] = 0;\n",
                size[0], size[2], exec_emit_slot(one->plan, one->step->out), size[2], one->loop);
    if (whole > 0) {
        text_format(out, "            for (size_t k = 0; k < %zu; k += %d) {\n", whole, TERMS);
        one_terms(one, TERMS);
        text_add(out, "            }\n");
    }
    if (size[1] > whole) {
        text_format(out, "            const size_t k = %zu;\n", whole);
        one_terms(one, size[1] - whole);
    }
    text_add(out, "        }\n");
}

static void one_product(const EmitOne *one) {
    const size_t *size = one->step->extra.product;
    one_result(one);
    one_input(one, "a", &one->step->in[0]);
    one_input(one, "b", &one->step->in[1]);
    one_fill(one, "0");
    text_format(one->out,
                "        for (size_t i = 0; i < %zu; i++)\n"
                "            for (size_t k = 0; k < %zu; k++)\n"
                "                for (size_t j = 0; j < %zu; j++)\n"
                "                    o[i * %zu + j] += a[i * %zu + k] * b[k * %zu + j];\n",
                size[0], size[1], size[2], size[2], size[1], size[2]);
}

/* 'at' and 'good' of row r. */
static void one_look_up(const EmitOne *one) {
    text_format(one->out,
                "            size_t at = 0;\n"
                "            const _Bool good = look_up(b[%s], %zu, &at);\n",
                one->step->in[1].rows ? "r" : "0", one->step->extra.n_parts);
}

static void one_gather(const EmitOne *one) {
    const Step *step = one->step;
    const Operand *from = &step->in[0];
    one_result(one);
    one_input(one, "a", from);
    one_input(one, "b", &step->in[1]);
    text_format(one->out, "        %s {\n", one->loop);
    one_look_up(one);
    text_format(one->out,
                "            for (size_t e = 0; e < %zu; e++)\n"
                "                o[e * %s + r] = good ? a[(at * %zu + e) * %s%s] : vm_nan();\n"
                "        }\n",
                step->elements, one->unit, step->elements, one_unit(from),
                from->rows ? " + r" : "");
}

static void one_scatter(const EmitOne *one) {
    const Step *step = one->step;
    const Operand *from = &step->in[0];
    size_t part = step->elements / step->extra.n_parts;
    one_result(one);
    one_input(one, "a", from);
    one_input(one, "b", &step->in[1]);
    one_fill(one, "0");
    text_format(one->out, "        %s {\n", one->loop);
    one_look_up(one);
    text_format(one->out,
                "            if (good)\n"
                "                for (size_t e = 0; e < %zu; e++)\n"
                "                    o[(at * %zu + e) * %s + r] = a[e * %s%s];\n"
                "            else\n"
                "                for (size_t e = 0; e < %zu; e++) o[e * %s + r] = vm_nan();\n"
                "        }\n",
                part, part, one->unit, one_unit(from), from->rows ? " + r" : "", step->elements,
                one->unit);
}

/* Only the lanes that get something other than 0. */
static void one_fold_scatter(const EmitOne *one, uint32_t fold) {
    const Step *step = one->step;
    const Operand *from = &step->in[0];
    size_t part = step->elements;
    one_input(one, "a", from);
    one_input(one, "b", &step->in[1]);
    text_format(one->out,
                "        ROW_LOOP {\n            size_t at = 0;\n"
                "            if (!look_up(b[%s], %zu, &at)) {\n"
                "                sums[%u].bad = 1;\n                continue;\n            }\n",
                step->in[1].rows ? "r" : "0", one->pass->folds[fold].elements / part, fold);
    text_format(one->out,
                "            real *const t = sums[%u].lanes + at * %zu * 16 + r %% 16;\n"
                "            for (size_t e = 0; e < %zu; e++) t[e * 16] += a[e * %s%s];\n"
                "        }\n",
                fold, part, part, one_unit(from), from->rows ? " + r" : "");
}

void exec_emit_step(const PlanPass *pass, const Plan *plan, const Step *step, uint32_t fold,
                    Text *out) {
    EmitOne one = {.plan = plan,
                   .pass = pass,
                   .step = step,
                   .out = out,
                   .unit = step->rows ? "ROWS" : "1",
                   .loop = step->rows ? "EACH_ROW" : "for (size_t r = 0; r < 1; r++)"};
    OpKind kind = op_info(step->op)->kind;
    text_format(out, "    { /* %s */\n", op_info(step->op)->spelling);
    if (step->op == OP_STACK)
        one_stack(&one);
    else if (step->op == OP_MATMUL && step->rows)
        one_product_rows(&one);
    else if (step->op == OP_MATMUL)
        one_product(&one);
    else if (step->op == OP_GATHER)
        one_gather(&one);
    else if (step->op == OP_SCATTER)
        one_scatter(&one);
    else if (kind == KIND_ROWS)
        one_fold_scatter(&one, fold);
    else if (kind == KIND_ELEMENTWISE)
        one_elementwise(&one);
    else
        one_shape(&one);
    text_add(out, "    }\n");
}
