/* Calls: operators with a name, built-ins over elements and rows, and defs, which are copied in. */
#include "graph.h"

#include <stdio.h>
#include <string.h>

static BuildValue call_value(NodeId node) {
    return (BuildValue){.node = node, .category = -1};
}

/* ---- operators ------------------------------------------------------------------------------- */

static bool call_check_count(Builder *builder, AstId id, uint32_t low, uint32_t high) {
    const AstNode *at = &builder->ast->nodes[id];
    if (at->n_children >= low && at->n_children <= high) return true;
    NumberText wanted = number_integer(at->n_children < low ? low : high);
    graph_build_refuse(builder, id, low == high ? MSG_BUILD_ARGUMENTS : MSG_BUILD_ARGUMENTS_RANGE,
                       at->name, wanted.s, number_integer(at->n_children).s, NULL);
    return false;
}

/* min and max take any number of arguments; of one they go over elements (build_builtin.c). */
static NodeId call_operator(Builder *builder, AstId id, Op op) {
    uint32_t n = builder->ast->nodes[id].n_children;
    uint32_t arity = (uint32_t)op_info(op)->arity;
    bool chain = op == OP_MIN || op == OP_MAX;
    if (!call_check_count(builder, id, arity, chain ? UINT32_MAX : arity)) return NODE_NONE;
    NodeId value = graph_build_node(builder, lang_child(builder->ast, id, 0));
    if (arity == 1) {
        graph_build_at(builder, id);
        return graph_unary(builder->graph, op, value);
    }
    for (uint32_t k = 1; k < n && !graph_build_failed(builder); k++) {
        NodeId next = graph_build_node(builder, lang_child(builder->ast, id, k));
        value = graph_build_broadcast(builder, id, op, value, next);
    }
    return value;
}

/* ---- defs ------------------------------------------------------------------------------------ */

static void call_load_prelude(Builder *builder) {
    if (builder->prelude || graph_build_failed(builder)) return;
    const char *text = lang_prelude();
    Graph *graph = builder->graph;
    Status status = lang_parse("prelude", text, strlen(text), LANG_PROGRAM, &builder->prelude,
                               graph->error);
    if (status != STATUS_OK) {
        graph->status = status;
        return;
    }
    const Ast *ast = builder->prelude;
    for (uint32_t k = 0; k < ast->nodes[ast->root].n_children; k++) {
        AstId def = lang_child(ast, ast->root, k);
        int symbol = graph_build_symbol(builder, ast->nodes[def].name);
        if (graph_build_failed(builder)) return;
        if (builder->symbols[symbol].def < 0) graph_build_add_def(builder, ast, def);
    }
}

int graph_build_function(Builder *builder, const char *name) {
    int symbol = graph_build_symbol(builder, name);
    if (symbol < 0) return -1;
    if (builder->symbols[symbol].def >= 0) return builder->symbols[symbol].def;
    call_load_prelude(builder);
    return graph_build_failed(builder) ? -1 : builder->symbols[symbol].def;
}

/* Which call of that def this is, within the frame in hand. */
static size_t call_number(Builder *builder, int def) {
    int symbol = builder->defs[def].calls;
    BuildBinding *binding = graph_build_find(builder, symbol);
    size_t number = binding ? binding->value.node + 1 : 1;
    graph_build_bind(builder, symbol, call_value((NodeId)number), (Span){0});
    return number;
}

/* The arguments are values of the caller; then the body runs in a frame of its own. */
static BuildValue call_run(Builder *builder, int def, BuildValue *arguments, size_t number) {
    BuildDef called = builder->defs[def];
    const AstNode *at = &called.ast->nodes[called.id];
    const Ast *outer = builder->ast;
    uint32_t n = at->n_children - 1;
    BuildFrame frame;
    graph_build_enter(builder, &frame, at->name, number);
    builder->ast = called.ast;
    builder->defs[def].active = true;
    for (uint32_t k = 0; k < n; k++) {
        const AstNode *name = &called.ast->nodes[lang_child(called.ast, called.id, k)];
        int symbol = graph_build_symbol(builder, name->name);
        graph_build_bind(builder, symbol, arguments[k], name->span);
    }
    BuildValue value = graph_build_block(builder, lang_child(called.ast, called.id, n));
    builder->defs[def].active = false;
    builder->ast = outer;
    graph_build_leave(builder);
    return value;
}

size_t graph_build_arity(const Builder *builder, int def) {
    const BuildDef *called = &builder->defs[def];
    return called->ast->nodes[called->id].n_children - 1;
}

BuildValue graph_build_run(Builder *builder, AstId id, int def, BuildValue *arguments) {
    Span call = builder->call;
    const char *call_name = builder->call_name;
    const BuildDef *called = &builder->defs[def];
    BuildValue value = call_value(NODE_NONE);
    if (graph_build_failed(builder)) return value;
    if (builder->ast == builder->program) {
        builder->call = builder->ast->nodes[id].span;
        builder->call_name = called->ast->nodes[called->id].name;
    }
    value = call_run(builder, def, arguments, call_number(builder, def));
    builder->call = call;
    builder->call_name = call_name;
    return value;
}

