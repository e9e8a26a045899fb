/* vmath: the values of ops.def's elementwise functions, the same bits everywhere.
 *
 * Plain scalar C made of IEEE + - * / sqrt on doubles, integer operations on their bits and small
 * tables, each operation rounded once (build with -ffp-contract=off, never with -ffast-math), so
 * that every compiler, processor and vector width gives the same result. The interpreter includes
 * this file and the emitter pastes it, after vmath_tables.inc, in front of the C it writes. Of the
 * flags that help vector code -fno-math-errno and -fno-trapping-math keep all bits.
 *
 * Promise: at most 1 ulp from the true value over the whole range, subnormals included; lgamma,
 * digamma and trigamma: 1 ulp or 1e-15, whichever is larger. Signed zeros, infinities and NaN as in
 * C17 annex F. tests/op/vmath_test.c holds every function to it against MPFR.
 *
 * Main paths select instead of branching, so that loops over them can become vector code; where a
 * rare argument needs a loop (an angle beyond 2^20, the gamma family), a branch is taken.
 *
 * Method, throughout: the argument is reduced exactly or into an unevaluated sum of two doubles
 * (VmPair), the leading terms are kept in two doubles, a polynomial gives the small rest, and one
 * addition at the end rounds. Sources: Dekker, "A floating-point technique for extending the
 * available precision" (1971); Knuth, TAOCP 2, 4.2.2 (two_sum); Tang (1989, 1990) for exp and log;
 * Cody and Waite, "Software Manual for the Elementary Functions" (1980); Payne and Hanek (1983);
 * Muller et al., "Handbook of Floating-Point Arithmetic"; Abramowitz and Stegun, chapter 6. */
#ifndef DESCEND_VMATH_H
#define DESCEND_VMATH_H

#include <math.h> /* sqrt only: one instruction, exactly rounded everywhere */
#include <stddef.h>
#include <stdint.h>

#include "vmath_tables.inc"

#define VM_SHIFT 0x1.8p52 /* x + VM_SHIFT holds round(x) in its low bits, for |x| < 2^51 */
#define VM_SIGN_BIT 0x8000000000000000u
#if defined(__GNUC__)
#define VM_RARE __attribute__((cold, noinline, unused)) /* quickly compiled */
#define VM_FETCH(at) __builtin_prefetch((at), 0, 3)
#define VM_STAY __asm__ volatile("") /* what stands here is not moved to others of its kind */
#else
#define VM_RARE
#define VM_FETCH(at) ((void)(at))
#define VM_STAY ((void)0)
#endif
#define VM_POWER_ZERO 2048u /* vm_scale's power for 2^0 */

typedef struct VmPair {
    double hi, lo; /* the value is hi + lo, |lo| at most about half an ulp of hi */
} VmPair;

/* Bits. */

static inline uint64_t vm_bits(double x) {
    union {
        double value;
        uint64_t bits;
    } both = {.value = x};
    return both.bits;
}

static inline double vm_of_bits(uint64_t bits) {
    union {
        uint64_t bits;
        double value;
    } both = {.bits = bits};
    return both.value;
}

static inline double vm_infinity(void) { return vm_of_bits(0x7ff0000000000000u); }
static inline double vm_nan(void) { return vm_of_bits(0x7ff8000000000000u); }
static inline double vm_abs(double x) { return vm_of_bits(vm_bits(x) & ~VM_SIGN_BIT); }
static inline uint64_t vm_sign_of(double x) { return vm_bits(x) & VM_SIGN_BIT; }

/* x with its sign turned if the sign bit is set in 'sign'. */
static inline double vm_signed(double x, uint64_t sign) { return vm_of_bits(vm_bits(x) ^ sign); }

/* The leading 26 bits of x: products of two such are exact. */
static inline double vm_top(double x) { return vm_of_bits(vm_bits(x) & 0xfffffffff8000000u); }

/* 2^exponent, for exponents of normal numbers. */
static inline double vm_power2(uint64_t exponent) {
    return vm_of_bits((1023 + exponent) << 52);
}

/* x * 2^(power - VM_POWER_ZERO), rounded once: in two steps, so that subnormal results and the
 * largest ones need no branch. */
static inline double vm_scale(double x, uint64_t power) {
    uint64_t half = power >> 1;
    return x * vm_of_bits((half - 1) << 52) * vm_of_bits((power - half - 1) << 52);
}

/* Sums and products in two doubles. */

/* Exact a + b where |a| >= |b| or a = 0 (Dekker). */
static inline VmPair vm_fast_sum(double a, double b) {
    double sum = a + b;
    return (VmPair){sum, (a - sum) + b};
}

/* Exact a + b (Knuth). */
static inline VmPair vm_two_sum(double a, double b) {
    double sum = a + b;
    double part = sum - a;
    return (VmPair){sum, (a - (sum - part)) + (b - part)};
}

/* a * b to 2^-105 of it (Dekker). */
static inline VmPair vm_two_product(double a, double b) {
    double product = a * b;
    double a_top = vm_top(a), b_top = vm_top(b);
    double a_rest = a - a_top, b_rest = b - b_top;
    double error = ((a_top * b_top - product) + a_top * b_rest + a_rest * b_top) + a_rest * b_rest;
    return (VmPair){product, error};
}

static inline VmPair vm_pair_negate(VmPair a) { return (VmPair){-a.hi, -a.lo}; }

static inline VmPair vm_pair_add(VmPair a, VmPair b) {
    VmPair sum = vm_two_sum(a.hi, b.hi);
    VmPair rest = vm_two_sum(a.lo, b.lo);
    sum = vm_fast_sum(sum.hi, sum.lo + rest.hi);
    return vm_fast_sum(sum.hi, sum.lo + rest.lo);
}

/* a + b where |a| >= |b| and nothing cancels. */
static inline VmPair vm_pair_add_less(VmPair a, VmPair b) {
    VmPair sum = vm_fast_sum(a.hi, b.hi);
    return vm_fast_sum(sum.hi, sum.lo + (a.lo + b.lo));
}

static inline VmPair vm_pair_multiply(VmPair a, VmPair b) {
    VmPair product = vm_two_product(a.hi, b.hi);
    return vm_fast_sum(product.hi, product.lo + (a.hi * b.lo + a.lo * b.hi));
}

/* One division: the quotient by the inverse is a little off, but what it lacks is exact. */
static inline VmPair vm_pair_divide(VmPair a, VmPair b) {
    double inverse = 1 / b.hi;
    double quotient = a.hi * inverse;
    VmPair back = vm_two_product(quotient, b.hi);
    double rest = ((a.hi - back.hi) - back.lo) + a.lo - quotient * b.lo;
    return vm_fast_sum(quotient, rest * inverse);
}

/* The square root of a pair of positive numbers; 0 at 0. */
static inline VmPair vm_pair_sqrt(VmPair a) {
    double root = sqrt(a.hi);
    VmPair back = vm_two_product(root, root);
    double rest = ((a.hi - back.hi) - back.lo) + a.lo;
    return vm_fast_sum(root, rest / (root == 0 ? 1 : 2 * root));
}

/* Polynomials, constant term first, by Horner's rule on pairs of terms: half the latency. */

static inline double vm_poly_step(const double *c, double x, double square, double rest) {
    return (c[0] + c[1] * x) + square * rest;
}

