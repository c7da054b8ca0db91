"""Connections to the server, and the answers that come through them."""
import http.client
import json
import socket
import struct
from dataclasses import dataclass

# Long enough for a burst on a slow machine; whoever waits longer has found something.
PATIENCE_S = 60


class Closed(Exception):
    """The server closed the connection where an answer should have begun, or in it."""


@dataclass(frozen=True)
class Answer:
    status: int
    headers: http.client.HTTPMessage
    body: bytes = b""

    def header(self, name):
        return self.headers.get(name, "")

    @property
    def closes(self):
        return self.header("Connection").lower() == "close"

    def json(self):
        return json.loads(self.body)


class Link:
    """One connection. Use it in a `with` statement, or close it."""

    def __init__(self, address, timeout_s=PATIENCE_S):
        """address: a port on this machine, or the path of a Unix socket."""
        if isinstance(address, int):
            self.socket = socket.create_connection(("127.0.0.1", address), timeout=timeout_s)
        else:
            self.socket = socket.socket(socket.AF_UNIX)
            self.socket.settimeout(timeout_s)
            self.socket.connect(address)
        self.socket_file = self.socket.makefile("rb")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def send(self, data):
        self.socket.sendall(data)

    def read(self, method="GET"):
        """The next answer; those that only ask for more (1xx) are passed over."""
        try:
            return self._read(method)
        except (ConnectionError, http.client.HTTPException) as e:
            raise Closed(f"{type(e).__name__}: {e}") from e

    def _read(self, method):
        line = self.socket_file.readline(65536)
        if not line:
            raise Closed("no answer")
        status = int(line.split()[1])
        headers = http.client.parse_headers(self.socket_file)
        if status < 200:
            return self._read(method)
        length = 0 if method == "HEAD" or status in (204, 304) else int(headers["Content-Length"])
        body = self.socket_file.read(length)
        if len(body) < length:
            raise Closed(f"{len(body)} of {length} bytes of an answer")
        return Answer(status, headers, body)

    def ask(self, data, method="GET"):
        self.send(data)
        return self.read(method)

    def finish_sending(self):
        self.socket.shutdown(socket.SHUT_WR)

    def reset(self):
        """Ends it as a crashed client would: with RST."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close()

    def rest(self):
        """Everything until the server closes; b"" also if it resets the connection."""
        try:
            return self.socket_file.read()
        except ConnectionError:
            return b""

    def close(self):
        self.socket_file.close()
        self.socket.close()
