/* Random streams: Random123's known answers, and the law of the draws. */
#include "../../src/base/base.h"
#include "../check.h"

/* kat_vectors of Random123 (Salmon et al.), the rows of philox4x32 with 10 rounds. */
TEST(philox_known_answers) {
    static const uint32_t rows[3][10] = {
        {0, 0, 0, 0, 0, 0, 0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8},
        {0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff, 0x408f276d,
         0x41c83b0e, 0xa20bc7c6, 0x6d5451fd},
        {0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344, 0xa4093822, 0x299f31d0, 0xd16cfe09,
         0x94fdcceb, 0x5001e420, 0x24126ea1}};
    for (size_t i = 0; i < 3; i++) {
        uint32_t out[4];
        random_philox(rows[i], rows[i] + 4, out);
        for (size_t k = 0; k < 4; k++) CHECK_INT(out[k], rows[i][6 + k]);
    }
}

TEST(streams_are_their_own) {
    RandomKey a = random_key(1, "w"), b = random_key(1, "w"), c = random_key(2, "w");
    RandomKey d = random_key(1, "v"), e = random_key(1ull << 32 | 1, "w");
    CHECK(a.key[0] == b.key[0] && a.key[1] == b.key[1]);
    CHECK(a.key[0] != c.key[0] && a.key[0] != d.key[0] && a.key[0] != e.key[0]);
    CHECK_NEAR(random_uniform(a, 5), random_uniform(b, 5), 0);
    CHECK(random_uniform(a, 5) != random_uniform(a, 6));
    CHECK(random_uniform(a, 5) != random_uniform(a, 5 + (1ull << 32)));
}

/* Each draw, put back through the normal law (libm's erfc), gives the uniform it came from. */
TEST(normal_is_the_quantile) {
    RandomKey key = random_key(3, "law");
    for (uint64_t i = 0; i < 200000; i++) {
        double u = random_uniform(key, i), x = random_normal(key, i);
        CHECK(u > 0 && u < 1);
        if (u < 0.5)
            CHECK_NEAR(0.5 * erfc(-x / sqrt(2)), u, 1e-13);
        else
            CHECK_NEAR(0.5 * erfc(x / sqrt(2)), 1 - u, 1e-13);
    }
}

TEST(moments) {
    enum { DRAWS = 200000 };
    RandomKey key = random_key(7, "moments");
    double mean = 0, square = 0, fourth = 0, uniform = 0;
    for (uint64_t i = 0; i < DRAWS; i++) {
        double x = random_normal(key, i);
        mean += x / DRAWS;
        square += x * x / DRAWS;
        fourth += x * x * x * x / DRAWS;
        uniform += random_uniform(key, i) / DRAWS;
    }
    CHECK(fabs(mean) < 4 / sqrt(DRAWS));
    CHECK(fabs(square - 1) < 4 * sqrt(2.0 / DRAWS));
    CHECK(fabs(fourth - 3) < 4 * sqrt(96.0 / DRAWS));
    CHECK(fabs(uniform - 0.5) < 4 * sqrt(1.0 / 12 / DRAWS));
}

/* The bits of the first draws, so that no machine and no later version gives others. */
TEST(bits_are_fixed) {
    RandomKey key = random_key(1, "w");
    static const char *const uniform[] = {"0x1.df1381f01a59bp-1", "0x1.deacf37eb7419p-1",
                                          "0x1.76cb0fc31b20dp-1", "0x1.0bdf47350efafp-1"};
    static const char *const normal[] = {"0x1.8505463a15c3ep+0", "0x1.836f5f613150fp+0",
                                         "0x1.3ce4158b63269p-1", "0x1.dc6a29a43d864p-5"};
    for (size_t i = 0; i < COUNT_OF(uniform); i++) {
        CHECK_TEXT(number_hex(random_uniform(key, i)).s, uniform[i]);
        CHECK_TEXT(number_hex(random_normal(key, i)).s, normal[i]);
    }
}

TEST_MAIN(philox_known_answers, streams_are_their_own, normal_is_the_quantile, moments,
          bits_are_fixed)
