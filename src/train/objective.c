/* A graph and its table as an Objective. Takes the tree and the columns; gives loss, exact gradient
 * (or one felt by probe), streamed least squares and Hessian-vector products. Plans are made when
 * first needed, so that a short walk pays only for what it uses. */
#include "train.h"

#include <math.h>
#include <string.h>

enum {
    PROBLEM_THREADS = 1024, /* at most */
    PROBLEM_MANY = 1 << 16, /* parameters that are worth threads */
    PROBLEM_MEMO = 1000,    /* parameters at most */
    PROBLEM_LINEAR_WORK = 10000000 /* parameters times nodes */
};

static PlanOptions problem_plan_options(const Problem *problem) {
    return (PlanOptions){.executor = problem->options.executor,
                         .precision = problem->options.precision,
                         .pool = problem->pool,
                         .few_rows = problem->rows.count <= EXEC_LEAF_ROWS,
                         .cache = problem->options.cache,
                         .profile = problem->options.profile};
}

static Status problem_plan(Problem *problem, const Graph *graph, const NodeId *outputs,
                           size_t count, Plan **plan) {
    PlanOptions options = problem_plan_options(problem);
    return exec_plan(graph, outputs, count, &options, plan, problem->error);
}

/* ---- loss and gradient ----------------------------------------------------------------------- */

static Status problem_gradient_nodes(Problem *problem) {
    if (problem->gradient) return STATUS_OK;
    size_t count = problem->graph->n_parameters;
    NodeId *nodes = memory_new(count + 1, sizeof *nodes);
    uint32_t *wrt = memory_new(count + 1, sizeof *wrt);
    Status status = nodes && wrt ? STATUS_OK : error_memory(problem->error);
    for (size_t k = 0; wrt && k < count; k++) wrt[k] = (uint32_t)k;
    if (status == STATUS_OK)
        status = graph_gradient(problem->graph, problem->graph->loss, wrt, count, GRADIENT_TOTAL,
                                nodes, problem->error);
    memory_free(wrt);
    if (status == STATUS_OK)
        problem->gradient = nodes;
    else
        memory_free(nodes);
    return status;
}

/* Outputs: the loss, then the gradient by each parameter. */
static Status problem_gradient_plan(Problem *problem) {
    if (problem->gradient_plan) return STATUS_OK;
    TRY(problem_gradient_nodes(problem));
    size_t count = problem->graph->n_parameters;
    NodeId *outputs = memory_new(count + 1, sizeof *outputs);
    if (!outputs) return error_memory(problem->error);
    outputs[0] = problem->graph->loss;
    memcpy(outputs + 1, problem->gradient, count * sizeof *outputs);
    Status status =
        problem_plan(problem, problem->graph, outputs, count + 1, &problem->gradient_plan);
    memory_free(outputs);
    return status;
}

static void problem_aim_results(Problem *problem, double *loss, double *gradient) {
    problem->results[0] = loss;
    for (size_t k = 0; k < problem->graph->n_parameters; k++)
        problem->results[k + 1] = gradient + problem->graph->parameters[k].offset;
}

/* Those who explain a walk ask for its end again: a pass over many rows is not repeated. */
static bool problem_remembers(const Problem *problem) {
    return problem->rows.count > 0 && problem->objective.n <= PROBLEM_MEMO;
}

static bool problem_recall(const Problem *problem, const double *x, double *loss,
                           double *gradient) {
    const Memo *memo = &problem->memo;
    size_t n = problem->objective.n;
    if (!memo->x || memo->first != problem->rows.first || memo->count != problem->rows.count ||
        memcmp(memo->x, x, n * sizeof *x) != 0)
        return false;
    *loss = memo->x[n];
    if (gradient) memcpy(gradient, memo->x + n + 1, n * sizeof *gradient);
    return true;
}

static void problem_memorize(Problem *problem, const double *x, double loss,
                             const double *gradient) {
    Memo *memo = &problem->memo;
    size_t n = problem->objective.n;
    if (!memo->x && !(memo->x = memory_new(2 * n + 1, sizeof *memo->x))) return;
    memcpy(memo->x, x, n * sizeof *x);
    memo->x[n] = loss;
    memcpy(memo->x + n + 1, gradient, n * sizeof *gradient);
    memo->first = problem->rows.first;
    memo->count = problem->rows.count;
}

