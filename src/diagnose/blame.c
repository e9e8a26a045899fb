/* The sentence about a number that is not finite: the words of the formula, the row and its line
 * in the file, the operands, columns and parameters it is made of, and what was wrong there. */
#include "diagnose.h"

#include <math.h>

enum { BLAME_WORDS = 60, BLAME_LEAVES = 4, BLAME_DIGITS = 6 };

/* What stands below a node: the leaves it is made of. */
typedef struct BlameLeaves {
    size_t n_columns, n_scalars;    /* found; the first BLAME_LEAVES are kept */
    uint32_t columns[BLAME_LEAVES]; /* of the table */
    size_t scalars[BLAME_LEAVES];   /* of the flat vector */
} BlameLeaves;

static void blame_leaf(const Graph *graph, const Node *node, BlameLeaves *leaves) {
    if (node->op == OP_COLUMN) {
        if (leaves->n_columns < BLAME_LEAVES) leaves->columns[leaves->n_columns] = node->aux.index;
        leaves->n_columns++;
    }
    if (node->op != OP_PARAM) return;
    const Parameter *parameter = &graph->parameters[node->aux.index];
    for (size_t e = 0; e < parameter->count; e++, leaves->n_scalars++)
        if (leaves->n_scalars < BLAME_LEAVES)
            leaves->scalars[leaves->n_scalars] = parameter->offset + e;
}

/* Inputs come before the nodes that read them, so one pass downwards finds all that is below. */
static bool blame_find_leaves(const Graph *graph, NodeId top, BlameLeaves *leaves) {
    bool *below = memory_new((size_t)top + 1, sizeof *below);
    *leaves = (BlameLeaves){0};
    if (!below) return false;
    below[top] = true;
    for (NodeId id = top; id > 0; id--)
        for (uint32_t k = 0; below[id] && k < graph->nodes[id].n_inputs; k++)
            below[graph_input(graph, id, k)] = true;
    for (NodeId id = 1; id <= top; id++)
        if (below[id]) blame_leaf(graph, &graph->nodes[id], leaves);
    memory_free(below);
    return true;
}

/* ---- the facts: 'a - x = -0.5; x = 3; a = 2.5' ----------------------------------------------- */

static void blame_separate(Text *out, const char *separator) {
    if (out->length > 0) text_add(out, separator);
}

static void blame_value(Text *out, double value) {
    text_add(out, " = ");
    text_add(out, number_round(value, BLAME_DIGITS).s);
}

/* Operands that are neither a number nor a name: those follow by themselves. */
static void blame_operands(const Graph *graph, const Fault *fault, Text *out) {
    for (size_t k = 0; k < fault->n_operands; k++) {
        NodeId input = graph_input(graph, fault->node, (uint32_t)k);
        bool again = k > 0 && input == graph_input(graph, fault->node, 0);
        if (again || op_info(graph->nodes[input].op)->kind == KIND_LEAF) continue;
        blame_separate(out, ", ");
        graph_formula(graph, input, BLAME_WORDS, out);
        blame_value(out, fault->operands[k]);
    }
}

static void blame_column(const Graph *graph, const Table *table, uint32_t column, size_t row,
                         Text *out) {
    bool group = column >= graph->n_columns;
    if (group) column = graph->groups[column - graph->n_columns].of;
    text_add(out, table->columns[column].name);
    blame_value(out, table->columns[column].values[row]);
}

static void blame_columns(const Problem *problem, const Fault *fault, const BlameLeaves *leaves,
                          Text *out) {
    const Table *table = train_table(problem);
    const Graph *graph = train_graph(problem);
    size_t row = train_rows(problem).first + fault->row;
    for (size_t k = 0; table && fault->has_row && k < leaves->n_columns; k++) {
        blame_separate(out, k == 0 ? "; " : ", ");
        if (k == BLAME_LEAVES) {
            text_add(out, "...");
            break;
        }
        blame_column(graph, table, leaves->columns[k], row, out);
    }
}

static void blame_parameters(const Graph *graph, const double *x, const BlameLeaves *leaves,
                             Text *out) {
    for (size_t k = 0; k < leaves->n_scalars; k++) {
        blame_separate(out, k == 0 ? "; " : ", ");
        if (k == BLAME_LEAVES) {
            text_add(out, "...");
            break;
        }
        graph_scalar_name(graph, leaves->scalars[k], out);
        blame_value(out, x[leaves->scalars[k]]);
    }
}

static void blame_facts(const Problem *problem, const WalkFacts *facts, const BlameLeaves *leaves,
                        Text *out) {
    const Graph *graph = train_graph(problem);
    blame_operands(graph, &facts->fault, out);
    blame_columns(problem, &facts->fault, leaves, out);
    blame_parameters(graph, facts->fault_point, leaves, out);
}

/* ---- what was wrong -------------------------------------------------------------------------- */

static MessageId blame_power(double base, double exponent) {
    if (base == 0 && exponent < 0) return MSG_FAULT_ZERO_POWER;
    if (base < 0 && exponent != floor(exponent)) return MSG_FAULT_NEGATIVE_POWER;
    return MSG_FAULT_OVERFLOW;
}

static MessageId blame_division(double above, double below) {
    if (below == 0) return above == 0 ? MSG_FAULT_ZERO_ZERO : MSG_FAULT_DIVISION;
    return MSG_FAULT_OVERFLOW;
}

