/* The doctor's numbers against walks that try them, and against spectra that are known. */
#include "../../include/descend.h"
#include "../check.h"

#include <stdbool.h>

typedef struct Visit {
    descend_model *model;
    descend_table *table;
    descend_walk *walk;
    descend_doctor *doctor;
} Visit;

/* 'options': name and value in turn, ended by NULL. */
static Visit open_walk(const char *formula, const char *table, const char *const *arguments,
                       const char *const *options) {
    Visit visit = {.model = descend_model_parse(formula, NULL)};
    if (table) visit.table = descend_table_parse(table, NULL);
    visit.walk = descend_walk_open(visit.model, visit.table, NULL);
    for (; arguments && *arguments; arguments++)
        CHECK_INT(descend_walk_argument(visit.walk, *arguments, NULL), DESCEND_OK);
    for (; options && *options; options += 2)
        CHECK_INT(descend_walk_set(visit.walk, options[0], options[1], NULL), DESCEND_OK);
    return visit;
}

static Visit visit(const char *formula, const char *table, const char *const *arguments) {
    static const char *const options[] = {"optimizer", "gd", "rate", "1", NULL};
    Visit visit = open_walk(formula, table, arguments, options);
    visit.doctor = descend_doctor_open(visit.walk, 0, NULL);
    CHECK(visit.doctor != NULL);
    return visit;
}

static void leave(Visit *visit) {
    descend_doctor_free(visit->doctor);
    descend_walk_free(visit->walk);
    descend_table_free(visit->table);
    descend_model_free(visit->model);
}

static double number(const Visit *visit, const char *key) {
    return descend_doctor_number(visit->doctor, key);
}

/* Loss after 'steps' rounds. */
static double loss_after(const char *formula, const char *const *arguments, const char *optimizer,
                         double rate, long steps) {
    char rate_text[40], steps_text[20];
    snprintf(rate_text, sizeof rate_text, "%.17g", rate);
    snprintf(steps_text, sizeof steps_text, "%ld", steps);
    const char *const options[] = {"optimizer", optimizer, "rate", rate_text,
                                   "steps", steps_text, NULL};
    Visit visit = open_walk(formula, NULL, arguments, options);
    descend_walk_run(visit.walk, NULL);
    double loss = descend_walk_number(visit.walk, "loss");
    leave(&visit);
    return loss;
}

TEST(a_parabola) {
    Visit v = visit("w^2", NULL, (const char *const[]){"w=10", NULL});
    CHECK_NEAR(number(&v, "rate_limit"), 1, 0);
    CHECK_NEAR(number(&v, "rate_zigzag"), 0.5, 0);
    CHECK_NEAR(number(&v, "rate_best"), 0.5, 0);
    CHECK_NEAR(number(&v, "condition_number"), 1, 0);
    CHECK(isnan(number(&v, "unknown")) && isnan(number(&v, "range_lowest")));
    leave(&v);
}

TEST(three_points) {
    Visit v = visit("y ~ w*x", "x=1,2,3 y=2,4,6", (const char *const[]){"w=0", NULL});
    CHECK_NEAR(number(&v, "rate_zigzag"), 3.0 / 28, 1e-15);
    CHECK_NEAR(number(&v, "rate_limit"), 3.0 / 14, 1e-15);
    CHECK_TEXT(descend_doctor_text(v.doctor, "steep", "en"), "w (x)");
    leave(&v);
}

static const char narrow[] = "100*a^2 + b^2";
static const char *const narrow_start[] = {"a=1", "b=1", NULL};

TEST(a_narrow_valley) {
    Visit v = visit(narrow, NULL, narrow_start);
    CHECK_NEAR(number(&v, "rate_limit"), 0.01, 1e-15);
    CHECK_NEAR(number(&v, "rate_zigzag"), 0.005, 1e-15);
    CHECK_NEAR(number(&v, "rate_best"), 2.0 / 202, 1e-15);
    CHECK_NEAR(number(&v, "momentum_best"), (9.0 / 11) * (9.0 / 11), 1e-14);
    CHECK_TEXT(descend_doctor_text(v.doctor, "steep", "en"), "a");
    CHECK_TEXT(descend_doctor_text(v.doctor, "flat", "en"), "b");
    leave(&v);
}

/* What is said of rates holds for walks. */
TEST(walks_agree_with_the_limits) {
    Visit v = visit(narrow, NULL, narrow_start);
    double limit = number(&v, "rate_limit"), best = number(&v, "rate_best");
    CHECK(loss_after(narrow, narrow_start, "gd", 0.99 * limit, 2000) < 1e-6);
    CHECK(loss_after(narrow, narrow_start, "gd", 1.01 * limit, 2000) > 1e6);
    long rounds = (long)number(&v, "rounds_best");
    double before = loss_after(narrow, narrow_start, "gd", best, rounds);
    double after = loss_after(narrow, narrow_start, "gd", best, 2 * rounds);
    CHECK(sqrt(before / after) >= 10 && sqrt(before / after) < 10.3); /* one digit */
    CHECK(loss_after(narrow, narrow_start, "gd", 1.01 * best, 5000) >
          loss_after(narrow, narrow_start, "gd", best, 5000));
    CHECK(loss_after(narrow, narrow_start, "gd", 0.97 * best, 5000) >
          loss_after(narrow, narrow_start, "gd", best, 5000));
    leave(&v);
}

