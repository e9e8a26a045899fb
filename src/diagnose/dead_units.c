/* Units that have nothing left to learn with: those of relu that are 0 in every row, and those of
 * sigmoid and tanh that are flat in every row. */
#include "diagnose.h"

#include <math.h>
#include <string.h>

enum {
    DEAD_ROWS = 20000,    /* that are looked at, at most; */
    DEAD_FEW_ROWS = 2000, /* of a large net fewer, but not less than this */
    DEAD_LAYERS = 3,      /* named, */
    DEAD_NAMED = 5        /* and units of each */
};
static const double DEAD_WORK = 1e8; /* multiplications that are spent */
/* tanh has the slope 1/cosh(x)^2, sigmoid 1/cosh(x/2)^2 of its greatest one: a millionth here. */
static const double DEAD_FLAT_TANH = 7.600902209541989, DEAD_FLAT_SIGMOID = 15.201804419083977;

typedef enum UnitKind { UNIT_RELU, UNIT_TANH, UNIT_SIGMOID } UnitKind;

/* An activation: a unit for each element of its input. */
typedef struct UnitLayer {
    UnitKind kind;
    bool edge; /* relu: it has a slope where its input is 0 */
    NodeId input, extreme; /* the greatest input over the rows, or the least size of it */
    size_t first, count;   /* its units among all */
} UnitLayer;

typedef struct DeadUnits {
    Graph *graph;
    bool *felt;      /* of each node: a slope comes down to it */
    uint32_t *users; /* how many nodes hand it down */
    UnitLayer *layers;
    size_t n_layers, capacity, count;
    double *values; /* of 'extreme', count */
} DeadUnits;

/* ---- which nodes ----------------------------------------------------------------------------- */

/* Does the operator hand its slope on to input k? */
static bool dead_passes(const Node *node, uint32_t k) {
    if (op_info(node->op)->flags & (FLAG_BOOLEAN | FLAG_STEPWISE)) return false;
    switch (node->op) {
        case OP_DETACH:
            return false;
        case OP_SELECT:
            return k > 0;
        case OP_GATHER:
        case OP_SCATTER:
        case OP_ROW_QUANTILE:
            return k == 0;
        default:
            return true;
    }
}

static void dead_feel(DeadUnits *units) {
    const Graph *graph = units->graph;
    units->felt[graph->loss] = true;
    for (NodeId id = graph->loss; id > 0; id--) {
        const Node *node = &graph->nodes[id];
        for (uint32_t k = 0; units->felt[id] && k < node->n_inputs; k++) {
            NodeId input = graph_input(graph, id, k);
            if (!(graph->nodes[input].flags & NODE_PARAMS) || !dead_passes(node, k)) continue;
            units->felt[input] = true;
            units->users[input]++;
        }
    }
}

static bool dead_is_zero(const Graph *graph, NodeId id) {
    while (graph->nodes[id].op == OP_BROADCAST || graph->nodes[id].op == OP_RESHAPE)
        id = graph_input(graph, id, 0);
    return graph->nodes[id].op == OP_CONST && graph->nodes[id].aux.value == 0;
}

/* where(e > 0, e, 0) */
static bool dead_relu_by_where(const Graph *graph, NodeId id, UnitLayer *layer) {
    NodeId condition = graph_input(graph, id, 0), arm = graph_input(graph, id, 1);
    Op op = graph->nodes[condition].op;
    *layer = (UnitLayer){.kind = UNIT_RELU, .edge = op == OP_GE, .input = arm};
    return (op == OP_GT || op == OP_GE) && graph_input(graph, condition, 0) == arm &&
           dead_is_zero(graph, graph_input(graph, condition, 1)) &&
           dead_is_zero(graph, graph_input(graph, id, 2));
}

