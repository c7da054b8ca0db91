"""Traces: what a collector gets of requests, and what happens where there is none."""
import concurrent.futures
import json
import pathlib
import re
import signal
import socket
import subprocess
import tempfile
import time
import unittest
import urllib.error
import urllib.request

import served
from eventually import PATIENCE_S, eventually
from otlp_collector import Collector
from parts_test import copy_without, mapped
from served import BINARY, SOURCE, WEIGHTS, Server, clean_environment, free_port

PART = BINARY / "parts/otlp.so"
STAR = (SOURCE / "conf/demo/samples/star-1.jpg").read_bytes()
TRACE, CALLER = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
STAGES = {"receive", "decode", "queue", "forward"}


def parent(flags="01"):
    return {"traceparent": f"00-{TRACE}-{CALLER}-{flags}"}


def ask(server, target, body=None, headers={}, **more):
    """Status, headers, body."""
    request = urllib.request.Request(f"http://127.0.0.1:{server.port}{target}", body, headers, **more)
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, answer.headers, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.headers, error.read().decode()


def tracing(endpoint, *more):
    return Server("--otlp-endpoint", endpoint, *more)


def metric(server, name):
    lines = re.findall(rf"^{re.escape(name)} ([0-9.e+]+)$", server.get("/metrics")[1], re.M)
    return float(lines[0]) if lines else 0


class Refusals(unittest.TestCase):
    def test_without_the_part_the_start_is_refused_and_the_package_is_named(self):
        with tempfile.TemporaryDirectory() as folder:
            program = copy_without("otlp", folder)
            command = [program, "serve", "--port", str(free_port()), "--weights", WEIGHTS, "--otlp-endpoint", "http://127.0.0.1:4318"]
            done = subprocess.run(command, env=clean_environment(), capture_output=True, text=True, timeout=PATIENCE_S, check=False)
            self.assertEqual(done.returncode, 2, done.stderr)
            for name in ("otlp_endpoint", "simple-model-api-otlp", "opentelemetry-cpp"):
                self.assertIn(name, done.stderr)

    def test_without_the_setting_the_part_is_not_loaded(self):
        with Server() as server:
            server.wait_for("healthy")
            self.assertNotIn("opentelemetry", mapped(server.process.pid))

    def test_endpoints_that_are_none(self):
        for bad in ("127.0.0.1:4318", "grpc://127.0.0.1:4317", "http://", "http://127.0.0.1:4318/v1/traces", "http://a b"):
            with self.subTest(bad):
                done = subprocess.run([served.PROGRAM, "config", "--otlp-endpoint", bad], env=clean_environment(),
                                      capture_output=True, text=True, timeout=PATIENCE_S, check=False)
                self.assertNotEqual(done.returncode, 0)
                self.assertIn("otlp_endpoint", done.stderr)


