/* Plans: their text, their memory, their size, and that a run allocates nothing. */
#include "../../src/exec/exec.h"
#include "../check.h"

#include <stdlib.h>
#include <time.h>

typedef struct PlanCase {
    Graph *graph;
    Error error;
} PlanCase;

static PlanCase plan_open(void) {
    PlanCase c = {0};
    CHECK_INT(graph_new(NULL, &c.error, &c.graph), STATUS_OK);
    return c;
}

static NodeId plan_parameter(PlanCase *c, const char *name, Shape shape) {
    return graph_parameter(c->graph, graph_new_parameter(c->graph, name, shape, (Span){0}));
}

/* Mean square of a*exp(-b*x) + c - y and its slope: outputs 0 to 3. */
static void plan_decay(PlanCase *c, NodeId out[4]) {
    Graph *graph = c->graph;
    NodeId a = plan_parameter(c, "a", (Shape){0}), b = plan_parameter(c, "b", (Shape){0});
    NodeId d = plan_parameter(c, "c", (Shape){0}), x = graph_column(graph, 0);
    NodeId power = graph_unary(graph, OP_NEG, graph_binary(graph, OP_MUL, b, x));
    NodeId decay = graph_binary(graph, OP_MUL, a, graph_unary(graph, OP_EXP, power));
    NodeId model = graph_binary(graph, OP_ADD, decay, d);
    NodeId residual = graph_binary(graph, OP_SUB, model, graph_column(graph, 1));
    NodeId square = graph_add(graph, OP_POWI, &residual, 1, (NodeAux){.exponent = 2});
    NodeId rows = graph_add(graph, OP_ROW_COUNT, NULL, 0, (NodeAux){0});
    out[0] = graph_binary(graph, OP_DIV, graph_unary(graph, OP_ROW_SUM, square), rows);
    uint32_t wrt[] = {0, 1, 2};
    CHECK_INT(graph_gradient(graph, out[0], wrt, 3, GRADIENT_TOTAL, out + 1, &c->error), STATUS_OK);
}

static void plan_check_dump(const Plan *plan, const char *want) {
    Text text = {0};
    exec_dump(plan, &text);
    CHECK_TEXT(text_string(&text), want);
    text_free(&text);
}

TEST(text_of_a_square) {
    PlanCase c = plan_open();
    NodeId w = plan_parameter(&c, "w", (Shape){0}), out[2];
    out[0] = graph_add(c.graph, OP_POWI, &w, 1, (NodeAux){.exponent = 2});
    uint32_t wrt = 0;
    CHECK_INT(graph_gradient(c.graph, out[0], &wrt, 1, GRADIENT_TOTAL, out + 1, &c.error),
              STATUS_OK);
    Plan *plan;
    PlanOptions options = {.block_rows = 8};
    CHECK_INT(exec_plan(c.graph, out, 2, &options, &plan, &c.error), STATUS_OK);
    plan_check_dump(plan, "interpreted, 2 steps, 0 passes over the rows, blocks of 8 rows\n"
                          "8 numbers once, 0 a row\n"
                          "once:\n"
                          "  s1 = powi p0, 2\n"
                          "  s2 = * s0, p0\n"
                          "output 1: s1\n"
                          "output 2: s2\n");
    double at = 10, value = 0, slope = 0, *results[] = {&value, &slope};
    CHECK_INT(exec_run(plan, &at, NULL, results, NULL), STATUS_OK);
    CHECK_NEAR(value, 100, 0);
    CHECK_NEAR(slope, 20, 0);
    exec_free(plan);
    graph_free(c.graph);
}

