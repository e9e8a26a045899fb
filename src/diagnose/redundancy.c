/* redundancy: parameters that only make something together are named with what they make.
 *
 * Directions along which no residual changes come from the singular vectors of the scaled Jacobian
 * (factor.c). They are looked at again at two points aside: a redundancy of the formula is there
 * too, and tells its form by how its direction turns; a coincidence at the solution does not. */
#include "diagnose.h"

#include <math.h>
#include <string.h>

enum { REDUNDANCY_POINTS = 2, REDUNDANCY_TRIES = 4, REDUNDANCY_MEMBERS = 40, REDUNDANCY_PAIRS = 3 };
static const double REDUNDANCY_ASIDE = 0.1, REDUNDANCY_RATIO = 1e-6;
static const double REDUNDANCY_EXCHANGEABLE = 0.95;

/* One group of tied parameters. Matrices are size x size. */
typedef struct Tie {
    Problem *problem;
    const FitStatistics *fit;
    const double *x;
    size_t size, lost;  /* parameters, and how many of them could be anything */
    size_t *column;     /* size: which column of the factor */
    Text *name;         /* size */
    double *point[REDUNDANCY_POINTS]; /* n: places aside */
    double *share[REDUNDANCY_POINTS]; /* the projection on the directions without effect there */
    double *scale[REDUNDANCY_POINTS]; /* size: lengths of the columns there */
    double *slope[REDUNDANCY_POINTS], *value[REDUNDANCY_POINTS]; /* size: of a combination */
} Tie;

static size_t tie_parameter(const Tie *tie, size_t k) {
    return tie->fit->factor.index[tie->column[k]];
}

/* ---- places aside ---------------------------------------------------------------------------- */

/* Every free parameter is moved by a part of its size, or of what the residuals would feel. */
static void tie_step_aside(const Tie *tie, size_t point, double part) {
    const FitStatistics *fit = tie->fit;
    const FitFactor *factor = &fit->factor;
    const Objective *objective = train_exact_objective(tie->problem);
    RandomKey key = random_key(point + 1, "redundancy");
    double *place = tie->point[point];
    memcpy(place, tie->x, fit->n * sizeof *place);
    for (size_t k = 0; k < factor->m; k++) {
        size_t i = factor->index[k];
        double size = fmax(fabs(tie->x[i]), sqrt(fit->rss) / 2 / factor->scale[k]);
        double u = random_uniform(key, i), step = part * size * (u < 0.5 ? u - 1 : u);
        bool high = objective->high && tie->x[i] + step >= objective->high[i];
        bool low = objective->low && tie->x[i] + step <= objective->low[i];
        place[i] += high || low ? -step : step;
    }
    optim_project(objective, place);
}

static void tie_read(Tie *tie, size_t point, const FitFactor *factor) {
    for (size_t a = 0; a < tie->size; a++) {
        tie->scale[point][a] = factor->scale[tie->column[a]];
        for (size_t b = 0; b < tie->size; b++)
            tie->share[point][b * tie->size + a] =
                diagnose_factor_share(factor, tie->column[a], tie->column[b]);
    }
}

/* The columns of the solution, with their lengths at a place aside; false: one has none. */
static bool tie_columns(const FitFactor *own, FitFactor *factor) {
    for (size_t k = 0; k < own->m; k++) {
        size_t j = own->index[k];
        double length = optim_norm(factor->jacobian + j * own->n, j + 1);
        if (!(length > 0 && isfinite(length))) return false;
        diagnose_factor_column(factor, j, length);
    }
    return true;
}

/* How many of the members could be anything there. */
static double tie_freedom(const Tie *tie, size_t point) {
    double freedom = 0;
    for (size_t a = 0; a < tie->size; a++) freedom += tie->share[point][a * (tie->size + 1)];
    return freedom;
}

/* The directions without effect at a place aside; *there: it has as many as the solution. */
static Status tie_look(Tie *tie, size_t point, FitFactor *factor, double *qtr, bool *there) {
    const Objective *objective = train_exact_objective(tie->problem);
    double rss = NAN;
    TRY(objective->least_squares(objective->context, tie->point[point], factor->jacobian, qtr,
                                 &rss));
    if (!isfinite(rss) || !tie_columns(&tie->fit->factor, factor)) return STATUS_OK;
    TRY(diagnose_factor(factor, NULL, NULL));
    tie_read(tie, point, factor);
    *there = fabs(tie_freedom(tie, point) - (double)tie->lost) < 1e-6;
    return STATUS_OK;
}

