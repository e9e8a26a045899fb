/* Every elementwise operator of ops.def against MPFR: at most 1 ulp from the true value (lgamma,
 * digamma, trigamma: 1 ulp or 1e-15), over all doubles, each function's own range, and near the
 * points where functions are hard. VMATH_POINTS sets how many points each gets. Signs of zeros are
 * compared too. A digest of all values holds them to the same bits under every compiler. */
#include "vmath_reference.h"

#define VMATH_DIGEST 0x810f3f700f16be64u
static const VmathFormat vmath_double = {53, 1024, -1074};

/* Measuring. */

static double vmath_value(Op op, double a, double b, double c, int exponent) {
    (void)b, (void)c, (void)exponent;
    switch (op) {
#define VMATH_ELEMENTWISE(id, ...) case OP_##id: return __VA_ARGS__;
#define OP(id, spelling, arity, kind, flags, ...) VMATH_##kind(id, __VA_ARGS__)
#include "../../src/op/ops.def"
#undef OP
#undef VMATH_ELEMENTWISE
    default: return (double)NAN;
    }
}

/* The same as loops, which optimizing builds turn into vector code. */
#define VMATH_COUNT 1000
typedef void VmathLoop(double *out, const VmathPoint *at);

#define VMATH_ELEMENTWISE(id, ...)                                                                 \
    static void vmath_loop_##id(double *out, const VmathPoint *at) {                               \
        for (int i = 0; i < VMATH_COUNT; i++) {                                                    \
            double a = at[i].a, b = at[i].b, c = at[i].c;                                          \
            int exponent = at[i].exponent;                                                         \
            (void)a, (void)b, (void)c, (void)exponent;                                             \
            out[i] = __VA_ARGS__;                                                                  \
        }                                                                                          \
    }
#define OP(id, spelling, arity, kind, flags, ...) VMATH_##kind(id, __VA_ARGS__)
#include "../../src/op/ops.def"
#undef OP
#undef VMATH_ELEMENTWISE

static VmathLoop *const vmath_loops[OP_COUNT] = {
#define VMATH_ELEMENTWISE(id, ...) [OP_##id] = vmath_loop_##id,
#define OP(id, spelling, arity, kind, flags, ...) VMATH_##kind(id, __VA_ARGS__)
#include "../../src/op/ops.def"
#undef OP
#undef VMATH_ELEMENTWISE
};

static void vmath_measure(Op op, long points) {
    const VmathCase *row = &vmath_cases[op];
    double worst = -1, bound = row->bound > 0 ? row->bound : 1;
    VmathPoint where = {0};
    mpfr_t truth;
    mpfr_init(truth);
    vmath_state = (uint64_t)op << 32;
    for (long i = 0; i < points; i++) {
        VmathPoint at = vmath_draw(op, i);
        double got = vmath_value(op, at.a, at.b, at.c, at.exponent);
        vmath_references[op](truth, at);
        double error = vmath_error(got, truth, row->absolute, vmath_double);
        if (error > worst) worst = error, where = at;
    }
    printf("%-10s %8.5f %s at %a, %a, %d\n", vmath_names[op], worst,
           row->absolute > 0 ? "ulp or 1e-15" : "ulp", where.a, where.b, where.exponent);
    CHECK(worst <= bound);
    mpfr_clear(truth);
}

TEST(values_against_mpfr) { vmath_measure_all(vmath_measure); }

/* FNV-1a over the values of every operator (any NaN as one): what every compiler and build must
 * give. A change of vmath that moves a bit changes it, and must be meant. */
TEST(same_bits_everywhere) {
    uint64_t digest = 0xcbf29ce484222325u;
    for (Op op = 0; op < OP_COUNT; op++) {
        if (!vmath_references[op]) continue;
        vmath_state = (uint64_t)op << 32;
        for (long i = 0; i < 4000; i++) {
            VmathPoint at = vmath_draw(op, i);
            double value = vmath_value(op, at.a, at.b, at.c, at.exponent);
            uint64_t bits = isnan(value) ? 0x7ff8000000000000u : vm_bits(value);
            for (int byte = 0; byte < 64; byte += 8)
                digest = (digest ^ ((bits >> byte) & 255)) * 0x100000001b3u;
        }
    }
    printf("digest %016llx\n", (unsigned long long)digest);
    CHECK(digest == VMATH_DIGEST);
}

TEST(loops_give_the_same_bits) {
    static VmathPoint at[VMATH_COUNT];
    static double out[VMATH_COUNT];
    for (Op op = 0; op < OP_COUNT; op++) {
        if (!vmath_loops[op]) continue;
        vmath_state = (uint64_t)op << 32;
        for (int i = 0; i < VMATH_COUNT; i++) at[i] = vmath_draw(op, i);
        vmath_loops[op](out, at);
        int different = 0;
        for (int i = 0; i < VMATH_COUNT; i++) {
            double value = vmath_value(op, at[i].a, at[i].b, at[i].c, at[i].exponent);
            different += vm_bits(value) != vm_bits(out[i]) && !(isnan(value) && isnan(out[i]));
        }
        CHECK_INT(different, 0);
    }
}

#define VMATH_BLOCK 1003

static int vmath_block_differences(const double *x, size_t n) {
    static double out[VMATH_BLOCK], same[VMATH_BLOCK];
    int different = 0;
    memcpy(same, x, n * sizeof *x);
    vm_exp_block(out, x, n);
    vm_exp_block(same, same, n);
    for (size_t i = 0; i < n; i++) {
        double want = vm_exp(x[i]);
        int none = isnan(want) && isnan(out[i]) && isnan(same[i]);
        bool equal = vm_bits(out[i]) == vm_bits(want) && vm_bits(same[i]) == vm_bits(want);
        different += !none && !equal;
    }
    return different;
}

/* Right at an end of what blocks compute the short way: there the nearest step changes. */
static double vmath_near_end(void) {
    double first = -(double)VM_EXP16_BELOW - 0.5, end = first + (vmath_below(2) ? 1 << 14 : 0);
    return (end + ldexp(vmath_unit() - 0.5, -vmath_below(44))) / VM_EXP16_STEPS;
}

/* Blocks of small numbers, of numbers from everywhere, of special ones, of numbers at the ends of
 * the short way, and of all lengths. */
TEST(exp_of_blocks) {
    double x[VMATH_BLOCK];
    int different = 0;
    vmath_state = 1;
    for (int round = 0; round < 500; round++) {
        double size = ldexp(1400, -vmath_below(12));
        int kind = round % 5;
        for (int i = 0; i < VMATH_BLOCK; i++) {
            x[i] = size * (vmath_unit() - 0.5);
            if (kind == 1 && vmath_below(50) == 0) x[i] = vmath_any(OP_EXP);
            if (kind == 2) x[i] = vmath_any(OP_EXP);
            if (kind == 3 && vmath_below(20) == 0) x[i] = vmath_specials[vmath_below(16)];
            if (kind == 4 && i % 61 == 0) x[i] = vmath_near_end();
        }
        different += vmath_block_differences(x, kind ? VMATH_BLOCK : (size_t)(round * 2));
    }
    CHECK_INT(different, 0);
}

TEST_MAIN(values_against_mpfr, same_bits_everywhere, loops_give_the_same_bits, exp_of_blocks)
