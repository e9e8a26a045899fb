/* Expressions of the tree -> nodes. Chains such as a + b + c + ... are walked by a loop. */
#include "graph.h"

#include <math.h>
#include <string.h>

static BuildValue value_of(NodeId node) {
    return (BuildValue){.node = node, .category = -1};
}

static BuildValue value_refuse(Builder *builder, AstId id, MessageId what, const char *words) {
    return value_of(graph_build_refuse(builder, id, what, words, NULL, NULL, NULL));
}

/* The first of a category's words that is no number: what made the column one. */
static const char *value_word_of(const Builder *builder, int category) {
    BuildClasses classes = graph_build_classes(builder, category);
    for (size_t k = 0; k < classes.count; k++) {
        double ignored;
        const char *word = classes.names[k];
        if (!number_read(word, word + strlen(word), &ignored)) return word;
    }
    return classes.count > 0 ? classes.names[0] : "";
}

NodeId graph_build_node(Builder *builder, AstId id) {
    BuildValue value = graph_build_value(builder, id);
    if (value.category < 0 || graph_build_failed(builder)) return value.node;
    BuildWords words = graph_build_words(builder, id);
    if (graph_build_classes(builder, value.category).values)
        graph_build_refuse(builder, id, MSG_BUILD_GROUP_AS_NUMBER, words.s, NULL, NULL, NULL);
    graph_build_refuse(builder, id, MSG_BUILD_CATEGORY_AS_NUMBER, words.s,
                       value_word_of(builder, value.category), NULL, NULL);
    graph_build_remedy(builder, MSG_BUILD_CATEGORY_REMEDY, words.s, NULL);
    return NODE_NONE;
}

bool graph_build_number(Builder *builder, AstId id, double *number) {
    NodeId node = graph_build_settle(builder, graph_build_node(builder, id));
    if (graph_build_failed(builder)) return false;
    const Node *at = &builder->graph->nodes[node];
    if (at->op == OP_CONST) {
        *number = at->aux.value;
        return true;
    }
    graph_build_refuse(builder, id, MSG_BUILD_NOT_CONSTANT, graph_build_words(builder, id).s, NULL,
                       NULL, NULL);
    return false;
}

/* ---- shapes in words ------------------------------------------------------------------------- */

static NumberText value_shape_words(const Shape *shape) {
    return shape->rank == 0 ? message_word(MSG_BUILD_A_NUMBER) : graph_shape_text(shape);
}

typedef struct ShapedWords {
    AstId id;
    NodeId node;
} ShapedWords;

static NodeId value_refuse_shapes(Builder *builder, AstId id, ShapedWords a, ShapedWords b) {
    const Node *nodes = builder->graph->nodes;
    return graph_build_refuse(builder, id, MSG_BUILD_SHAPES, graph_build_words(builder, a.id).s,
                              value_shape_words(&nodes[a.node].shape).s,
                              graph_build_words(builder, b.id).s,
                              value_shape_words(&nodes[b.node].shape).s);
}

NodeId graph_build_broadcast(Builder *builder, AstId id, Op op, NodeId a, NodeId b) {
    Shape shape;
    Graph *graph = builder->graph;
    if (graph_build_failed(builder) || a == NODE_NONE || b == NODE_NONE) return NODE_NONE;
    if (!graph_shape_broadcast(&graph->nodes[a].shape, &graph->nodes[b].shape, &shape))
        return value_refuse_shapes(
            builder, id, (ShapedWords){lang_child(builder->ast, id, 0), a},
            (ShapedWords){lang_child(builder->ast, id, 1), b});
    graph_build_at(builder, id);
    return graph_binary(graph, op, a, b);
}

/* ---- operators ------------------------------------------------------------------------------- */

