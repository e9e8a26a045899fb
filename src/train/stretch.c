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
    size_t place = (rule->n_columns + 1) * objective->n;
    walk->loop_saved = memory_new(rule->n_settings + 2 * place, sizeof(double));
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

/* Where a stretch stands: its columns, the slope before, the record. */
typedef struct StretchPlace {
    double *numbers, record[STRETCH_RECORD];
} StretchPlace;

static void stretch_keep(const Walk *walk, const RuleView *rule, const double *record,
                         StretchPlace *place) {
    size_t count = rule->n_columns * walk->n;
    memcpy(place->numbers, rule->columns, count * sizeof(double));
    memcpy(place->numbers + count, walk->slope_before, walk->n * sizeof(double));
    memcpy(place->record, record, sizeof place->record);
}

static void stretch_return(const Walk *walk, const RuleView *rule, double *record,
                           const StretchPlace *place) {
    size_t count = rule->n_columns * walk->n;
    memcpy(rule->columns, place->numbers, count * sizeof(double));
    memcpy(walk->slope_before, place->numbers + count, walk->n * sizeof(double));
    memcpy(record, place->record, sizeof place->record);
}

/* Up to 'most' rounds behind 'past' others of this stretch. */
static long long stretch_rounds(Walk *walk, const RuleView *rule, double *record, long long past,
                                long long most) {
    double *settings = walk->loop_saved;
    memcpy(settings, rule->parameters, rule->n_settings * sizeof(double));
    settings[0] += (double)past;
    return exec_step_loop_run(walk->loop, settings, rule->columns, walk->slope_before,
                              rule->columns, record, most);
}

/* Walks 'most' rounds, if the one behind them is good as well: that one is for the walk of single
 * rounds, which then knows the round before a bad one. Where the way ends earlier, one round less
 * than could be walked. */
static long long stretch_run(Walk *walk, const RuleView *rule, double *record, long long most) {
    size_t size = (rule->n_columns + 1) * walk->n;
    StretchPlace start = {.numbers = walk->loop_saved + rule->n_settings};
    StretchPlace end = {.numbers = start.numbers + size};
    stretch_keep(walk, rule, record, &start);
    long long done = stretch_rounds(walk, rule, record, 0, most);
    if (done == most) {
        stretch_keep(walk, rule, record, &end);
        bool good = stretch_rounds(walk, rule, record, done, 1) == 1;
        stretch_return(walk, rule, record, &end);
        if (good) return done;
    }
    walk->loop_failed = true;
    stretch_return(walk, rule, record, &start);
    return stretch_rounds(walk, rule, record, 0, done > 0 ? done - 1 : 0);
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
