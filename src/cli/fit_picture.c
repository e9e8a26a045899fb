/* fit_picture: the data, the curve of a fit and both its bands in the terminal; or in words. */
#include "cli.h"

#include <math.h>
#include <string.h>

enum {
    PICTURE_POINTS = 240,
    PICTURE_ROWS = 18,
    PICTURE_COLUMNS = 76,
    PICTURE_DOTS = 60 /* about as many dots as a picture is high */
};

/* What is drawn along the curve, PICTURE_POINTS each. */
typedef enum PictureCurve {
    PICTURE_X,
    PICTURE_FITTED,
    PICTURE_CONFIDENCE_LOW,
    PICTURE_CONFIDENCE_HIGH,
    PICTURE_PREDICTION_LOW,
    PICTURE_PREDICTION_HIGH,
    PICTURE_CURVES
} PictureCurve;

typedef struct FitPicture {
    double *x, *y, *right; /* n_rows each */
    double *curves[PICTURE_CURVES];
    size_t n_rows;
    int column; /* drawn along x; -1: fitted against measured */
    bool confidence, prediction; /* wide enough to be seen */
} FitPicture;

static bool picture_new(FitPicture *picture) {
    size_t n = picture->n_rows;
    if (n == 0 || n > SIZE_MAX / 64 || picture->column < -1) return false;
    picture->x = memory_new(3 * n + PICTURE_CURVES * PICTURE_POINTS, sizeof *picture->x);
    if (!picture->x) return false;
    picture->y = picture->x + n;
    picture->right = picture->x + 2 * n;
    for (size_t k = 0; k < PICTURE_CURVES; k++)
        picture->curves[k] = picture->x + 3 * n + k * PICTURE_POINTS;
    return true;
}

