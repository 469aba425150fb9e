"""record: what is left when the recorder, its disk or its terminal goes away."""

import json
import os
import signal
import subprocess
import unittest

from live import Live, Recorder, Service, main, needs_service, run

VARS = "/debug/vars"
# The magic number that ends zstd's seek table, little endian.
SEEK_TABLE_END = bytes.fromhex("b1ea928f")
# … and the one before each part.
FRAME = bytes.fromhex("28b52ffd")


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

    def test_one_of_which_nothing_can_be_read(self):
        recorder, _, _ = self.record(10, signal.SIGINT)
        with open(recorder.reel, "rb") as reel:
            parts = reel.read().split(FRAME)
        with open(recorder.reel, "wb") as reel:
            reel.write(FRAME.join(
                parts[:1] + [p[:6] + bytes([p[6] ^ 0xFF]) + p[7:] for p in parts[1:]]))
        for command in (["report"], ["check"], ["export", "--format=ndjson"]):
            result = run(*command, recorder.reel)
            self.assertEqual(result.status, 3, "%s\n%s" % (command, result.err))
            self.assertIn("nothing of it could be read", result.err)

    def test_what_is_no_reel_is_left_alone(self):
        path = self.file("notes.txt", b"mine\n")
        service = Service(self)
        result = run("record", "-o", os.fsdecode(path), "--for", "1s", service.url())
        self.assertNotEqual(result.status, 0)
        with open(path, "rb") as notes:
            self.assertEqual(notes.read(), b"mine\n")


    def test_signals_of_others_do_not_tear_it(self):
        service = Service(self)
        recorder = Recorder(self, service.url())
        for number in (signal.SIGUSR1, signal.SIGUSR2, signal.SIGALRM):
            service.until_served(VARS, service.served(VARS) + 3)
            recorder.send(number)
        service.until_served(VARS, service.served(VARS) + 3)
        self.stop_cleanly(recorder)
        self.assertGreaterEqual(self.points(self.report(recorder.reel), "heap.alloc"), 10)

    def test_what_is_refused_costs_no_recording(self):
        reel = self.path("made.reel")
        refused = (["pid:%d" % os.getpid(), "pid:2147483647"], ["http://[::1"],
                   ["--cacert=" + self.path("none.pem"), self.path("x.log")])
        for sources in refused:
            self.assertEqual(run("record", "-o", reel, *sources).status, 3)
            self.assertFalse(os.path.exists(reel), sources)
        service = Service(self)
        recorder = Recorder(self, service.url(), reel=reel)
        service.until_served(VARS, 3)
        self.stop_cleanly(recorder)
        with open(reel, "rb") as file:
            before = file.read()
        for sources in refused:
            result = run("record", "-o", reel, *sources)
            self.assertEqual(result.status, 3)
            self.assertEqual(len(result.err.splitlines()), 1, result.err)
            with open(reel, "rb") as file:
                self.assertEqual(file.read(), before, sources)

    def test_what_is_over_is_told(self):
        service = Service(self)
        recorder = Recorder(self, service.url(), self.path("app.log"))
        recorder.until("it waits", lambda: "app.log: does not exist yet" in recorder.err)
        self.file("app.log", b"a line\n")
        recorder.until("it is there", lambda: "app.log: is read now" in recorder.err)
        self.stop_cleanly(recorder)
        self.assertEqual(recorder.err.count("is read now"), 1, recorder.err)


KEEP = 64 << 10


@needs_service
class Keep(Live):
    def files(self):
        folder = self.path("kept")
        return sorted(os.path.join(folder, name) for name in os.listdir(folder))

    def finished(self):
        return [path for path in self.files() if os.path.basename(path) != "app.reel"]

    def size(self):
        total = 0
        for path in self.files():
            try:
                total += os.stat(path).st_size
            except FileNotFoundError:
                pass  # renamed or dropped meanwhile
        return total

    def keep(self, service):
        return Recorder(self, service.url(), "--keep=%d" % KEEP, every="10ms",
                        reel=os.path.join(self.path("kept"), "app.reel"))

    def test_stays_below_its_size_over_two_runs(self):
        os.mkdir(self.path("kept"))
        service = Service(self)
        seen = set()

        def has_seen(count):
            seen.update(self.finished())
            # They are looked at one after the other while one grows and another goes.
            self.assertLessEqual(self.size(), KEEP + KEEP // 8)
            return len(seen) >= count

        recorder = self.keep(service)
        recorder.until("files that come and go", lambda: has_seen(12))
        recorder.send(signal.SIGKILL)
        recorder.end()
        left = len(seen)
        recorder = self.keep(service)
        recorder.until("more of them", lambda: has_seen(left + 6))
        self.stop_cleanly(recorder)
        files = self.files()
        self.assertLessEqual(self.size(), KEEP)
        self.assertIn(recorder.reel, files)
        self.assertGreater(len(seen), len(files))
        # Each reads by itself, and together they are one session without a seam.
        # (The last may have been begun just before the end, and hold no poll yet.)
        alone = [s["points"] for path in files for s in self.report(path)["series"]
                 if s["name"] == "heap.alloc"]
        together = self.report(self.path("kept"))
        self.assertEqual(self.points(together, "heap.alloc"), sum(alone))
        self.assertEqual(len(self.series(together, "heap.alloc")), 1)
        self.assertEqual(
            self.series(self.report_of(files), "heap.alloc"),
            self.series(together, "heap.alloc"))

    def report_of(self, files):
        result = run("report", "--json", *reversed(files))
        self.assertEqual(result.status, 0, result.err)
        return json.loads(result.raw)

    def test_by_age(self):
        os.mkdir(self.path("kept"))
        service = Service(self)
        recorder = Recorder(self, service.url(), "--keep=8s",
                            reel=os.path.join(self.path("kept"), "app.reel"))
        recorder.until("files of a second each", lambda: len(self.finished()) >= 3)
        first = self.finished()[0]
        recorder.until("the first to go", lambda: not os.path.exists(first))
        self.stop_cleanly(recorder)
        self.assertLessEqual(len(self.files()), 10)


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
