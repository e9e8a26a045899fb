/* Robust fits: errors of the M-estimator, and the rows that hardly count.
 *
 * The covariance is that of Huber and Ronchetti, Robust Statistics, 2009, section 7.6, with its
 * correction for few rows (H1 in statsmodels): (J'J)^-1 times k^2 sum(psi^2)/(n - p) over the
 * square of the mean of psi', k = 1 + p/n var(psi')/mean(psi')^2. */
#include "diagnose.h"

#include <math.h>
#include <stdlib.h>

static const double ROBUST_HALF = 0.5;

static int robust_order(const void *a, const void *b) {
    const DownRow *x = a, *y = b;
    if (x->weight != y->weight) return x->weight < y->weight ? -1 : 1;
    return (x->row > y->row) - (x->row < y->row);
}

/* The rows that count less than half: a row counts as psi(r)/r does against 1. */
static Status robust_down_rows(const double *residual, const double *psi, const double *left,
                               size_t n, FitStatistics *fit) {
    size_t count = 0;
    for (size_t r = 0; r < n; r++) count += fabs(psi[r]) < ROBUST_HALF * fabs(residual[r]);
    DownRow *rows = memory_new(count + 1, sizeof *rows);
    if (!rows) return STATUS_MEMORY;
    for (size_t r = 0, k = 0; r < n; r++)
        if (fabs(psi[r]) < ROBUST_HALF * fabs(residual[r]))
            rows[k++] = (DownRow){.row = r, .weight = psi[r] / residual[r]};
    qsort(rows, count, sizeof *rows, robust_order);
    for (size_t k = 0; k < count; k++) rows[k].value = left[rows[k].row];
    fit->down_rows = rows;
    fit->n_down_rows = count;
    return STATUS_OK;
}

static double robust_factor(const double *psi, const double *slope, size_t n, double degrees) {
    double squares = 0, mean = 0, variance = 0, p = (double)n - degrees;
    for (size_t r = 0; r < n; r++) {
        squares += psi[r] * psi[r];
        mean += slope[r] / (double)n;
    }
    for (size_t r = 0; r < n; r++) {
        double off = slope[r] - mean;
        variance += off * off / (double)n;
    }
    double k = 1 + p / (double)n * variance / (mean * mean);
    return mean > 0 && degrees > 0 ? k * sqrt(squares / degrees) / mean : NAN;
}

Status diagnose_robust(const Problem *problem, const double *x, FitStatistics *fit) {
    size_t n = train_rows(problem).count;
    double *residual = memory_new(4 * n + 1, sizeof *residual);
    if (!residual) return STATUS_MEMORY;
    double *psi = residual + n, *slope = residual + 2 * n, *left = residual + 3 * n;
    Status status = train_robust_rows(problem, x, residual, psi, slope, left);
    if (status == STATUS_OK) {
        fit->unit = robust_factor(psi, slope, n, fit->degrees);
        status = robust_down_rows(residual, psi, left, n, fit);
    }
    memory_free(residual);
    return status;
}
