/* squares: least-squares problems in closed form, as Objectives; Jacobians by complex steps. */
#ifndef DESCEND_TEST_SQUARES_H
#define DESCEND_TEST_SQUARES_H

#include "problems.h"

typedef struct SquaresProblem {
    size_t n, rows;
    Number (*model)(const Number *b, double x);
    const double *x, *y;
    Qr *qr;
    long long calls;
} SquaresProblem;

static inline Status squares_evaluate(void *context, const double *b, double *r, double *qtr,
                                      double *rss) {
    SquaresProblem *problem = context;
    Number z[PROBLEM_MAX];
    double row[PROBLEM_MAX] = {0};
    problem->calls++;
    qr_reset(problem->qr);
    for (size_t j = 0; j < problem->n; j++) z[j] = b[j];
    for (size_t i = 0; i < problem->rows; i++) {
        double model = creal(problem->model(z, problem->x[i]));
        for (size_t j = 0; r && j < problem->n; j++) {
            z[j] = b[j] + 1e-150 * I;
            row[j] = -cimag(problem->model(z, problem->x[i])) / 1e-150;
            z[j] = b[j];
        }
        qr_add(problem->qr, row, problem->y[i] - model);
    }
    qr_finish(problem->qr, r, qtr, rss);
    return STATUS_OK;
}

/* Every residual within 4 units in the last place of y. */
static inline bool squares_exact(void *context, const double *b) {
    SquaresProblem *problem = context;
    Number z[PROBLEM_MAX];
    for (size_t j = 0; j < problem->n; j++) z[j] = b[j];
    for (size_t i = 0; i < problem->rows; i++) {
        double y = problem->y[i], model = creal(problem->model(z, problem->x[i]));
        if (!(fabs(y - model) <= 4 * DBL_EPSILON * fabs(y))) return false;
    }
    return true;
}

/* The loss is the mean of squares; its gradient is 2/m J'r = 2/m R'(Q'r). */
static inline Status squares_loss(void *context, const double *b, double *loss, double *gradient) {
    SquaresProblem *problem = context;
    size_t n = problem->n;
    double r[PROBLEM_MAX * PROBLEM_MAX], qtr[PROBLEM_MAX], rss;
    squares_evaluate(context, b, r, qtr, &rss);
    *loss = rss / (double)problem->rows;
    for (size_t j = 0; gradient && j < n; j++)
        gradient[j] = 2 / (double)problem->rows * optim_dot(r + j * n, qtr, j + 1);
    return STATUS_OK;
}

static inline Objective squares_objective(SquaresProblem *problem) {
    return (Objective){.n = problem->n,
                       .context = problem,
                       .loss_gradient = squares_loss,
                       .least_squares = squares_evaluate,
                       .exact = squares_exact,
                       .loss_scale = 1 / (double)problem->rows,
                       .n_residuals = problem->rows};
}

#endif
