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
 * without a header; BOM, CRLF, quoted fields and a decimal comma are understood and noted. Errors
 * name file, line and column. 'options' may be NULL. On failure '*table' is NULL. */
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
/* Index of the column with that (NFC) name, or -1. */
int data_find(const Table *table, const char *name);
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

/* csv.c: text -> records -> cells. */
typedef struct DataCsv {
    const char *at, *limit;
    char separator;   /* ' ': runs of blanks */
    long line;        /* of 'at', from 1 */
    long record_line; /* where the record in hand starts */
    bool crlf, quotes;
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
bool data_csv_record(DataCsv *csv); /* steps to the next record; false at the end */
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
Status data_type_columns(DataReader *reader, Error *error);
Status data_drop_rows(DataReader *reader, Error *error);
Status data_fill_categories(DataReader *reader, Error *error);
void data_fill_means(DataReader *reader);

#endif
