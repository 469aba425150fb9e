"""`heapreel detect`: tables of numbers in, change points out."""

import gzip
import json
import random

from harness import Case, main, run


def steps(count=200, at=100, height=20, seed=1):
    noise = random.Random(seed)
    return ["%.6f" % (noise.gauss(0, 1) + (height if i >= at else 0)) for i in range(count)]


def lines(rows):
    return ("\n".join(rows) + "\n").encode()


class Detect(Case):
    def detect(self, content, *options, status=0):
        result = run("detect", "--json", *options, "-", stdin=content)
        self.assertEqual(result.status, status, result.err)
        self.assert_clean(result)
        return json.loads(result.out), result

    def test_one_number_a_line(self):
        found, result = self.detect(lines(steps()))
        self.assertEqual(result.err, "")
        self.assertEqual(found["schema"], "heapreel.detect/1")
        self.assertEqual((found["n"], found["dimensions"]), (200, 1))
        self.assertEqual(found["changepoints"], [100])
        self.assertEqual([p["kind"] for p in found["points"]], ["level-shift"])
        self.assertEqual([(s["from"], s["to"]) for s in found["segments"]],
                         [(0, 100), (100, 200)])
        self.assertAlmostEqual(found["segments"][1]["mean"], 20, delta=0.5)

    def test_tables(self):
        rows = steps()
        for header, separator in (("t,y", ","), ("Time;y", ";"), ("day\ty", "\t")):
            axis = "2026-01-%02d" if header.startswith("day") else "%d"
            content = [header] + [axis % (i % 28 + 1) + separator + y
                                  for i, y in enumerate(rows)]
            found, result = self.detect("\r\n".join(content).encode())
            self.assertEqual(result.err, "", header)
            self.assertEqual((found["n"], found["dimensions"]), (200, 1), header)
            self.assertEqual(found["columns"], ["y"])
            self.assertEqual(found["changepoints"], [100], header)

    def test_several_columns(self):
        rows = ["a,b"] + [a + "," + b for a, b in zip(steps(), steps(seed=2, height=-9))]
        found, _ = self.detect(lines(rows))
        self.assertEqual((found["dimensions"], found["changepoints"]), (2, [100]))
        self.assertEqual(len(found["segments"][0]["mean"]), 2)

    def test_missing_values(self):
        rows = steps()
        rows[3], rows[50], rows[120] = "", "NaN", "null"
        found, result = self.detect(lines(rows))
        self.assertEqual((found["n"], found["changepoints"], result.err), (200, [100], ""))
        found, _ = self.detect(lines(["t,y"] + ["%d,%s" % (i, y)
                                                for i, y in enumerate(rows)]))
        self.assertEqual((found["n"], found["changepoints"]), (200, [100]))

    def test_what_is_no_number_is_located(self):
        rows = steps()
        rows[7] = "abc\x1b[31m"
        rows[9] = "1e999"
        found, result = self.detect(lines(rows))
        self.assertEqual((found["n"], found["skipped"]), (200, 2))
        self.assertEqual(found["changepoints"], [100])
        self.assertEqual(result.messages, ["heapreel: -:8: not a number",
                                           "heapreel: -:10: number too large"])
        self.assertEqual(self.detect(lines(rows), "-q")[1].err, "")
        found, result = self.detect(b"a,b\n1,2\n3\n4,5,6\n")
        self.assertEqual([m.split(": ", 2)[1:] for m in result.messages],
                         [["-:3", "fewer fields than columns"],
                          ["-:4", "more fields than columns"]])

    def test_odd_inputs(self):
        for content, count in ((b"", 0), (b"\n\n", 0), (b"5", 1), (b"1\n2\n", 2),
                               (b"y\n" + b"3\n" * 100, 100), (b"NaN\n" * 50, 50)):
            found, _ = self.detect(content)
            self.assertEqual((found["n"], found["changepoints"]), (count, []), content[:9])

    def test_unreadable(self):
        result = run("detect", "/nowhere/at/all")
        self.assertEqual((result.status, result.out), (3, ""))
        self.assert_one_message(result, "/nowhere/at/all: ")
        self.assertEqual(run("detect", "-", stdin=b"no\nnumbers\nhere\n").status, 3)
        for args in ([], ["a", "b"]):
            result = run("detect", *args)
            self.assertEqual(result.status, 2)
            self.assert_one_message(result, "one FILE")

    def test_compressed_and_cut(self):
        packed = gzip.compress(lines(steps()))
        self.assertEqual(self.detect(packed)[0]["changepoints"], [100])
        result = run("detect", "--json", "-", stdin=packed[:-200])
        self.assertIn(result.status, (0, 3))
        self.assertIn("heapreel: -@", result.err)

    def test_text(self):
        result = run("detect", "-", stdin=lines(["t,y"] + ["%d,%s" % (i, y) for i, y in
                                                           enumerate(steps())]))
        self.assertEqual((result.status, result.err), (0, ""))
        self.assertIn("-: 200 samples, 1 change point", result.out)
        self.assertIn("level-shift", result.out)
        ascii_only = run("detect", "-", stdin=lines(steps()), env={"LC_ALL": "C"})
        self.assertTrue(ascii_only.out.isascii())


if __name__ == "__main__":
    main()
