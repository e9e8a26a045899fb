/* qr: a tall matrix, block by block, to its upper triangle.
 *
 * Rows are gathered in a block of fixed height; a full block is rotated into the triangle by
 * Householder reflections that use the triangle's own shape. The residual is one more column, so
 * that Q'r comes with the reflections. As blocks are counted from the first row, the result does
 * not depend on how the caller cuts the rows. Columns of any scale (1e-200 beside 1e200) neither
 * overflow nor underflow.
 *
 * Each pass over the block applies one reflection and takes the products that the next one needs.
 * Sums over rows have QR_LANES lanes, row i in lane i mod QR_LANES, added as a tree: the bits are
 * the same whatever the width of the machine's vectors. */
#include <math.h>
#include <string.h>

#include "optim.h"

enum {
    QR_LANES = 16,
    QR_GROUP = 4, /* columns that one pass takes together */
    QR_TALL = 512,
    QR_LOW = 64,
    QR_TALL_COLUMNS = 8,
    QR_LINE = 16 /* values in two cache lines */
};
/* A column whose norm squared is within these is taken as it is, without scaling, when what it
 * meets is within the wider ones. */
static const double qr_small = 0x1p-80, qr_large = 0x1p80, qr_tiny = 0x1p-800, qr_huge = 0x1p800;

struct Qr {
    size_t n;         /* columns without the residual */
    size_t height;    /* of a block: a multiple of QR_LANES */
    size_t rows;      /* in the block now */
    double *storage;  /* of all below */
    double *block;    /* aligned: (n + 1) columns of 'height', column major */
    double *triangle; /* (n + 1) columns of n + 1: column major, upper */
    double *dots;   /* n + 1: products of the column in work with the block's columns */
    double *factor; /* n + 1: how much of that column is added to each column */
    double *same;   /* n + 1 times QR_LANES: columns that are the same in all rows */
    const double **from; /* n + 1: where a block's columns lie */
    double sum[QR_LANES], lost[QR_LANES]; /* r'r and what its additions rounded off (Neumaier) */
};

/* Eight lanes: one, two or four vectors of the machine, or eight numbers. */
typedef double QrLanes __attribute__((vector_size(64), aligned(8), may_alias));

/* Part of each clone of the function that calls it. */
#define QR_INLINE __attribute__((always_inline)) inline

typedef struct QrSum {
    QrLanes low, high;
} QrSum;

/* A block is small enough for the fastest cache together with what the caller feeds. */
static size_t qr_height(size_t n_columns) {
    return n_columns <= QR_TALL_COLUMNS ? QR_TALL : QR_LOW;
}

/* The next cache line, processors fetching them in pairs: no other thread writes to ours. */
static double *qr_line(void *at) {
    size_t past = (uintptr_t)at % (QR_LINE * sizeof(double));
    return (double *)(void *)((char *)at + (past ? QR_LINE * sizeof(double) - past : 0));
}

Qr *qr_new(size_t n_columns) {
    Qr *qr = memory_new(1, sizeof *qr + 2 * QR_LINE * sizeof(double));
    size_t side = n_columns + 1, square = 0, block = 0, all = 0;
    if (!qr) return NULL;
    qr->n = n_columns;
    qr->height = qr_height(n_columns);
    bool fits = memory_multiply(side, side + 3 + QR_LANES, &square) &&
                memory_multiply(side, qr->height, &block) && memory_add(square, block, &all) &&
                memory_add(all, 3 * QR_LINE, &all);
    if (fits) qr->storage = memory_new(all, sizeof(double));
    if (!qr->storage) {
        qr_free(qr);
        return NULL;
    }
    qr->block = qr_line(qr->storage);
    qr->triangle = qr->block + block;
    qr->dots = qr->triangle + side * side;
    qr->factor = qr->dots + side;
    qr->same = qr->factor + side;
    qr->from = (const double **)(void *)(qr->same + side * QR_LANES);
    return qr;
}

void qr_reset(Qr *qr) {
    size_t side = qr->n + 1;
    memset(qr->triangle, 0, side * side * sizeof(double));
    memset(qr->sum, 0, sizeof qr->sum);
    memset(qr->lost, 0, sizeof qr->lost);
    qr->rows = 0;
}

/* ---- over the rows of a block ---------------------------------------------------------------- */

