/* vmath_reference: what vmath_test and vmathf_test share: a reference in MPFR for each elementwise
 * operator of ops.def, the points each gets, and how far a value is from the truth. */
#ifndef DESCEND_TESTS_VMATH_REFERENCE_H
#define DESCEND_TESTS_VMATH_REFERENCE_H

#include <mpfr.h>
#include <stdint.h>
#include <stdlib.h>

#include "../../src/op/op.h"
#include "../../src/op/vmath.h"
#include "../check.h"

#define VMATH_BITS 160 /* of the reference */

typedef struct VmathPoint {
    double a, b, c;
    int exponent;
} VmathPoint;

typedef void VmathReference(mpfr_t out, VmathPoint at);

/* References. One for each elementwise row of ops.def: a missing one does not compile. */

static mpfr_t vmath_x, vmath_y, vmath_t, vmath_u;

static void vmath_load(VmathPoint at) {
    mpfr_set_d(vmath_x, at.a, MPFR_RNDN);
    mpfr_set_d(vmath_y, at.b, MPFR_RNDN);
}

#define REFERENCE_1(id, function)                                                                  \
    static void vmath_reference_##id(mpfr_t out, VmathPoint at) {                                  \
        vmath_load(at);                                                                            \
        function(out, vmath_x, MPFR_RNDN);                                                         \
    }
#define REFERENCE_2(id, function)                                                                  \
    static void vmath_reference_##id(mpfr_t out, VmathPoint at) {                                  \
        vmath_load(at);                                                                            \
        function(out, vmath_x, vmath_y, MPFR_RNDN);                                                \
    }
#define REFERENCE_EXACT(id, value)                                                                 \
    static void vmath_reference_##id(mpfr_t out, VmathPoint at) {                                  \
        mpfr_set_d(out, (value), MPFR_RNDN);                                                       \
    }

REFERENCE_2(ADD, mpfr_add)
REFERENCE_2(SUB, mpfr_sub)
REFERENCE_2(MUL, mpfr_mul)
REFERENCE_2(DIV, mpfr_div)
REFERENCE_1(NEG, mpfr_neg)
REFERENCE_2(POW, mpfr_pow)
REFERENCE_1(EXP, mpfr_exp)
REFERENCE_1(LOG, mpfr_log)
REFERENCE_1(LOG1P, mpfr_log1p)
REFERENCE_1(EXPM1, mpfr_expm1)
REFERENCE_1(LOG2, mpfr_log2)
REFERENCE_1(LOG10, mpfr_log10)
REFERENCE_1(SQRT, mpfr_sqrt)
REFERENCE_1(CBRT, mpfr_cbrt)
REFERENCE_1(SIN, mpfr_sin)
REFERENCE_1(COS, mpfr_cos)
REFERENCE_1(TAN, mpfr_tan)
REFERENCE_1(ASIN, mpfr_asin)
REFERENCE_1(ACOS, mpfr_acos)
REFERENCE_1(ATAN, mpfr_atan)
REFERENCE_1(SINH, mpfr_sinh)
REFERENCE_1(COSH, mpfr_cosh)
REFERENCE_1(TANH, mpfr_tanh)
REFERENCE_1(ASINH, mpfr_asinh)
REFERENCE_1(ACOSH, mpfr_acosh)
REFERENCE_1(ATANH, mpfr_atanh)
REFERENCE_1(ERF, mpfr_erf)
REFERENCE_1(ABS, mpfr_abs)
REFERENCE_1(FLOOR, mpfr_rint_floor)
REFERENCE_1(CEIL, mpfr_rint_ceil)
REFERENCE_1(ROUND, mpfr_rint_round)
REFERENCE_1(DETACH, mpfr_set)
REFERENCE_2(ATAN2, mpfr_atan2)
REFERENCE_2(HYPOT, mpfr_hypot)
REFERENCE_EXACT(SIGN, at.a == 0 || isnan(at.a) ? at.a : at.a < 0 ? -1 : 1)
REFERENCE_EXACT(MIN, isnan(at.a) || isnan(at.b) ? (double)NAN : at.a < at.b ? at.a : at.b)
REFERENCE_EXACT(MAX, isnan(at.a) || isnan(at.b) ? (double)NAN : at.a > at.b ? at.a : at.b)
REFERENCE_EXACT(LT, at.a < at.b)
REFERENCE_EXACT(LE, at.a <= at.b)
REFERENCE_EXACT(GT, at.a > at.b)
REFERENCE_EXACT(GE, at.a >= at.b)
REFERENCE_EXACT(EQ, at.a == at.b)
REFERENCE_EXACT(NE, at.a != at.b)
REFERENCE_EXACT(AND, at.a != 0 && at.b != 0)
REFERENCE_EXACT(OR, at.a != 0 || at.b != 0)
REFERENCE_EXACT(NOT, at.a == 0)
REFERENCE_EXACT(SELECT, at.a != 0 ? at.b : at.c)

