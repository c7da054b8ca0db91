"""The container files as their own tools read them."""

import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

SOURCE = pathlib.Path(os.environ["SMA_SOURCE_DIR"])
SKIPPED = 77


def accepted(file):
    return subprocess.run(["docker-compose", "-f", str(file), "config", "-q"], capture_output=True, text=True, check=False)


class Compose(unittest.TestCase):
    def test_the_file_fits_the_specification(self):
        done = accepted(SOURCE / "conf/compose.yaml")
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_a_broken_one_would_be_seen(self):
        text = (SOURCE / "conf/compose.yaml").read_text()
        with tempfile.TemporaryDirectory() as folder:
            broken = pathlib.Path(folder) / "compose.yaml"
            broken.write_text(text.replace("read_only: true", "read_only: perhaps"))
            self.assertNotEqual(text, broken.read_text())
            self.assertNotEqual(accepted(broken).returncode, 0)


if __name__ == "__main__":
    if not shutil.which("docker-compose"):
        print("skipped: docker-compose is not installed")
        sys.exit(SKIPPED)
    unittest.main()
