/* Start values of a fit: a scan in which linear parameters are solved for, then walks from the best
 * places to the ends of their valleys. */
#include "train.h"

#include <math.h>
#include <string.h>

enum {
    SEED_PARAMETERS = 500,   /* scalars at most: more are drawn */
    SEED_ROWS = 256,         /* looked at while scanning */
    SEED_TRIES = 600,        /* for each axis, */
    SEED_MOST_TRIES = 3000,  /* and at most; */
    SEED_QUICK = 300,        /* with fewer, as each takes long, no axis is looked at by itself */
    SEED_BATCHES = 4,        /* scans of their own, so that not all good places are neighbours */
    SEED_KEPT = 8,           /* places of each that are walked on from; */
    SEED_POLISHED = 2,       /* so many are moved along each axis first */
    SEED_HOPS = 3,           /* scans around the lowest ends, some axes drawn anew */
    SEED_HOP_BASES = 3,
    SEED_BEST = (SEED_BATCHES + SEED_HOPS) * SEED_KEPT,
    SEED_SWEEPS = 2,
    SEED_FIRST_ROUNDS = 20,
    SEED_LAST_ROUNDS = 400,
    SEED_FINALISTS = 6
};
static const double SEED_WORK = 2e9; /* multiplications in the whole scan, */
static const double SEED_WALK_WORK = 2e9; /* and in the first rounds of the walks */
static const double SEED_ROUND = 4;       /* evaluations in a round of a walk, about */
static const double SEED_SAME = 1e-6, SEED_SAME_PLACE = 1e-4;

typedef struct SeedPlace {
    double *x, *from; /* n each: where it has come to, and from where */
    double rss;
    long found; /* the try that found it */
    bool ended; /* walked to the end of its valley */
} SeedPlace;

typedef struct Seeder {
    Problem *problem;
    const Objective *objective;
    const WalkOptions *options;
    SeedSpace space;
    LinearSystem system;
    size_t n;
    double *x, *other, *r, *qtr, *unit;
    SeedAim aim;
    const bool *open; /* n: nobody gave it */
    double *roots; /* of the weights of the rows, for a robust loss; or NULL */
    SeedPlace best[SEED_BEST];
    size_t n_best;
    double spent, allowed; /* multiplications */
    SeedReport *report;
} Seeder;

/* By the user, or because the work that is allowed so far is done. */
static bool seed_stopped(const Seeder *seeder) {
    const atomic_int *stop = seeder->options->stop;
    return (stop && atomic_load(stop) != 0) || seeder->spent > seeder->allowed;
}

/* Multiplications of one evaluation. */
static double seed_effort(const Seeder *seeder) {
    double n = (double)seeder->n + 1, rows = (double)seeder->problem->rows.count;
    return 2 * n * n * fmax(rows, 1);
}

/* ---- one place ------------------------------------------------------------------------------- */

/* Units of the columns of R, so that the rank is told rightly. */
static void seed_units(Seeder *seeder) {
    size_t n = seeder->n;
    for (size_t j = 0; j < n; j++) {
        double norm = optim_norm(seeder->r + j * n, j + 1);
        seeder->unit[j] = norm > 0 ? 1 / norm : 1;
    }
}

typedef struct SeedSum {
    const double *roots;
    double sum;
} SeedSum;

static void seed_add_size(void *context, size_t row, double left, double right) {
    SeedSum *sum = context;
    sum->sum += sum->roots[row] * fabs(left - right);
}

/* Before a robust loss a place is as deep as the sum of the sizes of its residuals: a square would
 * let one wild row choose the valley. */
static Status seed_depth(Seeder *seeder, const double *x, double *depth) {
    if (!seeder->roots || !isfinite(*depth)) return STATUS_OK;
    SeedSum sum = {.roots = seeder->roots};
    TRY(train_side_rows(seeder->problem, x, seed_add_size, &sum));
    *depth = sum.sum;
    return STATUS_OK;
}

