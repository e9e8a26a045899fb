/* Characters, widths and the NFC form of names. Wanted forms are from the Unicode Character
 * Database (NormalizationTest.txt) and Python's unicodedata. */
#include "../../src/base/base.h"
#include "../check.h"

TEST(utf8_round_trip) {
    for (uint32_t code = 0; code < 0x110000; code++) {
        char bytes[4];
        uint32_t back = 0xffffffff;
        if (code >= 0xD800 && code <= 0xDFFF) continue;
        int length = unicode_encode(code, bytes);
        CHECK_INT(unicode_decode(bytes, bytes + length, &back), length);
        CHECK_INT(back, code);
        CHECK_INT(unicode_decode(bytes, bytes + length - 1, &back), 0);
    }
}

TEST(malformed_utf8) {
    static const char *const wrong[] = {"\x80",
                                        "\xc0\x80",
                                        "\xc1\xbf",
                                        "\xc3",
                                        "\xc3(",
                                        "\xe0\x80\x80",
                                        "\xe0\x9f\xbf",
                                        "\xed\xa0\x80",
                                        "\xed\xbf\xbf",
                                        "\xe2\x82",
                                        "\xf0\x80\x80\x80",
                                        "\xf0\x8f\xbf\xbf",
                                        "\xf4\x90\x80\x80",
                                        "\xf5\x80\x80\x80",
                                        "\xff",
                                        "\xfe",
                                        "\xe2(\xa1"};
    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        uint32_t code;
        CHECK_INT(unicode_decode(wrong[i], wrong[i] + strlen(wrong[i]), &code), 0);
    }
}

TEST(names) {
    static const uint32_t letters[] = {'a',    'Z',    '_',    0xe9,   0x3b1,   0x416,  0x5d0,
                                       0x4e00, 0x9f98, 0x3042, 0xac00, 0x20000, 0x1d6fc};
    static const uint32_t later[] = {'0', '9', 0x301, 0x2081, 0x0663, 0xff10};
    static const uint32_t never[] = {' ',    '+',     '-',    '`',    '.',    0xb7,
                                     0xd7,   0xf7,    0x2212, 0x221a, 0x3000, 0xff0b,
                                     0x200b, 0x1f600, 0x2028, 0xfffd};
    for (size_t i = 0; i < COUNT_OF(letters); i++)
        CHECK(unicode_letter(letters[i]) && unicode_name(letters[i]));
    for (size_t i = 0; i < COUNT_OF(later); i++)
        CHECK(!unicode_letter(later[i]) && unicode_name(later[i]));
    for (size_t i = 0; i < COUNT_OF(never); i++)
        CHECK(!unicode_letter(never[i]) && !unicode_name(never[i]));
}

TEST(widths) {
    static const struct {
        const char *text;
        int columns;
    } rows[] = {{"", 0},        {"abc", 3},      {"盲人下山", 8}, {"e\u0301", 1},
                {"ﾊﾝｶｸ", 4},    {"ＡＢ", 4},     {"한국", 4},     {"\u1112\u1161\u11ab", 2},
                {"π≈3", 3},     {"\u200b", 0},   {"😀", 2},        {"…", 1},
                {"\t\n", 0},    {"¥", 1},        {"￥", 2},       {"\U00020000", 2},
                {"\u3000x", 3}, {"\xff\xfe", 2}, {"é", 1},        {"，。", 4}};
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        CHECK_INT(unicode_columns(rows[i].text, strlen(rows[i].text)), rows[i].columns);
}

TEST(nfc) {
    static const char *const rows[][2] = {{"abc", "abc"},
                                          {"", ""},
                                          {"e\u0301", "\u00e9"},
                                          {"\u212b", "\u00c5"},
                                          {"A\u030a", "\u00c5"},
                                          {"\u2126", "\u03a9"},
                                          {"q\u0307\u0323", "q\u0323\u0307"},
                                          {"\u1e0a\u0323", "\u1e0c\u0307"},
                                          {"D\u0307\u0323", "\u1e0c\u0307"},
                                          {"\u1e0c\u031b\u0307", "\u1e0c\u031b\u0307"},
                                          {"o\u0302\u0301", "\u1ed1"},
                                          {"\u01d5", "\u01d5"},
                                          {"u\u0308\u0304", "\u01d6"},
                                          {"\u0344", "\u0308\u0301"},
                                          {"\u0958", "\u0915\u093c"},
                                          {"\u09c7\u09be", "\u09cb"},
                                          {"\uf900", "\u8c48"},
                                          {"\U0002f800", "\u4e3d"},
                                          {"\u1112\u1161\u11ab", "\ud55c"},
                                          {"\u1112\u1161", "\ud558"},
                                          {"\ud558\u11ab", "\ud55c"},
                                          {"\uac01\u11a8", "\uac01\u11a8"},
                                          {"\u1100\u1161\u11a7", "\uac00\u11a7"},
                                          {"\u0301e", "\u0301e"},
                                          {"e\u0327\u0301", "\u0229\u0301"},
                                          {"\u1e9b\u0323", "\u1e9b\u0323"},
                                          {"a\u0315\u0300\u05ae"
                                           "b",
                                           "\u00e0\u05ae\u0315"
                                           "b"},
                                          {"\U000110a5\U000110ba", "\U000110ab"},
                                          {"\u03b1\u0313\u0301", "\u1f04"},
                                          {"a\u0310\u0301", "a\u0310\u0301"},
                                          {"温度", "温度"},
                                          {"\u304b\u3099", "\u304c"}};
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        Arena arena = {0};
        CHECK_TEXT(unicode_nfc(&arena, rows[i][0], strlen(rows[i][0])), rows[i][1]);
        CHECK_TEXT(unicode_nfc(&arena, rows[i][1], strlen(rows[i][1])), rows[i][1]);
        arena_free(&arena);
    }
    Arena arena = {0};
    CHECK(unicode_nfc(&arena, "a\xff", 2) == NULL);
    CHECK(!arena.failed);
    arena_free(&arena);
}

/* A long run of marks takes linear time. */
TEST(many_marks) {
    enum { MARKS = 200000 };
    Arena arena = {0};
    Text text = {0};
    text_add(&text, "e");
    for (int i = 0; i < MARKS; i++) text_add(&text, i % 2 ? "\u0323" : "\u0307");
    const char *form = unicode_nfc(&arena, text_string(&text), text.length);
    CHECK(form && strlen(form) >= MARKS);
    text_free(&text);
    arena_free(&arena);
}

static void check_show(const char *text, const char *want, int read) {
    char out[5] = {0};
    int length = 0;
    CHECK_INT(unicode_show(text, text + strlen(text), out, &length), read);
    CHECK_TEXT(out, want);
    CHECK_INT(length, strlen(want));
}

TEST(shown_safely) {
    check_show("a", "a", 1);
    check_show("山", "山", 3);
    check_show("\t", " ", 1);
    check_show("\n", " ", 1);
    check_show("\x1b[31m", "\ufffd", 1);
    check_show("\x7f", "\ufffd", 1);
    check_show("\xc2\x9b", "\ufffd", 2);
    check_show("\u202e", "\ufffd", 3);
    check_show("\u2028", "\ufffd", 3);
    check_show("\xff", "\ufffd", 1);
}

TEST_MAIN(utf8_round_trip, malformed_utf8, names, widths, nfc, many_marks, shown_safely)
