#!/bin/sh
# A runner that does at `hazard` what FAKE says, and is right otherwise. FAKE_HELLO answers `hello`.
hazard() {
    case $FAKE in
    fails) echo "err 11 closed message=x61" ;;
    refuses) echo "unsupported op" ;;
    raises) echo "ok exception TypeError" ;;
    wrong) echo "ok"; three=4 ;;
    nonsense) echo "ok 7" ;;
    aborts) kill -ABRT $$ ;;
    exits) exit 3 ;;
    hangs) while :; do :; done ;;
    last) trap 'kill -SEGV $$' EXIT; echo ok ;;
    stays) trap 'while :; do :; done' EXIT; echo ok ;;
    # What a sanitizer does that sees the mistake, that only warns of it, and that is off.
    caught) echo "== Invalid read of size 8" >&2; exit 99 ;;
    leaks) trap 'echo "== definitely lost" >&2; exit 99' EXIT; echo ok ;;
    warned) echo "== Invalid read of size 8" >&2; echo ok ;;
    # Goes wrong the third time alone.
    third) echo >>tries; [ "$(wc -l <tries)" = 3 ] && echo "err 11 closed message=x61" || echo ok ;;
    *) echo ok ;;
    esac
}

three=3
while read -r line; do
    case $line in
    hello) [ "$FAKE" = mute ] && exit 3; echo "$FAKE_HELLO" ;;
    "hazard "*) hazard ;;
    "len h") echo "ok $three" ;;
    "len proof") echo "ok 1" ;;
    "echo "*) [ "$FAKE" = wrong ] && echo "ok x62" || echo "ok x61" ;;
    *) echo ok ;;
    esac
done
