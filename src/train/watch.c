/* watch: what is noted of each round for those who explain the walk afterwards. It costs no
 * evaluation, and where there are many parameters only some of them are looked at in every round,
 * so that it is a small part of a round. */
#include "train.h"

#include <math.h>
#include <string.h>

enum {
    WATCH_STEPS = 1024, /* parameters: of more the steps are not measured in every round; */
    WATCH_MOST = 64     /* whose slopes are looked at in every round */
};

static bool watch_each(const Walk *walk) {
    return walk->n <= WATCH_STEPS;
}

static bool watch_is_power_of_two(long long count) {
    return (count & (count - 1)) == 0;
}

/* ---- steps ----------------------------------------------------------------------------------- */

static double watch_length(const Walk *walk, const StepReport *report) {
    for (size_t i = 0; i < walk->n; i++) walk->work[i] = report->next[i] - report->at[i];
    return optim_norm(walk->work, walk->n);
}

static void watch_last(Walk *walk, const StepReport *report) {
    walk->facts.last_step = watch_length(walk, report);
    if (isfinite(report->loss)) memcpy(walk->previous, report->at, walk->n * sizeof(double));
    else if (report->before)
        memcpy(walk->previous, report->before, walk->n * sizeof(double));
}

/* A method may end without a step: then only what it felt is new. */
void watch_step(Walk *walk, const StepReport *report) {
    WalkFacts *facts = &walk->facts;
    bool each = watch_each(walk) || !optim_is_first_order(walk->walker);
    if (report->step == 1) facts->first_rate = report->rate;
    if (report->moved || optim_is_first_order(walk->walker)) facts->last_rate = report->rate;
    if (!report->moved) return;
    if (each || report->step == 1) watch_last(walk, report);
    if (report->step == 1) facts->first_step = facts->last_step;
    facts->before_last_loss = report->loss;
}

/* What moved was felt. */
void watch_end(Walk *walk) {
    const StepReport *report = &walk->report;
    bool each = watch_each(walk) || !optim_is_first_order(walk->walker);
    if (!each && (report->moved || report->before)) watch_last(walk, report);
    const double *answer = optim_answer(walk->walker);
    for (size_t i = 0; i < walk->n; i++)
        if (answer[i] != walk->start[i] || report->gradient[i] != 0) walk->felt[i] = true;
}

/* ---- slopes ---------------------------------------------------------------------------------- */

/* Of parameters at even distances; the slope before is kept of these alone. */
static void watch_slope(Walk *walk, const StepReport *report) {
    size_t stride = (walk->n + WATCH_MOST - 1) / WATCH_MOST, k = 0;
    double dot = 0;
    for (size_t i = 0; i < walk->n; i += stride, k++) {
        double slope = report->gradient[i];
        dot += walk->slope_before[k] * slope;
        if (slope != 0) walk->felt[i] = true;
        walk->slope_before[k] = slope;
    }
    if (report->step > 1 && report->moved) {
        walk->facts.flip_chances++;
        if (dot < 0) walk->facts.sign_flips++;
    }
    for (size_t i = 0; stride > 1 && watch_is_power_of_two(report->step) && i < walk->n; i++)
        if (report->gradient[i] != 0) walk->felt[i] = true;
}

/* ---- losses ---------------------------------------------------------------------------------- */

/* The count-th round, or epoch. */
static void watch_loss(Walk *walk, long long count, double loss) {
    WalkFacts *facts = &walk->facts;
    if (watch_is_power_of_two(count)) {
        facts->early_loss = count > 1 ? walk->watch.recent_loss : NAN;
        walk->watch.recent_loss = loss;
    }
    facts->late_loss = loss;
}

static void watch_batch(Walk *walk, const StepReport *report, long long per_epoch) {
    Watch *watch = &walk->watch;
    watch->sum_loss += report->loss;
    watch->sum_squares += report->slope * report->slope;
    if (++watch->batches < per_epoch) return;
    watch_loss(walk, report->step / per_epoch, watch->sum_loss / (double)per_epoch);
    walk->facts.batch_slope = sqrt(watch->sum_squares / (double)per_epoch);
    watch->sum_loss = watch->sum_squares = 0;
    watch->batches = 0;
}

void watch_round(Walk *walk, const StepReport *report) {
    long long per_epoch = walk_steps_per_epoch(walk);
    watch_slope(walk, report);
    if (report->step > 1 && report->loss > walk->watch.last_loss) walk->facts.rises++;
    walk->watch.last_loss = report->loss;
    if (per_epoch > 1) watch_batch(walk, report, per_epoch);
    else if (report->moved) watch_loss(walk, report->step, report->loss);
}

long long watch_left(const Walk *walk) {
    long long next = 1;
    while (next <= walk->facts.steps) next *= 2;
    return next - walk->facts.steps - 1;
}