static inline double vm_poly2(const double *c, double x) { return c[0] + c[1] * x; }
static inline double vm_poly3(const double *c, double x, double square) {
    return vm_poly_step(c, x, square, c[2]);
}
static inline double vm_poly4(const double *c, double x, double square) {
    return vm_poly_step(c, x, square, vm_poly2(c + 2, x));
}
static inline double vm_poly5(const double *c, double x, double square) {
    return vm_poly_step(c, x, square, vm_poly3(c + 2, x, square));
}
static inline double vm_poly6(const double *c, double x, double square) {
    return vm_poly_step(c, x, square, vm_poly4(c + 2, x, square));
}
static inline double vm_poly7(const double *c, double x, double square) {
    return vm_poly_step(c, x, square, vm_poly5(c + 2, x, square));
}
static inline double vm_poly8(const double *c, double x, double square) {
    return vm_poly_step(c, x, square, vm_poly6(c + 2, x, square));
}
static inline double vm_poly9(const double *c, double x, double square) {
    return vm_poly_step(c, x, square, vm_poly7(c + 2, x, square));
}
static inline double vm_poly10(const double *c, double x, double square) {
    return vm_poly_step(c, x, square, vm_poly8(c + 2, x, square));
}
static inline double vm_poly13(const double *c, double x, double square) {
    return vm_poly_step(c, x, square,
                        vm_poly_step(c + 2, x, square, vm_poly9(c + 4, x, square)));
}

/* Truth and choice. */

static inline double vm_lt(double a, double b) { return a < b ? 1 : 0; }
static inline double vm_le(double a, double b) { return a <= b ? 1 : 0; }
static inline double vm_eq(double a, double b) { return a == b ? 1 : 0; }
static inline double vm_ne(double a, double b) { return a != b ? 1 : 0; }
static inline double vm_and(double a, double b) { return (a != 0) && (b != 0) ? 1 : 0; }
static inline double vm_or(double a, double b) { return (a != 0) || (b != 0) ? 1 : 0; }
static inline double vm_not(double a) { return a == 0 ? 1 : 0; }
static inline double vm_select(double a, double b, double c) { return a != 0 ? b : c; }
static inline double vm_min(double a, double b) { return (a < b) || (a != a) ? a : b; }
static inline double vm_max(double a, double b) { return (a > b) || (a != a) ? a : b; }
static inline double vm_sign(double x) { return x > 0 ? 1 : x < 0 ? -1 : x; }

/* Whole numbers. */

/* The whole number nearest to x, ties to even, with the sign of x; |x| < 2^52. */
static inline double vm_nearest(double x) {
    return vm_signed((vm_abs(x) + 0x1p52) - 0x1p52, vm_sign_of(x));
}

static inline double vm_floor(double x) {
    double near = vm_nearest(x);
    double below = near > x ? near - 1 : near;
    return vm_abs(x) < 0x1p52 ? below : x;
}

static inline double vm_ceil(double x) {
    double near = vm_nearest(x);
    double above = near < x ? near + 1 : near;
    return vm_abs(x) < 0x1p52 ? vm_of_bits(vm_bits(above) | vm_sign_of(x)) : x;
}

/* Halves away from zero, as C's round. */
static inline double vm_round(double x) {
    double size = vm_abs(x);
    double near = (size + 0x1p52) - 0x1p52;
    near = size - near == 0.5 ? near + 1 : near;
    return size < 0x1p52 ? vm_signed(near, vm_sign_of(x)) : x;
}

/* Exponentials. x = steps*ln 2/128 + r, exp(x) = 2^whole * 2^(index/128) * exp(r) (Tang 1989); with
 * 16 instead of 128 where one double is enough. */

typedef struct VmExp {
    double hi, lo;  /* exp(x) = (hi + lo) * 2^(power - VM_POWER_ZERO), hi from 0.99 to 2 */
    uint64_t power; /* to 2^-67 of it */
} VmExp;

/* 'value' for |x| <= 800, where exponentials are computed; beyond, their limits. Limits are chosen
 * last: compilers split a loop whose argument is clamped first, and do not make it vector code. */
static inline double vm_exp_guard(double x, double below, double value, double above) {
    double left = x < -800 ? below : value;
    return x > 800 ? above : left;
}

/* With place = the bits of x*VM_EXP16_STEPS + VM_EXP16_SHIFT: x = r + (steps of ln 2/16), whose
 * lowest 16 bits, with VM_EXP16_BELOW added, are those of place. */
static inline double vm_exp_rest(double x, double shifted) {
    double steps = shifted - VM_EXP16_SHIFT;
    return (x - steps * VM_EXP16_STEP_1) - steps * VM_EXP16_STEP_2;
}

/* exp(x)/root - 1 */
static inline double vm_exp_excess(double r, uint64_t place) {
    const double *c = vm_exp16_poly;
    double square = r * r;
    double poly = (c[0] + c[1] * r) + square * ((c[2] + c[3] * r) + square * c[4]);
    return (vm_exp16_rests[place & 15] + r) + square * poly;
}

/* exp(x + lo) for |lo| below an ulp of x; 0 and infinity beyond the range. */
static inline double vm_exp_sum(double x, double lo) {
    double shifted = x * VM_EXP16_STEPS + VM_EXP16_SHIFT;
    uint64_t place = vm_bits(shifted), index = place & 15;
    double root = vm_of_bits(vm_exp16_roots[index] + ((index + VM_EXP16_BELOW) << 48));
    double value = root + root * vm_exp_excess(vm_exp_rest(x, shifted) + lo, place);
    uint64_t power = ((place - vm_bits(VM_EXP16_SHIFT)) + (VM_POWER_ZERO << 4)) >> 4;
    return vm_exp_guard(x, 0, vm_scale(value, power), vm_infinity());
}

/* exp(x) in two doubles, |x| <= 800. */
static inline VmExp vm_exp_pair(double x) {
    double shifted = x * VM_EXP_STEPS + VM_SHIFT;
    double steps = shifted - VM_SHIFT;
    uint64_t place = vm_bits(shifted) - vm_bits(VM_SHIFT) + (VM_POWER_ZERO << 7);
    uint64_t row = 2 * (place & 127);
    double root = vm_exp_table[row], root_rest = vm_exp_table[row + 1];
    VmPair r = vm_two_sum(x - steps * VM_EXP_STEP_1, -(steps * VM_EXP_STEP_2));
    double square = r.hi * r.hi;
    double rest = r.lo + square * vm_poly6(vm_exp_long, r.hi, square);
    VmPair linear = vm_two_product(root, r.hi);
    VmPair sum = vm_fast_sum(root, linear.hi);
    double lo = sum.lo + (linear.lo + (root_rest + (root_rest * r.hi + root * rest)));
    sum = vm_fast_sum(sum.hi, lo);
    return (VmExp){sum.hi, sum.lo, place >> 7};
}

static inline double vm_exp(double x) { return vm_exp_sum(x, 0); }

/* exp over blocks, the bits of vm_exp. Where every x of a run is from -VM_EXP16_BELOW steps on
 * (-609) to 2^14 steps further (99), a root is scaled by one addition to its bits. */

#define VM_EXP_RUN 64

/* Numbers that are wanted soon: as many of each column as values are made meanwhile. */
typedef struct VmAhead {
    const double *const *columns;
    size_t n, at;
} VmAhead;

