/* x[2], x[2..n], W[1,2], b[plant]: subscripts count from 1, ranges are inclusive; a category or a
 * column looks up an element of the first axis for each row. Where nobody declared b, its elements
 * are the groups: the distinct values of the column, and b["oak"] or b[3] is that of one group. */
#include "graph.h"

#include <math.h>

/* The value so far, and the axis that the next subscript is about. */
typedef struct IndexState {
    Builder *builder;
    AstId id;   /* the whole */
    NodeId value;
    uint32_t axis;
    uint32_t rank; /* of the base */
} IndexState;

static const Shape *index_shape(const IndexState *state) {
    return &state->builder->graph->nodes[state->value].shape;
}

/* A whole number in 1..n, known before the run. */
static bool index_number(IndexState *state, AstId id, NodeId node, uint32_t n, uint32_t *place) {
    Builder *builder = state->builder;
    double number = builder->graph->nodes[node].aux.value;
    BuildWords words = graph_build_words(builder, lang_child(builder->ast, state->id, 0));
    if (!(number >= 1 && number <= n)) {
        graph_build_refuse(builder, id, MSG_BUILD_INDEX_OUTSIDE, number_text(number).s, words.s,
                           number_integer(n).s, NULL);
        return false;
    }
    if (number != floor(number)) {
        graph_build_refuse(builder, id, MSG_BUILD_INDEX_NOT_WHOLE, number_text(number).s, NULL,
                           NULL, NULL);
        return false;
    }
    *place = (uint32_t)number;
    return true;
}

static void index_cut(IndexState *state, uint32_t first, uint32_t count, bool drop) {
    Graph *graph = state->builder->graph;
    Shape shape = *index_shape(state), part = shape;
    uint32_t offset[SHAPE_RANK] = {0};
    offset[state->axis] = first - 1;
    part.dim[state->axis] = count;
    graph_build_at(state->builder, state->id);
    state->value = graph_slice(graph, state->value, offset, part);
    if (!drop) {
        state->axis++;
        return;
    }
    Shape less = {0};
    for (uint32_t k = 0; k < shape.rank; k++)
        if (k != state->axis) less.dim[less.rank++] = shape.dim[k];
    state->value = graph_reshape(graph, state->value, less);
}

static void index_range(IndexState *state, AstId id) {
    Builder *builder = state->builder;
    uint32_t n = index_shape(state)->dim[state->axis], place[2];
    for (uint32_t k = 0; k < 2; k++) {
        double number;
        AstId end = lang_child(builder->ast, id, k);
        if (!graph_build_number(builder, end, &number)) return;
        NodeId node = graph_constant(builder->graph, number);
        if (graph_build_failed(builder) || !index_number(state, end, node, n, &place[k])) return;
    }
    if (place[0] > place[1]) {
        graph_build_refuse(builder, id, MSG_BUILD_RANGE_BACKWARDS,
                           graph_build_words(builder, id).s, NULL, NULL, NULL);
        return;
    }
    index_cut(state, place[0], place[1] - place[0] + 1, false);
}

/* Every row's index must be whole and in 1..n: told by row of the table. */
static bool index_check_column(IndexState *state, AstId id, uint32_t column, uint32_t n) {
    Builder *builder = state->builder;
    if (!builder->table) return true;
    const Column *data = &builder->table->columns[column];
    for (size_t row = 0; row < builder->table->n_rows; row++) {
        double value = data->values[row];
        if (value >= 1 && value <= n && value == floor(value)) continue;
        long line = builder->table->lines ? builder->table->lines[row] : (long)row + 1;
        graph_build_refuse(builder, id, MSG_BUILD_INDEX_ROW, data->name, number_text(value).s,
                           number_integer(line).s, number_integer(n).s);
        return false;
    }
    return true;
}

/* The parameter with an element for each group, as long as nothing was cut from it; or NULL. */
static const Parameter *index_by_group(const IndexState *state) {
    const Graph *graph = state->builder->graph;
    const Node *at = &graph->nodes[state->value];
    if (at->op != OP_PARAM || state->axis != 0) return NULL;
    const Parameter *parameter = &graph->parameters[at->aux.index];
    return parameter->by >= 0 ? parameter : NULL;
}

/* The column that looks up in groups: the one that they are the values of. */
static bool index_of_group(IndexState *state, AstId id, BuildValue *index) {
    Builder *builder = state->builder;
    Graph *graph = builder->graph;
    const Parameter *parameter = index_by_group(state);
    const Node at = graph->nodes[index->node];
    if (!parameter || at.op != OP_COLUMN) return true;
    uint32_t by = (uint32_t)parameter->by;
    bool of = by >= graph->n_columns && graph->groups[by - graph->n_columns].of == at.aux.index;
    if (of) index->node = graph_column(graph, by);
    if (of || at.aux.index == by) return true;
    graph_build_refuse(builder, id, MSG_BUILD_GROUP_OTHER, parameter->name,
                       graph_column_name(graph, by), graph_build_words(builder, id).s, NULL);
    return false;
}

/* b["oak"], or b[3] where the groups are numbers. False: the subscript is none of these. */
static bool index_group(IndexState *state, AstId id) {
    Builder *builder = state->builder;
    const AstNode *at = &builder->ast->nodes[id];
    const Parameter *parameter = index_by_group(state);
    if (!parameter) return false;
    BuildClasses classes = graph_build_classes(builder, parameter->by);
    bool word = at->kind == AST_STRING, number = at->kind == AST_NUMBER && classes.values;
    if (!word && !number) return false;
    size_t place = word ? graph_build_class(&classes, at->name)
                        : graph_build_class_number(&classes, at->number);
    if (place > 0) index_cut(state, (uint32_t)place, 1, true);
    else
        graph_build_refuse(builder, id, MSG_BUILD_NO_CLASS, classes.column,
                           word ? at->name : number_text(at->number).s, NULL, NULL);
    return true;
}

