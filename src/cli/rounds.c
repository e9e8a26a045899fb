/* rounds: the walk as the table of the chapter - where he stands, the slope, the step, where he
 * lands.
 *
 * Only what will be shown is kept: the first rounds, and a ring of the last ones. */
#include "cli.h"

#include <math.h>
#include <string.h>

enum { ROUNDS_SHOWN = 4, ROUNDS_ALL = 20, ROUNDS_FIRST = 10, ROUNDS_LAST = 5 };
/* Lines of a report around the table, and the smallest table worth its name. */
enum { ROUNDS_AROUND = 14, ROUNDS_LEAST = 8 };
enum { ROUNDS_FOOT_DIGITS = 10 };

typedef struct Round {
    long long step;
    double loss, slope, rate;
    double at[ROUNDS_SHOWN], gradient[ROUNDS_SHOWN], next[ROUNDS_SHOWN];
    descend_foot foot; /* of the first parameter */
} Round;

struct CliRounds {
    size_t n, shown;         /* parameters, and how many of them are shown */
    size_t all, first, last; /* up to 'all' rounds all are shown */
    long long count;
    Round *head, *ring; /* 'all' and 'last' of them */
    descend_foot *feet; /* of the newest round; n, or NULL */
    bool failed;
};

CliRounds *cli_rounds_new(const Cli *cli, const descend_walk *walk) {
    CliRounds *rounds = memory_new(1, sizeof *rounds);
    if (!rounds) return NULL;
    rounds->n = descend_walk_parameter_count(walk);
    rounds->shown = rounds->n < ROUNDS_SHOWN ? rounds->n : ROUNDS_SHOWN;
    rounds->all = ROUNDS_ALL;
    rounds->first = ROUNDS_FIRST;
    rounds->last = ROUNDS_LAST;
    if (cli->style.terminal && !cli->style.plain) {
        int room = cli->style.rows - ROUNDS_AROUND;
        rounds->all = (size_t)(room > ROUNDS_LEAST ? room : ROUNDS_LEAST);
        rounds->last = rounds->all / 3;
        rounds->first = rounds->all - rounds->last - 1;
    }
    rounds->head = memory_new(rounds->all, sizeof *rounds->head);
    rounds->ring = memory_new(rounds->last, sizeof *rounds->ring);
    if (rounds->head && rounds->ring) return rounds;
    cli_rounds_free(rounds);
    return NULL;
}

void cli_rounds_free(CliRounds *rounds) {
    if (!rounds) return;
    memory_free(rounds->head);
    memory_free(rounds->ring);
    memory_free(rounds->feet);
    memory_free(rounds);
}

bool cli_rounds_failed(const CliRounds *rounds) { return rounds->failed; }

static void rounds_keep_feet(CliRounds *rounds, const descend_event *event) {
    if (!event->feet) return;
    if (!rounds->feet) rounds->feet = memory_new(rounds->n, sizeof *rounds->feet);
    if (rounds->feet) memcpy(rounds->feet, event->feet, rounds->n * sizeof *rounds->feet);
    else rounds->failed = true;
}

void cli_rounds_add(CliRounds *rounds, const descend_event *event) {
    size_t bytes = rounds->shown * sizeof(double);
    Round round = {.step = event->step,
                   .loss = event->loss,
                   .slope = event->slope,
                   .rate = event->rate};
    if (event->restart > 0 || rounds->n == 0) return;
    memcpy(round.at, event->at, bytes);
    memcpy(round.gradient, event->gradient, bytes);
    memcpy(round.next, event->next, bytes);
    if (event->feet) round.foot = event->feet[0];
    rounds_keep_feet(rounds, event);
    if (rounds->count < (long long)rounds->all) rounds->head[rounds->count] = round;
    rounds->ring[rounds->count % (long long)rounds->last] = round;
    rounds->count++;
}

/* ---- which rounds are shown ----------------------------------------------------------------- */

/* The k-th row of the table; NULL for the gap and past the end. */
static const Round *rounds_row(const CliRounds *rounds, size_t k, bool *gap) {
    size_t count = (size_t)rounds->count;
    *gap = false;
    if (count <= rounds->all) return k < count ? &rounds->head[k] : NULL;
    if (k < rounds->first) return &rounds->head[k];
    *gap = k == rounds->first;
    size_t place = k - rounds->first - 1; /* among the last ones */
    if (*gap || place >= rounds->last) return NULL;
    return &rounds->ring[(count - rounds->last + place) % rounds->last];
}

