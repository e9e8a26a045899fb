/* parse: tokens -> syntax tree, by recursive descent. Each function that reads a rule of
 * docs/language.md stands under that rule.
 *
 * The first failure empties the token stream (see lex.c), so that every loop here ends and every
 * function returns; parse_refuse returns 0, the id of no node. Chains of operators are loops: only
 * brackets, prefixes, exponents and blocks nest, and LANG_DEPTH bounds them.
 */
#include "lang.h"

#include <math.h>
#include <string.h>

/* Where statements stand: some belong to one place only. */
typedef enum ParsePlace { PARSE_PROGRAM, PARSE_RULE_TEXT, PARSE_DEF, PARSE_MODEL, PARSE_RULE } ParsePlace;

typedef struct Parser {
    Lexer lexer;
    Token token, before; /* the one to read next, and the one read last */
    Ast *ast;
    size_t nodes_capacity, children_capacity;
    AstId *pending; /* children of the constructs that are being read */
    size_t n_pending, pending_capacity;
    int depth;
    bool bounds; /* within 'in [ ]', where 'inf' is a number */
} Parser;

static AstId parse_expression(Parser *parser);
static AstId parse_prefix(Parser *parser, int level);
static AstId parse_postfix(Parser *parser);
static AstId parse_block(Parser *parser, ParsePlace place, bool loop);

/* ---- tokens and failures ------------------------------------------------------------------------ */

static void parse_advance(Parser *parser) {
    parser->before = parser->token;
    parser->token = lang_lex_next(&parser->lexer);
}

static bool parse_failed(const Parser *parser) {
    return parser->lexer.status != STATUS_OK;
}

static bool parse_at(const Parser *parser, TokenKind kind) {
    return parser->token.kind == kind;
}

static bool parse_at_word(const Parser *parser, Word word) {
    return parser->token.kind == TOKEN_NAME && parser->token.word == word;
}

static AstId parse_refuse(Parser *parser, Span span, MessageId what, MessageId remedy,
                          const char *a, const char *b) {
    uint32_t end = (uint32_t)parser->lexer.source.length;
    lang_lex_refuse(&parser->lexer, span, what, remedy, a, b);
    parser->token = (Token){.kind = TOKEN_END, .span = {end, end}};
    return 0;
}

static AstId parse_no_memory(Parser *parser) {
    if (!parse_failed(parser)) parser->lexer.status = error_memory(parser->lexer.error);
    parser->token.kind = TOKEN_END;
    return 0;
}

/* The words of a token; the end of the text and of a line have names of their own. */
static LangWords parse_words(const Parser *parser, Token token) {
    MessageId word = token.kind == TOKEN_END ? MSG_LANG_WORD_END : MSG_LANG_WORD_LINE_END;
    LangWords words = lang_lex_words(&parser->lexer, token.span);
    if (token.kind == TOKEN_END || (token.kind == TOKEN_LINE && words.s[0] != ';'))
        memcpy(words.s, message_word(word).s, NUMBER_TEXT);
    return words;
}

/* The same in quotes, but not for what has no words of its own. */
static LangWords parse_quoted(const Parser *parser, Token token) {
    LangWords words = parse_words(parser, token), quoted = {{0}};
    bool own = token.kind != TOKEN_END && (token.kind != TOKEN_LINE || words.s[0] == ';');
    if (!own) return words;
    size_t length = strlen(words.s);
    if (length > sizeof quoted.s - 3) length = sizeof quoted.s - 3;
    quoted.s[0] = '\'';
    memcpy(quoted.s + 1, words.s, length);
    quoted.s[1 + length] = '\'';
    return quoted;
}

/* ---- nodes -------------------------------------------------------------------------------------- */

static AstNode *parse_node(const Parser *parser, AstId id) {
    return &parser->ast->nodes[id];
}

static Span parse_span(const Parser *parser, AstId id) {
    return parse_node(parser, id)->span;
}

static Span parse_join(Span first, Span last) {
    return (Span){first.start, last.end};
}

/* Children wait here until their node is made; 0 stands for one that is not there. */
static void parse_push(Parser *parser, AstId child) {
    if (!memory_reserve(&parser->pending, &parser->pending_capacity, parser->n_pending + 1,
                        sizeof(AstId)))
        parse_no_memory(parser);
    else parser->pending[parser->n_pending++] = child;
}

/* A node whose children are those pushed since n_pending was 'from'. */
static AstId parse_make(Parser *parser, AstNode node, size_t from) {
    Ast *ast = parser->ast;
    size_t count = parser->n_pending - from;
    bool room = ast->n_nodes < UINT32_MAX && ast->n_children < UINT32_MAX - count &&
                memory_reserve(&ast->nodes, &parser->nodes_capacity, ast->n_nodes + 1,
                               sizeof(AstNode)) &&
                memory_reserve(&ast->children, &parser->children_capacity,
                               ast->n_children + count + 1, sizeof(AstId));
    parser->n_pending = from;
    if (!room) return parse_no_memory(parser);
    if (parse_failed(parser)) return 0;
    if (count) memcpy(ast->children + ast->n_children, parser->pending + from, count * sizeof(AstId));
    node.first_child = (uint32_t)ast->n_children;
    node.n_children = (uint32_t)count;
    ast->nodes[ast->n_nodes] = node;
    ast->n_children += count;
    return (AstId)ast->n_nodes++;
}

static AstId parse_leaf(Parser *parser, AstKind kind, Token token) {
    AstNode node = {.kind = kind,
                    .span = token.span,
                    .name_span = token.span,
                    .name = token.name,
                    .number = token.number};
    return parse_make(parser, node, parser->n_pending);
}

static AstId parse_make2(Parser *parser, AstNode node, AstId a, AstId b) {
    size_t from = parser->n_pending;
    parse_push(parser, a);
    if (b) parse_push(parser, b);
    return parse_make(parser, node, from);
}

/* ---- brackets and depth --------------------------------------------------------------------------- */

