/* quasi_newton: the walk shared by BFGS and L-BFGS.
 *
 * Bounds: parameters that stand at a bound while the slope pushes them out are held, and the others
 * walk until the next bound is met. The walk ends when the slope is small against both the start
 * and the last rounds (a start in a region of enormous slopes alone proves nothing), when the step
 * no longer changes a parameter, or when losses drown in rounding and the slope has stopped
 * shrinking too. A line search that fails is tried again with the measured noise of the loss, then
 * without what was learned about curvature; after that the gradient is held against the loss to
 * decide between "converged to rounding" and "stalled".
 *
 * What a walk has learned about curvature may be wrong in a long flat valley, or where parameters
 * have very different units; then its steps vanish too early. So an end is believed only when a
 * step from exact second derivatives gains nothing either (where the objective has them, for up to
 * QUASI_NEWTON parameters); and a slope of zero on a saddle or a top is left downhill. */
#include <float.h>
#include <math.h>
#include <string.h>

#include "optim.h"

enum {
    QUASI_RECENT = 20,
    QUASI_IDLE = 8,
    QUASI_PATIENCE = 12,
    QUASI_NEWTON = 200,
    QUASI_FALLS = 14
};
static const double quasi_small_slope = 1e-13, quasi_small_loss = 1e-20;
static const double quasi_foot = 1e-6;        /* times 1 + |x| */
static const double quasi_claim_slope = 1e-8; /* less may not be called a small slope */

typedef struct Quasi {
    const Objective *objective;
    const Curvature *kind;
    void *curvature;
    bool started;
    long long steps, evaluations;
    double loss, noise, start_loss;
    double start_slope, recent[QUASI_RECENT];
    double best_slope, best_loss;
    double end_value, end_bound; /* for the report of the end */
    int idle;
    double *storage; /* of the vectors below */
    double *x, *gradient, *next, *next_gradient, *direction, *scratch;
    double *best, *best_gradient; /* lowest, or flattest where losses drown in rounding */
    double *newton;               /* work for a Newton step, or NULL: none is made */
    bool *held;
} Quasi;

static void quasi_close(void *method) {
    Quasi *quasi = method;
    if (!quasi) return;
    if (quasi->curvature) quasi->kind->close(quasi->curvature);
    memory_free(quasi->storage);
    memory_free(quasi->newton);
    memory_free(quasi->held);
    memory_free(quasi);
}

static Status quasi_open(const Objective *objective, const double *start, const Curvature *kind,
                         void **method) {
    size_t n = objective->n, count = 0;
    Quasi *quasi = memory_new(1, sizeof *quasi);
    if (!quasi) return STATUS_MEMORY;
    double **vectors[] = {&quasi->x,       &quasi->gradient,      &quasi->next,
                          &quasi->scratch, &quasi->next_gradient, &quasi->direction,
                          &quasi->best,    &quasi->best_gradient};
    quasi->objective = objective;
    quasi->kind = kind;
    quasi->curvature = kind->open(n);
    if (memory_multiply(n, COUNT_OF(vectors), &count))
        quasi->storage = memory_new(count, sizeof(double));
    quasi->held = memory_new(n, sizeof(bool));
    bool newton = objective->hessian_vector && n <= QUASI_NEWTON;
    if (newton) quasi->newton = memory_new(n * (n + 2), sizeof(double));
    if (!quasi->curvature || !quasi->storage || !quasi->held || (newton && !quasi->newton)) {
        quasi_close(quasi);
        return STATUS_MEMORY;
    }
    for (size_t k = 0; k < COUNT_OF(vectors); k++) *vectors[k] = quasi->storage + k * n;
    for (size_t i = 0; i < n; i++) quasi->x[i] = start[i];
    optim_project(objective, quasi->x);
    quasi->best_slope = INFINITY;
    quasi->best_loss = INFINITY;
    *method = quasi;
    return STATUS_OK;
}

static Status quasi_open_dense(const Objective *objective, const double *start, void **method) {
    return quasi_open(objective, start, &optim_dense_curvature, method);
}

static Status quasi_open_limited(const Objective *objective, const double *start, void **method) {
    return quasi_open(objective, start, &optim_limited_curvature, method);
}

/* ---- where to go ----------------------------------------------------------------------------- */

