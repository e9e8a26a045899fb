/* view_plot: points and curves in a terminal, by braille dots (2 x 4 in a cell) or plain ASCII.
 *
 * Braille has a fixed width of one column in all terminals; box-drawing signs have not, so the axes
 * are ASCII in both forms. */
#include "view.h"

#include <math.h>
#include <string.h>

enum {
    PLOT_MANY = 60,  /* more marks than this are dots, not letters */
    PLOT_SAMPLE = 4, /* cells */
    PLOT_DOTS = 2, PLOT_CELL = 4 /* of a cell, across and down */
};

/* Every so many dots along a line one is drawn. Without braille a cell is one sign. */
static const struct {
    int period;
    char sign;
} plot_styles[VIEW_LINES] = {
    [VIEW_LINE] = {1, '.'}, [VIEW_DOTTED] = {3, ':'}, [VIEW_SPARSE] = {6, '\''}};

typedef struct PlotRange {
    double low, high;
} PlotRange;

/* One cell of the drawing: dots, or a mark that stands over them. */
typedef struct PlotCell {
    unsigned char dots;
    char sign; /* of the first line through it */
    bool mark;
} PlotCell;

typedef struct PlotCanvas {
    int columns, rows; /* in cells */
    PlotRange x, y;
    PlotCell *cells;
} PlotCanvas;

/* ---- ranges --------------------------------------------------------------------------------- */

static void plot_widen(PlotRange *range, double value) {
    if (value < range->low) range->low = value;
    if (value > range->high) range->high = value;
}

static bool plot_ranges(const ViewPlot *plot, PlotRange *x, PlotRange *y) {
    *x = *y = (PlotRange){HUGE_VAL, -HUGE_VAL};
    for (size_t s = 0; s < plot->n_series; s++)
        for (size_t i = 0; i < plot->series[s].count; i++) {
            const ViewSeries *series = &plot->series[s];
            if (!isfinite(series->x[i]) || !isfinite(series->y[i])) continue;
            plot_widen(x, series->x[i]);
            plot_widen(y, series->y[i]);
        }
    return x->low <= x->high;
}

/* A range without extent is given one, so that its one value lies in the middle. */
static void plot_open_up(PlotRange *range) {
    double half = range->high / 2 - range->low / 2;
    if (half > 0) return;
    double room = range->low != 0 ? fabs(range->low) / 2 : 1;
    range->low -= room;
    range->high += room;
}

/* Where a value lies in the range: 0 to 1, without overflow for the widest ranges. */
static double plot_share(const PlotRange *range, double value) {
    return (value / 2 - range->low / 2) / (range->high / 2 - range->low / 2);
}

/* ---- dots ----------------------------------------------------------------------------------- */

static PlotCell *plot_cell(const PlotCanvas *canvas, int column, int row) {
    return &canvas->cells[(size_t)row * (size_t)canvas->columns + (size_t)column];
}

static unsigned char plot_bit(int x, int y) {
    static const unsigned char bits[PLOT_CELL][PLOT_DOTS] = {{1, 8}, {2, 16}, {4, 32}, {64, 128}};
    return bits[y % PLOT_CELL][x % PLOT_DOTS];
}

/* Dots are counted from the left and from the top. */
static void plot_dot(const PlotCanvas *canvas, int x, int y, ViewLine line) {
    if (x < 0 || y < 0 || x >= canvas->columns * PLOT_DOTS || y >= canvas->rows * PLOT_CELL) return;
    PlotCell *cell = plot_cell(canvas, x / PLOT_DOTS, y / PLOT_CELL);
    cell->dots = (unsigned char)(cell->dots | plot_bit(x, y));
    if (!cell->sign) cell->sign = line == VIEW_MARKS ? '.' : plot_styles[line].sign;
}

static int plot_x(const PlotCanvas *canvas, double x) {
    return (int)floor(plot_share(&canvas->x, x) * (canvas->columns * PLOT_DOTS - 1) + 0.5);
}

static int plot_y(const PlotCanvas *canvas, double y) {
    return (int)floor((1 - plot_share(&canvas->y, y)) * (canvas->rows * PLOT_CELL - 1) + 0.5);
}

static int plot_distance(int a, int b) { return a < b ? b - a : a - b; }

/* A pen that lifts between dots; 'way' counts them along the whole curve. */
typedef struct PlotPen {
    ViewLine line;
    int x, y, way;
    bool down;
} PlotPen;

static void plot_draw_to(const PlotCanvas *canvas, PlotPen *pen, int x, int y) {
    if (!pen->down) *pen = (PlotPen){.line = pen->line, .x = x, .y = y, .down = true};
    int dx = plot_distance(pen->x, x), dy = plot_distance(pen->y, y);
    int steps = dx > dy ? dx : dy;
    for (int k = 0; k <= steps; k++) {
        double share = steps ? (double)k / steps : 0;
        if ((pen->way + k) % plot_styles[pen->line].period) continue;
        plot_dot(canvas, (int)floor(pen->x + (x - pen->x) * share + 0.5),
                 (int)floor(pen->y + (y - pen->y) * share + 0.5), pen->line);
    }
    pen->x = x;
    pen->y = y;
    pen->way += steps;
}

static void plot_curve(const PlotCanvas *canvas, const ViewSeries *series) {
    PlotPen pen = {.line = series->line};
    for (size_t i = 0; i < series->count; i++) {
        bool finite = isfinite(series->x[i]) && isfinite(series->y[i]);
        if (finite)
            plot_draw_to(canvas, &pen, plot_x(canvas, series->x[i]), plot_y(canvas, series->y[i]));
        else pen.down = false;
    }
}

