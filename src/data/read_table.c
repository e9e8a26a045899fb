/* read_table: a text file -> a table, in two passes at most.
 *
 * The first pass reads every cell once, straight into its column (the room is bounded by the number
 * of lines), and counts what kinds of cells each column has. Then the types are decided; only
 * columns of words need the second pass, which gives each word its code. */
#include "data.h"

#include <string.h>

/* ---- shared with typing.c -------------------------------------------------------------------- */

Status data_fail_at(const DataReader *reader, long line, size_t column, Error *error) {
    error_file(error, reader->table->name, line, (long)column);
    return error ? error->status : STATUS_INPUT;
}

Error *data_note(DataReader *reader) {
    return notes_add(&reader->table->notes);
}

const char *data_cell_text(DataReader *reader, const DataCell *cell, size_t *length) {
    *length = (size_t)(cell->end - cell->start);
    if (!cell->doubled) return cell->start;
    text_clear(&reader->scratch);
    for (const char *at = cell->start; at < cell->end; at++) {
        text_add_char(&reader->scratch, *at);
        at += *at == '"';
    }
    *length = reader->scratch.length;
    return text_string(&reader->scratch);
}

Status data_read_cell(DataReader *reader, DataCsv *csv, size_t column, DataCell *cell, DataEnd *end,
                      Error *error) {
    *end = data_csv_cell(csv, cell);
    if (*end != DATA_END_OPEN && *end != DATA_END_GARBAGE) return STATUS_OK;
    error_set(error, STATUS_INPUT,
              *end == DATA_END_OPEN ? MSG_DATA_QUOTE_OPEN : MSG_DATA_QUOTE_AFTER,
              number_integer((long long)column + 1).s, NULL);
    error_remedy(error, MSG_DATA_QUOTE_REMEDY, NULL);
    error_file(error, reader->table ? reader->table->name : NULL, csv->record_line,
               (long)column + 1);
    return STATUS_INPUT;
}

/* ---- the first record ------------------------------------------------------------------------ */

typedef struct DataHeader {
    DataCell *cells;
    size_t count, capacity;
} DataHeader;

static Status data_read_first(DataReader *reader, DataHeader *header, Error *error) {
    DataEnd end = DATA_END_CELL;
    reader->first_line = reader->csv.record_line;
    while (end == DATA_END_CELL) {
        if (!memory_reserve(&header->cells, &header->capacity, header->count + 1,
                            sizeof *header->cells))
            return error_memory(error);
        TRY(data_read_cell(reader, &reader->csv, header->count, &header->cells[header->count], &end,
                           error));
        header->count++;
    }
    return STATUS_OK;
}

/* Names are words: no number and no date among them, and not all of them empty. */
static bool data_is_header(const DataReader *reader, const DataHeader *header) {
    bool words = false;
    for (size_t i = 0; i < header->count; i++) {
        DataValue value =
            data_classify(header->cells[i].start, header->cells[i].end, reader->comma);
        if (value.kind == DATA_NUMBER || value.kind == DATA_DATE) return false;
        words = words || value.kind != DATA_MISSING;
    }
    return words;
}

static Status data_name_column(DataReader *reader, const DataCell *cell, size_t i, Error *error) {
    Table *table = reader->table;
    Column *column = &table->columns[i];
    size_t length = 0;
    const char *text = cell ? data_cell_text(reader, cell, &length) : "";
    NumberText position = number_integer((long long)i + 1);
    if (length == 0) {
        char made[NUMBER_TEXT + 1] = "c";
        strcat(made, position.s);
        column->name = arena_copy(&table->arena, made, strlen(made));
        reader->columns[i].nameless = cell != NULL;
    } else {
        column->name = reader->scratch.failed ? NULL : data_name(table, text, length);
        if (column->name) data_split_unit(table, column);
    }
    if (column->name && !table->arena.failed) return STATUS_OK;
    if (table->arena.failed || reader->scratch.failed) return error_memory(error);
    error_set(error, STATUS_INPUT, MSG_DATA_NOT_UTF8, position.s, NULL);
    error_remedy(error, MSG_DATA_NOT_UTF8_REMEDY, NULL);
    return data_fail_at(reader, reader->first_line, i + 1, error);
}

static Status data_name_twice(DataReader *reader, size_t first, size_t second, Error *error) {
    error_set(error, STATUS_INPUT, MSG_DATA_TWO_NAMES, reader->table->columns[second].name,
              number_integer((long long)first + 1).s, number_integer((long long)second + 1).s,
              NULL);
    error_remedy(error, MSG_DATA_RENAME, NULL);
    return data_fail_at(reader, reader->first_line, second + 1, error);
}