static bool picture_fetch(Cli *cli, FitPicture *picture, descend_walk *walk,
                          const descend_table *table) {
    descend_error *error = NULL;
    size_t n = picture->n_rows;
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

/* ---- in words -------------------------------------------------------------------------------- */

/* The largest residual: what a picture shows at a glance. */
static void picture_say_worst(Cli *cli, const FitPicture *picture) {
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

/* How wide the bands are at both ends and in the middle. */
static void picture_say_bands(Cli *cli, const FitPicture *picture, descend_walk *walk,
                              const char *name) {
    enum { PICTURE_PLACES = 3 };
    double low, high, x[PICTURE_PLACES], fitted[PICTURE_PLACES], curve[PICTURE_PLACES],
        point[PICTURE_PLACES];
    descend_band band = {.fitted = fitted, .confidence_high = curve, .prediction_high = point};
    cli_range(picture->x, picture->n_rows, &low, &high);
    cli_spread(low, high, x, PICTURE_PLACES);
    if (picture->column < 0 || descend_walk_band(walk, x, PICTURE_PLACES, &band, NULL) < 0) return;
    for (int k = 0; k < PICTURE_PLACES; k++) {
        if (!isfinite(curve[k])) continue;
        cli_say(cli, MSG_CLI_BAND_AT, name, cli_number(x[k]).s, cli_number(fitted[k]).s,
                number_round(curve[k] - fitted[k], 3).s, number_round(point[k] - fitted[k], 3).s,
                NULL);
    }
}

/* ---- as a drawing ---------------------------------------------------------------------------- */

static bool picture_curve(FitPicture *picture, descend_walk *walk) {
    double **curves = picture->curves, low, high;
    descend_band band = {.fitted = curves[PICTURE_FITTED],
                         .confidence_low = curves[PICTURE_CONFIDENCE_LOW],
                         .confidence_high = curves[PICTURE_CONFIDENCE_HIGH],
                         .prediction_low = curves[PICTURE_PREDICTION_LOW],
                         .prediction_high = curves[PICTURE_PREDICTION_HIGH]};
    cli_range(picture->x, picture->n_rows, &low, &high);
    cli_spread(low, high, curves[PICTURE_X], PICTURE_POINTS);
    if (picture->column >= 0)
        return descend_walk_band(walk, curves[PICTURE_X], PICTURE_POINTS, &band, NULL) >= 0 ||
               descend_walk_curve(walk, curves[PICTURE_X], curves[PICTURE_FITTED], PICTURE_POINTS,
                                  NULL) >= 0;
    /* The diagonal, where measured and fitted are equal. */
    memcpy(curves[PICTURE_FITTED], curves[PICTURE_X], PICTURE_POINTS * sizeof(double));
    return true;
}

static double picture_wider(double a, double b) { return a > b ? a : b; }

/* A band stays within reach of the data, or it would flatten the picture; one that is nowhere
 * farther from the curve than a dot is left out. */
static bool picture_trim(FitPicture *picture, PictureCurve first, double low, double high) {
    const double *fitted = picture->curves[PICTURE_FITTED];
    double widest = 0, span = high - low;
    for (int k = 0; k < PICTURE_POINTS; k++) {
        for (int side = 0; side < 2; side++) {
            double *value = &picture->curves[(int)first + side][k];
            if (*value < low - span || *value > high + span) *value = NAN;
            if (isfinite(*value)) widest = picture_wider(widest, fabs(*value - fitted[k]));
        }
    }
    return widest * PICTURE_DOTS > span;
}

static void picture_trim_both(FitPicture *picture) {
    double low, high, curve_low, curve_high;
    if (picture->column < 0) return;
    cli_range(picture->y, picture->n_rows, &low, &high);
    cli_range(picture->curves[PICTURE_FITTED], PICTURE_POINTS, &curve_low, &curve_high);
    low = -picture_wider(-low, -curve_low);
    high = picture_wider(high, curve_high);
    picture->confidence = picture_trim(picture, PICTURE_CONFIDENCE_LOW, low, high);
    picture->prediction = picture_trim(picture, PICTURE_PREDICTION_LOW, low, high);
}

static void picture_key(Cli *cli, const FitPicture *picture, bool band, Text *key) {
    NumberText line = view_plot_sample(VIEW_LINE, &cli->style);
    NumberText dotted = view_plot_sample(VIEW_DOTTED, &cli->style);
    NumberText sparse = view_plot_sample(VIEW_SPARSE, &cli->style);
    MessageId id = picture->column < 0    ? MSG_CLI_PLOT_DIAGONAL
                   : !band                ? MSG_CLI_PLOT_CURVE
                   : picture->confidence  ? MSG_CLI_PLOT_BANDS
                   : picture->prediction  ? MSG_CLI_PLOT_PREDICTION
                                          : MSG_CLI_PLOT_NARROW;
    Message message = message_make(id, line.s, sparse.s, dotted.s, NULL);
    message_render(&message, cli->style.language, key);
}

static size_t picture_series(const FitPicture *picture, ViewSeries *series) {
    static const struct {
        PictureCurve curve;
        ViewLine line;
    } lines[] = {{PICTURE_FITTED, VIEW_LINE},
                 {PICTURE_CONFIDENCE_LOW, VIEW_DOTTED},
                 {PICTURE_CONFIDENCE_HIGH, VIEW_DOTTED},
                 {PICTURE_PREDICTION_LOW, VIEW_SPARSE},
                 {PICTURE_PREDICTION_HIGH, VIEW_SPARSE}};
    size_t count = 0;
    for (size_t k = 0; k < COUNT_OF(lines); k++) {
        bool wide = lines[k].line == VIEW_LINE     ? true
                    : lines[k].line == VIEW_DOTTED ? picture->confidence
                                                   : picture->prediction;
        if (wide)
            series[count++] = (ViewSeries){.x = picture->curves[PICTURE_X],
                                           .y = picture->curves[lines[k].curve],
                                           .count = PICTURE_POINTS,
                                           .line = lines[k].line};
    }
    series[count++] =
        (ViewSeries){.x = picture->x, .y = picture->y, .count = picture->n_rows};
    return count;
}

static void picture_draw(Cli *cli, const FitPicture *picture, const descend_table *table,
                         bool band) {
    ViewSeries series[PICTURE_CURVES];
    Text key = {0};
    picture_key(cli, picture, band, &key);
    ViewPlot plot = {.series = series,
                     .n_series = picture_series(picture, series),
                     .x_name = picture->column < 0
                                   ? cli_text(cli, MSG_CLI_PLOT_FITTED)
                                   : descend_table_column_name(table, (size_t)picture->column),
                     .y_name = text_string(&key),
                     .columns = cli->style.columns < PICTURE_COLUMNS ? cli->style.columns
                                                                     : PICTURE_COLUMNS,
                     .rows = PICTURE_ROWS};
    text_add_char(&cli->out, '\n');
    view_plot_render(&plot, &cli->style, &cli->out);
    cli->out.failed = cli->out.failed || key.failed;
    text_free(&key);
}

void cli_fit_picture(Cli *cli, const Command *command, const CliInputs *inputs,
                     descend_walk *walk) {
    const char *wish = command->values[OPTION_PLOT];
    const descend_table *table = inputs->table;
    bool never = wish && strcmp(wish, "never") == 0, always = wish && strcmp(wish, "always") == 0;
    bool words = cli->style.plain, band = !descend_walk_band_unavailable(walk, NULL)[0];
    FitPicture picture = {.column = descend_walk_curve_column(walk),
                          .n_rows = descend_table_row_count(table)};
    if (never || !table || (!always && !words && !cli->style.terminal)) return;
    if (!picture_new(&picture)) {
        cli->out.failed = cli->out.failed || picture.n_rows > 0;
        return;
    }
    bool good = picture_fetch(cli, &picture, walk, table);
    if (good && words) {
        picture_say_worst(cli, &picture);
        if (picture.column >= 0)
            picture_say_bands(cli, &picture, walk,
                              descend_table_column_name(table, (size_t)picture.column));
    } else if (good && picture_curve(&picture, walk)) {
        picture_trim_both(&picture);
        picture_draw(cli, &picture, table, band);
    }
    memory_free(picture.x);
}