/* The line of each beside the i-th of eight values: evenly, as few can be on their way at once. */
static inline void vm_fetch(VmAhead ahead, size_t i) {
    for (size_t k = 0; k < ahead.n; k++) VM_FETCH(ahead.columns[k] + ahead.at + i);
    VM_STAY;
}

#ifdef __AVX512F__
typedef double VmLanes __attribute__((vector_size(64), aligned(8), may_alias));
typedef uint64_t VmLaneBits __attribute__((vector_size(64)));
typedef long long VmLaneWords __attribute__((vector_size(64)));

/* A table of 16 rows, out of registers: the lowest four bits of 'place' count. */
static inline VmLanes vm_exp_rows(const void *table, VmLaneBits place) {
    VmLanes low = *(const VmLanes *)table, high = ((const VmLanes *)table)[1];
#ifdef __clang__
    return __builtin_ia32_vpermi2varpd512(low, (VmLaneWords)place, high);
#else
    return __builtin_shuffle(low, high, (VmLaneWords)place);
#endif
}

/* The operations of vm_exp_sum in their order, eight at once; the roots' bits grow by 'scale'. */
static inline VmLanes vm_exp_lanes(VmLanes x, VmLanes shifted, VmLaneBits scale) {
    const double *c = vm_exp16_poly;
    VmLanes steps = shifted - VM_EXP16_SHIFT;
    VmLanes r = (x - steps * VM_EXP16_STEP_1) - steps * VM_EXP16_STEP_2, square = r * r;
    VmLanes poly = (c[0] + c[1] * r) + square * ((c[2] + c[3] * r) + square * c[4]);
    VmLaneBits place = (VmLaneBits)shifted;
    VmLanes excess = (vm_exp_rows(vm_exp16_rests, place) + r) + square * poly;
    VmLanes root = (VmLanes)((VmLaneBits)vm_exp_rows(vm_exp16_roots, place) + scale);
    return root + root * excess;
}

static inline void vm_exp_run_near(double *out, const double *x, const double *shifted,
                                   VmAhead ahead) {
    for (size_t i = 0; i < VM_EXP_RUN; i += 8) {
        VmLanes place = *(const VmLanes *)(shifted + i);
        vm_fetch(ahead, i);
        *(VmLanes *)(out + i) =
            vm_exp_lanes(*(const VmLanes *)(x + i), place, (VmLaneBits)place << 48);
    }
}

/* The same with vm_exp_sum's scaling and limits; what is beyond these is not scaled, as products
 * that become subnormal take long (exp(-746) is 0). */
static inline VmLanes vm_exp_lanes_far(VmLanes x) {
    VmLanes shifted = x * VM_EXP16_STEPS + VM_EXP16_SHIFT;
    VmLaneBits below = (VmLaneBits)(x < -746), above = (VmLaneBits)(x > 800);
    VmLaneBits place = (VmLaneBits)shifted;
    VmLanes value = vm_exp_lanes(x, shifted, ((place & 15) + VM_EXP16_BELOW) << 48);
    VmLaneBits power = ((place - vm_bits(VM_EXP16_SHIFT)) + (VM_POWER_ZERO << 4)) >> 4;
    power = (power & ~(below | above)) | (VM_POWER_ZERO & (below | above));
    VmLaneBits half = power >> 1;
    value = value * (VmLanes)((half - 1) << 52) * (VmLanes)((power - half - 1) << 52);
    VmLaneBits left = (VmLaneBits)value & ~below;
    return (VmLanes)((left & ~above) | (vm_bits(vm_infinity()) & above));
}

static VM_RARE void vm_exp_run_far(double *out, const double *x) {
    for (size_t i = 0; i < VM_EXP_RUN; i += 8)
        *(VmLanes *)(out + i) = vm_exp_lanes_far(*(const VmLanes *)(x + i));
}
#else
static inline double vm_exp_near(double x, double shifted) {
    uint64_t place = vm_bits(shifted);
    double root = vm_of_bits(vm_exp16_roots[place & 15] + (place << 48));
    return root + root * vm_exp_excess(vm_exp_rest(x, shifted), place);
}

static inline void vm_exp_run_near(double *out, const double *x, const double *shifted,
                                   VmAhead ahead) {
    double run[VM_EXP_RUN];
    for (size_t i = 0; i < VM_EXP_RUN; i += 8) vm_fetch(ahead, i);
    for (size_t i = 0; i < VM_EXP_RUN; i++) run[i] = vm_exp_near(x[i], shifted[i]);
    for (size_t i = 0; i < VM_EXP_RUN; i++) out[i] = run[i];
}

static VM_RARE void vm_exp_run_far(double *out, const double *x) {
    for (size_t i = 0; i < VM_EXP_RUN; i++) out[i] = vm_exp(x[i]);
}
#endif

/* 'out' may be x. */
static inline void vm_exp_run(double *out, const double *x, VmAhead ahead) {
    double shifted[VM_EXP_RUN];
    uint64_t beyond = 0;
    for (size_t i = 0; i < VM_EXP_RUN; i++) shifted[i] = x[i] * VM_EXP16_STEPS + VM_EXP16_SHIFT;
    for (size_t i = 0; i < VM_EXP_RUN; i++) beyond |= vm_bits(shifted[i]) ^ vm_bits(0x1.8p52);
    if (beyond >> 14 == 0) vm_exp_run_near(out, x, shifted, ahead);
    else vm_exp_run_far(out, x);
}

/* out[i] = vm_exp(x[i]), bit for bit; 'out' may be x, but not overlap it otherwise. Of each of
 * 'columns' n numbers are asked for. What is less than a run is filled up: loops of one length are
 * short code, and soon compiled. */
static inline void vm_exp_block_ahead(double *out, const double *x, size_t n,
                                      const double *const *columns, size_t n_columns) {
    for (size_t at = 0; at < n; at += VM_EXP_RUN) {
        double few[VM_EXP_RUN] = {0};
        size_t left = n - at;
        int whole = left >= VM_EXP_RUN;
        for (size_t i = 0; !whole && i < left; i++) few[i] = x[at + i];
        vm_exp_run(whole ? out + at : few, whole ? x + at : few,
                   (VmAhead){columns, whole ? n_columns : 0, at});
        for (size_t i = 0; !whole && i < left; i++) out[at + i] = few[i];
    }
}

static inline void vm_exp_block(double *out, const double *x, size_t n) {
    vm_exp_block_ahead(out, x, n, NULL, 0);
}

/* exp(x) - 1 = 2^k * (exp(x)/2^k - 2^-k); near 0 its series, with x + x^2/2 exact. */
static inline double vm_expm1(double x) {
    VmExp e = vm_exp_pair(x);
    uint64_t power = e.power > VM_POWER_ZERO + 1000 ? VM_POWER_ZERO + 1000 : e.power;
    VmPair difference = vm_two_sum(e.hi, -vm_power2(VM_POWER_ZERO - power));
    double far = vm_scale(difference.hi + (difference.lo + e.lo), e.power);
    far = x < -60 ? -1 : x > 800 ? vm_infinity() : far;
    double top = vm_top(x), square = x * x;
    VmPair start = vm_fast_sum(x, 0.5 * top * top);
    double rest = 0.5 * (x - top) * (x + top)
                  + x * square * vm_poly9(vm_expm1_poly, x, square);
    double near = start.hi + (start.lo + rest);
    near = x == 0 ? x : near;
    return vm_abs(x) < 0.25 ? near : far;
}

