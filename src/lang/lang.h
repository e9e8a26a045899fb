/* lang: text -> syntax tree with spans. Knows no columns, no shapes: names stay names.
 *
 * The grammar is docs/language.md; each function of parse.c is named after its rule. Nesting deeper
 * than LANG_DEPTH is refused; chains such as a + b + c + ... are no nesting and may be of any
 * length (the tree leans left: walk its left spine with a loop, not by recursion).
 */
#ifndef DESCEND_LANG_H
#define DESCEND_LANG_H

#include "../base/base.h"
#include "../op/op.h"

enum {
    LANG_DEPTH = 1000,
    LANG_LONGEST = 1 << 30 /* bytes of a text */
};

typedef uint32_t AstId; /* index into Ast.nodes; 0: none */

typedef enum AstKind {
    AST_NONE,
    /* expressions */
    AST_NUMBER, /* number */
    AST_NAME,   /* name */
    AST_STRING, /* name: the text of a quoted "category" */
    AST_CALL,   /* name (maybe dotted: over_rows.mean); children: arguments */
    AST_UNARY,  /* op: OP_NEG, OP_NOT; 1 child */
    AST_BINARY, /* op: OP_ADD SUB MUL DIV POW MATMUL LT LE GT GE EQ NE AND OR; 2 children */
    AST_WHERE,  /* condition, then, else: from where(c,a,b) and c ? a : b */
    AST_INDEX,  /* children: base, then subscripts (an expression or AST_RANGE each) */
    AST_RANGE,  /* lo, hi (inclusive, from 1) */
    AST_LIST,   /* [a, b, ...] */
    /* statements */
    AST_BLOCK,    /* children: statements, in order */
    AST_ASSIGN,   /* name; child: value */
    AST_MINIMIZE, /* child: value */
    AST_FIT,      /* left ~ right; 2 children */
    AST_DATA,     /* name; child: definition or none (then the column of that name) */
    AST_PARAM,   /* name; 6 children, each may be 0: AST_LIST of dimensions, start, low, high, rate,
                    decay */
    AST_STATE,   /* in rules: name; child: where it starts */
    AST_ANSWER,  /* in rules: answer = value; 1 child */
    AST_PREDICT, /* name; child: value */
    AST_DEF,     /* name; children: AST_NAME for each argument, then the AST_BLOCK */
    AST_MODEL,   /* the same for 'model' */
    AST_RULE, /* name; children: AST_ASSIGN for each setting with its default, then the AST_BLOCK */
    AST_FOR,  /* name; children: what it goes over (AST_LIST, AST_RANGE or name), AST_BLOCK */
    AST_VALUE /* an expression standing alone: the value of a def, or the formula of a one-liner */
} AstKind;

typedef struct AstNode {
    AstKind kind;
    Op op;            /* AST_UNARY, AST_BINARY */
    Span span;        /* the whole construct */
    Span name_span;   /* the name, or the operator sign */
    const char *name; /* NFC, interned: equal names are equal pointers within one Ast; or NULL */
    double number;
    uint32_t first_child, n_children; /* into Ast.children */
} AstNode;

typedef struct Ast {
    Source source; /* a copy of the text, owned by the tree */
    AstNode *nodes;
    AstId *children;
    size_t n_nodes, n_children;
    AstId root;  /* AST_BLOCK (LANG_EXPRESSION: the expression) */
    Notes notes; /* full-width forms that were read as ASCII */
    Arena arena;
} Ast;

typedef enum LangMode {
    LANG_PROGRAM,   /* a model file, or a one-line formula: statements */
    LANG_RULE,      /* an update rule: 'rule NAME(...) { ... }', or its bare statements */
    LANG_EXPRESSION /* one expression: --rate, --until, a start value */
} LangMode;

/* 'name' is the file shown in messages, or NULL. On failure *ast is NULL. */
Status lang_parse(const char *name, const char *text, size_t length, LangMode mode, Ast **ast,
                  Error *error);
