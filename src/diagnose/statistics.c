/* Standard errors, intervals and correlations of a fit, from the R of its Jacobian. */
#include "diagnose.h"

#include <math.h>
#include <string.h>

static const double STATISTICS_TIED =
    1e-10; /* columns closer to dependence than this have no errors */

/* Of the m parameters that have a say: neither held nor without effect. */
typedef struct Covariance {
    size_t n, m;
    double *jacobian; /* n x n: R of all parameters, column major */
    double *r;        /* m x m: of their columns, scaled to length one */
    double *inverse;  /* m x m: of r; a tied column is zero */
    double *scale;    /* m: their lengths */
    double *work;     /* n */
    size_t *index;    /* m: which parameter */
} Covariance;

static Status covariance_new(size_t n, Covariance *c) {
    *c = (Covariance){.n = n};
    c->jacobian = memory_new(n * n + 1, sizeof(double));
    c->r = memory_new(n * n + 1, sizeof(double));
    c->inverse = memory_new(n * n + 1, sizeof(double));
    c->scale = memory_new(n + 1, sizeof(double));
    c->work = memory_new(n + 1, sizeof(double));
    c->index = memory_new(n + 1, sizeof *c->index);
    return c->jacobian && c->r && c->inverse && c->scale && c->work && c->index ? STATUS_OK
                                                                                : STATUS_MEMORY;
}

static void covariance_free(Covariance *c) {
    memory_free(c->jacobian);
    memory_free(c->r);
    memory_free(c->inverse);
    memory_free(c->scale);
    memory_free(c->work);
    memory_free(c->index);
}

static void statistics_bounds(const Objective *objective, const double *x, FitStatistics *fit) {
    for (size_t i = 0; i < fit->n; i++) {
        double low = objective->low ? objective->low[i] : -INFINITY;
        double high = objective->high ? objective->high[i] : INFINITY;
        if (low == high)
            fit->unavailable[i] = MSG_NO_ERROR_FIXED;
        else if (x[i] <= low || x[i] >= high)
            fit->unavailable[i] = MSG_NO_ERROR_AT_BOUND;
    }
}

static void covariance_choose(Covariance *c, FitStatistics *fit) {
    for (size_t j = 0; j < c->n; j++) {
        double length = optim_norm(c->jacobian + j * c->n, j + 1);
        if (fit->unavailable[j] != MSG_NONE) continue;
        if (length == 0) fit->unavailable[j] = MSG_NO_ERROR_NO_EFFECT;
        if (!isfinite(length)) fit->unavailable[j] = MSG_NO_ERROR_UNDEFINED;
        if (fit->unavailable[j] != MSG_NONE) continue;
        c->scale[c->m] = length;
        c->index[c->m++] = j;
    }
}

/* R of the chosen, scaled columns. */
static Status covariance_reduce(Covariance *c) {
    double ignored;
    Qr *qr = qr_new(c->m);
    double *qtr = memory_new(c->m + 1, sizeof *qtr);
    if (qr && qtr) {
        for (size_t i = 0; i < c->n; i++) {
            for (size_t k = 0; k < c->m; k++) {
                size_t j = c->index[k];
                c->work[k] = i <= j ? c->jacobian[j * c->n + i] / c->scale[k] : 0;
            }
            qr_add(qr, c->work, 0);
        }
        qr_finish(qr, c->r, qtr, &ignored);
    }
    Status status = qr && qtr ? STATUS_OK : STATUS_MEMORY;
    qr_free(qr);
    memory_free(qtr);
    return status;
}

static bool covariance_tied(const Covariance *c, size_t k) {
    return !(fabs(c->r[k * c->m + k]) >= STATISTICS_TIED);
}

/* Back substitution; a column that depends on those before it, to rounding, stays zero. */
static void covariance_invert(Covariance *c) {
    size_t m = c->m;
    for (size_t j = 0; j < m; j++) {
        double *column = c->inverse + j * m;
        if (covariance_tied(c, j)) continue;
        column[j] = 1 / c->r[j * m + j];
        for (size_t i = j; i-- > 0;) {
            double sum = 0;
            if (covariance_tied(c, i)) continue;
            for (size_t k = i + 1; k <= j; k++) sum += c->r[k * m + i] * column[k];
            column[i] = -sum / c->r[i * m + i];
        }
    }
}

/* The column most nearly parallel to column k. */
static size_t covariance_partner(const Covariance *c, size_t k) {
    size_t m = c->m, best = m;
    double most = 0;
    for (size_t j = 0; j < m; j++) {
        double dot = 0;
        if (j == k) continue;
        for (size_t i = 0; i < m; i++) dot += c->r[k * m + i] * c->r[j * m + i];
        if (fabs(dot) > most) {
            most = fabs(dot);
            best = j;
        }
    }
    return best;
}

/* Both partners of a tie lose their errors. */
static void statistics_tie(const Covariance *c, FitStatistics *fit) {
    for (size_t k = 0; k < c->m; k++) {
        if (!covariance_tied(c, k)) continue;
        size_t partner = covariance_partner(c, k), a = c->index[k];
        fit->unavailable[a] = MSG_NO_ERROR_TIED;
        if (partner == c->m) continue;
        size_t b = c->index[partner];
        fit->partner[a] = b;
        if (fit->partner[b] == fit->n) fit->partner[b] = a;
        fit->unavailable[b] = MSG_NO_ERROR_TIED;
    }
}

