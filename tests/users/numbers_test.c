/* Perfect data, whole numbers, single parameters: the results that nothing may spoil. */
#include "../../include/descend.h"
#include "../check.h"

static descend_walk *fit(const char *formula, descend_table *table, const char *start,
                         descend_model **model) {
    *model = descend_model_parse(formula, NULL);
    descend_walk *walk = descend_walk_open(*model, table, NULL);
    char one[64];
    for (size_t length; start[0]; start += length + (start[length] == ' ')) {
        length = strcspn(start, " ");
        snprintf(one, sizeof one, "%.*s", (int)length, start);
        CHECK_INT(descend_walk_argument(walk, one, NULL), DESCEND_OK);
    }
    CHECK_INT(descend_walk_run(walk, NULL), DESCEND_OK);
    return walk;
}

/* ---- perfect data ---------------------------------------------------------------------------- */

TEST(four_points_on_the_diagonal) {
    static const char *const STARTS[] = {"", "a=0 b=0", "a=1 b=0", "a=-1e6 b=1e6", "a=1e-9 b=1e9"};
    descend_table *table = descend_table_parse("x=1,2,3,4 y=1,2,3,4", NULL);
    for (size_t k = 0; k < sizeof STARTS / sizeof STARTS[0]; k++) {
        descend_model *model;
        descend_walk *walk = fit("y ~ a*x + b", table, STARTS[k], &model);
        const double *values = descend_walk_values(walk);
        double errors[2];
        CHECK_INT(descend_walk_verdict(walk), DESCEND_VERDICT_CONVERGED);
        CHECK_NEAR(values[0], 1, 1e-12);
        CHECK_NEAR(values[1], 0, 1e-12);
        CHECK(descend_walk_number(walk, "residual_sum_of_squares") < 1e-24);
        CHECK_INT(descend_walk_vector(walk, "standard_errors", errors, 2), DESCEND_OK);
        CHECK(isnan(errors[0]) && isnan(errors[1]));
        for (size_t i = 0; i < 2; i++)
            CHECK_TEXT(descend_walk_unavailable(walk, i, "en"),
                       "exact fit: no scatter to estimate errors from");
        CHECK(strncmp(descend_walk_text(walk, "reason", "en"), "the fit is exact", 16) == 0);
        descend_walk_free(walk);
        descend_model_free(model);
    }
    descend_table_free(table);
}

/* Made from the model itself: the exact parameters, from starts nearby. */
TEST(curves_made_from_the_model) {
    static const struct {
        const char *formula, *start;
        double truth[3];
    } CURVES[] = {
        {"y ~ a*exp(-b*x) + c", "a=1 b=1 c=0", {5, 0.7, 2}},
        {"y ~ a*sin(b*x + c)", "a=1 b=1.2 c=0.1", {2, 1.5, 0.3}},
        {"y ~ a*exp(-((x - b)/c)^2)", "a=1 b=2 c=1", {3, 2.5, 1.5}},
        {"y ~ a/(1 + exp(-b*(x - c)))", "a=1 b=1 c=2", {4, 2, 2.5}},
        {"y ~ a*x^b + c", "a=1 b=1 c=1", {2, 1.5, 0.25}},
        {"y ~ a*x^2 + b*x + c", "a=1 b=1 c=1", {0.5, -3, 7}},
    };
    double x[24], y[24];
    const char *names[] = {"x", "y"};
    const double *columns[] = {x, y};
    for (int i = 0; i < 24; i++) x[i] = 0.25 * (i + 1);
    for (size_t k = 0; k < sizeof CURVES / sizeof CURVES[0]; k++) {
        for (int i = 0; i < 24; i++) y[i] = 0;
        descend_table *table = descend_table_columns(2, names, columns, 24, NULL);
        descend_model *model = descend_model_parse(CURVES[k].formula, NULL);
        descend_walk *maker = descend_walk_open(model, table, NULL);
        descend_walk_start(maker, "a", &CURVES[k].truth[0], 1, NULL);
        descend_walk_start(maker, "b", &CURVES[k].truth[1], 1, NULL);
        descend_walk_start(maker, "c", &CURVES[k].truth[2], 1, NULL);
        CHECK_INT(descend_walk_rows(maker, "right", y, 24, NULL), DESCEND_OK);
        descend_walk_free(maker);
        descend_model_free(model);
        descend_walk *walk = fit(CURVES[k].formula, table, CURVES[k].start, &model);
        CHECK_INT(descend_walk_verdict(walk), DESCEND_VERDICT_CONVERGED);
        for (size_t i = 0; i < 3; i++) {
            double value = descend_walk_values(walk)[i];
            CHECK_NEAR(value, CURVES[k].truth[i], 1e-12);
        }
        descend_walk_free(walk);
        descend_model_free(model);
        descend_table_free(table);
    }
}

/* ---- the same number, written differently ---------------------------------------------------- */

