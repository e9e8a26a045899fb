/* Tables by display width, plots by braille and ASCII, JSON. */
#include "../../src/view/view.h"
#include "../check.h"

#include <math.h>

static const ViewStyle english = {.language = LANGUAGE_EN, .unicode = true, .columns = 80};

static void cells(ViewTable *table, const char *const *texts, size_t count) {
    for (size_t k = 0; k < count; k++) view_table_cell(table, texts[k]);
}

static const char *rendered(ViewTable *table, const ViewStyle *style, Text *out) {
    text_clear(out);
    view_table_render(table, style, out);
    return text_string(out);
}

TEST(columns_are_aligned_by_what_is_seen) {
    static const char *const texts[] = {"w", "10", "\xe5\x9d\xa1\xe5\xba\xa6", "6.4",
                                        "b", "-0.25", "c", "1e-9", "d", "nan"};
    ViewTable table = {0};
    Text out = {0};
    view_table_column(&table, VIEW_LEFT, "name");
    view_table_column(&table, VIEW_NUMBER, "value");
    cells(&table, texts, COUNT_OF(texts));
    CHECK_TEXT(rendered(&table, &english, &out), "name  value\n"
                                                 "----  -----\n"
                                                 "w     10\n"
                                                 "\xe5\x9d\xa1\xe5\xba\xa6   6.4\n"
                                                 "b     -0.25\n"
                                                 "c      1e-9\n"
                                                 "d       nan\n");
    view_table_free(&table);
    text_free(&out);
}

TEST(headers_and_gaps) {
    ViewTable table = {0};
    Text out = {0};
    view_table_column(&table, VIEW_NUMBER, "0.5");
    view_table_column(&table, VIEW_LEFT, "step");
    view_table_number(&table, 12.25);
    view_table_cell(&table, "");
    view_table_gap(&table);
    view_table_number(&table, 1e10 / 3);
    view_table_cell(&table, "x");
    CHECK_TEXT(rendered(&table, &english, &out), "          0.5  step\n"
                                                 "-------------  ----\n"
                                                 "        12.25\n"
                                                 "          ...  ...\n"
                                                 "3333333000     x\n");
    view_table_free(&table);
    text_free(&out);
}

TEST(plain_tables_are_sentences) {
    ViewStyle plain = english, chinese = english;
    ViewTable table = {0};
    Text out = {0};
    plain.plain = chinese.plain = true;
    chinese.language = LANGUAGE_ZH;
    view_table_column(&table, VIEW_NUMBER, "round");
    view_table_column(&table, VIEW_NUMBER, "slope");
    view_table_column(&table, VIEW_LEFT, "step");
    static const char *const texts[] = {"1", "20", "10 - 0.1*20", "2", "", "8 - 0.1*16"};
    cells(&table, texts, 3);
    view_table_gap(&table);
    cells(&table, texts + 3, 3);
    CHECK_TEXT(rendered(&table, &plain, &out), "round 1: slope 20, step 10 - 0.1*20\n"
                                               "(rows left out)\n"
                                               "round 2: step 8 - 0.1*16\n");
    CHECK(strstr(rendered(&table, &chinese, &out), "round 1\xef\xbc\x9aslope 20\xef\xbc\x8c"));
    view_table_free(&table);
    text_free(&out);
}

/* ---- plots ------------------------------------------------------------------------------- */

TEST(a_diagonal_in_braille) {
    static const double x[] = {0, 1}, y[] = {0, 1};
    ViewSeries series = {.x = x, .y = y, .count = 2, .line = VIEW_LINE};
    ViewPlot plot = {.x_name = "x", .y_name = "y", .series = &series, .n_series = 1};
    Text out = {0};
    view_plot_render(&plot, &english, &out);
    /* The smallest sheet: 18 cells by 3, 36 dots by 12: each dot of height is three wide. */
    CHECK_TEXT(text_string(&out), "  y\n"
                                  "1 |            \xe2\xa3\x80\xe2\xa3\x80\xe2\xa0\xa4"
                                  "\xe2\xa0\x94\xe2\xa0\x92\xe2\xa0\x89\n"
                                  "  |      \xe2\xa3\x80\xe2\xa1\xa0\xe2\xa0\xa4"
                                  "\xe2\xa0\x92\xe2\xa0\x8a\xe2\xa0\x89\n"
                                  "0 |\xe2\xa3\x80\xe2\xa0\xa4\xe2\xa0\x94"
                                  "\xe2\xa0\x92\xe2\xa0\x89\xe2\xa0\x89\n"
                                  "  +------------------\n"
                                  "   0       x        1\n");
    text_free(&out);
}

