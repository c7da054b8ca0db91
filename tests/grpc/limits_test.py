"""What gRPC's clients may not do, and what becomes of their calls when the server ends: keys, rates, sizes, TLS, drain."""
import hashlib
import os
import pathlib
import signal
import socket
import shutil
import subprocess
import tempfile
import threading
import time
import unittest

from served import (BINARY, NARROW, PATIENCE_S, Client, Server, clean_environment, grpc, health, images, inference,
                    sample)

HEART = sample("heart-1.png")


def refusal(call):
    try:
        call()
    except grpc.RpcError as e:
        return e
    raise AssertionError("it was not refused")


def name_of(e):
    return dict(e.trailing_metadata()).get("error-code")


class Keys(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.file = pathlib.Path(folder.name) / "keys"

    def write(self, *keys):
        lines = [f"{name} {hashlib.sha256(key.encode()).hexdigest()} {rate}\n" for name, key, rate in keys]
        self.file.touch(0o600)
        self.file.write_text("".join(lines))

    def test_inference_needs_a_key_and_health_none(self):
        self.write(("anna", "alpha", ""))
        with Server("--api-keys-file", self.file, weights=NARROW) as server, Client(server.target) as client:
            for metadata in ([], [("authorization", "Bearer beta")], [("x-api-key", "")]):
                e = refusal(lambda m=metadata: client.call("ModelInfer", images(HEART), metadata=m))
                self.assertEqual((e.code(), name_of(e)), (grpc.StatusCode.UNAUTHENTICATED, "UNAUTHORIZED"))
            e = refusal(lambda: list(client.stream(iter([images(HEART)]))))
            self.assertEqual(e.code(), grpc.StatusCode.UNAUTHENTICATED)
            e = refusal(lambda: client.call("ModelStatistics"))
            self.assertEqual(e.code(), grpc.StatusCode.UNAUTHENTICATED)
            for metadata in ([("authorization", "Bearer alpha")], [("x-api-key", "alpha")]):
                client.call("ModelInfer", images(HEART), metadata=metadata)
            self.assertEqual([line["key"] for line in server.requests("ModelInfer")][-1], "anna")
            self.assertEqual(len(list(client.stream(iter([images(HEART)]), metadata=metadata))), 1)
            self.assertEqual(client.health().status, health.HealthCheckResponse.SERVING)
            self.assertTrue(client.call("ServerReady").ready)

    def test_keys_are_reloaded(self):
        self.write(("anna", "alpha", ""))
        with Server("--api-keys-file", self.file, weights=NARROW) as server, Client(server.target) as client:
            self.write(("bert", "beta", ""))
            server.signal(signal.SIGHUP)

            def is_known():
                try:
                    return client.call("ModelInfer", images(HEART), metadata=[("x-api-key", "beta")])
                except grpc.RpcError:
                    return None
            server.eventually(is_known)

    def test_a_rate_is_shared_with_http(self):
        self.write(("anna", "alpha", "0.001 2"))
        with Server("--api-keys-file", self.file, weights=NARROW) as server, Client(server.target) as client:
            metadata = [("authorization", "Bearer alpha")]
            subprocess.run(["curl", "-s", "-H", "X-API-Key: alpha", server.url + "/info"], check=True, capture_output=True)
            _, call = client.with_call("ModelInfer", images(HEART), metadata=metadata)
            self.assertEqual(dict(call.trailing_metadata())["ratelimit-remaining"], "0")
            e = refusal(lambda: client.call("ModelInfer", images(HEART), metadata=metadata))
            self.assertEqual((e.code(), name_of(e)), (grpc.StatusCode.RESOURCE_EXHAUSTED, "RATE_LIMITED"))
            self.assertGreater(int(dict(e.trailing_metadata())["retry-after"]), 0)


class Sizes(unittest.TestCase):
    def test_what_is_too_large_is_refused_and_the_server_serves_on(self):
        with Server("--max-image-bytes", 100_000, "--max-body-bytes", 200_000, weights=NARROW) as server, \
                Client(server.target) as client:
            e = refusal(lambda: client.call("ModelInfer", images(bytes(150_000))))
            self.assertEqual((e.code(), name_of(e)), (grpc.StatusCode.INVALID_ARGUMENT, "FILE_TOO_LARGE"))
            e = refusal(lambda: client.call("ModelInfer", images(bytes(1_000_000))))
            self.assertEqual(e.code(), grpc.StatusCode.RESOURCE_EXHAUSTED)
            client.call("ModelInfer", images(HEART))

    def test_a_body_over_the_limit_of_all_bodies_is_refused(self):
        with Server("--max-inflight-body-bytes", 2_048, "--max-image-bytes", 8_192, "--max-body-bytes", 8_192,
                    weights=NARROW) as server, Client(server.target) as client:
            e = refusal(lambda: client.call("ModelInfer", images(bytes(4_000))))
            self.assertEqual((e.code(), name_of(e)), (grpc.StatusCode.UNAVAILABLE, "QUEUE_FULL"))
            (answer,) = client.stream(iter([images(bytes(4_000))]))
            self.assertEqual(answer.infer_response.parameters["error-code"].string_param, "QUEUE_FULL")

    def test_calls_are_limited(self):
        with Server("--max-connections", 2, weights=NARROW) as server, Client(server.target) as client:
            hold = threading.Event()

            def is_served():
                try:
                    return bool(client.call("ModelInfer", images(HEART)))
                except grpc.RpcError:
                    return False

            def one():
                yield images(HEART, id="1")
                hold.wait(PATIENCE_S)
            held = [client.stream(one()) for _ in range(2)]
            self.assertEqual([next(stream).infer_response.id for stream in held], ["1", "1"])
            e = refusal(lambda: client.call("ModelInfer", images(HEART)))
            self.assertEqual((e.code(), name_of(e)), (grpc.StatusCode.UNAVAILABLE, "QUEUE_FULL"))
            hold.set()
            self.assertEqual([list(stream) for stream in held], [[], []])
            # A client knows that its call has ended a moment before the server counts it out.
            server.eventually(is_served)

    def test_connections_are_limited_and_new_ones_wait(self):
        with Server("--max-connections", 3, weights=NARROW) as server, Client(server.target) as client:
            client.call("ServerLive")
            host, port = server.target.split(":")
            others = [socket.create_connection((host, int(port))) for _ in range(2)]
            with Client(server.target, options=[("grpc.use_local_subchannel_pool", 1)]) as fourth:
                waiting = fourth.procedure("ServerLive").future(inference.ServerLiveRequest(), timeout=PATIENCE_S,
                                                                wait_for_ready=True)
                self.assertTrue(client.call("ServerLive").live)
                self.assertFalse(waiting.done())
                for other in others:
                    other.close()
                self.assertTrue(waiting.result().live)

    def test_connections_are_accepted_again_after_descriptors_ran_out(self):
        descriptors = 80
        with Server("--max-connections", 1_000, weights=NARROW, descriptors=descriptors) as server, \
                Client(server.target) as client:
            client.call("ServerLive")
            host, port = server.target.split(":")
            others = [socket.create_connection((host, int(port))) for _ in range(descriptors)]
            server.find("(cannot accept connections, retrying)")
            for other in others:
                other.close()
            with Client(server.target, options=[("grpc.use_local_subchannel_pool", 1)]) as late:
                late.call("ModelInfer", images(HEART), wait_for_ready=True)

    def test_a_message_that_does_not_come_ends_its_call(self):
        with Server("--default-timeout-ms", 300, weights=NARROW) as server, Client(server.target) as client:
            hold = threading.Event()

            def nothing():
                hold.wait(PATIENCE_S)
                yield images(HEART)
            call = client.channel.stream_unary("/inference.GRPCInferenceService/ModelInfer",
                                               inference.ModelInferRequest.SerializeToString,
                                               inference.ModelInferResponse.FromString)
            e = refusal(lambda: call(nothing(), timeout=PATIENCE_S))
            self.assertEqual((e.code(), name_of(e)), (grpc.StatusCode.DEADLINE_EXCEEDED, "REQUEST_TIMEOUT"))
            hold.set()
            server.eventually(lambda: server.in_flight() == 0)

    def test_metadata_is_limited(self):
        with Server("--max-header-bytes", 1_024, weights=NARROW) as server, Client(server.target) as client:
            e = refusal(lambda: client.call("ServerLive", metadata=[("x-much", "m" * 100_000)]))
            # gRPC may also close the connection, sooner than the status is sent.
            self.assertIn(e.code(), (grpc.StatusCode.RESOURCE_EXHAUSTED, grpc.StatusCode.UNAVAILABLE))
            # On a connection of its own: the first may be closing.
            with Client(server.target, options=[("grpc.use_local_subchannel_pool", 1)]) as another:
                self.assertTrue(another.call("ServerLive").live)

    def test_many_images_are_refused(self):
        with Server("--max-images", 2, weights=NARROW) as server, Client(server.target) as client:
            e = refusal(lambda: client.call("ModelInfer", images(HEART, HEART, HEART)))
            self.assertEqual((e.code(), name_of(e)), (grpc.StatusCode.INVALID_ARGUMENT, "VALIDATION_ERROR"))


class End(unittest.TestCase):
    def test_a_stream_is_told_that_the_server_ends(self):
        with Server("--drain-timeout-ms", 60_000, weights=NARROW) as server, Client(server.target) as client:
            hold = threading.Event()

            def requests():
                yield images(HEART, id="1")
                hold.wait(PATIENCE_S)
            stream = client.stream(requests())
            self.assertEqual(next(stream).infer_response.id, "1")
            began = time.monotonic()
            server.signal(signal.SIGTERM)
            e = refusal(lambda: next(stream))
            self.assertEqual(e.code(), grpc.StatusCode.UNAVAILABLE)
            self.assertEqual(server.process.wait(PATIENCE_S), 0)
            self.assertLess(time.monotonic() - began, 50)
            hold.set()

    def test_calls_in_flight_are_answered_during_the_drain(self):
        with Server("--drain-timeout-ms", 60_000) as server, Client(server.target) as client:
            calls = [client.procedure("ModelInfer").future(images(*[HEART] * 16), timeout=PATIENCE_S) for _ in range(4)]
            server.eventually(lambda: server.in_flight() == 4 or calls[0].done())
            server.signal(signal.SIGTERM)
            for call in calls:
                self.assertEqual(len(call.result().outputs), 2)
            self.assertEqual(server.process.wait(PATIENCE_S), 0)

    def test_a_client_that_stays_does_not_keep_the_server(self):
        with Server("--drain-timeout-ms", 200, weights=NARROW) as server, Client(server.target) as client:
            hold = threading.Event()

            def nothing():
                hold.wait(PATIENCE_S)
                yield images(HEART)
            stalled = client.channel.stream_unary("/inference.GRPCInferenceService/ModelInfer",
                                                  inference.ModelInferRequest.SerializeToString,
                                                  inference.ModelInferResponse.FromString).future(nothing())
            server.eventually(lambda: server.in_flight() == 1)
            self.assertEqual(server.stop(), 0)
            hold.set()
            self.assertIsNotNone(stalled.exception())

    def test_the_port_is_not_shared(self):
        with Server(weights=NARROW) as server:
            with self.assertRaisesRegex(AssertionError, "cannot listen on"):
                Server(weights=NARROW, listen=server.target)


class Part(unittest.TestCase):
    def test_without_the_setting_grpc_is_not_loaded(self):
        with Server(weights=NARROW) as with_grpc:
            self.assertIn("libgrpc", pathlib.Path(f"/proc/{with_grpc.process.pid}/maps").read_text())
        program = subprocess.Popen([BINARY / "simple-model-api", "serve", "--port", "0", "--weights", NARROW],
                                   stdout=subprocess.PIPE, text=True, env=clean_environment())
        try:
            self.assertIn("listening on", program.stdout.readline())
            self.assertNotIn("libgrpc", pathlib.Path(f"/proc/{program.pid}/maps").read_text())
        finally:
            program.kill()
            program.wait()
            program.stdout.close()

    def test_without_the_part_the_package_is_named(self):
        with tempfile.TemporaryDirectory() as folder:
            shutil.copy(BINARY / "simple-model-api", folder)
            parts = pathlib.Path(folder) / "parts"
            parts.mkdir()
            for file in (BINARY / "parts").iterdir():
                if file.stem not in ("grpc", "libtorch"):
                    shutil.copy(file, parts)
            done = subprocess.run([pathlib.Path(folder) / "simple-model-api", "serve", "--port", "0", "--weights", NARROW,
                                   "--grpc-listen", "127.0.0.1:0"], capture_output=True, text=True, timeout=PATIENCE_S,
                                  check=False, env=clean_environment())
            self.assertEqual(done.returncode, 2)
            self.assertIn("simple-model-api-grpc", done.stderr)

    def test_a_unix_socket_serves(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "socket")
            with Server(weights=NARROW, listen="unix:" + path) as server, Client("unix:" + path) as client:
                client.call("ModelInfer", images(HEART))
                self.assertEqual(server.access_line("ModelInfer")["client"], "unix")


@unittest.skipUnless(shutil.which("openssl"), "openssl is not installed")
class Tls(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)

    def path(self, name):
        return os.path.join(self.folder.name, name)

    def make(self, name):
        """A certificate that signs itself."""
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                        "-keyout", self.path("new.key"), "-out", self.path("new.pem"), "-days", "2", "-subj", f"/CN={name}",
                        "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"], check=True, capture_output=True)
        os.replace(self.path("new.key"), self.path("key"))
        os.replace(self.path("new.pem"), self.path("pem"))
        return pathlib.Path(self.path("pem")).read_bytes()

    def test_the_certificate_is_that_of_the_server_and_follows_its_file(self):
        first = self.make("first")
        with Server("--tls-certificate", self.path("pem"), "--tls-key", self.path("key"), weights=NARROW) as server:
            def serves(trusted):
                with Client(server.target, grpc.ssl_channel_credentials(trusted)) as client:
                    try:
                        client.call("ModelInfer", images(HEART))
                    except grpc.RpcError as e:
                        if e.code() != grpc.StatusCode.UNAVAILABLE:
                            raise
                        return False
                    return True
            server.eventually(lambda: serves(first))
            second = self.make("second")
            server.eventually(lambda: serves(second))
            with Client(server.target) as client:  # without TLS
                self.assertEqual(refusal(lambda: client.call("ServerLive")).code(), grpc.StatusCode.UNAVAILABLE)

    def test_clients_need_a_certificate_where_the_server_asks_for_one(self):
        own = self.make("own")
        key = pathlib.Path(self.path("key")).read_bytes()
        with Server("--tls-certificate", self.path("pem"), "--tls-key", self.path("key"), "--tls-client-ca",
                    self.path("pem"), weights=NARROW) as server:
            with Client(server.target, grpc.ssl_channel_credentials(own)) as client:
                self.assertEqual(refusal(lambda: client.call("ServerLive")).code(), grpc.StatusCode.UNAVAILABLE)
            with Client(server.target, grpc.ssl_channel_credentials(own, key, own)) as client:
                self.assertTrue(client.call("ServerLive").live)


if __name__ == "__main__":
    unittest.main()
