/* The interface in C used wrongly: every call answers with a status, a sentence and the cause; none
 * crashes, and a walk that was refused something is as good as before. Run with sanitizers. */
#include "../../include/descend.h"
#include "../check.h"

#include <stdlib.h>

/* The sentence contains these words; frees the error. */
static void expect_words(descend_error *error, const char *words) {
    const char *text = descend_error_text(error, "en");
    if (!error || !strstr(text, words)) {
        CHECK_FAIL(words);
        printf("  got: %s\n", text);
    }
    CHECK(strlen(descend_error_text(error, "zh")) > 0);
    descend_error_free(error);
}

static descend_walk *open_walk(descend_model *model, descend_table *table) {
    descend_error *error = NULL;
    descend_walk *walk = descend_walk_open(model, table, &error);
    if (error) CHECK_FAIL(descend_error_text(error, NULL));
    descend_error_free(error);
    return walk;
}

/* ---- NULL ------------------------------------------------------------------------------------ */

TEST(null_models_and_tables) {
    descend_error *error = NULL;
    CHECK(!descend_model_parse(NULL, &error));
    CHECK_INT(descend_error_status(error), DESCEND_MISUSE);
    expect_words(error, "'formula' is NULL");
    error = NULL;
    CHECK(!descend_model_read(NULL, &error));
    expect_words(error, "'path' is NULL");
    error = NULL;
    CHECK(!descend_table_read(NULL, NULL, NULL, NULL, &error));
    expect_words(error, "'path' is NULL");
    error = NULL;
    CHECK(!descend_table_parse(NULL, &error));
    expect_words(error, "'literal' is NULL");
    error = NULL;
    CHECK(!descend_table_columns(1, NULL, NULL, 1, &error));
    expect_words(error, "'names' is NULL");
    error = NULL;
    const char *names[] = {"x", NULL};
    const double values[] = {1, 2}, *columns[] = {values, NULL};
    CHECK(!descend_table_columns(2, names, columns, 2, &error));
    expect_words(error, "'names[k]' is NULL");
    error = NULL;
    names[1] = "y";
    CHECK(!descend_table_columns(2, names, columns, 2, &error));
    expect_words(error, "'values[k]' is NULL");
    error = NULL;
    CHECK(!descend_walk_open(NULL, NULL, &error));
    expect_words(error, "look at the error of that call");
    /* Errors need not be wanted. */
    CHECK(!descend_model_parse(NULL, NULL));
    CHECK(!descend_model_parse("w^", NULL));
    CHECK(!descend_table_read("/no/such/table.csv", NULL, NULL, NULL, NULL));
    CHECK(!descend_table_parse("x=1,z", NULL));
    CHECK(!descend_walk_open(NULL, NULL, NULL));
    CHECK(!descend_model_is_fit(NULL) && !descend_model_note(NULL, 0, NULL));
    CHECK(!descend_table_is_literal(NULL) && !descend_table_note(NULL, 0, NULL));
    CHECK_INT(descend_table_row_count(NULL) + descend_table_column_count(NULL), 0);
    CHECK(!descend_table_column_name(NULL, 0) && !descend_table_column(NULL, 0));
    CHECK(!descend_ready_text(NULL) && !descend_ready_text("adma"));
    CHECK(!descend_ready_name(1000000));
}

