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

#include <math.h>
#include <string.h>

enum {
    WALK_PARAMETERS = 8, /* more are walked step by step, */
    WALK_LENGTH = 200,    /* and so are longer plans */
    WALK_NUMBERS = 256,
    WALK_GROUP = 8,       /* rounds that are looked at together, */
    WALK_MOST = 64        /* and that are made before it is known whether they hold */
};

typedef struct EmitWalk {
    const Plan *plan, *objective;
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

/* ---- a power of two -------------------------------------------------------------------------- */

/* rate*(2*w) is (2*rate)*w to the last bit: a power of two only changes the exponent, so that both
 * round the same product. What comes from w alone is one operation shorter then, and 2*rate
 * is the same in all steps. A power below 1 could lose digits of w near 0; one that makes a number
 * infinite is seen before the step is made. */

static bool walk_writes(const Plan *plan, size_t offset) {
    for (size_t p = 0; p < plan->n_passes; p++)
        for (size_t k = 0; k < plan->passes[p].n_singles; k++)
            if (plan->passes[p].singles[k].out == offset) return true;
    return false;
}

/* The same in all steps. */
static bool walk_fixed(const Plan *plan, const Operand *operand) {
    if (operand->base == FRAME_PARAMETERS) return operand->offset > 0;
    return operand->base == FRAME_WORK && operand->offset != plan->row_count &&
           !walk_writes(plan, operand->offset);
}

static bool walk_is_power(const Plan *plan, const Operand *operand) {
    int exponent;
    if (operand->base != FRAME_WORK || !walk_fixed(plan, operand)) return false;
    double value = *(const double *)exec_operand(operand, &(Frame){.base = plan->workers[0].base});
    return fabs(value) >= 1 && isfinite(value) && fabs(frexp(value, &exponent)) == 0.5;
}

/* The step that makes the slope of parameter i, if it is a power of two times a number that is not
 * written over. */
static const Step *walk_doubled(const Plan *objective, size_t i) {
    const Operand *slope = &objective->places[i + 1];
    const Step *made = NULL;
    bool there = false;
    for (size_t p = 0; slope->base == FRAME_WORK && p < objective->n_passes; p++)
        for (size_t k = 0; k < objective->passes[p].n_singles; k++) {
            const Step *step = &objective->passes[p].singles[k];
            if (step->out == slope->offset) {
                made = step;
                there = true;
            }
            if (made && made->in[1].base == FRAME_WORK && step->out == made->in[1].offset)
                there = false;
        }
    if (!there || made->op != OP_MUL || !walk_is_power(objective, &made->in[0])) return NULL;
    return made;
}

/* The slope times what is the same in all steps; 'other' is the operand that is not the slope. */
static bool walk_scales(const EmitWalk *walk, const Step *step, uint32_t *other) {
    if (!walk->rule || !step->rows || step->op != OP_MUL) return false;
    if (!walk_doubled(walk->objective, walk->i)) return false;
    for (uint32_t k = 0; k < 2; k++) {
        *other = 1 - k;
        if (step->in[k].base == FRAME_COLUMNS + RULE_G && !step->in[1 - k].rows &&
            walk_fixed(walk->plan, &step->in[1 - k]))
            return true;
    }
    return false;
}

/* The fixed factor with the power of two in it. */
static void walk_scale(const EmitWalk *walk, const Step *step, Text *out) {
    text_format(out, "scale%u_%zu", step->node, walk->i);
}

/* The number that the power of two is left out of. */
static void walk_scaled(const EmitWalk *walk, Text *out) {
    EmitWalk objective = {.plan = walk->objective};
    walk_operand(&objective, &walk_doubled(walk->objective, walk->i)->in[1], out);
}

/* ---- steps ----------------------------------------------------------------------------------- */

static void walk_scaled_step(const EmitWalk *walk, const Step *step) {
    text_add(walk->out, "        ");
    walk_place(walk, step->out, step->rows, walk->out);
    text_add(walk->out, " = ");
    walk_scale(walk, step, walk->out);
    text_add(walk->out, " * ");
    walk_scaled(walk, walk->out);
    text_add(walk->out, ";\n");
}

static void walk_step(const EmitWalk *walk, const Step *step) {
    uint32_t other;
    if (walk_scales(walk, step, &other)) {
        walk_scaled_step(walk, step);
        return;
    }
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

/* A scale that is not finite is none: then no step is made here. */
static void walk_declare_scale(const EmitWalk *walk, const Step *step, uint32_t other) {
    const EmitWalk objective = {.plan = walk->objective};
    Text *out = walk->out, name = {0};
    walk_scale(walk, step, &name);
    text_format(out, "    const real %s = ", text_string(&name));
    walk_operand(walk, &step->in[other], out);
    text_add(out, " * ");
    walk_operand(&objective, &walk_doubled(walk->objective, walk->i)->in[0], out);
    text_format(out, ";\n    if (%s - %s != 0) steps = 0;\n", text_string(&name),
                text_string(&name));
    out->failed = out->failed || name.failed;
    text_free(&name);
}

static void walk_declare_scales(EmitWalk *walk) {
    uint32_t other;
    for (size_t p = 0; p < walk->plan->n_passes; p++) {
        const PlanPass *pass = &walk->plan->passes[p];
        for (size_t k = 0; k < pass->n_steps; k++)
            for (walk->i = 0; walk->i < walk->n; walk->i++)
                if (walk_scales(walk, &pass->steps[k], &other))
                    walk_declare_scale(walk, &pass->steps[k], other);
    }
    walk->i = 0;
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

static void walk_move(const EmitWalk *walk, size_t n_columns) {
    walk_each(walk, "        x@ = n0_@;\n");
    for (size_t k = RULE_G + 1; k < n_columns; k++)
        for (size_t i = 0; i < walk->n; i++)
            text_format(walk->out, "        c%zu_%zu = n%zu_%zu;\n", k, i, k, i);
}

static void walk_slopes(const EmitWalk *walk) {
    for (size_t i = 0; i < walk->n; i++) {
        text_format(walk->out, "        g%zu = ", i);
        walk_operand(walk, &walk->plan->places[i + 1], walk->out);
        text_add(walk->out, ";\n");
    }
}

/* Loss and slopes; 'broken' is 0, or they cannot be added. */
static void walk_objective(EmitWalk *walk) {
    walk_plan(walk);
    text_add(walk->out, "        const real loss = ");
    walk_operand(walk, &walk->plan->places[0], walk->out);
    text_add(walk->out, ";\n");
    walk_slopes(walk);
    text_add(walk->out, "        const real felt = loss");
    walk_each(walk, " + g@");
    text_add(walk->out, ", broken = felt - felt;\n");
}

static void walk_rule(EmitWalk *stride, size_t n_columns) {
    text_add(stride->out, "        q0 = q0 + 1;\n");
    walk_plan(stride);
    walk_next(stride, n_columns);
}

/* ---- round by round -------------------------------------------------------------------------- */

/* What the stopping tests and the report note of each step (optim/stop.c, train/walk.c). The scale,
 * which is not negative, grows with 'start - lowest': it is made up for where it is needed. */
static const char walk_note[] = "        if (loss < lowest) lowest = loss;\n"
                                "        if (loss > start) {\n"
                                "            scale = greatest(scale, start - lowest);\n"
                                "            const _Bool high = loss - start > 9 * scale;\n"
                                "            above = high ? above + 1 : 0;\n"
                                "            rising = high && loss > last ? rising + 1 : 0;\n"
                                "        } else {\n            above = rising = 0;\n        }\n";

/* Where it does not move, or loss and slopes cannot be added, the way ends here. */
static void walk_rounds(EmitWalk *walk, EmitWalk *stride, size_t n_columns) {
    Text *out = walk->out;
    text_add(out, "        for (int j = 0; k < stop && j < GROUP; j++)\n"
                  "            lowest = lows[j] < lowest ? lows[j] : lowest;\n"
                  "        for (; k < stop; k++) {\n");
    walk_objective(walk);
    walk_rule(stride, n_columns);
    text_add(out, "        if (!(broken");
    walk_each(walk, " + fabs(n0_@ - x@)");
    text_add(out, " > 0)) goto end;\n        if (look) {\n            real dot = 0;\n");
    walk_each(walk, "            dot = dot + h@ * g@, felt@ = felt@ + fabs(g@);\n");
    text_add(out, "            looked++, flips += dot < 0, rises += loss > last;\n        }\n");
    walk_each(walk, "        h@ = g@;\n");
    walk_move(walk, n_columns);
    text_add(out, walk_note);
    text_add(out, "        last = loss;\n        }\n");
}

/* ---- many rounds at once --------------------------------------------------------------------- */

/* Only the places go from round to round: they are written down in groups, and what happened at
 * those of one group is looked at in vectors while the next one is made, so that looking takes no
 * time (right behind it, loads would wait for the stores). Where some round did not move, was above
 * the start or not finite, all are taken back and made one by one, and so are the next ones, of
 * which there are more each time. */

/* Where functions take most of the time, the groups would only be more to compile. */
static bool walk_is_light(const Plan *objective) {
    for (size_t p = 0; p < objective->n_passes; p++)
        for (size_t k = 0; k < objective->passes[p].n_singles; k++)
            if (!exec_emit_light(objective->passes[p].singles[k].op)) return false;
    return true;
}

/* The numbers that the rule takes on, in their turn: '@' stands for the name. */
static void walk_carried(const EmitWalk *walk, size_t n_columns, const char *line) {
    for (size_t k = 0; k < n_columns; k++)
        for (size_t i = 0; i < walk->n && k != RULE_G; i++)
            for (const char *at = line; *at; at++) {
                if (*at != '@') text_add_char(walk->out, *at);
                else if (k == RULE_W) text_format(walk->out, "x%zu", i);
                else text_format(walk->out, "c%zu_%zu", k, i);
            }
}

static void walk_group_places(EmitWalk *walk, EmitWalk *stride, size_t n_columns) {
    Text *out = walk->out;
    text_add(out, "        if (group < groups) for (int j = 0; j < GROUP; j++) {\n");
    walk_plan(walk);
    walk_slopes(walk);
    walk_rule(stride, n_columns);
    walk_move(walk, n_columns);
    walk_each(walk, "        xs@[group * GROUP + j + 1] = x@;\n");
    text_add(out, "        }\n");
}

static void walk_group_check(EmitWalk *walk) {
    Text *out = walk->out;
    text_add(out, "        if (group > 0) EACH_LANE {\n"
                  "        const int i = (group - 1) * GROUP + j;\n");
    walk_each(walk, "        const real x@ = xs@[i];\n        real g@;\n");
    walk_objective(walk);
    text_add(out, "        bad[j] |= !(broken");
    walk_each(walk, " + fabs(xs@[i + 1] - x@)");
    text_add(out, " > 0) | (loss > start);\n        losses[i + 1] = loss;\n"
                  "        lows[j] = loss < lows[j] ? loss : lows[j];\n");
    walk_each(walk, "        gs@[i + 1] = g@;\n");
    text_add(out, "        }\n");
}

/* Of rounds that are looked at. */
static void walk_groups_look(const EmitWalk *walk) {
    Text *out = walk->out;
    text_add(out, "        if (look)\n        for (int group = 0; group < groups; group++)\n"
                  "        EACH_LANE {\n        const int i = group * GROUP + j;\n"
                  "        real dot = 0;\n");
    walk_each(walk, "        dot = dot + gs@[i] * gs@[i + 1], some@[j] |= gs@[i + 1] != 0;\n");
    text_add(out, "        down[j] += dot < 0, up[j] += losses[i + 1] > losses[i];\n        }\n"
                  "        looked += look ? made : 0;\n");
}

static void walk_groups(EmitWalk *walk, EmitWalk *stride, size_t n_columns) {
    Text *out = walk->out;
    text_add(out, "        const int groups = (int)((stop - k) / GROUP), made = groups * GROUP;\n"
                  "        if (groups > 0 && last <= start && k >= again) {\n"
                  "        const real q0_before = q0;\n        losses[0] = last;\n"
                  "        long long any = 0;\n");
    walk_carried(walk, n_columns, "        const real @_before = @;\n");
    walk_each(walk, "        xs@[0] = x@, gs@[0] = h@;\n");
    text_add(out, "        for (int group = 0; group <= groups; group++) {\n");
    walk_group_places(walk, stride, n_columns);
    walk_group_check(walk);
    text_add(out, "        }\n        for (int j = 0; j < GROUP; j++) any |= bad[j];\n"
                  "        if (!any) {\n");
    walk_groups_look(walk);
    walk_each(walk, "        h@ = gs@[made];\n");
    text_add(out, "        last = losses[made], above = rising = 0, k += made;\n"
                  "        continue;\n        }\n        q0 = q0_before;\n"
                  "        for (int j = 0; j < GROUP; j++) bad[j] = 0;\n"
                  "        pause *= 2, again = k + pause;\n");
    walk_carried(walk, n_columns, "        @ = @_before;\n");
    text_add(out, "        }\n");
}

/* What the lanes of the groups gathered. */
static void walk_gather(const EmitWalk *walk) {
    text_add(walk->out, "    for (int j = 0; j < GROUP; j++) {\n"
                        "        lowest = lows[j] < lowest ? lows[j] : lowest;\n"
                        "        flips += down[j], rises += up[j];\n");
    walk_each(walk, "        felt@ = felt@ + (real)some@[j];\n");
    text_add(walk->out, "    }\n");
}

static void walk_store(const EmitWalk *walk, size_t n_columns) {
    walk_each(walk, "    x[@] = x@, g[@] = h@, record[8 + @] = felt@;\n");
    for (size_t k = RULE_G + 1; k < n_columns; k++)
        for (size_t i = 0; i < walk->n; i++)
            text_format(walk->out, "    c[%zu] = c%zu_%zu;\n", k * walk->n + i, k, i);
    text_add(walk->out, "    scale = greatest(scale, start - lowest);\n"
                        "    record[1] = lowest, record[2] = scale, record[3] = last;\n"
                        "    record[4] = above, record[5] = rising;\n"
                        "    record[6] = flips, record[7] = rises, record[0] = looked;\n"
                        "    return k;\n}\n");
}

/* Numbers that go from step to step are neither to be gathered in vectors nor to be moved; beside
 * them, wide vectors would take away a third of the places where they are worked on. More than -O2
 * only takes the compiler longer. */
static const char walk_head[] =
    "static inline real greatest(real a, real b) {\n    return a > b ? a : b;\n}\n\n"
    "static inline long long least(long long a, long long b) {\n    return a < b ? a : b;\n}\n\n"
    "#if defined(__GNUC__) && !defined(__clang__)\n"
    "#define EACH_LANE _Pragma(\"GCC unroll 1\") for (int j = 0; j < GROUP; j++)\n"
    "#if defined(__x86_64__)\n__attribute__((target(\"prefer-vector-width=256\")))\n#endif\n"
    "__attribute__((optimize(\"O2\", \"tree-vectorize\", \"no-tree-slp-vectorize\")))\n"
    "#else\n#define EACH_LANE for (int j = 0; j < GROUP; j++)\n#endif\n"
    "long long descend_walk(const real *fw, const real *sw, const real *q, real *x,\n"
    "                       real *g, real *c, real *record, long long steps) {\n";

static void walk_declare_record(const EmitWalk *walk) {
    walk_each(walk, "    real xs@[MOST + 1], gs@[MOST + 1];\n    long long some@[GROUP] = {0};\n");
    text_add(walk->out, "    real losses[MOST + 1], lows[GROUP];\n"
                        "    long long bad[GROUP] = {0}, up[GROUP] = {0}, down[GROUP] = {0};\n"
                        "    for (int j = 0; j < GROUP; j++) lows[j] = record[1];\n"
                        "    const real start = record[0];\n"
                        "    real lowest = record[1], scale = record[2], last = record[3];\n"
                        "    long long above = (long long)record[4];\n"
                        "    long long rising = (long long)record[5];\n"
                        "    const long long first = (long long)q[0] + 1;\n"
                        "    long long looked = 0, flips = 0, rises = 0, k = 0;\n"
                        "    long long again = 0, pause = MOST;\n");
}

bool exec_emit_walk(const Plan *objective, const Plan *rule, size_t n, size_t n_settings,
                    size_t n_columns, Text *out) {
    EmitWalk walk = {.plan = objective, .objective = objective, .n = n, .out = out};
    EmitWalk stride = {.plan = rule, .objective = objective, .rule = true, .n = n, .out = out};
    text_format(out, "enum { GROUP = %d, MOST = %d };\n\n", WALK_GROUP, WALK_MOST);
    text_add(out, walk_head);
    walk_declare(objective, rule, n_settings, n_columns, &walk);
    walk_declare_scales(&stride);
    walk_declare_record(&walk);
    text_add(out, "    while (k < steps) {\n"
                  "        const long long t = first + k, turn = t & 63;\n"
                  "        const int look = t <= 1024 || (turn > 0 && turn <= 16);\n"
                  "        const long long whole = t <= 1024 ? least(MOST, 1025 - t) :\n"
                  "                                look ? 17 - turn : turn ? 65 - turn : 1;\n"
                  "        const long long stop = k + least(whole, steps - k);\n");
    if (walk_is_light(objective)) walk_groups(&walk, &stride, n_columns);
    walk_rounds(&walk, &stride, n_columns);
    text_add(out, "    }\nend:;\n");
    walk_gather(&walk);
    walk_store(&walk, n_columns);
    return !out->failed;
}
