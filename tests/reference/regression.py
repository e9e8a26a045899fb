"""What statsmodels says about small regressions, written as tests/reference/regression.inc.

REGRESSION rows hold formula, weight (or NULL), columns x, z, y, w and the figures, in the order of the struct in
tests/api/quality_test.c. Likelihoods are statsmodels', information criteria count sigma as a parameter, as R does. The
nonlinear fit is solved by SciPy, and its leverages are those of the linear fit on its Jacobian. RUNS rows: exact two-sided
p by counting all arrangements, above 1,000 signs statsmodels' normal approximation. POINT and COEFFICIENT rows: a polynomial of degree 10.
"""
from fractions import Fraction
from functools import lru_cache

import mpmath as mp
import numpy as np
import scipy.optimize
import scipy.stats
import statsmodels.api as sm
from statsmodels.sandbox.stats.runs import Runs
from statsmodels.stats.diagnostic import het_breuschpagan
from statsmodels.stats.outliers_influence import OLSInfluence
from statsmodels.tools.eval_measures import aicc


def arrangements(above, below):
    """How many orders of the signs have 1, 2, ... runs, by adding one sign after the other."""
    @lru_cache(maxsize=None)
    def ways(a, b, last):
        if (a, b) in ((1, 0), (0, 1)):
            return {1: 1} if (a == 1) == (last == 1) else {}
        total = {}
        if (last and a == 0) or (not last and b == 0):
            return total
        for before in (0, 1):
            for runs, count in ways(a - last, b - (1 - last), before).items():
                key = runs + (before != last)
                total[key] = total.get(key, 0) + count
        return total

    sums = {}
    for last in (0, 1):
        for runs, count in ways(above, below, last).items():
            sums[runs] = sums.get(runs, 0) + count
    return sums


def runs_p(above, below, runs):
    ways = arrangements(above, below)
    total = sum(ways.values())
    fewer = Fraction(sum(c for r, c in ways.items() if r <= runs), total)
    more = Fraction(sum(c for r, c in ways.items() if r >= runs), total)
    return float(min(Fraction(1), 2 * min(fewer, more)))


def long_runs_p(above, below, runs):
    """Signs in that many runs, given to statsmodels."""
    signs, left = [], [above, below]
    for k in range(runs):
        kind = k % 2
        take = 1 if k < runs - 2 else left[kind]
        signs += [kind == 0] * take
        left[kind] -= take
    return Runs(np.array(signs, dtype=int)).runs_test()[1]


def numbers(values):
    return "{" + ", ".join(repr(float(v)) for v in values) + "}"


def report(formula, weight, columns, design, place, constant, theta=None):
    x, z, y, w = columns
    weights = w if weight else np.ones_like(y)
    root = np.sqrt(weights)
    fit = sm.OLS(y * root, design * root[:, None]).fit()
    residual, n, k = fit.resid, len(y), design.shape[1]
    influence = OLSInfluence(fit)
    student = influence.resid_studentized_external
    llf = sm.WLS(y, design, weights=weights).fit().llf
    mean = np.average(y, weights=weights)
    tss = np.sum(weights * (y - mean) ** 2)
    r2 = 1 - fit.ssr / tss
    f = (tss - fit.ssr) / (k - 1) / (fit.ssr / fit.df_resid) if constant else float("nan")
    fp = scipy.stats.f.sf(f, k - 1, fit.df_resid) if constant else float("nan")
    bp, bp_p, _, _ = het_breuschpagan(residual, sm.add_constant(place))
    signs = (residual[np.argsort(place, kind="stable")] >= 0).astype(int)
    count = 1 + int(np.sum(signs[1:] != signs[:-1]))
    above, below = int(signs.sum()), int(n - signs.sum())
    worst = int(np.argmax(np.abs(student)))
    worst_p = min(1, n * 2 * scipy.stats.t.sf(abs(student[worst]), fit.df_resid - 1))
    cooks = influence.cooks_distance[0]
    pull = int(np.argmax(cooks))
    theta = fit.params if theta is None else theta
    nan = lambda v: "NAN" if np.isnan(v) else repr(float(v))
    print("{" + f'"{formula}", {chr(34) + weight + chr(34) if weight else "NULL"}, {n}, {k},')
    for column in (x, z, y, w):
        print(f"    {numbers(column)},")
    print(f"    {numbers(theta)}, {numbers(theta / fit.bse)},")
    print(f"    {numbers(2 * scipy.stats.t.sf(np.abs(theta / fit.bse), fit.df_resid))},")
    print(f"    {r2!r}, {1 - (1 - r2) * (n - 1) / fit.df_resid!r}, {llf!r}, {-2 * llf + 2 * (k + 1)!r},")
    print(f"    {aicc(llf, n, k + 1)!r}, {-2 * llf + np.log(n) * (k + 1)!r}, {nan(f)}, {nan(fp)},")
    print(f"    {count}, {2 * above * below / n + 1!r}, {runs_p(above, below, count)!r}, {bp!r}, {bp_p!r},")
    print(f"    {worst + 1}, {student[worst]!r}, {worst_p!r},")
    print(f"    {pull + 1}, {cooks[pull]!r}, {influence.hat_matrix_diag[pull]!r}}},".replace("np.float64", ""))


