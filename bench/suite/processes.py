"""Processes that the suite starts, what they use, and their end: by process id, never by name."""
import http.client
import os
import signal
import socket
import subprocess
import time

TICKS_PER_S = os.sysconf("SC_CLK_TCK")


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def tree(pid):
    """The process and its children, theirs too."""
    pids = [pid]
    for each in pids:
        try:
            with open(f"/proc/{each}/task/{each}/children", encoding="ascii") as f:
                pids += [int(child) for child in f.read().split()]
        except OSError:
            pass
    return pids


def cpu_seconds(pid):
    total = 0
    for each in tree(pid):
        try:
            with open(f"/proc/{each}/stat", encoding="ascii") as f:
                fields = f.read().rpartition(")")[2].split()
            total += int(fields[11]) + int(fields[12])
        except OSError:
            pass
    return total / TICKS_PER_S


def resident_mib(pid, field="VmRSS"):
    """Of the whole tree; field may be VmHWM, the most there has been."""
    kib = 0
    for each in tree(pid):
        try:
            with open(f"/proc/{each}/status", encoding="ascii") as f:
                kib += sum(int(line.split()[1]) for line in f if line.startswith(field + ":"))
        except OSError:
            pass
    return kib / 1024


class Server:
    """A program that answers HTTP on a loopback port. Use it in a `with` statement, which stops it."""

    def __init__(self, name, command, port, log, environment=None, directory=None, ready_s=60):
        self.name, self.port, self.log = name, port, log
        self.command, self.environment, self.directory, self.ready_s = command, environment or {}, directory, ready_s
        self.process = None
        self.start_up_s = None

    def __enter__(self):
        # Emptied, then appended to: whoever shortens it while the program runs finds no hole in it.
        with open(self.log, "wb"), open(self.log, "ab") as out:
            begin = time.perf_counter()
            self.process = subprocess.Popen(self.command, stdout=out, stderr=out, stdin=subprocess.DEVNULL,
                                            env={**os.environ, **self.environment}, cwd=self.directory)
        try:
            self._wait_until_ready(begin)
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_):
        self.stop()

    @property
    def pid(self):
        return self.process.pid

    def url(self, target):
        return f"http://127.0.0.1:{self.port}{target}"

    def _wait_until_ready(self, begin):
        while not self._healthy():
            if self.process.poll() is not None:
                raise RuntimeError(f"{self.name} ended with {self.process.returncode}: see {self.log}")
            if time.perf_counter() - begin > self.ready_s:
                raise RuntimeError(f"{self.name} is not ready after {self.ready_s} s: see {self.log}")
            time.sleep(0.002)
        self.start_up_s = time.perf_counter() - begin

    def _healthy(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", "/health")
            return connection.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    def settle(self, limit_s=20):
        """Waits until the server has nothing to do any more; False if it still works at the end of the limit."""
        end = time.monotonic() + limit_s
        while time.monotonic() < end:
            before = cpu_seconds(self.pid)
            time.sleep(0.25)
            if cpu_seconds(self.pid) - before <= 0.01:
                return True
        return False

    def stop(self):
        if self.process is None or self.process.poll() is not None:
            return
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(10)
