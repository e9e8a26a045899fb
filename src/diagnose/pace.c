/* How fast a walk is where it ended: what the curvature at both ends says about its rate, and how
 * far the bottom still is. Products of the second derivative and a vector cost as much as some
 * rounds: how many are made, and over how many rows, is measured by what the walk itself took. */
#include "diagnose.h"

#include "../op/vmath.h"

#include <math.h>
#include <string.h>

enum {
    PACE_PRODUCTS = 40, /* for an end of the spectrum */
    PACE_LEAST = 8,     /* fewer tell nothing */
    PACE_TURNS = 30,    /* of conjugate gradients */
    PACE_GRID = 400,    /* rates among which the best one is looked for */
    PACE_LEAST_ROWS = 500
};
static const double PACE_SHARE = 0.005; /* of the numbers that the walk went over */
static const double PACE_FREE = 2e5;   /* numbers that may be gone over in any case; */
static const double PACE_AT_LENGTH = 1e9; /* the same where the end was a bad one */
static const double PACE_COST = 25; /* a product, not compiled, against loss and slope */
static const double PACE_DRAW = 30; /* a parameter of the vector that Lanczos' method begins with */

/* ---- rounds ---------------------------------------------------------------------------------- */

/* What a round multiplies the distance from the bottom by, in the long run, where rate * curvature
 * is 'c': the larger root of z^2 - p z + q (Polyak 1964; Nesterov 2004, section 2.2). */
static double pace_factor(const Pace *pace, double c) {
    double beta = pace->momentum, p = 1 + beta - c, q = beta;
    if (pace->looks_ahead) {
        p = (1 + beta) * (1 - c);
        q = beta * (1 - c);
    }
    double square = p * p - 4 * q;
    return square < 0 ? sqrt(q) : (fabs(p) + sqrt(square)) / 2;
}

static double pace_of_factor(double factor) {
    if (factor >= 1) return INFINITY;
    return factor > 0.1 ? vm_log(10) / -vm_log(factor) : 1;
}

double diagnose_pace_rounds(const Pace *pace, double rate) {
    double low = pace_factor(pace, rate * pace->low), high = pace_factor(pace, rate * pace->high);
    return pace_of_factor(low > high ? low : high);
}

double diagnose_plain_rounds(const Pace *pace) {
    if (!(pace->low > 0)) return NAN;
    return pace_of_factor((pace->high - pace->low) / (pace->high + pace->low));
}

double diagnose_pace_swing(const Pace *pace, double rate) {
    if (isnan(pace->limit_factor)) return INFINITY;
    return pace_of_factor(pace_factor(pace, rate * pace->high));
}

/* The rate with the fewest rounds a digit where the walk ended. */
static void pace_find_best(Pace *pace) {
    double limit = pace->limit_factor / pace->high;
    pace->best = pace->best_rounds = NAN;
    if (!(pace->low > 0) || isnan(limit)) return;
    if (pace->momentum == 0) {
        pace->best = 2 / (pace->low + pace->high);
    } else {
        double least = INFINITY;
        for (int k = 1; k < PACE_GRID; k++) {
            double rate = limit * vm_exp(-8.0 * k / PACE_GRID);
            double rounds = diagnose_pace_rounds(pace, rate);
            if (!(rounds < least * (1 - 1e-9))) continue;
            least = rounds;
            pace->best = rate;
        }
    }
    pace->best_rounds = diagnose_pace_rounds(pace, pace->best);
}

/* ---- curvature ------------------------------------------------------------------------------- */

/* What may be spent. */
typedef struct PacePlan {
    size_t rows;     /* to be looked at; 0: all of them */
    size_t products; /* for an end of the spectrum; 0: none */
} PacePlan;

/* Numbers that Lanczos' method goes over, with so many products over so many rows. */
static double pace_lanczos(double products, double n, double rows) {
    return products * PACE_COST * (rows + n) + 2 * products * products * n + PACE_DRAW * n;
}

/* At two places, and once more for the way to the bottom. */
static PacePlan pace_plan(const Problem *problem, const WalkFacts *facts, bool at_length) {
    const Table *table = train_table(problem);
    double n = (double)train_objective(problem)->n, rows = table ? (double)table->n_rows : 0;
    double most = PACE_SHARE * (rows + n) * (double)facts->evaluations;
    most = fmax(most, at_length ? PACE_AT_LENGTH : PACE_FREE) / 3;
    PacePlan plan = {.products = n < PACE_PRODUCTS ? (size_t)n : PACE_PRODUCTS};
    while (plan.products > PACE_LEAST && pace_lanczos((double)plan.products, n, 0) > most / 2)
        plan.products--;
    double products = (double)plan.products, left = most - pace_lanczos(products, n, 0);
    if (left < 0) return (PacePlan){0};
    double allowed = left / (PACE_COST * products);
    if (rows > allowed)
        plan.rows = allowed < PACE_LEAST_ROWS ? PACE_LEAST_ROWS : (size_t)allowed;
    return plan;
}

/* 'greatest' by size, as diagnose_curvature. */
static Status pace_curvature(const Objective *objective, const double *x, size_t products,
                             double *low, double *high, double *greatest) {
    Spectrum spectrum;
    TRY(diagnose_spectrum_within(objective, x, products, &spectrum));
    *low = spectrum.low.settled || spectrum.low.value <= 0 ? spectrum.low.value : NAN;
    *high = spectrum.high.value;
    *greatest = -spectrum.low.value > *high ? spectrum.low.value : *high;
    diagnose_spectrum_free(&spectrum);
    return STATUS_OK;
}