static bool dead_is_activation(const Graph *graph, NodeId id, UnitLayer *layer) {
    const Node *node = &graph->nodes[id];
    if (node->n_inputs == 0) return false;
    NodeId first = graph_input(graph, id, 0);
    *layer = (UnitLayer){.input = first};
    switch (node->op) {
        case OP_MAX: /* of equal ones the first has the slope */
            layer->edge = dead_is_zero(graph, graph_input(graph, id, 1));
            if (!layer->edge) layer->input = graph_input(graph, id, 1);
            return layer->edge || dead_is_zero(graph, first);
        case OP_SELECT:
            return dead_relu_by_where(graph, id, layer);
        case OP_TANH:
            layer->kind = UNIT_TANH;
            return true;
        case OP_SIGMOID:
            layer->kind = UNIT_SIGMOID;
            return true;
        default:
            return false;
    }
}

/* What is felt on another way too (leaky_relu, silu) is revived on that. */
static bool dead_counts(const DeadUnits *units, NodeId id, UnitLayer *layer) {
    const Node *node = &units->graph->nodes[id];
    uint32_t wanted = NODE_ROWS | NODE_PARAMS;
    return units->felt[id] && node->region == 0 && (node->flags & wanted) == wanted &&
           dead_is_activation(units->graph, id, layer) && units->users[layer->input] == 1;
}

/* Rows of weight 0 say nothing. */
static NodeId dead_counted(Graph *graph, NodeId value, double other) {
    if (graph->weight == NODE_NONE) return value;
    NodeId counts = graph_binary(graph, OP_GT, graph->weight, graph_constant(graph, 0));
    Shape shape = graph->nodes[value].shape;
    return graph_select(graph, graph_expand(graph, counts, shape), value,
                        graph_expand(graph, graph_constant(graph, other), shape));
}

static Status dead_add(DeadUnits *units, UnitLayer layer) {
    Graph *graph = units->graph;
    bool relu = layer.kind == UNIT_RELU;
    if (!memory_reserve(&units->layers, &units->capacity, units->n_layers + 1, sizeof layer))
        return STATUS_MEMORY;
    NodeId value = relu ? layer.input : graph_unary(graph, OP_ABS, layer.input);
    value = dead_counted(graph, value, relu ? -INFINITY : INFINITY);
    layer.extreme = graph_unary(graph, relu ? OP_ROW_MAX : OP_ROW_MIN, value);
    if (graph->status != STATUS_OK) return graph->status;
    layer.first = units->count;
    layer.count = graph_count(&graph->nodes[layer.input].shape);
    units->count += layer.count;
    units->layers[units->n_layers++] = layer;
    return STATUS_OK;
}

static Status dead_find(DeadUnits *units) {
    const NodeId last = units->graph->loss;
    UnitLayer layer;
    units->felt = memory_new((size_t)last + 1, sizeof *units->felt);
    units->users = memory_new((size_t)last + 1, sizeof *units->users);
    if (!units->felt || !units->users) return STATUS_MEMORY;
    dead_feel(units);
    for (NodeId id = 1; id <= last; id++)
        if (dead_counts(units, id, &layer)) TRY(dead_add(units, layer));
    return STATUS_OK;
}

/* ---- their values ---------------------------------------------------------------------------- */

/* Multiplications for each row, about. */
static double dead_work(const DeadUnits *units) {
    const Graph *graph = units->graph;
    double work = 1;
    for (NodeId id = 1; id <= graph->loss; id++) {
        const Node *node = &graph->nodes[id];
        double inner = 1;
        if (!(node->flags & NODE_ROWS) || node->n_inputs == 0) continue;
        const Shape *first = &graph->nodes[graph_input(graph, id, 0)].shape;
        if (node->op == OP_MATMUL) inner = first->dim[first->rank - 1];
        work += inner * (double)graph_count(&node->shape);
    }
    return work;
}

static size_t dead_rows(const DeadUnits *units) {
    double rows = DEAD_WORK / dead_work(units);
    if (rows > DEAD_ROWS) return DEAD_ROWS;
    return rows > DEAD_FEW_ROWS ? (size_t)rows : DEAD_FEW_ROWS;
}

