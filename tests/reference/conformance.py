#!/usr/bin/env python3
"""Writes tests/conformance/formulas.txt: formulas with inputs, and the value and slopes that every
executor and build must give.

The language is read here a second time, by a small parser that shares nothing with src/lang, and
computed with mpmath at 120 digits (1,000 near tiny inputs); slopes are central differences at that precision, refined once to
see that they exist. Where a slope is a matter of convention (kinks) or a value is not finite, the case
gives it by hand, as docs/language.md says. Results are rounded to the nearest double.

usage: conformance.py > tests/conformance/formulas.txt        (needs mpmath 1.3)
"""
import re
import struct
import sys

import mpmath
from mpmath import mp, mpf

mp.dps = 120

# ---- the language, read again ---------------------------------------------------------------------

TOKEN = re.compile(r"\s*(0x[0-9a-f.]+(?:p[+-]?\d+)?|\d+(?:\.(?!\.)\d*)?(?:[eE][+-]?\d+)?"
                   r"|\.\d+(?:[eE][+-]?\d+)?|[A-Za-z_]\w*|<=|>=|==|!=|\.\.|\S)")


def to_mpf(x):
    """The exact value of a double."""
    return mpf(x)


class Reader:
    def __init__(self, text):
        self.tokens = TOKEN.findall(text) + [""]
        self.at = 0

    def peek(self):
        return self.tokens[self.at]

    def take(self, *wanted):
        if self.peek() in wanted:
            self.at += 1
            return self.tokens[self.at - 1]
        return None

    def need(self, wanted):
        if not self.take(wanted):
            raise SyntaxError(f"{wanted} expected at {self.tokens[self.at:]}")

    def name(self):
        self.at += 1
        return self.tokens[self.at - 1]

    # Each method returns a function of the environment.
    def block(self, end):
        statements = []
        while self.peek() != end:
            if not self.take(";"):
                statements.append(self.statement())
        self.at += 1

        def run(env):
            value = None
            for statement in statements:
                value = statement(env)
            return value
        return run

    def statement(self):
        if self.take("for"):
            return self.loop()
        if self.take("def"):
            return self.definition()
        if self.tokens[self.at + 1] == "=":
            name = self.name()
            self.need("=")
            value = self.expression()
            return lambda env: env.__setitem__(name, value(env))
        return self.expression()

    def loop(self):
        name = self.name()
        self.need("in")
        low = self.expression()
        high = self.expression() if self.take("..") else None
        self.need("{")
        body = self.block("}")

        def run(env):
            turns = low(env) if high is None else range(int(low(env)), int(high(env)) + 1)
            for turn in turns:
                env[name] = mpf(turn)
                body(env)
        return run

    def definition(self):
        name, names = self.name(), []
        self.need("(")
        while not self.take(")"):
            names.append(self.name())
            self.take(",")
        self.need("{")
        body = self.block("}")

        def run(env):
            env[name + "()"] = lambda *values: body({**env, **dict(zip(names, values))})
        return run

    def expression(self):
        condition = self.binary(0)
        if not self.take("?"):
            return condition
        yes = self.expression()
        self.need(":")
        no = self.expression()
        return lambda env: choose(condition(env), lambda: yes(env), lambda: no(env))

    LEVELS = [("or",), ("and",), ("<", "<=", ">", ">=", "==", "!="), ("+", "-"), ("*", "/", "@")]

    def binary(self, level):
        if level == len(self.LEVELS):
            return self.prefix()
        if level == 2 and self.take("not"):
            operand = self.binary(2)
            return lambda env: each(lambda a: mpf(a == 0), operand(env))
        left = self.binary(level + 1)
        while True:
            sign = self.take(*self.LEVELS[level])
            if not sign:
                return left
            left = self.join(sign, left, self.binary(level + 1))

    @staticmethod
    def join(sign, a, b):
        if sign == "@":
            return lambda env: matmul(a(env), b(env))
        return lambda env: each(BINARY[sign], a(env), b(env))

    def prefix(self):
        if self.take("-"):
            operand = self.prefix()
            return lambda env: each(lambda a: -a, operand(env))
        base = self.postfix()
        if not self.take("^"):
            return base
        exponent = self.prefix()
        return lambda env: each(power, base(env), exponent(env))

    def postfix(self):
        base = self.primary()
        while self.take("["):
            base = self.index(base)
        return base

    def index(self, base):
        subscripts = []
        while True:
            low = self.expression()
            high = self.expression() if self.take("..") else None
            subscripts.append((low, high))
            if not self.take(","):
                break
        self.need("]")

        def pick(value, env, rest):
            if not rest:
                return value
            low, high = rest[0]
            first = int(low(env))
            if high is None:
                return pick(value[first - 1], env, rest[1:])
            return [pick(v, env, rest[1:]) for v in value[first - 1:int(high(env))]]
        return lambda env: pick(base(env), env, subscripts)

    def values(self, end):
        values = []
        while not self.take(end):
            values.append(self.expression())
            self.take(",")
        return values

    def primary(self):
        token = self.name()
        if token == "(":
            value = self.expression()
            self.need(")")
            return value
        if token == "[":
            values = self.values("]")
            return lambda env: [v(env) for v in values]
        if re.match(r"[\d.]", token):
            number = float.fromhex(token) if token.startswith("0x") else float(token)
            return lambda env: to_mpf(number)
        if self.take("("):
            return self.call(token, self.values(")"))
        return lambda env: env[token]

    @staticmethod
    def call(name, arguments):
        if name == "where":
            condition, yes, no = arguments
            return lambda env: choose(condition(env), lambda: yes(env), lambda: no(env))

        def run(env):
            values = [a(env) for a in arguments]
            if name + "()" in env:
                return env[name + "()"](*values)
            if name in ("min", "max") and len(values) == 1:
                return (min if name == "min" else max)(flat(values[0]))
            if name in WHOLE:
                return WHOLE[name](*values)
            return each(FUNCTIONS[name], *values)
        return run


