"""record of a Go service by HTTP: what it gives, and what becomes of its faults."""

from live import Live, Recorder, Service, main, needs_service

VARS = "/debug/vars"
# Told by /debug/vars alone, and by /metrics alone.
MALLOCS, RSS = "alloc.mallocs", "mem.rss"


@needs_service
class Polling(Live):
    def test_a_point_a_poll(self):
        service = Service(self)
        recorder = Recorder(self, service.url())
        service.until_served(VARS, 20)
        self.stop_cleanly(recorder)
        stats = service.stats()
        report = self.report(recorder.reel)
        for name in ("heap.alloc", "heap.inuse"):
            # Looking what is there may take a request, and so may the end.
            self.assertGreaterEqual(self.points(report, name), stats["Served"][VARS] - 2)
            self.assertLessEqual(self.points(report, name), stats["Served"][VARS])
        self.assertEqual(stats["ActiveMax"], 1)
        self.assertEqual(len(report["processes"]), 1)
        self.assertEqual([s for s in report["sources"] if s["skipped"]], [])

    def test_polls_keep_the_period(self):
        service = Service(self)
        recorder = Recorder(self, service.url())
        service.until_served(VARS, 12)
        self.stop_cleanly(recorder)
        times = self.times(recorder.reel, "heap.alloc")
        self.assertGreater(times[-1] - times[0], 0.09 * (len(times) - 1))

    def test_a_step_is_seen(self):
        service = Service(self)
        recorder = Recorder(self, service.url())
        service.until_served(VARS, 5)
        service.tell("step?bytes=%d" % (64 << 20))
        service.until_served(VARS, service.served(VARS) + 5)
        self.stop_cleanly(recorder)
        heap = self.series(self.report(recorder.reel), "heap.alloc")[0]
        self.assertGreater(heap["last"], heap["first"] + (60 << 20))

    def test_all_that_is_there_is_found(self):
        service = Service(self)
        recorder = Recorder(self, service.url(""))
        service.until_served(VARS, 5)
        service.until_served("/metrics", 5)
        self.stop_cleanly(recorder)
        formats = {s["format"] for s in self.report(recorder.reel)["sources"]}
        self.assertLessEqual({"memstats", "prometheus"}, formats)
        self.assertEqual(service.stats()["ActiveMax"], 1)

    def test_metrics(self):
        service = Service(self)
        recorder = Recorder(self, service.url("/metrics"))
        service.until_served("/metrics", 10)
        self.stop_cleanly(recorder)
        report = self.report(recorder.reel)
        self.assertGreaterEqual(self.points(report, "heap.inuse"), 8)
        self.assertGreaterEqual(self.points(report, RSS), 8)
        self.assertEqual(service.served(VARS), 0)

    def test_unix_socket(self):
        socket = self.path("s")
        service = Service(self, "-unix", socket)
        recorder = Recorder(self, "unix:%s:%s" % (socket, VARS))
        service.until_served(VARS, 5)
        self.stop_cleanly(recorder)
        self.assertGreaterEqual(self.points(self.report(recorder.reel), "heap.alloc"), 3)

    def test_two_services_at_once(self):
        services = Service(self), Service(self)
        recorder = Recorder(self, *[s.url() for s in services])
        for service in services:
            service.until_served(VARS, 5)
        self.stop_cleanly(recorder)
        report = self.report(recorder.reel)
        self.assertEqual(len(self.series(report, "heap.alloc")), 2)


@needs_service
class Certificates(Live):
    def setUp(self):
        super().setUp()
        self.pem = self.path("cert.pem")
        self.service = Service(self, "-tls", self.pem)
        self.url = self.service.url().replace("http:", "https:")

    def test_one_that_nobody_vouches_for(self):
        clock = Service(self)
        recorder = Recorder(self, self.url, clock.url())
        clock.until_served(VARS, 10)
        self.stop_cleanly(recorder)
        self.assertEqual(self.service.served(VARS), 0)

    def test_one_that_we_trust(self):
        recorder = Recorder(self, "--cacert", self.pem, self.url)
        self.service.until_served(VARS, 5)
        self.stop_cleanly(recorder)
        self.assertGreaterEqual(self.points(self.report(recorder.reel), "heap.alloc"), 3)

    def test_one_that_changes(self):
        clock = Service(self)
        recorder = Recorder(self, "--cacert", self.pem, self.url, clock.url())
        self.service.until_served(VARS, 5)
        self.service.tell("swapcert")
        before = self.service.served(VARS)
        clock.until_served(VARS, clock.served(VARS) + 10)
        self.assertEqual(self.service.served(VARS), before)
        self.stop_cleanly(recorder)
        self.assertGreaterEqual(self.points(self.report(recorder.reel), "heap.alloc"), 10)