static MessageId blame_logarithm(double value, double pole) {
    if (value == pole) return MSG_FAULT_LOG_ZERO;
    return value < pole ? MSG_FAULT_LOG_NEGATIVE : MSG_FAULT_OVERFLOW;
}

static MessageId blame_why(const Node *node, const Fault *fault) {
    double a = fault->operands[0], b = fault->operands[1];
    switch (node->op) {
        case OP_DIV:
            return blame_division(a, b);
        case OP_POW:
            return blame_power(a, b);
        case OP_POWI:
            return blame_power(a, node->aux.exponent);
        case OP_LOG:
        case OP_LOG2:
        case OP_LOG10:
            return blame_logarithm(a, 0);
        case OP_LOG1P:
            return blame_logarithm(a, -1);
        case OP_SQRT:
            return MSG_FAULT_ROOT;
        case OP_ASIN:
        case OP_ACOS:
        case OP_ATANH:
            return fabs(a) == 1 ? MSG_FAULT_EDGE : MSG_FAULT_OUTSIDE_ONE;
        case OP_ACOSH:
            return MSG_FAULT_BELOW_ONE;
        case OP_LGAMMA:
        case OP_DIGAMMA:
        case OP_TRIGAMMA:
            return a <= 0 ? MSG_FAULT_POLE : MSG_FAULT_OVERFLOW;
        case OP_GATHER:
            return MSG_FAULT_INDEX;
        case OP_CONST:
            return isnan(fault->value) ? MSG_FAULT_CONSTANT_NAN : MSG_FAULT_CONSTANT;
        case OP_COLUMN:
            return MSG_FAULT_DATA;
        default:
            return isnan(fault->value) ? MSG_FAULT_UNDEFINED : MSG_FAULT_OVERFLOW;
    }
}

static MessageId blame_remedy(const BlameLeaves *leaves) {
    if (leaves->n_scalars > 0) return MSG_FAULT_REMEDY;
    return leaves->n_columns > 0 ? MSG_FAULT_REMEDY_DATA : MSG_FAULT_REMEDY_CONSTANT;
}

/* ---- the sentence ---------------------------------------------------------------------------- */

void diagnose_node_words(const Graph *graph, NodeId id, Text *out) {
    Span span = graph->nodes[id].span;
    const char *text = graph->source.text ? graph->source.text + span.start : "";
    size_t length = span.end > span.start ? span.end - span.start : 0;
    bool plain = length > 0 && length <= BLAME_WORDS && span.end <= graph->source.length;
    for (size_t k = 0; plain && k < length; k++)
        plain = text[k] != '~' && text[k] != ';' && text[k] != '{' && text[k] >= ' ';
    if (plain)
        text_add_bytes(out, text, length);
    else
        graph_formula(graph, id, BLAME_WORDS, out);
}

static void blame_row(Error *note, const Problem *problem, const WalkFacts *facts,
                      const char *words, const char *list) {
    const Table *table = train_table(problem);
    const Fault *fault = &facts->fault;
    size_t row = train_rows(problem).first + fault->row;
    NumberText number = number_integer((long long)row + 1), value = number_text(fault->value);
    Text place = {0};
    if (!table || !table->lines || !table->name) {
        error_set(note, STATUS_OK, facts->fault_in_slope ? MSG_FAULT_SLOPE_ROW : MSG_FAULT_ROW,
                  words, value.s, number.s, list, NULL);
        return;
    }
    text_format(&place, "%s:%s", table->name, number_integer(table->lines[row]).s);
    error_set(note, STATUS_OK, facts->fault_in_slope ? MSG_FAULT_SLOPE_FILE : MSG_FAULT_FILE, words,
              value.s, number.s, text_string(&place), list, NULL);
    text_free(&place);
}

void diagnose_fault(const Problem *problem, const WalkFacts *facts, Notes *notes) {
    const Graph *graph = train_graph(problem);
    const Fault *fault = &facts->fault;
    const Node *node = &graph->nodes[fault->node];
    BlameLeaves leaves;
    Text words = {0}, list = {0};
    Error *note = notes_add(notes);
    if (!blame_find_leaves(graph, fault->node, &leaves)) notes->failed = true;
    if (facts->fault_in_slope)
        graph_formula(graph, fault->node, BLAME_WORDS, &words);
    else
        diagnose_node_words(graph, fault->node, &words);
    blame_facts(problem, facts, &leaves, &list);
    if (fault->has_row)
        blame_row(note, problem, facts, text_string(&words), text_string(&list));
    else if (list.length > 0)
        error_set(note, STATUS_OK, facts->fault_in_slope ? MSG_FAULT_SLOPE_ALL : MSG_FAULT_ALL,
                  text_string(&words), number_text(fault->value).s, text_string(&list), NULL);
    else
        error_set(note, STATUS_OK, MSG_FAULT_ALONE, text_string(&words),
                  number_text(fault->value).s, NULL);
    error_place(note, &graph->source, node->span);
    error_label(note, blame_why(node, fault), NULL);
    error_remedy(note, blame_remedy(&leaves), NULL);
    notes->failed = notes->failed || words.failed || list.failed;
    text_free(&words);
    text_free(&list);
}
