/* stretch: many rounds of a rule in one go, where nobody looks at each of them.
 *
 * A walk on few parameters without rows, all of whose steps were asked for, spends its time between
 * its few operations. There objective and rule become one loop of emitted C, which keeps what the
 * stopping tests and the report would have noted; the first round and the last one are walked as
 * ever, so that all that is reported is theirs. The bits are those of single steps. */
#include "train.h"

#include <math.h>
#include <string.h>

enum {
    STRETCH_ROUNDS = 1 << 20,   /* between two looks at who wants to stop */
    STRETCH_PATIENCE = 1 << 21, /* rounds for which 'auto' lets the compiler be started */
    STRETCH_LEAST = 16,
    STRETCH_RECORD = 8 + STRETCH_PARAMETERS
};

static bool stretch_wanted(const Walk *walk) {
    Executor executor = train_executor(walk->problem);
    long long left = walk->max_steps - walk->facts.steps - 1;
    if (executor != EXECUTOR_COMPILED && executor != EXECUTOR_AUTO) return false;
    if (walk->first_done || !walk->begun || !walk->asked_steps || walk->options.until ||
        walk->options.batch > 0 || left < STRETCH_LEAST)
        return false;
    return walk->loop || executor == EXECUTOR_COMPILED || left >= STRETCH_PATIENCE;
}

static bool stretch_open(Walk *walk, const RuleView *rule) {
    const Objective *objective = train_objective(walk->problem);
    const Plan *plan = train_lone_plan(walk->problem);
    StepShape shape = {objective->n, rule->n_settings, rule->n_columns};
    if (walk->loop || walk->loop_failed) return !walk->loop_failed;
    if (!plan || objective->low || objective->high) return false;
    walk->loop_saved = memory_new((rule->n_columns + 1) * objective->n, sizeof(double));
    if (walk->loop_saved)
        walk->loop = exec_step_loop(plan, rule->plan, &shape, train_cache(walk->problem));
    walk->loop_failed = !walk->loop;
    return walk->loop != NULL;
}

/* record: see emit_walk.c. */
static void stretch_note(Walk *walk, const double *record, long long done) {
    WalkFacts *facts = &walk->facts;
    facts->steps += done;
    facts->evaluations += done;
    facts->sign_flips += (long long)record[6];
    facts->flip_chances += (long long)record[0];
    facts->rises += (long long)record[7];
    walk->watch.last_loss = record[3];
    for (size_t i = 0; i < walk->n; i++)
        if (record[8 + i] != 0) walk->felt[i] = true;
    stop_note_stretch(walk->stop, record, done);
}

/* Walks up to 'most' rounds; where the way ends before, one round less than could be walked: the
 * last good one is for the report. */
static long long stretch_run(Walk *walk, const RuleView *rule, double *record, long long most) {
    size_t count = rule->n_columns * walk->n, bytes = count * sizeof(double);
    double *saved = walk->loop_saved, start[STRETCH_RECORD];
    memcpy(saved, rule->columns, bytes);
    memcpy(saved + count, walk->slope_before, walk->n * sizeof(double));
    memcpy(start, record, sizeof start);
    long long done = exec_step_loop_run(walk->loop, rule->parameters, rule->columns,
                                        walk->slope_before, rule->columns, record, most);
    if (done < most) {
        walk->loop_failed = true;
        memcpy(rule->columns, saved, bytes);
        memcpy(walk->slope_before, saved + count, walk->n * sizeof(double));
        memcpy(record, start, sizeof start);
        most = done > 0 ? done - 1 : 0;
        done = exec_step_loop_run(walk->loop, rule->parameters, rule->columns, walk->slope_before,
                                  rule->columns, record, most);
    }
    return done;
}

static void stretch_walk(Walk *walk, const RuleView *rule) {
    double record[STRETCH_RECORD] = {0};
    long long most = walk->max_steps - walk->facts.steps - 1;
    if (most > STRETCH_ROUNDS) most = STRETCH_ROUNDS;
    if (most > watch_left(walk)) most = watch_left(walk);
    stop_begin_stretch(walk->stop, record);
    long long done = stretch_run(walk, rule, record, most);
    optim_rule_advance(walk->walker, done);
    stretch_note(walk, record, done);
}

Status train_walk_stretch(Walk *walk) {
    RuleView rule;
    if (walk->n <= STRETCH_PARAMETERS && stretch_wanted(walk) &&
        optim_rule_view(walk->walker, &rule) && stretch_open(walk, &rule))
        stretch_walk(walk, &rule);
    return STATUS_OK;
}
