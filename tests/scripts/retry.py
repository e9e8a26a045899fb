#!/usr/bin/env python3
"""retry.py [WORD...]: command lines that fly off, swing or overflow, and what is advised then: it is typed as
it stands and must arrive.

Each case must end with 1 and advise a command, which --json gives (of an end that swings, the last lines of
the report). That one must end with 0, converged or after the steps that were asked for; never does it fly off,
swing or break. With words, only the cases that hold one of them. Environment: DESCEND. Standard library only."""
import json
import sys

from expect import Sandbox

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
    "'w^2' w=10 --rate 'where(t < 30, 3, 1)'",
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
    f"'{ROSENBROCK}' a=-1.2 b=1 --rate 0.02",
    f"'y ~ a*exp(b*x)' '{GROWTH}' a=1 b=0.5 --rate 0.1",
    f"'y ~ a*exp(b*x)' '{GROWTH}' a=1 b=0.5 --rate 0.1 --steps 300",
    f"'logistic_loss(a*x + b, y)' '{CLASS}' a=0 b=0 --rate 1",
    "'y ~ b*tanh(a*x)' 'x=1,2,3,4 y=0.9,1.6,1.9,2.1' a=0.1 b=1 --rate 10",
    # other rules
    "'w^2' w=10 --optimizer momentum --rate 3",
    "'100*a^2 + b^2' a=1 b=1 --optimizer momentum --rate 0.05",
    "'w^2' w=10 --optimizer nesterov --rate 1",
    "'4*a^2 + b^2' a=1 b=1 --optimizer nesterov --rate 1",
    "'w^4' w=10 --optimizer momentum --rate 1",
    "'w^2' w=10 --optimizer adam --rate 1e6",
    f"'y ~ w*x' '{LINE}' w=0 --optimizer adam --rate 1e5",
    "'w^2' w=10 --optimizer 'w = w - 3*rate*g' --rate 1",
    f"'{ROSENBROCK}' a=-1 b=1 --optimizer momentum --rate 0.05",
    "'exp(w) - w' w=3 --optimizer nesterov --rate 20",
    # other ways to walk
    "'w^2' w=10 --rate 1.1 --gradient probe",
    "'a^2 + 2*b^2' a=5,-10..10 b=3 --rate 0.9",
    "'w^2' w=10 --rate 1.1 --precision f32",
    "'y ~ a*x + b' 'x=0,0,5,6 y=0.1,0,-50,-61' a=0 b=0 --rate 1 --batch 2 --epochs 200",
    "'y ~ a*x + b' 'x=1e5,2e5,3e5,5e5 y=1,2,4,6' a=0 b=0 --rate 1e-9",
    "'param k[2] = 0; y ~ k[g]*x' 'x=1,2,3,4 g=1,1,2,2 y=2,4,3,4' --rate 1",
]
BAD = ('diverged', 'oscillating', 'non_finite')


def report(sandbox, command):
    """(status, verdict, rounds, the command that is advised)."""
    status, output, errors = sandbox.run(command)
    if not output.startswith('{'):
        sys.exit(f'{command}: no JSON\n{output}{errors}')
    found = json.loads(output)
    if found.get('loss') is None:
        sys.exit(f'{command}: no finite loss\n{output}')
    return status, found['verdict'], found['steps'], found.get('advice', '')


def advised(sandbox, case):
    """The same from the report for people."""
    lines = sandbox.run(f'descend {case} --quiet')[1].split('\n')
    return ''.join(line[6:] for line in lines if line.startswith('next: '))


def check(sandbox, case):
    """('' or what is wrong, what happened)"""
    status, verdict, _, command = report(sandbox, f'descend {case} --json')
    if status != 1 or verdict not in BAD:
        return 'no flight', f'ends with {status}, {verdict}'
    command = command or advised(sandbox, case)
    if not command:
        return 'nothing is advised', verdict
    if '--json' not in command:
        command += ' --json'
    status, then, rounds, _ = report(sandbox, command)
    options = ' '.join(word for word in command.split() if word not in case.split())
    told = f'{verdict}; {options}; {then}, {rounds} rounds'
    asked = ('--steps' in case or '--epochs' in case) and then == 'step_limit'
    return '' if status == 0 and (then == 'converged' or asked) else f'ends with {status}', told


def main(words):
    sandbox = Sandbox()
    failed = 0
    for case in CASES:
        if words and not any(word in case for word in words):
            continue
        sandbox.status = 0
        wrong, told = check(sandbox, case)
        failed += bool(wrong)
        print(f'{"FAILED" if wrong else "ok"}: {case}: {wrong}{": " if wrong else ""}{told}')
    sandbox.close()
    print(f'{len(CASES)} cases, {failed} failed')
    return 1 if failed else 0


sys.exit(main(sys.argv[1:]))
