/* Helpers of the table tests. */
#ifndef DESCEND_TESTS_TABLES_H
#define DESCEND_TESTS_TABLES_H

#include "../../src/data/data.h"
#include "../check.h"

/* Parses text (to its NUL) as the file 'data.csv'; prints the error when it fails. */
static inline Table *table_of(const char *text, MissingPolicy missing) {
    ReadOptions options = {.missing = missing};
    Table *table = NULL;
    Error error = {0};
    if (data_parse("data.csv", text, strlen(text), &options, &table, &error) != STATUS_OK) {
        Text shown = {0};
        error_render(&error, LANGUAGE_EN, &shown);
        printf("%s\n", text_string(&shown));
        text_free(&shown);
        CHECK_FAIL("the table was not read");
    }
    return table;
}

/* The table must be refused with exactly this text. */
static inline void check_refused(const char *text, size_t length, const ReadOptions *options,
                                 const char *want) {
    Table *table = NULL;
    Error error = {0};
    Text shown = {0};
    Status status = data_parse("data.csv", text, length, options, &table, &error);
    CHECK(status != STATUS_OK && table == NULL);
    error_render(&error, LANGUAGE_EN, &shown);
    CHECK_TEXT(text_string(&shown), want);
    text_clear(&shown);
    error_render(&error, LANGUAGE_ZH, &shown);
    CHECK(shown.length > 0);
    text_free(&shown);
    data_free(table);
}

/* Column 'name' must hold these values (NaN for missing), as text: "1 2.5 nan". */
static inline void check_column(const Table *table, const char *name, ColumnType type,
                                const char *want) {
    Text got = {0};
    if (!table) return;
    int index = data_find(table, name);
    CHECK(index >= 0);
    if (index < 0) return;
    const Column *column = &table->columns[index];
    for (size_t i = 0; i < table->n_rows; i++) {
        if (i > 0) text_add_char(&got, ' ');
        text_add_number(&got, column->values[i]);
    }
    CHECK_INT(column->type, type);
    CHECK_TEXT(text_string(&got), want);
    text_free(&got);
}

/* All notes, one a line, without the file's name. */
static inline void check_notes(const Table *table, const char *want) {
    Text got = {0};
    if (!table) return;
    for (size_t i = 0; i < table->notes.count; i++) {
        Error note = table->notes.items[i];
        CHECK_TEXT(note.file, table->name);
        note.file[0] = '\0';
        error_render(&note, LANGUAGE_EN, &got);
        text_add_char(&got, '\n');
    }
    CHECK_TEXT(text_string(&got), want);
    text_free(&got);
}

#endif
