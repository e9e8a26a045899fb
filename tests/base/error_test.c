/* Errors as people see them, in both languages. */
#include "../../src/base/base.h"
#include "../check.h"

static void check_rendered(const Error *error, Language language, const char *want) {
    Text text = {0};
    error_render(error, language, &text);
    CHECK_TEXT(text_string(&text), want);
    text_free(&text);
}

/* An error that points at the first 'part' in 'text'. */
static Error error_at(const char *name, const char *text, const char *part) {
    Error error = {0};
    Source source = {name, text, strlen(text)};
    const char *found = strstr(text, part);
    uint32_t start = (uint32_t)(found ? found - text : 0);
    error_set(&error, STATUS_INPUT, MSG_DATA_LITERAL_NUMBER, part, NULL);
    error_place(&error, &source, (Span){start, start + (uint32_t)strlen(part)});
    return error;
}

TEST(caret_under_the_place) {
    Error error = error_at(NULL, "y ~ a*exp(-bta*x) + c", "bta");
    error_remedy(&error, MSG_DATA_RENAME, NULL);
    check_rendered(&error, LANGUAGE_EN,
                   "'bta' is not a number\n"
                   "  y ~ a*exp(-bta*x) + c\n"
                   "             ^~~\n"
                   "rename one of them");
    check_rendered(&error, LANGUAGE_ZH,
                   "'bta' 不是数\n"
                   "  y ~ a*exp(-bta*x) + c\n"
                   "             ^~~\n"
                   "请给其中一列改名");
    error_label(&error, MSG_DATA_TABS, NULL);
    check_rendered(&error, LANGUAGE_EN,
                   "'bta' is not a number\n"
                   "  y ~ a*exp(-bta*x) + c\n"
                   "             ^~~ tabs\n"
                   "rename one of them");
    CHECK_INT(error.line, 1);
    CHECK_INT(error.column, 12);
}

TEST(wide_characters_count_twice) {
    Error error = error_at(NULL, "价格 ~ 长度*bta + é\u0301*温度", "bta");
    check_rendered(&error, LANGUAGE_EN,
                   "'bta' is not a number\n"
                   "  价格 ~ 长度*bta + é\u0301*温度\n"
                   "              ^~~");
    CHECK_INT(error.column, 9);
    error = error_at(NULL, "价格 ~ e\u0301*温度", "温度");
    check_rendered(&error, LANGUAGE_EN,
                   "'温度' is not a number\n"
                   "  价格 ~ e\u0301*温度\n"
                   "           ^~~~");
    CHECK_INT(error.column, 9);
}

TEST(files_and_lines) {
    Error error = error_at("house.descend", "data x\n\tw = 1\r\ny = wrong + x\nz = 1", "wrong");
    check_rendered(&error, LANGUAGE_EN,
                   "house.descend:3:5: 'wrong' is not a number\n"
                   "  y = wrong + x\n"
                   "      ^~~~~");
    error = error_at("house.descend", "data x\n\tw = 1\r\ny = wrong + x\nz = 1", "1\r");
    check_rendered(&error, LANGUAGE_EN,
                   "house.descend:2:6: '1 ' is not a number\n"
                   "   w = 1\n"
                   "       ^");
    error = error_at(NULL, "a = (1 +\n2)", "(1 +\n2)");
    check_rendered(&error, LANGUAGE_EN,
                   "'(1 + 2)' is not a number\n"
                   "  a = (1 +\n"
                   "      ^~~~");
}

TEST(the_end_of_the_text) {
    Error error = {0};
    Source source = {NULL, "1 + ", 4};
    error_set(&error, STATUS_INPUT, MSG_DATA_EMPTY, NULL);
    error_place(&error, &source, (Span){4, 4});
    check_rendered(&error, LANGUAGE_EN, "the file holds no data\n  1 + \n      ^");
    error_place(&error, &source, (Span){400, 500});
    check_rendered(&error, LANGUAGE_EN, "the file holds no data\n  1 + \n      ^");
    error_place(&error, &source, (Span){2, 500});
    check_rendered(&error, LANGUAGE_EN, "the file holds no data\n  1 + \n    ^~");
    source.text = "长a+";
    source.length = strlen(source.text);
    error_place(&error, &source, (Span){3, 3});
    check_rendered(&error, LANGUAGE_EN, "the file holds no data\n  长a+\n    ^");
    source = (Source){NULL, "长\n", 4};
    error_place(&error, &source, (Span){3, 3});
    check_rendered(&error, LANGUAGE_EN, "the file holds no data\n  长\n    ^");
}

TEST(nowhere) {
    Error error = {0};
    Source source = {"m.descend", "1 + ", 4};
    error_set(&error, STATUS_INPUT, MSG_DATA_EMPTY, NULL);
    error_remedy(&error, MSG_DATA_SAVE_CSV, NULL);
    error_place(&error, &source, (Span){0, 0});
    check_rendered(&error, LANGUAGE_EN,
                   "m.descend: the file holds no data (open it in a spreadsheet program and save "
                   "the sheet as CSV (UTF-8))");
    CHECK_INT(error.line, 0);
}

TEST(data_places) {
    Error error = {0};
    error_set(&error, STATUS_INPUT, MSG_DATA_CELL, "7 'age'", "'N/A'",
              message_word(MSG_DATA_IS_NOT_NUMBER).s, NULL);
    error_remedy(&error, MSG_DATA_NA_DROP, NULL);
    error_file(&error, "data.csv", 403, 7);
    check_rendered(&error, LANGUAGE_EN,
                   "data.csv:403: column 7 'age': 'N/A' is not a number "
                   "(--na drop leaves such rows out)");
    check_rendered(&error, LANGUAGE_ZH,
                   "data.csv:403: 列 7 'age'：'N/A' 不是数（--na drop 会去掉这样的行）");
    CHECK_INT(error.column, 7);
    error_set(&error, STATUS_INPUT, MSG_DATA_EMPTY, NULL);
    check_rendered(&error, LANGUAGE_EN, "the file holds no data");
}

