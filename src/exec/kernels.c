/* The inner loops for any processor, and which set of loops a plan takes. */
#include "exec.h"

#define KERNEL(name) kernel_plain_##name
#define KERNEL_REAL double
#include "kernels.inc"
#undef KERNEL_REAL

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

const Kernels *exec_kernels(Isa isa) {
    const Kernels *wide = exec_kernels_avx512(), *middle = exec_kernels_avx2();
    if (wide && (isa == ISA_BEST || isa == ISA_AVX512) && kernels_can(ISA_AVX512)) return wide;
    if (middle && (isa == ISA_BEST || isa == ISA_AVX2) && kernels_can(ISA_AVX2)) return middle;
    return isa == ISA_BEST || isa == ISA_PLAIN ? &kernel_plain_set : NULL;
}

#undef KERNEL
