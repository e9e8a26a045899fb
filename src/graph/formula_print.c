/* Forms of formula.c as text: minimal brackets, divisors together below one line, means and
 * conditions in the words of the language. */
#include "graph.h"

#include <math.h>
#include <string.h>

static bool form_full(const Formula *formula) {
    return formula->out->length > formula->limit || formula->out->failed;
}

static void form_print_sum(Formula *formula, const FormAtom *sum) {
    for (uint32_t k = 0; k < sum->count && !form_full(formula); k++) {
        FormTerm term = formula->terms[sum->first + k];
        if (k > 0) {
            text_add(formula->out, term.num < 0 ? " - " : " + ");
            term.num = fabs(term.num);
        }
        graph_form_print(formula, term);
    }
}

static bool form_is_boolean(const FormAtom *atom) {
    return atom->kind == FORM_CALL && op_info(atom->op)->flags & FLAG_BOOLEAN;
}

/* The single atom that the term is, or NULL. */
static const FormAtom *form_single(const Formula *formula, FormTerm term) {
    FormProduct product = formula->products[term.product];
    if (product.count != 1 || term.num != 1 || term.den != 1) return NULL;
    FormFactor only = formula->factors[product.first];
    return only.exponent == 1 ? &formula->atoms[only.atom] : NULL;
}

/* An argument of an infix operator or an index: in brackets unless it is one atom or a number. */
static void form_print_operand(Formula *formula, FormTerm term) {
    const FormAtom *atom = form_single(formula, term);
    bool number = term.product == 0 && term.num >= 0 && term.den == 1;
    bool infix = atom && atom->kind == FORM_CALL && (atom->op == OP_POW || atom->op == OP_MATMUL);
    bool bare = number || (atom && atom->kind != FORM_SUM && !infix);
    if (!bare) text_add_char(formula->out, '(');
    graph_form_print(formula, term);
    if (!bare) text_add_char(formula->out, ')');
}

static void form_print_infix(Formula *formula, const FormAtom *call) {
    const char *spelling = op_info(call->op)->spelling;
    for (uint32_t k = 0; k < 2; k++) {
        if (k > 0) text_format(formula->out, call->op == OP_POW ? "%s" : " %s ", spelling);
        form_print_operand(formula, formula->terms[call->first + k]);
    }
}

/* ---- conditions ------------------------------------------------------------------------------ */

static Op form_opposite(Op op) {
    switch (op) {
    case OP_LT: return OP_GE;
    case OP_LE: return OP_GT;
    case OP_GT: return OP_LE;
    case OP_GE: return OP_LT;
    case OP_EQ: return OP_NE;
    default: return OP_EQ;
    }
}

static Op form_mirrored(Op op) {
    switch (op) {
    case OP_LT: return OP_GT;
    case OP_LE: return OP_GE;
    case OP_GT: return OP_LT;
    case OP_GE: return OP_LE;
    default: return op;
    }
}

static bool form_is_comparison(const FormAtom *atom) {
    return form_is_boolean(atom) && atom->op != OP_AND && atom->op != OP_OR && atom->op != OP_NOT;
}

/* A number stands on the right. */
static void form_print_comparison(Formula *formula, const FormAtom *atom, Op op) {
    FormTerm left = formula->terms[atom->first], right = formula->terms[atom->first + 1];
    bool mirror = left.product == 0 && right.product != 0;
    graph_form_print(formula, mirror ? right : left);
    text_format(formula->out, " %s ", op_info(mirror ? form_mirrored(op) : op)->spelling);
    graph_form_print(formula, mirror ? left : right);
}

static void form_print_condition(Formula *formula, FormTerm term) {
    const FormAtom *atom = form_single(formula, term);
    if (form_full(formula)) return;
    if (!atom || !form_is_boolean(atom)) {
        graph_form_print(formula, term);
    } else if (form_is_comparison(atom)) {
        form_print_comparison(formula, atom, atom->op);
    } else if (atom->op == OP_NOT) {
        const FormAtom *inner = form_single(formula, formula->terms[atom->first]);
        if (inner && form_is_comparison(inner)) {
            form_print_comparison(formula, inner, form_opposite(inner->op));
            return;
        }
        text_add(formula->out, "not (");
        form_print_condition(formula, formula->terms[atom->first]);
        text_add_char(formula->out, ')');
    } else {
        for (uint32_t k = 0; k < 2; k++) {
            FormTerm part = formula->terms[atom->first + k];
            const FormAtom *inner = form_single(formula, part);
            bool brackets = inner && (inner->op == OP_AND || inner->op == OP_OR) &&
                            inner->kind == FORM_CALL && inner->op != atom->op;
            if (k > 0) text_add(formula->out, atom->op == OP_AND ? " and " : " or ");
            if (brackets) text_add_char(formula->out, '(');
            form_print_condition(formula, part);
            if (brackets) text_add_char(formula->out, ')');
        }
    }
}

/* ---- calls ----------------------------------------------------------------------------------- */

