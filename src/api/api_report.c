/* What a walk knows: values, verdict, sentences, statistics. */
#include "api.h"

#include <math.h>
#include <string.h>

static WalkFacts report_facts(const descend_walk *walk) {
    WalkFacts facts = {.loss = NAN, .start_loss = NAN, .slope = NAN, .method = ""};
    if (walk && walk->walk) train_walk_facts(walk->walk, &facts);
    return facts;
}

/* ---- parameters ------------------------------------------------------------------------------ */

size_t descend_walk_parameter_count(const descend_walk *walk) {
    return walk && walk->problem ? train_objective(walk->problem)->n : 0;
}

static void report_make_names(descend_walk *walk, size_t n) {
    walk->names = memory_new(n + 1, sizeof *walk->names);
    for (size_t i = 0; walk->names && i < n; i++) {
        Text name = {0};
        graph_scalar_name(train_graph(walk->problem), i, &name);
        walk->names[i] = text_take(&name);
    }
}

const char *descend_walk_parameter_name(const descend_walk *walk, size_t i) {
    size_t n = descend_walk_parameter_count(walk);
    if (i >= n) return NULL;
    if (!walk->names) report_make_names((descend_walk *)walk, n); /* a cache, not a change */
    return walk->names && walk->names[i] ? walk->names[i] : "";
}

const char *descend_walk_block_name(const descend_walk *walk, size_t k) {
    if (!walk || !walk->problem || k >= train_graph(walk->problem)->n_parameters) return NULL;
    return train_graph(walk->problem)->parameters[k].name;
}

size_t descend_walk_block_shape(const descend_walk *walk, size_t k, size_t dims[4]) {
    if (!dims || !descend_walk_block_name(walk, k)) return 0;
    const Shape *shape = &train_graph(walk->problem)->parameters[k].shape;
    for (uint32_t d = 0; d < shape->rank; d++) dims[d] = shape->dim[d];
    return shape->rank;
}

const char *descend_walk_block_label(const descend_walk *walk, size_t k, size_t i) {
    if (!descend_walk_block_name(walk, k)) return NULL;
    const Parameter *parameter = &train_graph(walk->problem)->parameters[k];
    return parameter->labels && i < parameter->shape.dim[0] ? parameter->labels[i] : NULL;
}

const double *descend_walk_values(const descend_walk *walk) {
    return walk && walk->walk ? report_facts(walk).values : NULL;
}

const double *descend_walk_starts(const descend_walk *walk) {
    return walk ? walk->start : NULL;
}

int descend_walk_was_drawn(const descend_walk *walk, size_t i) {
    return walk && walk->drawn && i < descend_walk_parameter_count(walk) && walk->drawn[i];
}

descend_status descend_walk_get(const descend_walk *walk, const char *name, double *values,
                                size_t count) {
    const double *all = descend_walk_values(walk);
    if (!name || !values) return DESCEND_MISUSE;
    for (size_t k = 0; all && descend_walk_block_name(walk, k); k++) {
        const Parameter *parameter = &train_graph(walk->problem)->parameters[k];
        if (strcmp(parameter->name, name) != 0) continue;
        if (count != parameter->count) return DESCEND_MISUSE;
        memcpy(values, all + parameter->offset, count * sizeof *values);
        return DESCEND_OK;
    }
    return DESCEND_MISUSE;
}

/* ---- words ----------------------------------------------------------------------------------- */

/* Made anew while the walk runs, once when it has ended. */
const Words *api_words(descend_walk *walk) {
    if (walk->ended || !walk->walk) return &walk->words;
    bool ended = report_facts(walk).reason != REASON_RUNNING;
    diagnose_words_free(&walk->words);
    walk->ended = diagnose_words(walk->problem, walk->walk, &walk->words) == STATUS_OK && ended;
    return &walk->words;
}

descend_verdict descend_walk_verdict(const descend_walk *walk) {
    return walk ? (descend_verdict)api_words((descend_walk *)walk)->verdict
                : DESCEND_VERDICT_RUNNING;
}

