/* What is scanned for start values: one axis for each parameter that nobody gave and in which the
 * formula is not linear, measured in the unit that the formula and the columns give to it. */
#include "train.h"

#include <math.h>
#include <string.h>

enum { SPACE_SIZES = 24, SPACE_OPPOSITES = 8, SPACE_PLACES = 32, SPACE_ANGLES = 16 };
enum { SPACE_FREQUENCIES = 4096 };
static const double SPACE_PI = 0x1.921fb54442d18p+1;
static const double SPACE_PART = 0.3; /* of a column's range: where most of a curve happens */
static const double SPACE_TURN_STEP = 0.75; /* radians over the whole range of a column */

static double space_power(double base, double exponent) {
    return op_value(OP_POW, base, exponent, 0, 0);
}

/* ---- natural sizes --------------------------------------------------------------------------- */

/* The range of a column, its size where it has none, 1 where it is nothing at all. */
static double space_column_size(const Problem *problem, size_t column) {
    const double *values = problem->columns[column] + problem->rows.first;
    double low = INFINITY, high = -INFINITY;
    for (size_t r = 0; r < problem->rows.count; r++) {
        if (values[r] < low) low = values[r];
        if (values[r] > high) high = values[r];
    }
    double size = high - low;
    if (!(size > 0)) size = fabs(low);
    return size > 0 && isfinite(size) ? size : 1;
}

static void space_scale(const SeedSpace *space, const double *exponents, SeedAxis *axis) {
    const Graph *graph = space->problem->graph;
    const double *row = exponents + axis->parameter * graph->n_columns;
    axis->scale = axis->typical = 1;
    for (size_t c = 0; c < graph->n_columns; c++) {
        if (row[c] == 0) continue;
        axis->scale *= space_power(space_column_size(space->problem, c), row[c]);
        axis->typical *= space_power(SPACE_PART, row[c]);
    }
    if (!(axis->scale > 0) || !isfinite(axis->scale)) axis->scale = 1;
}

/* Does the axis count turns of a column (-1), the column's length of a turn (1), or neither (0)? */
static double space_single(const Graph *graph, const double *row) {
    double single = 0;
    for (size_t c = 0; c < graph->n_columns; c++) {
        if (row[c] == 0) continue;
        if (single != 0 || fabs(row[c]) != 1) return 0;
        single = row[c];
    }
    return single;
}

/* ---- what a parameter does in the formula ---------------------------------------------------- */

static bool space_is_parameter(const Graph *graph, NodeId id, uint32_t parameter) {
    while (graph->nodes[id].op == OP_GATHER || graph->nodes[id].op == OP_NEG)
        id = graph_input(graph, id, 0);
    const Node *node = &graph->nodes[id];
    return node->op == OP_PARAM && node->aux.index == parameter;
}

static bool space_depends(const Graph *graph, NodeId on, uint32_t parameter) {
    bool *counted = memory_new(graph->n_parameters, sizeof *counted);
    uint8_t *degree = memory_new((size_t)on + 1, sizeof *degree);
    bool depends = true;
    if (counted && degree) {
        counted[parameter] = true;
        graph_degrees(graph, on, counted, degree);
        depends = degree[on] > 0;
    }
    memory_free(counted);
    memory_free(degree);
    return depends;
}

/* What the parameter is added to, taken from or compared with, where that changes with the row; and
 * the sign with which the two cancel. */
static bool space_meets(Op op) {
    switch (op) {
        case OP_ADD:
        case OP_SUB:
        case OP_LT:
        case OP_LE:
        case OP_GT:
        case OP_GE:
        case OP_MIN:
        case OP_MAX:
            return true;
        default:
            return false;
    }
}

static NodeId space_partner(const Graph *graph, NodeId last, uint32_t parameter, double *sign) {
    for (NodeId id = 1; id <= last; id++) {
        const Node *node = &graph->nodes[id];
        if (!space_meets(node->op) || node->region != 0) continue;
        for (uint32_t k = 0; k < 2; k++) {
            NodeId own = graph_input(graph, id, k), other = graph_input(graph, id, 1 - k);
            if (!space_is_parameter(graph, own, parameter)) continue;
            if (!(graph->nodes[other].flags & NODE_ROWS)) continue;
            if (graph->nodes[other].shape.rank > 0) continue;
            if (space_depends(graph, other, parameter)) continue;
            *sign = (node->op == OP_ADD) != (graph->nodes[own].op == OP_NEG) ? -1 : 1;
            return other;
        }
    }
    return NODE_NONE;
}

