/* memory: the one door to the heap. */
#include "base.h"

#include <stdlib.h>
#include <string.h>

#ifdef DESCEND_HOSTILE
static long memory_fail_at, memory_seen;

void memory_fail_nth(long n) {
    memory_fail_at = n;
    memory_seen = 0;
}

long memory_count(void) {
    return memory_seen;
}

static bool memory_refuses(void) {
    return ++memory_seen == memory_fail_at;
}
#else
static bool memory_refuses(void) {
    return false;
}
#endif

#ifdef __linux__
extern int madvise(void *start, size_t length, int advice); /* not in POSIX */

/* Large pieces ask for large pages: columns are then read a fifth faster. What the system answers
 * does not matter. */
static void memory_advise(void *piece, size_t bytes) {
    enum { LARGE = 4 << 20, PAGE = 4096, WANT_LARGE_PAGES = 14 };
    size_t past = (uintptr_t)piece % PAGE, skip = past ? PAGE - past : 0;
    if (!piece || bytes < LARGE) return;
    (void)madvise((char *)piece + skip, bytes - skip, WANT_LARGE_PAGES);
}
#else
static void memory_advise(void *piece, size_t bytes) {
    (void)piece, (void)bytes;
}
#endif

bool memory_multiply(size_t a, size_t b, size_t *product) {
    if (b != 0 && a > SIZE_MAX / b) return false;
    *product = a * b;
    return true;
}

bool memory_add(size_t a, size_t b, size_t *sum) {
    if (a > SIZE_MAX - b) return false;
    *sum = a + b;
    return true;
}

/* Of zero bytes we ask for one, so that NULL always means failure. */
void *memory_new(size_t count, size_t size) {
    size_t bytes = 0;
    if (!memory_multiply(count, size, &bytes) || memory_refuses()) return NULL;
    void *piece = calloc(bytes ? bytes : 1, 1);
    memory_advise(piece, bytes);
    return piece;
}

void *memory_resize(void *old, size_t count, size_t size) {
    size_t bytes = 0;
    if (!memory_multiply(count, size, &bytes) || memory_refuses()) return NULL;
    void *piece = realloc(old, bytes ? bytes : 1);
    memory_advise(piece, bytes);
    return piece;
}

void memory_free(void *pointer) {
    free(pointer);
}

bool memory_reserve(void *items_pointer, size_t *capacity, size_t need, size_t size) {
    if (need <= *capacity) return true;
    size_t larger = *capacity > SIZE_MAX / 2 ? need : *capacity + *capacity / 2 + 8;
    if (larger < need) larger = need;
    void *items;
    memcpy(&items, items_pointer, sizeof items);
    items = memory_resize(items, larger, size);
    if (!items) return false;
    memcpy(items_pointer, &items, sizeof items);
    *capacity = larger;
    return true;
}
