/* fit_intervals: the intervals that --intervals asks for, with a sign of life. */
#include "cli.h"

#include <math.h>

Status cli_walk_intervals(Cli *cli, const Command *command, descend_walk *walk) {
    CliProgress progress = cli_progress_start(cli, command);
    descend_status status = command->values[OPTION_INTERVALS] ? DESCEND_RUNNING : DESCEND_DONE;
    double share = 0;
    cli_signal_walk(walk);
    while (status == DESCEND_RUNNING) {
        cli_progress_intervals(cli, &progress, share);
        status = descend_walk_intervals(walk, &share, &cli->refusal);
    }
    cli_signal_walk(NULL);
    cli_progress_end(&progress);
    return status < 0 ? STATUS_INPUT : STATUS_OK;
}

MessageId cli_interval_heading(descend_walk *walk) {
    const char *kind = descend_walk_text(walk, "intervals", "en");
    return kind[0] == 'p'   ? MSG_CLI_COLUMN_PROFILE
           : kind[0] == 'b' ? MSG_CLI_COLUMN_BOOTSTRAP
                            : MSG_CLI_COLUMN_INTERVAL;
}

/* ---- JSON ----------------------------------------------------------------------------------- */

/* An open end is null, and said to be open. */
static void intervals_json_pair(ViewJson *json, const char *name, double low, double high) {
    if (isnan(low) || isnan(high)) {
        view_json_text(json, name, NULL);
        return;
    }
    view_json_open(json, name, '[');
    view_json_number(json, NULL, low);
    view_json_number(json, NULL, high);
    view_json_close(json, ']');
}

static void intervals_json_open(ViewJson *json, const descend_walk *walk, const double *low,
                                const double *high, size_t n) {
    view_json_open(json, "interval_open", '{');
    for (size_t i = 0; i < n; i++) {
        bool below = isinf(low[i]), above = isinf(high[i]);
        if (below || above)
            view_json_text(json, descend_walk_parameter_name(walk, i),
                           below && above ? "both" : below ? "low" : "high");
    }
    view_json_close(json, '}');
}

static void intervals_json_bootstrap(ViewJson *json, const descend_walk *walk) {
    static const char *const keys[][2] = {{"replicates", "bootstrap_replicates"},
                                          {"used", "bootstrap_used"},
                                          {"not_converged", "bootstrap_not_converged"},
                                          {"undetermined", "bootstrap_undetermined"}};
    view_json_open(json, "bootstrap", '{');
    for (size_t k = 0; k < COUNT_OF(keys); k++)
        view_json_number(json, keys[k][0], descend_walk_number(walk, keys[k][1]));
    view_json_close(json, '}');
}

void cli_json_intervals(ViewJson *json, descend_walk *walk, const double *low, const double *high,
                        size_t n) {
    const char *kind = descend_walk_text(walk, "intervals", "en");
    view_json_text(json, "intervals", kind);
    view_json_open(json, "confidence_95", '{');
    for (size_t i = 0; i < n; i++)
        intervals_json_pair(json, descend_walk_parameter_name(walk, i), low[i], high[i]);
    view_json_close(json, '}');
    if (kind[0] == 'p') intervals_json_open(json, walk, low, high, n);
    if (kind[0] == 'b') intervals_json_bootstrap(json, walk);
}
