/* Levenberg-Marquardt where things go wrong: exact data, redundant parameters, walls, bounds. */
#include "../check.h"
#include "squares.h"

enum { SQUARES_ROWS = 12 };
static double squares_x[SQUARES_ROWS], squares_y[SQUARES_ROWS];

static Number model_line(const Number *b, double x) {
    return b[0] * x + b[1];
}

static Number model_redundant(const Number *b, double x) {
    return b[0] * cexp(b[1]) * x;
}

static Number model_unused(const Number *b, double x) {
    return b[0] * x + b[2] + 0 * b[1];
}

static Number model_decay(const Number *b, double x) {
    return b[0] * cexp(-b[1] * x) + b[2];
}

/* log of a negative number is no number here. */
static Number model_log(const Number *b, double x) {
    return creal(b[0] - x) > 0 ? clog(b[0] - x) * b[1] : NAN;
}

static Number model_overflow(const Number *b, double x) {
    return b[0] * cexp(b[1] * x * x);
}

typedef struct SquaresEnd {
    Reason reason;
    double b[PROBLEM_MAX];
    StepReport report;
    long long calls;
} SquaresEnd;

static SquaresEnd fit(size_t n, Number (*model)(const Number *, double), const double *start,
                      const double *low, const double *high) {
    SquaresProblem problem = {.n = n,
                              .rows = SQUARES_ROWS,
                              .model = model,
                              .x = squares_x,
                              .y = squares_y,
                              .qr = qr_new(n)};
    Objective objective = squares_objective(&problem);
    SquaresEnd end = {0};
    objective.low = low;
    objective.high = high;
    end.reason = problem_run(&optim_marquardt, &objective, start, 10000, end.b, &end.report);
    end.calls = problem.calls;
    qr_free(problem.qr);
    return end;
}

static void make_data(Number (*model)(const Number *, double), const double *b, size_t n,
                      double noise) {
    Number z[PROBLEM_MAX];
    for (size_t j = 0; j < n; j++) z[j] = b[j];
    for (size_t i = 0; i < SQUARES_ROWS; i++) {
        squares_x[i] = 0.25 * (double)(i + 1);
        squares_y[i] = creal(model(z, squares_x[i])) + noise * sin(37.0 * (double)i);
    }
}

TEST(line_by_hand) {
    /* (1, 2) (2, 4) (3, 5): 1.5x + 2/3, residual sum 1/6. */
    static const double x[] = {1, 2, 3}, y[] = {2, 4, 5}, start[] = {0, 0};
    SquaresProblem problem = {2, 3, model_line, x, y, qr_new(2), 0};
    Objective objective = squares_objective(&problem);
    StepReport report = {0};
    double b[PROBLEM_MAX];
    Reason reason = problem_run(&optim_marquardt, &objective, start, 100, b, &report);
    CHECK_INT(reason, REASON_STEP);
    CHECK_NEAR(b[0], 1.5, 1e-15);
    CHECK_NEAR(b[1], 2.0 / 3, 1e-15);
    CHECK_NEAR(report.loss * 3, 1.0 / 6, 1e-14);
    CHECK(report.step <= 3);
    qr_free(problem.qr);
}

TEST(exact_data_are_an_exact_fit) {
    const double truth[] = {1, 0}, start[] = {-3, 5};
    make_data(model_line, truth, 2, 0);
    SquaresEnd end = fit(2, model_line, start, NULL, NULL);
    CHECK_INT(end.reason, REASON_EXACT);
    CHECK_NEAR(end.b[0], 1, 1e-12);
    CHECK_NEAR(end.b[1], 0, 1e-12);
    const double decay[] = {2.5, 0.7, -0.3}, away[] = {1, 2, 0};
    make_data(model_decay, decay, 3, 0);
    end = fit(3, model_decay, away, NULL, NULL);
    CHECK(end.reason == REASON_EXACT || end.reason == REASON_STEP);
    for (int j = 0; j < 3; j++) CHECK_NEAR(end.b[j], decay[j], 1e-12);
}