static Status problem_run_gradient(Problem *problem, const double *x, double *loss,
                                   double *gradient) {
    TRY(problem_gradient_plan(problem));
    problem_aim_results(problem, loss, gradient);
    return exec_run(problem->gradient_plan, x, &problem->rows, problem->results, NULL);
}

static Status problem_loss_gradient(void *context, const double *x, double *loss,
                                    double *gradient) {
    Problem *problem = context;
    bool remembers = problem_remembers(problem);
    if (remembers && problem_recall(problem, x, loss, gradient)) return STATUS_OK;
    if (gradient) {
        TRY(problem_run_gradient(problem, x, loss, gradient));
        if (remembers) problem_memorize(problem, x, *loss, gradient);
        return STATUS_OK;
    }
    if (!problem->loss_plan)
        TRY(problem_plan(problem, problem->graph, &problem->graph->loss, 1, &problem->loss_plan));
    problem->results[0] = loss;
    return exec_run(problem->loss_plan, x, &problem->rows, problem->results, NULL);
}

/* The slope felt with the foot: only the loss is asked for. */
static Status problem_probe_gradient(void *context, const double *x, double *loss,
                                     double *gradient) {
    Problem *problem = context;
    TRY(problem_loss_gradient(problem, x, loss, NULL));
    if (!gradient) return STATUS_OK;
    long long ignored = 0; /* walks count the calls that they make */
    return probe_gradient(&problem->bare, x, gradient, problem->feet, &ignored);
}

/* ---- least squares --------------------------------------------------------------------------- */

static bool problem_has_rows(const Problem *problem, NodeId node) {
    return (problem->graph->nodes[node].flags & NODE_ROWS) != 0;
}

static Status problem_open_jacobian(Problem *problem) {
    if (problem->jacobian) return STATUS_OK;
    PlanOptions options = problem_plan_options(problem);
    return jacobian_open(problem->graph, &options, &problem->jacobian, problem->error);
}

Status train_residual_rows(Problem *problem, const double *x, ResidualVisitor visitor,
                           void *context) {
    TRY(problem_open_jacobian(problem));
    return jacobian_rows(problem->jacobian, x, &problem->rows, visitor, context);
}

static Status problem_least_squares(void *context, const double *x, double *r_matrix, double *qtr,
                                    double *rss) {
    Problem *problem = context;
    if (!r_matrix) {
        double loss = 0;
        TRY(problem_loss_gradient(problem, x, &loss, NULL));
        *rss = loss / problem->objective.loss_scale;
        return STATUS_OK;
    }
    TRY(problem_open_jacobian(problem));
    double weight = sqrt(1 / problem->objective.loss_scale);
    return jacobian_factors(problem->jacobian, x, &problem->rows, weight, r_matrix, qtr, rss);
}

/* ---- twofold numbers ------------------------------------------------------------------------- */

static Status problem_fine(Problem *problem) {
    if (problem->fine_tried) return STATUS_OK;
    problem->fine_tried = true;
    return fine_open(problem->graph, &problem->rows, &problem->fine, problem->error);
}

static Status problem_fine_step(void *context, const double *x, double *step, bool *good) {
    Problem *problem = context;
    TRY(problem_fine(problem));
    *good = problem->fine && fine_step(problem->fine, x, &problem->rows, step);
    return STATUS_OK;
}

static Status problem_fine_inverse(void *context, const double *x, const size_t *index,
                                   const double *scale, size_t m, double *inverse, double *rss,
                                   bool *good) {
    Problem *problem = context;
    TRY(problem_fine(problem));
    *good = problem->fine &&
            fine_inverse(problem->fine, x, &problem->rows, index, scale, m, inverse, rss);
    return STATUS_OK;
}

/* ---- the sides of '~' ------------------------------------------------------------------------ */

static Status problem_side_plan(Problem *problem) {
    if (problem->side_plan) return STATUS_OK;
    NodeId outputs[2] = {problem->graph->left, problem->graph->right};
    PlanOptions options = problem_plan_options(problem);
    options.precision = PRECISION_F64;
    return exec_plan(problem->graph, outputs, 2, &options, &problem->side_plan, problem->error);
}

typedef struct SideCopy {
    const Problem *problem;
    FitSide side;
    double *values;
    double still[2]; /* of a side without rows */
    bool exact; /* every residual so far is within 4 units in the last place of its left side */
    bool only_exact; /* nothing else is asked: the first row that is not ends the visit */
    const double *weights; /* rows of weight 0 do not decide whether a fit is exact; or NULL */
    double worst, room; /* the largest residual, and what rounding of its left side allows */
    SideVisitor visitor; /* or NULL */
    void *context;
} SideCopy;

