/* Log losses of classes, known by the forms in which they are written. */
#include "diagnose.h"


static bool log_is_data(const Graph *graph, NodeId id) {
    const Node *node = &graph->nodes[id];
    return (node->flags & (NODE_ROWS | NODE_PARAMS)) == NODE_ROWS && node->region == 0;
}

static bool log_is_model(const Graph *graph, NodeId id) {
    uint32_t both = NODE_ROWS | NODE_PARAMS;
    return (graph->nodes[id].flags & both) == both;
}

/* The inputs of an operator of one or two. */
static bool log_op(const Graph *graph, NodeId id, Op op, NodeId *a, NodeId *b) {
    const Node *node = &graph->nodes[id];
    if (node->op != op || node->n_inputs == 0) return false;
    *a = graph_input(graph, id, 0);
    *b = node->n_inputs > 1 ? graph_input(graph, id, 1) : NODE_NONE;
    return true;
}

static bool log_unary(const Graph *graph, NodeId id, Op op, NodeId *a) {
    NodeId none;
    return log_op(graph, id, op, a, &none);
}

/* 1 - value */
static bool log_is_other(const Graph *graph, NodeId id, NodeId value) {
    NodeId a, b;
    return log_op(graph, id, OP_SUB, &a, &b) && b == value && graph_is_constant(graph, a, 1);
}

/* data*model, in either order */
static bool log_product(const Graph *graph, NodeId id, NodeId *data, NodeId *model) {
    NodeId a, b;
    if (!log_op(graph, id, OP_MUL, &a, &b)) return false;
    bool first = log_is_data(graph, a);
    *data = first ? a : b;
    *model = first ? b : a;
    return log_is_data(graph, *data) && log_is_model(graph, *model);
}

/* ---- two classes, 0 and 1 -------------------------------------------------------------------- */

/* softplus(z) - y*z */
static bool log_softplus(const Graph *graph, NodeId id, NodeId *y, NodeId *z) {
    NodeId soft, product, inner;
    return log_op(graph, id, OP_SUB, &soft, &product) && log_product(graph, product, y, z) &&
           log_unary(graph, soft, OP_SOFTPLUS, &inner) && inner == *z;
}

/* softplus(-z) + (1 - y)*z */
static bool log_mirrored(const Graph *graph, NodeId id, NodeId y, NodeId z) {
    NodeId soft, product, inner, other, model, same;
    return log_op(graph, id, OP_ADD, &soft, &product) &&
           log_product(graph, product, &other, &model) && model == z &&
           log_is_other(graph, other, y) && log_unary(graph, soft, OP_SOFTPLUS, &inner) &&
           log_unary(graph, inner, OP_NEG, &same) && same == z;
}

/* where(z > 0, softplus(-z) + (1 - y)*z, softplus(z) - y*z): logistic_loss of the prelude. */
static bool log_logistic(const Graph *graph, NodeId id, NodeId *y, NodeId *z) {
    NodeId a, b;
    return graph->nodes[id].op == OP_SELECT &&
           log_softplus(graph, graph_input(graph, id, 2), y, z) &&
           log_mirrored(graph, graph_input(graph, id, 1), *y, *z) &&
           log_op(graph, graph_input(graph, id, 0), OP_GT, &a, &b) && a == *z &&
           graph_is_constant(graph, b, 0);
}

/* y*log(p) */
static bool log_term(const Graph *graph, NodeId id, NodeId *y, NodeId *p) {
    NodeId log;
    return log_product(graph, id, y, &log) && log_unary(graph, log, OP_LOG, p);
}

/* -y*log(p) - (1 - y)*log(1 - p), or -(y*log(p) + (1 - y)*log(1 - p)), and with the terms in the
 * other order. */
