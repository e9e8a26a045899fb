/* Profile intervals (Bates and Watts, Nonlinear Regression Analysis, 1988, chapter 6): one
 * parameter is held at a value and the others walk down again; where the sum of squares S has
 * risen so far that tau = sqrt((S - S_min) / s^2) is the t of 95 %, its interval ends.
 *
 * An end is bracketed by steps outwards that double, from the linear interval's end on, and then
 * found by Chandrupatla's method (Advances in Engineering Software 28, 1997, 145-149: inverse
 * quadratic interpolation where it is safe, else halving). Each walk starts where the line through
 * the last two ends of walks leads, so that it has few rounds to go. A walk that ends above t may
 * have gone astray to a valley beside the profile: then it starts once more from the place inside,
 * and where the profile seems to jump it is followed in small steps. */
#include "diagnose.h"

#include <math.h>
#include <string.h>

enum { ENDS_STEPS = 24, ENDS_HALVINGS = 40, ENDS_TURNS = 60, ENDS_ATTEMPTS = 10 };
static const double ENDS_ENOUGH = 1e-13;   /* of S */
static const double ENDS_ACCURACY = 1e-7;  /* of the half width */
static const double ENDS_LOWER = 1e-3;     /* of s^2: S this far below S_min is another valley */
static const double ENDS_JUMP = 1e-3;      /* of t */
static const double ENDS_ALIKE = 0.2;      /* of the linear half width */

typedef enum EndKind {
    END_NONE,
    END_FOUND,
    END_BOUND,
    END_EDGE, /* beyond, the formula is not defined */
    END_FAR,  /* beyond, numbers are too large: open */
    END_OPEN
} EndKind;

/* A place on the profile: tau - t there, and all parameters. */
typedef struct EndPlace {
    double value, height;
    double *at; /* n */
} EndPlace;

typedef struct Ends {
    Objective objective; /* the walk's, with bounds of its own: low, high */
    Problem *own;        /* in double, where the walk's is in single precision */
    double *storage; /* of the vectors that follow and those of the places: n each */
    double *low, *high, *start, *end, *best, *valley;
    double t, variance, rss, valley_rss;
    double *width; /* n: of the linear half interval */
    EndPlace inner, outer, tried;
    EndKind *kind; /* 2 n: of the lower end, then of the upper one */
    bool begun;
    size_t next; /* of the 2 n ends */
} Ends;

/* ---- opening --------------------------------------------------------------------------------- */

void interval_profile_close(Intervals *intervals) {
    Ends *ends = intervals->ends;
    if (!ends) return;
    train_problem_close(ends->own);
    memory_free(ends->storage);
    memory_free(ends->kind);
    memory_free(ends);
    intervals->ends = NULL;
}

static Status ends_allocate(Ends *ends, size_t n) {
    double **vectors[] = {&ends->low,       &ends->high,     &ends->start, &ends->end,
                          &ends->best,      &ends->valley,   &ends->width, &ends->inner.at,
                          &ends->outer.at, &ends->tried.at};
    ends->storage = memory_new(COUNT_OF(vectors) * n + 1, sizeof(double));
    ends->kind = memory_new(2 * n + 1, sizeof *ends->kind);
    if (!ends->storage || !ends->kind) return STATUS_MEMORY;
    for (size_t k = 0; k < COUNT_OF(vectors); k++) *vectors[k] = ends->storage + k * n;
    return STATUS_OK;
}

static void ends_bounds(Ends *ends, const Objective *objective, size_t i) {
    ends->low[i] = objective->low ? objective->low[i] : -INFINITY;
    ends->high[i] = objective->high ? objective->high[i] : INFINITY;
}

/* Single precision is too coarse for what a profile asks. */
static Status ends_objective(Intervals *intervals, Ends *ends, Error *error) {
    const Problem *problem = intervals->problem;
    if (train_precision(problem) != PRECISION_F64) {
        TRY(train_problem_again(problem, train_table(problem), intervals->options.threads,
                                &ends->own, error));
        problem = ends->own;
    }
    const Objective *objective = train_exact_objective(problem);
    for (size_t i = 0; i < intervals->n; i++) ends_bounds(ends, objective, i);
    ends->objective = *objective;
    ends->objective.low = ends->low;
    ends->objective.high = ends->high;
    return STATUS_OK;
}

