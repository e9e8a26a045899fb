/* Tables from text: the forms that are understood. */
#include "tables.h"

#include <stdlib.h>
#include <time.h>

TEST(comma) {
    Table *table = table_of("x,y\n1,2\n3,4.5\n", MISSING_REFUSE);
    check_column(table, "x", COLUMN_NUMBER, "1 3");
    check_column(table, "y", COLUMN_NUMBER, "2 4.5");
    check_notes(table, "");
    CHECK_TEXT(table->name, "data.csv");
    CHECK_INT(table->lines[0], 2);
    CHECK_INT(table->lines[1], 3);
    CHECK_INT(data_find(table, "z"), -1);
    data_free(table);
}

TEST(no_header) {
    Table *table = table_of("1,2\n3,4", MISSING_REFUSE);
    check_column(table, "c1", COLUMN_NUMBER, "1 3");
    check_column(table, "c2", COLUMN_NUMBER, "2 4");
    check_notes(table, "there is no header: the columns are called c1 to c2\n");
    data_free(table);
    table = table_of("red,2\nblue,4\n", MISSING_REFUSE);
    check_column(table, "c1", COLUMN_CATEGORY, "1 2");
    data_free(table);
    table = table_of("2024-01-31,red\n2024-02-01,blue\n", MISSING_REFUSE);
    check_column(table, "c1", COLUMN_DATE, "19753 19754");
    data_free(table);
    table = table_of("NA,1\n2,3\n", MISSING_DROP);
    check_column(table, "c1", COLUMN_NUMBER, "2");
    data_free(table);
}

TEST(tabs_semicolons_blanks) {
    Table *table = table_of("a b\tc\n1\t2\n 3 \t 4\n", MISSING_REFUSE);
    check_column(table, "a b", COLUMN_NUMBER, "1 3");
    check_column(table, "c", COLUMN_NUMBER, "2 4");
    check_notes(table, "columns are separated by tabs\n");
    data_free(table);
    table = table_of("a;b\n1.5;2\n3;4\n", MISSING_REFUSE);
    check_column(table, "a", COLUMN_NUMBER, "1.5 3");
    check_notes(table, "columns are separated by semicolons\n");
    data_free(table);
    table = table_of("  x   y\n 1 2\n\t3\t \t4  \n5 -6", MISSING_REFUSE);
    check_column(table, "x", COLUMN_NUMBER, "1 3 5");
    check_column(table, "y", COLUMN_NUMBER, "2 4 -6");
    check_notes(table, "columns are separated by blanks\n");
    data_free(table);
}

TEST(comments) {
    Table *table =
        table_of("# made by hand\n\n1 2 # first\n  # between\n3 4\n \n5 6\n#", MISSING_REFUSE);
    check_column(table, "c1", COLUMN_NUMBER, "1 3 5");
    check_column(table, "c2", COLUMN_NUMBER, "2 4 6");
    CHECK_INT(table->lines[2], 7);
    check_notes(table, "there is no header: the columns are called c1 to c2\n"
                       "columns are separated by blanks\n"
                       "comments ('#') left out: 4\n");
    data_free(table);
    table = table_of("#c\nx,y\n1,#2\n", MISSING_REFUSE);
    check_column(table, "y", COLUMN_CATEGORY, "1");
    data_free(table);
}

TEST(line_ends) {
    static const char *const texts[] = {"x,y\r\n1,2\r\n3,4\r\n", "x,y\r1,2\r3,4",
                                        "x,y\n1,2\r\n3,4\r", "x,y\n\n1,2\n\r\n3,4\n\n\n"};
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        Table *table = table_of(texts[i], MISSING_REFUSE);
        check_column(table, "x", COLUMN_NUMBER, "1 3");
        check_column(table, "y", COLUMN_NUMBER, "2 4");
        data_free(table);
    }
    Table *table = table_of("x,y\r\n\r\n1,2\r\n3,4\r\n", MISSING_REFUSE);
    CHECK_INT(table->lines[1], 4);
    check_notes(table, "lines end with CR LF\n");
    data_free(table);
    table = table_of("x,y\r\r1,2\r3,4\r", MISSING_REFUSE);
    CHECK_INT(table->lines[1], 4);
    check_notes(table, "lines end with CR alone\n");
    data_free(table);
}

