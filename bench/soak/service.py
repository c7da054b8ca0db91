"""The server under load: configured as in production, its limits low enough to be met, and what is done to it."""
import hashlib
import json
import os
import shutil
import signal
import tempfile
import time

from bench.suite import processes

from . import broken, messages
from .link import Link

MODEL = "soak"
QUEUE_IMAGES = 32
# A reload lets everything else on the machine go first; the deadline of the request for one is every request's.
RELOAD_S_MOST = 300
GREEDY_ADDRESS = "192.0.2.1"
# What the log says of the reloads that are made to fail.
EXPECTED_ERRORS = ("reload failed, the old model stays in use",)

CONFIGURATION = """\
port = {port}
admin_listen = "unix:{admin}"
weights = "{weights}"
labels = "{labels}"
model_name = "{model}"
api_keys_file = "{keys_file}"
trusted_proxies = ["127.0.0.1"]
rate_limit_requests_per_s = 100
rate_limit_burst = 100
cache_size_mb = 1
max_connections = 256
max_queue_size = {queue}
max_images = 16
max_body_bytes = 33554432
header_timeout_ms = {header_timeout}
idle_timeout_ms = {idle_timeout}
default_timeout_ms = {reload_ms}
"""


def put(path, text):
    """Whole or not at all, as a deployment should."""
    with open(path + ".next", "w", encoding="utf-8") as f:
        f.write(text)
    os.rename(path + ".next", path)


