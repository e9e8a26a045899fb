/* The measured rate, the default of first-order methods: it never flies off, and gives the same
 * bits everywhere. (How fast it is, tests/figures/measured_test.c.) */
#include "problems.h"

/* ---- the same bits --------------------------------------------------------------------------- */

enum { MANY = 5000 };

/* A decay with some noise, the same in every run. */
static descend_table *many_rows(void) {
    static double x[MANY], y[MANY];
    static const char *const labels[] = {"x", "y"};
    const double *columns[] = {x, y};
    for (int r = 0; r < MANY; r++) {
        x[r] = 1e-3 * r;
        y[r] = 3 * exp(-0.7 * x[r]) + 0.5 + 0.01 * sin(1000.0 * r);
    }
    return descend_table_columns(2, labels, columns, MANY, NULL);
}

static descend_walk *decay_walk(descend_model *model, descend_table *table,
                                const char *method, const char *options) {
    descend_error *error = NULL;
    char copy[200];
    descend_walk *walk = descend_walk_open(model, table, &error);
    snprintf(copy, sizeof copy, "a=1 b=0.2 c=0 optimizer=%s %s", method, options);
    for (char *word = strtok(copy, " "); word; word = strtok(NULL, " ")) {
        char *equals = strchr(word, '=');
        *equals = '\0';
        double value = strtod(equals + 1, NULL);
        descend_status status = strlen(word) == 1
                                    ? descend_walk_start(walk, word, &value, 1, &error)
                                    : descend_walk_set(walk, word, equals + 1, &error);
        CHECK_INT(status, DESCEND_OK);
    }
    descend_error_free(error);
    return walk;
}

static uint64_t decay_digest(descend_model *model, descend_table *table, const char *method,
                             const char *options) {
    descend_walk *walk = decay_walk(model, table, method, options);
    CHECK_INT(descend_walk_run(walk, NULL), DESCEND_OK);
    uint64_t digest = descend_walk_digest(walk);
    descend_walk_free(walk);
    return digest;
}

TEST(the_same_bits) {
    static const char *const OPTIONS[] = {"threads=2", "threads=3", "threads=7",
                                          "executor=reference", "executor=interpreted"};
    descend_model *model = descend_model_parse("y ~ a*exp(-b*x) + c", NULL);
    descend_table *table = many_rows();
    for (size_t m = 0; m < METHODS_COUNT; m++) {
        uint64_t base = decay_digest(model, table, METHODS[m], "threads=1 steps=60");
        for (size_t k = 0; k < sizeof OPTIONS / sizeof *OPTIONS; k++) {
            char options[60];
            snprintf(options, sizeof options, "%s steps=60", OPTIONS[k]);
            CHECK(decay_digest(model, table, METHODS[m], options) == base);
        }
    }
    descend_table_free(table);
    descend_model_free(model);
}

TEST(the_four_strokes) {
    descend_model *model = descend_model_parse("y ~ a*exp(-b*x) + c", NULL);
    descend_table *table = many_rows();
    for (size_t m = 0; m < METHODS_COUNT; m++) {
        descend_walk *steps = decay_walk(model, table, METHODS[m], "steps=40");
        descend_walk *strokes = decay_walk(model, table, METHODS[m], "steps=40");
        descend_event event;
        for (int k = 0; k < 40; k++) {
            double loss = NAN;
            descend_walk_step(steps, &event, NULL);
            CHECK_INT(descend_walk_forward(strokes, NULL), DESCEND_OK);
            CHECK_INT(descend_walk_loss(strokes, &loss, NULL), DESCEND_OK);
            CHECK_INT(descend_walk_backward(strokes, NULL), DESCEND_OK);
            CHECK_INT(descend_walk_update(strokes, NULL), DESCEND_OK);
            CHECK(loss == event.loss);
        }
        CHECK(descend_walk_digest(strokes) == descend_walk_digest(steps));
        descend_walk_free(steps);
        descend_walk_free(strokes);
    }
    descend_table_free(table);
    descend_model_free(model);
}

