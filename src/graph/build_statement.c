/* Statements: what is set, declared and made small. */
#include "graph.h"

#include <math.h>
#include <string.h>

static BuildValue statement_value(NodeId node) {
    return (BuildValue){.node = node, .category = -1};
}

/* ---- the loss -------------------------------------------------------------------------------- */

static bool statement_push(Builder *builder, NodeId **items, size_t *count, size_t *capacity,
                           NodeId item) {
    if (!memory_reserve(items, capacity, *count + 1, sizeof **items)) {
        if (!graph_build_failed(builder))
            builder->graph->status = error_memory(builder->graph->error);
        return false;
    }
    (*items)[(*count)++] = item;
    return true;
}

/* The (weighted) mean over rows; of what has no rows, itself. */
static NodeId statement_mean(Builder *builder, NodeId value) {
    Graph *graph = builder->graph;
    if (graph_build_failed(builder) || !(graph->nodes[value].flags & NODE_ROWS)) return value;
    if (graph->weight == NODE_NONE) {
        NodeId count = graph_add(graph, OP_ROW_COUNT, NULL, 0, (NodeAux){0});
        return graph_binary(graph, OP_DIV, graph_unary(graph, OP_ROW_SUM, value), count);
    }
    NodeId weighted = graph_binary(graph, OP_MUL, graph->weight, value);
    NodeId weights = graph_unary(graph, OP_ROW_SUM, graph->weight);
    return graph_binary(graph, OP_DIV, graph_unary(graph, OP_ROW_SUM, weighted), weights);
}

/* The mean of squares of residuals that are weighted already. */
static NodeId statement_robust_mean(Builder *builder, NodeId residual) {
    Graph *graph = builder->graph;
    NodeId square = graph_power(graph, residual, 2);
    if (graph_build_failed(builder) || !(graph->nodes[square].flags & NODE_ROWS)) return square;
    NodeId count = graph->weight == NODE_NONE
                       ? graph_add(graph, OP_ROW_COUNT, NULL, 0, (NodeAux){0})
                       : graph_unary(graph, OP_ROW_SUM, graph->weight);
    return graph_binary(graph, OP_DIV, graph_unary(graph, OP_ROW_SUM, square), count);
}

/* The thing to make small must be one number. */
static bool statement_is_scalar(Builder *builder, AstId id, NodeId value) {
    if (graph_build_failed(builder)) return false;
    const Shape *shape = &builder->graph->nodes[value].shape;
    if (shape->rank == 0) return true;
    BuildWords words = graph_build_words(builder, id);
    graph_build_refuse(builder, id, MSG_BUILD_NOT_A_NUMBER, words.s, graph_shape_text(shape).s,
                       NULL, NULL);
    graph_build_remedy(builder, MSG_BUILD_NOT_A_NUMBER_REMEDY, words.s, NULL);
    return false;
}

static bool statement_outermost(Builder *builder, AstId id, const char *word) {
    if (!builder->frame->name) return true;
    graph_build_refuse(builder, id, MSG_BUILD_NOT_IN_DEF, word, NULL, NULL, NULL);
    return false;
}

void graph_build_minimize(Builder *builder, AstId id, AstId expression) {
    if (!statement_outermost(builder, id, "minimize")) return;
    NodeId value = graph_build_node(builder, expression);
    if (!statement_is_scalar(builder, expression, value)) return;
    graph_build_at(builder, expression);
    NodeId term = statement_mean(builder, value);
    builder->n_plain++;
    statement_push(builder, &builder->terms, &builder->n_terms, &builder->terms_capacity, term);
}

/* With a table, '~' compares measured values: both sides must hold a column. */
static bool statement_has_column(Builder *builder, AstId id, NodeId side, bool left) {
    if (!builder->table || builder->graph->nodes[side].flags & NODE_ROWS) return true;
    graph_build_check_typos(builder);
    if (graph_build_failed(builder)) return false;
    BuildWords words = graph_build_words(builder, id);
    bool name = builder->ast->nodes[id].kind == AST_NAME;
    MessageId what = left ? name ? MSG_BUILD_NO_COLUMN : MSG_BUILD_FIT_LEFT : MSG_BUILD_FIT_RIGHT;
    graph_build_refuse(builder, id, what, words.s, NULL, NULL, NULL);
    graph_build_remedy(builder, MSG_BUILD_FIT_COLUMNS, graph_build_columns(builder).s, NULL);
    return false;
}