/* Roots of the weights of the rows that the problem sees now. */
static Status seed_weigh(Seeder *seeder, const double *x) {
    size_t rows = seeder->problem->rows.count;
    if (seeder->aim != SEED_FOR_ROBUST || train_graph(seeder->problem)->n_residuals != 1)
        return STATUS_OK;
    memory_free(seeder->roots);
    seeder->roots = memory_new(rows + 1, sizeof *seeder->roots);
    if (!seeder->roots) return STATUS_MEMORY;
    TRY(train_row_weights(seeder->problem, x, seeder->roots));
    for (size_t r = 0; r < rows; r++) seeder->roots[r] = sqrt(seeder->roots[r]);
    return STATUS_OK;
}

/* Moves the linear parameters of x to where the sum of squares is least. *rss: there; NaN where
 * something is not finite. */
static Status seed_solve_squares(Seeder *seeder, double *x, double *rss) {
    const Objective *objective = seeder->objective;
    LinearSystem *system = &seeder->system;
    size_t n = seeder->n;
    seeder->spent += seed_effort(seeder);
    optim_project(objective, x);
    TRY(objective->least_squares(objective->context, x, seeder->r, seeder->qtr, rss));
    if (!isfinite(*rss) || !optim_finite(seeder->r, n * n) || !optim_finite(seeder->qtr, n)) {
        *rss = NAN;
        return STATUS_OK;
    }
    if (seeder->space.n_linear == 0) return STATUS_OK;
    seed_units(seeder);
    optim_system_load(system, seeder->r, seeder->qtr, seeder->unit, seeder->space.held);
    optim_system_factor(system);
    optim_system_solve(system);
    for (size_t k = 0; k < system->free; k++)
        x[system->column[k]] += system->z[k] * seeder->unit[system->column[k]];
    for (size_t k = 0; k < system->rank; k++) *rss -= system->right[k] * system->right[k];
    *rss = fmax(*rss, 0);
    optim_project(objective, x);
    return STATUS_OK;
}

static Status seed_solve(Seeder *seeder, double *x, double *depth) {
    TRY(seed_solve_squares(seeder, x, depth));
    return seed_depth(seeder, x, depth);
}

static void seed_clear_linear(const Seeder *seeder, double *x) {
    for (size_t i = 0; i < seeder->n; i++)
        if (!seeder->space.held[i]) x[i] = 0;
    optim_project(seeder->objective, x);
}

/* The best places of a scan, lowest first. */
static void seed_keep(const Seeder *seeder, double rss, SeedPlace *best, size_t *n_best) {
    const double *x = seeder->x;
    if (!isfinite(rss) || !optim_finite(x, seeder->n)) return;
    if (*n_best == SEED_KEPT && !(rss < best[SEED_KEPT - 1].rss)) return;
    size_t at = *n_best < SEED_KEPT ? (*n_best)++ : SEED_KEPT - 1;
    SeedPlace room = best[at];
    for (; at > 0 && rss < best[at - 1].rss; at--) best[at] = best[at - 1];
    room.rss = rss;
    room.found = seeder->report->tries;
    best[at] = room;
    memcpy(room.x, x, seeder->n * sizeof *x);
}

/* ---- the scan -------------------------------------------------------------------------------- */

static uint64_t seed_tries(const Seeder *seeder) {
    double most = SEED_WORK / seed_effort(seeder);
    uint64_t tries = SEED_TRIES * seeder->space.n_axes;
    if (tries > SEED_MOST_TRIES) tries = SEED_MOST_TRIES;
    if ((double)tries > most) tries = most > 32 ? (uint64_t)most : 32;
    return tries;
}

/* Tries from 'first' on; the best go to the list. */
static Status seed_scan(Seeder *seeder, const double *start, uint64_t first, uint64_t tries,
                        SeedPlace *best, size_t *n_best) {
    for (uint64_t k = first; k < first + tries && !seed_stopped(seeder); k++) {
        double rss = NAN;
        memcpy(seeder->x, start, seeder->n * sizeof *start);
        seed_clear_linear(seeder, seeder->x);
        TRY(seed_space_draw(&seeder->space, k, seeder->x));
        TRY(seed_solve(seeder, seeder->x, &rss));
        seeder->report->tries++;
        seed_keep(seeder, rss, best, n_best);
    }
    return STATUS_OK;
}