/* Loss is known where he lands; each place is felt once, and all that is felt is counted. */
TEST(evaluations_are_counted) {
    descend_model *model = descend_model_parse("y ~ a*exp(-b*x) + c", NULL);
    descend_table *table = many_rows();
    descend_walk *walk = decay_walk(model, table, "gd", "steps=30");
    descend_event event;
    double landed = NAN;
    long rounds = 0;
    while (descend_walk_step(walk, &event, NULL) == DESCEND_RUNNING) {
        if (rounds++ > 0) CHECK(event.loss == landed);
        landed = event.next_loss;
        CHECK(event.evaluations >= event.step + 1);
    }
    CHECK(event.evaluations < 3 * event.step);
    descend_walk_free(walk);
    descend_table_free(table);
    descend_model_free(model);
}

/* ---- other ways to walk ---------------------------------------------------------------------- */

static double end_loss(const char *formula, const char *arguments, const char *options,
                       descend_verdict verdict) {
    descend_error *error = NULL;
    char copy[200];
    descend_model *model = descend_model_parse(formula, &error);
    descend_walk *walk = descend_walk_open(model, NULL, &error);
    snprintf(copy, sizeof copy, "%s", arguments);
    for (char *word = strtok(copy, " "); word; word = strtok(NULL, " "))
        CHECK_INT(descend_walk_argument(walk, word, &error), DESCEND_OK);
    snprintf(copy, sizeof copy, "%s", options);
    for (char *word = strtok(copy, " "); word; word = strtok(NULL, " ")) {
        char *equals = strchr(word, '=');
        *equals = '\0';
        CHECK_INT(descend_walk_set(walk, word, equals + 1, &error), DESCEND_OK);
    }
    CHECK_INT(descend_walk_run(walk, &error), DESCEND_OK);
    CHECK_INT(descend_walk_verdict(walk), verdict);
    double loss = descend_walk_number(walk, "loss");
    descend_walk_free(walk);
    descend_model_free(model);
    descend_error_free(error);
    return loss;
}

TEST(bounds_probes_restarts) {
    const char *rosenbrock = "100*(y - x^2)^2 + (1 - x)^2";
    CHECK_NEAR(end_loss(rosenbrock, "x=-1.2,-2..0.5 y=1", "optimizer=gd",
                        DESCEND_VERDICT_CONVERGED), 0.25, 1e-9);
    CHECK(end_loss(rosenbrock, "x=-1.2 y=1", "optimizer=gd gradient=probe",
                   DESCEND_VERDICT_CONVERGED) < 1e-9);
    CHECK(end_loss("20 + (x^2 - 10*cos(2*pi*x)) + (y^2 - 10*cos(2*pi*y))", "x=3.3 y=-2.2",
                   "optimizer=momentum restarts=40", DESCEND_VERDICT_CONVERGED) < 1);
    CHECK(end_loss("w^2", "w=10", "optimizer=gd", DESCEND_VERDICT_CONVERGED) == 0);
    CHECK(end_loss("w^2", "w=10", "rate=measured", DESCEND_VERDICT_CONVERGED) == 0);
}

/* Of these the rate stays that of the text: adamw's pulls to 0 as well, schedule_free's answer is
 * an average, and losses of batches cannot be compared. */
TEST(rates_of_texts) {
    descend_model *model = descend_model_parse("y ~ a*exp(-b*x) + c", NULL);
    descend_table *table = many_rows();
    static const char *const CASES[][3] = {
        {"adamw", "steps=40", "steps=40 rate=0.001"},
        {"schedule_free", "steps=40", "steps=40 rate=1"},
        {"adam", "steps=40 batch=100", "steps=40 batch=100 rate=0.001"},
        {"rmsprop", "steps=40 batch=100", "steps=40 batch=100 rate=0.01"},
        {"adagrad", "steps=40 batch=100", "steps=40 batch=100 rate=0.01"},
    };
    for (size_t k = 0; k < sizeof CASES / sizeof *CASES; k++) {
        uint64_t text = decay_digest(model, table, CASES[k][0], CASES[k][1]);
        CHECK(text == decay_digest(model, table, CASES[k][0], CASES[k][2]));
    }
    CHECK(decay_digest(model, table, "adam", "steps=40") !=
          decay_digest(model, table, "adam", "steps=40 rate=0.001"));
    descend_table_free(table);
    descend_model_free(model);
}

