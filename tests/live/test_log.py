"""record of a log that is written to, and what happens to logs."""

import gzip
import os
import subprocess

from live import HEAPREEL, Live, Recorder, main

LINE = (
    "gc %d @%d.000s 1%%: 0.047+2.0+0.003 ms clock, 0.095+0.10/0.17/1.5+0.007 ms cpu, "
    "%d->%d->%d MB, %d MB goal, 0 MB stacks, 0 MB globals, 2 P\n"
)


def lines(first, last):
    return "".join(LINE % (i, i, 5, 6, 5, 12) for i in range(first, last + 1))


HEAP = "heap profile: 1: 16 [1: 16] @ heap/1048576\n1: 16 [1: 16] @ 0x1\n"


def ordinary_user():
    """Whom files can be kept from, and how a program runs as it; or why there is none."""
    if os.geteuid():
        return {}, None
    # By its number: the name is not everywhere.
    nobody = {"user": 65534, "group": 65534, "extra_groups": []}
    try:
        status = subprocess.run([HEAPREEL, "--version"], stdout=subprocess.DEVNULL,
                                check=False, **nobody).returncode
    except OSError as error:
        return None, "nobody cannot run the program: %s" % error
    return (nobody, None) if status == 0 else (None, "nobody cannot run the program")


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

    def test_gone_for_a_while(self):
        recorder = self.begin()
        self.until_recorded(recorder, 5)
        os.unlink(self.log)
        recorder.until("that it is gone", lambda: "is gone" in recorder.err)
        self.write(lines(6, 9), "w")
        report = self.finish(recorder, 9)
        self.assertEqual(len(report["sources"]), 2)  # and the recording itself

    def test_a_link_that_leads_nowhere_for_a_while(self):
        self.write(lines(1, 5), "w", self.path("0.log"))
        os.symlink("0.log", self.log)
        recorder = Recorder(self, self.log)
        self.until_recorded(recorder, 5)
        os.unlink(self.path("0.log"))
        recorder.until("that it is gone", lambda: "is gone" in recorder.err)
        self.write(lines(6, 9), "w", self.path("0.log"))
        self.finish(recorder, 9)

    def test_unreadable_for_a_while(self):
        user, reason = ordinary_user()
        if user is None:
            self.skipTest(reason)
        os.chmod(self.folder, 0o777)
        self.write(lines(1, 5), "w")
        os.chmod(self.log, 0)
        recorder = Recorder(self, self.log, **user)
        recorder.until("why it gives nothing", lambda: "Permission denied" in recorder.err)
        os.chmod(self.log, 0o644)
        self.until_recorded(recorder, 5)
        # The next one as well, as a logrotate without "create" would leave it.
        self.write(lines(6, 9), "w", self.log + ".new")
        os.chmod(self.log + ".new", 0)
        os.replace(self.log + ".new", self.log)
        recorder.until("that once more",
                       lambda: recorder.err.count("Permission denied") == 2)
        os.chmod(self.log, 0o644)
        self.finish(recorder, 9)

    def test_rotations_are_its_history(self):
        with gzip.open(self.log + ".2.gz", "wt", encoding="utf-8") as out:
            out.write(lines(1, 3))
        text = lines(4, 9)
        # Rotated by size: in the middle of a line.
        self.write(text[:200], "w", self.log + ".1")
        recorder = self.begin(text[200:])
        report = self.finish(recorder, 9)
        self.assertEqual(len(report["processes"]), 1)

    def test_a_damaged_rotation(self):
        with open(self.log + ".2.gz", "wb") as out:
            out.write(gzip.compress(lines(1, 300).encode())[:-20])
        self.write(lines(301, 302), "w", self.log + ".1")
        recorder = self.begin(lines(303, 305))
        recorder.until("which one is damaged", lambda: "app.log.2.gz: " in recorder.err)
        self.stop_cleanly(recorder)
        self.assertGreaterEqual(self.cycles(self.report(recorder.reel)), 5)

    def test_a_folder_that_files_join(self):
        logs = self.path("logs")
        os.mkdir(logs)
        one, two = os.path.join(logs, "one.log"), os.path.join(logs, "two.log")
        self.write(lines(1, 3), "w", one + ".1")
        self.write(lines(4, 5), "w", one)
        # What is made is not read, though it stands there.
        recorder = Recorder(self, logs, reel=os.path.join(logs, "made.reel"))
        self.until_recorded(recorder, 5)
        self.write("Of no interest.\n", "w", os.path.join(logs, "README"))
        self.write(lines(1, 2), "w", two)
        self.until_recorded(recorder, 7)
        os.rename(one, one + ".2")
        self.write(lines(6, 7), "w", one)
        self.until_recorded(recorder, 9)
        self.write(HEAP, "w", os.path.join(logs, "heap.txt"))
        recorder.until("the profile", lambda: any(
            s["path"].endswith("/heap.txt") and s["records"]
            for s in self.report(recorder.reel)["sources"]))
        report = self.finish(recorder, 9)
        names = sorted(os.path.basename(s["path"]) for s in report["sources"])
        self.assertEqual(names, ["heap.txt", "made.reel", "one.log", "two.log"])

    def test_standard_input(self):
        read, write = os.pipe()
        recorder = Recorder(self, "-", stdin=read)
        os.close(read)
        os.write(write, lines(1, 3).encode())
        self.until_recorded(recorder, 3)
        os.write(write, lines(4, 5).encode())
        os.close(write)
        self.assertEqual(recorder.end(), 0, recorder.err)
        self.assertEqual(self.cycles(self.report(recorder.reel)), 5)

    def begin_writing(self, recorder):
        """The pipe, once somebody reads it; opening it otherwise would wait for ever."""
        def opened():
            try:
                return os.open(self.log, os.O_WRONLY | os.O_NONBLOCK)
            except OSError:
                return None

        return recorder.until("that the pipe is read", opened)

    def test_a_named_pipe_whose_writers_come_and_go(self):
        os.mkfifo(self.log)
        recorder = Recorder(self, self.log)
        for first in (1, 4, 7):
            pipe = self.begin_writing(recorder)
            os.write(pipe, lines(first, first + 2).encode())
            os.close(pipe)
            self.until_recorded(recorder, first + 2)
        self.finish(recorder, 9)

    def test_several(self):
        names = [self.path("%d.log" % i) for i in range(3)]
        for name in names:
            self.write(lines(1, 2), "w", name)
        recorder = Recorder(self, *names)
        self.until_recorded(recorder, 6)
        for name in names:
            self.write(lines(3, 3), name=name)
        self.finish(recorder, 9)

    def test_not_there_yet(self):
        recorder = Recorder(self, self.log)
        recorder.until("the recording", lambda: os.path.exists(recorder.reel))
        self.write(lines(1, 4), "w")
        self.finish(recorder, 4)


if __name__ == "__main__":
    main()
