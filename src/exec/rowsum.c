/* Sums (and least, greatest, quantiles) over rows, whose bits do not depend on how the rows arrive.
 *
 * Row r of the evaluation goes to lane r % 16 of leaf r / 1024. A full leaf's lanes are added as a
 * tree (i and i+8, then i and i+4, ...), and leaves as a binary tree in which each node joins two
 * complete neighbours, kept like a binary counter; what is left at the end is joined from the
 * newest on. The bound of the error grows like log2(rows/1024) + 64 + 4 instead of rows. */
#include "exec.h"

#include "../op/vmath.h"

#include <string.h>

static double fold_neutral(Op op) {
    return op == OP_ROW_MIN ? (double)INFINITY : op == OP_ROW_MAX ? -(double)INFINITY : 0;
}

static void fold_clear(Fold *fold) {
    double neutral = fold_neutral(fold->op);
    if (!fold->lanes) return;
    for (size_t i = 0; i < fold->elements * EXEC_LANES; i++) fold->lanes[i] = neutral;
}

/* Doubles of the two states. */
static bool fold_counts(Op op, size_t elements, size_t *lanes, size_t *levels) {
    *lanes = *levels = 0;
    if (op == OP_ROW_QUANTILE) return true;
    if (op == OP_ROW_SUM && !memory_multiply(elements, FOLD_LEVELS, levels)) return false;
    return memory_multiply(elements, EXEC_LANES, lanes);
}

bool exec_fold_size(Op op, size_t elements, size_t *bytes) {
    size_t lanes, levels, count;
    return fold_counts(op, elements, &lanes, &levels) && memory_add(lanes, levels, &count) &&
           memory_multiply(count, sizeof(double), bytes);
}

bool exec_fold_new(Fold *fold, Op op, size_t elements) {
    size_t lanes, levels;
    *fold = (Fold){.op = op, .elements = elements};
    if (!fold_counts(op, elements, &lanes, &levels)) return false;
    if (lanes && !(fold->lanes = memory_new(lanes, sizeof(double)))) return false;
    if (levels && !(fold->levels = memory_new(levels, sizeof(double)))) return false;
    fold_clear(fold);
    return true;
}

void exec_fold_free(Fold *fold) {
    memory_free(fold->lanes);
    memory_free(fold->levels);
    memory_free(fold->kept);
    *fold = (Fold){0};
}

bool exec_fold_start(Fold *fold, size_t rows) {
    if (fold->open) fold_clear(fold); /* the evaluation before was cut off */
    fold->open = true;
    fold->bad = false;
    fold->leaves = 0;
    fold->rows = 0;
    fold->total = rows;
    if (fold->op != OP_ROW_QUANTILE) return true;
    size_t need;
    return memory_multiply(rows, fold->elements, &need) &&
           memory_reserve(&fold->kept, &fold->kept_capacity, need, sizeof(double));
}

static double fold_join(Op op, double a, double b) {
    return op == OP_ROW_SUM ? a + b : op == OP_ROW_MIN ? vm_min(a, b) : vm_max(a, b);
}

/* The lanes as one number; they become neutral again. */
static double fold_lanes(Op op, double *lanes) {
    double neutral = fold_neutral(op);
    for (size_t half = EXEC_LANES / 2; half > 0; half /= 2)
        for (size_t i = 0; i < half; i++) lanes[i] = fold_join(op, lanes[i], lanes[i + half]);
    double all = lanes[0];
    for (size_t i = 0; i < EXEC_LANES; i++) lanes[i] = neutral;
    return all;
}

/* The leaf is full: it joins the tree. */
static void fold_close_leaf(Fold *fold) {
    for (size_t e = 0; e < fold->elements; e++) {
        double sum = fold_lanes(OP_ROW_SUM, fold->lanes + e * EXEC_LANES);
        size_t level = 0;
        for (; fold->leaves >> level & 1u; level++)
            sum = fold->levels[level * fold->elements + e] + sum;
        fold->levels[level * fold->elements + e] = sum;
    }
    fold->leaves++;
}

