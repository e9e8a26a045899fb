/* model NAME(x, y) { ... }: its arguments are columns of the table, by name or in their order, and
 * its statements know the table by these alone. */
#include "graph.h"

#include <string.h>

/* ---- which column an argument is ------------------------------------------------------------- */

/* The column that somebody chose for it, or NULL. */
static const char *model_chosen(const Builder *builder, const char *argument) {
    const BuildOptions *options = builder->options;
    for (size_t k = 0; k < options->n_model_columns; k++) {
        const ModelColumn *choice = &options->model_columns[k];
        if (choice->argument && strcmp(choice->argument, argument) == 0) return choice->column;
    }
    return NULL;
}

static bool model_has_role(const Column *column, const Role *roles, size_t n) {
    for (size_t k = 0; k < n; k++)
        if (data_is_named(column, roles[k].column)) return true;
    return false;
}

/* Left out when columns are taken in their order: text, those of options, and what was chosen or
 * dropped. */
static bool model_passes(const Builder *builder, const Column *column) {
    const BuildOptions *options = builder->options;
    if (column->type == COLUMN_CATEGORY || graph_build_dropped(builder, column)) return true;
    if (options->weight && data_is_named(column, options->weight)) return true;
    if (model_has_role(column, options->errors, options->n_errors)) return true;
    if (model_has_role(column, options->x_errors, options->n_x_errors)) return true;
    for (size_t k = 0; k < options->n_groups; k++)
        if (data_is_named(column, options->groups[k])) return true;
    for (size_t k = 0; k < options->n_model_columns; k++)
        if (data_is_named(column, options->model_columns[k].column)) return true;
    return false;
}

/* The columns of the table that may be taken in order, from 'at' on; n_columns: no more. */
static size_t model_next_column(const Builder *builder, size_t at) {
    const Table *table = builder->table;
    while (at < table->n_columns && model_passes(builder, &table->columns[at])) at++;
    return at;
}

/* ---- refusals -------------------------------------------------------------------------------- */

/* "x, y" */
static BuildWords model_argument_names(const Builder *builder, AstId id) {
    const AstNode *at = &builder->ast->nodes[id];
    BuildWords words = {{0}};
    Text list = {0};
    for (uint32_t k = 0; k + 1 < at->n_children; k++) {
        if (k > 0) text_add(&list, ", ");
        text_add(&list, builder->ast->nodes[lang_child(builder->ast, id, k)].name);
    }
    size_t length = list.length < sizeof words.s ? list.length : sizeof words.s - 1;
    memcpy(words.s, text_string(&list), length);
    text_free(&list);
    return words;
}

static void model_refuse_column(Builder *builder, const char *name) {
    Graph *graph = builder->graph;
    const char *near = suggest_nearest(name, graph->column_names, graph->n_columns);
    graph->status = error_set(graph->error, STATUS_INPUT, MSG_BUILD_NO_COLUMN, name, NULL);
    if (near) error_remedy(graph->error, MSG_BUILD_DID_YOU_MEAN, near, NULL);
    else error_remedy(graph->error, MSG_BUILD_FIT_COLUMNS, graph_build_columns(builder).s, NULL);
}

/* Without a table, or with one of too few columns. */
static void model_refuse_table(Builder *builder, AstId id) {
    Graph *graph = builder->graph;
    const AstNode *at = &builder->ast->nodes[id];
    const char *first = builder->ast->nodes[lang_child(builder->ast, id, 0)].name;
    BuildWords names = model_argument_names(builder, id);
    graph->status =
        error_set(graph->error, STATUS_INPUT,
                  builder->table ? MSG_BUILD_MODEL_FEW_COLUMNS : MSG_BUILD_MODEL_NO_TABLE, at->name,
                  number_integer((long long)at->n_children - 1).s, names.s, NULL);
    if (builder->table)
        error_remedy(graph->error, MSG_BUILD_FIT_COLUMNS, graph_build_columns(builder).s, NULL);
    else error_remedy(graph->error, MSG_BUILD_MODEL_NO_TABLE_REMEDY, first, NULL);
}

