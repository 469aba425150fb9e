"""run: a program that heapreel starts, and how it ends."""

import os
import signal
import sys

from live import (HEAPREEL, SERVICE, Commands, Live, Started, main, needs_service,
                  run, until)

# Everything that a terminal or a decoder would trip over.
BYTES = "bytes(range(256)) * 300"
SPEAKS = ("import sys\nsys.stdout.buffer.write(%s)\nsys.stderr.buffer.write(b'e' + %s)\n"
          % (BYTES, BYTES))


class Run(Live):
    def start(self, *argv, env=None, reel=True):
        self.reel = self.path("made.reel")
        return Started(self, [HEAPREEL, "run", *(["-o", self.reel] if reel else []), "--",
                              *argv], env)

    def python(self, text, **more):
        return self.start(sys.executable, "-c", text, **more)

    def test_exit_status(self):
        for status in (0, 1, 7, 255):
            self.assertEqual(self.start("sh", "-c", "exit %d" % status).end(), status)
            os.unlink(self.reel)

    def test_output_byte_for_byte(self):
        started = self.python(SPEAKS)
        self.assertEqual(started.end(), 0)
        expected = bytes(range(256)) * 300
        self.assertEqual(started.read(".out"), expected)
        self.assertTrue(started.read(".err").startswith(b"e" + expected))

    def test_godebug_is_extended(self):
        for given, expected in ((None, {"gctrace=1"}),
                                ("madvdontneed=1", {"madvdontneed=1", "gctrace=1"}),
                                ("gctrace=2,x=y", {"gctrace=2", "x=y"})):
            env = {} if given is None else {"GODEBUG": given}
            started = self.start("sh", "-c", 'echo "$GODEBUG"', env=env, reel=False)
            self.assertEqual(started.end(), 0)
            self.assertEqual(set(started.out.strip().split(",")), expected)

    def test_killed(self):
        started = self.start("sh", "-c", "echo up; kill -KILL $$")
        self.assertEqual(started.end(), 128 + signal.SIGKILL)
        self.assertEqual(started.out, "up\n")
        self.assertIn("heapreel: sh: killed by signal 9 (Killed)\n", started.err)

    def test_a_status_is_not_commented(self):
        started = self.start("sh", "-c", "exit 137", reel=False)
        self.assertEqual(started.end(), 137)
        self.assertEqual(started.err, "")

    @needs_service
    def test_the_report_says_that_it_was_killed(self):
        started = self.start("sh", "-c", "echo pid $$; exec \"$0\"", SERVICE)
        commands = Commands(started)
        for _ in range(4):
            commands.tell("gc")
        os.kill(int(commands.lines["pid"]), signal.SIGKILL)
        self.assertEqual(started.end(), 128 + signal.SIGKILL)
        self.assertRegex(run("report", self.reel).out.lower(), "kill|signal 9")

    def test_signals_reach_the_child(self):
        started = self.python(
            "import signal, sys\n"
            "signal.signal(signal.SIGTERM, lambda *_: sys.exit(9))\n"
            "print('up', flush=True)\n"
            "while True: signal.pause()\n")
        started.until("up", lambda: started.out == "up\n")
        started.send(signal.SIGTERM)
        self.assertEqual(started.end(), 9)

    def test_signals_that_mean_something_reach_the_child(self):
        numbers = [signal.SIGUSR1, signal.SIGUSR2, signal.SIGALRM, signal.SIGHUP,
                   signal.SIGQUIT, signal.SIGRTMIN, signal.SIGRTMAX]
        started = self.python(
            "import signal\n"
            "for number in %r:\n"
            "    signal.signal(number, lambda n, _: print(n, flush=True))\n"
            "print('up', flush=True)\n"
            "while True: signal.pause()\n" % [int(n) for n in numbers])
        expected = "up\n"
        started.until("up", lambda: started.out == expected)
        for number in numbers:
            started.send(number)
            expected += "%d\n" % number
            started.until("signal %d" % number, lambda: started.out == expected)
        started.send(signal.SIGTERM)
        self.assertEqual(started.end(), 128 + signal.SIGTERM)
        self.report(self.reel)

    def test_no_such_program(self):
        started = self.start("/nonexistent/program")
        self.assertNotEqual(started.end(), 0)
        self.assertIn("/nonexistent/program", started.err)
        self.assertFalse(os.path.exists(self.reel))

    def test_no_such_program_costs_no_recording(self):
        self.assertEqual(self.start("sh", "-c", "echo once").end(), 0)
        with open(self.reel, "rb") as reel:
            before = reel.read()
        self.assertEqual(self.start("/nonexistent/program").end(), 3)
        with open(self.reel, "rb") as reel:
            self.assertEqual(reel.read(), before)

    @needs_service
    def test_nothing_is_offered(self):
        started = self.start(SERVICE)
        commands = Commands(started)
        # Found out, the service is asked for what it has.
        commands.until_served("/debug/vars", 1)
        started.send(signal.SIGTERM)
        started.end()
        self.assertNotIn("add it as a source", started.err)

    @needs_service
    def test_a_service_is_traced(self):
        started = self.start(SERVICE)
        commands = Commands(started)
        for _ in range(10):
            commands.tell("step?bytes=%d" % (4 << 20))
            commands.tell("gc")
        started.until("cycles on its standard error",
                      lambda: started.err.count("(forced)") >= 10)
        try:
            commands.tell("exit?status=3")
        except OSError:
            pass  # it exits before it answers
        self.assertEqual(started.end(), 3)
        report = self.report(self.reel)
        self.assertEqual([p["end"] for p in report["processes"]], ["exit"])
        heap = [s for s in report["series"] if s["name"] == "heap.live"][0]
        self.assertGreaterEqual(heap["points"], 10)
        self.assertGreater(heap["last"], 36 << 20)

    @needs_service
    def test_a_crash_is_told(self):
        started = self.start(SERVICE)
        commands = Commands(started)
        commands.tell("gc")
        try:
            commands.tell("crash")
        except OSError:
            pass  # it may be gone before it answers
        self.assertEqual(started.end(), 2)
        report = self.report(self.reel)
        self.assertEqual([p["end"] for p in report["processes"]], ["fatal"])

    @needs_service
    def test_a_crash_before_the_first_collection(self):
        """Its log has nothing but its last words; /proc tells whose they are."""
        started = self.start(SERVICE)
        commands = Commands(started)
        # A heap this small is not collected by itself for minutes.
        until("a record of its memory", lambda: "mem.rss" in run("report", self.reel).out)
        try:
            commands.tell("crash")
        except OSError:
            pass  # it may be gone before it answers
        self.assertEqual(started.end(), 2)
        report = self.report(self.reel)
        self.assertEqual([p["end"] for p in report["processes"]], ["fatal"])
        self.assertIn("mem.rss", [s["name"] for s in report["series"]])
        told = " ".join(run("report", self.reel).out.split())
        self.assertIn("VERDICT healthy ended with a fatal error", told)
        self.assertIn("panic: assignment to entry in nil map", told)


if __name__ == "__main__":
    main()