void graph_build_fit(Builder *builder, AstId id) {
    Graph *graph = builder->graph;
    if (!statement_outermost(builder, id, "~")) return;
    AstId side[2] = {lang_child(builder->ast, id, 0), lang_child(builder->ast, id, 1)};
    NodeId value[2];
    for (int k = 0; k < 2; k++) {
        value[k] = graph_build_node(builder, side[k]);
        if (graph_build_failed(builder) ||
            !statement_has_column(builder, side[k], value[k], k == 0))
            return;
    }
    NodeId residual = graph_build_broadcast(builder, id, OP_SUB, value[0], value[1]);
    if (graph_build_failed(builder)) return;
    const Shape *shape = &graph->nodes[residual].shape;
    if (shape->rank > 0) {
        graph_build_refuse(builder, id, MSG_BUILD_FIT_NOT_A_NUMBER, graph_shape_text(shape).s, NULL,
                           NULL, NULL);
        graph_build_remedy(builder, MSG_BUILD_FIT_NOT_A_NUMBER_REMEDY,
                           graph_build_words(builder, side[0]).s,
                           graph_build_words(builder, side[1]).s);
        return;
    }
    residual = graph_build_scaled(builder, id, value, residual);
    graph_build_at(builder, id);
    NodeId term = builder->options->loss ? NODE_NONE
                                         : statement_mean(builder, graph_power(graph, residual, 2));
    if (graph->weight != NODE_NONE && !graph_build_failed(builder) &&
        graph->nodes[residual].flags & NODE_ROWS) {
        NodeId root = graph_unary(graph, OP_SQRT, graph->weight);
        residual = graph_binary(graph, OP_MUL, residual, root);
    }
    residual = graph_build_robust(builder, id, residual);
    graph_build_at(builder, id);
    if (builder->options->loss) term = statement_robust_mean(builder, residual);
    if (graph_build_failed(builder)) return;
    if (graph->n_residuals == 0) {
        graph->left = value[0];
        graph->right = value[1];
    }
    statement_push(builder, &builder->terms, &builder->n_terms, &builder->terms_capacity, term);
    statement_push(builder, &graph->residuals, &graph->n_residuals, &builder->residuals_capacity,
                   residual);
}

/* ---- set and declare ------------------------------------------------------------------------- */

static void statement_bind(Builder *builder, AstId id, BuildValue value) {
    const AstNode *at = &builder->ast->nodes[id];
    int symbol = graph_build_symbol(builder, at->name);
    if (graph_build_failed(builder)) return;
    const BuildBinding *old = graph_build_find(builder, symbol);
    if (old && old->implicit) {
        graph_build_refuse(builder, id, MSG_BUILD_USED_BEFORE_SET, at->name, NULL, NULL, NULL);
        error_place(builder->graph->error, &builder->program->source, old->span);
        return;
    }
    graph_build_bind(builder, symbol, value, at->name_span);
}

/* What is made of parameters alone is worth telling at the end. */
static void statement_note_name(Builder *builder, AstId id, BuildValue value) {
    Graph *graph = builder->graph;
    const AstNode *at = &builder->ast->nodes[id];
    bool derived = (graph->nodes[value.node].flags & (NODE_ROWS | NODE_PARAMS)) == NODE_PARAMS;
    if (builder->mode != BUILD_PROGRAM || builder->frame->name || graph_build_failed(builder))
        return;
    size_t k = 0;
    while (k < graph->n_names && strcmp(graph->names[k].name, at->name) != 0) k++;
    if (k < graph->n_names) {
        memmove(graph->names + k, graph->names + k + 1,
                (--graph->n_names - k) * sizeof *graph->names);
    }
    if (!derived) return;
    GraphName item = {.name = arena_copy(&graph->arena, at->name, strlen(at->name)),
                      .node = value.node,
                      .span = at->span};
    bool room = memory_reserve(&graph->names, &graph->names_capacity, graph->n_names + 1,
                               sizeof item);
    if (room && item.name) graph->names[graph->n_names++] = item;
    else graph->status = error_memory(graph->error);
}

static void statement_assign(Builder *builder, AstId id) {
    BuildValue value = graph_build_value(builder, lang_child(builder->ast, id, 0));
    if (graph_build_failed(builder)) return;
    statement_bind(builder, id, value);
    statement_note_name(builder, id, value);
}

/* data NAME: a column of the table. data NAME = E: something made of columns alone. */
static void statement_data(Builder *builder, AstId id) {
    const AstNode *at = &builder->ast->nodes[id];
    if (!statement_outermost(builder, id, "data")) return;
    AstId definition = at->n_children > 0 ? lang_child(builder->ast, id, 0) : 0;
    if (definition) {
        BuildValue value = graph_build_value(builder, definition);
        if (graph_build_failed(builder)) return;
        if (builder->graph->nodes[value.node].flags & NODE_PARAMS) {
            graph_build_refuse(builder, definition, MSG_BUILD_DATA_OF_PARAMETERS, at->name, NULL,
                               NULL, NULL);
            return;
        }
        statement_bind(builder, id, value);
        return;
    }
    int column = builder->table ? data_find(builder->table, at->name) : -1;
    if (column < 0) {
        graph_build_refuse(builder, id, MSG_BUILD_NO_COLUMN, at->name, NULL, NULL, NULL);
        graph_build_remedy(builder,
                           builder->table ? MSG_BUILD_FIT_COLUMNS : MSG_BUILD_NO_TABLE_REMEDY,
                           graph_build_columns(builder).s, NULL);
        return;
    }
    statement_bind(builder, id, graph_build_name(builder, id));
}

static void statement_not_yet(Builder *builder, AstId id, const char *word, MessageId remedy) {
    graph_build_refuse(builder, id, MSG_BUILD_NOT_YET, word, NULL, NULL, NULL);
    graph_build_remedy(builder, remedy, NULL, NULL);
}

