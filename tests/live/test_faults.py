"""Faults around a recorder that no other test has: keys, proxies, clocks and kills."""

import http.client
import http.server
import os
import shutil
import signal
import subprocess
import sys
import threading
import unittest

from live import (HEAPREEL, SERVICE, Commands, Live, Recorder, Service, Started, main,
                  needs_service, run, until)

VARS = "/debug/vars"
MIB = 1 << 20


@needs_service
class Certificates(Live):
    def setUp(self):
        super().setUp()
        self.clock = Service(self)  # says how time goes by while the other gives nothing

    def wait_in_vain(self, service):
        """Ten polls of the clock, in which the service serves nothing."""
        before = service.served(VARS)
        self.clock.until_served(VARS, self.clock.served(VARS) + 10)
        self.assertEqual(service.served(VARS), before)

    def test_one_that_changes_and_comes_back(self):
        pem = self.path("cert.pem")
        service = Service(self, "-tls", pem)
        url = service.url().replace("http:", "https:")
        recorder = Recorder(self, "--cacert", pem, url, self.clock.url())
        service.until_served(VARS, 5)
        service.tell("swapcert")
        recorder.until("the fault", lambda: url in recorder.err)
        self.wait_in_vain(service)
        service.tell("unswapcert")
        service.until_served(VARS, service.served(VARS) + 5)
        self.stop_cleanly(recorder)
        heap = self.series(self.report(recorder.reel), "heap.alloc")
        self.assertEqual(len(heap), 2, "one for each service, none for a certificate")
        self.assertEqual(recorder.err.count(url), 2, recorder.err)
        self.assertEqual(recorder.err.count(url + ": is read now"), 1, recorder.err)

    def make_client(self, name):
        key, pem = self.path(name + ".key"), self.path(name + ".pem")
        try:
            subprocess.run(
                ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                 "ec_paramgen_curve:P-256", "-nodes", "-days", "1", "-subj", "/CN=" + name,
                 "-addext", "extendedKeyUsage=clientAuth", "-keyout", key, "-out", pem],
                check=True, capture_output=True)
        except (OSError, subprocess.CalledProcessError) as error:
            raise unittest.SkipTest("no certificate can be made: %s" % error) from None
        return key, pem

    def test_of_clients(self):
        pem = self.path("cert.pem")
        key, own = self.make_client("trusted")
        other_key, other = self.make_client("stranger")
        service = Service(self, "-tls", pem, "-clients", own)
        url = service.url().replace("http:", "https:")
        for client in ([], ["--cert", other, "--key", other_key]):
            recorder = Recorder(self, "--cacert", pem, *client, url, self.clock.url())
            self.clock.until_served(VARS, self.clock.served(VARS) + 5)
            self.wait_in_vain(service)
            self.stop_cleanly(recorder)
            os.unlink(recorder.reel)
        recorder = Recorder(self, "--cacert", pem, "--cert", own, "--key", key, url)
        service.until_served(VARS, 5)
        self.stop_cleanly(recorder)
        self.assertGreaterEqual(self.points(self.report(recorder.reel), "heap.alloc"), 3)


