"""One service is one process on the timeline, whoever tells of it."""

import json
import os
import shutil
import sys

from live import (HEAPREEL, SERVICE, Commands, Live, Recorder, Service, Started, main,
                  needs_service, run, until)

MIB = 1 << 20
# The journal's export format of what a process writes into a file, until it is killed.
JOURNALCTL = """#!%s
import os, sys, time
told = 0
with open(%r) as log:
    while True:
        line = log.readline()
        if not line.endswith("\\n"):
            time.sleep(0.01)
            continue
        us = int(time.time() * 1000000)
        sys.stdout.write("__CURSOR=s=%%d\\n__REALTIME_TIMESTAMP=%%d\\n_PID=%d\\n"
                         "_TRANSPORT=stdout\\n_SYSTEMD_UNIT=api.service\\n"
                         "MESSAGE=%%s\\n\\n" %% (told, us, line.rstrip("\\n")))
        sys.stdout.flush()
        told += 1
        if told == 8:
            open(sys.argv[0] + ".told", "w").close()
"""


def size_of(path):
    return os.path.getsize(path) if os.path.exists(path) else 0


class Named(Service):
    """The service under a name that nothing else on this machine has."""

    def __init__(self, test, *args):
        name = test.path("hr%d" % os.getpid())
        if not os.path.exists(name):
            shutil.copy(SERVICE, name)
        Started.__init__(self, test, [name, *args])
        self.commands = Commands(self)


