/* What the curvature at the start says about the rate, before anybody walks: its limits, what the
 * valley looks like, which parameters make it narrow, and what to do about it. */
#include "diagnose.h"

#include <math.h>
#include <string.h>

#include "../op/vmath.h"

enum {
    DOCTOR_PARTS = 3,      /* parameters named for a direction, at most */
    DOCTOR_SLOPE = 30,     /* signs of the slope behind a name */
    DOCTOR_LOOKED_AT = 200 /* parameters, for slopes */
};
static const double DOCTOR_SHARE = 0.3; /* of the largest part, to be named beside it */
static const double DOCTOR_ROUND = 50, DOCTOR_LONG = 1000; /* condition numbers */
static const double DOCTOR_DIGITS = 12; /* that a walk gains with the steps advised */

/* ---- rates ----------------------------------------------------------------------------------- */

/* Rounds for one more digit where each multiplies the distance by 'factor'. */
static double doctor_rounds(double factor) {
    double rounds = factor > 0 ? ceil(vm_log(10) / -vm_log(factor)) : 1;
    return rounds < 1 ? 1 : rounds;
}

/* Of a quadratic: Polyak 1964; Nesterov 2004, section 2.1. */
static void doctor_rates(Doctor *doctor) {
    double low = doctor->spectrum.low.value, high = doctor->spectrum.high.value;
    if (!(high > 0)) return;
    doctor->limit = 2 / high;
    doctor->zigzag = 1 / high;
    if (!(low > 0)) return;
    double k = doctor->condition = high / low, root = sqrt(k);
    doctor->best = 2 / (high + low);
    doctor->best_rounds = doctor_rounds((k - 1) / (k + 1));
    doctor->zigzag_rounds = doctor_rounds(1 - 1 / k);
    double beta = (root - 1) / (root + 1), roots = sqrt(high) + sqrt(low);
    doctor->momentum = beta * beta;
    doctor->momentum_rate = 4 / (roots * roots);
    doctor->momentum_limit = 2 * (1 + doctor->momentum) / high;
    doctor->momentum_rounds = doctor_rounds(beta);
}

/* ---- which parameters ------------------------------------------------------------------------ */

/* Slopes of the right side by each parameter; NULL where there is no '~', or too many of them. */
static Status doctor_slopes(Problem *problem, NodeId **slopes) {
    Graph *graph = train_graph(problem);
    size_t n = graph->n_parameters;
    *slopes = NULL;
    if (graph->right == NODE_NONE || graph->n_scalars > DOCTOR_LOOKED_AT) return STATUS_OK;
    NodeId *nodes = memory_new(n + 1, sizeof *nodes);
    uint32_t *wrt = memory_new(n + 1, sizeof *wrt);
    Status status = nodes && wrt ? STATUS_OK : STATUS_MEMORY;
    for (size_t k = 0; status == STATUS_OK && k < n; k++) wrt[k] = (uint32_t)k;
    if (status == STATUS_OK)
        status = graph_gradient(graph, graph->right, wrt, n, GRADIENT_PER_ROW, nodes, NULL);
    memory_free(wrt);
    if (status == STATUS_OK) *slopes = nodes;
    else memory_free(nodes);
    return status;
}

/* Of scalar i: of a stack of columns the column itself. */
static NodeId doctor_slope(const Graph *graph, const NodeId *slopes, size_t i) {
    size_t k = 0;
    while (i >= graph->parameters[k].offset + graph->parameters[k].count) k++;
    const Parameter *parameter = &graph->parameters[k];
    const Node *node = &graph->nodes[slopes[k]];
    bool stack = node->op == OP_STACK && node->n_inputs == parameter->count;
    return stack ? graph_input(graph, slopes[k], (uint32_t)(i - parameter->offset)) : slopes[k];
}

