/* The elementwise loops, made from ops.def: one for each way in which the operands are vectors or
 * single numbers. Plain enough for the compiler to use the machine's vectors. */
#include "exec.h"

#include "../op/vmath.h"

/* A: the operand as read in the loop. */
#define KERNEL_VECTOR(x) x[r]
#define KERNEL_SINGLE(x) x[0]
#define KERNEL_HEAD(name)                                                                          \
    static void name(double *restrict out, const double *restrict va, const double *restrict vb,   \
                     const double *restrict vc, size_t n, int exponent)
#define KERNEL_LOOP1(name, A, ...)                                                                 \
    KERNEL_HEAD(name) {                                                                            \
        (void)vb, (void)vc, (void)exponent;                                                        \
        for (size_t r = 0; r < n; r++) {                                                           \
            const double a = A(va);                                                                \
            out[r] = __VA_ARGS__;                                                                  \
        }                                                                                          \
    }
#define KERNEL_LOOP2(name, A, B, ...)                                                              \
    KERNEL_HEAD(name) {                                                                            \
        (void)vc, (void)exponent;                                                                  \
        for (size_t r = 0; r < n; r++) {                                                           \
            const double a = A(va), b = B(vb);                                                     \
            out[r] = __VA_ARGS__;                                                                  \
        }                                                                                          \
    }
#define KERNEL_LOOP3(name, A, B, C, ...)                                                           \
    KERNEL_HEAD(name) {                                                                            \
        (void)exponent;                                                                            \
        for (size_t r = 0; r < n; r++) {                                                           \
            const double a = A(va), b = B(vb), c = C(vc);                                          \
            out[r] = __VA_ARGS__;                                                                  \
        }                                                                                          \
    }
#define KERNEL_V KERNEL_VECTOR
#define KERNEL_S KERNEL_SINGLE

/* The loops of one operator, by arity; the suffix tells vectors and single numbers. */
#define KERNEL_ARITY_1(id, ...) KERNEL_LOOP1(kernel_##id##_v, KERNEL_V, __VA_ARGS__)
#define KERNEL_ARITY_2(id, ...)                                                                    \
    KERNEL_LOOP2(kernel_##id##_vv, KERNEL_V, KERNEL_V, __VA_ARGS__)                                \
    KERNEL_LOOP2(kernel_##id##_sv, KERNEL_S, KERNEL_V, __VA_ARGS__)                                \
    KERNEL_LOOP2(kernel_##id##_vs, KERNEL_V, KERNEL_S, __VA_ARGS__)
#define KERNEL_ARITY_3(id, ...)                                                                    \
    KERNEL_LOOP3(kernel_##id##_vvv, KERNEL_V, KERNEL_V, KERNEL_V, __VA_ARGS__)                     \
    KERNEL_LOOP3(kernel_##id##_svv, KERNEL_S, KERNEL_V, KERNEL_V, __VA_ARGS__)                     \
    KERNEL_LOOP3(kernel_##id##_vsv, KERNEL_V, KERNEL_S, KERNEL_V, __VA_ARGS__)                     \
    KERNEL_LOOP3(kernel_##id##_ssv, KERNEL_S, KERNEL_S, KERNEL_V, __VA_ARGS__)                     \
    KERNEL_LOOP3(kernel_##id##_vvs, KERNEL_V, KERNEL_V, KERNEL_S, __VA_ARGS__)                     \
    KERNEL_LOOP3(kernel_##id##_svs, KERNEL_S, KERNEL_V, KERNEL_S, __VA_ARGS__)                     \
    KERNEL_LOOP3(kernel_##id##_vss, KERNEL_V, KERNEL_S, KERNEL_S, __VA_ARGS__)
#define KERNEL_KIND_LEAF(id, arity, ...)
#define KERNEL_KIND_REDUCE(id, arity, ...)
#define KERNEL_KIND_SHAPE(id, arity, ...)
#define KERNEL_KIND_PRODUCT(id, arity, ...)
#define KERNEL_KIND_ROWS(id, arity, ...)
#define KERNEL_KIND_ELEMENTWISE(id, arity, ...) KERNEL_ARITY_##arity(id, __VA_ARGS__)

#define OP(id, spelling, arity, kind, flags, ...) KERNEL_KIND_##kind(id, arity, __VA_ARGS__)
#include "../op/ops.def"
#undef OP

#undef KERNEL_ARITY_1
#undef KERNEL_ARITY_2
#undef KERNEL_ARITY_3
#define KERNEL_ARITY_1(id) [OP_##id] = {kernel_##id##_v},
#define KERNEL_ARITY_2(id) [OP_##id] = {kernel_##id##_vv, kernel_##id##_sv, kernel_##id##_vs},
#define KERNEL_ARITY_3(id)                                                                         \
    [OP_##id] = {kernel_##id##_vvv, kernel_##id##_svv, kernel_##id##_vsv, kernel_##id##_ssv,       \
                 kernel_##id##_vvs, kernel_##id##_svs, kernel_##id##_vss},
#undef KERNEL_KIND_ELEMENTWISE
#define KERNEL_KIND_ELEMENTWISE(id, arity, ...) KERNEL_ARITY_##arity(id)

/* Bit k of the second index: operand k is single. */
static const Kernel kernel_table[OP_COUNT][8] = {
#define OP(id, spelling, arity, kind, flags, ...) KERNEL_KIND_##kind(id, arity, __VA_ARGS__)
#include "../op/ops.def"
#undef OP
};

#undef KERNEL_VECTOR
#undef KERNEL_SINGLE
#undef KERNEL_HEAD
#undef KERNEL_LOOP1
#undef KERNEL_LOOP2
#undef KERNEL_LOOP3
#undef KERNEL_V
#undef KERNEL_S
#undef KERNEL_ARITY_1
#undef KERNEL_ARITY_2
#undef KERNEL_ARITY_3
#undef KERNEL_KIND_LEAF
#undef KERNEL_KIND_REDUCE
#undef KERNEL_KIND_SHAPE
#undef KERNEL_KIND_PRODUCT
#undef KERNEL_KIND_ROWS
#undef KERNEL_KIND_ELEMENTWISE

enum { KERNEL_CHUNK = 64 };

/* As vm_powi for each of n <= KERNEL_CHUNK values: the exponent's bits outside, the values inside.
 */
static void kernel_power_chunk(double *restrict out, const double *restrict a, size_t n,
                               int exponent) {
    double base[KERNEL_CHUNK];
    unsigned left = exponent < 0 ? 0u - (unsigned)exponent : (unsigned)exponent;
    for (size_t r = 0; r < n; r++) base[r] = a[r], out[r] = 1;
    while (left != 0) {
        if (left & 1u)
            for (size_t r = 0; r < n; r++) out[r] *= base[r];
        left >>= 1;
        if (left != 0)
            for (size_t r = 0; r < n; r++) base[r] *= base[r];
    }
    if (exponent < 0)
        for (size_t r = 0; r < n; r++) out[r] = 1 / out[r];
}

static void kernel_power(double *restrict out, const double *a, const double *b, const double *c,
                         size_t n, int exponent) {
    (void)b, (void)c;
    if (exponent == 2) {
        for (size_t r = 0; r < n; r++) out[r] = a[r] * a[r];
        return;
    }
    for (size_t r = 0; r < n; r += KERNEL_CHUNK)
        kernel_power_chunk(out + r, a + r, n - r < KERNEL_CHUNK ? n - r : KERNEL_CHUNK, exponent);
}

Kernel exec_kernel(Op op, unsigned singles) {
    return op == OP_POWI ? kernel_power : kernel_table[op][singles & 7u];
}
