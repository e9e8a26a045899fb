/* Every operator of the list, with every way in which its operands may come: the interpreted
 * executor gives the bits of the reference, and the reference those of op_value. */
#include "agree.h"

enum { OPERATORS_ROWS = 2100, OPERATORS_COLUMNS = 4, OPERATORS_VARIANTS = 9 };

static double operators_data[OPERATORS_COLUMNS][OPERATORS_ROWS + 5];
static const double *operators_columns[OPERATORS_COLUMNS];
/* Among them those where exp becomes subnormal, 0, infinite, or leaves its short way. */
static const double operators_special[] = {
    0.0, -0.0, 1,    -1,   0.5,  2,    3,    INFINITY, -INFINITY, NAN,
    1e308, 1e-308, -720, -745, -799, -610, -600, 99.5, 100, 709.5, 801};
enum { OPERATORS_SPECIAL = sizeof operators_special / sizeof *operators_special };

/* Ordinary numbers, with special ones among them. */
static void operators_fill(void) {
    RandomKey key = random_key(7, "operators");
    for (size_t c = 0; c < OPERATORS_COLUMNS; c++) {
        operators_columns[c] = operators_data[c];
        for (size_t r = 0; r < OPERATORS_ROWS + 5; r++) {
            uint64_t at = c * 100000 + r;
            double u = random_uniform(key, 2 * at + 1000000);
            operators_data[c][r] = random_normal(key, at) * 2;
            size_t special = (size_t)(u * 5 * OPERATORS_SPECIAL);
            if (u < 0.2) operators_data[c][r] = operators_special[special];
            if (c == 3) operators_data[c][r] = floor(u * 5); /* 0..4: indices, 0 and 4 wrong */
        }
    }
}

typedef struct Operators {
    Graph *graph;
    Error error;
    double parameters[64];
    NodeId variant[OPERATORS_VARIANTS];
} Operators;

static NodeId operators_parameter(Operators *o, const char *name, Shape shape) {
    return graph_parameter(o->graph, graph_new_parameter(o->graph, name, shape, (Span){0}));
}

/* One number or a vector of 3; the same for all rows, or not; one repeated; a part of a larger one.
 */
static void operators_open(Operators *o) {
    Shape three = {1, {3}}, six = {1, {6}};
    CHECK_INT(graph_new(NULL, &o->error, &o->graph), STATUS_OK);
    NodeId a = operators_parameter(o, "a", (Shape){0}), v = operators_parameter(o, "v", three);
    NodeId long_one = operators_parameter(o, "s", six), x = graph_column(o->graph, 0);
    NodeId y = graph_column(o->graph, 1), z = graph_column(o->graph, 2);
    NodeId rows = graph_add(o->graph, OP_STACK, (NodeId[]){x, y, z}, 3, (NodeAux){0});
    NodeAux from = {.offset = {2}};
    o->variant[0] = a;
    o->variant[1] = v;
    o->variant[2] = x;
    o->variant[3] = rows;
    o->variant[4] = graph_constant(o->graph, 0.75);
    o->variant[5] = graph_expand(o->graph, a, three);
    o->variant[6] = graph_expand(o->graph, y, three);
    o->variant[7] = graph_add_shaped(o->graph, OP_SLICE, &long_one, 1, from, three);
    o->variant[8] = graph_add(o->graph, OP_STACK, (NodeId[]){a, y, a}, 3, (NodeAux){0});
    for (size_t i = 0; i < 64; i++)
        o->parameters[i] = random_normal(random_key(3, "parameters"), i);
}

static void operators_agree(Operators *o, const NodeId *outputs, size_t n, size_t rows,
                            const char *what) {
    CHECK_INT(o->graph->status, STATUS_OK);
    AgreeCase task = {o->graph, outputs, n, o->parameters, {operators_columns, 5, rows, NULL}};
    AgreeValues values = agree_check(&task, what);
    free(values.data);
}