/* The lowest of the stops of one axis, the others as they are. */
static Status seed_polish_axis(Seeder *seeder, size_t axis, SeedPlace *place) {
    double now = seed_space_at(&seeder->space, axis, place->x);
    size_t stops = seed_space_stops(&seeder->space, axis);
    for (size_t k = 0; k < stops && !seed_stopped(seeder); k++) {
        double rss = NAN;
        memcpy(seeder->x, place->x, seeder->n * sizeof *seeder->x);
        seed_clear_linear(seeder, seeder->x);
        seed_space_put(&seeder->space, axis,
                       seed_space_stop(&seeder->space, axis, k, now), seeder->x);
        TRY(seed_solve(seeder, seeder->x, &rss));
        seeder->report->tries++;
        if (!(rss < place->rss) || !optim_finite(seeder->x, seeder->n)) continue;
        place->rss = rss;
        place->found = seeder->report->tries;
        memcpy(place->x, seeder->x, seeder->n * sizeof *seeder->x);
    }
    return STATUS_OK;
}

static Status seed_polish(Seeder *seeder, SeedPlace *best, size_t n_best) {
    for (size_t k = 0; k < n_best && k < SEED_POLISHED; k++)
        for (int sweep = 0; sweep < SEED_SWEEPS; sweep++)
            for (size_t axis = 0; axis < seeder->space.n_axes; axis++)
                TRY(seed_polish_axis(seeder, axis, &best[k]));
    return STATUS_OK;
}

static Status seed_batches(Seeder *seeder, const double *start, uint64_t tries) {
    bool quick = tries >= SEED_QUICK;
    tries /= SEED_BATCHES;
    for (uint64_t batch = 0; batch < SEED_BATCHES; batch++) {
        SeedPlace *best = seeder->best + seeder->n_best;
        size_t n_best = 0;
        seeder->allowed = seeder->spent + SEED_WORK / SEED_BATCHES;
        TRY(seed_scan(seeder, start, batch * tries, tries, best, &n_best));
        if (quick) TRY(seed_polish(seeder, best, n_best));
        seeder->n_best += n_best;
    }
    return STATUS_OK;
}

/* ---- walks ----------------------------------------------------------------------------------- */

static Status seed_rounds(Seeder *seeder, Walker *walker, long rounds, SeedPlace *place) {
    Reason reason = REASON_RUNNING;
    StepReport report = {0};
    double rss = NAN;
    for (long k = 0; k < rounds && reason == REASON_RUNNING && !seed_stopped(seeder); k++) {
        Error ignored;
        error_none(&ignored);
        seeder->spent += SEED_ROUND * seed_effort(seeder);
        TRY(optim_step(walker, &report, &reason, &ignored));
        if (reason == REASON_RUNNING && !isfinite(report.loss)) return STATUS_OK;
    }
    const double *answer = optim_answer(walker);
    TRY(seeder->objective->loss_gradient(seeder->objective->context, answer, &rss, NULL));
    rss /= seeder->objective->loss_scale;
    TRY(seed_depth(seeder, answer, &rss));
    if (!(rss < place->rss) || !optim_finite(answer, seeder->n)) return STATUS_OK;
    place->rss = rss;
    memcpy(place->x, answer, seeder->n * sizeof *answer);
    return STATUS_OK;
}

/* Place becomes where so many rounds lead. */
static Status seed_walk(Seeder *seeder, long rounds, SeedPlace *place) {
    MethodSettings settings = {.name = "lm", .last_step = rounds};
    Walker *walker = NULL;
    Error ignored;
    error_none(&ignored);
    Status status = optim_open(seeder->objective, &settings, place->x, &walker, &ignored);
    if (status == STATUS_OK) status = seed_rounds(seeder, walker, rounds, place);
    optim_close(walker);
    return status;
}