static NodeId value_matmul(Builder *builder, AstId id, NodeId a, NodeId b) {
    Graph *graph = builder->graph;
    if (graph_build_failed(builder)) return NODE_NONE;
    Shape left = graph->nodes[a].shape, right = graph->nodes[b].shape;
    BuildWords words_a = graph_build_words(builder, lang_child(builder->ast, id, 0));
    BuildWords words_b = graph_build_words(builder, lang_child(builder->ast, id, 1));
    if (left.rank < 1 || left.rank > 2 || right.rank < 1 || right.rank > 2) {
        bool first = left.rank < 1 || left.rank > 2;
        return graph_build_refuse(builder, id, MSG_BUILD_MATMUL_RANK, first ? words_a.s : words_b.s,
                                  value_shape_words(first ? &left : &right).s, NULL, NULL);
    }
    if (left.dim[left.rank - 1] != right.dim[0]) {
        static const MessageId sentence[2][2] = {
            {MSG_BUILD_MATMUL_VV, MSG_BUILD_MATMUL_VM}, {MSG_BUILD_MATMUL_MV, MSG_BUILD_MATMUL_MM}};
        return graph_build_refuse(builder, id, sentence[left.rank - 1][right.rank - 1], words_a.s,
                                  number_integer(left.dim[left.rank - 1]).s, words_b.s,
                                  number_integer(right.dim[0]).s);
    }
    graph_build_at(builder, id);
    return graph_binary(graph, OP_MATMUL, a, b);
}

static NodeId value_power(Builder *builder, AstId id, NodeId a, NodeId b) {
    if (graph_build_failed(builder)) return NODE_NONE;
    const Node *exponent = &builder->graph->nodes[b];
    graph_build_at(builder, id);
    if (exponent->op == OP_CONST) return graph_power(builder->graph, a, exponent->aux.value);
    return graph_build_broadcast(builder, id, OP_POW, a, b);
}

/* The code of a class of a category column, or NODE_NONE with an error. */
static NodeId value_class(Builder *builder, AstId id, int category) {
    BuildClasses classes = graph_build_classes(builder, category);
    const char *name = builder->ast->nodes[id].name;
    size_t place = graph_build_class(&classes, name);
    if (place > 0) return graph_constant(builder->graph, (double)place);
    const char *nearest = suggest_nearest(name, classes.names, classes.count);
    graph_build_refuse(builder, id, MSG_BUILD_NO_CLASS, classes.column, name, NULL, NULL);
    if (nearest) graph_build_remedy(builder, MSG_BUILD_DID_YOU_MEAN, nearest, NULL);
    else if (classes.count > 0)
        graph_build_remedy(builder, MSG_BUILD_CLASS_EXAMPLE, classes.names[0], NULL);
    return NODE_NONE;
}

/* The code of the class that is this number: Tree == 3. NODE_NONE: 'value' is no such number. */
static NodeId value_class_number(Builder *builder, BuildValue category, BuildValue value) {
    if (category.category < 0 || value.category >= 0) return NODE_NONE;
    const Node *at = &builder->graph->nodes[value.node];
    BuildClasses classes = graph_build_classes(builder, category.category);
    size_t place = at->op == OP_CONST ? graph_build_class_number(&classes, at->aux.value) : 0;
    return place > 0 ? graph_constant(builder->graph, (double)place) : NODE_NONE;
}

static bool value_is_string(const Builder *builder, AstId id) {
    return builder->ast->nodes[id].kind == AST_STRING;
}

/* '==' and '!=' also compare a category with a text, or with another of the same column. */
static NodeId value_equality(Builder *builder, AstId id, Op op, BuildValue left, AstId right_id) {
    AstId left_id = lang_child(builder->ast, id, 0);
    if (graph_build_failed(builder)) return NODE_NONE;
    if (value_is_string(builder, right_id)) {
        if (left.category < 0)
            return graph_build_refuse(builder, left_id, MSG_BUILD_TEXT_COMPARED,
                                      graph_build_words(builder, left_id).s, NULL, NULL, NULL);
        NodeId code = value_class(builder, right_id, left.category);
        graph_build_at(builder, id);
        return graph_binary(builder->graph, op, left.node, code);
    }
    BuildValue right = graph_build_value(builder, right_id);
    if (graph_build_failed(builder)) return NODE_NONE;
    NodeId class_left = value_class_number(builder, right, left);
    NodeId class_right = value_class_number(builder, left, right);
    if (class_left != NODE_NONE) left.node = class_left;
    else if (class_right != NODE_NONE) right.node = class_right;
    else if (left.category != right.category) {
        AstId text = left.category >= 0 ? left_id : right_id;
        BuildWords words = graph_build_words(builder, text);
        graph_build_refuse(builder, text, MSG_BUILD_CATEGORY, words.s, NULL, NULL, NULL);
        graph_build_remedy(builder, MSG_BUILD_CATEGORY_REMEDY, words.s, NULL);
        return NODE_NONE;
    }
    return graph_build_broadcast(builder, id, op, left.node, right.node);
}

