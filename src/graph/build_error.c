/* Errors of measurement: a residual is told in units of its standard deviation.
 *
 * With errors of x as well it is that of the difference of the two sides, to first order in the
 * errors (effective variance: Orear, Am. J. Phys. 50, 1982, 912): sqrt(error^2 + (slope * x
 * error)^2), with the exact slope of the difference by x, which is one more node. */
#include "graph.h"

#include <math.h>
#include <string.h>

static void error_refuse(Builder *builder, MessageId what, const char *a, MessageId remedy,
                         const char *b) {
    Graph *graph = builder->graph;
    if (graph_build_failed(builder)) return;
    graph->status = error_set(graph->error, STATUS_INPUT, what, a, b, NULL);
    error_remedy(graph->error, remedy, a, b, NULL);
}

/* ---- columns --------------------------------------------------------------------------------- */

typedef struct RowRule {
    bool zero; /* is allowed */
    MessageId kind, line, row, remedy;
} RowRule;

/* Errors are positive numbers; one of x may be 0 where y has its own. */
static const RowRule error_rule = {false, MSG_BUILD_ERROR_KIND, MSG_BUILD_ERROR_LINE,
                                   MSG_BUILD_ERROR_ROW, MSG_BUILD_ERROR_REMEDY};
static const RowRule error_rule_x = {true, MSG_BUILD_ERROR_KIND, MSG_BUILD_ERROR_LINE,
                                     MSG_BUILD_ERROR_ROW, MSG_BUILD_ERROR_REMEDY};
static const RowRule error_rule_weight = {true, MSG_BUILD_WEIGHT_KIND, MSG_BUILD_WEIGHT_LINE,
                                          MSG_BUILD_WEIGHT_ROW, MSG_BUILD_WEIGHT_REMEDY};

static void error_refuse_row(Builder *builder, const RowRule *rule, const Column *column,
                             size_t row) {
    Graph *graph = builder->graph;
    const long *lines = builder->table->lines;
    NumberText value = number_text(column->values[row]), at = number_integer((long long)row + 1);
    NumberText line = number_integer(lines ? lines[row] : 0);
    graph->status = error_set(graph->error, STATUS_INPUT, lines ? rule->line : rule->row,
                              column->name, value.s, at.s, line.s, NULL);
    error_remedy(graph->error, rule->remedy, NULL);
}

static bool error_check(Builder *builder, const Column *column, const RowRule *rule) {
    if (column->type != COLUMN_NUMBER) {
        error_refuse(builder, rule->kind, column->name, rule->remedy, NULL);
        return false;
    }
    for (size_t row = 0; row < builder->table->n_rows; row++) {
        double value = column->values[row];
        if (isfinite(value) && (value > 0 || (rule->zero && value == 0))) continue;
        error_refuse_row(builder, rule, column, row);
        return false;
    }
    return true;
}

void graph_build_check_weights(Builder *builder, const Column *column) {
    if (!error_check(builder, column, &error_rule_weight)) return;
    for (size_t row = 0; row < builder->table->n_rows; row++)
        if (column->values[row] > 0) return;
    error_refuse(builder, MSG_BUILD_WEIGHT_NONE, column->name, MSG_BUILD_WEIGHT_REMEDY, NULL);
}

static void error_list(Builder *builder, const char *name) {
    Graph *graph = builder->graph;
    Text list = {0};
    if (graph->errors) text_format(&list, "%s, ", graph->errors);
    text_add(&list, name);
    graph->errors = list.failed ? NULL : arena_copy(&graph->arena, list.data, list.length);
    if (!graph->errors && graph->status == STATUS_OK) graph->status = error_memory(graph->error);
    text_free(&list);
}

/* The k-th column of errors and x errors as a node; it is checked when it is used first. */
static NodeId error_column(Builder *builder, size_t k) {
    const BuildOptions *options = builder->options;
    bool of_x = k >= options->n_errors;
    const char *name = of_x ? options->x_errors[k - options->n_errors].column
                            : options->errors[k].column;
    int index = builder->table ? data_find(builder->table, name) : -1;
    if (index < 0) {
        graph_build_no_column(builder, name);
        return NODE_NONE;
    }
    if (!builder->error_used[k]) {
        if (!error_check(builder, &builder->table->columns[index],
                         of_x ? &error_rule_x : &error_rule)) return NODE_NONE;
        error_list(builder, name);
    }
    builder->error_used[k] = true;
    builder->graph->column_used[index] = true;
    return graph_column(builder->graph, (uint32_t)index);
}

/* ---- what goes with what --------------------------------------------------------------------- */

/* A column of numbers: categories and groups have no errors. */
static bool error_is_number(const Builder *builder, NodeId node) {
    const Node *at = &builder->graph->nodes[node];
    return at->op == OP_COLUMN && at->aux.index < builder->graph->n_columns &&
           builder->table->columns[at->aux.index].type != COLUMN_CATEGORY;
}

static bool error_names(const Builder *builder, NodeId node, const char *name) {
    const Node *at = &builder->graph->nodes[node];
    return name && error_is_number(builder, node) &&
           strcmp(builder->graph->column_names[at->aux.index], name) == 0;
}

