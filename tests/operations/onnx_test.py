"""ONNX files on the real server: which engine runs one, what is told of it, and what happens where the part is missing."""
import json
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import unittest
import urllib.error
import urllib.request

from eventually import eventually
from parts_test import copy_without, mapped, run
from served import BINARY, PROGRAM, SOURCE, WEIGHTS, Server, clean_environment, free_port

PART = BINARY / "parts/onnx.so"
DATA = SOURCE / "tests/unit/onnx/data"
RESNET = DATA / "small_resnet.onnx"
SOFTMAX = SOURCE / "tests/fuzz/corpus/onnx/softmax.onnx"
STAR = (SOURCE / "conf/demo/samples/star-1.jpg").read_bytes()
LABELS = {"circle", "cross", "dots", "heart", "star"}


def ask(server, target, body=None):
    """Status and JSON."""
    request = urllib.request.Request(f"http://127.0.0.1:{server.port}{target}", body)
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, json.loads(answer.read())
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read())


def inference_threads(pid):
    """Nice values of the process's threads that run networks."""
    found = []
    for thread in pathlib.Path(f"/proc/{pid}/task").iterdir():
        if (thread / "comm").read_text().strip() == "inference":
            # The name, in parentheses, may hold spaces; see proc_pid_stat(5).
            found.append(int((thread / "stat").read_text().rpartition(")")[2].split()[16]))
    return found


def info(server):
    return ask(server, "/info")[1]


class WithoutThePart(unittest.TestCase):
    def test_the_package_is_named(self):
        with tempfile.TemporaryDirectory() as folder:
            program = copy_without("onnx", folder)
            for command in (("model", "inspect", RESNET), ("batch", SOURCE / "conf/demo/samples/star-1.jpg", "--weights", RESNET)):
                with self.subTest(command[0]):
                    done = run(program, *command)
                    self.assertNotEqual(done.returncode, 0)
                    self.assertIn("simple-model-api-onnx", done.stderr)
                    self.assertIn("libonnxruntime-dev", done.stderr)

    def test_a_server_says_so_and_is_not_ready(self):
        with tempfile.TemporaryDirectory() as folder:
            program = copy_without("onnx", folder)
            command = [program, "serve", "--port", str(free_port()), "--weights", RESNET]
            process = subprocess.Popen(command, env=clean_environment(), stdout=subprocess.PIPE, text=True)
            try:
                line = next((line for line in process.stdout if "simple-model-api-onnx" in line), None)
                self.assertIsNotNone(line)
            finally:
                process.kill()
                process.wait()
                process.stdout.close()

    def test_other_weights_do_not_load_it(self):
        with Server() as server:
            server.wait_for("healthy")
            self.assertNotIn("onnxruntime", mapped(server.process.pid))


@unittest.skipUnless(PART.exists(), "skipped: built without ONNX Runtime")
class Inspection(unittest.TestCase):
    def test_a_resnet(self):
        done = run(PROGRAM, "model", "inspect", RESNET)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertEqual(done.stderr, "")
        for text in ("ONNX", "pytorch", "opset          17", "images: F32 [batch, 3, 32, 32]", "logits: F32 [batch, 5]",
                     "ResNet-6", "onednn", "crop 32", "beside ONNX Runtime, its logits"):
            self.assertIn(text, done.stdout)

    def test_another_network(self):
        done = run(PROGRAM, "model", "inspect", SOFTMAX)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        for text in ("probabilities", "onnxruntime, fp32", "runs on ONNX Runtime: the operator Softmax"):
            self.assertIn(text, done.stdout)

    def test_what_cannot_be_served_has_a_problem(self):
        for name, text in (("bad_two_inputs.onnx", "2 inputs"), ("bad_grayscale.onnx", "expected images")):
            with self.subTest(name):
                done = run(PROGRAM, "model", "inspect", SOURCE / "tests/fuzz/corpus/onnx" / name)
                self.assertEqual(done.returncode, 1)
                self.assertIn("problem", done.stdout)
                self.assertIn(text, done.stdout)