const char *descend_verdict_name(descend_verdict verdict) {
    static const char *const NAMES[] = {
        [DESCEND_VERDICT_RUNNING] = "running",
        [DESCEND_VERDICT_CONVERGED] = "converged",
        [DESCEND_VERDICT_STEP_LIMIT] = "step_limit",
        [DESCEND_VERDICT_STOPPED_EARLY] = "stopped_early",
        [DESCEND_VERDICT_STALLED] = "stalled",
        [DESCEND_VERDICT_OSCILLATING] = "oscillating",
        [DESCEND_VERDICT_DIVERGED] = "diverged",
        [DESCEND_VERDICT_NON_FINITE] = "non_finite",
        [DESCEND_VERDICT_INTERRUPTED] = "interrupted",
    };
    return (size_t)verdict < COUNT_OF(NAMES) ? NAMES[verdict] : "";
}

/* Ends a sentence that another one follows. */
static void report_full_stop(Text *text, Language language) {
    static const char STOP_ZH[] = "\xe3\x80\x82"; /* the ideographic full stop */
    size_t length = text->length;
    bool zh = language == LANGUAGE_ZH;
    const char *stop = zh ? STOP_ZH : ".";
    bool ended = length >= strlen(stop) && strcmp(text->data + length - strlen(stop), stop) == 0;
    if (!ended) text_add(text, stop);
    if (!zh) text_add_char(text, ' ');
}

static const char *report_sentences(descend_walk *walk, const Message *messages, size_t count,
                                    const char *language) {
    Language spoken = language_of(language);
    text_clear(&walk->text);
    for (size_t k = 0; k < count; k++) {
        if (messages[k].id == MSG_NONE) continue;
        if (walk->text.length > 0) report_full_stop(&walk->text, spoken);
        message_render(&messages[k], spoken, &walk->text);
    }
    return text_string(&walk->text);
}

enum { REPORT_UNUSED = 5 }; /* names of columns that the formula leaves out, at most */

static void report_list_columns(const Graph *graph, bool used, size_t most, Text *list) {
    size_t count = 0;
    for (size_t k = 0; k < graph->n_columns; k++) {
        if (graph->column_used[k] != used || count++ > most) continue;
        if (list->length > 0) text_add(list, ", ");
        text_add(list, count > most ? "..." : graph->column_names[k]);
    }
}

/* 'x = conc, y = rate': of a model, which column is which of its inputs. */
static void report_list_inputs(const Graph *graph, Text *list) {
    for (size_t k = 0; k < graph->n_model_columns; k++) {
        if (k > 0) text_add(list, ", ");
        text_add(list, graph->model_columns[k].argument);
        text_add(list, " = ");
        text_add(list, graph->model_columns[k].column);
    }
}

static Message report_names_message(const Graph *graph, Text *columns, Text *unused,
                                    Text *parameters) {
    if (graph->model) report_list_inputs(graph, columns);
    else report_list_columns(graph, true, graph->n_columns, columns);
    report_list_columns(graph, false, REPORT_UNUSED, unused);
    for (size_t k = 0; k < graph->n_parameters; k++) {
        if (k > 0) text_add(parameters, ", ");
        text_add(parameters, graph->parameters[k].name);
    }
    if (columns->length == 0)
        return message_make(MSG_API_NAMES_ONLY, text_string(parameters), NULL);
    if (unused->length == 0)
        return message_make(MSG_API_NAMES, text_string(columns), text_string(parameters), NULL);
    return message_make(MSG_API_NAMES_UNUSED, text_string(columns), text_string(parameters),
                        text_string(unused), NULL);
}

static const char *report_names(descend_walk *walk, const char *language) {
    if (!walk->problem) return "";
    Text columns = {0}, unused = {0}, parameters = {0};
    Message message =
        report_names_message(train_graph(walk->problem), &columns, &unused, &parameters);
    text_free(&columns);
    text_free(&unused);
    text_free(&parameters);
    return api_render(&walk->text, &message, language);
}

