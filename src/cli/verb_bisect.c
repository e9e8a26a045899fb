/* verb_bisect: the view from above, which knows a bracket, beside the blind walk, which knows one
 * place. */
#include "cli.h"

#include <math.h>
#include <string.h>

enum { BISECT_ALL = 20, BISECT_FIRST = 10, BISECT_LAST = 5 };

typedef struct BisectStep {
    descend_bisect_event above;
    double at, slope, next; /* of the blind walk */
    bool has_above, has_blind;
} BisectStep;

/* Both views, evaluation by evaluation. */
typedef struct BisectViews {
    BisectStep *steps;
    size_t count, capacity;
    descend_walk *walk;
    descend_bisect *bisect;
    char name[MESSAGE_ARG_SIZE];
    double low, high, start;
    bool has_start;
} BisectViews;

/* ---- NAME=[START,]LO..HI -------------------------------------------------------------------- */

static Status bisect_refuse_argument(Cli *cli, const char *argument) {
    error_set(&cli->error, STATUS_INPUT, MSG_CLI_BISECT_ARGUMENT, argument, NULL);
    error_remedy(&cli->error, MSG_CLI_BISECT_REMEDY, NULL);
    return STATUS_INPUT;
}

static Status bisect_read_argument(Cli *cli, const Command *command, BisectViews *views) {
    if (command->n_arguments != 1) {
        error_set(&cli->error, STATUS_INPUT, MSG_CLI_BISECT_ONE, NULL);
        error_remedy(&cli->error, MSG_CLI_BISECT_REMEDY, NULL);
        return STATUS_INPUT;
    }
    const char *argument = command->arguments[0], *equals = strchr(argument, '=');
    const char *at = equals + 1, *end = argument + strlen(argument);
    const char *comma = strchr(at, ','), *dots = strstr(at, "..");
    size_t length = (size_t)(equals - argument);
    if (length >= sizeof views->name || !dots) return bisect_refuse_argument(cli, argument);
    memcpy(views->name, argument, length);
    views->has_start = comma != NULL && comma < dots;
    if (views->has_start && !number_read(at, comma, &views->start))
        return bisect_refuse_argument(cli, argument);
    if (views->has_start) at = comma + 1;
    if (!number_read(at, dots, &views->low) || !number_read(dots + 2, end, &views->high) ||
        !isfinite(views->low) || !isfinite(views->high) || !(views->low < views->high))
        return bisect_refuse_argument(cli, argument);
    return STATUS_OK;
}

/* ---- opening -------------------------------------------------------------------------------- */

/* A start inside the bracket, drawn as for 'minimize' with the same bounds. */
static Status bisect_draw(Cli *cli, const Command *command, const CliInputs *inputs,
                          BisectViews *views) {
    if (views->has_start) return STATUS_OK;
    descend_walk *drawing = cli_open_walk(cli, command, inputs, NULL);
    if (!drawing) return STATUS_INPUT;
    views->start = descend_walk_starts(drawing)[0];
    descend_walk_free(drawing);
    return STATUS_OK;
}

static Status bisect_open(Cli *cli, const Command *command, const CliInputs *inputs,
                          BisectViews *views) {
    TRY(bisect_read_argument(cli, command, views));
    TRY(bisect_draw(cli, command, inputs, views));
    const char *rate = command->n_rates ? command->rates[0] : "measured*0.4";
    descend_walk *walk = cli_new_walk(cli, command, inputs, rate);
    views->walk = walk;
    if (!walk || descend_walk_start(walk, views->name, &views->start, 1, &cli->refusal) < 0 ||
        descend_walk_prepare(walk, &cli->refusal) < 0)
        return STATUS_INPUT;
    size_t n = descend_walk_parameter_count(walk);
    if (n != 1) {
        error_set(&cli->error, STATUS_INPUT, MSG_CLI_BISECT_MANY, number_integer((long long)n).s,
                  NULL);
        error_remedy(&cli->error, MSG_CLI_BISECT_MANY_REMEDY, NULL);
        return STATUS_INPUT;
    }
    views->bisect =
        descend_bisect_open(walk, views->name, views->low, views->high, &cli->refusal);
    return views->bisect ? STATUS_OK : STATUS_INPUT;
}

