/* What a name means, in order: set earlier in it; a column; the constant pi; else a scalar
 * parameter. Inside a def only its arguments and what it sets itself; in a rule see
 * build_rule.c. */
#include "graph.h"

#include <math.h>
#include <string.h>

enum { NAME_ELEMENTS = 100000 }; /* of a parameter whose elements can be named in arguments */

static BuildValue name_value(NodeId node) {
    return (BuildValue){.node = node, .category = -1};
}

bool graph_build_dropped(const Builder *builder, const Column *column) {
    const BuildOptions *options = builder->options;
    for (size_t k = 0; k < options->n_dropped; k++)
        if (data_is_named(column, options->dropped[k])) return true;
    return false;
}

BuildValue graph_build_column(Builder *builder, AstId id, int index) {
    Graph *graph = builder->graph;
    const Column *column = &builder->table->columns[index];
    if (graph_build_dropped(builder, column)) {
        graph_build_refuse(builder, id, MSG_BUILD_DROPPED, column->name, NULL, NULL, NULL);
        graph_build_remedy(builder, MSG_BUILD_DROPPED_REMEDY, column->name, NULL);
        return name_value(NODE_NONE);
    }
    graph->column_used[index] = true;
    graph_build_at(builder, id);
    if (column->type != COLUMN_CATEGORY && graph_build_is_group(builder, (uint32_t)index)) {
        index = graph_build_group(builder, id, (uint32_t)index, false);
        if (index < 0) return name_value(NODE_NONE);
        return (BuildValue){.node = graph_column(graph, (uint32_t)index), .category = index};
    }
    return (BuildValue){.node = graph_column(graph, (uint32_t)index),
                        .category = column->type == COLUMN_CATEGORY ? index : -1};
}

/* ---- undeclared parameters ------------------------------------------------------------------- */

/* Arguments about single elements: k[oak]=3, w[2]=0..1. */
static bool name_elements(Builder *builder, uint32_t index) {
    Graph *graph = builder->graph;
    const BuildOptions *options = builder->options;
    Parameter *parameter = &graph->parameters[index];
    ElementStart *elements = NULL;
    size_t length = strlen(parameter->name), n = parameter->shape.rank ? parameter->count : 0;
    Text name = {0};
    for (size_t k = 0; k < options->n_arguments && n <= NAME_ELEMENTS; k++) {
        const Argument *argument = &options->arguments[k];
        bool about = strncmp(argument->name, parameter->name, length) == 0;
        if (!about || argument->name[length] != '[') continue;
        for (size_t e = 0; e < n; e++) {
            text_clear(&name);
            graph_scalar_name(graph, parameter->offset + e, &name);
            if (strcmp(text_string(&name), argument->name) != 0) continue;
            if (!elements)
                elements = arena_alloc(&graph->arena, options->n_arguments, sizeof *elements);
            if (!elements) break;
            builder->argument_used[k] = true;
            elements[parameter->n_elements++] =
                (ElementStart){e,
                               argument->has_start,
                               argument->has_bounds,
                               argument->start,
                               argument->low,
                               argument->high};
        }
    }
    parameter->elements = elements;
    text_free(&name);
    return !graph->arena.failed;
}

static const Argument *name_argument(Builder *builder, const char *name) {
    const BuildOptions *options = builder->options;
    for (size_t k = 0; k < options->n_arguments; k++) {
        if (strcmp(options->arguments[k].name, name) != 0) continue;
        builder->argument_used[k] = true;
        return &options->arguments[k];
    }
    return NULL;
}

void graph_build_apply_argument(Builder *builder, uint32_t index) {
    Parameter *parameter = &builder->graph->parameters[index];
    const Argument *argument = name_argument(builder, parameter->name);
    if (!name_elements(builder, index))
        builder->graph->status = error_memory(builder->graph->error);
    if (!argument) return;
    if (argument->has_start) {
        parameter->start = START_VALUE;
        parameter->start_a = argument->start;
        parameter->start_values = NULL;
    }
    if (!argument->has_bounds) return;
    parameter->low = argument->low;
    parameter->high = argument->high;
    /* The start that a model computes from the data is kept where the bounds allow it. */
    bool fits = builder->closed && parameter->start == START_VALUE && !parameter->start_values &&
                parameter->start_a >= argument->low && parameter->start_a <= argument->high;
    if (!argument->has_start && !fits) parameter->start = START_DRAWN;
}