/* As spreadsheets write them where the comma is the decimal sign. */
TEST(spreadsheets) {
    Table *table = table_of("\xef\xbb\xbfZeit (s);Signal\r\n0,5;\"1,25\"\r\n-1,5e3;2\r\n",
                            MISSING_REFUSE);
    check_column(table, "Zeit", COLUMN_NUMBER, "0.5 -1500");
    check_column(table, "Signal", COLUMN_NUMBER, "1.25 2");
    check_notes(table, "columns are separated by semicolons\na byte order mark was skipped\n"
                       "lines end with CR LF\nnumbers are written with a decimal comma\n"
                       "some cells are quoted\n"
                       "names may be written without their unit: Zeit [s]\n");
    data_free(table);
    table = table_of("sep=;\nx;y,z\n1;2\n3;4\n", MISSING_REFUSE);
    check_column(table, "y,z", COLUMN_NUMBER, "2 4");
    if (table) CHECK_INT(table->lines[0], 3);
    data_free(table);
    table = table_of("sep=x,y\n1,2\n", MISSING_REFUSE);
    check_column(table, "sep=x", COLUMN_NUMBER, "1");
    data_free(table);
    table = table_of("sep=;\n1\n2\n", MISSING_REFUSE);
    check_column(table, "c1", COLUMN_NUMBER, "1 2");
    data_free(table);
}

TEST(byte_order_mark) {
    Table *table = table_of("\xef\xbb\xbfx,y\n1,2\n", MISSING_REFUSE);
    check_column(table, "x", COLUMN_NUMBER, "1");
    check_notes(table, "a byte order mark was skipped\n");
    data_free(table);
}

TEST(quotes) {
    Table *table =
        table_of("\"x\", \"a, \"\"b\"\"\" ,kind\n\"1\",2,\"red, \"\"or\"\"\nnot\"\n3,4,blue\n",
                 MISSING_REFUSE);
    check_column(table, "x", COLUMN_NUMBER, "1 3");
    check_column(table, "a, \"b\"", COLUMN_NUMBER, "2 4");
    check_column(table, "kind", COLUMN_CATEGORY, "1 2");
    CHECK_TEXT(table->columns[2].classes[0], "red, \"or\" not");
    CHECK_TEXT(table->columns[2].classes[1], "blue");
    CHECK_INT(table->lines[1], 4);
    check_notes(table, "some cells are quoted\n");
    data_free(table);
    table = table_of("name height\n\"New York\" 5\n'x' 6\n", MISSING_REFUSE);
    check_column(table, "name", COLUMN_CATEGORY, "1 2");
    CHECK_TEXT(table->columns[0].classes[0], "New York");
    data_free(table);
    table = table_of("kind,x\na b ,1\n a b,2\n\"a b\" ,3\n", MISSING_REFUSE);
    check_column(table, "kind", COLUMN_CATEGORY, "1 1 1");
    data_free(table);
    table = table_of("size,x\n5\" pipe,1\n6\" pipe,2\n", MISSING_REFUSE);
    CHECK_TEXT(table->columns[0].classes[1], "6\" pipe");
    data_free(table);
}

TEST(decimal_comma) {
    static const char *const texts[] = {"a;b\n1,5;2\n-2,25;3e1\n", "a\tb\n1,5\t2\n-2,25\t3e1\n",
                                        "a b\n1,5 2\n-2,25 3e1\n",
                                        "a;b\n\"1,5\";2\n-2,25;\"3e1\"\n"};
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        Table *table = table_of(texts[i], MISSING_REFUSE);
        check_column(table, "a", COLUMN_NUMBER, "1.5 -2.25");
        check_column(table, "b", COLUMN_NUMBER, "2 30");
        CHECK_INT(table->notes.items[1].what.id, MSG_DATA_NOTE_COMMA);
        data_free(table);
    }
    Table *table = table_of("1,5 2\n2,5 3\n", MISSING_REFUSE);
    check_column(table, "c1", COLUMN_NUMBER, "1.5 2.5");
    data_free(table);
}

TEST(one_column) {
    Table *table = table_of("y\n1\n2\n3\n", MISSING_REFUSE);
    check_column(table, "y", COLUMN_NUMBER, "1 2 3");
    check_notes(table, "");
    data_free(table);
    table = table_of("5", MISSING_REFUSE);
    check_column(table, "c1", COLUMN_NUMBER, "5");
    data_free(table);
    table = table_of("my column\n1\n2\n", MISSING_REFUSE);
    CHECK(table != NULL && table->n_columns == 1);
    check_column(table, "my column", COLUMN_NUMBER, "1 2");
    data_free(table);
}

TEST(numbers) {
    Table *table = table_of("x,y\n+1,.5\n-1e-3, 0x1p-2 \n1E5,5.\n", MISSING_REFUSE);
    check_column(table, "x", COLUMN_NUMBER, "1 -0.001 100000");
    check_column(table, "y", COLUMN_NUMBER, "0.5 0.25 5");
    data_free(table);
}

