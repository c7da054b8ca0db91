"""`model inspect`: what it says that a server would do with a file, and that a server then does."""
import http.client
import json
import pathlib
import shlex
import shutil
import tempfile
import unittest

from parts_test import run
from served import BINARY, PROGRAM, SOURCE, Server

NARROW = BINARY / "narrow/narrow.safetensors"
SCRIPTS = SOURCE / "tests/unit/libtorch/data"


def rows(done):
    """The values of each row, a line each."""
    lines = [line for line in done.stdout.splitlines() if not line.startswith(" ")]
    told = {}
    for line in lines:
        label = line[:14].strip()
        told[label] = f"{told[label]}\n{line[15:]}" if label in told else line[15:]
    return told


class Inspect(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.weights = self.folder / "model.safetensors"
        shutil.copy(NARROW, self.weights)

    def inspect(self, file=None):
        done = run(PROGRAM, "model", "inspect", file or self.weights)
        return done.returncode, rows(done)

    def test_without_labels_the_command_asks_for_them(self):
        status, told = self.inspect()
        self.assertEqual(status, 0)
        self.assertIn("classes are numbered", told["labels"])
        self.assertEqual(told["serve it by"], f"simple-model-api serve --weights {self.weights} --labels FILE")
        self.assertIn("onednn", told["engine"])
        self.assertNotIn("cannot", told)

    def test_labels_beside_the_weights_are_found_and_the_command_works(self):
        shutil.copy(BINARY / "narrow/narrow.labels.txt", self.folder / "model.labels.txt")
        status, told = self.inspect()
        self.assertEqual(status, 0)
        self.assertEqual(told["labels"], "model.labels.txt beside the weights")
        _, command, *options = shlex.split(told["serve it by"])
        self.assertEqual((command, options), ("serve", ["--weights", str(self.weights)]))
        done = run(PROGRAM, "batch", SOURCE / "conf/demo/samples/star-1.jpg", *options)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn('"star"', done.stdout)

    def test_labels_that_do_not_fit_are_a_problem(self):
        (self.folder / "model.labels.txt").write_text("one\ntwo\n")
        status, told = self.inspect()
        self.assertEqual(status, 1)
        self.assertIn("12", told["problem"])
        self.assertNotIn("serve it by", told)

    def test_one_shard_of_several_is_a_problem(self):
        shard = self.folder / "model-00001-of-00002.safetensors"
        self.weights.rename(shard)
        (self.folder / "model.safetensors.index.json").write_text("{}")
        status, told = self.inspect(shard)
        self.assertEqual(status, 1)
        self.assertIn("give their index, model.safetensors.index.json", told["problem"])
        self.assertNotIn("serve it by", told)

    def test_a_resnet_in_a_torchscript_file_runs_on_our_engine(self):
        status, told = self.inspect(SCRIPTS / "small_resnet.pt")
        self.assertEqual(status, 0)
        self.assertEqual((told["kind"], told["architecture"], told["classes"]), ("TorchScript", "ResNet-6", "5"))
        self.assertIn("onednn", told["engine"])
        self.assertIn("beside libtorch, its logits", told["note"])
        self.assertNotIn("cannot", told)

    def test_another_torchscript_file_runs_on_libtorch(self):
        status, told = self.inspect(SCRIPTS / "leaky_resnet.pt")
        self.assertEqual(status, 0)
        self.assertEqual(told["architecture"], "TorchScript")
        self.assertIn(told["engine"], ("torch, fp32", "torch, bf16"))  # the faster one, where the processor has both
        self.assertIn("runs on libtorch: the operator aten::leaky_relu", told["note"])
        self.assertIn("embeddings", told["cannot"])

    def test_logits_that_differ_are_a_warning(self):
        _, told = self.inspect(SCRIPTS / "endless_resnet.pt")
        self.assertEqual(told["engine"], "torch, fp32")
        self.assertIn("not proven to answer alike", told["warning"])

    def test_a_server_does_what_was_told(self):
        star = (SOURCE / "conf/demo/samples/star-1.jpg").read_bytes()
        for name, engine, embedded in (("small_resnet.pt", "onednn", 200), ("leaky_resnet.pt", "torch", 422)):
            with self.subTest(name), Server(weights=SCRIPTS / name) as server:
                server.wait_for("healthy")
                self.assertEqual(json.loads(server.get("/info")[1])["engine"]["name"], engine)
                for path, status in (("/predict", 200), ("/embed", embedded)):
                    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
                    connection.request("POST", path, star)
                    self.assertEqual(connection.getresponse().status, status)
                    connection.close()


if __name__ == "__main__":
    unittest.main()
