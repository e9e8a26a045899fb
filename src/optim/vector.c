/* vector: the few vector operations that every method needs. Sums run from the first element to the
 * last, so that they give the same bits everywhere. */
#include <float.h>
#include <math.h>

#include "optim.h"

double optim_dot(const double *a, const double *b, size_t n) {
    double sum = 0;
    for (size_t i = 0; i < n; i++) sum += a[i] * b[i];
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

bool optim_finite(const double *a, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (!isfinite(a[i])) return false;
    return true;
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

void optim_report(StepReport *report, const Objective *objective, const double *at,
                  const double *gradient, const double *next) {
    report->at = at;
    report->gradient = gradient;
    report->next = next;
    report->slope = optim_slope(objective, at, gradient);
    report->step_size = 0;
    report->moved = false;
    report->end_value = report->end_bound = NAN;
    for (size_t i = 0; i < objective->n; i++) {
        if (next[i] == at[i]) continue;
        double size = fabs(next[i] - at[i]) / fmax(fabs(at[i]), 1);
        report->moved = true;
        if (!(size <= report->step_size)) report->step_size = size;
    }
}
