/* least_squares: Levenberg and Marquardt's method as a trust region (More, "The Levenberg-Marquardt
 * algorithm: implementation and theory", 1978), from nothing but R, Q'r and r'r.
 *
 * Parameters are measured in units of the greatest norm that their column of the Jacobian has had,
 * so that units do not matter. Near the end the loss is too coarse a guide (a change of the
 * parameters by 1e-8 moves it by 1e-16): there undamped Gauss-Newton steps go on until they stop
 * shrinking, and the place of the smallest step is the answer. An attempt that ends badly (the
 * Jacobian has lost rank, the region shrank to nothing, far too many rounds) is repeated from the
 * start with other first radii; the lowest end counts. */
#include <float.h>
#include <math.h>

#include "optim.h"

typedef enum LmPhase { LM_REGION, LM_FINISH } LmPhase;

/* First radius against the size of the start. The first is More's. */
static const double lm_radii[] = {100, 0.1, 1, 0.001};
enum {
    LM_IDLE = 4,  /* rounds whose step did not shrink, */
    LM_NOISE = 4, /* or two within so many times the floor of rounding: the end */
    LM_SUDDEN_NOISE = 16, /* or one within so many that came suddenly: the next is far below */
    LM_ATTEMPT_ROUNDS = 1500,
    LM_TRIALS = 60,
    LM_GROWTHS = 150
};
static const double lm_finish_promise = 1e-10; /* of r'r: then the loss no longer guides */
static const double lm_sudden = 1e-3; /* of the step before: one such within the noise is enough, */
static const double lm_sharp = 1e-14; /* where the noise is this small a part of the parameters */
static const double lm_visible = 1e-12; /* of r'r: less drowns in its rounding */
static const double lm_fine = 1e-3; /* least over greatest pivot: below, steps are made finer */
static const double lm_stand_slope = 1e-7, lm_stand_step = 1e-6; /* see lm_stand */

typedef struct Lm {
    const Objective *objective;
    size_t n;
    LmPhase phase;
    bool started, arrived, first_trial;
    long long steps, evaluations, attempt_steps;
    int attempt, idle, settled;
    size_t start_rank; /* a Jacobian without full rank from the start has not lost it */
    double *storage;
    double *start, *x, *next, *step, *scale, *gradient, *best, *valley, *qtr, *qtr_next;
    double *r, *r_next;
    double rss, radius, lambda;
    double last_size, best_size, fraction; /* finishing: of the Gauss-Newton steps, scaled */
    double end_value, end_bound;           /* the last step, relative, and what rounding makes; */
    bool end_noise;                        /* no more than rounding explains */
    double start_rss, valley_rss;          /* valley: lowest end of the attempts */
    Reason valley_reason;
    bool *held;
    LinearSystem system;
} Lm;

/* ---- where the walk stands ------------------------------------------------------------------- */

static void lm_close(void *method) {
    Lm *lm = method;
    if (!lm) return;
    memory_free(lm->storage);
    memory_free(lm->held);
    optim_system_close(&lm->system);
    memory_free(lm);
}

static Status lm_open(const Objective *objective, const double *start, void **method) {
    size_t n = objective->n, count = 0;
    Lm *lm = memory_new(1, sizeof *lm);
    if (!lm) return STATUS_MEMORY;
    double **vectors[] = {
        &lm->start,
        &lm->x,
        &lm->next,
        &lm->step,
        &lm->scale,
        &lm->gradient,
        &lm->best,
        &lm->valley,
        &lm->qtr,
        &lm->qtr_next,
    };
    double **squares[] = {&lm->r, &lm->r_next};
    if (memory_multiply(n, n * COUNT_OF(squares) + COUNT_OF(vectors), &count))
        lm->storage = memory_new(count, sizeof(double));
    lm->held = memory_new(n, sizeof(bool));
    if (!optim_system_open(&lm->system, n) || !lm->storage || !lm->held) {
        lm_close(lm);
        return STATUS_MEMORY;
    }
    for (size_t k = 0; k < COUNT_OF(vectors); k++) *vectors[k] = lm->storage + k * n;
    for (size_t k = 0; k < COUNT_OF(squares); k++)
        *squares[k] = lm->storage + COUNT_OF(vectors) * n + k * n * n;
    lm->objective = objective;
    lm->n = n;
    lm->valley_rss = INFINITY;
    for (size_t i = 0; i < n; i++) lm->start[i] = start[i];
    optim_project(objective, lm->start);
    for (size_t i = 0; i < n; i++) lm->x[i] = lm->start[i];
    *method = lm;
    return STATUS_OK;
}

