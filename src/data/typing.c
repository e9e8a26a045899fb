/* typing: the type of each column, the cells that do not fit it, what becomes of missing ones. */
#include "data.h"

#include <math.h>
#include <string.h>

/* ---- types ----------------------------------------------------------------------------------- */

/* Not counting missing cells. */
static size_t data_present(const DataColumn *column) {
    return column->kinds[DATA_NUMBER] + column->kinds[DATA_DATE] + column->kinds[DATA_FLAG] +
           column->kinds[DATA_TEXT];
}

/* One kind in all cells is that type. When more than half are numbers (or dates) in a column that
 * is used, the others are taken for mistakes; else the column holds words. */
static ColumnType data_type(const DataColumn *column) {
    size_t present = data_present(column);
    size_t numbers = column->kinds[DATA_NUMBER], dates = column->kinds[DATA_DATE];
    if (numbers == present || (column->used && numbers > present / 2)) return COLUMN_NUMBER;
    if (dates == present || (column->used && dates > present / 2)) return COLUMN_DATE;
    return column->kinds[DATA_FLAG] == present ? COLUMN_FLAG : COLUMN_CATEGORY;
}

/* What is wrong with a cell of this kind in this column; MSG_NONE: nothing. */
static MessageId data_complaint(const DataReader *reader, const DataColumn *column,
                                const DataValue *value) {
    static const struct {
        DataKind kind;
        MessageId not ;
    } fits[] = {
        [COLUMN_NUMBER] = {DATA_NUMBER, MSG_DATA_IS_NOT_NUMBER},
        [COLUMN_CATEGORY] = {DATA_TEXT, MSG_NONE},
        [COLUMN_FLAG] = {DATA_FLAG, MSG_DATA_IS_NOT_FLAG},
        [COLUMN_DATE] = {DATA_DATE, MSG_DATA_IS_NOT_DATE},
    };
    bool number = column->type == COLUMN_NUMBER;
    if (!column->used) return MSG_NONE;
    if (value->kind == DATA_MISSING) {
        if (reader->options.missing == MISSING_REFUSE)
            return number ? MSG_DATA_IS_NOT_NUMBER : MSG_DATA_IS_MISSING;
        bool mean = number && data_present(column) > 0;
        return reader->options.missing == MISSING_MEAN && !mean ? MSG_DATA_HAS_NO_MEAN : MSG_NONE;
    }
    if (value->kind != fits[column->type].kind) return fits[column->type].not ;
    if (!number) return MSG_NONE;
    if (value->value - value->value != 0) return MSG_DATA_IS_NOT_FINITE;
    return reader->point && value->comma ? MSG_DATA_MIXES_COMMA : MSG_NONE;
}

/* Whether any cell of the column is worth a complaint, judged by its counts. */
static bool data_column_fails(const DataReader *reader, const DataColumn *column) {
    size_t fitting = column->type == COLUMN_NUMBER ? column->kinds[DATA_NUMBER]
                     : column->type == COLUMN_DATE ? column->kinds[DATA_DATE]
                                                   : data_present(column);
    DataValue missing = {.kind = DATA_MISSING};
    if (!column->used) return false;
    if (fitting != data_present(column) || column->infinite > 0) return true;
    if (reader->point && reader->comma_seen) return true;
    return column->kinds[DATA_MISSING] > 0 && data_complaint(reader, column, &missing) != MSG_NONE;
}

/* ---- naming the cells that do not fit -------------------------------------------------------- */

enum { DATA_PLACES = 5 };
typedef struct DataFinding {
    size_t count;
    long line; /* of the first */
    size_t column;
    bool missing;
    MessageId complaint;
    char cell[MESSAGE_ARG_SIZE]; /* in quotes, or the words for an empty one */
    Text places;                 /* the first five as LINE:COLUMN, ... */
} DataFinding;

static void data_quote_cell(DataReader *reader, DataFinding *finding, const DataCell *cell) {
    size_t length, most = sizeof finding->cell - 3;
    const char *text = data_cell_text(reader, cell, &length);
    if (length == 0) {
        strcpy(finding->cell, message_word(MSG_DATA_EMPTY_CELL).s);
        return;
    }
    if (length > most) length = most;
    finding->cell[0] = '\'';
    memcpy(finding->cell + 1, text, length);
    strcpy(finding->cell + 1 + length, "'");
}

static void data_found(DataReader *reader, DataFinding *finding, size_t column, long line,
                       const DataCell *cell) {
    if (finding->count++ == 0) {
        data_quote_cell(reader, finding, cell);
        finding->line = line;
        finding->column = column;
    }
    if (finding->count > DATA_PLACES) return;
    text_format(&finding->places, "%s%ld:%zu", finding->count > 1 ? ", " : "", line, column + 1);
}

