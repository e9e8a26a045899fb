/* param NAME[dims] = start in [low, high] rate R decay D. */
#include "graph.h"

#include <math.h>
#include <string.h>

enum { PARAM_DIMS, PARAM_START, PARAM_LOW, PARAM_HIGH, PARAM_RATE, PARAM_DECAY };

/* "dense.2.W": the calls in progress, then the name. */
static void param_full_name(const BuildFrame *frame, const char *name, Text *out) {
    if (frame->name) {
        param_full_name(frame->caller, "", out);
        text_format(out, "%s.%zu.", frame->name, frame->number);
    }
    text_add(out, name);
}

static bool param_shape(Builder *builder, const char *name, AstId dims, Shape *shape) {
    *shape = (Shape){0};
    uint32_t n = dims ? builder->ast->nodes[dims].n_children : 0;
    size_t count = 1;
    if (n > SHAPE_RANK) {
        graph_build_refuse(builder, dims, MSG_BUILD_TOO_DEEP_SHAPE, NULL, NULL, NULL, NULL);
        return false;
    }
    for (uint32_t k = 0; k < n; k++) {
        double number;
        AstId child = lang_child(builder->ast, dims, k);
        if (!graph_build_number(builder, child, &number)) return false;
        if (!(number >= 1 && number == floor(number))) {
            graph_build_refuse(builder, child, MSG_BUILD_DIMENSION, number_text(number).s, NULL,
                               NULL, NULL);
            return false;
        }
        if (number > SHAPE_ELEMENTS || (count *= (size_t)number) > SHAPE_ELEMENTS) {
            graph_build_refuse(builder, dims, MSG_BUILD_TOO_LARGE, name,
                               number_integer(SHAPE_ELEMENTS).s, NULL, NULL);
            return false;
        }
        shape->dim[shape->rank++] = (uint32_t)number;
    }
    return true;
}

/* ---- where it starts ------------------------------------------------------------------------- */

static bool param_draw(Builder *builder, AstId id, Parameter *parameter, StartKind kind) {
    double value[2];
    if (builder->ast->nodes[id].n_children != 2) {
        graph_build_refuse(builder, id, MSG_BUILD_ARGUMENTS, builder->ast->nodes[id].name, "2",
                           number_integer(builder->ast->nodes[id].n_children).s, NULL);
        return false;
    }
    for (uint32_t k = 0; k < 2; k++)
        if (!graph_build_number(builder, lang_child(builder->ast, id, k), &value[k])) return false;
    parameter->start = kind;
    parameter->start_a = value[0];
    parameter->start_b = value[1];
    return true;
}

/* he: normal, sd sqrt(2/inputs); xavier: uniform within sqrt(6/(inputs + outputs)). The inputs are
 * the last axis, the outputs the one before it. */
static bool param_scaled_draw(Parameter *parameter, bool he) {
    const Shape *shape = &parameter->shape;
    double inputs = shape->rank > 0 ? shape->dim[shape->rank - 1] : 1;
    double outputs = shape->rank > 1 ? shape->dim[shape->rank - 2] : 1;
    double reach = sqrt(6 / (inputs + outputs));
    parameter->start = he ? START_NORMAL : START_UNIFORM;
    parameter->start_a = he ? 0 : -reach;
    parameter->start_b = he ? sqrt(2 / inputs) : reach;
    return true;
}

/* The elements of a value that is known before the run. False: it is not known. */
static bool param_known(const Graph *graph, NodeId node, double *out) {
    const Node *at = &graph->nodes[node];
    size_t count = graph_count(&at->shape);
    if (at->op == OP_STACK) {
        for (uint32_t k = 0; k < at->n_inputs; k++)
            if (!param_known(graph, graph_input(graph, node, k), out + k * (count / at->n_inputs)))
                return false;
        return true;
    }
    if (at->op == OP_BROADCAST) at = &graph->nodes[graph_input(graph, node, 0)];
    for (size_t k = 0; k < count; k++) out[k] = at->aux.value;
    return at->op == OP_CONST;
}

