/* literal_table: a small table typed on the command line, 'x=1,2,3 y=2,4,5'. */
#include "data.h"

#include <string.h>

typedef struct DataLiteral {
    const char *text, *at, *limit;
    const char *name, *name_end;
} DataLiteral;

static void data_literal_skip(DataLiteral *literal) {
    while (literal->at < literal->limit && *literal->at && strchr(" \t\r\n;", *literal->at))
        literal->at++;
}

/* NAME or `NAME`, then '='. */
static bool data_literal_name(DataLiteral *literal) {
    data_literal_skip(literal);
    const char *at = literal->at;
    bool quoted = at < literal->limit && *at == '`';
    if (quoted) at++;
    literal->name = at;
    while (at < literal->limit) {
        uint32_t code;
        int length = unicode_decode(at, literal->limit, &code);
        if (length == 0 || (quoted && code == '`')) break;
        if (!quoted && !(at == literal->name ? unicode_letter(code) : unicode_name(code))) break;
        at += length;
    }
    literal->name_end = at;
    if (at == literal->name || (quoted && (at >= literal->limit || *at++ != '`'))) return false;
    while (at < literal->limit && *at == ' ') at++;
    if (at >= literal->limit || *at != '=') return false;
    literal->at = at + 1;
    return true;
}

/* The next value's text; '*more' when a comma follows it. */
static void data_literal_value(DataLiteral *literal, const char **start, const char **end,
                               bool *more) {
    while (literal->at < literal->limit && *literal->at == ' ') literal->at++;
    *start = literal->at;
    while (literal->at < literal->limit && *literal->at && !strchr(" \t\r\n;,", *literal->at))
        literal->at++;
    *end = literal->at;
    const char *after = literal->at;
    while (after < literal->limit && *after == ' ') after++;
    *more = after < literal->limit && *after == ',';
    if (*more) literal->at = after + 1;
}

static DataLiteral data_literal_start(const char *text) {
    return (DataLiteral){.text = text, .at = text, .limit = text + strlen(text)};
}

bool data_is_literal(const char *text) {
    DataLiteral literal = data_literal_start(text);
    bool list = false; /* a comma, or two names: 'x=2 y=3' is a table of one row */
    size_t names = 0;
    if (strstr(text, "..")) return false;
    do {
        const char *start, *end;
        bool more = true, first = true;
        double value;
        if (!data_literal_name(&literal)) return false;
        names++;
        while (more) {
            data_literal_value(&literal, &start, &end, &more);
            if (first && !number_read(start, end, &value)) return false;
            first = false;
            list = list || more;
        }
        data_literal_skip(&literal);
    } while (literal.at < literal.limit);
    return list || names > 1;
}

/* Points at [start, end) of the text. */
static Status data_literal_place(const DataLiteral *literal, const char *start, const char *end,
                                 Error *error) {
    Source source = {.text = literal->text, .length = (size_t)(literal->limit - literal->text)};
    Span span = {(uint32_t)(start - literal->text), (uint32_t)(end - literal->text)};
    if (span.end == 0) span.end = 1; /* {0, 0} would be nowhere */
    error_place(error, &source, span);
    return STATUS_INPUT;
}

static Status data_literal_fail(const DataLiteral *literal, const char *start, const char *end,
                                Error *error, MessageId id) {
    char word[MESSAGE_ARG_SIZE];
    size_t length = (size_t)(end - start);
    if (length >= sizeof word) length = sizeof word - 1;
    memcpy(word, start, length);
    word[length] = '\0';
    error_set(error, STATUS_INPUT, id, word, NULL);
    return data_literal_place(literal, start, end, error);
}

/* Reads 'values'; room for one value for each two bytes of the text. */
static Status data_literal_values(DataLiteral *literal, double *values, size_t *count,
                                  Error *error) {
    bool more = true;
    *count = 0;
    while (more) {
        const char *start, *end;
        data_literal_value(literal, &start, &end, &more);
        double value;
        if (!number_read(start, end, &value) || value - value != 0) {
            Status status = data_literal_fail(literal, start, end, error, MSG_DATA_LITERAL_NUMBER);
            error_remedy(error, MSG_DATA_LITERAL_NUMBER_REMEDY, NULL);
            return status;
        }
        values[(*count)++] = value;
    }
    return STATUS_OK;
}

/* One NAME=NUMBER,... as the next column of the table. */
static Status data_literal_column(DataLiteral *literal, Table *table, double *values,
                                  Error *error) {
    size_t count;
    if (!data_literal_name(literal)) {
        data_literal_skip(literal);
        return data_literal_fail(literal, literal->at, literal->limit, error,
                                 MSG_DATA_LITERAL_NAME);
    }
    const char *start = literal->name, *end = literal->name_end;
    const char *name = data_name(table, start, (size_t)(end - start));
    if (!name) return error_memory(error);
    if (data_find(table, name) >= 0)
        return data_literal_fail(literal, start, end, error, MSG_DATA_LITERAL_TWICE);
    TRY(data_literal_values(literal, values, &count, error));
    if (table->n_columns > 0 && count != table->n_rows) {
        error_set(error, STATUS_INPUT, MSG_DATA_LITERAL_LENGTHS, name,
                  number_integer((long long)count).s, table->columns[0].name,
                  number_integer((long long)table->n_rows).s, NULL);
        return data_literal_place(literal, start, end, error);
    }
    double *kept = arena_alloc(&table->arena, count, sizeof *kept);
    if (!kept) return error_memory(error);
    memcpy(kept, values, count * sizeof *kept);
    table->n_rows = count;
    table->columns[table->n_columns++] = (Column){.name = name, .values = kept};
    return STATUS_OK;
}

Status data_literal(const char *text, Table **table, Error *error) {
    DataLiteral literal = data_literal_start(text);
    size_t most_columns = 1, most_values = strlen(text) / 2 + 1;
    *table = NULL;
    for (const char *at = text; *at; at++) most_columns += *at == '=';
    Table *made = data_new(NULL, most_columns);
    double *values = memory_new(most_values, sizeof *values);
    Status status = made && values ? STATUS_OK : error_memory(error);
    if (made) made->n_columns = 0;
    do {
        if (status != STATUS_OK) break;
        status = data_literal_column(&literal, made, values, error);
        data_literal_skip(&literal);
    } while (literal.at < literal.limit);
    memory_free(values);
    if (status != STATUS_OK) {
        data_free(made);
        return status;
    }
    *table = made;
    return STATUS_OK;
}
