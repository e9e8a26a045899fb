/* Both ends of the spectrum of the second derivative, with the directions that they belong to:
 * by Jacobi's rotations where there are few parameters, else by Lanczos' method (1950) with full
 * reorthogonalisation, from exact products of the second derivative and a vector. */
#include "diagnose.h"

#include <float.h>
#include <math.h>
#include <string.h>

enum {
    SPECTRUM_DENSE = 30,        /* parameters */
    SPECTRUM_ROUNDS = 300,      /* of Lanczos, at most; */
    SPECTRUM_NUMBERS = 1 << 25, /* that their vectors take, at most */
    SPECTRUM_LOOK = 10,         /* so often both ends are looked at */
    SPECTRUM_SWEEPS = 60
};
static const double SPECTRUM_SETTLED = 1e-6; /* the residual of an end, of its value */
static const double SPECTRUM_GOOD = 1e-2;    /* the same after the last round */
static const double SPECTRUM_ROUNDING = 16 * DBL_EPSILON;
static const double SPECTRUM_ZERO = 10; /* of the least that is seen */

/* S H S, where S are the scales of the parameters. */
typedef struct Curving {
    const Objective *objective;
    const double *x, *scale;
    size_t n, count; /* parameters; those whose scale is not 0 */
    double *scaled;  /* n */
} Curving;

static Status curving_product(const Curving *curving, const double *v, double *product) {
    for (size_t i = 0; i < curving->n; i++) curving->scaled[i] = curving->scale[i] * v[i];
    TRY(curving->objective->hessian_vector(curving->objective->context, curving->x,
                                           curving->scaled, product));
    for (size_t i = 0; i < curving->n; i++)
        product[i] = curving->scale[i] != 0 ? curving->scale[i] * product[i] : 0;
    return STATUS_OK;
}

/* ---- few parameters: Jacobi ------------------------------------------------------------------ */

/* Turns rows and columns p and q of a so that their common element becomes 0. */
static void jacobi_turn(double *a, double *v, size_t n, size_t p, size_t q) {
    double half = (a[q * n + q] - a[p * n + p]) / (2 * a[p * n + q]);
    double t = copysign(1, half) / (fabs(half) + sqrt(half * half + 1));
    double c = 1 / sqrt(t * t + 1), s = t * c, common = a[p * n + q];
    double low = a[p * n + p] - t * common, high = a[q * n + q] + t * common;
    for (size_t k = 0; k < n; k++) {
        double ap = a[p * n + k], aq = a[q * n + k], vp = v[p * n + k], vq = v[q * n + k];
        a[p * n + k] = a[k * n + p] = c * ap - s * aq;
        a[q * n + k] = a[k * n + q] = s * ap + c * aq;
        v[p * n + k] = c * vp - s * vq;
        v[q * n + k] = s * vp + c * vq;
    }
    a[p * n + p] = low;
    a[q * n + q] = high;
    a[p * n + q] = a[q * n + p] = 0;
}

/* Of a symmetric matrix: its diagonal becomes the eigenvalues, row k of v the k-th vector. Elements
 * that are small against the roots of their diagonals are left: so small eigenvalues of a matrix
 * whose parameters differ in size keep their digits (Demmel and Veselic 1992). */
static void jacobi_eigen(double *a, double *v, size_t n) {
    bool turned = true;
    for (size_t i = 0; i < n; i++) v[i * n + i] = 1;
    for (int sweep = 0; turned && sweep < SPECTRUM_SWEEPS; sweep++) {
        turned = false;
        for (size_t p = 0; p < n; p++)
            for (size_t q = p + 1; q < n; q++) {
                double size = sqrt(fabs(a[p * n + p])) * sqrt(fabs(a[q * n + q]));
                if (!(fabs(a[p * n + q]) > DBL_EPSILON * size)) continue;
                jacobi_turn(a, v, n, p, q);
                turned = true;
            }
    }
}