/* Of a long line only a window is shown, and the caret stays under the place. */
TEST(long_lines) {
    char line[2000];
    for (int i = 0; i < 1999; i++) line[i] = (char)('a' + i % 26);
    memcpy(line + 1000, "HERE", 4);
    line[1999] = '\0';
    Error error = error_at(NULL, line, "HERE");
    CHECK_INT(error.column, 1001);
    CHECK(strncmp(error.excerpt, "…", 3) == 0);
    CHECK_TEXT(error.excerpt + strlen(error.excerpt) - 3, "…");
    CHECK_INT(unicode_columns(error.excerpt, strlen(error.excerpt)), 76);
    CHECK_INT(strstr(error.excerpt, "HERE") - error.excerpt, error.caret + 2);
    CHECK_INT(error.caret_length, 4);
    memcpy(line + 1000, "abcd", 4);
    memcpy(line + 1990, "LAST", 4);
    error = error_at(NULL, line, "LAST");
    CHECK_TEXT(strstr(error.excerpt, "LAST"), "LASTstuvw");
    memcpy(line, "FIRST", 5);
    error = error_at(NULL, line, "FIRST");
    CHECK_INT(error.caret, 0);
    CHECK(strncmp(error.excerpt, "FIRST", 5) == 0);
    error = error_at(NULL, line, line);
    CHECK_INT(error.caret, 0);
    CHECK_INT(error.caret_length, 75); /* and the ellipsis */
}

TEST(long_wide_lines) {
    Text text = {0};
    for (int i = 0; i < 300; i++) text_add(&text, i == 150 ? "X" : "山");
    Error error = error_at(NULL, text_string(&text), "X");
    const char *found = strstr(error.excerpt, "X");
    CHECK(found != NULL);
    size_t before = found ? (size_t)(found - error.excerpt) : 0;
    CHECK_INT(unicode_columns(error.excerpt, before), error.caret);
    CHECK_INT(error.column, 151);
    CHECK(unicode_columns(error.excerpt, strlen(error.excerpt)) <= 76);
    text_free(&text);
}

TEST(control_characters_are_not_shown) {
    Error error = error_at(NULL, "a\x1b[2J + b\xff + bta\r + c", "bta");
    check_rendered(&error, LANGUAGE_EN,
                   "'bta' is not a number\n"
                   "  a\ufffd[2J + b\ufffd + bta  + c\n"
                   "               ^~~");
    error_file(&error, "evil\x1b]0;name\a", 0, 0);
    check_rendered(&error, LANGUAGE_EN, "evil\ufffd]0;name\ufffd: 'bta' is not a number");
}

/* Any span in any text stays within the excerpt. */
TEST(random_spans) {
    static const char few[] = "ab \n\xe5\xb1\xb1\xcc\x81";
    uint64_t state = 99;
    for (int i = 0; i < 20000; i++) {
        char bytes[300];
        size_t length;
        state = state * 6364136223846793005u + 1442695040888963407u;
        length = (size_t)(state >> 33) % sizeof bytes;
        for (size_t k = 0; k < length; k++) {
            state = state * 6364136223846793005u + 1442695040888963407u;
            bytes[k] = i % 2 ? (char)(state >> 56) : few[(state >> 40) % (sizeof few - 1)];
        }
        Error error = {0};
        Source source = {NULL, bytes, length};
        Span span = {(uint32_t)(state >> 20) % 310, (uint32_t)(state >> 30) % 310};
        error_set(&error, STATUS_INPUT, MSG_DATA_EMPTY, NULL);
        error_place(&error, &source, span);
        size_t used = strlen(error.excerpt);
        CHECK(used < ERROR_EXCERPT && error.caret >= 0);
        CHECK(error.caret <= unicode_columns(error.excerpt, used));
        CHECK(error.caret_length <= unicode_columns(error.excerpt, used) + 1);
        Text text = {0};
        error_render(&error, LANGUAGE_ZH, &text);
        text_free(&text);
    }
}

TEST(without_an_error) {
    CHECK_INT(error_set(NULL, STATUS_IO, MSG_DATA_EMPTY, NULL), STATUS_IO);
    CHECK_INT(error_memory(NULL), STATUS_MEMORY);
    error_label(NULL, MSG_DATA_EMPTY, NULL);
    error_remedy(NULL, MSG_DATA_EMPTY, NULL);
    error_file(NULL, "a", 1, 1);
    error_place(NULL, NULL, (Span){1, 2});
}

TEST(notes_grow) {
    Notes notes = {0};
    for (int i = 0; i < 40; i++)
        error_set(notes_add(&notes), STATUS_OK, MSG_DATA_NOTE_COMMENTS, number_integer(i).s, NULL);
    CHECK(notes.failed || notes.count == 40);
    for (size_t i = 0; i < notes.count; i++)
        CHECK_TEXT(notes.items[i].what.arg[0], number_integer((long long)i).s);
    notes_free(&notes);
    CHECK(notes.items == NULL && notes.count == 0);
}

TEST_MAIN(caret_under_the_place, wide_characters_count_twice, files_and_lines, the_end_of_the_text,
          nowhere, data_places, long_lines, long_wide_lines, control_characters_are_not_shown,
          random_spans, without_an_error, notes_grow)