# ---- values: numbers, or lists of equal shape ---------------------------------------------------------

def rank(a):
    return 1 + rank(a[0]) if isinstance(a, list) else 0


def each(f, *values):
    """Element by element, with NumPy's broadcasting."""
    top = max(rank(v) for v in values)
    if top == 0:
        return f(*values)
    n = max(len(v) for v in values if rank(v) == top)
    return [each(f, *[(v[i] if len(v) > 1 else v[0]) if rank(v) == top else v for v in values])
            for i in range(n)]


def flat(a):
    return [x for v in a for x in flat(v)] if isinstance(a, list) else [a]


def choose(condition, yes, no):
    if rank(condition):
        return each(lambda c, a, b: a if c != 0 else b, condition, yes(), no())
    return yes() if condition != 0 else no()


def matmul(a, b):
    if rank(a) == 1:
        return matmul([a], b)[0]
    if rank(b) == 1:
        return [row[0] for row in matmul(a, [[x] for x in b])]
    return [[sum(x * y for x, y in zip(row, column)) for column in zip(*b)] for row in a]


def power(a, b):
    if b == mp.floor(b):
        return a ** int(b) if a != 0 or b >= 0 else mpf("inf")
    return a ** b if a >= 0 else mp.nan


BINARY = {
    "+": lambda a, b: a + b, "-": lambda a, b: a - b, "*": lambda a, b: a * b,
    "/": lambda a, b: a / b if b != 0 else mp.nan,
    "<": lambda a, b: mpf(a < b), "<=": lambda a, b: mpf(a <= b), ">": lambda a, b: mpf(a > b),
    ">=": lambda a, b: mpf(a >= b), "==": lambda a, b: mpf(a == b), "!=": lambda a, b: mpf(a != b),
    "and": lambda a, b: mpf(a != 0 and b != 0), "or": lambda a, b: mpf(a != 0 or b != 0),
}


def cbrt(x):
    return mp.cbrt(x) if x >= 0 else -mp.cbrt(-x)


def half_away(x):
    return mp.sign(x) * mp.floor(abs(x) + mpf(1) / 2)


def sigmoid(x):
    return 1 / (1 + mp.exp(-x))


