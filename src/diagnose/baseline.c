/* What a formula is measured against: the loss of the best constant in its place, which is the mean
 * of what was measured, or the shares of the classes. It is written as nodes, by going down the
 * loss and putting 'measured - its mean' where a residual stands. */
#include "diagnose.h"

#include <math.h>
#include <string.h>

static const double BASELINE_SLOPES = 2e7; /* rows times parameters that are felt one by one */

typedef struct BaselineWork {
    Graph *graph;
    bool *summed;   /* of each node up to the loss: a sum over rows with parameters is below it */
    bool unknown;   /* something else than squares and log losses stands there */
    bool constant;  /* write the constant's loss, not that of the formula */
    size_t squares, logs; /* that were found */
    NodeId explained;     /* what the formula makes of the data, of the last one */
    size_t replaced;      /* numbers that a constant in its place has */
    NodeId entropy;       /* of the last log loss */
} BaselineWork;

static NodeId baseline_unknown(BaselineWork *work) {
    work->unknown = true;
    return graph_constant(work->graph, 0);
}

static uint32_t baseline_flags(const BaselineWork *work, NodeId id) {
    return work->graph->nodes[id].flags & (NODE_ROWS | NODE_PARAMS);
}

static bool baseline_is_data(const BaselineWork *work, NodeId id) {
    return baseline_flags(work, id) == NODE_ROWS && work->graph->nodes[id].region == 0;
}

static bool baseline_is_model(const BaselineWork *work, NodeId id) {
    return baseline_flags(work, id) == (NODE_ROWS | NODE_PARAMS);
}

/* ---- residuals ------------------------------------------------------------------------------- */

/* The terms of a residual that hold data alone, added; NODE_NONE: none. */
static NodeId baseline_data(BaselineWork *work, NodeId id) {
    Graph *graph = work->graph;
    const Node *node = &graph->nodes[id];
    if (!(node->flags & NODE_PARAMS)) return id;
    Op op = node->op;
    if (node->n_inputs == 0 || node->n_inputs > 2) return NODE_NONE;
    NodeId a = graph_input(graph, id, 0), b = node->n_inputs > 1 ? graph_input(graph, id, 1) : a;
    if (op == OP_NEG) {
        NodeId data = baseline_data(work, a);
        return data == NODE_NONE ? NODE_NONE : graph_unary(graph, OP_NEG, data);
    }
    if (op == OP_ADD || op == OP_SUB) {
        NodeId first = baseline_data(work, a), second = baseline_data(work, b);
        if (first == NODE_NONE && second != NODE_NONE && op == OP_SUB)
            return graph_unary(graph, OP_NEG, second);
        if (first == NODE_NONE || second == NODE_NONE) return first ? first : second;
        return graph_binary(graph, op, first, second);
    }
    if ((op == OP_MUL || op == OP_DIV) && baseline_flags(work, b) == 0) {
        NodeId data = baseline_data(work, a);
        return data == NODE_NONE ? NODE_NONE : graph_binary(graph, op, data, b);
    }
    if (op == OP_MUL && baseline_flags(work, a) == 0) {
        NodeId data = baseline_data(work, b);
        return data == NODE_NONE ? NODE_NONE : graph_binary(graph, op, a, data);
    }
    return NODE_NONE;
}

/* Does a term hold parameters and change with the row? */
static bool baseline_explains(const BaselineWork *work, NodeId id) {
    const Graph *graph = work->graph;
    const Node *node = &graph->nodes[id];
    if (!baseline_is_model(work, id)) return false;
    bool sum = node->op == OP_ADD || node->op == OP_SUB || node->op == OP_NEG;
    if (!sum) return true;
    for (uint32_t k = 0; k < node->n_inputs; k++)
        if (baseline_explains(work, graph_input(graph, id, k))) return true;
    return false;
}

