/* verb_slope: the slope by formula beside the slope felt with both feet. */
#include "cli.h"

#include <math.h>

enum { SLOPE_PARAMETERS = 20, SLOPE_FEET = 3, SLOPE_FOOT_DIGITS = 10 };

/* ---- tables --------------------------------------------------------------------------------- */

static size_t slope_shown(const descend_walk *walk) {
    size_t n = descend_walk_parameter_count(walk);
    return n < SLOPE_PARAMETERS ? n : SLOPE_PARAMETERS;
}

static void slope_derivatives(Cli *cli, const descend_walk *walk, descend_slope *slope) {
    text_add_char(&cli->out, '\n');
    for (size_t i = 0; i < slope_shown(walk); i++)
        text_format(&cli->out, "d/d%s = %s\n", descend_walk_parameter_name(walk, i),
                    descend_slope_formula(slope, i));
    text_add_char(&cli->out, '\n');
}

static void slope_table(Cli *cli, const descend_walk *walk, const descend_slope *slope) {
    const double *starts = descend_walk_starts(walk);
    ViewTable table = {0};
    view_table_column(&table, VIEW_LEFT, cli_text(cli, MSG_CLI_COLUMN_PARAMETER));
    view_table_column(&table, VIEW_NUMBER, cli_text(cli, MSG_CLI_COLUMN_STAND));
    view_table_column(&table, VIEW_NUMBER, cli_text(cli, MSG_CLI_COLUMN_EXACT));
    view_table_column(&table, VIEW_NUMBER, cli_text(cli, MSG_CLI_COLUMN_PROBE));
    view_table_column(&table, VIEW_NUMBER, cli_text(cli, MSG_CLI_COLUMN_NOISE));
    view_table_column(&table, VIEW_LEFT, cli_text(cli, MSG_CLI_COLUMN_AGREE));
    for (size_t i = 0; i < slope_shown(walk); i++) {
        descend_foot foot = descend_slope_foot(slope, i);
        bool agrees = descend_slope_agrees(slope, i) != 0;
        view_table_cell(&table, descend_walk_parameter_name(walk, i));
        view_table_number(&table, starts[i]);
        view_table_number(&table, descend_slope_exact(slope, i));
        view_table_number(&table, foot.slope);
        view_table_cell(&table, number_round(foot.noise, 2).s);
        view_table_cell(&table, cli_text(cli, agrees ? MSG_CLI_YES : MSG_CLI_NO));
    }
    view_table_render(&table, &cli->style, &cli->out);
    view_table_free(&table);
    if (descend_walk_parameter_count(walk) > SLOPE_PARAMETERS)
        cli_say(cli, MSG_CLI_SHOWN_OF, number_integer(SLOPE_PARAMETERS).s,
                number_integer((long long)descend_walk_parameter_count(walk)).s, NULL);
    text_add_char(&cli->out, '\n');
}

/* ---- sentences ------------------------------------------------------------------------------ */

static NumberText slope_foot_number(double value) { return number_round(value, SLOPE_FOOT_DIGITS); }

static void slope_feet(Cli *cli, const descend_walk *walk, const descend_slope *slope) {
    size_t n = descend_walk_parameter_count(walk);
    for (size_t i = 0; i < n && i < SLOPE_FEET; i++) {
        descend_foot foot = descend_slope_foot(slope, i);
        Text left = {0}, right = {0};
        text_format(&left, "%s -> %s", slope_foot_number(foot.left).s,
                    slope_foot_number(foot.left_loss).s);
        text_format(&right, "%s -> %s", slope_foot_number(foot.right).s,
                    slope_foot_number(foot.right_loss).s);
        cli_say(cli, MSG_CLI_BOTH_FEET, descend_walk_parameter_name(walk, i), text_string(&left),
                text_string(&right), cli_number(foot.slope).s, NULL);
        text_free(&left);
        text_free(&right);
    }
}

