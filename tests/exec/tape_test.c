/* Tapes: every value is there when it is read, few are there at once, and what must not be made
 * twice is not. */
#include "../../src/exec/exec.h"
#include "../check.h"

#include <stdlib.h>

static void tape_read(Tape *tape, size_t item, size_t input) {
    tape->input[tape->first[item + 1]++] = (uint32_t)input;
}

static void tape_item(Tape *tape, size_t item, size_t numbers, bool again) {
    tape->numbers[item] = numbers;
    tape->again[item] = again;
    tape->first[item + 1] = tape->first[item];
}

/* The most numbers at once, by walking through the order as one that holds values would. */
static size_t tape_walk(const Tape *tape) {
    size_t *made_at = calloc(tape->count + 1, sizeof *made_at), live = 0, most = 0;
    for (size_t at = 0; at < tape->n_order; at++) {
        uint32_t item = tape->order[at];
        CHECK(made_at[item] == 0 || tape->again[item]);
        for (size_t k = tape->first[item]; k < tape->first[item + 1]; k++) {
            size_t made = made_at[tape->input[k]];
            CHECK(made > 0 && tape->until[made - 1] >= at);
        }
        made_at[item] = at + 1;
        live += tape->numbers[item];
        if (live > most) most = live;
        for (size_t made = 0; made <= at; made++)
            if (tape->until[made] == at) live -= tape->numbers[tape->order[made]];
    }
    for (size_t item = 0; item < tape->count; item++) {
        CHECK(made_at[item] > 0);
        if (tape->shown[item]) CHECK(tape->until[made_at[item] - 1] == TAPE_SHOWN);
    }
    free(made_at);
    return most;
}

/* n values, each made of the one before; then n sums that read the last one and one of them, from
 * the last or from the first on. */
static void tape_chain(Tape *tape, size_t n, bool backward, bool again) {
    CHECK(exec_tape_new(tape, 2 * n, 3 * n));
    for (size_t k = 0; k < n; k++) {
        tape_item(tape, k, 1, again);
        if (k > 0) tape_read(tape, k, k - 1);
    }
    for (size_t k = 0; k < n; k++) {
        tape_item(tape, n + k, 0, false);
        tape_read(tape, n + k, n - 1);
        tape_read(tape, n + k, backward ? n - 1 - k : k);
    }
}

TEST(few_values_of_a_chain_are_there_at_once) {
    for (int backward = 0; backward < 2; backward++) {
        Tape tape;
        tape_chain(&tape, 1024, backward, true);
        CHECK(exec_tape_order(&tape, 100));
        size_t most = tape_walk(&tape);
        CHECK(most >= 32 && most <= 100); /* 2 or 3 times the root of 1,024 */
        CHECK(tape.n_order > 2048 && tape.n_order <= 2048 + 1024);
        exec_tape_free(&tape);
    }
}

TEST(what_fits_or_is_dear_stays_as_it_is) {
    for (int dear = 0; dear < 2; dear++) {
        Tape tape;
        tape_chain(&tape, 100, true, !dear);
        CHECK(exec_tape_order(&tape, dear ? 10 : 100));
        CHECK_INT(tape_walk(&tape), 100);
        CHECK_INT(tape.n_order, 200);
        for (size_t k = 0; k < tape.n_order; k++) CHECK_INT(tape.order[k], k);
        exec_tape_free(&tape);
    }
    Tape none;
    CHECK(exec_tape_new(&none, 0, 0) && exec_tape_order(&none, 1));
    CHECK_INT(none.n_order, 0);
    exec_tape_free(&none);
}

static uint64_t tape_state = 1;
static size_t tape_draw(size_t below) {
    tape_state = tape_state * 6364136223846793005u + 1442695040888963407u;
    return (size_t)(tape_state >> 33) % below;
}

/* Anything reads anything before it, mostly what is near, and the second half what lies opposite;
 * some is dear, some is shown. */
static void tape_any(Tape *tape, size_t count) {
    CHECK(exec_tape_new(tape, count, 4 * count));
    for (size_t k = 0; k < count; k++) {
        tape_item(tape, k, tape_draw(4), tape_draw(9) > 0);
        tape->shown[k] = tape_draw(50) == 0;
        for (size_t i = tape_draw(4); k > 0 && i-- > 0;) {
            size_t near = k < 9 ? k : 9;
            tape_read(tape, k, tape_draw(20) > 0 ? k - 1 - tape_draw(near) : tape_draw(k));
        }
        if (2 * k > count && tape_draw(4) > 0) tape_read(tape, k, count - 1 - k);
    }
}

TEST(orders_of_any_tape_hold) {
    size_t cut = 0;
    for (int round = 0; round < 500; round++) {
        Tape tape;
        tape_any(&tape, 1 + tape_draw(300));
        CHECK(exec_tape_order(&tape, SIZE_MAX));
        size_t before = tape_walk(&tape);
        CHECK(!tape.cut && tape.peak == before);
        CHECK_INT(tape.n_order, tape.count);
        CHECK(exec_tape_order(&tape, 1));
        size_t after = tape_walk(&tape);
        CHECK(after == tape.peak && after <= before && tape.n_order <= 2 * tape.count);
        if (tape.cut) CHECK(4 * after <= 3 * before), cut++;
        exec_tape_free(&tape);
    }
    printf("%zu of 500 tapes were cut\n", cut);
    CHECK(cut > 20);
}

TEST_MAIN(few_values_of_a_chain_are_there_at_once, what_fits_or_is_dear_stays_as_it_is,
          orders_of_any_tape_hold)