Status interval_profile_open(Intervals *intervals, Error *error) {
    const FitStatistics *fit = intervals->fit;
    Ends *ends = memory_new(1, sizeof *ends);
    if (!ends) return error_memory(error);
    intervals->ends = ends;
    ends->t = diagnose_interval_quantile(fit);
    ends->variance = fit->unit * fit->unit;
    if (ends_allocate(ends, intervals->n) != STATUS_OK) return error_memory(error);
    return ends_objective(intervals, ends, error);
}

/* Half widths by the linear approximation; at a bound, as if the others were known. */
static Status ends_widths(Intervals *intervals, Ends *ends) {
    const FitStatistics *fit = intervals->fit;
    const Objective *objective = &ends->objective;
    size_t n = intervals->n;
    double rss, *r = memory_new(n * n + n, sizeof *r);
    if (!r) return STATUS_MEMORY;
    Status status =
        objective->least_squares(objective->context, ends->best, r, r + n * n, &rss);
    for (size_t i = 0; i < n; i++) {
        double error = fit->errors[i];
        if (!isfinite(error)) error = fit->unit / optim_norm(r + i * n, i + 1);
        ends->width[i] = ends->t * error;
    }
    memory_free(r);
    return status;
}

static void ends_note_lower(Ends *ends, const double *at, double rss, size_t n) {
    if (!(rss < ends->valley_rss - ENDS_LOWER * ends->variance)) return;
    ends->valley_rss = rss;
    memcpy(ends->valley, at, n * sizeof *at);
}

/* The lowest point itself, as low as it gets: a walk may have been content with less. */
static Status ends_begin(Intervals *intervals, Ends *ends, Error *error) {
    bool arrived;
    ends->begun = true;
    ends->valley_rss = intervals->fit->rss;
    TRY(interval_walk(intervals, &ends->objective, intervals->x, -1, ends->best, &ends->rss,
                      &arrived, error));
    if (!(ends->rss <= intervals->fit->rss)) {
        ends->rss = intervals->fit->rss;
        memcpy(ends->best, intervals->x, intervals->n * sizeof(double));
    }
    ends_note_lower(ends, ends->best, ends->rss, intervals->n);
    return ends_widths(intervals, ends);
}

/* ---- one place of the profile ---------------------------------------------------------------- */

static void ends_swap(EndPlace *a, EndPlace *b) {
    EndPlace c = *a;
    *a = *b;
    *b = c;
}

/* Walks with parameter i held at tried.value, from 'start'. Keeps the lower of what it finds and of
 * what is there; tried.height is NaN where S is no finite number. */
static Status ends_walk(Intervals *intervals, Ends *ends, size_t i, const double *start,
                        Error *error) {
    EndPlace *tried = &ends->tried;
    double low = ends->low[i], high = ends->high[i], rss, height;
    bool arrived;
    ends->low[i] = ends->high[i] = tried->value;
    Status status = interval_walk(intervals, &ends->objective, start, ENDS_ENOUGH, ends->end, &rss,
                                  &arrived, error);
    ends->low[i] = low;
    ends->high[i] = high;
    if (status != STATUS_OK || !isfinite(rss)) return status;
    ends_note_lower(ends, ends->end, rss, intervals->n);
    height = sqrt(fmax(rss - ends->rss, 0) / ends->variance) - ends->t;
    if (height >= tried->height) return STATUS_OK;
    tried->height = height;
    memcpy(tried->at, ends->end, intervals->n * sizeof *ends->end);
    return STATUS_OK;
}

/* Feels tried.value: from where the line through 'inner' and 'outer' leads, and, where that is not
 * below t, from 'inner'. */
static Status ends_feel(Intervals *intervals, Ends *ends, size_t i, Error *error) {
    const EndPlace *a = &ends->inner, *b = &ends->outer;
    double share = b->value != a->value ? (ends->tried.value - a->value) / (b->value - a->value)
                                        : 0;
    for (size_t k = 0; k < intervals->n; k++)
        ends->start[k] = a->at[k] + share * (b->at[k] - a->at[k]);
    ends->tried.height = NAN;
    if (share != 0 && optim_finite(ends->start, intervals->n))
        TRY(ends_walk(intervals, ends, i, ends->start, error));
    if (!(ends->tried.height < 0)) TRY(ends_walk(intervals, ends, i, a->at, error));
    return STATUS_OK;
}

/* ---- one end --------------------------------------------------------------------------------- */

