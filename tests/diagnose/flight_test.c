/* What is named of a walk that flew off: by hand at given places, and over the public API. */
#include "../../include/descend.h"
#include "problem.h"

#define LINE "x=1,2,3 y=2,4,6"
#define TWO "x=1,2,3,4 z=0,1,-1,2 y=2,4,6,9"

typedef struct FlightCase {
    const char *formula, *data;
    double start[4], end[4];
    const char *parameter, *term;
    double from, to, term_from, term_to;
    int row; /* from 1; 0: none */
} FlightCase;

static const FlightCase flight_cases[] = {
    {"y ~ w*x", LINE, {0}, {-1e12}, "w", "w*x", 0, -1e12, 0, -3e12, 3},
    {"y ~ w*x + b", LINE, {1, 2}, {1e5, 3e5}, "b", "w*x", 2, 3e5, 3, 3e5, 3},
    {"y ~ a*x - b*z + 1", TWO, {1, 1}, {10, 1000}, "b", "b*z", 1, 1000, 2, 2000, 4},
    {"y ~ a*x + a*z^3", TWO, {1}, {10}, "a", "a*z^3", 1, 10, 8, 80, 4},
    {"y ~ 2*(a*x + b*z)", TWO, {1, 1}, {10, 1000}, "b", "b*z", 1, 1000, 2, 2000, 4},
    {"y ~ a*exp(b*x) + a^2", LINE, {1, 0}, {1, 40}, "b", "a*exp(b*x)", 0, 40, 1,
     1.3041808783936323e52, 3},
    {"param W[2]; y ~ W @ [x, z] + c", TWO, {0, 0, 0}, {10, 100, 5}, "W[2]", "W @ [x, z]", 0, 100,
     0, 240, 4},
    {"(y - w*x)^2", LINE, {0}, {-1e3}, "w", "w*x", 0, -1e3, 0, -3e3, 3},
    {"0.5*(y - w*x - b)^2", LINE, {0, 0}, {-1e3, 1}, "w", "w*x", 0, -1e3, 0, -3e3, 3},
    {"(y - w*x)^2 + 0.1*w^2", LINE, {0}, {-10}, "w", "(y - w*x)^2", 0, -10, 36, 1296, 3},
    {"mean(([y, x] - [a*x, b*z])^2)", TWO, {0, 0}, {1, 30}, "b", "[a*x, b*z]", 0, 30, 0, 60, 4},
    {"100*a^2 + b^2", NULL, {1, 1}, {-50, 20}, "a", "100*a^2", 1, -50, 100, 250000, 0},
    {"(1 - a)^2 + 100*(b - a^2)^2", NULL, {-1, 1}, {50, 20}, "a", "100*(b - a^2)^2", -1, 50, 0,
     615040000, 0},
    {"w^2", NULL, {10}, {1000}, "w", "", 10, 1000, 0, 0, 0}, /* the term is the loss itself */
    {"w^4", NULL, {10}, {1000}, "w", "", 10, 1000, 0, 0, 0},
    {"w^4 - 4*w^2 + w", NULL, {0}, {1000}, "w", "w^4", 0, 1000, 0, 1e12, 0},
    {"exp(w) - w", NULL, {1}, {-1000}, "w", "", 1, -1000, 0, 0, 0}, /* nor the parameter */
};

static void flight_check(const FlightCase *c) {
    Opened opened = opened_open(c->formula, c->data, NULL);
    WalkFacts facts = {.start = c->start, .values = c->end};
    Flight flight;
    Text name = {0};
    int before = check_failures;
    CHECK_INT(diagnose_flight(opened.problem, &facts, &flight), STATUS_OK);
    CHECK(flight.known);
    graph_scalar_name(train_graph(opened.problem), flight.parameter, &name);
    CHECK_TEXT(text_string(&name), c->parameter);
    CHECK_NEAR(flight.from, c->from, 0);
    CHECK_NEAR(flight.to, c->to, 0);
    CHECK_TEXT(text_string(&flight.term), c->term);
    CHECK_NEAR(flight.term_from, c->term_from, 1e-14);
    CHECK_NEAR(flight.term_to, c->term_to, 1e-14);
    CHECK_INT(flight.has_row ? (int)flight.row + 1 : 0, c->row);
    if (check_failures > before) printf("  of %s\n", c->formula);
    text_free(&name);
    diagnose_flight_free(&flight);
    opened_close(&opened);
}

