/* rule: an update rule as text, run by the engine over the flat vector of parameters.
 *
 * The rows of its program are the scalar parameters; its columns are w, g and the states, kept
 * twice, so that a step reads one set and writes the other. Where parameters have factors of their
 * own ('param b rate 0.1 decay 0'), the rule's settings 'rate' and 'weight_decay' differ from row
 * to row: the text is then rewritten so that each is its setting times a column (a state that is
 * never set), and the rule itself needs to know nothing about it. */
#include <math.h>
#include <string.h>

#include "optim.h"

static const char rule_rate_name[] = "rate", rule_decay_name[] = "weight_decay";
static const char rule_rate_factor[] = "factor_of_rate";
static const char rule_decay_factor[] = "factor_of_weight_decay";
static const char rule_bare_name[] = "typed", rule_bare_rate[] = "0.01";

typedef struct Schedule {
    Graph *graph;
    Plan *plan;
    bool constant;
} Schedule;

struct Rule {
    const Objective *objective;
    RuleGraph *graph;
    Plan *plan;
    Schedule schedule; /* plan NULL: the setting 'rate' as it is */
    size_t n, n_columns, n_outputs, rate_setting;
    long long step, last_step, epoch, evaluations;
    long long forgot; /* the step before the states were those of the start */
    bool bare;    /* statements without 'rule NAME(...)' around them */
    bool stepped; /* 'next' holds the newest values */
    double *storage, *parameters;
    const double **columns, **columns_next;
    double **results;
    double *answer;
    double loss;
    bool measures;        /* the rate: */
    Measured *measured;   /* NULL: it is given */
    const double *factor; /* n, of the parameters' rates; NULL: 1 */
    size_t factor_column; /* 0: none */
};

enum { RULE_NO_SETTING = -1 };

/* ---- the schedule ---------------------------------------------------------------------------- */

static Status schedule_run(Schedule *schedule, long long t, long long last, long long epoch,
                           double *value) {
    double parameters[] = {(double)t, (double)last, (double)epoch};
    double *results[] = {value};
    Rows none = {0};
    return exec_run(schedule->plan, parameters, &none, results, NULL);
}

static Status schedule_check(Schedule *schedule, const char *text, Error *error) {
    double value;
    if (!schedule->constant) return STATUS_OK;
    TRY(schedule_run(schedule, 1, 1, 1, &value));
    if (value > 0 && isfinite(value)) return STATUS_OK;
    error_set(error, STATUS_INPUT, MSG_OPTIM_RATE_NOT_POSITIVE, text, NULL);
    error_remedy(error, MSG_OPTIM_RATE_REMEDY, NULL);
    return STATUS_INPUT;
}

static Status schedule_open(Schedule *schedule, const char *text, Error *error) {
    static const char *const names[] = {"t", "T", "epoch"};
    Ast *ast = NULL;
    NodeId value = NODE_NONE;
    PlanOptions options = {0};
    TRY(lang_parse(NULL, text, strlen(text), LANG_EXPRESSION, &ast, error));
    Status status =
        graph_build_expression(ast, names, COUNT_OF(names), &schedule->graph, &value, error);
    lang_free(ast);
    TRY(status);
    schedule->constant = !(schedule->graph->nodes[value].flags & NODE_PARAMS);
    TRY(exec_plan(schedule->graph, &value, 1, &options, &schedule->plan, error));
    return schedule_check(schedule, text, error);
}

static void schedule_close(Schedule *schedule) {
    exec_free(schedule->plan);
    graph_free(schedule->graph);
}

/* ---- factors of single parameters ------------------------------------------------------------ */

static bool rule_factors(const double *factors, size_t n) {
    for (size_t i = 0; factors && i < n; i++)
        if (factors[i] != 1) return true;
    return false;
}

static AstId rule_node(const Ast *ast) {
    for (AstId id = 1; id < ast->n_nodes; id++)
        if (ast->nodes[id].kind == AST_RULE) return id;
    return 0;
}

