/* The loss after a few rounds at each of many rates, all from one start: which of them are of use,
 * felt instead of calculated. Each rate has a walk of its own; nothing else is touched. */
#include "diagnose.h"

#include <math.h>
#include <string.h>

#include "../op/vmath.h"

enum { RANGE_ROUNDS = 10 };
static const double RANGE_LOW = 1e-4, RANGE_HIGH = 4; /* of the largest rate by the curvature, */
static const double RANGE_ANY = 1; /* or of this where there is none, or other rules walk */

/* The limit tells about rules that step along the slope itself. */
static bool range_has_limit(const char *optimizer) {
    return !optimizer || !strcmp(optimizer, "gd") || !strcmp(optimizer, "momentum") ||
           !strcmp(optimizer, "nesterov");
}

/* The loss where it ends, over all rows; NaN when a number broke. */
static Status range_walk(Problem *problem, const WalkOptions *options, const double *start,
                         double *loss, Error *error) {
    Walk *walk = NULL;
    StepReport report;
    Reason reason = REASON_RUNNING;
    long restart;
    TRY(train_walk_open(problem, options, start, NULL, &walk, error));
    Status status = STATUS_OK;
    while (status == STATUS_OK && reason == REASON_RUNNING)
        status = train_walk_step(walk, &report, &restart, &reason, error);
    WalkFacts facts;
    train_walk_facts(walk, &facts);
    bool broke = reason == REASON_NON_FINITE || reason == REASON_DIVERGED;
    *loss = broke ? NAN : facts.loss;
    train_walk_close(walk);
    return status;
}

static Status range_walks(Problem *problem, const WalkOptions *given, const double *start,
                          RateRange *range, Error *error) {
    const Objective *objective = train_exact_objective(problem);
    WalkOptions options = *given;
    options.steps = RANGE_ROUNDS;
    options.epochs = options.restarts = 0;
    options.until = NULL;
    options.stop = NULL;
    if (!options.optimizer) options.optimizer = "gd";
    TRY(objective->loss_gradient(objective->context, start, &range->start_loss, NULL));
    for (int k = 0; k < RANGE_RATES; k++) {
        NumberText rate = number_text(range->rate[k]);
        options.rate = rate.s;
        TRY(range_walk(problem, &options, start, &range->loss[k], error));
    }
    return STATUS_OK;
}

/* The greatest fall of the loss per step of the grid, on the way to the lowest. */
static void range_find_steepest(RateRange *range, int lowest) {
    double most = 0;
    for (int k = 1, before = -1; k <= lowest; k++) {
        if (isfinite(range->loss[k - 1])) before = k - 1;
        if (before < 0 || !isfinite(range->loss[k])) continue;
        double fall = (range->loss[before] - range->loss[k]) / (k - before);
        if (!(fall > most)) continue;
        most = fall;
        range->steepest_low = range->rate[before];
        range->steepest_high = range->rate[k];
    }
}

static void range_judge(RateRange *range) {
    int lowest = -1;
    for (int k = 0; k < RANGE_RATES; k++) {
        range->broken += !isfinite(range->loss[k]);
        bool lower = range->loss[k] < (lowest < 0 ? range->start_loss : range->loss[lowest]);
        if (isfinite(range->loss[k]) && lower) lowest = k;
    }
    range->lowest = range->largest = range->steepest_low = range->steepest_high = NAN;
    if (lowest < 0) return;
    range->lowest = range->rate[lowest];
    range_find_steepest(range, lowest);
    for (int k = lowest; k < RANGE_RATES && !(range->loss[k] > range->start_loss); k++)
        if (isfinite(range->loss[k])) range->largest = range->rate[k];
}

Status diagnose_rate_range(Problem *problem, const WalkOptions *options, const double *start,
                           double limit, size_t sample, RateRange *range, Error *error) {
    Rows before;
    Sample part;
    *range = (RateRange){.start_loss = NAN};
    double middle = isfinite(limit) && range_has_limit(options->optimizer) ? limit : RANGE_ANY;
    double low = vm_log(RANGE_LOW * middle);
    double step = vm_log(RANGE_HIGH / RANGE_LOW) / (RANGE_RATES - 1);
    for (int k = 0; k < RANGE_RATES; k++) range->rate[k] = vm_exp(low + k * step);
    if (diagnose_look(problem, sample, options->seed, &before, &part) != STATUS_OK)
        return error_memory(error);
    Status status = range_walks(problem, options, start, range, error);
    diagnose_look_back(problem, &before, &part);
    range_judge(range);
    for (int k = 0; k < RANGE_RATES; k++) {
        range->log_rate[k] = vm_log10(range->rate[k]);
        range->log_loss[k] = range->loss[k] > 0 ? vm_log10(range->loss[k]) : NAN;
    }
    return status;
}
