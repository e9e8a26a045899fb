/* Dimensional analysis: of which unit, in those of the columns, each parameter is.
 *
 * The unit of a node is a row of exponents: of the parameters' units, which are looked for, then of
 * the columns', which are the base. Operators give the rows, and equations where units must agree.
 * An equation that contradicts those before it (x + 1) is left out. */
#include "graph.h"

#include <math.h>
#include <string.h>

enum { UNITS_ROOM = 1 << 22 }; /* exponents at most */
static const double UNITS_ZERO = 1e-9, UNITS_GREATEST = 1e3;

typedef struct Units {
    const Graph *graph;
    size_t n_parameters, width; /* parameters, then columns */
    double *rows;               /* of each node */
    bool *needed, *known;       /* of each node */
    double *system;             /* solved for 'pivot' (of each row): n_parameters rows at most */
    size_t *pivot, n_equations;
    double *work;
} Units;

static double *units_row(const Units *units, NodeId id) {
    return units->rows + id * units->width;
}

/* ---- equations ------------------------------------------------------------------------------- */

static void units_subtract(double *row, const double *other, double factor, size_t width) {
    for (size_t k = 0; k < width; k++) row[k] -= factor * other[k];
}

/* Exponents that people write; products of huge ones are not followed. */
static bool units_sane(const double *row, size_t width) {
    for (size_t k = 0; k < width; k++)
        if (!(fabs(row[k]) <= UNITS_GREATEST)) return false;
    return true;
}

/* The row in 'work' must be no unit at all. */
static void units_equation(Units *units) {
    double *row = units->work;
    size_t pivot = 0, width = units->width;
    for (size_t e = 0; e < units->n_equations; e++)
        units_subtract(row, units->system + e * width, row[units->pivot[e]], width);
    for (size_t p = 1; p < units->n_parameters; p++)
        if (fabs(row[p]) > fabs(row[pivot])) pivot = p;
    if (units->n_parameters == 0 || units->n_equations == units->n_parameters) return;
    if (!(fabs(row[pivot]) >= UNITS_ZERO) || !units_sane(row, width)) return;
    double scale = row[pivot], *into = units->system + units->n_equations * width;
    for (size_t k = 0; k < width; k++) into[k] = row[k] / scale;
    for (size_t e = 0; e < units->n_equations; e++) {
        double *other = units->system + e * width;
        units_subtract(other, into, other[pivot], width);
    }
    units->pivot[units->n_equations++] = pivot;
}

static void units_none(Units *units, NodeId id) {
    if (!units->known[id]) return;
    memcpy(units->work, units_row(units, id), units->width * sizeof(double));
    units_equation(units);
}

static bool units_is_zero(const Units *units, NodeId id) {
    const Node *node = &units->graph->nodes[id];
    return node->op == OP_CONST && node->aux.value == 0;
}

static void units_equal(Units *units, NodeId a, NodeId b) {
    if (!units->known[a] || !units->known[b]) return;
    if (units_is_zero(units, a) || units_is_zero(units, b)) return;
    memcpy(units->work, units_row(units, a), units->width * sizeof(double));
    units_subtract(units->work, units_row(units, b), 1, units->width);
    units_equation(units);
}

/* ---- operators ------------------------------------------------------------------------------- */

/* unit(id) += factor * unit(from) */
static void units_take(Units *units, NodeId id, NodeId from, double factor) {
    if (!units->known[from]) units->known[id] = false;
    units_subtract(units_row(units, id), units_row(units, from), -factor, units->width);
    if (!units_sane(units_row(units, id), units->width)) units->known[id] = false;
}

/* Terms that are added, or one of which is chosen. */
static void units_agree(Units *units, NodeId id, uint32_t first) {
    const Graph *graph = units->graph;
    NodeId leader = NODE_NONE;
    for (uint32_t k = first; k < graph->nodes[id].n_inputs; k++) {
        NodeId input = graph_input(graph, id, k);
        if (leader != NODE_NONE) units_equal(units, leader, input);
        bool better = leader == NODE_NONE || !units->known[leader] ||
                      graph->nodes[leader].op == OP_CONST;
        if (better && units->known[input]) leader = input;
    }
    if (leader == NODE_NONE) units->known[id] = false;
    else units_take(units, id, leader, 1);
}

static void units_power(Units *units, NodeId id, NodeId base, NodeId exponent) {
    const Node *node = &units->graph->nodes[exponent];
    units_none(units, exponent);
    if (node->op == OP_CONST) units_take(units, id, base, node->aux.value);
    else units->known[id] = false;
}

