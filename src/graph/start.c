/* Where the walk starts, within which bounds, and the names of single numbers within parameters. */
#include "graph.h"

#include <math.h>

static double start_within(double value, double low, double high) {
    return value < low ? low : value > high ? high : value;
}

void graph_bounds(const Parameter *parameter, size_t element, double *low, double *high) {
    *low = parameter->low;
    *high = parameter->high;
    for (size_t k = 0; k < parameter->n_elements; k++) {
        const ElementStart *own = &parameter->elements[k];
        if (own->element != element || !own->has_bounds) continue;
        *low = own->low;
        *high = own->high;
    }
}

/* Nobody said where: uniform within bounds, normal where there are none, and beside the bound
 * where there is one. */
static double start_free_draw(const Parameter *parameter, RandomKey key, size_t element) {
    double low, high;
    graph_bounds(parameter, element, &low, &high);
    if (isfinite(low) && isfinite(high))
        return low + (high - low) * random_uniform(key, element);
    double value = random_normal(key, element);
    if (value < low) return low + fabs(value);
    return value > high ? high - fabs(value) : value;
}

/* One element's draw; a draw that somebody asked for is put onto the bound it passes. */
static double start_draw(const Parameter *parameter, RandomKey key, size_t element) {
    double a = parameter->start_a, b = parameter->start_b, value, low, high;
    graph_bounds(parameter, element, &low, &high);
    if (parameter->start == START_DRAWN) value = start_free_draw(parameter, key, element);
    else if (parameter->start == START_UNIFORM) value = a + (b - a) * random_uniform(key, element);
    else value = a + b * random_normal(key, element);
    return start_within(value, low, high);
}

/* Nobody gave it, and the bounds leave a choice. */
static bool start_is_open(const Parameter *parameter, size_t element) {
    double low, high;
    graph_bounds(parameter, element, &low, &high);
    return parameter->start == START_DRAWN && low < high;
}

static void start_elements(const Parameter *parameter, double *start, bool *drawn) {
    for (size_t k = 0; k < parameter->n_elements; k++) {
        const ElementStart *own = &parameter->elements[k];
        if (!own->has_start) continue;
        start[parameter->offset + own->element] = own->start;
        if (drawn) drawn[parameter->offset + own->element] = false;
    }
}

Status graph_start(const Graph *graph, uint64_t seed, double *start, bool *drawn) {
    for (size_t k = 0; k < graph->n_parameters; k++) {
        const Parameter *parameter = &graph->parameters[k];
        RandomKey key = random_key(seed, parameter->name);
        for (size_t e = 0; e < parameter->count; e++) {
            double *to = &start[parameter->offset + e];
            if (parameter->start == START_VALUE)
                *to = parameter->start_values ? parameter->start_values[e] : parameter->start_a;
            else *to = start_draw(parameter, key, e);
            if (drawn) drawn[parameter->offset + e] = start_is_open(parameter, e);
        }
        start_elements(parameter, start, drawn);
    }
    return STATUS_OK;
}

void graph_scalar_name(const Graph *graph, size_t scalar, Text *out) {
    size_t low = 0, high = graph->n_parameters;
    while (high - low > 1) { /* the last parameter whose offset is not above */
        size_t middle = (low + high) / 2;
        if (graph->parameters[middle].offset <= scalar) low = middle;
        else high = middle;
    }
    if (high == 0) return;
    const Parameter *parameter = &graph->parameters[low];
    size_t element = scalar - parameter->offset, place[SHAPE_RANK] = {0};
    text_add(out, parameter->name);
    if (parameter->shape.rank == 0) return;
    for (uint32_t k = parameter->shape.rank; k-- > 0; element /= parameter->shape.dim[k])
        place[k] = element % parameter->shape.dim[k] + 1;
    for (uint32_t k = 0; k < parameter->shape.rank; k++) {
        text_add_char(out, k == 0 ? '[' : ';');
        if (k == 0 && parameter->labels) text_add(out, parameter->labels[place[0] - 1]);
        else text_format(out, "%zu", place[k]);
    }
    text_add_char(out, ']');
}

const char *graph_column_name(const Graph *graph, uint32_t column) {
    size_t group = column - graph->n_columns;
    if (column >= graph->n_columns && group < graph->n_groups) column = graph->groups[group].of;
    return column < graph->n_columns && graph->column_names ? graph->column_names[column] : "";
}