/* The matrix over the parameters that count; 'place' says which these are. */
static Status spectrum_matrix(const Curving *curving, const size_t *place, double *a,
                              double *unit, double *column) {
    size_t m = curving->count;
    for (size_t j = 0; j < m; j++) {
        unit[place[j]] = 1;
        TRY(curving_product(curving, unit, column));
        unit[place[j]] = 0;
        for (size_t i = 0; i < m; i++) a[j * m + i] = column[place[i]];
    }
    for (size_t j = 0; j < m; j++)
        for (size_t i = 0; i < j; i++)
            a[j * m + i] = a[i * m + j] = a[j * m + i] / 2 + a[i * m + j] / 2;
    return STATUS_OK;
}

/* What is nothing but rounding of the diagonal is 0. */
static void spectrum_end(SpectrumEnd *end, double value, const double *v, const double *diagonal,
                         const size_t *place, size_t m) {
    double size = 0;
    for (size_t i = 0; i < m; i++) {
        end->vector[place[i]] = v[i];
        size += v[i] * v[i] * fabs(diagonal[i]);
    }
    end->value = fabs(value) <= SPECTRUM_ROUNDING * (double)m * size ? 0 : value;
    end->settled = true;
}

static Status spectrum_dense(const Curving *curving, Spectrum *spectrum) {
    size_t m = curving->count, n = curving->n, low = 0, high = 0;
    double *a = memory_new(2 * m * m + 2 * n, sizeof *a), *v = a + m * m;
    size_t *place = memory_new(m, sizeof *place);
    Status status = a && place ? STATUS_OK : STATUS_MEMORY;
    for (size_t i = 0, j = 0; status == STATUS_OK && i < n; i++)
        if (curving->scale[i] != 0) place[j++] = i;
    if (status == STATUS_OK)
        status = spectrum_matrix(curving, place, a, a + 2 * m * m, a + 2 * m * m + n);
    if (status == STATUS_OK && optim_finite(a, m * m)) {
        double *diagonal = a + 2 * m * m; /* of the matrix: the unit is no longer needed */
        for (size_t i = 0; i < m; i++) diagonal[i] = a[i * m + i];
        jacobi_eigen(a, v, m);
        for (size_t k = 1; k < m; k++) {
            if (a[k * m + k] < a[low * m + low]) low = k;
            if (a[k * m + k] > a[high * m + high]) high = k;
        }
        spectrum_end(&spectrum->low, a[low * m + low], v + low * m, diagonal, place, m);
        spectrum_end(&spectrum->high, a[high * m + high], v + high * m, diagonal, place, m);
    }
    memory_free(a);
    memory_free(place);
    return status;
}

/* ---- many parameters: Lanczos ---------------------------------------------------------------- */

typedef struct Lanczos {
    const Curving *curving;
    size_t rounds, most;  /* done; room for */
    double *basis;        /* most x n */
    double *alpha, *beta; /* most each: the tridiagonal matrix */
    double *y, *pivots;   /* most each */
    double *next;         /* n */
    double least;         /* below this a remainder is nothing but rounding */
    RandomKey key;
    uint64_t drawn;
} Lanczos;

/* v less its parts along the first m vectors of the basis; twice is enough. */
static double lanczos_clean(const Lanczos *lanczos, size_t m, double *v) {
    size_t n = lanczos->curving->n;
    for (int turn = 0; turn < 2; turn++)
        for (size_t k = 0; k < m; k++) {
            const double *q = lanczos->basis + k * n;
            double part = optim_dot(q, v, n);
            for (size_t i = 0; i < n; i++) v[i] -= part * q[i];
        }
    return optim_norm(v, n);
}

static void lanczos_keep(const Lanczos *lanczos, size_t m, double length) {
    size_t n = lanczos->curving->n;
    for (size_t i = 0; i < n; i++) lanczos->basis[m * n + i] = lanczos->next[i] / length;
}

/* A new direction at right angles to all before. */
static void lanczos_draw(Lanczos *lanczos, size_t m) {
    const Curving *curving = lanczos->curving;
    for (size_t i = 0; i < curving->n; i++)
        lanczos->next[i] =
            curving->scale[i] != 0 ? random_normal(lanczos->key, lanczos->drawn++) : 0;
    lanczos_keep(lanczos, m, lanczos_clean(lanczos, m, lanczos->next));
}