static void vmath_reference_POWI(mpfr_t out, VmathPoint at) {
    vmath_load(at);
    mpfr_pow_si(out, vmath_x, at.exponent, MPFR_RNDN);
}

static void vmath_reference_SIGMOID(mpfr_t out, VmathPoint at) {
    vmath_load(at);
    mpfr_neg(vmath_x, vmath_x, MPFR_RNDN);
    mpfr_exp(vmath_x, vmath_x, MPFR_RNDN);
    mpfr_add_ui(vmath_x, vmath_x, 1, MPFR_RNDN);
    mpfr_ui_div(out, 1, vmath_x, MPFR_RNDN);
}

static void vmath_reference_SOFTPLUS(mpfr_t out, VmathPoint at) {
    vmath_load(at);
    mpfr_abs(vmath_t, vmath_x, MPFR_RNDN);
    mpfr_neg(vmath_t, vmath_t, MPFR_RNDN);
    mpfr_exp(vmath_t, vmath_t, MPFR_RNDN);
    mpfr_log1p(out, vmath_t, MPFR_RNDN);
    if (!(at.a <= 0)) mpfr_add(out, out, vmath_x, MPFR_RNDN);
}

static void vmath_reference_LGAMMA(mpfr_t out, VmathPoint at) {
    int sign;
    vmath_load(at);
    mpfr_lgamma(out, &sign, vmath_x, MPFR_RNDN);
}

static void vmath_reference_DIGAMMA(mpfr_t out, VmathPoint at) {
    vmath_load(at);
    if (at.a == 0) mpfr_set_inf(out, signbit(at.a) ? 1 : -1);
    else mpfr_digamma(out, vmath_x, MPFR_RNDN);
}

/* The Bernoulli number B(2k) = 2 (2k)! zeta(2k) / (2 pi)^(2k), with its sign. */
static void vmath_bernoulli(mpfr_t out, unsigned k) {
    mpfr_zeta_ui(out, 2 * k, MPFR_RNDN);
    mpfr_const_pi(vmath_u, MPFR_RNDN);
    mpfr_mul_2ui(vmath_u, vmath_u, 1, MPFR_RNDN);
    mpfr_pow_ui(vmath_u, vmath_u, 2 * k, MPFR_RNDN);
    mpfr_div(out, out, vmath_u, MPFR_RNDN);
    mpfr_fac_ui(vmath_u, 2 * k, MPFR_RNDN);
    mpfr_mul(out, out, vmath_u, MPFR_RNDN);
    mpfr_mul_si(out, out, k % 2 ? 2 : -2, MPFR_RNDN);
}

#define TRIGAMMA_TERMS 20
#define TRIGAMMA_FROM 30 /* the series' first term left out is below 1e-40 there */
static mpfr_t vmath_bernoullis[TRIGAMMA_TERMS + 1];

