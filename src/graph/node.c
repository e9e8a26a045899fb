/* Making nodes: equal nodes are shared, constants folded, and what can be simplified without
 * changing a bit is. Nothing is ever removed; ids are in topological order by construction. */
#include "graph.h"

#include <math.h>
#include <string.h>

/* A place in the table of equal nodes; id 0: free. The hash spares most comparisons. */
typedef struct NodeSlot {
    NodeId id;
    uint32_t hash;
} NodeSlot;

/* Open addressing. Regions have a table of their own. */
typedef struct NodeTable {
    NodeSlot *slots;
    uint32_t *region_slots;
    size_t capacity, region_capacity; /* powers of two */
    size_t used, region_used;
} NodeTable;

/* A node before it has an id. */
typedef struct NodeDraft {
    Op op;
    const NodeId *inputs;
    size_t n_inputs;
    NodeAux aux;
    Shape shape;
    uint32_t flags;
} NodeDraft;

/* ---- the graph itself ------------------------------------------------------------------------ */

static NodeId node_fail_memory(Graph *graph) {
    if (graph->status == STATUS_OK) graph->status = error_memory(graph->error);
    return NODE_NONE;
}

Status graph_new(const Source *source, Error *error, Graph **graph) {
    *graph = NULL;
    Graph *made = memory_new(1, sizeof *made);
    if (!made) return error_memory(error);
    NodeTable *table = memory_new(1, sizeof *table);
    made->shared = table;
    made->error = error;
    bool ok = table && memory_reserve(&made->nodes, &made->nodes_capacity, 16, sizeof(Node)) &&
              memory_reserve(&made->regions, &made->regions_capacity, 4, sizeof(Region)) &&
              memory_reserve(&made->inputs, &made->inputs_capacity, 32, sizeof(NodeId));
    if (ok) {
        made->nodes[made->n_nodes++] = (Node){.op = OP_CONST};
        made->regions[made->n_regions++] = (Region){0};
        if (source && source->text) {
            made->source.length = source->length;
            made->source.text = arena_copy(&made->arena, source->text, source->length);
            if (source->name)
                made->source.name = arena_copy(&made->arena, source->name, strlen(source->name));
        }
    }
    if (!ok || made->arena.failed) {
        graph_free(made);
        return error_memory(error);
    }
    *graph = made;
    return STATUS_OK;
}

void graph_free(Graph *graph) {
    if (!graph) return;
    NodeTable *table = graph->shared;
    if (table) {
        memory_free(table->slots);
        memory_free(table->region_slots);
    }
    memory_free(table);
    memory_free(graph->nodes);
    memory_free(graph->inputs);
    memory_free(graph->regions);
    memory_free(graph->parameters);
    memory_free(graph->residuals);
    memory_free(graph->groups);
    memory_free(graph->names);
    notes_free(&graph->notes);
    arena_free(&graph->arena);
    memory_free(graph);
}

NodeId graph_input(const Graph *graph, NodeId node, uint32_t k) {
    return graph->inputs[graph->nodes[node].first_input + k];
}

/* ---- equality and sharing -------------------------------------------------------------------- */

