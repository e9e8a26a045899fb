/* The sum of squares as a function of the parameters in which the residuals are not linear: the
 * linear ones are always the best for these (variable projection: Golub and Pereyra, 1973; the
 * slopes are Kaufman's, BIT 15, 1975). From R and Q'r of all parameters alone: with the linear
 * columns in front, what a second triangle has below them is the projected problem. */
#include <math.h>

#include "optim.h"

static const double PROJECTION_MOVED = 0.1; /* of r'r: then slopes are taken anew */
static const double PROJECTION_RANK = 1e-13; /* of a column: less is rounding */

bool optim_projection_open(Projection *projection, const Objective *outer) {
    size_t n = outer->n, count = 0;
    *projection = (Projection){.outer = outer, .n = n};
    projection->order = memory_new(n + 1, sizeof *projection->order);
    if (memory_multiply(n, n + 7, &count))
        projection->storage = memory_new(count + 1, sizeof *projection->storage);
    projection->qr = qr_new(n);
    if (!projection->order || !projection->storage || !projection->qr) return false;
    double **parts[] = {&projection->x,    &projection->qtr, &projection->row, &projection->low,
                        &projection->high, &projection->size, &projection->step};
    projection->r = projection->storage + COUNT_OF(parts) * n;
    for (size_t k = 0; k < COUNT_OF(parts); k++) *parts[k] = projection->storage + k * n;
    return true;
}

void optim_projection_close(Projection *projection) {
    qr_free(projection->qr);
    memory_free(projection->storage);
    memory_free(projection->order);
}

/* Linear and free of bounds. */
static bool projection_takes(const Objective *outer, size_t i) {
    bool bound = (outer->low && isfinite(outer->low[i])) ||
                 (outer->high && isfinite(outer->high[i]));
    return outer->linear && outer->linear[i] && !bound;
}

/* ---- the second triangle --------------------------------------------------------------------- */

static Status projection_outer(Projection *projection, double *rss) {
    const Objective *outer = projection->outer;
    size_t n = projection->n;
    projection->evaluations++;
    TRY(outer->least_squares(outer->context, projection->x, projection->r, projection->qtr, rss));
    if (!optim_finite(projection->r, n * n) || !optim_finite(projection->qtr, n)) *rss = NAN;
    return STATUS_OK;
}

/* R and Q'r once more, the linear columns in front. */
static void projection_reorder(Projection *projection) {
    size_t n = projection->n;
    double ignored;
    qr_reset(projection->qr);
    for (size_t j = 0; j < n; j++)
        projection->size[j] = optim_norm(projection->r + projection->order[j] * n, n);
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < n; j++) {
            size_t column = projection->order[j];
            projection->row[j] = i <= column ? projection->r[column * n + i] : 0;
        }
        qr_add(projection->qr, projection->row, projection->qtr[i]);
    }
    qr_finish(projection->qr, projection->r, projection->qtr, &ignored);
}

/* How far the linear parameters are to go, and by how much r'r falls. */
static double projection_solve(Projection *projection) {
    size_t n = projection->n, m = projection->n_linear;
    double gain = 0;
    for (size_t k = m; k-- > 0;) {
        double diagonal = projection->r[k * n + k], sum = -projection->qtr[k];
        for (size_t j = k + 1; j < m; j++) sum -= projection->r[j * n + k] * projection->step[j];
        bool known = fabs(diagonal) > PROJECTION_RANK * projection->size[k];
        projection->step[k] = known ? sum / diagonal : 0;
        if (known) gain += projection->qtr[k] * projection->qtr[k];
    }
    return gain;
}

static void projection_move(Projection *projection) {
    for (size_t k = 0; k < projection->n_linear; k++)
        projection->x[projection->order[k]] += projection->step[k];
}

static void projection_unmove(Projection *projection) {
    for (size_t k = 0; k < projection->n_linear; k++)
        projection->x[projection->order[k]] -= projection->step[k];
}

Status optim_project_linear(Projection *projection, double *rss) {
    TRY(projection_outer(projection, rss));
    if (!isfinite(*rss)) return STATUS_OK;
    projection_reorder(projection);
    double gain = projection_solve(projection);
    projection_move(projection);
    if (gain <= PROJECTION_MOVED * (*rss - gain)) {
        *rss = fmax(*rss - gain, 0);
        return STATUS_OK;
    }
    double before = *rss;
    TRY(projection_outer(projection, rss));
    if (*rss <= before) {
        projection_reorder(projection);
        return STATUS_OK;
    }
    projection_unmove(projection); /* rounding ate the gain */
    TRY(projection_outer(projection, rss));
    if (isfinite(*rss)) projection_reorder(projection);
    return STATUS_OK;
}

/* ---- as an objective ------------------------------------------------------------------------- */

static Status projection_squares(void *context, const double *y, double *r_matrix, double *qtr,
                                 double *rss) {
    Projection *projection = context;
    size_t n = projection->n, m = projection->n_linear, inner = n - m;
    for (size_t k = 0; k < inner; k++) projection->x[projection->order[m + k]] = y[k];
    TRY(optim_project_linear(projection, rss));
    if (!isfinite(*rss)) { /* what it was made of is of no use to the next */
        for (size_t k = 0; k < m; k++) projection->x[projection->order[k]] = 0;
        return STATUS_OK;
    }
    for (size_t j = 0; j < inner && r_matrix; j++)
        for (size_t i = 0; i < inner; i++)
            r_matrix[j * inner + i] = i <= j ? projection->r[(m + j) * n + m + i] : 0;
    for (size_t i = 0; i < inner && qtr; i++) qtr[i] = projection->qtr[m + i];
    return STATUS_OK;
}

static void projection_order(Projection *projection) {
    const Objective *outer = projection->outer;
    size_t at = 0;
    for (size_t i = 0; i < outer->n; i++)
        if (projection_takes(outer, i)) projection->order[at++] = i;
    projection->n_linear = at;
    for (size_t i = 0; i < outer->n; i++)
        if (!projection_takes(outer, i)) projection->order[at++] = i;
}

void optim_projection_start(Projection *projection, const double *x) {
    const Objective *outer = projection->outer;
    projection_order(projection);
    size_t m = projection->n_linear;
    for (size_t i = 0; i < outer->n; i++) projection->x[i] = x[i];
    for (size_t k = 0; m + k < outer->n; k++) {
        size_t i = projection->order[m + k];
        projection->low[k] = outer->low ? outer->low[i] : -INFINITY;
        projection->high[k] = outer->high ? outer->high[i] : INFINITY;
    }
    projection->inner = (Objective){.n = outer->n - m,
                                    .low = projection->low,
                                    .high = projection->high,
                                    .context = projection,
                                    .least_squares = projection_squares,
                                    .loss_scale = outer->loss_scale,
                                    .n_residuals = outer->n_residuals};
}
