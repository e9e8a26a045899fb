/* The reference executor: a plain loop, row by row, node by node, that keeps every value. Slow; the
 * other executors are held to it, and faults are found with it. */
#include "exec.h"

#include <math.h>
#include <string.h>

static const Node *replay_node(const Replay *replay, NodeId id) {
    return &replay->graph->nodes[id];
}

static bool replay_has_rows(const Replay *replay, NodeId id) {
    return (replay_node(replay, id)->flags & NODE_ROWS) != 0;
}

static OpKind replay_kind(const Replay *replay, NodeId id) {
    return op_info(replay_node(replay, id)->op)->kind;
}

const double *exec_replay_value(const Replay *replay, NodeId node) {
    return replay->values + replay->offset[node];
}

static const double *replay_input(const Replay *replay, NodeId id, uint32_t k) {
    return exec_replay_value(replay, graph_input(replay->graph, id, k));
}

static const Shape *replay_input_shape(const Replay *replay, NodeId id, uint32_t k) {
    return &replay_node(replay, graph_input(replay->graph, id, k))->shape;
}

/* ---- indices --------------------------------------------------------------------------------- */

static void replay_unravel(const Shape *shape, size_t element, size_t index[SHAPE_RANK]) {
    for (uint32_t k = shape->rank; k-- > 0;) {
        index[k] = element % shape->dim[k];
        element /= shape->dim[k];
    }
}

static size_t replay_ravel(const Shape *shape, const size_t index[SHAPE_RANK]) {
    size_t element = 0;
    for (uint32_t k = 0; k < shape->rank; k++) element = element * shape->dim[k] + index[k];
    return element;
}

/* The element of the value that lacks some axes of 'shape', for an element of 'shape'. */
static size_t replay_without(const Shape *shape, uint32_t axes, size_t element) {
    size_t index[SHAPE_RANK] = {0}, kept = 0;
    replay_unravel(shape, element, index);
    for (uint32_t k = 0; k < shape->rank; k++)
        if (!(axes >> k & 1u)) kept = kept * shape->dim[k] + index[k];
    return kept;
}

/* Indices count from 1. */
static bool replay_index(double value, size_t count, size_t *index) {
    if (!(value >= 1 && value <= (double)count)) return false;
    *index = (size_t)value - 1;
    return (double)(*index + 1) == value;
}

bool exec_replay_source(const Replay *replay, NodeId id, size_t element, size_t *from) {
    const Node *node = replay_node(replay, id);
    size_t index[SHAPE_RANK] = {0}, moved[SHAPE_RANK] = {0};
    const Shape *shape = replay_input_shape(replay, id, 0);
    replay_unravel(&node->shape, element, index);
    switch (node->op) {
        case OP_BROADCAST:
            *from = replay_without(&node->shape, node->aux.axes, element);
            return true;
        case OP_TRANSPOSE:
            for (uint32_t k = 0; k < shape->rank; k++) moved[node->aux.axis[k]] = index[k];
            break;
        case OP_SLICE:
            for (uint32_t k = 0; k < shape->rank; k++) moved[k] = index[k] + node->aux.offset[k];
            break;
        case OP_PAD:
            for (uint32_t k = 0; k < shape->rank; k++) {
                if (index[k] < node->aux.offset[k]) return false;
                moved[k] = index[k] - node->aux.offset[k];
                if (moved[k] >= shape->dim[k]) return false;
            }
            break;
        default:
            *from = element;
            return true;
    }
    *from = replay_ravel(shape, moved);
    return true;
}

size_t exec_replay_target(const Replay *replay, NodeId id, size_t element) {
    return replay_without(replay_input_shape(replay, id, 0), replay_node(replay, id)->aux.axes,
                          element);
}

/* ---- values ---------------------------------------------------------------------------------- */

/* A sum or product of two floats, computed as doubles, rounds to the float's own: a double has more
 * than twice a float's digits (Figueroa, "When is double rounding innocuous?", 1995). */
static double replay_round(const Replay *replay, double value) {
    return replay->precision == PRECISION_F32 ? (double)(float)value : value;
}

static double replay_value(const Replay *replay, Op op, double a, double b, double c,
                           int exponent) {
    if (replay->precision == PRECISION_F32)
        return (double)op_value_f32(op, (float)a, (float)b, (float)c, exponent);
    return op_value(op, a, b, c, exponent);
}