/* What was felt joins the bracket. */
static void ends_take(Ends *ends) {
    ends_swap(&ends->tried, ends->tried.height < 0 ? &ends->inner : &ends->outer);
}

/* The next share of the way from a to b (Chandrupatla); c is the place before. */
static double ends_share(const EndPlace *a, const EndPlace *b, const EndPlace *c) {
    double xi = (a->value - b->value) / (c->value - b->value);
    double phi = (a->height - b->height) / (c->height - b->height);
    if (!(phi * phi < xi && (1 - phi) * (1 - phi) < 1 - xi)) return 0.5;
    return a->height / (b->height - a->height) * c->height / (b->height - c->height) +
           (c->value - a->value) / (b->value - a->value) * a->height /
               (c->height - a->height) * b->height / (c->height - b->height);
}

/* Between 'inner', below t, and 'outer', above it. */
static Status ends_refine(Intervals *intervals, Ends *ends, size_t i, double *end, Error *error) {
    EndPlace a = ends->inner, b = ends->outer, c;
    double share = a.height / (a.height - b.height);
    for (int turn = 0; turn < ENDS_TURNS; turn++) {
        const EndPlace *nearer = fabs(a.height) < fabs(b.height) ? &a : &b;
        double least = ENDS_ACCURACY * fabs(nearer->value - ends->best[i]) /
                       fabs(b.value - a.value);
        *end = nearer->value;
        if (!(least < 0.5) || nearer->height == 0) return STATUS_OK;
        share = fmin(fmax(share, least), 1 - least);
        ends->tried.value = a.value + share * (b.value - a.value);
        if (ends->tried.value == a.value || ends->tried.value == b.value) return STATUS_OK;
        TRY(ends_feel(intervals, ends, i, error));
        EndPlace felt = ends->tried;
        if (isnan(felt.height)) felt.height = ends->tried.height = ends->t;
        ends_take(ends);
        c = (felt.height < 0) == (a.height < 0) ? a : b;
        if ((felt.height < 0) != (a.height < 0)) b = a;
        a = felt;
        share = ends_share(&a, &b, &c);
    }
    return STATUS_OK;
}

/* 'tried' is beyond what can be calculated: halves the way to it until it is crossed (true), or
 * the edge is found: 'inner'. */
static Status ends_retreat(Intervals *intervals, Ends *ends, size_t i, bool *crossed,
                           Error *error) {
    double beyond = ends->tried.value;
    *crossed = false;
    for (int turn = 0; turn < ENDS_HALVINGS && !*crossed; turn++) {
        ends->tried.value = (ends->inner.value + beyond) / 2;
        if (ends->tried.value == ends->inner.value || ends->tried.value == beyond) break;
        TRY(ends_feel(intervals, ends, i, error));
        *crossed = ends->tried.height >= 0;
        if (isnan(ends->tried.height)) beyond = ends->tried.value;
        else ends_take(ends);
    }
    return STATUS_OK;
}

/* At 'beyond' numbers, or their slopes, are too large, rather than undefined. */
static bool ends_overflows(const Intervals *intervals, Ends *ends, size_t i, double beyond) {
    const Objective *objective = &ends->objective;
    double loss = 0;
    memcpy(ends->start, ends->inner.at, intervals->n * sizeof *ends->start);
    ends->start[i] = beyond;
    return objective->loss_gradient(objective->context, ends->start, &loss, NULL) == STATUS_OK &&
           !isnan(loss);
}

static void ends_start_at_best(const Intervals *intervals, Ends *ends, size_t i) {
    size_t bytes = intervals->n * sizeof(double);
    memcpy(ends->inner.at, ends->best, bytes);
    memcpy(ends->outer.at, ends->best, bytes);
    ends->inner.value = ends->outer.value = ends->best[i];
    ends->inner.height = -ends->t;
}

/* One step outwards was felt: what it means. */
static Status ends_judge(Intervals *intervals, Ends *ends, size_t i, double bound, EndKind *kind,
                         Error *error) {
    bool crossed;
    double beyond = ends->tried.value;
    if (isnan(ends->tried.height)) {
        TRY(ends_retreat(intervals, ends, i, &crossed, error));
        bool far = !crossed && ends_overflows(intervals, ends, i, beyond);
        *kind = crossed ? END_FOUND : far ? END_FAR : END_EDGE;
        return STATUS_OK;
    }
    if (ends->tried.height >= 0) *kind = END_FOUND;
    else if (ends->tried.value == bound) *kind = END_BOUND;
    else ends_swap(&ends->inner, &ends->outer); /* the line leads on through the last two */
    ends_take(ends);
    return STATUS_OK;
}

