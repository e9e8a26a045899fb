/* Built-in functions that are more than one operator: over elements, over rows, about shapes. */
#include "graph.h"

#include <string.h>

typedef struct Builtin {
    const char *name;
    uint32_t n_arguments;
    NodeId (*make)(Builder *builder, AstId id);
} Builtin;

static AstId builtin_child(const Builder *builder, AstId id, uint32_t k) {
    return lang_child(builder->ast, id, k);
}

static NodeId builtin_argument(Builder *builder, AstId id, uint32_t k) {
    NodeId node = graph_build_node(builder, builtin_child(builder, id, k));
    graph_build_at(builder, id);
    return node;
}

static const Shape *builtin_shape(const Builder *builder, NodeId node) {
    return &builder->graph->nodes[node].shape;
}

static uint32_t builtin_all_axes(const Builder *builder, NodeId node) {
    return (1u << builtin_shape(builder, node)->rank) - 1;
}

/* The function that the user called: the outermost where the prelude calls another. */
static const char *builtin_user_name(const Builder *builder, AstId id) {
    return builder->ast == builder->program ? builder->ast->nodes[id].name : builder->call_name;
}

/* ---- over the elements of one row's value ---------------------------------------------------- */

/* True when the built-in goes over rows instead: in rules every vector is one number for each
 * row. */
static bool builtin_over_rows(const Builder *builder, NodeId a) {
    return builder->mode == BUILD_RULE && builtin_shape(builder, a)->rank == 0;
}

/* Refuses a number that depends on the row: its only elements are itself. */
static NodeId builtin_elements(Builder *builder, AstId id) {
    NodeId a = builtin_argument(builder, id, 0);
    if (graph_build_failed(builder)) return NODE_NONE;
    const Node *node = &builder->graph->nodes[a];
    if (node->shape.rank > 0 || !(node->flags & NODE_ROWS) || builder->mode == BUILD_RULE) return a;
    const char *name = builtin_user_name(builder, id);
    graph_build_refuse(builder, id, MSG_BUILD_ROW_AVERAGED, name, NULL, NULL, NULL);
    graph_build_remedy(builder, MSG_BUILD_ROW_AVERAGED_REMEDY, name, NULL);
    return NODE_NONE;
}

static NodeId builtin_reduce(Builder *builder, NodeId a, Op elements, Op rows) {
    if (graph_build_failed(builder)) return NODE_NONE;
    if (builtin_over_rows(builder, a)) return graph_unary(builder->graph, rows, a);
    return graph_reduce(builder->graph, elements, a, builtin_all_axes(builder, a));
}

static NodeId builtin_sum(Builder *builder, AstId id) {
    return builtin_reduce(builder, builtin_elements(builder, id), OP_SUM_OF, OP_ROW_SUM);
}

static NodeId builtin_count(Builder *builder, NodeId a) {
    if (builtin_over_rows(builder, a))
        return graph_add(builder->graph, OP_ROW_COUNT, NULL, 0, (NodeAux){0});
    return graph_constant(builder->graph, (double)graph_count(builtin_shape(builder, a)));
}

static NodeId builtin_mean(Builder *builder, AstId id) {
    NodeId a = builtin_elements(builder, id);
    NodeId sum = builtin_reduce(builder, a, OP_SUM_OF, OP_ROW_SUM);
    if (graph_build_failed(builder)) return NODE_NONE;
    return graph_binary(builder->graph, OP_DIV, sum, builtin_count(builder, a));
}

static NodeId builtin_norm(Builder *builder, AstId id) {
    NodeId square = graph_power(builder->graph, builtin_elements(builder, id), 2);
    return graph_unary(builder->graph, OP_SQRT,
                       builtin_reduce(builder, square, OP_SUM_OF, OP_ROW_SUM));
}

static NodeId builtin_min(Builder *builder, AstId id) {
    return builtin_reduce(builder, builtin_elements(builder, id), OP_MIN_OF, OP_ROW_MIN);
}

static NodeId builtin_max(Builder *builder, AstId id) {
    return builtin_reduce(builder, builtin_elements(builder, id), OP_MAX_OF, OP_ROW_MAX);
}

