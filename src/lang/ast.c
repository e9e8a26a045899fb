/* ast: looking at a finished tree, its stable text, and the words that the language keeps. */
#include "lang.h"

#include <string.h>

AstId lang_child(const Ast *ast, AstId id, uint32_t k) {
    return ast->children[ast->nodes[id].first_child + k];
}

AstId lang_model(const Ast *ast) {
    const AstNode *root = &ast->nodes[ast->root];
    for (uint32_t k = 0; root->kind == AST_BLOCK && k < root->n_children; k++) {
        AstId id = lang_child(ast, ast->root, k);
        if (ast->nodes[id].kind == AST_MODEL) return id;
    }
    return 0;
}

void lang_place(Error *error, const Ast *ast, AstId id) {
    error_place(error, &ast->source, ast->nodes[id].span);
}

void lang_free(Ast *ast) {
    if (!ast) return;
    memory_free(ast->nodes);
    memory_free(ast->children);
    notes_free(&ast->notes);
    arena_free(&ast->arena);
    memory_free(ast);
}

/* ---- dump ------------------------------------------------------------------------------------ */

static const char *const ast_kind_names[] = {
    [AST_NONE] = "none",     [AST_NUMBER] = "number",     [AST_NAME] = "name",
    [AST_STRING] = "string", [AST_CALL] = "call",         [AST_UNARY] = "unary",
    [AST_BINARY] = "binary", [AST_WHERE] = "where",       [AST_INDEX] = "index",
    [AST_RANGE] = "range",   [AST_LIST] = "list",         [AST_BLOCK] = "block",
    [AST_ASSIGN] = "assign", [AST_MINIMIZE] = "minimize", [AST_FIT] = "fit",
    [AST_DATA] = "data",     [AST_PARAM] = "param",       [AST_STATE] = "state",
    [AST_ANSWER] = "answer", [AST_PREDICT] = "predict",   [AST_DEF] = "def",
    [AST_MODEL] = "model",   [AST_RULE] = "rule",         [AST_FOR] = "for",
    [AST_VALUE] = "value",
};

/* Deeper lines carry their depth as a number: the text stays linear in the tree. */
enum { AST_INDENT = 100 };

static void ast_dump_line(const AstNode *node, size_t depth, Text *out) {
    if (depth > AST_INDENT) text_format(out, "%zu ", depth);
    text_add_repeat(out, ' ', 2 * (depth < AST_INDENT ? depth : AST_INDENT));
    text_add(out, ast_kind_names[node->kind]);
    if (node->kind == AST_UNARY || node->kind == AST_BINARY)
        text_format(out, " %s", op_info(node->op)->spelling);
    if (node->kind == AST_NUMBER) text_format(out, " %s", number_text(node->number).s);
    if (node->kind == AST_STRING)
        text_format(out, " \"%s\"", node->name);
    else if (node->name && node->kind != AST_WHERE)
        text_format(out, " %s", node->name);
    text_add_char(out, '\n');
}

typedef struct AstVisit {
    AstId id;
    size_t depth;
} AstVisit;

/* Depth first with a stack of its own: a chain of 100,000 terms is as deep as it is long. */
void lang_dump(const Ast *ast, Text *out) {
    AstVisit *stack = NULL;
    size_t capacity = 0, count = 0;
    bool room = memory_reserve(&stack, &capacity, 1, sizeof *stack);
    if (room) stack[count++] = (AstVisit){ast->root, 0};
    while (room && count > 0) {
        AstVisit visit = stack[--count];
        const AstNode *node = &ast->nodes[visit.id];
        ast_dump_line(node, visit.depth, out);
        room = memory_reserve(&stack, &capacity, count + node->n_children + 1, sizeof *stack);
        for (uint32_t k = node->n_children; room && k-- > 0;)
            stack[count++] = (AstVisit){lang_child(ast, visit.id, k), visit.depth + 1};
    }
    if (!room) out->failed = true;
    memory_free(stack);
}

/* ---- the prelude and the words of the language
 * ------------------------------------------------------------------- */

/* Made by tools/embed from src/lang/prelude: name and text. */
extern const char *const lang_prelude_texts[];

const char *lang_prelude(void) {
    return lang_prelude_texts[1];
}

/* Where the comment begins that stands directly above 'at'. */
static const char *ast_comment_above(const char *text, const char *at) {
    while (at > text) {
        const char *line = at - 1;
        while (line > text && line[-1] != '\n') line--;
        if (*line != '#') break;
        at = line;
    }
    return at;
}

const char *lang_prelude_def(const char *name, size_t *length) {
    static const char word[] = "\ndef ";
    const char *text = lang_prelude();
    size_t n = strlen(name);
    for (const char *at = text; (at = strstr(at, word)); at++) {
        const char *def = at + 1, *def_name = at + strlen(word);
        def_name += *def_name == '`'; /* a name with a dot in it */
        if (strncmp(def_name, name, n) != 0) continue;
        if (def_name[n + (def_name[n] == '`')] != '(') continue;
        const char *next = strstr(def_name, "\n\n"), *start = ast_comment_above(text, def);
        *length = next ? (size_t)(next + 1 - start) : strlen(start);
        return start;
    }
    return NULL;
}

/* Words and functions that are neither operators (ops.def) nor texts of the prelude. */
static const char *const ast_words[] = {
    "and",      "or",          "not",    "minimize", "pi", "where",  "sum",     "size", "sum_last",
    "max_last", "expand_last", "normal", "uniform",  "he", "xavier", "dropout", "l1",
};

/* True when a line of the prelude begins with 'def NAME('. Asked for every name of a formula. */
static bool ast_in_prelude(const char *name) {
    size_t length = strlen(name);
    for (const char *at = lang_prelude(); at; at = strchr(at, '\n')) {
        at += *at == '\n';
        if (*at != 'd' || strncmp(at, "def ", 4) != 0) continue;
        if (strncmp(at + 4, name, length) == 0 && at[4 + length] == '(') return true;
    }
    return false;
}

bool lang_reserved(const char *name) {
    for (size_t i = 0; i < COUNT_OF(ast_words); i++)
        if (strcmp(ast_words[i], name) == 0) return true;
    return op_function(name) != OP_COUNT || ast_in_prelude(name);
}
