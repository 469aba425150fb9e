"""The command line: help, misuse, exit status."""

import json
import os
import signal
import subprocess

from harness import HEAPREEL, Case, main, run, trace


class Usage(Case):
    def test_help_goes_to_standard_output(self):
        for args in (["--help"], ["help"], ["-h"], ["help", "report"], ["report", "--help"]):
            result = run(*args)
            self.assertEqual((result.status, result.err), (0, ""), args)
            self.assertIn("Usage: heapreel", result.out)

    def test_help_fits_80_columns(self):
        for topic in ("open", "report", "check", "snapshot", "export", "detect",
                      "record", "run", "formats", "help"):
            for line in run("help", topic).lines + run("--help").lines:
                self.assertLessEqual(len(line), 80, line)

    def test_help_offers_only_what_exists(self):
        text = run("--help").out
        for command in ("open", "report", "check", "snapshot", "export", "detect",
                        "record", "run", "formats"):
            self.assertIn("\n  %s " % command, text)
            self.assertEqual(run("help", command).status, 0)
        for command in ("fleet", "profile"):
            self.assertNotIn("\n  %s " % command, text)

    def test_help_without_utf8_is_ascii(self):
        result = run("--help", env={"LC_ALL": "C"})
        self.assertTrue(result.out.isascii())

    def test_version(self):
        result = run("--version")
        self.assertEqual(result.status, 0)
        self.assertRegex(result.out, r"^heapreel \d+\.\d+\.\d+\n$")

    def test_misuse(self):
        for args, part in (
            ([], "no SOURCE given"),
            (["report"], "no SOURCE given"),
            (["check"], "no SOURCE given"),
            (["check", "--fail-on=info", "x.log"], "notice, warning or critical"),
            (["report", "--fail-on=notice", "x.log"], "does not go with report"),
            (["record", "x.log"], "record wants -o FILE"),
            (["report", "--html=x", "x.log"], "is not part of this version"),
            (["help", "fleet"], "no help on 'fleet'"),
            (["help", "reprt"], "did you mean 'report'?"),
            (["reprot", "x.log"], "did you mean 'report'?"),
            (["report", "--jason", "x.log"], "did you mean --json?"),
            (["export", "x.log"], "--format=csv"),
            (["report", "--limit=many", "x.log"], "such as 512MiB"),
            (["report", "--form\x1b]0;x\x07at", "x.log"], "unknown option"),
            (["report", "http://localhost/debug/vars"], "a live source"),
            (["a.log", "vs", "b.log"], "comparing"),
        ):
            result = run(*args)
            self.assertEqual((result.status, result.out), (2, ""), args)
            self.assert_one_message(result, part)
            self.assert_clean(result)

    def test_formats(self):
        result = run("formats")
        self.assertEqual((result.status, result.err), (0, ""))
        for name in ("gctrace", "memstats", "gzip", "zstd", "docker", "cri", "journald"):
            self.assertIn("\n  %s" % name, result.out)

    def test_prefix(self):
        log = trace("wrapped", "custom.log")
        pattern = r"(?<time>[^|]*)\|(?<source>[^|]*)\|[A-Z]*\|"
        result = run("report", "--json", "--prefix=" + pattern, log)
        if "PCRE2" in result.err:
            self.skipTest("built without PCRE2")
        self.assertEqual((result.status, result.err), (0, ""))
        report = json.loads(result.out)
        self.assertEqual(report["sources"][0]["wrapping"], "prefix")
        self.assertEqual(report["span"]["t"][:19], "2026-11-21T02:03:57")
        for bad, part in (
            ("(?<time>a", "at its end (byte 10)"),
            ("a)b", "at ')b' (byte 2)"),
            ("[\x1b[31m", "--prefix wants a pattern"),
            ("", "--prefix wants"),
        ):
            result = run("report", "--prefix=" + bad, log)
            self.assertEqual((result.status, result.out), (2, ""), bad)
            self.assert_one_message(result, part)
            self.assert_clean(result)

    def test_window_that_makes_no_sense(self):
        log = trace("lateleak", "gctrace.log")
        for args, part in (
            (["--from=20s", "--to=10s"], "--from is not before --to"),
            (["--from=1h"], "--from is after the last record"),
            (["--to=2001-01-01T00:00:00Z"], "before"),
        ):
            result = run("report", *args, log)
            self.assertEqual((result.status, result.out), (2, ""), args)
            self.assert_one_message(result, part)

    def test_closed_pipe_ends_quietly(self):
        with subprocess.Popen(
            [HEAPREEL, "export", "--format=csv", trace("lateleak", "gctrace.log")],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        ) as child:
            child.stdout.close()
            self.assertEqual(child.stderr.read(), b"")
            self.assertEqual(child.wait(), -signal.SIGPIPE)

    def test_full_disk_is_said(self):
        if not os.path.exists("/dev/full"):
            self.skipTest("this system has no /dev/full")
        with open("/dev/full", "wb") as full:
            done = subprocess.run([HEAPREEL, "formats"], stdout=full, check=False,
                                  stderr=subprocess.PIPE)
        self.assertEqual(done.returncode, 3)
        self.assertIn(b"standard output", done.stderr)


if __name__ == "__main__":
    main()
