/* options: argv -> Command. One table, options.def, says which words exist and who uses them. */
#include "cli.h"

#include <string.h>

const CliOptionRow cli_option_rows[OPTION_COUNT] = {
#define OPTION(id, option, operand, users, sort, text)                                             \
    [OPTION_##id] = {.name = (option),                                                             \
                     .value = (operand),                                                           \
                     .verbs = (users),                                                             \
                     .kind = (sort),                                                               \
                     .help = MSG_##text},
#include "options.def"
#undef OPTION
};

const CliVerbRow cli_verb_rows[VERB_COUNT] = {
#define VERB(id, word, operands, line, text)                                                       \
    [VERB_##id] = {.name = (word), .takes = (operands), .summary = MSG_##line, .about = MSG_##text},
#include "verbs.def"
#undef VERB
};

/* Words that come with later versions. */
static const char *const options_later_verbs[] = {
    "train", "predict", "evaluate", "resume", "runs", "plot", "serve", "export"};
static const char *const options_later[] = {"valid",  "task",  "target", "error",
                                            "xerror", "group", "out",    "to"};

/* What other programs call it. */
static const char *const options_synonyms[][2] = {
    {"lr", "rate"},           {"learning-rate", "rate"},  {"learning_rate", "rate"},
    {"alpha", "rate"},        {"eta", "rate"},            {"step-size", "rate"},
    {"iterations", "steps"},  {"iter", "steps"},          {"max-iter", "steps"},
    {"maxiter", "steps"},     {"rounds", "steps"},        {"method", "optimizer"},
    {"algorithm", "optimizer"}, {"solver", "optimizer"},  {"tol", "until"},
    {"tolerance", "until"},   {"stop", "until"},          {"log", "trace"},
    {"csv", "trace"},         {"output", "trace"},        {"language", "lang"},
    {"force", "overwrite"},   {"ascii", "plain"},         {"no-color", "plain"},
    {"weights", "weight"},    {"missing", "na"},          {"random-seed", "seed"},
    {"silent", "quiet"},      {"batch-size", "batch"},    {"multistart", "restarts"},
    {"draw", "plot"},         {"opt", "optimizer"}};

/* ---- what a word is ------------------------------------------------------------------------- */

bool cli_ends_with(const char *word, const char *end) {
    size_t length = strlen(word), tail = strlen(end);
    return length > tail && strcmp(word + length - tail, end) == 0;
}

/* 'NAME=' in front: a name of letters (any script), digits, dots, brackets and backquotes. Returns
 * the '=', or NULL. */
static const char *options_equals(const char *word) {
    const char *equals = strchr(word, '=');
    if (!equals || equals == word || equals[1] == '=') return NULL;
    for (const char *at = word; at < equals; at++)
        if (strchr("+-*/^~<>!();,?: ", *at) && *word != '`') return NULL;
    return equals;
}

/* NAME=START, NAME=LO..HI, NAME=START,LO..HI. */
static bool options_is_argument(const char *word) {
    const char *equals = options_equals(word);
    return equals && !strpbrk(equals, "~;");
}

bool cli_is_formula(const char *word) {
    /* Twins of the operators: U+FFxx (full width), U+00D7, U+00F7, U+2212, U+221A, U+00B7. */
    static const char *const twins[] = {"\xef\xbc",     "\xef\xbd",     "\xc3\x97", "\xc3\xb7",
                                        "\xe2\x88\x92", "\xe2\x88\x9a", "\xc2\xb7"};
    if (strcmp(word, "-") == 0 || cli_ends_with(word, ".descend")) return true;
    if (options_is_argument(word)) return false;
    if (strspn(word, "0123456789.") && !file_exists(word)) return true; /* '2x': the remedy knows */
    for (size_t k = 0; k < COUNT_OF(twins); k++)
        if (strstr(word, twins[k])) return true;
    return strpbrk(word, "+-*^~<>()[]@=?;") || (strchr(word, '/') && !file_exists(word));
}

/* A word that starts with dashes is an option, unless it can only be a formula or a number. */
static bool options_is_option(const char *word) {
    if (word[0] != '-' || word[1] == '\0') return false;
    if (word[1] == '-') return true;
    return !strpbrk(word + 1, "+-*/^~()=?;.0123456789 ");
}

/* It holds a '~', or its full-width twin U+FF5E. */
static bool options_is_fit(const char *word) {
    return strchr(word, '~') || strstr(word, "\xef\xbd\x9e");
}

static CliVerb options_verb(const char *word) {
    for (int verb = 0; verb < VERB_COUNT; verb++)
        if (strcmp(word, cli_verb_rows[verb].name) == 0) return (CliVerb)verb;
    return VERB_NONE;
}

static bool options_listed(const char *word, const char *const *list, size_t count) {
    for (size_t k = 0; k < count; k++)
        if (strcmp(word, list[k]) == 0) return true;
    return false;
}

/* ---- refusals ------------------------------------------------------------------------------- */

static Status options_refuse_verb(Cli *cli, const char *word) {
    const char *names[VERB_COUNT];
    for (int verb = 0; verb < VERB_COUNT; verb++) names[verb] = cli_verb_rows[verb].name;
    if (options_listed(word, options_later_verbs, COUNT_OF(options_later_verbs))) {
        error_set(&cli->error, STATUS_INPUT, MSG_CLI_NOT_YET, word, NULL);
        error_remedy(&cli->error, MSG_CLI_VERBS_ARE, NULL);
        return STATUS_INPUT;
    }
    char model[MESSAGE_ARG_SIZE];
    const char *near = suggest_nearest(word, names, VERB_COUNT);
    if (!near && cli_nearest_model(word, model, sizeof model)) near = model;
    error_set(&cli->error, STATUS_INPUT, MSG_CLI_UNKNOWN_VERB, word, NULL);
    if (near) error_remedy(&cli->error, MSG_CLI_DID_YOU_MEAN, near, NULL);
    else error_remedy(&cli->error, MSG_CLI_VERBS_ARE, NULL);
    return STATUS_INPUT;
}

/* The verb's own option with the fewest edits to 'name', however many these are. */
static const char *options_nearest_of_verb(const char *name, CliVerb verb) {
    const char *nearest = NULL;
    int least = 100;
    for (int k = 0; k < OPTION_COUNT; k++) {
        if (!(cli_option_rows[k].verbs >> verb & 1)) continue;
        int edits = suggest_distance(name, cli_option_rows[k].name, least);
        if (edits >= least) continue;
        least = edits;
        nearest = cli_option_rows[k].name;
    }
    return nearest;
}

static Status options_refuse_unused(Cli *cli, CliOption option, CliVerb verb) {
    const char *name = cli_option_rows[option].name, *word = cli_verb_rows[verb].name;
    const char *near = options_nearest_of_verb(name, verb);
    error_set(&cli->error, STATUS_INPUT, MSG_CLI_OPTION_UNUSED, name, word, NULL);
    error_remedy(&cli->error, MSG_CLI_OPTION_NEAREST, near ? near : "help", word, NULL);
    return STATUS_INPUT;
}

static Status options_refuse_unknown(Cli *cli, const char *word, const char *name) {
    const char *names[OPTION_COUNT + 2], *near = NULL;
    for (int k = 0; k < OPTION_COUNT; k++) names[k] = cli_option_rows[k].name;
    names[OPTION_COUNT] = "help";
    names[OPTION_COUNT + 1] = "version";
    if (options_listed(name, options_later, COUNT_OF(options_later))) {
        error_set(&cli->error, STATUS_INPUT, MSG_CLI_OPTION_NOT_YET, word, NULL);
        error_remedy(&cli->error, MSG_CLI_SEE_HELP, NULL);
        return STATUS_INPUT;
    }
    for (size_t k = 0; k < COUNT_OF(options_synonyms); k++)
        if (strcmp(name, options_synonyms[k][0]) == 0) near = options_synonyms[k][1];
    if (!near) near = suggest_nearest(name, names, COUNT_OF(names));
    error_set(&cli->error, STATUS_INPUT, MSG_CLI_UNKNOWN_OPTION, word, NULL);
    if (near) error_remedy(&cli->error, MSG_CLI_DID_YOU_MEAN_OPTION, near, NULL);
    else error_remedy(&cli->error, MSG_CLI_SEE_HELP, NULL);
    return STATUS_INPUT;
}

/* ---- options -------------------------------------------------------------------------------- */

/* The words that are left, and what they mean so far. */
typedef struct OptionsReader {
    Cli *cli;
    Command *command;
    int argc, at;
    char **argv;
    const char **words; /* those that are no options */
    size_t n_words;
} OptionsReader;

static Status options_store(OptionsReader *reader, CliOption option, const char *value) {
    Command *command = reader->command;
    const char *name = cli_option_rows[option].name;
    if (option == OPTION_RATE) {
        command->rates[command->n_rates++] = value;
    } else if (command->values[option] && cli_option_rows[option].kind != OPTION_FLAG) {
        error_set(&reader->cli->error, STATUS_INPUT, MSG_CLI_OPTION_TWICE, name, NULL);
        error_remedy(&reader->cli->error, MSG_CLI_REMEDY_ONCE, name, NULL);
        return STATUS_INPUT;
    }
    command->values[option] = value;
    return STATUS_OK;
}

static bool options_find(const char *name, size_t length, CliOption *option) {
    for (int k = 0; k < OPTION_COUNT; k++) {
        const char *row = cli_option_rows[k].name;
        if (strlen(row) != length || memcmp(row, name, length) != 0) continue;
        *option = (CliOption)k;
        return true;
    }
    return false;
}

static Status options_read_one(OptionsReader *reader) {
    const char *word = reader->argv[reader->at++];
    const char *name = word + (word[1] == '-' ? 2 : 1);
    const char *equals = strchr(name, '=');
    size_t length = equals ? (size_t)(equals - name) : strlen(name);
    CliOption option;
    if (strcmp(word, "-h") == 0 || strcmp(word, "--help") == 0) {
        reader->command->help = true;
        return STATUS_OK;
    }
    if (strcmp(word, "-V") == 0 || strcmp(word, "--version") == 0) {
        reader->command->version = true;
        return STATUS_OK;
    }
    if (word[1] != '-' || !options_find(name, length, &option)) {
        Message shown = message_make(MSG_NONE, name, NULL);
        if (equals && length < sizeof shown.arg[0]) shown.arg[0][length] = '\0';
        return options_refuse_unknown(reader->cli, word, shown.arg[0]);
    }
    const CliOptionRow *row = &cli_option_rows[option];
    if (row->kind == OPTION_FLAG && equals) {
        error_set(&reader->cli->error, STATUS_INPUT, MSG_CLI_OPTION_NO_VALUE, row->name, NULL);
        return STATUS_INPUT;
    }
    if (row->kind == OPTION_FLAG) return options_store(reader, option, "");
    if (equals) return options_store(reader, option, equals + 1);
    if (reader->at >= reader->argc) {
        error_set(&reader->cli->error, STATUS_INPUT, MSG_CLI_OPTION_NEEDS_VALUE, row->name, NULL);
        error_remedy(&reader->cli->error, MSG_CLI_WRITE_OPTION, row->name, row->value, NULL);
        return STATUS_INPUT;
    }
    return options_store(reader, option, reader->argv[reader->at++]);
}

static Status options_read_all(OptionsReader *reader) {
    bool only_words = false;
    while (reader->at < reader->argc) {
        const char *word = reader->argv[reader->at];
        if (!only_words && strcmp(word, "--") == 0) {
            only_words = true;
            reader->at++;
        } else if (!only_words && options_is_option(word)) {
            TRY(options_read_one(reader));
        } else {
            reader->words[reader->n_words++] = word;
            reader->at++;
        }
    }
    return STATUS_OK;
}

/* ---- verb, formula, data, arguments --------------------------------------------------------- */

/* The verb, said or left out. Sets 'first' to the first word behind it. */
static Status options_choose_verb(OptionsReader *reader, size_t *first) {
    Command *command = reader->command;
    *first = 0;
    command->verb = VERB_NONE;
    if (reader->n_words == 0) return STATUS_OK;
    const char *word = reader->words[0];
    command->verb = options_verb(word);
    if (command->verb != VERB_NONE) {
        *first = 1;
    } else if (strcmp(word, "help") == 0) {
        command->help = true;
        command->verb = reader->n_words > 1 ? options_verb(reader->words[1]) : VERB_NONE;
    } else if (options_is_argument(word)) {
        error_set(&reader->cli->error, STATUS_INPUT, MSG_CLI_NO_FORMULA, word, NULL);
        error_remedy(&reader->cli->error, MSG_CLI_EXAMPLE_FORMULA, NULL);
        return STATUS_INPUT;
    } else if (cli_is_model(word)) {
        command->verb = VERB_FIT;
        command->verb_left_out = true;
    } else if (cli_is_formula(word) || strpbrk(word, " |!&@[{")) { /* the language has the remedy */
        command->verb = options_is_fit(word) ? VERB_FIT : VERB_MINIMIZE;
        command->verb_left_out = true;
    } else if (!command->help) {
        return options_refuse_verb(reader->cli, word);
    }
    return STATUS_OK;
}

static Status options_check_used(Cli *cli, const Command *command) {
    for (int k = 0; k < OPTION_COUNT; k++)
        if (command->values[k] && !(cli_option_rows[k].verbs >> command->verb & 1))
            return options_refuse_unused(cli, (CliOption)k, command->verb);
    return STATUS_OK;
}

static Status options_refuse_second(Cli *cli, const char *word, const Command *command) {
    if (!file_exists(word) && cli_is_formula(word)) {
        error_set(&cli->error, STATUS_INPUT, MSG_CLI_TWO_FORMULAS, command->formula, word, NULL);
        error_remedy(&cli->error, MSG_CLI_REMEDY_QUOTE_FORMULA, NULL);
    } else {
        error_set(&cli->error, STATUS_INPUT, MSG_CLI_TWO_TABLES, command->data, word, NULL);
        error_remedy(&cli->error, MSG_CLI_REMEDY_ONE_TABLE, NULL);
    }
    return STATUS_INPUT;
}

/* A word that is no argument, no table and no file that exists. */
static Status options_refuse_word(Cli *cli, const Command *command, const char *word) {
    char similar[MESSAGE_ARG_SIZE];
    cli_similar_file(word, similar, sizeof similar);
    if (similar[0] || strpbrk(word, "./")) return cli_refuse_file(cli, word);
    if (cli_is_formula(word)) return options_refuse_second(cli, word, command);
    error_set(&cli->error, STATUS_INPUT, MSG_CLI_WHAT_IS_THIS, word, NULL);
    error_remedy(&cli->error, MSG_CLI_WRITE_ARGUMENT, NULL);
    return STATUS_INPUT;
}

/* A further formula of 'fit', to be ranked beside the first. */
static bool options_is_further(const Command *command, const char *word) {
    const char *first = command->formula;
    if (command->verb != VERB_FIT) return false;
    if (cli_ends_with(word, ".descend")) return true;
    if (file_exists(word)) return false;
    if (cli_ends_with(first, ".descend") || strcmp(first, "-") == 0) return options_is_fit(word);
    return options_is_fit(first) && options_is_fit(word);
}

static Status options_sort_word(Cli *cli, Command *command, const char *word) {
    bool literal = descend_table_is_literal(word);
    if (!literal && options_is_further(command, word)) {
        command->formulas[command->n_formulas++] = word;
        return STATUS_OK;
    }
    if (!literal && options_is_argument(word)) {
        command->arguments[command->n_arguments++] = word;
        return STATUS_OK;
    }
    if (!literal && strcmp(word, "-") != 0 && !file_exists(word))
        return options_refuse_word(cli, command, word);
    if (command->data) return options_refuse_second(cli, word, command);
    command->data = word;
    return STATUS_OK;
}

static Status options_sort_words(OptionsReader *reader, size_t first) {
    Command *command = reader->command;
    Cli *cli = reader->cli;
    bool formula = command->verb != VERB_TOUR;
    if (formula && first >= reader->n_words) {
        const char *name = cli_verb_rows[command->verb].name;
        /* the list of what can be shown, or the machine */
        if (command->verb == VERB_SHOW || command->verb == VERB_DOCTOR) return STATUS_OK;
        error_set(&cli->error, STATUS_INPUT, MSG_CLI_VERB_NEEDS_FORMULA, name, NULL);
        error_remedy(&cli->error, MSG_CLI_EXAMPLE_FORMULA, NULL);
        return STATUS_INPUT;
    }
    if (formula) command->formula = reader->words[first++];
    if (formula && options_is_argument(command->formula)) {
        error_set(&cli->error, STATUS_INPUT, MSG_CLI_NO_FORMULA, command->formula, NULL);
        error_remedy(&cli->error, MSG_CLI_EXAMPLE_FORMULA, NULL);
        return STATUS_INPUT;
    }
    for (size_t k = first; k < reader->n_words; k++) {
        if (formula) TRY(options_sort_word(cli, command, reader->words[k]));
        else command->arguments[command->n_arguments++] = reader->words[k];
    }
    if (command->data && strcmp(command->data, "-") == 0 && strcmp(command->formula, "-") == 0)
        return error_set(&cli->error, STATUS_INPUT, MSG_CLI_STDIN_TWICE, NULL);
    return STATUS_OK;
}

/* ---- values that the command itself reads --------------------------------------------------- */

/* 'choices' is the row's own "a|b|c". */
static Status options_check_choice(Cli *cli, const Command *command, CliOption option) {
    const CliOptionRow *row = &cli_option_rows[option];
    const char *value = command->values[option];
    if (!value) return STATUS_OK;
    size_t length = strlen(value);
    for (const char *at = row->value;; at++) {
        size_t choice = strcspn(at, "|");
        if (choice == length && memcmp(at, value, length) == 0) return STATUS_OK;
        at += choice;
        if (!*at) break;
    }
    error_set(&cli->error, STATUS_INPUT, MSG_CLI_BAD_CHOICE, row->name, value, NULL);
    error_remedy(&cli->error, MSG_CLI_WRITE_OPTION, row->name, row->value, NULL);
    return STATUS_INPUT;
}

static Status options_check_values(Cli *cli, const Command *command) {
    static const CliOption choices[] = {OPTION_GRADIENT, OPTION_EXECUTOR, OPTION_NA,
                                        OPTION_STAGE,    OPTION_PLOT,     OPTION_LANG};
    for (size_t k = 0; k < COUNT_OF(choices); k++)
        TRY(options_check_choice(cli, command, choices[k]));
    if (command->values[OPTION_OVERWRITE] && !command->values[OPTION_TRACE] &&
        !command->values[OPTION_BAND]) {
        error_set(&cli->error, STATUS_INPUT, MSG_CLI_NEEDS_TRACE, NULL);
        error_remedy(&cli->error, MSG_CLI_WRITE_OPTION, "trace", "FILE.csv", NULL);
        return STATUS_INPUT;
    }
    bool trace = command->values[OPTION_TRACE] != NULL, band = command->values[OPTION_BAND] != NULL;
    if ((trace || band) && command->n_rates > 1) {
        error_set(&cli->error, STATUS_INPUT,
                  trace ? MSG_CLI_TRACE_ONE_WALK : MSG_CLI_BAND_ONE_WALK, NULL);
        error_remedy(&cli->error, MSG_CLI_REMEDY_ONCE, "rate", NULL);
        return STATUS_INPUT;
    }
    return STATUS_OK;
}

/* ---- the whole ------------------------------------------------------------------------------ */

void cli_early_options(Cli *cli, int argc, char **argv) {
    for (int k = 0; k < argc && strcmp(argv[k], "--") != 0; k++) {
        const char *word = argv[k];
        if (strcmp(word, "--json") == 0) cli->json = true;
        if (strcmp(word, "--plain") == 0) cli->style.plain = true;
        if (strncmp(word, "--lang=", 7) == 0) cli->style.language = language_of(word + 7);
        if (strcmp(word, "--lang") == 0 && k + 1 < argc)
            cli->style.language = language_of(argv[k + 1]);
    }
}

Status cli_parse(Cli *cli, int argc, char **argv, Command *command) {
    size_t room = (size_t)argc + 1, first;
    OptionsReader reader = {.cli = cli, .command = command, .argc = argc, .argv = argv};
    memset(command, 0, sizeof *command);
    command->argc = argc;
    command->argv = argv;
    command->rates = memory_new(4 * room, sizeof *command->rates);
    if (!command->rates) return error_memory(&cli->error);
    command->arguments = command->rates + room;
    reader.words = command->rates + 2 * room;
    command->formulas = command->rates + 3 * room;
    TRY(options_read_all(&reader));
    TRY(options_choose_verb(&reader, &first));
    if (command->help || command->version) return STATUS_OK;
    if (command->verb == VERB_NONE) {
        error_set(&cli->error, STATUS_INPUT, MSG_CLI_NO_COMMAND, NULL);
        error_remedy(&cli->error, MSG_CLI_EXAMPLE_FORMULA, NULL);
        return STATUS_INPUT;
    }
    TRY(options_check_used(cli, command));
    TRY(options_check_values(cli, command));
    return options_sort_words(&reader, first);
}

void cli_command_free(Command *command) {
    memory_free(command->rates);
    memset(command, 0, sizeof *command);
}
