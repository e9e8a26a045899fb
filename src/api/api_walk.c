/* Opening, preparing and walking. */
#include "api.h"

#include <math.h>
#include <string.h>

descend_walk *descend_walk_open(descend_model *model, descend_table *table, descend_error **error) {
    if (!model) {
        api_null(error, "model");
        return NULL;
    }
    descend_walk *walk = memory_new(1, sizeof *walk);
    if (!walk) {
        api_no_memory(error);
        return NULL;
    }
    walk->model = model;
    walk->table = table;
    walk->options.seed = 1;
    atomic_init(&walk->stop, 0);
    walk->options.stop = &walk->stop;
    walk->build.declared = model->declared;
    walk->words.rate_limit = NAN;
    return walk;
}

void descend_walk_free(descend_walk *walk) {
    if (!walk) return;
    size_t n = walk->problem ? train_objective(walk->problem)->n : 0;
    for (size_t i = 0; walk->names && i < n; i++) memory_free(walk->names[i]);
    memory_free(walk->names);
    diagnose_words_free(&walk->words);
    diagnose_intervals_close(walk->intervals);
    api_fit_free(walk);
    notes_free(&walk->notes);
    train_walk_close(walk->walk);
    train_problem_close(walk->problem);
    memory_free(walk->arguments);
    memory_free(walk->columns.items);
    memory_free(walk->starts);
    memory_free(walk->start);
    memory_free(walk->drawn);
    memory_free(walk->feet);
    text_free(&walk->text);
    arena_free(&walk->arena);
    memory_free(walk);
}

/* ---- starts ---------------------------------------------------------------------------------- */

static Status walk_apply_start(descend_walk *walk, const WalkStart *start, Error *error) {
    const Graph *graph = train_graph(walk->problem);
    for (size_t k = 0; k < graph->n_parameters; k++) {
        const Parameter *parameter = &graph->parameters[k];
        if (strcmp(parameter->name, start->name) != 0) continue;
        if (parameter->count != start->count)
            return error_set(error, STATUS_INPUT, MSG_API_COUNT, start->name,
                             number_integer((long long)parameter->count).s,
                             number_integer((long long)start->count).s, NULL);
        for (size_t i = 0; i < start->count; i++) {
            walk->start[parameter->offset + i] = start->values[i];
            walk->drawn[parameter->offset + i] = false;
        }
        return STATUS_OK;
    }
    return error_set(error, STATUS_INPUT, MSG_API_NO_PARAMETER, start->name, NULL);
}

static void walk_tell_moved(descend_walk *walk, size_t i, double old) {
    Text name = {0};
    graph_scalar_name(train_graph(walk->problem), i, &name);
    error_set(notes_add(&walk->notes), STATUS_OK, MSG_API_START_MOVED, text_string(&name),
              number_round(old, 10).s, number_round(walk->start[i], 10).s, NULL);
    text_free(&name);
}

/* A start outside its bounds is moved inside, and that is said. */
static void walk_move_inside(descend_walk *walk) {
    const Graph *graph = train_graph(walk->problem);
    for (size_t k = 0; k < graph->n_parameters; k++) {
        const Parameter *parameter = &graph->parameters[k];
        for (size_t i = parameter->offset; i < parameter->offset + parameter->count; i++) {
            double old = walk->start[i], inside = old, low, high;
            graph_bounds(parameter, i - parameter->offset, &low, &high);
            if (inside < low) inside = low;
            if (inside > high) inside = high;
            if (inside == old || isnan(old)) continue;
            walk->start[i] = inside;
            walk_tell_moved(walk, i, old);
        }
    }
}

/* The base of the natural logarithms is no name of the language. */
static void walk_tell_e(descend_walk *walk) {
    const Graph *graph = train_graph(walk->problem);
    for (size_t k = 0; k < graph->n_parameters; k++) {
        const Parameter *parameter = &graph->parameters[k];
        if (strcmp(parameter->name, "e") == 0 && walk->drawn[parameter->offset])
            error_set(notes_add(&walk->notes), STATUS_OK, MSG_API_NAME_E, NULL);
    }
}