/* The setting of that name, or 0. */
static AstId rule_setting_node(const Ast *ast, AstId rule, const char *name) {
    for (uint32_t k = 0; rule && k + 1 < ast->nodes[rule].n_children; k++) {
        AstId id = lang_child(ast, rule, k);
        if (ast->nodes[id].name && strcmp(ast->nodes[id].name, name) == 0) return id;
    }
    return 0;
}

/* 'rate' in the list of settings becomes 'base_rate', and the block begins with
 * 'state factor_of_rate = 1; rate = base_rate*factor_of_rate'. */
static void rule_rewrite(const Ast *ast, AstId rule, AstId rate, AstId decay, Text *out) {
    const char *text = ast->source.text;
    AstId block = lang_child(ast, rule, ast->nodes[rule].n_children - 1);
    size_t brace = ast->nodes[block].span.start, done = 0;
    AstId order[] = {rate, decay};
    const char *const factors[] = {rule_rate_factor, rule_decay_factor};
    if (rate && decay && ast->nodes[decay].span.start < ast->nodes[rate].span.start) {
        order[0] = decay;
        order[1] = rate;
    }
    for (size_t k = 0; k < COUNT_OF(order); k++) {
        if (!order[k]) continue;
        size_t start = ast->nodes[order[k]].name_span.start;
        text_add_bytes(out, text + done, start - done);
        text_add(out, "base_");
        done = start;
    }
    text_add_bytes(out, text + done, brace + 1 - done);
    for (size_t k = 0; k < COUNT_OF(order); k++) {
        AstId id = k == 0 ? rate : decay;
        if (!id) continue;
        text_format(out, " state %s = 1; %s = base_%s*%s;", factors[k], ast->nodes[id].name,
                    ast->nodes[id].name, factors[k]);
    }
    text_add_bytes(out, text + brace + 1, ast->source.length - brace - 1);
}

/* ---- opening --------------------------------------------------------------------------------- */

static Status rule_parse(const char *text, size_t length, Ast **ast, RuleGraph **graph,
                         Error *error) {
    *ast = NULL;
    TRY(lang_parse(NULL, text, length, LANG_RULE, ast, error));
    return graph_build_rule(*ast, graph, error);
}

/* The text again, with factors of single parameters. */
static Status rule_build_factors(Rule *rule, Ast *ast, Error *error) {
    const Objective *objective = rule->objective;
    AstId node = rule_node(ast), rate = 0, decay = 0;
    Text changed = {0};
    Ast *again = NULL;
    bool measured = rule->measures && rule->n > 1;
    if (measured || rule_factors(objective->rate, rule->n))
        rate = rule_setting_node(ast, node, rule_rate_name);
    if (rule_factors(objective->decay, rule->n))
        decay = rule_setting_node(ast, node, rule_decay_name);
    if (!rate && !decay) return STATUS_OK;
    rule_rewrite(ast, node, rate, decay, &changed);
    graph_free_rule(rule->graph);
    rule->graph = NULL;
    Status status = changed.failed
                        ? error_memory(error)
                        : rule_parse(changed.data, changed.length, &again, &rule->graph, error);
    lang_free(again);
    text_free(&changed);
    return status;
}

/* Bare statements ('w = w - rate*g') have one setting, 'rate'. They stand on lines of their own, so
 * that errors show what the user typed. */
static Status rule_build_bare(Rule *rule, const char *text, Ast **ast, Error *error) {
    Text whole = {0};
    rule->bare = true;
    text_format(&whole, "rule %s(rate = %s) {\n%s\n}", rule_bare_name, rule_bare_rate, text);
    Status status = whole.failed ? error_memory(error)
                                 : rule_parse(whole.data, whole.length, ast, &rule->graph, error);
    if (status == STATUS_INPUT && error && error->line > 1) {
        error->line--;
    } else if (status == STATUS_INPUT && error) { /* about the rule as a whole: no place in it */
        error->line = error->column = 0;
        error->excerpt[0] = '\0';
        error->caret_length = 0;
    }
    text_free(&whole);
    return status;
}