static void form_print_list(Formula *formula, const FormAtom *call, const char *open,
                            const char *close) {
    text_add(formula->out, open);
    for (uint32_t k = 0; k < call->count && !form_full(formula); k++) {
        if (k > 0) text_add(formula->out, ", ");
        graph_form_print(formula, formula->terms[call->first + k]);
    }
    text_add(formula->out, close);
}

/* x[2], x[1..3], W[2,1..3]: the part of the input that the node takes. */
static void form_print_slice(Formula *formula, const FormAtom *call) {
    const Graph *graph = formula->graph;
    bool dropped = graph->nodes[call->node].op == OP_RESHAPE;
    NodeId slice = dropped ? graph_input(graph, call->node, 0) : call->node;
    const Node *at = &graph->nodes[slice];
    form_print_operand(formula, graph_form_node(formula, graph_input(graph, slice, 0)));
    for (uint32_t k = 0; k < at->shape.rank; k++) {
        size_t low = at->aux.offset[k] + 1;
        text_format(formula->out, k == 0 ? "[%zu" : ", %zu", low);
        if (!dropped || at->shape.dim[k] != 1)
            text_format(formula->out, "..%zu", low + at->shape.dim[k] - 1);
    }
    text_add_char(formula->out, ']');
}

static void form_print_reduce(Formula *formula, const FormAtom *call) {
    const Graph *graph = formula->graph;
    uint32_t rank = graph->nodes[graph_input(graph, call->node, 0)].shape.rank;
    bool last = rank > 1 && graph->nodes[call->node].aux.axes == 1u << (rank - 1);
    text_add(formula->out, call->op == OP_SUM_OF ? "sum" : call->op == OP_MIN_OF ? "min" : "max");
    form_print_list(formula, call, last ? "_last(" : "(", ")");
}

static void form_print_call(Formula *formula, const FormAtom *call) {
    OpKind kind = op_info(call->op)->kind;
    if (call->op == OP_POW || call->op == OP_MATMUL) {
        form_print_infix(formula, call);
    } else if (call->op == OP_SELECT) {
        text_add(formula->out, "where(");
        form_print_condition(formula, formula->terms[call->first]);
        for (uint32_t k = 1; k < 3; k++) {
            text_add(formula->out, ", ");
            graph_form_print(formula, formula->terms[call->first + k]);
        }
        text_add_char(formula->out, ')');
    } else if (call->op == OP_STACK) {
        form_print_list(formula, call, "[", "]");
    } else if (call->op == OP_SLICE || call->op == OP_RESHAPE) {
        form_print_slice(formula, call);
    } else if (call->op == OP_GATHER) {
        form_print_operand(formula, formula->terms[call->first]);
        text_add_char(formula->out, '[');
        graph_form_print(formula, formula->terms[call->first + 1]);
        text_add_char(formula->out, ']');
    } else if (kind == KIND_REDUCE) {
        form_print_reduce(formula, call);
    } else {
        if (kind == KIND_ROWS)
            text_format(formula->out, "over_rows.%s", op_info(call->op)->spelling + 4);
        else text_add(formula->out, op_info(call->op)->spelling);
        form_print_list(formula, call, "(", ")");
    }
}

/* A name that the language would not read as one stands in backquotes; those of a def's
 * parameters hold dots. */
static void form_print_word(Text *out, const char *name) {
    const char *limit = name + strlen(name);
    uint32_t code;
    bool plain = unicode_decode(name, limit, &code) > 0 && unicode_letter(code);
    for (const char *at = name; at < limit && plain;) {
        int step = unicode_decode(at, limit, &code);
        plain = step > 0 && (unicode_name(code) || code == '.');
        at += step;
    }
    if (!plain) text_add_char(out, '`');
    text_add(out, name);
    if (!plain) text_add_char(out, '`');
}

static void form_print_name(Formula *formula, NodeId id) {
    const Graph *graph = formula->graph;
    const Node *node = &graph->nodes[id];
    if (node->op == OP_PARAM)
        form_print_word(formula->out, graph->parameters[node->aux.index].name);
    else if (graph_column_name(graph, node->aux.index)[0])
        form_print_word(formula->out, graph_column_name(graph, node->aux.index));
}

static void form_print_element(Formula *formula, const FormAtom *atom) {
    const Shape *shape = &formula->graph->nodes[atom->node].shape;
    size_t place[SHAPE_RANK] = {0};
    graph_form_place(shape, atom->element, place);
    form_print_operand(formula, formula->terms[atom->first]);
    for (uint32_t k = 0; k < shape->rank; k++)
        text_format(formula->out, k == 0 ? "[%zu" : ", %zu", place[k] + 1);
    text_add_char(formula->out, ']');
}

/* A truth among numbers counts 1 or 0. */
static void form_print_truth(Formula *formula, uint32_t id) {
    FormTerm term = graph_form_of_atom(formula, id);
    text_add(formula->out, "where(");
    form_print_condition(formula, term);
    text_add(formula->out, ", 1, 0)");
}

