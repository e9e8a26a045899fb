/* Bands and rankings of fits: against other programs (tests/reference/bands.py), where parameters
 * are tied, held or at a bound, where there is no band, and how often the bands hold what they
 * promise. */
#include "../../include/descend.h"
#include "../../src/base/base.h"
#include "../check.h"

#include <stdlib.h>

typedef struct Fit {
    descend_model *model;
    descend_table *table;
    descend_walk *walk;
} Fit;

/* Ends the walk; arguments stand one after the other, parted by blanks. */
static Fit fit_table(const char *formula, descend_table *table, const char *weight,
                     const char *arguments) {
    descend_error *error = NULL;
    Fit fit = {.table = table, .model = descend_model_parse(formula, NULL)};
    fit.walk = descend_walk_open(fit.model, fit.table, NULL);
    char copy[200], *rest = copy;
    snprintf(copy, sizeof copy, "%s", arguments);
    if (weight) CHECK_INT(descend_walk_set(fit.walk, "weight", weight, NULL), DESCEND_OK);
    for (char *word; (word = strtok_r(rest, " ", &rest));)
        CHECK_INT(descend_walk_argument(fit.walk, word, NULL), DESCEND_OK);
    if (descend_walk_run(fit.walk, &error) < 0) CHECK_FAIL(descend_error_text(error, NULL));
    descend_error_free(error);
    return fit;
}

static Fit fit_literal(const char *formula, const char *table, const char *arguments) {
    return fit_table(formula, descend_table_parse(table, NULL), NULL, arguments);
}

static void fit_free(Fit *fit) {
    descend_walk_free(fit->walk);
    descend_table_free(fit->table);
    descend_model_free(fit->model);
}

enum { FITTED, ERROR, LOW, HIGH, NEW_LOW, NEW_HIGH, VALUES };

/* All six at n places, one after the other. */
static void band_at(const Fit *fit, const double *x, size_t n, double *values) {
    descend_error *error = NULL;
    descend_band band = {.fitted = values + FITTED * n,
                         .standard_error = values + ERROR * n,
                         .confidence_low = values + LOW * n,
                         .confidence_high = values + HIGH * n,
                         .prediction_low = values + NEW_LOW * n,
                         .prediction_high = values + NEW_HIGH * n};
    if (descend_walk_band(fit->walk, x, n, &band, &error) < 0)
        CHECK_FAIL(descend_error_text(error, NULL));
    descend_error_free(error);
}

/* ---- against other programs ------------------------------------------------------------------ */

enum { LINE, QUADRATIC, WEIGHTED, WEIGHTED_QUADRATIC, REACTION, CASES };

static Fit fit_case(int which) {
    static const char *const formulas[CASES] = {
        "dist ~ a*speed + b", "dist ~ a*speed + b + c*speed^2", "dist ~ a*speed + b",
        "dist ~ a*speed + b + c*speed^2", "rate ~ V*conc/(K + conc)"};
    enum { ROWS = 50 };
    static double weights[ROWS];
    char path[1000];
    snprintf(path, sizeof path, "%s/examples/data/%s.csv", getenv("SOURCE"),
             which == REACTION ? "puromycin" : "cars");
    descend_table *table = descend_table_read(path, NULL, NULL, NULL, NULL);
    bool weighted = which == WEIGHTED || which == WEIGHTED_QUADRATIC;
    const char *starts = which == REACTION ? "V=200 K=0.1" : "";
    if (!weighted) return fit_table(formulas[which], table, NULL, starts);
    const double *speed = descend_table_column(table, 0), *dist = descend_table_column(table, 1);
    static double columns[2][ROWS];
    memcpy(columns[0], speed, sizeof columns[0]);
    memcpy(columns[1], dist, sizeof columns[1]);
    for (int r = 0; r < ROWS; r++) weights[r] = 1 + speed[r] / 10;
    descend_table_free(table);
    const char *const names[] = {"speed", "dist", "w"};
    const double *const values[] = {columns[0], columns[1], weights};
    return fit_table(formulas[which], descend_table_columns(3, names, values, ROWS, NULL), "w", "");
}

typedef struct Known {
    int which;
    double place, values[VALUES];
} Known;

