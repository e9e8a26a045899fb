/* Tables that are refused, with the place and the remedy; missing values; memory that ends. */
#include "tables.h"

#define REFUSED(text, want) check_refused(text, sizeof(text) - 1, NULL, want)

TEST(no_tables) {
    static const char needs[] =
        "data.csv: the file holds no data (a table needs a row of numbers, for example '1,2')";
    REFUSED("", needs);
    REFUSED("\n \n\r\n", needs);
    REFUSED("# only\n#comments", needs);
    REFUSED("\xef\xbb\xbf", needs);
    REFUSED("x,y\n", "data.csv:1: there is a header, but no row below it (a table needs a row of "
                     "numbers, for example '1,2')");
    REFUSED("# c\n\nx y",
            "data.csv:3: there is a header, but no row below it (a table needs a row of "
            "numbers, for example '1,2')");
}

TEST(no_text) {
    REFUSED("x,y\n1,2\n3,\0\n", "data.csv:3: a zero byte: this is not a text file (descend reads "
                                "text: CSV, TSV or numbers between blanks)");
    REFUSED("temp\xe9rature,y\n1,2\n",
            "data.csv:1: the name or word in column 1 is not UTF-8 text (save it as CSV in UTF-8; "
            "if it is Windows-1252: iconv -f WINDOWS-1252 -t UTF-8 FILE | descend ... -)");
    REFUSED("x,kind\n1,caf\xe9\n",
            "data.csv:2: the name or word in column 2 is not UTF-8 text (save it as CSV in UTF-8; "
            "if it is Windows-1252: iconv -f WINDOWS-1252 -t UTF-8 FILE | descend ... -)");
}

TEST(ragged_lines) {
    REFUSED("x,y\n1,2\n3\n", "data.csv:3: 1 cells where 2 are expected (line 1 has 2; quote a cell "
                             "that holds the separator)");
    REFUSED("# c\nx,y\n1,2\n\n3,4,5\n", "data.csv:5: 3 cells where 2 are expected (line 2 has 2; "
                                        "quote a cell that holds the separator)");
    REFUSED("1 2\n3 4 5\n6 7\n", "data.csv:2: 3 cells where 2 are expected (line 1 has 2; quote a "
                                 "cell that holds the separator)");
    REFUSED("x,y\n1,2,\n3,4,\n5,6\n7,8\n",
            "data.csv:2: 3 cells where 2 are expected (line 1 has 2; "
            "quote a cell that holds the separator)");
}

TEST(bad_quotes) {
    static const char remedy[] = "a quote inside a quoted cell is written twice";
    char want[200];
    snprintf(want, sizeof want, "data.csv:2: the quote in column 2 is never closed (%s)", remedy);
    REFUSED("x,y\n1,\"2\n3,4\n", want);
    snprintf(want, sizeof want, "data.csv:1: the quote in column 1 is never closed (%s)", remedy);
    REFUSED("\"", want);
    REFUSED("\"\"\"", want);
    snprintf(want, sizeof want, "data.csv:3: text after the closing quote in column 1 (%s)",
             remedy);
    REFUSED("x,y\n1,2\n\"3\"4,5\n", want);
    REFUSED("x y\n1 2\n\"3\"4 5\n", want);
}

TEST(names_twice) {
    REFUSED("x,y,x\n1,2,3\n",
            "data.csv:1: two columns are called 'x': 1 and 3 (rename one of them)");
    REFUSED("e\u0301,\u00e9\n1,2\n",
            "data.csv:1: two columns are called '\u00e9': 1 and 2 (rename one of them)");
    REFUSED(",c1\n1,2\n", "data.csv:1: two columns are called 'c1': 1 and 2 (rename one of them)");
}

