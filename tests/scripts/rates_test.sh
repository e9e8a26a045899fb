#!/bin/sh
# The sums of the chapter on rates are right, and what it advises is typed.
exec python3 "$SOURCE/tests/scripts/rates.py"
