/* messages: sentences as values, filled and translated only when somebody reads them. */
#include "base.h"

#include <stdarg.h>
#include <string.h>

typedef struct MessageRow {
    const char *template[2]; /* by Language */
} MessageRow;

static const MessageRow message_rows[MESSAGE_COUNT] = {
#define MESSAGE(id, en, zh) [MSG_##id] = {{en, zh}},
#include "messages.def"
#undef MESSAGE
};

/* Marks an argument that is the number of a message, to be translated when it is shown. */
enum { MESSAGE_WORD_MARK = 1 };

Language language_of(const char *name) {
    if (!name || (name[0] != 'z' && name[0] != 'Z') || (name[1] != 'h' && name[1] != 'H'))
        return LANGUAGE_EN;
    return strchr("_-.@", name[2]) ? LANGUAGE_ZH : LANGUAGE_EN;
}

const char *message_template(MessageId id, Language language) {
    if ((unsigned)id >= MESSAGE_COUNT) return "";
    return message_rows[id].template[language == LANGUAGE_ZH];
}

NumberText message_word(MessageId id) {
    NumberText word = number_integer(id);
    memmove(word.s + 1, word.s, strlen(word.s) + 1);
    word.s[0] = MESSAGE_WORD_MARK;
    return word;
}

/* The message that the argument stands for, or MSG_NONE when it is plain text. */
static MessageId message_word_id(const char *arg) {
    unsigned id = 0;
    if (arg[0] != MESSAGE_WORD_MARK) return MSG_NONE;
    for (arg++; *arg >= '0' && *arg <= '9' && id < MESSAGE_COUNT; arg++)
        id = id * 10 + (unsigned)(*arg - '0');
    return *arg == '\0' && id < MESSAGE_COUNT ? (MessageId)id : MSG_NONE;
}

/* Copies an argument so that a terminal can show it, cut at a character when it is too long. */
static void message_copy_arg(char out[MESSAGE_ARG_SIZE], const char *arg) {
    static const char ellipsis[] = "\xe2\x80\xa6";
    const char *limit = arg + strlen(arg);
    size_t used = 0, cut = 0; /* cut: where the ellipsis still fits */
    while (arg < limit) {
        char shown[4];
        int length;
        arg += unicode_show(arg, limit, shown, &length);
        if (used + (size_t)length >= MESSAGE_ARG_SIZE) {
            memcpy(out + cut, ellipsis, sizeof ellipsis);
            return;
        }
        memcpy(out + used, shown, (size_t)length);
        used += (size_t)length;
        if (used + sizeof ellipsis <= MESSAGE_ARG_SIZE) cut = used;
    }
    out[used] = '\0';
}

static void message_set_arg(Message *message, int index, const char *arg) {
    if (message_word_id(arg) != MSG_NONE)
        strcpy(message->arg[index], arg);
    else
        message_copy_arg(message->arg[index], arg);
}

Message message_make_list(MessageId id, va_list list) {
    Message message = {.id = id};
    for (int i = 0; i < MESSAGE_ARGS; i++) {
        const char *arg = va_arg(list, const char *);
        if (!arg) break;
        message_set_arg(&message, i, arg);
    }
    return message;
}

Message message_make(MessageId id, ...) {
    va_list list;
    va_start(list, id);
    Message message = message_make_list(id, list);
    va_end(list);
    return message;
}

static void message_add_arg(const char *arg, Language language, Text *out) {
    MessageId word = message_word_id(arg);
    text_add(out, word == MSG_NONE ? arg : message_template(word, language));
}

void message_render(const Message *message, Language language, Text *out) {
    const char *at = message_template(message->id, language);
    while (*at) {
        bool hole = at[0] == '{' && at[1] >= '1' && at[1] < '1' + MESSAGE_ARGS && at[2] == '}';
        if (hole) {
            message_add_arg(message->arg[at[1] - '1'], language, out);
            at += 3;
        } else {
            text_add_char(out, *at++);
        }
    }
}
