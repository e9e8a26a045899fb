/* watch: what is noted of each round for those who explain the walk afterwards. It costs no
 * evaluation; of many parameters only some are looked at, and beyond the first 1,024 rounds 16 of
 * 64, so that it is a small part of a round (exec/emit_walk.c does the same). */
#include "train.h"

#include <math.h>
#include <string.h>

enum {
    WATCH_STEPS = 1024, /* parameters: of more the steps are not measured in every round; */
    WATCH_MOST = 64,    /* whose slopes are looked at in every round */
    WATCH_FULL = 1024   /* rounds: of later ones, the 16 behind each multiple of 64 (it is looked at
                         * too, as they are compared with the round before) */
};

static bool watch_each(const Walk *walk) {
    return walk->n <= WATCH_STEPS || !optim_is_first_order(walk->walker);
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
    if (report->step == 1) facts->first_rate = report->rate;
    if (!report->moved) return;
    facts->last_rate = report->rate;
    if (watch_each(walk) || report->step == 1) watch_last(walk, report);
    if (report->step == 1) facts->first_step = facts->last_step;
    facts->before_last_loss = report->loss;
}

/* What moved was felt. */
void watch_end(Walk *walk) {
    const StepReport *report = &walk->report;
    if (!watch_each(walk) && (report->moved || report->before)) watch_last(walk, report);
    bool rested = optim_is_first_order(walk->walker) && isfinite(report->rate);
    if (!report->moved && rested) walk->facts.last_rate = report->rate;
    const double *answer = optim_answer(walk->walker);
    for (size_t i = 0; i < walk->n; i++)
        if (answer[i] != walk->start[i] || report->gradient[i] != 0) walk->felt[i] = true;
}

/* ---- slopes ---------------------------------------------------------------------------------- */

/* Of parameters at even distances; the slope before is kept of these alone. */
static double watch_slope(Walk *walk, const double *gradient) {
    size_t stride = (walk->n + WATCH_MOST - 1) / WATCH_MOST;
    double dot = 0, *before = walk->slope_before;
    bool *felt = walk->felt;
    for (size_t i = 0; i < walk->n; i += stride, before++) {
        double slope = gradient[i];
        dot += *before * slope;
        if (slope != 0 && !felt[i]) felt[i] = true;
        *before = slope;
    }
    return dot;
}

static void watch_all_slopes(Walk *walk, const double *gradient) {
    for (size_t i = 0; walk->n > WATCH_MOST && i < walk->n; i++)
        if (gradient[i] != 0) walk->felt[i] = true;
}

/* ---- losses ---------------------------------------------------------------------------------- */

/* The count-th round, or epoch, a power of two. */
static void watch_milestone(Walk *walk, long long count, double loss) {
    walk->facts.early_loss = count > 1 ? walk->watch.recent_loss : NAN;
    walk->watch.recent_loss = loss;
}

static void watch_batch(Walk *walk, const StepReport *report, long long per_epoch) {
    Watch *watch = &walk->watch;
    watch->sum_loss += report->loss;
    watch->sum_squares += report->slope * report->slope;
    if (++watch->batches < per_epoch) return;
    long long epoch = report->step / per_epoch;
    walk->facts.late_loss = watch->sum_loss / (double)per_epoch;
    if (watch_is_power_of_two(epoch)) watch_milestone(walk, epoch, walk->facts.late_loss);
    walk->facts.batch_slope = sqrt(watch->sum_squares / (double)per_epoch);
    watch->sum_loss = watch->sum_squares = 0;
    watch->batches = 0;
}

void watch_round(Walk *walk, const StepReport *report) {
    WalkFacts *facts = &walk->facts;
    long long step = report->step;
    long long turn = step & 63;
    if (step > WATCH_FULL && turn > 16 && walk->options.batch <= 0) return;
    double dot = watch_slope(walk, report->gradient);
    bool milestone = watch_is_power_of_two(step), full = step <= WATCH_FULL;
    if (step > 1 && (full || turn != 0)) {
        facts->rises += report->loss > walk->watch.last_loss;
        facts->flip_chances += report->moved;
        facts->sign_flips += report->moved && dot < 0;
    }
    walk->watch.last_loss = report->loss;
    if (milestone) watch_all_slopes(walk, report->gradient);
    if (walk->options.batch > 0) {
        long long per_epoch = walk_steps_per_epoch(walk);
        if (per_epoch > 1) {
            watch_batch(walk, report, per_epoch);
            return;
        }
    }
    if (!report->moved) return;
    facts->late_loss = report->loss;
    if (milestone) watch_milestone(walk, step, report->loss);
}

long long watch_left(const Walk *walk) {
    long long next = 1;
    while (next <= walk->facts.steps) next *= 2;
    return next - walk->facts.steps - 1;
}
