/* Files of other programs, by their first bytes: named, with the way out. */
#include "tables.h"

#define BYTES(text) text, sizeof(text) - 1

static const char sheet[] = "open it in a spreadsheet program and save the sheet as CSV (UTF-8)";
static const char origin[] = "in Origin: File - Export - ASCII";
static const char in_r[] = "in R: x <- readRDS('FILE') or load('FILE'), then write.csv(x, "
                           "'table.csv', row.names = FALSE)";

typedef struct Known {
    const char *bytes;
    size_t length;
    const char *file, *format, *remedy;
} Known;

static const Known known[] = {
    {BYTES("PK\003\004....[Content_Types].xml....xl/workbook.xml"), "t", "Excel (.xlsx)", sheet},
    {BYTES("PK\003\004....mimetypeapplication/vnd.oasis.opendocument.spreadsheet"), "t",
     "OpenDocument (.ods)", sheet},
    {BYTES("PK\003\004....x.npy"), "t", "NumPy (.npz)",
     "convert it first: python3 -c \"import numpy; numpy.savetxt('table.csv', "
     "numpy.load('FILE')['NAME'], delimiter=',')\""},
    {BYTES("PK\003\004....data.csv"), "t", "zip",
     "unpack it first: unzip -p FILE | descend ... -"},
    {BYTES("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\0\0"), "t", "Excel (.xls)", sheet},
    {BYTES("\n <HTML xmlns"), "t", "HTML", sheet},
    {BYTES("\xef\xbb\xbf<!DOCTYPE html>"), "t", "HTML", sheet},
    {BYTES("<table border=1>"), "t", "HTML", sheet},
    {BYTES("<meta charset"), "t", "HTML", sheet},
    {BYTES("<?xml version"), "t", "XML", sheet},
    {BYTES("CPYA 4.2673 552#\n\0"), "t", "Origin (.opj)", origin},
    {BYTES("CPYUA 4.3811 552#\n\0"), "t", "Origin (.opju)", origin},
    {BYTES("MATLAB 5.0 MAT-file, Platform: GLNXA64\0"), "t", "MATLAB (.mat)",
     "load it in MATLAB or Octave, then: dlmwrite('table.csv', NAME, 'precision', 17)"},
    {BYTES("\x93NUMPY\x01\0"), "t", "NumPy (.npy)",
     "convert it first: python3 -c \"import numpy; numpy.savetxt('table.csv', "
     "numpy.load('FILE'), delimiter=',')\""},
    {BYTES("\x89HDF\r\n\x1a\n\0"), "t", "HDF5",
     "convert it first: python3 -c \"import h5py, numpy; numpy.savetxt('table.csv', "
     "h5py.File('FILE')['NAME'], delimiter=',')\""},
    {BYTES("PAR1\x15\x04\0PAR1"), "t", "Parquet",
     "convert it first: python3 -c \"import pandas; "
     "pandas.read_parquet('FILE').to_csv('table.csv', index=False)\""},
    {BYTES("SQLite format 3\0"), "t", "SQLite",
     "export it first: sqlite3 -header -csv FILE 'SELECT * FROM NAME' >table.csv"},
    {BYTES("%PDF-1.7\n"), "t", "PDF",
     "copy the table into a spreadsheet and save it as CSV (UTF-8)"},
    {BYTES("\x1f\x8b\x08\0"), "a/t.RDS", "R (.rds)", in_r},
    {BYTES("\x1f\x8b\x08\0"), "t.rda", "R (.rda)", in_r},
    {BYTES("\x1f\x8b\x08\0"), "t.RData", "R (.RData)", in_r},
    {BYTES("RDX2\nX\n\0\0"), "t", "R (.rda)", in_r},
    {BYTES("RDX3\nX\n\0\0"), "t", "R (.rda)", in_r},
    {BYTES("X\n\0\0\0\x02"), "t", "R (.rds)", in_r},
    {BYTES("\x1f\x8b\x08\0"), "rds", "gzip", "unpack it first: gzip -dc FILE | descend ... -"},
    {BYTES("\x28\xb5\x2f\xfd\0"), "t", "zstd", "unpack it first: zstd -dc FILE | descend ... -"},
    {BYTES("\xfd\x37zXZ\0"), "t", "xz", "unpack it first: xz -dc FILE | descend ... -"},
    {BYTES("BZh91AY&SY\0"), "t", "bzip2", "unpack it first: bzip2 -dc FILE | descend ... -"},
    {BYTES("\xff\xfe\0\0x\0\0\0"), "t", "UTF-32", "save it as CSV in UTF-8"},
    {BYTES("\0\0\xfe\xff\0\0\0x"), "t", "UTF-32", "save it as CSV in UTF-8"},
};

TEST(formats) {
    for (size_t k = 0; k < COUNT_OF(known); k++) {
        Table *table = NULL;
        Error error = {0};
        Text got = {0}, want = {0};
        CHECK_INT(data_parse(known[k].file, known[k].bytes, known[k].length, NULL, &table, &error),
                  STATUS_INPUT);
        CHECK(table == NULL);
        error_render(&error, LANGUAGE_EN, &got);
        text_format(&want, "%s: the file is in %s format, not a text table (%s)", known[k].file,
                    known[k].format, known[k].remedy);
        CHECK_TEXT(text_string(&got), text_string(&want));
        text_clear(&got);
        error_render(&error, LANGUAGE_ZH, &got);
        text_clear(&want);
        text_format(&want, "%s: 文件是 %s 格式，不是文本表格", known[k].file, known[k].format);
        CHECK(strncmp(text_string(&got), text_string(&want), want.length) == 0);
        text_free(&got);
        text_free(&want);
    }
}

/* Columns may be called as such files start. */
TEST(names_that_look_like_formats) {
    static const char *const texts[] = {"PAR1,PAR2\n1,2\n",  "CPYA,y\n1,2\n",
                                        "PK,x\n1,2\n",       "BZh,1\nx,2\n",
                                        "<DATE>,<OPEN>\n1,2\n", "MATLAB x\n1 2\n",
                                        "%PDF,y\n1,2\n",     "X\n1\n"};
    for (size_t k = 0; k < COUNT_OF(texts); k++) {
        Table *table = table_of(texts[k], MISSING_REFUSE);
        data_free(table);
    }
}

TEST_MAIN(formats, names_that_look_like_formats)
