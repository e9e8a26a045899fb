/* fit_quality: how good a fit is, and what its residuals say about the formula, in words. */
#include "cli.h"

#include <math.h>
#include <string.h>

enum { QUALITY_DIGITS = 6, QUALITY_OUTLIERS = 3 };
static const double QUALITY_SMALL_P = 0.05, QUALITY_LEAST_P = 1e-16, QUALITY_PULL = 1;

NumberText cli_probability(double p) {
    NumberText text = number_round(p, 3);
    if (p < QUALITY_LEAST_P) strcpy(text.s, "<1e-16");
    return text;
}

/* 'p = 0.002', 'p <1e-16'. */
static NumberText quality_p(double p) {
    NumberText text = {"p = "};
    if (p < QUALITY_LEAST_P) strcpy(text.s, "p ");
    strcat(text.s, cli_probability(p).s);
    return text;
}

static NumberText quality_number(const descend_walk *walk, const char *key) {
    return number_round(descend_walk_number(walk, key), QUALITY_DIGITS);
}

/* ---- the whole ------------------------------------------------------------------------------- */

void cli_fit_residuals(Cli *cli, const descend_walk *walk) {
    double rows = descend_walk_number(walk, "rows");
    double deviation = descend_walk_number(walk, "residual_standard_deviation");
    cli_say(cli, MSG_CLI_RESIDUAL_SUM,
            cli_number(descend_walk_number(walk, "residual_sum_of_squares")).s,
            number_text(rows).s, number_text(descend_walk_number(walk, "degrees_of_freedom")).s,
            NULL);
    if (isfinite(deviation)) cli_say(cli, MSG_CLI_RESIDUAL_SD, cli_number(deviation).s, NULL);
}

static void quality_share(Cli *cli, const descend_walk *walk) {
    double share = descend_walk_number(walk, "r_squared");
    double adjusted = descend_walk_number(walk, "adjusted_r_squared");
    if (!isfinite(share)) return;
    if (share < 0)
        cli_say(cli, MSG_CLI_R_SQUARED_BELOW, number_round(share, QUALITY_DIGITS).s, NULL);
    else if (isfinite(adjusted))
        cli_say(cli, MSG_CLI_R_SQUARED, number_round(share, QUALITY_DIGITS).s,
                number_round(adjusted, QUALITY_DIGITS).s, NULL);
}

static void quality_f(Cli *cli, const descend_walk *walk) {
    double p = descend_walk_number(walk, "f_p");
    if (!isfinite(p)) return;
    cli_say(cli, p < QUALITY_SMALL_P ? MSG_CLI_F_BETTER : MSG_CLI_F_NO_BETTER,
            quality_number(walk, "f_statistic").s, quality_number(walk, "f_above").s,
            quality_number(walk, "f_below").s, quality_p(p).s, NULL);
}

/* Differences count, not sizes. */
static NumberText quality_criterion(const descend_walk *walk, const char *key) {
    return number_fixed(descend_walk_number(walk, key), 2);
}

static void quality_likelihood(Cli *cli, const descend_walk *walk) {
    bool corrected = isfinite(descend_walk_number(walk, "aicc"));
    cli_say(cli, MSG_CLI_LIKELIHOOD, quality_criterion(walk, "log_likelihood").s,
            quality_criterion(walk, "aic").s, corrected ? quality_criterion(walk, "aicc").s : "-",
            quality_criterion(walk, "bic").s, NULL);
}

/* ---- residuals ------------------------------------------------------------------------------- */

static void quality_runs(Cli *cli, const descend_walk *walk, const char *along) {
    double p = descend_walk_number(walk, "runs_p"), runs = descend_walk_number(walk, "runs");
    double expected = descend_walk_number(walk, "runs_expected");
    if (!isfinite(p)) return;
    MessageId id = p >= QUALITY_SMALL_P ? MSG_CLI_RUNS_FINE
                   : runs < expected    ? MSG_CLI_RUNS_FEW
                                        : MSG_CLI_RUNS_MANY;
    cli_say(cli, id, number_text(runs).s, number_round(expected, 3).s, quality_p(p).s, along, NULL);
}

static void quality_spread(Cli *cli, const descend_walk *walk, const char *along) {
    double p = descend_walk_number(walk, "spread_p");
    if (!isfinite(p)) return;
    MessageId id = p >= QUALITY_SMALL_P                              ? MSG_CLI_SPREAD_EVEN
                   : descend_walk_number(walk, "spread_slope") > 0 ? MSG_CLI_SPREAD_GROWS
                                                                     : MSG_CLI_SPREAD_SHRINKS;
    cli_say(cli, id, along, quality_p(p).s, NULL);
}

/* 'row 17 (line 18)' */
static void quality_row_name(const Cli *cli, const descend_row_facts *facts, Text *out) {
    Message name = message_make(facts->line ? MSG_CLI_ROW_LINE : MSG_CLI_ROW,
                                number_integer((long long)facts->row).s,
                                number_integer(facts->line).s, NULL);
    message_render(&name, cli->style.language, out);
}

static void quality_say_row(Cli *cli, MessageId id, const descend_row_facts *facts, double number,
                            double p) {
    Text name = {0};
    quality_row_name(cli, facts, &name);
    cli_say(cli, id, text_string(&name), number_round(number, 3).s, quality_p(p).s, NULL);
    text_free(&name);
}

static void quality_rows(Cli *cli, descend_walk *walk) {
    descend_row_facts facts;
    size_t k = 0;
    for (; k < QUALITY_OUTLIERS && descend_walk_row_facts(walk, "outliers", k, &facts); k++)
        quality_say_row(cli, MSG_CLI_OUTLIER, &facts, fabs(facts.studentized), facts.p);
    if (k == 0) cli_say(cli, MSG_CLI_NO_OUTLIERS, NULL);
    if (descend_walk_row_facts(walk, "influence", 0, &facts) && facts.cook > QUALITY_PULL)
        quality_say_row(cli, MSG_CLI_INFLUENCE, &facts, facts.cook, facts.p);
}

static void quality_residuals(Cli *cli, const CliInputs *inputs, descend_walk *walk) {
    const char *state = descend_walk_text(walk, "residual_tests", NULL);
    int column = descend_walk_curve_column(walk);
    Message along = message_make(MSG_CLI_FITTED_VALUE, NULL);
    Text place = {0};
    if (column >= 0)
        along = message_make(MSG_CLI_COLUMN_NAME,
                             descend_table_column_name(inputs->table, (size_t)column), NULL);
    if (strcmp(state, "few_rows") == 0)
        cli_say(cli, MSG_CLI_FEW_ROWS,
                number_text(descend_walk_number(walk, "degrees_of_freedom")).s, NULL);
    if (strcmp(state, "many_rows") == 0) cli_say(cli, MSG_CLI_MANY_ROWS, NULL);
    if (strcmp(state, "tested") != 0) return;
    message_render(&along, cli->style.language, &place);
    quality_runs(cli, walk, text_string(&place));
    quality_rows(cli, walk);
    quality_spread(cli, walk, text_string(&place));
    text_free(&place);
}

void cli_fit_quality(Cli *cli, const CliInputs *inputs, descend_walk *walk) {
    if (!isfinite(descend_walk_number(walk, "log_likelihood"))) return; /* exact, or not arrived */
    quality_share(cli, walk);
    quality_f(cli, walk);
    quality_likelihood(cli, walk);
    quality_residuals(cli, inputs, walk);
}
