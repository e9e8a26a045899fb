/* walk_json: the object of --json; its keys are a contract (docs/manual.md). */
#include "cli.h"

#include <math.h>
#include <string.h>

enum { JSON_DOWN_ROWS = 100 };
#include <string.h>

/* ---- parameters: numbers or nested arrays --------------------------------------------------- */

/* An array of 'dims', row by row; recursion is as deep as the rank, 4 at most. Returns the values
 * used. */
static size_t json_nested(ViewJson *json, const char *key, const double *values, size_t rank,
                          const size_t *dims) {
    size_t used = 0;
    if (rank == 0) {
        view_json_number(json, key, values[0]);
        return 1;
    }
    view_json_open(json, key, '[');
    for (size_t k = 0; k < dims[0]; k++)
        used += json_nested(json, NULL, values + used, rank - 1, dims + 1);
    view_json_close(json, ']');
    return used;
}

static void json_parameters(ViewJson *json, const descend_walk *walk) {
    const double *values = descend_walk_values(walk);
    const char *name;
    view_json_open(json, "parameters", '{');
    for (size_t k = 0; (name = descend_walk_block_name(walk, k)); k++) {
        size_t dims[4] = {1, 1, 1, 1};
        size_t rank = descend_walk_block_shape(walk, k, dims);
        values += json_nested(json, name, values, rank, dims);
    }
    view_json_close(json, '}');
}

/* What the elements of the first axis stand for. */
static void json_groups(ViewJson *json, const descend_walk *walk) {
    const char *name, *label;
    bool any = false;
    for (size_t k = 0; (name = descend_walk_block_name(walk, k)); k++) {
        if (!descend_walk_block_label(walk, k, 0)) continue;
        if (!any) view_json_open(json, "groups", '{');
        any = true;
        view_json_open(json, name, '[');
        for (size_t i = 0; (label = descend_walk_block_label(walk, k, i)); i++)
            view_json_text(json, NULL, label);
        view_json_close(json, ']');
    }
    if (any) view_json_close(json, '}');
}

/* ---- fits ----------------------------------------------------------------------------------- */

static void json_vector(ViewJson *json, const char *key, const descend_walk *walk,
                        const double *values, size_t n) {
    view_json_open(json, key, '{');
    for (size_t i = 0; i < n; i++)
        view_json_number(json, descend_walk_parameter_name(walk, i), values[i]);
    view_json_close(json, '}');
}

static void json_correlation(ViewJson *json, const descend_walk *walk, const double *matrix,
                             size_t n) {
    view_json_open(json, "correlation", '{');
    for (size_t i = 0; i < n; i++)
        json_vector(json, descend_walk_parameter_name(walk, i), walk, matrix + i * n, n);
    view_json_close(json, '}');
}

static void json_unavailable(ViewJson *json, descend_walk *walk, const char *language, size_t n) {
    view_json_open(json, "not_available", '{');
    for (size_t i = 0; i < n; i++) {
        const char *why = descend_walk_unavailable(walk, i, language);
        if (why[0]) view_json_text(json, descend_walk_parameter_name(walk, i), why);
    }
    view_json_close(json, '}');
}

static void json_warnings(ViewJson *json, descend_walk *walk, const CliInputs *inputs,
                          const char *language) {
    const char *note;
    view_json_open(json, "warnings", '[');
    for (size_t k = 0; (note = descend_model_note(inputs->model, k, language)); k++)
        view_json_text(json, NULL, note);
    for (size_t k = 0; inputs->table; k++) {
        if (!(note = descend_table_note(inputs->table, k, language))) break;
        view_json_text(json, NULL, note);
    }
    for (size_t k = 0; (note = descend_walk_note(walk, k, language)); k++)
        view_json_text(json, NULL, note);
    view_json_close(json, ']');
}

/* A vector of NaN where the walk has none. */
static void json_fetch(const descend_walk *walk, const char *key, double *values, size_t count) {
    if (descend_walk_vector(walk, key, values, count) >= 0) return;
    for (size_t i = 0; i < count; i++) values[i] = NAN;
}

/* How start values were found; null where all were given. */
static void json_starts(ViewJson *json, const descend_walk *walk) {
    view_json_number(json, "start_tries", descend_walk_number(walk, "start_tries"));
    view_json_number(json, "start_walks", descend_walk_number(walk, "start_walks"));
    view_json_number(json, "runner_up", descend_walk_number(walk, "runner_up"));
}

