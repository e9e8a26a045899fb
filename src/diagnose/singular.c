/* singular: singular values and right vectors of a small square matrix, by one-sided Jacobi
 * rotations (Hestenes 1958; Demmel and Veselic 1992: small values keep their digits). */
#include "diagnose.h"

#include <math.h>

enum { SINGULAR_SWEEPS = 60 };

/* Columns p and q of a matrix of height n: (p, q) becomes (c p - s q, s p + c q). */
static void singular_rotate(double *p, double *q, size_t n, double c, double s) {
    for (size_t i = 0; i < n; i++) {
        double left = p[i], right = q[i];
        p[i] = c * left - s * right;
        q[i] = s * left + c * right;
    }
}

/* Makes two columns orthogonal; false: they are already. */
static bool singular_pair(double *a, double *v, size_t n, size_t p, size_t q) {
    double *left = a + p * n, *right = a + q * n;
    double alpha = optim_dot(left, left, n), beta = optim_dot(right, right, n);
    double gamma = optim_dot(left, right, n);
    if (!(fabs(gamma) > 1e-15 * sqrt(alpha * beta))) return false;
    double zeta = (beta - alpha) / (2 * gamma);
    double t = (zeta < 0 ? -1 : 1) / (fabs(zeta) + sqrt(1 + zeta * zeta));
    double c = 1 / sqrt(1 + t * t), s = c * t;
    singular_rotate(left, right, n, c, s);
    singular_rotate(v + p * n, v + q * n, n, c, s);
    return true;
}

void diagnose_singular(double *a, size_t n, double *values, double *v) {
    bool moved = true;
    for (size_t i = 0; i < n * n; i++) v[i] = i % (n + 1) == 0;
    for (int sweep = 0; sweep < SINGULAR_SWEEPS && moved; sweep++) {
        moved = false;
        for (size_t p = 0; p + 1 < n; p++)
            for (size_t q = p + 1; q < n; q++) moved = singular_pair(a, v, n, p, q) || moved;
    }
    for (size_t j = 0; j < n; j++) values[j] = optim_norm(a + j * n, n);
}