/* By depth; equal ones stay in order. */
static void seed_sort(SeedPlace *places, size_t count) {
    for (size_t k = 1; k < count; k++) {
        SeedPlace place = places[k];
        size_t at = k;
        for (; at > 0 && place.rss < places[at - 1].rss; at--) places[at] = places[at - 1];
        places[at] = place;
    }
}

static bool seed_same_depth(double a, double b) {
    return fabs(a - b) <= SEED_SAME * fmax(fabs(a), fabs(b));
}

static bool seed_same_place(const SeedPlace *a, const SeedPlace *b, size_t n) {
    if (!seed_same_depth(a->rss, b->rss)) return false;
    for (size_t i = 0; i < n; i++)
        if (!(fabs(a->x[i] - b->x[i]) <= SEED_SAME_PLACE * fabs(a->x[i]))) return false;
    return true;
}

/* Is it in a valley whose end is known? */
static bool seed_ended_there(const Seeder *seeder, const SeedPlace *place) {
    for (size_t k = 0; k < seeder->n_best; k++)
        if (seeder->best[k].ended && seed_same_place(&seeder->best[k], place, seeder->n))
            return true;
    return false;
}

/* So many places can be walked on from: all, or where each round takes long fewer. */
static size_t seed_affordable(const Seeder *seeder, size_t count) {
    double most = SEED_WALK_WORK / (2 * SEED_FIRST_ROUNDS * seed_effort(seeder));
    if ((double)count <= most) return count;
    return most < 2 ? 2 : (size_t)most;
}

/* A few rounds from each of 'count' places, then the lowest are walked to their ends. */
static Status seed_walk_all(Seeder *seeder, SeedPlace *places, size_t count, size_t finalists) {
    seed_sort(places, count);
    count = count < 2 ? count : seed_affordable(seeder, count);
    for (size_t k = 0; k < count; k++) {
        memcpy(places[k].from, places[k].x, seeder->n * sizeof *places[k].x);
        TRY(seed_walk(seeder, SEED_FIRST_ROUNDS, &places[k]));
    }
    seed_sort(places, count);
    for (size_t k = 0; k < count && finalists > 0; k++) {
        bool known = seed_ended_there(seeder, &places[k]);
        if (!known) TRY(seed_walk(seeder, SEED_LAST_ROUNDS, &places[k]));
        places[k].ended = true;
        seeder->report->walks++;
        finalists -= !known;
    }
    return STATUS_OK;
}

/* ---- hops ------------------------------------------------------------------------------------ */

/* The k-th place of a hop: an end, some of whose axes are where the k-th draw puts them. */
static Status seed_hop_place(Seeder *seeder, uint64_t k, const SeedPlace *base) {
    SeedSpace *space = &seeder->space;
    RandomKey key = random_key(seeder->options->seed, "starts-kept");
    memcpy(seeder->x, base->x, seeder->n * sizeof *seeder->x);
    TRY(seed_space_draw(space, k, seeder->x));
    for (size_t axis = 0; axis < space->n_axes; axis++)
        if (random_uniform(key, k * space->n_axes + axis) < 0.6)
            seed_space_put(space, axis, seed_space_at(space, axis, base->x), seeder->x);
    seed_clear_linear(seeder, seeder->x);
    return STATUS_OK;
}

/* A scan around the lowest ends (basin hopping: Wales and Doye, J. Phys. Chem. A 101, 1997). */
static Status seed_hop(Seeder *seeder, uint64_t first, uint64_t tries) {
    SeedPlace *best = seeder->best + seeder->n_best;
    seeder->allowed = seeder->spent + SEED_WALK_WORK / SEED_HOPS;
    size_t n_best = 0, bases = seeder->n_best < SEED_HOP_BASES ? seeder->n_best : SEED_HOP_BASES;
    for (uint64_t k = first; bases > 0 && k < first + tries && !seed_stopped(seeder); k++) {
        double rss = NAN;
        TRY(seed_hop_place(seeder, k, &seeder->best[k % bases]));
        TRY(seed_solve(seeder, seeder->x, &rss));
        seeder->report->tries++;
        seed_keep(seeder, rss, best, &n_best);
    }
    TRY(seed_walk_all(seeder, best, n_best, 1));
    seeder->n_best += n_best;
    seed_sort(seeder->best, seeder->n_best);
    return STATUS_OK;
}

