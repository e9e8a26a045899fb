/* Statistics of a fit: made when asked for; anew while the walk runs, once when it has ended. */
#include "api.h"

#include <math.h>
#include <string.h>

static Verdict fit_verdict(descend_walk *walk) {
    return walk->ended ? api_words(walk)->verdict : diagnose_verdict(walk->problem, walk->walk);
}

const FitStatistics *api_fit(descend_walk *walk) {
    WalkFacts facts;
    if (walk->fit_known) return &walk->fit;
    if (!walk->walk || !train_exact_objective(walk->problem)->least_squares) return NULL;
    train_walk_facts(walk->walk, &facts);
    Verdict verdict = fit_verdict(walk);
    bool arrived = verdict == VERDICT_CONVERGED || verdict == VERDICT_STOPPED_EARLY;
    const Objective *objective = train_exact_objective(walk->problem);
    bool exact = objective->exact && objective->exact(objective->context, facts.values);
    diagnose_statistics_free(&walk->fit);
    Status status = diagnose_statistics(walk->problem, facts.values, exact, arrived, &walk->fit);
    diagnose_derived_free(walk->derived, walk->n_derived);
    walk->derived = NULL;
    walk->n_derived = 0;
    if (status == STATUS_OK)
        status = diagnose_derived(walk->problem, facts.values, &walk->fit, &walk->derived,
                                  &walk->n_derived);
    walk->fit_known = status == STATUS_OK && verdict != VERDICT_RUNNING;
    return status == STATUS_OK ? &walk->fit : NULL;
}

static const FitQuality *fit_quality(descend_walk *walk) {
    if (walk->quality_known) return &walk->quality;
    const FitStatistics *fit = api_fit(walk);
    if (!fit) return NULL;
    Status status =
        diagnose_quality(walk->problem, descend_walk_values(walk), fit, &walk->quality);
    walk->quality_known = status == STATUS_OK && walk->fit_known;
    return status == STATUS_OK ? &walk->quality : NULL;
}

static const FitResiduals *fit_residuals(descend_walk *walk) {
    if (walk->residuals_known) return &walk->residuals;
    const FitQuality *quality = fit_quality(walk);
    if (!quality) return NULL;
    Status status = diagnose_residuals(walk->problem, descend_walk_values(walk), &walk->fit,
                                       quality, &walk->residuals);
    walk->residuals_known = status == STATUS_OK && walk->fit_known;
    return status == STATUS_OK ? &walk->residuals : NULL;
}

const Notes *api_fit_notes(descend_walk *walk) {
    if (walk->fit_noted) return &walk->fit_notes;
    const FitStatistics *fit = api_fit(walk);
    if (!fit || !walk->fit_known) return &walk->fit_notes;
    Status status = diagnose_redundancy(walk->problem, descend_walk_values(walk), fit,
                                        &walk->fit_notes);
    if (status == STATUS_OK) diagnose_exchangeable(walk->problem, fit, &walk->fit_notes);
    walk->fit_noted = true;
    return &walk->fit_notes;
}

void api_fit_free(descend_walk *walk) {
    diagnose_statistics_free(&walk->fit);
    diagnose_derived_free(walk->derived, walk->n_derived);
    notes_free(&walk->fit_notes);
}

/* ---- numbers by key -------------------------------------------------------------------------- */

typedef struct FitKey {
    const char *key;
    size_t offset; /* of a double */
} FitKey;

