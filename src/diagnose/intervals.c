/* Intervals on request: what their kinds share - who has one, the walk, the notes. */
#include "diagnose.h"

#include <math.h>
#include <string.h>

enum { INTERVAL_ROUNDS = 500, INTERVAL_NAMES = MESSAGE_ARG_SIZE - 30 };

bool interval_wanted(const Intervals *intervals, size_t i) {
    const FitStatistics *fit = intervals->fit;
    return fit && fit->none == MSG_NONE &&
           (fit->unavailable[i] == MSG_NONE || fit->unavailable[i] == MSG_NO_ERROR_AT_BOUND);
}

bool interval_stopped(const Intervals *intervals) {
    return intervals->options.stop && atomic_load(intervals->options.stop) != 0;
}

void interval_note(Intervals *intervals, MessageId id, const bool *which, const char *more) {
    Text names = {0};
    for (size_t i = 0; i < intervals->n; i++) {
        if (!which[i]) continue;
        if (names.length > 0) text_add(&names, ", ");
        if (names.length > INTERVAL_NAMES) {
            text_add(&names, "...");
            break;
        }
        graph_scalar_name(train_graph(intervals->problem), i, &names);
    }
    if (names.length > 0)
        error_set(notes_add(&intervals->notes), STATUS_OK, id, text_string(&names), more, NULL);
    if (names.failed) intervals->notes.failed = true;
    text_free(&names);
}

/* ---- one walk -------------------------------------------------------------------------------- */

static Status interval_rounds(const Intervals *intervals, const Objective *objective,
                              Walker *walker, double enough, double *end, double *rss,
                              bool *arrived, Error *error) {
    StepReport report = {0};
    Reason reason = REASON_RUNNING;
    bool small = false;
    for (int round = 0; round < INTERVAL_ROUNDS && reason == REASON_RUNNING && !small; round++) {
        if (interval_stopped(intervals)) return STATUS_INTERRUPTED;
        TRY(optim_step(walker, &report, &reason, error));
        small = enough >= 0 && report.moved &&
                report.loss - report.next_loss <= enough * report.next_loss;
    }
    bool back = report.loss < report.next_loss; /* the last steps may rise by rounding */
    memcpy(end, back ? report.at : report.next, objective->n * sizeof *end);
    *rss = (back ? report.loss : report.next_loss) / objective->loss_scale;
    *arrived = (small || reason > 0) && isfinite(*rss);
    return STATUS_OK;
}

Status interval_walk(const Intervals *intervals, const Objective *objective, const double *start,
                     double enough, double *end, double *rss, bool *arrived, Error *error) {
    MethodSettings method = {.name = "lm"};
    Walker *walker = NULL;
    TRY(optim_open(objective, &method, start, &walker, error));
    Status status =
        interval_rounds(intervals, objective, walker, enough, end, rss, arrived, error);
    optim_close(walker);
    return status;
}

/* ---- all kinds ------------------------------------------------------------------------------- */

static Status intervals_allocate(Intervals *intervals, const double *x) {
    size_t n = intervals->n;
    intervals->x = memory_new(n + 1, sizeof(double));
    intervals->low = memory_new(n + 1, sizeof(double));
    intervals->high = memory_new(n + 1, sizeof(double));
    intervals->errors = memory_new(n + 1, sizeof(double));
    if (!(intervals->x && intervals->low && intervals->high && intervals->errors))
        return STATUS_MEMORY;
    memcpy(intervals->x, x, n * sizeof *x);
    for (size_t i = 0; i < n; i++)
        intervals->low[i] = intervals->high[i] = intervals->errors[i] = NAN;
    return STATUS_OK;
}

static void intervals_end(Intervals *intervals) {
    intervals->done = true;
    intervals->share = 1;
    interval_profile_close(intervals);
    interval_bootstrap_close(intervals);
}

static Status intervals_begin(Intervals *intervals, Error *error) {
    bool any = false, profile = intervals->options.kind == INTERVAL_PROFILE;
    bool rows = train_rows(intervals->problem).count > 0;
    for (size_t i = 0; i < intervals->n; i++) any = any || interval_wanted(intervals, i);
    if (!intervals->fit)
        error_set(notes_add(&intervals->notes), STATUS_OK, MSG_NOTE_INTERVAL_SQUARES, NULL);
    if (any && !profile && !rows)
        error_set(notes_add(&intervals->notes), STATUS_OK, MSG_NOTE_BOOTSTRAP_ROWS, NULL);
    if (any && profile && intervals->fit->robust) {
        error_set(notes_add(&intervals->notes), STATUS_OK, MSG_NOTE_INTERVAL_ROBUST, NULL);
        any = false;
    }
    if (any && profile) return interval_profile_open(intervals, error);
    if (any && rows) return interval_bootstrap_open(intervals, error);
    intervals_end(intervals);
    return STATUS_OK;
}

Status diagnose_intervals_open(const Problem *problem, const double *x, const FitStatistics *fit,
                               const IntervalOptions *options, Intervals **out, Error *error) {
    *out = NULL;
    Intervals *intervals = memory_new(1, sizeof *intervals);
    if (!intervals) return error_memory(error);
    intervals->options = *options;
    intervals->problem = problem;
    intervals->fit = fit;
    intervals->n = train_objective(problem)->n;
    Status status = intervals_allocate(intervals, x);
    if (status != STATUS_OK) error_memory(error);
    if (status == STATUS_OK) status = intervals_begin(intervals, error);
    if (status == STATUS_OK && intervals->notes.failed) status = error_memory(error);
    if (status == STATUS_OK)
        *out = intervals;
    else
        diagnose_intervals_close(intervals);
    return status;
}

Status diagnose_intervals_step(Intervals *intervals, Error *error) {
    if (intervals->done) return STATUS_OK;
    Status status = intervals->options.kind == INTERVAL_PROFILE
                        ? interval_profile_step(intervals, error)
                        : interval_bootstrap_step(intervals, error);
    if (status == STATUS_INTERRUPTED) {
        error_set(notes_add(&intervals->notes), STATUS_OK, MSG_NOTE_INTERVAL_STOPPED, NULL);
        intervals->done = true;
        status = STATUS_OK;
    }
    if (intervals->done) intervals_end(intervals);
    if (status == STATUS_MEMORY || intervals->notes.failed) return error_memory(error);
    if (status != STATUS_OK && error->status == STATUS_OK)
        *error = *train_late_error(intervals->problem);
    return status;
}

void diagnose_intervals_close(Intervals *intervals) {
    if (!intervals) return;
    intervals_end(intervals);
    memory_free(intervals->x);
    memory_free(intervals->low);
    memory_free(intervals->high);
    memory_free(intervals->errors);
    notes_free(&intervals->notes);
    memory_free(intervals);
}
