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
    return calloc(bytes ? bytes : 1, 1);
}

void *memory_resize(void *old, size_t count, size_t size) {
    size_t bytes = 0;
    if (!memory_multiply(count, size, &bytes) || memory_refuses()) return NULL;
    return realloc(old, bytes ? bytes : 1);
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