/* ---- the choice ------------------------------------------------------------------------------ */

static void seed_compare(Seeder *seeder) {
    double lowest = seeder->best[0].rss;
    seeder->report->runner_up = NAN;
    for (size_t k = 0; k < seeder->n_best; k++) {
        const SeedPlace *place = &seeder->best[k];
        if (!place->ended) continue;
        bool together = seed_same_depth(place->rss, lowest);
        seeder->report->together += together;
        if (!together && isnan(seeder->report->runner_up))
            seeder->report->runner_up = place->rss / lowest;
    }
}

/* Depths over all rows instead of those of the sample. */
static Status seed_measure(Seeder *seeder) {
    const Objective *objective = seeder->objective;
    for (size_t k = 0; k < seeder->n_best; k++) {
        SeedPlace *place = &seeder->best[k];
        double loss = NAN;
        if (!place->ended) continue;
        TRY(objective->loss_gradient(objective->context, place->x, &loss, NULL));
        place->rss = isfinite(loss) ? loss / objective->loss_scale : INFINITY;
        TRY(seed_depth(seeder, place->x, &place->rss));
        memcpy(place->from, place->x, seeder->n * sizeof *place->x);
    }
    for (size_t k = seeder->n_best; k-- > 0;)
        if (!seeder->best[k].ended) seeder->best[k].rss = INFINITY;
    seed_sort(seeder->best, seeder->n_best);
    return STATUS_OK;
}

static Status seed_find(Seeder *seeder, const double *start) {
    uint64_t tries = seed_tries(seeder);
    if (seeder->space.n_axes == 0)
        return seed_scan(seeder, start, 0, 1, seeder->best, &seeder->n_best);
    TRY(seed_batches(seeder, start, tries));
    seeder->allowed = seeder->spent + 2 * SEED_WALK_WORK;
    TRY(seed_walk_all(seeder, seeder->best, seeder->n_best, SEED_FINALISTS));
    seed_sort(seeder->best, seeder->n_best);
    for (uint64_t k = 0; k < SEED_HOPS && seeder->space.n_axes > 1; k++)
        TRY(seed_hop(seeder, (1 + k) * tries, tries / (2 * SEED_HOPS)));
    return STATUS_OK;
}

/* ---- terms of one form ----------------------------------------------------------------------- */

static bool seed_alike(const SeedAxis *a, const SeedAxis *b) {
    return a->kind == b->kind && a->scale == b->scale && a->low == b->low && a->high == b->high;
}

/* The first axis like this one; of how many like it this is the last, from 0. */
static size_t seed_leader(const SeedSpace *space, size_t axis, size_t *rank) {
    size_t leader = axis;
    *rank = 0;
    for (size_t k = axis; k-- > 0;) {
        if (!seed_alike(&space->axes[k], &space->axes[axis])) continue;
        leader = k;
        ++*rank;
    }
    return leader;
}

static size_t seed_group_size(const SeedSpace *space, size_t leader) {
    size_t size = 0;
    for (size_t k = leader; k < space->n_axes; k++)
        size += seed_alike(&space->axes[k], &space->axes[leader]);
    return size;
}

/* The axis of the group with that rank. */
static size_t seed_member(const SeedSpace *space, size_t leader, size_t rank) {
    for (size_t k = leader;; k++)
        if (seed_alike(&space->axes[k], &space->axes[leader]) && rank-- == 0) return k;
}

/* Members p and q of the group change places; with 'others' those of later groups of its size too.
 */
