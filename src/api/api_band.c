/* The band of a fit, and what its rows say when they are left out. */
#include "api.h"

#include <math.h>

static Status band_compute(descend_walk *walk, const FitStatistics *fit, const double *x, size_t n,
                           const descend_band *band) {
    Band inside = {.fitted = band->fitted,
                   .error = band->standard_error,
                   .confidence_low = band->confidence_low,
                   .confidence_high = band->confidence_high,
                   .prediction_low = band->prediction_low,
                   .prediction_high = band->prediction_high};
    return diagnose_band(walk->problem, descend_walk_values(walk), fit, x, n, &inside);
}

descend_status descend_walk_band(descend_walk *walk, const double *x, size_t n,
                                 const descend_band *band, descend_error **error) {
    if (!band) return api_null(error, "band");
    descend_status status = api_prepare(walk, error);
    if (status != DESCEND_OK) return status;
    if (train_graph(walk->problem)->left == NODE_NONE) return api_misuse(error, MSG_API_NOT_A_FIT);
    if (x && train_curve_column(walk->problem) == CURVE_NONE)
        return api_misuse(error, MSG_API_NO_CURVE);
    if (!x && n != train_rows(walk->problem).count)
        return api_bad_rows(train_rows(walk->problem).count, n, error);
    if (!train_exact_objective(walk->problem)->least_squares)
        return api_misuse(error, MSG_API_NOT_SQUARES);
    const FitStatistics *fit = api_fit(walk);
    return fit ? api_done(walk, band_compute(walk, fit, x, n, band), error) : api_no_memory(error);
}

const char *descend_walk_band_unavailable(descend_walk *walk, const char *language) {
    const FitStatistics *fit = walk ? api_fit(walk) : NULL;
    bool squares = !walk || !walk->problem || train_exact_objective(walk->problem)->least_squares;
    Message why = message_make(fit ? fit->none : squares ? MSG_NONE : MSG_API_NOT_SQUARES, NULL);
    return walk ? api_render(&walk->text, &why, language) : "";
}

double api_left_out(descend_walk *walk, const FitStatistics *fit) {
    double error = NAN;
    const double *values = descend_walk_values(walk);
    return diagnose_left_out(walk->problem, values, fit, &error) == STATUS_OK ? error : NAN;
}

int descend_walk_uses_column(const descend_walk *walk, size_t column) {
    const Graph *graph = walk && walk->problem ? train_graph(walk->problem) : NULL;
    return graph && column < graph->n_columns && graph->column_used[column];
}
