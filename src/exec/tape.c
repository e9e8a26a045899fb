/* The order in which a pass makes its values, so that few of them are there at once.
 *
 * The way back reads what the way forward made, the last first. A long formula would keep more than
 * the cache holds and wait for memory twice. So the way forward is cut into sections; of each only
 * what later ones read is kept, and the rest is made again when the way back comes to it: one more
 * way forward, and of n values about sqrt(n) are there at once (Chen, Xu, Zhang, Guestrin,
 * "Training deep nets with sublinear memory cost", 2016). What is made again has the same bits. */
#include "exec.h"

#include <string.h>

/* What is known while an order is sought. */
typedef struct TapeCut {
    Tape *tape;
    size_t turn;       /* items before it are the way forward */
    size_t *load;      /* by item: numbers made up to it that are read after the turn */
    uint32_t *section; /* by item of the way forward */
    bool *crossed;     /* by item: read in another section of the way forward */
    bool *needed;      /* by item: read after the turn, or by what is made again, */
    bool *early;       /* or by what is made before the turn */
    bool *restored;    /* by section: made again already */
    uint32_t *order;   /* that is tried */
    uint32_t *until;
    size_t *room;
} TapeCut;

bool exec_tape_new(Tape *tape, size_t count, size_t inputs) {
    *tape = (Tape){.count = count, .n_order = count};
    Arena *arena = &tape->arena;
    tape->first = arena_alloc(arena, count + 1, sizeof *tape->first);
    tape->input = arena_alloc(arena, inputs, sizeof *tape->input);
    tape->numbers = arena_alloc(arena, count, sizeof *tape->numbers);
    tape->again = arena_alloc(arena, count, sizeof *tape->again);
    tape->shown = arena_alloc(arena, count, sizeof *tape->shown);
    tape->order = arena_alloc(arena, 2 * count, sizeof *tape->order); /* at most all twice */
    tape->until = arena_alloc(arena, 2 * count, sizeof *tape->until);
    for (size_t k = 0; tape->order && k < count; k++) tape->order[k] = (uint32_t)k;
    return !arena->failed;
}

void exec_tape_free(Tape *tape) {
    arena_free(&tape->arena);
}

/* ---- how long values live -------------------------------------------------------------------- */

/* until[place]: the last place that reads what is made there. 'maker' is room for one number an
 * item. */
static void tape_lives(const Tape *tape, const uint32_t *order, size_t n, uint32_t *until,
                       size_t *maker) {
    for (uint32_t at = 0; at < n; at++) {
        uint32_t item = order[at];
        for (size_t k = tape->first[item]; k < tape->first[item + 1]; k++)
            until[maker[tape->input[k]]] = at;
        maker[item] = until[at] = at;
    }
    for (size_t item = 0; item < tape->count; item++)
        if (tape->shown[item]) until[maker[item]] = TAPE_SHOWN;
}

/* The most numbers that are there at once, and the place that makes the last of them. 'ends' is
 * room for one number a place. */
static size_t tape_peak(const Tape *tape, const uint32_t *order, size_t n, const uint32_t *until,
                        size_t *ends, size_t *where) {
    size_t live = 0, peak = 0;
    memset(ends, 0, n * sizeof *ends);
    for (size_t at = 0; at < n; at++) {
        size_t numbers = tape->numbers[order[at]];
        live += numbers;
        if (until[at] != TAPE_SHOWN) ends[until[at]] += numbers;
        if (live > peak) {
            peak = live;
            *where = at;
        }
        live -= ends[at];
    }
    return peak;
}

/* ---- an order in which values are made again ------------------------------------------------- */

/* Before anything is cut: where the way back begins, and what is kept for it. False: nothing. */
static bool cut_find_turn(TapeCut *cut, size_t where) {
    const Tape *tape = cut->tape;
    size_t load = 0;
    cut->turn = where + 1;
    for (size_t item = 0; item < cut->turn; item++) {
        if (tape->until[item] >= cut->turn) load += tape->numbers[item];
        cut->load[item] = load;
    }
    return load > 0;
}

/* Sections that keep equally much. */
static void cut_sections(TapeCut *cut, size_t sections) {
    size_t all = cut->load[cut->turn - 1];
    for (size_t item = 0; item < cut->turn; item++) {
        size_t section = (size_t)((double)cut->load[item] * (double)sections / (double)all);
        cut->section[item] = (uint32_t)(section < sections ? section : sections - 1);
    }
}

/* What is dropped is what can be made again from what is kept: what nobody reads in another
 * section, but for the last section, to which the way back comes at once. */
static bool cut_drops(const TapeCut *cut, size_t item, size_t sections) {
    const Tape *tape = cut->tape;
    return item < cut->turn && cut->needed[item] && !cut->crossed[item] && tape->again[item] &&
           !tape->shown[item] && cut->section[item] + 1 < sections;
}

