/* parser: what all rules of the grammar need - reading on, failing with a place, making nodes,
 * closing brackets, counting depth.
 *
 * The first failure empties the token stream (see lex.c), so that every loop of the parser ends and
 * every function returns; lang_refuse returns 0, the id of no node. */
#include "lang.h"

#include <string.h>

/* ---- tokens and failures ------------------------------------------------------------------------
 */

void lang_advance(Parser *parser) {
    parser->before = parser->token;
    parser->token = lang_lex_next(&parser->lexer);
}

AstId lang_refuse(Parser *parser, Span span, MessageId what, MessageId remedy, const char *a,
                  const char *b) {
    uint32_t end = (uint32_t)parser->lexer.source.length;
    lang_lex_refuse(&parser->lexer, span, what, remedy, a, b);
    parser->token = (Token){.kind = TOKEN_END, .span = {end, end}};
    return 0;
}

static AstId parse_no_memory(Parser *parser) {
    if (!lang_failed(parser)) parser->lexer.status = error_memory(parser->lexer.error);
    parser->token.kind = TOKEN_END;
    return 0;
}

/* The words of a token; the end of the text and of a line have names of their own. */
LangWords lang_words(const Parser *parser, Token token) {
    MessageId word = token.kind == TOKEN_END ? MSG_LANG_WORD_END : MSG_LANG_WORD_LINE_END;
    LangWords words = lang_lex_words(&parser->lexer, token.span);
    if (token.kind == TOKEN_END || (token.kind == TOKEN_LINE && words.s[0] != ';'))
        memcpy(words.s, message_word(word).s, NUMBER_TEXT);
    return words;
}

/* The same in quotes, but not for what has no words of its own. */
LangWords lang_quoted(const Parser *parser, Token token) {
    LangWords words = lang_words(parser, token), quoted = {{0}};
    bool own = token.kind != TOKEN_END && (token.kind != TOKEN_LINE || words.s[0] == ';');
    if (!own) return words;
    size_t length = strlen(words.s);
    if (length > sizeof quoted.s - 3) length = sizeof quoted.s - 3;
    quoted.s[0] = '\'';
    memcpy(quoted.s + 1, words.s, length);
    quoted.s[1 + length] = '\'';
    return quoted;
}

/* ---- nodes --------------------------------------------------------------------------------------
 */

void lang_push(Parser *parser, AstId child) {
    if (!memory_reserve(&parser->pending, &parser->pending_capacity, parser->n_pending + 1,
                        sizeof(AstId)))
        parse_no_memory(parser);
    else
        parser->pending[parser->n_pending++] = child;
}

AstId lang_make(Parser *parser, AstNode node, size_t from) {
    Ast *ast = parser->ast;
    size_t count = parser->n_pending - from;
    bool room =
        ast->n_nodes < UINT32_MAX && ast->n_children < UINT32_MAX - count &&
        memory_reserve(&ast->nodes, &parser->nodes_capacity, ast->n_nodes + 1, sizeof(AstNode)) &&
        memory_reserve(&ast->children, &parser->children_capacity, ast->n_children + count + 1,
                       sizeof(AstId));
    parser->n_pending = from;
    if (!room) return parse_no_memory(parser);
    if (lang_failed(parser)) return 0;
    if (count)
        memcpy(ast->children + ast->n_children, parser->pending + from, count * sizeof(AstId));
    node.first_child = (uint32_t)ast->n_children;
    node.n_children = (uint32_t)count;
    ast->nodes[ast->n_nodes] = node;
    ast->n_children += count;
    return (AstId)ast->n_nodes++;
}

AstId lang_leaf(Parser *parser, AstKind kind, Token token) {
    AstNode node = {.kind = kind,
                    .span = token.span,
                    .name_span = token.span,
                    .name = token.name,
                    .number = token.number};
    return lang_make(parser, node, parser->n_pending);
}

AstId lang_make2(Parser *parser, AstNode node, AstId a, AstId b) {
    size_t from = parser->n_pending;
    lang_push(parser, a);
    if (b) lang_push(parser, b);
    return lang_make(parser, node, from);
}

/* ---- brackets and depth ---------------------------------------------------------------------- */

bool lang_deeper(Parser *parser, Span span) {
    if (parser->depth < LANG_DEPTH) {
        parser->depth++;
        return true;
    }
    lang_refuse(parser, span, MSG_LANG_DEPTH, MSG_LANG_DEPTH_REMEDY, number_integer(LANG_DEPTH).s,
                NULL);
    return false;
}

static bool parse_begins_value(const Token *token) {
    return token->kind == TOKEN_NUMBER || token->kind == TOKEN_NAME ||
           token->kind == TOKEN_STRING || token->kind == TOKEN_PAREN || token->kind == TOKEN_ROOT ||
           token->kind == TOKEN_BRACKET || token->kind == TOKEN_NOT;
}

bool lang_is_operator(TokenKind kind) {
    return kind >= TOKEN_AND && kind <= TOKEN_RANGE;
}

/* Words of other languages, and what to write here. */
AstId lang_refuse_foreign(Parser *parser, Token word) {
    static const struct ParseForeign {
        const char *word;
        MessageId remedy;
    } rows[] = {
        {"while", MSG_LANG_FOREIGN_LOOP},        {"return", MSG_LANG_FOREIGN_RETURN},
        {"maximize", MSG_LANG_FOREIGN_MAXIMIZE}, {"maximise", MSG_LANG_FOREIGN_MAXIMIZE},
        {"minimise", MSG_LANG_FOREIGN_MINIMISE}, {"function", MSG_LANG_FOREIGN_DEF},
        {"lambda", MSG_LANG_FOREIGN_DEF},        {"let", MSG_LANG_FOREIGN_SET},
    };
    MessageId remedy = MSG_LANG_FOREIGN_BRANCH;
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        if (strcmp(rows[i].word, word.name) == 0) remedy = rows[i].remedy;
    return lang_refuse(parser, word.span, MSG_LANG_FOREIGN, remedy, word.name, NULL);
}

