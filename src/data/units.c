/* units: the 's' of a header 'time (s)' or 'time [s]', or of a row of its own below the header. */
#include "data.h"

#include <string.h>

/* ---- what looks like a unit ------------------------------------------------------------------ */

/* Digits are exponents, m2 or s^-1, or the one of 1/s. */
static bool unit_digit(const char *start, const char *at, const char *end) {
    bool more = at + 1 < end && at[1] >= '0' && at[1] <= '9';
    if (more) return false;
    if (at == start) return *at == '1' && end - at > 1 && at[1] == '/';
    char before = at[-1];
    return (before >= 'a' && before <= 'z') || (before >= 'A' && before <= 'Z') || before == '^' ||
           before == '-' || before == '+';
}

/* Short, and made of letters, signs of any script, '%', and what joins them. */
static bool unit_looks(const char *start, const char *end) {
    enum { LONGEST = 16 };
    int characters = 0;
    bool words = false;
    for (const char *at = start; at < end; characters++) {
        uint32_t code;
        int step = unicode_decode(at, end, &code);
        if (step == 0 || characters == LONGEST) return false;
        bool word = unicode_letter(code) || code >= 0x80 || code == '%';
        bool digit = code >= '0' && code <= '9';
        if (digit && !unit_digit(start, at, end)) return false;
        if (!word && !digit && (code < ' ' || !strchr(" /*^.-+()", (int)code))) return false;
        words = words || word;
        at += step;
    }
    return words;
}

static bool unit_starts(const char *at, const char *end, const char *word) {
    size_t length = strlen(word);
    return (size_t)(end - at) >= length && memcmp(at, word, length) == 0;
}

/* Text that ends with a bracket: '*open' is where the fitting one stands, [*start, *stop) what is
 * between them. */
static bool unit_brackets(const char *text, const char *end, const char **open, const char **start,
                          const char **stop) {
    static const char *const pairs[][2] = {
        {"(", ")"}, {"[", "]"}, {"\uff08", "\uff09"}, {"\uff3b", "\uff3d"}, {"\u3010", "\u3011"}};
    for (size_t k = 0; k < COUNT_OF(pairs); k++) {
        size_t length = strlen(pairs[k][1]), depth = 1;
        if ((size_t)(end - text) < 2 * length || !unit_starts(end - length, end, pairs[k][1]))
            continue;
        *stop = end - length;
        for (const char *at = *stop; at-- > text;) {
            depth += unit_starts(at, *stop, pairs[k][1]);
            if (!unit_starts(at, *stop, pairs[k][0]) || --depth > 0) continue;
            *open = at;
            *start = at + length;
            return true;
        }
    }
    return false;
}

static void unit_trim(const char **start, const char **end) {
    while (*start < *end && **start == ' ') ++*start;
    while (*start < *end && (*end)[-1] == ' ') --*end;
}

/* ---- units in the header --------------------------------------------------------------------- */

void data_split_unit(Table *table, Column *column) {
    const char *name = column->name, *open, *start, *stop;
    if (!unit_brackets(name, name + strlen(name), &open, &start, &stop)) return;
    unit_trim(&name, &open);
    unit_trim(&start, &stop);
    if (open == name || !unit_looks(start, stop)) return;
    column->unit = arena_copy(&table->arena, start, (size_t)(stop - start));
    column->bare = arena_copy(&table->arena, name, (size_t)(open - name));
}

/* Takes the name without unit away from columns that cannot be told apart by it. */
static bool unit_tell_apart(Table *table, const DataNames *names, DataNames *bare, size_t *owner) {
    for (size_t i = 0; i < table->n_columns; i++) {
        Column *column = &table->columns[i];
        size_t length = column->bare ? strlen(column->bare) : 0, known = bare->count;
        if (length == 0) continue;
        if (data_names_find(names, column->bare, length) != SIZE_MAX) {
            column->bare = NULL;
            continue;
        }
        size_t index = data_names_add(bare, &table->arena, column->bare, length);
        if (index == SIZE_MAX) return false;
        if (bare->count == known) column->bare = table->columns[owner[index]].bare = NULL;
        else owner[index] = i;
    }
    return true;
}

Status data_bare_names(DataReader *reader, const DataNames *names, Error *error) {
    Table *table = reader->table;
    size_t first = 0;
    while (first < table->n_columns && !table->columns[first].bare) first++;
    if (first == table->n_columns) return STATUS_OK;
    DataNames bare = {0};
    size_t *owner = memory_new(table->n_columns, sizeof *owner);
    bool good = owner && unit_tell_apart(table, names, &bare, owner);
    for (size_t i = 0; good && i < reader->options.n_used; i++) {
        const char *used = reader->options.used[i];
        size_t index = data_names_find(&bare, used, strlen(used));
        if (index == SIZE_MAX || !table->columns[owner[index]].bare) continue;
        reader->columns[owner[index]].used = true;
    }
    data_names_free(&bare);
    memory_free(owner);
    return good ? STATUS_OK : error_memory(error);
}

