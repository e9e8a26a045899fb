/* floats: columns in single precision, as passes over the rows read them.
 *
 * They lie in one piece, each at the start of a cache line, so that no vector of numbers is read
 * from two lines, and none at the same place of its page as the columns before it: the strips of
 * all columns that are read together would else wait for the same few lines of the cache. */
#include "train.h"

#include <string.h>

enum { FLOATS_LINE = 64, FLOATS_PAGE = 4096, FLOATS_APART = FLOATS_PAGE / 2 };

static size_t floats_stride(size_t rows) {
    size_t bytes = rows * sizeof(float);
    return (bytes + FLOATS_PAGE - 1) / FLOATS_PAGE * FLOATS_PAGE + FLOATS_APART;
}

/* Marks the columns that the formula reads, and counts them. */
static size_t floats_mark(const Graph *graph, float **floats) {
    static float mark;
    size_t count = 0;
    for (NodeId id = 1; id < graph->n_nodes; id++) {
        if (graph->nodes[id].op != OP_COLUMN || floats[graph->nodes[id].aux.index]) continue;
        floats[graph->nodes[id].aux.index] = &mark;
        count++;
    }
    return count;
}

static void floats_fill(float *rounded, const double *values, size_t rows) {
    for (size_t r = 0; r < rows; r++) rounded[r] = (float)values[r];
}

Status floats_open(const Graph *graph, const double *const *columns, size_t n_columns, size_t rows,
                   Floats *floats) {
    size_t stride = floats_stride(rows), bytes = 0;
    floats->columns = memory_new(n_columns + 1, sizeof *floats->columns);
    if (!floats->columns) return STATUS_MEMORY;
    size_t count = floats_mark(graph, floats->columns);
    if (rows <= SIZE_MAX / 2 && memory_multiply(count, stride, &bytes))
        floats->piece = memory_new(bytes + FLOATS_LINE, 1);
    if (!floats->piece) {
        floats_close(floats);
        return STATUS_MEMORY;
    }
    char *at = floats->piece;
    at += (FLOATS_LINE - (uintptr_t)at % FLOATS_LINE) % FLOATS_LINE;
    for (size_t k = 0; k < n_columns; k++) {
        if (!floats->columns[k]) continue;
        floats->columns[k] = (float *)(void *)at;
        floats_fill(floats->columns[k], columns[k], rows);
        at += stride;
    }
    return STATUS_OK;
}

void floats_close(Floats *floats) {
    memory_free(floats->columns);
    memory_free(floats->piece);
    *floats = (Floats){0};
}
