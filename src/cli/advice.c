/* advice: what to type next - this command line again, with the options that the library
 * advises. */
#include "cli.h"

#include <string.h>

/* A word as a shell reads it back. */
static void advice_quote(Text *out, const char *word) {
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                "-_./=,:@%+";
    if (*word && strspn(word, plain) == strlen(word)) {
        text_add(out, word);
        return;
    }
    text_add_char(out, '\'');
    for (; *word; word++)
        if (*word == '\'') text_add(out, "'\\''");
        else text_add_char(out, *word);
    text_add_char(out, '\'');
}

/* Does the advice give the option that 'word' names ('--rate' or '--rate=0.1')? */
static bool advice_gives(const char *advice, const char *word) {
    size_t length = strcspn(word, "=");
    for (const char *at = advice; (at = strstr(at, "--")); at += 2)
        if (strcspn(at, " =") == length && memcmp(at, word, length) == 0) return true;
    return false;
}

static bool advice_takes_value(const char *word) {
    for (int k = 0; k < OPTION_COUNT; k++)
        if (strcmp(word + 2, cli_option_rows[k].name) == 0)
            return cli_option_rows[k].kind != OPTION_FLAG;
    return false;
}

/* Stands 'option value' of the advice (or the option alone) on the command line as it is? */
static bool advice_was_typed(const Command *command, const char *option, size_t length,
                             const char *value, size_t size) {
    for (int k = 0; k < command->argc; k++) {
        const char *word = command->argv[k], *next = "";
        if (strncmp(word, option, length) != 0 || (word[length] && word[length] != '=')) continue;
        if (word[length]) next = word + length + 1;
        else if (k + 1 < command->argc) next = command->argv[k + 1];
        if (size == 0 || (strlen(next) == size && memcmp(next, value, size) == 0)) return true;
    }
    return false;
}

/* All of it: it would be the same command again. */
static bool advice_is_old(const Command *command, const char *advice) {
    while (*advice) {
        size_t length = strcspn(advice, " "), size;
        const char *option = advice;
        advice += length + (advice[length] == ' ');
        bool value = *advice && strncmp(advice, "--", 2) != 0, quoted = *advice == '\'';
        if (value && quoted) advice++;
        size = value ? strcspn(advice, quoted ? "'" : " ") : 0;
        if (!advice_was_typed(command, option, length, advice, size)) return false;
        advice += size + (value && quoted);
        advice += strspn(advice, " ");
    }
    return true;
}

bool cli_advises(const Command *command, const char *advice) {
    return advice[0] && !(strncmp(advice, "--", 2) == 0 && advice_is_old(command, advice));
}

static void advice_add_word(Text *out, const char *word) {
    text_add_char(out, ' ');
    advice_quote(out, word);
}

void cli_advice(const Command *command, const char *advice, Text *out) {
    bool only_words = false;
    /* The file is there by now. */
    bool written = (command->values[OPTION_TRACE] || command->values[OPTION_BAND]) &&
                   !command->values[OPTION_OVERWRITE];
    if (!advice) advice = "";
    else if (strncmp(advice, "--", 2) != 0) {
        text_add(out, advice);
        return;
    }
    text_add(out, "descend");
    for (int k = 0; k < command->argc; k++) {
        const char *word = command->argv[k];
        bool option = !only_words && strncmp(word, "--", 2) == 0;
        if (option && !word[2]) {
            /* What is advised must stand before the end of the options. */
            text_add_char(out, ' ');
            text_add(out, advice);
            if (written) text_add(out, " --overwrite");
            advice = "";
            only_words = true;
        }
        bool value = option && !strchr(word, '=') && advice_takes_value(word);
        bool given = option && word[2] && advice_gives(advice, word);
        if (!given) advice_add_word(out, word);
        if (value && k + 1 < command->argc) k++;
        if (value && !given) advice_add_word(out, command->argv[k]);
    }
    text_add(out, advice[0] ? " " : "");
    text_add(out, advice);
    if (written && !only_words) text_add(out, " --overwrite");
}
