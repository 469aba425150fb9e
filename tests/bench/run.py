#!/usr/bin/env python3
"""The benchmark: how fast heapreel reads, how much memory it takes, how soon it draws.

Started by `meson test --benchmark`. Makes large logs of the real lines in traces/ in a
folder of its own (removed at the end), reads each of them with heapreel's loader and with
wc, grep or zstd in turn, and prints tables. README.md says what the figures mean.

It is no test: a slow machine misses aims and nothing fails. It fails only where a program
does, or where a log was not read whole.
"""

import argparse
import json
import os
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile

ROUNDS = 5
MIB = 1 << 20
FRAME_ROWS = 10_000_000
FIRST_CHART_TIMES = 10  # that log is so many times as large as the others
AIM_MIB = 1000
AIM_LOAD_MB_S = 1000
AIM_MEMSTATS_MB_S = 400
AIM_PROMETHEUS_MB_S = 400
AIM_WC = 1.5
AIM_GREP = 5.0
AIM_ZSTD = 1.15
AIM_MEMORY = 1.3
AIM_FIRST_CHART_MS = 100
AIM_FRAME_MS = 2


class Failed(Exception):
    pass


def say(text=""):
    print(text, flush=True)


def aim(what, value, limit, text, more_is_better=False):
    """One line: what was aimed at, and how far from it we are."""
    factor = value / limit if more_is_better else limit / value
    if factor >= 1:
        verdict = "reached, %.2f times better" % factor
    else:
        verdict = "MISSED by a factor of %.2f" % (1 / factor)
    say("    aim: %-44s %s: %s" % (what, text, verdict))


class Run:
    """One program that ran once: what it printed and what it took."""

    def __init__(self, printed, usage):
        self.printed = printed
        self.wall_s = usage["wall_s"]
        self.user_s = usage["user_s"]
        self.sys_s = usage["sys_s"]
        self.peak_bytes = usage["peak_bytes"]

    @property
    def cpu_s(self):
        return self.user_s + self.sys_s

    @property
    def json(self):
        return json.loads(self.printed)


class Runs:
    """The same program several times."""

    def __init__(self, name, runs):
        self.name = name
        self.runs = runs
        self.best = min(runs, key=lambda run: run.wall_s)
        self.median_s = statistics.median(run.wall_s for run in runs)


class Bench:
    def __init__(self, options, folder):
        self.options = options
        self.folder = folder
        self.mib = size_mib()
        self.environment = dict(os.environ, LC_ALL="C")

    def path(self, name):
        return os.path.join(self.folder, name)

    def run(self, command, to_null=False):
        """Runs it once. Only zstd writes to /dev/null: grep would stop at the first match."""
        report = self.path("report.json")
        done = subprocess.run(
            [self.options.run, report] + command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL if to_null else subprocess.PIPE,
            env=self.environment,
            check=False,
        )
        if done.returncode != 0:
            raise Failed("%s: status %d" % (" ".join(command), done.returncode))
        with open(report, encoding="ascii") as file:
            return Run(done.stdout, json.load(file))

    def rounds(self, commands):
        """Each command in turn, several times, so that a slow moment hits all of them."""
        runs = {name: [] for name, _, _ in commands}
        for _ in range(ROUNDS):
            for name, command, to_null in commands:
                runs[name].append(self.run(command, to_null))
        return {name: Runs(name, list_) for name, list_ in runs.items()}

    def make(self, kind, mib, name):
        path = self.path(name)
        command = [self.options.make, kind, str(mib), self.options.traces, path]
        made = self.run(command).json
        made["path"] = path
        # Otherwise the kernel writes it to the disk while we measure.
        with open(path, "rb+") as file:
            os.fsync(file.fileno())
        return made

    def load(self, path):
        return ("heapreel", [self.options.load, path], False)


