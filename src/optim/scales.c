/* scales: how strongly the loss curves by each parameter, so that a step may be long where the
 * ground is flat and short where it is steep. It is told by the diagonal of the second derivative,
 * for sums of squares also by the columns of the Jacobian, whichever is more; rows that are longer
 * than that are brought down to it, so that no parameter makes the steps of all others short
 * (equilibration: Bunch 1971). Beyond a few parameters the rows' lengths are estimated with random
 * signs (Bekas, Kokiopoulou and Saad 2007, who do so for the diagonal).
 *
 * A parameter in other units, or the loss times a factor, changes the scales by exactly the factors
 * that keep the walk the same; what stands in for a curvature of zero has the same property. */
#include <float.h>
#include <math.h>
#include <string.h>

#include "optim.h"

enum {
    SCALES_DENSE = 30,    /* parameters whose second derivative is made column by column */
    SCALES_SQUARES = 500, /* parameters whose Jacobian is factored */
    SCALES_TURNS = 3,
    SCALES_PROBES = 8,    /* vectors of signs in a look */
    SCALES_LOOKS = 3,     /* at the first place; later one is enough */
    SCALES_ROUNDS = 12    /* of Lanczos, beyond SCALES_DENSE parameters */
};

static const double SCALES_MORE = 1 + 1e-9; /* not only by rounding */

/* The second derivative at x, by products or as a matrix. */
typedef struct Bend {
    const Objective *objective;
    const double *x, *gradient;
    size_t n;
    bool again;             /* scales of a place before are known */
    double *matrix;         /* n x n, or NULL */
    double *vector, *image; /* n each */
    double *before;         /* n: curvatures of that place */
} Bend;

static bool scales_held(const Objective *objective, size_t i) {
    return objective->low && objective->low[i] == objective->high[i];
}

static Status bend_product(const Bend *bend, const double *v, double *product) {
    const Objective *objective = bend->objective;
    if (!bend->matrix) return objective->hessian_vector(objective->context, bend->x, v, product);
    for (size_t i = 0; i < bend->n; i++)
        product[i] = optim_dot(bend->matrix + i * bend->n, v, bend->n);
    return STATUS_OK;
}

/* ---- the diagonal ---------------------------------------------------------------------------- */

/* 2 * loss_scale * |column of J|^2. */
static Status scales_of_squares(const Bend *bend, double *curvature) {
    const Objective *objective = bend->objective;
    size_t n = bend->n;
    double rss, *r = memory_new(n * n + n, sizeof *r);
    if (!r) return STATUS_MEMORY;
    Status status = objective->least_squares(objective->context, bend->x, r, r + n * n, &rss);
    for (size_t i = 0; status == STATUS_OK && i < n; i++) {
        double length = optim_norm(r + i * n, n);
        curvature[i] = 2 * objective->loss_scale * length * length;
    }
    memory_free(r);
    return status;
}

static Status scales_fill_matrix(Bend *bend) {
    const Objective *objective = bend->objective;
    size_t n = bend->n;
    bend->matrix = memory_new(n * n, sizeof *bend->matrix);
    if (!bend->matrix) return STATUS_MEMORY;
    memset(bend->vector, 0, n * sizeof *bend->vector);
    for (size_t j = 0; j < n; j++) {
        bend->vector[j] = 1;
        TRY(objective->hessian_vector(objective->context, bend->x, bend->vector,
                                      bend->matrix + j * n));
        bend->vector[j] = 0;
    }
    return STATUS_OK;
}

/* The diagonal, where that is more. A zero on it, in a matrix that is not zero beside it: as
 * H_ij^2 <= H_ii H_jj at a bottom, this is the least that the curvature becomes there. */
static void scales_of_matrix(const Bend *bend, double *curvature) {
    size_t n = bend->n;
    for (size_t i = 0; i < n; i++) {
        const double *row = bend->matrix + i * n;
        curvature[i] = fmax(curvature[i], fabs(row[i]));
        for (size_t j = 0; curvature[i] == 0 && j < n; j++) {
            double across = fabs(bend->matrix[j * n + j]);
            if (across > 0) curvature[i] = fmax(curvature[i], row[j] * (row[j] / across));
        }
    }
}

/* Rows of S H S, where S are the roots of the scales' inverses, become at most about 1 long: what
 * curves more together with others than by itself. */
static void scales_balance(const Bend *bend, double *curvature) {
    size_t n = bend->n;
    double *length = bend->vector;
    for (int turn = 0; turn < SCALES_TURNS; turn++) {
        for (size_t i = 0; i < n; i++) {
            length[i] = 0;
            for (size_t j = 0; j < n; j++) {
                double part = bend->matrix[i * n + j] / sqrt(curvature[i]) / sqrt(curvature[j]);
                length[i] += part * part;
            }
        }
        for (size_t i = 0; i < n; i++) curvature[i] *= sqrt(fmax(length[i], 1));
    }
}

/* Multiplies each scale by the length of its row of S H S, where S are the roots of the scales'
 * inverses. */
