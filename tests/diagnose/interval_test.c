/* Intervals by profile and by bootstrap, against SciPy, R and all tables that can be drawn
 * (tests/reference/profile_intervals.py, bootstrap_intervals.py), and what they say when there is
 * no end. */
#include "../../include/descend.h"
#include "../../src/base/base.h"
#include "../check.h"

#include <stdlib.h>

enum { MOST = 8 };

/* A fit that has been walked to its end. */
typedef struct Fit {
    descend_model *model;
    descend_table *table;
    descend_walk *walk;
    size_t n;
    double low[MOST], high[MOST];
} Fit;

static descend_table *fit_table(const char *data) {
    char path[512];
    const char *source = getenv("SOURCE");
    if (descend_table_is_literal(data)) return descend_table_parse(data, NULL);
    snprintf(path, sizeof path, "%s/examples/data/%s", source ? source : ".", data);
    return descend_table_read(path, NULL, NULL, NULL, NULL);
}

/* 'words': arguments, which hold a '=', and options, each before its value; ended by NULL. */
static Fit fit_open(const char *formula, const char *data, const char *const *words) {
    Fit fit = {.model = descend_model_parse(formula, NULL), .table = fit_table(data)};
    fit.walk = descend_walk_open(fit.model, fit.table, NULL);
    for (; *words; words++) {
        descend_error *error = NULL;
        int status = strchr(*words, '=') ? descend_walk_argument(fit.walk, *words, &error)
                                         : descend_walk_set(fit.walk, words[0], words[1], &error);
        if (!strchr(*words, '=')) words++;
        if (status < 0) CHECK_FAIL(descend_error_text(error, "en"));
        descend_error_free(error);
    }
    CHECK_INT(descend_walk_run(fit.walk, NULL), DESCEND_OK);
    fit.n = descend_walk_parameter_count(fit.walk);
    CHECK(fit.n <= MOST);
    return fit;
}

static Fit fit_intervals(const char *formula, const char *data, const char *const *words) {
    Fit fit = fit_open(formula, data, words);
    CHECK_INT(descend_walk_vector(fit.walk, "confidence_low", fit.low, fit.n), DESCEND_OK);
    CHECK_INT(descend_walk_vector(fit.walk, "confidence_high", fit.high, fit.n), DESCEND_OK);
    return fit;
}
#define FIT(formula, data, ...)                                                                    \
    fit_intervals((formula), (data), (const char *const[]){__VA_ARGS__, NULL})

static void fit_close(Fit *fit) {
    descend_walk_free(fit->walk);
    descend_table_free(fit->table);
    descend_model_free(fit->model);
}

static bool fit_says(const Fit *fit, const char *part) {
    const char *note;
    for (size_t k = 0; (note = descend_walk_note(fit->walk, k, "en")); k++)
        if (strstr(note, part)) return true;
    return false;
}

/* ---- profile --------------------------------------------------------------------------------- */

enum { PUROMYCIN, WEIGHTED, DEMAND, MISRA, FAST, NARROW, ROUGH, BOUND, AT_BOUND, TREES, PROFILES };

