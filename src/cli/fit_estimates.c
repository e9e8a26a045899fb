/* fit_estimates: the table of estimates with their errors, as wide as the screen allows. */
#include "cli.h"

#include <math.h>
#include <string.h>

enum {
    ESTIMATES_SHOWN = 40,
    ESTIMATES_LEAST_DIGITS = 3,
    ESTIMATES_MOST_DIGITS = 15,
    ESTIMATES_OPEN_DIGITS = 7 /* of an interval without one of its ends */
};

/* Columns that may be left out, and the ways to do it, the widest first. */
enum { ESTIMATES_T = 1, ESTIMATES_RELATIVE = 2, ESTIMATES_START = 4 };
static const unsigned estimates_ways[] = {ESTIMATES_T | ESTIMATES_RELATIVE | ESTIMATES_START,
                                          ESTIMATES_T | ESTIMATES_RELATIVE, ESTIMATES_T, 0};

typedef struct Estimates {
    size_t n;
    const double *values, *starts;
    double *errors, *low, *high, *t, *p; /* n each; NaN where there are none */
    bool tested; /* some have a t value */
} Estimates;

static bool estimates_fetch(Estimates *estimates, descend_walk *walk) {
    static const char *const keys[] = {"standard_errors", "confidence_low", "confidence_high",
                                       "t_values", "p_values"};
    size_t n = descend_walk_parameter_count(walk);
    double **vectors[] = {&estimates->errors, &estimates->low, &estimates->high, &estimates->t,
                          &estimates->p};
    double *room = memory_new(COUNT_OF(keys) * n + 1, sizeof *room);
    *estimates = (Estimates){.n = n,
                             .values = descend_walk_values(walk),
                             .starts = descend_walk_starts(walk)};
    for (size_t k = 0; room && k < COUNT_OF(keys); k++) {
        *vectors[k] = room + k * n;
        if (descend_walk_vector(walk, keys[k], room + k * n, n) >= 0) continue;
        for (size_t i = 0; i < n; i++) room[k * n + i] = NAN;
    }
    for (size_t i = 0; room && i < n; i++)
        estimates->tested = estimates->tested || isfinite(estimates->t[i]);
    return room != NULL;
}

static void estimates_cell(ViewTable *table, double value, int digits, const char *behind) {
    Text cell = {0};
    text_add(&cell, isfinite(value) ? number_round(value, digits).s : "-");
    if (isfinite(value)) text_add(&cell, behind);
    view_table_cell(table, text_string(&cell));
    text_free(&cell);
}

/* As many digits as tell both ends apart. */
static void estimates_interval(ViewTable *table, double low, double high) {
    Text cell = {0};
    bool open = isinf(low) || isinf(high);
    double parts = open ? NAN : fmax(fabs(low), fabs(high)) / (high - low);
    int digits = ESTIMATES_LEAST_DIGITS;
    for (; parts > 0.5 && digits < ESTIMATES_MOST_DIGITS; parts /= 10) digits++;
    if (isnan(parts)) digits = ESTIMATES_OPEN_DIGITS;
    if (!isnan(low) && !isnan(high)) /* an infinite end is open */
        text_format(&cell, "%s .. %s", number_round(low, digits).s, number_round(high, digits).s);
    else
        text_add_char(&cell, '-');
    view_table_cell(table, text_string(&cell));
    text_free(&cell);
}

static void estimates_header(Cli *cli, bool tested, MessageId heading, unsigned way,
                             ViewTable *table) {
    view_table_column(table, VIEW_LEFT, cli_text(cli, MSG_CLI_COLUMN_PARAMETER));
    view_table_column(table, VIEW_NUMBER, cli_text(cli, MSG_CLI_COLUMN_ESTIMATE));
    view_table_column(table, VIEW_NUMBER, cli_text(cli, MSG_CLI_COLUMN_ERROR));
    if (tested && way & ESTIMATES_T)
        view_table_column(table, VIEW_NUMBER, cli_text(cli, MSG_CLI_COLUMN_T));
    if (tested) view_table_column(table, VIEW_NUMBER, cli_text(cli, MSG_CLI_COLUMN_P));
    view_table_column(table, VIEW_LEFT, cli_text(cli, heading));
    if (way & ESTIMATES_RELATIVE)
        view_table_column(table, VIEW_NUMBER, cli_text(cli, MSG_CLI_COLUMN_RELATIVE));
    if (way & ESTIMATES_START)
        view_table_column(table, VIEW_NUMBER, cli_text(cli, MSG_CLI_COLUMN_START));
}

