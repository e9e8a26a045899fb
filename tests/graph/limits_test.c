/* Large formulas go through in linear time, deep ones are refused or pass without a deep stack,
 * and every failed allocation is an ordinary error. */
#include "helper.h"

#include <time.h>

static double seconds_now(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* Builds, differentiates and prints; the seconds it took, without parsing. */
static double time_text(const char *text, size_t *n_nodes) {
    Ast *ast = NULL;
    Graph *graph = NULL;
    Error error = {0};
    Text out = {0};
    CHECK_INT(lang_parse(NULL, text, strlen(text), LANG_PROGRAM, &ast, &error), STATUS_OK);
    double start = seconds_now();
    Status status = graph_build(ast, NULL, NULL, &graph, &error);
    CHECK_INT(status, STATUS_OK);
    if (status != STATUS_OK) {
        error_render(&error, LANGUAGE_EN, &out);
        printf("%s\n", text_string(&out));
    }
    size_t n = graph ? graph->n_parameters : 0;
    uint32_t *wrt = memory_new(n + 1, sizeof *wrt);
    NodeId *gradient = memory_new(n + 1, sizeof *gradient);
    for (size_t k = 0; k < n; k++) wrt[k] = (uint32_t)k;
    if (graph) {
        CHECK_INT(graph_gradient(graph, graph->loss, wrt, n, GRADIENT_TOTAL, gradient, &error), 0);
        graph_formula(graph, graph->loss, 80, &out);
        graph_formula(graph, gradient[0], 80, &out);
    }
    double seconds = seconds_now() - start;
    if (graph) CHECK_INT(graph_verify(graph, &error), STATUS_OK);
    CHECK(out.length <= 200 && !out.failed);
    *n_nodes = graph ? graph->n_nodes : 0;
    graph_free(graph);
    lang_free(ast);
    memory_free(wrt);
    memory_free(gradient);
    text_free(&out);
    return seconds;
}

/* n times a piece of text in which %zu is the number. */
static double time_repeated(const char *first, const char *piece, const char *last, size_t n,
                            size_t *n_nodes) {
    Text text = {0};
    text_add(&text, first);
    for (size_t k = 0; k < n; k++) {
        const char *hole = strstr(piece, "%d");
        text_add_bytes(&text, piece, hole ? (size_t)(hole - piece) : strlen(piece));
        if (!hole) continue;
        text_add_integer(&text, (long long)k);
        text_add(&text, hole + 2);
    }
    text_add(&text, last);
    double seconds = time_text(text_string(&text), n_nodes);
    text_free(&text);
    return seconds;
}

/* The bounds are generous: sanitizer builds on busy machines must pass. */
TEST(hundred_thousand_terms) {
    static const struct {
        const char *first, *piece, *last;
    } cases[] = {
        {"w", " + a%d*w", ""},                        /* a parameter for each term */
        {"w", " + w^2*%d", ""},                       /* one parameter in all */
        {"w", "*w", ""},                              /* a product */
        {"w", " - (w - %d)^2", ""},                   /* squares */
        {"s = w\n", "s = s*0.5 + w\n", "s"},          /* a long chain of statements */
        {"s = w\n", "s = sin(s)\n", "s"},
        {"s = w\n", "s = where(w > %d, s, w)\n", "s"}, /* branches one after the other */
        {"w", " + (w > %d ? w : 0)", ""},
        {"v = [w, w]\nw", " + v[1]*%d", ""},
        {"def f(x) { x*x + 1 }\nw", " + f(w*%d)", ""},
    };
    for (size_t k = 0; k < COUNT_OF(cases); k++) {
        size_t small, large;
        time_repeated(cases[k].first, cases[k].piece, cases[k].last, 2000, &small);
        double seconds = time_repeated(cases[k].first, cases[k].piece, cases[k].last, 100000,
                                       &large);
        const char *piece = cases[k].piece[0] == 's' ? "statements" : cases[k].piece;
        printf("%-28s %6.0f ms, %zu nodes\n", piece, 1000 * seconds, large);
        CHECK(seconds < 8);
        CHECK(large < 60 * (small + 20)); /* 50 times the terms */
    }
}

TEST(depth) {
    size_t n_nodes;
    Text text = {0};
    for (int k = 0; k < 990; k++) text_add(&text, "sin(");
    text_add(&text, "w");
    for (int k = 0; k < 990; k++) text_add(&text, ")");
    time_text(text_string(&text), &n_nodes);
    CHECK(n_nodes > 2 * 990);
    text_clear(&text);
    for (int k = 0; k < 990; k++) text_add(&text, "w > 1 ? w : ");
    text_add(&text, "w");
    time_text(text_string(&text), &n_nodes);
    text_clear(&text);
    /* a table written as one branch after another: each guard is met once */
    text_add(&text, "s = sqrt(w)\n");
    for (int k = 0; k < 900; k++) text_format(&text, "w < %d ? %d*w + s*w : ", k, k);
    text_add(&text, "w");
    time_text(text_string(&text), &n_nodes);
    CHECK(n_nodes < 20 * 900);
    text_clear(&text);
    for (int k = 0; k < 300; k++) text_add(&text, "where(w > 0, sqrt(w)*");
    text_add(&text, "w");
    for (int k = 0; k < 300; k++) text_add(&text, ", w)");
    time_text(text_string(&text), &n_nodes);
    text_clear(&text);
    /* each def calls the one before it, deeper than we follow */
    text_add(&text, "def f0(x) { x }\n");
    for (int k = 1; k < 3000; k++) text_format(&text, "def f%d(x) { f%d(x) }\n", k, k - 1);
    text_add(&text, "f2999(w)");
    Built built;
    CHECK_INT(built_open(&built, text_string(&text), NULL, NULL), STATUS_INPUT);
    CHECK_INT(built.error.what.id, MSG_BUILD_DEPTH_LIMIT);
    built_close(&built);
    text_free(&text);
}

/* What has no end in sight is refused, not computed. */
TEST(endless) {
    Text text = {0};
    Built built;
    text_add(&text, "def f0(x) { x + 1 }\n");
    for (int k = 1; k < 60; k++)
        text_format(&text, "def f%d(x) { f%d(x) + f%d(2*x) }\n", k, k - 1, k - 1);
    text_add(&text, "f59(w)");
    CHECK_INT(built_open(&built, text_string(&text), NULL, NULL), STATUS_INPUT);
    CHECK_INT(built.error.what.id, MSG_BUILD_TOO_MANY_TURNS);
    built_close(&built);
    text_free(&text);
    const char *loops = "s = 0\nfor i in 1..10000 { for j in 1..10000 { s = s + w } }\ns";
    CHECK_INT(built_open(&built, loops, NULL, NULL), STATUS_INPUT);
    CHECK_INT(built.error.what.id, MSG_BUILD_TOO_MANY_TURNS);
    built_close(&built);
}

/* Doubling shares: 2^60 terms in 60 nodes; the printed formula is cut, not computed. */
TEST(doubling) {
    size_t n_nodes;
    double seconds = time_repeated("s = w + v\n", "s = s + sin(s)\n", "s", 60, &n_nodes);
    CHECK(seconds < 2 && n_nodes < 1000);
    seconds = time_repeated("s = w + v\n", "s = s*(s + 1)\n", "s", 60, &n_nodes);
    CHECK(seconds < 2 && n_nodes < 1000);
}

#ifdef DESCEND_HOSTILE
static Status everything(const char *formula, const char *data) {
    Built built;
    Status status = built_open(&built, formula, data, NULL);
    uint32_t wrt[HELP_PARAMETERS];
    NodeId ones[HELP_PARAMETERS], product[HELP_PARAMETERS];
    Graph *graph = built.graph;
    size_t n = graph ? graph->n_parameters : 0;
    for (size_t k = 0; k < n; k++) wrt[k] = (uint32_t)k;
    if (status == STATUS_OK)
        status = graph_gradient(graph, graph->loss, wrt, n, GRADIENT_TOTAL, built.gradient,
                                &built.error);
    for (size_t k = 0; k < n; k++) ones[k] = ones_like(graph, k);
    if (status == STATUS_OK)
        status = graph_hessian_vector(graph, built.gradient, ones, n, product, &built.error);
    if (status == STATUS_OK) {
        Text text = {0};
        graph_formula(graph, product[0], 200, &text);
        graph_dump(graph, product, NULL, n, &text);
        if (text.failed) status = STATUS_MEMORY;
        text_free(&text);
    }
    built_close(&built);
    return status;
}

TEST(failed_allocations) {
    static const char *const formulas[] = {
        "y ~ a*exp(-b*x) + c",
        "param W[2,2] = he()\n"
        "minimize sum(tanh(W @ [x, 1])) + norm(W[1]) + softmax([x, W[1,1]])[1]",
        "def f(u) { where(u > 0, sqrt(u), 0) }\nminimize f(w*x) + f(w) + max([w, x, v])",
    };
    for (size_t k = 0; k < COUNT_OF(formulas); k++) {
        Status status = STATUS_MEMORY;
        long n = 0;
        while (status != STATUS_OK && ++n < 100000) {
            memory_fail_nth(n);
            status = everything(formulas[k], "x=1,2,3 y=2,4,5");
            memory_fail_nth(0);
            CHECK(status == STATUS_OK || status == STATUS_MEMORY);
        }
        printf("%ld allocations\n", n);
        CHECK(n > 30 && n < 100000);
    }
}
#else
TEST(failed_allocations) {
    (void)built_slopes;
    (void)ones_like;
}
#endif

TEST_MAIN(hundred_thousand_terms, depth, endless, doubling, failed_allocations)
