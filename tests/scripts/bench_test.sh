#!/bin/sh
# What 'make bench' makes of its measurements: medians, shares, targets, tables in both languages.
set -eu
PYTHONDONTWRITEBYTECODE=1 PYTHONPATH="$SOURCE/tools/bench" python3 "$SOURCE/tests/scripts/bench_report.py"
