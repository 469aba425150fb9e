"""record of a log that is written to, and what happens to logs."""

import os

from live import Live, Recorder, main

LINE = (
    "gc %d @%d.000s 1%%: 0.047+2.0+0.003 ms clock, 0.095+0.10/0.17/1.5+0.007 ms cpu, "
    "%d->%d->%d MB, %d MB goal, 0 MB stacks, 0 MB globals, 2 P\n"
)


def lines(first, last):
    return "".join(LINE % (i, i, 5, 6, 5, 12) for i in range(first, last + 1))


class Log(Live):
    def setUp(self):
        super().setUp()
        self.log = self.path("app.log")

    def write(self, text, mode="a", name=None):
        with open(name or self.log, mode, encoding="utf-8") as out:
            out.write(text)

    def begin(self, text=lines(1, 5)):
        self.write(text, "w")
        recorder = Recorder(self, self.log)
        return recorder

    def until_recorded(self, recorder, cycles):
        """Reads the recording while it is made, as a second terminal would."""
        def enough():
            if not os.path.exists(recorder.reel) or not os.path.getsize(recorder.reel):
                return False
            return self.cycles(self.report(recorder.reel)) >= cycles

        recorder.until("%d cycles" % cycles, enough)

    def cycles(self, report):
        return sum(s["points"] for s in report["series"] if s["name"] == "heap.live")

    def finish(self, recorder, cycles):
        self.until_recorded(recorder, cycles)
        self.stop_cleanly(recorder)
        report = self.report(recorder.reel)
        self.assertEqual(self.cycles(report), cycles)
        return report

    def test_grows(self):
        recorder = self.begin()
        self.until_recorded(recorder, 5)
        self.write(lines(6, 9))
        report = self.finish(recorder, 9)
        self.assertEqual(len(report["processes"]), 1)

    def test_a_line_in_two_halves(self):
        recorder = self.begin()
        self.until_recorded(recorder, 5)
        line = lines(6, 6)
        self.write(line[:30])
        self.write(line[30:] + lines(7, 7))
        self.finish(recorder, 7)

    def test_renamed_and_created_anew(self):
        recorder = self.begin()
        self.until_recorded(recorder, 5)
        os.rename(self.log, self.log + ".1")
        # What its writer, which still has it open, wrote there after the renaming.
        self.write(lines(6, 6), name=self.log + ".1")
        self.write(lines(7, 9), "w")
        self.finish(recorder, 9)

    def test_truncated(self):
        recorder = self.begin()
        self.until_recorded(recorder, 5)
        os.truncate(self.log, 0)
        self.write(lines(6, 8))
        self.finish(recorder, 8)

    def test_replaced_by_a_rename(self):
        recorder = self.begin()
        self.until_recorded(recorder, 5)
        self.write(lines(6, 9), "w", self.log + ".new")
        os.replace(self.log + ".new", self.log)
        self.finish(recorder, 9)

    def test_deleted_and_back(self):
        recorder = self.begin()
        self.until_recorded(recorder, 5)
        os.unlink(self.log)
        self.write(lines(6, 9), "w")
        self.finish(recorder, 9)

    def test_a_link_that_is_switched(self):
        for name, text in (("0.log", lines(1, 5)), ("1.log", lines(6, 9))):
            self.write(text, "w", self.path(name))
        os.symlink("0.log", self.log)
        recorder = Recorder(self, self.log)
        self.until_recorded(recorder, 5)
        os.symlink("1.log", self.path("next"))
        os.replace(self.path("next"), self.log)
        self.finish(recorder, 9)

    def test_not_there_yet(self):
        recorder = Recorder(self, self.log)
        recorder.until("the recording", lambda: os.path.exists(recorder.reel))
        self.write(lines(1, 4), "w")
        self.finish(recorder, 4)


if __name__ == "__main__":
    main()
