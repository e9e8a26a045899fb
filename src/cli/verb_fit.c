/* verb_fit: estimates with their errors, and how the curve passes through the data. */
#include "cli.h"

#include <math.h>
#include <string.h>

enum { FIT_PARAMETERS = 40, FIT_CURVE = 240, FIT_PLOT_ROWS = 18, FIT_PLOT_COLUMNS = 76 };

/* ---- estimates ------------------------------------------------------------------------------ */

/* Standard errors and both ends of the intervals, n each, NaN where there are none. */
static double *fit_errors(const descend_walk *walk, size_t n) {
    static const char *const keys[] = {"standard_errors", "confidence_low", "confidence_high"};
    double *values = memory_new(3 * n + 1, sizeof *values);
    if (!values) return NULL;
    for (size_t k = 0; k < COUNT_OF(keys); k++)
        if (descend_walk_vector(walk, keys[k], values + k * n, n) < 0)
            for (size_t i = 0; i < n; i++) values[k * n + i] = NAN;
    return values;
}

static void fit_cell_or_dash(ViewTable *table, double value) {
    if (isfinite(value)) view_table_number(table, value);
    else view_table_cell(table, "-");
}

static void fit_interval_cell(ViewTable *table, double low, double high) {
    Text cell = {0};
    if (isfinite(low) && isfinite(high))
        text_format(&cell, "%s .. %s", cli_number(low).s, cli_number(high).s);
    else text_add_char(&cell, '-');
    view_table_cell(table, text_string(&cell));
    text_free(&cell);
}

static void fit_relative_cell(ViewTable *table, double error, double value) {
    double percent = 100 * fabs(error / value);
    Text cell = {0};
    if (isfinite(percent)) text_format(&cell, "%s %%", number_round(percent, 3).s);
    else text_add_char(&cell, '-');
    view_table_cell(table, text_string(&cell));
    text_free(&cell);
}

static void fit_estimates(Cli *cli, descend_walk *walk) {
    size_t n = descend_walk_parameter_count(walk);
    const double *values = descend_walk_values(walk), *starts = descend_walk_starts(walk);
    double *errors = fit_errors(walk, n);
    ViewTable table = {.failed = !errors};
    view_table_column(&table, VIEW_LEFT, cli_text(cli, MSG_CLI_COLUMN_PARAMETER));
    view_table_column(&table, VIEW_NUMBER, cli_text(cli, MSG_CLI_COLUMN_ESTIMATE));
    view_table_column(&table, VIEW_NUMBER, cli_text(cli, MSG_CLI_COLUMN_ERROR));
    view_table_column(&table, VIEW_LEFT, cli_text(cli, MSG_CLI_COLUMN_INTERVAL));
    view_table_column(&table, VIEW_NUMBER, cli_text(cli, MSG_CLI_COLUMN_RELATIVE));
    view_table_column(&table, VIEW_NUMBER, cli_text(cli, MSG_CLI_COLUMN_START));
    for (size_t i = 0; errors && i < n && i < FIT_PARAMETERS; i++) {
        view_table_cell(&table, descend_walk_parameter_name(walk, i));
        view_table_number(&table, values[i]);
        fit_cell_or_dash(&table, errors[i]);
        fit_interval_cell(&table, errors[n + i], errors[2 * n + i]);
        fit_relative_cell(&table, errors[i], values[i]);
        view_table_number(&table, starts[i]);
    }
    if (cli->out.length > 0) text_add_char(&cli->out, '\n');
    view_table_render(&table, &cli->style, &cli->out);
    view_table_free(&table);
    memory_free(errors);
    text_add_char(&cli->out, '\n');
    if (n > FIT_PARAMETERS)
        cli_say(cli, MSG_CLI_SHOWN_OF, number_integer(FIT_PARAMETERS).s,
                number_integer((long long)n).s, NULL);
}

/* Why errors are missing: one line for each reason, with the names that share it. */
static void fit_unavailable(Cli *cli, descend_walk *walk) {
    size_t n = descend_walk_parameter_count(walk);
    Text reason = {0}, next = {0}, names = {0};
    for (size_t i = 0; i < n; i++) {
        text_clear(&next);
        text_add(&next, descend_walk_unavailable(walk, i, cli_language(cli)));
        bool same = i > 0 && strcmp(text_string(&next), text_string(&reason)) == 0;
        if (!same && reason.length > 0)
            cli_say(cli, MSG_CLI_NO_ERROR, text_string(&names), text_string(&reason), NULL);
        if (!same) text_clear(&names);
        text_add(&names, names.length ? ", " : "");
        text_add(&names, descend_walk_parameter_name(walk, i));
        text_clear(&reason);
        text_add(&reason, text_string(&next));
    }
    if (reason.length > 0)
        cli_say(cli, MSG_CLI_NO_ERROR, text_string(&names), text_string(&reason), NULL);
    cli->out.failed = cli->out.failed || reason.failed || next.failed || names.failed;
    text_free(&reason);
    text_free(&next);
    text_free(&names);
}

