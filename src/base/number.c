/* number: decimal text <-> double, exact in both directions and without libc's locale.
 *
 * Reading: a few digits with a small power of ten are one exact operation (Clinger, How to read
 * floating point numbers accurately, PLDI 1990); up to 19 digits go through a double-double whose
 * error bound decides whether the rounding is certain; the rest is exact big-integer division.
 * Writing: few digits are found by trial, the rest by the free-format algorithm of Steele and White
 * (PLDI 1990) on big integers. */
#include "base.h"

#include <string.h>

/* ---- big unsigned integers ------------------------------------------------------------------- */

/* The largest: 800 digits times 2^64, or 5^1130; about 2730 bits. */
enum { NUMBER_LIMBS = 92 };
typedef struct NumberBig {
    int count; /* limbs in use; the highest is not 0 */
    uint32_t limb[NUMBER_LIMBS];
} NumberBig;

static void number_big_set(NumberBig *big, uint64_t value) {
    big->limb[0] = (uint32_t)value;
    big->limb[1] = (uint32_t)(value >> 32);
    big->count = big->limb[1] ? 2 : big->limb[0] ? 1 : 0;
}

static void number_big_copy(NumberBig *to, const NumberBig *from) {
    to->count = from->count;
    memcpy(to->limb, from->limb, sizeof to->limb[0] * (size_t)from->count);
}

/* big = big * factor + more */
static void number_big_multiply(NumberBig *big, uint32_t factor, uint32_t more) {
    uint64_t carry = more;
    for (int i = 0; i < big->count; i++) {
        carry += (uint64_t)big->limb[i] * factor;
        big->limb[i] = (uint32_t)carry;
        carry >>= 32;
    }
    if (carry && big->count < NUMBER_LIMBS) big->limb[big->count++] = (uint32_t)carry;
}

static void number_big_times_power5(NumberBig *big, int power) {
    for (; power >= 13; power -= 13) number_big_multiply(big, UINT32_C(1220703125), 0);
    uint32_t rest = 1;
    while (power-- > 0) rest *= 5;
    number_big_multiply(big, rest, 0);
}

static void number_big_shift(NumberBig *big, int bits) {
    int limbs = bits / 32, rest = bits % 32;
    if (big->count == 0 || bits <= 0) return;
    uint32_t high = rest ? big->limb[big->count - 1] >> (32 - rest) : 0;
    for (int i = big->count - 1; i >= 0; i--) {
        uint32_t below = i > 0 && rest ? big->limb[i - 1] >> (32 - rest) : 0;
        big->limb[i + limbs] = big->limb[i] << rest | below;
    }
    memset(big->limb, 0, sizeof big->limb[0] * (size_t)limbs);
    big->count += limbs;
    if (high) big->limb[big->count++] = high;
}

static int number_big_compare(const NumberBig *a, const NumberBig *b) {
    if (a->count != b->count) return a->count < b->count ? -1 : 1;
    for (int i = a->count - 1; i >= 0; i--)
        if (a->limb[i] != b->limb[i]) return a->limb[i] < b->limb[i] ? -1 : 1;
    return 0;
}

/* a + b compared with c */
static int number_big_compare_sum(const NumberBig *a, const NumberBig *b, const NumberBig *c) {
    NumberBig sum;
    const NumberBig *longer = a->count > b->count ? a : b, *other = longer == a ? b : a;
    uint64_t carry = 0;
    for (int i = 0; i < longer->count; i++) {
        carry += (uint64_t)longer->limb[i] + (i < other->count ? other->limb[i] : 0);
        sum.limb[i] = (uint32_t)carry;
        carry >>= 32;
    }
    sum.count = longer->count;
    if (carry && sum.count < NUMBER_LIMBS) sum.limb[sum.count++] = (uint32_t)carry;
    return number_big_compare(&sum, c);
}

/* a -= b, where a >= b */
static void number_big_subtract(NumberBig *a, const NumberBig *b) {
    int64_t borrow = 0;
    for (int i = 0; i < a->count; i++) {
        borrow += (int64_t)a->limb[i] - (i < b->count ? (int64_t)b->limb[i] : 0);
        a->limb[i] = (uint32_t)borrow;
        borrow = borrow < 0 ? -1 : 0;
    }
    while (a->count > 0 && a->limb[a->count - 1] == 0) a->count--;
}

