/* expression: tokens -> trees of expressions, by recursive descent. Each function that reads a rule
 * of docs/language.md stands under that rule.
 *
 * Chains of operators are loops: only brackets, prefixes, exponents and branches nest, and
 * LANG_DEPTH bounds them. */
#include "lang.h"

#include <math.h>

static AstId parse_prefix(Parser *parser, int level);
static AstId parse_postfix(Parser *parser);

/* values = [ expression { "," expression } ]: pushed; returns the span of the closing bracket. */
static Span parse_values(Parser *parser, Token opener) {
    TokenKind closer = (TokenKind)(opener.kind + 1);
    if (!lang_at(parser, closer)) {
        lang_push(parser, lang_expression(parser));
        while (lang_at(parser, TOKEN_COMMA)) {
            lang_advance(parser);
            lang_push(parser, lang_expression(parser));
        }
    }
    if (opener.kind == TOKEN_BRACKET && lang_at(parser, TOKEN_LINE))
        lang_refuse(parser, parser->token.span, MSG_LANG_MATRIX, MSG_LANG_MATRIX_REMEDY, NULL,
                    NULL);
    return lang_close(parser, opener);
}

/* ---- expressions ----------------------------------------------------------------------------- */

/* A value is missing where the present token stands. */
static AstId parse_refuse_missing(Parser *parser) {
    Token before = parser->before, token = parser->token;
    LangWords a = lang_words(parser, before), b = lang_words(parser, token);
    bool after = lang_is_operator(before.kind) || before.kind == TOKEN_PAREN ||
                 before.kind == TOKEN_BRACKET || before.kind == TOKEN_NAME;
    bool sign = lang_is_operator(token.kind) || token.kind == TOKEN_PAREN_END ||
                token.kind == TOKEN_BRACKET_END;
    if (after && sign)
        return lang_refuse(parser, lang_join(before.span, token.span), MSG_LANG_MISSING_BETWEEN,
                           MSG_LANG_MISSING_REMEDY, a.s, b.s);
    if (token.kind == TOKEN_BRACE) return lang_refuse_token(parser);
    if (after)
        return lang_refuse(parser, before.span, MSG_LANG_MISSING_AFTER, MSG_LANG_MISSING_REMEDY,
                           a.s, NULL);
    if (lang_is_operator(token.kind))
        return lang_refuse(parser, token.span, MSG_LANG_MISSING_BEFORE, MSG_LANG_MISSING_REMEDY,
                           b.s, NULL);
    return lang_refuse_token(parser);
}

/* call = NAME "(" values ")" ; where(c, a, b) is a branch, no call. */
static AstId parse_call(Parser *parser, Token name) {
    size_t from = parser->n_pending;
    Token opener = parser->token;
    if (!lang_deeper(parser, opener.span)) return 0;
    lang_advance(parser);
    Span end = parse_values(parser, opener);
    parser->depth--;
    AstNode node = {.kind = name.word == WORD_WHERE ? AST_WHERE : AST_CALL,
                    .span = lang_join(name.span, end),
                    .name_span = name.span,
                    .name = name.name};
    if (node.kind == AST_WHERE && parser->n_pending - from != 3)
        return lang_refuse(parser, node.span, MSG_LANG_WHERE, MSG_LANG_WHERE_REMEDY, NULL, NULL);
    return lang_make(parser, node, from);
}

/* 'inf' bounds a parameter; elsewhere it would become a parameter in silence. */
static AstId parse_infinity(Parser *parser, Token name) {
    if (!parser->bounds)
        return lang_refuse(parser, name.span, MSG_LANG_INFINITY, MSG_LANG_INFINITY_REMEDY, NULL,
                           NULL);
    name.number = (double)INFINITY;
    name.name = NULL;
    return lang_leaf(parser, AST_NUMBER, name);
}

static AstId parse_name(Parser *parser) {
    Token name = parser->token;
    lang_advance(parser);
    if (lang_at(parser, TOKEN_PAREN) && !name.quoted && !parser->token.line_before)
        return name.word == WORD_FOREIGN ? lang_refuse_foreign(parser, name)
                                         : parse_call(parser, name);
    if (name.dotted)
        return lang_refuse(parser, name.span, MSG_LANG_DOTTED, MSG_LANG_DOTTED_REMEDY,
                           lang_words(parser, name).s, NULL);
    return name.word == WORD_INF ? parse_infinity(parser, name) : lang_leaf(parser, AST_NAME, name);
}

/* "(" expression ")": the node within, its span widened to the brackets. */
static AstId parse_parentheses(Parser *parser) {
    Token opener = parser->token;
    if (!lang_deeper(parser, opener.span)) return 0;
    lang_advance(parser);
    AstId id = lang_expression(parser);
    Span end = lang_close(parser, opener);
    parser->depth--;
    if (lang_failed(parser)) return 0;
    lang_node(parser, id)->span = lang_join(opener.span, end);
    return id;
}