static void seed_swap(const SeedSpace *space, size_t group, size_t p, size_t q, bool others,
                      double *x) {
    size_t size = seed_group_size(space, group), rank;
    for (size_t k = group; k < space->n_axes; k++) {
        if (seed_leader(space, k, &rank) != k || (k != group && !others)) continue;
        if (seed_group_size(space, k) != size) continue;
        size_t a = seed_member(space, k, p), b = seed_member(space, k, q);
        double left = seed_space_at(space, a, x), right = seed_space_at(space, b, x);
        seed_space_put(space, a, right, x);
        seed_space_put(space, b, left, x);
    }
}

/* Goes from x to 'other' where the sum of squares stays what it was. */
static Status seed_try(Seeder *seeder, double *x, double *other, bool *kept) {
    double before = NAN, after = NAN;
    memcpy(seeder->x, x, seeder->n * sizeof *x);
    TRY(seed_solve(seeder, seeder->x, &before));
    TRY(seed_solve(seeder, other, &after));
    *kept = seed_same_depth(before, after);
    if (*kept) memcpy(x, other, seeder->n * sizeof *x);
    return STATUS_OK;
}

static Status seed_try_swap(Seeder *seeder, size_t group, size_t p, size_t q, bool others,
                            double *x, bool *kept) {
    memcpy(seeder->other, x, seeder->n * sizeof *x);
    seed_swap(&seeder->space, group, p, q, others, seeder->other);
    return seed_try(seeder, x, seeder->other, kept);
}

/* exp(-(x/s)^2): s is positive. */
static Status seed_make_positive(Seeder *seeder, double *x) {
    for (size_t axis = 0; axis < seeder->space.n_axes; axis++) {
        double value = seed_space_at(&seeder->space, axis, x);
        bool kept;
        if (!(value < 0)) continue;
        memcpy(seeder->other, x, seeder->n * sizeof *x);
        seed_space_put(&seeder->space, axis, -value, seeder->other);
        TRY(seed_try(seeder, x, seeder->other, &kept));
    }
    return STATUS_OK;
}

/* a*exp(-b*x) + c*exp(-d*x): which of the two comes first is nobody's choice, so b < d. */
static Status seed_put_in_order(Seeder *seeder, double *x) {
    const SeedSpace *space = &seeder->space;
    for (size_t group = 0; group < space->n_axes; group++) {
        size_t rank, size = seed_group_size(space, group);
        if (seed_leader(space, group, &rank) != group) continue;
        for (size_t turn = 1; turn < size; turn++) {
            for (size_t p = 0; p + 1 < size; p++) {
                size_t a = seed_member(space, group, p), b = seed_member(space, group, p + 1);
                bool kept = false;
                if (!(seed_space_at(space, a, x) > seed_space_at(space, b, x))) continue;
                TRY(seed_try_swap(seeder, group, p, p + 1, false, x, &kept));
                if (!kept) TRY(seed_try_swap(seeder, group, p, p + 1, true, x, &kept));
            }
        }
    }
    return STATUS_OK;
}

/* ---- what is given --------------------------------------------------------------------------- */

/* Of the places whose ends are equally deep the one found first: rounding does not choose. */
static const SeedPlace *seed_winner(const Seeder *seeder) {
    const SeedPlace *winner = &seeder->best[0];
    for (size_t k = 1; k < seeder->n_best; k++) {
        const SeedPlace *place = &seeder->best[k];
        if (place->ended && seed_same_depth(place->rss, seeder->best[0].rss) &&
            place->found < winner->found)
            winner = place;
    }
    return winner;
}

/* The end of a walk has moved what the user gave: that goes back, and the linear ones follow. */
static Status seed_keep_given(Seeder *seeder, const double *given, double *start) {
    double ignored = NAN;
    bool moved = false;
    for (size_t i = 0; i < seeder->n; i++) {
        if (seeder->open[i] || start[i] == given[i]) continue;
        start[i] = given[i];
        moved = true;
    }
    return moved ? seed_solve(seeder, start, &ignored) : STATUS_OK;
}

