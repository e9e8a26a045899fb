/* Do 95 % intervals hold the truth in 95 of 100 measurements? 1,000 simulated tables for each
 * formula, with normal noise: a binomial count of 950 +- 20 (2.9 standard deviations). */
#include "../../include/descend.h"
#include "../../src/base/base.h"
#include "../check.h"

enum { SETS = 1000, POINTS = 20 };

typedef struct Case {
    const char *name, *formula;
    double (*value)(const double *truth, double x);
    double truth[2], noise;
    double x[POINTS];
    size_t n_points;
} Case;

/* How many walks came to a bottom, and how often the interval of each parameter held the truth. */
typedef struct Coverage {
    int arrived, held[2];
} Coverage;

static double line(const double *p, double x) { return p[0] * x + p[1]; }
static double decay(const double *p, double x) { return p[0] * exp(-p[1] * x); }
static double saturation(const double *p, double x) { return p[0] * x / (p[1] + x); }
static double power(const double *p, double x) { return p[0] * pow(x, p[1]); }

static const Case LINE = {
    "line", "y ~ a*x + b", line, {2, 1}, 0.5,
    {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20}, 20};
static const Case DECAY = {
    "decay", "y ~ a*exp(-b*x)", decay, {5, 0.4}, 0.2,
    {0, .4, .8, 1.2, 1.6, 2, 2.4, 2.8, 3.2, 3.6, 4, 4.4, 4.8, 5.2, 5.6, 6, 6.4, 6.8, 7.2, 7.6}, 20};
/* As the enzyme of examples/data/puromycin.csv. */
static const Case SATURATION = {
    "saturation", "y ~ a*x/(b + x)", saturation, {212.7, 0.06412}, 10.9,
    {0.02, 0.02, 0.06, 0.06, 0.11, 0.11, 0.22, 0.22, 0.56, 0.56, 1.1, 1.1}, 12};
/* Six points, and noise as high as the curve at x = 2.6. */
static const Case POWER = {
    "power", "y ~ a*x^b", power, {0.5, 2}, 3.5, {1, 2, 3, 4, 5, 6}, 6};

static void count_set(const Case *c, descend_model *model, descend_table *table, const char *kind,
                      Coverage *coverage) {
    static const char *const names[] = {"a", "b"};
    double low[2], high[2];
    descend_walk *walk = descend_walk_open(model, table, NULL);
    for (int i = 0; i < 2; i++)
        CHECK_INT(descend_walk_start(walk, names[i], &c->truth[i], 1, NULL), DESCEND_OK);
    CHECK_INT(descend_walk_set(walk, "intervals", kind, NULL), DESCEND_OK);
    CHECK_INT(descend_walk_run(walk, NULL), DESCEND_OK);
    CHECK_INT(descend_walk_vector(walk, "confidence_low", low, 2), DESCEND_OK);
    CHECK_INT(descend_walk_vector(walk, "confidence_high", high, 2), DESCEND_OK);
    descend_walk_free(walk);
    if (isnan(low[0]) || isnan(low[1])) return;
    coverage->arrived++;
    for (int i = 0; i < 2; i++)
        coverage->held[i] += low[i] <= c->truth[i] && c->truth[i] <= high[i];
}

static Coverage count(const Case *c, const char *kind) {
    static const char *const names[] = {"x", "y"};
    double y[POINTS];
    const double *const columns[] = {c->x, y};
    Coverage coverage = {0};
    RandomKey key = random_key(7, c->name);
    descend_model *model = descend_model_parse(c->formula, NULL);
    descend_table *table = descend_table_columns(2, names, columns, c->n_points, NULL);
    for (uint64_t set = 0; set < SETS; set++) {
        for (size_t k = 0; k < c->n_points; k++)
            y[k] = c->value(c->truth, c->x[k]) + c->noise * random_normal(key, set * POINTS + k);
        count_set(c, model, table, kind, &coverage);
    }
    descend_table_free(table);
    descend_model_free(model);
    printf("%s, %s intervals of %d tables hold the truth: a %d, b %d\n", c->name, kind,
           coverage.arrived, coverage.held[0], coverage.held[1]);
    return coverage;
}

static void check_coverage(const Case *c, const char *kind) {
    Coverage coverage = count(c, kind);
    CHECK_INT(coverage.arrived, SETS);
    for (int i = 0; i < 2; i++) CHECK(coverage.held[i] >= 930 && coverage.held[i] <= 970);
}

TEST(lines) { check_coverage(&LINE, "linear"); }
TEST(decays) { check_coverage(&DECAY, "linear"); }
TEST(saturations) { check_coverage(&SATURATION, "linear"); }

/* Where the curve bends within the scatter, 95 % of the linear approximation are 85; the profile
 * keeps what it says. */
TEST(powers) {
    Coverage linear = count(&POWER, "linear");
    CHECK(linear.held[0] < 880);
    check_coverage(&POWER, "profile");
}

TEST_MAIN(lines, decays, saturations, powers)
