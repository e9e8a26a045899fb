/* help: made from the tables that parse the command line, so that it cannot be wrong about them. */
#include "cli.h"

#include <string.h>

/* Wide enough for the longest option with its value; longer ones stand on a line of their own. */
enum { HELP_LEFT = 28 };

static void help_row(Cli *cli, const char *left, const char *right) {
    int width = unicode_columns(left, strlen(left));
    text_add(&cli->out, "  ");
    text_add(&cli->out, left);
    if (width > HELP_LEFT - 2) {
        text_add_char(&cli->out, '\n');
        width = -2;
    }
    text_add_repeat(&cli->out, ' ', (size_t)(HELP_LEFT - width));
    cli_line(cli, right);
}

static void help_option(Cli *cli, const CliOptionRow *row) {
    Text left = {0};
    text_add(&left, "--");
    text_add(&left, row->name);
    if (row->value) {
        text_add_char(&left, ' ');
        text_add(&left, row->value);
    }
    help_row(cli, text_string(&left), cli_text(cli, row->help));
    text_free(&left);
}

static void help_options(Cli *cli, CliVerb verb) {
    text_add_char(&cli->out, '\n');
    cli_say(cli, MSG_CLI_HELP_OPTIONS, NULL);
    for (int k = 0; k < OPTION_COUNT; k++)
        if (verb == VERB_NONE || (cli_option_rows[k].verbs >> verb & 1))
            help_option(cli, &cli_option_rows[k]);
    help_row(cli, "--help", cli_text(cli, MSG_CLI_HELP_HELP));
    help_row(cli, "--version", cli_text(cli, MSG_CLI_HELP_VERSION));
}

static void help_overview(Cli *cli) {
    cli_say(cli, MSG_CLI_HELP_INTRO, NULL);
    for (int verb = 0; verb < VERB_COUNT; verb++) {
        const CliVerbRow *row = &cli_verb_rows[verb];
        Text left = {0};
        text_add(&left, row->name);
        text_add_char(&left, ' ');
        text_add(&left, row->takes);
        help_row(cli, text_string(&left), cli_text(cli, row->summary));
        text_free(&left);
    }
    text_add_char(&cli->out, '\n');
    cli_say(cli, MSG_CLI_HELP_WORDS, NULL);
    help_options(cli, VERB_NONE);
    text_add_char(&cli->out, '\n');
    cli_say(cli, MSG_CLI_HELP_EXITS, NULL);
}

static void help_verb(Cli *cli, CliVerb verb) {
    const CliVerbRow *row = &cli_verb_rows[verb];
    text_add(&cli->out, cli_text(cli, MSG_CLI_HELP_USAGE));
    text_add(&cli->out, "descend ");
    text_add(&cli->out, row->name);
    text_add_char(&cli->out, ' ');
    text_add(&cli->out, row->takes);
    text_add(&cli->out, "\n\n");
    cli_line(cli, cli_text(cli, row->about));
    help_options(cli, verb);
}

void cli_help(Cli *cli, const Command *command) {
    if (command->verb == VERB_NONE) help_overview(cli);
    else help_verb(cli, command->verb);
}
