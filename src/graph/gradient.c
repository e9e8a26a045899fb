/* The reverse sweep: adjoints as more nodes.
 *
 * Nodes are visited from the last to the first. Each has by then a list of contributions, one from
 * each use; their sum is its adjoint, from which its derivative rule makes contributions to its
 * inputs.
 *
 * Where a contribution holds only under guards (it came out of an arm of 'where'), it carries the
 * region of those guards, and outside of it is rubbish: maybe NaN. A node that is used under
 * guards only is differentiated under them too; when a contribution reaches a node that is used
 * elsewhere as well, it is masked first - where(condition, contribution, 0). So a slope that is
 * not finite in the arm that is not taken never meets a product with zero.
 *
 * The one rule for rows: what flows from a node that has rows to one that has not is summed over
 * rows (not in GRADIENT_PER_ROW). */
#include "graph.h"

typedef struct Contribution {
    NodeId value;
    uint32_t region; /* where it counts */
    uint32_t held;   /* where it may be read: 'region', or one around it where it is 0 elsewhere */
    uint32_t next;   /* in the list of the same node; 0: the last */
    bool over_rows;  /* must be summed over rows */
} Contribution;

typedef struct Sweep {
    Graph *graph;
    GradientKind kind;
    NodeId limit;    /* the nodes from here on are the sweep's own */
    bool *asked;     /* of each node: its adjoint is an answer */
    NodeId *answers; /* of each node that was asked for, when it is known */
    bool *wanted;    /* a node asked for is below */
    uint32_t *first; /* of each node: its newest contribution, which is that of its earliest use */
    Contribution *items;
    size_t n_items, capacity;
    uint32_t region; /* where the adjoint in hand holds */
    uint32_t held;   /* where it may be read */
    NodeId *guards;  /* of each input, where the operator moves elements of a guarded vector */
    struct SweepEntry *heap;
    size_t n_heap, heap_capacity;
    uint32_t order;
} Sweep;

static uint32_t sweep_fail_memory(Sweep *sweep) {
    Graph *graph = sweep->graph;
    if (graph->status == STATUS_OK) graph->status = error_memory(graph->error);
    return 0;
}

/* Nodes are put where the region's plain guards hold; guards on vectors are no place for nodes. */
static void sweep_enter(Sweep *sweep, uint32_t region) {
    sweep->graph->region = sweep->graph->regions[region].scalar;
}

/* ---- guards ---------------------------------------------------------------------------------- */

/* The value where the guards between 'region' and 'outer' hold, else 0. */
static NodeId sweep_mask(Sweep *sweep, NodeId value, uint32_t region, uint32_t outer) {
    Graph *graph = sweep->graph;
    while (region != outer && region != 0 && graph->status == STATUS_OK) {
        Region guard = graph->regions[region];
        sweep_enter(sweep, guard.parent);
        NodeId zero = graph_constant(graph, 0);
        value = guard.taken ? graph_select(graph, guard.condition, value, zero)
                            : graph_select(graph, guard.condition, zero, value);
        region = guard.parent;
    }
    return value;
}

static NodeId sweep_indicator(Sweep *sweep, uint32_t region, uint32_t outer) {
    return sweep_mask(sweep, graph_constant(sweep->graph, 1), region, outer);
}

/* Masks *value by the guards of 'region' that 'base' lacks, and gives the region where it may be
 * read then; *indicator is 1 where those guards hold. */
static uint32_t sweep_leave(Sweep *sweep, NodeId *value, uint32_t region, uint32_t base,
                            NodeId *indicator) {
    uint32_t outer = graph_region_common(sweep->graph, region, base);
    *value = sweep_mask(sweep, *value, region, outer);
    *indicator = sweep_indicator(sweep, region, outer);
    sweep_enter(sweep, base);
    return outer;
}

/* A contribution to a node without rows: its guards on rows become one, whether they hold in
 * any. */
static void sweep_leave_rows(Sweep *sweep, Contribution *item) {
    Graph *graph = sweep->graph;
    NodeId indicator;
    uint32_t base = graph->regions[item->region].rowless;
    if (base == item->region) return;
    item->held = sweep_leave(sweep, &item->value, item->region, base, &indicator);
    item->region = graph_region(graph, base, graph_unary(graph, OP_ROW_MAX, indicator), true);
}

/* ---- contributions --------------------------------------------------------------------------- */

