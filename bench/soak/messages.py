"""Requests as the bytes that are sent."""
import base64
import json
from dataclasses import dataclass

BOUNDARY = "soak-5f1c0e7a"


@dataclass(frozen=True)
class Message:
    method: str
    target: str
    headers: tuple = ()
    body: bytes = b""
    declared: int | None = None  # instead of the body's true length
    raw: bytes = b""  # instead of everything else: what is no HTTP

    def encode(self, more=()):
        """more: headers that the client adds, such as its key."""
        if self.raw:
            return self.raw
        lines = [f"{self.method} {self.target} HTTP/1.1", "Host: 127.0.0.1"]
        lines += [f"{name}: {value}" for name, value in (*self.headers, *more)]
        chunked = any(name == "Transfer-Encoding" for name, _ in self.headers)
        length = len(self.body) if self.declared is None else self.declared
        if not chunked and (length or self.method == "POST"):
            lines.append(f"Content-Length: {length}")
        return ("\r\n".join(lines) + "\r\n\r\n").encode() + self.body


def get(target, method="GET", headers=()):
    return Message(method, target, headers)


def post(target, content_type, body, headers=()):
    return Message("POST", target, (("Content-Type", content_type), *headers), body)


def post_json(target, document):
    return post(target, "application/json", json.dumps(document).encode())


def form_body(files, end=True):
    """files: (name of the part, filename, bytes)."""
    parts = []
    for name, filename, content in files:
        head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"; filename="{filename}"\r\n'
        parts += [head.encode(), b"Content-Type: application/octet-stream\r\n\r\n", content, b"\r\n"]
    return b"".join(parts) + (f"--{BOUNDARY}--\r\n".encode() if end else b"")


def post_form(target, files):
    return post(target, f"multipart/form-data; boundary={BOUNDARY}", form_body(files))


def chunks(body, size):
    pieces = [body[i:i + size] for i in range(0, len(body), size)]
    return b"".join(f"{len(piece):x}\r\n".encode() + piece + b"\r\n" for piece in pieces) + b"0\r\n\r\n"


def text_of(content):
    return base64.b64encode(content).decode()