/* What sets the errors of a fit: in one English word, or a sentence. */
static const char *report_scatter(descend_walk *walk, const char *key, const char *language) {
    const FitStatistics *fit = api_fit(walk);
    if (!fit) return "";
    if (strcmp(key, "errors_are") == 0) return fit->absolute ? "absolute" : "scaled";
    Message message = diagnose_scatter(walk->problem, fit);
    return message.id == MSG_NONE ? "" : api_render(&walk->text, &message, language);
}

static const char *report_model(const descend_walk *walk, bool formula) {
    const Graph *graph = walk->problem ? train_graph(walk->problem) : NULL;
    if (!graph || !graph->model) return "";
    return formula ? graph->model_formula : graph->model;
}

const char *descend_walk_text(descend_walk *walk, const char *key, const char *language) {
    if (!walk || !key) return "";
    const Words *words = api_words(walk);
    if (strcmp(key, "method") == 0) return walk->walk ? report_facts(walk).method : "";
    if (strcmp(key, "executor") == 0)
        return walk->problem ? train_executor_name(walk->problem) : "";
    if (strcmp(key, "precision") == 0)
        return walk->problem && train_precision(walk->problem) == PRECISION_F32 ? "f32" : "f64";
    if (strcmp(key, "residual_tests") == 0) return api_residual_tests(walk);
    if (strcmp(key, "names") == 0) return report_names(walk, language);
    if (strcmp(key, "intervals") == 0) return api_interval_kind(walk);
    if (strcmp(key, "model") == 0) return report_model(walk, false);
    if (strcmp(key, "formula") == 0) return report_model(walk, true);
    if (strcmp(key, "advice") == 0) return words->advice;
    if (strcmp(key, "method_sentence") == 0)
        return api_render(&walk->text, &words->method, language);
    if (strcmp(key, "pace") == 0) return api_render(&walk->text, &words->pace, language);
    if (strcmp(key, "happened") == 0) return diagnose_happened_name(words->happening.name);
    if (strcmp(key, "happened_because") == 0)
        return api_render(&walk->text, &words->happening.why, language);
    if (strcmp(key, "happened_word") == 0) {
        Message word = message_make(diagnose_happened_word(words->happening.name), NULL);
        return api_render(&walk->text, &word, language);
    }
    if (strcmp(key, "reason") == 0)
        return report_sentences(walk, words->reason, COUNT_OF(words->reason), language);
    if (strcmp(key, "starts") == 0) {
        Message found[2];
        diagnose_seed_words(&walk->seed, walk->options.seed, found);
        return report_sentences(walk, found, COUNT_OF(found), language);
    }
    if (strcmp(key, "scatter") == 0 || strcmp(key, "errors_are") == 0)
        return report_scatter(walk, key, language);
    if (strcmp(key, "loss") == 0) return api_loss_text(walk, api_fit(walk), language);
    if (strcmp(key, "loss_function") == 0) return walk->build.loss ? walk->build.loss : "squares";
    if (strcmp(key, "story") == 0)
        return report_sentences(walk, words->story, COUNT_OF(words->story), language);
    return "";
}

const char *descend_walk_note(descend_walk *walk, size_t k, const char *language) {
    if (!walk) return NULL;
    const Words *words = api_words(walk);
    const Notes none = {0};
    const Notes *graph = walk->problem ? &train_graph(walk->problem)->notes : &none;
    if (k < graph->count) return api_note(&walk->text, graph, k, language);
    k -= graph->count;
    if (k < walk->notes.count) return api_note(&walk->text, &walk->notes, k, language);
    k -= walk->notes.count;
    if (k < words->notes.count) return api_note(&walk->text, &words->notes, k, language);
    k -= words->notes.count;
    const Notes *ties = api_fit_notes(walk);
    if (k < ties->count) return api_note(&walk->text, ties, k, language);
    k -= ties->count;
    return walk->intervals ? api_note(&walk->text, &walk->intervals->notes, k, language) : NULL;
}