#define DEMAND_TABLE "x=1,2,3,4,5,7 y=8.3,10.3,19,16,15.6,19.8"
static Fit profile_case(int which) {
    switch (which) {
    case PUROMYCIN:
        return FIT("rate ~ Vm*conc/(K + conc)", "puromycin.csv", "Vm=200", "K=0.1", "intervals",
                   "profile");
    case WEIGHTED:
        return FIT("rate ~ Vm*conc/(K + conc)", "puromycin.csv", "Vm=200", "K=0.1", "weight",
                   "conc", "intervals", "profile");
    case DEMAND:
        return FIT("y ~ a*(1 - exp(-b*x))", DEMAND_TABLE, "a=20", "b=0.5", "intervals", "profile");
    case MISRA:
        return FIT("y ~ a*(1 - exp(-b*x))", "misra1a.csv", "a=250", "b=5e-4", "intervals",
                   "profile");
    case FAST:
        return FIT("y ~ a*exp(-b*x)", "x=0,1,2,3,4,5 y=1.02,0.05,-0.03,0.04,-0.02,0.01", "a=1",
                   "b=3", "intervals", "profile");
    case NARROW:
        return FIT("y ~ a*x/(b + x)",
                   "x=1,2,3,4,5,6,8,10 y=0.119,0.153,0.214,0.020,0.411,0.484,0.512,0.613", "a=20",
                   "b=300", "intervals", "profile");
    case ROUGH:
        return FIT("y ~ a*x^b", "x=1,2,3,4,5,6 y=-12.821,-9.459,14.771,6.253,17.724,3.894", "a=0.7",
                   "b=1.5", "intervals", "profile");
    case BOUND:
        return FIT("y ~ a*x + b", "x=0,1,2,3,4,5 y=1.1,0.8,1.6,1.2,1.9,1.3", "a=0.1,0..100", "b=1",
                   "intervals", "profile");
    case AT_BOUND:
        return FIT("y ~ a*x + b", "x=0,1,2,3,4,5 y=1.3,1.9,1.2,1.6,0.8,1.1", "a=0.1,0..100", "b=1",
                   "intervals", "profile");
    default:
        return FIT("param k[5] = 180; param m = 700; param s = 350\n"
                   "circumference ~ k[Tree]/(1 + exp(-(age - m)/s))",
                   "orange_trees.csv", "intervals", "profile");
    }
}

TEST(profiles_as_scipy) {
    static const struct {
        int which;
        size_t i;
        double low, high;
    } rows[] = {
#include "../reference/profile_intervals.inc"
    };
    for (int which = 0; which < PROFILES; which++) {
        Fit fit = profile_case(which);
        size_t seen = 0;
        for (size_t k = 0; k < COUNT_OF(rows); k++) {
            if (rows[k].which != which) continue;
            double half = (fit.high[rows[k].i] - fit.low[rows[k].i]) / 2;
            if (!isfinite(half)) half = 1;
            seen++;
            if (isinf(rows[k].low)) CHECK(fit.low[rows[k].i] == rows[k].low);
            else CHECK_NEAR((fit.low[rows[k].i] - rows[k].low) / half, 0, 2e-6);
            if (isinf(rows[k].high)) CHECK(fit.high[rows[k].i] == rows[k].high);
            else CHECK_NEAR((fit.high[rows[k].i] - rows[k].high) / half, 0, 2e-6);
        }
        CHECK(seen > 0 && seen <= fit.n);
        fit_close(&fit);
    }
}

/* confint(nls(rate ~ Vm*conc/(K + conc), Puromycin, subset = state == "treated")) prints
 * 197.30212848 229.29006490 and 0.04692517 0.08615995; it interpolates its profile. */
TEST(profiles_as_r) {
    Fit fit = profile_case(PUROMYCIN);
    CHECK_NEAR(fit.low[0], 197.30212848, 1e-5);
    CHECK_NEAR(fit.high[0], 229.29006490, 1e-5);
    CHECK_NEAR(fit.low[1], 0.04692517, 1.2e-4);
    CHECK_NEAR(fit.high[1], 0.08615995, 1.2e-4);
    fit_close(&fit);
}

