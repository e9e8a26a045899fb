/* Any text through the builder, with a table and without: refused with a place and a sentence, or a
 * graph that the verifier accepts, before and after it is differentiated twice. */
#include "../../src/graph/graph.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void fuzz_check_refusal(const Error *error, Status status) {
    Text text = {0};
    if (status == STATUS_INTERNAL) abort();
    for (int language = 0; language < 2; language++) {
        error_render(error, (Language)language, &text);
        if (text.length == 0 || error->what.id == MSG_NONE) abort();
        text_clear(&text);
    }
    text_free(&text);
}

static void fuzz_differentiate(Graph *graph) {
    Error error = {0};
    Text text = {0};
    size_t n = graph->n_parameters;
    uint32_t *wrt = calloc(n + 1, sizeof *wrt);
    NodeId *slope = calloc(n + 1, sizeof *slope), *ones = calloc(n + 1, sizeof *ones);
    for (size_t k = 0; k < n; k++) wrt[k] = (uint32_t)k;
    Status status = graph_gradient(graph, graph->loss, wrt, n, GRADIENT_TOTAL, slope, &error);
    if (status != STATUS_OK) fuzz_check_refusal(&error, status);
    if (graph_verify(graph, &error) != STATUS_OK) abort();
    for (size_t k = 0; k < n && k < 4 && status == STATUS_OK; k++)
        graph_formula(graph, slope[k], 100, &text);
    for (size_t k = 0; k < n; k++)
        ones[k] = graph_expand(graph, graph_constant(graph, 1), graph->parameters[k].shape);
    if (status == STATUS_OK) {
        status = graph_hessian_vector(graph, slope, ones, n, slope, &error);
        if (status != STATUS_OK) fuzz_check_refusal(&error, status);
    }
    if (graph_verify(graph, &error) != STATUS_OK) abort();
    text_free(&text);
    free(wrt);
    free(slope);
    free(ones);
}

static void fuzz_program(const uint8_t *data, size_t size, const Table *table) {
    static const Argument argument = {.name = "a", .has_start = true, .start = 1};
    BuildOptions options = {.arguments = &argument, .n_arguments = size % 2};
    Error error = {0};
    Ast *ast = NULL;
    Graph *graph = NULL;
    if (lang_parse(NULL, (const char *)data, size, LANG_PROGRAM, &ast, &error)) return;
    options.declared = size % 3 == 0;
    Status status = graph_build(ast, table, &options, &graph, &error);
    if (status != STATUS_OK) fuzz_check_refusal(&error, status);
    else if (graph_verify(graph, &error) != STATUS_OK) abort();
    else fuzz_differentiate(graph);
    graph_free(graph);
    lang_free(ast);
}

static void fuzz_rule(const uint8_t *data, size_t size) {
    static const char *const names[] = {"t", "T", "loss"};
    Error error = {0};
    Ast *ast = NULL;
    RuleGraph *rule = NULL;
    Graph *graph = NULL;
    NodeId value;
    if (lang_parse(NULL, (const char *)data, size, LANG_RULE, &ast, &error) == STATUS_OK) {
        Status status = graph_build_rule(ast, &rule, &error);
        if (status != STATUS_OK) fuzz_check_refusal(&error, status);
        else if (graph_verify(rule->graph, &error) != STATUS_OK) abort();
        graph_free_rule(rule);
        lang_free(ast);
    }
    if (lang_parse(NULL, (const char *)data, size, LANG_EXPRESSION, &ast, &error) == STATUS_OK) {
        Status status = graph_build_expression(ast, names, 3, &graph, &value, &error);
        if (status != STATUS_OK) fuzz_check_refusal(&error, status);
        else if (graph_verify(graph, &error) != STATUS_OK) abort();
        graph_free(graph);
        lang_free(ast);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const char text[] = "y,x,k,g\n1,2,1,u\n3,4,2,v\n5,6,1,u\n";
    Table *table = NULL;
    if (data_parse("t.csv", text, strlen(text), NULL, &table, NULL) != STATUS_OK) return 0;
    fuzz_program(data, size, NULL);
    fuzz_program(data, size, table);
    fuzz_rule(data, size);
    data_free(table);
    return 0;
}
