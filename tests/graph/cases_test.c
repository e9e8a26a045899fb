/* Text cases (tests/graph/(all).test): a formula, and the graph, the gradient, the slopes as
 * people write them, or the whole message.
 *
 *     %CASE title
 *     formula, any number of lines
 *     %DATA                 (a literal table, or the lines of a CSV file)
 *     %WITH declared a=1 b=0..2 drop=x weight=w
 *     %GRAPH                (the loss; %GRADIENT: its gradient; %SLOPES: the same as formulas;
 *     ...                    %FAIL: the message; %FAIL_ZH: in Chinese; %RULE: of an update rule)
 *
 * REWRITE=1 in the environment writes what came instead. */
#include "helper.h"

#include <dirent.h>

enum { CASE_ARGUMENTS = 8 };

typedef struct Case {
    char head[200];
    Text formula, data, with, answer;
    char words[400]; /* of 'with', cut at blanks */
    Argument arguments[CASE_ARGUMENTS];
    const char *dropped[CASE_ARGUMENTS];
    BuildOptions options;
} Case;

static void case_argument(Case *c, char *word) {
    char *value = strchr(word, '='), *range;
    if (strcmp(word, "declared") == 0) c->options.declared = true;
    if (!value) return;
    *value++ = '\0';
    if (strcmp(word, "drop") == 0) {
        c->dropped[c->options.n_dropped++] = value;
    } else if (strcmp(word, "weight") == 0) {
        c->options.weight = value;
    } else {
        Argument *argument = &c->arguments[c->options.n_arguments++];
        *argument = (Argument){.name = word};
        range = strstr(value, "..");
        argument->has_start = !range;
        argument->has_bounds = range != NULL;
        argument->start = argument->low = strtod(value, NULL);
        if (range) argument->high = strtod(range + 2, NULL);
    }
}

static void case_options(Case *c) {
    snprintf(c->words, sizeof c->words, "%s", text_string(&c->with));
    c->options.arguments = c->arguments;
    c->options.dropped = c->dropped;
    for (char *word = strtok(c->words, " \n"); word; word = strtok(NULL, " \n"))
        case_argument(c, word);
}

static void case_outputs(Built *built, const char *section, Text *out) {
    Graph *graph = built->graph;
    const char *names[HELP_PARAMETERS];
    for (size_t k = 0; k < graph->n_parameters; k++) names[k] = graph->parameters[k].name;
    if (strcmp(section, "%GRAPH") == 0) {
        const char *loss[] = {"loss"};
        graph_dump(graph, &graph->loss, loss, 1, out);
    } else if (strcmp(section, "%GRADIENT") == 0) {
        graph_dump(graph, built->gradient, names, graph->n_parameters, out);
    } else {
        text_add(out, "loss = ");
        graph_formula(graph, graph->loss, 400, out);
        for (size_t k = 0; k < graph->n_parameters; k++) {
            text_format(out, "\nd/d%s = ", names[k]);
            graph_formula(graph, built->gradient[k], 400, out);
        }
        text_add_char(out, '\n');
    }
}

static void case_rule(const RuleGraph *rule, Text *out) {
    const Graph *graph = rule->graph;
    for (size_t k = 0; k < rule->n_columns; k++) {
        text_format(out, "%s", rule->column_names[k]);
        if (rule->start[k] != NODE_NONE) {
            text_add(out, ", starts at ");
            graph_formula(graph, rule->start[k], 400, out);
        }
        text_add(out, ": ");
        if (rule->next[k] != NODE_NONE) graph_formula(graph, rule->next[k], 400, out);
        text_add_char(out, '\n');
    }
    for (size_t k = 0; k < rule->n_settings; k++)
        text_format(out, "%s = %s\n", rule->setting_names[k],
                    number_text(rule->setting_values[k]).s);
    if (rule->answer == NODE_NONE) return;
    text_add(out, "answer: ");
    graph_formula(graph, rule->answer, 400, out);
    text_add_char(out, '\n');
}

