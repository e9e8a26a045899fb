#!/usr/bin/env python3
"""Rows of errors.inc, read by tests/api/errors_test.c: fits with errors of measurement, groups, tied
parameters and robust losses, as SciPy, statsmodels and arithmetic of 50 digits see them.

Run: python3 errors.py > errors.inc         (needs scipy, statsmodels, mpmath, numpy)
"""
import csv
import os
import warnings

import mpmath as mp
import numpy as np
import statsmodels.api as sm
from scipy import odr
from scipy.optimize import curve_fit

warnings.simplefilter("ignore")
mp.mp.dps = 50
DATA = os.environ.get("SHARED_DATA", "../../../shared/data")


def quoted(text):
    return '"' + text.replace('"', '\\"') + '"'


def literal(columns):
    return " ".join(f"{name}=" + ",".join(repr(float(v)) for v in values)
                    for name, values in columns.items())


def row(name, formula, columns, options, starts, results, value_room, error_room, chi=None):
    """results: (name, value, error or None)"""
    print(f"{{{quoted(name)}, {quoted(formula)},")
    text = literal(columns)
    pieces = [text[k:k + 80] for k in range(0, len(text), 80)]
    print("\n".join(f" {quoted(piece)}" for piece in pieces) + ",")
    print(" {" + ", ".join(quoted(word) for word in options + ["", ""]) + "},")
    print(" {" + ", ".join(quoted(word) for word in starts + [""]) + "},")
    for item in results:
        value, error = (mp.nstr(mp.mpf(float(v) if not isinstance(v, mp.mpf) else v), 17)
                        if v is not None else "NAN" for v in item[1:])
        print(f" {'{' if item is results[0] else ' '}{{{quoted(item[0])}, {value}, {error}}},")
    print(f" }}, {value_room}, {error_room}, {mp.nstr(mp.mpf(chi), 17) if chi is not None else 'NAN'}}},")


def curve(f, x, y, p0, **more):
    p, c = curve_fit(f, x, y, p0, xtol=1e-15, ftol=1e-15, gtol=1e-15, maxfev=100000, **more)
    return p, c, np.sqrt(np.diag(c))


# ---- errors of the left side: curve_fit with sigma ---------------------------------------------------

x = np.array([0, 1, 2, 3, 4, 5, 6, 8, 10, 12.])
y = np.array([5.12, 3.95, 2.97, 2.51, 2.02, 1.61, 1.52, 1.19, 1.11, 0.98])
dy = np.array([.1, .1, .08, .08, .06, .06, .05, .05, .04, .04])


def decay(x, a, b, c):
    return a * np.exp(-b * x) + c


starts = ["a=4", "b=0.3", "c=1"]
p, c, e = curve(decay, x, y, [4, .3, 1], sigma=dy, absolute_sigma=True)
chi = float(np.sum(((y - decay(x, *p)) / dy) ** 2))
row("curve_fit, absolute_sigma=True", "y ~ a*exp(-b*x) + c", {"x": x, "y": y, "dy": dy},
    ["error", "dy"], starts, list(zip("abc", p, e)), 1e-7, 1e-6, chi)
p, c, e = curve(decay, x, y, [4, .3, 1], sigma=dy, absolute_sigma=False)
row("curve_fit, absolute_sigma=False", "y ~ a*exp(-b*x) + c", {"x": x, "y": y, "w": 1 / dy ** 2},
    ["weight", "w"], starts, list(zip("abc", p, e)), 1e-7, 1e-6)
half = np.array([0, -np.log(2) / p[1] ** 2, 0])
both = np.array([1, 0, 2.])
row("names that are set: delta method",
    "half = log(2)/b; at0 = a + 2*c; y ~ a*exp(-b*x) + c", {"x": x, "y": y, "w": 1 / dy ** 2},
    ["weight", "w"], starts,
    [("half", np.log(2) / p[1], np.sqrt(half @ c @ half)),
     ("at0", p[0] + 2 * p[2], np.sqrt(both @ c @ both))], 1e-7, 1e-6)

# ---- errors of both sides ----------------------------------------------------------------------------

px = [0.0, 0.9, 1.8, 2.6, 3.3, 4.4, 5.2, 6.1, 6.5, 7.4]
py = [5.9, 5.4, 4.4, 4.6, 3.5, 3.7, 2.8, 2.8, 2.4, 1.5]
pwx = [1000, 1000, 500, 800, 200, 80, 60, 20, 1.8, 1.0]
pwy = [1, 1.8, 4, 8, 20, 20, 70, 70, 100, 500]