static Status rule_open_graph(Rule *rule, const char *text, Error *error) {
    Ast *ast = NULL;
    Status status = lang_parse(NULL, text, strlen(text), LANG_RULE, &ast, error);
    TRY(status);
    if (rule_node(ast)) {
        status = graph_build_rule(ast, &rule->graph, error);
    } else {
        lang_free(ast);
        ast = NULL;
        status = rule_build_bare(rule, text, &ast, error);
    }
    if (status == STATUS_OK) status = rule_build_factors(rule, ast, error);
    lang_free(ast);
    return status;
}

static const char *rule_setting_name(const Rule *rule, size_t k) {
    const char *name = rule->graph->setting_names[k];
    return strncmp(name, "base_", 5) == 0 ? name + 5 : name;
}

static size_t rule_find_setting(const Rule *rule, const char *name) {
    for (size_t k = 0; k < rule->graph->n_settings; k++)
        if (strcmp(rule_setting_name(rule, k), name) == 0) return k;
    return (size_t)RULE_NO_SETTING;
}

static Status rule_settle(Rule *rule, const MethodSettings *settings, Error *error) {
    const RuleGraph *graph = rule->graph;
    for (size_t k = 0; k < graph->n_settings; k++)
        rule->parameters[RULE_SETTINGS + k] = graph->setting_values[k];
    for (size_t k = 0; k < settings->n_settings; k++) {
        size_t index = rule_find_setting(rule, settings->settings[k]);
        if (index == (size_t)RULE_NO_SETTING) {
            error_set(error, STATUS_INPUT, MSG_OPTIM_NO_SETTING, rule->bare ? "rule" : graph->name,
                      settings->settings[k], NULL);
            const char *nearest =
                suggest_nearest(settings->settings[k], graph->setting_names, graph->n_settings);
            if (nearest) error_remedy(error, MSG_OPTIM_DID_YOU_MEAN, nearest, NULL);
            return STATUS_INPUT;
        }
        rule->parameters[RULE_SETTINGS + index] = settings->setting_values[k];
    }
    rule->rate_setting = rule_find_setting(rule, rule_rate_name);
    if (!settings->rate) return STATUS_OK;
    if (rule->rate_setting == (size_t)RULE_NO_SETTING) {
        error_set(error, STATUS_INPUT, MSG_OPTIM_RULE_WITHOUT_RATE, NULL);
        error_remedy(error, MSG_OPTIM_RULE_WITHOUT_RATE_REMEDY, NULL);
        return STATUS_INPUT;
    }
    Status status = schedule_open(&rule->schedule, settings->rate, error);
    if (status == STATUS_INPUT && error && error->remedy.id == MSG_NONE)
        error_remedy(error, MSG_OPTIM_RATE_WORDS, NULL);
    return status;
}

static Status rule_allocate(Rule *rule, Error *error) {
    size_t columns = rule->n_columns, count = 0;
    bool fits = memory_multiply(2 * columns + 1, rule->n, &count);
    rule->storage = fits ? memory_new(count, sizeof(double)) : NULL;
    rule->parameters = memory_new(RULE_SETTINGS + rule->graph->n_settings, sizeof(double));
    rule->columns = memory_new(columns, sizeof *rule->columns);
    rule->columns_next = memory_new(columns, sizeof *rule->columns_next);
    rule->results = memory_new(columns + 1, sizeof *rule->results);
    if (!rule->storage || !rule->parameters || !rule->columns || !rule->columns_next ||
        !rule->results)
        return error_memory(error);
    for (size_t k = 0; k < columns; k++) {
        rule->columns[k] = rule->storage + k * rule->n;
        rule->columns_next[k] = rule->storage + (columns + k) * rule->n;
    }
    rule->answer = rule->storage + 2 * columns * rule->n;
    return STATUS_OK;
}

