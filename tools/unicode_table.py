#!/usr/bin/env python3
"""Writes src/base/unicode_table.inc from Python's unicodedata (the Unicode Character Database).

Run it from the root of the tree; the file is committed, so that a build needs no Python.
"""
import sys
import unicodedata as ud

LIMIT = 0x110000
HANGUL = range(0xAC00, 0xAC00 + 11172)


def ranges(value, bridge=False):
    """[(first, last, value)] over all code points, for a function of one; None is left out. With
    'bridge' a short gap of unassigned code points does not end a range."""
    result, start, current = [], 0, None
    for code in range(LIMIT + 1):
        new = value(chr(code)) if code < LIMIT and not 0xD800 <= code <= 0xDFFF else None
        if bridge and new is None and current is not None and code < LIMIT:
            gap = [chr(c) for c in range(code, min(code + 1000, LIMIT))]
            known = next((c for c in gap if ud.category(c) != "Cn"), None)
            if known and known != chr(code) and value(known) == current:
                new = current
        if new != current:
            if current is not None:
                result.append((start, code - 1, current))
            start, current = code, new
    return result


def letter(c):
    return True if ud.category(c)[0] == "L" or ud.category(c) == "Nl" else None


def mark(c):
    """What may continue a name but not start one; subscript digits for names such as x1."""
    if ud.category(c) in ("Mn", "Mc", "Nd", "Pc") or 0x2080 <= ord(c) <= 0x2089:
        return True if ord(c) > 0x7F else None
    return None


def width(c):
    code = ord(c)
    if code < 0x300:
        return None
    if ud.category(c) in ("Mn", "Me", "Cf") or 0x1160 <= code <= 0x11FF:
        return 0
    if 0x20000 <= code <= 0x2FFFD or 0x30000 <= code <= 0x3FFFD:
        return 2
    if ud.category(c) == "Cn":  # unicodedata calls them wide, against the standard
        return None
    return 2 if ud.east_asian_width(c) in "WF" else None


def compositions():
    """(code, first, second, composes): canonical decompositions; second 0: a singleton."""
    rows = []
    for code in range(LIMIT):
        if code in HANGUL or 0xD800 <= code <= 0xDFFF:
            continue
        text = ud.decomposition(chr(code))
        if not text or text.startswith("<"):
            continue
        parts = [int(p, 16) for p in text.split()]
        both = "".join(map(chr, parts))
        composes = len(parts) == 2 and ud.normalize("NFC", both) == chr(code)
        rows.append((code, parts[0], parts[1] if len(parts) == 2 else 0, composes))
    return rows


def write_rows(out, name, kind, rows):
    print(f"static const {kind} {name}[] = {{", file=out)
    line = "   "
    for row in rows:
        if len(line) + len(row) + 2 > 100:
            print(line, file=out)
            line = "   "
        line += f" {row},"
    print(line + "\n};", file=out)


def main():
    with open("src/base/unicode_table.inc", "w", encoding="ascii") as out:
        print(f"/* Made by tools/unicode_table.py, Unicode {ud.unidata_version}. Do not edit. */",
              file=out)
        for name, value in (("letters", letter), ("marks", mark)):
            write_rows(out, f"unicode_{name}", "UnicodeRange",
                       [f"{{{a:#x}, {b:#x}}}" for a, b, _ in ranges(value)])
        for wanted, name in ((0, "narrow"), (2, "wide")):
            write_rows(out, f"unicode_{name}", "UnicodeRange",
                       [f"{{{a:#x}, {b:#x}}}" for a, b, v in ranges(width, True) if v == wanted])
        write_rows(out, "unicode_classes", "UnicodeClass",
                   [f"{{{a:#x}, {b - a}, {v}}}" for a, b, v in
                    ranges(lambda c: ud.combining(c) or None)])
        rows = compositions()
        write_rows(out, "unicode_pairs", "UnicodePair",
                   [f"{{{c:#x}, {a:#x}, {b:#x}}}" for c, a, b, ok in rows if ok])
        write_rows(out, "unicode_splits", "UnicodePair",
                   [f"{{{c:#x}, {a:#x}, {b:#x}}}" for c, a, b, ok in rows if not ok])
    return 0


if __name__ == "__main__":
    sys.exit(main())