static void estimates_row(const Estimates *e, descend_walk *walk, size_t i, unsigned way,
                          ViewTable *table) {
    view_table_cell(table, descend_walk_parameter_name(walk, i));
    view_table_number(table, e->values[i]);
    estimates_cell(table, e->errors[i], 7, "");
    if (e->tested && way & ESTIMATES_T) estimates_cell(table, e->t[i], 4, "");
    if (e->tested) view_table_cell(table, isfinite(e->p[i]) ? cli_probability(e->p[i]).s : "-");
    estimates_interval(table, e->low[i], e->high[i]);
    if (way & ESTIMATES_RELATIVE)
        estimates_cell(table, 100 * fabs(e->errors[i] / e->values[i]), 3, " %");
    if (way & ESTIMATES_START) view_table_number(table, e->starts[i]);
}

static void estimates_render(Cli *cli, const Estimates *estimates, descend_walk *walk,
                             unsigned way, Text *out) {
    ViewTable table = {0};
    estimates_header(cli, estimates->tested, cli_interval_heading(walk), way, &table);
    for (size_t i = 0; i < estimates->n && i < ESTIMATES_SHOWN; i++)
        estimates_row(estimates, walk, i, way, &table);
    view_table_render(&table, &cli->style, out);
    view_table_free(&table);
}

/* Columns of the longest line. */
static int estimates_width(const Text *text) {
    int widest = 0;
    const char *line = text_string(text);
    while (*line) {
        size_t length = strcspn(line, "\n");
        int columns = unicode_columns(line, length);
        if (columns > widest) widest = columns;
        line += length + (line[length] != 0);
    }
    return widest;
}

static void estimates_starts(Cli *cli, const Estimates *estimates, descend_walk *walk) {
    text_add(&cli->out, cli_text(cli, MSG_CLI_COLUMN_START));
    text_add(&cli->out, cli_text(cli, MSG_VIEW_COLON));
    for (size_t i = 0; i < estimates->n && i < ESTIMATES_SHOWN; i++) {
        if (i) text_add(&cli->out, cli_text(cli, MSG_VIEW_COMMA));
        text_format(&cli->out, "%s = %s", descend_walk_parameter_name(walk, i),
                    cli_number(estimates->starts[i]).s);
    }
    text_add_char(&cli->out, '\n');
}

/* What was solved for directly started nowhere. */
static bool estimates_have_starts(const Estimates *estimates) {
    for (size_t i = 0; i < estimates->n; i++)
        if (estimates->starts[i] != estimates->values[i]) return true;
    return false;
}

static void estimates_fit_screen(Cli *cli, const Estimates *estimates, descend_walk *walk) {
    Text table = {0};
    unsigned way = 0;
    bool starts = estimates_have_starts(estimates);
    for (size_t k = starts ? 0 : 1; k < COUNT_OF(estimates_ways); k++) {
        way = estimates_ways[k];
        text_clear(&table);
        estimates_render(cli, estimates, walk, way, &table);
        if (cli->style.plain || estimates_width(&table) <= cli->style.columns) break;
    }
    text_add(&cli->out, text_string(&table));
    if (starts && !(way & ESTIMATES_START)) estimates_starts(cli, estimates, walk);
    cli->out.failed = cli->out.failed || table.failed;
    text_free(&table);
}

void cli_fit_estimates(Cli *cli, descend_walk *walk) {
    Estimates estimates;
    if (!estimates_fetch(&estimates, walk)) {
        cli->out.failed = true;
        return;
    }
    if (cli->out.length > 0) text_add_char(&cli->out, '\n');
    estimates_fit_screen(cli, &estimates, walk);
    memory_free(estimates.errors);
    text_add_char(&cli->out, '\n');
    if (estimates.n > ESTIMATES_SHOWN)
        cli_say(cli, MSG_CLI_SHOWN_OF, number_integer(ESTIMATES_SHOWN).s,
                number_integer((long long)estimates.n).s, NULL);
}

/* Why errors are missing: one line for each reason, with the names that share it. */
void cli_fit_unavailable(Cli *cli, descend_walk *walk) {
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
