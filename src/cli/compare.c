/* compare: several rates, several blind men on one mountain, side by side. */
#include "cli.h"

#include <math.h>
#include <string.h>

/* Rounds 1, 2, 3, 5, 10, 20, 50, 100, ... up to 5e17. */
enum { COMPARE_ROUNDS = 55, COMPARE_WALKS = 12 };

typedef struct CompareLane {
    descend_walk *walk;
    const char *rate;
    double values[COMPARE_ROUNDS]; /* where he stood, or the loss, in the rounds of the table */
    size_t count;                  /* rounds of the table that he reached */
} CompareLane;

static long long compare_round(size_t k) {
    static const long long first[] = {1, 2, 3, 5}, more[] = {10, 20, 50};
    long long round = 1;
    if (k < COUNT_OF(first)) return first[k];
    for (size_t decade = (k - 4) / 3; decade > 0; decade--) round *= 10;
    return round * more[(k - 4) % 3];
}

static Status compare_walk(Cli *cli, const Command *command, CompareLane *lane) {
    descend_event event;
    CliProgress progress = cli_progress_start(cli, command);
    descend_status status = DESCEND_RUNNING;
    cli_signal_walk(lane->walk);
    while (status == DESCEND_RUNNING) {
        status = descend_walk_step(lane->walk, &event, &cli->refusal);
        if (status < 0) break;
        bool shown = lane->count < COMPARE_ROUNDS && event.step == compare_round(lane->count);
        if (shown && event.restart == 0)
            lane->values[lane->count++] = event.n_parameters == 1 ? event.at[0] : event.loss;
        cli_progress(cli, &progress, &event);
    }
    cli_signal_walk(NULL);
    cli_progress_end(&progress);
    return status < 0 ? STATUS_INPUT : STATUS_OK;
}

/* ---- tables --------------------------------------------------------------------------------- */

static void compare_table(Cli *cli, const CompareLane *lanes, size_t n_lanes) {
    ViewTable table = {0};
    size_t longest = 0;
    bool one = descend_walk_parameter_count(lanes[0].walk) == 1;
    view_table_column(&table, VIEW_NUMBER, cli_text(cli, MSG_CLI_COLUMN_ROUND));
    for (size_t k = 0; k < n_lanes; k++) {
        view_table_column(&table, VIEW_NUMBER, lanes[k].rate);
        if (lanes[k].count > longest) longest = lanes[k].count;
    }
    for (size_t row = 0; row < longest; row++) {
        view_table_cell(&table, number_integer(compare_round(row)).s);
        for (size_t k = 0; k < n_lanes; k++)
            if (row < lanes[k].count) view_table_number(&table, lanes[k].values[row]);
            else view_table_cell(&table, "");
    }
    text_add_char(&cli->out, '\n');
    cli_say(cli, one ? MSG_CLI_COMPARE_PLACES : MSG_CLI_COMPARE_LOSSES, NULL);
    view_table_render(&table, &cli->style, &cli->out);
    view_table_free(&table);
}

static void compare_summary(Cli *cli, const CompareLane *lanes, size_t n_lanes) {
    ViewTable table = {0};
    bool one = descend_walk_parameter_count(lanes[0].walk) == 1;
    view_table_column(&table, VIEW_LEFT, cli_text(cli, MSG_CLI_COLUMN_RATE));
    view_table_column(&table, VIEW_LEFT, cli_text(cli, MSG_CLI_COLUMN_PACE));
    view_table_column(&table, VIEW_NUMBER, cli_text(cli, MSG_CLI_COLUMN_ROUNDS));
    if (one) view_table_column(&table, VIEW_NUMBER, cli_text(cli, MSG_CLI_COLUMN_ENDS));
    view_table_column(&table, VIEW_NUMBER, cli_text(cli, MSG_CLI_COLUMN_LOSS));
    view_table_column(&table, VIEW_LEFT, cli_text(cli, MSG_CLI_COLUMN_VERDICT));
    for (size_t k = 0; k < n_lanes; k++) {
        descend_walk *walk = lanes[k].walk;
        view_table_cell(&table, lanes[k].rate);
        view_table_cell(&table, descend_walk_text(walk, "pace", cli_language(cli)));
        view_table_cell(&table, number_text(descend_walk_number(walk, "steps")).s);
        if (one) view_table_number(&table, descend_walk_values(walk)[0]);
        view_table_number(&table, descend_walk_number(walk, "loss"));
        view_table_cell(&table, cli_verdict_word(cli, descend_walk_verdict(walk)));
    }
    text_add_char(&cli->out, '\n');
    view_table_render(&table, &cli->style, &cli->out);
    view_table_free(&table);
}