FUNCTIONS = {
    "exp": mp.exp, "log": mp.log, "log1p": mp.log1p, "expm1": mp.expm1,
    "log2": lambda x: mp.log(x) / mp.log(2), "log10": lambda x: mp.log(x) / mp.log(10),
    "sqrt": mp.sqrt, "cbrt": cbrt, "sin": mp.sin, "cos": mp.cos, "tan": mp.tan, "asin": mp.asin,
    "acos": mp.acos, "atan": mp.atan, "sinh": mp.sinh, "cosh": mp.cosh, "tanh": mp.tanh,
    "asinh": mp.asinh, "acosh": mp.acosh, "atanh": mp.atanh, "erf": mp.erf,
    "lgamma": lambda x: mp.log(abs(mp.gamma(x))), "digamma": mp.digamma,
    "trigamma": lambda x: mp.polygamma(1, x), "sigmoid": sigmoid,
    "softplus": lambda x: mp.log1p(mp.exp(x)), "abs": abs, "sign": mp.sign,
    "floor": mp.floor, "ceil": mp.ceil, "round": half_away, "detach": lambda x: x,
    "atan2": mp.atan2, "hypot": lambda x, y: mp.sqrt(x * x + y * y), "min": min, "max": max,
    "relu": lambda x: max(x, 0), "leaky_relu": lambda x, s: x if x > 0 else s * x,
    "elu": lambda x: x if x > 0 else mp.expm1(x), "silu": lambda x: x * sigmoid(x),
    "gelu": lambda x: x * mp.ncdf(x), "clamp": lambda x, lo, hi: min(max(x, lo), hi),
    "huber": lambda r, d: r * r / 2 if abs(r) <= d else d * (abs(r) - d / 2),
    "cauchy": lambda r, d: d * d / 2 * mp.log1p((r / d) ** 2),
    "logistic_loss": lambda z, y: mp.log1p(mp.exp(z)) - y * z,
}


def over_last(f):
    return lambda a: [over_last(f)(v) for v in a] if rank(a) > 1 else f(a)


def logsumexp(v):
    return mp.log(sum(mp.exp(x) for x in v))


def softmax(v):
    total = sum(mp.exp(x) for x in v)
    return [mp.exp(x) / total for x in v]


WHOLE = {
    "sum": lambda a: sum(flat(a)), "size": lambda a: mpf(len(flat(a))),
    "mean": lambda a: sum(flat(a)) / len(flat(a)),
    "norm": lambda a: mp.sqrt(sum(x * x for x in flat(a))),
    "mse": lambda a, b: sum(x * x for x in flat(each(BINARY["-"], a, b))) / len(flat(a)),
    "sum_last": over_last(sum), "max_last": over_last(max),
    "expand_last": lambda a, n: [WHOLE["expand_last"](v, n) for v in a] if rank(a)
    else [a] * int(n),
    "logsumexp": over_last(logsumexp), "softmax": over_last(softmax),
    "log_softmax": over_last(lambda v: [x - logsumexp(v) for x in v]),
    "cross_entropy": lambda v, k: logsumexp(v) - v[int(k) - 1],
}

# ---- the cases ---------------------------------------------------------------------------------------------

