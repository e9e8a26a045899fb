/* op: the operator list as enum and table. */
#ifndef DESCEND_OP_H
#define DESCEND_OP_H

#include "../base/base.h"

typedef enum Op {
#define OP(id, spelling, arity, kind, flags, ...) OP_##id,
#include "ops.def"
#undef OP
    OP_COUNT
} Op;

typedef enum OpKind {
    KIND_LEAF,
    KIND_ELEMENTWISE, /* inputs and result have one shape */
    KIND_REDUCE,      /* over elements of one row's value */
    KIND_SHAPE,
    KIND_PRODUCT,
    KIND_ROWS /* over rows */
} OpKind;

enum OpFlags {
    FLAG_FUNCTION = 1,
    FLAG_COMMUTES = 2,
    FLAG_BOOLEAN = 4,
    FLAG_STEPWISE = 8,
    FLAG_ZERO = 16
};

typedef struct OpInfo {
    const char *name;     /* "EXP": for dumps and tests */
    const char *spelling; /* "exp" */
    int arity;            /* -1: any */
    OpKind kind;
    unsigned flags;
} OpInfo;

const OpInfo *op_info(Op op);
/* The operator whose spelling is a function name of the language; OP_COUNT if there is none. */
Op op_function(const char *name);
/* The value of an elementwise operator at one point (what every executor must give, bit for bit).
 * 'exponent' is used by POWI only. NaN for operators that are not elementwise. */
double op_value(Op op, double a, double b, double c, int exponent);
/* The same in single precision (vmathf.h): at most 1 ulp of float off for each function. */
float op_value_f32(Op op, float a, float b, float c, int exponent);

#endif
