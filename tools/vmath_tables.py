#!/usr/bin/env python3
"""Writes src/op/vmath_tables.inc: the tables and polynomial coefficients of src/op/vmath.h.

    python3 tools/vmath_tables.py

Everything is computed here with the package mpmath at 400 bits and rounded to double; nothing is
copied from another library. Polynomials are interpolations at Chebyshev nodes, at most a few times
the error of the best ones; the error bound that each needs is asserted. Sources of the methods:
Tang, "Table-driven implementation of the exponential / logarithm function" (ACM TOMS 1989, 1990);
Payne and Hanek, "Radian reduction for trigonometric functions" (SIGNUM 1983);
Muller et al., "Handbook of Floating-Point Arithmetic"; Abramowitz and Stegun, chapter 6 (gamma).
"""
import struct
import sys
from mpmath import mp, mpf, chebyfit, floor, ldexp, frexp, nint
import mpmath

mp.prec = 400
out = []


def double(x):
    """The double nearest to x (no subnormals occur here)."""
    x = mpf(x)
    if x == 0:
        return mpf(0)
    mantissa, exponent = frexp(x)
    return ldexp(nint(ldexp(mantissa, 53)), exponent - 53)


def grid(x, bits):
    """x rounded to a multiple of 2^-bits."""
    return ldexp(nint(ldexp(mpf(x), bits)), -bits)


def pair(x):
    high = double(x)
    return high, double(x - high)


def text(x):
    return float(x).hex().replace("0000000000000p", "p").replace("0x1.p", "0x1p") \
        if x else "0x0p0"


def array(name, values, comment, per_line=4):
    out.append(f"/* {comment} */")
    out.append(f"static const double {name}[{len(values)}] = {{")
    for at in range(0, len(values), per_line):
        out.append("    " + ", ".join(text(v) for v in values[at:at + per_line]) + ",")
    out[-1] = out[-1][:-1] + "};"
    out.append("")


def words(name, values, comment, per_line=4):
    out.append(f"/* {comment} */")
    out.append(f"static const uint64_t {name}[{len(values)}] = {{")
    for at in range(0, len(values), per_line):
        out.append("    " + ", ".join(f"{v:#x}u" for v in values[at:at + per_line]) + ",")
    out[-1] = out[-1][:-1] + "};"
    out.append("")


def bits_of(x):
    return struct.unpack("<Q", struct.pack("<d", float(x)))[0]


def constant(name, value, comment=None):
    out.append(f"#define {name} {text(value)}" + (f" /* {comment} */" if comment else ""))


def split(name, value, bits, parts, comment):
    """value in parts of so many leading bits; the last part is a full double."""
    rest = mpf(value)
    for part in range(1, parts):
        exponent = frexp(rest)[1]
        piece = ldexp(floor(ldexp(rest, bits - exponent)), exponent - bits)
        constant(f"{name}_{part}", piece, comment if part == 1 else None)
        rest -= piece
    constant(f"{name}_{parts}", double(rest))


def pair_constant(name, value, comment):
    high, low = pair(value)
    constant(f"{name}_HI", high, comment)
    constant(f"{name}_LO", low)


def filled(f, at0, near=100):
    """f, with the value that is given within 2^-near of its removable singularity at 0."""
    return lambda x: f(x) if abs(x) > mpf(2) ** -near else at0


def odd_rest(f, slope, cubic):
    """(f(x)/x - slope)/x^2 of an odd function, as a function of x^2."""
    return filled(lambda z: (f(mpmath.sqrt(z)) / mpmath.sqrt(z) - slope) / z, cubic)


def poly(name, f, interval, count, bits, comment):
    """Coefficients, constant term first, of f on the interval, to an absolute error of 2^-bits."""
    a, b = mpf(interval[0]), mpf(interval[1])
    coefficients = [c for c in reversed(chebyfit(f, [a, b], count))]
    rounded = [double(c) for c in coefficients]
    worst = max(abs(mpmath.polyval(rounded[::-1], x) - f(x))
                for x in mpmath.linspace(a, b, 301))
    reached = float(-mpmath.log(worst, 2))
    sys.stderr.write(f"{name}: {count} coefficients, 2^-{reached:.1f}\n")
    assert reached >= bits, (name, reached)
    array(name, rounded, comment + f"; error below 2^-{int(reached)}")