/* Of a line the linear intervals are exact, whatever the units. */
TEST(profiles_of_lines) {
    const char *data = "x=1e6,2e6,3e6,4e6,5e6 y=1.1e-3,1.9e-3,3.2e-3,3.8e-3,5.1e-3";
    Fit fit = FIT("y ~ a*x + b", data, "a=1", "b=1", "intervals", "profile");
    Fit linear = FIT("y ~ a*x + b", data, "a=1", "b=1");
    for (size_t i = 0; i < 2; i++) {
        double half = (linear.high[i] - linear.low[i]) / 2;
        CHECK_NEAR((fit.low[i] - linear.low[i]) / half, 0, 1e-6);
        CHECK_NEAR((fit.high[i] - linear.high[i]) / half, 0, 1e-6);
    }
    CHECK_TEXT(descend_walk_text(fit.walk, "intervals", "en"), "profile");
    CHECK_TEXT(descend_walk_text(linear.walk, "intervals", "en"), "linear");
    CHECK(!fit_says(&fit, "linear interval"));
    fit_close(&fit);
    fit_close(&linear);
}

TEST(profiles_say_what_is_open) {
    Fit fit = profile_case(FAST);
    CHECK(fit_says(&fit, "no upper limit for b"));
    CHECK(fit_says(&fit, "for b the linear interval"));
    CHECK(!fit_says(&fit, "limit for a"));
    fit_close(&fit);
    fit = profile_case(ROUGH); /* up to where 6^b is too large for a number */
    CHECK(fit.high[1] == INFINITY && fit_says(&fit, "no upper limit for b"));
    fit_close(&fit);
    fit = profile_case(BOUND);
    CHECK(fit_says(&fit, "the lower end of the interval of a is the bound"));
    fit_close(&fit);
}

/* The slope is at most 0.05, which the scatter hides. */
TEST(profiles_open_on_both_sides) {
    Fit fit = FIT("y ~ b + 0.1*a/(1 + a^2)*x", "x=-1,0,1,2 y=0.1,-0.1,0.12,-0.05", "a=0.1", "b=0",
                  "intervals", "profile");
    CHECK(fit.low[1] == -INFINITY && fit.high[1] == INFINITY);
    CHECK(isfinite(fit.low[0]) && isfinite(fit.high[0]));
    fit_close(&fit);
}

/* Below 2 the formula is not defined, and the data allow it down to there. */
TEST(profiles_end_at_the_edge) {
    Fit fit = FIT("y ~ b*sqrt(a - x)", "x=-3,-2,-1,0,1,2 y=2.5,1.6,2.1,1.1,1.3,0.3", "a=2.2", "b=1",
                  "intervals", "profile");
    CHECK_NEAR(fit.low[1], 2, 1e-6);
    CHECK(fit_says(&fit, "the lower end of the interval of a is where the formula stops"));
    fit_close(&fit);
}

/* Parameters without errors have no intervals; the others are as without them. */
TEST(profiles_of_the_others) {
    Fit fit = FIT("y ~ a*(1 - exp(-b*x)) + 0*c + (d + e)*0.001*x^2*0 + f", DEMAND_TABLE, "a=20",
                  "b=0.5", "c=1", "d=1", "e=1", "f=0,0..0", "intervals", "profile");
    Fit plain = profile_case(DEMAND);
    for (size_t i = 2; i < 6; i++) {
        CHECK(isnan(fit.low[i]) && isnan(fit.high[i]));
        CHECK(descend_walk_unavailable(fit.walk, i, "en")[0] != '\0');
    }
    CHECK_NEAR(plain.high[1], 1.8081695947, 1e-6);
    fit_close(&plain);
    fit_close(&fit);
    fit = FIT("y ~ a*b*(1 - exp(-c*x))", DEMAND_TABLE, "a=20", "b=1", "c=0.5", "intervals",
              "profile");
    CHECK(isnan(fit.low[0]) && isnan(fit.low[1]));
    CHECK(fit.low[2] > 0 && fit.low[2] < 0.53);
    fit_close(&fit);
}

