/* The streamed QR against exact small cases, other block cuts and badly scaled columns. */
#include "../check.h"
#include "../../src/optim/optim.h"

/* R'R = J'J and R'(Q'r) = J'r, in long double. */
static void check_factors(size_t m, size_t n, const double *rows, const double *residuals,
                          const double *scale, double room) {
    double r[16], qtr[4], rss;
    Qr *qr = qr_new(n);
    CHECK(qr != NULL);
    if (!qr) return;
    for (size_t i = 0; i < m; i++) qr_add(qr, rows + i * n, residuals[i]);
    qr_finish(qr, r, qtr, &rss);
    for (size_t a = 0; a < n; a++) {
        long double want_r = 0, got_r = 0;
        for (size_t b = 0; b < n; b++) {
            long double want = 0, got = 0;
            for (size_t i = 0; i < m; i++)
                want += rows[i * n + a] / (long double)scale[a] * (rows[i * n + b] / scale[b]);
            for (size_t i = 0; i < n; i++)
                got += r[a * n + i] / (long double)scale[a] * (r[b * n + i] / scale[b]);
            CHECK(fabsl(want - got) <= room * (double)m);
        }
        for (size_t i = 0; i < m; i++)
            want_r += rows[i * n + a] / (long double)scale[a] * residuals[i];
        for (size_t i = 0; i < n; i++) got_r += r[a * n + i] / (long double)scale[a] * qtr[i];
        CHECK(fabsl(want_r - got_r) <= room * (double)m);
        for (size_t i = a + 1; i < n; i++) CHECK(r[a * n + i] == 0);
    }
    long double square = 0;
    for (size_t i = 0; i < m; i++) square += (long double)residuals[i] * residuals[i];
    CHECK_NEAR(rss, (double)square, 2e-16);
    qr_free(qr);
}

TEST(exact_small_case) {
    /* [3; 4] -> norm 5; the residual (1, 2): Q'r = (3 + 8)/5 up to one sign. */
    double row, r, qtr, rss;
    Qr *qr = qr_new(1);
    row = 3, qr_add(qr, &row, 1);
    row = 4, qr_add(qr, &row, 2);
    qr_finish(qr, &r, &qtr, &rss);
    CHECK_NEAR(fabs(r), 5, 1e-15);
    CHECK_NEAR(r * qtr, 11, 1e-15);
    CHECK(rss == 5);
    qr_reset(qr);
    row = 2, qr_add(qr, &row, -7);
    qr_finish(qr, &r, &qtr, NULL);
    CHECK_NEAR(fabs(r), 2, 1e-15);
    CHECK_NEAR(r * qtr, -14, 1e-15);
    qr_free(qr);
}

static double random_value(uint64_t k) {
    return random_normal(random_key(7, "qr"), k);
}

static void random_case(size_t m, const double *scale, double room) {
    enum { N = 4, M = 300 };
    static double rows[N * M], residuals[M];
    for (size_t i = 0; i < m; i++) {
        for (size_t j = 0; j < N; j++) rows[i * N + j] = random_value(i * 8 + j) * scale[j];
        residuals[i] = random_value(i * 8 + 7);
    }
    check_factors(m, N, rows, residuals, scale, room);
}

TEST(random_matrices) {
    const double ones[] = {1, 1, 1, 1};
    for (size_t m = 0; m <= 300; m += 1 + m / 7) random_case(m, ones, 1e-14);
}

TEST(badly_scaled_columns) {
    const double wild[] = {1e-200, 1e200, 1, 1e-300};
    for (size_t m = 1; m <= 300; m += 40) random_case(m, wild, 1e-13);
}

TEST(zero_columns_and_no_rows) {
    const double rows[] = {0, 1, 0, 2, 0, 3}, residuals[] = {1, 1, 1}, ones[] = {1, 1};
    check_factors(3, 2, rows, residuals, ones, 1e-14);
    check_factors(0, 2, rows, residuals, ones, 1e-14);
}

TEST(not_finite_stays_not_finite) {
    double row = NAN, r, qtr, rss;
    Qr *qr = qr_new(1);
    qr_add(qr, &row, 1);
    qr_finish(qr, &r, &qtr, &rss);
    CHECK(isnan(r));
    qr_reset(qr);
    row = 1, qr_add(qr, &row, INFINITY);
    qr_finish(qr, &r, &qtr, &rss);
    CHECK(!isfinite(rss) && !isfinite(qtr));
    qr_free(qr);
}

TEST_MAIN(exact_small_case, random_matrices, badly_scaled_columns, zero_columns_and_no_rows,
          not_finite_stays_not_finite)