NodeId graph_build_implicit(Builder *builder, AstId id, Shape shape, int by) {
    Graph *graph = builder->graph;
    const AstNode *at = &builder->ast->nodes[id];
    uint32_t index = graph_new_parameter(graph, at->name, shape, at->span);
    if (by >= 0 && !graph_build_failed(builder)) graph_build_label(builder, index, by);
    if (graph_build_failed(builder)) return NODE_NONE;
    graph_build_apply_argument(builder, index);
    graph_build_at(builder, id);
    NodeId node = graph_parameter(graph, index);
    BuildBinding *binding = graph_build_bind(builder, graph_build_symbol(builder, at->name),
                                             name_value(node), at->span);
    if (binding) binding->implicit = true;
    return node;
}

/* ---- names that mean nothing ----------------------------------------------------------------- */

/* The nearest of the names that are bound here, columns included. */
static const char *name_nearest(Builder *builder, const char *name) {
    bool open = builder->table && !builder->frame->name && !builder->closed;
    size_t n_columns = open ? builder->table->n_columns : 0;
    const char **names = memory_new(builder->n_bindings + n_columns + 1, sizeof *names);
    size_t count = 0;
    if (!names) return NULL;
    for (size_t k = builder->frame->first_binding; k < builder->n_bindings; k++) {
        const char *known = builder->symbols[builder->bindings[k].symbol].name;
        if (known) names[count++] = known;
    }
    for (size_t k = 0; k < n_columns; k++)
        names[count++] = data_short_name(&builder->table->columns[k]);
    const char *nearest = suggest_nearest(name, names, count);
    memory_free(names);
    return nearest;
}

static NodeId name_unknown(Builder *builder, AstId id) {
    const char *name = builder->ast->nodes[id].name;
    const char *nearest = name_nearest(builder, name);
    const char *inside = builder->frame->name;
    if (inside)
        graph_build_refuse(builder, id, MSG_BUILD_UNKNOWN_IN_DEF, name, inside, NULL, NULL);
    else
        graph_build_refuse(builder, id, MSG_BUILD_UNKNOWN, name, NULL, NULL, NULL);
    if (nearest) graph_build_remedy(builder, MSG_BUILD_DID_YOU_MEAN, nearest, NULL);
    else if (inside) graph_build_remedy(builder, MSG_BUILD_UNKNOWN_IN_DEF_REMEDY, name, NULL);
    else if (builder->closed)
        graph_build_remedy(builder, MSG_BUILD_MODEL_UNKNOWN_REMEDY, name, NULL);
    else if (builder->mode == BUILD_PROGRAM)
        graph_build_remedy(builder, MSG_BUILD_UNKNOWN_REMEDY, name, NULL);
    return NODE_NONE;
}

static NodeId name_is_function(Builder *builder, AstId id) {
    const char *name = builder->ast->nodes[id].name;
    graph_build_refuse(builder, id, MSG_BUILD_FUNCTION_AS_NAME, name, NULL, NULL, NULL);
    graph_build_remedy(builder, MSG_BUILD_FUNCTION_AS_NAME_REMEDY, name, NULL);
    return NODE_NONE;
}

/* A name in backquotes is never a function. */
static bool name_quoted(const Builder *builder, AstId id) {
    const Source *source = &builder->ast->source;
    uint32_t start = builder->ast->nodes[id].name_span.start;
    return start < source->length && source->text[start] == '`';
}

BuildValue graph_build_name(Builder *builder, AstId id) {
    const char *name = builder->ast->nodes[id].name;
    int symbol = graph_build_symbol(builder, name);
    const BuildBinding *binding = graph_build_find(builder, symbol);
    if (graph_build_failed(builder)) return name_value(NODE_NONE);
    if (binding) return binding->value;
    bool outermost = builder->frame->name == NULL, open = outermost && !builder->closed;
    int column = builder->table && open ? data_find(builder->table, name) : -1;
    if (column >= 0) return graph_build_column(builder, id, column);
    if (strcmp(name, "pi") == 0 && !name_quoted(builder, id)) {
        graph_build_at(builder, id);
        return name_value(graph_constant(builder->graph, 0x1.921fb54442d18p+1));
    }
    if (builder->mode == BUILD_RULE && outermost) {
        NodeId state = graph_build_state(builder, id);
        if (state != NODE_NONE || graph_build_failed(builder)) return name_value(state);
    }
    bool function = lang_reserved(name) && !name_quoted(builder, id);
    if (function) return name_value(name_is_function(builder, id));
    if (builder->mode != BUILD_PROGRAM || !outermost || builder->declared)
        return name_value(name_unknown(builder, id));
    return name_value(graph_build_implicit(builder, id, (Shape){0}, -1));
}
