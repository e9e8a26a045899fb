/* Numbers of two doubles (some 32 digits), and the triangle of a least squares problem in them: for
 * linear problems whose columns are nearly dependent (polynomials of high degree), where R in
 * doubles has lost the digits that the data still hold. Dekker, Numer. Math. 18 (1971). */
#include <float.h>
#include <math.h>
#include <stdlib.h>

#include "optim.h"

static const double TWOFOLD_RANK = 1e-26; /* of a column: less is rounding */

static Twofold twofold_quick(double a, double b) { /* |a| >= |b| */
    double sum = a + b;
    return (Twofold){sum, b - (sum - a)};
}

static Twofold twofold_sum(double a, double b) {
    double sum = a + b, part = sum - a;
    return (Twofold){sum, (a - (sum - part)) + (b - part)};
}

static Twofold twofold_product(double a, double b) {
    const double splitter = 0x1p27 + 1;
    double ta = splitter * a, tb = splitter * b;
    double ah = ta - (ta - a), bh = tb - (tb - b), al = a - ah, bl = b - bh, product = a * b;
    return (Twofold){product, ((ah * bh - product) + ah * bl + al * bh) + al * bl};
}

Twofold twofold_of(double a) {
    return (Twofold){a, 0};
}

Twofold twofold_negative(Twofold a) {
    return (Twofold){-a.value, -a.rest};
}

Twofold twofold_add(Twofold a, Twofold b) {
    Twofold s = twofold_sum(a.value, b.value), t = twofold_sum(a.rest, b.rest);
    s = twofold_quick(s.value, s.rest + t.value);
    return twofold_quick(s.value, s.rest + t.rest);
}

Twofold twofold_subtract(Twofold a, Twofold b) {
    return twofold_add(a, twofold_negative(b));
}

Twofold twofold_multiply(Twofold a, Twofold b) {
    Twofold p = twofold_product(a.value, b.value);
    return twofold_quick(p.value, p.rest + (a.value * b.rest + a.rest * b.value));
}

Twofold twofold_divide(Twofold a, Twofold b) {
    double first = a.value / b.value;
    Twofold left = twofold_subtract(a, twofold_multiply(b, twofold_of(first)));
    double second = left.value / b.value;
    left = twofold_subtract(left, twofold_multiply(b, twofold_of(second)));
    return twofold_add(twofold_quick(first, second), twofold_of(left.value / b.value));
}

Twofold twofold_root(Twofold a) {
    if (!(a.value > 0)) return twofold_of(a.value == 0 ? 0 : NAN);
    double root = sqrt(a.value);
    Twofold left = twofold_subtract(a, twofold_product(root, root));
    return twofold_quick(root, left.value / (2 * root));
}

Twofold twofold_power(Twofold a, int exponent) {
    Twofold power = twofold_of(1);
    for (int rest = abs(exponent); rest > 0; rest >>= 1) {
        if (rest & 1) power = twofold_multiply(power, a);
        if (rest > 1) a = twofold_multiply(a, a);
    }
    return exponent < 0 ? twofold_divide(twofold_of(1), power) : power;
}

/* ---- the triangle ---------------------------------------------------------------------------- */

bool twofold_triangle_open(TwofoldTriangle *triangle, size_t n) {
    size_t count = 0;
    *triangle = (TwofoldTriangle){.n = n};
    if (memory_multiply(n + 1, n + 1, &count))
        triangle->r = memory_new(count + n + 1, sizeof *triangle->r);
    triangle->row = triangle->r ? triangle->r + count : NULL;
    return triangle->r != NULL;
}

void twofold_triangle_close(TwofoldTriangle *triangle) {
    memory_free(triangle->r);
}

/* Rotates the row in hand into the triangle, element by element (Givens). The last column is the
 * right side. */
void twofold_triangle_add(TwofoldTriangle *triangle) {
    size_t width = triangle->n + 1;
    Twofold *row = triangle->row;
    for (size_t k = 0; k < width; k++) {
        Twofold *into = triangle->r + k * width;
        if (row[k].value == 0) continue;
        Twofold a = into[k], b = row[k];
        Twofold norm = twofold_root(
            twofold_add(twofold_multiply(a, a), twofold_multiply(b, b)));
        if (!(norm.value > 0)) continue;
        Twofold c = twofold_divide(a, norm), s = twofold_divide(b, norm);
        for (size_t j = k; j < width; j++) {
            Twofold top = into[j], low = row[j];
            into[j] = twofold_add(twofold_multiply(c, top), twofold_multiply(s, low));
            row[j] = twofold_subtract(twofold_multiply(c, low), twofold_multiply(s, top));
        }
    }
}

static Twofold triangle_at(const TwofoldTriangle *triangle, size_t i, size_t j) {
    return triangle->r[i * (triangle->n + 1) + j];
}

static bool triangle_regular(const TwofoldTriangle *triangle) {
    for (size_t j = 0; j < triangle->n; j++) {
        double size = 0;
        for (size_t i = 0; i <= j; i++) size = fmax(size, fabs(triangle_at(triangle, i, j).value));
        if (!(fabs(triangle_at(triangle, j, j).value) > TWOFOLD_RANK * size)) return false;
    }
    return true;
}

/* R x = the column 'right' (n), in place. */
static void triangle_solve(const TwofoldTriangle *triangle, Twofold *right) {
    for (size_t i = triangle->n; i-- > 0;) {
        Twofold sum = right[i];
        for (size_t j = i + 1; j < triangle->n; j++)
            sum = twofold_subtract(sum, twofold_multiply(triangle_at(triangle, i, j), right[j]));
        right[i] = twofold_divide(sum, triangle_at(triangle, i, i));
    }
}

bool twofold_triangle_solve(TwofoldTriangle *triangle, double *x) {
    size_t n = triangle->n;
    if (!triangle_regular(triangle)) return false;
    for (size_t i = 0; i < n; i++) triangle->row[i] = triangle_at(triangle, i, n);
    triangle_solve(triangle, triangle->row);
    for (size_t i = 0; i < n; i++) x[i] = triangle->row[i].value;
    return optim_finite(x, n);
}

bool twofold_triangle_invert(TwofoldTriangle *triangle, double *inverse) {
    size_t n = triangle->n;
    if (!triangle_regular(triangle)) return false;
    for (size_t j = 0; j < n; j++) {
        for (size_t i = 0; i < n; i++) triangle->row[i] = twofold_of(i == j);
        triangle_solve(triangle, triangle->row);
        for (size_t i = 0; i < n; i++) inverse[j * n + i] = triangle->row[i].value;
    }
    return optim_finite(inverse, n * n);
}
