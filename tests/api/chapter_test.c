/* The chapter's numbers through the public interface, and the behaviour around them. */
#include "../../include/descend.h"
#include "../check.h"

#include <stdlib.h>

typedef struct Setting {
    const char *option, *value;
} Setting;

/* Runs a formula with options and arguments ("w=10"); the caller frees walk and model. */
static descend_walk *walk_on(const char *formula, const Setting *settings, const char *argument,
                             descend_model **model) {
    descend_error *error = NULL;
    *model = descend_model_parse(formula, &error);
    CHECK(*model != NULL);
    descend_walk *walk = *model ? descend_walk_open(*model, NULL, &error) : NULL;
    for (const Setting *s = settings; walk && s && s->option; s++)
        CHECK_INT(descend_walk_set(walk, s->option, s->value, &error), DESCEND_OK);
    if (walk && argument) CHECK_INT(descend_walk_argument(walk, argument, &error), DESCEND_OK);
    if (error) printf("%s\n", descend_error_text(error, "en"));
    descend_error_free(error);
    return walk;
}

static descend_verdict verdict_of(const char *formula, const Setting *settings,
                                  const char *argument, double *value, double *steps) {
    descend_model *model;
    descend_error *error = NULL;
    descend_walk *walk = walk_on(formula, settings, argument, &model);
    CHECK_INT(descend_walk_run(walk, &error), DESCEND_OK);
    if (error) printf("%s\n", descend_error_text(error, "en"));
    descend_verdict verdict = descend_walk_verdict(walk);
    if (value) *value = descend_walk_values(walk)[0];
    if (steps) *steps = descend_walk_number(walk, "steps");
    printf("%s: %s, %s\n", formula, descend_verdict_name(verdict),
           descend_walk_text(walk, "reason", "en"));
    printf("  %s\n", descend_walk_text(walk, "reason", "zh"));
    printf("  %s", descend_walk_text(walk, "story", "en"));
    printf(" | %s\n", descend_walk_text(walk, "advice", NULL));
    descend_walk_free(walk);
    descend_model_free(model);
    return verdict;
}

TEST(table_of_the_chapter) {
    static const double STANDS[] = {10, 8, 6.4, 5.12};
    descend_model *model;
    descend_walk *walk =
        walk_on("w^2", (Setting[]){{"rate", "0.1"}, {"steps", "3"}, {0}}, "w=10", &model);
    descend_event event;
    for (int k = 0; k < 3; k++) {
        CHECK_INT(descend_walk_step(walk, &event, NULL), k < 2 ? DESCEND_RUNNING : DESCEND_DONE);
        CHECK_NEAR(event.at[0], STANDS[k], 1e-15);
        CHECK_NEAR(event.gradient[0], 2 * STANDS[k], 1e-15);
        CHECK_NEAR(event.next[0], STANDS[k + 1], 1e-15);
        CHECK_INT(event.step, k + 1);
        CHECK_NEAR(event.rate, 0.1, 0);
    }
    CHECK_INT(descend_walk_verdict(walk), DESCEND_VERDICT_STEP_LIMIT);
    CHECK(descend_walk_digest(walk) != 0);
    descend_walk_free(walk);
    descend_model_free(model);
}

TEST(strokes_are_steps) {
    descend_model *model, *other;
    const Setting settings[] = {{"rate", "0.1"}, {"steps", "3"}, {0}};
    descend_walk *a = walk_on("w^2", settings, "w=10", &model);
    descend_walk *b = walk_on("w^2", settings, "w=10", &other);
    for (int k = 0; k < 3; k++) {
        double loss = 0;
        CHECK_INT(descend_walk_forward(a, NULL), DESCEND_OK);
        CHECK_INT(descend_walk_update(a, NULL), DESCEND_MISUSE);
        CHECK_INT(descend_walk_loss(a, &loss, NULL), DESCEND_OK);
        CHECK_INT(descend_walk_backward(a, NULL), DESCEND_OK);
        CHECK_INT(descend_walk_update(a, NULL), DESCEND_OK);
        if (k == 0) CHECK_NEAR(loss, 100, 0);
    }
    descend_walk_run(b, NULL);
    CHECK(descend_walk_digest(a) == descend_walk_digest(b));
    descend_walk_free(a);
    descend_walk_free(b);
    descend_model_free(model);
    descend_model_free(other);
}

