"""The small program and its parts: what is loaded when, and what is said of a part that is not there."""
import json
import pathlib
import shutil
import subprocess
import tempfile
import unittest

from served import BINARY, PROGRAM, SOURCE, WEIGHTS, Server, clean_environment

LIBRARIES_MOST = 15
HEAVY = ("libtorch", "libc10", "libdnnl", "libvips", "libgomp", "libopencv", "libgrpc", "libprotobuf", "libonnx")
PTH = SOURCE / "tests/unit/libtorch/data/state_dict.pth"


def run(program, *arguments):
    return subprocess.run([program, *map(str, arguments)], env=clean_environment(), capture_output=True, text=True,
                          timeout=120, check=False)


def libraries_of(program):
    return [line.split()[0] for line in run("ldd", program).stdout.splitlines()]


def mapped(pid):
    return pathlib.Path(f"/proc/{pid}/maps").read_text()


def copy_without(part, folder):
    """The program and its parts but one, as where a package is not installed."""
    shutil.copy(PROGRAM, folder)
    parts = pathlib.Path(folder) / "parts"
    parts.mkdir()
    for file in (BINARY / "parts").iterdir():
        if file.stem != part:
            shutil.copy(file, parts)
    return pathlib.Path(folder) / PROGRAM.name


class Parts(unittest.TestCase):
    def test_the_program_is_small(self):
        libraries = libraries_of(PROGRAM)
        self.assertLessEqual(len(libraries), LIBRARIES_MOST, libraries)
        self.assertFalse([name for name in libraries if name.startswith(HEAVY)])

    def test_safetensors_are_served_without_libtorch(self):
        with Server() as server:
            server.wait_for("healthy")
            self.assertNotIn("libtorch", mapped(server.process.pid))
            libraries = json.loads(server.get("/info")[1])["libraries"]
            self.assertLessEqual({"onednn", "libvips", "boost"}, set(libraries))
            self.assertNotIn("libtorch", libraries)

    def test_without_libtorch_safetensors_are_read_and_the_package_is_named_for_the_rest(self):
        with tempfile.TemporaryDirectory() as folder:
            program = copy_without("libtorch", folder)
            self.assertEqual(run(program, "model", "inspect", WEIGHTS).returncode, 0)
            refused = run(program, "model", "inspect", PTH)
            self.assertEqual(refused.returncode, 1)
            self.assertIn("simple-model-api-torch", refused.stderr)
            self.assertEqual(refused.stderr.count("\n"), 1, refused.stderr)

    def test_without_the_part_for_images_the_server_is_not_ready(self):
        with tempfile.TemporaryDirectory() as folder:
            program = copy_without("image", folder)
            done = run(program, "batch", SOURCE / "conf/demo/samples/star-1.jpg", "--weights", WEIGHTS, "--quiet")
            self.assertNotEqual(done.returncode, 0)
            self.assertIn('"image"', done.stderr)


if __name__ == "__main__":
    unittest.main()
