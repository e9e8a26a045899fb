"""The pages of the tour against each other and against arithmetic done here; their commands against the program,
which must give the figures that the prose speaks of."""
import json
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


english, chinese = pages('en'), pages('zh')
check('pages', (len(english), len(chinese)), (10, 10))
for number, (one, other) in enumerate(zip(english, chinese), 1):
    check(f'commands of page {number}', other['commands'], one['commands'])
    for page in (one, other):
        for part, lines in page.items():
            check(f'page {number} has {part}', bool(lines), True)

# Each question, worked out by hand.
step = 5.12 - 0.1 * (2 * 5.12)
a = 252 / 308  # the matchmaker's normal equations: 168 a + 14 c = 84, 14 a + 3 c = 0
answers = [10 ** 2, 2 * 3, None, step, 5.12 - step, (0 - 0.05 * -2 * (2 + 8 + 18) / 3) * 3,
           10 - 1 * (2 * 10), 200 / 2 / 2, 1.5 * 2 + 2 / 3, 8 * a - 14 * a / 3]
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
for way in ('bisection', 'descent'):
    near(f'page 8: {way} arrives', results[7][0][way]['answer'], 1)
check('page 8: no answer in the bracket', results[7][1]['bisection']['answer'], None)
near('page 8: the walk finds it', results[7][1]['descent']['answer'], 1)
near('page 9: 1.5', results[8][0]['parameters']['a'], 1.5)
near('page 9: 2/3', results[8][0]['parameters']['b'], 2 / 3)
near('page 9: 1/6', results[8][0]['residual_sum_of_squares'], 1 / 6)
check('page 9: exact', results[8][1]['residual_sum_of_squares'] < 1e-25, True)
near('page 10: income', results[9][0]['parameters']['a'], a)
near('page 10: record', results[9][0]['parameters']['c'], -14 * a / 3)
near('page 10: the gate', results[9][1]['parameters']['a'], 1)
check('page 10: exact', results[9][1]['residual_sum_of_squares'], 0)
print(f'{failures} failed')
sys.exit(1 if failures else 0)
