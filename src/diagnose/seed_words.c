/* How the start values of a fit were found, in a sentence. */
#include "diagnose.h"

#include <math.h>

static NumberText seed_count(long count) {
    return number_integer(count);
}

/* What was looked at, and the place that won. */
static Message seed_found(const SeedReport *seed, uint64_t number) {
    NumberText tries = seed_count(seed->tries), found = seed_count(seed->found);
    NumberText of = number_integer((long long)number);
    if (seed->solved == 0)
        return message_make(MSG_SEED_SCANNED, tries.s, of.s, found.s, NULL);
    return message_make(MSG_SEED_SOLVED, number_integer((long long)seed->solved).s, tries.s, of.s,
                        found.s, NULL);
}

/* How many walks agree, and how far behind the next valley lies. */
static Message seed_compared(const SeedReport *seed) {
    NumberText walks = seed_count(seed->walks), together = seed_count(seed->together);
    if (!isfinite(seed->runner_up)) return message_make(MSG_SEED_ALL_HERE, walks.s, NULL);
    return message_make(MSG_SEED_RUNNER_UP, walks.s, together.s,
                        number_round(seed->runner_up, 3).s, NULL);
}

static Message seed_solved(const SeedReport *seed) {
    if (seed->squares) return message_make(MSG_SEED_SQUARES, NULL);
    if (seed->linear) return message_make(MSG_SEED_LINEAR, NULL);
    return message_make(MSG_SEED_REST, number_integer((long long)seed->solved).s, NULL);
}

void diagnose_seed_words(const SeedReport *seed, uint64_t number, Message sentences[2]) {
    sentences[0] = sentences[1] = (Message){0};
    if (!seed->used) return;
    if (seed->scanned == 0) {
        sentences[0] = seed_solved(seed);
        return;
    }
    sentences[0] = seed_found(seed, number);
    if (!seed->squares) sentences[1] = seed_compared(seed);
}
