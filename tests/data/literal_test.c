/* Tables typed on the command line. */
#include "tables.h"

TEST(what_is_a_literal) {
    static const char *const yes[] = {"x=1,2,3 y=2,4,5",
                                      "x=1,2",
                                      "x=1 y=2,3",
                                      "x=1 y=2",
                                      "x=1,oops",
                                      " x = 1, 2 ",
                                      "`fixed acidity`=1,2",
                                      "名=1,2",
                                      "x=-1.5e3,+2;y=1,2",
                                      "x=1,",
                                      "x=1,2\ny=3,4",
                                      "x=nan,1"};
    static const char *const no[] = {
        "",     "x",    "x=1",    "x=1 y=z",        "data.csv", "w=0..1", "w=1,0..10", "x=",
        "x=,1", "=1,2", "2x=1,2", "x=1,2 data.csv", "a b=1,2",  "x==1,2", "`x=1,2",    "x=y,1"};
    for (size_t i = 0; i < COUNT_OF(yes); i++)
        if (!data_is_literal(yes[i])) CHECK_FAIL(yes[i]);
    for (size_t i = 0; i < COUNT_OF(no); i++)
        if (data_is_literal(no[i])) CHECK_FAIL(no[i]);
}

TEST(values) {
    Table *table = NULL;
    Error error = {0};
    CHECK_INT(
        data_literal("x=1,2,3 `fixed acidity` = -2, 4e1 ,.5; e\u0301=7,8,0x10", &table, &error),
        STATUS_OK);
    check_column(table, "x", COLUMN_NUMBER, "1 2 3");
    check_column(table, "fixed acidity", COLUMN_NUMBER, "-2 40 0.5");
    check_column(table, "\u00e9", COLUMN_NUMBER, "7 8 16");
    if (table) CHECK(table->lines == NULL && table->name == NULL && table->n_rows == 3);
    data_free(table);
}

static void check_literal_refused(const char *text, const char *want) {
    Table *table = NULL;
    Error error = {0};
    Text shown = {0};
    CHECK_INT(data_literal(text, &table, &error), STATUS_INPUT);
    CHECK(table == NULL);
    error_render(&error, LANGUAGE_EN, &shown);
    CHECK_TEXT(text_string(&shown), want);
    text_free(&shown);
}

#define NUMBER_REMEDY "write a number there, or leave that place out of every column"

TEST(refused) {
    check_literal_refused("x=1,2,3 y=2,4", "'y' has 2 values, but 'x' has 3\n"
                                           "  x=1,2,3 y=2,4\n"
                                           "          ^");
    check_literal_refused("x=1,zwei y=2,4", "'zwei' is not a number\n"
                                            "  x=1,zwei y=2,4\n"
                                            "      ^~~~\n" NUMBER_REMEDY);
    check_literal_refused("x=1,2 温=2,,4", "'' is not a number\n"
                                           "  x=1,2 温=2,,4\n"
                                           "             ^\n" NUMBER_REMEDY);
    check_literal_refused("x=1,1e999", "'1e999' is not a number\n"
                                       "  x=1,1e999\n"
                                       "      ^~~~~\n" NUMBER_REMEDY);
    check_literal_refused("x=1,2 x=3,4", "the column 'x' comes twice\n"
                                         "  x=1,2 x=3,4\n"
                                         "        ^");
    check_literal_refused("x=1,2 and", "a column is written NAME=NUMBER,NUMBER,...\n"
                                       "  x=1,2 and\n"
                                       "        ^~~");
    check_literal_refused("", "a column is written NAME=NUMBER,NUMBER,...\n"
                              "  \n"
                              "  ^");
}

TEST_MAIN(what_is_a_literal, values, refused)
