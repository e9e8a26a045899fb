/* One evaluation: what has no rows, then a pass over the blocks, and so on; allocates nothing. */
#include "exec.h"

#include <string.h>

/* Columns of the block at 'row' (counted from rows->first). */
static void run_aim_columns(const Plan *plan, const Rows *rows, size_t row) {
    for (size_t k = 0; k < plan->n_columns; k++) {
        uint32_t column = plan->columns[k];
        plan->base[FRAME_COLUMNS + column] = rows->columns[column] + rows->first + row;
    }
}

/* The outputs with rows of one block, copied to the results and shown to the visitor. */
static Status run_deliver(const Plan *plan, const Frame *frame, size_t row, size_t count,
                          double *const *results, const RowVisitor *visitor) {
    for (size_t k = 0; k < plan->n_outputs; k++) {
        plan->values[k] = NULL;
        if (!plan->places[k].rows) continue;
        plan->values[k] = exec_operand(&plan->places[k], frame);
        if (!results || !results[k]) continue;
        for (size_t e = 0; e < plan->sizes[k]; e++)
            memcpy(results[k] + e * count + row, plan->values[k] + e * frame->n,
                   frame->n * sizeof(double));
    }
    if (!visitor) return STATUS_OK;
    return visitor->block(visitor->context, row, frame->n, plan->values, frame->n);
}

static Status run_blocks(const Plan *plan, const PlanPass *pass, const Rows *rows,
                         double *const *results, const RowVisitor *visitor) {
    bool visit = plan->visit_pass == (size_t)(pass - plan->passes);
    Frame frame = {.base = plan->base, .work = plan->work};
    for (size_t row = 0; row < rows->count; row += frame.n) {
        size_t left = rows->count - row;
        frame.n = left < plan->block_rows ? left : plan->block_rows;
        run_aim_columns(plan, rows, row);
        exec_step_run(pass->steps, pass->n_steps, &frame);
        if (visit) TRY(run_deliver(plan, &frame, row, rows->count, results, visitor));
    }
    return STATUS_OK;
}

static Status run_pass(const Plan *plan, const PlanPass *pass, const Rows *rows,
                       double *const *results, const RowVisitor *visitor) {
    Frame single = {.base = plan->base, .work = plan->work, .n = 1};
    exec_step_run(pass->singles, pass->n_singles, &single);
    bool visit = plan->visit_pass == (size_t)(pass - plan->passes);
    if (pass->n_folds == 0 && !visit) return STATUS_OK;
    for (size_t k = 0; k < pass->n_folds; k++)
        if (!exec_fold_start(&pass->folds[k].fold, rows->count)) return STATUS_MEMORY;
    TRY(run_blocks(plan, pass, rows, results, visitor));
    for (size_t k = 0; k < pass->n_folds; k++) {
        PlanFold *fold = &pass->folds[k];
        double probability =
            fold->fold.op == OP_ROW_QUANTILE ? *exec_operand(&fold->probability, &single) : 0;
        exec_fold_finish(&fold->fold, probability, plan->work + fold->out);
    }
    return STATUS_OK;
}

static void run_copy_singles(const Plan *plan, double *const *results) {
    Frame single = {.base = plan->base, .work = plan->work, .n = 1};
    for (size_t k = 0; results && k < plan->n_outputs; k++) {
        const Operand *place = &plan->places[k];
        if (place->rows || !results[k]) continue;
        const double *from = exec_operand(place, &single);
        if (plan->sizes[k] == 1)
            results[k][0] = from[0];
        else
            memcpy(results[k], from, plan->sizes[k] * sizeof(double));
    }
}

Status exec_run(Plan *plan, const double *parameters, const Rows *rows, double *const *results,
                const RowVisitor *visitor) {
    const Rows none = {0};
    if (!rows) rows = &none;
    if (plan->replay) return exec_replay_outputs(plan, parameters, rows, results, visitor);
    plan->base[FRAME_PARAMETERS] = parameters;
    if (plan->row_count != SIZE_MAX) plan->work[plan->row_count] = (double)rows->count;
    for (size_t p = 0; p < plan->n_passes; p++)
        TRY(run_pass(plan, &plan->passes[p], rows, results, visitor));
    run_copy_singles(plan, results);
    return STATUS_OK;
}
