/* Planted cases: walks whose fault is known by how they were made - a rate that is a known part of
 * the largest that works, batches that cannot agree, units that cannot speak, tables that hold
 * nothing - and healthy ones beside them. The report must name what happened, a healthy walk must
 * never be called sick, and what it advises must help when it is typed. */
#include "../../include/descend.h"
#include "../check.h"

#include <stdlib.h>

enum { ROWS = 400, COLUMNS = 8, WORDS = 8 };

typedef struct Case {
    const char *happened, *formula, *table;
    const char *arguments; /* "w=10 b=1" */
    const char *options;   /* "--rate 0.1 --steps 30" */
} Case;

/* The curvature of w^2 is 2: the largest rate is 1, the best 0.5. Of 100*a^2 + b^2: 0.01, 0.0099.
 * Of the table 'T' with y ~ w*x: 3/14. Of 'line' with y ~ a*x + b (x from 0 to 1): about 0.79. */
static const Case cases[] = {
    /* 23 healthy ones */
    {"good", "w^2", NULL, "w=10", "--rate 0.1"},
    {"good", "w^2", NULL, "w=10", "--rate 0.5"},
    {"good", "w^2", NULL, "w=10", "--rate 0.6"},
    {"good", "w^2", NULL, "w=10", "--rate 0.1 --steps 3"},
    {"good", "w^2 + 1000", NULL, "w=10", "--rate 0.2"},
    {"good", "100*a^2 + b^2", NULL, "a=1 b=1", "--rate 0.0099 --steps 5000"},
    {"good", "100*a^2 + b^2", NULL, "a=1 b=1", "--rate 0.005 --steps 5000"},
    {"good", "y ~ w*x", "T", "w=0", "--rate 0.05"},
    {"good", "y ~ w*x", "T", "w=0", "--rate 0.107"},
    {"good", "y ~ a*x + b", "line", "", ""},
    {"good", "y ~ a*exp(-b*x) + c", "decay", "", ""},
    {"good", "y ~ a*exp(-b*x) + c", "decay", "a=1 b=2 c=0", "--optimizer gd"},
    {"good", "100*(b - a^2)^2 + (1 - a)^2", NULL, "a=-1.2 b=1", ""},
    {"good", "(a^2 + b - 11)^2 + (a + b^2 - 7)^2", NULL, "a=0 b=0", "--optimizer gd"},
    {"good", "100*a^2 + b^2", NULL, "a=1 b=1", "--optimizer momentum --rate 0.005"},
    {"good", "w^2", NULL, "w=1", "--optimizer adam --rate 0.05 --steps 2000"},
    {"good", "minimize softplus((1 - 2*k)*(a*x + b))", "classes", "a=0 b=0",
     "--rate 1 --steps 2000"},
    {"good", "y ~ a*x + b", "line", "a=0 b=0",
     "--batch 20 --rate '0.2*(1 - t/(T + 1))' --steps 4000"},
    {"good", "y ~ a*x + b", "exact", "a=0 b=0", "--batch 20 --rate 0.3 --steps 4000"},
    {"good", "y ~ a*x + b", "weak", "", ""},
    {"good", "100*a^2 + b^2", NULL, "a=1 b=1",
     "--optimizer 'v = 0.6694*v + g; w = w - rate*v' --rate 0.0166"},
    {"good", "w^2", NULL, "w=10", "--rate 0.1 --steps 1"},
    {"good", "abs(w)", NULL, "w=3", "--rate 3/t"},
    /* 9 too small */
    {"too_small", "w^2", NULL, "w=10", "--rate 0.001"},
    {"too_small", "w^2", NULL, "w=10", "--rate 0.0001 --steps 50"},
    {"too_small", "y ~ w*x", "T", "w=0", "--rate 0.0005"},
    {"too_small", "100*a^2 + b^2", NULL, "a=1 b=1", "--rate 0.00001"},
    {"too_small", "y ~ a*x + b", "line", "a=0 b=0", "--rate 0.002"},
    {"too_small", "minimize softplus((1 - 2*k)*(a*x + b))", "classes", "a=0 b=0", "--rate 0.01"},
    {"too_small", "w^2", NULL, "w=10", "--optimizer momentum --rate 0.0001"},
    {"too_small", "w^2", NULL, "w=10", "--optimizer adam --rate 0.00001"},
    {"too_small", "y ~ a*x + b", "line", "a=0 b=0", "--batch 20 --rate 0.0001 --steps 400"},
    /* 8 zig-zag */
    {"zig_zag", "w^2", NULL, "w=10", "--rate 0.95"},
    {"zig_zag", "w^2", NULL, "w=10", "--rate 0.99"},
    {"zig_zag", "w^2", NULL, "w=10", "--rate 0.98 --steps 40"},
    {"zig_zag", "100*a^2 + b^2", NULL, "a=1 b=1", "--rate 0.009985"},
    {"zig_zag", "y ~ w*x", "T", "w=0", "--rate 0.21"},
    {"zig_zag", "y ~ a*x + b", "line", "a=0 b=0", "--rate 0.785"},
    {"zig_zag", "w^2", NULL, "w=10", "--optimizer 'w = w - rate*g' --rate 0.97"},
    {"zig_zag", "(a + b)^2 + (a - 2*b)^2", NULL, "a=1 b=1", "--rate 0.187"},
    /* 7 too large */
    {"too_large", "w^2", NULL, "w=10", "--rate 1"},
    {"too_large", "abs(w)", NULL, "w=10", "--rate 0.3"},
    {"too_large", "log(1 + w^2)", NULL, "w=3", "--rate 20"},
    {"too_large", "sqrt(1 + w^2)", NULL, "w=3", "--rate 4"},
    {"too_large", "-cos(w)", NULL, "w=1", "--rate 2.5"},
    {"too_large", "a^2/2 + abs(b)", NULL, "a=1 b=1", "--rate 0.7"},
    {"too_large", "w - log(w)", NULL, "w=2", "--rate 3"},
    /* 8 flew off */
    {"flew_off", "w^2", NULL, "w=10", "--rate 1.1"},
    {"flew_off", "w^2", NULL, "w=10", "--rate 1e300"},
    {"flew_off", "y ~ w*x", "T", "w=0", "--rate 10"},
    {"flew_off", "100*a^2 + b^2", NULL, "a=1 b=1", "--rate 0.0105"},
    {"flew_off", "w^4", NULL, "w=10", "--rate 0.1"},
    {"flew_off", "y ~ a*x + b", "large", "a=0 b=0", "--rate 0.1"},
    {"flew_off", "100*a^2 + b^2", NULL, "a=1 b=1", "--optimizer momentum --rate 0.03"},
    {"flew_off", "100*(b - a^2)^2 + (1 - a)^2", NULL, "a=-1.2 b=1", "--rate 0.01"},
    {"flew_off", "w^2", NULL, "w=10", "--rate 1.05 --steps 60"},
    /* 5 limited by noise */
    {"limited_by_noise", "y ~ a*x + b", "line", "a=0 b=0", "--batch 1 --rate 0.3 --steps 8000"},
    {"limited_by_noise", "y ~ a*x + b", "line", "a=0 b=0", "--batch 4 --rate 0.5 --steps 8000"},
    {"limited_by_noise", "y ~ a*x + b", "line", "a=0 b=0", "--batch 2 --rate 0.4 --steps 8000"},
    {"limited_by_noise", "y ~ a*x + b", "line", "a=0 b=0",
     "--batch 8 --optimizer momentum --rate 0.1 --steps 4000"},
    {"limited_by_noise", "minimize softplus((1 - 2*k)*(a*x + b))", "classes", "a=0 b=0",
     "--batch 1 --rate 1 --steps 8000"},
    /* 6 plateaus */
    {"plateau", "(sigmoid(w) - 1)^2", NULL, "w=-15", "--rate 1"},
    {"plateau", "y ~ 5*exp(-b*x) + 1", "decay", "b=4000", "--rate 0.1"},
    {"plateau", "(tanh(w) - 1)^2 + 1", NULL, "w=-12", "--rate 0.5"},
    {"plateau", "-exp(-w^2)", NULL, "w=6", "--rate 0.1"},
    {"plateau", "(1 - a*b)^2", NULL, "a=0 b=0", "--rate 0.1"},
    {"plateau", "1 - 1/(1 + w^2)", NULL, "w=1000", "--rate 1"},
    /* 5 with dead units */
    {"dead_units", "y ~ a*max(0, w*x - 1)", "line", "a=1 w=-5", "--rate 0.1"},
    {"dead_units", "y ~ a*max(0, w*x + b) + c", "line", "a=1 w=1 b=-50 c=0", "--rate 0.1"},
    {"dead_units", "y ~ a*max(0, w*x + b) + d*max(0, v*x + c)", "line",
     "a=1 w=-3 b=-1 d=1 v=-4 c=-2", "--optimizer adam --rate 0.01"},
    {"dead_units", "param W[6] = normal(0, 1)\nparam b[6] = -20\nparam v[6] = normal(0, 1)\n"
                   "y ~ v @ max(0, W*x + b)", "line", "", "--rate 0.05"},
    {"dead_units", "y ~ a*sigmoid(w*x + b) + c", "line", "a=1 w=1 b=60 c=0", "--rate 0.2"},
    /* 5 that explain nothing */
    {"no_better_than_the_mean", "y ~ a*x + b", "nothing", "", ""},
    {"no_better_than_the_mean", "y ~ a*x + b", "nothing", "a=1 b=1", "--rate 0.5"},
    {"no_better_than_the_mean", "y ~ a*x", "level", "", ""},
    {"no_better_than_the_mean", "y ~ a*x^2 + b*x + c", "nothing", "", ""},
    {"no_better_than_the_mean", "minimize (a*x + b - y)^2", "nothing", "a=0 b=0", ""},
    /* and one that turns the rule round */
    {"uphill", "w^2", NULL, "w=10", "--rate 0.1 --optimizer 'w = w + rate*g' --steps 3"},
    {"uphill", "w^2", NULL, "w=10", "--rate 0.1 --optimizer 'w = w + rate*g' --steps 40"},
};