static QR_INLINE double qr_tree(const QrSum *sum) {
    QrLanes lanes = sum->low + sum->high;
    return ((lanes[0] + lanes[4]) + (lanes[2] + lanes[6])) +
           ((lanes[1] + lanes[5]) + (lanes[3] + lanes[7]));
}

static QR_INLINE QrLanes *qr_lanes(double *values, size_t row) {
    return (QrLanes *)(void *)(values + row);
}

/* x'y of 'count' columns y, 'stride' apart; 'rows' is a multiple of QR_LANES. */
static QR_INLINE void qr_dot_columns(double *x, double *y, size_t stride, size_t rows,
                                     size_t count, double *dots) {
    QrSum sum[QR_GROUP] = {0};
    for (size_t i = 0; i < rows; i += QR_LANES) {
        QrLanes low = *qr_lanes(x, i), high = *qr_lanes(x, i + QR_LANES / 2);
        for (size_t j = 0; j < count; j++) {
            sum[j].low += low * *qr_lanes(y + j * stride, i);
            sum[j].high += high * *qr_lanes(y + j * stride, i + QR_LANES / 2);
        }
    }
    for (size_t j = 0; j < count; j++) dots[j] = qr_tree(&sum[j]);
}

static QR_INLINE const QrLanes *qr_read(const double *values, size_t row) {
    return (const QrLanes *)(const void *)(values + row);
}

/* Columns 'from' are copied to y, and x'y taken on the way. A step of 0 repeats the first lanes. */
static QR_INLINE void qr_take_columns(const double *x, size_t x_step, const double *const *from,
                                      const size_t *step, double *y, size_t stride, size_t rows,
                                      size_t count, double *dots) {
    QrSum sum[QR_GROUP] = {0};
    for (size_t i = 0; i < rows; i += QR_LANES) {
        QrLanes x_low = *qr_read(x, i * x_step), x_high = *qr_read(x, i * x_step + QR_LANES / 2);
        for (size_t j = 0; j < count; j++) {
            QrLanes low = *qr_read(from[j], i * step[j]);
            QrLanes high = *qr_read(from[j], i * step[j] + QR_LANES / 2);
            *qr_lanes(y + j * stride, i) = low;
            *qr_lanes(y + j * stride, i + QR_LANES / 2) = high;
            sum[j].low += x_low * low;
            sum[j].high += x_high * high;
        }
    }
    for (size_t j = 0; j < count; j++) dots[j] = qr_tree(&sum[j]);
}

VECTOR_CLONES
static void qr_take(const double *const *from, const size_t *step, double *y, size_t stride,
                    size_t rows, size_t count, double *dots) {
    const double *x = from[0];
    size_t x_step = step[0];
    for (; count >= 4; count -= 4, from += 4, step += 4, y += 4 * stride, dots += 4)
        qr_take_columns(x, x_step, from, step, y, stride, rows, 4, dots);
    if (count == 3) qr_take_columns(x, x_step, from, step, y, stride, rows, 3, dots);
    if (count == 2) qr_take_columns(x, x_step, from, step, y, stride, rows, 2, dots);
    if (count == 1) qr_take_columns(x, x_step, from, step, y, stride, rows, 1, dots);
}

/* y += factor * x; gives z'y. With 'lead', z is the first of the columns y. Without 'keep' the
 * products alone are wanted. */
static QR_INLINE void qr_turn_columns(double *x, double *z, double *y, size_t stride,
                                      size_t rows, size_t count, bool lead, bool keep,
                                      const double *factor, double *dots) {
    QrSum sum[QR_GROUP] = {0};
    for (size_t i = 0; i < rows; i += QR_LANES) {
        QrLanes low = *qr_lanes(x, i), high = *qr_lanes(x, i + QR_LANES / 2), z_low, z_high;
        if (!lead) z_low = *qr_lanes(z, i), z_high = *qr_lanes(z, i + QR_LANES / 2);
        for (size_t j = 0; j < count; j++) {
            QrLanes *at = qr_lanes(y + j * stride, i);
            QrLanes *half = qr_lanes(y + j * stride, i + QR_LANES / 2);
            QrLanes y_low = *at + factor[j] * low, y_high = *half + factor[j] * high;
            if (keep) *at = y_low, *half = y_high;
            if (lead && j == 0) z_low = y_low, z_high = y_high;
            sum[j].low += z_low * y_low;
            sum[j].high += z_high * y_high;
        }
    }
    for (size_t j = 0; j < count; j++) dots[j] = qr_tree(&sum[j]);
}

