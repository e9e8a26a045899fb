/* band_file: with --band, the curve of a fit and both its bands in a CSV file; numbers read back to
 * the same double, and what is not there is left empty. */
#include "cli.h"

#include <math.h>
#include <string.h>

enum { BAND_POINTS = 201, BAND_COLUMNS = 6 };

static const char *const band_names[BAND_COLUMNS] = {
    "fitted",         "standard_error", "confidence_low",
    "confidence_high", "prediction_low", "prediction_high"};

typedef struct BandTable {
    double *x, *values; /* n points of the one column, and BAND_COLUMNS times n numbers */
    size_t n;
    int column; /* -1: the rows of the table */
} BandTable;

void cli_range(const double *values, size_t n, double *low, double *high) {
    *low = HUGE_VAL;
    *high = -HUGE_VAL;
    for (size_t i = 0; i < n; i++) {
        if (values[i] < *low) *low = values[i];
        if (values[i] > *high) *high = values[i];
    }
}

void cli_spread(double low, double high, double *points, size_t n) {
    for (size_t k = 0; k < n; k++) {
        double share = (double)k / (double)(n - 1);
        points[k] = low * (1 - share) + high * share;
    }
}

static bool band_new(const descend_walk *walk, const descend_table *table, BandTable *band) {
    size_t rows = descend_table_row_count(table), room;
    double low, high;
    band->column = descend_walk_curve_column(walk);
    if (band->column < -1) return false;
    band->n = band->column < 0 ? rows : BAND_POINTS;
    if (!memory_multiply(band->n, BAND_COLUMNS + 1, &room)) return false;
    band->x = memory_new(room, sizeof *band->x);
    if (!band->x) return false;
    band->values = band->x + band->n;
    if (band->column < 0) return true;
    cli_range(descend_table_column(table, (size_t)band->column), rows, &low, &high);
    cli_spread(low, high, band->x, band->n);
    return true;
}

static Status band_fill(Cli *cli, descend_walk *walk, BandTable *band) {
    double *at = band->values;
    size_t n = band->n;
    descend_band wanted = {.fitted = at,
                           .standard_error = at + n,
                           .confidence_low = at + 2 * n,
                           .confidence_high = at + 3 * n,
                           .prediction_low = at + 4 * n,
                           .prediction_high = at + 5 * n};
    const double *x = band->column < 0 ? NULL : band->x;
    return descend_walk_band(walk, x, n, &wanted, &cli->refusal) < 0 ? STATUS_INPUT : STATUS_OK;
}

/* ---- lines ----------------------------------------------------------------------------------- */

static bool band_shows(const BandTable *band, const descend_walk *walk, size_t column) {
    return band->column < 0 ? descend_walk_uses_column(walk, column) != 0
                            : column == (size_t)band->column;
}

/* A column that is called like one of ours is prefixed. */
static void band_header_name(Text *out, const char *name) {
    bool taken = false;
    for (size_t k = 0; k < BAND_COLUMNS; k++) taken = taken || strcmp(name, band_names[k]) == 0;
    cli_beside_header(out, taken ? "column." : "", name);
    text_add_char(out, ',');
}

static void band_header(const BandTable *band, const descend_walk *walk,
                        const descend_table *table, Text *out) {
    for (size_t k = 0; k < descend_table_column_count(table); k++)
        if (band_shows(band, walk, k)) band_header_name(out, descend_table_column_name(table, k));
    for (size_t k = 0; k < BAND_COLUMNS; k++) {
        text_add(out, band_names[k]);
        text_add_char(out, k + 1 < BAND_COLUMNS ? ',' : '\n');
    }
}

static void band_cell(const descend_table *table, size_t column, size_t row, Text *out) {
    const char *word = descend_table_word(table, column, row);
    if (*word) cli_beside_header(out, "", word);
    else text_add_number(out, descend_table_column(table, column)[row]);
    text_add_char(out, ',');
}

static void band_line(const BandTable *band, const descend_walk *walk, const descend_table *table,
                      size_t row, Text *out) {
    if (band->column >= 0) {
        text_add_number(out, band->x[row]);
        text_add_char(out, ',');
    }
    for (size_t k = 0; band->column < 0 && k < descend_table_column_count(table); k++)
        if (band_shows(band, walk, k)) band_cell(table, k, row, out);
    for (size_t k = 0; k < BAND_COLUMNS; k++) {
        double value = band->values[k * band->n + row];
        if (!isnan(value)) text_add_number(out, value);
        text_add_char(out, k + 1 < BAND_COLUMNS ? ',' : '\n');
    }
}

static Status band_write_all(Cli *cli, const CliBeside *file, const BandTable *band,
                             const descend_walk *walk, const descend_table *table) {
    enum { BAND_CHUNK = 1 << 16 };
    Text text = {0};
    Status status = STATUS_OK;
    band_header(band, walk, table, &text);
    for (size_t row = 0; row < band->n && status == STATUS_OK; row++) {
        band_line(band, walk, table, row, &text);
        if (text.length >= BAND_CHUNK) status = cli_beside_write(cli, file, &text);
    }
    if (status == STATUS_OK) status = cli_beside_write(cli, file, &text);
    text_free(&text);
    return status;
}

Status cli_band_write(Cli *cli, const CliBeside *file, const CliInputs *inputs,
                      descend_walk *walk) {
    BandTable band = {0};
    if (!file) return STATUS_OK;
    Status status = band_new(walk, inputs->table, &band) ? STATUS_OK : error_memory(&cli->error);
    if (status == STATUS_OK) status = band_fill(cli, walk, &band);
    if (status == STATUS_OK) status = band_write_all(cli, file, &band, walk, inputs->table);
    memory_free(band.x);
    return status;
}
