/* fit_rank: several formulas for the same measurements, ranked; then the preferred one in full. */
#include "cli.h"

#include <math.h>
#include <string.h>

enum { RANK_FORMULAS = 12 };

/* One formula on its way. */
typedef struct RankLane {
    Command command; /* with this formula, and the arguments that it takes */
    CliInputs inputs; /* its own model, and the table of all */
} RankLane;

typedef struct RankRun {
    RankLane *lanes;
    descend_walk **walks;
    size_t n, walked;
    descend_table *table;
    const char **arguments; /* of all lanes */
    descend_ranking *ranking;
} RankRun;

/* ---- opening --------------------------------------------------------------------------------- */

static Status rank_refuse_option(Cli *cli, const char *name) {
    error_set(&cli->error, STATUS_INPUT, MSG_CLI_RANK_OPTION, name, NULL);
    error_remedy(&cli->error, MSG_CLI_RANK_OPTION_REMEDY, name, NULL);
    return STATUS_INPUT;
}

static Status rank_check(Cli *cli, const Command *command) {
    if (command->n_formulas >= RANK_FORMULAS)
        return error_set(&cli->error, STATUS_INPUT, MSG_CLI_TOO_MANY_FORMULAS,
                         number_integer(RANK_FORMULAS).s, NULL);
    if (command->values[OPTION_TRACE]) return rank_refuse_option(cli, "trace");
    if (command->values[OPTION_BAND]) return rank_refuse_option(cli, "band");
    if (command->n_rates <= 1) return STATUS_OK;
    error_set(&cli->error, STATUS_INPUT, MSG_CLI_RANK_RATES, NULL);
    error_remedy(&cli->error, MSG_CLI_REMEDY_ONCE, "rate", NULL);
    return STATUS_INPUT;
}

static Status rank_new(Cli *cli, const Command *command, RankRun *run) {
    size_t n = run->n = command->n_formulas + 1;
    run->lanes = memory_new(n, sizeof *run->lanes);
    run->walks = memory_new(n, sizeof *run->walks);
    run->arguments = memory_new(n * command->n_arguments + 1, sizeof *run->arguments);
    if (!run->lanes || !run->walks || !run->arguments) return error_memory(&cli->error);
    for (size_t k = 0; k < n; k++) {
        Command *own = &run->lanes[k].command;
        *own = *command;
        own->formula = k == 0 ? command->formula : command->formulas[k - 1];
        own->arguments = run->arguments + k * command->n_arguments;
        own->n_arguments = 0;
    }
    return STATUS_OK;
}

static bool rank_add_text(const char *formula, Text *all) {
    char *text = NULL;
    size_t length = 0;
    if (strcmp(formula, "-") == 0) return false; /* it was read, and is gone */
    if (!cli_ends_with(formula, ".descend")) text_add(all, formula);
    else if (file_read(formula, 0, &text, &length, NULL) == STATUS_OK)
        text_add_bytes(all, text, length);
    text_add_char(all, '\n');
    memory_free(text);
    return length > 0 || !cli_ends_with(formula, ".descend");
}

/* All formulas as one, for the columns that they name together: they must see the same rows. NULL:
 * it cannot be had, and all columns count. */
static descend_model *rank_all_names(const RankRun *run) {
    Text all = {0};
    bool good = true;
    for (size_t k = 0; good && k < run->n; k++)
        good = rank_add_text(run->lanes[k].command.formula, &all);
    good = good && !all.failed;
    descend_model *model = good ? descend_model_parse(text_string(&all), NULL) : NULL;
    text_free(&all);
    return model;
}

static Status rank_open_inputs(Cli *cli, const Command *command, RankRun *run) {
    for (size_t k = 0; k < run->n; k++) {
        RankLane *lane = &run->lanes[k];
        TRY(cli_open_model(cli, &lane->command, lane->command.formula, &lane->inputs.model));
    }
    descend_model *names = rank_all_names(run);
    Status status = cli_open_table(cli, command, names, &run->table);
    descend_model_free(names);
    for (size_t k = 0; k < run->n && status == STATUS_OK; k++) {
        run->lanes[k].inputs.table = run->table;
        status = cli_fit_check(cli, &run->lanes[k].inputs);
    }
    return status;
}

