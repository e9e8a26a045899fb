/* Files: whole in, whole out, and what the system refuses. */
#include "../../src/base/base.h"
#include "../check.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[] = "/tmp/descend_file_test_XXXXXX";

static const char *path_of(const char *name) {
    static char path[200];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static void check_error(const Error *error, Status status, MessageId id, const char *part) {
    Text text = {0};
    error_render(error, LANGUAGE_EN, &text);
    CHECK_INT(error->status, status);
    CHECK_INT(error->what.id, id);
    if (!strstr(text_string(&text), part)) printf("%s\n", text_string(&text));
    CHECK(strstr(text_string(&text), part) != NULL);
    text_free(&text);
}

static void check_content(const char *path, const char *want, size_t length) {
    char *text = NULL;
    size_t got = 0;
    Error error = {0};
    CHECK_INT(file_read(path, 0, &text, &got, &error), STATUS_OK);
    CHECK_INT(got, length);
    if (text) CHECK(memcmp(text, want, length) == 0 && text[length] == '\0');
    memory_free(text);
}

static int entries(void) {
    int count = 0;
    DIR *listing = opendir(folder);
    if (!listing) return -1;
    while (readdir(listing)) count++;
    closedir(listing);
    return count - 2;
}

TEST(round_trip) {
    enum { LARGE = 300000 };
    char *large = malloc(LARGE);
    Error error = {0};
    if (!large) return;
    for (int i = 0; i < LARGE; i++) large[i] = (char)(i * 7);
    CHECK_INT(file_replace(path_of("a"), "first\0part", 10, &error), STATUS_OK);
    check_content(path_of("a"), "first\0part", 10);
    CHECK_INT(file_replace(path_of("a"), large, LARGE, &error), STATUS_OK);
    check_content(path_of("a"), large, LARGE);
    CHECK_INT(file_replace(path_of("a"), "", 0, &error), STATUS_OK);
    check_content(path_of("a"), "", 0);
    CHECK(file_exists(path_of("a")));
    CHECK(!file_exists(path_of("b")));
    CHECK_INT(entries(), 1);
    free(large);
}

TEST(refusals) {
    char *text = NULL;
    size_t length = 0;
    Error error = {0};
    CHECK_INT(file_read(path_of("none"), 0, &text, &length, &error), STATUS_IO);
    check_error(&error, STATUS_IO, MSG_FILE_CANNOT_READ, "there is no such file");
    CHECK_INT(file_read(folder, 0, &text, &length, &error), STATUS_INPUT);
    check_error(&error, STATUS_INPUT, MSG_FILE_IS_DIRECTORY, "is a folder");
    CHECK_INT(file_replace(folder, "x", 1, &error), STATUS_INPUT);
    check_error(&error, STATUS_INPUT, MSG_FILE_IS_DIRECTORY, "is a folder");
    CHECK_INT(file_replace(path_of("none/at/all"), "x", 1, &error), STATUS_IO);
    check_error(&error, STATUS_IO, MSG_FILE_CANNOT_WRITE, "there is no such file");
    CHECK_INT(file_replace(path_of("a/b"), "x", 1, &error), STATUS_IO);
    check_error(&error, STATUS_IO, MSG_FILE_CANNOT_WRITE, "not a folder");
    CHECK(text == NULL);
}

TEST(limits) {
    char *text = NULL;
    size_t length = 0;
    Error error = {0};
    file_replace(path_of("ten"), "0123456789", 10, &error);
    CHECK_INT(file_read(path_of("ten"), 9, &text, &length, &error), STATUS_INPUT);
    check_error(&error, STATUS_INPUT, MSG_FILE_TOO_LARGE, "larger than 9 bytes");
    CHECK_INT(file_read(path_of("ten"), 10, &text, &length, &error), STATUS_OK);
    CHECK_INT(length, 10);
    memory_free(text);
    CHECK_INT(file_read("/dev/zero", 100000, &text, &length, &error), STATUS_INPUT);
    check_error(&error, STATUS_INPUT, MSG_FILE_TOO_LARGE, "larger than 100000 bytes");
}

/* Never a device by its own name: a broken file_replace, run by root, would put a file in its
 * place. Through a link in our folder it could only replace the link. */
TEST(full_disks_and_closed_pipes) {
    Error error = {0};
    int ends[2];
    CHECK_INT(symlink("/dev/full", path_of("full")), 0);
    CHECK_INT(file_replace(path_of("full"), "x", 1, &error), STATUS_IO);
    check_error(&error, STATUS_IO, MSG_FILE_CANNOT_WRITE, "the disk is full");
    signal(SIGPIPE, SIG_IGN);
    if (pipe(ends) != 0) return;
    CHECK_INT(file_write_all(ends[1], "ab", 2), STATUS_OK);
    close(ends[0]);
    CHECK_INT(file_write_all(ends[1], "ab", 2), STATUS_IO);
    close(ends[1]);
}

/* A pipe with a name stays a pipe; what is written goes through it. */
TEST(named_pipes) {
    Error error = {0};
    struct stat about;
    char got[8] = {0};
    CHECK_INT(mkfifo(path_of("pipe"), 0600), 0);
    int reader = open(path_of("pipe"), O_RDONLY | O_NONBLOCK);
    CHECK_INT(file_replace(path_of("pipe"), "through", 7, &error), STATUS_OK);
    CHECK_INT(read(reader, got, sizeof got), 7);
    CHECK_TEXT(got, "through");
    CHECK(lstat(path_of("pipe"), &about) == 0 && S_ISFIFO(about.st_mode));
    close(reader);
}

/* A link is written through, not replaced. */
TEST(links) {
    char target[200];
    Error error = {0};
    struct stat about;
    file_replace(path_of("target"), "old", 3, &error);
    strcpy(target, path_of("target"));
    CHECK_INT(symlink(target, path_of("link")), 0);
    CHECK_INT(file_replace(path_of("link"), "newer", 5, &error), STATUS_OK);
    check_content(target, "newer", 5);
    CHECK(lstat(path_of("link"), &about) == 0 && S_ISLNK(about.st_mode));
}

TEST(standard_input) {
    enum { LARGE = 200000 };
    int ends[2];
    if (pipe(ends) != 0) return;
    pid_t child = fork();
    if (child == 0) {
        for (int i = 0; i < LARGE / 10; i++)
            if (write(ends[1], "0123456789", 10) != 10) _exit(1);
        _exit(0);
    }
    int saved = dup(STDIN_FILENO);
    dup2(ends[0], STDIN_FILENO);
    close(ends[0]), close(ends[1]);
    char *text = NULL;
    size_t length = 0;
    CHECK_INT(file_read("-", 0, &text, &length, NULL), STATUS_OK);
    CHECK_INT(length, LARGE);
    if (text) CHECK(memcmp(text + LARGE - 10, "0123456789", 11) == 0);
    memory_free(text);
    dup2(saved, STDIN_FILENO);
    close(saved);
}

#ifdef DESCEND_HOSTILE
/* A failed write leaves the old file whole and nothing beside it. */
TEST(failed_writes) {
    Error error = {0};
    file_replace(path_of("kept"), "old", 3, &error);
    int before = entries();
    file_fail_nth(1);
    CHECK_INT(file_replace(path_of("kept"), "new", 3, &error), STATUS_IO);
    file_fail_nth(0);
    check_error(&error, STATUS_IO, MSG_FILE_CANNOT_WRITE, "the disk is full");
    check_content(path_of("kept"), "old", 3);
    CHECK_INT(entries(), before);
}

TEST(failed_allocations) {
    for (long n = 1; n < 8; n++) {
        Error error = {0};
        char *text = NULL;
        size_t length = 0;
        memory_fail_nth(n);
        Status status = file_replace(path_of("kept"), "old", 3, &error);
        CHECK(status == STATUS_OK || status == STATUS_MEMORY);
        memory_fail_nth(n);
        status = file_read(path_of("kept"), 0, &text, &length, &error);
        memory_fail_nth(0);
        CHECK(status == STATUS_OK || status == STATUS_MEMORY);
        memory_free(text);
    }
}
#else
TEST(failed_writes) {
}
TEST(failed_allocations) {
}
#endif

TEST(clean_up) {
    static const char *const names[] = {"a", "ten", "target", "link", "kept", "full", "pipe"};
    for (size_t i = 0; i < COUNT_OF(names); i++) unlink(path_of(names[i]));
    CHECK_INT(entries(), 0);
    CHECK_INT(rmdir(folder), 0);
}

TEST(make_folder) {
    CHECK(mkdtemp(folder) != NULL);
}

TEST_MAIN(make_folder, round_trip, refusals, limits, full_disks_and_closed_pipes, named_pipes,
          links, standard_input, failed_writes, failed_allocations, clean_up)