/* No bottom, no scatter, no freedom: no intervals, and the reasons as ever. */
TEST(intervals_need_a_bottom) {
    static const char *const kinds[] = {"profile", "bootstrap"};
    for (size_t k = 0; k < 2; k++) {
        Fit fit = FIT("y ~ a*x + b", "x=1,2,3 y=2,4,6", "a=1", "b=1", "intervals", kinds[k]);
        CHECK(isnan(fit.low[0]) && isnan(fit.high[1]));
        CHECK(strstr(descend_walk_unavailable(fit.walk, 0, "en"), "exact fit") != NULL);
        fit_close(&fit);
        fit = FIT("y ~ a*x", "x=1,2,3 y=2,4,7", "a=1", "rate", "0.01", "steps", "2", "intervals",
                  kinds[k]);
        CHECK(isnan(fit.low[0]));
        CHECK(strstr(descend_walk_unavailable(fit.walk, 0, "en"), "not arrived") != NULL);
        fit_close(&fit);
    }
}

/* sin(2 x), walked to a wrong frequency: the profile comes across the right one. */
TEST(profiles_find_lower_valleys) {
    const char *data = "x=0.3,0.7,1.1,1.6,2,2.4,2.9,3.3,3.8,4.2 "
                       "y=0.54,1.02,0.79,-0.09,-0.72,-1.01,-0.44,0.28,1,0.83";
    Fit fit = FIT("y ~ sin(w*x)", data, "w=3.4", "intervals", "profile");
    CHECK(fabs(descend_walk_values(fit.walk)[0] - 2) > 0.5);
    CHECK(fit_says(&fit, "a lower valley was found while profiling: start from w="));
    fit_close(&fit);
    fit = FIT("y ~ sin(w*x)", data, "w=2.1", "intervals", "profile");
    CHECK(!fit_says(&fit, "a lower valley"));
    CHECK(fit.low[0] > 1.9 && fit.high[0] < 2.1);
    fit_close(&fit);
}

/* The walk may be coarse, the profile is not. */
TEST(profiles_after_other_walks) {
    static const char *const walks[][2] = {{"precision", "f32"},
                                           {"gradient", "probe"},
                                           {"threads", "3"},
                                           {"optimizer", "bfgs"}};
    for (size_t k = 0; k < COUNT_OF(walks); k++) {
        Fit fit = FIT("y ~ a*(1 - exp(-b*x))", DEMAND_TABLE, "a=20", "b=0.5", walks[k][0],
                      walks[k][1], "until", "slope < 0.01", "intervals", "profile");
        CHECK_NEAR(fit.low[1], 0.1313977467, 2e-5);
        CHECK_NEAR(fit.high[1], 1.8081695947, 2e-5);
        CHECK(!fit_says(&fit, "a lower valley"));
        fit_close(&fit);
    }
}

/* ---- bootstrap ------------------------------------------------------------------------------- */

enum { MEAN, WEIGHTED_MEAN, DECAY, GROUPS, BOOTSTRAPS };

static Fit bootstrap_case(int which, const char *kind, const char *threads) {
    switch (which) {
    case MEAN:
        return FIT("y ~ m + 0*w", "y=2.3,3.1,4.7,1.9,3.6,5.2 w=1,2,1,3,1,2", "m=1", "intervals",
                   kind, "threads", threads);
    case WEIGHTED_MEAN:
        return FIT("y ~ m + 0*w", "y=2.3,3.1,4.7,1.9,3.6,5.2 w=1,2,1,3,1,2", "m=1", "weight", "w",
                   "intervals", kind, "threads", threads);
    case DECAY:
        return FIT("y ~ a*exp(-b*x)",
                   "x=0,0.5,1,1.5,2,2.5,3,3.5,4,4.5,5,6 "
                   "y=9.8,7.4,6.3,4.5,3.9,2.7,2.6,1.5,1.6,1.2,0.6,0.7",
                   "a=10", "b=0.5", "intervals", kind, "threads", threads);
    default:
        return FIT("param v[2] = 200; param k = 0.05; rate ~ v[state]*conc/(k + conc)",
                   "puromycin_groups.csv", "intervals", kind, "threads", threads);
    }
}