void lang_free(Ast *ast); /* NULL is fine */
AstId lang_child(const Ast *ast, AstId id, uint32_t k);
/* Stable text of the tree: one node a line, indented, with kind, name, operator, number. */
void lang_dump(const Ast *ast, Text *out);
/* Points the error at a node: error_place with the tree's own source. */
void lang_place(Error *error, const Ast *ast, AstId id);
/* The ready definitions in the language itself (relu, silu, softmax, standardize, ...). */
const char *lang_prelude(void);
/* The text of one of them, with the comment above it; NULL when there is none of that name. */
const char *lang_prelude_def(const char *name, size_t *length);
/* The 'model NAME(...) { ... }' that the text holds, the first one; 0 when it has none. */
AstId lang_model(const Ast *ast);
/* What the comment above the first statement says: "en", "zh" its first line in that language; any
 * other key the lines '# KEY: ...', joined with blanks. False when there is none. */
bool lang_about(const Ast *ast, const char *key, Text *out);

/* one_line.c: the words of a span as they would be typed on one line, without comments; names that
 * stand in 'renames' are written anew. */
typedef struct LangRename {
    const char *from, *to;
} LangRename;
void lang_one_line(const Ast *ast, Span span, const LangRename *renames, size_t n_renames,
                   Text *out);
/* True when a name means something of the language's own (keyword, function, pi). */
bool lang_reserved(const char *name);

/* ---- inside lang: lex.c for the parser
 * -----------------------------------------------------------
 */

typedef enum TokenKind {
    TOKEN_END,
    TOKEN_LINE,   /* a newline that ends a statement, or ';' */
    TOKEN_NUMBER, /* number */
    TOKEN_NAME,   /* name, maybe dotted; word */
    TOKEN_STRING, /* name */
    TOKEN_AND,
    TOKEN_OR,
    TOKEN_NOT,
    TOKEN_ADD,
    TOKEN_SUB,
    TOKEN_MUL,
    TOKEN_DIV,
    TOKEN_MATMUL,
    TOKEN_POW,
    TOKEN_ROOT, /* the root sign before its operand */
    TOKEN_LT,
    TOKEN_LE,
    TOKEN_GT,
    TOKEN_GE,
    TOKEN_EQ,
    TOKEN_NE,
    TOKEN_SET, /* = */
    TOKEN_FIT, /* ~ */
    TOKEN_QUESTION,
    TOKEN_COLON,
    TOKEN_COMMA,
    TOKEN_RANGE, /* .. */
    TOKEN_PAREN,
    TOKEN_PAREN_END,
    TOKEN_BRACKET,
    TOKEN_BRACKET_END,
    TOKEN_BRACE,
    TOKEN_BRACE_END
} TokenKind;

/* Names that mean something in some places; they stay names everywhere else. */
typedef enum Word {
    WORD_NONE,
    WORD_DATA,
    WORD_PARAM,
    WORD_STATE,
    WORD_PREDICT,
    WORD_DEF,
    WORD_MODEL,
    WORD_RULE,
    WORD_FOR,
    WORD_MINIMIZE,
    WORD_ANSWER,
    WORD_IN,
    WORD_RATE,
    WORD_DECAY,
    WORD_WHERE,
    WORD_INF,
    WORD_AND,
    WORD_OR,
    WORD_NOT,
    WORD_FOREIGN /* if, return, while ...: words of other languages, for better advice */
} Word;

typedef struct Token {
    TokenKind kind;
    Word word; /* of a name without backquotes */
    Span span;
    const char *name;
    double number;
    bool line_before; /* a newline stands between this token and the one before it */
    bool quoted;      /* a name in backquotes */
    bool dotted;      /* a name with dots, without backquotes */
} Token;

typedef struct LexName {
    const char *text;
    uint64_t hash;
    Word word;
} LexName;

