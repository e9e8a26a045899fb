#!/bin/sh
# What is advised to a walk that flew off arrives when it is typed.
exec python3 "$SOURCE/tests/scripts/retry.py"
