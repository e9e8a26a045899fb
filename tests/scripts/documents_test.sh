#!/bin/sh
# Every command in the documents prints what the documents show.
exec python3 "$SOURCE/tests/scripts/documents.py"
