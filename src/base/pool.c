/* Threads that do one thing together. A task takes microseconds, so workers look out for the next
 * one for a while before they sleep. */
#include "base.h"

#ifndef __wasm__

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <unistd.h>

enum { POOL_LOOKS = 4000 }; /* some microseconds */

struct Pool {
    size_t workers, started; /* with and without the caller */
    bool tried;
    pthread_t *threads;
    pthread_mutex_t mutex;
    pthread_cond_t go, done;
    atomic_uint turn; /* of the newest task */
    atomic_size_t busy, arrived;
    atomic_bool ending;
    void (*task)(void *context, size_t worker);
    void *context;
};

static void pool_pause(void) {
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#endif
}

/* Waits for a turn after 'seen'. */
static unsigned pool_wait_turn(Pool *pool, unsigned seen) {
    for (int k = 0; k < POOL_LOOKS; k++) {
        if (atomic_load(&pool->turn) != seen) return atomic_load(&pool->turn);
        pool_pause();
    }
    pthread_mutex_lock(&pool->mutex);
    while (atomic_load(&pool->turn) == seen) pthread_cond_wait(&pool->go, &pool->mutex);
    pthread_mutex_unlock(&pool->mutex);
    return atomic_load(&pool->turn);
}

static void pool_finish_part(Pool *pool) {
    if (atomic_fetch_sub(&pool->busy, 1) != 1) return;
    pthread_mutex_lock(&pool->mutex);
    pthread_cond_signal(&pool->done);
    pthread_mutex_unlock(&pool->mutex);
}

static void *pool_thread(void *argument) {
    Pool *pool = argument;
    size_t worker = atomic_fetch_add(&pool->arrived, 1) + 1;
    for (unsigned seen = 0;;) {
        seen = pool_wait_turn(pool, seen);
        if (atomic_load(&pool->ending)) return NULL;
        pool->task(pool->context, worker);
        pool_finish_part(pool);
    }
}

Pool *pool_new(size_t workers) {
    Pool *pool = memory_new(1, sizeof *pool);
    if (!pool) return NULL;
    pool->workers = workers > 0 ? workers : 1;
    pthread_mutex_init(&pool->mutex, NULL);
    pthread_cond_init(&pool->go, NULL);
    pthread_cond_init(&pool->done, NULL);
    return pool;
}

size_t pool_workers(const Pool *pool) {
    return pool ? pool->workers : 1;
}

/* Signals are the business of the program's own threads. */
static void pool_start(Pool *pool) {
    sigset_t all, before;
    pool->tried = true;
    pool->threads = memory_new(pool->workers, sizeof *pool->threads);
    if (!pool->threads) return;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    while (pool->started + 1 < pool->workers) {
        if (pthread_create(&pool->threads[pool->started], NULL, pool_thread, pool) != 0) break;
        pool->started++;
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

static void pool_call(Pool *pool) {
    pthread_mutex_lock(&pool->mutex);
    atomic_fetch_add(&pool->turn, 1);
    pthread_cond_broadcast(&pool->go);
    pthread_mutex_unlock(&pool->mutex);
}

void pool_run(Pool *pool, void (*task)(void *context, size_t worker), void *context) {
    if (!pool->tried) pool_start(pool);
    pool->task = task;
    pool->context = context;
    atomic_store(&pool->busy, pool->started);
    if (pool->started > 0) pool_call(pool);
    task(context, 0);
    for (int k = 0; k < POOL_LOOKS && atomic_load(&pool->busy) > 0; k++) pool_pause();
    if (atomic_load(&pool->busy) == 0) return;
    pthread_mutex_lock(&pool->mutex);
    while (atomic_load(&pool->busy) > 0) pthread_cond_wait(&pool->done, &pool->mutex);
    pthread_mutex_unlock(&pool->mutex);
}

void pool_free(Pool *pool) {
    if (!pool) return;
    atomic_store(&pool->ending, true);
    if (pool->started > 0) pool_call(pool);
    for (size_t k = 0; k < pool->started; k++) pthread_join(pool->threads[k], NULL);
    pthread_cond_destroy(&pool->go);
    pthread_cond_destroy(&pool->done);
    pthread_mutex_destroy(&pool->mutex);
    memory_free(pool->threads);
    memory_free(pool);
}

void pool_yield(void) {
    sched_yield();
}

size_t pool_processors(void) {
    long count = sysconf(_SC_NPROCESSORS_ONLN);
    return count > 0 ? (size_t)count : 1;
}

#else /* one thread */

struct Pool {
    char nothing;
};

Pool *pool_new(size_t workers) {
    (void)workers;
    return memory_new(1, sizeof(Pool));
}

size_t pool_workers(const Pool *pool) {
    (void)pool;
    return 1;
}

void pool_run(Pool *pool, void (*task)(void *context, size_t worker), void *context) {
    (void)pool;
    task(context, 0);
}

void pool_free(Pool *pool) {
    memory_free(pool);
}

void pool_yield(void) {}

size_t pool_processors(void) {
    return 1;
}

#endif