static void fit_residuals(Cli *cli, const descend_walk *walk) {
    double rows = descend_walk_number(walk, "rows");
    double deviation = descend_walk_number(walk, "residual_standard_deviation");
    cli_say(cli, MSG_CLI_RESIDUAL_SUM,
            cli_number(descend_walk_number(walk, "residual_sum_of_squares")).s,
            number_text(rows).s, number_text(descend_walk_number(walk, "degrees_of_freedom")).s,
            NULL);
    if (isfinite(deviation)) cli_say(cli, MSG_CLI_RESIDUAL_SD, cli_number(deviation).s, NULL);
}

/* ---- the picture ---------------------------------------------------------------------------- */

/* The points of the table and what is drawn through them. */
typedef struct FitPicture {
    double *x, *y, *right; /* n_rows each */
    double *curve_x, *curve_y; /* FIT_CURVE each */
    size_t n_rows;
    int column; /* drawn along x; -1: fitted against measured */
} FitPicture;

static bool fit_fetch(Cli *cli, FitPicture *picture, descend_walk *walk,
                      const descend_table *table) {
    descend_error *error = NULL;
    double *room = picture->x;
    size_t n = picture->n_rows;
    picture->y = room + n;
    picture->right = room + 2 * n;
    picture->curve_x = room + 3 * n;
    picture->curve_y = picture->curve_x + FIT_CURVE;
    bool good = descend_walk_rows(walk, "left", picture->y, n, &error) >= 0 &&
                descend_walk_rows(walk, "right", picture->right, n, &error) >= 0;
    const double *along = picture->column < 0
                              ? picture->right
                              : descend_table_column(table, (size_t)picture->column);
    if (good) memcpy(picture->x, along, n * sizeof(double));
    if (error) cli_warn(cli, descend_error_text(error, cli_language(cli)));
    descend_error_free(error);
    return good;
}

/* The model over the range of x; the diagonal where there is no one column. */
static bool fit_curve(FitPicture *picture, descend_walk *walk) {
    double low = HUGE_VAL, high = -HUGE_VAL;
    for (size_t i = 0; i < picture->n_rows; i++) {
        if (picture->x[i] < low) low = picture->x[i];
        if (picture->x[i] > high) high = picture->x[i];
    }
    for (int k = 0; k < FIT_CURVE; k++) {
        double share = (double)k / (FIT_CURVE - 1);
        picture->curve_x[k] = picture->curve_y[k] = low * (1 - share) + high * share;
    }
    if (picture->column < 0) return true;
    return descend_walk_curve(walk, picture->curve_x, picture->curve_y, FIT_CURVE, NULL) >= 0;
}

/* The largest residual in words: what a picture shows at a glance. */
static void fit_words(Cli *cli, const FitPicture *picture) {
    size_t worst = 0;
    double most = -1;
    for (size_t i = 0; i < picture->n_rows; i++) {
        double residual = fabs(picture->y[i] - picture->right[i]);
        if (!(residual > most)) continue;
        most = residual;
        worst = i;
    }
    if (most < 0) return;
    cli_say(cli, MSG_CLI_WORST_ROW, number_integer((long long)worst + 1).s,
            cli_number(picture->y[worst]).s, cli_number(picture->right[worst]).s,
            cli_number(picture->y[worst] - picture->right[worst]).s, NULL);
}

static void fit_draw(Cli *cli, const FitPicture *picture, const descend_table *table) {
    ViewSeries series[] = {
        {.x = picture->curve_x, .y = picture->curve_y, .count = FIT_CURVE, .line = true},
        {.x = picture->x, .y = picture->y, .count = picture->n_rows}};
    bool curve = picture->column >= 0;
    ViewPlot plot = {.series = series,
                     .n_series = COUNT_OF(series),
                     .x_name = curve ? descend_table_column_name(table, (size_t)picture->column)
                                     : cli_text(cli, MSG_CLI_PLOT_FITTED),
                     .y_name = cli_text(cli, curve ? MSG_CLI_PLOT_CURVE : MSG_CLI_PLOT_DIAGONAL),
                     .columns = cli->style.columns < FIT_PLOT_COLUMNS ? cli->style.columns
                                                                      : FIT_PLOT_COLUMNS,
                     .rows = FIT_PLOT_ROWS};
    text_add_char(&cli->out, '\n');
    view_plot_render(&plot, &cli->style, &cli->out);
}