/* With E = exp(|x|) = m*2^k: the pair 2^-2k/m, so that E +- 1/E = 2^k * (m +- that). */
static inline VmPair vm_exp_mirror(VmExp e) {
    VmPair inverse = vm_pair_divide((VmPair){1, 0}, (VmPair){e.hi, e.lo});
    uint64_t power = e.power > VM_POWER_ZERO + 400 ? VM_POWER_ZERO + 400 : e.power;
    double scale = vm_power2(2 * (VM_POWER_ZERO - power));
    return (VmPair){inverse.hi * scale, inverse.lo * scale};
}

static inline VmPair vm_exp_plus(VmExp e, VmPair mirror) {
    VmPair sum = vm_two_sum(e.hi, mirror.hi);
    return (VmPair){sum.hi, sum.lo + (e.lo + mirror.lo)};
}

static inline double vm_sinh(double x) {
    double size = vm_abs(x), square = size * size;
    VmExp e = vm_exp_pair(size);
    VmPair difference = vm_exp_plus(e, vm_pair_negate(vm_exp_mirror(e)));
    double far = vm_scale(difference.hi + difference.lo, e.power - 1);
    far = vm_exp_guard(size, 0, far, vm_infinity());
    double near = size + size * square * vm_poly6(vm_sinh_poly, square, square * square);
    return vm_signed(size < 0.25 ? near : far, vm_sign_of(x));
}

static inline double vm_cosh(double x) {
    double size = vm_abs(x);
    VmExp e = vm_exp_pair(size);
    VmPair sum = vm_exp_plus(e, vm_exp_mirror(e));
    double value = vm_scale(sum.hi + sum.lo, e.power - 1);
    return vm_exp_guard(size, 0, value, vm_infinity());
}

/* 1 - 2/(E + 1), E = exp(2|x|) = m*2^k: 2/(E + 1) = 2*2^-k/(m + 2^-k). */
static inline double vm_tanh(double x) {
    double size = vm_abs(x), square = size * size;
    VmExp e = vm_exp_pair(2 * size);
    uint64_t power = e.power > VM_POWER_ZERO + 100 ? VM_POWER_ZERO + 100 : e.power;
    double scale = vm_power2(VM_POWER_ZERO - power);
    VmPair sum = vm_two_sum(e.hi, scale);
    sum.lo += e.lo;
    VmPair share = vm_pair_divide((VmPair){2 * scale, 0}, sum);
    VmPair difference = vm_fast_sum(1, -share.hi);
    double far = difference.hi + (difference.lo - share.lo);
    far = size > 30 ? 1 : far;
    double near = size + size * square * vm_poly9(vm_tanh_poly, square, square * square);
    return vm_signed(size < 0.25 ? near : far, vm_sign_of(x));
}

/* The exponent of e <= 1, at least -100: 1 + e does not see the difference. */
static inline uint64_t vm_exp_power(VmExp e) {
    uint64_t power = e.power < VM_POWER_ZERO - 100 ? VM_POWER_ZERO - 100 : e.power;
    return power - VM_POWER_ZERO;
}

static inline VmPair vm_exp_plus_one(VmExp e) {
    double scale = vm_power2(vm_exp_power(e));
    VmPair sum = vm_fast_sum(1, e.hi * scale);
    return (VmPair){sum.hi, sum.lo + e.lo * scale};
}

/* With E = exp(-|x|): 1/(1 + E) on the right, E/(1 + E) on the left. */
static inline double vm_sigmoid_of(double x, VmExp e) {
    VmPair above = {x < 0 ? e.hi : 1, x < 0 ? e.lo : 0};
    uint64_t power = x < 0 ? e.power : VM_POWER_ZERO;
    double value = vm_scale(vm_pair_divide(above, vm_exp_plus_one(e)).hi, power);
    return vm_exp_guard(x, 0, value, 1);
}

static inline double vm_sigmoid(double x) { return vm_sigmoid_of(x, vm_exp_pair(-vm_abs(x))); }

/* Logarithms. hi + lo = 2^k*m, r = c*m - 1 with c from a table, |r| <= 1/128,
 * log = k*ln 2 - log(c) + log(1 + r) (Tang 1990); c = 1 around m = 1, where the result is small. */

typedef struct VmLogPlace {
    double k, m;
    uint64_t power;      /* 1023 + k, before 'extra' */
    double c, log, rest; /* the table's row */
} VmLogPlace;

static inline VmLogPlace vm_log_place(double x, double extra) {
    uint64_t bits = vm_bits(x);
    uint64_t place = bits - VM_LOG_OFFSET + (1023ull << 52);
    uint64_t power = place >> 52;
    double k = vm_of_bits(power | 0x4330000000000000u) - (0x1p52 + 1023) + extra;
    double m = vm_of_bits(bits - (power << 52) + (1023ull << 52));
    uint64_t row = 3 * ((place >> 45) & 127);
    return (VmLogPlace){k, m, power, vm_log_table[row], vm_log_table[row + 1],
                        vm_log_table[row + 2]};
}

static inline VmPair vm_log_finish(VmLogPlace at, VmPair r) {
    double top = vm_top(r.hi), square = r.hi * r.hi;
    VmPair sum = vm_fast_sum(at.k * VM_LN2_HI + at.log, r.hi);
    VmPair next = vm_fast_sum(sum.hi, -0.5 * top * top);
    double rest = r.lo - 0.5 * (r.hi - top) * (r.hi + top) - r.hi * r.lo;
    double cubic = r.hi * square * vm_poly8(vm_log_poly, r.hi, square);
    rest += cubic + (at.k * VM_LN2_LO + at.rest);
    return vm_fast_sum(next.hi, next.lo + (sum.lo + rest));
}

/* log(x) to 2^-66 of it, x > 0 finite. */
static inline VmPair vm_log_pair(double x) {
    double small = x < 0x1p-1022 ? 1 : 0;
    VmLogPlace at = vm_log_place(small != 0 ? x * 0x1p54 : x, -54 * small);
    double top = vm_top(at.m);
    return vm_log_finish(at, vm_two_sum(top * at.c - 1, (at.m - top) * at.c));
}

/* log(x.hi + x.lo) + extra*ln 2, x.hi from 2^-1000 to 2^1000. */
static inline VmPair vm_log_of_pair(VmPair x, double extra) {
    VmLogPlace at = vm_log_place(x.hi, extra);
    double top = vm_top(at.m);
    VmPair r = vm_two_sum(top * at.c - 1, (at.m - top) * at.c);
    VmPair both = vm_two_sum(r.hi, x.lo * vm_of_bits((2046 - at.power) << 52) * at.c);
    return vm_log_finish(at, vm_fast_sum(both.hi, both.lo + r.lo));
}

/* 'value' where x is positive and finite; else what every logarithm gives. */
static inline double vm_log_guard(double x, double value) {
    double edge = x == 0 ? -vm_infinity() : x < 0 ? vm_nan() : x;
    return (x > 0) && (x < vm_infinity()) ? value : edge;
}

static inline double vm_log(double x) { return vm_log_guard(x, vm_log_pair(x).hi); }

static inline double vm_log2(double x) {
    VmPair factor = {VM_LOG2E_HI, VM_LOG2E_LO};
    return vm_log_guard(x, vm_pair_multiply(vm_log_pair(x), factor).hi);
}