static BuildValue value_combine(Builder *builder, AstId id, BuildValue left) {
    const AstNode *at = &builder->ast->nodes[id];
    AstId left_id = lang_child(builder->ast, id, 0), right_id = lang_child(builder->ast, id, 1);
    if (at->op == OP_EQ || at->op == OP_NE)
        return value_of(value_equality(builder, id, at->op, left, right_id));
    if (left.category >= 0) {
        BuildWords words = graph_build_words(builder, left_id);
        graph_build_refuse(builder, left_id, MSG_BUILD_CATEGORY, words.s, NULL, NULL, NULL);
        graph_build_remedy(builder, MSG_BUILD_CATEGORY_REMEDY, words.s, NULL);
        return value_of(NODE_NONE);
    }
    NodeId right = graph_build_node(builder, right_id);
    if (graph_build_failed(builder)) return value_of(NODE_NONE);
    if (at->op == OP_MATMUL) return value_of(value_matmul(builder, id, left.node, right));
    if (at->op == OP_POW) return value_of(value_power(builder, id, left.node, right));
    return value_of(graph_build_broadcast(builder, id, at->op, left.node, right));
}

/* A text on the left of '==' changes sides, so that the column comes first. */
static BuildValue value_swapped(Builder *builder, AstId id) {
    AstId left = lang_child(builder->ast, id, 0), right = lang_child(builder->ast, id, 1);
    BuildValue column = graph_build_value(builder, right);
    if (graph_build_failed(builder)) return value_of(NODE_NONE);
    if (column.category < 0) {
        BuildWords words = graph_build_words(builder, right);
        return value_of(graph_build_refuse(builder, right, MSG_BUILD_TEXT_COMPARED, words.s, NULL,
                                           NULL, NULL));
    }
    NodeId code = value_class(builder, left, column.category);
    graph_build_at(builder, id);
    return value_of(graph_binary(builder->graph, builder->ast->nodes[id].op, column.node, code));
}

static bool value_is_swapped(const Builder *builder, AstId id) {
    Op op = builder->ast->nodes[id].op;
    return (op == OP_EQ || op == OP_NE) &&
           value_is_string(builder, lang_child(builder->ast, id, 0));
}

/* Down the left spine, then back up: the parents are found again by going down from the top, so
 * they are kept in a list. */
static BuildValue value_binary(Builder *builder, AstId id) {
    AstId *spine = NULL;
    size_t count = 0, capacity = 0;
    const Ast *ast = builder->ast;
    while (ast->nodes[id].kind == AST_BINARY && !value_is_swapped(builder, id)) {
        if (!memory_reserve(&spine, &capacity, count + 1, sizeof *spine)) {
            memory_free(spine);
            builder->graph->status = error_memory(builder->graph->error);
            return value_of(NODE_NONE);
        }
        spine[count++] = id;
        id = lang_child(ast, id, 0);
    }
    BuildValue value = ast->nodes[id].kind == AST_BINARY ? value_swapped(builder, id)
                                                         : graph_build_value(builder, id);
    while (count > 0 && !graph_build_failed(builder))
        value = value_combine(builder, spine[--count], value);
    memory_free(spine);
    return value;
}

static BuildValue value_unary(Builder *builder, AstId id) {
    NodeId a = graph_build_node(builder, lang_child(builder->ast, id, 0));
    graph_build_at(builder, id);
    return value_of(graph_unary(builder->graph, builder->ast->nodes[id].op, a));
}

/* ---- where ----------------------------------------------------------------------------------- */

/* An arm is built in a region of its own, unless the condition is known or is no single number. */
static NodeId value_arm(Builder *builder, AstId id, NodeId condition, bool taken) {
    Graph *graph = builder->graph;
    uint32_t outer = graph->region;
    const Node *guard = &graph->nodes[condition];
    if (guard->op != OP_CONST && guard->shape.rank == 0)
        graph->region = graph_region(graph, outer, condition, taken);
    NodeId arm = graph_build_node(builder, id);
    graph->region = outer;
    return arm;
}

