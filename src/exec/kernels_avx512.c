/* The inner loops for processors with AVX-512: the build gives this file the compiler's flags for
 * it. Without them there is no such set. */
#include "exec.h"

#ifdef __AVX512F__
#define KERNEL(name) kernel_avx512_##name
#define KERNEL_REAL double
#include "kernels.inc"
#undef KERNEL_REAL

const Kernels *exec_kernels_avx512(void) {
    return &kernel_avx512_set;
}
#undef KERNEL
#else
const Kernels *exec_kernels_avx512(void) {
    return NULL;
}
#endif