static Status data_find_cells(DataReader *reader, DataFinding *finding, Error *error) {
    DataCsv csv = reader->body;
    while (data_csv_record(&csv)) {
        DataEnd end = DATA_END_CELL;
        for (size_t i = 0; end == DATA_END_CELL && i < reader->n_columns; i++) {
            DataCell cell;
            TRY(data_read_cell(reader, &csv, i, &cell, &end, error));
            DataValue value = data_classify(cell.start, cell.end, reader->comma);
            MessageId complaint = data_complaint(reader, &reader->columns[i], &value);
            if (complaint == MSG_NONE) continue;
            if (finding->count == 0) {
                finding->complaint = complaint;
                finding->missing = value.kind == DATA_MISSING;
            }
            data_found(reader, finding, i, csv.record_line, &cell);
        }
    }
    return STATUS_OK;
}

static MessageId data_cell_remedy(const DataFinding *finding) {
    if (finding->missing) return MSG_DATA_NA_DROP;
    return finding->complaint == MSG_DATA_MIXES_COMMA ? MSG_DATA_ONE_COMMA : MSG_DATA_CORRECT_CELL;
}

/* Reads the rows again to name the first cells that do not fit. STATUS_OK when all do after all. */
static Status data_explain(DataReader *reader, Error *error) {
    DataFinding finding = {0};
    Status status = data_find_cells(reader, &finding, error);
    if (status == STATUS_OK && finding.count > 0) {
        Text column = {0};
        text_format(&column, "%zu '%s'", finding.column + 1,
                    reader->table->columns[finding.column].name);
        if (finding.places.failed || column.failed)
            status = error_memory(error);
        else
            status = error_set(
                error, STATUS_INPUT, finding.count > 1 ? MSG_DATA_CELLS : MSG_DATA_CELL,
                text_string(&column), finding.cell, message_word(finding.complaint).s,
                number_integer((long long)finding.count).s, text_string(&finding.places), NULL);
        text_free(&column);
        if (status == STATUS_INPUT) {
            error_remedy(error, data_cell_remedy(&finding), NULL);
            data_fail_at(reader, finding.line, finding.column + 1, error);
        }
    }
    text_free(&finding.places);
    return status;
}

/* Of a model whose inputs take columns of numbers in their order. */
static void data_use_first(DataReader *reader) {
    const ReadOptions *options = &reader->options;
    size_t left = options->n_first;
    for (size_t i = 0; i < reader->n_columns && left > 0; i++) {
        DataColumn *column = &reader->columns[i];
        bool passed = column->used || (column->nameless && data_present(column) == 0);
        for (size_t k = 0; k < options->n_passed; k++)
            passed = passed || strcmp(options->passed[k], reader->table->columns[i].name) == 0;
        if (passed) continue;
        column->used = true;
        column->used = data_type(column) != COLUMN_CATEGORY;
        left -= column->used;
    }
}

Status data_type_columns(DataReader *reader, Error *error) {
    data_use_first(reader);
    bool fails = false;
    for (size_t i = 0; i < reader->n_columns; i++) {
        DataColumn *column = &reader->columns[i];
        size_t present = data_present(column), numbers = column->kinds[DATA_NUMBER];
        if (column->nameless && present == 0) column->used = false;
        column->type = data_type(column);
        fails = fails || data_column_fails(reader, column);
        if (column->type == COLUMN_CATEGORY && numbers > 0 && column->used)
            error_set(data_note(reader), STATUS_OK, MSG_DATA_NOTE_MIXED,
                      reader->table->columns[i].name, number_integer((long long)numbers).s,
                      number_integer((long long)present).s, NULL);
    }
    return fails ? data_explain(reader, error) : STATUS_OK;
}

/* ---- missing values -------------------------------------------------------------------------- */

static bool data_row_misses(const DataReader *reader, size_t row) {
    for (size_t i = 0; i < reader->n_columns; i++)
        if (reader->columns[i].used && isnan(reader->columns[i].values[row])) return true;
    return false;
}

static bool data_any_missing(const DataReader *reader) {
    for (size_t i = 0; i < reader->n_columns; i++)
        if (reader->columns[i].used && reader->columns[i].kinds[DATA_MISSING] > 0) return true;
    return false;
}

Status data_drop_rows(DataReader *reader, Error *error) {
    if (reader->options.missing != MISSING_DROP || !data_any_missing(reader)) return STATUS_OK;
    size_t kept = 0, all = reader->n_rows;
    long first = 0;
    for (size_t row = 0; row < all; row++) {
        if (data_row_misses(reader, row)) {
            if (first == 0) first = reader->lines[row];
            continue;
        }
        for (size_t i = 0; i < reader->n_columns; i++)
            reader->columns[i].values[kept] = reader->columns[i].values[row];
        reader->lines[kept++] = reader->lines[row];
    }
    NumberText total = number_integer((long long)all);
    reader->n_rows = kept;
    if (kept == 0) {
        error_set(error, STATUS_INPUT, MSG_DATA_ALL_DROPPED, total.s, NULL);
        return data_fail_at(reader, first, 0, error);
    }
    error_set(data_note(reader), STATUS_OK, MSG_DATA_NOTE_DROPPED,
              number_integer((long long)(all - kept)).s, total.s, number_integer(first).s, NULL);
    return STATUS_OK;
}

