/* residuals: what is left over, and what it says about the formula - do the signs come in runs, do
 * single rows lie far off or pull the fit, does the scatter grow. */
#include "diagnose.h"

#include "../op/vmath.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const double RESIDUALS_ROWS = 1e6, RESIDUALS_WORK = 4e9; /* more than these is not tested */
static const double RESIDUALS_OUTLYING = 0.05; /* p, by Bonferroni, of a row that is told */
static const double RESIDUALS_EXACT_RUNS = 1000; /* above this the normal distribution is enough */

/* The rows that have a weight. */
typedef struct RowOf {
    double place;    /* along which signs and scatter are looked at */
    double residual; /* times the root of its weight */
    double leverage;
    size_t row;
} RowOf;

typedef struct Leftovers {
    const FitStatistics *fit;
    const double *column; /* along which rows are ordered, else NULL */
    double *weights;      /* of each row of the table */
    RowOf *rows;
    size_t count;
    double *fitted;  /* of each row of the table */
    double *lift;    /* m: products of scaled slopes with the slope of a constant */
    double lift_own; /* and its length squared */
} Leftovers;

/* ---- gathering ------------------------------------------------------------------------------- */

static void residuals_fitted(void *context, size_t row, double left, double right) {
    Leftovers *all = context;
    (void)left;
    all->fitted[row] = right;
}

static void residuals_row(void *context, size_t residual, size_t row, double value,
                          const double *slopes) {
    Leftovers *all = context;
    const FitFactor *factor = &all->fit->factor;
    double weight = all->weights[row], root = sqrt(weight);
    (void)residual;
    if (weight == 0) return;
    all->lift_own += weight;
    for (size_t k = 0; k < factor->m; k++)
        all->lift[k] += root * (slopes[factor->index[k]] / factor->scale[k]);
    all->rows[all->count++] =
        (RowOf){.place = all->column ? all->column[row] : all->fitted[row],
                .residual = value,
                .leverage = diagnose_factor_leverage(factor, slopes),
                .row = row};
}

static Status residuals_gather(Problem *problem, const double *x, Leftovers *all) {
    Rows rows = train_rows(problem);
    int column = train_curve_column(problem);
    all->weights = memory_new(rows.count + 1, sizeof *all->weights);
    all->column = column >= 0 ? rows.columns[column] + rows.first : NULL;
    all->rows = memory_new(rows.count + 1, sizeof *all->rows);
    all->fitted = memory_new(rows.count + 1, sizeof *all->fitted);
    all->lift = memory_new(all->fit->factor.m + 1, sizeof *all->lift);
    if (!all->rows || !all->fitted || !all->lift || !all->weights) return STATUS_MEMORY;
    TRY(train_row_weights(problem, x, all->weights));
    if (!all->column) TRY(train_side_rows(problem, x, residuals_fitted, all));
    return train_residual_rows(problem, x, residuals_row, all);
}

/* ---- the constant ---------------------------------------------------------------------------- */

/* Do the directions of the formula hold one that lifts all rows alike? Then all of the constant's
 * length is in its projection on them. */
static bool residuals_hold_constant(const Leftovers *all) {
    const FitFactor *factor = &all->fit->factor;
    double length = 0;
    for (size_t k = 0; k < factor->m; k++) {
        double part = optim_dot(factor->inverse + k * factor->m, all->lift, k + 1);
        length += part * part;
    }
    return fabs(length - all->lift_own) <= 1e-8 * all->lift_own;
}

static void residuals_f(const FitStatistics *fit, const FitQuality *quality, FitResiduals *out) {
    if (!out->constant || fit->rank < 2 || !(quality->left_squares > 0)) return;
    out->f_above = fit->rank - 1;
    out->f_below = fit->degrees;
    out->f = (quality->left_squares - fit->rss) / out->f_above / (fit->rss / fit->degrees);
    out->f_p = diagnose_f_tail(out->f, out->f_above, out->f_below);
}

/* ---- runs ------------------------------------------------------------------------------------ */

/* log of the number of ways to cut n things into k parts, in order. */
static double residuals_log_cuts(double n, double k) {
    return vm_lgamma(n) - vm_lgamma(k) - vm_lgamma(n - k + 1);
}

