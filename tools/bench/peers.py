"""The peers' side of 'make bench': one work of one peer in one process, one line of JSON.

    peers.py WORK PEER [--size N] [--repeat R]

Times are seconds a row (logistic, exponential, fit) or a step (scalar), one for each repetition; making
the data and compiling are not counted. All threads that the peer takes by itself are its own."""
import argparse
import json
import os
import time

import numpy as np

CORES = len(os.sched_getaffinity(0))
START = (4.0, 0.5, 0.5)


def timed(step, repeats, units, before=lambda: None):
    """Seconds a unit of each repetition, after one that is not counted."""
    step()
    seconds = []
    for _ in range(repeats):
        before()
        start = time.perf_counter()
        step()
        seconds.append((time.perf_counter() - start) / units)
    return seconds


# ---- logistic regression, one full-batch gradient step ---------------------------------------------------

def logistic_data(n, columns=30):
    random = np.random.default_rng(0)
    x = random.uniform(-1.7, 1.7, (n, columns)).astype(np.float32)
    signs = np.where(np.arange(columns) % 2, 1, -1).astype(np.float32)
    y = (x @ signs + random.uniform(-1, 1, n) > 0).astype(np.float32)
    return x, y


def logistic_numpy(n, repeats):
    x, y = logistic_data(n)
    w = np.zeros(x.shape[1], np.float32)

    def step():
        nonlocal w
        p = 1 / (1 + np.exp(-(x @ w)))
        w = w - (x.T @ (p - y)) / np.float32(n)
    return timed(step, repeats, n)


def logistic_torch(n, repeats, compiled=False):
    import torch
    torch.set_num_threads(CORES)
    x, y = (torch.from_numpy(part) for part in logistic_data(n))
    w = torch.zeros(x.shape[1], requires_grad=True)

    def loss_of(w):
        return torch.nn.functional.binary_cross_entropy_with_logits(x @ w, y)
    loss_of = torch.compile(loss_of) if compiled else loss_of

    def step():
        loss_of(w).backward()
        with torch.no_grad():
            w.sub_(w.grad)
            w.grad = None
    return timed(step, repeats, n)


def logistic_torch_compiled(n, repeats):
    return logistic_torch(n, repeats, compiled=True)


def logistic_jax(n, repeats):
    import jax
    import jax.numpy as jnp
    x, y = (jnp.asarray(part) for part in logistic_data(n))

    def loss_of(w, x, y):
        z = x @ w
        return jnp.mean(jnp.logaddexp(0, z) - y * z)
    step_of = jax.jit(lambda w, x, y: w - jax.grad(loss_of)(w, x, y))
    w = jnp.zeros(x.shape[1])

    def step():
        nonlocal w
        w = step_of(w, x, y).block_until_ready()
    return timed(step, repeats, n)


def logistic_sklearn(n, repeats):
    """Seconds an iteration of its L-BFGS: about one gradient each."""
    from sklearn.linear_model import LogisticRegression
    x, y = logistic_data(n)
    seconds = []
    for _ in range(max(1, repeats // 3)):
        start = time.perf_counter()
        fitted = LogisticRegression(penalty=None, solver='lbfgs', max_iter=10).fit(x, y)
        seconds.append((time.perf_counter() - start) / (n * int(fitted.n_iter_[0])))
    return seconds


def logistic_vw(n, repeats):
    """Seconds a row of one pass over parsed examples in memory; 20,000 rows stand for all."""
    import vowpalwabbit
    few = min(n, 20000)
    x, y = logistic_data(few)
    vw = vowpalwabbit.Workspace('--loss_function logistic --quiet')
    lines = [f'{1 if label else -1} | ' + ' '.join(f'{k}:{v:.6g}' for k, v in enumerate(row))
             for row, label in zip(x, y)]
    examples = [vw.parse(line) for line in lines]

    def step():
        for example in examples:
            vw.learn(example)
    seconds = timed(step, max(1, repeats // 2), few)
    vw.finish()
    return seconds


# ---- the exponential, one gradient of the mean square ------------------------------------------------------

def decay_data(n):
    random = np.random.default_rng(0)
    x = random.uniform(0, 10, n)
    return x, 5 * np.exp(-0.7 * x) + 1 + random.uniform(-0.01, 0.01, n)


def exponential_numpy(n, repeats):
    x, y = decay_data(n)
    a, b, c = START

    def step():
        e = np.exp(-b * x)
        r = a * e + c - y
        return 2 / n * np.array([r @ e, -(a * (r * e)) @ x, r.sum()]), r @ r / n
    return timed(step, repeats, n)


def exponential_torch(n, repeats, compiled=False):
    import torch
    torch.set_num_threads(CORES)
    x, y = (torch.from_numpy(part) for part in decay_data(n))
    p = torch.tensor(START, dtype=torch.float64, requires_grad=True)

    def loss_of(p):
        return ((p[0] * torch.exp(-p[1] * x) + p[2] - y) ** 2).mean()
    loss_of = torch.compile(loss_of) if compiled else loss_of
    return timed(lambda: torch.autograd.grad(loss_of(p), p), repeats, n)


def exponential_torch_compiled(n, repeats):
    return exponential_torch(n, repeats, compiled=True)


def exponential_jax(n, repeats):
    import jax
    jax.config.update('jax_enable_x64', True)
    import jax.numpy as jnp
    x, y = (jnp.asarray(part) for part in decay_data(n))
    slope = jax.jit(jax.value_and_grad(
        lambda p, x, y: jnp.mean((p[0] * jnp.exp(-p[1] * x) + p[2] - y) ** 2)))
    p = jnp.asarray(START)
    return timed(lambda: slope(p, x, y)[1].block_until_ready(), repeats, n)


# ---- a whole fit -------------------------------------------------------------------------------------------

def fit_scipy(n, repeats):
    from scipy.optimize import curve_fit
    x, y = decay_data(n)
    seconds = []
    for _ in range(max(1, repeats // 2)):
        start = time.perf_counter()
        curve_fit(lambda x, a, b, c: a * np.exp(-b * x) + c, x, y, p0=START)
        seconds.append((time.perf_counter() - start) / n)
    return seconds


# ---- w^2, one plain step -------------------------------------------------------------------------------------

def scalar_torch(n, repeats):
    import torch
    n = min(n, 3000)
    w = torch.tensor(10.0, requires_grad=True)
    rule = torch.optim.SGD([w], 1e-9)

    def steps():
        for _ in range(n):
            rule.zero_grad()
            (w * w).backward()
            rule.step()
    return timed(steps, repeats, n)


def scalar_jax(n, repeats):
    import jax
    jax.config.update('jax_enable_x64', True)
    slope = jax.grad(lambda w: w * w)
    walk = jax.jit(lambda w, n: jax.lax.fori_loop(0, n, lambda _, w: w - 1e-9 * slope(w), w))
    return timed(lambda: walk(10.0, n).block_until_ready(), repeats, n)


def peak_bytes():
    with open('/proc/self/status', encoding='ascii', errors='replace') as status:
        for line in status:
            if line.startswith('VmHWM:'):
                return 1024 * int(line.split()[1])
    return 0


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('work')
    parser.add_argument('peer')
    parser.add_argument('--size', type=int, required=True)
    parser.add_argument('--repeat', type=int, default=5)
    given = parser.parse_args()
    measure = globals()[f'{given.work}_{given.peer}']
    seconds = measure(given.size, given.repeat)
    print(json.dumps({'seconds': seconds, 'peak_bytes': peak_bytes()}))


if __name__ == '__main__':
    main()