/* Holds what stands at a bound and would be pushed out by the slope, or by the direction. */
static double quasi_descend(Quasi *quasi) {
    const Objective *objective = quasi->objective;
    bool again = true;
    for (size_t i = 0; i < objective->n; i++)
        quasi->held[i] = optim_held(objective, quasi->x, quasi->gradient, i);
    for (int turn = 0; again; turn++) {
        again = false;
        if (turn == 10) quasi->kind->reset(quasi->curvature);
        quasi->kind->direction(quasi->curvature, quasi->gradient, quasi->held, quasi->direction);
        for (size_t i = 0; turn < 10 && i < objective->n; i++) {
            double d = quasi->direction[i];
            bool out = (objective->low && quasi->x[i] <= objective->low[i] && d < 0) ||
                       (objective->high && quasi->x[i] >= objective->high[i] && d > 0);
            if (out) quasi->held[i] = again = true;
        }
    }
    return optim_dot(quasi->gradient, quasi->direction, objective->n);
}

/* A direction that leads down, by its slope; enormous slopes are brought back into range. */
static double quasi_head(Quasi *quasi) {
    size_t n = quasi->objective->n;
    double along = quasi_descend(quasi);
    if (along < 0 && isfinite(along)) return along;
    quasi->kind->reset(quasi->curvature);
    along = quasi_descend(quasi);
    if (isfinite(along)) return along;
    double size = optim_largest(quasi->direction, n);
    for (size_t i = 0; i < n; i++) quasi->direction[i] /= size;
    return optim_dot(quasi->gradient, quasi->direction, n);
}

static double quasi_longest(const Quasi *quasi) {
    const Objective *objective = quasi->objective;
    double longest = INFINITY;
    for (size_t i = 0; i < objective->n; i++) {
        double d = quasi->direction[i], room = INFINITY;
        if (objective->low && d < 0) room = (objective->low[i] - quasi->x[i]) / d;
        if (objective->high && d > 0) room = (objective->high[i] - quasi->x[i]) / d;
        if (room < longest) longest = room;
    }
    return longest;
}

/* Without any curvature: a hundredth of the size of the parameters, or of the loss (Hager and
 * Zhang). The search grows it quickly. */
static double quasi_first_length(const Quasi *quasi, double slope) {
    size_t n = quasi->objective->n;
    double reach = optim_largest(quasi->x, n), steepest = optim_largest(quasi->direction, n);
    double length = 1;
    if (!quasi->kind->fresh(quasi->curvature)) return 1;
    if (reach > 0)
        length = 0.01 * reach / steepest;
    else if (quasi->loss != 0)
        length = 0.01 * fabs(quasi->loss / slope);
    return length > 0 && isfinite(length) ? length : 1 / steepest;
}

static bool quasi_step_vanishes(Quasi *quasi) {
    quasi->end_value = 0;
    quasi->end_bound = DBL_EPSILON;
    if (quasi->kind->fresh(quasi->curvature)) return false;
    for (size_t i = 0; i < quasi->objective->n; i++) {
        double x = quasi->x[i], d = quasi->direction[i];
        if (x + d != x) return false;
        if (d != 0) quasi->end_value = fmax(quasi->end_value, fabs(d / x));
    }
    return true;
}

/* ---- ends ------------------------------------------------------------------------------------ */

/* Small against the start and the last rounds, and what is left to gain is nothing against the loss
 * (or the loss itself nothing against the start). */
static bool quasi_slope_small(Quasi *quasi, double slope, double promise) {
    double greatest = 0;
    quasi->recent[quasi->steps % QUASI_RECENT] = slope;
    for (int k = 0; k < QUASI_RECENT; k++) greatest = fmax(greatest, quasi->recent[k]);
    greatest = fmin(greatest, quasi->start_slope);
    bool gained = promise <= 1e-4 * DBL_EPSILON * fabs(quasi->loss) ||
                  fabs(quasi->loss) <= quasi_small_loss * fabs(quasi->start_loss);
    quasi->end_value = slope;
    quasi->end_bound = quasi_small_slope * greatest;
    return slope == 0 || (slope <= quasi->end_bound && gained);
}

/* True when rounding leaves nothing to gain: the loss has not fallen and the slope has not halved
 * for a few rounds (QUASI_IDLE where the step promises less than the noise of the loss, else
 * QUASI_PATIENCE: at a kink a step may promise much and give nothing). Then the walk stands at the
 * point of the smallest slope since. */
