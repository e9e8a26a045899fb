/* tangent: what the data determine, and how well - the one place where the slope of a curve, or of
 * a residual, becomes a variance (Bates and Watts 1988, section 2.3).
 *
 * The columns of the R of the Jacobian, scaled to length one, are made orthogonal one after the
 * other (Gram-Schmidt, twice: Giraud et al. 2005). One that depends on those before it adds
 * nothing; what it does must then be the same combination of them. */
#include "diagnose.h"

#include <math.h>
#include <string.h>

static const double TANGENT_TIED = 1e-10; /* as close to dependence as the errors of parameters */
static const double TANGENT_SAME = 1e-6;  /* two slopes that should be equal */

struct Tangent {
    size_t n, rank;
    double *q;      /* n x n: 'rank' orthonormal columns */
    double *factor; /* n x n: column i, scaled: its parts along those columns */
    double *pivot;  /* n: what of it is new; 0: nothing */
    double *scale;  /* n: length of column i; 0: no effect; NaN: known, so it does not count */
    double *root;   /* n: of the slope in hand */
};

void diagnose_tangent_free(Tangent *tangent) {
    if (!tangent) return;
    memory_free(tangent->q);
    memory_free(tangent->factor);
    memory_free(tangent->pivot);
    memory_free(tangent->scale);
    memory_free(tangent->root);
    memory_free(tangent);
}

static Tangent *tangent_new(size_t n) {
    Tangent *tangent = memory_new(1, sizeof *tangent);
    if (!tangent) return NULL;
    tangent->n = n;
    tangent->q = memory_new(n * n + 1, sizeof(double));
    tangent->factor = memory_new(n * n + 1, sizeof(double));
    tangent->pivot = memory_new(n + 1, sizeof(double));
    tangent->scale = memory_new(n + 1, sizeof(double));
    tangent->root = memory_new(n + 1, sizeof(double));
    if (tangent->q && tangent->factor && tangent->pivot && tangent->scale && tangent->root)
        return tangent;
    diagnose_tangent_free(tangent);
    return NULL;
}

static bool tangent_known(const Objective *objective, const double *x, size_t i) {
    return objective->low && (x[i] <= objective->low[i] || x[i] >= objective->high[i]);
}

/* Takes the parts along the columns so far off 'column', and adds them to 'parts'. */
static void tangent_strip(const Tangent *tangent, double *column, double *parts) {
    size_t n = tangent->n;
    for (size_t k = 0; k < tangent->rank; k++) {
        const double *q = tangent->q + k * n;
        double part = optim_dot(q, column, n);
        for (size_t i = 0; i < n; i++) column[i] -= part * q[i];
        parts[k] += part;
    }
}

static void tangent_add(Tangent *tangent, const double *column, size_t i) {
    size_t n = tangent->n;
    double *rest = tangent->q + tangent->rank * n, *parts = tangent->factor + i * n;
    for (size_t k = 0; k < n; k++) rest[k] = column[k] / tangent->scale[i];
    tangent_strip(tangent, rest, parts);
    tangent_strip(tangent, rest, parts);
    double length = optim_norm(rest, n);
    if (!(length >= TANGENT_TIED)) return;
    for (size_t k = 0; k < n; k++) rest[k] /= length;
    tangent->pivot[i] = length;
    tangent->rank++;
}

static Status tangent_fill(const Objective *objective, const double *x, double *r_matrix,
                           Tangent *tangent) {
    double rss;
    size_t n = tangent->n;
    TRY(objective->least_squares(objective->context, x, r_matrix, tangent->root, &rss));
    for (size_t i = 0; i < n; i++) {
        const double *column = r_matrix + i * n;
        tangent->scale[i] = tangent_known(objective, x, i) ? NAN : optim_norm(column, n);
        if (tangent->scale[i] > 0 && isfinite(tangent->scale[i])) tangent_add(tangent, column, i);
    }
    return STATUS_OK;
}

Status diagnose_tangent(const Problem *problem, const double *x, Tangent **out) {
    const Objective *objective = train_exact_objective(problem);
    size_t n = objective->n;
    Tangent *tangent = tangent_new(n);
    double *r_matrix = memory_new(n * n + 1, sizeof *r_matrix);
    Status status = tangent && r_matrix ? tangent_fill(objective, x, r_matrix, tangent)
                                        : STATUS_MEMORY;
    memory_free(r_matrix);
    if (status != STATUS_OK) diagnose_tangent_free(tangent);
    *out = status == STATUS_OK ? tangent : NULL;
    return status;
}

/* Forward substitution with the transpose of the factor: root' root is the variance. */
double diagnose_tangent_variance(Tangent *tangent, const double *slope) {
    size_t n = tangent->n, found = 0;
    for (size_t i = 0; i < n; i++) {
        double scale = tangent->scale[i], size = fabs(slope[i]), rest = slope[i];
        if (isnan(scale)) continue;
        if (scale == 0 && slope[i] == 0) continue;
        if (scale == 0 || !isfinite(scale)) return NAN;
        rest /= scale;
        size /= scale;
        for (size_t k = 0; k < found; k++) {
            double part = tangent->factor[i * n + k] * tangent->root[k];
            rest -= part;
            size += fabs(part);
        }
        if (tangent->pivot[i] > 0) tangent->root[found++] = rest / tangent->pivot[i];
        else if (!(fabs(rest) <= TANGENT_SAME * size)) return NAN;
    }
    return optim_dot(tangent->root, tangent->root, found);
}