TEST(by_hand) {
    for (size_t k = 0; k < COUNT_OF(flight_cases); k++) flight_check(&flight_cases[k]);
}

/* The same flight with a column in other units: z becomes u*z, its parameter b/u. */
TEST(units_do_not_matter) {
    static const char *const formulas[] = {"y ~ a*x + b*z", "(y - a*x - b*z)^2"};
    static const double units[] = {1e-6, 1e-3, 1, 1e3, 1e6};
    for (size_t f = 0; f < COUNT_OF(formulas); f++)
        for (size_t k = 0; k < COUNT_OF(units); k++)
            for (int which = 0; which < 2; which++) {
                Text data = {0};
                double u = units[k], start[2] = {0, 0}, end[2] = {which ? 10 : 300, 100 / u};
                text_format(&data, "x=1,2,3,4 y=2,4,6,9 z=0,");
                text_add_number(&data, u);
                text_add_char(&data, ',');
                text_add_number(&data, -u);
                text_add_char(&data, ',');
                text_add_number(&data, 2 * u);
                Opened opened = opened_open(formulas[f], text_string(&data), NULL);
                WalkFacts facts = {.start = start, .values = end};
                Flight flight;
                CHECK_INT(diagnose_flight(opened.problem, &facts, &flight), STATUS_OK);
                CHECK_INT(flight.parameter, which);
                CHECK_TEXT(text_string(&flight.term), which ? "b*z" : "a*x");
                diagnose_flight_free(&flight);
                opened_close(&opened);
                text_free(&data);
            }
}

TEST(thrown_out_at_once) {
    Opened opened = opened_open("y ~ w*x", LINE, NULL);
    double start[1] = {0}, far[1] = {1e300};
    WalkFacts facts = {.start = start, .values = start};
    Flight flight;
    CHECK_INT(diagnose_flight(opened.problem, &facts, &flight), STATUS_OK);
    CHECK(!flight.known);
    diagnose_flight_free(&flight);
    facts.fault_point = far;
    CHECK_INT(diagnose_flight(opened.problem, &facts, &flight), STATUS_OK);
    CHECK(flight.known && flight.to == 1e300 && flight.term_to == 3e300);
    diagnose_flight_free(&flight);
    opened_close(&opened);
}

/* ---- over the public API --------------------------------------------------------------------- */

typedef struct Flown {
    descend_model *model;
    descend_table *table;
    descend_walk *walk;
    char reason[512];
    char advice[128];
} Flown;

static Flown fly(const char *formula, const char *data, const char *start,
                 const char *const *options) {
    Flown flown = {.model = descend_model_parse(formula, NULL)};
    if (data) flown.table = descend_table_parse(data, NULL);
    flown.walk = descend_walk_open(flown.model, flown.table, NULL);
    CHECK_INT(descend_walk_argument(flown.walk, start, NULL), DESCEND_OK);
    for (; *options; options += 2)
        CHECK_INT(descend_walk_set(flown.walk, options[0], options[1], NULL), DESCEND_OK);
    CHECK_INT(descend_walk_run(flown.walk, NULL), DESCEND_OK);
    snprintf(flown.reason, sizeof flown.reason, "%s",
             descend_walk_text(flown.walk, "reason", "en"));
    snprintf(flown.advice, sizeof flown.advice, "%s",
             descend_walk_text(flown.walk, "advice", "en"));
    return flown;
}
#define FLY(formula, data, start, ...)                                                             \
    fly((formula), (data), (start), (const char *const[]){__VA_ARGS__, NULL})

