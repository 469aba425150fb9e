#!/bin/sh
# Arrows between the folders run one way only, and the screen library stays behind one
# file. Usage: include_rule.sh ROOT. Prints each offending line; exit status 1 if any.
set -eu

# check_tree ROOT: all .c and .h files of the folders below, line by line.
check_tree() {
    (
        cd "$1"
        find model parsers replay tui cli tests -name '*.[ch]' -type f |
            LC_ALL=C sort | xargs -r awk '
        BEGIN {
            split("model parsers replay tui cli tests", layers, " ")
            for (i in layers)
                level[layers[i]] = i + 0
        }
        function offence(why) {
            printf "%s:%d: %s: %s\n", FILENAME, FNR, why, $0
            bad = 1
        }
        FNR == 1 { split(FILENAME, own, "/") }
        !/^[ \t]*#[ \t]*include[ \t]*["<]/ { next }
        {
            path = $0
            sub(/^[ \t]*#[ \t]*include[ \t]*["<]/, "", path)
            sub(/[">].*$/, "", path)
            split(path, parts, "/")
            system_header = $0 ~ /include[ \t]*</
        }
        system_header && path ~ /^(ncursesw?\/)?(curses|ncurses|term|panel)\.h$/ &&
            FILENAME != "tui/term.c" { offence("only tui/term.c sees curses") }
        system_header { next }
        !(parts[1] in level) || path ~ /\.\./ {
            offence("a project path starts at the root")
            next
        }
        level[parts[1]] > level[own[1]] { offence("upward include") }
        path ~ /_internal\.h$/ && parts[1] != own[1] {
            offence("what a folder keeps to itself")
        }
        END { exit bad }'
    )
}

# A rule that never fires proves nothing, so it meets one of each offence first.
try_rule() {
    file=$1 line=$2 want=$3
    mkdir -p "$scratch/${file%/*}"
    printf '%s\n' "$line" >"$scratch/$file"
    got=kept
    check_tree "$scratch" >/dev/null || got=broken
    rm "$scratch/$file"
    if [ "$got" != "$want" ]; then
        echo "include_rule: '$line' in $file was found $got, not $want" >&2
        exit 1
    fi
}

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
mkdir "$scratch/model" "$scratch/parsers" "$scratch/replay" "$scratch/tui" \
    "$scratch/cli" "$scratch/tests"
try_rule model/a.c '#include "model/base/slice.h"' kept
try_rule tests/unit/a.c '#include "cli/options.h"' kept
try_rule tui/term.c '#include <curses.h>' kept
try_rule model/base/a.h '#include "parsers/parser.h"' broken
try_rule parsers/a.c '# include "replay/clock.h"' broken
try_rule replay/a.c '#include "tui/canvas.h"' broken
try_rule tui/a.c '#include "cli/options.h"' broken
try_rule cli/a.c '#include "tests/unit/support.h"' broken
try_rule tui/chart.c '#include <ncursesw/curses.h>' broken
try_rule tui/chart.c '#include "../model/table.h"' broken
try_rule replay/a.c '#include "parsers/decode_internal.h"' broken

check_tree "$1"
