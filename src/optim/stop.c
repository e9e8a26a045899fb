/* stop: looks at each finished round and says when, and why, the walk is over.
 *
 * The methods in C know themselves when they have arrived; here are the tests for update rules, the
 * user's own test ('--until'), the limit on rounds, and numbers that are not finite. The thresholds
 * stand together below. */
#include <float.h>
#include <limits.h>
#include <math.h>
#include <string.h>

#include "optim.h"

static const double stop_slope = 1e-8;    /* of the slope at the start: converged */
static const double stop_slope_ok = 1e-6; /* the same, where nothing moves any more */
static const double stop_rest = 1e-6;     /* of the first step: as good as none */
static const double stop_flying = 9; /* times the scale of the loss above its start: ten times */
static const double stop_promise =
    0.1;                            /* of what the first step promises: scale of a loss near 0 */
static const double stop_far = 1e6; /* times the start, or 1: so far away, infinity is a flight */
static const double stop_return = 1e-12; /* the same place as before, to rounding */
enum {
    STOP_STILL = 3,     /* rounds without any movement */
    STOP_CREEPING = 20, /* rounds that moved by a few units in the last place only */
    STOP_RISING = 5,    /* rounds above the limit, each higher than the one before */
    STOP_ABOVE = 20,    /* rounds above the limit, however they go */
    STOP_PERIOD = 4,    /* longest cycle that is recognised */
    STOP_RETURNS = 6,   /* rounds in a row that stand where they stood a cycle before */
    STOP_UPHILL = 3     /* first rounds that all walk up the slope and raise the loss */
};

enum { UNTIL_LOSS, UNTIL_SLOPE, UNTIL_CHANGE, UNTIL_T, UNTIL_SECONDS, UNTIL_COUNT };

struct Stop {
    StopSettings settings;
    size_t n;
    Graph *graph; /* of 'until', or NULL */
    Plan *plan;
    long long rounds;
    double start_loss, start_slope, lowest, last_loss, scale, reach, first_step;
    int still, creeping, rising, above, uphill;
    bool level; /* the slope was small in the round before as well */
    bool climbing; /* every round so far walked up the slope */
    double *past;  /* STOP_PERIOD positions, as a ring; NULL without a user's rate */
    int returns[STOP_PERIOD + 1];
    double value, bound;
};

static Status stop_open_until(Stop *stop, const char *text, Error *error) {
    static const char *const names[UNTIL_COUNT] = {
        [UNTIL_LOSS] = "loss", [UNTIL_SLOPE] = "slope",     [UNTIL_CHANGE] = "change",
        [UNTIL_T] = "t",       [UNTIL_SECONDS] = "seconds",
    };
    Ast *ast = NULL;
    NodeId value = NODE_NONE;
    PlanOptions options = {0};
    TRY(lang_parse(NULL, text, strlen(text), LANG_EXPRESSION, &ast, error));
    Status status = graph_build_expression(ast, names, UNTIL_COUNT, &stop->graph, &value, error);
    lang_free(ast);
    TRY(status);
    return exec_plan(stop->graph, &value, 1, &options, &stop->plan, error);
}

Status stop_open(const StopSettings *settings, size_t n, Stop **stop, Error *error) {
    size_t count = 0;
    Status status = STATUS_OK;
    *stop = memory_new(1, sizeof **stop);
    if (!*stop) return error_memory(error);
    (*stop)->settings = *settings;
    (*stop)->settings.until = NULL; /* the text is the caller's */
    (*stop)->n = n;
    (*stop)->value = (*stop)->bound = NAN;
    if (settings->first_order && settings->user_rate) {
        bool fits = memory_multiply(n, STOP_PERIOD, &count);
        (*stop)->past = fits ? memory_new(count, sizeof(double)) : NULL;
        if (!(*stop)->past) status = error_memory(error);
    }
    if (status == STATUS_OK && settings->until)
        status = stop_open_until(*stop, settings->until, error);
    if (status == STATUS_OK) return STATUS_OK;
    stop_close(*stop);
    *stop = NULL;
    return status;
}

void stop_close(Stop *stop) {
    if (!stop) return;
    exec_free(stop->plan);
    graph_free(stop->graph);
    memory_free(stop->past);
    memory_free(stop);
}

bool stop_asks_seconds(const Stop *stop) {
    return stop->plan != NULL;
}

void stop_numbers(const Stop *stop, double *value, double *bound) {
    *value = stop->value;
    *bound = stop->bound;
}