static uint64_t digest_of(const char *formula, const char *start) {
    descend_model *model = descend_model_parse(formula, NULL);
    descend_walk *walk = descend_walk_open(model, NULL, NULL);
    CHECK_INT(descend_walk_argument(walk, start, NULL), DESCEND_OK);
    CHECK_INT(descend_walk_run(walk, NULL), DESCEND_OK);
    uint64_t digest = descend_walk_digest(walk);
    descend_walk_free(walk);
    descend_model_free(model);
    return digest;
}

TEST(literals) {
    static const char *const SAME[][2] = {
        {"(w - 2)^2 + 3*w", "(w - 2.0)^2.0 + 3.0*w"},  {"2*w^2 - w", "2.0*w^2e0 - 1.0*w"},
        {"w^4/4 - 7*w", "w^4.000/4e0 - 0.7e1*w"},      {"exp(w) - 2*w", "exp(w) - 2.*w"},
        {"(w + 1)^2/3", "(w + 1.0)^2/3.0"},            {"w^-2 + w^2", "w^-2.0 + w^+2.0"},
        {"100000000*(w-1)^2", "1e8*(w - 1)^2"},        {"(w-1)^2/1000", "(w-1)^2/1e3"},
    };
    for (size_t k = 0; k < sizeof SAME / sizeof SAME[0]; k++) {
        uint64_t a = digest_of(SAME[k][0], "w=3"), b = digest_of(SAME[k][1], "w=3.0");
        if (a != b) CHECK_FAIL(SAME[k][0]);
    }
    CHECK(digest_of("w^2", "w=1e1") == digest_of("w^2", "w=10"));
    CHECK(digest_of("w^2 + w", "w=10") != digest_of("w^2 + 1.0000000000000002*w", "w=10"));
}

TEST(whole_numbers_in_tables) {
    static const char *const SAME[] = {"x=1,2,3,4 y=2,4,5,9",
                                       "x=1.0,2.0,3.0,4.0 y=2.0,4.0,5.0,9.0",
                                       "x=1e0,20e-1,0.3e1,4. y=+2,4,5.000,9"};
    const double x[] = {1, 2, 3, 4}, y[] = {2, 4, 5, 9}, *columns[] = {x, y};
    const char *names[] = {"x", "y"};
    uint64_t digests[4] = {0};
    for (int k = 0; k < 4; k++) {
        descend_model *model;
        descend_table *table = k < 3 ? descend_table_parse(SAME[k], NULL)
                                     : descend_table_columns(2, names, columns, 4, NULL);
        const char *start = k == 1 ? "a=1.0 b=0.0" : "a=1 b=0";
        descend_walk *walk = fit("y ~ a*exp(b*x)", table, start, &model);
        CHECK_INT(descend_walk_verdict(walk), DESCEND_VERDICT_CONVERGED);
        digests[k] = descend_walk_digest(walk);
        CHECK(digests[k] == digests[0]);
        descend_walk_free(walk);
        descend_table_free(table);
        descend_model_free(model);
    }
}

/* Above 2^24 single precision would no longer tell neighbours apart. */
TEST(nothing_is_single_precision) {
    descend_model *model;
    descend_table *table = descend_table_parse("x=0,1,2 y=16777217,16777218,16777219", NULL);
    descend_walk *walk = fit("y ~ a*x + b", table, "a=0 b=16777216", &model);
    CHECK_NEAR(descend_walk_values(walk)[0], 1, 1e-8);
    CHECK_NEAR(descend_walk_values(walk)[1], 16777217, 1e-15);
    descend_walk_free(walk);
    descend_table_free(table);
    descend_model_free(model);
}

/* ---- a cell far beyond the others ------------------------------------------------------------ */

TEST(far_cells) {
    static const double FAR[] = {1e8, 1e15, 1e19, 1e40, 1e100, 1e150};
    double y[] = {20, 25, 31, 0};
    const double x[] = {1, 2, 3, 4}, *columns[] = {x, y};
    const char *names[] = {"x", "y"};
    for (size_t k = 0; k < sizeof FAR / sizeof FAR[0]; k++) {
        descend_model *model;
        y[3] = FAR[k];
        descend_table *table = descend_table_columns(2, names, columns, 4, NULL);
        descend_walk *walk = fit("y ~ a*x + b", table, "a=1 b=1", &model);
        double a = (-1.5 * 20 - 0.5 * 25 + 0.5 * 31 + 1.5 * FAR[k]) / 5;
        CHECK_INT(descend_walk_verdict(walk), DESCEND_VERDICT_CONVERGED);
        CHECK_NEAR(descend_walk_values(walk)[0], a, 1e-14);
        CHECK_NEAR(descend_walk_values(walk)[1], (76 + FAR[k]) / 4 - 2.5 * a, 1e-13);
        descend_walk_free(walk);
        descend_table_free(table);
        descend_model_free(model);
    }
}

TEST_MAIN(four_points_on_the_diagonal, curves_made_from_the_model, literals,
          whole_numbers_in_tables, nothing_is_single_precision, far_cells)
