/* One evaluation: what has no rows, then a pass over the blocks, and so on; allocates nothing.
 *
 * A pass is cut into parts, a whole number of leaves each, which threads take one after the other.
 * What a part summed is joined to what comes before it in the order of the parts. */
#include "exec.h"

#include <stdatomic.h>
#include <string.h>

enum {
    RUN_PART_LEAVES = 1,  /* the least that a thread takes */
    RUN_PARTS = 16,       /* wanted for each thread, so that all end at about the same time */
    RUN_ALONE = 1 << 15,  /* numbers that are made faster alone than others are woken */
    RUN_WIDE = 1 << 16,   /* elements of a value without rows that threads share */
    RUN_TIMED = 64,       /* rows that are worth asking the clock for */
    RUN_LINE = 64         /* bytes that come from memory together */
};

#if defined(__GNUC__) || defined(__clang__)
#define FETCH(address) __builtin_prefetch((address), 0, 2)
#else
#define FETCH(address) ((void)(address))
#endif

/* One pass in the hands of all workers. */
typedef struct Run {
    const Plan *plan;
    const PlanPass *pass;
    const Rows *rows;
    double *const *results;
    const RowVisitor *visitor; /* NULL: this pass shows nothing */
    bool visit;
    size_t part_rows, n_parts;
    bool shared;               /* parts have sums of their own */
    atomic_size_t next;        /* part to take */
    atomic_int status;
} Run;

/* Who works on a part, and the set that the visitor is told of. */
typedef struct RunPlace {
    size_t worker, set;
} RunPlace;

/* Columns of the block at 'row' (counted from rows->first). */
static void run_aim_columns(const Plan *plan, const Worker *worker, const Rows *rows, size_t row) {
    size_t at = rows->first + row;
    bool single = plan->precision == PRECISION_F32;
    for (size_t k = 0; k < plan->n_columns; k++) {
        uint32_t column = plan->columns[k];
        const void *start = single ? (const void *)(rows->floats[column] + at)
                                   : (const void *)(rows->columns[column] + at);
        worker->base[plan->column_base[k]] = start;
    }
}

/* Where an output with rows lies in the block; emitted code has a height of its own. */
static const char *run_output(const Plan *plan, const Operand *place, const Frame *frame) {
    if (!plan->code || place->base != FRAME_ROWS) return exec_operand(place, frame);
    size_t slot = exec_emit_slot(plan, place->offset) + place->element;
    return frame->base[FRAME_ROWS] + slot * frame->pitch;
}

/* A rule's rows may be one or two. */
static void run_copy(double *to, const void *place, size_t n) {
    const double *from = place;
    if (n > 2) memcpy(to, from, n * sizeof *to);
    else for (size_t i = 0; i < n; i++) to[i] = from[i];
}

/* The outputs with rows of one block, copied to the results and shown to the visitor. */
static Status run_deliver(const Run *run, RunPlace place, const Frame *frame, size_t row) {
    const Plan *plan = run->plan;
    bool single = plan->precision == PRECISION_F32;
    size_t stride = single ? frame->n : frame->pitch / sizeof(double);
    const double **values = plan->workers[place.worker].values;
    double *shown = plan->workers[place.worker].shown;
    for (size_t k = 0; k < plan->n_outputs; k++) {
        values[k] = NULL;
        if (!plan->places[k].rows) continue;
        const char *from = run_output(plan, &plan->places[k], frame);
        values[k] = single ? shown : (const void *)from;
        for (size_t e = 0; single && e < plan->sizes[k]; e++, shown += frame->n)
            plan->kernels->widen(shown, from + e * frame->pitch, frame->n);
        if (!run->results || !run->results[k]) continue;
        for (size_t e = 0; e < plan->sizes[k]; e++)
            run_copy(run->results[k] + e * run->rows->count + row, values[k] + e * stride,
                     frame->n);
    }
    if (!run->visitor) return STATUS_OK;
    return run->visitor->block(run->visitor->context, place.set, row, frame->n, values, stride);
}

/* Columns of the next block are asked for while this one is worked on, a share with each step: the
 * memory is never idle. */
typedef struct Ahead {
    const Plan *plan;
    const Worker *worker;
    size_t next, end; /* bytes from the block's start, in every column */
    size_t share;
} Ahead;

