/* What to type next, by what happened: options to add to the command, or to put in place of those
 * that are there. */
#include "diagnose.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { REMEDY_RESTARTS = 20, REMEDY_DIGITS = 8 /* that a walk goes down, mostly */ };

static const double REMEDY_MEASURED = 10; /* times the rounds allowed: no fixed rate will do */

/* Two digits are enough to type; never above the rate itself. */
static void remedy_rate(double rate, char advice[WORDS_ADVICE]) {
    double read = NAN;
    NumberText text = number_round(rate, 2);
    if (!number_read(text.s, text.s + strlen(text.s), &read) || read > rate)
        text = number_round(0.95 * rate, 2);
    snprintf(advice, WORDS_ADVICE, "--rate %s", text.s);
}

static void remedy_measured(char advice[WORDS_ADVICE]) {
    snprintf(advice, WORDS_ADVICE, "--rate measured");
}

/* A fixed rate, where one gets there within the rounds allowed. */
static void remedy_fixed(const WalkFacts *facts, const Pace *pace, double rate,
                         char advice[WORDS_ADVICE]) {
    double rounds = REMEDY_DIGITS * diagnose_pace_rounds(pace, rate);
    if (rounds <= (double)facts->max_steps || facts->batches) remedy_rate(rate, advice);
    else remedy_measured(advice);
}

static double remedy_limit(const Pace *pace) {
    bool end = pace->end_limit < pace->limit || isnan(pace->limit);
    return end ? pace->end_limit : pace->limit;
}

/* Half the limit is safe and needs no zig-zag. */
static void remedy_too_small(const Happening *happening, const WalkFacts *facts, const Pace *pace,
                             char advice[WORDS_ADVICE]) {
    if (happening->better > 0) remedy_rate(happening->better, advice);
    else remedy_fixed(facts, pace, remedy_limit(pace) / 2, advice);
}

/* Where the limit is not known, as on kinks, one that falls on the way settles down. */
static bool remedy_too_large(const WalkFacts *facts, const Pace *pace, char advice[WORDS_ADVICE]) {
    double limit = remedy_limit(pace);
    if (limit < facts->first_rate * (1 + 1e-6)) remedy_fixed(facts, pace, limit / 2, advice);
    else remedy_measured(advice);
    return true;
}

static void remedy_zigzag(const WalkFacts *facts, const Pace *pace, char advice[WORDS_ADVICE]) {
    double rate = isfinite(pace->best) ? pace->best : pace->end_limit / 2;
    if (isfinite(rate)) remedy_fixed(facts, pace, rate, advice);
    else remedy_measured(advice);
}

/* Nothing wrong, but no end in sight: the valley is narrow for any fixed rate. */
static bool remedy_narrow(const WalkFacts *facts, char advice[WORDS_ADVICE]) {
    bool limit = facts->reason == REASON_STEP_LIMIT || facts->reason == REASON_STEPS_DONE;
    double rounds = REMEDY_DIGITS * diagnose_rounds_a_digit(facts);
    if (!limit || !facts->user_rate || facts->batches || facts->restarted) return false;
    if (!(rounds > REMEDY_MEASURED * (double)facts->max_steps)) return false;
    remedy_measured(advice);
    return true;
}

/* Falling to 0 on a straight line (Defazio and others 2023) averages the noise away; where the
 * rate falls already, larger batches do. */
static void remedy_noise(const WalkFacts *facts, char advice[WORDS_ADVICE]) {
    if (facts->last_rate < facts->first_rate / 2)
        snprintf(advice, WORDS_ADVICE, "--batch %s", number_integer(10 * facts->batch).s);
    else
        snprintf(advice, WORDS_ADVICE, "--rate '%s*(1 - t/(T + 1))'",
                 number_round(facts->first_rate, 6).s);
}

bool diagnose_remedy(const Graph *graph, const Happening *happening, const WalkFacts *facts,
                     const Pace *pace, char advice[WORDS_ADVICE]) {
    bool bowl = diagnose_quadratic(graph, graph->loss), fit = graph->least_squares;
    switch (happening->name) {
        case HAPPENED_TOO_SMALL:
            remedy_too_small(happening, facts, pace, advice);
            return true;
        case HAPPENED_TOO_LARGE:
            return remedy_too_large(facts, pace, advice);
        case HAPPENED_ZIGZAG:
            remedy_zigzag(facts, pace, advice);
            return true;
        case HAPPENED_NOISE:
            remedy_noise(facts, advice);
            return true;
        case HAPPENED_PLATEAU:
        case HAPPENED_DEAD_UNITS:
            snprintf(advice, WORDS_ADVICE, "--restarts %d", REMEDY_RESTARTS);
            return true;
        case HAPPENED_GOOD:
            return remedy_narrow(facts, advice);
        case HAPPENED_NO_BETTER:
            if (!bowl || !fit) return false;
            snprintf(advice, WORDS_ADVICE, "--plot always");
            return true;
        default:
            return false;
    }
}