def york(x, y, wx, wy):
    """York, Evensen, Martinez and De Basabe Delgado, Am. J. Phys. 72, 2004, 367."""
    x, y, wx, wy = ([mp.mpf(repr(v)) if isinstance(v, float) else mp.mpf(v) for v in u]
                    for u in (x, y, wx, wy))
    b = mp.mpf("-0.5")
    for _ in range(500):
        w = [p * q / (p + b * b * q) for p, q in zip(wx, wy)]
        xm = sum(p * q for p, q in zip(w, x)) / sum(w)
        ym = sum(p * q for p, q in zip(w, y)) / sum(w)
        beta = [k * ((xi - xm) / q + b * (yi - ym) / p)
                for k, xi, yi, p, q in zip(w, x, y, wx, wy)]
        b = sum(k * u * (yi - ym) for k, u, yi in zip(w, beta, y)) / \
            sum(k * u * (xi - xm) for k, u, xi in zip(w, beta, x))
    a = ym - b * xm
    adjusted = [xm + u for u in beta]
    am = sum(k * v for k, v in zip(w, adjusted)) / sum(w)
    var_b = 1 / sum(k * (v - am) ** 2 for k, v in zip(w, adjusted))
    var_a = 1 / sum(w) + am ** 2 * var_b
    chi = sum(k * (yi - a - b * xi) ** 2 for k, xi, yi in zip(w, x, y))
    return a, b, mp.sqrt(var_a), mp.sqrt(var_b), chi


a, b, ea, eb, chi = york(px, py, pwx, pwy)
assert mp.nstr(a, 9) == "5.47991022" and mp.nstr(b, 9) == "-0.480533407", (a, b)
pearson = {"x": px, "y": py, "dx": [w ** -.5 for w in pwx], "dy": [w ** -.5 for w in pwy]}
row("Pearson's data with York's weights", "y ~ a + b*x", pearson,
    ["error", "dy", "xerror", "dx"], ["a=5", "b=-0.5"], [("a", a, ea), ("b", b, eb)], 1e-12, 1e-10,
    chi)

dx = np.array([.05, .05, .08, .08, .1, .1, .12, .15, .2, .2])
both_sides = {"x": x, "y": y, "dx": dx, "dy": dy}


def effective(p):
    """Scaled residuals of the decay, in 50 digits."""
    a, b, c = p
    out = []
    for xi, yi, si, ti in zip(x, y, dx, dy):
        xi, yi, si, ti = (mp.mpf(float(v)) for v in (xi, yi, si, ti))
        slope = -a * b * mp.exp(-b * xi)
        out.append((yi - a * mp.exp(-b * xi) - c) / mp.sqrt(ti ** 2 + (slope * si) ** 2))
    return out


def slopes(p):
    h = mp.mpf(10) ** -15
    columns = []
    for k in range(3):
        up, down = list(p), list(p)
        up[k] += h
        down[k] -= h
        columns.append([(u - v) / (2 * h) for u, v in zip(effective(up), effective(down))])
    return mp.matrix(columns).T


p = mp.matrix([4, mp.mpf("0.3"), 1])
for _ in range(200):
    J, r = slopes(p), mp.matrix(effective(p))
    p = p - mp.lu_solve(J.T * J, J.T * r)
J, r = slopes(p), effective(p)
covariance = (J.T * J) ** -1
chi = sum(v * v for v in r)
row("effective variance in 50 digits", "y ~ a*exp(-b*x) + c", both_sides,
    ["error", "dy", "xerror", "x=dx"], starts,
    [("abc"[k], p[k], mp.sqrt(covariance[k, k])) for k in range(3)], 1e-10, 1e-9, chi)
fit = odr.ODR(odr.RealData(x, y, dx, dy), odr.Model(lambda b, x: decay(x, *b)), [4, .3, 1]).run()
# ODRPACK scales by the scatter; its errors before that are the square roots of cov_beta. It moves the
# points along the curve, where effective variance goes along its tangent: the two agree to a part of
# the errors only.
row("scipy.odr, which is another method", "y ~ a*exp(-b*x) + c", both_sides,
    ["error", "dy", "xerror", "dx"], starts,
    list(zip("abc", fit.beta, np.sqrt(np.diag(fit.cov_beta)))), 0.005, 0.05)

