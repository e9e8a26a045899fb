/* The sum of squares as a function of the parameters in which the residuals are not linear: the
 * linear ones are always the best for these (variable projection: Golub and Pereyra, 1973; the
 * slopes are Kaufman's, BIT 15, 1975). From R and Q'r of all parameters alone: with the linear
 * columns in front, what a second triangle has below them is the projected problem. */
#include <math.h>

#include "optim.h"

static const double PROJECTION_MOVED = 0.01; /* of r'r: then slopes are taken anew */
static const double PROJECTION_STAYS = 1e-13; /* of r'r: what would be won by no more is left */
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

static void projection_slope(const Projection *projection, double *slope) {
    size_t n = projection->n;
    for (size_t j = 0; slope && j < n; j++)
        slope[j] = 2 * optim_dot(projection->r + j * n, projection->qtr, j + 1);
}

/* The triangle, the linear columns in front. */
Status optim_projection_stand(Projection *projection, double *slope, double *rss) {
    projection->known = false;
    TRY(projection_outer(projection, rss));
    projection_slope(projection, slope);
    if (!isfinite(*rss)) return STATUS_OK;
    projection_reorder(projection);
    projection->known = true;
    return STATUS_OK;
}

Status optim_project_linear(Projection *projection, double *slope, double *before, double *rss) {
    TRY(optim_projection_stand(projection, slope, rss));
    *before = *rss;
    if (!isfinite(*rss)) return STATUS_OK;
    double gain = projection_solve(projection);
    if (gain <= PROJECTION_STAYS * *rss) return STATUS_OK; /* what is known of x stays so */
    projection_move(projection);
    if (gain <= PROJECTION_MOVED * (*rss - gain)) {
        *rss = fmax(*rss - gain, 0);
        return STATUS_OK;
    }
    TRY(optim_projection_stand(projection, NULL, rss));
    if (*rss <= *before) return STATUS_OK;
    projection_unmove(projection); /* rounding ate the gain */
    return optim_projection_stand(projection, NULL, rss);
}

/* ---- as an objective ------------------------------------------------------------------------- */

/* The linear parameters go along with the others, as the newest triangle foresees: then they are
 * nearly the best already, and slopes need not be taken twice. */
static void projection_foresee(Projection *projection, const double *y) {
    size_t n = projection->n, m = projection->n_linear;
    for (size_t k = m; k-- > 0 && projection->known;) {
        double diagonal = projection->r[k * n + k], sum = 0;
        for (size_t j = m; j < n; j++)
            sum -= projection->r[j * n + k] * (y[j - m] - projection->x[projection->order[j]]);
        for (size_t j = k + 1; j < m; j++) sum -= projection->r[j * n + k] * projection->step[j];
        bool known = fabs(diagonal) > PROJECTION_RANK * projection->size[k];
        projection->step[k] = known ? sum / diagonal : 0;
    }
    if (projection->known) projection_move(projection);
    for (size_t j = m; j < n; j++) projection->x[projection->order[j]] = y[j - m];
}

static Status projection_squares(void *context, const double *y, double *r_matrix, double *qtr,
                                 double *rss) {
    Projection *projection = context;
    size_t n = projection->n, m = projection->n_linear, inner = n - m;
    double before;
    projection_foresee(projection, y);
    TRY(optim_project_linear(projection, NULL, &before, rss));
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
    projection->known = false;
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