static void operators_check_op(Op op) {
    Operators o = {0};
    operators_open(&o);
    const OpInfo *info = op_info(op);
    size_t combinations = 1;
    for (int k = 0; k < info->arity; k++) combinations *= OPERATORS_VARIANTS;
    NodeId outputs[AGREE_OUTPUTS];
    size_t n = 0;
    for (size_t c = 0; c < combinations; c++) {
        NodeId in[3] = {0};
        size_t rest = c;
        for (int k = 0; k < info->arity; k++, rest /= OPERATORS_VARIANTS)
            in[k] = o.variant[rest % OPERATORS_VARIANTS];
        NodeAux aux = {0};
        if (op == OP_POWI) aux.exponent = (int32_t)c - 4;
        outputs[n++] = graph_add(o.graph, op, in, (size_t)info->arity, aux);
        if (n < AGREE_OUTPUTS && c + 1 < combinations) continue;
        operators_agree(&o, outputs, n, c % 2 ? OPERATORS_ROWS : 37, info->name);
        n = 0;
    }
    graph_free(o.graph);
}

TEST(elementwise_operators_agree) {
    operators_fill();
    for (int op = 0; op < OP_COUNT; op++)
        if (op_info((Op)op)->kind == KIND_ELEMENTWISE) operators_check_op((Op)op);
}

/* The reference's values are those of op_value, computed here. */
TEST(elementwise_values) {
    operators_fill();
    for (int op = 0; op < OP_COUNT; op++) {
        const OpInfo *info = op_info((Op)op);
        if (info->kind != KIND_ELEMENTWISE) continue;
        Operators o = {0};
        operators_open(&o);
        NodeId in[3] = {o.variant[2], graph_column(o.graph, 1), graph_column(o.graph, 2)};
        NodeAux aux = {.exponent = op == OP_POWI ? -3 : 0};
        NodeId out = graph_add(o.graph, (Op)op, in, (size_t)info->arity, aux);
        AgreeCase task = {o.graph, &out, 1, o.parameters, {operators_columns, 1, 500, NULL}};
        AgreeValues got = agree_run(&task, (PlanOptions){.executor = EXECUTOR_INTERPRETED}, 0);
        for (size_t r = 0; r < 500; r++) {
            double want = op_value((Op)op, operators_data[0][r + 1], operators_data[1][r + 1],
                                   operators_data[2][r + 1], aux.exponent);
            CHECK(agree_same(got.data[r], want));
        }
        free(got.data);
        graph_free(o.graph);
    }
}

static NodeId operators_shaped(Operators *o, Op op, NodeId a, NodeAux aux, Shape shape) {
    return graph_add_shaped(o->graph, op, &a, 1, aux, shape);
}

/* Shapes, reductions and products over values of every kind of rank up to 4. */
TEST(shape_operators_agree) {
    operators_fill();
    Operators o = {0};
    operators_open(&o);
    NodeId outputs[AGREE_OUTPUTS];
    size_t n = 0;
    Shape block = {4, {2, 3, 2, 1}}, larger = {4, {3, 3, 4, 2}}, part = {4, {1, 2, 2, 1}};
    NodeId still = operators_parameter(&o, "T", block);
    NodeId x = graph_column(o.graph, 0), y = graph_column(o.graph, 1);
    NodeId moving = graph_binary(o.graph, OP_MUL, still, x);
    for (int turn = 0; turn < 2; turn++) {
        NodeId a = turn ? moving : still;
        NodeAux order = {.axis = {2, 0, 3, 1}}, at = {.offset = {1, 0, 2, 1}};
        NodeAux inside = {.offset = {1, 1, 0, 0}};
        outputs[n++] = graph_add(o.graph, OP_TRANSPOSE, &a, 1, order);
        outputs[n++] = operators_shaped(&o, OP_PAD, a, at, larger);
        outputs[n++] = operators_shaped(&o, OP_SLICE, a, inside, part);
        for (uint32_t axes = 1; axes < 16; axes += 4) {
            outputs[n++] = graph_reduce(o.graph, OP_SUM_OF, a, axes);
            outputs[n++] = graph_reduce(o.graph, OP_MIN_OF, a, axes + 1);
            outputs[n++] = graph_reduce(o.graph, OP_MAX_OF, a, axes ^ 6);
        }
    }
    outputs[n++] =
        graph_add(o.graph, OP_STACK, (NodeId[]){o.variant[1], o.variant[3]}, 2, (NodeAux){0});
    operators_agree(&o, outputs, n, 1030, "shapes");
    n = 0;
    NodeId spread = graph_expand(o.graph, y, (Shape){2, {2, 2}});
    outputs[n++] = spread;
    outputs[n++] = graph_expand(o.graph, o.variant[3], (Shape){3, {2, 2, 3}});
    outputs[n++] = graph_reshape(o.graph, moving, (Shape){1, {12}});
    outputs[n++] = graph_unary(o.graph, OP_DETACH, x);
    outputs[n++] = x;
    outputs[n++] = still;
    outputs[n++] = graph_add(o.graph, OP_ROW_COUNT, NULL, 0, (NodeAux){0});
    outputs[n++] = graph_constant(o.graph, 5);
    operators_agree(&o, outputs, n, 77, "views");
    graph_free(o.graph);
}