/* values[0..n) go to the lanes from 'lane' on, in turn. */
static void fold_add(double *restrict lanes, const double *restrict values, size_t lane, size_t n) {
    size_t r = 0;
    for (; r < n && (lane + r) % EXEC_LANES != 0; r++) lanes[(lane + r) % EXEC_LANES] += values[r];
    double local[EXEC_LANES];
    memcpy(local, lanes, sizeof local);
    for (; r + EXEC_LANES <= n; r += EXEC_LANES)
        for (size_t i = 0; i < EXEC_LANES; i++) local[i] += values[r + i];
    for (size_t i = 0; r < n; i++, r++) local[i] += values[r];
    memcpy(lanes, local, sizeof local);
}

/* As fold_add of a[r] * b[r]; a has rows. */
static void fold_add_product(double *restrict lanes, const double *a, const double *b, bool b_rows,
                             size_t lane, size_t n) {
    enum { CHUNK = 128 };
    double product[CHUNK];
    for (size_t done = 0, part; done < n; done += part) {
        part = n - done < CHUNK ? n - done : CHUNK;
        if (b_rows)
            for (size_t r = 0; r < part; r++) product[r] = a[done + r] * b[done + r];
        else
            for (size_t r = 0; r < part; r++) product[r] = a[done + r] * b[0];
        fold_add(lanes, product, (lane + done) % EXEC_LANES, part);
    }
}

static void fold_least(double *lanes, const double *values, size_t lane, size_t n) {
    for (size_t r = 0; r < n; r++) {
        double *at = &lanes[(lane + r) % EXEC_LANES];
        *at = vm_min(*at, values[r]);
    }
}

static void fold_greatest(double *lanes, const double *values, size_t lane, size_t n) {
    for (size_t r = 0; r < n; r++) {
        double *at = &lanes[(lane + r) % EXEC_LANES];
        *at = vm_max(*at, values[r]);
    }
}

static void fold_keep(Fold *fold, const double *values, size_t n) {
    for (size_t e = 0; e < fold->elements; e++)
        memcpy(fold->kept + e * fold->total + fold->rows, values + e * n, n * sizeof *values);
}

/* How many of the next n rows belong to the leaf in hand. */
static size_t fold_room(const Fold *fold, size_t n) {
    size_t room = EXEC_LEAF_ROWS - fold->rows % EXEC_LEAF_ROWS;
    return n < room ? n : room;
}

static void fold_advance(Fold *fold, size_t n) {
    fold->rows += n;
    if (fold->op == OP_ROW_SUM && fold->rows % EXEC_LEAF_ROWS == 0) fold_close_leaf(fold);
}

void exec_fold_feed(Fold *fold, const double *values, size_t n) {
    if (fold->op == OP_ROW_QUANTILE) {
        fold_keep(fold, values, n);
        fold->rows += n;
        return;
    }
    for (size_t done = 0, part; done < n; done += part) {
        part = fold_room(fold, n - done);
        for (size_t e = 0; e < fold->elements; e++) {
            double *lanes = fold->lanes + e * EXEC_LANES;
            const double *from = values + e * n + done;
            size_t lane = fold->rows % EXEC_LANES;
            if (fold->op == OP_ROW_SUM)
                fold_add(lanes, from, lane, part);
            else if (fold->op == OP_ROW_MIN)
                fold_least(lanes, from, lane, part);
            else
                fold_greatest(lanes, from, lane, part);
        }
        fold_advance(fold, part);
    }
}

void exec_fold_product(Fold *fold, Cursor a, Cursor b, size_t n) {
    Cursor left = a.rows ? a : b, right = a.rows ? b : a;
    for (size_t done = 0, part; done < n; done += part) {
        part = fold_room(fold, n - done);
        a = left;
        b = right;
        for (size_t e = 0; e < fold->elements; e++) {
            fold_add_product(fold->lanes + e * EXEC_LANES, a.at + done, b.at + (b.rows ? done : 0),
                             b.rows, fold->rows % EXEC_LANES, part);
            exec_cursor_next(&a);
            exec_cursor_next(&b);
        }
        fold_advance(fold, part);
    }
}

