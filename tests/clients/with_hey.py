"""hey, the load generator."""

import csv
import io
import shutil
import subprocess

REQUESTS = 60


def missing():
    return "" if shutil.which("hey") else "hey is not installed"


def hey(url, *options):
    """The rows of its report, one a request."""
    command = ["hey", "-n", str(REQUESTS), "-c", "6", "-o", "csv", *options, url]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    rows = list(csv.DictReader(io.StringIO(done.stdout)))
    assert len(rows) == REQUESTS, done.stdout
    return rows


def require_all(rows, status):
    wrong = [row for row in rows if row["status-code"] != status]
    assert not wrong, wrong[:3]


def test_bare_image(url, samples):
    require_all(hey(f"{url}/predict", "-m", "POST", "-T", "image/jpeg", "-D", str(samples / "star-1.jpg")), "200")


def test_new_connections(url, samples):
    options = ("-disable-keepalive", "-m", "POST", "-T", "image/jpeg", "-D", str(samples / "star-1.jpg"))
    require_all(hey(f"{url}/predict", *options), "200")


def test_errors_keep_their_status(url, samples):
    require_all(hey(f"{url}/predict", "-m", "POST", "-T", "image/jpeg", "-d", "no image"), "415")


def test_health(url, samples):
    require_all(hey(f"{url}/health"), "200")
