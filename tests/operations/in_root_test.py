"""The command in a Debian root, in a root that is a shell and little else, made by a debootstrap of the test's own."""

import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import unittest

SOURCE = pathlib.Path(os.environ["SMA_SOURCE_DIR"])
IN_ROOT = SOURCE / "tests/operations/in_root"
SKIPPED = 77
DEBOOTSTRAP = """#!/bin/bash
set -e
echo made >>"$TMPDIR/made"
[ "$1 $2" = "--variant=minbase trixie" ]
mkdir -p "$3/etc" "$3/tmp"
for tool in bash cat env ls mkdir sleep touch; do
    path=$(realpath "$(command -v $tool)")
    install -D "$path" "$3/usr/bin/$tool"
    for library in $(ldd "$path" | grep -o '/[^ ]*'); do install -D "$library" "$3$library"; done
done
"""


def mounted(folder):
    return [line for line in pathlib.Path("/proc/mounts").read_text().splitlines() if str(folder) in line]


def running(word):
    for path in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if word.encode() in path.read_bytes().split(b"\0"):
                return True
        except OSError:  # it has ended meanwhile
            pass
    return False


class InRoot(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp())
        self.addCleanup(self.remove)
        (self.folder / "debootstrap").write_text(DEBOOTSTRAP)
        (self.folder / "debootstrap").chmod(0o755)
        (self.folder / "shared").mkdir()
        (self.folder / "shared/photo").write_text("a photograph")

    def remove(self):
        self.assertEqual(mounted(self.folder), [])  # or what is mounted would be removed, too
        shutil.rmtree(self.folder)

    def start(self, *arguments):
        environment = dict(os.environ, TMPDIR=str(self.folder), SMA_SHARED=str(self.folder / "shared"),
                           PATH=f"{self.folder}:{os.environ['PATH']}")
        return subprocess.Popen([IN_ROOT, *arguments], env=environment, text=True, stdout=subprocess.PIPE,
                                stderr=subprocess.STDOUT)

    def run_in_root(self, *arguments):
        with self.start(*arguments) as process:
            output, _ = process.communicate(timeout=120)
        return process.returncode, output

    def test_the_command_sees_the_clone_and_its_status_comes_back(self):
        status, output = self.run_in_root("trixie", "ls; ls /dev/null /sys/class /proc/1/status; exit 7")
        self.assertEqual(status, 7, output)
        for name in ("CMakeLists.txt", "/dev/null", "/proc/1/status"):
            self.assertIn(f"\n{name}\n", output)
        self.assertRegex(output, r"trixie, [0-9a-f]+, .*: exit status 7, \d+ s")

    def test_test_data_can_be_read_and_not_written(self):
        status, output = self.run_in_root("trixie", 'cat "$SMA_SHARED/photo"; echo >"$SMA_SHARED/photo"')
        self.assertEqual(status, 1)
        self.assertIn("a photograph", output)
        self.assertIn("Read-only file system", output)

    def test_a_second_run_uses_the_root_again_and_builds_anew_unless_told(self):
        self.run_in_root("trixie", "mkdir build && touch build/object")
        self.assertEqual(self.run_in_root("--keep", "trixie", "ls build/object")[0], 0)
        self.assertNotEqual(self.run_in_root("trixie", "ls build/object")[0], 0)
        self.assertEqual((self.folder / "made").read_text(), "made\n")

    def test_what_the_command_leaves_running_ends(self):
        self.assertEqual(self.run_in_root("trixie", "sleep 300.5 >/dev/null 2>&1 &")[0], 0)
        self.assertFalse(running("300.5"))

    def test_ended_from_outside(self):
        for number in (signal.SIGTERM, signal.SIGKILL):
            with self.start("trixie", "echo it runs; sleep 300.25") as process:
                while "it runs" not in process.stdout.readline():
                    self.assertIsNone(process.poll())
                process.send_signal(number)
                process.communicate(timeout=60)  # to the end of its output: whoever could write is gone
            self.assertNotEqual(process.returncode, 0)
            self.assertFalse(running("300.25"), number)

    def test_words_that_it_does_not_know(self):
        for arguments in (["trixie"], ["jessie", "ls"], ["--fast", "trixie", "ls"]):
            status, output = self.run_in_root(*arguments)
            self.assertEqual(status, 2)
            self.assertTrue(re.match(r"in_root \[--keep\]", output), output)


if __name__ == "__main__":
    may_mount = subprocess.run(["unshare", "--mount", "--pid", "--fork", "true"], capture_output=True, check=False)
    has_head = subprocess.run(["git", "-C", str(SOURCE), "rev-parse", "HEAD"], capture_output=True, check=False)
    if may_mount.returncode != 0 or has_head.returncode != 0:
        print("skipped: it needs root that may mount, and a clone of the repository")
        sys.exit(SKIPPED)
    unittest.main()
