/* Robust losses of '~' (--loss): the scatter that sets their scale, and what each row counts.
 *
 * The scatter is the median size of the residuals over that of the normal distribution, as rlm of
 * R's MASS and RLM of statsmodels have it. It is taken from a fit, and the fit depends on it: both
 * are made in turn until the scatter settles, from a fit close to least absolute values on. */
#include "train.h"

#include <math.h>
#include <stdlib.h>

enum { ROBUST_TURNS = 50 };
static const double ROBUST_QUARTILE = 0.6744897501960817; /* median of |z|, z normal */
static const double ROBUST_SETTLED = 1e-6;
static const double ROBUST_SMALL = 1e-2; /* of the first turn, against that of least squares */
static const double ROBUST_EXACT = 1e-12; /* scatter, against that of least squares: none */

/* ---- rows ------------------------------------------------------------------------------------ */

typedef struct RobustCopy {
    double **values;
    size_t n;
} RobustCopy;

static Status robust_copy(void *context, size_t worker, size_t first_row, size_t n_rows,
                          const double *const *values, size_t stride) {
    const RobustCopy *copy = context;
    (void)worker, (void)stride;
    for (size_t k = 0; k < copy->n; k++)
        for (size_t r = 0; r < n_rows; r++) copy->values[k][first_row + r] = values[k][r];
    return STATUS_OK;
}

/* Values of n nodes with rows, over all rows. */
static Status robust_rows(Problem *problem, const NodeId *nodes, size_t n, const double *x,
                          double **values) {
    PlanOptions options = {0};
    Rows rows = train_rows(problem);
    Plan *plan = NULL;
    double *nothing[3] = {NULL};
    RobustCopy copy = {values, n};
    RowVisitor visitor = {.block = robust_copy, .context = &copy};
    rows.floats = NULL;
    Status status = exec_plan(train_graph(problem), nodes, n, &options, &plan, NULL);
    if (status == STATUS_OK) status = exec_run(plan, x, &rows, nothing, &visitor);
    exec_free(plan);
    return status;
}

Status train_row_weights(Problem *problem, const double *x, double *weights) {
    const double *given = train_weights(problem);
    NodeId deviation = train_graph(problem)->deviation;
    size_t rows = train_rows(problem).count;
    for (size_t r = 0; r < rows; r++) weights[r] = given ? given[r] : 1;
    if (deviation == NODE_NONE) return STATUS_OK;
    if (train_graph(problem)->nodes[deviation].flags & NODE_ROWS)
        TRY(robust_rows(problem, &deviation, 1, x, &weights));
    for (size_t r = 0; r < rows; r++) weights[r] = 1 / (weights[r] * weights[r]);
    return STATUS_OK;
}

/* psi is the slope of the loss by the residual: of half the square of what the squares see. */
Status train_robust_rows(const Problem *problem, const double *x, double *residual, double *psi,
                         double *slope, double *left) {
    Graph *graph = train_graph(problem);
    Problem *own = train_objective(problem)->context;
    const Rows all = train_rows(problem);
    NodeId nodes[3] = {graph->raw}, seen = graph->residuals[0];
    double *values[3] = {residual, psi, slope};
    NodeId half = graph_binary(graph, OP_MUL, graph_constant(graph, 0.5),
                               graph_power(graph, seen, 2));
    TRY(graph_gradient_by(graph, half, &graph->raw, 1, GRADIENT_PER_ROW, &nodes[1], NULL));
    TRY(graph_gradient_by(graph, nodes[1], &graph->raw, 1, GRADIENT_PER_ROW, &nodes[2], NULL));
    size_t moving = 0;
    for (size_t k = 0; k < 3; k++) {
        if (graph->nodes[nodes[k]].flags & NODE_ROWS) {
            nodes[moving] = nodes[k];
            values[moving++] = values[k];
        } else { /* a slope that is the same everywhere: a number */
            for (size_t r = 0; r < all.count; r++) values[k][r] = graph->nodes[nodes[k]].aux.value;
        }
    }
    TRY(robust_rows(own, nodes, moving, x, values));
    return train_fit_rows(own, x, SIDE_LEFT, &all, left);
}

