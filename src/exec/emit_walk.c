/* A rule walking on an objective without rows, as one loop of emitted C: every number is a local
 * variable, so that a step takes no longer than its longest chain of operations.
 *
 *     long long descend_walk(const real *fw, const real *sw, const real *q, real *x, real *g,
 *                            real *c, real *record, long long steps)
 *
 * fw, sw: the workspaces of objective and rule, of which the constants are read; q: the rule's
 * settings, q[0] the number of the step before; x: parameters; g: their slope in the step before;
 * c[column * n + i]: the rule's columns. record: [0] loss at the start, [1] lowest loss, [2] scale,
 * [3] last loss, [4] rounds above, [5] rising (optim/stop.c), [6] steps whose slope pointed against
 * the one before, [7] steps from a higher loss than the one before, both of the steps looked at
 * (train/watch.c), whose number goes to [0]; [8 + i] not 0: the slope of
 * parameter i was not 0 once. It gives the number of steps made: fewer than 'steps' where a step
 * would not move, or loss or slope are not finite; that step is not made. */
#include "exec.h"

#include <string.h>

enum {
    WALK_PARAMETERS = 8, /* more are walked step by step, */
    WALK_LENGTH = 200,    /* and so are longer plans */
    WALK_NUMBERS = 256
};

typedef struct EmitWalk {
    const Plan *plan;
    bool rule; /* the plan is the rule's */
    size_t n, i; /* parameters, and the one in hand */
    Text *out;
} EmitWalk;

/* ---- names ----------------------------------------------------------------------------------- */

static void walk_column(const EmitWalk *walk, size_t column, Text *out) {
    if (column == RULE_W) text_format(out, "x%zu", walk->i);
    else if (column == RULE_G) text_format(out, "g%zu", walk->i);
    else text_format(out, "c%zu_%zu", column, walk->i);
}

static void walk_place(const EmitWalk *walk, size_t offset, bool rows, Text *out) {
    if (rows) text_format(out, "r%zu_%zu", exec_emit_slot(walk->plan, offset), walk->i);
    else text_format(out, "%c%zu", walk->rule ? 's' : 'f', offset / walk->plan->kernels->size);
}

static void walk_operand(const EmitWalk *walk, const Operand *operand, Text *out) {
    if (operand->base >= FRAME_COLUMNS)
        walk_column(walk, operand->base - FRAME_COLUMNS, out);
    else if (operand->base == FRAME_PARAMETERS)
        text_format(out, "%c%zu", walk->rule ? 'q' : 'x',
                    operand->offset / walk->plan->kernels->size);
    else
        walk_place(walk, operand->offset, operand->base == FRAME_ROWS, out);
}

/* ---- steps ----------------------------------------------------------------------------------- */

static void walk_step(const EmitWalk *walk, const Step *step) {
    Text names[3] = {{0}};
    const char *operands[3] = {"", "", ""};
    for (uint32_t k = 0; k < step->n_inputs; k++) {
        walk_operand(walk, &step->in[k], &names[k]);
        operands[k] = text_string(&names[k]);
        walk->out->failed = walk->out->failed || names[k].failed;
    }
    text_add(walk->out, "        ");
    walk_place(walk, step->out, step->rows, walk->out);
    text_add(walk->out, " = ");
    exec_emit_value(step, step->op, operands, walk->out);
    text_add(walk->out, ";\n");
    for (uint32_t k = 0; k < 3; k++) text_free(&names[k]);
}

static void walk_plan(EmitWalk *walk) {
    for (size_t p = 0; p < walk->plan->n_passes; p++) {
        const PlanPass *pass = &walk->plan->passes[p];
        for (size_t k = 0; k < pass->n_singles; k++) walk_step(walk, &pass->singles[k]);
        for (walk->i = 0; walk->i < walk->n; walk->i++)
            for (size_t k = 0; k < pass->n_steps; k++) walk_step(walk, &pass->steps[k]);
    }
    walk->i = 0;
}

