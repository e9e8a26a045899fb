/* The n-th allocation fails once, for every n: each way through the public interface then ends with
 * 'no memory' or goes on to the same result, and leaves nothing behind (the address sanitizer
 * looks). */
#include "../../include/descend.h"
#include "../../src/base/base.h"
#include "../check.h"

typedef enum Outcome { OUTCOME_GOOD, OUTCOME_MEMORY, OUTCOME_WRONG } Outcome;

/* What a failed call left; a failure without an error: there was no memory even for that. */
static Outcome oom_failed(descend_error *error) {
    if (!error) return OUTCOME_MEMORY;
    Outcome outcome = OUTCOME_WRONG;
    if (descend_error_status(error) == DESCEND_NO_MEMORY) outcome = OUTCOME_MEMORY;
    else printf("not a lack of memory: %s\n", descend_error_text(error, "en"));
    descend_error_free(error);
    return outcome;
}

/* The bits that every undisturbed run gives; 0: not known yet. */
static uint64_t oom_digest;

static Outcome oom_check_digest(descend_walk *walk) {
    uint64_t digest = descend_walk_digest(walk);
    if (oom_digest == 0) oom_digest = digest;
    if (digest == oom_digest) return OUTCOME_GOOD;
    printf("digest %016llx, not %016llx\n", (unsigned long long)digest,
           (unsigned long long)oom_digest);
    return OUTCOME_WRONG;
}

/* ---- one walk with everything that may be asked of it ---------------------------------------- */

typedef struct OomCase {
    const char *formula, *table; /* table: a literal; NULL: none */
    const char *options[8];      /* name and value in turn, ended by NULL */
    const char *arguments[4];    /* ended by NULL */
} OomCase;

static void oom_ask(descend_walk *walk) {
    static const char *const texts[] = {"reason", "advice", "method_sentence",
                                        "names",  "story",  "pace", "formula"};
    for (size_t k = 0; k < COUNT_OF(texts); k++) {
        CHECK(descend_walk_text(walk, texts[k], "zh") != NULL);
        CHECK(descend_walk_text(walk, texts[k], "en") != NULL);
    }
    for (size_t k = 0; descend_walk_note(walk, k, "en"); k++) CHECK(k < 100);
    for (size_t i = 0; i < descend_walk_parameter_count(walk); i++)
        CHECK(descend_walk_unavailable(walk, i, "en") != NULL);
}

/* Intervals that take their time: as they are asked for piece by piece, or all at once. */
static Outcome oom_intervals_of(const OomCase *c, descend_walk *walk) {
    descend_error *error = NULL;
    descend_status status;
    double share, low[2];
    if (!c->options[0] || strcmp(c->options[0], "intervals") != 0) return OUTCOME_GOOD;
    do status = descend_walk_intervals(walk, &share, &error);
    while (status == DESCEND_RUNNING);
    if (status < 0) return oom_failed(error);
    status = descend_walk_vector(walk, "confidence_low", low, 2);
    if (status == DESCEND_NO_MEMORY) return OUTCOME_MEMORY;
    CHECK_INT(status, DESCEND_OK);
    CHECK(isfinite(low[0]));
    for (size_t k = 0; descend_walk_note(walk, k, "zh"); k++) CHECK(k < 100);
    return OUTCOME_GOOD;
}

static Outcome oom_walk_to_end(const OomCase *c, descend_walk *walk, descend_error **error) {
    for (size_t k = 0; c->arguments[k]; k++)
        if (descend_walk_argument(walk, c->arguments[k], error) < 0) return oom_failed(*error);
    for (size_t k = 0; c->options[k]; k += 2)
        if (descend_walk_set(walk, c->options[k], c->options[k + 1], error) < 0)
            return oom_failed(*error);
    if (descend_walk_run(walk, error) < 0) return oom_failed(*error);
    oom_ask(walk);
    Outcome outcome = oom_intervals_of(c, walk);
    return outcome == OUTCOME_GOOD ? oom_check_digest(walk) : outcome;
}

static Outcome oom_walk(const OomCase *c) {
    descend_error *error = NULL;
    descend_table *table = NULL;
    descend_model *model = descend_model_parse(c->formula, &error);
    if (!model) return oom_failed(error);
    Outcome outcome = OUTCOME_GOOD;
    if (c->table && !(table = descend_table_parse(c->table, &error))) outcome = oom_failed(error);
    descend_walk *walk = NULL;
    if (outcome == OUTCOME_GOOD && !(walk = descend_walk_open(model, table, &error)))
        outcome = oom_failed(error);
    if (walk) outcome = oom_walk_to_end(c, walk, &error);
    descend_walk_free(walk);
    descend_table_free(table);
    descend_model_free(model);
    return outcome;
}

