/* run: one command line, from its words to its exit code. */
#include "cli.h"

static int run_version(Cli *cli) {
    text_add(&cli->out, "descend ");
    cli_line(cli, descend_version());
    return CLI_EXIT_DONE;
}

static int run_verb(Cli *cli, const Command *command) {
    static int (*const verbs[VERB_COUNT])(Cli *, const Command *) = {
        [VERB_MINIMIZE] = cli_minimize, [VERB_FIT] = cli_fit,   [VERB_SLOPE] = cli_slope,
        [VERB_BISECT] = cli_bisect,     [VERB_SHOW] = cli_show, [VERB_DOCTOR] = cli_doctor,
        [VERB_TOUR] = cli_tour};
    return verbs[command->verb](cli, command);
}

int cli_run(Cli *cli, int argc, char **argv) {
    Command command;
    int code;
    cli_early_options(cli, argc, argv);
    if (cli_parse(cli, argc, argv, &command) != STATUS_OK) {
        code = cli_refused(cli);
    } else if (command.version) {
        code = run_version(cli);
    } else if (command.help) {
        cli_help(cli, &command);
        code = CLI_EXIT_DONE;
    } else {
        code = run_verb(cli, &command);
    }
    cli_command_free(&command);
    return code;
}
