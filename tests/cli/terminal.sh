#!/bin/sh
# On a terminal: the tour asks and checks, the table fits the screen, the fit is drawn, progress is told.
exec python3 "$SOURCE/tests/cli/terminal.py"