TEST(null_walks) {
    descend_error *error = NULL;
    double x = 0;
    size_t dims[4];
    CHECK_INT(descend_walk_set(NULL, "rate", "1", &error), DESCEND_MISUSE);
    expect_words(error, "'walk' is NULL");
    error = NULL;
    CHECK_INT(descend_walk_argument(NULL, "w=1", NULL), DESCEND_MISUSE);
    CHECK_INT(descend_walk_start(NULL, "w", &x, 1, NULL), DESCEND_MISUSE);
    CHECK_INT(descend_walk_prepare(NULL, NULL), DESCEND_MISUSE);
    CHECK_INT(descend_walk_step(NULL, NULL, NULL), DESCEND_MISUSE);
    CHECK_INT(descend_walk_run(NULL, NULL), DESCEND_MISUSE);
    descend_walk_stop(NULL);
    CHECK_INT(descend_walk_forward(NULL, NULL), DESCEND_MISUSE);
    CHECK_INT(descend_walk_loss(NULL, &x, NULL), DESCEND_MISUSE);
    CHECK_INT(descend_walk_backward(NULL, NULL), DESCEND_MISUSE);
    CHECK_INT(descend_walk_update(NULL, NULL), DESCEND_MISUSE);
    CHECK_INT(descend_walk_parameter_count(NULL), 0);
    CHECK(!descend_walk_parameter_name(NULL, 0) && !descend_walk_block_name(NULL, 0));
    CHECK_INT(descend_walk_block_shape(NULL, 0, dims), 0);
    CHECK_INT(descend_walk_get(NULL, "w", &x, 1), DESCEND_MISUSE);
    CHECK(!descend_walk_values(NULL) && !descend_walk_starts(NULL));
    CHECK(!descend_walk_was_drawn(NULL, 0));
    CHECK_INT(descend_walk_verdict(NULL), DESCEND_VERDICT_RUNNING);
    CHECK(isnan(descend_walk_number(NULL, "loss")));
    CHECK_TEXT(descend_walk_text(NULL, "reason", NULL), "");
    CHECK(!descend_walk_note(NULL, 0, NULL));
    CHECK(descend_walk_digest(NULL) == 0);
    CHECK_INT(descend_walk_vector(NULL, "standard_errors", &x, 1), DESCEND_MISUSE);
    CHECK_TEXT(descend_walk_unavailable(NULL, 0, NULL), "");
    CHECK_INT(descend_walk_rows(NULL, "left", &x, 1, NULL), DESCEND_MISUSE);
    CHECK_INT(descend_walk_curve_column(NULL), -1);
    CHECK_INT(descend_walk_curve(NULL, &x, &x, 1, NULL), DESCEND_MISUSE);
    CHECK_INT(descend_walk_evaluate(NULL, &x, &x, NULL, NULL), DESCEND_MISUSE);
    CHECK_INT(descend_walk_hessian_vector(NULL, &x, &x, NULL), DESCEND_MISUSE);
    CHECK(!descend_walk_valley(NULL, 0, NULL, NULL, NULL));
    CHECK(!descend_walk_show(NULL, "graph", NULL));
}

TEST(null_slopes_and_bisections) {
    double a, b, c;
    const char *sentence = NULL;
    CHECK(!descend_slope_open(NULL, NULL) && !descend_bisect_open(NULL, "w", 0, 1, NULL));
    CHECK_TEXT(descend_slope_formula(NULL, 0), "");
    CHECK(isnan(descend_slope_exact(NULL, 0)) && isnan(descend_slope_foot(NULL, 0).slope));
    CHECK(!descend_slope_agrees(NULL, 0) && !descend_slope_directions(NULL, &a, &b, &c));
    CHECK(!descend_slope_verdict(NULL, NULL, &sentence));
    CHECK_TEXT(sentence, "");
    CHECK_INT(descend_bisect_step(NULL, NULL, NULL), DESCEND_MISUSE);
    CHECK(isnan(descend_bisect_answer(NULL)) && descend_bisect_evaluations(NULL) == 0);
    CHECK_TEXT(descend_bisect_sentence(NULL, NULL), "");
}

TEST(freeing_nothing) {
    descend_error_free(NULL);
    descend_model_free(NULL);
    descend_table_free(NULL);
    descend_walk_free(NULL);
    descend_slope_free(NULL);
    descend_bisect_free(NULL);
    descend_free(NULL);
    CHECK_INT(descend_error_status(NULL), DESCEND_OK);
    CHECK_TEXT(descend_error_text(NULL, "en"), "");
    CHECK_TEXT(descend_error_sentence(NULL, "en"), "");
    CHECK_TEXT(descend_error_remedy(NULL, "en"), "");
    CHECK_TEXT(descend_error_file(NULL), "");
    CHECK_INT(descend_error_line(NULL) + descend_error_column(NULL), 0);
}

