/* Problems of the rooms within, from a formula and the text of a table. */
#ifndef DESCEND_TEST_PROBLEM_H
#define DESCEND_TEST_PROBLEM_H

#include "../../src/diagnose/diagnose.h"
#include "../check.h"

#include <stdlib.h>

typedef struct Opened {
    Ast *ast;
    Table *table;
    Problem *problem;
    Error error;
} Opened;

static void opened_close(Opened *opened) {
    train_problem_close(opened->problem);
    data_free(opened->table);
    lang_free(opened->ast);
    *opened = (Opened){0};
}

static Status opened_make(Opened *opened, const char *formula, const char *data,
                          const BuildOptions *build) {
    Error *error = &opened->error;
    BuildOptions none = {0};
    ProblemOptions options = {.threads = 1};
    if (data && data_is_literal(data)) TRY(data_literal(data, &opened->table, error));
    else if (data) TRY(data_parse("t.csv", data, strlen(data), NULL, &opened->table, error));
    TRY(lang_parse(NULL, formula, strlen(formula), LANG_PROGRAM, &opened->ast, error));
    return train_problem_open(opened->ast, opened->table, build ? build : &none, &options,
                              &opened->problem, error);
}

/* 'data' is a literal table, or the text of a file, or NULL; build may be NULL. */
static Opened opened_open(const char *formula, const char *data, const BuildOptions *build) {
    Opened opened = {0};
    if (opened_make(&opened, formula, data, build) != STATUS_OK) {
        Text text = {0};
        error_render(&opened.error, LANGUAGE_EN, &text);
        CHECK_FAIL(text_string(&text));
        text_free(&text);
    }
    return opened;
}

#endif