static double covariance_entry(const Covariance *c, size_t a, size_t b) {
    double sum = 0;
    for (size_t k = a > b ? a : b; k < c->m; k++)
        sum += c->inverse[k * c->m + a] * c->inverse[k * c->m + b];
    return sum;
}

static void statistics_correlate(const Covariance *c, size_t a, FitStatistics *fit) {
    size_t i = c->index[a];
    for (size_t b = 0; b < c->m; b++) {
        size_t j = c->index[b];
        double size = sqrt(covariance_entry(c, a, a) * covariance_entry(c, b, b));
        if (fit->unavailable[j] == MSG_NONE)
            fit->correlation[i * fit->n + j] = a == b ? 1 : covariance_entry(c, a, b) / size;
    }
}

static void statistics_fill(const Covariance *c, const double *x, FitStatistics *fit) {
    double t = fit->degrees > 0 ? diagnose_student_quantile(0.975, fit->degrees) : NAN;
    for (size_t a = 0; a < c->m; a++) {
        size_t i = c->index[a];
        if (fit->unavailable[i] != MSG_NONE) continue;
        fit->errors[i] = fit->sd * sqrt(covariance_entry(c, a, a)) / c->scale[a];
        fit->low[i] = x[i] - t * fit->errors[i];
        fit->high[i] = x[i] + t * fit->errors[i];
        statistics_correlate(c, a, fit);
    }
}

static Status statistics_allocate(size_t n, FitStatistics *fit) {
    *fit = (FitStatistics){.n = n};
    fit->errors = memory_new(n + 1, sizeof(double));
    fit->low = memory_new(n + 1, sizeof(double));
    fit->high = memory_new(n + 1, sizeof(double));
    fit->correlation = memory_new(n * n + 1, sizeof(double));
    fit->unavailable = memory_new(n + 1, sizeof *fit->unavailable);
    fit->partner = memory_new(n + 1, sizeof *fit->partner);
    if (!(fit->errors && fit->low && fit->high && fit->correlation && fit->unavailable &&
          fit->partner))
        return STATUS_MEMORY;
    for (size_t i = 0; i < n; i++) {
        fit->errors[i] = fit->low[i] = fit->high[i] = NAN;
        fit->partner[i] = n;
    }
    for (size_t i = 0; i < n * n; i++) fit->correlation[i] = NAN;
    return STATUS_OK;
}

void diagnose_statistics_free(FitStatistics *fit) {
    memory_free(fit->errors);
    memory_free(fit->low);
    memory_free(fit->high);
    memory_free(fit->correlation);
    memory_free(fit->unavailable);
    memory_free(fit->partner);
    *fit = (FitStatistics){0};
}

/* Reasons that hold for every parameter alike. */
static void statistics_refuse_all(bool arrived, FitStatistics *fit) {
    MessageId reason = !isfinite(fit->rss) ? MSG_NO_ERROR_UNDEFINED
                       : fit->exact        ? MSG_NO_ERROR_EXACT
                       : fit->degrees <= 0 ? MSG_NO_ERROR_NO_DEGREES
                       : !arrived          ? MSG_NO_ERROR_NOT_THERE
                                           : MSG_NONE;
    fit->none = reason;
    for (size_t i = 0; i < fit->n && reason != MSG_NONE; i++)
        if (fit->unavailable[i] == MSG_NONE) fit->unavailable[i] = reason;
}

/* At the bottom a parameter without effect, or tied with those before it, takes no degree of
 * freedom: the curve is that of a formula without it. */
static void statistics_spread(const Objective *objective, const Covariance *c, bool arrived,
                              FitStatistics *fit) {
    size_t used = 0;
    for (size_t i = 0; i < fit->n; i++)
        used += fit->unavailable[i] != MSG_NO_ERROR_FIXED &&
                !(arrived && fit->unavailable[i] == MSG_NO_ERROR_NO_EFFECT);
    for (size_t k = 0; arrived && k < c->m; k++) used -= covariance_tied(c, k);
    fit->degrees = (double)objective->n_residuals - (double)used;
    fit->sd = fit->degrees > 0 ? sqrt(fit->rss / fit->degrees) : NAN;
}

static Status statistics_compute(const Objective *objective, const double *x, bool arrived,
                                 Covariance *c, FitStatistics *fit) {
    TRY(objective->least_squares(objective->context, x, c->jacobian, c->work, &fit->rss));
    statistics_bounds(objective, x, fit);
    covariance_choose(c, fit);
    TRY(covariance_reduce(c));
    covariance_invert(c);
    statistics_spread(objective, c, arrived, fit);
    statistics_tie(c, fit);
    statistics_refuse_all(arrived, fit);
    statistics_fill(c, x, fit);
    return STATUS_OK;
}

Status diagnose_statistics(const Problem *problem, const double *x, bool exact, bool arrived,
                           FitStatistics *fit) {
    const Objective *objective = train_exact_objective(problem);
    Covariance c = {0};
    Status status = statistics_allocate(objective->n, fit);
    fit->exact = exact;
    if (status == STATUS_OK) status = covariance_new(objective->n, &c);
    if (status == STATUS_OK) status = statistics_compute(objective, x, arrived, &c, fit);
    covariance_free(&c);
    if (status != STATUS_OK) diagnose_statistics_free(fit);
    return status;
}
