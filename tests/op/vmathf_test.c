/* vmathf.h against MPFR: every operator of ops.def in single precision is within 1 ulp, over
 * all floats, each function's own range, and near hard points (MPFR; VMATH_POINTS sets how many).
 * Operators of one number: also a million floats spread evenly over all, against the double
 * function. Loops must give the same bits as single values. */
#include "vmath_reference.h"

#include "../../src/op/vmath_as_float.inc"

#define VMATHF_SPREAD 4099 /* the step from one float to the next */
static const VmathFormat vmath_float = {24, 128, -149};

/* Ranges narrower than those of doubles. */
static const VmathCase vmathf_cases[OP_COUNT] = {
    [OP_EXP] = {VMATH_IN(-105, 90, 88.72284, -87.33655, -103.97208)},
    [OP_SIGMOID] = {VMATH_IN(-105, 30, -87.33655, -103.97208, -17, 17)},
    [OP_SOFTPLUS] = {VMATH_IN(-105, 30, -87.33655, -103.97208, -17, 17)},
    [OP_SINH] = {VMATH_IN(-92, 92, 89.41599)},
    [OP_COSH] = {VMATH_IN(-92, 92, 89.41599)},
    [OP_EXPM1] = {VMATH_IN(-20, 20, 88.72284, 0.35, -0.35)},
    [OP_TANH] = {VMATH_IN(-10, 10, 0.25, -0.25, 9, 10)},
    [OP_LOG1P] = {VMATH_IN(-1, 3, -1, -0.5, -0.29296875, 0.4140625, 0x1p-28)},
};

static const float vmathf_specials[VMATH_SPECIALS] = {
    0, -0.0f, 1, -1, 0.5f, 2, -2, 3, INFINITY, -INFINITY, NAN, 0x1p-149f, -0x1p-126f, 0x1p24f, -3,
    0x1.fffffep+127f,
};

/* A quarter of all numbers drawn have any bits. */
static float vmathf_any(const VmathCase *row) {
    return vmath_below(4) ? (float)vmath_one(row) : vmf_of_bits((uint32_t)vmath_random());
}

static VmathPoint vmathf_draw(Op op, long index) {
    const VmathCase *own = &vmathf_cases[op];
    const VmathCase *row = own->high > own->low ? own : &vmath_cases[op];
    VmathPoint at = {vmathf_any(row), vmathf_any(row), vmathf_any(row), vmath_below(33) - 16};
    if (vmath_below(4) == 0) at.b = (float)vmath_near(at.a, 1);
    if (op == OP_POW && index % 2) {
        at = vmath_power();
        at = (VmathPoint){(float)at.a, (float)(at.b * 0.14), 0, 0};
    }
    if (index < 2 * VMATH_SPECIALS * VMATH_SPECIALS) {
        at.a = vmathf_specials[index / 2 % VMATH_SPECIALS];
        at.b = vmathf_specials[index / 2 / VMATH_SPECIALS];
    }
    return at;
}

static float vmathf_value(Op op, VmathPoint at) {
    return op_value_f32(op, (float)at.a, (float)at.b, (float)at.c, at.exponent);
}

static void vmathf_measure(Op op, long points) {
    double worst = -1;
    VmathPoint where = {0};
    mpfr_t truth;
    mpfr_init(truth);
    vmath_state = (uint64_t)op << 32;
    for (long i = 0; i < points; i++) {
        VmathPoint at = vmathf_draw(op, i);
        vmath_references[op](truth, at);
        double error = vmath_error(vmathf_value(op, at), truth, 0, vmath_float);
        if (error > worst) worst = error, where = at;
    }
    printf("%-10s %8.5f ulp at %a, %a, %d\n", vmath_names[op], worst, where.a, where.b,
           where.exponent);
    CHECK(worst <= (op <= OP_NEG ? 0.5 : 1));
    mpfr_clear(truth);
}

TEST(floats_against_mpfr) { vmath_measure_all(vmathf_measure); }

/* In ulp of the nearest float; what is not a number or infinite must be met. */
static double vmathf_distance(float got, double truth) {
    float near = (float)truth;
    if (isnan(truth) || isnan(got)) return isnan(truth) && isnan(got) ? 0 : INFINITY;
    if (got == near) return !signbit(got) == !signbit(near) ? 0 : INFINITY;
    if (isinf(near) || isinf(got)) return INFINITY;
    int exponent;
    (void)frexp(truth, &exponent);
    return fabs((double)got - truth) * ldexp(1, exponent < -125 ? 149 : 24 - exponent);
}

TEST(floats_against_doubles) {
    for (Op op = 0; op < OP_COUNT; op++) {
        if (!vmath_references[op] || op_info(op)->arity != 1 || op == OP_POWI) continue;
        double worst = 0;
        for (uint64_t bits = 0; bits <= UINT32_MAX; bits += VMATHF_SPREAD) {
            float x = vmf_of_bits((uint32_t)bits);
            double truth = op_value(op, (double)x, 0, 0, 0);
            double error = vmathf_distance(op_value_f32(op, x, 0, 0, 0), truth);
            worst = error > worst ? error : worst;
        }
        if (worst > 1) printf("%s %g ulp\n", vmath_names[op], worst);
        CHECK(worst <= 1);
    }
}

#define VMATHF_COUNT 1000
typedef void VmathfLoop(float *out, const float *va, const float *vb, const float *vc);

#define VMATH_ELEMENTWISE(id, ...)                                                                 \
    static void vmathf_loop_##id(float *restrict out, const float *va, const float *vb,            \
                                 const float *vc) {                                                \
        for (int i = 0; i < VMATHF_COUNT; i++) {                                                   \
            float a = va[i], b = vb[i], c = vc[i];                                                 \
            int exponent = 3;                                                                      \
            (void)a, (void)b, (void)c, (void)exponent;                                             \
            out[i] = VMF_FLOAT(__VA_ARGS__);                                                       \
        }                                                                                          \
    }
#define OP(id, spelling, arity, kind, flags, ...) VMATH_##kind(id, __VA_ARGS__)
#include "../../src/op/ops.def"
#undef OP
#undef VMATH_ELEMENTWISE

static VmathfLoop *const vmathf_loops[OP_COUNT] = {
#define VMATH_ELEMENTWISE(id, ...) [OP_##id] = vmathf_loop_##id,
#define OP(id, spelling, arity, kind, flags, ...) VMATH_##kind(id, __VA_ARGS__)
#include "../../src/op/ops.def"
#undef OP
};

TEST(float_loops_give_the_same_bits) {
    static float out[VMATHF_COUNT], a[VMATHF_COUNT], b[VMATHF_COUNT], c[VMATHF_COUNT];
    for (Op op = 0; op < OP_COUNT; op++) {
        if (!vmathf_loops[op]) continue;
        vmath_state = (uint64_t)op << 32;
        for (int i = 0; i < VMATHF_COUNT; i++) {
            VmathPoint at = vmathf_draw(op, i);
            a[i] = (float)at.a, b[i] = (float)at.b, c[i] = (float)at.c;
        }
        vmathf_loops[op](out, a, b, c);
        int different = 0;
        for (int i = 0; i < VMATHF_COUNT; i++) {
            float value = op_value_f32(op, a[i], b[i], c[i], 3);
            different += vmf_bits(value) != vmf_bits(out[i]) && !(isnan(value) && isnan(out[i]));
        }
        CHECK_INT(different, 0);
    }
}

TEST_MAIN(floats_against_mpfr, floats_against_doubles, float_loops_give_the_same_bits)
