#!/bin/sh
# Golden screens: what `heapreel snapshot` draws, character by character.
#
# usage: run.sh HEAPREEL SOURCE_ROOT      BLESS=1 rewrites the expected screens; review
# that diff like code.
set -u

heapreel=$1
root=$2
cases=$root/tests/screen/cases
expected=$root/tests/screen/expected
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT

trim() {
    printf '%s' "$1" | sed 's/^ *//; s/ *$//'
}

LC_ALL=C.UTF-8
export LC_ALL
unset NO_COLOR COLORTERM COLORFGBG HEAPREEL_CHARS HEAPREEL_THEME
cd "$root/traces" || exit 1
count=$(grep -c '^[^#]' "$cases")
number=0
printf '1..%d\n' "$count"
while IFS='|' read -r name environment arguments; do
    case $name in '#'* | '') continue ;; esac
    name=$(trim "$name")
    number=$((number + 1))
    # Splitting into words is what the columns are for; no word holds a pattern.
    set -f
    # shellcheck disable=SC2046,SC2086
    env $(trim "$environment") "$heapreel" snapshot -q $arguments >"$work/screen" 2>"$work/notes"
    status=$?
    set +f
    if [ "${BLESS:-}" = 1 ] && [ $status = 0 ]; then
        cp "$work/screen" "$expected/$name.txt"
    fi
    if [ $status != 0 ]; then
        printf 'not ok %d - %s (exit status %d)\n' $number "$name" $status
        sed 's/^/# /' "$work/notes"
    elif diff -u "$expected/$name.txt" "$work/screen" >"$work/diff" 2>&1; then
        printf 'ok %d - %s\n' $number "$name"
    else
        printf 'not ok %d - %s\n' $number "$name"
        sed 's/^/# /' "$work/diff"
    fi
done <"$cases"
