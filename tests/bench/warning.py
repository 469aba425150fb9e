#!/usr/bin/env python3
"""Early warning on recordings whose truth is known, beside the usual alerts.

    warning.py --heapreel PROGRAM [--rows] FOLDER…

Every folder below FOLDER with a truth.json is a recording of one run. Each is read as four
people would have it: only the GC trace, only MemStats, only Prometheus samples, and the
whole folder. README.md says how each figure is defined.

It is no test: what is told late or wrongly is printed and nothing fails, unless the
program itself does.
"""

import argparse
import bisect
import concurrent.futures
import csv
import io
import json
import math
import os
import subprocess
import sys
import tempfile

VIEWS = [("gctrace", "gctrace.log"), ("memstats", "memstats.ndjson"),
         ("prometheus", "metrics.prom"), ("folder", None)]
RIGHT = {"oom": {"pre-oom", "oom-killed"}, "leak": {"leak", "pre-oom"},
         "pressure": {"pressure"}, "healthy": {"healthy"}}
GROWTH = {"leak", "pre-oom", "goroutine-growth", "offheap-growth"}
TOLD_BY_INPUTS = {"oom-killed", "fatal", "restart"}
ONSETS = {"leak-start", "load-rise"}
UNPACK = {".gz": ["gzip", "-dc"], ".xz": ["xz", "-dc"], ".zst": ["zstd", "-dc"],
          ".lz4": ["lz4", "-dc"]}
CUT = 0.6
SLACK_S = 1.0  # an onset is known to about that

# The usual alerts look back an hour and four hours ahead, and hold for five minutes. Runs
# of a minute have no hours: an "hour" is an eighth of the run.
HOURS = 8
AHEAD_HOURS = 4
HOLD_HOURS = 1 / 12
TREND_BUCKETS = 30
TREND_Z = 2.5758  # p < 0.01, both sides
OVERHEAD = 8 << 20  # where only the heap is known


class Failed(Exception):
    pass


def run(argv):
    done = subprocess.run(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=300)
    if done.returncode < 0 or not done.stdout:
        raise Failed("%s: exit status %d: %s" % (
            " ".join(argv[:3]), done.returncode, done.stderr.decode("utf-8", "replace")[-200:]))
    return done.stdout


def report(program, limit, path):
    argv = [program, "report", "--json"] + (["--limit=%d" % limit] if limit else [])
    return json.loads(run(argv + [path]))


def file_of(folder, name):
    """The file of that name in the folder, packed or not."""
    for ending in [""] + list(UNPACK):
        path = os.path.join(folder, name + ending)
        if os.path.exists(path):
            return path
    return None


