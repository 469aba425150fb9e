"""What heapreel takes of a processor, by what it watches, once a second.

    sources.py --heapreel PROGRAM --service SERVICE [--seconds N]

`record` is started on one kind of source of a real service and counted over a while, from
two seconds after its start: its own processor time as the scheduler knows it
(/proc/PID/task/*/schedstat). The dashboard is on a terminal of 200 by 50, which is read
and thrown away: what a terminal does with it is not in it. HEAPREEL_BENCH_SECONDS sets the
while, 60 unless it is set.
"""

import argparse
import fcntl
import os
import pty
import shutil
import signal
import struct
import subprocess
import tempfile
import termios
import threading
import time
import urllib.request


def processor_s(pid):
    """Of all its threads; to the nanosecond."""
    total_ns = 0
    for task in os.listdir("/proc/%d/task" % pid):
        with open("/proc/%d/task/%s/schedstat" % (pid, task), encoding="utf-8") as file:
            total_ns += int(file.read().split()[0])
    return total_ns / 1e9


def resident_mib(pid):
    with open("/proc/%d/status" % pid, encoding="utf-8") as file:
        for line in file:
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 1024
    return 0


def start_service(service, log):
    process = subprocess.Popen([service], stdout=subprocess.PIPE, stderr=log, text=True,
                               env=dict(os.environ, GODEBUG="gctrace=1"))
    said = dict(process.stdout.readline().split() for _ in range(2))
    return process, said["listening"], said["control"]


def drain(fd):
    try:
        while os.read(fd, 65536):
            pass
    except OSError:
        pass  # the other end is closed


def open_terminal():
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 50, 200, 0, 0))
    threading.Thread(target=drain, args=(master,), daemon=True).start()
    return slave


def measure(name, argv, seconds, drive, terminal=None):
    nowhere = subprocess.DEVNULL
    process = subprocess.Popen(argv, stdin=terminal or nowhere, stdout=terminal or nowhere,
                               stderr=nowhere, start_new_session=True,
                               env=dict(os.environ, TERM="xterm-256color", LC_ALL="C.UTF-8"))
    begin = None
    end = time.monotonic() + 2 + seconds
    try:
        while time.monotonic() < end and process.poll() is None:
            drive()
            time.sleep(1)
            if begin is None and time.monotonic() > end - seconds:
                begin = processor_s(process.pid), time.monotonic()
        if process.poll() is not None or begin is None:
            raise SystemExit("%s: ended early" % name)
        used = processor_s(process.pid) - begin[0]
        print("%-34s %6.3f %% of a core, at most %5.1f MiB" % (
            name, 100 * used / (time.monotonic() - begin[1]), resident_mib(process.pid)),
            flush=True)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--heapreel", required=True)
    parser.add_argument("--service", required=True)
    parser.add_argument("--seconds", type=int,
                        default=int(os.environ.get("HEAPREEL_BENCH_SECONDS", "60")))
    options = parser.parse_args()
    folder = tempfile.mkdtemp(prefix="heapreel-bench-")
    log = os.path.join(folder, "service.log")
    reel = os.path.join(folder, "made.reel")
    with open(log, "wb") as err:
        service, address, control = start_service(options.service, err)

    def collect():
        urllib.request.urlopen("http://%s/gc" % control, timeout=10).read()

    record = [options.heapreel, "record", "-o", reel]
    url = "http://%s" % address
    try:
        for name, argv in (
                ("/debug/vars", [url + "/debug/vars"]),
                ("/debug/vars, --watch", ["--watch", url + "/debug/vars"]),
                ("/metrics", [url + "/metrics"]),
                ("a service: both, and profiles", [url]),
                ("pid:", ["pid:%d" % service.pid]),
                ("tail, a line a second", [log]),
                ("all of these", ["pid:%d" % service.pid, url, log]),
                ("all of these, --watch", ["--watch", "pid:%d" % service.pid, url, log])):
            measure(name, record + argv, options.seconds, collect)
            os.unlink(reel)
        for name, argv in (("dashboard, /debug/vars", [url + "/debug/vars"]),
                           ("dashboard, all of these", ["pid:%d" % service.pid, url, log])):
            measure(name, [options.heapreel, *argv], options.seconds, collect,
                    open_terminal())
        measure("run, a child that does nothing",
                [options.heapreel, "run", "-o", reel, "--", "sleep", "100000"],
                options.seconds, lambda: None)
    finally:
        service.kill()
        service.wait()
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
