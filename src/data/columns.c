/* columns: tables and their names, from making to freeing. */
#include "data.h"

#include <string.h>

/* ---- names without twins --------------------------------------------------------------------- */

static size_t data_names_slot(const DataNames *names, const char *text, size_t length) {
    Hash hash = hash_start();
    hash_bytes(&hash, text, length);
    size_t mask = names->n_slots - 1, slot = (size_t)(hash.value ^ hash.value >> 32) & mask;
    while (names->slots[slot]) {
        const char *other = names->names[names->slots[slot] - 1];
        if (strncmp(other, text, length) == 0 && other[length] == '\0') break;
        slot = (slot + 1) & mask;
    }
    return slot;
}

/* Doubles the slots when half of them are taken. */
static bool data_names_grow(DataNames *names) {
    if (names->count * 2 < names->n_slots) return true;
    DataNames larger = *names;
    larger.n_slots = names->n_slots ? names->n_slots * 2 : 16;
    if (larger.count >= UINT32_MAX / 2) return false;
    larger.slots = memory_new(larger.n_slots, sizeof *larger.slots);
    if (!larger.slots) return false;
    for (size_t i = 0; i < names->count; i++) {
        const char *name = names->names[i];
        larger.slots[data_names_slot(&larger, name, strlen(name))] = (uint32_t)i + 1;
    }
    memory_free(names->slots);
    *names = larger;
    return true;
}

size_t data_names_find(const DataNames *names, const char *text, size_t length) {
    if (names->n_slots == 0) return SIZE_MAX;
    uint32_t found = names->slots[data_names_slot(names, text, length)];
    return found ? found - 1 : SIZE_MAX;
}

size_t data_names_add(DataNames *names, Arena *arena, const char *text, size_t length) {
    size_t found = data_names_find(names, text, length);
    if (found != SIZE_MAX) return found;
    if (!data_names_grow(names) ||
        !memory_reserve(&names->names, &names->capacity, names->count + 1, sizeof *names->names))
        return SIZE_MAX;
    const char *copy = arena_copy(arena, text, length);
    if (!copy) return SIZE_MAX;
    size_t slot = data_names_slot(names, text, length);
    names->names[names->count] = copy;
    names->slots[slot] = (uint32_t)++names->count;
    return names->count - 1;
}

void data_names_free(DataNames *names) {
    memory_free(names->names);
    memory_free(names->slots);
    *names = (DataNames){0};
}

/* ---- tables ---------------------------------------------------------------------------------- */

Table *data_new(const char *name, size_t n_columns) {
    Table *table = memory_new(1, sizeof *table);
    if (!table) return NULL;
    table->name = name ? arena_copy(&table->arena, name, strlen(name)) : NULL;
    table->columns = arena_alloc(&table->arena, n_columns, sizeof *table->columns);
    table->n_columns = n_columns;
    if (table->arena.failed) {
        data_free(table);
        return NULL;
    }
    return table;
}

void data_free(Table *table) {
    if (!table) return;
    notes_free(&table->notes);
    arena_free(&table->arena);
    memory_free(table);
}

const char *data_name(Table *table, const char *text, size_t length) {
    Text safe = {0};
    for (const char *at = text, *limit = text + length; at < limit;) {
        char shown[4];
        int bytes;
        uint32_t code;
        if (!unicode_decode(at, limit, &code)) {
            text_free(&safe);
            return NULL;
        }
        at += unicode_show(at, limit, shown, &bytes);
        text_add_bytes(&safe, shown, (size_t)bytes);
    }
    if (safe.failed) table->arena.failed = true;
    const char *name =
        safe.failed ? NULL : unicode_nfc(&table->arena, text_string(&safe), safe.length);
    text_free(&safe);
    return name;
}

int data_find(const Table *table, const char *name) {
    for (size_t i = 0; i < table->n_columns; i++)
        if (data_is_named(&table->columns[i], name)) return (int)i;
    return -1;
}

bool data_is_named(const Column *column, const char *name) {
    return strcmp(column->name, name) == 0 || (column->bare && strcmp(column->bare, name) == 0);
}

const char *data_short_name(const Column *column) {
    return column->bare ? column->bare : column->name;
}

static Status data_borrow_column(Table *table, size_t i, const char *name, const double *values,
                                 Error *error) {
    NumberText position = number_integer((long long)i + 1);
    if (!name || !name[0] || !values)
        return error_set(error, STATUS_INPUT, MSG_DATA_BORROW_EMPTY, position.s, NULL);
    table->columns[i] = (Column){.name = data_name(table, name, strlen(name)), .values = values};
    if (table->arena.failed) return error_memory(error);
    if (!table->columns[i].name)
        return error_set(error, STATUS_INPUT, MSG_DATA_NOT_UTF8, position.s, NULL);
    return STATUS_OK;
}

Status data_borrow(size_t n_columns, const char *const *names, const double *const *values,
                   size_t n_rows, Table **table, Error *error) {
    *table = NULL;
    if (n_columns == 0 || n_rows == 0)
        return error_set(error, STATUS_INPUT, MSG_DATA_NO_ROWS, NULL);
    Table *made = data_new(NULL, n_columns);
    if (!made) return error_memory(error);
    made->n_rows = n_rows;
    Status status = STATUS_OK;
    DataNames seen = {0};
    for (size_t i = 0; i < n_columns && status == STATUS_OK; i++) {
        status = data_borrow_column(made, i, names[i], values[i], error);
        if (status != STATUS_OK) break;
        const char *name = made->columns[i].name;
        size_t index = data_names_add(&seen, &made->arena, name, strlen(name));
        if (index == SIZE_MAX)
            status = error_memory(error);
        else if (index != i)
            status = error_set(error, STATUS_INPUT, MSG_DATA_TWO_NAMES, name,
                               number_integer((long long)index + 1).s,
                               number_integer((long long)i + 1).s, NULL);
    }
    data_names_free(&seen);
    if (status != STATUS_OK) {
        data_free(made);
        return status;
    }
    *table = made;
    return STATUS_OK;
}
