/* The language: text cases (tests/lang/(all).test), then what text cannot show: depth, length,
 * speed, interning, malformed bytes, and failed allocations.
 *
 * A text case:
 *     %CASE title          (or %RULE, %EXPRESSION: the mode)
 *     formula, any number of lines
 *     %TREE                (or %FAIL: the whole message; %FAIL_ZH: the same in Chinese)
 *     what is expected
 * A tree with a note ends with the note. REWRITE=1 in the environment writes what came instead. */
#include "../../src/lang/lang.h"
#include "../check.h"

#include <dirent.h>
#include <stdlib.h>
#include <time.h>

static const char *source_folder(void) {
    const char *folder = getenv("SOURCE");
    return folder ? folder : ".";
}

/* ---- text cases -------------------------------------------------------------------------------
 */

typedef struct Case {
    LangMode mode;
    const char *head;     /* the line that begins with % */
    Text formula, answer; /* answer: the line that begins with %, and what follows */
} Case;

static void case_free(Case *c) {
    text_free(&c->formula);
    text_free(&c->answer);
}

/* What the parser says, in the form of an answer. */
static void case_run(const Case *c, Text *out) {
    Error error = {0};
    Ast *ast = NULL;
    Language language =
        strncmp(text_string(&c->answer), "%FAIL_ZH", 8) == 0 ? LANGUAGE_ZH : LANGUAGE_EN;
    size_t length = c->formula.length ? c->formula.length - 1 : 0;
    Status status = lang_parse(NULL, text_string(&c->formula), length, c->mode, &ast, &error);
    if (status != STATUS_OK) {
        text_add(out, language == LANGUAGE_ZH ? "%FAIL_ZH\n" : "%FAIL\n");
        error_render(&error, language, out);
        text_add_char(out, '\n');
    } else {
        text_add(out, "%TREE\n");
        lang_dump(ast, out);
        for (size_t i = 0; i < ast->notes.count; i++) {
            error_render(&ast->notes.items[i], LANGUAGE_EN, out);
            text_add_char(out, '\n');
        }
    }
    lang_free(ast);
}

static int cases_run;

static void case_finish(Case *c, const char *path, Text *rewritten) {
    Text got = {0};
    if (!c->head) return;
    case_run(c, &got);
    cases_run++;
    if (strcmp(text_string(&got), text_string(&c->answer)) != 0) {
        if (!getenv("REWRITE")) printf("%s: %s\n%s\n", path, c->head, text_string(&c->formula));
        CHECK_TEXT(text_string(&got), text_string(&c->answer));
    }
    text_add(rewritten, c->head);
    text_add_char(rewritten, '\n');
    text_add(rewritten, text_string(&c->formula));
    text_add(rewritten, text_string(&got));
    text_add_char(rewritten, '\n');
    text_free(&got);
    case_free(c);
    *c = (Case){0};
}

/* Blank lines end an answer; formulas keep theirs. */
static void cases_of_file(const char *path) {
    char *text = NULL;
    size_t length;
    Case c = {0};
    Text rewritten = {0};
    if (file_read(path, 0, &text, &length, NULL) != STATUS_OK) {
        check_fail(path, 0, "cannot be read");
        return;
    }
    bool blank = false;
    for (char *line = text, *next; *line; line = next) {
        next = line + strcspn(line, "\n");
        if (*next) *next++ = '\0';
        bool rule = strncmp(line, "%RULE", 5) == 0;
        bool expression = strncmp(line, "%EXPRESSION", 11) == 0;
        if (rule || expression || strncmp(line, "%CASE", 5) == 0) {
            case_finish(&c, path, &rewritten);
            c.head = line;
            c.mode = rule ? LANG_RULE : expression ? LANG_EXPRESSION : LANG_PROGRAM;
        } else if (!c.head) {
            text_format(&rewritten, "%s\n", line);
        } else if (line[0] == '%' || c.answer.length) {
            if (*line) text_format(&c.answer, "%s%s\n", blank ? "\n" : "", line);
            blank = !*line;
            continue;
        } else {
            text_format(&c.formula, "%s\n", line);
        }
        blank = false;
    }
    case_finish(&c, path, &rewritten);
    if (getenv("REWRITE")) {
        while (rewritten.length > 1 && rewritten.data[rewritten.length - 2] == '\n')
            rewritten.data[--rewritten.length] = '\0';
        file_replace(path, text_string(&rewritten), rewritten.length, NULL);
    }
    text_free(&rewritten);
    memory_free(text);
}

