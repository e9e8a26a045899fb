/* Nothing is allocated while a walk walks: counted over rounds of every method, with and without
 * rows, on one thread and on several, after the first rounds have made what they need. */
#include "../../src/train/train.h"
#include "../check.h"

enum { LOOP_ROWS = 3000, LOOP_FIRST = 4, LOOP_ROUNDS = 6 };

static double loop_x[LOOP_ROWS], loop_y[LOOP_ROWS];

static void loop_fill(void) {
    RandomKey key = random_key(3, "loop");
    for (size_t r = 0; r < LOOP_ROWS; r++) {
        loop_x[r] = random_uniform(key, 2 * r);
        loop_y[r] = 3 * loop_x[r] * loop_x[r] + 1 + random_normal(key, 2 * r + 1);
    }
}

static Walk *loop_open(const char *formula, const Table *table, const char *method, size_t threads,
                       Ast **ast, Problem **problem) {
    static const double start[] = {0.3, 0.4};
    static const bool drawn[] = {false, false};
    static const Argument arguments[] = {{.name = "a", .has_start = true, .start = 0.3},
                                         {.name = "b", .has_start = true, .start = 0.4}};
    Error error = {0};
    Walk *walk = NULL;
    BuildOptions build = {.arguments = arguments, .n_arguments = 2};
    ProblemOptions options = {.executor = EXECUTOR_INTERPRETED, .threads = threads};
    WalkOptions how = {.optimizer = method, .steps = 1000, .seed = 1};
    CHECK_INT(lang_parse(NULL, formula, strlen(formula), LANG_PROGRAM, ast, &error), STATUS_OK);
    CHECK_INT(train_problem_open(*ast, table, &build, &options, problem, &error), STATUS_OK);
    CHECK_INT(train_walk_open(*problem, &how, start, drawn, &walk, &error), STATUS_OK);
    return walk;
}

static void loop_walk(const char *formula, const Table *table, const char *method,
                      size_t threads) {
    Ast *ast = NULL;
    Problem *problem = NULL;
    Walk *walk = loop_open(formula, table, method, threads, &ast, &problem);
    Error error = {0};
    StepReport report;
    long restart;
    Reason reason = REASON_RUNNING;
    long allocated = 0, rounds = 0;
    for (int k = 0; walk && k < LOOP_FIRST + LOOP_ROUNDS && reason == REASON_RUNNING; k++) {
        memory_fail_nth(0);
        CHECK_INT(train_walk_step(walk, &report, &restart, &reason, &error), STATUS_OK);
        if (k < LOOP_FIRST || reason != REASON_RUNNING) continue;
        allocated += memory_count();
        rounds++;
    }
    if (allocated) printf("%s by %s, %zu threads\n", formula, method, threads);
    CHECK_INT(allocated, 0);
    CHECK(rounds > 0);
    train_walk_close(walk);
    train_problem_close(problem);
    lang_free(ast);
}

TEST(no_round_allocates) {
    static const char *const names[] = {"x", "y"};
    const double *const columns[] = {loop_x, loop_y};
    Table *table = NULL;
    loop_fill();
    CHECK_INT(data_borrow(2, names, columns, LOOP_ROWS, &table, NULL), STATUS_OK);
    for (size_t threads = 1; threads <= 3; threads++) {
        for (size_t k = 0; optim_rule_name(k); k++)
            loop_walk("y ~ a*x^2 + exp(b)*x", table, optim_rule_name(k), threads);
        loop_walk("y ~ a*exp(b*x) + sin(b)*x^a", table, "lm", threads);
        loop_walk("y ~ a*exp(b*x) + sin(b)*x^a", table, "bfgs", threads);
        loop_walk("y ~ a*exp(b*x) + sin(b)*x^a", table, "lbfgs", threads);
    }
    for (size_t k = 0; optim_rule_name(k); k++)
        loop_walk("(1 - a)^2 + 100*(b - a^2)^2", NULL, optim_rule_name(k), 1);
    loop_walk("(1 - a)^2 + 100*(b - a^2)^2", NULL, "bfgs", 1);
    loop_walk("(1 - a)^2 + 100*(b - a^2)^2", NULL, "lbfgs", 1);
    data_free(table);
}

TEST_MAIN(no_round_allocates)
