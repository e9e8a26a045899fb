/* inputs: the formula, the table and the walk that a command line names. */
#include "cli.h"

#include <dirent.h>
#include <string.h>

/* ---- names of files that were meant --------------------------------------------------------- */

/* The folder of 'path' ("." when it names none) and the name in it. */
static const char *inputs_split(const char *path, char *folder, size_t size) {
    const char *slash = strrchr(path, '/');
    size_t length = slash ? (size_t)(slash - path) + 1 : 0;
    if (length >= size) length = 0;
    memcpy(folder, path, length);
    folder[length] = '\0';
    return slash ? slash + 1 : path;
}

void cli_similar_file(const char *path, char *similar, size_t size) {
    char folder[MESSAGE_ARG_SIZE];
    const char *name = inputs_split(path, folder, sizeof folder);
    size_t prefix = strlen(folder);
    int least = strlen(name) > 3 ? 3 : 2;
    similar[0] = '\0';
    DIR *directory = opendir(prefix ? folder : ".");
    if (!directory) return;
    for (struct dirent *entry; (entry = readdir(directory));) {
        size_t length = strlen(entry->d_name);
        int edits = suggest_distance(name, entry->d_name, least - 1);
        bool fits = prefix + length < size;
        if (entry->d_name[0] == '.' || edits >= least || (size_t)edits >= strlen(name) || !fits)
            continue;
        least = edits;
        memcpy(similar, folder, prefix);
        memcpy(similar + prefix, entry->d_name, length + 1);
    }
    closedir(directory);
}

Status cli_refuse_file(Cli *cli, const char *path) {
    char similar[MESSAGE_ARG_SIZE];
    cli_similar_file(path, similar, sizeof similar);
    error_set(&cli->error, STATUS_INPUT, MSG_FILE_CANNOT_READ, path,
              message_word(MSG_FILE_NOT_FOUND).s, NULL);
    if (similar[0]) error_remedy(&cli->error, MSG_CLI_DID_YOU_MEAN_FILE, similar, NULL);
    else error_remedy(&cli->error, MSG_CLI_REMEDY_FOLDER, NULL);
    return STATUS_INPUT;
}

/* ---- formula and data ----------------------------------------------------------------------- */

/* A word without signs is no fit: it was meant as the name of a model. */
static void inputs_refuse_name(Cli *cli, const char *word) {
    char near[MESSAGE_ARG_SIZE];
    error_set(&cli->error, STATUS_INPUT, MSG_CLI_NO_MODEL, word, NULL);
    if (cli_nearest_model(word, near, sizeof near))
        error_remedy(&cli->error, MSG_CLI_DID_YOU_MEAN, near, NULL);
    else error_remedy(&cli->error, MSG_CLI_SHOW_LISTS, NULL);
}

Status cli_open_model(Cli *cli, const Command *command, const char *formula,
                      descend_model **model) {
    const char *ready = NULL;
    bool file = strcmp(formula, "-") == 0 || cli_ends_with(formula, ".descend");
    Text path = {0};
    if (file && formula[1] && !file_exists(formula)) return cli_refuse_file(cli, formula);
    bool found = !file && cli_find_model(formula, &ready, &path);
    bool name = !cli_is_formula(formula) && !strpbrk(formula, " ./");
    if (file) *model = descend_model_read(formula, &cli->refusal);
    else if (!found && name && command->verb == VERB_FIT) inputs_refuse_name(cli, formula);
    else if (path.length > 0) *model = descend_model_read(text_string(&path), &cli->refusal);
    else *model = descend_model_parse(ready ? ready : formula, &cli->refusal);
    text_free(&path);
    return *model ? STATUS_OK : STATUS_INPUT;
}

/* Columns that options name: they must be complete, as those of the formula. */
static const CliOption inputs_roles[] = {OPTION_WEIGHT, OPTION_ERROR, OPTION_XERROR,
                                        OPTION_GROUP};

static const char *inputs_needing_data(const Command *command) {
    for (size_t k = 0; k < COUNT_OF(inputs_roles); k++)
        if (command->values[inputs_roles[k]]) return cli_option_rows[inputs_roles[k]].name;
    return command->values[OPTION_NA] ? "na" : command->values[OPTION_DROP] ? "drop" : NULL;
}

static Status inputs_read(Cli *cli, const Command *command, const descend_model *model,
                          descend_table **table) {
    Text roles = {0};
    for (size_t k = 0; k < COUNT_OF(inputs_roles); k++) {
        const char *value = command->values[inputs_roles[k]];
        if (value) text_format(&roles, roles.length ? ",%s" : "%s", value);
    }
    if (!roles.failed)
        *table = descend_table_read(command->data, command->values[OPTION_NA], model,
                                    text_string(&roles), &cli->refusal);
    else error_memory(&cli->error);
    text_free(&roles);
    return *table ? STATUS_OK : STATUS_INPUT;
}