static void plot_marks(const PlotCanvas *canvas, const ViewSeries *series) {
    for (size_t i = 0; i < series->count; i++) {
        if (!isfinite(series->x[i]) || !isfinite(series->y[i])) continue;
        int x = plot_x(canvas, series->x[i]), y = plot_y(canvas, series->y[i]);
        if (series->count > PLOT_MANY) plot_dot(canvas, x, y, VIEW_MARKS);
        else plot_cell(canvas, x / PLOT_DOTS, y / PLOT_CELL)->mark = true;
    }
}

/* ---- the sheet ------------------------------------------------------------------------------ */

static void plot_add_cell(const PlotCell *cell, bool unicode, Text *out) {
    char code[4];
    if (cell->mark) text_add_char(out, 'o');
    else if (!cell->dots) text_add_char(out, ' ');
    else if (!unicode) text_add_char(out, cell->sign);
    else text_add_bytes(out, code, (size_t)unicode_encode(0x2800u + cell->dots, code));
}

NumberText view_plot_sample(ViewLine line, const ViewStyle *style) {
    enum { PLOT_LOW = 2 }; /* the row of dots that it is drawn in */
    PlotCell cells[PLOT_SAMPLE] = {{0}};
    PlotCanvas canvas = {.columns = PLOT_SAMPLE, .rows = 1, .cells = cells};
    NumberText sample = {{0}};
    Text text = {0};
    PlotPen pen = {.line = line};
    plot_draw_to(&canvas, &pen, 0, PLOT_LOW);
    plot_draw_to(&canvas, &pen, PLOT_SAMPLE * PLOT_DOTS - 1, PLOT_LOW);
    for (int k = 0; k < PLOT_SAMPLE; k++) plot_add_cell(&cells[k], style->unicode, &text);
    while (text.length > 0 && text.data[text.length - 1] == ' ') text.data[--text.length] = '\0';
    if (!text.failed) memcpy(sample.s, text_string(&text), text.length);
    text_free(&text);
    return sample;
}

static void plot_label(Text *out, const char *label, int width) {
    int room = width - unicode_columns(label, strlen(label));
    text_add_repeat(out, ' ', room > 0 ? (size_t)room : 0);
    text_add(out, label);
}

static void plot_rows(const PlotCanvas *canvas, bool unicode, int margin, Text *out) {
    for (int row = 0; row < canvas->rows; row++) {
        bool top = row == 0, bottom = row == canvas->rows - 1;
        int end = canvas->columns;
        plot_label(out, top      ? number_round(canvas->y.high, 4).s
                        : bottom ? number_round(canvas->y.low, 4).s
                                 : "",
                   margin);
        text_add(out, " |");
        while (end > 0) {
            const PlotCell *cell = plot_cell(canvas, end - 1, row);
            if (cell->dots || cell->mark) break;
            end--;
        }
        for (int k = 0; k < end; k++) plot_add_cell(plot_cell(canvas, k, row), unicode, out);
        text_add_char(out, '\n');
    }
}

static void plot_x_axis(const PlotCanvas *canvas, const char *name, int margin, Text *out) {
    NumberText low = number_round(canvas->x.low, 4), high = number_round(canvas->x.high, 4);
    int used = (int)strlen(low.s) + (int)strlen(high.s) + unicode_columns(name, strlen(name));
    int room = canvas->columns - used;
    int before = room > 1 ? room / 2 : 1;
    text_add_repeat(out, ' ', (size_t)margin + 1);
    text_add_char(out, '+');
    text_add_repeat(out, '-', (size_t)canvas->columns);
    text_add_char(out, '\n');
    text_add_repeat(out, ' ', (size_t)margin + 2);
    text_add(out, low.s);
    text_add_repeat(out, ' ', (size_t)before);
    text_add(out, name);
    text_add_repeat(out, ' ', room - before > 1 ? (size_t)(room - before) : 1);
    text_add(out, high.s);
    text_add_char(out, '\n');
}

static int plot_margin(const PlotCanvas *canvas) {
    int low = (int)strlen(number_round(canvas->y.low, 4).s);
    int high = (int)strlen(number_round(canvas->y.high, 4).s);
    return low > high ? low : high;
}

void view_plot_render(const ViewPlot *plot, const ViewStyle *style, Text *out) {
    PlotCanvas canvas = {0};
    if (!plot_ranges(plot, &canvas.x, &canvas.y)) return;
    plot_open_up(&canvas.x);
    plot_open_up(&canvas.y);
    int margin = plot_margin(&canvas);
    canvas.columns = (plot->columns > 20 + margin ? plot->columns : 20 + margin) - margin - 2;
    canvas.rows = plot->rows > 6 ? plot->rows - 3 : 3;
    canvas.cells = memory_new((size_t)canvas.columns * (size_t)canvas.rows, sizeof *canvas.cells);
    if (!canvas.cells) {
        out->failed = true;
        return;
    }
    for (size_t s = 0; s < plot->n_series; s++)
        if (plot->series[s].line) plot_curve(&canvas, &plot->series[s]);
        else plot_marks(&canvas, &plot->series[s]);
    text_add_repeat(out, ' ', (size_t)margin + 1);
    text_add(out, plot->y_name);
    text_add_char(out, '\n');
    plot_rows(&canvas, style->unicode, margin, out);
    plot_x_axis(&canvas, plot->x_name, margin, out);
    memory_free(canvas.cells);
}