static Ahead run_look_ahead(const Plan *plan, const Worker *worker, const Frame *frame,
                            size_t rows_left, size_t n_steps) {
    size_t left = rows_left - frame->n;
    size_t bytes = (left < frame->n ? left : frame->n) * plan->kernels->size;
    return (Ahead){.plan = plan,
                   .worker = worker,
                   .next = frame->n * plan->kernels->size,
                   .end = frame->n * plan->kernels->size + bytes,
                   .share = bytes / (n_steps ? n_steps : 1) + RUN_LINE};
}

static void run_fetch(Ahead *ahead) {
    size_t end = ahead->next + ahead->share < ahead->end ? ahead->next + ahead->share : ahead->end;
    for (size_t k = 0; k < ahead->plan->n_columns; k++) {
        const char *column = ahead->worker->base[ahead->plan->column_base[k]];
        for (size_t at = ahead->next; at < end; at += RUN_LINE) FETCH(column + at);
    }
    ahead->next = end;
}

static void run_steps_timed(const PlanPass *pass, const Frame *frame, Ahead *ahead,
                            double *clock) {
    double start = exec_seconds();
    for (size_t k = 0; k < pass->n_steps; k++) {
        pass->steps[k].run(&pass->steps[k], frame);
        if (ahead->next < ahead->end) run_fetch(ahead);
        double now = exec_seconds();
        clock[k] += now - start;
        start = now;
    }
}

static void run_steps(const PlanPass *pass, const Frame *frame, Ahead *ahead) {
    for (size_t k = 0; k < pass->n_steps; k++) {
        pass->steps[k].run(&pass->steps[k], frame);
        if (ahead->next < ahead->end) run_fetch(ahead);
    }
}

/* One block by the emitted functions, which leave the sums of an open leaf in its lanes. */
static void run_code(const Run *run, size_t number, const Frame *frame) {
    const PlanPass *pass = run->pass;
    const PlanCode *code = run->plan->code;
    CodeSum *sums = code->sums[number];
    for (size_t k = 0; k < pass->n_folds; k++) sums[k] = (CodeSum){.lanes = frame->folds[k].lanes};
    code->passes[pass - run->plan->passes].rows((const void *const *)frame->base, sums, frame->n);
    for (size_t k = 0; k < pass->n_folds; k++) {
        frame->folds[k].bad = frame->folds[k].bad || sums[k].bad;
        exec_fold_advance(&frame->folds[k], frame->n);
    }
}

static double *run_clock(const Run *run, size_t worker, ExecClock which) {
    return run->plan->profile ? exec_clock(run->plan, worker, run->pass, which) : NULL;
}

static void run_block(const Run *run, size_t number, const Frame *frame, size_t rows_left) {
    const Plan *plan = run->plan;
    double *clock = run_clock(run, number, EXEC_CLOCK_STEPS);
    if (plan->code) {
        double *code = run_clock(run, number, EXEC_CLOCK_CODE);
        double start = code ? exec_seconds() : 0;
        run_code(run, number, frame);
        if (code) *code += exec_seconds() - start;
        return;
    }
    Ahead ahead = {0};
    if (rows_left > frame->n)
        ahead = run_look_ahead(plan, &plan->workers[number], frame, rows_left, run->pass->n_steps);
    if (clock) run_steps_timed(run->pass, frame, &ahead, clock);
    else run_steps(run->pass, frame, &ahead);
}

static Status run_show(const Run *run, RunPlace place, const Frame *frame, size_t row) {
    double *clock = run_clock(run, place.worker, EXEC_CLOCK_OUTPUTS);
    double start = clock ? exec_seconds() : 0;
    Status status = run_deliver(run, place, frame, row);
    if (clock) *clock += exec_seconds() - start;
    return status;
}

/* The rows from 'row' up to 'end'. */
static Status run_rows(const Run *run, RunPlace place, Fold *folds, size_t row, size_t end) {
    const Plan *plan = run->plan;
    const Worker *worker = &plan->workers[place.worker];
    Frame frame = {.kernels = plan->kernels, .base = worker->base, .folds = folds};
    size_t height = plan->code ? plan->code->rows : plan->block_rows;
    for (; row < end; row += frame.n) {
        frame.n = end - row < height ? end - row : height;
        frame.pitch = (plan->code ? height : frame.n) * plan->kernels->size;
        run_aim_columns(plan, worker, run->rows, row);
        run_block(run, place.worker, &frame, end - row);
        if (run->visit) TRY(run_show(run, place, &frame, row));
    }
    return STATUS_OK;
}

