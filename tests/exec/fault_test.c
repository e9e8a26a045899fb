/* Where a value that is not finite was born, and where slopes jump. */
#include "../../src/exec/exec.h"
#include "../check.h"

typedef struct FaultCase {
    Graph *graph;
    Error error;
    NodeId a, x, y; /* a parameter, two columns */
    Fault fault;
    bool found;
} FaultCase;

static double fault_x[3000], fault_y[3000];
static const double *fault_columns[] = {fault_x, fault_y};

static void fault_open(FaultCase *c) {
    *c = (FaultCase){0};
    CHECK_INT(graph_new(NULL, &c->error, &c->graph), STATUS_OK);
    c->a = graph_parameter(c->graph, graph_new_parameter(c->graph, "a", (Shape){0}, (Span){0}));
    c->x = graph_column(c->graph, 0);
    c->y = graph_column(c->graph, 1);
    for (size_t r = 0; r < 3000; r++) {
        fault_x[r] = 1 + (double)(r % 7);
        fault_y[r] = 2;
    }
}

static void fault_find(FaultCase *c, NodeId output, double a, size_t first, size_t count) {
    Rows rows = {fault_columns, first, count, NULL};
    c->found = exec_find_fault(c->graph, output, &a, &rows, &c->fault);
}

static NodeId fault_mean(FaultCase *c, NodeId of) {
    NodeId rows = graph_add(c->graph, OP_ROW_COUNT, NULL, 0, (NodeAux){0});
    return graph_binary(c->graph, OP_DIV, graph_unary(c->graph, OP_ROW_SUM, of), rows);
}

TEST(logarithm_of_a_negative) {
    FaultCase c;
    fault_open(&c);
    NodeId inner = graph_binary(c.graph, OP_SUB, c.x, c.a),
           log = graph_unary(c.graph, OP_LOG, inner);
    NodeId out = fault_mean(&c, graph_binary(c.graph, OP_MUL, log, c.y));
    fault_find(&c, out, 0.5, 0, 3000);
    CHECK(!c.found);
    fault_x[2005] = -3;
    fault_x[2500] = -4;
    fault_find(&c, out, 0.5, 5, 2900);
    CHECK(c.found);
    CHECK_INT(c.fault.node, log);
    CHECK(c.fault.has_row);
    CHECK_INT(c.fault.row, 2000);
    CHECK(isnan(c.fault.value));
    CHECK_INT(c.fault.n_operands, 1);
    CHECK_NEAR(c.fault.operands[0], -3.5, 0);
    graph_free(c.graph);
}

/* The arm not taken may be as wrong as it likes. */
TEST(arms) {
    FaultCase c;
    fault_open(&c);
    NodeId positive = graph_binary(c.graph, OP_GT, c.x, c.a);
    c.graph->region = graph_region(c.graph, 0, positive, true);
    NodeId arm = graph_unary(c.graph, OP_LOG, graph_binary(c.graph, OP_SUB, c.x, c.a));
    c.graph->region = 0;
    NodeId chosen = graph_select(c.graph, positive, arm, c.y);
    NodeId over = graph_binary(c.graph, OP_DIV, chosen, graph_binary(c.graph, OP_SUB, c.y, c.a));
    NodeId out = fault_mean(&c, over);
    fault_find(&c, out, 3, 0, 100);
    CHECK(!c.found);
    fault_find(&c, out, 2, 0, 100); /* y - a is 0 */
    CHECK(c.found);
    CHECK_INT(c.fault.node, over);
    CHECK_INT(c.fault.row, 0);
    CHECK_INT(c.fault.n_operands, 2);
    CHECK_NEAR(c.fault.operands[1], 0, 0);
    graph_free(c.graph);
}

/* Both arms are wrong; the one that is taken is to blame. */
TEST(arms_both_wrong) {
    FaultCase c;
    fault_open(&c);
    NodeId below = graph_binary(c.graph, OP_LT, c.x, c.a);
    NodeId first = graph_unary(c.graph, OP_LOG, graph_unary(c.graph, OP_NEG, c.x));
    NodeId second = graph_unary(c.graph, OP_SQRT, graph_unary(c.graph, OP_NEG, c.y));
    NodeId out = fault_mean(&c, graph_select(c.graph, below, first, second));
    fault_find(&c, out, 0, 0, 10);
    CHECK(c.found && c.fault.node == second && c.fault.row == 0);
    fault_find(&c, out, 100, 0, 10);
    CHECK(c.found && c.fault.node == first && c.fault.row == 0);
    graph_free(c.graph);
}