static Status dead_run(const DeadUnits *units, const double *x, const Rows *rows) {
    PlanOptions options = {.executor = EXECUTOR_INTERPRETED};
    Plan *plan = NULL;
    NodeId *outputs = memory_new(units->n_layers, sizeof *outputs);
    double **results = memory_new(units->n_layers, sizeof *results);
    Status status = outputs && results ? STATUS_OK : STATUS_MEMORY;
    for (size_t k = 0; status == STATUS_OK && k < units->n_layers; k++) {
        outputs[k] = units->layers[k].extreme;
        results[k] = units->values + units->layers[k].first;
    }
    if (status == STATUS_OK)
        status = exec_plan(units->graph, outputs, units->n_layers, &options, &plan, NULL);
    if (status == STATUS_OK) status = exec_run(plan, x, rows, results, NULL);
    exec_free(plan);
    memory_free(outputs);
    memory_free(results);
    return status;
}

static Status dead_measure(DeadUnits *units, Problem *problem, const double *x, UnitCount *count) {
    Sample part;
    Rows before;
    units->values = memory_new(units->count, sizeof *units->values);
    if (!units->values) return STATUS_MEMORY;
    TRY(diagnose_look(problem, dead_rows(units), 1, &before, &part));
    Rows rows = train_rows(problem);
    count->rows = rows.count;
    Status status = dead_run(units, x, &rows);
    diagnose_look_back(problem, &before, &part);
    return status;
}

/* ---- words ----------------------------------------------------------------------------------- */

static bool dead_idle(const UnitLayer *layer, double extreme) {
    if (layer->kind == UNIT_TANH) return extreme > DEAD_FLAT_TANH;
    if (layer->kind == UNIT_SIGMOID) return extreme > DEAD_FLAT_SIGMOID;
    return layer->edge ? extreme < 0 : extreme <= 0;
}

/* " [2;3]" */
static void dead_element(const Shape *shape, size_t element, Text *out) {
    size_t place[SHAPE_RANK];
    graph_form_place(shape, element, place);
    for (uint32_t k = 0; k < shape->rank; k++) {
        text_add(out, k == 0 ? " [" : ";");
        text_add_integer(out, (long long)place[k] + 1);
    }
    if (shape->rank > 0) text_add_char(out, ']');
}

/* 'W @ x + b [2], [5]' */
static void dead_name(const DeadUnits *units, const UnitLayer *layer, Text *out) {
    const Graph *graph = units->graph;
    const Shape *shape = &graph->nodes[layer->input].shape;
    size_t named = 0;
    if (out->length > 0) text_add(out, "; ");
    diagnose_node_words(graph, layer->input, out);
    for (size_t e = 0; e < layer->count && named <= DEAD_NAMED; e++) {
        if (!dead_idle(layer, units->values[layer->first + e])) continue;
        if (named > 0) text_add_char(out, ',');
        if (named++ < DEAD_NAMED) dead_element(shape, e, out);
        else text_add(out, " ...");
    }
}

/* Dead ones are named before saturated ones. */
static void dead_count(const DeadUnits *units, bool relu, size_t *named, UnitCount *count) {
    for (size_t k = 0; k < units->n_layers; k++) {
        const UnitLayer *layer = &units->layers[k];
        size_t idle = 0;
        if ((layer->kind == UNIT_RELU) != relu) continue;
        for (size_t e = 0; e < layer->count; e++)
            if (dead_idle(layer, units->values[layer->first + e])) idle++;
        *(relu ? &count->dead : &count->saturated) += idle;
        if (idle > 0 && (*named)++ < DEAD_LAYERS) dead_name(units, layer, &count->where);
        if (idle > 0 && *named == DEAD_LAYERS + 1) text_add(&count->where, "; ...");
    }
}

Status diagnose_units(Problem *problem, const double *x, UnitCount *count) {
    DeadUnits units = {.graph = train_graph(problem)};
    size_t named = 0;
    *count = (UnitCount){0};
    Status status = dead_find(&units);
    if (status == STATUS_OK && units.n_layers > 0)
        status = dead_measure(&units, problem, x, count);
    count->units = units.count;
    for (int relu = 1; status == STATUS_OK && relu >= 0; relu--)
        dead_count(&units, relu, &named, count);
    if (count->where.failed) status = STATUS_MEMORY;
    if (status != STATUS_OK) text_free(&count->where);
    memory_free(units.felt);
    memory_free(units.users);
    memory_free(units.layers);
    memory_free(units.values);
    return status;
}
