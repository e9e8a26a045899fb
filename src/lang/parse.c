/* parse: tokens -> trees of statements, and the whole text. Each function that reads a rule of
 * docs/language.md stands under that rule. */
#include "lang.h"

#include <string.h>

/* Where statements stand: some belong to one place only. */
typedef enum ParsePlace {
    PARSE_PROGRAM,
    PARSE_RULE_TEXT,
    PARSE_DEF,
    PARSE_MODEL,
    PARSE_RULE
} ParsePlace;

static AstId parse_block(Parser *parser, ParsePlace place, bool loop);

/* ---- statements
 * ----------------------------------------------------------------------------------- */

/* The name after a word such as 'data'; the words before it tell what for. */
static Token parse_declared_name(Parser *parser) {
    Token name = parser->token;
    if (name.kind != TOKEN_NAME) {
        lang_refuse_name(parser);
    } else if (name.dotted) {
        LangWords words = lang_words(parser, name);
        lang_refuse(parser, name.span, MSG_LANG_DOTTED, MSG_LANG_DOTTED_REMEDY, words.s, NULL);
    }
    lang_advance(parser);
    return name;
}

static bool parse_expect(Parser *parser, TokenKind kind, MessageId what, MessageId remedy,
                         const char *a) {
    if (lang_at(parser, kind)) {
        lang_advance(parser);
        return true;
    }
    LangWords words = lang_quoted(parser, parser->token);
    lang_refuse(parser, parser->token.span, what, remedy, a ? a : words.s, a ? words.s : NULL);
    return false;
}

static AstNode parse_statement_node(AstKind kind, Token word, Token name, Span end) {
    return (AstNode){
        .kind = kind, .span = lang_join(word.span, end), .name_span = name.span, .name = name.name};
}

/* data = "data" NAME [ "=" expression ] ; state = "state" NAME "=" expression ;
 * predict = "predict" NAME "=" expression */
static AstId parse_named(Parser *parser, AstKind kind) {
    size_t from = parser->n_pending;
    Token word = parser->token;
    lang_advance(parser);
    Token name = parse_declared_name(parser);
    if (lang_at(parser, TOKEN_SET)) {
        lang_advance(parser);
        lang_push(parser, lang_expression(parser));
    } else if (kind == AST_DATA) {
        if (lang_at(parser, TOKEN_COMMA))
            lang_refuse(parser, parser->token.span, MSG_LANG_ONE_NAME, MSG_LANG_ONE_NAME_REMEDY,
                        "data", NULL);
        lang_push(parser, 0);
    } else {
        LangWords a = lang_words(parser, word);
        lang_refuse(parser, lang_join(word.span, name.span), MSG_LANG_NEEDS_VALUE,
                    MSG_LANG_NEEDS_VALUE_REMEDY, a.s, name.name);
    }
    return lang_make(parser, parse_statement_node(kind, word, name, parser->before.span), from);
}

/* bounds = "in" "[" expression "," expression "]", where "inf" is a number */
static void parse_bounds(Parser *parser, AstId parts[6]) {
    Token word = parser->token;
    lang_advance(parser);
    Token opener = parser->token;
    bool good = lang_at(parser, TOKEN_BRACKET);
    parser->bounds = true;
    if (good) {
        lang_advance(parser);
        parts[2] = lang_expression(parser);
        good = lang_at(parser, TOKEN_COMMA);
    }
    if (good) {
        lang_advance(parser);
        parts[3] = lang_expression(parser);
        good = !lang_at(parser, TOKEN_COMMA);
    }
    if (good)
        lang_close(parser, opener);
    else {
        lang_refuse(parser, word.span, MSG_LANG_BOUNDS, MSG_LANG_BOUNDS_REMEDY, NULL, NULL);
    }
    parser->bounds = false;
}

/* factor = ( "rate" | "decay" ) expression */
static void parse_factor(Parser *parser, AstId *part) {
    lang_advance(parser);
    *part = lang_expression(parser);
}

static void parse_once(Parser *parser, AstId part) {
    Token word = parser->token;
    LangWords words = lang_words(parser, word);
    if (part) lang_refuse(parser, word.span, MSG_LANG_TWICE, MSG_LANG_TWICE_REMEDY, words.s, NULL);
}

