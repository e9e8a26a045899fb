/* Update rules as text: 200 steps against PyTorch's optimizers (tests/reference/pytorch_rules.py),
 * schedules, factors, settings, rules typed by a user, and what is refused. */
#include "../check.h"
#include "../../src/optim/optim.h"

#include <stdlib.h>

enum { N = 50, LINE = N * 32 };
static double c[N], m[N], p[N], start[N];

static Status loss_coupled(void *context, const double *w, double *loss, double *gradient) {
    (void)context;
    *loss = 0;
    for (int i = 0; gradient && i < N; i++) gradient[i] = 0;
    for (int i = 0; i < N; i++) {
        int next = (i + 1) % N;
        double away = w[i] - m[i], coupled = w[i] * w[next] - p[i];
        *loss += c[i] * away * away / 2 + log(1 + coupled * coupled);
        if (!gradient) continue;
        double outer = 2 * coupled / (1 + coupled * coupled);
        gradient[i] += c[i] * away + outer * w[next];
        gradient[next] += outer * w[i];
    }
    return STATUS_OK;
}

static const Objective coupled = {.n = N, .loss_gradient = loss_coupled};

static const char *numbers(const char *at, double *out, size_t count) {
    for (size_t i = 0; i < count; i++) {
        char *end;
        out[i] = strtod(at, &end);
        CHECK(end != at);
        at = end;
    }
    return at;
}

static Walker *open_walker(const Objective *objective, const MethodSettings *settings,
                           const double *from) {
    Error error = {0};
    Walker *walker = NULL;
    Status status = optim_open(objective, settings, from, &walker, &error);
    if (status != STATUS_OK) {
        Text text = {0};
        error_render(&error, LANGUAGE_EN, &text);
        printf("%s\n", text_string(&text));
        text_free(&text);
    }
    CHECK(walker != NULL);
    return walker;
}

static void compare_walk(const char *name, double rate, long steps, double loss,
                         const double *want) {
    NumberText text = number_text(rate);
    MethodSettings settings = {.name = name, .rate = text.s, .last_step = 200};
    Walker *walker = open_walker(&coupled, &settings, start);
    StepReport report = {0};
    Reason reason = REASON_RUNNING;
    Error error = {0};
    double worst = 0;
    for (long k = 0; walker && k < steps; k++)
        CHECK(optim_step(walker, &report, &reason, &error) == STATUS_OK);
    for (int i = 0; walker && i < N; i++) {
        worst = fmax(worst, fabs(optim_answer(walker)[i] - want[i]) / fabs(want[i]));
    }
    printf("%-9s step %3ld: loss off by %.1e, worst parameter by %.1e (relative)\n", name, steps,
           fabs(report.loss / loss - 1), worst);
    CHECK_NEAR(report.loss, loss, 1e-12);
    CHECK(worst <= 1e-12);
    CHECK(report.rate == rate && report.step == steps && report.evaluations == steps);
    optim_close(walker);
}

TEST(agrees_with_pytorch) {
    static char line[LINE];
    FILE *file = fopen("tests/reference/pytorch_rules.txt", "r");
    int walks = 0;
    CHECK(file != NULL);
    while (file && fgets(line, sizeof line, file)) {
        char name[20] = "";
        if (line[0] == '#' || sscanf(line, "%19s", name) != 1) continue;
        const char *at = line + strlen(name);
        double head[3], want[N];
        if (strcmp(name, "c") == 0)
            numbers(at, c, N);
        else if (strcmp(name, "m") == 0)
            numbers(at, m, N);
        else if (strcmp(name, "p") == 0)
            numbers(at, p, N);
        else if (strcmp(name, "start") == 0)
            numbers(at, start, N);
        else {
            numbers(numbers(at, head, 3), want, N);
            compare_walk(name, head[0], (long)head[1], head[2], want);
            walks++;
        }
    }
    if (file) fclose(file);
    CHECK_INT(walks, 7 * 4);
}

/* ---- one parameter, by hand
 * ------------------------------------------------------------------------ */

static Status loss_square(void *context, const double *x, double *loss, double *gradient) {
    size_t n = context ? *(size_t *)context : 1;
    *loss = 0;
    for (size_t i = 0; i < n; i++) {
        *loss += x[i] * x[i];
        if (gradient) gradient[i] = 2 * x[i];
    }
    return STATUS_OK;
}