def weighted_poly(name, f, weight, reach, count, bits, comment):
    """Coefficients of f on [-reach, reach] whose error times the weight is nearly the least possible,
    at most 2^-bits (Lawson's algorithm: least squares whose weights grow where the error is large)."""
    points = [reach * mpmath.cos(mpmath.pi * (2 * i + 1) / 122) for i in range(61)]
    shares = [mpf(1) / len(points)] * len(points)
    for _ in range(60):
        rows = [[mpmath.sqrt(share) * weight(x) * x ** k for k in range(count)]
                for x, share in zip(points, shares)]
        goal = [mpmath.sqrt(share) * weight(x) * f(x) for x, share in zip(points, shares)]
        found = mpmath.qr_solve(mpmath.matrix(rows), mpmath.matrix(goal))[0]
        errors = [abs(weight(x) * (mpmath.polyval(list(found)[::-1], x) - f(x))) for x in points]
        shares = [share * error for share, error in zip(shares, errors)]
        shares = [share / sum(shares) for share in shares]
    rounded = [double(c) for c in found]
    worst = max(abs(weight(x) * (mpmath.polyval(rounded[::-1], x) - f(x)))
                for x in mpmath.linspace(-reach, reach, 301))
    reached = float(-mpmath.log(worst, 2))
    sys.stderr.write(f"{name}: {count} coefficients, 2^-{reached:.1f}\n")
    assert reached >= bits, (name, reached)
    array(name, rounded, comment + f"; error below 2^-{int(reached)}")


EXP16_BELOW = 880 * 16  # steps of ln 2/16 below 0 where exp's short way begins; it goes on for 2^14


def short_exponential(rest, ln2):
    constant("VM_EXP16_STEPS", double(16 / ln2), "16/ln 2")
    split("VM_EXP16_STEP", ln2 / 16, 35, 2, "ln 2/16")
    out.append(f"#define VM_EXP16_BELOW {EXP16_BELOW}u /* steps of ln 2/16 */")
    constant("VM_EXP16_SHIFT", mpf(3) * 2 ** 51 + EXP16_BELOW, "1.5*2^52 + VM_EXP16_BELOW")
    roots = [pair(mpf(2) ** (mpf(j) / 16)) for j in range(16)]
    shifted = [(bits_of(high) - ((EXP16_BELOW + j) << 48)) % (1 << 64)
               for j, (high, low) in enumerate(roots)]
    words("vm_exp16_roots", shifted, "The bits of 2^(j/16), less (VM_EXP16_BELOW + j)*2^48")
    array("vm_exp16_rests", [double(mpf(2) ** (mpf(j) / 16) / high - 1)
                             for j, (high, low) in enumerate(roots)], "what it lacks, of 1")
    weighted_poly("vm_exp16_poly", rest, lambda x: x ** 2, ln2 / 32 * mpf("1.001"), 5, 55,
                  "(exp(r) - 1 - r)/r^2 for |r| <= ln 2/32, times r^2")


def exponential():
    ln2 = mpmath.log(2)
    constant("VM_EXP_STEPS", double(128 / ln2), "128/ln 2")
    split("VM_EXP_STEP", ln2 / 128, 35, 2, "ln 2/128")
    values = []
    for j in range(128):
        values += pair(mpf(2) ** (mpf(j) / 128))
    array("vm_exp_table", values, "2^(j/128): nearest double, and what it lacks")
    r = ln2 / 256 * mpf("1.01")
    rest = filled(lambda x: (mpmath.expm1(x) - x) / x ** 2, mpf(1) / 2)
    poly("vm_exp_long", rest, [-r, r], 6, 55,
         "(exp(r) - 1 - r)/r^2 for |r| <= ln 2/256, for results in two doubles")
    short_exponential(rest, ln2)
    q = mpf(1) / 4
    poly("vm_expm1_poly", filled(lambda x: (mpmath.expm1(x) - x - x * x / 2) / x ** 3, mpf(1) / 6),
         [-q, q], 9, 52, "(exp(x) - 1 - x - x^2/2)/x^3 for |x| <= 1/4")
    poly("vm_sinh_poly", odd_rest(mpmath.sinh, 1, mpf(1) / 6), [0, q * q], 6, 52,
         "(sinh(x)/x - 1)/x^2 in x^2 for |x| <= 1/4")
    poly("vm_tanh_poly", odd_rest(mpmath.tanh, 1, -mpf(1) / 3), [0, q * q], 9, 52,
         "(tanh(x)/x - 1)/x^2 in x^2 for |x| <= 1/4")


VM_LOG_OFFSET = 0x3fe6a00000000000  # the bits of 0.70703125, the least reduced argument