AstId lang_refuse_name(Parser *parser) {
    LangWords a = lang_quoted(parser, parser->before), b = lang_quoted(parser, parser->token);
    return lang_refuse(parser, parser->token.span, MSG_LANG_NAME_EXPECTED,
                       MSG_LANG_NAME_EXPECTED_REMEDY, a.s, b.s);
}

/* Two values side by side. */
static AstId parse_refuse_neighbours(Parser *parser) {
    Token left = parser->before, right = parser->token;
    LangWords a = lang_words(parser, left), b = lang_words(parser, right);
    Span both = lang_join(left.span, right.span);
    if (right.kind == TOKEN_NAME && right.word == WORD_IN)
        return lang_refuse(parser, right.span, MSG_LANG_BOUNDS_PLACE, MSG_LANG_BOUNDS_PLACE_REMEDY,
                           NULL, NULL);
    if (left.kind == TOKEN_NAME && left.word == WORD_FOREIGN)
        return lang_refuse_foreign(parser, left);
    if (right.kind == TOKEN_NAME && right.word == WORD_FOREIGN)
        return lang_refuse_foreign(parser, right);
    if (left.kind == TOKEN_NAME && left.word == WORD_MINIMIZE)
        return lang_refuse(parser, left.span, MSG_LANG_MISPLACED, MSG_LANG_ONLY_EXPRESSION, a.s,
                           NULL);
    if (left.kind == TOKEN_NAME && left.word != WORD_NONE && left.word < WORD_MINIMIZE)
        return lang_refuse_name(parser);
    bool product = left.kind == TOKEN_NUMBER && right.kind == TOKEN_NAME;
    bool names = left.kind == TOKEN_NAME && right.kind == TOKEN_NAME;
    MessageId remedy = product ? MSG_LANG_PRODUCT
                       : names ? MSG_LANG_NO_OPERATOR_NAMES
                               : MSG_LANG_NO_OPERATOR_REMEDY;
    uint32_t follows = lang_lex_follows(&parser->lexer);
    if (right.kind == TOKEN_NAME && (follows == '=' || follows == '~'))
        remedy = MSG_LANG_TWO_STATEMENTS;
    return lang_refuse(parser, both, MSG_LANG_NO_OPERATOR, remedy, a.s, b.s);
}

/* A token that cannot stand here. */
AstId lang_refuse_token(Parser *parser) {
    Token token = parser->token;
    LangWords words = lang_words(parser, token);
    if (parse_begins_value(&token) && !lang_is_operator(parser->before.kind))
        return parse_refuse_neighbours(parser);
    switch (token.kind) {
        case TOKEN_PAREN_END:
        case TOKEN_BRACKET_END:
        case TOKEN_BRACE_END:
            return lang_refuse(parser, token.span, MSG_LANG_CLOSES_NOTHING,
                               MSG_LANG_CLOSES_NOTHING_REMEDY, words.s, NULL);
        case TOKEN_SET:
            return lang_refuse(parser, token.span, MSG_LANG_SET, MSG_LANG_SET_REMEDY, NULL, NULL);
        case TOKEN_FIT:
            return lang_refuse(parser, token.span, MSG_LANG_FIT_PLACE, MSG_LANG_FIT_PLACE_REMEDY,
                               NULL, NULL);
        case TOKEN_COMMA:
            return lang_refuse(parser, token.span, MSG_LANG_COMMA, MSG_LANG_COMMA_REMEDY, NULL,
                               NULL);
        case TOKEN_COLON:
            return lang_refuse(parser, token.span, MSG_LANG_COLON, MSG_LANG_COLON_REMEDY, NULL,
                               NULL);
        case TOKEN_RANGE:
            return lang_refuse(parser, token.span, MSG_LANG_RANGE, MSG_LANG_RANGE_REMEDY, NULL,
                               NULL);
        case TOKEN_BRACE:
            return lang_refuse(parser, token.span, MSG_LANG_BRACE, MSG_LANG_BRACE_REMEDY, NULL,
                               NULL);
        default:
            return lang_refuse(parser, token.span, MSG_LANG_UNEXPECTED,
                               MSG_LANG_CLOSES_NOTHING_REMEDY, lang_quoted(parser, token).s, NULL);
    }
}

Span lang_close(Parser *parser, Token opener) {
    TokenKind wanted = (TokenKind)(opener.kind + 1);
    Token token = parser->token;
    LangWords open = lang_words(parser, opener), words = lang_words(parser, token);
    bool closer = token.kind == TOKEN_PAREN_END || token.kind == TOKEN_BRACKET_END ||
                  token.kind == TOKEN_BRACE_END;
    if (token.kind == wanted)
        lang_advance(parser);
    else if (closer && token.kind != TOKEN_BRACE_END)
        lang_refuse(parser, opener.span, MSG_LANG_CLOSED_BY, MSG_LANG_CLOSED_BY_REMEDY, open.s,
                    words.s);
    else if (closer || token.kind == TOKEN_END || token.kind == TOKEN_LINE || token.line_before)
        lang_refuse(parser, opener.span, MSG_LANG_NOT_CLOSED, MSG_LANG_NOT_CLOSED_REMEDY, open.s,
                    wanted == TOKEN_PAREN_END     ? ")"
                    : wanted == TOKEN_BRACKET_END ? "]"
                                                  : "}");
    else
        lang_refuse_token(parser);
    return token.span;
}
