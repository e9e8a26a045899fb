/* A model as the formula that a person would type: its statements on one line, with the columns in
 * the place of its arguments. What only declares parameters or makes their starts is left out. */
#include "graph.h"

#include <string.h>

typedef struct ModelFormula {
    Builder *builder;
    const Ast *ast;
    AstId block;
    LangRename *renames;
    size_t n_renames, capacity;
    bool *kept; /* of the block's statements */
    bool failed;
} ModelFormula;

/* ---- names ----------------------------------------------------------------------------------- */

static void formula_rename(ModelFormula *formula, const char *from, const char *to) {
    if (formula->failed || !memory_reserve(&formula->renames, &formula->capacity,
                                           formula->n_renames + 1, sizeof *formula->renames))
        formula->failed = true;
    else formula->renames[formula->n_renames++] = (LangRename){from, to};
}

static bool formula_is_column(const ModelFormula *formula, const char *name) {
    const Table *table = formula->builder->table;
    return table && data_find(table, name) >= 0;
}

static bool formula_is_renamed(const ModelFormula *formula, const char *name) {
    for (size_t k = 0; k < formula->n_renames; k++)
        if (strcmp(formula->renames[k].from, name) == 0) return true;
    return false;
}

/* A name of the model's own that a column of the table has too gets a '_' behind it. */
static void formula_move_aside(ModelFormula *formula, const char *name) {
    Arena *arena = &formula->builder->graph->arena;
    if (formula_is_renamed(formula, name) || !formula_is_column(formula, name)) return;
    size_t length = strlen(name);
    char *other = arena_copy(arena, name, length);
    while (other && formula_is_column(formula, other)) {
        char *longer = arena_alloc(arena, length + 2, 1);
        if (longer) memcpy(longer, other, length);
        if (longer) longer[length++] = '_';
        other = longer;
    }
    if (other) formula_rename(formula, name, other);
    else formula->failed = true;
}

static void formula_make_names(ModelFormula *formula) {
    const Graph *graph = formula->builder->graph;
    const Ast *ast = formula->ast;
    for (size_t k = 0; k < graph->n_model_columns; k++)
        formula_rename(formula, graph->model_columns[k].argument, graph->model_columns[k].column);
    for (size_t id = 1; id < ast->n_nodes; id++) {
        AstKind kind = ast->nodes[id].kind;
        if (kind == AST_PARAM || kind == AST_ASSIGN)
            formula_move_aside(formula, ast->nodes[id].name);
    }
}

/* ---- which statements count ------------------------------------------------------------------ */

static bool formula_reads(const ModelFormula *formula, AstId statement, const char *name) {
    const Ast *ast = formula->ast;
    Span span = ast->nodes[statement].span;
    for (size_t id = 1; id < ast->n_nodes; id++) {
        const AstNode *at = &ast->nodes[id];
        if (at->kind == AST_NAME && at->span.start >= span.start && at->span.end <= span.end &&
            strcmp(at->name, name) == 0)
            return true;
    }
    return false;
}

static bool formula_counts(const ModelFormula *formula, uint32_t k, uint32_t n) {
    const Ast *ast = formula->ast;
    const AstNode *at = &ast->nodes[lang_child(ast, formula->block, k)];
    if (at->kind == AST_PARAM) /* a vector must be declared */
        return ast->children[at->first_child] != 0;
    if (at->kind != AST_ASSIGN) return true;
    for (uint32_t later = k + 1; later < n; later++)
        if (formula->kept[later] &&
            formula_reads(formula, lang_child(ast, formula->block, later), at->name))
            return true;
    return false;
}

/* ---- the text -------------------------------------------------------------------------------- */

static void formula_add(ModelFormula *formula, AstId id, Text *out) {
    Text one = {0};
    lang_one_line(formula->ast, formula->ast->nodes[id].span, formula->renames, formula->n_renames,
                  &one);
    if (out->length > 0) text_add(out, "; ");
    text_add(out, text_string(&one));
    formula->failed = formula->failed || one.failed;
    text_free(&one);
}

static void formula_write(ModelFormula *formula, Text *out) {
    const Ast *ast = formula->ast;
    uint32_t n = ast->nodes[formula->block].n_children;
    for (uint32_t k = n; k-- > 0;) formula->kept[k] = formula_counts(formula, k, n);
    for (uint32_t k = 0; k < ast->nodes[ast->root].n_children; k++) {
        AstId id = lang_child(ast, ast->root, k);
        if (ast->nodes[id].kind == AST_DEF) formula_add(formula, id, out);
    }
    for (uint32_t k = 0; k < n; k++)
        if (formula->kept[k]) formula_add(formula, lang_child(ast, formula->block, k), out);
}

/* No backquotes can stand around a backquote. */
static bool formula_can_be_typed(const Graph *graph) {
    for (size_t k = 0; k < graph->n_model_columns; k++)
        if (strchr(graph->model_columns[k].column, '`')) return false;
    return true;
}

void graph_build_model_formula(Builder *builder, AstId id) {
    Graph *graph = builder->graph;
    const Ast *ast = builder->ast;
    AstId block = lang_child(ast, id, ast->nodes[id].n_children - 1);
    ModelFormula formula = {.builder = builder, .ast = ast, .block = block};
    Text out = {0};
    formula.kept = memory_new(ast->nodes[block].n_children + 1, sizeof *formula.kept);
    if (formula.kept) formula_make_names(&formula);
    bool typed = formula_can_be_typed(graph);
    if (formula.kept && !formula.failed && typed) formula_write(&formula, &out);
    graph->model_formula = arena_copy(&graph->arena, text_string(&out), out.length);
    if (!formula.kept || formula.failed || out.failed || !graph->model_formula)
        graph->status = error_memory(graph->error);
    memory_free(formula.renames);
    memory_free(formula.kept);
    text_free(&out);
}