TEST(data_parameters_and_sums) {
    FaultCase c;
    fault_open(&c);
    NodeId product = graph_binary(c.graph, OP_MUL, c.x, c.a);
    NodeId sum = graph_unary(c.graph, OP_ROW_SUM, product);
    fault_find(&c, sum, INFINITY, 0, 10);
    CHECK(c.found && c.fault.node == c.a && !c.fault.has_row);
    fault_find(&c, sum, 1e308, 0, 1); /* 1e308 once is fine, ten times is too much */
    CHECK(!c.found);
    for (size_t r = 0; r < 3000; r++) fault_x[r] = 1;
    fault_find(&c, sum, 1e308, 0, 10);
    CHECK(c.found && c.fault.node == sum && !c.fault.has_row);
    CHECK(isinf(c.fault.value));
    fault_x[7] = NAN;
    fault_find(&c, sum, 1, 0, 10);
    CHECK(c.found && c.fault.node == c.x && c.fault.has_row && c.fault.row == 7);
    fault_find(&c, product, 1, 3, 10); /* an output with rows */
    CHECK(c.found && c.fault.node == c.x && c.fault.row == 4);
    graph_free(c.graph);
}

/* inf - inf: the birth is the first infinity, not the NaN that follows; 0 * NaN: the NaN's. */
TEST(the_first_of_a_chain) {
    FaultCase c;
    fault_open(&c);
    NodeId huge = graph_unary(c.graph, OP_EXP, graph_binary(c.graph, OP_MUL, c.a, c.x));
    NodeId difference = graph_binary(c.graph, OP_SUB, huge, huge);
    NodeId bad = graph_unary(c.graph, OP_LOG, graph_unary(c.graph, OP_NEG, c.y));
    fault_find(&c, fault_mean(&c, difference), 1000, 0, 5);
    CHECK(c.found && c.fault.node == huge && c.fault.row == 0);
    NodeId both = graph_binary(c.graph, OP_MIN, huge, bad); /* inf and NaN: NaN is to blame */
    fault_find(&c, fault_mean(&c, both), 1000, 0, 5);
    CHECK(c.found && c.fault.node == bad);
    graph_free(c.graph);
}

/* An infinity that is gone again is no fault, whatever its element. */
TEST(elements) {
    FaultCase c;
    fault_open(&c);
    NodeId parts[3] = {c.x, graph_unary(c.graph, OP_LOG, graph_unary(c.graph, OP_NEG, c.x)), c.y};
    NodeId three = graph_add(c.graph, OP_STACK, parts, 3, (NodeAux){0});
    NodeAux first = {.offset = {0}}, last = {.offset = {2}};
    NodeId good = graph_add_shaped(c.graph, OP_SLICE, &three, 1, last, (Shape){1, {1}});
    NodeId two = graph_add_shaped(c.graph, OP_SLICE, &three, 1, first, (Shape){1, {2}});
    NodeId over = graph_binary(c.graph, OP_DIV, c.y, graph_expand(c.graph, c.a, (Shape){1, {2}}));
    NodeId ones = graph_binary(c.graph, OP_MATMUL, two, over);
    fault_find(&c, good, 1, 0, 5);
    CHECK(!c.found);
    fault_find(&c, ones, 1, 0, 5);
    CHECK(c.found && c.fault.node == parts[1]);
    CHECK_NEAR(c.fault.operands[0], -1, 0);
    NodeId both = graph_reduce(c.graph, OP_SUM_OF, three, 1);
    fault_find(&c, fault_mean(&c, both), 1, 0, 5);
    CHECK(c.found && c.fault.node == parts[1] && c.fault.row == 0);
    graph_free(c.graph);
}

