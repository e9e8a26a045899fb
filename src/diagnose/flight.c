/* Of a walk that flew off: which parameter went farthest, and which term of the formula grew. */
#include "diagnose.h"

#include <math.h>
#include <string.h>

enum {
    FLIGHT_PRODUCTS = 200, /* parameters whose curvatures are taken one by one */
    FLIGHT_FACTORS = 1000, /* parameters of a sum of squares, of which a triangle is made */
    FLIGHT_TERMS = 100,    /* terms that are looked at */
    FLIGHT_DIGITS = 7
};

/* ---- the parameter --------------------------------------------------------------------------- */

/* Diagonal of J'J, from the columns of R. */
static bool flight_squares(const Objective *objective, const double *x, double *curvature) {
    size_t n = objective->n;
    double rss, *r = memory_new(n * n + n, sizeof *r);
    bool known = r && objective->least_squares(objective->context, x, r, r + n * n, &rss) ==
                          STATUS_OK;
    for (size_t j = 0; known && j < n; j++) curvature[j] = optim_dot(r + j * n, r + j * n, j + 1);
    memory_free(r);
    return known;
}

/* Diagonal of the exact second derivative. */
static bool flight_products(const Objective *objective, const double *x, double *curvature) {
    size_t n = objective->n;
    double *unit = memory_new(2 * n, sizeof *unit);
    bool known = unit != NULL;
    for (size_t j = 0; known && j < n; j++) {
        unit[j] = 1;
        known = objective->hessian_vector(objective->context, x, unit, unit + n) == STATUS_OK;
        curvature[j] = fabs(unit[n + j]);
        unit[j] = 0;
    }
    memory_free(unit);
    return known;
}

/* How the loss curves along each parameter at the start; all 1 where that is not to be had. */
static void flight_curvature(const Objective *objective, const double *x, double *curvature) {
    size_t n = objective->n;
    bool known = false;
    double sum = 0;
    if (objective->least_squares && n <= FLIGHT_FACTORS)
        known = flight_squares(objective, x, curvature);
    else if (objective->hessian_vector && n <= FLIGHT_PRODUCTS)
        known = flight_products(objective, x, curvature);
    for (size_t i = 0; known && i < n; i++) sum += curvature[i];
    if (known && sum > 0 && isfinite(sum)) return;
    for (size_t i = 0; i < n; i++) curvature[i] = 1;
}

static bool flight_moved(const double *from, const double *to, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (from[i] != to[i]) return true;
    return false;
}

static Status flight_parameter(const Problem *problem, const WalkFacts *facts, const double *to,
                               Flight *flight) {
    const Objective *objective = train_exact_objective(problem);
    size_t n = objective->n;
    double *curvature = memory_new(n, sizeof *curvature), greatest = -1;
    if (!curvature) return STATUS_MEMORY;
    flight_curvature(objective, facts->start, curvature);
    for (size_t i = 0; i < n; i++) {
        double way = fabs(to[i] - facts->start[i]) * sqrt(curvature[i]);
        if (!(way > greatest)) continue;
        greatest = way;
        flight->parameter = i;
    }
    memory_free(curvature);
    flight->from = facts->start[flight->parameter];
    flight->to = to[flight->parameter];
    flight->known = flight->from != flight->to;
    return STATUS_OK;
}

/* ---- terms ----------------------------------------------------------------------------------- */

typedef struct FlightTerms {
    const Graph *graph;
    NodeId nodes[FLIGHT_TERMS];
    size_t n;
} FlightTerms;

/* What a known factor stands before. */
static NodeId flight_without_factor(const Graph *graph, NodeId id) {
    const Node *node = &graph->nodes[id];
    if (node->op != OP_MUL && node->op != OP_DIV) return id;
    NodeId a = graph_input(graph, id, 0), b = graph_input(graph, id, 1);
    if (!(graph->nodes[b].flags & (NODE_ROWS | NODE_PARAMS))) return a;
    bool factor = node->op == OP_MUL && !(graph->nodes[a].flags & (NODE_ROWS | NODE_PARAMS));
    return factor ? b : id;
}

