/* cli: the command. It sees descend.h, base and view, nothing else.
 *
 * A command line is taken apart by options.c into a Command, main.c hands it to its verb, the verb
 * writes its report into Cli.out, and output.c brings that to standard output as a whole: a refused
 * command has printed nothing there. Every word comes from messages_cli.def.
 */
#ifndef DESCEND_CLI_H
#define DESCEND_CLI_H

#include "../../include/descend.h"
#include "../base/base.h"
#include "../view/view.h"

typedef enum CliExit {
    CLI_EXIT_DONE = 0,       /* converged, or the steps that the user asked for are done */
    CLI_EXIT_BAD_END = 1,    /* it ran and did not get there */
    CLI_EXIT_REFUSED = 2,    /* the command or its input is wrong: nothing was written */
    CLI_EXIT_INTERRUPTED = 130
} CliExit;

/* ---- options.c: the words of the command line ----------------------------------------------- */

typedef enum CliVerb {
#define VERB(id, name, takes, summary, about) VERB_##id,
#include "verbs.def"
#undef VERB
    VERB_COUNT,
    VERB_NONE = VERB_COUNT
} CliVerb;

typedef enum CliOption {
#define OPTION(id, name, value, verbs, kind, help) OPTION_##id,
#include "options.def"
#undef OPTION
    OPTION_COUNT
} CliOption;

/* What an option does with the walk. */
typedef enum CliOptionKind {
    OPTION_FLAG, /* takes no value */
    OPTION_OWN,  /* its value is read by the command */
    OPTION_WALK  /* its value is handed to the walk under the same name */
} CliOptionKind;

typedef struct CliOptionRow {
    const char *name, *value; /* without the dashes; what the value is called in the help */
    unsigned verbs;           /* 1 << VERB_...: who uses it */
    CliOptionKind kind;
    MessageId help;
} CliOptionRow;

typedef struct CliVerbRow {
    const char *name, *takes;
    MessageId summary, about;
} CliVerbRow;

extern const CliOptionRow cli_option_rows[OPTION_COUNT];
extern const CliVerbRow cli_verb_rows[VERB_COUNT];

/* Points into argv; 'rates' and 'arguments' are its own. */
typedef struct Command {
    int argc;
    char **argv;
    CliVerb verb;
    bool verb_left_out;
    const char *values[OPTION_COUNT]; /* NULL: not given; "" for flags */
    const char **rates;               /* each --rate, in order */
    size_t n_rates;
    const char *formula, *data; /* data: a file or a literal table; NULL: none */
    const char **formulas;      /* of 'fit', those behind the first */
    size_t n_formulas;
    const char **arguments;     /* NAME=START and the like; for 'tour' and 'show' all words */
    size_t n_arguments;
    bool help, version;
} Command;

typedef struct Cli {
    ViewStyle style;
    Text out;               /* the report so far */
    Error error;            /* what the command itself refuses */
    descend_error *refusal; /* what the library refuses */
    bool json;
    bool inside; /* a command that the tour runs */
} Cli;

/* Language, and whether a JSON object is wanted, before anything can go wrong. */
void cli_early_options(Cli *cli, int argc, char **argv);
Status cli_parse(Cli *cli, int argc, char **argv, Command *command);
void cli_command_free(Command *command);
/* An operator, or a sign of a formula file. */
bool cli_is_formula(const char *word);
bool cli_ends_with(const char *word, const char *end);
void cli_help(Cli *cli, const Command *command);

/* ---- output.c: words in, bytes out ---------------------------------------------------------- */

/* Adds a sentence to the report; arguments are strings, ended by NULL, of up to 119 bytes each. */
void cli_say(Cli *cli, MessageId id, ...);
void cli_line(Cli *cli, const char *text); /* text and a line end, unless it is empty */
const char *cli_text(const Cli *cli, MessageId id);
const char *cli_language(const Cli *cli); /* "en", "zh" */
NumberText cli_number(double value);      /* for people */
/* Writes the report so far; false when nobody takes it (then the exit code is CLI_EXIT_REFUSED). */
bool cli_flush(Cli *cli);
/* 'descend: ' and a sentence, on standard error. */
void cli_warn(const Cli *cli, const char *text);
/* Prints what was refused - in JSON where that was asked for - and drops the report. */
int cli_refused(Cli *cli);
void cli_style_from_environment(Cli *cli);
/* time_report.c: with --profile, where the time went. */
void cli_report_profile(Cli *cli, const Command *command, descend_walk *walk);
void cli_json_profile(ViewJson *json, descend_walk *walk);
/* Where programs keep what may be deleted; stays empty where nobody says. */
void cli_cache_folder(Text *folder);
void cli_absolute_path(const char *path, Text *out);