/* 1/x + 1/(2x^2) + sum of B(2k)/x^(2k+1), after the recurrence; x = vmath_x > 0 is destroyed. */
static void vmath_trigamma_positive(mpfr_t out) {
    mpfr_set_zero(out, 1);
    while (mpfr_cmp_ui(vmath_x, TRIGAMMA_FROM) < 0) {
        mpfr_sqr(vmath_t, vmath_x, MPFR_RNDN);
        mpfr_ui_div(vmath_t, 1, vmath_t, MPFR_RNDN);
        mpfr_add(out, out, vmath_t, MPFR_RNDN);
        mpfr_add_ui(vmath_x, vmath_x, 1, MPFR_RNDN);
    }
    mpfr_ui_div(vmath_x, 1, vmath_x, MPFR_RNDN);
    mpfr_sqr(vmath_t, vmath_x, MPFR_RNDN);
    mpfr_set_zero(vmath_u, 1);
    for (int k = TRIGAMMA_TERMS; k >= 1; k--) {
        mpfr_add(vmath_u, vmath_u, vmath_bernoullis[k], MPFR_RNDN);
        mpfr_mul(vmath_u, vmath_u, vmath_t, MPFR_RNDN);
    }
    mpfr_mul(vmath_u, vmath_u, vmath_x, MPFR_RNDN);
    mpfr_add(vmath_u, vmath_u, vmath_x, MPFR_RNDN);
    mpfr_div_2ui(vmath_t, vmath_t, 1, MPFR_RNDN);
    mpfr_add(vmath_u, vmath_u, vmath_t, MPFR_RNDN);
    mpfr_add(out, out, vmath_u, MPFR_RNDN);
}

/* MPFR has no trigamma. */
static void vmath_reference_TRIGAMMA(mpfr_t out, VmathPoint at) {
    double size = fabs(at.a);
    if (isnan(at.a) || (isinf(at.a) && at.a < 0)) {
        mpfr_set_nan(out);
    } else if (isinf(at.a)) {
        mpfr_set_zero(out, 1);
    } else if (at.a <= 0 && at.a == floor(at.a)) {
        mpfr_set_inf(out, 1);
    } else {
        mpfr_set_d(vmath_x, size, MPFR_RNDN);
        vmath_trigamma_positive(out);
        if (at.a > 0) return;
        mpfr_neg(out, out, MPFR_RNDN); /* trigamma(-y) = (pi/sin(pi y))^2 - trigamma(y) + 1/y^2 */
        mpfr_const_pi(vmath_u, MPFR_RNDN);
        mpfr_mul_d(vmath_t, vmath_u, size - nearbyint(size), MPFR_RNDN);
        mpfr_sin(vmath_t, vmath_t, MPFR_RNDN);
        mpfr_div(vmath_t, vmath_u, vmath_t, MPFR_RNDN);
        mpfr_sqr(vmath_t, vmath_t, MPFR_RNDN);
        mpfr_add(out, out, vmath_t, MPFR_RNDN);
        mpfr_set_d(vmath_t, size, MPFR_RNDN);
        mpfr_sqr(vmath_t, vmath_t, MPFR_RNDN);
        mpfr_ui_div(vmath_t, 1, vmath_t, MPFR_RNDN);
        mpfr_add(out, out, vmath_t, MPFR_RNDN);
    }
}

/* Which points each operator gets; the defaults serve the others. */

typedef struct VmathCase {
    double low, high;  /* a range of its own */
    double points[6];  /* hard points, besides 0 and 1 */
    double step;       /* near its multiples it is hard */
    double bound;      /* in ulp; 0: 1 */
    double absolute;   /* an error below this is allowed as well */
} VmathCase;

#define VMATH_IN(from, to, ...) .low = from, .high = to, .points = {__VA_ARGS__}
#define VMATH_PI_2 0x1.921fb54442d18p+0
#define VMATH_HARDEST 0x1.6ac5b262ca1ffp+849 /* of all doubles the nearest to a multiple of pi/2 */