/* Is sign * T - shift positive definite? Its pivots go to d. */
static bool lanczos_definite(const Lanczos *lanczos, double sign, double shift, double *d) {
    for (size_t k = 0; k < lanczos->rounds; k++) {
        double off = k ? lanczos->beta[k - 1] : 0;
        d[k] = sign * lanczos->alpha[k] - shift - (k ? off / d[k - 1] * off : 0);
        if (!(d[k] > 0)) return false;
    }
    return true;
}

/* The smallest eigenvalue of sign * T by halving, its vector by inverse iteration into y. */
static double lanczos_smallest(const Lanczos *lanczos, double sign, double *d) {
    size_t m = lanczos->rounds;
    double low = HUGE_VAL, high = HUGE_VAL, *y = lanczos->y;
    for (size_t k = 0; k < m; k++) {
        double at = sign * lanczos->alpha[k], room = k ? lanczos->beta[k - 1] : 0;
        room += k + 1 < m ? lanczos->beta[k] : 0;
        if (at < high) high = at;
        if (at - room < low) low = at - room;
    }
    low -= fabs(low) * 1e-6 + DBL_MIN;
    for (double middle; (middle = low / 2 + high / 2) > low && middle < high;)
        if (lanczos_definite(lanczos, sign, middle, d)) low = middle;
        else high = middle;
    lanczos_definite(lanczos, sign, low, d);
    for (size_t k = 0; k < m; k++) y[k] = 1 + (double)k / (double)m;
    for (int turn = 0; turn < 4; turn++) { /* L D L' y = y */
        for (size_t k = 1; k < m; k++) y[k] -= sign * lanczos->beta[k - 1] / d[k - 1] * y[k - 1];
        for (size_t k = m; k-- > 0;) {
            y[k] /= d[k];
            if (k + 1 < m) y[k] -= sign * lanczos->beta[k] / d[k] * y[k + 1];
        }
        double length = optim_norm(y, m);
        for (size_t k = 0; k < m; k++) y[k] /= length;
    }
    return low;
}

/* One end as it is by now; true when it will not move any more. */
static bool lanczos_look(const Lanczos *lanczos, double sign, SpectrumEnd *end) {
    size_t n = lanczos->curving->n, m = lanczos->rounds;
    end->value = sign * lanczos_smallest(lanczos, sign, lanczos->pivots);
    double residual = lanczos->beta[m - 1] * fabs(lanczos->y[m - 1]);
    if (fabs(end->value) + residual <= SPECTRUM_ZERO * lanczos->least) end->value = residual = 0;
    memset(end->vector, 0, n * sizeof *end->vector);
    for (size_t k = 0; k < m; k++)
        for (size_t i = 0; i < n; i++)
            end->vector[i] += lanczos->y[k] * lanczos->basis[k * n + i];
    end->settled = residual <= SPECTRUM_GOOD * fabs(end->value);
    return residual <= SPECTRUM_SETTLED * fabs(end->value);
}

static Status lanczos_round(Lanczos *lanczos) {
    size_t m = lanczos->rounds, n = lanczos->curving->n;
    const double *q = lanczos->basis + m * n;
    TRY(curving_product(lanczos->curving, q, lanczos->next));
    lanczos->alpha[m] = optim_dot(q, lanczos->next, n);
    double size = optim_norm(lanczos->next, n) * SPECTRUM_ROUNDING;
    if (!isfinite(size)) return STATUS_INTERNAL;
    if (size > lanczos->least) lanczos->least = size;
    lanczos->beta[m] = lanczos_clean(lanczos, m + 1, lanczos->next);
    lanczos->rounds++;
    bool more = lanczos->beta[m] > lanczos->least;
    if (!more) lanczos->beta[m] = 0;
    if (m + 1 == lanczos->most) return STATUS_OK;
    if (more) lanczos_keep(lanczos, m + 1, lanczos->beta[m]);
    else lanczos_draw(lanczos, m + 1);
    return STATUS_OK;
}

