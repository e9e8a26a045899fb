/* Emitted C: many plans in one module, compiled by each compiler there is, give the bits of the
 * interpreter. */
#include "agree.h"
#include "random_graph.h"

#include <dlfcn.h>
#include <time.h>

enum { EMIT_CASES = 600, EMIT_ROWS = 5000, EMIT_INPUTS = 16 };

typedef struct EmitCase {
    Graph *graph;
    Plan *plan;
    NodeId outputs[AGREE_OUTPUTS];
    size_t n_outputs;
} EmitCase;

static EmitCase emit_cases[EMIT_CASES];
static size_t emit_count;
static double emit_data[RANDOM_COLUMNS][EMIT_ROWS];
static const double *emit_columns[RANDOM_COLUMNS];
static float emit_rounded[RANDOM_COLUMNS][EMIT_ROWS];
static const float *emit_floats[RANDOM_COLUMNS];
static double emit_parameters[64];
static Precision emit_precision;
static Pool *emit_pool; /* plans that run emitted code are shared by three threads */

static void emit_fill(void) {
    RandomKey key = random_key(5, "data");
    for (size_t c = 0; c < RANDOM_COLUMNS; c++) {
        emit_columns[c] = emit_data[c];
        for (size_t r = 0; r < EMIT_ROWS; r++) {
            uint64_t at = c * 1000000 + r;
            emit_data[c][r] = random_normal(key, at);
            if (c >= RANDOM_INDEX) emit_data[c][r] = 1 + floor(random_uniform(key, at) * 2);
        }
    }
    emit_data[RANDOM_INDEX + 1][1234] = 1e9;
    for (size_t c = 0; c < RANDOM_COLUMNS; c++) {
        emit_floats[c] = emit_rounded[c];
        for (size_t r = 0; r < EMIT_ROWS; r++) emit_rounded[c][r] = (float)emit_data[c][r];
    }
    for (size_t i = 0; i < 64; i++) emit_parameters[i] = random_normal(key, 7000000 + i);
}

/* In most plans some values are made again. */
static PlanOptions emit_options(size_t number) {
    return (PlanOptions){
        .executor = EXECUTOR_INTERPRETED, .precision = emit_precision, .kept = number % 8};
}

/* Plans the case; its functions are added to the text when it can be emitted. */
static void emit_add(EmitCase c, Text *text) {
    char name[32];
    Error error = {0};
    PlanOptions options = emit_options(emit_count);
    snprintf(name, sizeof name, "p%zu", emit_count);
    CHECK_INT(exec_plan(c.graph, c.outputs, c.n_outputs, &options, &c.plan, &error), STATUS_OK);
    if (c.plan && emit_count < EMIT_CASES && exec_emit_plan(c.plan, name, text)) {
        emit_cases[emit_count++] = c;
        return;
    }
    exec_free(c.plan);
    graph_free(c.graph);
}

/* A formula, and the inputs that its 'input' lines name. */
static void emit_add_formula(const char *formula, char (*inputs)[32], size_t n_inputs,
                             Text *text) {
    EmitCase c = {0};
    Error error = {0};
    Ast *ast = NULL;
    Argument arguments[EMIT_INPUTS];
    uint32_t wrt[EMIT_INPUTS];
    for (size_t k = 0; k < n_inputs; k++)
        arguments[k] = (Argument){.name = inputs[k], .has_start = true};
    BuildOptions options = {.arguments = arguments, .n_arguments = n_inputs};
    if (lang_parse(NULL, formula, strlen(formula), LANG_PROGRAM, &ast, &error) == STATUS_OK)
        graph_build(ast, NULL, &options, &c.graph, &error);
    lang_free(ast);
    CHECK(c.graph && c.graph->n_parameters <= EMIT_INPUTS);
    if (!c.graph) return;
    size_t n = c.graph->n_parameters;
    for (uint32_t k = 0; k < n; k++) wrt[k] = k;
    c.outputs[0] = c.graph->loss;
    c.n_outputs = n + 1;
    CHECK_INT(graph_gradient(c.graph, c.graph->loss, wrt, n, GRADIENT_TOTAL, c.outputs + 1, &error),
              STATUS_OK);
    emit_add(c, text);
}

static void emit_add_formulas(Text *text) {
    const char *source = getenv("SOURCE");
    char path[4096], *lines = NULL, formula[256] = "", inputs[EMIT_INPUTS][32];
    size_t length, n = 0;
    snprintf(path, sizeof path, "%s/tests/conformance/formulas.txt", source ? source : ".");
    CHECK_INT(file_read(path, 0, &lines, &length, NULL), STATUS_OK);
    for (char *line = lines, *next; line && *line; line = next) {
        next = line + strcspn(line, "\n");
        if (*next) *next++ = '\0';
        if (strncmp(line, "formula ", 8) == 0) {
            if (formula[0]) emit_add_formula(formula, inputs, n, text);
            snprintf(formula, sizeof formula, "%s", line + 8);
            n = 0;
        } else if (n < EMIT_INPUTS && sscanf(line, "input %31s", inputs[n]) == 1) {
            n++;
        }
    }
    emit_add_formula(formula, inputs, n, text);
    memory_free(lines);
}