/* 'b (x^2)' */
static void doctor_part(const Graph *graph, const NodeId *slopes, size_t i, Text *out) {
    if (out->length > 0) text_add(out, ", ");
    graph_scalar_name(graph, i, out);
    NodeId slope = slopes ? doctor_slope(graph, slopes, i) : NODE_NONE;
    if (slope == NODE_NONE || !(graph->nodes[slope].flags & NODE_ROWS)) return;
    text_add(out, " (");
    graph_formula(graph, slope, DOCTOR_SLOPE, out);
    text_add_char(out, ')');
}

/* The main parts of a direction, the largest first. */
static void doctor_direction(const Graph *graph, const NodeId *slopes, const double *v, size_t n,
                             Text *out) {
    double largest = optim_largest(v, n);
    size_t chosen[DOCTOR_PARTS];
    for (int part = 0; part < DOCTOR_PARTS; part++) {
        size_t best = n;
        for (size_t i = 0; i < n; i++) {
            bool named = false;
            for (int k = 0; k < part; k++) named = named || chosen[k] == i;
            if (!named && (best == n || fabs(v[i]) > fabs(v[best]))) best = i;
        }
        if (best == n || !(fabs(v[best]) >= DOCTOR_SHARE * largest)) return;
        doctor_part(graph, slopes, best, out);
        chosen[part] = best;
    }
}

/* ---- columns to be standardized -------------------------------------------------------------- */

/* Columns that are a slope by themselves, and not a part of anything else. */
typedef struct DoctorColumns {
    const Graph *graph;
    bool *alone, *mixed; /* of each column, groups behind them */
    bool *seen;          /* of each node */
    bool constant;       /* some parameter is added in all rows alike */
} DoctorColumns;

static void doctor_mix(const DoctorColumns *columns, NodeId root) {
    const Graph *graph = columns->graph;
    memset(columns->seen, 0, graph->n_nodes * sizeof *columns->seen);
    columns->seen[root] = true;
    for (NodeId id = root; id > 0; id--) {
        if (!columns->seen[id]) continue;
        if (graph->nodes[id].op == OP_COLUMN) columns->mixed[graph->nodes[id].aux.index] = true;
        for (uint32_t k = 0; k < graph->nodes[id].n_inputs; k++)
            columns->seen[graph_input(graph, id, k)] = true;
    }
}

static void doctor_sort_columns(DoctorColumns *columns, const NodeId *slopes) {
    const Graph *graph = columns->graph;
    doctor_mix(columns, graph->left);
    if (graph->weight != NODE_NONE) doctor_mix(columns, graph->weight);
    for (size_t i = 0; i < graph->n_scalars; i++) {
        NodeId slope = doctor_slope(graph, slopes, i);
        const Node *node = &graph->nodes[slope];
        if (node->op == OP_COLUMN) columns->alone[node->aux.index] = true;
        else if (node->flags & NODE_ROWS) doctor_mix(columns, slope);
        else if (node->op != OP_CONST || node->aux.value != 0) columns->constant = true;
    }
}

/* As a formula reads it; false where no backquotes can stand around it. */
static bool doctor_column_name(const char *name, Text *out) {
    bool plain = !lang_reserved(name) && !(name[0] >= '0' && name[0] <= '9');
    for (const char *at = name; *at; at++) {
        bool letter = ((*at | 32) >= 'a' && (*at | 32) <= 'z') || *at == '_' || (*at & 0x80);
        plain = plain && (letter || (*at >= '0' && *at <= '9'));
    }
    text_format(out, plain ? "%s" : "`%s`", name);
    return !strchr(name, '`');
}

/* 'x = standardize(x); ', or without a constant in the formula 'x = x/over_rows.sd(x); ': what may
 * stand before a linear formula, which then reaches the same curves. */
static void doctor_write_columns(const DoctorColumns *columns, const Table *table, Text *out) {
    Text name = {0};
    for (size_t c = 0; c < columns->graph->n_columns; c++) {
        if (!columns->alone[c] || columns->mixed[c] || table->columns[c].type != COLUMN_NUMBER)
            continue;
        text_clear(&name);
        if (!doctor_column_name(columns->graph->column_names[c], &name)) continue;
        const char *s = text_string(&name);
        if (columns->constant) text_format(out, "%s = standardize(%s); ", s, s);
        else text_format(out, "%s = %s/over_rows.sd(%s); ", s, s, s);
    }
    out->failed = out->failed || name.failed;
    text_free(&name);
}