/* How likely exactly so many runs are. */
static double residuals_runs_chance(double above, double below, double runs) {
    double half = floor(runs / 2), other = runs - half;
    double all = vm_lgamma(above + below + 1) - vm_lgamma(above + 1) - vm_lgamma(below + 1);
    double chance = 0;
    for (int turn = 0; turn < 2; turn++) {
        double first = turn ? half : other, second = turn ? other : half;
        if (first > above || second > below || second < 1) continue;
        chance +=
            vm_exp(residuals_log_cuts(above, first) + residuals_log_cuts(below, second) - all);
    }
    return chance;
}

static double residuals_runs_normal(double above, double below, double runs) {
    double n = above + below, product = 2 * above * below;
    double variance = product * (product - n) / (n * n * (n - 1));
    double z = (runs - product / n - 1) / sqrt(variance);
    return 2 * diagnose_normal_cdf(-fabs(z));
}

double diagnose_runs_p(double above, double below, double runs) {
    double n = above + below, fewer = 0, more = 0;
    if (above < 1 || below < 1) return NAN;
    if (n > RESIDUALS_EXACT_RUNS) return residuals_runs_normal(above, below, runs);
    for (double k = 2; k <= n; k++) {
        double chance = residuals_runs_chance(above, below, k);
        if (k <= runs) fewer += chance;
        if (k >= runs) more += chance;
    }
    return fmin(1, 2 * fmin(fewer, more));
}

static int residuals_order(const void *a, const void *b) {
    const RowOf *left = a, *right = b;
    if (left->place != right->place) return left->place < right->place ? -1 : 1;
    return left->row < right->row ? -1 : left->row > right->row;
}

/* Measurements often come in order already. */
static void residuals_sort(Leftovers *all) {
    for (size_t k = 1; k < all->count; k++) {
        if (residuals_order(&all->rows[k - 1], &all->rows[k]) < 0) continue;
        qsort(all->rows, all->count, sizeof *all->rows, residuals_order);
        return;
    }
}

static void residuals_runs(const Leftovers *all, FitResiduals *out) {
    double above = 0, below = 0, runs = 0, last = 0;
    for (size_t k = 0; k < all->count; k++) {
        double sign = vm_sign(all->rows[k].residual);
        if (sign == 0) continue;
        above += sign > 0;
        below += sign < 0;
        runs += sign != last;
        last = sign;
    }
    out->runs = runs;
    out->runs_expected = 2 * above * below / (above + below) + 1;
    out->runs_p = diagnose_runs_p(above, below, runs);
}

/* ---- scatter --------------------------------------------------------------------------------- */

/* Squared residuals over the place: n times the squared correlation is chi-square with 1 degree
 * when the scatter is the same everywhere (Koenker 1981). */
static void residuals_spread(const Leftovers *all, FitResiduals *out) {
    double n = (double)all->count, place = 0, square = 0, xx = 0, xy = 0, yy = 0;
    for (size_t k = 0; k < all->count; k++) {
        place += all->rows[k].place / n;
        square += all->rows[k].residual * all->rows[k].residual / n;
    }
    for (size_t k = 0; k < all->count; k++) {
        double x = all->rows[k].place - place;
        double y = all->rows[k].residual * all->rows[k].residual - square;
        xx += x * x;
        xy += x * y;
        yy += y * y;
    }
    if (!(xx > 0 && yy > 0)) return;
    out->spread = n * (xy / xx) * (xy / yy);
    out->spread_slope = xy / xx;
    out->spread_p = diagnose_chi_square_tail(out->spread, 1);
}

/* ---- single rows ----------------------------------------------------------------------------- */

/* Puts a row into a list with the greatest first; of equal ones the first row. */
static void residuals_rank(RowFacts *list, size_t *count, size_t most, const RowFacts *facts,
                           double (*size)(const RowFacts *)) {
    size_t at = *count;
    while (at > 0 && (size(facts) > size(&list[at - 1]) ||
                      (size(facts) == size(&list[at - 1]) && facts->row < list[at - 1].row)))
        at--;
    if (at >= most) return;
    if (*count < most) ++*count;
    memmove(list + at + 1, list + at, (*count - at - 1) * sizeof *list);
    list[at] = *facts;
}

static double residuals_far(const RowFacts *facts) { return fabs(facts->studentized); }

static double residuals_pull(const RowFacts *facts) { return facts->cook; }