/* ---- for ------------------------------------------------------------------------------------- */

static void statement_turn(Builder *builder, AstId id, BuildValue item) {
    const AstNode *at = &builder->ast->nodes[id];
    if (graph_build_failed(builder)) return;
    graph_build_bind(builder, graph_build_symbol(builder, at->name), item, at->name_span);
    AstId block = lang_child(builder->ast, id, 1);
    uint32_t n = builder->ast->nodes[block].n_children;
    for (uint32_t k = 0; k < n && !graph_build_failed(builder); k++)
        graph_build_statement(builder, lang_child(builder->ast, block, k));
}

static void statement_for_range(Builder *builder, AstId id, AstId range) {
    double low, high;
    AstId from = lang_child(builder->ast, range, 0), to = lang_child(builder->ast, range, 1);
    if (!graph_build_number(builder, from, &low) || !graph_build_number(builder, to, &high)) return;
    if (!graph_build_turn(builder, range, floor(high - low) + 1)) return;
    for (double k = low; k <= high && !graph_build_failed(builder); k++)
        statement_turn(builder, id, statement_value(graph_constant(builder->graph, k)));
}

/* Over the elements of a vector (or the rows of a matrix). */
static void statement_for_value(Builder *builder, AstId id, AstId list) {
    Graph *graph = builder->graph;
    NodeId value = graph_build_node(builder, list);
    if (graph_build_failed(builder)) return;
    Shape shape = graph->nodes[value].shape, item = {.rank = shape.rank - 1};
    if (shape.rank == 0) {
        graph_build_refuse(builder, list, MSG_BUILD_FOR_OVER_NUMBER,
                           graph_build_words(builder, list).s, NULL, NULL, NULL);
        return;
    }
    uint32_t n = shape.dim[0];
    if (!graph_build_turn(builder, list, n)) return;
    for (uint32_t k = 0; k < item.rank; k++) item.dim[k] = shape.dim[k + 1];
    shape.dim[0] = 1;
    for (uint32_t k = 0; k < n && !graph_build_failed(builder); k++) {
        bool stack = graph->nodes[value].op == OP_STACK;
        NodeId at = stack ? graph_input(graph, value, k)
                          : graph_reshape(
                                graph,
                                graph_slice(graph, value, (uint32_t[SHAPE_RANK]){k}, shape), item);
        statement_turn(builder, id, statement_value(at));
    }
}

static void statement_for_list(Builder *builder, AstId id, AstId list) {
    uint32_t n = builder->ast->nodes[list].n_children;
    if (!graph_build_turn(builder, list, n)) return;
    for (uint32_t k = 0; k < n && !graph_build_failed(builder); k++)
        statement_turn(builder, id, graph_build_value(builder, lang_child(builder->ast, list, k)));
}

static void statement_for(Builder *builder, AstId id) {
    AstId over = lang_child(builder->ast, id, 0);
    AstKind kind = builder->ast->nodes[over].kind;
    if (kind == AST_RANGE) statement_for_range(builder, id, over);
    else if (kind == AST_LIST) statement_for_list(builder, id, over);
    else statement_for_value(builder, id, over);
}

/* ---- any statement --------------------------------------------------------------------------- */

void graph_build_statement(Builder *builder, AstId id) {
    const AstNode *at = &builder->ast->nodes[id];
    if (graph_build_failed(builder)) return;
    switch (at->kind) {
    case AST_ASSIGN: statement_assign(builder, id); break;
    case AST_MINIMIZE: graph_build_minimize(builder, id, lang_child(builder->ast, id, 0)); break;
    case AST_FIT: graph_build_fit(builder, id); break;
    case AST_DATA: statement_data(builder, id); break;
    case AST_PARAM: graph_build_param(builder, id); break;
    case AST_FOR: statement_for(builder, id); break;
    case AST_DEF: graph_build_add_def(builder, builder->ast, id); break;
    case AST_STATE:
    case AST_ANSWER: graph_build_rule_statement(builder, id); break;
    case AST_PREDICT: statement_not_yet(builder, id, "predict", MSG_BUILD_PREDICT_REMEDY); break;
    case AST_VALUE:
        graph_build_refuse(builder, id, MSG_BUILD_VALUE_UNUSED, graph_build_words(builder, id).s,
                           NULL, NULL, NULL);
        graph_build_remedy(builder, MSG_BUILD_VALUE_UNUSED_REMEDY, NULL, NULL);
        break;
    default:
        graph_build_refuse(builder, id, MSG_BUILD_STATEMENT_AS_VALUE,
                           graph_build_words(builder, id).s, NULL, NULL, NULL);
        break;
    }
}

BuildValue graph_build_block(Builder *builder, AstId id) {
    uint32_t n = builder->ast->nodes[id].n_children;
    AstId last = lang_child(builder->ast, id, n - 1); /* the parser saw to it that it is a value */
    for (uint32_t k = 0; k + 1 < n && !graph_build_failed(builder); k++)
        graph_build_statement(builder, lang_child(builder->ast, id, k));
    return graph_build_value(builder, lang_child(builder->ast, last, 0));
}