static void compare_reasons(Cli *cli, const CompareLane *lanes, size_t n_lanes) {
    text_add_char(&cli->out, '\n');
    for (size_t k = 0; k < n_lanes; k++) {
        text_add(&cli->out, lanes[k].rate);
        text_add(&cli->out, cli_text(cli, MSG_VIEW_COLON));
        cli_line(cli, descend_walk_text(lanes[k].walk, "reason", cli_language(cli)));
    }
}

static void compare_json(Cli *cli, const Command *command, const CliInputs *inputs,
                         const CompareLane *lanes, size_t n_lanes) {
    ViewJson json = {.out = &cli->out};
    view_json_open(&json, NULL, '{');
    view_json_open(&json, "walks", '[');
    for (size_t k = 0; k < n_lanes; k++) {
        view_json_open(&json, NULL, '{');
        view_json_text(&json, "rate", lanes[k].rate);
        cli_json_walk(cli, &json, command, inputs, lanes[k].walk);
        view_json_close(&json, '}');
    }
    view_json_close(&json, ']');
    view_json_close(&json, '}');
}

/* ---- the whole ------------------------------------------------------------------------------ */

static void compare_report(Cli *cli, const Command *command, const CliInputs *inputs,
                           const CompareLane *lanes, size_t n_lanes) {
    if (cli->json) {
        compare_json(cli, command, inputs, lanes, n_lanes);
        cli_warn_notes(cli, inputs, lanes[0].walk);
        return;
    }
    if (!command->values[OPTION_QUIET]) {
        cli_line(cli, descend_walk_text(lanes[0].walk, "names", cli_language(cli)));
        compare_table(cli, lanes, n_lanes);
    }
    compare_summary(cli, lanes, n_lanes);
    if (command->values[OPTION_QUIET]) return;
    compare_reasons(cli, lanes, n_lanes);
    cli_report_notes(cli, inputs, lanes[0].walk);
}

/* The worst of the walks decides. */
static int compare_exit(const Command *command, const CompareLane *lanes, size_t n_lanes) {
    int worst = CLI_EXIT_DONE;
    for (size_t k = 0; k < n_lanes; k++) {
        int code = cli_exit_code(command, lanes[k].walk);
        if (code > worst) worst = code;
    }
    return worst;
}

int cli_compare(Cli *cli, const Command *command, const CliInputs *inputs) {
    size_t n_lanes = 0;
    bool good = command->n_rates <= COMPARE_WALKS;
    if (!good) {
        error_set(&cli->error, STATUS_INPUT, MSG_CLI_TOO_MANY_RATES,
                  number_integer(COMPARE_WALKS).s, NULL);
        return cli_refused(cli);
    }
    CompareLane *lanes = memory_new(command->n_rates, sizeof *lanes);
    if (!lanes) error_memory(&cli->error);
    for (size_t k = 0; lanes && good && k < command->n_rates; k++) {
        lanes[k].rate = command->rates[k];
        lanes[k].walk = cli_open_walk(cli, command, inputs, lanes[k].rate);
        good = lanes[k].walk && compare_walk(cli, command, &lanes[k]) == STATUS_OK;
        if (lanes[k].walk) n_lanes++;
        if (good && cli_was_interrupted()) break;
    }
    good = good && lanes;
    int code = good ? compare_exit(command, lanes, n_lanes) : cli_refused(cli);
    if (good) compare_report(cli, command, inputs, lanes, n_lanes);
    for (size_t k = 0; k < n_lanes; k++) descend_walk_free(lanes[k].walk);
    memory_free(lanes);
    return code;
}
