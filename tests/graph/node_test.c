/* Nodes: sharing, folding, simplification without changing a bit, shapes, regions; and the
 * verifier, which must notice what is broken. */
#include "helper.h"

typedef struct Bench {
    Graph *graph;
    Error error;
    NodeId x, y, row; /* two parameters and a column */
} Bench;

static void bench_open(Bench *bench) {
    *bench = (Bench){0};
    CHECK_INT(graph_new(NULL, &bench->error, &bench->graph), STATUS_OK);
    for (int k = 0; k < 2; k++)
        graph_new_parameter(bench->graph, k ? "y" : "x", (Shape){0}, (Span){0});
    bench->x = graph_parameter(bench->graph, 0);
    bench->y = graph_parameter(bench->graph, 1);
    bench->row = graph_column(bench->graph, 0);
}

static NodeId bench_shaped(Bench *bench, Shape shape) {
    uint32_t index = graph_new_parameter(bench->graph, "v", shape, (Span){0});
    return graph_parameter(bench->graph, index);
}

static void bench_close(Bench *bench) {
    CHECK_INT(graph_verify(bench->graph, &bench->error), STATUS_OK);
    graph_free(bench->graph);
}

static Op op_of(const Graph *graph, NodeId id) {
    return graph->nodes[id].op;
}

static uint32_t flags_of(const Graph *graph, NodeId id) {
    return graph->nodes[id].flags;
}

static uint32_t region_of(const Graph *graph, NodeId id) {
    return graph->nodes[id].region;
}

TEST(sharing) {
    Bench b;
    bench_open(&b);
    Graph *g = b.graph;
    CHECK_INT(graph_parameter(g, 0), b.x);
    CHECK_INT(graph_constant(g, 0.5), graph_constant(g, 0.5));
    CHECK(graph_constant(g, 0.0) != graph_constant(g, -0.0));
    CHECK_INT(graph_constant(g, NAN), graph_constant(g, -NAN));
    NodeId sum = graph_binary(g, OP_ADD, b.x, b.y);
    CHECK_INT(graph_binary(g, OP_ADD, b.y, b.x), sum); /* commutes, bit for bit */
    CHECK(graph_binary(g, OP_SUB, b.x, b.y) != graph_binary(g, OP_SUB, b.y, b.x));
    CHECK(graph_power(g, b.x, 2) != graph_power(g, b.x, 3));
    size_t before = g->n_nodes;
    for (int k = 0; k < 100; k++) graph_unary(g, OP_EXP, sum);
    CHECK_INT(g->n_nodes, before + 1);
    bench_close(&b);
}

TEST(folding) {
    Bench b;
    bench_open(&b);
    Graph *g = b.graph;
    NodeId two = graph_constant(g, 2), three = graph_constant(g, 3);
    CHECK(graph_is_constant(g, graph_binary(g, OP_MUL, two, three), 6));
    CHECK(graph_is_constant(g, graph_unary(g, OP_LOG, graph_constant(g, -1)), NAN));
    CHECK(graph_is_constant(g, graph_power(g, two, -2), 0.25));
    NodeId wide = graph_expand(g, two, (Shape){2, {2, 3}});
    NodeId folded = graph_binary(g, OP_ADD, wide, three);
    CHECK(graph_is_constant(g, folded, 5));
    CHECK_INT(g->nodes[folded].shape.rank, 2);
    CHECK_INT(graph_select(g, graph_constant(g, 1), b.x, b.y), b.x);
    CHECK_INT(graph_select(g, graph_constant(g, NAN), b.x, b.y), b.x); /* NaN is not 0 */
    CHECK_INT(graph_select(g, graph_constant(g, 0), b.x, b.y), b.y);
    bench_close(&b);
}

