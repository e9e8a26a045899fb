/* Options and arguments of a walk: text -> settings. */
#include "api.h"

#include <math.h>
#include <string.h>

static Status api_copy(descend_walk *walk, const char *text, const char **out) {
    *out = arena_copy(&walk->arena, text, strlen(text));
    return *out ? STATUS_OK : STATUS_MEMORY;
}

static bool api_whole(const char *text, double least, double *value) {
    return number_read(text, text + strlen(text), value) && *value >= least && *value <= 9e15 &&
           *value == floor(*value);
}

/* ---- one function for each kind of option ---------------------------------------------------- */

typedef Status OptionSet(descend_walk *walk, const char *option, const char *value, Error *error);

static Status option_rate(descend_walk *walk, const char *option, const char *value, Error *error) {
    (void)option;
    (void)error;
    return api_copy(walk, value, &walk->options.rate);
}

static Status option_optimizer(descend_walk *walk, const char *option, const char *value,
                               Error *error) {
    (void)option;
    (void)error;
    return api_copy(walk, value, &walk->options.optimizer);
}

static Status option_until(descend_walk *walk, const char *option, const char *value,
                           Error *error) {
    (void)option;
    (void)error;
    return api_copy(walk, value, &walk->options.until);
}

static Status option_whole(const char *option, const char *value, double least, double *number,
                           Error *error) {
    if (api_whole(value, least, number)) return STATUS_OK;
    return error_set(error, STATUS_INPUT, MSG_API_WHOLE, option, value, number_round(least, 3).s,
                     NULL);
}

static Status option_count(descend_walk *walk, const char *option, const char *value,
                           Error *error) {
    double number;
    TRY(option_whole(option, value, 1, &number, error));
    if (strcmp(option, "steps") == 0) walk->options.steps = (long long)number;
    if (strcmp(option, "epochs") == 0) walk->options.epochs = (long long)number;
    if (strcmp(option, "batch") == 0) walk->options.batch = (long long)number;
    return STATUS_OK;
}

static Status option_restarts(descend_walk *walk, const char *option, const char *value,
                              Error *error) {
    double number;
    TRY(option_whole(option, value, 0, &number, error));
    walk->options.restarts = (long)number;
    return STATUS_OK;
}

static Status option_threads(descend_walk *walk, const char *option, const char *value,
                             Error *error) {
    double number;
    TRY(option_whole(option, value, 1, &number, error));
    walk->problem_options.threads = (size_t)number;
    return STATUS_OK;
}

static Status option_seed(descend_walk *walk, const char *option, const char *value, Error *error) {
    double number;
    TRY(option_whole(option, value, 0, &number, error));
    walk->options.seed = (uint64_t)number;
    return STATUS_OK;
}

static Status option_gradient(descend_walk *walk, const char *option, const char *value,
                              Error *error) {
    bool probe = strcmp(value, "probe") == 0;
    if (!probe && strcmp(value, "exact") != 0)
        return error_set(error, STATUS_INPUT, MSG_API_CHOICE, option, value, "exact, probe", NULL);
    walk->problem_options.probe = probe;
    return STATUS_OK;
}

static Status option_executor(descend_walk *walk, const char *option, const char *value,
                              Error *error) {
    static const char *const NAMES[] = {"auto", "reference", "interpreted", "compiled"};
    static const Executor EXECUTORS[] = {EXECUTOR_AUTO, EXECUTOR_REFERENCE, EXECUTOR_INTERPRETED,
                                         EXECUTOR_COMPILED};
    for (size_t k = 0; k < COUNT_OF(NAMES); k++) {
        if (strcmp(value, NAMES[k]) != 0) continue;
        walk->problem_options.executor = EXECUTORS[k];
        return STATUS_OK;
    }
    return error_set(error, STATUS_INPUT, MSG_API_CHOICE, option, value,
                     "auto, reference, interpreted, compiled", NULL);
}

static Status option_precision(descend_walk *walk, const char *option, const char *value,
                               Error *error) {
    bool single = strcmp(value, "f32") == 0;
    if (!single && strcmp(value, "f64") != 0)
        return error_set(error, STATUS_INPUT, MSG_API_CHOICE, option, value, "f64, f32", NULL);
    walk->problem_options.precision = single ? PRECISION_F32 : PRECISION_F64;
    return STATUS_OK;
}

static Status option_profile(descend_walk *walk, const char *option, const char *value,
                             Error *error) {
    bool on = strcmp(value, "on") == 0 || value[0] == '\0';
    if (!on && strcmp(value, "off") != 0)
        return error_set(error, STATUS_INPUT, MSG_API_CHOICE, option, value, "on, off", NULL);
    walk->problem_options.profile = on;
    return STATUS_OK;
}