/* Walks 'steps' rounds and copies the answer; true if the walk opened. */
static bool walk_rounds(const Objective *objective, const MethodSettings *settings,
                        const double *from, int steps, double *x) {
    Walker *walker = open_walker(objective, settings, from);
    StepReport report = {0};
    Reason reason = REASON_RUNNING;
    Error error = {0};
    for (int k = 0; walker && k < steps; k++)
        CHECK(optim_step(walker, &report, &reason, &error) == STATUS_OK);
    for (size_t i = 0; walker && i < objective->n; i++) x[i] = optim_answer(walker)[i];
    optim_close(walker);
    return walker != NULL;
}

static double walk_one(const MethodSettings *settings, int steps) {
    Objective objective = {.n = 1, .loss_gradient = loss_square};
    const double ten = 10;
    double x = NAN;
    walk_rounds(&objective, settings, &ten, steps, &x);
    return x;
}

TEST(the_chapters_table) {
    MethodSettings settings = {.rate = "0.1", .last_step = 3};
    CHECK(walk_one(&settings, 1) == 10 - 0.1 * 20);
    CHECK(walk_one(&settings, 2) == 8 - 0.1 * 16);
    CHECK_NEAR(walk_one(&settings, 3), 5.12, 1e-15);
}

TEST(schedules) {
    MethodSettings settings = {.rate = "0.1*0.5^floor(t/2)", .last_step = 4};
    CHECK_NEAR(walk_one(&settings, 3), 10 * 0.8 * 0.9 * 0.9, 1e-15);
    settings.rate = "0.1*(T - t)/T";
    CHECK_NEAR(walk_one(&settings, 2), 10 * (1 - 2 * 0.075) * (1 - 2 * 0.05), 1e-15);
    settings.rate = "where(epoch > 1, 0, 0.1)";
    CHECK_NEAR(walk_one(&settings, 1), 8, 1e-15);
}

TEST(rules_typed_by_a_user) {
    MethodSettings settings = {.text = "w = w - rate*g", .rate = "0.1"};
    CHECK_NEAR(walk_one(&settings, 2), 6.4, 1e-15);
    settings = (MethodSettings){.text = "v = 0.5*v + g; w = w - 0.1*v"};
    CHECK_NEAR(walk_one(&settings, 2), 8 - 0.1 * (0.5 * 20 + 16), 1e-15);
    settings =
        (MethodSettings){.text = "rule mine(rate = 0.25, power = 1) { w = w - rate*g*power }"};
    CHECK_NEAR(walk_one(&settings, 1), 5, 1e-15);
    const char *const names[] = {"power"};
    const double values[] = {0.5};
    settings.settings = names;
    settings.setting_values = values;
    settings.n_settings = 1;
    CHECK_NEAR(walk_one(&settings, 1), 7.5, 1e-15);
    settings = (MethodSettings){.text = "state d = 3; state z = w; z = z - d; w = z; answer = -w"};
    CHECK_NEAR(walk_one(&settings, 2), -4, 1e-15);
    settings = (MethodSettings){.text = "w = w - 0.1*g/norm(g)"};
    CHECK_NEAR(walk_one(&settings, 2), 9.8, 1e-15);
    settings = (MethodSettings){.text = "w = 3"};
    CHECK(walk_one(&settings, 1) == 3);
}

/* Schedule-free by its equations (Defazio and others 2024, eq. 2 to 4), written out anew. */
TEST(schedule_free_by_its_equations) {
    double z = 10, x = 10, y = 10;
    for (int t = 1; t <= 20; t++) {
        z -= 0.3 * 2 * y;
        x += (z - x) / t;
        y = (1 - 0.9) * z + 0.9 * x;
        MethodSettings settings = {.name = "schedule_free", .rate = "0.3"};
        CHECK_NEAR(walk_one(&settings, t), x, 1e-13);
    }
}

TEST(reductions_go_over_all_parameters) {
    size_t n = 3;
    Objective objective = {.n = n, .context = &n, .loss_gradient = loss_square};
    const double from[] = {3, -4, 12};
    double x[3];
    MethodSettings settings = {.text = "w = w - g/norm(g) + 0*max(w)"};
    if (walk_rounds(&objective, &settings, from, 1, x))
        for (int i = 0; i < 3; i++) CHECK_NEAR(x[i], from[i] * (1 - 1.0 / 13), 1e-15);
}