static void emit_add_random(uint64_t seed, Text *text) {
    RandomGraph r;
    random_graph_start(&r, seed);
    EmitCase c = {.graph = r.graph};
    size_t size = 5 + random_graph_below(&r, 40);
    for (size_t i = 0; i < size; i++) random_graph_keep(&r, random_graph_node(&r));
    for (int i = 0; i < 4; i++) c.outputs[c.n_outputs++] = random_graph_pick(&r);
    NodeId total = random_graph_total(&r, r.pool[r.count - 1]);
    c.outputs[c.n_outputs++] = total;
    if (graph_gradient(r.graph, total, r.parameters, RANDOM_PARAMETERS, GRADIENT_TOTAL,
                       c.outputs + c.n_outputs, &r.error) == STATUS_OK)
        c.n_outputs += RANDOM_PARAMETERS;
    emit_add(c, text);
}

/* Losses and their slopes, which are made together, of values that are made again. */
static void emit_add_losses(uint64_t seed, Text *text) {
    RandomGraph r;
    random_graph_start(&r, seed);
    EmitCase c = {.graph = r.graph};
    NodeId pool[100], scale = graph_parameter(r.graph, r.parameters[0]);
    size_t n = 0, size = 8 + random_graph_below(&r, 60);
    while (n < 3) pool[n] = graph_column(r.graph, (uint32_t)n), n++;
    while (n < size) {
        NodeId a = pool[n - 1 - random_graph_below(&r, n < 5 ? n : 5)];
        NodeId b = pool[random_graph_below(&r, n)];
        size_t kind = random_graph_below(&r, 7);
        pool[n++] = kind < 2   ? graph_unary(r.graph, OP_SOFTPLUS, a)
                    : kind < 4 ? graph_unary(r.graph, OP_SIGMOID, a)
                    : kind < 5 ? graph_binary(r.graph, OP_SUB, a, b)
                               : graph_binary(r.graph, OP_MUL, a, kind < 6 ? scale : b);
    }
    NodeId sum = graph_binary(r.graph, OP_ADD, pool[n - 1], pool[n / 2]);
    c.outputs[c.n_outputs++] = graph_unary(r.graph, OP_ROW_SUM, sum);
    if (seed % 3 == 0) c.outputs[c.n_outputs++] = pool[n - 2];
    CHECK_INT(graph_gradient(r.graph, c.outputs[0], r.parameters, 1, GRADIENT_TOTAL,
                             c.outputs + c.n_outputs, &r.error),
              STATUS_OK);
    c.n_outputs++;
    emit_add(c, text);
}

static void *emit_symbol(void *module, size_t number, const char *kind, size_t pass) {
    char name[64];
    snprintf(name, sizeof name, "p%zu_%s_%zu", number, kind, pass);
    void *symbol = dlsym(module, name);
    CHECK(symbol != NULL);
    return symbol;
}

static AgreeValues emit_run(Plan *plan, const AgreeCase *task) {
    AgreeValues values = agree_allocate(task);
    CHECK_INT(exec_run(plan, task->parameters, &task->rows, values.at, NULL), STATUS_OK);
    return values;
}

/* The plan again, running the module's functions. */
static Plan *emit_coded(void *module, size_t number) {
    EmitCase *c = &emit_cases[number];
    PlanOptions options = emit_options(number);
    options.pool = emit_pool;
    PassCode *passes = calloc(c->plan->n_passes, sizeof *passes);
    Error error = {0};
    Plan *coded = NULL;
    CHECK_INT(exec_plan(c->graph, c->outputs, c->n_outputs, &options, &coded, &error), STATUS_OK);
    for (size_t p = 0; p < c->plan->n_passes; p++) {
        *(void **)&passes[p].once = emit_symbol(module, number, "once", p);
        *(void **)&passes[p].rows = emit_symbol(module, number, "rows", p);
    }
    CHECK_INT(exec_use_code(coded, passes), STATUS_OK);
    free(passes);
    return coded;
}

static void emit_compare(void *module, size_t number, const char *compiler) {
    static const size_t counts[] = {1, 15, 16, 17, 1023, 1024, 1025, EMIT_ROWS};
    EmitCase *c = &emit_cases[number];
    Plan *coded = emit_coded(module, number);
    for (size_t k = 0; k < COUNT_OF(counts); k++) {
        AgreeCase task = {c->graph, c->outputs, c->n_outputs, emit_parameters,
                          {emit_columns, 0, counts[k], emit_floats}};
        char what[80];
        snprintf(what, sizeof what, "%s, plan %zu, %zu rows", compiler, number, counts[k]);
        AgreeValues want = emit_run(c->plan, &task), got = emit_run(coded, &task);
        CHECK_INT(agree_compare(&want, &got, what), 0);
        free(want.data);
        free(got.data);
    }
    exec_free(coded);
}

