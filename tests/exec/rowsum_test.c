/* The summation tree against a slow one written from its definition alone: leaves of 1,024 rows, 16
 * lanes, pairs of leaves, pairs of pairs; and how exact it is. */
#include "agree.h"

enum { ROWSUM_MOST = 70000 };

static double rowsum_data[2][ROWSUM_MOST + 9];
static const double *rowsum_columns[2] = {rowsum_data[0], rowsum_data[1]};

static void rowsum_fill(void) {
    RandomKey key = random_key(11, "rowsum");
    for (size_t r = 0; r < ROWSUM_MOST + 9; r++) {
        double u = random_uniform(key, r);
        rowsum_data[0][r] = random_normal(key, r + 1000000) * ldexp(1, (int)(u * 60) - 30);
        rowsum_data[1][r] = floor(random_uniform(key, r + 2000000) * 3) + 1;
    }
}

/* Rows [from, to) of one leaf: lane i holds those with r % 16 = i. */
static double rowsum_leaf(const double *values, size_t from, size_t to) {
    double lane[16] = {0};
    for (size_t r = from; r < to; r++) lane[r % 16] += values[r];
    for (int i = 0; i < 8; i++) lane[i] += lane[i + 8];
    for (int i = 0; i < 4; i++) lane[i] += lane[i + 4];
    return (lane[0] + lane[2]) + (lane[1] + lane[3]);
}

/* Complete subtrees are powers of two of leaves; the rest joins from the right. */
static double rowsum_tree(const double *values, size_t count) {
    size_t leaves = (count + 1023) / 1024, whole = count / 1024, size = 1;
    if (leaves <= 1) return rowsum_leaf(values, 0, count);
    if (whole == leaves) {
        while (size * 2 <= leaves) size *= 2;
        if (size == leaves) size /= 2;
    } else {
        while (size * 2 <= whole) size *= 2;
    }
    size_t split = size * 1024;
    double left = rowsum_tree(values, split);
    double *copy = malloc((count - split) * sizeof(double));
    memcpy(copy, values + split, (count - split) * sizeof(double));
    double right = rowsum_tree(copy, count - split);
    free(copy);
    return left + right;
}

static double rowsum_of(const double *values, size_t first, size_t count, size_t height) {
    Error error = {0};
    Graph *graph;
    CHECK_INT(graph_new(NULL, &error, &graph), STATUS_OK);
    NodeId out = graph_unary(graph, OP_ROW_SUM, graph_column(graph, 0));
    const double *columns[] = {values};
    Rows rows = {columns, first, count, NULL};
    Plan *plan;
    PlanOptions options = {.block_rows = height};
    double sum = NAN, *results[] = {&sum};
    CHECK_INT(exec_plan(graph, &out, 1, &options, &plan, &error), STATUS_OK);
    CHECK_INT(exec_run(plan, NULL, &rows, results, NULL), STATUS_OK);
    exec_free(plan);
    graph_free(graph);
    return sum;
}

TEST(sums_follow_the_tree) {
    static const size_t counts[] = {0,    1,    2,    15,   16,   17,   31,   33,    1023,  1024,
                                    1025, 2047, 2048, 2049, 3072, 4095, 4097, 10241, 65536, 69999};
    static const size_t heights[] = {0, 1, 3, 7, 64, 1000, 1024, 4096, 100000};
    rowsum_fill();
    for (size_t c = 0; c < sizeof counts / sizeof *counts; c++)
        for (size_t first = 0; first < 9; first += 4) {
            double want = rowsum_tree(rowsum_data[0] + first, counts[c]);
            for (size_t h = 0; h < sizeof heights / sizeof *heights; h++) {
                double got = rowsum_of(rowsum_data[0], first, counts[c], heights[h]);
                CHECK(agree_same(got, want));
            }
        }
}

/* 0.1 summed 65,536 times is off by less than an ulp or two of the exact sum of the doubles. */
TEST(sums_are_exact_enough) {
    rowsum_fill();
    for (size_t r = 0; r < 65536; r++) rowsum_data[0][r] = 0.1;
    double got = rowsum_of(rowsum_data[0], 0, 65536, 0);
    CHECK_NEAR(got, 65536 * 0.1, 3e-15);
}

/* Elements of a shaped value are summed as if each were alone. */
TEST(shaped_sums) {
    rowsum_fill();
    Error error = {0};
    Graph *graph;
    CHECK_INT(graph_new(NULL, &error, &graph), STATUS_OK);
    NodeId x = graph_column(graph, 0), y = graph_column(graph, 1);
    NodeId pair = graph_add(graph, OP_STACK, (NodeId[]){x, y}, 2, (NodeAux){0});
    NodeId out[5] = {graph_unary(graph, OP_ROW_SUM, pair), graph_unary(graph, OP_ROW_MIN, pair),
                     graph_unary(graph, OP_ROW_MAX, pair)};
    AgreeCase task = {graph, out, 3, NULL, {rowsum_columns, 0, 5000, NULL}};
    AgreeValues got = agree_check(&task, "shaped");
    CHECK(agree_same(got.data[0], rowsum_tree(rowsum_data[0], 5000)));
    CHECK(agree_same(got.data[1], rowsum_tree(rowsum_data[1], 5000)));
    double least = INFINITY, greatest = -INFINITY;
    for (size_t r = 0; r < 5000; r++) {
        least = fmin(least, rowsum_data[0][r]);
        greatest = fmax(greatest, rowsum_data[0][r]);
    }
    CHECK_NEAR(got.data[2], least, 0);
    CHECK_NEAR(got.data[4], greatest, 0);
    CHECK_NEAR(got.data[3], 1, 0);
    CHECK_NEAR(got.data[5], 3, 0);
    free(got.data);
    graph_free(graph);
}

