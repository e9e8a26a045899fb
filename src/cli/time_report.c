/* time_report: what --profile says after the report - each plan's time, step by step, against the
 * limits of the machine, which are measured now. */
#include "cli.h"

#include <math.h>
#include <string.h>

enum { PROFILE_LINES = 40 }; /* of a plan, at most */

/* "12.3 ms" */
static NumberText profile_time(double seconds) {
    static const char *const units[] = {"s", "ms", "us", "ns"};
    NumberText shown = {{0}};
    Text text = {0};
    size_t unit = 0;
    while (unit + 1 < COUNT_OF(units) && seconds < 1 && seconds > 0) seconds *= 1e3, unit++;
    text_format(&text, "%s %s", number_round(seconds, 3).s, units[unit]);
    strncpy(shown.s, text_string(&text), sizeof shown.s - 1);
    text_free(&text);
    return shown;
}

static NumberText profile_percent(double share) {
    NumberText shown = {{0}};
    Text text = {0};
    text_format(&text, "%s %%", isfinite(share) ? number_round(100 * share, 2).s : "-");
    strncpy(shown.s, text_string(&text), sizeof shown.s - 1);
    text_free(&text);
    return shown;
}

static void profile_columns(Cli *cli, ViewTable *table) {
    view_table_column(table, VIEW_LEFT, cli_text(cli, MSG_CLI_PROFILE_COLUMN_PLAN));
    view_table_column(table, VIEW_NUMBER, cli_text(cli, MSG_CLI_PROFILE_COLUMN_PASS));
    view_table_column(table, VIEW_LEFT, cli_text(cli, MSG_CLI_PROFILE_COLUMN_STEP));
    view_table_column(table, VIEW_NUMBER, cli_text(cli, MSG_CLI_PROFILE_COLUMN_TIME));
    view_table_column(table, VIEW_NUMBER, cli_text(cli, MSG_CLI_PROFILE_COLUMN_SHARE));
}

/* Time of all steps of all plans. */
static double profile_total(descend_walk *walk) {
    descend_profile line;
    double total = 0;
    for (size_t k = 0; descend_walk_profile(walk, k, &line); k++)
        if (line.step[0]) total += line.seconds;
    return total;
}

static void profile_steps(Cli *cli, descend_walk *walk) {
    descend_profile line;
    double total = profile_total(walk);
    size_t shown = 0;
    ViewTable table = {0};
    profile_columns(cli, &table);
    for (size_t k = 0; descend_walk_profile(walk, k, &line); k++) {
        if (!line.step[0]) shown = 0;
        if (!line.step[0] || line.seconds == 0) continue;
        if (shown++ == PROFILE_LINES) view_table_gap(&table);
        if (shown > PROFILE_LINES) continue;
        view_table_cell(&table, line.plan);
        view_table_cell(&table, number_integer(line.pass).s);
        view_table_cell(&table, line.step);
        view_table_cell(&table, profile_time(line.seconds).s);
        view_table_cell(&table, profile_percent(line.seconds / total).s);
    }
    view_table_render(&table, &cli->style, &cli->out);
    view_table_free(&table);
}

static void profile_plan(Cli *cli, descend_walk *walk, const descend_profile *line) {
    double read = descend_walk_number(walk, "read_limit"), bytes = line->bytes / line->seconds;
    double limit = descend_walk_number(walk, "operation_limit");
    double operations = line->operations / line->seconds;
    if (line->rows == 0) {
        cli_say(cli, MSG_CLI_PROFILE_WHOLE_NO_ROWS, line->plan, number_text(line->runs).s,
                profile_time(line->seconds).s, NULL);
        return;
    }
    cli_say(cli, MSG_CLI_PROFILE_WHOLE, line->plan, number_text(line->runs).s,
            number_text(line->rows).s, profile_time(line->seconds).s, NULL);
    cli_say(cli, MSG_CLI_PROFILE_MEMORY, number_round(bytes / 1e9, 3).s,
            number_round(read / 1e9, 3).s, profile_percent(bytes / read).s, NULL);
    cli_say(cli, MSG_CLI_PROFILE_ARITHMETIC, number_round(operations / 1e9, 3).s,
            number_round(limit / 1e9, 3).s, profile_percent(operations / limit).s, NULL);
}

static NumberText profile_bytes(double bytes) {
    static const char *const units[] = {"B", "kB", "MB", "GB"};
    NumberText shown = {{0}};
    Text text = {0};
    size_t unit = 0;
    while (unit + 1 < COUNT_OF(units) && bytes >= 1000) bytes /= 1000, unit++;
    text_format(&text, "%s %s", number_round(bytes, 3).s, units[unit]);
    strncpy(shown.s, text_string(&text), sizeof shown.s - 1);
    text_free(&text);
    return shown;
}

void cli_report_profile(Cli *cli, const Command *command, descend_walk *walk) {
    descend_profile line;
    if (!command->values[OPTION_PROFILE]) return;
    text_add_char(&cli->out, '\n');
    cli_say(cli, MSG_CLI_PROFILE, NULL);
    profile_steps(cli, walk);
    for (size_t k = 0; descend_walk_profile(walk, k, &line); k++)
        if (!line.step[0] && line.runs > 0) profile_plan(cli, walk, &line);
    cli_say(cli, MSG_CLI_PROFILE_WORKSPACE,
            profile_bytes(descend_walk_number(walk, "workspace_bytes")).s, NULL);
}

static void profile_json_line(ViewJson *json, const descend_profile *line) {
    view_json_open(json, NULL, '{');
    view_json_text(json, "plan", line->plan);
    view_json_text(json, "step", line->step[0] ? line->step : NULL);
    view_json_number(json, "seconds", line->seconds);
    if (line->step[0]) {
        view_json_integer(json, "pass", line->pass);
    } else {
        view_json_number(json, "runs", line->runs);
        view_json_number(json, "rows", line->rows);
        view_json_number(json, "bytes", line->bytes);
        view_json_number(json, "operations", line->operations);
    }
    view_json_close(json, '}');
}

void cli_json_profile(ViewJson *json, descend_walk *walk) {
    descend_profile line;
    view_json_number(json, "read_limit", descend_walk_number(walk, "read_limit"));
    view_json_number(json, "operation_limit", descend_walk_number(walk, "operation_limit"));
    view_json_open(json, "profile", '[');
    for (size_t k = 0; descend_walk_profile(walk, k, &line); k++) profile_json_line(json, &line);
    view_json_close(json, ']');
}