/* Marks the parameters that stand below a sine, cosine or tangent. */
static void space_mark_turning(const Graph *graph, NodeId last, bool *below, bool *turning) {
    for (NodeId id = last; id > 0; id--) {
        const Node *node = &graph->nodes[id];
        bool starts = node->op == OP_SIN || node->op == OP_COS || node->op == OP_TAN;
        if (below[id] && node->op == OP_PARAM) turning[node->aux.index] = true;
        for (uint32_t k = 0; (starts || below[id]) && k < node->n_inputs; k++)
            below[graph_input(graph, id, k)] = true;
    }
}

static SeedKind space_kind(const Graph *graph, const double *row, bool turning, bool offset) {
    double single = turning ? space_single(graph, row) : 0;
    if (turning && single == -1) return SEED_FREQUENCY;
    if (turning && single == 1 && !offset) return SEED_PERIOD;
    bool plain = true;
    for (size_t c = 0; c < graph->n_columns; c++) plain = plain && row[c] == 0;
    if (turning && plain) return SEED_PHASE;
    return offset ? SEED_OFFSET : SEED_SIZE;
}

/* ---- opening --------------------------------------------------------------------------------- */

typedef struct SpaceWork {
    const bool *open;
    NodeId last;       /* of the residuals */
    double *exponents; /* see graph_units */
    bool *linear, *turning; /* of each parameter */
    bool *below;       /* of each node */
    NodeId *outputs;   /* two for each axis with an offset */
    size_t n_outputs;
} SpaceWork;

static bool space_wanted(const SeedSpace *space, const SpaceWork *work, uint32_t k) {
    const Parameter *parameter = &space->problem->graph->parameters[k];
    return work->open[parameter->offset] && parameter->low < parameter->high;
}

static void space_add_axis(SeedSpace *space, SpaceWork *work, uint32_t k) {
    Graph *graph = space->problem->graph;
    SeedAxis *axis = &space->axes[space->n_axes++];
    *axis = (SeedAxis){.parameter = k,
                       .low = graph->parameters[k].low,
                       .high = graph->parameters[k].high};
    NodeId partner = space_partner(graph, work->last, k, &axis->sign);
    const double *row = work->exponents + k * graph->n_columns;
    space_scale(space, work->exponents, axis);
    axis->kind = space_kind(graph, row, work->turning[k], partner != NODE_NONE);
    if (axis->kind != SEED_OFFSET) return;
    work->outputs[work->n_outputs++] = graph_unary(graph, OP_ROW_MIN, partner);
    work->outputs[work->n_outputs++] = graph_unary(graph, OP_ROW_MAX, partner);
}

/* What has bounds cannot be solved for as if it had none. */
static bool space_is_free(const Problem *problem, const Parameter *parameter) {
    const Objective *objective = &problem->objective;
    for (size_t i = parameter->offset; i < parameter->offset + parameter->count; i++)
        if ((objective->low && isfinite(objective->low[i])) ||
            (objective->high && isfinite(objective->high[i])))
            return false;
    return true;
}

static void space_choose(SeedSpace *space, SpaceWork *work) {
    const Graph *graph = space->problem->graph;
    for (uint32_t k = 0; k < graph->n_parameters; k++) {
        const Parameter *parameter = &graph->parameters[k];
        bool wanted = space_wanted(space, work, k);
        bool linear = wanted && work->linear[k] && space_is_free(space->problem, parameter);
        for (size_t i = 0; i < parameter->count; i++) space->held[parameter->offset + i] = !linear;
        if (linear) space->n_linear += parameter->count;
        else if (wanted) space_add_axis(space, work, k);
    }
}

