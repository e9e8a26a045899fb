/* combination: the one quantity that several parameters make together, as a formula - a + b, a/b,
 * a^2*b, a*exp(b) - from its slopes by them at two points.
 *
 * Along a sum the slopes keep their ratios; along a product the slopes by the logarithms do; where
 * both kinds meet it is a product with an exponential function. Two points tell them apart. */
#include "diagnose.h"

#include <math.h>

enum { COMBINATION_DENOMINATOR = 6, COMBINATION_DIGITS = 6 };
static const double COMBINATION_SAME = 1e-6;

static bool combination_near(double a, double b) {
    return fabs(a - b) <= COMBINATION_SAME * fmax(fabs(a), fabs(b));
}

static double combination_slope(const Combination *c, size_t point, size_t i, bool log) {
    return c->slope[point][i] * (log ? c->value[point][i] : 1);
}

/* How much of 'i' there is for one of 'reference'; false: not the same at both points. */
static bool combination_share(const Combination *c, size_t reference, bool reference_log, size_t i,
                              bool log, double *share) {
    double at[2];
    for (size_t k = 0; k < 2; k++)
        at[k] = combination_slope(c, k, i, log) / combination_slope(c, k, reference, reference_log);
    *share = at[0];
    return isfinite(at[0]) && at[0] != 0 && combination_near(at[0], at[1]);
}

/* The smallest factor that makes all shares of one kind whole; 1 when there is none. */
static double combination_whole(const double *share, const bool *log, size_t n) {
    for (double factor = 1; factor <= COMBINATION_DENOMINATOR; factor++) {
        size_t whole = 0;
        for (size_t i = 0; i < n; i++) {
            double nearest = floor(share[i] * factor + 0.5);
            whole += !log[i] || (nearest != 0 && combination_near(share[i] * factor, nearest));
        }
        if (whole == n) return factor;
    }
    return 1;
}

static void combination_add_number(Text *out, double value) {
    for (double d = 1; d <= COMBINATION_DENOMINATOR; d++) {
        double nearest = floor(value * d + 0.5);
        if (nearest != 0 && combination_near(value * d, nearest)) value = nearest / d;
    }
    text_add(out, number_round(value, COMBINATION_DIGITS).s);
}

/* 'a', ' + 2*b', ' - c'. */
static void combination_add_term(Text *out, const char *name, double factor, bool first) {
    if (first && factor < 0) text_add_char(out, '-');
    if (!first) text_add(out, factor < 0 ? " - " : " + ");
    if (!combination_near(fabs(factor), 1)) {
        combination_add_number(out, fabs(factor));
        text_add_char(out, '*');
    }
    text_add(out, name);
}

/* 'a', '*b', '/c^2'. */
static void combination_add_factor(Text *out, const char *name, double power, bool first) {
    if (first && power < 0) text_add_char(out, '1');
    if (!first || power < 0) text_add_char(out, power < 0 ? '/' : '*');
    text_add(out, name);
    if (combination_near(fabs(power), 1)) return;
    text_add_char(out, '^');
    combination_add_number(out, fabs(power));
}

static void combination_add_sum(const Combination *c, const double *share, const bool *log,
                                double factor, Text *out) {
    bool first = true;
    for (size_t i = 0; i < c->n; i++) {
        if (log[i]) continue;
        combination_add_term(out, c->name[i], factor * share[i], first);
        first = false;
    }
}

static void combination_write(const Combination *c, const double *share, const bool *log,
                              Text *out) {
    double factor = combination_whole(share, log, c->n);
    size_t logs = 0;
    for (size_t i = 0; i < c->n; i++)
        if (log[i]) combination_add_factor(out, c->name[i], factor * share[i], logs++ == 0);
    if (logs == c->n) return;
    if (logs) text_add(out, "*exp(");
    combination_add_sum(c, share, log, factor, out);
    if (logs) text_add_char(out, ')');
}

/* Every share with respect to one parameter, of one kind where 'mixed' is false. */
static bool combination_fits(const Combination *c, size_t reference, bool reference_log, bool mixed,
                             double *share, bool *log) {
    for (size_t i = 0; i < c->n; i++) {
        log[i] = reference_log;
        if (combination_share(c, reference, reference_log, i, log[i], &share[i])) continue;
        log[i] = !reference_log;
        if (!mixed || !combination_share(c, reference, reference_log, i, log[i], &share[i]))
            return false;
    }
    return true;
}

bool diagnose_combination(const Combination *c, Text *out) {
    double *share = memory_new(c->n + 1, sizeof *share);
    bool *log = memory_new(c->n + 1, sizeof *log);
    bool found = share && log &&
                 (combination_fits(c, 0, false, false, share, log) ||
                  combination_fits(c, 0, true, false, share, log));
    for (size_t r = 0; share && log && r < c->n && !found; r++)
        found = combination_fits(c, r, true, true, share, log);
    if (found) combination_write(c, share, log, out);
    out->failed = out->failed || !share || !log;
    memory_free(share);
    memory_free(log);
    return found;
}
