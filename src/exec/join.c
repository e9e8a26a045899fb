/* What parts of a pass summed, joined in the order of the parts, while threads go on with the next:
 * each has a few sets of sums, so that one that is held up for a moment does not hold up others.
 * Whoever ends a part joins all that is ready. */
#include "exec.h"

#include <stdatomic.h>

enum { JOIN_LOOKS = 1 << 14 }; /* of one that waits, before it lets others work */

typedef struct JoinSlot {
    atomic_size_t part; /* its number + 1, when it is ready */
    Fold *folds;
} JoinSlot;

struct Join {
    atomic_size_t turn; /* the part to be joined */
    atomic_flag joining;
    JoinSlot *slots; /* part k waits in slot k % n_slots */
    size_t n_slots;
    size_t *taken; /* [worker][set]: the part + 1 that it was given to */
};

/* A part waits for its turn in one of the sets, or its worker waits for a set. */
Join *exec_join_new(Plan *plan) {
    Join *join = arena_alloc(&plan->arena, 1, sizeof *join);
    size_t n_sets = plan->n_workers * plan->n_sets;
    if (!join) return NULL;
    join->n_slots = n_sets + plan->n_workers;
    join->slots = arena_alloc(&plan->arena, join->n_slots, sizeof *join->slots);
    join->taken = arena_alloc(&plan->arena, n_sets, sizeof *join->taken);
    return join->slots && join->taken ? join : NULL;
}

void exec_join_start(const Plan *plan) {
    Join *join = plan->join;
    atomic_store(&join->turn, 0);
    atomic_flag_clear(&join->joining);
    for (size_t k = 0; k < join->n_slots; k++) atomic_store(&join->slots[k].part, 0);
    for (size_t k = 0; k < plan->n_workers * plan->n_sets; k++) join->taken[k] = 0;
}

/* A set of the worker's that is free; NULL: none is. */
static Fold *join_free_set(const Plan *plan, const PlanPass *pass, size_t worker, size_t part) {
    Join *join = plan->join;
    size_t turn = atomic_load(&join->turn);
    for (size_t k = worker * plan->n_sets; k < (worker + 1) * plan->n_sets; k++) {
        if (join->taken[k] > turn) continue;
        join->taken[k] = part + 1;
        return pass->parts[k];
    }
    return NULL;
}

Fold *exec_join_take(const Plan *plan, const PlanPass *pass, size_t worker, size_t part) {
    Fold *folds = join_free_set(plan, pass, worker, part);
    for (int looks = 0; !folds; looks++) {
        if (looks >= JOIN_LOOKS) pool_yield();
        folds = join_free_set(plan, pass, worker, part);
    }
    return folds;
}

static bool join_is_ready(const Join *join, size_t turn) {
    return atomic_load(&join->slots[turn % join->n_slots].part) == turn + 1;
}

static void join_in_order(Join *join, const PlanPass *pass) {
    size_t turn = atomic_load(&join->turn);
    while (join_is_ready(join, turn)) {
        Fold *folds = join->slots[turn % join->n_slots].folds;
        for (size_t k = 0; k < pass->n_folds; k++) exec_fold_join(&pass->whole[k], &folds[k]);
        atomic_store(&join->turn, ++turn);
    }
}

/* One thread joins at a time; another that comes leaves its part to it. */
void exec_join_done(const Plan *plan, const PlanPass *pass, size_t part, Fold *folds) {
    Join *join = plan->join;
    JoinSlot *slot = &join->slots[part % join->n_slots];
    slot->folds = folds;
    atomic_store(&slot->part, part + 1);
    do {
        if (atomic_flag_test_and_set(&join->joining)) return;
        join_in_order(join, pass);
        atomic_flag_clear(&join->joining);
    } while (join_is_ready(join, atomic_load(&join->turn)));
}
