/* Numbers, held against the C library's strtod and printf (exact in the C locale). */
#include "../../src/base/base.h"
#include "../check.h"

#include <locale.h>
#include <stdlib.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define NUMBER_TEST_SLOW
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(DESCEND_HOSTILE)
#define NUMBER_TEST_SLOW
#endif
#ifdef NUMBER_TEST_SLOW
enum { ROUNDS = 50000 };
#else
enum { ROUNDS = 1000000 };
#endif

static uint64_t next_bits(uint64_t *state) {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

static double from_bits(uint64_t bits) {
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* All bits random, or a few decimal digits, or near a power of two. */
static double next_double(uint64_t *state, int kind) {
    uint64_t bits = next_bits(state);
    if (kind == 0) return from_bits(bits);
    if (kind == 1) return (double)(int64_t)(bits % 2000001 - 1000000) / 1e4;
    if (kind == 2)
        return ldexp(1.0, (int)(bits % 2098) - 1074) * (1 + (double)(bits >> 60) * 0x1p-52);
    return (double)(bits >> 11) * 0x1p-53;
}

static bool same(double a, double b) {
    return (a != a && b != b) || (a == b && signbit(a) == signbit(b));
}

static double read_back(const char *text) {
    double value = -12345;
    return number_read(text, text + strlen(text), &value) ? value : -54321;
}

static int digits_of(const char *text) {
    int digits = 0, zeros = 0;
    for (; *text && *text != 'e'; text++) {
        if (*text < '0' || *text > '9' || (digits == 0 && *text == '0')) continue;
        digits++;
        zeros = *text == '0' ? zeros + 1 : 0;
    }
    return digits - zeros;
}

/* What we write, strtod reads back; nothing shorter does; of that length it is the nearest. */
TEST(shortest_round_trip) {
    uint64_t state = 88172645463325252u;
    for (int i = 0; i < ROUNDS; i++) {
        double value = next_double(&state, i % 4);
        if (value - value != 0 || value == 0) continue;
        NumberText text = number_text(value);
        CHECK(strtod(text.s, NULL) == value);
        int digits = digits_of(text.s);
        char other[64];
        snprintf(other, sizeof other, "%.*e", digits - 1, value);
        if (strtod(other, NULL) == value)
            CHECK(strtod(other, NULL) == strtod(text.s, NULL));
        else
            CHECK(digits == 16 || digits == 17);
        snprintf(other, sizeof other, "%.*e", digits > 1 ? digits - 2 : 0, value);
        if (digits > 1) CHECK(strtod(other, NULL) != value);
    }
}

TEST(reads_as_strtod) {
    uint64_t state = 362436069521288629u;
    static const char *const formats[] = {"%.17g", "%.16e", "%.20e", "%.25e",
                                          "%.9g",  "%.40e", "%a"};
    for (int i = 0; i < ROUNDS; i++) {
        double value = next_double(&state, i % 4);
        if (value - value != 0) continue;
        char text[128];
        snprintf(text, sizeof text, formats[i % 7], value);
        CHECK(same(read_back(text), strtod(text, NULL)));
    }
}

/* Random digits and exponents, as nobody's double printed them. */
TEST(reads_random_decimals) {
    uint64_t state = 521288629362436069u;
    for (int i = 0; i < ROUNDS; i++) {
        char text[80];
        size_t length = 0, digits = 1 + next_bits(&state) % 40, point = next_bits(&state) % 41;
        for (size_t k = 0; k < digits; k++) {
            if (k == point) text[length++] = '.';
            text[length++] = (char)('0' + next_bits(&state) % 10);
        }
        int exponent = (int)(next_bits(&state) % 660) - 330;
        text[length] = '\0';
        if (i % 3) snprintf(text + length, sizeof text - length, "e%d", exponent);
        CHECK(same(read_back(text), strtod(text, NULL)));
    }
}

static void check_as_strtod(const char *text) {
    double got = read_back(text), want = strtod(text, NULL);
    if (!same(got, want)) printf("%s: %a, not %a\n", text, got, want);
    CHECK(same(got, want));
}

TEST(hard_cases) {
    static const char *const cases[] = {
        "0",
        "-0",
        "0.0",
        "00012",
        "1e0",
        "5e-324",
        "4.9406564584124654e-324",
        "2.4703282292062327e-324",
        "2.4703282292062328e-324",
        "2.470328229206232720882843964341106861825299013071623822127928412503377536351043"
        "e-324",
        "2.470328229206232720882843964341106861825299013071623822127928412503377536351043"
        "75932649918180817996189898282347722858865463328355177969898199387398005390939063"
        "15035659515570226392290858392449105184435931802849936536152500319370457678249219"
        "36562366986365848075700158576926990370631192827955855133292783433840935197801553"
        "12465972635795746227664652728272200563740064854999770965994704540208281662262378"
        "57393450736339007967761930577506740176324673600968951340535537458542857500341e-3"
        "24",
        "2.2250738585072011e-308",
        "2.2250738585072014e-308",
        "2.2250738585072012e-308",
        "1.7976931348623157e308",
        "1.7976931348623158e308",
        "1.7976931348623159e308",
        "1.797693134862315807e308",
        "1.797693134862315808e308",
        "1e308",
        "1e309",
        "1e400",
        "1e-400",
        "1e99999999999999999999",
        "1e-99999999999999999999",
        "0e999999",
        "9007199254740991",
        "9007199254740992",
        "9007199254740993",
        "9007199254740993.000000000000000000000000000000000000000000000000000000000000000"
        "0000000000000000000000000000000000000000000001",
        "9007199254740994",
        "9007199254740995",
        "90071992547409931e-1",
        "6929495644600919.5",
        "3.518437208883201171875e13",
        "62.5364939768271845828",
        "8.10109172351e-10",
        "1.50000000000000011102230246251565",
        "1.50000000000000011102230246251565404236316680908203124",
        "1.50000000000000011102230246251565404236316680908203125",
        "1.50000000000000011102230246251565404236316680908203126",
        "104308485241983990666713401708072175773165034278682682111762292935331869199925",
        "7.2057594037927933e16",
        "1e22",
        "1e23",
        "8.41e21",
        "9.5367431640625e-7",
        "1.8446744073709551615e19",
        "18446744073709551616",
        "36893488147419103231",
        "0.000000000000000000000000000000000000000000000001e48",
        "1e-22",
        "12345678901234567890123456789012345678901234567890e-30",
        ".5",
        "5.",
        "1E+5",
        "1e-05"};
    for (size_t i = 0; i < COUNT_OF(cases); i++) check_as_strtod(cases[i]);
}

/* digits = digits * factor + more, decimal, the least significant first. */
static void multiply_digits(char *digits, size_t count, unsigned factor, unsigned more) {
    for (size_t i = 0; i < count; i++) {
        more += (unsigned)digits[i] * factor;
        digits[i] = (char)(more % 10);
        more /= 10;
    }
}

/* (n + 1/2) 2^-1074 has up to 768 digits; exactly it is a tie, and one unit in the last of these
 * digits more or less decides. */
TEST(halfway_between_subnormals) {
    enum { DIGITS = 790 };
    static const uint32_t odd[] = {1, 3, 5, 4000001, 4294967295u};
    for (size_t k = 0; k < COUNT_OF(odd); k++) {
        for (int change = -1; change <= 1; change++) {
            char digits[DIGITS] = {0}, text[DIGITS + 16];
            multiply_digits(digits, DIGITS, 1, odd[k]);
            for (int i = 0; i < 1075; i++) multiply_digits(digits, DIGITS, 5, 0);
            digits[0] = (char)(digits[0] + change); /* it was 5 */
            for (int i = 0; i < DIGITS; i++) text[i] = (char)('0' + digits[DIGITS - 1 - i]);
            strcpy(text + DIGITS, "e-1075");
            uint64_t n = odd[k] / 2, up = change > 0 || (change == 0 && n % 2 == 1);
            CHECK(read_back(text) == from_bits(n + up));
            check_as_strtod(text);
        }
    }
}

/* More digits than are kept, where only the last one decides. */
TEST(long_halfway_cases) {
    char text[2200];
    for (int last = 0; last < 2; last++) {
        strcpy(text, "9007199254740993.");
        memset(text + 17, '0', 2000);
        text[2017] = (char)('0' + last);
        text[2018] = '\0';
        CHECK(read_back(text) == 9007199254740992.0 + 2 * last);
        check_as_strtod(text);
    }
    for (int place = 780; place < 820; place++) {
        strcpy(text, "9007199254740993.");
        memset(text + 17, '0', 2000);
        text[place] = '1';
        text[2017] = '\0';
        CHECK(read_back(text) == 9007199254740994.0);
    }
    memset(text, '0', 2000);
    strcpy(text + 2000, ".000e5");
    CHECK(read_back(text) == 0);
    memset(text, '7', 2000);
    strcpy(text + 2000, "e-1995");
    check_as_strtod(text);
}

static void check_parse(const char *text, int length, double want) {
    const char *end;
    double value = 0;
    bool found = number_parse(text, text + strlen(text), &end, &value);
    CHECK_INT(end - text, length);
    CHECK_INT(found, length > 0);
    if (length > 0) CHECK_NEAR(value, want, 0);
}

TEST(parses_the_longest_start) {
    check_parse("1.5e3x", 5, 1500);
    check_parse("1e", 1, 1);
    check_parse("1e+", 1, 1);
    check_parse("1e+x", 1, 1);
    check_parse("2x", 1, 2);
    check_parse("1..3", 1, 1);
    check_parse("1.5..3", 3, 1.5);
    check_parse("1.", 2, 1);
    check_parse("1.2.3", 3, 1.2);
    check_parse("0x1p4+", 5, 16);
    check_parse("0x", 1, 0);
    check_parse("0xg", 1, 0);
    check_parse("0x.8", 4, 0.5);
    check_parse("0X1.8P+1", 8, 3);
    check_parse("0x1p", 3, 1);
    check_parse("", 0, 0);
    check_parse(".", 0, 0);
    check_parse(".e5", 0, 0);
    check_parse("..5", 0, 0);
    check_parse("-1", 0, 0);
    check_parse("+1", 0, 0);
    check_parse("inf", 0, 0);
    check_parse("nan", 0, 0);
    check_parse("e5", 0, 0);
}

TEST(reads_whole_words) {
    double value;
    static const char *const wrong[] = {"",    "-",  "+",  " 1",    "1 ", "--1",  "+-1", "infx",
                                        "1,5", "0x", "1e", "1.2.3", "in", "nanx", "e"};
    for (size_t i = 0; i < COUNT_OF(wrong); i++)
        CHECK(!number_read(wrong[i], wrong[i] + strlen(wrong[i]), &value));
    CHECK(same(read_back("-inf"), -(double)INFINITY));
    CHECK(same(read_back("Infinity"), (double)INFINITY));
    CHECK(isnan(read_back("nan")));
    CHECK(isnan(read_back("-NaN")));
    CHECK(same(read_back("-0"), -0.0));
    CHECK(same(read_back("+2.5"), 2.5));
}

TEST(hex_as_printf) {
    uint64_t state = 1234567891011u;
    for (int i = 0; i < 50000; i++) {
        double value = i < 40000 ? from_bits(next_bits(&state))
                                 : from_bits(next_bits(&state) & 0x800fffffffffffff);
        char want[64];
        if (value - value != 0) continue;
        snprintf(want, sizeof want, "%a", value);
        CHECK_TEXT(number_hex(value).s, want);
        CHECK(same(read_back(want), value));
    }
    CHECK_TEXT(number_hex(0).s, "0x0p+0");
    CHECK_TEXT(number_hex(-3).s, "-0x1.8p+1");
    CHECK_TEXT(number_hex(-(double)INFINITY).s, "-inf");
    CHECK_TEXT(number_hex((double)NAN).s, "nan");
}

/* Hex texts with too many digits are rounded as strtod rounds them. */
TEST(hex_rounding) {
    static const char *const cases[] = {"0x1.00000000000008p0",
                                        "0x1.000000000000080000000000000001p0",
                                        "0x1.00000000000018p0",
                                        "0x1.fffffffffffff8p1023",
                                        "0x1.fffffffffffff7p1023",
                                        "0x1p-1074",
                                        "0x1p-1075",
                                        "0x1.8p-1075",
                                        "0x1.000001p-1075",
                                        "0x0.00000000000000000000001p80",
                                        "0x123456789abcdef01234p-3",
                                        "0x1p99999999999",
                                        "0x1p-99999999999",
                                        "0x.0000000000001p-1022"};
    for (size_t i = 0; i < COUNT_OF(cases); i++) check_as_strtod(cases[i]);
}

TEST(rounds_as_printf) {
    uint64_t state = 998877665544332211u;
    for (int i = 0; i < ROUNDS / 4; i++) {
        double value = next_double(&state, i % 4);
        int digits = 1 + i % 17;
        char want[64];
        if (value - value != 0) continue;
        snprintf(want, sizeof want, "%.*e", digits - 1, value);
        CHECK(same(strtod(number_round(value, digits).s, NULL), strtod(want, NULL)));
        CHECK(digits_of(number_round(value, digits).s) <= digits);
    }
}

TEST(fixed_as_printf) {
    uint64_t state = 112233445566778899u;
    static const double scales[] = {1, 10, 1e3, 1e6, 1e12, 1e-3, 1e-9};
    for (int i = 0; i < ROUNDS / 4; i++) {
        double value = next_double(&state, 1 + i % 3);
        char want[400];
        value = i % 3 == 1 ? value : value * scales[i % 7];
        if (!(fabs(value) < 1e16)) continue;
        snprintf(want, sizeof want, "%.*f", i % 21, value);
        bool zero = strspn(want, "-0.") == strlen(want);
        CHECK_TEXT(number_fixed(value, i % 21).s, zero && want[0] == '-' ? want + 1 : want);
    }
    CHECK_TEXT(number_fixed(0.125, 2).s, "0.12");
    CHECK_TEXT(number_fixed(0.375, 2).s, "0.38");
    CHECK_TEXT(number_fixed(2.5, 0).s, "2");
    CHECK_TEXT(number_fixed(0.5, 0).s, "0");
    CHECK_TEXT(number_fixed(0.6, 0).s, "1");
    CHECK_TEXT(number_fixed(9.999, 2).s, "10.00");
    CHECK_TEXT(number_fixed(-0.001, 2).s, "0.00");
    CHECK_TEXT(number_fixed(9999999999999998.0, 20).s, "9999999999999998.00000000000000000000");
    CHECK_TEXT(number_fixed(1e300, 2).s, "1e300");
    CHECK_TEXT(number_fixed((double)NAN, 2).s, "nan");
}

TEST(layout) {
    CHECK_TEXT(number_text(0.1).s, "0.1");
    CHECK_TEXT(number_text(6.4).s, "6.4");
    CHECK_TEXT(number_text(0.1 + 0.2).s, "0.30000000000000004");
    CHECK_TEXT(number_text(1e-5).s, "0.00001");
    CHECK_TEXT(number_text(1e-9).s, "1e-9");
    CHECK_TEXT(number_text(-2.5e300).s, "-2.5e300");
    CHECK_TEXT(number_text(3).s, "3");
    CHECK_TEXT(number_text(-0.0).s, "-0");
    CHECK_TEXT(number_text(9007199254740993.0).s, "9007199254740992");
    CHECK_TEXT(number_text(1e15).s, "1000000000000000");
    CHECK_TEXT(number_text(1e16).s, "1e16");
    CHECK_TEXT(number_text(5e-324).s, "5e-324");
    CHECK_TEXT(number_text(1.7976931348623157e308).s, "1.7976931348623157e308");
    CHECK_TEXT(number_text(2.2250738585072014e-308).s, "2.2250738585072014e-308");
    CHECK_TEXT(number_text((double)INFINITY).s, "inf");
    CHECK_TEXT(number_text(-(double)INFINITY).s, "-inf");
    CHECK_TEXT(number_text(-(double)NAN).s, "nan");
    CHECK_TEXT(number_round(3.14159, 3).s, "3.14");
    CHECK_TEXT(number_round(123456, 3).s, "123000");
    CHECK_TEXT(number_round(0.99996, 4).s, "1");
    CHECK_TEXT(number_round(1e-9 / 3, 2).s, "3.3e-10");
    CHECK_TEXT(number_round(0, 2).s, "0");
    CHECK_TEXT(number_integer(-9223372036854775807LL - 1).s, "-9223372036854775808");
    CHECK_TEXT(number_integer(0).s, "0");
}

/* A locale with a decimal comma changes nothing. */
TEST(no_locale) {
    static const char *const names[] = {"de_DE.UTF-8", "fr_FR.UTF-8", "de_DE", "fr_FR"};
    for (size_t i = 0; i < COUNT_OF(names); i++)
        if (setlocale(LC_ALL, names[i])) break;
    CHECK_TEXT(number_text(1234.5).s, "1234.5");
    CHECK_TEXT(number_hex(1.5).s, "0x1.8p+0");
    CHECK_NEAR(read_back("1234.5"), 1234.5, 0);
    setlocale(LC_ALL, "C");
}

TEST_MAIN(shortest_round_trip, reads_as_strtod, reads_random_decimals, hard_cases,
          halfway_between_subnormals, long_halfway_cases, parses_the_longest_start,
          reads_whole_words, hex_as_printf, hex_rounding, rounds_as_printf, fixed_as_printf, layout,
          no_locale)