static bool rounds_rate_varies(const CliRounds *rounds) {
    bool gap;
    size_t kept = (size_t)rounds->count < rounds->all ? (size_t)rounds->count : rounds->all;
    const Round *last = rounds_row(rounds, rounds->first + rounds->last, &gap);
    if (kept == 0 || !isfinite(rounds->head[0].rate)) return false;
    for (size_t k = 1; k < kept; k++)
        if (rounds->head[k].rate != rounds->head[0].rate) return true;
    return last && last->rate != rounds->head[0].rate;
}

/* ---- cells ---------------------------------------------------------------------------------- */

/* From a place whose loss or slope is not a number no step is made. */
static bool rounds_stuck(const Round *round) {
    return !isfinite(round->loss) || !isfinite(round->gradient[0]);
}

static void rounds_stuck_cell(const Cli *cli, ViewTable *table, const Round *round) {
    bool loss = !isfinite(round->loss);
    Text cell = {0};
    Message message = message_make(loss ? MSG_CLI_NO_STEP_LOSS : MSG_CLI_NO_STEP_SLOPE,
                                   cli_number(loss ? round->loss : round->gradient[0]).s, NULL);
    message_render(&message, language_of(cli_language(cli)), &cell);
    view_table_cell(table, text_string(&cell));
    table->failed = table->failed || cell.failed;
    text_free(&cell);
}

/* '10 - 0.1*20', with a word where a bound held him back. */
static void rounds_step_cell(const Cli *cli, ViewTable *table, const Round *round) {
    Text cell = {0};
    if (rounds_stuck(round)) {
        rounds_stuck_cell(cli, table, round);
        return;
    }
    double landing = round->at[0] - round->rate * round->gradient[0];
    double scale = fabs(round->at[0]) + fabs(round->rate * round->gradient[0]);
    text_format(&cell, "%s - %s*", cli_number(round->at[0]).s, cli_number(round->rate).s);
    text_format(&cell, signbit(round->gradient[0]) ? "(%s)" : "%s",
                cli_number(round->gradient[0]).s);
    if (fabs(landing - round->next[0]) > 1e-9 * scale)
        text_add(&cell, cli_text(cli, MSG_CLI_AT_BOUND));
    view_table_cell(table, text_string(&cell));
    table->failed = table->failed || cell.failed;
    text_free(&cell);
}

static void rounds_foot_cell(ViewTable *table, double place, double loss) {
    Text cell = {0};
    text_format(&cell, "%s -> %s", number_round(place, ROUNDS_FOOT_DIGITS).s,
                number_round(loss, ROUNDS_FOOT_DIGITS).s);
    view_table_cell(table, text_string(&cell));
    table->failed = table->failed || cell.failed;
    text_free(&cell);
}

/* What the table of this walk has beside rounds, places and slopes. */
typedef struct RoundsForm {
    bool arithmetic, feet, rate;
} RoundsForm;

static void rounds_columns_of_one(const Cli *cli, ViewTable *table, RoundsForm form) {
    view_table_column(table, VIEW_NUMBER, cli_text(cli, MSG_CLI_COLUMN_STAND));
    if (form.feet) {
        view_table_column(table, VIEW_LEFT, cli_text(cli, MSG_CLI_COLUMN_LEFT_FOOT));
        view_table_column(table, VIEW_LEFT, cli_text(cli, MSG_CLI_COLUMN_RIGHT_FOOT));
    }
    if (!form.arithmetic) view_table_column(table, VIEW_NUMBER, cli_text(cli, MSG_CLI_COLUMN_LOSS));
    view_table_column(table, VIEW_NUMBER, cli_text(cli, MSG_CLI_COLUMN_SLOPE));
    if (form.arithmetic) view_table_column(table, VIEW_LEFT, cli_text(cli, MSG_CLI_COLUMN_STEP));
    view_table_column(table, VIEW_NUMBER, cli_text(cli, MSG_CLI_COLUMN_LAND));
}

static void rounds_cells_of_one(const Cli *cli, ViewTable *table, RoundsForm form,
                                const Round *round) {
    view_table_number(table, round->at[0]);
    if (form.feet) {
        rounds_foot_cell(table, round->foot.left, round->foot.left_loss);
        rounds_foot_cell(table, round->foot.right, round->foot.right_loss);
    }
    if (!form.arithmetic) view_table_number(table, round->loss);
    view_table_number(table, round->gradient[0]);
    if (form.arithmetic) rounds_step_cell(cli, table, round);
    if (rounds_stuck(round)) view_table_cell(table, "-");
    else view_table_number(table, round->next[0]);
}

