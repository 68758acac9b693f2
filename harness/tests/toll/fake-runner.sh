#!/bin/sh
# A runner that behaves as FAKE says when it is asked to add, and well otherwise. FAKE_HELLO answers `hello`.
add() {
    case $FAKE in
    good | bad-end | no-fields | unneeded) echo "ok 3" ;;
    wrong) echo "ok 4" ;;
    garbage) printf 'sh\303: \377\n' ;;
    empty) echo ;;
    two-lines) printf 'ok 3\nok 3\n' ;;
    exits) echo "first words" >&2; echo "last words" >&2; exit 7 ;;
    aborts) kill -ABRT $$ ;;
    hangs) trap '' TERM; while :; do :; done ;;
    closes) exec >&-; while :; do :; done ;;
    undeclared) echo "unsupported surprise" ;;
    unknown | floor) echo "unsupported op" ;;
    within) echo "ok finished 0 : unsupported no_adding" ;;
    declared) echo "unsupported no_adding" ;;
    *) echo "ok $FAKE" ;;
    esac
}

while read -r line; do
    case $FAKE:$line in
    mute:hello) exit 3 ;;
    *:hello) echo "$FAKE_HELLO" ;;
    dies-at-reset:reset) kill -SEGV $$ ;;
    *:reset | *:nop) echo ok ;;
    dies-at-reset:add*) echo "ok 3" ;;
    *:add*) add ;;
    no-fields:fail) echo "err 11 closed ? message=x61" ;;
    other-message:fail) echo "err 11 closed message=x62" ;;
    no-message:fail) echo "err 11 closed" ;;
    wrong-code:fail) echo "err 12 closed message=x61" ;;
    *:fail) echo "err 11 closed message=x61" ;;
    *:cpus) echo "ok $(sed -n 's/^Cpus_allowed_list:[[:space:]]*//p' /proc/self/status)" ;;
    *) echo "unsupported op" ;;
    esac
done
[ "$FAKE" != bad-end ] || { echo "leaked" >&2; exit 3; }
