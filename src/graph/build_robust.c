/* --loss NAME: the residual goes through the def robust_NAME(r, c), whose square is twice the loss,
 * so that all that is made for sums of squares serves. The ready ones are in the prelude. */
#include "graph.h"

#include <math.h>
#include <string.h>

static const char ROBUST_PREFIX[] = "robust_", ROBUST_TUNING[] = "_tuning";

static int robust_def(Builder *builder, const char *ending) {
    Text name = {0};
    text_format(&name, "%s%s%s", ROBUST_PREFIX, builder->options->loss, ending);
    char *kept = arena_copy(&builder->graph->arena, text_string(&name), name.length);
    if ((name.failed || !kept) && !graph_build_failed(builder))
        builder->graph->status = error_memory(builder->graph->error);
    text_free(&name);
    return graph_build_failed(builder) ? -1 : graph_build_function(builder, kept);
}

/* The names behind robust_, for those who look for one. */
static void robust_names(const Builder *builder, Text *list) {
    size_t prefix = strlen(ROBUST_PREFIX), ending = strlen(ROBUST_TUNING);
    for (size_t k = 0; k < builder->n_defs; k++) {
        const char *name = builder->defs[k].ast->nodes[builder->defs[k].id].name;
        size_t length = strlen(name);
        if (strncmp(name, ROBUST_PREFIX, prefix) != 0) continue;
        if (length > ending && strcmp(name + length - ending, ROBUST_TUNING) == 0) continue;
        text_add(list, list->length ? ", " : "");
        text_add(list, name + prefix);
    }
}

static void robust_refuse(Builder *builder, MessageId what, MessageId remedy) {
    Graph *graph = builder->graph;
    Text names = {0};
    if (graph_build_failed(builder)) return;
    robust_names(builder, &names);
    graph->status = error_set(graph->error, STATUS_INPUT, what, builder->options->loss, NULL);
    error_remedy(graph->error, remedy, builder->options->loss, text_string(&names), NULL);
    text_free(&names);
}

/* Where the loss bends when the scatter is 1; NaN: nobody said. */
static double robust_tuning(Builder *builder, AstId id) {
    int def = robust_def(builder, ROBUST_TUNING);
    if (def < 0 || graph_build_arity(builder, def) != 0) return NAN;
    NodeId node = graph_build_run(builder, id, def, NULL).node;
    if (graph_build_failed(builder)) return NAN;
    const Node *at = &builder->graph->nodes[node];
    return at->op == OP_CONST && at->aux.value > 0 ? at->aux.value : NAN;
}

NodeId graph_build_robust(Builder *builder, AstId id, NodeId residual) {
    Graph *graph = builder->graph;
    const BuildOptions *options = builder->options;
    if (!options->loss || graph_build_failed(builder)) return residual;
    if (graph->n_residuals > 0)
        robust_refuse(builder, MSG_BUILD_LOSS_ONE, MSG_BUILD_LOSS_ONE_REMEDY);
    int def = robust_def(builder, "");
    if (def < 0) robust_refuse(builder, MSG_BUILD_LOSS_UNKNOWN, MSG_BUILD_LOSS_UNKNOWN_REMEDY);
    else if (graph_build_arity(builder, def) != 2)
        robust_refuse(builder, MSG_BUILD_LOSS_ARITY, MSG_BUILD_LOSS_ARITY_REMEDY);
    graph->tuning = robust_tuning(builder, id);
    double scale = options->loss_scale > 0 ? options->loss_scale : graph->tuning;
    if (isnan(scale)) robust_refuse(builder, MSG_BUILD_LOSS_SCALE, MSG_BUILD_LOSS_SCALE_REMEDY);
    if (graph_build_failed(builder)) return residual;
    graph->raw = residual;
    BuildValue arguments[2] = {{residual, -1}, {graph_constant(graph, scale), -1}};
    NodeId seen = graph_build_run(builder, id, def, arguments).node;
    if (!graph_build_failed(builder) && graph->nodes[seen].shape.rank > 0)
        robust_refuse(builder, MSG_BUILD_LOSS_ARITY, MSG_BUILD_LOSS_ARITY_REMEDY);
    return seen;
}

void graph_build_robust_end(Builder *builder) {
    if (builder->options->loss && builder->graph->raw == NODE_NONE)
        robust_refuse(builder, MSG_BUILD_LOSS_NO_FIT, MSG_BUILD_LOSS_NO_FIT_REMEDY);
}
