/* Where a value that is not finite was born: from the output along values that are not finite,
 * element by element, to a node whose own inputs are finite. An arm of 'where' is walked into only
 * where it is taken; a sum over rows is walked into at the first row that spoils it. */
#include "exec.h"

#include <math.h>

/* An element of a node, at the row in hand. */
typedef struct FaultPlace {
    NodeId node;
    size_t element;
} FaultPlace;

/* The best candidate so far: the first NaN where the result is NaN, else the first that is not
 * finite. */
typedef struct FaultSearch {
    const Replay *replay;
    bool result_is_nan, found, found_nan;
    FaultPlace place;
} FaultSearch;

static double fault_value(const Replay *replay, FaultPlace place) {
    return exec_replay_value(replay, place.node)[place.element];
}

static void fault_consider(FaultSearch *search, NodeId node, size_t element) {
    FaultPlace place = {node, element};
    double value = fault_value(search->replay, place);
    if (isfinite(value)) return;
    bool better = search->result_is_nan && isnan(value) && !search->found_nan;
    if (search->found && !better) return;
    search->place = place;
    search->found = true;
    search->found_nan = isnan(value);
}

static NodeId fault_input(const FaultSearch *search, NodeId node, uint32_t k) {
    return graph_input(search->replay->graph, node, k);
}

static size_t fault_count(const FaultSearch *search, NodeId node) {
    return graph_count(&search->replay->graph->nodes[node].shape);
}

static void fault_elementwise(FaultSearch *search, NodeId id, size_t element) {
    const Node *node = &search->replay->graph->nodes[id];
    if (node->op == OP_SELECT) {
        FaultPlace condition = {fault_input(search, id, 0), element};
        uint32_t arm = fault_value(search->replay, condition) != 0 ? 1 : 2;
        fault_consider(search, fault_input(search, id, arm), element);
        return;
    }
    for (uint32_t k = 0; k < node->n_inputs; k++)
        fault_consider(search, fault_input(search, id, k), element);
}

static void fault_reduce(FaultSearch *search, NodeId id, size_t element) {
    NodeId input = fault_input(search, id, 0);
    size_t count = fault_count(search, input);
    for (size_t e = 0; e < count; e++)
        if (exec_replay_target(search->replay, id, e) == element) fault_consider(search, input, e);
}

static void fault_shape(FaultSearch *search, NodeId id, size_t element) {
    size_t from = 0;
    if (search->replay->graph->nodes[id].op == OP_STACK) {
        size_t part = fault_count(search, fault_input(search, id, 0));
        fault_consider(search, fault_input(search, id, (uint32_t)(element / part)), element % part);
    } else if (exec_replay_source(search->replay, id, element, &from)) {
        fault_consider(search, fault_input(search, id, 0), from);
    }
}

static void fault_product(FaultSearch *search, NodeId id, size_t element) {
    NodeId a = fault_input(search, id, 0), b = fault_input(search, id, 1);
    const Shape *right = &search->replay->graph->nodes[b].shape;
    size_t inner = right->dim[0], m = right->rank == 2 ? right->dim[1] : 1;
    for (size_t k = 0; k < inner; k++) {
        fault_consider(search, a, element / m * inner + k);
        fault_consider(search, b, k * m + element % m);
    }
}

/* GATHER and SCATTER: the part that the index names; the index itself when it is not a number. */
static void fault_lookup(FaultSearch *search, NodeId id, size_t element) {
    const Graph *graph = search->replay->graph;
    NodeId from = fault_input(search, id, 0), where = fault_input(search, id, 1);
    bool gather = graph->nodes[id].op == OP_GATHER;
    double at = fault_value(search->replay, (FaultPlace){where, 0});
    size_t parts = gather ? graph->nodes[from].shape.dim[0] : graph->nodes[id].shape.dim[0];
    size_t size = fault_count(search, gather ? id : from);
    if (!isfinite(at)) fault_consider(search, where, 0);
    if (!(at >= 1 && at <= (double)parts && at == floor(at))) return;
    size_t index = (size_t)at - 1;
    if (gather)
        fault_consider(search, from, index * size + element);
    else if (element / size == index)
        fault_consider(search, from, element % size);
}

