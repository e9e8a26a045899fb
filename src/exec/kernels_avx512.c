/* The inner loops for processors with AVX-512: the build gives this file the compiler's flags for
 * it. Without them there is no such set. */
#include "exec.h"

#ifdef __AVX512F__
#define KERNEL(name) kernel_avx512_##name
#include "kernels.inc"
#undef KERNEL

#define KERNEL(name) kernel_avx512_f32_##name
#define KERNEL_FLOAT
#include "kernels.inc"
#undef KERNEL_FLOAT
#undef KERNEL

const Kernels *exec_kernels_avx512(Precision precision) {
    return precision == PRECISION_F32 ? &kernel_avx512_f32_set : &kernel_avx512_set;
}
#else
const Kernels *exec_kernels_avx512(Precision precision) {
    (void)precision;
    return NULL;
}
#endif
