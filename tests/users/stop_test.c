/* Stops, undefined numbers and ends within: each is reported as what it was, the last good place is
 * returned, and model and table are as good as new afterwards. */
#include "../../include/descend.h"
#include "../check.h"

#include <pthread.h>
#include <signal.h>
#include <sys/time.h>
#include <time.h>

static descend_walk *endless(descend_model *model) {
    descend_walk *walk = descend_walk_open(model, NULL, NULL);
    descend_walk_argument(walk, "w=10", NULL);
    descend_walk_set(walk, "rate", "1e-9", NULL);
    descend_walk_set(walk, "steps", "1000000000000", NULL);
    return walk;
}

/* Interrupted, with numbers; a fresh walk of the same model arrives. */
static void expect_interrupted(descend_walk *walk, descend_model *model) {
    double w = NAN;
    CHECK_INT(descend_walk_verdict(walk), DESCEND_VERDICT_INTERRUPTED);
    CHECK_TEXT(descend_verdict_name(descend_walk_verdict(walk)), "interrupted");
    CHECK(strncmp(descend_walk_text(walk, "reason", "en"), "stopped after ", 14) == 0);
    CHECK(strlen(descend_walk_text(walk, "reason", "zh")) > 0);
    CHECK_INT(descend_walk_get(walk, "w", &w, 1), DESCEND_OK);
    CHECK(w > 0 && w <= 10);
    CHECK_NEAR(descend_walk_number(walk, "loss"), w * w, 1e-15);
    CHECK(descend_walk_number(walk, "start_loss") == 100);
    /* Past the end nothing changes. */
    uint64_t digest = descend_walk_digest(walk);
    CHECK_INT(descend_walk_step(walk, NULL, NULL), DESCEND_DONE);
    CHECK(descend_walk_digest(walk) == digest);
    descend_walk *again = descend_walk_open(model, NULL, NULL);
    descend_walk_argument(again, "w=10", NULL);
    CHECK_INT(descend_walk_run(again, NULL), DESCEND_OK);
    CHECK_INT(descend_walk_verdict(again), DESCEND_VERDICT_CONVERGED);
    CHECK_INT(descend_walk_get(again, "w", &w, 1), DESCEND_OK);
    CHECK(w == 0);
    descend_walk_free(again);
}

/* ---- from where a stop may come -------------------------------------------------------------- */

TEST(between_two_steps) {
    descend_model *model = descend_model_parse("w^2", NULL);
    descend_walk *walk = endless(model);
    for (int k = 0; k < 5; k++) CHECK_INT(descend_walk_step(walk, NULL, NULL), DESCEND_RUNNING);
    descend_walk_stop(walk);
    CHECK_INT(descend_walk_step(walk, NULL, NULL), DESCEND_DONE);
    CHECK(descend_walk_number(walk, "steps") == 6);
    expect_interrupted(walk, model);
    descend_walk_free(walk);
    descend_model_free(model);
}

TEST(before_the_first_step) {
    descend_model *model = descend_model_parse("w^2", NULL);
    descend_walk *walk = endless(model);
    descend_walk_stop(walk);
    CHECK_INT(descend_walk_run(walk, NULL), DESCEND_OK);
    CHECK(descend_walk_number(walk, "steps") == 1); /* the round it was in */
    expect_interrupted(walk, model);
    descend_walk_free(walk);
    descend_model_free(model);
}

TEST(after_the_end) {
    descend_model *model = descend_model_parse("w^2", NULL);
    descend_walk *walk = descend_walk_open(model, NULL, NULL);
    CHECK_INT(descend_walk_run(walk, NULL), DESCEND_OK);
    descend_walk_stop(walk);
    CHECK_INT(descend_walk_step(walk, NULL, NULL), DESCEND_DONE);
    CHECK_INT(descend_walk_verdict(walk), DESCEND_VERDICT_CONVERGED);
    descend_walk_free(walk);
    descend_model_free(model);
}

static void *stop_later(void *walk) {
    const struct timespec wait = {.tv_nsec = 50 * 1000 * 1000};
    nanosleep(&wait, NULL);
    descend_walk_stop(walk);
    return NULL;
}

TEST(from_another_thread) {
    descend_model *model = descend_model_parse("w^2", NULL);
    descend_walk *walk = endless(model);
    pthread_t thread;
    CHECK_INT(pthread_create(&thread, NULL, stop_later, walk), 0);
    CHECK_INT(descend_walk_run(walk, NULL), DESCEND_OK);
    pthread_join(thread, NULL);
    CHECK(descend_walk_number(walk, "steps") > 1);
    expect_interrupted(walk, model);
    descend_walk_free(walk);
    descend_model_free(model);
}

static descend_walk *signalled;
static void on_alarm(int number) {
    (void)number;
    descend_walk_stop(signalled);
}

