"""95 % profile intervals by SciPy, written as rows of tests/reference/profile_intervals.inc:
{case, parameter, low, high}. Each place of a profile is a minimum of its own (least_squares over the
other parameters), its end the root of tau - t (brentq). Needs numpy, scipy."""
import csv
import os

import numpy as np
from scipy.optimize import brentq, least_squares
from scipy.stats import t as student

DATA = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..', 'examples', 'data')
FAR = 2.0 ** 16  # half widths: an end further away is called open


def table(name, *columns):
    with open(os.path.join(DATA, name), encoding='utf-8') as file:
        rows = list(csv.DictReader(file))
    return [np.array([float(row[column]) for row in rows]) for column in columns]


class Profile:
    """Of the model f(p) against y: estimate, S_min, s^2; bounds is (low, high) for each parameter."""

    def __init__(self, f, y, start, weights=None, bounds=None, scan=(1,)):
        self.f, self.y = f, y
        self.scan = scan  # each minimum is looked for from the last one times each of these, too
        self.root = np.sqrt(np.ones_like(y) if weights is None else weights)
        self.bounds = bounds or [(-np.inf, np.inf)] * len(start)
        self.least, self.estimate = self.minimum(np.array(start, float), None, 0)
        self.variance = self.least / (len(y) - len(start))
        self.t = student.ppf(0.975, len(y) - len(start))

    def residuals(self, p):
        return self.root * (self.y - self.f(p))

    def minimum(self, start, held, value):
        """S and the place, with parameter 'held' (or none) at 'value'; the others as bounds allow."""
        free = [k for k in range(len(start)) if k != held]
        place = start.copy()
        if held is not None:
            place[held] = value

        def short(q):
            full = place.copy()
            full[free] = q
            return self.residuals(full)
        if free:
            low, high = zip(*[self.bounds[k] for k in free])
            bounded = np.isfinite(low).any() or np.isfinite(high).any()
            scale = np.maximum(np.abs(start[free]), 1e-3)
            options = dict(x_scale=scale, ftol=1e-15, xtol=1e-15, gtol=1e-15, max_nfev=20000,
                           jac='3-point')
            found = least_squares(short, start[free], bounds=(low, high), **options) if bounded \
                else least_squares(short, start[free], method='lm', **{**options, 'jac': '2-point'})
            place[free] = found.x
        return float((self.residuals(place) ** 2).sum()), place

    def end(self, i, sign, width):
        """The end of parameter i on that side; 'width' is where to look first."""
        path = [self.estimate]
        bound = self.bounds[i][1 if sign > 0 else 0]

        def height(value):
            s, place = min((self.minimum(path[-1] * factor, i, value) for factor in self.scan),
                           key=lambda found: found[0])
            path.append(place)
            return np.sqrt(max(s - self.least, 0) / self.variance) - self.t
        reach = width
        while True:
            outer = self.estimate[i] + sign * reach
            if outer * self.estimate[i] < 0 and height(0) > 0:
                return brentq(height, self.estimate[i], 0, xtol=1e-11 * width, rtol=1e-14)
            if sign * (outer - bound) >= 0:
                if bound == self.estimate[i] or height(bound) < 0:
                    return bound
                outer = bound
            if height(outer) > 0:
                return brentq(height, self.estimate[i], outer, xtol=1e-11 * width, rtol=1e-14)
            reach *= 2
            if reach > FAR * width:
                return sign * np.inf

    def rows(self, case, count=None):
        for i, x in enumerate(self.estimate[:count]):
            width = max(0.02 * abs(x), 1e-3)
            low, high = (self.end(i, sign, width) for sign in (-1, 1))
            names = {np.inf: 'INFINITY', -np.inf: '-INFINITY'}
            print('{%s, %d, %s, %s},' % (case, i, *(names.get(v) or '%.11g' % v for v in (low, high))))


conc, rate = table('puromycin.csv', 'conc', 'rate')
Profile(lambda p: p[0] * conc / (p[1] + conc), rate, [200, 0.06]).rows('PUROMYCIN')
Profile(lambda p: p[0] * conc / (p[1] + conc), rate, [200, 0.06], weights=conc).rows('WEIGHTED')

# Biochemical oxygen demand (Bates and Watts, 1988, A1.4).
days = np.array([1, 2, 3, 4, 5, 7.0])
demand = np.array([8.3, 10.3, 19, 16, 15.6, 19.8])
Profile(lambda p: p[0] * (1 - np.exp(-p[1] * days)), demand, [20, 0.5]).rows('DEMAND')

x, y = table('misra1a.csv', 'x', 'y')
Profile(lambda p: p[0] * (1 - np.exp(-p[1] * x)), y, [240, 5.5e-4]).rows('MISRA')

# The decay is over before the second measurement: it may be as fast as it likes.
u = np.array([0, 1, 2, 3, 4, 5.0])
fast = np.array([1.02, 0.05, -0.03, 0.04, -0.02, 0.01])
Profile(lambda p: p[0] * np.exp(-p[1] * u), fast, [1, 3]).rows('FAST')

# Nearly a line: the way to small asymptotes is narrow, and beside it lie valleys without end.
v = np.array([1, 2, 3, 4, 5, 6, 8, 10.0])
curve = np.array([0.119, 0.153, 0.214, 0.020, 0.411, 0.484, 0.512, 0.613])
Profile(lambda p: p[0] * v / (p[1] + v), curve, [20, 300],
        scan=[0.01, 0.03, 0.1, 0.3, 1, 3]).rows('NARROW')

# Far more scatter than curve; walks along the profile of a easily end in valleys of other b.
k = np.arange(1, 7.0)
rough = np.array([-12.821, -9.459, 14.771, 6.253, 17.724, 3.894])
Profile(lambda p: p[0] * k ** p[1], rough, [0.7, 1.5], scan=[-3, -1, -0.3, 0.3, 1, 3]).rows('ROUGH', 1)

# A bound inside the interval, and one at which the estimate stands.
line = np.array([1.1, 0.8, 1.6, 1.2, 1.9, 1.3])
Profile(lambda p: p[0] * u + p[1], line, [0.1, 1], bounds=[(0, np.inf), (-np.inf, np.inf)]).rows('BOUND')
Profile(lambda p: p[0] * u + p[1], line[::-1].copy(), [0, 1],
        bounds=[(0, np.inf), (-np.inf, np.inf)]).rows('AT_BOUND')

# An own asymptote for each tree.
with open(os.path.join(DATA, 'orange_trees.csv'), encoding='utf-8') as file:
    trees = [int(row['Tree']) - 1 for row in csv.DictReader(file)]
age, girth = table('orange_trees.csv', 'age', 'circumference')
Profile(lambda p: p[trees] / (1 + np.exp(-(age - p[5]) / p[6])), girth,
        [150, 200, 150, 210, 180, 700, 350]).rows('TREES')