class Service:
    """Use it in a `with` statement, which starts and ends it."""

    def __init__(self, build, work, weights, labels, with_keys, seed):
        self.work, self.weights, self.labels, self.with_keys, self.seed = work, weights, labels, with_keys, seed
        # Not in work: the path of a socket may not be longer than 107 bytes.
        self.socket_folder = tempfile.TemporaryDirectory(prefix="soak-")
        self.admin = os.path.join(self.socket_folder.name, "admin.sock")
        self.log = os.path.join(work, "server.log")
        self.linked_weights = os.path.join(work, "weights" + os.path.splitext(weights)[1])
        self.copied_labels = os.path.join(work, "labels.txt")
        self.keys_file = os.path.join(work, "keys") if with_keys else ""
        self.guest = self.key("guest 0")
        self.guests = 0
        program = os.path.join(build, "simple-model-api")
        command = [program, "serve", "--config", os.path.join(work, "soak.toml")]
        self.server = processes.Server("the server", command, processes.free_port(), self.log)

    def __enter__(self):
        os.makedirs(self.work, exist_ok=True)
        self.replace_files()
        put(os.path.join(self.work, "soak.toml"),
            CONFIGURATION.format(port=self.server.port, admin=self.admin, weights=self.linked_weights,
                                 labels=self.copied_labels, model=MODEL, keys_file=self.keys_file,
                                 queue=QUEUE_IMAGES, reload_ms=1000 * RELOAD_S_MOST,
                                 header_timeout=broken.HEADER_TIMEOUT_MS, idle_timeout=broken.IDLE_TIMEOUT_MS))
        self.server.__enter__()
        return self

    def __exit__(self, *_):
        self.server.__exit__()
        self.socket_folder.cleanup()

    @property
    def pid(self):
        return self.server.pid

    @property
    def port(self):
        return self.server.port

    def runs(self):
        return self.server.process.poll() is None

    def key(self, name):
        return hashlib.sha256(f"{self.seed} {name}".encode()).hexdigest()[:32]

    def client_keys(self):
        return tuple(self.key(f"client {i}") for i in range(3)) if self.with_keys else ()

    def greedy_headers(self):
        address = (("X-Forwarded-For", GREEDY_ADDRESS),)
        return address + ((("X-API-Key", self.key("greedy")),) if self.with_keys else ())

    def replace_files(self):
        """All that is read again at a reload, the same in new files."""
        link = self.linked_weights + ".next"
        if os.path.lexists(link):
            os.unlink(link)
        os.symlink(os.path.abspath(self.weights), link)
        os.rename(link, self.linked_weights)
        shutil.copy(self.labels, self.copied_labels + ".next")
        os.rename(self.copied_labels + ".next", self.copied_labels)
        if self.with_keys:
            self._write_keys()

    def _write_keys(self):
        def line(name, key, rate=""):
            return f"{name} {hashlib.sha256(key.encode()).hexdigest()} {rate}\n"
        lines = [line(f"client{i}", key, "0") for i, key in enumerate(self.client_keys())]
        put(self.keys_file, "".join(lines) + line("greedy", self.key("greedy"), "5 20") + line("guest", self.guest))
        os.chmod(self.keys_file, 0o600)

    def metrics(self):
        """Name with labels to number."""
        with Link(self.admin) as link:
            answer = link.ask(messages.get("/metrics").encode())
        lines = [line.rpartition(" ") for line in answer.body.decode().splitlines() if not line.startswith("#")]
        return {name: float(value) for name, _, value in lines}

    def reload_by_signal(self):
        """What is wrong, or ""."""
        before = self.metrics()
        old_guest, self.guests = self.guest, self.guests + 1
        self.guest = self.key(f"guest {self.guests}")
        self.replace_files()
        self.server.process.send_signal(signal.SIGHUP)
        if not self._eventually(lambda: self._has_loaded(before)):
            return "a reload by SIGHUP does not end"
        if self.with_keys and not self._eventually(lambda: self._statuses(old_guest) == (401, 200)):
            return f"after SIGHUP the old and the new key are answered with {self._statuses(old_guest)}"
        return ""

    def reload_by_request(self):
        self.replace_files()
        status = self._ask_to_load()
        return "" if status == 200 else f"a reload by request was answered with {status}"

    def reload_broken(self):
        """Labels for another number of classes: it must be refused, and nothing change."""
        put(self.copied_labels, "a label\n")
        status = self._ask_to_load()
        self.replace_files()
        return "" if status == 400 else f"a reload with broken labels was answered with {status}"

    def _ask_to_load(self):
        message = messages.Message("POST", f"/v2/repository/models/{MODEL}/load")
        with Link(self.admin, RELOAD_S_MOST) as link:
            return link.ask(message.encode()).status

    def _has_loaded(self, before):
        now = self.metrics()
        ended = now["model_loads_total"] > before["model_loads_total"]
        return ended and now['model_state{state="ready"}'] == 1

    def _statuses(self, old_guest):
        def status(key):
            with Link(self.port) as link:
                return link.ask(messages.get("/info").encode((("X-API-Key", key),))).status
        return status(old_guest), status(self.guest)

    @staticmethod
    def _eventually(condition):
        end = time.monotonic() + RELOAD_S_MOST
        while not condition():
            if time.monotonic() > end:
                return False
            time.sleep(0.1)
        return True

    def turn_log(self):
        """What it should not have said since the last time; then it is emptied, as logrotate's copytruncate does."""
        with open(self.log, "r+", encoding="utf-8", errors="replace") as f:
            text = read_whole_lines(f)
            f.truncate(0)
        return strange_lines(text)

    def stop(self):
        """What is wrong with its end, or ""."""
        self.server.stop()
        status = self.server.process.returncode
        return "" if status == 0 else f"the server ended with {status}"


def read_whole_lines(f):
    """To its end. A line that is being written may be seen in part: waits a second at most for the rest."""
    text = f.read()
    end = time.monotonic() + 1
    while text and not text.endswith("\n") and time.monotonic() < end:
        time.sleep(0.01)
        text += f.read()
    return text


def strange_lines(text):
    """Errors that nobody provoked, and what is no line of the log, such as a sanitizer's report."""
    strange = []
    for line in text.splitlines():
        try:
            said = json.loads(line)
            bad = said["level"] == "error" and said["event"] not in EXPECTED_ERRORS
        except (ValueError, KeyError, TypeError):
            bad = bool(line.strip()) and not line.startswith("listening on ")
        if bad:
            strange.append(line)
    return strange