static void check_known(const Known *known, const double *values, size_t stride) {
    for (int k = 0; k < VALUES; k++)
        CHECK_NEAR(values[(size_t)k * stride], known->values[k], 1e-9);
}

TEST(points_against_other_programs) {
    static const Known points[] = {
#define POINT(which, x, ...) {which, x, {__VA_ARGS__}},
#include "../reference/bands.inc"
    };
    double values[VALUES];
    for (int which = 0; which < CASES; which++) {
        Fit fit = fit_case(which);
        for (size_t k = 0; k < COUNT_OF(points); k++) {
            if (points[k].which != which) continue;
            band_at(&fit, &points[k].place, 1, values);
            check_known(&points[k], values, 1);
        }
        fit_free(&fit);
    }
}

TEST(rows_against_other_programs) {
    static const Known rows[] = {
#define ROW(which, row, ...) {which, row, {__VA_ARGS__}},
#include "../reference/bands.inc"
    };
    for (int which = 0; which < REACTION; which++) {
        Fit fit = fit_case(which);
        size_t n = descend_table_row_count(fit.table);
        double *values = calloc(n * VALUES, sizeof *values);
        band_at(&fit, NULL, n, values);
        for (size_t k = 0; k < COUNT_OF(rows); k++)
            if (rows[k].which == which) check_known(&rows[k], values + (size_t)rows[k].place, n);
        free(values);
        fit_free(&fit);
    }
}

/* Rows are left out by a linear approximation: of the curved one it is near. */
TEST(rankings_against_other_programs) {
    static const double known[CASES][5] = {
#define RANK(which, ...) [which] = {__VA_ARGS__},
#include "../reference/bands.inc"
    };
    for (int which = 0; which < CASES; which++) {
        Fit fit = fit_case(which);
        descend_rank rank = {0};
        descend_ranking *ranking = descend_ranking_open(&fit.walk, 1, NULL);
        CHECK(descend_ranking_at(ranking, 0, &rank));
        CHECK(!descend_ranking_at(ranking, 1, &rank));
        CHECK_NEAR(rank.residual_sum_of_squares, known[which][0], 1e-11);
        CHECK_NEAR(rank.r_squared, known[which][1], 1e-11);
        CHECK_NEAR(rank.aicc, known[which][2], 1e-12);
        CHECK_NEAR(rank.bic, known[which][3], 1e-12);
        CHECK_NEAR(rank.leave_one_out_error, known[which][4], which == REACTION ? 0.02 : 1e-11);
        CHECK_NEAR(descend_walk_number(fit.walk, "leave_one_out_error"), rank.leave_one_out_error,
                   0);
        CHECK_NEAR(rank.weight, 1, 0);
        descend_ranking_free(ranking);
        fit_free(&fit);
    }
}

/* ---- what is determined ---------------------------------------------------------------------- */

static const char table_curve[] = "x=0,0.5,1,1.5,2,2.5 y=1.1,1.5,2.8,4.6,7.3,12.3";

static void check_same_band(const Fit *one, const Fit *other, double shift, double tolerance) {
    static const double x[] = {-1, 0.3, 2, 4};
    double a[VALUES * COUNT_OF(x)], b[VALUES * COUNT_OF(x)];
    band_at(one, x, COUNT_OF(x), a);
    band_at(other, x, COUNT_OF(x), b);
    for (size_t k = 0; k < VALUES * COUNT_OF(x); k++) {
        bool error = k / COUNT_OF(x) == ERROR;
        CHECK(isfinite(a[k]));
        CHECK_NEAR(a[k], b[k] + (error ? 0 : shift), tolerance);
    }
}

TEST(tied_parameters_have_the_band_of_one) {
    Fit tied = fit_literal("y ~ a*exp(x + b)", table_curve, "a=1 b=0.3");
    Fit one = fit_literal("y ~ c*exp(x)", table_curve, "c=1");
    CHECK(descend_walk_unavailable(tied.walk, 0, NULL)[0]);
    CHECK_TEXT(descend_walk_band_unavailable(tied.walk, NULL), "");
    check_same_band(&tied, &one, 0, 1e-9);
    fit_free(&tied);
    fit_free(&one);
}