/* ---- tables ---------------------------------------------------------------------------------- */

static uint64_t state;

static double uniform(void) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (double)(state >> 11) / 9007199254740992.0;
}

static double normal(void) {
    double sum = -6;
    for (int k = 0; k < 12; k++) sum += uniform();
    return sum;
}

static double row_y(const char *name, double x) {
    if (!strcmp(name, "exact")) return 1 + 2 * x;
    if (!strcmp(name, "decay")) return 5 * exp(-3 * x) + 1 + 0.05 * normal();
    if (!strcmp(name, "large")) return 3 + 2e-4 * x + normal();
    if (!strcmp(name, "nothing")) return 4 + normal();
    if (!strcmp(name, "level")) return 4 + normal();
    if (!strcmp(name, "weak")) return 4 + 0.8 * x + normal();
    return 1 + 2 * x + 0.5 * normal();
}

static descend_table *make_table(const char *name) {
    static double x[ROWS], y[ROWS], c[ROWS];
    static const char *const names[] = {"x", "y", "k"};
    const double *columns[] = {x, y, c};
    if (!name) return NULL;
    if (!strcmp(name, "T")) return descend_table_parse("x=1,2,3 y=2,4,6", NULL);
    state = 7;
    for (int i = 0; i < ROWS; i++) {
        x[i] = !strcmp(name, "level") ? 2 * uniform() - 1 : uniform();
        if (!strcmp(name, "large")) x[i] = 1e5 * (1 + uniform());
        y[i] = row_y(name, x[i]);
        if (!strcmp(name, "classes")) x[i] = 2 * normal();
        c[i] = uniform() < 1 / (1 + exp(-1.5 * x[i] - 0.5));
    }
    return descend_table_columns(3, names, columns, ROWS, NULL);
}