static Status tie_look_once(Tie *tie, size_t point, bool *there) {
    FitFactor factor;
    double *qtr = memory_new(tie->fit->n + 1, sizeof *qtr);
    Status status = diagnose_factor_new(tie->fit->n, &factor);
    *there = false;
    if (status == STATUS_OK && !qtr) status = STATUS_MEMORY;
    if (status == STATUS_OK) status = tie_look(tie, point, &factor, qtr, there);
    diagnose_factor_free(&factor);
    memory_free(qtr);
    return status;
}

static Status tie_look_aside(Tie *tie, bool *there) {
    *there = true;
    for (size_t point = 0; point < REDUNDANCY_POINTS && *there; point++) {
        double part = REDUNDANCY_ASIDE;
        *there = false;
        for (int t = 0; t < REDUNDANCY_TRIES && !*there; t++, part /= 4) {
            tie_step_aside(tie, point, part);
            TRY(tie_look_once(tie, point, there));
        }
        for (size_t k = 0; k < tie->size; k++)
            tie->value[point][k] = tie->point[point][tie_parameter(tie, k)];
    }
    return STATUS_OK;
}

/* ---- forms ----------------------------------------------------------------------------------- */

/* The greatest column of the projection, or (rest) of what is left beside it: the one direction, in
 * the parameters' own units, or the slopes of the one combination. */
static void tie_direction(const Tie *tie, size_t point, bool rest, double *direction) {
    size_t n = tie->size, most = 0;
    const double *share = tie->share[point], sign = rest ? -1 : 1;
    for (size_t k = 1; k < n; k++)
        if (sign * share[k * (n + 1)] > sign * share[most * (n + 1)]) most = k;
    for (size_t k = 0; k < n; k++) {
        double part = (rest && k == most ? 1 : 0) + sign * share[most * n + k];
        direction[k] = rest ? part * tie->scale[point][k] : part / tie->scale[point][k];
    }
}

/* What two members make together while all move along one direction. */
static bool tie_pair(const Tie *tie, size_t a, size_t b, Text *out) {
    const char *names[2] = {text_string(&tie->name[a]), text_string(&tie->name[b])};
    double slope[REDUNDANCY_POINTS][2], value[REDUNDANCY_POINTS][2];
    for (size_t point = 0; point < REDUNDANCY_POINTS; point++) {
        slope[point][0] = tie->slope[point][b];
        slope[point][1] = -tie->slope[point][a];
        value[point][0] = tie->value[point][a];
        value[point][1] = tie->value[point][b];
    }
    Combination pair = {.n = 2, .name = names, .slope = {slope[0], slope[1]},
                        .value = {value[0], value[1]}};
    return diagnose_combination(&pair, out);
}

/* Everything that the others make with one of them. */
static bool tie_star(const Tie *tie, size_t centre, Text *out) {
    for (size_t k = 0; k < tie->size; k++) {
        if (k == centre) continue;
        if (out->length) text_add(out, ", ");
        if (!tie_pair(tie, k < centre ? k : centre, k < centre ? centre : k, out)) return false;
    }
    return true;
}

/* The shortest list of what is determined, around any of them. */
static bool tie_several(const Tie *tie, Text *list) {
    for (size_t centre = 0; centre < tie->size; centre++) {
        Text star = {0};
        if (tie_star(tie, centre, &star) && (!list->length || star.length < list->length)) {
            text_clear(list);
            text_add(list, text_string(&star));
        }
        list->failed = list->failed || star.failed;
        text_free(&star);
    }
    return list->length > 0;
}

/* All grow by the same part along the direction: only their ratios count. */
static bool tie_ratios(const Tie *tie) {
    for (size_t point = 0; point < REDUNDANCY_POINTS; point++)
        for (size_t k = 1; k < tie->size; k++) {
            double first = tie->slope[point][0] / tie->value[point][0];
            double part = tie->slope[point][k] / tie->value[point][k];
            if (!(fabs(part - first) <= REDUNDANCY_RATIO * fabs(first))) return false;
        }
    return true;
}

static bool tie_single(const Tie *tie, Text *out) {
    const char **names = memory_new(tie->size + 1, sizeof *names);
    for (size_t k = 0; names && k < tie->size; k++) names[k] = text_string(&tie->name[k]);
    Combination all = {.n = tie->size, .name = names, .slope = {tie->slope[0], tie->slope[1]},
                       .value = {tie->value[0], tie->value[1]}};
    bool found = names && diagnose_combination(&all, out);
    out->failed = out->failed || !names;
    memory_free(names);
    return found;
}

