/* A node as a formula that a person would write. Nodes become forms: sums of terms, a term being a
 * coefficient times powers of atoms. Like terms and equal bases are merged, numbers come first,
 * then names, brackets and functions. Only what is printed is treated so; the graph itself keeps
 * its bits.
 *
 * Work is bounded: a formula that is too large to print ends with '...'. */
#include "graph.h"

#include <math.h>
#include <string.h>

/* ---- coefficients ---------------------------------------------------------------------------- */

static bool form_whole(double value) {
    return value == floor(value) && fabs(value) < 0x1p26;
}

static double form_gcd(double a, double b) {
    while (b != 0) {
        double rest = fmod(a, b);
        a = b;
        b = rest;
    }
    return a;
}

static void form_reduce(double *num, double *den) {
    if (!form_whole(*den) || *den == 0) {
        *num /= *den;
        *den = 1;
        return;
    }
    if (*den < 0) {
        *num = -*num;
        *den = -*den;
    }
    if (!form_whole(*num) || *num == 0) return;
    double gcd = form_gcd(fabs(*num), *den);
    *num /= gcd;
    *den /= gcd;
}

static void form_add_fraction(FormTerm *sum, double num, double den) {
    if (sum->den == den) {
        sum->num += num;
    } else if (form_whole(sum->num) && form_whole(num)) {
        sum->num = sum->num * den + num * sum->den;
        sum->den *= den;
    } else {
        sum->num = sum->num / sum->den + num / den;
        sum->den = 1;
    }
    form_reduce(&sum->num, &sum->den);
}

static uint32_t form_bits(double value) {
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return (uint32_t)(bits ^ (bits >> 32));
}

/* ---- products -------------------------------------------------------------------------------- */

/* Names before brackets before functions. */
static int form_rank(const Formula *formula, FormFactor factor) {
    FormKind kind = formula->atoms[factor.atom].kind;
    bool name = kind == FORM_NAME || kind == FORM_ROWS || kind == FORM_ELEMENT;
    return name ? 0 : kind == FORM_SUM ? 1 : 2;
}

static void form_sort(const Formula *formula, FormFactor *factors, uint32_t count) {
    for (uint32_t k = 1; k < count; k++) {
        FormFactor factor = factors[k];
        uint32_t at = k;
        for (; at > 0 && form_rank(formula, factors[at - 1]) > form_rank(formula, factor); at--)
            factors[at] = factors[at - 1];
        factors[at] = factor;
    }
}

static bool form_same_product(const Formula *formula, const FormProduct *product,
                              const FormFactor *factors, uint32_t count) {
    if (product->count != count) return false;
    for (uint32_t k = 0; k < count; k++) {
        bool found = false;
        for (uint32_t j = 0; j < count && !found; j++) {
            FormFactor other = formula->factors[product->first + j];
            found = other.atom == factors[k].atom && other.exponent == factors[k].exponent;
        }
        if (!found) return false;
    }
    return true;
}

/* The product of these factors (each atom once); equal products are one. */
static uint32_t form_product(Formula *formula, FormFactor *factors, uint32_t count) {
    uint32_t hash = 0;
    if (count == 0) return 0;
    for (uint32_t k = 0; k < count; k++) {
        hash += factors[k].atom * 2654435761u + form_bits(factors[k].exponent) * 40503u;
    }
    uint32_t *bucket = &formula->product_bucket[(hash >> 8) % FORM_BUCKETS];
    for (uint32_t at = *bucket; at != 0; at = formula->products[at].next)
        if (form_same_product(formula, &formula->products[at], factors, count)) return at;
    if (formula->n_products >= FORM_WORK || formula->n_factors + count > FORM_WORK) {
        formula->more = true;
        return 0;
    }
    form_sort(formula, factors, count);
    uint32_t id = formula->n_products++;
    formula->products[id] =
        (FormProduct){.first = formula->n_factors, .count = count, .next = *bucket};
    *bucket = id;
    for (uint32_t k = 0; k < count; k++) formula->factors[formula->n_factors++] = factors[k];
    return id;
}

/* ---- atoms ----------------------------------------------------------------------------------- */

