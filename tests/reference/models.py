#!/usr/bin/env python3
"""models.py [NAME ...]: what SciPy's curve_fit finds for the ready models, written into their texts.

Each text src/graph/models/NAME.descend holds a table ('# test: x=... y=...') and the parameters that
fit it best ('# result: a=... b=...'). This script makes the tables that are not measured ones - by
the functions below, with rounding and with noise from NumPy's default_rng(1) -, fits the functions
with scipy.optimize.curve_fit (exact slopes by complex steps, tolerances at rounding) and writes both
lines anew. The functions are written once more here, from the sources that the texts name.
Needs numpy and scipy."""
import os
import re
import sys

import numpy as np
from scipy.optimize import curve_fit
from scipy.special import wofz

FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), '../../src/graph/models')
exp, log, sqrt, pi = np.exp, np.log, np.sqrt, np.pi


def erf(z):
    """Of complex numbers too, by Faddeeva's function."""
    z = np.asarray(z, dtype=complex)
    flip = np.where(z.real < 0, -1, 1)
    z = z*flip
    return flip*(1 - exp(-z*z)*wofz(1j*z))



# name: (function, true parameters, x, noise in units of y, digits of y); x None: the table is measured.
MODELS = {
    'linear': (lambda x, a, b: a + b*x, dict(intercept=3, slope=.5), None),
    'proportional': (lambda x, b: b*x, dict(slope=400), None),
    'quadratic': (lambda x, a, b, c: a + b*x + c*x**2, dict(c0=2, c1=-1.5, c2=.4),
                  np.arange(0, 11), .1, 3),
    'cubic': (lambda x, a, b, c, d: a + b*x + c*x**2 + d*x**3, dict(c0=1, c1=-2, c2=.5, c3=.3),
              np.arange(-3, 3.1, .5), .2, 3),
    'plane': (lambda x, a, b, c: a + b*x[0] + c*x[1], dict(c0=4, c1=1.5, c2=-.7),
              np.array([[1, 2, 3, 4, 5, 6, 7, 8, 9, 10], [3, 7, 1, 9, 4, 8, 2, 6, 10, 5]]), .2, 3),
    'rational': (lambda x, a, b, c: (a + b*x)/(1 + c*x), dict(a=1, b=3, c=.4),
                 np.arange(0, 12), .03, 4),
    'power': (lambda x, a, b: a*x**b, dict(a=1, b=1.5), None),
    'power_offset': (lambda x, a, b, c: a*x**b + c, dict(a=2.5, b=.6, c=8),
                     np.array([1, 2, 5, 10, 20, 50, 100, 200, 300, 500, 700, 1000]), .5, 4),
    'logarithm': (lambda x, a, b: a + b*log(x), dict(a=1.5, b=2.2),
                  np.array([1, 2, 3, 5, 8, 12, 20, 30, 50, 80]), .1, 4),
    'exponential_decay': (lambda x, a, k: a*exp(-k*x), dict(a=120, k=.35), np.arange(0, 12), 1, 4),
    'exponential_decay_offset': (lambda x, a, k, c: a*exp(-k*x) + c, dict(a=65, k=.12, c=21),
                                 np.arange(0, 36, 3), .4, 4),
    'half_life': (lambda x, a, h: a*2**(-x/h), dict(a=1000, half=3.8), np.arange(0, 14), 6, 4),
    'double_exponential_decay': (lambda x, a, k, b, l: a*exp(-k*x) + b*exp(-l*x),
                                 dict(a1=5, k1=2.2, a2=3, k2=.25),
                                 np.array([0, .1, .2, .4, .6, .8, 1, 1.5, 2, 3, 4, 6, 8, 10]), .02, 4),
    'stretched_exponential': (lambda x, a, t, b: a*exp(-power(x, b)/t**b),
                              dict(a=10, tau=4, beta=.6),
                              np.array([0, .1, .3, .6, 1, 2, 3, 5, 8, 12, 18, 25]), .05, 4),
    'exponential_growth': (lambda x, a, k: a*exp(k*x), dict(a=2.5, k=.3), np.arange(0, 12), .3, 4),
    'logistic_growth': (lambda x, l, r, m: l/(1 + exp(-r*(x - m))), dict(limit=660, rate=.55, x0=7.8),
                        None),
    'gompertz': (lambda x, l, r, m: l*exp(-exp(-r*(x - m))), dict(limit=80, rate=.4, x0=5),
                 np.arange(0, 20, 1.5), 1, 4),
    'von_bertalanffy': (lambda x, l, r, m: l*(1 - exp(-r*(x - m))), dict(limit=52, rate=.28, x0=-.8),
                        np.arange(1, 13), .6, 4),
    'richards': (lambda x, l, r, m, v: l*(1 + v*exp(-r*(x - m)))**(-1/v),
                 dict(limit=100, rate=.6, x0=6, v=.4), np.arange(0, 18, 1.2), .5, 4),
    'weibull_growth': (lambda x, l, s, c: l*(1 - exp(-power(x, s)/c**s)),
                       dict(limit=95, shape=1.8, scale=6), np.arange(0, 15), .8, 4),
    'exponential_rise': (lambda x, l, r: l*(1 - exp(-r*x)), dict(limit=250, rate=.02),
                         np.array([0, 10, 20, 30, 50, 70, 90, 120, 160, 200]), 3, 4),
    'michaelis_menten': (lambda x, v, k: v*x/(k + x), dict(vmax=200, km=.05), None),
    'monod': (lambda x, v, k: v*x/(k + x), dict(mu_max=.9, ks=12),
              np.array([1, 2, 5, 8, 12, 20, 35, 60, 100, 150]), .01, 3),
    'hill': (lambda x, v, k, n: v*power(x, n)/(k**n + power(x, n)), dict(vmax=98, k=26, n=2.7),
             np.array([0, 5, 10, 15, 20, 25, 30, 40, 50, 70, 100]), .8, 4),
    'haldane': (lambda x, v, k, i: v*x/(k + x + x**2/i), dict(vmax=2.4, km=18, ki=60),
                np.array([2, 5, 10, 15, 25, 40, 60, 90, 130, 200, 300]), .02, 4),
    'langmuir': (lambda x, q, k: q*k*x/(1 + k*x), dict(qmax=45, k=.08),
                 np.array([1, 3, 6, 10, 20, 35, 60, 100, 150]), .4, 4),
    'freundlich': (lambda x, k, n: k*x**(1/n), dict(k=5.2, n=2.4),
                   np.array([1, 3, 6, 10, 20, 35, 60, 100, 150]), .3, 4),
    'bet': (lambda x, v, c: v*c*x/((1 - x)*(1 + (c - 1)*x)), dict(vm=4.3, c=95),
            np.array([.02, .05, .1, .15, .2, .25, .3, .35]), .03, 4),
    'sine': (lambda x, a, f, p, c: c + a*np.sin(2*pi*f*x + p),
             dict(amplitude=3, frequency=.37, phase=.8, offset=5), np.arange(0, 10, .5), .2, 3),
    'damped_sine': (lambda x, a, d, f, p, c: c + a*exp(-d*x)*np.sin(2*pi*f*x + p),
                    dict(amplitude=4, decay=.25, frequency=.6, phase=1, offset=.5),
                    np.arange(0, 8.1, .4), .08, 3),
    'yearly_cycle': (lambda x, l, t, a, p: l + t*x + a*np.cos(2*pi*(x - p)),
                     dict(level=-2900, trend=1.6, amplitude=3.2, peak=.37),
                     np.arange(2000, 2003.01, .2), .3, 5),
    'gaussian': (lambda x, h, c, w: h*exp(-((x - c)/w)**2/2), dict(height=8, center=5.3, width=1.2),
                 np.arange(1, 11, .75), .1, 3),
    'gaussian_baseline': (lambda x, b, h, c, w: b + h*exp(-((x - c)/w)**2/2),
                          dict(base=2, height=8, center=5.3, width=1.2), np.arange(0, 11, .75), .1, 3),
    'double_gaussian': (lambda x, h, c, w, i, d, v: h*exp(-((x - c)/w)**2/2) + i*exp(-((x - d)/v)**2/2),
                        dict(height1=9, center1=6.5, width1=1.1, height2=5, center2=3, width2=.9),
                        np.arange(0, 11, .6), .08, 3),
    'lorentzian': (lambda x, h, c, w: h/(1 + ((x - c)/w)**2), dict(height=12, center=4.4, width=.8),
                   np.arange(0, 10, .7), .1, 3),
    'pseudo_voigt': (lambda x, h, c, w, e: h*(e/(1 + ((x - c)/w)**2) + (1 - e)*exp(-log(2)*((x - c)/w)**2)),
                     dict(height=20, center=5.1, width=1.1, eta=.4), np.arange(0, 10.5, .6), .1, 4),
    'lognormal_peak': (lambda x, h, c, w: h*exp(-(log(x/c)/w)**2/2), dict(height=6, center=2.5, width=.6),
                       np.array([.3, .6, 1, 1.5, 2, 2.5, 3, 4, 5, 7, 10, 15]), .05, 3),
    'exponential_gaussian': (lambda x, a, c, w, t: a/(2*t)*exp(w**2/(2*t**2) - (x - c)/t) *
                             (1 - erf((w/t - (x - c)/w)/sqrt(2))),
                             dict(area=30, center=4, width=.7, tail=1.6), np.arange(1, 14, .8), .05, 4),
    'sech_squared': (lambda x, h, c, w: h/np.cosh((x - c)/w)**2, dict(height=1, center=.3, width=1.5),
                     np.arange(-6, 6.5, 1), .01, 3),
    'dose_response': (lambda x, b, t, c, h: b + (t - b)*power(x, h)/(c**h + power(x, h)),
                      dict(bottom=4, top=96, ec50=1.8, hill=1.4),
                      np.array([.01, .03, .1, .3, 1, 3, 10, 30, 100]), 1, 4),
    'dose_response_5': (lambda x, b, t, c, h, s: b + (t - b)*(power(x, h)/(c**h + power(x, h)))**s,
                        dict(bottom=4, top=96, c=1.8, hill=1.4, s=2),
                        np.array([.01, .03, .1, .3, .6, 1, 2, 3, 6, 10, 30, 100, 300]), .3, 4),
    'emax': (lambda x, e, m, c: e + m*x/(c + x), dict(e0=12, emax=55, ec50=30),
             np.array([0, 5, 10, 20, 40, 80, 120, 200, 400]), .8, 4),
    'iv_bolus': (lambda x, c, k: c*exp(-k*x), dict(c0=18, ke=.21),
                 np.array([.5, 1, 2, 3, 4, 6, 8, 10, 12]), .15, 4),
    'iv_bolus_2': (lambda x, a, k, b, l: a*exp(-k*x) + b*exp(-l*x), dict(a=2, alpha=2, b=.5, beta=.2),
                   None),
    'oral_absorption': (lambda x, s, a, e: s*a/(a - e)*(exp(-e*x) - exp(-a*x)),
                        dict(scale=10, ka=1.8, ke=.05), None),
    'arrhenius': (lambda x, a, e: a*exp(-e/(8.314462618*x)), dict(a=4e13, ea=1.03e5), None),
    'antoine': (lambda x, a, b, c: 10**(a - b/(c + x)), dict(a=8.07, b=1730, c=233), None),
    'first_order': (lambda x, s, e, k: e + (s - e)*exp(-k*x), dict(start=46.7, end=-18.7, k=.0033),
                    np.array([0, 45, 90, 150, 210, 330, 510, 690, 1000, 1400]), .2, 4),
    'second_order': (lambda x, c, k: c/(1 + k*c*x), dict(c0=.1, k=.8),
                     np.array([0, 5, 10, 20, 30, 50, 80, 120]), .0005, 4),
    'steinhart_hart': (lambda x, a, b, c: 1/(a + b*log(x) + c*log(x)**3),
                       dict(a=1.129148e-3, b=2.34125e-4, c=8.76741e-8),
                       np.array([32650, 19900, 12490, 10000, 8057, 5327, 3603, 2488, 1752, 1256]), .02, 6),
    'planck': (lambda x, a, b: a*x**3/(exp(b*x) - 1), dict(a=40, b=.53), None),
    'cauchy_dispersion': (lambda x, a, b, c: a + b/x**2 + c/x**4, dict(a=1.504, b=.0042, c=3e-5), None),
    'sellmeier': (lambda x, b, c: sqrt(1 + b*x**2/(x**2 - c**2)), dict(b=1.27, c=.1), None),
    'boltzmann': (lambda x, b, t, m, w: b + (t - b)/(1 + exp(-(x - m)/w)),
                  dict(bottom=.03, top=.98, middle=-38, width=7), np.arange(-80, 1, 8), .01, 3),
    'step': (lambda x, l, h, e, w: l + (h - l)*(1 + erf((x - e)/(w*sqrt(2))))/2,
             dict(low=.2, high=5.1, edge=3.3, width=.6), np.arange(0, 7.1, .6), .04, 3),
    'morse': (lambda x, b, d, l, a: b + d*(1 - exp(-a*(x - l)))**2,
              dict(base=-4.7, depth=4.7, length=.74, a=1.95),
              np.array([.45, .5, .6, .7, .8, .9, 1, 1.2, 1.5, 2, 2.5, 3.5, 5]), .01, 4),
}