static BuildValue value_where(Builder *builder, AstId id) {
    Graph *graph = builder->graph;
    AstId arm[3];
    for (uint32_t k = 0; k < 3; k++) arm[k] = lang_child(builder->ast, id, k);
    NodeId condition = graph_build_node(builder, arm[0]);
    if (graph_build_failed(builder)) return value_of(NODE_NONE);
    NodeId a = value_arm(builder, arm[1], condition, true);
    if (graph_build_failed(builder)) return value_of(NODE_NONE);
    NodeId b = value_arm(builder, arm[2], condition, false);
    if (graph_build_failed(builder)) return value_of(NODE_NONE);
    Shape shape;
    if (!graph_shape_broadcast(&graph->nodes[a].shape, &graph->nodes[b].shape, &shape))
        return value_of(value_refuse_shapes(builder, id, (ShapedWords){arm[1], a},
                                            (ShapedWords){arm[2], b}));
    if (!graph_shape_broadcast(&shape, &graph->nodes[condition].shape, &shape))
        return value_of(value_refuse_shapes(builder, id, (ShapedWords){arm[0], condition},
                                            (ShapedWords){arm[1], a}));
    graph_build_at(builder, id);
    return value_of(graph_select(graph, condition, a, b));
}

/* ---- lists ----------------------------------------------------------------------------------- */

static BuildValue value_list(Builder *builder, AstId id) {
    Graph *graph = builder->graph;
    uint32_t n = builder->ast->nodes[id].n_children;
    if (n == 0)
        return value_refuse(builder, id, MSG_BUILD_EMPTY_LIST, NULL);
    NodeId *items = memory_new(n, sizeof *items), out = NODE_NONE;
    if (!items) graph->status = error_memory(graph->error);
    for (uint32_t k = 0; k < n && !graph_build_failed(builder); k++) {
        AstId child = lang_child(builder->ast, id, k);
        items[k] = graph_build_node(builder, child);
        if (graph_build_failed(builder)) break;
        const Shape *shape = &graph->nodes[items[k]].shape, *first = &graph->nodes[items[0]].shape;
        if (shape->rank == SHAPE_RANK)
            graph_build_refuse(builder, id, MSG_BUILD_TOO_DEEP_SHAPE, NULL, NULL, NULL, NULL);
        else if (!graph_shape_same(shape, first)) {
            AstId head = lang_child(builder->ast, id, 0);
            graph_build_refuse(builder, child, MSG_BUILD_LIST_SHAPES,
                               graph_build_words(builder, child).s, value_shape_words(shape).s,
                               graph_build_words(builder, head).s, value_shape_words(first).s);
        }
    }
    if (!graph_build_failed(builder)) {
        graph_build_at(builder, id);
        out = graph_add(graph, OP_STACK, items, n, (NodeAux){0});
    }
    memory_free(items);
    return value_of(out);
}

/* ---- any value ------------------------------------------------------------------------------- */

static BuildValue value_by_kind(Builder *builder, AstId id) {
    const AstNode *at = &builder->ast->nodes[id];
    switch (at->kind) {
    case AST_NUMBER:
        graph_build_at(builder, id);
        return value_of(graph_constant(builder->graph, at->number));
    case AST_NAME: return graph_build_name(builder, id);
    case AST_CALL: return graph_build_call(builder, id);
    case AST_UNARY: return value_unary(builder, id);
    case AST_BINARY: return value_binary(builder, id);
    case AST_WHERE: return value_where(builder, id);
    case AST_INDEX: return graph_build_index(builder, id);
    case AST_LIST: return value_list(builder, id);
    case AST_STRING:
        return value_refuse(builder, id, MSG_BUILD_STRING, at->name);
    case AST_RANGE:
        return value_refuse(builder, id, MSG_BUILD_RANGE, NULL);
    default:
        return value_refuse(builder, id, MSG_BUILD_STATEMENT_AS_VALUE,
                            graph_build_words(builder, id).s);
    }
}

BuildValue graph_build_value(Builder *builder, AstId id) {
    if (graph_build_failed(builder)) return value_of(NODE_NONE);
    if (builder->depth >= BUILD_DEPTH)
        return value_refuse(builder, id, MSG_BUILD_DEPTH_LIMIT, NULL);
    builder->depth++;
    BuildValue value = value_by_kind(builder, id);
    builder->depth--;
    return value;
}
