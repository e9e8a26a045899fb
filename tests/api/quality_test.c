/* What a report says about the quality of a fit, against statsmodels and SciPy
 * (tests/reference/regression.py). */
#include "../../include/descend.h"
#include "../../src/diagnose/diagnose.h"
#include "../check.h"

enum { ROWS = 40, MOST = 3 };

typedef struct Regression {
    const char *formula, *weight;
    int n, k;
    double x[ROWS], z[ROWS], y[ROWS], w[ROWS];
    double estimate[MOST], t[MOST], p[MOST];
    double r_squared, adjusted, log_likelihood, aic, aicc, bic, f, f_p;
    double runs, runs_expected, runs_p, spread, spread_p;
    int outlier;
    double studentized, outlier_p;
    int influence;
    double cook, leverage;
} Regression;

static const Regression REGRESSIONS[] = {
#define REGRESSION
#include "../reference/regression.inc"
#undef REGRESSION
};

static void check_numbers(descend_walk *walk, const Regression *want) {
    const struct {
        const char *key;
        double value;
    } NUMBERS[] = {{"r_squared", want->r_squared},
                   {"adjusted_r_squared", want->adjusted},
                   {"log_likelihood", want->log_likelihood},
                   {"aic", want->aic},
                   {"aicc", want->aicc},
                   {"bic", want->bic},
                   {"f_statistic", want->f},
                   {"f_p", want->f_p},
                   {"runs", want->runs},
                   {"runs_expected", want->runs_expected},
                   {"runs_p", want->runs_p},
                   {"spread", want->spread},
                   {"spread_p", want->spread_p}};
    for (size_t k = 0; k < sizeof NUMBERS / sizeof NUMBERS[0]; k++) {
        int before = check_failures;
        CHECK_NEAR(descend_walk_number(walk, NUMBERS[k].key), NUMBERS[k].value, 1e-8);
        if (check_failures > before) printf("  of %s, %s\n", want->formula, NUMBERS[k].key);
    }
}

static void check_rows(descend_walk *walk, const Regression *want) {
    descend_row_facts facts;
    int found = descend_walk_row_facts(walk, "outliers", 0, &facts);
    CHECK_INT(found, want->outlier_p < 0.05);
    if (found) {
        CHECK_INT(facts.row, want->outlier);
        CHECK_NEAR(facts.studentized, want->studentized, 1e-8);
        CHECK_NEAR(facts.p, want->outlier_p, 1e-7);
    }
    CHECK_INT(descend_walk_row_facts(walk, "influence", 0, &facts), 1);
    CHECK_INT(facts.row, want->influence);
    CHECK_INT(facts.line, 0);
    CHECK_NEAR(facts.cook, want->cook, 1e-8);
    CHECK_NEAR(facts.leverage, want->leverage, 1e-8);
    CHECK_INT(descend_walk_row_facts(walk, "influence", 4, &facts), 1);
    CHECK_INT(descend_walk_row_facts(walk, "influence", 5, &facts), 0);
    CHECK_INT(descend_walk_row_facts(walk, "others", 0, &facts), 0);
}

static void check_regression(const Regression *want) {
    const char *const names[] = {"x", "z", "y", "w"}, *const starts[] = {"a=4", "b=0.5", "c=0.5"};
    const double *const columns[] = {want->x, want->z, want->y, want->w};
    double t[MOST], p[MOST];
    size_t k = (size_t)want->k;
    descend_model *model = descend_model_parse(want->formula, NULL);
    descend_table *table = descend_table_columns(4, names, columns, (size_t)want->n, NULL);
    descend_walk *walk = descend_walk_open(model, table, NULL);
    if (want->weight) CHECK_INT(descend_walk_set(walk, "weight", want->weight, NULL), DESCEND_OK);
    for (size_t i = 0; i < k; i++)
        CHECK_INT(descend_walk_argument(walk, starts[i], NULL), DESCEND_OK);
    CHECK_INT(descend_walk_run(walk, NULL), DESCEND_OK);
    CHECK_INT(descend_walk_vector(walk, "t_values", t, k), DESCEND_OK);
    CHECK_INT(descend_walk_vector(walk, "p_values", p, k), DESCEND_OK);
    for (size_t i = 0; i < k; i++) {
        CHECK_NEAR(descend_walk_values(walk)[i], want->estimate[i], 1e-7);
        CHECK_NEAR(t[i], want->t[i], 1e-7);
        CHECK_NEAR(p[i], want->p[i], 1e-6);
    }
    check_numbers(walk, want);
    check_rows(walk, want);
    CHECK_TEXT(descend_walk_text(walk, "residual_tests", NULL), "tested");
    descend_walk_free(walk);
    descend_table_free(table);
    descend_model_free(model);
}

TEST(regressions) {
    for (size_t k = 0; k < sizeof REGRESSIONS / sizeof REGRESSIONS[0]; k++)
        check_regression(&REGRESSIONS[k]);
}

TEST(runs) {
#define RUNS(above, below, count, want)                                                            \
    CHECK_NEAR(diagnose_runs_p(above, below, count), want, 1e-9);
#include "../reference/regression.inc"
    CHECK(isnan(diagnose_runs_p(5, 0, 1)));
}

enum { DEGREE = 10, POINTS = 82 };

/* Nearly dependent is not dependent: a polynomial of degree 10 keeps its errors. */
TEST(polynomial) {
    static const char *const names[] = {"x", "y"};
    double x[POINTS], y[POINTS], errors[DEGREE + 1];
    const double *const columns[] = {x, y};
    char formula[400] = "y ~ b0";
    int n = 0;
    for (int k = 1; k <= DEGREE; k++)
        snprintf(formula + strlen(formula), sizeof formula - strlen(formula), " + b%d*x^%d", k, k);
#define POINT(xn, yn) (x[n] = xn, y[n] = yn, n++);
#define COEFFICIENT(k, value, error)
#include "../reference/regression.inc"
#undef COEFFICIENT
    descend_model *model = descend_model_parse(formula, NULL);
    descend_table *table = descend_table_columns(2, names, columns, (size_t)n, NULL);
    descend_walk *walk = descend_walk_open(model, table, NULL);
    CHECK_INT(descend_walk_run(walk, NULL), DESCEND_OK);
    CHECK_INT(descend_walk_vector(walk, "standard_errors", errors, DEGREE + 1), DESCEND_OK);
#undef POINT
#define POINT(xn, yn)
#define COEFFICIENT(k, value, error)                                                               \
    CHECK_NEAR(descend_walk_values(walk)[k], value, 1e-4);                                         \
    CHECK_NEAR(errors[k], error, 1e-4);
#include "../reference/regression.inc"
    descend_walk_free(walk);
    descend_table_free(table);
    descend_model_free(model);
}

TEST_MAIN(regressions, runs, polynomial)