static Status space_plan_offsets(SeedSpace *space, const SpaceWork *work) {
    size_t at = 0;
    if (work->n_outputs == 0) return STATUS_OK;
    space->ranges = memory_new(work->n_outputs, sizeof *space->ranges);
    if (!space->ranges) return STATUS_MEMORY;
    for (size_t k = 0; k < space->n_axes; k++) {
        if (space->axes[k].kind != SEED_OFFSET) continue;
        space->ranges[at++] = &space->axes[k].range[0];
        space->ranges[at++] = &space->axes[k].range[1];
    }
    PlanOptions options = {.executor = EXECUTOR_INTERPRETED};
    return exec_plan(space->problem->graph, work->outputs, work->n_outputs, &options,
                     &space->offsets, space->problem->error);
}

static Status space_analyse(SeedSpace *space, SpaceWork *work) {
    Graph *graph = space->problem->graph;
    for (size_t k = 0; k < graph->n_residuals; k++)
        if (graph->residuals[k] > work->last) work->last = graph->residuals[k];
    size_t n = graph->n_parameters;
    work->exponents = memory_new(n * graph->n_columns + 1, sizeof *work->exponents);
    work->linear = memory_new(n + 1, sizeof *work->linear);
    work->turning = memory_new(n + 1, sizeof *work->turning);
    work->below = memory_new((size_t)work->last + 1, sizeof *work->below);
    work->outputs = memory_new(2 * n + 1, sizeof *work->outputs);
    space->axes = memory_new(n + 1, sizeof *space->axes);
    space->held = memory_new(space->n + 1, sizeof *space->held);
    if (!(work->exponents && work->linear && work->turning && work->below && work->outputs &&
          space->axes && space->held))
        return STATUS_MEMORY;
    TRY(graph_linear_parameters(graph, graph->residuals, graph->n_residuals, work->linear));
    TRY(graph_units(graph, graph->residuals, graph->n_residuals, work->exponents));
    space_mark_turning(graph, work->last, work->below, work->turning);
    space_choose(space, work);
    return graph->status == STATUS_OK ? space_plan_offsets(space, work) : STATUS_MEMORY;
}

Status seed_space_open(Problem *problem, uint64_t seed, const bool *open, SeedSpace *space) {
    SpaceWork work = {.open = open};
    *space = (SeedSpace){.problem = problem,
                         .n = problem->objective.n,
                         .turns = (double)problem->rows.count / 2,
                         .key = random_key(seed, "starts")};
    Status status = space_analyse(space, &work);
    memory_free(work.exponents);
    memory_free(work.linear);
    memory_free(work.turning);
    memory_free(work.below);
    memory_free(work.outputs);
    if (status != STATUS_OK) seed_space_close(space);
    return status;
}

void seed_space_close(SeedSpace *space) {
    exec_free(space->offsets);
    memory_free(space->axes);
    memory_free(space->held);
    memory_free(space->ranges);
    *space = (SeedSpace){0};
}

/* ---- values ---------------------------------------------------------------------------------- */

static double space_within(const SeedAxis *axis, double value) {
    if (value < axis->low || value > axis->high) value = -value; /* the other sign may be inside */
    if (value < axis->low) return axis->low;
    return value > axis->high ? axis->high : value;
}

void seed_space_put(const SeedSpace *space, size_t axis, double value, double *x) {
    const Parameter *parameter = &space->problem->graph->parameters[space->axes[axis].parameter];
    value = space_within(&space->axes[axis], value);
    for (size_t i = 0; i < parameter->count; i++) x[parameter->offset + i] = value;
}

double seed_space_at(const SeedSpace *space, size_t axis, const double *x) {
    return x[space->problem->graph->parameters[space->axes[axis].parameter].offset];
}

/* Radians over the range of the column, of the k-th stop. */
static double space_turning(const SeedAxis *axis, double radians) {
    return axis->kind == SEED_FREQUENCY ? axis->scale * radians
                                        : axis->scale * 2 * SPACE_PI / radians;
}

static double space_size_draw(const SeedAxis *axis, double u, double z) {
    double size = axis->scale * axis->typical * space_power(10, z);
    return u < 0.7 ? size : -size;
}

/* The first places are plain: everything one; everything of its natural size. */
static double space_first(const SeedAxis *axis, uint64_t k, size_t index) {
    bool turns = axis->kind != SEED_SIZE && axis->kind != SEED_OFFSET;
    if (k == 0 && !turns) return 1;
    return k == 2 && index % 2 == 1 ? -axis->scale : axis->scale;
}

