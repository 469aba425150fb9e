"""record: what is left when the recorder, its disk or its terminal goes away."""

import os
import signal
import subprocess
import unittest

from live import Live, Recorder, Service, main, needs_service, run

VARS = "/debug/vars"
# The magic number that ends zstd's seek table, little endian.
SEEK_TABLE_END = bytes.fromhex("b1ea928f")


@needs_service
class Ends(Live):
    def record(self, polls, number):
        service = Service(self)
        recorder = Recorder(self, service.url())
        service.until_served(VARS, polls)
        recorder.stop(number)
        served = service.served(VARS)
        with open(recorder.reel, "rb") as reel:
            self.whole = reel.read().endswith(SEEK_TABLE_END)
        return recorder, served, self.points(self.report(recorder.reel), "heap.alloc")

    def test_each_signal_ends_it_cleanly(self):
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            recorder, served, points = self.record(10, number)
            self.assertEqual(recorder.process.returncode, 0, recorder.err)
            self.assertTrue(self.whole, "no seek table after %s" % number)
            self.assertGreaterEqual(points, served - 2)
            os.unlink(recorder.reel)

    def test_killed_it_loses_at_most_a_second(self):
        recorder, served, points = self.record(40, signal.SIGKILL)
        self.assertEqual(recorder.process.returncode, -signal.SIGKILL)
        self.assertFalse(self.whole)
        # Ten polls a second, and one or two that were on their way.
        self.assertGreaterEqual(points, served - 12)

    def test_for_a_while(self):
        service = Service(self)
        reel = self.path("for.reel")
        result = run("record", "-o", reel, "--for", "2s", "--every", "100ms", service.url())
        self.assertEqual(result.status, 0, result.err)
        self.assertEqual(result.out, "")
        self.assertGreaterEqual(self.points(self.report(reel), "heap.alloc"), 5)

    def test_what_is_no_reel_is_left_alone(self):
        path = self.file("notes.txt", b"mine\n")
        service = Service(self)
        result = run("record", "-o", os.fsdecode(path), "--for", "1s", service.url())
        self.assertNotEqual(result.status, 0)
        with open(path, "rb") as notes:
            self.assertEqual(notes.read(), b"mine\n")


@needs_service
class FullDisk(Live):
    def setUp(self):
        super().setUp()
        self.disk = self.path("disk")
        os.mkdir(self.disk)
        try:
            done = subprocess.run(
                ["mount", "-t", "tmpfs", "-o", "size=1m", "none", self.disk],
                capture_output=True, text=True, check=False)
            trouble = done.stderr.strip() if done.returncode else None
        except OSError as error:
            trouble = str(error)
        if trouble:
            raise unittest.SkipTest("no small disk can be made here: " + trouble)
        self.addCleanup(subprocess.run, ["umount", "-l", self.disk], check=False)

    def test_stops_with_a_message(self):
        # Only a few blocks are left, so that a handful of polls fills them.
        with open(os.path.join(self.disk, "ballast"), "wb") as ballast:
            ballast.write(bytes((1 << 20) - 5 * 4096))
        service = Service(self)
        recorder = Recorder(self, service.url(), every="20ms",
                            reel=os.path.join(self.disk, "made.reel"))
        self.assertEqual(recorder.end(), 3, recorder.err)
        self.assertIn("no space left", recorder.err.lower())
        report = self.report(recorder.reel)
        self.assertGreaterEqual(self.points(report, "heap.alloc"), 1)


if __name__ == "__main__":
    main()