static inline double vm_log10(double x) {
    VmPair factor = {VM_LOG10E_HI, VM_LOG10E_LO};
    return vm_log_guard(x, vm_pair_multiply(vm_log_pair(x), factor).hi);
}

/* 1 + x in two doubles keeps all of x. */
static inline double vm_log1p(double x) {
    double large = x > 0x1p900 ? 1 : 0;
    VmPair sum = vm_two_sum(1, large != 0 ? x * 0x1p-200 : x);
    double value = vm_log_of_pair(sum, 200 * large).hi;
    return x == 0 ? x : vm_log_guard(x + 1, value);
}

/* log(1 + exp(x)) = max(x, 0) + log(1 + exp(-|x|)); far left E - E^2/2, E = exp(x). */
static inline double vm_softplus_of(double x, VmExp e) {
    VmPair tail = vm_log_of_pair(vm_exp_plus_one(e), 0);
    VmPair sum = vm_two_sum(x > 0 ? x : 0, tail.hi);
    double value = sum.hi + (sum.lo + tail.lo);
    double left = e.hi + (e.lo - 0.5 * e.hi * e.hi * vm_power2(vm_exp_power(e)));
    value = x < -20 ? vm_scale(left, e.power) : value;
    return vm_exp_guard(x, 0, value, x);
}

static inline double vm_softplus(double x) { return vm_softplus_of(x, vm_exp_pair(-vm_abs(x))); }

/* A loss and its slope: both of one E. */
static inline void vm_softplus_sigmoid(double x, double *softplus, double *sigmoid) {
    VmExp e = vm_exp_pair(-vm_abs(x));
    *softplus = vm_softplus_of(x, e);
    *sigmoid = vm_sigmoid_of(x, e);
}

/* atanh(x) = (log(1 + x) - log(1 - x))/2: both terms of one sign. */
static inline double vm_atanh(double x) {
    double size = vm_abs(x);
    VmPair above = vm_log_of_pair(vm_two_sum(1, size), 0);
    VmPair below = vm_log_of_pair(vm_two_sum(1, -size), 0);
    VmPair sum = vm_two_sum(above.hi, -below.hi);
    double value = 0.5 * (sum.hi + (sum.lo + (above.lo - below.lo)));
    value = size < 0x1p-30 ? size : value;
    value = size < 1 ? value : size == 1 ? vm_infinity() : vm_nan();
    return vm_signed(value, vm_sign_of(x));
}

/* log(x + sqrt(x^2 + 1)), the argument in two doubles. */
static inline double vm_asinh(double x) {
    double size = vm_abs(x);
    double large = size > 0x1p400 ? 1 : 0;
    double scaled = large != 0 ? 1 : size;
    VmPair square = vm_two_product(scaled, scaled);
    VmPair root = vm_pair_sqrt(vm_pair_add(square, (VmPair){1, 0}));
    VmPair sum = vm_pair_add(root, (VmPair){scaled, 0});
    sum.hi = large != 0 ? size * 0x1p-200 : sum.hi;
    sum.lo = large != 0 ? 0 : sum.lo;
    double value = vm_log_of_pair(sum, 201 * large).hi;
    value = size < 0x1p-30 ? size : size < vm_infinity() ? value : size;
    return vm_signed(value, vm_sign_of(x));
}

/* log(x + sqrt(x^2 - 1)). */
static inline double vm_acosh(double x) {
    double large = x > 0x1p400 ? 1 : 0;
    double scaled = large != 0 ? 1 : x;
    VmPair square = vm_two_product(scaled, scaled);
    VmPair root = vm_pair_sqrt(vm_pair_add(square, (VmPair){-1, 0}));
    VmPair sum = vm_pair_add((VmPair){scaled, 0}, root);
    sum.hi = large != 0 ? x * 0x1p-200 : sum.hi;
    sum.lo = large != 0 ? 0 : sum.lo;
    double value = vm_log_of_pair(sum, 201 * large).hi;
    value = x < vm_infinity() ? value : x;
    return x >= 1 ? value : vm_nan();
}

/* Powers and roots. */

static inline double vm_sqrt(double x) { return x < 0 ? vm_nan() : sqrt(x); }

/* x^y for x > 0 finite, not 1: exp(y*log(x)) with the product in two doubles; where it leaves the
 * range its lo is not a number, but its hi decides. */
static inline double vm_pow_positive(double x, double y) {
    VmPair log = vm_log_pair(x);
    VmPair product = vm_two_product(y, log.hi);
    return vm_exp_sum(product.hi, product.lo + y * log.lo);
}

static inline double vm_pow(double x, double y) {
    double size = vm_abs(x), power = vm_abs(y);
    double shifted = power < 0x1p52 ? power + 0x1p52 : power; /* its last bit is the ones of y */
    double fraction = power < 0x1p52 ? power - (shifted - 0x1p52) : 0;
    uint64_t odd = power < 0x1p53 ? vm_bits(shifted) << 63 : 0;
    odd = fraction == 0 ? odd : 0;
    double value = vm_pow_positive(size, y);
    value = size == 1 ? 1 : value;
    double upper = y < 0 ? 0 : vm_infinity(), lower = y < 0 ? vm_infinity() : 0;
    double broken = x < 0 ? fraction : 0;
    value = broken != 0 ? vm_nan() : value;
    value = size == vm_infinity() ? upper : value;
    value = size == 0 ? lower : value;
    value = vm_signed(value, odd & vm_bits(x));
    value = x != x ? x : y != y ? y : value;
    value = x == 1 ? 1 : value;
    return y == 0 ? 1 : value;
}

/* A fixed chain of products; a negative exponent takes the reciprocal at the end. */
static inline double vm_powi(double x, int exponent) {
    unsigned left = exponent < 0 ? 0u - (unsigned)exponent : (unsigned)exponent;
    double power = 1;
    for (; left != 0; left >>= 1, x *= x)
        if (left & 1u)
            power *= x;
    return exponent < 0 ? 1 / power : power;
}

/* |x| = 2^(3q + s)*m: a polynomial for cbrt(m), one step of Halley's, one of Newton's whose
 * residual m*2^s - y^3 is formed in two doubles. */
static inline double vm_cbrt(double x) {
    double size = vm_abs(x);
    uint64_t small = size < 0x1p-1022 ? 1 : 0;
    uint64_t bits = vm_bits(small != 0 ? size * 0x1p54 : size);
    uint64_t exponent = bits >> 52;
    uint64_t third = (exponent * 43691) >> 17; /* exponent/3 */
    uint64_t left = exponent - 3 * third;
    double m = vm_of_bits(bits - (exponent << 52) + (1023ull << 52));
    double whole = vm_of_bits(vm_bits(m) + (left << 52));
    double y = vm_poly5(vm_cbrt_poly, m, m * m) * vm_cbrt_table[left];
    double cube = y * y * y;
    y = y * ((cube + 2 * whole) / (2 * cube + whole));
    VmPair square = vm_two_product(y, y);
    VmPair product = vm_two_product(square.hi, y);
    double rest = ((whole - product.hi) - product.lo) - square.lo * y;
    double value = (y + rest / (3 * square.hi)) * vm_of_bits((third + 682 - 18 * small) << 52);
    return (size > 0) && (size < vm_infinity()) ? vm_signed(value, vm_sign_of(x)) : x;
}

