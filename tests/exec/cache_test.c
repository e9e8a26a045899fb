/* The cache of compiled modules: whole entries only, nobody else's folder, bounded, and no run is
 * hurt by its loss. */
#include "../check.h"
#include "../../src/exec/exec.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static char cache_folder[4096];

static const char *cache_new_folder(const char *name) {
    const char *scratch = getenv("SCRATCH");
    snprintf(cache_folder, sizeof cache_folder, "%s/%s-%ld/deep/er", scratch ? scratch : "/tmp",
             name, (long)getpid());
    return cache_folder;
}

static void cache_write(const char *name, const char *text) {
    char path[8192];
    snprintf(path, sizeof path, "%s/%s", cache_folder, name);
    CHECK_INT(file_replace(path, text, strlen(text), NULL), STATUS_OK);
}

static bool cache_has(const char *name) {
    char path[8192];
    snprintf(path, sizeof path, "%s/%s", cache_folder, name);
    return file_exists(path);
}

static void cache_age(const char *name, long seconds) {
    char path[8192];
    struct timespec times[2] = {{.tv_sec = time(NULL) - seconds}, {.tv_sec = time(NULL) - seconds}};
    snprintf(path, sizeof path, "%s/%s", cache_folder, name);
    CHECK_INT(utimensat(AT_FDCWD, path, times, 0), 0);
}

static bool cache_finds(uint64_t key) {
    Text path = {0};
    bool found = exec_cache_find(cache_folder, key, &path);
    text_free(&path);
    return found;
}

static void cache_add(uint64_t key, const char *object) {
    char path[8192];
    snprintf(path, sizeof path, "%s/object", cache_folder);
    CHECK_INT(file_replace(path, object, strlen(object), NULL), STATUS_OK);
    exec_cache_add(cache_folder, key, path);
    CHECK_INT(unlink(path), 0);
}

TEST(what_was_added_is_found_until_it_is_damaged) {
    CHECK(exec_cache_ready(cache_new_folder("damage")));
    CHECK(!cache_finds(0x1234));
    cache_add(0x1234, "an object of some length");
    CHECK(cache_has("0000000000001234.so"));
    CHECK(cache_finds(0x1234));
    CHECK(!cache_finds(0x1235));
    cache_write("0000000000001234.so", "an object of some length, cut short");
    CHECK(!cache_finds(0x1234));
    CHECK(!cache_has("0000000000001234.so"));
    cache_write("0000000000001235.so", "");
    CHECK(!cache_finds(0x1235));
}

TEST(only_a_folder_of_ones_own_is_used) {
    CHECK(!exec_cache_ready(NULL));
    CHECK(!exec_cache_ready(""));
    CHECK(!exec_cache_ready("relative"));
    CHECK(exec_cache_ready(cache_new_folder("mode")));
    CHECK_INT(chmod(cache_folder, 0770), 0);
    CHECK(!exec_cache_ready(cache_folder));
    CHECK_INT(chmod(cache_folder, 0700), 0);
    CHECK(exec_cache_ready(cache_folder));
    cache_write("file", "");
    strcat(cache_folder, "/file");
    CHECK(!exec_cache_ready(cache_folder));
    strcat(cache_folder, "/below");
    CHECK(!exec_cache_ready(cache_folder));
}

TEST(tidying_keeps_what_is_new_and_what_is_not_ours) {
    char name[64];
    CHECK(exec_cache_ready(cache_new_folder("tidy")));
    cache_write("notes.txt", "mine");
    cache_write("0123.so", "mine too");
    cache_write("00000000000000ff.so.77.new", "half an entry");
    cache_write("00000000000000fe.so.77.new", "half an entry");
    snprintf(name, sizeof name, "%s", "build-abcdef");
    char path[8192];
    snprintf(path, sizeof path, "%s/%s", cache_folder, name);
    CHECK_INT(mkdir(path, 0700), 0);
    cache_write("build-abcdef/module.c", "int x;");
    cache_age("notes.txt", 100000);
    cache_age("0123.so", 100000);
    cache_age("00000000000000ff.so.77.new", 100000);
    cache_age("build-abcdef", 100000);
    exec_cache_tidy(cache_folder);
    CHECK(cache_has("notes.txt") && cache_has("0123.so"));
    CHECK(!cache_has("00000000000000ff.so.77.new") && cache_has("00000000000000fe.so.77.new"));
    CHECK(!cache_has("build-abcdef"));
}

TEST(the_entry_used_longest_ago_makes_place) {
    char name[64];
    CHECK(exec_cache_ready(cache_new_folder("bound")));
    for (unsigned k = 0; k < 257; k++) {
        cache_add(k, "object");
        snprintf(name, sizeof name, "%016x.so", k);
        cache_age(name, 1000 - (long)k);
    }
    CHECK(cache_finds(0)); /* used now */
    exec_cache_tidy(cache_folder);
    CHECK(cache_has("0000000000000000.so") && !cache_has("0000000000000001.so"));
    CHECK(cache_has("0000000000000002.so"));
    exec_cache_tidy(cache_folder);
    CHECK(cache_has("0000000000000002.so"));
}

TEST_MAIN(what_was_added_is_found_until_it_is_damaged, only_a_folder_of_ones_own_is_used,
          tidying_keeps_what_is_new_and_what_is_not_ours, the_entry_used_longest_ago_makes_place)
