/* verb_doctor: what the curvature at the start says about the rate, and what to type. */
#include "cli.h"

#include <math.h>
#include <string.h>

enum { DOCTOR_ROWS = 18, DOCTOR_COLUMNS = 76 }; /* of the picture */
static const double DOCTOR_GOOD = 50;           /* condition number */
static const double DOCTOR_ABOVE = 2; /* powers of ten above the start that the picture shows */

typedef struct DoctorVisit {
    CliInputs inputs;
    descend_walk *walk;
    descend_doctor *doctor;
    Text formula;   /* with its columns scaled; "" where nothing is gained by that */
    Text options;   /* to be advised with that formula */
    double condition; /* with them */
} DoctorVisit;

/* ---- looking --------------------------------------------------------------------------------- */

static Status doctor_sample(Cli *cli, const Command *command, size_t *sample) {
    const char *value = command->values[OPTION_SAMPLE];
    double number = 0;
    if (value && !command->data) {
        error_set(&cli->error, STATUS_INPUT, MSG_CLI_OPTION_NEEDS_DATA, "sample", NULL);
        error_remedy(&cli->error, MSG_CLI_REMEDY_GIVE_DATA, NULL);
        return STATUS_INPUT;
    }
    if (value && (!number_read(value, value + strlen(value), &number) || !(number >= 1) ||
                  number > 9e15 || number != floor(number))) {
        error_set(&cli->error, STATUS_INPUT, MSG_CLI_BAD_CHOICE, "sample", value, NULL);
        error_remedy(&cli->error, MSG_CLI_WRITE_OPTION, "sample", "N", NULL);
        return STATUS_INPUT;
    }
    *sample = (size_t)number;
    return STATUS_OK;
}

/* The walk is one with a rate, which nobody needs: none has to be measured for it. */
static Status doctor_open(Cli *cli, const Command *given, DoctorVisit *visit) {
    Command command = *given;
    size_t sample;
    TRY(doctor_sample(cli, given, &sample));
    if (!command.values[OPTION_OPTIMIZER]) command.values[OPTION_OPTIMIZER] = "gd";
    TRY(cli_open_inputs(cli, &command, &visit->inputs));
    visit->walk = cli_open_walk(cli, &command, &visit->inputs, "1");
    if (visit->walk) visit->doctor = descend_doctor_open(visit->walk, sample, &cli->refusal);
    return visit->doctor ? STATUS_OK : STATUS_INPUT;
}

static void doctor_close(DoctorVisit *visit) {
    descend_doctor_free(visit->doctor);
    descend_walk_free(visit->walk);
    cli_close_inputs(&visit->inputs);
    text_free(&visit->formula);
    text_free(&visit->options);
}

/* The same formula with its columns scaled, measured in the same way. */
static void doctor_standardize(Cli *cli, const Command *given, DoctorVisit *visit) {
    const char *scaled = descend_doctor_text(visit->doctor, "standardized", "en");
    double condition = descend_doctor_number(visit->doctor, "condition_number");
    bool typed = strcmp(given->formula, "-") != 0 && !cli_ends_with(given->formula, ".descend");
    if (!scaled[0] || condition <= DOCTOR_GOOD || !typed) return;
    if (given->data && strcmp(given->data, "-") == 0) return; /* it can be read but once */
    Command command = *given;
    DoctorVisit again = {0};
    text_format(&visit->formula, "%s%s", scaled, given->formula);
    command.formula = text_string(&visit->formula);
    bool good = doctor_open(cli, &command, &again) == STATUS_OK;
    double better = good ? descend_doctor_number(again.doctor, "condition_number") : NAN;
    /* What it lacked before may have been digits. */
    good = isfinite(better) && (!isfinite(condition) || better < condition / 2);
    if (good) text_add(&visit->options, descend_doctor_text(again.doctor, "advice", "en"));
    else text_clear(&visit->formula);
    visit->condition = better;
    doctor_close(&again);
    descend_error_free(cli->refusal);
    cli->refusal = NULL;
    cli->error = (Error){0};
}

/* ---- what to type ---------------------------------------------------------------------------- */

/* Options of the doctor alone, and those that choose another walk. */
static bool doctor_drops(const char *word, bool *value) {
    static const CliOption dropped[] = {OPTION_JSON, OPTION_RANGE,     OPTION_SAMPLE,
                                        OPTION_PLOT, OPTION_OPTIMIZER, OPTION_BATCH};
    size_t length = strcspn(word, "=");
    for (size_t k = 0; k < COUNT_OF(dropped); k++) {
        const CliOptionRow *row = &cli_option_rows[dropped[k]];
        if (strncmp(word, "--", 2) != 0 || length != strlen(row->name) + 2 ||
            strncmp(word + 2, row->name, length - 2) != 0)
            continue;
        *value = row->value && !word[length];
        return true;
    }
    return false;
}