static Status doctor_columns(const Problem *problem, const NodeId *slopes, Doctor *doctor) {
    const Graph *graph = train_graph(problem);
    const Objective *objective = train_exact_objective(problem);
    size_t n = graph->n_columns + graph->n_groups;
    bool linear = slopes && graph->least_squares && graph->n_residuals == 1 && objective->linear &&
                  !graph->errors && !graph->model;
    for (size_t i = 0; linear && i < objective->n; i++) linear = objective->linear[i];
    if (!linear || !train_table(problem)) return STATUS_OK;
    bool *flags = memory_new(2 * n + graph->n_nodes, sizeof *flags);
    if (!flags) return STATUS_MEMORY;
    DoctorColumns columns = {.graph = graph, .alone = flags, .mixed = flags + n};
    columns.seen = flags + 2 * n;
    doctor_sort_columns(&columns, slopes);
    doctor_write_columns(&columns, train_table(problem), &doctor->standardized);
    memory_free(flags);
    return doctor->standardized.failed ? STATUS_MEMORY : STATUS_OK;
}

/* ---- words ----------------------------------------------------------------------------------- */

static Message doctor_valley(const Doctor *doctor) {
    double low = doctor->spectrum.low.value, high = doctor->spectrum.high.value;
    const char *steep = text_string(&doctor->steep), *flat = text_string(&doctor->flat);
    if (!isfinite(high)) return message_make(MSG_DOCTOR_UNKNOWN, NULL);
    if (!(high > 0) && low == 0)
        return message_make(doctor->quadratic ? MSG_DOCTOR_NO_CURVATURE : MSG_DOCTOR_STRAIGHT,
                            NULL);
    if (!(high > 0)) return message_make(MSG_DOCTOR_TOP, NULL);
    if (low < 0) return message_make(MSG_DOCTOR_SADDLE, number_round(low, 4).s, flat, NULL);
    if (low == 0) return message_make(MSG_DOCTOR_FLAT, flat, NULL);
    if (doctor->spectrum.count == 1)
        return message_make(MSG_DOCTOR_ONE, number_round(doctor->best, 4).s, NULL);
    if (doctor->condition <= DOCTOR_ROUND)
        return message_make(MSG_DOCTOR_WIDE, number_round(doctor->condition, 4).s, NULL);
    return message_make(MSG_DOCTOR_NARROW, number_round(doctor->condition, 4).s, steep, flat,
                        number_round(doctor->best_rounds, 3).s,
                        number_round(doctor->momentum_rounds, 3).s, NULL);
}

static void doctor_words(const Problem *problem, Doctor *doctor) {
    Message *words = doctor->diagnosis;
    bool settled = doctor->spectrum.low.settled && doctor->spectrum.high.settled;
    bool positive = doctor->spectrum.high.value > 0;
    *words++ = doctor_valley(doctor);
    if (positive && !settled) *words++ = message_make(MSG_DOCTOR_UNSETTLED, NULL);
    if (positive && !doctor->quadratic) *words++ = message_make(MSG_DOCTOR_HERE, NULL);
    const Table *table = train_table(problem);
    if (table && doctor->rows < table->n_rows)
        *words++ = message_make(MSG_DOCTOR_SAMPLE, number_integer((long long)doctor->rows).s,
                                number_integer((long long)table->n_rows).s, NULL);
}

/* Never above the best rate. */
static NumberText doctor_below(double rate) {
    NumberText text = number_round(rate, 3);
    double read = NAN;
    bool good = number_read(text.s, text.s + strlen(text.s), &read) && read <= rate;
    return good ? text : number_round(0.995 * rate, 3);
}

