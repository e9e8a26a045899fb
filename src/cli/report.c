/* report: walking to the end, and what is said then - values, verdict, advice, notes. */
#include "cli.h"

#include <math.h>
#include <string.h>

enum { REPORT_PARAMETERS = 20, REPORT_VALLEYS = 10, REPORT_VALLEY_PARAMETERS = 4 };

/* ---- walking -------------------------------------------------------------------------------- */

static Status report_walk(Cli *cli, const Command *command, descend_walk *walk, CliRounds *rounds,
                          CliTrace *trace) {
    CliProgress progress = cli_progress_start(cli, command);
    descend_event event;
    long long told = 0;
    Status status = STATUS_OK;
    cli_signal_walk(walk);
    while (status == STATUS_OK) {
        descend_status step = descend_walk_step(walk, &event, &cli->refusal);
        if (step < 0) status = STATUS_INPUT;
        if (step < 0) break;
        /* A walk that ends without a further round tells its last one again. */
        if (event.step > told) {
            cli_rounds_add(rounds, &event);
            status = cli_trace_add(cli, trace, &event);
        }
        told = event.step;
        cli_progress(cli, &progress, &event);
        if (step == DESCEND_DONE) break;
    }
    cli_signal_walk(NULL);
    cli_progress_end(&progress);
    return status;
}

CliRounds *cli_walk_to_end(Cli *cli, const Command *command, descend_walk *walk) {
    CliTrace *trace = NULL;
    CliRounds *rounds = cli_rounds_new(cli, walk);
    Status status = rounds ? cli_trace_open(cli, command, walk, &trace) : error_memory(&cli->error);
    if (status == STATUS_OK) status = report_walk(cli, command, walk, rounds, trace);
    if (status == STATUS_OK && cli_rounds_failed(rounds)) status = error_memory(&cli->error);
    Status closed = cli_trace_close(cli, trace, status == STATUS_OK);
    if (status == STATUS_OK && closed == STATUS_OK) return rounds;
    cli_rounds_free(rounds);
    return NULL;
}

int cli_exit_code(const Command *command, const descend_walk *walk) {
    bool asked = command->values[OPTION_STEPS] || command->values[OPTION_EPOCHS];
    switch (descend_walk_verdict(walk)) {
    case DESCEND_VERDICT_CONVERGED:
    case DESCEND_VERDICT_STOPPED_EARLY: return CLI_EXIT_DONE;
    case DESCEND_VERDICT_STEP_LIMIT: return asked ? CLI_EXIT_DONE : CLI_EXIT_BAD_END;
    case DESCEND_VERDICT_INTERRUPTED: return CLI_EXIT_INTERRUPTED;
    case DESCEND_VERDICT_RUNNING:
    case DESCEND_VERDICT_STALLED:
    case DESCEND_VERDICT_OSCILLATING:
    case DESCEND_VERDICT_DIVERGED:
    case DESCEND_VERDICT_NON_FINITE: break;
    }
    return CLI_EXIT_BAD_END;
}

/* ---- before the walk ------------------------------------------------------------------------ */

void cli_report_opening(Cli *cli, descend_walk *walk) {
    cli_line(cli, descend_walk_text(walk, "names", cli_language(cli)));
    const char *formula = descend_walk_text(walk, "formula", "en");
    if (*formula) text_add(&cli->out, cli_text(cli, MSG_CLI_AS_FORMULA));
    cli_line(cli, formula);
    cli_line(cli, descend_walk_text(walk, "method_sentence", cli_language(cli)));
    cli_line(cli, descend_walk_text(walk, "starts", cli_language(cli)));
}

/* ---- where it ended ------------------------------------------------------------------------- */

static void report_one_parameter(Cli *cli, descend_walk *walk) {
    text_format(&cli->out, "%s = %s\n", descend_walk_parameter_name(walk, 0),
                cli_number(descend_walk_values(walk)[0]).s);
}