static const VmathCase vmath_cases[OP_COUNT] = {
    [OP_ADD] = {.bound = 0.5},
    [OP_SUB] = {.bound = 0.5},
    [OP_MUL] = {.bound = 0.5},
    [OP_DIV] = {.bound = 0.5},
    [OP_POWI] = {.low = -3, .high = 3, .bound = 16},
    [OP_EXP] = {VMATH_IN(-746, 710, 709.782712893384, -708.3964185322641, -745.1332191019412)},
    [OP_EXPM1] = {VMATH_IN(-40, 40, 709.782712893384, 0.25, -0.25, -0.5, 0.3465735902799727)},
    [OP_LOG] = {VMATH_IN(0, 4, 2, 0.5, 0x1p-1022, 0.70703125, 1.4140625)},
    [OP_LOG2] = {VMATH_IN(0, 4, 2, 0.5, 0x1p-1022, 0.70703125, 1.4140625), .step = 1},
    [OP_LOG10] = {VMATH_IN(0, 4, 10, 0.1, 1000, 0.70703125, 1.4140625), .step = 1},
    [OP_LOG1P] = {VMATH_IN(-1, 3, -1, -0.5, -0.29296875, 0.4140625, 0x1p900)},
    [OP_SQRT] = {VMATH_IN(0, 4, 2, 4), .step = 1, .bound = 0.5},
    [OP_CBRT] = {VMATH_IN(-9, 9, 2, 4, 8, 0x1p-1022), .step = 1},
    [OP_SIN] = {VMATH_IN(-7, 7, VMATH_PI_2, 0x1p20, VMATH_HARDEST), .step = VMATH_PI_2},
    [OP_COS] = {VMATH_IN(-7, 7, VMATH_PI_2, 0x1p20, VMATH_HARDEST), .step = VMATH_PI_2},
    [OP_TAN] = {VMATH_IN(-7, 7, VMATH_PI_2, 0x1p20, VMATH_HARDEST), .step = VMATH_PI_2 / 2},
    [OP_ASIN] = {VMATH_IN(-1, 1, -1, 0.5, -0.5)},
    [OP_ACOS] = {VMATH_IN(-1, 1, -1, 0.5, -0.5)},
    [OP_ATAN] = {VMATH_IN(-4, 4, -1, 0.03125, 16), .step = 0.0625},
    [OP_SINH] = {VMATH_IN(-30, 30, 0.25, 710.4758600739439, 709.782712893384)},
    [OP_COSH] = {VMATH_IN(-30, 30, 0.25, 710.4758600739439, 709.782712893384)},
    [OP_TANH] = {VMATH_IN(-20, 20, 0.25, -0.25, 18, 22)},
    [OP_ASINH] = {VMATH_IN(-9, 9, 0x1p-30, 0x1p400, -1)},
    [OP_ACOSH] = {VMATH_IN(1, 9, 0x1p26, 0x1p400)},
    [OP_ATANH] = {VMATH_IN(-1, 1, -1, 0.5, 0x1p-30)},
    [OP_ERF] = {VMATH_IN(-6.5, 6.5, 0.5, 5.9375, 6, 0.84375), .step = 0.125},
    [OP_LGAMMA] = {VMATH_IN(-20, 20, 2, 8, -2.4570247382208005, -2.7476826467274127, 2.5e305, -1),
                   .step = 1, .absolute = 1e-15},
    [OP_DIGAMMA] = {VMATH_IN(-20, 20, 1.4616321449683622, 8, -0.504083008264455),
                    .step = 1, .absolute = 1e-15},
    [OP_TRIGAMMA] = {VMATH_IN(-20, 20, 8, -0.5, 0x1p-512, 0x1p-511), .step = 1, .absolute = 1e-15},
    [OP_SIGMOID] = {VMATH_IN(-746, 50, -708.3964185322641, -745.1332191019412, -40, 40)},
    [OP_SOFTPLUS] = {VMATH_IN(-746, 50, -708.3964185322641, -745.1332191019412, -40, 40)},
    [OP_FLOOR] = {VMATH_IN(-5, 5, 0.5, 0x1p52, 0x1p53), .step = 0.5},
    [OP_CEIL] = {VMATH_IN(-5, 5, -0.5, 0x1p52, 0x1p53), .step = 0.5},
    [OP_ROUND] = {VMATH_IN(-5, 5, 0.5, 0x1p52, 0x1p53), .step = 0.5},
};