static BuildValue call_def(Builder *builder, AstId id, int def) {
    Ast const *ast = builder->ast;
    const AstNode *at = &ast->nodes[id];
    uint32_t n = (uint32_t)graph_build_arity(builder, def);
    if (builder->defs[def].active)
        return call_value(graph_build_refuse(builder, id, MSG_BUILD_RECURSION, at->name, NULL, NULL,
                                             NULL));
    if (!call_check_count(builder, id, n, n) || !graph_build_turn(builder, id, 1))
        return call_value(NODE_NONE);
    BuildValue few[8], *arguments = n > COUNT_OF(few) ? memory_new(n, sizeof *arguments) : few;
    if (!arguments) {
        builder->graph->status = error_memory(builder->graph->error);
        return call_value(NODE_NONE);
    }
    for (uint32_t k = 0; k < n; k++)
        arguments[k] = graph_build_value(builder, lang_child(ast, id, k));
    BuildValue value = graph_build_run(builder, id, def, arguments);
    if (arguments != few) memory_free(arguments);
    return value;
}

/* ---- unknown functions ----------------------------------------------------------------------- */

static bool call_is_known_name(Builder *builder, const char *name) {
    if (graph_build_find(builder, graph_build_symbol(builder, name))) return true;
    return strcmp(name, "pi") == 0 || (builder->table && data_find(builder->table, name) >= 0);
}

/* Functions of other languages, and what to write here; NULL: not one of them. */
static const char *call_foreign(const char *name) {
    static const char *const rows[][2] = {
        {"ln", "log(x)"},           {"lg", "log10(x)"},
        {"pow", "a^b"},             {"power", "a^b"},
        {"sqr", "x^2"},             {"square", "x^2"},
        {"arcsin", "asin(x)"},      {"arccos", "acos(x)"},
        {"arctan", "atan(x)"},      {"arctan2", "atan2(y, x)"},
        {"tg", "tan(x)"},           {"cot", "1/tan(x)"},
        {"ctg", "1/tan(x)"},        {"sec", "1/cos(x)"},
        {"csc", "1/sin(x)"},        {"sgn", "sign(x)"},
        {"signum", "sign(x)"},      {"fabs", "abs(x)"},
        {"ceiling", "ceil(x)"},     {"trunc", "sign(x)*floor(abs(x))"},
        {"int", "floor(x)"},        {"mod", "x - y*floor(x/y)"},
        {"fmod", "x - y*floor(x/y)"}, {"expit", "sigmoid(x)"},
        {"logistic", "sigmoid(x)"}, {"logit", "log(p/(1 - p))"},
        {"erfc", "1 - erf(x)"},     {"gamma", "exp(lgamma(x))"},
        {"factorial", "exp(lgamma(n + 1))"}, {"fmin", "min(a, b)"},
        {"fmax", "max(a, b)"},      {"average", "mean(x)"},
        {"avg", "mean(x)"},         {"heaviside", "where(x < 0, 0, 1)"},
        {"ifelse", "where(condition, a, b)"}, {"iif", "where(condition, a, b)"},
        {"cond", "where(condition, a, b)"},   {"select", "where(condition, a, b)"},
    };
    for (size_t k = 0; k < COUNT_OF(rows); k++)
        if (strcmp(rows[k][0], name) == 0) return rows[k][1];
    return NULL;
}

static NodeId call_unknown(Builder *builder, AstId id) {
    const AstNode *at = &builder->ast->nodes[id];
    const char *foreign = call_foreign(at->name);
    const char *nearest = graph_build_nearest_function(builder, at->name);
    bool product = at->n_children == 1;
    if (graph_build_failed(builder)) return NODE_NONE;
    bool known = call_is_known_name(builder, at->name);
    if (!known && foreign) {
        graph_build_refuse(builder, id, MSG_BUILD_NO_FUNCTION, at->name, NULL, NULL, NULL);
        graph_build_remedy(builder, MSG_BUILD_WRITE, foreign, NULL);
        return NODE_NONE;
    }
    if (known || !nearest) {
        graph_build_refuse(builder, id, known ? MSG_BUILD_NOT_A_FUNCTION : MSG_BUILD_NO_FUNCTION,
                           at->name, NULL, NULL, NULL);
        BuildWords words = {{0}};
        if (product) words = graph_build_words(builder, lang_child(builder->ast, id, 0));
        if (product) graph_build_remedy(builder, MSG_BUILD_WRITE_PRODUCT, at->name, words.s);
        return NODE_NONE;
    }
    graph_build_refuse(builder, id, MSG_BUILD_NO_FUNCTION, at->name, NULL, NULL, NULL);
    graph_build_remedy(builder, MSG_BUILD_DID_YOU_MEAN, nearest, NULL);
    return NODE_NONE;
}

BuildValue graph_build_call(Builder *builder, AstId id) {
    const AstNode *at = &builder->ast->nodes[id];
    int symbol = graph_build_symbol(builder, at->name);
    BuildValue value = call_value(NODE_NONE);
    if (graph_build_failed(builder)) return value;
    int own = builder->symbols[symbol].def;
    if (own >= 0) return call_def(builder, id, own);
    if (graph_build_builtin(builder, id, &value)) return value;
    Op op = op_function(at->name);
    if (op != OP_COUNT && op_info(op)->arity > 0 && op_info(op)->kind == KIND_ELEMENTWISE)
        return call_value(call_operator(builder, id, op));
    int def = graph_build_function(builder, at->name);
    if (graph_build_failed(builder)) return value;
    return def >= 0 ? call_def(builder, id, def) : call_value(call_unknown(builder, id));
}