static void bisect_close(BisectViews *views) {
    descend_bisect_free(views->bisect);
    descend_walk_free(views->walk);
    memory_free(views->steps);
}

/* ---- both views ----------------------------------------------------------------------------- */

static BisectStep *bisect_row(BisectViews *views, size_t k) {
    if (k >= views->count) {
        if (!memory_reserve(&views->steps, &views->capacity, k + 1, sizeof *views->steps))
            return NULL;
        memset(&views->steps[k], 0, sizeof *views->steps);
        views->count = k + 1;
    }
    return &views->steps[k];
}

static Status bisect_look(Cli *cli, BisectViews *views) {
    descend_bisect_event event;
    descend_status status = DESCEND_RUNNING;
    for (size_t k = 0; status == DESCEND_RUNNING; k++) {
        status = descend_bisect_step(views->bisect, &event, &cli->refusal);
        if (status < 0) return STATUS_INPUT;
        if (k > 0 && views->steps[k - 1].above.evaluation == event.evaluation) break;
        BisectStep *row = bisect_row(views, k);
        if (!row) return error_memory(&cli->error);
        row->above = event;
        row->has_above = true;
    }
    return STATUS_OK;
}

static Status bisect_walk(Cli *cli, BisectViews *views) {
    descend_event event;
    descend_status status = DESCEND_RUNNING;
    long long told = 0;
    for (size_t k = 0; status == DESCEND_RUNNING; k++) {
        status = descend_walk_step(views->walk, &event, &cli->refusal);
        if (status < 0) return STATUS_INPUT;
        if (event.step == told) break;
        told = event.step;
        BisectStep *row = bisect_row(views, k);
        if (!row) return error_memory(&cli->error);
        row->at = event.at[0];
        row->slope = event.gradient[0];
        row->next = event.next[0];
        row->has_blind = true;
    }
    return STATUS_OK;
}

/* ---- reports -------------------------------------------------------------------------------- */

static void bisect_cells(ViewTable *table, size_t k, const BisectStep *step) {
    view_table_cell(table, number_integer((long long)k + 1).s);
    if (step->has_above) {
        view_table_number(table, step->above.low);
        view_table_number(table, step->above.high);
        view_table_number(table, step->above.middle);
        view_table_number(table, step->above.slope);
    } else {
        for (int blank = 0; blank < 4; blank++) view_table_cell(table, "");
    }
    view_table_cell(table, "|");
    if (step->has_blind) {
        view_table_number(table, step->at);
        view_table_number(table, step->slope);
        view_table_number(table, step->next);
    } else {
        for (int blank = 0; blank < 3; blank++) view_table_cell(table, "");
    }
}

static void bisect_table(Cli *cli, const BisectViews *views) {
    static const MessageId headers[] = {
        MSG_CLI_COLUMN_EVALUATION, MSG_CLI_COLUMN_LOW,   MSG_CLI_COLUMN_HIGH,
        MSG_CLI_COLUMN_MIDDLE,     MSG_CLI_COLUMN_SLOPE, MSG_NONE,
        MSG_CLI_COLUMN_STAND,      MSG_CLI_COLUMN_SLOPE, MSG_CLI_COLUMN_LAND};
    ViewTable table = {0};
    size_t count = views->count;
    for (size_t k = 0; k < COUNT_OF(headers); k++)
        view_table_column(&table, headers[k] == MSG_NONE ? VIEW_LEFT : VIEW_NUMBER,
                          headers[k] == MSG_NONE ? "|" : cli_text(cli, headers[k]));
    for (size_t k = 0; k < count; k++) {
        bool shown = count <= BISECT_ALL || k < BISECT_FIRST || k >= count - BISECT_LAST;
        if (shown) bisect_cells(&table, k, &views->steps[k]);
        else if (k == BISECT_FIRST) view_table_gap(&table);
    }
    text_add_char(&cli->out, '\n');
    view_table_render(&table, &cli->style, &cli->out);
    view_table_free(&table);
    text_add_char(&cli->out, '\n');
}