TEST(null_arguments) {
    descend_model *model = descend_model_parse("y ~ a*x", NULL);
    descend_table *table = descend_table_parse("x=1,2,3 y=2,4,5", NULL);
    descend_walk *walk = open_walk(model, table);
    descend_error *error = NULL;
    double x[3] = {0};
    CHECK_INT(descend_walk_set(walk, NULL, "1", &error), DESCEND_MISUSE);
    expect_words(error, "'option' is NULL");
    CHECK_INT(descend_walk_set(walk, "rate", NULL, NULL), DESCEND_MISUSE);
    CHECK_INT(descend_walk_argument(walk, NULL, NULL), DESCEND_MISUSE);
    CHECK_INT(descend_walk_start(walk, NULL, x, 1, NULL), DESCEND_MISUSE);
    CHECK_INT(descend_walk_start(walk, "a", NULL, 1, NULL), DESCEND_MISUSE);
    CHECK_INT(descend_walk_rows(walk, NULL, x, 3, NULL), DESCEND_MISUSE);
    CHECK_INT(descend_walk_rows(walk, "left", NULL, 3, NULL), DESCEND_MISUSE);
    CHECK_INT(descend_walk_evaluate(walk, NULL, x, NULL, NULL), DESCEND_MISUSE);
    CHECK_INT(descend_walk_evaluate(walk, x, NULL, NULL, NULL), DESCEND_MISUSE);
    CHECK_INT(descend_walk_hessian_vector(walk, NULL, x, NULL), DESCEND_MISUSE);
    CHECK_INT(descend_walk_curve(walk, NULL, x, 1, NULL), DESCEND_MISUSE);
    CHECK(!descend_walk_show(walk, NULL, NULL));
    CHECK(!descend_bisect_open(walk, NULL, 0, 1, NULL));
    CHECK_INT(descend_walk_get(walk, NULL, x, 1), DESCEND_MISUSE);
    CHECK(isnan(descend_walk_number(walk, NULL)));
    CHECK_TEXT(descend_walk_text(walk, NULL, NULL), "");
    /* After all that it walks. */
    CHECK_INT(descend_walk_run(walk, NULL), DESCEND_OK);
    CHECK_INT(descend_walk_get(walk, "a", x, 1), DESCEND_OK);
    CHECK_NEAR(x[0], 25.0 / 14, 1e-14);
    CHECK_INT(descend_walk_vector(walk, NULL, x, 1), DESCEND_MISUSE);
    CHECK_INT(descend_walk_vector(walk, "standard_errors", NULL, 1), DESCEND_MISUSE);
    descend_walk_free(walk);
    descend_table_free(table);
    descend_model_free(model);
}

/* ---- unknown keys, wrong sizes --------------------------------------------------------------- */

TEST(unknown_keys) {
    descend_model *model = descend_model_parse("y ~ a*x", NULL);
    descend_table *table = descend_table_parse("x=1,2,3 y=2,4,5", NULL);
    descend_walk *walk = open_walk(model, table);
    descend_error *error = NULL;
    double x[3] = {0};
    CHECK_INT(descend_walk_set(walk, "raet", "1", &error), DESCEND_INPUT);
    expect_words(error, "did you mean 'rate'?");
    error = NULL;
    CHECK_INT(descend_walk_set(walk, "gradient", "exat", &error), DESCEND_INPUT);
    expect_words(error, "one of: exact, probe");
    error = NULL;
    CHECK_INT(descend_walk_set(walk, "steps", "-3", &error), DESCEND_INPUT);
    expect_words(error, "'-3' is not a whole number of at least 1");
    error = NULL;
    CHECK_INT(descend_walk_argument(walk, "a", &error), DESCEND_INPUT);
    expect_words(error, "NAME=START");
    error = NULL;
    CHECK_INT(descend_walk_rows(walk, "residuals", x, 3, &error), DESCEND_MISUSE);
    expect_words(error, "left, right, residual");
    error = NULL;
    CHECK_INT(descend_walk_rows(walk, "left", x, 2, &error), DESCEND_MISUSE);
    expect_words(error, "3 rows");
    error = NULL;
    CHECK(!descend_walk_show(walk, "grpah", &error));
    expect_words(error, "ast, graph, gradient, plan, c");
    error = NULL;
    CHECK(!descend_bisect_open(walk, "b", 0, 1, &error));
    expect_words(error, "there is no parameter 'b'");
    CHECK(isnan(descend_walk_number(walk, "los")));
    CHECK_TEXT(descend_walk_text(walk, "raeson", NULL), "");
    CHECK_TEXT(descend_verdict_name((descend_verdict)99), "");
    CHECK_INT(descend_walk_get(walk, "b", x, 1), DESCEND_MISUSE);
    CHECK_INT(descend_walk_get(walk, "a", x, 2), DESCEND_MISUSE);
    CHECK_INT(descend_walk_run(walk, NULL), DESCEND_OK);
    CHECK_INT(descend_walk_vector(walk, "standard_error", x, 1), DESCEND_MISUSE);
    CHECK_INT(descend_walk_vector(walk, "standard_errors", x, 2), DESCEND_MISUSE);
    CHECK_TEXT(descend_walk_unavailable(walk, 7, NULL), "");
    CHECK(!descend_walk_parameter_name(walk, 7) && !descend_walk_block_name(walk, 7));
    CHECK(!descend_walk_was_drawn(walk, 7));
    descend_walk_free(walk);
    descend_table_free(table);
    descend_model_free(model);
}

