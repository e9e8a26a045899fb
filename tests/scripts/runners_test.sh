#!/bin/sh
# The two runners of commands see what is wrong: a runner that cannot fail proves nothing.
set -eu
cd "$SCRATCH"
cases="python3 $SOURCE/tests/scripts/cases.py"
documents="python3 $SOURCE/tests/scripts/documents.py"

fails() { if "$@" >log 2>&1; then echo "passed, but should fail: $*"; exit 1; fi; }
holds() { if ! "$@" >log 2>&1; then echo "failed: $*"; cat log; exit 1; fi; }

cat >good.test <<'END'
# all kinds of lines
$ printf 'a\n\nb 1\nc\n'; echo oops >&2; exit 3
| a
|
| b <*>
| ...
! oops
= 3
% GREETING=hello
$ echo $GREETING; cat <<X
> two
> X
| hello
| two
END
holds $cases good.test
sed 's/^| a/| x/' good.test >bad.test && fails $cases bad.test
sed 's/^! oops//' good.test >bad.test && fails $cases bad.test
sed 's/^= 3/= 4/' good.test >bad.test && fails $cases bad.test
sed 's/^| two/| two\n| three/' good.test >bad.test && fails $cases bad.test
: >bad.test && fails $cases bad.test
sed 's/^| a/| x/; s/^= 3//' good.test >bad.test && fails $cases --update bad.test
holds $cases bad.test
grep -q '^| b <\*>' bad.test && { echo "--update kept a pattern of a changed block"; exit 1; }

cat >good.md <<'END'
Text with a [link](good.md).
```c file=x.txt
kept
```
```console
$ cat x.txt; false
kept
$ echo $?
1
$ printf '1\n2\n3 4\n'
...
3 ...
```
END
holds $documents "$PWD/good.md"
sed 's/^kept$/lost/; s/cat x/echo kept #/' good.md >bad.md && fails $documents "$PWD/bad.md"
sed 's/^1$/0/' good.md >bad.md && fails $documents "$PWD/bad.md"
sed 's/(good.md)/(gone.md)/' good.md >bad.md && fails $documents "$PWD/bad.md"
sed 's/^1$/0/' good.md >bad.md && fails $documents --update "$PWD/bad.md"
cmp good.md bad.md
echo "1 passed, 0 failed"