static bool sweep_push(Sweep *sweep, NodeId to, Contribution item) {
    if (!memory_reserve(&sweep->items, &sweep->capacity, sweep->n_items + 1, sizeof item)) {
        sweep_fail_memory(sweep);
        return false;
    }
    item.next = sweep->first[to];
    sweep->items[sweep->n_items] = item;
    sweep->first[to] = (uint32_t)sweep->n_items++;
    return true;
}

/* The condition of a 'where', as a single number if it is one repeated. */
static NodeId sweep_condition(const Graph *graph, NodeId select) {
    NodeId condition = graph_input(graph, select, 0);
    if (graph->nodes[condition].op != OP_BROADCAST) return condition;
    NodeId inner = graph_input(graph, condition, 0);
    return graph->nodes[inner].shape.rank == 0 ? inner : condition;
}

static void sweep_give(Derivative *derivative, uint32_t input, NodeId value) {
    Sweep *sweep = derivative->context;
    Graph *graph = sweep->graph;
    NodeId node = derivative->node, to = graph_input(graph, node, input);
    if (value == NODE_NONE || graph->status != STATUS_OK || !sweep->wanted[to]) return;
    if (graph_is_constant(graph, value, 0) || graph_is_constant(graph, value, -0.0)) return;
    Contribution item = {.value = value, .region = sweep->region, .held = sweep->held};
    if (graph->nodes[node].op == OP_SELECT)
        item.region = item.held =
            graph_region(graph, sweep->region, sweep_condition(graph, node), input == 1);
    if (sweep->guards)
        item.region = graph_region(graph, sweep->region, sweep->guards[input], true);
    item.over_rows = sweep->kind == GRADIENT_TOTAL && (graph->nodes[node].flags & NODE_ROWS) &&
                     !(graph->nodes[to].flags & NODE_ROWS);
    sweep_push(sweep, to, item);
}

/* ---- on the way out of regions --------------------------------------------------------------- */

/* Something that is known in region 'at' and goes outwards from there, innermost regions first
 * (a region has a higher id than the one around it), so that each guard is met once, however
 * many contributions came through it. */
typedef struct SweepEntry {
    uint32_t at, order;
    NodeId condition;      /* NODE_NONE: 'taken' holds in all of 'at'; else where it is true */
    NodeId taken, untaken; /* values, or NODE_NONE: 0 */
    uint32_t cover;        /* when regions are joined: where something holds within 'at' */
} SweepEntry;

static bool sweep_before(const SweepEntry *a, const SweepEntry *b) {
    if (a->at != b->at) return a->at > b->at;
    if (a->condition != b->condition) return a->condition < b->condition;
    return a->order < b->order;
}

static void sweep_put(Sweep *sweep, SweepEntry entry) {
    if (!memory_reserve(&sweep->heap, &sweep->heap_capacity, sweep->n_heap + 1, sizeof entry)) {
        sweep_fail_memory(sweep);
        return;
    }
    entry.order = sweep->order++;
    size_t at = sweep->n_heap++;
    for (; at > 0 && sweep_before(&entry, &sweep->heap[(at - 1) / 2]); at = (at - 1) / 2)
        sweep->heap[at] = sweep->heap[(at - 1) / 2];
    sweep->heap[at] = entry;
}

static SweepEntry sweep_take(Sweep *sweep) {
    SweepEntry first = sweep->heap[0], last = sweep->heap[--sweep->n_heap];
    size_t at = 0, n = sweep->n_heap;
    for (size_t child; (child = 2 * at + 1) < n; at = child) {
        if (child + 1 < n && sweep_before(&sweep->heap[child + 1], &sweep->heap[child])) child++;
        if (!sweep_before(&sweep->heap[child], &last)) break;
        sweep->heap[at] = sweep->heap[child];
    }
    sweep->heap[at] = last;
    return first;
}

static bool sweep_more_at(const Sweep *sweep, uint32_t at) {
    return sweep->n_heap > 0 && sweep->heap[0].at == at;
}

/* 'at' with the guards that a and b have in common, in whatever order they come. */
static uint32_t sweep_both(Sweep *sweep, uint32_t at, uint32_t a, uint32_t b) {
    Graph *graph = sweep->graph;
    if (a == at) return at;
    Region guard = graph->regions[a];
    uint32_t base = sweep_both(sweep, at, guard.parent, b);
    for (; b != at; b = graph->regions[b].parent) {
        const Region *other = &graph->regions[b];
        if (other->condition == guard.condition && other->taken == guard.taken &&
            graph_region_reads(graph, base, graph->nodes[guard.condition].region))
            return graph_region(graph, base, guard.condition, guard.taken);
    }
    return base;
}