/* The weighted mean over rows, element by element. */
static NodeId baseline_mean(BaselineWork *work, NodeId value, NodeId weight) {
    Graph *graph = work->graph;
    if (weight == NODE_NONE)
        return graph_binary(graph, OP_DIV, graph_unary(graph, OP_ROW_SUM, value),
                            graph_add(graph, OP_ROW_COUNT, NULL, 0, (NodeAux){0}));
    NodeId weighted = graph_binary(graph, OP_MUL, weight, value);
    return graph_binary(graph, OP_DIV, graph_unary(graph, OP_ROW_SUM, weighted),
                        graph_unary(graph, OP_ROW_SUM, weight));
}

/* What stands in the place of a residual that is squared. */
static NodeId baseline_residual(BaselineWork *work, NodeId residual, NodeId weight) {
    if (!baseline_is_model(work, residual) || work->graph->nodes[residual].region != 0)
        return baseline_unknown(work);
    NodeId data = baseline_data(work, residual);
    if (data == NODE_NONE || !baseline_is_data(work, data) || !baseline_explains(work, residual))
        return baseline_unknown(work);
    work->squares++;
    work->explained = residual;
    work->replaced += graph_count(&work->graph->nodes[residual].shape);
    if (!work->constant) return residual;
    return graph_binary(work->graph, OP_SUB, data, baseline_mean(work, data, weight));
}

/* ---- log losses ------------------------------------------------------------------------------ */

/* share*log(share), 0 for 0 */
static NodeId baseline_share(BaselineWork *work, NodeId share) {
    Graph *graph = work->graph;
    Shape shape = graph->nodes[share].shape;
    NodeId zero = graph_expand(graph, graph_constant(graph, 0), shape);
    NodeId none = graph_binary(graph, OP_EQ, share, zero);
    NodeId product = graph_binary(graph, OP_MUL, share, graph_unary(graph, OP_LOG, share));
    return graph_select(graph, none, zero, product);
}

/* What the shares of the classes lose for each row. */
static NodeId baseline_entropy(BaselineWork *work, const LogLoss *loss, NodeId weight) {
    Graph *graph = work->graph;
    if (loss->coded) {
        NodeId share = baseline_mean(work, loss->measured, weight);
        NodeId rest = graph_binary(graph, OP_SUB, graph_constant(graph, 1), share);
        NodeId sum = graph_binary(graph, OP_ADD, baseline_share(work, share),
                                  baseline_share(work, rest));
        return graph_unary(graph, OP_NEG, sum);
    }
    Shape shape = {.rank = 1, .dim = {(uint32_t)loss->classes}};
    NodeId one[2] = {graph_constant(graph, 1), loss->measured};
    NodeId is_class = graph_add_shaped(graph, OP_SCATTER, one, 2, (NodeAux){0}, shape);
    NodeId shares = baseline_mean(work, is_class, weight);
    NodeId sum = graph_reduce(graph, OP_SUM_OF, baseline_share(work, shares), 1);
    return graph_unary(graph, OP_NEG, sum);
}

/* The entropy for each row: it stays below the sum over rows and its weights. */
static NodeId baseline_log(BaselineWork *work, NodeId id, const LogLoss *loss, NodeId weight) {
    work->logs++;
    work->explained = loss->model;
    work->replaced += loss->classes - 1;
    work->entropy = baseline_entropy(work, loss, weight);
    return work->constant ? work->entropy : id;
}

/* ---- down the loss --------------------------------------------------------------------------- */

static NodeId baseline_at(BaselineWork *work, NodeId id, NodeId weight, bool rows);

static NodeId baseline_both(BaselineWork *work, NodeId a, NodeId b) {
    if (a == NODE_NONE) return b;
    return b == NODE_NONE ? a : graph_binary(work->graph, OP_MUL, a, b);
}

/* Terms without rows are no part of what is compared: those that keep parameters small. */
static bool baseline_counts(const BaselineWork *work, NodeId id, bool rows) {
    return rows ? (baseline_flags(work, id) & NODE_ROWS) != 0 : work->summed[id];
}

