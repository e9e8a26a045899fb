/* The steps of a plan over one block of rows. A value with rows lies as [element][row], so that
 * every loop has the rows innermost; n is 1 for values without rows. */
#include "exec.h"

#include "../op/vmath.h"

#include <string.h>

const double *exec_operand(const Operand *operand, const Frame *frame) {
    return frame->base[operand->base] + operand->offset + operand->element * frame->n;
}

Cursor exec_cursor(const Operand *operand, const Frame *frame) {
    const double *start = exec_operand(operand, frame);
    return (Cursor){.at = start,
                    .start = start,
                    .unit = operand->rows ? frame->n : 1,
                    .repeat = operand->repeat,
                    .period = operand->period,
                    .rows = operand->rows};
}

void exec_cursor_next(Cursor *cursor) {
    if (++cursor->repeated < cursor->repeat) return;
    cursor->repeated = 0;
    cursor->at += cursor->unit;
    if (++cursor->element < cursor->period) return;
    cursor->element = 0;
    cursor->at = cursor->start;
}

void exec_step_run(const Step *steps, size_t count, const Frame *frame) {
    for (const Step *step = steps, *end = steps + count; step < end; step++) step->run(step, frame);
}

static size_t step_rows(const Step *step, const Frame *frame) {
    return step->rows ? frame->n : 1;
}

/* ---- elementwise ----------------------------------------------------------------------------- */

/* Every operand is laid out as the result or is one number: one loop over all. */
static void step_flat1(const Step *step, const Frame *frame) {
    const double *a = exec_operand(&step->in[0], frame);
    step->kernel(frame->work + step->out, a, a, a, step->elements * step_rows(step, frame),
                 step->exponent);
}

static void step_flat2(const Step *step, const Frame *frame) {
    const double *a = exec_operand(&step->in[0], frame);
    const double *b = exec_operand(&step->in[1], frame);
    step->kernel(frame->work + step->out, a, b, b, step->elements * step_rows(step, frame),
                 step->exponent);
}

static void step_flat3(const Step *step, const Frame *frame) {
    const double *a = exec_operand(&step->in[0], frame);
    const double *b = exec_operand(&step->in[1], frame);
    const double *c = exec_operand(&step->in[2], frame);
    step->kernel(frame->work + step->out, a, b, c, step->elements * step_rows(step, frame),
                 step->exponent);
}

/* A result with rows, some operand of which does not lie as the result: a loop an element. */
static void step_elements(const Step *step, const Frame *frame) {
    Cursor in[3];
    double *out = frame->work + step->out;
    for (uint32_t k = 0; k < 3; k++)
        in[k] = exec_cursor(&step->in[k < step->n_inputs ? k : 0], frame);
    for (size_t e = 0; e < step->elements; e++) {
        step->kernel(out, in[0].at, in[1].at, in[2].at, frame->n, step->exponent);
        out += frame->n;
        for (uint32_t k = 0; k < step->n_inputs; k++) exec_cursor_next(&in[k]);
    }
}

/* Every operand is the same for all elements: computed once, then repeated. */
static void step_fill(const Step *step, const Frame *frame) {
    double *out = frame->work + step->out;
    const double *in[3];
    size_t n = step_rows(step, frame);
    for (uint32_t k = 0; k < 3; k++)
        in[k] = exec_operand(&step->in[k < step->n_inputs ? k : 0], frame);
    step->kernel(out, in[0], in[1], in[2], n, step->exponent);
    for (size_t e = 1; e < step->elements; e++) memcpy(out + e * n, out, n * sizeof *out);
}

static void step_choose_elementwise(Step *step) {
    unsigned singles = 0, all = (1u << step->n_inputs) - 1;
    bool flat = true, filled = step->elements > 1;
    for (uint32_t k = 0; k < step->n_inputs; k++) {
        const Operand *in = &step->in[k];
        bool number = in->period == 1, as_result = in->period == step->elements;
        if (step->rows ? !in->rows : number) singles |= 1u << k;
        if (step->rows && !(in->rows ? as_result : number)) flat = false;
        if (!number) filled = false;
    }
    if (filled) {
        for (uint32_t k = 0; k < step->n_inputs; k++)
            if (!step->rows || step->in[k].rows) singles &= ~(1u << k);
        step->run = step_fill;
    } else if (flat) {
        step->run = step->n_inputs == 1   ? step_flat1
                    : step->n_inputs == 2 ? step_flat2
                                          : step_flat3;
    } else {
        step->run = step_elements;
    }
    step->kernel = exec_kernel(step->op, singles == all ? 0 : singles);
}

/* ---- shapes and reductions ------------------------------------------------------------------- */

/* The innermost loop of a walk: 'count' elements of n rows each. */
typedef void (*WalkLoop)(double *restrict out, size_t out_stride, const double *restrict in,
                         size_t in_stride, size_t count, size_t n);