MEASURED = {
    'linear': 'x=10,8,13,9,11,14,6,4,12,7,5 y=8.04,6.95,7.58,8.81,8.33,9.96,7.24,4.26,10.84,4.82,5.68',
    'proportional': 'x=.032,.034,.214,.263,.275,.275,.45,.5,.5,.63,.8,.9,.9,.9,.9,1,1.1,1.1,1.4,1.7,2,2,2,2 '
                    'y=170,290,-130,-70,-185,-220,200,290,270,200,300,-30,650,150,500,920,450,500,500,960,'
                    '500,850,800,1090',
    'power': 'x=.3871,.7233,1,1.5237,5.2029,9.537,19.189,30.07 '
             'y=.2408,.6152,1,1.8808,11.862,29.447,84.017,164.79',
    'logistic_growth': 'x=0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18 '
                       'y=9.6,18.3,29,47.2,71.1,119.1,174.6,257.3,350.7,441,513.3,559.7,594.8,629.4,640.8,'
                       '651.1,655.9,659.6,661.8',
    'michaelis_menten': 'x=.02,.02,.06,.06,.11,.11,.22,.22,.56,.56,1.1,1.1 '
                        'y=76,47,97,107,123,139,159,152,191,201,207,200',
    'iv_bolus_2': 'x=.25,.5,.75,1,1.25,2,3,4,5,6,8 y=1.5,.94,.78,.48,.37,.19,.12,.11,.08,.07,.05',
    'oral_absorption': 'x=0,.25,.57,1.12,2.02,3.82,5.1,7.03,9.05,12.12,24.37 '
                       'y=.74,2.84,6.57,10.5,9.66,8.58,8.36,7.47,6.89,5.94,3.28',
    'arrhenius': 'x=298,308,318,328,338 y=3.46e-5,1.35e-4,4.98e-4,1.5e-3,4.87e-3',
    'antoine': 'x=0,10,20,30,40,50,60,70,80,90,100 '
               'y=4.58,9.21,17.54,31.82,55.32,92.51,149.4,233.7,355.1,525.8,760',
    'planck': 'x=2.27,3.63,4.99,5.9,7.26,8.62,9.98,11.34,12.71,14.07,15.43,16.79,18.15,19.51,20.87 '
              'y=200.723,327.77,381.493,378.901,336.278,271.432,204.327,145.75,99.451,65.766,42.267,26.58,'
              '16.391,9.921,5.801',
    'cauchy_dispersion': 'x=.365,.4047,.4358,.4861,.5461,.5876,.6563,.7065 '
                         'y=1.53627,1.53024,1.52668,1.52238,1.51872,1.5168,1.51432,1.51289',
    'sellmeier': 'x=.365,.4047,.4358,.4861,.5461,.5876,.6563,.7065 '
                 'y=1.53627,1.53024,1.52668,1.52238,1.51872,1.5168,1.51432,1.51289',
}


