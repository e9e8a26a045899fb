/* What to type next, by what happened: options to add to the command, or to put in place of those
 * that are there. */
#include "diagnose.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { REMEDY_RESTARTS = 20, REMEDY_DIGITS = 8 /* that the slope loses on a whole walk */ };
static const double REMEDY_ROUNDS = 1000; /* that a given rate has, unless more are asked for; */
static const double REMEDY_SHARE = 0.8;   /* of them, at most */
static const double REMEDY_ENOUGH = 0.01; /* of the loss: no more is to be had */
static const double REMEDY_MEASURED = 10; /* times the rounds allowed: no fixed rate will do */

/* Two digits are enough to type; never above the rate itself. */
static void remedy_rate(double rate, char advice[WORDS_ADVICE]) {
    double read = NAN;
    NumberText text = number_round(rate, 2);
    if (!number_read(text.s, text.s + strlen(text.s), &read) || read > rate)
        text = number_round(0.95 * rate, 2);
    snprintf(advice, WORDS_ADVICE, "--rate %s", text.s);
}

static bool remedy_measured(const WalkFacts *facts, char advice[WORDS_ADVICE]) {
    bool plain = strcmp(facts->method, "gd") == 0;
    if (facts->rate_measured) return false;
    snprintf(advice, WORDS_ADVICE, plain ? "--rate measured" : "--optimizer gd --rate measured");
    return true;
}

static bool remedy_larger_batch(const WalkFacts *facts, char advice[WORDS_ADVICE]) {
    snprintf(advice, WORDS_ADVICE, "--batch %s", number_integer(10 * facts->batch).s);
    return true;
}

/* In a bowl so round that he is at its bottom in time. */
static bool remedy_arrives(const Graph *graph, const WalkFacts *facts, const Pace *pace,
                           double rate) {
    double rounds = REMEDY_DIGITS * diagnose_pace_rounds(pace, rate), allowed = REMEDY_ROUNDS;
    if (facts->user_steps) allowed = fmax(allowed, (double)facts->max_steps);
    bool known = isfinite(rate) && diagnose_quadratic(graph, graph->loss);
    return known && rounds < REMEDY_SHARE * allowed;
}

/* A fixed rate where it is known to arrive, or one that is measured on the way; with batches there
 * is nothing to measure. */
static bool remedy_fixed(const Graph *graph, const WalkFacts *facts, const Pace *pace, double rate,
                         char advice[WORDS_ADVICE]) {
    bool batches = facts->batches && isfinite(rate);
    if (!batches && !remedy_arrives(graph, facts, pace, rate))
        return remedy_measured(facts, advice);
    if (rate == facts->first_rate) return false;
    remedy_rate(rate, advice);
    return true;
}

static double remedy_limit(const Pace *pace) {
    bool end = pace->end_limit < pace->limit || isnan(pace->limit);
    return end ? pace->end_limit : pace->limit;
}

/* Half the limit is safe and needs no zig-zag; in any case less than what was too much. */
bool diagnose_retry(const Graph *graph, const WalkFacts *facts, const Pace *pace,
                    char advice[WORDS_ADVICE]) {
    double rate = remedy_limit(pace) / 2, before = facts->first_rate;
    if (!facts->takes_rate || isnan(before)) return remedy_measured(facts, advice);
    bool batches = facts->batches && (facts->rate_measured || !(rate < before / 2));
    if (batches && facts->scaled) return remedy_larger_batch(facts, advice);
    if (batches) rate = before / 4;
    return remedy_fixed(graph, facts, pace, rate, advice);
}

static bool remedy_too_small(const Graph *graph, const Happening *happening,
                             const WalkFacts *facts, const Pace *pace,
                             char advice[WORDS_ADVICE]) {
    if (!facts->takes_rate) return remedy_measured(facts, advice);
    if (!(happening->better > 0))
        return remedy_fixed(graph, facts, pace, remedy_limit(pace) / 2, advice);
    remedy_rate(happening->better, advice);
    return true;
}

/* Nothing wrong, but no end in sight: the valley is narrow for any fixed rate. */
static bool remedy_narrow(const WalkFacts *facts, const Pace *pace, char advice[WORDS_ADVICE]) {
    bool limit = facts->reason == REASON_STEP_LIMIT || facts->reason == REASON_STEPS_DONE;
    double here = diagnose_pace_rounds(pace, facts->first_rate);
    double rounds = diagnose_rounds_a_digit(facts);
    rounds = REMEDY_DIGITS * (here > rounds ? here : rounds);
    if (facts->batches) return pace->fall <= REMEDY_ENOUGH * fabs(facts->loss); /* he is there */
    if (!limit || !facts->user_rate || facts->restarted) return false;
    double allowed = fmax(REMEDY_ROUNDS, (double)facts->max_steps);
    if (!(rounds > REMEDY_MEASURED * allowed)) return false;
    return remedy_measured(facts, advice);
}

/* Falling to 0 on a straight line (Defazio and others 2023) averages the noise away; where the
 * rate falls already, or is none that could be typed, larger batches do. */
static bool remedy_noise(const WalkFacts *facts, char advice[WORDS_ADVICE]) {
    bool falls = facts->last_rate < facts->first_rate / 2;
    if (falls || !facts->takes_rate || isnan(facts->first_rate) || facts->rate_measured)
        return remedy_larger_batch(facts, advice);
    snprintf(advice, WORDS_ADVICE, "--rate '%s*(1 - t/(T + 1))'",
             number_round(facts->first_rate, 6).s);
    return true;
}

/* A rate that is fixed might fly off from elsewhere. */
static bool remedy_restarts(const WalkFacts *facts, char advice[WORDS_ADVICE]) {
    char rate[WORDS_ADVICE] = "";
    bool measured = facts->first_order && !facts->batches && remedy_measured(facts, rate);
    long restarts = facts->restarts >= REMEDY_RESTARTS ? 10 * facts->restarts : REMEDY_RESTARTS;
    size_t used = strlen(strcpy(advice, rate));
    snprintf(advice + used, WORDS_ADVICE - used, "%s--restarts %ld", measured ? " " : "", restarts);
    return true;
}

/* A look at the points. */
static bool remedy_plot(const Graph *graph, char advice[WORDS_ADVICE]) {
    if (!graph->least_squares || !diagnose_quadratic(graph, graph->loss)) return false;
    snprintf(advice, WORDS_ADVICE, "--plot always");
    return true;
}

bool diagnose_remedy(const Graph *graph, const Happening *happening, const WalkFacts *facts,
                     const Pace *pace, char advice[WORDS_ADVICE]) {
    switch (happening->name) {
        case HAPPENED_TOO_SMALL:
            return remedy_too_small(graph, happening, facts, pace, advice);
        case HAPPENED_TOO_LARGE:
            return diagnose_retry(graph, facts, pace, advice);
        case HAPPENED_ZIGZAG:
            return remedy_fixed(graph, facts, pace, pace->best, advice);
        case HAPPENED_NOISE:
            return remedy_noise(facts, advice);
        case HAPPENED_PLATEAU:
        case HAPPENED_DEAD_UNITS:
            return remedy_restarts(facts, advice);
        case HAPPENED_GOOD:
            return remedy_narrow(facts, pace, advice);
        case HAPPENED_NO_BETTER:
            return remedy_plot(graph, advice);
        case HAPPENED_UPHILL:
            snprintf(advice, WORDS_ADVICE, "--optimizer 'w = w - rate*g'");
            return true;
        case HAPPENED_NO_BOTTOM:
            return true; /* nothing that could be typed */
        default:
            return false;
    }
}
