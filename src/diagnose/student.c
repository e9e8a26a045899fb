/* Quantiles of Student's t distribution. */
#include "diagnose.h"

#include "../op/vmath.h"

#include <math.h>

/* Continued fraction of the incomplete beta function (Abramowitz and Stegun 26.5.8), by Lentz's
 * method. */
static double student_fraction(double a, double b, double x) {
    const double tiny = 1e-300;
    double c = 1, d = 1 - (a + b) * x / (a + 1);
    d = 1 / (fabs(d) < tiny ? tiny : d);
    double value = d;
    for (int m = 1; m <= 1000; m++) {
        double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
        double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
        d = 1 / (1 + even * d);
        c = 1 + even / c;
        value *= c * d;
        d = 1 / (1 + odd * d);
        c = 1 + odd / c;
        value *= c * d;
        if (fabs(c * d - 1) < 1e-16) break;
    }
    return value;
}

static double student_beta(double a, double b, double x) {
    if (x <= 0) return 0;
    if (x >= 1) return 1;
    double front =
        vm_exp(vm_lgamma(a + b) - vm_lgamma(a) - vm_lgamma(b) + a * vm_log(x) + b * vm_log1p(-x));
    if (x < (a + 1) / (a + b + 2)) return front * student_fraction(a, b, x) / a;
    return 1 - front * student_fraction(b, a, 1 - x) / b;
}

/* P(T > t), t > 0. */
static double student_tail(double t, double nu) {
    return student_beta(nu / 2, 0.5, nu / (nu + t * t)) / 2;
}

double diagnose_student_quantile(double p, double nu) {
    if (!(p > 0.5 && p < 1 && nu > 0)) return NAN;
    double low = 0, high = 1, tail = 1 - p;
    while (student_tail(high, nu) > tail && high < 1e300) high *= 2;
    for (int k = 0; k < 200 && high - low > 1e-15 * high; k++) {
        double middle = (low + high) / 2;
        if (student_tail(middle, nu) > tail)
            low = middle;
        else
            high = middle;
    }
    return (low + high) / 2;
}