class Proxy(http.server.BaseHTTPRequestHandler):
    """Passes every request on to one service, whatever host it names."""

    def do_GET(self):  # noqa: N802 (the library's name)
        self.server.seen.append((self.path, dict(self.headers)))
        path = "/" + self.path.split("/", 3)[3]
        service = http.client.HTTPConnection(self.server.service, timeout=30)
        try:
            service.request("GET", path)
            answer = service.getresponse()
            body = answer.read()
        except OSError:
            self.send_error(502)
            return
        finally:
            service.close()
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.headers.get("Content-Type", "text/plain"))
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@needs_service
class Proxies(Live):
    def setUp(self):
        super().setUp()
        self.service = Service(self)
        self.proxy = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Proxy)
        self.proxy.daemon_threads = True
        self.proxy.service = self.service.address
        self.proxy.seen = []
        self.address = "http://127.0.0.1:%d" % self.proxy.server_port
        threading.Thread(target=self.proxy.serve_forever, daemon=True).start()
        self.addCleanup(self.proxy.server_close)
        self.addCleanup(self.proxy.shutdown)

    def test_of_the_environment(self):
        # Nobody but the proxy knows that host.
        recorder = Recorder(self, "http://service.invalid" + VARS,
                            env={"http_proxy": self.address})
        self.service.until_served(VARS, 5)
        self.stop_cleanly(recorder)
        self.assertGreaterEqual(self.points(self.report(recorder.reel), "heap.alloc"), 3)
        self.assertEqual({path for path, _ in self.proxy.seen},
                         {"http://service.invalid" + VARS})

    def test_of_other_hosts(self):
        recorder = Recorder(self, self.service.url(),
                            env={"http_proxy": self.address, "no_proxy": "127.0.0.1"})
        self.service.until_served(VARS, 5)
        self.stop_cleanly(recorder)
        self.assertEqual(self.proxy.seen, [])

    def unpacked(self, reel):
        with open(reel, "rb") as file:
            raw = file.read()
        if not shutil.which("zstd"):
            return raw
        done = subprocess.run(["zstd", "-dcq"], input=raw, capture_output=True, check=False)
        return raw + done.stdout

    def test_headers_are_sent_and_shown_nowhere(self):
        secret = "s3cret-of-the-test"
        headers = os.fsdecode(self.file("headers", (
            "Authorization: Bearer %s\nX-Team: infra\n" % secret).encode()))
        recorder = Recorder(self, "--header-file", headers, "http://service.invalid" + VARS,
                            env={"http_proxy": self.address})
        self.service.until_served(VARS, 5)
        # What somebody who lists processes sees, also once the service refuses it.
        self.service.tell("fail?path=%s&status=401" % VARS)
        self.service.until_faulted(VARS, 2)
        shown = b""
        for name in ("cmdline", "environ"):
            with open("/proc/%d/%s" % (recorder.process.pid, name), "rb") as file:
                shown += file.read()
        self.stop_cleanly(recorder)
        self.assertEqual({(sent.get("Authorization"), sent.get("X-Team"))
                          for _, sent in self.proxy.seen}, {("Bearer " + secret, "infra")})
        report = run("report", recorder.reel)
        for what in (shown, recorder.read(".err"), recorder.read(".out"),
                     self.unpacked(recorder.reel), report.raw, report.err.encode()):
            self.assertNotIn(secret.encode(), what)


@needs_service
class Sockets(Live):
    def test_one_that_is_made_anew(self):
        path = self.path("s")
        first = Service(self, "-unix", path)
        recorder = Recorder(self, "unix:%s:%s" % (path, VARS))
        for _ in range(5):
            first.tell("step?bytes=%d" % (8 * MIB))
            first.tell("gc")
        first.until_served(VARS, 8)
        first.kill()
        os.unlink(path)
        recorder.until("the reason", lambda: "unix:" in recorder.err)
        second = Service(self, "-unix", path)
        second.until_served(VARS, 8)
        self.stop_cleanly(recorder)
        heap = self.series(self.report(recorder.reel), "heap.alloc")
        self.assertEqual(len(heap), 2)
        self.assertGreater(heap[0]["last"], heap[1]["max"])


@needs_service
class Kills(Live):
    def test_a_process_that_is_watched(self):
        service = Service(self)
        recorder = Recorder(self, "pid:%d" % service.process.pid)
        reel = recorder.reel
        recorder.until("the reel", lambda: os.path.exists(reel) and self.rss_points(reel) >= 3)
        service.send(signal.SIGKILL)
        service.process.wait()
        # There is nothing left to record.
        self.assertEqual(recorder.end(), 0, recorder.err)
        report = self.report(reel)
        self.assertEqual([p["pid"] for p in report["processes"]], [service.process.pid])
        self.assertNotEqual(report["processes"][0]["end"], "running")

    def rss_points(self, reel):
        result = run("export", "--format=ndjson", reel)
        return result.out.count('"mem.rss"') if result.status == 0 else 0


# Sets back what programs see of the wall clock, by as many seconds as a file says.
SHIM = r"""
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static long shift(void)
{
    char text[32] = "";
    const char *path = getenv("SHIFT_FILE");
    int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;

    if (fd < 0)
        return 0;
    if (read(fd, text, sizeof text - 1) < 0)
        text[0] = 0;
    close(fd);
    return atol(text);
}

int clock_gettime(clockid_t id, struct timespec *t)
{
    int failed = (int)syscall(SYS_clock_gettime, id, t);

    if (!failed && (id == CLOCK_REALTIME || id == CLOCK_REALTIME_COARSE))
        t->tv_sec += shift();
    return failed;
}

int gettimeofday(struct timeval *t, void *zone)
{
    struct timespec now;

    (void)zone;
    clock_gettime(CLOCK_REALTIME, &now);
    t->tv_sec = now.tv_sec;
    t->tv_usec = now.tv_nsec / 1000;
    return 0;
}

time_t time(time_t *t)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    if (t)
        *t = now.tv_sec;
    return now.tv_sec;
}
"""