/* This command line as a walk. */
static void doctor_advice(Cli *cli, const Command *given, DoctorVisit *visit, Text *out) {
    const char *advice = descend_doctor_text(visit->doctor, "advice", "en");
    bool scaled = visit->formula.length > 0, named = false, value;
    if (scaled) advice = text_string(&visit->options);
    Command command = *given;
    command.argc = 0;
    command.argv = memory_new((size_t)given->argc + 1, sizeof *command.argv);
    static char fit[] = "fit", minimize[] = "minimize";
    bool fits = descend_model_is_fit(visit->inputs.model) && visit->inputs.table;
    for (int k = 0; command.argv && k < given->argc; k++) {
        char *word = given->argv[k];
        if (doctor_drops(word, &value)) {
            k += value;
            continue;
        }
        if (!named && strcmp(word, "doctor") == 0) word = fits ? fit : minimize, named = true;
        else if (scaled && word == given->formula) word = visit->formula.data;
        command.argv[command.argc++] = word;
    }
    if (command.argv) cli_advice(&command, advice[0] ? advice : NULL, out);
    else cli->out.failed = true;
    memory_free(command.argv);
}

/* ---- numbers --------------------------------------------------------------------------------- */

static void doctor_table(Cli *cli, const descend_doctor *doctor) {
    static const struct {
        const char *key, *rounds;
        MessageId name, meaning;
    } rows[] = {
        {"curvature_max", "", MSG_CLI_CURVATURE_MAX, MSG_CLI_MEANS_CURVATURE_MAX},
        {"curvature_min", "", MSG_CLI_CURVATURE_MIN, MSG_CLI_MEANS_CURVATURE_MIN},
        {"condition_number", "", MSG_CLI_CONDITION, MSG_CLI_MEANS_CONDITION},
        {"rate_zigzag", "rounds_zigzag", MSG_CLI_RATE_ZIGZAG, MSG_CLI_MEANS_ZIGZAG},
        {"rate_best", "rounds_best", MSG_CLI_RATE_BEST, MSG_CLI_MEANS_BEST},
        {"rate_limit", "", MSG_CLI_RATE_LIMIT, MSG_CLI_MEANS_LIMIT},
        {"momentum_best", "", MSG_CLI_MOMENTUM_BEST, MSG_CLI_MEANS_MOMENTUM},
        {"momentum_rate", "momentum_rounds", MSG_CLI_MOMENTUM_RATE, MSG_CLI_MEANS_BEST},
        {"momentum_limit", "", MSG_CLI_MOMENTUM_LIMIT, MSG_CLI_MEANS_MOMENTUM_LIMIT}};
    ViewTable table = {0};
    view_table_column(&table, VIEW_LEFT, cli_text(cli, MSG_CLI_COLUMN_QUANTITY));
    view_table_column(&table, VIEW_NUMBER, cli_text(cli, MSG_CLI_COLUMN_NUMBER));
    view_table_column(&table, VIEW_LEFT, cli_text(cli, MSG_CLI_COLUMN_MEANING));
    for (size_t k = 0; k < COUNT_OF(rows); k++) {
        double value = descend_doctor_number(doctor, rows[k].key);
        bool roll = rows[k].key[0] != 'm' || descend_doctor_number(doctor, "momentum_best") > 0;
        if (!isfinite(value) || !roll) continue; /* in a round bowl nothing has to roll */
        double rounds = descend_doctor_number(doctor, rows[k].rounds);
        bool still = rows[k].meaning == MSG_CLI_MEANS_ZIGZAG && !isfinite(rounds);
        Message meaning = message_make(still ? MSG_CLI_MEANS_ZIGZAG_ALONE : rows[k].meaning,
                                       number_round(rounds, 6).s, NULL);
        Text words = {0};
        message_render(&meaning, cli->style.language, &words);
        view_table_cell(&table, cli_text(cli, rows[k].name));
        view_table_number(&table, value);
        view_table_cell(&table, text_string(&words));
        text_free(&words);
    }
    text_add_char(&cli->out, '\n');
    view_table_render(&table, &cli->style, &cli->out);
    view_table_free(&table);
    text_add_char(&cli->out, '\n');
}