static bool log_two_terms(const Graph *graph, NodeId id, NodeId *y, NodeId *p) {
    NodeId inner, term[2], weight[2], inside[2];
    bool sum = log_unary(graph, id, OP_NEG, &inner) &&
               log_op(graph, inner, OP_ADD, &term[0], &term[1]);
    bool difference = !sum && log_op(graph, id, OP_SUB, &inner, &term[1]) &&
                      log_unary(graph, inner, OP_NEG, &term[0]);
    if (!sum && !difference) return false;
    for (int k = 0; k < 2; k++)
        if (!log_term(graph, term[k], &weight[k], &inside[k])) return false;
    int k = log_is_other(graph, weight[1], weight[0]) ? 0 : 1;
    *y = weight[k];
    *p = inside[k];
    return log_is_other(graph, weight[1 - k], *y) && log_is_other(graph, inside[1 - k], *p);
}

/* ---- many classes ---------------------------------------------------------------------------- */

/* log(sum(exp(z))) over all of a vector, or the same with something taken out. */
static bool log_is_logsumexp(const Graph *graph, NodeId id, NodeId z) {
    NodeId most, log, sum, exp, inner, shifted, less, back;
    bool taken = log_op(graph, id, OP_ADD, &most, &log);
    if (!log_unary(graph, taken ? log : id, OP_LOG, &sum)) return false;
    if (!log_unary(graph, sum, OP_SUM_OF, &exp) || !log_unary(graph, exp, OP_EXP, &inner))
        return false;
    if (!taken) return inner == z;
    return log_op(graph, inner, OP_SUB, &shifted, &less) && shifted == z &&
           log_unary(graph, less, OP_BROADCAST, &back) && back == most;
}

/* -log_softmax(z)[class] */
static bool log_negative(const Graph *graph, NodeId id, NodeId *z, NodeId *index) {
    NodeId gather, from, less, back;
    return log_unary(graph, id, OP_NEG, &gather) &&
           log_op(graph, gather, OP_GATHER, &from, index) &&
           log_op(graph, from, OP_SUB, z, &less) && log_unary(graph, less, OP_BROADCAST, &back) &&
           log_is_logsumexp(graph, back, *z);
}

/* -log(softmax(z)[class]) */
static bool log_of_share(const Graph *graph, NodeId id, NodeId *e, NodeId *index) {
    NodeId log, gather, share, all, back, same;
    return log_unary(graph, id, OP_NEG, &log) && log_unary(graph, log, OP_LOG, &gather) &&
           log_op(graph, gather, OP_GATHER, &share, index) &&
           log_op(graph, share, OP_DIV, e, &all) && log_unary(graph, all, OP_BROADCAST, &back) &&
           log_unary(graph, back, OP_SUM_OF, &same) && same == *e;
}

/* cross_entropy(z, class) of the prelude: logsumexp(z) - z[class] */
static bool log_cross_entropy(const Graph *graph, NodeId id, NodeId *z, NodeId *index) {
    NodeId all, gather;
    return log_op(graph, id, OP_SUB, &all, &gather) &&
           log_op(graph, gather, OP_GATHER, z, index) && log_is_logsumexp(graph, all, *z);
}

bool diagnose_log_loss(const Graph *graph, NodeId id, LogLoss *found) {
    NodeId measured, model;
    bool two = log_softplus(graph, id, &measured, &model) ||
               log_logistic(graph, id, &measured, &model) ||
               log_two_terms(graph, id, &measured, &model);
    bool many = !two && (log_cross_entropy(graph, id, &model, &measured) ||
                         log_negative(graph, id, &model, &measured) ||
                         log_of_share(graph, id, &model, &measured));
    if (!two && !many) return false;
    const Shape *shape = &graph->nodes[model].shape;
    if (shape->rank != (two ? 0u : 1u)) return false;
    *found = (LogLoss){.measured = measured, .model = model, .classes = two ? 2 : shape->dim[0],
                       .coded = two};
    return log_is_data(graph, measured) && log_is_model(graph, model);
}