/* ---- other ways: slope, show, second derivatives, bisection, reading a file ------------------ */

static Outcome oom_slope_of(descend_walk *walk) {
    descend_error *error = NULL;
    const char *sentence;
    descend_slope *slope = descend_slope_open(walk, &error);
    if (!slope) return oom_failed(error);
    CHECK(descend_slope_formula(slope, 0) != NULL);
    CHECK_NEAR(descend_slope_exact(slope, 0), 12, 1e-14);
    (void)descend_slope_verdict(slope, "zh", &sentence);
    descend_slope_free(slope);

    double gradient[2], v[2] = {1, 0}, product[2], loss;
    if (descend_walk_evaluate(walk, (double[]){1, 2}, &loss, gradient, &error) < 0)
        return oom_failed(error);
    CHECK_NEAR(loss, 7, 1e-14);
    if (descend_walk_hessian_vector(walk, v, product, &error) < 0) return oom_failed(error);
    CHECK_NEAR(product[0], 2, 1e-14);
    return OUTCOME_GOOD;
}

static Outcome oom_show_of(descend_walk *walk) {
    static const char *const stages[] = {"ast", "graph", "gradient", "plan"};
    for (size_t k = 0; k < COUNT_OF(stages); k++) {
        descend_error *error = NULL;
        char *text = descend_walk_show(walk, stages[k], &error);
        if (!text) return oom_failed(error);
        descend_free(text);
    }
    return OUTCOME_GOOD;
}

static Outcome oom_bisect_of(descend_walk *walk) {
    descend_error *error = NULL;
    descend_bisect *bisect = descend_bisect_open(walk, "a", -100, 100, &error);
    if (!bisect) return oom_failed(error);
    descend_status status;
    do status = descend_bisect_step(bisect, NULL, &error);
    while (status == DESCEND_RUNNING);
    if (status >= 0) CHECK(descend_bisect_sentence(bisect, "en") != NULL);
    descend_bisect_free(bisect);
    return status < 0 ? oom_failed(error) : OUTCOME_GOOD;
}

static Outcome oom_doctor_of(descend_walk *walk) {
    static const char *const texts[] = {"diagnosis", "advice", "steep", "flat", "standardized"};
    descend_error *error = NULL;
    if (descend_walk_set(walk, "optimizer", "gd", &error) < 0) return oom_failed(error);
    descend_doctor *doctor = descend_doctor_open(walk, 0, &error);
    if (!doctor) return oom_failed(error);
    CHECK_NEAR(descend_doctor_number(doctor, "rate_limit"), 2.0 / 3, 1e-12);
    for (size_t k = 0; k < COUNT_OF(texts); k++)
        CHECK(descend_doctor_text(doctor, texts[k], "zh") != NULL);
    descend_status status = descend_doctor_range(doctor, &error);
    if (status >= 0) CHECK(descend_doctor_number(doctor, "range_lowest") > 0);
    descend_doctor_free(doctor);
    return status < 0 ? oom_failed(error) : OUTCOME_GOOD;
}

/* With columns to scale, a sample of the rows, and enough parameters for Lanczos' method. */
static Outcome oom_doctor_fit(const OomCase *unused) {
    (void)unused;
    descend_error *error = NULL;
    descend_doctor *doctor = NULL;
    descend_walk *walk = NULL;
    descend_table *table = NULL;
    descend_model *model = descend_model_parse("param v[40] = 1; param a = 0; param b = 0\n"
                                               "y ~ a*x + b*z; minimize sum(v^2)", &error);
    if (model) table = descend_table_parse("x=1,2,3,4,5 z=1,3,2,5,4 y=1,2,2,4,4", &error);
    if (table) walk = descend_walk_open(model, table, &error);
    if (walk && descend_walk_set(walk, "optimizer", "gd", &error) >= 0)
        doctor = descend_doctor_open(walk, 3, &error);
    Outcome outcome = doctor ? OUTCOME_GOOD : oom_failed(error);
    if (doctor) CHECK(descend_doctor_number(doctor, "curvature_max") > 2);
    if (doctor) CHECK_NEAR(descend_doctor_number(doctor, "rows"), 3, 0);
    descend_doctor_free(doctor);
    descend_walk_free(walk);
    descend_table_free(table);
    descend_model_free(model);
    return outcome;
}