static double problem_ulp(double value) {
    double size = fabs(value);
    return nextafter(size, INFINITY) - size;
}

static void problem_note_exact(SideCopy *copy, double residual, double left) {
    double room = 4 * problem_ulp(left);
    if (!(fabs(residual) <= room)) copy->exact = false;
    if (fabs(residual) > copy->worst || (fabs(residual) == copy->worst && room > copy->room)) {
        copy->worst = fabs(residual);
        copy->room = room;
    }
}

static Status problem_copy_sides(void *context, size_t worker, size_t first_row, size_t n_rows,
                                 const double *const *values, size_t stride) {
    SideCopy *copy = context;
    (void)worker, (void)stride;
    for (size_t r = 0; r < n_rows; r++) {
        double left = values[0] ? values[0][r] : copy->still[0];
        double right = values[1] ? values[1][r] : copy->still[1];
        double residual = left - right;
        if (!copy->weights || copy->weights[first_row + r] != 0)
            problem_note_exact(copy, residual, left);
        if (copy->only_exact && !copy->exact) return STATUS_INTERRUPTED;
        if (copy->visitor) copy->visitor(copy->context, first_row + r, left, right);
        if (copy->values)
            copy->values[first_row + r] = copy->side == SIDE_LEFT    ? left
                                          : copy->side == SIDE_RIGHT ? right
                                                                     : residual;
    }
    return STATUS_OK;
}

static Status problem_visit_sides(Problem *problem, const double *x, const Rows *rows,
                                  SideCopy *copy) {
    TRY(problem_side_plan(problem));
    const Graph *graph = problem->graph;
    bool moves[2] = {problem_has_rows(problem, graph->left),
                     problem_has_rows(problem, graph->right)};
    double *results[2] = {moves[0] ? NULL : &copy->still[0], moves[1] ? NULL : &copy->still[1]};
    RowVisitor visitor = {.block = problem_copy_sides, .context = copy};
    bool any = moves[0] || moves[1];
    /* A side without rows is known only after the run: run once for it before its rows are visited.
     */
    if (!(moves[0] && moves[1])) TRY(exec_run(problem->side_plan, x, rows, results, NULL));
    if (any) return exec_run(problem->side_plan, x, rows, results, &visitor);
    return problem_copy_sides(copy, 0, 0, 1, (const double *const[2]){NULL, NULL}, 0);
}

Status train_fit_rows(Problem *problem, const double *x, FitSide side, const Rows *rows,
                      double *values) {
    SideCopy copy = {.problem = problem, .side = side, .values = values, .exact = true};
    return problem_visit_sides(problem, x, rows, &copy);
}

Status train_side_rows(Problem *problem, const double *x, SideVisitor visitor, void *context) {
    SideCopy copy = {.problem = problem, .visitor = visitor, .context = context};
    return problem_visit_sides(problem, x, &problem->rows, &copy);
}

/* Every '~' but the first would need a plan of its own; only single fits are called exact. */
static bool problem_exact(void *context, const double *x) {
    Problem *problem = context;
    if (problem->graph->n_residuals != 1) return false;
    SideCopy copy = {.problem = problem,
                     .exact = true,
                     .only_exact = true,
                     .weights = train_weights(problem)};
    return problem_visit_sides(problem, x, &problem->rows, &copy) == STATUS_OK && copy.exact;
}

void train_exactness(const Problem *problem, const double *x, double *residual, double *room) {
    SideCopy copy = {.problem = problem, .exact = true, .weights = train_weights(problem)};
    Problem *own = problem->objective.context;
    if (problem_visit_sides(own, x, &problem->rows, &copy) != STATUS_OK) return;
    *residual = copy.worst;
    *room = copy.room;
}

/* ---- Hessian times vector -------------------------------------------------------------------- */