/* param = "param" NAME [ "[" values "]" ] [ "=" expression ] { bounds | factor } */
static AstId parse_param(Parser *parser) {
    AstId parts[6] = {0}; /* shape, start, low, high, rate, decay */
    Token word = parser->token;
    lang_advance(parser);
    Token name = parse_declared_name(parser);
    if (lang_at(parser, TOKEN_BRACKET)) parts[0] = lang_list(parser);
    if (parts[0] && lang_node(parser, parts[0])->n_children == 0)
        lang_refuse(parser, lang_span(parser, parts[0]), MSG_LANG_MISSING_BETWEEN,
                    MSG_LANG_MISSING_REMEDY, "[", "]");
    if (lang_at(parser, TOKEN_SET)) {
        lang_advance(parser);
        parts[1] = lang_expression(parser);
    }
    for (;;) {
        if (lang_at_word(parser, WORD_IN)) {
            parse_once(parser, parts[2]);
            parse_bounds(parser, parts);
        } else if (lang_at_word(parser, WORD_RATE)) {
            parse_once(parser, parts[4]);
            parse_factor(parser, &parts[4]);
        } else if (lang_at_word(parser, WORD_DECAY)) {
            parse_once(parser, parts[5]);
            parse_factor(parser, &parts[5]);
        } else {
            break;
        }
    }
    size_t from = parser->n_pending;
    for (int i = 0; i < 6; i++) lang_push(parser, parts[i]);
    return lang_make(parser, parse_statement_node(AST_PARAM, word, name, parser->before.span),
                     from);
}

/* minimize = "minimize" expression */
static AstId parse_minimize(Parser *parser) {
    Token word = parser->token;
    lang_advance(parser);
    if (lang_at(parser, TOKEN_SET))
        return lang_refuse(parser, word.span, MSG_LANG_WORD_TAKEN, MSG_LANG_WORD_TAKEN_REMEDY,
                           lang_words(parser, word).s, NULL);
    AstId value = lang_expression(parser);
    AstNode node = parse_statement_node(AST_MINIMIZE, word, word, parser->before.span);
    node.name = NULL;
    return lang_make2(parser, node, value, 0);
}

/* NAME { "," NAME }, each once; settings have "=" expression after each. Pushed. */
static void parse_arguments(Parser *parser, bool settings) {
    size_t from = parser->n_pending;
    for (;;) {
        Token name = parse_declared_name(parser);
        AstId id = 0;
        for (size_t i = from; i < parser->n_pending && !lang_failed(parser); i++)
            if (lang_node(parser, parser->pending[i])->name == name.name)
                lang_refuse(parser, name.span, MSG_LANG_TWICE, MSG_LANG_TWICE_REMEDY, name.name,
                            NULL);
        if (!settings) {
            id = lang_leaf(parser, AST_NAME, name);
        } else if (parse_expect(parser, TOKEN_SET, MSG_LANG_SETTING, MSG_LANG_SETTING_REMEDY,
                                name.name)) {
            AstId value = lang_expression(parser);
            id = lang_make2(parser,
                            parse_statement_node(AST_ASSIGN, name, name, parser->before.span),
                            value, 0);
        }
        lang_push(parser, id);
        if (!lang_at(parser, TOKEN_COMMA)) return;
        lang_advance(parser);
    }
}

/* def = "def" NAME "(" [ names ] ")" block ; model = "model" NAME "(" [ names ] ")" block ;
 * rule = "rule" NAME "(" [ settings ] ")" block */
static AstId parse_definition(Parser *parser, AstKind kind, ParsePlace inside) {
    size_t from = parser->n_pending;
    Token word = parser->token;
    LangWords words = lang_words(parser, word);
    lang_advance(parser);
    Token name = parse_declared_name(parser), opener = parser->token;
    if (!parse_expect(parser, TOKEN_PAREN, MSG_LANG_ARGUMENTS, MSG_LANG_ARGUMENTS_REMEDY, words.s))
        return 0;
    if (!lang_at(parser, TOKEN_PAREN_END)) parse_arguments(parser, kind == AST_RULE);
    if (kind != AST_RULE && lang_at(parser, TOKEN_SET))
        return lang_refuse(parser, parser->token.span, MSG_LANG_DEFAULT, MSG_LANG_DEFAULT_REMEDY,
                           words.s, NULL);
    lang_close(parser, opener);
    lang_push(parser, parse_block(parser, inside, false));
    return lang_make(parser, parse_statement_node(kind, word, name, parser->before.span), from);
}

/* for = "for" NAME "in" ( list | range | NAME ) block */
static AstId parse_for(Parser *parser, ParsePlace place) {
    size_t from = parser->n_pending;
    Token word = parser->token;
    lang_advance(parser);
    Token name = parse_declared_name(parser);
    if (!lang_at_word(parser, WORD_IN))
        return lang_refuse(parser, word.span, MSG_LANG_FOR, MSG_LANG_FOR_REMEDY, NULL, NULL);
    lang_advance(parser);
    AstId over = lang_subscript(parser);
    if (lang_failed(parser)) return 0;
    AstKind kind = lang_node(parser, over)->kind;
    if (kind != AST_LIST && kind != AST_RANGE && kind != AST_NAME)
        return lang_refuse(parser, lang_span(parser, over), MSG_LANG_FOR_OVER, MSG_LANG_FOR_REMEDY,
                           NULL, NULL);
    lang_push(parser, over);
    lang_push(parser, parse_block(parser, place, true));
    return lang_make(parser, parse_statement_node(AST_FOR, word, name, parser->before.span), from);
}

