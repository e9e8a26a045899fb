/* The inner loops for processors with AVX2: the build gives this file the compiler's flags for it.
 * Without them there is no such set. */
#include "exec.h"

#ifdef __AVX2__
#define KERNEL(name) kernel_avx2_##name
#include "kernels.inc"
#undef KERNEL

#define KERNEL(name) kernel_avx2_f32_##name
#define KERNEL_FLOAT
#include "kernels.inc"
#undef KERNEL_FLOAT
#undef KERNEL

const Kernels *exec_kernels_avx2(Precision precision) {
    return precision == PRECISION_F32 ? &kernel_avx2_f32_set : &kernel_avx2_set;
}
#else
const Kernels *exec_kernels_avx2(Precision precision) {
    (void)precision;
    return NULL;
}
#endif