/* sqrt(a^2 + b^2) in two doubles, scaled by a power of two where squares leave the range. */
static inline double vm_hypot(double a, double b) {
    double x = vm_abs(a), y = vm_abs(b);
    double large = x > y ? x : y, less = x > y ? y : x;
    double scale = large > 0x1p400 ? 0x1p-600 : large < 0x1p-400 ? 0x1p600 : 1;
    double back = large > 0x1p400 ? 0x1p600 : large < 0x1p-400 ? 0x1p-600 : 1;
    VmPair first = vm_two_product(large * scale, large * scale);
    VmPair second = vm_two_product(less * scale, less * scale);
    VmPair sum = vm_fast_sum(first.hi, second.hi);
    sum.lo += first.lo + second.lo;
    double value = vm_pair_sqrt(sum).hi * back;
    value = (x != x) || (y != y) ? a + b : value;
    return (x == vm_infinity()) || (y == vm_infinity()) ? vm_infinity() : value;
}

/* Angles. |x| = quadrant*pi/2 + r, |r| <= pi/4 a little over, r in two doubles. */

#define VM_ANGLE_NEAR 0x1p20 /* up to here pi/2 in parts of 33 bits reduces exactly enough */

typedef struct VmAngle {
    VmPair r;
    uint64_t quadrant; /* the low two bits count */
} VmAngle;

/* Cody and Waite with four parts of pi/2, 0 <= x <= VM_ANGLE_NEAR: products with the first three
 * are exact, r is off by less than 2^-110. */
static inline VmAngle vm_angle_near(double x) {
    double shifted = x * VM_2_PI + VM_SHIFT;
    double k = shifted - VM_SHIFT;
    VmPair second = vm_two_sum(x - k * VM_PI_2_1, -(k * VM_PI_2_2));
    VmPair third = vm_two_sum(second.hi, -(k * VM_PI_2_3));
    double rest = (second.lo + third.lo) - k * VM_PI_2_4;
    return (VmAngle){vm_fast_sum(third.hi, rest), vm_bits(shifted)};
}

/* Payne and Hanek: x = m*2^e; of the bits of 2/pi those that give multiples of 4 in the product
 * and those below 2^-137 are left out; six words of 32 bits remain. */
static inline VmAngle vm_angle_far(double x) {
    uint64_t bits = vm_bits(x);
    uint64_t high = ((bits >> 32) & 0xfffff) | 0x100000, low = bits & 0xffffffff;
    uint64_t first = (bits >> 52) - 1013; /* of the bits of vm_2_pi_words */
    uint64_t product[6] = {0}, above = 0, carry = 0;
    for (int i = 5; i >= 0; i--) {
        uint64_t at = first + 32 * (uint64_t)i;
        const uint32_t *words = &vm_2_pi_words[at >> 5];
        uint64_t both = (uint64_t)words[0] << 32 | words[1];
        uint64_t word = (both >> (32 - (at & 31))) & 0xffffffff;
        uint64_t a = word * low, b = above * high;
        uint64_t sum = (a & 0xffffffff) + (b & 0xffffffff) + carry;
        product[i] = sum & 0xffffffff;
        carry = (sum >> 32) + (a >> 32) + (b >> 32);
        above = word;
    }
    uint64_t quadrant = (product[0] + 0x20000000) >> 30;
    product[0] = (product[0] - (quadrant << 30)) & 0xffffffff;
    uint64_t flip = product[0] >> 31 ? 0xffffffff : 0;
    VmPair sum = {0, 0};
    double weight = 0x1p-190;
    for (int i = 5; i >= 0; i--, weight *= 0x1p32) {
        VmPair next = vm_two_sum((double)(product[i] ^ flip) * weight, sum.hi);
        sum = (VmPair){next.hi, next.lo + sum.lo};
    }
    sum = vm_pair_multiply(sum, (VmPair){VM_HALF_PI_HI, VM_HALF_PI_LO});
    return (VmAngle){flip ? vm_pair_negate(sum) : sum, quadrant};
}

/* x > VM_ANGLE_NEAR, or NaN. */
static inline VmAngle vm_angle_beyond(double x) {
    VmAngle none = {{vm_nan(), 0}, 0};
    return x < vm_infinity() ? vm_angle_far(x) : none;
}

static inline VmPair vm_sin_kernel(VmPair r) {
    double square = r.hi * r.hi;
    double rest = r.hi * square * vm_poly7(vm_sin_poly, square, square * square);
    return (VmPair){r.hi, rest + r.lo * (1 - 0.5 * square)};
}

static inline VmPair vm_cos_kernel(VmPair r) {
    double square = r.hi * r.hi, fourth = square * square, top = vm_top(r.hi);
    VmPair start = vm_fast_sum(1, -0.5 * top * top);
    double rest = fourth * vm_poly6(vm_cos_poly, square, fourth) - r.hi * r.lo;
    return (VmPair){start.hi, start.lo + (rest - 0.5 * (r.hi - top) * (r.hi + top))};
}

/* The same to 2^-60, where the value goes into further arithmetic. */

static inline VmPair vm_sin_precise(VmPair r, VmPair square) {
    VmPair sixth = {-0x1.5555555555555p-3, -0x1.5555555555555p-57}; /* -1/6 */
    double rest = square.hi * vm_poly7(vm_sin_rest, square.hi, square.hi * square.hi);
    VmPair factor = vm_pair_add_less(sixth, (VmPair){rest, 0});
    return vm_pair_add_less(r, vm_pair_multiply(vm_pair_multiply(r, square), factor));
}

static inline VmPair vm_cos_precise(VmPair square) {
    VmPair part = {0x1.5555555555555p-5, 0x1.5555555555555p-59}; /* 1/24 */
    double rest = square.hi * vm_poly7(vm_cos_rest, square.hi, square.hi * square.hi);
    VmPair factor = vm_pair_add_less(part, (VmPair){rest, 0});
    factor = vm_pair_add_less((VmPair){-0.5, 0}, vm_pair_multiply(square, factor));
    return vm_pair_add_less((VmPair){1, 0}, vm_pair_multiply(square, factor));
}

/* sin(angle.r + quadrant*pi/2). */
static inline double vm_sin_in_quadrant(VmPair r, uint64_t quadrant) {
    VmPair sine = vm_sin_kernel(r), cosine = vm_cos_kernel(r);
    double value = (quadrant & 1) != 0 ? cosine.hi + cosine.lo : sine.hi + sine.lo;
    return vm_signed(value, (quadrant & 2) << 62);
}

/* A loop whose arguments are known to be at most VM_ANGLE_NEAR may call the _near functions, which
 * have no branch. */

static inline double vm_sin_near(double x) {
    VmAngle angle = vm_angle_near(vm_abs(x));
    return vm_signed(vm_sin_in_quadrant(angle.r, angle.quadrant), vm_sign_of(x));
}

static inline double vm_cos_near(double x) {
    VmAngle angle = vm_angle_near(vm_abs(x));
    return vm_sin_in_quadrant(angle.r, angle.quadrant + 1);
}

static inline double vm_sin(double x) {
    if (vm_abs(x) <= VM_ANGLE_NEAR) return vm_sin_near(x);
    VmAngle angle = vm_angle_beyond(vm_abs(x));
    return vm_signed(vm_sin_in_quadrant(angle.r, angle.quadrant), vm_sign_of(x));
}

