/* The measured rate on closed-form functions that know no graph: scales against matrices that are
 * known, plain descent against Barzilai and Borwein's recursion done by hand, and what no walk may
 * do - step on a number that is not finite, or land above the last ten losses. */
#include "../check.h"
#include "problems.h"

enum { WIDE = 400 };

/* ---- scales ---------------------------------------------------------------------------------- */

/* x'Ax/2, A of order n, row after row. */
typedef struct Quadratic {
    size_t n;
    const double *a;
} Quadratic;

static Status quadratic_product(void *context, const double *x, const double *v, double *out) {
    const Quadratic *quadratic = context;
    (void)x;
    for (size_t i = 0; i < quadratic->n; i++)
        out[i] = optim_dot(quadratic->a + i * quadratic->n, v, quadratic->n);
    return STATUS_OK;
}

static Status quadratic_loss(void *context, const double *x, double *loss, double *gradient) {
    double product[WIDE];
    const Quadratic *quadratic = context;
    quadratic_product(context, x, x, product);
    *loss = optim_dot(x, product, quadratic->n) / 2;
    if (gradient) memcpy(gradient, product, quadratic->n * sizeof *product);
    return STATUS_OK;
}

static Objective quadratic_objective(Quadratic *quadratic) {
    return (Objective){.n = quadratic->n,
                       .context = quadratic,
                       .loss_gradient = quadratic_loss,
                       .hessian_vector = quadratic_product};
}

static double scales(Quadratic *quadratic, const double *x, double *factor, double *flat) {
    Objective objective = quadratic_objective(quadratic);
    double greatest, loss, gradient[WIDE];
    quadratic_loss(quadratic, x, &loss, gradient);
    CHECK_INT(optim_scales(&objective, x, gradient, false, factor, flat, &greatest), STATUS_OK);
    return greatest;
}

TEST(scales_of_a_diagonal) {
    const double a[] = {8, 0, 0, 0, -2, 0, 0, 0, 1e6}, x[] = {1, 1, 1};
    Quadratic quadratic = {3, a};
    double factor[3], flat, greatest = scales(&quadratic, x, factor, &flat);
    CHECK(factor[0] == 0.25 && factor[1] == 1);
    CHECK_NEAR(factor[2], 2e-6, 1e-15);
    CHECK(flat == 2);
    CHECK_NEAR(greatest, 2, 1e-14);
}

/* Scaled by the diagonal it would be [1 c; c 1]: rows of the length r, and the greatest eigenvalue
 * 1 + c over them. */
TEST(scales_of_what_is_tied) {
    const double c = 0.6, x[] = {1, 2};
    const double a[] = {4, c * 2 * 30, c * 2 * 30, 900};
    Quadratic quadratic = {2, a};
    double factor[2], flat, greatest = scales(&quadratic, x, factor, &flat);
    CHECK_NEAR(factor[1] / factor[0], 4.0 / 900, 1e-12);
    CHECK_NEAR(greatest / flat, (1 + c) / sqrt(1 + c * c), 1e-12);
}

TEST(scales_where_the_diagonal_is_zero) {
    const double a[] = {0, 3, 3, 4}, none[] = {0, 0, 0, 5}, x[] = {1, 2};
    Quadratic quadratic = {2, a};
    double factor[2], flat;
    CHECK(isfinite(scales(&quadratic, x, factor, &flat)));
    CHECK(factor[0] > 0.3 && factor[0] <= 1 && factor[1] > 0.3 && factor[1] <= 1);
    quadratic.a = none;
    CHECK_NEAR(scales(&quadratic, x, factor, &flat), 5, 1e-14); /* nothing is felt by the first */
    CHECK_NEAR(factor[0], 1, 1e-14);
    CHECK_NEAR(factor[1], 1, 1e-14);
}

/* Parameters in other units, the loss in another: exactly the factors that keep the walk the same,
 * with estimated scales too. */
