/* What a plan is, in figures and as stable text. */
#include "exec.h"

static bool facts_goes_over_rows(const Plan *plan, size_t pass) {
    return plan->passes[pass].n_folds > 0 || plan->visit_pass == pass;
}

PlanFacts exec_facts(const Plan *plan) {
    if (plan->replay)
        return (PlanFacts){.steps = plan->replay->needs.count,
                           .passes = plan->replay->needs.top,
                           .block_rows = 1,
                           .workspace_bytes = plan->replay->bytes,
                           .threads = 1,
                           .executor = "reference"};
    PlanFacts facts = {.steps = plan->n_steps,
                       .block_rows = plan->block_rows,
                       .workspace_bytes = plan->workspace_bytes,
                       .threads = plan->n_workers,
                       .executor = plan->code ? "compiled" : "interpreted",
                       .code = plan->code_state};
    for (size_t p = 0; p < plan->n_passes; p++)
        if (facts_goes_over_rows(plan, p)) facts.passes++;
    return facts;
}

static void dump_place(const Plan *plan, size_t offset, bool rows, Text *out) {
    size_t number = offset / plan->kernels->size;
    if (rows)
        text_format(out, "r%zu", number / plan->place_rows);
    else
        text_format(out, "s%zu", number);
}

static void dump_column(const Plan *plan, size_t base, Text *out) {
    uint32_t column = 0;
    for (size_t k = 0; k < plan->n_columns; k++)
        if (plan->column_base[k] == base) column = plan->columns[k];
    const char *name = graph_column_name(plan->graph, column);
    if (name[0])
        text_add(out, name);
    else
        text_add_integer(out, column);
}

static void dump_operand(const Plan *plan, const Operand *operand, Text *out) {
    text_add_char(out, ' ');
    if (operand->base == FRAME_PARAMETERS) {
        text_format(out, "p%zu", operand->offset / plan->kernels->size);
    } else if (operand->base >= FRAME_COLUMNS) {
        text_add(out, operand->scattered ? "columns " : "column ");
        dump_column(plan, operand->base, out);
        for (uint32_t k = 1; operand->scattered && k < operand->period; k++) {
            text_add_char(out, ' ');
            dump_column(plan, operand->base + k, out);
        }
    } else {
        dump_place(plan, operand->offset, operand->rows, out);
    }
    if (operand->element) text_format(out, "+%u", operand->element);
    if (operand->repeat != 1) text_format(out, " each %u times", operand->repeat);
}

static void dump_operands(const Plan *plan, const Step *step, Text *out) {
    const Operand *operands = step->op == OP_STACK ? step->extra.stack : step->in;
    for (uint32_t k = 0; k < step->n_inputs; k++) {
        if (k > 0) text_add_char(out, ',');
        dump_operand(plan, &operands[k], out);
    }
    if (step->exponent != 0) text_format(out, ", %d", step->exponent);
}

static void dump_elements(size_t elements, Text *out) {
    if (elements != 1) text_format(out, "[%zu]", elements);
}

void exec_dump_step(const Plan *plan, const Step *step, Text *out) {
    if (op_info(step->op)->kind == KIND_ROWS) {
        text_add(out, "feed");
        if (step->fused != step->op) text_format(out, " %s of", op_info(step->fused)->spelling);
    } else {
        dump_place(plan, step->out, step->rows, out);
        dump_elements(step->elements, out);
        text_format(out, " = %s", op_info(step->op)->spelling);
    }
    dump_operands(plan, step, out);
}

static void dump_step(const Plan *plan, const Step *step, Text *out) {
    text_add(out, "  ");
    exec_dump_step(plan, step, out);
    text_add_char(out, '\n');
}

static void dump_steps(const Plan *plan, const char *title, const Step *steps, size_t count,
                       Text *out) {
    if (count == 0) return;
    text_format(out, "%s\n", title);
    for (size_t i = 0; i < count; i++) dump_step(plan, &steps[i], out);
}

static void dump_pass(const Plan *plan, size_t number, Text *out) {
    const PlanPass *pass = &plan->passes[number];
    dump_steps(plan, "once:", pass->singles, pass->n_singles, out);
    if (!facts_goes_over_rows(plan, number)) return;
    text_format(out, "pass %zu over the rows:\n", number + 1);
    for (size_t i = 0; i < pass->n_steps; i++) dump_step(plan, &pass->steps[i], out);
    if (plan->visit_pass == number) text_add(out, "  outputs of each row\n");
    for (size_t k = 0; k < pass->n_folds; k++) {
        text_add(out, "  then ");
        dump_place(plan, pass->folds[k].out, false, out);
        dump_elements(pass->folds[k].elements, out);
        text_format(out, " = %s\n", op_info(pass->folds[k].op)->spelling);
    }
}

/* s: places of numbers without rows, r: places in the block (numbers of one row), p: scalar
 * parameters. */
void exec_dump(const Plan *plan, Text *out) {
    PlanFacts facts = exec_facts(plan);
    text_format(out, "%s, %zu steps, %zu passes over the rows, blocks of %zu rows\n",
                facts.executor, facts.steps, facts.passes, facts.block_rows);
    if (plan->replay) return;
    text_format(out, "%zu numbers once, %zu a row\n", plan->single_numbers, plan->row_numbers);
    dump_steps(plan, "always:", plan->fixed, plan->n_fixed, out);
    for (size_t p = 0; p < plan->n_passes; p++) dump_pass(plan, p, out);
    for (size_t k = 0; k < plan->n_outputs; k++) {
        text_format(out, "output %zu:", k + 1);
        dump_operand(plan, &plan->places[k], out);
        dump_elements(plan->sizes[k], out);
        text_add_char(out, '\n');
    }
}

void exec_dump_code(const Plan *plan, Text *out) {
    if (exec_emit_rows(plan) == 0) {
        text_add(out, "/* not emitted: it has quantiles, or thousands of steps */\n");
        return;
    }
    exec_emit_head(plan->precision, false, out);
    text_add_char(out, '\n');
    exec_emit_plan(plan, "descend", out);
}
