/* The slope felt with the foot: true slopes lie within the stated noise, in 10,000 parameters
 * without a false alarm; a term that is 3 % wrong stands out. */
#include "../check.h"
#include "problems.h"

/* 10,000 parameters of sizes 1e-6 to 1e6 and some at 0, in smooth terms of many shapes, coupled.
 * The planted error, where there is one: 3 % of one term's slope. */
enum { MANY = 10000 };
typedef struct Many {
    int wrong; /* index of the planted error, or -1 */
    double unit[MANY];
} Many;

static double many_term(int kind, double u, double v, double *du, double *dv) {
    double e;
    switch (kind) {
        case 0:
            *du = 2 * u + v;
            *dv = u;
            return u * u + u * v;
        case 1:
            e = exp(u - 1);
            *du = e * (1 + v * v);
            *dv = 2 * v * e;
            return e * (1 + v * v);
        case 2:
            *du = 3 * cos(3 * u) + v;
            *dv = u;
            return sin(3 * u) + u * v;
        case 3:
            *du = 2 * u / (1 + u * u);
            *dv = 2 * v;
            return log(1 + u * u) + v * v;
        case 4:
            *du = 4 * u * u * u - v;
            *dv = -u;
            return u * u * u * u - u * v;
        default:
            e = 1 / (1 + exp(-u));
            *du = e * (1 - e) * v;
            *dv = e;
            return e * v;
    }
}

static Status loss_many(void *context, const double *x, double *loss, double *gradient) {
    const Many *many = context;
    double sums[64] = {0};
    for (int i = 0; gradient && i < MANY; i++) gradient[i] = 0;
    for (int i = 0; i < MANY; i++) {
        int next = (i + 1) % MANY;
        double u = x[i] / many->unit[i], v = x[next] / many->unit[next], du, dv;
        sums[i % 64] += many_term(i % 6, u, v, &du, &dv);
        if (!gradient) continue;
        gradient[i] += du / many->unit[i] * (i == many->wrong ? 1.03 : 1);
        gradient[next] += dv / many->unit[next];
    }
    *loss = 0;
    for (int k = 0; k < 64; k++) *loss += sums[k];
    return STATUS_OK;
}

static void many_fill(Many *many, double *x) {
    RandomKey key = random_key(3, "probe");
    for (int i = 0; i < MANY; i++) {
        many->unit[i] = exp(27 * (random_uniform(key, (uint64_t)i) - 0.5));
        x[i] = many->unit[i] * random_normal(key, (uint64_t)(i + MANY));
        if (i % 50 == 0) many->unit[i] = 1, x[i] = 0;
    }
}

TEST(many_shapes_of_terms) {
    static Many many;
    static double x[MANY], gradient[MANY];
    Objective objective = {.n = MANY, .context = &many, .loss_gradient = loss_many};
    long long evaluations = 0;
    double loss, worst = 0;
    int alarms = 0, blind = 0, planted = 0;
    many.wrong = -1;
    many_fill(&many, x);
    loss_many(&many, x, &loss, gradient);
    /* These terms are dear: every 5th parameter has its turn. */
    static Foot feet[MANY];
    for (size_t i = 0; i < MANY; i += 5) {
        CHECK(probe_one(&objective, x, i, &feet[i], &evaluations) == STATUS_OK);
        double off = fabs(feet[i].slope - gradient[i]);
        alarms += !(off <= feet[i].noise);
        worst = fmax(worst, off / feet[i].noise);
        blind += feet[i].noise > 0.01 * fabs(gradient[i]);
    }
    printf("worst error %.2f of the stated noise; %d of 2000 felt no better than 1 %%; evaluations "
           "%lld\n",
           worst, blind, evaluations);
    CHECK_INT(alarms, 0);
    for (many.wrong = 0; many.wrong < MANY; many.wrong += 35) {
        size_t i = (size_t)many.wrong;
        double right = gradient[i];
        static double wrong[MANY];
        loss_many(&many, x, &loss, wrong);
        double error = fabs(wrong[i] - right);
        if (error < 0.03 * fabs(right) * 0.9) continue; /* a small part of that slope */
        planted++;
        CHECK(feet[i].noise < error / 2 || feet[i].noise > 0.01 * fabs(right));
        CHECK(fabs(feet[i].slope - wrong[i]) > feet[i].noise || feet[i].noise > 0.01 * fabs(right));
    }
    CHECK(planted > 100);
}

/* All 10,000, with terms that cost little. */
static Status loss_cheap(void *context, const double *x, double *loss, double *gradient) {
    const Many *many = context;
    double sums[8] = {0};
    for (int i = 0; gradient && i < MANY; i++) gradient[i] = 0;
    for (int i = 0; i < MANY; i++) {
        int next = i + 1 < MANY ? i + 1 : 0;
        double u = x[i], v = x[next], t = 1 + u * (1 + u * (0.5 + u * (v - 0.25)));
        sums[i % 8] += t;
        if (!gradient) continue;
        double du = 1 + u + 3 * u * u * (v - 0.25);
        gradient[i] += i == many->wrong ? 1.03 * du : du;
        gradient[next] += u * u * u;
    }
    *loss = 0;
    for (int k = 0; k < 8; k++) *loss += sums[k];
    return STATUS_OK;
}

