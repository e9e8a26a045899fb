/* Update rules: the rows are the scalar parameters of the problem. A name that is read before it
 * is set, and set somewhere, is state: a column that starts at 0. */
#include "graph.h"

#include <math.h>
#include <string.h>

static BuildValue rule_value(NodeId node) {
    return (BuildValue){.node = node, .category = -1};
}

static void rule_no_memory(Builder *builder) {
    Graph *graph = builder->graph;
    if (graph->status == STATUS_OK) graph->status = error_memory(graph->error);
}

/* ---- columns: w, g and the states ------------------------------------------------------------ */

static NodeId rule_add_column(Builder *builder, const char *name, NodeId start, Span span) {
    RuleGraph *rule = builder->rule;
    Graph *graph = builder->graph;
    size_t n = rule->n_columns, capacity = builder->columns_capacity;
    if (n == capacity) {
        size_t want = capacity ? capacity * 2 : 8;
        const char **names = memory_resize(rule->column_names, want, sizeof *names);
        if (names) rule->column_names = names;
        NodeId *starts = memory_resize(rule->start, want, sizeof *starts);
        if (starts) rule->start = starts;
        NodeId *next = memory_resize(rule->next, want, sizeof *next);
        if (next) rule->next = next;
        if (!names || !starts || !next) {
            rule_no_memory(builder);
            return NODE_NONE;
        }
        builder->columns_capacity = want;
    }
    rule->column_names[n] = arena_copy(&graph->arena, name, strlen(name));
    rule->start[n] = start;
    rule->next[n] = NODE_NONE;
    rule->n_columns++;
    graph->column_names = rule->column_names;
    graph->n_columns = rule->n_columns;
    if (graph->arena.failed) rule_no_memory(builder);
    NodeId column = graph_column(graph, (uint32_t)n);
    graph_build_bind(builder, graph_build_symbol(builder, name), rule_value(column), span);
    return column;
}

/* True when some statement of the block sets the name. */
static bool rule_sets(const Builder *builder, AstId block, const char *name) {
    const Ast *ast = builder->ast;
    for (uint32_t k = 0; k < ast->nodes[block].n_children; k++) {
        AstId id = lang_child(ast, block, k);
        const AstNode *at = &ast->nodes[id];
        if (at->kind == AST_ASSIGN && strcmp(at->name, name) == 0) return true;
        if (at->kind == AST_FOR && rule_sets(builder, lang_child(ast, id, 1), name)) return true;
    }
    return false;
}

NodeId graph_build_state(Builder *builder, AstId id) {
    const AstNode *at = &builder->ast->nodes[id];
    if (!builder->rule || builder->ast != builder->program ||
        !rule_sets(builder, builder->rule_block, at->name))
        return NODE_NONE;
    return rule_add_column(builder, at->name, NODE_NONE, at->name_span);
}

void graph_build_rule_statement(Builder *builder, AstId id) {
    const AstNode *at = &builder->ast->nodes[id];
    NodeId value = graph_build_node(builder, lang_child(builder->ast, id, 0));
    if (graph_build_failed(builder)) return;
    if (at->kind == AST_ANSWER) {
        builder->rule->answer = value;
        return;
    }
    if (graph_build_find(builder, graph_build_symbol(builder, at->name)))
        graph_build_refuse(builder, id, MSG_BUILD_STATE_TWICE, at->name, NULL, NULL, NULL);
    else rule_add_column(builder, at->name, value, at->name_span);
}

/* ---- settings -------------------------------------------------------------------------------- */

static NodeId rule_add_parameter(Builder *builder, const char *name, Span span) {
    Graph *graph = builder->graph;
    uint32_t index = graph_new_parameter(graph, name, (Shape){0}, span);
    if (graph_build_failed(builder)) return NODE_NONE;
    NodeId node = graph_parameter(graph, index);
    graph_build_bind(builder, graph_build_symbol(builder, name), rule_value(node), span);
    return node;
}