def logarithm():
    out.append(f"#define VM_LOG_OFFSET {VM_LOG_OFFSET:#x}u /* the bits of 0.70703125 */")
    ln2 = mpmath.log(2)
    high = grid(ln2, 42)
    constant("VM_LN2_HI", high, "ln 2 on the grid 2^-42, so that k*VM_LN2_HI is exact")
    constant("VM_LN2_LO", double(ln2 - high))
    pair_constant("VM_LOG2E", 1 / ln2, "1/ln 2")
    pair_constant("VM_LOG10E", 1 / mpmath.log(10), "1/ln 10")
    values = []
    for i in range(128):
        lower = reduced(VM_LOG_OFFSET + (i << 45))
        upper = reduced(VM_LOG_OFFSET + ((i + 1) << 45))
        inverse = mpf(1) if lower == 1 or upper == 1 else grid(2 / (lower + upper), 13)
        assert max(abs(lower * inverse - 1), abs(upper * inverse - 1)) <= mpf(2) ** -7
        log_high = grid(-mpmath.log(inverse), 42)
        values += [inverse, log_high, double(-mpmath.log(inverse) - log_high)]
    array("vm_log_table", values,
          "c of 14 bits with |c*m - 1| <= 1/128; -log(c) on the grid 2^-42, and what it lacks", 3)
    poly("vm_log_poly", filled(lambda r: (mpmath.log1p(r) - r + r * r / 2) / r ** 3, mpf(1) / 3),
         [-mpf(1) / 200, mpf(1) / 128], 8, 52,
         "(log(1 + r) - r + r^2/2)/r^3 for -1/200 <= r <= 1/128")


def reduced(bits):
    exponent = (bits >> 52) - 1023
    return ldexp(1 + mpf(bits & ((1 << 52) - 1)) / mpf(2) ** 52, exponent)


def trigonometric():
    pi = mpmath.pi
    constant("VM_2_PI", double(2 / pi), "2/pi")
    split("VM_PI_2", +pi / 2, 33, 4, "pi/2 in three parts of 33 bits and a double")
    pair_constant("VM_HALF_PI", +pi / 2, "pi/2")
    pair_constant("VM_PI", +pi, "pi")
    limit = (pi / 4 * mpf("1.0001")) ** 2
    sine = odd_rest(mpmath.sin, 1, -mpf(1) / 6)
    cosine = filled(lambda z: (mpmath.cos(mpmath.sqrt(z)) - 1 + z / 2) / z ** 2, mpf(1) / 24)
    poly("vm_sin_poly", sine, [0, limit], 7, 55, "(sin(r)/r - 1)/r^2 in r^2 for |r| <= pi/4")
    poly("vm_cos_poly", cosine, [0, limit], 6, 50,
         "(cos(r) - 1 + r^2/2)/r^4 in r^2 for |r| <= pi/4")
    poly("vm_sin_rest", filled(lambda z: (sine(z) + mpf(1) / 6) / z, mpf(1) / 120), [0, limit], 7,
         60, "((sin(r)/r - 1)/r^2 + 1/6)/r^2 in r^2")
    poly("vm_cos_rest", filled(lambda z: (cosine(z) - mpf(1) / 24) / z, -mpf(1) / 720), [0, limit],
         7, 60, "((cos(r) - 1 + r^2/2)/r^4 - 1/24)/r^2 in r^2")
    with mp.workprec(1400):
        bits = int(floor(ldexp(2 / pi, 1280)))
    words = [0, 0] + [(bits >> (1280 - 32 * (i + 1))) & 0xffffffff for i in range(38)]
    out.append("/* The first 1216 bits of 2/pi, after 64 bits of zeros. */")
    out.append(f"static const uint32_t vm_2_pi_words[{len(words)}] = {{")
    for at in range(0, len(words), 6):
        out.append("    " + ", ".join(f"0x{w:08x}" for w in words[at:at + 6]) + ",")
    out[-1] = out[-1][:-1] + "};"
    out.append("")
    poly("vm_asin_poly", odd_rest(mpmath.asin, 1, mpf(1) / 6), [0, mpf(1) / 4], 13, 55,
         "(asin(x)/x - 1)/x^2 in x^2 for |x| <= 1/2")
    values = []
    for j in range(32):
        values += pair(mpmath.atan(mpf(j) / 16))
    array("vm_atan_table", values,
          "atan(j/16): nearest double, and what it lacks; only a NaN goes beyond j = 16")
    t = mpf(1) / 31
    poly("vm_atan_poly", odd_rest(mpmath.atan, 1, -mpf(1) / 3), [0, t * t], 5, 50,
         "(atan(t)/t - 1)/t^2 in t^2 for |t| <= 1/31")


ERF_TERMS = 10


