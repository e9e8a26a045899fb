/* Things worth telling about the end of a walk: parameters without effect, bounds, kinks; and where
 * a number broke (blame.c). */
#include "diagnose.h"

#include <math.h>

enum { REMARK_FORMULA = 60, REMARK_NAMES = 20 };

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
    error_set(notes_add(notes), STATUS_OK, count > 1 ? MSG_NOTE_KINK : MSG_NOTE_KINK_ONE,
              text_string(&formula), number_integer((long long)count).s, NULL);
    text_free(&formula);
}

void diagnose_notes(const Problem *problem, const WalkFacts *facts, Notes *notes) {
    if (facts->faulty) diagnose_fault(problem, facts, notes);
    remark_no_effect(train_graph(problem), facts, notes);
    if (!isfinite(facts->loss)) return;
    remark_bounds(problem, facts, notes);
    if (!facts->faulty) remark_kinks(problem, facts, notes);
}