/* A graph of its own: its parameters are x, then the vector, equally shaped. */
static Status problem_second_graph(Problem *problem, NodeId *gradient, NodeId *vector,
                                   uint32_t *wrt) {
    TRY(graph_build(problem->ast, problem->table, &problem->build, &problem->second,
                    problem->error));
    Graph *graph = problem->second;
    size_t count = graph->n_parameters;
    for (size_t k = 0; k < count; k++) wrt[k] = (uint32_t)k;
    TRY(graph_gradient(graph, graph->loss, wrt, count, GRADIENT_TOTAL, gradient, problem->error));
    for (size_t k = 0; k < count; k++) {
        const Parameter like = graph->parameters[k];
        uint32_t index = graph_new_parameter(graph, like.name, like.shape, like.span);
        vector[k] = graph_parameter(graph, index);
    }
    NodeId *product = gradient; /* replaced in place */
    TRY(graph_hessian_vector(graph, gradient, vector, count, product, problem->error));
    return problem_plan(problem, graph, product, count, &problem->hessian_plan);
}

static Status problem_hessian_plan(Problem *problem) {
    if (problem->hessian_plan) return STATUS_OK;
    graph_free(problem->second); /* of a try for which there was not enough memory */
    memory_free(problem->flat);
    problem->second = NULL;
    size_t count = problem->graph->n_parameters;
    NodeId *gradient = memory_new(count + 1, sizeof *gradient);
    NodeId *vector = memory_new(count + 1, sizeof *vector);
    uint32_t *wrt = memory_new(count + 1, sizeof *wrt);
    problem->flat = memory_new(2 * problem->objective.n + 1, sizeof *problem->flat);
    Status status = gradient && vector && wrt && problem->flat
                        ? problem_second_graph(problem, gradient, vector, wrt)
                        : error_memory(problem->error);
    memory_free(gradient);
    memory_free(vector);
    memory_free(wrt);
    return status;
}

static Status problem_hessian_vector(void *context, const double *x, const double *v,
                                     double *product) {
    Problem *problem = context;
    TRY(problem_hessian_plan(problem));
    size_t n = problem->objective.n;
    memcpy(problem->flat, x, n * sizeof *x);
    memcpy(problem->flat + n, v, n * sizeof *v);
    for (size_t k = 0; k < problem->graph->n_parameters; k++)
        problem->results[k] = product + problem->graph->parameters[k].offset;
    return exec_run(problem->hessian_plan, problem->flat, &problem->rows, problem->results, NULL);
}

/* ---- opening and closing --------------------------------------------------------------------- */

static bool problem_any_bound(const Problem *problem) {
    for (size_t i = 0; i < problem->graph->n_scalars; i++)
        if (isfinite(problem->low[i]) || isfinite(problem->high[i])) return true;
    return false;
}

static bool problem_any_factor(const Graph *graph) {
    for (size_t k = 0; k < graph->n_parameters; k++)
        if (graph->parameters[k].rate != 1 || graph->parameters[k].decay != 1) return true;
    return false;
}

/* Spreads what is said for each parameter over its scalars. */
static Status problem_fill(Problem *problem) {
    const Graph *graph = problem->graph;
    size_t n = graph->n_scalars;
    problem->low = memory_new(n + 1, sizeof(double));
    problem->high = memory_new(n + 1, sizeof(double));
    problem->rate = memory_new(n + 1, sizeof(double));
    problem->decay = memory_new(n + 1, sizeof(double));
    if (!(problem->low && problem->high && problem->rate && problem->decay))
        return error_memory(problem->error);
    for (size_t k = 0; k < graph->n_parameters; k++) {
        const Parameter *parameter = &graph->parameters[k];
        for (size_t i = parameter->offset; i < parameter->offset + parameter->count; i++) {
            graph_bounds(parameter, i - parameter->offset, &problem->low[i], &problem->high[i]);
            problem->rate[i] = parameter->rate;
            problem->decay[i] = parameter->decay;
        }
    }
    return STATUS_OK;
}

const double *train_weights(const Problem *problem) {
    const Graph *graph = problem->graph;
    if (graph->weight == NODE_NONE) return NULL;
    return problem->columns[graph->nodes[graph->weight].aux.index] + problem->rows.first;
}

/* The loss of a fit is rss times this: one over the rows, or over the sum of their weights. */
static double problem_loss_scale(const Problem *problem) {
    const double *weights = train_weights(problem);
    if (weights) {
        double sum = 0;
        for (size_t r = 0; r < problem->rows.count; r++) sum += weights[r];
        return sum > 0 ? 1 / sum : 1;
    }
    for (size_t k = 0; k < problem->graph->n_residuals; k++)
        if (problem_has_rows(problem, problem->graph->residuals[k]))
            return problem->rows.count ? 1 / (double)problem->rows.count : 1;
    return 1;
}