TEST(words_flags_dates) {
    Table *table = table_of("kind,ok,day,time\n"
                            "b,yes,1970-01-01,2000-02-29T12:00\n"
                            "a,No,1969-12-31,2000-03-01 00:00:00\n"
                            "b,TRUE,2024-02-29,1999-12-31T18:00:00Z\n"
                            "3,false,0001-01-01,1970-01-01T00:00:43.2\n",
                            MISSING_REFUSE);
    check_column(table, "kind", COLUMN_CATEGORY, "1 2 1 3");
    check_column(table, "ok", COLUMN_FLAG, "1 0 1 0");
    check_column(table, "day", COLUMN_DATE, "0 -1 19782 -719162");
    check_column(table, "time", COLUMN_DATE, "11016.5 11017 10956.75 0.0005");
    if (table) CHECK_INT(table->columns[0].n_classes, 3);
    check_notes(table, "column 'kind' is read as words: 1 of its 4 cells are numbers\n");
    data_free(table);
    table =
        table_of("d,n\n2023-02-29,1\n1900-02-29,2\n2024-13-01,3\n2024-00-01,4\n", MISSING_REFUSE);
    if (table) CHECK_INT(table->columns[0].type, COLUMN_CATEGORY);
    data_free(table);
}

TEST(leap_years) {
    static const char *const dates[] = {
        "1900-02-29",       "2100-02-29",    "2023-02-29",       "2024-02-30", "2024-04-31",
        "2024-13-01",       "2024-00-01",    "2024-01-00",       "0000-01-01", "2024-1-01",
        "2024-01-01T24:00", "2024-01-01T12", "2024-01-01 12:60", "2024-01-01x"};
    for (size_t i = 0; i < COUNT_OF(dates); i++)
        CHECK_INT(data_classify(dates[i], dates[i] + strlen(dates[i]), DATA_COMMA_NONE).kind,
                  DATA_TEXT);
    const char *leap = "2000-02-29";
    CHECK_INT(data_classify(leap, leap + 10, DATA_COMMA_NONE).kind, DATA_DATE);
}

/* Days against the C library's calendar. */
TEST(days_as_gmtime) {
    for (int day = -700000; day < 700000; day += 97) {
        time_t seconds = (time_t)day * 86400;
        struct tm parts;
        char date[32];
        if (!gmtime_r(&seconds, &parts) || parts.tm_year < -1899) continue;
        strftime(date, sizeof date, "%Y-%m-%d", &parts);
        if (strlen(date) != 10) continue;
        CHECK_NEAR(data_classify(date, date + 10, DATA_COMMA_NONE).value, day, 0);
    }
}

TEST(names_are_nfc) {
    Table *table = table_of("e\u0301,\u5927\u5c0f,a\tb\n1,2,3\n", MISSING_REFUSE);
    check_column(table, "\u00e9", COLUMN_NUMBER, "1");
    check_column(table, "大小", COLUMN_NUMBER, "2");
    check_column(table, "a b", COLUMN_NUMBER, "3");
    data_free(table);
    table = table_of("kind,x\ne\u0301,1\n\u00e9,2\n", MISSING_REFUSE);
    check_column(table, "kind", COLUMN_CATEGORY, "1 1");
    data_free(table);
}

TEST(columns_without_names) {
    Table *table = table_of(",x,\n0,5,\n1,6,\n", MISSING_REFUSE);
    check_column(table, "c1", COLUMN_NUMBER, "0 1");
    check_column(table, "x", COLUMN_NUMBER, "5 6");
    if (table) CHECK_INT(table->n_columns, 2);
    check_notes(table, "column 1 has no name and is called 'c1'\n"
                       "column 3 has no name and no values and is left out\n");
    data_free(table);
}

/* Every double that printf writes in the C locale is read back by us as by strtod. */
TEST(values_as_strtod) {
    enum { ROWS = 20000 };
    Text text = {0};
    double *want = malloc(ROWS * sizeof *want);
    uint64_t state = 88172645463325252u;
    if (!want) return;
    text_add(&text, "x,y\n");
    for (int i = 0; i < ROWS; i++) {
        char cell[64];
        double value;
        do {
            state ^= state << 13, state ^= state >> 7, state ^= state << 17;
            memcpy(&value, &state, sizeof value);
        } while (value - value != 0);
        snprintf(cell, sizeof cell, "%.17g,%d\n", value, i);
        want[i] = value;
        text_add(&text, cell);
    }
    Table *table = table_of(text_string(&text), MISSING_REFUSE);
    if (table) CHECK_INT(table->n_rows, ROWS);
    for (size_t i = 0; table && i < ROWS; i++) {
        CHECK(table->columns[0].values[i] == want[i]);
        CHECK(table->columns[1].values[i] == (double)i);
        CHECK_INT(table->lines[i], i + 2);
    }
    data_free(table);
    text_free(&text);
    free(want);
}