/* ---- what can be walked so ------------------------------------------------------------------- */

static bool walk_allows_steps(const Step *steps, size_t count) {
    for (size_t k = 0; k < count; k++)
        if (op_info(steps[k].op)->kind != KIND_ELEMENTWISE || steps[k].elements != 1) return false;
    return true;
}

static bool walk_allows(const Plan *plan) {
    if (plan->replay || plan->precision != PRECISION_F64 || plan->n_steps > WALK_LENGTH ||
        plan->single_numbers > WALK_NUMBERS || plan->row_numbers > WALK_NUMBERS)
        return false;
    for (size_t p = 0; p < plan->n_passes; p++) {
        const PlanPass *pass = &plan->passes[p];
        if (pass->n_folds > 0 || !walk_allows_steps(pass->singles, pass->n_singles) ||
            !walk_allows_steps(pass->steps, pass->n_steps))
            return false;
    }
    for (size_t k = 0; k < plan->n_outputs; k++)
        if (plan->sizes[k] != 1) return false;
    return true;
}

bool exec_walk_possible(const Plan *objective, const Plan *rule, size_t n) {
    if (n == 0 || n > WALK_PARAMETERS || objective->n_outputs != n + 1) return false;
    for (size_t p = 0; p < objective->n_passes; p++)
        if (objective->passes[p].n_steps > 0) return false;
    return walk_allows(objective) && walk_allows(rule) &&
           rule->n_steps * n + objective->n_steps <= WALK_LENGTH;
}

/* ---- the loop -------------------------------------------------------------------------------- */

/* One line for each parameter; '@' stands for its number. */
static void walk_each(const EmitWalk *walk, const char *line) {
    for (size_t i = 0; i < walk->n; i++)
        for (const char *at = line; *at; at++) {
            if (*at == '@') text_format(walk->out, "%zu", i);
            else text_add_char(walk->out, *at);
        }
}

static void walk_declare(const Plan *objective, const Plan *rule, size_t n_settings,
                         size_t n_columns, const EmitWalk *walk) {
    Text *out = walk->out;
    for (size_t k = 0; k < objective->single_numbers; k++)
        text_format(out, "    real f%zu = fw[%zu];\n", k, k);
    for (size_t k = 0; k < rule->single_numbers; k++)
        text_format(out, "    real s%zu = sw[%zu];\n", k, k);
    for (size_t k = 0; k < n_settings; k++) text_format(out, "    real q%zu = q[%zu];\n", k, k);
    walk_each(walk, "    real x@ = x[@], h@ = g[@], g@ = 0, felt@ = record[8 + @];\n");
    for (size_t k = 0; k < rule->row_numbers; k++)
        for (size_t i = 0; i < walk->n; i++) text_format(out, "    real r%zu_%zu = 0;\n", k, i);
    for (size_t k = RULE_G + 1; k < n_columns; k++)
        for (size_t i = 0; i < walk->n; i++)
            text_format(out, "    real c%zu_%zu = c[%zu];\n", k, i, k * walk->n + i);
}

/* The values that come next, of each column but g, in the order of the rule's outputs. */
static void walk_next(EmitWalk *walk, size_t n_columns) {
    for (size_t k = 0, output = 0; k < n_columns; k++) {
        if (k == RULE_G) continue;
        for (walk->i = 0; walk->i < walk->n; walk->i++) {
            text_format(walk->out, "        const real n%zu_%zu = ", k, walk->i);
            walk_operand(walk, &walk->plan->places[output], walk->out);
            text_add(walk->out, ";\n");
        }
        output++;
    }
    walk->i = 0;
}

static void walk_turn(const EmitWalk *walk, size_t n_columns) {
    text_add(walk->out, "        if (1");
    walk_each(walk, " && n0_@ == x@");
    text_add(walk->out, ") break;\n        looked += look;\n        flips += look && dot < 0;\n");
    walk_each(walk, "        if (g@ != 0) felt@ = 1;\n        h@ = g@, x@ = n0_@;\n");
    for (size_t k = RULE_G + 1; k < n_columns; k++)
        for (size_t i = 0; i < walk->n; i++)
            text_format(walk->out, "        c%zu_%zu = n%zu_%zu;\n", k, i, k, i);
}