static double space_draw_axis(const SeedSpace *space, size_t index, uint64_t k) {
    const SeedAxis *axis = &space->axes[index];
    uint64_t at = (k * space->n_axes + index) * 3;
    double u = random_uniform(space->key, at), v = random_uniform(space->key, at + 1);
    double most = fmax(2 * SPACE_PI * space->turns, 2);
    if (isfinite(axis->low) && isfinite(axis->high) && u < 0.5)
        return axis->low + v * (axis->high - axis->low);
    switch (axis->kind) {
        case SEED_PHASE:
            return SPACE_PI * (2 * u - 1);
        case SEED_FREQUENCY:
        case SEED_PERIOD:
            return space_turning(axis, 0.5 * space_power(2 * most, u));
        default:
            return space_size_draw(axis, v, random_normal(space->key, at + 2));
    }
}

/* Somewhere between the least and the greatest of what it is added to. */
static double space_draw_offset(const SeedSpace *space, size_t index, uint64_t k) {
    const SeedAxis *axis = &space->axes[index];
    uint64_t at = (k * space->n_axes + index) * 3;
    double v = random_uniform(space->key, at + 1);
    return axis->sign * (axis->range[0] + v * (axis->range[1] - axis->range[0]));
}

static bool space_range_known(const SeedAxis *axis) {
    return isfinite(axis->range[0]) && isfinite(axis->range[1]) && axis->range[0] < axis->range[1];
}

static Status space_find_ranges(SeedSpace *space, const double *x) {
    if (!space->offsets) return STATUS_OK;
    return exec_run(space->offsets, x, &space->problem->rows, space->ranges, NULL);
}

Status seed_space_draw(SeedSpace *space, uint64_t k, double *x) {
    for (size_t a = 0; a < space->n_axes; a++)
        seed_space_put(space, a,
                       k < 3 ? space_first(&space->axes[a], k, a) : space_draw_axis(space, a, k),
                       x);
    if (k < 3) return STATUS_OK;
    TRY(space_find_ranges(space, x));
    for (size_t a = 0; a < space->n_axes; a++) {
        const SeedAxis *axis = &space->axes[a];
        double u = random_uniform(space->key, (k * space->n_axes + a) * 3);
        if (axis->kind == SEED_OFFSET && u < 0.6 && space_range_known(axis))
            seed_space_put(space, a, space_draw_offset(space, a, k), x);
    }
    return STATUS_OK;
}

/* ---- one axis at a time ---------------------------------------------------------------------- */

size_t seed_space_stops(const SeedSpace *space, size_t axis) {
    double most;
    switch (space->axes[axis].kind) {
        case SEED_PHASE:
            return SPACE_ANGLES;
        case SEED_FREQUENCY:
        case SEED_PERIOD:
            most = 2 * SPACE_PI * space->turns / SPACE_TURN_STEP;
            return most < SPACE_FREQUENCIES ? (size_t)most : SPACE_FREQUENCIES;
        case SEED_OFFSET:
            return SPACE_SIZES + SPACE_OPPOSITES + SPACE_PLACES;
        default:
            return SPACE_SIZES + SPACE_OPPOSITES;
    }
}

double seed_space_stop(const SeedSpace *space, size_t index, size_t k, double now) {
    const SeedAxis *axis = &space->axes[index];
    if (axis->kind == SEED_PHASE) return SPACE_PI * (2 * (double)k / SPACE_ANGLES - 1);
    if (axis->kind == SEED_FREQUENCY || axis->kind == SEED_PERIOD)
        return space_turning(axis, SPACE_TURN_STEP * (double)(k + 1));
    if (now == 0) now = axis->scale;
    if (k < SPACE_SIZES) return now * space_power(10, ((double)k - SPACE_SIZES / 2) / 5);
    k -= SPACE_SIZES;
    if (k < SPACE_OPPOSITES) return -now * space_power(10, (double)k - SPACE_OPPOSITES / 2);
    double share = 2 * (double)(k - SPACE_OPPOSITES) / (SPACE_PLACES - 1) - 0.5;
    if (!space_range_known(axis)) return now;
    return axis->sign * (axis->range[0] + share * (axis->range[1] - axis->range[0]));
}
