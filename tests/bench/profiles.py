#!/usr/bin/env python3
"""The benchmark of profiles: reading them, keeping a thousand of them, and the whole
program beside `go tool pprof -top`.

Started by `meson test --benchmark`. Nothing fails because a machine is slow; README.md says
what the figures mean. HEAPREEL_BENCH_PROFILE_MIB sizes the profile that is made (200 MiB).
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time

AIM_PARSE_MB_S = 500
AIM_GO = 10
KEPT = 1000
OURS_ROUNDS = 5


def run(command):
    start = time.monotonic()
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL, check=False)
    if done.returncode != 0:
        sys.exit("%s: status %d" % (" ".join(command), done.returncode))
    return time.monotonic() - start, done.stdout


def unpack(options, folder, name):
    """A profile of traces/ as it is in memory."""
    path = os.path.join(options.traces, "pprof", name)
    out = os.path.join(folder, name)
    tool = {".gz": ["gzip", "-dc"], ".zst": ["zstd", "-qdc"]}[os.path.splitext(name)[1]]
    with open(out, "wb") as file:
        subprocess.run(tool + [path], stdout=file, check=True)
    return out


def bench_parse(options, path):
    read = json.loads(run([options.parse, "parse", path])[1])
    rate = read["bytes"] / read["parse_s"] / 1e6
    print("%s: %.1f MB" % (os.path.basename(path), read["bytes"] / 1e6))
    print("    parser alone        %8.0f MB/s of processor time (aim: %d: %s)"
          % (rate, AIM_PARSE_MB_S, "reached" if rate >= AIM_PARSE_MB_S else "MISSED"))
    print("    with stacks interned %7.0f MB/s" % (read["bytes"] / read["store_s"] / 1e6))


def bench_program(options, path):
    ours = min(run([options.heapreel, "report", path])[0] for _ in range(OURS_ROUNDS))
    print("    heapreel report     %8.3f s, the whole program" % ours)
    if not shutil.which("go"):
        print("    go tool pprof -top  not here")
        return
    # The first run of `go tool` may have to build the tool.
    rounds = OURS_ROUNDS if os.path.getsize(path) < 1 << 24 else 1
    run(["go", "tool", "pprof", "-symbolize=none", "-raw", options.small])
    go = min(run(["go", "tool", "pprof", "-symbolize=none", "-top", path])[0]
             for _ in range(rounds))
    print("    go tool pprof -top  %8.3f s, %.1f times as long (aim: %d: %s)"
          % (go, go / ours, AIM_GO, "reached" if go >= AIM_GO * ours else "MISSED"))


def bench_keep(options, paths, what):
    kept = json.loads(run([options.parse, "keep", str(KEPT)] + paths)[1])
    print("%d profiles, %s:" % (KEPT, what))
    print("    %.1f MiB in all, %.0f bytes a profile, %.2f a row (of %d samples, %d rows)"
          % (kept["store_bytes"] / 2**20, kept["store_bytes"] / KEPT,
             kept["values_bytes"] / max(kept["rows"], 1), kept["samples"] // KEPT,
             kept["rows"] // KEPT))


def main():
    parser = argparse.ArgumentParser()
    for name in ("traces", "build", "heapreel", "make", "parse"):
        parser.add_argument("--" + name, required=True)
    options = parser.parse_args()
    print(options.build)
    options.small = os.path.join(options.traces, "pprof", "gen-go1.26-heap.pb.gz")
    with tempfile.TemporaryDirectory(prefix="heapreel-bench-") as folder:
        large = os.path.join(folder, "made.pprof")
        run([options.make, os.environ.get("HEAPREEL_BENCH_PROFILE_MIB", "200"), large])
        stress = unpack(options, folder, "ddtrace-stress-failure.after.pprof.zst")
        for path in (stress, large):
            bench_parse(options, path)
            bench_program(options, path)
        service = unpack(options, folder, "parca-alloc_objects.pb.gz")
        bench_keep(options, [service], "one of a service, its values changed each time")
        bench_keep(options, [stress], "one of 14,473 samples, its values changed each time")
        many = sorted(name for name in os.listdir(os.path.join(options.traces, "pprof"))
                      if name.startswith("parca-many"))
        bench_keep(options, [unpack(options, folder, name) for name in many],
                   "the six of another service in turn")


main()