static Status run_part_rows(const Run *run, RunPlace place, size_t part, Fold *folds) {
    const PlanPass *pass = run->pass;
    size_t first = part * run->part_rows, end = first + run->part_rows;
    if (end > run->rows->count || part + 1 == run->n_parts) end = run->rows->count;
    for (size_t k = 0; run->shared && k < pass->n_folds; k++)
        exec_fold_part(&folds[k], &pass->whole[k], first);
    return run_rows(run, place, folds, first, end);
}

static Status run_part_alone(Run *run, size_t part) {
    const RowVisitor *visitor = run->visitor;
    TRY(run_part_rows(run, (RunPlace){0}, part, run->pass->whole));
    return visitor && visitor->join ? visitor->join(visitor->context, 0) : STATUS_OK;
}

/* After a failure the parts that are left are passed over. */
static Status run_part(Run *run, size_t number, size_t part) {
    const Plan *plan = run->plan;
    const PlanPass *pass = run->pass;
    bool failed = atomic_load(&run->status) != STATUS_OK;
    if (!run->shared) return failed ? STATUS_OK : run_part_alone(run, part);
    if (pass->n_folds == 0 && !run->visitor)
        return run_part_rows(run, (RunPlace){.worker = number}, part, NULL);
    Status status = STATUS_OK;
    size_t set = exec_join_take(plan, number, part);
    size_t told = run->visitor ? number * run->visitor->sets + set : 0;
    if (!failed)
        status = run_part_rows(run, (RunPlace){number, told}, part,
                               exec_join_folds(plan, pass, number, set));
    exec_join_done(plan, number, set, part);
    return status;
}

static void run_parts(void *context, size_t number) {
    Run *run = context;
    for (size_t part; (part = atomic_fetch_add(&run->next, 1)) < run->n_parts;) {
        Status status = run_part(run, number, part);
        if (status != STATUS_OK) atomic_store(&run->status, (int)status);
    }
}

/* Leaves a part: a power of two, so that a part is a node of the tree over leaves. */
static size_t run_part_leaves(size_t leaves, size_t workers) {
    size_t part = RUN_PART_LEAVES;
    while (part * workers * RUN_PARTS * 2 <= leaves) part *= 2;
    return part;
}

/* Sums may be shared when the parts have states, the rows are worth it and nobody wants blocks in
 * order. */
static void run_divide(Run *run) {
    const Plan *plan = run->plan;
    size_t rows = run->rows->count, leaves = (rows + EXEC_LEAF_ROWS - 1) / EXEC_LEAF_ROWS;
    bool joins = run->visitor && run->visitor->join, in_order = run->visitor && !joins;
    bool small = rows * (run->pass->row_elements + 1) <= RUN_ALONE;
    bool able = plan->n_workers > 1 && (run->pass->parts || run->pass->n_folds == 0);
    run->shared = able && !in_order && !small;
    size_t part = run->shared ? run_part_leaves(leaves, plan->n_workers) * EXEC_LEAF_ROWS : rows;
    if (joins) part = EXEC_VISIT_ROWS;
    run->part_rows = part > 0 ? part : 1;
    run->n_parts = rows > 0 ? (rows + run->part_rows - 1) / run->part_rows : 0;
    if (run->n_parts < 2) run->shared = false;
}

static bool run_has_wide(const Plan *plan) {
    for (size_t p = 0; p < plan->n_passes; p++)
        for (size_t k = 0; k < plan->passes[p].n_singles; k++)
            if (plan->passes[p].singles[k].elements >= RUN_WIDE &&
                exec_step_divides(&plan->passes[p].singles[k]))
                return true;
    return false;
}

size_t exec_threads(const Plan *plan, const Rows *rows) {
    bool wide = plan->pool && !plan->replay && !plan->code && run_has_wide(plan);
    size_t most = wide ? pool_workers(plan->pool) : 1;
    for (size_t p = 0; !plan->replay && p < plan->n_passes; p++) {
        Run run = {.plan = plan, .pass = &plan->passes[p], .rows = rows};
        run_divide(&run);
        size_t threads = run.n_parts < plan->n_workers ? run.n_parts : plan->n_workers;
        if (run.shared && threads > most) most = threads;
    }
    return most;
}