@needs_service
class Faults(Live):
    def fault(self, command, heal="heal"):
        """Ten polls, a fault, and data again; returns how many were served."""
        service = Service(self)
        clock = Service(self)  # it can be seen to be polled while the other refuses
        recorder = Recorder(self, service.url(), clock.url("/metrics"))
        service.until_served(VARS, 10)
        service.tell(command)
        if command == "refuse":
            clock.until_served("/metrics", clock.served("/metrics") + 8)
        else:
            service.until_faulted(VARS, 2)
        before = service.served(VARS)
        service.tell(heal)
        service.until_served(VARS, before + 10)
        self.stop_cleanly(recorder)
        report = self.report(recorder.reel)
        served = service.served(VARS)
        points = self.points(report, MALLOCS)
        self.assertLessEqual(points, served)
        self.assertGreaterEqual(points, served - 4)
        times = self.times(recorder.reel, MALLOCS)
        gaps = [b - a for a, b in zip(times, times[1:])]
        # It was asked at least twice in vain, so two periods are without a point.
        self.assertGreater(max(gaps), 0.19)
        # Whatever became of it, the other one was asked all the time.
        clocked = self.times(recorder.reel, RSS)
        self.assertLess(max(b - a for a, b in zip(clocked, clocked[1:])), 2)
        return recorder

    def test_answers_500(self):
        self.fault("fail?path=%s&status=500" % VARS)

    def test_answers_404_for_a_while(self):
        self.fault("fail?path=%s&status=404" % VARS)

    def test_closes_half_way(self):
        self.fault("half?path=%s" % VARS)

    def test_sends_without_end(self):
        self.fault("endless?path=%s" % VARS)

    def test_hangs(self):
        self.fault("hang?path=%s" % VARS)

    def test_a_silence_is_said_before_it_is_over(self):
        service = Service(self)
        recorder = Recorder(self, service.url())
        service.until_served(VARS, 5)
        service.tell("hang?path=%s" % VARS)
        recorder.until("a word of it", lambda: "no answer for" in recorder.err)
        self.assertNotIn("within", recorder.err)
        service.tell("heal")
        service.until_served(VARS, service.served(VARS) + 5)
        self.stop_cleanly(recorder)
        times = self.times(recorder.reel, MALLOCS)
        self.assertGreater(max(b - a for a, b in zip(times, times[1:])), 1.9)
        self.assertEqual([s for s in self.report(recorder.reel)["sources"]
                          if "trouble" in s], [])

    def test_refuses(self):
        self.fault("refuse", heal="accept")

    def test_what_it_says_does_not_reach_the_terminal(self):
        recorder = self.fault("fail?path=%s&status=500" % VARS)
        self.assertNotIn("\x1b", recorder.err)


@needs_service
class Restart(Live):
    def test_two_processes_on_the_timeline(self):
        first = Service(self)
        recorder = Recorder(self, first.url())
        # So much that the new one begins visibly lower, whichever counter is looked at.
        for _ in range(5):
            first.tell("step?bytes=%d" % (8 << 20))
            first.tell("gc")
        first.until_served(VARS, 10)
        first.kill()
        second = Service(self, "-listen", first.address)
        second.until_served(VARS, 10)
        self.stop_cleanly(recorder)
        report = self.report(recorder.reel)
        heap = self.series(report, "heap.alloc")
        self.assertEqual(len(heap), 2, report["processes"])
        self.assertGreaterEqual(heap[0]["points"], 8)
        self.assertGreaterEqual(heap[1]["points"], 8)
        self.assertGreater(heap[0]["last"], heap[1]["max"])

    def test_a_crash_and_nobody_after_it(self):
        service = Service(self)
        recorder = Recorder(self, service.url())
        service.until_served(VARS, 10)
        service.tell("crash")
        self.assertEqual(service.end(), 2)
        self.stop_cleanly(recorder)
        self.assertGreaterEqual(self.points(self.report(recorder.reel), "heap.alloc"), 8)

    def test_nobody_there_at_first(self):
        gone = Service(self)
        gone.kill()
        clock = Service(self)
        recorder = Recorder(self, gone.url(), clock.url("/metrics"))
        clock.until_served("/metrics", 5)
        service = Service(self, "-listen", gone.address)
        service.until_served(VARS, 5)
        self.stop_cleanly(recorder)
        self.assertGreaterEqual(self.points(self.report(recorder.reel), MALLOCS), 3)

    def test_what_was_looked_for_and_found_is_no_trouble(self):
        gone = Service(self)
        gone.kill()
        recorder = Recorder(self, "http://" + gone.address)
        recorder.until("why nothing comes", lambda: "refused (looked for" in recorder.err)
        service = Service(self, "-listen", gone.address)
        service.until_served(VARS, 5)
        self.stop_cleanly(recorder)
        report = self.report(recorder.reel)
        self.assertGreaterEqual(self.points(report, MALLOCS), 3)
        self.assertEqual([s for s in report["sources"] if "trouble" in s], [])


if __name__ == "__main__":
    main()