/* assign = NAME "=" expression ; in rules answer = "answer" "=" expression */
static AstId parse_assign(Parser *parser, AstId left, Token name, ParsePlace place) {
    Ast *ast = parser->ast;
    Span sign = parser->token.span;
    AstNode target = *lang_node(parser, left);
    if (target.kind == AST_INDEX && name.word != WORD_NONE && name.word < WORD_MINIMIZE)
        return lang_refuse(parser, name.span, MSG_LANG_NAME_EXPECTED, MSG_LANG_NAME_EXPECTED_REMEDY,
                           lang_quoted(parser, name).s, "'['");
    if (target.kind != AST_NAME)
        return lang_refuse(parser, target.kind == AST_INDEX ? target.span : sign,
                           target.kind == AST_INDEX ? MSG_LANG_SET_ELEMENT : MSG_LANG_SET_LEFT,
                           target.kind == AST_INDEX ? MSG_LANG_SET_ELEMENT_REMEDY
                                                    : MSG_LANG_SET_LEFT_REMEDY,
                           NULL, NULL);
    ast->n_nodes--; /* the name was read as an expression: its node is the newest */
    lang_advance(parser);
    AstId value = lang_expression(parser);
    if (lang_failed(parser)) return 0;
    bool rule = place == PARSE_RULE || place == PARSE_RULE_TEXT;
    AstNode node = parse_statement_node(AST_ASSIGN, name, name, lang_span(parser, value));
    node.name = target.name;
    if (rule && name.word == WORD_ANSWER) {
        node.kind = AST_ANSWER;
        node.name = NULL;
    }
    return lang_make2(parser, node, value, 0);
}

/* A line that begins with an operator after another line: it looks like its continuation. */
static void parse_check_line_start(Parser *parser, const Token *first, bool fresh) {
    bool sum = first->kind == TOKEN_ADD || first->kind == TOKEN_SUB;
    bool prefix = first->kind == TOKEN_NOT || first->kind == TOKEN_ROOT;
    if (fresh || prefix || !lang_is_operator(first->kind)) return;
    lang_refuse(parser, first->span, MSG_LANG_LINE_START,
                sum ? MSG_LANG_LINE_START_REMEDY : MSG_LANG_LINE_JOIN_REMEDY,
                lang_words(parser, *first).s, NULL);
}

/* plain = assign | fit | expression ; fit = expression "~" expression */
static AstId parse_plain(Parser *parser, ParsePlace place, bool fresh) {
    Token first = parser->token;
    bool rule = place == PARSE_RULE || place == PARSE_RULE_TEXT;
    parse_check_line_start(parser, &first, fresh);
    AstId left = lang_expression(parser);
    if (lang_failed(parser)) return 0;
    if (lang_at(parser, TOKEN_SET)) return parse_assign(parser, left, first, place);
    Token sign = parser->token;
    if (sign.kind == TOKEN_FIT && !rule) {
        lang_advance(parser);
        AstId right = lang_expression(parser);
        if (lang_failed(parser)) return 0;
        Span span = lang_join(lang_span(parser, left), lang_span(parser, right));
        AstNode node = {.kind = AST_FIT, .span = span, .name_span = sign.span};
        return lang_make2(parser, node, left, right);
    }
    AstNode node = {.kind = AST_VALUE, .span = lang_span(parser, left)};
    node.name_span = node.span;
    if (rule && sign.kind != TOKEN_FIT)
        if (sign.kind == TOKEN_END || sign.kind == TOKEN_LINE || sign.kind == TOKEN_BRACE_END)
            return lang_refuse(parser, node.span, MSG_LANG_RULE_VALUE, MSG_LANG_RULE_VALUE_REMEDY,
                               NULL, NULL);
    return lang_make2(parser, node, left, 0);
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
        return lang_refuse(parser, first.span, MSG_LANG_MISPLACED, row.remedy,
                           lang_words(parser, first).s, NULL);
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
    for (; lang_at(parser, TOKEN_LINE); lang_advance(parser))
        semicolon = semicolon || !parser->token.line_before;
    return semicolon;
}

/* A value that stands alone counts only at the end of a def, or as the formula itself. */
static void parse_check_value(Parser *parser, AstId last, AstId next) {
    if (lang_failed(parser) || !last || !next) return;
    if (lang_node(parser, last)->kind != AST_VALUE) return;
    lang_refuse(parser, lang_span(parser, last), MSG_LANG_UNUSED, MSG_LANG_UNUSED_REMEDY, NULL,
                NULL);
}