/* From 'inner' outwards until 'outer' has risen above t. A step across zero halts there first, so
 * that it does not leap over what a formula does where a divisor or a factor vanishes. */
static Status ends_bracket(Intervals *intervals, Ends *ends, size_t i, double bound, double step,
                           EndKind *kind, Error *error) {
    bool beyond_zero = false;
    *kind = ends->inner.value == bound ? END_BOUND : END_OPEN;
    for (int k = 0; k < ENDS_STEPS && *kind == END_OPEN; k++) {
        double inner = ends->inner.value, left = fabs(bound - inner);
        bool zero = !beyond_zero && inner * (inner + step) < 0 && fabs(inner) < left;
        ends->tried.value = zero ? 0 : fabs(step) < left ? inner + step : bound;
        if (!isfinite(ends->tried.value) || ends->tried.value == inner) return STATUS_OK;
        TRY(ends_feel(intervals, ends, i, error));
        double tau = ends->tried.height + ends->t;
        TRY(ends_judge(intervals, ends, i, bound, kind, error));
        if (zero && (*kind == END_EDGE || *kind == END_FAR)) *kind = END_OPEN;
        beyond_zero = beyond_zero || zero;
        /* The first step falls a little short, where the sum of squares is close to a parabola. */
        if (!zero) step *= k > 0 ? 2 : fmin(1, fmax(0.2, 1.2 * ends->t / tau - 1));
    }
    return STATUS_OK;
}

/* The bracket has closed where the profile jumps. *astray: it does not, when the other side is felt
 * from 'inner', which then goes on from there. */
static Status ends_jump(Intervals *intervals, Ends *ends, size_t i, bool *astray, Error *error) {
    double least = ENDS_JUMP * ends->t;
    *astray = false;
    if (ends->inner.height > -least || ends->outer.height < least) return STATUS_OK;
    ends->tried.value = ends->outer.value;
    ends->tried.height = NAN;
    TRY(ends_walk(intervals, ends, i, ends->inner.at, error));
    *astray = ends->tried.height < 0;
    if (!*astray) return STATUS_OK;
    ends_swap(&ends->inner, &ends->outer);
    ends_take(ends);
    return STATUS_OK;
}

static Status ends_find(Intervals *intervals, Ends *ends, size_t i, bool upper, double *end,
                        EndKind *kind, Error *error) {
    double bound = upper ? ends->high[i] : ends->low[i];
    double step = upper ? ends->width[i] : -ends->width[i];
    bool astray = true;
    *end = step == 0 ? ends->best[i] : NAN; /* no scatter at all */
    if (!(ends->width[i] > 0 && isfinite(step))) return STATUS_OK;
    ends_start_at_best(intervals, ends, i);
    for (int attempt = 0; attempt < ENDS_ATTEMPTS && astray; attempt++) {
        TRY(ends_bracket(intervals, ends, i, bound, step, kind, error));
        if (*kind != END_FOUND) break;
        TRY(ends_refine(intervals, ends, i, end, error));
        TRY(ends_jump(intervals, ends, i, &astray, error));
        step = (ends->inner.value - ends->best[i]) / 4;
    }
    if (*kind == END_FAR) *kind = END_OPEN;
    if (*kind == END_BOUND) *end = bound;
    if (*kind == END_OPEN) *end = upper ? INFINITY : -INFINITY;
    if (*kind == END_EDGE) *end = ends->inner.value;
    return STATUS_OK;
}

/* ---- what is said ---------------------------------------------------------------------------- */

static void ends_note_kind(Intervals *intervals, EndKind kind, size_t upper, MessageId id,
                           bool *which) {
    for (size_t i = 0; i < intervals->n; i++) {
        bool at_bound = intervals->fit->unavailable[i] != MSG_NONE; /* that has a note already */
        which[i] = intervals->ends->kind[2 * i + upper] == kind && !(kind == END_BOUND && at_bound);
    }
    interval_note(intervals, id, which, NULL);
}

