"""First and second derivatives of the elementwise operators at points that doubles hold exactly, by
numerical differentiation with 60 digits (mpmath), written as rows of tests/reference/derivatives.inc:

    python3 tests/reference/derivatives.py > tests/reference/derivatives.inc
"""
import mpmath as mp

mp.mp.dps = 60

WIDE = [-2.5, -0.75, 0.125, 1.5, 4.0]
POSITIVE = [0.0625, 0.5, 1.0, 2.75, 30.0]
INNER = [-0.875, -0.5, 0.03125, 0.25, 0.9375]
PAIRS = [(1.5, 0.5), (-2.25, 1.0), (0.375, -3.0), (-0.5, -0.75), (4.0, 2.0)]
BASES = [(1.5, 0.5), (2.25, -1.5), (0.375, 3.25), (4.0, 2.0), (0.25, -0.75)]


def polygamma(n):
    return lambda x: mp.polygamma(n, x)


ONE = {
    'NEG': (lambda x: -x, WIDE),
    'EXP': (mp.exp, WIDE), 'LOG': (mp.log, POSITIVE), 'LOG1P': (mp.log1p, [-0.75, -0.125, 0.25, 3.0]),
    'EXPM1': (mp.expm1, WIDE), 'LOG2': (lambda x: mp.log(x) / mp.log(2), POSITIVE),
    'LOG10': (mp.log10, POSITIVE), 'SQRT': (mp.sqrt, POSITIVE),
    'CBRT': (lambda x: mp.sign(x) * mp.cbrt(abs(x)), WIDE),
    'SIN': (mp.sin, WIDE), 'COS': (mp.cos, WIDE), 'TAN': (mp.tan, [-1.25, -0.5, 0.25, 1.375]),
    'ASIN': (mp.asin, INNER), 'ACOS': (mp.acos, INNER), 'ATAN': (mp.atan, WIDE),
    'SINH': (mp.sinh, WIDE), 'COSH': (mp.cosh, WIDE), 'TANH': (mp.tanh, [-1.5, -0.5, 0.125, 1.0]),
    'ASINH': (mp.asinh, WIDE), 'ACOSH': (mp.acosh, [1.125, 1.5, 3.0, 20.0]),
    'ATANH': (mp.atanh, INNER), 'ERF': (mp.erf, [-1.5, -0.25, 0.5, 2.0]),
    'LGAMMA': (mp.loggamma, POSITIVE), 'DIGAMMA': (mp.digamma, POSITIVE),
    'SIGMOID': (lambda x: 1 / (1 + mp.exp(-x)), [-3.0, -0.5, 0.75, 2.0]),
    'SOFTPLUS': (lambda x: mp.log1p(mp.exp(x)), WIDE),
    'ABS': (abs, WIDE),
}
TWO = {
    'ADD': (lambda x, y: x + y, PAIRS), 'SUB': (lambda x, y: x - y, PAIRS),
    'MUL': (lambda x, y: x * y, PAIRS), 'DIV': (lambda x, y: x / y, PAIRS),
    'POW': (lambda x, y: x ** y, BASES), 'ATAN2': (mp.atan2, PAIRS), 'HYPOT': (mp.hypot, PAIRS),
    'MIN': (min, PAIRS), 'MAX': (max, PAIRS),
}
POWERS = [-3, -1, 2, 3, 7]
# The third derivative is refused: only the first is known.
FIRST_ONLY = {'DIGAMMA'}


def row(name, exponent, point, first, second):
    numbers = ', '.join(mp.nstr(v, 20) for v in first)
    seconds = ', '.join(mp.nstr(v, 20) for v in second)
    at = ', '.join(repr(v) for v in point)
    line = f'{{OP_{name}, {exponent}, {{{at}}}, {{{numbers}}}, {{{seconds}}}}},'
    print(line.replace('nan', 'NAN'))


def one(name, f, points, exponent=0):
    for x in points:
        x = mp.mpf(x)
        second = mp.nan if name in FIRST_ONLY else mp.diff(f, x, 2)
        row(name, exponent, [float(x), 0.0], [mp.diff(f, x), 0], [second, 0, 0])


for name, (f, points) in ONE.items():
    one(name, f, points)
for n in POWERS:
    one('POWI', lambda x, n=n: x ** n, WIDE, n)
for name, (f, points) in TWO.items():
    for x, y in points:
        at = (mp.mpf(x), mp.mpf(y))
        first = [mp.diff(f, at, (1, 0)), mp.diff(f, at, (0, 1))]
        row(name, 0, [x, y], first,
            [mp.diff(f, at, (2, 0)), mp.diff(f, at, (1, 1)), mp.diff(f, at, (0, 2))])
