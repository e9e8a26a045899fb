/* signals: Ctrl-C ends the walk in order, a second one at once; and the line that says that the
 * program is alive. */
#include "cli.h"

#include <signal.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static descend_walk *volatile signals_walk;
static volatile sig_atomic_t signals_count;
static struct timespec signals_first;

/* A terminal, a shell and 'timeout' may each deliver the same stop: within a tenth of a second it
 * is one. */
static bool signals_again(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    double seconds = (double)(now.tv_sec - signals_first.tv_sec) +
                     1e-9 * (double)(now.tv_nsec - signals_first.tv_nsec);
    return seconds > 0.1;
}

static void signals_handle(int number) {
    descend_walk *walk = signals_walk;
    (void)number;
    if (signals_count > 0 && !signals_again()) return;
    if (signals_count > 0 || !walk) _exit(CLI_EXIT_INTERRUPTED);
    clock_gettime(CLOCK_MONOTONIC, &signals_first);
    signals_count = 1;
    descend_walk_stop(walk);
}

void cli_watch_signals(void) {
    struct sigaction action = {0};
    action.sa_handler = signals_handle;
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    /* A closed pipe and a full quota are noticed where they are written to. */
    action.sa_handler = SIG_IGN;
    sigaction(SIGPIPE, &action, NULL);
    sigaction(SIGXFSZ, &action, NULL);
}

void cli_signal_walk(descend_walk *walk) { signals_walk = walk; }

bool cli_was_interrupted(void) { return signals_count > 0; }

/* ---- progress ------------------------------------------------------------------------------- */

static const double PROGRESS_FIRST = 1, PROGRESS_EVERY = 0.2; /* seconds */

CliProgress cli_progress_start(const Cli *cli, const Command *command) {
    return (CliProgress){.wanted = !command->values[OPTION_QUIET] && !cli->style.plain &&
                                   isatty(STDERR_FILENO),
                         .next = PROGRESS_FIRST};
}

void cli_progress(const Cli *cli, CliProgress *progress, const descend_event *event) {
    if (!progress->wanted || !(event->seconds >= progress->next)) return;
    Text line = {0};
    Message message = message_make(MSG_CLI_PROGRESS, number_integer(event->step).s,
                                   cli_number(event->loss).s, cli_number(event->slope).s,
                                   number_fixed(event->seconds, 0).s, NULL);
    text_add(&line, "\r\033[K");
    message_render(&message, cli->style.language, &line);
    (void)file_write_all(STDERR_FILENO, text_string(&line), line.length);
    text_free(&line);
    progress->shown = true;
    progress->next = event->seconds + PROGRESS_EVERY;
}

void cli_progress_end(CliProgress *progress) {
    if (progress->shown) (void)file_write_all(STDERR_FILENO, "\r\033[K", 4);
    progress->shown = false;
}
