/* base: what every other folder stands on - memory, text, numbers, errors, random streams.
 *
 * Promises: nothing here prints, exits or aborts on input; nothing depends on the locale; there are
 * no globals (but the fault counters of the hostile test build).
 * Out of memory is an ordinary error: allocators return NULL, Arena, Text and Notes remember that
 * they failed, so that a stage may check once, at its end.
 */
#ifndef DESCEND_BASE_H
#define DESCEND_BASE_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* ---- status ---------------------------------------------------------------------------------- */

typedef enum Status {
    STATUS_OK = 0,
    STATUS_MEMORY,      /* an allocation failed, or the memory cap was reached */
    STATUS_INPUT,       /* the user's text, data or options are wrong: see the Error */
    STATUS_IO,          /* the system refused to read or write: see the Error */
    STATUS_INTERRUPTED, /* somebody asked to stop */
    STATUS_INTERNAL     /* our own bug, found at run time */
} Status;

/* Forward a failure to the caller. */
#define TRY(call)                                                                                  \
    do {                                                                                           \
        Status try_status_ = (call);                                                               \
        if (try_status_ != STATUS_OK) return try_status_;                                          \
    } while (0)

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

/* Before a function with long loops: compiled for wider vectors too, chosen when the program is
 * loaded. The bits are those of every other machine as long as the loops say in which order they
 * add. */
#if defined(__x86_64__) && defined(__GLIBC__) && defined(__GNUC__) && !defined(__clang__) &&      \
    !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define VECTOR_CLONES __attribute__((target_clones("default", "avx2", "avx512f")))
#else
#define VECTOR_CLONES
#endif

/* ---- memory.c -------------------------------------------------------------------------------- */

/* Zeroed memory, or NULL. All of the library's heap memory comes from here. */
void *memory_new(size_t count, size_t size);
/* Grow or shrink; new bytes are not set. NULL on failure: then 'old' is still valid. */
void *memory_resize(void *old, size_t count, size_t size);
void memory_free(void *pointer);
/* Makes room for 'need' items of 'size' bytes in '*items' (growing by half); false if it cannot. */
bool memory_reserve(void *items_pointer, size_t *capacity, size_t need, size_t size);
/* a*b and a+b; false when they do not fit into size_t. */
bool memory_multiply(size_t a, size_t b, size_t *product);
bool memory_add(size_t a, size_t b, size_t *sum);
#ifdef DESCEND_HOSTILE
/* The n-th allocation from now fails once (0: none). Test builds only. */
void memory_fail_nth(long n);
long memory_count(void);
#endif

/* ---- arena.c: memory with one lifetime ------------------------------------------------------- */

typedef struct ArenaChunk ArenaChunk;
typedef struct Arena {
    ArenaChunk *chunks;
    size_t used, size; /* of the newest chunk */
    bool failed;       /* an allocation failed since arena_free */
} Arena;               /* {0} is a valid empty arena */

/* Zeroed, aligned to 16 bytes; NULL (and failed) when memory ends. */
void *arena_alloc(Arena *arena, size_t count, size_t size);
char *arena_copy(Arena *arena, const char *text, size_t length); /* NUL-terminated copy */
void arena_free(Arena *arena);

/* ---- text.c: growable text ------------------------------------------------------------------- */

typedef struct Text {
    char *data; /* NUL-terminated; never NULL after text_string() */
    size_t length, capacity;
    bool failed; /* memory ended; the text is incomplete */
} Text;          /* {0} is a valid empty text */

void text_add(Text *text, const char *string);
void text_add_bytes(Text *text, const char *bytes, size_t length);
void text_add_char(Text *text, char c);
void text_add_repeat(Text *text, char c, size_t count);
void text_add_integer(Text *text, long long value);
void text_add_number(Text *text, double value); /* shortest decimal that reads back the same */
/* The printf of %s %d %u %c %% with '-', '0', widths, .precision of %s, l, ll and z, done here and
 * so locale-proof; there is no floating point: numbers go through text_add_number. */
void text_format(Text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));
const char *text_string(const Text *text); /* "" when empty */
char *text_take(Text *text);               /* hands the buffer over (memory_free); NULL if failed */
void text_clear(Text *text);
void text_free(Text *text);

/* ---- number.c: decimal text <-> double, exact and locale-proof ------------------------------- */

enum { NUMBER_TEXT = 40 };
typedef struct NumberText {
    char s[NUMBER_TEXT];
} NumberText; /* returned by value: number_text(x).s lives to the end of the full expression */

