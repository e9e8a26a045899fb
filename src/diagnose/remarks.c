/* Things worth telling about the end of a walk: where a number broke, parameters without effect,
 * bounds, kinks. */
#include "diagnose.h"

#include <math.h>

enum { REMARK_PARAMETERS = 4, REMARK_FORMULA = 60, REMARK_NAMES = 20 };

static void remark_parameters(const Graph *graph, const double *x, Text *out) {
    for (size_t i = 0; i < graph->n_scalars && i < REMARK_PARAMETERS; i++) {
        if (i > 0) text_add(out, ", ");
        graph_scalar_name(graph, i, out);
        text_add(out, " = ");
        text_add(out, number_round(x[i], 6).s);
    }
    if (graph->n_scalars > REMARK_PARAMETERS) text_add(out, ", ...");
}

static void remark_operands(const Fault *fault, Text *out) {
    for (size_t k = 0; k < fault->n_operands; k++) {
        if (k > 0) text_add(out, ", ");
        text_add(out, number_round(fault->operands[k], 6).s);
    }
}

/* "row 3", or "row 3 (decay.csv:4)". */
static Message remark_row(const Problem *problem, const Fault *fault) {
    const Table *table = train_table(problem);
    size_t row = train_rows(problem).first + fault->row;
    NumberText number = number_integer((long long)row + 1);
    if (!table || !table->lines || !table->name) return message_make(MSG_PLAIN, number.s, NULL);
    return message_make(MSG_FAULT_ROW_IN_FILE, number.s, table->name,
                        number_integer(table->lines[row]).s, NULL);
}

static void remark_fault(const Problem *problem, const WalkFacts *facts, Notes *notes) {
    const Graph *graph = train_graph(problem);
    const Fault *fault = &facts->fault;
    Text formula = {0}, operands = {0}, parameters = {0}, row = {0};
    Message place = remark_row(problem, fault);
    graph_formula(graph, fault->node, REMARK_FORMULA, &formula);
    remark_operands(fault, &operands);
    remark_parameters(graph, facts->fault_point, &parameters);
    message_render(&place, LANGUAGE_EN, &row);
    Error *note = notes_add(notes);
    if (fault->has_row)
        error_set(note, STATUS_OK, MSG_FAULT_ROW, text_string(&formula),
                  number_text(fault->value).s, text_string(&row), text_string(&operands),
                  text_string(&parameters), NULL);
    else
        error_set(note, STATUS_OK, MSG_FAULT_ALL, text_string(&formula),
                  number_text(fault->value).s, text_string(&operands), text_string(&parameters),
                  NULL);
    error_place(note, &graph->source, graph->nodes[fault->node].span);
    error_remedy(note, MSG_FAULT_REMEDY, NULL);
    text_free(&formula);
    text_free(&operands);
    text_free(&parameters);
    text_free(&row);
}

static void remark_no_effect(const Graph *graph, const WalkFacts *facts, Notes *notes) {
    size_t felt = 0, told = 0;
    for (size_t i = 0; i < graph->n_scalars; i++) felt += facts->felt[i];
    if (felt == 0 && graph->n_scalars > 0 && facts->steps > 0) {
        error_set(notes_add(notes), STATUS_OK, MSG_NOTE_FLAT_START, NULL);
        return;
    }
    for (size_t i = 0; i < graph->n_scalars && told < REMARK_NAMES; i++) {
        Text name = {0};
        if (facts->felt[i] || facts->steps == 0) continue;
        graph_scalar_name(graph, i, &name);
        error_set(notes_add(notes), STATUS_OK, MSG_NOTE_NO_EFFECT, text_string(&name), NULL);
        text_free(&name);
        told++;
    }
}

static void remark_bounds(const Problem *problem, const WalkFacts *facts, Notes *notes) {
    const Graph *graph = train_graph(problem);
    const Objective *objective = train_objective(problem);
    for (size_t i = 0; objective->low && i < graph->n_scalars; i++) {
        double low = objective->low[i], high = objective->high[i], value = facts->values[i];
        Text name = {0};
        if (low == high || (value > low && value < high)) continue;
        graph_scalar_name(graph, i, &name);
        error_set(notes_add(notes), STATUS_OK, MSG_NOTE_AT_BOUND, text_string(&name),
                  number_round(value, 7).s, NULL);
        text_free(&name);
    }
}

static void remark_kinks(const Problem *problem, const WalkFacts *facts, Notes *notes) {
    const Graph *graph = train_graph(problem);
    Rows rows = train_rows(problem);
    NodeId first = NODE_NONE;
    size_t count = exec_count_kinks(graph, graph->loss, facts->values, &rows, &first);
    Text formula = {0};
    if (count == 0) return;
    graph_formula(graph, first, REMARK_FORMULA, &formula);
    error_set(notes_add(notes), STATUS_OK, MSG_NOTE_KINK, text_string(&formula),
              number_integer((long long)count).s, NULL);
    text_free(&formula);
}

void diagnose_notes(const Problem *problem, const WalkFacts *facts, Notes *notes) {
    if (facts->faulty) remark_fault(problem, facts, notes);
    remark_no_effect(train_graph(problem), facts, notes);
    if (!isfinite(facts->loss)) return;
    remark_bounds(problem, facts, notes);
    remark_kinks(problem, facts, notes);
}