static void replay_elementwise(const Replay *replay, NodeId id, double *out) {
    const Node *node = replay_node(replay, id);
    const double *in[3];
    for (uint32_t k = 0; k < 3; k++) in[k] = replay_input(replay, id, k < node->n_inputs ? k : 0);
    int exponent = node->op == OP_POWI ? node->aux.exponent : 0;
    for (size_t e = 0; e < graph_count(&node->shape); e++)
        out[e] = replay_value(replay, node->op, in[0][e], in[1][e], in[2][e], exponent);
}

static void replay_reduce(const Replay *replay, NodeId id, double *out) {
    const Node *node = replay_node(replay, id);
    const Shape *shape = replay_input_shape(replay, id, 0);
    const double *in = replay_input(replay, id, 0);
    Op op = node->op;
    double start = op == OP_MIN_OF ? (double)INFINITY : op == OP_MAX_OF ? -(double)INFINITY : 0;
    Op join = op == OP_MIN_OF ? OP_MIN : op == OP_MAX_OF ? OP_MAX : OP_ADD;
    for (size_t e = 0; e < graph_count(&node->shape); e++) out[e] = start;
    for (size_t e = 0; e < graph_count(shape); e++) {
        double *at = &out[exec_replay_target(replay, id, e)];
        *at = replay_value(replay, join, *at, in[e], 0, 0);
    }
}

static void replay_shape(const Replay *replay, NodeId id, double *out) {
    const Node *node = replay_node(replay, id);
    size_t count = graph_count(&node->shape), from = 0;
    if (node->op == OP_STACK) {
        size_t part = count / node->n_inputs;
        for (uint32_t k = 0; k < node->n_inputs; k++)
            memcpy(out + k * part, replay_input(replay, id, k), part * sizeof *out);
        return;
    }
    const double *in = replay_input(replay, id, 0);
    for (size_t e = 0; e < count; e++)
        out[e] = exec_replay_source(replay, id, e, &from) ? in[from] : 0;
}

static void replay_product(const Replay *replay, NodeId id, double *out) {
    const Shape *a = replay_input_shape(replay, id, 0), *b = replay_input_shape(replay, id, 1);
    const double *left = replay_input(replay, id, 0), *right = replay_input(replay, id, 1);
    size_t n = a->rank == 2 ? a->dim[0] : 1, inner = b->dim[0], m = b->rank == 2 ? b->dim[1] : 1;
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < m; j++) {
            double sum = 0;
            for (size_t k = 0; k < inner; k++) {
                double product = replay_round(replay, left[i * inner + k] * right[k * m + j]);
                sum = replay_round(replay, sum + product);
            }
            out[i * m + j] = sum;
        }
}

static void replay_lookup(const Replay *replay, NodeId id, double *out) {
    const Node *node = replay_node(replay, id);
    bool gather = node->op == OP_GATHER;
    size_t count = graph_count(&node->shape), at = 0;
    const double *in = replay_input(replay, id, 0);
    size_t parts = gather ? replay_input_shape(replay, id, 0)->dim[0] : node->shape.dim[0];
    size_t size = gather ? count : graph_count(replay_input_shape(replay, id, 0));
    bool good = replay_index(replay_input(replay, id, 1)[0], parts, &at);
    for (size_t e = 0; e < count; e++) {
        if (!good)
            out[e] = (double)NAN;
        else if (gather)
            out[e] = in[at * size + e];
        else
            out[e] = e / size == at ? in[e % size] : 0;
    }
}

static void replay_leaf(const Replay *replay, NodeId id, size_t row, double *out) {
    const Node *node = replay_node(replay, id);
    if (node->op == OP_CONST) out[0] = node->aux.value;
    if (node->op == OP_ROW_COUNT) out[0] = (double)replay->rows->count;
    if (node->op == OP_COLUMN)
        out[0] = replay->rows->columns[node->aux.index][replay->rows->first + row];
    if (node->op == OP_PARAM) {
        const Parameter *parameter = &replay->graph->parameters[node->aux.index];
        memcpy(out, replay->parameters + parameter->offset, parameter->count * sizeof *out);
        for (size_t e = 0; e < parameter->count; e++) out[e] = replay_round(replay, out[e]);
        return;
    }
    out[0] = replay_round(replay, out[0]);
}