static Status scales_look(const Bend *bend, RandomKey key, uint64_t look, double *curvature,
                          double *length) {
    size_t n = bend->n;
    memset(length, 0, n * sizeof *length);
    for (uint64_t k = 0; k < SCALES_PROBES; k++) {
        for (size_t i = 0; i < n; i++) {
            bool up = random_uniform(key, (look * SCALES_PROBES + k) * n + i) < 0.5;
            double size = curvature[i] > 0 ? 1 / sqrt(curvature[i]) : 0;
            bend->vector[i] = up ? size : -size;
        }
        TRY(bend_product(bend, bend->vector, bend->image));
        for (size_t i = 0; i < n; i++) {
            double part = bend->vector[i] * bend->image[i];
            length[i] += part * part / SCALES_PROBES;
        }
    }
    for (size_t i = 0; i < n; i++) curvature[i] *= sqrt(length[i]);
    return STATUS_OK;
}

/* From scales of before, or first from the units that the slope gives. */
static Status scales_estimate(const Bend *bend, double *curvature) {
    RandomKey key = random_key(1, "scales");
    uint64_t looks = bend->again ? 1 : SCALES_LOOKS;
    double *length = memory_new(bend->n, sizeof *length);
    Status status = length ? STATUS_OK : STATUS_MEMORY;
    for (size_t i = 0; i < bend->n; i++)
        curvature[i] = bend->again && curvature[i] > 0 ? 1 / curvature[i]
                                                     : bend->gradient[i] * bend->gradient[i];
    for (uint64_t look = 0; status == STATUS_OK && look < looks; look++)
        status = scales_look(bend, key, look, curvature, length);
    memory_free(length);
    return status;
}

static Status scales_raw(Bend *bend, double *curvature) {
    const Objective *objective = bend->objective;
    bool squares = objective->least_squares && bend->n <= SCALES_SQUARES;
    if (!objective->hessian_vector) return STATUS_INPUT;
    if (!squares && bend->n > SCALES_DENSE) return scales_estimate(bend, curvature);
    memset(curvature, 0, bend->n * sizeof *curvature);
    if (squares) TRY(scales_of_squares(bend, curvature));
    if (bend->n > SCALES_DENSE) return STATUS_OK;
    TRY(scales_fill_matrix(bend));
    scales_of_matrix(bend, curvature);
    return STATUS_OK;
}

/* ---- factors --------------------------------------------------------------------------------- */

static bool scales_good(double curvature) {
    return curvature > 0 && isfinite(curvature);
}

/* Where nothing was felt: so that a step promises as much there as where it promises most; where
 * there is no slope either, something between the others. Not more than before: else that slope
 * would seem small once all others are. */
static void scales_complete(const Bend *bend, double *curvature) {
    double most = 0, low = INFINITY, high = 0;
    for (size_t i = 0; i < bend->n; i++) {
        if (!scales_good(curvature[i])) continue;
        low = fmin(low, curvature[i]);
        high = fmax(high, curvature[i]);
        most = fmax(most, bend->gradient[i] / curvature[i] * bend->gradient[i]);
    }
    double middle = high > 0 ? sqrt(low) * sqrt(high) : 1;
    for (size_t i = 0; i < bend->n; i++) {
        if (scales_good(curvature[i])) continue;
        curvature[i] = most > 0 ? bend->gradient[i] / most * bend->gradient[i] : 0;
        if (!scales_good(curvature[i])) curvature[i] = middle;
        if (bend->again && scales_good(bend->before[i]))
            curvature[i] = fmin(curvature[i], bend->before[i]);
    }
}

/* The flattest parameter has factor 1. */
static void scales_factors(const Objective *objective, const double *curvature, double *factor,
                           double *flat) {
    double low = INFINITY;
    for (size_t i = 0; i < objective->n; i++)
        if (!scales_held(objective, i)) low = fmin(low, curvature[i]);
    *flat = low;
    for (size_t i = 0; i < objective->n; i++) {
        factor[i] = scales_held(objective, i) ? 1 : low / curvature[i];
        if (objective->rate) factor[i] *= objective->rate[i];
    }
}

/* ---- the greatest curvature over scaled parameters ------------------------------------------- */

/* Are shift - T and shift + T positive definite? */
static bool scales_above(const double *alpha, const double *beta, size_t m, double shift) {
    for (int sign = -1; sign <= 1; sign += 2) {
        double pivot = 1;
        for (size_t k = 0; k < m; k++) {
            pivot = shift + sign * alpha[k] - (k ? beta[k - 1] / pivot : 0);
            if (!(pivot > 0)) return false;
        }
    }
    return true;
}

/* Greatest |eigenvalue| of a tridiagonal matrix; beta: squares beside the diagonal. */
static double scales_norm(const double *alpha, const double *beta, size_t m) {
    double low = 0, high = 0;
    if (m == 1) return fabs(alpha[0]);
    for (size_t k = 0; k < m; k++) {
        double room = (k ? sqrt(beta[k - 1]) : 0) + (k + 1 < m ? sqrt(beta[k]) : 0);
        low = fmax(low, fabs(alpha[k]));
        high = fmax(high, fabs(alpha[k]) + room);
    }
    for (double middle; (middle = low / 2 + high / 2) > low && middle < high;) {
        if (scales_above(alpha, beta, m, middle)) high = middle;
        else low = middle;
    }
    return high;
}