/* Points, from integers and exact steps alone, so that every build draws the same. */

static uint64_t vmath_state;

/* SplitMix64 (Steele, Lea, Flood 2014). */
static uint64_t vmath_random(void) {
    uint64_t z = vmath_state += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

static double vmath_unit(void) { return (double)(vmath_random() >> 11) * 0x1p-53; }
static int vmath_below(int count) { return (int)(vmath_random() % (uint64_t)count); }

/* 'centre' moved by a part of itself between 2^-53 and 2^-least; 0 by any small number. */
static double vmath_near(double centre, int least) {
    int exponent = -least - vmath_below(54 - least);
    double part = ldexp(2 * vmath_unit() - 1, exponent);
    if (centre == 0) return ldexp(part, -vmath_below(1030));
    return vmath_below(8) == 0 ? centre : centre * (1 + part);
}

static double vmath_one(const VmathCase *row) {
    double low = row->low, high = row->high > low ? row->high : 10;
    int exponent = vmath_below(80) - 40, kind = vmath_below(8);
    switch (kind == 3 && row->step == 0 ? 4 : kind) {
    case 0:
    case 1: return vm_of_bits(vmath_random());
    case 2: return ldexp(2 * vmath_unit() - 1, exponent);
    case 3: {
        uint64_t count = vmath_random() >> (14 + (exponent + 40) % 50);
        double multiple = (double)count * row->step;
        return vmath_near(count & 1 ? multiple : -multiple, 20);
    }
    case 4: return vmath_near(vmath_below(2), 1);
    case 5: return vmath_near(row->points[vmath_below(6)], 1);
    default: return low + (high - low) * vmath_unit();
    }
}

static double vmath_any(Op op) {
    double x = vmath_one(&vmath_cases[op]);
    /* A chain of products is as good as the range lets it be: stay inside. */
    return op != OP_POWI || (fabs(x) < 0x1p60 && fabs(x) > 0x1p-60) ? x : 3 * vmath_unit();
}

/* Powers that stay in range: y = t/log(x), or a small whole number. */
static VmathPoint vmath_power(void) {
    int exponent = vmath_below(3) ? vmath_below(7) - 3 : vmath_below(2000) - 1000;
    double x = ldexp(vmath_unit() + 0.5, exponent);
    if (vmath_below(4) == 0) x = vmath_near(1, 1);
    double y = (vmath_unit() * 1460 - 748) / vm_log(fabs(x));
    exponent = vmath_below(12);
    if (vmath_below(4) == 0) y = vm_nearest(ldexp(vmath_unit() - 0.5, exponent) * 2);
    return (VmathPoint){vmath_below(4) ? x : -x, y, 0, 0};
}

#define VMATH_SPECIALS 16
static const double vmath_specials[VMATH_SPECIALS] = {
    0, -0.0, 1, -1, 0.5, 2, -2, 3, INFINITY, -INFINITY, NAN, 0x1p-1074, -0x1p-1022, 0x1p53, -3,
    0x1.fffffffffffffp+1023,
};

/* The first draws are all pairs of special values. */
static inline VmathPoint vmath_draw(Op op, long index) {
    VmathPoint at = {0};
    if (op == OP_POW && index % 2) return vmath_power();
    at.a = vmath_any(op);
    at.b = vmath_any(op);
    at.c = vmath_any(op);
    at.exponent = vmath_below(33) - 16;
    if (vmath_below(4) == 0) at.b = vmath_near(at.a, 1);
    int exponent = vmath_below(140) - 70;
    if (vmath_below(4) == 0) at.b = ldexp(at.a, exponent) * (vmath_unit() - 0.5);
    if (index < 2 * VMATH_SPECIALS * VMATH_SPECIALS) {
        at.a = vmath_specials[index / 2 % VMATH_SPECIALS];
        at.b = vmath_specials[index / 2 / VMATH_SPECIALS];
    }
    if (op == OP_POWI && fabs(at.a) >= 0x1p53 && !isinf(at.a)) at.a = 3;
    if (op == OP_POWI && fabs(at.a) <= 0x1p-1022 && at.a != 0) at.a = 3;
    return at;
}

#define VMATH_LEAF(...)
#define VMATH_REDUCE(...)
#define VMATH_SHAPE(...)
#define VMATH_PRODUCT(...)
#define VMATH_ROWS(...)

#define VMATH_ELEMENTWISE(id, ...) [OP_##id] = vmath_reference_##id,
static VmathReference *const vmath_references[OP_COUNT] = {
#define OP(id, spelling, arity, kind, flags, ...) VMATH_##kind(id, __VA_ARGS__)
#include "../../src/op/ops.def"
#undef OP
#undef VMATH_ELEMENTWISE
};

static const char *const vmath_names[OP_COUNT] = {
#define OP(id, ...) [OP_##id] = #id,
#include "../../src/op/ops.def"
#undef OP
};

typedef struct VmathFormat {
    int digits, exponent, least; /* finite values are below 2^exponent, multiples of 2^least */
} VmathFormat;

/* How far 'got' is from 'truth', in ulp of the truth or, if that is less, in 'absolute'. An
 * infinity counts as 2^exponent; a NaN, a zero's sign and a true infinity must be met. */
static double vmath_error(double got, mpfr_t truth, double absolute, VmathFormat format) {
    if (mpfr_nan_p(truth) || isnan(got)) return mpfr_nan_p(truth) && isnan(got) ? 0 : INFINITY;
    int sign_differs = !signbit(got) != !mpfr_signbit(truth);
    if (mpfr_inf_p(truth) || mpfr_zero_p(truth))
        return got == mpfr_get_d(truth, MPFR_RNDN) && !sign_differs ? 0 : INFINITY;
    if (got == 0 && sign_differs && absolute == 0) return INFINITY;
    long exponent = mpfr_get_exp(truth);
    if (isinf(got) && exponent > format.exponent) return sign_differs ? INFINITY : 0;
    if (isinf(got)) mpfr_set_si_2exp(vmath_t, got > 0 ? 1 : -1, format.exponent, MPFR_RNDN);
    else mpfr_set_d(vmath_t, got, MPFR_RNDN);
    mpfr_sub(vmath_t, vmath_t, truth, MPFR_RNDN);
    double distance = fabs(mpfr_get_d(vmath_t, MPFR_RNDN));
    long ulp = exponent - format.digits > format.least ? exponent - format.digits : format.least;
    mpfr_mul_2si(vmath_t, vmath_t, -ulp, MPFR_RNDN);
    double ulps = fabs(mpfr_get_d(vmath_t, MPFR_RNDN));
    return absolute > 0 && distance / absolute < ulps ? distance / absolute : ulps;
}

static long vmath_points_asked(void) {
    const char *asked = getenv("VMATH_POINTS");
    return asked ? strtol(asked, NULL, 10) : 20000;
}

/* Has 'measure' called for every elementwise operator, or for the one in VMATH_ONLY. */
static void vmath_measure_all(void (*measure)(Op op, long points)) {
    const char *only = getenv("VMATH_ONLY");
    mpfr_set_default_prec(VMATH_BITS);
    mpfr_inits(vmath_x, vmath_y, vmath_t, vmath_u, (mpfr_ptr)0);
    for (unsigned k = 1; k <= TRIGAMMA_TERMS; k++) {
        mpfr_init(vmath_bernoullis[k]);
        vmath_bernoulli(vmath_bernoullis[k], k);
    }
    for (Op op = 0; op < OP_COUNT; op++)
        if (vmath_references[op] && (!only || strcmp(only, vmath_names[op]) == 0))
            measure(op, vmath_points_asked());
    for (unsigned k = 1; k <= TRIGAMMA_TERMS; k++) mpfr_clear(vmath_bernoullis[k]);
    mpfr_clears(vmath_x, vmath_y, vmath_t, vmath_u, (mpfr_ptr)0);
    mpfr_free_cache();
}

#endif