static bool parse_deeper(Parser *parser, Span span) {
    if (parser->depth < LANG_DEPTH) {
        parser->depth++;
        return true;
    }
    parse_refuse(parser, span, MSG_LANG_DEPTH, MSG_LANG_DEPTH_REMEDY, number_integer(LANG_DEPTH).s,
                 NULL);
    return false;
}

static bool parse_begins_value(const Token *token) {
    return token->kind == TOKEN_NUMBER || token->kind == TOKEN_NAME || token->kind == TOKEN_STRING ||
           token->kind == TOKEN_PAREN || token->kind == TOKEN_ROOT || token->kind == TOKEN_BRACKET ||
           token->kind == TOKEN_NOT;
}

static bool parse_is_operator(TokenKind kind) {
    return kind >= TOKEN_AND && kind <= TOKEN_RANGE;
}

/* Words of other languages, and what to write here. */
static AstId parse_refuse_foreign(Parser *parser, Token word) {
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
    return parse_refuse(parser, word.span, MSG_LANG_FOREIGN, remedy, word.name, NULL);
}

static AstId parse_refuse_name(Parser *parser) {
    LangWords a = parse_quoted(parser, parser->before), b = parse_quoted(parser, parser->token);
    return parse_refuse(parser, parser->token.span, MSG_LANG_NAME_EXPECTED,
                        MSG_LANG_NAME_EXPECTED_REMEDY, a.s, b.s);
}

/* Two values side by side. */
static AstId parse_refuse_neighbours(Parser *parser) {
    Token left = parser->before, right = parser->token;
    LangWords a = parse_words(parser, left), b = parse_words(parser, right);
    Span both = parse_join(left.span, right.span);
    if (right.kind == TOKEN_NAME && right.word == WORD_IN)
        return parse_refuse(parser, right.span, MSG_LANG_BOUNDS_PLACE, MSG_LANG_BOUNDS_PLACE_REMEDY,
                            NULL, NULL);
    if (left.kind == TOKEN_NAME && left.word == WORD_FOREIGN)
        return parse_refuse_foreign(parser, left);
    if (right.kind == TOKEN_NAME && right.word == WORD_FOREIGN)
        return parse_refuse_foreign(parser, right);
    if (left.kind == TOKEN_NAME && left.word == WORD_MINIMIZE)
        return parse_refuse(parser, left.span, MSG_LANG_MISPLACED, MSG_LANG_ONLY_EXPRESSION, a.s,
                            NULL);
    if (left.kind == TOKEN_NAME && left.word != WORD_NONE && left.word < WORD_MINIMIZE)
        return parse_refuse_name(parser);
    bool product = left.kind == TOKEN_NUMBER && right.kind == TOKEN_NAME;
    MessageId remedy = product ? MSG_LANG_PRODUCT : MSG_LANG_NO_OPERATOR_REMEDY;
    uint32_t follows = lang_lex_follows(&parser->lexer);
    if (right.kind == TOKEN_NAME && (follows == '=' || follows == '~'))
        remedy = MSG_LANG_TWO_STATEMENTS;
    return parse_refuse(parser, both, MSG_LANG_NO_OPERATOR, remedy, a.s, b.s);
}

/* A token that cannot stand here. */
static AstId parse_refuse_token(Parser *parser) {
    Token token = parser->token;
    LangWords words = parse_words(parser, token);
    if (parse_begins_value(&token) && !parse_is_operator(parser->before.kind))
        return parse_refuse_neighbours(parser);
    switch (token.kind) {
    case TOKEN_PAREN_END:
    case TOKEN_BRACKET_END:
    case TOKEN_BRACE_END:
        return parse_refuse(parser, token.span, MSG_LANG_CLOSES_NOTHING,
                            MSG_LANG_CLOSES_NOTHING_REMEDY, words.s, NULL);
    case TOKEN_SET:
        return parse_refuse(parser, token.span, MSG_LANG_SET, MSG_LANG_SET_REMEDY, NULL, NULL);
    case TOKEN_FIT:
        return parse_refuse(parser, token.span, MSG_LANG_FIT_PLACE, MSG_LANG_FIT_PLACE_REMEDY, NULL,
                            NULL);
    case TOKEN_COMMA:
        return parse_refuse(parser, token.span, MSG_LANG_COMMA, MSG_LANG_COMMA_REMEDY, NULL, NULL);
    case TOKEN_COLON:
        return parse_refuse(parser, token.span, MSG_LANG_COLON, MSG_LANG_COLON_REMEDY, NULL, NULL);
    case TOKEN_RANGE:
        return parse_refuse(parser, token.span, MSG_LANG_RANGE, MSG_LANG_RANGE_REMEDY, NULL, NULL);
    case TOKEN_BRACE:
        return parse_refuse(parser, token.span, MSG_LANG_BRACE, MSG_LANG_BRACE_REMEDY, NULL, NULL);
    default:
        return parse_refuse(parser, token.span, MSG_LANG_UNEXPECTED, MSG_LANG_CLOSES_NOTHING_REMEDY,
                            parse_quoted(parser, token).s, NULL);
    }
}

/* Reads the closing bracket of 'opener', or points at the opener that lacks it. */
static Span parse_close(Parser *parser, Token opener) {
    TokenKind wanted = (TokenKind)(opener.kind + 1);
    Token token = parser->token;
    LangWords open = parse_words(parser, opener), words = parse_words(parser, token);
    bool closer = token.kind == TOKEN_PAREN_END || token.kind == TOKEN_BRACKET_END ||
                  token.kind == TOKEN_BRACE_END;
    if (token.kind == wanted) parse_advance(parser);
    else if (closer && token.kind != TOKEN_BRACE_END)
        parse_refuse(parser, opener.span, MSG_LANG_CLOSED_BY, MSG_LANG_CLOSED_BY_REMEDY, open.s,
                     words.s);
    else if (closer || token.kind == TOKEN_END || token.kind == TOKEN_LINE || token.line_before)
        parse_refuse(parser, opener.span, MSG_LANG_NOT_CLOSED, MSG_LANG_NOT_CLOSED_REMEDY, open.s,
                     wanted == TOKEN_PAREN_END ? ")" : wanted == TOKEN_BRACKET_END ? "]" : "}");
    else parse_refuse_token(parser);
    return token.span;
}

