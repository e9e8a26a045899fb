/* What this machine can do at most, and the exponential's gradient by hand.
 *
 *     limits read|streams|fma|chain|exponential [--size N] [--repeat R] [--threads T]
 *
 * One line of JSON. read: seconds to read a byte (the sum of an array far larger than any cache, on
 * large pages, which are read faster; each thread its part, from one end to the other); streams: the
 * same, each thread at eight places of its part by turns, which memory may serve faster; fma: seconds for one floating-point
 * operation of float32 (a multiply-add counts as two); chain: seconds for one step of w - 0.1*(2*w),
 * each waiting for the one before; exponential: seconds a point, with OpenMP and the C library's
 * vector exp. Built with -O3 -march=native -ffast-math -fopenmp: it may do all that descend may not. */
#define _DEFAULT_SOURCE
#include <math.h>
#include <omp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

static double keep; /* so that nothing is left out as unused */

static float *limit_array(size_t n) {
    static float *array;
    if (array) return array;
    array = aligned_alloc(2 << 20, n * sizeof *array);
    madvise(array, n * sizeof *array, MADV_HUGEPAGE);
#pragma omp parallel for
    for (size_t i = 0; i < n; i++) array[i] = 1;
    return array;
}

static double limit_read(size_t n) {
    const float *array = limit_array(n);
    double start = omp_get_wtime();
    float sum = 0;
#pragma omp parallel for simd reduction(+ : sum)
    for (size_t i = 0; i < n; i++) sum += array[i];
    keep += sum;
    return (omp_get_wtime() - start) / ((double)n * sizeof *array);
}

enum { STREAMS = 8, STREAM_TURN = 64 /* floats */ };

static double limit_streams(size_t n) {
    const float *array = limit_array(n);
    double start = omp_get_wtime();
    float sum = 0;
    size_t threads = (size_t)omp_get_max_threads();
    size_t length = n / threads / STREAMS / STREAM_TURN * STREAM_TURN;
#pragma omp parallel reduction(+ : sum)
    {
        const float *part = array + (size_t)omp_get_thread_num() * STREAMS * length;
        for (size_t i = 0; i < length; i += STREAM_TURN)
            for (size_t k = 0; k < STREAMS; k++)
                for (size_t j = 0; j < STREAM_TURN; j++) sum += part[k * length + i + j];
    }
    keep += sum;
    size_t bytes = threads * STREAMS * length * sizeof *array;
    return (omp_get_wtime() - start) / (double)bytes;
}

enum { FMA_LANES = 256 }; /* chains enough to fill every multiplier */

static double limit_fma(size_t n) {
    double start = omp_get_wtime();
    double sum = 0;
    int threads = 1;
#pragma omp parallel reduction(+ : sum)
    {
        float x[FMA_LANES];
        threads = omp_get_num_threads();
        for (int i = 0; i < FMA_LANES; i++) x[i] = (float)i;
        for (size_t k = 0; k < n; k++)
            for (int i = 0; i < FMA_LANES; i++) x[i] = x[i] * 0.999f + 0.001f;
        for (int i = 0; i < FMA_LANES; i++) sum += x[i];
    }
    keep += sum;
    return (omp_get_wtime() - start) / (2.0 * FMA_LANES * (double)n * threads);
}

static double limit_chain(size_t n) {
    double w = 10, start = omp_get_wtime();
    for (size_t k = 0; k < n; k++) {
        w = w - 1e-9 * (2 * w);
        __asm__ volatile("" : "+x"(w)); /* each step is made */
    }
    keep += w;
    return (omp_get_wtime() - start) / (double)n;
}

static double limit_exponential(size_t n) {
    static double *x, *y;
    const double a = 4, b = 0.5, c = 0.5;
    double ga = 0, gb = 0, gc = 0;
    if (!x) {
        x = malloc(n * sizeof *x);
        y = malloc(n * sizeof *y);
#pragma omp parallel for
        for (size_t i = 0; i < n; i++) {
            x[i] = 10.0 * (double)i / (double)n;
            y[i] = 5 * exp(-0.7 * x[i]) + 1;
        }
    }
    double start = omp_get_wtime();
#pragma omp parallel for simd reduction(+ : ga, gb, gc)
    for (size_t i = 0; i < n; i++) {
        double e = exp(-b * x[i]), r = a * e + c - y[i];
        ga += r * e;
        gb -= a * r * e * x[i];
        gc += r;
    }
    keep += ga + gb + gc;
    return (omp_get_wtime() - start) / (double)n;
}

static const struct {
    const char *name;
    double (*measure)(size_t);
    size_t size;
} LIMITS[] = {{"read", limit_read, (size_t)96 << 20},
              {"streams", limit_streams, (size_t)96 << 20},
              {"fma", limit_fma, 2000000},
              {"chain", limit_chain, 20000000},
              {"exponential", limit_exponential, 10000000}};

enum { LIMIT_COUNT = sizeof LIMITS / sizeof *LIMITS };

int main(int argc, char **argv) {
    size_t k = 0, size = 0;
    int repeats = 5;
    while (argc > 1 && k < LIMIT_COUNT && strcmp(argv[1], LIMITS[k].name) != 0) k++;
    if (argc < 2 || k == LIMIT_COUNT) return 2;
    for (int i = 2; i + 1 < argc; i += 2) {
        if (strcmp(argv[i], "--size") == 0) size = (size_t)strtoull(argv[i + 1], NULL, 10);
        if (strcmp(argv[i], "--repeat") == 0) repeats = atoi(argv[i + 1]);
        if (strcmp(argv[i], "--threads") == 0) omp_set_num_threads(atoi(argv[i + 1]));
    }
    if (size == 0) size = LIMITS[k].size;
    LIMITS[k].measure(size);
    printf("{\"seconds\": [");
    for (int r = 0; r < repeats; r++)
        printf("%s%.9g", r ? ", " : "", LIMITS[k].measure(size));
    printf("], \"check\": %.9g}\n", keep);
    return 0;
}
