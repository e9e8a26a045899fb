/* One walk, round by round: batch -> method -> stopping tests -> what is remembered for the report.
 */
#include "train.h"

#include <math.h>
#include <string.h>
#include <time.h>

enum { WALK_STEPS_WITH_RATE = 1000, WALK_STEPS = 10000, WALK_STATES = 16 };

double walk_seconds(const Walk *walk) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec - walk->started;
}

/* ---- opening --------------------------------------------------------------------------------- */

long long walk_steps_per_epoch(const Walk *walk) {
    long long rows = (long long)walk->all_rows.count, batch = walk->options.batch;
    return batch > 0 && rows > batch ? (rows + batch - 1) / batch : 1;
}

static bool walk_names_rule(const char *optimizer) {
    return strchr(optimizer, '=') != NULL;
}

static void walk_settle_options(Walk *walk, MethodSettings *method, StopSettings *stop) {
    const WalkOptions *options = &walk->options;
    bool rate_only = options->rate && !options->optimizer;
    const char *name = rate_only ? "gd" : options->optimizer;
    long long steps =
        options->steps ? options->steps : options->epochs * walk_steps_per_epoch(walk);
    walk->asked_steps = steps > 0;
    bool given = options->rate && !options->rate_part;
    if (!steps) steps = given ? WALK_STEPS_WITH_RATE : WALK_STEPS;
    walk->max_steps = steps;
    *method = (MethodSettings){.rate = options->rate,
                               .last_step = steps,
                               .measured = options->rate_measured,
                               .all_steps = walk->asked_steps,
                               .parts = walk_steps_per_epoch(walk) > 1};
    if (name && walk_names_rule(name))
        method->text = name;
    else
        method->name = name;
    /* A batch's loss is noise to the tests of convergence: walk all steps. */
    *stop = (StopSettings){.max_steps = steps,
                           .user_steps = walk->asked_steps || options->batch > 0,
                           .user_rate = options->rate != NULL,
                           .until = options->until};
}

static Status walk_allocate(Walk *walk, const double *start, const bool *drawn) {
    size_t n = walk->n;
    walk->start = memory_new(n + 1, sizeof(double));
    walk->values = memory_new(n + 1, sizeof(double));
    walk->previous = memory_new(n + 1, sizeof(double));
    walk->slope_before = memory_new(n + 1, sizeof(double));
    walk->work = memory_new(n + 1, sizeof(double));
    walk->fault_point = memory_new(n + 1, sizeof(double));
    walk->drawn = memory_new(n + 1, sizeof(bool));
    walk->felt = memory_new(n + 1, sizeof(bool));
    if (!(walk->start && walk->values && walk->previous && walk->slope_before && walk->work &&
          walk->fault_point && walk->drawn && walk->felt))
        return STATUS_MEMORY;
    memcpy(walk->start, start, n * sizeof *start);
    memcpy(walk->values, start, n * sizeof *start);
    memcpy(walk->previous, start, n * sizeof *start);
    if (drawn) memcpy(walk->drawn, drawn, n * sizeof *drawn);
    return STATUS_OK;
}

Status train_walk_open(Problem *problem, const WalkOptions *options, const double *start,
                       const bool *drawn, Walk **out, Error *error) {
    *out = NULL;
    Walk *walk = memory_new(1, sizeof *walk);
    if (!walk) return error_memory(error);
    walk->problem = problem;
    walk->options = *options;
    walk->n = train_objective(problem)->n;
    walk->all_rows = train_rows(problem);
    walk->started = walk_seconds(walk);
    StopSettings stop;
    walk_settle_options(walk, &walk->method, &stop);
    Status status = walk_allocate(walk, start, drawn);
    if (status != STATUS_OK) error_memory(error);
    if (status == STATUS_OK)
        status = optim_open(train_objective(problem), &walk->method, start, &walk->walker, error);
    stop.first_order = walk->walker && optim_is_first_order(walk->walker) &&
                       !optim_ends_itself(walk->walker);
    if (status == STATUS_OK) status = stop_open(&stop, walk->n, &walk->stop, error);
    else if (error && error->status == STATUS_OK) *error = *train_late_error(problem);
    walk->facts.method = walk->walker ? optim_method_name(walk->walker) : "";
    walk->facts.start_loss = walk->facts.loss = NAN;
    walk->facts.early_loss = walk->facts.late_loss = walk->facts.batch_slope = NAN;
    if (status == STATUS_OK)
        *out = walk;
    else
        train_walk_close(walk);
    return status;
}