TEST(cells_that_are_no_numbers) {
    static const char correct[] = "correct the cell, or write NA and use --na drop";
    char want[300];
    snprintf(want, sizeof want, "data.csv:4: column 2 'age': 'old' is not a number (%s)", correct);
    REFUSED("x,age\n1,2\n2,3\n3,old\n4,5\n", want);
    snprintf(
        want, sizeof want,
        "data.csv:3: column 1 'x': '1O' is not a number; 2 such cells, the first (line:column) "
        "3:1, 5:2 (%s)",
        correct);
    REFUSED("x,age\n1,2\n1O,3\n2,3\n3,1.2.3\n4,5\n", want);
    snprintf(want, sizeof want, "data.csv:3: column 2 'y': '1e400' is not a finite number (%s)",
             correct);
    REFUSED("x,y\n1,2\n2,1e400\n", want);
    snprintf(want, sizeof want, "data.csv:2: column 2 'y': '-inf' is not a finite number (%s)",
             correct);
    REFUSED("x,y\n1,-inf\n2,3\n", want);
    snprintf(want, sizeof want, "data.csv:4: column 1 'd': '2023-02-29' is not a date (%s)",
             correct);
    REFUSED("d,y\n2023-01-01,1\n2023-01-02,2\n2023-02-29,3\n", want);
    snprintf(want, sizeof want, "data.csv:3: column 2 'y': '1,234,5' is not a number (%s)",
             correct);
    REFUSED("x;y\n1;2\n2;1,234,5\n3;4\n", want);
    snprintf(want, sizeof want, "data.csv:3: column 2 'y': '1.234,5' is not a number (%s)",
             correct);
    REFUSED("x;y\n1;2\n2;1.234,5\n3;4\n", want);
    REFUSED("x;y\n1;2.5\n2;1,5\n",
            "data.csv:3: column 2 'y': '1,5' has a decimal comma, other cells "
            "a decimal point (write all numbers with a point)");
    REFUSED(
        "x,y\n1,2\n2,\"a \"\"b\"\"\x1b\"\n3,3\n",
        "data.csv:3: column 2 'y': 'a \"b\"\ufffd' is not a number (correct the cell, or write NA "
        "and use --na drop)");
}

TEST(missing_is_refused) {
    REFUSED("x,age\n1,2\n2,N/A\n",
            "data.csv:3: column 2 'age': 'N/A' is not a number (--na drop leaves such rows out)");
    REFUSED("x,age\n1,2\n2,\n",
            "data.csv:3: column 2 'age': an empty cell is not a number (--na drop "
            "leaves such rows out)");
    REFUSED("x,kind\n1,a\n2,NA\n",
            "data.csv:3: column 2 'kind': 'NA' stands for a missing value (--na "
            "drop leaves such rows out)");
    REFUSED("x,y\n?,1\n2,null\n3,.\n-,4\n5,nan\n6,\n7,#N/A\n8,8\n",
            "data.csv:2: column 1 'x': '?' is not a number; 7 such cells, the first (line:column) "
            "2:1, 3:2, 4:2, 5:1, 6:2 (--na drop leaves such rows out)");
}

static const char holes[] = "x,age,kind,other\n1,2,a,1\n2,NA,b,\n3,4,,3\n4,9,b,4\n,1,c,\n";

TEST(missing_is_dropped) {
    Table *table = table_of(holes, MISSING_DROP);
    check_column(table, "x", COLUMN_NUMBER, "1 4");
    check_column(table, "age", COLUMN_NUMBER, "2 9");
    check_column(table, "kind", COLUMN_CATEGORY, "1 2");
    if (table) CHECK_INT(table->columns[2].n_classes, 2);
    if (table) CHECK(table->lines[0] == 2 && table->lines[1] == 5);
    check_notes(table, "3 of 5 rows left out for missing values, the first on line 3\n");
    data_free(table);
    ReadOptions options = {.missing = MISSING_DROP};
    check_refused("x,y\n1,\n,2\n", 10, &options,
                  "data.csv:2: no row is left: each of the 2 rows misses a value");
}

TEST(missing_becomes_the_mean) {
    Table *table = table_of("x,age\n1,2\nNA,4\n6,\n2,3\n", MISSING_MEAN);
    check_column(table, "x", COLUMN_NUMBER, "1 3 6 2");
    check_column(table, "age", COLUMN_NUMBER, "2 4 3 3");
    check_notes(table, "column 'x': 1 missing values replaced by the mean 3\n"
                       "column 'age': 1 missing values replaced by the mean 3\n");
    data_free(table);
    ReadOptions options = {.missing = MISSING_MEAN};
    check_refused(
        holes, sizeof holes - 1, &options,
        "data.csv:4: column 3 'kind': an empty cell is missing, and the column has no mean "
        "(--na drop leaves such rows out)");
    check_refused(
        "x,y\n1,\n2,\n", 10, &options,
        "data.csv:2: column 2 'y': an empty cell is missing, and the column has no mean; 2 "
        "such cells, the first (line:column) 2:2, 3:2 (--na drop leaves such rows out)");
}

