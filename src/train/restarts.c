/* --restarts: further walks from other starts, and the valleys they end in.
 *
 * Odd restarts look far: anywhere within the bounds, or around the start at growing distances, two
 * by two in opposite directions. Even ones hop from the lowest place so far, at a distance drawn
 * over two decades (basin hopping: Wales and Doye, J. Phys. Chem. A 101, 1997). All draws are
 * keyed by the seed and the restart's number. */
#include "train.h"

#include <math.h>
#include <string.h>

enum { RESTART_VALLEYS = 100 };
static const double RESTART_LOWER = 1e-12; /* relative: less is rounding, and changes nothing */
static const double RESTART_REACH = 10; /* of a free parameter, in units of its size (at least 1) */

static bool restart_left(const Walk *walk) {
    return walk->first_done && walk->options.restarts > walk->restarts_done;
}

/* The flag may rise at any moment: it is read once. */
bool restart_goes_on(Walk *walk) {
    if (!restart_left(walk)) return false;
    if (!walk_stopped(walk)) return true;
    walk->facts.reason = REASON_INTERRUPTED;
    return false;
}

/* ---- where to start -------------------------------------------------------------------------- */

typedef struct RestartDraw {
    RandomKey uniform, normal;
    double far;  /* odd restarts: distance in units of the parameter's size */
    double near; /* even restarts: fraction of the reach */
    bool hop, mirrored; /* the second of two opposite looks */
    long index;         /* of the draws */
} RestartDraw;

static RestartDraw restart_draw(const Walk *walk, long number) {
    static const double FAR[] = {1, 3, 10, 30};
    RestartDraw draw = {.uniform = random_key(walk->options.seed, "restart uniform"),
                        .normal = random_key(walk->options.seed, "restart normal")};
    RandomKey radius = random_key(walk->options.seed, "restart radius");
    draw.hop = number % 2 == 0;
    draw.mirrored = number % 4 == 3;
    draw.index = draw.mirrored ? number - 2 : number;
    draw.far = FAR[(number / 4) % (long)COUNT_OF(FAR)];
    /* 10^(-2 u), by repeated square roots of ten: no function of the machine's library. */
    double u = 2 * random_uniform(radius, (uint64_t)number), factor = 10;
    draw.near = 1;
    for (int whole = (int)u; whole > 0; whole--) draw.near /= 10;
    for (double rest = u - floor(u), bit = 0.5; bit > 1e-3; bit /= 2) {
        factor = sqrt(factor);
        if (rest >= bit) {
            draw.near /= factor;
            rest -= bit;
        }
    }
    return draw;
}

static double restart_value(const Walk *walk, const RestartDraw *draw, size_t i, uint64_t index) {
    const Objective *objective = train_objective(walk->problem);
    double low = objective->low ? objective->low[i] : -INFINITY;
    double high = objective->high ? objective->high[i] : INFINITY;
    double u = random_uniform(draw->uniform, index), z = random_normal(draw->normal, index);
    bool box = isfinite(low) && isfinite(high);
    double value;
    if (draw->mirrored) {
        u = 1 - u;
        z = -z;
    }
    if (draw->hop) {
        double reach = box ? (high - low) / 2 : RESTART_REACH * fmax(1, fabs(walk->values[i]));
        value = walk->values[i] + draw->near * reach * (2 * u - 1);
    } else {
        value = box ? low + u * (high - low)
                    : walk->start[i] + draw->far * fmax(1, fabs(walk->start[i])) * z;
    }
    return value < low ? low : value > high ? high : value;
}

static void restart_point(const Walk *walk, long number, double *point) {
    RestartDraw draw = restart_draw(walk, number);
    for (size_t i = 0; i < walk->n; i++)
        point[i] = restart_value(walk, &draw, i, (uint64_t)draw.index * walk->n + i);
}

/* ---- valleys --------------------------------------------------------------------------------- */

static bool restart_same(const Valley *valley, double loss, const double *values, size_t n) {
    if (!(fabs(valley->loss - loss) <= 1e-9 + 1e-6 * fabs(loss))) return false;
    for (size_t i = 0; i < n; i++)
        if (!(fabs(valley->values[i] - values[i]) <= 1e-4 * (1 + fabs(values[i])))) return false;
    return true;
}

static Status restart_insert(Walk *walk, size_t place, double loss, const double *values) {
    double *copy = memory_new(walk->n + 1, sizeof *copy);
    if (!copy || !memory_reserve(&walk->valleys, &walk->valleys_capacity, walk->n_valleys + 1,
                                 sizeof *walk->valleys)) {
        memory_free(copy);
        return STATUS_MEMORY;
    }
    memcpy(copy, values, walk->n * sizeof *values);
    memmove(walk->valleys + place + 1, walk->valleys + place,
            (walk->n_valleys - place) * sizeof *walk->valleys);
    walk->valleys[place] = (Valley){.loss = loss, .values = copy, .walks = 1};
    walk->n_valleys++;
    if (walk->n_valleys > RESTART_VALLEYS) memory_free(walk->valleys[--walk->n_valleys].values);
    return STATUS_OK;
}