/* ---- --range --------------------------------------------------------------------------------- */

static size_t doctor_count_rates(const descend_doctor *doctor) {
    descend_rate rate;
    size_t count = 0;
    while (descend_doctor_rate(doctor, count, &rate)) count++;
    return count;
}

static void doctor_range_table(Cli *cli, const descend_doctor *doctor) {
    descend_rate rate;
    ViewTable table = {0};
    view_table_column(&table, VIEW_NUMBER, cli_text(cli, MSG_CLI_COLUMN_RATE));
    view_table_column(&table, VIEW_NUMBER, cli_text(cli, MSG_CLI_COLUMN_LOSS));
    for (size_t k = 0; descend_doctor_rate(doctor, k, &rate); k++) {
        view_table_number(&table, rate.rate);
        if (isfinite(rate.loss)) view_table_number(&table, rate.loss);
        else view_table_cell(&table, "-");
    }
    view_table_render(&table, &cli->style, &cli->out);
    view_table_free(&table);
}

/* In powers of ten where all losses are above 0; what is far above the start is left out. */
static void doctor_picture(Cli *cli, const descend_doctor *doctor) {
    size_t n = doctor_count_rates(doctor);
    double *x = memory_new(2 * n + 1, sizeof *x), *y = x + n;
    double start = descend_doctor_number(doctor, "start_loss"), most = start;
    bool powers = start > 0;
    descend_rate rate;
    if (!x) {
        cli->out.failed = true;
        return;
    }
    for (size_t k = 0; descend_doctor_rate(doctor, k, &rate); k++)
        powers = powers && !(rate.loss <= 0);
    for (size_t k = 0; descend_doctor_rate(doctor, k, &rate); k++) {
        x[k] = rate.log_rate;
        y[k] = powers ? rate.log_loss : rate.loss;
        if (!(rate.loss <= most + fabs(most) * 99 + (most == 0) * DOCTOR_ABOVE)) y[k] = NAN;
    }
    ViewSeries series = {.x = x, .y = y, .count = n, .line = VIEW_LINE};
    ViewPlot plot = {.x_name = cli_text(cli, MSG_CLI_RANGE_X),
                     .y_name = cli_text(cli, powers ? MSG_CLI_RANGE_Y_POWERS : MSG_CLI_RANGE_Y),
                     .series = &series,
                     .n_series = 1,
                     .columns = cli->style.columns < DOCTOR_COLUMNS ? cli->style.columns
                                                                    : DOCTOR_COLUMNS,
                     .rows = DOCTOR_ROWS};
    view_plot_render(&plot, &cli->style, &cli->out);
    memory_free(x);
}

static NumberText doctor_number(const descend_doctor *doctor, const char *key) {
    return number_round(descend_doctor_number(doctor, key), 3);
}

static void doctor_range_words(Cli *cli, const descend_doctor *doctor) {
    double broken = descend_doctor_number(doctor, "range_broken");
    if (isfinite(descend_doctor_number(doctor, "range_lowest"))) {
        if (isfinite(descend_doctor_number(doctor, "range_steepest_low")))
            cli_say(cli, MSG_CLI_RANGE_STEEPEST, doctor_number(doctor, "range_steepest_low").s,
                    doctor_number(doctor, "range_steepest_high").s, NULL);
        cli_say(cli, MSG_CLI_RANGE_LARGEST, doctor_number(doctor, "range_lowest").s,
                doctor_number(doctor, "range_largest").s, NULL);
    } else {
        cli_say(cli, MSG_CLI_RANGE_NONE, NULL);
    }
    if (broken > 0) cli_say(cli, MSG_CLI_RANGE_BROKEN, number_text(broken).s, NULL);
}

static void doctor_range(Cli *cli, const Command *command, const descend_doctor *doctor) {
    const char *wish = command->values[OPTION_PLOT];
    bool never = wish && strcmp(wish, "never") == 0, always = wish && strcmp(wish, "always") == 0;
    bool drawn = always || (cli->style.terminal && !cli->style.plain && !never);
    text_add_char(&cli->out, '\n');
    cli_say(cli, MSG_CLI_RANGE_HEAD, cli_number(descend_doctor_number(doctor, "start_loss")).s,
            NULL);
    if (drawn) doctor_picture(cli, doctor);
    else if (!command->values[OPTION_QUIET]) doctor_range_table(cli, doctor);
    doctor_range_words(cli, doctor);
}

/* ---- reports --------------------------------------------------------------------------------- */

