/* file: whole files in, whole files out; the only part of the library that knows the system. */
#include "base.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#ifdef DESCEND_HOSTILE
static long file_fail_at, file_writes;

void file_fail_nth(long n) {
    file_fail_at = n;
    file_writes = 0;
}

static ssize_t file_write(int descriptor, const char *bytes, size_t length) {
    if (++file_writes == file_fail_at) {
        errno = ENOSPC;
        return -1;
    }
    return write(descriptor, bytes, length);
}
#else
static ssize_t file_write(int descriptor, const char *bytes, size_t length) {
    return write(descriptor, bytes, length);
}
#endif

/* The reason in words of the catalogue. */
static NumberText file_reason(int number) {
    switch (number) {
        case ENOENT:
            return message_word(MSG_FILE_NOT_FOUND);
        case EACCES:
        case EPERM:
            return message_word(MSG_FILE_NO_PERMISSION);
        case ENOSPC:
            return message_word(MSG_FILE_NO_SPACE);
        case EROFS:
            return message_word(MSG_FILE_READ_ONLY);
        case ENOTDIR:
            return message_word(MSG_FILE_NO_FOLDER);
        default:
            break;
    }
    NumberText text = {{0}};
    if (strerror_r(number, text.s, sizeof text.s) != 0 || !text.s[0]) text = number_integer(number);
    return text;
}

static Status file_failed(Error *error, MessageId id, const char *path, int number) {
    return error_set(error, STATUS_IO, id, path, file_reason(number).s, NULL);
}

static int file_open(const char *path, int flags) {
    int descriptor;
    do descriptor = open(path, flags | O_CLOEXEC, 0666);
    while (descriptor < 0 && errno == EINTR);
    return descriptor;
}

/* ---- reading --------------------------------------------------------------------------------- */

typedef struct FileBuffer {
    char *text;
    size_t length, capacity, limit;
} FileBuffer;

static Status file_read_all(int descriptor, const char *path, FileBuffer *buffer, Error *error) {
    enum { FILE_STEP = 1 << 16 };
    for (;;) {
        size_t need = buffer->length + FILE_STEP + 1;
        if (buffer->capacity < buffer->length + 2 &&
            !memory_reserve(&buffer->text, &buffer->capacity, need, 1))
            return error_memory(error);
        ssize_t got =
            read(descriptor, buffer->text + buffer->length, buffer->capacity - buffer->length - 1);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return file_failed(error, MSG_FILE_CANNOT_READ, path, errno);
        buffer->length += (size_t)got;
        if (buffer->limit && buffer->length > buffer->limit)
            return error_set(error, STATUS_INPUT, MSG_FILE_TOO_LARGE, path,
                             number_integer((long long)buffer->limit).s, NULL);
        if (got == 0) break;
    }
    buffer->text[buffer->length] = '\0';
    return STATUS_OK;
}

/* Refuses folders, and takes the size of a plain file as the first capacity. */
static Status file_prepare(int descriptor, const char *path, FileBuffer *buffer, Error *error) {
    struct stat about;
    if (fstat(descriptor, &about) != 0)
        return file_failed(error, MSG_FILE_CANNOT_READ, path, errno);
    if (S_ISDIR(about.st_mode))
        return error_set(error, STATUS_INPUT, MSG_FILE_IS_DIRECTORY, path, NULL);
    if (!S_ISREG(about.st_mode) || about.st_size <= 0) return STATUS_OK;
    size_t size = (size_t)about.st_size;
    if (buffer->limit && size > buffer->limit)
        return error_set(error, STATUS_INPUT, MSG_FILE_TOO_LARGE, path,
                         number_integer((long long)buffer->limit).s, NULL);
    if (!memory_reserve(&buffer->text, &buffer->capacity, size + 2, 1)) return error_memory(error);
    return STATUS_OK;
}

Status file_read(const char *path, size_t limit, char **text, size_t *length, Error *error) {
    FileBuffer buffer = {.limit = limit};
    *text = NULL;
    *length = 0;
    bool standard = strcmp(path, "-") == 0;
    int descriptor = standard ? STDIN_FILENO : file_open(path, O_RDONLY);
    if (descriptor < 0) return file_failed(error, MSG_FILE_CANNOT_READ, path, errno);
    Status status = file_prepare(descriptor, path, &buffer, error);
    if (status == STATUS_OK) status = file_read_all(descriptor, path, &buffer, error);
    if (!standard) close(descriptor);
    if (status != STATUS_OK) {
        memory_free(buffer.text);
        return status;
    }
    *text = buffer.text;
    *length = buffer.length;
    return STATUS_OK;
}

bool file_exists(const char *path) {
    struct stat about;
    return stat(path, &about) == 0;
}

/* ---- writing --------------------------------------------------------------------------------- */

Status file_write_all(int descriptor, const char *bytes, size_t length) {
    while (length > 0) {
        ssize_t written = file_write(descriptor, bytes, length);
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) return STATUS_IO;
        bytes += written;
        length -= (size_t)written;
    }
    return STATUS_OK;
}

/* Devices, pipes and links are written through: a rename would put a plain file in their place. */
static Status file_write_through(const char *path, const char *bytes, size_t length, Error *error) {
    int descriptor = file_open(path, O_WRONLY | O_CREAT | O_TRUNC);
    if (descriptor < 0) return file_failed(error, MSG_FILE_CANNOT_WRITE, path, errno);
    Status status = file_write_all(descriptor, bytes, length);
    int reason = errno;
    if (close(descriptor) != 0 && status == STATUS_OK) {
        status = STATUS_IO;
        reason = errno;
    }
    return status == STATUS_OK ? status : file_failed(error, MSG_FILE_CANNOT_WRITE, path, reason);
}

/* Fills a new file beside the target; on failure nothing is left and *reason says why. */
static Status file_write_beside(const char *name, const char *bytes, size_t length, int *reason) {
    int descriptor = file_open(name, O_WRONLY | O_CREAT | O_EXCL);
    if (descriptor < 0) {
        *reason = errno;
        return STATUS_IO;
    }
    Status status = file_write_all(descriptor, bytes, length);
    if (status == STATUS_OK && fsync(descriptor) != 0) status = STATUS_IO;
    *reason = errno;
    if (close(descriptor) != 0 && status == STATUS_OK) {
        status = STATUS_IO;
        *reason = errno;
    }
    if (status != STATUS_OK) unlink(name);
    return status;
}

Status file_replace(const char *path, const char *bytes, size_t length, Error *error) {
    struct stat about;
    bool exists = lstat(path, &about) == 0;
    if (exists && S_ISDIR(about.st_mode))
        return error_set(error, STATUS_INPUT, MSG_FILE_IS_DIRECTORY, path, NULL);
    if (exists && !S_ISREG(about.st_mode)) return file_write_through(path, bytes, length, error);
    Text name = {0};
    text_add(&name, path);
    text_format(&name, ".%ld.new", (long)getpid());
    if (name.failed) {
        text_free(&name);
        return error_memory(error);
    }
    int reason = 0;
    Status status = file_write_beside(text_string(&name), bytes, length, &reason);
    if (status == STATUS_OK && rename(text_string(&name), path) != 0) {
        reason = errno;
        unlink(text_string(&name));
        status = STATUS_IO;
    }
    text_free(&name);
    return status == STATUS_OK ? status : file_failed(error, MSG_FILE_CANNOT_WRITE, path, reason);
}