TEST(simplification) {
    Bench b;
    bench_open(&b);
    Graph *g = b.graph;
    NodeId one = graph_constant(g, 1), zero = graph_constant(g, 0);
    NodeId minus = graph_unary(g, OP_NEG, b.x);
    CHECK_INT(graph_binary(g, OP_MUL, b.x, one), b.x);
    CHECK_INT(graph_binary(g, OP_MUL, one, b.x), b.x);
    CHECK_INT(graph_binary(g, OP_DIV, b.x, one), b.x);
    CHECK_INT(graph_binary(g, OP_SUB, b.x, zero), b.x);
    CHECK_INT(graph_binary(g, OP_ADD, b.x, graph_constant(g, -0.0)), b.x);
    CHECK(graph_binary(g, OP_ADD, b.x, zero) != b.x);  /* -0 + 0 is 0 */
    CHECK(graph_binary(g, OP_MUL, b.x, zero) != zero); /* NaN*0, -1*0 */
    CHECK_INT(graph_unary(g, OP_NEG, minus), b.x);
    CHECK_INT(graph_binary(g, OP_MUL, b.x, graph_constant(g, -1)), minus);
    CHECK_INT(graph_binary(g, OP_ADD, b.y, minus), graph_binary(g, OP_SUB, b.y, b.x));
    CHECK_INT(graph_binary(g, OP_SUB, b.y, minus), graph_binary(g, OP_ADD, b.y, b.x));
    CHECK_INT(graph_binary(g, OP_MUL, minus, minus), graph_binary(g, OP_MUL, b.x, b.x));
    CHECK_INT(graph_power(g, b.x, 1), b.x);
    CHECK(graph_is_constant(g, graph_power(g, b.x, 0), 1));
    CHECK_INT(op_of(g, graph_power(g, b.x, 0.5)), OP_POW);
    CHECK_INT(op_of(g, graph_power(g, b.x, 1025)), OP_POW);
    CHECK_INT(op_of(g, graph_power(g, b.x, -1024)), OP_POWI);
    NodeId less = graph_binary(g, OP_LT, b.x, b.y);
    CHECK_INT(graph_select(g, less, one, zero), less);
    CHECK_INT(graph_select(g, less, zero, one), graph_unary(g, OP_NOT, less));
    CHECK_INT(graph_select(g, b.x, one, zero) == b.x, false);
    CHECK(graph_is_constant(g, graph_binary(g, OP_AND, zero, less), 0));
    CHECK_INT(graph_binary(g, OP_AND, less, one), less);
    CHECK_INT(graph_binary(g, OP_OR, zero, less), less);
    bench_close(&b);
}

/* Every simplification, at hard values, gives the bits of the plain operation. */
TEST(simplification_keeps_bits) {
    static const double hard[] = {0,     -0.0,    1,      -1,       0.1,       -2.5,
                                  1e308, -1e308, 5e-324, INFINITY, -INFINITY, NAN};
    static const Op ops[] = {OP_ADD, OP_SUB, OP_MUL, OP_DIV, OP_AND, OP_OR};
    Bench b;
    bench_open(&b);
    Graph *g = b.graph;
    Rows none = {0};
    for (size_t o = 0; o < COUNT_OF(ops); o++) {
        for (size_t c = 0; c < COUNT_OF(hard); c++) {
            NodeId k = graph_constant(g, hard[c]), minus = graph_unary(g, OP_NEG, b.x);
            NodeId out[4] = {graph_binary(g, ops[o], b.x, k), graph_binary(g, ops[o], k, b.x),
                             graph_binary(g, ops[o], minus, k), graph_binary(g, ops[o], k, minus)};
            for (size_t v = 0; v < COUNT_OF(hard); v++) {
                double x = hard[v], got[4], at[2] = {x, 0};
                double want[4] = {op_value(ops[o], x, hard[c], 0, 0),
                                  op_value(ops[o], hard[c], x, 0, 0),
                                  op_value(ops[o], -x, hard[c], 0, 0),
                                  op_value(ops[o], hard[c], -x, 0, 0)};
                CHECK(evaluate(g, out, 4, at, &none, got));
                for (int i = 0; i < 4; i++) {
                    bool same = (isnan(got[i]) && isnan(want[i])) ||
                                (got[i] == want[i] && signbit(got[i]) == signbit(want[i]));
                    if (!same) printf("%s %g %g\n", op_info(ops[o])->name, x, hard[c]);
                    CHECK(same);
                }
            }
        }
    }
    bench_close(&b);
}