TEST(text_cases) {
    Text folder = {0};
    text_format(&folder, "%s/tests/lang", source_folder());
    DIR *directory = opendir(text_string(&folder));
    CHECK(directory != NULL);
    struct dirent *entry;
    while (directory && (entry = readdir(directory)) != NULL) {
        const char *dot = strrchr(entry->d_name, '.');
        if (!dot || strcmp(dot, ".test") != 0) continue;
        Text path = {0};
        text_format(&path, "%s/%s", text_string(&folder), entry->d_name);
        cases_of_file(text_string(&path));
        text_free(&path);
    }
    if (directory) closedir(directory);
    text_free(&folder);
    printf("%d text cases\n", cases_run);
    CHECK(cases_run >= 150);
}

/* ---- helpers -----------------------------------------------------------------------------------
 */

/* The sentence of the failure, or MSG_NONE. */
static MessageId refusal_of(const char *text, size_t length, LangMode mode) {
    Error error = {0};
    Ast *ast = NULL;
    Status status = lang_parse("f.descend", text, length, mode, &ast, &error);
    lang_free(ast);
    CHECK(status == STATUS_OK || ast == NULL);
    return status == STATUS_OK ? MSG_NONE : error.what.id;
}

static MessageId refusal(const char *text) {
    return refusal_of(text, strlen(text), LANG_PROGRAM);
}

static Ast *parsed(const char *text) {
    Error error = {0};
    Ast *ast = NULL;
    CHECK_INT(lang_parse(NULL, text, strlen(text), LANG_PROGRAM, &ast, &error), STATUS_OK);
    return ast;
}

/* before x n, middle, after x n */
static MessageId nested(const char *before, const char *middle, const char *after, size_t n) {
    Text text = {0};
    for (size_t i = 0; i < n; i++) text_add(&text, before);
    text_add(&text, middle);
    for (size_t i = 0; i < n; i++) text_add(&text, after);
    MessageId id = refusal(text_string(&text));
    text_free(&text);
    return id;
}

/* ---- limits -------------------------------------------------------------------------------------
 */

TEST(depth) {
    static const char *const rows[][3] = {
        {"(", "x", ")"},       {"-", "x", ""},        {"not ", "x", ""}, {"x^", "x", ""},
        {"x ? 1 : ", "x", ""}, {"f(", "x", ")"},      {"[", "x", "]"},   {"x[", "1", "]"},
        {"√", "x", ""},        {"x ? ", "1", " : 2"}, {"2^-", "1", ""},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        size_t levels = strcmp(rows[i][0], "2^-") == 0 ? 2 : 1;
        CHECK_INT(nested(rows[i][0], rows[i][1], rows[i][2], LANG_DEPTH / levels), MSG_NONE);
        CHECK_INT(nested(rows[i][0], rows[i][1], rows[i][2], LANG_DEPTH / levels + 1),
                  MSG_LANG_DEPTH);
        CHECK_INT(nested(rows[i][0], rows[i][1], rows[i][2], 100000), MSG_LANG_DEPTH);
        nested(rows[i][0], "", "", 100000); /* unfinished: refused, and no crash */
    }
    CHECK_INT(nested("for i in 1..2 {", "x = 1", "}", LANG_DEPTH), MSG_NONE);
    CHECK_INT(nested("for i in 1..2 {", "x = 1", "}", LANG_DEPTH + 1), MSG_LANG_DEPTH);
    CHECK_INT(nested("", "x", "[1]", LANG_DEPTH), MSG_NONE);
    CHECK_INT(nested("", "x", "[1]", LANG_DEPTH + 1), MSG_LANG_DEPTH);
}

