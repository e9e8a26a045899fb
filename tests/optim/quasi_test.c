/* BFGS and L-BFGS where things go wrong: walls, noise, kinks, lying gradients, bounds, scales. */
#include "../check.h"
#include "problems.h"

typedef Status (*TestLoss)(void *context, const double *x, double *loss, double *gradient);
static const Method *const quasi_methods[] = {&optim_bfgs, &optim_lbfgs};

typedef struct QuasiEnd {
    Reason reason;
    double x[64];
    StepReport report;
} QuasiEnd;

static QuasiEnd walk_down(const Method *method, size_t n, TestLoss loss, const double *start,
                          const double *low, const double *high) {
    Objective objective = {.n = n, .loss_gradient = loss, .low = low, .high = high};
    QuasiEnd end = {0};
    end.reason = problem_run(method, &objective, start, 10000, end.x, &end.report);
    return end;
}

/* A wall at 2: log of a negative number. Its minimum is 2 - 1/3. */
static Status loss_wall(void *context, const double *x, double *loss, double *gradient) {
    (void)context;
    *loss = x[0] < 2 ? -log(2 - x[0]) - 3 * x[0] : NAN;
    if (gradient) gradient[0] = x[0] < 2 ? 1 / (2 - x[0]) - 3 : NAN;
    return STATUS_OK;
}

TEST(walls_are_walked_around) {
    const double starts[] = {-1000, 0, 1.9999999, 1.6};
    for (size_t k = 0; k < COUNT_OF(starts); k++)
        for (size_t m = 0; m < 2; m++) {
            QuasiEnd end = walk_down(quasi_methods[m], 1, loss_wall, &starts[k], NULL, NULL);
            CHECK(end.reason > 0);
            CHECK_NEAR(end.x[0], 2 - 1.0 / 3, 1e-12);
        }
    const double behind = 3;
    QuasiEnd end = walk_down(&optim_bfgs, 1, loss_wall, &behind, NULL, NULL);
    CHECK_INT(end.reason, REASON_NON_FINITE);
    CHECK(end.x[0] == 3 && end.report.step == 0);
}

/* The loss is rounded to six digits; the gradient is that of the unrounded one. */
static Status loss_noisy(void *context, const double *x, double *loss, double *gradient) {
    (void)context;
    *loss = 1 + (x[0] - 1) * (x[0] - 1) + 10 * (x[1] + 2) * (x[1] + 2);
    *loss = round(*loss * 1e6) / 1e6;
    if (gradient) gradient[0] = 2 * (x[0] - 1), gradient[1] = 20 * (x[1] + 2);
    return STATUS_OK;
}

TEST(noise_ends_as_rounding) {
    const double start[] = {-3, 5};
    for (size_t m = 0; m < 2; m++) {
        QuasiEnd end = walk_down(quasi_methods[m], 2, loss_noisy, start, NULL, NULL);
        CHECK(end.reason > 0);
        CHECK_NEAR(end.x[0], 1, 2e-3);
        CHECK_NEAR(end.x[1], -2, 2e-3);
    }
}

/* A large constant hides the loss; the gradient still shows the way to rounding. */
static Status loss_hidden(void *context, const double *x, double *loss, double *gradient) {
    (void)context;
    *loss = 1e9 + (x[0] - 1) * (x[0] - 1) + 1e-3 * (x[1] + 2) * (x[1] + 2);
    if (gradient) gradient[0] = 2 * (x[0] - 1), gradient[1] = 2e-3 * (x[1] + 2);
    return STATUS_OK;
}

TEST(slopes_lead_on_below_the_noise) {
    const double start[] = {-3, 5};
    for (size_t m = 0; m < 2; m++) {
        QuasiEnd end = walk_down(quasi_methods[m], 2, loss_hidden, start, NULL, NULL);
        CHECK(end.reason > 0);
        CHECK_NEAR(end.x[0], 1, 1e-9);
        CHECK_NEAR(end.x[1], -2, 1e-9);
    }
}

