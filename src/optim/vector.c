/* vector: the few vector operations that every method needs. Sums run from the first element to the
 * last, those of long vectors in eight lanes that are added as a tree: no addition waits for the
 * one before, and the bits are the same everywhere. */
#include <float.h>
#include <math.h>

#include "optim.h"

enum { VECTOR_LANES = 8, VECTOR_LONG = 64 };

/* n is a whole number of lanes. */
static double vector_dot_lanes(const double *a, const double *b, size_t n) {
    double lanes[VECTOR_LANES] = {0};
    for (size_t i = 0; i < n; i += VECTOR_LANES)
        for (size_t k = 0; k < VECTOR_LANES; k++) lanes[k] += a[i + k] * b[i + k];
    return ((lanes[0] + lanes[4]) + (lanes[2] + lanes[6])) +
           ((lanes[1] + lanes[5]) + (lanes[3] + lanes[7]));
}

double optim_dot(const double *a, const double *b, size_t n) {
    size_t whole = n < VECTOR_LONG ? 0 : n - n % VECTOR_LANES;
    double sum = whole > 0 ? vector_dot_lanes(a, b, whole) : 0;
    for (size_t i = whole; i < n; i++) sum += a[i] * b[i];
    return sum;
}

double optim_largest(const double *a, size_t n) {
    double largest = 0;
    for (size_t i = 0; i < n; i++) {
        if (isnan(a[i])) return a[i];
        if (fabs(a[i]) > largest) largest = fabs(a[i]);
    }
    return largest;
}

double optim_norm(const double *a, size_t n) {
    if (n == 1) return fabs(a[0]);
    double sum = optim_dot(a, a, n);
    if (sum > 1e-280 && sum < 1e280) return sqrt(sum);
    double scale = optim_largest(a, n);
    if (scale == 0 || !isfinite(scale)) return scale;
    sum = 0;
    for (size_t i = 0; i < n; i++) sum += (a[i] / scale) * (a[i] / scale);
    return scale * sqrt(sum);
}

static double vector_greater(double a, double b) {
    return a > b ? a : b;
}

static double vector_distance_lanes(const double *a, const double *b, size_t n) {
    double lanes[VECTOR_LANES] = {0}, greatest = 0;
    for (size_t i = 0; i < n; i += VECTOR_LANES)
        for (size_t k = 0; k < VECTOR_LANES; k++)
            lanes[k] = vector_greater(fabs(a[i + k] - b[i + k]), lanes[k]);
    for (size_t k = 0; k < VECTOR_LANES; k++) greatest = vector_greater(lanes[k], greatest);
    return greatest;
}

double optim_distance(const double *a, const double *b, size_t n) {
    size_t whole = n < VECTOR_LONG ? 0 : n - n % VECTOR_LANES;
    double greatest = whole > 0 ? vector_distance_lanes(a, b, whole) : 0;
    for (size_t i = whole; i < n; i++) greatest = vector_greater(fabs(a[i] - b[i]), greatest);
    return greatest;
}

/* x - x is 0, or NaN. */
static bool vector_finite_lanes(const double *a, size_t n) {
    double lanes[VECTOR_LANES] = {0}, sum = 0;
    for (size_t i = 0; i < n; i += VECTOR_LANES)
        for (size_t k = 0; k < VECTOR_LANES; k++) lanes[k] += a[i + k] - a[i + k];
    for (size_t k = 0; k < VECTOR_LANES; k++) sum += lanes[k];
    return sum == 0;
}

bool optim_finite(const double *a, size_t n) {
    size_t whole = n < VECTOR_LONG ? 0 : n - n % VECTOR_LANES;
    for (size_t i = whole; i < n; i++)
        if (!isfinite(a[i])) return false;
    return whole == 0 || vector_finite_lanes(a, whole);
}

void optim_project(const Objective *objective, double *x) {
    for (size_t i = 0; i < objective->n; i++) {
        if (objective->low && x[i] < objective->low[i]) x[i] = objective->low[i];
        if (objective->high && x[i] > objective->high[i]) x[i] = objective->high[i];
    }
}

bool optim_held(const Objective *objective, const double *x, const double *gradient, size_t i) {
    bool at_low = objective->low && x[i] <= objective->low[i];
    bool at_high = objective->high && x[i] >= objective->high[i];
    return (at_low && at_high) || (at_low && gradient[i] > 0) || (at_high && gradient[i] < 0);
}

double optim_slope(const Objective *objective, const double *x, const double *gradient) {
    if (!objective->low && !objective->high) return optim_norm(gradient, objective->n);
    double sum = 0, largest = 0;
    for (int pass = 0; pass < 2; pass++) {
        for (size_t i = 0; i < objective->n; i++) {
            if (optim_held(objective, x, gradient, i)) continue;
            double g = fabs(gradient[i]);
            if (!isfinite(g)) return g;
            if (pass == 0 && g > largest) largest = g;
            if (pass == 1) sum += (g / largest) * (g / largest);
        }
        if (largest == 0) return 0;
    }
    return largest * sqrt(sum);
}

static bool vector_differs(const double *a, const double *b, size_t n) {
    for (size_t i = 0; a != b && i < n; i++)
        if (a[i] != b[i]) return true;
    return false;
}

void optim_report(StepReport *report, const Objective *objective, const double *at,
                  const double *gradient, const double *next) {
    bool bounded = objective->low || objective->high;
    report->at = at;
    report->gradient = gradient;
    report->next = next;
    report->slope = optim_slope(objective, at, gradient);
    report->finite = isfinite(report->loss) && isfinite(report->slope) &&
                     (!bounded || optim_finite(gradient, objective->n));
    report->moved = vector_differs(at, next, objective->n);
    report->end_value = report->end_bound = NAN;
}
