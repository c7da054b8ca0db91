"""The real server, for tests in Python: started on a port, asked, ended by its id."""
import http.client
import json
import os
import pathlib
import signal
import socket
import subprocess

from eventually import PATIENCE_S, eventually

SOURCE = pathlib.Path(os.environ["SMA_SOURCE_DIR"])
BINARY = pathlib.Path(os.environ["SMA_BINARY_DIR"])
PROGRAM = BINARY / "simple-model-api"
# Loaded at once, and as good as the demo model.
WEIGHTS = BINARY / "narrow/narrow.safetensors"

# Where Debian has haproxy and nginx; not in everybody's PATH.
os.environ["PATH"] += ":/usr/sbin"


def clean_environment(**more):
    kept = {name: value for name, value in os.environ.items() if not name.startswith("SMA_")}
    return {**kept, **more}


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Server:
    """`simple-model-api serve` on 127.0.0.1. Killed at the end of its `with`."""

    def __init__(self, *flags, port=None, weights=WEIGHTS):
        self.port = port or free_port()
        command = [str(PROGRAM), "serve", "--port", str(self.port), "--weights", str(weights), "--log-level", "warn", *flags]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, env=clean_environment())

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()

    def get(self, path):
        """Status and body; (None, "") if nobody answers."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        except (OSError, http.client.HTTPException):
            return None, ""
        finally:
            connection.close()

    def state(self):
        status, body = self.get("/health")
        return json.loads(body)["status"] if status else None

    def wait_for(self, state):
        if not eventually(lambda: self.state() == state or self.process.poll() is not None):
            raise AssertionError(f"the server does not become {state}: {self.state()}")
        if self.process.poll() is not None:
            raise AssertionError(f"the server ended with {self.process.returncode}")
        return self

    def signal(self, number):
        self.process.send_signal(number)

    def stop(self):
        self.signal(signal.SIGTERM)
        return self.process.wait(PATIENCE_S)