static bool form_same_terms(const FormTerm *a, const FormTerm *b, uint32_t count) {
    for (uint32_t k = 0; k < count; k++)
        if (a[k].num != b[k].num || a[k].den != b[k].den || a[k].product != b[k].product)
            return false;
    return true;
}

static uint32_t form_atom(Formula *formula, FormAtom atom, const FormTerm *terms) {
    uint32_t hash = (uint32_t)atom.kind * 31 + (uint32_t)atom.op * 977 + atom.node * 40503u;
    hash += atom.element * 69069u;
    for (uint32_t k = 0; k < atom.count; k++)
        hash = hash * 2654435761u + terms[k].product + form_bits(terms[k].num);
    uint32_t *bucket = &formula->atom_bucket[(hash >> 8) % FORM_BUCKETS];
    for (uint32_t at = *bucket; at != 0; at = formula->atoms[at].next) {
        const FormAtom *old = &formula->atoms[at];
        if (old->kind == atom.kind && old->op == atom.op && old->node == atom.node &&
            old->element == atom.element && old->count == atom.count &&
            form_same_terms(&formula->terms[old->first], terms, atom.count))
            return at;
    }
    if (formula->n_atoms >= FORM_WORK || formula->n_terms + atom.count > FORM_WORK) {
        formula->more = true;
        return 0;
    }
    atom.first = formula->n_terms;
    atom.next = *bucket;
    for (uint32_t k = 0; k < atom.count; k++) formula->terms[formula->n_terms++] = terms[k];
    *bucket = formula->n_atoms;
    formula->atoms[formula->n_atoms] = atom;
    return formula->n_atoms++;
}

FormTerm graph_form_of_atom(Formula *formula, uint32_t atom) {
    FormFactor factor = {atom, 1};
    return (FormTerm){1, 1, form_product(formula, &factor, 1)};
}

static FormTerm form_leaf(Formula *formula, FormKind kind, NodeId node) {
    FormAtom atom = {.kind = kind, .node = node};
    return graph_form_of_atom(formula, form_atom(formula, atom, NULL));
}

/* ---- sums ------------------------------------------------------------------------------------ */

/* Terms on a stack of their own in the arena; grows by copying, the arena frees at the end. */
typedef struct FormList {
    FormTerm *items;
    uint32_t count, capacity;
} FormList;

static void form_push(Formula *formula, FormList *list, FormTerm term) {
    if (list->count == list->capacity) {
        uint32_t capacity = list->capacity ? list->capacity * 2 : 16;
        FormTerm *items = arena_alloc(&formula->arena, capacity, sizeof *items);
        if (!items || capacity > FORM_WORK) {
            formula->more = true;
            return;
        }
        if (list->count > 0) memcpy(items, list->items, list->count * sizeof *items);
        list->items = items;
        list->capacity = capacity;
    }
    list->items[list->count++] = term;
}

/* Adds a term to the sum with that stamp, merging it with a like one. */
static void form_collect(Formula *formula, FormList *sum, uint32_t stamp, FormTerm term) {
    FormProduct *product = &formula->products[term.product];
    if (product->stamp == stamp && product->slot < sum->count) {
        form_add_fraction(&sum->items[product->slot], term.num, term.den);
        return;
    }
    product->stamp = stamp;
    product->slot = sum->count;
    form_push(formula, sum, term);
}

static void form_merge_selects(Formula *formula, FormList *sum);

static FormTerm form_finish_sum(Formula *formula, FormList *sum) {
    uint32_t count = 0;
    form_merge_selects(formula, sum);
    for (uint32_t k = 0; k < sum->count; k++)
        if (sum->items[k].num != 0) sum->items[count++] = sum->items[k];
    if (count == 0) return (FormTerm){0, 1, 0};
    if (count == 1) return sum->items[0];
    FormAtom atom = {.kind = FORM_SUM, .count = count};
    return graph_form_of_atom(formula, form_atom(formula, atom, sum->items));
}

static bool form_passes(const Formula *formula, NodeId node) {
    const Node *at = &formula->graph->nodes[node];
    if (at->op == OP_BROADCAST) return true;
    return at->op == OP_RESHAPE &&
           formula->graph->nodes[graph_input(formula->graph, node, 0)].op != OP_SLICE;
}

