/* verb_fit: estimates with their errors, and how the curve passes through the data. */
#include "cli.h"

#include <math.h>
#include <string.h>

/* Why the file of --band holds the curve alone. */
static void fit_no_band(const Cli *cli, const Command *command, descend_walk *walk, Text *out) {
    if (!command->values[OPTION_BAND]) return;
    const char *why = descend_walk_band_unavailable(walk, cli_language(cli));
    Message message = message_make(MSG_CLI_NO_BAND, why, NULL);
    if (why[0]) message_render(&message, cli->style.language, out);
}

void cli_fit_numbers(Cli *cli, descend_walk *walk) {
    cli_fit_estimates(cli, walk);
    cli_fit_derived(cli, walk);
    cli_fit_residuals(cli, walk);
    cli_fit_scatter(cli, walk);
    cli_fit_unavailable(cli, walk);
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
    cli_fit_numbers(cli, walk);
    if (!quiet) cli_fit_quality(cli, inputs, walk);
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
    Status status = *rounds ? cli_walk_intervals(cli, command, walk) : STATUS_INPUT;
    if (status == STATUS_OK) status = cli_band_write(cli, file, inputs, walk);
    Status closed = cli_beside_close(cli, file, status == STATUS_OK);
    return status == STATUS_OK ? closed : status;
}

static int fit_walk(Cli *cli, const Command *command, const CliInputs *inputs, descend_walk *walk) {
    CliRounds *rounds = NULL;
    bool good = fit_compute(cli, command, inputs, walk, &rounds) == STATUS_OK;
    int code = good ? cli_exit_code(command, walk) : cli_refused(cli);
    if (good && cli_was_interrupted()) code = CLI_EXIT_INTERRUPTED;
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
    if (!inputs->table && !descend_model_argument(inputs->model, 0)) {
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
