/* Emitted C becomes functions of this process: the system's 'cc', started without a shell in the
 * background, makes a shared object in a folder that only we can enter. It is opened, kept in the
 * cache (see cache.c) where there is one, and removed. */
#include "exec.h"

#ifdef __wasm__ /* nothing can be started there */

bool exec_module_possible(void) {
    return false;
}

bool exec_compiler(Text *path) {
    (void)path;
    return false;
}

Module *exec_module_start(const char *text, size_t length, const char *cache, bool build) {
    (void)text, (void)length, (void)cache, (void)build;
    return NULL;
}

ModuleState exec_module_poll(Module *module, bool wait) {
    (void)module, (void)wait;
    return MODULE_NONE;
}

void *exec_module_symbol(const Module *module, const char *name) {
    (void)module, (void)name;
    return NULL;
}

void exec_module_free(Module *module) {
    (void)module;
}

#else

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

#if defined(__x86_64__)
#include <cpuid.h>
#endif

/* -ffp-contract=off keeps each operation rounded once; the other -f flags keep all bits and let
 * loops become vector code. */
static const char *const compile_flags[] = {
    "-std=c17", "-O3", "-march=native",
#if defined(__x86_64__)
    "-mprefer-vector-width=512",
#endif
#if defined(__GNUC__) && !defined(__clang__)
    "-fno-tree-pre", "-fno-ipa-cp-clone", "-fno-gcse-after-reload", /* time without gain */
    "--param=vect-epilogues-nomask=0", /* what is left of a loop needs no vectors */
#endif
    "-ffp-contract=off", "-fno-math-errno", "-fno-trapping-math", "-fPIC", "-shared", "-pipe",
    "-w"};

struct Module {
    Text compiler, folder, source, object;
    char *cache; /* NULL: none */
    uint64_t key;
    pid_t child; /* 0: it has ended */
    void *handle;
    ModuleState state;
};

/* ---- the compiler ---------------------------------------------------------------------------- */

static bool compile_is_program(const char *path, struct stat *about) {
    return stat(path, about) == 0 && S_ISREG(about->st_mode) && access(path, X_OK) == 0;
}

/* The first 'cc' of the search path. */
static bool compile_find(Text *path, struct stat *about) {
    const char *folders = "/usr/local/bin:/usr/bin:/bin";
    for (char **entry = environ; entry && *entry; entry++)
        if (strncmp(*entry, "PATH=", 5) == 0) folders = *entry + 5;
    while (*folders) {
        size_t length = strcspn(folders, ":");
        text_clear(path);
        text_add_bytes(path, folders, length);
        text_add(path, "/cc");
        if (length > 0 && !path->failed && compile_is_program(text_string(path), about))
            return true;
        folders += length + (folders[length] == ':');
    }
    return false;
}

bool exec_compiler(Text *path) {
    struct stat about;
    bool found = compile_find(path, &about);
    if (!found) text_clear(path);
    return found;
}

bool exec_module_possible(void) {
    Text path = {0};
    bool found = exec_compiler(&path);
    text_free(&path);
    return found;
}

/* What '-march=native' looks at: family, model and abilities. */
static void compile_hash_processor(Hash *hash) {
#if defined(__x86_64__)
    unsigned a = 0, b = 0, c = 0, d = 0;
    if (__get_cpuid(1, &a, &b, &c, &d)) { /* b tells which processor of several this is */
        hash_u64(hash, a);
        hash_u64(hash, (uint64_t)c << 32 | d);
    }
    if (__get_cpuid_count(7, 0, &a, &b, &c, &d)) {
        hash_u64(hash, (uint64_t)b << 32 | c);
        hash_u64(hash, d);
    }
#else
    (void)hash;
#endif
}

static uint64_t compile_key(const struct stat *compiler, const char *text, size_t length) {
    Hash hash = hash_start();
    hash_bytes(&hash, DESCEND_VERSION, sizeof DESCEND_VERSION);
    for (size_t k = 0; k < COUNT_OF(compile_flags); k++)
        hash_bytes(&hash, compile_flags[k], strlen(compile_flags[k]) + 1);
    hash_u64(&hash, (uint64_t)compiler->st_dev);
    hash_u64(&hash, (uint64_t)compiler->st_ino);
    hash_u64(&hash, (uint64_t)compiler->st_size);
    hash_u64(&hash, (uint64_t)compiler->st_mtime);
    compile_hash_processor(&hash);
    hash_u64(&hash, length);
    hash_bytes(&hash, text, length);
    return hash.value;
}

/* ---- where it works -------------------------------------------------------------------------- */

static void compile_remove(const Module *module) {
    unlink(module->source.data);
    unlink(module->object.data);
    rmdir(module->folder.data);
}

/* A folder that did not exist before and is ours alone. */
static bool compile_folder(Module *module, const char *place) {
    text_clear(&module->folder);
    text_clear(&module->source);
    text_clear(&module->object);
    text_format(&module->folder, "%s-XXXXXX", place);
    if (module->folder.failed || !mkdtemp(module->folder.data)) return false;
    text_format(&module->source, "%s/module.c", module->folder.data);
    text_format(&module->object, "%s/module.so", module->folder.data);
    if (!module->source.failed && !module->object.failed) return true;
    rmdir(module->folder.data);
    return false;
}