/* NaN anywhere is NaN everywhere. */
TEST(least_and_greatest_keep_nan) {
    for (size_t r = 0; r < 100; r++) rowsum_data[0][r] = (double)r;
    rowsum_data[0][63] = NAN;
    Error error = {0};
    Graph *graph;
    CHECK_INT(graph_new(NULL, &error, &graph), STATUS_OK);
    NodeId x = graph_column(graph, 0), half = graph_constant(graph, 0.5);
    NodeId out[4] = {graph_unary(graph, OP_ROW_MIN, x), graph_unary(graph, OP_ROW_MAX, x),
                     graph_unary(graph, OP_ROW_SUM, x),
                     graph_binary(graph, OP_ROW_QUANTILE, x, half)};
    AgreeCase task = {graph, out, 4, NULL, {rowsum_columns, 0, 100, NULL}};
    AgreeValues got = agree_check(&task, "nan");
    for (size_t k = 0; k < 4; k++) CHECK(isnan(got.data[k]));
    free(got.data);
    graph_free(graph);
}

/* R: quantile(c(3,1,4,1,5,9,2,6), p, type = 7) */
TEST(quantiles_are_those_of_r) {
    static const double values[] = {3, 1, 4, 1, 5, 9, 2, 6};
    static const double p[] = {0, 0.1, 0.25, 0.5, 0.75, 0.9, 1, 1.5};
    static const double want[] = {1, 1, 1.75, 3.5, 5.25, 6.9, 9, NAN};
    const double *columns[] = {values};
    Error error = {0};
    Graph *graph;
    CHECK_INT(graph_new(NULL, &error, &graph), STATUS_OK);
    NodeId x = graph_column(graph, 0), out[8];
    for (int k = 0; k < 8; k++)
        out[k] = graph_binary(graph, OP_ROW_QUANTILE, x, graph_constant(graph, p[k]));
    AgreeCase task = {graph, out, 8, NULL, {columns, 0, 8, NULL}};
    AgreeValues got = agree_check(&task, "quantile");
    for (int k = 0; k < 8; k++) CHECK_NEAR(got.data[k], want[k], 1e-15);
    free(got.data);
    graph_free(graph);
}

/* ROW_SUM of SCATTER, whose zeros are never made, is the sum of the made ones. */
TEST(scattered_sums) {
    rowsum_fill();
    Error error = {0};
    Graph *graph;
    CHECK_INT(graph_new(NULL, &error, &graph), STATUS_OK);
    NodeId x = graph_column(graph, 0), at = graph_column(graph, 1), one = graph_constant(graph, 1);
    NodeId two = graph_add(graph, OP_STACK, (NodeId[]){x, one}, 2, (NodeAux){0});
    NodeId scattered = graph_add_shaped(graph, OP_SCATTER, (NodeId[]){two, at}, 2, (NodeAux){0},
                                        (Shape){2, {4, 2}});
    NodeId made = graph_binary(graph, OP_ADD, scattered,
                               graph_expand(graph, graph_constant(graph, 0), (Shape){2, {4, 2}}));
    NodeId two_wide =
        graph_add_shaped(graph, OP_SCATTER, (NodeId[]){one, at}, 2, (NodeAux){0}, (Shape){1, {2}});
    NodeId out[3] = {graph_unary(graph, OP_ROW_SUM, scattered),
                     graph_unary(graph, OP_ROW_SUM, made),
                     graph_unary(graph, OP_ROW_SUM, two_wide)};
    AgreeCase task = {graph, out, 3, NULL, {rowsum_columns, 3, 5000, NULL}};
    AgreeValues got = agree_check(&task, "scattered");
    double counts = 0;
    for (int e = 0; e < 8; e++) {
        CHECK(agree_same(got.at[0][e], got.at[1][e]));
        if (e % 2) counts += got.at[0][e];
    }
    CHECK_NEAR(counts, 5000, 0);
    CHECK(isnan(got.at[2][0]) && isnan(got.at[2][1])); /* index 3 of 2 */
    free(got.data);
    graph_free(graph);
}

TEST_MAIN(sums_follow_the_tree, sums_are_exact_enough, shaped_sums, least_and_greatest_keep_nan,
          quantiles_are_those_of_r, scattered_sums)