static void walk_run(const StrideWalk *walk, WalkLoop loop, double *out, const double *in,
                     size_t n) {
    out += walk->out_start * n;
    in += walk->in_start * n;
    for (size_t i = 0; i < walk->dim[0]; i++)
        for (size_t j = 0; j < walk->dim[1]; j++)
            for (size_t k = 0; k < walk->dim[2]; k++) {
                size_t from = i * walk->in[0] + j * walk->in[1] + k * walk->in[2];
                size_t to = i * walk->out[0] + j * walk->out[1] + k * walk->out[2];
                loop(out + to * n, walk->out[3], in + from * n, walk->in[3], walk->dim[3], n);
            }
}

static void walk_copy(double *restrict out, size_t out_stride, const double *restrict in,
                      size_t in_stride, size_t count, size_t n) {
    if (in_stride == 1 && out_stride == 1) {
        memcpy(out, in, count * n * sizeof *out);
    } else if (n == 1) {
        for (size_t i = 0; i < count; i++) out[i * out_stride] = in[i * in_stride];
    } else {
        for (size_t i = 0; i < count; i++)
            memcpy(out + i * out_stride * n, in + i * in_stride * n, n * sizeof *out);
    }
}

static void walk_add(double *restrict out, size_t out_stride, const double *restrict in,
                     size_t in_stride, size_t count, size_t n) {
    for (size_t i = 0; i < count; i++, out += out_stride * n, in += in_stride * n)
        for (size_t r = 0; r < n; r++) out[r] += in[r];
}

static void walk_least(double *restrict out, size_t out_stride, const double *restrict in,
                       size_t in_stride, size_t count, size_t n) {
    for (size_t i = 0; i < count; i++, out += out_stride * n, in += in_stride * n)
        for (size_t r = 0; r < n; r++) out[r] = vm_min(out[r], in[r]);
}

static void walk_greatest(double *restrict out, size_t out_stride, const double *restrict in,
                          size_t in_stride, size_t count, size_t n) {
    for (size_t i = 0; i < count; i++, out += out_stride * n, in += in_stride * n)
        for (size_t r = 0; r < n; r++) out[r] = vm_max(out[r], in[r]);
}

static double *step_fill_with(const Step *step, const Frame *frame, double value) {
    double *out = frame->work + step->out;
    size_t count = step->elements * step_rows(step, frame);
    for (size_t i = 0; i < count; i++) out[i] = value;
    return out;
}

static void step_copy(const Step *step, const Frame *frame) {
    walk_run(step->extra.walk, walk_copy, frame->work + step->out,
             exec_operand(&step->in[0], frame), step_rows(step, frame));
}

static void step_pad(const Step *step, const Frame *frame) {
    step_fill_with(step, frame, 0);
    step_copy(step, frame);
}

static void step_sum(const Step *step, const Frame *frame) {
    double *out = step_fill_with(step, frame, 0);
    walk_run(step->extra.walk, walk_add, out, exec_operand(&step->in[0], frame),
             step_rows(step, frame));
}

static void step_least(const Step *step, const Frame *frame) {
    double *out = step_fill_with(step, frame, (double)INFINITY);
    walk_run(step->extra.walk, walk_least, out, exec_operand(&step->in[0], frame),
             step_rows(step, frame));
}

static void step_greatest(const Step *step, const Frame *frame) {
    double *out = step_fill_with(step, frame, -(double)INFINITY);
    walk_run(step->extra.walk, walk_greatest, out, exec_operand(&step->in[0], frame),
             step_rows(step, frame));
}

static void step_stack(const Step *step, const Frame *frame) {
    size_t n = step_rows(step, frame), part = step->elements / step->n_inputs;
    double *out = frame->work + step->out;
    for (uint32_t k = 0; k < step->n_inputs; k++) {
        const Operand *operand = &step->extra.stack[k];
        const double *in = exec_operand(operand, frame);
        if (operand->rows == step->rows) {
            memcpy(out, in, part * n * sizeof *out);
            out += part * n;
            continue;
        }
        for (size_t e = 0; e < part; e++, out += n)
            for (size_t r = 0; r < n; r++) out[r] = in[e];
    }
}

/* ---- products and look-ups ------------------------------------------------------------------- */

/* sum[r] += a[r] * b[r], in the three ways in which rows may come. */
static void product_add(double *restrict sum, const double *restrict a, bool a_rows,
                        const double *restrict b, bool b_rows, size_t n) {
    if (a_rows && b_rows)
        for (size_t r = 0; r < n; r++) sum[r] += a[r] * b[r];
    else if (a_rows)
        for (size_t r = 0; r < n; r++) sum[r] += a[r] * b[0];
    else
        for (size_t r = 0; r < n; r++) sum[r] += a[0] * b[r];
}

/* Each element is summed over k in order, from 0. */
static void step_product_rows(const Step *step, const Frame *frame) {
    const size_t *size = step->extra.product;
    const Operand *left = &step->in[0], *right = &step->in[1];
    const double *a = exec_operand(left, frame), *b = exec_operand(right, frame);
    size_t n = frame->n, na = left->rows ? n : 1, nb = right->rows ? n : 1;
    double *out = step_fill_with(step, frame, 0);
    for (size_t i = 0; i < size[0]; i++)
        for (size_t j = 0; j < size[2]; j++, out += n)
            for (size_t k = 0; k < size[1]; k++)
                product_add(out, a + (i * size[1] + k) * na, left->rows, b + (k * size[2] + j) * nb,
                            right->rows, n);
}

