/* Standard errors, intervals, t values and correlations of a fit, from the R of its Jacobian. */
#include "diagnose.h"

#include <math.h>
#include <string.h>

static const double STATISTICS_ADRIFT = 1e-6; /* parts that should cancel, against their sizes */
static const double STATISTICS_NORMAL = 1.959963984540054; /* 97.5 % of the normal distribution */
static const double STATISTICS_TIED = 1e-9; /* a smaller share in a direction is rounding, */
static const double STATISTICS_ROUNDING = 1e-12; /* or this over the smallest singular value */

/* ---- which parameters ------------------------------------------------------------------------ */

static void statistics_bounds(const Objective *objective, const double *x, FitStatistics *fit) {
    for (size_t i = 0; i < fit->n; i++) {
        double low = objective->low ? objective->low[i] : -INFINITY;
        double high = objective->high ? objective->high[i] : INFINITY;
        if (low == high)
            fit->unavailable[i] = MSG_NO_ERROR_FIXED;
        else if (x[i] <= low || x[i] >= high)
            fit->unavailable[i] = MSG_NO_ERROR_AT_BOUND;
    }
}

static void statistics_choose(FitStatistics *fit) {
    for (size_t j = 0; j < fit->n; j++) {
        double length = optim_norm(fit->factor.jacobian + j * fit->n, j + 1);
        if (fit->unavailable[j] != MSG_NONE) continue;
        if (length == 0) fit->unavailable[j] = MSG_NO_ERROR_NO_EFFECT;
        if (!isfinite(length)) fit->unavailable[j] = MSG_NO_ERROR_UNDEFINED;
        if (fit->unavailable[j] == MSG_NONE) diagnose_factor_column(&fit->factor, j, length);
    }
}

/* At a lowest point what is not determined is not counted; elsewhere slopes may be zero that are
 * not zero farther on, and with too few rows nothing is determined. */
static void statistics_count(FitStatistics *fit) {
    double released = 0, at_bound = 0;
    for (size_t i = 0; i < fit->n; i++) {
        released += fit->unavailable[i] != MSG_NO_ERROR_FIXED;
        at_bound += fit->unavailable[i] == MSG_NO_ERROR_AT_BOUND;
    }
    fit->too_few = fit->rows < released;
    fit->rank = released;
    if (fit->arrived && !fit->too_few)
        fit->rank = at_bound + (double)diagnose_factor_rank(&fit->factor);
    fit->degrees = fit->rows - fit->rank;
    fit->sd = fit->degrees > 0 ? sqrt(fit->rss / fit->degrees) : NAN;
}

/* Joins the groups of two parameters. */
static void statistics_join(FitStatistics *fit, size_t a, size_t b) {
    size_t first = fit->group[a] < fit->group[b] ? fit->group[a] : fit->group[b];
    size_t other = fit->group[a] < fit->group[b] ? fit->group[b] : fit->group[a];
    for (size_t i = 0; i < fit->n; i++)
        if (fit->group[i] == other) fit->group[i] = first;
}

/* Parameters that share a direction without effect lose their errors. */
static void statistics_tie(FitStatistics *fit) {
    const FitFactor *factor = &fit->factor;
    double least = fmax(STATISTICS_TIED, fmin(1e-3, STATISTICS_ROUNDING / factor->smallest));
    for (size_t a = 0; a < factor->m; a++) {
        size_t i = factor->index[a];
        bool tied = factor->nullity ? sqrt(diagnose_factor_share(factor, a, a)) > least
                                    : factor->dropped[a];
        if (!tied) continue;
        fit->unavailable[i] = MSG_NO_ERROR_TIED;
        fit->group[i] = i;
        for (size_t b = 0; factor->nullity && b < a; b++) {
            size_t j = factor->index[b];
            if (fit->group[j] < fit->n && fabs(diagnose_factor_share(factor, a, b)) > least)
                statistics_join(fit, i, j);
        }
    }
}

/* Reasons that hold for every parameter alike. Measured errors need no scatter. */
static void statistics_refuse_all(FitStatistics *fit) {
    bool scaled = !fit->absolute;
    MessageId reason = !isfinite(fit->rss)           ? MSG_NO_ERROR_UNDEFINED
                       : fit->too_few                ? MSG_NO_ERROR_NO_DEGREES
                       : scaled && fit->exact        ? MSG_NO_ERROR_EXACT
                       : scaled && fit->degrees <= 0 ? MSG_NO_ERROR_NO_DEGREES
                       : !fit->arrived               ? MSG_NO_ERROR_NOT_THERE
                                                     : MSG_NONE;
    fit->none = reason;
    for (size_t i = 0; i < fit->n && reason != MSG_NONE; i++)
        if (fit->unavailable[i] == MSG_NONE) fit->unavailable[i] = reason;
}

/* ---- their numbers --------------------------------------------------------------------------- */

static void statistics_correlate(size_t a, FitStatistics *fit) {
    const FitFactor *factor = &fit->factor;
    size_t i = factor->index[a];
    for (size_t b = 0; b < factor->m; b++) {
        size_t j = factor->index[b];
        if (fit->unavailable[j] != MSG_NONE) continue;
        double size =
            sqrt(diagnose_factor_entry(factor, a, a) * diagnose_factor_entry(factor, b, b));
        fit->correlation[i * fit->n + j] =
            a == b ? 1 : diagnose_factor_entry(factor, a, b) / size;
    }
}

static bool statistics_may_be_zero(const Objective *objective, size_t i) {
    return (!objective->low || objective->low[i] <= 0) &&
           (!objective->high || objective->high[i] >= 0);
}

