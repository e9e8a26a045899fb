/* verb_show: the very text that runs, or what has become of a formula at a stage. */
#include "cli.h"

#include <string.h>

enum { SHOW_NAMES = 64 };

/* 'gd, momentum, adam' */
static void show_rules(Text *out) {
    const char *name;
    for (size_t k = 0; (name = descend_ready_name(k)); k++) {
        if (cli_is_model(name)) continue;
        text_add(out, out->length ? ", " : "");
        text_add(out, name);
    }
}

static int show_list(Cli *cli) {
    Text names = {0};
    show_rules(&names);
    text_add(&cli->out, cli_text(cli, MSG_CLI_SHOW_RULES));
    cli_line(cli, text_string(&names));
    cli_say(cli, MSG_CLI_SHOW_MODELS, NULL);
    cli->out.failed = cli->out.failed || names.failed;
    text_free(&names);
    cli_list_models(cli);
    return CLI_EXIT_DONE;
}

static int show_refuse(Cli *cli, const char *word) {
    const char *names[SHOW_NAMES];
    char model[MESSAGE_ARG_SIZE];
    size_t count = 0;
    while (count < SHOW_NAMES && (names[count] = descend_ready_name(count))) count++;
    const char *near = suggest_nearest(word, names, count);
    if (!near && cli_nearest_model(word, model, sizeof model)) near = model;
    error_set(&cli->error, STATUS_INPUT, MSG_CLI_SHOW_UNKNOWN, word, NULL);
    if (near) error_remedy(&cli->error, MSG_CLI_DID_YOU_MEAN, near, NULL);
    else error_remedy(&cli->error, MSG_CLI_SHOW_LISTS, NULL);
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

/* The text of a model in a file of the user's own. */
static int show_file(Cli *cli, const char *path) {
    descend_model *model = descend_model_read(path, &cli->refusal);
    if (model) text_add(&cli->out, descend_model_text(model));
    descend_model_free(model);
    return model ? CLI_EXIT_DONE : cli_refused(cli);
}

int cli_show(Cli *cli, const Command *command) {
    const char *word = command->formula, *stage = command->values[OPTION_STAGE], *ready = NULL;
    if (!word) return show_list(cli);
    Text path = {0};
    if (!stage) cli_find_model(word, &ready, &path);
    int code = path.length > 0 ? show_file(cli, text_string(&path)) : CLI_EXIT_DONE;
    bool shown = path.length > 0;
    text_free(&path);
    if (shown) return code;
    const char *text = stage ? NULL : ready ? ready : descend_ready_text(word);
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