static void bisect_report(Cli *cli, const Command *command, const CliInputs *inputs,
                          BisectViews *views) {
    descend_walk *walk = views->walk;
    bool quiet = command->values[OPTION_QUIET] != NULL;
    double answer = descend_bisect_answer(views->bisect);
    NumberText rounds = number_text(descend_walk_number(walk, "evaluations"));
    if (!quiet) {
        cli_line(cli, descend_walk_text(walk, "names", cli_language(cli)));
        cli_say(cli,
                views->has_start ? MSG_CLI_BISECT_OPENING : MSG_CLI_BISECT_OPENING_DRAWN,
                number_text(views->low).s, number_text(views->high).s,
                cli_number(views->start).s, number_text(descend_walk_number(walk, "seed")).s, NULL);
        bisect_table(cli, views);
    }
    if (isfinite(answer))
        cli_say(cli, MSG_CLI_BISECT_ANSWER, views->name, cli_number(answer).s,
                number_integer(descend_bisect_evaluations(views->bisect)).s, NULL);
    text_add(&cli->out, cli_text(cli, MSG_CLI_FROM_ABOVE));
    cli_line(cli, descend_bisect_sentence(views->bisect, cli_language(cli)));
    cli_say(cli, MSG_CLI_DESCENT_ANSWER, views->name,
            cli_number(descend_walk_values(walk)[0]).s, rounds.s, NULL);
    text_add(&cli->out, cli_text(cli, MSG_CLI_ON_FOOT));
    text_add(&cli->out, cli_verdict_word(cli, descend_walk_verdict(walk)));
    text_add(&cli->out, cli_text(cli, MSG_VIEW_COLON));
    cli_line(cli, descend_walk_text(walk, "reason", cli_language(cli)));
    if (quiet) return;
    cli_say(cli, MSG_CLI_DESCENT_NEEDS, NULL);
    cli_report_notes(cli, inputs, walk);
}

static void bisect_json(Cli *cli, const CliInputs *inputs, const BisectViews *views) {
    ViewJson json = {.out = &cli->out};
    view_json_open(&json, NULL, '{');
    view_json_open(&json, "bisection", '{');
    view_json_integer(&json, "evaluations", descend_bisect_evaluations(views->bisect));
    view_json_number(&json, "answer", descend_bisect_answer(views->bisect));
    view_json_close(&json, '}');
    view_json_open(&json, "descent", '{');
    view_json_number(&json, "evaluations", descend_walk_number(views->walk, "evaluations"));
    view_json_number(&json, "answer", descend_walk_values(views->walk)[0]);
    view_json_close(&json, '}');
    view_json_close(&json, '}');
    cli_warn_notes(cli, inputs, views->walk);
}

/* ---- the whole ------------------------------------------------------------------------------ */

static int bisect_run(Cli *cli, const Command *command, const CliInputs *inputs,
                      BisectViews *views) {
    Status status = bisect_open(cli, command, inputs, views);
    if (status == STATUS_OK) {
        cli_signal_walk(views->walk);
        status = bisect_look(cli, views);
        if (status == STATUS_OK) status = bisect_walk(cli, views);
        cli_signal_walk(NULL);
    }
    if (status != STATUS_OK) return cli_refused(cli);
    if (cli->json) bisect_json(cli, inputs, views);
    else bisect_report(cli, command, inputs, views);
    return cli_exit_code(command, views->walk);
}

int cli_bisect(Cli *cli, const Command *command) {
    CliInputs inputs;
    BisectViews views = {0};
    int code = cli_open_inputs(cli, command, &inputs) == STATUS_OK
                   ? bisect_run(cli, command, &inputs, &views)
                   : cli_refused(cli);
    bisect_close(&views);
    cli_close_inputs(&inputs);
    return code;
}
