"""The dashboard and the alerts: every query finds series in a Prometheus that scrapes the real server, and every alert fires on
what it is for and on nothing else."""
import itertools
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import unittest
import urllib.error
import urllib.parse
import urllib.request

import yaml

import served
from eventually import PATIENCE_S, eventually
from served import BINARY, PROGRAM, SOURCE, Server, clean_environment, free_port

DASHBOARD = SOURCE / "conf/grafana/dashboard.json"
ALERTS = SOURCE / "conf/prometheus/alerts.yml"
JOB = "simple-model-api"
STAR = (SOURCE / "conf/demo/samples/star-1.jpg").read_bytes()
CRASH = b"GIF89afault:segfault"  # of tests/isolation/faulty_worker.cpp
# What Grafana puts in the place of its variables.
VARIABLES = {"$__rate_interval": "10m", "$__range": "10m", "$job": ".*", "$instance": ".*"}
SELECTOR = re.compile(r"\b[a-z_]+\{[^}]*\}")


def panels():
    return [panel for panel in json.loads(DASHBOARD.read_text())["panels"] if panel["type"] != "row"]


def filled(text):
    for name, value in VARIABLES.items():
        text = text.replace(name, value)
    return text


def alerts():
    return [rule for group in yaml.safe_load(ALERTS.read_text())["groups"] for rule in group["rules"]]


def promtool(folder, *arguments):
    done = subprocess.run(["promtool", *arguments], cwd=folder, capture_output=True, text=True, timeout=3 * PATIENCE_S)
    return done.returncode, done.stdout + done.stderr


class Alerts(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.folder)

    def test_rules_are_valid(self):
        self.assertEqual(promtool(self.folder, "check", "rules", str(ALERTS))[0], 0)

    def test_played_series(self):
        rules = yaml.safe_load(ALERTS.read_text())
        for group in rules["groups"]:
            for rule in group["rules"]:
                del rule["annotations"]["description"]  # the same whatever happens
        (self.folder / "alerts.yml").write_text(yaml.safe_dump(rules))
        shutil.copy(SOURCE / "tests/operations/alerts.yaml", self.folder)
        status, said = promtool(self.folder, "test", "rules", "alerts.yaml")
        self.assertEqual(status, 0, said)

    def test_each_is_seen_to_fire_and_not_to_fire(self):
        played = yaml.safe_load((SOURCE / "tests/operations/alerts.yaml").read_text())["tests"]
        seen = {(case["alertname"], bool(case["exp_alerts"])) for test in played for case in test["alert_rule_test"]}
        self.assertEqual(seen, {(rule["alert"], fires) for rule in alerts() for fires in (True, False)})


class FaultyServer(Server):
    """The server with a decoder that crashes when it is asked to (tests/isolation), and with limits that are soon reached."""

    def __init__(self, folder):
        (folder / "parts").mkdir()
        shutil.copy(PROGRAM, folder / PROGRAM.name)
        for part in ("image.so", "engine.so"):
            (folder / "parts" / part).symlink_to(BINARY / "parts" / part)
        (folder / "parts/decode-worker").symlink_to(BINARY / "faulty-worker")
        served.PROGRAM = folder / PROGRAM.name
        try:
            super().__init__("--cache-size-mb", "8", "--max-batch-size", "1", "--max-queue-size", "1",
                             "--rate-limit-requests-per-s", "1", "--rate-limit-burst", "100")
        finally:
            served.PROGRAM = PROGRAM

    def post(self, target, body):
        """The status."""
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{target}", body)
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return answer.status
        except urllib.error.HTTPError as error:
            return error.code