static void rule_settings(Builder *builder, AstId id) {
    RuleGraph *rule = builder->rule;
    const Ast *ast = builder->ast;
    uint32_t n = ast->nodes[id].n_children - 1;
    const char **names = arena_alloc(&builder->graph->arena, n + 1, sizeof *names);
    double *values = arena_alloc(&builder->graph->arena, n + 1, sizeof *values);
    if (!names || !values) {
        rule_no_memory(builder);
        return;
    }
    rule->setting_names = names;
    rule->setting_values = values;
    for (uint32_t k = 0; k < n && !graph_build_failed(builder); k++) {
        AstId child = lang_child(ast, id, k);
        const AstNode *at = &ast->nodes[child];
        if (!graph_build_number(builder, lang_child(ast, child, 0), &values[k])) return;
        rule_add_parameter(builder, at->name, at->name_span);
        if (graph_build_failed(builder)) return;
        names[k] = builder->graph->parameters[RULE_SETTINGS + k].name;
        rule->n_settings++;
    }
}

/* ---- the whole ------------------------------------------------------------------------------- */

static void rule_finish(Builder *builder) {
    RuleGraph *rule = builder->rule;
    for (size_t k = 0; k < rule->n_columns && !graph_build_failed(builder); k++) {
        const char *name = rule->column_names[k];
        const BuildBinding *binding =
            graph_build_find(builder, graph_build_symbol(builder, name));
        if (!binding) continue;
        rule->next[k] = k == RULE_G ? NODE_NONE : binding->value.node;
    }
}

/* The block of 'rule NAME(...) { ... }', or the bare statements. */
static AstId rule_open(Builder *builder) {
    const Ast *ast = builder->ast;
    const AstNode *root = &ast->nodes[ast->root];
    AstId first = root->n_children > 0 ? lang_child(ast, ast->root, 0) : 0;
    if (!first || ast->nodes[first].kind != AST_RULE) return ast->root;
    const AstNode *at = &ast->nodes[first];
    builder->rule->name = arena_copy(&builder->graph->arena, at->name, strlen(at->name));
    rule_settings(builder, first);
    return lang_child(ast, first, at->n_children - 1);
}

static void rule_build(Builder *builder) {
    static const char *const given[] = {"t", "T", "epoch"};
    for (size_t k = 0; k < COUNT_OF(given); k++) rule_add_parameter(builder, given[k], (Span){0});
    rule_add_column(builder, "w", NODE_NONE, (Span){0});
    rule_add_column(builder, "g", NODE_NONE, (Span){0});
    if (graph_build_failed(builder)) return;
    AstId block = builder->rule_block = rule_open(builder);
    const AstNode *at = &builder->ast->nodes[block];
    for (uint32_t k = 0; k < at->n_children && !graph_build_failed(builder); k++)
        graph_build_statement(builder, lang_child(builder->ast, block, k));
    rule_finish(builder);
    if (graph_build_failed(builder) || rule_sets(builder, block, "w")) return;
    graph_build_refuse(builder, block, MSG_BUILD_RULE_MOVES_NOTHING, NULL, NULL, NULL, NULL);
    graph_build_remedy(builder, MSG_BUILD_RULE_MOVES_NOTHING_REMEDY, NULL, NULL);
}

Status graph_build_rule(const Ast *ast, RuleGraph **rule, Error *error) {
    static const BuildOptions options = {.declared = true};
    *rule = NULL;
    RuleGraph *made = memory_new(1, sizeof *made);
    if (!made) return error_memory(error);
    Status status = graph_new(&ast->source, error, &made->graph);
    if (status != STATUS_OK) {
        memory_free(made);
        return status;
    }
    Builder builder = {.graph = made->graph,
                       .ast = ast,
                       .program = ast,
                       .options = &options,
                       .declared = true,
                       .mode = BUILD_RULE,
                       .rule = made};
    BuildFrame frame;
    graph_build_enter(&builder, &frame, NULL, 0);
    rule_build(&builder);
    graph_build_close(&builder);
    status = made->graph->status;
    made->graph->error = NULL;
    if (status != STATUS_OK) graph_free_rule(made);
    else *rule = made;
    return status;
}

void graph_free_rule(RuleGraph *rule) {
    if (!rule) return;
    graph_free(rule->graph);
    memory_free(rule->column_names);
    memory_free(rule->start);
    memory_free(rule->next);
    memory_free(rule);
}
