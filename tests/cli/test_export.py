"""export: csv, ndjson and OpenMetrics say the same as the report."""

import csv
import json
import re

from harness import Case, main, run, trace

LOG = trace("lateleak", "gctrace.log")
TWO = [LOG, trace("lateleak", "memstats.ndjson.zst")]
SAMPLE = re.compile(
    r'^([a-zA-Z_:][a-zA-Z0-9_:]*)\{process="(\d+)"\} (\S+) (-?\d+(?:\.\d+)?)$'
)


def rows_of_csv(result):
    return [
        (r["t"], r["offset_s"], int(r["process"]), r["series"], float(r["value"]))
        for r in csv.DictReader(result.lines)
    ]


def rows_of_ndjson(result):
    rows = [json.loads(line) for line in result.lines]
    return [
        (r["t"] or "", r["offset_s"], r["process"], r["series"], float(r["value"]))
        for r in rows
    ]


class Export(Case):
    def export(self, name, *args, stdin=b"", status=0):
        result = run("export", "--format=" + name, *args, stdin=stdin)
        self.assertEqual(result.status, status, result.err)
        return result

    def check_openmetrics(self, text):
        """The rules of OpenMetrics 1.0 that a reader refuses input over."""
        self.assertTrue(text.endswith("# EOF\n"))
        done, family, kind, unit, last = set(), None, None, "", {}
        for line in text.splitlines()[:-1]:
            if line.startswith("# TYPE "):
                family, kind, unit, last = line.split()[2], line.split()[3], "", {}
                self.assertNotIn(family, done, "a family in two places")
                self.assertIn(kind, ("gauge", "counter"))
                done.add(family)
            elif line.startswith("# UNIT "):
                self.assertEqual(line.split()[2], family)
                unit = line.split()[3]
                self.assertTrue(family.endswith("_" + unit), line)
            elif line.startswith("# HELP "):
                self.assertEqual(line.split()[2], family)
            else:
                name, process, value, time = SAMPLE.match(line).groups()
                self.assertEqual(name, family + ("_total" if kind == "counter" else ""))
                float(value)
                self.assertGreater(float(time), last.get(process, -1.0), line)
                last[process] = float(time)
        return done

    def test_csv_and_ndjson_agree(self):
        for sources in ([LOG], TWO):
            flat, lines = self.export("csv", *sources), self.export("ndjson", *sources)
            table = rows_of_csv(flat)
            self.assertEqual(flat.lines[0], "t,offset_s,process,series,value")
            self.assertEqual(
                [(t, float(o), *rest) for t, o, *rest in table],
                [(t, float(o), *rest) for t, o, *rest in rows_of_ndjson(lines)],
            )
            offsets = [float(row[1]) for row in table]
            self.assertEqual(offsets, sorted(offsets))

    def test_same_figures_as_the_report(self):
        report = json.loads(run("report", "--json", *TWO).out)
        table = rows_of_csv(self.export("csv", *TWO))
        for series in report["series"]:
            values = [r[4] for r in table if r[3] == series["name"]]
            self.assertEqual(
                (len(values), values[0], values[-1], min(values), max(values)),
                tuple(series[k] for k in ("points", "first", "last", "min", "max")),
                series["name"],
            )
        self.assertEqual({r[3] for r in table}, {s["name"] for s in report["series"]})

    def test_no_wall_clock(self):
        log = b"gc 1 @1.000s 1%: 0.04+2.0+0.003 ms clock, 0.09+0.1/0.1/1+0.07 ms cpu, " \
              b"4->5->2 MB, 5 MB goal, 2 P\n"
        self.assertTrue(self.export("csv", "-", stdin=log).lines[1].startswith(",0,1,"))
        row = json.loads(self.export("ndjson", "-", stdin=log).lines[0])
        self.assertEqual((row["t"], row["offset_s"]), (None, 0))
        result = self.export("openmetrics", "-", stdin=log)
        self.assert_one_message(result, "no wall clock known")
        self.check_openmetrics(result.out)
        quiet = self.export("openmetrics", "-q", "-", stdin=log)
        self.assertEqual(quiet.err, "")

    def test_openmetrics_is_valid(self):
        for sources in ([LOG], TWO, [trace("gctrace", "log2csv-go10-to-go14-single-lines.log")],
                        [trace("gctrace", "public-go118-go-test-many-processes.log")]):
            families = self.check_openmetrics(self.export("openmetrics", *sources).out)
            self.assertIn("heap_live_bytes", families)
            self.assertIn("gc_cycles", families)

    def test_openmetrics_has_every_value(self):
        flat = rows_of_csv(self.export("csv", LOG))
        samples = [l for l in self.export("openmetrics", LOG).lines if l[0] != "#"]
        self.assertEqual(len(samples), len(flat))
        pauses = [float(SAMPLE.match(l)[3]) for l in samples if l.startswith("gc_pause_")]
        self.assertEqual(
            [round(p * 1e9) for p in pauses], [r[4] for r in flat if r[3] == "gc.pause"]
        )

    def test_window(self):
        rows = rows_of_csv(self.export("csv", "--from=10s", "--to=20s", LOG))
        self.assertTrue(rows)
        self.assertTrue(all(10 <= float(r[1]) < 20 for r in rows))
        text = self.export("openmetrics", "--from=10s", "--to=20s", LOG).out
        self.assertEqual(sum(l[0] != "#" for l in text.splitlines()), len(rows))

    def test_names_from_inputs_are_harmless(self):
        snapshot = (
            b'{"time":"2026-11-21T01:00:0%d.000000000Z","HeapAlloc":1000,"Sys":5000,'
            b'"HeapSys":4000,"HeapIdle":1,"HeapInuse":2,"NumGC":1,"LastGC":0,"NextGC":4000,'
            b'"e\\u001b]0;x\\u0007vil,\\"name":7,"e_vil":8,"e.vil":9}\n'
        )
        log = b"".join(snapshot % i for i in range(3))
        for name in ("csv", "ndjson", "openmetrics"):
            result = self.export(name, "-", stdin=log)
            self.assert_clean(result)
            if name == "openmetrics":
                self.check_openmetrics(result.out)
        self.assertEqual(
            rows_of_csv(self.export("csv", "-", stdin=log)),
            rows_of_ndjson(self.export("ndjson", "-", stdin=log))
            and rows_of_csv(self.export("csv", "-", stdin=log)),
        )

    def test_nothing_read_is_still_a_valid_file(self):
        empty = self.file("empty.log", b"")
        self.assertEqual(
            self.export("csv", empty, status=3).lines, ["t,offset_s,process,series,value"]
        )
        self.assertEqual(self.export("ndjson", empty, status=3).out, "")
        self.assertEqual(self.export("openmetrics", "-q", empty, status=3).out, "# EOF\n")


if __name__ == "__main__":
    main()