void cli_report_parameters(Cli *cli, descend_walk *walk) {
    size_t n = descend_walk_parameter_count(walk);
    const double *values = descend_walk_values(walk), *starts = descend_walk_starts(walk);
    ViewTable table = {0};
    if (n == 1) report_one_parameter(cli, walk);
    if (n > 1) {
        if (cli->out.length > 0) text_add_char(&cli->out, '\n');
        view_table_column(&table, VIEW_LEFT, cli_text(cli, MSG_CLI_COLUMN_PARAMETER));
        view_table_column(&table, VIEW_NUMBER, cli_text(cli, MSG_CLI_COLUMN_VALUE));
        view_table_column(&table, VIEW_NUMBER, cli_text(cli, MSG_CLI_COLUMN_START));
        for (size_t i = 0; i < n && i < REPORT_PARAMETERS; i++) {
            view_table_cell(&table, descend_walk_parameter_name(walk, i));
            view_table_number(&table, values[i]);
            view_table_number(&table, starts[i]);
        }
        view_table_render(&table, &cli->style, &cli->out);
        view_table_free(&table);
    }
    if (n > REPORT_PARAMETERS)
        cli_say(cli, MSG_CLI_SHOWN_OF, number_integer(REPORT_PARAMETERS).s,
                number_integer((long long)n).s, NULL);
    cli_say(cli, MSG_CLI_LOSS_LINE, cli_number(descend_walk_number(walk, "loss")).s,
            cli_number(descend_walk_number(walk, "start_loss")).s,
            cli_number(descend_walk_number(walk, "gradient_norm")).s,
            number_text(descend_walk_number(walk, "evaluations")).s, NULL);
}

void cli_report_valleys(Cli *cli, descend_walk *walk) {
    size_t n = descend_walk_parameter_count(walk);
    size_t shown = n < REPORT_VALLEY_PARAMETERS ? n : REPORT_VALLEY_PARAMETERS;
    double *values = memory_new(n + 1, sizeof *values), loss;
    long walks;
    ViewTable table = {0};
    if (!values) {
        cli->out.failed = true;
        return;
    }
    view_table_column(&table, VIEW_NUMBER, cli_text(cli, MSG_CLI_COLUMN_VALLEY));
    view_table_column(&table, VIEW_NUMBER, cli_text(cli, MSG_CLI_COLUMN_LOSS));
    for (size_t i = 0; i < shown; i++)
        view_table_column(&table, VIEW_NUMBER, descend_walk_parameter_name(walk, i));
    view_table_column(&table, VIEW_NUMBER, cli_text(cli, MSG_CLI_COLUMN_WALKS));
    for (size_t k = 0; k < REPORT_VALLEYS && descend_walk_valley(walk, k, &loss, values, &walks);
         k++) {
        view_table_cell(&table, number_integer((long long)k + 1).s);
        view_table_number(&table, loss);
        for (size_t i = 0; i < shown; i++) view_table_number(&table, values[i]);
        view_table_cell(&table, number_integer(walks).s);
    }
    text_add_char(&cli->out, '\n');
    cli_say(cli, MSG_CLI_VALLEYS, NULL);
    view_table_render(&table, &cli->style, &cli->out);
    view_table_free(&table);
    memory_free(values);
}

/* ---- verdict and notes ---------------------------------------------------------------------- */

