/* Formulas as text, built, differentiated and evaluated by the reference executor. */
#ifndef DESCEND_TEST_GRAPH_HELPER_H
#define DESCEND_TEST_GRAPH_HELPER_H

#include "../../src/exec/exec.h"
#include "../check.h"

#include <stdlib.h>

enum { HELP_PARAMETERS = 16, HELP_SCALARS = 64 };

typedef struct Built {
    Ast *ast;
    Table *table;
    Graph *graph;
    Error error;
    NodeId gradient[HELP_PARAMETERS];
    double slope[HELP_SCALARS];          /* what built_slopes found, in the order of parameters */
    double curvature[HELP_SCALARS];      /* the Hessian times (1, 1, ...) */
} Built;

static void built_close(Built *built) {
    graph_free(built->graph);
    data_free(built->table);
    lang_free(built->ast);
    *built = (Built){0};
}

/* 'data' is a literal table, or the text of one, or NULL. */
static Status built_open(Built *built, const char *text, const char *data,
                         const BuildOptions *options) {
    *built = (Built){0};
    Error *error = &built->error;
    if (data && data_is_literal(data)) TRY(data_literal(data, &built->table, error));
    else if (data) TRY(data_parse("t.csv", data, strlen(data), NULL, &built->table, error));
    TRY(lang_parse(NULL, text, strlen(text), LANG_PROGRAM, &built->ast, error));
    return graph_build(built->ast, built->table, options, &built->graph, error);
}

static Rows built_rows(const Built *built, const double **columns) {
    Rows rows = {.columns = columns};
    if (!built->table) return rows;
    for (size_t k = 0; k < built->table->n_columns; k++)
        columns[k] = built->table->columns[k].values;
    rows.count = built->table->n_rows;
    return rows;
}

/* Evaluates outputs without rows into one array, one after another. */
static bool evaluate(const Graph *graph, const NodeId *outputs, size_t n, const double *parameters,
                     const Rows *rows, double *results) {
    PlanOptions options = {.executor = EXECUTOR_REFERENCE};
    Plan *plan = NULL;
    double *result[HELP_PARAMETERS * 2];
    size_t at = 0;
    if (exec_plan(graph, outputs, n, &options, &plan, NULL) != STATUS_OK) return false;
    for (size_t k = 0; k < n; k++) {
        bool with_rows = graph->nodes[outputs[k]].flags & NODE_ROWS;
        result[k] = results + at;
        at += graph_count(&graph->nodes[outputs[k]].shape) * (with_rows ? rows->count : 1);
    }
    Status status = exec_run(plan, parameters, rows, result, NULL);
    exec_free(plan);
    return status == STATUS_OK;
}

/* Adds a parameter of ones, of the shape of parameter k: a direction for the Hessian. */
static NodeId ones_like(Graph *graph, size_t k) {
    return graph_expand(graph, graph_constant(graph, 1), graph->parameters[k].shape);
}

static bool built_slopes(Built *built, const double *parameters) {
    Graph *graph = built->graph;
    uint32_t wrt[HELP_PARAMETERS];
    NodeId ones[HELP_PARAMETERS], product[HELP_PARAMETERS];
    const double *columns[16];
    Rows rows = built_rows(built, columns);
    size_t n = graph->n_parameters;
    if (n > HELP_PARAMETERS || graph->n_scalars > HELP_SCALARS) return false;
    for (size_t k = 0; k < n; k++) {
        wrt[k] = (uint32_t)k;
        ones[k] = ones_like(graph, k);
    }
    Error *error = &built->error;
    if (graph_gradient(graph, graph->loss, wrt, n, GRADIENT_TOTAL, built->gradient, error) ||
        graph_hessian_vector(graph, built->gradient, ones, n, product, error) ||
        graph_verify(graph, error))
        return false;
    return evaluate(graph, built->gradient, n, parameters, &rows, built->slope) &&
           evaluate(graph, product, n, parameters, &rows, built->curvature);
}

#endif