TEST(verdicts) {
    double value, steps;
    CHECK_INT(verdict_of("w^2", (Setting[]){{"rate", "0.1"}, {0}}, "w=10", &value, NULL),
              DESCEND_VERDICT_CONVERGED);
    CHECK(fabs(value) < 1e-6);
    CHECK_INT(verdict_of("w^2", (Setting[]){{"rate", "1.1"}, {0}}, "w=10", NULL, &steps),
              DESCEND_VERDICT_DIVERGED);
    CHECK(steps <= 27); /* 10 times the start after 7 rounds, then at most 20 more */
    CHECK_INT(verdict_of("w^2", (Setting[]){{"rate", "1"}, {0}}, "w=10", NULL, NULL),
              DESCEND_VERDICT_OSCILLATING);
    CHECK_INT(verdict_of("w^2", (Setting[]){{"rate", "1e-9"}, {0}}, "w=10", NULL, &steps),
              DESCEND_VERDICT_STEP_LIMIT);
    CHECK_NEAR(steps, 1000, 0);
    CHECK_INT(verdict_of("w^2", (Setting[]){{"optimizer", "w = w + rate*g"}, {"rate", "0.1"}, {0}},
                         "w=10", NULL, NULL),
              DESCEND_VERDICT_DIVERGED);
    CHECK_INT(verdict_of("w^2", (Setting[]){{"rate", "0.1"}, {"until", "loss < 1e-3"}, {0}}, "w=10",
                         &value, NULL),
              DESCEND_VERDICT_CONVERGED);
    CHECK(value * value < 1e-3);
    CHECK_INT(verdict_of("w^2", (Setting[]){{"rate", "1.1"}, {"steps", "200"}, {0}}, "w=10", NULL,
                         &steps),
              DESCEND_VERDICT_DIVERGED);
    CHECK_NEAR(steps, 200, 0);
    CHECK_INT(
        verdict_of("w^4 - 4*w^2 + w", (Setting[]){{"rate", "0.02"}, {0}}, "w=2", &value, NULL),
        DESCEND_VERDICT_CONVERGED);
    CHECK_NEAR(value, 1.346997, 1e-6);
    CHECK_INT(
        verdict_of("w^4 - 4*w^2 + w", (Setting[]){{"rate", "0.02"}, {0}}, "w=-2", &value, NULL),
        DESCEND_VERDICT_CONVERGED);
    CHECK_NEAR(value, -1.472998, 1e-6);
    CHECK_INT(verdict_of("log(w - 1)", (Setting[]){{"rate", "0.1"}, {0}}, "w=0.5", NULL, NULL),
              DESCEND_VERDICT_NON_FINITE);
    CHECK_INT(verdict_of("w^2", (Setting[]){{"rate", "0.1"}, {"gradient", "probe"}, {0}}, "w=10",
                         &value, NULL),
              DESCEND_VERDICT_CONVERGED);
}

/* So many rows that feet are put on some of them only. */
TEST(a_terrace_of_many_rows) {
    enum { MANY = 20000 };
    static double x[MANY];
    const char *const names[] = {"x"}, *const formulas[] = {"w^3*x", "w^4*x"};
    const double *columns[] = {x}, start = 1;
    for (int r = 0; r < MANY; r++) x[r] = (r + 1.0) / MANY;
    for (int k = 0; k < 2; k++) {
        descend_model *model = descend_model_parse(formulas[k], NULL);
        descend_table *table = descend_table_columns(1, names, columns, MANY, NULL);
        descend_walk *walk = descend_walk_open(model, table, NULL);
        descend_walk_start(walk, "w", &start, 1, NULL);
        CHECK_INT(descend_walk_run(walk, NULL), DESCEND_OK);
        const char *reason = descend_walk_text(walk, "reason", "en");
        CHECK_INT(strstr(reason, "terrace") != NULL, k == 0);
        descend_walk_free(walk);
        descend_table_free(table);
        descend_model_free(model);
    }
}