/* Only the columns that a formula uses are held to account. */
TEST(unused_columns_are_left_alone) {
    static const char text[] = "x,age,ticket,kind\n1,NA,7,a\n2,3,B7,NA\n3,1e999,8,b\n";
    static const char *const used[] = {"x", "nowhere"};
    static const char *const two[] = {"x", "age"};
    ReadOptions options = {.used = used, .n_used = 2};
    Table *table = NULL;
    Error error = {0};
    CHECK_INT(data_parse("t", text, sizeof text - 1, &options, &table, &error), STATUS_OK);
    check_column(table, "x", COLUMN_NUMBER, "1 2 3");
    check_column(table, "age", COLUMN_NUMBER, "nan 3 inf");
    check_column(table, "ticket", COLUMN_CATEGORY, "1 2 3");
    check_column(table, "kind", COLUMN_CATEGORY, "1 nan 2");
    check_notes(table, "");
    data_free(table);
    static const char gaps[] = "x,age\n1,2\nNA,3\n4,NA\n";
    options.missing = MISSING_DROP;
    CHECK_INT(data_parse("t", gaps, sizeof gaps - 1, &options, &table, &error), STATUS_OK);
    check_column(table, "x", COLUMN_NUMBER, "1 4");
    check_column(table, "age", COLUMN_NUMBER, "2 nan");
    data_free(table);
    CHECK_INT(data_parse("t", text, sizeof text - 1, &options, &table, &error), STATUS_OK);
    if (table) CHECK_INT(table->n_rows, 3);
    data_free(table);
    options = (ReadOptions){.used = two, .n_used = 2};
    check_refused(text, sizeof text - 1, &options,
                  "data.csv:2: column 2 'age': 'NA' is not a number; 2 such cells, the first "
                  "(line:column) 2:2, 4:2 (--na drop leaves such rows out)");
}

TEST(memory_limit) {
    ReadOptions options = {.memory_limit = 1000};
    Text text = {0};
    text_add(&text, "x,y\n");
    for (int i = 0; i < 1000; i++) text_add(&text, "1,2\n");
    Table *table = NULL;
    Error error = {0};
    CHECK_INT(data_parse("t", text_string(&text), text.length, &options, &table, &error),
              STATUS_MEMORY);
    CHECK_INT(error.what.id, MSG_DATA_TOO_LARGE);
    check_refused(text_string(&text), text.length, &options,
                  "data.csv: the table needs 1 MB of memory, but the limit is 0.001 MB");
    text_free(&text);
}

TEST(without_an_error) {
    Table *table = NULL;
    CHECK_INT(data_parse("t", "x,y\n1\n", 6, NULL, &table, NULL), STATUS_INPUT);
    CHECK_INT(data_parse("t", "x,y\n1,a\n2,3\n4,5\n", 16, NULL, &table, NULL), STATUS_INPUT);
    CHECK_INT(data_parse("t", "", 0, NULL, &table, NULL), STATUS_INPUT);
    CHECK_INT(data_literal("x=1,2 y=1", &table, NULL), STATUS_INPUT);
    CHECK(table == NULL);
}

#ifdef DESCEND_HOSTILE
/* Every allocation fails once: an ordinary error, nothing lost, and no other answer. */
static void check_all_failures(const char *text, MissingPolicy missing) {
    ReadOptions options = {.missing = missing};
    bool literal = data_is_literal(text), done = false;
    long n = 0;
    while (!done && n < 100000) {
        Table *table = NULL;
        Error error = {0};
        memory_fail_nth(++n);
        Status status = literal ? data_literal(text, &table, &error)
                                : data_parse("t", text, strlen(text), &options, &table, &error);
        done = memory_count() < n;
        memory_fail_nth(0);
        CHECK(done || status != STATUS_OK);
        if (!done) CHECK_INT(status, STATUS_MEMORY);
        CHECK_INT(status != STATUS_OK, table == NULL);
        data_free(table);
    }
    CHECK(n > 3);
}

TEST(failed_allocations) {
    check_all_failures("x,y\n1,2\n3,4\n", MISSING_REFUSE);
    check_all_failures("x,kind,\n1,\"a \"\"b\"\"\",\n3,e\u0301,\nNA,c,\n", MISSING_DROP);
    check_all_failures("\xef\xbb\xbfx;k\r\n1,5;2\r\n3;NA\r\n", MISSING_MEAN);
    check_all_failures("x=1,2,3 y=4,5,6", MISSING_REFUSE);
    check_all_failures("a (s),b [V],a (m)\n(s),V,-\n1,2,3\n4,5,6\n", MISSING_REFUSE);
#ifdef DESCEND_ICONV
    check_all_failures("\xca\xb1\xbc\xe4,x\n1,2\n", MISSING_REFUSE);
#endif
}
#else
TEST(failed_allocations) {
}
#endif

TEST_MAIN(no_tables, no_text, ragged_lines, bad_quotes, names_twice, cells_that_are_no_numbers,
          missing_is_refused, missing_is_dropped, missing_becomes_the_mean,
          unused_columns_are_left_alone, memory_limit, without_an_error, failed_allocations)