static void slope_downhill(Cli *cli, const descend_walk *walk, const descend_slope *slope) {
    if (descend_walk_parameter_count(walk) != 1) return;
    double exact = descend_slope_exact(slope, 0);
    const char *name = descend_walk_parameter_name(walk, 0);
    if (!isfinite(exact)) return;
    cli_say(cli,
            exact > 0   ? MSG_CLI_DOWNHILL_LEFT
            : exact < 0 ? MSG_CLI_DOWNHILL_RIGHT
                        : MSG_CLI_DOWNHILL_NOWHERE,
            name, NULL);
}

/* None of 360 directions may fall faster than the negative gradient; feeling for it with a small
 * step is good to about the last digits of the loss. */
static void slope_say_directions(Cli *cli, const descend_slope *slope) {
    double best, angle, straight;
    if (!descend_slope_directions(slope, &best, &angle, &straight)) return;
    bool steepest = !(best > straight + 1e-6 * fabs(straight));
    cli_say(cli, steepest ? MSG_CLI_DIRECTIONS : MSG_CLI_DIRECTIONS_WRONG,
            number_round(angle, 3).s, cli_number(best).s, cli_number(straight).s, NULL);
}

static void slope_report(Cli *cli, const Command *command, const CliInputs *inputs,
                         descend_walk *walk, descend_slope *slope, const char *verdict) {
    bool quiet = command->values[OPTION_QUIET] != NULL;
    if (!quiet) cli_line(cli, descend_walk_text(walk, "names", cli_language(cli)));
    slope_derivatives(cli, walk, slope);
    slope_table(cli, walk, slope);
    if (!quiet) {
        slope_feet(cli, walk, slope);
        slope_downhill(cli, walk, slope);
        slope_say_directions(cli, slope);
    }
    cli_line(cli, verdict);
    if (!quiet) cli_report_notes(cli, inputs, walk);
}

/* ---- JSON ----------------------------------------------------------------------------------- */

static void slope_json(Cli *cli, const CliInputs *inputs, descend_walk *walk,
                       descend_slope *slope) {
    ViewJson json = {.out = &cli->out};
    size_t n = descend_walk_parameter_count(walk);
    view_json_open(&json, NULL, '{');
    view_json_open(&json, "derivative", '{');
    for (size_t i = 0; i < n; i++)
        view_json_text(&json, descend_walk_parameter_name(walk, i),
                       descend_slope_formula(slope, i));
    view_json_close(&json, '}');
    view_json_open(&json, "exact", '{');
    for (size_t i = 0; i < n; i++)
        view_json_number(&json, descend_walk_parameter_name(walk, i),
                         descend_slope_exact(slope, i));
    view_json_close(&json, '}');
    view_json_open(&json, "probe", '{');
    for (size_t i = 0; i < n; i++)
        view_json_number(&json, descend_walk_parameter_name(walk, i),
                         descend_slope_foot(slope, i).slope);
    view_json_close(&json, '}');
    view_json_close(&json, '}');
    cli_warn_notes(cli, inputs, walk);
}

/* ---- the whole ------------------------------------------------------------------------------ */

static int slope_run(Cli *cli, const Command *command, const CliInputs *inputs) {
    const char *verdict = "";
    descend_walk *walk = cli_open_walk(cli, command, inputs, NULL);
    descend_slope *slope = walk ? descend_slope_open(walk, &cli->refusal) : NULL;
    if (!slope) {
        descend_walk_free(walk);
        return cli_refused(cli);
    }
    bool agrees = descend_slope_verdict(slope, cli_language(cli), &verdict) != 0;
    if (cli->json) slope_json(cli, inputs, walk, slope);
    else slope_report(cli, command, inputs, walk, slope, verdict);
    descend_slope_free(slope);
    descend_walk_free(walk);
    return agrees ? CLI_EXIT_DONE : CLI_EXIT_BAD_END;
}

int cli_slope(Cli *cli, const Command *command) {
    CliInputs inputs;
    int code = cli_open_inputs(cli, command, &inputs) == STATUS_OK
                   ? slope_run(cli, command, &inputs)
                   : cli_refused(cli);
    cli_close_inputs(&inputs);
    return code;
}