TEST(momentum_agrees_too) {
    Visit v = visit(narrow, NULL, narrow_start);
    char rule[100];
    snprintf(rule, sizeof rule, "v = %.17g*v + g; w = w - rate*v", number(&v, "momentum_best"));
    double limit = number(&v, "momentum_limit"), best = number(&v, "momentum_rate");
    CHECK(loss_after(narrow, narrow_start, rule, 0.999 * limit, 20000) < 1e-6);
    CHECK(loss_after(narrow, narrow_start, rule, 1.001 * limit, 20000) > 1e6);
    double rounds = number(&v, "momentum_rounds");
    double before = loss_after(narrow, narrow_start, rule, best, 50);
    double after = loss_after(narrow, narrow_start, rule, best, 150);
    double digits = log10(before / after) / 2;
    CHECK(100 / digits < 1.25 * rounds && 100 / digits > 0.9 * rounds - 1);
    leave(&v);
}

/* Mean of d*w[g]^2 over a row for each g: the curvatures are 2*d/1000. */
TEST(a_thousand_parameters) {
    enum { MANY = 1000 };
    static double d[MANY], g[MANY];
    const char *const names[] = {"d", "g"};
    const double *const columns[] = {d, g};
    for (int i = 0; i < MANY; i++) d[i] = 1 + (i * 379 % MANY) * 0.05, g[i] = i + 1;
    Visit v = {.model = descend_model_parse("d*w[g]^2", NULL)};
    v.table = descend_table_columns(2, names, columns, MANY, NULL);
    v.walk = descend_walk_open(v.model, v.table, NULL);
    CHECK_INT(descend_walk_set(v.walk, "group", "g", NULL), DESCEND_OK);
    CHECK_INT(descend_walk_set(v.walk, "optimizer", "gd", NULL), DESCEND_OK);
    v.doctor = descend_doctor_open(v.walk, 0, NULL);
    CHECK_NEAR(number(&v, "curvature_min"), 2.0 / MANY, 0.01);
    CHECK_NEAR(number(&v, "curvature_max"), 2 * (1 + 999 * 0.05) / MANY, 0.01);
    leave(&v);
}

TEST(columns_to_be_scaled) {
    static const struct {
        const char *formula, *scaled;
    } cases[] = {{"y ~ a*x + c", "x = standardize(x); "},
                 {"y ~ a*x", "x = x/over_rows.sd(x); "},
                 {"y ~ a*x + b*`z z` + c", "x = standardize(x); `z z` = standardize(`z z`); "},
                 {"y ~ w @ [x, `z z`] + c", "x = standardize(x); `z z` = standardize(`z z`); "},
                 {"y ~ a*x + b*log(`z z`) + c", "x = standardize(x); "},
                 {"y ~ a*x + b*log(x) + c", ""},
                 {"y ~ a*exp(b*x)", ""},
                 {"(y - a*x)^2", ""},
                 {"x*y ~ a*x + c", ""}};
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        const char *formula = strchr(cases[k].formula, '@')
                                  ? "param w[2] = 0; param c = 0; y ~ w @ [x, `z z`] + c"
                                  : cases[k].formula;
        const char *const names[] = {"x", "z z", "y"};
        static const double x[] = {1, 2, 3, 4}, z[] = {1, 3, 2, 5}, y[] = {1, 2, 4, 4};
        const double *const columns[] = {x, z, y};
        Visit v = {.model = descend_model_parse(formula, NULL)};
        v.table = descend_table_columns(3, names, columns, 4, NULL);
        v.walk = descend_walk_open(v.model, v.table, NULL);
        CHECK_INT(descend_walk_set(v.walk, "optimizer", "gd", NULL), DESCEND_OK);
        v.doctor = descend_doctor_open(v.walk, 0, NULL);
        CHECK_TEXT(descend_doctor_text(v.doctor, "standardized", "en"), cases[k].scaled);
        leave(&v);
    }
}

/* ---- the range ------------------------------------------------------------------------------- */

