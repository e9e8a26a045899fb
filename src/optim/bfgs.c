/* bfgs: the inverse of the second derivative as a dense matrix, learned from the steps (Broyden,
 * Fletcher, Goldfarb, Shanno; Nocedal and Wright, 2nd ed., eq. 6.17). */
#include <math.h>

#include "optim.h"

typedef struct Bfgs {
    size_t n;
    size_t learned;
    double *inverse; /* n x n, symmetric, both halves kept */
    double *product; /* inverse times the change of the gradient */
} Bfgs;

static void bfgs_close(void *curvature) {
    Bfgs *bfgs = curvature;
    if (!bfgs) return;
    memory_free(bfgs->inverse);
    memory_free(bfgs->product);
    memory_free(bfgs);
}

static void bfgs_reset(void *curvature) {
    Bfgs *bfgs = curvature;
    size_t n = bfgs->n;
    for (size_t i = 0; i < n * n; i++) bfgs->inverse[i] = i % (n + 1) == 0;
    bfgs->learned = 0;
}

static void *bfgs_open(size_t n) {
    size_t count = 0;
    Bfgs *bfgs = memory_new(1, sizeof *bfgs);
    if (!bfgs) return NULL;
    bfgs->n = n;
    if (memory_multiply(n, n, &count)) bfgs->inverse = memory_new(count, sizeof(double));
    bfgs->product = memory_new(n, sizeof(double));
    if (!bfgs->inverse || !bfgs->product) {
        bfgs_close(bfgs);
        return NULL;
    }
    bfgs_reset(bfgs);
    return bfgs;
}

static void bfgs_direction(void *curvature, const double *gradient, const bool *held,
                           double *direction) {
    const Bfgs *bfgs = curvature;
    size_t n = bfgs->n;
    for (size_t i = 0; i < n; i++) {
        const double *row = bfgs->inverse + i * n;
        double sum = 0;
        for (size_t j = 0; j < n; j++)
            if (!held[j]) sum += row[j] * gradient[j];
        direction[i] = held[i] ? 0 : -sum;
    }
}

static void bfgs_learn(void *curvature, const double *step, const double *change, double product) {
    Bfgs *bfgs = curvature;
    size_t n = bfgs->n;
    if (bfgs->learned == 0) {
        /* The size of the identity: the curvature along the first step (eq. 6.20). */
        double size = product / optim_dot(change, change, n);
        if (!(size > 0) || !isfinite(size)) return;
        for (size_t i = 0; i < n; i++) bfgs->inverse[i * (n + 1)] = size;
    }
    for (size_t i = 0; i < n; i++) bfgs->product[i] = optim_dot(bfgs->inverse + i * n, change, n);
    double factor = 1 + optim_dot(bfgs->product, change, n) / product;
    if (!isfinite(factor)) return;
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j <= i; j++) {
            double add = factor * step[i] * (step[j] / product) -
                         bfgs->product[i] * (step[j] / product) -
                         bfgs->product[j] * (step[i] / product);
            bfgs->inverse[i * n + j] += add;
            bfgs->inverse[j * n + i] = bfgs->inverse[i * n + j];
        }
    bfgs->learned++;
}

static bool bfgs_fresh(const void *curvature) {
    return ((const Bfgs *)curvature)->learned == 0;
}

static size_t bfgs_state(const void *curvature, const double **arrays, size_t capacity) {
    const Bfgs *bfgs = curvature;
    for (size_t i = 0; i < bfgs->n && i < capacity; i++) arrays[i] = bfgs->inverse + i * bfgs->n;
    return bfgs->n;
}

const Curvature optim_dense_curvature = {
    .open = bfgs_open,
    .reset = bfgs_reset,
    .direction = bfgs_direction,
    .learn = bfgs_learn,
    .fresh = bfgs_fresh,
    .state = bfgs_state,
    .close = bfgs_close,
};