/* values = [ expression { "," expression } ]: pushed; returns the span of the closing bracket. */
static Span parse_values(Parser *parser, Token opener) {
    TokenKind closer = (TokenKind)(opener.kind + 1);
    if (!parse_at(parser, closer)) {
        parse_push(parser, parse_expression(parser));
        while (parse_at(parser, TOKEN_COMMA)) {
            parse_advance(parser);
            parse_push(parser, parse_expression(parser));
        }
    }
    if (opener.kind == TOKEN_BRACKET && parse_at(parser, TOKEN_LINE))
        parse_refuse(parser, parser->token.span, MSG_LANG_MATRIX, MSG_LANG_MATRIX_REMEDY, NULL, NULL);
    return parse_close(parser, opener);
}

/* ---- expressions ---------------------------------------------------------------------------------- */

/* A value is missing where the present token stands. */
static AstId parse_refuse_missing(Parser *parser) {
    Token before = parser->before, token = parser->token;
    LangWords a = parse_words(parser, before), b = parse_words(parser, token);
    bool after = parse_is_operator(before.kind) || before.kind == TOKEN_PAREN ||
                 before.kind == TOKEN_BRACKET || before.kind == TOKEN_NAME;
    bool sign = parse_is_operator(token.kind) || token.kind == TOKEN_PAREN_END ||
                token.kind == TOKEN_BRACKET_END;
    if (after && sign)
        return parse_refuse(parser, parse_join(before.span, token.span), MSG_LANG_MISSING_BETWEEN,
                            MSG_LANG_MISSING_REMEDY, a.s, b.s);
    if (token.kind == TOKEN_BRACE) return parse_refuse_token(parser);
    if (after)
        return parse_refuse(parser, before.span, MSG_LANG_MISSING_AFTER, MSG_LANG_MISSING_REMEDY,
                            a.s, NULL);
    if (parse_is_operator(token.kind))
        return parse_refuse(parser, token.span, MSG_LANG_MISSING_BEFORE, MSG_LANG_MISSING_REMEDY,
                            b.s, NULL);
    return parse_refuse_token(parser);
}

/* call = NAME "(" values ")" ; where(c, a, b) is a branch, no call. */
static AstId parse_call(Parser *parser, Token name) {
    size_t from = parser->n_pending;
    Token opener = parser->token;
    if (!parse_deeper(parser, opener.span)) return 0;
    parse_advance(parser);
    Span end = parse_values(parser, opener);
    parser->depth--;
    AstNode node = {.kind = name.word == WORD_WHERE ? AST_WHERE : AST_CALL,
                    .span = parse_join(name.span, end),
                    .name_span = name.span,
                    .name = name.name};
    if (node.kind == AST_WHERE && parser->n_pending - from != 3)
        return parse_refuse(parser, node.span, MSG_LANG_WHERE, MSG_LANG_WHERE_REMEDY, NULL, NULL);
    return parse_make(parser, node, from);
}

static AstId parse_name(Parser *parser) {
    Token name = parser->token;
    parse_advance(parser);
    if (parse_at(parser, TOKEN_PAREN) && !name.quoted && !parser->token.line_before)
        return name.word == WORD_FOREIGN ? parse_refuse_foreign(parser, name)
                                         : parse_call(parser, name);
    if (name.dotted)
        return parse_refuse(parser, name.span, MSG_LANG_DOTTED, MSG_LANG_DOTTED_REMEDY,
                            parse_words(parser, name).s, NULL);
    if (parser->bounds && !name.quoted && name.word == WORD_INF) {
        name.number = (double)INFINITY;
        name.name = NULL;
        return parse_leaf(parser, AST_NUMBER, name);
    }
    return parse_leaf(parser, AST_NAME, name);
}

/* "(" expression ")": the node within, its span widened to the brackets. */
static AstId parse_parentheses(Parser *parser) {
    Token opener = parser->token;
    if (!parse_deeper(parser, opener.span)) return 0;
    parse_advance(parser);
    AstId id = parse_expression(parser);
    Span end = parse_close(parser, opener);
    parser->depth--;
    if (parse_failed(parser)) return 0;
    parse_node(parser, id)->span = parse_join(opener.span, end);
    return id;
}

/* list = "[" values "]" */
static AstId parse_list(Parser *parser) {
    size_t from = parser->n_pending;
    Token opener = parser->token;
    if (!parse_deeper(parser, opener.span)) return 0;
    parse_advance(parser);
    Span end = parse_values(parser, opener);
    parser->depth--;
    AstNode node = {.kind = AST_LIST, .span = parse_join(opener.span, end), .name_span = opener.span};
    return parse_make(parser, node, from);
}

/* primary = NUMBER | STRING | NAME | call | "(" expression ")" | list */
static AstId parse_primary(Parser *parser) {
    Token token = parser->token;
    switch (token.kind) {
    case TOKEN_NUMBER:
        parse_advance(parser);
        return parse_leaf(parser, AST_NUMBER, token);
    case TOKEN_STRING:
        parse_advance(parser);
        return parse_leaf(parser, AST_STRING, token);
    case TOKEN_NAME:
        return parse_name(parser);
    case TOKEN_PAREN:
        return parse_parentheses(parser);
    case TOKEN_BRACKET:
        return parse_list(parser);
    default:
        return parse_refuse_missing(parser);
    }
}

/* subscript = expression [ ".." expression ] */
static AstId parse_subscript(Parser *parser) {
    AstId low = parse_expression(parser);
    if (!parse_at(parser, TOKEN_RANGE)) return low;
    Span sign = parser->token.span;
    parse_advance(parser);
    AstId high = parse_expression(parser);
    if (parse_failed(parser)) return 0;
    Span span = parse_join(parse_span(parser, low), parse_span(parser, high));
    return parse_make2(parser, (AstNode){.kind = AST_RANGE, .span = span, .name_span = sign}, low,
                       high);
}

