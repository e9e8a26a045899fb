/* Intervals of fits: which kind, and calculating them. */
#include "api.h"

#include <math.h>
#include <string.h>

static const double INTERVALS_REPLICATES = 1000, INTERVALS_LEAST = 100, INTERVALS_MOST = 1e7;

static const char *const INTERVALS_NAMES[] = {[INTERVAL_LINEAR] = "linear",
                                              [INTERVAL_PROFILE] = "profile",
                                              [INTERVAL_BOOTSTRAP] = "bootstrap"};

/* "bootstrap" may be followed by ':' and the number of replicates. */
static bool intervals_replicates(const char *text, double *count) {
    *count = INTERVALS_REPLICATES;
    if (*text == '\0') return true;
    return *text == ':' && number_read(text + 1, text + strlen(text), count);
}

Status api_option_intervals(descend_walk *walk, const char *option, const char *value,
                            Error *error) {
    double count = 0;
    size_t length = strcspn(value, ":");
    for (size_t k = 0; k < COUNT_OF(INTERVALS_NAMES); k++) {
        const char *name = INTERVALS_NAMES[k];
        if (strlen(name) != length || strncmp(value, name, length) != 0) continue;
        if (value[length] && k != INTERVAL_BOOTSTRAP) break;
        if (!intervals_replicates(value + length, &count) || !(count >= INTERVALS_LEAST) ||
            count > INTERVALS_MOST || count != floor(count))
            return error_set(error, STATUS_INPUT, MSG_API_REPLICATES, value,
                             number_round(INTERVALS_LEAST, 3).s, number_round(INTERVALS_MOST, 3).s,
                             NULL);
        walk->interval_options.kind = (IntervalKind)k;
        walk->interval_options.replicates = (size_t)count;
        return STATUS_OK;
    }
    return error_set(error, STATUS_INPUT, MSG_API_CHOICE, option, value,
                     "linear, profile, bootstrap, bootstrap:N", NULL);
}

const char *api_interval_kind(const descend_walk *walk) {
    return INTERVALS_NAMES[walk->interval_options.kind];
}

static bool intervals_ended(const descend_walk *walk, WalkFacts *facts) {
    if (!walk->walk) return false;
    train_walk_facts(walk->walk, facts);
    return descend_walk_verdict(walk) != DESCEND_VERDICT_RUNNING;
}

/* What a statistic could not be had for is a lack of memory; only a fit has statistics. */
static Status intervals_open(descend_walk *walk, const double *x, Error *error) {
    const FitStatistics *fit = api_fit(walk);
    bool squares = train_exact_objective(walk->problem)->least_squares != NULL;
    if (squares && !(fit && walk->fit_known)) return error_memory(error);
    IntervalOptions options = walk->interval_options;
    options.seed = walk->options.seed;
    options.threads = walk->problem_options.threads;
    options.stop = &walk->stop;
    return diagnose_intervals_open(walk->problem, x, fit, &options, &walk->intervals, error);
}

static Status intervals_step(descend_walk *walk, const double *x, Error *error) {
    Status status = walk->intervals ? STATUS_OK : intervals_open(walk, x, error);
    if (status == STATUS_OK) status = diagnose_intervals_step(walk->intervals, error);
    if (status == STATUS_OK) return status;
    diagnose_intervals_close(walk->intervals); /* another call begins anew */
    walk->intervals = NULL;
    return status;
}

descend_status descend_walk_intervals(descend_walk *walk, double *share, descend_error **error) {
    Error inside = {0};
    WalkFacts facts;
    if (share) *share = 1;
    if (!walk) return api_null(error, "walk");
    if (!intervals_ended(walk, &facts)) return api_misuse(error, MSG_API_NOT_ENDED);
    if (walk->interval_options.kind == INTERVAL_LINEAR) return DESCEND_DONE;
    Status status = intervals_step(walk, facts.values, &inside);
    if (status != STATUS_OK) return api_fail(error, &inside);
    if (share) *share = walk->intervals->share;
    return walk->intervals->done ? DESCEND_DONE : DESCEND_RUNNING;
}

descend_status api_intervals(descend_walk *walk, const Intervals **intervals) {
    WalkFacts facts;
    descend_status status = DESCEND_RUNNING;
    *intervals = NULL;
    if (walk->interval_options.kind == INTERVAL_LINEAR || !intervals_ended(walk, &facts))
        return DESCEND_OK;
    while (status == DESCEND_RUNNING) status = descend_walk_intervals(walk, NULL, NULL);
    *intervals = walk->intervals;
    return status == DESCEND_DONE ? DESCEND_OK : status;
}

bool api_interval_number(const descend_walk *walk, const char *key, double *number) {
    const Intervals *intervals = walk->intervals;
    if (strncmp(key, "bootstrap_", 10) != 0) return false;
    const char *which = key + 10;
    size_t none = 0;
    const size_t *from = !intervals                               ? NULL
                         : strcmp(which, "used") == 0          ? &intervals->used
                         : strcmp(which, "not_converged") == 0 ? &intervals->not_converged
                         : strcmp(which, "undetermined") == 0  ? &intervals->undetermined
                         : strcmp(which, "replicates") == 0 ? &intervals->options.replicates
                                                            : &none;
    bool known = from && from != &none && intervals->options.kind == INTERVAL_BOOTSTRAP;
    *number = known ? (double)*from : NAN;
    return true;
}
