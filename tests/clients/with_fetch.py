"""Node's fetch with FormData: fetch.mjs, run by node."""

import pathlib
import shutil
import subprocess


def missing():
    return None if shutil.which("node") else "node is not installed"


def test_all(url, samples):
    script = pathlib.Path(__file__).parent / "fetch.mjs"
    subprocess.run(["node", script, url, samples], check=True, timeout=120)
