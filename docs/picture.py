#!/usr/bin/env python3
"""picture.py > picture.svg: the picture of the README, from what the program computes ('descend' on the PATH or
in $DESCEND). Labels are numbers and formulas only, so that one picture serves both languages."""
import csv
import json
import math
import os
import subprocess
import tempfile

DESCEND = os.environ.get('DESCEND', 'descend')
HERE = os.path.dirname(os.path.abspath(__file__))
DATA = os.path.join(HERE, '..', 'examples', 'data', 'puromycin.csv')
INK, FAINT, WALK, FIT = '#24292f', '#d0d7de', '#cf222e', '#0969da'


def walk():
    """(where he stood, slope, where he landed) of each round of the chapter's walk."""
    with tempfile.TemporaryDirectory() as folder:
        trace = os.path.join(folder, 'walk.csv')
        subprocess.run([DESCEND, 'w^2', 'w=10', '--rate', '0.1', '--steps', '14', '--trace', trace,
                        '--quiet'], check=True, stdout=subprocess.DEVNULL)
        with open(trace, encoding='utf-8') as file:
            return [(float(row['w']), float(row['gradient.w']), float(row['next.w']))
                    for row in csv.DictReader(file)]


def fit():
    done = subprocess.run([DESCEND, 'rate ~ Vm*conc/(K + conc)', DATA, 'Vm=200', 'K=0.05', '--json'],
                          check=True, stdout=subprocess.PIPE)
    return json.loads(done.stdout)


class Panel:
    """A drawing with its own scales."""

    def __init__(self, left, width, x, y):
        self.left, self.width, self.x_range, self.y_range = left, width, x, y
        self.parts = []

    def x(self, value):
        low, high = self.x_range
        return self.left + (value - low) / (high - low) * self.width

    def y(self, value):
        low, high = self.y_range
        return 290 - (value - low) / (high - low) * 215

    def curve(self, function, low, high, colour, width=2.5, dash=''):
        points = [low + (high - low) * k / 80 for k in range(81)]
        path = ' '.join(f'{self.x(p):.1f},{self.y(function(p)):.1f}' for p in points)
        self.parts.append(f'<polyline points="{path}" fill="none" stroke="{colour}" '
                          f'stroke-width="{width}" stroke-linecap="round"{dash}/>')

    def dot(self, x, y, colour, radius=5):
        self.parts.append(f'<circle cx="{self.x(x):.1f}" cy="{self.y(y):.1f}" r="{radius}" '
                          f'fill="{colour}" stroke="#ffffff" stroke-width="1.5"/>')

    def text(self, x, y, words, size=13, anchor='middle', colour=INK, mono=False):
        family = 'ui-monospace,Menlo,Consolas,monospace' if mono else 'system-ui,sans-serif'
        words = words.replace('&', '&amp;').replace('<', '&lt;')
        self.parts.append(f'<text x="{x:.1f}" y="{y:.1f}" font-family="{family}" font-size="{size}" '
                          f'text-anchor="{anchor}" fill="{colour}">{words}</text>')

    def axis(self):
        self.parts.append(f'<line x1="{self.left}" y1="290" x2="{self.left + self.width}" y2="290" '
                          f'stroke="{FAINT}" stroke-width="1.5"/>')


def mountain():
    panel = Panel(30, 390, (-6.5, 11.2), (0, 121))
    panel.text(225, 32, "descend 'w^2' w=10 --rate 0.1", 15, mono=True)
    panel.axis()
    panel.curve(lambda w: w * w, -6.5, 11, INK)
    rounds = walk()
    # The slope under his feet, at the start.
    at, slope, _ = rounds[0]
    panel.curve(lambda w: at * at + slope * (w - at), 7.6, 11, WALK, 1.5, ' stroke-dasharray="5 4"')
    panel.text(panel.x(10.25), panel.y(100) + 26, f'{slope:g}', 13, 'start', WALK)
    for at, _, landing in rounds:
        middle = (at + landing) / 2
        panel.parts.append(
            f'<path d="M {panel.x(at):.1f} {panel.y(at * at):.1f} Q {panel.x(middle):.1f} '
            f'{panel.y(at * at) - 6:.1f} {panel.x(landing):.1f} {panel.y(landing ** 2):.1f}" '
            f'fill="none" stroke="{WALK}" stroke-width="1.6"/>')
    for at, _, _ in reversed(rounds):
        panel.dot(at, at * at, WALK)
    for at, _, _ in rounds[:4]:
        panel.parts.append(f'<line x1="{panel.x(at):.1f}" y1="{panel.y(at * at) + 7:.1f}" '
                           f'x2="{panel.x(at):.1f}" y2="290" stroke="{FAINT}" stroke-width="1"/>')
        panel.text(panel.x(at), 309, f'{at:.6g}', 11.5)
    panel.text(panel.x(0), 309, '0', colour='#8c959f')
    return panel


def measurements():
    report = fit()
    values, errors = report['parameters'], report['standard_errors']
    panel = Panel(490, 350, (0, 1.2), (0, 230))
    panel.text(665, 32, "descend 'rate ~ Vm*conc/(K + conc)' puromycin.csv", 13, mono=True)
    panel.axis()
    panel.curve(lambda x: values['Vm'] * x / (values['K'] + x), 0, 1.18, FIT)
    with open(DATA, encoding='utf-8') as file:
        for row in csv.DictReader(file):
            panel.dot(float(row['conc']), float(row['rate']), INK, 4.5)
    for place, name in ((228, 'Vm'), (250, 'K')):
        digits = 1 - int(math.floor(math.log10(errors[name])))
        panel.text(585, place, f'{name:>2} = {values[name]:.{digits}f} ± {errors[name]:.{digits}f}', 15,
                   'start', FIT, True)
    for tick in (0, 0.5, 1):
        panel.text(panel.x(tick), 309, f'{tick:g}', colour='#8c959f')
    return panel


print('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 860 325" width="860" height="325" role="img" '
      'aria-label="left: steps down the curve w^2 from 10; right: a curve fitted to measurements">')
print('<rect x="0.5" y="0.5" width="859" height="324" rx="10" fill="#ffffff" '
      f'stroke="{FAINT}"/>')
for part in mountain().parts + measurements().parts:
    print(part)
print('</svg>')
