/* separable: the method "lm". Where residuals are linear in some parameters it solves for these
 * first, walks over the others alone, and finishes over all; else it is Levenberg and Marquardt's
 * way from the start. */
#include <math.h>

#include "optim.h"

typedef enum SeparableStage { STAGE_LINEAR, STAGE_INNER, STAGE_ALL } SeparableStage;

enum { SEPARABLE_PAIRS = 10 };
static const double SEPARABLE_RISE = 1e-7; /* of the loss: more is no rounding */
static const double SEPARABLE_DONE = 1e-9; /* of the loss: a round that wins less ends the stage */

typedef struct Separable {
    const Objective *objective;
    SeparableStage stage;
    Projection projection;
    void *inner, *all;         /* Levenberg and Marquardt's */
    double *here;               /* n: where it stands */
    double *at, *next, *slope;  /* n each: of the newest report */
    double *y;                  /* starts of the parameters that are not linear */
    double inner_loss; /* where the inner walk stands */
    long long steps, evaluations; /* of the stages that are over */
} Separable;

static void separable_close(void *method) {
    Separable *separable = method;
    if (!separable) return;
    optim_marquardt.close(separable->inner);
    optim_marquardt.close(separable->all);
    optim_projection_close(&separable->projection);
    memory_free(separable->here);
    memory_free(separable);
}

static bool separable_any(const Objective *objective) {
    for (size_t i = 0; objective->linear && i < objective->n; i++)
        if (objective->linear[i]) return true;
    return false;
}

static Status separable_fill(const Objective *objective, const double *start,
                             Separable *separable) {
    size_t n = objective->n;
    separable->objective = objective;
    separable->here = memory_new(n + 1, 5 * sizeof *separable->here);
    if (!separable->here) return STATUS_MEMORY;
    separable->at = separable->here + n;
    separable->next = separable->at + n;
    separable->slope = separable->next + n;
    separable->y = separable->slope + n;
    for (size_t i = 0; i < n; i++) separable->here[i] = start[i];
    optim_project(objective, separable->here);
    separable->stage = separable_any(objective) ? STAGE_LINEAR : STAGE_ALL;
    if (separable->stage == STAGE_ALL)
        return optim_marquardt.open(objective, separable->here, &separable->all);
    if (!optim_projection_open(&separable->projection, objective)) return STATUS_MEMORY;
    optim_projection_start(&separable->projection, separable->here);
    return STATUS_OK;
}

static Status separable_open(const Objective *objective, const double *start, void **method) {
    Separable *separable = memory_new(1, sizeof *separable);
    if (!separable) return STATUS_MEMORY;
    Status status = separable_fill(objective, start, separable);
    if (status == STATUS_OK) *method = separable;
    else separable_close(separable);
    return status;
}

/* ---- stages ---------------------------------------------------------------------------------- */

static long long separable_count(const Separable *separable) {
    return separable->evaluations + separable->projection.evaluations;
}

/* A round from 'here' to where the projection stands; 'slope' is that of the start. */
static void separable_moved(Separable *separable, double loss, double next_loss,
                            StepReport *report) {
    for (size_t i = 0; i < separable->objective->n; i++) {
        separable->at[i] = separable->here[i];
        separable->here[i] = separable->next[i] = separable->projection.x[i];
    }
    *report = (StepReport){.step = ++separable->steps,
                           .evaluations = separable_count(separable),
                           .loss = loss,
                           .next_loss = next_loss,
                           .rate = 1};
    optim_report(report, separable->objective, separable->at, separable->slope, separable->next);
}

/* The next stage: over the parameters that are not linear where there are any, else over all. */
static Status separable_turn(Separable *separable, bool inner) {
    Projection *projection = &separable->projection;
    size_t m = projection->n_linear, n = projection->n;
    separable->stage = inner && m < n ? STAGE_INNER : STAGE_ALL;
    if (separable->stage == STAGE_ALL)
        return optim_marquardt.open(separable->objective, separable->here, &separable->all);
    for (size_t k = 0; m + k < n; k++) separable->y[k] = separable->here[projection->order[m + k]];
    separable->inner_loss = INFINITY;
    return optim_marquardt.open(&projection->inner, separable->y, &separable->inner);
}

/* A first round to where the end is foreseen, if it is lower there. */
static Status separable_foresee(Separable *separable, StepReport *report, bool *moved) {
    const Objective *objective = separable->objective;
    Projection *projection = &separable->projection;
    double loss, rss;
    bool found = false;
    TRY(objective->foresee(objective->context, separable->here, separable->next, &found));
    if (!found) return STATUS_OK;
    TRY(objective->loss_gradient(objective->context, separable->here, &loss, separable->slope));
    separable->evaluations++;
    for (size_t i = 0; i < objective->n; i++) projection->x[i] = separable->next[i];
    TRY(optim_projection_stand(projection, NULL, &rss));
    *moved = isfinite(loss) && objective->loss_scale * rss < loss * (1 - SEPARABLE_DONE);
    if (*moved) {
        separable_moved(separable, loss, objective->loss_scale * rss, report);
        return separable_turn(separable, false);
    }
    for (size_t i = 0; i < objective->n; i++) projection->x[i] = separable->here[i];
    return STATUS_OK;
}