# FORMULA | inputs / more inputs | what is fixed by hand: slope NAME:VALUE, value:VALUE, ulp:FACTOR,
# skip:NAME (a name that has no slope of its own to compare, such as an index)
CASES = r"""
== arithmetic
a + b | a=1 b=2 / a=0.1 b=0.2 / a=1e308 b=-1e308
a - b | a=1 b=1e-16 / a=0.3 b=0.1
a*b | a=3 b=-7 / a=1e-200 b=1e-120
a/b | a=1 b=3 / a=-2 b=1e-5
a/b | a=1 b=0 | value:inf a:inf b:-inf
0/a | a=0 | value:nan skip:a
-a^2 | a=3
-a - -b | a=0.1 b=0.7
2*a + 3*b - 4*c + 5 | a=0.1 b=0.2 c=0.3
a*b*c*d | a=1.1 b=2.2 c=3.3 d=4.4
(a + b)*(a - b) | a=1.5 b=0.25
a/b/c | a=7 b=3 c=11
1/(1 + a*a) | a=0.7 / a=1e9
== powers
a^2 | a=3 / a=-3 / a=0 / a=1e-170
a^3 | a=-1.7
a^7 | a=1.1
a^-1 | a=3
a^-2 | a=0.3
a^0 | a=5 / a=0
a^1 | a=0.3
a^0.5 | a=2
a^1.5 | a=2.5
a^1.5 | a=0 | a:0
a^-0.5 | a=4
a^0.5 | a=0 | a:inf
a^b | a=-2 b=3 | b:nan
2^a | a=0.5 / a=-3 / a=10
a^b | a=2 b=3 / a=0.5 b=-1.5 / a=10 b=0.3
a^b | a=0 b=2 | a:0 b:0
a^b | a=0 b=1 | a:1 b:0
a^b | a=3 b=0
a^b^c | a=1.2 b=1.5 c=0.7
2^-a^2 | a=0.5
a^10 - 1 | a=1.01 | ulp:8
== exponentials and logarithms
exp(x) | x=0 / x=1 / x=-700 / x=0.5 / x=1e-300
exp(x) | x=800 | value:inf x:inf
exp(x) | x=-800 | value:0 x:0
exp(-a*x) | a=2 x=0.75
log(x) | x=1 / x=2 / x=1e-300 / x=0.99999
log(x) | x=0 | value:-inf x:inf
log(x) | x=-1 | value:nan x:-1
log1p(x) | x=0 / x=1e-20 / x=3 / x=-0.5
expm1(x) | x=0 / x=1e-20 / x=1 / x=-40
log2(x) | x=8 / x=0.3
log10(x) | x=1000 / x=0.3
log(exp(x) + 1) | x=2
exp(log(x)*y) | x=3 y=0.5
== roots
sqrt(x) | x=2 / x=1e-300 / x=9
sqrt(x) | x=0 | x:inf
sqrt(x) | x=-1 | value:nan x:nan
cbrt(x) | x=8 / x=-2 / x=1e-200
cbrt(x) | x=0 | x:inf
sqrt(x^2 + y^2) | x=3 y=4
hypot(x, y) | x=3 y=4 / x=1e200 y=1e200 / x=-1 y=1e-9
hypot(x, y) | x=0 y=0 | x:0 y:0
== circles
sin(x) | x=0 / x=1 / x=3 / x=100
cos(x) | x=0 / x=1 / x=-2.5
tan(x) | x=0.5 / x=-1.2
asin(x) | x=0.5 / x=-0.99
acos(x) | x=0.5 / x=-0.99
atan(x) | x=0.5 / x=-30
atan2(y, x) | y=1 x=2 / y=-1 x=-2 / y=3 x=-0.001
sin(x)*cos(y) | x=0.3 y=0.8
sin(pi*x) | x=0.25
== hyperbolas
sinh(x) | x=0.1 / x=-3
cosh(x) | x=0.1 / x=-3
tanh(x) | x=0.1 / x=1e-10
tanh(x) | x=-3 | ulp:4
asinh(x) | x=0.5 / x=-100
acosh(x) | x=1.5 / x=100
atanh(x) | x=0.5 / x=-0.9
sigmoid(x) | x=0 / x=2 / x=-30 / x=-700
sigmoid(x) | x=800 | value:1 x:0
softplus(x) | x=0 / x=2 / x=-30 / x=50
== others
erf(x) | x=0.1 / x=-1.5 / x=4
lgamma(x) | x=0.5 / x=3.7 / x=100 / x=-0.5
digamma(x) | x=0.5 / x=3.7 / x=-1.3
detach(x)*x | x=3 | x:3
detach(x^2) | x=3 | x:0
== kinks
abs(x) | x=2 / x=-2
abs(x) | x=0 | x:0
sign(x) | x=2 | x:0
sign(x) | x=0 | x:0
sign(x)*x | x=-3
floor(x) | x=2.5 / x=-2.5
floor(x) | x=2 | x:0
ceil(x) | x=2.5 / x=-2.5
ceil(x) | x=2 | x:0
round(x) | x=2.4 / x=-1.7
round(x) | x=2.5 | x:0
round(x) | x=-2.5 | x:0
x - floor(x) | x=3.25
max(x, y) | x=1 y=2 / x=2 y=1
max(x, y) | x=1 y=1 | x:1 y:0
min(x, y) | x=1 y=2 / x=2 y=1
min(x, y) | x=1 y=1 | x:1 y:0
max(x, 0) | x=0 | x:1
max(0, x) | x=0 | x:0
relu(x) | x=2 / x=-2
relu(x) | x=0 | x:0
leaky_relu(x, 0.1) | x=2 / x=-2
leaky_relu(x, 0.1) | x=0 | x:0.1
elu(x) | x=2 / x=-2
elu(x) | x=0 | x:1
silu(x) | x=2 / x=-2 / x=0
gelu(x) | x=2 / x=-0.5 / x=0
clamp(x, -1, 1) | x=0.5 / x=2 / x=-3
clamp(x, -1, 1) | x=1 | x:1
clamp(x, -1, 1) | x=-1 | x:1
huber(r, d) | r=0.5 d=1 / r=3 d=1 / r=-3 d=0.5
huber(r, 1) | r=1 / r=-1 / r=0
cauchy(r, d) | r=0.5 d=1 / r=300 d=2
logistic_loss(z, 1) | z=2 / z=-40
logistic_loss(z, 0) | z=2 / z=-40
== branches
x > 0 ? x^2 : -x | x=3 / x=-3
x <= 0 ? 0 : x*sqrt(x) | x=0 | x:0
x <= 0 ? 0 : x*sqrt(x) | x=2
where(x >= 0, x, sqrt(-x)) | x=1
where(x >= 0, x, sqrt(-x)) | x=0 | x:1
where(x == 0, 1, sin(x)/x) | x=0 | x:0
where(x == 0, 1, sin(x)/x) | x=0.5
where(x > 0, log(x), 0) | x=-1 / x=3
where(x > 0, where(x > 1, log(x), x - 1), 1/(x - 1)) | x=0.5 / x=2 / x=-1
where(x > 0, 1/x, 0) + where(x <= 0, exp(x), 0) | x=0 | x:1
where(x > 0, 1/x, 0) + where(x <= 0, exp(x), 0) | x=4
a < b ? a : b | a=1 b=2 / a=2 b=1
a < b and b < c ? a*b : b*c | a=1 b=2 c=3 / a=3 b=2 c=1
a > 0 or b > 0 ? a : b | a=-1 b=2
not a > 0 ? a^2 : a^3 | a=2 / a=-2
where(x != 0, abs(x)/x, 0) | x=0 | x:0
t = sqrt(x); where(x > 0, t, 0) | x=4
s = x^2; s > 1 ? s*x : s + x | x=2 / x=0.5
== statements
t = a*x; t^2 + t | a=2 x=3
t = x + 1; t = t*t; t | x=2
s = 0; for i in 1..5 { s = s + a^i/i }; s | a=0.3
p = 1; for c in [2, 3, 5] { p = p*(x - c) }; p | x=1.5
def f(x, y) { x*y + x }; f(a, b) + f(b, 2) | a=1.5 b=-0.5
def g(x) { t = x^2; t*t }; g(a) - g(1) | a=1.25
== vectors
sum([a, b, c]) | a=1 b=2 c=3
sum([a, b, c]^2) | a=1 b=2 c=3
mean([a, b, c, a*b]) | a=1 b=2 c=4
max([a, b, c]) | a=1 b=3 c=2
max([a, b, c]) | a=1 b=3 c=3 | a:0 b:1 c:0
min([a, b, c]) | a=1 b=3 c=2
min([a, b, c]) | a=1 b=1 c=2 | a:1 b:0 c:0
norm([a, b]) | a=3 b=4 / a=-0.1 b=0.2
norm([a, b]) | a=0 b=0 | a:0 b:0
[a, b, c] @ [1, 2, 3] | a=0.1 b=0.2 c=0.3
v = [a, b, c]; v[2]*v[3] | a=2 b=3 c=5
v = [a, b, c]; sum(v[2..3]) | a=2 b=3 c=5
sum(exp([a, b])*[2, 3]) | a=0.5 b=-0.5
sum([a, b] + c) | a=1 b=2 c=3
sum(where([a, b] > 0, sqrt([a, b]), 0)) | a=4 b=-1
sum(max([a, b], 0)^2) | a=2 b=-1
size([a, b, c])*a | a=2 b=1 c=1
mse([a, b], [1, 2]) | a=1.5 b=1
sum(softmax([a, b, c])*[1, 2, 3]) | a=1 b=2 c=3 / a=1000 b=1001 c=-5
logsumexp([a, b]) | a=1 b=2 / a=1000 b=1000.5 / a=-1000 b=-1001
sum(log_softmax([a, b, c])*[1, 0, 2]) | a=0.1 b=0.2 c=-0.3 | ulp:4
cross_entropy([a, b, c], 2) | a=1 b=2 c=3 / a=100 b=-100 c=0
sum([a, b]*[b, a]) - 2*a*b | a=3 b=7
== matrices
sum([[a, b], [c, d]]) | a=1 b=2 c=3 d=4
M = [[a, b], [c, d]]; x = [2, 3]; sum((M @ x)^2) | a=0.5 b=-1 c=2 d=0.25
M = [[1, 2], [3, 4]]; x = [a, b]; x @ M @ x | a=0.7 b=-0.3
M = [[a, b], [b, c]]; sum((M @ M)^2) | a=1 b=0.5 c=-2
M = [[a, 2, 3], [4, b, 6]]; M[1, 1]*M[2, 2] + M[2, 3] | a=2 b=5
M = [[a, 2, 3], [4, b, 6]]; sum(M[2, 1..2]) | a=2 b=5
M = [[a, 2, 3], [4, b, 6]]; sum(M[1..2, 2]) | a=2 b=5
M = [[a, 2], [4, b]]; sum(M*[10, 1]) | a=2 b=5
M = [[a, b], [2, 1]]; sum(sum_last(exp(M))^2) | a=0.5 b=1
M = [[a, b], [2, 1]]; sum(max_last(M)*[1, 2]) | a=0.5 b=1
M = [[a, b], [2, 1]]; sum(softmax(M)*[[1, 2], [3, 4]]) | a=0.5 b=1
M = [[a, b], [2, 1]]; sum(logsumexp(M)^2) | a=0.5 b=1
sum(max_last([[a, b], [b, a]])*[1, 2]) | a=2 b=2 | a:1 b:2
sum(expand_last([a, b], 3)*[[1, 2, 3], [4, 5, 6]]) | a=2 b=3
sum(tanh([[a, 0.5], [0.25, b]] @ [0.3, -0.2])) | a=1 b=2
== models of the field
(y - a*exp(-b*x))^2 | y=3 a=2 b=0.5 x=1.5
b1*(1 - exp(-b2*x)) | b1=500 b2=0.0001 x=77.6 | ulp:8
b1/(1 + exp(b2 - b3*x)) | b1=72 b2=2.5 b3=0.07 x=42
b1*(x^2 + x*b2)/(x^2 + x*b3 + b4) | b1=0.19 b2=0.19 b3=0.12 b4=0.14 x=0.5
a*sin(2*pi*x/p) + c | a=2 x=0.3 p=1.7 c=0.1
exp(-(x - m)^2/(2*s^2))/s | x=1.2 m=0.3 s=0.8
(1 - x)^2 + 100*(y - x^2)^2 | x=-1.2 y=1
w^4 - 4*w^2 + w | w=2 / w=-1.5
100*(1 - x)^2 | x=1
20 + x^2 - 10*cos(2*pi*x) + y^2 - 10*cos(2*pi*y) | x=0.4 y=-1.1
h = tanh([[a, 1], [b, -1]] @ [0.5, 2]); (h @ [1, -2] - 0.3)^2 | a=0.2 b=0.7
h = relu([a, b, -a]); softplus(sum(h) - 1) | a=2 b=-1
"""