/* Spread of a column: a second pass needs the sum of the first; places are used again. */
TEST(text_of_two_passes) {
    PlanCase c = plan_open();
    const char *names[] = {"height"};
    c.graph->column_names = names;
    c.graph->n_columns = 1;
    NodeId x = graph_column(c.graph, 0),
           rows = graph_add(c.graph, OP_ROW_COUNT, NULL, 0, (NodeAux){0});
    NodeId mean = graph_binary(c.graph, OP_DIV, graph_unary(c.graph, OP_ROW_SUM, x), rows);
    NodeId off = graph_binary(c.graph, OP_SUB, x, mean);
    NodeId square = graph_add(c.graph, OP_POWI, &off, 1, (NodeAux){.exponent = 2});
    NodeId out[2] = {graph_unary(c.graph, OP_ROW_SUM, square), graph_unary(c.graph, OP_EXP, off)};
    Plan *plan;
    PlanOptions options = {.block_rows = 16};
    CHECK_INT(exec_plan(c.graph, out, 2, &options, &plan, &c.error), STATUS_OK);
    plan_check_dump(plan, "interpreted, 5 steps, 2 passes over the rows, blocks of 16 rows\n"
                          "8 numbers once, 2 a row\n"
                          "pass 1 over the rows:\n"
                          "  feed column height\n"
                          "  then s1 = row_sum\n"
                          "once:\n"
                          "  s2 = / s1, s0\n"
                          "pass 2 over the rows:\n"
                          "  r0 = - column height, s2\n"
                          "  feed powi of r0, 2\n"
                          "  r1 = exp r0\n"
                          "  outputs of each row\n"
                          "  then s1 = row_sum\n"
                          "output 1: s1\n"
                          "output 2: r1\n");
    CHECK_INT(exec_facts(plan).passes, 2);
    CHECK_INT(exec_facts(plan).steps, 5);
    double data[] = {1, 2, 3, 4}, sum = 0, each[4];
    double *results[] = {&sum, each};
    Rows over = {(const double *const[]){data}, 0, 4, NULL};
    CHECK_INT(exec_run(plan, NULL, &over, results, NULL), STATUS_OK);
    CHECK_NEAR(sum, 5, 0);
    CHECK_NEAR(each[3], exp(1.5), 1e-15);
    exec_free(plan);
    graph_free(c.graph);
}

TEST(memory_limit_is_said) {
    PlanCase c = plan_open();
    NodeId w = plan_parameter(&c, "w", (Shape){1, {1000000}});
    NodeId out = graph_reduce(c.graph, OP_SUM_OF, graph_unary(c.graph, OP_EXP, w), 1);
    Plan *plan;
    PlanOptions options = {.memory_limit = 1 << 20};
    CHECK_INT(exec_plan(c.graph, &out, 1, &options, &plan, &c.error), STATUS_MEMORY);
    CHECK(plan == NULL);
    Text text = {0};
    error_render(&c.error, LANGUAGE_EN, &text);
    CHECK_TEXT(text_string(&text), "this formula needs 8.13 MB of working memory, and the limit is "
                                   "1.05 MB (allow more memory, "
                                   "or make the shapes smaller)");
    text_free(&text);
    options.executor = EXECUTOR_REFERENCE;
    CHECK_INT(exec_plan(c.graph, &out, 1, &options, &plan, &c.error), STATUS_MEMORY);
    options = (PlanOptions){.memory_limit = 10 << 20};
    CHECK_INT(exec_plan(c.graph, &out, 1, &options, &plan, &c.error), STATUS_OK);
    exec_free(plan);
    graph_free(c.graph);
}

/* Blocks shrink before the limit is called too small. */
TEST(blocks_shrink_to_the_limit) {
    PlanCase c = plan_open();
    NodeId out[4];
    plan_decay(&c, out);
    Plan *plan;
    PlanOptions options = {.block_rows = 1024};
    CHECK_INT(exec_plan(c.graph, out, 4, &options, &plan, &c.error), STATUS_OK);
    size_t whole = exec_facts(plan).workspace_bytes;
    exec_free(plan);
    options.memory_limit = whole / 4;
    CHECK_INT(exec_plan(c.graph, out, 4, &options, &plan, &c.error), STATUS_OK);
    CHECK(exec_facts(plan).block_rows < 1024 && exec_facts(plan).workspace_bytes <= whole / 4);
    exec_free(plan);
    graph_free(c.graph);
}

