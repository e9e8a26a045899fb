/* Emitted C becomes functions of this process: the system's 'cc', started without a shell in the
 * background, makes a shared object in a folder that only we can enter; it is opened and both are
 * removed at once, so nothing is left behind and nobody else's file is ever loaded. */
#include "exec.h"

#ifdef __wasm__ /* nothing can be started there */

Module *exec_module_start(const char *text, size_t length) {
    (void)text, (void)length;
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
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

enum { COMPILE_PATH = 64 };

struct Module {
    char folder[COMPILE_PATH], source[COMPILE_PATH], object[COMPILE_PATH];
    pid_t compiler; /* 0: it has ended */
    void *handle;
    ModuleState state;
};

static void compile_remove(const Module *module) {
    unlink(module->source);
    unlink(module->object);
    rmdir(module->folder);
}

static void compile_name(const Module *module, const char *end, char path[COMPILE_PATH]) {
    size_t length = strlen(module->folder);
    memcpy(path, module->folder, length);
    memcpy(path + length, end, strlen(end) + 1);
}

static bool compile_write(const Module *module, const char *text, size_t length) {
    int file = open(module->source, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (file < 0) return false;
    bool good = file_write_all(file, text, length) == STATUS_OK;
    return close(file) == 0 && good;
}

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

/* -ffp-contract=off keeps each operation rounded once; the other -f flags keep all bits and let
 * loops become vector code. */
static bool compile_spawn(Module *module) {
    char *const arguments[] = {
        (char[]){"cc"}, (char[]){"-std=c17"}, (char[]){"-O3"}, (char[]){"-march=native"},
#if defined(__x86_64__)
        (char[]){"-mprefer-vector-width=512"},
#endif
        (char[]){"-ffp-contract=off"}, (char[]){"-fno-math-errno"}, (char[]){"-fno-trapping-math"},
        (char[]){"-fPIC"}, (char[]){"-shared"}, (char[]){"-pipe"}, (char[]){"-w"}, (char[]){"-o"},
        module->object, module->source, (char[]){"-lm"}, NULL};
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    if (posix_spawn_file_actions_init(&actions) != 0) return false;
    bool good = posix_spawnattr_init(&attributes) == 0;
    if (good) {
        good = compile_silence(&actions) && compile_attributes(&attributes) &&
               posix_spawnp(&module->compiler, "cc", &actions, &attributes, arguments, environ) ==
                   0;
        posix_spawnattr_destroy(&attributes);
    }
    posix_spawn_file_actions_destroy(&actions);
    if (!good) module->compiler = 0;
    return good;
}

Module *exec_module_start(const char *text, size_t length) {
    Module *module = memory_new(1, sizeof *module);
    if (!module) return NULL;
    memcpy(module->folder, "/tmp/descend-XXXXXX", sizeof "/tmp/descend-XXXXXX");
    if (!mkdtemp(module->folder)) {
        memory_free(module);
        return NULL;
    }
    compile_name(module, "/module.c", module->source);
    compile_name(module, "/module.so", module->object);
    if (compile_write(module, text, length) && compile_spawn(module)) return module;
    compile_remove(module);
    memory_free(module);
    return NULL;
}

static ModuleState compile_open(Module *module, int status) {
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        module->handle = dlopen(module->object, RTLD_NOW | RTLD_LOCAL);
    compile_remove(module);
    return module->state = module->handle ? MODULE_READY : MODULE_NONE;
}

/* A program that ignores SIGCHLD has no status for us: then the file says how it went. */
ModuleState exec_module_poll(Module *module, bool wait) {
    int status = 0;
    if (!module) return MODULE_NONE;
    if (module->state != MODULE_BUILDING) return module->state;
    pid_t ended;
    do ended = waitpid(module->compiler, &status, wait ? 0 : WNOHANG);
    while (ended < 0 && errno == EINTR);
    if (ended == 0) return MODULE_BUILDING;
    module->compiler = 0;
    return compile_open(module, ended < 0 ? 0 : status);
}

void *exec_module_symbol(const Module *module, const char *name) {
    return dlsym(module->handle, name);
}

void exec_module_free(Module *module) {
    int status;
    if (!module) return;
    if (module->compiler > 0) {
        kill(-module->compiler, SIGTERM);
        while (waitpid(module->compiler, &status, 0) < 0 && errno == EINTR) {}
    }
    if (module->state == MODULE_BUILDING) compile_remove(module);
    if (module->handle) dlclose(module->handle);
    memory_free(module);
}

#endif