TEST(factors_of_single_parameters) {
    size_t n = 2;
    const double rate[] = {1, 0.5}, decay[] = {1, 0}, from[] = {10, 10};
    Objective objective = {.n = n, .context = &n, .loss_gradient = loss_square, .rate = rate};
    double x[2], plain[2];
    MethodSettings settings = {.name = "gd", .rate = "0.1"};
    if (walk_rounds(&objective, &settings, from, 1, x)) CHECK(x[0] == 8 && x[1] == 9);
    settings = (MethodSettings){.text = "w = w - rate*g", .rate = "0.1"};
    if (walk_rounds(&objective, &settings, from, 1, x)) CHECK(x[0] == 8 && x[1] == 9);
    /* Adam's first step is the rate, whatever the slope. */
    settings = (MethodSettings){.name = "adam", .rate = "0.1"};
    if (walk_rounds(&objective, &settings, from, 1, x)) {
        CHECK_NEAR(x[0], 9.9, 1e-9);
        CHECK_NEAR(x[1], 9.95, 1e-9);
    }
    objective.decay = decay;
    settings = (MethodSettings){.name = "adamw", .rate = "0.1"};
    if (walk_rounds(&objective, &settings, from, 1, x)) {
        CHECK_NEAR(x[0], 10 - 0.1 * 0.01 * 10 - 0.1, 1e-9);
        CHECK_NEAR(x[1], 9.95, 1e-9);
    }
    objective.rate = objective.decay = NULL;
    settings = (MethodSettings){.name = "gd", .rate = "0.1"};
    walk_rounds(&objective, &settings, from, 5, plain);
    const double ones[] = {1, 1};
    objective.rate = objective.decay = ones;
    if (walk_rounds(&objective, &settings, from, 5, x)) CHECK(x[0] == plain[0] && x[1] == plain[1]);
}

TEST(bounds_project_after_the_rule) {
    const double low = 9, high = 11, ten = 10;
    Objective objective = {.n = 1, .loss_gradient = loss_square, .low = &low, .high = &high};
    MethodSettings settings = {.rate = "0.1"};
    Walker *walker = open_walker(&objective, &settings, &ten);
    StepReport report = {0};
    Reason reason = REASON_RUNNING;
    Error error = {0};
    if (!walker) return;
    optim_step(walker, &report, &reason, &error);
    CHECK(report.next[0] == 9 && report.slope == 20);
    optim_step(walker, &report, &reason, &error);
    CHECK(report.next[0] == 9 && report.slope == 0 && !report.moved);
    optim_close(walker);
}

/* ---- what walkers tell, and refuse
 * --------------------------------------------------------------------- */

static void refused(const MethodSettings *settings, const char *words) {
    Objective objective = {.n = 1, .loss_gradient = loss_square};
    const double ten = 10;
    Walker *walker = NULL;
    Error error = {0};
    Text text = {0};
    CHECK_INT(optim_open(&objective, settings, &ten, &walker, &error), STATUS_INPUT);
    CHECK(walker == NULL);
    error_render(&error, LANGUAGE_EN, &text);
    if (!strstr(text_string(&text), words)) printf("%s\n", text_string(&text));
    CHECK(strstr(text_string(&text), words) != NULL);
    CHECK(strstr(text_string(&text), "typed") == NULL);
    text_free(&text);
    optim_close(walker);
}

TEST(mistakes_are_refused) {
    refused(&(MethodSettings){.name = "adm"}, "did you mean 'adam'?");
    refused(&(MethodSettings){.name = "zzzzzz"}, "schedule_free");
    refused(&(MethodSettings){.rate = "-1"}, "not a positive number");
    refused(&(MethodSettings){.rate = "0"}, "not a positive number");
    refused(&(MethodSettings){.rate = "1/0"}, "not a positive number");
    refused(&(MethodSettings){.rate = "0.1*q"}, "q");
    refused(&(MethodSettings){.rate = "0.1 +"}, "^");
    refused(&(MethodSettings){.name = "bfgs", .rate = "1"}, "own step length");
    refused(&(MethodSettings){.name = "lm"}, "sums of squares");
    refused(&(MethodSettings){.text = "w = w - 0.1*g", .rate = "0.1*"}, "^");
    refused(&(MethodSettings){.text = "w = w - rat*g"}, "w = w - rat*g\n");
    refused(&(MethodSettings){.text = "v = g"}, "w");
    refused(&(MethodSettings){.text = "rule r() { w = w - g }", .rate = "0.1"},
            "no setting 'rate'");
    const char *const names[] = {"beta3"};
    const double values[] = {1};
    refused(
        &(MethodSettings){
            .name = "adam", .settings = names, .setting_values = values, .n_settings = 1},
        "beta");
}