@unittest.skipUnless(PART.exists(), "skipped: built without opentelemetry-cpp")
class Spans(unittest.TestCase):
    """One server that traces only what has a parent, and its collector."""

    @classmethod
    def setUpClass(cls):
        cls.collector = cls.enterClassContext(Collector())
        cls.server = cls.enterClassContext(tracing(cls.collector.endpoint, "--trace-sample-ratio", "0")).wait_for("healthy")

    def setUp(self):
        self.collector.spans.clear()

    def spans_of(self, count, trace=TRACE):
        self.assertTrue(eventually(lambda: len(self.collector.of(trace)) >= count), self.collector.spans)
        return {span.name: span for span in self.collector.of(trace)}

    def test_a_prediction_is_a_span_with_a_child_for_each_stage(self):
        before = time.time_ns()
        status, headers, _ = ask(self.server, "/predict?top_k=1", STAR, {**parent(), "tracestate": "a=1,b=2", "User-Agent": "tester/1"})
        after = time.time_ns()
        self.assertEqual(status, 200)
        spans = self.spans_of(5)
        self.assertEqual(set(spans), STAGES | {"POST /predict"})
        request = spans["POST /predict"]
        self.assertEqual((request.kind, request.parent, request.failed), ("server", CALLER, False))
        self.assertEqual(request.tracestate, "a=1,b=2")
        self.assertEqual(request.attributes, {
            "http.request.method": "POST", "url.scheme": "http", "url.path": "/predict", "http.route": "/predict",
            "http.response.status_code": 200, "server.address": "127.0.0.1", "server.port": self.server.port,
            "client.address": "127.0.0.1", "network.protocol.version": "1.1", "user_agent.original": "tester/1",
            "simple_model_api.correlation_id": headers["X-Correlation-ID"]})
        self.assertEqual(request.resource["service.name"], "simple-model-api")
        self.assertRegex(request.resource["service.version"], r"^\d+\.\d+\.\d+$")
        slack = 50_000_000  # between the two clocks
        self.assertLessEqual(before - slack, request.began)
        self.assertLessEqual(request.ended, after + slack)
        for name in STAGES:
            span = spans[name]
            self.assertEqual((span.kind, span.parent, span.tracestate), ("internal", request.id, "a=1,b=2"))
            self.assertLessEqual(request.began, span.began)
            self.assertLessEqual(span.began, span.ended)
            self.assertLessEqual(span.ended, request.ended)
        order = [spans[name] for name in ("receive", "decode", "queue", "forward")]
        self.assertEqual(order, sorted(order, key=lambda span: span.began))

    def test_the_batch_is_linked_with_its_requests(self):
        ask(self.server, "/predict", STAR, parent())
        spans = self.spans_of(5)
        self.assertTrue(eventually(lambda: self.collector.named("batch")))
        batch = self.collector.named("batch")[0]
        self.assertNotEqual(batch.trace, TRACE)
        self.assertEqual(batch.parent, "")
        self.assertEqual(batch.links, [(TRACE, spans["POST /predict"].id)])
        self.assertEqual(spans["forward"].links, [(batch.trace, batch.id)])
        self.assertEqual(batch.attributes["simple_model_api.batch.size"], 1)
        self.assertTrue(batch.attributes["simple_model_api.model.architecture"].startswith("ResNet"))
        self.assertLessEqual(spans["forward"].began, batch.began + 1_000_000)

    def test_requests_that_share_a_batch_link_to_the_same(self):
        images = [STAR + bytes(n) for n in range(8)]
        with concurrent.futures.ThreadPoolExecutor(len(images)) as pool:
            list(pool.map(lambda image: ask(self.server, "/predict", image, parent()), images))
        self.assertTrue(eventually(lambda: len(self.collector.named("forward")) == len(images)))
        batches = {(batch.trace, batch.id): batch for batch in self.collector.named("batch")}
        requests = {(span.trace, span.id): span for span in self.collector.named("POST /predict")}
        forwards = {span.parent: span for span in self.collector.named("forward")}
        linked = [link for batch in batches.values() for link in batch.links]
        self.assertEqual(sorted(linked), sorted(requests))
        for key, batch in batches.items():
            for _, request in batch.links:
                self.assertEqual(forwards[request].links, [key])

    def test_a_caller_that_does_not_record_is_not_traced(self):
        ask(self.server, "/predict", STAR, parent("00"))
        ask(self.server, "/predict", STAR, {"traceparent": "00-nonsense"})
        ask(self.server, "/info", headers=parent())
        self.assertEqual(set(self.spans_of(1)), {"GET /info"})

    def test_errors_have_their_code_and_only_those_of_the_server_fail(self):
        ask(self.server, "/nowhere", headers=parent())
        refused = self.spans_of(1)["GET"]
        self.assertEqual(refused.attributes["http.response.status_code"], 404)
        self.assertEqual(refused.attributes["error.type"], "NOT_FOUND")
        self.assertNotIn("http.route", refused.attributes)
        self.assertFalse(refused.failed)
        self.collector.spans.clear()
        ask(self.server, "/predict?timeout_ms=1", STAR, parent())
        late = self.spans_of(1)["POST /predict"]
        self.assertEqual(late.attributes["error.type"], "DEADLINE_EXCEEDED")
        self.assertTrue(late.failed)

    def test_what_clients_send_cannot_spoil_the_export(self):
        with socket.create_connection(("127.0.0.1", self.server.port)) as client:
            client.sendall(b"GET /info?key=SECRET HTTP/1.1\r\nHost: x\r\nConnection: close\r\nUser-Agent: \xff" + 1000 * b"a" +
                           f"\r\ntraceparent: {parent()['traceparent']}\r\ntracestate: \xff,,=\r\n\r\n".encode("latin-1"))
            while client.recv(65536):
                pass
        span = self.spans_of(1)["GET /info"]
        self.assertEqual(span.attributes["user_agent.original"], "?" + 255 * "a")
        self.assertNotIn("SECRET", str(span.attributes))
        self.assertEqual(span.tracestate, "")

    def test_exported_spans_are_counted(self):
        before = metric(self.server, "trace_spans_exported_total")
        ask(self.server, "/predict", STAR, parent())
        self.assertTrue(eventually(lambda: metric(self.server, "trace_spans_exported_total") >= before + 6))

    def test_the_library_is_named(self):
        libraries = json.loads(self.server.get("/info")[1])["libraries"]
        self.assertIn("opentelemetry-cpp", libraries)

    def test_exemplars_name_traces_where_openmetrics_is_asked_for(self):
        ask(self.server, "/predict", STAR, parent())
        accepted = "application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.2"
        _, headers, text = ask(self.server, "/metrics", headers={"Accept": accepted})
        self.assertEqual(headers["Content-Type"], "application/openmetrics-text; version=1.0.0; charset=utf-8")
        exemplar = re.search(r'^http_request_duration_seconds_bucket\{endpoint="/predict",le="[^"]+"\} \d+ '
                             r'# \{trace_id="(\w+)"\} ([0-9.e-]+) ([0-9.]+)$', text, re.M)
        self.assertTrue(exemplar, text)
        self.assertEqual(exemplar[1], TRACE)
        self.assertAlmostEqual(float(exemplar[3]), time.time(), delta=PATIENCE_S)
        self.assertTrue(text.endswith("\n# EOF\n"))
        _, headers, plain = ask(self.server, "/metrics")
        self.assertTrue(headers["Content-Type"].startswith("text/plain; version=0.0.4"))
        self.assertNotIn(TRACE, plain)

    def test_a_strict_reader_takes_the_openmetrics(self):
        try:
            from prometheus_client.openmetrics.parser import text_string_to_metric_families
        except ImportError:
            self.skipTest("skipped: Debian's python3-prometheus-client is not installed")
        ask(self.server, "/predict", STAR, parent())
        _, _, text = ask(self.server, "/metrics", headers={"Accept": "application/openmetrics-text"})
        _, _, plain = ask(self.server, "/metrics")
        families = {family.name: family for family in text_string_to_metric_families(text)}
        for name, kind in re.findall(r"^# TYPE (\w+) (\w+)$", plain, re.M):
            self.assertEqual(families[name.removesuffix("_total")].type, kind)
        found = [sample.exemplar for sample in families["http_request_duration_seconds"].samples if sample.exemplar]
        self.assertIn({"trace_id": TRACE}, [exemplar.labels for exemplar in found])