/* ---- sentences ------------------------------------------------------------------------------- */

static void tie_names(const Tie *tie, Text *out) {
    for (size_t k = 0; k < tie->size; k++) {
        text_add(out, k ? ", " : "");
        text_add(out, text_string(&tie->name[k]));
    }
}

/* Arguments that hold as many as could be anything: 'b=0.5..0.5'. */
static void tie_remedy(const Tie *tie, Text *out) {
    for (size_t k = 0; k < tie->size; k++) {
        if (!tie->fit->factor.dropped[tie->column[k]]) continue;
        NumberText value = number_round(tie->x[tie_parameter(tie, k)], 2);
        text_add(out, out->length ? " " : "");
        text_format(out, "%s=%s..%s", text_string(&tie->name[k]), value.s, value.s);
    }
}

/* '1 : -2 : 0.5', at the solution, with respect to the first. */
static void tie_valley(const Tie *tie, Text *out) {
    const FitFactor *factor = &tie->fit->factor;
    size_t first = tie->column[0];
    double unit = diagnose_factor_share(factor, first, first) / factor->scale[first];
    for (size_t k = 0; k < tie->size; k++) {
        double part = diagnose_factor_share(factor, first, tie->column[k]);
        text_add(out, k ? " : " : "");
        text_add(out, number_round(part / factor->scale[tie->column[k]] / unit, 3).s);
    }
}

static void tie_tell_form(const Tie *tie, const char *form, bool one, const char *names,
                          const char *remedy, Notes *notes) {
    Error *note = notes_add(notes);
    NumberText lost = number_integer((long long)tie->lost);
    if (tie->size == 2)
        error_set(note, STATUS_OK, MSG_TIED_PAIR, form, text_string(&tie->name[0]),
                  text_string(&tie->name[1]), remedy, NULL);
    else if (one)
        error_set(note, STATUS_OK, MSG_TIED_ONE, form, lost.s, names, remedy, NULL);
    else if (!form[0])
        error_set(note, STATUS_OK, MSG_TIED_RATIOS, names, remedy, NULL);
    else
        error_set(note, STATUS_OK, MSG_TIED_SEVERAL, form, names, remedy, NULL);
}

static void tie_tell_number(const Tie *tie, const char *names, const char *remedy, Notes *notes) {
    Error *note = notes_add(notes);
    Text valley = {0};
    NumberText known = number_integer((long long)(tie->size - tie->lost));
    NumberText all = number_integer((long long)tie->size);
    tie_valley(tie, &valley);
    if (tie->lost == 1)
        error_set(note, STATUS_OK, MSG_TIED_VALLEY, names, known.s, all.s, text_string(&valley),
                  remedy, NULL);
    else
        error_set(note, STATUS_OK, MSG_TIED_MANY, names, known.s, all.s, remedy, NULL);
    notes->failed = notes->failed || valley.failed;
    text_free(&valley);
}

static Status tie_tell(Tie *tie, Notes *notes) {
    Text form = {0}, names = {0}, remedy = {0};
    bool there = false, one = tie->lost + 1 == tie->size, found = false;
    Status status = tie->size <= REDUNDANCY_MEMBERS ? tie_look_aside(tie, &there) : STATUS_OK;
    for (size_t point = 0; there && point < REDUNDANCY_POINTS; point++)
        tie_direction(tie, point, one, tie->slope[point]);
    if (there && one) found = tie_single(tie, &form);
    else if (there && tie->lost == 1) found = tie_ratios(tie) || tie_several(tie, &form);
    tie_names(tie, &names);
    tie_remedy(tie, &remedy);
    const char *members = text_string(&names), *fixed = text_string(&remedy);
    if (found) tie_tell_form(tie, text_string(&form), one, members, fixed, notes);
    else if (status == STATUS_OK) tie_tell_number(tie, members, fixed, notes);
    notes->failed = notes->failed || form.failed || names.failed || remedy.failed;
    text_free(&form);
    text_free(&names);
    text_free(&remedy);
    return status;
}

/* ---- the groups ------------------------------------------------------------------------------ */

static void tie_close(Tie *tie) {
    for (size_t k = 0; tie->name && k < tie->size; k++) text_free(&tie->name[k]);
    for (size_t point = 0; point < REDUNDANCY_POINTS; point++) memory_free(tie->point[point]);
    memory_free(tie->column);
    memory_free(tie->name);
}

