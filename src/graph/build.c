/* The way from a tree to a graph: statements in order, then the loss, then what only the end can
 * tell - names that look like misspelt columns, starts for names that are not there. */
#include "graph.h"

#include <math.h>
#include <string.h>

static const BuildOptions build_no_options;

/* ---- the table ------------------------------------------------------------------------------- */

BuildWords graph_build_columns(const Builder *builder) {
    BuildWords words = {{0}};
    size_t length = 0;
    for (size_t k = 0; builder->table && k < builder->table->n_columns; k++) {
        const Column *column = &builder->table->columns[k];
        const char *name = data_short_name(column);
        if (graph_build_dropped(builder, column)) continue;
        if (length > 0 && length + 2 < sizeof words.s) {
            memcpy(words.s + length, ", ", 2);
            length += 2;
        }
        for (; *name && length + 1 < sizeof words.s; name++) words.s[length++] = *name;
    }
    return words;
}

static void build_copy_columns(Builder *builder) {
    Graph *graph = builder->graph;
    size_t n = builder->table ? builder->table->n_columns : 0;
    const char **names = arena_alloc(&graph->arena, n + 1, sizeof *names);
    graph->column_used = arena_alloc(&graph->arena, n + 1, sizeof *graph->column_used);
    for (size_t k = 0; k < n && names; k++) {
        const char *name = builder->table->columns[k].name;
        names[k] = arena_copy(&graph->arena, name, strlen(name));
    }
    graph->column_names = names;
    graph->n_columns = n;
    if (graph->arena.failed) graph->status = error_memory(graph->error);
}

void graph_build_no_column(Builder *builder, const char *name) {
    Graph *graph = builder->graph;
    graph->status = error_set(graph->error, STATUS_INPUT, MSG_BUILD_NO_COLUMN, name, NULL);
    error_remedy(graph->error, MSG_BUILD_FIT_COLUMNS, graph_build_columns(builder).s, NULL);
}

static void build_weight(Builder *builder) {
    Graph *graph = builder->graph;
    const char *name = builder->options->weight;
    if (!name || graph_build_failed(builder)) return;
    int column = builder->table ? data_find(builder->table, name) : -1;
    if (column < 0) {
        graph_build_no_column(builder, name);
        return;
    }
    graph->column_used[column] = true;
    graph_build_check_weights(builder, &builder->table->columns[column]);
    graph->weight = graph_column(graph, (uint32_t)column);
}

/* What is left out must be there. */
static void build_dropped(Builder *builder) {
    const BuildOptions *options = builder->options;
    for (size_t k = 0; k < options->n_dropped && builder->table; k++) {
        if (graph_build_failed(builder)) return;
        if (data_find(builder->table, options->dropped[k]) < 0)
            graph_build_no_column(builder, options->dropped[k]);
    }
}

/* ---- what only the end can tell -------------------------------------------------------------- */

static bool build_given(const Builder *builder, const char *name) {
    for (size_t k = 0; k < builder->options->n_arguments; k++)
        if (strcmp(builder->options->arguments[k].name, name) == 0) return true;
    return false;
}

/* An undeclared parameter that nobody gave a start and that looks like a column nobody used. */
void graph_build_check_typos(Builder *builder) {
    Graph *graph = builder->graph;
    size_t n = 0;
    const char **unused = memory_new(graph->n_columns + 1, sizeof *unused);
    if (!unused) {
        graph->status = error_memory(graph->error);
        return;
    }
    for (size_t k = 0; builder->table && k < graph->n_columns; k++) {
        const Column *column = &builder->table->columns[k];
        if (!graph->column_used[k] && !graph_build_dropped(builder, column))
            unused[n++] = data_short_name(column);
    }
    for (size_t k = 0; k < graph->n_parameters && n > 0 && !builder->declared; k++) {
        const Parameter *parameter = &graph->parameters[k];
        const char *near = build_given(builder, parameter->name)
                               ? NULL
                               : suggest_nearest(parameter->name, unused, n);
        if (!near || strchr(parameter->name, '.')) continue;
        graph->status = error_set(graph->error, STATUS_INPUT, MSG_BUILD_LIKE_COLUMN,
                                  parameter->name, near, NULL);
        error_place(graph->error, &graph->source, parameter->span);
        error_label(graph->error, MSG_BUILD_DID_YOU_MEAN_HERE, near, NULL);
        error_remedy(graph->error, MSG_BUILD_LIKE_COLUMN_REMEDY, parameter->name, NULL);
        break;
    }
    memory_free(unused);
}