/* { statement ( newline | ";" ) } up to 'end': pushed; returns the last statement. */
static AstId parse_statements_to(Parser *parser, TokenKind end, ParsePlace place, bool inner) {
    AstId last = 0;
    bool fresh = true;
    parse_skip_lines(parser);
    while (!lang_at(parser, end) && !lang_at(parser, TOKEN_END)) {
        AstId id = parse_statement(parser, place, inner, fresh);
        if (!lang_at(parser, end) && !lang_at(parser, TOKEN_END) && !lang_at(parser, TOKEN_LINE))
            lang_refuse_token(parser);
        parse_check_value(parser, last, id);
        lang_push(parser, id);
        last = id;
        fresh = parse_skip_lines(parser);
    }
    return lang_failed(parser) ? 0 : last;
}

/* What the last line of a block must be: a value in a def, none elsewhere. */
static void parse_check_last(Parser *parser, AstId last, Span block, ParsePlace place, bool loop) {
    if (lang_failed(parser)) return;
    bool value = last && lang_node(parser, last)->kind == AST_VALUE;
    if (place == PARSE_DEF && !loop && !value)
        lang_refuse(parser, block, MSG_LANG_DEF_VALUE, MSG_LANG_DEF_VALUE_REMEDY, NULL, NULL);
    else if (value && (loop || place == PARSE_MODEL))
        lang_refuse(parser, lang_span(parser, last), MSG_LANG_UNUSED, MSG_LANG_UNUSED_REMEDY, NULL,
                    NULL);
}

/* block = "{" { statement } "}" */
static AstId parse_block(Parser *parser, ParsePlace place, bool loop) {
    size_t from = parser->n_pending;
    while (lang_at(parser, TOKEN_LINE) && parser->token.line_before) lang_advance(parser);
    Token opener = parser->token;
    if (!parse_expect(parser, TOKEN_BRACE, MSG_LANG_BLOCK, MSG_LANG_BLOCK_REMEDY, NULL)) return 0;
    if (!lang_deeper(parser, opener.span)) return 0;
    AstId last = parse_statements_to(parser, TOKEN_BRACE_END, place, true);
    Span end = lang_close(parser, opener);
    parser->depth--;
    parse_check_last(parser, last, opener.span, place, loop);
    Span span = lang_join(opener.span, end);
    return lang_make(parser, (AstNode){.kind = AST_BLOCK, .span = span, .name_span = opener.span},
                     from);
}

/* ---- the whole text
 * -------------------------------------------------------------------------------- */

/* program = { statement } */
static AstId parse_program(Parser *parser, ParsePlace place) {
    size_t from = parser->n_pending;
    Span all = {0, (uint32_t)parser->lexer.source.length};
    AstId last = parse_statements_to(parser, TOKEN_END, place, false);
    if (!lang_failed(parser) && !last)
        return lang_refuse(parser, all, MSG_LANG_EMPTY, MSG_LANG_EMPTY_REMEDY, NULL, NULL);
    return lang_make(parser, (AstNode){.kind = AST_BLOCK, .span = all, .name_span = all}, from);
}

static AstId parse_lone_expression(Parser *parser) {
    Span all = {0, (uint32_t)parser->lexer.source.length};
    parse_skip_lines(parser);
    if (!lang_failed(parser) && lang_at(parser, TOKEN_END))
        return lang_refuse(parser, all, MSG_LANG_EMPTY, MSG_LANG_EMPTY_REMEDY, NULL, NULL);
    AstId id = lang_expression(parser);
    bool ended = lang_at(parser, TOKEN_LINE);
    parse_skip_lines(parser);
    if (lang_failed(parser) || lang_at(parser, TOKEN_END)) return id;
    if (ended)
        return lang_refuse(parser, parser->token.span, MSG_LANG_ONE_EXPRESSION,
                           MSG_LANG_ONE_EXPRESSION_REMEDY, NULL, NULL);
    return lang_refuse_token(parser);
}

static Status parse_all(Ast *ast, LangMode mode, Error *error) {
    Parser parser = {.ast = ast};
    lang_lex_open(&parser.lexer, ast->source, &ast->arena, &ast->notes, error);
    lang_make(&parser, (AstNode){.kind = AST_NONE}, 0); /* node 0 */
    lang_advance(&parser);
    parser.before = (Token){.kind = TOKEN_LINE};
    if (mode == LANG_EXPRESSION)
        ast->root = parse_lone_expression(&parser);
    else
        ast->root = parse_program(&parser, mode == LANG_RULE ? PARSE_RULE_TEXT : PARSE_PROGRAM);
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
    if (status == STATUS_OK)
        *ast = tree;
    else
        lang_free(tree);
    return status;
}