/* A step towards the birth; false when every input that counts is finite. */
static bool fault_step(const Replay *replay, FaultPlace *place) {
    FaultSearch search = {.replay = replay, .result_is_nan = isnan(fault_value(replay, *place))};
    switch (op_info(replay->graph->nodes[place->node].op)->kind) {
        case KIND_ELEMENTWISE:
            fault_elementwise(&search, place->node, place->element);
            break;
        case KIND_REDUCE:
            fault_reduce(&search, place->node, place->element);
            break;
        case KIND_SHAPE:
            fault_shape(&search, place->node, place->element);
            break;
        case KIND_PRODUCT:
            if (replay->graph->nodes[place->node].op == OP_MATMUL)
                fault_product(&search, place->node, place->element);
            else
                fault_lookup(&search, place->node, place->element);
            break;
        case KIND_LEAF:
        case KIND_ROWS:
            break;
    }
    if (search.found) *place = search.place;
    return search.found;
}

static bool fault_has_rows(const Replay *replay, NodeId node) {
    return (replay->graph->nodes[node].flags & NODE_ROWS) != 0;
}

/* The first row at which some element (or that one: 'element' below the count) is not finite. */
static bool fault_find_row(Replay *replay, FaultPlace *place, bool any_element, bool prefer_nan,
                           size_t *row) {
    size_t count = graph_count(&replay->graph->nodes[place->node].shape);
    for (*row = 0; *row < replay->rows->count; ++*row) {
        exec_replay_row(replay, *row);
        size_t first = any_element ? 0 : place->element, end = any_element ? count : first + 1;
        for (size_t e = first; e < end; e++) {
            double value = exec_replay_value(replay, place->node)[e];
            if (isfinite(value) || (prefer_nan && !isnan(value))) continue;
            place->element = e;
            return true;
        }
    }
    return false;
}

/* From a value over rows into the first row that spoils it: a sum is spoilt by any value that is
 * not finite, the others may have passed infinities by. */
static bool fault_enter_rows(Replay *replay, FaultPlace *place, size_t *row) {
    FaultPlace inside = {graph_input(replay->graph, place->node, 0), place->element};
    bool sum = replay->graph->nodes[place->node].op == OP_ROW_SUM;
    bool nan = !sum && isnan(fault_value(replay, *place));
    bool found = nan && fault_find_row(replay, &inside, false, true, row);
    if (!found) found = fault_find_row(replay, &inside, false, false, row);
    if (found) *place = inside;
    return found;
}

static void fault_operands(const Replay *replay, FaultPlace place, Fault *fault) {
    const Node *node = &replay->graph->nodes[place.node];
    if (op_info(node->op)->kind != KIND_ELEMENTWISE && node->op != OP_GATHER) return;
    fault->n_operands = node->n_inputs < 3 ? node->n_inputs : 3;
    for (uint32_t k = 0; k < fault->n_operands; k++) {
        NodeId input = graph_input(replay->graph, place.node, k);
        bool whole = graph_count(&replay->graph->nodes[input].shape) > place.element;
        fault->operands[k] = exec_replay_value(replay, input)[whole ? place.element : 0];
    }
}

static void fault_walk(Replay *replay, FaultPlace place, size_t row, Fault *fault) {
    for (;;) {
        if (fault_step(replay, &place)) continue;
        bool over_rows = op_info(replay->graph->nodes[place.node].op)->kind == KIND_ROWS;
        if (!over_rows || !fault_enter_rows(replay, &place, &row)) break;
    }
    *fault = (Fault){.node = place.node,
                     .has_row = fault_has_rows(replay, place.node),
                     .value = fault_value(replay, place)};
    if (fault->has_row) fault->row = row;
    fault_operands(replay, place, fault);
}

static bool fault_search(Replay *replay, NodeId output, Fault *fault) {
    FaultPlace place = {output, 0};
    size_t row = 0, count = graph_count(&replay->graph->nodes[output].shape);
    if (fault_has_rows(replay, output)) {
        if (!fault_find_row(replay, &place, true, false, &row)) return false;
    } else {
        while (place.element < count && isfinite(fault_value(replay, place))) place.element++;
        if (place.element == count) return false;
    }
    fault_walk(replay, place, row, fault);
    return true;
}

bool exec_find_fault(const Graph *graph, NodeId output, const double *parameters, const Rows *rows,
                     Fault *fault) {
    const Rows none = {0};
    PlanOptions options = {.precision = rows && rows->floats ? PRECISION_F32 : PRECISION_F64};
    Replay *replay;
    *fault = (Fault){0};
    if (exec_replay_new(graph, &output, 1, &options, &replay, NULL) != STATUS_OK) return false;
    bool found = exec_replay_start(replay, parameters, rows ? rows : &none) == STATUS_OK &&
                 fault_search(replay, output, fault);
    exec_replay_free(replay);
    return found;
}
