#!/usr/bin/env python3
"""documents.py [--update] [FILE.md...]: runs every command that the documents show.

In README*.md and docs/**/*.md a fence

    ```console
    $ descend slope 'w^2' w=10
    2*w
    ...
    ```

holds commands (after '$ ', carried on by '> ') with what a terminal shows, standard error included. It is
compared exactly, but for '...': alone on a line any number of lines, within a line any text. A command
may end with any status but that of a crash. All commands of a document run one after the other in one folder,
where examples/ lies and 'descend' is on the PATH; in Chinese for *.zh.md, else in English. A fence
'```c file=walk.c' (any language) is first written to that file. Links to files of the tree must lead
somewhere. Other fences (```sh) are not run.

--update writes what the commands print now in place of what does not match: review the difference."""
import glob
import os
import re
import sys

from expect import SOURCE, Sandbox, difference, lines_of, matches

CRASHES = (-1, 126, 127, 132, 134, 135, 136, 137, 139)


def commands_of(lines):
    """[(command, expected lines)] of one fence."""
    found = []
    for line in lines:
        if line.startswith('$ '):
            found.append([line[2:], []])
        elif found and line.startswith('> ') and not found[-1][1]:
            found[-1][0] += '\n' + line[2:]
        elif found:
            found[-1][1].append(line)
        else:
            found.append([': ', [line]])
    return found


def run_fence(path, number, lines, sandbox, count):
    """The fence with what was printed now."""
    result = []
    for command, want in commands_of(lines):
        status, output, _ = sandbox.run(command, merged=True)
        got = lines_of(output)
        result += ('$ ' + command.replace('\n', '\n> ')).split('\n')
        if status in CRASHES:
            print(f'{path}:{number}: $ {command}\nended with status {status}\n{output}')
        if status not in CRASHES and matches(got, want, '...'):
            count[0] += 1
            result += want
        else:
            count[1] += 1
            print(f'{path}:{number}: $ {command}\n{difference(got, want)}\n')
            result += got if status not in CRASHES else want
    return result


def run_document(path, update, count):
    with open(path, encoding='utf-8') as file:
        lines = file.read().split('\n')
    sandbox = Sandbox('zh' if path.endswith('.zh.md') else 'en')
    result, at = [], 0
    while at < len(lines):
        line = lines[at]
        fence = re.match(r'(\s*)```(\w+)(?: file=(\S+))?\s*$', line)
        result.append(line)
        at += 1
        if not fence:
            check_links(path, at, line, count)
            continue
        body, first = [], at + 1
        while at < len(lines) and lines[at].strip() != '```':
            body.append(lines[at])
            at += 1
        if fence.group(3):
            with open(os.path.join(sandbox.folder, fence.group(3)), 'w', encoding='utf-8') as file:
                file.write('\n'.join(body) + '\n')
        elif fence.group(2) == 'console':
            body = run_fence(path, first, body, sandbox, count)
        result += body
    sandbox.close()
    if update and result != lines:
        with open(path, 'w', encoding='utf-8') as file:
            file.write('\n'.join(result))


def check_links(path, number, line, count):
    for target in re.findall(r'\]\(([^)#\s]+)', line):
        if '://' not in target and not target.startswith('mailto:') and \
                not os.path.exists(os.path.join(os.path.dirname(path), target)):
            print(f"{path}:{number}: the link leads nowhere: '{target}'")
            count[1] += 1


def main(arguments):
    os.chdir(SOURCE)
    update = '--update' in arguments
    paths = [a for a in arguments if a != '--update'] or sorted(
        glob.glob('*.md') + glob.glob('docs/**/*.md', recursive=True) + glob.glob('examples/**/*.md'))
    count = [0, 0]
    for path in paths:
        run_document(path, update, count)
    print(f'{count[0]} passed, {count[1]} failed')
    return 1 if count[1] else 0


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
