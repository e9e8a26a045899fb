/* The steps of a plan over one block of rows. A value with rows lies as [element][row], so that
 * every loop has the rows innermost; n is 1 for values without rows. Nothing here knows the type of
 * the numbers: places are counted in bytes, loops are the kernels'. */
#include "exec.h"

#include <math.h>
#include <string.h>

Cursor exec_cursor(const Operand *operand, const Frame *frame) {
    const char *start = exec_operand(operand, frame);
    return (Cursor){.at = start,
                    .start = start,
                    .columns = operand->scattered ? frame->base + operand->base : NULL,
                    .unit = operand->rows ? frame->pitch : frame->kernels->size,
                    .repeat = operand->repeat,
                    .period = operand->period,
                    .rows = operand->rows};
}

void exec_cursor_next(Cursor *cursor) {
    if (++cursor->repeated < cursor->repeat) return;
    cursor->repeated = 0;
    if (++cursor->element == cursor->period) {
        cursor->element = 0;
        cursor->at = cursor->start;
    } else if (cursor->columns) {
        cursor->at = cursor->columns[cursor->element];
    } else {
        cursor->at += cursor->unit;
    }
}

void exec_step_run(const Step *steps, size_t count, const Frame *frame) {
    for (const Step *step = steps, *end = steps + count; step < end; step++) step->run(step, frame);
}

static size_t step_rows(const Step *step, const Frame *frame) {
    return step->rows ? frame->n : 1;
}

/* The workspace is ours to write. */
static void *step_out(const Step *step, const Frame *frame) {
    return (char *)(uintptr_t)frame->base[step->rows ? FRAME_ROWS : FRAME_WORK] + step->out;
}

/* Bytes from one element of the operand to the next. */
static size_t step_unit(const Operand *operand, const Frame *frame) {
    return operand->rows ? frame->pitch : frame->kernels->size;
}

/* Element e of an operand that lies as it is, or scattered. */
static const void *step_element(const Operand *operand, const Frame *frame, size_t e) {
    if (operand->scattered) return frame->base[operand->base + e];
    return (const char *)exec_operand(operand, frame) + e * step_unit(operand, frame);
}

/* ---- elementwise ----------------------------------------------------------------------------- */

/* Every operand is laid out as the result or is one number: one loop over all. */
static void step_flat1(const Step *step, const Frame *frame) {
    const void *a = exec_operand(&step->in[0], frame);
    step->kernel(step_out(step, frame), a, a, a, step->elements * step_rows(step, frame),
                 step->exponent);
}

static void step_flat2(const Step *step, const Frame *frame) {
    const void *a = exec_operand(&step->in[0], frame);
    const void *b = exec_operand(&step->in[1], frame);
    step->kernel(step_out(step, frame), a, b, b, step->elements * step_rows(step, frame),
                 step->exponent);
}

static void step_flat3(const Step *step, const Frame *frame) {
    const void *a = exec_operand(&step->in[0], frame);
    const void *b = exec_operand(&step->in[1], frame);
    const void *c = exec_operand(&step->in[2], frame);
    step->kernel(step_out(step, frame), a, b, c, step->elements * step_rows(step, frame),
                 step->exponent);
}

bool exec_step_divides(const Step *step) {
    return !step->rows &&
           (step->run == step_flat1 || step->run == step_flat2 || step->run == step_flat3);
}

void exec_step_part(const Step *step, const Frame *frame, size_t first, size_t count) {
    const char *in[3];
    size_t past = first * frame->kernels->size;
    for (uint32_t k = 0; k < 3; k++) {
        const Operand *operand = &step->in[k < step->n_inputs ? k : 0];
        in[k] = exec_operand(operand, frame);
        if (operand->period > 1) in[k] += past;
    }
    step->kernel((char *)step_out(step, frame) + past, in[0], in[1], in[2], count, step->exponent);
}

/* A result with rows, some operand of which does not lie as the result: a loop an element. */
static void step_elements(const Step *step, const Frame *frame) {
    Cursor in[3];
    char *out = step_out(step, frame);
    for (uint32_t k = 0; k < 3; k++)
        in[k] = exec_cursor(&step->in[k < step->n_inputs ? k : 0], frame);
    for (size_t e = 0; e < step->elements; e++) {
        step->kernel(out, in[0].at, in[1].at, in[2].at, frame->n, step->exponent);
        out += frame->pitch;
        for (uint32_t k = 0; k < step->n_inputs; k++) exec_cursor_next(&in[k]);
    }
}