/* S v, then H, then S again. */
static Status scales_product(const Bend *bend, const double *root, const double *v, double *out) {
    for (size_t i = 0; i < bend->n; i++) bend->image[i] = root[i] * v[i];
    TRY(bend_product(bend, bend->image, out));
    for (size_t i = 0; i < bend->n; i++) out[i] = root[i] != 0 ? root[i] * out[i] : 0;
    return STATUS_OK;
}

/* Lanczos' recursion from q, the first n of 'work'; its vectors are scaled by powers of two only,
 * so that equal curvatures give exact numbers. */
static Status scales_lanczos(const Bend *bend, const double *root, double *work, double *greatest) {
    size_t n = bend->n, m = 0;
    double alpha[SCALES_DENSE], beta[SCALES_DENSE], size = 0, length = 1, back = 0;
    double *q = work, *before = work + n, *next = work + 2 * n;
    size_t most = n <= SCALES_DENSE ? n : SCALES_ROUNDS;
    size = optim_dot(q, q, n);
    while (m < most && size > 0) {
        TRY(scales_product(bend, root, q, next));
        length = optim_norm(next, n);
        alpha[m] = optim_dot(q, next, n) / size;
        if (!isfinite(alpha[m]) || !isfinite(length)) return STATUS_INPUT;
        for (size_t i = 0; i < n; i++) next[i] -= alpha[m] * q[i] + back * before[i];
        double rest = optim_norm(next, n);
        beta[m] = rest / size * rest;
        m++;
        if (!(rest > 1e-12 * length)) break;
        int power;
        frexp(rest, &power);
        memcpy(before, q, n * sizeof *q);
        for (size_t i = 0; i < n; i++) q[i] = ldexp(next[i], -power);
        back = ldexp(beta[m - 1], -power);
        size = optim_dot(q, q, n);
    }
    *greatest = m ? scales_norm(alpha, beta, m) : 0;
    return STATUS_OK;
}

/* From a vector of ones, which may stand at right angles to what is looked for, and from a random
 * one. */
static Status scales_greatest(const Bend *bend, const double *factor, double *greatest) {
    size_t n = bend->n;
    double *work = memory_new(4 * n, sizeof *work), *root = work ? work + 3 * n : NULL;
    double other = 0;
    RandomKey key = random_key(1, "greatest curvature");
    if (!work) return STATUS_MEMORY;
    for (size_t i = 0; i < n; i++) {
        root[i] = scales_held(bend->objective, i) ? 0 : sqrt(factor[i]);
        work[i] = root[i] != 0;
    }
    Status status = STATUS_OK;
    *greatest = 0;
    if (bend->matrix) status = scales_lanczos(bend, root, work, greatest);
    for (size_t i = 0; i < n; i++) work[i] = root[i] != 0 ? random_normal(key, i) : 0;
    if (status == STATUS_OK) status = scales_lanczos(bend, root, work, &other);
    if (other > *greatest * SCALES_MORE) *greatest = other;
    memory_free(work);
    return status;
}

/* ---- the whole ------------------------------------------------------------------------------- */

static Status scales_measure(Bend *bend, double *factor, double *flat, double *greatest) {
    double *curvature = factor;
    TRY(scales_raw(bend, curvature));
    scales_complete(bend, curvature);
    if (bend->matrix) scales_balance(bend, curvature);
    double *felt = bend->vector;
    memcpy(felt, curvature, bend->n * sizeof *felt);
    scales_factors(bend->objective, felt, factor, flat);
    if (!bend->objective->hessian_vector) return STATUS_INPUT;
    return scales_greatest(bend, factor, greatest);
}

Status optim_scales(const Objective *objective, const double *x, const double *gradient, bool again,
                    double *factor, double *flat, double *greatest) {
    size_t n = objective->n;
    Bend bend = {.objective = objective, .x = x, .gradient = gradient, .n = n, .again = again};
    *greatest = NAN;
    if (n == 0) return STATUS_OK;
    bend.vector = memory_new(3 * n, sizeof *bend.vector);
    if (!bend.vector) return STATUS_MEMORY;
    bend.image = bend.vector + n;
    bend.before = bend.vector + 2 * n;
    for (size_t i = 0; again && i < n; i++) bend.before[i] = *flat / factor[i];
    Status status = scales_measure(&bend, factor, flat, greatest);
    memory_free(bend.vector);
    memory_free(bend.matrix);
    if (status == STATUS_MEMORY || status == STATUS_INTERRUPTED) return status;
    if (status == STATUS_OK) return status;
    *greatest = NAN; /* it is not finite, or is not known */
    for (size_t i = 0; i < n; i++) factor[i] = objective->rate ? objective->rate[i] : 1;
    return STATUS_OK;
}