/* 4,000 replicates place the ends within a few hundredths of the width, the error within 4 %. */
TEST(bootstraps_as_numpy) {
    static const struct {
        int which;
        size_t i;
        double low, high, error;
    } rows[] = {
#include "../reference/bootstrap_intervals.inc"
    };
    for (int which = 0; which < BOOTSTRAPS; which++) {
        double errors[MOST];
        Fit fit = bootstrap_case(which, "bootstrap:4000", "2");
        CHECK_INT(descend_walk_vector(fit.walk, "bootstrap_errors", errors, fit.n), DESCEND_OK);
        CHECK_INT(descend_walk_number(fit.walk, "bootstrap_replicates"), 4000);
        CHECK_INT(descend_walk_number(fit.walk, "bootstrap_used"), 4000);
        for (size_t k = 0; k < COUNT_OF(rows); k++) {
            if (rows[k].which != which) continue;
            double width = rows[k].high - rows[k].low;
            CHECK_NEAR((fit.low[rows[k].i] - rows[k].low) / width, 0, 0.03);
            CHECK_NEAR((fit.high[rows[k].i] - rows[k].high) / width, 0, 0.03);
            CHECK_NEAR(errors[rows[k].i], rows[k].error, 0.04);
        }
        fit_close(&fit);
    }
}

/* sqrt(sum (y - mean)^2) / n is the standard error of a mean by the bootstrap. */
TEST(bootstrap_of_a_mean) {
    double error, y[] = {2.3, 3.1, 4.7, 1.9, 3.6, 5.2}, mean = 20.8 / 6, sum = 0;
    Fit fit = bootstrap_case(MEAN, "bootstrap:4000", "1");
    CHECK_INT(descend_walk_vector(fit.walk, "bootstrap_errors", &error, 1), DESCEND_OK);
    for (size_t k = 0; k < 6; k++) sum += (y[k] - mean) * (y[k] - mean);
    CHECK_NEAR(error, sqrt(sum) / 6, 0.03);
    fit_close(&fit);
}

static bool same_bits(const Fit *a, const Fit *b) {
    return memcmp(a->low, b->low, a->n * sizeof *a->low) == 0 &&
           memcmp(a->high, b->high, a->n * sizeof *a->high) == 0;
}

TEST(bootstraps_have_the_same_bits) {
    static const char *const threads[] = {"2", "3", "7"};
    for (int which = 0; which < BOOTSTRAPS; which++) {
        Fit one = bootstrap_case(which, "bootstrap:200", "1");
        for (size_t k = 0; k < COUNT_OF(threads); k++) {
            Fit other = bootstrap_case(which, "bootstrap:200", threads[k]);
            CHECK(same_bits(&one, &other));
            fit_close(&other);
        }
        fit_close(&one);
    }
}

TEST(bootstraps_follow_the_seed) {
    const char *data = "x=1,2,3,4,5 y=1,2.2,2.7,4.4,4.8";
    Fit one = FIT("y ~ a*x", data, "a=1", "intervals", "bootstrap:100", "seed", "1");
    Fit same = FIT("y ~ a*x", data, "a=1", "intervals", "bootstrap:100", "seed", "1");
    Fit two = FIT("y ~ a*x", data, "a=1", "intervals", "bootstrap:100", "seed", "2");
    CHECK(same_bits(&one, &same));
    CHECK(!same_bits(&one, &two));
    CHECK(fit_says(&one, "bootstrap: 100 tables of rows drawn with replacement (seed 1)"));
    fit_close(&one);
    fit_close(&same);
    fit_close(&two);
}