@unittest.skipUnless(PART.exists(), "skipped: built without opentelemetry-cpp")
class Sampling(unittest.TestCase):
    def test_with_ratio_1_every_request_begins_a_trace_that_the_log_names(self):
        with Collector() as collector, tempfile.NamedTemporaryFile("w+") as log:
            command = [served.PROGRAM, "serve", "--port", "0", "--weights", WEIGHTS, "--otlp-endpoint", collector.endpoint + "/",
                       "--trace-sample-ratio", "1"]
            process = subprocess.Popen(command, stdout=log, env=clean_environment(OTEL_SERVICE_NAME="mine",
                                                                                  OTEL_EXPORTER_OTLP_HEADERS="x-key=secret"))
            try:
                self.assertTrue(eventually(lambda: "listening on" in pathlib.Path(log.name).read_text()))
                port = int(re.search(r"listening on \S+:(\d+)", pathlib.Path(log.name).read_text())[1])
                for _ in range(3):
                    urllib.request.urlopen(f"http://127.0.0.1:{port}/openapi.json", timeout=60).read()
                process.send_signal(signal.SIGTERM)
                self.assertEqual(process.wait(PATIENCE_S), 0)  # and what is left is sent before
            finally:
                process.kill()
                process.wait()
            spans = collector.named("GET /openapi.json")
            self.assertEqual(len(spans), 3)
            self.assertEqual(len({span.trace for span in spans}), 3)
            self.assertEqual({span.parent for span in spans}, {""})
            self.assertEqual(spans[0].resource["service.name"], "mine")
            self.assertEqual({path for path, _ in collector.requests}, {"/v1/traces"})
            self.assertEqual(collector.requests[0][1]["x-key"], "secret")
            lines = [json.loads(line) for line in pathlib.Path(log.name).read_text().splitlines() if line.startswith("{")]
            logged = {line["correlation_id"]: line["trace_id"] for line in lines if line["event"] == "request"}
            for span in spans:
                self.assertEqual(logged[span.attributes["simple_model_api.correlation_id"]], span.trace)