TEST(already_there) {
    const double truth[] = {1, 0};
    make_data(model_line, truth, 2, 0);
    SquaresEnd end = fit(2, model_line, truth, NULL, NULL);
    CHECK_INT(end.reason, REASON_EXACT);
    CHECK(!end.report.moved && end.report.step == 0 && end.calls == 1);
}

TEST(redundant_parameters) {
    const double truth[] = {2, 0.5}, start[] = {1, 0};
    make_data(model_redundant, truth, 2, 0.01);
    SquaresEnd end = fit(2, model_redundant, start, NULL, NULL);
    CHECK(end.reason > 0);
    double sum = 0, square = 0;
    for (int i = 0; i < SQUARES_ROWS; i++) {
        sum += squares_x[i] * squares_y[i];
        square += squares_x[i] * squares_x[i];
    }
    CHECK_NEAR(end.b[0] * exp(end.b[1]), sum / square, 1e-12);
}

TEST(parameter_without_effect_stays) {
    const double truth[] = {2, 0, 0.5}, start[] = {1, 77, 0};
    make_data(model_unused, truth, 3, 0.1);
    SquaresEnd end = fit(3, model_unused, start, NULL, NULL);
    CHECK(end.reason > 0);
    CHECK(end.b[1] == 77);
    CHECK(end.report.slope < 1e-12);
}

static Number model_far(const Number *b, double x) {
    return b[0] * cexp(-(x - b[1]) * (x - b[1]));
}

TEST(a_plateau_is_no_step) {
    const double truth[] = {2, 1}, start[] = {2, 500};
    make_data(model_far, truth, 2, 0.01);
    SquaresEnd end = fit(2, model_far, start, NULL, NULL);
    CHECK_INT(end.reason, REASON_SLOPE);
    CHECK(end.report.slope == 0 && end.b[1] == 500);
}

/* From here the walk runs off to infinity, where a*exp(-b*x) + c becomes a line: nothing there may
 * be called converged. From the other side the bottom is found. */
TEST(a_valley_without_a_bottom) {
    static const double x[] = {1, 2, 3, 4, 5, 6, 7}, y[] = {2, 1.5, 1.1, 0.7, 0.55, 0.39, 0.33};
    const double beyond[] = {1.66, -0.467, -0.0588}, near[] = {1, 1, 0};
    SquaresProblem problem = {3, 7, model_decay, x, y, qr_new(3), 0};
    Objective objective = squares_objective(&problem);
    StepReport report = {0};
    double b[PROBLEM_MAX];
    Reason reason = problem_run(&optim_marquardt, &objective, beyond, 10000, b, &report);
    CHECK_INT(reason, REASON_STALLED);
    CHECK(fabs(b[0]) > 1000);
    reason = problem_run(&optim_marquardt, &objective, near, 10000, b, &report);
    CHECK_INT(reason, REASON_STEP);
    CHECK_NEAR(b[1], 0.3, 0.2);
    qr_free(problem.qr);
}

TEST(walls_and_overflow) {
    const double truth[] = {4, 2}, near[] = {3.0001, 1}, far[] = {1000, 1}, behind[] = {2, 1};
    make_data(model_log, truth, 2, 0.01);
    SquaresEnd one = fit(2, model_log, near, NULL, NULL), two = fit(2, model_log, far, NULL, NULL);
    CHECK(one.reason > 0 && two.reason > 0);
    CHECK_NEAR(one.b[0], two.b[0], 1e-10);
    SquaresEnd outside = fit(2, model_log, behind, NULL, NULL);
    CHECK_INT(outside.reason, REASON_NON_FINITE);
    CHECK(outside.b[0] == 2 && outside.calls == 1);
    const double grow[] = {0.5, 0.2}, steep[] = {1e-3, 1};
    make_data(model_overflow, grow, 2, 0.01);
    SquaresEnd blown = fit(2, model_overflow, steep, NULL, NULL);
    CHECK(blown.reason > 0);
    CHECK_NEAR(blown.b[1], 0.2, 0.05);
}