static size_t plan_workspace(size_t terms, size_t *steps) {
    PlanCase c = plan_open();
    NodeId x = graph_column(c.graph, 0), sum = x, out[2];
    NodeId w = plan_parameter(&c, "w", (Shape){0});
    for (size_t k = 0; k < terms; k++) {
        NodeId scaled = graph_binary(c.graph, OP_MUL, w, graph_constant(c.graph, 1e-6 * (double)k));
        sum = graph_binary(c.graph, OP_ADD, sum, graph_unary(c.graph, OP_SIN, scaled));
        sum = graph_binary(c.graph, OP_MUL, sum, graph_constant(c.graph, 0.5));
    }
    out[0] = graph_unary(c.graph, OP_ROW_SUM, sum);
    uint32_t wrt = 0;
    CHECK_INT(graph_gradient(c.graph, out[0], &wrt, 1, GRADIENT_TOTAL, out + 1, &c.error),
              STATUS_OK);
    Plan *plan = NULL;
    CHECK_INT(exec_plan(c.graph, out, 2, &(PlanOptions){.block_rows = 64}, &plan, &c.error),
              STATUS_OK);
    if (!plan) return 0;
    double data[100] = {1, 2, 3}, at = 1, value, slope, *results[] = {&value, &slope};
    Rows rows = {(const double *const[]){data}, 0, 100, NULL};
    CHECK_INT(exec_run(plan, &at, &rows, results, NULL), STATUS_OK);
    CHECK(isfinite(value) && isfinite(slope));
    *steps = exec_facts(plan).steps;
    size_t bytes = exec_facts(plan).workspace_bytes;
    exec_free(plan);
    graph_free(c.graph);
    return bytes;
}

/* A chain whose values are all read again on the way back: numbers a row that are there at once. */
static size_t plan_chain(size_t links) {
    PlanCase c = plan_open();
    NodeId a = plan_parameter(&c, "a", (Shape){0}), x = graph_column(c.graph, 0), t = x, out[2];
    for (size_t k = 0; k < links; k++)
        t = graph_binary(c.graph, OP_ADD, graph_binary(c.graph, OP_MUL, t, a), x);
    NodeId square = graph_add(c.graph, OP_POWI, &t, 1, (NodeAux){.exponent = 2});
    out[0] = graph_unary(c.graph, OP_ROW_SUM, square);
    uint32_t wrt = 0;
    CHECK_INT(graph_gradient(c.graph, out[0], &wrt, 1, GRADIENT_TOTAL, out + 1, &c.error),
              STATUS_OK);
    Plan *plan = NULL;
    CHECK_INT(exec_plan(c.graph, out, 2, NULL, &plan, &c.error), STATUS_OK);
    size_t numbers = plan ? plan->row_numbers : 0;
    exec_free(plan);
    graph_free(c.graph);
    return numbers;
}

TEST(long_chains_keep_few_values) {
    size_t few = plan_chain(100), many = plan_chain(100000);
    CHECK(few >= 100 && few <= 110); /* what fits is kept */
    CHECK(many <= 1000);             /* about twice the root */
    printf("100 links: %zu numbers a row, 100,000: %zu\n", few, many);
}

/* 100,000 terms: planned and run in linear time and memory. */
TEST(large_formulas) {
    size_t few_steps = 0, many_steps = 0;
    size_t few = plan_workspace(1000, &few_steps);
    clock_t start = clock();
    size_t many = plan_workspace(100000, &many_steps);
    double seconds = (double)(clock() - start) / CLOCKS_PER_SEC;
    CHECK(many <= 110 * few);
    CHECK(many_steps <= 101 * few_steps && many_steps >= 400000);
    CHECK(seconds < 20); /* a second in an optimized build */
    printf("100,000 terms: %zu steps, %.1f MB, %.2f s\n", many_steps, (double)many / 1e6, seconds);
}

/* A chain has few values alive at a time, however long it is. */
TEST(places_are_used_again) {
    PlanCase c = plan_open();
    NodeId x = graph_column(c.graph, 0);
    for (int k = 0; k < 1000; k++) {
        x = graph_unary(c.graph, OP_SIN, x);
        x = graph_binary(c.graph, OP_ADD, x, graph_constant(c.graph, k));
    }
    NodeId out = graph_unary(c.graph, OP_ROW_SUM, x);
    Plan *plan;
    CHECK_INT(exec_plan(c.graph, &out, 1, &(PlanOptions){.block_rows = 1}, &plan, &c.error),
              STATUS_OK);
    CHECK_INT(plan->row_numbers, 2);
    exec_free(plan);
    graph_free(c.graph);
}

