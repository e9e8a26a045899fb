/* Tables that are no UTF-8 text: UTF-16 and GB18030 are read, files of other programs named. */
#include "tables.h"

#define REFUSED(text, want) check_refused(text, sizeof(text) - 1, NULL, want)

/* Reads bytes; the table must be 时间, 信号 with two rows, noted as 'note'. */
static void check_wide(const char *bytes, size_t length, const char *note) {
    Table *table = NULL;
    Error error = {0};
    CHECK_INT(data_parse("data.csv", bytes, length, NULL, &table, &error), STATUS_OK);
    check_column(table, "时间", COLUMN_NUMBER, "1 3");
    check_column(table, "信号", COLUMN_NUMBER, "2 4.5");
    check_notes(table, note);
    if (table) CHECK_INT(table->lines[1], 4);
    data_free(table);
}

/* U+65F6 U+95F4 , U+4FE1 U+53F7 CRLF 1 , 2 CRLF CRLF 3 , 4.5 */
static const uint16_t units[] = {0x65f6, 0x95f4, ',', 0x4fe1, 0x53f7, '\r', '\n', '1',
                                 ',',    '2',    '\r', '\n',  '\r',   '\n', '3',  ',',
                                 '4',    '.',    '5'};

static size_t wide(char *out, const uint16_t *from, size_t count, bool big, bool mark) {
    size_t length = 0;
    for (size_t k = 0; k < count + mark; k++) {
        uint16_t unit = mark ? k == 0 ? 0xfeff : from[k - 1] : from[k];
        out[length++] = (char)(big ? unit >> 8 : unit & 0xff);
        out[length++] = (char)(big ? unit & 0xff : unit >> 8);
    }
    return length;
}

TEST(utf16) {
    char bytes[100];
    for (int form = 0; form < 4; form++) {
        size_t length = wide(bytes, units, COUNT_OF(units), form & 1, form & 2);
        check_wide(bytes, length, "the text is UTF-16: read as such\nlines end with CR LF\n");
    }
    static const uint16_t pair[] = {0xd83d, 0xde00, ',', 'y', '\n', '1', ',', '2'};
    Table *table = NULL;
    CHECK_INT(data_parse("t", bytes, wide(bytes, pair, COUNT_OF(pair), false, false), NULL, &table,
                         NULL),
              STATUS_OK);
    check_column(table, "\U0001f600", COLUMN_NUMBER, "1");
    data_free(table);
}

TEST(utf16_refused) {
    static const char want[] =
        "data.csv:3: the file is UTF-16 text, but this line holds bytes that are no UTF-16 (the "
        "file may be cut off or damaged: correct the line and save as CSV in UTF-8)";
    static const uint16_t alone[] = {'x', '\r', '\n', '1', '\r', 0xd83d, '2'};
    static const uint16_t second[] = {'x', '\n', '1', '\n', '2', 0xde00, '2'};
    static const uint16_t last[] = {'x', '\n', '1', '\n', '2', 0xd83d};
    char bytes[100];
    for (int form = 0; form < 4; form++) {
        bool big = form & 1, mark = form & 2;
        check_refused(bytes, wide(bytes, alone, COUNT_OF(alone), big, mark), NULL, want);
        check_refused(bytes, wide(bytes, second, COUNT_OF(second), big, mark), NULL, want);
        check_refused(bytes, wide(bytes, last, COUNT_OF(last), big, mark), NULL, want);
        check_refused(bytes, wide(bytes, alone, 5, big, mark) + 1, NULL, want);
    }
    static const uint16_t zero[] = {'x', '\n', '1', '\n', 0};
    check_refused(bytes, wide(bytes, zero, COUNT_OF(zero), false, true), NULL,
                  "data.csv:3: a zero byte: this is not a text file (descend reads text: CSV, TSV "
                  "or numbers between blanks)");
    static const uint16_t page[] = {'<', 'H', 't', 'm', 'l', '>'};
    check_refused(bytes, wide(bytes, page, COUNT_OF(page), false, true), NULL,
                  "data.csv: the file is in HTML format, not a text table (open it in a "
                  "spreadsheet program and save the sheet as CSV (UTF-8))");
    /* Small numbers of 16 bits are no text. */
    static const uint16_t samples[] = {1, 2, 300, 4, 5, 6};
    check_refused(bytes, wide(bytes, samples, COUNT_OF(samples), false, false), NULL,
                  "data.csv:1: a zero byte: this is not a text file (descend reads text: CSV, TSV "
                  "or numbers between blanks)");
}

