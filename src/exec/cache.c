/* Compiled modules kept between runs, in a folder that is the user's alone.
 *
 * An entry is one file, KEY.so: the object as the compiler wrote it, then the key and a hash of all
 * before it. The key is a hash of the text, the flags, the compiler, the processor and our version.
 * Entries are written beside and renamed, checked before they are opened, and never needed: any of
 * them, or the folder, may vanish or be damaged at any moment. */
#include "exec.h"

#ifndef __wasm__

#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum {
    CACHE_ENTRIES = 256,     /* the one used longest ago makes place */
    CACHE_DIGITS = 16,       /* of a key in a name */
    CACHE_LARGEST = 1 << 26, /* bytes of an entry */
    CACHE_OLD = 3600         /* seconds after which what a killed run left is removed */
};

static const char cache_build[] = "build-", cache_end[] = ".so";

/* What stands behind the object. */
typedef struct CacheSeal {
    uint64_t key, hash;
} CacheSeal;

static CacheSeal cache_seal(uint64_t key, const char *bytes, size_t length) {
    Hash hash = hash_start();
    hash_u64(&hash, key);
    hash_bytes(&hash, bytes, length);
    return (CacheSeal){key, hash.value};
}

static bool cache_name(const char *folder, uint64_t key, Text *name) {
    text_format(name, "%s/", folder);
    for (int shift = 60; shift >= 0; shift -= 4)
        text_add_char(name, "0123456789abcdef"[key >> shift & 15]);
    text_add(name, cache_end);
    return !name->failed;
}

/* ---- the folder ------------------------------------------------------------------------------ */

/* Folders on the way to it are made too. */
static void cache_make(const char *folder) {
    Text path = {0};
    for (const char *at = folder; *at; at++) {
        if (*at == '/' && at > folder) mkdir(text_string(&path), 0700);
        text_add_bytes(&path, at, 1);
    }
    if (!path.failed) mkdir(text_string(&path), 0700);
    text_free(&path);
}

static bool cache_is_ours(const char *folder) {
    struct stat about;
    return stat(folder, &about) == 0 && S_ISDIR(about.st_mode) && about.st_uid == geteuid() &&
           (about.st_mode & 077) == 0;
}

bool exec_cache_ready(const char *folder) {
    if (!folder || folder[0] != '/') return false;
    if (!file_exists(folder)) cache_make(folder);
    return cache_is_ours(folder);
}

/* ---- entries --------------------------------------------------------------------------------- */

static bool cache_is_whole(const char *path, uint64_t key) {
    char *bytes = NULL;
    size_t length = 0;
    CacheSeal seal, wanted;
    if (file_read(path, CACHE_LARGEST, &bytes, &length, NULL) != STATUS_OK) return false;
    bool good = length > sizeof seal;
    if (good) {
        length -= sizeof seal;
        memcpy(&seal, bytes + length, sizeof seal);
        wanted = cache_seal(key, bytes, length);
        good = seal.key == wanted.key && seal.hash == wanted.hash;
    }
    memory_free(bytes);
    return good;
}

bool exec_cache_find(const char *folder, uint64_t key, Text *path) {
    if (!cache_name(folder, key, path) || !file_exists(text_string(path))) return false;
    if (cache_is_whole(text_string(path), key)) {
        (void)utimensat(AT_FDCWD, text_string(path), NULL, 0); /* used now */
        return true;
    }
    unlink(text_string(path));
    return false;
}

void exec_cache_add(const char *folder, uint64_t key, const char *object) {
    Text path = {0}, entry = {0};
    char *bytes = NULL;
    size_t length = 0;
    if (cache_name(folder, key, &path) &&
        file_read(object, CACHE_LARGEST, &bytes, &length, NULL) == STATUS_OK) {
        CacheSeal seal = cache_seal(key, bytes, length);
        text_add_bytes(&entry, bytes, length);
        text_add_bytes(&entry, (const char *)&seal, sizeof seal);
        if (!entry.failed) file_replace(text_string(&path), entry.data, entry.length, NULL);
    }
    memory_free(bytes);
    text_free(&entry);
    text_free(&path);
}

/* ---- tidying --------------------------------------------------------------------------------- */

static void cache_remove(const char *path, bool folder) {
    static const char *const inside[] = {"/module.c", "/module.so"};
    for (size_t k = 0; folder && k < COUNT_OF(inside); k++) {
        Text name = {0};
        text_format(&name, "%s%s", path, inside[k]);
        if (!name.failed) unlink(text_string(&name));
        text_free(&name);
    }
    if (folder) rmdir(path);
    else unlink(path);
}

/* Names of others are left alone, whatever folder the user gave. */
static bool cache_is_key(const char *name) {
    size_t digits = strspn(name, "0123456789abcdef");
    return digits == CACHE_DIGITS && strncmp(name + digits, cache_end, sizeof cache_end - 1) == 0;
}

static bool cache_is_entry(const char *name) {
    return cache_is_key(name) && strlen(name) == CACHE_DIGITS + sizeof cache_end - 1;
}

/* What stays when a run is killed: a build folder, or an entry that was being written. */
static bool cache_is_left(const char *name) {
    size_t length = strlen(name), start = sizeof cache_build - 1;
    bool folder = length == start + 6 && strncmp(name, cache_build, start) == 0;
    return folder || (cache_is_key(name) && strcmp(name + length - 4, ".new") == 0);
}

/* The entries, and the one used longest ago. */
typedef struct CacheList {
    size_t count;
    time_t oldest;
    Text name;
} CacheList;

static void cache_look_at(const char *folder, const char *name, CacheList *list) {
    struct stat about;
    Text path = {0};
    text_format(&path, "%s/%s", folder, name);
    bool good = !path.failed && lstat(text_string(&path), &about) == 0;
    bool entry = cache_is_entry(name);
    if (good && entry && (list->count++ == 0 || about.st_mtime < list->oldest)) {
        list->oldest = about.st_mtime;
        text_clear(&list->name);
        text_add(&list->name, text_string(&path));
    }
    if (good && cache_is_left(name) && time(NULL) - about.st_mtime > CACHE_OLD)
        cache_remove(text_string(&path), S_ISDIR(about.st_mode));
    text_free(&path);
}

void exec_cache_tidy(const char *folder) {
    CacheList list = {0};
    DIR *all = opendir(folder);
    if (!all) return;
    for (const struct dirent *one; (one = readdir(all));) cache_look_at(folder, one->d_name, &list);
    closedir(all);
    if (list.count > CACHE_ENTRIES && !list.name.failed) unlink(text_string(&list.name));
    text_free(&list.name);
}

#endif
