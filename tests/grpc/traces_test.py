"""Traces of gRPC's calls: what a collector gets of them."""
import sys
import unittest

from served import BINARY, NARROW, SKIPPED, SOURCE, SERVICE, Client, Server, grpc, images, sample

sys.path.append(str(SOURCE / "tests/operations"))
from otlp_collector import Collector  # noqa: E402

if not (BINARY / "parts/otlp.so").exists():
    print("skipped: the part \"otlp\" was not built (opentelemetry-cpp)")
    sys.exit(SKIPPED)

STAR = sample("star-1.jpg")
INFER = SERVICE.strip("/") + "/ModelInfer"
STREAM = SERVICE.strip("/") + "/ModelStreamInfer"
TRACE, CALLER = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
PARENT = [("traceparent", f"00-{TRACE}-{CALLER}-01")]


class Traces(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.collector = cls.enterClassContext(Collector())
        cls.server = cls.enterClassContext(Server("--otlp-endpoint", cls.collector.endpoint, "--trace-sample-ratio", "0",
                                                  "--log-level", "info", weights=NARROW))
        cls.client = cls.enterClassContext(Client(cls.server.target))

    def setUp(self):
        self.collector.spans.clear()

    def spans(self, count):
        self.server.eventually(lambda: len(self.collector.of(TRACE)) >= count)
        return self.collector.of(TRACE)

    def test_a_call_is_a_span_with_a_child_for_each_stage(self):
        _, call = self.client.with_call("ModelInfer", images(STAR), metadata=PARENT)
        spans = {span.name: span for span in self.spans(5)}
        self.assertEqual(set(spans), {INFER, "receive", "decode", "queue", "forward"})
        request = spans[INFER]
        self.assertEqual((request.kind, request.parent, request.failed), ("server", CALLER, False))
        user_agent = request.attributes.pop("user_agent.original")
        self.assertIn("grpc", user_agent)
        self.assertEqual(request.attributes, {
            "rpc.system": "grpc", "rpc.service": SERVICE.strip("/"), "rpc.method": "ModelInfer",
            "network.protocol.version": "2", "client.address": "127.0.0.1",
            "simple_model_api.correlation_id": dict(call.initial_metadata())["x-correlation-id"]})
        for name in ("receive", "decode", "queue", "forward"):
            self.assertEqual(spans[name].parent, request.id)
            self.assertLessEqual(request.began, spans[name].began)
            self.assertLessEqual(spans[name].ended, request.ended)
        self.assertEqual(self.server.access_line("ModelInfer")["trace_id"], TRACE)

    def test_a_call_that_is_refused_says_why(self):
        with self.assertRaises(grpc.RpcError):
            self.client.call("ModelInfer", images(b"no image"), metadata=PARENT)
        self.server.eventually(lambda: self.collector.named(INFER))
        request = self.collector.named(INFER)[0]
        self.assertEqual(request.attributes["error.type"], "UNSUPPORTED_MEDIA_TYPE")
        self.assertFalse(request.failed)

    def test_each_request_of_a_stream_has_a_span(self):
        answers = list(self.client.stream(iter([images(STAR, id="1"), images(STAR, id="2")]), metadata=PARENT))
        self.assertEqual([answer.error_message for answer in answers], ["", ""])
        self.server.eventually(lambda: len(self.collector.named("forward")) == 2)
        self.server.eventually(lambda: len(self.collector.named(STREAM)) == 2)
        requests = {span.id for span in self.collector.named(STREAM)}
        self.assertEqual({span.parent for span in self.collector.named("forward")}, requests)

    def test_a_caller_that_does_not_record_is_not_traced(self):
        self.client.call("ModelInfer", images(STAR), metadata=[("traceparent", f"00-{TRACE}-{CALLER}-00")])
        self.client.call("ServerLive", metadata=PARENT)
        self.assertEqual([span.name for span in self.spans(2) if span.kind == "server"], [SERVICE.strip("/") + "/ServerLive"])


if __name__ == "__main__":
    unittest.main()