/* What sets the errors; and how well measured ones agree with the scatter of the points. */
static void json_errors(ViewJson *json, descend_walk *walk) {
    const char *word = descend_walk_text(walk, "errors_are", NULL);
    view_json_text(json, "errors_are", word);
    if (strcmp(word, "absolute") != 0) return;
    view_json_number(json, "chi_square", descend_walk_number(walk, "chi_square"));
    view_json_number(json, "reduced_chi_square", descend_walk_number(walk, "reduced_chi_square"));
}

/* A robust loss, and the rows that count less than half; at most a hundred. */
static void json_loss(ViewJson *json, descend_walk *walk) {
    double scale = descend_walk_number(walk, "loss_scale");
    descend_down_row row;
    if (isnan(scale)) return;
    view_json_text(json, "loss_function", descend_walk_text(walk, "loss_function", NULL));
    view_json_number(json, "loss_scale", scale);
    view_json_open(json, "down_weighted", '[');
    for (size_t k = 0; k < JSON_DOWN_ROWS && descend_walk_down_row(walk, k, &row); k++) {
        view_json_open(json, NULL, '{');
        view_json_number(json, "row", (double)row.row);
        view_json_number(json, "weight", row.weight);
        view_json_close(json, '}');
    }
    view_json_close(json, ']');
}

/* Names that the formula sets to something made of parameters. */
static void json_derived(ViewJson *json, descend_walk *walk) {
    descend_derived line;
    for (size_t k = 0; descend_walk_derived(walk, k, &line); k++) {
        if (k == 0) view_json_open(json, "derived", '{');
        view_json_open(json, line.name, '{');
        view_json_number(json, "value", line.value);
        view_json_number(json, "standard_error", line.standard_error);
        view_json_close(json, '}');
    }
    if (descend_walk_derived(walk, 0, &line)) view_json_close(json, '}');
}

static void json_number_key(ViewJson *json, const descend_walk *walk, const char *key) {
    view_json_number(json, key, descend_walk_number(walk, key));
}

/* An object of numbers; 'keys' are pairs: its own, and the walk's. */
static void json_test(ViewJson *json, const char *name, const descend_walk *walk,
                      const char *const *keys, size_t count) {
    view_json_open(json, name, '{');
    for (size_t k = 0; k < count; k += 2)
        view_json_number(json, keys[k], descend_walk_number(walk, keys[k + 1]));
    view_json_close(json, '}');
}

static void json_rows(ViewJson *json, const char *key, descend_walk *walk, bool outliers) {
    descend_row_facts facts;
    view_json_open(json, key, '[');
    for (size_t k = 0; descend_walk_row_facts(walk, key, k, &facts); k++) {
        view_json_open(json, NULL, '{');
        view_json_integer(json, "row", (long long)facts.row);
        if (facts.line) view_json_integer(json, "line", facts.line);
        view_json_number(json, "residual", facts.residual);
        view_json_number(json, "studentized", facts.studentized);
        if (outliers) view_json_number(json, "p", facts.p);
        if (!outliers) view_json_number(json, "leverage", facts.leverage);
        if (!outliers) view_json_number(json, "cook", facts.cook);
        view_json_close(json, '}');
    }
    view_json_close(json, ']');
}

static void json_quality(ViewJson *json, descend_walk *walk) {
    static const char *const numbers[] = {
        "residual_sum_of_squares", "residual_standard_deviation", "degrees_of_freedom",
        "r_squared", "adjusted_r_squared", "log_likelihood", "aic", "aicc", "bic"};
    static const char *const f[] = {"statistic", "f_statistic", "above", "f_above",
                                    "below",     "f_below",     "p",     "f_p"};
    static const char *const runs[] = {"count", "runs", "expected", "runs_expected", "p", "runs_p"};
    static const char *const spread[] = {"statistic", "spread", "slope", "spread_slope",
                                         "p", "spread_p"};
    for (size_t k = 0; k < COUNT_OF(numbers); k++) json_number_key(json, walk, numbers[k]);
    json_test(json, "f_test", walk, f, COUNT_OF(f));
    view_json_open(json, "residual_tests", '{');
    json_test(json, "runs", walk, runs, COUNT_OF(runs));
    json_rows(json, "outliers", walk, true);
    json_test(json, "spread", walk, spread, COUNT_OF(spread));
    view_json_close(json, '}');
    json_rows(json, "influence", walk, false);
}