/* Between others, and three of them. */
TEST(tied_parameters_in_the_middle) {
    Fit tied = fit_literal("y ~ a*exp(x + b + g) + c + d*x", table_curve, "a=1 b=0.3 g=0.1");
    Fit one = fit_literal("y ~ c + k*exp(x) + d*x", table_curve, "");
    check_same_band(&tied, &one, 0, 1e-7);
    fit_free(&tied);
    fit_free(&one);
}

TEST(known_parameters) {
    Fit held = fit_literal("y ~ a*exp(x) + b", table_curve, "b=0.5..0.5");
    Fit written = fit_literal("y - 0.5 ~ a*exp(x)", table_curve, "");
    check_same_band(&held, &written, 0.5, 1e-9);
    fit_free(&held);
    fit_free(&written);
}

/* All measurements at one place say how high the line is there, and nothing about other places. */
TEST(places_about_which_nothing_is_known) {
    static const double x[] = {2, 3};
    double values[2 * VALUES];
    Fit fit = fit_literal("y ~ a*x + b", "x=2,2,2,2 y=1,2,3,4", "");
    Fit mean = fit_literal("y ~ m + 0*x", "x=2,2,2,2 y=1,2,3,4", "");
    band_at(&fit, x, 2, values);
    CHECK_NEAR(values[2 * FITTED], 2.5, 1e-14);
    CHECK(isfinite(values[2 * FITTED + 1]) && isnan(values[2 * ERROR + 1]) &&
          isnan(values[2 * LOW + 1]) && isnan(values[2 * NEW_HIGH + 1]));
    double at = values[2 * HIGH];
    band_at(&mean, x, 1, values);
    CHECK_NEAR(at, values[HIGH], 1e-12);
    fit_free(&fit);
    fit_free(&mean);
}

/* A parameter that no row feels is harmless where no row feels it. */
TEST(a_hinge_beyond_the_data) {
    static const double x[] = {2, 9};
    double values[2 * VALUES];
    Fit fit = fit_literal("y ~ a*x + b + c*max(x - 5, 0)", table_curve, "");
    Fit line = fit_literal("y ~ a*x + b", table_curve, "");
    band_at(&fit, x, 2, values);
    double high = values[2 * HIGH];
    CHECK(isnan(values[2 * HIGH + 1]));
    band_at(&line, x, 1, values);
    CHECK_NEAR(high, values[HIGH], 1e-12);
    fit_free(&fit);
    fit_free(&line);
}

static void check_no_band(const char *formula, const char *table, const char *arguments,
                          const char *why) {
    double x = 2.5, values[VALUES];
    Fit fit = fit_literal(formula, table, arguments);
    band_at(&fit, &x, 1, values);
    CHECK(isfinite(values[FITTED]));
    for (int k = ERROR; k < VALUES; k++) CHECK(isnan(values[k]));
    CHECK_TEXT(descend_walk_band_unavailable(fit.walk, "en"), why);
    fit_free(&fit);
}

TEST(no_band) {
    check_no_band("y ~ a*x + b", "x=1,2,3 y=2,4,6", "",
                  "exact fit: no scatter to estimate errors from");
    check_no_band("y ~ a + b*x + c*exp(x)", "x=1,2 y=2,7", "", "no more data than parameters");
    check_no_band("y ~ a*x", "x=1 y=2", "", "exact fit: no scatter to estimate errors from");
    check_no_band("y ~ a*x + b*exp(a)", "x=1,2 y=2,-7", "b=-2..2",
                  "no more data than parameters");
}

