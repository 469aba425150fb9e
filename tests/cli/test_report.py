"""report: the text for people and the JSON for scripts."""

import gzip
import json
import math

from harness import Case, main, run, trace

KEYS = {
    "root": {"schema", "verdict", "span", "sources", "processes", "series", "events",
             "forecast", "profiles"},
    "source": {"path", "format", "compression", "wrapping", "records", "skipped", "errors"},
    "process": {"id", "go_version", "pid", "from_s", "to_s", "end"},
    "series": {"name", "unit", "points", "first", "last", "min", "max", "mean", "p50",
               "p99"},
}
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
            self.assertIsNone(report["verdict"])
            self.assertEqual(
                (report["events"], report["forecast"], report["profiles"]), ([], None, [])
            )
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

    def test_text_fits_its_width(self):
        for columns in (80, 100, 120):
            for args in ([], ["gctrace"]):
                sources = [trace(a) for a in args] or [trace("lateleak", "gctrace.log")]
                result = run("report", *sources, env={"COLUMNS": str(columns)})
                for line in result.lines:
                    self.assertLessEqual(len(line), columns, line)

    def test_text_without_utf8_is_ascii(self):
        log = self.file("h\u00e9ap.log", log_of(20))
        result = run("report", log, env={"LC_ALL": "C"})
        self.assertEqual(result.status, 0)
        self.assertTrue(result.out.isascii(), result.out)
        self.assertIn("@", result.out)

    def test_color_when_asked(self):
        log = self.file("x.log", log_of(20))
        self.assertNotIn("\x1b", run("report", log).out)
        self.assertIn("\x1b[1m", run("report", "--color=always", log).out)
        self.assertNotIn("\x1b", run("report", "--color=never", log).out)

    def test_verbose_lists_every_series(self):
        log = trace("lateleak", "gctrace.log")
        every = {s["name"] for s in self.json(log)["series"]}
        text = run("report", "-v", log).out
        for name in every:
            self.assertIn("\n  %s " % name[:24], text)


if __name__ == "__main__":
    main()
