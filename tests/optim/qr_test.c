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

enum { CUT_ROWS = 1500, CUT_COLUMNS = 3 };

/* Four columns of CUT_ROWS values, the third the same in all rows. */
static void cut_values(double *values, const double **columns, size_t *strides) {
    for (size_t j = 0; j <= CUT_COLUMNS; j++) {
        for (size_t i = 0; i < CUT_ROWS; i++)
            values[j * CUT_ROWS + i] = random_value(i * 8 + j) + (double)j;
        columns[j] = values + j * CUT_ROWS;
        strides[j] = j == 2 ? 0 : 1;
    }
}

static void cut_feed(Qr *qr, const double *const *columns, const size_t *strides, size_t from,
                     size_t to) {
    const double *at[CUT_COLUMNS + 1];
    for (size_t j = 0; j <= CUT_COLUMNS; j++) at[j] = columns[j] + from * strides[j];
    qr_rows(qr, at, strides, 1, to - from);
}

TEST(any_cut_gives_the_same_bits) {
    static double values[(CUT_COLUMNS + 1) * CUT_ROWS];
    const double *columns[CUT_COLUMNS + 1];
    size_t strides[CUT_COLUMNS + 1];
    const size_t steps[] = {1, 3, 64, 100, 512, 513, CUT_ROWS};
    double r[9], qtr[3], rss, other_r[9], other_qtr[3], other_rss;
    cut_values(values, columns, strides);
    Qr *qr = qr_new(CUT_COLUMNS);
    for (size_t i = 0; i < CUT_ROWS; i++) {
        double row[] = {columns[0][i], columns[1][i], columns[2][0]};
        qr_add(qr, row, columns[3][i]);
    }
    qr_finish(qr, r, qtr, &rss);
    for (size_t k = 0; k < COUNT_OF(steps); k++) {
        qr_reset(qr);
        for (size_t from = 0; from < CUT_ROWS; from += steps[k])
            cut_feed(qr, columns, strides, from,
                     from + steps[k] < CUT_ROWS ? from + steps[k] : CUT_ROWS);
        qr_finish(qr, other_r, other_qtr, &other_rss);
        CHECK(memcmp(r, other_r, sizeof r) == 0 && memcmp(qtr, other_qtr, sizeof qtr) == 0);
        CHECK(rss == other_rss);
    }
    qr_free(qr);
}

TEST(joined_parts_are_the_whole) {
    static double values[(CUT_COLUMNS + 1) * CUT_ROWS];
    const double *columns[CUT_COLUMNS + 1];
    size_t strides[CUT_COLUMNS + 1];
    double r[9], qtr[3], rss, joined_r[9], joined_qtr[3], joined_rss;
    cut_values(values, columns, strides);
    Qr *whole = qr_new(CUT_COLUMNS), *part = qr_new(CUT_COLUMNS);
    cut_feed(whole, columns, strides, 0, CUT_ROWS);
    qr_finish(whole, r, qtr, &rss);
    qr_reset(whole);
    for (size_t from = 0; from < CUT_ROWS; from += 500) {
        qr_reset(part);
        cut_feed(part, columns, strides, from, from + 500);
        qr_join(whole, part);
    }
    qr_finish(whole, joined_r, joined_qtr, &joined_rss);
    CHECK_NEAR(joined_rss, rss, 1e-15);
    for (size_t i = 0; i < 3; i++) {
        double sign = joined_r[i * 4] * r[i * 4] < 0 ? -1 : 1;
        CHECK_NEAR(sign * joined_qtr[i], qtr[i], 1e-12);
        for (size_t j = i; j < 3; j++) CHECK_NEAR(sign * joined_r[j * 3 + i], r[j * 3 + i], 1e-12);
    }
    qr_free(whole);
    qr_free(part);
}

TEST_MAIN(exact_small_case, random_matrices, badly_scaled_columns, zero_columns_and_no_rows,
          not_finite_stays_not_finite, any_cut_gives_the_same_bits, joined_parts_are_the_whole)
