#!/bin/sh
# The figures in the sentences of the gallery are those of its outputs.
exec python3 "$SOURCE/tests/scripts/gallery.py"