void train_walk_close(Walk *walk) {
    if (!walk) return;
    exec_step_loop_free(walk->loop);
    memory_free(walk->loop_saved);
    optim_close(walk->walker);
    stop_close(walk->stop);
    for (size_t k = 0; k < walk->n_valleys; k++) memory_free(walk->valleys[k].values);
    memory_free(walk->valleys);
    memory_free(walk->start);
    memory_free(walk->values);
    memory_free(walk->previous);
    memory_free(walk->slope_before);
    memory_free(walk->work);
    memory_free(walk->fault_point);
    memory_free(walk->drawn);
    memory_free(walk->felt);
    memory_free(walk);
}

bool walk_stopped(const Walk *walk) {
    return walk->options.stop && atomic_load(walk->options.stop) != 0;
}

/* ---- one round ------------------------------------------------------------------------------- */

/* Batches go over the rows in the order of the table; the last one of an epoch may be shorter. */
static void walk_choose_batch(Walk *walk) {
    long long per_epoch = walk_steps_per_epoch(walk);
    if (walk->options.batch <= 0) return;
    long long k = walk->facts.steps % per_epoch;
    size_t batch = (size_t)walk->options.batch, first = (size_t)k * batch;
    size_t left = walk->all_rows.count - first;
    train_use_rows(walk->problem, walk->all_rows.first + first, left < batch ? left : batch);
    optim_epoch(walk->walker, walk->facts.steps / per_epoch + 1);
}

/* A batch knows its own rows only; the start is told over all rows, as the end is. */
static Status walk_feel_start(Walk *walk) {
    const Objective *objective = train_objective(walk->problem);
    WalkFacts *facts = &walk->facts;
    if (walk->begun || walk_steps_per_epoch(walk) == 1) return STATUS_OK;
    train_use_rows(walk->problem, walk->all_rows.first, walk->all_rows.count);
    TRY(objective->loss_gradient(objective->context, walk->start, &facts->start_loss, walk->work));
    facts->start_slope = optim_slope(objective, walk->start, walk->work);
    walk->begun = true;
    return STATUS_OK;
}

static void walk_remember(Walk *walk, const StepReport *report) {
    WalkFacts *facts = &walk->facts;
    if (!walk->begun) {
        facts->start_loss = report->loss;
        facts->start_slope = report->slope;
        walk->begun = true;
    }
    facts->steps = report->step;
    facts->evaluations = report->evaluations;
    watch_step(walk, report);
    if (!walk->options.unwatched) watch_round(walk, report);
}

static void walk_find_fault(Walk *walk, const double *point) {
    WalkFacts *facts = &walk->facts;
    Graph *graph = train_graph(walk->problem);
    Rows rows = train_rows(walk->problem);
    const NodeId *gradient = NULL;
    memcpy(walk->fault_point, point, walk->n * sizeof *point);
    facts->fault_point = walk->fault_point;
    facts->faulty = exec_find_fault(graph, graph->loss, point, &rows, &facts->fault);
    if (facts->faulty || train_gradient_nodes(walk->problem, &gradient) != STATUS_OK) return;
    facts->fault_in_slope = true;
    for (size_t k = 0; k < graph->n_parameters && !facts->faulty; k++)
        facts->faulty = exec_find_fault(graph, gradient[k], point, &rows, &facts->fault);
}

