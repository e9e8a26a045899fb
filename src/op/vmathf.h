/* vmathf: the values of ops.def's elementwise operators in single precision: the float instance.
 *
 * Each result is at most 1 ulp of float from the true value, the same bits everywhere, by the rules
 * of vmath.h; signed zeros, infinities and NaN as in C17 annex F. tests/op/vmathf_test.c holds
 * every function to it against MPFR.
 *
 * Method: in double and rounded once at the end. Common functions have short forms of their own,
 * right to about 2^-30, without tables and branches, so that loops over them become vector code;
 * the others round the double function. What is arithmetic only stays in float. Limits are chosen
 * last, as in vmath.h; the doubles of an argument beyond them are garbage that nobody sees.
 *
 * vmath_as_float.inc makes the values of ops.def mean these functions. */
#ifndef DESCEND_VMATHF_H
#define DESCEND_VMATHF_H

#include "vmath.h"

/* The value, which must be a float. */
#define VMF_FLOAT(...) _Generic((__VA_ARGS__), float: (__VA_ARGS__))

#define VMF_SHIFT 0x1.8p52 /* x + VMF_SHIFT holds round(x) in its low bits, for |x| < 2^51 */
#define VMF_SIGN_BIT 0x80000000u

/* Bits. */

static inline uint32_t vmf_bits(float x) {
    union {
        float value;
        uint32_t bits;
    } both = {.value = x};
    return both.bits;
}

static inline float vmf_of_bits(uint32_t bits) {
    union {
        uint32_t bits;
        float value;
    } both = {.bits = bits};
    return both.value;
}

static inline float vmf_infinity(void) { return vmf_of_bits(0x7f800000u); }
static inline float vmf_nan(void) { return vmf_of_bits(0x7fc00000u); }
static inline float vmf_abs(float x) { return vmf_of_bits(vmf_bits(x) & ~VMF_SIGN_BIT); }

/* 'size', which is not negative, with the sign of x. */
static inline float vmf_with_sign(float size, float x) {
    return vmf_of_bits(vmf_bits(size) | (vmf_bits(x) & VMF_SIGN_BIT));
}

/* Truth and choice. */

static inline float vmf_lt(float a, float b) { return a < b ? 1.0f : 0.0f; }
static inline float vmf_le(float a, float b) { return a <= b ? 1.0f : 0.0f; }
static inline float vmf_eq(float a, float b) { return a == b ? 1.0f : 0.0f; }
static inline float vmf_ne(float a, float b) { return a != b ? 1.0f : 0.0f; }
static inline float vmf_and(float a, float b) { return (a != 0) && (b != 0) ? 1.0f : 0.0f; }
static inline float vmf_or(float a, float b) { return (a != 0) || (b != 0) ? 1.0f : 0.0f; }
static inline float vmf_not(float a) { return a == 0 ? 1.0f : 0.0f; }
static inline float vmf_select(float a, float b, float c) { return a != 0 ? b : c; }
static inline float vmf_min(float a, float b) { return (a < b) || (a != a) ? a : b; }
static inline float vmf_max(float a, float b) { return (a > b) || (a != a) ? a : b; }
static inline float vmf_sign(float x) { return x > 0 ? 1.0f : x < 0 ? -1.0f : x; }

/* Whole numbers. */

/* The whole number nearest to x, ties to even, with the sign of x; |x| < 2^23. */
static inline float vmf_nearest(float x) {
    return vmf_with_sign((vmf_abs(x) + 0x1p23f) - 0x1p23f, x);
}

static inline float vmf_floor(float x) {
    float near = vmf_nearest(x);
    float below = near > x ? near - 1.0f : near;
    return vmf_abs(x) < 0x1p23f ? below : x;
}

static inline float vmf_ceil(float x) {
    float near = vmf_nearest(x);
    float above = near < x ? near + 1.0f : near;
    return vmf_abs(x) < 0x1p23f ? vmf_of_bits(vmf_bits(above) | (vmf_bits(x) & VMF_SIGN_BIT)) : x;
}

/* Halves away from zero, as C's round. */
static inline float vmf_round(float x) {
    float size = vmf_abs(x);
    float near = (size + 0x1p23f) - 0x1p23f;
    near = size - near == 0.5f ? near + 1.0f : near;
    return size < 0x1p23f ? vmf_with_sign(near, x) : x;
}

/* Exponentials. x = k*ln 2 + r, |r| <= ln 2/2: exp(x) = scale + scale*part with scale = 2^k, and
 * exp(x) - 1 = scale*part + (scale - 1), which keeps its bits where k = 0. */

