"""An incident's folder: many formats, one process, one clock, one end."""

import json
import os
import shutil
import tempfile

from harness import Case, main, run, trace

# What the recordings' truth.json says: which runs the kernel ended, and after how long.
KILLED = {"hotkey": 9.20988, "lateleak": 31.9309, "upload": 41.2067}


def read(path):
    with open(path, "rb") as file:
        return file.read()


class Folder(Case):
    def json(self, *args, stdin=b""):
        result = run("report", "--json", *args, stdin=stdin)
        self.assertEqual(result.status, 0, result.err)
        return json.loads(result.raw)

    def test_whole_incident(self):
        report = self.json(trace("upload"))
        formats = {s["format"] for s in report["sources"] if s["readable"]}
        self.assertEqual(formats, {"gctrace", "memstats", "prometheus", "cgroup",
                                   "kernel-log", "pprof", "heap-text"})
        self.assertEqual([os.path.basename(s["path"]) for s in report["sources"]
                          if not s["readable"]], ["truth.json"])
        self.assertEqual(len(report["processes"]), 1)
        process = report["processes"][0]
        self.assertEqual((process["end"], process["pid"], process["name"]),
                         ("oom-killed", 11729, "lab"))
        self.assertEqual(report["limit"], {"bytes": 536870912, "source": "cgroup"})
        self.assertEqual(len(report["profiles"]), 8)

    def test_when_it_died(self):
        """Every source says the same of when: the kernel's log counts from the boot, and
        its kill is laid to the process's last record, at most half a second early."""
        truth = json.loads(read(os.path.join(trace("upload"), "truth.json")))
        report = self.json(trace("upload"))
        kill = [e for e in report["events"] if e["process"] == 1 and e["source"]]
        self.assertEqual([(e["kind"], e["severity"]) for e in kill],
                         [("oom-killed", "critical")])
        self.assertEqual(kill[0]["offset_s"], report["processes"][0]["to_s"])
        # The cgroup's first sample came 17 ms before the service's "started".
        self.assertAlmostEqual(kill[0]["offset_s"], truth["ended_s"], delta=0.5)
        self.assertEqual(kill[0]["evidence"]["anon_rss_bytes"], 522492 * 1024)
        self.assertEqual(kill[0]["evidence"]["tasks"][0]["pid"], 11729)
        for source in report["sources"]:
            if source["readable"]:
                self.assertIn(source["clock"], ("wall", "matched", "fitted"), source)

    def test_others_kills_are_no_alarm(self):
        """A host's kernel log tells of other services: their kills stay notices."""
        report = self.json(trace("upload"))
        others = [e for e in report["events"] if e["process"] is None]
        self.assertEqual([(e["kind"], e["severity"]) for e in others],
                         [("oom-killed", "notice")])
        self.assertIn("pid 10421", others[0]["message"])
        # 1295.766417 s - 1277.433771 s of the kernel's clock before ours.
        ours = next(e for e in report["events"] if e["process"] == 1 and e["source"])
        self.assertAlmostEqual(ours["offset_s"] - others[0]["offset_s"], 18.332646, 5)

    def test_a_survivor_is_not_killed(self):
        """The kills in the log of a host with another limit befell somebody else."""
        with tempfile.TemporaryDirectory() as folder:
            shutil.copy(os.path.join(trace("upload"), "dmesg.txt"), folder)
            shutil.copy(trace("steady", "memstats.ndjson.gz"), folder)
            with open(os.path.join(folder, "cgroup.ndjson"), "wb") as file:
                for second in range(3, 59):
                    file.write(
                        b'{"time":"2026-11-21T01:40:%02dZ","memory.usage_in_bytes":'
                        b'73400320,"memory.limit_in_bytes":1073741824}\n' % second
                    )
            report = self.json(folder)
        self.assertEqual(len(report["processes"]), 1)
        self.assertEqual(report["processes"][0]["end"], "unknown")
        self.assertTrue(all(e["severity"] == "notice" for e in report["events"]
                            if e["source"]))
        self.assertEqual(report["verdict"], "healthy")

    def test_any_two_sources_of_one_process(self):
        """Whatever two of the files one has, they are one process."""
        names = ["gctrace.log.gz", "memstats.ndjson.zst", "metrics.prom.zst",
                 "cgroup.ndjson", "heap-002.pb.gz", "heap-002.txt.zst"]
        lone = {"cgroup.ndjson", "heap-002.pb.gz"}
        for i, one in enumerate(names):
            for other in names[i + 1:]:
                if {one, other} == lone:
                    continue  # nothing of a Go runtime in either
                report = self.json(trace("upload", one), trace("upload", other))
                self.assertEqual(len(report["processes"]), 1, (one, other))

    def test_two_services_stay_two(self):
        for one, other in (("upload", "hotkey"), ("lateleak", "leak")):
            name = {"upload": "gctrace.log.gz"}.get(one, "gctrace.log")
            mem = {"hotkey": "memstats.ndjson", "leak": "memstats.ndjson.gz"}[other]
            report = self.json(trace(one, name), trace(other, mem))
            self.assertEqual(len(report["processes"]), 2, (one, other))

    def test_goals_alone_give_the_clock(self):
        """A log without any time stamp beside samples that name no cycle."""
        log = b"".join(
            line for line in read(trace("lateleak", "gctrace.log")).splitlines(True)
            if line.startswith(b"gc ")
        )
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "gctrace.log")
            with open(path, "wb") as file:
                file.write(log)
            report = self.json(path, trace("lateleak", "metrics.prom.zst"))
        self.assertEqual([s["clock"] for s in report["sources"]], ["fitted", "wall"])
        self.assertEqual(len(report["processes"]), 1)
        # gc 1 began 9 ms after the runtime's start, which truth.json puts at 52.278.
        self.assertTrue(report["span"]["t"].startswith("2026-11-21T01:35:52.2"),
                        report["span"])

    def test_profiles_alone(self):
        """Saved one by one into a folder: of one process, in order of time."""
        for pattern in (".pb.gz", ".txt.zst"):
            with tempfile.TemporaryDirectory() as folder:
                for i in range(4):
                    name = "heap-%03d%s" % (i, pattern)
                    shutil.copy(trace("upload", name), folder)
                report = self.json(folder)
            self.assertEqual(len(report["processes"]), 1, pattern)
            self.assertEqual(len(report["profiles"]), 4, pattern)
            times = [p["offset_s"] for p in report["profiles"]]
            self.assertEqual(times, sorted(times))

    def test_profile_in_the_report(self):
        """The figures of `go tool pprof -top -unit=B` of the same file."""
        report = self.json(trace("upload", "heap-003.pb.gz"))
        profile = report["profiles"][0]
        self.assertEqual(
            (profile["t"], profile["kind"], profile["samples"], profile["inuse_bytes"]),
            ("2026-11-21T01:37:04.490700583Z", "heap", 53, 104857894),
        )
        self.assertEqual(
            [(f["function"], f["flat"], f["cum"]) for f in profile["top"][:4]],
            [("io.ReadAll", 101672666, 101672666),
             ("bufio.NewReaderSize", 1579015, 1579015),
             ("net/http.init.func16", 1081685, 1081685),
             ("runtime.mallocgc", 524528, 524528)],
        )
        text = run("report", trace("upload", "heap-003.pb.gz")).out
        self.assertIn("io.ReadAll", text)

    def test_same_figures_from_all(self):
        """MemStats and Prometheus sampled the same snapshots: the same last values."""
        mem = self.json(trace("upload", "memstats.ndjson.zst"))
        prom = self.json(trace("upload", "metrics.prom.zst"))
        series = [{s["name"]: s for s in r["series"]} for r in (mem, prom)]
        shared = set(series[0]) & set(series[1])
        for name in ("heap.alloc", "heap.inuse", "heap.goal", "alloc.total",
                     "stack.inuse", "mem.sys", "sched.goroutines", "alloc.mallocs"):
            self.assertIn(name, shared)
            for key in ("first", "last", "max"):
                self.assertEqual(series[0][name][key], series[1][name][key], (name, key))

    def test_killed_before_the_log_begins(self):
        """"Killed, restarted, and the new process's log was kept": the kill is told."""
        self.file("kern.log", b"2026-11-21T04:59:59Z node kernel: Memory cgroup out of "
                  b"memory: Killed process 555 (api) total-vm:900000kB, "
                  b"anon-rss:522492kB, file-rss:7976kB, shmem-rss:0kB\n")
        self.file("app.log", b"2026-11-21T05:00:01Z gc 1 @0.012s 9%: 3.4+3.4+0.012 ms "
                  b"clock, 6.9+0/0.45/0+0.024 ms cpu, 4->4->3 MB, 4 MB goal, 2 P\n")
        report = self.json(self.folder)
        self.assertEqual([(e["kind"], e["t"]) for e in report["events"]],
                         [("oom-killed", "2026-11-21T04:59:59.000000000Z")])
        later = self.json("--from=2026-11-21T05:00:00Z", self.folder)
        self.assertEqual(later["events"], [])

    def test_stamps_above_the_pacers_line(self):
        """With gcpacertrace=1 a pacer line stands between a service's line and the gc
        line: the stamp still counts."""
        log = b""
        for i in range(1, 4):
            log += (b"2026/11/21 05:00:%02d.500000 request done\n"
                    b"pacer: assist ratio=0.5 (scan 0 MB in 3->4 MB) workers=0+0.25\n"
                    b"gc %d @%d.500s 1%%: 0.1+1.0+0.1 ms clock, 0.1+0.1/0.1/0.1+0.1 ms "
                    b"cpu, 4->4->3 MB, 4 MB goal, 2 P\n" % (i, i, i))
        report = self.json("-", stdin=log)
        self.assertEqual(report["sources"][0]["clock"], "stamps")
        self.assertTrue(report["span"]["t"].startswith("2026-11-21T05:00:01.49"))

    def test_a_bare_log_beside_a_stamped_one(self):
        """A log without any wall clock is put beside the others, not into 1970."""
        bare = (b"gc 1 @0.500s 1%: 0.1+1.0+0.1 ms clock, 0.1+0.1/0.1/0.1+0.1 ms cpu, "
                b"4->4->3 MB, 4 MB goal, 2 P\nscav 8 KiB work (bg), 0 KiB work (eager), "
                b"2064 KiB now, 90% util\n")
        self.file("bare.log", bare)
        self.file("stamped.log", b"2026-11-21T05:00:01Z " + bare)
        report = self.json(self.folder)
        self.assertTrue(report["span"]["t"].startswith("2026-11-21T05:00:"))
        self.assertLess(report["span"]["duration_s"], 10)

    def test_snapshots_in_the_order_of_a_shell(self):
        """`cat ms-1.json ms-10.json ms-2.json …`: still one process, in order of time."""
        lines = [
            b'{"time":"2026-11-21T05:00:%02dZ","HeapAlloc":%d,"Sys":9,"TotalAlloc":%d,'
            b'"Mallocs":%d,"NumGC":%d}\n' % (i, 100 + i, 1000 * i, 10 * i, i)
            for i in range(1, 12)
        ]
        order = sorted(range(1, 12), key=str)
        report = self.json("-", stdin=b"".join(lines[i - 1] for i in order))
        self.assertEqual(len(report["processes"]), 1)
        series = {s["name"]: s for s in report["series"]}
        self.assertEqual(series["heap.alloc"]["points"], 11)
        self.assertEqual((series["heap.alloc"]["first"], series["heap.alloc"]["last"]),
                         (101, 111))
        self.assertEqual((series["alloc.rate"]["min"], series["alloc.rate"]["max"]),
                         (1000, 1000))

    def test_an_older_run_behind_a_newer_one(self):
        """`cat today.ndjson yesterday.ndjson`: two runs, whatever their order."""
        lines = [
            b'{"time":"2026-11-%02dT05:00:%02dZ","HeapAlloc":1,"Sys":9,"TotalAlloc":%d,'
            b'"Mallocs":%d,"NumGC":%d}\n' % (day, i, 1000 * i, 10 * i, i)
            for day in (21, 20) for i in range(1, 12)
        ]
        report = self.json("-", stdin=b"".join(lines))
        self.assertEqual(len(report["processes"]), 2)

    def test_rate_of_exact_counts(self):
        """Beside MemStats' TotalAlloc gctrace's rate out of whole MiB does not count."""
        both = self.json(trace("thrash", "gctrace.log.zst"),
                         trace("thrash", "memstats.ndjson.lz4"))
        mem = self.json(trace("thrash", "memstats.ndjson.lz4"))
        rates = [next(s for s in r["series"] if s["name"] == "alloc.rate")
                 for r in (both, mem)]
        self.assertEqual(rates[0]["max"], rates[1]["max"])
        self.assertEqual(rates[0]["mean"], rates[1]["mean"])

    def test_kernel_log_alone(self):
        report = self.json(os.path.join(trace("upload"), "dmesg.txt"))
        self.assertEqual([e["severity"] for e in report["events"]], ["critical"] * 2)
        self.assertEqual(report["processes"], [])
        text = run("report", os.path.join(trace("upload"), "dmesg.txt")).out
        self.assertIn("the kernel killed lab (pid 11729)", text)


main()
