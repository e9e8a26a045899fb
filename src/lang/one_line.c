/* one_line: text of a tree as it would be typed on one line. Takes a span; gives its words without
 * comments and line ends, with other names where these are wanted. */
#include "lang.h"

#include <string.h>

/* ---- names ----------------------------------------------------------------------------------- */

/* Words at which a statement could begin, or that are no names anywhere. */
static bool one_line_is_word(Word word) {
    return word != WORD_NONE && word != WORD_IN && word != WORD_RATE && word != WORD_DECAY &&
           word != WORD_INF;
}

/* Read without backquotes, the name is this very name. */
static bool one_line_plain(const char *name) {
    Arena arena = {0};
    Notes notes = {0};
    Error error;
    Lexer lexer;
    size_t length = strlen(name);
    lang_lex_open(&lexer, (Source){.text = name, .length = length}, &arena, &notes, &error);
    Token token = lang_lex_next(&lexer);
    bool plain = token.kind == TOKEN_NAME && token.span.end == length && !token.quoted &&
                 !token.dotted && !one_line_is_word(token.word) && notes.count == 0 &&
                 lexer.status == STATUS_OK && !lang_reserved(name);
    lang_lex_close(&lexer);
    notes_free(&notes);
    arena_free(&arena);
    return plain;
}

static void one_line_name(const char *name, Text *out) {
    bool plain = one_line_plain(name);
    if (!plain) text_add_char(out, '`');
    text_add(out, name);
    if (!plain) text_add_char(out, '`');
}

static const char *one_line_renamed(const char *name, const LangRename *renames, size_t n) {
    for (size_t k = 0; k < n; k++)
        if (strcmp(renames[k].from, name) == 0) return renames[k].to;
    return NULL;
}

/* ---- tokens ---------------------------------------------------------------------------------- */

/* What stands between two tokens: a statement's end, or one blank where there was any. */
static void one_line_gap(Token before, Token token, bool ended, Text *out) {
    bool brace = before.kind == TOKEN_BRACE || token.kind == TOKEN_BRACE_END;
    if (out->length == 0 || before.kind == TOKEN_END) return;
    if (ended && !brace) text_add(out, "; ");
    else if (ended || token.span.start > before.span.end) text_add_char(out, ' ');
}

static void one_line_token(const Lexer *lexer, Token token, const LangRename *renames, size_t n,
                           Text *out) {
    bool name = token.kind == TOKEN_NAME && !token.dotted && lang_lex_follows(lexer) != '(';
    const char *renamed = name ? one_line_renamed(token.name, renames, n) : NULL;
    size_t length = token.span.end - token.span.start;
    if (renamed) one_line_name(renamed, out);
    else text_add_bytes(out, lexer->source.text + token.span.start, length);
}

void lang_one_line(const Ast *ast, Span span, const LangRename *renames, size_t n_renames,
                   Text *out) {
    Arena arena = {0};
    Notes notes = {0};
    Error error;
    Lexer lexer;
    Source source = ast->source;
    source.length = span.end;
    lang_lex_open(&lexer, source, &arena, &notes, &error);
    lexer.at = span.start;
    Token before = {.kind = TOKEN_END}, token;
    bool ended = false;
    while ((token = lang_lex_next(&lexer)).kind != TOKEN_END) {
        ended = ended || token.kind == TOKEN_LINE;
        if (token.kind == TOKEN_LINE) continue;
        one_line_gap(before, token, ended, out);
        one_line_token(&lexer, token, renames, n_renames, out);
        before = token;
        ended = false;
    }
    if (lexer.status != STATUS_OK || arena.failed) out->failed = true;
    lang_lex_close(&lexer);
    notes_free(&notes);
    arena_free(&arena);
}