/* list = "[" values "]" */
AstId lang_list(Parser *parser) {
    size_t from = parser->n_pending;
    Token opener = parser->token;
    if (!lang_deeper(parser, opener.span)) return 0;
    lang_advance(parser);
    Span end = parse_values(parser, opener);
    parser->depth--;
    AstNode node = {
        .kind = AST_LIST, .span = lang_join(opener.span, end), .name_span = opener.span};
    return lang_make(parser, node, from);
}

/* primary = NUMBER | STRING | NAME | call | "(" expression ")" | list */
static AstId parse_primary(Parser *parser) {
    Token token = parser->token;
    switch (token.kind) {
        case TOKEN_NUMBER:
            lang_advance(parser);
            return lang_leaf(parser, AST_NUMBER, token);
        case TOKEN_STRING:
            lang_advance(parser);
            return lang_leaf(parser, AST_STRING, token);
        case TOKEN_NAME:
            return parse_name(parser);
        case TOKEN_PAREN:
            return parse_parentheses(parser);
        case TOKEN_BRACKET:
            return lang_list(parser);
        default:
            return parse_refuse_missing(parser);
    }
}

/* subscript = expression [ ".." expression ] */
AstId lang_subscript(Parser *parser) {
    AstId low = lang_expression(parser);
    if (!lang_at(parser, TOKEN_RANGE)) return low;
    Span sign = parser->token.span;
    lang_advance(parser);
    AstId high = lang_expression(parser);
    if (lang_failed(parser)) return 0;
    Span span = lang_join(lang_span(parser, low), lang_span(parser, high));
    return lang_make2(parser, (AstNode){.kind = AST_RANGE, .span = span, .name_span = sign}, low,
                      high);
}

/* "[" subscript { "," subscript } "]" after 'base' */
static AstId parse_index(Parser *parser, AstId base) {
    size_t from = parser->n_pending;
    Token opener = parser->token;
    if (!lang_deeper(parser, opener.span)) return 0;
    lang_push(parser, base);
    do {
        lang_advance(parser);
        lang_push(parser, lang_subscript(parser));
    } while (lang_at(parser, TOKEN_COMMA));
    Span end = lang_close(parser, opener);
    parser->depth--;
    if (lang_failed(parser)) return 0;
    Span span = lang_join(lang_span(parser, base), end);
    return lang_make(parser, (AstNode){.kind = AST_INDEX, .span = span, .name_span = opener.span},
                     from);
}

static AstId parse_root(Parser *parser) {
    Token root = parser->token;
    if (!lang_deeper(parser, root.span)) return 0;
    lang_advance(parser);
    AstId operand = parse_postfix(parser);
    parser->depth--;
    if (lang_failed(parser)) return 0;
    AstNode node = {.kind = AST_CALL,
                    .span = lang_join(root.span, lang_span(parser, operand)),
                    .name_span = root.span,
                    .name = root.name};
    return lang_make2(parser, node, operand, 0);
}

/* postfix = primary { "[" subscripts "]" }, or the root sign before one: sqrt of it */
static AstId parse_postfix(Parser *parser) {
    if (lang_at(parser, TOKEN_ROOT)) return parse_root(parser);
    AstId id = parse_primary(parser);
    int depth = parser->depth;
    while (lang_at(parser, TOKEN_BRACKET) && !parser->token.line_before && !lang_failed(parser)) {
        id = parse_index(parser, id);
        parser->depth++; /* x[1][2][3]: each index is a level of the tree */
    }
    parser->depth = depth;
    return id;
}

/* power = postfix [ "^" prefix ] */
static AstId parse_power(Parser *parser) {
    AstId base = parse_postfix(parser);
    Span sign = parser->token.span;
    if (!lang_at(parser, TOKEN_POW)) return base;
    if (!lang_deeper(parser, sign)) return 0;
    lang_advance(parser);
    AstId exponent = parse_prefix(parser, 0);
    parser->depth--;
    if (lang_failed(parser)) return 0;
    Span span = lang_join(lang_span(parser, base), lang_span(parser, exponent));
    AstNode node = {.kind = AST_BINARY, .op = OP_POW, .span = span, .name_span = sign};
    return lang_make2(parser, node, base, exponent);
}

/* Binary operators: how tightly they bind, 0 for anything else. */
enum { LEVEL_OR = 1, LEVEL_AND, LEVEL_COMPARE, LEVEL_SUM, LEVEL_PRODUCT };

