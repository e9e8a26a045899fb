/* The greatest curvature of the loss, and what it says about the learning rate. */
#include "diagnose.h"

#include <math.h>
#include <string.h>

enum { CURVATURE_ROUNDS = 1000 };
static const double CURVATURE_SETTLED = 1e-10;

/* Power method: the Rayleigh quotient of v settles on the eigenvalue greatest by absolute value. */
static double curvature_power(const Objective *objective, const double *x, double *v,
                              double *product) {
    size_t n = objective->n;
    double before = NAN;
    for (int round = 0; round < CURVATURE_ROUNDS; round++) {
        double quotient = 0;
        if (objective->hessian_vector(objective->context, x, v, product) != STATUS_OK) return NAN;
        for (size_t i = 0; i < n; i++) quotient += v[i] * product[i];
        double length = optim_norm(product, n);
        if (length == 0) return 0;
        if (!isfinite(length)) return NAN;
        for (size_t i = 0; i < n; i++) v[i] = product[i] / length;
        if (fabs(quotient - before) <= CURVATURE_SETTLED * fabs(quotient)) return quotient;
        before = quotient;
    }
    return before;
}

double diagnose_curvature(const Problem *problem, const double *x) {
    const Objective *objective = train_exact_objective(problem);
    size_t n = objective->n;
    double *v = memory_new(n + 1, sizeof *v), *product = memory_new(n + 1, sizeof *product);
    double curvature = NAN;
    if (v && product && n > 0 && objective->hessian_vector) {
        RandomKey key = random_key(1, "curvature");
        for (size_t i = 0; i < n; i++) v[i] = random_normal(key, i);
        double length = optim_norm(v, n);
        for (size_t i = 0; i < n; i++) v[i] /= length;
        curvature = curvature_power(objective, x, v, product);
    }
    memory_free(v);
    memory_free(product);
    return curvature;
}

/* Stability of the heavy ball and of Nesterov's rule on a quadratic: Polyak 1964; Nesterov's bound
 * from the roots of z^2 - (1 + b)(1 - rate c) z + b (1 - rate c) leaving the unit circle at z = -1.
 */
double diagnose_rate_limit(const Problem *problem, const Walker *walker, const double *x) {
    const char *method = optim_method_name(walker);
    double beta = optim_setting(walker, "momentum"), factor;
    if (!strcmp(method, "gd"))
        factor = 2;
    else if (!strcmp(method, "momentum") && isfinite(beta))
        factor = 2 * (1 + beta);
    else if (!strcmp(method, "nesterov") && isfinite(beta))
        factor = 2 * (1 + beta) / (1 + 2 * beta);
    else
        return NAN;
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
