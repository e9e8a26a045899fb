/* Any bytes as a table, under each policy for missing values, and as a literal: no crash, and what
 * is read keeps the promises of data.h. */
#include "../../src/data/data.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool promise) {
    if (!promise) abort();
}

static void check_values(const Table *table, const Column *column) {
    for (size_t row = 0; row < table->n_rows; row++) {
        double value = column->values[row];
        bool missing = value != value;
        if (column->type == COLUMN_FLAG) demand(missing || value == 0 || value == 1);
        if (column->type != COLUMN_CATEGORY) continue;
        demand(missing || (value >= 1 && value <= (double)column->n_classes));
        if (!missing) demand(column->classes[(size_t)value - 1] != NULL);
    }
}

static void check_table(const Table *table) {
    demand(table->n_rows >= 1);
    for (size_t i = 0; i < table->n_columns; i++) {
        const Column *column = &table->columns[i];
        demand(column->name[0] != '\0');
        demand(!column->unit || column->unit[0] != '\0');
        if (i < 20 && column->bare) demand(data_find(table, column->bare) == (int)i);
        check_values(table, column);
    }
    for (size_t i = 0; i < table->n_columns && i < 20; i++)
        demand(data_find(table, table->columns[i].name) == (int)i);
    for (size_t row = 1; table->lines && row < table->n_rows; row++)
        demand(table->lines[row] > table->lines[row - 1]);
}

static void check_answer(Status status, Table *table, const Error *error) {
    Text text = {0};
    demand((status == STATUS_OK) == (table != NULL));
    if (table)
        check_table(table);
    else
        demand(error->what.id != MSG_NONE && error->status == status);
    error_render(error, LANGUAGE_EN, &text);
    error_render(error, LANGUAGE_ZH, &text);
    for (size_t i = 0; table && i < table->notes.count; i++)
        error_render(&table->notes.items[i], LANGUAGE_ZH, &text);
    for (size_t i = 0; i < text.length; i++)
        demand((unsigned char)text.data[i] >= ' ' || text.data[i] == '\n');
    text_free(&text);
    data_free(table);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const char *const used[] = {"x", "c1"};
    for (int policy = 0; policy < 6; policy++) {
        ReadOptions options = {.missing = (MissingPolicy)(policy % 3)};
        if (policy >= 3) options.used = used, options.n_used = 2;
        Table *table = NULL;
        Error error = {0};
        Status status = data_parse("fuzz.csv", (const char *)data, size, &options, &table, &error);
        check_answer(status, table, &error);
    }
    char *text = malloc(size + 1);
    if (!text) return 0;
    if (size) memcpy(text, data, size);
    text[size] = '\0';
    Table *table = NULL;
    Error error = {0};
    data_is_literal(text);
    Status status = data_literal(text, &table, &error);
    check_answer(status, table, &error);
    free(text);
    return 0;
}
