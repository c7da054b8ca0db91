"""What gRPC's clients get: every procedure, raw and typed tensors, streams, health, reflection."""
import json
import struct
import unittest
import urllib.request

from served import (Client, Server, class_of, floats, grpc, health, images, inference, reflection, sample, texts)

HEART, CIRCLE, STAR = sample("heart-1.png"), sample("circle-1.jpg"), sample("star-1.jpg")
TOP = [("probabilities", {"classification": 1})]


class Service(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server("--log-level", "info", "--trust-correlation-id", "true", "--max-batch-size", "4")
        cls.client = Client(cls.server.target)
        cls.model = cls.rest("/v2/repository/index", b"{}")[0]["name"]

    @classmethod
    def tearDownClass(cls):
        cls.client.channel.close()
        cls.server.__exit__()

    @classmethod
    def rest(cls, path, body=None):
        with urllib.request.urlopen(urllib.request.Request(cls.server.url + path, body), timeout=60) as answer:
            return json.load(answer)

    def refusal(self, name, request, **options):
        with self.assertRaises(grpc.RpcError) as caught:
            self.client.call(name, request, **options)
        return caught.exception

    def assertRefused(self, request, code, name, words):
        refused = self.refusal("ModelInfer", request)
        self.assertEqual((refused.code(), dict(refused.trailing_metadata()).get("error-code")), (code, name),
                         refused.details())
        self.assertIn(words, refused.details())

    def test_server_and_model_are_described_as_below_v2(self):
        self.assertTrue(self.client.call("ServerLive").live)
        self.assertTrue(self.client.call("ServerReady").ready)
        self.assertTrue(self.client.call("ModelReady", inference.ModelReadyRequest(name=self.model)).ready)
        server = self.client.call("ServerMetadata")
        rest = self.rest("/v2")
        self.assertEqual((server.name, server.version, list(server.extensions)),
                         (rest["name"], rest["version"], rest["extensions"]))
        model = self.client.call("ModelMetadata", inference.ModelMetadataRequest(name=self.model, version="1"))
        rest = self.rest("/v2/models/" + self.model)
        self.assertEqual((model.name, list(model.versions), model.platform),
                         (rest["name"], rest["versions"], rest["platform"]))
        for tensors, expected in ((model.inputs, rest["inputs"]), (model.outputs, rest["outputs"])):
            self.assertEqual([{"name": t.name, "datatype": t.datatype, "shape": list(t.shape)} for t in tensors], expected)

    def test_the_configuration_is_that_of_v2(self):
        config = self.client.call("ModelConfig", inference.ModelConfigRequest(name=self.model)).config
        rest = self.rest(f"/v2/models/{self.model}/config")
        self.assertEqual((config.name, config.backend, config.max_batch_size),
                         (rest["name"], rest["backend"], rest["max_batch_size"]))
        self.assertEqual([(t.name, list(t.dims), t.optional) for t in config.input],
                         [(t["name"], t["dims"], True) for t in rest["input"]])
        self.assertEqual([(t.name, list(t.dims)) for t in config.output],
                         [(t["name"], t["dims"]) for t in rest["output"]])
        self.assertTrue(config.HasField("dynamic_batching"))

    def test_the_repository_has_the_model(self):
        (entry,) = self.client.call("RepositoryIndex").models
        self.assertEqual((entry.name, entry.version, entry.state), (self.model, "1", "READY"))

    def test_statistics_count_what_was_inferred(self):
        def count():
            (model,) = self.client.call("ModelStatistics").model_stats
            self.assertEqual(model.name, self.model)
            return model.inference_count, model.inference_stats.success.count
        before = count()
        self.client.call("ModelInfer", images(HEART, CIRCLE))
        self.assertEqual(count(), (before[0] + 2, before[1] + 1))

    def test_raw_and_typed_images_give_what_v2_gives(self):
        raw = self.client.call("ModelInfer", images(HEART, CIRCLE, STAR, model=self.model, id="one"))
        typed = self.client.call("ModelInfer", images(HEART, CIRCLE, STAR, raw=False))
        self.assertEqual((raw.id, raw.model_name, raw.model_version), ("one", self.model, "1"))
        self.assertEqual([(o.name, o.datatype) for o in raw.outputs], [("logits", "FP32"), ("probabilities", "FP32")])
        self.assertEqual(raw.raw_output_contents, typed.raw_output_contents)
        classes = raw.outputs[0].shape[1]
        self.assertEqual(list(raw.outputs[0].shape), [3, classes])
        probabilities = floats(raw.raw_output_contents[1])
        for image in range(3):
            self.assertAlmostEqual(sum(probabilities[image * classes:(image + 1) * classes]), 1, places=4)

    def test_classes_come_as_texts_in_the_order_of_the_images(self):
        answer = self.client.call("ModelInfer", images(HEART, CIRCLE, STAR, outputs=TOP))
        self.assertEqual((answer.outputs[0].datatype, list(answer.outputs[0].shape)), ("BYTES", [3, 1]))
        self.assertEqual([class_of(text) for text in texts(answer.raw_output_contents[0])], ["heart", "circle", "star"])

    def test_a_normalized_tensor_is_taken_raw_and_typed(self):
        (side,) = {t.shape[2] for t in self.client.call(
            "ModelMetadata", inference.ModelMetadataRequest()).inputs if t.name == "input"}
        numbers = [i % 7 / 7 for i in range(3 * side * side)]
        answers = []
        for raw in (True, False):
            request = inference.ModelInferRequest()
            tensor = request.inputs.add(name="input", datatype="FP32", shape=[1, 3, side, side])
            if raw:
                request.raw_input_contents.append(struct.pack(f"<{len(numbers)}f", *numbers))
            else:
                tensor.contents.fp32_contents.extend(numbers)
            answers.append(self.client.call("ModelInfer", request).raw_output_contents[0])
        self.assertEqual(answers[0], answers[1])

    def test_embedding_and_activation_map(self):
        answer = self.client.call("ModelInfer", images(HEART, outputs=[
            ("embedding", {"normalize": "l2"}), ("activation_map", {"top_k": 2})]))
        embedding, maps = answer.outputs
        numbers = floats(answer.raw_output_contents[0])
        self.assertEqual(list(embedding.shape), [1, len(numbers)])
        self.assertAlmostEqual(sum(x * x for x in numbers), 1, places=4)
        self.assertEqual(list(maps.shape[:2]), [1, 2])

    def test_errors_say_what_is_wrong(self):
        bad, good = grpc.StatusCode.INVALID_ARGUMENT, images(HEART)
        self.assertRefused(images(b"no image"), bad, "UNSUPPORTED_MEDIA_TYPE", "image")
        self.assertRefused(images(HEART[:200]), bad, "PREPROCESSING_FAILED", "")
        self.assertRefused(inference.ModelInferRequest(), bad, "VALIDATION_ERROR", "0 inputs")
        self.assertRefused(images(HEART, outputs=[("nothing", {})]), bad, "VALIDATION_ERROR", "`nothing`")
        self.assertRefused(images(HEART, outputs=[("embedding", {"normalize": 1})]), bad, "VALIDATION_ERROR", "normalize")
        self.assertRefused(images(HEART, model="other"), grpc.StatusCode.NOT_FOUND, "NOT_FOUND", "`other`")
        self.assertRefused(images(b"https://example.com/a.png"), bad, "VALIDATION_ERROR", "url_allowed_hosts")
        both = images(HEART)
        both.inputs[0].contents.bytes_contents.append(HEART)
        self.assertRefused(both, bad, "VALIDATION_ERROR", "not both")
        neither = inference.ModelInferRequest()
        neither.inputs.add(name="image", datatype="BYTES", shape=[1])
        self.assertRefused(neither, bad, "VALIDATION_ERROR", "bytes_contents")
        more = images(HEART)
        more.raw_input_contents.append(b"")
        self.assertRefused(more, bad, "VALIDATION_ERROR", "raw_input_contents has 2 entries")
        two = images(HEART, raw=False)
        two.inputs[0].shape[0] = 2
        self.assertRefused(two, bad, "VALIDATION_ERROR", "bytes_contents has 1")
        short = inference.ModelInferRequest(raw_input_contents=[b"1234"])
        short.inputs.add(name="input", datatype="FP32", shape=[1, 3, 224, 224])
        self.assertRefused(short, bad, "VALIDATION_ERROR", "")
        shared = images(HEART)
        shared.inputs[0].parameters["shared_memory_region"].string_param = "x"
        self.assertRefused(shared, bad, "VALIDATION_ERROR", "shared memory")
        self.assertEqual(len(self.client.call("ModelInfer", good).outputs), 2)

    def test_bytes_that_are_no_message_are_refused(self):
        call = self.client.channel.unary_unary("/inference.GRPCInferenceService/ModelInfer")
        with self.assertRaises(grpc.RpcError) as caught:
            call(b"\xff\xff\xff", timeout=60)
        self.assertEqual(caught.exception.code(), grpc.StatusCode.INVALID_ARGUMENT)

    def test_an_unknown_procedure_is_unimplemented(self):
        with self.assertRaises(grpc.RpcError) as caught:
            self.client.channel.unary_unary("/inference.GRPCInferenceService/TraceSetting")(b"", timeout=60)
        self.assertEqual(caught.exception.code(), grpc.StatusCode.UNIMPLEMENTED)

    def test_compressed_messages_are_refused(self):
        refused = self.refusal("ModelInfer", images(HEART, bytes(100_000)), compression=grpc.Compression.Gzip)
        self.assertEqual(refused.code(), grpc.StatusCode.UNIMPLEMENTED)

    def test_the_correlation_id_comes_back_and_is_in_the_log(self):
        _, call = self.client.with_call("ModelInfer", images(HEART), metadata=[("x-correlation-id", "grpc-test-1")])
        self.assertEqual(dict(call.initial_metadata())["x-correlation-id"], "grpc-test-1")
        refused = self.refusal("ModelInfer", images(b"none"), metadata=[("x-correlation-id", "grpc-test-2")])
        self.assertEqual(dict(refused.initial_metadata())["x-correlation-id"], "grpc-test-2")

        def line(name):
            found = []
            self.server.eventually(lambda: found.extend(
                one for one in self.server.requests("ModelInfer") if one["correlation_id"] == name) or found)
            return found[0]
        good, bad = line("grpc-test-1"), line("grpc-test-2")
        self.assertEqual((good["method"], good["status"], good["top1"], good["client"]), ("POST", 200, "heart", "127.0.0.1"))
        self.assertGreater(good["bytes_in"], len(HEART))
        self.assertGreater(good["bytes_out"], 0)
        self.assertEqual((bad["status"], bad["error"]), (400, "UNSUPPORTED_MEDIA_TYPE"))

    def test_calls_are_in_the_metrics(self):
        self.client.call("ServerLive")
        self.server.eventually(lambda: 'endpoint="/inference.GRPCInferenceService/ServerLive"' in self.server.get("/metrics"))

    def test_a_deadline_that_has_passed(self):
        refused = self.refusal("ModelInfer", images(*[STAR] * 32), timeout=0.001)
        self.assertEqual(refused.code(), grpc.StatusCode.DEADLINE_EXCEEDED)
        late = images(*[STAR] * 8)
        late.parameters["timeout"].int64_param = 1
        self.assertRefused(late, grpc.StatusCode.DEADLINE_EXCEEDED, "DEADLINE_EXCEEDED", "")

    def test_what_a_client_cancels_is_logged_as_closed_by_it(self):
        call = self.client.procedure("ModelInfer").future(images(*[STAR] * 32), metadata=[("x-correlation-id", "gone-1")])
        call.cancel()
        self.server.eventually(lambda: [line for line in self.server.requests("ModelInfer")
                                        if line["correlation_id"] == "gone-1" and line["status"] == 499] or
                               self.cancel_again())

    def cancel_again(self):
        """A call that is cancelled before it has left the client is no call for the server."""
        call = self.client.procedure("ModelInfer").future(images(*[STAR] * 32), metadata=[("x-correlation-id", "gone-1")])
        self.client.call("ServerLive")
        call.cancel()
        return False

    def test_a_stream_answers_in_order_within_an_id(self):
        names = ["heart-1.png", "circle-1.jpg", "star-1.jpg", "spiral-1.jpg", "heart-2.png", "cross-1.jpg"]
        asked = [images(sample(name), id=f"id{i % 2}", outputs=TOP) for i, name in enumerate(names)]
        asked.insert(3, images(b"no image", id="bad"))
        answers = list(self.client.stream(iter(asked)))
        self.assertEqual(len(answers), 7)
        for i in range(2):
            classes = [class_of(texts(a.infer_response.raw_output_contents[0])[0]) for a in answers
                       if a.infer_response.id == f"id{i}"]
            self.assertEqual(classes, [name.split("-")[0] for name in names[i::2]])
        (failed,) = [a for a in answers if a.error_message]
        self.assertEqual(failed.infer_response.id, "bad")
        self.assertEqual(failed.infer_response.parameters["error-code"].string_param, "UNSUPPORTED_MEDIA_TYPE")

    def test_a_long_stream_is_answered_whole(self):
        answers = list(self.client.stream(images(HEART, id=str(i)) for i in range(60)))
        self.assertEqual({a.infer_response.id for a in answers}, {str(i) for i in range(60)})
        self.assertFalse([a.error_message for a in answers if a.error_message])

    def test_answers_of_a_stream_come_before_its_end(self):
        def endless():
            yield images(HEART, id="first")
            self.assertTrue(answered.wait(60))
            yield images(STAR, id="second")
        import threading
        answered = threading.Event()
        stream = self.client.stream(endless())
        self.assertEqual(next(stream).infer_response.id, "first")
        answered.set()
        self.assertEqual(next(stream).infer_response.id, "second")
        self.assertEqual(list(stream), [])

    def test_health(self):
        serving = health.HealthCheckResponse.SERVING
        self.assertEqual(self.client.health().status, serving)
        self.assertEqual(self.client.health("inference.GRPCInferenceService").status, serving)
        with self.assertRaises(grpc.RpcError) as caught:
            self.client.health("other")
        self.assertEqual(caught.exception.code(), grpc.StatusCode.NOT_FOUND)

    def test_health_can_be_watched(self):
        watch = self.client.channel.unary_stream(
            "/grpc.health.v1.Health/Watch", health.HealthCheckRequest.SerializeToString,
            health.HealthCheckResponse.FromString)
        stream = watch(health.HealthCheckRequest(), timeout=60)
        self.assertEqual(next(stream).status, health.HealthCheckResponse.SERVING)
        stream.cancel()

    def test_reflection_describes_the_service(self):
        ask = self.client.channel.stream_stream(
            "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
            reflection.ServerReflectionRequest.SerializeToString, reflection.ServerReflectionResponse.FromString)
        questions = [reflection.ServerReflectionRequest(list_services=""),
                     reflection.ServerReflectionRequest(file_containing_symbol="inference.GRPCInferenceService"),
                     reflection.ServerReflectionRequest(file_containing_symbol="no.such.thing")]
        services, files, nothing = ask(iter(questions), timeout=60)
        self.assertIn("inference.GRPCInferenceService", [s.name for s in services.list_services_response.service])
        described = b"".join(files.file_descriptor_response.file_descriptor_proto)
        self.assertIn(b"ModelInferRequest", described)
        self.assertIn(b"ModelDynamicBatching", described)
        self.assertEqual(nothing.error_response.error_code, grpc.StatusCode.NOT_FOUND.value[0])


if __name__ == "__main__":
    unittest.main()