/* Two regions below 'at' where something holds: where one of them does. */
static uint32_t sweep_join(Sweep *sweep, uint32_t at, uint32_t a, uint32_t b) {
    Graph *graph = sweep->graph;
    if (a == at || b == at) return at;
    if (a == b) return a;
    const Region *ra = &graph->regions[a], *rb = &graph->regions[b];
    if (ra->parent == at && rb->parent == at && ra->condition == rb->condition)
        return at; /* the two arms of one 'where' */
    uint32_t base = sweep_both(sweep, at, a, b);
    NodeId in_a = sweep_indicator(sweep, a, at), in_b = sweep_indicator(sweep, b, at);
    sweep_enter(sweep, at);
    return graph_region(graph, base, graph_binary(graph, OP_OR, in_a, in_b), true);
}

/* Where the node's adjoint will hold: the union of its contributions' regions. */
static uint32_t sweep_meet(Sweep *sweep, NodeId node) {
    Graph *graph = sweep->graph;
    if (sweep->asked[node]) return 0; /* answers, such as parameters, are everywhere */
    sweep->n_heap = sweep->order = 0;
    for (uint32_t at = sweep->first[node]; at != 0; at = sweep->items[at].next) {
        Contribution *item = &sweep->items[at];
        if (item->over_rows) sweep_leave_rows(sweep, item);
        sweep_put(sweep, (SweepEntry){.at = item->region, .cover = item->region});
    }
    while (graph->status == STATUS_OK && sweep->n_heap > 0) {
        SweepEntry entry = sweep_take(sweep);
        while (sweep_more_at(sweep, entry.at))
            entry.cover = sweep_join(sweep, entry.at, entry.cover, sweep_take(sweep).cover);
        if (sweep->n_heap == 0) return entry.cover;
        entry.at = graph->regions[entry.at].parent;
        sweep_put(sweep, entry);
    }
    return 0;
}

static NodeId sweep_plus(Graph *graph, NodeId sum, NodeId term) {
    if (sum == NODE_NONE || term == NODE_NONE) return sum == NODE_NONE ? term : sum;
    return graph_adjoint_plus(graph, sum, term);
}

/* The entries of one region and condition as one value. */
static NodeId sweep_merge(Sweep *sweep, SweepEntry entry) {
    Graph *graph = sweep->graph;
    while (sweep_more_at(sweep, entry.at) && sweep->heap[0].condition == entry.condition) {
        SweepEntry other = sweep_take(sweep);
        entry.taken = sweep_plus(graph, entry.taken, other.taken);
        entry.untaken = sweep_plus(graph, entry.untaken, other.untaken);
    }
    if (entry.condition == NODE_NONE) return entry.taken;
    NodeId zero = graph_constant(graph, 0);
    return graph_select(graph, entry.condition, entry.taken ? entry.taken : zero,
                        entry.untaken ? entry.untaken : zero);
}

/* The sum of the contributions (those over rows, or the others), each masked by the guards
 * between its region and 'outer'. */
static NodeId sweep_sum(Sweep *sweep, NodeId node, uint32_t outer, bool over_rows) {
    Graph *graph = sweep->graph;
    sweep->n_heap = sweep->order = 0;
    for (uint32_t at = sweep->first[node]; at != 0; at = sweep->items[at].next) {
        const Contribution *item = &sweep->items[at];
        uint32_t inner = item->held > outer ? item->held : outer; /* both are around its region */
        if (item->over_rows == over_rows)
            sweep_put(sweep, (SweepEntry){.at = inner, .taken = item->value});
    }
    NodeId sum = NODE_NONE;
    while (graph->status == STATUS_OK && sweep->n_heap > 0) {
        SweepEntry entry = sweep_take(sweep);
        sweep_enter(sweep, entry.at);
        sum = sweep_merge(sweep, entry);
        while (sweep_more_at(sweep, entry.at))
            sum = sweep_plus(graph, sum, sweep_merge(sweep, sweep_take(sweep)));
        if (entry.at == outer) break;
        Region guard = graph->regions[entry.at];
        sweep_put(sweep, (SweepEntry){.at = guard.parent,
                                      .condition = guard.condition,
                                      .taken = guard.taken ? sum : NODE_NONE,
                                      .untaken = guard.taken ? NODE_NONE : sum});
    }
    return sum;
}

