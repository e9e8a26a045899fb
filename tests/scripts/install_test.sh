#!/bin/sh
# make install PREFIX=...: a program finds header and libraries by pkg-config; the shared library shows
# descend_* alone, with versions, and needs nothing but libc and libm; 'make uninstall' leaves nothing.
set -eu
cd "$SCRATCH"
rm -rf ./*
prefix=$SCRATCH/prefix
cmake --install "$BUILD" --prefix "$prefix" >install.log
export PKG_CONFIG_PATH="$(dirname "$(find "$prefix" -name descend.pc)")"
[ "$(pkg-config --modversion descend)" = "$VERSION" ]
libraries=$(pkg-config --variable=libdir descend)
cp "$SOURCE/examples/chapter.c" main.c

# shellcheck disable=SC2046
cc main.c $(pkg-config --cflags --libs descend) -o shared
LD_LIBRARY_PATH=$libraries ./shared >shared.txt
# shellcheck disable=SC2046
cc main.c $(pkg-config --cflags descend) "$libraries/libdescend.a" -lm -o static
./static >static.txt
cmp shared.txt static.txt
grep -q '^    3      6.4     12.8     5.12$' shared.txt

cat >plus.cc <<'END'
#include <descend.h>
int main() { return descend_version()[0] == 0; }
END
if command -v g++ >/dev/null; then
    # shellcheck disable=SC2046
    g++ plus.cc $(pkg-config --cflags --libs descend) -o plus
    LD_LIBRARY_PATH=$libraries ./plus
fi

nm -D --defined-only "$libraries/libdescend.so" | awk '{ print $3 }' >symbols.txt
grep -q '^descend_walk_step@@DESCEND_0.1$' symbols.txt
if grep -vE '^(descend_[a-z_]+@@)?DESCEND_[0-9.]+$' symbols.txt; then
    echo "the shared library shows more than descend_*"
    exit 1
fi
if nm -g --defined-only "$libraries/libdescend.a" | grep ' [A-Z] ' | grep -v ' descend_'; then
    echo "the static library shows more than descend_*"
    exit 1
fi
# Each function of the header is there.
grep -o 'descend_[a-z_]*(' "$SOURCE/include/descend.h" | tr -d '(' | sort -u |
    while read -r name; do
        grep -q "^DESCEND_API .*\b$name(" "$SOURCE/include/descend.h" || continue
        grep -q "^$name@@" symbols.txt || { echo "not in the library: $name"; exit 1; }
    done

# libc, libm, the loader, the kernel's page: nothing else.
for file in "$libraries/libdescend.so" "$prefix/bin/descend"; do
    if ldd "$file" | grep -vE 'linux-vdso|libm\.so|libc\.so|ld-linux'; then
        echo "$file needs more than libc and libm"
        exit 1
    fi
done
[ "$("$prefix/bin/descend" --version | grep -c "$VERSION")" = 1 ]
size=$(stat -c %s "$prefix/bin/descend")
[ "$size" -lt 2000000 ] || { echo "the command has $size bytes (less than 2 MB is promised)"; exit 1; }

"$SOURCE/tools/uninstall" "$BUILD" "$prefix" >/dev/null
if find "$prefix" -type f -o -type l | grep .; then
    echo "left behind by uninstall"
    exit 1
fi
echo "1 passed, 0 failed"