static Status restart_note(Walk *walk, double loss, const double *values) {
    size_t place = 0;
    if (!isfinite(loss)) return STATUS_OK;
    for (size_t k = 0; k < walk->n_valleys; k++) {
        if (restart_same(&walk->valleys[k], loss, values, walk->n)) {
            walk->valleys[k].walks++;
            return STATUS_OK;
        }
        if (walk->valleys[k].loss <= loss) place = k + 1;
    }
    return restart_insert(walk, place, loss, values);
}

Status restart_note_first(Walk *walk) {
    return restart_note(walk, walk->facts.loss, walk->values);
}

/* ---- walking --------------------------------------------------------------------------------- */

static Status restart_rounds(Walk *walk, Walker *walker, Stop *stop, StepReport *report,
                             Reason *reason, Error *error) {
    *reason = REASON_RUNNING;
    while (*reason == REASON_RUNNING) {
        TRY(optim_step(walker, report, reason, error));
        if (!isfinite(report->loss)) *reason = REASON_NON_FINITE;
        if (*reason == REASON_RUNNING) *reason = stop_check(stop, report, walk_seconds(walk));
        if (*reason == REASON_RUNNING && walk_stopped(walk)) *reason = REASON_INTERRUPTED;
    }
    return STATUS_OK;
}

/* The lowest end becomes the walk's own. */
static void restart_keep(Walk *walk, Walker *walker, Stop *stop, const StepReport *report,
                         double loss, Reason reason) {
    WalkFacts *facts = &walk->facts;
    const Objective *exact = train_exact_objective(walk->problem);
    memcpy(walk->values, optim_answer(walker), walk->n * sizeof(double));
    facts->loss = loss;
    facts->reason = reason;
    facts->restarted = true;
    stop_numbers(stop, &facts->stop_value, &facts->stop_bound);
    if (isnan(facts->stop_value)) { /* the method ended by itself */
        facts->stop_value = report->end_value;
        facts->stop_bound = report->end_bound;
    }
    double again = 0;
    if (exact->loss_gradient(exact->context, walk->values, &again, walk->slope_before) == STATUS_OK)
        facts->slope = optim_slope(exact, walk->values, walk->slope_before);
}

static Status restart_run(Walk *walk, Walker *walker, Stop *stop, StepReport *report,
                          Error *error) {
    Reason reason;
    TRY(restart_rounds(walk, walker, stop, report, &reason, error));
    walk->facts.evaluations += report->evaluations;
    double loss = NAN;
    TRY(walk_feel_end(walk, walker, optim_answer(walker), &loss, walk->work));
    bool usable = isfinite(loss) && reason != REASON_NON_FINITE && reason != REASON_DIVERGED;
    bool first_failed = walk->facts.reason < 0 && reason > 0;
    bool cut = reason == REASON_INTERRUPTED;
    bool lower = !(walk->facts.loss <= loss + RESTART_LOWER * fabs(loss));
    if (usable && (lower || (first_failed && loss <= walk->facts.loss)))
        restart_keep(walk, walker, stop, report, loss, reason);
    if (cut) walk->facts.reason = reason;
    return usable && !cut ? restart_note(walk, loss, optim_answer(walker)) : STATUS_OK;
}

static Status restart_walk(Walk *walk, StepReport *report, Error *error) {
    StopSettings settings = {.max_steps = walk->max_steps,
                             .user_rate = walk->options.rate != NULL,
                             .until = walk->options.until};
    Walker *walker = NULL;
    Stop *stop = NULL;
    restart_point(walk, walk->restarts_done, walk->work);
    Status status =
        optim_open(train_objective(walk->problem), &walk->method, walk->work, &walker, error);
    settings.first_order = walker && optim_is_first_order(walker) && !optim_ends_itself(walker);
    if (status == STATUS_OK) status = stop_open(&settings, walk->n, &stop, error);
    if (status == STATUS_OK) status = restart_run(walk, walker, stop, report, error);
    if (status == STATUS_OK) { /* the report outlives its walker: point it at what stays */
        report->at = walk->work;
        report->gradient = walk->slope_before;
        report->next = walk->values;
    }
    optim_close(walker);
    stop_close(stop);
    return status;
}

Status restart_step(Walk *walk, StepReport *report, long *restart, Reason *reason, Error *error) {
    if (restart_goes_on(walk)) {
        *restart = ++walk->restarts_done;
        TRY(restart_walk(walk, report, error));
        walk->facts.seconds = walk_seconds(walk);
    } else {
        *report = walk->report;
    }
    *reason = restart_goes_on(walk) ? REASON_RUNNING : walk->facts.reason;
    return STATUS_OK;
}

bool train_walk_valley(const Walk *walk, size_t k, Valley *valley) {
    if (k >= walk->n_valleys) return false;
    *valley = walk->valleys[k];
    return true;
}