static Status option_watch(descend_walk *walk, const char *option, const char *value,
                           Error *error) {
    bool off = strcmp(value, "off") == 0;
    if (!off && strcmp(value, "on") != 0)
        return error_set(error, STATUS_INPUT, MSG_API_CHOICE, option, value, "on, off", NULL);
    walk->options.unwatched = off;
    return STATUS_OK;
}

/* "off", or the absolute path of a folder. */
static Status option_cache(descend_walk *walk, const char *option, const char *value,
                           Error *error) {
    walk->problem_options.cache = NULL;
    if (strcmp(value, "off") == 0) return STATUS_OK;
    if (value[0] != '/')
        return error_set(error, STATUS_INPUT, MSG_API_CHOICE, option, value, "off, /FOLDER", NULL);
    return api_copy(walk, value, &walk->problem_options.cache);
}

static Status option_weight(descend_walk *walk, const char *option, const char *value,
                            Error *error) {
    (void)option;
    (void)error;
    return api_copy(walk, value, &walk->build.weight);
}

/* A list of columns, separated by commas. */
static Status option_list(descend_walk *walk, const char *value, const char ***names,
                          size_t *count) {
    *count = 1;
    for (const char *c = value; *c; c++) *count += *c == ',';
    *names = arena_alloc(&walk->arena, *count, sizeof **names);
    if (!*names) return STATUS_MEMORY;
    for (size_t k = 0; k < *count; k++) {
        size_t length = strcspn(value, ",");
        (*names)[k] = arena_copy(&walk->arena, value, length);
        if (!(*names)[k]) return STATUS_MEMORY;
        value += length + (value[length] == ',');
    }
    return STATUS_OK;
}

/* NAME, or NAME:SCALE. */
static Status option_loss(descend_walk *walk, const char *option, const char *value, Error *error) {
    const char *colon = strchr(value, ':');
    size_t length = colon ? (size_t)(colon - value) : strlen(value);
    double scale = 0;
    bool good = !colon || (number_read(colon + 1, value + strlen(value), &scale) && scale > 0 &&
                           isfinite(scale));
    if (!good || length == 0)
        return error_set(error, STATUS_INPUT, MSG_API_LOSS, option, value, NULL);
    char *name = arena_copy(&walk->arena, value, length);
    if (!name) return STATUS_MEMORY;
    walk->build.loss = strcmp(name, "squares") == 0 ? NULL : name;
    walk->build.loss_scale = scale;
    return STATUS_OK;
}

static Status option_group(descend_walk *walk, const char *option, const char *value,
                           Error *error) {
    (void)option;
    (void)error;
    const char **names;
    TRY(option_list(walk, value, &names, &walk->build.n_groups));
    walk->build.groups = names;
    return STATUS_OK;
}

static Status option_drop(descend_walk *walk, const char *option, const char *value, Error *error) {
    (void)option;
    (void)error;
    const char **names;
    TRY(option_list(walk, value, &names, &walk->build.n_dropped));
    walk->build.dropped = names;
    return STATUS_OK;
}

/* COL, or NAME=COL, separated by commas. */
static Status option_errors(descend_walk *walk, const char *option, const char *value,
                            Error *error) {
    (void)error;
    const char **names;
    size_t count;
    TRY(option_list(walk, value, &names, &count));
    Role *roles = arena_alloc(&walk->arena, count, sizeof *roles);
    if (!roles) return STATUS_MEMORY;
    for (size_t k = 0; k < count; k++) {
        const char *equals = strchr(names[k], '=');
        roles[k] = (Role){.column = equals ? equals + 1 : names[k]};
        if (!equals) continue;
        roles[k].of = arena_copy(&walk->arena, names[k], (size_t)(equals - names[k]));
        if (!roles[k].of) return STATUS_MEMORY;
    }
    bool of_x = strcmp(option, "xerror") == 0;
    *(of_x ? &walk->build.x_errors : &walk->build.errors) = roles;
    *(of_x ? &walk->build.n_x_errors : &walk->build.n_errors) = count;
    return STATUS_OK;
}

static const struct {
    const char *name;
    OptionSet *set;
} API_OPTIONS[] = {
    {"rate", option_rate},         {"optimizer", option_optimizer}, {"until", option_until},
    {"steps", option_count},       {"epochs", option_count},        {"batch", option_count},
    {"restarts", option_restarts}, {"seed", option_seed},           {"gradient", option_gradient},
    {"threads", option_threads},   {"executor", option_executor},   {"weight", option_weight},
    {"drop", option_drop},         {"precision", option_precision}, {"cache", option_cache},
    {"profile", option_profile},   {"error", option_errors},        {"xerror", option_errors},
    {"group", option_group},       {"loss", option_loss},
    {"watch", option_watch},       {"intervals", api_option_intervals},
};

