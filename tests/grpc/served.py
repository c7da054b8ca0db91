"""The real server with gRPC, and a client with generic calls."""
import functools
import json
import os
import pathlib
import re
import resource
import signal
import struct
import subprocess
import sys
import tempfile
import time
import urllib.request

SOURCE = pathlib.Path(os.environ["SMA_SOURCE_DIR"])
BINARY = pathlib.Path(os.environ["SMA_BINARY_DIR"])
PATIENCE_S = 180  # a machine may be busy with much else

sys.path.insert(0, str(SOURCE / "tests/grpc"))
import messages  # noqa: E402

SKIPPED = 77
if not (BINARY / "parts/grpc.so").exists():
    print("skipped: the part \"grpc\" was not built (libgrpc++-dev, protobuf-compiler)")
    sys.exit(SKIPPED)
if messages.missing():
    print(f"skipped: {messages.missing()} is not installed")
    sys.exit(SKIPPED)

os.environ.setdefault("GRPC_VERBOSITY", "NONE")  # what it says of handshakes that are to fail
import grpc  # noqa: E402

pb = messages.load(SOURCE)
inference, health, reflection = pb["inference"], pb["health"], pb["reflection"]

SERVICE = "/inference.GRPCInferenceService/"
SAMPLES = SOURCE / "conf/demo/samples"
NARROW = BINARY / "narrow/narrow.safetensors"
DEMO = BINARY / "demo/demo.safetensors"


def sample(name):
    return (SAMPLES / name).read_bytes()


def clean_environment():
    return {name: value for name, value in os.environ.items() if not name.startswith("SMA_")}


class Server:
    """`simple-model-api serve` with gRPC on a free port. Waits until it is healthy; killed at the end of its `with`.
    Weights of None: the flags name a settings file with models."""

    def __init__(self, *flags, weights=DEMO, listen="127.0.0.1:0", descriptors=None):
        self.folder = tempfile.TemporaryDirectory()
        self.log = pathlib.Path(self.folder.name) / "log"
        limit = None if descriptors is None else functools.partial(resource.setrlimit, resource.RLIMIT_NOFILE,
                                                                   (descriptors, descriptors))
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [BINARY / "simple-model-api", "serve", "--port", "0", "--grpc-listen", listen,
                 *(("--weights", weights) if weights else ()), *map(str, flags)], stdout=log, stderr=subprocess.STDOUT, env=clean_environment(),
                preexec_fn=limit)
        try:
            self.url = self.find(r"listening on (\S+)")
            self.target = self.find(r'"gRPC listener started".*?"url": ?"(?:grpcs?://)?([^"]+)"')
            if not self.url.startswith("https"):
                self.eventually(lambda: json.loads(self.get("/health"))["status"] == "healthy")
        except BaseException:
            self.__exit__()
            raise

    def find(self, pattern):
        """The group of the pattern in the log, which may still be to come."""
        found = []

        def look():
            if self.process.poll() is not None:
                raise AssertionError(f"the server ended with {self.process.returncode}: {self.log.read_text()}")
            found[:] = re.findall(pattern, self.log.read_text())
            return found
        self.eventually(look)
        return found[0]

    @staticmethod
    def eventually(condition, limit_s=PATIENCE_S):
        end = time.monotonic() + limit_s
        while time.monotonic() < end:
            try:
                if condition():
                    return
            except OSError:
                pass
            time.sleep(0.02)
        raise AssertionError("it did not become so")

    def get(self, path):
        try:
            with urllib.request.urlopen(self.url + path, timeout=60) as answer:
                return answer.read().decode()
        except urllib.error.HTTPError as e:
            return e.read().decode()

    def requests(self, rpc):
        """The access lines of a procedure."""
        lines = [json.loads(line) for line in self.log.read_text().splitlines() if line.startswith("{")]
        return [line for line in lines if line.get("path", "").endswith(rpc)]

    def access_line(self, rpc):
        self.eventually(lambda: self.requests(rpc))
        return self.requests(rpc)[-1]

    def in_flight(self):
        """Requests beside the one that asks."""
        return int(re.search(r"^inflight_requests (\d+)", self.get("/metrics"), re.M)[1]) - 1

    def signal(self, number):
        self.process.send_signal(number)

    def stop(self):
        self.signal(signal.SIGTERM)
        return self.process.wait(PATIENCE_S)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.folder.cleanup()


class Client:
    """Generic calls over one channel."""

    def __init__(self, target, credentials=None, options=()):
        options = [("grpc.max_send_message_length", -1), ("grpc.max_receive_message_length", -1), *options]
        self.channel = (grpc.insecure_channel(target, options) if credentials is None
                        else grpc.secure_channel(target, credentials, options))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.channel.close()

    def procedure(self, name, module=inference, path=None):
        request, response = getattr(module, name + "Request"), getattr(module, name + "Response")
        return self.channel.unary_unary(path or SERVICE + name, request.SerializeToString, response.FromString)

    def call(self, name, request=None, **options):
        options.setdefault("timeout", PATIENCE_S)
        return self.procedure(name)(request or getattr(inference, name + "Request")(), **options)

    def with_call(self, name, request=None, **options):
        options.setdefault("timeout", PATIENCE_S)
        return self.procedure(name).with_call(request or getattr(inference, name + "Request")(), **options)

    def stream(self, requests, **options):
        options.setdefault("timeout", PATIENCE_S)
        return self.channel.stream_stream(SERVICE + "ModelStreamInfer", inference.ModelInferRequest.SerializeToString,
                                          inference.ModelStreamInferResponse.FromString)(requests, **options)

    def health(self, service="", **options):
        options.setdefault("timeout", PATIENCE_S)
        path = "/grpc.health.v1.Health/Check"
        return self.channel.unary_unary(path, health.HealthCheckRequest.SerializeToString,
                                        health.HealthCheckResponse.FromString)(
            health.HealthCheckRequest(service=service), **options)


def element(file):
    """An element of BYTES as raw contents have it."""
    return struct.pack("<I", len(file)) + file


def images(*files, raw=True, model="", outputs=(), **members):
    """A request about image files. `outputs`: (name, parameters)."""
    request = inference.ModelInferRequest(model_name=model, **members)
    tensor = request.inputs.add(name="image", datatype="BYTES", shape=[len(files)])
    if raw:
        request.raw_input_contents.append(b"".join(map(element, files)))
    else:
        tensor.contents.bytes_contents.extend(files)
    for name, parameters in outputs:
        output = request.outputs.add(name=name)
        for key, value in parameters.items():
            kind = "string_param" if isinstance(value, str) else "int64_param"
            setattr(output.parameters[key], kind, value)
    return request


def floats(raw):
    return struct.unpack(f"<{len(raw) // 4}f", raw)


def texts(raw):
    """The elements of a BYTES tensor."""
    found = []
    while raw:
        (length,) = struct.unpack_from("<I", raw)
        found.append(raw[4:4 + length].decode())
        raw = raw[4 + length:]
    return found


def class_of(text):
    """"value:index:label" """
    return text.split(":", 2)[2]