static size_t problem_residual_count(const Problem *problem) {
    size_t count = 0;
    for (size_t k = 0; k < problem->graph->n_residuals; k++)
        count += problem_has_rows(problem, problem->graph->residuals[k]) ? problem->rows.count : 1;
    return count;
}

/* Spreads the parameters in which the residuals are linear over their scalars; NULL where there are
 * none, and where looking for them would take long. */
static Status problem_find_linear(Problem *problem) {
    const Graph *graph = problem->graph;
    size_t n = graph->n_parameters, any = 0;
    if (!graph->least_squares || n == 0 || n * graph->n_nodes > PROBLEM_LINEAR_WORK)
        return STATUS_OK;
    bool *found = memory_new(n, sizeof *found);
    problem->linear = memory_new(graph->n_scalars + 1, sizeof *problem->linear);
    Status status = found && problem->linear ? STATUS_OK : STATUS_MEMORY;
    if (status == STATUS_OK)
        status = graph_linear_parameters(graph, graph->residuals, graph->n_residuals, found);
    for (size_t k = 0; status == STATUS_OK && k < n; k++)
        for (size_t i = 0; i < graph->parameters[k].count; i++, any += found[k])
            problem->linear[graph->parameters[k].offset + i] = found[k];
    memory_free(found);
    if (status != STATUS_OK) return error_memory(problem->error);
    if (any > 0) return STATUS_OK;
    memory_free(problem->linear);
    problem->linear = NULL;
    return STATUS_OK;
}

static bool problem_all_linear(const Problem *problem) {
    for (size_t i = 0; problem->linear && i < problem->graph->n_scalars; i++)
        if (!problem->linear[i]) return false;
    return problem->linear != NULL;
}

static Status problem_foresee(void *context, const double *x, double *next, bool *found) {
    return foresee_end(context, x, next, found);
}

static void problem_fill_objective(Problem *problem) {
    Objective *objective = &problem->objective;
    const Graph *graph = problem->graph;
    bool bounds = problem_any_bound(problem), factors = problem_any_factor(graph);
    *objective = (Objective){.n = graph->n_scalars,
                             .low = bounds ? problem->low : NULL,
                             .high = bounds ? problem->high : NULL,
                             .rate = factors ? problem->rate : NULL,
                             .decay = factors ? problem->decay : NULL,
                             .pool = graph->n_scalars >= PROBLEM_MANY ? problem->pool : NULL,
                             .context = problem,
                             .loss_gradient = problem_loss_gradient,
                             .hessian_vector = problem_hessian_vector};
    objective->loss_scale = problem_loss_scale(problem);
    objective->n_residuals = problem_residual_count(problem);
    if (graph->least_squares) objective->least_squares = problem_least_squares;
    objective->linear = problem->linear;
    if (!problem_all_linear(problem)) objective->foresee = problem_foresee;
    if (problem_all_linear(problem)) {
        objective->fine_step = problem_fine_step;
        objective->fine_inverse = problem_fine_inverse;
    }
    if (graph->n_residuals) objective->exact = problem_exact;
    problem->bare = *objective;
    problem->bare.foresee = NULL; /* those who walk on it have bounds of their own */
    if (problem->options.probe) {
        objective->loss_gradient = problem_probe_gradient;
        objective->least_squares = NULL;
    }
}

/* Those of the table, then the groups that the graph made of them. */
static const double **problem_new_columns(const Table *table, const Graph *graph) {
    size_t count = table ? table->n_columns : 0;
    const double **columns = memory_new(count + graph->n_groups + 1, sizeof *columns);
    for (size_t k = 0; columns && k < count; k++) columns[k] = table->columns[k].values;
    for (size_t k = 0; columns && k < graph->n_groups; k++)
        columns[count + k] = graph->groups[k].codes;
    return columns;
}

/* A statistic of the data, from all rows, while the graph is being built. */
static Status problem_statistic(void *context, const Graph *graph, NodeId node, double *elements) {
    Problem *problem = context;
    Plan *plan = NULL;
    const double **columns = problem_new_columns(problem->table, graph);
    Rows rows = {.columns = columns, .count = problem->table->n_rows};
    Status status = columns ? problem_plan(problem, graph, &node, 1, &plan) : STATUS_MEMORY;
    if (status == STATUS_OK) status = exec_run(plan, NULL, &rows, &elements, NULL);
    exec_free(plan);
    memory_free(columns);
    return status;
}