/* A product that is only summed over rows is not made; one that others read is made once. */
TEST(products_are_made_once) {
    PlanCase c = plan_open();
    NodeId x = graph_column(c.graph, 0), y = graph_column(c.graph, 1);
    NodeId product = graph_binary(c.graph, OP_MUL, x, y);
    NodeId out[2] = {graph_unary(c.graph, OP_ROW_SUM, product),
                     graph_unary(c.graph, OP_EXP, product)};
    for (size_t n = 1; n <= 2; n++) {
        Plan *plan;
        CHECK_INT(exec_plan(c.graph, out, n, NULL, &plan, &c.error), STATUS_OK);
        CHECK_INT(exec_facts(plan).steps, n == 1 ? 1 : 3);
        CHECK_INT(plan->row_numbers, n == 1 ? 0 : 2);
        exec_free(plan);
    }
    graph_free(c.graph);
}

#ifdef DESCEND_HOSTILE
/* Every allocation of exec_plan may fail: no crash, no leak, and said so. */
TEST(failed_allocations) {
    PlanCase c = plan_open();
    NodeId out[4];
    plan_decay(&c, out);
    for (int executor = EXECUTOR_REFERENCE; executor <= EXECUTOR_INTERPRETED; executor++) {
        bool done = false;
        for (long n = 1; !done; n++) {
            Plan *plan = NULL;
            PlanOptions options = {.executor = (Executor)executor, .kept = 1};
            memory_fail_nth(n);
            Status status = exec_plan(c.graph, out, 4, &options, &plan, &c.error);
            done = memory_count() < n;
            memory_fail_nth(0);
            CHECK(status == (done ? STATUS_OK : STATUS_MEMORY) && (plan != NULL) == done);
            exec_free(plan);
        }
    }
    Rows rows = {(const double *const[]){(double[]){1, 2}, (double[]){3, 4}}, 0, 2, NULL};
    double parameters[] = {INFINITY, 2, 3};
    for (long n = 1;; n++) {
        Fault fault;
        memory_fail_nth(n);
        bool found = exec_find_fault(c.graph, out[0], parameters, &rows, &fault);
        bool done = memory_count() < n;
        memory_fail_nth(0);
        CHECK(found == done);
        if (done) break;
    }
    graph_free(c.graph);
}

/* exec_run asks for no memory. */
TEST(a_run_allocates_nothing) {
    PlanCase c = plan_open();
    NodeId out[4];
    plan_decay(&c, out);
    double data[2][100] = {{0}}, values[4] = {0}, parameters[] = {1, 2, 3};
    double *results[] = {values, values + 1, values + 2, values + 3};
    Rows rows = {(const double *const[]){data[0], data[1]}, 0, 100, NULL};
    for (int executor = EXECUTOR_REFERENCE; executor <= EXECUTOR_INTERPRETED; executor++) {
        Plan *plan;
        PlanOptions options = {.executor = (Executor)executor};
        CHECK_INT(exec_plan(c.graph, out, 4, &options, &plan, &c.error), STATUS_OK);
        memory_fail_nth(0);
        CHECK_INT(exec_run(plan, parameters, &rows, results, NULL), STATUS_OK);
        CHECK_INT(memory_count(), 0);
        exec_free(plan);
    }
    graph_free(c.graph);
}
#else
TEST(failed_allocations) {
}
TEST(a_run_allocates_nothing) {
}
#endif

/* A visitor that stops early leaves nothing behind: the next run is right. */
static Status plan_stop(void *context, size_t worker, size_t first, size_t n,
                        const double *const *values, size_t stride) {
    (void)context, (void)worker, (void)n, (void)values, (void)stride;
    return first > 20 ? STATUS_INTERRUPTED : STATUS_OK;
}

TEST(interrupted_runs) {
    PlanCase c = plan_open();
    NodeId x = graph_column(c.graph, 0);
    NodeId out[3] = {graph_unary(c.graph, OP_ROW_SUM, x), x, graph_unary(c.graph, OP_ROW_MIN, x)};
    double data[100], sum = 0, least = 0, *results[] = {&sum, NULL, &least};
    for (size_t r = 0; r < 100; r++) data[r] = (double)r + 1;
    Rows rows = {(const double *const[]){data}, 0, 100, NULL};
    RowVisitor stop = {.block = plan_stop};
    for (int executor = EXECUTOR_REFERENCE; executor <= EXECUTOR_INTERPRETED; executor++) {
        Plan *plan;
        PlanOptions options = {.executor = (Executor)executor, .block_rows = 10};
        CHECK_INT(exec_plan(c.graph, out, 3, &options, &plan, &c.error), STATUS_OK);
        CHECK_INT(exec_run(plan, NULL, &rows, results, &stop), STATUS_INTERRUPTED);
        CHECK_INT(exec_run(plan, NULL, &rows, results, NULL), STATUS_OK);
        CHECK_NEAR(sum, 5050, 0);
        CHECK_NEAR(least, 1, 0);
        exec_free(plan);
    }
    graph_free(c.graph);
}

