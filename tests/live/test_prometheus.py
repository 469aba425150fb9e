"""record of a server that we did not write: Debian's prometheus."""

import shutil
import socket
import unittest
import urllib.error

from live import DIRECT, Live, Recorder, Started, main, until

PROMETHEUS = shutil.which("prometheus")


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


@unittest.skipUnless(PROMETHEUS, "no prometheus (Debian's package of that name)")
class Prometheus(Live):
    def setUp(self):
        super().setUp()
        self.address = "127.0.0.1:%d" % free_port()
        config = self.path("prometheus.yml")
        with open(config, "w", encoding="utf-8") as out:
            out.write("global: {}\n")
        self.server = Started(
            self, [PROMETHEUS, "--config.file=" + config, "--storage.tsdb.path=" +
                   self.path("tsdb"), "--web.listen-address=" + self.address],
            cwd=self.folder)
        self.server.until("it is ready", self.is_ready)

    def is_ready(self):
        try:
            with DIRECT.open("http://%s/-/ready" % self.address, timeout=5) as got:
                return got.status == 200
        except (urllib.error.URLError, OSError):
            return False

    def requests(self):
        """How often it was asked for its metrics, by its own count."""
        with DIRECT.open("http://%s/metrics" % self.address, timeout=5) as got:
            for line in got.read().decode().splitlines():
                if (line.startswith("prometheus_http_requests_total{")
                        and 'handler="/metrics"' in line and 'code="200"' in line):
                    return float(line.rsplit(" ", 1)[1])
        return 0

    def test_its_go_series(self):
        before, looks = self.requests(), [0]

        def polled():
            looks[0] += 1
            return self.requests() - before - looks[0] >= 6

        recorder = Recorder(self, "http://" + self.address)
        until("six polls", polled)
        self.stop_cleanly(recorder)
        report = self.report(recorder.reel)
        for name in ("heap.alloc", "heap.inuse", "mem.rss", "sched.goroutines"):
            self.assertGreaterEqual(self.points(report, name), 4, name)
        self.assertIn("prometheus", {s["format"] for s in report["sources"]})
        self.assertTrue(any(p["go_version"] for p in report["processes"]))


if __name__ == "__main__":
    main()
