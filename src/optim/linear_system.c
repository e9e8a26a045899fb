/* The linear problem of a round of least squares, from R and Q'r: columns in order of their pivots,
 * its rank, the plain step and the damped one (More, 1978). */
#include <float.h>
#include <math.h>

#include "optim.h"

bool optim_system_open(LinearSystem *system, size_t n) {
    size_t count = 0;
    *system = (LinearSystem){.n = n};
    if (memory_multiply(n, 2 * n + 5, &count)) system->matrix = memory_new(count, sizeof(double));
    system->column = memory_new(n, sizeof *system->column);
    if (!system->matrix || !system->column) return false;
    double **parts[] = {&system->right, &system->damped_right, &system->extra, &system->z,
                        &system->w};
    system->damped = system->matrix + n * n;
    for (size_t k = 0; k < COUNT_OF(parts); k++) *parts[k] = system->damped + (n + k) * n;
    return true;
}

void optim_system_close(LinearSystem *system) {
    memory_free(system->matrix);
    memory_free(system->column);
}

void optim_system_load(LinearSystem *system, const double *r, const double *qtr, const double *unit,
                    const bool *held) {
    size_t n = system->n;
    system->free = 0;
    for (size_t j = 0; j < n; j++) {
        if (held[j]) continue;
        double *column = system->matrix + system->free * n;
        for (size_t i = 0; i < n; i++) column[i] = i <= j ? r[j * n + i] * unit[j] : 0;
        system->column[system->free++] = j;
    }
    for (size_t i = 0; i < n; i++) system->right[i] = -qtr[i];
}

static void system_pivot(LinearSystem *system, size_t k) {
    size_t n = system->n, best = k;
    double greatest = -1;
    for (size_t j = k; j < system->free; j++) {
        double norm = optim_norm(system->matrix + j * n + k, n - k);
        if (norm > greatest) greatest = norm, best = j;
    }
    if (best == k) return;
    for (size_t i = 0; i < n; i++) {
        double value = system->matrix[k * n + i];
        system->matrix[k * n + i] = system->matrix[best * n + i];
        system->matrix[best * n + i] = value;
    }
    size_t column = system->column[k];
    system->column[k] = system->column[best];
    system->column[best] = column;
}

/* Reflects column k onto its diagonal (see qr.c for the form of the reflection). */
static void system_reflect(LinearSystem *system, size_t k) {
    size_t n = system->n;
    double *v = system->matrix + k * n, norm = optim_norm(v + k, n - k);
    if (norm == 0 || !isfinite(norm)) return;
    if (v[k] > 0) norm = -norm;
    for (size_t i = k; i < n; i++) v[i] = -v[i] / norm;
    v[k] += 1;
    for (size_t j = k + 1; j <= system->free; j++) {
        double *other = j < system->free ? system->matrix + j * n : system->right;
        double sum = optim_dot(v + k, other + k, n - k) / v[k];
        for (size_t i = k; i < n; i++) other[i] -= sum * v[i];
    }
    v[k] = norm;
}

void optim_system_factor(LinearSystem *system) {
    size_t n = system->n;
    for (size_t k = 0; k < system->free; k++) {
        system_pivot(system, k);
        system_reflect(system, k);
    }
    system->rank = 0;
    if (system->free == 0) return;
    double least = 4 * (double)n * DBL_EPSILON * fabs(system->matrix[0]);
    while (system->rank < system->free && fabs(system->matrix[system->rank * (n + 1)]) > least)
        system->rank++;
}

void optim_system_solve(LinearSystem *system) {
    size_t n = system->n;
    for (size_t k = system->rank; k < system->free; k++) system->z[k] = 0;
    for (size_t k = system->rank; k-- > 0;) {
        double sum = system->right[k];
        for (size_t j = k + 1; j < system->rank; j++)
            sum -= system->matrix[j * n + k] * system->z[j];
        system->z[k] = sum / system->matrix[k * n + k];
    }
}

/* One row sqrt(lambda) * e_j is rotated into the triangle (Givens; MINPACK's qrsolv). */
static void system_rotate(LinearSystem *system, size_t j, double root) {
    size_t n = system->n;
    double below = 0;
    for (size_t k = j; k < system->free; k++) system->extra[k] = 0;
    system->extra[j] = root;
    for (size_t k = j; k < system->free; k++) {
        double pair[2] = {system->damped[k * n + k], system->extra[k]};
        double norm = optim_norm(pair, 2);
        if (pair[1] == 0) continue;
        double c = pair[0] / norm, s = pair[1] / norm, top = system->damped_right[k];
        for (size_t i = k; i < system->free; i++) {
            double a = system->damped[i * n + k], b = system->extra[i];
            system->damped[i * n + k] = c * a + s * b;
            system->extra[i] = c * b - s * a;
        }
        system->damped_right[k] = c * top + s * below;
        below = c * below - s * top;
    }
}

/* z of min |A z - c|^2 + lambda |z|^2, and w with S' w = z for the triangle S of the damped
 * problem. */
static void system_solve_damped(LinearSystem *system, double lambda) {
    size_t n = system->n, free = system->free;
    for (size_t j = 0; j < free; j++) {
        for (size_t i = 0; i <= j; i++) system->damped[j * n + i] = system->matrix[j * n + i];
        system->damped_right[j] = system->right[j];
    }
    for (size_t j = 0; j < free; j++) system_rotate(system, j, sqrt(lambda));
    for (size_t k = free; k-- > 0;) {
        double sum = system->damped_right[k];
        for (size_t j = k + 1; j < free; j++) sum -= system->damped[j * n + k] * system->z[j];
        system->z[k] = sum / system->damped[k * n + k];
    }
    for (size_t k = 0; k < free; k++) {
        double sum = system->z[k];
        for (size_t i = 0; i < k; i++) sum -= system->damped[k * n + i] * system->w[i];
        system->w[k] = sum / system->damped[k * n + k];
    }
}

double optim_system_slope(LinearSystem *system) {
    for (size_t k = 0; k < system->free; k++)
        system->w[k] = optim_dot(system->matrix + k * system->n, system->right, k + 1);
    return optim_norm(system->w, system->free);
}

double optim_system_damping(LinearSystem *system, double radius, double lambda) {
    double low = 0, size, high = optim_system_slope(system) / radius;
    optim_system_solve(system);
    size = optim_norm(system->z, system->free);
    if (size <= 1.1 * radius) return 0;
    lambda = fmin(fmax(lambda, low), high);
    if (lambda == 0) lambda = high * radius / size;
    for (int turn = 0; turn < 20; turn++) {
        if (!(lambda > 0)) lambda = fmax(0.001 * high, DBL_MIN);
        system_solve_damped(system, lambda);
        size = optim_norm(system->z, system->free);
        if (fabs(size - radius) <= 0.1 * radius) break;
        double ratio = size / optim_norm(system->w, system->free);
        if (size > radius) low = fmax(low, lambda);
        if (size < radius) high = fmin(high, lambda);
        lambda = fmax(low, lambda + ratio * ratio * ((size - radius) / radius));
        if (lambda > high) lambda = 0.5 * (low + high);
    }
    return lambda;
}
