/* qr: a tall matrix, row by row, to its upper triangle.
 *
 * Rows are gathered in a block of fixed height; a full block is rotated into the triangle by
 * Householder reflections that use the triangle's own shape. The residual is one more column, so
 * that Q'r comes with the reflections. As the height of the block is counted from the first row,
 * the result does not depend on how the caller cuts the rows. Columns of any scale (1e-200 beside
 * 1e200) neither overflow nor underflow. */
#include <math.h>

#include "optim.h"

enum { QR_BLOCK = 64 };

struct Qr {
    size_t n;         /* columns without the residual */
    size_t rows;      /* in the block now */
    double *triangle; /* (n + 1) columns of n + 1: column major, upper */
    double *block;    /* (n + 1) columns of QR_BLOCK: column major */
    double sum, lost; /* r'r and what its additions rounded off (Neumaier) */
};

Qr *qr_new(size_t n_columns) {
    Qr *qr = memory_new(1, sizeof *qr);
    size_t side = n_columns + 1, count = 0;
    if (!qr) return NULL;
    qr->n = n_columns;
    if (memory_multiply(side, side, &count)) qr->triangle = memory_new(count, sizeof(double));
    if (memory_multiply(side, QR_BLOCK, &count)) qr->block = memory_new(count, sizeof(double));
    if (!qr->triangle || !qr->block) {
        qr_free(qr);
        return NULL;
    }
    return qr;
}

void qr_reset(Qr *qr) {
    size_t side = qr->n + 1;
    for (size_t i = 0; i < side * side; i++) qr->triangle[i] = 0;
    qr->rows = 0;
    qr->sum = 0;
    qr->lost = 0;
}

/* Norm of one value above 'rows' values, without overflow: scale holds the greatest. */
static double qr_norm(double top, const double *below, size_t rows, double *scale) {
    double largest = fabs(top), sum;
    for (size_t i = 0; i < rows; i++)
        if (!(fabs(below[i]) <= largest)) largest = fabs(below[i]);
    *scale = largest;
    if (largest == 0 || !isfinite(largest)) return largest;
    sum = (top / largest) * (top / largest);
    for (size_t i = 0; i < rows; i++) sum += (below[i] / largest) * (below[i] / largest);
    return largest * sqrt(sum);
}

/* Column k of the triangle swallows column k of the block: the reflection I - v v' / v[0] with v
 * scaled so that 1 <= v[0] <= 2, applied to the columns on the right. */
static void qr_reflect(Qr *qr, size_t k, size_t rows) {
    size_t side = qr->n + 1;
    double *column = qr->block + k * QR_BLOCK, *diagonal = qr->triangle + k * side + k;
    double largest, norm = qr_norm(*diagonal, column, rows, &largest);
    if (norm == 0) return;
    if (*diagonal > 0) norm = -norm;
    double head = 1 - *diagonal / norm;
    for (size_t i = 0; i < rows; i++) column[i] = -column[i] / norm;
    for (size_t j = k + 1; j < side; j++) {
        double *other = qr->block + j * QR_BLOCK, *top = qr->triangle + j * side + k;
        double sum = head * *top;
        for (size_t i = 0; i < rows; i++) sum += column[i] * other[i];
        *top -= sum;
        sum /= head;
        for (size_t i = 0; i < rows; i++) other[i] -= sum * column[i];
    }
    *diagonal = norm;
}

static void qr_flush(Qr *qr) {
    size_t side = qr->n + 1;
    for (size_t k = 0; qr->rows > 0 && k < side; k++) qr_reflect(qr, k, qr->rows);
    qr->rows = 0;
}

static void qr_square(Qr *qr, double residual) {
    double square = residual * residual, sum = qr->sum + square;
    if (fabs(qr->sum) >= square)
        qr->lost += (qr->sum - sum) + square;
    else
        qr->lost += (square - sum) + qr->sum;
    qr->sum = sum;
}

void qr_add(Qr *qr, const double *row, double residual) {
    double *block = qr->block + qr->rows;
    for (size_t j = 0; j < qr->n; j++) block[j * QR_BLOCK] = row[j];
    block[qr->n * QR_BLOCK] = residual;
    qr_square(qr, residual);
    qr->rows++;
    if (qr->rows == QR_BLOCK) qr_flush(qr);
}

void qr_finish(Qr *qr, double *r_matrix, double *qtr, double *rss) {
    size_t n = qr->n, side = n + 1;
    qr_flush(qr);
    for (size_t j = 0; r_matrix && j < n; j++)
        for (size_t i = 0; i < n; i++)
            r_matrix[j * n + i] = i <= j ? qr->triangle[j * side + i] : 0;
    for (size_t i = 0; qtr && i < n; i++) qtr[i] = qr->triangle[n * side + i];
    if (rss) *rss = isfinite(qr->sum) ? qr->sum + qr->lost : qr->sum;
}

void qr_free(Qr *qr) {
    if (!qr) return;
    memory_free(qr->triangle);
    memory_free(qr->block);
    memory_free(qr);
}