static Status run_blocks(const Plan *plan, const PlanPass *pass, const Rows *rows,
                         double *const *results, const RowVisitor *visitor, bool visit) {
    Run run = {.plan = plan,
               .pass = pass,
               .rows = rows,
               .results = results,
               .visitor = visit ? visitor : NULL,
               .visit = visit};
    if (rows->count <= EXEC_LEAF_ROWS && !(run.visitor && run.visitor->join))
        return run_rows(&run, (RunPlace){0}, pass->whole, 0, rows->count);
    run_divide(&run);
    bool joins = run.shared && (pass->n_folds > 0 || run.visitor);
    if (joins) exec_join_start(plan, pass, run.visitor);
    if (run.shared)
        pool_run(plan->pool, run_parts, &run);
    else
        run_parts(&run, 0);
    Status status = (Status)atomic_load(&run.status);
    return status == STATUS_OK && joins ? exec_join_status(plan) : status;
}

/* ---- without rows ---------------------------------------------------------------------------- */

/* Values of many elements are made, and copied to the results, by all threads. */
typedef struct Wide {
    const Plan *plan;
    const Step *step; /* NULL: 'size' numbers are copied */
    const Frame *frame;
    const char *from;
    double *to;
    size_t size;
} Wide;

static void run_wide_part(void *context, size_t number) {
    const Wide *wide = context;
    const Kernels *kernels = wide->plan->kernels;
    size_t workers = pool_workers(wide->plan->pool);
    size_t share = wide->size / workers / EXEC_LANES * EXEC_LANES, first = number * share;
    size_t count = number + 1 == workers ? wide->size - first : share;
    if (wide->step) exec_step_part(wide->step, wide->frame, first, count);
    else kernels->widen(wide->to + first, wide->from + first * kernels->size, count);
}

static bool run_is_wide(const Plan *plan, size_t size) {
    return plan->pool && size >= RUN_WIDE;
}

static void run_singles(const Plan *plan, const PlanPass *pass, const Frame *single) {
    if (!plan->pool) {
        exec_step_run(pass->singles, pass->n_singles, single);
        return;
    }
    for (size_t k = 0; k < pass->n_singles; k++) {
        const Step *step = &pass->singles[k];
        if (!run_is_wide(plan, step->elements) || !exec_step_divides(step)) {
            step->run(step, single);
            continue;
        }
        Wide wide = {.plan = plan, .step = step, .frame = single, .size = step->elements};
        pool_run(plan->pool, run_wide_part, &wide);
    }
}

static void run_copy_result(const Plan *plan, double *to, const char *from, size_t size) {
    if (size == 1 && plan->precision == PRECISION_F64) {
        *to = *(const double *)(const void *)from;
    } else if (run_is_wide(plan, size)) {
        Wide wide = {.plan = plan, .from = from, .to = to, .size = size};
        pool_run(plan->pool, run_wide_part, &wide);
    } else {
        plan->kernels->widen(to, from, size);
    }
}

static void run_finish_fold(const Plan *plan, const PlanFold *fold, Fold *state,
                            const Frame *single) {
    double probability = 0;
    if (fold->op == OP_ROW_QUANTILE)
        plan->kernels->widen(&probability, exec_operand(&fold->probability, single), 1);
    void *out = (char *)plan->work + fold->out;
    bool single_precision = plan->precision == PRECISION_F32;
    exec_fold_finish(state, probability, single_precision ? plan->sums : (double *)out);
    if (single_precision) plan->kernels->narrow(out, plan->sums, fold->elements);
}

static Frame run_single(const Plan *plan) {
    return (Frame){.kernels = plan->kernels,
                   .base = plan->workers[0].base,
                   .n = 1,
                   .pitch = plan->kernels->size};
}

