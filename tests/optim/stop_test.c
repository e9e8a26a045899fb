/* Each reason to stop, from walks as users make them. */
#include "../check.h"
#include "../../src/optim/optim.h"

typedef Status (*StopLoss)(void *context, const double *x, double *loss, double *gradient);

static Status loss_square(void *context, const double *x, double *loss, double *gradient) {
    (void)context;
    *loss = x[0] * x[0];
    if (gradient) gradient[0] = 2 * x[0];
    return STATUS_OK;
}

static Status loss_quartic(void *context, const double *x, double *loss, double *gradient) {
    double w = x[0];
    (void)context;
    *loss = w * w * w * w - 4 * w * w + w;
    if (gradient) gradient[0] = 4 * w * w * w - 8 * w + 1;
    return STATUS_OK;
}

static Status loss_negative(void *context, const double *x, double *loss, double *gradient) {
    (void)context;
    *loss = x[0] * x[0] - 1000;
    if (gradient) gradient[0] = 2 * x[0];
    return STATUS_OK;
}

static Status loss_bottomless(void *context, const double *x, double *loss, double *gradient) {
    (void)context;
    *loss = -x[0] * x[0];
    if (gradient) gradient[0] = -2 * x[0];
    return STATUS_OK;
}

static Status loss_root(void *context, const double *x, double *loss, double *gradient) {
    (void)context;
    *loss = sqrt(x[0]);
    if (gradient) gradient[0] = 0.5 / sqrt(x[0]);
    return STATUS_OK;
}

static Status loss_absolute(void *context, const double *x, double *loss, double *gradient) {
    (void)context;
    *loss = fabs(x[0]);
    if (gradient) gradient[0] = x[0] < 0 ? -1 : 1;
    return STATUS_OK;
}

typedef struct StopEnd {
    Reason reason;
    long long steps;
    double x, loss, largest; /* largest: rounds since the loss first passed ten times its start */
    double value, bound;
} StopEnd;

static StopEnd walk_until(StopLoss loss, double start, const MethodSettings *method,
                          StopSettings settings) {
    Objective objective = {.n = 1, .loss_gradient = loss};
    StopEnd end = {.reason = REASON_RUNNING};
    Walker *walker = NULL;
    Stop *stop = NULL;
    Error error = {0};
    StepReport report = {0};
    double start_loss = NAN;
    long long passed = 0;
    CHECK(optim_open(&objective, method, &start, &walker, &error) == STATUS_OK);
    if (!walker) return end;
    settings.first_order = optim_is_first_order(walker);
    settings.user_rate = method->rate != NULL;
    CHECK(stop_open(&settings, 1, &stop, &error) == STATUS_OK);
    while (stop && end.reason == REASON_RUNNING) {
        CHECK(optim_step(walker, &report, &end.reason, &error) == STATUS_OK);
        if (end.reason == REASON_RUNNING)
            end.reason = stop_check(stop, &report, 0.001 * (double)report.step);
        if (isnan(start_loss)) start_loss = report.loss;
        if (!passed && report.loss > 10 * fabs(start_loss)) passed = report.step;
    }
    end.steps = report.step;
    end.loss = report.loss;
    end.x = optim_answer(walker)[0];
    end.largest = passed ? (double)(report.step - passed) : NAN;
    if (stop) stop_numbers(stop, &end.value, &end.bound);
    stop_close(stop);
    optim_close(walker);
    return end;
}

static StopEnd walk_rate(StopLoss loss, double start, const char *rate) {
    return walk_until(loss, start, &(MethodSettings){.rate = rate, .last_step = 1000},
                      (StopSettings){.max_steps = 1000});
}

TEST(a_good_rate_converges) {
    StopEnd end = walk_rate(loss_square, 10, "0.1");
    CHECK_INT(end.reason, REASON_SLOPE);
    CHECK(end.steps < 100 && end.value <= end.bound && end.bound == 1e-8 * 20);
    end = walk_rate(loss_quartic, 2, "0.02");
    CHECK_INT(end.reason, REASON_SLOPE);
    CHECK_NEAR(end.x, 1.346997, 1e-6);
    end = walk_rate(loss_quartic, -2, "0.02");
    CHECK_NEAR(end.x, -1.472998, 1e-6);
}

TEST(too_large_flies_off) {
    static const char *const rates[] = {"1.1", "1.01", "3", "1e10", "1e300"};
    for (size_t k = 0; k < COUNT_OF(rates); k++) {
        StopEnd end = walk_rate(loss_square, 10, rates[k]);
        CHECK_INT(end.reason, REASON_DIVERGED);
        CHECK(isnan(end.largest) || end.largest <= 20);
        end = walk_rate(loss_negative, 10, rates[k]);
        CHECK_INT(end.reason, REASON_DIVERGED);
    }
    StopEnd end = walk_rate(loss_quartic, 2, "1");
    CHECK_INT(end.reason, REASON_DIVERGED);
    end = walk_rate(loss_bottomless, 1, "0.5");
    CHECK_INT(end.reason, REASON_DIVERGED);
}