/* The set being read or written, for writing. */
static double *rule_vector(const Rule *rule, const double *column) {
    return rule->storage + (column - rule->storage);
}

/* An output without rows is one number for all parameters. */
static void rule_spread(const Rule *rule, NodeId node, double *values) {
    if (rule->graph->graph->nodes[node].flags & NODE_ROWS) return;
    for (size_t i = 1; i < rule->n; i++) values[i] = values[0];
}

static Status rule_start_state(Rule *rule, size_t k, Error *error) {
    NodeId node = rule->graph->start[k];
    Rows rows = {rule->columns, 0, rule->n, NULL};
    PlanOptions options = {0};
    Plan *plan = NULL;
    double *values = rule_vector(rule, rule->columns[k]);
    double *scratch[] = {rule_vector(rule, rule->columns_next[k])};
    TRY(exec_plan(rule->graph->graph, &node, 1, &options, &plan, error));
    Status status = exec_run(plan, rule->parameters, &rows, scratch, NULL);
    exec_free(plan);
    if (status == STATUS_MEMORY) return error_memory(error);
    TRY(status);
    rule_spread(rule, node, scratch[0]);
    memcpy(values, scratch[0], rule->n * sizeof(double));
    return STATUS_OK;
}

/* Of a rule whose steps are lengths: what was rolled so far goes on for 1/(1 - beta1) rounds, into
 * the last step's way and out of it. */
static double rule_part(const Rule *rule) {
    double beta = optim_rule_setting(rule, "beta1");
    if (isnan(optim_rule_setting(rule, "epsilon"))) return 0;
    return beta > 0 && beta < 1 ? sqrt(1 - beta) : 1;
}

/* The first step of the rules that measure, at a rate and a slope of 1. */
static double rule_reach(const Rule *rule) {
    double forgets = 1 - optim_rule_setting(rule, "alpha");
    if (strcmp(rule->graph->name, "nesterov") == 0)
        return 1 + optim_rule_setting(rule, "momentum");
    return forgets > 0 ? 1 / sqrt(forgets) : 1;
}

static MeasuredSettings rule_measurable(const Rule *rule, const MethodSettings *settings) {
    return (MeasuredSettings){.gathers = isfinite(optim_rule_setting(rule, "momentum")),
                              .part = rule_part(rule),
                              .reach = rule_reach(rule),
                              .otherwise = optim_rule_setting(rule, rule_rate_name),
                              .all_steps = settings->all_steps,
                              .parts = settings->parts};
}

static Status rule_measure(Rule *rule, const MethodSettings *settings, Error *error) {
    if (!rule->measures) return STATUS_OK;
    const double *w = rule->columns[RULE_W];
    MeasuredSettings measured = rule_measurable(rule, settings);
    Status status = measured_open(rule->objective, &measured, w, &rule->measured);
    if (status == STATUS_MEMORY) return error_memory(error);
    TRY(status);
    rule->factor = measured_factors(rule->measured);
    return STATUS_OK;
}

/* Columns before step 1: w at the start, states where they say, factors of single parameters. */
static Status rule_start(Rule *rule, const MethodSettings *settings, const double *start,
                         Error *error) {
    double *w = rule_vector(rule, rule->columns[RULE_W]);
    memcpy(w, start, rule->n * sizeof(double));
    optim_project(rule->objective, w);
    memcpy(rule->answer, w, rule->n * sizeof(double));
    TRY(rule_measure(rule, settings, error));
    for (size_t k = RULE_G + 1; k < rule->n_columns; k++) {
        const double *factors = NULL;
        if (strcmp(rule->graph->column_names[k], rule_rate_factor) == 0) {
            factors = rule->factor;
            rule->factor_column = k;
        }
        if (strcmp(rule->graph->column_names[k], rule_decay_factor) == 0)
            factors = rule->objective->decay;
        if (factors)
            memcpy(rule_vector(rule, rule->columns[k]), factors, rule->n * sizeof(double));
        else if (rule->graph->start[k] != NODE_NONE)
            TRY(rule_start_state(rule, k, error));
    }
    return STATUS_OK;
}