TEST(starts_that_do_not_fit) {
    descend_model *model = descend_model_parse("sum((param_free - 1)^2)", NULL);
    descend_walk *walk = open_walk(model, NULL);
    descend_error *error = NULL;
    const double two[] = {1, 2};
    CHECK_INT(descend_walk_start(walk, "w", two, 2, NULL), DESCEND_OK);
    CHECK(descend_walk_prepare(walk, &error) < 0); /* refused when everything is known */
    CHECK(error != NULL);
    descend_error_free(error);
    descend_walk_free(walk);
    descend_model_free(model);
    model = descend_model_parse("param w[3] = 0; minimize sum((w - 1)^2)", NULL);
    walk = open_walk(model, NULL);
    error = NULL;
    CHECK_INT(descend_walk_start(walk, "w", two, 2, NULL), DESCEND_OK);
    CHECK_INT(descend_walk_prepare(walk, &error), DESCEND_INPUT);
    expect_words(error, "'w' has 3 elements, but 2 were given");
    CHECK_INT(descend_walk_step(walk, NULL, NULL), DESCEND_INPUT); /* and is refused again */
    descend_walk_free(walk);
    descend_model_free(model);
}

/* ---- the wrong order ------------------------------------------------------------------------- */

TEST(too_early) {
    descend_model *model = descend_model_parse("y ~ a*x", NULL);
    descend_table *table = descend_table_parse("x=1,2,3 y=2,4,5", NULL);
    descend_walk *walk = open_walk(model, table);
    double x[9];
    CHECK(!descend_walk_values(walk) && !descend_walk_starts(walk));
    CHECK_INT(descend_walk_parameter_count(walk), 0);
    CHECK_INT(descend_walk_verdict(walk), DESCEND_VERDICT_RUNNING);
    CHECK(isnan(descend_walk_number(walk, "loss")));
    CHECK(isnan(descend_walk_number(walk, "residual_sum_of_squares")));
    CHECK_TEXT(descend_walk_text(walk, "reason", NULL), "");
    CHECK_TEXT(descend_walk_text(walk, "names", NULL), "");
    CHECK_TEXT(descend_walk_text(walk, "method_sentence", NULL), "");
    CHECK(!descend_walk_note(walk, 0, NULL));
    CHECK_INT(descend_walk_vector(walk, "standard_errors", x, 1), DESCEND_MISUSE);
    CHECK_INT(descend_walk_get(walk, "a", x, 1), DESCEND_MISUSE);
    CHECK_INT(descend_walk_curve_column(walk), -1);
    CHECK(descend_walk_digest(walk) == 0);
    CHECK(!descend_walk_valley(walk, 0, NULL, NULL, NULL));
    /* Prepared, but without a step: the start. */
    CHECK_INT(descend_walk_argument(walk, "a=1", NULL), DESCEND_OK);
    CHECK_INT(descend_walk_prepare(walk, NULL), DESCEND_OK);
    CHECK_INT(descend_walk_prepare(walk, NULL), DESCEND_OK);
    CHECK(descend_walk_values(walk)[0] == 1);
    CHECK_INT(descend_walk_verdict(walk), DESCEND_VERDICT_RUNNING);
    CHECK_INT(descend_walk_vector(walk, "standard_errors", x, 1), DESCEND_OK);
    CHECK(isnan(x[0]));
    CHECK_TEXT(descend_walk_unavailable(walk, 0, NULL),
               "the walk has not arrived at a lowest point");
    CHECK_INT(descend_walk_run(walk, NULL), DESCEND_OK);
    CHECK_INT(descend_walk_vector(walk, "standard_errors", x, 1), DESCEND_OK);
    CHECK(isfinite(x[0]));
    CHECK_TEXT(descend_walk_unavailable(walk, 0, NULL), "");
    descend_walk_free(walk);
    descend_table_free(table);
    descend_model_free(model);
}