/* a^2 + a*b + b^2 at (5, 2): the slope by a is 2a + b = 12; at (1, 2) the value is 7. */
static Outcome oom_with_walk(Outcome (*use)(descend_walk *)) {
    descend_error *error = NULL;
    descend_model *model = descend_model_parse("a^2 + a*b + b^2", &error);
    if (!model) return oom_failed(error);
    descend_walk *walk = descend_walk_open(model, NULL, &error);
    Outcome outcome = OUTCOME_GOOD;
    if (!walk || descend_walk_argument(walk, "a=5", &error) < 0 ||
        descend_walk_argument(walk, "b=2", &error) < 0)
        outcome = oom_failed(error);
    else
        outcome = use(walk);
    descend_walk_free(walk);
    descend_model_free(model);
    return outcome;
}

static Outcome oom_slope(const OomCase *unused) {
    (void)unused;
    return oom_with_walk(oom_slope_of);
}

static Outcome oom_show(const OomCase *unused) {
    (void)unused;
    return oom_with_walk(oom_show_of);
}

static Outcome oom_doctor(const OomCase *unused) {
    (void)unused;
    return oom_with_walk(oom_doctor_of);
}

static Outcome oom_bisect(const OomCase *unused) {
    (void)unused;
    return oom_with_walk(oom_bisect_of);
}

/* Reading a table from a file, and an error with place, sentence and remedy. */
static Outcome oom_read(const OomCase *unused) {
    (void)unused;
    descend_error *error = NULL;
    const char *path = "examples/data/orange_trees.csv";
    descend_table *table = descend_table_read(path, NULL, NULL, NULL, &error);
    if (!table) return oom_failed(error);
    CHECK_INT(descend_table_row_count(table), 35);
    descend_table_free(table);
    descend_model *model = descend_model_parse("2*w + (", &error);
    CHECK(!model);
    if (error) {
        CHECK(descend_error_text(error, "en") != NULL);
        CHECK(descend_error_sentence(error, "zh") != NULL);
        CHECK(descend_error_remedy(error, "zh") != NULL);
    }
    descend_error_free(error);
    descend_model_free(model);
    return OUTCOME_GOOD;
}

/* ---- every n --------------------------------------------------------------------------------- */

static void oom_every(const char *name, Outcome (*scenario)(const OomCase *), const OomCase *c) {
    oom_digest = 0;
    memory_fail_nth(0);
    CHECK_INT(scenario(c), OUTCOME_GOOD);
    long total = memory_count(), refused = 0, n;
    for (n = 1; n <= total; n++) {
        memory_fail_nth(n);
        Outcome outcome = scenario(c);
        memory_fail_nth(0);
        refused += outcome == OUTCOME_MEMORY;
        if (outcome == OUTCOME_WRONG) printf("%s: allocation %ld of %ld\n", name, n, total);
        CHECK(outcome != OUTCOME_WRONG);
    }
    CHECK_INT(scenario(c), OUTCOME_GOOD); /* and the library is as it was */
    CHECK(refused > total / 3);
    printf("%s: %ld allocations, each failed once, %ld ended with 'no memory'\n", name, total,
           refused);
}

TEST(walks) {
    const OomCase c = {"w^2", NULL, {"rate", "0.1", "steps", "3", NULL}, {"w=10", NULL}};
    oom_every("walk", oom_walk, &c);
}

TEST(quasi_newton) {
    const OomCase c = {"(1 - a)^2 + where(a > 0, exp(b), b)^2 + abs(a - b)", NULL,
                       {"restarts", "2", NULL}, {"a=-1", "b=1..3", NULL}};
    oom_every("quasi-newton", oom_walk, &c);
}

TEST(rules) {
    const OomCase c = {"(a - 1)^2 + b^4", NULL,
                       {"optimizer", "adam", "steps", "3", "gradient", "probe", NULL},
                       {"a=3", NULL}};
    oom_every("rule", oom_walk, &c);
}

TEST(measured_lengths) {
    const OomCase c = {"(a - 1)^2 + b^4", NULL, {"optimizer", "adam", "steps", "6", NULL},
                       {"a=3", NULL}};
    oom_every("measured length", oom_walk, &c);
}

TEST(fits) {
    const OomCase c = {"y ~ a*exp(b*x)", "x=0,1,2,3,4,5,6 y=1,1.6,2.8,4.4,7.5,12,20", {NULL},
                       {"a=1", "b=0.3", NULL}};
    oom_every("fit", oom_walk, &c);
}

