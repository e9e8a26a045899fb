/* The slope checked, and the god's-eye view. */
#include "api.h"

#include <math.h>
#include <string.h>

enum { SLOPE_FORMULA = 2000 };

struct descend_slope {
    descend_walk *walk;
    SlopeCheck check;
    Text formula, sentence;
};

struct descend_bisect {
    Bisection bisection;
    Text text;
};

/* ---- slope ----------------------------------------------------------------------------------- */

descend_slope *descend_slope_open(descend_walk *walk, descend_error **error) {
    if (api_prepare(walk, error) != DESCEND_OK) return NULL;
    descend_slope *slope = memory_new(1, sizeof *slope);
    Status status = slope ? STATUS_OK : STATUS_MEMORY;
    if (slope) slope->walk = walk;
    if (slope) status = diagnose_slope(walk->problem, walk->start, &slope->check);
    if (status == STATUS_OK) return slope;
    memory_free(slope);
    if (status == STATUS_MEMORY)
        api_no_memory(error);
    else
        api_fail(error, train_late_error(walk->problem));
    return NULL;
}

void descend_slope_free(descend_slope *slope) {
    if (!slope) return;
    diagnose_slope_free(&slope->check);
    text_free(&slope->formula);
    text_free(&slope->sentence);
    memory_free(slope);
}

/* The formula of one element of a parameter's gradient. */
const char *descend_slope_formula(descend_slope *slope, size_t i) {
    if (!slope) return "";
    Problem *problem = slope->walk->problem;
    const Graph *graph = train_graph(problem);
    const NodeId *gradient = NULL;
    text_clear(&slope->formula);
    if (train_gradient_nodes(problem, &gradient) != STATUS_OK) return "";
    for (size_t k = 0; k < graph->n_parameters; k++) {
        const Parameter *parameter = &graph->parameters[k];
        if (i >= parameter->offset && i < parameter->offset + parameter->count)
            graph_formula(graph, gradient[k], SLOPE_FORMULA, &slope->formula);
    }
    return text_string(&slope->formula);
}

double descend_slope_exact(const descend_slope *slope, size_t i) {
    return slope && i < slope->check.n ? slope->check.exact[i] : NAN;
}

descend_foot descend_slope_foot(const descend_slope *slope, size_t i) {
    if (!slope || i >= slope->check.n) return (descend_foot){NAN, NAN, NAN, NAN, NAN, NAN};
    const Foot *foot = &slope->check.feet[i];
    return (descend_foot){foot->left,       foot->right, foot->left_loss,
                          foot->right_loss, foot->slope, foot->noise};
}

int descend_slope_agrees(const descend_slope *slope, size_t i) {
    return slope && i < slope->check.n && slope->check.agrees[i];
}

int descend_slope_directions(const descend_slope *slope, double *best_fall, double *best_angle,
                             double *straight_fall) {
    if (!slope) return 0;
    if (best_fall) *best_fall = slope->check.best_fall;
    if (best_angle) *best_angle = slope->check.best_angle;
    if (straight_fall) *straight_fall = slope->check.straight_fall;
    return slope->check.directions;
}

static Message slope_kink(const descend_slope *slope) {
    Text formula = {0};
    diagnose_node_words(train_graph(slope->walk->problem), slope->check.kink, &formula);
    Message message = message_make(MSG_API_SLOPE_KINK, text_string(&formula), NULL);
    text_free(&formula);
    return message;
}

int descend_slope_verdict(descend_slope *slope, const char *language, const char **sentence) {
    if (sentence) *sentence = "";
    if (!slope) return 0;
    const SlopeCheck *check = &slope->check;
    const Foot *foot = check->worst < check->n ? &check->feet[check->worst] : NULL;
    Message message;
    if (!foot && check->kink != NODE_NONE)
        message = slope_kink(slope);
    else if (!foot)
        message = message_make(MSG_API_SLOPE_AGREES, NULL);
    else if (!isfinite(foot->left_loss) && !isfinite(foot->right_loss))
        message = message_make(MSG_API_SLOPE_NOWHERE,
                               descend_walk_parameter_name(slope->walk, check->worst),
                               number_text(foot->left_loss).s, number_text(foot->right_loss).s,
                               NULL);
    else
        message = message_make(MSG_API_SLOPE_DISAGREES,
                               descend_walk_parameter_name(slope->walk, check->worst),
                               number_round(check->exact[check->worst], 10).s,
                               number_round(check->feet[check->worst].slope, 10).s,
                               number_round(check->feet[check->worst].noise, 2).s, NULL);
    if (sentence) *sentence = api_render(&slope->sentence, &message, language);
    return check->worst == check->n;
}

/* ---- bisection ------------------------------------------------------------------------------- */

static Status bisect_find_parameter(const descend_walk *walk, const char *name, size_t *index,
                                    Error *error) {
    size_t n = descend_walk_parameter_count(walk);
    for (size_t i = 0; i < n; i++) {
        const char *own = descend_walk_parameter_name(walk, i);
        if (!own[0]) return error_memory(error);
        if (strcmp(own, name) != 0) continue;
        *index = i;
        return STATUS_OK;
    }
    return error_set(error, STATUS_INPUT, MSG_API_NO_PARAMETER, name, NULL);
}

descend_bisect *descend_bisect_open(descend_walk *walk, const char *parameter, double low,
                                    double high, descend_error **error) {
    size_t index = 0;
    if (!parameter) {
        api_null(error, "parameter");
        return NULL;
    }
    if (api_prepare(walk, error) != DESCEND_OK) return NULL;
    Error inside = {0};
    if (bisect_find_parameter(walk, parameter, &index, &inside) != STATUS_OK) {
        api_fail(error, &inside);
        return NULL;
    }
    descend_bisect *bisect = memory_new(1, sizeof *bisect);
    if (bisect && diagnose_bisect_open(walk->problem, walk->start, index, low, high,
                                       &bisect->bisection) == STATUS_OK)
        return bisect;
    memory_free(bisect);
    api_no_memory(error);
    return NULL;
}

descend_status descend_bisect_step(descend_bisect *bisect, descend_bisect_event *event,
                                   descend_error **error) {
    if (!bisect) return api_null(error, "bisect");
    Bisection *inside = &bisect->bisection;
    descend_bisect_event here = {.low = inside->low, .high = inside->high};
    if (inside->done) return DESCEND_DONE;
    Status status = diagnose_bisect_step(inside, &here.middle, &here.slope);
    if (status == STATUS_MEMORY) return api_no_memory(error);
    if (status != STATUS_OK) return api_fail(error, train_late_error(inside->problem));
    here.evaluation = inside->evaluations;
    if (event) *event = here;
    return inside->done ? DESCEND_DONE : DESCEND_RUNNING;
}

double descend_bisect_answer(const descend_bisect *bisect) {
    return bisect ? bisect->bisection.answer : NAN;
}

long descend_bisect_evaluations(const descend_bisect *bisect) {
    return bisect ? bisect->bisection.evaluations : 0;
}

const char *descend_bisect_sentence(descend_bisect *bisect, const char *language) {
    Message message;
    if (!bisect) return "";
    diagnose_bisect_sentence(&bisect->bisection, &message);
    return api_render(&bisect->text, &message, language);
}

void descend_bisect_free(descend_bisect *bisect) {
    if (!bisect) return;
    diagnose_bisect_close(&bisect->bisection);
    text_free(&bisect->text);
    memory_free(bisect);
}
