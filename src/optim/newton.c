/* newton: the step of Newton's method from exact second derivatives: the last word before an end
 * that otherwise rests on what a walk has learned about curvature. */
#include <float.h>
#include <math.h>

#include "optim.h"

enum { NEWTON_SHIFTS = 30, NEWTON_TURNS = 20 };
static const double newton_falling = -1e-8; /* curvature, with 1 on the diagonal */

/* Second derivatives over what is not held, one product for each column; the rest is the identity.
 */
static Status newton_matrix(const Objective *objective, const double *x, const bool *held,
                            double *matrix, double *unit) {
    size_t n = objective->n;
    for (size_t j = 0; j < n; j++) unit[j] = 0;
    for (size_t j = 0; j < n; j++) {
        double *column = matrix + j * n;
        for (size_t i = 0; held[j] && i < n; i++) column[i] = i == j;
        if (held[j]) continue;
        unit[j] = 1;
        Status status = objective->hessian_vector(objective->context, x, unit, column);
        if (status == STATUS_MEMORY || status == STATUS_INTERRUPTED) return status;
        /* No second derivative of this formula: then there is no word from it either. */
        if (status != STATUS_OK) column[j] = NAN;
        unit[j] = 0;
        for (size_t i = 0; i < n; i++)
            if (held[i]) column[i] = 0;
    }
    return STATUS_OK;
}

/* Both halves equal, and the diagonal 1 or -1 by the units of the parameters. */
static void newton_scale(double *matrix, double *scale, size_t n) {
    for (size_t j = 0; j < n; j++) {
        double size = sqrt(fabs(matrix[j * n + j]));
        scale[j] = size > 0 ? 1 / size : 1;
    }
    for (size_t j = 0; j < n; j++)
        for (size_t i = 0; i <= j; i++) {
            double mean = 0.5 * matrix[j * n + i] + 0.5 * matrix[i * n + j];
            matrix[j * n + i] = matrix[i * n + j] = mean * scale[i] * scale[j];
        }
}

/* Cholesky factor of matrix + shift into its own lower half (the upper half and 'diagonal' keep the
 * matrix); false where it is not positive definite to rounding. */
static bool newton_factor(double *matrix, const double *diagonal, double shift, size_t n) {
    for (size_t j = 0; j < n; j++) {
        double pivot = diagonal[j] + shift;
        for (size_t k = 0; k < j; k++) pivot -= matrix[k * n + j] * matrix[k * n + j];
        if (!(pivot > (double)n * DBL_EPSILON * (1 + shift))) return false;
        pivot = sqrt(pivot);
        for (size_t i = j + 1; i < n; i++) {
            double sum = matrix[i * n + j];
            for (size_t k = 0; k < j; k++) sum -= matrix[k * n + i] * matrix[k * n + j];
            matrix[j * n + i] = sum / pivot;
        }
        matrix[j * n + j] = pivot;
    }
    return true;
}

static void newton_solve(const double *matrix, double *b, size_t n) {
    for (size_t j = 0; j < n; j++) {
        for (size_t k = 0; k < j; k++) b[j] -= matrix[k * n + j] * b[k];
        b[j] /= matrix[j * n + j];
    }
    for (size_t j = n; j-- > 0;) {
        for (size_t k = j + 1; k < n; k++) b[j] -= matrix[j * n + k] * b[k];
        b[j] /= matrix[j * n + j];
    }
}

/* Factors the scaled matrix, shifted as little as makes it positive definite; false if nothing
 * does. */
static bool newton_prepare(double *matrix, double *scale, double *diagonal, double *shift,
                           size_t n) {
    *shift = 0;
    if (!optim_finite(matrix, n * n)) return false;
    newton_scale(matrix, scale, n);
    for (size_t j = 0; j < n; j++) diagonal[j] = matrix[j * n + j];
    for (int turn = 0; turn < NEWTON_SHIFTS; turn++) {
        if (newton_factor(matrix, diagonal, *shift, n)) return true;
        *shift = *shift > 0 ? 4 * *shift : 1e-14;
    }
    return false;
}

Status optim_newton_direction(const Objective *objective, const double *x, const double *gradient,
                              const bool *held, double *work, double *direction) {
    size_t n = objective->n;
    double *matrix = work, *scale = work + n * n, *diagonal = scale + n, shift;
    TRY(newton_matrix(objective, x, held, matrix, direction));
    bool ready = newton_prepare(matrix, scale, diagonal, &shift, n);
    for (size_t i = 0; i < n; i++) direction[i] = held[i] || !ready ? 0 : -gradient[i] * scale[i];
    if (ready) newton_solve(matrix, direction, n);
    for (size_t i = 0; i < n; i++) direction[i] *= ready ? scale[i] : 0;
    return STATUS_OK;
}

/* v' A v for the scaled matrix: its upper half and 'diagonal'. */
static double newton_curvature(const double *matrix, const double *diagonal, const double *v,
                               size_t n) {
    double sum = 0;
    for (size_t j = 0; j < n; j++) {
        double row = 0;
        for (size_t i = 0; i < j; i++) row += matrix[j * n + i] * v[i];
        sum += v[j] * (diagonal[j] * v[j] + 2 * row);
    }
    return sum;
}

/* By inverse iteration with the shifted matrix, whose smallest eigenvalue is next to zero. */
Status optim_falling_direction(const Objective *objective, const double *x, const bool *held,
                               double *work, double *direction, bool *falls) {
    size_t n = objective->n;
    double *matrix = work, *scale = work + n * n, *diagonal = scale + n, shift;
    *falls = false;
    TRY(newton_matrix(objective, x, held, matrix, direction));
    if (!newton_prepare(matrix, scale, diagonal, &shift, n) || shift < -newton_falling)
        return STATUS_OK;
    for (size_t i = 0; i < n; i++) direction[i] = held[i] ? 0 : 1 + (double)(i % 7) / 8;
    for (int turn = 0; turn < NEWTON_TURNS; turn++) {
        newton_solve(matrix, direction, n);
        double size = optim_norm(direction, n);
        for (size_t i = 0; i < n; i++) direction[i] = held[i] ? 0 : direction[i] / size;
    }
    *falls = newton_curvature(matrix, diagonal, direction, n) < newton_falling;
    for (size_t i = 0; i < n; i++) direction[i] *= scale[i];
    return STATUS_OK;
}
