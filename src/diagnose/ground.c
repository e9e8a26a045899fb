/* How the ground lies where the slope is zero: a bottom, a top or saddle, or level. */
#include "diagnose.h"

#include <math.h>
#include <string.h>

enum { GROUND_PARAMETERS = 100 }; /* more are not looked at: that many second derivatives each */
static const double GROUND_ROUNDING = 1e-12; /* of the greatest curvature: as good as level */

/* Exact second derivatives, column by column; held parameters stay out of it (their rows and
 * columns are zero). */
static Status ground_hessian(const Objective *objective, const double *x, const bool *held,
                             double *unit, double *hessian) {
    size_t n = objective->n;
    for (size_t j = 0; j < n; j++) {
        double *column = hessian + j * n;
        if (held[j]) continue;
        memset(unit, 0, n * sizeof *unit);
        unit[j] = 1;
        TRY(objective->hessian_vector(objective->context, x, unit, column));
        for (size_t i = 0; i < n; i++)
            if (held[i]) column[i] = 0;
    }
    return STATUS_OK;
}

static size_t ground_greatest_pivot(const double *matrix, size_t n, const bool *done) {
    size_t best = n;
    for (size_t i = 0; i < n; i++)
        if (!done[i] && (best == n || fabs(matrix[i * n + i]) > fabs(matrix[best * n + best])))
            best = i;
    return best;
}

static double ground_greatest(const double *matrix, size_t n, const bool *done) {
    double greatest = 0;
    for (size_t j = 0; j < n; j++)
        for (size_t i = 0; i < n; i++)
            if (!done[i] && !done[j]) greatest = fmax(greatest, fabs(matrix[j * n + i]));
    return greatest;
}

/* Symmetric elimination with the greatest pivot on the diagonal: a negative pivot, or nothing on
 * the diagonal but something beside it, means that the ground falls away somewhere. */
static Ground ground_eliminate(double *matrix, size_t n, bool *done) {
    double level = GROUND_ROUNDING * ground_greatest(matrix, n, done);
    for (size_t round = 0; round < n; round++) {
        size_t p = ground_greatest_pivot(matrix, n, done);
        if (p == n) break;
        double pivot = matrix[p * n + p], rest = ground_greatest(matrix, n, done);
        if (rest <= level) return GROUND_LEVEL;
        if (pivot < 0 || pivot < GROUND_ROUNDING * rest) return GROUND_FALLS;
        done[p] = true;
        for (size_t j = 0; j < n; j++)
            for (size_t i = 0; i < n; i++)
                if (!done[i] && !done[j])
                    matrix[j * n + i] -= matrix[p * n + i] * matrix[j * n + p] / pivot;
    }
    return GROUND_BOTTOM;
}

/* Units of the parameters out of the way: ones (or zeros) on the diagonal. */
static void ground_scale(double *matrix, size_t n, double *scale) {
    for (size_t i = 0; i < n; i++) {
        double size = sqrt(fabs(matrix[i * n + i]));
        scale[i] = size > 0 ? size : 1;
    }
    for (size_t j = 0; j < n; j++)
        for (size_t i = 0; i < n; i++) matrix[j * n + i] /= scale[i] * scale[j];
}

static Ground ground_judge(double *hessian, size_t n, bool *held, double *scale) {
    if (!optim_finite(hessian, n * n)) return GROUND_UNKNOWN;
    ground_scale(hessian, n, scale);
    return ground_eliminate(hessian, n, held);
}

Ground diagnose_ground(const Problem *problem, const double *x) {
    const Objective *objective = train_exact_objective(problem);
    size_t n = objective->n;
    if (n == 0 || n > GROUND_PARAMETERS || !objective->hessian_vector) return GROUND_UNKNOWN;
    double *hessian = memory_new(n * n, sizeof *hessian);
    double *unit = memory_new(n, sizeof *unit), *gradient = memory_new(n, sizeof *gradient);
    bool *held = memory_new(n, sizeof *held);
    double loss;
    Ground ground = GROUND_UNKNOWN;
    bool good = hessian && unit && gradient && held;
    good = good &&
           objective->loss_gradient(objective->context, x, &loss, gradient) == STATUS_OK;
    for (size_t i = 0; good && i < n; i++) held[i] = optim_held(objective, x, gradient, i);
    if (good && ground_hessian(objective, x, held, unit, hessian) == STATUS_OK)
        ground = ground_judge(hessian, n, held, unit);
    memory_free(hessian);
    memory_free(unit);
    memory_free(gradient);
    memory_free(held);
    return ground;
}
