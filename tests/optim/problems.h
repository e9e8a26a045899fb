/* problems: closed-form functions with known minima, as Objectives that know no graph. Gradients
 * come from complex steps (Squire and Trapp, SIAM Review 40, 1998): exact to rounding, and
 * independent of the differentiation that the library does. */
#ifndef DESCEND_TEST_PROBLEMS_H
#define DESCEND_TEST_PROBLEMS_H

#include "../../src/optim/optim.h"

#include <complex.h>
#include <float.h>
#include <math.h>

enum { PROBLEM_MAX = 8 };
#define PROBLEM_PI 3.14159265358979323846

typedef double _Complex Number;
typedef Number (*ProblemFormula)(const Number *x);

typedef struct TestProblem {
    const char *name;
    size_t n;
    ProblemFormula formula;
    double start[PROBLEM_MAX];
    double minimum;
    bool one_valley; /* from the standard start the listed minimum itself must be reached */
} TestProblem;

static inline Number squared(Number a) {
    return a * a;
}

static inline Number problem_rosenbrock(const Number *x) {
    return 100 * squared(x[1] - squared(x[0])) + squared(1 - x[0]);
}

static inline Number problem_beale(const Number *x) {
    return squared(1.5 - x[0] * (1 - x[1])) + squared(2.25 - x[0] * (1 - squared(x[1]))) +
           squared(2.625 - x[0] * (1 - x[1] * squared(x[1])));
}

static inline Number problem_himmelblau(const Number *x) {
    return squared(squared(x[0]) + x[1] - 11) + squared(x[0] + squared(x[1]) - 7);
}

static inline Number problem_powell(const Number *x) {
    return squared(x[0] + 10 * x[1]) + 5 * squared(x[2] - x[3]) +
           squared(squared(x[1] - 2 * x[2])) + 10 * squared(squared(x[0] - x[3]));
}

static inline Number problem_wood(const Number *x) {
    return 100 * squared(x[1] - squared(x[0])) + squared(1 - x[0]) +
           90 * squared(x[3] - squared(x[2])) + squared(1 - x[2]) + 10 * squared(x[1] + x[3] - 2) +
           0.1 * squared(x[1] - x[3]);
}

static inline Number problem_freudenstein(const Number *x) {
    return squared(-13 + x[0] + ((5 - x[1]) * x[1] - 2) * x[1]) +
           squared(-29 + x[0] + ((x[1] + 1) * x[1] - 14) * x[1]);
}

static inline Number problem_booth(const Number *x) {
    return squared(x[0] + 2 * x[1] - 7) + squared(2 * x[0] + x[1] - 5);
}

static inline Number problem_matyas(const Number *x) {
    return 0.26 * (squared(x[0]) + squared(x[1])) - 0.48 * x[0] * x[1];
}

static inline Number problem_camel(const Number *x) {
    Number s = squared(x[0]);
    return 2 * s - 1.05 * s * s + s * s * s / 6 + x[0] * x[1] + squared(x[1]);
}

static inline Number problem_rastrigin(const Number *x) {
    return 20 + (squared(x[0]) - 10 * ccos(2 * PROBLEM_PI * x[0])) +
           (squared(x[1]) - 10 * ccos(2 * PROBLEM_PI * x[1]));
}

static inline Number problem_ackley(const Number *x) {
    return -20 * cexp(-0.2 * csqrt((squared(x[0]) + squared(x[1])) / 2)) -
           cexp((ccos(2 * PROBLEM_PI * x[0]) + ccos(2 * PROBLEM_PI * x[1])) / 2) + 20 + exp(1);
}

static inline Number problem_mccormick(const Number *x) {
    return csin(x[0] + x[1]) + squared(x[0] - x[1]) - 1.5 * x[0] + 2.5 * x[1] + 1;
}

static inline Number problem_griewank(const Number *x) {
    return 1 + (squared(x[0]) + squared(x[1])) / 4000 - ccos(x[0]) * ccos(x[1] / sqrt(2));
}

static inline Number problem_sphere(const Number *x) {
    return squared(x[0]) + squared(x[1]) + squared(x[2]);
}

static inline Number problem_sum_squares(const Number *x) {
    return squared(x[0]) + 2 * squared(x[1]) + 3 * squared(x[2]);
}

static const TestProblem test_problems[] = {
    {"Rosenbrock", 2, problem_rosenbrock, {-1.2, 1}, 0, true},
    {"Beale", 2, problem_beale, {1, 1}, 0, true},
    {"Himmelblau", 2, problem_himmelblau, {0, 0}, 0, true},
    {"Powell singular", 4, problem_powell, {3, -1, 0, 1}, 0, true},
    {"Wood", 4, problem_wood, {-3, -1, -3, -1}, 0, true},
    {"Freudenstein-Roth", 2, problem_freudenstein, {0.5, -2}, 0, false},
    {"Booth", 2, problem_booth, {0, 0}, 0, true},
    {"Matyas", 2, problem_matyas, {5, -3}, 0, true},
    {"Three-hump camel", 2, problem_camel, {0.5, 0.5}, 0, false},
    {"Rastrigin", 2, problem_rastrigin, {0.4, -0.3}, 0, false},
    {"Ackley", 2, problem_ackley, {0.3, 0.2}, 0, true},
    {"McCormick", 2, problem_mccormick, {0, 0}, -1.9132229549810364, true},
    {"Griewank", 2, problem_griewank, {0.5, -0.5}, 0, false},
    {"Sphere", 3, problem_sphere, {1, -2, 3}, 0, true},
    {"Sum squares", 3, problem_sum_squares, {1, -2, 3}, 0, true},
};

typedef struct ProblemContext {
    const TestProblem *problem;
    long long calls;
} ProblemContext;

static inline Status problem_loss_gradient(void *context, const double *x, double *loss,
                                           double *gradient) {
    ProblemContext *state = context;
    Number z[PROBLEM_MAX];
    state->calls++;
    for (size_t i = 0; i < state->problem->n; i++) z[i] = x[i];
    *loss = creal(state->problem->formula(z));
    for (size_t i = 0; gradient && i < state->problem->n; i++) {
        z[i] = x[i] + 1e-150 * I;
        gradient[i] = cimag(state->problem->formula(z)) / 1e-150;
        z[i] = x[i];
    }
    return STATUS_OK;
}

static inline Objective problem_objective(ProblemContext *context) {
    return (Objective){
        .n = context->problem->n, .context = context, .loss_gradient = problem_loss_gradient};
}

/* Runs a method until it ends, or for at most 'rounds' rounds. Returns why it ended. */
static inline Reason problem_run(const Method *method, const Objective *objective,
                                 const double *start, long rounds, double *x, StepReport *report) {
    void *state = NULL;
    Reason reason = REASON_RUNNING;
    if (method->open(objective, start, &state) != STATUS_OK) return REASON_INTERRUPTED;
    for (long k = 0; k < rounds && reason == REASON_RUNNING; k++)
        if (method->step(state, report, &reason) != STATUS_OK) reason = REASON_INTERRUPTED;
    for (size_t i = 0; i < objective->n; i++) x[i] = method->answer(state)[i];
    report->at = report->next = report->gradient = NULL;
    method->close(state);
    return reason;
}

#endif
