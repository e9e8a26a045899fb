/* Any bytes through the parser, in each of its modes: read or refused with a place and a sentence.
 */
#include "../../src/lang/lang.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Children lie before their parents, spans within the text. */
static void fuzz_check_tree(const Ast *ast) {
    for (size_t i = 1; i < ast->n_nodes; i++) {
        const AstNode *node = &ast->nodes[i];
        bool within = node->span.start <= node->span.end && node->span.end <= ast->source.length;
        if (!within || node->first_child + node->n_children > ast->n_children) abort();
        for (uint32_t k = 0; k < node->n_children; k++)
            if (lang_child(ast, (AstId)i, k) >= i) abort();
    }
}

static void fuzz_check_error(const Error *error) {
    for (int language = 0; language < 2; language++) {
        Text text = {0};
        error_render(error, (Language)language, &text);
        if (text.length == 0 || error->what.id == MSG_NONE || error->remedy.id == MSG_NONE) abort();
        text_free(&text);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    for (int mode = LANG_PROGRAM; mode <= LANG_EXPRESSION; mode++) {
        Error error = {0};
        Ast *ast = NULL;
        if (lang_parse("text", (const char *)data, size, (LangMode)mode, &ast, &error)) {
            fuzz_check_error(&error);
            continue;
        }
        Text text = {0};
        fuzz_check_tree(ast);
        lang_dump(ast, &text);
        text_free(&text);
        lang_free(ast);
    }
    return 0;
}