/* A node of the sum that is still to be added; 'num' is 1 or -1, 'product' the node. */
static FormTerm form_sum(Formula *formula, NodeId node) {
    const Graph *graph = formula->graph;
    FormList stack = {0}, leaves = {0}, sum = {0};
    form_push(formula, &stack, (FormTerm){1, 1, node});
    while (stack.count > 0 && !formula->more) {
        FormTerm top = stack.items[--stack.count];
        Op op = graph->nodes[top.product].op;
        double sign = op == OP_SUB || op == OP_NEG ? -top.num : top.num;
        if (op == OP_ADD || op == OP_SUB) {
            form_push(formula, &stack, (FormTerm){sign, 1, graph_input(graph, top.product, 1)});
            form_push(formula, &stack, (FormTerm){top.num, 1, graph_input(graph, top.product, 0)});
        } else if (op == OP_NEG || form_passes(formula, top.product)) {
            form_push(formula, &stack, (FormTerm){sign, 1, graph_input(graph, top.product, 0)});
        } else {
            FormTerm leaf = graph_form_node(formula, top.product);
            leaf.num *= top.num;
            form_push(formula, &leaves, leaf);
        }
    }
    uint32_t stamp = ++formula->stamp;
    for (uint32_t k = 0; k < leaves.count && !formula->more; k++)
        form_collect(formula, &sum, stamp, leaves.items[k]);
    return form_finish_sum(formula, &sum);
}

/* ---- products of nodes ----------------------------------------------------------------------- */

typedef struct FormMaking {
    double num, den;
    FormFactor factors[FORM_FACTORS];
    uint32_t count;
} FormMaking;

static void form_times_atom(Formula *formula, FormMaking *making, uint32_t atom, double exponent) {
    for (uint32_t k = 0; k < making->count; k++) {
        if (making->factors[k].atom != atom) continue;
        making->factors[k].exponent += exponent;
        return;
    }
    if (making->count == FORM_FACTORS) {
        formula->more = true;
        return;
    }
    making->factors[making->count++] = (FormFactor){atom, exponent};
}

static double form_raise(double base, double exponent) {
    return op_value(OP_POW, base, exponent, 0, 0);
}

/* Times a term to a whole exponent. */
static void form_times(Formula *formula, FormMaking *making, FormTerm term, double exponent) {
    double num = exponent > 0 ? term.num : term.den, den = exponent > 0 ? term.den : term.num;
    making->num *= form_raise(num, fabs(exponent));
    making->den *= form_raise(den, fabs(exponent));
    form_reduce(&making->num, &making->den);
    FormProduct product = formula->products[term.product];
    for (uint32_t k = 0; k < product.count; k++) {
        FormFactor factor = formula->factors[product.first + k];
        form_times_atom(formula, making, factor.atom, factor.exponent * exponent);
    }
}

/* Times a term to any fixed exponent: what is not a plain atom stays together. */
static void form_times_power(Formula *formula, FormMaking *making, FormTerm term, double exponent) {
    const FormProduct *product = &formula->products[term.product];
    bool plain = term.num == 1 && term.den == 1 && product->count == 1 &&
                 formula->factors[product->first].exponent == 1;
    if (plain) {
        form_times_atom(formula, making, formula->factors[product->first].atom, exponent);
        return;
    }
    FormAtom group = {.kind = FORM_SUM, .count = 1};
    form_times_atom(formula, making, form_atom(formula, group, &term), exponent);
}

static bool form_fixed_exponent(const Graph *graph, NodeId node, double *exponent) {
    const Node *at = &graph->nodes[node];
    if (at->op == OP_POWI) {
        *exponent = at->aux.exponent;
        return true;
    }
    NodeId b = graph_input(graph, node, 1);
    if (graph->nodes[b].op == OP_BROADCAST) b = graph_input(graph, b, 0);
    *exponent = graph->nodes[b].aux.value;
    return graph->nodes[b].op == OP_CONST;
}

