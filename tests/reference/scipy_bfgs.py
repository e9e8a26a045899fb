"""Evaluations that SciPy's BFGS and L-BFGS-B need on the functions of tests/optim/problems.h, from the
standard starts, down to a slope of 1e-9: the budget that tests/optim/functions_test.c holds ours to.
Run: python3 scipy_bfgs.py > scipy_bfgs.txt
"""
import csv
import os

import numpy as np
import scipy
from scipy.optimize import minimize

TABLE = os.environ.get("SHARED_DATA", "../../../shared/data") + "/test_functions.csv"


def complex_step(f, x):
    slope = np.empty(len(x))
    for i in range(len(x)):
        z = x.astype(complex)
        z[i] += 1e-150j
        slope[i] = f(z).imag / 1e-150
    return slope


print(f"# scipy {scipy.__version__}: evaluations of BFGS, its last value, of L-BFGS-B, its last value; name")
for row in csv.DictReader(open(TABLE)):
    code = compile(row["formula"].replace("^", "**"), row["name"], "eval")
    scope = {name: getattr(np, name) for name in ("exp", "sin", "cos", "sqrt", "pi")}

    def f(x):
        return eval(code, scope, {f"x{i + 1}": value for i, value in enumerate(x)})

    start = np.array(eval(row["start"]), dtype=float)
    with np.errstate(all="ignore"):
        dense = minimize(lambda x: f(x).real, start, jac=lambda x: complex_step(f, x), method="BFGS",
                         options={"gtol": 1e-9})
        limited = minimize(lambda x: f(x).real, start, jac=lambda x: complex_step(f, x),
                           method="L-BFGS-B", options={"gtol": 1e-9, "ftol": 0, "maxcor": 12})
    print(dense.nfev, f"{dense.fun:.3g}", limited.nfev, f"{limited.fun:.3g}", row["name"])