static Reason stop_because(Stop *stop, Reason reason, double value, double bound) {
    stop->value = value;
    stop->bound = bound;
    return reason;
}

/* ---- single tests; each answers REASON_RUNNING or its reason ----------------------------------
 */

static double stop_change(const Stop *stop, const StepReport *report) {
    return stop->rounds == 1 ? INFINITY : fabs(report->loss - stop->last_loss);
}

static Reason stop_until(Stop *stop, const StepReport *report, double seconds) {
    double parameters[UNTIL_COUNT] = {
        [UNTIL_LOSS] = report->loss,
        [UNTIL_SLOPE] = report->slope,
        [UNTIL_CHANGE] = stop_change(stop, report),
        [UNTIL_T] = (double)report->step,
        [UNTIL_SECONDS] = seconds,
    };
    double value = 0;
    double *results[] = {&value};
    Rows none = {0};
    if (!stop->plan) return REASON_RUNNING;
    if (exec_run(stop->plan, parameters, &none, results, NULL) != STATUS_OK) return REASON_RUNNING;
    return value != 0 && !isnan(value) ? REASON_UNTIL : REASON_RUNNING;
}

/* How much a loss may rise and not be called flying off: the size of the loss at the start, or,
 * where that is near zero, how far it has fallen or was promised to fall by the first step. */
static void stop_measure(Stop *stop, const StepReport *report) {
    if (stop->rounds == 1) {
        double promise = 0;
        stop->start_loss = stop->lowest = report->loss;
        stop->start_slope = report->slope;
        stop->climbing = true;
        for (size_t i = 0; i < stop->n; i++)
            promise += fabs(report->gradient[i] * (report->next[i] - report->at[i]));
        stop->scale = fmax(fabs(report->loss), isfinite(promise) ? stop_promise * promise : 0);
        stop->reach = optim_largest(report->at, stop->n);
    }
    if (report->loss < stop->lowest) stop->lowest = report->loss;
    double fall = stop->start_loss - stop->lowest;
    if (fall > stop->scale) stop->scale = fall;
    bool higher = stop->rounds > 1 && report->loss > stop->last_loss;
    bool above = report->loss - stop->start_loss > stop_flying * stop->scale;
    stop->above = above ? stop->above + 1 : 0;
    stop->rising = above && higher ? stop->rising + 1 : 0;
}

static Reason stop_not_finite(Stop *stop, const StepReport *report) {
    if (report->finite) return REASON_RUNNING;
    bool far = optim_largest(report->at, stop->n) > stop_far * fmax(stop->reach, 1);
    bool flew = stop->above > 0 || (isinf(report->loss) && (far || report->loss < 0));
    if (flew && stop->settings.first_order && stop->rounds > 1)
        return stop_because(stop, REASON_DIVERGED, report->loss, stop->start_loss);
    return stop_because(stop, REASON_NON_FINITE, report->loss, stop->start_loss);
}

static double stop_step(const Stop *stop, const StepReport *report) {
    return optim_distance(report->next, report->at, stop->n);
}

/* A rule that rolls may cross the bottom at full speed: it must feel it twice, or come to rest. */
static bool stop_rests(Stop *stop, const StepReport *report) {
    bool level = stop->level;
    stop->level = true;
    return level || stop_step(stop, report) <= stop_rest * stop->first_step;
}

/* No parameter moves by more than a few units in its last place, or in that of 1. */
static bool stop_creeps(const Stop *stop, const StepReport *report) {
    for (size_t i = 0; i < stop->n; i++) {
        double size = fabs(report->at[i]), room = 4 * DBL_EPSILON * (size > 1 ? size : 1);
        if (!(fabs(report->next[i] - report->at[i]) <= room)) return false;
    }
    return true;
}

static Reason stop_arrived(Stop *stop, const StepReport *report) {
    double bound = stop_slope * stop->start_slope;
    if (stop->rounds == 1) stop->first_step = stop_step(stop, report);
    if (report->slope <= bound && stop_rests(stop, report))
        return stop_because(stop, REASON_SLOPE, report->slope, bound);
    if (report->slope > bound) stop->level = false;
    stop->still = report->moved ? 0 : stop->still + 1;
    stop->creeping = stop_creeps(stop, report) ? stop->creeping + 1 : 0;
    if (stop->still < STOP_STILL && stop->creeping < STOP_CREEPING) return REASON_RUNNING;
    bound = stop_slope_ok * stop->start_slope;
    return stop_because(stop, report->slope <= bound ? REASON_ROUNDING : REASON_STALLED,
                        report->slope, bound);
}