/* An argument goes to the formulas that have its name. */
static Status rank_share_argument(Cli *cli, RankRun *run, const char *argument) {
    bool taken = false;
    for (size_t k = 0; k < run->n; k++) {
        RankLane *lane = &run->lanes[k];
        if (!descend_model_takes(lane->inputs.model, argument)) continue;
        lane->command.arguments[lane->command.n_arguments++] = argument;
        taken = true;
    }
    if (taken) return STATUS_OK;
    Message name = message_make(MSG_NONE, argument, NULL);
    name.arg[0][strcspn(name.arg[0], "=")] = '\0';
    error_set(&cli->error, STATUS_INPUT, MSG_CLI_RANK_NO_NAME, name.arg[0], NULL);
    error_remedy(&cli->error, MSG_CLI_RANK_NO_NAME_REMEDY, NULL);
    return STATUS_INPUT;
}

static Status rank_open(Cli *cli, const Command *command, RankRun *run) {
    const char *rate = command->n_rates ? command->rates[0] : NULL;
    TRY(rank_check(cli, command));
    TRY(rank_new(cli, command, run));
    TRY(rank_open_inputs(cli, command, run));
    for (size_t k = 0; k < command->n_arguments; k++)
        TRY(rank_share_argument(cli, run, command->arguments[k]));
    for (size_t k = 0; k < run->n; k++) {
        RankLane *lane = &run->lanes[k];
        run->walks[k] = cli_open_walk(cli, &lane->command, &lane->inputs, rate);
        if (!run->walks[k]) return STATUS_INPUT;
    }
    return STATUS_OK;
}

static Status rank_walk(Cli *cli, RankRun *run) {
    while (run->walked < run->n && !cli_was_interrupted()) {
        size_t k = run->walked++;
        CliRounds *rounds = cli_walk_to_end(cli, &run->lanes[k].command, run->walks[k]);
        if (!rounds) return STATUS_INPUT;
        cli_rounds_free(rounds);
    }
    run->ranking = descend_ranking_open(run->walks, run->walked, &cli->refusal);
    return run->ranking ? STATUS_OK : STATUS_INPUT;
}

static void rank_close(RankRun *run) {
    descend_ranking_free(run->ranking);
    for (size_t k = 0; run->walks && k < run->n; k++) descend_walk_free(run->walks[k]);
    for (size_t k = 0; run->lanes && k < run->n; k++)
        descend_model_free(run->lanes[k].inputs.model);
    descend_table_free(run->table);
    memory_free(run->lanes);
    memory_free(run->walks);
    memory_free(run->arguments);
}

/* ---- the report ------------------------------------------------------------------------------ */

static void rank_formula(Cli *cli, size_t k, const char *text) {
    text_add(&cli->out, cli_text(cli, MSG_CLI_COLUMN_FORMULA));
    text_format(&cli->out, " %zu", k + 1);
    text_add(&cli->out, cli_text(cli, MSG_VIEW_COLON));
    cli_line(cli, text);
}

static void rank_cell(ViewTable *table, double value) {
    if (isfinite(value)) view_table_number(table, value);
    else view_table_cell(table, "-");
}

static void rank_table(Cli *cli, const RankRun *run) {
    static const MessageId headers[] = {
        MSG_CLI_COLUMN_FORMULA, MSG_CLI_COLUMN_PARAMETERS, MSG_CLI_COLUMN_RESIDUALS,
        MSG_CLI_COLUMN_R_SQUARED, MSG_CLI_COLUMN_AICC, MSG_CLI_COLUMN_BIC,
        MSG_CLI_COLUMN_LEFT_OUT, MSG_CLI_COLUMN_WEIGHT};
    ViewTable table = {0};
    descend_rank rank;
    for (size_t k = 0; k < COUNT_OF(headers); k++)
        view_table_column(&table, VIEW_NUMBER, cli_text(cli, headers[k]));
    for (size_t k = 0; descend_ranking_at(run->ranking, k, &rank); k++) {
        view_table_cell(&table, number_integer((long long)rank.walk + 1).s);
        view_table_cell(&table, number_text(rank.parameters).s);
        rank_cell(&table, rank.residual_sum_of_squares);
        rank_cell(&table, rank.r_squared);
        rank_cell(&table, rank.aicc);
        rank_cell(&table, rank.bic);
        rank_cell(&table, rank.leave_one_out_error);
        view_table_cell(&table, isfinite(rank.weight) ? number_round(rank.weight, 3).s : "-");
    }
    view_table_render(&table, &cli->style, &cli->out);
    view_table_free(&table);
}

/* Those that did not get there say so themselves. */
static void rank_ends(Cli *cli, const RankRun *run) {
    for (size_t k = 0; k < run->walked; k++) {
        descend_verdict verdict = descend_walk_verdict(run->walks[k]);
        if (verdict == DESCEND_VERDICT_CONVERGED) continue;
        Text line = {0};
        text_add(&line, cli_verdict_word(cli, verdict));
        text_add(&line, cli_text(cli, MSG_VIEW_COLON));
        text_add(&line, descend_walk_text(run->walks[k], "reason", cli_language(cli)));
        rank_formula(cli, k, text_string(&line));
        cli->out.failed = cli->out.failed || line.failed;
        text_free(&line);
    }
}

