/* walk_json: the object of --json; its keys are a contract (docs/manual.md). */
#include "cli.h"

#include <math.h>
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

/* ---- fits ----------------------------------------------------------------------------------- */

static void json_vector(ViewJson *json, const char *key, const descend_walk *walk,
                        const double *values, size_t n) {
    view_json_open(json, key, '{');
    for (size_t i = 0; i < n; i++)
        view_json_number(json, descend_walk_parameter_name(walk, i), values[i]);
    view_json_close(json, '}');
}

static void json_intervals(ViewJson *json, const descend_walk *walk, const double *low,
                           const double *high, size_t n) {
    view_json_open(json, "confidence_95", '{');
    for (size_t i = 0; i < n; i++) {
        const char *name = descend_walk_parameter_name(walk, i);
        if (!isfinite(low[i]) || !isfinite(high[i])) {
            view_json_text(json, name, NULL);
            continue;
        }
        view_json_open(json, name, '[');
        view_json_number(json, NULL, low[i]);
        view_json_number(json, NULL, high[i]);
        view_json_close(json, ']');
    }
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

static void json_fit(Cli *cli, ViewJson *json, descend_walk *walk, const CliInputs *inputs) {
    size_t n = descend_walk_parameter_count(walk), square, total;
    double *room = NULL;
    if (memory_multiply(n, n, &square) && memory_add(square, 3 * n + 1, &total))
        room = memory_new(total, sizeof *room);
    if (!room) {
        cli->out.failed = true;
        return;
    }
    double *low = room + n, *high = room + 2 * n, *matrix = room + 3 * n;
    json_fetch(walk, "standard_errors", room, n);
    json_fetch(walk, "confidence_low", low, n);
    json_fetch(walk, "confidence_high", high, n);
    json_fetch(walk, "correlation", matrix, square);
    json_vector(json, "standard_errors", walk, room, n);
    json_intervals(json, walk, low, high, n);
    json_correlation(json, walk, matrix, n);
    json_unavailable(json, walk, cli_language(cli), n);
    view_json_number(json, "residual_sum_of_squares",
                     descend_walk_number(walk, "residual_sum_of_squares"));
    view_json_number(json, "residual_standard_deviation",
                     descend_walk_number(walk, "residual_standard_deviation"));
    view_json_number(json, "degrees_of_freedom", descend_walk_number(walk, "degrees_of_freedom"));
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

static void json_number_key(ViewJson *json, const descend_walk *walk, const char *key) {
    view_json_number(json, key, descend_walk_number(walk, key));
}

static void json_advice(ViewJson *json, const Command *command, const char *advice) {
    Text text = {0};
    cli_advice(command, advice, &text);
    view_json_text(json, "advice", text_string(&text));
    json->out->failed = json->out->failed || text.failed;
    text_free(&text);
}

void cli_json_walk(Cli *cli, ViewJson *json, const Command *command, const CliInputs *inputs,
                   descend_walk *walk) {
    const char *language = cli_language(cli), *model = descend_walk_text(walk, "model", "en");
    descend_verdict verdict = descend_walk_verdict(walk);
    view_json_text(json, "verdict", descend_verdict_name(verdict));
    view_json_text(json, "reason", descend_walk_text(walk, "reason", language));
    json_number_key(json, walk, "loss");
    json_number_key(json, walk, "start_loss");
    json_number_key(json, walk, "steps");
    json_number_key(json, walk, "evaluations");
    json_parameters(json, walk);
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
    if (verdict == DESCEND_VERDICT_DIVERGED || verdict == DESCEND_VERDICT_NON_FINITE) {
        json_number_key(json, walk, "rate_limit");
        json_advice(json, command, descend_walk_text(walk, "advice", language));
    }
}