/* b acts on one row of ten: a table is without it in 0.9^10 = 34.9 % of cases (+- 1.5 %). */
TEST(bootstraps_leave_out_what_is_undetermined) {
    Fit fit = FIT("y ~ a*x + b*(x == 3)",
                  "x=1,2,3,4,5,6,7,8,9,10 y=1,2.2,5,4.4,4.8,6,7.1,8.2,8.8,10", "a=1", "b=1",
                  "intervals", "bootstrap");
    double left = descend_walk_number(fit.walk, "bootstrap_undetermined");
    CHECK(left > 289 && left < 409);
    CHECK_INT(left + descend_walk_number(fit.walk, "bootstrap_used"), 1000);
    CHECK(fit_says(&fit, "whose rows did not determine every parameter"));
    CHECK(isfinite(fit.low[0]) && isfinite(fit.high[1]));
    fit_close(&fit);
}

/* Statistics over the rows are those of the table, not of what is drawn: the intervals of 'w' are
 * those of the slope, in units of the standard deviation sqrt(2) of x. */
TEST(bootstraps_keep_statistics) {
    const char *data = "x=1,2,3,4,5 y=1,2.2,2.7,4.4,4.8";
    Fit slope = FIT("y ~ b*x + a", data, "b=1", "a=1", "intervals", "bootstrap:100");
    Fit scaled = FIT("y ~ w*standardize(x) + a", data, "w=1", "a=1", "intervals",
                     "bootstrap:100");
    CHECK_NEAR(scaled.low[0], slope.low[0] * sqrt(2), 1e-9);
    CHECK_NEAR(scaled.high[0], slope.high[0] * sqrt(2), 1e-9);
    fit_close(&slope);
    fit_close(&scaled);
}

/* Each state keeps its rows. */
TEST(bootstraps_keep_groups) {
    Fit fit = FIT("param v[2] = 200; param k = 0.05; rate ~ v[state]*conc/(k + conc)",
                  "puromycin_groups.csv", "intervals", "bootstrap:100");
    CHECK_INT(descend_walk_number(fit.walk, "bootstrap_undetermined"), 0);
    CHECK(fit_says(&fit, "within the groups of state"));
    fit_close(&fit);
}

/* ---- the interface --------------------------------------------------------------------------- */

static void check_refused(descend_walk *walk, const char *value, const char *part) {
    descend_error *error = NULL;
    CHECK_INT(descend_walk_set(walk, "intervals", value, &error), DESCEND_INPUT);
    const char *text = descend_error_text(error, "en");
    if (!strstr(text, part)) CHECK_FAIL(text);
    descend_error_free(error);
}

TEST(kinds_are_checked) {
    descend_model *model = descend_model_parse("y ~ a*x", NULL);
    descend_walk *walk = descend_walk_open(model, NULL, NULL);
    check_refused(walk, "exact", "linear, profile, bootstrap");
    check_refused(walk, "prof", "linear, profile, bootstrap");
    check_refused(walk, "profile:5", "linear, profile, bootstrap");
    check_refused(walk, "", "linear, profile, bootstrap");
    check_refused(walk, "bootstrap:", "no whole number from 100");
    check_refused(walk, "bootstrap:99", "no whole number from 100");
    check_refused(walk, "bootstrap:100.5", "no whole number from 100");
    check_refused(walk, "bootstrap:many", "no whole number from 100");
    check_refused(walk, "bootstrap:1e9", "no whole number from 100");
    CHECK_INT(descend_walk_set(walk, "intervals", "bootstrap:1000", NULL), DESCEND_OK);
    CHECK_INT(descend_walk_set(walk, "intervals", "linear", NULL), DESCEND_OK);
    descend_walk_free(walk);
    descend_model_free(model);
}

