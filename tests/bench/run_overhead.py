"""What `heapreel run` costs the program that it starts, and what it takes itself.

    run_overhead.py --heapreel PROGRAM --service SERVICE [--before PROGRAM] [--pairs N]

A fixed piece of work (tests/live/service -work), its trace on: directly, with standard error
in a file, and under `heapreel run -o REEL`, in turns, so that a slow moment hits all of them.
What the work cost is what the kernel tells the working process itself (getrusage), so that
nothing of heapreel is in it. "direct again" is the same as "direct" and says what
differences mean nothing. --before: another heapreel, to be compared in the same turns.
HEAPREEL_BENCH_PAIRS sets the number of turns, 15 unless it is set.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import tempfile

# (name, blocks dropped a unit): a collection is 256 blocks.
KINDS = (("busy", 8), ("quiet", 0))
UNITS = 16000  # about two seconds


def run(argv, folder):
    """What the child says that it cost, and what all else of argv cost by the kernel."""
    told = os.path.join(folder, "cost.json")
    with open(os.path.join(folder, "err"), "wb") as err:
        process = subprocess.Popen(argv, stdin=subprocess.DEVNULL,
                                   stdout=subprocess.DEVNULL, stderr=err,
                                   env=dict(os.environ, GODEBUG="gctrace=1"))
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise SystemExit("%s: exit %d" % (argv, process.returncode))
    with open(told, encoding="utf-8") as file:
        cost = json.load(file)
    os.unlink(told)
    with open(os.path.join(folder, "err"), "rb") as err:
        cost["Lines"] = err.read().count(b"\n")
    cost["Cpu"] = cost["User"] + cost["System"]
    # The kernel counts a child that was waited for as well.
    cost["Ours"] = usage.ru_utime + usage.ru_stime - cost["Cpu"]
    return cost


def measure(variants, blocks, pairs, folder):
    costs = {name: [] for name, _ in variants}
    work = ["-work", os.path.join(folder, "cost.json"), "-units", str(UNITS),
            "-blocks", str(blocks)]
    for turn in range(pairs):
        for i in range(len(variants)):
            name, argv = variants[(turn + i) % len(variants)]
            costs[name].append(run(argv + work, folder))
    return costs


def middle(values):
    """Median and the quartiles around it."""
    low, mid, high = statistics.quantiles(values, n=4)
    return mid, low, high


def show(kind, costs, base):
    directs = costs[base]
    lines = statistics.median(c["Lines"] for c in directs)
    wall = statistics.median(c["Wall"] for c in directs)
    print("%s: %.2f s of work, %d lines of trace (%.0f a second)" % (
        kind, wall, lines, lines / wall))
    print("  %-14s %22s %28s %28s %s" % ("", "child's processor time",
                                         "more than direct, median", "its wall time, median",
                                         "   ours"))
    for name, found in costs.items():
        cpu = statistics.median(c["Cpu"] for c in found)
        row = "  %-14s %20.3f s" % (name, cpu)
        for figure in ("Cpu", "Wall"):
            if name == base:
                row += " %28s" % "-"
                continue
            mid, low, high = middle([100 * (c[figure] - d[figure]) / d[figure]
                                     for c, d in zip(found, directs)])
            row += " %28s" % ("%+.2f %% (%+.2f to %+.2f)" % (mid, low, high))
        ours = statistics.median(c["Ours"] for c in found)
        if "direct" not in name:
            row += "  %5.1f ms/s" % (1000 * ours / wall)
            if lines > 100:
                row += ", %.3f ms a line" % (1000 * ours / lines)
        print(row)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--heapreel", required=True)
    parser.add_argument("--service", required=True)
    parser.add_argument("--before")
    parser.add_argument("--pairs", type=int,
                        default=int(os.environ.get("HEAPREEL_BENCH_PAIRS", "15")))
    options = parser.parse_args()
    folder = tempfile.mkdtemp(prefix="heapreel-bench-")
    try:
        reel = os.path.join(folder, "made.reel")
        variants = [("direct", [options.service]), ("direct again", [options.service])]
        for name, program in (("run", options.heapreel), ("run, before", options.before)):
            if program:
                variants.append((name, [program, "run", "-o", reel, "--", options.service]))
        for kind, blocks in KINDS:
            show(kind, measure(variants, blocks, max(options.pairs, 2), folder), "direct")
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
