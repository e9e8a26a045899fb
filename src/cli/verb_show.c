/* verb_show: the very text that runs, or what has become of a formula at a stage. */
#include "cli.h"

#include <string.h>

enum { SHOW_NAMES = 64 };

/* 'gd, momentum, adam': everything that has a text. */
static void show_names(Text *out) {
    const char *name;
    for (size_t k = 0; (name = descend_ready_name(k)); k++) {
        text_add(out, k ? ", " : "");
        text_add(out, name);
    }
}

static int show_list(Cli *cli) {
    Text names = {0};
    show_names(&names);
    text_add(&cli->out, cli_text(cli, MSG_CLI_SHOW_LIST));
    cli_line(cli, text_string(&names));
    cli->out.failed = cli->out.failed || names.failed;
    text_free(&names);
    return CLI_EXIT_DONE;
}

static int show_refuse(Cli *cli, const char *word) {
    const char *names[SHOW_NAMES];
    size_t count = 0;
    while (count < SHOW_NAMES && (names[count] = descend_ready_name(count))) count++;
    const char *near = suggest_nearest(word, names, count);
    Text list = {0};
    show_names(&list);
    error_set(&cli->error, STATUS_INPUT, MSG_CLI_SHOW_UNKNOWN, word, NULL);
    if (near) error_remedy(&cli->error, MSG_CLI_DID_YOU_MEAN, near, NULL);
    else error_remedy(&cli->error, MSG_CLI_SHOW_THERE_ARE, text_string(&list), NULL);
    text_free(&list);
    return cli_refused(cli);
}

static int show_stage(Cli *cli, const Command *command, const char *stage) {
    CliInputs inputs;
    char *text = NULL;
    descend_walk *walk = NULL;
    if (cli_open_inputs(cli, command, &inputs) == STATUS_OK)
        walk = cli_open_walk(cli, command, &inputs, NULL);
    if (walk) text = descend_walk_show(walk, stage, &cli->refusal);
    int code = text ? CLI_EXIT_DONE : cli_refused(cli);
    if (text) text_add(&cli->out, text);
    if (text) cli_warn_notes(cli, &inputs, NULL);
    descend_free(text);
    descend_walk_free(walk);
    cli_close_inputs(&inputs);
    return code;
}

int cli_show(Cli *cli, const Command *command) {
    const char *word = command->formula, *stage = command->values[OPTION_STAGE];
    if (!word) return show_list(cli);
    const char *text = stage ? NULL : descend_ready_text(word);
    if (text) {
        text_add(&cli->out, text);
        return CLI_EXIT_DONE;
    }
    char *function = stage ? NULL : descend_function_text(word);
    if (function) {
        text_add(&cli->out, function);
        descend_free(function);
        return CLI_EXIT_DONE;
    }
    if (!stage && !cli_is_formula(word)) return show_refuse(cli, word);
    return show_stage(cli, command, stage ? stage : "graph");
}