TEST(from_a_signal_handler) {
    descend_model *model = descend_model_parse("w^2", NULL);
    struct sigaction action = {.sa_handler = on_alarm};
    struct itimerval soon = {.it_value = {.tv_usec = 50000}};
    signalled = endless(model);
    sigemptyset(&action.sa_mask);
    sigaction(SIGALRM, &action, NULL);
    setitimer(ITIMER_REAL, &soon, NULL);
    CHECK_INT(descend_walk_run(signalled, NULL), DESCEND_OK);
    expect_interrupted(signalled, model);
    descend_walk_free(signalled);
    descend_model_free(model);
}

TEST(methods_with_steps_of_their_own) {
    static const char *const METHODS[] = {"bfgs", "lbfgs", "gd", "adam", "nesterov"};
    descend_model *model = descend_model_parse("(1-x)^2 + 100*(y-x^2)^2", NULL);
    for (size_t k = 0; k < sizeof METHODS / sizeof METHODS[0]; k++) {
        descend_walk *walk = descend_walk_open(model, NULL, NULL);
        descend_walk_argument(walk, "x=-1.2", NULL);
        descend_walk_argument(walk, "y=1", NULL);
        descend_walk_set(walk, "optimizer", METHODS[k], NULL);
        CHECK_INT(descend_walk_step(walk, NULL, NULL), DESCEND_RUNNING);
        CHECK_INT(descend_walk_step(walk, NULL, NULL), DESCEND_RUNNING);
        descend_walk_stop(walk);
        CHECK_INT(descend_walk_step(walk, NULL, NULL), DESCEND_DONE);
        CHECK_INT(descend_walk_verdict(walk), DESCEND_VERDICT_INTERRUPTED);
        double loss = NAN, now = descend_walk_number(walk, "loss");
        descend_walk_evaluate(walk, descend_walk_values(walk), &loss, NULL, NULL);
        CHECK(loss == now); /* what is returned belongs to what is told */
        if (k < 2) CHECK(now < descend_walk_number(walk, "start_loss"));
        descend_walk_free(walk);
    }
    descend_model_free(model);
}

TEST(during_a_fit) {
    descend_model *model = descend_model_parse("y ~ b1*(1-exp(-b2*x))", NULL);
    descend_table *table =
        descend_table_parse("x=77.6,114.9,141.1,190.8 y=10.07,14.73,17.94,23.93", NULL);
    descend_walk *walk = descend_walk_open(model, table, NULL);
    double error[2];
    descend_walk_argument(walk, "b1=500", NULL);
    descend_walk_argument(walk, "b2=0.0001", NULL);
    CHECK_INT(descend_walk_step(walk, NULL, NULL), DESCEND_RUNNING);
    descend_walk_stop(walk);
    CHECK_INT(descend_walk_run(walk, NULL), DESCEND_OK);
    CHECK_INT(descend_walk_verdict(walk), DESCEND_VERDICT_INTERRUPTED);
    CHECK(descend_walk_number(walk, "loss") < descend_walk_number(walk, "start_loss"));
    CHECK_INT(descend_walk_vector(walk, "standard_errors", error, 2), DESCEND_OK);
    CHECK(isnan(error[0]) && isnan(error[1])); /* not made up for a place that is no bottom */
    CHECK_TEXT(descend_walk_unavailable(walk, 0, NULL),
               "the walk has not arrived at a lowest point");
    descend_walk_free(walk);
    walk = descend_walk_open(model, table, NULL); /* model and table are as good as new */
    descend_walk_argument(walk, "b1=500", NULL);
    descend_walk_argument(walk, "b2=0.0001", NULL);
    CHECK_INT(descend_walk_run(walk, NULL), DESCEND_OK);
    CHECK_INT(descend_walk_verdict(walk), DESCEND_VERDICT_CONVERGED);
    descend_walk_free(walk);
    descend_table_free(table);
    descend_model_free(model);
}

TEST(during_restarts) {
    descend_model *model = descend_model_parse("w^4 - 4*w^2 + w", NULL);
    descend_walk *walk = descend_walk_open(model, NULL, NULL);
    descend_walk_argument(walk, "w=2", NULL);
    descend_walk_set(walk, "restarts", "1000000", NULL);
    descend_event event = {.restart = 0};
    while (event.restart < 10) CHECK_INT(descend_walk_step(walk, &event, NULL), DESCEND_RUNNING);
    descend_walk_stop(walk);
    CHECK_INT(descend_walk_run(walk, NULL), DESCEND_OK);
    CHECK_INT(descend_walk_verdict(walk), DESCEND_VERDICT_INTERRUPTED);
    CHECK(strstr(descend_walk_text(walk, "reason", "en"), "stopped during restart") != NULL);
    CHECK_NEAR(descend_walk_values(walk)[0], -1.472998, 1e-6); /* the lowest so far */
    descend_walk_free(walk);
    descend_model_free(model);
}

