/* about: what the comment at the head of a text says. Lines of words come first, '# KEY: ...' says
 * single things. */
#include "lang.h"

#include <string.h>

typedef struct AboutLine {
    const char *text, *end; /* behind '# ' */
    const char *value;      /* behind 'KEY: ', or NULL: a line of words */
    size_t key;             /* length of the key */
} AboutLine;

/* The next line of the comment; false at its end. */
static bool about_next(const char **at, const char *limit, AboutLine *line) {
    if (*at >= limit || **at != '#') return false;
    const char *end = memchr(*at, '\n', (size_t)(limit - *at));
    *line = (AboutLine){.text = *at + 1, .end = end ? end : limit};
    *at = end ? end + 1 : limit;
    while (line->end > line->text && (line->end[-1] == '\r' || line->end[-1] == ' ')) line->end--;
    while (line->text < line->end && *line->text == ' ') line->text++;
    const char *key = line->text;
    while (key < line->end && *key >= 'a' && *key <= 'z') key++;
    if (key == line->text || key + 1 >= line->end || key[0] != ':' || key[1] != ' ') return true;
    line->key = (size_t)(key - line->text);
    line->value = key + 2;
    return true;
}

/* Chinese is told by its characters. */
static bool about_is_chinese(const AboutLine *line) {
    uint32_t code;
    for (const char *at = line->text; at < line->end;) {
        int length = unicode_decode(at, line->end, &code);
        if (code >= 0x4e00 && code <= 0x9fff && length > 0) return true;
        at += length > 0 ? length : 1;
    }
    return false;
}

bool lang_about(const Ast *ast, const char *key, Text *out) {
    const char *at = ast->source.text, *limit = at + ast->source.length;
    bool zh = strcmp(key, "zh") == 0, words = zh || strcmp(key, "en") == 0, found = false;
    AboutLine line;
    while (about_next(&at, limit, &line)) {
        const char *from = words ? line.text : line.value;
        bool wanted = words ? !found && !line.value && about_is_chinese(&line) == zh
                            : line.value && strlen(key) == line.key &&
                                  memcmp(line.text, key, line.key) == 0;
        if (!wanted || from == line.end) continue;
        if (found) text_add_char(out, ' ');
        text_add_bytes(out, from, (size_t)(line.end - from));
        found = true;
    }
    return found;
}
