/* lbfgs: curvature from the last few steps only (Nocedal, Math. Comp. 35, 1980; the two-loop
 * recursion, Nocedal and Wright, 2nd ed., algorithm 7.4). Products are taken over the parameters
 * that are not held, so that bounds do not spoil the pairs. */
#include <math.h>

#include "optim.h"

enum { LBFGS_PAIRS = 12 };

typedef struct Lbfgs {
    size_t n;
    size_t learned;          /* pairs ever learned; the last LBFGS_PAIRS are kept, as in a ring */
    double *steps, *changes; /* LBFGS_PAIRS rows of n */
    bool usable[LBFGS_PAIRS];
    double inner[LBFGS_PAIRS], factor[LBFGS_PAIRS];
} Lbfgs;

static void lbfgs_close(void *curvature) {
    Lbfgs *lbfgs = curvature;
    if (!lbfgs) return;
    memory_free(lbfgs->steps);
    memory_free(lbfgs->changes);
    memory_free(lbfgs);
}

static void lbfgs_reset(void *curvature) {
    ((Lbfgs *)curvature)->learned = 0;
}

static void *lbfgs_open(size_t n) {
    size_t count = 0;
    Lbfgs *lbfgs = memory_new(1, sizeof *lbfgs);
    if (!lbfgs) return NULL;
    lbfgs->n = n;
    if (memory_multiply(n, LBFGS_PAIRS, &count)) {
        lbfgs->steps = memory_new(count, sizeof(double));
        lbfgs->changes = memory_new(count, sizeof(double));
    }
    if (!lbfgs->steps || !lbfgs->changes) {
        lbfgs_close(lbfgs);
        return NULL;
    }
    return lbfgs;
}

static double lbfgs_product(const double *a, const double *b, const bool *held, size_t n) {
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        if (!held[i]) sum += a[i] * b[i];
    return sum;
}

static void lbfgs_add(double *a, double factor, const double *b, const bool *held, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (!held[i]) a[i] += factor * b[i];
}

static size_t lbfgs_kept(const Lbfgs *lbfgs) {
    return lbfgs->learned < LBFGS_PAIRS ? lbfgs->learned : LBFGS_PAIRS;
}

static void lbfgs_direction(void *curvature, const double *gradient, const bool *held,
                            double *direction) {
    Lbfgs *lbfgs = curvature;
    size_t n = lbfgs->n, kept = lbfgs_kept(lbfgs);
    double size = 0;
    for (size_t i = 0; i < n; i++) direction[i] = held[i] ? 0 : -gradient[i];
    for (size_t k = 1; k <= kept; k++) {
        size_t slot = (lbfgs->learned - k) % LBFGS_PAIRS;
        const double *step = lbfgs->steps + slot * n, *change = lbfgs->changes + slot * n;
        double inner = lbfgs_product(step, change, held, n);
        double square = lbfgs_product(change, change, held, n);
        lbfgs->usable[slot] = inner > 1e-16 * square * size && inner > 0;
        if (!lbfgs->usable[slot]) continue;
        lbfgs->inner[slot] = inner;
        lbfgs->factor[slot] = lbfgs_product(step, direction, held, n) / inner;
        lbfgs_add(direction, -lbfgs->factor[slot], change, held, n);
        if (size == 0) size = inner / square;
    }
    for (size_t i = 0; size > 0 && i < n; i++) direction[i] *= size;
    for (size_t k = kept; k >= 1; k--) {
        size_t slot = (lbfgs->learned - k) % LBFGS_PAIRS;
        const double *step = lbfgs->steps + slot * n, *change = lbfgs->changes + slot * n;
        if (!lbfgs->usable[slot]) continue;
        double back = lbfgs_product(change, direction, held, n) / lbfgs->inner[slot];
        lbfgs_add(direction, lbfgs->factor[slot] - back, step, held, n);
    }
}

static void lbfgs_learn(void *curvature, const double *step, const double *change, double product) {
    Lbfgs *lbfgs = curvature;
    size_t n = lbfgs->n, slot = lbfgs->learned % LBFGS_PAIRS;
    (void)product; /* the inner products are taken anew: they depend on what is held */
    for (size_t i = 0; i < n; i++) {
        lbfgs->steps[slot * n + i] = step[i];
        lbfgs->changes[slot * n + i] = change[i];
    }
    lbfgs->learned++;
}

static bool lbfgs_fresh(const void *curvature) {
    return ((const Lbfgs *)curvature)->learned == 0;
}

static size_t lbfgs_state(const void *curvature, const double **arrays, size_t capacity) {
    const Lbfgs *lbfgs = curvature;
    size_t n = lbfgs->n, kept = lbfgs_kept(lbfgs);
    for (size_t k = 0; k < kept; k++) {
        size_t slot = (lbfgs->learned - kept + k) % LBFGS_PAIRS;
        if (2 * k < capacity) arrays[2 * k] = lbfgs->steps + slot * n;
        if (2 * k + 1 < capacity) arrays[2 * k + 1] = lbfgs->changes + slot * n;
    }
    return 2 * kept;
}

const Curvature optim_limited_curvature = {
    .open = lbfgs_open,
    .reset = lbfgs_reset,
    .direction = lbfgs_direction,
    .learn = lbfgs_learn,
    .fresh = lbfgs_fresh,
    .state = lbfgs_state,
    .close = lbfgs_close,
};
