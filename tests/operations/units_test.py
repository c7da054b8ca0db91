"""The units: valid, hardened, and in step with the settings."""
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

from served import PROGRAM, SOURCE, clean_environment

UNITS = SOURCE / "systemd"
EXPOSURE_MAX = 1.5
SERVICES = ("simple-model-api.service", "simple-model-api@.service")


def value(name, key):
    found = re.findall(rf"^{key}=(.*)$", (UNITS / name).read_text(), re.M)
    return found[-1] if found else None


class Units(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.folder)
        for unit in UNITS.iterdir():
            # verify wants the program where it is: in a build tree that is not where the package puts it.
            text = unit.read_text().replace("/usr/bin/simple-model-api", str(PROGRAM))
            name = unit.name.replace("@.", "@8001.")
            (self.folder / name).write_text(text)

    def analyze(self, *arguments):
        done = subprocess.run(["systemd-analyze", *arguments], cwd=self.folder, capture_output=True, text=True)
        return done.returncode, done.stdout + done.stderr

    def test_verify_is_silent(self):
        for name in sorted(p.name for p in self.folder.iterdir()):
            self.assertEqual(self.analyze("verify", "--man=no", "./" + name), (0, ""), name)

    def test_exposure(self):
        for name in ("simple-model-api.service", "simple-model-api@8001.service"):
            status, text = self.analyze("security", "--offline=true", "--no-pager", "./" + name)
            exposure = float(re.search(r"exposure level for \S+: ([\d.]+)", text).group(1))
            self.assertEqual(status, 0)
            self.assertLessEqual(exposure, EXPOSURE_MAX, text)


class InStep(unittest.TestCase):
    """No systemd needed."""

    def test_both_services_are_hardened_alike(self):
        texts = [(UNITS / name).read_text() for name in SERVICES]
        one, other = (re.search(r"^NoNewPrivileges.*?(?=\n\n)", text, re.M | re.S).group() for text in texts)
        self.assertEqual(one, other)

    def test_the_configuration_is_only_read(self):
        for name in SERVICES:
            self.assertEqual(value(name, "ProtectSystem"), "strict")
            for exception in ("ReadWritePaths", "ConfigurationDirectory"):
                self.assertIsNone(value(name, exception), exception)

    def test_times_fit_the_settings(self):
        text = subprocess.run([PROGRAM, "config"], env=clean_environment(), capture_output=True, text=True, check=True).stdout
        settings = {k: int(v) / 1000 for k, v in re.findall(r"^(\w+_ms) = (\d+)$", text, re.M)}
        for name in SERVICES:
            grace = re.search(r"--drain-grace-ms (\d+)", value(name, "ExecStart"))
            grace_s = int(grace.group(1)) / 1000 if grace else settings["drain_grace_ms"]
            stop_s = int(value(name, "TimeoutStopSec").rstrip("s"))
            self.assertGreaterEqual(stop_s, grace_s + settings["drain_timeout_ms"] + 15)
            self.assertGreaterEqual(int(value(name, "WatchdogSec").rstrip("s")), 2 * settings["watchdog_ms"])

    def test_a_failed_service_comes_back_within_limits(self):
        for name in SERVICES:
            self.assertEqual(value(name, "Type"), "notify")
            self.assertEqual(value(name, "Restart"), "on-failure")
            self.assertIn("-HUP", value(name, "ExecReload"))
            for limit in ("MemoryMax", "LimitNOFILE", "TasksMax"):
                self.assertIsNotNone(value(name, limit))


if __name__ == "__main__":
    if not shutil.which("systemd-analyze"):
        print("skipped: systemd is not installed")
        sys.exit(77)
    unittest.main()