static bool quasi_drowned(Quasi *quasi, double slope, double promise) {
    size_t n = quasi->objective->n;
    double noise = fmax(quasi->noise, 4 * DBL_EPSILON * fabs(quasi->loss));
    bool visible = promise > noise;
    bool lower = visible && quasi->loss < quasi->best_loss;
    bool flatter = slope < quasi->best_slope && quasi->loss <= quasi->best_loss + noise;
    quasi->idle = lower || (flatter && slope < 0.5 * quasi->best_slope) ? 0 : quasi->idle + 1;
    if (lower || flatter) {
        quasi->best_slope = slope;
        quasi->best_loss = quasi->loss;
        for (size_t i = 0; i < n; i++) {
            quasi->best[i] = quasi->x[i];
            quasi->best_gradient[i] = quasi->gradient[i];
        }
    }
    if (quasi->idle < (visible ? QUASI_PATIENCE : QUASI_IDLE)) return false;
    quasi->loss = quasi->best_loss;
    for (size_t i = 0; i < n; i++) {
        quasi->x[i] = quasi->best[i];
        quasi->gradient[i] = quasi->best_gradient[i];
    }
    return true;
}

static Status quasi_end(Quasi *quasi, Reason end, StepReport *report, Reason *reason) {
    *report = (StepReport){.step = quasi->steps,
                           .evaluations = quasi->evaluations,
                           .loss = quasi->loss,
                           .next_loss = quasi->loss};
    optim_report(report, quasi->objective, quasi->x, quasi->gradient, quasi->x);
    if (end == REASON_SLOPE || end == REASON_STEP) {
        report->end_value = quasi->end_value;
        report->end_bound = quasi->end_bound;
    }
    *reason = end;
    return STATUS_OK;
}

static Status quasi_start(Quasi *quasi) {
    const Objective *objective = quasi->objective;
    quasi->started = true;
    quasi->evaluations++;
    TRY(objective->loss_gradient(objective->context, quasi->x, &quasi->loss, quasi->gradient));
    quasi->start_slope = optim_slope(objective, quasi->x, quasi->gradient);
    quasi->start_loss = quasi->loss;
    return STATUS_OK;
}

/* ---- one round ------------------------------------------------------------------------------- */

static Status quasi_search(Quasi *quasi, LineSearch *search, double slope, double first) {
    *search = (LineSearch){
        .objective = quasi->objective,
        .x = quasi->x,
        .direction = quasi->direction,
        .loss = quasi->loss,
        .slope = slope,
        .first = first,
        .longest = quasi_longest(quasi),
        .noise = fmax(quasi->noise, 4 * DBL_EPSILON * fabs(quasi->loss)),
        .trial = quasi->next,
        .gradient = quasi->next_gradient,
    };
    TRY(optim_line_search(search));
    quasi->evaluations += search->evaluations;
    return STATUS_OK;
}

/* At the bottom of a kink the gradient is that of one side and leads nowhere: there every foot, to
 * both sides along each parameter, feels the ground no lower. */
static Status quasi_lowest_by_foot(Quasi *quasi, bool *lowest) {
    const Objective *objective = quasi->objective;
    double *point = quasi->scratch;
    *lowest = objective->n <= QUASI_NEWTON;
    memcpy(point, quasi->x, objective->n * sizeof *point);
    for (size_t i = 0; i < objective->n && *lowest; i++) {
        for (int side = -1; side <= 1 && *lowest; side += 2) {
            double felt = 0;
            point[i] = quasi->x[i] + side * quasi_foot * (1 + fabs(quasi->x[i]));
            optim_project(objective, point);
            quasi->evaluations++;
            TRY(objective->loss_gradient(objective->context, point, &felt, NULL));
            if (felt < quasi->loss) *lowest = false;
        }
        point[i] = quasi->x[i];
    }
    return STATUS_OK;
}

/* The search failed: once more with the measured noise, then along the steepest descent; then the
 * verdict. */
