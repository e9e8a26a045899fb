/* What the best constant would do, against plain numpy (tests/reference/baseline.py), against
 * statsmodels' R-squared and F (tests/reference/regression.py) and against diagnose_quality. */
#include "problem.h"

typedef struct BaselineCase {
    const char *formula, *weight, *errors;
    double x[8], loss, mean, p;
} BaselineCase;

static const BaselineCase baseline_cases[] = {
#define BASELINE
#include "../reference/baseline.inc"
#undef BASELINE
};

#define BASELINE_TABLE
static const char baseline_table[] =
#include "../reference/baseline.inc"
    ;
#undef BASELINE_TABLE

static BuildOptions baseline_build(const BaselineCase *c, const Role *role) {
    BuildOptions build = {.weight = *c->weight ? c->weight : NULL};
    if (*c->errors) build.errors = role, build.n_errors = 1;
    return build;
}

TEST(as_numpy) {
    for (size_t k = 0; k < COUNT_OF(baseline_cases); k++) {
        const BaselineCase *c = &baseline_cases[k];
        Role role = {.column = c->errors};
        BuildOptions build = baseline_build(c, &role);
        Opened opened = opened_open(c->formula, baseline_table, &build);
        Baseline found;
        int before = check_failures;
        CHECK_INT(diagnose_baseline(opened.problem, c->x, 0, &found), STATUS_OK);
        CHECK(found.known);
        CHECK_NEAR(found.loss, c->loss, 1e-12);
        CHECK_NEAR(found.mean_loss, c->mean, 1e-12);
        CHECK_NEAR(found.p, c->p, 1e-9);
        if (check_failures > before) printf("  of %s (case %zu)\n", c->formula, k);
        opened_close(&opened);
    }
}

TEST(where_there_is_none) {
    static const char *const formulas[] = {
        "y ~ c + 0*x",              /* it is the mean itself */
        "(y - c)^2",
        "abs(y - a*x)",             /* no square */
        "(y - a*x)^4",
        "(a*x - 2)^2",              /* nothing measured */
        "(log(y + c^2) - a*x)^2",   /* what was measured goes through parameters */
        "(x*(y - a*u))^2",          /* the mean of x*y is no constant for y */
        "exp((y - a*x)^2)",
        "huber(y - a*x, 1)",
        "log(1 + exp(a*x)) - b*a*u",
        "(1 - a)^2 + 100*(c - a^2)^2",
        "sqrt((y - a*x)^2 + 1)",
    };
    double x[4] = {1, 1, 1, 1};
    for (size_t k = 0; k < COUNT_OF(formulas); k++) {
        Opened opened = opened_open(formulas[k], baseline_table, NULL);
        Baseline found;
        CHECK_INT(diagnose_baseline(opened.problem, x, 0, &found), STATUS_OK);
        if (found.known) CHECK_FAIL(formulas[k]);
        CHECK(isnan(found.loss) && isnan(found.mean_loss) && isnan(found.p));
        opened_close(&opened);
    }
    BuildOptions build = {.loss = "huber"};
    Opened opened = opened_open("y ~ a*x + c", baseline_table, &build);
    Baseline found;
    CHECK_INT(diagnose_baseline(opened.problem, x, 0, &found), STATUS_OK);
    CHECK(!found.known);
    opened_close(&opened);
}

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

static const Regression regressions[] = {
#define REGRESSION
#include "../reference/regression.inc"
#undef REGRESSION
};

static void column(Text *text, const char *name, const double *values, int n) {
    text_format(text, "%s%s=", text->length > 0 ? " " : "", name);
    for (int r = 0; r < n; r++) {
        if (r > 0) text_add_char(text, ',');
        text_add_number(text, values[r]);
    }
}

TEST(as_statsmodels) {
    for (size_t k = 0; k < COUNT_OF(regressions); k++) {
        const Regression *want = &regressions[k];
        Text data = {0};
        column(&data, "x", want->x, want->n);
        column(&data, "z", want->z, want->n);
        column(&data, "y", want->y, want->n);
        column(&data, "w", want->w, want->n);
        BuildOptions build = {.weight = want->weight};
        Opened opened = opened_open(want->formula, text_string(&data), &build);
        Baseline found;
        CHECK_INT(diagnose_baseline(opened.problem, want->estimate, 0, &found), STATUS_OK);
        CHECK(found.known);
        CHECK_NEAR(1 - found.loss / found.mean_loss, want->r_squared, 1e-9);
        if (!isnan(want->f_p)) CHECK_NEAR(found.p, want->f_p, 1e-7);
        opened_close(&opened);
        text_free(&data);
    }
}

/* NIST's Norris. */
static const char norris[] =
    "x=0.2,337.4,118.2,884.6,10.1,226.5,666.3,996.3,448.6,777.0,558.2,0.4,0.6,775.5,666.9,338.0,"
    "447.5,11.6,556.0,228.1,995.8,887.6,120.2,0.3,0.3,556.8,339.1,887.2,999.0,779.0,11.1,118.3,"
    "229.2,669.1,448.9,0.5 "
    "y=0.1,338.8,118.1,888.0,9.2,228.1,668.5,998.5,449.1,778.9,559.2,0.3,0.1,778.1,668.8,339.3,"
    "448.9,10.8,557.7,228.3,998.0,888.8,119.6,0.3,0.6,557.6,339.3,888.0,998.5,778.9,10.2,117.6,"
    "228.9,668.4,449.2,0.2";

TEST(as_r_squared) {
    Opened opened = opened_open("y ~ b0 + b1*x", norris, NULL);
    double x[2] = {-0.262323073774029, 1.00211681802045}; /* certified */
    Baseline found;
    FitStatistics fit;
    FitQuality quality;
    CHECK_INT(diagnose_baseline(opened.problem, x, 0, &found), STATUS_OK);
    CHECK_INT(diagnose_statistics(opened.problem, x, false, true, &fit), STATUS_OK);
    CHECK_INT(diagnose_quality(opened.problem, x, &fit, &quality), STATUS_OK);
    CHECK_NEAR(1 - found.loss / found.mean_loss, quality.r_squared, 1e-14);
    CHECK_NEAR(quality.r_squared, 0.999993745883712, 1e-13); /* certified */
    CHECK_NEAR(found.loss * 36, 26.6173985294224, 1e-9);     /* certified */
    diagnose_statistics_free(&fit);
    opened_close(&opened);
}

TEST_MAIN(as_numpy, where_there_is_none, as_statsmodels, as_r_squared)