/* ---- inputs.c: formula, data and walk ------------------------------------------------------- */

typedef struct CliInputs {
    descend_model *model;
    descend_table *table; /* NULL: none */
} CliInputs;

Status cli_open_inputs(Cli *cli, const Command *command, CliInputs *inputs);
/* Its two halves: the table has all columns that the model names. */
Status cli_open_model(Cli *cli, const Command *command, const char *formula,
                      descend_model **model);
Status cli_open_table(Cli *cli, const Command *command, const descend_model *model,
                      descend_table **table);
void cli_close_inputs(CliInputs *inputs);
/* A walk with all options and arguments set, and prepared; NULL on failure. 'rate' is NULL or one
 * of command->rates. */
descend_walk *cli_open_walk(Cli *cli, const Command *command, const CliInputs *inputs,
                            const char *rate);
/* The same without arguments and not yet prepared. */
descend_walk *cli_new_walk(Cli *cli, const Command *command, const CliInputs *inputs,
                           const char *rate);
/* There is no such file; names one with a similar name, if there is one. */
Status cli_refuse_file(Cli *cli, const char *path);
/* A file in the folder of 'path' with a name like its own; "" when there is none. */
void cli_similar_file(const char *path, char *similar, size_t size);

/* ---- models.c: fits by the name of a model -------------------------------------------------- */

/* A model of that name: in a file (its path), or carried inside (its text; else NULL). */
bool cli_find_model(const char *word, const char **ready, Text *path);
bool cli_is_model(const char *word);
/* The name of a model that is near; false when there is none. */
bool cli_nearest_model(const char *word, char *near, size_t size);
/* All of them by kind, a line each. */
void cli_list_models(Cli *cli);

/* ---- signals.c: Ctrl-C, and the line that says that it is alive ----------------------------- */

void cli_watch_signals(void);
/* The walk that a first signal ends in order; NULL: none, the program ends at once. */
void cli_signal_walk(descend_walk *walk);
bool cli_was_interrupted(void);

typedef struct CliProgress {
    bool wanted, shown;
    double next;  /* seconds of the walk at which the line is renewed */
    double began; /* by the clock */
} CliProgress;

CliProgress cli_progress_start(const Cli *cli, const Command *command);
void cli_progress(const Cli *cli, CliProgress *progress, const descend_event *event);
/* The same for intervals, of which that share is done. */
void cli_progress_intervals(const Cli *cli, CliProgress *progress, double share);
void cli_progress_end(CliProgress *progress);

/* ---- rounds.c: the walk as a table ---------------------------------------------------------- */

typedef struct CliRounds CliRounds;

CliRounds *cli_rounds_new(const Cli *cli, const descend_walk *walk);
void cli_rounds_add(CliRounds *rounds, const descend_event *event);
bool cli_rounds_failed(const CliRounds *rounds);
void cli_rounds_print(Cli *cli, const CliRounds *rounds, descend_walk *walk);
void cli_rounds_free(CliRounds *rounds);

/* ---- beside.c: a file that is written beside the report ------------------------------------- */

typedef struct CliBeside CliBeside;

/* The file that 'option' names. Refuses an existing one unless --overwrite is given. */
Status cli_beside_open(Cli *cli, const Command *command, CliOption option, CliBeside **file);
Status cli_beside_write(Cli *cli, const CliBeside *file, Text *text); /* and empties the text */
/* Puts the file in its place; with keep false it is removed. NULL is fine. */
Status cli_beside_close(Cli *cli, CliBeside *file, bool keep);
/* A name in the first line of a CSV file. */
void cli_beside_header(Text *out, const char *prefix, const char *name);

/* ---- trace.c: every round in a CSV file ----------------------------------------------------- */

typedef struct CliTrace CliTrace;

Status cli_trace_open(Cli *cli, const Command *command, const descend_walk *walk, CliTrace **trace);
Status cli_trace_add(Cli *cli, CliTrace *trace, const descend_event *event);
/* Puts the file in its place; with keep false it is removed. NULL is fine. */
Status cli_trace_close(Cli *cli, CliTrace *trace, bool keep);

