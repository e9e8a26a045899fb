/* The models that are carried inside: one text each, src/graph/models/NAME.descend. */
#include "graph.h"

#include <string.h>

/* Made by tools/embed: name and text in turn. */
extern const char *const graph_models_texts[];

const char *graph_model_name(size_t k) {
    for (size_t i = 0; graph_models_texts[2 * i]; i++)
        if (i == k) return graph_models_texts[2 * i];
    return NULL;
}

const char *graph_model_text(const char *name) {
    for (size_t i = 0; name && graph_models_texts[2 * i]; i++)
        if (strcmp(graph_models_texts[2 * i], name) == 0) return graph_models_texts[2 * i + 1];
    return NULL;
}