@needs_service
class Clocks(Live):
    def setUp(self):
        super().setUp()
        source = os.fsdecode(self.file("shim.c", SHIM.encode()))
        self.shim, self.shift = self.path("shim.so"), self.path("shift")
        try:
            subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", self.shim, source],
                           check=True, capture_output=True)
        except (OSError, subprocess.CalledProcessError) as error:
            raise unittest.SkipTest("no clock can be set back here: %s" % error) from None
        # A sanitizer wants to be the first library; here it may be the second.
        self.env = {"LD_PRELOAD": self.shim, "SHIFT_FILE": self.shift,
                    "ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "") +
                    ":verify_asan_link_order=0"}
        self.set("0")

    def set(self, seconds):
        with open(self.shift + ".new", "w", encoding="ascii") as file:
            file.write(seconds)
        os.rename(self.shift + ".new", self.shift)

    def test_the_shim_works(self):
        self.set("-86400")
        day_before = subprocess.run(
            [sys.executable, "-c", "import time; print(time.time())"], check=True,
            capture_output=True, env=dict(os.environ, **self.env)).stdout
        self.assertLess(float(day_before), os.stat(self.shift).st_mtime - 80000)

    def test_one_that_is_set_back_and_forth(self):
        service = Service(self)
        recorder = Recorder(self, service.url(), env=self.env)
        for seconds in ("0", "-7200", "3600"):
            self.set(seconds)
            service.until_served(VARS, service.served(VARS) + 6)
        served = service.served(VARS)
        self.stop_cleanly(recorder)
        report = self.report(recorder.reel)
        self.assertEqual(len(report["processes"]), 1)
        self.assertGreaterEqual(self.points(report, "heap.alloc"), served - 2)
        times = self.times(recorder.reel, "heap.alloc")
        self.assertEqual(times, sorted(times))
        # No hour is between two polls, and none is taken away.
        self.assertLess(times[-1] - times[0], 1800)
        self.assertGreater(times[-1] - times[0], 0.09 * (len(times) - 1))


def own_group():
    """Where our memory cgroup is, and whether it is of version 2."""
    with open("/proc/self/cgroup", encoding="utf-8") as file:
        rows = [line.rstrip("\n").split(":", 2) for line in file]
    for _, controllers, path in rows:
        if "memory" in controllers.split(","):
            return "/sys/fs/cgroup/memory" + path, False
    for number, controllers, path in rows:
        if number == "0" and not controllers:
            return "/sys/fs/cgroup" + path, True
    raise OSError("no cgroup")


@needs_service
class OutOfMemory(Live):
    LIMIT = 256 * MIB

    def setUp(self):
        super().setUp()
        try:
            parent, is_v2 = own_group()
            self.group = os.path.join(parent, "heapreel-test-%d" % os.getpid())
            os.mkdir(self.group)
        except OSError as error:
            raise unittest.SkipTest("no cgroup can be made here: %s" % error) from None
        self.addCleanup(self.remove)
        try:
            self.write("memory.max" if is_v2 else "memory.limit_in_bytes", self.LIMIT)
        except OSError as error:
            raise unittest.SkipTest("no limit can be set here: %s" % error) from None
        # Without it, it would be swapped; where there is no such file there is no swap.
        for name, value in (("memory.swap.max", 0), ("memory.memsw.limit_in_bytes", self.LIMIT)):
            if os.path.exists(os.path.join(self.group, name)):
                self.write(name, value)

    def write(self, name, value):
        with open(os.path.join(self.group, name), "w", encoding="ascii") as file:
            file.write(str(value))

    def remove(self):
        """Once whoever was in it is gone."""
        def is_gone():
            try:
                os.rmdir(self.group)
            except FileNotFoundError:
                pass
            except OSError:
                return False
            return True

        until("the end of " + self.group, is_gone)

    def test_the_kernel_kills_what_was_started(self):
        reel = self.path("made.reel")
        started = Started(self, [
            "sh", "-c", 'echo $$ >"$0/cgroup.procs" && exec "$@"', self.group,
            HEAPREEL, "run", "-o", reel, "--", SERVICE])
        commands = Commands(started)
        for _ in range(4):
            commands.tell("gc")
        started.until("cycles", lambda: started.err.count("(forced)") >= 4)
        try:
            commands.tell("step?bytes=%d" % (2 * self.LIMIT))
        except OSError:
            pass  # it is killed before it answers
        self.assertEqual(started.end(), 128 + signal.SIGKILL, started.err)
        report = self.report(reel)
        self.assertEqual([p["end"] for p in report["processes"]], ["oom-killed"])
        self.assertIn("memory", run("report", reel).out.lower())


if __name__ == "__main__":
    main()