static Status lm_evaluate(Lm *lm, const double *x, double *r, double *qtr, double *rss) {
    const Objective *objective = lm->objective;
    lm->evaluations++;
    TRY(objective->least_squares(objective->context, x, r, qtr, rss));
    if (!optim_finite(qtr, lm->n) || !optim_finite(r, lm->n * lm->n)) *rss = NAN;
    return STATUS_OK;
}

static void lm_swap(double **a, double **b) {
    double *c = *a;
    *a = *b;
    *b = c;
}

static double lm_unit(const Lm *lm, size_t j) {
    return lm->scale[j] > 0 ? 1 / lm->scale[j] : 1;
}

/* Holds what stands at a bound and would leave it by the undamped step. */
static bool lm_hold_more(Lm *lm) {
    const Objective *objective = lm->objective;
    bool more = false;
    for (size_t k = 0; k < lm->system.free; k++) {
        size_t j = lm->system.column[k];
        double z = lm->system.z[k];
        bool out = (objective->low && lm->x[j] <= objective->low[j] && z < 0) ||
                   (objective->high && lm->x[j] >= objective->high[j] && z > 0);
        if (out) lm->held[j] = more = true;
    }
    return more;
}

/* Gradient of the loss, scale, held parameters, and the factored problem at x. */
static void lm_arrive(Lm *lm) {
    size_t n = lm->n;
    for (size_t j = 0; j < n; j++) {
        double norm = optim_norm(lm->r + j * n, j + 1);
        if (norm > lm->scale[j]) lm->scale[j] = norm;
        lm->gradient[j] = 2 * lm->objective->loss_scale * optim_dot(lm->r + j * n, lm->qtr, j + 1);
    }
    for (size_t j = 0; j < n; j++) {
        lm->held[j] = optim_held(lm->objective, lm->x, lm->gradient, j);
        lm->step[j] = lm_unit(lm, j);
    }
    for (int turn = 0; turn < 10; turn++) {
        optim_system_load(&lm->system, lm->r, lm->qtr, lm->step, lm->held);
        optim_system_factor(&lm->system);
        optim_system_solve(&lm->system);
        if (!lm_hold_more(lm)) break;
    }
    lm->arrived = true;
}

/* next = x + fraction * step, inside the bounds; the step from z. */
static void lm_propose(Lm *lm, double fraction) {
    LinearSystem *system = &lm->system;
    for (size_t j = 0; j < lm->n; j++) lm->step[j] = 0;
    for (size_t k = 0; k < system->free; k++) {
        size_t j = system->column[k];
        lm->step[j] = system->z[k] * lm_unit(lm, j);
    }
    for (size_t j = 0; j < lm->n; j++) lm->next[j] = lm->x[j] + fraction * lm->step[j];
    optim_project(lm->objective, lm->next);
}

static bool lm_moves(const Lm *lm) {
    for (size_t j = 0; j < lm->n; j++)
        if (lm->next[j] != lm->x[j]) return true;
    return false;
}

/* By how much r'r should fall for next - x, by the linear model. */
static double lm_promise(const Lm *lm) {
    double promise = 0;
    for (size_t i = 0; i < lm->n; i++) {
        double sum = 0;
        for (size_t j = i; j < lm->n; j++) sum += lm->r[j * lm->n + i] * (lm->next[j] - lm->x[j]);
        promise -= sum * (sum + 2 * lm->qtr[i]);
    }
    return promise;
}

/* Size of the parameters, scaled. */
static double lm_reach(Lm *lm) {
    for (size_t j = 0; j < lm->n; j++) lm->step[j] = lm->scale[j] * lm->x[j];
    return optim_norm(lm->step, lm->n);
}

/* ---- attempts -------------------------------------------------------------------------------- */

static void lm_first_radius(Lm *lm) {
    double size = lm_reach(lm);
    lm->radius = lm_radii[lm->attempt] * (size > 0 ? size : 1);
}

static Status lm_begin(Lm *lm) {
    size_t n = lm->n;
    for (size_t i = 0; i < n; i++) {
        lm->x[i] = lm->start[i];
        lm->scale[i] = 0;
    }
    lm->phase = LM_REGION;
    lm->attempt_steps = 0;
    lm->lambda = 0;
    lm->first_trial = true;
    TRY(lm_evaluate(lm, lm->x, lm->r, lm->qtr, &lm->rss));
    if (!isfinite(lm->rss)) return STATUS_OK;
    lm_arrive(lm);
    lm_first_radius(lm);
    lm->start_rank = lm->system.rank;
    return STATUS_OK;
}