TEST(too_late) {
    descend_model *model = descend_model_parse("w^2", NULL);
    descend_walk *walk = open_walk(model, NULL);
    descend_error *error = NULL;
    const double five = 5;
    CHECK_INT(descend_walk_argument(walk, "w=10", NULL), DESCEND_OK);
    CHECK_INT(descend_walk_set(walk, "rate", "0.1", NULL), DESCEND_OK);
    CHECK_INT(descend_walk_step(walk, NULL, NULL), DESCEND_RUNNING);
    CHECK_INT(descend_walk_set(walk, "rate", "0.2", &error), DESCEND_MISUSE);
    CHECK_INT(descend_error_status(error), DESCEND_MISUSE);
    expect_words(error, "before the first step");
    CHECK_INT(descend_walk_argument(walk, "w=5", NULL), DESCEND_MISUSE);
    CHECK_INT(descend_walk_start(walk, "w", &five, 1, NULL), DESCEND_MISUSE);
    CHECK_INT(descend_walk_run(walk, NULL), DESCEND_OK);
    CHECK(fabs(descend_walk_values(walk)[0]) < 1e-6);
    /* Past the end nothing changes. */
    uint64_t digest = descend_walk_digest(walk);
    descend_event event;
    CHECK_INT(descend_walk_step(walk, &event, NULL), DESCEND_DONE);
    CHECK_INT(descend_walk_run(walk, NULL), DESCEND_OK);
    CHECK(descend_walk_digest(walk) == digest);
    descend_walk_free(walk);
    descend_model_free(model);
}

TEST(strokes_out_of_order) {
    descend_model *model = descend_model_parse("w^2", NULL);
    descend_walk *walk = open_walk(model, NULL);
    descend_error *error = NULL;
    double loss = 0;
    descend_walk_argument(walk, "w=10", NULL);
    descend_walk_set(walk, "rate", "0.1", NULL);
    CHECK_INT(descend_walk_update(walk, &error), DESCEND_MISUSE);
    expect_words(error, "forward, loss, backward, update");
    CHECK_INT(descend_walk_loss(walk, &loss, NULL), DESCEND_MISUSE);
    CHECK_INT(descend_walk_backward(walk, NULL), DESCEND_MISUSE);
    CHECK_INT(descend_walk_forward(walk, NULL), DESCEND_OK);
    CHECK_INT(descend_walk_forward(walk, NULL), DESCEND_MISUSE);
    CHECK_INT(descend_walk_step(walk, NULL, NULL), DESCEND_MISUSE); /* in the middle of a round */
    CHECK_INT(descend_walk_loss(walk, NULL, NULL), DESCEND_MISUSE);
    CHECK_INT(descend_walk_loss(walk, &loss, NULL), DESCEND_OK);
    CHECK(loss == 100);
    CHECK_INT(descend_walk_backward(walk, NULL), DESCEND_OK);
    CHECK_INT(descend_walk_update(walk, NULL), DESCEND_OK);
    CHECK_NEAR(descend_walk_values(walk)[0], 8, 1e-15);
    CHECK_INT(descend_walk_step(walk, NULL, NULL), DESCEND_RUNNING);
    CHECK_NEAR(descend_walk_values(walk)[0], 6.4, 1e-15);
    descend_walk_free(walk);
    walk = open_walk(model, NULL); /* BFGS has no strokes */
    error = NULL;
    CHECK_INT(descend_walk_forward(walk, &error), DESCEND_MISUSE);
    expect_words(error, "no single strokes");
    CHECK_INT(descend_walk_run(walk, NULL), DESCEND_OK);
    descend_walk_free(walk);
    descend_model_free(model);
}