/* Outputs: the next value of each column but g, then the answer where there is one. */
static Status rule_plan(Rule *rule, Error *error) {
    const RuleGraph *graph = rule->graph;
    PlanOptions options = {.pool = rule->objective->pool};
    NodeId *outputs = memory_new(rule->n_columns + 1, sizeof *outputs);
    if (!outputs) return error_memory(error);
    rule->n_outputs = 0;
    for (size_t k = 0; k < rule->n_columns; k++)
        if (k != RULE_G) outputs[rule->n_outputs++] = graph->next[k];
    if (graph->answer != NODE_NONE) outputs[rule->n_outputs++] = graph->answer;
    Status status = exec_plan(graph->graph, outputs, rule->n_outputs, &options, &rule->plan, error);
    memory_free(outputs);
    return status;
}

static Status rule_prepare(Rule *rule, const MethodSettings *settings, const char *text,
                           const double *start, Error *error) {
    TRY(rule_open_graph(rule, text, error));
    rule->n_columns = rule->graph->n_columns;
    TRY(rule_allocate(rule, error));
    TRY(rule_settle(rule, settings, error));
    TRY(rule_start(rule, settings, start, error));
    return rule_plan(rule, error);
}

/* Not adamw: its rate is also how strongly it pulls to 0, away from where the loss is least; nor
 * schedule_free, whose answer is the average of a walk at one rate. Rounds over parts of the rows
 * cannot be compared, so that lengths would not be held back. */
static bool rule_can_measure(const MethodSettings *settings) {
    static const char *const names[] = {"gd",   "momentum", "nesterov",
                                        "adam", "rmsprop",  "adagrad"};
    size_t count = settings->parts ? 3 : COUNT_OF(names);
    for (size_t k = 0; settings->name && k < count; k++)
        if (strcmp(names[k], settings->name) == 0) return true;
    return false;
}

Status optim_rule_open(const Objective *objective, const MethodSettings *settings, const char *text,
                       const double *start, Rule **rule, Error *error) {
    *rule = memory_new(1, sizeof **rule);
    if (!*rule) return error_memory(error);
    (*rule)->objective = objective;
    (*rule)->n = objective->n;
    (*rule)->factor = objective->rate;
    (*rule)->measures = settings->measured && !settings->rate && rule_can_measure(settings);
    (*rule)->epoch = 1;
    (*rule)->last_step = settings->last_step;
    Status status = rule_prepare(*rule, settings, text, start, error);
    if (status == STATUS_OK) return STATUS_OK;
    optim_rule_close(*rule);
    *rule = NULL;
    return status;
}

void optim_rule_close(Rule *rule) {
    if (!rule) return;
    schedule_close(&rule->schedule);
    measured_close(rule->measured);
    exec_free(rule->plan);
    graph_free_rule(rule->graph);
    memory_free(rule->storage);
    memory_free(rule->parameters);
    memory_free(rule->columns);
    memory_free(rule->columns_next);
    memory_free(rule->results);
    memory_free(rule);
}

/* ---- walking --------------------------------------------------------------------------------- */

static Status rule_rate(Rule *rule, double *rate) {
    *rate = NAN;
    if (rule->rate_setting == (size_t)RULE_NO_SETTING) return STATUS_OK;
    double *setting = &rule->parameters[RULE_SETTINGS + rule->rate_setting];
    bool known = rule->schedule.constant && rule->step > 1;
    if (rule->schedule.plan && !known)
        TRY(schedule_run(&rule->schedule, rule->step, rule->last_step, rule->epoch, setting));
    *rate = *setting;
    return STATUS_OK;
}

