"""Polynomials that doubles hardly hold, solved in exact rational arithmetic.

    python3 tests/reference/polynomials.py > tests/reference/polynomials.inc

Each set: x spread over an interval with a little unevenness, y a sine with a ripple, both with few
decimals, so that the doubles are what is printed. Coefficients and standard errors are computed with
Python's fractions (errors from the exact normal equations) and printed to 17 digits."""

from fractions import Fraction
from math import isqrt, sin

SETS = [("near_minus_six", -9, -3, 82, 10), ("unit", 0, 1, 50, 10), ("years", 1950, 2020, 71, 5),
        ("far", 100, 110, 60, 7)]


def table(low, high, rows):
    xs, ys = [], []
    for i in range(rows):
        wobble = ((i * 37) % 11 - 5) / 500
        xs.append(round(low + (high - low) * i / (rows - 1) + wobble * (high - low) / rows, 6))
        ys.append(round(0.8 + 0.1 * sin(6 * i / rows) + ((i * 61) % 17 - 8) / 2000, 4))
    return xs, ys


def inverse(matrix):
    n = len(matrix)
    rows = [list(row) + [Fraction(int(i == j)) for j in range(n)] for i, row in enumerate(matrix)]
    for i in range(n):
        pivot = next(k for k in range(i, n) if rows[k][i] != 0)
        rows[i], rows[pivot] = rows[pivot], rows[i]
        lead = rows[i][i]
        rows[i] = [v / lead for v in rows[i]]
        for k in range(n):
            if k != i and rows[k][i] != 0:
                factor = rows[k][i]
                rows[k] = [a - factor * b for a, b in zip(rows[k], rows[i])]
    return [row[n:] for row in rows]


def root(value):
    scale = 10 ** 60
    return Fraction(isqrt(int(value * scale * scale)), scale)


def solve(xs, ys, degree):
    design = [[Fraction(x) ** k for k in range(degree + 1)] for x in xs]
    right = [Fraction(y) for y in ys]
    n = degree + 1
    normal = [[sum(r[i] * r[j] for r in design) for j in range(n)] for i in range(n)]
    inverted = inverse(normal)
    moments = [sum(r[i] * y for r, y in zip(design, right)) for i in range(n)]
    b = [sum(inverted[i][j] * moments[j] for j in range(n)) for i in range(n)]
    rss = sum((y - sum(c * v for c, v in zip(b, r))) ** 2 for r, y in zip(design, right))
    scale = rss / (len(xs) - n)
    return b, [root(scale * inverted[i][i]) for i in range(n)], rss


def main():
    print("/* Made by polynomials.py: name, degree, rows; then x and y; then b and its errors. */")
    for name, low, high, rows, degree in SETS:
        xs, ys = table(low, high, rows)
        b, errors, rss = solve(xs, ys, degree)
        print(f"static const double {name}_x[] = {{{', '.join(map(repr, xs))}}};")
        print(f"static const double {name}_y[] = {{{', '.join(map(repr, ys))}}};")
        print(f"static const double {name}_b[] = {{{', '.join(repr(float(v)) for v in b)}}};")
        print(f"static const double {name}_e[] = {{{', '.join(repr(float(v)) for v in errors)}}};")
        print(f"POLYNOMIAL({name}, {degree}, {rows}, {float(rss)!r})")


main()