static Status problem_allocate(Problem *problem) {
    problem->columns = problem_new_columns(problem->table, problem->graph);
    problem->results = memory_new(problem->graph->n_parameters + 1, sizeof *problem->results);
    if (problem->options.probe)
        problem->feet = memory_new(problem->graph->n_scalars + 1, sizeof *problem->feet);
    if (!problem->columns || !problem->results || (problem->options.probe && !problem->feet))
        return error_memory(problem->error);
    problem->rows =
        (Rows){.columns = problem->columns, .count = problem->table ? problem->table->n_rows : 0};
    return problem_fill(problem);
}

/* Single precision: the columns that the formula reads, rounded. */
static Status problem_round_columns(Problem *problem) {
    size_t n_columns = problem->table ? problem->table->n_columns : 0;
    if (problem->options.precision == PRECISION_F64) return STATUS_OK;
    Status status = floats_open(problem->graph, problem->columns,
                                n_columns + problem->graph->n_groups, problem->rows.count,
                                &problem->floats);
    if (status != STATUS_OK) return error_memory(problem->error);
    problem->rows.floats = (const float *const *)problem->floats.columns;
    return STATUS_OK;
}

/* Threads are for rows, or for parameters by the ten thousands. */
static Status problem_make_pool(Problem *problem) {
    size_t threads = problem->options.threads;
    if (threads == 0) threads = pool_processors();
    if (threads > PROBLEM_THREADS) threads = PROBLEM_THREADS;
    bool few = problem->rows.count <= EXEC_LEAF_ROWS && problem->graph->n_scalars < PROBLEM_MANY;
    if (threads < 2 || few) return STATUS_OK;
    problem->pool = pool_new(threads);
    return problem->pool ? STATUS_OK : error_memory(problem->error);
}

Status train_problem_open(const Ast *ast, const Table *table, const BuildOptions *build,
                          const ProblemOptions *options, Problem **out, Error *error) {
    *out = NULL;
    Problem *problem = memory_new(1, sizeof *problem);
    if (!problem) return error_memory(error);
    problem->ast = ast;
    problem->table = table;
    problem->build = *build;
    problem->build.statistic = problem_statistic;
    problem->build.statistic_context = problem;
    problem->options = *options;
    problem->error = error;
    Status status = graph_build(ast, table, &problem->build, &problem->graph, error);
    if (status == STATUS_OK) status = problem_allocate(problem);
    if (status == STATUS_OK) status = problem_round_columns(problem);
    if (status == STATUS_OK) status = problem_make_pool(problem);
    if (status == STATUS_OK) status = problem_find_linear(problem);
    if (status == STATUS_OK) {
        problem_fill_objective(problem);
        status = options->probe ? STATUS_OK : problem_gradient_plan(problem);
    }
    problem->error = &problem->late;
    if (status == STATUS_OK)
        *out = problem;
    else
        train_problem_close(problem);
    return status;
}

Status train_problem_again(const Problem *problem, const Table *table, size_t threads,
                           Problem **again, Error *error) {
    ProblemOptions options = {.executor = EXECUTOR_INTERPRETED, .threads = threads};
    return train_problem_open(problem->ast, table, &problem->build, &options, again, error);
}

void train_forget(Problem *problem) {
    problem->memo.count = SIZE_MAX;
    jacobian_forget(problem->jacobian);
    train_use_rows(problem, problem->rows.first, problem->rows.count); /* their weights changed */
}

void train_problem_close(Problem *problem) {
    if (!problem) return;
    train_problem_close(problem->plain);
    exec_free(problem->loss_plan);
    exec_free(problem->gradient_plan);
    exec_free(problem->side_plan);
    exec_free(problem->hessian_plan);
    jacobian_close(problem->jacobian);
    fine_close(problem->fine);
    floats_close(&problem->floats);
    pool_free(problem->pool);
    graph_free(problem->graph);
    graph_free(problem->second);
    memory_free(problem->gradient);
    memory_free(problem->columns);
    memory_free(problem->low);
    memory_free(problem->high);
    memory_free(problem->rate);
    memory_free(problem->decay);
    memory_free(problem->linear);
    memory_free(problem->flat);
    memory_free(problem->results);
    memory_free(problem->feet);
    memory_free(problem->memo.x);
    memory_free(problem);
}

/* ---- what others ask ------------------------------------------------------------------------- */