/* Along the last axis: a matrix gives a vector. */
static NodeId builtin_last(Builder *builder, AstId id, Op op) {
    NodeId a = builtin_elements(builder, id);
    if (graph_build_failed(builder)) return NODE_NONE;
    uint32_t rank = builtin_shape(builder, a)->rank;
    return graph_reduce(builder->graph, op, a, rank == 0 ? 0 : 1u << (rank - 1));
}

static NodeId builtin_sum_last(Builder *builder, AstId id) {
    return builtin_last(builder, id, OP_SUM_OF);
}

static NodeId builtin_max_last(Builder *builder, AstId id) {
    return builtin_last(builder, id, OP_MAX_OF);
}

/* A whole number from 1, known before the run. */
static bool builtin_whole(Builder *builder, AstId id, uint32_t *count) {
    double number;
    if (!graph_build_number(builder, id, &number)) return false;
    if (number >= 1 && number <= SHAPE_ELEMENTS && number == (double)(uint32_t)number) {
        *count = (uint32_t)number;
        return true;
    }
    if (number > SHAPE_ELEMENTS)
        graph_build_refuse(builder, id, MSG_BUILD_TOO_LARGE, "expand_last(...)",
                           number_integer(SHAPE_ELEMENTS).s, NULL, NULL);
    else
        graph_build_refuse(builder, id, MSG_BUILD_DIMENSION, number_text(number).s, NULL, NULL,
                           NULL);
    return false;
}

/* expand_last(a, n): repeated n times along a new last axis. */
static NodeId builtin_expand_last(Builder *builder, AstId id) {
    uint32_t n;
    NodeId a = builtin_argument(builder, id, 0);
    if (graph_build_failed(builder) || !builtin_whole(builder, builtin_child(builder, id, 1), &n))
        return NODE_NONE;
    Shape shape = *builtin_shape(builder, a);
    if (shape.rank == SHAPE_RANK)
        return graph_build_refuse(builder, id, MSG_BUILD_TOO_DEEP_SHAPE, NULL, NULL, NULL, NULL);
    NodeAux aux = {0};
    aux.axes = 1u << shape.rank;
    shape.dim[shape.rank++] = n;
    graph_build_at(builder, id);
    return graph_add_shaped(builder->graph, OP_BROADCAST, &a, 1, aux, shape);
}

/* ---- about shapes ---------------------------------------------------------------------------- */

/* The number of elements; 1 of a number. */
static NodeId builtin_size(Builder *builder, AstId id) {
    NodeId a = builtin_argument(builder, id, 0);
    if (graph_build_failed(builder)) return NODE_NONE;
    return graph_constant(builder->graph, (double)graph_count(builtin_shape(builder, a)));
}

/* ---- over rows: statistics of data ----------------------------------------------------------- */

static NodeId builtin_data(Builder *builder, AstId id) {
    NodeId a = builtin_argument(builder, id, 0);
    if (graph_build_failed(builder)) return NODE_NONE;
    uint32_t flags = builder->graph->nodes[a].flags;
    BuildWords words = graph_build_words(builder, builtin_child(builder, id, 0));
    const char *name = builtin_user_name(builder, id);
    if (flags & NODE_PARAMS) {
        graph_build_refuse(builder, id, MSG_BUILD_STATISTIC_OF_PARAMETER, name, words.s, NULL,
                           NULL);
        graph_build_remedy(builder, MSG_GRAPH_COUPLED_REMEDY, NULL, NULL);
        return NODE_NONE;
    }
    if (flags & NODE_ROWS) return a;
    return graph_build_refuse(builder, id, MSG_BUILD_STATISTIC_WITHOUT_ROWS, name, words.s, NULL,
                              NULL);
}

static NodeId builtin_row_mean(Builder *builder, NodeId a) {
    NodeId count = graph_add(builder->graph, OP_ROW_COUNT, NULL, 0, (NodeAux){0});
    return graph_binary(builder->graph, OP_DIV, graph_unary(builder->graph, OP_ROW_SUM, a), count);
}

