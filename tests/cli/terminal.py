"""The command in a pseudo-terminal."""
import fcntl
import os
import pty
import select
import struct
import subprocess
import sys
import termios

DESCEND = os.environ['DESCEND']
failures = []


def run(words, answers='', rows=30, **environment):
    """(status, what the terminal showed, without what was typed)."""
    variables = dict(os.environ, LC_ALL='C.UTF-8', DESCEND_LANG='en', **environment)
    for name in ('COLUMNS', 'LINES', 'NO_COLOR'):
        variables.pop(name, None)
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack('HHHH', rows, 100, 0, 0))
    settings = termios.tcgetattr(slave)
    settings[3] &= ~termios.ECHO
    termios.tcsetattr(slave, termios.TCSANOW, settings)
    process = subprocess.Popen([DESCEND] + words, stdin=slave, stdout=slave, stderr=slave,
                               env=variables, close_fds=True)
    os.close(slave)
    os.write(master, answers.encode())
    shown = b''
    while True:
        if not select.select([master], [], [], 60)[0]:
            process.kill()
            break
        try:
            part = os.read(master, 65536)
        except OSError:
            break
        if not part:
            break
        shown += part
    os.close(master)
    return process.wait(), shown.decode().replace('\r\n', '\n')


def check(what, condition, shown):
    if not condition:
        failures.append(what)
        print(f'FAILED {what}:\n{shown}\n')


def check_tour():
    # Wrong, then right with full-width digits; Enter; q.
    status, shown = run(['tour', '4'], '4\n４．０９６\n\nq\n')
    check('hint', 'Not quite. A hint:\nThe slope is 2*5.12 = 10.24.' in shown, shown)
    check('right', 'Right.\n5.12 - 0.1*10.24 = 4.096.' in shown, shown)
    check('next page', '[5/14] ' in shown and '[6/14] ' not in shown, shown)
    check('tour ends well', status == 0, shown)
    # Twice wrong: it is told; the end of input ends the tour.
    status, shown = run(['tour', '14'], '1\n2\n')
    check('told', shown.count('> ') >= 2 and '2.727, ahead of' in shown and 'Right.' not in shown,
          shown)
    # Words count as well, in both languages.
    status, shown = run(['tour', '3', '--lang', 'zh'], '往右\nq\n')
    check('words', '对了。' in shown, shown)
    # Rounded numbers count.
    status, shown = run(['tour', '13'], '3.667\nq\n')
    check('rounded', 'Right.' in shown, shown)


def check_screen():
    status, shown = run(['w^2', 'w=10', '--rate', '0.01'], rows=40)
    check('26 rounds fit 40 lines', len([line for line in shown.split('\n')
                                         if ' - 0.01*' in line]) == 25 and len(
                                             shown.split('\n')) <= 40, shown)
    status, shown = run(['y ~ a*x + b', 'x=1,2,3 y=2,4,5', 'a=1', 'b=1'])
    check('drawn', '⠤' in shown and 'o data' in shown, shown)
    status, shown = run(['y ~ a*x + b', 'x=1,2,3 y=2,4,5', 'a=1', 'b=1', '--plot', 'never'])
    check('not drawn', 'o data' not in shown, shown)
    status, shown = run(['y ~ a*x + b', 'x=1,2,3 y=2,4,5', 'a=1', 'b=1', '--plain'])
    check('in words', 'o data' not in shown and 'largest residual: row 2' in shown, shown)


def check_progress():
    words = ['w^2', 'w=10', '--rate', '1e-9', '--until', 'seconds > 1.6', '--steps', '1000000000']
    status, shown = run(words)
    check('progress', '\r\033[Kround ' in shown and '\r\033[Kparameters: w' in shown, shown)
    status, shown = run(words + ['--quiet'])
    check('no progress', '\033' not in shown, shown)


check_tour()
check_screen()
check_progress()
print(f'{len(failures)} failed')
sys.exit(1 if failures else 0)