static void rounds_columns_of_many(const Cli *cli, ViewTable *table, RoundsForm form,
                                   const descend_walk *walk, size_t shown) {
    view_table_column(table, VIEW_NUMBER, cli_text(cli, MSG_CLI_COLUMN_LOSS));
    view_table_column(table, VIEW_NUMBER, cli_text(cli, MSG_CLI_COLUMN_SLOPE));
    if (form.rate) view_table_column(table, VIEW_NUMBER, cli_text(cli, MSG_CLI_COLUMN_RATE));
    for (size_t i = 0; i < shown; i++)
        view_table_column(table, VIEW_NUMBER, descend_walk_parameter_name(walk, i));
}

static void rounds_cells_of_many(ViewTable *table, RoundsForm form, const Round *round,
                                 size_t shown) {
    view_table_number(table, round->loss);
    view_table_number(table, round->slope);
    if (form.rate) view_table_number(table, round->rate);
    for (size_t i = 0; i < shown; i++) view_table_number(table, round->at[i]);
}

/* ---- the table ------------------------------------------------------------------------------ */

static void rounds_print_feet(Cli *cli, const CliRounds *rounds, descend_walk *walk) {
    ViewTable table = {0};
    cli_say(cli, MSG_CLI_LAST_FEET, NULL);
    view_table_column(&table, VIEW_LEFT, cli_text(cli, MSG_CLI_COLUMN_PARAMETER));
    view_table_column(&table, VIEW_LEFT, cli_text(cli, MSG_CLI_COLUMN_LEFT_FOOT));
    view_table_column(&table, VIEW_LEFT, cli_text(cli, MSG_CLI_COLUMN_RIGHT_FOOT));
    view_table_column(&table, VIEW_NUMBER, cli_text(cli, MSG_CLI_COLUMN_SLOPE));
    view_table_column(&table, VIEW_NUMBER, cli_text(cli, MSG_CLI_COLUMN_NOISE));
    for (size_t i = 0; i < rounds->n && i < ROUNDS_ALL; i++) {
        const descend_foot *foot = &rounds->feet[i];
        view_table_cell(&table, descend_walk_parameter_name(walk, i));
        rounds_foot_cell(&table, foot->left, foot->left_loss);
        rounds_foot_cell(&table, foot->right, foot->right_loss);
        view_table_number(&table, foot->slope);
        view_table_cell(&table, number_round(foot->noise, 2).s);
    }
    view_table_render(&table, &cli->style, &cli->out);
    view_table_free(&table);
    text_add_char(&cli->out, '\n');
}

static void rounds_after(Cli *cli, const CliRounds *rounds, descend_walk *walk) {
    if (rounds->n > rounds->shown)
        cli_say(cli, MSG_CLI_SHOWN_OF, number_integer((long long)rounds->shown).s,
                number_integer((long long)rounds->n).s, NULL);
    if (!rounds->feet) return;
    if (rounds->n > 1) rounds_print_feet(cli, rounds, walk);
    else cli_say(cli, MSG_CLI_FOOT_NOISE, number_round(rounds->feet[0].noise, 2).s, NULL);
}

void cli_rounds_print(Cli *cli, const CliRounds *rounds, descend_walk *walk) {
    ViewTable table = {0};
    bool gap, plain_descent = strcmp(descend_walk_text(walk, "method", "en"), "gd") == 0;
    RoundsForm form = {.arithmetic = plain_descent && rounds->n == 1,
                       .feet = rounds->feet && rounds->n == 1,
                       .rate = rounds_rate_varies(rounds)};
    if (rounds->count == 0) return;
    view_table_column(&table, VIEW_NUMBER, cli_text(cli, MSG_CLI_COLUMN_ROUND));
    if (rounds->n == 1) rounds_columns_of_one(cli, &table, form);
    else rounds_columns_of_many(cli, &table, form, walk, rounds->shown);
    for (size_t k = 0;; k++) {
        const Round *round = rounds_row(rounds, k, &gap);
        if (gap) view_table_gap(&table);
        else if (!round) break;
        else {
            view_table_cell(&table, number_integer(round->step).s);
            if (rounds->n == 1) rounds_cells_of_one(cli, &table, form, round);
            else rounds_cells_of_many(&table, form, round, rounds->shown);
        }
    }
    text_add_char(&cli->out, '\n');
    view_table_render(&table, &cli->style, &cli->out);
    view_table_free(&table);
    text_add_char(&cli->out, '\n');
    rounds_after(cli, rounds, walk);
}
