/* Every ready model, as its text says: without a start from the user it reaches the parameters
 * that another program found ('# result'; tests/reference/models.py) on its own table ('# test'),
 * and the formula that it is told to be does the same. A new text is tested without touching this
 * file. */
#include "../../include/descend.h"
#include "../check.h"

#include <stdlib.h>

enum { PARAMETERS = 20 };

/* ---- what a text must say -------------------------------------------------------------------- */

static const char *lacks(const char *text) {
    static const char *const keys[] = {"en", "zh", "kind", "source", "test", "result"};
    descend_model *model = descend_model_parse(text, NULL);
    const char *lacking = model && descend_model_name(model) ? NULL : "model";
    for (size_t k = 0; model && !lacking && k < sizeof keys / sizeof *keys; k++)
        if (!*descend_model_about(model, keys[k])) lacking = keys[k];
    descend_model_free(model);
    return lacking;
}

TEST(a_text_that_lacks_something_is_found) {
    static const char whole[] = "# A line.\n# 直线。\n# kind: line\n"
                                "# source: Legendre (1805)\n"
                                "# test: x=1,2,3\n# test: y=2,4,5\n# result: a=1.5 b=0.6666666667\n"
                                "model m(x, y) {\n param a = 0\n param b = 0\n y ~ a*x + b\n}\n";
    static const char *const marks[] = {"# A line", "# 直", "# kind", "# source", "# result"};
    static const char *const keys[] = {"en", "zh", "kind", "source", "result"};
    CHECK_TEXT(lacks(whole), NULL);
    CHECK_TEXT(lacks("y ~ a*x"), "model");
    for (size_t k = 0; k < 5; k++) {
        char text[sizeof whole];
        const char *line = strstr(whole, marks[k]), *next = strchr(line, '\n') + 1;
        snprintf(text, sizeof text, "%.*s%s", (int)(line - whole), whole, next);
        CHECK_TEXT(lacks(text), keys[k]);
    }
}

/* ---- results --------------------------------------------------------------------------------- */

/* The number behind 'NAME=' in 'a=1 b=2'; NaN when it is not there. */
static double told(const char *result, const char *name) {
    size_t length = strlen(name);
    const char *at = result, *next;
    for (; at; at = (next = strchr(at, ' ')) ? next + 1 : NULL)
        if (strncmp(at, name, length) == 0 && at[length] == '=')
            return strtod(at + length + 1, NULL);
    return NAN;
}

static size_t told_count(const char *result) {
    size_t count = 0;
    for (; *result; result++) count += *result == '=';
    return count;
}

/* The walk has ended where the text says. */
static void check_result(const char *name, descend_walk *walk, const char *result) {
    size_t n = descend_walk_parameter_count(walk);
    const double *values = descend_walk_values(walk);
    int before = check_failures;
    CHECK_INT(descend_walk_verdict(walk), DESCEND_VERDICT_CONVERGED);
    CHECK_INT(n, told_count(result));
    for (size_t i = 0; values && i < n; i++)
        CHECK_NEAR(values[i], told(result, descend_walk_parameter_name(walk, i)), 1e-7);
    if (check_failures > before) printf("  in %s\n", name);
}

/* Typed as a formula, from the same starts. */
static void check_formula(const char *name, descend_walk *walk, descend_table *table,
                          const char *result) {
    descend_error *error = NULL;
    const char *formula = descend_walk_text(walk, "formula", "en");
    descend_model *typed = descend_model_parse(formula, &error);
    descend_walk *again = descend_walk_open(typed, table, &error);
    for (size_t i = 0; again && i < descend_walk_parameter_count(walk); i++)
        descend_walk_start(again, descend_walk_parameter_name(walk, i),
                           &descend_walk_starts(walk)[i], 1, &error);
    CHECK_INT(descend_walk_run(again, &error), DESCEND_OK);
    if (error) printf("%s: %s\n%s\n", name, formula, descend_error_text(error, "en"));
    else check_result(name, again, result);
    descend_walk_free(again);
    descend_model_free(typed);
    descend_error_free(error);
}

