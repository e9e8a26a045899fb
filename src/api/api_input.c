/* Models and tables: text and files become objects. */
#include "api.h"

#include <string.h>

/* ---- models ---------------------------------------------------------------------------------- */

static descend_model *api_model(const char *name, const char *text, size_t length, bool declared,
                                descend_error **error) {
    Error inside = {0};
    descend_model *model = memory_new(1, sizeof *model);
    if (!model) {
        api_no_memory(error);
        return NULL;
    }
    model->declared = declared;
    if (lang_parse(name, text, length, LANG_PROGRAM, &model->ast, &inside) == STATUS_OK)
        return model;
    memory_free(model);
    api_fail(error, &inside);
    return NULL;
}

descend_model *descend_model_parse(const char *formula, descend_error **error) {
    if (!formula) {
        api_null(error, "formula");
        return NULL;
    }
    return api_model(NULL, formula, strlen(formula), false, error);
}

descend_model *descend_model_read(const char *path, descend_error **error) {
    Error inside = {0};
    char *text = NULL;
    size_t length = 0;
    if (!path) {
        api_null(error, "path");
        return NULL;
    }
    if (file_read(path, 0, &text, &length, &inside) != STATUS_OK) {
        api_fail(error, &inside);
        return NULL;
    }
    bool typed = strcmp(path, "-") == 0;
    descend_model *model = api_model(typed ? NULL : path, text, length, !typed, error);
    memory_free(text);
    return model;
}

int descend_model_is_fit(const descend_model *model) {
    for (size_t id = 1; model && id < model->ast->n_nodes; id++)
        if (model->ast->nodes[id].kind == AST_FIT) return 1;
    return 0;
}

/* 'dense.1.W' belongs to what is called 'dense'. */
static bool model_names(const char *name, const char *wanted) {
    size_t length = name ? strlen(name) : 0;
    return length > 0 && strncmp(name, wanted, length) == 0 &&
           (wanted[length] == '\0' || wanted[length] == '.');
}

int descend_model_takes(const descend_model *model, const char *argument) {
    Arena arena = {0};
    int takes = 0;
    if (!model || !argument) return 0;
    const char *name = unicode_nfc(&arena, argument, strcspn(argument, "="));
    for (size_t id = 1; name && !takes && id < model->ast->n_nodes; id++)
        takes = model_names(model->ast->nodes[id].name, name);
    arena_free(&arena);
    return takes;
}

const char *descend_model_note(descend_model *model, size_t k, const char *language) {
    return model ? api_note(&model->text, &model->ast->notes, k, language) : NULL;
}

void descend_model_free(descend_model *model) {
    if (!model) return;
    lang_free(model->ast);
    text_free(&model->text);
    memory_free(model->columns.items);
    arena_free(&model->arena);
    memory_free(model);
}

/* ---- tables ---------------------------------------------------------------------------------- */

static descend_table *api_table(Status status, Table *inside, const Error *why,
                                descend_error **error) {
    descend_table *table = status == STATUS_OK ? memory_new(1, sizeof *table) : NULL;
    if (table) {
        table->table = inside;
        return table;
    }
    if (status == STATUS_OK) {
        data_free(inside);
        api_no_memory(error);
    } else {
        api_fail(error, why);
    }
    return NULL;
}

static Status table_missing(const char *na, MissingPolicy *missing, Error *error) {
    static const char *const NAMES[] = {
        [MISSING_REFUSE] = "refuse", [MISSING_DROP] = "drop", [MISSING_MEAN] = "mean"};
    *missing = MISSING_REFUSE;
    for (size_t k = 0; na && k < COUNT_OF(NAMES); k++) {
        if (strcmp(na, NAMES[k]) != 0) continue;
        *missing = (MissingPolicy)k;
        return STATUS_OK;
    }
    return na ? error_set(error, STATUS_INPUT, MSG_API_NA, na, NULL) : STATUS_OK;
}

/* Columns of 'role', as the command's options have them: COL or NAME=COL, separated by commas.
 * Their count, at most one more than the commas. */
static size_t table_role_names(const char *role, Arena *arena, const char **names) {
    size_t count = 0;
    while (role && *role) {
        size_t length = strcspn(role, ",");
        const char *equals = memchr(role, '=', length);
        const char *start = equals ? equals + 1 : role;
        names[count] = unicode_nfc(arena, start, length - (size_t)(start - role));
        if (names[count]) count++;
        role += length + (role[length] == ',');
    }
    return count;
}