def size_mib():
    text = os.environ.get("HEAPREEL_BENCH_MIB", str(AIM_MIB))
    if not text.isdigit() or int(text) == 0:
        raise Failed("HEAPREEL_BENCH_MIB: %s: not a number of MiB" % text)
    return int(text)


def table(all_runs, size_bytes, rows):
    """One line a program; rates are those of its best run."""
    say(
        "    %-20s %8s %8s %8s %8s %8s %8s %9s %9s"
        % ("", "best s", "median s", "user s", "sys s", "MB/s", "per core", "Mrows/s", "peak MiB")
    )
    for runs in all_runs.values():
        best = runs.best
        is_ours = runs.name.startswith("heapreel")
        say(
            "    %-20s %8.3f %8.3f %8.3f %8.3f %8.0f %8.0f %9s %9.1f"
            % (
                runs.name,
                best.wall_s,
                runs.median_s,
                best.user_s,
                best.sys_s,
                size_bytes / best.wall_s / 1e6,
                # The clock of short programs has steps; none is faster than it looks.
                size_bytes / max(best.cpu_s, 1e-4) / 1e6,
                "%.2f" % (rows / best.wall_s / 1e6) if is_ours else "",
                best.peak_bytes / MIB,
            )
        )


def check(made, kept):
    """That nothing was lost on the way: a fast reader of half the log is no reader."""
    if kept["rows"] != made["records"] or kept["skipped"]:
        raise Failed(
            "%s: %d records made, %d rows loaded, %d skipped"
            % (made["path"], made["records"], kept["rows"], kept["skipped"])
        )


def describe_memory(best):
    kept = best.json
    numbers = kept["numbers"]
    ratio = best.peak_bytes / (8 * numbers)
    say(
        "    memory: %.1f million numbers; peak %.1f MiB, %.2f bytes a number; tables %.1f MiB"
        % (numbers / 1e6, best.peak_bytes / MIB, 8 * ratio, kept["table_bytes"] / MIB)
    )
    return ratio


def head(title, made):
    say()
    say(
        "%s: %.1f MB, %d lines, %d records"
        % (title, made["bytes"] / 1e6, made["lines"], made["records"])
    )


def bench_text(bench, made, title):
    """An uncompressed log beside wc and grep; returns the runs."""
    path = made["path"]
    head(title, made)
    runs = bench.rounds(
        [
            bench.load(path),
            ("wc -l", ["wc", "-l", path], False),
            ("grep -c '^gc '", ["grep", "-c", "^gc ", path], False),
        ]
    )
    for run in runs["heapreel"].runs:
        check(made, run.json)
    table(runs, made["bytes"], made["records"])
    return runs


def bench_gctrace(bench, made):
    best = bench_text(bench, made, "gctrace lines only")["heapreel"].best
    speed = made["bytes"] / best.wall_s / 1e6
    core_speed = made["bytes"] / best.cpu_s / 1e6
    ratio = describe_memory(best)
    aim("1 GB/s", speed, AIM_LOAD_MB_S, "%.2f GB/s" % (speed / 1e3), True)
    aim("1 GB/s a core", core_speed, AIM_LOAD_MB_S, "%.2f GB/s" % (core_speed / 1e3), True)
    aim("peak <= 1.3 x 8 bytes a number", ratio, AIM_MEMORY, "%.2f x" % ratio)


def bench_mixed(bench, made):
    runs = bench_text(bench, made, "one gctrace line in a hundred")
    ours_s = runs["heapreel"].best.wall_s
    wc = ours_s / runs["wc -l"].best.wall_s
    grep = runs["grep -c '^gc '"].best.wall_s / ours_s
    describe_memory(runs["heapreel"].best)
    aim("<= 1.5 x wc -l", wc, AIM_WC, "%.2f x" % wc)
    aim("5 times as fast as grep -c '^gc '", grep, AIM_GREP, "%.2f times" % grep, True)


