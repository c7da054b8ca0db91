"""A collector of OpenTelemetry on loopback, for tests: it takes traces by OTLP over HTTP and reads them.

The messages are those of opentelemetry-proto's trace.proto, common.proto and resource.proto; their encoding is protobuf's."""
import http.server
import struct
import threading

# trace.proto: Span.SpanKind, Status.StatusCode
KINDS = {1: "internal", 2: "server"}
ERROR = 2


def varint(data, at):
    value = shift = 0
    while True:
        byte = data[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return value, at


def fields(data):
    """(number, value) of each field of a message: whole numbers, or bytes."""
    at = 0
    while at < len(data):
        key, at = varint(data, at)
        number, kind = key >> 3, key & 7
        if kind == 0:
            value, at = varint(data, at)
        elif kind == 1:
            value, at = struct.unpack_from("<Q", data, at)[0], at + 8
        elif kind == 2:
            size, at = varint(data, at)
            value, at = data[at:at + size], at + size
            assert len(value) == size
        elif kind == 5:
            value, at = struct.unpack_from("<I", data, at)[0], at + 4
        else:
            raise ValueError(f"wire type {kind}")
        yield number, value


def all_of(data, wanted):
    return [value for number, value in fields(data) if number == wanted]


def first(data, wanted, default=b""):
    return next(iter(all_of(data, wanted)), default)


def attributes(pairs):
    """Of KeyValue messages whose values are strings or whole numbers."""
    found = {}
    for pair in pairs:
        for number, value in fields(first(pair, 2)):
            found[first(pair, 1).decode()] = value.decode() if number == 1 else value
    return found


class Span:
    def __init__(self, data, resource):
        self.trace = first(data, 1).hex()
        self.id = first(data, 2).hex()
        self.tracestate = first(data, 3).decode()
        self.parent = first(data, 4).hex()
        self.name = first(data, 5).decode()
        self.kind = KINDS[first(data, 6, 0)]
        self.began, self.ended = first(data, 7, 0), first(data, 8, 0)  # nanoseconds since 1970
        self.attributes = attributes(all_of(data, 9))
        self.links = [(first(link, 1).hex(), first(link, 2).hex()) for link in all_of(data, 13)]
        self.failed = first(first(data, 15), 3, 0) == ERROR
        self.resource = resource

    def __repr__(self):
        return f"{self.name} {self.trace}/{self.id} {self.attributes}"


def read_request(body):
    """The spans of an ExportTraceServiceRequest."""
    for of_resource in all_of(body, 1):
        resource = attributes(all_of(first(of_resource, 1), 1))
        for of_scope in all_of(of_resource, 2):
            for span in all_of(of_scope, 2):
                yield Span(span, resource)


class Collector:
    """Collects while its `with` lasts."""

    def __init__(self, status=200):
        self.spans = []
        self.requests = []  # (path, headers)
        self.lock = threading.Lock()
        collector = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                with collector.lock:
                    collector.requests.append((self.path, self.headers))
                    if status == 200:
                        collector.spans.extend(read_request(body))
                self.send_response(status)
                self.send_header("Content-Type", "application/x-protobuf")
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.handle_error = lambda *_: None  # a client that is killed
        self.thread = threading.Thread(target=self.server.serve_forever)
        self.endpoint = f"http://127.0.0.1:{self.server.server_address[1]}"

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()

    def named(self, name):
        with self.lock:
            return [span for span in self.spans if span.name == name]

    def of(self, trace):
        with self.lock:
            return [span for span in self.spans if span.trace == trace]