/* The newest values become those that are read; g stays in its place. */
static void rule_turn(Rule *rule) {
    for (size_t k = 0; rule->stepped && k < rule->n_columns; k++) {
        const double *column = rule->columns[k];
        if (k == RULE_G) continue;
        rule->columns[k] = rule->columns_next[k];
        rule->columns_next[k] = column;
    }
    rule->stepped = false;
}

static Status rule_update(Rule *rule) {
    const RuleGraph *graph = rule->graph;
    Rows rows = {rule->columns, 0, rule->n, NULL};
    size_t count = 0;
    for (size_t k = 0; k < rule->n_columns; k++)
        if (k != RULE_G) rule->results[count++] = rule_vector(rule, rule->columns_next[k]);
    if (graph->answer != NODE_NONE) rule->results[count] = rule->answer;
    TRY(exec_run(rule->plan, rule->parameters, &rows, rule->results, NULL));
    for (size_t k = 0; k < rule->n_columns; k++)
        if (k != RULE_G)
            rule_spread(rule, graph->next[k], rule_vector(rule, rule->columns_next[k]));
    if (graph->answer != NODE_NONE) {
        rule_spread(rule, graph->answer, rule->answer);
        optim_project(rule->objective, rule->answer);
    }
    optim_project(rule->objective, rule_vector(rule, rule->columns_next[RULE_W]));
    rule->stepped = true;
    return STATUS_OK;
}

/* Loss and slope at w; the numbers of the round. */
static Status rule_feel(Rule *rule, double *gradient) {
    const Objective *objective = rule->objective;
    const double *w = rule->columns[RULE_W];
    rule->step++;
    rule->parameters[RULE_T] = (double)(rule->step - rule->forgot);
    rule->parameters[RULE_LAST] = (double)rule->last_step;
    rule->parameters[RULE_EPOCH] = (double)rule->epoch;
    if (rule->measured)
        return measured_feel(rule->measured, w, &rule->loss, gradient, &rule->evaluations);
    rule->evaluations++;
    return objective->loss_gradient(objective->context, w, &rule->loss, gradient);
}

/* States as they were before step 1 (of the rules that measure: 0); w stays. */
static void rule_forget(Rule *rule) {
    rule->forgot = rule->step - 1;
    rule->parameters[RULE_T] = 1;
    for (size_t k = RULE_G + 1; k < rule->n_columns; k++)
        if (k != rule->factor_column)
            memset(rule_vector(rule, rule->columns[k]), 0, rule->n * sizeof(double));
}

/* Tries steps until one is taken. */
static Status rule_step_measured(Rule *rule, double *rate, Reason *reason) {
    Measured *measured = rule->measured;
    MeasuredTrial trial = MEASURED_AGAIN;
    const double *w = rule->columns[RULE_W], *gradient = rule->columns[RULE_G];
    double *slope = rule_vector(rule, gradient);
    TRY(measured_start_round(measured, w, rule->loss, gradient, &rule->evaluations, reason));
    if (rule->factor_column)
        memcpy(rule_vector(rule, rule->columns[rule->factor_column]), measured_factors(measured),
               rule->n * sizeof(double));
    if (measured_turned(measured)) rule_forget(rule);
    *rate = measured_rate(measured);
    while (*reason == REASON_RUNNING && (trial == MEASURED_AGAIN || trial == MEASURED_AFRESH)) {
        if (trial == MEASURED_AFRESH) rule_forget(rule);
        *rate = measured_rate(measured);
        rule->parameters[RULE_SETTINGS + rule->rate_setting] = *rate;
        measured_slopes(measured, slope, true);
        TRY(rule_update(rule));
        measured_slopes(measured, slope, false);
        TRY(measured_try(measured, rule->columns_next[RULE_W], &rule->evaluations, &trial, reason));
    }
    if (trial == MEASURED_STAYS) rule->stepped = false;
    return STATUS_OK;
}