static uint64_t node_bits(double value) {
    uint64_t bits;
    if (isnan(value)) value = NAN;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

/* The part of aux that the operator uses, as four words. */
static void node_aux_words(const NodeDraft *draft, uint32_t word[4]) {
    word[0] = word[1] = word[2] = word[3] = 0;
    switch (draft->op) {
    case OP_CONST: {
        uint64_t bits = node_bits(draft->aux.value);
        word[0] = (uint32_t)bits;
        word[1] = (uint32_t)(bits >> 32);
        break;
    }
    case OP_COLUMN:
    case OP_PARAM: word[0] = draft->aux.index; break;
    case OP_POWI: word[0] = (uint32_t)draft->aux.exponent; break;
    case OP_TRANSPOSE:
        for (uint32_t k = 0; k < draft->shape.rank; k++) word[k] = draft->aux.axis[k];
        break;
    case OP_SLICE:
    case OP_PAD:
        for (uint32_t k = 0; k < draft->shape.rank; k++) word[k] = draft->aux.offset[k];
        break;
    case OP_SUM_OF:
    case OP_MIN_OF:
    case OP_MAX_OF:
    case OP_BROADCAST: word[0] = draft->aux.axes; break;
    default: break;
    }
}

static bool node_commutes(const NodeDraft *draft) {
    return (op_info(draft->op)->flags & FLAG_COMMUTES) != 0 && draft->n_inputs == 2;
}

static uint64_t node_mix(uint64_t hash, uint64_t value) {
    hash = (hash ^ value) * 0x9E3779B97F4A7C15u;
    return hash ^ (hash >> 29);
}

static uint32_t node_hash(const NodeDraft *draft, uint32_t region) {
    uint32_t word[4];
    uint64_t hash = node_mix(draft->op, region);
    node_aux_words(draft, word);
    for (int k = 0; k < 4; k++) hash = node_mix(hash, word[k]);
    hash = node_mix(hash, draft->shape.rank);
    for (uint32_t k = 0; k < draft->shape.rank; k++) hash = node_mix(hash, draft->shape.dim[k]);
    if (node_commutes(draft)) { /* the order of the inputs does not count */
        NodeId a = draft->inputs[0], b = draft->inputs[1];
        return (uint32_t)(node_mix(node_mix(hash, a < b ? a : b), a < b ? b : a) >> 16);
    }
    for (size_t k = 0; k < draft->n_inputs; k++) hash = node_mix(hash, draft->inputs[k]);
    return (uint32_t)(hash >> 16);
}

static bool node_same_inputs(const Graph *graph, const NodeDraft *draft, const Node *node) {
    const NodeId *inputs = graph->inputs + node->first_input;
    if (node->n_inputs != draft->n_inputs) return false;
    if (node_commutes(draft) && inputs[0] == draft->inputs[1] && inputs[1] == draft->inputs[0])
        return true;
    for (size_t k = 0; k < draft->n_inputs; k++)
        if (inputs[k] != draft->inputs[k]) return false;
    return true;
}

static bool node_equal(const Graph *graph, const NodeDraft *draft, uint32_t region, NodeId id) {
    const Node *node = &graph->nodes[id];
    if (node->op != draft->op || node->region != region) return false;
    NodeDraft other = {.op = node->op, .aux = node->aux, .shape = node->shape};
    uint32_t word[4], other_word[4];
    node_aux_words(draft, word);
    node_aux_words(&other, other_word);
    return memcmp(word, other_word, sizeof word) == 0 &&
           graph_shape_same(&draft->shape, &node->shape) && node_same_inputs(graph, draft, node);
}

/* The slot of an equal node of that region, or the free slot where it would stand. */
static NodeSlot *node_slot(const Graph *graph, const NodeDraft *draft, uint32_t region,
                           uint32_t hash) {
    const NodeTable *table = graph->shared;
    size_t mask = table->capacity - 1, at = hash & mask;
    while (table->slots[at].id != 0 && (table->slots[at].hash != hash ||
                                        !node_equal(graph, draft, region, table->slots[at].id)))
        at = (at + 1) & mask;
    return &table->slots[at];
}

/* Room for one more node. */
static bool node_table_grow(Graph *graph) {
    NodeTable *table = graph->shared;
    if (table->capacity != 0 && table->used * 2 < table->capacity) return true;
    size_t capacity = table->capacity ? table->capacity * 2 : 64;
    NodeSlot *slots = memory_new(capacity, sizeof *slots);
    if (!slots) return false;
    for (size_t k = 0; k < table->capacity; k++) {
        NodeSlot old = table->slots[k];
        size_t at = old.hash & (capacity - 1);
        if (old.id == 0) continue;
        while (slots[at].id != 0) at = (at + 1) & (capacity - 1);
        slots[at] = old;
    }
    memory_free(table->slots);
    table->slots = slots;
    table->capacity = capacity;
    return true;
}

/* ---- regions --------------------------------------------------------------------------------- */

static size_t region_slot(const Graph *graph, uint32_t parent, NodeId condition, bool taken) {
    const NodeTable *table = graph->shared;
    size_t mask = table->region_capacity - 1;
    size_t at = (size_t)node_mix(node_mix(node_mix(parent, condition), taken), 1) & mask;
    for (; table->region_slots[at] != 0; at = (at + 1) & mask) {
        const Region *region = &graph->regions[table->region_slots[at]];
        if (region->parent == parent && region->condition == condition && region->taken == taken)
            break;
    }
    return at;
}

static bool region_table_grow(Graph *graph) {
    NodeTable *table = graph->shared;
    if (table->region_capacity != 0 && table->region_used * 2 < table->region_capacity) return true;
    size_t capacity = table->region_capacity ? table->region_capacity * 2 : 16;
    uint32_t *slots = memory_new(capacity, sizeof *slots);
    if (!slots) return false;
    memory_free(table->region_slots);
    table->region_slots = slots;
    table->region_capacity = capacity;
    for (uint32_t id = 1; id < graph->n_regions; id++) {
        const Region *region = &graph->regions[id];
        slots[region_slot(graph, region->parent, region->condition, region->taken)] = id;
    }
    return true;
}

uint32_t graph_region(Graph *graph, uint32_t parent, NodeId condition, bool taken) {
    if (graph->status != STATUS_OK || condition == NODE_NONE) return 0;
    NodeTable *table = graph->shared;
    if (!region_table_grow(graph) ||
        !memory_reserve(&graph->regions, &graph->regions_capacity, graph->n_regions + 1,
                        sizeof(Region)))
        return node_fail_memory(graph);
    size_t slot = region_slot(graph, parent, condition, taken);
    if (table->region_slots[slot] != 0) return table->region_slots[slot];
    uint32_t id = (uint32_t)graph->n_regions++;
    table->region_slots[slot] = id;
    table->region_used++;
    graph->regions[id] = (Region){.parent = parent, .condition = condition, .taken = taken};
    const Node *guard = &graph->nodes[condition];
    uint32_t rowless = graph->regions[parent].rowless, scalar = graph->regions[parent].scalar;
    if (!(guard->flags & NODE_ROWS))
        rowless = rowless == parent ? id : graph_region(graph, rowless, condition, taken);
    if (guard->shape.rank == 0)
        scalar = scalar == parent ? id : graph_region(graph, scalar, condition, taken);
    graph->regions[id].rowless = rowless;
    graph->regions[id].scalar = scalar;
    return id;
}

/* ---- folding and simplification -------------------------------------------------------------- */

bool graph_is_constant(const Graph *graph, NodeId node, double value) {
    const Node *at = &graph->nodes[node];
    if (at->op == OP_BROADCAST) at = &graph->nodes[graph->inputs[at->first_input]];
    return node != NODE_NONE && at->op == OP_CONST && node_bits(at->aux.value) == node_bits(value);
}

/* The constant that the node is, maybe repeated to a shape. */
static bool node_constant(const Graph *graph, NodeId node, double *value) {
    const Node *at = &graph->nodes[node];
    if (at->op == OP_BROADCAST) at = &graph->nodes[graph->inputs[at->first_input]];
    if (at->op != OP_CONST) return false;
    *value = at->aux.value;
    return true;
}

static NodeId node_fold(Graph *graph, const NodeDraft *draft) {
    double value[3] = {0, 0, 0};
    if (op_info(draft->op)->kind != KIND_ELEMENTWISE || draft->n_inputs > 3) return NODE_NONE;
    for (size_t k = 0; k < draft->n_inputs; k++)
        if (!node_constant(graph, draft->inputs[k], &value[k])) return NODE_NONE;
    int exponent = draft->op == OP_POWI ? draft->aux.exponent : 0;
    double folded = op_value(draft->op, value[0], value[1], value[2], exponent);
    return graph_expand(graph, graph_constant(graph, folded), draft->shape);
}

static bool node_is_op(const Graph *graph, NodeId id, Op op) {
    return graph->nodes[id].op == op;
}

static NodeId node_simplify_sum(Graph *graph, Op op, NodeId a, NodeId b) {
    bool sum = op == OP_ADD;
    if (graph_is_constant(graph, b, sum ? -0.0 : 0.0)) return a;
    if (sum && graph_is_constant(graph, a, -0.0)) return b;
    if (node_is_op(graph, b, OP_NEG))
        return graph_binary(graph, sum ? OP_SUB : OP_ADD, a, graph_input(graph, b, 0));
    if (sum && node_is_op(graph, a, OP_NEG))
        return graph_binary(graph, OP_SUB, b, graph_input(graph, a, 0));
    return NODE_NONE;
}

/* Multiplication and division: signs move outwards, which changes no bit. */
/* A factor of all rows. */
static bool node_is_scale(const Graph *graph, NodeId factor, NodeId other) {
    return !(graph->nodes[factor].flags & NODE_ROWS) && (graph->nodes[other].flags & NODE_ROWS);
}

/* -(k*v) = (-k)*v, for a factor k of all rows; else NODE_NONE. */
static NodeId node_simplify_negative(Graph *graph, NodeId a) {
    if (node_is_op(graph, a, OP_NEG)) return graph_input(graph, a, 0);
    if (!node_is_op(graph, a, OP_MUL)) return NODE_NONE;
    NodeId left = graph_input(graph, a, 0), right = graph_input(graph, a, 1);
    if (node_is_scale(graph, left, right))
        return graph_binary(graph, OP_MUL, graph_unary(graph, OP_NEG, left), right);
    if (node_is_scale(graph, right, left))
        return graph_binary(graph, OP_MUL, left, graph_unary(graph, OP_NEG, right));
    return NODE_NONE;
}

static NodeId node_simplify_product(Graph *graph, Op op, NodeId a, NodeId b) {
    bool product = op == OP_MUL, negative_a = node_is_op(graph, a, OP_NEG);
    if (graph_is_constant(graph, b, 1)) return a;
    if (product && graph_is_constant(graph, a, 1)) return b;
    if (graph_is_constant(graph, b, -1)) return graph_unary(graph, OP_NEG, a);
    if (product && graph_is_constant(graph, a, -1)) return graph_unary(graph, OP_NEG, b);
    bool negative_b = node_is_op(graph, b, OP_NEG);
    /* A sign without rows stays with its factor: it costs nothing there. */
    if (product && negative_a && node_is_scale(graph, a, b)) negative_a = false;
    if (product && negative_b && node_is_scale(graph, b, a)) negative_b = false;
    if (!negative_a && !negative_b) return NODE_NONE;
    if (negative_a) a = graph_input(graph, a, 0);
    if (negative_b) b = graph_input(graph, b, 0);
    NodeId out = graph_binary(graph, op, a, b);
    return negative_a && negative_b ? out : graph_unary(graph, OP_NEG, out);
}

/* A part of a stack that lies within one of its inputs; a part of a padded value that lies
 * within the value, or beside it. */
static NodeId node_simplify_slice(Graph *graph, const NodeDraft *draft) {
    NodeId a = draft->inputs[0];
    Node from = graph->nodes[a];
    uint32_t offset[SHAPE_RANK] = {0};
    if (from.op == OP_STACK && draft->shape.dim[0] == 1) {
        NodeId part = graph_input(graph, a, draft->aux.offset[0]);
        Shape shape = {.rank = draft->shape.rank - 1};
        for (uint32_t k = 0; k < shape.rank; k++) {
            shape.dim[k] = draft->shape.dim[k + 1];
            offset[k] = draft->aux.offset[k + 1];
        }
        return graph_reshape(graph, graph_slice(graph, part, offset, shape), draft->shape);
    }
    if (from.op != OP_PAD) return NODE_NONE;
    NodeId inner = graph_input(graph, a, 0);
    Shape has = graph->nodes[inner].shape;
    bool within = true;
    for (uint32_t k = 0; k < has.rank; k++) {
        uint32_t start = draft->aux.offset[k], end = start + draft->shape.dim[k];
        uint32_t low = from.aux.offset[k], high = low + has.dim[k];
        if (end <= low || start >= high)
            return graph_expand(graph, graph_constant(graph, 0), draft->shape);
        within = within && start >= low && end <= high;
        offset[k] = start - low;
    }
    return within ? graph_slice(graph, inner, offset, draft->shape) : NODE_NONE;
}

static NodeId node_simplify_shape(Graph *graph, const NodeDraft *draft) {
    NodeId a = draft->inputs[0];
    const Node *from = &graph->nodes[a];
    double value;
    bool keeps = draft->op != OP_PAD && draft->op != OP_STACK && from->shape.rank > 0;
    if (keeps && node_constant(graph, a, &value))
        return graph_expand(graph, graph_constant(graph, value), draft->shape);
    switch (draft->op) {
    case OP_RESHAPE:
        if (from->op == OP_RESHAPE)
            return graph_reshape(graph, graph_input(graph, a, 0), draft->shape);
        return graph_shape_same(&from->shape, &draft->shape) ? a : NODE_NONE;
    case OP_SLICE:
        if (graph_shape_same(&from->shape, &draft->shape)) return a;
        return node_simplify_slice(graph, draft);
    case OP_PAD: return graph_shape_same(&from->shape, &draft->shape) ? a : NODE_NONE;
    case OP_BROADCAST: return draft->aux.axes == 0 ? a : NODE_NONE;
    case OP_TRANSPOSE:
        for (uint32_t k = 0; k < draft->shape.rank; k++)
            if (draft->aux.axis[k] != k) return NODE_NONE;
        return a;
    default: return NODE_NONE;
    }
}

/* Over rows, of a value that is the same in each. */
static NodeId node_simplify_rows(Graph *graph, Op op, NodeId a) {
    if (graph->nodes[a].flags & NODE_ROWS) return NODE_NONE;
    if (op != OP_ROW_SUM) return a;
    NodeId rows = graph_add(graph, OP_ROW_COUNT, NULL, 0, (NodeAux){0});
    return graph_binary(graph, OP_MUL, a, rows);
}

/* 'and' with a known side, and 'or': a truth stays itself. */
static NodeId node_simplify_truth(Graph *graph, Op op, NodeId a, NodeId b, const Shape *shape) {
    double value;
    if (!node_constant(graph, a, &value)) {
        NodeId other = a;
        a = b;
        b = other;
    }
    if (!node_constant(graph, a, &value)) return NODE_NONE;
    if ((value != 0) == (op == OP_OR))
        return graph_expand(graph, graph_constant(graph, op == OP_OR), *shape);
    return op_info(graph->nodes[b].op)->flags & FLAG_BOOLEAN ? b : NODE_NONE;
}

/* An equal value that is already there or simpler; NODE_NONE: none. */
static NodeId node_simplify(Graph *graph, const NodeDraft *draft) {
    NodeId a = draft->n_inputs > 0 ? draft->inputs[0] : NODE_NONE;
    NodeId b = draft->n_inputs > 1 ? draft->inputs[1] : NODE_NONE;
    OpKind kind = op_info(draft->op)->kind;
    if (kind == KIND_ROWS) return node_simplify_rows(graph, draft->op, a);
    if (kind == KIND_SHAPE) return node_simplify_shape(graph, draft);
    if (kind == KIND_REDUCE) return draft->aux.axes == 0 ? a : NODE_NONE;
    switch (draft->op) {
    case OP_ADD:
    case OP_SUB: return node_simplify_sum(graph, draft->op, a, b);
    case OP_MUL:
    case OP_DIV: return node_simplify_product(graph, draft->op, a, b);
    case OP_AND:
    case OP_OR: return node_simplify_truth(graph, draft->op, a, b, &draft->shape);
    case OP_NEG: return node_simplify_negative(graph, a);
    case OP_POWI:
        if (draft->aux.exponent == 1) return a;
        if (draft->aux.exponent != 0) return NODE_NONE;
        return graph_expand(graph, graph_constant(graph, 1), draft->shape);
    case OP_SELECT: {
        double condition;
        NodeId c = draft->inputs[2];
        if (node_constant(graph, a, &condition)) return condition != 0 ? b : c;
        if (b == c) return b;
        if (!(op_info(graph->nodes[a].op)->flags & FLAG_BOOLEAN)) return NODE_NONE;
        if (graph_is_constant(graph, b, 1) && graph_is_constant(graph, c, 0)) return a;
        if (graph_is_constant(graph, b, 0) && graph_is_constant(graph, c, 1))
            return graph_unary(graph, OP_NOT, a);
        return NODE_NONE;
    }
    default: return NODE_NONE;
    }
}

/* ---- adding ---------------------------------------------------------------------------------- */

static uint32_t node_flags(const Graph *graph, const NodeDraft *draft) {
    uint32_t flags = 0;
    for (size_t k = 0; k < draft->n_inputs; k++) flags |= graph->nodes[draft->inputs[k]].flags;
    if (op_info(draft->op)->kind == KIND_ROWS) flags &= ~(uint32_t)NODE_ROWS;
    if (draft->op == OP_COLUMN) flags |= NODE_ROWS;
    if (draft->op == OP_PARAM) flags |= NODE_PARAMS;
    return flags;
}

static uint32_t node_home(const Graph *graph, const NodeDraft *draft) {
    if (draft->n_inputs == 0) return 0;
    return draft->flags & NODE_ROWS ? graph->region : graph->regions[graph->region].rowless;
}

static NodeId node_append(Graph *graph, const NodeDraft *draft, uint32_t region) {
    bool room = graph->n_nodes < UINT32_MAX / 2 && graph->n_inputs < UINT32_MAX / 2 &&
                memory_reserve(&graph->nodes, &graph->nodes_capacity, graph->n_nodes + 1,
                               sizeof(Node)) &&
                memory_reserve(&graph->inputs, &graph->inputs_capacity,
                               graph->n_inputs + draft->n_inputs, sizeof(NodeId));
    if (!room) return node_fail_memory(graph);
    NodeId id = (NodeId)graph->n_nodes;
    graph->nodes[graph->n_nodes++] = (Node){.op = draft->op,
                                            .flags = draft->flags,
                                            .region = region,
                                            .first_input = (uint32_t)graph->n_inputs,
                                            .n_inputs = (uint32_t)draft->n_inputs,
                                            .shape = draft->shape,
                                            .aux = draft->aux,
                                            .span = graph->span};
    for (size_t k = 0; k < draft->n_inputs; k++)
        graph->inputs[graph->n_inputs++] = draft->inputs[k];
    return id;
}

/* An equal node of the region where it belongs, or of one around; else a new one. */
static NodeId node_find_or_add(Graph *graph, NodeDraft *draft) {
    NodeTable *table = graph->shared;
    draft->flags = node_flags(graph, draft);
    if (!node_table_grow(graph)) return node_fail_memory(graph);
    uint32_t home = node_home(graph, draft), hash = node_hash(draft, home);
    NodeSlot *slot = node_slot(graph, draft, home, hash);
    if (slot->id != NODE_NONE) return slot->id;
    for (uint32_t region = home; region != 0;) {
        region = graph->regions[region].parent;
        NodeId found = node_slot(graph, draft, region, node_hash(draft, region))->id;
        if (found != NODE_NONE) return found;
    }
    NodeId id = node_append(graph, draft, home);
    if (id == NODE_NONE) return id;
    *slot = (NodeSlot){id, hash};
    table->used++;
    return id;
}

/* Elementwise inputs are repeated to their common shape. False: they do not fit. */
static bool node_broadcast(Graph *graph, NodeId *inputs, size_t n_inputs) {
    Shape shape = graph->nodes[inputs[0]].shape;
    for (size_t k = 1; k < n_inputs; k++)
        if (!graph_shape_broadcast(&shape, &graph->nodes[inputs[k]].shape, &shape)) return false;
    uint32_t outer = graph->region;
    for (size_t k = 0; k < n_inputs; k++) { /* an arm of 'where' is repeated within the arm */
        uint32_t own = graph->nodes[inputs[k]].region;
        if (!graph_region_reads(graph, outer, own)) graph->region = own;
        inputs[k] = graph_expand(graph, inputs[k], shape);
        graph->region = outer;
        if (inputs[k] == NODE_NONE) return true;
    }
    return true;
}

static NodeId node_fail_shape(Graph *graph, const NodeId *inputs, size_t n_inputs) {
    if (graph->status != STATUS_OK) return NODE_NONE;
    NumberText first = {{0}}, second = {{0}};
    if (n_inputs > 0) first = graph_shape_text(&graph->nodes[inputs[0]].shape);
    if (n_inputs > 1) second = graph_shape_text(&graph->nodes[inputs[1]].shape);
    graph->status =
        error_set(graph->error, STATUS_INPUT, MSG_GRAPH_SHAPES, first.s, second.s, NULL);
    error_place(graph->error, &graph->source, graph->span);
    return NODE_NONE;
}

NodeId graph_add_shaped(Graph *graph, Op op, const NodeId *inputs, size_t n_inputs, NodeAux aux,
                        Shape shape) {
    NodeId own[3];
    if (graph->status != STATUS_OK) return NODE_NONE;
    for (size_t k = 0; k < n_inputs; k++)
        if (inputs[k] == NODE_NONE) return NODE_NONE;
    if (op_info(op)->kind == KIND_ELEMENTWISE) {
        memcpy(own, inputs, n_inputs * sizeof *own);
        if (!node_broadcast(graph, own, n_inputs)) return node_fail_shape(graph, inputs, n_inputs);
        if (graph->status != STATUS_OK) return NODE_NONE;
        inputs = own;
    }
    NodeDraft draft = {
        .op = op, .inputs = inputs, .n_inputs = n_inputs, .aux = aux, .shape = shape};
    if (!graph_shape_rule(graph, op, inputs, n_inputs, aux, &draft.shape))
        return node_fail_shape(graph, inputs, n_inputs);
    NodeId simpler = node_fold(graph, &draft);
    if (simpler == NODE_NONE && graph->status == STATUS_OK) simpler = node_simplify(graph, &draft);
    if (simpler != NODE_NONE || graph->status != STATUS_OK) return simpler;
    return node_find_or_add(graph, &draft);
}

NodeId graph_add(Graph *graph, Op op, const NodeId *inputs, size_t n_inputs, NodeAux aux) {
    return graph_add_shaped(graph, op, inputs, n_inputs, aux, (Shape){0});
}

NodeId graph_constant(Graph *graph, double value) {
    if (graph->status != STATUS_OK) return NODE_NONE;
    NodeAux aux = {.value = isnan(value) ? NAN : value};
    NodeDraft draft = {.op = OP_CONST, .aux = aux};
    return node_find_or_add(graph, &draft);
}

NodeId graph_unary(Graph *graph, Op op, NodeId a) {
    return graph_add(graph, op, &a, 1, (NodeAux){0});
}

NodeId graph_binary(Graph *graph, Op op, NodeId a, NodeId b) {
    return graph_add(graph, op, (NodeId[]){a, b}, 2, (NodeAux){0});
}

NodeId graph_select(Graph *graph, NodeId condition, NodeId a, NodeId b) {
    return graph_add(graph, OP_SELECT, (NodeId[]){condition, a, b}, 3, (NodeAux){0});
}

NodeId graph_column(Graph *graph, uint32_t index) {
    NodeAux aux = {0};
    aux.index = index;
    return graph_add(graph, OP_COLUMN, NULL, 0, aux);
}

NodeId graph_parameter(Graph *graph, uint32_t index) {
    NodeAux aux = {0};
    aux.index = index;
    return graph_add_shaped(graph, OP_PARAM, NULL, 0, aux, graph->parameters[index].shape);
}

NodeId graph_reduce(Graph *graph, Op op, NodeId a, uint32_t axes) {
    NodeAux aux = {0};
    aux.axes = axes;
    return graph_add(graph, op, &a, 1, aux);
}

NodeId graph_reshape(Graph *graph, NodeId a, Shape shape) {
    return graph_add_shaped(graph, OP_RESHAPE, &a, 1, (NodeAux){0}, shape);
}

NodeId graph_transpose(Graph *graph, NodeId a) {
    NodeAux aux = {0};
    aux.axis[0] = 1;
    aux.axis[1] = 0;
    return graph_add(graph, OP_TRANSPOSE, &a, 1, aux);
}

NodeId graph_slice(Graph *graph, NodeId a, const uint32_t *offset, Shape shape) {
    NodeAux aux = {0};
    for (uint32_t k = 0; k < SHAPE_RANK; k++) aux.offset[k] = k < shape.rank ? offset[k] : 0;
    return graph_add_shaped(graph, OP_SLICE, &a, 1, aux, shape);
}

NodeId graph_power(Graph *graph, NodeId a, double exponent) {
    if (!(fabs(exponent) <= 1024) || exponent != floor(exponent))
        return graph_binary(graph, OP_POW, a, graph_constant(graph, exponent));
    NodeAux aux = {0};
    aux.exponent = (int32_t)exponent;
    return graph_add(graph, OP_POWI, &a, 1, aux);
}

uint32_t graph_new_parameter(Graph *graph, const char *name, Shape shape, Span span) {
    if (graph->status != STATUS_OK) return 0;
    char *copy = arena_copy(&graph->arena, name, strlen(name));
    if (!copy || !memory_reserve(&graph->parameters, &graph->parameters_capacity,
                                 graph->n_parameters + 1, sizeof(Parameter)))
        return node_fail_memory(graph);
    size_t count = graph_count(&shape);
    graph->parameters[graph->n_parameters] = (Parameter){.name = copy,
                                                         .shape = shape,
                                                         .offset = graph->n_scalars,
                                                         .count = count,
                                                         .low = -INFINITY,
                                                         .high = INFINITY,
                                                         .by = -1,
                                                         .rate = 1,
                                                         .decay = 1,
                                                         .span = span};
    graph->n_scalars += count;
    return (uint32_t)graph->n_parameters++;
}