static void check_units(size_t n) {
    static double a[WIDE * WIDE], b[WIDE * WIDE], x[WIDE], y[WIDE], f[WIDE], g[WIDE], unit[WIDE];
    RandomKey key = random_key(7, "units");
    Quadratic first = {n, a}, second = {n, b};
    double flat, other, loss_unit = 1e-6, worst = 0;
    for (size_t i = 0; i < n; i++) {
        unit[i] = pow(10, 18 * random_uniform(key, i) - 9);
        x[i] = random_normal(key, 1000 + i);
        y[i] = x[i] * unit[i];
        for (size_t j = 0; j <= i; j++) {
            double value = random_normal(key, 10000 + i * n + j) / (i == j ? 0.2 : (double)n);
            a[i * n + j] = a[j * n + i] = i == j ? fabs(value) : value;
        }
    }
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++) b[i * n + j] = loss_unit * a[i * n + j] / unit[i] / unit[j];
    double greatest = scales(&first, x, f, &flat), again = scales(&second, y, g, &other);
    for (size_t i = 0; i < n; i++) {
        double same = g[i] / again * loss_unit / unit[i] / unit[i];
        worst = fmax(worst, fabs(same / (f[i] / greatest) - 1));
    }
    CHECK(worst < 1e-9);
    printf("%zu parameters: factors in other units differ by %.1e\n", n, worst);
}

TEST(scales_have_units) {
    check_units(5);
    check_units(30);
    check_units(300);
}

/* Rows of S A S, as estimated scales make them, are about as long as each other. */
TEST(scales_are_estimated) {
    static double a[WIDE * WIDE], x[WIDE], f[WIDE];
    RandomKey key = random_key(8, "rows");
    Quadratic quadratic = {WIDE, a};
    double flat, low = INFINITY, high = 0;
    for (size_t i = 0; i < WIDE; i++) {
        x[i] = random_normal(key, i);
        a[i * WIDE + i] = pow(10, 8 * random_uniform(key, WIDE + i));
    }
    for (size_t i = 1; i < WIDE; i++) {
        double tie = 0.3 * sqrt(a[i * WIDE + i] * a[(i - 1) * WIDE + i - 1]);
        a[i * WIDE + i - 1] = a[(i - 1) * WIDE + i] = tie;
    }
    double greatest = scales(&quadratic, x, f, &flat);
    for (size_t i = 0; i < WIDE; i++) {
        double length = f[i] * a[i * WIDE + i];
        low = fmin(low, length);
        high = fmax(high, length);
    }
    printf("estimated: curvatures between %.2f and %.2f of the greatest\n", low / greatest,
           high / greatest);
    CHECK(high < 5 * low);
    CHECK(high <= greatest && greatest < 2 * high);
}

/* ---- walks ----------------------------------------------------------------------------------- */

static Walker *open_measured(const Objective *objective, const char *name, const double *start) {
    MethodSettings settings = {.name = name, .last_step = 10000, .measured = true};
    Walker *walker = NULL;
    CHECK_INT(optim_open(objective, &settings, start, &walker, NULL), STATUS_OK);
    return walker;
}

/* s's / s'y, rounded to eight bits, or less where that was too long. */
TEST(barzilai_and_borwein) {
    const double start[] = {3, -1};
    double x[2], g[2], rate = 0;
    ProblemContext context = {.problem = &(TestProblem){.n = 2, .formula = problem_rosenbrock}};
    Objective objective = problem_objective(&context);
    Walker *walker = open_measured(&objective, "gd", start); /* without curvature: factors 1 */
    StepReport report;
    Reason reason;
    for (int k = 0; k < 12; k++) {
        CHECK_INT(optim_step(walker, &report, &reason, NULL), STATUS_OK);
        if (k > 0 && rate > 0) CHECK(report.rate <= rate * (1 + 1.0 / 256));
        for (size_t i = 0; i < 2; i++)
            CHECK_NEAR(report.next[i], report.at[i] - report.rate * report.gradient[i], 1e-13);
        memcpy(x, report.at, sizeof x);
        memcpy(g, report.gradient, sizeof g);
        double loss, after[2], squares = 0, along = 0;
        problem_loss_gradient(&context, report.next, &loss, after);
        CHECK(loss == report.next_loss);
        for (size_t i = 0; i < 2; i++) {
            double step = report.next[i] - x[i];
            squares += step * step;
            along += step * (after[i] - g[i]);
        }
        rate = along > 0 ? squares / along : 4 * report.rate;
    }
    optim_close(walker);
}