def bench_zstd(bench, made, title):
    if not shutil.which("zstd"):
        say("\n%s: no zstd here, not measured" % title)
        return
    packed = made["path"] + ".zst"
    bench.run(["zstd", "-q", "-f", "-3", made["path"], "-o", packed])
    head("%s (%.1f MB packed)" % (title, os.path.getsize(packed) / 1e6), made)
    runs = bench.rounds(
        [bench.load(packed), ("zstd -dc >/dev/null", ["zstd", "-dcq", packed], True)]
    )
    os.unlink(packed)
    for run in runs["heapreel"].runs:
        check(made, run.json)
    table(runs, made["bytes"], made["records"])
    ratio = runs["heapreel"].best.wall_s / runs["zstd -dc >/dev/null"].best.wall_s
    aim("<= 1.15 x zstd -dc", ratio, AIM_ZSTD, "%.2f x" % ratio)


def bench_report(bench, made):
    """What somebody waits who runs the program itself."""
    head("heapreel report --json", made)
    command = [bench.options.heapreel, "report", "--json", made["path"]]
    table(bench.rounds([("heapreel report", command, False)]), made["bytes"], made["records"])


def bench_memstats(bench, made):
    path = made["path"]
    head("memstats.ndjson", made)
    runs = bench.rounds([bench.load(path), ("wc -l", ["wc", "-l", path], False)])
    table(runs, made["bytes"], made["records"])
    best = runs["heapreel"].best
    describe_memory(best)
    say("    %d processes, %d records skipped" % (best.json["processes"], best.json["skipped"]))
    speed = made["bytes"] / best.cpu_s / 1e6
    aim("400 MB/s a core", speed, AIM_MEMSTATS_MB_S, "%.0f MB/s" % speed, True)


def bench_prometheus(bench, made, title):
    path = made["path"]
    head(title, made)
    runs = bench.rounds([bench.load(path), ("wc -l", ["wc", "-l", path], False)])
    table(runs, made["bytes"], made["records"])
    best = runs["heapreel"].best
    describe_memory(best)
    if best.json["skipped"]:
        raise Failed("%s: %d samples skipped" % (path, best.json["skipped"]))
    speed = made["bytes"] / best.cpu_s / 1e6
    aim("400 MB/s a core", speed, AIM_PROMETHEUS_MB_S, "%.0f MB/s" % speed, True)


def forget_cached(path):
    with open(path, "rb") as file:
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def first_charts(bench, path, is_cached):
    results = []
    for _ in range(ROUNDS):
        if not is_cached:
            forget_cached(path)
        results.append(bench.run([bench.options.first, bench.options.heapreel, path]).json)
    return results


def bench_first_chart(bench, made):
    head("first chart on a terminal of 200x60", made)
    say("    %-20s %12s %12s %12s" % ("ms since the start", "best", "median", "worst"))
    for name, is_cached in (("page cache", True), ("not cached", False)):
        results = first_charts(bench, made["path"], is_cached)
        for key, label in (
            ("first_byte_ms", "first byte"),
            ("first_chart_ms", "first chart"),
            ("key_ms", "a key's answer"),
        ):
            values = sorted(result[key] for result in results)
            say(
                "    %-20s %12.1f %12.1f %12.1f   %s"
                % (label, values[0], statistics.median(values), values[-1], name)
            )
        chart_ms = statistics.median(result["first_chart_ms"] for result in results)
        aim("100 ms, %s" % name, chart_ms, AIM_FIRST_CHART_MS, "%.1f ms" % chart_ms)