CALLS = re.compile(r"[A-Za-z_]\w*\s*\(|[-+*/^@<>=!]+|\bwhere\b|\?")


def to_double(x):
    """Correctly rounded, through subnormals, to infinity beyond the range."""
    if mp.isnan(x):
        return float("nan")
    if mp.isinf(x) or x == 0:
        return float(x)
    exponent = max(int(mp.floor(mp.log(abs(x), 2))), -1022) - 52
    scaled = mp.nint(mp.ldexp(x, -exponent))  # ties to even
    result = mp.ldexp(scaled, exponent)
    if abs(result) > mpf(sys.float_info.max):
        return float("inf") if x > 0 else float("-inf")
    return float(result)


def slope(run, env, name):
    """Central differences with two steps; None where they disagree (a kink, or no slope)."""
    x = env[name]

    def feel(h):
        return (run({**env, name: x + h}) - run({**env, name: x - h})) / (2 * h)
    h = mp.ldexp(abs(x) if x != 0 else mpf(1), -110)
    try:
        wide, narrow = feel(h), feel(h / 8)
    except (ValueError, ZeroDivisionError, TypeError):
        return None
    if isinstance(wide, mpmath.mpc) or mp.isnan(wide) or mp.isnan(narrow):
        return None
    # One-sided slopes must agree too: a kink's central difference is stable.
    right = (run({**env, name: x + h}) - run(env)) / h
    scale = max(abs(narrow), mpf(10) ** -300)
    smooth = abs(wide - narrow) <= scale * mpf(10) ** -25 or abs(wide - narrow) < mpf(10) ** -50
    sides = abs(right - narrow) <= max(scale, abs(x), 1) * mpf(10) ** -20
    return narrow if smooth and sides else None


