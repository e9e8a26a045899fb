/* beside: a file that a command writes beside its report. It grows next to its place and is moved
 * there at the end, so that no reader ever sees half a file; what cannot be written is refused
 * before the walk. */
#include "cli.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct CliBeside {
    char *path, *part;
    int descriptor;
};

static Status beside_failed(Cli *cli, const char *path, int number) {
    NumberText reason = {{0}};
    if (number == ENOSPC) reason = message_word(MSG_FILE_NO_SPACE);
    else if (number == EACCES) reason = message_word(MSG_FILE_NO_PERMISSION);
    else if (number == ENOENT) reason = message_word(MSG_CLI_NO_FOLDER);
    else if (number == ENOTDIR) reason = message_word(MSG_FILE_NO_FOLDER);
    else if (strerror_r(number, reason.s, sizeof reason.s) != 0) reason = number_integer(number);
    return error_set(&cli->error, STATUS_IO, MSG_FILE_CANNOT_WRITE, path, reason.s, NULL);
}

static void beside_free(CliBeside *file) {
    if (file->descriptor >= 0) close(file->descriptor);
    memory_free(file->path);
    memory_free(file->part);
    memory_free(file);
}

/* The place, and a name that nobody else uses: 'FILE.csv.1234.part'. */
static bool beside_names(CliBeside *file, const char *path) {
    Text place = {0}, part = {0};
    text_add(&place, path);
    text_format(&part, "%s.%ld.part", path, (long)getpid());
    file->path = text_take(&place);
    file->part = text_take(&part);
    return file->path && file->part;
}

/* Only a file may be replaced: not a device, a folder or a link. */
static Status beside_check_place(Cli *cli, const char *option, const char *path, bool overwrite) {
    struct stat place;
    if (lstat(path, &place) != 0) return STATUS_OK;
    if (!S_ISREG(place.st_mode)) {
        error_set(&cli->error, STATUS_INPUT, MSG_CLI_NOT_A_FILE, path, NULL);
        error_remedy(&cli->error, MSG_CLI_WRITE_OPTION, option, "FILE.csv", NULL);
        return STATUS_INPUT;
    }
    if (overwrite) return STATUS_OK;
    error_set(&cli->error, STATUS_INPUT, MSG_CLI_FILE_EXISTS, path, NULL);
    error_remedy(&cli->error, MSG_CLI_REMEDY_OVERWRITE, NULL);
    return STATUS_INPUT;
}

Status cli_beside_open(Cli *cli, const Command *command, CliOption option, CliBeside **result) {
    const char *path = command->values[option];
    bool overwrite = command->values[OPTION_OVERWRITE] != NULL;
    TRY(beside_check_place(cli, cli_option_rows[option].name, path, overwrite));
    CliBeside *file = memory_new(1, sizeof *file);
    if (!file) return error_memory(&cli->error);
    file->descriptor = -1;
    if (!beside_names(file, path)) {
        beside_free(file);
        return error_memory(&cli->error);
    }
    file->descriptor = open(file->part, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (file->descriptor < 0) {
        beside_failed(cli, path, errno);
        beside_free(file);
        return STATUS_IO;
    }
    *result = file;
    return STATUS_OK;
}

Status cli_beside_write(Cli *cli, const CliBeside *file, Text *text) {
    if (text->failed) return error_memory(&cli->error);
    Status status = file_write_all(file->descriptor, text_string(text), text->length);
    if (status != STATUS_OK) return beside_failed(cli, file->path, errno);
    text_clear(text);
    return STATUS_OK;
}

Status cli_beside_close(Cli *cli, CliBeside *file, bool keep) {
    Status status = STATUS_OK;
    if (!file) return status;
    if (keep) {
        bool flushed = fsync(file->descriptor) == 0 || errno == EINVAL;
        if (!flushed || rename(file->part, file->path) != 0)
            status = beside_failed(cli, file->path, errno);
    }
    if (!keep || status != STATUS_OK) unlink(file->part);
    beside_free(file);
    return status;
}

/* Quoted where it must be; 'prefix' in front. */
void cli_beside_header(Text *out, const char *prefix, const char *name) {
    bool quoted = strpbrk(name, ",\"\n\r") != NULL;
    if (quoted) text_add_char(out, '"');
    text_add(out, prefix);
    for (; *name; name++) {
        if (*name == '"') text_add_char(out, '"');
        text_add_char(out, *name);
    }
    if (quoted) text_add_char(out, '"');
}