static Status run_pass(const Plan *plan, const PlanPass *pass, const Rows *rows,
                       double *const *results, const RowVisitor *visitor) {
    Frame single = run_single(plan);
    double *clock = plan->profile ? exec_clock(plan, 0, pass, EXEC_CLOCK_ONCE) : NULL;
    double start = clock ? exec_seconds() : 0;
    if (plan->code)
        plan->code->passes[pass - plan->passes].once((const void *const *)single.base);
    else
        run_singles(plan, pass, &single);
    if (clock) *clock += exec_seconds() - start;
    bool visit = plan->visit_pass == (size_t)(pass - plan->passes);
    if (pass->n_folds == 0 && !visit) return STATUS_OK;
    for (size_t k = 0; k < pass->n_folds; k++)
        if (!exec_fold_start(&pass->whole[k], rows->count)) return STATUS_MEMORY;
    TRY(run_blocks(plan, pass, rows, results, visitor, visit));
    for (size_t k = 0; k < pass->n_folds; k++)
        run_finish_fold(plan, &pass->folds[k], &pass->whole[k], &single);
    return STATUS_OK;
}

static void run_copy_singles(const Plan *plan, double *const *results) {
    Frame single = run_single(plan);
    for (size_t k = 0; results && k < plan->n_outputs; k++) {
        const Operand *place = &plan->places[k];
        if (place->rows || !results[k]) continue;
        run_copy_result(plan, results[k], exec_operand(place, &single), plan->sizes[k]);
    }
}

/* A program without rows, such as w^2: its few operations are all there is to do. */
static void run_lone(const Plan *plan, double *const *results) {
    Frame single = run_single(plan);
    for (size_t p = 0; p < plan->n_passes; p++)
        run_singles(plan, &plan->passes[p], &single);
    run_copy_singles(plan, results);
}

/* As many rows as are not worth asking the clock for, or a compiler, or other threads. */
static bool run_is_short(const Plan *plan, const Rows *rows, const RowVisitor *visitor) {
    return plan->short_rows && !visitor && !plan->code && !plan->profile &&
           rows->count > 0 && rows->count < RUN_TIMED && rows->count <= plan->block_rows &&
           plan->passes[0].n_folds == 0;
}

static void run_short(const Plan *plan, const Rows *rows, double *const *results) {
    const PlanPass *pass = plan->passes;
    Frame frame = run_single(plan);
    if (pass->n_singles > 0) run_singles(plan, pass, &frame);
    frame.n = rows->count;
    frame.pitch = rows->count * sizeof(double);
    run_aim_columns(plan, plan->workers, rows, 0);
    exec_step_run(pass->steps, pass->n_steps, &frame);
    for (size_t k = 0; k < plan->n_outputs; k++) {
        const Operand *place = &plan->places[k];
        size_t count = plan->sizes[k] * (place->rows ? rows->count : 1);
        if (results && results[k]) run_copy(results[k], exec_operand(place, &frame), count);
    }
}

static void run_note(Plan *plan, const Rows *rows, double seconds) {
    plan->spent += seconds;
    if (!plan->profile) return;
    plan->profile->totals.runs++;
    plan->profile->totals.rows += (double)rows->count;
    plan->profile->totals.seconds += seconds;
}

Status exec_run(Plan *plan, const double *parameters, const Rows *rows, double *const *results,
                const RowVisitor *visitor) {
    const Rows none = {0};
    if (!rows) rows = &none;
    if (plan->replay) return exec_replay_outputs(plan, parameters, rows, results, visitor);
    const void *start = parameters;
    if (plan->precision == PRECISION_F32) {
        if (parameters) plan->kernels->narrow(plan->parameters, parameters, plan->n_parameters);
        start = plan->parameters;
    }
    for (size_t w = 0; w < plan->n_workers; w++) plan->workers[w].base[FRAME_PARAMETERS] = start;
    if (plan->row_count != SIZE_MAX)
        plan->kernels->fill((char *)plan->work + plan->row_count, (double)rows->count, 1);
    if (plan->lone && !plan->code && !plan->profile) {
        run_lone(plan, results);
        return STATUS_OK;
    }
    if (run_is_short(plan, rows, visitor)) {
        run_short(plan, rows, results);
        return STATUS_OK;
    }
    bool timed = plan->profile || (rows->count >= RUN_TIMED && !plan->code && !plan->module);
    double started = timed ? exec_seconds() : 0;
    exec_code_turn(plan, rows);
    for (size_t p = 0; p < plan->n_passes; p++)
        TRY(run_pass(plan, &plan->passes[p], rows, results, visitor));
    if (timed) run_note(plan, rows, exec_seconds() - started);
    run_copy_singles(plan, results);
    return STATUS_OK;
}