/* Names the columns and marks those that the caller uses. */
static Status data_name_columns(DataReader *reader, const DataHeader *header, bool named,
                                Error *error) {
    DataNames names = {0};
    Status status = STATUS_OK;
    for (size_t i = 0; i < header->count && status == STATUS_OK; i++) {
        status = data_name_column(reader, named ? &header->cells[i] : NULL, i, error);
        if (status != STATUS_OK) break;
        const char *name = reader->table->columns[i].name;
        size_t index = data_names_add(&names, &reader->table->arena, name, strlen(name));
        if (index == SIZE_MAX)
            status = error_memory(error);
        else if (index != i)
            status = data_name_twice(reader, index, i, error);
        reader->columns[i].used = reader->options.used == NULL;
    }
    if (status == STATUS_OK) status = data_bare_names(reader, &names, error);
    for (size_t i = 0; i < reader->options.n_used && status == STATUS_OK; i++) {
        const char *used = reader->options.used[i];
        size_t index = data_names_find(&names, used, strlen(used));
        if (index != SIZE_MAX) reader->columns[index].used = true;
    }
    data_names_free(&names);
    return status;
}

/* Decides on a header and makes the table with its names. */
static Status data_start_table(DataReader *reader, const char *name, Error *error) {
    DataHeader header = {0};
    Status status = data_read_first(reader, &header, error);
    if (status == STATUS_OK) {
        bool named = data_is_header(reader, &header);
        reader->n_columns = header.count;
        reader->table = data_new(name, header.count);
        reader->columns = memory_new(header.count, sizeof *reader->columns);
        reader->named = named;
        if (named) reader->body = reader->csv;
        if (!reader->table || !reader->columns)
            status = error_memory(error);
        else
            status = data_name_columns(reader, &header, named, error);
        if (status == STATUS_OK && !named)
            error_set(data_note(reader), STATUS_OK, MSG_DATA_NOTE_NO_HEADER,
                      number_integer((long long)header.count).s, NULL);
    } else if (status == STATUS_INPUT) {
        error_file(error, name, reader->first_line, (long)header.count + 1);
    }
    memory_free(header.cells);
    return status;
}

/* ---- the first pass -------------------------------------------------------------------------- */

/* A record takes a line, and as many bytes as it has cells (but for the last line end). */
static size_t data_most_rows(const DataReader *reader) {
    const char *text = reader->body.at, *limit = reader->body.limit;
    size_t length = (size_t)(limit - text), lines = 1;
    for (const char *at = text; at < limit; at++) lines += *at == '\n';
    if (length && memchr(text, '\r', length))
        for (const char *at = text; at < limit; at++)
            lines += *at == '\r' && !(at + 1 < limit && at[1] == '\n');
    size_t fit = (length + 1) / reader->n_columns + 1;
    return lines < fit ? lines : fit;
}

static Status data_make_room(DataReader *reader, Error *error) {
    size_t cells, bytes, limit = reader->options.memory_limit;
    reader->max_rows = data_most_rows(reader);
    if (!memory_multiply(reader->max_rows, reader->n_columns + 1, &cells) ||
        !memory_multiply(cells, sizeof(double), &bytes))
        return error_memory(error);
    if (limit && bytes > limit) {
        error_set(error, STATUS_MEMORY, MSG_DATA_TOO_LARGE,
                  number_integer((long long)(bytes / 1000000 + 1)).s,
                  number_round((double)limit / 1e6, 3).s, NULL);
        return data_fail_at(reader, 0, 0, error);
    }
    double *block = arena_alloc(&reader->table->arena, cells, sizeof *block);
    reader->lines = arena_alloc(&reader->table->arena, reader->max_rows, sizeof *reader->lines);
    if (!block || !reader->lines) return error_memory(error);
    for (size_t i = 0; i < reader->n_columns; i++)
        reader->columns[i].values = block + i * reader->max_rows;
    return STATUS_OK;
}

static Status data_cell_count(DataReader *reader, long line, size_t count, Error *error) {
    NumberText expected = number_integer((long long)reader->n_columns);
    error_set(error, STATUS_INPUT, MSG_DATA_CELL_COUNT, number_integer((long long)count).s,
              expected.s, NULL);
    error_remedy(error, MSG_DATA_CELL_COUNT_REMEDY, number_integer(reader->first_line).s,
                 expected.s, NULL);
    return data_fail_at(reader, line, 0, error);
}

