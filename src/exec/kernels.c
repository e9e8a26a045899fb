/* The inner loops for any processor, and which set of loops a plan takes. */
#include "exec.h"

#define KERNEL(name) kernel_plain_##name
#include "kernels.inc"
#undef KERNEL

#define KERNEL(name) kernel_plain_f32_##name
#define KERNEL_FLOAT
#include "kernels.inc"
#undef KERNEL_FLOAT
#undef KERNEL

#if (defined(__x86_64__) || defined(__i386__)) && (defined(__GNUC__) || defined(__clang__))
static bool kernels_can(Isa isa) {
    __builtin_cpu_init();
    if (isa == ISA_AVX2) return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi2");
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
           __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512bw");
}
#else
static bool kernels_can(Isa isa) {
    (void)isa;
    return false;
}
#endif

const Kernels *exec_kernels(Precision precision, Isa isa) {
    const Kernels *wide = exec_kernels_avx512(precision), *middle = exec_kernels_avx2(precision);
    if (wide && (isa == ISA_BEST || isa == ISA_AVX512) && kernels_can(ISA_AVX512)) return wide;
    if (middle && (isa == ISA_BEST || isa == ISA_AVX2) && kernels_can(ISA_AVX2)) return middle;
    if (isa != ISA_BEST && isa != ISA_PLAIN) return NULL;
    return precision == PRECISION_F32 ? &kernel_plain_f32_set : &kernel_plain_set;
}

const char *exec_instructions(void) {
    const Kernels *best = exec_kernels(PRECISION_F64, ISA_BEST);
    if (best == &kernel_plain_set) return "plain";
    return best == exec_kernels_avx512(PRECISION_F64) ? "avx512" : "avx2";
}
