/* What parts of a pass summed, or a visitor made of them, joined in the order of the parts, while
 * threads go on with the next: each has a few sets, so that one that is held up for a moment does
 * not hold up others. Whoever ends a part joins all that is ready. */
#include "exec.h"

#include <stdatomic.h>

enum { JOIN_LOOKS = 1 << 14 }; /* of one that waits, before it lets others work */

typedef struct JoinSlot {
    atomic_size_t part; /* its number + 1, when it is ready */
    size_t worker, set;
} JoinSlot;

struct Join {
    atomic_size_t turn; /* the part to be joined */
    atomic_flag joining;
    JoinSlot *slots; /* part k waits in slot k % n_slots */
    size_t n_slots;
    size_t *taken; /* [worker][set]: the part + 1 that it was given to */
    size_t n_sets; /* that are used in this pass */
    const PlanPass *pass;
    const RowVisitor *visitor;
    Status status;
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

void exec_join_start(const Plan *plan, const PlanPass *pass, const RowVisitor *visitor) {
    Join *join = plan->join;
    join->pass = pass;
    join->visitor = visitor && visitor->join ? visitor : NULL;
    join->n_sets = plan->n_sets;
    if (join->visitor && join->visitor->sets < join->n_sets) join->n_sets = join->visitor->sets;
    join->status = STATUS_OK;
    atomic_store(&join->turn, 0);
    atomic_flag_clear(&join->joining);
    for (size_t k = 0; k < join->n_slots; k++) atomic_store(&join->slots[k].part, 0);
    for (size_t k = 0; k < plan->n_workers * plan->n_sets; k++) join->taken[k] = 0;
}

/* A set of the worker's that is free. */
static bool join_free_set(const Plan *plan, size_t worker, size_t part, size_t *set) {
    Join *join = plan->join;
    size_t turn = atomic_load(&join->turn), *taken = join->taken + worker * plan->n_sets;
    for (*set = 0; *set < join->n_sets; ++*set) {
        if (taken[*set] > turn) continue;
        taken[*set] = part + 1;
        return true;
    }
    return false;
}

size_t exec_join_take(const Plan *plan, size_t worker, size_t part) {
    size_t set;
    for (int looks = 0; !join_free_set(plan, worker, part, &set);) {
        if (looks < JOIN_LOOKS) looks++;
        else pool_yield();
    }
    return set;
}

Fold *exec_join_folds(const Plan *plan, const PlanPass *pass, size_t worker, size_t set) {
    return pass->parts ? pass->parts[worker * plan->n_sets + set] : NULL;
}

static bool join_is_ready(const Join *join, size_t turn) {
    return atomic_load(&join->slots[turn % join->n_slots].part) == turn + 1;
}

static void join_part(Join *join, const Plan *plan, const JoinSlot *slot) {
    const PlanPass *pass = join->pass;
    const RowVisitor *visitor = join->visitor;
    Fold *folds = exec_join_folds(plan, pass, slot->worker, slot->set);
    for (size_t k = 0; k < pass->n_folds; k++) exec_fold_join(&pass->whole[k], &folds[k]);
    if (!visitor || join->status != STATUS_OK) return;
    join->status = visitor->join(visitor->context, slot->worker * visitor->sets + slot->set);
}

static void join_in_order(Join *join, const Plan *plan) {
    size_t turn = atomic_load(&join->turn);
    while (join_is_ready(join, turn)) {
        join_part(join, plan, &join->slots[turn % join->n_slots]);
        atomic_store(&join->turn, ++turn);
    }
}

/* One thread joins at a time; another that comes leaves its part to it. */
void exec_join_done(const Plan *plan, size_t worker, size_t set, size_t part) {
    Join *join = plan->join;
    JoinSlot *slot = &join->slots[part % join->n_slots];
    slot->worker = worker;
    slot->set = set;
    atomic_store(&slot->part, part + 1);
    do {
        if (atomic_flag_test_and_set(&join->joining)) return;
        join_in_order(join, plan);
        atomic_flag_clear(&join->joining);
    } while (join_is_ready(join, atomic_load(&join->turn)));
}

Status exec_join_status(const Plan *plan) {
    return plan->join->status;
}
