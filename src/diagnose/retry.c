/* Which rate to try next, when the one that was given threw him out or was too small: one of which
 * it is known that he arrives with it, or one that is measured on the way. */
#include "diagnose.h"

#include <math.h>
#include <string.h>

#include "../op/vmath.h"

static const double RETRY_ROUNDS = 1000; /* that a given rate has, unless somebody asks for more; */
static const double RETRY_SHARE = 0.8;   /* of them, at most, until */
static const double RETRY_SLOPE = 1e-8;  /* the slope is so small against the start */

/* The greater size of the two roots of z^2 - p z + q: by it the way that is left shrinks in each
 * round of a rule of two terms. */
static double retry_root(double p, double q) {
    double inside = p * p - 4 * q;
    return inside < 0 ? sqrt(q) : (fabs(p) + sqrt(inside)) / 2;
}

/* How the way that is left shrinks in a round along a direction of that curvature; NaN for rules
 * that nothing is known of. */
static double retry_factor(const Walker *walker, double rate, double curvature) {
    const char *method = optim_method_name(walker);
    double beta = optim_setting(walker, "momentum"), left = 1 - rate * curvature;
    if (strcmp(method, "gd") == 0) return fabs(left);
    if (strcmp(method, "momentum") == 0) return retry_root(beta + left, beta);
    if (strcmp(method, "nesterov") == 0) return retry_root((1 + beta) * left, beta * left);
    return NAN;
}

/* The loss is a bowl so round that he is at its bottom in time. */
static bool retry_arrives(const Problem *problem, const Walker *walker, const WalkFacts *facts,
                          double rate) {
    const Graph *graph = train_graph(problem);
    double allowed = RETRY_ROUNDS, worst = NAN;
    Spectrum spectrum;
    if (!isfinite(rate) || facts->batches || !diagnose_quadratic(graph, graph->loss)) return false;
    if (diagnose_spectrum(train_exact_objective(problem), facts->start, &spectrum) != STATUS_OK)
        return false;
    if (spectrum.low.settled && spectrum.low.value > 0)
        worst = fmax(retry_factor(walker, rate, spectrum.low.value),
                     retry_factor(walker, rate, spectrum.high.value));
    diagnose_spectrum_free(&spectrum);
    if (facts->user_steps) allowed = fmax(allowed, (double)facts->max_steps);
    return worst < 1 && vm_log(RETRY_SLOPE) / vm_log(worst) < RETRY_SHARE * allowed;
}

bool diagnose_retry(const Problem *problem, const Walker *walker, const WalkFacts *facts,
                    double limit, Text *out) {
    bool plain = strcmp(optim_method_name(walker), "gd") == 0;
    NumberText rate = number_round(limit / 2, 2); /* enough to type; no zig-zag */
    if (retry_arrives(problem, walker, facts, limit / 2)) {
        if (limit / 2 == facts->first_rate) return false;
        text_format(out, "--rate %s", rate.s);
        return true;
    }
    if (facts->rate_measured) return false;
    text_add(out, plain ? "--rate measured" : "--optimizer gd --rate measured");
    return true;
}