@unittest.skipUnless(PART.exists(), "skipped: built without ONNX Runtime")
class Serving(unittest.TestCase):
    def test_a_resnet_runs_on_our_engine_with_its_labels_and_features(self):
        with Server(weights=RESNET) as server:
            server.wait_for("healthy")
            told = info(server)
            self.assertEqual(told["engine"]["name"], "onednn")
            self.assertEqual(told["model"]["name"], "ResNet-6")
            self.assertIn("onnxruntime", told["libraries"])
            status, answer = ask(server, "/predict?top_k=5", STAR)
            self.assertEqual(status, 200, answer)
            self.assertEqual({p["class_name"] for p in answer["predictions"]}, LABELS)
            self.assertEqual(ask(server, "/embed", STAR)[0], 200)

    def test_either_engine_answers_alike(self):
        confidences = []
        for engine in ("onednn", "onnx"):
            with Server("--engine", engine, "--precision", "fp32", weights=RESNET) as server:
                server.wait_for("healthy")
                self.assertEqual(info(server)["engine"]["name"], "onednn" if engine == "onednn" else "onnxruntime")
                answer = ask(server, "/predict?top_k=5", STAR)[1]
                confidences.append({p["class_name"]: p["confidence"] for p in answer["predictions"]})
        for label in LABELS:
            self.assertAlmostEqual(confidences[0][label], confidences[1][label], places=3)

    def test_onnx_runtime_shows_no_features(self):
        with Server("--engine", "onnx", weights=RESNET) as server:
            server.wait_for("healthy")
            status, answer = ask(server, "/embed", STAR)
            self.assertEqual((status, answer["error"]["code"]), (422, "VALIDATION_ERROR"))

    def test_several_models_and_a_reload(self):
        with tempfile.TemporaryDirectory() as folder:
            file = pathlib.Path(folder) / "net.onnx"
            shutil.copy(SOFTMAX, file)
            settings = pathlib.Path(folder) / "settings.toml"
            settings.write_text(f'[[models]]\nname = "demo"\nweights = "{WEIGHTS}"\ndefault = true\n'
                                f'[[models]]\nname = "net"\nweights = "{file}"\n')
            command = [PROGRAM, "serve", "--port", str(free_port()), "--config", settings, "--log-level", "warn"]
            process = subprocess.Popen(list(map(str, command)), env=clean_environment(), stdout=subprocess.DEVNULL)
            try:
                server = Server.__new__(Server)
                server.port, server.process = int(command[3]), process
                server.wait_for("healthy")
                self.assertEqual(len(ask(server, "/predict?model=net&top_k=5", STAR)[1]["predictions"]), 2)
                os.replace(shutil.copy(RESNET, file.with_suffix(".new")), file)
                process.send_signal(signal.SIGHUP)
                self.assertTrue(eventually(
                    lambda: len(ask(server, "/predict?model=net&top_k=5", STAR)[1].get("predictions", ())) == 5))
                self.assertEqual(ask(server, "/predict", STAR)[0], 200)
            finally:
                process.kill()
                process.wait()

    def test_the_threads_of_a_first_file_at_a_reload_have_the_priority_of_those_that_serve(self):
        with tempfile.TemporaryDirectory() as folder:
            file = pathlib.Path(folder) / "weights"
            shutil.copy(WEIGHTS, file)
            with Server("--inference-threads", "2", weights=file) as server:
                server.wait_for("healthy")
                self.assertEqual(ask(server, "/predict", STAR)[0], 200)
                before = inference_threads(server.process.pid)
                os.replace(shutil.copy(SOFTMAX, file.with_suffix(".new")), file)
                server.signal(signal.SIGHUP)
                self.assertTrue(eventually(
                    lambda: len(ask(server, "/predict?top_k=5", STAR)[1].get("predictions", ())) == 2))
                self.assertTrue(eventually(lambda: len(inference_threads(server.process.pid)) == len(before) + 1))
                self.assertEqual(set(inference_threads(server.process.pid)), set(before))

    def test_a_file_that_is_cut_short_is_no_reload(self):
        with tempfile.TemporaryDirectory() as folder:
            file = pathlib.Path(folder) / "net.onnx"
            shutil.copy(RESNET, file)
            with Server(weights=file) as server:
                server.wait_for("healthy")
                half = file.with_suffix(".new")
                half.write_bytes(RESNET.read_bytes()[:9000])
                os.replace(half, file)
                server.signal(signal.SIGHUP)
                self.assertTrue(eventually(lambda: "cut short" in json.dumps(info(server))))
                self.assertEqual(ask(server, "/predict", STAR)[0], 200)

    def test_settings_that_do_not_fit_are_refused(self):
        image = SOURCE / "conf/demo/samples/star-1.jpg"
        for flags, text in ((("--engine", "torch"), "engine = torch"), (("--crop", "64", "--resize", "64"), "crop"),
                            (("--engine", "onnx", "--precision", "int8"), "precision = int8"),
                            (("--device", "cuda"), "device = cuda")):
            with self.subTest(flags):
                done = run(PROGRAM, "batch", image, "--weights", RESNET, *flags)
                self.assertNotEqual(done.returncode, 0)
                self.assertIn(text, done.stderr + done.stdout)
        done = run(PROGRAM, "batch", image, "--weights", WEIGHTS, "--engine", "onnx")
        self.assertIn("ONNX files only", done.stderr + done.stdout)


if __name__ == "__main__":
    unittest.main()