static void cut_find_dropped(TapeCut *cut, size_t sections) {
    const Tape *tape = cut->tape;
    memset(cut->crossed, 0, cut->turn * sizeof *cut->crossed);
    memset(cut->early, 0, cut->turn * sizeof *cut->early);
    for (size_t item = 0; item < cut->turn; item++)
        cut->needed[item] = tape->until[item] >= cut->turn;
    for (size_t item = cut->turn; item-- > 0;) {
        bool drops = cut_drops(cut, item, sections);
        if (!drops) cut->early[item] = true;
        for (size_t k = tape->first[item]; k < tape->first[item + 1]; k++) {
            uint32_t input = tape->input[k];
            if (cut->section[input] != cut->section[item]) cut->crossed[input] = true;
            if (drops) cut->needed[input] = true;
            if (cut->early[item]) cut->early[input] = true;
        }
    }
}

/* Makes again what the section of 'item' dropped. */
static size_t cut_restore(TapeCut *cut, size_t item, size_t sections, size_t n) {
    uint32_t section = cut->section[item];
    size_t first = item, end = item;
    if (cut->restored[section]) return n;
    cut->restored[section] = true;
    while (first > 0 && cut->section[first - 1] == section) first--;
    while (end < cut->turn && cut->section[end] == section) end++;
    for (size_t k = first; k < end; k++)
        if (cut_drops(cut, k, sections)) cut->order[n++] = (uint32_t)k;
    return n;
}

static size_t cut_make_order(TapeCut *cut, size_t sections) {
    const Tape *tape = cut->tape;
    size_t n = 0;
    memset(cut->restored, 0, sections * sizeof *cut->restored);
    for (size_t item = 0; item < tape->count; item++) {
        for (size_t k = tape->first[item]; k < tape->first[item + 1] && item >= cut->turn; k++)
            if (cut_drops(cut, tape->input[k], sections))
                n = cut_restore(cut, tape->input[k], sections, n);
        if (item >= cut->turn || cut->early[item]) cut->order[n++] = (uint32_t)item;
    }
    return n;
}

/* The most numbers at once with so many sections. */
static size_t cut_try(TapeCut *cut, size_t sections, size_t *n) {
    size_t where;
    cut_sections(cut, sections);
    cut_find_dropped(cut, sections);
    *n = cut_make_order(cut, sections);
    tape_lives(cut->tape, cut->order, *n, cut->until, cut->room);
    return tape_peak(cut->tape, cut->order, *n, cut->until, cut->room, &where);
}

static bool cut_open(TapeCut *cut) {
    size_t count = cut->tape->count;
    Arena *arena = &cut->tape->arena;
    cut->load = arena_alloc(arena, count, sizeof *cut->load);
    cut->section = arena_alloc(arena, count, sizeof *cut->section);
    cut->crossed = arena_alloc(arena, count, sizeof *cut->crossed);
    cut->needed = arena_alloc(arena, count, sizeof *cut->needed);
    cut->early = arena_alloc(arena, count, sizeof *cut->early);
    cut->restored = arena_alloc(arena, count, sizeof *cut->restored);
    cut->order = arena_alloc(arena, 2 * count, sizeof *cut->order);
    cut->until = arena_alloc(arena, 2 * count, sizeof *cut->until);
    return !arena->failed;
}

/* More and more sections, until the numbers fit, or become more again. Less than a quarter fewer is
 * not worth the work. */
static void cut_search(TapeCut *cut, size_t numbers) {
    Tape *tape = cut->tape;
    size_t n, all = tape->peak;
    for (size_t sections = 2; sections < cut->turn && tape->peak > numbers; sections *= 2) {
        size_t found = cut_try(cut, sections, &n);
        if (found >= tape->peak && tape->peak < all) break;
        if (found > all / 4 * 3 || found >= tape->peak) continue;
        tape->cut = true;
        tape->peak = found;
        tape->n_order = n;
        memcpy(tape->order, cut->order, n * sizeof *tape->order);
    }
}

static bool tape_cut(Tape *tape, size_t numbers, size_t where, size_t *room) {
    TapeCut cut = {.tape = tape, .room = room};
    if (!cut_open(&cut)) return false;
    if (!cut_find_turn(&cut, where)) return true;
    cut_search(&cut, numbers);
    tape_lives(tape, tape->order, tape->n_order, tape->until, room);
    return true;
}

bool exec_tape_order(Tape *tape, size_t numbers) {
    size_t where = 0, *room = arena_alloc(&tape->arena, 2 * tape->count, sizeof *room);
    if (!room) return false;
    tape_lives(tape, tape->order, tape->count, tape->until, room);
    tape->peak = tape_peak(tape, tape->order, tape->count, tape->until, room, &where);
    return tape->peak <= numbers || tape_cut(tape, numbers, where, room);
}