static Status loss_lying(void *context, const double *x, double *loss, double *gradient) {
    (void)context;
    *loss = x[0] * x[0] + (x[1] - 3) * (x[1] - 3);
    if (gradient) gradient[0] = 2 * x[0] + 1, gradient[1] = -2 * (x[1] - 3);
    return STATUS_OK;
}

TEST(a_lying_gradient_is_told_from_rounding) {
    const double start[] = {4, 1};
    for (size_t m = 0; m < 2; m++) {
        QuasiEnd end = walk_down(quasi_methods[m], 2, loss_lying, start, NULL, NULL);
        CHECK_INT(end.reason, REASON_STALLED);
    }
}

/* |x - 0.1| + 2|y + 0.7|, with subgradients at the kinks. */
static Status loss_kinks(void *context, const double *x, double *loss, double *gradient) {
    (void)context;
    *loss = fabs(x[0] - 0.1) + 2 * fabs(x[1] + 0.7);
    if (gradient) gradient[0] = x[0] < 0.1 ? -1 : 1, gradient[1] = x[1] < -0.7 ? -2 : 2;
    return STATUS_OK;
}

TEST(kinks_end_as_rounding) {
    const double start[] = {4, 1};
    for (size_t m = 0; m < 2; m++) {
        QuasiEnd end = walk_down(quasi_methods[m], 2, loss_kinks, start, NULL, NULL);
        CHECK(end.reason > 0);
        CHECK_NEAR(end.x[0], 0.1, 1e-10);
        CHECK_NEAR(end.x[1], -0.7, 1e-10);
    }
}

static Status loss_falling(void *context, const double *x, double *loss, double *gradient) {
    (void)context;
    *loss = -x[0] * x[0] * x[0];
    if (gradient) gradient[0] = -3 * x[0] * x[0];
    return STATUS_OK;
}

TEST(falling_for_ever_is_divergence) {
    const double start[] = {1};
    for (size_t m = 0; m < 2; m++) {
        QuasiEnd end = walk_down(quasi_methods[m], 1, loss_falling, start, NULL, NULL);
        CHECK_INT(end.reason, REASON_DIVERGED);
        CHECK(isfinite(end.report.loss) && isfinite(end.x[0]));
    }
}

/* Trigonometric distances to (i mod 3), coupled: 40 parameters, bounds [0.5, 1.5] on each. */
static Status loss_box(void *context, const double *x, double *loss, double *gradient) {
    enum { N = 40 };
    (void)context;
    *loss = 0;
    for (int i = 0; gradient && i < N; i++) gradient[i] = 0;
    for (int i = 0; i < N; i++) {
        double away = x[i] - i % 3, next = i + 1 < N ? x[i + 1] - x[i] : 0;
        *loss += away * away + 0.1 * away * away * away * away + 5 * next * next;
        if (!gradient) continue;
        gradient[i] += 2 * away + 0.4 * away * away * away - 10 * next;
        if (i + 1 < N) gradient[i + 1] += 10 * next;
    }
    return STATUS_OK;
}

TEST(bounds_hold_at_the_minimum) {
    enum { N = 40 };
    double start[N], low[N], high[N], gradient[N], loss;
    for (int i = 0; i < N; i++) start[i] = 7, low[i] = 0.5, high[i] = i == 4 ? 0.5 : 1.05;
    for (size_t m = 0; m < 2; m++) {
        QuasiEnd end = walk_down(quasi_methods[m], N, loss_box, start, low, high);
        Objective objective = {.n = N, .loss_gradient = loss_box, .low = low, .high = high};
        int held = 0;
        CHECK(end.reason > 0);
        loss_box(NULL, end.x, &loss, gradient);
        for (int i = 0; i < N; i++) {
            CHECK(end.x[i] >= low[i] && end.x[i] <= high[i]);
            held += end.x[i] == low[i] || end.x[i] == high[i];
        }
        CHECK(held > 3 && held < N);
        CHECK(optim_slope(&objective, end.x, gradient) < 1e-8);
        CHECK(end.x[4] == 0.5);
    }
}