static NodeId baseline_sum(BaselineWork *work, NodeId id, NodeId weight, bool rows) {
    Graph *graph = work->graph;
    NodeId side[2] = {graph_input(graph, id, 0), graph_input(graph, id, 1)};
    Op op = graph->nodes[id].op;
    for (int k = 0; k < 2; k++)
        side[k] = baseline_counts(work, side[k], rows) ? baseline_at(work, side[k], weight, rows)
                                                       : graph_constant(graph, 0);
    return graph_binary(graph, op, side[0], side[1]);
}

/* 0.5*r*r: the square of what stands beside it. */
static NodeId baseline_loose_square(BaselineWork *work, NodeId a, NodeId b, NodeId weight) {
    Graph *graph = work->graph;
    const Node *node = &graph->nodes[a];
    bool loose = node->op == OP_MUL && graph_input(graph, a, 1) == b &&
                 baseline_flags(work, graph_input(graph, a, 0)) == 0;
    if (!loose) return baseline_unknown(work);
    NodeId factor = graph_input(graph, a, 0);
    NodeId square = graph_power(graph, baseline_residual(work, b, weight), 2);
    return graph_binary(graph, OP_MUL, factor, square);
}

/* Times or over something that is known: rows then have it as their weight. */
static NodeId baseline_product(BaselineWork *work, NodeId id, NodeId weight, bool rows) {
    Graph *graph = work->graph;
    Op op = graph->nodes[id].op;
    NodeId a = graph_input(graph, id, 0), b = graph_input(graph, id, 1);
    bool first = op == OP_MUL && !(baseline_flags(work, a) & NODE_PARAMS);
    NodeId known = first ? a : b, other = first ? b : a;
    if (baseline_flags(work, known) & NODE_PARAMS)
        return rows && op == OP_MUL ? baseline_loose_square(work, a, b, weight)
                                    : baseline_unknown(work);
    if (baseline_flags(work, known) & NODE_ROWS) {
        NodeId own = known;
        if (op == OP_DIV) own = graph_binary(graph, OP_DIV, graph_constant(graph, 1), known);
        weight = baseline_both(work, weight, own);
    }
    other = baseline_at(work, other, weight, rows);
    return first ? graph_binary(graph, op, known, other) : graph_binary(graph, op, other, known);
}

static NodeId baseline_square(BaselineWork *work, NodeId id, NodeId weight) {
    NodeId residual = graph_input(work->graph, id, 0);
    if (work->graph->nodes[id].op != OP_POWI && residual != graph_input(work->graph, id, 1))
        return baseline_unknown(work);
    residual = baseline_residual(work, residual, weight);
    if (work->graph->nodes[id].op == OP_MATMUL)
        return graph_binary(work->graph, OP_MATMUL, residual, residual);
    return graph_power(work->graph, residual, 2);
}

static NodeId baseline_rows(BaselineWork *work, NodeId id, NodeId weight) {
    Graph *graph = work->graph;
    const Node *node = &graph->nodes[id];
    NodeId first = node->n_inputs > 0 ? graph_input(graph, id, 0) : NODE_NONE;
    uint32_t axes = node->aux.axes;
    switch (node->op) {
        case OP_POWI:
            return node->aux.exponent == 2 ? baseline_square(work, id, weight)
                                           : baseline_unknown(work);
        case OP_MATMUL:
            return node->shape.rank == 0 ? baseline_square(work, id, weight)
                                         : baseline_unknown(work);
        case OP_SUM_OF:
            return graph_reduce(graph, OP_SUM_OF, baseline_at(work, first, weight, true), axes);
        default:
            return baseline_unknown(work);
    }
}

/* The node once more, with the constant in the place of the formula. rows: below a sum over rows,
 * where each counts 'weight'. */