def regressions():
    rng = np.random.default_rng(20)
    n = 40
    x, z = np.round(rng.uniform(0, 10, n), 3), np.round(rng.normal(2, 3, n), 3)
    w = np.round(rng.uniform(0.5, 4, n), 2)
    noise = rng.normal(0, 1, n)
    ones = np.ones(n)
    plain = np.round(3 + 2 * x + noise, 4)
    plain[16] += 9
    grows = np.round(3 + 2 * x + noise * (0.05 + 0.5 * x), 4)
    bend = np.round(1 + x + 0.3 * x * x + noise, 4)
    both = np.round(1 + x - 2 * z + noise, 4)
    decay = np.round(5 * np.exp(-0.6 * x) + 1 + 0.1 * noise, 4)
    line = np.column_stack([x, ones])
    report("y ~ a*x + b", "", (x, z, plain, w), line, x, True)
    report("y ~ a*x + b", "w", (x, z, plain, w), line, x, True)
    report("y ~ a*x + b", "", (x, z, grows, w), line, x, True)
    report("y ~ a*x + b", "", (x, z, bend, w), line, x, True)
    report("y ~ a*x", "", (x, z, plain, w), x[:, None], x, False)
    plane = np.column_stack([x, z, ones])
    place = plane @ sm.OLS(both, plane).fit().params
    report("y ~ a*x + b*z + c", "", (x, z, both, w), plane, place, True)
    bent = lambda t: t[0] * np.exp(-t[1] * x) + t[2] - decay
    slopes = lambda t: np.column_stack([np.exp(-t[1] * x), -t[0] * x * np.exp(-t[1] * x), ones])
    theta = scipy.optimize.least_squares(bent, [4, 0.5, 0.5], slopes, xtol=1e-15, ftol=1e-15, gtol=1e-15).x
    nonlinear("y ~ a*exp(-b*x) + c", (x, z, decay, w), bent(theta), slopes(theta), theta)


def nonlinear(formula, columns, minus_residual, slopes, theta):
    """The linear fit on the Jacobian whose solution is theta and whose residuals are those of the fit."""
    x, z, y, w = columns
    shifted = slopes @ theta - minus_residual
    buffer = []
    import builtins
    import io
    from contextlib import redirect_stdout
    out = io.StringIO()
    with redirect_stdout(out):
        report(formula, "", (x, z, shifted, w), slopes, x, False, theta)
    text = out.getvalue().replace(numbers(shifted), numbers(y))
    n, k, ssr = len(y), slopes.shape[1], float(np.sum(minus_residual ** 2))
    tss = float(np.sum((y - y.mean()) ** 2))
    shifted_tss = float(np.sum((shifted - shifted.mean()) ** 2))
    old, new = 1 - sm.OLS(shifted, slopes).fit().ssr / shifted_tss, 1 - ssr / tss
    adjusted = lambda r2: 1 - (1 - r2) * (n - 1) / (n - k)
    text = text.replace(f"{old!r}, {adjusted(old)!r}", f"{new!r}, {adjusted(new)!r}")
    f = (tss - ssr) / (k - 1) / (ssr / (n - k))
    text = text.replace("NAN, NAN", f"{f!r}, {scipy.stats.f.sf(f, k - 1, n - k)!r}")
    print(text, end="")


def polynomial(degree=10, rows=82):
    """Columns so nearly dependent (their scaled condition is 1e10) that mpmath must judge: rows x, y; then
    the coefficients and their standard errors."""
    mp.mp.dps = 80
    rng = np.random.default_rng(10)
    x = np.round(np.linspace(-9, -3, rows) + rng.uniform(-0.02, 0.02, rows), 6)
    y = np.round(0.85 + 0.05 * np.sin(1.3 * x) + rng.normal(0, 0.003, rows), 6)
    design = mp.matrix([[mp.mpf(float(v)) ** k for k in range(degree + 1)] for v in x])
    right = mp.matrix([mp.mpf(float(v)) for v in y])
    normal = (design.T * design) ** -1
    theta = normal * (design.T * right)
    residual = right - design * theta
    variance = sum(r * r for r in residual) / (rows - degree - 1)
    for row in range(rows):
        print(f"POINT({float(x[row])!r}, {float(y[row])!r})")
    for k in range(degree + 1):
        print(f"COEFFICIENT({k}, {mp.nstr(theta[k], 17)}, {mp.nstr(mp.sqrt(variance * normal[k, k]), 17)})")


def main():
    np.set_printoptions(legacy="1.25")
    print("#ifdef REGRESSION")
    regressions()
    print("#endif\n#ifdef RUNS")
    for above, below, runs in ((1, 1, 2), (3, 4, 2), (3, 4, 7), (10, 12, 6), (10, 12, 12), (25, 20, 30), (60, 80, 50)):
        print(f"RUNS({above}, {below}, {runs}, {runs_p(above, below, runs)!r})")
    for above, below, runs in ((600, 700, 610), (900, 300, 500), (5000, 6000, 5455)):
        print(f"RUNS({above}, {below}, {runs}, {long_runs_p(above, below, runs)!r})")
    print("#endif\n#ifdef POINT")
    polynomial()
    print("#endif")


main()