VECTOR_CLONES
static void qr_dot(double *x, double *y, size_t stride, size_t rows, size_t count, double *dots) {
    for (; count > 4; count -= 4, y += 4 * stride, dots += 4)
        qr_dot_columns(x, y, stride, rows, 4, dots);
    if (count == 4) qr_dot_columns(x, y, stride, rows, 4, dots);
    if (count == 3) qr_dot_columns(x, y, stride, rows, 3, dots);
    if (count == 2) qr_dot_columns(x, y, stride, rows, 2, dots);
    if (count == 1) qr_dot_columns(x, y, stride, rows, 1, dots);
}

/* Adds x, times a factor each, to 'count' columns y; gives their products with the first. */
VECTOR_CLONES
static void qr_turn(double *x, double *y, size_t stride, size_t rows, size_t count,
                    const double *factor, double *dots) {
    double *z = y;
    if (count == 1) qr_turn_columns(x, z, y, stride, rows, 1, true, true, factor, dots);
    if (count == 2) qr_turn_columns(x, z, y, stride, rows, 2, true, true, factor, dots);
    if (count == 3) qr_turn_columns(x, z, y, stride, rows, 3, true, true, factor, dots);
    if (count <= 3) return;
    qr_turn_columns(x, z, y, stride, rows, 3, true, true, factor, dots);
    for (size_t j = 3; j < count; j += 3) {
        size_t left = count - j;
        double *at = y + j * stride;
        const double *by = factor + j;
        if (left == 1) qr_turn_columns(x, z, at, stride, rows, 1, false, true, by, dots + j);
        if (left == 2) qr_turn_columns(x, z, at, stride, rows, 2, false, true, by, dots + j);
        if (left >= 3) qr_turn_columns(x, z, at, stride, rows, 3, false, true, by, dots + j);
    }
}

/* The last column and the residual, of which only the products are needed any more. */
VECTOR_CLONES
static void qr_turn_last(double *x, double *y, size_t stride, size_t rows, const double *factor,
                         double *dots) {
    qr_turn_columns(x, y, y, stride, rows, 2, true, false, factor, dots);
}

/* Adds squares to the lanes of a sum; 'lost' keeps what rounding took (Knuth's exact sum). */
VECTOR_CLONES
static void qr_square(double *residuals, size_t rows, double *sums, double *losts) {
    QrLanes sum[2] = {*qr_lanes(sums, 0), *qr_lanes(sums, QR_LANES / 2)};
    QrLanes lost[2] = {*qr_lanes(losts, 0), *qr_lanes(losts, QR_LANES / 2)};
    for (size_t i = 0; i < rows; i += QR_LANES)
        for (size_t h = 0; h < 2; h++) {
            QrLanes value = *qr_lanes(residuals, i + h * QR_LANES / 2);
            QrLanes square = value * value, next = sum[h] + square, part = next - sum[h];
            lost[h] += (sum[h] - (next - part)) + (square - part);
            sum[h] = next;
        }
    for (size_t h = 0; h < 2; h++) {
        *qr_lanes(sums, h * QR_LANES / 2) = sum[h];
        *qr_lanes(losts, h * QR_LANES / 2) = lost[h];
    }
}

/* ---- reflections ----------------------------------------------------------------------------- */

static bool qr_ordinary(double value) {
    double size = fabs(value);
    return size == 0 || (size > qr_tiny && size < qr_huge);
}

/* Column k can be reflected without scaling. */
static bool qr_in_range(const Qr *qr, size_t k) {
    size_t side = qr->n + 1;
    double top = qr->triangle[k * side + k], square = top * top + qr->dots[k];
    bool good = qr->dots[k] > 0 && square > qr_small && square < qr_large;
    for (size_t j = k + 1; j < side && good; j++)
        good = qr_ordinary(qr->dots[j]) && qr_ordinary(qr->triangle[j * side + k]);
    return good;
}

/* Multiplies column k of the block by a power of two that brings it and the diagonal near 1; 0 when
 * the column is zero. */
