"""A folder as save_pretrained() of Hugging Face's transformers writes it, in shards: what is told of it, and that it is
served as the same weights in one plain file with the same pre-processing."""
import json
import pathlib
import re
import struct
import sys
import tempfile
import unittest
import urllib.request

from inspect_test import rows
from parts_test import run
from served import PROGRAM, SOURCE, WEIGHTS, Server

sys.path.append(str(SOURCE / "tests/support"))
import tensor_file  # noqa: E402

STAR = (SOURCE / "conf/demo/samples/star-1.jpg").read_bytes()
NAMES = WEIGHTS.with_suffix(".labels.txt").read_text().split()
SHARDS = [f"model-0000{i}-of-00002.safetensors" for i in (1, 2)]

# The same twice, and not the server's defaults: crop_pct makes the shorter side 224 / 0.9 pixels.
PROCESSOR = {"crop_pct": 0.9, "do_normalize": True, "do_resize": True, "do_rescale": True,
             "image_processor_type": "ConvNextImageProcessor", "image_mean": [0.5, 0.4, 0.45],
             "image_std": [0.25, 0.2, 0.22],
             "resample": 3, "rescale_factor": 1 / 255, "size": {"shortest_edge": 224}}
SETTINGS = ["--resize", "248", "--crop", "224", "--crop-mode", "center", "--interpolation", "bicubic",
            "--mean", "0.5,0.4,0.45", "--std", "0.25,0.2,0.22"]


def label(name):
    return f"a {name}, drawn"


def hugging_face_name(name):
    """Of a tensor that torchvision calls so."""
    if name.startswith("fc."):
        return name.replace("fc.", "classifier.1.")
    name = re.sub(r"conv\d\.|downsample\.0\.", lambda m: m[0] + "convolution.", name)
    name = re.sub(r"bn\d\.|downsample\.1\.", lambda m: m[0] + "normalization.", name)
    name = re.sub(r"^(conv|bn)1\.", "embedder.embedder.", name)
    name = re.sub(r"downsample\.\d\.", "shortcut.", name)
    name = re.sub(r"(?:conv|bn)(\d)\.", lambda m: f"layer.{int(m[1]) - 1}.", name)
    name = re.sub(r"^layer(\d)\.(\d+)\.", lambda m: f"encoder.stages.{int(m[1]) - 1}.layers.{m[2]}.", name)
    return "resnet." + name


def hugging_face_tensors():
    """With the counters of batch-norm layers, which are saved with them."""
    tensors = {}
    for name, tensor in tensor_file.read(WEIGHTS).items():
        name = hugging_face_name(name)
        tensors[name] = tensor
        if name.endswith("running_var"):
            counter = name.replace("running_var", "num_batches_tracked")
            tensors[counter] = tensor_file.Tensor("I64", [], struct.pack("<q", 1000))
    return dict(sorted(tensors.items()))


def write_folder(folder):
    tensors = list(hugging_face_tensors().items())
    half = len(tensors) // 2
    weight_map = {}
    for shard, part in zip(SHARDS, (tensors[:half], tensors[half:])):
        tensor_file.write(folder / shard, dict(part), {"format": "pt"})
        weight_map.update((name, shard) for name, _ in part)
    files = {
        "model.safetensors.index.json": {"metadata": {"total_size": sum(len(t.data) for _, t in tensors)},
                                         "weight_map": weight_map},
        # In the order of texts, "10" before "2".
        "config.json": {"architectures": ["ResNetForImageClassification"], "model_type": "resnet", "hidden_act": "relu",
                        "layer_type": "bottleneck", "downsample_in_first_stage": False, "depths": [3, 4, 6, 3],
                        "id2label": dict(sorted((str(i), label(name)) for i, name in enumerate(NAMES))),
                        "label2id": {label(name): i for i, name in enumerate(NAMES)}},
        "preprocessor_config.json": PROCESSOR,
    }
    for name, content in files.items():
        (folder / name).write_text(json.dumps(content, indent=2))


def info(server):
    return json.loads(server.get("/info")[1])


def predictions(server):
    request = urllib.request.Request(f"http://127.0.0.1:{server.port}/predict?top_k=12", STAR)
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.load(answer)["predictions"]


class HuggingFace(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        write_folder(self.folder)
        self.weights = self.folder / "model.safetensors.index.json"

    def serve(self, *flags, weights=WEIGHTS):
        server = self.enterContext(Server(*flags, weights=weights))
        return server.wait_for("healthy")

    def test_inspection_tells_where_everything_is_from(self):
        done = run(PROGRAM, "model", "inspect", self.weights)
        self.assertEqual(done.returncode, 0, done.stdout)
        told = rows(done)
        self.assertEqual((told["architecture"], told["classes"]), ("ResNet-50", "12"))
        self.assertEqual(told["labels"], "config.json beside the weights")
        self.assertIn("from: preprocessor_config.json beside the weights", done.stdout)
        self.assertIn("Hugging Face", told["note"])
        self.assertEqual(told["serve it by"], f"simple-model-api serve --weights {self.weights}")

    def test_it_is_served_as_one_plain_file_is(self):
        server, plain = self.serve(weights=self.weights), self.serve(*SETTINGS)
        told, expected = info(server), info(plain)
        self.assertEqual(told["preprocessing"].pop("source"), "preprocessor_config.json beside the weights")
        self.assertIn("settings", expected["preprocessing"].pop("source"))
        self.assertEqual(told["preprocessing"], expected["preprocessing"])
        self.assertEqual((told["model"]["name"], told["model"]["classes"]), ("ResNet-50", 12))
        for name in ("name", "classes"):
            self.assertEqual(told["model"][name], expected["model"][name])

        answer = predictions(server)
        self.assertEqual(answer[0]["class_name"], label("star"))
        self.assertEqual(answer, [{**one, "class_name": label(one["class_name"])} for one in predictions(plain)])
        self.assertNotEqual([one["confidence"] for one in answer],
                            [one["confidence"] for one in predictions(self.serve())], "the pre-processing is not used")

    def test_a_missing_shard_is_named(self):
        (self.folder / SHARDS[1]).unlink()
        done = run(PROGRAM, "model", "inspect", self.weights)
        self.assertEqual(done.returncode, 1)
        self.assertIn(f"{SHARDS[1]} cannot be opened", done.stderr)


if __name__ == "__main__":
    unittest.main()