TEST(marks_in_ascii_and_values_that_are_not_finite) {
    static const double x[] = {0, 1, 2, 3}, y[] = {5, NAN, 5, 5};
    ViewSeries series[] = {{.x = x, .y = y, .count = 4},
                           {.x = x, .y = y, .count = 4, .line = VIEW_LINE}};
    ViewPlot plot = {.x_name = "x", .y_name = "y", .series = series, .n_series = 2, .rows = 8};
    ViewStyle ascii = english;
    Text out = {0};
    ascii.unicode = false;
    view_plot_render(&plot, &ascii, &out);
    CHECK_TEXT(text_string(&out), "    y\n"
                                  "7.5 |\n"
                                  "    |\n"
                                  "    |o          o.....o\n"
                                  "    |\n"
                                  "2.5 |\n"
                                  "    +------------------\n"
                                  "     0       x        3\n");
    text_free(&out);
}

/* A solid line covers the others; dots lie three and six apart. */
TEST(lines_of_three_kinds) {
    static const double x[] = {0, 1}, y[] = {0, 0}, high[] = {1, 1}, middle[] = {0.5, 0.5};
    ViewSeries series[] = {{.x = x, .y = y, .count = 2, .line = VIEW_LINE},
                           {.x = x, .y = middle, .count = 2, .line = VIEW_DOTTED},
                           {.x = x, .y = high, .count = 2, .line = VIEW_SPARSE},
                           {.x = x, .y = y, .count = 2, .line = VIEW_DOTTED}};
    ViewPlot plot = {.x_name = "x", .y_name = "y", .series = series, .n_series = 4};
    ViewStyle ascii = english;
    Text out = {0};
    ascii.unicode = false;
    view_plot_render(&plot, &ascii, &out);
    CHECK_TEXT(text_string(&out), "  y\n"
                                  "1 |'  '  '  '  '  '\n"
                                  "  |:: :: :: :: :: ::\n"
                                  "0 |..................\n"
                                  "  +------------------\n"
                                  "   0       x        1\n");
    CHECK_TEXT(view_plot_sample(VIEW_LINE, &ascii).s, "....");
    CHECK_TEXT(view_plot_sample(VIEW_DOTTED, &ascii).s, ":: :");
    CHECK_TEXT(view_plot_sample(VIEW_SPARSE, &english).s, "\xe2\xa0\x84  \xe2\xa0\x84");
    text_free(&out);
}

TEST(plots_of_nothing_and_of_extremes) {
    static const double x[] = {0, 1, 2}, none[] = {NAN, INFINITY, NAN};
    static const double wide[] = {-1e308, 1e308, 0};
    ViewSeries series = {.x = x, .y = none, .count = 3, .line = VIEW_LINE};
    ViewPlot plot = {.x_name = "x", .y_name = "y", .series = &series, .n_series = 1};
    Text out = {0};
    view_plot_render(&plot, &english, &out);
    CHECK_TEXT(text_string(&out), "");
    series.y = wide;
    view_plot_render(&plot, &english, &out);
    CHECK(strstr(text_string(&out), "-1e308 |") && strstr(text_string(&out), "\n 1e308 |"));
    text_free(&out);
}

/* ---- JSON -------------------------------------------------------------------------------- */

TEST(json_of_every_kind) {
    Text out = {0};
    ViewJson json = {.out = &out};
    view_json_open(&json, NULL, '{');
    view_json_number(&json, "third", 1.0 / 3);
    view_json_number(&json, "none", NAN);
    view_json_integer(&json, "whole", -7);
    view_json_open(&json, "list", '[');
    view_json_number(&json, NULL, 1);
    view_json_open(&json, NULL, '[');
    view_json_close(&json, ']');
    view_json_text(&json, NULL, "a\"b\\c\nd\te\x01\x7f\xff\xe5\x9d\xa1");
    view_json_close(&json, ']');
    view_json_text(&json, "null", NULL);
    view_json_close(&json, '}');
    CHECK_TEXT(text_string(&out),
               "{\n"
               "  \"third\": 0.3333333333333333,\n"
               "  \"none\": null,\n"
               "  \"whole\": -7,\n"
               "  \"list\": [1, [], \"a\\\"b\\\\c\\nd\\te\\u0001\\u007f"
               "\xef\xbf\xbd\xe5\x9d\xa1\"],\n"
               "  \"null\": null\n"
               "}\n");
    text_free(&out);
}

TEST_MAIN(columns_are_aligned_by_what_is_seen, headers_and_gaps, plain_tables_are_sentences,
          a_diagonal_in_braille, marks_in_ascii_and_values_that_are_not_finite,
          lines_of_three_kinds,
          plots_of_nothing_and_of_extremes, json_of_every_kind)