/* Bounds, probed slopes, restarts, a factor of one parameter's rate. */
TEST(lengths_of_all_kinds) {
    const char *rosenbrock = "100*(y - x^2)^2 + (1 - x)^2";
    static const char *const OPTIONS[] = {"optimizer=adam", "optimizer=rmsprop",
                                          "optimizer=adagrad"};
    for (size_t k = 0; k < 3; k++) {
        char options[80];
        CHECK_NEAR(end_loss(rosenbrock, "x=-1.2,-2..0.5 y=1", OPTIONS[k],
                            DESCEND_VERDICT_CONVERGED), 0.25, 1e-9);
        snprintf(options, sizeof options, "%s gradient=probe", OPTIONS[k]);
        CHECK(end_loss(rosenbrock, "x=-1.2 y=1", options, DESCEND_VERDICT_CONVERGED) < 1e-6);
        snprintf(options, sizeof options, "%s restarts=40", OPTIONS[k]);
        CHECK(end_loss("20 + (x^2 - 10*cos(2*pi*x)) + (y^2 - 10*cos(2*pi*y))", "x=3.3 y=-2.2",
                       options, DESCEND_VERDICT_CONVERGED) < 1);
        CHECK(end_loss("param x = 3 rate 0.1\nparam y = 2\nminimize x^2 + 1e-12*y^2\n", "",
                       OPTIONS[k], DESCEND_VERDICT_CONVERGED) < 1e-12);
        CHECK(end_loss("w^2", "w=10", OPTIONS[k], DESCEND_VERDICT_CONVERGED) < 1e-12);
        CHECK(end_loss("3*w", "w=1", OPTIONS[k], DESCEND_VERDICT_DIVERGED) < 0);
        CHECK(end_loss("0.37*(w - 1/3)^2 + v", "w=0.1 v=1", OPTIONS[k],
                       DESCEND_VERDICT_STEP_LIMIT) < -1e3);
        CHECK(isnan(end_loss("log(w)", "w=-1", OPTIONS[k], DESCEND_VERDICT_NON_FINITE)));
    }
}

TEST(a_loss_without_bottom) {
    CHECK(end_loss("3*w", "w=1", "optimizer=gd", DESCEND_VERDICT_DIVERGED) < 0);
    CHECK(end_loss("-w^2", "w=1", "optimizer=momentum", DESCEND_VERDICT_DIVERGED) < 0);
    CHECK(isnan(end_loss("log(w)", "w=-1", "optimizer=gd", DESCEND_VERDICT_NON_FINITE)));
}

/* ---- never flown off ------------------------------------------------------------------------- */

static void walk_far(const Task *task, const char *method) {
    descend_walk *walk = open_task(task, method, NULL, "500");
    CHECK_INT(descend_walk_run(walk, NULL), DESCEND_OK);
    descend_verdict verdict = descend_walk_verdict(walk);
    CHECK(verdict != DESCEND_VERDICT_DIVERGED && verdict != DESCEND_VERDICT_NON_FINITE);
    descend_walk_free(walk);
}

TEST(never_flown_off) {
    if (!getenv("SHARED_DATA")) {
        printf("skipped: test_functions.csv and others (SHARED_DATA) are not here\n");
        return;
    }
    for (size_t m = 0; m < METHODS_COUNT; m++) {
        each_function("", walk_far, METHODS[m]);
        each_nist(walk_far, METHODS[m]);
    }
}

TEST_MAIN(the_same_bits, the_four_strokes, evaluations_are_counted, bounds_probes_restarts,
          rates_of_texts, lengths_of_all_kinds, a_loss_without_bottom, never_flown_off)