TEST(freed_in_any_order) {
    for (int order = 0; order < 6; order++) {
        static const int ORDERS[6][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2},
                                         {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
        descend_model *model = descend_model_parse("y ~ a*x + b", NULL);
        descend_table *table = descend_table_parse("x=1,2,3 y=2,4,5", NULL);
        descend_walk *walk = open_walk(model, table);
        CHECK_INT(descend_walk_run(walk, NULL), DESCEND_OK);
        for (int k = 0; k < 3; k++) {
            if (ORDERS[order][k] == 0) descend_model_free(model);
            if (ORDERS[order][k] == 1) descend_table_free(table);
            if (ORDERS[order][k] == 2) descend_walk_free(walk);
        }
    }
}

/* ---- models and tables that do not fit each other -------------------------------------------- */

TEST(models_without_their_table) {
    descend_model *model = descend_model_parse("y ~ a*x", NULL);
    descend_walk *walk = open_walk(model, NULL);
    descend_error *error = NULL;
    double x[3];
    descend_status status = descend_walk_prepare(walk, &error);
    if (status == DESCEND_OK) { /* then y, a, x are three parameters, and it walks */
        CHECK_INT(descend_walk_parameter_count(walk), 3);
        CHECK_INT(descend_walk_run(walk, NULL), DESCEND_OK);
    } else {
        CHECK(strlen(descend_error_text(error, "en")) > 20);
    }
    CHECK_INT(descend_walk_rows(walk, "left", x, 3, NULL) < 0, 1);
    descend_error_free(error);
    descend_walk_free(walk);
    descend_model_free(model);
}

TEST(no_fit_no_sides) {
    descend_model *model = descend_model_parse("w^2", NULL);
    descend_walk *walk = open_walk(model, NULL);
    descend_error *error = NULL;
    double x[1] = {0};
    CHECK_INT(descend_walk_rows(walk, "left", x, 1, &error), DESCEND_MISUSE);
    expect_words(error, "no '~'");
    error = NULL;
    CHECK_INT(descend_walk_curve(walk, x, x, 1, &error), DESCEND_MISUSE);
    expect_words(error, "no curve to draw");
    CHECK_INT(descend_walk_vector(walk, "standard_errors", x, 1), DESCEND_MISUSE);
    CHECK_TEXT(descend_walk_unavailable(walk, 0, NULL), "");
    descend_walk_free(walk);
    descend_model_free(model);
}

TEST(tables_in_memory) {
    const double x[] = {1, 2, 3}, y[] = {2, 4, NAN};
    const char *names[] = {"x", "y"}, *same[] = {"x", "x"};
    const double *columns[] = {x, y};
    descend_error *error = NULL;
    CHECK(!descend_table_columns(2, same, columns, 3, &error));
    CHECK(error != NULL);
    descend_error_free(error);
    error = NULL;
    CHECK(!descend_table_columns(2, names, columns, 0, &error));
    descend_error_free(error);
    /* NaN in the caller's own memory is told where it is met. */
    error = NULL;
    descend_table *table = descend_table_columns(2, names, columns, 3, &error);
    CHECK(table != NULL);
    descend_error_free(error);
    descend_model *model = descend_model_parse("y ~ a*x", NULL);
    descend_walk *walk = open_walk(model, table);
    descend_walk_argument(walk, "a=1", NULL);
    CHECK_INT(descend_walk_run(walk, NULL), DESCEND_OK);
    CHECK_INT(descend_walk_verdict(walk), DESCEND_VERDICT_NON_FINITE);
    const char *note = descend_walk_note(walk, 0, "en");
    CHECK(note && strstr(note, "in row 3") && strstr(note, "the table itself holds this value"));
    if (note && !strstr(note, "in row 3")) printf("  note: %s\n", note);
    descend_walk_free(walk);
    descend_table_free(table);
    descend_model_free(model);
}

/* ---- errors are objects ---------------------------------------------------------------------- */

TEST(parts_of_an_error) {
    descend_error *error = NULL;
    CHECK(!descend_model_parse("y ~ a*(x + 1", &error));
    CHECK_INT(descend_error_status(error), DESCEND_INPUT);
    CHECK_INT(descend_error_line(error), 1);
    CHECK_INT(descend_error_column(error), 7);
    CHECK_TEXT(descend_error_sentence(error, "en"), "'(' is never closed");
    CHECK_TEXT(descend_error_remedy(error, "en"), "add the missing ')'");
    CHECK_TEXT(descend_error_text(error, "en"),
               "'(' is never closed\n  y ~ a*(x + 1\n        ^\nadd the missing ')'");
    CHECK_TEXT(descend_error_text(error, "xx"), descend_error_text(error, "en"));
    CHECK_TEXT(descend_error_file(error), "");
    descend_error_free(error);
    error = NULL;
    CHECK(!descend_table_read("/no/such/table.csv", NULL, NULL, NULL, &error));
    CHECK_INT(descend_error_status(error), DESCEND_IO);
    expect_words(error, "/no/such/table.csv");
    error = NULL;
    descend_table *table = descend_table_read("/dev/null", "zero", NULL, NULL, &error);
    CHECK(!table);
    expect_words(error, "refuse, drop or mean");
}

/* Random calls with random, mostly wrong arguments, in random order. */
static unsigned long long dice_state = 12345;
static unsigned dice(unsigned sides) {
    dice_state = dice_state * 6364136223846793005ULL + 1442695040888963407ULL;
    return (unsigned)(dice_state >> 33) % sides;
}

static const char *dice_word(void) {
    static const char *const WORDS[] = {
        "w", "v", "", "rate", "0.1", "optimizer", "adam", "steps", "5", "-1", "restarts", "2",
        "until", "loss < 1", "gradient", "probe", "seed", "w=1", "w=0..1", "w=", "=", "w=1..",
        "loss", "reason", "graph", "left", "standard_errors", "correlation", "batch", "epochs", "3",
        "rate_limit", "executor", "reference", "weight", "x", "drop", "x,y", "measured", "1e999"};
    return dice(12) == 0 ? NULL : WORDS[dice(sizeof WORDS / sizeof WORDS[0])];
}

static void random_call(descend_walk *walk, double room[64]) {
    descend_error *error = NULL;
    descend_event event;
    switch (dice(22)) {
        case 0: case 1: case 2: descend_walk_set(walk, dice_word(), dice_word(), &error); break;
        case 3: descend_walk_argument(walk, dice_word(), &error); break;
        case 4: descend_walk_start(walk, dice_word(), room, dice(4), &error); break;
        case 5: descend_walk_prepare(walk, &error); break;
        case 6: case 7: descend_walk_step(walk, dice(2) ? &event : NULL, &error); break;
        case 8: if (dice(8) == 0) descend_walk_stop(walk); break;
        case 9: descend_walk_forward(walk, &error); break;
        case 10: descend_walk_loss(walk, room, &error); break;
        case 11: descend_walk_backward(walk, &error); break;
        case 12: descend_walk_update(walk, &error); break;
        case 13: descend_walk_get(walk, dice_word(), room, dice(3)); break;
        case 14: descend_walk_number(walk, dice_word()); break;
        case 15: descend_walk_text(walk, dice_word(), dice(2) ? "zh" : NULL); break;
        case 16: descend_walk_note(walk, dice(4), "en"); break;
        case 17: descend_walk_vector(walk, dice_word(), room, dice(5)); break;
        case 18: descend_walk_rows(walk, dice_word(), room, dice(5), &error); break;
        case 19: descend_walk_curve(walk, room, room + 32, dice(5), &error); break;
        case 20: descend_free(descend_walk_show(walk, dice_word(), &error)); break;
        default: descend_walk_verdict(walk); descend_walk_digest(walk); break;
    }
    if (error) CHECK(strlen(descend_error_text(error, dice(2) ? "en" : "zh")) > 0);
    descend_error_free(error);
}

TEST(random_calls) {
    static const char *const FORMULAS[] = {"w^2 + v^2", "y ~ w*x + v", "log(w) + v", "w",
                                           "param w[2] = 1; minimize sum(w^2)", "y ~ w"};
    double room[64] = {1, 2, 3};
    for (int turn = 0; turn < 300; turn++) {
        descend_model *model = descend_model_parse(FORMULAS[dice(6)], NULL);
        descend_table *table = dice(2) ? descend_table_parse("x=1,2,3 y=2,4,5", NULL) : NULL;
        descend_walk *walk = open_walk(model, table);
        for (int call = 0; call < 40; call++) random_call(walk, room);
        descend_walk_free(walk);
        descend_table_free(table);
        descend_model_free(model);
    }
}

TEST_MAIN(null_models_and_tables, null_walks, null_slopes_and_bisections, freeing_nothing,
          null_arguments, unknown_keys, starts_that_do_not_fit, too_early, too_late,
          strokes_out_of_order, freed_in_any_order, models_without_their_table, no_fit_no_sides,
          tables_in_memory, parts_of_an_error, random_calls)