static bool compile_write(const Module *module, const char *text, size_t length) {
    int file = open(module->source.data, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (file < 0) return false;
    bool good = file_write_all(file, text, length) == STATUS_OK;
    return close(file) == 0 && good;
}

/* ---- the child ------------------------------------------------------------------------------- */

/* A group of its own: an interrupt of the terminal is not for the compiler, and ending it ends what
 * it started. */
static bool compile_attributes(posix_spawnattr_t *attributes) {
    sigset_t none;
    sigemptyset(&none);
    return posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK) ==
               0 &&
           posix_spawnattr_setpgroup(attributes, 0) == 0 &&
           posix_spawnattr_setsigmask(attributes, &none) == 0;
}

static bool compile_silence(posix_spawn_file_actions_t *actions) {
    for (int stream = 0; stream < 3; stream++)
        if (posix_spawn_file_actions_addopen(actions, stream, "/dev/null",
                                             stream ? O_WRONLY : O_RDONLY, 0) != 0)
            return false;
    return true;
}

/* The list that posix_spawn takes; it changes none of the words. */
static void compile_arguments(const Module *module, char **arguments) {
    static char out[] = "-o", math[] = "-lm";
    size_t n = 0;
    arguments[n++] = module->compiler.data;
    for (size_t k = 0; k < COUNT_OF(compile_flags); k++)
        arguments[n++] = (char *)(uintptr_t)compile_flags[k];
    arguments[n++] = out;
    arguments[n++] = module->object.data;
    arguments[n++] = module->source.data;
    arguments[n++] = math;
    arguments[n] = NULL;
}

static bool compile_spawn(Module *module) {
    char *arguments[COUNT_OF(compile_flags) + 8];
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    compile_arguments(module, arguments);
    if (posix_spawn_file_actions_init(&actions) != 0) return false;
    bool good = posix_spawnattr_init(&attributes) == 0;
    if (good) {
        good = compile_silence(&actions) && compile_attributes(&attributes) &&
               posix_spawn(&module->child, module->compiler.data, &actions, &attributes, arguments,
                           environ) == 0;
        posix_spawnattr_destroy(&attributes);
    }
    posix_spawn_file_actions_destroy(&actions);
    if (!good) module->child = 0;
    return good;
}

static bool compile_in(Module *module, const char *place, const char *text, size_t length) {
    if (!compile_folder(module, place)) return false;
    if (compile_write(module, text, length) && compile_spawn(module)) return true;
    compile_remove(module);
    return false;
}

/* Where the system keeps such things; in the cache when that is full. A full cache is thus no
 * matter. */
static bool compile_build(Module *module, const char *text, size_t length) {
    Text place = {0};
    if (compile_in(module, "/tmp/descend", text, length)) return true;
    if (module->cache) text_format(&place, "%s/build", module->cache);
    bool good = place.length && !place.failed &&
                compile_in(module, text_string(&place), text, length);
    text_free(&place);
    return good;
}

/* ---- the module ------------------------------------------------------------------------------ */

/* False: this module cannot be had. */
static bool compile_begin(Module *module, const char *text, size_t length, const char *cache,
                          bool build) {
    struct stat compiler;
    Text entry = {0};
    if (!compile_find(&module->compiler, &compiler)) return false;
    module->key = compile_key(&compiler, text, length);
    if (exec_cache_ready(cache)) {
        module->cache = memory_new(strlen(cache) + 1, 1);
        if (!module->cache) return false;
        memcpy(module->cache, cache, strlen(cache));
        if (exec_cache_find(cache, module->key, &entry))
            module->handle = dlopen(text_string(&entry), RTLD_NOW | RTLD_LOCAL);
        text_free(&entry);
        if (module->handle) module->state = MODULE_READY;
        if (module->handle) return true;
    }
    return build && compile_build(module, text, length);
}

static void compile_free(Module *module) {
    text_free(&module->compiler);
    text_free(&module->folder);
    text_free(&module->source);
    text_free(&module->object);
    memory_free(module->cache);
    memory_free(module);
}

Module *exec_module_start(const char *text, size_t length, const char *cache, bool build) {
    Module *module = memory_new(1, sizeof *module);
    if (!module || compile_begin(module, text, length, cache, build)) return module;
    compile_free(module);
    return NULL;
}

static ModuleState compile_open(Module *module, int status) {
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        module->handle = dlopen(module->object.data, RTLD_NOW | RTLD_LOCAL);
    if (module->handle && module->cache) {
        exec_cache_add(module->cache, module->key, module->object.data);
        exec_cache_tidy(module->cache);
    }
    compile_remove(module);
    return module->state = module->handle ? MODULE_READY : MODULE_NONE;
}

/* A program that ignores SIGCHLD has no status for us: then the file says how it went. */
ModuleState exec_module_poll(Module *module, bool wait) {
    int status = 0;
    if (!module) return MODULE_NONE;
    if (module->state != MODULE_BUILDING) return module->state;
    pid_t ended;
    do ended = waitpid(module->child, &status, wait ? 0 : WNOHANG);
    while (ended < 0 && errno == EINTR);
    if (ended == 0) return MODULE_BUILDING;
    module->child = 0;
    return compile_open(module, ended < 0 ? 0 : status);
}

void *exec_module_symbol(const Module *module, const char *name) {
    return dlsym(module->handle, name);
}

void exec_module_free(Module *module) {
    int status;
    if (!module) return;
    if (module->child > 0) {
        kill(-module->child, SIGTERM);
        while (waitpid(module->child, &status, 0) < 0 && errno == EINTR) {}
    }
    if (module->state == MODULE_BUILDING) compile_remove(module);
    if (module->handle) dlclose(module->handle);
    compile_free(module);
}

#endif