/* Every operand is the same for all elements: computed once, then repeated. */
static void step_fill(const Step *step, const Frame *frame) {
    char *out = step_out(step, frame);
    const void *in[3];
    size_t n = step_rows(step, frame), bytes = n * frame->kernels->size;
    for (uint32_t k = 0; k < 3; k++)
        in[k] = exec_operand(&step->in[k < step->n_inputs ? k : 0], frame);
    step->kernel(out, in[0], in[1], in[2], n, step->exponent);
    for (size_t e = 1; e < step->elements; e++) memcpy(out + e * bytes, out, bytes);
}

static void step_choose_elementwise(Step *step, const Kernels *kernels) {
    unsigned singles = 0, all = (1u << step->n_inputs) - 1;
    bool flat = true, filled = step->elements > 1;
    for (uint32_t k = 0; k < step->n_inputs; k++) {
        const Operand *in = &step->in[k];
        bool number = in->period == 1, as_result = in->period == step->elements && !in->scattered;
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
    if (singles == all) singles = 0;
    step->kernel = kernels->elementwise[step->op][singles & 7u];
    if (step->op == OP_POWI) step->kernel = kernels->power;
    if (step->op == OP_EXP) step->kernel = kernels->exponential;
}

/* ---- shapes and reductions ------------------------------------------------------------------- */

static void walk_run(const Step *step, const Frame *frame, WalkLoop loop) {
    const StrideWalk *walk = step->extra.walk;
    size_t n = step_rows(step, frame), bytes = n * frame->kernels->size;
    char *out = (char *)step_out(step, frame) + walk->out_start * bytes;
    const char *in = (const char *)exec_operand(&step->in[0], frame) + walk->in_start * bytes;
    for (size_t i = 0; i < walk->dim[0]; i++)
        for (size_t j = 0; j < walk->dim[1]; j++)
            for (size_t k = 0; k < walk->dim[2]; k++) {
                size_t from = i * walk->in[0] + j * walk->in[1] + k * walk->in[2];
                size_t to = i * walk->out[0] + j * walk->out[1] + k * walk->out[2];
                loop(out + to * bytes, walk->out[3], in + from * bytes, walk->in[3], walk->dim[3],
                     n);
            }
}

static void *step_fill_with(const Step *step, const Frame *frame, double value) {
    void *out = step_out(step, frame);
    frame->kernels->fill(out, value, step->elements * step_rows(step, frame));
    return out;
}

static void step_copy(const Step *step, const Frame *frame) {
    walk_run(step, frame, frame->kernels->walk_copy);
}

static void step_pad(const Step *step, const Frame *frame) {
    step_fill_with(step, frame, 0);
    step_copy(step, frame);
}

static void step_sum(const Step *step, const Frame *frame) {
    step_fill_with(step, frame, 0);
    walk_run(step, frame, frame->kernels->walk_add);
}

static void step_least(const Step *step, const Frame *frame) {
    step_fill_with(step, frame, (double)INFINITY);
    walk_run(step, frame, frame->kernels->walk_least);
}

static void step_greatest(const Step *step, const Frame *frame) {
    step_fill_with(step, frame, -(double)INFINITY);
    walk_run(step, frame, frame->kernels->walk_greatest);
}

static void step_stack(const Step *step, const Frame *frame) {
    size_t n = step_rows(step, frame), part = step->elements / step->n_inputs;
    size_t size = frame->kernels->size, bytes = n * size;
    char *out = step_out(step, frame);
    for (uint32_t k = 0; k < step->n_inputs; k++) {
        const Operand *operand = &step->extra.stack[k];
        const char *in = exec_operand(operand, frame);
        if (operand->rows == step->rows) {
            memcpy(out, in, part * bytes);
            out += part * bytes;
            continue;
        }
        for (size_t e = 0; e < part; e++, out += bytes)
            frame->kernels->spread(out, in + e * size, n);
    }
}

/* ---- products and look-ups ------------------------------------------------------------------- */

/* Each element is summed over k in order, from 0. */
static void step_product_rows(const Step *step, const Frame *frame) {
    const size_t *size = step->extra.product;
    const Operand *left = &step->in[0], *right = &step->in[1];
    char *out = step_fill_with(step, frame, 0);
    for (size_t i = 0; i < size[0]; i++)
        for (size_t j = 0; j < size[2]; j++, out += frame->pitch)
            for (size_t k = 0; k < size[1]; k++)
                frame->kernels->product_add(out, step_element(left, frame, i * size[1] + k),
                                            left->rows, step_element(right, frame, k * size[2] + j),
                                            right->rows, frame->n);
}

static void step_product(const Step *step, const Frame *frame) {
    const size_t *size = step->extra.product;
    size_t bytes = size[2] * frame->kernels->size;
    const Operand *right = &step->in[1];
    char *out = step_fill_with(step, frame, 0);
    for (size_t i = 0; i < size[0]; i++, out += bytes)
        for (size_t k = 0; k < size[1]; k++)
            frame->kernels->product_add(out, step_element(&step->in[0], frame, i * size[1] + k),
                                        false, step_element(right, frame, k * size[2]), true,
                                        size[2]);
}

/* Indices count from 1. */
static bool lookup_index(double value, size_t count, size_t *index) {
    if (!(value >= 1 && value <= (double)count)) return false;
    *index = (size_t)value - 1;
    return (double)(*index + 1) == value;
}

/* The index that row r shows. */
static bool step_index(const Step *step, const Frame *frame, size_t r, size_t *at) {
    const Operand *where = &step->in[1];
    double value;
    const char *from = exec_operand(where, frame);
    frame->kernels->widen(&value, from + (where->rows ? r * frame->kernels->size : 0), 1);
    return lookup_index(value, step->extra.n_parts, at);
}

/* 'count' elements of one row. */
static void step_copy_row(const Frame *frame, char *out, size_t out_unit, const char *in,
                          size_t in_unit, size_t count) {
    size_t size = frame->kernels->size;
    for (size_t e = 0; e < count; e++) memcpy(out + e * out_unit, in + e * in_unit, size);
}

static void step_fill_row(const Frame *frame, char *out, size_t unit, size_t count) {
    for (size_t e = 0; e < count; e++) frame->kernels->fill(out + e * unit, (double)NAN, 1);
}

static void step_gather(const Step *step, const Frame *frame) {
    const Operand *from = &step->in[0];
    size_t n = step_rows(step, frame), size = frame->kernels->size, at = 0;
    size_t unit = step_unit(from, frame);
    const char *a = exec_operand(from, frame);
    char *out = step_out(step, frame);
    for (size_t r = 0; r < n; r++, out += size) {
        if (!step_index(step, frame, r, &at)) {
            step_fill_row(frame, out, n * size, step->elements);
            continue;
        }
        const char *part = a + at * step->elements * unit + (from->rows ? r * size : 0);
        step_copy_row(frame, out, n * size, part, unit, step->elements);
    }
}

static void step_scatter(const Step *step, const Frame *frame) {
    const Operand *from = &step->in[0];
    size_t n = step_rows(step, frame), size = frame->kernels->size, at = 0;
    size_t part = step->elements / step->extra.n_parts;
    const char *a = exec_operand(from, frame);
    char *out = step_fill_with(step, frame, 0);
    for (size_t r = 0; r < n; r++, out += size)
        if (step_index(step, frame, r, &at))
            step_copy_row(frame, out + at * part * n * size, n * size,
                          a + (from->rows ? r * size : 0), step_unit(from, frame), part);
        else
            step_fill_row(frame, out, n * size, step->elements);
}

/* ---- over rows ------------------------------------------------------------------------------- */

static void step_fold(const Step *step, const Frame *frame) {
    exec_fold_feed(&frame->folds[step->extra.fold], exec_operand(&step->in[0], frame), frame->n);
}

/* ROW_SUM of SCATTER: the zeros are never made. */
static void step_fold_scatter(const Step *step, const Frame *frame) {
    const Operand *from = &step->in[0], *where = &step->in[1];
    exec_fold_scatter(&frame->folds[step->extra.fold], exec_operand(from, frame),
                      from->rows ? 1 : 0, step->elements, exec_operand(where, frame),
                      where->rows ? 1 : 0, frame->n);
}

/* ROW_SUM of a product, or of a square: it is never stored. */
static void step_fold_product(const Step *step, const Frame *frame) {
    const Operand *right = &step->in[step->n_inputs - 1];
    exec_fold_product(&frame->folds[step->extra.fold], exec_cursor(&step->in[0], frame),
                      exec_cursor(right, frame), frame->n);
}

static void step_choose_fold(Step *step, Op fused) {
    if (fused == OP_SCATTER)
        step->run = step_fold_scatter;
    else if (fused == OP_MUL || fused == OP_POWI)
        step->run = step_fold_product;
    else
        step->run = step_fold;
}

void exec_step_choose(Step *step, const Kernels *kernels) {
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
            step_choose_elementwise(step, kernels);
            break;
    }
}
