/* The rows of ops.def: names, arity, look-up by spelling, values at points that need no calculator.
 */
#include "../../src/op/op.h"
#include "../check.h"

TEST(every_row_has_facts) {
    for (int op = 0; op < OP_COUNT; op++) {
        const OpInfo *row = op_info((Op)op);
        CHECK(row->name != NULL && row->spelling != NULL);
        CHECK(row->arity >= -1 && row->arity <= 3);
        if (row->flags & FLAG_FUNCTION) CHECK_INT(row->kind, KIND_ELEMENTWISE);
        if (row->flags & FLAG_COMMUTES) CHECK_INT(row->arity, 2);
    }
}

/* Spellings of functions are unique, and no operator sign is found by name. */
TEST(functions_by_spelling) {
    for (int op = 0; op < OP_COUNT; op++) {
        const OpInfo *row = op_info((Op)op);
        if (row->flags & FLAG_FUNCTION) CHECK_INT(op_function(row->spelling), op);
    }
    CHECK_INT(op_function("exp"), OP_EXP);
    CHECK_INT(op_function("where"), OP_SELECT);
    CHECK_INT(op_function("+"), OP_COUNT);
    CHECK_INT(op_function("neg"), OP_COUNT);
    CHECK_INT(op_function("sum"), OP_COUNT);
    CHECK_INT(op_function("ex"), OP_COUNT);
    CHECK_INT(op_function("expo"), OP_COUNT);
    CHECK_INT(op_function(""), OP_COUNT);
}

static double value2(Op op, double a, double b) {
    return op_value(op, a, b, 0, 0);
}

TEST(values) {
    CHECK(value2(OP_ADD, 1, 2) == 3 && value2(OP_SUB, 1, 2) == -1);
    CHECK(value2(OP_MUL, 3, 2) == 6 && value2(OP_DIV, 3, 2) == 1.5);
    CHECK(value2(OP_GT, 3, 2) == 1 && value2(OP_GE, 2, 2) == 1 && value2(OP_GT, 2, 2) == 0);
    CHECK(value2(OP_MIN, 3, 2) == 2 && value2(OP_MAX, 3, 2) == 3);
    CHECK(op_value(OP_POWI, 2, 0, 0, -3) == 0.125 && op_value(OP_POWI, 0, 0, 0, 0) == 1);
    CHECK(op_value(OP_SELECT, 0, 1, 2, 0) == 2 && op_value(OP_SELECT, -1, 1, 2, 0) == 1);
    CHECK(op_value(OP_NEG, 0, 0, 0, 0) == 0 && signbit(op_value(OP_NEG, 0, 0, 0, 0)));
    CHECK(op_value(OP_NOT, 0, 0, 0, 0) == 1 && op_value(OP_DETACH, 7, 0, 0, 0) == 7);
}

/* NaN passes through; comparisons with it are 0, but for '!='. Other kinds have no value at a
 * point. */
TEST(not_a_number) {
    double nan = (double)NAN;
    CHECK(isnan(value2(OP_MIN, nan, 1)) && isnan(value2(OP_MIN, 1, nan)));
    CHECK(isnan(value2(OP_MAX, nan, 1)) && isnan(value2(OP_MAX, 1, nan)));
    CHECK(value2(OP_LT, nan, 1) == 0 && value2(OP_EQ, nan, nan) == 0);
    CHECK(value2(OP_NE, nan, nan) == 1 && isnan(op_value(OP_SIGN, nan, 0, 0, 0)));
    CHECK(isnan(value2(OP_MATMUL, 1, 2)) && isnan(value2(OP_SUM_OF, 1, 2)));
    CHECK(isnan(op_value(OP_CONST, 1, 1, 1, 0)) && isnan(op_value(OP_COUNT, 1, 1, 1, 0)));
}

/* FLAG_ZERO promises 0 at 0. */
TEST(zero_at_zero) {
    for (int op = 0; op < OP_COUNT; op++) {
        const OpInfo *row = op_info((Op)op);
        if (row->kind == KIND_ELEMENTWISE && (row->flags & FLAG_ZERO))
            CHECK(op_value((Op)op, 0, 0, 0, 0) == 0);
        bool truth = row->flags & FLAG_BOOLEAN;
        if (truth) CHECK(value2((Op)op, 2, 1) == 0 || value2((Op)op, 2, 1) == 1);
    }
}

TEST_MAIN(every_row_has_facts, functions_by_spelling, values, not_a_number, zero_at_zero)