/* A visitor whose parts are joined: each set gathers one part at a time. */
enum { PLAN_PARTS = 40, PLAN_SETS_MOST = 7 * EXEC_VISIT_SETS };
typedef struct PlanGather {
    double sum[PLAN_SETS_MOST]; /* of the part in hand */
    size_t next[PLAN_SETS_MOST];
    double whole;
    size_t parts, stop_row, stop_part;
} PlanGather;

static Status plan_gather(void *context, size_t set, size_t first, size_t n,
                          const double *const *values, size_t stride) {
    PlanGather *all = context;
    (void)stride;
    if (first % EXEC_VISIT_ROWS != 0 && all->next[set] != first) return STATUS_INPUT;
    all->next[set] = first + n;
    for (size_t r = 0; r < n; r++) all->sum[set] += values[0][r];
    return first >= all->stop_row ? STATUS_INTERRUPTED : STATUS_OK;
}

static Status plan_join(void *context, size_t set) {
    PlanGather *all = context;
    all->whole = all->whole / 2 + all->sum[set]; /* depends on the order */
    all->sum[set] = 0;
    return ++all->parts > all->stop_part ? STATUS_INTERRUPTED : STATUS_OK;
}

static double plan_gather_run(Plan *plan, const Rows *rows, size_t sets, size_t stop_row,
                              size_t stop_part, Status want) {
    static PlanGather all;
    all = (PlanGather){.stop_row = stop_row, .stop_part = stop_part};
    RowVisitor visitor = {.block = plan_gather, .join = plan_join, .context = &all, .sets = sets};
    double *results[] = {NULL};
    CHECK_INT(exec_run(plan, NULL, rows, results, &visitor), want);
    if (want == STATUS_OK) CHECK_INT(all.parts, PLAN_PARTS);
    return all.whole;
}

TEST(parts_are_joined_in_order) {
    PlanCase c = plan_open();
    size_t count = (PLAN_PARTS - 1) * EXEC_VISIT_ROWS + 100;
    double *data = malloc(count * sizeof *data), want = 0;
    NodeId x = graph_column(c.graph, 0), out = graph_binary(c.graph, OP_MUL, x, x);
    for (size_t r = 0; r < count; r++) data[r] = (double)(r % 1000) / 1000;
    Rows rows = {(const double *const[]){data}, 0, count, NULL};
    for (size_t threads = 1; threads <= 7; threads += 2)
        for (size_t sets = 1; sets <= EXEC_VISIT_SETS; sets += 3) {
            Plan *plan = NULL;
            PlanOptions options = {.pool = pool_new(threads)};
            CHECK_INT(exec_plan(c.graph, &out, 1, &options, &plan, &c.error), STATUS_OK);
            double got = plan_gather_run(plan, &rows, sets, SIZE_MAX, SIZE_MAX, STATUS_OK);
            if (threads == 1 && sets == 1) want = got;
            CHECK_NEAR(got, want, 0);
            plan_gather_run(plan, &rows, sets, count / 3, SIZE_MAX, STATUS_INTERRUPTED);
            plan_gather_run(plan, &rows, sets, SIZE_MAX, PLAN_PARTS / 2, STATUS_INTERRUPTED);
            CHECK_NEAR(plan_gather_run(plan, &rows, sets, SIZE_MAX, SIZE_MAX, STATUS_OK), want, 0);
            exec_free(plan);
            pool_free(options.pool);
        }
    free(data);
    graph_free(c.graph);
}

TEST_MAIN(text_of_a_square, text_of_two_passes, memory_limit_is_said, blocks_shrink_to_the_limit,
          long_chains_keep_few_values, large_formulas, places_are_used_again,
          products_are_made_once, failed_allocations, a_run_allocates_nothing, interrupted_runs,
          parts_are_joined_in_order)
