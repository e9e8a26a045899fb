/* Where the time of a walk went: the plans it used, their steps, and the machine's limits. */
#include "api.h"

#include <string.h>

static const char *const api_clocks[] = {
    [EXEC_CLOCK_ONCE] = "once", [EXEC_CLOCK_CODE] = "compiled", [EXEC_CLOCK_OUTPUTS] = "outputs"};

static void profile_whole(const Plan *plan, descend_profile *line) {
    PlanProfile all = exec_profile(plan);
    line->step = "";
    line->seconds = all.seconds;
    line->runs = all.runs;
    line->rows = all.rows;
    line->bytes = all.bytes;
    line->operations = all.operations;
}

static void profile_step(descend_walk *walk, const ProfileLine *from, descend_profile *line) {
    line->pass = (int)from->pass;
    line->seconds = from->seconds;
    line->step =
        from->kind == EXEC_CLOCK_STEPS ? text_string(&walk->text) : api_clocks[from->kind];
}

int descend_walk_profile(descend_walk *walk, size_t k, descend_profile *line) {
    const char *name = NULL;
    const Plan *plan;
    if (!walk || !line || !walk->problem || !walk->problem_options.profile) return 0;
    *line = (descend_profile){0};
    for (size_t p = 0; (plan = train_plan(walk->problem, p, &name)); p++) {
        ProfileLine from;
        size_t lines = 0;
        line->plan = name;
        if (k == 0) profile_whole(plan, line);
        if (k == 0) return 1;
        text_clear(&walk->text);
        if (exec_profile_line(plan, k - 1, &from, &walk->text)) {
            profile_step(walk, &from, line);
            return 1;
        }
        while (exec_profile_line(plan, lines, &from, &walk->text)) lines++;
        k -= lines + 1;
    }
    return 0;
}

/* Measured when first asked for. */
void api_limits(descend_walk *walk) {
    if (walk->limits_known || !walk->problem || !walk->problem_options.profile) return;
    train_limits(walk->problem, &walk->read_limit, &walk->operation_limit);
    walk->limits_known = true;
}
