/* The command, run inside this test, while the n-th allocation or write fails: it ends with
 * the exit code of its verdict or with 2, writes no half of a file, and leaves nothing behind. */
#include "../../src/cli/cli.h"
#include "../check.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* Standard output and error lead nowhere while the command runs: what it says is not looked at. */
static int command_run(char **words) {
    int count = 0;
    Cli cli = {0};
    while (words[count]) count++;
    fflush(stdout);
    int out = dup(1), errors = dup(2), nowhere = open("/dev/null", O_WRONLY);
    dup2(nowhere, 1);
    dup2(nowhere, 2);
    int code = cli_run(&cli, count, words);
    if (!cli_flush(&cli)) code = CLI_EXIT_REFUSED;
    text_free(&cli.out);
    dup2(out, 1);
    dup2(errors, 2);
    close(out);
    close(errors);
    close(nowhere);
    return code;
}

static const char *command_scratch(char *path, size_t size, const char *name) {
    const char *folder = getenv("SCRATCH");
    snprintf(path, size, "%s/%s", folder ? folder : ".", name);
    return path;
}

/* Runs the words for every stride-th n; 'check' looks at what is there after a failure. */
static void command_some(char **words, int good, void (*fail_nth)(long), long (*count)(void),
                         void (*check)(int code), long stride) {
    fail_nth(0);
    CHECK_INT(command_run(words), good);
    long total = count(), refused = 0;
    for (long n = 1; n <= total; n += stride) {
        fail_nth(n);
        int code = command_run(words);
        fail_nth(0);
        CHECK(code == good || code == CLI_EXIT_REFUSED);
        if (code != good && code != CLI_EXIT_REFUSED) printf("n = %ld: exit code %d\n", n, code);
        refused += code != good;
        if (check) check(code);
    }
    CHECK_INT(command_run(words), good);
    CHECK(refused > 0 || good == CLI_EXIT_REFUSED);
    printf("'%s': %ld of %ld failures ended with exit code 2\n", words[0], refused, total);
}

static void command_every(char **words, int good, void (*fail_nth)(long), long (*count)(void),
                          void (*check)(int code)) {
    command_some(words, good, fail_nth, count, check, 1);
}

static void command_memory(char **words, int good) {
    command_every(words, good, memory_fail_nth, memory_count, NULL);
}

TEST(minimize) {
    char *words[] = {"minimize", "w^2", "w=10", "--rate", "0.1", "--steps", "30", NULL};
    command_memory(words, CLI_EXIT_DONE);
    char *json[] = {"(a-1)^2 + b^2", "a=3", "b=1,0..2", "--json", NULL};
    command_memory(json, CLI_EXIT_DONE);
    char *several[] = {"w^2", "w=1", "--rate", "0.1", "--rate", "1.1", "--steps", "5", NULL};
    command_memory(several, CLI_EXIT_DONE);
    char *measured[] = {"100*(y - x^2)^2 + (1 - x)^2", "x=-1.2", "y=1", "--optimizer", "gd",
                        "--steps", "20", NULL};
    command_memory(measured, CLI_EXIT_DONE);
    char *rolling[] = {"fit", "y ~ a*x + b", "x=1,2,3,4 y=2,4,5,9", "--optimizer", "momentum",
                       "--restarts", "2", "--steps", "20", NULL};
    command_memory(rolling, CLI_EXIT_DONE);
}

TEST(fit) {
    char *words[] = {"fit", "y ~ a*x + b", "examples/data/line.csv", "--plot", "always", NULL};
    command_memory(words, CLI_EXIT_DONE);
    char *tied[] = {"fit", "y ~ a*exp(b + x) + c*z + d*z", "x=1,2,3,4,5,6,7 z=3,1,4,1,5,9,2 "
                    "y=3,8,21,55,149,404,1096", "a=1", "b=0", "c=1", "d=1", NULL};
    command_memory(tied, CLI_EXIT_DONE);
    char *profile[] = {"fit", "y ~ a*x + b", "x=1,2,3,4 y=2,4,5,9", "--intervals", "profile",
                       "--json", NULL};
    command_memory(profile, CLI_EXIT_DONE);
    char *bootstrap[] = {"fit", "y ~ a*x + b", "x=1,2,3,4,5 y=2,4,5,9,9", "--intervals",
                         "bootstrap:100", "--threads", "1", NULL};
    command_memory(bootstrap, CLI_EXIT_DONE);
}

TEST(ranking) {
    char *words[] = {"fit", "y ~ a*x + b", "y ~ a*x^2 + b*x + c", "examples/data/line.csv", "a=1",
                     "b=1", "c=1",         "--plot",              "always",                 NULL};
    command_memory(words, CLI_EXIT_DONE);
    char *json[] = {"y ~ a*x + b", "y ~ a*x", "x=1,2,3,4 y=2,4,5,9", "a=1", "b=1", "--json", NULL};
    command_memory(json, CLI_EXIT_DONE);
    char *left[] = {"y ~ a*x + b", "log(y) ~ a*x", "x=1,2,3,4 y=2,4,5,9", "a=1", "b=1", NULL};
    command_memory(left, CLI_EXIT_REFUSED);
}