static void emit_compile(const char *compiler, const char *flags, const char *folder,
                         const char *name) {
    char command[2048], path[1024];
    struct timespec start, end;
    snprintf(command, sizeof command, "command -v %s >/dev/null 2>&1", compiler);
    if (system(command) != 0) return;
    snprintf(path, sizeof path, "%s/%s_%s.so", folder, name, compiler);
    snprintf(command, sizeof command,
             "%s %s -march=native -ffp-contract=off -fno-math-errno -fno-trapping-math -w -fPIC "
             "-shared -o %s %s/%s.c -lm",
             compiler, flags, path, folder, name);
    clock_gettime(CLOCK_MONOTONIC, &start);
    CHECK_INT(system(command), 0);
    clock_gettime(CLOCK_MONOTONIC, &end);
    printf("%s %s: %.1f s\n", compiler, flags,
           (double)(end.tv_sec - start.tv_sec) + 1e-9 * (double)(end.tv_nsec - start.tv_nsec));
    void *module = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    CHECK(module != NULL);
    for (size_t i = 0; module && i < emit_count && check_failures < 10; i++)
        emit_compare(module, i, compiler);
    if (module) dlclose(module);
}

static void emit_check(Precision precision, uint64_t n_graphs, const char *name) {
    const char *folder = getenv("SCRATCH") ? getenv("SCRATCH") : "/tmp";
    Text text = {0};
    char path[1024];
    emit_fill();
    emit_count = 0;
    emit_precision = precision;
    if (!emit_pool) emit_pool = pool_new(3);
    exec_emit_head(precision, true, &text);
    emit_add_formulas(&text);
    for (uint64_t seed = 0; seed < n_graphs; seed++) emit_add_random(seed, &text);
    for (uint64_t seed = 1128; seed < 1144; seed++) emit_add_losses(seed, &text);
    printf("%zu plans, %zu KB of C\n", emit_count, text.length / 1000);
    CHECK(emit_count > 300);
    snprintf(path, sizeof path, "%s/%s.c", folder, name);
    CHECK_INT(file_replace(path, text_string(&text), text.length, NULL), STATUS_OK);
    emit_compile("gcc", "-O1", folder, name);
    emit_compile("clang-14", "-O1", folder, name);
    text_free(&text);
    for (size_t i = 0; i < emit_count; i++) {
        exec_free(emit_cases[i].plan);
        graph_free(emit_cases[i].graph);
    }
}

TEST(modules_agree) {
    emit_check(PRECISION_F64, 60, "emitted_f64");
}

TEST(modules_in_single_precision_agree) {
    emit_check(PRECISION_F32, 20, "emitted_f32");
}

/* A file that calls one operator, behind the head that was cut down for it. */
static void emit_write_alone(Op op, Precision precision, const char *folder) {
    static const char *const names[] = {"x[0]", "x[1]", "x[2]"};
    const Step step = {.op = op, .n_inputs = 3, .exponent = 5};
    Text body = {0}, text = {0}, path = {0};
    text_add(&body, "real f(const real *x, real *y) {\n    real r = ");
    exec_emit_value(&step, op, names, &body);
    text_add(&body, ";\n");
    if (!exec_emit_light(op)) {
        text_add(&body, "    ");
        exec_emit_block_name(op, &body);
        text_add(&body, op_info(op)->arity == 1 ? "(y, x, 1);\n" : "(y, x, x + 1, 1);\n");
    }
    text_add(&body, "    sum_add(y, x, 1);\n    return r;\n}\n");
    CHECK(exec_emit_head_for(precision, text_string(&body), &text));
    text_add_bytes(&text, text_string(&body), body.length);
    text_format(&path, "%s/%s_%d.c", folder, op_info(op)->name, (int)precision);
    CHECK_INT(file_replace(text_string(&path), text_string(&text), text.length, NULL), STATUS_OK);
    text_free(&body);
    text_free(&text);
    text_free(&path);
}

/* Every function that an operator needs comes with it, and nothing that it does not need breaks. */
TEST(each_operator_brings_its_functions) {
    const char *scratch = getenv("SCRATCH") ? getenv("SCRATCH") : "/tmp";
    char folder[1024], command[4096];
    snprintf(folder, sizeof folder, "%s/alone", scratch);
    snprintf(command, sizeof command, "rm -rf '%s' && mkdir -p '%s'", folder, folder);
    CHECK_INT(system(command), 0);
    size_t count = 0;
    for (int op = 0; op < OP_COUNT; op++)
        for (int p = 0; p < 2 && op_info((Op)op)->kind == KIND_ELEMENTWISE; p++, count++)
            emit_write_alone((Op)op, (Precision)p, folder);
    snprintf(command, sizeof command,
             "cd '%s' && gcc -std=c17 -fsyntax-only -Werror=implicit-function-declaration *.c "
             ">log 2>&1 || { head -n 20 log; exit 1; }",
             folder);
    CHECK_INT(system(command), 0);
    printf("%zu operators alone\n", count);
}

TEST_MAIN(each_operator_brings_its_functions, modules_agree, modules_in_single_precision_agree)