static void index_gather(IndexState *state, AstId id, BuildValue index) {
    Builder *builder = state->builder;
    Graph *graph = builder->graph;
    Node at = graph->nodes[index.node];
    uint32_t n = index_shape(state)->dim[0];
    BuildWords words = graph_build_words(builder, id);
    if (state->axis != 0) {
        graph_build_refuse(builder, id, MSG_BUILD_LOOKUP_FIRST, words.s, NULL, NULL, NULL);
        return;
    }
    if (at.op != OP_COLUMN || at.shape.rank != 0) {
        graph_build_refuse(builder, id, MSG_BUILD_INDEX_KIND, words.s, NULL, NULL, NULL);
        return;
    }
    if (at.aux.index < graph->n_columns && !index_check_column(state, id, at.aux.index, n)) return;
    graph_build_at(builder, state->id);
    state->value = graph_binary(graph, OP_GATHER, state->value, index.node);
}

/* a[Tree] where nobody said how long a is: the column's greatest value tells. */
static void index_refuse_number(IndexState *state, AstId id) {
    Builder *builder = state->builder;
    AstId base = lang_child(builder->ast, state->id, 0);
    BuildWords words = graph_build_words(builder, base);
    if (builder->mode == BUILD_PROGRAM) graph_build_check_typos(builder);
    if (graph_build_failed(builder)) return;
    BuildValue index = graph_build_value(builder, id);
    if (graph_build_failed(builder)) return;
    graph_build_refuse(builder, base, MSG_BUILD_INDEX_OF_NUMBER, words.s, NULL, NULL, NULL);
    Node at = builder->graph->nodes[index.node];
    if (at.op != OP_COLUMN || !builder->table || builder->ast->nodes[base].kind != AST_NAME) return;
    const double *values = builder->table->columns[at.aux.index].values;
    double greatest = 0;
    for (size_t row = 0; row < builder->table->n_rows; row++)
        if (values[row] > greatest) greatest = values[row];
    if (greatest >= 1 && greatest == floor(greatest))
        graph_build_remedy(builder, MSG_BUILD_INDEX_OF_NUMBER_REMEDY, words.s,
                           number_text(greatest).s);
}

static void index_one(IndexState *state, AstId id) {
    Builder *builder = state->builder;
    BuildWords words = graph_build_words(builder, lang_child(builder->ast, state->id, 0));
    if (state->rank == 0) {
        index_refuse_number(state, id);
        return;
    }
    if (state->axis >= index_shape(state)->rank) {
        NumberText rank = number_integer(builder->ast->nodes[state->id].n_children - 1);
        graph_build_refuse(builder, id, MSG_BUILD_TOO_MANY_INDICES, words.s, rank.s, NULL, NULL);
        return;
    }
    if (builder->ast->nodes[id].kind == AST_RANGE) {
        index_range(state, id);
        return;
    }
    if (index_group(state, id)) return;
    BuildValue index = graph_build_value(builder, id);
    if (graph_build_failed(builder) || !index_of_group(state, id, &index)) return;
    if (builder->graph->nodes[index.node].op != OP_CONST) {
        index_gather(state, id, index);
        return;
    }
    uint32_t place, n = index_shape(state)->dim[state->axis];
    if (index_number(state, id, index.node, n, &place)) index_cut(state, place, 1, true);
}

/* An undeclared name looked up by a category, or by a column of few distinct numbers: a vector with
 * an element for each class. */
static NodeId index_base(Builder *builder, AstId id) {
    AstId base = lang_child(builder->ast, id, 0), subscript = lang_child(builder->ast, id, 1);
    const AstNode *name = &builder->ast->nodes[base];
    bool open = builder->mode == BUILD_PROGRAM && builder->frame->name == NULL &&
                !builder->declared && name->kind == AST_NAME &&
                builder->ast->nodes[id].n_children == 2 &&
                builder->ast->nodes[subscript].kind == AST_NAME && builder->table &&
                data_find(builder->table, name->name) < 0;
    if (!open || graph_build_find(builder, graph_build_symbol(builder, name->name)))
        return graph_build_node(builder, base);
    BuildValue index = graph_build_value(builder, subscript);
    if (graph_build_failed(builder)) return NODE_NONE;
    const Node *at = &builder->graph->nodes[index.node];
    int by = index.category;
    if (by < 0 && at->op == OP_COLUMN)
        by = graph_build_group(builder, subscript, at->aux.index, true);
    if (by < 0) return graph_build_node(builder, base);
    size_t n = graph_build_classes(builder, by).count;
    return graph_build_implicit(builder, base, (Shape){.rank = 1, .dim = {(uint32_t)n}}, by);
}

BuildValue graph_build_index(Builder *builder, AstId id) {
    IndexState state = {.builder = builder, .id = id, .value = index_base(builder, id)};
    uint32_t n = builder->ast->nodes[id].n_children;
    if (!graph_build_failed(builder)) state.rank = index_shape(&state)->rank;
    for (uint32_t k = 1; k < n && !graph_build_failed(builder); k++)
        index_one(&state, lang_child(builder->ast, id, k));
    NodeId node = graph_build_failed(builder) ? NODE_NONE : state.value;
    return (BuildValue){.node = node, .category = -1};
}