/* A sum, whatever it is multiplied with, whose parts are terms. */
static bool flight_opens(const Graph *graph, NodeId id, NodeId *inner) {
    const Node *node = &graph->nodes[id];
    if (node->n_inputs == 0 || !(node->flags & NODE_PARAMS)) return false;
    NodeId a = *inner = graph_input(graph, id, 0);
    switch (node->op) {
        case OP_ADD:
        case OP_SUB:
        case OP_NEG:
        case OP_ROW_SUM:
        case OP_SUM_OF:
        case OP_BROADCAST:
        case OP_RESHAPE:
            return true;
        case OP_DIV:
        case OP_MUL:
            *inner = flight_without_factor(graph, id);
            return *inner != id && flight_opens(graph, *inner, &a);
        default:
            return false;
    }
}

static void flight_add(FlightTerms *terms, NodeId id) {
    const Graph *graph = terms->graph;
    NodeId inner;
    if (!(graph->nodes[id].flags & NODE_PARAMS)) return;
    if (flight_opens(graph, id, &inner)) {
        Op op = graph->nodes[id].op;
        bool both = op == OP_ADD || op == OP_SUB;
        flight_add(terms, inner);
        if (both) flight_add(terms, graph_input(graph, id, 1));
        return;
    }
    if (terms->n < FLIGHT_TERMS) terms->nodes[terms->n++] = id;
}

/* Of a square, what is squared; else NODE_NONE. */
static NodeId flight_root(const Graph *graph, NodeId id) {
    id = flight_without_factor(graph, id);
    const Node *node = &graph->nodes[id];
    bool power = node->op == OP_POWI && node->aux.exponent == 2;
    bool product = (node->op == OP_MUL || node->op == OP_MATMUL) &&
                   graph_input(graph, id, 0) == graph_input(graph, id, 1);
    return power || product ? graph_input(graph, id, 0) : NODE_NONE;
}

static void flight_find(FlightTerms *terms) {
    const Graph *graph = terms->graph;
    flight_add(terms, graph->n_residuals > 0 ? graph->right : graph->loss);
    if (terms->n != 1) return;
    NodeId only = terms->nodes[0], root = flight_root(graph, only);
    bool open = root != NODE_NONE && graph->n_residuals == 0 && graph->nodes[root].op != OP_PARAM;
    if (open) {
        terms->n = 0;
        flight_add(terms, root);
    } else if (graph->n_residuals == 0 && !(graph->nodes[only].flags & NODE_ROWS)) {
        terms->n = 0; /* it is the loss itself, of which all was said */
    }
}

/* ---- their sizes ----------------------------------------------------------------------------- */

/* One number of a term. */
typedef struct FlightValue {
    bool found;
    size_t term, row, element;
    double value;
} FlightValue;

typedef struct FlightLook {
    const FlightTerms *terms;
    size_t counts[FLIGHT_TERMS]; /* elements of each term */
    double *results[FLIGHT_TERMS], *values; /* of those without rows */
    bool at_end;         /* the largest is looked for; at the start the same one is read again */
    FlightValue largest, before;
} FlightLook;

static void flight_see(FlightLook *look, FlightValue seen) {
    FlightValue *largest = &look->largest;
    if (look->at_end) {
        bool larger = !largest->found || fabs(seen.value) > fabs(largest->value);
        if (!isnan(seen.value) && larger) *largest = seen;
    } else if (seen.term == largest->term && seen.row == largest->row &&
               seen.element == largest->element) {
        look->before = seen;
    }
}

static Status flight_block(void *context, size_t worker, size_t first_row, size_t n_rows,
                           const double *const *values, size_t stride) {
    FlightLook *look = context;
    (void)worker;
    for (size_t k = 0; k < look->terms->n; k++)
        for (size_t e = 0; values[k] && e < look->counts[k]; e++)
            for (size_t r = 0; r < n_rows; r++)
                flight_see(look, (FlightValue){true, k, first_row + r, e,
                                               values[k][e * stride + r]});
    return STATUS_OK;
}

/* All terms at x, each row of them; those without rows count as row 0. */
static Status flight_look(FlightLook *look, Plan *plan, const double *x, const Rows *rows) {
    RowVisitor visitor = {.block = flight_block, .context = look};
    TRY(exec_run(plan, x, rows, look->results, &visitor));
    for (size_t k = 0; k < look->terms->n; k++)
        for (size_t e = 0; look->results[k] && e < look->counts[k]; e++)
            flight_see(look, (FlightValue){true, k, 0, e, look->results[k][e]});
    return STATUS_OK;
}

static bool flight_has_rows(const FlightTerms *terms, size_t k) {
    return (terms->graph->nodes[terms->nodes[k]].flags & NODE_ROWS) != 0;
}

