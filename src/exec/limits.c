/* What this machine can do at most, measured: how fast memory is read, and how many multiply-adds
 * the processors make. For profiles alone; nothing that is computed depends on it. */
#include "exec.h"

#include <math.h>
#include <stdatomic.h>

enum {
    LIMIT_BYTES = 384 << 20, /* far more than caches hold */
    LIMIT_PIECE = 1 << 20,
    LIMIT_TURNS = 4,         /* the best one counts */
    LIMIT_ADDS = 400000,     /* of each chain */
    LIMIT_CHAINS = 12        /* so many registers that no multiplier waits */
};

typedef double LimitVector __attribute__((vector_size(64)));
typedef float LimitFloats __attribute__((vector_size(64)));

typedef struct Limit {
    const LimitVector *memory;
    size_t vectors;
    Precision precision;
    atomic_size_t next;
    _Atomic double kept; /* so that nothing is left out as unused */
    atomic_int workers;
} Limit;

/* ---- memory ---------------------------------------------------------------------------------- */

VECTOR_CLONES
static double limit_sum(const LimitVector *at, size_t count) {
    LimitVector sum[4] = {{0}};
    for (size_t k = 0; k + 4 <= count; k += 4)
        for (size_t j = 0; j < 4; j++) sum[j] += at[k + j];
    LimitVector all = (sum[0] + sum[1]) + (sum[2] + sum[3]);
    return all[0] + all[7];
}

static void limit_read_part(void *context, size_t worker) {
    Limit *limit = context;
    size_t piece = LIMIT_PIECE / sizeof(LimitVector);
    double sum = 0;
    (void)worker;
    for (size_t at; (at = atomic_fetch_add(&limit->next, piece)) < limit->vectors;)
        sum += limit_sum(limit->memory + at, piece);
    atomic_store(&limit->kept, sum);
}

static double limit_best(Pool *pool, void (*part)(void *, size_t), Limit *limit) {
    double best = 0;
    for (int turn = 0; turn < LIMIT_TURNS; turn++) {
        atomic_store(&limit->next, 0);
        atomic_store(&limit->workers, 0);
        double start = exec_seconds();
        if (pool) pool_run(pool, part, limit);
        else part(limit, 0);
        double seconds = exec_seconds() - start;
        if (turn == 0 || seconds < best) best = seconds;
    }
    return best;
}

static double limit_read(Pool *pool) {
    char *memory = memory_new(LIMIT_BYTES + sizeof(LimitVector), 1);
    if (!memory) return NAN;
    for (size_t k = 0; k < LIMIT_BYTES; k += 512) memory[k] = 1; /* every page is really there */
    size_t past = (uintptr_t)memory % sizeof(LimitVector);
    Limit limit = {.memory = (const void *)(memory + (past ? sizeof(LimitVector) - past : 0)),
                   .vectors = LIMIT_BYTES / sizeof(LimitVector)};
    double seconds = limit_best(pool, limit_read_part, &limit);
    memory_free(memory);
    return LIMIT_BYTES / seconds;
}

/* ---- multiply-adds --------------------------------------------------------------------------- */

#if defined(__clang__)
#define LIMIT_FUSED
#define LIMIT_CONTRACT _Pragma("clang fp contract(fast)")
#define LIMIT_UNROLL _Pragma("clang loop unroll(full)")
#elif defined(__GNUC__)
#define LIMIT_FUSED __attribute__((optimize("O2", "fp-contract=fast")))
#define LIMIT_CONTRACT
#define LIMIT_UNROLL _Pragma("GCC unroll 12")
#else
#define LIMIT_FUSED
#define LIMIT_CONTRACT
#define LIMIT_UNROLL
#endif

/* LIMIT_CHAINS chains x*a + b, each of LIMIT_ADDS links. */
#define LIMIT_CHAIN(name, type, target)                                                            \
    LIMIT_FUSED target static double name(double seed) {                                           \
        LIMIT_CONTRACT                                                                             \
        type x[LIMIT_CHAINS], a, b, all = {0};                                                     \
        for (size_t k = 0; k < sizeof(type) / sizeof a[0]; k++) a[k] = 0.999f, b[k] = 0.001f;      \
        LIMIT_UNROLL for (size_t j = 0; j < LIMIT_CHAINS; j++)                                     \
            for (size_t k = 0; k < sizeof(type) / sizeof a[0]; k++) x[j][k] = (float)seed;         \
        for (size_t n = 0; n < LIMIT_ADDS; n++)                                                    \
            LIMIT_UNROLL for (size_t j = 0; j < LIMIT_CHAINS; j++) x[j] = x[j] * a + b;            \
        LIMIT_UNROLL for (size_t j = 0; j < LIMIT_CHAINS; j++) all += x[j];                        \
        return (double)all[0];                                                                     \
    }

LIMIT_CHAIN(limit_chain_doubles, LimitVector, )
LIMIT_CHAIN(limit_chain_floats, LimitFloats, )
#if defined(__x86_64__) && defined(__GNUC__)
LIMIT_CHAIN(limit_chain_doubles_512, LimitVector, __attribute__((target("avx512f"))))
LIMIT_CHAIN(limit_chain_floats_512, LimitFloats, __attribute__((target("avx512f"))))
LIMIT_CHAIN(limit_chain_doubles_256, LimitVector, __attribute__((target("avx2,fma"))))
LIMIT_CHAIN(limit_chain_floats_256, LimitFloats, __attribute__((target("avx2,fma"))))
#endif

typedef double (*LimitChain)(double seed);

static LimitChain limit_chain(bool floats) {
#if defined(__x86_64__) && defined(__GNUC__)
    if (__builtin_cpu_supports("avx512f"))
        return floats ? limit_chain_floats_512 : limit_chain_doubles_512;
    if (__builtin_cpu_supports("fma"))
        return floats ? limit_chain_floats_256 : limit_chain_doubles_256;
#endif
    return floats ? limit_chain_floats : limit_chain_doubles;
}

static void limit_add_part(void *context, size_t worker) {
    Limit *limit = context;
    (void)worker;
    atomic_fetch_add(&limit->workers, 1);
    atomic_store(&limit->kept, limit_chain(limit->precision == PRECISION_F32)(1.5));
}

/* Each worker does the same work, a multiply-add counts as two. */
static double limit_adds(Pool *pool, Precision precision) {
    Limit limit = {.precision = precision};
    size_t lanes = sizeof(LimitVector) / (precision == PRECISION_F32 ? 4 : 8);
    double seconds = limit_best(pool, limit_add_part, &limit);
    double operations = 2.0 * LIMIT_ADDS * LIMIT_CHAINS * (double)lanes;
    return operations * atomic_load(&limit.workers) / seconds;
}

void exec_limits(Pool *pool, Precision precision, double *read, double *operations) {
    *read = limit_read(pool);
    *operations = limit_adds(pool, precision);
}
