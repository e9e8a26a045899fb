/* Slopes by any node: by columns, and by values within. */
#include "helper.h"

static void check_rows(const Built *built, NodeId node, const double *parameters,
                       double (*want)(double), const double *x, size_t n) {
    const double *columns[16];
    Rows rows = built_rows(built, columns);
    double got[8] = {0};
    CHECK(evaluate(built->graph, &node, 1, parameters, &rows, got));
    for (size_t r = 0; r < n; r++) CHECK_NEAR(got[r], want(x[r]), 1e-14);
}

static const double X[3] = {0.5, -1, 2}, AB[2] = {1.5, 0.7};

static double wave_by_x(double x) { return -AB[0] * AB[1] * cos(AB[1] * x); }
static double wave_twice_by_x(double x) { return AB[0] * AB[1] * AB[1] * sin(AB[1] * x); }

/* y ~ a*sin(b*x): the residual by x, and that once more. */
TEST(by_column) {
    Built built;
    CHECK_INT(built_open(&built, "y ~ a*sin(b*x)", "x=0.5,-1,2 y=1,2,3", NULL), STATUS_OK);
    Graph *graph = built.graph;
    NodeId x = graph_column(graph, 0), slope, again;
    CHECK_INT(graph_gradient_by(graph, graph->residuals[0], &x, 1, GRADIENT_PER_ROW, &slope,
                                &built.error), STATUS_OK);
    CHECK_INT(graph_gradient_by(graph, slope, &x, 1, GRADIENT_PER_ROW, &again, &built.error),
              STATUS_OK);
    CHECK_INT(graph_verify(graph, &built.error), STATUS_OK);
    check_rows(&built, slope, AB, wave_by_x, X, 3);
    check_rows(&built, again, AB, wave_twice_by_x, X, 3);
    built_close(&built);
}

static double root_by_x(double x) { return x > 0 ? -1 / (2 * sqrt(x)) : 0; }

/* The arm that is not taken gives nothing, not even NaN. */
TEST(by_column_in_an_arm) {
    Built built;
    CHECK_INT(built_open(&built, "y ~ where(x > 0, sqrt(x), 0) + a", "x=0.5,-1,2 y=1,2,3", NULL),
              STATUS_OK);
    NodeId x = graph_column(built.graph, 0), slope;
    CHECK_INT(graph_gradient_by(built.graph, built.graph->residuals[0], &x, 1, GRADIENT_PER_ROW,
                                &slope, &built.error), STATUS_OK);
    check_rows(&built, slope, AB, root_by_x, X, 3);
    built_close(&built);
}

static double square_by_value(double x) { return 2 * sin(AB[0] * x); }

/* By a value within: s^2 by s, whatever s is made of; and by a column that is not there: 0. */
TEST(by_a_value) {
    Built built;
    CHECK_INT(built_open(&built, "y ~ b + sin(a*x)^2", "x=0.5,-1,2 y=1,2,3", NULL), STATUS_OK);
    Graph *graph = built.graph;
    NodeId square = NODE_NONE, out[2];
    for (NodeId id = 1; id < graph->n_nodes; id++)
        if (graph->nodes[id].op == OP_POWI && graph->nodes[graph_input(graph, id, 0)].op == OP_SIN)
            square = id;
    CHECK(square != NODE_NONE);
    NodeId by[2] = {graph_input(graph, square, 0), graph_column(graph, 1)};
    CHECK_INT(graph_gradient_by(graph, square, by, 2, GRADIENT_PER_ROW, out, &built.error),
              STATUS_OK);
    CHECK(graph_is_constant(graph, out[1], 0));
    double ba[2] = {AB[0], AB[0]};
    check_rows(&built, out[0], ba, square_by_value, X, 3);
    built_close(&built);
}

TEST_MAIN(by_column, by_column_in_an_arm, by_a_value)