/* An inflection ends a walk as a bottom does; a foot beside it tells them apart. */
TEST(a_terrace_is_no_bottom) {
    static const struct {
        const char *formula;
        int terrace;
    } KNOWN[] = {{"w^3", 1}, {"w^4", 0}, {"abs(w)", 0}, {"w^4 - 4*w^2 + w", 0}};
    for (size_t k = 0; k < sizeof KNOWN / sizeof KNOWN[0]; k++) {
        descend_model *model;
        descend_walk *walk = walk_on(KNOWN[k].formula, NULL, "w=1", &model);
        CHECK_INT(descend_walk_run(walk, NULL), DESCEND_OK);
        const char *reason = descend_walk_text(walk, "reason", "en");
        CHECK_INT(strstr(reason, "terrace") != NULL, KNOWN[k].terrace);
        descend_walk_free(walk);
        descend_model_free(model);
    }
}

TEST(valleys_that_run_off) {
    CHECK_INT(verdict_of("exp(-w)", NULL, "w=3", NULL, NULL), DESCEND_VERDICT_STALLED);
    CHECK_INT(verdict_of("1/(1 + w^2)", NULL, "w=1", NULL, NULL), DESCEND_VERDICT_STALLED);
    CHECK_INT(verdict_of("(w - 1e5)^4", NULL, "w=1", NULL, NULL), DESCEND_VERDICT_CONVERGED);
    CHECK_INT(verdict_of("exp(w/1e4) - w", NULL, "w=1", NULL, NULL), DESCEND_VERDICT_CONVERGED);
}

/* At the bottom of a kink the gradient leads nowhere, yet every foot feels higher ground. */
TEST(kinks_have_bottoms) {
    static const char *const FORMULAS[] = {"max(w, -w)", "max(w, 3 - 2*w)", "abs(w - 1) + abs(w)"};
    static const double LOWEST[] = {0, 1, 1};
    for (size_t k = 0; k < 3; k++) {
        double value = NAN;
        CHECK_INT(verdict_of(FORMULAS[k], NULL, "w=4", &value, NULL), DESCEND_VERDICT_CONVERGED);
        double loss = k == 0   ? fabs(value)
                      : k == 1 ? fmax(value, 3 - 2 * value)
                               : fabs(value - 1) + fabs(value);
        CHECK_NEAR(loss, LOWEST[k], 1e-9);
    }
}

TEST(rate_limit_is_named) {
    descend_model *model;
    descend_walk *walk = walk_on("w^2", (Setting[]){{"rate", "1.1"}, {0}}, "w=10", &model);
    descend_walk_run(walk, NULL);
    CHECK_NEAR(descend_walk_number(walk, "rate_limit"), 1, 1e-12);
    CHECK_TEXT(descend_walk_text(walk, "advice", NULL), "--rate 0.5");
    descend_walk_free(walk);
    descend_model_free(model);
}

