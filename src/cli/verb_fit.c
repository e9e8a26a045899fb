/* verb_fit: estimates with their errors, and how the curve passes through the data. */
#include "cli.h"

#include <math.h>
#include <string.h>

enum { FIT_CURVE = 240, FIT_PLOT_ROWS = 18, FIT_PLOT_COLUMNS = 76 };

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
    cli_fit_estimates(cli, walk);
    cli_fit_derived(cli, walk);
    cli_fit_residuals(cli, walk);
    cli_fit_scatter(cli, walk);
    cli_fit_unavailable(cli, walk);
    if (!quiet) cli_fit_quality(cli, inputs, walk);
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
    bool good = rounds && cli_walk_intervals(cli, command, walk) == STATUS_OK;
    int code = good ? cli_exit_code(command, walk) : cli_refused(cli);
    if (good && cli_was_interrupted()) code = CLI_EXIT_INTERRUPTED;
    if (good && cli->json) fit_json(cli, command, inputs, walk);
    else if (good) fit_report(cli, command, inputs, rounds, walk);
    cli_rounds_free(rounds);
    return code;
}

int cli_fit_inputs(Cli *cli, const Command *command, const CliInputs *inputs) {
    if (!descend_model_is_fit(inputs->model)) {
        error_set(&cli->error, STATUS_INPUT, MSG_CLI_FIT_NEEDS_TILDE, NULL);
        error_remedy(&cli->error, MSG_CLI_REMEDY_TILDE, NULL);
        return cli_refused(cli);
    }
    if (!inputs->table) {
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