TEST(products_agree) {
    operators_fill();
    Operators o = {0};
    operators_open(&o);
    NodeId outputs[AGREE_OUTPUTS];
    size_t n = 0;
    NodeId matrix = operators_parameter(&o, "M", (Shape){2, {2, 3}});
    NodeId other = operators_parameter(&o, "N", (Shape){2, {3, 4}});
    NodeId x = graph_column(o.graph, 0), index = graph_column(o.graph, 3);
    NodeId left[4] = {matrix, graph_binary(o.graph, OP_MUL, matrix, x), o.variant[1], o.variant[3]};
    NodeId right[4] = {other, graph_binary(o.graph, OP_SUB, other, x), o.variant[1], o.variant[3]};
    for (int a = 0; a < 4; a++)
        for (int b = 0; b < 4; b++)
            outputs[n++] = graph_binary(o.graph, OP_MATMUL, left[a], right[b]);
    operators_agree(&o, outputs, n, 1100, "products");
    n = 0;
    NodeId fixed[4] = {graph_constant(o.graph, 2), graph_constant(o.graph, 9), o.variant[0], index};
    for (int i = 0; i < 4; i++) {
        outputs[n++] = graph_binary(o.graph, OP_GATHER, o.variant[1], fixed[i]);
        outputs[n++] = graph_binary(o.graph, OP_GATHER, left[1], fixed[i]);
        NodeId from[3] = {o.variant[0], x, o.variant[3]};
        for (int k = 0; k < 3; k++) {
            Shape shape = {k == 2 ? 2u : 1u, {3, 3}};
            outputs[n++] = graph_add_shaped(o.graph, OP_SCATTER, (NodeId[]){from[k], fixed[i]}, 2,
                                            (NodeAux){0}, shape);
        }
    }
    operators_agree(&o, outputs, n, 1100, "look-ups");
    graph_free(o.graph);
}

/* An index outside its range gives NaN, never another element. */
TEST(lookups_outside) {
    static const double index[] = {0, 1, 3, 4, -1, 1.5, NAN, INFINITY, -INFINITY, 1e300, -0.0, 2};
    static const double want[] = {NAN, 10, 30, NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN, 20};
    const double *columns[] = {index};
    Operators o = {0};
    CHECK_INT(graph_new(NULL, &o.error, &o.graph), STATUS_OK);
    NodeId v = operators_parameter(&o, "v", (Shape){1, {3}}), at = graph_column(o.graph, 0);
    NodeId out = graph_binary(o.graph, OP_GATHER, v, at);
    double parameters[] = {10, 20, 30};
    AgreeCase task = {o.graph, &out, 1, parameters, {columns, 0, 12, NULL}};
    AgreeValues got = agree_check(&task, "outside");
    for (size_t r = 0; r < 12; r++) CHECK(agree_same(got.data[r], want[r]));
    free(got.data);
    graph_free(o.graph);
}

TEST_MAIN(elementwise_operators_agree, elementwise_values, shape_operators_agree, products_agree,
          lookups_outside)