/* ---- walks ----------------------------------------------------------------------------------- */

/* "--name value" over and over; values may stand in quotes. Later ones win. */
static void set_options(descend_walk *walk, const char *text) {
    while (*text) {
        char name[40] = "", value[200] = "";
        descend_error *error = NULL;
        text += strspn(text, " ");
        if (sscanf(text, "--%39s", name) != 1) break;
        text += 2 + strlen(name);
        text += strspn(text, " ");
        int quoted = *text == '\'';
        size_t length = strcspn(text += quoted, quoted ? "'" : " ");
        snprintf(value, sizeof value, "%.*s", (int)length, text);
        text += length + (size_t)quoted;
        CHECK_INT(descend_walk_set(walk, name, value, &error), DESCEND_OK);
        if (error) printf("--%s %s: %s\n", name, value, descend_error_text(error, "en"));
        descend_error_free(error);
    }
}

typedef struct End {
    char happened[40], advice[200], because[400];
    double loss;
    descend_verdict verdict;
} End;

static End walk_case(const Case *test, const char *advice) {
    char arguments[200], *word = arguments;
    End end = {.loss = NAN};
    descend_error *error = NULL;
    descend_model *model = descend_model_parse(test->formula, &error);
    descend_table *table = make_table(test->table);
    descend_walk *walk = descend_walk_open(model, table, &error);
    snprintf(arguments, sizeof arguments, "%s", test->arguments);
    for (word = strtok(arguments, " "); word; word = strtok(NULL, " "))
        CHECK_INT(descend_walk_argument(walk, word, &error), DESCEND_OK);
    set_options(walk, test->options);
    if (advice) set_options(walk, advice);
    CHECK_INT(descend_walk_run(walk, &error), DESCEND_OK);
    if (error) printf("%s: %s\n", test->formula, descend_error_text(error, "en"));
    snprintf(end.happened, sizeof end.happened, "%s", descend_walk_text(walk, "happened", "en"));
    snprintf(end.advice, sizeof end.advice, "%s", descend_walk_text(walk, "advice", "en"));
    snprintf(end.because, sizeof end.because, "%s",
             descend_walk_text(walk, "happened_because", "en"));
    end.loss = descend_walk_number(walk, "loss");
    end.verdict = descend_walk_verdict(walk);
    descend_walk_free(walk);
    descend_table_free(table);
    descend_model_free(model);
    descend_error_free(error);
    return end;
}