#ifdef DESCEND_ICONV
#define GB_TIME "\xca\xb1\xbc\xe4"
#define GB_SIGNAL "\xd0\xc5\xba\xc5"

TEST(gb18030) {
    static const char text[] = GB_TIME "," GB_SIGNAL "\n1,2\n\n3,4.5";
    check_wide(text, sizeof text - 1, "the text is GB18030: read as such\n");
    /* ㈡ and 㐀 are beyond GB2312: two bytes and four. */
    Table *table = table_of(GB_TIME "\xa2\xe6,\x81\x39\xee\x39" GB_SIGNAL GB_TIME
                                    ",\xee\xd9\n1,2,3\n",
                            MISSING_REFUSE);
    check_column(table, "时间㈡", COLUMN_NUMBER, "1");
    check_column(table, "㐀信号时间", COLUMN_NUMBER, "2");
    check_column(table, "钯", COLUMN_NUMBER, "3");
    data_free(table);
    table = table_of("kind,x\n" GB_TIME ",1\n" GB_SIGNAL ",2\n" GB_TIME ",3\n", MISSING_REFUSE);
    check_column(table, "kind", COLUMN_CATEGORY, "1 2 1");
    if (table) CHECK_TEXT(table->columns[0].classes[1], "信号");
    data_free(table);
}

/* Invalid and cut sequences in text that is plainly Chinese. */
TEST(gb18030_refused) {
    static const char want[] =
        "data.csv:4: the file is GB18030 text, but this line holds bytes that are no GB18030 (the "
        "file may be cut off or damaged: correct the line and save as CSV in UTF-8)";
    REFUSED(GB_TIME ",x\r1,2\r\n\n3,\xff\n", want);
    REFUSED(GB_TIME "," GB_SIGNAL "\n1,2\n3,4\n5,\xca", want);
    REFUSED(GB_TIME "," GB_SIGNAL "\n1,2\n3,4\n5,\xca,2\n", want);
    REFUSED(GB_TIME "," GB_SIGNAL "\n1,2\n3,4\n\x81\x39\xee", want);
}
#else
TEST(gb18030) {
}
TEST(gb18030_refused) {
}
#endif

/* Words in other encodings are not taken for Chinese ones. */
TEST(not_gb18030) {
    static const char *const words[] = {
        "Gr\xf6\xdf\x65",               /* Größe */
        "CR\xc9\xc9\x45",               /* CRÉÉE */
        "Temp\xe9rature (\xb0\x43)",    /* Température (°C) */
        "\xb5m\xb2",                    /* µm² */
        "\xd1\xe8\xeb\xe0",             /* Сила, Windows-1251 */
        "\xc4\xe0\xe2\xeb\xe5\xed\xe8\xe5", /* Давление */
        "\x89\xb7\x93x",                /* 温度, Shift JIS */
        "\xb7\xc5\xab\xd7\xaf",         /* cut off */
        "\xe6\xb8\xa9\xe5\xba\xa6\xff", /* UTF-8 and a byte that is none */
    };
    for (size_t k = 0; k < COUNT_OF(words); k++) {
        Text text = {0};
        text_format(&text, "\n\nx,%s\n1,2\n", words[k]);
        check_refused(text_string(&text), text.length, NULL,
                      "data.csv:3: the name or word in column 2 is not UTF-8 text (save it as CSV "
                      "in UTF-8; if it is Windows-1252: iconv -f WINDOWS-1252 -t UTF-8 FILE | "
                      "descend ... -)");
        text_free(&text);
    }
}

TEST(latin_comments_do_not_matter) {
    Table *table = table_of("# Temp\xe9rature (\xb0\x43)\nx,y\n1,2\n", MISSING_REFUSE);
    check_column(table, "y", COLUMN_NUMBER, "2");
    data_free(table);
}

TEST_MAIN(utf16, utf16_refused, gb18030, gb18030_refused, not_gb18030,
          latin_comments_do_not_matter)
