#!/bin/sh
# The tree keeps the rules of tools/check_style, and the script sees each rule broken.
set -eu
"$SOURCE/tools/check_style"

rm -rf "$SCRATCH/tree"
mkdir -p "$SCRATCH/tree"
cd "$SCRATCH/tree"
missed=0
seen=0

# A small tree that keeps all rules; each case then breaks one.
plant() {
    rm -rf src
    mkdir -p src/base src/op src/cli
    printf 'MESSAGE(HELLO, "hello there {1}", "%s {1}")\n' '你好' >src/base/messages_base.def
    printf '#include "base.h"\n\nstatic int base_word(void) {\n    return MSG_HELLO;\n}\n' >src/base/word.c
    printf 'typedef enum Kind { KIND_A, KIND_B } Kind;\n' >src/base/base.h
    printf '#include "../base/base.h"\n\nint op_plus(void) {\n    return 1;\n}\n' >src/op/plus.c
    printf '#include "../base/base.h"\n\nint main(void) {\n    return 0;\n}\n' >src/cli/main.c
}

# WHAT: the script must end with 1 and say it.
broken() {
    if "$SOURCE/tools/check_style" . >log; then
        echo "not seen: $1"
        missed=$((missed + 1))
    elif ! grep -q -- "$1" log || [ "$(wc -l <log)" != 1 ]; then
        echo "expected alone: $1"
        cat log
        missed=$((missed + 1))
    else
        seen=$((seen + 1))
    fi
    plant
}

plant
"$SOURCE/tools/check_style" . || { echo "the sound tree does not pass"; exit 1; }
echo '#include "../op/op.h"' >>src/base/word.c && broken "'base' may not include 'op'"
echo '#include "../op/op.h"' >>src/cli/main.c && broken "'cli' may not include 'op'"
echo 'int op_speak(int x) { return printf("x", x); }' >>src/op/plus.c && broken "may not call 'printf'"
echo 'double op_e(double x) { return exp(x); }' >>src/op/plus.c && broken "'exp' of libm"
echo 'int unprefixed(void) { return 1; }' >>src/op/plus.c && broken "'unprefixed' is not static"
echo 'static int base_word(void) { return 1; }' >>src/op/plus.c && broken "'base_word' is also at"
echo 'enum { KIND_B };' >>src/op/plus.c && broken "'KIND_B' is also at"
echo 'static const char *op_s = "do not write this";' >>src/op/plus.c && broken "outside the catalogue"
echo 'int op_tab(void);	' >>src/op/plus.c && broken "a tab"
echo 'int op_blank(void); ' >>src/op/plus.c && broken "blanks at the end"
printf '%0101d\n' 0 | sed 's/^/\/\//' >>src/op/plus.c && broken "103 columns"
echo 'MESSAGE(LOST, "a lost word", "丢失")' >>src/base/messages_base.def && broken "'LOST' is used nowhere"
sed -i 's/{1}")/")/' src/base/messages_base.def && broken "different holes"
sed -i 's/你好/hi/' src/base/messages_base.def && broken "is not Chinese"
cp src/base/messages_base.def src/base/messages_op.def && broken "message 'HELLO' is also at"
: >src/op/word.c && broken "file names are unique"
: >src/base/more.h && broken "a second header"
echo 'see /ro''ot/x' >src/base/notes.txt && broken "a path of one machine"
{
    seq 20 | sed 's/.*/static int op_short_&(void) { return 1; }/'
    echo 'int op_long(void) {'
    seq 101 | sed 's/.*/    op_plus();/'
    echo '}'
} >>src/op/plus.c && broken "'op_long' has 103 lines"
seq 1501 | sed 's/.*/\/\/ &/' >src/op/lines.c && broken "1501 lines"
echo "$seen passed, $missed failed"
[ "$missed" = 0 ]
