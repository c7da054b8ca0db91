"""The server under test, for tests in Python: started on a free port, ended with SIGTERM, never left behind."""

import json
import os
import re
import signal
import subprocess
import time
import urllib.request


class Server:
    """`with Server(program) as server:` waits until it is healthy. `server.url` has no slash at its end."""

    def __init__(self, program, *arguments):
        environment = {name: value for name, value in os.environ.items() if not name.startswith("SMA_")}
        self.process = subprocess.Popen(
            [program, "serve", "--port", "0", "--log-level", "warn", *arguments],
            stdout=subprocess.PIPE, text=True, env=environment)
        try:
            self.url = self._wait_for_url()
            self._wait_until_healthy()
        except BaseException:
            self.process.kill()
            self.process.wait()
            raise

    def _wait_for_url(self):
        line = self.process.stdout.readline()
        found = re.match(r"listening on (http://127\.0\.0\.1:\d+)", line)
        if not found:
            raise RuntimeError(f"the server does not say where it listens: {line!r}")
        return found[1]

    def _wait_until_healthy(self, limit_s=60):
        end = time.monotonic() + limit_s
        while time.monotonic() < end:
            try:
                with urllib.request.urlopen(self.url + "/health", timeout=5) as answer:
                    if json.load(answer)["status"] == "healthy":
                        return
            except OSError:
                pass
            time.sleep(0.05)
        raise RuntimeError("the server does not become healthy")

    def kill(self):
        """Ends it at once, as a crash would."""
        self.process.kill()
        self.process.wait()

    def stop(self):
        """SIGTERM; its exit status."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(60)
        except subprocess.TimeoutExpired:
            self.kill()
            raise

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        status = self.stop()
        self.process.stdout.close()
        if kind is None and status not in (0, -signal.SIGKILL):
            raise RuntimeError(f"the server exited with {status}")