TEST(ten_thousand_parameters) {
    static Many many;
    static double x[MANY], gradient[MANY], felt[MANY], wrong[MANY];
    static Foot feet[MANY];
    Objective objective = {.n = MANY, .context = &many, .loss_gradient = loss_cheap};
    long long evaluations = 0;
    double loss;
    int alarms = 0, missed = 0, shifted = 0;
    many.wrong = -1;
    for (int i = 0; i < MANY; i++) x[i] = 2 * sin(1.0 + i);
    loss_cheap(&many, x, &loss, gradient);
    CHECK(probe_gradient(&objective, x, felt, feet, &evaluations) == STATUS_OK);
    for (int i = 0; i < MANY; i++) {
        alarms += !(fabs(felt[i] - gradient[i]) <= feet[i].noise);
        CHECK(felt[i] == feet[i].slope);
    }
    for (many.wrong = 0; many.wrong < MANY; many.wrong += 97) {
        int i = many.wrong;
        loss_cheap(&many, x, &loss, wrong);
        if (fabs(wrong[i] - gradient[i]) < 1e-6) continue; /* the wrong term is nearly 0 */
        shifted++;
        missed += fabs(felt[i] - wrong[i]) <= feet[i].noise;
        for (int j = 0; j < MANY; j++)
            if (j != i) alarms += !(fabs(felt[j] - wrong[j]) <= feet[j].noise);
    }
    CHECK_INT(alarms, 0);
    CHECK_INT(missed, 0);
    CHECK(shifted > 90);
    printf("10,000 parameters: %lld evaluations, %d planted errors found\n", evaluations, shifted);
}

/* ---- one parameter ------------------------------------------------------------------------------
 */

static double (*one_function)(double);

static Status loss_one(void *context, const double *x, double *loss, double *gradient) {
    (void)context;
    *loss = one_function(x[0]);
    if (gradient) gradient[0] = NAN;
    return STATUS_OK;
}

/* Checks that the exact slope is within the noise; returns the noise relative to it. */
static double one(double (*f)(double), double at, double exact, double low, double high,
                  Foot *foot) {
    Objective objective = {.n = 1, .loss_gradient = loss_one, .low = &low, .high = &high};
    long long evaluations = 0;
    double x = at;
    one_function = f;
    CHECK(probe_one(&objective, &x, 0, foot, &evaluations) == STATUS_OK);
    CHECK(x == at);
    CHECK(fabs(foot->slope - exact) <= foot->noise);
    CHECK(foot->left >= low && foot->right <= high);
    CHECK(evaluations < 60);
    if (!(fabs(foot->slope - exact) <= foot->noise))
        printf("at %g: %g, not %g within %g\n", at, foot->slope, exact, foot->noise);
    return foot->noise / fabs(exact);
}

static double f_square(double x) {
    return x * x;
}
static double f_wave(double x) {
    return x * x - 10 * cos(2 * PROBLEM_PI * x);
}
static double f_fast(double x) {
    return sin(1e6 * x);
}
static double f_steep(double x) {
    return exp(1000 * x);
}
static double f_flat(double x) {
    return atan(x / 1e6);
}
static double f_wall(double x) {
    return x < 2 ? log(2 - x) : NAN;
}
static double f_root(double x) {
    return x >= 0 ? x * sqrt(x) : NAN;
}
static double f_hidden(double x) {
    return 1e9 + x * x;
}
static double f_constant(double x) {
    return 3 + 0 * x;
}

TEST(the_chapters_feet) {
    Foot foot;
    double noise = one(f_square, 10, 20, -INFINITY, INFINITY, &foot);
    CHECK(foot.left == 9.9 && foot.right == 10.1);
    CHECK_NEAR(foot.left_loss, 98.01, 1e-15);
    CHECK_NEAR(foot.right_loss, 102.01, 1e-15);
    CHECK_NEAR(foot.slope, 20, 1e-13);
    CHECK(noise < 1e-10);
}

TEST(single_functions) {
    const double inf = INFINITY;
    Foot foot;
    for (double at = 0.3; at < 1000; at += 11)
        CHECK(one(f_wave, at, 2 * at + 20 * PROBLEM_PI * sin(2 * PROBLEM_PI * at), -inf, inf,
                  &foot) < 1e-4);
    for (double at = 1e-8; at < 10; at *= 7)
        CHECK(one(f_fast, at, 1e6 * cos(1e6 * at), -inf, inf, &foot) < 0.01);
    CHECK(one(f_fast, 0, 1e6, -inf, inf, &foot) < 1e-3);
    CHECK(one(f_steep, 0, 1000, -inf, inf, &foot) < 1e-3);
    CHECK(one(f_steep, 0.7, 1000 * exp(700), -inf, inf, &foot) < 1e-3);
    CHECK(one(f_flat, 1, 1e-6, -inf, inf, &foot) < 1e-3);
    CHECK(one(f_flat, 1e-9, 1e-6, -inf, inf, &foot) < 1e-3);
    CHECK(one(f_wall, 1.999999, -1e6, -inf, inf, &foot) < 1e-3);
    CHECK(one(f_wall, -50, -1.0 / 52, -inf, inf, &foot) < 1e-6);
    CHECK(one(f_root, 1e-9, 1.5 * sqrt(1e-9), -inf, inf, &foot) < 1e-3);
    CHECK(one(f_hidden, 3, 6, -inf, inf, &foot) < 0.01);
    one(f_constant, 3, 0, -inf, inf, &foot);
    CHECK(foot.slope == 0);
}

TEST(feet_stay_within_bounds) {
    Foot foot;
    CHECK(one(f_square, 10, 20, 10, 11, &foot) < 1e-3);
    CHECK(foot.left == 10);
    CHECK(one(f_square, 10, 20, 9.999, 10, &foot) < 1e-3);
    one(f_square, 10, 20, 10, 10, &foot);
    CHECK(foot.left == 10 && foot.right == 10 && isinf(foot.noise));
    CHECK(one(f_root, 1, 1.5, 0, INFINITY, &foot) < 1e-6);
}

TEST_MAIN(many_shapes_of_terms, ten_thousand_parameters, the_chapters_feet, single_functions,
          feet_stay_within_bounds)