static void fit_picture(Cli *cli, const Command *command, const CliInputs *inputs,
                        descend_walk *walk) {
    const char *wish = command->values[OPTION_PLOT];
    bool never = wish && strcmp(wish, "never") == 0, always = wish && strcmp(wish, "always") == 0;
    bool words = cli->style.plain;
    FitPicture picture = {.column = descend_walk_curve_column(walk)};
    if (never || !inputs->table || (!always && !words && !cli->style.terminal)) return;
    picture.n_rows = descend_table_row_count(inputs->table);
    if (picture.n_rows == 0 || picture.n_rows > SIZE_MAX / 64) return;
    picture.x = memory_new(3 * picture.n_rows + 2 * FIT_CURVE, sizeof *picture.x);
    if (!picture.x) {
        cli->out.failed = true;
        return;
    }
    bool good = fit_fetch(cli, &picture, walk, inputs->table);
    if (good && words) fit_words(cli, &picture);
    else if (good && fit_curve(&picture, walk)) fit_draw(cli, &picture, inputs->table);
    memory_free(picture.x);
}

/* ---- the report ----------------------------------------------------------------------------- */

static void fit_report(Cli *cli, const Command *command, const CliInputs *inputs,
                       const CliRounds *rounds, descend_walk *walk) {
    bool quiet = command->values[OPTION_QUIET] != NULL;
    bool walked = command->n_rates || command->values[OPTION_OPTIMIZER];
    if (!quiet) cli_report_opening(cli, walk);
    if (!quiet && walked) {
        cli_rounds_print(cli, rounds, walk);
        cli_line(cli, descend_walk_text(walk, "story", cli_language(cli)));
    }
    fit_estimates(cli, walk);
    fit_residuals(cli, walk);
    fit_unavailable(cli, walk);
    if (command->values[OPTION_RESTARTS]) cli_report_valleys(cli, walk);
    cli_report_end(cli, command, inputs, walk);
    if (!quiet) fit_picture(cli, command, inputs, walk);
}

static void fit_json(Cli *cli, const Command *command, const CliInputs *inputs,
                     descend_walk *walk) {
    ViewJson json = {.out = &cli->out};
    view_json_open(&json, NULL, '{');
    cli_json_walk(cli, &json, command, inputs, walk);
    view_json_close(&json, '}');
}

static int fit_walk(Cli *cli, const Command *command, const CliInputs *inputs, descend_walk *walk) {
    CliRounds *rounds = cli_walk_to_end(cli, command, walk);
    int code = rounds ? cli_exit_code(command, walk) : cli_refused(cli);
    if (rounds && cli->json) fit_json(cli, command, inputs, walk);
    else if (rounds) fit_report(cli, command, inputs, rounds, walk);
    cli_rounds_free(rounds);
    return code;
}

int cli_fit_inputs(Cli *cli, const Command *command, const CliInputs *inputs) {
    if (!descend_model_is_fit(inputs->model)) {
        error_set(&cli->error, STATUS_INPUT, MSG_CLI_FIT_NEEDS_TILDE, NULL);
        error_remedy(&cli->error, MSG_CLI_REMEDY_TILDE, NULL);
        return cli_refused(cli);
    }
    if (!inputs->table && !descend_model_argument(inputs->model, 0)) {
        error_set(&cli->error, STATUS_INPUT, MSG_CLI_FIT_NEEDS_DATA, NULL);
        error_remedy(&cli->error, MSG_CLI_REMEDY_GIVE_DATA, NULL);
        return cli_refused(cli);
    }
    if (command->n_rates > 1) return cli_compare(cli, command, inputs);
    const char *rate = command->n_rates ? command->rates[0] : NULL;
    descend_walk *walk = cli_open_walk(cli, command, inputs, rate);
    int code = walk ? fit_walk(cli, command, inputs, walk) : cli_refused(cli);
    descend_walk_free(walk);
    return code;
}

int cli_fit(Cli *cli, const Command *command) {
    CliInputs inputs;
    int code;
    if (cli_open_inputs(cli, command, &inputs) == STATUS_OK)
        code = cli_fit_inputs(cli, command, &inputs);
    else
        code = cli_refused(cli);
    cli_close_inputs(&inputs);
    return code;
}
