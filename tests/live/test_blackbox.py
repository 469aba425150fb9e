"""record --watch: what happens the moment an event fires, and that a replay tells the same."""

import json
import os
import re

from live import PATIENCE_S, Live, Recorder, Service, Started, main, needs_service, run, until

VARS = "/debug/vars"
HEAP, ALLOCS, GOROUTINES = ("/debug/pprof/heap", "/debug/pprof/allocs",
                            "/debug/pprof/goroutine")
# Conditions that a command to the service makes true within a second.
RULES = """defaults = no
[much]
when = heap.alloc > 40MiB
kind = leak
severity = warning
message = the heap is {heap.alloc}
[more]
when = heap.alloc > 100MiB
kind = pre-oom
severity = critical
[crowd]
when = sched.goroutines > 0 for 3 samples
kind = goroutine-growth
severity = info
"""
ALL = ("oom-killed,fatal,restart,forced-gc,level-shift,slope-change,variance-change,spike,"
       "leak,pre-oom,gc-pressure,gc-thrash,goal-frozen,heap-spike,pause-outlier,"
       "assist-spike,goroutine-growth,offheap-growth,fragmentation,rule")
# "heapreel: +0:12.345 warning leak heap.live #1: the message"
TOLD = re.compile(r"heapreel: \+(?:(\d+)d)?(?:(\d+):)?(\d+):(\d+\.\d+) "
                  r"(info|notice|warning|critical) ([a-z-]+)((?: [^\s:]+)*): (.*)")


def told(recorder):
    """What was said of events as they were told: severity, kind, message, seconds."""
    events = []
    for line in recorder.err.splitlines():
        match = TOLD.fullmatch(line)
        if match:
            days, hours, minutes, seconds, severity, kind, _, message = match.groups()
            at = ((int(days or 0) * 24 + int(hours or 0)) * 60 + int(minutes)) * 60
            events.append((severity, kind, message, at + float(seconds)))
    return events


class Blackbox(Live):
    def setUp(self):
        super().setUp()
        self.hooked = self.path("hooked")
        self.rules = os.fsdecode(self.file("rules.ini", RULES.encode()))

    def watch(self, *sources, rules=True, hook=None, every="50ms", more=()):
        return Recorder(
            self, "--watch", "-v", *(["--rules", self.rules] if rules else []),
            "--exec", hook or "cat >> '%s'" % self.hooked, *more, "--", *sources,
            every=every)

    def lines(self):
        """What the hook was given so far, whole lines."""
        try:
            with open(self.hooked, encoding="utf-8") as f:
                return [json.loads(line) for line in f if line.endswith("\n")]
        except FileNotFoundError:
            return []

    def kinds(self):
        return [line["event"]["kind"] for line in self.lines()]

    def events(self, recorder, *options):
        result = run("report", "--json", *options, recorder.reel)
        self.assertEqual(result.status, 0, result.err)
        return json.loads(result.raw)["events"]

    def assert_same(self, recorder, *options):
        """The recording tells all that was told, and when, and nothing else."""
        events = self.events(recorder, *options)
        live = sorted(told(recorder))
        replayed = sorted((e["severity"], e["kind"], e["message"], e["detected_s"])
                          for e in events)
        self.assertEqual([e[:3] for e in live], [e[:3] for e in replayed], recorder.err)
        for at, again in zip(live, replayed):
            self.assertAlmostEqual(at[3], again[3], delta=0.0011, msg=recorder.err)
        for line in self.lines():
            self.assertIn(line["event"], self.as_then(events, line["event"]))
        return events

    def as_then(self, events, then):
        """Events that may have ended since, as if they had not."""
        return [dict(e, end_s=then["end_s"]) for e in events]


