/* Names that were set to something made of parameters: their values, and their errors by the delta
 * method - g' C g, with the exact gradient g and the covariance C of the parameters. */
#include "diagnose.h"

#include <math.h>
#include <string.h>

enum { DERIVED_MOST = 100 }; /* numbers in all */

/* The labels of the groups that the value goes over, or NULL. */
static const char *const *derived_labels(const Graph *graph, NodeId top) {
    const char *const *labels = NULL;
    bool *below = memory_new((size_t)top + 1, sizeof *below);
    if (!below) return NULL;
    below[top] = true;
    for (NodeId id = top; id > 0; id--) {
        const Node *node = &graph->nodes[id];
        const Parameter *parameter = &graph->parameters[node->aux.index];
        for (uint32_t k = 0; below[id] && k < node->n_inputs; k++)
            below[graph_input(graph, id, k)] = true;
        if (below[id] && node->op == OP_PARAM && parameter->labels &&
            graph_shape_same(&node->shape, &graph->nodes[top].shape))
            labels = parameter->labels;
    }
    memory_free(below);
    return labels;
}

/* "b", or "half[oak]". */
static char *derived_name(const Graph *graph, const GraphName *name, size_t element) {
    Text text = {0};
    const Shape *shape = &graph->nodes[name->node].shape;
    text_add(&text, name->name);
    if (shape->rank > 0) {
        const char *const *labels =
            shape->rank == 1 ? derived_labels(graph, name->node) : NULL;
        if (labels) text_format(&text, "[%s]", labels[element]);
        else text_format(&text, "[%zu]", element + 1);
    }
    return text_take(&text);
}

/* The statement as it was written; of one element of several its name. */
static char *derived_words(const Graph *graph, const GraphName *name, size_t element) {
    if (graph->nodes[name->node].shape.rank > 0) return derived_name(graph, name, element);
    Text text = {0};
    for (uint32_t at = name->span.start; at < name->span.end && at < graph->source.length; at++) {
        char c = graph->source.text[at];
        text_add_char(&text, c == '\n' || c == '\r' || c == '\t' ? ' ' : c);
    }
    return text_take(&text);
}

/* ---- values and slopes ----------------------------------------------------------------------- */

static NodeId derived_element(Graph *graph, NodeId node, size_t element) {
    Shape flat = {.rank = 1, .dim = {(uint32_t)graph_count(&graph->nodes[node].shape)}};
    if (graph->nodes[node].shape.rank == 0) return node;
    Shape one = {.rank = 1, .dim = {1}};
    uint32_t offset[SHAPE_RANK] = {(uint32_t)element};
    NodeId part = graph_slice(graph, graph_reshape(graph, node, flat), offset, one);
    return graph_reshape(graph, part, (Shape){0});
}

/* Value and gradient of one number at x. 'nodes' and 'results' have n_parameters + 1 items. */
static Status derived_feel(Graph *graph, NodeId node, const double *x, NodeId *nodes,
                           double **results) {
    size_t n = graph->n_parameters;
    uint32_t *wrt = memory_new(n + 1, sizeof *wrt);
    Plan *plan = NULL;
    PlanOptions options = {0};
    Rows rows = {0};
    Status status = wrt ? STATUS_OK : STATUS_MEMORY;
    for (size_t k = 0; wrt && k < n; k++) wrt[k] = (uint32_t)k;
    nodes[0] = node;
    if (status == STATUS_OK)
        status = graph_gradient(graph, node, wrt, n, GRADIENT_TOTAL, nodes + 1, NULL);
    if (status == STATUS_OK) status = exec_plan(graph, nodes, n + 1, &options, &plan, NULL);
    if (status == STATUS_OK) status = exec_run(plan, x, &rows, results, NULL);
    exec_free(plan);
    memory_free(wrt);
    return status;
}

/* Parameters that are held fixed add nothing; where another one without an error takes part there
 * is none. */
static double derived_error(const FitStatistics *fit, const double *slope) {
    double variance = 0;
    for (size_t i = 0; i < fit->n; i++) {
        if (slope[i] == 0 || fit->unavailable[i] == MSG_NO_ERROR_FIXED) continue;
        if (!isfinite(fit->errors[i])) return NAN;
        for (size_t j = 0; j < fit->n; j++)
            if (slope[j] != 0 && isfinite(fit->errors[j]))
                variance += slope[i] * slope[j] * fit->correlation[i * fit->n + j] *
                            fit->errors[i] * fit->errors[j];
    }
    return variance > 0 ? sqrt(variance) : variance == 0 ? 0 : NAN;
}

static Status derived_one(Graph *graph, const GraphName *name, size_t element, const double *x,
                          const FitStatistics *fit, DerivedValue *out) {
    size_t n = graph->n_parameters;
    NodeId *nodes = memory_new(n + 1, sizeof *nodes);
    double **results = memory_new(n + 1, sizeof *results);
    double *slope = memory_new(graph->n_scalars + 1, sizeof *slope);
    Status status = nodes && results && slope ? STATUS_OK : STATUS_MEMORY;
    if (status == STATUS_OK) {
        results[0] = &out->value;
        for (size_t k = 0; k < n; k++) results[k + 1] = slope + graph->parameters[k].offset;
        status = derived_feel(graph, derived_element(graph, name->node, element), x, nodes,
                              results);
    }
    if (status == STATUS_OK) out->error = derived_error(fit, slope);
    out->name = derived_name(graph, name, element);
    out->words = derived_words(graph, name, element);
    memory_free(nodes);
    memory_free(results);
    memory_free(slope);
    return status == STATUS_OK && out->name && out->words ? STATUS_OK : STATUS_MEMORY;
}

Status diagnose_derived(const Problem *problem, const double *x, const FitStatistics *fit,
                        DerivedValue **values, size_t *count) {
    Graph *graph = train_graph(problem);
    size_t most = 0;
    *values = NULL;
    *count = 0;
    for (size_t k = 0; k < graph->n_names; k++)
        most += graph_count(&graph->nodes[graph->names[k].node].shape);
    if (most == 0) return STATUS_OK;
    if (most > DERIVED_MOST) most = DERIVED_MOST;
    if (!(*values = memory_new(most, sizeof **values))) return STATUS_MEMORY;
    for (size_t k = 0; k < graph->n_names; k++) {
        size_t elements = graph_count(&graph->nodes[graph->names[k].node].shape);
        for (size_t e = 0; e < elements && *count < most; e++) {
            const GraphName name = graph->names[k];
            Status status = derived_one(graph, &name, e, x, fit, &(*values)[(*count)++]);
            if (status != STATUS_OK) return status;
        }
    }
    return STATUS_OK;
}

void diagnose_derived_free(DerivedValue *values, size_t count) {
    for (size_t k = 0; k < count; k++) {
        memory_free(values[k].name);
        memory_free(values[k].words);
    }
    memory_free(values);
}