/* A number for all elements, or a list of the parameter's shape. */
static bool param_values(Builder *builder, AstId id, Parameter *parameter) {
    Graph *graph = builder->graph;
    NodeId value = graph_build_node(builder, id);
    if (graph_build_failed(builder)) return false;
    Shape shape = graph->nodes[value].shape;
    if (shape.rank == 0) value = graph_build_settle(builder, value);
    if (graph_build_failed(builder)) return false;
    parameter->start = START_VALUE;
    if (graph->nodes[value].op == OP_CONST) {
        parameter->start_a = graph->nodes[value].aux.value;
        return true;
    }
    if (!graph_shape_same(&shape, &parameter->shape)) {
        NumberText want = graph_shape_text(&parameter->shape);
        graph_build_refuse(builder, id, MSG_BUILD_START_SHAPE, parameter->name, want.s,
                           graph_shape_text(&shape).s, NULL);
        return false;
    }
    double *values = arena_alloc(&graph->arena, parameter->count, sizeof *values);
    if (!values) {
        graph->status = error_memory(graph->error);
        return false;
    }
    parameter->start_values = values;
    if (param_known(graph, value, values)) return true;
    if (param_known(graph, graph_build_settle(builder, value), values)) return true;
    graph_build_refuse(builder, id, MSG_BUILD_NOT_CONSTANT, graph_build_words(builder, id).s, NULL,
                       NULL, NULL);
    return false;
}

static bool param_start(Builder *builder, AstId id, Parameter *parameter) {
    const AstNode *at = &builder->ast->nodes[id];
    const char *name = at->kind == AST_CALL ? at->name : "";
    if (strcmp(name, "normal") == 0) return param_draw(builder, id, parameter, START_NORMAL);
    if (strcmp(name, "uniform") == 0) return param_draw(builder, id, parameter, START_UNIFORM);
    if (strcmp(name, "he") == 0) return param_scaled_draw(parameter, true);
    if (strcmp(name, "xavier") == 0) return param_scaled_draw(parameter, false);
    return param_values(builder, id, parameter);
}

/* ---- the whole declaration ------------------------------------------------------------------- */

static bool param_numbers(Builder *builder, AstId id, Parameter *parameter) {
    double *const where[] = {[PARAM_LOW] = &parameter->low,
                             [PARAM_HIGH] = &parameter->high,
                             [PARAM_RATE] = &parameter->rate,
                             [PARAM_DECAY] = &parameter->decay};
    for (uint32_t k = PARAM_LOW; k <= PARAM_DECAY; k++) {
        AstId child = lang_child(builder->ast, id, k);
        if (child && !graph_build_number(builder, child, where[k])) return false;
    }
    if (parameter->low <= parameter->high) return true;
    graph_build_refuse(builder, lang_child(builder->ast, id, PARAM_LOW), MSG_BUILD_BOUNDS,
                       parameter->name, number_text(parameter->low).s,
                       number_text(parameter->high).s, NULL);
    return false;
}

static bool param_is_new(Builder *builder, AstId id, const char *name) {
    const Graph *graph = builder->graph;
    int symbol = graph_build_symbol(builder, builder->ast->nodes[id].name);
    const BuildBinding *old = graph_build_find(builder, symbol);
    bool open = !builder->frame->name && !builder->closed && builder->table;
    bool input = builder->closed && old && graph->nodes[old->value.node].op == OP_COLUMN;
    if (input || (open && data_find(builder->table, name) >= 0)) {
        graph_build_refuse(builder, id, MSG_BUILD_PARAM_IS_COLUMN, name, NULL, NULL, NULL);
        return false;
    }
    if (!old) return true;
    for (size_t k = 0; k < graph->n_parameters; k++) {
        if (strcmp(graph->parameters[k].name, name) != 0) continue;
        graph_build_refuse(builder, id, MSG_BUILD_PARAM_TWICE, name, NULL, NULL, NULL);
        return false;
    }
    return true;
}

void graph_build_param(Builder *builder, AstId id) {
    Graph *graph = builder->graph;
    const AstNode *at = &builder->ast->nodes[id];
    Shape shape;
    Text name = {0};
    AstId dims = lang_child(builder->ast, id, PARAM_DIMS);
    if (!param_shape(builder, at->name, dims, &shape)) return;
    param_full_name(builder->frame, at->name, &name);
    if (name.failed) graph->status = error_memory(graph->error);
    uint32_t index = 0;
    if (!graph_build_failed(builder) && param_is_new(builder, id, text_string(&name)))
        index = graph_new_parameter(graph, text_string(&name), shape, at->name_span);
    text_free(&name);
    if (graph_build_failed(builder)) return;
    Parameter parameter = graph->parameters[index];
    AstId start = lang_child(builder->ast, id, PARAM_START);
    if (start && !param_start(builder, start, &parameter)) return;
    if (!param_numbers(builder, id, &parameter)) return;
    /* What the data did not tell is found as if nobody had said where. */
    bool untold = builder->closed && !parameter.start_values && !isfinite(parameter.start_a);
    if (untold && parameter.start == START_VALUE) parameter.start = START_DRAWN;
    graph->parameters[index] = parameter;
    graph_build_apply_argument(builder, index);
    graph_build_at(builder, id);
    BuildValue value = {.node = graph_parameter(graph, index), .category = -1};
    graph_build_bind(builder, graph_build_symbol(builder, at->name), value, at->name_span);
}