/* Never above the largest of the last ten, never on a number that is not finite; to its end. */
static Reason watch(const Objective *objective, const char *name, const double *start, double *x,
                    StepReport *report) {
    Walker *walker = open_measured(objective, name, start);
    Reason reason = REASON_RUNNING;
    double losses[10] = {0};
    for (long k = 0; k < 20000 && reason == REASON_RUNNING; k++) {
        CHECK_INT(optim_step(walker, report, &reason, NULL), STATUS_OK);
        CHECK(isfinite(report->loss));
        double top = -INFINITY;
        for (long j = 0; j < 10 && j < k; j++) top = fmax(top, losses[j]);
        if (k > 0) CHECK(report->loss <= top + 1e-14 * fabs(top));
        losses[k % 10] = report->loss;
    }
    memcpy(x, optim_answer(walker), objective->n * sizeof *x);
    report->at = report->next = report->gradient = NULL;
    optim_close(walker);
    return reason;
}

static const char *const RULES[] = {"gd", "momentum", "nesterov"};

TEST(never_above_the_last_ten) {
    for (size_t k = 0; k < COUNT_OF(test_problems); k++)
        for (size_t m = 0; m < COUNT_OF(RULES); m++) {
            ProblemContext context = {.problem = &test_problems[k]};
            Objective objective = problem_objective(&context);
            double x[PROBLEM_MAX];
            StepReport report;
            Reason reason = watch(&objective, RULES[m], test_problems[k].start, x, &report);
            CHECK_INT(report.evaluations, context.calls);
            CHECK(reason >= 0);
        }
}

/* A wall at 2: its minimum is 2 - 1/3. */
static Status loss_wall(void *context, const double *x, double *loss, double *gradient) {
    (void)context;
    *loss = x[0] < 2 ? -log(2 - x[0]) - 3 * x[0] : NAN;
    if (gradient) gradient[0] = x[0] < 2 ? 1 / (2 - x[0]) - 3 : NAN;
    return STATUS_OK;
}

TEST(walls_are_walked_around) {
    const double starts[] = {-1000, 0, 1.9999999, 1.6};
    Objective objective = {.n = 1, .loss_gradient = loss_wall};
    for (size_t k = 0; k < COUNT_OF(starts); k++)
        for (size_t m = 0; m < COUNT_OF(RULES); m++) {
            double x;
            StepReport report;
            CHECK(watch(&objective, RULES[m], &starts[k], &x, &report) > 0);
            CHECK_NEAR(x, 2 - 1.0 / 3, 1e-7);
        }
}

TEST(bounds_hold) {
    const double low[] = {-2, -2}, high[] = {0.5, 2};
    ProblemContext context = {.problem = &test_problems[0]};
    Objective objective = problem_objective(&context);
    objective.low = low;
    objective.high = high;
    for (size_t m = 0; m < COUNT_OF(RULES); m++) {
        double x[2];
        StepReport report;
        CHECK(watch(&objective, RULES[m], test_problems[0].start, x, &report) > 0);
        CHECK_NEAR(x[0], 0.5, 1e-12);
        CHECK_NEAR(x[1], 0.25, 1e-6);
    }
}

TEST_MAIN(scales_of_a_diagonal, scales_of_what_is_tied, scales_where_the_diagonal_is_zero,
          scales_have_units, scales_are_estimated, barzilai_and_borwein, never_above_the_last_ten,
          walls_are_walked_around, bounds_hold)