TEST(bounds_hold) {
    const double truth[] = {2.5, 0.7, -0.3}, start[] = {1, 2, 0.2};
    const double low[] = {0, 0, 0}, high[] = {2, 10, 10};
    make_data(model_decay, truth, 3, 0.001);
    SquaresEnd end = fit(3, model_decay, start, low, high);
    CHECK(end.reason > 0);
    CHECK(end.b[0] <= 2 && end.b[1] >= 0 && end.b[2] >= 0);
    CHECK(end.b[2] == 0);
    /* At a minimum within bounds the projected slope vanishes. */
    CHECK(end.report.slope < 1e-10);
    const double fixed_low[] = {2.5, -INFINITY, -INFINITY},
                 fixed_high[] = {2.5, INFINITY, INFINITY};
    end = fit(3, model_decay, start, fixed_low, fixed_high);
    CHECK(end.reason > 0 && end.b[0] == 2.5 && end.report.slope < 1e-10);
}

static Number model_cubic(const Number *b, double x) {
    return b[0] + x * (b[1] + x * (b[2] + x * b[3]));
}

/* Strongly coupled coefficients in random boxes: linear, so a handful of rounds must do. */
TEST(random_boxes) {
    long long calls = 0, held = 0;
    for (uint64_t seed = 1; seed <= 60; seed++) {
        RandomKey key = random_key(seed, "box");
        double truth[4], start[4], low[4], high[4];
        for (uint64_t j = 0; j < 4; j++) {
            truth[j] = 3 * random_normal(key, j);
            low[j] = -1 - random_uniform(key, 10 + j);
            high[j] = 1 + random_uniform(key, 20 + j);
            start[j] = seed % 2 ? low[j] : 0;
        }
        make_data(model_cubic, truth, 4, 0.1);
        SquaresEnd end = fit(4, model_cubic, start, low, high);
        CHECK(end.reason > 0);
        CHECK(end.report.slope < 1e-8);
        for (int j = 0; j < 4; j++) held += end.b[j] == low[j] || end.b[j] == high[j];
        calls += end.calls;
    }
    printf("60 boxes: %lld evaluations, %lld parameters at bounds\n", calls, held);
    CHECK(held > 60 && calls < 390);
}

TEST(units_do_not_matter) {
    const double truth[] = {2.5, 0.7, -0.3};
    make_data(model_decay, truth, 3, 0.001);
    const double start[] = {1, 2, 0};
    SquaresEnd plain = fit(3, model_decay, start, NULL, NULL);
    for (int i = 0; i < SQUARES_ROWS; i++) squares_x[i] *= 1e9, squares_y[i] *= 1e-9;
    const double scaled[] = {1e-9, 2e-9, 0};
    SquaresEnd end = fit(3, model_decay, scaled, NULL, NULL);
    CHECK_NEAR(end.b[0] * 1e9, plain.b[0], 1e-11);
    CHECK_NEAR(end.b[1] * 1e9, plain.b[1], 1e-11);
    CHECK_NEAR(end.b[2] * 1e9, plain.b[2], 1e-11);
}

TEST(every_allocation_may_fail) {
#ifdef DESCEND_HOSTILE
    const double start[] = {1, 2};
    SquaresProblem problem = {2, SQUARES_ROWS, model_line, squares_x, squares_y, NULL, 0};
    Objective objective = squares_objective(&problem);
    for (long nth = 1, reached = 1; reached; nth++) {
        void *method = NULL;
        memory_fail_nth(nth);
        Qr *qr = qr_new(2);
        Status status = optim_marquardt.open(&objective, start, &method);
        reached = memory_count() >= nth;
        memory_fail_nth(0);
        CHECK(status == (method ? STATUS_OK : STATUS_MEMORY) && (reached || (qr && method)));
        if (method) optim_marquardt.close(method);
        qr_free(qr);
    }
#endif
}

TEST_MAIN(every_allocation_may_fail, line_by_hand, exact_data_are_an_exact_fit, already_there,
          redundant_parameters, parameter_without_effect_stays, a_plateau_is_no_step,
          a_valley_without_a_bottom, walls_and_overflow, bounds_hold, random_boxes,
          units_do_not_matter)