static inline double vm_cos(double x) {
    if (vm_abs(x) <= VM_ANGLE_NEAR) return vm_cos_near(x);
    VmAngle angle = vm_angle_beyond(vm_abs(x));
    return vm_sin_in_quadrant(angle.r, angle.quadrant + 1);
}

static inline double vm_tan(double x) {
    double size = vm_abs(x);
    VmAngle angle = size <= VM_ANGLE_NEAR ? vm_angle_near(size) : vm_angle_beyond(size);
    VmPair square = vm_pair_multiply(angle.r, angle.r);
    VmPair sine = vm_sin_precise(angle.r, square), cosine = vm_cos_precise(square);
    int turned = (angle.quadrant & 1) != 0;
    VmPair above = {turned ? -cosine.hi : sine.hi, turned ? -cosine.lo : sine.lo};
    VmPair below = {turned ? sine.hi : cosine.hi, turned ? sine.lo : cosine.lo};
    return vm_signed(vm_pair_divide(above, below).hi, vm_sign_of(x));
}

/* For |x| > 1/2, asin(x) = pi/2 - 2*asin(s), s = sqrt((1 - x)/2); below it s = x.
 * 'rest' is asin(s) - s.hi. */
typedef struct VmArc {
    double s, rest;
} VmArc;

static inline VmArc vm_arc(double size) {
    int near = size <= 0.5;
    double square = near ? size * size : (1 - size) * 0.5;
    double root = sqrt(square);
    VmPair back = vm_two_product(root, root);
    double missing = ((square - back.hi) - back.lo) / (root == 0 ? 1 : 2 * root);
    double s = near ? size : root;
    double rest = s * (square * vm_poly13(vm_asin_poly, square, square * square));
    return (VmArc){s, near ? rest : rest + missing};
}

static inline double vm_asin(double x) {
    double size = vm_abs(x);
    VmArc arc = vm_arc(size);
    VmPair far = vm_fast_sum(VM_HALF_PI_HI, -2 * arc.s);
    double value = far.hi + (far.lo + (VM_HALF_PI_LO - 2 * arc.rest));
    value = size <= 0.5 ? arc.s + arc.rest : value;
    return vm_signed(size <= 1 ? value : vm_nan(), vm_sign_of(x));
}

static inline double vm_acos(double x) {
    VmArc arc = vm_arc(vm_abs(x));
    VmPair middle = vm_fast_sum(VM_HALF_PI_HI, vm_signed(arc.s, ~vm_bits(x) & VM_SIGN_BIT));
    VmPair left = vm_fast_sum(VM_PI_HI, -2 * arc.s);
    double value = x > 0 ? 2 * (arc.s + arc.rest) : left.hi + (left.lo + (VM_PI_LO - 2 * arc.rest));
    double rest = vm_signed(arc.rest, ~vm_bits(x) & VM_SIGN_BIT);
    value = vm_abs(x) <= 0.5 ? middle.hi + (middle.lo + (VM_HALF_PI_LO + rest)) : value;
    return vm_abs(x) <= 1 ? value : vm_nan();
}

/* atan(ratio) in two doubles, ratio = n/d up to rounding and underflow, 0 <= n <= d, d from 2^-600
 * to 2^600: atan(j/16) + atan(t), t = (n - d*j/16)/(d + n*j/16). */
static inline VmPair vm_atan_ratio(double ratio, double n, double d) {
    double shifted = ratio * 16 + VM_SHIFT;
    double near = (shifted - VM_SHIFT) * 0.0625;
    uint64_t row = 2 * (vm_bits(shifted) & 31);
    VmPair down = vm_two_product(near, d), up = vm_two_product(near, n);
    VmPair above = vm_two_sum(n, -down.hi), below = vm_fast_sum(d, up.hi);
    VmPair t = vm_pair_divide((VmPair){above.hi, above.lo - down.lo},
                              (VmPair){below.hi, below.lo + up.lo});
    t.hi = ratio < 0x1p-30 ? ratio : t.hi;
    t.lo = ratio < 0x1p-30 ? 0 : t.lo;
    double square = t.hi * t.hi;
    double cubic = t.hi * square * vm_poly5(vm_atan_poly, square, square * square);
    VmPair sum = vm_fast_sum(vm_atan_table[row], t.hi);
    return vm_fast_sum(sum.hi, sum.lo + (vm_atan_table[row + 1] + t.lo + cubic));
}

static inline double vm_atan(double x) {
    double size = vm_abs(x);
    double less = size > 1 ? 1 : size, large = size > 1 ? size : 1;
    VmPair arc = vm_atan_ratio(less / large, less, large);
    VmPair turned = vm_fast_sum(VM_HALF_PI_HI, -arc.hi);
    double value = size > 1 ? turned.hi + (turned.lo + (VM_HALF_PI_LO - arc.lo)) : arc.hi;
    return vm_signed(x != x ? x : value, vm_sign_of(x));
}

static inline double vm_atan2(double y, double x) {
    double height = vm_abs(y), width = vm_abs(x);
    double large = height > width ? height : width, less = height > width ? width : height;
    int endless = large == vm_infinity();
    less = endless ? (less == large ? 1 : 0) : less;
    large = large == 0 || endless ? 1 : large;
    double scale = large > 0x1p400 ? 0x1p-600 : large < 0x1p-400 ? 0x1p600 : 1;
    VmPair arc = vm_atan_ratio(less / large, less * scale, large * scale);
    int left = vm_sign_of(x) != 0, steep = height > width;
    double base = steep ? VM_HALF_PI_HI : left ? VM_PI_HI : 0;
    double base_rest = steep ? VM_HALF_PI_LO : left ? VM_PI_LO : 0;
    uint64_t turn = steep != left ? VM_SIGN_BIT : 0;
    VmPair sum = vm_fast_sum(base, vm_signed(arc.hi, turn));
    double value = sum.hi + (sum.lo + (base_rest + vm_signed(arc.lo, turn)));
    return (x != x) || (y != y) ? x + y : vm_signed(value, vm_sign_of(y));
}

/* erf: a polynomial in x^2 up to 1/2, then one for each eighth (its values in two doubles). */
static inline double vm_erf(double x) {
    double size = vm_abs(x), square = size * size;
    double slope = VM_ERF_SLOPE_EXCESS
                   + square * vm_poly10(vm_erf_near, square, square * square);
    double shifted = (size * 8 - 0.5) + VM_SHIFT;
    const double *row = &vm_erf_table[12 * (vm_bits(shifted) & 63)];
    double t = size - ((shifted - VM_SHIFT) * 0.125 + 0.0625);
    double far = row[0] + (row[1] + t * vm_poly10(row + 2, t, t * t));
    far = size > 6 ? 1 : far;
    double value = size < 0.5 ? size + size * slope : far;
    return x != x ? x : vm_signed(value, vm_sign_of(x));
}

/* The gamma family. Above 8 the asymptotic series (Abramowitz and Stegun 6.1.40, 6.3.18, 6.4.12),
 * below it the recurrence up to there, left of 0 the reflection; all in two doubles, because the
 * large terms cancel. */

/* sin and cos of pi*f for 0 <= f <= 1/2, to 2^-60 of them. */
typedef struct VmTurn {
    VmPair sine, cosine;
} VmTurn;