@unittest.skipUnless(PART.exists(), "skipped: built without opentelemetry-cpp")
class NoCollector(unittest.TestCase):
    def test_requests_do_not_suffer_and_what_is_dropped_is_counted(self):
        for endpoint, reason in self.broken_collectors():
            with self.subTest(reason), tracing(endpoint, "--trace-sample-ratio", "1") as server:
                server.wait_for("healthy")
                for _ in range(3):
                    self.assertEqual(ask(server, "/predict", STAR)[0], 200)
                self.assertTrue(eventually(lambda: metric(server, 'trace_spans_dropped_total{reason="export"}') >= 3))
                self.assertEqual(metric(server, "trace_spans_exported_total"), 0)
                self.assertEqual(server.stop(), 0)

    def broken_collectors(self):
        yield f"http://127.0.0.1:{free_port()}", "nobody listens"
        yield self.enterContext(Collector(503)).endpoint, "it refuses"
        silent = self.enterContext(socket.create_server(("127.0.0.1", 0)))
        yield f"http://127.0.0.1:{silent.getsockname()[1]}", "it does not answer"

    def test_the_log_says_why_once(self):
        command = [served.PROGRAM, "serve", "--port", str(free_port()), "--weights", WEIGHTS, "--otlp-endpoint",
                   f"http://127.0.0.1:{free_port()}", "--trace-sample-ratio", "1", "--log-level", "warn"]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=clean_environment())
        server = Server.__new__(Server)
        server.port, server.process = int(command[3]), process
        with server:
            server.wait_for("healthy")
            dropped = 'trace_spans_dropped_total{reason="export"}'
            self.assertTrue(eventually(lambda: metric(server, dropped) >= 1))
            before = metric(server, dropped)
            self.assertTrue(eventually(lambda: server.get("/health") and metric(server, dropped) > before))
            server.signal(signal.SIGTERM)
            out, err = process.communicate(timeout=PATIENCE_S)
        self.assertEqual(out.count("traces not exported"), 1, out)
        self.assertEqual(err, "")


if __name__ == "__main__":
    if not PART.exists():
        print("skipped in part: built without opentelemetry-cpp")
    unittest.main()
