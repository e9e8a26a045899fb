/* How good a fit is: the part of the scatter that it explains, likelihood, criteria. */
#include "diagnose.h"

#include "../op/vmath.h"

#include <math.h>

static const double QUALITY_TWO_PI = 6.283185307179586;

/* Mean and squares about it, kept up to date row by row (West 1979). */
typedef struct LeftSide {
    const double *weights;
    double weight, mean, squares;
} LeftSide;

static void quality_left(void *context, size_t row, double left, double right) {
    LeftSide *side = context;
    double weight = side->weights ? side->weights[row] : 1, off = left - side->mean;
    (void)right;
    if (weight == 0) return;
    side->weight += weight;
    side->mean += off * weight / side->weight;
    side->squares += weight * off * (left - side->mean);
}

static void quality_shares(const FitStatistics *fit, FitQuality *quality) {
    if (!(quality->left_squares > 0)) return;
    quality->r_squared = 1 - fit->rss / quality->left_squares;
    if (fit->degrees > 0)
        quality->adjusted_r_squared = 1 - (1 - quality->r_squared) * (fit->rows - 1) / fit->degrees;
}

/* Of residuals that are normal with variances sigma^2 / weight: sigma at its most likely value, or
 * 1 where errors were measured. */
static double quality_log_likelihood(const Problem *problem, const FitStatistics *fit,
                                     const double *weights) {
    const Graph *graph = train_graph(problem);
    double logs = 0, n = fit->rows, with_rows = 0;
    size_t rows = train_rows(problem).count;
    for (size_t r = 0; r < rows; r++)
        if (weights[r] != 0) logs += vm_log(weights[r]);
    for (size_t k = 0; k < graph->n_residuals; k++)
        with_rows += graph->nodes[graph->residuals[k]].flags & NODE_ROWS ? 1 : 0;
    if (fit->absolute) return (logs - n * vm_log(QUALITY_TWO_PI) - fit->rss) / 2;
    return (with_rows * logs - n * (vm_log(QUALITY_TWO_PI) + 1 + vm_log(fit->rss / n))) / 2;
}

/* 'parameters' that were made likely, sigma among them. */
static void quality_criteria(double parameters, double n, FitQuality *quality) {
    double twice = -2 * quality->log_likelihood;
    quality->aic = twice + 2 * parameters;
    quality->bic = twice + parameters * vm_log(n);
    if (n > parameters + 1)
        quality->aicc = quality->aic + 2 * parameters * (parameters + 1) / (n - parameters - 1);
}

static Status quality_fill(Problem *problem, const double *x, const FitStatistics *fit,
                           const double *weights, FitQuality *quality) {
    LeftSide side = {.weights = weights};
    bool one = train_graph(problem)->n_residuals == 1;
    if (one) {
        TRY(train_side_rows(problem, x, quality_left, &side));
        quality->left_squares = side.squares;
        quality_shares(fit, quality);
    }
    bool likely = !fit->robust && (one || !fit->absolute); /* a robust loss is no likelihood */
    if (!likely || !fit->arrived || fit->exact || !(fit->rss > 0)) return STATUS_OK;
    quality->log_likelihood = quality_log_likelihood(problem, fit, weights);
    quality_criteria(fit->rank + (fit->absolute ? 0 : 1), fit->rows, quality);
    return STATUS_OK;
}

Status diagnose_quality(Problem *problem, const double *x, const FitStatistics *fit,
                        FitQuality *quality) {
    *quality = (FitQuality){NAN, NAN, NAN, NAN, NAN, NAN, NAN};
    if (!isfinite(fit->rss)) return STATUS_OK;
    double *weights = memory_new(train_rows(problem).count + 1, sizeof *weights);
    Status status = weights ? train_row_weights(problem, x, weights) : STATUS_MEMORY;
    if (status == STATUS_OK) status = quality_fill(problem, x, fit, weights, quality);
    memory_free(weights);
    return status;
}