/* A rate where plain descent gets there; else nothing: the method that is chosen then. */
static void doctor_advise(Doctor *doctor) {
    const char *rate = doctor_below(doctor->best).s;
    if (!doctor->quadratic || !(doctor->condition <= DOCTOR_LONG)) return;
    text_format(&doctor->advice, "--rate %s", rate);
    if (doctor->condition > DOCTOR_ROUND)
        text_format(&doctor->advice, " --steps %s",
                    number_integer((long long)(DOCTOR_DIGITS * doctor->best_rounds)).s);
}

/* ---- rows ------------------------------------------------------------------------------------ */

Status diagnose_look(Problem *problem, size_t sample, uint64_t seed, Rows *before, Sample *part) {
    const Table *table = train_table(problem);
    *before = train_rows(problem);
    *part = (Sample){0};
    if (table) train_use_rows(problem, 0, table->n_rows);
    Status status = sample ? sample_open(problem, sample, seed, part) : STATUS_OK;
    if (status != STATUS_OK) train_use_rows(problem, before->first, before->count);
    return status;
}

void diagnose_look_back(Problem *problem, const Rows *before, Sample *part) {
    if (part->columns) sample_close(problem, part);
    train_use_rows(problem, before->first, before->count);
}

/* ---- the whole ------------------------------------------------------------------------------- */

static Status doctor_name(Problem *problem, Doctor *doctor) {
    const Graph *graph = train_graph(problem);
    const Spectrum *spectrum = &doctor->spectrum;
    NodeId *slopes;
    TRY(doctor_slopes(problem, &slopes));
    if (isfinite(spectrum->high.value)) {
        doctor_direction(graph, slopes, spectrum->high.vector, graph->n_scalars, &doctor->steep);
        doctor_direction(graph, slopes, spectrum->low.vector, graph->n_scalars, &doctor->flat);
    }
    Status status = doctor_columns(problem, slopes, doctor);
    memory_free(slopes);
    return doctor->steep.failed || doctor->flat.failed ? STATUS_MEMORY : status;
}

static Status doctor_measure(Problem *problem, const double *x, size_t sample, uint64_t seed,
                             Spectrum *spectrum, size_t *rows) {
    Sample part;
    Rows before;
    TRY(diagnose_look(problem, sample, seed, &before, &part));
    *rows = train_rows(problem).count;
    Status status = diagnose_spectrum(train_exact_objective(problem), x, spectrum);
    diagnose_look_back(problem, &before, &part);
    return status;
}

Status diagnose_doctor(Problem *problem, const double *x, size_t sample, uint64_t seed,
                       Doctor *doctor) {
    const Graph *graph = train_graph(problem);
    *doctor = (Doctor){.condition = NAN, .limit = NAN, .zigzag = NAN, .best = NAN,
                       .best_rounds = NAN, .zigzag_rounds = NAN, .momentum = NAN,
                       .momentum_rate = NAN, .momentum_limit = NAN, .momentum_rounds = NAN};
    Status status =
        doctor_measure(problem, x, sample, seed, &doctor->spectrum, &doctor->rows);
    if (status == STATUS_OK) status = doctor_name(problem, doctor);
    doctor->quadratic = diagnose_quadratic(graph, graph->loss);
    double low = doctor->spectrum.low.value, high = doctor->spectrum.high.value;
    doctor->bottom = isfinite(high) && !(doctor->quadratic && (low < 0 || high == 0));
    doctor_rates(doctor);
    doctor_words(problem, doctor);
    doctor_advise(doctor);
    if (status == STATUS_OK && doctor->advice.failed) status = STATUS_MEMORY;
    if (status != STATUS_OK) diagnose_doctor_free(doctor);
    return status;
}

void diagnose_doctor_free(Doctor *doctor) {
    diagnose_spectrum_free(&doctor->spectrum);
    text_free(&doctor->steep);
    text_free(&doctor->flat);
    text_free(&doctor->standardized);
    text_free(&doctor->advice);
}