static Status api_unknown_option(const char *option, Error *error) {
    const char *names[COUNT_OF(API_OPTIONS)];
    for (size_t k = 0; k < COUNT_OF(API_OPTIONS); k++) names[k] = API_OPTIONS[k].name;
    const char *nearest = suggest_nearest(option, names, COUNT_OF(API_OPTIONS));
    error_set(error, STATUS_INPUT, MSG_API_OPTION, option, NULL);
    if (nearest) error_remedy(error, MSG_API_DID_YOU_MEAN, nearest, NULL);
    return STATUS_INPUT;
}

static descend_status api_finish(Status status, Error *inside, descend_error **error) {
    if (status == STATUS_OK) return DESCEND_OK;
    if (status == STATUS_MEMORY) return api_no_memory(error);
    return api_fail(error, inside);
}

descend_status descend_walk_set(descend_walk *walk, const char *option, const char *value,
                                descend_error **error) {
    Error inside = {0};
    if (!walk || !option || !value)
        return api_null(error, !walk ? "walk" : !option ? "option" : "value");
    if (walk->walk) return api_misuse(error, MSG_API_TOO_LATE);
    for (size_t k = 0; k < COUNT_OF(API_OPTIONS); k++)
        if (strcmp(option, API_OPTIONS[k].name) == 0)
            return api_finish(API_OPTIONS[k].set(walk, option, value, &inside), &inside, error);
    return api_finish(api_unknown_option(option, &inside), &inside, error);
}

/* ---- arguments: NAME=START, NAME=LO..HI, NAME=START,LO..HI ----------------------------------- */

/* A number, or an expression of numbers such as pi/2. */
static Status argument_number(const char *text, size_t length, double *value, Error *error) {
    if (number_read(text, text + length, value)) return STATUS_OK;
    Ast *ast = NULL;
    Graph *graph = NULL;
    NodeId node = NODE_NONE;
    Plan *plan = NULL;
    PlanOptions options = {0};
    Rows rows = {0};
    Status status = lang_parse(NULL, text, length, LANG_EXPRESSION, &ast, error);
    if (status == STATUS_OK) status = graph_build_expression(ast, NULL, 0, &graph, &node, error);
    if (status == STATUS_OK) status = exec_plan(graph, &node, 1, &options, &plan, error);
    if (status == STATUS_OK) status = exec_run(plan, NULL, &rows, &value, NULL);
    exec_free(plan);
    graph_free(graph);
    lang_free(ast);
    return status;
}

static const char *argument_dots(const char *text) {
    return strstr(text, "..");
}

static Status argument_bounds(const char *text, const char *dots, Argument *argument,
                              Error *error) {
    argument->has_bounds = true;
    TRY(argument_number(text, (size_t)(dots - text), &argument->low, error));
    TRY(argument_number(dots + 2, strlen(dots + 2), &argument->high, error));
    if (argument->low <= argument->high) return STATUS_OK;
    error_set(error, STATUS_INPUT, MSG_API_BOUNDS, argument->name,
              number_round(argument->low, 10).s, number_round(argument->high, 10).s, NULL);
    return STATUS_INPUT;
}

static Status argument_parse(const char *text, Argument *argument, Error *error) {
    const char *comma = strchr(text, ','), *dots = argument_dots(text);
    *argument = (Argument){.name = argument->name, .low = -INFINITY, .high = INFINITY};
    if (comma && dots && dots > comma) {
        argument->has_start = true;
        TRY(argument_number(text, (size_t)(comma - text), &argument->start, error));
        return argument_bounds(comma + 1, dots, argument, error);
    }
    if (dots) return argument_bounds(text, dots, argument, error);
    argument->has_start = true;
    return argument_number(text, strlen(text), &argument->start, error);
}

/* '[1, 2, 3]', or rows of a matrix in further brackets: the elements one after the other. */
static Status argument_list(descend_walk *walk, const char *name, const char *text, Error *error) {
    WalkStart start = {.name = name};
    size_t most = 1;
    for (const char *c = text; *c; c++) most += *c == ',';
    double *values = arena_alloc(&walk->arena, most, sizeof *values);
    if (!values ||
        !memory_reserve(&walk->starts, &walk->starts_capacity, walk->n_starts + 1, sizeof start))
        return STATUS_MEMORY;
    while (*text) {
        text += strspn(text, "[], ");
        size_t length = strcspn(text, "[],");
        if (length > 0)
            TRY(argument_number(text, length, &values[start.count++], error));
        text += length;
    }
    start.values = values;
    walk->starts[walk->n_starts++] = start;
    return STATUS_OK;
}

