/* view: what people and programs read - tables, small pictures in the terminal, JSON.
 *
 * Everything is written into a Text; nothing here prints. Includes only base (and, in cli,
 * descend.h): the proof that the public library is enough. When memory ends the Text's 'failed' is
 * set.
 */
#ifndef DESCEND_VIEW_H
#define DESCEND_VIEW_H

#include "../base/base.h"

/* How the reader can read. */
typedef struct ViewStyle {
    Language language;
    bool terminal;     /* somebody is watching: fit to the screen */
    bool plain;        /* words only: no table, no drawing */
    bool unicode;      /* more than ASCII can be shown */
    int columns, rows; /* of the screen, or a fixed sheet */
} ViewStyle;

/* ---- view_table.c: columns aligned by display width ----------------------------------------- */

typedef enum ViewAlign {
    VIEW_LEFT,
    VIEW_NUMBER /* to the right, decimal points below each other */
} ViewAlign;

typedef struct ViewTable {
    Arena arena; /* owns all texts */
    const char **headers, **cells;
    ViewAlign *align;
    size_t n_columns, n_cells, header_capacity, align_capacity, cell_capacity;
    bool failed;
} ViewTable; /* {0} is an empty table */

/* All columns first, then the cells, row by row. Texts are copied. */
void view_table_column(ViewTable *table, ViewAlign align, const char *header);
void view_table_cell(ViewTable *table, const char *text);
void view_table_number(ViewTable *table, double value); /* for people: 7 digits */
/* A row that says that rows were left out. */
void view_table_gap(ViewTable *table);
/* With style->plain a sentence for each row: 'round 1: slope 20, lands at 8'. */
void view_table_render(ViewTable *table, const ViewStyle *style, Text *out);
void view_table_free(ViewTable *table);

/* ---- view_plot.c: points and curves --------------------------------------------------------- */

/* How neighbours are joined. */
typedef enum ViewLine {
    VIEW_MARKS, /* not at all: each is a mark of its own */
    VIEW_LINE,
    VIEW_DOTTED,
    VIEW_SPARSE, /* dots farther apart */
    VIEW_LINES
} ViewLine;

typedef struct ViewSeries {
    const double *x, *y;
    size_t count;
    ViewLine line;
} ViewSeries;

typedef struct ViewPlot {
    const char *x_name, *y_name;
    const ViewSeries *series;
    size_t n_series;
    int columns, rows; /* of the whole drawing; at least 20 x 6 is used */
} ViewPlot;

/* Braille dots where the style has Unicode, else ASCII. Values that are not finite are left out. */
void view_plot_render(const ViewPlot *plot, const ViewStyle *style, Text *out);
/* What a line looks like, for the words of 'y_name'. */
NumberText view_plot_sample(ViewLine line, const ViewStyle *style);

/* ---- view_json.c: one value, in order ------------------------------------------------------- */

typedef struct ViewJson {
    Text *out;
    int depth;
    bool started; /* the innermost object or array has a member already */
} ViewJson;

/* 'key' is NULL inside an array and for the outermost value. Only the outermost object is broken
 * into lines. */
void view_json_open(ViewJson *json, const char *key, char bracket);
void view_json_close(ViewJson *json, char bracket);
void view_json_number(ViewJson *json, const char *key, double value); /* not finite: null */
void view_json_integer(ViewJson *json, const char *key, long long value);
void view_json_text(ViewJson *json, const char *key, const char *value); /* NULL: null */

#endif