static inline VmTurn vm_half_turn(double f) {
    int steep = f > 0.25;
    VmPair r = vm_pair_multiply((VmPair){VM_PI_HI, VM_PI_LO}, (VmPair){steep ? 0.5 - f : f, 0});
    VmPair square = vm_pair_multiply(r, r);
    VmPair sine = vm_sin_precise(r, square), cosine = vm_cos_precise(square);
    return steep ? (VmTurn){cosine, sine} : (VmTurn){sine, cosine};
}

/* How far x is from the nearest whole number; x < 2^52. */
static inline double vm_from_whole(double x) { return x - vm_nearest(x); }

/* Stirling's series, x >= 8. */
static inline VmPair vm_lgamma_large(VmPair x) {
    double scale = x.hi > 0x1p900 ? 0x1p-200 : 1; /* the product overflows late, as a whole */
    VmPair log = x.hi > 0x1p900 ? vm_log_pair(x.hi) : vm_log_of_pair(x, 0);
    VmPair scaled = {x.hi * scale, x.lo * scale};
    VmPair factor = vm_pair_add(scaled, (VmPair){-0.5 * scale, 0});
    VmPair sum = vm_pair_add(vm_pair_multiply(factor, log), vm_pair_negate(scaled));
    double inverse = 1 / x.hi, square = inverse * inverse;
    double tail = inverse * vm_poly8(vm_lgamma_tail, square, square * square);
    VmPair rest = vm_pair_add((VmPair){VM_HALF_LOG_2PI_HI, VM_HALF_LOG_2PI_LO}, (VmPair){tail, 0});
    sum = vm_pair_add(sum, (VmPair){rest.hi * scale, rest.lo * scale});
    double back = x.hi > 0x1p900 ? 0x1p200 : 1;
    return (VmPair){sum.hi * back, sum.lo * back};
}

static inline VmPair vm_lgamma_positive(double x) {
    if (x < 0x1p-60) return vm_pair_negate(vm_log_pair(x));
    VmPair at = {x, 0}, product = {1, 0};
    for (; at.hi < 8; at = vm_pair_add(at, (VmPair){1, 0}))
        product = vm_pair_multiply(product, at);
    VmPair large = vm_lgamma_large(at);
    return x < 8 ? vm_pair_add(large, vm_pair_negate(vm_log_of_pair(product, 0))) : large;
}

/* log|Gamma(x)|; infinite at 0, -1, -2, ... Left of 0: log(pi) - log|x*sin(pi*x)| - lgamma(-x). */
static inline double vm_lgamma(double x) {
    double size = vm_abs(x);
    if (!(size < vm_infinity())) return x != x ? x : vm_infinity();
    if (x == 1 || x == 2) return 0;
    if ((x <= 0) && ((size >= 0x1p52) || (vm_floor(x) == x))) return vm_infinity();
    VmPair value = vm_lgamma_positive(size);
    if ((x > 0) || (size < 0x1p-60)) return value.hi + value.lo;
    VmPair sine = vm_half_turn(vm_abs(vm_from_whole(size))).sine;
    VmPair log = vm_log_of_pair(vm_pair_multiply(sine, (VmPair){size, 0}), 0);
    value = vm_pair_add(value, vm_pair_add(log, (VmPair){-VM_LOG_PI_HI, -VM_LOG_PI_LO}));
    return -(value.hi + value.lo);
}

static inline VmPair vm_digamma_positive(double x) {
    VmPair at = {x, 0}, below = {0, 0}, one = {1, 0};
    for (; at.hi < 8; at = vm_pair_add(at, one))
        below = vm_pair_add(below, vm_pair_divide(one, at));
    VmPair log = at.hi > 0x1p900 ? vm_log_pair(at.hi) : vm_log_of_pair(at, 0);
    double inverse = 1 / at.hi, square = inverse * inverse;
    double tail = 0.5 * inverse + square * vm_poly8(vm_digamma_tail, square, square * square);
    return vm_pair_add(vm_pair_add(log, (VmPair){-tail, 0}), vm_pair_negate(below));
}

/* The slope of lgamma. NaN at -1, -2, ...; -infinity at 0, +infinity at -0.
 * digamma(-y) = digamma(y) + 1/y + pi*cot(pi*y). */
static inline double vm_digamma(double x) {
    double size = vm_abs(x);
    if (size < 0x1p-60) return -1 / x;
    if (!(x > 0) && !((size < 0x1p52) && (vm_floor(x) != x))) return x != x ? x : vm_nan();
    if (x == vm_infinity()) return x;
    VmPair value = vm_digamma_positive(size);
    if (x > 0) return value.hi + value.lo;
    double f = vm_from_whole(size);
    VmTurn turn = vm_half_turn(vm_abs(f));
    VmPair cotangent = vm_pair_divide(turn.cosine, turn.sine);
    cotangent = vm_pair_multiply(cotangent, (VmPair){VM_PI_HI, VM_PI_LO});
    cotangent = f < 0 ? vm_pair_negate(cotangent) : cotangent;
    value = vm_pair_add(value, vm_pair_divide((VmPair){1, 0}, (VmPair){size, 0}));
    value = vm_pair_add(value, cotangent);
    return value.hi + value.lo;
}

static inline VmPair vm_trigamma_positive(double x) {
    VmPair at = {x, 0}, sum = {0, 0}, one = {1, 0};
    for (; at.hi < 8; at = vm_pair_add(at, one)) {
        VmPair inverse = vm_pair_divide(one, at);
        sum = vm_pair_add(sum, vm_pair_multiply(inverse, inverse));
    }
    VmPair inverse = at.hi > 0x1p900 ? (VmPair){1 / at.hi, 0} : vm_pair_divide(one, at);
    double square = inverse.hi * inverse.hi;
    double tail = square * (0.5 + inverse.hi * vm_poly8(vm_trigamma_tail, square, square * square));
    return vm_pair_add(vm_pair_add(inverse, (VmPair){tail, 0}), sum);
}

/* The slope of digamma; infinite at 0, -1, -2, ...
 * trigamma(-y) = (pi/sin(pi*y))^2 - trigamma(y) + 1/y^2. */
static inline double vm_trigamma(double x) {
    double size = vm_abs(x);
    if (!(size < vm_infinity())) return x > 0 ? 0 : vm_nan();
    if ((size <= 0x1p-512) || ((x < 0) && ((size >= 0x1p52) || (vm_floor(x) == x))))
        return vm_infinity();
    VmPair value = vm_trigamma_positive(size);
    if (x > 0) return value.hi + value.lo;
    VmPair sine = vm_half_turn(vm_abs(vm_from_whole(size))).sine;
    VmPair height = vm_pair_divide((VmPair){VM_PI_HI, VM_PI_LO}, sine);
    VmPair inverse = vm_pair_divide((VmPair){1, 0}, (VmPair){size, 0});
    height = vm_pair_multiply(height, height);
    inverse = vm_pair_multiply(inverse, inverse);
    value = vm_pair_add(vm_pair_add(inverse, vm_pair_negate(value)), height);
    return value.hi + value.lo;
}

#undef VM_SHIFT
#undef VM_SIGN_BIT
#undef VM_POWER_ZERO
#undef VM_RARE
#undef VM_FETCH
#undef VM_STAY
#undef VM_EXP_RUN

#endif