TEST(models) {
    char *words[] = {"linear", "x=1,2,3,4 y=3,5,8,8 z=1,1,2,2", "y=z", "--json", NULL};
    command_memory(words, CLI_EXIT_DONE);
    char *misspelt[] = {"fit", "gausian", "x=1,2 y=3,4", NULL};
    command_some(misspelt, CLI_EXIT_REFUSED, memory_fail_nth, memory_count, NULL, 97);
    char *list[] = {"show", NULL};
    command_some(list, CLI_EXIT_DONE, memory_fail_nth, memory_count, NULL, 97);
}

TEST(slope) {
    char *words[] = {"slope", "w^2", "w=10", NULL};
    command_memory(words, CLI_EXIT_DONE);
}

TEST(bisect) {
    char *words[] = {"bisect", "w^2 - 2*w", "w=-100..100", NULL};
    command_memory(words, CLI_EXIT_DONE);
}

TEST(refusals) {
    char *words[] = {"y ~ a*exp(-bta*x) + c", "x=1,2,3 y=2,3,4", "beta=1", NULL};
    command_memory(words, CLI_EXIT_REFUSED);
}

/* ---- writes ---------------------------------------------------------------------------------- */

static long command_writes(void) { return 12; } /* more than any command here makes */

TEST(report_not_taken) {
    char *words[] = {"w^2", "w=10", "--rate", "0.1", "--steps", "3", NULL};
    command_every(words, CLI_EXIT_DONE, file_fail_nth, command_writes, NULL);
}

/* A file is there as a whole, or not at all. */
static void command_check_file(const char *name, int code, size_t wanted) {
    char path[512], text[65536];
    FILE *file = fopen(command_scratch(path, sizeof path, name), "r");
    if (code == CLI_EXIT_DONE) CHECK(file != NULL);
    if (!file) return;
    size_t length = fread(text, 1, sizeof text - 1, file), lines = 0;
    fclose(file);
    for (size_t i = 0; i < length; i++) lines += text[i] == '\n';
    CHECK_INT(lines, wanted);
    remove(path);
}

static void command_check_trace(int code) { command_check_file("trace.csv", code, 4); }

static void command_check_band(int code) { command_check_file("band.csv", code, 202); }

/* No temporary file is left in the scratch folder. */
static void command_check_empty(void) {
    char path[512];
    DIR *folder = opendir(command_scratch(path, sizeof path, ""));
    CHECK(folder != NULL);
    if (!folder) return;
    for (struct dirent *entry; (entry = readdir(folder)) != NULL;)
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            check_fail(__FILE__, __LINE__, entry->d_name);
    closedir(folder);
}

TEST(trace) {
    char path[512];
    command_scratch(path, sizeof path, "trace.csv");
    char *words[] = {"w^2", "w=10",    "--rate", "0.1",         "--steps",
                     "3",   "--trace", path,     "--overwrite", NULL};
    command_every(words, CLI_EXIT_DONE, file_fail_nth, command_writes, command_check_trace);
    remove(path);
    command_check_empty();
}

TEST(band) {
    char path[512];
    command_scratch(path, sizeof path, "band.csv");
    char *words[] = {"y ~ a*x + b", "examples/data/line.csv", "a=1", "b=1", "--band",
                     path,          "--overwrite",            NULL};
    command_every(words, CLI_EXIT_DONE, file_fail_nth, command_writes, command_check_band);
    command_every(words, CLI_EXIT_DONE, memory_fail_nth, memory_count, command_check_band);
    remove(path);
    command_check_empty();
}

static const char *command_read(const char *path, char *text, size_t size) {
    FILE *file = fopen(path, "r");
    size_t length = file ? fread(text, 1, size - 1, file) : 0;
    text[length] = 0;
    if (file) fclose(file);
    return text;
}

TEST(replacing) {
    char path[512], text[64];
    command_scratch(path, sizeof path, "kept.txt");
    CHECK_INT(file_replace(path, "old", 3, NULL), STATUS_OK);
    Error error;
    file_fail_nth(1);
    CHECK_INT(file_replace(path, "new", 3, &error), STATUS_IO);
    file_fail_nth(0);
    CHECK_INT(error.what.id, MSG_FILE_CANNOT_WRITE);
    CHECK_TEXT(command_read(path, text, sizeof text), "old");
    CHECK_INT(file_replace(path, "new", 3, NULL), STATUS_OK);
    CHECK_TEXT(command_read(path, text, sizeof text), "new");
    remove(path);
    command_check_empty();
}

TEST_MAIN(minimize, fit, models, ranking, slope, bisect, refusals, report_not_taken, trace, band,
          replacing)
