/* Places of buffers within the workspace: a freed place goes to the next value of its size class.
 * Classes are exact up to 32 numbers and then in steps of 1/16, so finding one takes constant time.
 */
#include "exec.h"

enum { SLOT_EXACT = 32, SLOT_ALIGN = 8 };

static uint32_t slot_class(size_t elements, size_t *rounded) {
    if (elements < SLOT_EXACT) {
        *rounded = elements;
        return (uint32_t)elements;
    }
    uint32_t shift = 0;
    while (elements >> shift >= SLOT_EXACT) shift++;
    size_t steps = ((elements - 1) >> shift) + 1; /* 16 to 32 */
    if (steps == SLOT_EXACT) {
        steps /= 2;
        shift++;
    }
    *rounded = steps << shift;
    return SLOT_EXACT + shift * 16 + (uint32_t)(steps - 16);
}

static uint32_t slot_new(SlotPool *pool, uint32_t class, size_t rounded) {
    size_t need = pool->count + 2;
    if (!memory_reserve(&pool->offset, &pool->capacity, need, sizeof *pool->offset) ||
        !memory_reserve(&pool->next, &pool->next_capacity, need, sizeof *pool->next) ||
        !memory_reserve(&pool->class_of, &pool->class_capacity, need, sizeof *pool->class_of)) {
        pool->failed = true;
        return 0;
    }
    uint32_t slot = (uint32_t)++pool->count;
    if (rounded >= SLOT_ALIGN) pool->top = (pool->top + SLOT_ALIGN - 1) / SLOT_ALIGN * SLOT_ALIGN;
    pool->offset[slot] = pool->top;
    pool->class_of[slot] = class;
    pool->top += rounded;
    return slot;
}

uint32_t exec_slot_take(SlotPool *pool, size_t elements) {
    size_t rounded;
    uint32_t class = slot_class(elements, &rounded), slot = pool->free_head[class];
    if (slot == 0) return slot_new(pool, class, rounded);
    pool->free_head[class] = pool->next[slot];
    return slot;
}

void exec_slot_give(SlotPool *pool, uint32_t slot) {
    pool->next[slot] = pool->free_head[pool->class_of[slot]];
    pool->free_head[pool->class_of[slot]] = slot;
}

void exec_slot_reset(SlotPool *pool) {
    for (size_t k = 0; k < SLOT_CLASSES; k++) pool->free_head[k] = 0;
    pool->count = 0;
    pool->top = 0;
}

void exec_slot_free(SlotPool *pool) {
    memory_free(pool->offset);
    memory_free(pool->next);
    memory_free(pool->class_of);
    *pool = (SlotPool){0};
}