uint64_t descend_walk_digest(const descend_walk *walk) {
    return walk && walk->walk ? train_walk_digest(walk->walk) : 0;
}

int descend_walk_valley(const descend_walk *walk, size_t k, double *loss, double *values,
                        long *walks) {
    Valley valley;
    if (!walk || !walk->walk || !train_walk_valley(walk->walk, k, &valley)) return 0;
    size_t bytes = descend_walk_parameter_count(walk) * sizeof *values;
    if (loss) *loss = valley.loss;
    if (walks) *walks = valley.walks;
    if (values) memcpy(values, valley.values, bytes);
    return 1;
}

/* ---- statistics of fits ---------------------------------------------------------------------- */

static double report_limit(descend_walk *walk, const char *key) {
    api_limits(walk);
    if (!walk->limits_known) return NAN;
    return strcmp(key, "read_limit") == 0 ? walk->read_limit : walk->operation_limit;
}

double descend_walk_number(const descend_walk *walk, const char *key) {
    if (!walk || !key) return NAN;
    if (strcmp(key, "read_limit") == 0 || strcmp(key, "operation_limit") == 0)
        return report_limit((descend_walk *)walk, key);
    if (strcmp(key, "workspace_bytes") == 0)
        return walk->problem ? (double)train_workspace(walk->problem) : 0;
    WalkFacts facts = report_facts(walk);
    if (strcmp(key, "loss") == 0) return facts.loss;
    if (strcmp(key, "start_loss") == 0) return facts.start_loss;
    if (strcmp(key, "gradient_norm") == 0) return facts.slope;
    if (strcmp(key, "steps") == 0) return (double)facts.steps;
    if (strcmp(key, "threads") == 0)
        return walk->problem ? (double)train_threads(walk->problem) : 1;
    if (strcmp(key, "evaluations") == 0) return (double)facts.evaluations;
    if (strcmp(key, "seconds") == 0) return facts.seconds;
    if (strcmp(key, "seed") == 0) return (double)walk->options.seed;
    if (strcmp(key, "rows") == 0)
        return walk->problem ? (double)train_rows(walk->problem).count : 0;
    if (strcmp(key, "start_tries") == 0) return walk->seed.used ? (double)walk->seed.tries : NAN;
    if (strcmp(key, "start_walks") == 0) return walk->seed.used ? (double)walk->seed.walks : NAN;
    if (strcmp(key, "runner_up") == 0) return walk->seed.used ? walk->seed.runner_up : NAN;
    if (strcmp(key, "rate_limit") == 0) return api_words((descend_walk *)walk)->rate_limit;
    double number;
    if (api_interval_number(walk, key, &number)) return number;
    return api_fit_number((descend_walk *)walk, key);
}

descend_status descend_walk_vector(const descend_walk *walk, const char *key, double *values,
                                   size_t count) {
    const FitStatistics *fit = walk ? api_fit((descend_walk *)walk) : NULL;
    if (!fit || !key || !values) return DESCEND_MISUSE;
    const Intervals *other = NULL;
    bool interval = strncmp(key, "confidence_", 11) == 0 || strcmp(key, "bootstrap_errors") == 0;
    descend_status status = interval ? api_intervals((descend_walk *)walk, &other) : DESCEND_OK;
    if (status != DESCEND_OK) return status;
    bool drawn = other && other->options.kind == INTERVAL_BOOTSTRAP;
    const double *from = strcmp(key, "standard_errors") == 0    ? fit->errors
                         : strcmp(key, "confidence_low") == 0   ? (other ? other->low : fit->low)
                         : strcmp(key, "confidence_high") == 0  ? (other ? other->high : fit->high)
                         : strcmp(key, "bootstrap_errors") == 0 ? (drawn ? other->errors : NULL)
                         : strcmp(key, "t_values") == 0         ? fit->t
                         : strcmp(key, "p_values") == 0         ? fit->p
                         : strcmp(key, "correlation") == 0      ? fit->correlation
                                                                : NULL;
    size_t size = from == fit->correlation ? fit->n * fit->n : fit->n;
    if (!from || count != size) return DESCEND_MISUSE;
    memcpy(values, from, size * sizeof *values);
    return DESCEND_OK;
}