def plain(path):
    """Its bytes unpacked; None without the program that unpacks it."""
    ending = os.path.splitext(path)[1]
    if ending not in UNPACK:
        with open(path, "rb") as f:
            return f.read()
    try:
        return subprocess.run(UNPACK[ending] + [path], stdout=subprocess.PIPE,
                              check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return None


def link_records(folder, into):
    for name in os.listdir(folder):
        if name not in ("truth.json", "README.md"):
            os.symlink(os.path.abspath(os.path.join(folder, name)), os.path.join(into, name))


def loud(events):
    return sorted((e for e in events if e["severity"] in ("warning", "critical")
                   and e["kind"] not in TOLD_BY_INPUTS), key=lambda e: e["detected_s"])


def keys(events, until_s):
    return sorted((e["kind"], e["series"] or "", round(e["offset_s"], 3),
                   round(e["detected_s"], 3)) for e in events
                  if e["kind"] not in TOLD_BY_INPUTS and e["detected_s"] <= until_s + 1e-6)


def is_causal(program, limit, path, whole):
    """Does the first part of the file tell exactly what the whole told by then?"""
    text = plain(path)
    if text is None:
        return None
    lines = text.splitlines(keepends=True)
    with tempfile.TemporaryDirectory() as scratch:
        part = os.path.join(scratch, "part")
        with open(part, "wb") as f:
            f.writelines(lines[:int(len(lines) * CUT)])
        told = report(program, limit, part)
    return keys(whole["events"], told["span"]["duration_s"]) == keys(told["events"], math.inf)


class Truth:
    def __init__(self, folder):
        with open(os.path.join(folder, "truth.json")) as f:
            facts = json.load(f)
        self.expect = facts["expect"]
        self.limit = facts.get("gomemlimit_bytes") or facts.get("limit_bytes")
        self.cgroup_says_limit = not facts.get("gomemlimit_bytes")
        self.hard_limit = facts.get("limit_bytes")
        phases = facts["phases"]
        self.onset = next((p["offset_s"] for p in phases if p["kind"] in ONSETS), None)
        self.end = facts.get("ended_s") or next(
            (p["offset_s"] for p in phases if p["kind"] == "end"), None)
        self.is_doomed = self.expect == "oom" and self.onset is not None
        self.grows = self.expect in ("oom", "leak") and self.onset is not None

    def allows(self, kind, at_s):
        if self.expect in ("oom", "leak"):
            return kind not in GROWTH or self.onset is None or at_s >= self.onset - SLACK_S
        if self.expect == "pressure":
            return kind not in GROWTH
        return False

    def lead(self, at_s, end_s):
        return min(1.0, max(0.0, (end_s - at_s) / (end_s - self.onset)))


def judge(row, truth, whole):
    """What the program told of the run."""
    alarms = loud(whole["events"])
    end_s = truth.end or whole["span"]["duration_s"]
    row["right"] = whole["verdict"] in RIGHT[truth.expect]
    row["verdict"] = whole["verdict"]
    row["alarms"] = len(alarms)
    row["false"] = sum(not truth.allows(e["kind"], e["detected_s"]) for e in alarms)
    growths = [e for e in alarms if e["kind"] in GROWTH
               and truth.grows and truth.allows(e["kind"], e["detected_s"])]
    if growths:
        row["onset"] = abs(growths[0]["offset_s"] - truth.onset) / end_s
    if not truth.is_doomed:
        return
    ooms = [e for e in growths if e["kind"] == "pre-oom"]
    row["lead"] = truth.lead(ooms[0]["detected_s"], end_s) if ooms else 0.0
    row["lead_s"] = end_s - ooms[0]["detected_s"] if ooms else 0.0
    if ooms:
        judge_eta(row, ooms[0]["evidence"], end_s - ooms[0]["detected_s"])


def judge_eta(row, evidence, left_s):
    eta, low, high = (evidence.get(k) for k in ("eta_s", "eta_low_s", "eta_high_s"))
    if eta is None or left_s <= 0:
        return
    low = eta if low is None else low
    high = math.inf if high is None else high
    row["eta"] = (eta - left_s) / left_s
    row["inside"] = low <= left_s <= high
    half = high - eta if left_s > eta else eta - low
    row["halves"] = abs(left_s - eta) / half if half > 0 else math.inf


# The usual alerts.

def series_of(program, limit, path):
    """What is used of the limit, and the heap that lives: (seconds, bytes) each."""
    argv = [program, "export", "--format=csv"] + (["--limit=%d" % limit] if limit else [])
    values = {}
    for row in csv.DictReader(io.StringIO(run(argv + [path]).decode("utf-8", "replace"))):
        if row["series"] in ("mem.rss", "mem.cgroup", "heap.goal", "heap.live", "heap.alloc"):
            values.setdefault(row["series"], []).append(
                (float(row["offset_s"]), float(row["value"])))
    use = values.get("mem.rss") or values.get("mem.cgroup") or [
        (t, v + OVERHEAD) for t, v in values.get("heap.goal", [])]
    return sorted(use), sorted(values.get("heap.live") or values.get("heap.alloc") or [])


def held(times, flags, hold_s):
    """When each alarm is raised: true for that long without a break."""
    raised, since, is_up = [], None, False
    for t, flag in zip(times, flags):
        if not flag:
            since, is_up = None, False
            continue
        since = t if since is None else since
        if not is_up and t - since >= hold_s:
            is_up = True
            raised.append(t)
    return raised


def threshold(use, limit, share):
    return held([t for t, _ in use], [v >= share * limit for _, v in use], 0)


def line(points):
    """Slope and the value at the last point, by least squares."""
    n = len(points)
    mean_t = sum(t for t, _ in points) / n
    mean_v = sum(v for _, v in points) / n
    spread = sum((t - mean_t) ** 2 for t, _ in points)
    slope = sum((t - mean_t) * (v - mean_v) for t, v in points) / spread if spread else 0.0
    return slope, mean_v + slope * (points[-1][0] - mean_t)


def moments(use, hour):
    """About sixty an hour: as often as an alert is evaluated."""
    times, at, step = [], use[0][0] + hour / 6, hour / 60
    while at <= use[-1][0]:
        times.append(at)
        at += step
    return times


def predictions(use, limit, hour):
    times, flags = moments(use, hour), []
    stamps = [t for t, _ in use]
    for at in times:
        window = use[bisect.bisect_left(stamps, at - hour):bisect.bisect_right(stamps, at)]
        slope, now = line(window) if len(window) >= 3 else (0.0, 0.0)
        flags.append(slope > 0 and now + slope * AHEAD_HOURS * hour >= limit)
    return held(times, flags, HOLD_HOURS * hour)


def floors(points, width):
    """The least value of each bucket of time."""
    least = {}
    for t, v in points:
        bucket = int(t // width)
        least[bucket] = min(v, least.get(bucket, math.inf))
    return sorted(least.items())


def mann_kendall(values):
    """z of the trend, by S and its variance with ties; and Sen's slope per step."""
    n, s, slopes, ties = len(values), 0, [], {}
    for i in range(n):
        ties[values[i][1]] = ties.get(values[i][1], 0) + 1
        for k in range(i):
            rise = values[i][1] - values[k][1]
            s += (rise > 0) - (rise < 0)
            slopes.append(rise / (values[i][0] - values[k][0]))
    variance = (n * (n - 1) * (2 * n + 5)
                - sum(c * (c - 1) * (2 * c + 5) for c in ties.values())) / 18
    if variance <= 0:
        return 0.0, 0.0
    slopes.sort()
    return (s - (s > 0) + (s < 0)) / math.sqrt(variance), slopes[len(slopes) // 2]


def trends(use, floor, limit, hour):
    """Alarms of the trend alone, and where what is used, if it grows as the floor does,
    reaches the limit within the horizon."""
    buckets = floors(floor, hour / TREND_BUCKETS)
    stamps = [t for t, _ in use]
    times, rising, dooming = [], [], []
    for i in range(10, len(buckets) + 1):
        window = buckets[max(0, i - TREND_BUCKETS):i]
        z, slope = mann_kendall(window)
        times.append((window[-1][0] + 1) * hour / TREND_BUCKETS)
        rising.append(z > TREND_Z)
        used = use[max(0, bisect.bisect_right(stamps, times[-1]) - 1)][1]
        grown = 1 + slope * AHEAD_HOURS * TREND_BUCKETS / max(window[-1][1], 1)
        dooming.append(rising[-1] and used * grown >= limit)
    return held(times, rising, 0), held(times, dooming, 0)


USUAL = ["80 % of the limit", "90 % of the limit", "line of the last hour",
         "Mann-Kendall p < 0.01", "… and Sen's slope"]


def judge_usual(program, limit, path, truth, span_s):
    use, floor = series_of(program, limit, path)
    hour, end_s = span_s / HOURS, truth.end or span_s
    if len(use) < 10 or not truth.hard_limit:
        return None
    told = [threshold(use, truth.hard_limit, 0.8), threshold(use, truth.hard_limit, 0.9),
            predictions(use, truth.hard_limit, hour), *trends(use, floor, truth.hard_limit, hour)]
    rows = []
    for raised in told:
        good = [t for t in raised if truth.grows and truth.allows("leak", t)]
        row = {"false": len(raised) - len(good)}
        if truth.is_doomed:
            row["lead"] = truth.lead(good[0], end_s) if good and good[0] < end_s else 0.0
        rows.append(row)
    return rows


def look(program, folder, view, name):
    """One recording in one view: None where it has no such file."""
    path = file_of(folder, name) if name else folder
    if path is None:
        return None
    truth = Truth(folder)
    limit = truth.limit
    with tempfile.TemporaryDirectory() as scratch:
        if name is None:
            link_records(folder, scratch)
            path = scratch
            has_cgroup = file_of(folder, "cgroup.ndjson") is not None
            limit = None if truth.cgroup_says_limit and has_cgroup else limit
        whole = report(program, limit, path)
        row = {"name": os.path.basename(folder), "view": view, "expect": truth.expect}
        judge(row, truth, whole)
        row["usual"] = judge_usual(program, limit, path, truth, whole["span"]["duration_s"])
    if name:
        row["causal"] = is_causal(program, limit, path, whole)
    return row


def quantile(values, share):
    values = sorted(values)
    return values[min(len(values) - 1, int(share * len(values)))] if values else math.nan


def share(flags):
    flags = list(flags)
    return "%4.0f %%" % (100 * sum(flags) / len(flags)) if flags else "     -"


def figure(value, form):
    return "-" if math.isnan(value) else form % value


def put_row(name, rows):
    doomed = [r for r in rows if "lead" in r]
    etas = [r["eta"] for r in rows if "eta" in r]
    print("%-12s %5d %6s %6d %6s %6s %6s %7s %7s %7s %7s %7s %6s" % (
        name, len(rows), share(r["right"] for r in rows), sum(r["false"] for r in rows),
        share(r["lead"] > 0 for r in doomed),
        figure(quantile([r["lead"] for r in doomed], 0.5), "%.2f"),
        figure(min([r["lead"] for r in doomed], default=math.nan), "%.2f"),
        figure(100 * quantile([r["onset"] for r in rows if "onset" in r], 0.5), "%.1f %%"),
        figure(100 * quantile([abs(e) for e in etas], 0.5), "%.1f %%"),
        figure(100 * quantile(etas, 0.5), "%+.1f %%"),
        share(r["inside"] for r in rows if "inside" in r),
        figure(quantile([r["halves"] for r in rows if "halves" in r], 0.8), "%.2f"),
        share(r["causal"] for r in rows if r.get("causal") is not None)))


def put_ours(rows):
    print("%-12s %5s %6s %6s %6s %6s %6s %7s %7s %7s %7s %7s %6s" % (
        "", "runs", "right", "false", "told", "lead", "worst", "onset", "ETA", "ETA", "in 80 %",
        "x half", "causal"))
    print("%-12s %5s %6s %6s %6s %6s %6s %7s %7s %7s %7s %7s %6s" % (
        "", "", "", "alarms", "in", "median", "", "error", "error", "bias", "", "80 %", ""))
    for name in [v for v, _ in VIEWS]:
        put_row(name, [r for r in rows if r["view"] == name])
    print()
    for name in sorted({r["expect"] for r in rows}):
        put_row(name, [r for r in rows if r["expect"] == name])
    put_row("all", rows)


def put_usual(rows):
    rows = [r for r in rows if r["usual"]]
    ours = [{"false": r["false"], **({"lead": r["lead"]} if "lead" in r else {})} for r in rows]
    print("\n%-24s %14s %14s %6s %6s %6s" % (
        "beside it", "runs with a", "… of healthy", "told", "lead", "lead"))
    print("%-24s %14s %14s %6s %6s %6s" % ("", "false alarm", "and pressure", "in", "median",
                                           "10 %"))
    for i, name in enumerate(["heapreel"] + USUAL):
        told = [ours[k] if i == 0 else r["usual"][i - 1] for k, r in enumerate(rows)]
        calm = [t for t, r in zip(told, rows) if r["expect"] in ("healthy", "pressure")]
        leads = [t["lead"] for t in told if "lead" in t]
        print("%-24s %7d of %3d %7d of %3d %6s %6s %6s" % (
            name, sum(t["false"] > 0 for t in told), len(told),
            sum(t["false"] > 0 for t in calm), len(calm), share(v > 0 for v in leads),
            figure(quantile(leads, 0.5), "%.2f"), figure(quantile(leads, 0.1), "%.2f")))


def put_each(rows):
    for r in rows:
        print("%-14s %-10s %-8s %-10s %-5s false %d %s%s%s%s" % (
            r["name"], r["view"], r["expect"], r["verdict"], "right" if r["right"] else "WRONG",
            r["false"], "lead %.2f (%.0f s) " % (r["lead"], r["lead_s"]) if "lead" in r else "",
            "onset %.1f %% " % (100 * r["onset"]) if "onset" in r else "",
            "ETA %+.0f %% %.1f halves " % (100 * r["eta"], r["halves"]) if "eta" in r else "",
            "NOT CAUSAL" if r.get("causal") is False else ""))
    print()


def recordings(folders):
    found, without = [], 0
    for top in folders:
        for name in sorted(n for n in os.listdir(top) if not n.startswith(".")):
            folder = os.path.join(top, name)
            if os.path.exists(os.path.join(folder, "truth.json")):
                found.append(folder)
            else:
                without += os.path.isdir(folder)
    if without:
        print("skipped: %d folders without a truth.json" % without)
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--heapreel", required=True)
    parser.add_argument("--rows", action="store_true", help="one line a recording and view")
    parser.add_argument("folders", nargs="+")
    args = parser.parse_args()
    found = recordings(args.folders)
    if not found:
        print("skipped: no recording with a truth.json in " + ", ".join(args.folders))
        return 0
    cases = [(folder, view, name) for folder in found for view, name in VIEWS]
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        rows = list(pool.map(lambda c: look(args.heapreel, *c), cases))
    missing = sum(r is None for r in rows)
    rows = [r for r in rows if r]
    print("early warning: %d recordings, %d readings (%d views have no file)\n" % (
        len(found), len(rows), missing))
    if args.rows:
        put_each(rows)
    put_ours(rows)
    put_usual(rows)
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Failed as e:
        print("warning.py: %s" % e, file=sys.stderr)
        sys.exit(1)