static void check_model(const char *name, descend_model *model, const char *result) {
    descend_error *error = NULL;
    descend_table *table = descend_table_parse(descend_model_about(model, "test"), &error);
    descend_walk *walk = descend_walk_open(model, table, &error);
    CHECK_INT(descend_walk_run(walk, &error), DESCEND_OK);
    if (error) {
        printf("%s: %s\n", name, descend_error_text(error, "en"));
    } else {
        for (size_t i = 0; i < descend_walk_parameter_count(walk); i++)
            CHECK(!descend_walk_was_drawn(walk, i));
        check_result(name, walk, result);
        check_formula(name, walk, table, result);
        CHECK_TEXT(descend_walk_text(walk, "model", "en"), name);
    }
    descend_walk_free(walk);
    descend_table_free(table);
    descend_error_free(error);
}

TEST(every_model_reaches_what_it_says) {
    const char *name;
    size_t count = 0;
    for (size_t k = 0; (name = descend_ready_name(k)); k++) {
        if (strstr(descend_ready_text(name), "\nrule ")) continue;
        descend_model *model = descend_model_parse(descend_ready_text(name), NULL);
        const char *lacking = lacks(descend_ready_text(name));
        if (lacking) printf("%s has no '%s'\n", name, lacking);
        CHECK_TEXT(lacking, NULL);
        CHECK_TEXT(descend_model_name(model), name);
        char result[1000];
        snprintf(result, sizeof result, "%s", descend_model_about(model, "result"));
        if (!lacking) check_model(name, model, result);
        descend_model_free(model);
        count++;
    }
    printf("%zu models\n", count);
    CHECK(count >= 40);
}

/* ---- columns --------------------------------------------------------------------------------- */

static const char mapped_text[] = "model m(x, y) { param a = over_rows.mean(x); y ~ a*x }";

/* The opening line after reading the text as a table; 'choices' are 'x=COLUMN', ended by NULL. */
static void check_names(const char *csv, const char *option, const char *value,
                        const char *const *choices, const char *want) {
    const char *scratch = getenv("SCRATCH");
    char path[600];
    snprintf(path, sizeof path, "%s/models_test.csv", scratch ? scratch : "/tmp");
    FILE *file = fopen(path, "w");
    CHECK(file != NULL);
    if (!file) return;
    fputs(csv, file);
    fclose(file);
    descend_error *error = NULL;
    descend_model *model = descend_model_parse(mapped_text, &error);
    for (; *choices; choices++) {
        char input[10] = {(*choices)[0]};
        descend_model_column(model, input[0] == '-' ? NULL : input, *choices + 2, &error);
    }
    const char *role = option && strcmp(option, "weight") == 0 ? value : NULL;
    descend_table *table = descend_table_read(path, NULL, model, role, &error);
    descend_walk *walk = table ? descend_walk_open(model, table, &error) : NULL;
    if (walk && option) descend_walk_set(walk, option, value, &error);
    if (walk) descend_walk_prepare(walk, &error);
    if (error) CHECK_TEXT(descend_error_sentence(error, "en"), want);
    else CHECK_TEXT(descend_walk_text(walk, "names", "en"), want);
    descend_walk_free(walk);
    descend_table_free(table);
    descend_model_free(model);
    descend_error_free(error);
    remove(path);
}

TEST(inputs_take_columns) {
    static const char table[] = "who,t,v,w\na,1,3,1\nb,2,5,NA\nc,4,9,2\n";
    static const char *const none[] = {NULL}, *const second[] = {"x=v", NULL},
                             *const both[] = {"x=v", "y=t", NULL}, *const not_t[] = {"-=t", NULL},
                             *const wrong[] = {"x=tt", NULL}, *const other[] = {"z=t", NULL};
    /* In their order, text passed over; what is missing elsewhere does not matter. */
    check_names(table, NULL, NULL, none, "columns: x = t, y = v (not used: who, w); parameters: a");
    check_names(table, NULL, NULL, second,
                "columns: x = v, y = t (not used: who, w); parameters: a");
    check_names(table, NULL, NULL, both, "columns: x = v, y = t (not used: who, w); parameters: a");
    check_names(table, NULL, NULL, not_t, "column 4 'w': 'NA' is not a number");
    check_names(table, NULL, NULL, wrong, "there is no column 'tt'");
    check_names(table, NULL, NULL, other, "the model has no input 'z': its inputs are x, y");
    check_names("t,v,w\n1,3,1\n2,5,4\n4,9,2\n", "weight", "t", none,
                "columns: x = v, y = w; parameters: a");
    check_names("t,v,w\n1,3,1\n2,5,4\n4,9,2\n", "drop", "t", none,
                "columns: x = v, y = w (not used: t); parameters: a");
    check_names("t,s\n1,a\n2,b\n", NULL, NULL, none,
                "'m' is a model of 2 columns of numbers (x, y), and the table has fewer for it");
}

