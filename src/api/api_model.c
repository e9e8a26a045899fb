/* Models with a name, and the texts that are carried inside. */
#include "api.h"

#include <string.h>

/* ---- what a model says about itself ---------------------------------------------------------- */

const char *descend_model_name(const descend_model *model) {
    AstId id = model ? lang_model(model->ast) : 0;
    return id ? model->ast->nodes[id].name : NULL;
}

const char *descend_model_argument(const descend_model *model, size_t k) {
    AstId id = model ? lang_model(model->ast) : 0;
    if (!id || k + 1 >= model->ast->nodes[id].n_children) return NULL;
    return model->ast->nodes[lang_child(model->ast, id, (uint32_t)k)].name;
}

const char *descend_model_text(const descend_model *model) {
    return model ? model->ast->source.text : NULL;
}

const char *descend_model_about(descend_model *model, const char *key) {
    if (!model || !key) return "";
    text_clear(&model->text);
    lang_about(model->ast, key, &model->text);
    return text_string(&model->text);
}

/* ---- columns --------------------------------------------------------------------------------- */

bool api_is_input(const descend_model *model, const char *name) {
    const char *argument;
    for (size_t k = 0; (argument = descend_model_argument(model, k)); k++)
        if (strcmp(argument, name) == 0) return true;
    return false;
}

Status api_add_column(ModelColumns *columns, Arena *arena, const char *argument,
                      const char *column) {
    ModelColumn made = {.column = unicode_nfc(arena, column, strlen(column))};
    if (!made.column && !arena->failed) made.column = arena_copy(arena, column, strlen(column));
    if (argument) made.argument = arena_copy(arena, argument, strlen(argument));
    if (!made.column || (argument && !made.argument) ||
        !memory_reserve(&columns->items, &columns->capacity, columns->count + 1,
                        sizeof *columns->items))
        return STATUS_MEMORY;
    columns->items[columns->count++] = made;
    return STATUS_OK;
}

Status api_join_columns(descend_walk *walk) {
    const ModelColumns *own = &walk->columns, *model = &walk->model->columns;
    size_t count = own->count + model->count;
    ModelColumn *all = arena_alloc(&walk->arena, count + 1, sizeof *all);
    if (!all) return STATUS_MEMORY;
    if (own->count) memcpy(all, own->items, own->count * sizeof *all);
    if (model->count) memcpy(all + own->count, model->items, model->count * sizeof *all);
    walk->build.model_columns = all;
    walk->build.n_model_columns = count;
    return STATUS_OK;
}

Status api_no_input(const descend_model *model, const char *name, const char *value,
                    Error *error) {
    Text inputs = {0};
    const char *input;
    for (size_t k = 0; (input = descend_model_argument(model, k)); k++) {
        text_add(&inputs, k ? ", " : "");
        text_add(&inputs, input);
    }
    if (value)
        error_set(error, STATUS_INPUT, MSG_API_NO_INPUT_NUMBER, name, value, text_string(&inputs),
                  NULL);
    else error_set(error, STATUS_INPUT, MSG_API_NO_INPUT, name, text_string(&inputs), NULL);
    text_free(&inputs);
    return STATUS_INPUT;
}

descend_status descend_model_column(descend_model *model, const char *argument, const char *column,
                                    descend_error **error) {
    Error inside = {0};
    if (!model || !column) return api_null(error, !model ? "model" : "column");
    if (argument && !api_is_input(model, argument)) {
        api_no_input(model, argument, NULL, &inside);
        return api_fail(error, &inside);
    }
    if (api_add_column(&model->columns, &model->arena, argument, column) != STATUS_OK)
        return api_no_memory(error);
    return DESCEND_OK;
}

/* Reading a table: columns that were chosen are used, and as many of the others as inputs are left;
 * those that are no input are not. */
Status api_used_columns(const descend_model *model, const char *role, Arena *arena,
                        ReadOptions *options) {
    const ModelColumns *columns = &model->columns;
    const char **names = arena_alloc(arena, 2 * columns->count + 2, sizeof *names);
    if (!names) return STATUS_MEMORY;
    const char **passed = names + columns->count + 1;
    while (descend_model_argument(model, options->n_first)) options->n_first++;
    for (size_t k = 0; k < columns->count; k++) {
        const ModelColumn *choice = &columns->items[k];
        if (choice->argument) names[options->n_used++] = choice->column;
        if (choice->argument && options->n_first > 0) options->n_first--;
        if (!choice->argument) passed[options->n_passed++] = choice->column;
    }
    if (role) names[options->n_used++] = role;
    options->used = names;
    options->passed = passed;
    return STATUS_OK;
}

/* ---- ready texts ----------------------------------------------------------------------------- */

const char *descend_ready_text(const char *name) {
    const char *rule = name ? optim_rule_text(name) : NULL;
    return rule ? rule : graph_model_text(name);
}

const char *descend_ready_name(size_t k) {
    size_t rules = 0;
    while (optim_rule_name(rules)) rules++;
    return k < rules ? optim_rule_name(k) : graph_model_name(k - rules);
}

char *descend_function_text(const char *name) {
    size_t length = 0;
    const char *text = lang_prelude_def(name, &length);
    char *copy = text ? memory_new(length + 1, 1) : NULL;
    if (copy) memcpy(copy, text, length);
    return copy;
}
