"""Quantiles of Student's t to 30 digits, written as rows of tests/reference/student.inc."""
import mpmath as mp

mp.mp.dps = 30


def tail(t, nu):
    """P(T > t), by quadrature of the density over the angle atan(t / sqrt(nu))."""
    scale = mp.gamma((nu + 1) / 2) / (mp.sqrt(mp.pi) * mp.gamma(nu / 2))
    return scale * mp.quad(lambda a: mp.cos(a) ** (nu - 1), [mp.atan(t / mp.sqrt(nu)), mp.pi / 2])


for p in ("0.95", "0.975", "0.995"):
    for nu in ("1", "2", "3", "5", "10", "12", "30", "151", "1000"):
        q, n = mp.mpf(p), mp.mpf(nu)
        low, high = mp.mpf(0), mp.mpf(1000)
        for _ in range(90):
            middle = (low + high) / 2
            low, high = (middle, high) if tail(middle, n) > 1 - q else (low, middle)
        print(f"{{{p}, {nu}, {mp.nstr(low, 20)}}},")