static void lm_moved(Lm *lm, double rss_next, StepReport *report) {
    lm->steps++;
    lm->attempt_steps++;
    *report = (StepReport){.step = lm->steps,
                           .evaluations = lm->evaluations,
                           .loss = lm->objective->loss_scale * lm->rss,
                           .next_loss = lm->objective->loss_scale * rss_next,
                           .rate = 1};
    lm_swap(&lm->x, &lm->next);
    lm_swap(&lm->r, &lm->r_next);
    lm_swap(&lm->qtr, &lm->qtr_next);
    lm->rss = rss_next;
    lm->arrived = false;
    optim_report(report, lm->objective, lm->next, lm->gradient, lm->x);
}

/* Length of next - x in scaled variables. */
static double lm_size(Lm *lm) {
    for (size_t j = 0; j < lm->n; j++) lm->step[j] = (lm->next[j] - lm->x[j]) / lm_unit(lm, j);
    return optim_norm(lm->step, lm->n);
}

/* ---- one round ------------------------------------------------------------------------------- */

static void lm_resize(Lm *lm, double size, double ratio) {
    if (ratio < 0.25) {
        double shrink = ratio >= 0 ? 0.5 : ratio > -5 ? 0.5 / (1 - 0.5 * ratio) : 0.1;
        lm->radius = fmax(shrink, 0.1) * fmin(lm->radius, 10 * size);
        lm->lambda /= fmax(shrink, 0.1);
    } else if (ratio >= 0.75 || lm->lambda == 0) {
        lm->radius = 2 * size;
        lm->lambda *= 0.5;
    }
}

/* A first region that is far too small promises less than r'r can show: it grows unseen until it
 * promises more, or holds the whole step. */
static void lm_grow(Lm *lm) {
    for (int k = 0; k < LM_GROWTHS && lm->lambda > 0; k++) {
        if (lm_promise(lm) > lm_visible * lm->rss) return;
        lm->radius *= 100;
        lm->lambda = optim_system_damping(&lm->system, lm->radius, lm->lambda);
        lm_propose(lm, 1);
    }
}

/* Trials until r'r falls as the model promises. *moved stays false when no trial moves any more. */
static Status lm_region_round(Lm *lm, StepReport *report, bool *moved) {
    for (int trial = 0; trial < LM_TRIALS; trial++) {
        double rss_next, ratio, promise, size;
        lm->lambda = optim_system_damping(&lm->system, lm->radius, lm->lambda);
        lm_propose(lm, 1);
        if (lm->first_trial) lm_grow(lm);
        if (!lm_moves(lm)) return STATUS_OK;
        promise = lm_promise(lm);
        size = lm_size(lm);
        TRY(lm_evaluate(lm, lm->next, lm->r_next, lm->qtr_next, &rss_next));
        if (lm->first_trial) lm->radius = fmin(lm->radius, size);
        lm->first_trial = false;
        ratio = promise > 0 ? (lm->rss - rss_next) / promise : -INFINITY;
        if (!isfinite(rss_next)) ratio = -INFINITY;
        lm_resize(lm, size, ratio);
        if (ratio < 1e-4) continue;
        lm_moved(lm, rss_next, report);
        *moved = true;
        return STATUS_OK;
    }
    return STATUS_OK;
}

/* Near the end: the undamped step promises next to nothing of r'r, or hardly changes anything. */
static bool lm_near_end(Lm *lm) {
    bool tiny = true, bounds = lm->objective->low || lm->objective->high;
    if (lm->objective->fine_step && !bounds) return true; /* linear: one whole step is all */
    optim_system_solve(&lm->system);
    lm_propose(lm, 1);
    for (size_t j = 0; j < lm->n; j++)
        if (fabs(lm->next[j] - lm->x[j]) > 1e-9 * fabs(lm->x[j])) tiny = false;
    return tiny || lm_promise(lm) <= lm_finish_promise * lm->rss;
}

/* Rounding in r and J moves the Gauss-Newton step by about this much (scaled). */
static double lm_floor(Lm *lm) {
    const LinearSystem *system = &lm->system;
    if (system->rank == 0) return INFINITY;
    double least = fabs(system->matrix[(system->rank - 1) * (lm->n + 1)]);
    return DBL_EPSILON * (lm_reach(lm) + sqrt(lm->rss)) / least;
}

