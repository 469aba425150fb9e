"""Runs heapreel from outside, as a script would.

Usage of a test file: test_NAME.py HEAPREEL TRACES. It ends with the closing line that
Criterion programs print, so that tools/count_tests counts its tests too.
"""

import os
import subprocess
import sys
import tempfile
import unittest

HEAPREEL, TRACES = sys.argv[1], sys.argv[2]

# Nothing that an input or a file name says may reach the terminal as these.
CONTROLS = [chr(c) for c in list(range(32)) + list(range(127, 160)) if chr(c) != "\n"]
CONTROLS += ["\u200b", "\u202e", "\u2066", "\ufeff"]


class Result:
    def __init__(self, done):
        self.status = done.returncode
        self.raw = done.stdout
        self.out = done.stdout.decode("utf-8")
        self.err = done.stderr.decode("utf-8")

    @property
    def lines(self):
        return self.out.splitlines()

    @property
    def messages(self):
        return self.err.splitlines()


def run(*args, stdin=b"", env=None):
    environment = dict(os.environ, LC_ALL="C.UTF-8", TZ="UTC", COLUMNS="100")
    environment.update(env or {})
    return Result(
        subprocess.run(
            [HEAPREEL, *args], input=stdin, capture_output=True, env=environment,
            timeout=60, check=False,
        )
    )


def trace(*names):
    return os.path.join(TRACES, *names)


class Case(unittest.TestCase):
    """A test with a folder of its own and a look at what was printed."""

    def setUp(self):
        holder = tempfile.TemporaryDirectory(prefix="heapreel-test-")
        self.addCleanup(holder.cleanup)
        self.folder = holder.name

    def file(self, name, content):
        path = os.path.join(os.fsencode(self.folder), os.fsencode(name))
        with open(path, "wb") as out:
            out.write(content)
        return path

    def assert_clean(self, result):
        for text in (result.out, result.err):
            for control in CONTROLS:
                self.assertNotIn(control, text, "U+%04X was printed" % ord(control))

    def assert_one_message(self, result, *parts):
        self.assertEqual(len(result.messages), 1, result.err)
        self.assertTrue(result.err.startswith("heapreel: "), result.err)
        for part in parts:
            self.assertIn(part, result.err)


def main():
    suite = unittest.defaultTestLoader.loadTestsFromModule(sys.modules["__main__"])
    result = unittest.TextTestRunner(verbosity=2).run(suite)
    bad = len(result.failures) + len(result.errors)
    for test, reason in result.skipped:
        print("[SKIP] %s: %s" % (test.id(), reason))
    print(
        "Synthesis: Tested: %d | Passing: %d | Failing: %d | Crashing: 0"
        % (result.testsRun - len(result.skipped),
           result.testsRun - len(result.skipped) - bad, bad)
    )
    sys.exit(1 if bad or not result.testsRun else 0)
