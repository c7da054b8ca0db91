"""The selection of Debian packages, on releases that are played by an apt-cache and a dpkg-query of the test's own."""

import os
import pathlib
import subprocess
import tempfile
import unittest

SOURCE = pathlib.Path(os.environ["SMA_SOURCE_DIR"])
LIST = """# a list
build  g++
build  libold-dev | libnew-dev
extra  libextra-dev | -
test   tool
"""
DPKG_QUERY = """#!/bin/sh
for package; do :; done
case " $INSTALLED " in *" $package "*) printf installed ;; *) exit 1 ;; esac
"""
APT_CACHE = """#!/bin/sh
echo "$2:"
case " $CANDIDATES " in *" $2 "*) echo "  Candidate: 1.0-1" ;; *) echo "  Candidate: (none)" ;; esac
"""


def selected(*arguments, installed="", candidates="", commands=()):
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        (folder / "packages").write_text(LIST)
        (folder / "select_packages").write_bytes((SOURCE / "third_party/select_packages").read_bytes())
        for tool, text in (("dpkg-query", DPKG_QUERY), ("apt-cache", APT_CACHE)):
            (folder / tool).write_text(text)
            (folder / tool).chmod(0o755)
        for command in commands:
            (folder / command).write_text("#!/bin/sh\n")
            (folder / command).chmod(0o755)
        environment = dict(os.environ, PATH=f"{folder}:{os.environ['PATH']}", INSTALLED=installed, CANDIDATES=candidates)
        done = subprocess.run(["bash", str(folder / "select_packages"), *arguments], env=environment, text=True,
                              capture_output=True, check=True)
        return done.stdout.split()


class Packages(unittest.TestCase):
    def test_the_first_that_the_release_has(self):
        self.assertEqual(selected("build", candidates="g++ libold-dev libnew-dev"), ["g++", "libold-dev"])
        self.assertEqual(selected("build", candidates="g++ libnew-dev"), ["g++", "libnew-dev"])

    def test_what_is_installed_is_not_replaced(self):
        self.assertEqual(selected("build", installed="libnew-dev", candidates="g++ libold-dev libnew-dev"),
                         ["g++", "libnew-dev"])

    def test_without_lists_the_first_name_stays(self):
        self.assertEqual(selected("build"), ["g++", "libold-dev"])

    def test_what_is_optional_is_left_out_where_the_release_lacks_it(self):
        self.assertEqual(selected("extra", "test", candidates="g++"), ["tool"])
        self.assertEqual(selected("--missing", "extra", candidates="g++"), [])
        self.assertEqual(selected("--missing", "extra", candidates="libextra-dev"), ["libextra-dev"])
        self.assertEqual(selected("extra", installed="libextra-dev"), ["libextra-dev"])
        self.assertEqual(selected("--missing", "extra", installed="libextra-dev"), [])

    def test_several_purposes_in_their_order(self):
        self.assertEqual(selected("test", "build", candidates="libnew-dev"), ["tool", "g++", "libnew-dev"])

    def test_what_is_missing_is_neither_installed_nor_a_command(self):
        self.assertEqual(selected("--missing", "build", "test", installed="g++"), ["libold-dev", "tool"])
        self.assertEqual(selected("--missing", "test", installed="tool"), [])
        self.assertEqual(selected("--missing", "test", commands=["tool"]), [])

    def test_the_list_has_names_alone(self):
        for line in (SOURCE / "third_party/packages").read_text().splitlines():
            if not line.startswith("#"):
                self.assertRegex(line, r"^[a-z]+ +[a-z0-9.+-]+( \| [a-z0-9.+-]+)*$")


if __name__ == "__main__":
    unittest.main()
