/* The elementwise functions of ops.def. */
#ifndef DESCEND_VMATH_H
#define DESCEND_VMATH_H

#include <math.h>

#define VM_LIBM1(name) static inline double vm_##name(double x) { return name(x); }
VM_LIBM1(exp) VM_LIBM1(log) VM_LIBM1(log1p) VM_LIBM1(expm1) VM_LIBM1(log2) VM_LIBM1(log10)
VM_LIBM1(sqrt) VM_LIBM1(cbrt) VM_LIBM1(sin) VM_LIBM1(cos) VM_LIBM1(tan) VM_LIBM1(asin)
VM_LIBM1(acos) VM_LIBM1(atan) VM_LIBM1(sinh) VM_LIBM1(cosh) VM_LIBM1(tanh) VM_LIBM1(asinh)
VM_LIBM1(acosh) VM_LIBM1(atanh) VM_LIBM1(erf) VM_LIBM1(lgamma) VM_LIBM1(floor) VM_LIBM1(ceil)
VM_LIBM1(round)
#undef VM_LIBM1
static inline double vm_atan2(double y, double x) { return atan2(y, x); }
static inline double vm_hypot(double x, double y) { return hypot(x, y); }
static inline double vm_pow(double x, double y) { return pow(x, y); }
static inline double vm_digamma(double x)
{
    const double pi = 3.14159265358979323846;
    if (x <= 0)
        return x == floor(x) ? (double)NAN : vm_digamma(1 - x) - pi / tan(pi * (x - floor(x)));
    double sum = 0;
    for (; x < 10; x += 1)
        sum -= 1 / x;
    double z = 1 / (x * x);
    return sum + log(x) - 0.5 / x
           - z * (1.0 / 12 - z * (1.0 / 120 - z * (1.0 / 252 - z * (1.0 / 240 - z / 132))));
}
static inline double vm_trigamma(double x)
{
    const double pi = 3.14159265358979323846;
    if (x <= 0) {
        double s = sin(pi * (x - floor(x)));
        return x == floor(x) ? (double)INFINITY : pi * pi / (s * s) - vm_trigamma(1 - x);
    }
    double sum = 0;
    for (; x < 10; x += 1)
        sum += 1 / (x * x);
    double z = 1 / (x * x);
    return sum + 1 / x + z / 2
           + z / x * (1.0 / 6 - z * (1.0 / 30 - z * (1.0 / 42 - z * (1.0 / 30 - z * 5.0 / 66))));
}
static inline double vm_sigmoid(double x)
{
    double e = exp(-fabs(x));
    return x >= 0 ? 1 / (1 + e) : e / (1 + e);
}
static inline double vm_softplus(double x)
{
    return (x > 0 ? x : x != x ? x : 0) + log1p(exp(-fabs(x)));
}
static inline double vm_abs(double x) { return fabs(x); }
static inline double vm_sign(double x) { return x > 0 ? 1 : x < 0 ? -1 : x; }
static inline double vm_min(double a, double b) { return a < b || a != a ? a : b; }
static inline double vm_max(double a, double b) { return a > b || a != a ? a : b; }
static inline double vm_lt(double a, double b) { return a < b ? 1 : 0; }
static inline double vm_le(double a, double b) { return a <= b ? 1 : 0; }
static inline double vm_eq(double a, double b) { return a == b ? 1 : 0; }
static inline double vm_ne(double a, double b) { return a != b ? 1 : 0; }
static inline double vm_and(double a, double b) { return a != 0 && b != 0 ? 1 : 0; }
static inline double vm_or(double a, double b) { return a != 0 || b != 0 ? 1 : 0; }
static inline double vm_not(double a) { return a == 0 ? 1 : 0; }
static inline double vm_select(double a, double b, double c) { return a != 0 ? b : c; }

static inline double vm_powi(double x, int exponent)
{
    unsigned left = exponent < 0 ? 0u - (unsigned)exponent : (unsigned)exponent;
    double power = 1;
    for (; left != 0; left >>= 1, x *= x)
        if (left & 1u)
            power *= x;
    return exponent < 0 ? 1 / power : power;
}

#endif