@needs_service
class Process(Live):
    def origin(self, service):
        return service.url("").rstrip("/")

    def pid(self, service):
        return service.process.pid

    def source(self, service):
        return "pid:%d" % self.pid(service)

    def having(self, report, name):
        """The processes that have the series, by their pids."""
        pids = {p["id"]: p["pid"] for p in report["processes"]}
        return [pids[s["process"]] for s in report["series"] if s["name"] == name]

    def assert_whole(self, report, pids):
        """These processes and no others, each with what all of its sources told."""
        self.assertEqual([p["pid"] for p in report["processes"]], pids, [
            (p["pid"], [s["name"] for s in report["series"] if s["process"] == p["id"]])
            for p in report["processes"]])
        for name in ("heap.alloc", "mem.rss", "x.proc.VmHWM"):
            self.assertEqual(self.having(report, name), pids, name)
        if self.having(report, "mem.cgroup"):  # not everywhere has a process one of its own
            self.assertEqual(self.having(report, "mem.cgroup"), pids)

    def recorded(self, services, *sources, polls=12):
        recorder = Recorder(self, *sources, "--profiles=1s")
        for service in services:
            service.until_served("/debug/vars", polls)
            service.until_served("/metrics", polls)
            service.until_served("/debug/pprof/heap", 2)
        self.stop_cleanly(recorder)
        return self.report(recorder.reel)

    def test_one_service(self):
        service = Service(self)
        report = self.recorded([service], self.source(service), self.origin(service))
        self.assert_whole(report, [self.pid(service)])
        self.assertEqual(len(self.having(report, "x.profile.heap.inuse_space")), 1)

    def test_its_log(self):
        service = Service(self, env={"GODEBUG": "gctrace=1"})
        for _ in range(3):
            service.tell("gc")
        recorder = Recorder(self, self.source(service), service.base + ".err")
        recorder.until("a recording", lambda: size_of(recorder.reel) > 300)
        before = size_of(recorder.reel)
        for _ in range(4):
            service.tell("gc")
        recorder.until("the log's lines", lambda: size_of(recorder.reel) > before + 500)
        self.stop_cleanly(recorder)
        report = self.report(recorder.reel)
        pid = self.pid(service)
        self.assertEqual([p["pid"] for p in report["processes"]], [pid])
        self.assertEqual(self.having(report, "heap.live"), [pid])
        self.assertEqual(self.having(report, "mem.rss"), [pid])

    def test_the_address_first(self):
        service = Service(self)
        report = self.recorded([service], self.origin(service), self.source(service))
        self.assert_whole(report, [self.pid(service)])

    def test_nobody_watches_the_process(self):
        service = Service(self)
        report = self.recorded([service], self.origin(service))
        self.assertEqual(len(report["processes"]), 1)
        self.assertEqual(report["processes"][0]["pid"], None)

    def test_one_endpoint_is_given(self):
        service = Service(self)
        recorder = Recorder(self, self.source(service), service.url("/debug/vars"))
        service.until_served("/debug/vars", 8)
        self.stop_cleanly(recorder)
        self.assert_whole(self.report(recorder.reel), [self.pid(service)])

    def test_a_unix_socket(self):
        path = self.path("socket")
        service = Service(self, "-unix", path)
        recorder = Recorder(self, self.source(service), "unix:" + path)
        service.until_served("/debug/vars", 8)
        self.stop_cleanly(recorder)
        self.assert_whole(self.report(recorder.reel), [self.pid(service)])

    def test_twins(self):
        """Two of one program that do the same at the same time stay two."""
        one, other = Service(self), Service(self)
        one.tell("step?bytes=%d" % (48 * MIB))
        report = self.recorded([one, other], self.source(other), self.origin(one),
                               self.source(one), self.origin(other))
        pids = [p["pid"] for p in report["processes"]]
        self.assertEqual(sorted(pids), sorted([self.pid(one), self.pid(other)]))
        self.assert_whole(report, pids)
        for name in ("heap.alloc", "mem.rss"):
            last = dict(zip(self.having(report, name),
                            [s["last"] for s in self.series(report, name)]))
            self.assertGreater(last[self.pid(one)], last[self.pid(other)] + 32 * MIB, name)

    def test_a_restart_is_another(self):
        first = Named(self)
        address = first.commands.address
        recorder = Recorder(self, "name:" + os.path.basename(first.process.args[0]),
                            self.origin(first), "--profiles=1s")
        first.tell("step?bytes=%d" % (24 * MIB))
        first.until_served("/debug/vars", 12)
        first.kill()
        second = Named(self, "-listen", address)
        second.until_served("/debug/vars", 25)
        second.until_served("/metrics", 25)
        self.stop_cleanly(recorder)
        self.assert_whole(self.report(recorder.reel), [self.pid(first), self.pid(second)])

    def test_a_name_is_waited_for(self):
        name = "hr%d" % os.getpid()
        recorder = Recorder(self, "name:" + name)
        recorder.until("it waits", lambda: "name:%s: no process of that name yet\n" % name
                       in recorder.err)
        service = Named(self)
        recorder.until("it is there", lambda: "name:%s: is read now\n" % name
                       in recorder.err)
        until("some looks at it", lambda: self.looks(recorder.reel) >= 3)
        self.stop_cleanly(recorder)
        report = self.report(recorder.reel)
        self.assertEqual(self.having(report, "mem.rss"), [self.pid(service)])

    def traced(self, *argv):
        """The report of a run of these words, in which the service collected six times."""
        reel = self.path("run.reel")
        started = Started(self, [HEAPREEL, "run", "-o", reel, "--", *argv])
        commands = Commands(started)
        for _ in range(6):
            commands.tell("step?bytes=%d" % (4 * MIB))
            commands.tell("gc")
        started.until("cycles on its standard error",
                      lambda: started.err.count("(forced)") >= 6)
        until("some looks at it", lambda: os.path.exists(reel) and self.looks(reel) >= 3)
        try:
            commands.tell("exit?status=3")
        except OSError:
            pass  # it exits before it answers
        self.assertEqual(started.end(), 3)
        return self.report(reel)

    def assert_traced(self, report):
        self.assertEqual(len(report["processes"]), 1, report["processes"])
        for name in ("heap.live", "mem.rss", "gc.pause"):
            self.assertEqual(len(self.having(report, name)), 1, name)
        self.assertEqual(report["processes"][0]["end"], "exit")

    def test_what_is_run(self):
        self.assert_traced(self.traced(SERVICE))

    def test_a_script_that_becomes_the_service(self):
        self.assert_traced(self.traced("sh", "-c", "exec \"$0\"", SERVICE))

    def test_a_script_that_starts_the_service(self):
        """The script's memory is not the service's."""
        report = self.traced("sh", "-c", "\"$0\"; exit $?", SERVICE)
        self.assertEqual(len(report["processes"]), 2, report["processes"])
        self.assertEqual(self.having(report, "heap.live"), [None])
        self.assertNotIn(None, self.having(report, "mem.rss"))

    def looks(self, reel):
        report = run("report", "--json", reel)
        if report.status != 0:
            return 0
        return sum(s["points"] for s in json.loads(report.raw)["series"]
                   if s["name"] == "mem.rss")

    def test_what_its_unit_writes_into_the_journal(self):
        """As journalctl would tell it: the trace of the service's own cycles."""
        traced = Service(self, env={"GODEBUG": "gctrace=1"})
        path = self.path("journalctl")
        with open(path, "w", encoding="utf-8") as out:
            out.write(JOURNALCTL % (sys.executable, traced.base + ".err", self.pid(traced)))
        os.chmod(path, 0o700)
        recorder = Recorder(self, self.source(traced), "journal:api.service",
                            env={"PATH": self.folder + ":" + os.environ["PATH"]})
        for _ in range(8):
            traced.tell("gc")
        traced.until("its trace", lambda: traced.err.count("(forced)") >= 8)
        until("it is in the journal", lambda: os.path.exists(path + ".told"))
        until("some looks at it", lambda: self.looks(recorder.reel) >= 3)
        self.stop_cleanly(recorder)
        report = self.report(recorder.reel)
        self.assertEqual([p["pid"] for p in report["processes"]], [self.pid(traced)])
        for name in ("heap.live", "mem.rss"):
            self.assertEqual(self.having(report, name), [self.pid(traced)], name)

    def test_what_it_serves_is_offered(self):
        service = Service(self)
        recorder = Recorder(self, self.source(service))
        offer = "%s serves %s: add it as a source" % (self.source(service), service.url())
        recorder.until("its service", lambda: offer in recorder.err)
        log = "%s writes its log to %s.err: add it as a source" % (
            self.source(service), service.base)
        recorder.until("its log", lambda: log in recorder.err)
        self.stop_cleanly(recorder)
        self.assertEqual(recorder.err.count("add it as a source"), 2, recorder.err)

    def test_a_source_is_not_offered(self):
        service = Service(self)
        recorder = Recorder(self, self.source(service), self.origin(service))
        recorder.until("its log", lambda: "writes its log" in recorder.err)
        self.stop_cleanly(recorder)
        self.assertNotIn("serves", recorder.err)


if __name__ == "__main__":
    main()