/* Those with which parameter i is tied. */
static void report_others(descend_walk *walk, const FitStatistics *fit, size_t i, Text *names) {
    for (size_t k = 0; k < fit->n; k++) {
        if (k == i || fit->group[k] != fit->group[i] || fit->group[k] == fit->n) continue;
        text_add(names, names->length ? ", " : "");
        text_add(names, descend_walk_parameter_name(walk, k));
    }
}

const char *descend_walk_unavailable(descend_walk *walk, size_t i, const char *language) {
    const FitStatistics *fit = walk ? api_fit(walk) : NULL;
    Text names = {0};
    if (!fit || i >= fit->n || fit->unavailable[i] == MSG_NONE) return "";
    MessageId why = fit->unavailable[i];
    if (why == MSG_NO_ERROR_TIED) report_others(walk, fit, i, &names);
    if (why == MSG_NO_ERROR_TIED && !names.length) why = MSG_NO_ERROR_TIED_SOMEHOW;
    Message message = message_make(why, text_string(&names), NULL);
    text_free(&names);
    return api_render(&walk->text, &message, language);
}

int descend_walk_derived(descend_walk *walk, size_t k, descend_derived *derived) {
    if (!walk || !derived || !api_fit(walk) || k >= walk->n_derived) return 0;
    const DerivedValue *value = &walk->derived[k];
    *derived = (descend_derived){value->name, value->words, value->value, value->error};
    return 1;
}

int descend_walk_down_row(descend_walk *walk, size_t k, descend_down_row *row) {
    return walk && row ? api_down_row(walk, api_fit(walk), k, row) : 0;
}

/* ---- values at any place --------------------------------------------------------------------- */

descend_status api_done(const descend_walk *walk, Status status, descend_error **error) {
    if (status == STATUS_OK) return DESCEND_OK;
    if (status == STATUS_MEMORY) return api_no_memory(error);
    return api_fail(error, train_late_error(walk->problem));
}

descend_status api_bad_rows(size_t rows, size_t room, descend_error **error) {
    Error inside = {0};
    error_set(&inside, STATUS_INPUT, MSG_API_ROWS, number_integer((long long)rows).s,
              number_integer((long long)room).s, NULL);
    return api_misused(error, &inside);
}

static descend_status report_bad_key(const char *key, const char *keys, descend_error **error) {
    Error inside = {0};
    error_set(&inside, STATUS_INPUT, MSG_API_KEY, key, keys, NULL);
    return api_misused(error, &inside);
}

descend_status descend_walk_rows(descend_walk *walk, const char *key, double *values, size_t n_rows,
                                 descend_error **error) {
    static const char *const KEYS[] = {
        [SIDE_LEFT] = "left", [SIDE_RIGHT] = "right", [SIDE_RESIDUAL] = "residual"};
    if (!key || !values) return api_null(error, !key ? "key" : "values");
    descend_status status = api_prepare(walk, error);
    if (status != DESCEND_OK) return status;
    size_t side = 0;
    while (side < COUNT_OF(KEYS) && strcmp(key, KEYS[side]) != 0) side++;
    if (side == COUNT_OF(KEYS)) return report_bad_key(key, "left, right, residual", error);
    Rows rows = train_rows(walk->problem);
    if (train_graph(walk->problem)->left == NODE_NONE) return api_misuse(error, MSG_API_NOT_A_FIT);
    if (n_rows != rows.count) return api_bad_rows(rows.count, n_rows, error);
    Status done = train_fit_rows(walk->problem, descend_walk_values(walk), (FitSide)side, &rows,
                                 values);
    return api_done(walk, done, error);
}

int descend_walk_curve_column(const descend_walk *walk) {
    return walk && walk->problem ? train_curve_column(walk->problem) : CURVE_NONE;
}