static Status tie_allocate(Tie *tie) {
    size_t s = tie->size, n = tie->fit->n;
    for (size_t point = 0; point < REDUNDANCY_POINTS; point++) {
        double *room = memory_new(n + s * s + 3 * s + 1, sizeof *room);
        if (!room) return STATUS_MEMORY;
        tie->point[point] = room;
        tie->share[point] = room + n;
        tie->scale[point] = room + n + s * s;
        tie->slope[point] = tie->scale[point] + s;
        tie->value[point] = tie->slope[point] + s;
    }
    return STATUS_OK;
}

static Status tie_open(Tie *tie, size_t group) {
    const FitFactor *factor = &tie->fit->factor;
    double freedom = 0;
    tie->column = memory_new(factor->m + 1, sizeof *tie->column);
    tie->name = memory_new(factor->m + 1, sizeof *tie->name);
    if (!tie->column || !tie->name) return STATUS_MEMORY;
    for (size_t k = 0; k < factor->m; k++) {
        if (tie->fit->group[factor->index[k]] != group) continue;
        graph_scalar_name(train_graph(tie->problem), factor->index[k], &tie->name[tie->size]);
        tie->column[tie->size++] = k;
        freedom += diagnose_factor_share(factor, k, k);
    }
    tie->lost = (size_t)(freedom + 0.5);
    return tie_allocate(tie);
}

static bool redundancy_to_be_told(const FitStatistics *fit, size_t i) {
    return fit->group[i] == i && fit->unavailable[i] == MSG_NO_ERROR_TIED &&
           fit->factor.nullity > 0;
}

Status diagnose_redundancy(Problem *problem, const double *x, const FitStatistics *fit,
                           Notes *notes) {
    Status status = STATUS_OK;
    for (size_t i = 0; i < fit->n && status == STATUS_OK; i++) {
        if (!redundancy_to_be_told(fit, i)) continue;
        Tie tie = {.problem = problem, .fit = fit, .x = x};
        status = tie_open(&tie, i);
        if (status == STATUS_OK) status = tie_tell(&tie, notes);
        tie_close(&tie);
    }
    return status;
}

/* ---- nearly ---------------------------------------------------------------------------------- */

typedef struct NearPair {
    size_t a, b;
    double correlation;
} NearPair;

/* Three digits, or as many as tell it from 1. */
static NumberText exchangeable_number(double correlation) {
    NumberText text = number_round(correlation, 3);
    for (int digits = 4; digits < 17; digits++) {
        if (strcmp(text.s, "1") != 0 && strcmp(text.s, "-1") != 0) break;
        text = number_round(correlation, digits);
    }
    return text;
}

static void exchangeable_tell(const Graph *graph, const NearPair *pair, Notes *notes) {
    Text a = {0}, b = {0};
    graph_scalar_name(graph, pair->a, &a);
    graph_scalar_name(graph, pair->b, &b);
    error_set(notes_add(notes), STATUS_OK, MSG_NEARLY_EXCHANGEABLE, text_string(&a),
              text_string(&b), exchangeable_number(pair->correlation).s, NULL);
    text_free(&a);
    text_free(&b);
}

/* Into the list of the strongest, the first of equal ones in front. */
static void exchangeable_add(NearPair *list, size_t *count, size_t most, NearPair pair) {
    size_t at = *count;
    while (at > 0 && fabs(list[at - 1].correlation) < fabs(pair.correlation)) at--;
    if (at >= most) return;
    if (*count < most) ++*count;
    memmove(list + at + 1, list + at, (*count - at - 1) * sizeof *list);
    list[at] = pair;
}

void diagnose_exchangeable(const Problem *problem, const FitStatistics *fit, Notes *notes) {
    NearPair strongest[REDUNDANCY_PAIRS] = {{0}};
    size_t count = 0, all = 0;
    for (size_t a = 0; a < fit->n; a++)
        for (size_t b = a + 1; b < fit->n; b++) {
            NearPair pair = {a, b, fit->correlation[a * fit->n + b]};
            if (!(fabs(pair.correlation) > REDUNDANCY_EXCHANGEABLE)) continue;
            exchangeable_add(strongest, &count, REDUNDANCY_PAIRS, pair);
            all++;
        }
    for (size_t k = 0; k < count; k++)
        exchangeable_tell(train_graph(problem), &strongest[k], notes);
    if (all > count)
        error_set(notes_add(notes), STATUS_OK, MSG_MORE_EXCHANGEABLE,
                  number_integer((long long)(all - count)).s, NULL);
}