static void replay_compute(Replay *replay, NodeId id, size_t row) {
    double *out = replay->values + replay->offset[id];
    switch (replay_kind(replay, id)) {
        case KIND_LEAF:
            replay_leaf(replay, id, row, out);
            break;
        case KIND_ELEMENTWISE:
            replay_elementwise(replay, id, out);
            break;
        case KIND_REDUCE:
            replay_reduce(replay, id, out);
            break;
        case KIND_SHAPE:
            replay_shape(replay, id, out);
            break;
        case KIND_PRODUCT:
            if (replay_node(replay, id)->op == OP_MATMUL)
                replay_product(replay, id, out);
            else
                replay_lookup(replay, id, out);
            break;
        case KIND_ROWS:
            break;
    }
}

/* ---- passes ---------------------------------------------------------------------------------- */

/* Nodes with rows that can be computed in this pass, at one row. */
static void replay_row(Replay *replay, size_t row, uint32_t pass) {
    for (size_t i = 0; i < replay->needs.count; i++) {
        NodeId id = replay->needs.nodes[i];
        if (replay_has_rows(replay, id) && replay->needs.level[id] <= pass)
            replay_compute(replay, id, row);
    }
}

static bool replay_feeds(const Replay *replay, NodeId id, uint32_t pass) {
    return replay_kind(replay, id) == KIND_ROWS && replay->needs.level[id] == pass + 1;
}

static void replay_feed(Replay *replay, size_t i) {
    Fold *fold = &replay->folds[i];
    const double *value = replay_input(replay, replay->needs.nodes[i], 0);
    if (replay->precision == PRECISION_F64) {
        exec_fold_feed(fold, value, 1);
        return;
    }
    fold->kernels->narrow(replay->fed, value, fold->elements);
    exec_fold_feed(fold, replay->fed, 1);
}

static Status replay_pass(Replay *replay, uint32_t pass) {
    for (size_t i = 0; i < replay->needs.count; i++)
        if (replay_feeds(replay, replay->needs.nodes[i], pass) &&
            !exec_fold_start(&replay->folds[i], replay->rows->count))
            return STATUS_MEMORY;
    for (size_t row = 0; row < replay->rows->count; row++) {
        replay_row(replay, row, pass);
        for (size_t i = 0; i < replay->needs.count; i++)
            if (replay_feeds(replay, replay->needs.nodes[i], pass)) replay_feed(replay, i);
    }
    for (size_t i = 0; i < replay->needs.count; i++) {
        NodeId id = replay->needs.nodes[i];
        if (!replay_feeds(replay, id, pass)) continue;
        double probability =
            replay_node(replay, id)->op == OP_ROW_QUANTILE ? replay_input(replay, id, 1)[0] : 0;
        double *out = replay->values + replay->offset[id];
        exec_fold_finish(&replay->folds[i], probability, out);
        for (size_t e = 0; e < replay->folds[i].elements; e++)
            out[e] = replay_round(replay, out[e]);
    }
    return STATUS_OK;
}

Status exec_replay_start(Replay *replay, const double *parameters, const Rows *rows) {
    replay->parameters = parameters;
    replay->rows = rows;
    for (uint32_t pass = 0; pass <= replay->needs.top; pass++) {
        for (size_t i = 0; i < replay->needs.count; i++) {
            NodeId id = replay->needs.nodes[i];
            if (!replay_has_rows(replay, id) && replay->needs.level[id] == pass)
                replay_compute(replay, id, 0);
        }
        if (pass < replay->needs.top) TRY(replay_pass(replay, pass));
    }
    return STATUS_OK;
}

void exec_replay_row(Replay *replay, size_t row) {
    replay_row(replay, row, replay->needs.top);
}

/* ---- making and running ---------------------------------------------------------------------- */

