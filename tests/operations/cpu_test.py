"""Test of the program on CPUs that this machine does not have, played by qemu-user."""

import os
import shutil
import subprocess
import sys
import unittest

QEMU = shutil.which("qemu-x86_64")
PROGRAM = os.path.join(os.environ["SMA_BINARY_DIR"], "simple-model-api")


def run_on(cpu, *arguments):
    return subprocess.run([QEMU, "-cpu", cpu, PROGRAM, *arguments], capture_output=True, text=True, timeout=120,
                          check=False)


class Cpu(unittest.TestCase):
    def test_one_without_sse41_gets_one_clear_line(self):
        for command in ("--version", "serve"):
            done = run_on("Conroe", command)
            self.assertEqual(done.returncode, 2, command)
            self.assertIn("no SSE4.1", done.stderr)
            self.assertEqual(done.stderr.count("\n"), 1, done.stderr)

    def test_the_oldest_that_will_do_runs_the_program(self):
        done = run_on("Penryn", "--version")
        self.assertEqual(done.returncode, 0, done.stderr)


if __name__ == "__main__":
    if QEMU is None:
        print("skipped: no qemu-x86_64 (Debian's qemu-user) is installed")
        sys.exit(77)
    unittest.main()