void data_fill_means(DataReader *reader) {
    if (reader->options.missing != MISSING_MEAN) return;
    for (size_t i = 0; i < reader->n_columns; i++) {
        DataColumn *column = &reader->columns[i];
        size_t missing = column->kinds[DATA_MISSING], count = 0;
        if (!column->used || missing == 0) continue;
        double mean = 0;
        for (size_t row = 0; row < reader->n_rows; row++)
            if (!isnan(column->values[row])) mean += (column->values[row] - mean) / (double)++count;
        for (size_t row = 0; row < reader->n_rows; row++)
            if (isnan(column->values[row])) column->values[row] = mean;
        error_set(data_note(reader), STATUS_OK, MSG_DATA_NOTE_MEAN, reader->table->columns[i].name,
                  number_integer((long long)missing).s, number_round(mean, 6).s, NULL);
    }
}

/* ---- categories ------------------------------------------------------------------------------ */

/* The code of a word: its place among the column's words, from 1. */
static Status data_code(DataReader *reader, DataNames *classes, size_t column, const DataCell *cell,
                        double *code, Error *error) {
    Table *table = reader->table;
    size_t length;
    const char *text = data_cell_text(reader, cell, &length);
    if (reader->scratch.failed) return error_memory(error);
    size_t index = data_names_find(classes, text, length);
    if (index == SIZE_MAX) {
        const char *name = data_name(table, text, length);
        if (!name && !table->arena.failed) {
            error_set(error, STATUS_INPUT, MSG_DATA_NOT_UTF8,
                      number_integer((long long)column + 1).s, NULL);
            error_remedy(error, MSG_DATA_NOT_UTF8_REMEDY, NULL);
            return STATUS_INPUT;
        }
        index = name ? data_names_add(classes, &table->arena, name, strlen(name)) : SIZE_MAX;
    }
    if (index == SIZE_MAX) return error_memory(error);
    *code = (double)(index + 1);
    return STATUS_OK;
}

/* One record of the second pass; 'row' SIZE_MAX: the row was dropped, step over it. */
static Status data_code_row(DataReader *reader, DataCsv *csv, DataNames *classes, size_t row,
                            Error *error) {
    DataEnd end = DATA_END_CELL;
    for (size_t i = 0; end == DATA_END_CELL && i < reader->n_columns; i++) {
        DataColumn *column = &reader->columns[i];
        DataCell cell;
        TRY(data_read_cell(reader, csv, i, &cell, &end, error));
        if (row == SIZE_MAX || column->type != COLUMN_CATEGORY) continue;
        if (isnan(column->values[row])) continue;
        Status status = data_code(reader, &classes[i], i, &cell, &column->values[row], error);
        if (status == STATUS_INPUT) data_fail_at(reader, csv->record_line, i + 1, error);
        if (status != STATUS_OK) return status;
    }
    return STATUS_OK;
}

static Status data_code_rows(DataReader *reader, DataNames *classes, Error *error) {
    DataCsv csv = reader->body;
    for (size_t row = 0; row < reader->n_rows && data_csv_record(&csv);) {
        bool kept = csv.record_line == reader->lines[row];
        TRY(data_code_row(reader, &csv, classes, kept ? row : SIZE_MAX, error));
        row += kept;
    }
    for (size_t i = 0; i < reader->n_columns; i++) {
        Column *column = &reader->table->columns[i];
        size_t count = classes[i].count;
        if (reader->columns[i].type != COLUMN_CATEGORY) continue;
        const char **names = arena_alloc(&reader->table->arena, count, sizeof *names);
        if (!names) return error_memory(error);
        if (count) memcpy(names, classes[i].names, count * sizeof *names);
        column->classes = names;
        column->n_classes = count;
    }
    return STATUS_OK;
}

Status data_fill_categories(DataReader *reader, Error *error) {
    bool any = false;
    for (size_t i = 0; i < reader->n_columns; i++)
        any = any || reader->columns[i].type == COLUMN_CATEGORY;
    if (!any) return STATUS_OK;
    DataNames *classes = memory_new(reader->n_columns, sizeof *classes);
    if (!classes) return error_memory(error);
    Status status = data_code_rows(reader, classes, error);
    for (size_t i = 0; i < reader->n_columns; i++) data_names_free(&classes[i]);
    memory_free(classes);
    return status;
}