/* A walk is the same with and without a doctor before it, and between its rounds. */
TEST(nothing_is_changed) {
    static const char table[] = "x=1,2,3,4,5,6,7,8,9,10 y=2,3,5,4,6,8,7,9,9,12";
    static const char *const options[] = {"rate", "0.01", "batch", "3", "steps", "50", NULL};
    static const char *const arguments[] = {"a=0", "b=1", NULL};
    uint64_t digests[2];
    for (int doctored = 0; doctored < 2; doctored++) {
        Visit v = open_walk("y ~ a*x + b", table, arguments, options);
        for (int k = 0; k < 7; k++) descend_walk_step(v.walk, NULL, NULL);
        for (size_t sample = 0; doctored && sample <= 5; sample += 5) {
            v.doctor = descend_doctor_open(v.walk, sample, NULL);
            CHECK_INT(descend_doctor_range(v.doctor, NULL), DESCEND_OK);
            CHECK_NEAR(number(&v, "rows"), sample ? 5 : 10, 0);
            CHECK(isfinite(number(&v, "range_lowest")));
            descend_doctor_free(v.doctor);
            v.doctor = NULL;
        }
        descend_walk_run(v.walk, NULL);
        digests[doctored] = descend_walk_digest(v.walk);
        leave(&v);
    }
    CHECK(digests[0] == digests[1]);
}

/* On a parabola the largest rate that does not lead up lies just below the limit. */
TEST(the_range_finds_the_limit) {
    Visit v = visit("w^2", NULL, (const char *const[]){"w=10", NULL});
    descend_rate rate, next;
    CHECK_INT(descend_doctor_range(v.doctor, NULL), DESCEND_OK);
    size_t k = 0;
    while (descend_doctor_rate(v.doctor, k, &rate) &&
           rate.rate < number(&v, "range_largest")) k++;
    CHECK(descend_doctor_rate(v.doctor, k + 1, &next));
    CHECK(rate.rate <= 1 && next.rate > 1);
    CHECK_NEAR(rate.loss, 100 * pow(1 - 2 * rate.rate, 20), 1e-9);
    CHECK(fabs(number(&v, "range_lowest") - 0.5) < 0.2);
    CHECK_NEAR(number(&v, "range_broken"), 0, 0);
    CHECK(!descend_doctor_rate(v.doctor, 30, &rate));
    leave(&v);
}

/* In the gap the loss has no value: some rates in the middle lead there. */
TEST(numbers_that_break_are_left_out) {
    Visit v = visit("w^2 + 0*sqrt(abs(w - 4) - 0.3)", NULL, (const char *const[]){"w=10", NULL});
    descend_rate rate;
    bool gap = false, inside = false;
    CHECK_INT(descend_doctor_range(v.doctor, NULL), DESCEND_OK);
    for (size_t k = 0; descend_doctor_rate(v.doctor, k, &rate); k++) {
        if (gap && isfinite(rate.loss)) inside = true;
        gap = gap || isnan(rate.loss);
    }
    CHECK(inside && number(&v, "range_broken") > 0);
    CHECK(fabs(number(&v, "range_lowest") - 0.5) < 0.2);
    CHECK(number(&v, "range_largest") <= 1 && number(&v, "range_largest") > 0.6);
    leave(&v);
}

TEST(one_batch_and_ten_rows) {
    static const char *const options[] = {"optimizer", "gd", "rate", "1", "batch", "10", NULL};
    Visit v = open_walk("y ~ a*x", "x=1,2,3,4,5,6,7,8,9,10 y=2,3,5,4,6,8,7,9,9,12",
                        (const char *const[]){"a=0", NULL}, options);
    v.doctor = descend_doctor_open(v.walk, 0, NULL);
    CHECK_INT(descend_doctor_range(v.doctor, NULL), DESCEND_OK);
    CHECK(number(&v, "range_lowest") > 0 && number(&v, "range_largest") > 0);
    leave(&v);
}

TEST(nowhere_to_go) {
    Visit v = visit("w^2", NULL, (const char *const[]){"w=0", NULL});
    CHECK_INT(descend_doctor_range(v.doctor, NULL), DESCEND_OK);
    CHECK(isnan(number(&v, "range_lowest")) && isnan(number(&v, "range_largest")));
    leave(&v);
    CHECK_INT(descend_doctor_range(NULL, NULL), DESCEND_MISUSE);
    CHECK(isnan(descend_doctor_number(NULL, "rows")));
    CHECK_TEXT(descend_doctor_text(NULL, "advice", "en"), "");
}

TEST(the_machine) {
    double read = 0, operations = 0;
    char *instructions = descend_machine_text("instructions"), *none = descend_machine_text("x");
    CHECK(instructions && strlen(instructions) >= 4);
    CHECK_TEXT(none, "");
    CHECK_INT(descend_machine_limits(&read, &operations), DESCEND_OK);
    CHECK(read > 1e8 && operations > 1e8);
    descend_free(instructions);
    descend_free(none);
}

TEST_MAIN(a_parabola, three_points, a_narrow_valley, walks_agree_with_the_limits,
          momentum_agrees_too, a_thousand_parameters, columns_to_be_scaled, nothing_is_changed,
          the_range_finds_the_limit, numbers_that_break_are_left_out, one_batch_and_ten_rows,
          nowhere_to_go, the_machine)
