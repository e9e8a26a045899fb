/* Fits to so many rows that their end is looked for on some of them first: it is that of all rows,
 * wherever one starts, whatever the rows are that nobody looked at, for any number of threads. */
#include "../../include/descend.h"
#include "../check.h"

#include <stdlib.h>

enum { ROWS = 270000, ODD = 200 };
static double xs[ROWS], ys[ROWS];

/* A decay with a small wave for noise; 'odd' rows in the middle lie far above it. */
static void fill(int odd) {
    for (int r = 0; r < ROWS; r++) {
        xs[r] = 10.0 * r / ROWS;
        ys[r] = 5 * exp(-0.7 * xs[r]) + 1 + 0.05 * sin(1e4 * xs[r]);
        if (r >= ROWS / 2 && r < ROWS / 2 + odd) ys[r] += 500;
    }
}

typedef struct End {
    double values[3], steps, rss;
    descend_verdict verdict;
    uint64_t digest;
} End;

static End fit(const double *start, const char *threads, const char *steps) {
    static const char *const names[] = {"x", "y"}, *const letters[] = {"a", "b", "c"};
    const double *columns[] = {xs, ys};
    End end = {.verdict = DESCEND_VERDICT_INTERRUPTED};
    descend_model *model = descend_model_parse("y ~ a*exp(-b*x) + c", NULL);
    descend_table *table = descend_table_columns(2, names, columns, ROWS, NULL);
    descend_walk *walk = descend_walk_open(model, table, NULL);
    CHECK(walk != NULL);
    descend_walk_set(walk, "threads", threads, NULL);
    if (steps) descend_walk_set(walk, "steps", steps, NULL);
    for (int k = 0; k < 3; k++) descend_walk_start(walk, letters[k], &start[k], 1, NULL);
    CHECK_INT(descend_walk_run(walk, NULL), DESCEND_OK);
    for (int k = 0; k < 3; k++) end.values[k] = descend_walk_values(walk)[k];
    end.steps = descend_walk_number(walk, "steps");
    end.rss = descend_walk_number(walk, "residual_sum_of_squares");
    end.verdict = descend_walk_verdict(walk);
    end.digest = descend_walk_digest(walk);
    printf("from %g %g %g: %.0f rounds to %.15g %.15g %.15g\n", start[0], start[1], start[2],
           end.steps, end.values[0], end.values[1], end.values[2]);
    descend_walk_free(walk);
    descend_table_free(table);
    descend_model_free(model);
    return end;
}

static const double near_start[] = {4, 0.5, 0.5}, far_start[] = {1, 3, 0};

static void same_end(End one, End other) {
    CHECK_INT(one.verdict, DESCEND_VERDICT_CONVERGED);
    CHECK_INT(other.verdict, DESCEND_VERDICT_CONVERGED);
    for (int k = 0; k < 3; k++) CHECK_NEAR(one.values[k], other.values[k], 1e-12);
    CHECK_NEAR(one.rss, other.rss, 1e-12);
}

TEST(one_end_from_everywhere) {
    fill(0);
    End end = fit(near_start, "2", NULL);
    same_end(end, fit(far_start, "2", NULL));
    CHECK(end.steps <= 5);
    CHECK(end.digest == fit(near_start, "1", NULL).digest);
    same_end(end, fit(end.values, "2", NULL));
}

/* He stands where the first round led. */
TEST(one_round_alone) {
    fill(0);
    End end = fit(near_start, "2", "1");
    CHECK(end.steps == 1);
    CHECK_NEAR(end.values[0], 5, 0.01);
    CHECK_NEAR(end.values[1], 0.7, 0.01);
    CHECK_NEAR(end.values[2], 1, 0.01);
}

/* The slope of the sum of squares, felt by hand. */
TEST(rows_that_nobody_looked_at) {
    fill(ODD);
    End end = fit(near_start, "2", NULL);
    double sums[4] = {0};
    same_end(end, fit(far_start, "2", NULL));
    for (int r = 0; r < ROWS; r++) {
        double e = exp(-end.values[1] * xs[r]);
        double residual = ys[r] - end.values[0] * e - end.values[2];
        sums[0] += residual * e;
        sums[1] += residual * e * xs[r];
        sums[2] += residual;
        sums[3] += fabs(residual);
    }
    for (int k = 0; k < 3; k++) CHECK(fabs(sums[k]) < 1e-10 * sums[3]);
}

TEST_MAIN(one_end_from_everywhere, one_round_alone, rows_that_nobody_looked_at)