TEST(broadcasting) {
    static const struct {
        Shape a, b;
        bool fits;
        Shape result;
    } cases[] = {
        {{0}, {1, {3}}, true, {1, {3}}},
        {{1, {3}}, {2, {2, 3}}, true, {2, {2, 3}}},
        {{2, {2, 1}}, {1, {3}}, true, {2, {2, 3}}},
        {{2, {1, 3}}, {2, {2, 1}}, true, {2, {2, 3}}},
        {{3, {4, 1, 3}}, {2, {2, 1}}, true, {3, {4, 2, 3}}},
        {{1, {2}}, {1, {3}}, false, {0}},
        {{2, {2, 3}}, {1, {2}}, false, {0}},
    };
    for (size_t k = 0; k < COUNT_OF(cases); k++) {
        Bench b;
        bench_open(&b);
        NodeId left = bench_shaped(&b, cases[k].a), right = bench_shaped(&b, cases[k].b);
        NodeId sum = graph_binary(b.graph, OP_ADD, left, right);
        CHECK_INT(sum != NODE_NONE, cases[k].fits);
        if (sum != NODE_NONE) CHECK(graph_shape_same(&b.graph->nodes[sum].shape, &cases[k].result));
        else CHECK_INT(b.graph->status, STATUS_INPUT);
        bench_close(&b);
    }
}

TEST(rows_and_parameters) {
    Bench b;
    bench_open(&b);
    Graph *g = b.graph;
    NodeId both = graph_binary(g, OP_MUL, b.x, b.row);
    CHECK_INT(g->nodes[both].flags, NODE_ROWS | NODE_PARAMS);
    NodeId sum = graph_unary(g, OP_ROW_SUM, both);
    CHECK_INT(g->nodes[sum].flags, NODE_PARAMS);
    CHECK_INT(flags_of(g, graph_unary(g, OP_ROW_SUM, b.row)), 0);
    /* the same in each row: times their number */
    NodeId repeated = graph_unary(g, OP_ROW_SUM, b.x);
    CHECK_INT(g->nodes[repeated].op, OP_MUL);
    CHECK_INT(graph_unary(g, OP_ROW_MAX, b.x), b.x);
    bench_close(&b);
}

TEST(regions) {
    Bench b;
    bench_open(&b);
    Graph *g = b.graph;
    NodeId zero = graph_constant(g, 0), positive = graph_binary(g, OP_GT, b.x, zero);
    NodeId per_row = graph_binary(g, OP_GT, b.row, zero);
    uint32_t arm = graph_region(g, 0, positive, true), rows = graph_region(g, arm, per_row, false);
    CHECK_INT(graph_region(g, 0, positive, true), arm);
    CHECK(graph_region(g, 0, positive, false) != arm);
    CHECK_INT(g->regions[rows].rowless, arm);
    g->region = arm;
    NodeId root = graph_unary(g, OP_SQRT, b.x);
    CHECK_INT(g->nodes[root].region, arm);
    CHECK_INT(region_of(g, graph_constant(g, 7)), 0);
    g->region = rows;
    CHECK_INT(graph_unary(g, OP_SQRT, b.x), root); /* found in the region around */
    CHECK_INT(region_of(g, graph_unary(g, OP_EXP, b.x)), arm); /* without rows: further out */
    CHECK_INT(region_of(g, graph_unary(g, OP_EXP, b.row)), rows);
    g->region = 0;
    CHECK(graph_unary(g, OP_SQRT, b.x) != root); /* an arm is not read from outside */
    uint32_t other = graph_region(g, 0, positive, false);
    CHECK_INT(graph_region_common(g, rows, other), 0);
    CHECK_INT(graph_region_common(g, rows, arm), arm);
    CHECK(graph_region_reads(g, rows, arm) && graph_region_reads(g, rows, 0));
    CHECK(!graph_region_reads(g, arm, rows) && !graph_region_reads(g, other, arm));
    bench_close(&b);
}