static NodeId baseline_at(BaselineWork *work, NodeId id, NodeId weight, bool rows) {
    Graph *graph = work->graph;
    LogLoss loss;
    if (work->unknown || !(baseline_flags(work, id) & NODE_PARAMS)) return baseline_unknown(work);
    if (rows && diagnose_log_loss(graph, id, &loss)) return baseline_log(work, id, &loss, weight);
    switch (graph->nodes[id].op) {
        case OP_ADD:
        case OP_SUB:
            return baseline_sum(work, id, weight, rows);
        case OP_NEG:
            return graph_unary(graph, OP_NEG,
                               baseline_at(work, graph_input(graph, id, 0), weight, rows));
        case OP_MUL:
            if (rows && graph_input(graph, id, 0) == graph_input(graph, id, 1))
                return baseline_square(work, id, weight);
            return baseline_product(work, id, weight, rows);
        case OP_DIV:
            return baseline_product(work, id, weight, rows);
        case OP_ROW_SUM:
            return graph_unary(graph, OP_ROW_SUM,
                               baseline_at(work, graph_input(graph, id, 0), weight, true));
        default:
            return rows ? baseline_rows(work, id, weight) : baseline_unknown(work);
    }
}

static bool baseline_mark_sums(BaselineWork *work) {
    const Graph *graph = work->graph;
    work->summed = memory_new((size_t)graph->loss + 1, sizeof *work->summed);
    for (NodeId id = 1; work->summed && id <= graph->loss; id++) {
        const Node *node = &graph->nodes[id];
        work->summed[id] = node->op == OP_ROW_SUM && (node->flags & NODE_PARAMS);
        for (uint32_t k = 0; k < node->n_inputs; k++)
            work->summed[id] = work->summed[id] || work->summed[graph_input(graph, id, k)];
    }
    return work->summed != NULL;
}

/* ---- one '~' --------------------------------------------------------------------------------- */

/* The weighted mean of squares; errors of measurement are weights too. */
static void baseline_fit(BaselineWork *work, NodeId losses[2]) {
    Graph *graph = work->graph;
    NodeId weight = graph->weight, left = graph->left;
    NodeId residual = graph_binary(graph, OP_SUB, left, graph->right);
    if (graph->deviation != NODE_NONE) {
        NodeId variance = graph_power(graph, graph->deviation, 2);
        NodeId inverse = graph_binary(graph, OP_DIV, graph_constant(graph, 1), variance);
        weight = baseline_both(work, weight, inverse);
    }
    for (int k = 0; k < 2; k++) {
        work->constant = k == 1;
        work->squares = work->replaced = 0;
        NodeId square = graph_power(graph, baseline_residual(work, residual, weight), 2);
        if (graph->deviation != NODE_NONE)
            square = graph_binary(graph, OP_DIV, square, graph_power(graph, graph->deviation, 2));
        losses[k] = baseline_mean(work, square, graph->weight);
    }
}

static void baseline_nodes(BaselineWork *work, NodeId losses[2]) {
    Graph *graph = work->graph;
    if (graph->n_residuals == 1 && graph->raw == NODE_NONE) {
        baseline_fit(work, losses);
        return;
    }
    for (int k = 0; k < 2; k++) {
        work->constant = k == 1;
        work->squares = work->logs = work->replaced = 0;
        losses[k] = baseline_at(work, graph->loss, NODE_NONE, false);
    }
}

/* ---- is it better? --------------------------------------------------------------------------- */

typedef struct BaselineFelt {
    bool *felt;
    size_t n;
} BaselineFelt;

static void baseline_feel(void *context, size_t row, double value, const double *slope) {
    BaselineFelt *felt = context;
    (void)row, (void)value;
    for (size_t i = 0; i < felt->n; i++) felt->felt[i] = felt->felt[i] || slope[i] != 0;
}

/* Parameters that what explains the data changes with; of many all that are free. */
static Status baseline_count(const BaselineWork *work, Problem *problem, const double *x,
                             double *count) {
    Graph *graph = work->graph;
    const Objective *objective = train_exact_objective(problem);
    BaselineFelt felt = {.n = graph->n_scalars};
    Rows rows = train_rows(problem);
    NodeId of = work->explained;
    Status status = STATUS_OK;
    if (graph->nodes[of].shape.rank > 0)
        of = graph_reduce(graph, OP_SUM_OF, of, (1u << graph->nodes[of].shape.rank) - 1);
    felt.felt = memory_new(felt.n + 1, sizeof *felt.felt);
    if (!felt.felt) return STATUS_MEMORY;
    bool few = (double)felt.n * (double)rows.count <= BASELINE_SLOPES;
    if (few) status = train_slopes(problem, of, x, &rows, baseline_feel, &felt);
    *count = 0;
    for (size_t i = 0; i < felt.n; i++) {
        bool held = objective->low && objective->low[i] == objective->high[i];
        if (!held && (felt.felt[i] || !few)) *count += 1;
    }
    memory_free(felt.felt);
    return status;
}