/* The parameter without a start whose name is nearest, or NULL. */
static const Parameter *build_nearest_open(const Builder *builder, const char *name) {
    const Graph *graph = builder->graph;
    const Parameter *best = NULL;
    int distance = 3;
    for (size_t k = 0; k < graph->n_parameters; k++) {
        const char *other = graph->parameters[k].name;
        int d = build_given(builder, other) ? 3 : suggest_distance(name, other, 2);
        if (d >= distance) continue;
        const char *one[] = {other};
        if (!suggest_nearest(name, one, 1)) continue;
        distance = d;
        best = &graph->parameters[k];
    }
    return best;
}

static void build_refuse_argument(Builder *builder, const char *name) {
    Graph *graph = builder->graph;
    bool column = builder->table && data_find(builder->table, name) >= 0;
    graph->status = error_set(graph->error, STATUS_INPUT,
                              column ? MSG_BUILD_START_OF_COLUMN : MSG_BUILD_START_OF_NOTHING, name,
                              NULL);
    const Parameter *near = build_nearest_open(builder, name);
    if (near && builder->closed) { /* the text is not the user's to change */
        error_remedy(graph->error, MSG_BUILD_DID_YOU_MEAN, near->name, NULL);
        return;
    }
    if (near) {
        error_place(graph->error, &graph->source, near->span);
        error_label(graph->error, MSG_BUILD_DID_YOU_MEAN_HERE, name, NULL);
        return;
    }
    Text names = {0};
    for (size_t k = 0; k < graph->n_parameters; k++) {
        if (k > 0) text_add(&names, ", ");
        text_add(&names, graph->parameters[k].name);
    }
    if (graph->n_parameters > 0)
        error_remedy(graph->error, MSG_BUILD_PARAMETERS_ARE, text_string(&names), NULL);
    text_free(&names);
}

static void build_check_arguments(Builder *builder) {
    const BuildOptions *options = builder->options;
    for (size_t k = 0; k < options->n_arguments; k++) {
        if (builder->argument_used[k]) continue;
        build_refuse_argument(builder, options->arguments[k].name);
        return;
    }
}

/* Nothing is made small. A formula of one 'left = right' was meant with another sign. */
static void build_refuse_no_loss(Builder *builder) {
    Graph *graph = builder->graph;
    const Ast *ast = builder->ast;
    AstId only = ast->nodes[ast->root].n_children == 1 ? lang_child(ast, ast->root, 0) : 0;
    bool set = only && ast->nodes[only].kind == AST_ASSIGN && !builder->declared;
    if (set) {
        const char *name = ast->nodes[only].name;
        graph_build_refuse(builder, only, MSG_BUILD_SET_ONLY, name, NULL, NULL, NULL);
        graph_build_remedy(builder, MSG_BUILD_SET_ONLY_REMEDY, name, NULL);
        return;
    }
    graph->status = error_set(graph->error, STATUS_INPUT, MSG_BUILD_NOTHING_TO_MINIMIZE, NULL);
    error_remedy(graph->error, MSG_BUILD_NOTHING_TO_MINIMIZE_REMEDY, NULL);
}

/* A formula that is a comparison: '==' for '~'. */
static void build_check_truth(Builder *builder) {
    const Ast *ast = builder->ast;
    uint32_t n = ast->nodes[ast->root].n_children;
    AstId last = n > 0 ? lang_child(ast, ast->root, n - 1) : 0;
    if (!last || ast->nodes[last].kind != AST_VALUE || builder->declared) return;
    AstId value = lang_child(ast, last, 0);
    if (ast->nodes[value].kind != AST_BINARY) return;
    if (!(op_info(ast->nodes[value].op)->flags & FLAG_BOOLEAN)) return;
    graph_build_refuse(builder, value, MSG_BUILD_LOSS_IS_TRUTH,
                       graph_build_words(builder, value).s, NULL, NULL, NULL);
    graph_build_remedy(builder, MSG_BUILD_LOSS_IS_TRUTH_REMEDY, NULL, NULL);
}

static void build_check_loss(Builder *builder) {
    Graph *graph = builder->graph;
    if (builder->n_terms == 0) {
        build_refuse_no_loss(builder);
    } else if (graph->n_parameters == 0) {
        graph->status = error_set(graph->error, STATUS_INPUT, MSG_BUILD_NO_PARAMETERS, NULL);
        error_remedy(graph->error, MSG_BUILD_NO_PARAMETERS_REMEDY, NULL);
        error_place(graph->error, &graph->source, graph->nodes[builder->terms[0]].span);
    }
}