TEST(a_walk_may_choose_columns) {
    descend_error *error = NULL;
    descend_model *model = descend_model_parse(mapped_text, &error);
    descend_table *table = descend_table_parse("p=1,2,4 q=2,4,8 r=3,6,12", &error);
    descend_walk *walk = descend_walk_open(model, table, &error);
    double value = 0;
    CHECK_INT(descend_walk_argument(walk, "y=r", &error), DESCEND_OK);
    CHECK_INT(descend_walk_argument(walk, "a=0..10", &error), DESCEND_OK);
    CHECK_INT(descend_walk_prepare(walk, &error), DESCEND_OK);
    CHECK_TEXT(descend_walk_text(walk, "formula", "en"), "r ~ a*p");
    CHECK_NEAR(descend_walk_starts(walk)[0], 7.0 / 3, 1e-15); /* within the bounds: kept */
    CHECK_INT(descend_walk_run(walk, &error), DESCEND_OK);
    CHECK_INT(descend_walk_get(walk, "a", &value, 1), DESCEND_OK);
    CHECK_NEAR(value, 3, 1e-14);
    descend_walk_free(walk);
    walk = descend_walk_open(model, NULL, &error);
    CHECK_INT(descend_walk_prepare(walk, &error), DESCEND_INPUT);
    CHECK_TEXT(descend_error_sentence(error, "en"),
               "'m' is a model of 2 columns (x, y), and there is no table");
    descend_walk_free(walk);
    descend_table_free(table);
    descend_model_free(model);
    descend_error_free(error);
}

/* ---- the formula that it is told to be ------------------------------------------------------- */

static void check_told(const char *text, const char *columns, const char *want) {
    descend_error *error = NULL;
    descend_model *model = descend_model_parse(text, &error);
    descend_table *table = descend_table_parse(columns, &error);
    descend_walk *walk = descend_walk_open(model, table, &error);
    CHECK_INT(descend_walk_prepare(walk, &error), DESCEND_OK);
    CHECK_TEXT(error ? descend_error_text(error, "en") : descend_walk_text(walk, "formula", "en"),
               want);
    descend_walk_free(walk);
    descend_table_free(table);
    descend_model_free(model);
    descend_error_free(error);
}

TEST(the_formula_can_be_typed) {
    static const char text[] = "def twice(v) {\n  w = 2*v   # a comment\n  w\n}\n"
                               "model m(x, y) {\n  top = over_rows.max(y)   # for a start alone\n"
                               "  param a = top\n  param b[2] = 1\n"
                               "  u = (x -\n       a)/2   # goes on\n"
                               "  y ~ twice(u) + b[1]*x + b[2]*\n x^2 # the end\n}\n";
    check_told(text, "t=1,2,3,4,5 s=2,4,5,4,1",
               "def twice(v) { w = 2*v; w }; param b[2] = 1; u = (t - a)/2; "
               "s ~ twice(u) + b[1]*t + b[2]* t^2");
    /* Columns whose names must be quoted, and one that a parameter is called by. */
    check_told("model m(x, y) { param a = 1; y ~ a*x }", "`fixed acidity`=1,2,3 minimize=2,4,5",
               "`minimize` ~ a*`fixed acidity`");
    check_told("model m(x, y) { param a = 1; param b = 0; y ~ a*x + b }",
               "b=1,2,3 a=2,4,5 a_=1,1,1",
               "a ~ a__*b + b_");
    check_told("model m(y, x) { param a = 1; y ~ a*x }", "x=1,2,3 y=2,4,5", "x ~ a*y");
}

TEST_MAIN(every_model_reaches_what_it_says, a_text_that_lacks_something_is_found,
          inputs_take_columns, a_walk_may_choose_columns, the_formula_can_be_typed)