def text_of(x):
    if x != x:
        return "nan"
    if x in (float("inf"), float("-inf")):
        return "inf" if x > 0 else "-inf"
    return x.hex()


def fixed_of(text):
    return dict(item.split(":") for item in text.split())


def one_case(formula, inputs, fixed, out):
    run_block = Reader(formula).block("")
    env = {name: to_mpf(float(v)) for name, v in (item.split("=") for item in inputs.split())}
    base = {"pi": to_mpf(float(mp.pi))}
    mp.dps = 1000 if any(0 < abs(x) < mpf(10) ** -15 for x in env.values()) else 120

    def run(values):
        return run_block({**base, **values})
    steps = len(CALLS.findall(formula))
    factor = int(fixed.get("ulp", 1))
    out.append(f"formula {formula}")
    for name, value in env.items():
        out.append(f"input {name} {text_of(float(value))}")
    value = float(fixed["value"]) if "value" in fixed else to_double(run(env))
    out.append(f"value {text_of(value)} {factor * max(1, steps)}")
    for name in env:
        if name in fixed.get("skip", "").split(","):
            continue
        if name in fixed:
            result = float(fixed[name])
        else:
            found = slope(run, env, name)
            if found is None:
                raise SystemExit(f"{formula} at {inputs}: the slope of {name} must be fixed by hand")
            result = to_double(found)
        out.append(f"slope {name} {text_of(result)} {factor * (2 * steps + 2)}")
    out.append("")


HEADER = """\
# Formulas, and what every executor and build must give for them. Made by
# tests/reference/conformance.py with mpmath; do not edit.
#
#   formula TEXT         a one-line formula of docs/language.md
#   input NAME X         a scalar parameter and where it stands
#   value X ULP          the value there, correctly rounded, and how far off a result may be, in units
#                        of the last place of X (of 2^-1074 where X is 0 or subnormal)
#   slope NAME X ULP     the exact derivative with respect to NAME, likewise
#
# Numbers are hex floats, inf, -inf or nan; any nan matches nan, and -0 matches 0. A blank line ends a
# case; lines with '==' name a section.
"""


def main():
    out = [HEADER]
    for line in CASES.strip().splitlines():
        if line.startswith("=="):
            out.append(line + "\n")
            continue
        parts = [part.strip() for part in line.split("|")]
        fixed = fixed_of(parts[2]) if len(parts) > 2 else {}
        for inputs in parts[1].split("/"):
            one_case(parts[0], inputs, fixed, out)
    print("\n".join(out).rstrip("\n"))


if __name__ == "__main__":
    main()