TEST(steps_of_the_user_are_walked) {
    MethodSettings method = {.rate = "1.1", .last_step = 100};
    StopEnd end =
        walk_until(loss_square, 10, &method, (StopSettings){.max_steps = 100, .user_steps = true});
    CHECK_INT(end.reason, REASON_STEPS_DONE);
    CHECK_INT(end.steps, 100);
    end = walk_until(loss_square, 10, &method,
                     (StopSettings){.max_steps = 100000, .user_steps = true});
    CHECK_INT(end.reason, REASON_DIVERGED);
    CHECK(end.steps > 1000);
}

TEST(exactly_one_swings) {
    StopEnd end = walk_rate(loss_square, 10, "1");
    CHECK_INT(end.reason, REASON_OSCILLATING);
    CHECK(end.steps <= 12);
    end = walk_rate(loss_absolute, 0.3, "0.2");
    CHECK_INT(end.reason, REASON_OSCILLATING);
    end = walk_rate(loss_square, 10, "0.9999");
    CHECK_INT(end.reason, REASON_STEP_LIMIT);
}

TEST(too_small_meets_the_limit) {
    StopEnd end = walk_rate(loss_square, 10, "1e-9");
    CHECK_INT(end.reason, REASON_STEP_LIMIT);
    CHECK_INT(end.steps, 1000);
    end = walk_rate(loss_square, 10, "1e-30");
    CHECK_INT(end.reason, REASON_STALLED);
    end = walk_rate(loss_square, 10, "0.1*0.5^t");
    CHECK_INT(end.reason, REASON_STALLED);
}

TEST(uphill) {
    StopEnd end =
        walk_until(loss_square, 10, &(MethodSettings){.text = "w = w + rate*g", .rate = "0.01"},
                   (StopSettings){.max_steps = 1000});
    CHECK_INT(end.reason, REASON_UPHILL);
    CHECK(end.steps <= 5);
    end =
        walk_until(loss_bottomless, 10, &(MethodSettings){.text = "w = w + rate*g", .rate = "0.01"},
                   (StopSettings){.max_steps = 1000});
    CHECK_INT(end.reason, REASON_UPHILL);
}

TEST(not_finite) {
    StopEnd end = walk_rate(loss_root, 1, "3");
    CHECK_INT(end.reason, REASON_NON_FINITE);
    CHECK_INT(end.steps, 2);
    end = walk_rate(loss_square, NAN, "0.1");
    CHECK_INT(end.reason, REASON_NON_FINITE);
    CHECK_INT(end.steps, 1);
    end = walk_rate(loss_root, 0, "0.1");
    CHECK_INT(end.reason, REASON_NON_FINITE);
}

static StopEnd walk_test(const char *until) {
    return walk_until(loss_square, 10, &(MethodSettings){.rate = "0.1", .last_step = 1000},
                      (StopSettings){.max_steps = 1000, .until = until});
}

TEST(the_users_test) {
    StopEnd end = walk_test("loss < 1e-3");
    CHECK_INT(end.reason, REASON_UNTIL);
    CHECK(end.loss < 1e-3 && end.loss > 1e-3 * 0.64);
    CHECK_INT(walk_test("t >= 7").steps, 7);
    CHECK_INT(walk_test("slope <= 16").steps, 2);
    CHECK_INT(walk_test("change < 1000").steps, 2);
    CHECK_INT(walk_test("seconds > 0.0045").steps, 5);
    CHECK_INT(walk_test("loss < 50 and t > 4").steps, 5);
    StopSettings wrong = {.until = "los < 1"};
    Stop *stop = NULL;
    Error error = {0};
    CHECK_INT(stop_open(&wrong, 1, &stop, &error), STATUS_INPUT);
    CHECK(stop == NULL && error.status == STATUS_INPUT);
}

TEST(start_at_the_bottom) {
    StopEnd end = walk_rate(loss_square, 0, "0.1");
    CHECK_INT(end.reason, REASON_SLOPE);
    CHECK_INT(end.steps, 1);
}

TEST(methods_in_c_end_themselves) {
    StopEnd end = walk_until(loss_quartic, 2, &(MethodSettings){.name = "bfgs"},
                             (StopSettings){.max_steps = 1000});
    CHECK_INT(end.reason, REASON_SLOPE);
    CHECK_NEAR(end.x, 1.3469974, 1e-6);
    end = walk_until(loss_quartic, 2, &(MethodSettings){.name = "bfgs"},
                     (StopSettings){.max_steps = 2, .user_steps = true});
    CHECK_INT(end.reason, REASON_STEPS_DONE);
    end = walk_until(loss_quartic, 2, &(MethodSettings){.name = "bfgs"},
                     (StopSettings){.max_steps = 2});
    CHECK_INT(end.reason, REASON_STEP_LIMIT);
}

TEST_MAIN(a_good_rate_converges, too_large_flies_off, steps_of_the_user_are_walked,
          exactly_one_swings, too_small_meets_the_limit, uphill, not_finite, the_users_test,
          start_at_the_bottom, methods_in_c_end_themselves)