static void data_take(DataReader *reader, size_t column, DataKind kind, double value) {
    if (column >= reader->n_columns) return;
    DataColumn *target = &reader->columns[column];
    target->kinds[kind]++;
    target->infinite += kind == DATA_NUMBER && value - value != 0;
    target->values[reader->n_rows] = value;
}

static Status data_read_row(DataReader *reader, Error *error) {
    DataCsv *csv = &reader->csv;
    DataEnd end = DATA_END_CELL;
    size_t count = 0;
    for (; end == DATA_END_CELL; count++) {
        const char *start = csv->at;
        double value;
        end = data_csv_number(csv, &value);
        if (end != DATA_END_NOT) {
            if (reader->comma == DATA_COMMA_READ && !reader->point)
                reader->point = memchr(start, '.', (size_t)(csv->at - start)) != NULL;
            data_take(reader, count, DATA_NUMBER, value);
            continue;
        }
        DataCell cell;
        TRY(data_read_cell(reader, csv, count, &cell, &end, error));
        DataValue read = data_classify(cell.start, cell.end, reader->comma);
        reader->point = reader->point || read.point;
        reader->comma_seen = reader->comma_seen || read.comma;
        data_take(reader, count, read.kind, read.value);
    }
    if (count != reader->n_columns) return data_cell_count(reader, csv->record_line, count, error);
    reader->lines[reader->n_rows++] = csv->record_line;
    return STATUS_OK;
}

/* As before the first row. */
static void data_start_rows(DataReader *reader) {
    reader->csv = reader->body;
    reader->n_rows = 0;
    reader->point = reader->comma_seen = false;
    for (size_t i = 0; i < reader->n_columns; i++) {
        memset(reader->columns[i].kinds, 0, sizeof reader->columns[i].kinds);
        reader->columns[i].infinite = 0;
    }
}

static Status data_read_rows(DataReader *reader, Error *error) {
    if (reader->named) TRY(data_peek_units(reader, error));
    do {
        data_start_rows(reader);
        while (data_csv_record(&reader->csv)) TRY(data_read_row(reader, error));
    } while (!data_units_hold(reader));
    if (reader->n_rows > 0) return STATUS_OK;
    error_set(error, STATUS_INPUT, MSG_DATA_HEADER_ONLY, NULL);
    error_remedy(error, MSG_DATA_EMPTY_REMEDY, NULL);
    return data_fail_at(reader, reader->first_line, 0, error);
}

/* ---- the whole ------------------------------------------------------------------------------- */

static void data_note_format(DataReader *reader, const DataText *text) {
    const DataCsv *csv = &reader->csv;
    MessageId separator = csv->separator == '\t'  ? MSG_DATA_TABS
                          : csv->separator == ';' ? MSG_DATA_SEMICOLONS
                          : csv->separator == ' ' ? MSG_DATA_BLANKS
                                                  : MSG_NONE;
    if (separator != MSG_NONE && reader->n_columns > 1)
        error_set(data_note(reader), STATUS_OK, MSG_DATA_NOTE_SEPARATOR, message_word(separator).s,
                  NULL);
    if (text->encoding)
        error_set(data_note(reader), STATUS_OK, MSG_DATA_NOTE_ENCODING, text->encoding, NULL);
    if (text->mark) error_set(data_note(reader), STATUS_OK, MSG_DATA_NOTE_BOM, NULL);
    if (csv->crlf) error_set(data_note(reader), STATUS_OK, MSG_DATA_NOTE_CRLF, NULL);
    if (csv->cr) error_set(data_note(reader), STATUS_OK, MSG_DATA_NOTE_CR, NULL);
    if (reader->comma_seen) error_set(data_note(reader), STATUS_OK, MSG_DATA_NOTE_COMMA, NULL);
    if (csv->quotes) error_set(data_note(reader), STATUS_OK, MSG_DATA_NOTE_QUOTES, NULL);
    if (csv->comments)
        error_set(data_note(reader), STATUS_OK, MSG_DATA_NOTE_COMMENTS,
                  number_integer((long long)csv->comments).s, NULL);
    data_note_units(reader);
}

