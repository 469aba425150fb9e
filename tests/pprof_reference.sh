#!/bin/sh
# The sums of each profile in traces/, as Go's own pprof reads it: what the unit tests hold
# our parsers against. Needs Go and zstd; prints what belongs into traces/pprof/sums.txt.
# Usage: tests/pprof_reference.sh >traces/pprof/sums.txt
#
# A line a profile: its name below traces/, how many samples, and TYPE/UNIT=SUM for each
# sample type. Files that pprof does not read are left out, and so are C++'s threads, which
# are no memory and which heapreel does not read.
set -eu

cd "$(dirname "$0")/../traces"
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
export LC_ALL=C PPROF_TMPDIR="$scratch"

echo "# NAME SAMPLES TYPE/UNIT=SUM…; made by tests/pprof_reference.sh with $(go env GOVERSION)"
find . -type f ! -name '*cppbench.thread' \( -name '*.pb.gz' -o -name '*.pprof' -o -name '*.pprof.zst' \
    -o -name '*.heap' -o -name '*.growth' -o -name '*.thread' -o -name '*heap*.txt' \
    -o -name '*debug1.txt' -o -name '*debug1.txt.zst' -o -name '*heap*.txt.zst' \) |
    sed 's|^\./||' | sort |
    while read -r name; do
        case $name in
        *.zst) zstd -dqc "$name" >"$scratch/profile" ;;
        *) cat "$name" >"$scratch/profile" ;;
        esac
        go tool pprof -symbolize=none -raw "$scratch/profile" >"$scratch/raw" 2>/dev/null ||
            continue
        awk -v name="$name" '
            /^Samples:$/ { in_samples = 1; next }
            /^Locations$/ { exit }
            in_samples == 1 {
                gsub(/\[dflt\]/, "")
                count = split($0, types, " ")
                in_samples = 2
                next
            }
            # "  1  16  1  16: 3 4 5"; a label has a name in front of its colon.
            in_samples == 2 && /^ *-?[0-9][-0-9 ]*:/ {
                samples++
                sub(/:.*/, "")
                split($0, values, " ")
                for (i = 1; i <= count; i++)
                    sum[i] += values[i]
            }
            END {
                printf "%s %d", name, samples
                for (i = 1; i <= count; i++)
                    printf " %s=%.0f", types[i], sum[i]
                print ""
            }' "$scratch/raw"
    done
