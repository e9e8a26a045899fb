/* random: Philox 4x32-10 (Salmon, Moraes, Dror, Shaw: Parallel random numbers: as easy as 1, 2, 3,
 * SC 2011), and draws that have the same bits on every machine: only + - * / sqrt, never libm. */
#include "base.h"

#include <math.h>
#include <string.h>

void random_philox(const uint32_t counter[4], const uint32_t key[2], uint32_t out[4]) {
    uint32_t c[4] = {counter[0], counter[1], counter[2], counter[3]};
    uint32_t k0 = key[0], k1 = key[1];
    for (int round = 0; round < 10; round++) {
        uint64_t a = UINT64_C(0xD2511F53) * c[0], b = UINT64_C(0xCD9E8D57) * c[2];
        uint32_t next0 = (uint32_t)(b >> 32) ^ c[1] ^ k0;
        uint32_t next2 = (uint32_t)(a >> 32) ^ c[3] ^ k1;
        c[0] = next0, c[1] = (uint32_t)b, c[2] = next2, c[3] = (uint32_t)a;
        k0 += UINT32_C(0x9E3779B9), k1 += UINT32_C(0xBB67AE85);
    }
    memcpy(out, c, sizeof c);
}

RandomKey random_key(uint64_t seed, const char *name) {
    Hash hash = hash_start();
    hash_bytes(&hash, name, strlen(name));
    const uint32_t counter[4] = {(uint32_t)hash.value, (uint32_t)(hash.value >> 32), 0, 0};
    const uint32_t key[2] = {(uint32_t)seed, (uint32_t)(seed >> 32)};
    uint32_t out[4];
    random_philox(counter, key, out);
    return (RandomKey){{out[0], out[1]}};
}

/* The middle of one of 2^52 equal cells, so that 0 and 1 never come and every value is exact. */
double random_uniform(RandomKey key, uint64_t index) {
    const uint32_t counter[4] = {(uint32_t)index, (uint32_t)(index >> 32), 0, 0};
    uint32_t out[4];
    random_philox(counter, key.key, out);
    uint64_t bits = ((uint64_t)out[0] << 32 | out[1]) >> 12;
    return ((double)bits + 0.5) * 0x1p-52;
}

/* Natural logarithm for 0 < x < 1, normal: 2 atanh((m-1)/(m+1)) + e ln 2, to about 1e-16. */
static double random_log(double x) {
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    int exponent = (int)(bits >> 52) - 1022;
    bits = (bits & UINT64_C(0xfffffffffffff)) | UINT64_C(0x3fe0000000000000);
    double m;
    memcpy(&m, &bits, sizeof m); /* in [0.5, 1) */
    if (m < 0.70710678118654752) {
        m *= 2;
        exponent--;
    }
    double s = (m - 1) / (m + 1), s2 = s * s, sum = 0;
    for (int k = 23; k >= 3; k -= 2) sum = (sum + 1.0 / k) * s2;
    return 2 * s + 2 * s * sum + exponent * 0.69314718055994531;
}

/* The rational function (sum a[i] x^i) / (sum b[i] x^i) of degree 7. */
static double random_ratio(const double a[8], const double b[8], double x) {
    double above = a[7], below = b[7];
    for (int i = 6; i >= 0; i--) {
        above = above * x + a[i];
        below = below * x + b[i];
    }
    return above / below;
}

/* The normal quantile: Wichura, Algorithm AS 241 (PPND16), Applied Statistics 37 (1988) 477-484;
 * relative error below 1e-15. */
static double random_quantile(double p) {
    static const double a[8] = {3.3871328727963666080e0, 1.3314166789178437745e2,
                                1.9715909503065514427e3, 1.3731693765509461125e4,
                                4.5921953931549871457e4, 6.7265770927008700853e4,
                                3.3430575583588128105e4, 2.5090809287301226727e3};
    static const double b[8] = {1.0,
                                4.2313330701600911252e1,
                                6.8718700749205790830e2,
                                5.3941960214247511077e3,
                                2.1213794301586595867e4,
                                3.9307895800092710610e4,
                                2.8729085735721942674e4,
                                5.2264952788528545610e3};
    static const double c[8] = {1.42343711074968357734e0,  4.63033784615654529590e0,
                                5.76949722146069140550e0,  3.64784832476320460504e0,
                                1.27045825245236838258e0,  2.41780725177450611770e-1,
                                2.27238449892691845833e-2, 7.74545014278341407640e-4};
    static const double d[8] = {1.0,
                                2.05319162663775882187e0,
                                1.67638483018380384940e0,
                                6.89767334985100004550e-1,
                                1.48103976427480074590e-1,
                                1.51986665636164571966e-2,
                                5.47593808499534494600e-4,
                                1.05075007164441684324e-9};
    static const double e[8] = {6.65790464350110377720e0,  5.46378491116411436990e0,
                                1.78482653991729133580e0,  2.96560571828504891230e-1,
                                2.65321895265761230930e-2, 1.24266094738807843860e-3,
                                2.71155556874348757815e-5, 2.01033439929228813265e-7};
    static const double f[8] = {1.0,
                                5.99832206555887937690e-1,
                                1.36929880922735805310e-1,
                                1.48753612908506148525e-2,
                                7.86869131145613259100e-4,
                                1.84631831751005468180e-5,
                                1.42151175831644588870e-7,
                                2.04426310338993978564e-15};
    double q = p - 0.5;
    if (q >= -0.425 && q <= 0.425) return q * random_ratio(a, b, 0.180625 - q * q);
    double r = sqrt(-random_log(q < 0 ? p : 1 - p));
    double x = r <= 5 ? random_ratio(c, d, r - 1.6) : random_ratio(e, f, r - 5);
    return q < 0 ? -x : x;
}

double random_normal(RandomKey key, uint64_t index) {
    return random_quantile(random_uniform(key, index));
}
