"""report: the text for people and the JSON for scripts."""

import gzip
import json
import math

from harness import Case, main, run, trace

KEYS = {
    "root": {"schema", "verdict", "span", "sources", "processes", "series", "events",
             "forecast", "postmortem", "profiles"},
    "source": {"path", "format", "compression", "wrapping", "records", "skipped", "errors"},
    "process": {"id", "go_version", "pid", "from_s", "to_s", "end", "verdict", "story"},
    "event": {"kind", "severity", "series", "t", "offset_s", "detected_s", "end_s",
              "before", "after", "slope_per_s", "confidence", "rule", "message", "advice",
              "evidence"},
    "forecast": {"series", "limit_bytes", "limit_source", "eta_s", "eta_low_s",
                 "eta_high_s", "as_of_s"},
    "series": {"name", "unit", "points", "first", "last", "min", "max", "mean", "p50",
               "p99"},
}
VERDICTS = ["healthy", "pressure", "leak", "pre-oom", "oom-killed"]  # worst last
SEVERITIES = ["info", "notice", "warning", "critical"]
ENDS = {"running", "exit", "oom-killed", "fatal", "unknown"}

LINE = (
    b"gc %d @%d.%03ds 1%%: 0.047+2.0+0.003 ms clock, 0.095+0.10/0.17/1.5+0.007 ms cpu, "
    b"%d->%d->%d MB, %d MB goal, 0 MB stacks, 0 MB globals, 2 P\n"
)


def log_of(cycles):
    return b"".join(
        LINE % (i, i, 5, 10 * i, 11 * i, 5 * i, 12 * i) for i in range(1, cycles + 1)
    )


def no_nan(constant):
    raise ValueError("%s is no JSON" % constant)