/* A statistic becomes a constant: a batch, a curve or an export must not take it anew. */
NodeId graph_build_settle(Builder *builder, NodeId statistic) {
    Graph *graph = builder->graph;
    const BuildOptions *options = builder->options;
    if (graph_build_failed(builder) || !options->statistic || !builder->table) return statistic;
    if (graph->nodes[statistic].op == OP_CONST) return statistic;
    if (graph->nodes[statistic].flags & (NODE_ROWS | NODE_PARAMS)) return statistic;
    Shape shape = graph->nodes[statistic].shape;
    size_t count = graph_count(&shape);
    double *elements = arena_alloc(&graph->arena, count, sizeof *elements);
    NodeId *parts = arena_alloc(&graph->arena, count, sizeof *parts);
    Status status = elements && parts ? STATUS_OK : STATUS_MEMORY;
    if (status == STATUS_OK)
        status = options->statistic(options->statistic_context, graph, statistic, elements);
    if (status != STATUS_OK) {
        graph->status = error_memory(graph->error);
        return NODE_NONE;
    }
    for (size_t k = 0; k < count; k++) parts[k] = graph_constant(graph, elements[k]);
    if (shape.rank == 0) return parts[0];
    return graph_reshape(graph, graph_add(graph, OP_STACK, parts, count, (NodeAux){0}), shape);
}

static NodeId builtin_rows_mean(Builder *builder, AstId id) {
    return graph_build_settle(builder, builtin_row_mean(builder, builtin_data(builder, id)));
}

/* Of the whole population: divided by n. */
static NodeId builtin_rows_sd(Builder *builder, AstId id) {
    Graph *graph = builder->graph;
    NodeId a = builtin_data(builder, id);
    NodeId off = graph_binary(graph, OP_SUB, a, builtin_row_mean(builder, a));
    NodeId variance = builtin_row_mean(builder, graph_power(graph, off, 2));
    return graph_build_settle(builder, graph_unary(graph, OP_SQRT, variance));
}

static NodeId builtin_rows_min(Builder *builder, AstId id) {
    NodeId least = graph_unary(builder->graph, OP_ROW_MIN, builtin_data(builder, id));
    return graph_build_settle(builder, least);
}

static NodeId builtin_rows_max(Builder *builder, AstId id) {
    NodeId most = graph_unary(builder->graph, OP_ROW_MAX, builtin_data(builder, id));
    return graph_build_settle(builder, most);
}

static NodeId builtin_rows_quantile(Builder *builder, AstId id) {
    double q;
    NodeId a = builtin_data(builder, id);
    AstId second = builtin_child(builder, id, 1);
    if (graph_build_failed(builder) || !graph_build_number(builder, second, &q)) return NODE_NONE;
    if (!(q >= 0 && q <= 1))
        return graph_build_refuse(builder, second, MSG_BUILD_QUANTILE, number_text(q).s, NULL, NULL,
                                  NULL);
    graph_build_at(builder, id);
    NodeId inputs[2] = {a, graph_constant(builder->graph, q)};
    NodeId quantile = graph_add(builder->graph, OP_ROW_QUANTILE, inputs, 2, (NodeAux){0});
    return graph_build_settle(builder, quantile);
}

static NodeId builtin_rows_count(Builder *builder, AstId id) {
    builtin_data(builder, id);
    return graph_build_settle(builder,
                              graph_add(builder->graph, OP_ROW_COUNT, NULL, 0, (NodeAux){0}));
}

static NodeId builtin_rows_classes(Builder *builder, AstId id) {
    AstId child = builtin_child(builder, id, 0);
    BuildValue value = graph_build_value(builder, child);
    if (graph_build_failed(builder)) return NODE_NONE;
    if (value.category < 0)
        return graph_build_refuse(builder, child, MSG_BUILD_CLASSES_OF,
                                  graph_build_words(builder, child).s, NULL, NULL, NULL);
    graph_build_at(builder, id);
    return graph_constant(builder->graph,
                          (double)graph_build_classes(builder, value.category).count);
}

/* One number a class: 1 for the row's own, else 0. */
static NodeId builtin_onehot(Builder *builder, AstId id) {
    Graph *graph = builder->graph;
    AstId child = builtin_child(builder, id, 0);
    BuildValue value = graph_build_value(builder, child);
    if (graph_build_failed(builder)) return NODE_NONE;
    if (value.category < 0)
        return graph_build_refuse(builder, child, MSG_BUILD_CLASSES_OF,
                                  graph_build_words(builder, child).s, NULL, NULL, NULL);
    size_t n = graph_build_classes(builder, value.category).count;
    NodeId *codes = memory_new(n + 1, sizeof *codes), all;
    if (!codes) {
        graph->status = error_memory(graph->error);
        return NODE_NONE;
    }
    graph_build_at(builder, id);
    for (size_t k = 0; k < n; k++) codes[k] = graph_constant(graph, (double)(k + 1));
    all = graph_add(graph, OP_STACK, codes, n, (NodeAux){0});
    memory_free(codes);
    return graph_binary(graph, OP_EQ, value.node, all);
}