static void walk_tell_drawn(descend_walk *walk) {
    const Graph *graph = train_graph(walk->problem);
    Text list = {0};
    for (size_t i = 0; i < graph->n_scalars; i++) {
        if (!walk->drawn[i]) continue;
        if (list.length > 0) text_add(&list, ", ");
        if (list.length > MESSAGE_ARG_SIZE - 40) {
            text_add(&list, "...");
            break;
        }
        graph_scalar_name(graph, i, &list);
        text_add(&list, " = ");
        text_add(&list, number_round(walk->start[i], 10).s);
    }
    if (list.length > 0)
        error_set(notes_add(&walk->notes), STATUS_OK, MSG_API_DRAWN, text_string(&list),
                  number_integer((long long)walk->options.seed).s, NULL);
    text_free(&list);
}

/* Plain squares find the place of a robust loss sooner; and with errors of x a sum of squares falls
 * to nothing where the formula is steep everywhere. */
static SeedAim walk_seed_aim(const descend_walk *walk) {
    if (train_graph(walk->problem)->raw != NODE_NONE) return SEED_FOR_ROBUST;
    return walk->build.n_x_errors > 0 ? SEED_FOR_X_ERRORS : SEED_FOR_SQUARES;
}

/* A fit without start values looks for them. */
static Status walk_seed(descend_walk *walk, Error *error) {
    if (!train_seed_wanted(walk->problem, &walk->options, walk->drawn)) return STATUS_OK;
    SeedAim aim = walk_seed_aim(walk);
    bool plain = aim == SEED_FOR_SQUARES;
    Problem *problem = plain ? walk->problem : train_plain_problem(walk->problem);
    if (!problem) return error_memory(error);
    Status status = train_seed(problem, aim, &walk->options, walk->drawn, walk->start, &walk->seed);
    walk->options.searched = plain ? walk->seed.walks : 0;
    walk->seed.squares = !plain;
    return status == STATUS_MEMORY ? error_memory(error) : status;
}

static Status walk_make_start(descend_walk *walk, Error *error) {
    const Graph *graph = train_graph(walk->problem);
    walk->start = memory_new(graph->n_scalars + 1, sizeof *walk->start);
    walk->drawn = memory_new(graph->n_scalars + 1, sizeof *walk->drawn);
    if (!walk->start || !walk->drawn) return error_memory(error);
    Status status = graph_start(graph, walk->options.seed, walk->start, walk->drawn);
    if (status != STATUS_OK) return error_memory(error);
    for (size_t k = 0; k < walk->n_starts; k++)
        TRY(walk_apply_start(walk, &walk->starts[k], error));
    walk_move_inside(walk);
    TRY(walk_seed(walk, error));
    if (!walk->seed.used) walk_tell_drawn(walk);
    walk_tell_e(walk);
    return walk->notes.failed ? error_memory(error) : STATUS_OK;
}

/* All of it, or nothing: a start that was refused is refused again. */
static Status walk_new_start(descend_walk *walk, Error *error) {
    Status status = walk_make_start(walk, error);
    if (status == STATUS_OK) return status;
    memory_free(walk->start);
    memory_free(walk->drawn);
    walk->start = NULL;
    walk->drawn = NULL;
    notes_free(&walk->notes);
    return status;
}

/* ---- preparing ------------------------------------------------------------------------------- */

static Status walk_open_inside(descend_walk *walk, Error *error) {
    return train_walk_open(walk->problem, &walk->options, walk->start, walk->drawn, &walk->walk,
                           error);
}

/* "measured*0.4": that part of half of the largest rate that works at the start, in all rounds. */
static Status walk_measure_part(descend_walk *walk, double part, Error *error) {
    const Walker *walker = train_walker(walk->walk);
    double limit = diagnose_rate_limit(walk->problem, walker, walk->start);
    if (!isfinite(limit)) return STATUS_OK;
    NumberText rate = number_round(part * limit / 2, 3);
    walk->options.rate = arena_copy(&walk->arena, rate.s, strlen(rate.s));
    walk->options.rate_part = true;
    if (!walk->options.rate) return error_memory(error);
    train_walk_close(walk->walk);
    walk->walk = NULL;
    return walk_open_inside(walk, error);
}