static void rank_notes(Cli *cli, const RankRun *run) {
    const char *note;
    for (size_t k = 0; (note = descend_ranking_note(run->ranking, k, cli_language(cli))); k++) {
        text_add(&cli->out, cli_text(cli, MSG_CLI_NOTE));
        cli_line(cli, note);
    }
}

static size_t rank_preferred(const RankRun *run) {
    descend_rank rank = {0};
    return descend_ranking_at(run->ranking, 0, &rank) ? rank.walk : 0;
}

static void rank_report(Cli *cli, const RankRun *run) {
    size_t preferred = rank_preferred(run);
    const RankLane *lane = &run->lanes[preferred];
    bool quiet = lane->command.values[OPTION_QUIET] != NULL;
    for (size_t k = 0; k < run->walked; k++) rank_formula(cli, k, run->lanes[k].command.formula);
    text_add_char(&cli->out, '\n');
    rank_table(cli, run);
    text_add_char(&cli->out, '\n');
    cli_line(cli, descend_ranking_sentence(run->ranking, cli_language(cli)));
    if (!quiet) rank_notes(cli, run);
    if (!quiet) rank_ends(cli, run);
    text_add_char(&cli->out, '\n');
    rank_formula(cli, preferred, lane->command.formula);
    if (!quiet) cli_report_opening(cli, run->walks[preferred]);
    cli_fit_numbers(cli, run->walks[preferred]);
    if (!quiet) cli_fit_quality(cli, &lane->inputs, run->walks[preferred]);
    cli_report_end(cli, &lane->command, &lane->inputs, run->walks[preferred]);
    if (!quiet) cli_fit_picture(cli, &lane->command, &lane->inputs, run->walks[preferred]);
}

/* ---- JSON ------------------------------------------------------------------------------------ */

static void rank_json_evidence(ViewJson *json, const descend_rank *rank) {
    view_json_open(json, "evidence", '{');
    view_json_number(json, "rows", rank->rows);
    view_json_number(json, "parameters", rank->parameters);
    view_json_number(json, "residual_sum_of_squares", rank->residual_sum_of_squares);
    view_json_number(json, "r_squared", rank->r_squared);
    view_json_number(json, "aicc", rank->aicc);
    view_json_number(json, "bic", rank->bic);
    view_json_number(json, "leave_one_out_error", rank->leave_one_out_error);
    view_json_number(json, "weight", rank->weight);
    view_json_close(json, '}');
}

static void rank_json(Cli *cli, const RankRun *run) {
    ViewJson json = {.out = &cli->out};
    const char *language = cli_language(cli), *note;
    descend_rank rank;
    view_json_open(&json, NULL, '{');
    view_json_open(&json, "ranking", '[');
    for (size_t k = 0; descend_ranking_at(run->ranking, k, &rank); k++) {
        const RankLane *lane = &run->lanes[rank.walk];
        view_json_open(&json, NULL, '{');
        view_json_integer(&json, "number", (long long)rank.walk + 1);
        view_json_text(&json, "formula", lane->command.formula);
        rank_json_evidence(&json, &rank);
        cli_json_walk(cli, &json, &lane->command, &lane->inputs, run->walks[rank.walk]);
        view_json_close(&json, '}');
    }
    view_json_close(&json, ']');
    view_json_integer(&json, "preferred", (long long)rank_preferred(run) + 1);
    view_json_text(&json, "sentence", descend_ranking_sentence(run->ranking, language));
    view_json_open(&json, "warnings", '[');
    for (size_t k = 0; (note = descend_ranking_note(run->ranking, k, language)); k++)
        view_json_text(&json, NULL, note);
    view_json_close(&json, ']');
    view_json_close(&json, '}');
}

int cli_fit_rank(Cli *cli, const Command *command) {
    RankRun run = {0};
    bool good = rank_open(cli, command, &run) == STATUS_OK && rank_walk(cli, &run) == STATUS_OK;
    int code = CLI_EXIT_REFUSED;
    if (good && cli->json) rank_json(cli, &run);
    else if (good) rank_report(cli, &run);
    if (good) code = cli_exit_code(command, run.walks[rank_preferred(&run)]);
    if (good && cli_was_interrupted()) code = CLI_EXIT_INTERRUPTED;
    if (!good) code = cli_refused(cli);
    rank_close(&run);
    return code;
}