static double qr_rescale(Qr *qr, size_t k, size_t rows) {
    double *column = qr->block + k * qr->height, largest = 0, scale = 1;
    for (size_t i = 0; i < rows; i++) {
        if (isnan(column[i])) return 1;
        if (fabs(column[i]) > largest) largest = fabs(column[i]);
    }
    if (largest == 0) return 0;
    double top = fabs(qr->triangle[k * (qr->n + 1) + k]);
    if (!(top <= largest)) largest = top;
    if (!isfinite(largest)) return 1;
    for (; largest * scale >= 0x1p60; scale *= 0x1p-60) continue;
    for (; largest * scale < 0x1p-60 && scale < 0x1p960; scale *= 0x1p60) continue;
    for (size_t i = 0; i < rows; i++) column[i] *= scale;
    return scale;
}

/* Column k of the triangle swallows column k of the block: the reflection that takes (diagonal,
 * column) to (norm, 0), of the other signs. False where the column is zero already. */
static bool qr_reflect(Qr *qr, size_t k, size_t rows) {
    size_t side = qr->n + 1;
    double *column = qr->block + k * qr->height, *diagonal = qr->triangle + k * side + k, scale = 1;
    if (!qr_in_range(qr, k)) {
        scale = qr_rescale(qr, k, rows);
        if (scale == 0) return false;
        qr_dot(column, column, qr->height, rows, side - k, qr->dots + k);
    }
    double top = *diagonal * scale, norm = sqrt(top * top + qr->dots[k]);
    if (top > 0) norm = -norm;
    double head = top - norm, product = norm * head;
    for (size_t j = k + 1; j < side; j++) {
        double *other = qr->triangle + j * side + k, sum = head * *other + qr->dots[j];
        *other += sum / norm;
        qr->factor[j] = sum / product;
    }
    *diagonal = norm / scale;
    return true;
}

/* Column k - 1 is done: its reflection goes to the columns behind it. */
static void qr_apply(Qr *qr, size_t k, size_t rows) {
    double *column = qr->block + (k - 1) * qr->height, *next = column + qr->height;
    if (k + 1 < qr->n)
        qr_turn(column, next, qr->height, rows, qr->n - k + 1, qr->factor + k, qr->dots + k);
    else
        qr_turn_last(column, next, qr->height, rows, qr->factor + k, qr->dots + k);
}

/* Rotates the block into the triangle; 'ready': the first column's products are known. The
 * residual's own diagonal is of no use to anybody. */
static void qr_absorb(Qr *qr, bool ready) {
    size_t side = qr->n + 1, height = qr->height;
    size_t rows = (qr->rows + QR_LANES - 1) / QR_LANES * QR_LANES;
    for (size_t j = 0; j < side; j++)
        for (size_t i = qr->rows; i < rows; i++) qr->block[j * height + i] = 0;
    for (size_t k = 0; qr->rows > 0 && k < qr->n; k++) {
        double *column = qr->block + k * height;
        if (ready && k > 0) qr_apply(qr, k, rows);
        if (!ready) qr_dot(column, column, height, rows, side - k, qr->dots + k);
        if (ready && k > 0 && k + 1 == qr->n && !qr_in_range(qr, k)) /* it is needed after all */
            qr_turn(column - height, column, height, rows, 2, qr->factor + k, qr->dots + k);
        ready = qr_reflect(qr, k, rows);
    }
    qr->rows = 0;
}

static void qr_flush(Qr *qr, bool ready) {
    double *residuals = qr->block + qr->n * qr->height;
    size_t rows = (qr->rows + QR_LANES - 1) / QR_LANES * QR_LANES;
    for (size_t i = qr->rows; i < rows; i++) residuals[i] = 0;
    qr_square(residuals, rows, qr->sum, qr->lost);
    qr_absorb(qr, ready);
}

/* ---- rows ------------------------------------------------------------------------------------ */

void qr_add(Qr *qr, const double *row, double residual) {
    double *block = qr->block + qr->rows;
    for (size_t j = 0; j < qr->n; j++) block[j * qr->height] = row[j];
    block[qr->n * qr->height] = residual;
    qr->rows++;
    if (qr->rows == qr->height) qr_flush(qr, false);
}

static void qr_gather(double *to, const double *from, size_t stride, double weight, size_t count) {
    if (stride == 1 && weight == 1)
        memcpy(to, from, count * sizeof *to);
    else if (stride == 0)
        for (size_t i = 0; i < count; i++) to[i] = weight * *from;
    else
        for (size_t i = 0; i < count; i++) to[i] = weight * from[i * stride];
}