@needs_service
class Rules(Blackbox):
    def test_it_captures_and_tells(self):
        service = Service(self)
        recorder = self.watch(service.url())
        service.until_served(VARS, 5)
        self.assertEqual(service.served(HEAP), 0)
        service.tell("step?bytes=%d" % (60 << 20))
        recorder.until("the hook", lambda: self.kinds() == ["leak"])
        for path in (HEAP, ALLOCS, GOROUTINES):
            service.until_served(path, 1)
        self.stop_cleanly(recorder)
        line = self.lines()[0]
        self.assertEqual(line["schema"], "heapreel.event/1")
        self.assertEqual(line["recording"], recorder.reel)
        self.assertIn(service.url(), line["sources"])
        self.assertTrue(line["process"]["id"])
        self.assertEqual(line["event"]["rule"], "much")
        self.assertRegex(line["event"]["message"], "^the heap is [0-9.]+ MiB$")
        self.assert_same(recorder, "--rules", self.rules)
        profiles = self.report(recorder.reel)["profiles"]
        self.assertGreaterEqual(len(profiles), 3, profiles)
        for profile in profiles:
            self.assertGreaterEqual(profile["t"], line["event"]["t"])
        self.assertLessEqual({"heap", "allocs", "goroutine"},
                             {p["kind"] for p in profiles})

    def test_only_what_was_asked_for(self):
        service = Service(self)
        recorder = self.watch(service.url(), more=["--on=pre-oom"])
        service.until_served(VARS, 5)
        service.tell("step?bytes=%d" % (60 << 20))
        recorder.until("the leak", lambda: any(e[1] == "leak" for e in told(recorder)))
        service.tell("step?bytes=%d" % (60 << 20))
        recorder.until("the hook", lambda: self.kinds() == ["pre-oom"])
        self.stop_cleanly(recorder)
        self.assertEqual(self.kinds(), ["pre-oom"])
        self.assert_same(recorder, "--rules", self.rules)

    def test_a_quiet_service_sets_nothing_off(self):
        service = Service(self)
        recorder = self.watch(service.url(), rules=False)
        service.until_served(VARS, 60)
        self.stop_cleanly(recorder)
        self.assertEqual(self.lines(), [], recorder.err)
        self.assertEqual(service.served(HEAP), 0)
        self.assert_same(recorder)

    def test_a_hook_that_hangs_stops_nothing(self):
        service = Service(self)
        recorder = self.watch(service.url(), hook="echo begun >&2; sleep 1000")
        service.until_served(VARS, 5)
        service.tell("step?bytes=%d" % (60 << 20))
        recorder.until("the hook", lambda: "begun\n" in recorder.err)
        service.until_served(VARS, service.served(VARS) + 20)
        # It is given a few seconds, and then not waited for.
        self.stop_cleanly(recorder)
        self.assertGreaterEqual(self.points(self.report(recorder.reel), "heap.alloc"), 20)

    def test_a_hook_that_fails_is_said(self):
        service = Service(self)
        recorder = self.watch(service.url(), hook="exit 3")
        service.until_served(VARS, 5)
        service.tell("step?bytes=%d" % (120 << 20))
        recorder.until("how", lambda: "heapreel: --exec: exit 3\n" in recorder.err)
        recorder.until("both", lambda: len(
            [e for e in told(recorder) if e[1] in ("leak", "pre-oom")]) == 2)
        self.stop_cleanly(recorder)
        self.assertEqual(recorder.err.count("--exec: exit 3"), 1)

    def test_once_a_minute(self):
        service = Service(self)
        rules = RULES + "[also]\nwhen = heap.inuse > 50MiB\nkind = leak\n"
        self.rules = os.fsdecode(self.file("rules.ini", rules.encode()))
        recorder = self.watch(service.url())
        service.until_served(VARS, 5)
        service.tell("step?bytes=%d" % (60 << 20))
        recorder.until("both", lambda: len(
            [e for e in told(recorder) if e[1] == "leak"]) == 2)
        recorder.until("that it is held back",
                       lambda: "leak: --exec is held back" in recorder.err)
        self.stop_cleanly(recorder)
        self.assertEqual(self.kinds(), ["leak"])
        self.assertEqual(recorder.err.count("are captured"), 1, recorder.err)
        self.assert_same(recorder, "--rules", self.rules)


@needs_service
class Several(Blackbox):
    def test_a_replay_tells_nothing_that_was_not_told(self):
        """Sources are joined on the way, and what was found of each is found anew."""
        service = Service(self, env={"GODEBUG": "gctrace=1"})
        address = service.commands.address
        recorder = self.watch(service.url(""), "pid:%d" % service.process.pid,
                              service.base + ".err", rules=False,
                              more=["--on", ALL, "--limit=512MiB"])
        service.until_served(VARS, 40)
        service.tell("leak?rate=%d" % (16 << 20))
        service.until_served(VARS, 160)
        service.kill()
        again = Service(self, "-listen", address)
        again.until_served(VARS, 20)
        again.tell("step?bytes=%d" % (80 << 20))
        again.until_served(VARS, 60)
        self.stop_cleanly(recorder)
        was_told = told(recorder)
        events = self.events(recorder, "--limit=512MiB")
        self.assertGreaterEqual(len(events), 3, recorder.err)
        self.assertIn("restart", [e["kind"] for e in events])
        for event in events:
            same = [e for e in was_told
                    if e[:3] == (event["severity"], event["kind"], event["message"])
                    and abs(e[3] - event["detected_s"]) < 0.0011]
            self.assertTrue(same, "%s not in %s" % (event, recorder.err))


