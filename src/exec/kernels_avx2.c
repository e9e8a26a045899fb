/* The inner loops for processors with AVX2: the build gives this file the compiler's flags for it.
 * Without them there is no such set. */
#include "exec.h"

#ifdef __AVX2__
#define KERNEL(name) kernel_avx2_##name
#define KERNEL_REAL double
#include "kernels.inc"
#undef KERNEL_REAL

const Kernels *exec_kernels_avx2(void) {
    return &kernel_avx2_set;
}
#undef KERNEL
#else
const Kernels *exec_kernels_avx2(void) {
    return NULL;
}
#endif