/* "measured", or "measured*0.4": a part of it (else 0). */
static bool walk_rate_is_measured(const char *rate, double *part) {
    static const char WORD[] = "measured";
    size_t length = strlen(WORD);
    *part = 0;
    if (!rate || strncmp(rate, WORD, length) != 0) return false;
    rate += length;
    if (*rate == '\0') return true;
    return *rate == '*' && number_read(rate + 1, rate + strlen(rate), part) && *part > 0;
}

/* A rate that is asked for is not left out in silence. */
static Status walk_refuse_measured(const Walker *walker, Error *error) {
    const char *method = optim_method_name(walker);
    if (!optim_is_first_order(walker)) {
        error_set(error, STATUS_INPUT, MSG_OPTIM_NO_RATE, method, NULL);
        error_remedy(error, MSG_OPTIM_NO_RATE_REMEDY, NULL);
        return STATUS_INPUT;
    }
    error_set(error, STATUS_INPUT, MSG_API_NOT_MEASURED, method, NULL);
    error_remedy(error, MSG_API_NOT_MEASURED_REMEDY, NULL);
    return STATUS_INPUT;
}

static Status walk_build(descend_walk *walk, Error *error) {
    const Table *table = walk->table ? walk->table->table : NULL;
    double part = 0;
    bool measured = walk_rate_is_measured(walk->options.rate, &part);
    if (!walk->problem && api_join_columns(walk) != STATUS_OK) return error_memory(error);
    if (!walk->problem)
        TRY(train_problem_open(walk->model->ast, table, &walk->build, &walk->problem_options,
                               &walk->problem, error));
    if (!walk->start) TRY(walk_new_start(walk, error));
    TRY(api_robust(walk, error));
    const char *given = walk->options.rate;
    if (measured) {
        walk->options.rate = NULL;
        if (!walk->options.optimizer) walk->options.optimizer = "gd";
    }
    walk->options.rate_measured = part == 0;
    TRY(walk_open_inside(walk, error));
    const Walker *walker = train_walker(walk->walk);
    bool taken = optim_is_first_order(walker) && (part > 0 || optim_is_measured(walker));
    if (measured && !taken) {
        walk->options.rate = given;
        return walk_refuse_measured(walker, error);
    }
    return part > 0 ? walk_measure_part(walk, part, error) : STATUS_OK;
}

static descend_status walk_prepare(descend_walk *walk, descend_error **error) {
    Error inside = {0};
    Status status = walk_build(walk, &inside);
    if (status == STATUS_OK && walk->problem_options.probe) {
        walk->feet = memory_new(train_objective(walk->problem)->n + 1, sizeof *walk->feet);
        if (!walk->feet) status = error_memory(&inside);
    }
    if (status == STATUS_OK) return DESCEND_OK;
    train_walk_close(walk->walk);
    walk->walk = NULL;
    return status == STATUS_MEMORY ? api_no_memory(error) : api_fail(error, &inside);
}

descend_status api_prepare(descend_walk *walk, descend_error **error) {
    if (!walk) return api_null(error, "walk");
    return walk->walk ? DESCEND_OK : walk_prepare(walk, error);
}

descend_status descend_walk_prepare(descend_walk *walk, descend_error **error) {
    return api_prepare(walk, error);
}

/* ---- walking --------------------------------------------------------------------------------- */

static const descend_foot *walk_feet(descend_walk *walk, size_t n) {
    const Foot *feet = train_feet(walk->problem);
    if (!feet || !walk->feet) return NULL;
    for (size_t i = 0; i < n; i++)
        walk->feet[i] = (descend_foot){feet[i].left,       feet[i].right, feet[i].left_loss,
                                       feet[i].right_loss, feet[i].slope, feet[i].noise};
    return walk->feet;
}

