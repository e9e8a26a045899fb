/* verb_fit: estimates with their errors, and how the curve passes through the data. */
#include "cli.h"

#include <math.h>
#include <string.h>

enum { FIT_PARAMETERS = 40 };

/* ---- estimates ------------------------------------------------------------------------------ */

/* Standard errors and both ends of the intervals, n each, NaN where there are none. */
static double *fit_errors(const descend_walk *walk, size_t n) {
    static const char *const keys[] = {"standard_errors", "confidence_low", "confidence_high"};
    double *values = memory_new(3 * n + 1, sizeof *values);
    if (!values) return NULL;
    for (size_t k = 0; k < COUNT_OF(keys); k++)
        if (descend_walk_vector(walk, keys[k], values + k * n, n) < 0)
            for (size_t i = 0; i < n; i++) values[k * n + i] = NAN;
    return values;
}

static void fit_cell_or_dash(ViewTable *table, double value) {
    if (isfinite(value)) view_table_number(table, value);
    else view_table_cell(table, "-");
}

static void fit_interval_cell(ViewTable *table, double low, double high) {
    Text cell = {0};
    if (isfinite(low) && isfinite(high))
        text_format(&cell, "%s .. %s", cli_number(low).s, cli_number(high).s);
    else text_add_char(&cell, '-');
    view_table_cell(table, text_string(&cell));
    text_free(&cell);
}

static void fit_relative_cell(ViewTable *table, double error, double value) {
    double percent = 100 * fabs(error / value);
    Text cell = {0};
    if (isfinite(percent)) text_format(&cell, "%s %%", number_round(percent, 3).s);
    else text_add_char(&cell, '-');
    view_table_cell(table, text_string(&cell));
    text_free(&cell);
}

static void fit_estimates(Cli *cli, descend_walk *walk) {
    size_t n = descend_walk_parameter_count(walk);
    const double *values = descend_walk_values(walk), *starts = descend_walk_starts(walk);
    double *errors = fit_errors(walk, n);
    ViewTable table = {.failed = !errors};
    view_table_column(&table, VIEW_LEFT, cli_text(cli, MSG_CLI_COLUMN_PARAMETER));
    view_table_column(&table, VIEW_NUMBER, cli_text(cli, MSG_CLI_COLUMN_ESTIMATE));
    view_table_column(&table, VIEW_NUMBER, cli_text(cli, MSG_CLI_COLUMN_ERROR));
    view_table_column(&table, VIEW_LEFT, cli_text(cli, MSG_CLI_COLUMN_INTERVAL));
    view_table_column(&table, VIEW_NUMBER, cli_text(cli, MSG_CLI_COLUMN_RELATIVE));
    view_table_column(&table, VIEW_NUMBER, cli_text(cli, MSG_CLI_COLUMN_START));
    for (size_t i = 0; errors && i < n && i < FIT_PARAMETERS; i++) {
        view_table_cell(&table, descend_walk_parameter_name(walk, i));
        view_table_number(&table, values[i]);
        fit_cell_or_dash(&table, errors[i]);
        fit_interval_cell(&table, errors[n + i], errors[2 * n + i]);
        fit_relative_cell(&table, errors[i], values[i]);
        view_table_number(&table, starts[i]);
    }
    if (cli->out.length > 0) text_add_char(&cli->out, '\n');
    view_table_render(&table, &cli->style, &cli->out);
    view_table_free(&table);
    memory_free(errors);
    text_add_char(&cli->out, '\n');
    if (n > FIT_PARAMETERS)
        cli_say(cli, MSG_CLI_SHOWN_OF, number_integer(FIT_PARAMETERS).s,
                number_integer((long long)n).s, NULL);
}

/* Why errors are missing: one line for each reason, with the names that share it. */
static void fit_unavailable(Cli *cli, descend_walk *walk) {
    size_t n = descend_walk_parameter_count(walk);
    Text reason = {0}, next = {0}, names = {0};
    for (size_t i = 0; i < n; i++) {
        text_clear(&next);
        text_add(&next, descend_walk_unavailable(walk, i, cli_language(cli)));
        bool same = i > 0 && strcmp(text_string(&next), text_string(&reason)) == 0;
        if (!same && reason.length > 0)
            cli_say(cli, MSG_CLI_NO_ERROR, text_string(&names), text_string(&reason), NULL);
        if (!same) text_clear(&names);
        text_add(&names, names.length ? ", " : "");
        text_add(&names, descend_walk_parameter_name(walk, i));
        text_clear(&reason);
        text_add(&reason, text_string(&next));
    }
    if (reason.length > 0)
        cli_say(cli, MSG_CLI_NO_ERROR, text_string(&names), text_string(&reason), NULL);
    cli->out.failed = cli->out.failed || reason.failed || next.failed || names.failed;
    text_free(&reason);
    text_free(&next);
    text_free(&names);
}

static void fit_residuals(Cli *cli, const descend_walk *walk) {
    double rows = descend_walk_number(walk, "rows");
    double deviation = descend_walk_number(walk, "residual_standard_deviation");
    cli_say(cli, MSG_CLI_RESIDUAL_SUM,
            cli_number(descend_walk_number(walk, "residual_sum_of_squares")).s,
            number_text(rows).s, number_text(descend_walk_number(walk, "degrees_of_freedom")).s,
            NULL);
    if (isfinite(deviation)) cli_say(cli, MSG_CLI_RESIDUAL_SD, cli_number(deviation).s, NULL);
}