TEST(misuse) {
    descend_error *error = NULL;
    double x = 1, y;
    descend_band band = {.fitted = &y};
    Fit plane = fit_literal("y ~ a*x + b*z", "x=1,2,3,4 z=1,0,2,2 y=2,4,5,3", "");
    CHECK_INT(descend_walk_band(plane.walk, &x, 1, &band, &error), DESCEND_MISUSE);
    descend_error_free(error);
    CHECK_INT(descend_walk_band(plane.walk, NULL, 1, &band, NULL), DESCEND_MISUSE);
    CHECK_INT(descend_walk_band(plane.walk, NULL, 4, NULL, NULL), DESCEND_MISUSE);
    CHECK_INT(descend_walk_band(NULL, NULL, 4, &band, NULL), DESCEND_MISUSE);
    CHECK(descend_walk_uses_column(plane.walk, 1) && !descend_walk_uses_column(plane.walk, 3));
    CHECK_TEXT(descend_table_word(plane.table, 0, 0), "");
    fit_free(&plane);
    Fit more = fit_literal("y ~ a*x; minimize exp(a)", "x=1,2,3,4 y=2,4,5,3", "a=1");
    CHECK_INT(descend_walk_band(more.walk, &x, 1, &band, NULL), DESCEND_MISUSE);
    CHECK(strstr(descend_walk_band_unavailable(more.walk, "en"), "sum of squares"));
    CHECK(!descend_ranking_open(&more.walk, 1, NULL));
    fit_free(&more);
}

/* ---- coverage -------------------------------------------------------------------------------- */

enum { SETS = 4000, SET_ROWS = 25, PLACES = 5 };

static double truth(double x) { return 3 * exp(-0.8 * x) + 1; }

/* y ~ 3*exp(-0.8*x) + 1 with a standard deviation of 0.2. */
static Fit simulated(RandomKey key, uint64_t set, double *columns) {
    const char *const names[] = {"x", "y"};
    const double *const values[] = {columns, columns + SET_ROWS};
    for (uint64_t r = 0; r < SET_ROWS; r++) {
        columns[r] = 0.2 * (double)r;
        columns[SET_ROWS + r] =
            truth(columns[r]) + 0.2 * random_normal(key, set * (SET_ROWS + PLACES) + r);
    }
    return fit_table("y ~ a*exp(-b*x) + c", descend_table_columns(2, names, values, SET_ROWS, NULL),
                     NULL, "a=2 b=1 c=0");
}

TEST(coverage) {
    static const double x[PLACES] = {0, 0.7, 2, 3.5, 4.8};
    double columns[2 * SET_ROWS], v[VALUES * PLACES];
    RandomKey key = random_key(1, "coverage");
    int curve[PLACES] = {0}, point[PLACES] = {0};
    for (uint64_t set = 0; set < SETS; set++) {
        Fit fit = simulated(key, set, columns);
        band_at(&fit, x, PLACES, v);
        for (uint64_t k = 0; k < PLACES; k++) {
            uint64_t draw = set * (SET_ROWS + PLACES) + SET_ROWS + k;
            double real = truth(x[k]), next = real + 0.2 * random_normal(key, draw);
            curve[k] += v[LOW * PLACES + k] <= real && real <= v[HIGH * PLACES + k];
            point[k] += v[NEW_LOW * PLACES + k] <= next && next <= v[NEW_HIGH * PLACES + k];
        }
        fit_free(&fit);
    }
    for (int k = 0; k < PLACES; k++) {
        printf("x = %g: confidence %.1f %%, prediction %.1f %%\n", x[k], 100.0 * curve[k] / SETS,
               100.0 * point[k] / SETS);
        CHECK(curve[k] >= 0.93 * SETS && curve[k] <= 0.97 * SETS);
        CHECK(point[k] >= 0.93 * SETS && point[k] <= 0.97 * SETS);
    }
}

/* ---- rankings -------------------------------------------------------------------------------- */

static const char table_line[] = "x=1,2,3,4,5,6,7,8,9,10 "
                                 "y=2.3,3.6,6.4,7.9,10.4,11.7,14.5,15.8,18.3,19.6";