/* McCormick within its box has its minimum inside; a box that cuts it off has it on the edge. */
TEST(a_box_around_the_minimum_changes_nothing) {
    ProblemContext context = {.problem = &test_problems[11]};
    Objective objective = problem_objective(&context);
    const double low[] = {-1.5, -3}, high[] = {4, 4}, cut[] = {0, -3};
    double x[2];
    StepReport report = {0};
    objective.low = low;
    objective.high = high;
    CHECK(problem_run(&optim_bfgs, &objective, context.problem->start, 1000, x, &report) > 0);
    CHECK_NEAR(report.loss, -1.9132229549810364, 1e-14);
    objective.low = cut;
    CHECK(problem_run(&optim_bfgs, &objective, context.problem->start, 1000, x, &report) > 0);
    CHECK(x[0] == 0);
    CHECK_NEAR(cos(x[1]) + 2 * x[1] + 2.5, 0, 1e-12);
}

/* Bowls with strong coupling in random boxes; the minimum has many parameters at their bounds. */
enum { BOX = 10 };
typedef struct Bowl {
    double matrix[BOX][BOX], centre[BOX];
} Bowl;

static Status loss_bowl(void *context, const double *x, double *loss, double *gradient) {
    const Bowl *bowl = context;
    *loss = 0;
    for (int i = 0; i < BOX; i++) {
        double sum = 0;
        for (int j = 0; j < BOX; j++) sum += bowl->matrix[i][j] * (x[j] - bowl->centre[j]);
        *loss += 0.5 * sum * (x[i] - bowl->centre[i]);
        if (gradient) gradient[i] = sum;
    }
    return STATUS_OK;
}

static void make_bowl(Bowl *bowl, uint64_t seed) {
    RandomKey key = random_key(seed, "bowl");
    for (int i = 0; i < BOX; i++) {
        bowl->centre[i] = 2 * random_normal(key, (uint64_t)i);
        for (int j = 0; j < BOX; j++) bowl->matrix[i][j] = i == j ? 0.05 : 0;
    }
    for (uint64_t k = 0; k < BOX / 2; k++)
        for (int i = 0; i < BOX; i++)
            for (int j = 0; j < BOX; j++)
                bowl->matrix[i][j] += random_normal(key, 100 + k * BOX + (uint64_t)i) *
                                      random_normal(key, 100 + k * BOX + (uint64_t)j);
}

TEST(random_boxes) {
    static const double low[BOX] = {-1, -1, -1, 0, 0, 0, -5, -5, 0, 0};
    static const double high[BOX] = {1, 1, 1, 5, 5, 5, 5, 5, 0.1, 0.1};
    for (size_t m = 0; m < 2; m++) {
        long long evaluations = 0, held = 0;
        for (uint64_t seed = 1; seed <= 40; seed++) {
            Bowl bowl;
            Objective objective = {
                .n = BOX, .context = &bowl, .loss_gradient = loss_bowl, .low = low, .high = high};
            double x[BOX], gradient[BOX], loss, start[BOX] = {0};
            StepReport report = {0};
            make_bowl(&bowl, seed);
            Reason reason = problem_run(quasi_methods[m], &objective, start, 10000, x, &report);
            loss_bowl(&bowl, x, &loss, gradient);
            CHECK(reason > 0);
            CHECK(optim_slope(&objective, x, gradient) < 1e-9);
            for (int i = 0; i < BOX; i++) held += x[i] == low[i] || x[i] == high[i];
            evaluations += report.evaluations;
        }
        printf("%s: %lld evaluations for 40 boxes, %lld parameters at bounds\n",
               quasi_methods[m]->name, evaluations, held);
        CHECK(evaluations < 40 * 60 && held > 100);
    }
}

/* Rosenbrock's valley with parameters of very different units, tilted; with second derivatives. */
static const double valley_units[] = {1e7, 1e-5};

static Status loss_valley(void *context, const double *x, double *loss, double *gradient) {
    double u = valley_units[0] * x[0], v = valley_units[1] * x[1];
    (void)context;
    *loss = 100 * (v - u * u) * (v - u * u) + (1 - u) * (1 - u) + 3;
    if (!gradient) return STATUS_OK;
    gradient[0] = valley_units[0] * (-400 * u * (v - u * u) - 2 * (1 - u));
    gradient[1] = valley_units[1] * 200 * (v - u * u);
    return STATUS_OK;
}

