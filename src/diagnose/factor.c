/* factor: what R, of the Jacobian of a fit, says about its parameters - which of them the residuals
 * feel, along which directions they do not change, and the inverse for those that are determined.
 *
 * Columns are scaled to length one first, so that units of parameters and data do not count. */
#include "diagnose.h"

#include <math.h>
#include <string.h>

enum { FACTOR_SINGULAR = 300 }; /* columns at most whose singular values are looked at */
static const double FACTOR_FINE = 1e-4;   /* below this R is made finer where it can be */
static const double FACTOR_NULL = 1e-13;  /* singular values below this are zero to rounding */
static const double FACTOR_CLOSE = 1e-10; /* without them: columns closer to dependence are tied */

void diagnose_factor_free(FitFactor *factor) {
    memory_free(factor->jacobian);
    memory_free(factor->r);
    memory_free(factor->inverse);
    memory_free(factor->null);
    memory_free(factor->scale);
    memory_free(factor->index);
    memory_free(factor->dropped);
    *factor = (FitFactor){0};
}

Status diagnose_factor_new(size_t n, FitFactor *factor) {
    size_t square = 0;
    *factor = (FitFactor){.n = n};
    if (!memory_multiply(n, n, &square)) return STATUS_MEMORY;
    factor->jacobian = memory_new(square + 1, sizeof(double));
    factor->r = memory_new(square + 1, sizeof(double));
    factor->inverse = memory_new(square + 1, sizeof(double));
    factor->scale = memory_new(n + 1, sizeof(double));
    factor->index = memory_new(n + 1, sizeof *factor->index);
    factor->dropped = memory_new(n + 1, sizeof *factor->dropped);
    return factor->jacobian && factor->r && factor->inverse && factor->scale && factor->index &&
                   factor->dropped
               ? STATUS_OK
               : STATUS_MEMORY;
}

/* ---- R of chosen columns --------------------------------------------------------------------- */

/* R of those columns that are not dropped, in their places; the others stay zero. */
static void factor_place(FitFactor *factor, const double *r, const size_t *kept, size_t count) {
    size_t m = factor->m;
    memset(factor->r, 0, m * m * sizeof *factor->r);
    for (size_t j = 0; j < count; j++)
        for (size_t i = 0; i <= j; i++)
            factor->r[kept[j] * m + kept[i]] = r[j * count + i];
}

static void factor_feed(const FitFactor *factor, const size_t *kept, size_t count, Qr *qr,
                        double *row) {
    for (size_t i = 0; i < factor->n; i++) {
        for (size_t k = 0; k < count; k++) {
            size_t j = factor->index[kept[k]];
            row[k] = i <= j ? factor->jacobian[j * factor->n + i] / factor->scale[kept[k]] : 0;
        }
        qr_add(qr, row, 0);
    }
}

static Status factor_reduce(FitFactor *factor) {
    size_t count = 0, m = factor->m;
    double ignored;
    size_t *kept = memory_new(m + 1, sizeof *kept);
    double *work = memory_new(m * m + 2 * m + 1, sizeof *work);
    for (size_t k = 0; kept && k < m; k++)
        if (!factor->dropped[k]) kept[count++] = k;
    Qr *qr = qr_new(count);
    Status status = kept && work && qr ? STATUS_OK : STATUS_MEMORY;
    if (status == STATUS_OK) {
        factor_feed(factor, kept, count, qr, work + m * m);
        qr_finish(qr, work, work + m * m + m, &ignored);
        factor_place(factor, work, kept, count);
    }
    qr_free(qr);
    memory_free(kept);
    memory_free(work);
    return status;
}

/* Back substitution; columns that were dropped stay zero. Returns the Frobenius norm. */
static double factor_invert(FitFactor *factor) {
    size_t m = factor->m;
    const double *r = factor->r;
    memset(factor->inverse, 0, m * m * sizeof *factor->inverse);
    for (size_t j = 0; j < m; j++) {
        double *column = factor->inverse + j * m;
        if (factor->dropped[j]) continue;
        column[j] = 1 / r[j * m + j];
        for (size_t i = j; i-- > 0;) {
            double sum = 0;
            if (factor->dropped[i]) continue;
            for (size_t k = i + 1; k <= j; k++) sum += r[k * m + i] * column[k];
            column[i] = -sum / r[i * m + i];
        }
    }
    return optim_norm(factor->inverse, m * m);
}

/* ---- directions without effect --------------------------------------------------------------- */

/* Of each direction one column is left out: the one with the greatest share in what is left. */
static void factor_drop(FitFactor *factor, double *null) {
    size_t m = factor->m;
    for (size_t d = 0; d < factor->nullity; d++) {
        double *direction = null + d * m;
        size_t most = 0;
        for (size_t k = 1; k < m; k++)
            if (fabs(direction[k]) > fabs(direction[most])) most = k;
        factor->dropped[most] = true;
        for (size_t e = d + 1; e < factor->nullity; e++) {
            double share = null[e * m + most] / direction[most];
            for (size_t k = 0; k < m; k++) null[e * m + k] -= share * direction[k];
            null[e * m + most] = 0;
        }
    }
}

