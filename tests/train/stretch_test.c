/* Many rounds in one go give the bits, the facts and the verdict of single rounds: every ready rule
 * on formulas of one and two parameters, also where they fly off or stand still. */
#include "../check.h"
#include "../../src/train/train.h"

#include <stdlib.h>

typedef struct StretchCase {
    const char *formula, *rate, *starts[2];
    long long steps;
} StretchCase;

static const StretchCase stretch_cases[] = {
    {"w^2", "0.1", {"w"}, 200},
    {"w^2", "1e-9", {"w"}, 3000},
    {"w^2", "1.1", {"w"}, 30000},
    {"abs(w) + cos(w)", "0.01", {"w"}, 500},
    {"exp(a) + b^4 - log(b)*a + lgamma(b)", "0.01", {"a", "b"}, 700},
    {"(1 - a)^2 + 100*(b - a^2)^2", "0.0005", {"a", "b"}, 5000},
    {"w*0 + 3", "0.1", {"w"}, 100},
    {"(w - 3)^2", "0.3", {"w"}, 100},
    {"3*w^2", "0.01", {"w"}, 100},
    {"w^2/4", "1.9", {"w"}, 400},
    {"-4*(a + 2^-540)^2 + 2*b^2", "-0.1*(t < 30)", {"a", "b"}, 90},
    {"a^2 - b^2", "1e307", {"a", "b"}, 40},
    {"a^2 + b^2", "1.7e308", {"a", "b"}, 40},
    {"w^2", "1e-320", {"w"}, 40},
    {"(1 - a)^2 + 100*(b - a^2)^2", "0.003485", {"a", "b"}, 300}, /* flies off at round 8 */
    {"max(w^2 - 1, -0.5)", "0.05659", {"w"}, 300},
};

/* Rates that change with t are a matter of single rounds; here the rule changes by itself. */
typedef struct StretchRule {
    const char *formula, *factor;
    long long steps;
} StretchRule;

static const StretchRule stretch_rules[] = {
    {"w^2", "1 + 0.02*sin(t/30)", 4000}, /* above its start at times */
    {"w^2 + w^4", "1e-5 + 0.4*sin(t/30)*(t > 1100)", 3000},
    {"(w - 1.4)^2", "0.0001*(t/100 < 21)", 2300}, /* stands still in a late group */
    {"-w^2", "1e-6 + 0.01*(t > 1500)", 60000},    /* flies off in a late one, */
    {"w^2", "0.001 + 1e6*(t > 2014)", 2041},   /* and ends right behind it, */
    {"w^2", "0.001 + 1e6*(t > 2014)", 2040},
    {"w^2", "0.001 + 1e6*(t > 2015)", 2060},
    {"w^2 - 2.25 + 1e-30*sqrt(4 - w)", /* or far above the lowest */
     "1e-9*(t <= 1024) + 0.005*(t > 1024)*(t <= 1500) - 0.0077*(t > 1500)", 1879},
    /* down and up again within one stretch: only groups were at the lowest */
    {"w^2 - 2.25", "1e-9*(t <= 2050) + 0.002*(t > 2050)*(t <= 2700) - 0.002*(t > 2700)", 3700},
};

typedef struct Ended {
    WalkFacts facts;
    uint64_t digest;
    long long single; /* rounds that were walked one by one */
    double values[2], tests[16]; /* what the stopping tests know */
} Ended;