/* What the stopping tests and the report note of each step (optim/stop.c, train/walk.c). */
static void walk_note(Text *out) {
    text_add(out, "        if (loss < lowest) lowest = loss;\n"
                  "        if (start - lowest > scale) scale = start - lowest;\n"
                  "        if (loss - start > 9 * scale) {\n"
                  "            above++;\n            rising = loss > last ? rising + 1 : 0;\n"
                  "        } else {\n            above = rising = 0;\n        }\n"
                  "        rises += look && loss > last;\n        last = loss;\n");
}

static void walk_objective(EmitWalk *walk) {
    const Plan *plan = walk->plan;
    walk_plan(walk);
    for (size_t k = 0; k < plan->n_outputs; k++) {
        if (k == 0) text_add(walk->out, "        const real loss = ");
        else text_format(walk->out, "        g%zu = ", k - 1);
        walk_operand(walk, &plan->places[k], walk->out);
        text_add(walk->out, ";\n");
    }
    text_add(walk->out, "        if (!((loss - loss)");
    walk_each(walk, " + (g@ - g@)");
    text_add(walk->out, " == 0)) break;\n        const real dot = 0");
    walk_each(walk, " + h@ * g@");
    text_add(walk->out, ";\n");
}

static void walk_store(const EmitWalk *walk, size_t n_columns) {
    walk_each(walk, "    x[@] = x@, g[@] = h@, record[8 + @] = felt@;\n");
    for (size_t k = RULE_G + 1; k < n_columns; k++)
        for (size_t i = 0; i < walk->n; i++)
            text_format(walk->out, "    c[%zu] = c%zu_%zu;\n", k * walk->n + i, k, i);
    text_add(walk->out, "    record[1] = lowest, record[2] = scale, record[3] = last;\n"
                        "    record[4] = above, record[5] = rising;\n"
                        "    record[6] = flips, record[7] = rises, record[0] = looked;\n"
                        "    return k;\n}\n");
}

bool exec_emit_walk(const Plan *objective, const Plan *rule, size_t n, size_t n_settings,
                    size_t n_columns, Text *out) {
    EmitWalk walk = {.plan = objective, .n = n, .out = out};
    /* Numbers that go from step to step are neither to be gathered in vectors nor to be moved. */
    text_add(out, "#if defined(__GNUC__) && !defined(__clang__)\n"
                  "__attribute__((optimize(\"no-tree-slp-vectorize\", \"unroll-loops\")))\n#endif\n"
                  "long long descend_walk(const real *fw, const real *sw, const real *q, real *x,\n"
                  "                       real *g, real *c, real *record, long long steps) {\n");
    walk_declare(objective, rule, n_settings, n_columns, &walk);
    text_add(out, "    const real start = record[0];\n"
                  "    real lowest = record[1], scale = record[2], last = record[3];\n"
                  "    long long above = (long long)record[4], rising = (long long)record[5];\n"
                  "    const long long first = (long long)q[0] + 1;\n"
                  "    long long looked = 0, flips = 0, rises = 0, k = 0;\n"
                  "    for (; k < steps; k++) {\n"
                  "        const long long t = first + k;\n"
                  "        const int look = t <= 1024 || ((t & 48) == 0 && (t & 15) != 0);\n");
    walk_objective(&walk);
    text_add(out, "        q0 = q0 + 1;\n");
    walk.plan = rule;
    walk.rule = true;
    walk_plan(&walk);
    walk_next(&walk, n_columns);
    walk_turn(&walk, n_columns);
    walk_note(out);
    text_add(out, "    }\n");
    walk_store(&walk, n_columns);
    return !out->failed;
}