/* The node's adjoint: the sum of its contributions. Sets sweep->region. */
static NodeId sweep_collect(Sweep *sweep, NodeId node) {
    Graph *graph = sweep->graph;
    sweep->region = sweep_meet(sweep, node);
    uint32_t outer = sweep->region;
    for (uint32_t at = sweep->first[node]; at != 0; at = sweep->items[at].next)
        outer = graph_region_common(graph, outer, sweep->items[at].region);
    NodeId rows = sweep_sum(sweep, node, outer, true), sum = sweep_sum(sweep, node, outer, false);
    sweep_enter(sweep, sweep->region);
    if (graph->status != STATUS_OK) return NODE_NONE;
    sweep->held = sweep->region;
    if (rows != NODE_NONE) sum = sweep_plus(graph, sum, graph_adjoint_row_sum(graph, rows));
    return graph_expand(graph, sum, graph->nodes[node].shape);
}

/* ---- the sweep ------------------------------------------------------------------------------- */

static bool sweep_input_counts(const Node *node, uint32_t k) {
    if (op_info(node->op)->flags & (FLAG_BOOLEAN | FLAG_STEPWISE)) return false;
    switch (node->op) {
    case OP_DETACH: return false;
    case OP_SELECT: return k > 0;
    case OP_GATHER:
    case OP_SCATTER: return k == 0;
    default: return true;
    }
}

static void sweep_mark_wanted(Sweep *sweep, const NodeId *by, size_t n) {
    const Graph *graph = sweep->graph;
    for (size_t k = 0; k < n; k++) sweep->asked[by[k]] = true;
    for (NodeId id = 1; id < sweep->limit; id++) {
        const Node *node = &graph->nodes[id];
        sweep->wanted[id] = sweep->asked[id];
        for (uint32_t k = 0; k < node->n_inputs && !sweep->wanted[id]; k++)
            sweep->wanted[id] =
                sweep->wanted[graph_input(graph, id, k)] && sweep_input_counts(node, k);
    }
}

static void sweep_give_guard(Derivative *derivative, uint32_t input, NodeId value) {
    Sweep *sweep = derivative->context;
    sweep->guards[input] = value;
}

/* The adjoint leaves the elementwise world: guards on vectors stay behind. An operator that only
 * moves (or adds) elements moves the guards likewise, as it moves the adjoint; after any other
 * the contribution counts where one of the elements does. */
static void sweep_leave_vectors(Sweep *sweep, Derivative *derivative, Op op) {
    Graph *graph = sweep->graph;
    NodeId indicator;
    uint32_t base = graph->regions[sweep->region].scalar;
    if (base == sweep->region || op_info(op)->kind == KIND_ELEMENTWISE) return;
    uint32_t outer = sweep_leave(sweep, &derivative->adjoint, sweep->region, base, &indicator);
    if (graph->status != STATUS_OK) return;
    sweep->region = base;
    sweep->held = outer;
    if (op_info(op)->kind == KIND_SHAPE || op == OP_SUM_OF) {
        sweep->guards = memory_new(graph->nodes[derivative->node].n_inputs, sizeof(NodeId));
        Derivative moved = *derivative;
        moved.adjoint = indicator;
        moved.give = sweep_give_guard;
        if (sweep->guards) graph_derivative(&moved, op);
        else sweep_fail_memory(sweep);
        return;
    }
    uint32_t axes = (1u << graph->nodes[indicator].shape.rank) - 1;
    NodeId any = graph_reduce(graph, OP_MAX_OF, indicator, axes);
    sweep->region = sweep->held = graph_region(graph, base, any, true);
}

static void sweep_visit(Sweep *sweep, NodeId id) {
    Graph *graph = sweep->graph;
    graph->span = graph->nodes[id].span;
    NodeId adjoint = sweep_collect(sweep, id);
    if (graph->status != STATUS_OK) return;
    Op op = graph->nodes[id].op;
    if (sweep->asked[id]) sweep->answers[id] = adjoint;
    Derivative derivative = {.graph = graph,
                             .node = id,
                             .adjoint = adjoint,
                             .wanted = sweep->wanted,
                             .context = sweep,
                             .give = sweep_give};
    sweep_leave_vectors(sweep, &derivative, op);
    sweep_enter(sweep, sweep->region);
    if (graph->status == STATUS_OK) graph_derivative(&derivative, op);
    memory_free(sweep->guards);
    sweep->guards = NULL;
}