static void stretch_walk(const StretchCase *c, const char *rule, Executor executor, Ended *ended) {
    Error error = {0};
    Ast *ast = NULL;
    Problem *problem = NULL;
    Walk *walk = NULL;
    double start[2] = {1.5, 0.5};
    bool drawn[2] = {false, false};
    Argument arguments[2] = {{.name = c->starts[0], .has_start = true, .start = 1.5},
                             {.name = c->starts[1], .has_start = true, .start = 0.5}};
    BuildOptions build = {.arguments = arguments, .n_arguments = c->starts[1] ? 2 : 1};
    char cache[4096];
    const char *scratch = getenv("SCRATCH");
    snprintf(cache, sizeof cache, "%s/cache", scratch ? scratch : "/tmp");
    ProblemOptions options = {.executor = executor, .cache = cache};
    WalkOptions how = {.optimizer = rule, .rate = c->rate, .steps = c->steps, .seed = 1};
    CHECK_INT(lang_parse(NULL, c->formula, strlen(c->formula), LANG_PROGRAM, &ast, &error),
              STATUS_OK);
    CHECK_INT(train_problem_open(ast, NULL, &build, &options, &problem, &error), STATUS_OK);
    CHECK_INT(train_walk_open(problem, &how, start, drawn, &walk, &error), STATUS_OK);
    StepReport report;
    long restart;
    Reason reason = REASON_RUNNING;
    *ended = (Ended){0};
    while (walk && reason == REASON_RUNNING) {
        if (executor == EXECUTOR_COMPILED) CHECK_INT(train_walk_stretch(walk), STATUS_OK);
        CHECK_INT(train_walk_step(walk, &report, &restart, &reason, &error), STATUS_OK);
        ended->single++;
    }
    train_walk_facts(walk, &ended->facts);
    for (size_t i = 0; i < build.n_arguments; i++) ended->values[i] = ended->facts.values[i];
    ended->digest = train_walk_digest(walk);
    stop_begin_stretch(walk->stop, ended->tests);
    train_walk_close(walk);
    train_problem_close(problem);
    lang_free(ast);
}

/* Gives the rounds that were walked one by one, of the compiled walk and of all. */
static void stretch_compare(const StretchCase *c, const char *rule, long long single[2]) {
    Ended one, many;
    stretch_walk(c, rule, EXECUTOR_INTERPRETED, &one);
    stretch_walk(c, rule, EXECUTOR_COMPILED, &many);
    single[0] = many.single;
    single[1] = one.single;
    bool same = one.digest == many.digest && one.facts.reason == many.facts.reason &&
                one.facts.steps == many.facts.steps &&
                one.facts.evaluations == many.facts.evaluations &&
                one.facts.sign_flips == many.facts.sign_flips &&
                one.facts.flip_chances == many.facts.flip_chances &&
                one.facts.rises == many.facts.rises &&
                memcmp(&one.facts.last_step, &many.facts.last_step, sizeof(double)) == 0 &&
                memcmp(&one.facts.slope, &many.facts.slope, sizeof(double)) == 0 &&
                memcmp(&one.facts.start_loss, &many.facts.start_loss, sizeof(double)) == 0 &&
                memcmp(&one.facts.before_last_loss, &many.facts.before_last_loss,
                       sizeof(double)) == 0 &&
                memcmp(one.tests, many.tests, sizeof one.tests) == 0 &&
                memcmp(one.values, many.values, sizeof one.values) == 0;
    if (!same) printf("%s by %s at %s\n", c->formula, rule, c->rate);
    CHECK(same);
}

TEST(every_rule_gives_the_same_bits) {
    size_t stretched = 0;
    long long single[2];
    for (size_t k = 0; optim_rule_name(k); k++)
        for (size_t j = 0; j < COUNT_OF(stretch_cases); j++)
            stretch_compare(&stretch_cases[j], optim_rule_name(k), single);
    for (size_t k = 0; optim_rule_name(k); k++) {
        Ended ended;
        stretch_walk(&stretch_cases[1], optim_rule_name(k), EXECUTOR_COMPILED, &ended);
        stretched += ended.single < 20;
    }
    printf("%zu rules walk in one go\n", stretched);
    CHECK(stretched > 4);
}

/* Also where the way changes, ends or breaks in the middle of what is made at once. */
TEST(rules_that_change_with_t) {
    for (size_t j = 0; j < COUNT_OF(stretch_rules); j++) {
        const StretchRule *rule = &stretch_rules[j];
        char text[300];
        long long single[2];
        StretchCase c = {rule->formula, "1", {"w"}, rule->steps};
        snprintf(text, sizeof text, "rule own(rate = 1) { w = w - rate*(%s)*g }", rule->factor);
        stretch_compare(&c, text, single);
        printf("%s, %s: %lld of %lld rounds by themselves\n", rule->formula, rule->factor,
               single[0], single[1]);
        CHECK(single[0] < single[1] / 2);
    }
}

TEST_MAIN(every_rule_gives_the_same_bits, rules_that_change_with_t)