/* As a factor, or under an exponent, some need brackets. */
static void form_print_atom(Formula *formula, uint32_t id, bool factor, bool exponent) {
    const FormAtom *atom = &formula->atoms[id];
    bool call = atom->kind == FORM_CALL;
    bool brackets = (factor && (atom->kind == FORM_SUM || (call && atom->op == OP_MATMUL))) ||
                    (exponent && call && atom->op == OP_POW);
    if (form_full(formula)) return;
    if (brackets) text_add_char(formula->out, '(');
    if (atom->kind == FORM_SUM) form_print_sum(formula, atom);
    else if (form_is_boolean(atom)) form_print_truth(formula, id);
    else if (atom->kind == FORM_CALL) form_print_call(formula, atom);
    else if (atom->kind == FORM_ELEMENT) form_print_element(formula, atom);
    else if (atom->kind == FORM_ROWS) text_add(formula->out, "rows");
    else if (atom->kind == FORM_MORE) text_add(formula->out, "...");
    else form_print_name(formula, atom->node);
    if (brackets) text_add_char(formula->out, ')');
}

/* A sum over rows beside 1/rows is a mean. */
static void form_print_mean(Formula *formula, uint32_t atom) {
    text_add(formula->out, "mean");
    form_print_list(formula, &formula->atoms[atom], "(", ")");
}

static bool form_is_row_sum(const Formula *formula, FormFactor factor) {
    const FormAtom *atom = &formula->atoms[factor.atom];
    return atom->kind == FORM_CALL && atom->op == OP_ROW_SUM && factor.exponent == 1;
}

static bool form_is_inverse_rows(const Formula *formula, FormFactor factor) {
    return formula->atoms[factor.atom].kind == FORM_ROWS && factor.exponent == -1;
}

static bool form_has(const Formula *formula, const FormProduct *product,
                     bool (*test)(const Formula *, FormFactor)) {
    for (uint32_t k = 0; k < product->count; k++)
        if (test(formula, formula->factors[product->first + k])) return true;
    return false;
}

static void form_print_factor(Formula *formula, FormFactor factor, bool alone) {
    double exponent = fabs(factor.exponent);
    form_print_atom(formula, factor.atom, !alone || exponent != 1, exponent != 1);
    if (exponent != 1) text_format(formula->out, "^%s", number_text(exponent).s);
}

/* The factors above (or below) the line; returns how many there were. */
static uint32_t form_print_side(Formula *formula, const FormProduct *product, bool above,
                                uint32_t printed) {
    bool mean = form_has(formula, product, form_is_row_sum) &&
                form_has(formula, product, form_is_inverse_rows);
    for (uint32_t k = 0; k < product->count && !form_full(formula); k++) {
        FormFactor factor = formula->factors[product->first + k];
        if ((factor.exponent > 0) != above) continue;
        if (mean && form_is_inverse_rows(formula, factor)) continue;
        if (printed++ > 0) text_add_char(formula->out, '*');
        if (mean && form_is_row_sum(formula, factor)) {
            form_print_mean(formula, factor.atom);
            mean = false;
        } else {
            form_print_factor(formula, factor, false);
        }
    }
    return printed;
}

static uint32_t form_count_below(const Formula *formula, const FormProduct *product) {
    uint32_t below = 0;
    bool mean = form_has(formula, product, form_is_row_sum);
    for (uint32_t k = 0; k < product->count; k++) {
        FormFactor factor = formula->factors[product->first + k];
        if (factor.exponent < 0 && !(mean && form_is_inverse_rows(formula, factor))) below++;
    }
    return below;
}

void graph_form_print(Formula *formula, FormTerm term) {
    FormProduct product = formula->products[term.product];
    if (form_full(formula)) return;
    FormFactor only = {0, 0};
    if (product.count == 1) only = formula->factors[product.first];
    if (product.count == 1 && only.exponent == 1 && term.num == 1 && term.den == 1) {
        form_print_factor(formula, only, true);
        return;
    }
    uint32_t below = form_count_below(formula, &product), printed = 0;
    bool above = product.count > below + (form_has(formula, &product, form_is_inverse_rows) &&
                                          form_has(formula, &product, form_is_row_sum));
    if (term.num < 0 || (term.num == 0 && signbit(term.num))) text_add_char(formula->out, '-');
    double number = fabs(term.num);
    if (number != 1 || !above) {
        text_add(formula->out, number_text(number).s);
        printed = 1;
    }
    form_print_side(formula, &product, true, printed);
    uint32_t divisors = below + (term.den != 1 ? 1 : 0);
    if (divisors == 0) return;
    text_add(formula->out, divisors > 1 ? "/(" : "/");
    if (term.den != 1) text_add(formula->out, number_text(term.den).s);
    form_print_side(formula, &product, false, term.den != 1 ? 1 : 0);
    if (divisors > 1) text_add_char(formula->out, ')');
}