/* ---- the whole ------------------------------------------------------------------------------- */

/* The statements; a formula standing last alone is what is made small. */
static void build_statements(Builder *builder) {
    const Ast *ast = builder->ast;
    uint32_t n = ast->nodes[ast->root].n_children;
    AstId model = lang_model(ast);
    if (model) {
        graph_build_model(builder, model);
        return;
    }
    for (uint32_t k = 0; k < n && !graph_build_failed(builder); k++) {
        AstId id = lang_child(ast, ast->root, k);
        bool last = ast->nodes[id].kind == AST_VALUE && k + 1 == n;
        if (last && !builder->declared)
            graph_build_minimize(builder, id, lang_child(ast, id, 0));
        else graph_build_statement(builder, id);
    }
}

static void build_sum_terms(Builder *builder) {
    Graph *graph = builder->graph;
    for (size_t k = 0; k < builder->n_terms && !graph_build_failed(builder); k++) {
        NodeId term = builder->terms[k];
        graph->loss = k == 0 ? term : graph_binary(graph, OP_ADD, graph->loss, term);
    }
    graph->least_squares = graph->n_residuals > 0 && builder->n_plain == 0;
}

Status graph_build(const Ast *ast, const Table *table, const BuildOptions *options, Graph **graph,
                   Error *error) {
    *graph = NULL;
    Graph *made;
    TRY(graph_new(&ast->source, error, &made));
    if (!options) options = &build_no_options;
    Builder builder = {.graph = made,
                       .ast = ast,
                       .program = ast,
                       .table = table,
                       .options = options,
                       .declared = options->declared};
    BuildFrame frame;
    graph_build_enter(&builder, &frame, NULL, 0);
    builder.argument_used = memory_new(options->n_arguments + 1, sizeof *builder.argument_used);
    if (!builder.argument_used) made->status = error_memory(error);
    build_copy_columns(&builder);
    build_weight(&builder);
    build_dropped(&builder);
    graph_build_errors_start(&builder);
    build_statements(&builder);
    if (!graph_build_failed(&builder)) graph_build_check_typos(&builder);
    if (!graph_build_failed(&builder)) build_check_arguments(&builder);
    if (!graph_build_failed(&builder)) build_check_loss(&builder);
    if (!graph_build_failed(&builder)) build_check_truth(&builder);
    if (!graph_build_failed(&builder)) graph_build_errors_end(&builder);
    if (!graph_build_failed(&builder)) graph_build_groups_end(&builder);
    if (!graph_build_failed(&builder)) graph_build_robust_end(&builder);
    build_sum_terms(&builder);
    graph_build_close(&builder);
    Status status = made->status;
    made->error = NULL;
    if (status != STATUS_OK) graph_free(made);
    else *graph = made;
    return status;
}

Status graph_build_expression(const Ast *ast, const char *const *names, size_t n_names,
                              Graph **graph, NodeId *value, Error *error) {
    *graph = NULL;
    Graph *made;
    TRY(graph_new(&ast->source, error, &made));
    Builder builder = {.graph = made,
                       .ast = ast,
                       .program = ast,
                       .options = &build_no_options,
                       .mode = BUILD_EXPRESSION};
    BuildFrame frame;
    graph_build_enter(&builder, &frame, NULL, 0);
    for (size_t k = 0; k < n_names && !graph_build_failed(&builder); k++) {
        uint32_t index = graph_new_parameter(made, names[k], (Shape){0}, (Span){0});
        if (graph_build_failed(&builder)) break;
        BuildValue parameter = {.node = graph_parameter(made, index), .category = -1};
        graph_build_bind(&builder, graph_build_symbol(&builder, names[k]), parameter, (Span){0});
    }
    *value = graph_build_node(&builder, ast->root);
    if (!graph_build_failed(&builder) && made->nodes[*value].shape.rank != 0)
        graph_build_refuse(&builder, ast->root, MSG_BUILD_NOT_A_NUMBER,
                           graph_build_words(&builder, ast->root).s,
                           graph_shape_text(&made->nodes[*value].shape).s, NULL, NULL);
    graph_build_close(&builder);
    Status status = made->status;
    made->error = NULL;
    if (status != STATUS_OK) graph_free(made);
    else *graph = made;
    return status;
}