static const FitKey fit_statistics_keys[] = {
    {"residual_sum_of_squares", offsetof(FitStatistics, rss)},
    {"residual_standard_deviation", offsetof(FitStatistics, sd)},
    {"degrees_of_freedom", offsetof(FitStatistics, degrees)},
};
static const FitKey fit_quality_keys[] = {
    {"r_squared", offsetof(FitQuality, r_squared)},
    {"adjusted_r_squared", offsetof(FitQuality, adjusted_r_squared)},
    {"log_likelihood", offsetof(FitQuality, log_likelihood)},
    {"aic", offsetof(FitQuality, aic)},
    {"aicc", offsetof(FitQuality, aicc)},
    {"bic", offsetof(FitQuality, bic)},
};
static const FitKey fit_residuals_keys[] = {
    {"f_statistic", offsetof(FitResiduals, f)},
    {"f_above", offsetof(FitResiduals, f_above)},
    {"f_below", offsetof(FitResiduals, f_below)},
    {"f_p", offsetof(FitResiduals, f_p)},
    {"runs", offsetof(FitResiduals, runs)},
    {"runs_expected", offsetof(FitResiduals, runs_expected)},
    {"runs_p", offsetof(FitResiduals, runs_p)},
    {"spread", offsetof(FitResiduals, spread)},
    {"spread_slope", offsetof(FitResiduals, spread_slope)},
    {"spread_p", offsetof(FitResiduals, spread_p)},
};

static const FitKey *fit_find_key(const FitKey *keys, size_t count, const char *key) {
    for (size_t k = 0; k < count; k++)
        if (strcmp(keys[k].key, key) == 0) return &keys[k];
    return NULL;
}

static double fit_number_at(const void *from, const FitKey *key) {
    double value = NAN;
    if (from) memcpy(&value, (const char *)from + key->offset, sizeof value);
    return value;
}

/* Of measured errors. */
static double fit_chi_square(const FitStatistics *fit, bool reduced) {
    if (!fit || !fit->absolute || (reduced && fit->degrees <= 0)) return NAN;
    return reduced ? fit->rss / fit->degrees : fit->rss;
}

double api_fit_number(descend_walk *walk, const char *key) {
    const FitKey *found;
    if (strcmp(key, "loss_scale") == 0) return api_loss_scale(walk);
    if (strcmp(key, "leave_one_out_error") == 0)
        return api_fit(walk) ? api_left_out(walk, &walk->fit) : NAN;
    if (strcmp(key, "chi_square") == 0) return fit_chi_square(api_fit(walk), false);
    if (strcmp(key, "reduced_chi_square") == 0) return fit_chi_square(api_fit(walk), true);
    if ((found = fit_find_key(fit_statistics_keys, COUNT_OF(fit_statistics_keys), key)))
        return fit_number_at(api_fit(walk), found);
    if ((found = fit_find_key(fit_quality_keys, COUNT_OF(fit_quality_keys), key)))
        return fit_number_at(fit_quality(walk), found);
    if ((found = fit_find_key(fit_residuals_keys, COUNT_OF(fit_residuals_keys), key)))
        return fit_number_at(fit_residuals(walk), found);
    return NAN;
}

/* ---- residuals ------------------------------------------------------------------------------- */

const char *api_residual_tests(descend_walk *walk) {
    static const char *const names[] = {[RESIDUALS_NONE] = "",
                                        [RESIDUALS_FEW_ROWS] = "few_rows",
                                        [RESIDUALS_MANY_ROWS] = "many_rows",
                                        [RESIDUALS_TESTED] = "tested"};
    const FitResiduals *residuals = fit_residuals(walk);
    return residuals ? names[residuals->state] : "";
}

int descend_walk_row_facts(descend_walk *walk, const char *key, size_t k,
                           descend_row_facts *facts) {
    const FitResiduals *residuals = walk && key && facts ? fit_residuals(walk) : NULL;
    if (!residuals) return 0;
    bool outliers = strcmp(key, "outliers") == 0, influence = strcmp(key, "influence") == 0;
    size_t count = outliers ? residuals->n_outliers : influence ? residuals->n_influence : 0;
    if (k >= count) return 0;
    const RowFacts *from = outliers ? &residuals->outliers[k] : &residuals->influence[k];
    const Table *table = train_table(walk->problem);
    *facts = (descend_row_facts){.row = from->row + 1,
                                 .line = table && table->lines ? table->lines[from->row] : 0,
                                 .residual = from->residual,
                                 .studentized = from->studentized,
                                 .p = from->p,
                                 .leverage = from->leverage,
                                 .cook = from->cook};
    return 1;
}