static Status curve_valley(void *context, const double *x, const double *v, double *product) {
    double u = valley_units[0] * x[0], w = valley_units[1] * x[1];
    double a = valley_units[0] * v[0], b = valley_units[1] * v[1];
    (void)context;
    product[0] = valley_units[0] * ((1200 * u * u - 400 * w + 2) * a - 400 * u * b);
    product[1] = valley_units[1] * (-400 * u * a + 200 * b);
    return STATUS_OK;
}

TEST(units_far_apart) {
    const double start[] = {-1.2e-7, 1e5};
    for (size_t m = 0; m < 2; m++) {
        Objective objective = {
            .n = 2, .loss_gradient = loss_valley, .hessian_vector = curve_valley};
        double x[2];
        StepReport report = {0};
        Reason reason = problem_run(quasi_methods[m], &objective, start, 10000, x, &report);
        CHECK(reason > 0);
        CHECK_NEAR(x[0], 1e-7, 1e-9);
        CHECK_NEAR(x[1], 1e5, 1e-9);
    }
}

static Status curve_saddle(void *context, const double *x, const double *v, double *product) {
    (void)context, (void)x;
    product[0] = 4 * v[0] + 1 * v[1];
    product[1] = 1 * v[0] - 3 * v[1] + 2 * v[2];
    product[2] = 2 * v[1] + 5 * v[2];
    return STATUS_OK;
}

TEST(newton_steps_lead_down) {
    Objective objective = {.n = 3, .hessian_vector = curve_saddle};
    const double x[3] = {0}, gradient[] = {1, 2, 3};
    bool none[3] = {false}, middle[] = {false, true, false}, all[] = {true, true, true};
    double work[15], direction[3];
    bool falls = false;
    CHECK(optim_newton_direction(&objective, x, gradient, none, work, direction) == STATUS_OK);
    CHECK(optim_dot(gradient, direction, 3) < 0);
    optim_newton_direction(&objective, x, gradient, middle, work, direction);
    CHECK_NEAR(direction[0], -1.0 / 4, 1e-15);
    CHECK(direction[1] == 0);
    CHECK_NEAR(direction[2], -3.0 / 5, 1e-15);
    optim_newton_direction(&objective, x, gradient, all, work, direction);
    CHECK(direction[0] == 0 && direction[1] == 0 && direction[2] == 0);
    CHECK(optim_falling_direction(&objective, x, none, work, direction, &falls) == STATUS_OK);
    curve_saddle(NULL, x, direction, work);
    CHECK(falls && optim_dot(direction, work, 3) < 0);
    optim_falling_direction(&objective, x, middle, work, direction, &falls);
    CHECK(!falls);
}

/* x^4 - x^2 + y^2 + 1: a saddle at 0 between the valleys at x = +-sqrt(1/2). */
static Status loss_pass(void *context, const double *x, double *loss, double *gradient) {
    (void)context;
    *loss = x[0] * x[0] * x[0] * x[0] - x[0] * x[0] + x[1] * x[1] + 1;
    if (gradient) gradient[0] = 4 * x[0] * x[0] * x[0] - 2 * x[0], gradient[1] = 2 * x[1];
    return STATUS_OK;
}

static Status curve_pass(void *context, const double *x, const double *v, double *product) {
    (void)context;
    product[0] = (12 * x[0] * x[0] - 2) * v[0];
    product[1] = 2 * v[1];
    return STATUS_OK;
}

