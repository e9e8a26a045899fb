/* Where the walk starts, and the names of single numbers within parameters. */
#include "graph.h"

#include <math.h>

/* One element's draw. Bounds hold: a normal draw is put onto the bound it passes. */
static double start_draw(const Parameter *parameter, RandomKey key, size_t element) {
    double low = parameter->low, high = parameter->high, value;
    if (parameter->start == START_UNIFORM)
        value = parameter->start_a +
                (parameter->start_b - parameter->start_a) * random_uniform(key, element);
    else if (parameter->start == START_NORMAL)
        value = parameter->start_a + parameter->start_b * random_normal(key, element);
    else if (isfinite(low) && isfinite(high))
        value = low + (high - low) * random_uniform(key, element);
    else value = random_normal(key, element);
    if (value < low) value = isfinite(high) || parameter->start != START_DRAWN ? low : low - value;
    if (value > high) value = high;
    return value;
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
            if (drawn) drawn[parameter->offset + e] = parameter->start == START_DRAWN;
        }
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
    for (uint32_t k = 0; k < parameter->shape.rank; k++)
        text_format(out, k == 0 ? "[%zu" : ";%zu", place[k]);
    text_add_char(out, ']');
}
