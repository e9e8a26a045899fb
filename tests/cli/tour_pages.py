"""The pages of the tour against each other and against arithmetic done here; their commands against the program,
which must give the figures that the prose speaks of."""
import json
import math
import os
import shlex
import subprocess
import sys

SOURCE, DESCEND = os.environ['SOURCE'], os.environ['DESCEND']
failures = 0


def check(what, got, want):
    global failures
    if got != want:
        failures += 1
        print(f'{what}: {got}, not {want}')


def near(what, got, want, relative=1e-6):
    check(what, got if abs(got - want) > relative * abs(want) else want, want)


def pages(language):
    with open(f'{SOURCE}/src/cli/tour/{language}.txt', encoding='utf-8') as file:
        text = file.read()
    result = []
    for part in text.split('\n== ')[1:]:
        lines = part.split('\n')
        result.append({
            'commands': [line[2:] for line in lines if line.startswith('$ ')],
            'question': [line for line in lines if line.startswith('? ')],
            'answers': [a.strip() for line in lines if line.startswith('! ')
                        for a in line[2:].split('|')],
            'hint': [line for line in lines if line.startswith('- ')],
            'told': [line for line in lines if line.startswith('+')]})
    return result


def run(command):
    done = subprocess.run([DESCEND] + shlex.split(command)[1:] + ['--json'], check=False,
                          stdout=subprocess.PIPE)
    return json.loads(done.stdout)


def advised(command):
    done = subprocess.run([DESCEND] + shlex.split(command)[1:], check=False, text=True,
                          stdout=subprocess.PIPE, env={**os.environ, 'DESCEND_LANG': 'en'})
    return done.stdout.split('\nnext: ')[1].split('\n')[0]


english, chinese = pages('en'), pages('zh')
check('pages', (len(english), len(chinese)), (14, 14))
for number, (one, other) in enumerate(zip(english, chinese), 1):
    check(f'commands of page {number}', other['commands'], one['commands'])
    for page in (one, other):
        for part, lines in page.items():
            check(f'page {number} has {part}', bool(lines), True)

# Each question, worked out by hand.
step = 5.12 - 0.1 * (2 * 5.12)
a = 252 / 308  # the matchmaker's normal equations: 168 a + 14 c = 84, 14 a + 3 c = 0
digit = math.log(0.1) / math.log(1 - 0.001 * 2)  # rounds
answers = [10 ** 2, 2 * 3, None, step, 5.12 - step, (0 - 0.05 * -2 * (2 + 8 + 18) / 3) * 3,
           10 - 1 * (2 * 10), 10 * (1 - 0.3 * 2), 1 / 200, 3 * round(digit, -1),
           (30 - 6) / (5 - 3), 200 / 2 / 2, 1.5 * 2 + 2 / 3, 8 * a - 14 * a / 3]
for number, want in enumerate(answers, 1):
    for page in (english, chinese):
        if want is not None:
            near(f'answer of page {number}', float(page[number - 1]['answers'][0]), want, 1e-5)
check('to the right', 'right' in english[2]['answers'] and '右' in chinese[2]['answers'], True)

# What the prose says of the commands.
results = [[run(command) for command in page['commands'] if ' slope ' not in command]
           for page in english]
near('page 1: 8', results[0][0]['parameters']['w'], 8)
near('page 3: -2.4', results[2][0]['parameters']['w'], -2.4)
check('page 3: climbs', results[2][1]['loss'] > 100, True)
near('page 4: 5.12', results[3][0]['parameters']['w'], 5.12)
near('page 6: 0.9333333, then 1.431111', results[5][0]['parameters']['w'], 1.431111)
check('page 6: below a thousandth', results[5][1]['loss'] < 1e-3, True)
verdicts = [walk['verdict'] for walk in results[6][0]['walks']]
check('page 7', verdicts, ['converged', 'converged', 'converged', 'diverged', 'stalled'])
near('page 8: one over the curvature', results[7][0]['rate_best'], 1 / 2)
near('page 8: two over it', results[7][0]['rate_limit'], 2 / 2)
near('page 9: a', results[8][0]['curvature_max'], 200)
near('page 9: b', results[8][0]['curvature_min'], 2)
near('page 9: the largest rate', results[8][0]['rate_limit'], 2 / 200)
near('page 9: 0.0099', results[8][0]['rate_best'], 0.0099, 1e-2)
near('page 9: how narrow', results[8][0]['condition_number'], 100)
near('page 9: 230 rounds', results[8][0]['rounds_zigzag'], 230, 1e-2)
check('page 10', [walk['happened'] for walk in results[9]], ['too_small', 'zig_zag', 'good'])
for command in english[9]['commands'][:2]:
    check('page 10: what is advised is typed', advised(command), english[9]['commands'][2])
for walk in results[10]:
    check('page 11: arrives', walk['verdict'], 'converged')
for way in ('bisection', 'descent'):
    near(f'page 12: {way} arrives', results[11][0][way]['answer'], 1)
check('page 12: no answer in the bracket', results[11][1]['bisection']['answer'], None)
near('page 12: the walk finds it', results[11][1]['descent']['answer'], 1)
near('page 13: 1.5', results[12][0]['parameters']['a'], 1.5)
near('page 13: 2/3', results[12][0]['parameters']['b'], 2 / 3)
near('page 13: 1/6', results[12][0]['residual_sum_of_squares'], 1 / 6)
check('page 13: exact', results[12][1]['residual_sum_of_squares'] < 1e-25, True)
near('page 14: income', results[13][0]['parameters']['a'], a)
near('page 14: record', results[13][0]['parameters']['c'], -14 * a / 3)
near('page 14: the gate', results[13][1]['parameters']['a'], 1)
check('page 14: exact', results[13][1]['residual_sum_of_squares'], 0)
print(f'{failures} failed')
sys.exit(1 if failures else 0)
