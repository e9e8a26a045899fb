#!/usr/bin/env python3
"""Dumps what NumPy finds for the statistics of two columns (over_rows.slope, ...): starts.inc.

Each row: the table as it is typed, then slope, intercept, the x of the largest and of the smallest y,
the width of the part above half, the frequency whose sine, with a free mean, fits best (lstsq for each
of the frequencies that docs/language.md names)."""
import numpy as np


def frequency(x, y):
    span = x.max() - x.min()
    best = None
    for k in range(1, 1025):
        f = k/(5*span)
        if f > len(x)/(2*span):
            break
        a = 2*np.pi*f*x
        design = np.column_stack([np.ones_like(x), np.cos(a), np.sin(a)])
        if np.linalg.cond(design) > 1e4:
            continue
        p = np.linalg.lstsq(design, y, rcond=None)[0]
        rss = ((y - design @ p)**2).sum()
        if best is None or rss < best[0]:
            best = rss, f
    return best[1]


def row(x, y):
    slope, intercept = np.polyfit(x, y, 1)
    high = x[y > (y.min() + y.max())/2]
    width = max(high.max() - high.min(), (x.max() - x.min())/len(x))
    numbers = [slope, intercept, x[y == y.max()].min(), x[y == y.min()].min(), width, frequency(x, y)]
    table = 'x=' + ','.join(map(repr, x.tolist())) + ' y=' + ','.join(map(repr, y.tolist()))
    print('{"' + table + '",\n {' + ', '.join(f'{v:.17g}' for v in numbers) + '}},')


random = np.random.default_rng(2)
for n, f in ((12, .3), (30, .9), (50, 1.7)):
    x = np.round(np.sort(random.uniform(0, 10, n)), 3)
    y = np.round(2 + 3*np.sin(2*np.pi*f*x + 1) + .1*x + .3*random.standard_normal(n), 3)
    row(random.permutation(x) if n == 12 else x, y)
x = np.arange(0., 20)
row(x + 1990, np.round(np.sin(2*np.pi*.21*x), 3))
row(x - 5, np.round(4*np.exp(-((x - 8)/2)**2), 3))