static Status quasi_rescue(Quasi *quasi, LineSearch *search, Reason *verdict) {
    bool agrees = true;
    TRY(optim_loss_noise(quasi->objective, quasi->x, quasi->loss, quasi->scratch, &quasi->noise,
                         &quasi->evaluations));
    quasi->noise *= 4; /* for what a few samples did not show */
    if (quasi->noise > search->noise)
        TRY(quasi_search(quasi, search, search->slope, search->first));
    if (search->end != LINE_FAILED) return STATUS_OK;
    if (!quasi->kind->fresh(quasi->curvature)) {
        quasi->kind->reset(quasi->curvature);
        double slope = quasi_descend(quasi);
        TRY(quasi_search(quasi, search, slope, quasi_first_length(quasi, slope)));
        if (search->end != LINE_FAILED) return STATUS_OK;
    }
    double size = optim_norm(quasi->direction, quasi->objective->n);
    for (size_t i = 0; i < quasi->objective->n; i++) quasi->direction[i] /= size;
    TRY(optim_gradient_agrees(quasi->objective, quasi->x, quasi->loss, quasi->direction,
                              search->slope / size, quasi->noise, quasi->scratch, &agrees,
                              &quasi->evaluations));
    if (!agrees) TRY(quasi_lowest_by_foot(quasi, &agrees));
    *verdict = agrees ? REASON_ROUNDING : REASON_STALLED;
    return STATUS_OK;
}

static void quasi_learn(Quasi *quasi) {
    size_t n = quasi->objective->n;
    double *step = quasi->scratch, *change = quasi->direction;
    for (size_t i = 0; i < n; i++) {
        step[i] = quasi->next[i] - quasi->x[i];
        change[i] = quasi->held[i] ? 0 : quasi->next_gradient[i] - quasi->gradient[i];
    }
    double product = optim_dot(step, change, n);
    double sizes = optim_norm(step, n) * optim_norm(change, n);
    if (product > DBL_EPSILON * sizes && isfinite(product))
        quasi->kind->learn(quasi->curvature, step, change, product);
}

/* The report holds x as 'at' until the next round; then next becomes x. */
static void quasi_swap(double **a, double **b) {
    double *c = *a;
    *a = *b;
    *b = c;
}

/* Takes the step that a search has found. */
static Status quasi_move(Quasi *quasi, const LineSearch *search, StepReport *report,
                         Reason *reason) {
    quasi->steps++;
    *report = (StepReport){.step = quasi->steps,
                           .evaluations = quasi->evaluations,
                           .loss = quasi->loss,
                           .next_loss = search->trial_loss,
                           .rate = search->length};
    quasi_learn(quasi);
    quasi->loss = search->trial_loss;
    quasi_swap(&quasi->x, &quasi->next);
    quasi_swap(&quasi->gradient, &quasi->next_gradient);
    optim_report(report, quasi->objective, quasi->next, quasi->next_gradient, quasi->x);
    *reason = REASON_RUNNING;
    return STATUS_OK;
}

/* An end, unless a Newton step still gains: a lower loss beyond its noise, or half the slope. */
static Status quasi_last_word(Quasi *quasi, Reason end, StepReport *report, Reason *reason) {
    const Objective *objective = quasi->objective;
    LineSearch search;
    if (!quasi->newton) return quasi_end(quasi, end, report, reason);
    for (size_t i = 0; i < objective->n; i++)
        quasi->held[i] = optim_held(objective, quasi->x, quasi->gradient, i);
    TRY(optim_newton_direction(objective, quasi->x, quasi->gradient, quasi->held, quasi->newton,
                               quasi->direction));
    double along = optim_dot(quasi->gradient, quasi->direction, objective->n);
    if (!(along < 0) || !isfinite(along) || quasi_longest(quasi) == 0)
        return quasi_end(quasi, end, report, reason);
    TRY(quasi_search(quasi, &search, along, 1));
    double slope = optim_slope(objective, quasi->x, quasi->gradient);
    bool found = search.end == LINE_FOUND || search.end == LINE_SHORT;
    bool gains = found && (search.trial_loss < quasi->loss - 2 * search.noise ||
                           optim_slope(objective, quasi->next, quasi->next_gradient) < 0.5 * slope);
    if (gains) return quasi_move(quasi, &search, report, reason);
    return quasi_end(quasi, end, report, reason);
}

/* From a saddle or a top, where the slope is zero: a step either way along which the ground falls.
 */
