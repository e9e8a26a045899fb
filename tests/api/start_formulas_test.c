/* Statistics of data as starts: against NumPy (tests/reference/starts.py), in expressions, and what
 * becomes of those that the data do not tell. */
#include "../../include/descend.h"
#include "../check.h"

typedef struct Wanted {
    const char *table;
    double values[6];
} Wanted;

static const Wanted wanted[] = {
#include "../reference/starts.inc"
};

static const char statistics[] =
    "model m(x, y) {\n"
    "  param slope = over_rows.slope(x, y)\n"
    "  param intercept = over_rows.intercept(x, y)\n"
    "  param at_max = over_rows.at_max(x, y)\n"
    "  param at_min = over_rows.at_min(x, y)\n"
    "  param width = max(over_rows.width(x, y), 0)\n"
    "  param frequency = over_rows.frequency(x, y)\n"
    "  y ~ slope*x + intercept + at_max + at_min + width + frequency\n}\n";

/* The starts of a text over a table; false when it is refused. */
static int starts_of(const char *text, const char *columns, double *out, size_t n,
                     descend_error **error, int *drawn) {
    descend_model *model = descend_model_parse(text, error);
    descend_table *table = descend_table_parse(columns, error);
    descend_walk *walk = model && table ? descend_walk_open(model, table, error) : NULL;
    int good = walk && descend_walk_prepare(walk, error) == DESCEND_OK &&
               descend_walk_parameter_count(walk) == n;
    for (size_t i = 0; good && i < n; i++) {
        out[i] = descend_walk_starts(walk)[i];
        if (drawn) drawn[i] = descend_walk_was_drawn(walk, i);
    }
    descend_walk_free(walk);
    descend_table_free(table);
    descend_model_free(model);
    return good;
}

TEST(statistics_of_two_columns) {
    for (size_t k = 0; k < sizeof wanted / sizeof *wanted; k++) {
        double got[6];
        descend_error *error = NULL;
        int good = starts_of(statistics, wanted[k].table, got, 6, &error, NULL);
        if (error) printf("%s\n", descend_error_text(error, "en"));
        CHECK(good);
        for (int i = 0; good && i < 6; i++) CHECK_NEAR(got[i], wanted[k].values[i], 1e-11);
        descend_error_free(error);
    }
}

TEST(expressions_of_statistics) {
    double got[5];
    descend_error *error = NULL;
    /* In formulas that are no models too; bounds, and vectors. */
    CHECK(starts_of("param a = log(over_rows.max(x))/over_rows.count(x) in [0, over_rows.max(y)]\n"
                    "param b[2] = [over_rows.min(y), min(over_rows.frequency(x, y), 7)]\n"
                    "y ~ a*x + b[1] + b[2]",
                    "x=1,2,3,4 y=5,3,9,2", got, 3, &error, NULL));
    CHECK_NEAR(got[0], 0.34657359027997264, 1e-15);
    CHECK_NEAR(got[1], 2, 0);
    CHECK(got[2] > 0 && got[2] < 1);
    /* Of parameters there is none. */
    CHECK(!starts_of("model m(x, y) { param a = 1; param b = a*2; y ~ a*x + b }",
                     "x=1,2 y=3,4", got, 2, &error, NULL));
    CHECK_TEXT(descend_error_sentence(error, "en"),
               "'a*2' must be known before the run: use numbers, size(...) or the like");
    descend_error_free(error);
}

TEST(starts_that_the_data_do_not_tell) {
    double got[2];
    int drawn[2] = {0};
    descend_error *error = NULL;
    CHECK(starts_of("model m(x, y) { param a = over_rows.mean(log(x)); param b = 2; y ~ a*x + b }",
                    "x=-1,2,3 y=3,4,5", got, 2, &error, drawn));
    CHECK(drawn[0] && !drawn[1]);
    CHECK(isfinite(got[0]));
    descend_error_free(error);
}

TEST_MAIN(statistics_of_two_columns, expressions_of_statistics, starts_that_the_data_do_not_tell)