TEST(saddles_and_tops_are_left) {
    const double starts[][2] = {{0, 0}, {0, 5}, {0, -1e-3}};
    const double low[] = {0, -9}, high[] = {0, 9};
    for (size_t k = 0; k < COUNT_OF(starts); k++)
        for (size_t m = 0; m < 2; m++) {
            Objective objective = {
                .n = 2, .loss_gradient = loss_pass, .hessian_vector = curve_pass};
            double x[2];
            StepReport report = {0};
            CHECK(problem_run(quasi_methods[m], &objective, starts[k], 1000, x, &report) > 0);
            CHECK_NEAR(fabs(x[0]), sqrt(0.5), 1e-9);
            CHECK_NEAR(report.loss, 0.75, 1e-15);
            /* With x fixed there is no way down. */
            objective.low = low;
            objective.high = high;
            CHECK(problem_run(quasi_methods[m], &objective, starts[k], 1000, x, &report) > 0);
            CHECK(x[0] == 0 && report.loss == 1);
        }
}

static Status curve_missing(void *context, const double *x, const double *v, double *product) {
    (void)context, (void)x, (void)v, (void)product;
    return STATUS_INPUT;
}

static Status curve_interrupted(void *context, const double *x, const double *v, double *product) {
    (void)context, (void)x, (void)v, (void)product;
    return STATUS_INTERRUPTED;
}

TEST(missing_second_derivatives_are_no_error) {
    const double start[] = {0.1, 5};
    Objective objective = {.n = 2, .loss_gradient = loss_pass, .hessian_vector = curve_missing};
    double x[2];
    StepReport report = {0};
    CHECK(problem_run(&optim_bfgs, &objective, start, 1000, x, &report) > 0);
    CHECK_NEAR(report.loss, 0.75, 1e-15);
    objective.hessian_vector = curve_interrupted;
    CHECK_INT(problem_run(&optim_bfgs, &objective, start, 1000, x, &report), REASON_INTERRUPTED);
}

TEST(start_at_the_minimum) {
    ProblemContext context = {.problem = &test_problems[0]};
    Objective objective = problem_objective(&context);
    const double start[] = {1, 1};
    double x[2];
    StepReport report = {0};
    Reason reason = problem_run(&optim_bfgs, &objective, start, 1000, x, &report);
    CHECK_INT(reason, REASON_SLOPE);
    CHECK(report.step == 0 && !report.moved && report.evaluations == 1);
}

/* Rosenbrock in 1,000 parameters, in units from 1e-3 to 1e3. */
static Status loss_chain(void *context, const double *x, double *loss, double *gradient) {
    enum { N = 1000 };
    (void)context;
    *loss = 0;
    for (int i = 0; gradient && i < N; i++) gradient[i] = 0;
    for (int i = 0; i < N; i += 2) {
        double unit = i % 20 < 10 ? 2 : 0.5, a = x[i] * unit, b = x[i + 1];
        *loss += 100 * (b - a * a) * (b - a * a) + (1 - a) * (1 - a);
        if (!gradient) continue;
        gradient[i] += unit * (-400 * a * (b - a * a) - 2 * (1 - a));
        gradient[i + 1] += 200 * (b - a * a);
    }
    return STATUS_OK;
}

TEST(a_thousand_parameters) {
    enum { N = 1000 };
    static double start[N];
    Objective objective = {.n = N, .loss_gradient = loss_chain};
    void *state = NULL;
    Reason reason = REASON_RUNNING;
    StepReport report = {0};
    for (int i = 0; i < N; i++) start[i] = i % 2 ? 1 : -1.2;
    CHECK(optim_lbfgs.open(&objective, start, &state) == STATUS_OK);
    while (reason == REASON_RUNNING && report.step < 5000)
        CHECK(optim_lbfgs.step(state, &report, &reason) == STATUS_OK);
    CHECK(reason > 0);
    CHECK(report.loss < 1e-18);
    CHECK(report.evaluations < 400);
    optim_lbfgs.close(state);
}

TEST_MAIN(walls_are_walked_around, noise_ends_as_rounding, slopes_lead_on_below_the_noise,
          a_lying_gradient_is_told_from_rounding, kinks_end_as_rounding,
          falling_for_ever_is_divergence, bounds_hold_at_the_minimum,
          a_box_around_the_minimum_changes_nothing, random_boxes, units_far_apart,
          newton_steps_lead_down, saddles_and_tops_are_left,
          missing_second_derivatives_are_no_error, start_at_the_minimum, a_thousand_parameters)