/* 100,000 columns, and as many words, in linear time. */
TEST(wide_and_many_words) {
    enum { MANY = 100000 };
    Text text = {0};
    for (int i = 0; i < MANY; i++) text_format(&text, "%sx%d", i ? "," : "", i);
    text_add(&text, "\n");
    for (int i = 0; i < MANY; i++) text_format(&text, "%s%d", i ? "," : "", i);
    Table *table = table_of(text_string(&text), MISSING_REFUSE);
    if (table) CHECK(table->n_columns == MANY && table->columns[MANY - 1].values[0] == MANY - 1);
    data_free(table);
    text_clear(&text);
    text_add(&text, "word\n");
    for (int i = 0; i < MANY; i++) text_format(&text, "w%d\n", i);
    table = table_of(text_string(&text), MISSING_REFUSE);
    if (table) CHECK_INT(table->columns[0].n_classes, MANY);
    if (table) CHECK(table->columns[0].values[MANY - 1] == MANY);
    data_free(table);
    text_free(&text);
}

/* Many empty lines below a wide header must not ask for columns times lines of memory. */
TEST(room_is_linear) {
    enum { WIDE = 5000, LINES = 200000 };
    Text text = {0};
    for (int i = 0; i < WIDE; i++) text_format(&text, "%sx%d", i ? "," : "", i);
    text_add(&text, "\n");
    text_add_repeat(&text, '1', 1);
    for (int i = 1; i < WIDE; i++) text_add(&text, ",1");
    text_add_repeat(&text, '\n', LINES);
    ReadOptions options = {.memory_limit = 8000000};
    Table *table = NULL;
    Error error = {0};
    CHECK_INT(data_parse("wide", text_string(&text), text.length, &options, &table, &error), 0);
    if (table) CHECK(table->n_rows == 1 && table->n_columns == WIDE);
    data_free(table);
    text_free(&text);
}

TEST(a_file) {
    Table *table = NULL;
    Error error = {0};
    char path[] = "/tmp/descend_read_test.csv";
    CHECK_INT(file_replace(path, "x,y\n1,2\n", 8, &error), STATUS_OK);
    CHECK_INT(data_read(path, NULL, &table, &error), STATUS_OK);
    check_column(table, "y", COLUMN_NUMBER, "2");
    if (table) CHECK_TEXT(table->name, path);
    data_free(table);
    remove(path);
    CHECK_INT(data_read(path, NULL, &table, &error), STATUS_IO);
    CHECK(table == NULL);
}

TEST(borrowed) {
    static const double a[] = {1, 2, 3}, b[] = {4, (double)NAN, (double)INFINITY};
    const char *names[] = {"a", "e\u0301"};
    const double *values[] = {a, b};
    Table *table = NULL;
    Error error = {0};
    CHECK_INT(data_borrow(2, names, values, 3, &table, &error), STATUS_OK);
    CHECK(table && table->columns[0].values == a && table->lines == NULL && table->name == NULL);
    check_column(table, "\u00e9", COLUMN_NUMBER, "4 nan inf");
    data_free(table);
    names[1] = "a";
    CHECK_INT(data_borrow(2, names, values, 3, &table, &error), STATUS_INPUT);
    CHECK_INT(error.what.id, MSG_DATA_TWO_NAMES);
    names[1] = "";
    CHECK_INT(data_borrow(2, names, values, 3, &table, &error), STATUS_INPUT);
    CHECK_INT(error.what.id, MSG_DATA_BORROW_EMPTY);
    names[1] = "\xff";
    CHECK_INT(data_borrow(2, names, values, 3, &table, &error), STATUS_INPUT);
    CHECK_INT(error.what.id, MSG_DATA_NOT_UTF8);
    values[0] = NULL;
    CHECK_INT(data_borrow(2, names, values, 3, &table, &error), STATUS_INPUT);
    CHECK_INT(data_borrow(0, names, values, 3, &table, &error), STATUS_INPUT);
    CHECK_INT(data_borrow(2, names, values, 0, &table, &error), STATUS_INPUT);
    CHECK(table == NULL);
    data_free(NULL);
}

TEST_MAIN(comma, no_header, tabs_semicolons_blanks, comments, line_ends, spreadsheets,
          byte_order_mark, quotes, decimal_comma, one_column, numbers, words_flags_dates,
          leap_years, days_as_gmtime, names_are_nfc, columns_without_names, values_as_strtod,
          wide_and_many_words, room_is_linear, a_file, borrowed)
