"""Quantiles and tails to 20 digits by mpmath, written as rows of tests/reference/distribution.inc.

QUANTILE(p, nu, t)  STUDENT(t, nu, two-sided p)  F(f, d1, d2, upper tail)  CHI(x, k, upper tail)
NORMAL(z, cdf). Student's quantiles by quadrature of the density, all others by mpmath's own betainc and gammainc.
"""
import mpmath as mp

mp.mp.dps = 60


def tail(t, nu):
    """P(T > t), by quadrature of the density over the angle atan(t / sqrt(nu))."""
    scale = mp.gamma((nu + 1) / 2) / (mp.sqrt(mp.pi) * mp.gamma(nu / 2))
    return scale * mp.quad(lambda a: mp.cos(a) ** (nu - 1), [mp.atan(t / mp.sqrt(nu)), mp.pi / 2])


def number(value):
    return mp.nstr(value, 20)


def beta(a, b, x):
    return mp.betainc(a, b, 0, x, regularized=True)


def quantiles():
    mp.mp.dps = 30
    for p in ("0.95", "0.975", "0.995"):
        for nu in ("1", "2", "3", "5", "10", "12", "30", "151", "1000"):
            q, n = mp.mpf(p), mp.mpf(nu)
            low, high = mp.mpf(0), mp.mpf(1000)
            for _ in range(90):
                middle = (low + high) / 2
                low, high = (middle, high) if tail(middle, n) > 1 - q else (low, middle)
            print(f"QUANTILE({p}, {nu}, {number(low)})")
    mp.mp.dps = 60


def students():
    for nu in (1, 2, 3, 4, 7, 12, 30, 151, 1000, 20000):
        for t in (0.001, 0.3, 1, 2.25, 6, 17.5, 36, 1000, 1e12, 1e30):
            n, x = mp.mpf(nu), mp.mpf(t)
            p = beta(n / 2, mp.mpf(1) / 2, n / (n + x * x))
            if p > mp.mpf("1e-300"):
                print(f"STUDENT({t!r}, {nu}, {number(p)})")


def fs():
    for d1 in (1, 2, 3, 8, 20):
        for d2 in (1, 2, 5, 12, 60, 997, 20000):
            for f in (0.01, 0.75, 1, 3.5, 21, 400, 1e5, 1e40):
                a, b, x = mp.mpf(d1), mp.mpf(d2), mp.mpf(f)
                p = beta(b / 2, a / 2, b / (b + a * x))
                if p > mp.mpf("1e-300"):
                    print(f"F({f!r}, {d1}, {d2}, {number(p)})")


def chis():
    for k in (1, 2, 3, 5, 10, 40, 300, 5000):
        for share in (0.001, 0.2, 0.9, 1, 1.1, 2, 5, 30, 200, 1300):
            x = share * k
            p = mp.gammainc(mp.mpf(k) / 2, mp.mpf(x) / 2, mp.inf, regularized=True)
            if p > mp.mpf("1e-300"):
                print(f"CHI({x!r}, {k}, {number(p)})")


def normals():
    for z in (-37, -20, -8.5, -3, -1.96, -0.5, -0.001, 0, 0.2, 1, 1.96, 4, 8):
        print(f"NORMAL({z!r}, {number(mp.ncdf(mp.mpf(z)))})")


quantiles()
students()
fs()
chis()
normals()
