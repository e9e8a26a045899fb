/* Units do not matter: x times 1e-9..1e9 and y times 1e-6..1e6, starts transformed alike, give the
 * transformed parameters to 1e-6, the same verdict, and as many rounds within 2. */
#include "../../include/descend.h"
#include "../check.h"

#include <stdlib.h>

enum { SCALE_ROWS = 60, SCALE_PARAMETERS = 5 };

/* A formula; where it starts; the powers of x and y of each parameter's unit. */
typedef struct Case {
    const char *name, *formula;
    size_t n, rows;
    double start[SCALE_PARAMETERS];
    int x_power[SCALE_PARAMETERS], y_power[SCALE_PARAMETERS];
    const double *x, *y;
} Case;

/* NIST's Misra1a; Bates and Watts' puromycin (treated); growth of pasture (Ratkowsky, Rat42);
 * ultrasound (NIST's Chwirut2). */
static const double misra_x[] = {77.6,  114.9, 141.1, 190.8, 239.9, 289.0, 332.8,
                                 378.4, 434.8, 477.3, 536.8, 593.1, 689.1, 760.0};
static const double misra_y[] = {10.07, 14.73, 17.94, 23.93, 29.61, 35.18, 40.02,
                                 44.82, 50.76, 55.05, 61.01, 66.40, 75.47, 81.78};
static const double puromycin_x[] = {0.02, 0.02, 0.06, 0.06, 0.11, 0.11,
                                     0.22, 0.22, 0.56, 0.56, 1.10, 1.10};
static const double puromycin_y[] = {76, 47, 97, 107, 123, 139, 159, 152, 191, 201, 207, 200};
static const double pasture_x[] = {9, 14, 21, 28, 42, 57, 63, 70, 79};
static const double pasture_y[] = {8.93, 10.80, 18.59, 22.33, 39.35, 56.11, 61.73, 64.62, 67.08};
static const double ultrasound_x[] = {
    0.5, 1, 1.75, 3.75, 5.75, 0.875, 2.25, 3.25, 5.25, 0.75, 1.75, 2.75, 4.75, 0.625, 1.25,
    2.25, 4.25, 0.5, 3, 0.75, 3, 1.5, 6, 3, 6, 1.5, 3, 0.5, 2, 4, 0.75, 2, 5, 0.75, 2.25, 3.75,
    5.75, 3, 0.75, 2.5, 4, 0.75, 2.5, 4, 0.75, 2.5, 4, 0.5, 6, 3, 0.5, 2.75, 0.5, 1.75};
static const double ultrasound_y[] = {
    92.9, 57.1, 31.05, 11.5875, 8.025, 63.6, 21.4, 14.25, 8.475, 63.8, 26.8, 16.4625, 7.125,
    67.3, 41, 21.15, 8.175, 81.5, 13.12, 59.9, 14.62, 32.9, 5.44, 12.56, 5.44, 32, 13.95, 75.8,
    20, 10.42, 59.5, 21.67, 8.55, 62, 20.2, 7.76, 3.75, 11.81, 54.7, 23.7, 11.55, 61.3, 17.7,
    8.74, 59.2, 16.3, 8.62, 81, 4.87, 14.62, 81.7, 17.17, 81.3, 28.9};

static const Case cases[] = {
    {"misra", "y ~ a*(1 - exp(-b*x))", 2, 14, {500, 1e-4}, {0, -1}, {1, 0}, misra_x, misra_y},
    {"puromycin", "y ~ a*x/(b + x)", 2, 12, {100, 0.1}, {0, 1}, {1, 0}, puromycin_x, puromycin_y},
    {"pasture", "y ~ a/(1 + exp(b - c*x))", 3, 9, {100, 1, 0.1}, {0, 0, -1}, {1, 0, 0}, pasture_x,
     pasture_y},
    {"line", "y ~ a*x + b", 2, 14, {0.5, 3}, {-1, 0}, {1, 1}, misra_x, misra_y},
    {"ultrasound", "y ~ exp(-a*x)/(b + c*x)", 3, 54, {0.1, 0.01, 0.02}, {-1, 0, -1}, {0, -1, -1},
     ultrasound_x, ultrasound_y},
};

typedef struct End {
    double values[SCALE_PARAMETERS], steps, relative[SCALE_PARAMETERS];
    descend_verdict verdict;
} End;

static End fit(const Case *c, double x_factor, double y_factor, int with_start) {
    double x[SCALE_ROWS], y[SCALE_ROWS], errors[SCALE_PARAMETERS];
    const char *names[] = {"x", "y"};
    const double *columns[] = {x, y};
    End end = {{0}, 0, {0}, DESCEND_VERDICT_RUNNING};
    for (size_t r = 0; r < c->rows; r++) {
        x[r] = c->x[r] * x_factor;
        y[r] = c->y[r] * y_factor;
    }
    descend_error *error = NULL;
    descend_model *model = descend_model_parse(c->formula, &error);
    descend_table *table = descend_table_columns(2, names, columns, c->rows, &error);
    descend_walk *walk = descend_walk_open(model, table, &error);
    for (size_t k = 0; with_start && k < c->n; k++) {
        char argument[80];
        snprintf(argument, sizeof argument, "%c=%.17g", (char)('a' + (int)k),
                 c->start[k] * pow(x_factor, c->x_power[k]) * pow(y_factor, c->y_power[k]));
        CHECK_INT(descend_walk_argument(walk, argument, &error), DESCEND_OK);
    }
    CHECK_INT(descend_walk_run(walk, &error), DESCEND_OK);
    end.steps = descend_walk_number(walk, "steps");
    end.verdict = descend_walk_verdict(walk);
    CHECK_INT(descend_walk_vector(walk, "standard_errors", errors, c->n), DESCEND_OK);
    for (size_t k = 0; k < c->n; k++) {
        end.values[k] = descend_walk_values(walk)[k] / pow(x_factor, c->x_power[k]) /
                        pow(y_factor, c->y_power[k]);
        end.relative[k] = errors[k] / descend_walk_values(walk)[k];
    }
    descend_walk_free(walk);
    descend_table_free(table);
    descend_model_free(model);
    descend_error_free(error);
    return end;
}

static void compare(const Case *c, double x_factor, double y_factor, const End *base,
                    int with_start) {
    End end = fit(c, x_factor, y_factor, with_start);
    int before = check_failures;
    CHECK_INT(end.verdict, base->verdict);
    CHECK(fabs(end.steps - base->steps) <= 2);
    for (size_t k = 0; k < c->n; k++) {
        CHECK_NEAR(end.values[k], base->values[k], 1e-6);
        CHECK_NEAR(end.relative[k], base->relative[k], 1e-5);
    }
    if (check_failures > before)
        printf("  %s, x times %g, y times %g, %s\n", c->name, x_factor, y_factor,
               with_start ? "with starts" : "without");
}

TEST(units_do_not_matter) {
    static const double X[] = {1e-9, 1e-5, 1e-2, 60, 1e5, 1e9}, Y[] = {1e-6, 1e-3, 7, 1e6};
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        for (int with_start = 0; with_start < 2; with_start++) {
            End base = fit(&cases[k], 1, 1, with_start);
            CHECK_INT(base.verdict, DESCEND_VERDICT_CONVERGED);
            for (size_t i = 0; i < sizeof X / sizeof *X; i++)
                for (size_t j = 0; j < sizeof Y / sizeof *Y; j++)
                    compare(&cases[k], X[i], Y[j], &base, with_start);
        }
    }
}

TEST_MAIN(units_do_not_matter)