static int number_big_bits(const NumberBig *big) {
    if (big->count == 0) return 0;
    int bits = 32 * (big->count - 1);
    for (uint32_t top = big->limb[big->count - 1]; top; top >>= 1) bits++;
    return bits;
}

/* ---- the parts of a double ------------------------------------------------------------------- */

static uint64_t number_bits(double value) {
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

static double number_from_bits(uint64_t bits) {
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* The double nearest to (mantissa + a little, if 'sticky') * 2^exponent, ties to even. */
static double number_assemble(uint64_t mantissa, bool sticky, int exponent) {
    if (mantissa == 0) return 0;
    while (!(mantissa >> 63)) {
        mantissa <<= 1;
        exponent--;
    }
    int top = exponent + 63; /* 2^top <= value < 2^(top+1) */
    if (top > 1023) return number_from_bits(UINT64_C(0x7ff) << 52);
    int drop = top >= -1022 ? 11 : 11 + (-1022 - top);
    if (drop > 64) return 0;
    uint64_t kept = drop == 64 ? 0 : mantissa >> drop;
    uint64_t rest = drop == 64 ? mantissa : mantissa << (64 - drop);
    uint64_t half = UINT64_C(1) << 63;
    if (rest > half || (rest == half && (sticky || (kept & 1)))) kept++;
    /* A carry out of the 53 bits runs into the exponent, as it should. */
    if (top < -1022) return number_from_bits(kept);
    uint64_t bits = ((uint64_t)(top + 1022) << 52) + kept;
    return number_from_bits(bits);
}

/* ---- reading --------------------------------------------------------------------------------- */

enum { NUMBER_MOST_DIGITS = 800 }; /* more cannot change a rounding but by being there */

/* Decimal digits as they stand in the text: 0.DIGITS * 10^point. */
typedef struct NumberDigits {
    const char *start, *end; /* from the first digit that is not 0; may hold one '.' */
    long point;              /* where the decimal point stands, from 'start' */
    int count;               /* significant digits, counted to 2^30 */
    uint64_t leading;        /* the first 19 of them */
} NumberDigits;

static const double number_powers[23] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                         1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                         1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

/* a * b = product + error, exactly (Dekker 1971; no overflow for the sizes used here). */
static double number_product(double a, double b, double *error) {
    double c = a * 134217729.0, d = b * 134217729.0;
    double ah = c - (c - a), bh = d - (d - b), al = a - ah, bl = b - bh;
    double product = a * b;
    *error = ((ah * bh - product) + ah * bl + al * bh) + al * bl;
    return product;
}

/* w * 10^power for |power| <= 22 in about 100 bits; false when that cannot decide the rounding. */
static bool number_read_quick(uint64_t w, int power, double *value) {
    double high = (double)(w & ~UINT64_C(0x7ff)), low = (double)(w & 0x7ff);
    double scale = number_powers[power < 0 ? -power : power], first, second, error;
    if (power >= 0) {
        first = number_product(high, scale, &error);
        second = error + low * scale;
    } else {
        first = high / scale;
        double back = number_product(first, scale, &error);
        second = (((high - back) - error) + low) / scale;
    }
    double sum = first + second, rest = second - (sum - first), slack = sum * 0x1p-96;
    *value = sum;
    return sum + (rest + slack) == sum && sum + (rest - slack) == sum;
}

static void number_big_from_digits(NumberBig *big, const NumberDigits *digits, int *used) {
    number_big_set(big, 0);
    *used = 0;
    uint32_t part = 0, scale = 1;
    for (const char *at = digits->start; at < digits->end && *used < NUMBER_MOST_DIGITS; at++) {
        if (*at == '.') continue;
        part = part * 10 + (uint32_t)(*at - '0');
        scale *= 10;
        (*used)++;
        if (scale < 1000000000) continue;
        number_big_multiply(big, scale, part);
        part = 0, scale = 1;
    }
    if (scale > 1) number_big_multiply(big, scale, part);
}

static bool number_rest_is_zero(const NumberDigits *digits, int used) {
    int seen = 0;
    for (const char *at = digits->start; at < digits->end; at++) {
        if (*at == '.') continue;
        if (seen++ >= used && *at != '0') return false;
    }
    return true;
}

/* The exact way: digits * 5^p / 5^q as a quotient of 63 or 64 bits and a remainder. */
static double number_read_exact(const NumberDigits *digits, long power) {
    NumberBig above, below;
    int used;
    number_big_from_digits(&above, digits, &used);
    int exponent = (int)(power + digits->count - used);
    bool sticky = !number_rest_is_zero(digits, used);
    number_big_set(&below, 1);
    if (exponent >= 0)
        number_big_times_power5(&above, exponent);
    else
        number_big_times_power5(&below, -exponent);
    int shift = 63 - (number_big_bits(&above) - number_big_bits(&below));
    if (shift > 0) number_big_shift(&above, shift);
    if (shift < 0) number_big_shift(&below, -shift);
    /* Long division: 'above' stays the remainder, doubled at each bit. */
    number_big_shift(&below, 63);
    uint64_t quotient = 0;
    for (int bit = 63; bit >= 0; bit--) {
        if (number_big_compare(&above, &below) >= 0) {
            number_big_subtract(&above, &below);
            quotient |= UINT64_C(1) << bit;
        }
        number_big_shift(&above, 1);
    }
    return number_assemble(quotient, sticky || above.count > 0, exponent - shift);
}

static double number_from_digits(const NumberDigits *digits, long exponent) {
    if (digits->count == 0) return 0;
    long top = digits->point + exponent; /* 10^(top-1) <= value < 10^top */
    if (top > 310) return number_from_bits(UINT64_C(0x7ff) << 52);
    if (top < -330) return 0;
    long power = top - digits->count;
    double value;
    if (digits->count <= 19 && power >= -22 && power <= 22) {
        if (digits->leading < UINT64_C(1) << 53) {
            value = (double)digits->leading;
            return power < 0 ? value / number_powers[-power] : value * number_powers[power];
        }
        if (number_read_quick(digits->leading, (int)power, &value)) return value;
    }
    return number_read_exact(digits, power);
}

static bool number_is_digit(const char *at, const char *limit) {
    return at < limit && *at >= '0' && *at <= '9';
}

/* 'e' or 'p' with digits, or nothing: then 0 and '*at' stays. Saturates far beyond any double. */
static long number_read_exponent(const char **at, const char *limit, char letter) {
    const char *p = *at;
    if (p >= limit || (*p | 32) != letter) return 0;
    p++;
    bool negative = p < limit && *p == '-';
    if (p < limit && (*p == '-' || *p == '+')) p++;
    if (!number_is_digit(p, limit)) return 0;
    long exponent = 0;
    for (; number_is_digit(p, limit); p++)
        if (exponent < 1000000000) exponent = exponent * 10 + (*p - '0');
    *at = p;
    return negative ? -exponent : exponent;
}

/* Two points are a range (1..3), so the first of them is not ours. */
static bool number_is_point(const char *at, const char *limit) {
    return at < limit && *at == '.' && !(at + 1 < limit && at[1] == '.');
}

static const char *number_scan(const char *text, const char *limit, NumberDigits *digits) {
    const char *at = text;
    bool point = false, any = false;
    long before = 0; /* places from the first significant digit to the point */
    *digits = (NumberDigits){.start = text, .end = text};
    for (; at < limit; at++) {
        if (!point && number_is_point(at, limit)) {
            point = true;
            continue;
        }
        if (*at < '0' || *at > '9') break;
        any = true;
        if (digits->count == 0 && *at == '0') {
            before -= point;
            continue;
        }
        if (digits->count == 0) digits->start = at;
        if (digits->count < 19) digits->leading = digits->leading * 10 + (uint64_t)(*at - '0');
        if (digits->count < 1 << 30) digits->count++;
        before += !point;
    }
    digits->end = at;
    digits->point = before;
    return any ? at : NULL;
}

static int number_hex_digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    c |= 32;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* After '0x'; NULL when no digit follows. */
static const char *number_scan_hex(const char *at, const char *limit, double *value) {
    uint64_t mantissa = 0;
    long exponent = 0;
    bool sticky = false, point = false, any = false;
    for (; at < limit; at++) {
        if (!point && number_is_point(at, limit)) {
            point = true;
            continue;
        }
        int digit = number_hex_digit(*at);
        if (digit < 0) break;
        any = true;
        if (mantissa >> 60) {
            sticky = sticky || digit != 0;
            exponent += point ? 0 : 4;
        } else {
            mantissa = mantissa << 4 | (uint64_t)digit;
            exponent -= point ? 4 : 0;
        }
    }
    if (!any) return NULL;
    exponent += number_read_exponent(&at, limit, 'p');
    if (exponent > 10000) exponent = 10000;
    if (exponent < -10000) exponent = -10000;
    *value = number_assemble(mantissa, sticky, (int)exponent);
    return at;
}

bool number_parse(const char *text, const char *limit, const char **end, double *value) {
    *end = text;
    if (limit - text > 2 && text[0] == '0' && (text[1] | 32) == 'x') {
        const char *after = number_scan_hex(text + 2, limit, value);
        if (after) {
            *end = after;
            return true;
        }
    }
    NumberDigits digits;
    const char *after = number_scan(text, limit, &digits);
    if (!after) return false;
    long exponent = number_read_exponent(&after, limit, 'e');
    *value = number_from_digits(&digits, exponent);
    *end = after;
    return true;
}

/* Letters without case. */
static bool number_is_word(const char *text, const char *limit, const char *word) {
    while (text < limit && *word && (*text | 32) == *word) text++, word++;
    return text == limit && *word == '\0';
}

bool number_read(const char *text, const char *limit, double *value) {
    bool negative = text < limit && *text == '-';
    if (text < limit && (*text == '-' || *text == '+')) text++;
    const char *end;
    if (number_is_word(text, limit, "inf") || number_is_word(text, limit, "infinity"))
        *value = number_from_bits(UINT64_C(0x7ff) << 52);
    else if (number_is_word(text, limit, "nan"))
        *value = number_from_bits(UINT64_C(0xfff) << 51);
    else if (!number_parse(text, limit, &end, value) || end != limit)
        return false;
    if (negative) *value = -*value;
    return true;
}

/* ---- digits of a double ---------------------------------------------------------------------- */

/* 0.d1 d2 d3 ... * 10^point */
typedef struct NumberDecimal {
    char digits[40]; /* 16 before the point and 20 after it, and some */
    int count, point;
} NumberDecimal;

/* A positive finite double as mantissa * 2^exponent. */
static uint64_t number_split(double value, int *exponent) {
    uint64_t bits = number_bits(value), mantissa = bits & UINT64_C(0xfffffffffffff);
    int field = (int)(bits >> 52) & 0x7ff;
    *exponent = (field ? field : 1) - 1075;
    return field ? mantissa | UINT64_C(1) << 52 : mantissa;
}

/* value = above / below * 10^point with above / below < 1 (>= 0.1, or a place lower, as the
 * estimate falls); 'unit', if any, is one unit of 2^exponent on the scale of 'above'. */
static int number_scale(uint64_t mantissa, int exponent, NumberBig *above, NumberBig *below,
                        NumberBig *unit) {
    int bits = 0;
    for (uint64_t m = mantissa; m; m >>= 1) bits++;
    /* floor((bits + exponent) * log10(2)) + 1 is the point, or one too high. */
    long long estimate = (long long)(bits + exponent) * 30103;
    int point = (int)(estimate >= 0 ? estimate / 100000 : -((-estimate + 99999) / 100000)) + 1;
    number_big_set(above, mantissa);
    number_big_set(below, 1);
    if (unit) number_big_set(unit, 1);
    int twos = exponent - point;
    if (point >= 0) {
        number_big_times_power5(below, point);
    } else {
        number_big_times_power5(above, -point);
        if (unit) number_big_times_power5(unit, -point);
    }
    if (twos >= 0) {
        number_big_shift(above, twos);
        if (unit) number_big_shift(unit, twos);
    } else {
        number_big_shift(below, -twos);
    }
    return point;
}

/* The next digit of above / below; leaves the remainder. */
static int number_next_digit(NumberBig *above, const NumberBig *below) {
    int digit = 0;
    number_big_multiply(above, 10, 0);
    while (number_big_compare(above, below) >= 0) {
        number_big_subtract(above, below);
        digit++;
    }
    return digit;
}

/* Adds one unit in the last place. */
static void number_round_up(NumberDecimal *decimal) {
    int i = decimal->count - 1;
    while (i >= 0 && decimal->digits[i] == '9') decimal->digits[i--] = '0';
    if (i >= 0) {
        decimal->digits[i]++;
        return;
    }
    decimal->digits[0] = '1'; /* all nines: 999 -> 100, one place higher */
    decimal->point++;
    if (decimal->count == 0) decimal->count = 1;
}

/* A number with at most 15 digits is the shortest of its length as soon as it reads back. */
static bool number_try_few(double value, NumberDecimal *decimal) {
    if (!(value >= 1e-5 && value < 1e15)) return false;
    for (int places = 0; places <= 20; places++) {
        double scaled = value * number_powers[places] + 0.5;
        if (scaled >= 1e15) return false;
        uint64_t whole = (uint64_t)scaled;
        if ((double)whole / number_powers[places] != value) continue;
        NumberText text = number_integer((long long)whole);
        decimal->count = (int)strlen(text.s);
        decimal->point = decimal->count - places;
        memcpy(decimal->digits, text.s, (size_t)decimal->count);
        return true;
    }
    return false;
}

static void number_shortest(double value, NumberDecimal *decimal) {
    if (number_try_few(value, decimal)) return;
    NumberBig above, below, lower, upper;
    int exponent;
    uint64_t mantissa = number_split(value, &exponent);
    bool even = (mantissa & 1) == 0;
    bool uneven_gap = mantissa == UINT64_C(1) << 52 && exponent > -1074;
    decimal->point = number_scale(mantissa, exponent, &above, &below, &lower);
    /* Twice everything, so that the half gaps are whole numbers; below a power of two the gap is
     * half as wide, so four times. */
    number_big_shift(&above, uneven_gap ? 2 : 1);
    number_big_shift(&below, uneven_gap ? 2 : 1);
    number_big_copy(&upper, &lower);
    if (uneven_gap) number_big_shift(&upper, 1);
    /* The estimate may be one too high: then the upper end lies below a tenth. */
    NumberBig tenth;
    number_big_copy(&tenth, &above);
    number_big_multiply(&tenth, 10, 0);
    NumberBig upper_tenth;
    number_big_copy(&upper_tenth, &upper);
    number_big_multiply(&upper_tenth, 10, 0);
    int over = number_big_compare_sum(&tenth, &upper_tenth, &below);
    if (over < 0 || (over == 0 && !even)) {
        decimal->point--;
        number_big_copy(&above, &tenth);
        number_big_copy(&upper, &upper_tenth);
        number_big_multiply(&lower, 10, 0);
    }
    decimal->count = 0;
    for (;;) {
        int digit = number_next_digit(&above, &below);
        number_big_multiply(&lower, 10, 0);
        number_big_multiply(&upper, 10, 0);
        decimal->digits[decimal->count++] = (char)('0' + digit);
        int low = number_big_compare(&above, &lower);
        int high = number_big_compare_sum(&above, &upper, &below);
        bool near_low = low < 0 || (low == 0 && even);
        bool near_high = high > 0 || (high == 0 && even);
        if (!near_low && !near_high) continue;
        int half = number_big_compare_sum(&above, &above, &below);
        bool up = near_high && (!near_low || half > 0 || (half == 0 && (digit & 1)));
        if (up) number_round_up(decimal);
        break;
    }
}

/* 'count' significant digits or digits down to 10^-places, whichever is asked (count < 0: places),
 * rounded from the exact value, ties to even. */
static void number_digits(double value, int count, int places, NumberDecimal *decimal) {
    NumberBig above, below, tenth;
    int exponent;
    uint64_t mantissa = number_split(value, &exponent);
    decimal->point = number_scale(mantissa, exponent, &above, &below, NULL);
    number_big_copy(&tenth, &above);
    number_big_multiply(&tenth, 10, 0);
    if (number_big_compare(&tenth, &below) < 0) {
        decimal->point--;
        number_big_copy(&above, &tenth);
    }
    decimal->count = 0;
    if (count < 0) count = decimal->point + places;
    if (count < 0) return; /* less than half a unit: nothing */
    for (int i = 0; i < count; i++)
        decimal->digits[decimal->count++] = (char)('0' + number_next_digit(&above, &below));
    int half = number_big_compare_sum(&above, &above, &below);
    bool odd = count > 0 && (decimal->digits[count - 1] & 1);
    if (half > 0 || (half == 0 && odd)) number_round_up(decimal);
}

/* ---- writing --------------------------------------------------------------------------------- */

typedef struct NumberWriter {
    NumberText text;
    int length;
} NumberWriter;

static void number_put(NumberWriter *writer, char c) {
    if (writer->length < NUMBER_TEXT - 1) writer->text.s[writer->length++] = c;
}

static void number_put_string(NumberWriter *writer, const char *string) {
    while (*string) number_put(writer, *string++);
}

static bool number_put_special(NumberWriter *writer, double value) {
    if (value != value) {
        number_put_string(writer, "nan");
        return true;
    }
    if (number_bits(value) >> 63) number_put(writer, '-');
    if (value - value == 0) return false;
    number_put_string(writer, "inf");
    return true;
}

static void number_put_plain(NumberWriter *writer, const NumberDecimal *decimal) {
    if (decimal->point <= 0) number_put_string(writer, "0.");
    for (int i = decimal->point; i < 0; i++) number_put(writer, '0');
    for (int i = 0; i < decimal->count; i++) {
        if (i > 0 && i == decimal->point) number_put(writer, '.');
        number_put(writer, decimal->digits[i]);
    }
    for (int i = decimal->count; i < decimal->point; i++) number_put(writer, '0');
}

static void number_put_exponent(NumberWriter *writer, const NumberDecimal *decimal) {
    number_put(writer, decimal->digits[0]);
    if (decimal->count > 1) number_put(writer, '.');
    for (int i = 1; i < decimal->count; i++) number_put(writer, decimal->digits[i]);
    number_put(writer, 'e');
    number_put_string(writer, number_integer(decimal->point - 1).s);
}

static NumberText number_layout(NumberWriter writer, NumberDecimal decimal) {
    while (decimal.count > 1 && decimal.digits[decimal.count - 1] == '0') decimal.count--;
    if (decimal.point >= -4 && decimal.point <= 16)
        number_put_plain(&writer, &decimal);
    else
        number_put_exponent(&writer, &decimal);
    return writer.text;
}

NumberText number_text(double value) {
    NumberWriter writer = {0};
    NumberDecimal decimal;
    if (number_put_special(&writer, value)) return writer.text;
    if (value == 0) {
        number_put(&writer, '0');
        return writer.text;
    }
    number_shortest(value < 0 ? -value : value, &decimal);
    return number_layout(writer, decimal);
}

NumberText number_round(double value, int digits) {
    NumberWriter writer = {0};
    NumberDecimal decimal;
    if (value == 0) return number_text(value);
    if (number_put_special(&writer, value)) return writer.text;
    digits = digits < 1 ? 1 : digits > 17 ? 17 : digits;
    number_digits(value < 0 ? -value : value, digits, 0, &decimal);
    return number_layout(writer, decimal);
}

NumberText number_fixed(double value, int decimals) {
    NumberWriter writer = {0};
    NumberDecimal decimal = {.digits = "0", .count = 0, .point = 0};
    double size = value < 0 ? -value : value;
    if (!(size < 1e16)) return number_text(value);
    decimals = decimals < 0 ? 0 : decimals > 20 ? 20 : decimals;
    if (size > 0) number_digits(size, -1, decimals, &decimal);
    if (value < 0 && decimal.count > 0) number_put(&writer, '-');
    if (decimal.point <= 0) number_put(&writer, '0');
    for (int i = 0; i < decimal.point; i++)
        number_put(&writer, i < decimal.count ? decimal.digits[i] : '0');
    if (decimals > 0) number_put(&writer, '.');
    for (int place = 0; place < decimals; place++) {
        int at = decimal.point + place;
        number_put(&writer, at >= 0 && at < decimal.count ? decimal.digits[at] : '0');
    }
    return writer.text;
}

NumberText number_hex(double value) {
    NumberWriter writer = {0};
    if (number_put_special(&writer, value)) return writer.text;
    uint64_t bits = number_bits(value), mantissa = bits & UINT64_C(0xfffffffffffff);
    int field = (int)(bits >> 52) & 0x7ff;
    number_put_string(&writer, field ? "0x1" : "0x0");
    if (mantissa) number_put(&writer, '.');
    for (; mantissa; mantissa = mantissa << 4 & UINT64_C(0xfffffffffffff))
        number_put(&writer, "0123456789abcdef"[mantissa >> 48]);
    int exponent = field ? field - 1023 : value == 0 ? 0 : -1022;
    number_put_string(&writer, exponent < 0 ? "p" : "p+");
    number_put_string(&writer, number_integer(exponent).s);
    return writer.text;
}

NumberText number_integer(long long value) {
    NumberWriter writer = {0};
    char digits[20];
    int count = 0;
    unsigned long long rest = (unsigned long long)value;
    if (value < 0) rest = 0ULL - rest;
    do {
        digits[count++] = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest);
    if (value < 0) number_put(&writer, '-');
    while (count > 0) number_put(&writer, digits[--count]);
    return writer.text;
}
