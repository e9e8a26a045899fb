#!/bin/sh
# The one-file build: 'cc main.c descend.c -lm' without a warning, by gcc and clang, and for WebAssembly; the
# chapter's table and its digest are the same everywhere.
set -eu
cd "$SCRATCH"
rm -rf ./*
"$SOURCE/tools/amalgamate" "$SCRATCH" >/dev/null
cp "$SOURCE/examples/chapter.c" main.c
passed=0

same() { # NAME: its output, NAME.txt, is the installed library's
    if ! cmp reference.txt "$1.txt"; then
        diff reference.txt "$1.txt" || true
        echo "the table of '$1' differs"
        exit 1
    fi
    passed=$((passed + 1))
}

cc -I. main.c -o reference "$BUILD/libdescend.a" -lm
./reference >reference.txt
cat >table.txt <<'END'
round    where    slope    lands
    1       10       20        8
    2        8       16      6.4
    3      6.4     12.8     5.12
END
if ! head -n 4 reference.txt | cmp - table.txt || ! grep -q '^digest [0-9a-f]\{16\}$' reference.txt; then
    cat reference.txt
    exit 1
fi

cc -I. main.c descend.c -lm -o plain
./plain >plain.txt
same plain
gcc -std=c17 -O2 -march=x86-64-v3 -Wall -Wextra -Werror -I. main.c descend.c -lm -o fused
if grep -q fma /proc/cpuinfo; then
    ./fused >fused.txt
    same fused
fi
clang-14 -std=c17 -O2 -Wall -Wextra -Werror -I. main.c descend.c -lm -o clang
./clang >clang.txt
same clang

# A function of the program may have any name but descend_*.
gcc -I. -c descend.c -o alone.o
if nm -g --defined-only alone.o | grep ' T ' | grep -v ' descend_'; then
    echo "functions of the one file that are not private"
    exit 1
fi

clang-14 --target=wasm32-wasi -isystem /usr/include/wasm32-wasi -O2 -I. \
    -D_WASI_EMULATED_GETPID -D_WASI_EMULATED_SIGNAL main.c descend.c \
    -lm -lwasi-emulated-getpid -lwasi-emulated-signal -o chapter.wasm
cat >run.mjs <<'END'
import { readFileSync } from 'node:fs';
import { WASI } from 'node:wasi';
const wasi = new WASI({ version: 'preview1', args: ['chapter'], returnOnExit: true });
const module = await WebAssembly.compile(readFileSync('chapter.wasm'));
const instance = await WebAssembly.instantiate(module, {
    wasi_snapshot_preview1: wasi.wasiImport,
});
process.exitCode = wasi.start(instance);
END
node --no-warnings --experimental-wasi-unstable-preview1 run.mjs >wasm.txt
same wasm

echo "$passed passed, 0 failed"
