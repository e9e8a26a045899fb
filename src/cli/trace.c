/* trace: every round as a line of a CSV file; numbers read back to the same double. It is written
 * beside its place and moved there at the end, so that no reader ever sees half a file. */
#include "cli.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { TRACE_PARAMETERS = 100, TRACE_CHUNK = 1 << 16 };

struct CliTrace {
    char *path, *beside;
    int descriptor;
    size_t n; /* parameters in the file */
    Text text;
};

static Status trace_failed(Cli *cli, const char *path, int number) {
    NumberText reason = {{0}};
    if (number == ENOSPC) reason = message_word(MSG_FILE_NO_SPACE);
    else if (number == EACCES) reason = message_word(MSG_FILE_NO_PERMISSION);
    else if (number == ENOENT) reason = message_word(MSG_CLI_NO_FOLDER);
    else if (number == ENOTDIR) reason = message_word(MSG_FILE_NO_FOLDER);
    else if (strerror_r(number, reason.s, sizeof reason.s) != 0) reason = number_integer(number);
    return error_set(&cli->error, STATUS_IO, MSG_FILE_CANNOT_WRITE, path, reason.s, NULL);
}

static void trace_free(CliTrace *trace) {
    if (trace->descriptor >= 0) close(trace->descriptor);
    memory_free(trace->path);
    memory_free(trace->beside);
    text_free(&trace->text);
    memory_free(trace);
}

static char *trace_name(const char *path) {
    Text name = {0};
    text_add(&name, path);
    return text_take(&name);
}

/* A name that nobody else uses: 'FILE.csv.1234.part'. */
static char *trace_name_beside(const char *path) {
    Text name = {0};
    text_format(&name, "%s.%ld.part", path, (long)getpid());
    return text_take(&name);
}

/* A name as a CSV header: quoted where it must be; 'parameter.' in front of our own three words. */
static void trace_header_name(Text *out, const char *prefix, const char *name) {
    bool taken = !*prefix && (strcmp(name, "step") == 0 || strcmp(name, "loss") == 0 ||
                              strcmp(name, "rate") == 0);
    bool quoted = strpbrk(name, ",\"\n\r") != NULL;
    text_add_char(out, ',');
    if (quoted) text_add_char(out, '"');
    text_add(out, prefix);
    if (taken) text_add(out, "parameter.");
    for (; *name; name++) {
        if (*name == '"') text_add_char(out, '"');
        text_add_char(out, *name);
    }
    if (quoted) text_add_char(out, '"');
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

/* Only a file may be replaced: not a device, a folder or a link. */
static Status trace_check_place(Cli *cli, const char *path, bool overwrite) {
    struct stat place;
    if (lstat(path, &place) != 0) return STATUS_OK;
    if (!S_ISREG(place.st_mode)) {
        error_set(&cli->error, STATUS_INPUT, MSG_CLI_NOT_A_FILE, path, NULL);
        error_remedy(&cli->error, MSG_CLI_WRITE_OPTION, "trace", "FILE.csv", NULL);
        return STATUS_INPUT;
    }
    if (overwrite) return STATUS_OK;
    error_set(&cli->error, STATUS_INPUT, MSG_CLI_FILE_EXISTS, path, NULL);
    error_remedy(&cli->error, MSG_CLI_REMEDY_OVERWRITE, NULL);
    return STATUS_INPUT;
}

Status cli_trace_open(Cli *cli, const Command *command, const descend_walk *walk,
                      CliTrace **result) {
    const char *path = command->values[OPTION_TRACE];
    size_t n = descend_walk_parameter_count(walk);
    *result = NULL;
    if (!path) return STATUS_OK;
    TRY(trace_check_place(cli, path, command->values[OPTION_OVERWRITE] != NULL));
    CliTrace *trace = memory_new(1, sizeof *trace);
    if (!trace) return error_memory(&cli->error);
    trace->n = n < TRACE_PARAMETERS ? n : TRACE_PARAMETERS;
    trace->path = trace_name(path);
    trace->beside = trace_name_beside(path);
    trace->descriptor = -1;
    if (!trace->path || !trace->beside) {
        trace_free(trace);
        return error_memory(&cli->error);
    }
    trace->descriptor = open(trace->beside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (trace->descriptor < 0) {
        trace_failed(cli, path, errno);
        trace_free(trace);
        return STATUS_IO;
    }
    trace_header(trace, walk);
    *result = trace;
    return STATUS_OK;
}

static Status trace_write(Cli *cli, CliTrace *trace) {
    if (trace->text.failed) return error_memory(&cli->error);
    Status status =
        file_write_all(trace->descriptor, text_string(&trace->text), trace->text.length);
    if (status != STATUS_OK) return trace_failed(cli, trace->path, errno);
    text_clear(&trace->text);
    return STATUS_OK;
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
    return trace->text.length < TRACE_CHUNK ? STATUS_OK : trace_write(cli, trace);
}

Status cli_trace_close(Cli *cli, CliTrace *trace, bool keep) {
    if (!trace) return STATUS_OK;
    Status status = keep ? trace_write(cli, trace) : STATUS_OK;
    if (keep && status == STATUS_OK) {
        bool flushed = fsync(trace->descriptor) == 0 || errno == EINVAL;
        if (!flushed || rename(trace->beside, trace->path) != 0)
            status = trace_failed(cli, trace->path, errno);
    }
    if (!keep || status != STATUS_OK) unlink(trace->beside);
    trace_free(trace);
    return status;
}