/* ---- a row of units -------------------------------------------------------------------------- */

/* A unit, in brackets or not; or, '*unit' NULL, an empty cell, '-' or '(1)'. */
static bool unit_cell(DataReader *reader, const DataCell *cell, const char **unit) {
    Arena *arena = &reader->table->arena;
    DataKind kind = data_classify(cell->start, cell->end, reader->comma).kind;
    size_t length;
    *unit = NULL;
    const char *text = data_cell_text(reader, cell, &length);
    if (kind == DATA_MISSING) return length == 0 || (length == 1 && *text == '-');
    text = kind == DATA_TEXT ? data_name(reader->table, text, length) : NULL;
    if (!text) return false;
    const char *open, *start = text, *stop = text + strlen(text);
    if (unit_brackets(text, stop, &open, &start, &stop) && open == text) {
        unit_trim(&start, &stop);
        if (stop == start || (stop - start == 1 && (*start == '-' || *start == '1'))) return true;
    } else {
        start = text;
        stop = text + strlen(text);
    }
    if (!unit_looks(start, stop)) return false;
    *unit = arena_copy(arena, start, (size_t)(stop - start));
    return true;
}

/* Reads a record into 'cells'; false when it has another number of them, or bad quotes. */
static bool unit_record(const DataReader *reader, DataCsv *csv, DataCell *cells) {
    DataEnd end = DATA_END_CELL;
    if (!data_csv_record(csv)) return false;
    for (size_t i = 0; i < reader->n_columns; i++) {
        if (end != DATA_END_CELL) return false;
        end = data_csv_cell(csv, &cells[i]);
    }
    return end == DATA_END_RECORD;
}

static bool unit_has_number(const DataReader *reader, const DataCell *cells) {
    for (size_t i = 0; i < reader->n_columns; i++)
        if (data_classify(cells[i].start, cells[i].end, reader->comma).kind == DATA_NUMBER)
            return true;
    return false;
}

Status data_peek_units(DataReader *reader, Error *error) {
    Arena *arena = &reader->table->arena;
    DataCsv csv = reader->body;
    const char **units = arena_alloc(arena, reader->n_columns, sizeof *units);
    DataCell *cells = memory_new(reader->n_columns, sizeof *cells);
    bool looks = units && cells && unit_record(reader, &csv, cells), any = false;
    long line = csv.record_line;
    for (size_t i = 0; looks && i < reader->n_columns; i++) {
        looks = unit_cell(reader, &cells[i], &units[i]);
        any = any || units[i];
    }
    DataCsv below = csv;
    looks = looks && any && unit_record(reader, &below, cells) && unit_has_number(reader, cells);
    bool failed = !cells || arena->failed || reader->scratch.failed;
    memory_free(cells);
    if (failed) return error_memory(error);
    if (!looks) return STATUS_OK;
    reader->units = units;
    reader->units_line = line;
    reader->above = reader->body;
    reader->body = csv;
    return STATUS_OK;
}

/* All else under the units are numbers; where a column is used, most: the others are mistakes. */
static bool unit_column_holds(const DataColumn *column) {
    size_t numbers = column->kinds[DATA_NUMBER];
    size_t others = column->kinds[DATA_TEXT] + column->kinds[DATA_FLAG] + column->kinds[DATA_DATE];
    return numbers > 0 && (others == 0 || (column->used && numbers > others));
}

bool data_units_hold(DataReader *reader) {
    bool hold = true;
    for (size_t i = 0; reader->units && i < reader->n_columns; i++)
        hold = hold && (!reader->units[i] || unit_column_holds(&reader->columns[i]));
    for (size_t i = 0; reader->units && hold && i < reader->n_columns; i++)
        if (reader->units[i]) reader->table->columns[i].unit = reader->units[i];
    if (hold) return true;
    reader->units = NULL;
    reader->body = reader->above;
    return false;
}

/* Notes 'time [s], signal [mV]' of the columns with units in the row, or in the header. */
static void unit_note(DataReader *reader, bool row, MessageId id, const char *line) {
    Text list = {0};
    for (size_t i = 0; i < reader->n_columns; i++) {
        const Column *column = &reader->table->columns[i];
        const char *name = row ? column->name : column->bare;
        if (row ? !reader->units[i] : !column->bare) continue;
        text_format(&list, "%s%s [%s]", list.length ? ", " : "", name, column->unit);
    }
    if (list.length > 0)
        error_set(data_note(reader), STATUS_OK, id, text_string(&list), line, NULL);
    reader->table->notes.failed = reader->table->notes.failed || list.failed;
    text_free(&list);
}

void data_note_units(DataReader *reader) {
    unit_note(reader, false, MSG_DATA_NOTE_BARE, NULL);
    if (!reader->units) return;
    unit_note(reader, true, MSG_DATA_NOTE_UNITS, number_integer(reader->units_line).s);
}
