"""`model inspect`: what it says that a server would do with a file, and that a server then does."""
import pathlib
import shlex
import shutil
import tempfile
import unittest

from parts_test import run
from served import BINARY, PROGRAM, SOURCE

NARROW = BINARY / "narrow/narrow.safetensors"


def rows(done):
    """The last value of each row."""
    lines = [line for line in done.stdout.splitlines() if not line.startswith(" ")]
    return {line[:14].strip(): line[15:] for line in lines}


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


if __name__ == "__main__":
    unittest.main()