static void doctor_report(Cli *cli, const Command *command, DoctorVisit *visit) {
    bool quiet = command->values[OPTION_QUIET] != NULL;
    if (!quiet) cli_line(cli, descend_walk_text(visit->walk, "names", cli_language(cli)));
    if (isfinite(descend_doctor_number(visit->doctor, "curvature_max")))
        doctor_table(cli, visit->doctor);
    cli_line(cli, descend_doctor_text(visit->doctor, "diagnosis", cli_language(cli)));
    if (visit->formula.length > 0)
        cli_say(cli, MSG_CLI_DOCTOR_SCALED, number_round(visit->condition, 4).s, NULL);
    if (command->values[OPTION_RANGE]) doctor_range(cli, command, visit->doctor);
    if (descend_doctor_number(visit->doctor, "bottom") > 0) {
        text_add(&cli->out, cli_text(cli, MSG_CLI_ADVICE));
        doctor_advice(cli, command, visit, &cli->out);
        text_add_char(&cli->out, '\n');
    }
    if (!quiet) cli_report_notes(cli, &visit->inputs, visit->walk);
}

static void doctor_json_range(ViewJson *json, const descend_doctor *doctor) {
    static const char *const keys[][2] = {{"start_loss", "start_loss"},
                                          {"lowest", "range_lowest"},
                                          {"largest", "range_largest"},
                                          {"steepest_low", "range_steepest_low"},
                                          {"steepest_high", "range_steepest_high"},
                                          {"broken", "range_broken"}};
    descend_rate rate;
    view_json_open(json, "range", '{');
    for (int losses = 0; losses < 2; losses++) {
        view_json_open(json, losses ? "losses" : "rates", '[');
        for (size_t k = 0; descend_doctor_rate(doctor, k, &rate); k++)
            view_json_number(json, NULL, losses ? rate.loss : rate.rate);
        view_json_close(json, ']');
    }
    for (size_t k = 0; k < COUNT_OF(keys); k++)
        view_json_number(json, keys[k][0], descend_doctor_number(doctor, keys[k][1]));
    view_json_close(json, '}');
}

static void doctor_json(Cli *cli, const Command *command, DoctorVisit *visit) {
    static const char *const keys[] = {
        "curvature_max", "curvature_min", "condition_number", "rate_limit",
        "rate_zigzag",   "rate_best",     "rounds_best",      "rounds_zigzag",
        "momentum_best", "momentum_rate", "momentum_limit",   "momentum_rounds", "rows"};
    descend_doctor *doctor = visit->doctor;
    ViewJson json = {.out = &cli->out};
    Text advice = {0};
    view_json_open(&json, NULL, '{');
    for (size_t k = 0; k < COUNT_OF(keys); k++)
        view_json_number(&json, keys[k], descend_doctor_number(doctor, keys[k]));
    view_json_text(&json, "steepest_along", descend_doctor_text(doctor, "steep", "en"));
    view_json_text(&json, "flattest_along", descend_doctor_text(doctor, "flat", "en"));
    if (visit->formula.length > 0)
        view_json_number(&json, "condition_number_standardized", visit->condition);
    if (command->values[OPTION_RANGE]) doctor_json_range(&json, doctor);
    view_json_text(&json, "diagnosis",
                   descend_doctor_text(doctor, "diagnosis", cli_language(cli)));
    bool advised = descend_doctor_number(doctor, "bottom") > 0;
    if (advised) doctor_advice(cli, command, visit, &advice);
    view_json_text(&json, "advice", advised ? text_string(&advice) : NULL);
    view_json_close(&json, '}');
    cli->out.failed = cli->out.failed || advice.failed;
    text_free(&advice);
    cli_warn_notes(cli, &visit->inputs, visit->walk);
}

/* ---- the whole ------------------------------------------------------------------------------- */

int cli_doctor(Cli *cli, const Command *command) {
    DoctorVisit visit = {0};
    if (!command->formula) return cli_doctor_machine(cli);
    bool range = command->values[OPTION_RANGE] != NULL;
    bool good = doctor_open(cli, command, &visit) == STATUS_OK &&
                (!range || descend_doctor_range(visit.doctor, &cli->refusal) >= 0);
    if (good) doctor_standardize(cli, command, &visit);
    if (good && cli->json) doctor_json(cli, command, &visit);
    else if (good) doctor_report(cli, command, &visit);
    doctor_close(&visit);
    return good ? CLI_EXIT_DONE : cli_refused(cli);
}