/* One whole block, whose first products are taken while it is copied. */
static void qr_rows_whole(Qr *qr, const double *const *columns, const size_t *strides,
                          size_t done) {
    for (size_t j = 0; j <= qr->n; j++) {
        qr->from[j] = columns[j] + done * strides[j];
        if (strides[j] == 1) continue;
        double *same = qr->same + j * QR_LANES;
        for (size_t i = 0; i < QR_LANES; i++) same[i] = *columns[j];
        qr->from[j] = same;
    }
    qr_take(qr->from, strides, qr->block, qr->height, qr->height, qr->n + 1, qr->dots);
    qr->rows = qr->height;
    qr_flush(qr, true);
}

static bool qr_is_plain(const Qr *qr, const size_t *strides, double weight) {
    bool plain = weight == 1;
    for (size_t j = 0; j <= qr->n && plain; j++) plain = strides[j] <= 1;
    return plain;
}

void qr_rows(Qr *qr, const double *const *columns, const size_t *strides, double weight,
             size_t n_rows) {
    size_t done = 0;
    bool plain = qr_is_plain(qr, strides, weight);
    while (done < n_rows) {
        if (plain && qr->rows == 0 && n_rows - done >= qr->height) {
            qr_rows_whole(qr, columns, strides, done);
            done += qr->height;
            continue;
        }
        size_t left = n_rows - done, room = qr->height - qr->rows;
        size_t count = left < room ? left : room;
        for (size_t j = 0; j <= qr->n; j++)
            qr_gather(qr->block + j * qr->height + qr->rows, columns[j] + done * strides[j],
                      strides[j], weight, count);
        qr->rows += count;
        done += count;
        if (qr->rows == qr->height) qr_flush(qr, false);
    }
}

/* sum + value, exactly: the rest goes to 'lost'. An overflow stays one. */
static void qr_sum(double *sum, double *lost, double value) {
    double next = *sum + value, part = next - *sum;
    *lost += (*sum - (next - part)) + (value - part);
    *sum = next;
}

/* The rows of a triangle with its Q'r; their residuals are in r'r already. */
static void qr_join_triangle(Qr *into, const double *triangle) {
    size_t side = into->n + 1;
    for (size_t i = 0; i < into->n; i++) {
        for (size_t j = 0; j < side; j++)
            into->block[j * into->height + into->rows] = j >= i ? triangle[j * side + i] : 0;
        into->rows++;
        if (into->rows == into->height) qr_absorb(into, false);
    }
    qr_absorb(into, false);
}

void qr_join(Qr *into, const Qr *from) {
    qr_flush(into, false);
    qr_join_triangle(into, from->triangle);
    for (size_t i = 0; i < QR_LANES; i++) {
        qr_sum(&into->sum[i], &into->lost[i], from->sum[i]);
        into->lost[i] += from->lost[i];
    }
    for (size_t row = 0; row < from->rows; row++) {
        double *block = into->block + into->rows;
        for (size_t j = 0; j <= into->n; j++)
            block[j * into->height] = from->block[j * from->height + row];
        into->rows++;
    }
}

/* r'r: the lanes, then what their sums lost. */
static double qr_squares(const Qr *qr) {
    double sum = 0, lost = 0;
    for (size_t i = 0; i < QR_LANES; i++) qr_sum(&sum, &lost, qr->sum[i]);
    for (size_t i = 0; i < QR_LANES; i++) lost += qr->lost[i];
    return isfinite(sum) ? sum + lost : sum;
}

void qr_finish(Qr *qr, double *r_matrix, double *qtr, double *rss) {
    size_t n = qr->n, side = n + 1;
    qr_flush(qr, false);
    for (size_t j = 0; r_matrix && j < n; j++)
        for (size_t i = 0; i < n; i++)
            r_matrix[j * n + i] = i <= j ? qr->triangle[j * side + i] : 0;
    for (size_t i = 0; qtr && i < n; i++) qtr[i] = qr->triangle[n * side + i];
    if (rss) *rss = qr_squares(qr);
}

void qr_free(Qr *qr) {
    if (!qr) return;
    memory_free(qr->storage);
    memory_free(qr);
}