/* Runs the case; the sections of the answer that is expected tell what to print. */
static void case_run(Case *c, Text *out) {
    Built built = {0};
    RuleGraph *rule = NULL;
    const char *data = c->data.length ? text_string(&c->data) : NULL;
    char literal[400];
    if (data && !strchr(data, ',')) data = NULL;
    snprintf(literal, sizeof literal, "%.*s", (int)strcspn(data ? data : "", "\n"),
             data ? data : "");
    if (data && data_is_literal(literal)) data = literal;
    bool is_rule = strncmp(c->head, "%RULE", 5) == 0;
    size_t length = c->formula.length ? c->formula.length - 1 : 0;
    Status status;
    case_options(c);
    if (is_rule) {
        status = lang_parse(NULL, text_string(&c->formula), length, LANG_RULE, &built.ast,
                            &built.error);
        if (status == STATUS_OK) status = graph_build_rule(built.ast, &rule, &built.error);
    } else {
        char text[4000];
        snprintf(text, sizeof text, "%.*s", (int)length, text_string(&c->formula));
        status = built_open(&built, text, data, &c->options);
    }
    uint32_t wrt[HELP_PARAMETERS];
    if (status == STATUS_OK && !is_rule) {
        Graph *graph = built.graph;
        CHECK(graph->n_parameters <= HELP_PARAMETERS);
        for (uint32_t k = 0; k < HELP_PARAMETERS; k++) wrt[k] = k;
        status = graph_gradient(graph, graph->loss, wrt, graph->n_parameters, GRADIENT_TOTAL,
                                built.gradient, &built.error);
        if (status == STATUS_OK) status = graph_verify(graph, &built.error);
    }
    if (status == STATUS_OK && is_rule) status = graph_verify(rule->graph, &built.error);
    if (status != STATUS_OK) {
        bool chinese = strncmp(text_string(&c->answer), "%FAIL_ZH", 8) == 0;
        text_add(out, chinese ? "%FAIL_ZH\n" : "%FAIL\n");
        error_render(&built.error, chinese ? LANGUAGE_ZH : LANGUAGE_EN, out);
        text_add_char(out, '\n');
    } else if (is_rule) {
        text_add(out, "%MOVES\n");
        case_rule(rule, out);
    } else {
        const char *answer = text_string(&c->answer);
        static const char *const sections[] = {"%GRAPH", "%GRADIENT", "%SLOPES"};
        bool any = false;
        for (size_t k = 0; k < COUNT_OF(sections); k++) {
            if (!strstr(answer, sections[k]) && (k < 2 || any)) continue;
            any = true;
            text_format(out, "%s\n", sections[k]);
            case_outputs(&built, sections[k], out);
        }
    }
    graph_free_rule(rule);
    built_close(&built);
}

static int cases_run;

static void case_finish(Case *c, const char *path, Text *rewritten) {
    Text got = {0};
    if (!c->head[0]) return;
    case_run(c, &got);
    cases_run++;
    if (strcmp(text_string(&got), text_string(&c->answer)) != 0) {
        if (!getenv("REWRITE")) printf("%s: %s\n%s\n", path, c->head, text_string(&c->formula));
        CHECK_TEXT(text_string(&got), text_string(&c->answer));
    }
    text_format(rewritten, "%s\n%s", c->head, text_string(&c->formula));
    if (c->data.length) text_format(rewritten, "%%DATA\n%s", text_string(&c->data));
    if (c->with.length) text_format(rewritten, "%%WITH %s", text_string(&c->with));
    text_format(rewritten, "%s\n", text_string(&got));
    text_free(&got);
    text_free(&c->formula);
    text_free(&c->data);
    text_free(&c->with);
    text_free(&c->answer);
    *c = (Case){0};
}

static void case_line(Case *c, Text **into, const char *line, const char *path, Text *rewritten) {
    if (strncmp(line, "%CASE", 5) == 0 || strncmp(line, "%RULE", 5) == 0) {
        case_finish(c, path, rewritten);
        snprintf(c->head, sizeof c->head, "%s", line);
        *into = &c->formula;
    } else if (!c->head[0]) {
        text_format(rewritten, "%s\n", line);
    } else if (strncmp(line, "%DATA", 5) == 0) {
        *into = &c->data;
    } else if (strncmp(line, "%WITH ", 6) == 0) {
        text_format(&c->with, "%s\n", line + 6);
    } else {
        if (line[0] == '%') *into = &c->answer;
        if (*line) text_format(*into, "%s\n", line);
    }
}

static void cases_of_file(const char *path) {
    char *text = NULL;
    size_t length;
    Case c = {0};
    Text rewritten = {0}, *into = NULL;
    if (file_read(path, 0, &text, &length, NULL) != STATUS_OK) {
        check_fail(path, 0, "cannot be read");
        return;
    }
    for (char *line = text, *next; *line; line = next) {
        next = line + strcspn(line, "\n");
        if (*next) *next++ = '\0';
        case_line(&c, &into, line, path, &rewritten);
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
    const char *source = getenv("SOURCE");
    Text folder = {0};
    text_format(&folder, "%s/tests/graph", source ? source : ".");
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
    CHECK(cases_run >= 100);
    (void)built_slopes; /* of the helper; other tests use it */
}

TEST_MAIN(text_cases)