TEST(walkers_tell_about_themselves) {
    size_t n = 2, large = 201;
    Objective objective = {.n = n, .context = &n, .loss_gradient = loss_square};
    static const double from[201] = {1, 2};
    const double *arrays[8];
    Walker *walker = open_walker(&objective, &(MethodSettings){.name = "adam"}, from);
    if (!walker) return;
    CHECK_TEXT(optim_method_name(walker), "adam");
    CHECK(optim_is_first_order(walker));
    CHECK(optim_setting(walker, "beta2") == 0.999 && isnan(optim_setting(walker, "beta3")));
    CHECK(optim_setting(walker, "rate") == 0.001);
    CHECK_INT(optim_state(walker, arrays, 8), 3);
    CHECK(arrays[0][1] == 2 && arrays[1][0] == 0);
    optim_close(walker);
    walker = open_walker(&objective, &(MethodSettings){.text = "w = w - g"}, from);
    if (walker) CHECK_TEXT(optim_method_name(walker), "rule");
    optim_close(walker);
    walker = open_walker(&objective, &(MethodSettings){0}, from);
    if (walker) CHECK_TEXT(optim_method_name(walker), "bfgs");
    optim_close(walker);
    objective.n = n = large;
    walker = open_walker(&objective, &(MethodSettings){0}, from);
    if (walker) CHECK_TEXT(optim_method_name(walker), "lbfgs");
    optim_close(walker);
    CHECK_TEXT(optim_native_name(0), "bfgs");
    CHECK(optim_native_name(3) == NULL);
    for (size_t k = 0; optim_rule_name(k); k++)
        CHECK(strstr(optim_rule_text(optim_rule_name(k)), optim_rule_name(k)) != NULL);
    CHECK(optim_rule_text("nothing") == NULL);
}

/* In the hostile build: the n-th allocation fails once, for every n until all succeed. */
#ifdef DESCEND_HOSTILE
static bool survives(const MethodSettings *settings, const StopSettings *stopping, long nth) {
    static size_t n = 2;
    static const double rate[] = {1, 0.5}, from[] = {1, 2};
    Objective objective = {.n = n, .context = &n, .loss_gradient = loss_square, .rate = rate};
    Walker *walker = NULL;
    Stop *stop = NULL;
    Error error = {0};
    Foot feet[2];
    long long evaluations = 0;
    memory_fail_nth(nth);
    Status status = optim_open(&objective, settings, from, &walker, &error);
    if (status == STATUS_OK) status = stop_open(stopping, n, &stop, &error);
    if (status == STATUS_OK) status = probe_gradient(&objective, from, NULL, feet, &evaluations);
    bool reached = memory_count() >= nth;
    memory_fail_nth(0);
    CHECK(status == STATUS_OK || (status == STATUS_MEMORY && reached));
    stop_close(stop);
    optim_close(walker);
    return reached;
}
#endif

TEST(every_allocation_may_fail) {
#ifdef DESCEND_HOSTILE
    static const MethodSettings methods[] = {{.name = "bfgs"},
                                             {.name = "lbfgs"},
                                             {.name = "schedule_free", .rate = "0.1/t"},
                                             {.text = "w = w - rate*g/norm(g)"}};
    StopSettings stopping = {.first_order = true, .user_rate = true, .until = "loss < 1"};
    for (size_t k = 0; k < COUNT_OF(methods); k++)
        for (long nth = 1; survives(&methods[k], &stopping, nth); nth++) continue;
#endif
}

TEST_MAIN(every_allocation_may_fail, agrees_with_pytorch, the_chapters_table, schedules,
          rules_typed_by_a_user, schedule_free_by_its_equations, reductions_go_over_all_parameters,
          factors_of_single_parameters, bounds_project_after_the_rule, mistakes_are_refused,
          walkers_tell_about_themselves)
