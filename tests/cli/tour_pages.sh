#!/bin/sh
# Both languages of the tour: the same commands, and answers that are right by arithmetic of our own.
exec python3 "$SOURCE/tests/cli/tour_pages.py"