def error_function():
    two = 2 / mpmath.sqrt(mpmath.pi)
    constant("VM_ERF_SLOPE_EXCESS", double(two - 1), "2/sqrt(pi) - 1, the slope of erf at 0 less 1")
    poly("vm_erf_near", odd_rest(mpmath.erf, two, -two / 3), [0, mpf(1) / 4], 10, 56,
         "(erf(x)/x - 2/sqrt(pi))/x^2 in x^2 for |x| <= 1/2")
    values = []
    worst = mpf(0)
    edge = mpf(1) / 16
    for j in range(64):
        centre = mpf(2 * j + 1) / 16
        high, low = pair(mpmath.erf(centre))
        slope = filled(lambda t: (mpmath.erf(centre + t) - mpmath.erf(centre)) / t,
                       two * mpmath.exp(-centre ** 2))
        with mp.workprec(600):
            fit = [double(c) for c in reversed(chebyfit(slope, [-edge, edge], ERF_TERMS))]
        for t in mpmath.linspace(-edge, edge, 41):
            value = high + low + t * mpmath.polyval(fit[::-1], t)
            worst = max(worst, abs(value - mpmath.erf(centre + t)))
        values += [high, low] + fit
    sys.stderr.write(f"vm_erf_table: 2^-{float(-mpmath.log(worst, 2)):.1f}\n")
    assert worst < mpf(2) ** -56
    array("vm_erf_table", values,
          "a row for each c = (j + 1/2)/8: erf(c) in two doubles, (erf(c + t) - erf(c))/t in t")


def roots():
    cube = [mpf(2) ** (mpf(s) / 3) for s in range(3)]
    array("vm_cbrt_table", [double(c) for c in cube], "2^(s/3), s = 0, 1, 2")
    poly("vm_cbrt_poly", mpmath.cbrt, [1, 2], 5, 13, "cbrt(m) for 1 <= m <= 2")


def gamma_functions():
    log, digamma, pi = mpmath.log, mpmath.digamma, +mpmath.pi

    def tail(name, f, at0, bits, comment):
        in_w = filled(lambda w: f(1 / mpmath.sqrt(w)), at0, near=40)
        poly(name, in_w, [0, mpf(1) / 64], 8, bits, comment)

    pair_constant("VM_HALF_LOG_2PI", log(2 * pi) / 2, "log(2 pi)/2")
    pair_constant("VM_LOG_PI", log(pi), "log(pi)")
    tail("vm_lgamma_tail",
         lambda x: x * (mpmath.loggamma(x) - (x - mpf(1) / 2) * log(x) + x - log(2 * pi) / 2),
         mpf(1) / 12, 57, "x*(log Gamma(x) - Stirling's leading terms) in 1/x^2 for x >= 8")
    tail("vm_digamma_tail", lambda x: (log(x) - 1 / (2 * x) - digamma(x)) * x * x, mpf(1) / 12, 55,
         "x^2*(log(x) - 1/(2x) - digamma(x)) in 1/x^2 for x >= 8")
    tail("vm_trigamma_tail", lambda x: (mpmath.psi(1, x) - 1 / x - 1 / (2 * x * x)) * x ** 3,
         mpf(1) / 6, 52, "x^3*(trigamma(x) - 1/x - 1/(2x^2)) in 1/x^2 for x >= 8")


def single_precision():
    """For vmathf.h: doubles that need be right to 2^-30 only."""
    r = mpmath.log(2) / 2 * mpf("1.001")
    poly("vmf_exp_poly", filled(lambda x: (mpmath.expm1(x) - x) / x ** 2, mpf(1) / 2), [-r, r], 6,
         29, "(exp(r) - 1 - r)/r^2 for |r| <= ln 2/2")

    def atanh_rest(s):
        return (2 * mpmath.atanh(s) - 2 * s) / s ** 3

    in_square = filled(lambda z: atanh_rest(mpmath.sqrt(z)), mpf(2) / 3)
    s = mpf("0.1716")
    poly("vmf_log_poly", in_square, [0, s * s], 4, 28,
         "(log((1 + s)/(1 - s)) - 2s)/s^3 in s^2 for |s| <= 0.1716")
    poly("vmf_log1p_poly", in_square, [0, mpf(1) / 9], 6, 28, "the same for |s| <= 1/3")
    limit = (mpmath.pi / 4 * mpf("1.0001")) ** 2
    sine = odd_rest(mpmath.sin, 1, -mpf(1) / 6)
    cosine = filled(lambda z: (mpmath.cos(mpmath.sqrt(z)) - 1 + z / 2) / z ** 2, mpf(1) / 24)
    poly("vmf_sin_poly", sine, [0, limit], 4, 30, "(sin(r)/r - 1)/r^2 in r^2 for |r| <= pi/4")
    poly("vmf_cos_poly", cosine, [0, limit], 3, 28,
         "(cos(r) - 1 + r^2/2)/r^4 in r^2 for |r| <= pi/4")


exponential()
logarithm()
trigonometric()
error_function()
roots()
gamma_functions()
single_precision()
with open("src/op/vmath_tables.inc", "w", encoding="ascii") as file:
    file.write("/* Made by tools/vmath_tables.py; change that, not this. */\n")
    file.write("\n".join(out).rstrip() + "\n")