static void walk_fill_event(descend_walk *walk, const StepReport *report, long restart,
                            descend_event *event) {
    WalkFacts facts;
    train_walk_facts(walk->walk, &facts);
    size_t n = train_objective(walk->problem)->n;
    *event = (descend_event){.step = report->step,
                             .evaluations = report->evaluations,
                             .restart = restart,
                             .loss = report->loss,
                             .slope = report->slope,
                             .rate = report->rate,
                             .next_loss = report->next_loss,
                             .seconds = facts.seconds,
                             .n_parameters = n,
                             .at = report->at,
                             .gradient = report->gradient,
                             .next = report->next,
                             .feet = restart == 0 ? walk_feet(walk, n) : NULL};
}

descend_status descend_walk_step(descend_walk *walk, descend_event *event, descend_error **error) {
    Error inside;
    StepReport report;
    long restart = 0;
    Reason reason = REASON_RUNNING;
    error_none(&inside);
    descend_status prepared = api_prepare(walk, error);
    if (prepared != DESCEND_OK) return prepared;
    if (walk->stroke != 0) return api_misuse(error, MSG_API_STROKE_ORDER);
    Status status = train_walk_step(walk->walk, &report, &restart, &reason, &inside);
    if (status == STATUS_MEMORY) return api_no_memory(error);
    if (status != STATUS_OK) return api_fail(error, &inside);
    if (event) walk_fill_event(walk, &report, restart, event);
    return reason == REASON_RUNNING ? DESCEND_RUNNING : DESCEND_DONE;
}

descend_status descend_walk_run(descend_walk *walk, descend_error **error) {
    descend_status status;
    do {
        if (walk && walk->walk && walk->stroke == 0 && train_walk_stretch(walk->walk) != STATUS_OK)
            return api_no_memory(error);
        status = descend_walk_step(walk, NULL, error);
    } while (status == DESCEND_RUNNING);
    return status == DESCEND_DONE ? DESCEND_OK : status;
}

void descend_walk_stop(descend_walk *walk) {
    if (walk) atomic_store(&walk->stop, 1);
}

/* ---- the four strokes ------------------------------------------------------------------------ */

/* The engine does forward and backward in one pass over the data, at the update; the strokes before
 * it show their numbers at the same point, with the same bits. */
static descend_status walk_stroke(descend_walk *walk, int stroke, descend_error **error) {
    descend_status status = api_prepare(walk, error);
    if (status != DESCEND_OK) return status;
    if (!optim_is_first_order(train_walker(walk->walk))) {
        Error inside = {0};
        error_set(&inside, STATUS_INPUT, MSG_API_NO_STROKES,
                  optim_method_name(train_walker(walk->walk)), NULL);
        return api_misused(error, &inside);
    }
    if (walk->stroke != stroke) return api_misuse(error, MSG_API_STROKE_ORDER);
    return DESCEND_OK;
}

descend_status descend_walk_forward(descend_walk *walk, descend_error **error) {
    descend_status status = walk_stroke(walk, 0, error);
    if (status != DESCEND_OK) return status;
    const double *states[1];
    optim_state(train_walker(walk->walk), states, 1);
    const Objective *objective = train_objective(walk->problem);
    if (objective->loss_gradient(objective->context, states[0], &walk->stroke_loss, NULL) !=
        STATUS_OK)
        return api_no_memory(error);
    walk->stroke = 1;
    return DESCEND_OK;
}

descend_status descend_walk_loss(descend_walk *walk, double *loss, descend_error **error) {
    if (!loss) return api_null(error, "loss");
    descend_status status = walk_stroke(walk, 1, error);
    if (status != DESCEND_OK) return status;
    *loss = walk->stroke_loss;
    walk->stroke = 2;
    return DESCEND_OK;
}

descend_status descend_walk_backward(descend_walk *walk, descend_error **error) {
    descend_status status = walk_stroke(walk, 2, error);
    if (status == DESCEND_OK) walk->stroke = 3;
    return status;
}

descend_status descend_walk_update(descend_walk *walk, descend_error **error) {
    descend_status status = walk_stroke(walk, 3, error);
    if (status != DESCEND_OK) return status;
    walk->stroke = 0;
    status = descend_walk_step(walk, NULL, error);
    return status == DESCEND_RUNNING || status == DESCEND_DONE ? DESCEND_OK : status;
}