static RowFacts residuals_facts(const FitStatistics *fit, const RowOf *row) {
    RowFacts facts = {.row = row->row, .residual = row->residual, .leverage = row->leverage};
    double rest = 1 - row->leverage, square = row->residual * row->residual;
    double without = fmax((fit->rss - square / rest) / (fit->degrees - 1), 1e-30 * fit->rss);
    facts.studentized = row->residual / sqrt(without * rest);
    facts.cook = square / (fit->rss / fit->degrees) * row->leverage / (rest * rest) / fit->rank;
    return facts;
}

/* Bonferroni: the farthest of many rows lies far in any case. */
static double residuals_row_p(const FitStatistics *fit, const RowFacts *facts) {
    return fmin(1, fit->rows * diagnose_student_p(facts->studentized, fit->degrees - 1));
}

static void residuals_outlying(const FitStatistics *fit, FitResiduals *out) {
    size_t count = 0;
    for (size_t k = 0; k < out->n_influence; k++)
        out->influence[k].p = residuals_row_p(fit, &out->influence[k]);
    for (size_t k = 0; k < out->n_outliers; k++) {
        out->outliers[k].p = residuals_row_p(fit, &out->outliers[k]);
        if (out->outliers[k].p < RESIDUALS_OUTLYING) count = k + 1;
    }
    out->n_outliers = count;
}

static void residuals_single(const Leftovers *all, FitResiduals *out) {
    for (size_t k = 0; k < all->count; k++) {
        if (!(1 - all->rows[k].leverage > 1e-10)) continue; /* its own row alone holds it */
        RowFacts facts = residuals_facts(all->fit, &all->rows[k]);
        residuals_rank(out->outliers, &out->n_outliers, RESIDUALS_OUTLIERS, &facts, residuals_far);
        residuals_rank(out->influence, &out->n_influence, RESIDUALS_INFLUENCE, &facts,
                       residuals_pull);
    }
    residuals_outlying(all->fit, out);
}

/* ---- the whole ------------------------------------------------------------------------------- */

static ResidualState residuals_state(const Problem *problem, const FitStatistics *fit) {
    const Graph *graph = train_graph(problem);
    double rows = (double)train_rows(problem).count, m = (double)fit->factor.m;
    bool single = graph->n_residuals == 1 && rows > 0 &&
                  (graph->nodes[graph->residuals[0]].flags & NODE_ROWS);
    bool scatter = fit->rss > 0 && isfinite(fit->rss) && !fit->exact;
    if (!single || fit->robust || !fit->arrived || !scatter) return RESIDUALS_NONE;
    if (fit->degrees < RESIDUALS_DEGREES) return RESIDUALS_FEW_ROWS;
    if (rows > RESIDUALS_ROWS || rows * m * m > RESIDUALS_WORK) return RESIDUALS_MANY_ROWS;
    return RESIDUALS_TESTED;
}

/* The F test needs no scatter of its own shape, only some. */
static bool residuals_worth_a_look(const FitStatistics *fit, ResidualState state) {
    return state == RESIDUALS_TESTED || (state == RESIDUALS_FEW_ROWS && fit->degrees > 0);
}

static void residuals_test(Leftovers *all, const FitQuality *quality, FitResiduals *out) {
    out->constant = residuals_hold_constant(all);
    residuals_f(all->fit, quality, out);
    if (out->state != RESIDUALS_TESTED) return;
    residuals_sort(all);
    residuals_runs(all, out);
    residuals_spread(all, out);
    residuals_single(all, out);
}

Status diagnose_residuals(Problem *problem, const double *x, const FitStatistics *fit,
                          const FitQuality *quality, FitResiduals *out) {
    Leftovers all = {.fit = fit};
    *out = (FitResiduals){.state = residuals_state(problem, fit)};
    double *const unknown[] = {&out->f, &out->f_above, &out->f_below, &out->f_p, &out->runs,
                               &out->runs_expected, &out->runs_p, &out->spread,
                               &out->spread_slope, &out->spread_p};
    for (size_t k = 0; k < COUNT_OF(unknown); k++) *unknown[k] = NAN;
    if (!residuals_worth_a_look(fit, out->state)) return STATUS_OK;
    Status status = residuals_gather(problem, x, &all);
    if (status == STATUS_OK) residuals_test(&all, quality, out);
    memory_free(all.rows);
    memory_free(all.weights);
    memory_free(all.fitted);
    memory_free(all.lift);
    return status;
}
