"""The commands that boot a Debian root or run a container, where neither can be done: they say why, and are skipped."""
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

OPERATIONS = pathlib.Path(os.environ["SMA_SOURCE_DIR"]) / "tests/operations"
SKIPPED = 77
PACKAGES = {"systemd_in_root": "debootstrap systemd-container", "container": "debootstrap podman runc"}
DEBOOTSTRAP = '#!/bin/bash\nmkdir -p "$3/etc"\n'
REFUSES = '#!/bin/bash\necho "no namespaces here" >&2\nexit 125\n'


class RootCommands(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.folder)

    def program(self, name, text):
        (self.folder / name).write_text(text)
        (self.folder / name).chmod(0o755)

    def run_command(self, *words, path=""):
        done = subprocess.run([OPERATIONS / words[0], *words[1:]], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              env=dict(os.environ, PATH=f"{self.folder}{path}", TMPDIR=str(self.folder)), timeout=300)
        return done.returncode, done.stdout

    def test_what_is_missing_is_named(self):
        for command, packages in PACKAGES.items():
            self.assertEqual(self.run_command(command, "trixie"), (SKIPPED, f"{command}: skipped: not installed: {packages}\n"))

    def test_what_refuses_is_quoted(self):
        self.program("debootstrap", DEBOOTSTRAP)
        for name in ("systemd-nspawn", "podman", "runc"):
            self.program(name, REFUSES)
        for command in PACKAGES:
            status, output = self.run_command(command, "trixie", path=f":{os.environ['PATH']}")
            self.assertEqual(status, SKIPPED, output)
            self.assertRegex(output, "skipped: .*no namespaces here")

    def test_words_that_they_do_not_know(self):
        for command in PACKAGES:
            for words in ([], ["jessie"], ["--fast", "trixie"]):
                self.assertEqual(self.run_command(command, *words)[0], 2)


if __name__ == "__main__":
    if os.geteuid() != 0:
        print("skipped: these commands need root")
        sys.exit(SKIPPED)
    unittest.main()