static FormTerm form_finish_product(Formula *formula, FormMaking *making) {
    uint32_t count = 0;
    for (uint32_t k = 0; k < making->count; k++)
        if (making->factors[k].exponent != 0) making->factors[count++] = making->factors[k];
    if (making->num == 0) count = 0;
    return (FormTerm){making->num, making->den, form_product(formula, making->factors, count)};
}

/* One node of the product, to the exponent: pushes its parts, or multiplies it in. */
static void form_factor(Formula *formula, FormMaking *making, FormList *stack, FormTerm top) {
    const Graph *graph = formula->graph;
    NodeId node = top.product;
    Op op = graph->nodes[node].op;
    double fixed;
    if (op == OP_MUL || op == OP_DIV) {
        double other = op == OP_DIV ? -top.num : top.num;
        form_push(formula, stack, (FormTerm){other, 1, graph_input(graph, node, 1)});
        form_push(formula, stack, (FormTerm){top.num, 1, graph_input(graph, node, 0)});
    } else if (op == OP_NEG) {
        if (fmod(top.num, 2) != 0) making->num = -making->num;
        form_push(formula, stack, (FormTerm){top.num, 1, graph_input(graph, node, 0)});
    } else if (form_passes(formula, node)) {
        form_push(formula, stack, (FormTerm){top.num, 1, graph_input(graph, node, 0)});
    } else if ((op == OP_POW || op == OP_POWI) && form_fixed_exponent(graph, node, &fixed)) {
        NodeId base = graph_input(graph, node, 0);
        if (fixed == floor(fixed)) form_push(formula, stack, (FormTerm){top.num * fixed, 1, base});
        else form_times_power(formula, making, graph_form_node(formula, base), fixed * top.num);
    } else {
        form_times(formula, making, graph_form_node(formula, node), top.num);
    }
}

/* On the stack 'num' is the exponent and 'product' the node. */
static FormTerm form_multiply(Formula *formula, NodeId node) {
    FormMaking *making = arena_alloc(&formula->arena, 1, sizeof *making);
    FormList stack = {0};
    if (!making) {
        formula->more = true;
        return (FormTerm){0, 1, 0};
    }
    making->num = making->den = 1;
    form_push(formula, &stack, (FormTerm){1, 1, node});
    while (stack.count > 0 && !formula->more) {
        FormTerm top = stack.items[--stack.count];
        form_factor(formula, making, &stack, top);
    }
    return form_finish_product(formula, making);
}

/* ---- over rows ------------------------------------------------------------------------------- */

static bool form_find_rows(const Formula *formula, FormTerm term, double *exponent) {
    FormProduct product = formula->products[term.product];
    for (uint32_t k = 0; k < product.count; k++) {
        FormFactor factor = formula->factors[product.first + k];
        *exponent = factor.exponent;
        if (formula->atoms[factor.atom].kind == FORM_ROWS) return true;
    }
    return false;
}

/* The term less its power of the number of rows. */
static FormTerm form_without_rows(Formula *formula, FormTerm term) {
    FormProduct product = formula->products[term.product];
    FormFactor *kept = arena_alloc(&formula->arena, product.count + 1, sizeof *kept);
    uint32_t count = 0;
    if (!kept) {
        formula->more = true;
        return term;
    }
    for (uint32_t k = 0; k < product.count; k++) {
        FormFactor factor = formula->factors[product.first + k];
        if (formula->atoms[factor.atom].kind != FORM_ROWS) kept[count++] = factor;
    }
    term.product = form_product(formula, kept, count);
    return term;
}

/* When each part of a sum has the same power of the number of rows: the sum without it. */
static FormTerm form_sum_without_rows(Formula *formula, FormTerm term, double *exponent) {
    FormProduct product = formula->products[term.product];
    FormFactor only = formula->factors[product.first];
    if (product.count != 1 || only.exponent != 1 || formula->atoms[only.atom].kind != FORM_SUM)
        return term;
    FormAtom sum = formula->atoms[only.atom];
    double first = 0, other;
    for (uint32_t k = 0; k < sum.count; k++) {
        if (!form_find_rows(formula, formula->terms[sum.first + k], &other)) return term;
        if (k == 0) first = other;
        if (other != first) return term;
    }
    FormList list = {0};
    for (uint32_t k = 0; k < sum.count; k++)
        form_push(formula, &list, form_without_rows(formula, formula->terms[sum.first + k]));
    if (formula->more) return term;
    FormAtom less = {.kind = FORM_SUM, .count = list.count};
    FormTerm out = graph_form_of_atom(formula, form_atom(formula, less, list.items));
    *exponent = first;
    return (FormTerm){term.num, term.den, out.product};
}

