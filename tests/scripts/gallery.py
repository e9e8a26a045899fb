#!/usr/bin/env python3
"""gallery.py: every broken number that a sentence of docs/gallery*.md says stands in an output of the same entry, when
that is rounded as far, or is a fact of the literature listed here. That the outputs are those of the commands is
checked by documents.py; the published figures to all their digits by tests/cli/gallery.test."""
import os
import re
import sys

SOURCE = os.environ.get('SOURCE') or os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..')
NUMBER = r'(?<![\w.])-?\d+\.\d+(?:e-?\d+)?(?!\.?\d)'
FACTS = {
    '24.6': 'silver-110, seconds', '142.9': 'silver-108, 2.382 minutes',
    '66.10': 'chi-square at the parameters that the book prints', '33.9': 'book', '205.0': 'book',
    '1.15': 'Rousseeuw and Leroy 1987: 0.115 in tens of millions',
    '0.5752': 'log(ka), ?SSfol of R', '-2.9196': 'log(ke), ?SSfol of R',
}


def entries(path):
    """[(title, sentences, outputs)]"""
    with open(path, encoding='utf-8') as file:
        parts = re.split(r'^## ', file.read(), flags=re.M)
    for part in parts[1:]:
        pieces = part.split('```')
        yield part.split('\n')[0], ' '.join(pieces[::2]), ' '.join(pieces[1::2])


def stands_in(text, numbers):
    places = len(text.split('.')[1])
    return any(f'{number:.{places}f}' == text for number in numbers)


def main():
    checked = failed = 0
    for name in ('gallery.md', 'gallery.zh.md'):
        for title, sentences, outputs in entries(os.path.join(SOURCE, 'docs', name)):
            numbers = [float(n) for n in re.findall(r'(?<![\w.])-?\d+(?:\.\d+)?(?:e-?\d+)?', outputs)]
            said = [n for n in re.findall(NUMBER, sentences, flags=re.A) if n not in FACTS]
            for text in said:
                checked += 1
                # A certified value has more digits than the report prints.
                short = text if len(text) < 10 else f'{float(text):.4g}'
                if not stands_in(short, numbers):
                    failed += 1
                    print(f'docs/{name}: {title}: no output says {text}')
    print(f'{checked - failed} passed, {failed} failed')
    return 1 if failed or not checked else 0


if __name__ == '__main__':
    sys.exit(main())