def power(x, n):
    """x^n with x^n = 0 and slope 0 at x = 0."""
    x = np.asarray(x, dtype=float)
    return np.where(x == 0, 0, exp(n*log(np.where(x == 0, 1, x))))


def short(value):
    text = f'{value:.10g}'
    return re.sub(r'^(-?)0\.', r'\1.', re.sub(r'e([-+])0*', r'e\1', text)).replace('e+', 'e')


def made(name, f, true, x, noise, digits):
    """A table by the function: x as it is, y with noise, rounded."""
    random = np.random.default_rng(1)
    x = np.asarray(x, dtype=float)
    rows = x.shape[-1]
    y = np.real(f(x, *true.values())) + noise*random.standard_normal(rows)
    inputs = [x] if x.ndim == 1 else list(x)
    names = ['x'] if x.ndim == 1 else [f'x{k + 1}' for k in range(len(inputs))]
    columns = [','.join(short(v) for v in column) for column in inputs]
    columns.append(','.join(short(float(f'{v:.{digits}g}')) for v in y))
    return ' '.join(f'{n}={c}' for n, c in zip(names + ['y'], columns))


def jacobian(f, x, p):
    """Complex steps: exact to rounding."""
    h = 1e-30
    columns = []
    for k in range(len(p)):
        q = np.array(p, dtype=complex)
        q[k] += 1j*h*max(abs(p[k]), 1e-12)
        columns.append(np.imag(f(x, *q))/(h*max(abs(p[k]), 1e-12)))
    return np.array(columns).T


