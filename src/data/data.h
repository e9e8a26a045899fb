/* data: files and literals -> typed columns.
 *
 * A Table owns its columns (or borrows them from the caller), every value a double: numbers as they
 * are, categories as codes from 1, flags as 0 and 1, dates as days since 1970-01-01, missing ones
 * as NaN.
 * Columns are read-only once the table is made.
 */
#ifndef DESCEND_DATA_H
#define DESCEND_DATA_H

#include "../base/base.h"

typedef enum ColumnType {
    COLUMN_NUMBER,
    COLUMN_CATEGORY, /* text: codes 1..n_classes in order of first appearance */
    COLUMN_FLAG,     /* true/false, yes/no */
    COLUMN_DATE
} ColumnType;

typedef struct Column {
    const char *name; /* NFC; "c1", "c2", ... when the file has no header */
    const char *bare; /* 'time' of the name 'time (s)', unless other columns have it too; or NULL */
    const char *unit; /* 's' of 'time (s)', 'time [s]' or a row of units below; NULL: none */
    ColumnType type;
    const double *values;       /* n_rows */
    const char *const *classes; /* n_classes names, categories only */
    size_t n_classes;
} Column;

typedef struct Table {
    const char *name; /* file name for messages; NULL for a literal */
    Column *columns;
    size_t n_columns, n_rows; /* n_rows >= 1 */
    const long *lines;        /* line of each row in the file (from 1); NULL when not from a file */
    Notes notes;              /* what was detected: separator, BOM, decimal comma, rows left out */
    Arena arena;              /* owns names and columns */
} Table;

typedef enum MissingPolicy { MISSING_REFUSE, MISSING_DROP, MISSING_MEAN } MissingPolicy;

/* Empty cells, NA, N/A, NaN, null, ?, - and . are missing. What 'missing' says, and that every cell
 * fits the type of its column, holds for the columns in 'used'; the others keep NaN for a missing
 * value, become categories when they mix numbers and words, and cost no row. */
typedef struct ReadOptions {
    MissingPolicy missing;
    size_t memory_limit;     /* bytes for the table; 0: none */
    const char *const *used; /* names (NFC) that a formula mentions; NULL: every column is used */
    size_t n_used;
    size_t n_first; /* with 'used': so many columns more, the first that are not in 'passed' */
    const char *const *passed;
    size_t n_passed;
} ReadOptions; /* {0} is the default */

/* CSV, TSV, semicolon or blank-separated text ("-": standard input) with '#' comments, with or
 * without a header, in UTF-8, UTF-16 or GB18030; BOM, CRLF, CR, quoted fields, a decimal comma and
 * units are understood and noted. Errors name file, line and column. 'options' may be NULL. On
 * failure '*table' is NULL. */
Status data_read(const char *path, const ReadOptions *options, Table **table, Error *error);
/* The same from memory; 'name' is used in messages. */
Status data_parse(const char *name, const char *text, size_t length, const ReadOptions *options,
                  Table **table, Error *error);
/* 'x=1,2,3 y=2,4,5': true when the text has that form (NAME=NUMBER,...), all columns equally long
 * or data_literal explains. A single NAME=NUMBER (a start value) is not a literal table,
 * 'x=1 y=2' is one of one row. */
bool data_is_literal(const char *text);
Status data_literal(const char *text, Table **table, Error *error);
/* Borrows the caller's arrays (not copied; they must outlive the table). */
Status data_borrow(size_t n_columns, const char *const *names, const double *const *values,
                   size_t n_rows, Table **table, Error *error);
/* Index of the column with that (NFC) name, with or without its unit, or -1. */
int data_find(const Table *table, const char *name);
bool data_is_named(const Column *column, const char *name); /* what data_find looks for */
const char *data_short_name(const Column *column);          /* as it is best typed */
void data_free(Table *table); /* NULL is fine */

/* ---- private to src/data --------------------------------------------------------------------- */

/* cells.c: what a cell is by its look. */
typedef enum DataKind {
    DATA_MISSING,
    DATA_NUMBER,
    DATA_DATE, /* 2024-01-31, with 12:00 or T12:00:00 too: days since 1970-01-01 */
    DATA_FLAG,
    DATA_TEXT,
    DATA_KINDS
} DataKind;
typedef enum DataComma {
    DATA_COMMA_NONE, /* a comma cannot be part of a number: it separates */
    DATA_COMMA_READ  /* 1,5 is a number as well */
} DataComma;
typedef struct DataValue {
    DataKind kind;
    double value;      /* NaN when missing, 0 for text */
    bool point, comma; /* the number has a decimal point or a decimal comma */
} DataValue;
DataValue data_classify(const char *start, const char *end, DataComma comma);

/* formats.c: refuses workbooks, archives and other files that are no text table, by their look. */
Status data_check_format(const char *name, const char *text, size_t length, Error *error);
Status data_check_zeros(const char *name, const char *text, size_t length, Error *error);