/* ---- things of other places ------------------------------------------------------------------ */

static NodeId builtin_dropout(Builder *builder, AstId id) {
    return builtin_argument(builder, id, 0); /* outside training it is the identity */
}

static NodeId builtin_l1(Builder *builder, AstId id) {
    graph_build_refuse(builder, id, MSG_BUILD_NOT_YET, "l1", NULL, NULL, NULL);
    graph_build_remedy(builder, MSG_BUILD_L1_REMEDY, NULL, NULL);
    return NODE_NONE;
}

static NodeId builtin_start_only(Builder *builder, AstId id) {
    const char *name = builder->ast->nodes[id].name;
    graph_build_refuse(builder, id, MSG_BUILD_START_ONLY, name, NULL, NULL, NULL);
    return NODE_NONE;
}

/* min and max of one argument only: of more they are operators. */
static const Builtin builtins[] = {
    {"sum", 1, builtin_sum},
    {"mean", 1, builtin_mean}, /* in rules; elsewhere it is a def of the prelude, and so is norm */
    {"norm", 1, builtin_norm},
    {"min", 1, builtin_min},
    {"max", 1, builtin_max},
    {"sum_last", 1, builtin_sum_last},
    {"max_last", 1, builtin_max_last},
    {"expand_last", 2, builtin_expand_last},
    {"size", 1, builtin_size},
    {"onehot", 1, builtin_onehot},
    {"over_rows.mean", 1, builtin_rows_mean},
    {"over_rows.sd", 1, builtin_rows_sd},
    {"over_rows.min", 1, builtin_rows_min},
    {"over_rows.max", 1, builtin_rows_max},
    {"over_rows.quantile", 2, builtin_rows_quantile},
    {"over_rows.count", 1, builtin_rows_count},
    {"over_rows.classes", 1, builtin_rows_classes},
    {"dropout", 2, builtin_dropout},
    {"l1", 2, builtin_l1},
    {"normal", 2, builtin_start_only},
    {"uniform", 2, builtin_start_only},
    {"he", 0, builtin_start_only},
    {"xavier", 0, builtin_start_only},
};

bool graph_build_builtin(Builder *builder, AstId id, BuildValue *value) {
    const AstNode *at = &builder->ast->nodes[id];
    for (size_t k = 0; k < COUNT_OF(builtins); k++) {
        const Builtin *builtin = &builtins[k];
        if (strcmp(builtin->name, at->name) != 0) continue;
        bool rule_only = builtin->make == builtin_mean || builtin->make == builtin_norm;
        if (rule_only && builder->mode != BUILD_RULE) return false;
        bool operator_too = op_function(at->name) != OP_COUNT;
        if (operator_too && at->n_children != builtin->n_arguments) return false;
        *value = (BuildValue){.category = -1};
        if (at->n_children == builtin->n_arguments) value->node = builtin->make(builder, id);
        else
            graph_build_refuse(builder, id, MSG_BUILD_ARGUMENTS, at->name,
                               number_integer(builtin->n_arguments).s,
                               number_integer(at->n_children).s, NULL);
        return true;
    }
    return false;
}

const char *graph_build_nearest_function(Builder *builder, const char *name) {
    size_t n = COUNT_OF(builtins) + OP_COUNT + builder->n_defs, count = 0;
    const char **names = memory_new(n, sizeof *names);
    if (!names) return NULL;
    for (size_t k = 0; k < COUNT_OF(builtins); k++) names[count++] = builtins[k].name;
    for (Op op = 0; op < OP_COUNT; op++)
        if (op_info(op)->flags & FLAG_FUNCTION) names[count++] = op_info(op)->spelling;
    for (size_t k = 0; k < builder->n_defs; k++)
        names[count++] = builder->defs[k].ast->nodes[builder->defs[k].id].name;
    const char *nearest = suggest_nearest(name, names, count);
    memory_free(names);
    return nearest;
}