static Status rule_step_given(Rule *rule, double *rate) {
    TRY(rule_rate(rule, rate));
    return rule_update(rule);
}

static void rule_report(Rule *rule, double rate, StepReport *report) {
    const double *w = rule->columns[RULE_W];
    report->step = rule->step;
    report->evaluations = rule->evaluations;
    report->loss = rule->loss;
    report->next_loss = NAN;
    report->rate = rate;
    report->before = NULL;
    optim_report(report, rule->objective, w, rule->columns[RULE_G],
                 rule->stepped ? rule->columns_next[RULE_W] : w);
}

Status optim_rule_step(Rule *rule, StepReport *report, Reason *reason) {
    double rate = NAN, *gradient = rule_vector(rule, rule->columns[RULE_G]);
    *reason = REASON_RUNNING;
    rule_turn(rule);
    TRY(rule_feel(rule, gradient));
    /* A step from a slope that is not finite would lose the place; stop_check ends the walk here.
     */
    bool finite = isfinite(rule->loss) && optim_finite(gradient, rule->n);
    if (finite)
        TRY(rule->measured ? rule_step_measured(rule, &rate, reason)
                           : rule_step_given(rule, &rate));
    if (rule->measured && *reason != REASON_RUNNING && !rule->stepped) rule->step--;
    rule_report(rule, rate, report);
    if (!finite && rule->step > 1) report->before = rule->columns_next[RULE_W];
    if (rule->measured && *reason == REASON_RUNNING) measured_end_round(rule->measured, report);
    if (rule->measured && *reason == REASON_SLOPE) measured_end(rule->measured, report);
    return STATUS_OK;
}

const double *optim_rule_answer(const Rule *rule) {
    if (rule->graph->answer != NODE_NONE) return rule->answer;
    return rule->stepped ? rule->columns_next[RULE_W] : rule->columns[RULE_W];
}

size_t optim_rule_state(const Rule *rule, const double **arrays, size_t capacity) {
    size_t count = 0;
    for (size_t k = 0; k < rule->n_columns; k++) {
        if (k == RULE_G) continue;
        if (count < capacity)
            arrays[count] = rule->stepped ? rule->columns_next[k] : rule->columns[k];
        count++;
    }
    return count;
}

const char *optim_rule_own_name(const Rule *rule) {
    return rule->bare ? NULL : rule->graph->name;
}

double optim_rule_setting(const Rule *rule, const char *name) {
    size_t index = rule_find_setting(rule, name);
    if (index == (size_t)RULE_NO_SETTING) return NAN;
    return rule->parameters[RULE_SETTINGS + index];
}

const Measured *optim_rule_measured(const Rule *rule) {
    return rule->measured;
}

void optim_rule_epoch(Rule *rule, long long epoch) {
    rule->epoch = epoch;
}

/* ---- many rounds in one go ------------------------------------------------------------------- */

bool optim_rule_own_view(Rule *rule, RuleView *view) {
    bool varies = rule->measured || (rule->schedule.plan && !rule->schedule.constant);
    if (rule->step == 0 || varies) return false;
    for (size_t k = 0; k < rule->n_columns; k++)
        if (k != RULE_G && !(rule->graph->graph->nodes[rule->graph->next[k]].flags & NODE_ROWS))
            return false; /* it would have to be spread */
    rule_turn(rule);
    rule->parameters[RULE_T] = (double)rule->step;
    *view = (RuleView){.plan = rule->plan,
                       .parameters = rule->parameters,
                       .columns = rule_vector(rule, rule->columns[RULE_W]),
                       .n_settings = RULE_SETTINGS + rule->graph->n_settings,
                       .n_columns = rule->n_columns};
    return true;
}

void optim_rule_own_advance(Rule *rule, long long rounds) {
    rule->step += rounds;
    rule->evaluations += rounds;
}