descend_status descend_walk_curve(descend_walk *walk, const double *x, double *y, size_t n,
                                  descend_error **error) {
    if (!x || !y) return api_null(error, !x ? "x" : "y");
    descend_status status = api_prepare(walk, error);
    if (status != DESCEND_OK) return status;
    if (train_curve_column(walk->problem) == CURVE_NONE) return api_misuse(error, MSG_API_NO_CURVE);
    return api_done(walk, train_curve(walk->problem, descend_walk_values(walk), x, y, n),
                         error);
}

descend_status descend_walk_evaluate(descend_walk *walk, const double *point, double *loss,
                                     double *gradient, descend_error **error) {
    if (!point || !loss) return api_null(error, !point ? "point" : "loss");
    descend_status status = api_prepare(walk, error);
    if (status != DESCEND_OK) return status;
    const Objective *objective = train_exact_objective(walk->problem);
    return api_done(walk, objective->loss_gradient(objective->context, point, loss, gradient),
                         error);
}

descend_status descend_walk_hessian_vector(descend_walk *walk, const double *v, double *product,
                                           descend_error **error) {
    if (!v || !product) return api_null(error, !v ? "v" : "product");
    descend_status status = api_prepare(walk, error);
    if (status != DESCEND_OK) return status;
    const Objective *objective = train_exact_objective(walk->problem);
    const double *at = descend_walk_values(walk);
    return api_done(walk, objective->hessian_vector(objective->context, at, v, product),
                         error);
}

/* ---- stages ---------------------------------------------------------------------------------- */

static Status report_gradient(descend_walk *walk, bool with_gradient, Text *out) {
    Graph *graph = train_graph(walk->problem);
    const NodeId *gradient = NULL;
    size_t count = with_gradient ? graph->n_parameters : 0;
    TRY(train_gradient_nodes(walk->problem, &gradient));
    NodeId *outputs = memory_new(count + 1, sizeof *outputs);
    const char **names = memory_new(count + 1, sizeof *names);
    if (outputs && names) {
        outputs[0] = graph->loss;
        names[0] = "loss";
        for (size_t k = 0; k < count; k++) {
            outputs[k + 1] = gradient[k];
            names[k + 1] = graph->parameters[k].name;
        }
        graph_dump(graph, outputs, names, count + 1, out);
    }
    Status status = outputs && names ? STATUS_OK : STATUS_MEMORY;
    memory_free(outputs);
    memory_free(names);
    return status;
}

static Status report_stage(descend_walk *walk, const char *stage, Text *out) {
    if (strcmp(stage, "ast") == 0) lang_dump(walk->model->ast, out);
    if (strcmp(stage, "graph") == 0) TRY(report_gradient(walk, false, out));
    if (strcmp(stage, "gradient") == 0) TRY(report_gradient(walk, true, out));
    if (strcmp(stage, "plan") == 0) TRY(train_dump_plan(walk->problem, out));
    if (strcmp(stage, "c") == 0) TRY(train_dump_code(walk->problem, out));
    return out->failed ? STATUS_MEMORY : STATUS_OK;
}

static bool report_knows_stage(const char *stage) {
    static const char *const STAGES[] = {"ast", "graph", "gradient", "plan", "c"};
    for (size_t k = 0; k < COUNT_OF(STAGES); k++)
        if (strcmp(stage, STAGES[k]) == 0) return true;
    return false;
}

char *descend_walk_show(descend_walk *walk, const char *stage, descend_error **error) {
    Text out = {0};
    if (!stage) {
        api_null(error, "stage");
        return NULL;
    }
    if (!report_knows_stage(stage)) {
        Error inside = {0};
        error_set(&inside, STATUS_INPUT, MSG_API_STAGE, stage, NULL);
        api_fail(error, &inside);
        return NULL;
    }
    if (api_prepare(walk, error) != DESCEND_OK) return NULL;
    Status status = report_stage(walk, stage, &out);
    char *text = status == STATUS_OK ? text_take(&out) : NULL;
    if (!text) {
        text_free(&out);
        api_done(walk, status == STATUS_OK ? STATUS_MEMORY : status, error);
    }
    return text;
}
