"""Bands, rows left out and criteria of fits by other programs, written as rows of bands.inc.

Line and quadratic through examples/data/cars.csv, plain and weighted (weights 1 + speed/10): statsmodels.
Rate of a reaction, V*conc/(K + conc), through examples/data/puromycin.csv: the delta method in 30 digits with
derivatives by hand (mpmath), which must agree with lmfit's eval_uncertainty. Rows left out: every fit is
really repeated without each row in turn.
Run: python3 bands.py > bands.inc   (needs numpy, statsmodels, lmfit, mpmath)
"""
import csv
import math
import os

import lmfit
import mpmath as mp
import numpy as np
import statsmodels.api as sm

mp.mp.dps = 30
DATA = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../examples/data")


def columns(name):
    with open(f"{DATA}/{name}.csv", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return [np.array([float(row[key]) for row in rows]) for key in rows[0]]


def band(macro, case, rows):
    for row in rows:
        print(f"{macro}({case}, {', '.join(f'{float(v)!r}' for v in row)})")


def design(x, degree):
    return np.column_stack([np.asarray(x, dtype=float) ** k for k in range(degree + 1)])


def criteria(n, k, log_likelihood):
    """As R: the variance is a parameter."""
    k += 1
    aic = 2 * k - 2 * log_likelihood
    return aic + 2 * k * (k + 1) / (n - k - 1), k * math.log(n) - 2 * log_likelihood


def linear(case, degree, weights):
    x, y = columns("cars")
    w = 1 + x / 10 if weights else np.ones_like(x)
    fit = sm.WLS(y, design(x, degree), weights=w).fit()
    points = [4, 9.5, 15, 25, 40]
    frame = fit.get_prediction(design(points, degree)).summary_frame(alpha=0.05)
    keys = ["mean", "mean_se", "mean_ci_lower", "mean_ci_upper", "obs_ci_lower", "obs_ci_upper"]
    band("POINT", case, np.column_stack([points] + [frame[key] for key in keys]))
    frame = fit.get_prediction().summary_frame(alpha=0.05)
    for row in (0, 22, 49):
        band("ROW", case, [[row] + [frame[key].iloc[row] for key in keys]])
    left_out = 0
    for i in range(len(y)):
        rest = np.arange(len(y)) != i
        other = sm.WLS(y[rest], design(x[rest], degree), weights=w[rest]).fit()
        left_out += w[i] * (y[i] - other.predict(design(x[i:i + 1], degree))[0]) ** 2
    band("RANK", case, [[fit.ssr, fit.rsquared, *criteria(len(y), degree + 1, fit.llf),
                         math.sqrt(left_out / w.sum())]])


def reaction_fit(x, y):
    """Gauss-Newton in 30 digits: V, K, and (J'J)^-1."""
    v, k = mp.mpf(210), mp.mpf("0.06")
    for _ in range(60):
        slopes = mp.matrix([[c / (k + c), -v * c / (k + c) ** 2] for c in x])
        rest = mp.matrix([r - v * c / (k + c) for c, r in zip(x, y)])
        step = mp.lu_solve(slopes.T * slopes, slopes.T * rest)
        v, k = v + step[0], k + step[1]
    return v, k, (slopes.T * slopes) ** -1, sum(e * e for e in rest)


def student(p, nu):
    from scipy import stats
    start = mp.mpf(stats.t.ppf(p, nu))
    scale = mp.gamma(mp.mpf(nu + 1) / 2) / (mp.sqrt(mp.pi * nu) * mp.gamma(mp.mpf(nu) / 2))
    density = lambda t: scale * (1 + t * t / nu) ** (-mp.mpf(nu + 1) / 2)
    return mp.findroot(lambda t: mp.quad(density, [0, t]) - (mp.mpf(p) - mp.mpf("0.5")), start)


def reaction():
    conc, rate = columns("puromycin")
    x, y = [mp.mpf(repr(float(c))) for c in conc], [mp.mpf(float(r)) for r in rate]
    v, k, covariance, rss = reaction_fit(x, y)
    nu = len(x) - 2
    s, t = mp.sqrt(rss / nu), student(0.975, nu)
    points = [mp.mpf(repr(p)) for p in (0.02, 0.1, 0.5, 1.1, 3.0)]
    rows = []
    for c in points:
        g = mp.matrix([c / (k + c), -v * c / (k + c) ** 2])
        q = (g.T * covariance * g)[0]
        f, curve, point = v * c / (k + c), s * mp.sqrt(q), s * mp.sqrt(q + 1)
        rows.append([c, f, curve, f - t * curve, f + t * curve, f - t * point, f + t * point])
    band("POINT", "REACTION", rows)
    model = lmfit.Model(lambda conc, V, K: V * conc / (K + conc))
    fit = model.fit(rate, conc=conc, V=200, K=0.1, fit_kws={"xtol": 1e-14, "ftol": 1e-14})
    wide = fit.eval_uncertainty(conc=np.array([float(c) for c in points]), sigma=0.95)
    for row, curve, point in zip(rows, wide, fit.dely_predicted):
        assert abs(float(row[4] - row[1]) / curve - 1) < 1e-4
        assert abs(float(row[6] - row[1]) / point - 1) < 1e-4
    left_out = 0
    for i in range(len(x)):
        v1, k1, _, _ = reaction_fit(x[:i] + x[i + 1:], y[:i] + y[i + 1:])
        left_out += (y[i] - v1 * x[i] / (k1 + x[i])) ** 2
    n = len(x)
    likelihood = -n / 2 * (math.log(2 * math.pi * float(rss) / n) + 1)
    spread = float(((rate - rate.mean()) ** 2).sum())
    band("RANK", "REACTION", [[rss, 1 - float(rss) / spread, *criteria(n, 2, likelihood),
                               mp.sqrt(left_out / n)]])


print("/* tests/reference/bands.py. POINT(case, x, fitted, error, confidence low, high, prediction low,")
print(" * high); ROW: the same of a row, from 0; RANK(case, rss, R2, AICc, BIC, error of rows left out) */")
print("#ifndef POINT\n#define POINT(...)\n#endif\n#ifndef ROW\n#define ROW(...)\n#endif")
print("#ifndef RANK\n#define RANK(...)\n#endif")
linear("LINE", 1, False)
linear("QUADRATIC", 2, False)
linear("WEIGHTED", 1, True)
linear("WEIGHTED_QUADRATIC", 2, True)
reaction()
print("#undef POINT\n#undef ROW\n#undef RANK")