/* 'v' holds the right vectors, those of 'values' that are zero to rounding are kept. */
static void factor_keep_null(FitFactor *factor, const double *values, const double *v) {
    size_t m = factor->m;
    double largest = optim_largest(values, m);
    factor->smallest = largest;
    for (size_t j = 0; j < m; j++) {
        if (values[j] > FACTOR_NULL * largest) {
            factor->smallest = fmin(factor->smallest, values[j]);
            continue;
        }
        memcpy(factor->null + factor->nullity++ * m, v + j * m, m * sizeof *v);
    }
}

static Status factor_find_null(FitFactor *factor) {
    size_t m = factor->m;
    double *a = memory_new(2 * m * m + m + 1, sizeof *a), *v = a ? a + m * m : NULL;
    factor->null = memory_new(m * m + 1, sizeof *factor->null);
    if (a && factor->null) {
        memcpy(a, factor->r, m * m * sizeof *a);
        diagnose_singular(a, m, a + 2 * m * m, v);
        factor_keep_null(factor, a + 2 * m * m, v);
        memcpy(a, factor->null, m * factor->nullity * sizeof *a);
        factor_drop(factor, a);
    }
    Status status = a && factor->null ? STATUS_OK : STATUS_MEMORY;
    memory_free(a);
    return status;
}

/* Very many columns: a look at the diagonal must do. */
static void factor_drop_close(FitFactor *factor) {
    for (size_t k = 0; k < factor->m; k++)
        factor->dropped[k] = !(fabs(factor->r[k * factor->m + k]) >= FACTOR_CLOSE);
}

/* In numbers of two doubles, where the objective has them and columns are nearly dependent. */
static Status factor_refine(FitFactor *factor, const Objective *objective, const double *x,
                            bool *good) {
    if (!objective || !objective->fine_inverse || factor->m == 0) return STATUS_OK;
    double rss = 0;
    TRY(objective->fine_inverse(objective->context, x, factor->index, factor->scale, factor->m,
                                factor->inverse, &rss, good));
    if (*good) factor->rss = rss;
    return STATUS_OK;
}

Status diagnose_factor(FitFactor *factor, const Objective *objective, const double *x) {
    bool good = false;
    TRY(factor_reduce(factor));
    double norm = factor_invert(factor);
    factor->smallest = 1 / norm;
    if (norm * FACTOR_FINE > 1) TRY(factor_refine(factor, objective, x, &good));
    if (good || norm * FACTOR_CLOSE < 1) return STATUS_OK;
    if (factor->m <= FACTOR_SINGULAR) TRY(factor_find_null(factor));
    else factor_drop_close(factor);
    TRY(factor_reduce(factor));
    factor_invert(factor);
    return STATUS_OK;
}

void diagnose_factor_column(FitFactor *factor, size_t parameter, double length) {
    factor->scale[factor->m] = length;
    factor->index[factor->m++] = parameter;
}

size_t diagnose_factor_rank(const FitFactor *factor) {
    size_t rank = 0;
    for (size_t k = 0; k < factor->m; k++) rank += !factor->dropped[k];
    return rank;
}

/* ---- what is asked of it --------------------------------------------------------------------- */

double diagnose_factor_entry(const FitFactor *factor, size_t a, size_t b) {
    double sum = 0;
    for (size_t k = a > b ? a : b; k < factor->m; k++)
        sum += factor->inverse[k * factor->m + a] * factor->inverse[k * factor->m + b];
    return sum;
}

double diagnose_factor_leverage(const FitFactor *factor, const double *slopes) {
    double sum = 0;
    for (size_t k = 0; k < factor->m; k++) {
        const double *column = factor->inverse + k * factor->m;
        double part = 0;
        for (size_t i = 0; i <= k; i++)
            part += column[i] * (slopes[factor->index[i]] / factor->scale[i]);
        sum += part * part;
    }
    return sum;
}

double diagnose_factor_adrift(const FitFactor *factor, const double *slopes) {
    double most = 0;
    for (size_t d = 0; d < factor->nullity; d++) {
        const double *direction = factor->null + d * factor->m;
        double sum = 0, size = 0;
        for (size_t k = 0; k < factor->m; k++) {
            double part = slopes[factor->index[k]] / factor->scale[k] * direction[k];
            sum += part;
            size += fabs(part);
        }
        if (size > 0) most = fmax(most, fabs(sum) / size);
    }
    return most;
}

double diagnose_factor_share(const FitFactor *factor, size_t a, size_t b) {
    double sum = 0;
    for (size_t d = 0; d < factor->nullity; d++)
        sum += factor->null[d * factor->m + a] * factor->null[d * factor->m + b];
    return sum;
}
