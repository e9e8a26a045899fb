/* Sums (and least, greatest, quantiles) over rows, whose bits do not depend on how the rows arrive.
 *
 * Row r of the evaluation goes to lane r % 16 of leaf r / 1024. A full leaf's lanes are added as a
 * tree (i and i+8, then i and i+4, ...), and leaves as a binary tree in which each node joins two
 * complete neighbours, kept like a binary counter; what is left at the end is joined from the
 * newest on. A part of 2^k leaves, counted by another thread, is one node of that tree. The bound
 * of the error grows like log2(rows/1024) + 64 + 4 instead of rows. */
#include "exec.h"

#include "../op/vmath.h"

#include <string.h>

enum { FOLD_LINE = 128 }; /* bytes: processors fetch cache lines in pairs */

static double fold_neutral(Op op) {
    return op == OP_ROW_MIN ? (double)INFINITY : op == OP_ROW_MAX ? -(double)INFINITY : 0;
}

static void fold_clear(Fold *fold) {
    if (fold->lanes)
        fold->kernels->fill(fold->lanes, fold_neutral(fold->op), fold->elements * EXEC_LANES);
}

/* Numbers of the two states. */
static bool fold_counts(Op op, size_t elements, size_t *lanes, size_t *levels) {
    *lanes = *levels = 0;
    if (op == OP_ROW_QUANTILE) return true;
    *levels = elements;
    if (op == OP_ROW_SUM && !memory_multiply(elements, FOLD_LEVELS, levels)) return false;
    return memory_multiply(elements, EXEC_LANES, lanes);
}

bool exec_fold_size(Op op, size_t elements, size_t size, size_t *bytes) {
    size_t lanes, levels;
    return fold_counts(op, elements, &lanes, &levels) && memory_multiply(lanes, size, &lanes) &&
           memory_multiply(levels, sizeof(double), &levels) && memory_add(lanes, levels, bytes);
}

/* Where the next lines begin that no other thread writes to. */
static char *fold_line(char *at) {
    size_t past = (uintptr_t)at % FOLD_LINE;
    return past ? at + FOLD_LINE - past : at;
}

bool exec_fold_new(Fold *fold, Op op, size_t elements, const Kernels *kernels) {
    size_t lanes, levels, bytes;
    *fold = (Fold){.op = op, .elements = elements, .kernels = kernels};
    if (!fold_counts(op, elements, &lanes, &levels)) return false;
    if (lanes == 0) return true;
    if (!exec_fold_size(op, elements, kernels->size, &bytes) ||
        !memory_add(bytes, 3 * FOLD_LINE, &bytes) || !(fold->memory = memory_new(bytes, 1)))
        return false;
    fold->lanes = fold_line(fold->memory);
    fold->levels = (void *)fold_line((char *)fold->lanes + lanes * kernels->size);
    fold_clear(fold);
    return true;
}

void exec_fold_free(Fold *fold) {
    memory_free(fold->memory);
    if (fold->kept_capacity > 0) memory_free(fold->kept);
    *fold = (Fold){0};
}

static void fold_begin(Fold *fold) {
    if (fold->open) fold_clear(fold); /* the evaluation before was cut off */
    fold->open = true;
    fold->bad = false;
    fold->leaves = 0;
    fold->rows = 0;
}

bool exec_fold_start(Fold *fold, size_t rows) {
    fold_begin(fold);
    fold->total = rows;
    if (fold->op != OP_ROW_QUANTILE) return true;
    size_t need;
    return memory_multiply(rows, fold->elements, &need) &&
           memory_reserve(&fold->kept, &fold->kept_capacity, need, sizeof(double));
}

/* Numbers kept one by one go to their own places: parts write into the whole's memory. */
void exec_fold_part(Fold *part, const Fold *whole, size_t first) {
    fold_begin(part);
    part->total = whole->total;
    part->kept = whole->kept;
    part->first = first;
}

static double fold_pair(Op op, double a, double b) {
    return op == OP_ROW_SUM ? a + b : op == OP_ROW_MIN ? vm_min(a, b) : vm_max(a, b);
}

static double fold_lanes(const Fold *fold, size_t e) {
    char *lanes = (char *)fold->lanes + e * EXEC_LANES * fold->kernels->size;
    return fold->kernels->fold_lanes(fold->op, lanes, fold_neutral(fold->op));
}

/* A complete subtree of 2^level leaves joins the tree; least and greatest need no tree. */
static void fold_push(Fold *fold, size_t e, size_t level, double value) {
    if (fold->op != OP_ROW_SUM) {
        fold->levels[e] = fold->leaves ? fold_pair(fold->op, fold->levels[e], value) : value;
        return;
    }
    for (; fold->leaves >> level & 1u; level++)
        value = fold->levels[level * fold->elements + e] + value;
    fold->levels[level * fold->elements + e] = value;
}

static void fold_close_leaf(Fold *fold) {
    for (size_t e = 0; e < fold->elements; e++) fold_push(fold, e, 0, fold_lanes(fold, e));
    fold->leaves++;
}

static size_t fold_highest(uint64_t bits) {
    size_t level = 0;
    while (bits >> level > 1) level++;
    return level;
}