static const struct ParseOperator {
    int level;
    Op op;
} parse_operators_of[TOKEN_BRACE_END + 1] = {
    [TOKEN_OR] = {LEVEL_OR, OP_OR},
    [TOKEN_AND] = {LEVEL_AND, OP_AND},
    [TOKEN_LT] = {LEVEL_COMPARE, OP_LT},
    [TOKEN_LE] = {LEVEL_COMPARE, OP_LE},
    [TOKEN_GT] = {LEVEL_COMPARE, OP_GT},
    [TOKEN_GE] = {LEVEL_COMPARE, OP_GE},
    [TOKEN_EQ] = {LEVEL_COMPARE, OP_EQ},
    [TOKEN_NE] = {LEVEL_COMPARE, OP_NE},
    [TOKEN_ADD] = {LEVEL_SUM, OP_ADD},
    [TOKEN_SUB] = {LEVEL_SUM, OP_SUB},
    [TOKEN_MUL] = {LEVEL_PRODUCT, OP_MUL},
    [TOKEN_DIV] = {LEVEL_PRODUCT, OP_DIV},
    [TOKEN_MATMUL] = {LEVEL_PRODUCT, OP_MATMUL},
};

static AstId parse_operators(Parser *parser, int level);

/* prefix = ( "-" | "+" ) prefix | "not" comparison | power */
static AstId parse_prefix(Parser *parser, int level) {
    TokenKind kind = parser->token.kind;
    Span sign = parser->token.span;
    bool not = kind == TOKEN_NOT;
    if (!not &&kind != TOKEN_SUB && kind != TOKEN_ADD) return parse_power(parser);
    if (not &&level > LEVEL_AND + 1)
        return lang_refuse(parser, sign, MSG_LANG_NOT, MSG_LANG_NOT_REMEDY, NULL, NULL);
    if (!lang_deeper(parser, sign)) return 0;
    lang_advance(parser);
    AstId operand = not ? parse_operators(parser, LEVEL_COMPARE) : parse_prefix(parser, level);
    parser->depth--;
    if (lang_failed(parser)) return 0;
    Span span = lang_join(sign, lang_span(parser, operand));
    if (kind == TOKEN_ADD) {
        lang_node(parser, operand)->span = span;
        return operand;
    }
    Op op = not ? OP_NOT : OP_NEG;
    AstNode node = {.kind = AST_UNARY, .op = op, .span = span, .name_span = sign};
    return lang_make2(parser, node, operand, 0);
}

/* 0 < x < 1 is not what it looks like. */
static AstId parse_refuse_chain(Parser *parser, AstId first) {
    AstId middle = lang_child(parser->ast, first, 1);
    Span start = lang_span(parser, first), from = lang_span(parser, middle);
    lang_advance(parser);
    AstId last = parse_operators(parser, LEVEL_SUM);
    if (lang_failed(parser)) return 0;
    Span end = lang_span(parser, last);
    LangWords left = lang_lex_words(&parser->lexer, start);
    LangWords right = lang_lex_words(&parser->lexer, lang_join(from, end));
    return lang_refuse(parser, lang_join(start, end), MSG_LANG_CHAIN, MSG_LANG_CHAIN_REMEDY, left.s,
                       right.s);
}

/* or = and { "or" and } ; and = not { "and" not } ; comparison = sum [ compare sum ] ;
 * sum = product { ("+" | "-") product } ; product = prefix { ("*" | "/" | "@") prefix } */
static AstId parse_operators(Parser *parser, int level) {
    AstId left = parse_prefix(parser, level);
    for (;;) {
        Span sign = parser->token.span;
        struct ParseOperator binary = parse_operators_of[parser->token.kind];
        if (lang_failed(parser) || binary.level < level || binary.level == 0) return left;
        lang_advance(parser);
        AstId right = parse_operators(parser, binary.level + 1);
        if (lang_failed(parser)) return 0;
        Span span = lang_join(lang_span(parser, left), lang_span(parser, right));
        AstNode node = {.kind = AST_BINARY, .op = binary.op, .span = span, .name_span = sign};
        left = lang_make2(parser, node, left, right);
        bool chain = binary.level == LEVEL_COMPARE &&
                     parse_operators_of[parser->token.kind].level == LEVEL_COMPARE;
        if (chain) return parse_refuse_chain(parser, left);
    }
}

/* expression = or [ "?" expression ":" expression ] */
AstId lang_expression(Parser *parser) {
    AstId condition = parse_operators(parser, LEVEL_OR);
    Span sign = parser->token.span;
    if (!lang_at(parser, TOKEN_QUESTION)) return condition;
    if (!lang_deeper(parser, sign)) return 0;
    size_t from = parser->n_pending;
    lang_push(parser, condition);
    lang_advance(parser);
    lang_push(parser, lang_expression(parser));
    if (!lang_at(parser, TOKEN_COLON))
        return lang_refuse(parser, sign, MSG_LANG_QUESTION, MSG_LANG_QUESTION_REMEDY, NULL, NULL);
    lang_advance(parser);
    AstId otherwise = lang_expression(parser);
    lang_push(parser, otherwise);
    parser->depth--;
    if (lang_failed(parser)) return 0;
    Span span = lang_join(lang_span(parser, condition), lang_span(parser, otherwise));
    return lang_make(parser, (AstNode){.kind = AST_WHERE, .span = span, .name_span = sign}, from);
}
