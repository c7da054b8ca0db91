"""`./run` as a newcomer meets it, with an apt and a cmake of the test's own: what it says before and while it installs, and
what it does the second time."""
import os
import pathlib
import shutil
import subprocess
import tempfile
import time
import unittest

SOURCE = pathlib.Path(os.environ["SMA_SOURCE_DIR"])
SOURCES = ("CMakeLists.txt", "CMakePresets.json", "cmake/a.cmake", "src/main.cpp", "include/a.hpp", "conf/demo/demo.tar.xz",
           "third_party/README.md")
APT_GET = """#!/bin/bash
echo "apt-get $*" >>calls
case "$*" in
    *--assume-no*)
        echo "Need to get 366 MB of archives."
        echo "After this operation, 1,800 MB of additional disk space will be used."
        exit 1 ;;
    install*)
        echo "Unpacking g++"
        for percent in 0.0000 4.5 13.1 99.9; do echo "dlstatus:1:$percent:Retrieving" >&3; done
        for percent in 50 100; do echo "pmstatus:g++:$percent:Installing" >&3; done
        echo "pmerror:libnone:10:trouble" >&3
        exit "${APT_STATUS:-0}" ;;
esac
"""
CMAKE = """#!/bin/bash
echo "cmake $*" >>calls
mkdir -p build/release/demo
touch build/release/build.ninja build/release/demo/demo.safetensors
[ -e build/release/simple-model-api ] && exit
printf '#!/bin/sh\\necho "serves: $*"\\n' >build/release/simple-model-api
chmod +x build/release/simple-model-api
"""


class Run(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.folder)
        shutil.copy(SOURCE / "run", self.folder)
        for name in SOURCES:
            (self.folder / name).parent.mkdir(parents=True, exist_ok=True)
            (self.folder / name).write_text("")
        (self.folder / "third_party/packages").write_text("build  g++-of-the-test\n")
        shutil.copy(SOURCE / "third_party/select_packages", self.folder / "third_party")
        for name, text in {"apt-get": APT_GET, "cmake": CMAKE, "dpkg-query": "#!/bin/sh\nexit 1\n", "id": "#!/bin/sh\necho 0\n"}.items():
            self.program(name, text)

    def program(self, name, text):
        place = self.folder / "bin" / name
        place.parent.mkdir(exist_ok=True)
        place.write_text(text)
        place.chmod(0o755)

    def run_with(self, *words, **environment):
        path = f"{self.folder}/bin:{os.environ['PATH']}"
        return subprocess.run(["./run", *words], cwd=self.folder, env=dict(os.environ, PATH=path, **environment), text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=300)

    def calls(self):
        """Since they were asked for last."""
        place = self.folder / "calls"
        text = place.read_text() if place.exists() else ""
        place.unlink(missing_ok=True)
        return text

    def change_later(self, name):
        """As if all else had been written a minute ago."""
        ago = time.time() - 60
        for path in self.folder.rglob("*"):
            os.utime(path, (ago, ago))
        (self.folder / name).touch()

    def test_it_says_what_it_installs(self):
        output = self.run_with("build").stdout
        for line in ("Installing: g++-of-the-test", "Need to get 366 MB of archives.",
                     "After this operation, 1,800 MB of additional disk space will be used."):
            self.assertIn(f"{line}\n", output)
        for line in ("downloaded 0 %", "downloaded 10 %", "downloaded 90 %", "installed 50 %", "installed 100 %"):
            self.assertEqual(output.count(f"  {line}\n"), 1, output)
        self.assertNotIn("Unpacking", output)

    def test_what_cannot_be_installed_ends_it(self):
        done = self.run_with("build", APT_STATUS="100")
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("Unpacking g++", done.stdout)
        self.assertNotIn("cmake", self.calls())

    def test_the_second_time_it_only_serves(self):
        self.assertIn("serves: serve\n", self.run_with().stdout)
        self.assertIn("cmake --build", self.calls())
        self.assertEqual(self.run_with("--port", "1").stdout, "serves: serve --port 1\n")
        self.assertEqual(self.calls(), "")

    def test_a_change_is_built_once(self):
        self.run_with()
        self.calls()
        # Nothing is made of it, so that the program stays as old as it is.
        self.change_later("third_party/README.md")
        self.run_with()
        self.assertIn("cmake --build", self.calls())
        self.run_with()
        self.assertEqual(self.calls(), "")


if __name__ == "__main__":
    unittest.main()
