/* Names while building: symbols, what they are bound to, frames of calls; and errors in the words
 * of the formula. */
#include "graph.h"

#include <string.h>

bool graph_build_failed(const Builder *builder) {
    return builder->graph->status != STATUS_OK;
}

static int scope_fail(Builder *builder) {
    Graph *graph = builder->graph;
    if (graph->status == STATUS_OK) graph->status = error_memory(graph->error);
    return BUILD_NO_SYMBOL;
}

/* ---- symbols --------------------------------------------------------------------------------- */

static size_t scope_hash(const char *name) {
    Hash hash = hash_start();
    hash_bytes(&hash, name, strlen(name));
    return (size_t)hash.value;
}

static size_t scope_slot(const Builder *builder, const char *name) {
    size_t mask = builder->n_slots - 1, at = scope_hash(name) & mask;
    while (builder->slots[at] && strcmp(builder->symbols[builder->slots[at] - 1].name, name) != 0)
        at = (at + 1) & mask;
    return at;
}

static bool scope_grow(Builder *builder) {
    if (builder->n_slots != 0 && builder->n_symbols * 2 < builder->n_slots) return true;
    size_t n_slots = builder->n_slots ? builder->n_slots * 2 : 64;
    int *slots = memory_new(n_slots, sizeof *slots);
    if (!slots) return false;
    memory_free(builder->slots);
    builder->slots = slots;
    builder->n_slots = n_slots;
    for (size_t k = 0; k < builder->n_symbols; k++)
        if (builder->symbols[k].name)
            slots[scope_slot(builder, builder->symbols[k].name)] = (int)k + 1;
    return true;
}

static int scope_new_symbol(Builder *builder, const char *name) {
    if (!memory_reserve(&builder->symbols, &builder->symbols_capacity, builder->n_symbols + 1,
                        sizeof(BuildSymbol)))
        return scope_fail(builder);
    builder->symbols[builder->n_symbols] = (BuildSymbol){.name = name, .top = -1, .def = -1};
    return (int)builder->n_symbols++;
}

int graph_build_symbol(Builder *builder, const char *name) {
    if (!scope_grow(builder)) return scope_fail(builder);
    size_t slot = scope_slot(builder, name);
    if (builder->slots[slot]) return builder->slots[slot] - 1;
    int symbol = scope_new_symbol(builder, name);
    builder->slots[slot] = symbol + 1;
    return symbol;
}

int graph_build_anonymous(Builder *builder) {
    return scope_new_symbol(builder, NULL);
}

/* ---- bindings and frames --------------------------------------------------------------------- */

BuildBinding *graph_build_find(Builder *builder, int symbol) {
    if (symbol < 0 || builder->symbols[symbol].top < 0) return NULL;
    BuildBinding *binding = &builder->bindings[builder->symbols[symbol].top];
    return binding->frame == builder->frame->id ? binding : NULL;
}

BuildBinding *graph_build_bind(Builder *builder, int symbol, BuildValue value, Span span) {
    if (symbol < 0) return NULL;
    BuildBinding *found = graph_build_find(builder, symbol);
    if (found) {
        found->value = value;
        return found;
    }
    if (!memory_reserve(&builder->bindings, &builder->bindings_capacity, builder->n_bindings + 1,
                        sizeof(BuildBinding))) {
        scope_fail(builder);
        return NULL;
    }
    BuildBinding binding = {.symbol = symbol,
                            .previous = builder->symbols[symbol].top,
                            .frame = builder->frame->id,
                            .value = value,
                            .span = span};
    builder->bindings[builder->n_bindings] = binding;
    builder->symbols[symbol].top = (int)builder->n_bindings;
    return &builder->bindings[builder->n_bindings++];
}

void graph_build_enter(Builder *builder, BuildFrame *frame, const char *name, size_t number) {
    *frame = (BuildFrame){.caller = builder->frame,
                          .name = name,
                          .number = number,
                          .id = builder->frames++,
                          .first_binding = builder->n_bindings};
    builder->frame = frame;
}

void graph_build_leave(Builder *builder) {
    BuildFrame *frame = builder->frame;
    while (builder->n_bindings > frame->first_binding) {
        const BuildBinding *binding = &builder->bindings[--builder->n_bindings];
        builder->symbols[binding->symbol].top = binding->previous;
    }
    builder->frame = (BuildFrame *)frame->caller;
}

Status graph_build_add_def(Builder *builder, const Ast *ast, AstId id) {
    int symbol = graph_build_symbol(builder, ast->nodes[id].name);
    int calls = graph_build_anonymous(builder);
    if (symbol < 0 || calls < 0 ||
        !memory_reserve(&builder->defs, &builder->defs_capacity, builder->n_defs + 1,
                        sizeof(BuildDef))) {
        scope_fail(builder);
        return STATUS_MEMORY;
    }
    builder->defs[builder->n_defs] = (BuildDef){.ast = ast, .id = id, .calls = calls};
    builder->symbols[symbol].def = (int)builder->n_defs++;
    return STATUS_OK;
}

void graph_build_close(Builder *builder) {
    lang_free(builder->prelude);
    memory_free(builder->symbols);
    memory_free(builder->slots);
    memory_free(builder->bindings);
    memory_free(builder->defs);
    memory_free(builder->terms);
    memory_free(builder->argument_used);
}

/* ---- words and errors ------------------------------------------------------------------------ */

static BuildWords scope_text(const Source *source, Span span) {
    BuildWords words = {{0}};
    size_t length = 0;
    for (uint32_t at = span.start; at < span.end && at < source->length; at++) {
        char c = source->text[at];
        if (length + 1 >= sizeof words.s) break;
        words.s[length++] = c == '\n' || c == '\r' || c == '\t' ? ' ' : c;
    }
    return words;
}

BuildWords graph_build_words(const Builder *builder, AstId id) {
    bool own = builder->ast == builder->program;
    return scope_text(&builder->program->source,
                      own ? builder->ast->nodes[id].span : builder->call);
}

void graph_build_at(Builder *builder, AstId id) {
    bool own = builder->ast == builder->program;
    builder->graph->span = own ? builder->ast->nodes[id].span : builder->call;
}

NodeId graph_build_refuse(Builder *builder, AstId id, MessageId what, const char *a, const char *b,
                          const char *c, const char *d) {
    Graph *graph = builder->graph;
    if (graph->status != STATUS_OK) return NODE_NONE;
    graph->status = error_set(graph->error, STATUS_INPUT, what, a, b, c, d, NULL);
    graph_build_at(builder, id);
    error_place(graph->error, &builder->program->source, graph->span);
    return NODE_NONE;
}

bool graph_build_turn(Builder *builder, AstId id, double count) {
    if (count <= (double)(BUILD_TURNS - builder->turns)) {
        builder->turns += count > 0 ? (size_t)count : 0;
        return true;
    }
    graph_build_refuse(builder, id, MSG_BUILD_TOO_MANY_TURNS, number_integer(BUILD_TURNS).s, NULL,
                       NULL, NULL);
    return false;
}

void graph_build_remedy(Builder *builder, MessageId remedy, const char *a, const char *b) {
    error_remedy(builder->graph->error, remedy, a, b, NULL);
}
