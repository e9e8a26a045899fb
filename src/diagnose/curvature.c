/* The greatest curvature of the loss, and what it says about the learning rate. */
#include "diagnose.h"

#include <math.h>
#include <string.h>

double diagnose_curvature(const Problem *problem, const double *x) {
    Spectrum spectrum;
    if (diagnose_spectrum(train_exact_objective(problem), x, &spectrum) != STATUS_OK) return NAN;
    double low = spectrum.low.value, high = spectrum.high.value;
    diagnose_spectrum_free(&spectrum);
    return -low > high ? low : high;
}

/* Stability of the heavy ball and of Nesterov's rule on a quadratic: Polyak 1964; Nesterov's bound
 * from the roots of z^2 - (1 + b)(1 - rate c) z + b (1 - rate c) leaving the unit circle at z = -1.
 */
double diagnose_limit_factor(const Walker *walker) {
    const char *method = optim_method_name(walker);
    double beta = optim_setting(walker, "momentum");
    if (!strcmp(method, "gd")) return 2;
    if (!strcmp(method, "momentum") && isfinite(beta)) return 2 * (1 + beta);
    if (!strcmp(method, "nesterov") && isfinite(beta)) return 2 * (1 + beta) / (1 + 2 * beta);
    return NAN;
}

double diagnose_rate_limit(const Problem *problem, const Walker *walker, const double *x) {
    double factor = diagnose_limit_factor(walker);
    if (isnan(factor)) return NAN;
    double curvature = diagnose_curvature(problem, x);
    return curvature > 0 ? factor / curvature : NAN;
}

/* ---- degree in the parameters ---------------------------------------------------------------- */

bool diagnose_quadratic(const Graph *graph, NodeId loss) {
    uint8_t *degree = memory_new(graph->n_nodes, sizeof *degree);
    if (!degree) return false;
    graph_degrees(graph, loss, NULL, degree);
    bool quadratic = degree[loss] <= 2;
    memory_free(degree);
    return quadratic;
}
