/* Things worth telling about the end of a walk: parameters without effect, bounds, kinks; and where
 * a number broke (blame.c). */
#include "diagnose.h"

#include <math.h>
#include <string.h>

enum { REMARK_NAMES = 20 };

/* Does the loss change when that parameter alone is moved far? */
static bool remark_acts(const Objective *objective, const WalkFacts *facts, size_t i,
                        double *point) {
    static const double FAR[] = {1, -1, 0.5, -0.5};
    double here, loss;
    if (objective->loss_gradient(objective->context, facts->values, &here, NULL) != STATUS_OK)
        return false;
    memcpy(point, facts->values, objective->n * sizeof *point);
    for (size_t k = 0; k < COUNT_OF(FAR); k++) {
        point[i] = facts->values[i] + FAR[k] * (1 + fabs(facts->values[i]));
        if (objective->loss_gradient(objective->context, point, &loss, NULL) != STATUS_OK) break;
        if (loss != here) return true;
    }
    return false;
}

/* Parameters whose slope was zero all the way: without effect, or on level ground. */
static void remark_unfelt(const Problem *problem, const WalkFacts *facts, Ground ground,
                          Notes *notes) {
    const Graph *graph = train_graph(problem);
    const Objective *objective = train_objective(problem);
    double *point = memory_new(graph->n_scalars + 1, sizeof *point);
    if (!point) notes->failed = true;
    for (size_t i = 0, told = 0; point && i < graph->n_scalars && told < REMARK_NAMES; i++) {
        bool fixed = objective->low && objective->low[i] == objective->high[i];
        Text name = {0};
        if (facts->felt[i] || fixed) continue;
        bool acts = ground == GROUND_FALLS || remark_acts(objective, facts, i, point);
        if (acts && ground == GROUND_BOTTOM) continue;
        graph_scalar_name(graph, i, &name);
        error_set(notes_add(notes), STATUS_OK, acts ? MSG_NOTE_UNFELT : MSG_NOTE_NO_EFFECT,
                  text_string(&name), NULL);
        text_free(&name);
        told++;
    }
    memory_free(point);
}

/* Where the ground falls on beyond the bound, that is the way the data push. */
static void remark_bounds(const Problem *problem, const WalkFacts *facts, Notes *notes) {
    const Graph *graph = train_graph(problem);
    const Objective *objective = train_exact_objective(problem);
    double loss, *slope = memory_new(graph->n_scalars + 1, sizeof *slope);
    bool known = slope && objective->low &&
                 objective->loss_gradient(objective->context, facts->values, &loss, slope) ==
                     STATUS_OK;
    for (size_t i = 0; known && i < graph->n_scalars; i++) {
        double low = objective->low[i], high = objective->high[i], value = facts->values[i];
        Text name = {0};
        if (low == high || (value > low && value < high)) continue;
        bool below = value <= low, pushed = below ? slope[i] > 0 : slope[i] < 0;
        MessageId id = !pushed ? MSG_NOTE_ON_BOUND
                       : below ? MSG_NOTE_BELOW_BOUND
                               : MSG_NOTE_ABOVE_BOUND;
        graph_scalar_name(graph, i, &name);
        error_set(notes_add(notes), STATUS_OK, id, text_string(&name), number_round(value, 7).s,
                  number_round(slope[i], 4).s, NULL);
        text_free(&name);
    }
    memory_free(slope);
}

static void remark_kinks(const Problem *problem, const WalkFacts *facts, Notes *notes) {
    const Graph *graph = train_graph(problem);
    Rows rows = train_rows(problem);
    NodeId first = NODE_NONE;
    size_t count = exec_count_kinks(graph, graph->loss, facts->values, &rows, &first);
    Text formula = {0};
    if (count == 0) return;
    diagnose_node_words(graph, first, &formula);
    error_set(notes_add(notes), STATUS_OK, count > 1 ? MSG_NOTE_KINK : MSG_NOTE_KINK_ONE,
              text_string(&formula), number_integer((long long)count).s, NULL);
    text_free(&formula);
}

/* Compiled code would have paid, and could not be had. */
static void remark_code(const Problem *problem, Notes *notes) {
    CodeState state = train_code_state(problem);
    if (state == CODE_NO_COMPILER)
        error_set(notes_add(notes), STATUS_OK, MSG_NOTE_NO_COMPILER, NULL);
    if (state == CODE_FAILED) error_set(notes_add(notes), STATUS_OK, MSG_NOTE_NO_CODE, NULL);
}

void diagnose_notes(const Problem *problem, const WalkFacts *facts, Ground ground, Notes *notes) {
    if (facts->faulty) diagnose_fault(problem, facts, notes);
    else remark_unfelt(problem, facts, ground, notes);
    remark_code(problem, notes);
    if (!isfinite(facts->loss)) return;
    remark_bounds(problem, facts, notes);
    if (!facts->faulty) remark_kinks(problem, facts, notes);
}