def fitted(name, f, true, table):
    columns = [np.array([float(v) for v in c.split('=')[1].split(',')]) for c in table.split()]
    x = columns[0] if len(columns) == 2 else np.array(columns[:-1])
    p, _ = curve_fit(lambda x, *p: np.real(f(x, *p)), x, columns[-1], p0=list(true.values()),
                     jac=lambda x, *p: jacobian(f, x, p), method='lm', xtol=1e-15, ftol=1e-15,
                     gtol=1e-15, maxfev=100000)
    slope = jacobian(f, x, p).T @ (np.real(f(x, *p)) - columns[-1])
    return dict(zip(true, p)), slope


def wrapped(key, text):
    """'# KEY: ...' lines of up to 100 columns, broken at blanks."""
    lines = []
    for piece in text.split(' '):
        if lines and len(lines[-1]) + 1 + len(piece) <= 100:
            lines[-1] += ' ' + piece
        else:
            lines.append(f'# {key}: {piece}')
    return ''.join(line + '\n' for line in lines)


def update(name):
    f, true, x, *rest = MODELS[name]
    path = os.path.join(FOLDER, name + '.descend')
    table = made(name, f, true, x, *rest) if x is not None else MEASURED[name]
    found, _ = fitted(name, f, true, table)
    result = ' '.join(f'{key}={value:.10g}' for key, value in found.items())
    with open(path, encoding='utf-8') as file:
        text = re.sub(r'^# (?:test|result): .*\n', '', file.read(), flags=re.M)
    lines = wrapped('test', table) + wrapped('result', result)
    text = re.sub(r'^model ', lambda m: lines + m.group(), text, count=1, flags=re.M)
    with open(path, 'w', encoding='utf-8') as file:
        file.write(text)


def main():
    names = sys.argv[1:] or sorted(f[:-8] for f in os.listdir(FOLDER) if f.endswith('.descend'))
    for name in names:
        if name in MODELS:
            update(name)
        else:
            print(f'{name}: no function here', file=sys.stderr)


main()