static void land(Flown *flown) {
    descend_walk_free(flown->walk);
    descend_table_free(flown->table);
    descend_model_free(flown->model);
}

static void flown_says(const Flown *flown, const char *part) {
    if (strstr(flown->reason, part)) return;
    CHECK_FAIL(flown->reason);
    printf("  misses: %s\n", part);
}

TEST(three_points) {
    Flown flown = FLY("y ~ w*x", LINE, "w=0", "rate", "10");
    CHECK_INT(descend_walk_verdict(flown.walk), DESCEND_VERDICT_DIVERGED);
    CHECK(descend_walk_number(flown.walk, "steps") <= 78);
    CHECK(isfinite(descend_walk_number(flown.walk, "loss")));
    CHECK(isfinite(descend_walk_values(flown.walk)[0]));
    CHECK_NEAR(descend_walk_number(flown.walk, "rate_limit"), 3.0 / 14, 1e-15);
    flown_says(&flown, "w went from 0 to -1239313000000.");
    flown_says(&flown, "the term 'w*x' went from 0 to -3717940000000 (row 3).");
    flown_says(&flown, "just under 0.2142857.");
    CHECK_TEXT(flown.advice, "--rate 0.1");
    land(&flown);
}

/* All rounds that were asked for are walked while numbers are finite. */
TEST(a_hundred_rounds) {
    Flown flown = FLY("y ~ w*x", LINE, "w=0", "rate", "10", "steps", "100");
    CHECK_INT(descend_walk_verdict(flown.walk), DESCEND_VERDICT_DIVERGED);
    CHECK_INT(descend_walk_number(flown.walk, "steps"), 79);
    CHECK(isfinite(descend_walk_number(flown.walk, "loss")));
    CHECK(fabs(descend_walk_values(flown.walk)[0]) > 1e151);
    flown_says(&flown, "in round 79 the loss overflowed; kept is the last place");
    flown_says(&flown, "w went from 0 to 4.301655e151. With it the term 'w*x'");
    land(&flown);
}

TEST(at_the_first_step) {
    static const char *const rates[] = {"1e160", "1e300", "1e308"};
    for (size_t k = 0; k < COUNT_OF(rates); k++) {
        Flown flown = FLY("y ~ w*x", LINE, "w=0", "rate", rates[k]);
        CHECK_INT(descend_walk_verdict(flown.walk), DESCEND_VERDICT_DIVERGED);
        CHECK_NEAR(descend_walk_values(flown.walk)[0], 0, 0);
        CHECK_NEAR(descend_walk_number(flown.walk, "loss"), 56.0 / 3, 1e-15);
        flown_says(&flown, "The step took w from 0 to ");
        flown_says(&flown, "just under 0.2142857.");
        CHECK_TEXT(flown.advice, "--rate 0.1");
        land(&flown);
    }
}

/* A first step that leads lower and a second that overflows is no loss that falls for ever. */
TEST(lower_before_it_overflows) {
    Flown flown = FLY("exp(1e6*(w - 5)) + exp(-1000*w - 40) - 100*w", NULL, "w=0", "rate",
                      "0.05000004");
    CHECK_INT(descend_walk_verdict(flown.walk), DESCEND_VERDICT_DIVERGED);
    CHECK(descend_walk_number(flown.walk, "loss") < -400);
    flown_says(&flown, "in round 3 the loss overflowed; kept is the last place");
    CHECK_TEXT(flown.advice, "--rate measured");
    land(&flown);
    flown = FLY("-w^2", NULL, "w=1", "rate", "0.5");
    flown_says(&flown, "falls without end");
    CHECK_TEXT(flown.advice, "");
    land(&flown);
}

TEST_MAIN(by_hand, units_do_not_matter, thrown_out_at_once, three_points, a_hundred_rounds,
          at_the_first_step, lower_before_it_overflows)