/* A text with a model holds nothing but it and defs. */
static bool model_is_alone(Builder *builder, AstId model) {
    const Ast *ast = builder->ast;
    for (uint32_t k = 0; k < ast->nodes[ast->root].n_children; k++) {
        AstId id = lang_child(ast, ast->root, k);
        if (id == model) continue;
        if (ast->nodes[id].kind == AST_DEF) {
            graph_build_statement(builder, id);
            continue;
        }
        bool second = ast->nodes[id].kind == AST_MODEL;
        graph_build_refuse(builder, id,
                           second ? MSG_BUILD_MODEL_SECOND : MSG_BUILD_MODEL_NOT_ALONE,
                           ast->nodes[model].name, NULL, NULL, NULL);
        graph_build_remedy(
            builder, second ? MSG_BUILD_MODEL_SECOND_REMEDY : MSG_BUILD_MODEL_NOT_ALONE_REMEDY,
            ast->nodes[model].name, NULL);
        return false;
    }
    return !graph_build_failed(builder);
}

/* ---- the whole ------------------------------------------------------------------------------- */

/* Binds argument k, which is 'at' of the table's columns or one that was chosen. */
static void model_bind(Builder *builder, AstId argument, int column, ModelColumn *out) {
    const AstNode *at = &builder->ast->nodes[argument];
    *out = (ModelColumn){at->name, builder->graph->column_names[column]};
    BuildValue value = graph_build_column(builder, argument, column);
    graph_build_bind(builder, graph_build_symbol(builder, at->name), value, at->name_span);
}

static bool model_bind_all(Builder *builder, AstId id, ModelColumn *columns) {
    Graph *graph = builder->graph;
    uint32_t n = builder->ast->nodes[id].n_children - 1;
    size_t next = 0;
    for (uint32_t k = 0; k < n && !graph_build_failed(builder); k++) {
        AstId argument = lang_child(builder->ast, id, k);
        const char *chosen = model_chosen(builder, builder->ast->nodes[argument].name);
        int column = chosen ? data_find(builder->table, chosen) : -1;
        if (chosen && column < 0) {
            model_refuse_column(builder, chosen);
            return false;
        }
        if (!chosen) {
            next = model_next_column(builder, next);
            if (next == builder->table->n_columns) {
                model_refuse_table(builder, id);
                return false;
            }
            column = (int)next++;
        }
        model_bind(builder, argument, column, &columns[k]);
    }
    graph->model_columns = columns;
    graph->n_model_columns = n;
    return !graph_build_failed(builder);
}

/* The names live in the tree, which does not outlive the graph. */
static bool model_own_names(Builder *builder, AstId id, ModelColumn *columns) {
    Graph *graph = builder->graph;
    const char *name = builder->ast->nodes[id].name;
    graph->model = arena_copy(&graph->arena, name, strlen(name));
    for (size_t k = 0; k < graph->n_model_columns; k++) {
        name = columns[k].argument;
        columns[k].argument = arena_copy(&graph->arena, name, strlen(name));
    }
    if (graph->arena.failed) graph->status = error_memory(graph->error);
    return !graph->arena.failed;
}

void graph_build_model(Builder *builder, AstId id) {
    const Ast *ast = builder->ast;
    uint32_t n = ast->nodes[id].n_children - 1;
    AstId block = lang_child(ast, id, n);
    if (!model_is_alone(builder, id)) return;
    if (!builder->table && n > 0) {
        model_refuse_table(builder, id);
        return;
    }
    ModelColumn *columns = arena_alloc(&builder->graph->arena, n + 1, sizeof *columns);
    if (!columns) {
        builder->graph->status = error_memory(builder->graph->error);
        return;
    }
    builder->declared = true;
    builder->closed = true;
    if (!model_bind_all(builder, id, columns) || !model_own_names(builder, id, columns)) return;
    for (uint32_t k = 0; k < ast->nodes[block].n_children && !graph_build_failed(builder); k++)
        graph_build_statement(builder, lang_child(ast, block, k));
    if (!graph_build_failed(builder)) graph_build_model_formula(builder, id);
}