static void json_fit(Cli *cli, ViewJson *json, descend_walk *walk, const CliInputs *inputs) {
    size_t n = descend_walk_parameter_count(walk), square, total;
    double *room = NULL;
    if (memory_multiply(n, n, &square) && memory_add(square, 5 * n + 1, &total))
        room = memory_new(total, sizeof *room);
    if (!room) {
        cli->out.failed = true;
        return;
    }
    double *low = room + n, *high = room + 2 * n, *t = room + 3 * n, *p = room + 4 * n;
    double *matrix = room + 5 * n;
    json_fetch(walk, "standard_errors", room, n);
    json_fetch(walk, "confidence_low", low, n);
    json_fetch(walk, "confidence_high", high, n);
    json_fetch(walk, "t_values", t, n);
    json_fetch(walk, "p_values", p, n);
    json_fetch(walk, "correlation", matrix, square);
    json_vector(json, "standard_errors", walk, room, n);
    json_vector(json, "t_values", walk, t, n);
    json_vector(json, "p_values", walk, p, n);
    cli_json_intervals(json, walk, low, high, n);
    if (descend_walk_vector(walk, "bootstrap_errors", low, n) >= 0)
        json_vector(json, "bootstrap_standard_errors", walk, low, n);
    json_correlation(json, walk, matrix, n);
    json_unavailable(json, walk, cli_language(cli), n);
    json_derived(json, walk);
    json_errors(json, walk);
    json_loss(json, walk);
    json_quality(json, walk);
    json_starts(json, walk);
    json_warnings(json, walk, inputs, cli_language(cli));
    memory_free(room);
}

/* ---- the walk ------------------------------------------------------------------------------- */

static void json_digest(ViewJson *json, uint64_t digest) {
    static const char hex[] = "0123456789abcdef";
    char text[17] = {0};
    for (int k = 0; k < 16; k++) text[k] = hex[digest >> (60 - 4 * k) & 15];
    view_json_text(json, "digest", text);
}

static void json_advice(ViewJson *json, const Command *command, const char *advice) {
    Text text = {0};
    if (advice[0]) cli_advice(command, advice, &text);
    view_json_text(json, "advice", advice[0] ? text_string(&text) : NULL);
    json->out->failed = json->out->failed || text.failed;
    text_free(&text);
}

static void json_happened(ViewJson *json, descend_walk *walk, const char *key,
                          const char *language) {
    const char *text = descend_walk_text(walk, key, language);
    view_json_text(json, key, text[0] ? text : NULL);
}

void cli_json_walk(Cli *cli, ViewJson *json, const Command *command, const CliInputs *inputs,
                   descend_walk *walk) {
    const char *language = cli_language(cli), *model = descend_walk_text(walk, "model", "en");
    descend_verdict verdict = descend_walk_verdict(walk);
    view_json_text(json, "verdict", descend_verdict_name(verdict));
    view_json_text(json, "reason", descend_walk_text(walk, "reason", language));
    json_happened(json, walk, "happened", language);
    json_happened(json, walk, "happened_because", language);
    json_number_key(json, walk, "loss");
    json_number_key(json, walk, "start_loss");
    json_number_key(json, walk, "steps");
    json_number_key(json, walk, "evaluations");
    json_parameters(json, walk);
    json_groups(json, walk);
    json_number_key(json, walk, "gradient_norm");
    if (*model) view_json_text(json, "model", model);
    if (*model) view_json_text(json, "formula", descend_walk_text(walk, "formula", "en"));
    view_json_text(json, "method", descend_walk_text(walk, "method", "en"));
    view_json_text(json, "executor", descend_walk_text(walk, "executor", "en"));
    json_number_key(json, walk, "threads");
    view_json_text(json, "precision", descend_walk_text(walk, "precision", "en"));
    json_number_key(json, walk, "workspace_bytes");
    json_number_key(json, walk, "seed");
    json_number_key(json, walk, "seconds");
    json_digest(json, descend_walk_digest(walk));
    if (command->values[OPTION_PROFILE]) cli_json_profile(json, walk);
    if (command->verb == VERB_FIT) json_fit(cli, json, walk, inputs);
    bool flew = verdict == DESCEND_VERDICT_DIVERGED || verdict == DESCEND_VERDICT_NON_FINITE;
    if (flew) json_number_key(json, walk, "rate_limit");
    const char *advice = descend_walk_text(walk, "advice", language);
    bool advised = cli_advises(command, advice);
    if (flew || advised) json_advice(json, command, advised ? advice : "");
}