static bool argument_list_given(const descend_walk *walk, const char *name) {
    for (size_t k = 0; k < walk->n_starts; k++)
        if (strcmp(walk->starts[k].name, name) == 0) return true;
    return false;
}

/* The '=' behind the name, which may be that of an element: k[a=b]=3. */
static const char *argument_equals(const char *text) {
    const char *equals = strchr(text, '='), *bracket = strchr(text, '[');
    if (!equals || !bracket || bracket > equals) return equals;
    const char *end = strstr(bracket, "]=");
    return end ? end + 1 : equals;
}

/* x=COLUMN, where x is an input of the model. */
static Status argument_column(descend_walk *walk, const char *name, const char *column,
                              Error *error) {
    for (size_t k = 0; k < walk->columns.count; k++)
        if (strcmp(walk->columns.items[k].argument, name) == 0)
            return error_set(error, STATUS_INPUT, MSG_API_ARGUMENT_TWICE, name, NULL);
    return api_add_column(&walk->columns, &walk->arena, name, column);
}

static Status argument_add(descend_walk *walk, const char *text, Error *error) {
    const char *equals = argument_equals(text);
    if (!equals || equals == text || !equals[1])
        return error_set(error, STATUS_INPUT, MSG_API_ARGUMENT, text, NULL);
    size_t count = walk->build.n_arguments;
    if (!memory_reserve(&walk->arguments, &walk->arguments_capacity, count + 1, sizeof(Argument)))
        return STATUS_MEMORY;
    Argument argument = {.name = unicode_nfc(&walk->arena, text, (size_t)(equals - text))};
    if (!argument.name)
        return walk->arena.failed ? STATUS_MEMORY
                                  : error_set(error, STATUS_INPUT, MSG_API_ARGUMENT, text, NULL);
    if (api_is_input(walk->model, argument.name))
        return argument_column(walk, argument.name, equals + 1, error);
    for (size_t k = 0; k < count; k++)
        if (strcmp(walk->arguments[k].name, argument.name) == 0)
            return error_set(error, STATUS_INPUT, MSG_API_ARGUMENT_TWICE, argument.name, NULL);
    bool list = equals[1] == '[';
    if (list && text[strlen(text) - 1] != ']')
        return error_set(error, STATUS_INPUT, MSG_API_ARGUMENT, text, NULL);
    if (list && argument_list_given(walk, argument.name))
        return error_set(error, STATUS_INPUT, MSG_API_ARGUMENT_TWICE, argument.name, NULL);
    Status status = list ? argument_list(walk, argument.name, equals + 1, error)
                         : argument_parse(equals + 1, &argument, error);
    bool number = status != STATUS_INPUT || !error || error->what.id == MSG_API_BOUNDS;
    if (!number && descend_model_argument(walk->model, 0))
        return api_no_input(walk->model, argument.name, equals + 1, error);
    if (!number) error_remedy(error, MSG_API_ARGUMENT_NUMBERS, text, NULL);
    TRY(status);
    if (list) return STATUS_OK;
    walk->arguments[count] = argument;
    walk->build.arguments = walk->arguments;
    walk->build.n_arguments = count + 1;
    return STATUS_OK;
}

descend_status descend_walk_argument(descend_walk *walk, const char *argument,
                                     descend_error **error) {
    Error inside = {0};
    if (!walk || !argument) return api_null(error, !walk ? "walk" : "argument");
    if (walk->walk) return api_misuse(error, MSG_API_TOO_LATE);
    return api_finish(argument_add(walk, argument, &inside), &inside, error);
}

descend_status descend_walk_start(descend_walk *walk, const char *name, const double *values,
                                  size_t count, descend_error **error) {
    if (!walk || !name || (!values && count > 0))
        return api_null(error, !walk ? "walk" : !name ? "name" : "values");
    if (walk->walk) return api_misuse(error, MSG_API_TOO_LATE);
    WalkStart start = {.count = count};
    double *copy = arena_alloc(&walk->arena, count + 1, sizeof *copy);
    if (!copy || api_copy(walk, name, &start.name) != STATUS_OK ||
        !memory_reserve(&walk->starts, &walk->starts_capacity, walk->n_starts + 1, sizeof start))
        return api_no_memory(error);
    if (count > 0) memcpy(copy, values, count * sizeof *values);
    start.values = copy;
    walk->starts[walk->n_starts++] = start;
    return DESCEND_OK;
}
