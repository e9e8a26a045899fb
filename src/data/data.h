/* data: files and literals -> typed columns.
 *
 * A Table owns its columns (or borrows them from the caller), every value a double: numbers as they
 * are, categories as codes from 1, flags as 0 and 1, dates as days since 1970-01-01, missing as NaN.
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
    size_t n_columns, n_rows;
    const long *lines; /* line of each row in the file (from 1); NULL when not from a file */
    Notes notes;       /* what was detected: separator, BOM, decimal comma, rows left out */
    Arena arena;       /* owns names and columns */
} Table;

typedef enum MissingPolicy { MISSING_REFUSE, MISSING_DROP, MISSING_MEAN } MissingPolicy;

typedef struct ReadOptions {
    MissingPolicy missing;
    size_t memory_limit; /* bytes; 0: none */
} ReadOptions;           /* {0} is the default */

/* CSV, TSV, semicolon or blank-separated text ("-": standard input) with '#' comments, with or
 * without a header; BOM, CRLF, quoted fields and a decimal comma are understood and noted. Errors
 * name file, line and column. */
Status data_read(const char *path, const ReadOptions *options, Table **table, Error *error);
/* The same from memory; 'name' is used in messages. */
Status data_parse(const char *name, const char *text, size_t length, const ReadOptions *options,
                  Table **table, Error *error);
/* 'x=1,2,3 y=2,4,5': true when the text has that form (NAME=NUMBER,...), all columns equally long
 * or data_literal explains. A single NAME=NUMBER (a start value) is not a literal table. */
bool data_is_literal(const char *text);
Status data_literal(const char *text, Table **table, Error *error);
/* Borrows the caller's arrays (not copied; they must outlive the table). */
Status data_borrow(size_t n_columns, const char *const *names, const double *const *values,
                   size_t n_rows, Table **table, Error *error);
/* Index of the column with that (NFC) name, or -1. */
int data_find(const Table *table, const char *name);
void data_free(Table *table); /* NULL is fine */

#endif
