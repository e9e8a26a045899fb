#!/bin/sh
# tools/setup: where nobody can be asked it installs nothing, says what to type and ends with 2; when
# all is there it is silent. Tried on a copy whose list names a package that does not exist.
set -eu
cd "$SCRATCH"
rm -rf ./*
mkdir tools
cp "$SOURCE/tools/setup" tools/

printf '# none\nsh | demo | sh | a shell\nlibc | test | /bin/s* | a file\n' >tools/packages.txt
[ -z "$(tools/setup test 2>&1)" ]

printf 'no-such-package | demo | no-such-command | for nothing\nother | test | no-other | x\n' \
    >tools/packages.txt
if command -v runuser >/dev/null && [ "$(id -u)" = 0 ]; then
    chmod -R a+rX . && status=0
    copy=$(mktemp -d) && chmod a+rx "$copy" && cp -R tools "$copy"
    (cd "$copy" && runuser -u nobody -- tools/setup demo </dev/null) >out.txt 2>&1 || status=$?
    rm -rf "$copy"
    [ "$status" = 2 ] || { echo "status $status"; cat out.txt; exit 1; }
    grep -q 'no-such-package: for nothing' out.txt
    grep -q 'sudo apt-get update && sudo apt-get install no-such-package$' out.txt
    ! grep -q other out.txt
fi
echo "1 passed, 0 failed"