/* "[" subscript { "," subscript } "]" after 'base' */
static AstId parse_index(Parser *parser, AstId base) {
    size_t from = parser->n_pending;
    Token opener = parser->token;
    if (!parse_deeper(parser, opener.span)) return 0;
    parse_push(parser, base);
    do {
        parse_advance(parser);
        parse_push(parser, parse_subscript(parser));
    } while (parse_at(parser, TOKEN_COMMA));
    Span end = parse_close(parser, opener);
    parser->depth--;
    if (parse_failed(parser)) return 0;
    Span span = parse_join(parse_span(parser, base), end);
    return parse_make(parser, (AstNode){.kind = AST_INDEX, .span = span, .name_span = opener.span},
                      from);
}

static AstId parse_root(Parser *parser) {
    Token root = parser->token;
    if (!parse_deeper(parser, root.span)) return 0;
    parse_advance(parser);
    AstId operand = parse_postfix(parser);
    parser->depth--;
    if (parse_failed(parser)) return 0;
    AstNode node = {.kind = AST_CALL,
                    .span = parse_join(root.span, parse_span(parser, operand)),
                    .name_span = root.span,
                    .name = root.name};
    return parse_make2(parser, node, operand, 0);
}

/* postfix = primary { "[" subscripts "]" }, or the root sign before one: sqrt of it */
static AstId parse_postfix(Parser *parser) {
    if (parse_at(parser, TOKEN_ROOT)) return parse_root(parser);
    AstId id = parse_primary(parser);
    int depth = parser->depth;
    while (parse_at(parser, TOKEN_BRACKET) && !parser->token.line_before && !parse_failed(parser)) {
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
    if (!parse_at(parser, TOKEN_POW)) return base;
    if (!parse_deeper(parser, sign)) return 0;
    parse_advance(parser);
    AstId exponent = parse_prefix(parser, 0);
    parser->depth--;
    if (parse_failed(parser)) return 0;
    Span span = parse_join(parse_span(parser, base), parse_span(parser, exponent));
    AstNode node = {.kind = AST_BINARY, .op = OP_POW, .span = span, .name_span = sign};
    return parse_make2(parser, node, base, exponent);
}

/* Binary operators: how tightly they bind, 0 for anything else. */
enum { LEVEL_OR = 1, LEVEL_AND, LEVEL_COMPARE, LEVEL_SUM, LEVEL_PRODUCT };

static const struct ParseOperator {
    int level;
    Op op;
} parse_operators_of[TOKEN_BRACE_END + 1] = {
    [TOKEN_OR] = {LEVEL_OR, OP_OR},         [TOKEN_AND] = {LEVEL_AND, OP_AND},
    [TOKEN_LT] = {LEVEL_COMPARE, OP_LT},    [TOKEN_LE] = {LEVEL_COMPARE, OP_LE},
    [TOKEN_GT] = {LEVEL_COMPARE, OP_GT},    [TOKEN_GE] = {LEVEL_COMPARE, OP_GE},
    [TOKEN_EQ] = {LEVEL_COMPARE, OP_EQ},    [TOKEN_NE] = {LEVEL_COMPARE, OP_NE},
    [TOKEN_ADD] = {LEVEL_SUM, OP_ADD},      [TOKEN_SUB] = {LEVEL_SUM, OP_SUB},
    [TOKEN_MUL] = {LEVEL_PRODUCT, OP_MUL},  [TOKEN_DIV] = {LEVEL_PRODUCT, OP_DIV},
    [TOKEN_MATMUL] = {LEVEL_PRODUCT, OP_MATMUL},
};

static AstId parse_operators(Parser *parser, int level);

/* prefix = ( "-" | "+" ) prefix | "not" comparison | power */
static AstId parse_prefix(Parser *parser, int level) {
    TokenKind kind = parser->token.kind;
    Span sign = parser->token.span;
    bool not = kind == TOKEN_NOT;
    if (!not && kind != TOKEN_SUB && kind != TOKEN_ADD) return parse_power(parser);
    if (not && level > LEVEL_AND + 1)
        return parse_refuse(parser, sign, MSG_LANG_NOT, MSG_LANG_NOT_REMEDY, NULL, NULL);
    if (!parse_deeper(parser, sign)) return 0;
    parse_advance(parser);
    AstId operand = not ? parse_operators(parser, LEVEL_COMPARE) : parse_prefix(parser, level);
    parser->depth--;
    if (parse_failed(parser)) return 0;
    Span span = parse_join(sign, parse_span(parser, operand));
    if (kind == TOKEN_ADD) {
        parse_node(parser, operand)->span = span;
        return operand;
    }
    Op op = not ? OP_NOT : OP_NEG;
    AstNode node = {.kind = AST_UNARY, .op = op, .span = span, .name_span = sign};
    return parse_make2(parser, node, operand, 0);
}

/* 0 < x < 1 is not what it looks like. */
static AstId parse_refuse_chain(Parser *parser, AstId first) {
    AstId middle = lang_child(parser->ast, first, 1);
    Span start = parse_span(parser, first), from = parse_span(parser, middle);
    parse_advance(parser);
    AstId last = parse_operators(parser, LEVEL_SUM);
    if (parse_failed(parser)) return 0;
    Span end = parse_span(parser, last);
    LangWords left = lang_lex_words(&parser->lexer, start);
    LangWords right = lang_lex_words(&parser->lexer, parse_join(from, end));
    return parse_refuse(parser, parse_join(start, end), MSG_LANG_CHAIN, MSG_LANG_CHAIN_REMEDY,
                        left.s, right.s);
}

/* or = and { "or" and } ; and = not { "and" not } ; comparison = sum [ compare sum ] ;
 * sum = product { ("+" | "-") product } ; product = prefix { ("*" | "/" | "@") prefix } */
static AstId parse_operators(Parser *parser, int level) {
    AstId left = parse_prefix(parser, level);
    for (;;) {
        Span sign = parser->token.span;
        struct ParseOperator binary = parse_operators_of[parser->token.kind];
        if (parse_failed(parser) || binary.level < level || binary.level == 0) return left;
        parse_advance(parser);
        AstId right = parse_operators(parser, binary.level + 1);
        if (parse_failed(parser)) return 0;
        Span span = parse_join(parse_span(parser, left), parse_span(parser, right));
        AstNode node = {.kind = AST_BINARY, .op = binary.op, .span = span, .name_span = sign};
        left = parse_make2(parser, node, left, right);
        bool chain = binary.level == LEVEL_COMPARE &&
                     parse_operators_of[parser->token.kind].level == LEVEL_COMPARE;
        if (chain) return parse_refuse_chain(parser, left);
    }
}

/* expression = or [ "?" expression ":" expression ] */
static AstId parse_expression(Parser *parser) {
    AstId condition = parse_operators(parser, LEVEL_OR);
    Span sign = parser->token.span;
    if (!parse_at(parser, TOKEN_QUESTION)) return condition;
    if (!parse_deeper(parser, sign)) return 0;
    size_t from = parser->n_pending;
    parse_push(parser, condition);
    parse_advance(parser);
    parse_push(parser, parse_expression(parser));
    if (!parse_at(parser, TOKEN_COLON))
        return parse_refuse(parser, sign, MSG_LANG_QUESTION, MSG_LANG_QUESTION_REMEDY, NULL, NULL);
    parse_advance(parser);
    AstId otherwise = parse_expression(parser);
    parse_push(parser, otherwise);
    parser->depth--;
    if (parse_failed(parser)) return 0;
    Span span = parse_join(parse_span(parser, condition), parse_span(parser, otherwise));
    return parse_make(parser, (AstNode){.kind = AST_WHERE, .span = span, .name_span = sign}, from);
}

/* ---- statements ----------------------------------------------------------------------------------- */

/* The name after a word such as 'data'; the words before it tell what for. */
static Token parse_declared_name(Parser *parser) {
    Token name = parser->token;
    if (name.kind != TOKEN_NAME) {
        parse_refuse_name(parser);
    } else if (name.dotted) {
        LangWords words = parse_words(parser, name);
        parse_refuse(parser, name.span, MSG_LANG_DOTTED, MSG_LANG_DOTTED_REMEDY, words.s, NULL);
    }
    parse_advance(parser);
    return name;
}

static bool parse_expect(Parser *parser, TokenKind kind, MessageId what, MessageId remedy,
                         const char *a) {
    if (parse_at(parser, kind)) {
        parse_advance(parser);
        return true;
    }
    LangWords words = parse_quoted(parser, parser->token);
    parse_refuse(parser, parser->token.span, what, remedy, a ? a : words.s, a ? words.s : NULL);
    return false;
}

static AstNode parse_statement_node(AstKind kind, Token word, Token name, Span end) {
    return (AstNode){.kind = kind,
                     .span = parse_join(word.span, end),
                     .name_span = name.span,
                     .name = name.name};
}

/* data = "data" NAME [ "=" expression ] ; state = "state" NAME "=" expression ;
 * predict = "predict" NAME "=" expression */
static AstId parse_named(Parser *parser, AstKind kind) {
    size_t from = parser->n_pending;
    Token word = parser->token;
    parse_advance(parser);
    Token name = parse_declared_name(parser);
    if (parse_at(parser, TOKEN_SET)) {
        parse_advance(parser);
        parse_push(parser, parse_expression(parser));
    } else if (kind == AST_DATA) {
        if (parse_at(parser, TOKEN_COMMA))
            parse_refuse(parser, parser->token.span, MSG_LANG_ONE_NAME, MSG_LANG_ONE_NAME_REMEDY,
                         "data", NULL);
        parse_push(parser, 0);
    } else {
        LangWords a = parse_words(parser, word);
        parse_refuse(parser, parse_join(word.span, name.span), MSG_LANG_NEEDS_VALUE,
                     MSG_LANG_NEEDS_VALUE_REMEDY, a.s, name.name);
    }
    return parse_make(parser, parse_statement_node(kind, word, name, parser->before.span), from);
}

/* bounds = "in" "[" expression "," expression "]", where "inf" is a number */
static void parse_bounds(Parser *parser, AstId parts[6]) {
    Token word = parser->token;
    parse_advance(parser);
    Token opener = parser->token;
    bool good = parse_at(parser, TOKEN_BRACKET);
    parser->bounds = true;
    if (good) {
        parse_advance(parser);
        parts[2] = parse_expression(parser);
        good = parse_at(parser, TOKEN_COMMA);
    }
    if (good) {
        parse_advance(parser);
        parts[3] = parse_expression(parser);
        good = !parse_at(parser, TOKEN_COMMA);
    }
    if (good) parse_close(parser, opener);
    else {
        parse_refuse(parser, word.span, MSG_LANG_BOUNDS, MSG_LANG_BOUNDS_REMEDY, NULL, NULL);
    }
    parser->bounds = false;
}

/* factor = ( "rate" | "decay" ) expression */
static void parse_factor(Parser *parser, AstId *part) {
    parse_advance(parser);
    *part = parse_expression(parser);
}

static void parse_once(Parser *parser, AstId part) {
    Token word = parser->token;
    LangWords words = parse_words(parser, word);
    if (part) parse_refuse(parser, word.span, MSG_LANG_TWICE, MSG_LANG_TWICE_REMEDY, words.s, NULL);
}

/* param = "param" NAME [ "[" values "]" ] [ "=" expression ] { bounds | factor } */
static AstId parse_param(Parser *parser) {
    AstId parts[6] = {0}; /* shape, start, low, high, rate, decay */
    Token word = parser->token;
    parse_advance(parser);
    Token name = parse_declared_name(parser);
    if (parse_at(parser, TOKEN_BRACKET)) parts[0] = parse_list(parser);
    if (parse_at(parser, TOKEN_SET)) {
        parse_advance(parser);
        parts[1] = parse_expression(parser);
    }
    for (;;) {
        if (parse_at_word(parser, WORD_IN)) {
            parse_once(parser, parts[2]);
            parse_bounds(parser, parts);
        } else if (parse_at_word(parser, WORD_RATE)) {
            parse_once(parser, parts[4]);
            parse_factor(parser, &parts[4]);
        } else if (parse_at_word(parser, WORD_DECAY)) {
            parse_once(parser, parts[5]);
            parse_factor(parser, &parts[5]);
        } else {
            break;
        }
    }
    size_t from = parser->n_pending;
    for (int i = 0; i < 6; i++) parse_push(parser, parts[i]);
    return parse_make(parser, parse_statement_node(AST_PARAM, word, name, parser->before.span), from);
}

/* minimize = "minimize" expression */
static AstId parse_minimize(Parser *parser) {
    Token word = parser->token;
    parse_advance(parser);
    if (parse_at(parser, TOKEN_SET))
        return parse_refuse(parser, word.span, MSG_LANG_WORD_TAKEN, MSG_LANG_WORD_TAKEN_REMEDY,
                            parse_words(parser, word).s, NULL);
    AstId value = parse_expression(parser);
    AstNode node = parse_statement_node(AST_MINIMIZE, word, word, parser->before.span);
    node.name = NULL;
    return parse_make2(parser, node, value, 0);
}

/* NAME { "," NAME }, each once; settings have "=" expression after each. Pushed. */
static void parse_arguments(Parser *parser, bool settings) {
    size_t from = parser->n_pending;
    for (;;) {
        Token name = parse_declared_name(parser);
        AstId id = 0;
        for (size_t i = from; i < parser->n_pending && !parse_failed(parser); i++)
            if (parse_node(parser, parser->pending[i])->name == name.name)
                parse_refuse(parser, name.span, MSG_LANG_TWICE, MSG_LANG_TWICE_REMEDY, name.name, NULL);
        if (!settings) {
            id = parse_leaf(parser, AST_NAME, name);
        } else if (parse_expect(parser, TOKEN_SET, MSG_LANG_SETTING, MSG_LANG_SETTING_REMEDY,
                                name.name)) {
            AstId value = parse_expression(parser);
            id = parse_make2(parser,
                             parse_statement_node(AST_ASSIGN, name, name, parser->before.span),
                             value, 0);
        }
        parse_push(parser, id);
        if (!parse_at(parser, TOKEN_COMMA)) return;
        parse_advance(parser);
    }
}

/* def = "def" NAME "(" [ names ] ")" block ; model = "model" NAME "(" [ names ] ")" block ;
 * rule = "rule" NAME "(" [ settings ] ")" block */
static AstId parse_definition(Parser *parser, AstKind kind, ParsePlace inside) {
    size_t from = parser->n_pending;
    Token word = parser->token;
    LangWords words = parse_words(parser, word);
    parse_advance(parser);
    Token name = parse_declared_name(parser), opener = parser->token;
    if (!parse_expect(parser, TOKEN_PAREN, MSG_LANG_ARGUMENTS, MSG_LANG_ARGUMENTS_REMEDY, words.s))
        return 0;
    if (!parse_at(parser, TOKEN_PAREN_END)) parse_arguments(parser, kind == AST_RULE);
    if (kind != AST_RULE && parse_at(parser, TOKEN_SET))
        return parse_refuse(parser, parser->token.span, MSG_LANG_DEFAULT, MSG_LANG_DEFAULT_REMEDY,
                            words.s, NULL);
    parse_close(parser, opener);
    parse_push(parser, parse_block(parser, inside, false));
    return parse_make(parser, parse_statement_node(kind, word, name, parser->before.span), from);
}

/* for = "for" NAME "in" ( list | range | NAME ) block */
static AstId parse_for(Parser *parser, ParsePlace place) {
    size_t from = parser->n_pending;
    Token word = parser->token;
    parse_advance(parser);
    Token name = parse_declared_name(parser);
    if (!parse_at_word(parser, WORD_IN))
        return parse_refuse(parser, word.span, MSG_LANG_FOR, MSG_LANG_FOR_REMEDY, NULL, NULL);
    parse_advance(parser);
    AstId over = parse_subscript(parser);
    if (parse_failed(parser)) return 0;
    AstKind kind = parse_node(parser, over)->kind;
    if (kind != AST_LIST && kind != AST_RANGE && kind != AST_NAME)
        return parse_refuse(parser, parse_span(parser, over), MSG_LANG_FOR_OVER, MSG_LANG_FOR_REMEDY,
                            NULL, NULL);
    parse_push(parser, over);
    parse_push(parser, parse_block(parser, place, true));
    return parse_make(parser, parse_statement_node(AST_FOR, word, name, parser->before.span), from);
}

/* assign = NAME "=" expression ; in rules answer = "answer" "=" expression */
static AstId parse_assign(Parser *parser, AstId left, Token name, ParsePlace place) {
    Ast *ast = parser->ast;
    Span sign = parser->token.span;
    AstNode target = *parse_node(parser, left);
    if (target.kind == AST_INDEX && name.word != WORD_NONE && name.word < WORD_MINIMIZE)
        return parse_refuse(parser, name.span, MSG_LANG_NAME_EXPECTED, MSG_LANG_NAME_EXPECTED_REMEDY,
                            parse_quoted(parser, name).s, "'['");
    if (target.kind != AST_NAME)
        return parse_refuse(parser, target.kind == AST_INDEX ? target.span : sign,
                            target.kind == AST_INDEX ? MSG_LANG_SET_ELEMENT : MSG_LANG_SET_LEFT,
                            target.kind == AST_INDEX ? MSG_LANG_SET_ELEMENT_REMEDY
                                                     : MSG_LANG_SET_LEFT_REMEDY,
                            NULL, NULL);
    ast->n_nodes--; /* the name was read as an expression: its node is the newest */
    parse_advance(parser);
    AstId value = parse_expression(parser);
    if (parse_failed(parser)) return 0;
    bool rule = place == PARSE_RULE || place == PARSE_RULE_TEXT;
    AstNode node = parse_statement_node(AST_ASSIGN, name, name, parse_span(parser, value));
    node.name = target.name;
    if (rule && name.word == WORD_ANSWER) {
        node.kind = AST_ANSWER;
        node.name = NULL;
    }
    return parse_make2(parser, node, value, 0);
}

/* A line that begins with an operator after another line: it looks like its continuation. */
static void parse_check_line_start(Parser *parser, const Token *first, bool fresh) {
    bool sum = first->kind == TOKEN_ADD || first->kind == TOKEN_SUB;
    bool prefix = first->kind == TOKEN_NOT || first->kind == TOKEN_ROOT;
    if (fresh || prefix || !parse_is_operator(first->kind)) return;
    parse_refuse(parser, first->span, MSG_LANG_LINE_START,
                 sum ? MSG_LANG_LINE_START_REMEDY : MSG_LANG_LINE_JOIN_REMEDY,
                 parse_words(parser, *first).s, NULL);
}

/* plain = assign | fit | expression ; fit = expression "~" expression */
static AstId parse_plain(Parser *parser, ParsePlace place, bool fresh) {
    Token first = parser->token;
    bool rule = place == PARSE_RULE || place == PARSE_RULE_TEXT;
    parse_check_line_start(parser, &first, fresh);
    AstId left = parse_expression(parser);
    if (parse_failed(parser)) return 0;
    if (parse_at(parser, TOKEN_SET)) return parse_assign(parser, left, first, place);
    Token sign = parser->token;
    if (sign.kind == TOKEN_FIT && !rule) {
        parse_advance(parser);
        AstId right = parse_expression(parser);
        if (parse_failed(parser)) return 0;
        Span span = parse_join(parse_span(parser, left), parse_span(parser, right));
        AstNode node = {.kind = AST_FIT, .span = span, .name_span = sign.span};
        return parse_make2(parser, node, left, right);
    }
    AstNode node = {.kind = AST_VALUE, .span = parse_span(parser, left)};
    node.name_span = node.span;
    if (rule && sign.kind != TOKEN_FIT)
        if (sign.kind == TOKEN_END || sign.kind == TOKEN_LINE || sign.kind == TOKEN_BRACE_END)
            return parse_refuse(parser, node.span, MSG_LANG_RULE_VALUE, MSG_LANG_RULE_VALUE_REMEDY,
                                NULL, NULL);
    return parse_make2(parser, node, left, 0);
}

/* The places where a statement that begins with a word may stand, as bits 1 << ParsePlace. */
static const struct ParseStatement {
    AstKind kind;
    unsigned places;
    MessageId remedy;
} parse_statements[] = {
    [WORD_DATA] = {AST_DATA, 1 << PARSE_PROGRAM, MSG_LANG_ONLY_TOP},
    [WORD_PARAM] = {AST_PARAM, 1 << PARSE_PROGRAM | 1 << PARSE_DEF | 1 << PARSE_MODEL,
                    MSG_LANG_ONLY_MODELS},
    [WORD_STATE] = {AST_STATE, 1 << PARSE_RULE | 1 << PARSE_RULE_TEXT, MSG_LANG_ONLY_RULES},
    [WORD_PREDICT] = {AST_PREDICT, 1 << PARSE_PROGRAM | 1 << PARSE_MODEL, MSG_LANG_ONLY_MODELS},
    [WORD_DEF] = {AST_DEF, 1 << PARSE_PROGRAM | 1 << PARSE_RULE_TEXT, MSG_LANG_ONLY_TOP},
    [WORD_MODEL] = {AST_MODEL, 1 << PARSE_PROGRAM, MSG_LANG_ONLY_TOP},
    [WORD_RULE] = {AST_RULE, 1 << PARSE_RULE_TEXT, MSG_LANG_ONLY_OPTIMIZER},
    [WORD_FOR] = {AST_FOR, ~0u, MSG_NONE},
    [WORD_MINIMIZE] = {AST_MINIMIZE, 1 << PARSE_PROGRAM | 1 << PARSE_DEF | 1 << PARSE_MODEL,
                       MSG_LANG_ONLY_MODELS},
};

static bool parse_name_follows(const Parser *parser) {
    uint32_t code = lang_lex_follows(&parser->lexer);
    return code == '`' || unicode_letter(code);
}

/* statement = data | param | state | predict | def | model | rule | for | minimize | plain
 * The words are words only where a name (after 'minimize': anything) follows on the same line. */
static AstId parse_statement(Parser *parser, ParsePlace place, bool inner, bool fresh) {
    Token first = parser->token;
    bool known = first.kind == TOKEN_NAME && first.word < COUNT_OF(parse_statements) &&
                 parse_statements[first.word].kind != AST_NONE;
    if (!known || (first.word != WORD_MINIMIZE && !parse_name_follows(parser)))
        return parse_plain(parser, place, fresh);
    struct ParseStatement row = parse_statements[first.word];
    bool outermost = row.remedy == MSG_LANG_ONLY_TOP || row.remedy == MSG_LANG_ONLY_OPTIMIZER;
    if (!(row.places >> place & 1) || (outermost && inner))
        return parse_refuse(parser, first.span, MSG_LANG_MISPLACED, row.remedy,
                            parse_words(parser, first).s, NULL);
    switch (row.kind) {
    case AST_PARAM:
        return parse_param(parser);
    case AST_DEF:
        return parse_definition(parser, AST_DEF, PARSE_DEF);
    case AST_MODEL:
        return parse_definition(parser, AST_MODEL, PARSE_MODEL);
    case AST_RULE:
        return parse_definition(parser, AST_RULE, PARSE_RULE);
    case AST_FOR:
        return parse_for(parser, place);
    case AST_MINIMIZE:
        return parse_minimize(parser);
    default:
        return parse_named(parser, row.kind);
    }
}

/* Returns true if there was a ';'. */
static bool parse_skip_lines(Parser *parser) {
    bool semicolon = false;
    for (; parse_at(parser, TOKEN_LINE); parse_advance(parser))
        semicolon = semicolon || !parser->token.line_before;
    return semicolon;
}

/* A value that stands alone counts only at the end of a def, or as the formula itself. */
static void parse_check_value(Parser *parser, AstId last, AstId next) {
    if (parse_failed(parser) || !last || !next) return;
    if (parse_node(parser, last)->kind != AST_VALUE) return;
    parse_refuse(parser, parse_span(parser, last), MSG_LANG_UNUSED, MSG_LANG_UNUSED_REMEDY, NULL,
                 NULL);
}

/* { statement ( newline | ";" ) } up to 'end': pushed; returns the last statement. */
static AstId parse_statements_to(Parser *parser, TokenKind end, ParsePlace place, bool inner) {
    AstId last = 0;
    bool fresh = true;
    parse_skip_lines(parser);
    while (!parse_at(parser, end) && !parse_at(parser, TOKEN_END)) {
        AstId id = parse_statement(parser, place, inner, fresh);
        if (!parse_at(parser, end) && !parse_at(parser, TOKEN_END) && !parse_at(parser, TOKEN_LINE))
            parse_refuse_token(parser);
        parse_check_value(parser, last, id);
        parse_push(parser, id);
        last = id;
        fresh = parse_skip_lines(parser);
    }
    return parse_failed(parser) ? 0 : last;
}

/* What the last line of a block must be: a value in a def, none elsewhere. */
static void parse_check_last(Parser *parser, AstId last, Span block, ParsePlace place, bool loop) {
    if (parse_failed(parser)) return;
    bool value = last && parse_node(parser, last)->kind == AST_VALUE;
    if (place == PARSE_DEF && !loop && !value)
        parse_refuse(parser, block, MSG_LANG_DEF_VALUE, MSG_LANG_DEF_VALUE_REMEDY, NULL, NULL);
    else if (value && (loop || place == PARSE_MODEL))
        parse_refuse(parser, parse_span(parser, last), MSG_LANG_UNUSED, MSG_LANG_UNUSED_REMEDY, NULL,
                     NULL);
}

/* block = "{" { statement } "}" */
static AstId parse_block(Parser *parser, ParsePlace place, bool loop) {
    size_t from = parser->n_pending;
    while (parse_at(parser, TOKEN_LINE) && parser->token.line_before) parse_advance(parser);
    Token opener = parser->token;
    if (!parse_expect(parser, TOKEN_BRACE, MSG_LANG_BLOCK, MSG_LANG_BLOCK_REMEDY, NULL)) return 0;
    if (!parse_deeper(parser, opener.span)) return 0;
    AstId last = parse_statements_to(parser, TOKEN_BRACE_END, place, true);
    Span end = parse_close(parser, opener);
    parser->depth--;
    parse_check_last(parser, last, opener.span, place, loop);
    Span span = parse_join(opener.span, end);
    return parse_make(parser, (AstNode){.kind = AST_BLOCK, .span = span, .name_span = opener.span},
                      from);
}

/* ---- the whole text -------------------------------------------------------------------------------- */

/* program = { statement } */
static AstId parse_program(Parser *parser, ParsePlace place) {
    size_t from = parser->n_pending;
    Span all = {0, (uint32_t)parser->lexer.source.length};
    AstId last = parse_statements_to(parser, TOKEN_END, place, false);
    if (!parse_failed(parser) && !last)
        return parse_refuse(parser, all, MSG_LANG_EMPTY, MSG_LANG_EMPTY_REMEDY, NULL, NULL);
    return parse_make(parser, (AstNode){.kind = AST_BLOCK, .span = all, .name_span = all}, from);
}

static AstId parse_lone_expression(Parser *parser) {
    Span all = {0, (uint32_t)parser->lexer.source.length};
    parse_skip_lines(parser);
    if (!parse_failed(parser) && parse_at(parser, TOKEN_END))
        return parse_refuse(parser, all, MSG_LANG_EMPTY, MSG_LANG_EMPTY_REMEDY, NULL, NULL);
    AstId id = parse_expression(parser);
    bool ended = parse_at(parser, TOKEN_LINE);
    parse_skip_lines(parser);
    if (parse_failed(parser) || parse_at(parser, TOKEN_END)) return id;
    if (ended)
        return parse_refuse(parser, parser->token.span, MSG_LANG_ONE_EXPRESSION,
                            MSG_LANG_ONE_EXPRESSION_REMEDY, NULL, NULL);
    return parse_refuse_token(parser);
}

static Status parse_all(Ast *ast, LangMode mode, Error *error) {
    Parser parser = {.ast = ast};
    lang_lex_open(&parser.lexer, ast->source, &ast->arena, &ast->notes, error);
    parse_make(&parser, (AstNode){.kind = AST_NONE}, 0); /* node 0 */
    parse_advance(&parser);
    parser.before = (Token){.kind = TOKEN_LINE};
    if (mode == LANG_EXPRESSION) ast->root = parse_lone_expression(&parser);
    else ast->root = parse_program(&parser, mode == LANG_RULE ? PARSE_RULE_TEXT : PARSE_PROGRAM);
    Status status = parser.lexer.status;
    memory_free(parser.pending);
    lang_lex_close(&parser.lexer);
    if (status == STATUS_OK && (ast->arena.failed || ast->notes.failed)) return error_memory(error);
    return status;
}

Status lang_parse(const char *name, const char *text, size_t length, LangMode mode, Ast **ast,
                  Error *error) {
    *ast = NULL;
    if (length >= LANG_LONGEST)
        return error_set(error, STATUS_INPUT, MSG_LANG_TOO_LONG,
                         number_integer((long long)length).s, number_integer(LANG_LONGEST).s, NULL);
    Ast *tree = memory_new(1, sizeof *tree);
    if (!tree) return error_memory(error);
    tree->source.name = name ? arena_copy(&tree->arena, name, strlen(name)) : NULL;
    tree->source.text = arena_copy(&tree->arena, text, length);
    tree->source.length = length;
    Status status = tree->arena.failed ? error_memory(error) : parse_all(tree, mode, error);
    if (status == STATUS_OK) *ast = tree;
    else lang_free(tree);
    return status;
}
