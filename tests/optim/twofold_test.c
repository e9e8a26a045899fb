/* Numbers of two doubles against integers and roots that are known, and a triangle whose columns
 * agree to twenty digits. */
#include "../../src/optim/optim.h"
#include "../check.h"

/* The error of 'got' against want.value + want.rest, in units of 2^-104 of it. */
static double off(Twofold got, Twofold want) {
    Twofold difference = twofold_subtract(got, want);
    return fabs(difference.value) / (fabs(want.value) * 0x1p-104);
}

TEST(arithmetic) {
    Twofold third = twofold_divide(twofold_of(1), twofold_of(3));
    /* 1/3 = 0.0101...b: the first 53 bits, and the next. */
    CHECK(third.value == 1.0 / 3);
    CHECK(off(twofold_multiply(third, twofold_of(3)), twofold_of(1)) <= 4);
    CHECK(off(twofold_add(third, twofold_add(third, third)), twofold_of(1)) <= 4);
    CHECK(twofold_subtract(twofold_add(twofold_of(1), twofold_of(0x1p-90)), twofold_of(1)).value ==
          0x1p-90);
    for (int k = 2; k < 50; k++) {
        Twofold root = twofold_root(twofold_of(k));
        CHECK(off(twofold_multiply(root, root), twofold_of(k)) <= 8);
    }
    Twofold power = twofold_power(twofold_of(1.1), 40);
    for (int k = 0; k < 40; k++) power = twofold_divide(power, twofold_of(1.1));
    CHECK(off(power, twofold_of(1)) <= 400);
    CHECK(off(twofold_multiply(twofold_power(twofold_of(3), -5), twofold_of(243)),
              twofold_of(1)) <= 8);
}

/* Rows (1, 1 + d k) with d = 2^-66: y = a + b*that, solved for a and b. */
TEST(nearly_dependent) {
    TwofoldTriangle triangle;
    double x[2], inverse[4];
    CHECK(twofold_triangle_open(&triangle, 2));
    for (int k = 0; k < 5; k++) {
        Twofold second = twofold_add(twofold_of(1), twofold_of(k * 0x1p-66));
        triangle.row[0] = twofold_of(1);
        triangle.row[1] = second;
        triangle.row[2] = twofold_add(twofold_of(3), twofold_multiply(twofold_of(2), second));
        twofold_triangle_add(&triangle);
    }
    CHECK(twofold_triangle_solve(&triangle, x));
    CHECK_NEAR(x[0], 3, 1e-9);
    CHECK_NEAR(x[1], 2, 1e-9);
    CHECK(twofold_triangle_invert(&triangle, inverse));
    /* Variance of the slope: 1 / (d^2 * sum of (k - 2)^2). */
    CHECK_NEAR(inverse[3] * inverse[3], 0x1p132 / 10, 1e-9);
    twofold_triangle_close(&triangle);
}

TEST(dependent) {
    TwofoldTriangle triangle;
    double x[2], inverse[4];
    CHECK(twofold_triangle_open(&triangle, 2));
    for (int k = 1; k < 5; k++) {
        triangle.row[0] = twofold_of(k);
        triangle.row[1] = twofold_of(3 * k);
        triangle.row[2] = twofold_of(1);
        twofold_triangle_add(&triangle);
    }
    CHECK(!twofold_triangle_solve(&triangle, x));
    CHECK(!twofold_triangle_invert(&triangle, inverse));
    twofold_triangle_close(&triangle);
}

TEST_MAIN(arithmetic, nearly_dependent, dependent)