static Status quasi_fall(Quasi *quasi, bool *moved, StepReport *report, Reason *reason) {
    const Objective *objective = quasi->objective;
    LineSearch fall = {.trial = quasi->next};
    double noise = fmax(quasi->noise, 4 * DBL_EPSILON * fabs(quasi->loss));
    double length = 1;
    for (int trial = 0; trial < QUASI_FALLS; trial++) {
        for (size_t i = 0; i < objective->n; i++)
            quasi->next[i] = quasi->x[i] + length * quasi->direction[i];
        optim_project(objective, quasi->next);
        quasi->evaluations++;
        TRY(objective->loss_gradient(objective->context, quasi->next, &fall.trial_loss,
                                     quasi->next_gradient));
        *moved = isfinite(fall.trial_loss) && fall.trial_loss < quasi->loss - 4 * noise &&
                 optim_finite(quasi->next_gradient, objective->n);
        if (*moved) break;
        length *= trial % 2 ? -0.1 : -1;
    }
    if (!*moved) return STATUS_OK;
    fall.length = length;
    quasi->start_slope =
        fmax(quasi->start_slope, optim_slope(objective, quasi->next, quasi->next_gradient));
    quasi->kind->reset(quasi->curvature);
    return quasi_move(quasi, &fall, report, reason);
}

/* The slope is small: a bottom, unless the ground falls off from here. */
static Status quasi_bottom(Quasi *quasi, StepReport *report, Reason *reason) {
    const Objective *objective = quasi->objective;
    bool falls = false, moved = false;
    for (size_t i = 0; i < objective->n; i++)
        quasi->held[i] = optim_held(objective, quasi->x, quasi->gradient, i);
    if (quasi->newton)
        TRY(optim_falling_direction(objective, quasi->x, quasi->held, quasi->newton,
                                    quasi->direction, &falls));
    if (falls) TRY(quasi_fall(quasi, &moved, report, reason));
    return moved ? STATUS_OK : quasi_end(quasi, REASON_SLOPE, report, reason);
}

static Status quasi_walk(Quasi *quasi, double slope, StepReport *report, Reason *reason) {
    LineSearch search;
    Reason verdict = REASON_RUNNING;
    TRY(quasi_search(quasi, &search, slope, quasi_first_length(quasi, slope)));
    if (search.end == LINE_FAILED) TRY(quasi_rescue(quasi, &search, &verdict));
    if (search.end == LINE_UNBOUNDED) verdict = REASON_DIVERGED;
    if (verdict == REASON_ROUNDING) return quasi_last_word(quasi, verdict, report, reason);
    if (verdict != REASON_RUNNING) return quasi_end(quasi, verdict, report, reason);
    return quasi_move(quasi, &search, report, reason);
}

static Status quasi_step(void *method, StepReport *report, Reason *reason) {
    Quasi *quasi = method;
    if (!quasi->started) TRY(quasi_start(quasi));
    if (!isfinite(quasi->loss) || !isfinite(quasi->start_slope))
        return quasi_end(quasi, REASON_NON_FINITE, report, reason);
    double slope = optim_slope(quasi->objective, quasi->x, quasi->gradient);
    double along = slope > 0 ? quasi_head(quasi) : 0;
    if (quasi_slope_small(quasi, slope, -along)) return quasi_bottom(quasi, report, reason);
    if (quasi_step_vanishes(quasi)) return quasi_last_word(quasi, REASON_STEP, report, reason);
    if (quasi_drowned(quasi, slope, -along)) {
        quasi->end_value = quasi->best_slope;
        quasi->end_bound = quasi_claim_slope * quasi->start_slope;
        bool small = quasi->end_value <= quasi->end_bound;
        return quasi_last_word(quasi, small ? REASON_SLOPE : REASON_ROUNDING, report, reason);
    }
    return quasi_walk(quasi, along, report, reason);
}

static const double *quasi_answer(const void *method) {
    return ((const Quasi *)method)->x;
}

static size_t quasi_state(const void *method, const double **arrays, size_t capacity) {
    const Quasi *quasi = method;
    if (capacity > 0) arrays[0] = quasi->x;
    if (capacity > 1) arrays[1] = quasi->gradient;
    size_t used = capacity < 2 ? capacity : 2;
    return 2 + quasi->kind->state(quasi->curvature, arrays + used, capacity - used);
}

const Method optim_bfgs = {
    .name = "bfgs",
    .open = quasi_open_dense,
    .step = quasi_step,
    .answer = quasi_answer,
    .state = quasi_state,
    .close = quasi_close,
};

const Method optim_lbfgs = {
    .name = "lbfgs",
    .open = quasi_open_limited,
    .step = quasi_step,
    .answer = quasi_answer,
    .state = quasi_state,
    .close = quasi_close,
};
