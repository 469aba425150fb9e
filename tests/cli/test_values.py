"""Formats that tell the same quantity of one recording tell the same."""

import bisect
import json

from harness import Case, main, run, trace

NAMES = ["heap.alloc", "heap.inuse", "heap.idle", "heap.released", "heap.sys",
         "heap.objects", "heap.goal", "alloc.total", "alloc.mallocs", "alloc.frees",
         "stack.inuse", "mem.sys", "sched.goroutines"]
# The last figure: of its cycles, so many print the very goal; uploads of 24 MiB carry the
# heap past it during one cycle in four.
RECORDINGS = [
    ("upload", "gctrace.log.gz", "memstats.ndjson.zst", "metrics.prom.zst", 0.7),
    ("lateleak", "gctrace.log", "memstats.ndjson.zst", "metrics.prom.zst", 0.95),
]


def series_of(*sources):
    """{name: [(t, value)]}, t as seconds of the session's wall clock."""
    out = run("export", "--format=ndjson", "-q", *sources)
    assert out.status == 0, out.err
    found = {}
    for line in out.lines:
        row = json.loads(line)
        found.setdefault(row["series"], []).append((row["offset_s"], row["value"]))
    return found


class Values(Case):
    def test_memstats_and_prometheus(self):
        """Both were written from one ReadMemStats; the scrape's time is cut to ms."""
        for folder, _, memstats, prometheus, _ in RECORDINGS:
            mem = series_of(trace(folder, memstats))
            prom = series_of(trace(folder, prometheus))
            for name in NAMES:
                self.assertEqual([v for _, v in mem[name]], [v for _, v in prom[name]],
                                 (folder, name))
            # RSS was read twice, a moment apart: within a few pages, or 2 %.
            for (_, a), (_, b) in zip(mem["mem.rss"], prom["mem.rss"]):
                self.assertLess(abs(a - b), max(1 << 20, 0.02 * a), folder)

    def test_goals_of_gctrace_and_memstats(self):
        """NextGC is the goal that the next cycle prints, in whole MiB; a heap that large
        allocations carried beyond it is printed instead."""
        for folder, gctrace, memstats, _, share in RECORDINGS:
            both = series_of(trace(folder, gctrace), trace(folder, memstats))
            log = series_of(trace(folder, gctrace))
            mem = series_of(trace(folder, memstats))
            cycles = {n: i for i, (_, n) in enumerate(log["gc.cycles"])}
            self.assertIn("heap.live", both)
            compared = equal = 0
            for (_, number), (_, goal) in zip(mem["gc.cycles"], mem["heap.goal"]):
                at = cycles.get(number + 1)
                if at is None:
                    continue
                printed, start = log["heap.goal"][at][1], log["heap.start"][at][1]
                if start >= printed:
                    self.assertGreaterEqual(printed, goal // 1048576 * 1048576)
                    continue
                self.assertGreater(printed, goal - 2 * 1048576, (folder, number))
                equal += printed == goal // 1048576 * 1048576
                compared += 1
            self.assertGreater(compared, 50, folder)
            self.assertGreater(equal, share * compared, folder)

    def test_pauses_of_gctrace_and_the_footers_ring(self):
        """heap?debug=1 remembers each pause to the nanosecond, from when the world stood;
        gctrace adds the time that stopping it took, and cuts each of two parts to two
        digits."""
        log = series_of(trace("upload", "gctrace.log.gz"))
        ring = series_of(trace("upload", "heap-003.txt.zst"))["gc.pause"]
        pauses = [v for _, v in log["gc.pause"]]
        self.assertEqual(len(ring), 96)
        for printed, (_, exact) in zip(pauses, ring):
            self.assertGreaterEqual(printed, 0.9 * exact - 2000)

    def test_footer_and_memstats(self):
        """The snapshot after the same collection has the same goal and count, and
        counters that lie between the snapshots around it."""
        mem = series_of(trace("upload", "memstats.ndjson.zst"))
        after = {}
        for i, (_, when) in enumerate(mem["x.LastGC"]):
            after.setdefault(when, i)
        found = 0
        for i in range(4):
            footer = series_of(trace("upload", "heap-%03d.txt.zst" % i))
            at = after.get(footer["x.LastGC"][0][1])
            totals = [v for _, v in mem["alloc.total"]]
            where = bisect.bisect_left(totals, footer["alloc.total"][0][1])
            self.assertTrue(0 < where < len(totals))
            for name in ("alloc.mallocs", "alloc.frees"):
                low, high = mem[name][where - 1][1], mem[name][where][1]
                self.assertTrue(low <= footer[name][0][1] <= high, name)
            if at is None:
                continue
            found += 1
            for name in ("gc.cycles", "heap.goal", "x.GCCPUFraction"):
                self.assertEqual(footer[name][0][1], mem[name][at][1], name)
        self.assertGreater(found, 0)

    def test_kernel_and_cgroup(self):
        """The limit that the kernel names is the one that the cgroup's samples have."""
        report = json.loads(run("report", "--json", trace("upload")).raw)
        kill = next(e for e in report["events"]
                    if e["process"] == 1 and e["kind"] == "oom-killed")
        limit = {s["name"]: s for s in report["series"]}["mem.limit"]
        self.assertEqual(kill["evidence"]["usage_bytes"], limit["last"])
        # The page that did not fit: what it had at the end is the whole limit.
        self.assertGreater(kill["evidence"]["anon_rss_bytes"], 0.97 * limit["last"])


if __name__ == "__main__":
    main()
