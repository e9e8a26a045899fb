#!/usr/bin/env python3
"""cases.py [--update] FILE.test...: commands with what they must print.

    # A remark, also the title of the case that follows it.
    $ descend 'w^2' w=10 --rate 0.1 --steps 1
    | a line of standard output
    | ...
    ! a line of standard error, here with <*> for any text
    = 1
    % DESCEND_LANG=zh

A case starts with '$'; '> ' lines carry its command on. Then '|' lines are all of its standard output, '!'
lines all of its standard error (there may be none), '=' its exit status (0 when not given). Alone,
'...' stands for any number of lines. '%' sets a variable for the cases below it; '% needs SHARED_DATA' skips
the rest of the file where that is not there. Commands are run by sh, in a new folder for each file in which
examples/data lies, in English, with 'descend' on the PATH, without a terminal.

--update writes what the commands print now in place of expectations that do not hold: review the
difference."""
import os
import sys

from expect import Sandbox, difference, lines_of, matches

WILDCARD = '<*>'


class Case:
    def __init__(self, line, title):
        self.line, self.title = line, title
        self.command, self.status, self.rest = [], 0, []
        self.output, self.errors = [], []


def parse(path):
    """A list of raw lines (text) and Cases, in order."""
    items, case, title = [], None, ''
    with open(path, encoding='utf-8') as file:
        for number, line in enumerate(file.read().split('\n'), 1):
            if line.startswith('$ '):
                case = Case(number, title)
                case.command.append(line[2:])
                items.append(case)
            elif case and line.startswith('> '):
                case.command.append(line[2:])
            elif case and line[:1] in ('|', '!'):
                (case.output if line[0] == '|' else case.errors).append(line[2:])
            elif case and line.startswith('= '):
                case.status = int(line[2:])
            else:
                if line.startswith('#'):
                    title = line.lstrip('# ')
                elif line and not line.startswith('%'):
                    sys.exit(f'{path}:{number}: a line must start with one of # $ > | ! = %')
                case = None
                items.append(line)
    return items


def marked(sign, lines):
    return [(sign + ' ' + line) if line else sign for line in lines]


def text_of(case):
    lines = ['$ ' + case.command[0]] + ['> ' + line for line in case.command[1:]]
    lines += marked('|', case.output) + marked('!', case.errors)
    if case.status:
        lines.append(f'= {case.status}')
    return '\n'.join(lines)


def run_case(path, case, sandbox, update):
    status, output, errors = sandbox.run('\n'.join(case.command))
    output, errors = lines_of(output), lines_of(errors)
    good = status == case.status and matches(output, case.output, WILDCARD) and \
        matches(errors, case.errors, WILDCARD)
    if good:
        return True
    got = marked('|', output) + marked('!', errors) + [f'= {status}']
    want = marked('|', case.output) + marked('!', case.errors) + [f'= {case.status}']
    print(f'{path}:{case.line}: {case.title}\n$ {case.command[0]}\n{difference(got, want)}\n')
    if update and status >= 0 and status not in (134, 139):
        if not matches(output, case.output, WILDCARD):
            case.output = output
        if not matches(errors, case.errors, WILDCARD):
            case.errors = errors
        case.status = status
    return False


def run_file(path, update):
    items = parse(path)
    sandbox = Sandbox()
    passed = failed = skipped = 0
    for item in items:
        if isinstance(item, str):
            if item.startswith('% needs '):
                skipped += not os.environ.get(item[8:].strip())
            elif item.startswith('% '):
                name, _, value = item[2:].partition('=')
                sandbox.environment[name.strip()] = value
        elif not skipped:
            if run_case(path, item, sandbox, update):
                passed += 1
            else:
                failed += 1
    sandbox.close()
    if update and failed:
        with open(path, 'w', encoding='utf-8') as file:
            file.write('\n'.join(i if isinstance(i, str) else text_of(i) for i in items))
    return passed, failed, skipped


def main(arguments):
    update = '--update' in arguments
    total = [0, 0, 0]
    for path in [a for a in arguments if a != '--update']:
        total = [a + b for a, b in zip(total, run_file(path, update))]
    passed, failed, skipped = total
    print(f'{passed} passed, {failed} failed' + (f', {skipped} skipped' if skipped else ''))
    if failed or (passed == 0 and not skipped):
        return 1
    return 77 if passed == 0 else 0


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