static void sweep_run(Sweep *sweep, NodeId of) {
    Graph *graph = sweep->graph;
    Contribution seed = {.value = graph_constant(graph, 1)};
    sweep_push(sweep, of, (Contribution){0}); /* item 0 is the end of every list */
    sweep->first[of] = 0;
    if (sweep->wanted[of]) sweep_push(sweep, of, seed);
    for (NodeId id = of; id > 0 && graph->status == STATUS_OK; id--)
        if (sweep->first[id] != 0) sweep_visit(sweep, id);
}

static Status gradient_finish(Sweep *sweep, const NodeId *by, size_t n, NodeId *out) {
    Graph *graph = sweep->graph;
    graph->region = 0;
    for (size_t k = 0; k < n && graph->status == STATUS_OK; k++) {
        NodeId answer = sweep->answers[by[k]];
        Shape shape = graph->nodes[by[k]].shape;
        out[k] = answer;
        if (answer == NODE_NONE) out[k] = graph_expand(graph, graph_constant(graph, 0), shape);
    }
    return graph->status;
}

static bool sweep_open(Sweep *sweep) {
    size_t n = sweep->limit;
    sweep->asked = memory_new(n, sizeof *sweep->asked);
    sweep->answers = memory_new(n, sizeof *sweep->answers);
    sweep->wanted = memory_new(n, sizeof *sweep->wanted);
    sweep->first = memory_new(n, sizeof *sweep->first);
    bool good = sweep->asked && sweep->answers && sweep->wanted && sweep->first;
    if (!good) sweep_fail_memory(sweep);
    return good;
}

static void sweep_close(Sweep *sweep) {
    memory_free(sweep->asked);
    memory_free(sweep->answers);
    memory_free(sweep->wanted);
    memory_free(sweep->first);
    memory_free(sweep->items);
    memory_free(sweep->heap);
}

Status graph_gradient_by(Graph *graph, NodeId of, const NodeId *by, size_t n, GradientKind kind,
                         NodeId *out, Error *error) {
    if (graph->status != STATUS_OK) return graph->status;
    Error *old_error = graph->error;
    Span old_span = graph->span;
    graph->error = error;
    Sweep sweep = {.graph = graph, .kind = kind, .limit = (NodeId)graph->n_nodes};
    if (sweep_open(&sweep)) {
        sweep_mark_wanted(&sweep, by, n);
        sweep_run(&sweep, of);
    }
    Status status = gradient_finish(&sweep, by, n, out);
    sweep_close(&sweep);
    graph->error = old_error;
    graph->span = old_span;
    graph->region = 0;
    if (status == STATUS_INPUT) graph->status = STATUS_OK; /* the graph is as good as before */
    return status;
}

/* A parameter is one node; of one that nothing reads there is none yet. */
Status graph_gradient(Graph *graph, NodeId of, const uint32_t *wrt, size_t n_wrt, GradientKind kind,
                      NodeId *out, Error *error) {
    NodeId *by = memory_new(n_wrt + 1, sizeof *by);
    Error *old_error = graph->error;
    graph->error = error;
    if (!by && graph->status == STATUS_OK) graph->status = error_memory(error);
    for (size_t k = 0; by && k < n_wrt; k++) by[k] = graph_parameter(graph, wrt[k]);
    graph->error = old_error;
    Status status = graph_gradient_by(graph, of, by, n_wrt, kind, out, error);
    memory_free(by);
    return status;
}

Status graph_hessian_vector(Graph *graph, const NodeId *gradient, const NodeId *vector, size_t n,
                            NodeId *out, Error *error) {
    if (graph->status != STATUS_OK) return graph->status;
    NodeId dot = graph_constant(graph, 0);
    graph->error = error;
    for (size_t k = 0; k < n; k++) {
        NodeId product = graph_binary(graph, OP_MUL, gradient[k], vector[k]);
        if (product == NODE_NONE) return graph->status;
        uint32_t axes = (1u << graph->nodes[product].shape.rank) - 1;
        NodeId term = graph_reduce(graph, OP_SUM_OF, product, axes);
        dot = k == 0 ? term : graph_binary(graph, OP_ADD, dot, term);
    }
    uint32_t *wrt = memory_new(n + 1, sizeof *wrt);
    if (!wrt) return error_memory(error);
    for (size_t k = 0; k < n; k++) wrt[k] = (uint32_t)k;
    Status status = graph_gradient(graph, dot, wrt, n, GRADIENT_TOTAL, out, error);
    memory_free(wrt);
    return status;
}
