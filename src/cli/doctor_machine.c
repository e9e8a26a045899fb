/* doctor_machine: what 'descend doctor' alone tells - the machine, and what is used of it. */
#include "cli.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <spawn.h>
#include <string.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#if defined(__x86_64__)
#include <cpuid.h>
#endif

extern char **environ;

enum { MACHINE_LINE = 200 };

/* ---- processor ------------------------------------------------------------------------------- */

/* Its own words: three leaves of 16 letters. */
static void machine_processor(Text *out) {
#if defined(__x86_64__)
    enum { MACHINE_BRAND = 0x80000002u, MACHINE_LEAVES = 3 };
    unsigned words[4 * MACHINE_LEAVES + 1] = {0};
    bool told = true;
    for (unsigned k = 0; k < MACHINE_LEAVES; k++) {
        unsigned *w = words + 4 * k;
        told = told && __get_cpuid(MACHINE_BRAND + k, &w[0], &w[1], &w[2], &w[3]);
    }
    const char *brand = (const char *)words;
    if (told) text_add(out, brand + strspn(brand, " "));
#endif
    struct utsname name;
    if (out->length == 0 && uname(&name) == 0) text_add(out, name.machine);
}

/* ---- compiler -------------------------------------------------------------------------------- */

static void machine_read_line(int from, Text *out) {
    char buffer[MACHINE_LINE];
    for (ssize_t got; (got = read(from, buffer, sizeof buffer)) != 0;) {
        if (got < 0 && errno != EINTR) return;
        for (ssize_t k = 0; k < got && out->length < MACHINE_LINE; k++) {
            if (buffer[k] == '\n') return;
            text_add_bytes(out, &buffer[k], 1);
        }
    }
}

/* The first line of 'cc --version'. */
static void machine_compiler(const char *path, Text *out) {
    static char option[] = "--version";
    char *arguments[] = {(char *)(uintptr_t)path, option, NULL};
    posix_spawn_file_actions_t actions;
    int ends[2], status;
    pid_t child;
    if (!path[0] || pipe(ends) != 0) return;
    if (posix_spawn_file_actions_init(&actions) == 0) {
        bool good = posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO) == 0 &&
                    posix_spawn_file_actions_addclose(&actions, ends[0]) == 0 &&
                    posix_spawn(&child, path, &actions, NULL, arguments, environ) == 0;
        posix_spawn_file_actions_destroy(&actions);
        close(ends[1]);
        if (good) machine_read_line(ends[0], out);
        close(ends[0]);
        while (good && waitpid(child, &status, 0) < 0 && errno == EINTR) {}
        return;
    }
    close(ends[0]);
    close(ends[1]);
}

/* ---- the report ------------------------------------------------------------------------------ */

typedef struct Machine {
    char *instructions, *compiler; /* of the library */
    Text processor, version, cache;
    double read, operations;
} Machine;

static Status machine_look(Cli *cli, Machine *machine) {
    *machine = (Machine){.read = NAN, .operations = NAN};
    machine->instructions = descend_machine_text("instructions");
    machine->compiler = descend_machine_text("compiler");
    if (!machine->instructions || !machine->compiler ||
        descend_machine_limits(&machine->read, &machine->operations) < 0)
        return error_memory(&cli->error);
    machine_processor(&machine->processor);
    machine_compiler(machine->compiler, &machine->version);
    cli_cache_folder(&machine->cache);
    return STATUS_OK;
}

static void machine_free(Machine *machine) {
    descend_free(machine->instructions);
    descend_free(machine->compiler);
    text_free(&machine->processor);
    text_free(&machine->version);
    text_free(&machine->cache);
}

static void machine_report(Cli *cli, const Machine *machine) {
    const char *none = cli_text(cli, MSG_CLI_MACHINE_NONE);
    const char *version = text_string(&machine->version);
    Text compiler = {0};
    text_format(&compiler, version[0] ? "%s (%s)" : "%s", machine->compiler, version);
    cli_say(cli, MSG_CLI_MACHINE_VERSION, descend_version(), NULL);
    cli_say(cli, MSG_CLI_MACHINE_PROCESSOR, text_string(&machine->processor),
            number_integer((long long)pool_processors()).s, machine->instructions, NULL);
    cli_say(cli, MSG_CLI_MACHINE_COMPILER, machine->compiler[0] ? text_string(&compiler) : none,
            NULL);
    cli_say(cli, MSG_CLI_MACHINE_CACHE,
            machine->cache.length ? text_string(&machine->cache) : none, NULL);
    cli_say(cli, MSG_CLI_MACHINE_LIMITS, number_round(machine->read / 1e9, 3).s,
            number_round(machine->operations / 1e9, 3).s, NULL);
    text_free(&compiler);
}

static void machine_json(Cli *cli, const Machine *machine) {
    ViewJson json = {.out = &cli->out};
    view_json_open(&json, NULL, '{');
    view_json_text(&json, "version", descend_version());
    view_json_text(&json, "processor", text_string(&machine->processor));
    view_json_integer(&json, "processors", (long long)pool_processors());
    view_json_text(&json, "instructions", machine->instructions);
    view_json_text(&json, "compiler", machine->compiler[0] ? machine->compiler : NULL);
    view_json_text(&json, "compiler_version",
                   machine->version.length ? text_string(&machine->version) : NULL);
    view_json_text(&json, "cache", machine->cache.length ? text_string(&machine->cache) : NULL);
    view_json_number(&json, "read_limit", machine->read);
    view_json_number(&json, "operation_limit", machine->operations);
    view_json_close(&json, '}');
}

int cli_doctor_machine(Cli *cli) {
    Machine machine;
    bool good = machine_look(cli, &machine) == STATUS_OK;
    if (good && cli->json) machine_json(cli, &machine);
    else if (good) machine_report(cli, &machine);
    machine_free(&machine);
    return good ? CLI_EXIT_DONE : cli_refused(cli);
}
