"""Bootstrap intervals, written as rows of tests/reference/bootstrap_intervals.inc: {case, parameter, low,
high, standard error}. MEAN and WEIGHTED_MEAN are exact: all tables that can be drawn from the rows are
gone through. The others are 40,000 replicates by NumPy and SciPy, with another random generator.
Needs numpy, scipy."""
import csv
import itertools
import os

import numpy as np
from scipy.optimize import least_squares

DATA = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..', 'examples', 'data')
REPLICATES = 40000
random = np.random.default_rng(20240607)


def rows(case, estimates):
    estimates = np.atleast_2d(np.asarray(estimates).T)
    for i, values in enumerate(estimates):
        low, high = np.quantile(values, [0.025, 0.975])
        print('{%s, %d, %.6g, %.6g, %.6g},' % (case, i, low, high, values.std(ddof=1)))


y = np.array([2.3, 3.1, 4.7, 1.9, 3.6, 5.2])
w = np.array([1, 2, 1, 3, 1, 2.0])
drawn = [list(indices) for indices in itertools.product(range(6), repeat=6)]
rows('MEAN', [y[k].mean() for k in drawn])
rows('WEIGHTED_MEAN', [(w[k] * y[k]).sum() / w[k].sum() for k in drawn])


def fit(f, table, start):
    return least_squares(lambda p: f(p, *table[:-1]) - table[-1], start, method='lm',
                         x_scale=np.abs(start)).x


def bootstrap(case, f, table, start, groups=None):
    table = [np.asarray(column, float) for column in table]
    best = fit(f, table, np.array(start, float))
    groups = np.zeros(len(table[0]), int) if groups is None else groups
    members = [np.flatnonzero(groups == g) for g in np.unique(groups)]
    estimates = []
    for _ in range(REPLICATES):
        k = np.concatenate([random.choice(m, len(m)) for m in members])
        estimates.append(fit(f, [column[k] for column in table], best))
    rows(case, estimates)


x = [0, 0.5, 1, 1.5, 2, 2.5, 3, 3.5, 4, 4.5, 5, 6]
z = [9.8, 7.4, 6.3, 4.5, 3.9, 2.7, 2.6, 1.5, 1.6, 1.2, 0.6, 0.7]
bootstrap('DECAY', lambda p, x: p[0] * np.exp(-p[1] * x), [x, z], [10, 0.5])

with open(os.path.join(DATA, 'puromycin_groups.csv'), encoding='utf-8') as file:
    lines = list(csv.DictReader(file))
states = [line['state'] for line in lines]
group = np.array([sorted(set(states), key=states.index).index(state) for state in states])
columns = [[float(line[name]) for line in lines] for name in ('conc', 'rate')]
bootstrap('GROUPS', lambda p, g, c: p[g.astype(int)] * c / (p[2] + c), [group, *columns],
          [210, 160, 0.06], group)