/* The error of this left side: the one that names it, or the one without a name. */
static NodeId error_of_left(Builder *builder, AstId id, NodeId left) {
    Graph *graph = builder->graph;
    const BuildOptions *options = builder->options;
    size_t k = 0;
    while (k < options->n_errors && !error_names(builder, left, options->errors[k].of)) k++;
    for (size_t j = 0; k == options->n_errors && j < options->n_errors; j++)
        if (!options->errors[j].of) k = j;
    bool another = graph->n_residuals > 0 && graph->left != left;
    if (k < options->n_errors && (options->errors[k].of || !another))
        return error_column(builder, k);
    AstId side = lang_child(builder->ast, id, 0);
    BuildWords words = graph_build_words(builder, side);
    graph_build_refuse(builder, side, MSG_BUILD_ERROR_WHICH, words.s, NULL, NULL, NULL);
    graph_build_remedy(builder, MSG_BUILD_ERROR_WHICH_REMEDY, words.s, NULL);
    return NODE_NONE;
}

/* Marks what the node is made of, and counts the columns of numbers there. */
static bool *error_columns_of(Builder *builder, NodeId top, size_t *count) {
    const Graph *graph = builder->graph;
    bool *below = memory_new((size_t)top + 1, sizeof *below);
    *count = 0;
    if (!below) {
        builder->graph->status = error_memory(graph->error);
        return NULL;
    }
    below[top] = true;
    for (NodeId node = top; node > 0; node--) {
        if (!below[node]) continue;
        if (error_is_number(builder, node)) ++*count;
        for (uint32_t k = 0; k < graph->nodes[node].n_inputs; k++)
            below[graph_input(graph, node, k)] = true;
    }
    return below;
}

/* The column on the right whose error this is. */
static NodeId error_find_x(Builder *builder, AstId id, NodeId right, const char *of) {
    size_t count;
    NodeId found = NODE_NONE;
    bool *below = error_columns_of(builder, right, &count);
    for (NodeId node = 1; below && node <= right; node++)
        if (below[node] && error_is_number(builder, node) &&
            (of ? error_names(builder, node, of) : count == 1))
            found = node;
    memory_free(below);
    if (found != NODE_NONE || graph_build_failed(builder)) return found;
    AstId side = lang_child(builder->ast, id, 1);
    graph_build_refuse(builder, side, of ? MSG_BUILD_XERROR_NOT_THERE : MSG_BUILD_XERROR_WHICH, of,
                       NULL, NULL, NULL);
    graph_build_remedy(builder, MSG_BUILD_XERROR_REMEDY, NULL, NULL);
    return NODE_NONE;
}

/* (slope of the difference by x, times the error of x)^2 */
static NodeId error_from_x(Builder *builder, AstId id, NodeId right, NodeId residual, size_t k) {
    Graph *graph = builder->graph;
    const Role *role = &builder->options->x_errors[k];
    NodeId x = error_find_x(builder, id, right, role->of), slope;
    if (x == NODE_NONE) return NODE_NONE;
    NodeId error = error_column(builder, builder->options->n_errors + k);
    if (graph_build_failed(builder)) return NODE_NONE;
    Status status =
        graph_gradient_by(graph, residual, &x, 1, GRADIENT_PER_ROW, &slope, graph->error);
    if (status != STATUS_OK) {
        graph->status = status;
        return NODE_NONE;
    }
    graph_build_at(builder, id);
    return graph_power(graph, graph_binary(graph, OP_MUL, slope, error), 2);
}

NodeId graph_build_scaled(Builder *builder, AstId id, const NodeId side[2], NodeId residual) {
    Graph *graph = builder->graph;
    const BuildOptions *options = builder->options;
    if (options->n_errors == 0 || graph_build_failed(builder)) return residual;
    NodeId error = error_of_left(builder, id, side[0]);
    graph_build_at(builder, id);
    NodeId variance = options->n_x_errors ? graph_power(graph, error, 2) : NODE_NONE;
    for (size_t k = 0; k < options->n_x_errors && !graph_build_failed(builder); k++)
        variance = graph_binary(graph, OP_ADD, variance,
                                error_from_x(builder, id, side[1], residual, k));
    if (graph_build_failed(builder)) return residual;
    if (options->n_x_errors) error = graph_unary(graph, OP_SQRT, variance);
    if (graph->n_residuals == 0) graph->deviation = error;
    return graph_binary(graph, OP_DIV, residual, error);
}

/* ---- before and after the statements --------------------------------------------------------- */

void graph_build_errors_start(Builder *builder) {
    const BuildOptions *options = builder->options;
    size_t n = options->n_errors + options->n_x_errors;
    if (n == 0 || graph_build_failed(builder)) return;
    builder->error_used =
        arena_alloc(&builder->graph->arena, n, sizeof *builder->error_used);
    if (!builder->error_used) builder->graph->status = error_memory(builder->graph->error);
    if (options->n_errors == 0)
        error_refuse(builder, MSG_BUILD_XERROR_ALONE, NULL, MSG_BUILD_XERROR_ALONE_REMEDY, NULL);
    if (options->weight)
        error_refuse(builder, MSG_BUILD_ERROR_AND_WEIGHT, NULL, MSG_BUILD_ERROR_AND_WEIGHT_REMEDY,
                     NULL);
}

void graph_build_errors_end(Builder *builder) {
    const BuildOptions *options = builder->options;
    if (options->n_errors > 0 && builder->graph->n_residuals == 0)
        error_refuse(builder, MSG_BUILD_ERROR_NO_FIT, NULL, MSG_BUILD_ERROR_NO_FIT_REMEDY, NULL);
    for (size_t k = 0; k < options->n_errors && !graph_build_failed(builder); k++)
        if (!builder->error_used[k])
            error_refuse(builder, MSG_BUILD_ERROR_UNUSED, options->errors[k].column,
                         MSG_BUILD_ERROR_UNUSED_REMEDY, options->errors[k].of);
}