static Status pace_product(const Objective *objective, const double *x, const bool *held,
                           const double *v, double *product) {
    TRY(objective->hessian_vector(objective->context, x, v, product));
    for (size_t i = 0; i < objective->n; i++)
        if (held[i]) product[i] = 0;
    return STATUS_OK;
}

/* Newton's step from x by conjugate gradients (Hestenes and Stiefel 1952): its length, and the fall
 * that it promises. NaN where the ground bends down on the way. work: 5 n. */
static Status pace_to_bottom(const Objective *objective, const double *x, const bool *held,
                             double *work, Pace *pace) {
    size_t n = objective->n, turns = n < PACE_TURNS ? 2 * n : PACE_TURNS;
    double *r = work, *p = work + n, *product = work + 2 * n, *step = work + 3 * n;
    double *gradient = work + 4 * n, loss, square;
    TRY(objective->loss_gradient(objective->context, x, &loss, gradient));
    for (size_t i = 0; i < n; i++) p[i] = r[i] = held[i] ? 0 : gradient[i];
    memset(step, 0, n * sizeof *step);
    double start = square = optim_dot(r, r, n);
    for (size_t turn = 0; turn < turns && square > 1e-16 * start; turn++) {
        TRY(pace_product(objective, x, held, p, product));
        double bend = optim_dot(p, product, n);
        if (turn == 0) pace->along = bend / square;
        if (!(bend > 0)) return STATUS_OK;
        double length = square / bend, before = square;
        for (size_t i = 0; i < n; i++) {
            step[i] += length * p[i];
            r[i] -= length * product[i];
        }
        square = optim_dot(r, r, n);
        for (size_t i = 0; i < n; i++) p[i] = r[i] + square / before * p[i];
    }
    pace->distance = optim_norm(step, n);
    pace->fall = optim_dot(step, gradient, n) / 2;
    return STATUS_OK;
}

/* Where he stands at a bound that the slope pushes against, the parameter is held. */
typedef struct PaceEnd {
    Objective pinned;
    double *work, *low, *high;
    bool *held;
} PaceEnd;

static Status pace_pin(const Objective *objective, const double *x, PaceEnd *end) {
    size_t n = objective->n;
    double loss, *gradient;
    end->pinned = *objective;
    end->work = memory_new(7 * n + 1, sizeof(double));
    end->held = memory_new(n + 1, sizeof(bool));
    if (!end->work || !end->held) return STATUS_MEMORY;
    gradient = end->work;
    end->low = end->work + 5 * n;
    end->high = end->work + 6 * n;
    TRY(objective->loss_gradient(objective->context, x, &loss, gradient));
    for (size_t i = 0; i < n; i++) {
        end->held[i] = optim_held(objective, x, gradient, i);
        end->low[i] = end->held[i] ? x[i] : -INFINITY;
        end->high[i] = end->held[i] ? x[i] : INFINITY;
    }
    end->pinned.low = end->low;
    end->pinned.high = end->high;
    return STATUS_OK;
}

static Status pace_end(const Objective *objective, const double *x, size_t products, Pace *pace) {
    PaceEnd end = {0};
    double greatest = NAN;
    Status status = pace_pin(objective, x, &end);
    if (status == STATUS_OK)
        status = pace_curvature(&end.pinned, x, products, &pace->low, &pace->high, &greatest);
    if (greatest > 0) pace->end_limit = pace->limit_factor / greatest;
    if (status == STATUS_OK) status = pace_to_bottom(objective, x, end.held, end.work, pace);
    memory_free(end.work);
    memory_free(end.held);
    return status;
}

/* ---- the whole ------------------------------------------------------------------------------- */

static Status pace_measure(const Objective *objective, const WalkFacts *facts, size_t products,
                           bool flew, Pace *pace) {
    double greatest = NAN;
    if (isfinite(facts->start_loss))
        TRY(pace_curvature(objective, facts->start, products, &pace->low, &pace->high, &greatest));
    if (greatest > 0) pace->limit = pace->limit_factor / greatest;
    if (!flew && isfinite(facts->loss) && facts->steps > 0)
        TRY(pace_end(objective, facts->values, products, pace));
    pace_find_best(pace);
    return STATUS_OK;
}

void diagnose_pace_none(Pace *pace) {
    *pace = (Pace){.limit_factor = NAN, .limit = NAN, .end_limit = NAN, .low = NAN, .high = NAN,
                   .best = NAN, .best_rounds = NAN, .distance = NAN, .fall = NAN, .along = NAN};
}

Status diagnose_pace(const Problem *problem, const Walk *walk, Verdict verdict, Pace *pace) {
    const Objective *objective = train_exact_objective(problem);
    const Walker *walker = train_walker(walk);
    Problem *own = (Problem *)problem; /* it is given back as it was */
    WalkFacts facts;
    Sample part;
    Rows before;
    diagnose_pace_none(pace);
    train_walk_facts(walk, &facts);
    bool flew = verdict == VERDICT_DIVERGED || verdict == VERDICT_NON_FINITE;
    bool badly = flew || verdict == VERDICT_OSCILLATING || verdict == VERDICT_STALLED;
    PacePlan plan = pace_plan(problem, &facts, badly);
    if (!facts.first_order || !objective->hessian_vector || plan.products == 0) return STATUS_OK;
    double beta = optim_setting(walker, "momentum");
    pace->momentum = isfinite(beta) ? beta : 0;
    pace->looks_ahead = strcmp(facts.method, "nesterov") == 0;
    pace->limit_factor = diagnose_limit_factor(walker);
    TRY(diagnose_look(own, plan.rows, 1, &before, &part));
    Status status = pace_measure(objective, &facts, plan.products, flew, pace);
    diagnose_look_back(own, &before, &part);
    return status;
}