typedef struct VmfExp {
    double scale, part; /* part = exp(r) - 1 */
} VmfExp;

/* |x| <= 700. */
static inline VmfExp vmf_exp_parts(double x) {
    double shifted = x * VM_LOG2E_HI + VMF_SHIFT;
    double k = shifted - VMF_SHIFT;
    double r = (x - k * VM_LN2_HI) - k * VM_LN2_LO, square = r * r;
    double part = r + square * vm_poly6(vmf_exp_poly, r, square);
    return (VmfExp){vm_of_bits((vm_bits(shifted) + 1023) << 52), part};
}

static inline double vmf_exp_wide(double x) {
    VmfExp e = vmf_exp_parts(x);
    return e.scale + e.scale * e.part;
}

static inline double vmf_expm1_wide(double x) {
    VmfExp e = vmf_exp_parts(x);
    return e.scale * e.part + (e.scale - 1);
}

static inline float vmf_guard(float x, float below, float value, float above) {
    float left = x < -150.0f ? below : value;
    return x > 150.0f ? above : left;
}

static inline float vmf_exp(float x) {
    return vmf_guard(x, 0.0f, (float)vmf_exp_wide((double)x), vmf_infinity());
}

static inline float vmf_expm1(float x) {
    float value = vmf_guard(x, -1.0f, (float)vmf_expm1_wide((double)x), vmf_infinity());
    return x == 0 ? x : value;
}

/* E/(E + 2) with E = exp(2|x|) - 1. */
static inline float vmf_tanh(float x) {
    float size = vmf_abs(x);
    double excess = vmf_expm1_wide(2 * (double)size);
    float value = (float)(excess / (excess + 2));
    return vmf_with_sign(size > 20.0f ? 1.0f : value, x);
}

/* Logarithms. 2^k*m with m from 0.707 to 1.414, s = (m - 1)/(m + 1), log(m) = 2*atanh(s). */

/* A normal x > 0. */
static inline double vmf_log_wide(double x) {
    uint64_t bits = vm_bits(x);
    uint64_t power = (bits - VM_LOG_OFFSET + (1023ull << 52)) >> 52;
    double k = vm_of_bits(power | 0x4330000000000000u) - (0x1p52 + 1023);
    double r = vm_of_bits(bits - (power << 52) + (1023ull << 52)) - 1;
    double s = r / (r + 2), square = s * s;
    double rest = s * square * vm_poly4(vmf_log_poly, square, square * square);
    return k * (VM_LN2_HI + VM_LN2_LO) + (2 * s + rest);
}

/* 'value' where x is positive and finite; else what every logarithm gives. */
static inline float vmf_log_guard(float x, float value) {
    float edge = x == 0 ? -vmf_infinity() : x < 0 ? vmf_nan() : x;
    return (x > 0) && (x < vmf_infinity()) ? value : edge;
}

static inline float vmf_log(float x) { return vmf_log_guard(x, (float)vmf_log_wide((double)x)); }

static inline float vmf_log2(float x) {
    return vmf_log_guard(x, (float)(vmf_log_wide((double)x) * VM_LOG2E_HI));
}

static inline float vmf_log10(float x) {
    return vmf_log_guard(x, (float)(vmf_log_wide((double)x) * VM_LOG10E_HI));
}

/* 1 + x is exact, or x is so small that it is the value, or so large that 1 does not count. */
static inline float vmf_log1p(float x) {
    float value = vmf_log_guard(x + 1.0f, (float)vmf_log_wide(1 + (double)x));
    return vmf_abs(x) < 0x1p-28f ? x : value;
}

/* With E = exp(-|x|): 1/(1 + E) on the right, E/(1 + E) on the left;
 * log(1 + exp(x)) = max(x, 0) + 2*atanh(E/(E + 2)). Both divide once, by (1 + E)*(2 + E), so that
 * they can share it. */
typedef struct VmfLogistic {
    double e, share;
} VmfLogistic;

static inline VmfLogistic vmf_logistic(float x) {
    double e = vmf_exp_wide(-(double)vmf_abs(x));
    return (VmfLogistic){e, 1 / ((1 + e) * (2 + e))};
}

static inline float vmf_sigmoid_of(float x, VmfLogistic l) {
    return vmf_guard(x, 0.0f, (float)((x < 0 ? l.e : 1) * ((2 + l.e) * l.share)), 1.0f);
}

static inline float vmf_softplus_of(float x, VmfLogistic l) {
    double s = l.e * ((1 + l.e) * l.share), square = s * s;
    double rest = s * square * vm_poly6(vmf_log1p_poly, square, square * square);
    double value = (x > 0 ? (double)x : 0) + (2 * s + rest);
    return vmf_guard(x, 0.0f, (float)value, x);
}