TEST(bisection_and_walk_meet) {
    descend_model *model;
    descend_error *error = NULL;
    descend_walk *walk = walk_on("w^2 - 2*w", (Setting[]){{"rate", "0.1"}, {0}}, "w=10", &model);
    descend_bisect *bisect = descend_bisect_open(walk, "w", -100, 100, &error);
    descend_bisect_event event;
    while (descend_bisect_step(bisect, &event, NULL) == DESCEND_RUNNING) {
    }
    CHECK_NEAR(descend_bisect_answer(bisect), 1, 1e-9);
    descend_bisect_free(bisect);
    bisect = descend_bisect_open(walk, "w", 5, 100, &error);
    while (descend_bisect_step(bisect, &event, NULL) == DESCEND_RUNNING) {
    }
    CHECK(isnan(descend_bisect_answer(bisect)));
    CHECK_INT(descend_bisect_evaluations(bisect), 2);
    descend_walk_run(walk, NULL);
    CHECK_NEAR(descend_walk_values(walk)[0], 1, 1e-6);
    descend_bisect_free(bisect);
    descend_walk_free(walk);
    descend_model_free(model);
}

TEST(slope_by_formula_and_foot) {
    descend_model *model;
    descend_walk *walk = walk_on("w^2", NULL, "w=10", &model);
    descend_slope *slope = descend_slope_open(walk, NULL);
    const char *sentence;
    CHECK_TEXT(descend_slope_formula(slope, 0), "2*w");
    CHECK_NEAR(descend_slope_exact(slope, 0), 20, 0);
    CHECK_NEAR(descend_slope_foot(slope, 0).slope, 20, 1e-8);
    CHECK(descend_slope_verdict(slope, "en", &sentence));
    descend_slope_free(slope);
    descend_walk_free(walk);
    descend_model_free(model);
}

TEST(hessian_times_vector) {
    descend_model *model;
    descend_walk *walk = walk_on("100*a^2 + b^2 + a*b", NULL, "a=1", &model);
    double v[2] = {1, 2}, product[2] = {0};
    CHECK_INT(descend_walk_hessian_vector(walk, v, product, NULL), DESCEND_OK);
    CHECK_NEAR(product[0], 202, 1e-14);
    CHECK_NEAR(product[1], 5, 1e-14);
    descend_walk_free(walk);
    descend_model_free(model);
}

/* (1,2) (2,4) (3,5): 1.5x + 2/3 with residual sum 1/6; (3,6): exact. */
static void line_of_three(const double *y, double a, double b, double rss,
                          const char *unavailable) {
    const double x[3] = {1, 2, 3};
    const char *const names[] = {"x", "y"};
    const double *const values[] = {x, y};
    descend_error *error = NULL;
    descend_model *model = descend_model_parse("y ~ a*x + b", &error);
    descend_table *table = descend_table_columns(2, names, values, 3, &error);
    descend_walk *walk = descend_walk_open(model, table, &error);
    CHECK_INT(descend_walk_run(walk, &error), DESCEND_OK);
    double value = 0;
    CHECK_INT(descend_walk_get(walk, "a", &value, 1), DESCEND_OK);
    CHECK_NEAR(value, a, 1e-12);
    descend_walk_get(walk, "b", &value, 1);
    CHECK_NEAR(value, b, 1e-12);
    CHECK_NEAR(descend_walk_number(walk, "residual_sum_of_squares"), rss, 1e-12);
    CHECK_INT(descend_walk_verdict(walk), DESCEND_VERDICT_CONVERGED);
    CHECK_TEXT(descend_walk_unavailable(walk, 0, "en"), unavailable);
    CHECK_TEXT(descend_walk_text(walk, "names", "en"), "columns: x, y; parameters: a, b");
    descend_walk_free(walk);
    descend_table_free(table);
    descend_model_free(model);
}

TEST(the_line_three_points_refuse) {
    line_of_three((const double[]){2, 4, 5}, 1.5, 2.0 / 3, 1.0 / 6, "");
    line_of_three((const double[]){2, 4, 6}, 2, 0, 0,
                  "exact fit: no scatter to estimate errors from");
}

TEST_MAIN(table_of_the_chapter, strokes_are_steps, verdicts, a_terrace_is_no_bottom,
          a_terrace_of_many_rows, kinks_have_bottoms, valleys_that_run_off, rate_limit_is_named,
          bisection_and_walk_meet, slope_by_formula_and_foot, hessian_times_vector,
          the_line_three_points_refuse)