static double seconds_now(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static double parse_terms(size_t n, size_t *n_nodes) {
    Text text = {0};
    for (size_t i = 0; i < n; i++) text_format(&text, "%sa%zu*x^%zu", i ? " + " : "", i, i % 9);
    double start = seconds_now();
    Ast *ast = parsed(text_string(&text));
    double seconds = seconds_now() - start;
    if (ast) *n_nodes = ast->n_nodes;
    lang_free(ast);
    text_free(&text);
    return seconds;
}

/* 100,000 terms with 100,000 names: 600,000 nodes. The bound is generous for sanitizer builds. */
TEST(long_texts) {
    size_t small, large;
    parse_terms(10000, &small);
    double seconds = parse_terms(100000, &large);
    CHECK_INT(small, 6 * 10000 + 2); /* n terms: 6n - 1 nodes; block, value and dummy */
    CHECK_INT(large, 6 * 100000 + 2);
    CHECK(seconds < 2);
    printf("100000 terms: %.0f ms\n", 1000 * seconds);
    Text text = {0}, dump = {0};
    for (int i = 0; i < 20000; i++) text_add(&text, "x < 1 or ");
    text_add(&text, "y");
    Ast *ast = parsed(text_string(&text));
    if (ast) lang_dump(ast, &dump);
    CHECK(dump.length > 0 && dump.length < 20000 * 1000);
    lang_free(ast);
    text_free(&text);
    text_free(&dump);
}

/* ---- trees
 * ---------------------------------------------------------------------------------------- */

TEST(names_are_interned) {
    Ast *ast = parsed("e\xcc\x81t\xc3\xa9 + \xc3\xa9te\xcc\x81 + x + `x` + x");
    size_t same = 0, names = 0;
    const char *first = NULL, *x = NULL;
    for (size_t i = 1; ast && i < ast->n_nodes; i++) {
        const char *name = ast->nodes[i].kind == AST_NAME ? ast->nodes[i].name : NULL;
        if (!name) continue;
        names++;
        if (!first) first = name;
        if (strcmp(name, "x") == 0 && !x) x = name;
        same += name == first || name == x;
    }
    CHECK_INT(names, 5);
    CHECK_INT(same, 5);
    CHECK_TEXT(first, "\xc3\xa9t\xc3\xa9"); /* decomposed letters were joined */
    lang_free(ast);
}

TEST(spans_cover_the_words) {
    static const char text[] = "y ~ a*(b + c)";
    Ast *ast = parsed(text);
    AstId fit = ast ? lang_child(ast, ast->root, 0) : 0;
    AstId product = ast ? lang_child(ast, fit, 1) : 0;
    AstId sum = ast ? lang_child(ast, product, 1) : 0;
    if (ast) {
        CHECK_INT(ast->nodes[fit].span.start, 0);
        CHECK_INT(ast->nodes[fit].span.end, 13);
        CHECK_INT(ast->nodes[fit].name_span.start, 2);
        CHECK_INT(ast->nodes[product].span.start, 4);
        CHECK_INT(ast->nodes[product].span.end, 13);
        CHECK_INT(ast->nodes[sum].span.start, 6); /* with its brackets */
        CHECK_INT(ast->nodes[sum].span.end, 13);
    }
    lang_free(ast);
}

TEST(places) {
    Ast *ast = parsed("a = 1\nb = a +\n  2*c");
    Text text = {0};
    Error error = {0};
    if (ast) {
        AstId product = lang_child(ast, lang_child(ast, lang_child(ast, ast->root, 1), 0), 1);
        error_set(&error, STATUS_INPUT, MSG_LANG_EMPTY, NULL);
        lang_place(&error, ast, product);
        error_render(&error, LANGUAGE_EN, &text);
    }
    CHECK_INT(error.line, 3);
    CHECK_INT(error.column, 3);
    CHECK_TEXT(text_string(&text), "there is no formula\n    2*c\n    ^~~");
    text_free(&text);
    lang_free(ast);
}

TEST(the_text_is_copied) {
    char text[] = "w^2";
    Ast *ast = parsed(text);
    memset(text, '?', sizeof text - 1);
    if (ast) {
        CHECK_TEXT(ast->source.text, "w^2");
        CHECK_INT(ast->nodes[0].kind, AST_NONE);
        for (size_t i = 1; i < ast->n_nodes; i++)
            for (uint32_t k = 0; k < ast->nodes[i].n_children; k++)
                CHECK(lang_child(ast, (AstId)i, k) < i); /* bottom-up */
    }
    lang_free(ast);
}

TEST(bytes) {
    CHECK_INT(refusal_of("a\0b", 3, LANG_PROGRAM), MSG_LANG_CONTROL);
    CHECK_INT(refusal_of("\"a\0b\"", 5, LANG_PROGRAM), MSG_LANG_CONTROL);
    CHECK_INT(refusal("a + \xff"), MSG_LANG_NOT_UTF8);
    CHECK_INT(refusal("\"\xc3\""), MSG_LANG_NOT_UTF8);
    CHECK_INT(refusal("a\xe2\x82"), MSG_LANG_NOT_UTF8);
    CHECK_INT(refusal("\xef\xbb\xbfw^2"), MSG_NONE); /* a byte order mark at the start */
    CHECK_INT(refusal("a\xef\xbb\xbf + 1"), MSG_LANG_INVISIBLE);
    CHECK_INT(refusal("a +\r\n b\r\n"), MSG_NONE);
    CHECK_INT(refusal("a = 1\rb = a"), MSG_NONE);
    CHECK_INT(refusal("a\xc2\xa0+ b"), MSG_NONE); /* no-break space */
    CHECK_INT(refusal("w^2 # \xff is nobody's business here"), MSG_NONE);
    CHECK_INT(refusal(""), MSG_LANG_EMPTY);
    CHECK_INT(refusal("\n;;\n"), MSG_LANG_EMPTY);
}

TEST(reserved_words) {
    CHECK(lang_reserved("exp") && lang_reserved("pi") && lang_reserved("relu"));
    CHECK(lang_reserved("and") && lang_reserved("sum") && lang_reserved("l1"));
    CHECK(!lang_reserved("x") && !lang_reserved("rel") && !lang_reserved("relu("));
    CHECK(!lang_reserved("") && !lang_reserved("data") && !lang_reserved("rate"));
}

TEST(prelude) {
    Ast *ast = parsed(lang_prelude());
    size_t defs = 0;
    for (size_t i = 1; ast && i < ast->n_nodes; i++) defs += ast->nodes[i].kind == AST_DEF;
    CHECK(defs >= 20);
    lang_free(ast);
}

/* Every text of the cases, cut at every byte, is read or refused: never a crash, never a leak. */
TEST(cut_texts) {
    static const char text[] =
        "data x = standardize([rooms, `log age`])\nparam w[3] = normal(0, 0.1) in [0, inf] rate 2\n"
        "def f(x, n) { param b[n] = 0; √x^2 ≤ 3 ? -x : [1e5, .5][1..2] }\n"
        "for i in 1..3 { x = where(not x == \"a\", f(x, 2), ２ × 3) }\nminimize sum(w^2); y ~ x\n";
    for (size_t length = 0; length < sizeof text; length++) {
        refusal_of(text, length, LANG_PROGRAM);
        refusal_of(text, length, LANG_RULE);
        refusal_of(text + length, sizeof text - 1 - length, LANG_PROGRAM);
        refusal_of(text + length, sizeof text - 1 - length, LANG_EXPRESSION);
    }
}

#ifdef DESCEND_HOSTILE
TEST(failed_allocations) {
    static const char text[] = "def f(ａ) { -ａ^2 }\ny ~ f(x) + `b c`*2 + e\xcc\x81";
    for (long n = 1; n < 1000; n++) {
        Error error = {0};
        Ast *ast = NULL;
        Text dump = {0};
        memory_fail_nth(n);
        Status status = lang_parse("file", text, sizeof text - 1, LANG_PROGRAM, &ast, &error);
        if (ast) lang_dump(ast, &dump);
        memory_fail_nth(0);
        CHECK(status == STATUS_OK || (status == STATUS_MEMORY && !ast));
        bool done = status == STATUS_OK && !dump.failed;
        text_free(&dump);
        lang_free(ast);
        if (done) return;
    }
    CHECK_INT(0, 1); /* no end of the allocations */
}
#else
TEST(failed_allocations) {
}
#endif

TEST_MAIN(text_cases, depth, long_texts, names_are_interned, spans_cover_the_words, places,
          the_text_is_copied, bytes, reserved_words, prelude, cut_texts, failed_allocations)
