/* distribution: tails and quantiles of Student's t, F, chi-square and the normal distribution.
 *
 * All are regularised incomplete beta or gamma functions, and both come as a density, which is
 * computed by deviances (Loader, "Fast and accurate computation of binomial probabilities", 2000:
 * nothing large cancels), times a continued fraction or a series. The small one of the two tails is
 * computed, the large one is the rest: so a tail of 1e-300 has as many digits as one of 0.1. */
#include "diagnose.h"

#include "../op/vmath.h"

#include <math.h>

enum { DISTRIBUTION_TERMS = 100000 };
static const double DISTRIBUTION_TWO_PI = 6.283185307179586;
static const double DISTRIBUTION_SETTLED = 1e-16;

/* A probability and its rest. */
typedef struct Tails {
    double lower, upper;
} Tails;

/* ---- densities ------------------------------------------------------------------------------- */

/* log(n!) minus Stirling's formula for it. */
static double distribution_stirling(double n) {
    double square = n * n;
    if (n <= 15)
        return vm_lgamma(n + 1) - (n + 0.5) * vm_log(n) + n - vm_log(DISTRIBUTION_TWO_PI) / 2;
    double tail = 1. / 1260 - (1. / 1680 - 1. / 1188 / square) / square;
    return (1. / 12 - (1. / 360 - tail / square) / square) / n;
}

/* x log(x / mean) + mean - x. */
static double distribution_deviance(double x, double mean) {
    double sum = x + mean, share = (x - mean) / sum;
    if (!(fabs(share) < 0.1)) return x * vm_log(x / mean) + mean - x;
    double value = (x - mean) * share, term = 2 * x * share;
    for (int k = 1; k < 1000; k++) {
        term *= share * share;
        double next = value + term / (2 * k + 1);
        if (next == value) break;
        value = next;
    }
    return value;
}

/* x^a y^b / B(a, b), y = 1 - x. */
static double distribution_beta_front(double a, double b, double x, double y) {
    double n = a + b;
    double log = distribution_stirling(n) - distribution_stirling(a) - distribution_stirling(b) -
                 distribution_deviance(a, n * x) - distribution_deviance(b, n * y);
    return vm_exp(log) * sqrt(a / n * b / DISTRIBUTION_TWO_PI);
}

/* x^a exp(-x) / gamma(a). */
static double distribution_gamma_front(double a, double x) {
    double log = -distribution_stirling(a) - distribution_deviance(a, x);
    return vm_exp(log) * sqrt(a / DISTRIBUTION_TWO_PI);
}

/* ---- incomplete beta and gamma --------------------------------------------------------------- */

static double distribution_away_from_zero(double value) {
    return fabs(value) < 1e-300 ? 1e-300 : value;
}

/* Continued fraction of the incomplete beta function (Abramowitz and Stegun 26.5.8), by Lentz's
 * method. */
static double distribution_beta_fraction(double a, double b, double x) {
    double c = 1, d = 1 / distribution_away_from_zero(1 - (a + b) * x / (a + 1));
    double value = d;
    for (int m = 1; m <= DISTRIBUTION_TERMS; m++) {
        double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
        double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
        d = 1 / distribution_away_from_zero(1 + even * d);
        c = distribution_away_from_zero(1 + even / c);
        value *= c * d;
        d = 1 / distribution_away_from_zero(1 + odd * d);
        c = distribution_away_from_zero(1 + odd / c);
        value *= c * d;
        if (fabs(c * d - 1) < DISTRIBUTION_SETTLED) break;
    }
    return value;
}

/* The regularised incomplete beta function; y = 1 - x, which the caller may know better. */
static Tails distribution_beta(double a, double b, double x, double y) {
    Tails tails = {0, 1};
    if (isnan(x) || isnan(y)) return (Tails){NAN, NAN};
    if (x <= 0) return tails;
    if (y <= 0) return (Tails){1, 0};
    double front = distribution_beta_front(a, b, x, y);
    if (x < (a + 1) / (a + b + 2)) {
        tails.lower = front * distribution_beta_fraction(a, b, x) / a;
        tails.upper = 1 - tails.lower;
    } else {
        tails.upper = front * distribution_beta_fraction(b, a, y) / b;
        tails.lower = 1 - tails.upper;
    }
    return tails;
}

/* Series for the lower tail: Abramowitz and Stegun 6.5.29. */
static double distribution_gamma_series(double a, double x) {
    double term = 1 / a, sum = term;
    for (int k = 1; k <= DISTRIBUTION_TERMS && term > DISTRIBUTION_SETTLED * sum; k++) {
        term *= x / (a + k);
        sum += term;
    }
    return sum;
}

/* Continued fraction for the upper tail: Abramowitz and Stegun 6.5.31. */
static double distribution_gamma_fraction(double a, double x) {
    double b = x + 1 - a, c = 1e300, d = 1 / distribution_away_from_zero(b), value = d;
    for (int k = 1; k <= DISTRIBUTION_TERMS; k++) {
        double an = -k * (k - a);
        b += 2;
        d = 1 / distribution_away_from_zero(an * d + b);
        c = distribution_away_from_zero(b + an / c);
        value *= c * d;
        if (fabs(c * d - 1) < DISTRIBUTION_SETTLED) break;
    }
    return value;
}

static Tails distribution_gamma(double a, double x) {
    Tails tails = {0, 1};
    if (isnan(x)) return (Tails){NAN, NAN};
    if (x <= 0) return tails;
    if (isinf(x)) return (Tails){1, 0};
    double front = distribution_gamma_front(a, x);
    if (x < a + 1) {
        tails.lower = front * distribution_gamma_series(a, x);
        tails.upper = 1 - tails.lower;
    } else {
        tails.upper = front * distribution_gamma_fraction(a, x);
        tails.lower = 1 - tails.upper;
    }
    return tails;
}

/* ---- what statistics asks -------------------------------------------------------------------- */

double diagnose_student_p(double t, double nu) {
    double square = t * t;
    if (!(nu > 0) || isnan(t)) return NAN;
    if (isinf(square)) return 0;
    return distribution_beta(nu / 2, 0.5, nu / (nu + square), square / (nu + square)).lower;
}

double diagnose_student_cdf(double t, double nu) {
    double tail = diagnose_student_p(t, nu) / 2;
    return t > 0 ? 1 - tail : tail;
}

double diagnose_student_quantile(double p, double nu) {
    if (!(p > 0.5 && p < 1 && nu > 0)) return NAN;
    double low = 0, high = 1, both = 2 * (1 - p);
    while (diagnose_student_p(high, nu) > both && high < 1e300) high *= 2;
    for (int k = 0; k < 200 && high - low > 1e-15 * high; k++) {
        double middle = (low + high) / 2;
        if (diagnose_student_p(middle, nu) > both)
            low = middle;
        else
            high = middle;
    }
    return (low + high) / 2;
}

double diagnose_f_tail(double f, double above, double below) {
    if (!(above > 0 && below > 0) || isnan(f)) return NAN;
    if (!(f > 0)) return 1;
    double product = above * f, sum = below + product;
    if (isinf(sum)) return 0;
    return distribution_beta(below / 2, above / 2, below / sum, product / sum).lower;
}

double diagnose_chi_square_tail(double x, double degrees) {
    return degrees > 0 ? distribution_gamma(degrees / 2, x / 2).upper : NAN;
}

double diagnose_normal_cdf(double z) {
    Tails tails = distribution_gamma(0.5, z * z / 2);
    return z < 0 ? tails.upper / 2 : (1 + tails.lower) / 2;
}