/* Every name that stands in the model may be a column. */
static Status table_used_names(const Ast *ast, const char *role, Arena *arena,
                               ReadOptions *options) {
    size_t count = 0, roles = 1;
    for (const char *c = role; c && *c; c++) roles += *c == ',';
    const char **names = arena_alloc(arena, ast->n_nodes + roles, sizeof *names);
    if (!names) return STATUS_MEMORY;
    for (size_t id = 1; id < ast->n_nodes; id++) {
        AstKind kind = ast->nodes[id].kind;
        if (kind == AST_NAME || kind == AST_DATA) names[count++] = ast->nodes[id].name;
    }
    count += table_role_names(role, arena, names + count);
    if (arena->failed) return STATUS_MEMORY;
    options->used = names;
    options->n_used = count;
    return STATUS_OK;
}

descend_table *descend_table_read(const char *path, const char *na, const descend_model *model,
                                  const char *role, descend_error **error) {
    Error inside = {0};
    Arena arena = {0};
    Table *table = NULL;
    ReadOptions options = {0};
    if (!path) {
        api_null(error, "path");
        return NULL;
    }
    Status status = table_missing(na, &options.missing, &inside);
    bool named = descend_model_name(model) != NULL;
    if (status == STATUS_OK && named && api_used_columns(model, role, &arena, &options))
        status = error_memory(&inside);
    if (status == STATUS_OK && model && !named &&
        table_used_names(model->ast, role, &arena, &options))
        status = error_memory(&inside);
    if (status == STATUS_OK) status = data_read(path, &options, &table, &inside);
    arena_free(&arena);
    return api_table(status, table, &inside, error);
}

descend_table *descend_table_parse(const char *literal, descend_error **error) {
    Error inside = {0};
    Table *table = NULL;
    if (!literal) {
        api_null(error, "literal");
        return NULL;
    }
    Status status = data_literal(literal, &table, &inside);
    return api_table(status, table, &inside, error);
}

int descend_table_is_literal(const char *text) {
    return text && data_is_literal(text);
}

/* The argument, or the part of one, that is NULL. */
static const char *columns_missing(size_t n_columns, const char *const *names,
                                   const double *const *values) {
    if (!names) return "names";
    if (!values) return "values";
    for (size_t k = 0; k < n_columns; k++) {
        if (!names[k]) return "names[k]";
        if (!values[k]) return "values[k]";
    }
    return NULL;
}

descend_table *descend_table_columns(size_t n_columns, const char *const *names,
                                     const double *const *values, size_t n_rows,
                                     descend_error **error) {
    Error inside = {0};
    Table *table = NULL;
    const char *missing = columns_missing(n_columns, names, values);
    if (missing) {
        api_null(error, missing);
        return NULL;
    }
    Status status = data_borrow(n_columns, names, values, n_rows, &table, &inside);
    return api_table(status, table, &inside, error);
}

size_t descend_table_row_count(const descend_table *table) {
    return table ? table->table->n_rows : 0;
}

size_t descend_table_column_count(const descend_table *table) {
    return table ? table->table->n_columns : 0;
}

const char *descend_table_column_name(const descend_table *table, size_t column) {
    bool there = table && column < table->table->n_columns;
    return there ? table->table->columns[column].name : NULL;
}

const char *descend_table_column_unit(const descend_table *table, size_t column) {
    bool there = table && column < table->table->n_columns;
    return there ? table->table->columns[column].unit : NULL;
}

const double *descend_table_column(const descend_table *table, size_t column) {
    bool there = table && column < table->table->n_columns;
    return there ? table->table->columns[column].values : NULL;
}

const char *descend_table_word(const descend_table *table, size_t column, size_t row) {
    if (!descend_table_column(table, column) || row >= table->table->n_rows) return "";
    const Column *from = &table->table->columns[column];
    double code = from->values[row];
    bool word = from->type == COLUMN_CATEGORY && code >= 1 && code <= (double)from->n_classes;
    return word ? from->classes[(size_t)code - 1] : "";
}

const char *descend_table_note(descend_table *table, size_t k, const char *language) {
    return table ? api_note(&table->text, &table->table->notes, k, language) : NULL;
}

void descend_table_free(descend_table *table) {
    if (!table) return;
    data_free(table->table);
    text_free(&table->text);
    memory_free(table);
}