TEST(restarts_not_begun) {
    descend_model *model = descend_model_parse("w^4 - 4*w^2 + w", NULL);
    descend_walk *walk = descend_walk_open(model, NULL, NULL);
    descend_walk_argument(walk, "w=2", NULL);
    descend_walk_set(walk, "restarts", "20", NULL);
    descend_walk_stop(walk);
    CHECK_INT(descend_walk_run(walk, NULL), DESCEND_OK);
    CHECK_INT(descend_walk_verdict(walk), DESCEND_VERDICT_INTERRUPTED);
    descend_walk_free(walk);
    descend_model_free(model);
}

/* ---- numbers that end a walk ----------------------------------------------------------------- */

static void expect_note(descend_walk *walk, const char *language, const char *words) {
    const char *note;
    for (size_t k = 0; (note = descend_walk_note(walk, k, language)); k++)
        if (strstr(note, words)) return;
    CHECK_FAIL(words);
    for (size_t k = 0; (note = descend_walk_note(walk, k, language)); k++)
        printf("  note: %s\n", note);
}

TEST(the_last_finite_place_is_kept) {
    descend_model *model = descend_model_parse("log(w)", NULL);
    descend_walk *walk = descend_walk_open(model, NULL, NULL);
    descend_walk_argument(walk, "w=1", NULL);
    descend_walk_set(walk, "rate", "0.5", NULL);
    CHECK_INT(descend_walk_run(walk, NULL), DESCEND_OK);
    CHECK_INT(descend_walk_verdict(walk), DESCEND_VERDICT_NON_FINITE);
    CHECK(descend_walk_values(walk)[0] == 0.5);
    CHECK_NEAR(descend_walk_number(walk, "loss"), -0.69314718055994531, 1e-15);
    expect_note(walk, "en", "'log(w)' is nan: w = -0.5");
    expect_note(walk, "en", "the logarithm of a negative number");
    expect_note(walk, "zh", "负数的对数");
    descend_walk_free(walk);
    walk = descend_walk_open(model, NULL, NULL); /* the model is as good as new */
    descend_walk_argument(walk, "w=5,2..10", NULL);
    CHECK_INT(descend_walk_run(walk, NULL), DESCEND_OK);
    CHECK_INT(descend_walk_verdict(walk), DESCEND_VERDICT_CONVERGED);
    CHECK(descend_walk_values(walk)[0] == 2);
    descend_walk_free(walk);
    descend_model_free(model);
}

TEST(the_row_of_a_column_in_memory) {
    double x[5000], y[5000];
    for (int i = 0; i < 5000; i++) x[i] = 1 + i, y[i] = 2;
    x[4321] = -7;
    const char *names[] = {"x", "y"};
    const double *columns[] = {x, y};
    descend_model *model = descend_model_parse("y ~ a*log(x) + b", NULL);
    descend_table *table = descend_table_columns(2, names, columns, 5000, NULL);
    for (int executor = 0; executor < 2; executor++) {
        descend_walk *walk = descend_walk_open(model, table, NULL);
        descend_walk_set(walk, "executor", executor ? "reference" : "interpreted", NULL);
        CHECK_INT(descend_walk_run(walk, NULL), DESCEND_OK);
        CHECK_INT(descend_walk_verdict(walk), DESCEND_VERDICT_NON_FINITE);
        expect_note(walk, "en", "'log(x)' is nan in row 4322: x = -7");
        expect_note(walk, "zh", "第 4322 行的 'log(x)' 得到 nan：x = -7");
        descend_walk_free(walk);
    }
    descend_table_free(table);
    descend_model_free(model);
}

TEST(the_best_place_of_a_fit_with_walls) {
    /* Trial steps run into overflow; the fit shortens them and arrives. */
    descend_model *model = descend_model_parse("y ~ a*exp(b*x)", NULL);
    descend_table *table = descend_table_parse(
        "x=0,100,200,300,400,500 y=2,1.2130613194252668,0.7357588823428847,0.44626032029685964,"
        "0.2706705664732254,0.16416999724779760",
        NULL);
    descend_walk *walk = descend_walk_open(model, table, NULL);
    descend_walk_argument(walk, "a=1", NULL);
    descend_walk_argument(walk, "b=-0.05", NULL);
    CHECK_INT(descend_walk_run(walk, NULL), DESCEND_OK);
    CHECK_INT(descend_walk_verdict(walk), DESCEND_VERDICT_CONVERGED);
    CHECK_NEAR(descend_walk_values(walk)[0], 2, 1e-12);
    CHECK_NEAR(descend_walk_values(walk)[1], -0.005, 1e-12);
    descend_walk_free(walk);
    descend_table_free(table);
    descend_model_free(model);
}

TEST_MAIN(between_two_steps, before_the_first_step, after_the_end, from_another_thread,
          from_a_signal_handler, methods_with_steps_of_their_own, during_a_fit, during_restarts,
          restarts_not_begun, the_last_finite_place_is_kept, the_row_of_a_column_in_memory,
          the_best_place_of_a_fit_with_walls)