double diagnose_variance(const FitStatistics *fit, const double *slope) {
    for (size_t i = 0; i < fit->n; i++)
        if (fit->unavailable[i] == MSG_NO_ERROR_NO_EFFECT && slope[i] != 0) return NAN;
    if (diagnose_factor_adrift(&fit->factor, slope) > STATISTICS_ADRIFT) return NAN;
    return diagnose_factor_leverage(&fit->factor, slope);
}

double diagnose_interval_quantile(const FitStatistics *fit) {
    if (fit->absolute) return STATISTICS_NORMAL;
    return fit->degrees > 0 ? diagnose_student_quantile(0.975, fit->degrees) : NAN;
}

static void statistics_fill(const Objective *objective, const double *x, FitStatistics *fit) {
    const FitFactor *factor = &fit->factor;
    double quantile = diagnose_interval_quantile(fit);
    for (size_t a = 0; a < factor->m; a++) {
        size_t i = factor->index[a];
        if (fit->unavailable[i] != MSG_NONE) continue;
        fit->errors[i] = fit->unit * sqrt(diagnose_factor_entry(factor, a, a)) / factor->scale[a];
        fit->low[i] = x[i] - quantile * fit->errors[i];
        fit->high[i] = x[i] + quantile * fit->errors[i];
        statistics_correlate(a, fit);
        if (!statistics_may_be_zero(objective, i)) continue;
        fit->t[i] = x[i] / fit->errors[i];
        fit->p[i] = fit->absolute ? 2 * diagnose_normal_cdf(-fabs(fit->t[i]))
                                  : diagnose_student_p(fit->t[i], fit->degrees);
    }
}

/* ---- the whole ------------------------------------------------------------------------------- */

static Status statistics_allocate(size_t n, FitStatistics *fit) {
    double **vectors[] = {&fit->errors, &fit->low, &fit->high, &fit->t, &fit->p};
    *fit = (FitStatistics){.n = n};
    TRY(diagnose_factor_new(n, &fit->factor));
    fit->correlation = memory_new(n * n + 1, sizeof(double));
    fit->unavailable = memory_new(n + 1, sizeof *fit->unavailable);
    fit->group = memory_new(n + 1, sizeof *fit->group);
    if (!fit->correlation || !fit->unavailable || !fit->group) return STATUS_MEMORY;
    for (size_t k = 0; k < COUNT_OF(vectors); k++) {
        if (!(*vectors[k] = memory_new(n + 1, sizeof(double)))) return STATUS_MEMORY;
        for (size_t i = 0; i < n; i++) (*vectors[k])[i] = NAN;
    }
    for (size_t i = 0; i < n; i++) fit->group[i] = n;
    for (size_t i = 0; i < n * n; i++) fit->correlation[i] = NAN;
    return STATUS_OK;
}

void diagnose_statistics_free(FitStatistics *fit) {
    memory_free(fit->errors);
    memory_free(fit->low);
    memory_free(fit->high);
    memory_free(fit->t);
    memory_free(fit->p);
    memory_free(fit->correlation);
    memory_free(fit->unavailable);
    memory_free(fit->group);
    memory_free(fit->down_rows);
    diagnose_factor_free(&fit->factor);
    *fit = (FitStatistics){0};
}

/* A row without weight is no row. */
static double statistics_rows(const Problem *problem) {
    const Graph *graph = train_graph(problem);
    const double *weights = train_weights(problem);
    size_t rows = train_rows(problem).count, counting = weights ? 0 : rows, all = 0;
    for (size_t r = 0; weights && r < rows; r++) counting += weights[r] != 0;
    for (size_t k = 0; k < graph->n_residuals; k++)
        all += graph->nodes[graph->residuals[k]].flags & NODE_ROWS ? counting : 1;
    return (double)all;
}

static Status statistics_compute(const Problem *problem, const double *x, FitStatistics *fit) {
    const Problem *plain = fit->robust ? train_plain_problem(problem) : problem;
    double *qtr = memory_new(fit->n + 1, sizeof *qtr);
    Status status = qtr && plain ? STATUS_OK : STATUS_MEMORY;
    const Objective *objective = plain ? train_exact_objective(plain) : NULL;
    if (status == STATUS_OK)
        status = objective->least_squares(objective->context, x, fit->factor.jacobian, qtr,
                                          &fit->rss);
    memory_free(qtr);
    if (status != STATUS_OK) return status;
    statistics_bounds(objective, x, fit);
    statistics_choose(fit);
    TRY(diagnose_factor(&fit->factor, objective, x));
    if (fit->arrived && fit->factor.rss > 0) fit->rss = fit->factor.rss;
    fit->rows = statistics_rows(problem);
    statistics_count(fit);
    fit->unit = fit->absolute ? 1 : fit->sd;
    if (fit->robust) TRY(diagnose_robust(problem, x, fit));
    if (fit->arrived && !fit->too_few) statistics_tie(fit);
    statistics_refuse_all(fit);
    statistics_fill(objective, x, fit);
    return STATUS_OK;
}

Status diagnose_statistics(const Problem *problem, const double *x, bool exact, bool arrived,
                           FitStatistics *fit) {
    Status status = statistics_allocate(train_exact_objective(problem)->n, fit);
    fit->exact = exact;
    fit->arrived = arrived;
    fit->robust = train_graph(problem)->raw != NODE_NONE;
    fit->absolute = train_graph(problem)->errors != NULL && !fit->robust;
    if (status == STATUS_OK) status = statistics_compute(problem, x, fit);
    if (status != STATUS_OK) diagnose_statistics_free(fit);
    return status;
}
