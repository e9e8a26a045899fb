/* formats: files that are no text table, known by their first bytes, and what to do with them. */
#include "data.h"

#include <string.h>

typedef struct DataFormat {
    const char *bytes; /* at the start, behind blanks; letters in either case */
    size_t length;
    const char *within; /* must stand somewhere in the file too; NULL: nothing */
    const char *ending; /* of the file's name; NULL: any */
    const char *name;   /* the same in all languages */
    MessageId remedy;   /* {1}: the name */
} DataFormat;

#define DATA_BYTES(bytes) bytes, sizeof bytes - 1

static const DataFormat data_formats[] = {
    {DATA_BYTES("PK\003\004"), ".npy", NULL, "NumPy (.npz)", MSG_DATA_SAVE_NPZ},
    {DATA_BYTES("PK\003\004"), "xl/workbook", NULL, "Excel (.xlsx)", MSG_DATA_SAVE_CSV},
    {DATA_BYTES("PK\003\004"), "opendocument", NULL, "OpenDocument (.ods)", MSG_DATA_SAVE_CSV},
    {DATA_BYTES("PK\003\004"), NULL, NULL, "zip", MSG_DATA_UNPACK_ZIP},
    {DATA_BYTES("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"), NULL, NULL, "Excel (.xls)", MSG_DATA_SAVE_CSV},
    {DATA_BYTES("<html"), NULL, NULL, "HTML", MSG_DATA_SAVE_CSV},
    {DATA_BYTES("<!doctype html"), NULL, NULL, "HTML", MSG_DATA_SAVE_CSV},
    {DATA_BYTES("<table"), NULL, NULL, "HTML", MSG_DATA_SAVE_CSV},
    {DATA_BYTES("<meta"), NULL, NULL, "HTML", MSG_DATA_SAVE_CSV},
    {DATA_BYTES("<?xml"), NULL, NULL, "XML", MSG_DATA_SAVE_CSV},
    {DATA_BYTES("CPYA "), NULL, NULL, "Origin (.opj)", MSG_DATA_SAVE_ORIGIN},
    {DATA_BYTES("CPYUA "), NULL, NULL, "Origin (.opju)", MSG_DATA_SAVE_ORIGIN},
    {DATA_BYTES("MATLAB "), "MAT-file", NULL, "MATLAB (.mat)", MSG_DATA_SAVE_MATLAB},
    {DATA_BYTES("\x93NUMPY"), NULL, NULL, "NumPy (.npy)", MSG_DATA_SAVE_NPY},
    {DATA_BYTES("\x89HDF\r\n\x1a\n"), NULL, NULL, "HDF5", MSG_DATA_SAVE_HDF5},
    {DATA_BYTES("PAR1\x15"), NULL, NULL, "Parquet", MSG_DATA_SAVE_PARQUET},
    {DATA_BYTES("SQLite format 3"), NULL, NULL, "SQLite", MSG_DATA_SAVE_SQLITE},
    {DATA_BYTES("%PDF-"), NULL, NULL, "PDF", MSG_DATA_SAVE_PDF},
    {DATA_BYTES("\x1f\x8b"), NULL, ".rds", "R (.rds)", MSG_DATA_SAVE_R},
    {DATA_BYTES("\x1f\x8b"), NULL, ".rda", "R (.rda)", MSG_DATA_SAVE_R},
    {DATA_BYTES("\x1f\x8b"), NULL, ".rdata", "R (.RData)", MSG_DATA_SAVE_R},
    {DATA_BYTES("RDX2\n"), NULL, NULL, "R (.rda)", MSG_DATA_SAVE_R},
    {DATA_BYTES("RDX3\n"), NULL, NULL, "R (.rda)", MSG_DATA_SAVE_R},
    {DATA_BYTES("X\n\0\0\0"), NULL, NULL, "R (.rds)", MSG_DATA_SAVE_R},
    {DATA_BYTES("\x1f\x8b"), NULL, NULL, "gzip", MSG_DATA_UNPACK},
    {DATA_BYTES("\x28\xb5\x2f\xfd"), NULL, NULL, "zstd", MSG_DATA_UNPACK},
    {DATA_BYTES("\xfd\x37zXZ"), NULL, NULL, "xz", MSG_DATA_UNPACK},
    {DATA_BYTES("BZh"), "1AY&SY", NULL, "bzip2", MSG_DATA_UNPACK},
    {DATA_BYTES("\xff\xfe\0\0"), NULL, NULL, "UTF-32", MSG_DATA_SAVE_UTF8},
    {DATA_BYTES("\0\0\xfe\xff"), NULL, NULL, "UTF-32", MSG_DATA_SAVE_UTF8},
};

static char data_lower(char c) {
    return c >= 'A' && c <= 'Z' ? (char)(c | 32) : c;
}

static bool data_same_letters(const char *a, const char *b, size_t length) {
    for (size_t i = 0; i < length; i++)
        if (data_lower(a[i]) != data_lower(b[i])) return false;
    return true;
}

static bool data_holds(const char *text, const char *limit, const char *word) {
    size_t length = strlen(word);
    while ((size_t)(limit - text) >= length) {
        text = memchr(text, word[0], (size_t)(limit - text) - length + 1);
        if (!text) return false;
        if (memcmp(text, word, length) == 0) return true;
        text++;
    }
    return false;
}

static bool data_ends_with(const char *name, const char *ending) {
    size_t length = name ? strlen(name) : 0, size = strlen(ending);
    return length >= size && data_same_letters(name + length - size, ending, size);
}

static bool data_has_format(const DataFormat *row, const char *name, const char *text,
                            const char *limit) {
    if ((size_t)(limit - text) < row->length) return false;
    return data_same_letters(text, row->bytes, row->length) &&
           (!row->within || data_holds(text, limit, row->within)) &&
           (!row->ending || data_ends_with(name, row->ending));
}

Status data_check_format(const char *name, const char *text, size_t length, Error *error) {
    const char *limit = text + length;
    if (length >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0) text += 3;
    while (text < limit && (*text == ' ' || *text == '\n' || *text == '\r' || *text == '\t'))
        text++;
    for (size_t i = 0; i < COUNT_OF(data_formats); i++) {
        const DataFormat *row = &data_formats[i];
        if (!data_has_format(row, name, text, limit)) continue;
        error_set(error, STATUS_INPUT, MSG_DATA_FORMAT, row->name, NULL);
        error_file(error, name, 0, 0);
        error_remedy(error, row->remedy, row->name, NULL);
        return STATUS_INPUT;
    }
    return STATUS_OK;
}

Status data_check_zeros(const char *name, const char *text, size_t length, Error *error) {
    const char *zero = length ? memchr(text, '\0', length) : NULL;
    if (!zero) return STATUS_OK;
    error_set(error, STATUS_INPUT, MSG_DATA_BINARY, NULL);
    error_file(error, name, data_line_at(text, zero), 0);
    error_remedy(error, MSG_DATA_BINARY_REMEDY, NULL);
    return STATUS_INPUT;
}
