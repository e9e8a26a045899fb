/* op: the rows of ops.def as a table of facts and as values at one point. */
#include "op.h"

#include "vmath.h"

#include <string.h>

static const OpInfo op_rows[OP_COUNT] = {
#define OP(id, spelling_text, arity_count, kind_name, flag_bits, ...)                              \
    [OP_##id] = {.name = #id,                                                                      \
                 .spelling = spelling_text,                                                        \
                 .arity = arity_count,                                                             \
                 .kind = KIND_##kind_name,                                                         \
                 .flags = flag_bits},
#include "ops.def"
#undef OP
};

const OpInfo *op_info(Op op) {
    return &op_rows[op];
}

Op op_function(const char *name) {
    for (int op = 0; op < OP_COUNT; op++) {
        const OpInfo *row = &op_rows[op];
        bool maybe = row->spelling[0] == name[0] && (row->flags & FLAG_FUNCTION);
        if (maybe && strcmp(row->spelling, name) == 0) return (Op)op;
    }
    return OP_COUNT;
}

#define OP_VALUE_LEAF(...) break;
#define OP_VALUE_REDUCE(...) break;
#define OP_VALUE_SHAPE(...) break;
#define OP_VALUE_PRODUCT(...) break;
#define OP_VALUE_ROWS(...) break;
#define OP_VALUE_ELEMENTWISE(...) return __VA_ARGS__;

double op_value(Op op, double a, double b, double c, int exponent) {
    switch (op) {
#define OP(id, spelling, arity, kind, flags, ...)                                                  \
    case OP_##id:                                                                                  \
        OP_VALUE_##kind(__VA_ARGS__)
#include "ops.def"
#undef OP
        case OP_COUNT:
            break;
    }
    return (double)NAN;
}

/* The same rows in single precision. */
#include "vmath_as_float.inc"
#undef OP_VALUE_ELEMENTWISE
#define OP_VALUE_ELEMENTWISE(...) return VMF_FLOAT(__VA_ARGS__);

float op_value_f32(Op op, float a, float b, float c, int exponent) {
    switch (op) {
#define OP(id, spelling, arity, kind, flags, ...)                                                  \
    case OP_##id:                                                                                  \
        OP_VALUE_##kind(__VA_ARGS__)
#include "ops.def"
#undef OP
        case OP_COUNT:
            break;
    }
    return NAN;
}

#undef OP_VALUE_LEAF
#undef OP_VALUE_REDUCE
#undef OP_VALUE_SHAPE
#undef OP_VALUE_PRODUCT
#undef OP_VALUE_ROWS
#undef OP_VALUE_ELEMENTWISE

#include "vmath_as_double.inc"
