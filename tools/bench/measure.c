/* Whole processes: seconds from start to end, and their peak resident memory.
 *
 *     measure REPEAT COMMAND...
 *
 * One line of JSON. Small itself: a process inherits the peak of the one that starts it. */
#define _DEFAULT_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

static void silent(char **command) {
    int nowhere = open("/dev/null", O_WRONLY);
    dup2(nowhere, 1);
    dup2(nowhere, 2);
    execvp(command[0], command);
    _exit(127);
}

int main(int argc, char **argv) {
    long most = 0;
    int repeats = argc > 2 ? atoi(argv[1]) : 0;
    if (repeats < 1) return 2;
    printf("{\"seconds\": [");
    fflush(stdout);
    for (int k = 0; k < repeats; k++) {
        struct rusage usage;
        int status;
        double start = now();
        pid_t child = fork();
        if (child == 0) silent(argv + 2);
        if (child < 0 || wait4(child, &status, 0, &usage) < 0) return 1;
        printf("%s%.9g", k ? ", " : "", now() - start);
        if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) return 1;
        if (usage.ru_maxrss > most) most = usage.ru_maxrss;
    }
    printf("], \"peak_bytes\": %ld}\n", most * 1024);
    return 0;
}