static uint32_t form_rows_atom(Formula *formula) {
    return form_atom(formula, (FormAtom){.kind = FORM_ROWS}, NULL);
}

/* Numbers and the number of rows are taken out of the sum. */
static FormTerm form_row_sum(Formula *formula, FormTerm inner) {
    double exponent = 0;
    if (form_find_rows(formula, inner, &exponent)) inner = form_without_rows(formula, inner);
    else {
        exponent = 0;
        inner = form_sum_without_rows(formula, inner, &exponent);
    }
    FormTerm argument = {1, 1, inner.product};
    FormAtom atom = {.kind = FORM_CALL, .op = OP_ROW_SUM, .count = 1};
    FormFactor factors[2] = {{form_atom(formula, atom, &argument), 1},
                             {form_rows_atom(formula), exponent}};
    uint32_t product = form_product(formula, factors, exponent != 0 ? 2 : 1);
    return (FormTerm){inner.num, inner.den, product};
}

/* ---- where ----------------------------------------------------------------------------------- */

static bool form_is_zero(FormTerm term) {
    return term.num == 0 && term.product == 0;
}

static FormTerm form_scaled(FormTerm term, double num, double den) {
    term.num *= num;
    term.den *= den;
    form_reduce(&term.num, &term.den);
    return term;
}

/* where(c, a, b) of terms. A condition that is known chooses; of where(c, a, 0) the number in
 * front of a, and its power of the number of rows, stand outside. */
static FormTerm form_select(Formula *formula, const FormTerm terms[3]) {
    FormTerm arms[3] = {terms[0], terms[1], terms[2]}, outside = {1, 1, 0};
    double exponent = 0;
    if (terms[0].product == 0) return terms[0].num != 0 ? terms[1] : terms[2];
    if (form_same_terms(&terms[1], &terms[2], 1)) return terms[1];
    int arm = form_is_zero(terms[2]) ? 1 : form_is_zero(terms[1]) ? 2 : 0;
    if (arm != 0 && terms[arm].product != 0) {
        if (!form_find_rows(formula, terms[arm], &exponent)) exponent = 0;
        else arms[arm] = form_without_rows(formula, terms[arm]);
        if (arms[arm].product != 0) {
            outside = (FormTerm){arms[arm].num, arms[arm].den, 0};
            arms[arm].num = arms[arm].den = 1;
        }
    }
    FormAtom atom = {.kind = FORM_CALL, .op = OP_SELECT, .count = 3};
    FormFactor factors[2] = {{form_atom(formula, atom, arms), 1}, {0, exponent}};
    if (exponent != 0) factors[1].atom = form_rows_atom(formula);
    outside.product = form_product(formula, factors, exponent != 0 ? 2 : 1);
    return outside;
}

/* The call of 'where' that the term is, but for a number; or NULL. */
static const FormAtom *form_select_of(const Formula *formula, FormTerm term) {
    FormProduct product = formula->products[term.product];
    if (product.count != 1) return NULL;
    FormFactor only = formula->factors[product.first];
    const FormAtom *atom = &formula->atoms[only.atom];
    bool select = atom->kind == FORM_CALL && atom->op == OP_SELECT && only.exponent == 1;
    return select ? atom : NULL;
}

