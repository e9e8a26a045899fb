/* check: a test harness in one header.
 *
 *     TEST(adds) { CHECK(1 + 1 == 2); }
 *     TEST_MAIN(adds)
 *
 * Each failing check prints one line with its place and values; the program ends with
 * 'N passed, M failed' (tests, not checks) and returns 1 if any failed. */
#ifndef DESCEND_CHECK_H
#define DESCEND_CHECK_H

#include <math.h>
#include <stdio.h>
#include <string.h>

static int check_failures; /* of the running test */

static void check_fail(const char *file, int line, const char *what) {
    check_failures++;
    if (check_failures <= 20) printf("%s:%d: %s\n", file, line, what);
}

static void check_true(const char *file, int line, int good, const char *condition) {
    char what[512];
    if (good) return;
    snprintf(what, sizeof what, "false: %s", condition);
    check_fail(file, line, what);
}

static void check_integer(const char *file, int line, long long got, long long want,
                          const char *expression) {
    char what[512];
    if (got == want) return;
    snprintf(what, sizeof what, "%s is %lld, not %lld", expression, got, want);
    check_fail(file, line, what);
}

/* Equal, both NaN, or within 'relative' of the wanted value ('relative' itself where that is 0). */
static void check_near(const char *file, int line, double got, double want, double relative,
                       const char *expression) {
    char what[512];
    double room = want != 0 ? fabs(want) * relative : relative;
    if (got == want || (isnan(got) && isnan(want)) || fabs(got - want) <= room) return;
    snprintf(what, sizeof what, "%s is %.17g, not %.17g within %g (off by %.3g)", expression, got,
             want, relative, got - want);
    check_fail(file, line, what);
}

static void check_text(const char *file, int line, const char *got, const char *want,
                       const char *expression) {
    if (got == want || (got && want && strcmp(got, want) == 0)) return;
    check_fail(file, line, expression);
    if (check_failures <= 20)
        printf("  got:  %s\n  want: %s\n", got ? got : "(null)", want ? want : "(null)");
}

#define CHECK_FAIL(what) check_fail(__FILE__, __LINE__, (what))
#define CHECK(condition) check_true(__FILE__, __LINE__, (condition) ? 1 : 0, #condition)
#define CHECK_INT(got, want)                                                                       \
    check_integer(__FILE__, __LINE__, (long long)(got), (long long)(want), #got)
#define CHECK_NEAR(got, want, relative)                                                            \
    check_near(__FILE__, __LINE__, (got), (want), (relative), #got)
#define CHECK_TEXT(got, want) check_text(__FILE__, __LINE__, (got), (want), #got)

#define TEST(name) static void name(void)

/* The names of the tests, 'first, second, third', with their functions in the same order. */
static int check_run(const char *names, void (*const tests[])(void), size_t count) {
    int failed = 0;
    for (size_t i = 0; i < count; i++) {
        size_t length = strcspn(names, ",");
        check_failures = 0;
        tests[i]();
        if (check_failures) {
            printf("FAILED %.*s (%d checks)\n", (int)length, names, check_failures);
            failed++;
        }
        fflush(stdout);
        names += length;
        names += strspn(names, ", ");
    }
    printf("%d passed, %d failed\n", (int)count - failed, failed);
    /* Each check is used by some test, if not by this one. */
    (void)check_true, (void)check_integer, (void)check_near, (void)check_text;
    return failed ? 1 : 0;
}

#define TEST_MAIN(...)                                                                             \
    int main(void) {                                                                               \
        void (*const tests[])(void) = {__VA_ARGS__};                                               \
        return check_run(#__VA_ARGS__, tests, sizeof tests / sizeof tests[0]);                     \
    }

#endif