static inline float vmf_sigmoid(float x) { return vmf_sigmoid_of(x, vmf_logistic(x)); }

static inline float vmf_softplus(float x) { return vmf_softplus_of(x, vmf_logistic(x)); }

static inline void vmf_softplus_sigmoid(float x, float *softplus, float *sigmoid) {
    VmfLogistic l = vmf_logistic(x);
    *softplus = vmf_softplus_of(x, l);
    *sigmoid = vmf_sigmoid_of(x, l);
}

/* Powers and roots. */

static inline float vmf_sqrt(float x) { return x < 0 ? vmf_nan() : sqrtf(x); }

static inline float vmf_powi(float x, int exponent) {
    return (float)vm_powi((double)x, exponent);
}

/* Squares are exact, and their sum stays in range. */
static inline float vmf_hypot(float a, float b) {
    double x = (double)a, y = (double)b;
    float value = (float)sqrt(x * x + y * y);
    int endless = (vmf_abs(a) == vmf_infinity()) || (vmf_abs(b) == vmf_infinity());
    return endless ? vmf_infinity() : value;
}

/* Angles. |x| = quadrant*pi/2 + r, |r| <= pi/4 a little over. */

#define VMF_ANGLE_NEAR 0x1p20f /* up to here two parts of pi/2 reduce exactly enough */

/* sin(x + turns*pi/2), 0 <= x <= VMF_ANGLE_NEAR. */
static inline double vmf_sin_turned(double x, uint64_t turns) {
    double shifted = x * VM_2_PI + VMF_SHIFT;
    double k = shifted - VMF_SHIFT;
    double r = (x - k * VM_PI_2_1) - k * (VM_PI_2_2 + VM_PI_2_3), square = r * r;
    double fourth = square * square;
    double sine = r + r * square * vm_poly4(vmf_sin_poly, square, fourth);
    double cosine = (1 - 0.5 * square) + fourth * vm_poly3(vmf_cos_poly, square, fourth);
    uint64_t quadrant = vm_bits(shifted) + turns;
    return vm_signed((quadrant & 1) != 0 ? cosine : sine, (quadrant & 2) << 62);
}

/* A loop whose arguments are known to be at most VMF_ANGLE_NEAR may call the _near functions, which
 * have no branch. */

static inline float vmf_sin_near(float x) {
    float value = (float)vmf_sin_turned((double)vmf_abs(x), 0);
    return vmf_of_bits(vmf_bits(value) ^ (vmf_bits(x) & VMF_SIGN_BIT));
}

static inline float vmf_cos_near(float x) {
    return (float)vmf_sin_turned((double)vmf_abs(x), 1);
}

static inline float vmf_sin(float x) {
    return vmf_abs(x) <= VMF_ANGLE_NEAR ? vmf_sin_near(x) : (float)vm_sin((double)x);
}

static inline float vmf_cos(float x) {
    return vmf_abs(x) <= VMF_ANGLE_NEAR ? vmf_cos_near(x) : (float)vm_cos((double)x);
}

/* The double functions, rounded once more: at most 0.5000001 ulp. */

static inline float vmf_pow(float a, float b) { return (float)vm_pow((double)a, (double)b); }
static inline float vmf_cbrt(float x) { return (float)vm_cbrt((double)x); }
static inline float vmf_tan(float x) { return (float)vm_tan((double)x); }
static inline float vmf_asin(float x) { return (float)vm_asin((double)x); }
static inline float vmf_acos(float x) { return (float)vm_acos((double)x); }
static inline float vmf_atan(float x) { return (float)vm_atan((double)x); }
static inline float vmf_atan2(float a, float b) { return (float)vm_atan2((double)a, (double)b); }
static inline float vmf_sinh(float x) { return (float)vm_sinh((double)x); }
static inline float vmf_cosh(float x) { return (float)vm_cosh((double)x); }
static inline float vmf_asinh(float x) { return (float)vm_asinh((double)x); }
static inline float vmf_acosh(float x) { return (float)vm_acosh((double)x); }
static inline float vmf_atanh(float x) { return (float)vm_atanh((double)x); }
static inline float vmf_erf(float x) { return (float)vm_erf((double)x); }
static inline float vmf_lgamma(float x) { return (float)vm_lgamma((double)x); }
static inline float vmf_digamma(float x) { return (float)vm_digamma((double)x); }
static inline float vmf_trigamma(float x) { return (float)vm_trigamma((double)x); }

#undef VMF_SHIFT
#undef VMF_SIGN_BIT
#undef VMF_ANGLE_NEAR

#endif
