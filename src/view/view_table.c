/* view_table: rows and columns, aligned by what a terminal shows, not by bytes. */
#include "view.h"

#include <string.h>

enum { TABLE_DIGITS = 7, TABLE_GAP = 2 };

static const char table_gap_mark[] = "..."; /* compared by address: a row of it was left out */

void view_table_column(ViewTable *table, ViewAlign align, const char *header) {
    size_t need = table->n_columns + 1;
    char *copy = arena_copy(&table->arena, header, strlen(header));
    if (!copy ||
        !memory_reserve(&table->headers, &table->header_capacity, need, sizeof *table->headers) ||
        !memory_reserve(&table->align, &table->align_capacity, need, sizeof *table->align)) {
        table->failed = true;
        return;
    }
    table->headers[table->n_columns] = copy;
    table->align[table->n_columns++] = align;
}

static void table_add(ViewTable *table, const char *owned) {
    if (!owned || !memory_reserve(&table->cells, &table->cell_capacity, table->n_cells + 1,
                                  sizeof *table->cells)) {
        table->failed = true;
        return;
    }
    table->cells[table->n_cells++] = owned;
}

void view_table_cell(ViewTable *table, const char *text) {
    table_add(table, arena_copy(&table->arena, text, strlen(text)));
}

void view_table_number(ViewTable *table, double value) {
    view_table_cell(table, number_round(value, TABLE_DIGITS).s);
}

void view_table_gap(ViewTable *table) {
    for (size_t k = 0; k < table->n_columns; k++) table_add(table, table_gap_mark);
}

void view_table_free(ViewTable *table) {
    arena_free(&table->arena);
    memory_free(table->headers);
    memory_free(table->align);
    memory_free(table->cells);
    memset(table, 0, sizeof *table);
}

/* ---- widths --------------------------------------------------------------------------------- */

static int table_columns(const char *text) { return unicode_columns(text, strlen(text)); }

static bool table_is_number(const char *text) {
    if (*text == '-') text++;
    return *text >= '0' && *text <= '9';
}

/* Columns before the decimal point (or the exponent, or the end). */
static int table_whole(const char *text) { return (int)strcspn(text, ".e "); }

typedef struct TableColumn {
    int width;
    int whole, rest; /* of the numbers: columns before and from the decimal point */
} TableColumn;

static TableColumn table_measure(const ViewTable *table, size_t k) {
    TableColumn column = {.width = table_columns(table->headers[k])};
    for (size_t i = k; i < table->n_cells; i += table->n_columns) {
        const char *cell = table->cells[i];
        int columns = table_columns(cell);
        if (columns > column.width) column.width = columns;
        if (table->align[k] != VIEW_NUMBER || !table_is_number(cell)) continue;
        int whole = table_whole(cell);
        if (whole > column.whole) column.whole = whole;
        if (columns - whole > column.rest) column.rest = columns - whole;
    }
    if (column.whole + column.rest > column.width) column.width = column.whole + column.rest;
    return column;
}

/* Writes a cell with 'before' blanks in front; blanks behind it are left to the next cell. */
static void table_put(Text *out, int *pending, int before, const char *cell, int width) {
    int columns = table_columns(cell);
    if (columns > 0) {
        text_add_repeat(out, ' ', (size_t)(*pending + before));
        text_add(out, cell);
        *pending = width - before - columns;
    } else {
        *pending += width;
    }
    *pending += TABLE_GAP;
}

/* Blanks in front of a cell. Headers and words stand at the right end of a column of numbers. */
static int table_before(const TableColumn *column, ViewAlign align, const char *cell, bool header) {
    if (align == VIEW_LEFT) return 0;
    if (header || !table_is_number(cell)) return column->width - table_columns(cell);
    return column->width - column->rest - table_whole(cell);
}

static void table_rule(const ViewTable *table, const TableColumn *columns, Text *out) {
    for (size_t k = 0; k < table->n_columns; k++) {
        text_add_repeat(out, ' ', k ? TABLE_GAP : 0);
        text_add_repeat(out, '-', (size_t)columns[k].width);
    }
    text_add_char(out, '\n');
}

static void table_row(const ViewTable *table, const TableColumn *columns, const char *const *cells,
                      Text *out) {
    int pending = 0;
    for (size_t k = 0; k < table->n_columns; k++) {
        bool header = cells == table->headers;
        int before = table_before(&columns[k], table->align[k], cells[k], header);
        table_put(out, &pending, before, cells[k], columns[k].width);
    }
    text_add_char(out, '\n');
}

/* ---- words ---------------------------------------------------------------------------------- */

static void table_sentence(const ViewTable *table, const char *const *cells, Language language,
                           Text *out) {
    bool first = true;
    if (cells[0] == table_gap_mark) {
        text_add(out, message_template(MSG_VIEW_ROWS_LEFT_OUT, language));
        text_add_char(out, '\n');
        return;
    }
    text_add(out, table->headers[0]);
    text_add_char(out, ' ');
    text_add(out, cells[0]);
    for (size_t k = 1; k < table->n_columns; k++) {
        if (!cells[k][0]) continue;
        text_add(out, message_template(first ? MSG_VIEW_COLON : MSG_VIEW_COMMA, language));
        text_add(out, table->headers[k]);
        text_add_char(out, ' ');
        text_add(out, cells[k]);
        first = false;
    }
    text_add_char(out, '\n');
}

void view_table_render(ViewTable *table, const ViewStyle *style, Text *out) {
    TableColumn *columns = arena_alloc(&table->arena, table->n_columns + 1, sizeof *columns);
    if (table->failed || !columns || table->n_columns == 0) {
        out->failed = out->failed || table->failed || !columns;
        return;
    }
    for (size_t k = 0; k < table->n_columns; k++) columns[k] = table_measure(table, k);
    if (!style->plain) {
        table_row(table, columns, table->headers, out);
        table_rule(table, columns, out);
    }
    for (size_t i = 0; i + table->n_columns <= table->n_cells; i += table->n_columns) {
        if (style->plain) table_sentence(table, table->cells + i, style->language, out);
        else table_row(table, columns, table->cells + i, out);
    }
}
