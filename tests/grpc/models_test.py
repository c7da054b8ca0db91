"""Several models in one server, as gRPC's clients see them: by name, without a name, unknown, unloaded."""
import contextlib
import http.client
import pathlib
import socket
import sys
import tempfile
import unittest

from served import (BINARY, NARROW, SOURCE, Client, Server, class_of, floats, grpc, health, images, inference, sample,
                    texts)

sys.path.append(str(SOURCE / "tests/support"))
import tensor_file  # noqa: E402

HEART, STAR = sample("heart-1.png"), sample("star-1.jpg")
TOP = [("probabilities", {"classification": 1})]
SHAPES = (BINARY / "narrow/narrow.labels.txt").read_text().split()
FEW = ["star", "cross", "heart"]  # the classes of the model "few", each "one of few" to it


def write_few(weights):
    """Weights that know three of the narrow model's classes, in another order, and their labels."""
    tensors = tensor_file.read(NARROW)
    rows = [SHAPES.index(name) for name in FEW]
    for name in ("fc.weight", "fc.bias"):
        tensors[name] = tensor_file.with_rows(tensors[name], rows)
    tensor_file.write(weights, tensors)
    weights.with_suffix(".labels.txt").write_text("".join(f"{name} of few\n" for name in FEW))


def settings(few):
    """The default model is not the first."""
    return f"""
[[models]]
name = "few"
weights = "{few}"

[[models]]
name = "shapes"
weights = "{NARROW}"
default = true
"""


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("localhost", timeout=60)
        self.path = str(path)

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(self.path)


def top(answer):
    (text,) = texts(answer.raw_output_contents[0])
    return class_of(text)


class Models(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = pathlib.Path(cls.enterClassContext(tempfile.TemporaryDirectory()))
        few, file = folder / "few.safetensors", folder / "settings.toml"
        write_few(few)
        file.write_text(settings(few))
        cls.admin = folder / "admin.sock"
        cls.server = cls.enterClassContext(Server("--config", file, "--admin-listen", f"unix:{cls.admin}", weights=None))
        cls.client = cls.enterClassContext(Client(cls.server.target))

    def ask(self, name, model):
        return self.client.call(name, getattr(inference, name + "Request")(name=model))

    def infer(self, model, image=STAR):
        return self.client.call("ModelInfer", images(image, model=model, outputs=TOP))

    def administer(self, model, what):
        with contextlib.closing(UnixConnection(self.admin)) as connection:
            connection.request("POST", f"/v2/repository/models/{model}/{what}")
            return connection.getresponse().status

    def assertRefused(self, code, name, words, call, *arguments):
        with self.assertRaises(grpc.RpcError) as caught:
            call(*arguments)
        refused = caught.exception
        self.assertEqual((refused.code(), dict(refused.trailing_metadata())["error-code"]), (code, name))
        self.assertIn(words, refused.details())

    def states(self, **which):
        index = self.client.call("RepositoryIndex", inference.RepositoryIndexRequest(**which))
        return [(model.name, model.state) for model in index.models]

    def test_each_is_described_by_its_name(self):
        for model, classes in (("few", 3), ("shapes", 12)):
            with self.subTest(model):
                self.assertTrue(self.ask("ModelReady", model).ready)
                described = self.ask("ModelMetadata", model)
                self.assertEqual(described.name, model)
                self.assertEqual({t.name: list(t.shape) for t in described.outputs}["logits"], [-1, classes])
                config = self.ask("ModelConfig", model).config
                self.assertEqual(config.name, model)
                self.assertEqual({t.name: list(t.dims) for t in config.output}["logits"], [classes])

    def test_each_answers_by_its_name(self):
        for image, name in ((STAR, "star"), (HEART, "heart")):
            for model, label in (("few", f"{name} of few"), ("shapes", name)):
                with self.subTest(model, image=name):
                    answer = self.infer(model, image)
                    self.assertEqual((answer.model_name, top(answer)), (model, label))
        few, shapes = (self.client.call("ModelInfer", images(STAR, model=model)) for model in ("few", "shapes"))
        self.assertEqual((list(few.outputs[0].shape), list(shapes.outputs[0].shape)), ([1, 3], [1, 12]))
        logits = floats(shapes.raw_output_contents[0])
        for logit, name in zip(floats(few.raw_output_contents[0]), FEW):
            self.assertAlmostEqual(logit, logits[SHAPES.index(name)], delta=0.1)  # bf16 rounds by half of that

    def test_a_stream_may_ask_all_of_them(self):
        asked = [images(STAR, model=model, outputs=TOP) for model in ("few", "shapes", "other", "few", "")]
        answers = [(a.infer_response.model_name, top(a.infer_response)) if not a.error_message else
                   a.infer_response.parameters["error-code"].string_param for a in self.client.stream(iter(asked))]
        few, shapes = ("few", "star of few"), ("shapes", "star")
        self.assertEqual(answers, [few, shapes, "NOT_FOUND", few, shapes])

    def test_without_a_name_the_default_one_is_asked(self):
        answer = self.infer("")
        self.assertEqual((answer.model_name, top(answer)), ("shapes", "star"))
        self.assertEqual(self.ask("ModelMetadata", "").name, "shapes")
        self.assertEqual(self.ask("ModelConfig", "").config.name, "shapes")
        self.assertTrue(self.ask("ModelReady", "").ready)

    def test_an_unknown_name_is_not_found(self):
        for procedure in ("ModelReady", "ModelMetadata", "ModelConfig", "ModelStatistics"):
            with self.subTest(procedure):
                self.assertRefused(grpc.StatusCode.NOT_FOUND, "NOT_FOUND", "`few`, `shapes`", self.ask, procedure, "other")
        self.assertRefused(grpc.StatusCode.NOT_FOUND, "NOT_FOUND", "`few`, `shapes`", self.infer, "other")

    def test_all_are_listed(self):
        self.assertEqual(self.states(), [("few", "READY"), ("shapes", "READY")])

    def test_each_has_statistics_of_its_own(self):
        def counts(model):
            return {m.name: m.inference_count for m in self.ask("ModelStatistics", model).model_stats}
        before = counts("")
        self.client.call("ModelInfer", images(HEART, STAR, model="few"))
        self.assertEqual(counts(""), {"few": before["few"] + 2, "shapes": before["shapes"]})
        self.assertEqual(counts("few"), {"few": before["few"] + 2})

    def test_an_unloaded_one_leaves_the_others_alone(self):
        self.assertEqual(self.administer("few", "unload"), 200)
        try:
            self.assertFalse(self.ask("ModelReady", "few").ready)
            self.assertTrue(self.ask("ModelReady", "shapes").ready)
            self.assertTrue(self.client.call("ServerReady").ready)
            self.assertEqual(self.client.health().status, health.HealthCheckResponse.SERVING)
            for call, *arguments in ((self.infer, "few"), (self.ask, "ModelMetadata", "few")):
                self.assertRefused(grpc.StatusCode.UNAVAILABLE, "MODEL_NOT_LOADED", "unloaded", call, *arguments)
            self.assertEqual(top(self.infer("shapes")), "star")
            self.assertEqual(self.states(), [("few", "UNAVAILABLE"), ("shapes", "READY")])
            self.assertEqual(self.states(ready=True), [("shapes", "READY")])
        finally:
            self.assertEqual(self.administer("few", "load"), 200)
        self.assertTrue(self.ask("ModelReady", "few").ready)
        self.assertEqual(top(self.infer("few")), "star of few")


if __name__ == "__main__":
    unittest.main()