typedef struct Lexer {
    Source source;
    Arena *arena; /* of the names */
    Notes *notes;
    Error *error;
    Status status;   /* sticky; after a failure only TOKEN_END comes */
    size_t at;       /* the next byte */
    size_t brackets; /* open ( and [: a newline inside them is a blank */
    TokenKind last;  /* kind of the newest token */
    LexName *names;
    size_t n_names, names_capacity;
    uint32_t *slots; /* hash table of the names, open addressing: index + 1 */
    size_t n_slots;
} Lexer;

void lang_lex_open(Lexer *lexer, Source source, Arena *arena, Notes *notes, Error *error);
Token lang_lex_next(Lexer *lexer);
/* The character that follows on the same line after blanks, as its ASCII twin; 0: none. Tells 'data
 * x' from a column called data. */
uint32_t lang_lex_follows(const Lexer *lexer);
void lang_lex_close(Lexer *lexer);
/* The first failure wins; a and b (NULL: none) fill {1} and {2} of the sentence and of the remedy
 * (MSG_NONE: no remedy). */
void lang_lex_refuse(Lexer *lexer, Span span, MessageId what, MessageId remedy, const char *a,
                     const char *b);
/* The words of a span, as an argument of a message. */
typedef struct LangWords {
    char s[MESSAGE_ARG_SIZE + 40]; /* too long on purpose: the message cuts it, with an ellipsis */
} LangWords;
LangWords lang_lex_words(const Lexer *lexer, Span span);

/* ---- inside lang: parser.c for expression.c and parse.c
 * ------------------------------------------ */

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

static inline bool lang_failed(const Parser *parser) {
    return parser->lexer.status != STATUS_OK;
}

static inline bool lang_at(const Parser *parser, TokenKind kind) {
    return parser->token.kind == kind;
}

static inline bool lang_at_word(const Parser *parser, Word word) {
    return parser->token.kind == TOKEN_NAME && parser->token.word == word;
}

static inline AstNode *lang_node(const Parser *parser, AstId id) {
    return &parser->ast->nodes[id];
}

static inline Span lang_span(const Parser *parser, AstId id) {
    return lang_node(parser, id)->span;
}

static inline Span lang_join(Span first, Span last) {
    return (Span){first.start, last.end};
}

void lang_advance(Parser *parser);
/* As lang_lex_refuse; returns 0, and from then on only TOKEN_END comes. */
AstId lang_refuse(Parser *parser, Span span, MessageId what, MessageId remedy, const char *a,
                  const char *b);
AstId lang_refuse_token(Parser *parser);               /* the present one cannot stand here */
AstId lang_refuse_name(Parser *parser);                /* a name should stand here */
AstId lang_refuse_foreign(Parser *parser, Token word); /* 'if', 'return' ... */
/* The words of a token, as an argument of a message: as they are, and within quotes; the end of the
 * text or of a line has a name of its own. */
LangWords lang_words(const Parser *parser, Token token);
LangWords lang_quoted(const Parser *parser, Token token);
/* Children wait in parser->pending until their node is made (0: one that is not there). */
void lang_push(Parser *parser, AstId child);
/* A node whose children are those pushed since n_pending was 'from'; 0 after a failure. */
AstId lang_make(Parser *parser, AstNode node, size_t from);
AstId lang_make2(Parser *parser, AstNode node, AstId a, AstId b); /* b 0: one child */
AstId lang_leaf(Parser *parser, AstKind kind, Token token);
/* One level deeper (parser->depth), or false with an error. */
bool lang_deeper(Parser *parser, Span span);
bool lang_is_operator(TokenKind kind); /* after it a value must follow */
/* Reads the closing bracket of 'opener' and returns its span, or points at the opener that lacks
 * it. */
Span lang_close(Parser *parser, Token opener);

/* ---- inside lang: expression.c for parse.c
 * -------------------------------------------------------- */

AstId lang_expression(Parser *parser);
AstId lang_list(Parser *parser);      /* [a, b, ...] */
AstId lang_subscript(Parser *parser); /* an expression or a range */

#endif
