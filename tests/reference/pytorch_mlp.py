"""A small network in PyTorch (double): writes the model file with its starting weights, the table, and the
first 100 losses of two optimizers over the same batches.

usage: pytorch_mlp.py FOLDER   (tests/api/mlp)   with torch 2.13.0, CPU
"""
import os
import sys

import torch

torch.manual_seed(7)
torch.set_default_dtype(torch.float64)
ROWS, BATCH, STEPS = 320, 32, 100
out = sys.argv[1]
os.makedirs(out, exist_ok=True)

x = torch.rand(ROWS, 4) * 2 - 1
y = torch.sin(2 * x[:, 0]) + x[:, 1] * x[:, 2] - 0.5 * x[:, 3] ** 2


def network():
    torch.manual_seed(11)
    return torch.nn.Sequential(torch.nn.Linear(4, 8), torch.nn.Tanh(), torch.nn.Linear(8, 6), torch.nn.ReLU(),
                               torch.nn.Linear(6, 1))


def text(values):
    if values.dim() == 0:
        return float(values).hex()
    return "[" + ", ".join(text(v) for v in values) + "]"


def losses(make):
    net = network()
    optimizer = make(net.parameters())
    found = []
    for step in range(STEPS):
        rows = slice(step * BATCH % ROWS, step * BATCH % ROWS + BATCH)
        optimizer.zero_grad()
        loss = torch.mean((net(x[rows])[:, 0] - y[rows]) ** 2)
        loss.backward()
        found.append(loss.item().hex())
        optimizer.step()
    return found


with open(out + "/table.csv", "w") as f:
    f.write("x1,x2,x3,x4,y\n")
    for a, b in zip(x, y):
        f.write(",".join(repr(float(v)) for v in [*a, b]) + "\n")

w = dict(network().named_parameters())
with open(out + "/network.descend", "w") as f:
    f.write("data x = [x1, x2, x3, x4]\ndata y\n")
    f.write(f"param W1[8, 4] = {text(w['0.weight'])}\nparam b1[8] = {text(w['0.bias'])}\n")
    f.write(f"param W2[6, 8] = {text(w['2.weight'])}\nparam b2[6] = {text(w['2.bias'])}\n")
    f.write(f"param W3[6] = {text(w['4.weight'][0])}\nparam b3 = {text(w['4.bias'][0])}\n")
    f.write("h = tanh(W1 @ x + b1)\nh = relu(W2 @ h + b2)\nminimize (W3 @ h + b3 - y)^2\n")

for name, make in (("gd", lambda p: torch.optim.SGD(p, lr=0.1)), ("adam", lambda p: torch.optim.Adam(p, lr=0.01))):
    with open(f"{out}/{name}.txt", "w") as f:
        f.write("\n".join(losses(make)) + "\n")