/* ---- report.c: what is said after a walk ---------------------------------------------------- */

/* Walks to the end and writes the trace, if one is wanted. Returns the rounds for the table; NULL
 * on failure, and then no trace is left behind. */
CliRounds *cli_walk_to_end(Cli *cli, const Command *command, descend_walk *walk);
int cli_exit_code(const Command *command, const descend_walk *walk);
void cli_report_opening(Cli *cli, descend_walk *walk);
void cli_report_parameters(Cli *cli, descend_walk *walk);
void cli_report_valleys(Cli *cli, descend_walk *walk);
/* Verdict with its reason, advice, notes (not with --quiet), digest. */
void cli_report_end(Cli *cli, const Command *command, const CliInputs *inputs, descend_walk *walk);
void cli_report_notes(Cli *cli, const CliInputs *inputs, descend_walk *walk);
void cli_warn_notes(Cli *cli, const CliInputs *inputs, descend_walk *walk);
const char *cli_verdict_word(const Cli *cli, descend_verdict verdict);

/* ---- fit_estimates.c, fit_quality.c --------------------------------------------------------- */

void cli_fit_estimates(Cli *cli, descend_walk *walk);
void cli_fit_unavailable(Cli *cli, descend_walk *walk);
void cli_fit_residuals(Cli *cli, const descend_walk *walk);
void cli_fit_quality(Cli *cli, const CliInputs *inputs, descend_walk *walk);
/* fit_scatter.c */
void cli_fit_derived(Cli *cli, descend_walk *walk);
void cli_fit_scatter(Cli *cli, descend_walk *walk);
NumberText cli_probability(double p); /* 0.0021, '<1e-16' */
/* ---- fit_intervals.c ------------------------------------------------------------------------ */

/* Calculates the intervals that --intervals asks for. */
Status cli_walk_intervals(Cli *cli, const Command *command, descend_walk *walk);
MessageId cli_interval_heading(descend_walk *walk); /* of their column */
void cli_json_intervals(ViewJson *json, descend_walk *walk, const double *low, const double *high,
                        size_t n);

/* ---- advice.c ----------------------------------------------------------------------------- */

/* There is advice, and following it makes another command of this one. */
bool cli_advises(const Command *command, const char *advice);
/* The command to type: options that the library advises are put into this command line (NULL:
 * none); other advice stays as it is. */
void cli_advice(const Command *command, const char *advice, Text *out);

/* ---- fits: band_file.c, fit_picture.c, and what verb_fit.c says in other places -------------- */

/* The rest of --band: NULL is fine. */
Status cli_band_write(Cli *cli, const CliBeside *file, const CliInputs *inputs,
                      descend_walk *walk);
void cli_range(const double *values, size_t n, double *low, double *high);
/* n > 1 points at equal distances. */
void cli_spread(double low, double high, double *points, size_t n);
/* Data, curve and bands as --plot wants them, or in words. */
void cli_fit_picture(Cli *cli, const Command *command, const CliInputs *inputs,
                     descend_walk *walk);
/* Parameters with their errors, the residuals, why errors are missing. */
void cli_fit_numbers(Cli *cli, descend_walk *walk); /* parameters, and what sets their errors */
/* There are a '~' and a table; else it is refused. */
Status cli_fit_check(Cli *cli, const CliInputs *inputs);

/* ---- walk_json.c ---------------------------------------------------------------------------- */

void cli_json_walk(Cli *cli, ViewJson *json, const Command *command, const CliInputs *inputs,
                   descend_walk *walk);

/* ---- the verbs: each writes its report and returns the exit code ---------------------------- */

int cli_run(Cli *cli, int argc, char **argv); /* any command line, argv[0] left out */
int cli_minimize(Cli *cli, const Command *command);
int cli_compare(Cli *cli, const Command *command, const CliInputs *inputs);
int cli_fit_rank(Cli *cli, const Command *command); /* several formulas */
int cli_fit_inputs(Cli *cli, const Command *command, const CliInputs *inputs);
int cli_fit(Cli *cli, const Command *command);
int cli_slope(Cli *cli, const Command *command);
int cli_bisect(Cli *cli, const Command *command);
int cli_doctor(Cli *cli, const Command *command);
int cli_doctor_machine(Cli *cli); /* without a formula */
int cli_show(Cli *cli, const Command *command);
int cli_tour(Cli *cli, const Command *command);

#endif