/* Squares: the F test of the formula against the constant. Log losses of two classes: that of
 * likelihood ratios, which holds for many rows (Wilks 1938). */
static Status baseline_p(const BaselineWork *work, Problem *problem, const double *x, double rows,
                         double entropy, Baseline *baseline) {
    double count, loss = baseline->loss, mean = baseline->mean_loss;
    if (!(loss < mean)) {
        baseline->p = 1;
        return STATUS_OK;
    }
    if (work->squares + work->logs != 1) return STATUS_OK;
    TRY(baseline_count(work, problem, x, &count));
    double above = count - (double)work->replaced;
    double elements = (double)graph_count(&work->graph->nodes[work->explained].shape);
    double below = rows * elements - count;
    if (above < 1 || below < 1) return STATUS_OK;
    if (work->squares == 1)
        baseline->p = diagnose_f_tail((mean - loss) / above / (loss / below), above, below);
    else if (work->replaced == 1 && work->graph->weight == NODE_NONE &&
             fabs(mean - entropy) <= 1e-9 * entropy)
        baseline->p = diagnose_chi_square_tail(2 * rows * (mean - loss), above);
    return STATUS_OK;
}

/* ---- the whole ------------------------------------------------------------------------------- */

static Status baseline_run(const Graph *graph, const NodeId *nodes, size_t n, const double *x,
                           const Rows *rows, double *values) {
    PlanOptions options = {.executor = EXECUTOR_INTERPRETED};
    double *results[] = {values, values + 1, values + 2, values + 3};
    Plan *plan = NULL;
    Status status = exec_plan(graph, nodes, n, &options, &plan, NULL);
    if (status == STATUS_OK) status = exec_run(plan, x, rows, results, NULL);
    exec_free(plan);
    return status;
}

static Status baseline_measure(BaselineWork *work, Problem *problem, const double *x,
                               Baseline *baseline) {
    Graph *graph = work->graph;
    NodeId nodes[4], zero = graph_constant(graph, 0);
    double values[4];
    Rows rows = train_rows(problem);
    baseline_nodes(work, nodes);
    nodes[2] = graph_add(graph, OP_ROW_COUNT, NULL, 0, (NodeAux){0});
    if (graph->weight != NODE_NONE)
        nodes[2] = graph_unary(graph, OP_ROW_SUM,
                               graph_binary(graph, OP_GT, graph->weight, zero));
    nodes[3] = work->logs > 0 ? work->entropy : zero;
    if (graph->status != STATUS_OK) return graph->status;
    if (work->unknown || work->squares + work->logs == 0) return STATUS_OK;
    TRY(baseline_run(graph, nodes, 4, x, &rows, values));
    baseline->loss = values[0];
    baseline->mean_loss = values[1];
    baseline->known = isfinite(values[0]) && isfinite(values[1]) && values[1] > 0;
    return baseline->known ? baseline_p(work, problem, x, values[2], values[3], baseline)
                           : STATUS_OK;
}

Status diagnose_baseline(Problem *problem, const double *x, size_t sample, Baseline *baseline) {
    BaselineWork work = {.graph = train_graph(problem)};
    Sample part;
    Rows before;
    *baseline = (Baseline){.loss = NAN, .mean_loss = NAN, .p = NAN};
    if (!train_table(problem)) return STATUS_OK;
    if (!baseline_mark_sums(&work)) return STATUS_MEMORY;
    Status status = diagnose_look(problem, sample, 1, &before, &part);
    if (status == STATUS_OK) {
        status = baseline_measure(&work, problem, x, baseline);
        diagnose_look_back(problem, &before, &part);
    }
    memory_free(work.summed);
    return status;
}
