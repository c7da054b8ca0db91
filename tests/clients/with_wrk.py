"""wrk, with the scripts of bench/wrk."""

import pathlib
import re
import shutil
import subprocess

SCRIPTS = pathlib.Path(__file__).resolve().parents[2] / "bench/wrk"


def missing():
    return "" if shutil.which("wrk") else "wrk is not installed"


def wrk(url, script, *arguments):
    """What wrk says at the end of a second with a script."""
    command = ["wrk", "-t", "1", "-c", "4", "-d", "1s", "-s", str(SCRIPTS / script), url, "--", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    sent = re.search(r"(\d+) requests in", done.stdout)
    assert sent and int(sent.group(1)) > 0, done.stdout + done.stderr
    assert "Non-2xx" not in done.stdout and "Socket errors" not in done.stdout, done.stdout


def test_forms_of_several_images(url, samples):
    wrk(url, "predict.lua", *sorted(samples.iterdir()))


def test_health(url, samples):
    wrk(url, "health.lua")