/* A bound is no fault of the linear approximation. */
static bool ends_unlike(const Intervals *intervals, size_t i, bool upper) {
    const Ends *ends = intervals->ends;
    EndKind kind = ends->kind[2 * i + upper];
    double linear = ends->t * intervals->fit->errors[i];
    double half = fabs((upper ? intervals->high : intervals->low)[i] - intervals->x[i]);
    bool measured = kind != END_NONE && kind != END_BOUND && isfinite(linear);
    return measured && !(fabs(half - linear) <= ENDS_ALIKE * linear);
}

static void ends_note_linear(Intervals *intervals, bool *which) {
    for (size_t i = 0; i < intervals->n; i++)
        which[i] = ends_unlike(intervals, i, false) || ends_unlike(intervals, i, true);
    interval_note(intervals, MSG_NOTE_INTERVAL_LINEAR, which,
                  number_round(intervals->ends->t, 3).s);
}

/* 'a=1.5 b=[1, 2]', as it is typed. */
static void ends_starts(const Graph *graph, const double *at, Text *out) {
    for (size_t k = 0; k < graph->n_parameters; k++) {
        const Parameter *parameter = &graph->parameters[k];
        text_format(out, "%s%s=%s", k ? " " : "", parameter->name,
                    parameter->shape.rank ? "[" : "");
        for (size_t i = 0; i < parameter->count; i++)
            text_format(out, "%s%s", i ? "," : "", number_round(at[parameter->offset + i], 6).s);
        text_add(out, parameter->shape.rank ? "]" : "");
    }
}

/* Down from the lowest place of another valley, with all parameters free. */
static Status ends_note_valley(Intervals *intervals, Ends *ends, Error *error) {
    bool arrived;
    double rss;
    if (ends->valley_rss == intervals->fit->rss) return STATUS_OK;
    TRY(interval_walk(intervals, &ends->objective, ends->valley, -1, ends->tried.at, &rss, &arrived,
                      error));
    bool lower = rss <= ends->valley_rss;
    Text starts = {0};
    ends_starts(train_graph(intervals->problem), lower ? ends->tried.at : ends->valley, &starts);
    error_set(notes_add(&intervals->notes), STATUS_OK, MSG_NOTE_INTERVAL_VALLEY,
              text_string(&starts), number_round(lower ? rss : ends->valley_rss, 7).s,
              number_round(intervals->fit->rss, 7).s, NULL);
    intervals->notes.failed = intervals->notes.failed || starts.failed;
    text_free(&starts);
    return STATUS_OK;
}

static Status ends_finish(Intervals *intervals, Ends *ends, Error *error) {
    bool *which = memory_new(intervals->n + 1, sizeof *which);
    if (!which) return error_memory(error);
    ends_note_kind(intervals, END_OPEN, 0, MSG_NOTE_INTERVAL_NO_LOW, which);
    ends_note_kind(intervals, END_OPEN, 1, MSG_NOTE_INTERVAL_NO_HIGH, which);
    ends_note_kind(intervals, END_BOUND, 0, MSG_NOTE_INTERVAL_BOUND_LOW, which);
    ends_note_kind(intervals, END_BOUND, 1, MSG_NOTE_INTERVAL_BOUND_HIGH, which);
    ends_note_kind(intervals, END_EDGE, 0, MSG_NOTE_INTERVAL_EDGE_LOW, which);
    ends_note_kind(intervals, END_EDGE, 1, MSG_NOTE_INTERVAL_EDGE_HIGH, which);
    ends_note_linear(intervals, which);
    memory_free(which);
    intervals->done = true;
    return ends_note_valley(intervals, ends, error);
}

/* Both ends of the next parameter, or what comes before and after them all. */
Status interval_profile_step(Intervals *intervals, Error *error) {
    Ends *ends = intervals->ends;
    double low = NAN, high = NAN;
    if (!ends->begun) return ends_begin(intervals, ends, error);
    size_t i = ends->next++;
    if (i == intervals->n) return ends_finish(intervals, ends, error);
    intervals->share = (double)ends->next / (double)(intervals->n + 1);
    if (!interval_wanted(intervals, i)) return STATUS_OK;
    TRY(ends_find(intervals, ends, i, false, &low, &ends->kind[2 * i], error));
    TRY(ends_find(intervals, ends, i, true, &high, &ends->kind[2 * i + 1], error));
    intervals->low[i] = low;
    intervals->high[i] = high;
    return STATUS_OK;
}