/* Without axes the one place is the answer up to rounding. */
static Status seed_give(Seeder *seeder, double *start) {
    if (seeder->n_best == 0) return STATUS_OK;
    bool direct = seeder->space.n_axes == 0;
    const SeedPlace *winner = seed_winner(seeder);
    seeder->report->used = true;
    if (!direct) seed_compare(seeder);
    seeder->report->found = winner->found;
    memcpy(seeder->other, start, seeder->n * sizeof *start);
    memcpy(start, direct || seeder->aim != SEED_FOR_SQUARES ? winner->x : winner->from,
           seeder->n * sizeof *start);
    TRY(seed_keep_given(seeder, seeder->other, start));
    if (direct) return STATUS_OK;
    TRY(seed_make_positive(seeder, start));
    return seed_put_in_order(seeder, start);
}

/* ---- opening --------------------------------------------------------------------------------- */

static Status seed_open(Seeder *seeder) {
    size_t n = seeder->n, count = 0;
    if (!memory_multiply(n, n + 4 + 2 * SEED_BEST, &count)) return STATUS_MEMORY;
    seeder->x = memory_new(count + 1, sizeof *seeder->x);
    if (!seeder->x || !optim_system_open(&seeder->system, n)) return STATUS_MEMORY;
    seeder->qtr = seeder->x + n;
    seeder->unit = seeder->qtr + n;
    seeder->other = seeder->unit + n;
    seeder->r = seeder->other + n;
    double *at = seeder->r + n * n;
    for (size_t k = 0; k < SEED_BEST; k++, at += 2 * n)
        seeder->best[k] = (SeedPlace){.x = at, .from = at + n, .rss = INFINITY};
    return STATUS_OK;
}

static void seed_close(Seeder *seeder) {
    seed_space_close(&seeder->space);
    optim_system_close(&seeder->system);
    memory_free(seeder->x);
    memory_free(seeder->roots);
}

static Status seed_run(Seeder *seeder, double *start) {
    Problem *problem = seeder->problem;
    Sample sample;
    bool few = seeder->space.n_axes > 0;
    TRY(sample_open(problem, few ? SEED_ROWS + 8 * seeder->n : SIZE_MAX, seeder->options->seed,
                    &sample));
    bool sampled = sample.columns != NULL;
    Status status = seed_weigh(seeder, start);
    if (status == STATUS_OK) status = seed_find(seeder, start);
    sample_close(problem, &sample);
    if (status == STATUS_OK && sampled) status = seed_weigh(seeder, start);
    if (status == STATUS_OK && sampled && !seed_stopped(seeder)) status = seed_measure(seeder);
    return status == STATUS_OK ? seed_give(seeder, start) : status;
}

bool train_seed_wanted(const Problem *problem, const WalkOptions *options, const bool *open) {
    const Objective *objective = train_objective(problem);
    bool lm = !options->rate && options->batch == 0 &&
              (!options->optimizer || strcmp(options->optimizer, "lm") == 0);
    if (!lm || !objective->least_squares || objective->n > SEED_PARAMETERS) return false;
    for (size_t i = 0; i < objective->n; i++)
        if (open[i]) return true;
    return false;
}

Status train_seed(Problem *problem, SeedAim aim, const WalkOptions *options, const bool *open,
                  double *start, SeedReport *report) {
    *report = (SeedReport){.runner_up = NAN};
    Seeder seeder = {.problem = problem,
                     .aim = aim,
                     .open = open,
                     .allowed = SEED_WORK,
                     .objective = train_objective(problem),
                     .options = options,
                     .n = problem->objective.n,
                     .report = report};
    Status status = seed_space_open(problem, options->seed, open, &seeder.space);
    if (status == STATUS_OK) status = seed_open(&seeder);
    if (status == STATUS_OK) status = seed_run(&seeder, start);
    report->linear = seeder.objective->fine_step != NULL;
    report->solved = seeder.space.n_linear;
    report->scanned = seeder.space.n_axes;
    seed_close(&seeder);
    return status;
}