static bool flight_look_new(const FlightTerms *terms, FlightLook *look) {
    size_t total = 0;
    *look = (FlightLook){.terms = terms, .at_end = true};
    for (size_t k = 0; k < terms->n; k++)
        total += look->counts[k] = graph_count(&terms->graph->nodes[terms->nodes[k]].shape);
    double *at = look->values = memory_new(total, sizeof *look->values);
    for (size_t k = 0; look->values && k < terms->n; at += look->counts[k++])
        if (!flight_has_rows(terms, k)) look->results[k] = at;
    return look->values != NULL;
}

/* The largest at 'to', and what it was at the start. */
static Status flight_compare(FlightLook *look, const Rows *rows, const double *start,
                             const double *to) {
    PlanOptions options = {.executor = EXECUTOR_INTERPRETED};
    const FlightTerms *terms = look->terms;
    Plan *plan = NULL;
    Status status = exec_plan(terms->graph, terms->nodes, terms->n, &options, &plan, NULL);
    if (status == STATUS_OK) status = flight_look(look, plan, to, rows);
    look->at_end = false;
    if (status == STATUS_OK) status = flight_look(look, plan, start, rows);
    exec_free(plan);
    return status;
}

static Status flight_term(const FlightTerms *terms, const Problem *problem, const double *start,
                          const double *to, Flight *flight) {
    FlightLook look;
    Rows rows = train_rows(problem);
    Status status = STATUS_MEMORY;
    if (flight_look_new(terms, &look)) status = flight_compare(&look, &rows, start, to);
    memory_free(look.values);
    NodeId node = terms->nodes[look.largest.term];
    bool told = look.largest.found && terms->graph->nodes[node].op != OP_PARAM;
    if (status != STATUS_OK || !told) return status;
    flight->term_from = look.before.value;
    flight->term_to = look.largest.value;
    flight->has_row = flight_has_rows(terms, look.largest.term);
    flight->row = look.largest.row;
    diagnose_node_words(terms->graph, node, &flight->term);
    return flight->term.failed ? STATUS_MEMORY : STATUS_OK;
}

/* ---- the whole ------------------------------------------------------------------------------- */

Status diagnose_flight(const Problem *problem, const WalkFacts *facts, Flight *flight) {
    FlightTerms terms = {.graph = train_graph(problem)};
    const double *to = facts->values;
    size_t n = terms.graph->n_scalars;
    *flight = (Flight){0};
    if (facts->fault_point && !flight_moved(facts->start, to, n)) to = facts->fault_point;
    if (n == 0 || !flight_moved(facts->start, to, n)) return STATUS_OK;
    Status status = flight_parameter(problem, facts, to, flight);
    flight_find(&terms);
    if (status == STATUS_OK && terms.n > 0)
        status = flight_term(&terms, problem, facts->start, to, flight);
    if (status != STATUS_OK) diagnose_flight_free(flight);
    return status;
}

void diagnose_flight_free(Flight *flight) {
    text_free(&flight->term);
}

static NumberText flight_number(double value) {
    return number_round(value, FLIGHT_DIGITS);
}

Status diagnose_flight_words(const Problem *problem, const WalkFacts *facts, Message sentences[2]) {
    Flight flight;
    Text name = {0};
    const char *term = NULL;
    sentences[0] = sentences[1] = (Message){.id = MSG_NONE};
    TRY(diagnose_flight(problem, facts, &flight));
    if (flight.known) {
        bool kept = flight.to == facts->values[flight.parameter];
        graph_scalar_name(train_graph(problem), flight.parameter, &name);
        sentences[0] = message_make(kept ? MSG_WHY_FLIGHT : MSG_WHY_FLIGHT_NEXT,
                                    text_string(&name), flight_number(flight.from).s,
                                    flight_number(flight.to).s, NULL);
        term = text_string(&flight.term);
    }
    if (term && *term)
        sentences[1] = message_make(flight.has_row ? MSG_WHY_FLIGHT_TERM_ROW : MSG_WHY_FLIGHT_TERM,
                                    term, flight_number(flight.term_from).s,
                                    flight_number(flight.term_to).s,
                                    number_integer((long long)flight.row + 1).s, NULL);
    Status status = name.failed ? STATUS_MEMORY : STATUS_OK;
    text_free(&name);
    diagnose_flight_free(&flight);
    return status;
}