/* What is complete in the part: one subtree, or the last part's several, the largest first. */
static void fold_join_leaves(Fold *whole, const Fold *part) {
    for (uint64_t left = part->leaves; left != 0;) {
        size_t level = fold_highest(left);
        const double *from = part->levels + (whole->op == OP_ROW_SUM ? level * part->elements : 0);
        for (size_t e = 0; e < whole->elements; e++) fold_push(whole, e, level, from[e]);
        whole->leaves += (uint64_t)1 << level;
        left -= (uint64_t)1 << level;
        if (whole->op != OP_ROW_SUM) return;
    }
}

void exec_fold_join(Fold *whole, Fold *part) {
    part->open = false;
    whole->rows += part->rows;
    whole->bad = whole->bad || part->bad;
    if (whole->op == OP_ROW_QUANTILE) return;
    fold_join_leaves(whole, part);
    if (part->rows % EXEC_LEAF_ROWS == 0) return;
    memcpy(whole->lanes, part->lanes, whole->elements * EXEC_LANES * whole->kernels->size);
    fold_clear(part);
}

static void fold_keep(Fold *fold, const void *values, size_t n) {
    const Kernels *kernels = fold->kernels;
    for (size_t e = 0; e < fold->elements; e++)
        kernels->widen(fold->kept + e * fold->total + fold->first + fold->rows,
                       (const char *)values + e * n * kernels->size, n);
}

/* How many of the next n rows belong to the leaf in hand. */
static size_t fold_room(const Fold *fold, size_t n) {
    size_t room = EXEC_LEAF_ROWS - fold->rows % EXEC_LEAF_ROWS;
    return n < room ? n : room;
}

void exec_fold_advance(Fold *fold, size_t n) {
    fold->rows += n;
    if (fold->rows % EXEC_LEAF_ROWS == 0) fold_close_leaf(fold);
}

void exec_fold_feed(Fold *fold, const void *values, size_t n) {
    const Kernels *kernels = fold->kernels;
    if (fold->op == OP_ROW_QUANTILE) {
        fold_keep(fold, values, n);
        fold->rows += n;
        return;
    }
    for (size_t done = 0, part; done < n; done += part) {
        part = fold_room(fold, n - done);
        for (size_t e = 0; e < fold->elements; e++) {
            char *lanes = (char *)fold->lanes + e * EXEC_LANES * kernels->size;
            const char *from = (const char *)values + (e * n + done) * kernels->size;
            size_t lane = fold->rows % EXEC_LANES;
            if (fold->op == OP_ROW_SUM)
                kernels->fold_add(lanes, from, lane, part);
            else if (fold->op == OP_ROW_MIN)
                kernels->fold_least(lanes, from, lane, part);
            else
                kernels->fold_greatest(lanes, from, lane, part);
        }
        exec_fold_advance(fold, part);
    }
}

void exec_fold_product(Fold *fold, Cursor a, Cursor b, size_t n) {
    Cursor left = a.rows ? a : b, right = a.rows ? b : a;
    size_t size = fold->kernels->size;
    for (size_t done = 0, part; done < n; done += part) {
        part = fold_room(fold, n - done);
        a = left;
        b = right;
        char *lanes = fold->lanes;
        for (size_t e = 0; e < fold->elements; e++, lanes += EXEC_LANES * size) {
            fold->kernels->fold_product(lanes, a.at + done * size,
                                        b.at + (b.rows ? done * size : 0), b.rows,
                                        fold->rows % EXEC_LANES, part);
            exec_cursor_next(&a);
            exec_cursor_next(&b);
        }
        exec_fold_advance(fold, part);
    }
}

/* Adding the zeros of the other places would change no bit, so they are left out. */
void exec_fold_scatter(Fold *fold, const void *values, size_t value_stride, size_t part,
                       const void *index, size_t index_stride, size_t n) {
    const Kernels *kernels = fold->kernels;
    size_t value_rows = value_stride ? n : 1;
    for (size_t r = 0; r < n; r++) {
        double at;
        kernels->widen(&at, (const char *)index + r * index_stride * kernels->size, 1);
        size_t lane = fold->rows % EXEC_LANES;
        if (at >= 1 && at <= (double)(fold->elements / part) && at == vm_floor(at)) {
            size_t place = ((size_t)at - 1) * part * EXEC_LANES + lane;
            kernels->fold_row((char *)fold->lanes + place * kernels->size,
                              (const char *)values + r * value_stride * kernels->size, value_rows,
                              part);
        } else {
            fold->bad = true;
        }
        exec_fold_advance(fold, 1);
    }
}

/* The rest of the tree: the leaf in hand, then the complete subtrees, the smallest first. */
static double fold_finish_sum(const Fold *fold, size_t e) {
    bool any = fold->rows % EXEC_LEAF_ROWS != 0;
    double sum = any ? fold_lanes(fold, e) : 0;
    for (size_t level = 0; fold->leaves >> level != 0; level++) {
        if (!(fold->leaves >> level & 1u)) continue;
        double older = fold->levels[level * fold->elements + e];
        sum = any ? older + sum : older;
        any = true;
    }
    return fold->bad ? (double)NAN : sum;
}

static double fold_finish_extreme(const Fold *fold, size_t e) {
    double last = fold_lanes(fold, e); /* neutral, where no row is left */
    if (fold->leaves == 0) return last;
    if (fold->rows % EXEC_LEAF_ROWS == 0) return fold->levels[e];
    return fold_pair(fold->op, fold->levels[e], last);
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
    else
        for (size_t e = 0; e < fold->elements; e++)
            out[e] = fold->op == OP_ROW_SUM ? fold_finish_sum(fold, e)
                                            : fold_finish_extreme(fold, e);
}
