#!/usr/bin/env python3
"""retry.py [CASE...]: command lines that fly off, swing or overflow, and what is advised then: it is typed as
it stands and must arrive.

Each case is run with --json; it must end with 1 and advise a command. That one must end with 0, or have done
the steps that were asked for, and must not fly off, swing or break. Environment: DESCEND. Prints a line for
each case. Standard library only; commands go through sh, as a user's do."""
import json
import os
import random
import subprocess
import sys
import tempfile

PRICES = 'price=120000,98000,155000,210000,87000,134000 area=81,60,110,152,55,93 rooms=3,2,4,5,2,3'
LINE = "x=1,2,3 y=2,4,6"
CLASS = 'x=100,250,300,420,500,610,700 y=0,0,1,0,1,1,1'
GROWTH = 'x=0,1,2,3,4,5 y=1.1,1.9,4.2,7.8,16.3,31.5'
VECTOR = 'a=1,2,3,4,5 b=2,1,0,1,3 y=4,5,6,9,14'
ROSENBROCK = '(1 - a)^2 + 100*(b - a^2)^2'

CASES = [
    # parabolas
    "'w^2' w=10 --rate 1.1",
    "'w^2' w=10 --rate 1",
    "'w^2' w=10 --rate 1.001",
    "'w^2' w=10 --rate 1e300",
    "'w^2' w=10 --rate 1e308",
    "'w^2' w=10 --rate 1.1 --steps 50",
    "'w^2' w=10 --rate 1.1 --steps 5000",
    "'w^2' w=10 --rate '10*0.9^t'",
    "'w^2' w=10 --rate 'if(t < 30, 3, 1)'" if False else "'w^2' w=10 --rate 'where(t < 30, 3, 1)'",
    "'100*a^2 + b^2' a=1 b=1 --rate 0.02",
    "'3*a^2 + b^2' a=1 b=1 --rate 1",
    "'1e6*a^2 + b^2' a=1 b=1 --rate 0.01",
    "'(a - 3)^2 + (b + 2*a)^2' a=0 b=0 --rate 1",
    # linear fits
    f"'y ~ w*x' '{LINE}' w=0 --rate 10",
    f"'y ~ w*x' '{LINE}' w=0 --rate 10 --steps 100",
    f"'y ~ w*x' '{LINE}' w=0 --rate 0.2145",
    f"'y ~ w*x' '{LINE}' w=0 --rate 1e300",
    f"'y ~ a*x + b' '{LINE}' a=0 b=0 --rate 1",
    f"'y ~ a*x + b' '{LINE}' a=0 b=0 --rate 1 --steps 40",
    f"'price ~ k*area' '{PRICES}' k=0 --rate 0.01",
    f"'price ~ a*area + b*rooms + c' '{PRICES}' a=0 b=0 c=0 --rate 0.001",
    "'dist ~ a + b*speed' examples/data/cars.csv a=0 b=0 --rate 0.01",
    f"'param w[2] = 0; x = [a, b]; y ~ w @ x' '{VECTOR}' --rate 1",
    f"'param w[3] = 0; r = y - w @ [a, b, 1]; r^2 + 0.01*sum(w^2)' '{VECTOR}' --rate 0.5",
    f"'y ~ w*x' '{LINE}' w=0 --rate 10 --batch 1 --epochs 50",
    # no parabolas
    "'w^4' w=10 --rate 10",
    "'w^4 - 4*w^2 + w' w=2 --rate 1",
    "'w^4 - 4*w^2 + w' w=0 --rate 2",
    "'exp(w) - w' w=1 --rate 100",
    "'exp(w) - w' w=3 --rate 10000",
    "'cosh(a) + cosh(2*b)' a=2 b=1 --rate 5",
    f"'{ROSENBROCK}' a=-1 b=1 --rate 0.1",
    f"'{ROSENBROCK}' a=-1.2 b=1 --rate 0.004",
    f"'y ~ a*exp(b*x)' '{GROWTH}' a=1 b=0.5 --rate 0.1",
    f"'y ~ a*exp(b*x)' '{GROWTH}' a=1 b=0.5 --rate 0.1 --steps 300",
    f"'logistic_loss(a*x + b, y)' '{CLASS}' a=0 b=0 --rate 1",
    f"'y ~ tanh(a*x)*b' '{LINE}' a=0.1 b=1 --rate 10",
    # other rules
    "'w^2' w=10 --optimizer momentum --rate 3",
    "'100*a^2 + b^2' a=1 b=1 --optimizer momentum --rate 0.05",
    "'w^2' w=10 --optimizer nesterov --rate 1",
    "'4*a^2 + b^2' a=1 b=1 --optimizer nesterov --rate 1",
    "'w^4' w=10 --optimizer momentum --rate 1",
    "'w^2' w=10 --optimizer adam --rate 1e6",
    f"'y ~ w*x' '{LINE}' w=0 --optimizer adam --rate 1e5",
    "'w^2' w=10 --optimizer 'w = w - 3*rate*g' --rate 1",
]
BAD = ('diverged', 'oscillating', 'non_finite', 'stalled')


def run(command, tool):
    words = command.replace('descend', f"'{tool}'", 1) if command.startswith('descend ') else command
    result = subprocess.run(['sh', '-c', words], capture_output=True, text=True, timeout=300)
    return result.returncode, json.loads(result.stdout) if result.stdout.startswith('{') else {}


def check(case, tool):
    command = f'descend {case} --json'
    status, first = run(command, tool)
    if status != 1 or first.get('verdict') not in BAD:
        return f'ends with {status}, {first.get("verdict")}', '', ''
    advice = first.get('advice', '')
    if not advice:
        return f'{first["verdict"]}, and nothing is advised', '', ''
    status, second = run(advice, tool)
    added = ' '.join(advice.split()[-4:])
    told = f'{first["verdict"]} -> {added} -> {second.get("verdict")}, {second.get("steps")} steps'
    asked = ('--steps' in case or '--epochs' in case) and second.get('verdict') == 'step_limit'
    good = status == 0 and (second.get('verdict') == 'converged' or asked)
    return '' if good else f'ends with {status}', told, advice


def main(names):
    tool = os.path.abspath(os.environ.get('DESCEND', 'build/descend'))
    failed = 0
    for case in CASES:
        if names and not any(name in case for name in names):
            continue
        wrong, told, advice = check(case, tool)
        failed += bool(wrong)
        print(f'{"FAILED " if wrong else "ok     "}{case[:70]}: {wrong}{"; " if wrong and told else ""}{told}')
        if wrong and advice:
            print(f'       {advice}')
    print(f'{failed} failed')
    return 1 if failed else 0


sys.exit(main(sys.argv[1:]))