/* Keeps the place of the smallest step. Steps that grow above the floor come from the curvature of
 * the residuals; against it a part of the step still converges. */
static void lm_watch(Lm *lm, double size, double floor) {
    bool sudden = isfinite(lm->last_size) && size < lm_sudden * lm->last_size;
    bool sharp = sudden && floor <= lm_sharp * lm_reach(lm);
    double limit = (sharp ? LM_SUDDEN_NOISE : LM_NOISE) * floor;
    bool noise = size <= limit;
    if (size < lm->best_size) lm->idle = 0;
    else if (size > 0.9 * lm->last_size) lm->idle++;
    if (size < lm->best_size) {
        lm->end_noise = noise;
        double reach = fmax(lm_reach(lm), DBL_MIN);
        lm->best_size = size;
        lm->end_value = size / reach;
        lm->end_bound = limit / reach;
        for (size_t j = 0; j < lm->n; j++) lm->best[j] = lm->x[j];
    }
    if (noise) lm->settled += sharp ? 2 : 1;
    if (size > 0.9 * lm->last_size && !noise) lm->fraction = fmax(lm->fraction / 2, 0.01);
    lm->last_size = size;
}

/* The whole Gauss-Newton step; in twofold numbers where columns are nearly dependent. */
static Status lm_whole_step(Lm *lm, bool *good) {
    const LinearSystem *system = &lm->system;
    const Objective *objective = lm->objective;
    optim_system_solve(&lm->system);
    lm_propose(lm, 1);
    if (!objective->fine_step || system->free < lm->n) return STATUS_OK;
    double least = fabs(system->matrix[(system->free - 1) * (lm->n + 1)]);
    if (least > lm_fine * fabs(system->matrix[0])) return STATUS_OK;
    TRY(objective->fine_step(objective->context, lm->x, lm->step, good));
    for (size_t j = 0; j < lm->n && *good; j++) lm->next[j] = lm->x[j] + lm->step[j];
    return STATUS_OK;
}

/* *end: the steps have stopped shrinking; 'best' is where they were smallest. */
static Status lm_finish_round(Lm *lm, StepReport *report, bool *moved, bool *end) {
    double size, floor = lm_floor(lm), rss_next;
    bool fine = false;
    TRY(lm_whole_step(lm, &fine));
    size = lm_size(lm);
    lm_watch(lm, size, floor);
    if (lm->fraction < 1) lm_propose(lm, lm->fraction);
    *end = !lm_moves(lm) || lm->settled >= 2 || lm->idle >= LM_IDLE;
    if (*end) return STATUS_OK;
    TRY(lm_evaluate(lm, lm->next, lm->r_next, lm->qtr_next, &rss_next));
    bool rises = !fine && rss_next > lm->rss * (1 + 1e-8);
    if (!isfinite(rss_next) || rises) {
        *end = size <= 16 * floor;
        if (!*end) lm->phase = LM_REGION;
        lm->radius = 0.25 * size;
        return STATUS_OK;
    }
    lm_moved(lm, rss_next, report);
    *moved = true;
    return STATUS_OK;
}

/* ---- ends ------------------------------------------------------------------------------------ */

static Status lm_end(Lm *lm, Reason end, StepReport *report, Reason *reason) {
    *report = (StepReport){.step = lm->steps,
                           .evaluations = lm->evaluations,
                           .loss = lm->objective->loss_scale * lm->rss,
                           .next_loss = lm->objective->loss_scale * lm->rss};
    optim_report(report, lm->objective, lm->x, lm->gradient, lm->x);
    if (end == REASON_STEP) {
        report->end_value = lm->end_value;
        report->end_bound = lm->end_bound;
    }
    if (end == REASON_STEP && report->slope == 0) { /* flat: no step was there to be measured */
        report->end_value = report->end_bound = 0;
        end = REASON_SLOPE;
    }
    *reason = end;
    return STATUS_OK;
}

/* Stands at a point again. */
static Status lm_return(Lm *lm, const double *x) {
    for (size_t j = 0; j < lm->n; j++) lm->x[j] = x[j];
    TRY(lm_evaluate(lm, lm->x, lm->r, lm->qtr, &lm->rss));
    if (isfinite(lm->rss)) lm_arrive(lm);
    return STATUS_OK;
}