/* Shortest digits that read back to the same double: 0.1, 6.4, 3, -0, nan, inf; plain decimals for
 * 1e-5 <= |x| < 1e16, else 1e-9, 2.5e300. */
NumberText number_text(double value);
/* At most 'digits' significant digits (1..17), trailing zeros dropped: for people. */
NumberText number_round(double value, int digits);
/* Exactly 'decimals' digits after the point (0..20), no sign when they are all 0; from 1e16 on the
 * shortest form. */
NumberText number_fixed(double value, int decimals);
/* C99 hex float: 0x1.8p+1, nan, inf. */
NumberText number_hex(double value);
NumberText number_integer(long long value);
/* Reads the longest decimal or hex float (digits . e x; no sign, no inf/nan) at 'text', correctly
 * rounded; sets *end past it. Returns false and *end = text when there is none. */
bool number_parse(const char *text, const char *limit, const char **end, double *value);
/* As above, but the whole of [text, limit) with an optional sign, 'inf' or 'nan'; no spaces. */
bool number_read(const char *text, const char *limit, double *value);

/* ---- messages.c: every word a person reads, in English and Chinese --------------------------- */

typedef enum MessageId {
#define MESSAGE(id, en, zh) MSG_##id,
#include "messages.def"
#undef MESSAGE
    MESSAGE_COUNT
} MessageId;

typedef enum Language { LANGUAGE_EN, LANGUAGE_ZH } Language;

/* "zh", "zh_CN.UTF-8" ... -> Chinese; anything else, or NULL, English. */
Language language_of(const char *name);
/* The template: holes are {1} to {5}. */
const char *message_template(MessageId id, Language language);

enum { MESSAGE_ARGS = 5, MESSAGE_ARG_SIZE = 120 };
typedef struct Message {
    MessageId id; /* MSG_NONE (0): no message */
    char arg[MESSAGE_ARGS][MESSAGE_ARG_SIZE];
} Message; /* a plain value; long arguments are cut at a character with an ellipsis */

/* Arguments are strings; the list ends with NULL. Control characters and malformed bytes in them
 * are replaced, so that a terminal can show them. A word that must itself be translated is passed
 * as message_word(id).s. */
Message message_make(MessageId id, ... /* const char *, ..., NULL */);
Message message_make_list(MessageId id, va_list list);
NumberText message_word(MessageId id);
/* Fills the holes. */
void message_render(const Message *message, Language language, Text *out);

/* ---- error.c: what went wrong, where, and what to do about it -------------------------------- */

typedef struct Span {
    uint32_t start, end; /* byte offsets into the source; {0, 0}: nowhere */
} Span;

typedef struct Source {
    const char *name; /* file name shown to people; NULL for text typed on the command line */
    const char *text;
    size_t length;
} Source;

enum { ERROR_EXCERPT = 240 };
typedef struct Error {
    Status status;
    Message what, label, remedy; /* the sentence; the words under the caret; what to do */
    char file[MESSAGE_ARG_SIZE]; /* "" when there is none */
    long line, column;           /* from 1, column in characters; 0: unknown */
    char excerpt[ERROR_EXCERPT]; /* the line (or the part around the place) */
    int caret, caret_length;     /* display columns within the excerpt; length 0: no caret */
} Error; /* {0}: no error; a plain value that owns nothing: it can be made when memory has ended */

/* As {0}, for those who have no time: what else it holds is not looked at. */
static inline void error_none(Error *error) {
    error->status = STATUS_OK;
}

/* Sets the sentence (arguments end with NULL) and clears place, label and remedy. Returns status,
 * so that 'return error_set(...)' reads well. 'error' may be NULL. */
Status error_set(Error *error, Status status, MessageId id, ...);
Status error_memory(Error *error);
void error_label(Error *error, MessageId id, ...);
void error_remedy(Error *error, MessageId id, ...);
/* Points at a span of a source: fills file, line, column, excerpt and caret. */
void error_place(Error *error, const Source *source, Span span);
/* Points at a place in a data file, without an excerpt. */
void error_file(Error *error, const char *file, long line, long column);
/* The file in which, or with which, something is wrong; "" when there is none. */
const char *error_about_file(const Error *error);
/* The whole, as shown to a person, without a newline at its end. With an excerpt:
 *     FILE:LINE:COLUMN: sentence        (the place only when the source has a name)
 *       excerpt
 *          ^~~ label
 *     remedy
 * and without: FILE:LINE: sentence (remedy) */
void error_render(const Error *error, Language language, Text *out);