/* a + b, both maybe sums. */
static FormTerm form_plus(Formula *formula, FormTerm a, FormTerm b) {
    FormTerm parts[2] = {a, b};
    FormList sum = {0};
    uint32_t stamp = ++formula->stamp;
    for (int k = 0; k < 2 && !formula->more; k++) {
        FormProduct product = formula->products[parts[k].product];
        FormFactor only = {0, 0};
        if (product.count == 1) only = formula->factors[product.first];
        bool unit = fabs(parts[k].num) == 1 && parts[k].den == 1 && only.exponent == 1;
        FormAtom atom = formula->atoms[only.atom];
        if (!unit || atom.kind != FORM_SUM) {
            form_collect(formula, &sum, stamp, parts[k]);
            continue;
        }
        for (uint32_t j = 0; j < atom.count; j++)
            form_collect(formula, &sum, stamp,
                         form_scaled(formula->terms[atom.first + j], parts[k].num, 1));
    }
    return form_finish_sum(formula, &sum);
}

/* where(c, a, b) + where(c, d, e) is where(c, a + d, b + e). */
static bool form_merge_pair(Formula *formula, FormTerm *into, FormTerm term) {
    const FormAtom *first = form_select_of(formula, *into);
    const FormAtom *second = form_select_of(formula, term);
    if (!first || !second ||
        !form_same_terms(&formula->terms[first->first], &formula->terms[second->first], 1))
        return false;
    FormTerm arms[3] = {formula->terms[first->first]};
    uint32_t a = first->first, b = second->first;
    for (uint32_t k = 1; k < 3; k++)
        arms[k] = form_plus(formula, form_scaled(formula->terms[a + k], into->num, into->den),
                            form_scaled(formula->terms[b + k], term.num, term.den));
    if (formula->more) return false;
    *into = form_select(formula, arms);
    return true;
}

static void form_merge_selects(Formula *formula, FormList *sum) {
    enum { MANY = 64 };
    uint32_t selects = 0;
    for (uint32_t k = 0; k < sum->count; k++)
        selects += form_select_of(formula, sum->items[k]) != NULL;
    if (selects < 2 || selects > MANY) return;
    for (uint32_t k = 0; k < sum->count; k++)
        for (uint32_t j = k + 1; j < sum->count && form_select_of(formula, sum->items[k]); j++)
            if (form_merge_pair(formula, &sum->items[k], sum->items[j]))
                sum->items[j] = (FormTerm){0, 1, 0};
}

/* ---- any node -------------------------------------------------------------------------------- */

/* Operators whose aux counts when two calls are compared. */
static bool form_needs_node(Op op) {
    OpKind kind = op_info(op)->kind;
    return kind == KIND_SHAPE || kind == KIND_REDUCE || op == OP_SCATTER;
}

/* A call of the node's operator; of numbers alone it is a number. */
static FormTerm form_apply(Formula *formula, NodeId node, const FormTerm *arguments) {
    const Node *at = &formula->graph->nodes[node];
    if (at->op == OP_SELECT) return form_select(formula, arguments);
    bool known = op_info(at->op)->flags & FLAG_BOOLEAN && at->n_inputs == 2;
    for (uint32_t k = 0; k < at->n_inputs && known; k++) known = arguments[k].product == 0;
    if (known) {
        double a = arguments[0].num / arguments[0].den, b = arguments[1].num / arguments[1].den;
        return (FormTerm){op_value(at->op, a, b, 0, 0), 1, 0};
    }
    FormAtom atom = {.kind = FORM_CALL,
                     .op = at->op,
                     .node = form_needs_node(at->op) ? node : 0,
                     .count = at->n_inputs};
    return graph_form_of_atom(formula, form_atom(formula, atom, arguments));
}

static FormTerm form_call(Formula *formula, NodeId node) {
    const Graph *graph = formula->graph;
    const Node *at = &graph->nodes[node];
    if (at->n_inputs > FORM_FACTORS) {
        formula->more = true;
        return (FormTerm){0, 1, 0};
    }
    FormTerm *arguments = arena_alloc(&formula->arena, at->n_inputs + 1, sizeof *arguments);
    if (!arguments) formula->more = true;
    for (uint32_t k = 0; k < at->n_inputs && !formula->more; k++)
        arguments[k] = graph_form_node(formula, graph_input(graph, node, k));
    if (formula->more) return (FormTerm){0, 1, 0};
    return form_apply(formula, node, arguments);
}
/* ---- one number of a vector or matrix -------------------------------------------------------- */

static FormTerm form_element(Formula *formula, NodeId node, size_t element);