class Logs(Blackbox):
    def gc(self, number, at_s, live):
        return (b"gc %d @%.3fs 1%%: 0.01+1.0+0.01 ms clock, 0.1+0.1/0.2/0.3+0.1 ms cpu, "
                b"%d->%d->%d MB, %d MB goal, 4 P\n" % (
                    number, at_s, live, live + 1, live, 2 * live))

    def until_followed(self, recorder):
        """What was there was read, and what comes is new."""
        until("a recording", lambda: os.path.exists(recorder.reel) and
              os.path.getsize(recorder.reel) > 200)

    def test_a_crash_and_a_restart(self):
        lines = [self.gc(n, n / 100, 20) for n in range(1, 40)]
        log = os.fsdecode(self.file("app.log", b"".join(lines[:20])))
        recorder = self.watch(log, more=["--on", ALL])
        self.until_followed(recorder)
        with open(log, "ab") as out:
            out.write(b"".join(lines[20:]))
            out.write(b"fatal error: runtime: out of memory\n\n"
                      b"goroutine 1 [running]:\nmain.main()\n\t/app/main.go:12 +0x1d\n")
            out.flush()
            recorder.until("the crash", lambda: "fatal" in self.kinds())
            out.write(b"".join(lines))
            out.flush()
            recorder.until("the restart", lambda: "restart" in self.kinds())
        self.stop_cleanly(recorder)
        self.assert_same(recorder, "--rules", self.rules)

    def test_an_old_log_sets_nothing_off(self):
        lines = b"".join(self.gc(n, n, 200) for n in range(1, 200))
        log = os.fsdecode(self.file("app.log", lines))
        with open(self.rules, "w", encoding="utf-8") as out:
            out.write("defaults = no\n[much]\nwhen = heap.live > 100MiB\nkind = leak\n"
                      "[more]\nwhen = heap.live > 500MiB\nkind = pre-oom\n")
        recorder = self.watch(log, more=["--on", ALL])
        self.until_followed(recorder)
        with open(log, "ab") as out:
            out.write(self.gc(200, 200, 600))
        recorder.until("the new one", lambda: "pre-oom" in self.kinds())
        self.stop_cleanly(recorder)
        self.assertEqual(self.kinds(), ["pre-oom"], recorder.err)


@needs_service
class Leak(Blackbox):
    def test_a_true_one(self):
        service = Service(self)
        recorder = self.watch(service.url(), rules=False, every="20ms",
                              more=["--limit=1GiB", "--on", ALL])
        service.until_served(VARS, 50)
        service.tell("leak?rate=%d" % (4 << 20))
        until(lambda: "the leak: " + recorder.err, lambda: "leak" in self.kinds(),
              3 * PATIENCE_S)
        service.until_served(GOROUTINES, 1)
        self.stop_cleanly(recorder)
        self.assert_same(recorder, "--limit=1GiB")


class Usage(Blackbox):
    def test_unknown_kinds(self):
        result = run("record", "-o", self.path("x.reel"), "--on=leak,leek", "pid:1")
        self.assertEqual(result.status, 2)
        self.assert_one_message(result, "'leek'", "leak, pre-oom, gc-pressure")
        self.assertFalse(os.path.exists(self.path("x.reel")))

    def test_what_nobody_looks_for(self):
        for option in ("--limit=1GiB", "--rules=" + self.rules):
            result = run("record", "-o", self.path("x.reel"), option, "pid:1")
            self.assertEqual(result.status, 2)
            self.assert_one_message(result, "--watch")

    def test_rules_are_read_first(self):
        rules = self.file("bad.ini", b"[x]\nwhen = heap.alloc >\n")
        result = run("record", "--watch", "-o", self.path("x.reel"), "--rules",
                     os.fsdecode(rules), "pid:1")
        self.assertEqual(result.status, 2)
        self.assertIn("bad.ini:2:", result.err)

    def test_without_services_there_is_nothing_to_capture(self):
        sleeper = Started(self, ["sleep", "1000"])
        with open(self.rules, "w", encoding="utf-8") as out:
            out.write("defaults = no\n[there]\nwhen = mem.rss > 0\nkind = rule\n")
        recorder = self.watch("pid:%d" % sleeper.process.pid, more=["--on=rule"])
        recorder.until("the hook", lambda: self.kinds() == ["rule"])
        self.stop_cleanly(recorder)
        self.assertEqual(self.lines()[0]["process"]["pid"], sleeper.process.pid)
        self.assertNotIn("captured", recorder.err)
        self.assert_same(recorder, "--rules", self.rules)


if __name__ == "__main__":
    main()
