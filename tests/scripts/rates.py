#!/usr/bin/env python3
"""rates.py: docs/rates*.md beyond what documents.py runs. Both languages hold the same commands; what a report advises in
the part on what happened is the command that follows; and each sum of the prose ('2/18 = 0.111') is right to its last
digit."""
import ast
import os
import re
import sys

SOURCE = os.environ.get('SOURCE') or os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..')
ADVICE = {'rates.md': 'next: ', 'rates.zh.md': '接下来：'}
NUMBER = r'-?\d+(?:\.\d+)?'
TERM = rf'(?:\({NUMBER}(?: ?[-+*/^] ?{NUMBER})+\)|{NUMBER})'
SUM = rf'(?<![-+^*/=] )(?<![\w.^*/=)(-])({TERM}(?: ?[-+*/^] ?{TERM})+) += +({NUMBER})(?![\w*/^]| ?[-+*/^(])'
OPERATORS = {ast.Add: float.__add__, ast.Sub: float.__sub__, ast.Mult: float.__mul__,
             ast.Div: float.__truediv__, ast.Pow: float.__pow__}
failures = []


def value(node):
    if isinstance(node, ast.Constant):
        return float(node.value)
    if isinstance(node, ast.UnaryOp):
        return -value(node.operand)
    return OPERATORS[type(node.op)](value(node.left), value(node.right))


def check_sums(name, prose):
    """How many there were."""
    sums = re.findall(SUM, prose, flags=re.A)
    for left, right in sums:
        places = len(right.partition('.')[2])
        got = value(ast.parse(left.replace('^', '**'), mode='eval').body)
        if abs(got - float(right)) > 0.500001 * 10 ** -places:
            failures.append(f'docs/{name}: {left} = {got}, not {right}')
    return len(sums)


def check_table(name, prose):
    """Rate, what is left of the distance, and where he comes to from 10 on w^2."""
    rows = re.findall(r'^\| ([\d.]+) \| (-?[\d.]+) \| ([-\d., ]+) \|', prose, flags=re.M)
    for rate, factor, places in rows:
        left = 1 - float(rate) * 2
        want = [10 * left ** k for k in range(1, 4)]
        for got, at in zip([float(factor)] + [float(p) for p in places.split(',')], [left] + want):
            if abs(got - at) > 1e-9:
                failures.append(f'docs/{name}: rate {rate}: {got}, not {at}')
    return len(rows)


def check_advice(name, fences):
    """How many advices were typed in the same fence."""
    typed = 0
    for fence in fences:
        lines = fence.split('\n')
        advised = ''
        for line in lines:
            if line.startswith(ADVICE[name]):
                advised = line[len(ADVICE[name]):]
            elif line.startswith('$ ') and advised:
                typed += 1
                if line[2:].split(' | ')[0] != advised:
                    failures.append(f"docs/{name}: advised is '{advised}', typed is '{line[2:]}'")
                advised = ''
    return typed


def main():
    commands = []
    for name in ADVICE:
        with open(os.path.join(SOURCE, 'docs', name), encoding='utf-8') as file:
            parts = file.read().split('```')
        prose, fences = '\n'.join(parts[::2]), parts[1::2]
        commands.append([line for fence in fences for line in fence.split('\n') if line[:2] == '$ '])
        happened = [fence for fence in fences if '--range' not in fence and '--json' not in fence]
        counts = check_sums(name, prose), check_table(name, prose), check_advice(name, happened)
        if min(counts) == 0:
            failures.append(f'docs/{name}: sums, rows, advices found: {counts}')
        print(f'{name}: {counts[0]} sums, {counts[1]} rows, {counts[2]} advices')
    if commands[0] != commands[1]:
        failures.append('docs/rates*.md: the commands of the two languages differ')
    for failure in failures:
        print(failure)
    print(f'{len(failures)} failed')
    return 1 if failures else 0


if __name__ == '__main__':
    sys.exit(main())