void graph_form_place(const Shape *shape, size_t element, size_t place[SHAPE_RANK]) {
    for (uint32_t k = shape->rank; k-- > 0; element /= shape->dim[k])
        place[k] = element % shape->dim[k];
}

/* Where the element of a moved value comes from; false: it is one of the zeros around it. */
static bool form_source(const Graph *graph, NodeId node, size_t element, size_t *source) {
    const Node *at = &graph->nodes[node];
    const Shape *from = &graph->nodes[graph_input(graph, node, 0)].shape;
    size_t to[SHAPE_RANK] = {0}, place[SHAPE_RANK] = {0};
    uint32_t next = 0;
    graph_form_place(&at->shape, element, to);
    for (uint32_t k = 0; k < at->shape.rank; k++) {
        switch (at->op) {
        case OP_TRANSPOSE: place[at->aux.axis[k]] = to[k]; break;
        case OP_SLICE: place[k] = to[k] + at->aux.offset[k]; break;
        case OP_PAD:
            place[k] = to[k] - at->aux.offset[k];
            if (to[k] < at->aux.offset[k] || place[k] >= from->dim[k]) return false;
            break;
        default: /* BROADCAST */
            if (!(at->aux.axes >> k & 1u)) place[next++] = to[k];
            break;
        }
    }
    *source = 0;
    for (uint32_t k = 0; k < from->rank; k++) *source = *source * from->dim[k] + place[k];
    return true;
}

static FormTerm form_element_of_shape(Formula *formula, NodeId node, size_t element) {
    const Graph *graph = formula->graph;
    const Node *at = &graph->nodes[node];
    size_t source = element;
    if (at->op == OP_STACK) {
        size_t each = graph_count(&at->shape) / at->n_inputs;
        NodeId part = graph_input(graph, node, (uint32_t)(element / each));
        return form_element(formula, part, element % each);
    }
    if (at->op != OP_RESHAPE && !form_source(graph, node, element, &source))
        return (FormTerm){0, 1, 0};
    return form_element(formula, graph_input(graph, node, 0), source);
}

static FormTerm form_element_of_elementwise(Formula *formula, NodeId node, size_t element) {
    const Graph *graph = formula->graph;
    const Node *at = &graph->nodes[node];
    FormTerm in[3] = {{0, 1, 0}, {0, 1, 0}, {0, 1, 0}};
    double exponent;
    for (uint32_t k = 0; k < at->n_inputs; k++)
        in[k] = form_element(formula, graph_input(graph, node, k), element);
    if (formula->more) return in[0];
    bool power = (at->op == OP_POWI || at->op == OP_POW) &&
                 form_fixed_exponent(graph, node, &exponent);
    if (at->op == OP_ADD) return form_plus(formula, in[0], in[1]);
    if (at->op == OP_SUB) return form_plus(formula, in[0], form_scaled(in[1], -1, 1));
    if (at->op == OP_NEG) return form_scaled(in[0], -1, 1);
    if (at->op != OP_MUL && at->op != OP_DIV && !power) return form_apply(formula, node, in);
    FormMaking *making = arena_alloc(&formula->arena, 1, sizeof *making);
    if (!making) {
        formula->more = true;
        return in[0];
    }
    making->num = making->den = 1;
    if (!power) {
        form_times(formula, making, in[0], 1);
        form_times(formula, making, in[1], at->op == OP_MUL ? 1 : -1);
    } else if (form_fixed_exponent(graph, node, &exponent) && exponent == floor(exponent)) {
        form_times(formula, making, in[0], exponent);
    } else {
        form_times_power(formula, making, in[0], exponent);
    }
    return form_finish_product(formula, making);
}