static bool replay_places(Replay *replay, size_t *numbers) {
    size_t bytes = 0, fold = 0;
    for (size_t i = 0; i < replay->needs.count; i++) {
        NodeId id = replay->needs.nodes[i];
        size_t count = graph_count(&replay_node(replay, id)->shape);
        replay->offset[id] = *numbers;
        if (!memory_add(*numbers, count, numbers)) return false;
        if (replay_kind(replay, id) != KIND_ROWS) continue;
        if (!exec_fold_size(replay_node(replay, id)->op, count, sizeof(double), &fold) ||
            !memory_add(bytes, fold, &bytes))
            return false;
    }
    return memory_multiply(*numbers, sizeof(double), &replay->bytes) &&
           memory_add(replay->bytes, bytes, &replay->bytes);
}

static bool replay_allocate(Replay *replay, size_t numbers) {
    replay->values = memory_new(numbers, sizeof *replay->values);
    replay->folds = memory_new(replay->needs.count, sizeof *replay->folds);
    replay->fed = memory_new(numbers, sizeof *replay->fed);
    if (!replay->values || !replay->folds || !replay->fed) return false;
    for (size_t i = 0; i < replay->needs.count; i++) {
        NodeId id = replay->needs.nodes[i];
        if (replay_kind(replay, id) == KIND_ROWS &&
            !exec_fold_new(&replay->folds[i], replay_node(replay, id)->op,
                           graph_count(&replay_node(replay, id)->shape),
                           exec_kernels(replay->precision, ISA_PLAIN)))
            return false;
    }
    return true;
}

Status exec_replay_new(const Graph *graph, const NodeId *outputs, size_t n_outputs,
                       const PlanOptions *options, Replay **out, Error *error) {
    *out = NULL;
    Replay *replay = memory_new(1, sizeof *replay);
    if (!replay) return error_memory(error);
    replay->graph = graph;
    replay->precision = options->precision;
    size_t numbers = 0;
    Status status = STATUS_OK;
    replay->offset = memory_new(graph->n_nodes, sizeof *replay->offset);
    if (!replay->offset || !exec_needs(graph, outputs, n_outputs, &replay->needs) ||
        !replay_places(replay, &numbers))
        status = error_memory(error);
    if (status == STATUS_OK)
        status = exec_check_memory(replay->bytes, options->memory_limit, error);
    if (status == STATUS_OK && !replay_allocate(replay, numbers)) status = error_memory(error);
    if (status == STATUS_OK)
        *out = replay;
    else
        exec_replay_free(replay);
    return status;
}

void exec_replay_free(Replay *replay) {
    if (!replay) return;
    for (size_t i = 0; replay->folds && i < replay->needs.count; i++)
        exec_fold_free(&replay->folds[i]);
    exec_needs_free(&replay->needs);
    memory_free(replay->folds);
    memory_free(replay->offset);
    memory_free(replay->values);
    memory_free(replay->fed);
    memory_free(replay);
}

static Status replay_deliver_row(const Plan *plan, size_t row, size_t count, double *const *results,
                                 const RowVisitor *visitor) {
    for (size_t k = 0; k < plan->n_outputs; k++) {
        plan->values[k] = NULL;
        if (!plan->places[k].rows) continue;
        plan->values[k] = exec_replay_value(plan->replay, plan->outputs[k]);
        for (size_t e = 0; results && results[k] && e < plan->sizes[k]; e++)
            results[k][e * count + row] = plan->values[k][e];
    }
    if (!visitor) return STATUS_OK;
    TRY(visitor->block(visitor->context, 0, row, 1, plan->values, 1));
    bool end = (row + 1) % EXEC_VISIT_ROWS == 0 || row + 1 == count;
    return visitor->join && end ? visitor->join(visitor->context, 0) : STATUS_OK;
}

Status exec_replay_outputs(Plan *plan, const double *parameters, const Rows *rows,
                           double *const *results, const RowVisitor *visitor) {
    bool any_rows = false;
    TRY(exec_replay_start(plan->replay, parameters, rows));
    for (size_t k = 0; k < plan->n_outputs; k++) {
        if (plan->places[k].rows)
            any_rows = true;
        else if (results && results[k])
            memcpy(results[k], exec_replay_value(plan->replay, plan->outputs[k]),
                   plan->sizes[k] * sizeof(double));
    }
    for (size_t row = 0; row < rows->count && any_rows; row++) {
        exec_replay_row(plan->replay, row);
        TRY(replay_deliver_row(plan, row, rows->count, results, visitor));
    }
    return STATUS_OK;
}
