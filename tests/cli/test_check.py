"""check: the same findings as the report, a line each, and an exit status."""

import json
import re

from harness import Case, main, run, trace

SEVERITIES = ["info", "notice", "warning", "critical"]
LINE = re.compile(
    r"^(info|notice|warning|critical) ([a-z-]+) (\?|[+-](?:\d+d)?[\d:]+\.\d+) (\S+) (\S.*)$"
)
GC_LINE = (
    b"gc %d @%d.%03ds 1%%: 0.047+2.0+0.003 ms clock, 0.095+0.10/0.17/1.5+0.007 ms cpu, "
    b"%d->%d->%d MB, %d MB goal, 0 MB stacks, 0 MB globals, 2 P\n"
)
# What the kernel says of a process that it killed (mm/oom_kill.c, Linux 6).
KILL = (
    b"[ 1000.000001] memory: usage 327680kB, limit 327680kB, failcnt 9\n"
    b"[ 1000.000002] oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,"
    b"mems_allowed=0,oom_memcg=/a,task_memcg=/a,task=app,pid=4711,uid=0\n"
    b"[ 1000.000003] Memory cgroup out of memory: Killed process 4711 (app) total-vm:9000000kB,"
    b" anon-rss:320000kB, file-rss:7000kB, shmem-rss:0kB, UID:0 pgtables:800kB"
    b" oom_score_adj:0\n"
)


def flat_log(cycles):
    return b"".join(GC_LINE % (i, i, 5, 40, 41, 20, 40) for i in range(1, cycles + 1))


class Check(Case):
    def check(self, *args, stdin=b"", status=None):
        result = run("check", *args, stdin=stdin)
        if status is not None:
            self.assertEqual(result.status, status, (args, result.out, result.err))
        self.assert_clean(result)
        found = [LINE.match(line) for line in result.lines]
        self.assertTrue(all(found), result.out)
        return result, [f.groups() for f in found]

    def test_nothing_found(self):
        result, found = self.check("-", stdin=flat_log(60), status=0)
        self.assertEqual((found, result.err), ([], ""))

    def test_a_kill_is_a_finding(self):
        log = self.file("dmesg", KILL)
        for args in ([], ["--fail-on=critical"], ["--fail-on", "notice"]):
            _, found = self.check(*args, log, status=1)
            self.assertEqual([f[:2] for f in found], [("critical", "oom-killed")])
            self.assertEqual(found[0][3], "-")
            self.assertIn("the kernel killed app (pid 4711)", found[0][4])

    def test_a_leak_is_a_finding(self):
        _, found = self.check(trace("lateleak"), status=1)
        kinds = {f[1]: f for f in found}
        self.assertIn("oom-killed", kinds)
        self.assertIn("pre-oom", kinds)
        self.assertRegex(kinds["pre-oom"][2], r"^\+0:(19|2\d)\.")
        for severity, *_ in found:
            self.assertIn(severity, ("warning", "critical"))

    def test_a_healthy_run_passes(self):
        _, found = self.check(trace("steady"), status=0)
        self.assertEqual(found, [])

    def test_thresholds(self):
        """A higher one prints less, and whoever fails prints why."""
        log = trace("lateleak", "gctrace.log")
        counts = []
        for level in ("notice", "warning", "critical"):
            result, found = self.check("--limit=320MiB", "--fail-on=" + level, log)
            counts.append(len(found))
            self.assertEqual(result.status, 1 if found else 0, level)
            for severity, *_ in found:
                self.assertGreaterEqual(SEVERITIES.index(severity),
                                        SEVERITIES.index(level))
        self.assertEqual(counts, sorted(counts, reverse=True))

    def test_verbose_prints_all_and_changes_no_status(self):
        log = trace("steady")
        report = json.loads(run("report", "--json", log).raw)
        _, found = self.check("-v", log, status=0)
        self.assertEqual(len(found), len(report["events"]))

    def test_same_as_the_report(self):
        for name in ("lateleak", "upload", "goroutines"):
            report = json.loads(run("report", "--json", trace(name)).raw)
            _, found = self.check(trace(name))
            want = [(e["severity"], e["kind"], e["message"]) for e in report["events"]
                    if e["severity"] in ("warning", "critical")]
            self.assertEqual([(f[0], f[1], f[4]) for f in found], want, name)

    def test_json_is_the_report(self):
        for name, status in (("lateleak", 1), ("steady", 0)):
            checked = run("check", "--json", trace(name))
            self.assertEqual(checked.status, status)
            self.assertEqual(json.loads(checked.raw),
                             json.loads(run("report", "--json", trace(name)).raw))

    def test_window(self):
        """What nobody knew by then is not found, what was over before is not either."""
        _, found = self.check("--to=15s", trace("lateleak"), status=0)
        self.assertEqual(found, [])
        _, found = self.check("--from=25s", trace("lateleak"), status=1)
        self.assertIn("pre-oom", {f[1] for f in found}, "it goes on")

    def test_unreadable_goes_first(self):
        """A script must not take half an answer for a whole one."""
        missing = self.file("x", b"")[:-1] + b"missing"
        result, found = self.check(trace("lateleak"), missing, status=3)
        self.assertIn("oom-killed", {f[1] for f in found})
        self.assertIn("No such file", result.err)
        result, found = self.check(missing, status=3)
        self.assertEqual(found, [])

    def test_several_processes_are_told_apart(self):
        death = (b"fatal error: runtime: out of memory\n\ngoroutine 1 [running]:\n"
                 b"main.main()\n\t/src/app.go:12 +0x18\n\n")
        log = flat_log(50) + death + flat_log(50) + death
        _, found = self.check("-", stdin=log, status=1)
        self.assertEqual([(f[1], f[4].split(": ")[0]) for f in found],
                         [("fatal", "process 1"), ("fatal", "process 2")])


if __name__ == "__main__":
    main()
