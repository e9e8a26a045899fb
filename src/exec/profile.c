/* profile: where the time of a plan's runs goes, step by step.
 *
 * Each worker has its own clocks. Between two of them lies one step over one block: asking the time
 * costs as much as ten rows of a short formula: profiles tell shares, not the best time. */
#include "exec.h"

#include <time.h>

double exec_seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

enum { CLOCKS_MORE = EXEC_CLOCK_STEPS }; /* after those of the steps of a pass */

static size_t profile_clocks(const Plan *plan) {
    size_t count = 0;
    for (size_t p = 0; p < plan->n_passes; p++) count += plan->passes[p].n_steps + CLOCKS_MORE;
    return count;
}

bool exec_profile_new(Plan *plan) {
    plan->profile = arena_alloc(&plan->arena, 1, sizeof *plan->profile);
    if (!plan->profile) return false;
    plan->profile->n_clocks = profile_clocks(plan);
    plan->profile->clocks =
        arena_alloc(&plan->arena, plan->n_workers, sizeof *plan->profile->clocks);
    for (size_t w = 0; plan->profile->clocks && w < plan->n_workers; w++)
        plan->profile->clocks[w] =
            exec_alloc_apart(&plan->arena, plan->profile->n_clocks, sizeof(double));
    return !plan->arena.failed;
}

double *exec_clock(const Plan *plan, size_t worker, const PlanPass *pass, ExecClock which) {
    double *clock;
    if (!plan->profile) return NULL;
    clock = plan->profile->clocks[worker];
    for (const PlanPass *before = plan->passes; before < pass; before++)
        clock += before->n_steps + CLOCKS_MORE;
    return which == EXEC_CLOCK_STEPS ? clock : clock + pass->n_steps + (size_t)which;
}

/* ---- counting -------------------------------------------------------------------------------- */

/* Operations that a step makes for one row; a function such as exp counts as one. */
static double profile_operations(const Step *step) {
    OpKind kind = op_info(step->op)->kind;
    double elements = (double)step->elements;
    if (step->op == OP_MATMUL)
        return 2.0 * (double)step->extra.product[0] * (double)step->extra.product[1] *
               (double)step->extra.product[2];
    if (kind == KIND_ROWS) return step->fused == step->op ? elements : 2 * elements;
    if (kind == KIND_ELEMENTWISE) return elements;
    return kind == KIND_REDUCE ? (double)step->in[0].period : 0;
}

double exec_profile_row_operations(const Plan *plan) {
    double sum = 0;
    for (size_t p = 0; p < plan->n_passes; p++)
        for (size_t k = 0; k < plan->passes[p].n_steps; k++)
            sum += profile_operations(&plan->passes[p].steps[k]);
    return sum;
}

static double profile_sum(const Plan *plan, size_t at) {
    double sum = 0;
    for (size_t w = 0; w < plan->n_workers; w++) sum += plan->profile->clocks[w][at];
    return sum;
}

bool exec_profile_line(const Plan *plan, size_t k, ProfileLine *line, Text *what) {
    size_t first = 0;
    if (!plan->profile) return false;
    for (size_t p = 0; p < plan->n_passes; p++) {
        const PlanPass *pass = &plan->passes[p];
        if (k >= first + pass->n_steps + CLOCKS_MORE) {
            first += pass->n_steps + CLOCKS_MORE;
            continue;
        }
        size_t at = k - first;
        *line = (ProfileLine){.pass = p + 1, .seconds = profile_sum(plan, k)};
        line->kind = at < pass->n_steps ? EXEC_CLOCK_STEPS : (ExecClock)(at - pass->n_steps);
        if (at < pass->n_steps) exec_dump_step(plan, &pass->steps[at], what);
        return true;
    }
    return false;
}

PlanProfile exec_profile(const Plan *plan) {
    PlanProfile all = {0};
    if (!plan->profile) return all;
    all = plan->profile->totals;
    double size = (double)plan->kernels->size;
    all.bytes = all.rows * (double)plan->n_columns * size;
    all.operations = all.rows * exec_profile_row_operations(plan);
    return all;
}