/* ---- scatter --------------------------------------------------------------------------------- */

static int robust_compare(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Of the residuals of the plain problem at x. */
static Status robust_scatter(Problem *plain, const double *x, double *scatter) {
    size_t n = train_rows(plain).count;
    double *size = memory_new(n + 1, sizeof *size);
    Status status = size ? robust_rows(plain, train_graph(plain)->residuals, 1, x, &size)
                         : STATUS_MEMORY;
    const double *weights = train_weights(plain);
    size_t count = 0; /* a row without weight is no row */
    for (size_t r = 0; status == STATUS_OK && r < n; r++)
        if (!weights || weights[r] != 0) size[count++] = fabs(size[r]);
    n = count;
    if (status == STATUS_OK && n > 0) {
        qsort(size, n, sizeof *size, robust_compare);
        *scatter = (n % 2 ? size[n / 2] : size[n / 2 - 1] / 2 + size[n / 2] / 2) / ROBUST_QUARTILE;
    }
    memory_free(size);
    return status;
}

/* From x to the bottom, which x then holds. */
static Status robust_walk(Problem *problem, const WalkOptions *options, double *x, Error *error) {
    WalkOptions own = {.seed = options->seed, .stop = options->stop};
    Walk *walk = NULL;
    StepReport report;
    WalkFacts facts;
    Reason reason = REASON_RUNNING;
    long restart = 0;
    Status status = train_walk_open(problem, &own, x, NULL, &walk, error);
    while (status == STATUS_OK && reason == REASON_RUNNING)
        status = train_walk_step(walk, &report, &restart, &reason, error);
    if (status == STATUS_OK) {
        train_walk_facts(walk, &facts);
        for (size_t i = 0; i < train_objective(problem)->n; i++) x[i] = facts.values[i];
    }
    train_walk_close(walk);
    return status;
}

/* One turn: a fit with the scale that the scatter gives, then the scatter about it. */
static Status robust_turn(const RobustTask *task, Problem *plain, double *x, double *scatter) {
    BuildOptions build = *task->build;
    Problem *problem = NULL;
    build.loss_scale = task->tuning * *scatter;
    Status status =
        train_problem_open(task->ast, task->table, &build, &task->options, &problem, task->error);
    if (status == STATUS_OK) status = robust_walk(problem, task->walk, x, task->error);
    train_problem_close(problem);
    return status == STATUS_OK ? robust_scatter(plain, x, scatter) : status;
}

static Status robust_settle(const RobustTask *task, Problem *plain, double *x, double *scatter) {
    TRY(robust_walk(plain, task->walk, x, task->error));
    TRY(robust_scatter(plain, x, scatter));
    double first = *scatter, small = ROBUST_SMALL * first;
    if (isfinite(small) && small > 0) TRY(robust_turn(task, plain, x, &small));
    if (isfinite(small) && small > ROBUST_EXACT * first) *scatter = small;
    for (int turn = 0; turn < ROBUST_TURNS; turn++) {
        double before = *scatter;
        if (!isfinite(before) || !(before > ROBUST_EXACT * first)) break;
        TRY(robust_turn(task, plain, x, scatter));
        bool stopped = task->walk->stop && atomic_load(task->walk->stop) != 0;
        if (fabs(*scatter - before) <= ROBUST_SETTLED * before || stopped) break;
        if (!(*scatter > ROBUST_EXACT * first)) *scatter = before; /* the rest fit exactly */
        if (*scatter == before) break;
    }
    return STATUS_OK;
}

Status train_robust_scatter(const RobustTask *task, Problem *plain, const double *start,
                            double *scatter) {
    size_t n = train_objective(plain)->n;
    double *x = memory_new(n + 1, sizeof *x);
    if (!x) return error_memory(task->error);
    for (size_t i = 0; i < n; i++) x[i] = start[i];
    Status status = robust_settle(task, plain, x, scatter);
    memory_free(x);
    if (status == STATUS_MEMORY) return error_memory(task->error);
    if (!isfinite(*scatter) || *scatter <= 0) *scatter = 1; /* exact, or no number anywhere */
    return status;
}