# ---- groups: all residuals stacked -------------------------------------------------------------------

table = list(csv.DictReader(open(f"{DATA}/puromycin.csv")))
conc = np.array([float(r["conc"]) for r in table])
rate = np.array([float(r["rate"]) for r in table])
state = np.array([{"treated": 10., "untreated": 2.5}[r["state"]] for r in table])
index = (state == 10).astype(int)  # sorted: 2.5, then 10
columns = {"conc": conc, "rate": rate, "state": state}
p, c, e = curve(lambda x, v0, v1, k0, k1: np.where(index, v1, v0) * conc /
                (np.where(index, k1, k0) + conc), conc, rate, [150, 200, .05, .05])
names = ["Vm[2.5]", "Vm[10]", "K[2.5]", "K[10]"]
row("puromycin, both of each group", "rate ~ Vm[state]*conc/(K[state] + conc)", columns, [],
    ["Vm=150", "K=0.05", "Vm[10]=200"], list(zip(names, p, e)), 1e-6, 1e-6)
p, c, e = curve(lambda x, v0, v1, k: np.where(index, v1, v0) * conc / (k + conc), conc, rate,
                [150, 200, .05])
row("puromycin, K shared", "rate ~ Vm[state]*conc/(K + conc)", columns, [],
    ["Vm=150", "K=0.05"], list(zip(["Vm[2.5]", "Vm[10]", "K"], p, e)), 1e-6, 1e-6)
table = list(csv.DictReader(open(f"{DATA}/orange_trees.csv")))
tree, age, size = (np.array([float(r[k]) for r in table]) for k in ("Tree", "age", "circumference"))
which = tree.astype(int) - 1
p, c, e = curve(lambda x, *p: np.array(p[:5])[which] / (1 + np.exp((p[5] - age) / p[6])), age, size,
                [150] * 5 + [700, 300])
row("orange trees", "circumference ~ a[Tree]/(1 + exp((m - age)/s))",
    {"Tree": tree, "age": age, "circumference": size}, [], ["a=150", "m=700", "s=300"],
    list(zip([f"a[{k}]" for k in range(1, 6)] + ["m", "s"], p, e)), 1e-6, 1e-6)

# ---- robust losses: RLM of statsmodels, covariance H1 --------------------------------------------------


class Norm(sm.robust.norms.RobustNorm):
    """By the weight psi(z)/z and the slope of psi, as functions of z/c."""

    def __init__(self, c, weight, slope):
        self.c, self.weight, self.slope = c, weight, slope

    def psi(self, z):
        return z * self.weight(np.asarray(z) / self.c)

    def weights(self, z):
        return self.weight(np.asarray(z) / self.c)

    def psi_deriv(self, z):
        return self.slope(np.asarray(z) / self.c)

    def rho(self, z):
        return np.asarray(z) ** 2  # asked for by the history only


NORMS = {
    "huber": sm.robust.norms.HuberT(1.345),
    "cauchy": Norm(2.385, lambda u: 1 / (1 + u * u), lambda u: (1 - u * u) / (1 + u * u) ** 2),
    "soft_l1": Norm(1.345, lambda u: (1 + u * u) ** -.5, lambda u: (1 + u * u) ** -1.5),
}
random = np.random.default_rng(7)
rx = np.round(np.linspace(0, 10, 41), 3)
rz = np.round(random.normal(size=41), 3)
ry = np.round(2 + 1.5 * rx - .7 * rz + random.standard_t(2, size=41) * .4, 3)
ry[16] = 1000 * ry[16]
for name, norm in NORMS.items():
    fit = sm.RLM(ry, sm.add_constant(np.column_stack([rx, rz])), M=norm).fit(
        tol=1e-14, maxiter=5000, cov="H1")
    results = list(zip("abc", fit.params, fit.bse))
    tuning = getattr(norm, "t", None) or norm.c
    data = {"x": rx, "z": rz, "y": ry}
    row(f"RLM, {name}", "y ~ a + b*x + c*z", data, ["loss", name], ["a=0", "b=0", "c=0"], results,
        2e-6, 2e-6)
    row(f"RLM, {name}, its scale given", "y ~ a + b*x + c*z", data,
        ["loss", f"{name}:{float(tuning * fit.scale)!r}"], ["a=0", "b=0", "c=0"], results, 1e-7, 1e-7)