TEST(lookups) {
    FaultCase c;
    fault_open(&c);
    uint32_t index = graph_new_parameter(c.graph, "v", (Shape){1, {3}}, (Span){0});
    NodeId v = graph_parameter(c.graph, index), out = graph_binary(c.graph, OP_GATHER, v, c.x);
    double parameters[] = {0, 1, INFINITY, 3};
    for (size_t r = 0; r < 10; r++) fault_x[r] = r < 6 ? 1 : r == 6 ? 2 : 4;
    Rows rows = {fault_columns, 0, 10, NULL};
    CHECK(exec_find_fault(c.graph, out, parameters, &rows, &c.fault));
    CHECK(c.fault.node == v && !c.fault.has_row);
    parameters[2] = 2;
    CHECK(exec_find_fault(c.graph, out, parameters, &rows, &c.fault));
    CHECK(c.fault.node == out && c.fault.row == 7); /* index 4 of 3 */
    CHECK_NEAR(c.fault.operands[1], 4, 0);
    graph_free(c.graph);
}

/* A slope that is not finite: the fault is found in the gradient's own nodes. */
TEST(gradients) {
    FaultCase c;
    fault_open(&c);
    NodeId root = graph_unary(c.graph, OP_SQRT, graph_binary(c.graph, OP_MUL, c.a, c.x));
    NodeId loss = fault_mean(&c, root), slope;
    uint32_t wrt = 0;
    CHECK_INT(graph_gradient(c.graph, loss, &wrt, 1, GRADIENT_TOTAL, &slope, &c.error), STATUS_OK);
    fault_find(&c, loss, 0, 0, 5);
    CHECK(!c.found);
    fault_find(&c, slope, 0, 0, 5);
    CHECK(c.found && c.graph->nodes[c.fault.node].op == OP_DIV && c.fault.row == 0);
    graph_free(c.graph);
}

TEST(no_rows) {
    FaultCase c;
    fault_open(&c);
    NodeId out = graph_unary(c.graph, OP_LOG, graph_unary(c.graph, OP_NEG, c.a));
    double a = 3;
    CHECK(exec_find_fault(c.graph, out, &a, NULL, &c.fault));
    CHECK(c.fault.node == out && !c.fault.has_row);
    a = -3;
    CHECK(!exec_find_fault(c.graph, out, &a, NULL, &c.fault));
    graph_free(c.graph);
}

static size_t fault_kinks(FaultCase *c, NodeId of, double a, size_t count, NodeId *first) {
    Rows rows = {fault_columns, 0, count, NULL};
    return exec_count_kinks(c->graph, of, &a, &rows, first);
}

TEST(kinks) {
    FaultCase c;
    fault_open(&c);
    NodeId off = graph_binary(c.graph, OP_SUB, c.x, c.a), size = graph_unary(c.graph, OP_ABS, off);
    NodeId loss = fault_mean(&c, size), first;
    CHECK_INT(fault_kinks(&c, loss, 3.5, 14, &first), 0);
    CHECK_INT(first, NODE_NONE);
    CHECK_INT(fault_kinks(&c, loss, 3, 14, &first), 2); /* x is 3 in two of fourteen rows */
    CHECK_INT(first, size);
    NodeId larger = graph_binary(c.graph, OP_MAX, c.a, graph_constant(c.graph, 2));
    CHECK_INT(fault_kinks(&c, larger, 2, 0, &first), 1);
    CHECK_INT(first, larger);
    NodeId data = graph_unary(c.graph, OP_ABS, graph_binary(c.graph, OP_SUB, c.x, c.y));
    NodeId fine = fault_mean(&c, graph_binary(c.graph, OP_MUL, data, c.a));
    CHECK_INT(fault_kinks(&c, fine, 1, 14, &first), 0); /* no parameter below */
    NodeId below = graph_binary(c.graph, OP_LT, c.x, graph_constant(c.graph, 3));
    NodeId arm = graph_select(c.graph, below, size, c.y);
    CHECK_INT(fault_kinks(&c, fault_mean(&c, arm), 3, 14, &first), 0); /* in the arm not taken */
    CHECK_INT(fault_kinks(&c, fault_mean(&c, arm), 2, 14, &first), 2);
    graph_free(c.graph);
}

TEST_MAIN(logarithm_of_a_negative, arms, arms_both_wrong, data_parameters_and_sums,
          the_first_of_a_chain, elements, lookups, gradients, no_rows, kinks)