/* Things worth telling that are not failures: an Error value each, status STATUS_OK. */
typedef struct Notes {
    Error *items;
    size_t count, capacity;
    bool failed;
    Error scratch; /* what notes_add hands out when memory has ended */
} Notes;
/* Adds an empty note and returns it for error_set, valid until the next one is added (never NULL: a
 * scratch one when memory ended). */
Error *notes_add(Notes *notes);
void notes_free(Notes *notes);

/* ---- suggest.c ------------------------------------------------------------------------------- */

/* Edit distance with transpositions, in characters, giving up above 'limit' (then limit + 1). */
int suggest_distance(const char *a, const char *b, int limit);
/* The nearest of 'count' names within two edits (one for names of up to three characters, and never
 * as many as the name is long); NULL if none. */
const char *suggest_nearest(const char *name, const char *const *names, size_t count);

/* ---- unicode.c ------------------------------------------------------------------------------- */

/* Decodes one character at 'text' (limit excluded); returns its length in bytes, 0 if malformed. */
int unicode_decode(const char *text, const char *limit, uint32_t *code);
int unicode_encode(uint32_t code, char out[4]); /* number of bytes */
bool unicode_letter(uint32_t code);             /* may start a name (letters of any script, '_') */
bool unicode_name(uint32_t code);               /* may continue a name */
int unicode_width(uint32_t code);               /* columns in a terminal: 0, 1 or 2 */
int unicode_columns(const char *text, size_t length); /* of a whole text */
/* One character as a terminal may safely show it: blanks and line ends become a space, other
 * control characters and malformed bytes U+FFFD. Sets 'length' (1..4) and returns the bytes
 * read (>= 1). */
int unicode_show(const char *text, const char *limit, char out[4], int *length);
/* The NFC form of a name, NUL-terminated, in the arena (the same pointer content when it already
 * is NFC); NULL when malformed or memory ended. */
const char *unicode_nfc(Arena *arena, const char *text, size_t length);

/* ---- random.c: counter-based random numbers (Philox 4x32-10, Salmon et al., SC 2011) --------- */

typedef struct RandomKey {
    uint32_t key[2];
} RandomKey;

void random_philox(const uint32_t counter[4], const uint32_t key[2], uint32_t out[4]);
/* A stream of its own for each (seed, name): equal names give equal streams. */
RandomKey random_key(uint64_t seed, const char *name);
double random_uniform(RandomKey key, uint64_t index); /* in (0, 1): (k + 1/2) / 2^52 */
/* Mean 0, variance 1: the normal quantile of random_uniform, by + - * / sqrt alone, so that the
 * bits are the same on every machine. */
double random_normal(RandomKey key, uint64_t index);

/* ---- hash.c ---------------------------------------------------------------------------------- */

/* FNV-1a, 64 bits, over little-endian bytes: independent of the machine. */
typedef struct Hash {
    uint64_t value;
} Hash;
Hash hash_start(void);
void hash_bytes(Hash *hash, const void *bytes, size_t length);
void hash_u64(Hash *hash, uint64_t value);
void hash_double(Hash *hash, double value); /* one pattern for all NaN; -0 and 0 differ */

/* ---- pool.c: threads that do one thing together ---------------------------------------------- */

/* Threads start when first needed and wait for the next task; where none can be had, the caller
 * does all. A pool serves one caller at a time. */
typedef struct Pool Pool;
Pool *pool_new(size_t workers); /* the caller is one of them; NULL: no memory */
size_t pool_workers(const Pool *pool);
/* Calls task(context, worker) once for each worker, at the same time, and waits for all. The task
 * must not count on how many there are: some may not have started. */
void pool_run(Pool *pool, void (*task)(void *context, size_t worker), void *context);
void pool_free(Pool *pool);
void pool_yield(void); /* lets another thread work */
size_t pool_processors(void); /* that this process may use; at least 1 */

/* ---- file.c ---------------------------------------------------------------------------------- */

/* Reads a whole file (or standard input for "-") into memory of its own (memory_free), with a NUL
 * after the last byte. Refuses directories, and files larger than 'limit' bytes (0: no limit). */
Status file_read(const char *path, size_t limit, char **text, size_t *length, Error *error);
bool file_exists(const char *path);
/* Writes all bytes to a file descriptor, restarting after signals; STATUS_IO when the disk is full
 * or the pipe is closed. */
Status file_write_all(int descriptor, const char *bytes, size_t length);
/* Replaces the file as a whole: a temporary file beside it, flushed, then renamed. */
Status file_replace(const char *path, const char *bytes, size_t length, Error *error);
#ifdef DESCEND_HOSTILE
void file_fail_nth(long n); /* the n-th write from now fails once (0: none) */
#endif

#endif