/* Columns of a list, each maybe behind 'NAME=', are no inputs of a model. */
static Status inputs_pass(Cli *cli, descend_model *model, const char *list) {
    while (list && *list) {
        Text name = {0};
        size_t length = strcspn(list, ",");
        const char *equals = memchr(list, '=', length), *start = equals ? equals + 1 : list;
        text_add_bytes(&name, start, length - (size_t)(start - list));
        bool good = descend_model_column(model, NULL, text_string(&name), &cli->refusal) >= 0;
        text_free(&name);
        if (!good) return STATUS_INPUT;
        list += length + (list[length] == ',');
    }
    return STATUS_OK;
}

/* 'x=time' for an input x; columns that options name or leave out are no inputs. */
static Status inputs_columns(Cli *cli, const Command *command, descend_model *model) {
    const char *input;
    for (size_t k = 0; (input = descend_model_argument(model, k)); k++)
        for (size_t i = 0; i < command->n_arguments; i++) {
            const char *word = command->arguments[i];
            size_t length = strlen(input);
            if (strncmp(word, input, length) != 0 || word[length] != '=') continue;
            if (descend_model_column(model, input, word + length + 1, &cli->refusal) < 0)
                return STATUS_INPUT;
        }
    if (!descend_model_name(model)) return STATUS_OK;
    TRY(inputs_pass(cli, model, command->values[OPTION_DROP]));
    for (size_t k = 0; k < COUNT_OF(inputs_roles); k++)
        TRY(inputs_pass(cli, model, command->values[inputs_roles[k]]));
    return STATUS_OK;
}

Status cli_open_table(Cli *cli, const Command *command, const descend_model *model,
                      descend_table **table) {
    const char *data = command->data;
    if (!data) {
        const char *name = inputs_needing_data(command);
        if (!name) return STATUS_OK;
        error_set(&cli->error, STATUS_INPUT, MSG_CLI_OPTION_NEEDS_DATA, name, NULL);
        error_remedy(&cli->error, MSG_CLI_REMEDY_GIVE_DATA, NULL);
        return STATUS_INPUT;
    }
    if (!descend_table_is_literal(data)) return inputs_read(cli, command, model, table);
    *table = descend_table_parse(data, &cli->refusal);
    return *table ? STATUS_OK : STATUS_INPUT;
}

Status cli_open_inputs(Cli *cli, const Command *command, CliInputs *inputs) {
    memset(inputs, 0, sizeof *inputs);
    TRY(cli_open_model(cli, command, command->formula, &inputs->model));
    TRY(inputs_columns(cli, command, inputs->model));
    return cli_open_table(cli, command, inputs->model, &inputs->table);
}

void cli_close_inputs(CliInputs *inputs) {
    descend_table_free(inputs->table);
    descend_model_free(inputs->model);
    memset(inputs, 0, sizeof *inputs);
}

/* ---- the walk ------------------------------------------------------------------------------- */

/* A folder of the user's own: as given, or where such things are kept. */
static bool inputs_set_cache(Cli *cli, const Command *command, descend_walk *walk) {
    const char *given = command->values[OPTION_CACHE];
    Text folder = {0};
    if (given && strcmp(given, "off") != 0)
        cli_absolute_path(given, &folder);
    else if (!given)
        cli_cache_folder(&folder);
    const char *value = folder.length && !folder.failed ? text_string(&folder) : "off";
    bool good = descend_walk_set(walk, "cache", value, &cli->refusal) >= 0;
    text_free(&folder);
    return good;
}

static bool inputs_set_profile(Cli *cli, const Command *command, descend_walk *walk) {
    return !command->values[OPTION_PROFILE] ||
           descend_walk_set(walk, "profile", "on", &cli->refusal) >= 0;
}

static bool inputs_set_options(Cli *cli, const Command *command, descend_walk *walk,
                               const char *rate) {
    if (rate && descend_walk_set(walk, "rate", rate, &cli->refusal) < 0) return false;
    for (int k = 0; k < OPTION_COUNT; k++) {
        const char *value = command->values[k];
        if (!value || cli_option_rows[k].kind != OPTION_WALK) continue;
        if (descend_walk_set(walk, cli_option_rows[k].name, value, &cli->refusal) < 0) return false;
    }
    return true;
}

descend_walk *cli_new_walk(Cli *cli, const Command *command, const CliInputs *inputs,
                           const char *rate) {
    descend_walk *walk = descend_walk_open(inputs->model, inputs->table, &cli->refusal);
    if (walk && inputs_set_options(cli, command, walk, rate) &&
        inputs_set_cache(cli, command, walk) && inputs_set_profile(cli, command, walk))
        return walk;
    descend_walk_free(walk);
    return NULL;
}

descend_walk *cli_open_walk(Cli *cli, const Command *command, const CliInputs *inputs,
                            const char *rate) {
    descend_walk *walk = cli_new_walk(cli, command, inputs, rate);
    bool good = walk != NULL;
    for (size_t k = 0; good && k < command->n_arguments; k++)
        good = descend_walk_argument(walk, command->arguments[k], &cli->refusal) >= 0;
    cli_signal_walk(walk); /* the search for start values may take its time */
    good = good && descend_walk_prepare(walk, &cli->refusal) >= 0;
    cli_signal_walk(NULL);
    if (good) return walk;
    descend_walk_free(walk);
    return NULL;
}
