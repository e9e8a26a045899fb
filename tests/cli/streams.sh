#!/bin/sh
# Standard output that ends early, a file that cannot grow, signals: exit codes and what is left behind.
set -u
cd "$SCRATCH" || exit 1
rm -f ./*
failed=0

check() { # check NAME WANT GOT
    [ "$2" = "$3" ] && return
    echo "$1: $3, not $2"
    failed=$((failed + 1))
}

# A closed pipe: exit 2, without a word.
{
    "$DESCEND" 'w^2' w=10 --rate 0.1 --steps 20 2>errors
    echo $? >status
} | :
case $(cat status) in 0 | 2) ;; *) check 'closed pipe' '0 or 2' "$(cat status)" ;; esac
check 'closed pipe, errors' '' "$(cat errors)"

# Standard output is closed: a sentence.
"$DESCEND" 'w^2' w=10 2>errors >&-
check 'closed output' 2 $?
case $(cat errors) in
'descend: cannot write the report to standard output: '*) ;;
*) check 'closed output, errors' 'a sentence' "$(cat errors)" ;;
esac

# A file that may not grow, as on a full disk: exit 2, and no half of a trace.
(
    ulimit -f 0
    "$DESCEND" 'w^2' w=10 --trace walk.csv >/dev/null 2>&1
) 2>/dev/null
check 'full disk' 2 $?
check 'full disk, left behind' '' "$(ls ./*.csv* 2>/dev/null)"

# The first signal ends the walk in order: a report, exit 130, and the trace so far.
for signal in INT TERM; do
    "$DESCEND" 'w^2' w=10 --rate 1e-9 --steps 1000000000 --trace "$signal.csv" >out 2>errors &
    pid=$!
    tries=0
    while ! ls "$signal.csv."*.part >/dev/null 2>&1 && [ $tries -lt 100 ]; do
        sleep 0.1
        tries=$((tries + 1))
    done
    sleep 0.3
    kill -s "$signal" $pid
    wait $pid
    check "$signal" 130 $?
    check "$signal, verdict" 1 "$(grep -c '^interrupted: ' out)"
    check "$signal, trace" 'step,loss,rate,w,gradient.w,next.w' "$(head -1 "$signal.csv")"
    check "$signal, last line" 5 "$(tail -1 "$signal.csv" | tr -cd , | wc -c | tr -d ' ')"
    rm -f "$signal.csv"
done
[ $failed -eq 0 ]
