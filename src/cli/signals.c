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

static double signals_seconds(struct timespec since) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)(now.tv_sec - since.tv_sec) + 1e-9 * (double)(now.tv_nsec - since.tv_nsec);
}

/* A terminal, a shell and 'timeout' may each deliver the same stop: within a tenth of a second it
 * is one. */
static bool signals_again(void) { return signals_seconds(signals_first) > 0.1; }

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
                         .next = PROGRESS_FIRST,
                         .began = signals_seconds((struct timespec){0})};
}

static void progress_show(const Cli *cli, CliProgress *progress, const Message *message,
                          double seconds) {
    Text line = {0};
    text_add(&line, "\r\033[K");
    message_render(message, cli->style.language, &line);
    (void)file_write_all(STDERR_FILENO, text_string(&line), line.length);
    text_free(&line);
    progress->shown = true;
    progress->next = seconds + PROGRESS_EVERY;
}

void cli_progress(const Cli *cli, CliProgress *progress, const descend_event *event) {
    if (!progress->wanted || !(event->seconds >= progress->next)) return;
    Message message = message_make(MSG_CLI_PROGRESS, number_integer(event->step).s,
                                   cli_number(event->loss).s, cli_number(event->slope).s,
                                   number_fixed(event->seconds, 0).s, NULL);
    progress_show(cli, progress, &message, event->seconds);
}

void cli_progress_intervals(const Cli *cli, CliProgress *progress, double share) {
    double seconds = signals_seconds((struct timespec){0}) - progress->began;
    if (!progress->wanted || seconds < progress->next) return;
    Message message = message_make(MSG_CLI_PROGRESS_INTERVALS, number_fixed(100 * share, 0).s,
                                   number_fixed(seconds, 0).s, NULL);
    progress_show(cli, progress, &message, seconds);
}

void cli_progress_end(CliProgress *progress) {
    if (progress->shown) (void)file_write_all(STDERR_FILENO, "\r\033[K", 4);
    progress->shown = false;
}
