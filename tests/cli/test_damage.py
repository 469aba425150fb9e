"""Bad input: a located message, and never at the cost of what was good."""

import bz2
import gzip
import json
import lzma
import os

from harness import Case, main, run, trace

with open(trace("lateleak", "gctrace.log"), "rb") as source:
    GOOD = source.read()
CYCLES = 69


class Damage(Case):
    def report(self, *args, stdin=b""):
        result = run("report", "--json", *args, stdin=stdin)
        self.assert_clean(result)
        return result, json.loads(result.out)

    def test_unreadable_does_not_stop_the_others(self):
        good = self.file("good.log", GOOD)
        for name, content in (
            ("empty.log", b""),
            ("junk.bin", bytes(range(256)) * 40),
            ("elf", b"\x7fELF\x02\x01\x01" + bytes(2000)),
            ("text", b"nothing to see here\n" * 100),
            ("x.bz2", bz2.compress(GOOD)),
        ):
            bad = self.file(name, content)
            result, report = self.report(bad, good)
            self.assertEqual(result.status, 3, name)
            self.assert_one_message(result, os.fsdecode(bad) + ": ")
            self.assertEqual(report["sources"][1]["records"], CYCLES)
            self.assertEqual({r["reason"] for r in report["sources"][0]["reasons"]},
                             {e["reason"] for e in report["sources"][0]["errors"]})

    def test_missing_file(self):
        result = run("report", os.path.join(self.folder, "none"))
        self.assertEqual((result.status, result.out), (3, ""))
        self.assert_one_message(result, "No such file or directory")

    def test_file_without_permission(self):
        if os.geteuid() == 0:
            self.skipTest("root may read everything")
        path = self.file("secret", GOOD)
        os.chmod(path, 0)
        result = run("report", path)
        self.assertEqual(result.status, 3)
        self.assert_one_message(result, "Permission denied")

    def test_folder_with_nothing_known(self):
        os.mkdir(os.path.join(self.folder, "d"))
        result = run("report", os.path.join(self.folder, "d"))
        self.assertEqual((result.status, result.out), (3, ""))
        self.assert_one_message(result)

    def test_truncated_and_corrupt_streams(self):
        for name, packed in (("gzip", gzip.compress(GOOD)), ("xz", lzma.compress(GOOD))):
            result, report = self.report("-", stdin=packed[: len(packed) * 3 // 4])
            if "is not built in" in result.err:
                continue
            self.assertIn("heapreel: -@%d: " % (len(packed) * 3 // 4), result.err, name)
            self.assertIn("cut off", result.err)
            errors = report["sources"][0]["errors"]
            self.assertTrue(any("offset" in e for e in errors), errors)
            broken = bytearray(packed)
            broken[len(packed) // 2] ^= 0xFF
            result, report = self.report("-", stdin=bytes(broken))
            self.assertIn("heapreel: -@", result.err, name)

    def test_truncated_stream_keeps_what_came_before(self):
        half = gzip.compress(GOOD)
        result, report = self.report("-", stdin=half[: len(half) * 3 // 4])
        self.assertEqual(result.status, 0)
        self.assertGreater(report["sources"][0]["records"], CYCLES // 2)

    def test_damaged_lines_are_located(self):
        lines = GOOD.splitlines(keepends=True)
        bad = lines[10].replace(b" MB goal", b"9999999999999999999999 MB goal")
        result, report = self.report("-", stdin=b"".join(lines[:10] + [bad] + lines[11:]))
        self.assertEqual(result.status, 0)
        self.assertRegex(result.err, r"^heapreel: -:11: ")
        self.assertEqual(report["sources"][0]["skipped"], 1)
        self.assertEqual(report["sources"][0]["errors"][0]["line"], 11)

    def test_many_of_a_kind_are_counted(self):
        lines = GOOD.splitlines(keepends=True)
        bad = lines[10].replace(b" MB goal", b"9999999999999999999999 MB goal")
        result, report = self.report("-", stdin=b"".join(lines + [bad] * 100))
        self.assertEqual(sum(r["count"] for r in report["sources"][0]["reasons"]), 100)
        self.assertRegex(result.err, r"heapreel: -: … and 84 more of: ")
        self.assertLess(len(result.messages), 20)
        quiet = run("report", "-q", "-", stdin=b"".join(lines + [bad] * 100))
        self.assertEqual(quiet.err, "")
        self.assertIn("(100)", quiet.out)

    def test_hostile_excerpts_and_names(self):
        lines = GOOD.splitlines(keepends=True)
        bad = lines[5].rstrip(b"\n").replace(b"goal", b"\x1b[2J\x9b2J\xe2\x80\xae\x00goal")
        name = b"\x1b]0;owned\x07\xff\xe2\x80\x8b.log"
        path = self.file(name, b"".join(lines[:5] + [bad + b"\n"] + lines[6:]))
        for args in (["report", "-v"], ["report", "--json"], ["export", "--format=csv"],
                     ["report", "--color=never"]):
            result = run(*args, path)
            self.assertEqual(result.status, 0, result.err)
            self.assert_clean(result)
        self.assertIn("\\x1b]0;owned\\x07\\xff\\u{200b}.log", run("report", path).out)
        result = run("report", b"/nowhere/" + name)
        self.assertEqual(result.status, 3)
        self.assert_clean(result)
        ascii_only = run("report", path, env={"LC_ALL": "C"})
        self.assertTrue((ascii_only.out + ascii_only.err).isascii())

    def test_very_long_line(self):
        line = b"x" * (8 << 20) + b"\n"
        result, report = self.report("-", stdin=GOOD + line + GOOD)
        self.assertEqual(result.status, 0, result.err)
        self.assertEqual(report["sources"][0]["records"], 2 * CYCLES)

    def test_log_cut_in_the_middle_of_a_line(self):
        result, report = self.report("-", stdin=GOOD[: len(GOOD) - 60])
        self.assertEqual(result.status, 0)
        self.assertGreaterEqual(report["sources"][0]["records"], CYCLES - 1)
        self.assertIn("heapreel: -:", result.err)

    def test_forced_format_on_the_wrong_input(self):
        result = run("report", "--format=memstats", "-", stdin=GOOD)
        self.assert_clean(result)
        self.assertIn(result.status, (0, 3))
        self.assertNotEqual(result.err, "")


if __name__ == "__main__":
    main()