const char *cli_verdict_word(const Cli *cli, descend_verdict verdict) {
    static const MessageId words[] = {
        [DESCEND_VERDICT_RUNNING] = MSG_CLI_VERDICT_RUNNING,
        [DESCEND_VERDICT_CONVERGED] = MSG_CLI_VERDICT_CONVERGED,
        [DESCEND_VERDICT_STEP_LIMIT] = MSG_CLI_VERDICT_STEP_LIMIT,
        [DESCEND_VERDICT_STOPPED_EARLY] = MSG_CLI_VERDICT_STOPPED_EARLY,
        [DESCEND_VERDICT_STALLED] = MSG_CLI_VERDICT_STALLED,
        [DESCEND_VERDICT_OSCILLATING] = MSG_CLI_VERDICT_OSCILLATING,
        [DESCEND_VERDICT_DIVERGED] = MSG_CLI_VERDICT_DIVERGED,
        [DESCEND_VERDICT_NON_FINITE] = MSG_CLI_VERDICT_NON_FINITE,
        [DESCEND_VERDICT_INTERRUPTED] = MSG_CLI_VERDICT_INTERRUPTED};
    return cli_text(cli, words[verdict]);
}

static void report_happened(Cli *cli, descend_walk *walk) {
    const char *word = descend_walk_text(walk, "happened_word", cli_language(cli));
    if (!word[0]) return;
    text_add(&cli->out, cli_text(cli, MSG_CLI_HAPPENED));
    text_add(&cli->out, word);
    const char *why = descend_walk_text(walk, "happened_because", cli_language(cli));
    if (why[0]) text_add(&cli->out, cli_text(cli, MSG_VIEW_COLON));
    text_add(&cli->out, why);
    text_add_char(&cli->out, '\n');
}

static void report_verdict(Cli *cli, const Command *command, descend_walk *walk) {
    const char *advice = descend_walk_text(walk, "advice", cli_language(cli));
    text_add(&cli->out, cli_verdict_word(cli, descend_walk_verdict(walk)));
    text_add(&cli->out, cli_text(cli, MSG_VIEW_COLON));
    cli_line(cli, descend_walk_text(walk, "reason", cli_language(cli)));
    report_happened(cli, walk);
    if (!cli_advises(command, advice)) return;
    text_add(&cli->out, cli_text(cli, MSG_CLI_ADVICE));
    cli_advice(command, advice, &cli->out);
    text_add_char(&cli->out, '\n');
}

static void report_digest(Cli *cli, const descend_walk *walk) {
    static const char hex[] = "0123456789abcdef";
    uint64_t digest = descend_walk_digest(walk);
    text_add(&cli->out, cli_text(cli, MSG_CLI_DIGEST));
    for (int shift = 60; shift >= 0; shift -= 4)
        text_add_char(&cli->out, hex[digest >> shift & 15]);
    text_add_char(&cli->out, '\n');
}

/* The k-th of all notes - of the formula, of the table, of the walk; NULL past the end. */
static const char *report_note(const CliInputs *inputs, descend_walk *walk, size_t k,
                               const char *language) {
    size_t model = 0, table = 0;
    while (descend_model_note(inputs->model, model, language)) model++;
    if (k < model) return descend_model_note(inputs->model, k, language);
    while (inputs->table && descend_table_note(inputs->table, table, language)) table++;
    if (k < model + table) return descend_table_note(inputs->table, k - model, language);
    return walk ? descend_walk_note(walk, k - model - table, language) : NULL;
}

void cli_report_notes(Cli *cli, const CliInputs *inputs, descend_walk *walk) {
    const char *note;
    for (size_t k = 0; (note = report_note(inputs, walk, k, cli_language(cli))); k++) {
        text_add(&cli->out, cli_text(cli, MSG_CLI_NOTE));
        cli_line(cli, note);
    }
}

void cli_warn_notes(Cli *cli, const CliInputs *inputs, descend_walk *walk) {
    const char *note;
    for (size_t k = 0; (note = report_note(inputs, walk, k, cli_language(cli))); k++)
        cli_warn(cli, note);
}

void cli_report_end(Cli *cli, const Command *command, const CliInputs *inputs, descend_walk *walk) {
    report_verdict(cli, command, walk);
    if (!command->values[OPTION_QUIET]) cli_report_notes(cli, inputs, walk);
    report_digest(cli, walk);
    cli_report_profile(cli, command, walk);
}