static Reason stop_flies_off(Stop *stop, const StepReport *report) {
    if (stop->rising < STOP_RISING && stop->above < STOP_ABOVE) return REASON_RUNNING;
    return stop_because(stop, REASON_DIVERGED, report->loss,
                        stop->start_loss + stop_flying * stop->scale);
}

static Reason stop_climbs(Stop *stop, const StepReport *report) {
    double along = 0, moved = 0;
    for (size_t i = 0; stop->climbing && i < stop->n; i++) {
        double step = report->next[i] - report->at[i];
        along += report->gradient[i] * step;
        moved += step * step;
    }
    bool up = along > 0.5 * report->slope * sqrt(moved);
    bool higher = stop->rounds == 1 || report->loss > stop->last_loss;
    stop->climbing = stop->climbing && up && higher;
    if (!stop->climbing || stop->rounds <= STOP_UPHILL) return REASON_RUNNING;
    return stop_because(stop, REASON_UPHILL, report->loss, stop->start_loss);
}

/* Greatest difference to the position 'period' rounds ago. */
static double stop_distance(const Stop *stop, const double *at, int period) {
    const double *past =
        stop->past + (stop->rounds - 1 - period) % STOP_PERIOD * (long long)stop->n;
    return optim_distance(at, past, stop->n);
}

static Reason stop_swings(Stop *stop, const StepReport *report) {
    Reason reason = REASON_RUNNING;
    if (!stop->past) return reason;
    double room = stop_return * optim_largest(report->at, stop->n);
    bool moving = stop->rounds > 1 && stop_distance(stop, report->at, 1) > 1e3 * room;
    for (int period = 2; period <= STOP_PERIOD && period < stop->rounds; period++) {
        double distance = stop_distance(stop, report->at, period);
        stop->returns[period] = moving && distance <= room ? stop->returns[period] + 1 : 0;
        if (stop->returns[period] >= STOP_RETURNS && reason == REASON_RUNNING)
            reason = stop_because(stop, REASON_OSCILLATING, distance, room);
    }
    double *slot = stop->past + (stop->rounds - 1) % STOP_PERIOD * (long long)stop->n;
    memcpy(slot, report->at, stop->n * sizeof(double));
    return reason;
}

/* ---- all of them ----------------------------------------------------------------------------- */

static Reason stop_own_tests(Stop *stop, const StepReport *report) {
    Reason reasons[] = {
        stop_arrived(stop, report),
        stop_climbs(stop, report),
        stop_flies_off(stop, report),
        stop_swings(stop, report),
    };
    for (size_t k = 0; k < COUNT_OF(reasons); k++)
        if (reasons[k] != REASON_RUNNING) return reasons[k];
    return REASON_RUNNING;
}

Reason stop_check(Stop *stop, const StepReport *report, double seconds) {
    const StopSettings *settings = &stop->settings;
    stop->rounds++;
    Reason reason = stop_not_finite(stop, report);
    if (reason != REASON_RUNNING) return reason;
    stop_measure(stop, report);
    reason = stop_until(stop, report, seconds);
    if (reason == REASON_RUNNING && settings->first_order && !settings->user_steps)
        reason = stop_own_tests(stop, report);
    stop->last_loss = report->loss;
    if (reason != REASON_RUNNING) return reason;
    if (settings->max_steps > 0 && report->step >= settings->max_steps)
        return settings->user_steps ? REASON_STEPS_DONE : REASON_STEP_LIMIT;
    return REASON_RUNNING;
}

/* ---- rounds in one go ------------------------------------------------------------------------ */

void stop_begin_stretch(const Stop *stop, double *record) {
    record[0] = stop->start_loss;
    record[1] = stop->lowest;
    record[2] = stop->scale;
    record[3] = stop->last_loss;
    record[4] = stop->above;
    record[5] = stop->rising;
}

void stop_note_stretch(Stop *stop, const double *record, long long rounds) {
    stop->rounds += rounds;
    stop->lowest = record[1];
    stop->scale = record[2];
    stop->last_loss = record[3];
    stop->above = record[4] < INT_MAX ? (int)record[4] : INT_MAX;
    stop->rising = record[5] < INT_MAX ? (int)record[5] : INT_MAX;
}