/* What is advised leads lower, or as low, and does not fly off. */
static int typed_helps(const Case *test, const End *end) {
    End again = walk_case(test, end->advice);
    int lower = again.loss <= end->loss + 1e-9 * fabs(end->loss) || !isfinite(end->loss);
    int good = lower && again.verdict != DESCEND_VERDICT_DIVERGED &&
               again.verdict != DESCEND_VERDICT_NON_FINITE;
    printf("   %s -> %s %s, loss %g -> %g%s\n", end->advice, again.happened,
           descend_verdict_name(again.verdict), end->loss, again.loss,
           good ? "" : "  <- NO HELP");
    return good;
}

static void planted(void) {
    size_t right = 0, helped = 0, advised = 0, slandered = 0, count = sizeof cases / sizeof *cases;
    for (size_t k = 0; k < count; k++) {
        const Case *test = &cases[k];
        End end = walk_case(test, NULL);
        int same = strcmp(end.happened, test->happened) == 0;
        int healthy = strcmp(test->happened, "good") == 0;
        right += (size_t)same;
        slandered += (size_t)(healthy && !same);
        printf("%s%s: %s %s %s %s: %s (%s)\n", same ? "" : "WRONG ", test->happened,
               test->formula, test->table ? test->table : "", test->arguments, test->options,
               end.happened, end.because);
        if (healthy || !end.advice[0] || strstr(end.advice, "--plot")) continue; /* a look */
        advised++;
        helped += (size_t)typed_helps(test, &end);
    }
    printf("%zu of %zu right; %zu of %zu advices help\n", right, count, helped, advised);
    CHECK(count >= 60);
    CHECK(20 * right >= 19 * count);
    CHECK_INT(slandered, 0);
    CHECK_INT(helped, advised);
}

TEST_MAIN(planted)
