"""Rules: the default ones, a file of one's own, and what is said of a bad one."""

import json

from harness import Case, main, run, trace

UPLOAD = trace("upload", "memstats.ndjson.zst")


def found(result):
    """{rule: its first event} of a report."""
    events = {}
    for event in json.loads(result.out)["events"]:
        if event["rule"]:
            events.setdefault(event["rule"], event)
    return events


class Rules(Case):
    def rules(self, text):
        return "--rules=" + self.file("my.ini", text.encode()).decode()

    def test_default_rules(self):
        events = found(run("report", "--json", "--limit=320MiB",
                           trace("lateleak", "memstats.ndjson.zst")))
        event = events["heap-alloc-near-limit"]
        self.assertEqual(event["kind"], "rule")
        self.assertEqual(event["severity"], "notice")
        self.assertEqual(event["series"], "heap.alloc")
        self.assertEqual(event["message"],
                         "allocated heap is 314 MiB, over 95 % of the limit of 320 MiB")
        self.assertIn("heap profile", event["advice"])
        self.assertGreater(event["evidence"]["heap.alloc"], 0.95 * (320 << 20))
        self.assertEqual(event["evidence"]["limit_bytes"], 320 << 20)
        self.assertEqual(event["after"], event["evidence"]["heap.alloc"])

    def test_own_rule(self):
        rules = self.rules("[big]\n"
                           "when = max(heap.alloc over 5 samples) > 100MiB and\n"
                           "    rate(alloc.total over 2s) > 1MiB/s for 3 samples\n"
                           "kind = heap-spike\nseverity = warning\nseries = heap.alloc\n"
                           "message = heap is {heap.alloc}\nadvice = have a look\n")
        result = run("report", "--json", rules, UPLOAD)
        self.assertEqual((result.status, result.err), (0, ""))
        event = found(result)["big"]
        self.assertEqual((event["kind"], event["severity"]), ("heap-spike", "warning"))
        self.assertEqual(event["advice"], "have a look")
        self.assertRegex(event["message"], r"^heap is \d+ MiB$")
        self.assertLess(event["offset_s"], event["detected_s"])

    def test_check_counts_it(self):
        rules = self.rules("[big]\nwhen = heap.alloc > 100MiB\nseverity = critical\n"
                           "message = big\n")
        self.assertEqual(run("check", rules, trace("steady", "gctrace.log.gz")).status, 0)
        result = run("check", rules, UPLOAD)
        self.assertEqual(result.status, 1)
        self.assertIn("critical rule", result.out)

    def test_every_command_takes_it(self):
        rules = self.rules("[big]\nwhen = heap.alloc > 100MiB\n")
        for command in (["report"], ["snapshot", "--size=80x24"],
                        ["export", "--format=csv"]):
            self.assertEqual(run(*command, rules, UPLOAD).status, 0, command)
        bad = self.rules("[big]\nwhen = heap.alloc > 100 MiB\n")
        for command in (["report"], ["check"], ["snapshot"], ["export", "--format=csv"],
                        ["open"]):
            result = run(*command, bad, UPLOAD)
            self.assertEqual((result.status, result.out), (2, ""), command)

    def test_defaults_can_go(self):
        limit = "--limit=320MiB"
        leak = trace("lateleak", "memstats.ndjson.zst")
        self.assertEqual(found(run("report", "--json", limit, self.rules("defaults = no\n"),
                                   leak)), {})
        rest = found(run("report", "--json", limit,
                         self.rules("[heap-alloc-near-limit]\nenabled = no\n"), leak))
        self.assertNotIn("heap-alloc-near-limit", rest)
        self.assertIn("heap-inuse-near-limit", rest)
        other = found(run("report", "--json", limit, leak, self.rules(
            "[heap-alloc-near-limit]\nwhen = heap.alloc > 50% * limit\nmessage = half\n")))
        self.assertEqual(other["heap-alloc-near-limit"]["message"], "half")

    def test_messages_have_a_place_and_a_caret(self):
        path = self.file("my.ini", b"[a]\nwhen = heap.aloc > 5MiB\nseverity = loud\n"
                                   b"[b]\nwhen = heap.alloc >\n    100ms\n")
        result = run("report", "--rules", path, UPLOAD)
        self.assertEqual(result.status, 2)
        name = path.decode()
        self.assertEqual(result.messages, [
            "heapreel: %s:2: no such series; did you mean heap.alloc?" % name,
            "    when = heap.aloc > 5MiB",
            "           ^~~~~~~~~",
            "heapreel: %s:5: comparison of bytes and a time" % name,
            "    when = heap.alloc >",
            "           ^~~~~~~~~~~~",
        ])

    def test_hostile_file(self):
        result = run("report", self.rules("[\x1b]0;x\x07]\nwhen = \u202e > \x1b[2J\n"
                                          "\x1b[31mx\n[\u200b]\n"), UPLOAD)
        self.assertEqual(result.status, 2)
        self.assert_clean(result)

    def test_unreadable_file(self):
        result = run("report", "--rules=" + self.folder + "/none.ini", UPLOAD)
        self.assertEqual(result.status, 2)
        self.assert_one_message(result, "none.ini", "No such file")
        result = run("report", "--rules=" + self.folder, UPLOAD)
        self.assertEqual(result.status, 2)
        self.assert_one_message(result, "directory")
        result = run("report", self.rules("# much\n" * 50000), UPLOAD)
        self.assertEqual(result.status, 2)
        self.assert_one_message(result, "larger than 256 KiB")
        result = run("report", "--rules=", UPLOAD)
        self.assertEqual(result.status, 2)
        self.assert_one_message(result, "heapreel-rules(5)")

    def test_texts_of_a_rule_are_escaped(self):
        rules = self.rules("[a]\nwhen = heap.alloc > 1MiB\nseverity = warning\n"
                           "message = \x1b[2J{heap.alloc}\u202e\nadvice = \x07\n")
        for command in (["report", "-v"], ["check"], ["report", "--json"],
                        ["snapshot", "--size=120x40", "--color=never"]):
            self.assert_clean(run(*command, rules, UPLOAD))


if __name__ == "__main__":
    main()