static FormTerm form_element(Formula *formula, NodeId node, size_t element) {
    const Node *at = &formula->graph->nodes[node];
    OpKind kind = op_info(at->op)->kind;
    if (at->shape.rank == 0) return graph_form_node(formula, node);
    if (formula->depth >= FORM_DEPTH || formula->work++ >= FORM_WORK) formula->more = true;
    if (formula->more) return (FormTerm){0, 1, 0};
    FormTerm term;
    formula->depth++;
    if (kind == KIND_ELEMENTWISE) {
        term = form_element_of_elementwise(formula, node, element);
    } else if (kind == KIND_SHAPE) {
        term = form_element_of_shape(formula, node, element);
    } else if (at->op == OP_ROW_SUM) {
        NodeId inner = graph_input(formula->graph, node, 0);
        term = form_row_sum(formula, form_element(formula, inner, element));
    } else {
        FormTerm whole = graph_form_node(formula, node);
        FormAtom atom = {
            .kind = FORM_ELEMENT, .node = node, .element = (uint32_t)element, .count = 1};
        term = graph_form_of_atom(formula, form_atom(formula, atom, &whole));
    }
    formula->depth--;
    return term;
}

static FormTerm form_make(Formula *formula, NodeId node) {
    const Graph *graph = formula->graph;
    double exponent;
    switch (graph->nodes[node].op) {
    case OP_CONST: return (FormTerm){graph->nodes[node].aux.value, 1, 0};
    case OP_COLUMN:
    case OP_PARAM: return form_leaf(formula, FORM_NAME, node);
    case OP_ROW_COUNT: return graph_form_of_atom(formula, form_rows_atom(formula));
    case OP_ADD:
    case OP_SUB: return form_sum(formula, node);
    case OP_NEG:
    case OP_MUL:
    case OP_DIV:
    case OP_POWI: return form_multiply(formula, node);
    case OP_POW:
        return form_fixed_exponent(graph, node, &exponent) ? form_multiply(formula, node)
                                                           : form_call(formula, node);
    case OP_BROADCAST: return graph_form_node(formula, graph_input(graph, node, 0));
    case OP_RESHAPE: {
        NodeId from = graph_input(graph, node, 0);
        if (form_passes(formula, node)) return graph_form_node(formula, from);
        return graph->nodes[node].shape.rank == 0 ? form_element(formula, from, 0)
                                                  : form_call(formula, node);
    }
    case OP_ROW_SUM:
        return form_row_sum(formula, graph_form_node(formula, graph_input(graph, node, 0)));
    default: return form_call(formula, node);
    }
}

FormTerm graph_form_node(Formula *formula, NodeId node) {
    FormTerm zero = {0, 1, 0};
    if (formula->more) return zero;
    if (formula->memo[node].den != 0) return formula->memo[node];
    if (formula->depth >= FORM_DEPTH) return form_leaf(formula, FORM_MORE, 0);
    formula->depth++;
    FormTerm term = form_make(formula, node);
    formula->depth--;
    if (formula->more) return zero;
    formula->memo[node] = term;
    return term;
}

/* ---- the whole ------------------------------------------------------------------------------- */

static bool form_open(Formula *formula) {
    Arena *arena = &formula->arena;
    formula->memo = arena_alloc(arena, formula->graph->n_nodes, sizeof *formula->memo);
    formula->factors = arena_alloc(arena, FORM_WORK, sizeof *formula->factors);
    formula->products = arena_alloc(arena, FORM_WORK, sizeof *formula->products);
    formula->atoms = arena_alloc(arena, FORM_WORK, sizeof *formula->atoms);
    formula->terms = arena_alloc(arena, FORM_WORK, sizeof *formula->terms);
    formula->n_products = formula->n_atoms = 1; /* product 0 is the empty one, atom 0 none */
    return !arena->failed;
}

void graph_formula(const Graph *graph, NodeId node, size_t limit, Text *out) {
    Formula *formula = memory_new(1, sizeof *formula);
    if (!formula) {
        out->failed = true;
        return;
    }
    size_t start = out->length;
    formula->graph = graph;
    formula->out = out;
    formula->limit = start + limit;
    if (form_open(formula)) {
        FormTerm term = graph_form_node(formula, node);
        if (!formula->more) graph_form_print(formula, term);
        if (formula->more || out->length > formula->limit) {
            if (out->length > formula->limit) out->length = formula->limit;
            while (out->length > start && ((unsigned char)out->data[out->length] & 0xC0) == 0x80)
                out->length--;
            text_add(out, "...");
        }
    } else {
        out->failed = true;
    }
    arena_free(&formula->arena);
    memory_free(formula);
}
