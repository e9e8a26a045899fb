/* verb_minimize: walks a function down and shows the walk. */
#include "cli.h"

static void minimize_report(Cli *cli, const Command *command, const CliInputs *inputs,
                            const CliRounds *rounds, descend_walk *walk) {
    if (!command->values[OPTION_QUIET]) {
        cli_report_opening(cli, walk);
        cli_rounds_print(cli, rounds, walk);
        cli_line(cli, descend_walk_text(walk, "story", cli_language(cli)));
    }
    cli_report_parameters(cli, walk);
    if (command->values[OPTION_RESTARTS]) cli_report_valleys(cli, walk);
    cli_report_end(cli, command, inputs, walk);
}

static void minimize_json(Cli *cli, const Command *command, const CliInputs *inputs,
                          descend_walk *walk) {
    ViewJson json = {.out = &cli->out};
    view_json_open(&json, NULL, '{');
    cli_json_walk(cli, &json, command, inputs, walk);
    view_json_close(&json, '}');
    cli_warn_notes(cli, inputs, walk);
}

static int minimize_walk(Cli *cli, const Command *command, const CliInputs *inputs,
                         descend_walk *walk) {
    CliRounds *rounds = cli_walk_to_end(cli, command, walk);
    int code = rounds ? cli_exit_code(command, walk) : cli_refused(cli);
    if (rounds && cli->json) minimize_json(cli, command, inputs, walk);
    else if (rounds) minimize_report(cli, command, inputs, rounds, walk);
    cli_rounds_free(rounds);
    return code;
}

/* The text of a file or of standard input tells only now whether the verb left out is 'fit'. */
static bool minimize_is_fit(const Command *command, const CliInputs *inputs) {
    return command->verb_left_out && inputs->table && descend_model_is_fit(inputs->model);
}

static int minimize_as_fit(Cli *cli, const Command *command, const CliInputs *inputs) {
    Command fit = *command;
    fit.verb = VERB_FIT;
    return cli_fit_inputs(cli, &fit, inputs);
}

int cli_minimize(Cli *cli, const Command *command) {
    CliInputs inputs;
    int code;
    descend_walk *walk = NULL;
    const char *rate = command->n_rates ? command->rates[0] : NULL;
    if (cli_open_inputs(cli, command, &inputs) != STATUS_OK) {
        code = cli_refused(cli);
    } else if (minimize_is_fit(command, &inputs)) {
        code = minimize_as_fit(cli, command, &inputs);
    } else if (command->n_rates > 1) {
        code = cli_compare(cli, command, &inputs);
    } else {
        walk = cli_open_walk(cli, command, &inputs, rate);
        code = walk ? minimize_walk(cli, command, &inputs, walk) : cli_refused(cli);
    }
    descend_walk_free(walk);
    cli_close_inputs(&inputs);
    return code;
}