/* Loss and slope of a sum of squares from the triangle of its residuals, which the method has just
 * had made: no further pass over the rows. */
static Status walk_feel_squares(const Objective *objective, const double *x, double *loss,
                                double *gradient) {
    size_t n = objective->n;
    double rss, *r = memory_new(n * n + n, sizeof *r), *qtr = r ? r + n * n : NULL;
    if (!r) return STATUS_MEMORY;
    Status status = objective->least_squares(objective->context, x, r, qtr, &rss);
    *loss = objective->loss_scale * rss;
    for (size_t j = 0; j < n && status == STATUS_OK; j++)
        gradient[j] = 2 * objective->loss_scale * optim_dot(r + j * n, qtr, j + 1);
    memory_free(r);
    return status;
}

Status walk_feel_end(const Walk *walk, const Walker *walker, const double *x, double *loss,
                     double *gradient) {
    const Objective *exact = train_exact_objective(walk->problem);
    if (optim_is_least_squares(walker))
        return walk_feel_squares(exact, x, loss, gradient);
    return exact->loss_gradient(exact->context, x, loss, gradient);
}

/* Where the walk ends: the answer of the method, or the last place that was still finite. */
static Status walk_settle(Walk *walk) {
    WalkFacts *facts = &walk->facts;
    const Objective *exact = train_exact_objective(walk->problem);
    const double *answer = optim_answer(walk->walker);
    train_use_rows(walk->problem, walk->all_rows.first, walk->all_rows.count);
    memcpy(walk->values, answer, walk->n * sizeof *answer);
    double loss = NAN, *gradient = walk->slope_before; /* no more rounds: free for this */
    if (optim_finite(answer, walk->n))
        TRY(walk_feel_end(walk, walk->walker, answer, &loss, gradient));
    if (!isfinite(loss)) {
        memcpy(walk->values, walk->previous, walk->n * sizeof(double));
        TRY(exact->loss_gradient(exact->context, walk->values, &loss, gradient));
    }
    if (!isfinite(loss) && isfinite(facts->start_loss)) { /* a batch had seen other rows only */
        memcpy(walk->values, walk->start, walk->n * sizeof(double));
        TRY(exact->loss_gradient(exact->context, walk->values, &loss, gradient));
    }
    facts->loss = loss;
    facts->slope = optim_slope(exact, walk->values, gradient);
    if (facts->steps > 0) return STATUS_OK;
    facts->start_loss = facts->loss; /* a method may end before it tells them */
    facts->start_slope = facts->slope;
    return STATUS_OK;
}

static Status walk_finish(Walk *walk, Reason reason) {
    watch_end(walk);
    walk->facts.reason = reason;
    if (reason == REASON_STEPS_DONE && !walk->asked_steps) walk->facts.reason = REASON_STEP_LIMIT;
    walk->facts.seconds = walk_seconds(walk);
    stop_numbers(walk->stop, &walk->facts.stop_value, &walk->facts.stop_bound);
    if (isnan(walk->facts.stop_value)) { /* the method ended by itself */
        walk->facts.stop_value = walk->report.end_value;
        walk->facts.stop_bound = walk->report.end_bound;
    }
    TRY(walk_settle(walk));
    return walk->options.restarts ? restart_note_first(walk) : STATUS_OK;
}

/* Asking the clock takes as long as a step of a small problem. */
static double walk_clock(const Walk *walk) {
    return stop_asks_seconds(walk->stop) ? walk_seconds(walk) : 0;
}

static Reason walk_judge(Walk *walk, const StepReport *report, Reason reason) {
    if (!report->finite) {
        reason = stop_check(walk->stop, report, walk_clock(walk));
        memcpy(walk->fault_point, report->at, walk->n * sizeof *report->at);
        walk->facts.fault_point = walk->fault_point;
        if (reason != REASON_DIVERGED) walk_find_fault(walk, report->at);
        return reason;
    }
    if (reason == REASON_NON_FINITE) walk_find_fault(walk, report->next);
    if (reason == REASON_RUNNING) reason = stop_check(walk->stop, report, walk_clock(walk));
    if (reason == REASON_RUNNING && walk_stopped(walk)) reason = REASON_INTERRUPTED;
    return reason;
}

