"""Starts services and recorders of them, and waits for what they do.

Usage of a test file: test_NAME.py HEAPREEL TRACES [SERVICE]. SERVICE is the program of
service/; where there was no Go to build it, the tests that need it are skipped. Nothing
sleeps for a fixed time to be right: until() looks again until a condition holds.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
import unittest
import urllib.request

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "cli"))

from harness import HEAPREEL, Case, main, run  # noqa: E402 (found by the line above)

__all__ = ["DIRECT", "HEAPREEL", "SERVICE", "Commands", "Live", "Recorder", "Service",
           "Started", "main", "needs_service", "run", "until"]

SERVICE = sys.argv[3] if len(sys.argv) > 3 else ""
# A sanitized build on a busy machine may take this long for what takes no time.
PATIENCE_S = 30
# Commands to a service on this machine go to it, whatever proxy the environment names.
DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))
# It would reach what is started with GODEBUG and change what is tested.
ENVIRONMENT = {k: v for k, v in os.environ.items()
               if k != "GODEBUG" and not k.lower().endswith("_proxy")}
ENVIRONMENT.update(LC_ALL="C.UTF-8", TZ="UTC", COLUMNS="100")

needs_service = unittest.skipUnless(SERVICE, "no go, so no service to watch")


def until(what, condition, patience_s=PATIENCE_S):
    """The condition's first true value; what: says what was waited for in vain."""
    end = time.monotonic() + patience_s
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError("in vain: " + (what() if callable(what) else what))
        time.sleep(0.01)


class Started:
    """A program whose output goes to files in a folder, so that no pipe can fill up."""

    number = 0

    def __init__(self, test, argv, env=None, stdin=subprocess.DEVNULL, **more):
        Started.number += 1
        self.base = os.path.join(test.folder, "started-%d" % Started.number)
        with open(self.base + ".out", "wb") as out, open(self.base + ".err", "wb") as err:
            self.process = subprocess.Popen(
                argv, stdin=stdin, stdout=out, stderr=err,
                env=dict(ENVIRONMENT, **(env or {})), **more)
        self.name = " ".join(os.path.basename(a) for a in argv[:2])
        test.addCleanup(self.kill)

    def read(self, name):
        with open(self.base + name, "rb") as f:
            return f.read()

    @property
    def out(self):
        return self.read(".out").decode("utf-8", "replace")

    @property
    def err(self):
        return self.read(".err").decode("utf-8", "replace")

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()

    def send(self, number):
        self.process.send_signal(number)

    def end(self):
        """Its exit status, once it has one."""
        try:
            return self.process.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            raise AssertionError(self.name + " does not end: " + self.err) from None

    def until(self, what, condition):
        def holds():
            value = condition()
            if not value and self.process.poll() is not None:
                raise AssertionError("%s ended with %d before: %s\n%s" % (
                    self.name, self.process.returncode, what, self.err))
            return value

        return until(lambda: "%s\n%s" % (what, self.err), holds)


class Commands:
    """Tells a service what to do, by the address that it said."""

    def __init__(self, speaker):
        self.lines = lines = speaker.until(
            "its addresses", lambda: "\ncontrol " in speaker.out and speaker.out.endswith("\n")
            and dict(line.split() for line in speaker.out.splitlines()))
        self.address, self.control = lines["listening"], lines["control"]

    def tell(self, command):
        with DIRECT.open("http://%s/%s" % (self.control, command), timeout=PATIENCE_S) as got:
            return got.read()

    def stats(self):
        return json.loads(self.tell("stats"))

    def served(self, path):
        return self.stats()["Served"].get(path, 0)

    def faulted(self, path):
        return self.stats()["Faulted"].get(path, 0)

    def until_served(self, path, count):
        until("%d answers of %s" % (count, path), lambda: self.served(path) >= count)

    def until_faulted(self, path, count):
        until("%d faults of %s" % (count, path), lambda: self.faulted(path) >= count)


class Service(Started):
    def __init__(self, test, *args, env=None):
        super().__init__(test, [SERVICE, *args], env)
        self.commands = Commands(self)

    def __getattr__(self, name):
        return getattr(self.commands, name)

    def url(self, path="/debug/vars"):
        return "http://%s%s" % (self.commands.address, path)


class Recorder(Started):
    """heapreel record, ten times a second, since a test should not take long."""

    def __init__(self, test, *sources, reel=None, every="100ms", env=None, **more):
        self.reel = reel or os.path.join(test.folder, "made.reel")
        super().__init__(
            test, [HEAPREEL, "record", "-o", self.reel, "--every", every, *sources], env,
            **more)

    def stop(self, number=signal.SIGINT):
        self.send(number)
        return self.end()


class Live(Case):
    def setUp(self):
        super().setUp()
        # Even where a test fails, nothing it started outlives it: Case removes the folder.
        self.assertTrue(shutil.which(HEAPREEL) or os.path.exists(HEAPREEL), HEAPREEL)

    def path(self, name):
        return os.path.join(self.folder, name)

    def report(self, reel):
        result = run("report", "--json", reel)
        self.assertEqual(result.status, 0, result.err)
        self.assert_clean(run("report", reel))
        return json.loads(result.raw)

    def series(self, report, name):
        """All series of that name, one a process, in the order of the timeline."""
        found = [s for s in report["series"] if s["name"] == name]
        self.assertTrue(found, "no %s among %s" % (
            name, sorted({s["name"] for s in report["series"]})))
        return found

    def points(self, report, name):
        return sum(s["points"] for s in self.series(report, name))

    def times(self, reel, name):
        """When the points of a series are, in seconds from the start."""
        result = run("export", "--format=ndjson", reel)
        self.assertEqual(result.status, 0, result.err)
        rows = [json.loads(line) for line in result.lines]
        return [float(row["offset_s"]) for row in rows if row["series"] == name]

    def stop_cleanly(self, recorder, number=signal.SIGINT):
        self.assertEqual(recorder.stop(number), 0, recorder.err)
        self.assertLessEqual(len(recorder.err.splitlines()), 20, recorder.err)