/* One round moves the linear parameters alone; none where they are the best already. */
static Status separable_linear(Separable *separable, StepReport *report, bool *moved) {
    const Objective *objective = separable->objective;
    double scale = objective->loss_scale, before, rss;
    if (objective->foresee) TRY(separable_foresee(separable, report, moved));
    if (*moved) return STATUS_OK;
    TRY(optim_project_linear(&separable->projection, separable->slope, &before, &rss));
    for (size_t i = 0; i < objective->n; i++) separable->slope[i] *= scale;
    bool good = isfinite(before) && isfinite(rss) &&
                optim_finite(separable->projection.x, objective->n);
    if (good && rss < before * (1 - SEPARABLE_DONE)) {
        separable_moved(separable, scale * before, scale * rss, report);
        *moved = true;
    }
    return separable_turn(separable, good);
}

/* Slopes by the linear parameters are zero here. */
static void separable_spread_slope(Separable *separable, const double *inner) {
    const Projection *projection = &separable->projection;
    size_t m = projection->n_linear;
    for (size_t k = 0; k < projection->n; k++)
        separable->slope[projection->order[k]] = k < m ? 0 : inner[k - m];
}

static bool separable_within(const Objective *objective, size_t i, double value) {
    return !(objective->low && value < objective->low[i]) &&
           !(objective->high && value > objective->high[i]);
}

/* Two terms of one form (a*exp(-b*x) + c*exp(-d*x)) may have changed places on the way: then the
 * parameters go back to the order of their starts. */
static Status separable_keep_order(Separable *separable, double rss) {
    Projection *projection = &separable->projection;
    size_t m = projection->n_linear, n = projection->n;
    for (size_t a = m; a < n && n - m <= SEPARABLE_PAIRS; a++) {
        for (size_t b = a + 1; b < n; b++) {
            size_t i = projection->order[a], j = projection->order[b];
            double *here = separable->here, before = separable->y[a - m] - separable->y[b - m];
            double swapped = INFINITY, unused, left = here[i], right = here[j];
            if (!(before * (left - right) < 0)) continue;
            if (!separable_within(separable->objective, i, right) ||
                !separable_within(separable->objective, j, left))
                continue;
            for (size_t k = 0; k < n; k++) projection->x[k] = here[k];
            projection->x[i] = right;
            projection->x[j] = left;
            TRY(optim_project_linear(projection, NULL, &unused, &swapped));
            if (!(swapped <= rss * (1 + SEPARABLE_DONE))) continue;
            for (size_t k = 0; k < n; k++) here[k] = projection->x[k];
        }
    }
    return STATUS_OK;
}

static Status separable_inner(Separable *separable, StepReport *report, bool *moved) {
    StepReport inner;
    Reason reason = REASON_RUNNING;
    TRY(optim_marquardt.step(separable->inner, &inner, &reason));
    bool good = isfinite(inner.next_loss) &&
                optim_finite(separable->projection.x, separable->objective->n);
    /* It has begun once more from the start: all parameters go on from its first end. */
    if (inner.loss > separable->inner_loss * (1 + SEPARABLE_RISE))
        return separable_turn(separable, false);
    separable->inner_loss = inner.next_loss;
    if (reason == REASON_RUNNING && good) {
        separable_spread_slope(separable, inner.gradient);
        separable_moved(separable, inner.loss, inner.next_loss, report);
        *moved = true;
    }
    bool done = !good || reason != REASON_RUNNING ||
                inner.loss - inner.next_loss <= SEPARABLE_DONE * inner.loss;
    if (!done) return STATUS_OK;
    if (good)
        TRY(separable_keep_order(separable, inner.next_loss / separable->objective->loss_scale));
    return separable_turn(separable, false);
}

static Status separable_step(void *method, StepReport *report, Reason *reason) {
    Separable *separable = method;
    bool moved = false;
    *reason = REASON_RUNNING;
    if (separable->stage == STAGE_LINEAR) TRY(separable_linear(separable, report, &moved));
    if (!moved && separable->stage == STAGE_INNER)
        TRY(separable_inner(separable, report, &moved));
    if (moved) return STATUS_OK;
    TRY(optim_marquardt.step(separable->all, report, reason));
    report->step += separable->steps;
    report->evaluations += separable_count(separable);
    return STATUS_OK;
}

static const double *separable_answer(const void *method) {
    const Separable *separable = method;
    return separable->all ? optim_marquardt.answer(separable->all) : separable->here;
}

static size_t separable_state(const void *method, const double **arrays, size_t capacity) {
    const Separable *separable = method;
    if (separable->all) return optim_marquardt.state(separable->all, arrays, capacity);
    if (capacity > 0) arrays[0] = separable->here;
    return 1;
}

const Method optim_separable = {
    .name = "lm",
    .needs_least_squares = true,
    .open = separable_open,
    .step = separable_step,
    .answer = separable_answer,
    .state = separable_state,
    .close = separable_close,
};