static void step_product(const Step *step, const Frame *frame) {
    const size_t *size = step->extra.product;
    const double *a = exec_operand(&step->in[0], frame), *b = exec_operand(&step->in[1], frame);
    double *out = step_fill_with(step, frame, 0);
    for (size_t i = 0; i < size[0]; i++, out += size[2])
        for (size_t k = 0; k < size[1]; k++)
            product_add(out, a + i * size[1] + k, false, b + k * size[2], true, size[2]);
}

/* Indices count from 1; false when it is not one of 'count'. */
static bool lookup_index(double value, size_t count, size_t *index) {
    if (!(value >= 1 && value <= (double)count && value == vm_floor(value))) return false;
    *index = (size_t)value - 1;
    return true;
}

static void step_gather(const Step *step, const Frame *frame) {
    const Operand *from = &step->in[0], *where = &step->in[1];
    const double *a = exec_operand(from, frame), *b = exec_operand(where, frame);
    double *out = frame->work + step->out;
    size_t n = step_rows(step, frame), stride = from->rows ? n : 1, at = 0;
    for (size_t r = 0; r < n; r++) {
        bool good = lookup_index(where->rows ? b[r] : b[0], step->extra.n_parts, &at);
        const double *part = a + at * step->elements * stride + (from->rows ? r : 0);
        for (size_t e = 0; e < step->elements; e++)
            out[e * n + r] = good ? part[e * stride] : (double)NAN;
    }
}

static void scatter_row(const Step *step, const double *part, size_t stride, double index,
                        double *out, size_t n) {
    size_t size = step->elements / step->extra.n_parts, at = 0;
    if (!lookup_index(index, step->extra.n_parts, &at)) {
        for (size_t e = 0; e < step->elements; e++) out[e * n] = (double)NAN;
        return;
    }
    for (size_t e = 0; e < size; e++) out[(at * size + e) * n] = part[e * stride];
}

static void step_scatter(const Step *step, const Frame *frame) {
    const Operand *from = &step->in[0], *where = &step->in[1];
    const double *a = exec_operand(from, frame), *b = exec_operand(where, frame);
    size_t n = step_rows(step, frame);
    double *out = step_fill_with(step, frame, 0);
    for (size_t r = 0; r < n; r++)
        scatter_row(step, from->rows ? a + r : a, from->rows ? n : 1, where->rows ? b[r] : b[0],
                    out + r, n);
}

/* ---- over rows ------------------------------------------------------------------------------- */

static void step_fold(const Step *step, const Frame *frame) {
    exec_fold_feed(step->extra.fold, exec_operand(&step->in[0], frame), frame->n);
}

/* ROW_SUM of SCATTER: the zeros are never made. */
static void step_fold_scatter(const Step *step, const Frame *frame) {
    const Operand *from = &step->in[0], *where = &step->in[1];
    exec_fold_scatter(step->extra.fold, exec_operand(from, frame), from->rows ? 1 : 0,
                      step->elements, exec_operand(where, frame), where->rows ? 1 : 0, frame->n);
}

/* ROW_SUM of a product, or of a square: it is never stored. */
static void step_fold_product(const Step *step, const Frame *frame) {
    const Operand *right = &step->in[step->n_inputs - 1];
    exec_fold_product(step->extra.fold, exec_cursor(&step->in[0], frame), exec_cursor(right, frame),
                      frame->n);
}

static void step_choose_fold(Step *step, Op fused) {
    if (fused == OP_SCATTER)
        step->run = step_fold_scatter;
    else if (fused == OP_MUL || fused == OP_POWI)
        step->run = step_fold_product;
    else
        step->run = step_fold;
}

void exec_step_choose(Step *step) {
    switch (step->op) {
        case OP_BROADCAST:
        case OP_TRANSPOSE:
        case OP_SLICE:
            step->run = step_copy;
            break;
        case OP_PAD:
            step->run = step_pad;
            break;
        case OP_SUM_OF:
            step->run = step_sum;
            break;
        case OP_MIN_OF:
            step->run = step_least;
            break;
        case OP_MAX_OF:
            step->run = step_greatest;
            break;
        case OP_STACK:
            step->run = step_stack;
            break;
        case OP_MATMUL:
            step->run = step->rows ? step_product_rows : step_product;
            break;
        case OP_GATHER:
            step->run = step_gather;
            break;
        case OP_SCATTER:
            step->run = step_scatter;
            break;
        case OP_ROW_SUM:
        case OP_ROW_MIN:
        case OP_ROW_MAX:
        case OP_ROW_QUANTILE:
            step_choose_fold(step, step->fused);
            break;
        default:
            step_choose_elementwise(step);
            break;
    }
}
