/* tests/conformance/formulas.txt on every executor: values and slopes within the ulps written
 * there, and the same bits on all executors. */
#include "../../src/exec/exec.h"
#include "../check.h"

#include <stdlib.h>

enum { CASE_NAMES = 16 };

typedef struct Expected {
    char name[32];
    double value, ulps;
} Expected;

typedef struct FormulaCase {
    char formula[256];
    Argument inputs[CASE_NAMES];
    char input_names[CASE_NAMES][32];
    size_t n_inputs;
    Expected value, slopes[CASE_NAMES];
    size_t n_slopes;
    int line;
} FormulaCase;

static char formulas_path[4096];

/* Distance in units of the last place of 'want' (of 2^-1074 below the normal numbers). */
static double ulps_off(double got, double want) {
    if (got == want || (isnan(got) && isnan(want))) return 0;
    if (!isfinite(got) || !isfinite(want)) return INFINITY;
    int exponent;
    frexp(want, &exponent);
    if (want == 0 || exponent < -1021) exponent = -1021;
    return fabs(ldexp(got, 53 - exponent) - ldexp(want, 53 - exponent));
}

static void case_compare(const FormulaCase *c, const char *what, double got, const Expected *want) {
    char text[512];
    double off = ulps_off(got, want->value);
    if (off <= want->ulps) return;
    snprintf(text, sizeof text, "%s: %s %s is %a (%.17g), not %a (%.17g): %g ulp, not %g",
             c->formula, what, want->name, got, got, want->value, want->value, off, want->ulps);
    check_fail(formulas_path, c->line, text);
}

static Graph *case_build(const FormulaCase *c, Error *error) {
    Ast *ast = NULL;
    Graph *graph = NULL;
    BuildOptions options = {.arguments = c->inputs, .n_arguments = c->n_inputs};
    if (lang_parse(NULL, c->formula, strlen(c->formula), LANG_PROGRAM, &ast, error) == STATUS_OK)
        graph_build(ast, NULL, &options, &graph, error);
    lang_free(ast);
    return graph;
}

static size_t case_parameter(const Graph *graph, const char *name) {
    size_t k = 0;
    while (k < graph->n_parameters && strcmp(graph->parameters[k].name, name) != 0) k++;
    return k;
}

/* The loss, then its slope by each parameter. False when something was refused. */
static bool case_run(const FormulaCase *c, Graph *graph, Executor executor, double *results,
                     Error *error) {
    NodeId outputs[CASE_NAMES + 1];
    uint32_t wrt[CASE_NAMES];
    double start[CASE_NAMES] = {0}, *into[CASE_NAMES + 1];
    Plan *plan = NULL;
    size_t n = graph->n_parameters;
    for (uint32_t k = 0; k < n; k++) wrt[k] = k;
    for (size_t k = 0; k <= n; k++) into[k] = &results[k];
    outputs[0] = graph->loss;
    for (size_t k = 0; k < c->n_inputs; k++) {
        size_t at = case_parameter(graph, c->inputs[k].name);
        if (at < n) start[at] = c->inputs[k].start;
    }
    PlanOptions options = {.executor = executor};
    Rows rows = {0};
    bool good = graph_gradient(graph, graph->loss, wrt, n, GRADIENT_TOTAL, outputs + 1, error) ==
                    STATUS_OK &&
                exec_plan(graph, outputs, n + 1, &options, &plan, error) == STATUS_OK &&
                exec_run(plan, start, &rows, into, NULL) == STATUS_OK;
    exec_free(plan);
    return good;
}

static int formulas_run;

static void case_check(FormulaCase *c) {
    static const Executor executors[] = {EXECUTOR_REFERENCE, EXECUTOR_INTERPRETED};
    double results[COUNT_OF(executors)][CASE_NAMES + 1];
    Error error = {0};
    Graph *graph = case_build(c, &error);
    bool good = graph != NULL;
    for (size_t e = 0; good && e < COUNT_OF(executors); e++)
        good = case_run(c, graph, executors[e], results[e], &error);
    if (!good) {
        Text text = {0};
        error_render(&error, LANGUAGE_EN, &text);
        check_fail(formulas_path, c->line, text_string(&text));
        text_free(&text);
    } else {
        for (size_t k = 0; k <= graph->n_parameters; k++)
            CHECK(memcmp(&results[0][k], &results[1][k], sizeof(double)) == 0 ||
                  (isnan(results[0][k]) && isnan(results[1][k])));
        case_compare(c, "value", results[1][0], &c->value);
        for (size_t k = 0; k < c->n_slopes; k++) {
            size_t at = case_parameter(graph, c->slopes[k].name);
            double slope = at < graph->n_parameters ? results[1][at + 1] : 0;
            case_compare(c, "slope", slope, &c->slopes[k]);
        }
    }
    graph_free(graph);
    formulas_run++;
}

static double case_number(const char *word) {
    double value = 0;
    if (!number_read(word, word + strlen(word), &value)) check_fail(formulas_path, 0, word);
    return value;
}

/* NAME NUMBER NUMBER of a line, in place. */
static size_t case_words(char *line, char *words[4]) {
    size_t n = 0;
    for (char *word = strtok(line, " "); word && n < 4; word = strtok(NULL, " ")) words[n++] = word;
    return n;
}

static void case_line(FormulaCase *c, char *line, int number) {
    char *words[4];
    if (strncmp(line, "formula ", 8) == 0) {
        *c = (FormulaCase){.line = number};
        snprintf(c->formula, sizeof c->formula, "%s", line + 8);
        return;
    }
    size_t n = case_words(line, words);
    if (n == 3 && strcmp(words[0], "input") == 0) {
        char *name = c->input_names[c->n_inputs];
        snprintf(name, sizeof c->input_names[0], "%s", words[1]);
        c->inputs[c->n_inputs++] =
            (Argument){.name = name, .has_start = true, .start = case_number(words[2])};
    } else if (n == 3 && strcmp(words[0], "value") == 0) {
        c->value = (Expected){.value = case_number(words[1]), .ulps = case_number(words[2])};
    } else if (n == 4 && strcmp(words[0], "slope") == 0) {
        Expected *slope = &c->slopes[c->n_slopes++];
        *slope = (Expected){.value = case_number(words[2]), .ulps = case_number(words[3])};
        snprintf(slope->name, sizeof slope->name, "%s", words[1]);
    }
}

TEST(formulas) {
    const char *source = getenv("SOURCE");
    char *text = NULL;
    size_t length;
    int number = 0;
    FormulaCase c = {0};
    snprintf(formulas_path, sizeof formulas_path, "%s/tests/conformance/formulas.txt",
             source ? source : ".");
    CHECK_INT(file_read(formulas_path, 0, &text, &length, NULL), STATUS_OK);
    for (char *line = text, *next; line && *line; line = next) {
        next = line + strcspn(line, "\n");
        if (*next) *next++ = '\0';
        number++;
        if (line[0] == '\0' && c.formula[0]) {
            case_check(&c);
            c.formula[0] = '\0';
        } else if (line[0] != '#' && line[0] != '=') {
            case_line(&c, line, number);
        }
    }
    if (c.formula[0]) case_check(&c);
    memory_free(text);
    printf("%d formulas\n", formulas_run);
    CHECK(formulas_run >= 289);
}

TEST_MAIN(formulas)
