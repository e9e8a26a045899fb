/* foresee: where least squares over many rows will end, to the accuracy of some of them.
 *
 * Every pass over a large table takes long, and most of a fit's passes only find the neighbourhood
 * of its end. A walk over some thousand rows finds it as well, as far as these rows know it; the
 * passes over all are left for the digits. It is a proposal: the method looks whether the sum of
 * squares over all rows is lower there. */
#include "train.h"

#include <string.h>

enum {
    FORESEE_LEAST = 1 << 18, /* rows: of fewer, passes are cheap */
    FORESEE_ROWS = 1 << 13,
    FORESEE_ROUNDS = 100
};

static Status foresee_walk(const Objective *objective, const double *x, double *next,
                           bool *found) {
    MethodSettings settings = {.name = "lm", .last_step = FORESEE_ROUNDS};
    StepReport report = {0};
    Reason reason = REASON_RUNNING;
    Walker *walker = NULL;
    Error ignored;
    error_none(&ignored);
    Status status = optim_open(objective, &settings, x, &walker, &ignored);
    for (int k = 0; k < FORESEE_ROUNDS && status == STATUS_OK && reason == REASON_RUNNING; k++)
        status = optim_step(walker, &report, &reason, &ignored);
    *found = status == STATUS_OK && reason > 0 && optim_finite(optim_answer(walker), objective->n);
    if (*found) memcpy(next, optim_answer(walker), objective->n * sizeof *next);
    optim_close(walker);
    return status == STATUS_MEMORY ? status : STATUS_OK;
}

Status foresee_end(Problem *problem, const double *x, double *next, bool *found) {
    Sample sample;
    *found = false;
    bool squares = train_objective(problem)->least_squares != NULL;
    if (!squares || train_rows(problem).count < FORESEE_LEAST) return STATUS_OK;
    TRY(sample_open_runs(problem, FORESEE_ROWS, &sample));
    Objective objective = *train_objective(problem);
    objective.foresee = NULL;
    Status status = sample.columns ? foresee_walk(&objective, x, next, found) : STATUS_OK;
    sample_close(problem, &sample);
    return status;
}
