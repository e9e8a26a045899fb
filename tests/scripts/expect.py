"""Commands run in a folder of their own, and their output held against what is written down. Used by cases.py
and documents.py; standard library only."""
import os
import re
import shutil
import subprocess
import tempfile

SOURCE = os.path.abspath(os.environ.get('SOURCE') or
                         os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..'))
BINARY = os.path.abspath(os.environ.get('DESCEND') or os.path.join(SOURCE, 'build', 'descend'))
TIMEOUT = 120


class Sandbox:
    """An empty folder with examples/ in it, where 'descend' is on the PATH."""

    def __init__(self, language='en'):
        self.folder = tempfile.mkdtemp(prefix='descend-')
        os.symlink(os.path.join(SOURCE, 'examples'), os.path.join(self.folder, 'examples'))
        build = os.environ.get('BUILD') or os.path.dirname(BINARY)
        self.environment = {
            'PATH': os.path.dirname(BINARY) + ':' + os.environ.get('PATH', '/usr/bin:/bin'),
            'HOME': self.folder, 'DESCEND_LANG': language, 'LC_ALL': 'C.UTF-8', 'COLUMNS': '80',
            'CPATH': os.path.join(SOURCE, 'include'), 'LIBRARY_PATH': build,
            'LD_LIBRARY_PATH': build,
        }
        for name in ('SHARED_DATA', 'ASAN_OPTIONS', 'UBSAN_OPTIONS', 'CC'):
            if name in os.environ:
                self.environment[name] = os.environ[name]
        self.status = 0

    def run(self, command, merged=False):
        """(status, output, errors); '$?' starts as the status of the command before."""
        errors = subprocess.STDOUT if merged else subprocess.PIPE
        try:
            done = subprocess.run(['sh', '-c', f'(exit {self.status}); {command}'],
                                  cwd=self.folder, env=self.environment, stdin=subprocess.DEVNULL,
                                  stdout=subprocess.PIPE, stderr=errors, timeout=TIMEOUT,
                                  check=False)
        except subprocess.TimeoutExpired:
            return -1, f'(no end within {TIMEOUT} seconds)\n', ''
        self.status = done.returncode if done.returncode >= 0 else 128 - done.returncode
        return (self.status, done.stdout.decode('utf-8', 'replace'),
                (done.stderr or b'').decode('utf-8', 'replace'))

    def close(self):
        shutil.rmtree(self.folder, ignore_errors=True)


def lines_of(text):
    """'a\\nb\\n' -> ['a', 'b']; a last line without its end is marked, so that it shows."""
    if not text:
        return []
    if not text.endswith('\n'):
        text += '(no newline at the end)\n'
    return text.split('\n')[:-1]


def line_matches(line, pattern, wildcard):
    if wildcard not in pattern:
        return line == pattern
    parts = [re.escape(part) for part in pattern.split(wildcard)]
    return re.fullmatch('.*'.join(parts), line) is not None


def matches(lines, patterns, wildcard):
    """A pattern '...' stands for any number of lines; 'wildcard' within a line for any text."""
    reached = {0}  # how many lines may be used up
    for pattern in patterns:
        if pattern == '...':
            reached = set(range(min(reached), len(lines) + 1))
        else:
            reached = {i + 1 for i in reached
                       if i < len(lines) and line_matches(lines[i], pattern, wildcard)}
        if not reached:
            return False
    return len(lines) in reached


def difference(got, want):
    import difflib
    return '\n'.join(list(difflib.unified_diff(want, got, 'expected', 'got', lineterm=''))[:60])
