/* The catalogue: every sentence in both languages, with the same holes. */
#include "../../src/base/base.h"
#include "../check.h"

static const char *const ids[] = {
#define MESSAGE(id, en, zh) #id,
#include "../../src/base/messages.def"
#undef MESSAGE
};

static void complain(size_t id, const char *what) {
    printf("message %s: %s\n", ids[id], what);
    CHECK_FAIL("the catalogue is not in order");
}

/* Bit n: the hole {n} is there; bit 0: a brace that is no hole. '{' and '}' may stand alone when a
 * blank, a quote or the end follows, as in 'def f(x) { ... }'. */
static unsigned holes(const char *text) {
    unsigned found = 0;
    for (; *text; text++) {
        if (*text == '{' && text[1] >= '1' && text[1] <= '5' && text[2] == '}') {
            found |= 1u << (text[1] - '0');
            text += 2;
        } else if (*text == '{' && text[1] && text[1] >= '0' && text[1] <= '9') {
            found |= 1;
        }
    }
    return found;
}

static bool has_letters(const char *text) {
    for (; *text; text++) {
        if (text[0] == '{' && text[1] && text[2] == '}')
            text += 2;
        else if ((*text >= 'a' && *text <= 'z') || (*text >= 'A' && *text <= 'Z'))
            return true;
    }
    return false;
}

static bool has_chinese(const char *text) {
    const char *limit = text + strlen(text);
    while (text < limit) {
        uint32_t code;
        int length = unicode_decode(text, limit, &code);
        if (length == 0) return false;
        if (code >= 0x3400 && code <= 0x9FFF) return true;
        text += length;
    }
    return false;
}

/* Sentences that are the same in every language: names of units and formats only. */
static bool is_same_everywhere(const char *en, const char *zh) {
    return strcmp(en, zh) == 0 && strlen(en) <= 24;
}

static bool is_clean(const char *text) {
    const char *limit = text + strlen(text);
    while (text < limit) {
        uint32_t code;
        int length = unicode_decode(text, limit, &code);
        if (length == 0 || code == '\t' || code == 0x7f || (code < 0x20 && code != '\n'))
            return false;
        text += length;
    }
    return true;
}

TEST(every_sentence) {
    CHECK_INT(COUNT_OF(ids), MESSAGE_COUNT);
    CHECK_TEXT(message_template(MSG_NONE, LANGUAGE_EN), "");
    for (size_t id = 1; id < MESSAGE_COUNT; id++) {
        const char *en = message_template((MessageId)id, LANGUAGE_EN);
        const char *zh = message_template((MessageId)id, LANGUAGE_ZH);
        if (!en[0] || !zh[0]) complain(id, "empty");
        if (holes(en) != holes(zh)) complain(id, "other holes in Chinese");
        if ((holes(en) | holes(zh)) & 1) complain(id, "a hole that is not {1} to {5}");
        if (!is_clean(en) || !is_clean(zh)) complain(id, "a tab, a control character or bad UTF-8");
        if (has_letters(en) && !has_chinese(zh) && !is_same_everywhere(en, zh))
            complain(id, "no Chinese in the Chinese sentence");
        if (has_chinese(en)) complain(id, "Chinese in the English sentence");
    }
}

TEST(numbers_outside) {
    CHECK_TEXT(message_template(MESSAGE_COUNT, LANGUAGE_EN), "");
    CHECK_TEXT(message_template((MessageId)-1, LANGUAGE_ZH), "");
}

TEST(languages) {
    static const char *const chinese[] = {"zh", "zh_CN", "zh_CN.UTF-8", "zh-Hant", "ZH", "zh.utf8"};
    static const char *const other[] = {"",    "en", "C",    "C.UTF-8", "en_US.UTF-8",
                                        "zha", "z",  "de_ZH"};
    for (size_t i = 0; i < COUNT_OF(chinese); i++) CHECK(language_of(chinese[i]) == LANGUAGE_ZH);
    for (size_t i = 0; i < COUNT_OF(other); i++) CHECK(language_of(other[i]) == LANGUAGE_EN);
    CHECK(language_of(NULL) == LANGUAGE_EN);
}

static void check_rendered(const Message *message, Language language, const char *want) {
    Text text = {0};
    message_render(message, language, &text);
    CHECK_TEXT(text_string(&text), want);
    text_free(&text);
}

TEST(holes_are_filled) {
    Message message =
        message_make(MSG_FILE_CANNOT_READ, "a.csv", message_word(MSG_FILE_NOT_FOUND).s, NULL);
    check_rendered(&message, LANGUAGE_EN, "cannot read 'a.csv': there is no such file");
    check_rendered(&message, LANGUAGE_ZH, "无法读取 'a.csv'：没有这个文件");
    message = message_make(MSG_FILE_CANNOT_READ, "{2}", "{1}", NULL);
    check_rendered(&message, LANGUAGE_EN, "cannot read '{2}': {1}");
    message = message_make(MSG_FILE_CANNOT_READ, NULL);
    check_rendered(&message, LANGUAGE_EN, "cannot read '': ");
    message = (Message){0};
    check_rendered(&message, LANGUAGE_ZH, "");
}

/* What a user typed or a file held must not reach the terminal as a command. */
TEST(arguments_are_safe) {
    Message message = message_make(MSG_FILE_CANNOT_READ, "\x1b[31m\xff",
                                   "\x01"
                                   "9999999\n",
                                   NULL);
    check_rendered(&message, LANGUAGE_EN, "cannot read '\ufffd[31m\ufffd': \ufffd9999999 ");
    message = message_make(MSG_FILE_CANNOT_READ, "\x01",
                           "\x01"
                           "0",
                           NULL);
    check_rendered(&message, LANGUAGE_EN, "cannot read '\ufffd': \ufffd0");
}

TEST(long_arguments_are_cut) {
    char longer[400], want[400];
    memset(longer, 'x', 300);
    longer[300] = '\0';
    Message message = message_make(MSG_FILE_CANNOT_READ, longer, "y", NULL);
    CHECK_INT(strlen(message.arg[0]), MESSAGE_ARG_SIZE - 1);
    snprintf(want, sizeof want, "%.*s\u2026", MESSAGE_ARG_SIZE - 4, longer);
    CHECK_TEXT(message.arg[0], want);
    longer[MESSAGE_ARG_SIZE - 1] = '\0';
    message = message_make(MSG_FILE_CANNOT_READ, longer, "y", NULL);
    CHECK_TEXT(message.arg[0], longer);
    /* At a character, not within one. */
    for (int i = 0; i < 100; i++) memcpy(longer + 3 * i, "\u5c71", 4);
    message = message_make(MSG_FILE_CANNOT_READ, longer, "y", NULL);
    CHECK_INT(strlen(message.arg[0]), 3 * 38 + 3);
    CHECK(memcmp(message.arg[0], longer, 3 * 38) == 0);
    CHECK_TEXT(message.arg[0] + 3 * 38, "\u2026");
}

TEST_MAIN(every_sentence, numbers_outside, languages, holes_are_filled, arguments_are_safe,
          long_arguments_are_cut)
