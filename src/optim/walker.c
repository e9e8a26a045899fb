/* walker: opens the method that was asked for, or that suits the objective, and hands on. */
#include <math.h>
#include <string.h>

#include "optim.h"

enum { WALKER_DENSE_LIMIT = 200, WALKER_SQUARES_LIMIT = 500, WALKER_NAMES = 64 };

static const Method *const walker_methods[] = {&optim_bfgs, &optim_lbfgs, &optim_separable};

/* Name and text of each rule in turn, made from src/optim/rules at build time. */
extern const char *const optim_rules_texts[];

struct Walker {
    const char *name;
    const Method *method; /* NULL: a rule */
    void *state;
    Rule *rule;
};

const char *optim_rule_name(size_t k) {
    for (size_t i = 0; optim_rules_texts[2 * i]; i++)
        if (i == k) return optim_rules_texts[2 * i];
    return NULL;
}

const char *optim_rule_text(const char *name) {
    for (size_t i = 0; name && optim_rules_texts[2 * i]; i++)
        if (strcmp(optim_rules_texts[2 * i], name) == 0) return optim_rules_texts[2 * i + 1];
    return NULL;
}

const char *optim_native_name(size_t k) {
    return k < COUNT_OF(walker_methods) ? walker_methods[k]->name : NULL;
}

static const Method *walker_native(const char *name) {
    for (size_t k = 0; name && k < COUNT_OF(walker_methods); k++)
        if (strcmp(walker_methods[k]->name, name) == 0) return walker_methods[k];
    return NULL;
}

static Status walker_unknown(const char *name, Error *error) {
    const char *names[WALKER_NAMES];
    size_t count = 0;
    for (size_t k = 0; optim_native_name(k) && count < WALKER_NAMES; k++)
        names[count++] = optim_native_name(k);
    for (size_t k = 0; optim_rule_name(k) && count < WALKER_NAMES; k++)
        names[count++] = optim_rule_name(k);
    error_set(error, STATUS_INPUT, MSG_OPTIM_UNKNOWN_METHOD, name, NULL);
    const char *nearest = suggest_nearest(name, names, count);
    Text known = {0};
    for (size_t k = 0; k < count; k++) text_format(&known, "%s%s", k ? ", " : "", names[k]);
    if (nearest)
        error_remedy(error, MSG_OPTIM_DID_YOU_MEAN, nearest, NULL);
    else
        error_remedy(error, MSG_OPTIM_KNOWN_METHODS, text_string(&known), NULL);
    text_free(&known);
    return STATUS_INPUT;
}

static const char *walker_choice(const Objective *objective, const MethodSettings *settings) {
    if (settings->name) return settings->name;
    if (settings->rate) return "gd";
    if (objective->least_squares && objective->n <= WALKER_SQUARES_LIMIT)
        return optim_separable.name;
    return objective->n <= WALKER_DENSE_LIMIT ? optim_bfgs.name : optim_lbfgs.name;
}

/* Methods in C choose their own step lengths and have no settings. */
static Status walker_open_native(const Objective *objective, const MethodSettings *settings,
                                 const double *start, Walker *walker, Error *error) {
    const Method *method = walker->method;
    walker->name = method->name;
    if (settings->rate) {
        error_set(error, STATUS_INPUT, MSG_OPTIM_NO_RATE, method->name, NULL);
        error_remedy(error, MSG_OPTIM_NO_RATE_REMEDY, NULL);
        return STATUS_INPUT;
    }
    if (settings->n_settings > 0)
        return error_set(error, STATUS_INPUT, MSG_OPTIM_NO_SETTING, method->name,
                         settings->settings[0], NULL);
    if (method->needs_least_squares && !objective->least_squares) {
        error_set(error, STATUS_INPUT, MSG_OPTIM_NEEDS_SQUARES, method->name, NULL);
        error_remedy(error, MSG_OPTIM_NEEDS_SQUARES_REMEDY, NULL);
        return STATUS_INPUT;
    }
    if (method->open(objective, start, &walker->state) != STATUS_OK) return error_memory(error);
    return STATUS_OK;
}

static Status walker_open_rule(const Objective *objective, const MethodSettings *settings,
                               const char *text, const double *start, Walker *walker,
                               Error *error) {
    TRY(optim_rule_open(objective, settings, text, start, &walker->rule, error));
    const char *own = optim_rule_own_name(walker->rule);
    walker->name = own ? own : "rule";
    return STATUS_OK;
}

Status optim_open(const Objective *objective, const MethodSettings *settings, const double *start,
                  Walker **walker, Error *error) {
    const char *name = settings->text ? NULL : walker_choice(objective, settings);
    const char *text = settings->text ? settings->text : optim_rule_text(name);
    Status status;
    *walker = memory_new(1, sizeof **walker);
    if (!*walker) return error_memory(error);
    (*walker)->method = walker_native(name);
    if ((*walker)->method)
        status = walker_open_native(objective, settings, start, *walker, error);
    else if (text)
        status = walker_open_rule(objective, settings, text, start, *walker, error);
    else
        status = walker_unknown(name, error);
    if (status == STATUS_OK) return STATUS_OK;
    optim_close(*walker);
    *walker = NULL;
    return status;
}

Status optim_step(Walker *walker, StepReport *report, Reason *reason, Error *error) {
    Status status = walker->method ? walker->method->step(walker->state, report, reason)
                                   : optim_rule_step(walker->rule, report, reason);
    return status == STATUS_MEMORY ? error_memory(error) : status;
}

const double *optim_answer(const Walker *walker) {
    return walker->method ? walker->method->answer(walker->state) : optim_rule_answer(walker->rule);
}

size_t optim_state(const Walker *walker, const double **arrays, size_t capacity) {
    return walker->method ? walker->method->state(walker->state, arrays, capacity)
                          : optim_rule_state(walker->rule, arrays, capacity);
}

const char *optim_method_name(const Walker *walker) {
    return walker->name;
}

bool optim_is_first_order(const Walker *walker) {
    return !walker->method;
}

bool optim_is_measured(const Walker *walker) {
    return walker->rule && optim_rule_measured(walker->rule);
}

bool optim_ends_itself(const Walker *walker) {
    return optim_is_measured(walker) && measured_ends(optim_rule_measured(walker->rule));
}

double optim_measured_rate(const Walker *walker, double *spread) {
    const Measured *measured = walker->rule ? optim_rule_measured(walker->rule) : NULL;
    *spread = 1;
    return measured ? measured_rate_now(measured, spread) : NAN;
}

bool optim_is_least_squares(const Walker *walker) {
    return walker->method && walker->method->needs_least_squares;
}

double optim_setting(const Walker *walker, const char *name) {
    return walker->method ? NAN : optim_rule_setting(walker->rule, name);
}

void optim_epoch(Walker *walker, long long epoch) {
    if (walker->rule) optim_rule_epoch(walker->rule, epoch);
}

void optim_close(Walker *walker) {
    if (!walker) return;
    if (walker->state) walker->method->close(walker->state);
    optim_rule_close(walker->rule);
    memory_free(walker);
}

bool optim_rule_view(Walker *walker, RuleView *view) {
    return walker->rule && optim_rule_own_view(walker->rule, view);
}

void optim_rule_advance(Walker *walker, long long rounds) {
    optim_rule_own_advance(walker->rule, rounds);
}