static void units_of(Units *units, NodeId id) {
    const Graph *graph = units->graph;
    const Node *node = &graph->nodes[id];
    NodeId a = node->n_inputs > 0 ? graph_input(graph, id, 0) : NODE_NONE;
    NodeId b = node->n_inputs > 1 ? graph_input(graph, id, 1) : NODE_NONE;
    units->known[id] = true;
    switch (node->op) {
        case OP_CONST:
        case OP_ROW_COUNT:
            break;
        case OP_PARAM:
            units_row(units, id)[node->aux.index] = 1;
            break;
        case OP_COLUMN:
            if (node->aux.index < graph->n_columns) /* a group has no unit */
                units_row(units, id)[units->n_parameters + node->aux.index] = 1;
            break;
        case OP_MUL:
        case OP_MATMUL:
            units_take(units, id, a, 1);
            units_take(units, id, b, 1);
            break;
        case OP_DIV:
            units_take(units, id, a, 1);
            units_take(units, id, b, -1);
            break;
        case OP_POWI:
            units_take(units, id, a, node->aux.exponent);
            break;
        case OP_SQRT:
            units_take(units, id, a, 0.5);
            break;
        case OP_CBRT:
            units_take(units, id, a, 1.0 / 3);
            break;
        case OP_POW:
            units_power(units, id, a, b);
            break;
        case OP_LOG:
        case OP_LOG2:
        case OP_LOG10:
            break; /* people take logarithms of anything */
        case OP_SELECT:
            units_agree(units, id, 1);
            break;
        case OP_ADD:
        case OP_SUB:
        case OP_MIN:
        case OP_MAX:
        case OP_HYPOT:
        case OP_STACK:
            units_agree(units, id, 0);
            break;
        case OP_LT:
        case OP_LE:
        case OP_GT:
        case OP_GE:
        case OP_EQ:
        case OP_NE:
        case OP_ATAN2:
            units_equal(units, a, b);
            break;
        case OP_NEG:
        case OP_ABS:
        case OP_DETACH:
        case OP_GATHER:
        case OP_SCATTER:
        case OP_ROW_QUANTILE:
            units_take(units, id, a, 1);
            break;
        default:
            if (op_info(node->op)->kind == KIND_ELEMENTWISE) units_none(units, a);
            else units_take(units, id, a, 1);
            break;
    }
}

/* ---- the whole ------------------------------------------------------------------------------- */

static bool units_open(Units *units, const Graph *graph, NodeId last) {
    size_t n = graph->n_parameters, count = 0;
    *units = (Units){.graph = graph, .n_parameters = n, .width = n + graph->n_columns};
    if (!memory_multiply((size_t)last + 1, units->width, &count) || count > UNITS_ROOM) return true;
    units->needed = memory_new((size_t)last + 1, sizeof *units->needed);
    units->known = memory_new((size_t)last + 1, sizeof *units->known);
    units->rows = memory_new(count + 1, sizeof *units->rows);
    units->system = memory_new(n * units->width + 1, sizeof *units->system);
    units->pivot = memory_new(n + 1, sizeof *units->pivot);
    units->work = memory_new(units->width + 1, sizeof *units->work);
    return units->needed && units->known && units->rows && units->system && units->pivot &&
           units->work;
}

static void units_close(Units *units) {
    memory_free(units->needed);
    memory_free(units->known);
    memory_free(units->rows);
    memory_free(units->system);
    memory_free(units->pivot);
    memory_free(units->work);
}

static void units_infer(Units *units, const NodeId *outputs, size_t n_outputs, NodeId last) {
    const Graph *graph = units->graph;
    for (size_t k = 0; k < n_outputs; k++) units->needed[outputs[k]] = true;
    for (NodeId id = last; id > 0; id--)
        for (uint32_t k = 0; units->needed[id] && k < graph->nodes[id].n_inputs; k++)
            units->needed[graph_input(graph, id, k)] = true;
    for (NodeId id = 1; id <= last; id++)
        if (units->needed[id]) units_of(units, id);
}

Status graph_units(const Graph *graph, const NodeId *outputs, size_t n_outputs,
                   double *exponents) {
    Units units;
    NodeId last = NODE_NONE;
    size_t n_columns = graph->n_columns;
    for (size_t k = 0; k < n_outputs; k++)
        if (outputs[k] > last) last = outputs[k];
    for (size_t k = 0; k < graph->n_parameters * n_columns; k++) exponents[k] = 0;
    bool good = units_open(&units, graph, last);
    if (good && units.rows) units_infer(&units, outputs, n_outputs, last);
    for (size_t e = 0; good && e < units.n_equations; e++)
        for (size_t c = 0; c < n_columns; c++)
            exponents[units.pivot[e] * n_columns + c] =
                -units.system[e * units.width + units.n_parameters + c];
    units_close(&units);
    return good ? STATUS_OK : STATUS_MEMORY;
}