/* Why the file of --band holds the curve alone. */
static void fit_no_band(const Cli *cli, const Command *command, descend_walk *walk, Text *out) {
    if (!command->values[OPTION_BAND]) return;
    const char *why = descend_walk_band_unavailable(walk, cli_language(cli));
    Message message = message_make(MSG_CLI_NO_BAND, why, NULL);
    if (why[0]) message_render(&message, cli->style.language, out);
}

void cli_fit_estimates(Cli *cli, descend_walk *walk) {
    fit_estimates(cli, walk);
    fit_residuals(cli, walk);
    fit_unavailable(cli, walk);
}

/* ---- the report ----------------------------------------------------------------------------- */

static void fit_report(Cli *cli, const Command *command, const CliInputs *inputs,
                       const CliRounds *rounds, descend_walk *walk) {
    bool quiet = command->values[OPTION_QUIET] != NULL;
    bool walked = command->n_rates || command->values[OPTION_OPTIMIZER];
    Text no_band = {0};
    if (!quiet) cli_report_opening(cli, walk);
    if (!quiet && walked) {
        cli_rounds_print(cli, rounds, walk);
        cli_line(cli, descend_walk_text(walk, "story", cli_language(cli)));
    }
    cli_fit_estimates(cli, walk);
    fit_no_band(cli, command, walk, &no_band);
    cli_line(cli, text_string(&no_band));
    text_free(&no_band);
    if (command->values[OPTION_RESTARTS]) cli_report_valleys(cli, walk);
    cli_report_end(cli, command, inputs, walk);
    if (!quiet) cli_fit_picture(cli, command, inputs, walk);
}

static void fit_json(Cli *cli, const Command *command, const CliInputs *inputs,
                     descend_walk *walk) {
    ViewJson json = {.out = &cli->out};
    view_json_open(&json, NULL, '{');
    cli_json_walk(cli, &json, command, inputs, walk);
    view_json_close(&json, '}');
    Text no_band = {0};
    fit_no_band(cli, command, walk, &no_band);
    if (no_band.length) cli_warn(cli, text_string(&no_band));
    text_free(&no_band);
}

/* The walk, and what --band wants of its end. */
static Status fit_compute(Cli *cli, const Command *command, const CliInputs *inputs,
                          descend_walk *walk, CliRounds **rounds) {
    CliBeside *file = NULL;
    if (command->values[OPTION_BAND]) TRY(cli_beside_open(cli, command, OPTION_BAND, &file));
    *rounds = cli_walk_to_end(cli, command, walk);
    Status status = *rounds ? cli_band_write(cli, file, inputs, walk) : STATUS_INPUT;
    Status closed = cli_beside_close(cli, file, status == STATUS_OK);
    return status == STATUS_OK ? closed : status;
}

static int fit_walk(Cli *cli, const Command *command, const CliInputs *inputs, descend_walk *walk) {
    CliRounds *rounds = NULL;
    bool good = fit_compute(cli, command, inputs, walk, &rounds) == STATUS_OK;
    int code = good ? cli_exit_code(command, walk) : cli_refused(cli);
    if (good && cli->json) fit_json(cli, command, inputs, walk);
    else if (good) fit_report(cli, command, inputs, rounds, walk);
    cli_rounds_free(rounds);
    return code;
}

Status cli_fit_check(Cli *cli, const CliInputs *inputs) {
    if (!descend_model_is_fit(inputs->model)) {
        error_set(&cli->error, STATUS_INPUT, MSG_CLI_FIT_NEEDS_TILDE, NULL);
        error_remedy(&cli->error, MSG_CLI_REMEDY_TILDE, NULL);
        return STATUS_INPUT;
    }
    if (!inputs->table) {
        error_set(&cli->error, STATUS_INPUT, MSG_CLI_FIT_NEEDS_DATA, NULL);
        error_remedy(&cli->error, MSG_CLI_REMEDY_GIVE_DATA, NULL);
        return STATUS_INPUT;
    }
    return STATUS_OK;
}

int cli_fit_inputs(Cli *cli, const Command *command, const CliInputs *inputs) {
    if (cli_fit_check(cli, inputs) != STATUS_OK) return cli_refused(cli);
    if (command->n_rates > 1) return cli_compare(cli, command, inputs);
    const char *rate = command->n_rates ? command->rates[0] : NULL;
    descend_walk *walk = cli_open_walk(cli, command, inputs, rate);
    int code = walk ? fit_walk(cli, command, inputs, walk) : cli_refused(cli);
    descend_walk_free(walk);
    return code;
}

int cli_fit(Cli *cli, const Command *command) {
    CliInputs inputs;
    int code;
    if (command->n_formulas) return cli_fit_rank(cli, command);
    if (cli_open_inputs(cli, command, &inputs) == STATUS_OK)
        code = cli_fit_inputs(cli, command, &inputs);
    else
        code = cli_refused(cli);
    cli_close_inputs(&inputs);
    return code;
}