def bench_frames(bench, made):
    result = bench.run([bench.options.frame, made["path"], str(FRAME_ROWS)]).json
    say()
    say(
        "a frame of 200x60 over %d rows in memory (%d frames a line)"
        % (result["rows"], result["frames"])
    )
    say("    %-30s %10s %10s %10s %10s" % ("ms", "first", "median", "99 in 100", "worst"))
    for kind in result["kinds"]:
        say(
            "    %-30s %10.3f %10.3f %10.3f %10.3f"
            % tuple(kind[key] for key in ("name", "first_ms", "median_ms", "p99_ms", "worst_ms"))
        )
    median = max(kind["median_ms"] for kind in result["kinds"])
    worst = max(kind["worst_ms"] for kind in result["kinds"])
    aim("2 ms, the slowest kind's median", median, AIM_FRAME_MS, "%.2f ms" % median)
    aim("2 ms, the worst frame of all", worst, AIM_FRAME_MS, "%.2f ms" % worst)


def first_word_line(command):
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError:
        return "%s: not here" % command[0]
    return (done.stdout or done.stderr).strip().split("\n")[0].strip("* ")


def cpu_name():
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            for line in file:
                if line.startswith("model name"):
                    return line.split(":", 1)[1].strip()
    except OSError:
        pass
    return "unknown processor"


def say_load():
    """How busy the machine was with other things: on a busy one every figure is worse."""
    say("    load of the machine, last minute: %.2f" % os.getloadavg()[0])


def describe(bench):
    say("heapreel benchmark: logs of %d MiB, best of %d" % (bench.mib, ROUNDS))
    kernel = os.uname().release.split("-", maxsplit=1)[0]
    say("    %s, %d processors, Linux %s" % (cpu_name(), os.cpu_count(), kernel))
    say("    build: %s" % bench.options.build)
    say_load()
    for command in (["wc", "--version"], ["grep", "--version"], ["zstd", "--version"]):
        say("    %s" % first_word_line(command))
    if bench.mib < AIM_MIB:
        say("    the aims are for logs of %d MiB; in small ones starting up weighs more" % AIM_MIB)
    if "sanitize=none" not in bench.options.build:
        say("    a build with sanitizers: these figures say nothing about speed")


def first_chart_mib(bench):
    """As large as the disk has room for."""
    wanted = bench.mib * FIRST_CHART_TIMES
    free = shutil.disk_usage(bench.folder).free // MIB - 1024
    if free < wanted:
        say("\nonly %d MiB free in %s: the last log is smaller" % (free, bench.folder))
    return max(1, min(wanted, free))


def bench_all(bench):
    describe(bench)
    for kind, name, bench_one in (
        ("gctrace", "gctrace lines only, zstd", bench_gctrace),
        ("mixed", "one gctrace line in a hundred, zstd", bench_mixed),
    ):
        made = bench.make(kind, bench.mib, kind + ".log")
        bench_one(bench, made)
        bench_zstd(bench, made, name)
        if kind == "gctrace":
            bench_report(bench, made)
        os.unlink(made["path"])
    made = bench.make("memstats", max(1, bench.mib // 4), "memstats.ndjson")
    bench_memstats(bench, made)
    os.unlink(made["path"])
    for kind, title in (
        ("prometheus", "Prometheus samples with time stamps"),
        ("scrapes", "Prometheus scrapes of a Go server"),
    ):
        made = bench.make(kind, max(1, bench.mib // 4), kind + ".prom")
        bench_prometheus(bench, made, title)
        os.unlink(made["path"])
    made = bench.make("gctrace", first_chart_mib(bench), "large.log")
    bench_frames(bench, made)
    bench_first_chart(bench, made)


def parse_options():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    for program in ("make", "load", "frame", "first", "run", "heapreel"):
        parser.add_argument("--" + program, required=True, metavar="PROGRAM")
    parser.add_argument("--traces", required=True, metavar="FOLDER")
    parser.add_argument("--build", required=True, help="how it was built, to be printed")
    return parser.parse_args()


def main():
    options = parse_options()
    # So that the folder is removed when somebody stops us.
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    try:
        with tempfile.TemporaryDirectory(prefix="heapreel-bench-") as folder:
            bench_all(Bench(options, folder))
    except Failed as failure:
        sys.exit("bench: %s" % failure)


if __name__ == "__main__":
    main()