Status train_walk_step(Walk *walk, StepReport *report, long *restart, Reason *reason,
                       Error *error) {
    *restart = walk->restarts_done;
    *reason = walk->facts.reason;
    if (walk->first_done) return restart_step(walk, report, restart, reason, error);
    Status status = walk_feel_start(walk);
    walk_choose_batch(walk);
    if (status == STATUS_OK) status = optim_step(walk->walker, &walk->report, reason, error);
    if (status == STATUS_OK) {
        walk_remember(walk, &walk->report);
        *reason = walk_judge(walk, &walk->report, *reason);
        if (*reason != REASON_RUNNING) {
            walk->first_done = true;
            status = walk_finish(walk, *reason);
            *reason = restart_goes_on(walk) ? REASON_RUNNING : walk->facts.reason;
        }
        *report = walk->report;
    }
    if (status != STATUS_OK && error && error->status == STATUS_OK)
        *error = *train_late_error(walk->problem);
    return status;
}

/* ---- what it knows --------------------------------------------------------------------------- */

/* Where he would be said to be now; a method may not know its start before the first step. */
static const double *walk_position(const Walk *walk) {
    if (walk->first_done) return walk->values;
    return walk->begun ? optim_answer(walk->walker) : walk->start;
}

void train_walk_facts(const Walk *walk, WalkFacts *facts) {
    *facts = walk->facts;
    facts->start = walk->start;
    facts->values = walk_position(walk);
    facts->previous = walk->previous;
    facts->first_order = optim_is_first_order(walk->walker);
    facts->chosen = !walk->options.rate && !walk->options.optimizer;
    facts->felt = walk->felt;
    facts->watched = !walk->options.unwatched;
    facts->until = walk->options.until;
    facts->rate = walk->options.rate;
    facts->restarts = walk->restarts_done;
    facts->searched = walk->options.searched;
    facts->valleys = walk->n_valleys;
    facts->user_rate = walk->options.rate && !walk->options.rate_part;
    facts->rate_part = walk->options.rate && walk->options.rate_part;
    facts->rate_measured = optim_is_measured(walk->walker);
    double spread, rate = optim_measured_rate(walk->walker, &spread);
    facts->scaled = spread > 1;
    if (walk->facts.steps == 0) facts->first_rate = rate;
    facts->own_rate = optim_setting(walk->walker, "rate");
    const char *text = walk->method.text;
    facts->takes_rate = isfinite(facts->own_rate) && (!text || strstr(text, "rate"));
    facts->batches = walk_steps_per_epoch(walk) > 1;
    facts->batch = walk->options.batch;
    facts->epochs = walk->options.steps ? 0 : walk->options.epochs;
    facts->user_steps = walk->asked_steps;
    facts->default_limit = !walk->asked_steps;
    facts->max_steps = walk->max_steps;
    if (!walk->first_done) facts->seconds = walk_seconds(walk);
}

const Walker *train_walker(const Walk *walk) {
    return walk->walker;
}

/* FNV-1a over steps, loss, returned parameters, then the method's own state. */
uint64_t train_walk_digest(const Walk *walk) {
    const double *states[WALK_STATES];
    size_t count = optim_state(walk->walker, states, WALK_STATES);
    const double *values = walk_position(walk);
    Hash hash = hash_start();
    hash_u64(&hash, (uint64_t)walk->facts.steps);
    hash_double(&hash, walk->facts.loss);
    for (size_t i = 0; i < walk->n; i++) hash_double(&hash, values[i]);
    for (size_t k = 0; k < count && k < WALK_STATES; k++)
        for (size_t i = 0; i < walk->n; i++) hash_double(&hash, states[k][i]);
    return hash.value;
}