const Objective *train_objective(const Problem *problem) {
    return &problem->objective;
}

const Objective *train_exact_objective(const Problem *problem) {
    return &problem->bare;
}

Graph *train_graph(const Problem *problem) {
    return problem->graph;
}

const Table *train_table(const Problem *problem) {
    return problem->table;
}

Rows train_rows(const Problem *problem) {
    return problem->rows;
}

const Error *train_late_error(const Problem *problem) {
    return &problem->late;
}

const Foot *train_feet(const Problem *problem) {
    return problem->feet;
}

Status train_gradient_nodes(Problem *problem, const NodeId **nodes) {
    TRY(problem_gradient_nodes(problem));
    *nodes = problem->gradient;
    return STATUS_OK;
}

Problem *train_plain_problem(const Problem *problem) {
    Problem *own = problem->objective.context;
    BuildOptions build = own->build;
    ProblemOptions options = {.executor = own->options.executor, .threads = own->options.threads};
    build.loss = NULL;
    build.n_x_errors = 0;
    if (!own->plain)
        train_problem_open(own->ast, own->table, &build, &options, &own->plain, &own->late);
    return own->plain;
}

void train_use_rows(Problem *problem, size_t first, size_t count) {
    problem->rows.first = first;
    problem->rows.count = count;
    problem->objective.loss_scale = problem->bare.loss_scale = problem_loss_scale(problem);
    problem->objective.n_residuals = problem->bare.n_residuals = problem_residual_count(problem);
}

void train_set_columns(Problem *problem, const double **columns, const Floats *floats,
                       size_t first, size_t count) {
    problem->columns = columns;
    problem->floats = *floats;
    problem->rows.columns = columns;
    problem->rows.floats = (const float *const *)floats->columns;
    memory_free(problem->memo.x);
    problem->memo.x = NULL;
    jacobian_forget(problem->jacobian);
    train_use_rows(problem, first, count);
}

static const Plan *problem_main_plan(const Problem *problem) {
    return problem->gradient_plan ? problem->gradient_plan : problem->loss_plan;
}

Precision train_precision(const Problem *problem) {
    return problem->options.precision;
}

size_t train_threads(const Problem *problem) {
    const Plan *plan = problem_main_plan(problem);
    return plan ? exec_threads(plan, &problem->rows) : 1;
}

const Plan *train_plan(const Problem *problem, size_t k, const char **name) {
    static const char *const names[] = {"gradient", "loss", "residuals", "sides", "curvature"};
    const Plan *plans[] = {problem->gradient_plan, problem->loss_plan,
                           jacobian_plan(problem->jacobian), problem->side_plan,
                           problem->hessian_plan};
    for (size_t at = 0; at < COUNT_OF(plans); at++) {
        if (!plans[at] || k-- > 0) continue;
        *name = names[at];
        return plans[at];
    }
    return NULL;
}

size_t train_workspace(const Problem *problem) {
    size_t bytes = 0;
    const char *name;
    for (size_t k = 0; train_plan(problem, k, &name); k++)
        bytes += exec_facts(train_plan(problem, k, &name)).workspace_bytes;
    return bytes;
}

void train_limits(const Problem *problem, double *read, double *operations) {
    exec_limits(problem->pool, problem->options.precision, read, operations);
}

Executor train_executor(const Problem *problem) {
    return problem->options.executor;
}

const char *train_cache(const Problem *problem) {
    return problem->options.cache;
}

const Plan *train_lone_plan(Problem *problem) {
    const ProblemOptions *options = &problem->options;
    if (problem->rows.count > 0 || options->probe || options->precision != PRECISION_F64)
        return NULL;
    return problem->gradient_plan;
}

CodeState train_code_state(const Problem *problem) {
    const Plan *plan = problem_main_plan(problem);
    return plan ? exec_facts(plan).code : CODE_UNTRIED;
}

const char *train_executor_name(const Problem *problem) {
    const Plan *plan = problem_main_plan(problem);
    return plan ? exec_facts(plan).executor : "interpreted";
}

Status train_dump_plan(Problem *problem, Text *out) {
    TRY(problem_gradient_plan(problem));
    exec_dump(problem->gradient_plan, out);
    return STATUS_OK;
}

Status train_dump_code(Problem *problem, Text *out) {
    TRY(problem_gradient_plan(problem));
    exec_dump_code(problem->gradient_plan, out);
    return STATUS_OK;
}
