"""Dumps walks of PyTorch's optimizers, in double, for tests/optim/rules_test.c.

The problem has 50 parameters, is not quadratic and has a closed form that both sides write alike:

    loss = sum over i of  c[i]*(w[i] - m[i])^2/2 + log(1 + (w[i]*w[i+1] - p[i])^2)     (w[50] = w[0])

with c[i] = 0.5 + i/10, m[i] = sin(i), p[i] = cos(2*i), start w[i] = 1 + sin(3*i)/2. Constants and the
start are in the dump, so that no sine has to agree. Run: python3 pytorch_rules.py > pytorch_rules.txt
"""
import math

import torch

N, STEPS, KEPT = 50, 200, (1, 10, 100, 200)
index = torch.arange(N, dtype=torch.float64)
c = 0.5 + index / 10
m = torch.sin(index)
p = torch.cos(2 * index)
start = 1 + torch.sin(3 * index) / 2


def loss_of(w):
    coupled = w * torch.roll(w, -1) - p
    return (c * (w - m) ** 2 / 2 + torch.log(1 + coupled ** 2)).sum()


def line(name, values):
    print(name, *[float(v).hex() for v in values])


RULES = [
    ("gd", 0.05, lambda w: torch.optim.SGD([w], lr=0.05)),
    ("momentum", 0.02, lambda w: torch.optim.SGD([w], lr=0.02, momentum=0.9)),
    ("nesterov", 0.02, lambda w: torch.optim.SGD([w], lr=0.02, momentum=0.9, nesterov=True)),
    ("adagrad", 0.1, lambda w: torch.optim.Adagrad([w], lr=0.1)),
    ("rmsprop", 0.01, lambda w: torch.optim.RMSprop([w], lr=0.01)),
    ("adam", 0.05, lambda w: torch.optim.Adam([w], lr=0.05)),
    ("adamw", 0.05, lambda w: torch.optim.AdamW([w], lr=0.05)),
]

print(f"# torch {torch.__version__}: RULE RATE STEP loss-before-the-step, then the position after it")
line("c", c)
line("m", m)
line("p", p)
line("start", start)
for name, rate, make in RULES:
    w = start.clone().requires_grad_(True)
    optimizer = make(w)
    for step in range(1, STEPS + 1):
        optimizer.zero_grad()
        loss = loss_of(w)
        loss.backward()
        optimizer.step()
        if step in KEPT:
            line(f"{name} {rate.hex()} {step} {loss.item().hex()}", w.detach())