static Status lanczos_run(Lanczos *lanczos, Spectrum *spectrum) {
    bool done = false;
    lanczos_draw(lanczos, 0);
    while (!done && lanczos->rounds < lanczos->most) {
        TRY(lanczos_round(lanczos));
        done = lanczos->rounds == lanczos->most;
        if (!done && lanczos->rounds % SPECTRUM_LOOK) continue;
        bool low = lanczos_look(lanczos, 1, &spectrum->low);
        if (lanczos_look(lanczos, -1, &spectrum->high) && low) done = true;
    }
    return STATUS_OK;
}

static Status spectrum_lanczos(const Curving *curving, size_t rounds, Spectrum *spectrum) {
    size_t n = curving->n, most = SPECTRUM_NUMBERS / n;
    if (most < 2 * SPECTRUM_LOOK) most = 2 * SPECTRUM_LOOK;
    if (most > rounds) most = rounds;
    if (most > curving->count) most = curving->count;
    Lanczos lanczos = {.curving = curving, .most = most, .key = random_key(1, "curvature")};
    lanczos.basis = memory_new(most * n, sizeof *lanczos.basis);
    lanczos.alpha = memory_new(4 * most + n, sizeof *lanczos.alpha);
    Status status = lanczos.basis && lanczos.alpha ? STATUS_OK : STATUS_MEMORY;
    if (status == STATUS_OK) {
        lanczos.beta = lanczos.alpha + most;
        lanczos.y = lanczos.beta + most;
        lanczos.pivots = lanczos.y + most;
        lanczos.next = lanczos.pivots + most;
        status = lanczos_run(&lanczos, spectrum);
    }
    memory_free(lanczos.basis);
    memory_free(lanczos.alpha);
    return status;
}

/* ---- the whole ------------------------------------------------------------------------------- */

/* A step of plain descent is rate * factor * slope: over parameters divided by the roots of their
 * factors it is rate * slope. Those that are held do not take part. */
static void spectrum_scales(const Objective *objective, double *scale, size_t *count) {
    for (size_t i = 0; i < objective->n; i++) {
        bool held = objective->low && objective->low[i] == objective->high[i];
        scale[i] = held ? 0 : objective->rate ? sqrt(objective->rate[i]) : 1;
        *count += scale[i] != 0;
    }
}

Status diagnose_spectrum_within(const Objective *objective, const double *x, size_t rounds,
                                Spectrum *spectrum) {
    size_t n = objective->n;
    *spectrum = (Spectrum){.low.value = NAN, .high.value = NAN};
    double *scale = memory_new(4 * n + 1, sizeof *scale);
    if (!scale) return STATUS_MEMORY;
    Curving curving = {.objective = objective, .x = x, .scale = scale, .n = n};
    curving.scaled = scale + n;
    spectrum->storage = scale;
    spectrum->low.vector = scale + 2 * n;
    spectrum->high.vector = scale + 3 * n;
    spectrum_scales(objective, scale, &curving.count);
    spectrum->count = curving.count;
    if (curving.count == 0 || !objective->hessian_vector) return STATUS_OK;
    Status status = curving.count <= SPECTRUM_DENSE ? spectrum_dense(&curving, spectrum)
                                                    : spectrum_lanczos(&curving, rounds, spectrum);
    if (status == STATUS_OK) return status;
    if (status == STATUS_MEMORY) diagnose_spectrum_free(spectrum);
    else spectrum->low.value = spectrum->high.value = NAN; /* it is not finite, or is not known */
    return status == STATUS_MEMORY ? status : STATUS_OK;
}

void diagnose_spectrum_free(Spectrum *spectrum) {
    memory_free(spectrum->storage);
    *spectrum = (Spectrum){.low.value = NAN, .high.value = NAN};
}

Status diagnose_spectrum(const Objective *objective, const double *x, Spectrum *spectrum) {
    return diagnose_spectrum_within(objective, x, SPECTRUM_ROUNDS, spectrum);
}