TEST(rankings) {
    static const char *const formulas[] = {
        "y ~ a*x + b", "y ~ a", "y ~ a + b*x + c*x^2 + d*x^3 + e*x^4 + f*x^5"};
    Fit fits[3];
    descend_walk *walks[3];
    descend_rank first, second, third;
    for (int k = 0; k < 3; k++) {
        char formula[100];
        snprintf(formula, sizeof formula, "%s%s", formulas[k], k == 1 ? " + 0*x" : "");
        fits[k] = fit_literal(formula, table_line, "");
        walks[k] = fits[k].walk;
    }
    descend_ranking *ranking = descend_ranking_open(walks, 3, NULL);
    CHECK(descend_ranking_at(ranking, 0, &first) && descend_ranking_at(ranking, 1, &second) &&
          descend_ranking_at(ranking, 2, &third));
    CHECK_INT(first.walk, 0);
    CHECK_NEAR(first.parameters, 2, 0);
    CHECK(first.aicc <= second.aicc && second.aicc <= third.aicc);
    CHECK_NEAR(first.weight + second.weight + third.weight, 1, 1e-14);
    CHECK_NEAR(second.weight / first.weight, exp((first.aicc - second.aicc) / 2), 1e-12);
    CHECK(strstr(descend_ranking_sentence(ranking, "en"), "preferred: formula 1, clearly"));
    CHECK(strstr(descend_ranking_note(ranking, 0, "en"), "formula 3 follows the noise"));
    CHECK(strstr(descend_ranking_note(ranking, 1, "en"), "6 parameters for 10 rows"));
    CHECK(!descend_ranking_note(ranking, 2, "en"));
    descend_ranking_free(ranking);
    for (int k = 0; k < 3; k++) fit_free(&fits[k]);
}

static void check_refused(const char *one, const char *other, const char *why) {
    descend_error *error = NULL;
    Fit a = fit_literal(one, table_line, ""), b = fit_literal(other, table_line, "");
    descend_walk *walks[] = {a.walk, b.walk};
    CHECK(!descend_ranking_open(walks, 2, &error));
    CHECK(strstr(descend_error_text(error, "en"), why));
    descend_error_free(error);
    fit_free(&a);
    fit_free(&b);
}

TEST(what_cannot_be_ranked) {
    check_refused("y ~ a*x", "log(y) ~ a*x", "formula 1 is about 'y', formula 2 about 'log(y)'");
    check_refused("y ~ a*x", "y + c ~ a*x^2", "holds parameters");
}

static const char table_exact[] = "x=1,2,3,4,5,6,7,8 y=0.4,0.7,1,1.3,1.6,1.9,2.2,2.5";

/* Rounding does not tell formulas apart that both pass through every point. */
TEST(exact_fits) {
    Fit line = fit_literal("y ~ a*x + b", table_exact, "");
    Fit curve = fit_literal("y ~ a*x + b + c*x^2", table_exact, "");
    descend_walk *walks[] = {curve.walk, line.walk};
    descend_rank first, second;
    descend_ranking *ranking = descend_ranking_open(walks, 2, NULL);
    CHECK(descend_ranking_at(ranking, 0, &first) && descend_ranking_at(ranking, 1, &second));
    CHECK_INT(first.walk, 1);
    CHECK_NEAR(first.residual_sum_of_squares, second.residual_sum_of_squares, 0);
    descend_ranking_free(ranking);
    fit_free(&line);
    fit_free(&curve);
}

TEST(too_few_rows) {
    Fit line = fit_literal("y ~ a*x + b", "x=1,2,3,4 y=1,3,2,5", "");
    descend_ranking *ranking = descend_ranking_open(&line.walk, 1, NULL);
    descend_rank rank;
    CHECK(descend_ranking_at(ranking, 0, &rank));
    CHECK(isnan(rank.aicc) && isfinite(rank.bic) && isfinite(rank.leave_one_out_error));
    CHECK(strstr(descend_ranking_sentence(ranking, "en"), "no formula can be judged"));
    descend_ranking_free(ranking);
    fit_free(&line);
}

TEST(arguments_of_models) {
    descend_model *model = descend_model_parse("y ~ a*exp(-rate*x)", NULL);
    CHECK(descend_model_takes(model, "a=1") && descend_model_takes(model, "rate=0..5"));
    CHECK(!descend_model_takes(model, "b=1") && !descend_model_takes(model, "rat=1"));
    CHECK(!descend_model_takes(NULL, "a=1") && !descend_model_takes(model, NULL));
    descend_model_free(model);
}

TEST_MAIN(points_against_other_programs, rows_against_other_programs,
          rankings_against_other_programs, tied_parameters_have_the_band_of_one,
          tied_parameters_in_the_middle, known_parameters, places_about_which_nothing_is_known,
          a_hinge_beyond_the_data, no_band, misuse, coverage, rankings, what_cannot_be_ranked,
          exact_fits, too_few_rows, arguments_of_models)
