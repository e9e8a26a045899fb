/* trace: every round as a line of a CSV file; numbers read back to the same double. */
#include "cli.h"

#include <string.h>

enum { TRACE_PARAMETERS = 100, TRACE_CHUNK = 1 << 16 };

struct CliTrace {
    CliBeside *file;
    size_t n; /* parameters in the file */
    Text text;
};

static void trace_free(CliTrace *trace) {
    text_free(&trace->text);
    memory_free(trace);
}

/* 'parameter.' stands in front of our own three words. */
static void trace_header_name(Text *out, const char *prefix, const char *name) {
    bool taken = !*prefix && (strcmp(name, "step") == 0 || strcmp(name, "loss") == 0 ||
                              strcmp(name, "rate") == 0);
    text_add_char(out, ',');
    cli_beside_header(out, taken ? "parameter." : prefix, name);
}

static void trace_header(CliTrace *trace, const descend_walk *walk) {
    text_add(&trace->text, "step,loss,rate");
    for (size_t i = 0; i < trace->n; i++) {
        const char *name = descend_walk_parameter_name(walk, i);
        trace_header_name(&trace->text, "", name);
        trace_header_name(&trace->text, "gradient.", name);
        trace_header_name(&trace->text, "next.", name);
    }
    text_add_char(&trace->text, '\n');
}

Status cli_trace_open(Cli *cli, const Command *command, const descend_walk *walk,
                      CliTrace **result) {
    size_t n = descend_walk_parameter_count(walk);
    *result = NULL;
    if (!command->values[OPTION_TRACE]) return STATUS_OK;
    CliTrace *trace = memory_new(1, sizeof *trace);
    if (!trace) return error_memory(&cli->error);
    trace->n = n < TRACE_PARAMETERS ? n : TRACE_PARAMETERS;
    Status status = cli_beside_open(cli, command, OPTION_TRACE, &trace->file);
    if (status == STATUS_OK) {
        trace_header(trace, walk);
        *result = trace;
    } else {
        trace_free(trace);
    }
    return status;
}

static void trace_number(Text *out, double value) {
    text_add_char(out, ',');
    text_add_number(out, value);
}

Status cli_trace_add(Cli *cli, CliTrace *trace, const descend_event *event) {
    if (!trace || event->restart > 0) return STATUS_OK;
    text_add_integer(&trace->text, event->step);
    trace_number(&trace->text, event->loss);
    trace_number(&trace->text, event->rate);
    for (size_t i = 0; i < trace->n; i++) {
        trace_number(&trace->text, event->at[i]);
        trace_number(&trace->text, event->gradient[i]);
        trace_number(&trace->text, event->next[i]);
    }
    text_add_char(&trace->text, '\n');
    return trace->text.length < TRACE_CHUNK ? STATUS_OK
                                            : cli_beside_write(cli, trace->file, &trace->text);
}

Status cli_trace_close(Cli *cli, CliTrace *trace, bool keep) {
    if (!trace) return STATUS_OK;
    Status status = keep ? cli_beside_write(cli, trace->file, &trace->text) : STATUS_OK;
    Status closed = cli_beside_close(cli, trace->file, keep && status == STATUS_OK);
    trace_free(trace);
    return status == STATUS_OK ? closed : status;
}
