/* Linear fits: NIST's certified values, and polynomials whose columns are nearly dependent against
 * exact rational arithmetic (tests/reference/polynomials.py). */
#include "../../include/descend.h"
#include "../check.h"

#include <stdlib.h>

enum { LINEAR_MOST = 12 };

typedef struct Linear {
    const char *name;
    size_t degree, rows;
    double rss;
    const double *x, *y, *b, *errors;
} Linear;

#define POLYNOMIAL(name, degree, rows, rss)
#include "../reference/polynomials.inc"
#undef POLYNOMIAL

static const Linear linear_sets[] = {
    {"near_minus_six", 10, 82, 0, near_minus_six_x, near_minus_six_y, near_minus_six_b,
     near_minus_six_e},
    {"unit", 10, 50, 0, unit_x, unit_y, unit_b, unit_e},
    {"years", 5, 71, 0, years_x, years_y, years_b, years_e},
    {"far", 7, 60, 0, far_x, far_y, far_b, far_e},
};

static double digits(double got, double want) {
    if (got == want) return 17;
    double off = fabs((got - want) / want);
    return off < 1 ? -log10(off) : 0;
}

static descend_walk *fit(descend_model *model, descend_table *table) {
    descend_error *error = NULL;
    descend_walk *walk = descend_walk_open(model, table, &error);
    descend_status status = walk ? descend_walk_run(walk, &error) : DESCEND_MISUSE;
    if (status != DESCEND_OK) CHECK_FAIL(descend_error_text(error, "en"));
    descend_error_free(error);
    return walk;
}

/* Fewest right digits of the parameters, and of their errors. */
static void judge(const char *name, descend_walk *walk, size_t n, const double *b,
                  const double *errors, double *values, double *spread) {
    double got[LINEAR_MOST];
    *values = *spread = 17;
    for (size_t k = 0; k < n; k++)
        *values = fmin(*values, digits(descend_walk_values(walk)[k], b[k]));
    CHECK_INT(descend_walk_vector(walk, "standard_errors", got, n), DESCEND_OK);
    for (size_t k = 0; k < n; k++) *spread = fmin(*spread, digits(got[k], errors[k]));
    printf("%-15s %4.1f digits, errors %4.1f, %s after %g rounds\n", name, *values, *spread,
           descend_verdict_name(descend_walk_verdict(walk)), descend_walk_number(walk, "steps"));
    CHECK_INT(descend_walk_verdict(walk), DESCEND_VERDICT_CONVERGED);
}

static void formula_of(size_t degree, char *out, size_t size) {
    size_t at = (size_t)snprintf(out, size, "y ~ b0");
    for (size_t k = 1; k <= degree; k++)
        at += (size_t)snprintf(out + at, size - at, " + b%zu*x^%zu", k, k);
}

TEST(polynomials) {
    for (size_t k = 0; k < sizeof linear_sets / sizeof *linear_sets; k++) {
        const Linear *set = &linear_sets[k];
        char formula[300];
        double values, errors;
        const char *names[] = {"x", "y"};
        const double *columns[] = {set->x, set->y};
        formula_of(set->degree, formula, sizeof formula);
        descend_model *model = descend_model_parse(formula, NULL);
        descend_table *table = descend_table_columns(2, names, columns, set->rows, NULL);
        descend_walk *walk = fit(model, table);
        judge(set->name, walk, set->degree + 1, set->b, set->errors, &values, &errors);
        CHECK(values >= 12);
        CHECK(errors >= 9);
        descend_walk_free(walk);
        descend_table_free(table);
        descend_model_free(model);
    }
}

static void certified(const char *file, const char *formula, size_t n, const double *b,
                      const double *errors) {
    char path[1000];
    double values, spread;
    if (!getenv("SHARED_DATA")) {
        printf("skipped: the tables of NIST (SHARED_DATA) are not here\n");
        return;
    }
    snprintf(path, sizeof path, "%s/nist_linear/%s.csv", getenv("SHARED_DATA"), file);
    descend_model *model = descend_model_parse(formula, NULL);
    descend_table *table = descend_table_read(path, NULL, model, NULL, NULL);
    descend_walk *walk = fit(model, table);
    judge(file, walk, n, b, errors, &values, &spread);
    CHECK(values >= 12);
    CHECK(spread >= 12);
    descend_walk_free(walk);
    descend_table_free(table);
    descend_model_free(model);
}

/* Values of NIST's Statistical Reference Datasets. */
TEST(nist) {
    certified("Norris", "y ~ b0 + b1*x", 2, (const double[]){-0.262323073774029, 1.00211681802045},
              (const double[]){0.232818234301152, 0.429796848199937e-3});
    certified("NoInt1", "y ~ b1*x", 1, (const double[]){2.07438016528926},
              (const double[]){0.165289256198347e-1});
}

TEST_MAIN(polynomials, nist)