/* The attempt came to its end at x. *done: no further attempt is worth while, and x is the answer.
 */
static Status lm_conclude(Lm *lm, Reason why, bool *done) {
    bool full = lm->system.rank == lm->system.free || lm->system.rank == lm->start_rank;
    bool good = why > 0 && lm->phase == LM_FINISH && full;
    if (lm->rss < lm->valley_rss) {
        lm->valley_rss = lm->rss;
        lm->valley_reason = why;
        for (size_t j = 0; j < lm->n; j++) lm->valley[j] = lm->x[j];
    }
    *done = good || lm->attempt + 1 == COUNT_OF(lm_radii);
    if (*done && lm->rss == lm->valley_rss) return STATUS_OK;
    if (*done) return lm_return(lm, lm->valley);
    lm->attempt++;
    return lm_begin(lm);
}

/* Nothing moves, or steps have stopped shrinking above the floor. Rounding may explain that where
 * the slope is small beside r and J, and the step that would be due is small beside x; a valley
 * that runs off to infinity has a small slope and a large step. */
static Reason lm_stand(Lm *lm) {
    double sizes = sqrt(lm->rss) * (double)lm->system.free;
    bool flat = optim_system_slope(&lm->system) <= lm_stand_slope * sizes;
    optim_system_solve(&lm->system);
    lm_propose(lm, 1);
    return flat && lm_size(lm) <= lm_stand_step * lm_reach(lm) ? REASON_ROUNDING : REASON_STALLED;
}

/* Asks for the residuals one by one only where they may be all zero: that is a pass over the data.
 */
static bool lm_exact(Lm *lm) {
    const Objective *objective = lm->objective;
    double size = sqrt(lm->rss), least = 1e-12;
    if (lm->rss == 0) return true;
    if (!objective->exact) return false;
    bool near = size <= least * sqrt(lm->start_rss) || size <= least * lm_reach(lm);
    return (near || lm->steps == 0) && objective->exact(objective->context, lm->x);
}

/* One round within the attempt, or its end: *why. */
static Status lm_round(Lm *lm, StepReport *report, bool *moved, Reason *why) {
    bool end = false;
    if (!lm->arrived) lm_arrive(lm);
    if (lm->phase == LM_REGION && lm_near_end(lm)) {
        lm->phase = LM_FINISH;
        lm->idle = lm->settled = 0;
        lm->best_size = lm->last_size = INFINITY;
        lm->fraction = 1;
    }
    if (lm->phase == LM_FINISH) {
        TRY(lm_finish_round(lm, report, moved, &end));
        if (end && lm->idle > 0) TRY(lm_return(lm, lm->best));
        if (end) *why = lm->end_noise ? REASON_STEP : lm_stand(lm);
        if (end || *moved) return STATUS_OK;
    }
    TRY(lm_region_round(lm, report, moved));
    if (!*moved) *why = lm_stand(lm);
    if (lm->attempt_steps >= LM_ATTEMPT_ROUNDS) *why = REASON_STALLED;
    return STATUS_OK;
}

static Status lm_step(void *method, StepReport *report, Reason *reason) {
    Lm *lm = method;
    *reason = REASON_RUNNING;
    if (!lm->started) {
        TRY(lm_begin(lm));
        lm->started = true;
        lm->start_rss = lm->rss;
    }
    if (!isfinite(lm->rss)) return lm_end(lm, REASON_NON_FINITE, report, reason);
    for (;;) {
        bool moved = false, done = false;
        Reason why = REASON_RUNNING;
        if (lm_exact(lm)) return lm_end(lm, REASON_EXACT, report, reason);
        TRY(lm_round(lm, report, &moved, &why));
        if (why != REASON_RUNNING) TRY(lm_conclude(lm, why, &done));
        if (done) return lm_end(lm, lm->valley_reason, report, reason);
        if (moved) return STATUS_OK;
    }
}

static const double *lm_answer(const void *method) {
    return ((const Lm *)method)->x;
}

static size_t lm_state(const void *method, const double **arrays, size_t capacity) {
    const Lm *lm = method;
    if (capacity > 0) arrays[0] = lm->x;
    if (capacity > 1) arrays[1] = lm->gradient;
    if (capacity > 2) arrays[2] = lm->scale;
    return 3;
}

const Method optim_marquardt = {
    .name = "marquardt",
    .needs_least_squares = true,
    .open = lm_open,
    .step = lm_step,
    .answer = lm_answer,
    .state = lm_state,
    .close = lm_close,
};