/* Adding the zeros of the other places would change no bit, so they are left out. */
void exec_fold_scatter(Fold *fold, const double *values, size_t value_stride, size_t part,
                       const double *index, size_t index_stride, size_t n) {
    size_t value_rows = value_stride ? n : 1;
    for (size_t r = 0; r < n; r++) {
        double at = index[r * index_stride];
        size_t lane = fold->rows % EXEC_LANES;
        if (at >= 1 && at <= (double)(fold->elements / part) && at == vm_floor(at)) {
            double *lanes = fold->lanes + ((size_t)at - 1) * part * EXEC_LANES + lane;
            for (size_t e = 0; e < part; e++)
                lanes[e * EXEC_LANES] += values[e * value_rows + r * value_stride];
        } else {
            fold->bad = true;
        }
        fold_advance(fold, 1);
    }
}

/* The rest of the tree: the leaf in hand, then the complete subtrees, the smallest first. */
static void fold_finish_sum(Fold *fold, double *out) {
    bool part = fold->rows % EXEC_LEAF_ROWS != 0;
    for (size_t e = 0; e < fold->elements; e++) {
        bool any = part;
        double sum = part ? fold_lanes(OP_ROW_SUM, fold->lanes + e * EXEC_LANES) : 0;
        for (size_t level = 0; fold->leaves >> level != 0; level++) {
            if (!(fold->leaves >> level & 1u)) continue;
            double older = fold->levels[level * fold->elements + e];
            sum = any ? older + sum : older;
            any = true;
        }
        out[e] = fold->bad ? (double)NAN : sum;
    }
}

/* NaN counts as the greatest. */
static bool fold_before(double a, double b) {
    return a < b || (a == a && b != b);
}

/* Moves values[root] down to its place in the heap of n values (the greatest on top). */
static void fold_sift(double *values, size_t root, size_t n) {
    double moving = values[root];
    for (size_t child; (child = 2 * root + 1) < n; root = child) {
        if (child + 1 < n && fold_before(values[child], values[child + 1])) child++;
        if (!fold_before(moving, values[child])) break;
        values[root] = values[child];
    }
    values[root] = moving;
}

/* Heap sort: in place, and the same on every libc. */
static void fold_sort(double *values, size_t n) {
    for (size_t root = n / 2; root-- > 0;) fold_sift(values, root, n);
    for (size_t last = n; last-- > 1;) {
        double greatest = values[0];
        values[0] = values[last];
        values[last] = greatest;
        fold_sift(values, 0, last);
    }
}

/* Linear between order statistics (R's type 7). */
static double fold_quantile(const double *sorted, size_t n, double probability) {
    if (n == 0 || !(probability >= 0 && probability <= 1) || sorted[n - 1] != sorted[n - 1])
        return (double)NAN;
    double place = (double)(n - 1) * probability, below = vm_floor(place);
    size_t at = (size_t)below;
    if (at + 1 >= n || place == below) return sorted[at];
    return sorted[at] + (place - below) * (sorted[at + 1] - sorted[at]);
}

static void fold_finish_quantile(Fold *fold, double probability, double *out) {
    size_t n = fold->rows;
    for (size_t e = 0; e < fold->elements; e++) {
        double *column = fold->kept + e * n;
        fold_sort(column, n);
        out[e] = fold_quantile(column, n, probability);
    }
}

void exec_fold_finish(Fold *fold, double probability, double *out) {
    fold->open = false;
    if (fold->op == OP_ROW_QUANTILE)
        fold_finish_quantile(fold, probability, out);
    else if (fold->op == OP_ROW_SUM)
        fold_finish_sum(fold, out);
    else
        for (size_t e = 0; e < fold->elements; e++)
            out[e] = fold_lanes(fold->op, fold->lanes + e * EXEC_LANES);
}