/* encoding.c: bytes -> text. */
typedef struct DataText {
    const char *text;
    size_t length;
    char *made;           /* the text, when it had to be converted (memory_free); else NULL */
    const char *encoding; /* from which it was; NULL: none */
    bool mark;            /* starts with a byte order mark */
} DataText;
/* UTF-16 and GB18030 become UTF-8; other bytes stay, as long as they are no other format. */
Status data_decode(const char *name, const char *bytes, size_t length, DataText *text,
                   Error *error);

/* csv.c: text -> records -> cells. */
typedef struct DataCsv {
    const char *at, *limit;
    char separator;   /* ' ': runs of blanks */
    long line;        /* of 'at', from 1 */
    long record_line; /* where the record in hand starts */
    bool crlf, cr, quotes;
    size_t comments; /* lines left out */
} DataCsv;
typedef struct DataCell {
    const char *start, *end; /* without quotes and the blanks around it */
    bool doubled;            /* holds "" for a quote */
} DataCell;
typedef enum DataEnd {
    DATA_END_CELL, /* another cell follows in this record */
    DATA_END_RECORD,
    DATA_END_NOT,    /* (data_csv_number) not a plain number: nothing was read */
    DATA_END_OPEN,   /* a quote is not closed */
    DATA_END_GARBAGE /* something stands between a closing quote and the separator */
} DataEnd;
DataCsv data_csv_start(const char *text, const char *limit, char separator);
bool data_csv_record(DataCsv *csv);   /* steps to the next record; false at the end */
bool data_csv_line_end(DataCsv *csv); /* steps over a line end, if 'at' stands on one */
long data_line_at(const char *text, const char *at); /* the line of a place, from 1 */
DataEnd data_csv_number(DataCsv *csv, double *value);
DataEnd data_csv_cell(DataCsv *csv, DataCell *cell);
char data_csv_separator(const char *text, const char *limit); /* by the look of the first records */

/* columns.c: names without twins, in order of first appearance. */
typedef struct DataNames {
    const char **names;
    size_t count, capacity;
    uint32_t *slots; /* open addressing: index + 1, or 0 */
    size_t n_slots;
} DataNames;
/* Index of the name, which is copied into the arena when new; SIZE_MAX when memory ended. */
size_t data_names_add(DataNames *names, Arena *arena, const char *text, size_t length);
size_t data_names_find(const DataNames *names, const char *text, size_t length); /* or SIZE_MAX */
void data_names_free(DataNames *names);              /* the strings stay in the arena */
Table *data_new(const char *name, size_t n_columns); /* NULL when memory ended */
/* The name as it is kept: NFC, control characters replaced; NULL when malformed or memory ended. */
const char *data_name(Table *table, const char *text, size_t length);

/* read_table.c drives, typing.c decides what the columns are. */
typedef struct DataColumn {
    size_t kinds[DATA_KINDS]; /* cells of each kind */
    size_t infinite;          /* numbers too large for a double, or 'inf' */
    bool used, nameless;
    ColumnType type;
    double *values; /* room for max_rows */
} DataColumn;
typedef struct DataReader {
    ReadOptions options;
    Table *table;
    DataComma comma;
    DataCsv csv;  /* at the end of what was read */
    DataCsv body; /* at the first row */
    DataColumn *columns;
    size_t n_columns, n_rows, max_rows;
    long *lines;
    long first_line;        /* of the first record, which set the number of columns */
    bool named;             /* the first record is a header */
    DataCsv above;          /* at the row of units, while 'units' is set */
    const char **units;     /* n_columns, of a row of units; NULL: there is none */
    long units_line;
    bool point, comma_seen; /* numbers with a decimal point, with a decimal comma */
    Text scratch;
} DataReader;
/* Reads the rest of a cell that is no plain number; fails on quotes. 'column' from 0. */
Status data_read_cell(DataReader *reader, DataCsv *csv, size_t column, DataCell *cell, DataEnd *end,
                      Error *error);
/* The words of a cell, "" undone; they live until the next call. */
const char *data_cell_text(DataReader *reader, const DataCell *cell, size_t *length);
/* Places 'error' in the table's file. Returns its status. */
Status data_fail_at(const DataReader *reader, long line, size_t column, Error *error);
Error *data_note(DataReader *reader); /* an empty note */
/* units.c */
void data_split_unit(Table *table, Column *column); /* sets unit and bare of a 'NAME (UNIT)' */
/* Leaves each 'bare' to one column; marks those whose bare name is used. */
Status data_bare_names(DataReader *reader, const DataNames *names, Error *error);
/* Steps over a row that looks like units. */
Status data_peek_units(DataReader *reader, Error *error);
/* After the first pass: false when the row was one of data after all; then the rows start there. */
bool data_units_hold(DataReader *reader);
void data_note_units(DataReader *reader);
/* typing.c */
Status data_type_columns(DataReader *reader, Error *error);
Status data_drop_rows(DataReader *reader, Error *error);
Status data_fill_categories(DataReader *reader, Error *error);
void data_fill_means(DataReader *reader);

#endif