/* Breaks one thing at a time: the verifier says so. */
TEST(verifier) {
    for (int k = 0; k < 8; k++) {
        Bench b;
        bench_open(&b);
        Graph *g = b.graph;
        NodeId zero = graph_constant(g, 0), positive = graph_binary(g, OP_GT, b.x, zero);
        NodeId v = bench_shaped(&b, (Shape){1, {3}});
        NodeId sum = graph_reduce(g, OP_SUM_OF, v, 1);
        g->region = graph_region(g, 0, positive, true);
        NodeId root = graph_unary(g, OP_SQRT, b.x);
        g->region = 0;
        NodeId choice = graph_select(g, positive, root, zero);
        NodeId rows = graph_unary(g, OP_ROW_SUM, graph_binary(g, OP_MUL, choice, b.row));
        CHECK_INT(graph_verify(g, &b.error), STATUS_OK);
        switch (k) {
        case 0: g->inputs[g->nodes[root].first_input] = rows; break;      /* order */
        case 1: g->nodes[root].n_inputs = 2; break;                       /* arity */
        case 2: g->nodes[sum].shape = (Shape){1, {3}}; break;             /* shape */
        case 3: g->nodes[sum].aux.axes = 2; break;                        /* axes */
        case 4: g->nodes[rows].flags |= NODE_ROWS; break;                 /* rows */
        case 5: g->nodes[choice].flags = 0; break;                        /* parameters */
        case 6: g->inputs[g->nodes[choice].first_input + 2] = root; break; /* the other arm */
        default: g->nodes[rows].region = 99; break;
        }
        CHECK_INT(graph_verify(g, &b.error), STATUS_INTERNAL);
        CHECK_INT(b.error.what.id, MSG_GRAPH_BROKEN);
        graph_free(g);
    }
}

TEST(starts) {
    Built built;
    double start[16];
    bool drawn[16];
    CHECK_INT(built_open(&built,
                         "param a[2,2] = normal(5, 0.001)\nparam b = uniform(2, 3)\n"
                         "param c[2] = [7, 8]\nparam d\nparam e = 4 in [0, 9]\n"
                         "param f[2] in [1, 2]\nparam h[3] = 1\n"
                         "minimize sum(a) + b + sum(c) + d + e + sum(f) + sum(h)",
                         NULL, NULL),
              STATUS_OK);
    Graph *g = built.graph;
    CHECK_INT(g ? g->n_scalars : 0, 14);
    if (g) {
        CHECK_INT(graph_start(g, 1, start, drawn), STATUS_OK);
        for (int k = 0; k < 4; k++) CHECK(fabs(start[k] - 5) < 0.01 && !drawn[k]);
        CHECK(start[0] != start[1]);
        CHECK(start[4] > 2 && start[4] < 3);
        CHECK(start[5] == 7 && start[6] == 8 && start[8] == 4 && start[13] == 1);
        CHECK(drawn[7] && fabs(start[7]) < 6 && drawn[9] && drawn[10] && !drawn[8]);
        CHECK(start[9] >= 1 && start[9] <= 2 && start[9] != start[10]);
        double again[16];
        graph_start(g, 1, again, NULL);
        CHECK(memcmp(start, again, 14 * sizeof *start) == 0);
        graph_start(g, 2, again, NULL);
        CHECK(start[0] != again[0] && start[7] != again[7]);
        Text name = {0};
        graph_scalar_name(g, 2, &name);
        text_add_char(&name, ' ');
        graph_scalar_name(g, 6, &name);
        text_add_char(&name, ' ');
        graph_scalar_name(g, 7, &name);
        CHECK_TEXT(text_string(&name), "a[2;1] c[2] d");
        text_free(&name);
    }
    built_close(&built);
}

TEST(expressions) {
    static const char *const names[] = {"t", "T", "epoch"};
    Ast *ast = NULL;
    Graph *graph = NULL;
    NodeId value;
    Error error = {0};
    const char *text = "0.1 * 0.5^floor(t/100) + (t > T)";
    CHECK_INT(lang_parse(NULL, text, strlen(text), LANG_EXPRESSION, &ast, &error), STATUS_OK);
    CHECK_INT(graph_build_expression(ast, names, 3, &graph, &value, &error), STATUS_OK);
    double at[3] = {250, 1000, 1}, got = 0;
    Rows none = {0};
    if (graph) CHECK(evaluate(graph, &value, 1, at, &none, &got));
    CHECK_NEAR(got, 0.025, 1e-15);
    graph_free(graph);
    lang_free(ast);
    text = "0.1*tt";
    CHECK_INT(lang_parse(NULL, text, strlen(text), LANG_EXPRESSION, &ast, &error), STATUS_OK);
    CHECK_INT(graph_build_expression(ast, names, 3, &graph, &value, &error), STATUS_INPUT);
    CHECK_INT(error.what.id, MSG_BUILD_UNKNOWN);
    CHECK_INT(error.column, 5);
    CHECK(graph == NULL);
    lang_free(ast);
    (void)built_slopes;
}

TEST_MAIN(sharing, folding, simplification, simplification_keeps_bits, broadcasting,
          rows_and_parameters, regions, verifier, starts, expressions)