/* Hands the columns over to the table; a column without name and values is left out. */
static void data_finish_columns(DataReader *reader) {
    Table *table = reader->table;
    size_t kept = 0;
    for (size_t i = 0; i < reader->n_columns; i++) {
        DataColumn *from = &reader->columns[i];
        Column column = table->columns[i];
        NumberText position = number_integer((long long)i + 1);
        bool empty = from->kinds[DATA_MISSING] > 0 && from->kinds[DATA_NUMBER] == 0 &&
                     from->kinds[DATA_DATE] == 0 && from->kinds[DATA_FLAG] == 0 &&
                     from->kinds[DATA_TEXT] == 0;
        if (from->nameless && empty) {
            error_set(data_note(reader), STATUS_OK, MSG_DATA_NOTE_EMPTY_COLUMN, position.s, NULL);
            continue;
        }
        if (from->nameless)
            error_set(data_note(reader), STATUS_OK, MSG_DATA_NOTE_UNNAMED, position.s, column.name,
                      NULL);
        column.type = from->type;
        column.values = from->values;
        table->columns[kept++] = column;
    }
    table->n_columns = kept;
    table->n_rows = reader->n_rows;
    table->lines = reader->lines;
    for (size_t i = 0; i < table->notes.count; i++)
        error_file(&table->notes.items[i], table->name, 0, 0);
}

static Status data_run(DataReader *reader, const char *name, const DataText *text,
                       Error *error) {
    if (!data_csv_record(&reader->csv)) {
        error_set(error, STATUS_INPUT, MSG_DATA_EMPTY, NULL);
        error_file(error, name, 0, 0);
        error_remedy(error, MSG_DATA_EMPTY_REMEDY, NULL);
        return STATUS_INPUT;
    }
    TRY(data_start_table(reader, name, error));
    TRY(data_make_room(reader, error));
    TRY(data_read_rows(reader, error));
    data_note_format(reader, text);
    TRY(data_type_columns(reader, error));
    TRY(data_drop_rows(reader, error));
    TRY(data_fill_categories(reader, error));
    data_fill_means(reader);
    data_finish_columns(reader);
    return reader->table->notes.failed ? error_memory(error) : STATUS_OK;
}

/* 'sep=;' on a line of its own, which some programs write for Excel: the separator, or '\0'. */
static char data_said_separator(DataCsv *csv) {
    if (csv->limit - csv->at < 6 || memcmp(csv->at, "sep=", 4) != 0) return '\0';
    char said = csv->at[4];
    DataCsv next = *csv;
    next.at += 5;
    if (!strchr(",;\t", said) || said == '\0' || !data_csv_line_end(&next)) return '\0';
    *csv = next;
    return said;
}

/* Reads text that is UTF-8, or as it is. */
static Status data_parse_text(const char *name, DataText text, const ReadOptions *options,
                              Table **table, Error *error) {
    const char *limit = text.text + text.length;
    text.mark = text.length >= 3 && memcmp(text.text, "\xef\xbb\xbf", 3) == 0;
    DataReader reader = {.options = options ? *options : (ReadOptions){0},
                         .csv = data_csv_start(text.text + 3 * text.mark, limit, ',')};
    char separator = data_said_separator(&reader.csv);
    if (!separator) separator = data_csv_separator(reader.csv.at, limit);
    reader.csv.separator = separator;
    reader.comma = separator == ',' ? DATA_COMMA_NONE : DATA_COMMA_READ;
    reader.body = reader.csv;
    Status status = data_run(&reader, name, &text, error);
    memory_free(reader.columns);
    text_free(&reader.scratch);
    if (status != STATUS_OK) {
        data_free(reader.table);
        return status;
    }
    *table = reader.table;
    return STATUS_OK;
}

Status data_parse(const char *name, const char *text, size_t length, const ReadOptions *options,
                  Table **table, Error *error) {
    DataText decoded;
    *table = NULL;
    TRY(data_decode(name, text, length, &decoded, error));
    Status status = data_parse_text(name, decoded, options, table, error);
    memory_free(decoded.made);
    return status;
}

Status data_read(const char *path, const ReadOptions *options, Table **table, Error *error) {
    char *text;
    size_t length;
    DataText decoded;
    *table = NULL;
    TRY(file_read(path, options ? options->memory_limit : 0, &text, &length, error));
    const char *name = strcmp(path, "-") == 0 ? "stdin" : path;
    Status status = data_decode(name, text, length, &decoded, error);
    if (status == STATUS_OK && decoded.made) { /* one copy is enough */
        memory_free(text);
        text = decoded.made;
    }
    if (status == STATUS_OK) status = data_parse_text(name, decoded, options, table, error);
    memory_free(text);
    return status;
}
