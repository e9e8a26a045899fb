/* band: how far the curve of a fit can be trusted, and where one more measurement would lie. */
#include "diagnose.h"

#include <math.h>

static const double BAND_ALONE = 1e-9; /* 1 - leverage of a row that alone determines something */

/* Standard deviation of one measurement of weight 1, and how many of them an interval reaches. */
typedef struct BandScale {
    double deviation, reach;
} BandScale;

static BandScale band_scale(const FitStatistics *fit) {
    if (fit->none != MSG_NONE) return (BandScale){NAN, NAN};
    return (BandScale){fit->unit, diagnose_interval_quantile(fit)};
}

typedef struct BandVisit {
    const Band *band;
    const FitStatistics *fit;
    BandScale scale;
    const double *weights; /* of the rows; NULL: 1 */
    double noise; /* variance of one more measurement where there are no rows to tell */
} BandVisit;

static void band_set(double *values, size_t row, double value) {
    if (values) values[row] = value;
}

static void band_row(void *context, size_t row, double value, const double *slope) {
    const BandVisit *visit = context;
    const Band *band = visit->band;
    double deviation = visit->scale.deviation, reach = visit->scale.reach;
    double variance = isfinite(value) ? diagnose_variance(visit->fit, slope) : NAN;
    double noise = visit->weights ? 1 / visit->weights[row] : visit->noise;
    double curve = deviation * sqrt(variance), point = deviation * sqrt(variance + noise);
    band_set(band->fitted, row, value);
    band_set(band->error, row, curve);
    band_set(band->confidence_low, row, value - reach * curve);
    band_set(band->confidence_high, row, value + reach * curve);
    band_set(band->prediction_low, row, value - reach * point);
    band_set(band->prediction_high, row, value + reach * point);
}

/* Between rows nobody knows how well one more measurement would be made where each has an error of
 * its own. */
Status diagnose_band(Problem *problem, const double *x, const FitStatistics *fit,
                     const double *column, size_t n, const Band *band) {
    double *weights = memory_new(train_rows(problem).count + 1, sizeof *weights);
    BandVisit visit = {.band = band,
                       .fit = fit,
                       .scale = band_scale(fit),
                       .weights = column ? NULL : weights,
                       .noise = fit->absolute ? NAN : 1};
    Status status = weights ? train_row_weights(problem, x, weights) : STATUS_MEMORY;
    if (status == STATUS_OK) status = train_curve_slopes(problem, x, column, n, band_row, &visit);
    memory_free(weights);
    return status;
}

/* ---- rows left out --------------------------------------------------------------------------- */

typedef struct LeftOut {
    const FitStatistics *fit;
    double sum; /* of squares */
} LeftOut;

/* The row's residual as it would be if the fit had not seen the row. */
static void left_out_row(void *context, size_t row, double value, const double *slope) {
    LeftOut *out = context;
    double rest = 1 - diagnose_variance(out->fit, slope);
    (void)row;
    if (rest > BAND_ALONE) out->sum += value / rest * (value / rest);
    else out->sum = NAN;
}

Status diagnose_left_out(Problem *problem, const double *x, const FitStatistics *fit,
                         double *error) {
    const Graph *graph = train_graph(problem);
    Rows rows = train_rows(problem);
    LeftOut out = {.fit = fit};
    *error = NAN;
    if (fit->none != MSG_NONE && fit->none != MSG_NO_ERROR_EXACT) return STATUS_OK;
    Status status = STATUS_OK;
    for (size_t k = 0; k < graph->n_residuals && status == STATUS_OK; k++)
        if (graph->nodes[graph->residuals[k]].flags & NODE_ROWS)
            status = train_slopes(problem, graph->residuals[k], x, &rows, left_out_row, &out);
    *error = sqrt(train_exact_objective(problem)->loss_scale * out.sum);
    return status;
}