class Report(Case):
    def json(self, *args, stdin=b"", status=0):
        result = run("report", "--json", *args, stdin=stdin)
        self.assertEqual(result.status, status, result.err)
        return json.loads(result.raw, parse_constant=no_nan)

    def series(self, report, name, process=1):
        found = [s for s in report["series"] if (s["name"], s["process"]) == (name, process)]
        self.assertEqual(len(found), 1, name)
        return found[0]

    def test_json_shape(self):
        log, snapshots = trace("lateleak", "gctrace.log"), trace("lateleak")
        for sources in ([log], [log, trace("thrash", "memstats.ndjson.lz4")]):
            report = self.json("--limit=320MiB", *sources)
            self.assertLessEqual(KEYS["root"], set(report))
            self.assertEqual(report["schema"], "heapreel.report/1")
            self.assertIn(report["verdict"], VERDICTS)
            self.assertEqual(report["profiles"], [])
            self.assertEqual(len(report["sources"]), len(sources))
            for source in report["sources"]:
                self.assertLessEqual(KEYS["source"], set(source))
            for process in report["processes"]:
                self.assertLessEqual(KEYS["process"], set(process))
                self.assertIn(process["end"], ENDS)
                self.assertLessEqual(process["from_s"], process["to_s"])
            for series in report["series"]:
                self.assertLessEqual(KEYS["series"], set(series))
                self.assertLessEqual(series["min"], series["p50"])
                self.assertLessEqual(series["p50"], series["p99"])
                self.assertLessEqual(series["p99"], series["max"])
            self.assertRegex(report["span"]["t"], r"^2026-11-21T01:35:52\.\d{9}Z$")
        self.assertTrue(snapshots)

    def test_findings_shape(self):
        """Every key that the contract names, in the unit and the order that it says."""
        for sources in ([trace("lateleak")], [trace("upload")], [trace("steady")],
                        ["--limit=320MiB", trace("lateleak", "gctrace.log")]):
            report = self.json(*sources)
            offsets = [e["offset_s"] for e in report["events"]]
            self.assertEqual(offsets, sorted(offsets))
            for event in report["events"]:
                self.assertLessEqual(KEYS["event"], set(event))
                self.assertIn(event["severity"], SEVERITIES)
                self.assertLessEqual(event["offset_s"], event["detected_s"])
                self.assertTrue(0 <= event["confidence"] <= 1, event)
                self.assertTrue(event["message"])
                if event["severity"] in ("warning", "critical"):
                    self.assertTrue(event["advice"], event["kind"])
            if report["forecast"] is not None:
                self.assertLessEqual(KEYS["forecast"], set(report["forecast"]))
            worst = max(VERDICTS.index(p["verdict"]) for p in report["processes"])
            self.assertEqual(VERDICTS.index(report["verdict"]), worst)
            for process in report["processes"]:
                self.assertTrue(process["story"])

    def test_verdicts(self):
        for name, want in (("lateleak", "oom-killed"), ("upload", "oom-killed"),
                           ("steady", "healthy"), ("step", "healthy")):
            self.assertEqual(self.json(trace(name))["verdict"], want, name)
        # Of a kernel log by itself nobody is a process of ours; somebody died.
        log = trace("kernel", "public-k8s-memcg-oom.log")
        self.assertEqual(self.json(log)["verdict"], "oom-killed")

    def test_what_was_known_by_then(self):
        """--to asks what a report of that moment would have said."""
        log, limit = trace("lateleak", "gctrace.log"), "--limit=320MiB"
        with open(log, "rb") as file:
            lines = file.read().splitlines(True)
        for seconds in (10, 22, 25, 27, 29):
            cut = [x for x in lines if not x.startswith(b"gc ")
                   or float(x.split()[2].strip(b"@s:")) < seconds]
            asked = self.json(limit, "--to=%ds" % seconds, log)
            known = self.json(limit, self.file("%d.log" % seconds, b"".join(cut)))
            self.assertEqual(asked["verdict"], known["verdict"], seconds)
            ends = [f and f["as_of_s"] + f["eta_s"]
                    for f in (asked["forecast"], known["forecast"])]
            self.assertEqual(ends[0] is None, ends[1] is None, (seconds, ends))
            if ends[0]:
                # The last cycle may be told of when the next one is through.
                self.assertAlmostEqual(*ends, delta=1, msg=seconds)
            self.assertEqual(asked["processes"][0]["verdict"],
                             known["processes"][0]["verdict"])
            told = [[(e["kind"], e["offset_s"], e["detected_s"], e["message"])
                     for e in r["events"]] for r in (asked, known)]
            self.assertEqual(*told, seconds)

    def test_forecast(self):
        """At 27 s of a run that is killed at 31.3 s."""
        report = self.json("--to=27s", trace("lateleak"))
        self.assertEqual(report["verdict"], "pre-oom")
        forecast = report["forecast"]
        self.assertEqual((forecast["limit_bytes"], forecast["end"]), (320 << 20, "oom-kill"))
        self.assertLessEqual(forecast["as_of_s"], 27)
        self.assertLessEqual(forecast["eta_low_s"], forecast["eta_high_s"])
        self.assertAlmostEqual(forecast["as_of_s"] + forecast["eta_s"], 31.3, delta=3)
        self.assertIn("reaches the 320 MiB limit in", report["processes"][0]["story"])
        self.assertIsNone(self.json(trace("steady"))["forecast"])

    def test_story_names_the_leak(self):
        story = self.json(trace("lateleak"))["processes"][0]["story"]
        for part in ("killed for want of memory at its 320 MiB limit at +0:31.3; told ",
                     " grew ", "not pressure but retention", "see `main.lateLeak` ("):
            self.assertIn(part, story)

    def test_postmortem(self):
        report = self.json(trace("lateleak"))
        self.assertEqual(len(report["postmortem"]), 1)
        death = report["postmortem"][0]
        self.assertEqual((death["process"], death["kind"], death["cause"]),
                         (1, "oom-killed", "live-heap"))
        # The kernel's figures, in dmesg.txt.
        self.assertEqual((death["limit_bytes"], death["cgroup_bytes"], death["rss_bytes"]),
                         (327680 << 10, 327680 << 10, 334495744 + 7548928))
        parts = {p["name"]: p for p in death["parts"]}
        self.assertEqual(parts["live-heap"]["bytes"], 183 << 20)
        self.assertAlmostEqual(sum(p["share"] for p in death["parts"]), 1, delta=0.02)
        self.assertEqual(death["blame"]["function"], "main.lateLeak")
        trends = {t["series"]: t for t in death["trends"]}
        self.assertAlmostEqual(trends["heap.live"]["slope_per_s"] / (1 << 20), 12, delta=2)
        self.assertGreater(death["told_before_s"], 3)
        self.assertEqual(self.json(trace("steady"))["postmortem"], [])
        # Not dead by then.
        self.assertEqual(self.json("--to=25s", trace("lateleak"))["postmortem"], [])

    def test_figures(self):
        report = self.json("-", stdin=log_of(100))
        live = self.series(report, "heap.live")
        mib = 1 << 20
        self.assertEqual(
            [live[k] for k in ("points", "first", "last", "min", "max", "p50", "p99", "unit")],
            [100, 5 * mib, 500 * mib, 5 * mib, 500 * mib, 250 * mib, 495 * mib, "bytes"],
        )
        self.assertTrue(math.isclose(live["mean"], 252.5 * mib))
        self.assertEqual(report["sources"][0]["records"], 100)
        self.assertEqual(report["span"]["t"], None)
        self.assertEqual(report["span"]["duration_s"], 99)

    def test_window(self):
        whole = log_of(100)
        for args, points in (
            (["--from=50s"], 50),
            (["--to=50s"], 50),
            (["--from=10s", "--to=20s"], 10),
            (["--from=-9s"], 10),
            (["--from=50%"], 50),
        ):
            report = self.json(*args, "-", stdin=whole)
            self.assertEqual(self.series(report, "heap.live")["points"], points, args)

    def test_start_gives_the_wall_clock(self):
        report = self.json("--start=2026-11-21T01:00:00Z", "-", stdin=log_of(3))
        self.assertTrue(report["span"]["t"].startswith("2026-11-21T01:00:0"))
        self.assertEqual(report["sources"][0]["clock"], "start")

    def test_compressed_is_the_same(self):
        plain = self.json("-", stdin=log_of(50))
        packed = self.json("-", stdin=gzip.compress(log_of(50)))
        self.assertEqual(packed["sources"][0]["compression"], "gzip")
        self.assertEqual(plain["series"], packed["series"])

    def test_processes_have_their_own_series(self):
        report = self.json("-", stdin=log_of(5) + log_of(3))
        self.assertEqual([p["id"] for p in report["processes"]], [1, 2])
        self.assertEqual(self.series(report, "heap.live", 2)["points"], 3)

    def test_text_tells_the_story(self):
        result = run("report", "--limit=320MiB", trace("lateleak", "gctrace.log"))
        self.assertEqual((result.status, result.err), (0, ""))
        for part in ("heap peak       331 MiB at +0:30.40", "103 % of the 320 MiB limit",
                     "longest pause", "GC CPU share", "heap.live", "█"):
            self.assertIn(part, result.out)
        self.assert_clean(result)

    def test_text_begins_with_the_verdict(self):
        result = run("report", trace("lateleak"))
        self.assertTrue(result.out.startswith(
            "VERDICT  OOM-KILLED  killed for want of memory at its 320 MiB limit"))
        for part in ("\nEVENTS ", "\n  critical  oom-killed ", "\n  critical  pre-oom ",
                     "; -v lists them", "\nPOST-MORTEM  process 1 lab, killed at +0:31.",
                     "  Go's heap: of the 320 MiB limit 183 MiB lived",
                     "    live heap                      183 MiB", "what to do: "):
            self.assertIn(part, result.out)
        self.assert_clean(result)
        self.assertIn("VERDICT  healthy  nothing grows", run("report", trace("steady")).out)

    def test_text_of_the_living_says_what_to_do(self):
        text = run("report", "--to=27s", trace("lateleak")).out
        self.assertTrue(text.startswith("VERDICT  PRE-OOM  "))
        self.assertIn("\nFORECAST as of +0:2", text)
        self.assertIn(" 320 MiB limit (cgroup) in ", text)
        self.assertIn("\nWHAT TO DO\n  pre-oom: ", text)
        self.assertNotIn("POST-MORTEM", text)

    def test_verbose_lists_every_event(self):
        for name in ("lateleak", "steady"):
            events = self.json(trace(name))["events"]
            text = run("report", "-v", trace(name), env={"COLUMNS": "120"}).out
            for severity in SEVERITIES:
                lines = [x for x in text.splitlines() if x.startswith("  %s " % severity)]
                self.assertEqual(len(lines),
                                 sum(e["severity"] == severity for e in events), severity)
            self.assertNotIn("-v lists them", text)

    def test_text_fits_its_width(self):
        for columns in (80, 100, 120):
            for sources in ([trace("gctrace", "gen-go1.26-memlimit.log")],
                            [trace("lateleak", "gctrace.log")], [trace("lateleak")],
                            ["--to=27s", trace("lateleak")], ["-v", trace("upload")],
                            [trace("steady")]):
                for env in ({}, {"LC_ALL": "C"}):
                    result = run("report", *sources, env={"COLUMNS": str(columns), **env})
                    for line in result.lines:
                        # The table of -v has every figure, however many cells that takes.
                        if "-v" not in sources or line.startswith(("VERDICT", "  critical")):
                            self.assertLessEqual(len(line), columns, line)

    def test_text_without_utf8_is_ascii(self):
        log = self.file("h\u00e9ap.log", log_of(20))
        result = run("report", log, env={"LC_ALL": "C"})
        self.assertEqual(result.status, 0)
        self.assertTrue(result.out.isascii(), result.out)
        self.assertIn("@", result.out)
        for args in ([], ["--to=27s"]):
            result = run("report", *args, trace("lateleak"), env={"LC_ALL": "C"})
            self.assertTrue(result.out.isascii(), result.out)
            self.assertIn("VERDICT  ", result.out)

    def test_color_when_asked(self):
        log = self.file("x.log", log_of(20))
        self.assertNotIn("\x1b", run("report", log).out)
        self.assertIn("\x1b[1m", run("report", "--color=always", log).out)
        killed = run("report", "--color=always", trace("lateleak")).out
        self.assertIn("\x1b[1;31mOOM-KILLED\x1b[0m", killed)
        self.assertIn("\x1b[1;31mcritical", killed)
        self.assertNotIn("\x1b", run("report", "--color=never", log).out)

    def test_verbose_lists_every_series(self):
        log = trace("lateleak", "gctrace.log")
        every = {s["name"] for s in self.json(log)["series"]}
        text = run("report", "-v", log).out
        for name in every:
            self.assertIn("\n  %s " % name[:24], text)


    def test_hostile_names(self):
        """What a kernel log calls a process reaches no terminal as it is."""
        name = b"a\x1b]0;x\xe2\x80\xaeb"
        log = self.file("dmesg", (
            b"[ 1000.000001] memory: usage 327680kB, limit 327680kB, failcnt 9\n"
            b"[ 1000.000002] oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,"
            b"mems_allowed=0,oom_memcg=/a,task_memcg=/a,task=%s,pid=4711,uid=0\n"
            b"[ 1000.000003] Memory cgroup out of memory: Killed process 4711 (%s) "
            b"total-vm:9000000kB, anon-rss:320000kB, file-rss:7000kB, shmem-rss:0kB, UID:0 "
            b"pgtables:800kB oom_score_adj:0\n" % (name, name)))
        for args in ([], ["--json"], ["-v"]):
            result = run("report", *args, log)
            self.assert_clean(result)
            self.assertIn("x1b]0;x", result.out)


if __name__ == "__main__":
    main()