/* Piece by piece: the share grows to 1; before the end of the walk there is nothing to do. */
TEST(pieces) {
    descend_model *model = descend_model_parse("y ~ a*(1 - exp(-b*x))", NULL);
    descend_table *table = descend_table_parse(DEMAND_TABLE, NULL);
    descend_walk *walk = descend_walk_open(model, table, NULL);
    double share = 0, before = 0, low[2], unused[2];
    descend_walk_argument(walk, "a=20", NULL);
    descend_walk_argument(walk, "b=0.5", NULL);
    descend_walk_set(walk, "intervals", "profile", NULL);
    CHECK_INT(descend_walk_intervals(walk, &share, NULL), DESCEND_MISUSE);
    CHECK_INT(descend_walk_step(walk, NULL, NULL), DESCEND_RUNNING);
    CHECK_INT(descend_walk_intervals(walk, &share, NULL), DESCEND_MISUSE);
    CHECK_INT(descend_walk_vector(walk, "confidence_low", low, 2), DESCEND_OK);
    CHECK(isnan(low[0]));
    CHECK_INT(descend_walk_run(walk, NULL), DESCEND_OK);
    descend_status status;
    do {
        status = descend_walk_intervals(walk, &share, NULL);
        CHECK(share >= before);
        before = share;
    } while (status == DESCEND_RUNNING);
    CHECK_INT(status, DESCEND_DONE);
    CHECK(share == 1);
    CHECK_INT(descend_walk_intervals(walk, NULL, NULL), DESCEND_DONE);
    CHECK_INT(descend_walk_vector(walk, "confidence_low", low, 2), DESCEND_OK);
    CHECK_NEAR(low[0], 14.049364163, 1e-6);
    CHECK_INT(descend_walk_vector(walk, "bootstrap_errors", unused, 2), DESCEND_MISUSE);
    CHECK(isnan(descend_walk_number(walk, "bootstrap_used")));
    descend_walk_free(walk);
    descend_table_free(table);
    descend_model_free(model);
}

TEST(stopping) {
    static const char *const kinds[] = {"profile", "bootstrap:1000000"};
    for (size_t k = 0; k < 2; k++) {
        double low[2];
        Fit fit = fit_open("y ~ a*(1 - exp(-b*x))", DEMAND_TABLE,
                           (const char *const[]){"a=20", "b=0.5", "intervals", kinds[k], NULL});
        CHECK_INT(descend_walk_intervals(fit.walk, NULL, NULL), DESCEND_RUNNING);
        descend_walk_stop(fit.walk);
        CHECK_INT(descend_walk_intervals(fit.walk, NULL, NULL), DESCEND_DONE);
        CHECK_INT(descend_walk_vector(fit.walk, "confidence_low", low, 2), DESCEND_OK);
        CHECK(isnan(low[1]));
        CHECK(fit_says(&fit, "interrupted before all intervals were known"));
        CHECK_INT(descend_walk_verdict(fit.walk), DESCEND_VERDICT_CONVERGED);
        fit_close(&fit);
    }
}

/* A loss that is not all squares has neither errors nor intervals. */
TEST(squares_alone) {
    Fit fit = fit_open("y ~ a*x; minimize 0.1*abs(a)", "x=1,2,3 y=2,4,5",
                       (const char *const[]){"a=1", "intervals", "profile", NULL});
    double low[1];
    CHECK_INT(descend_walk_intervals(fit.walk, NULL, NULL), DESCEND_DONE);
    CHECK_INT(descend_walk_vector(fit.walk, "confidence_low", low, 1), DESCEND_MISUSE);
    CHECK(fit_says(&fit, "they need a loss of squares alone"));
    fit_close(&fit);
}

TEST_MAIN(profiles_as_scipy, profiles_as_r, profiles_of_lines, profiles_say_what_is_open,
          profiles_open_on_both_sides, profiles_end_at_the_edge, profiles_of_the_others,
          intervals_need_a_bottom, profiles_find_lower_valleys, profiles_after_other_walks,
          bootstraps_as_numpy, bootstrap_of_a_mean, bootstraps_have_the_same_bits,
          bootstraps_follow_the_seed, bootstraps_leave_out_what_is_undetermined,
          bootstraps_keep_statistics, bootstraps_keep_groups, kinds_are_checked, pieces, stopping,
          squares_alone)