class Prometheus:
    """Debian's, on loopback; it scrapes one server."""

    def __init__(self, folder, target):
        self.port = free_port()
        scrape = {"job_name": JOB, "static_configs": [{"targets": [target]}]}
        (folder / "prometheus.yml").write_text(yaml.safe_dump(
            {"global": {"scrape_interval": "2s", "scrape_timeout": "2s"}, "scrape_configs": [scrape]}))
        self.process = subprocess.Popen(
            ["prometheus", f"--config.file={folder}/prometheus.yml", f"--storage.tsdb.path={folder}/data",
             f"--web.listen-address=127.0.0.1:{self.port}", "--log.level=error"],
            env=clean_environment(), stdout=subprocess.DEVNULL)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()

    def query(self, expression):
        """The labels of each series of the result; an expression that is none is an error."""
        url = f"http://127.0.0.1:{self.port}/api/v1/query?" + urllib.parse.urlencode({"query": expression})
        try:
            with urllib.request.urlopen(url, timeout=10) as answer:
                return [series["metric"] for series in json.load(answer)["data"]["result"]]
        except urllib.error.HTTPError as error:
            if error.code == 400:
                raise AssertionError(f"{expression}: {error.read().decode()}") from error
            return []
        except OSError:  # it does not listen yet
            return []

    def find(self, expression):
        """The same, once more where a scrape came too late."""
        found = []

        def anything():
            found[:] = self.query(expression)
            return found
        eventually(anything, 60)
        return found


def send_traffic(server):
    """Something of every kind that a query looks for: predictions, errors, a crash, a full queue, too many requests."""
    sent = itertools.count(1)

    def classify():
        server.post("/predict", STAR + bytes(next(sent)))  # in no cache
    for target, body in (("/predict", STAR), ("/predict", STAR), ("/v2/models/resnet50/infer", b"no JSON"),
                         ("/predict", b"no image"), ("/predict", CRASH)):
        server.post(target, body)

    def refused(reason):
        burst = [threading.Thread(target=classify) for _ in range(16)]
        for thread in burst:
            thread.start()
        for thread in burst:
            thread.join()
        return f'reason="{reason}"' in server.get("/metrics")[1]
    for reason in ("QUEUE_FULL", "RATE_LIMITED"):
        if not eventually(lambda: refused(reason)):
            raise AssertionError(f"no request was refused with {reason}")


class Queries(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp())
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        server = cls.enterClassContext(FaultyServer(cls.folder)).wait_for("healthy")
        send_traffic(server)
        cls.prometheus = cls.enterClassContext(Prometheus(cls.folder, f"127.0.0.1:{server.port}"))
        if not eventually(lambda: cls.prometheus.query(f'sum_over_time(up{{job="{JOB}"}}[10m]) >= 3')):
            raise AssertionError("Prometheus does not scrape the server")

    def test_every_query_of_the_dashboard_finds_its_series(self):
        for panel in panels():
            for target in panel["targets"]:
                with self.subTest(panel["title"], query=target["expr"]):
                    found = self.prometheus.find(filled(target["expr"]))
                    self.assertTrue(found, "it finds nothing")
                    for label in re.findall(r"\{\{(\w+)\}\}", target["legendFormat"]):
                        self.assertTrue(all(label in series for series in found), f"its series have no label {label}")

    def test_every_selector_of_the_alerts_finds_its_series(self):
        for rule in alerts():
            for selector in SELECTOR.findall(rule["expr"]):
                with self.subTest(rule["alert"], selector=selector):
                    anything = re.sub(r'status_code=~"[^"]*"', 'status_code=~".+"', selector)
                    self.assertTrue(self.prometheus.find(anything), "it finds nothing")


class Dashboard(unittest.TestCase):
    def test_every_selector_keeps_to_what_is_chosen(self):
        for panel in panels():
            for target in panel["targets"]:
                for selector in SELECTOR.findall(target["expr"]):
                    self.assertIn('{job=~"$job", instance=~"$instance"', selector, panel["title"])

    def test_panels_do_not_overlap(self):
        taken = set()
        for panel in json.loads(DASHBOARD.read_text())["panels"]:
            at = panel["gridPos"]
            cells = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
            self.assertFalse(cells & taken or at["x"] + at["w"] > 24, panel["title"])
            taken |= cells


if __name__ == "__main__":
    for tool in ("prometheus", "promtool"):
        if not shutil.which(tool):
            print(f"skipped: {tool} (Debian's prometheus) is not installed")
            sys.exit(77)
    unittest.main()
