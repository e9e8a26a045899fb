#!/usr/bin/env python3
"""Rows of baseline.inc, read by tests/diagnose/baseline_test.c: losses of formulas at given points and
of the best constant in their place, by plain numpy, with the tails of F and chi-square by SciPy.

Run: python3 baseline.py > baseline.inc         (needs numpy, scipy)
"""
import numpy as np
from scipy import stats

random = np.random.default_rng(3)
N = 24
x = np.round(random.uniform(0, 4, N), 2)
v = np.round(random.normal(size=N), 2)
y = np.round(1 + 0.5 * x - 0.3 * v + random.normal(size=N) * 0.4, 3)
u = np.round(2 - x + random.normal(size=N) * 0.5, 3)
w = np.round(random.uniform(0.5, 3, N), 2)
w[4] = 0
b = (random.uniform(size=N) < 1 / (1 + np.exp(2 - x))).astype(float)
k = random.integers(1, 4, N).astype(float)
e = np.round(random.uniform(0.2, 0.6, N), 2)
columns = dict(x=x, v=v, y=y, u=u, w=w, b=b, k=k, e=e)


def squares(residual, measured, weights=None, over=None):
    """Loss, loss of the mean; columns of several measured things beside each other."""
    weights = np.ones(N) if weights is None else weights
    over = weights if over is None else over
    residual, measured = residual.reshape(N, -1), measured.reshape(N, -1)
    mean = (weights[:, None] * measured).sum(0) / weights.sum()
    return tuple(float((weights[:, None] * d * d).sum() / over.sum()) for d in
                 (residual, measured - mean))


def f_p(loss, mean, n, elements, count):
    if loss >= mean:
        return 1.0
    above, below = count - elements, n * elements - count
    if above < 1 or below < 1:
        return float("nan")
    return float(stats.f.sf((mean - loss) / above / (loss / below), above, below))


def entropy(labels, weights=None):
    weights = np.ones(N) if weights is None else weights
    shares = [weights[labels == c].sum() / weights.sum() for c in np.unique(labels)]
    return float(-sum(s * np.log(s) for s in shares))


def row(formula, weight, point, loss, mean, p, errors=""):
    number = lambda z: "NAN" if np.isnan(z) else repr(float(z))
    values = ", ".join(repr(float(z)) for z in point)
    print(f'{{"{formula}", "{weight}", "{errors}", {{{values}}}, {number(loss)}, {number(mean)}, '
          f'{number(p)}}},')


def fit(formula, residual, measured, point, count, elements=1, weights=None, scale=1.0):
    loss, mean = squares(residual, measured, weights)
    n = N if weights is None else int((weights > 0).sum())
    row(formula, "w" if weights is not None else "", point, scale * loss, scale * mean,
        f_p(loss, mean, n, elements, count))


text = " ".join(f"{name}=" + ",".join(repr(float(z)) for z in values)
                for name, values in columns.items())
print("#ifdef BASELINE_TABLE")
for at in range(0, len(text), 80):
    print('"' + text[at:at + 80] + '"')
print("#endif\n#ifdef BASELINE")
line = lambda a, c: y - (a * x + c)
fit("y ~ a*x + c", line(.5, 1), y, (.5, 1), 2)
fit("a*x + c ~ y", line(.5, 1), y, (.5, 1), 2)
fit("y ~ a*x + c", line(.5, 1), y, (.5, 1), 2, weights=w)
fit("y ~ a*x + c", line(-.5, 1), y, (-.5, 1), 2)
fit("y ~ a*x", y - .9 * x, y, (.9,), 1)
fit("y ~ c + exp(a*x)*r + 0*q", y - (1 + np.exp(.3 * x) * .2), y, (1, .3, .2, 7), 3)
fit("(y - a*x - c)^2", line(.5, 1), y, (.5, 1), 2)
fit("(a*x + c - y)^2", line(.5, 1), y, (.5, 1), 2, weights=w)
fit("r = a*x + c - y; 0.5*r*r + 0.01*a^2 + 0.02*c^2", line(.5, 1), y, (.5, 1), 2, scale=.5)
fit("((2*y - a*x - c)/3)^2", (2 * y - x - 2) / 3, 2 * y / 3, (1, 2), 2)
fit("minimize (y - a*x - c)^2; minimize 0.1*(a^2 + c^2)", line(.5, 1), y, (.5, 1), 2)
both = np.column_stack([line(.5, 1), u - (-x + .3 * v + 2)])
measured = np.column_stack([y, u])
fit("mean(([y, u] - [a*x + c, d*x + f*v + g])^2)", both, measured, (.5, 1, -1, .3, 2), 5, 2, scale=.5)
fit("param A[2]; param B[2]; r = A*x + B - [y, u]; r @ r", np.column_stack([line(.5, 1), u + x - 2]),
    measured, (.5, -1, 1, 2), 4, 2)
loss, mean = squares(both, measured)
row("(y - a*x - c)^2 + (u - d*x - f*v - g)^2", "", (.5, 1, -1, .3, 2), loss, mean, float("nan"))
loss, mean = squares(line(.5, 1), y, w)  # a weight that is a part of the formula
row("w*(y - a*x - c)^2", "", (.5, 1), loss * w.sum() / N, mean * w.sum() / N,
    f_p(loss, mean, N, 1, 2))
loss, mean = squares(line(.5, 1), y, e ** -2, np.ones(N))
row("y ~ a*x + c", "", (.5, 1), loss, mean, f_p(loss, mean, N, 1, 2), "e")

z = 1.1 * x - 2
logs = np.log1p(np.exp(z)) - b * z
chi = float(stats.chi2.sf(2 * N * (entropy(b) - logs.mean()), 1))
for formula in ("logistic_loss(a*x + c, b)", "z = a*x + c; softplus(z) - b*z",
                "p = sigmoid(a*x + c); -b*log(p) - (1 - b)*log(1 - p) + 0.01*a^2",
                "p = sigmoid(a*x + c); -(b*log(p) + (1 - b)*log(1 - p))",
                "p = sigmoid(a*x + c); -(1 - b)*log(1 - p) - log(p)*b"):
    row(formula, "", (1.1, -2), logs.mean(), entropy(b), chi)
row("0.5*logistic_loss(a*x + c, b)", "", (1.1, -2), logs.mean() / 2, entropy(b) / 2, float("nan"))
row("logistic_loss(a*x + c, b)", "w", (1.1, -2), (w * logs).sum() / w.sum(), entropy(b, w),
    float("nan"))
row("logistic_loss(a*x + c, b)", "", (-1.1, -2),
    (np.log1p(np.exp(-1.1 * x - 2)) - b * (-1.1 * x - 2)).mean(), entropy(b), 1)
A = np.array([.1, -.2, .05])
logits = np.outer(x, A)
cross = np.log(np.exp(logits).sum(1)) - logits[np.arange(N), k.astype(int) - 1]
for formula in ("param A[3]; cross_entropy(A*x, k)", "param A[3]; -log_softmax(A*x)[k]",
                "param A[3]; -log(softmax(A*x)[k])", "param A[3]; z = A*x; log(sum(exp(z))) - z[k]"):
    row(formula, "", A, cross.mean(), entropy(k), 1 if cross.mean() >= entropy(k) else float("nan"))
row("param A[3]; cross_entropy(A*x, k)", "w", A, (w * cross).sum() / w.sum(), entropy(k, w),
    1 if (w * cross).sum() / w.sum() >= entropy(k, w) else float("nan"))
print("#endif")