TEST(intervals) {
    const OomCase profile = {"y ~ a*exp(b*x)", "x=0,1,2,3,4,5 y=1,1.6,2.8,4.4,7.5,12",
                             {"intervals", "profile", NULL}, {"a=1", "b=0.3", NULL}};
    const OomCase bootstrap = {"y ~ (g == 1 ? a : b)*x",
                               "x=1,2,3,1,2,3 g=1,1,1,2,2,2 y=1,2.1,3,2,4,6.3",
                               {"intervals", "bootstrap:100", "threads", "1", NULL},
                               {"a=1", "b=1", NULL}};
    oom_every("profile", oom_walk, &profile);
    oom_every("bootstrap", oom_walk, &bootstrap);
}

TEST(models) {
    const OomCase c = {"def f(v) { 2*v }; model m(x, y) {\n"
                       "param a = log(over_rows.max(y)) in [0, 9]\n"
                       "param b = over_rows.at_max(x, y); u = f(x); y ~ a*u + b }",
                       "a=1,2,3,4 t=1,2,4,3 u=1,1,1,1", {"drop", "u", NULL}, {"x=t", "y=a", NULL}};
    oom_every("model", oom_walk, &c);
}

TEST(measured_fits) {
    const OomCase c = {"t = 2*a; y ~ a + b[g]*x",
                       "x=0,1,2,3,4,5 y=1,1.6,2.8,4.4,5.5,7 g=7,7,9,9,7,9 "
                       "dy=1,1,1,2,2,2 dx=0.1,0.1,0.1,0.2,0.2,0.2",
                       {"error", "dy", "xerror", "x=dx", "loss", "huber", NULL},
                       {"a=1", "b=1", "b[9]=2,0..5", NULL}};
    oom_every("fit with errors", oom_walk, &c);
}

/* The scale of the loss is found by fits of its own. */
TEST(robust_fits) {
    const OomCase c = {"y ~ a*x", "x=1,2,3,4,5 y=2,1,4,3,6", {"loss", "huber", NULL},
                       {"a=1", NULL}};
    oom_every("robust fit", oom_walk, &c);
}

TEST(programs) {
    const OomCase c = {"data x = standardize([a, b]); param w[2] = normal(0, 0.1)\n"
                       "param c = 0 in [0, 10]; h = softmax(relu(w) * x)\n"
                       "minimize where(a > 2, (c + sum(h) - b)^2, cross_entropy(h, 1))\n"
                       "minimize 0.01 * norm(w)^2",
                       "a=1,2,3,4,5 b=2,1,4,3,9",
                       {"optimizer", "m = 0.9*m + g; w = w - rate*m", "rate", "0.1*0.5^floor(t/2)",
                        "steps", "3", NULL},
                       {NULL}};
    oom_every("program", oom_walk, &c);
}

/* Ends that need words: a number that broke, a saddle, nothing that moves. */
TEST(bad_ends) {
    const OomCase broken = {"y ~ log(a - x)", "x=1,2,3 y=1,2,3", {NULL}, {"a=2.5", NULL}};
    const OomCase flown = {"y ~ a*x + b", "x=1,2,3 y=1,2,3", {"rate", "1", NULL},
                           {"a=0", "b=0", NULL}};
    const OomCase saddle = {"a^2 + (b^2 - 1)^2 + 0*c", NULL, {"rate", "0.1", NULL},
                            {"a=1", "b=0", "c=1", NULL}};
    const OomCase stuck = {"a^2 - 3*detach(a)^2", NULL, {NULL}, {"a=1", NULL}};
    const OomCase exact = {"y ~ a*x + max(b, 0)", "x=1,2,3,4 y=1,2,3,4", {NULL},
                           {"a=0", "b=1", NULL}};
    oom_every("broken", oom_walk, &broken);
    oom_every("flown", oom_walk, &flown);
    oom_every("saddle", oom_walk, &saddle);
    oom_every("stuck", oom_walk, &stuck);
    oom_every("exact", oom_walk, &exact);
}

TEST(slopes) { oom_every("slope", oom_slope, NULL); }
TEST(stages) { oom_every("show", oom_show, NULL); }
TEST(doctors) {
    oom_every("doctor", oom_doctor, NULL);
    oom_every("doctor of a fit", oom_doctor_fit, NULL);
}
TEST(bisections) { oom_every("bisect", oom_bisect, NULL); }
TEST(files) { oom_every("read", oom_read, NULL); }

TEST_MAIN(walks, quasi_newton, rules, measured_lengths, fits, intervals, models, measured_fits,
          robust_fits, programs, bad_ends, slopes, stages, doctors, bisections, files)
