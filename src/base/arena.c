/* arena: chunks of zeroed memory that live and die together. */
#include "base.h"

#include <string.h>

struct ArenaChunk {
    ArenaChunk *next;
};

enum { ARENA_ALIGN = 16, ARENA_HEADER = 16 };
#ifdef DESCEND_HOSTILE
enum { ARENA_FIRST = 64, ARENA_LARGEST = 64 };
#else
enum { ARENA_FIRST = 16 << 10, ARENA_LARGEST = 1 << 20 };
#endif
_Static_assert(sizeof(ArenaChunk) <= ARENA_HEADER, "a chunk's header keeps the alignment");

/* A piece too large to share a chunk gets one of its own, behind the newest, whose rest stays in
 * use. */
static void *arena_large(Arena *arena, size_t bytes) {
    size_t whole;
    ArenaChunk *chunk = memory_add(bytes, ARENA_HEADER, &whole) ? memory_new(whole, 1) : NULL;
    if (!chunk) {
        arena->failed = true;
        return NULL;
    }
    if (arena->chunks) {
        chunk->next = arena->chunks->next;
        arena->chunks->next = chunk;
    } else {
        arena->chunks = chunk;
        arena->used = arena->size = bytes;
    }
    return (char *)chunk + ARENA_HEADER;
}

static bool arena_grow(Arena *arena) {
    size_t size = arena->size * 2;
    if (size < ARENA_FIRST) size = ARENA_FIRST;
    if (size > ARENA_LARGEST) size = ARENA_LARGEST;
    ArenaChunk *chunk = memory_new(size + ARENA_HEADER, 1);
    if (!chunk) {
        arena->failed = true;
        return false;
    }
    chunk->next = arena->chunks;
    arena->chunks = chunk;
    arena->size = size;
    arena->used = 0;
    return true;
}

void *arena_alloc(Arena *arena, size_t count, size_t size) {
    size_t bytes;
    if (!memory_multiply(count, size, &bytes) || bytes > SIZE_MAX - ARENA_ALIGN) {
        arena->failed = true;
        return NULL;
    }
    bytes = (bytes + ARENA_ALIGN - 1) / ARENA_ALIGN * ARENA_ALIGN;
    if (bytes == 0) bytes = ARENA_ALIGN;
    if (arena->size - arena->used < bytes) {
        if (bytes > ARENA_FIRST / 4) return arena_large(arena, bytes);
        if (!arena_grow(arena)) return NULL;
    }
    void *piece = (char *)arena->chunks + ARENA_HEADER + arena->used;
    arena->used += bytes;
    return piece;
}

char *arena_copy(Arena *arena, const char *text, size_t length) {
    char *copy = arena_alloc(arena, length + 1, 1);
    if (copy && length) memcpy(copy, text, length);
    return copy;
}

void arena_free(Arena *arena) {
    while (arena->chunks) {
        ArenaChunk *next = arena->chunks->next;
        memory_free(arena->chunks);
        arena->chunks = next;
    }
    *arena = (Arena){0};
}
