"""Every probe in the files of containers, Kubernetes, proxies and units is one and the same, and is played against a
server in each of its states."""
import re
import shlex
import subprocess
import unittest

import yaml

from served import PROGRAM, SOURCE, Server, clean_environment

READINESS = "/health"
LIVENESS = "/v2/health/live"
PORT = 8000
HEALTH_COMMAND = ["simple-model-api", "health"]
LAST_ANSWERS_S = 15  # after the drain's two times (src/app/lifecycle.cpp)


def documents(name):
    return [d for d in yaml.safe_load_all((SOURCE / "conf" / name).read_text()) if d]


def containers():
    """(file, pod specification, container) of every server in Kubernetes' files."""
    deployment = documents("kubernetes/deployment.yaml")[0]["spec"]["template"]["spec"]
    runtime = documents("kubernetes/kserve.yaml")[0]["spec"]
    yield "deployment.yaml", deployment, deployment["containers"][0]
    yield "kserve.yaml", runtime, runtime["containers"][0]


def port_number(container, port):
    named = {p["name"]: p["containerPort"] for p in container["ports"]}
    return named.get(port, port)


def get_of(container, probe):
    get = container[probe]["httpGet"]
    return get["path"], port_number(container, get["port"])


def settings():
    """The defaults, as `config` prints them."""
    text = subprocess.run([PROGRAM, "config"], env=clean_environment(), capture_output=True, text=True, check=True).stdout
    return dict(re.findall(r"^(\w+) = (.*)$", text, re.M))


def dockerfile(instruction):
    text = (SOURCE / "conf" / "Dockerfile").read_text().replace("\\\n", " ")
    return [line.split(None, 1)[1] for line in text.splitlines() if line.startswith(instruction + " ")]


def seconds(text):
    return float(re.fullmatch(r"(\d+)s", text).group(1))


class Specification(unittest.TestCase):
    def test_kubernetes_probes(self):
        for name, _, container in containers():
            with self.subTest(name):
                self.assertEqual(get_of(container, "startupProbe"), (READINESS, PORT))
                self.assertEqual(get_of(container, "readinessProbe"), (READINESS, PORT))
                self.assertEqual(get_of(container, "livenessProbe"), (LIVENESS, PORT))
                self.assertEqual(container["readinessProbe"]["initialDelaySeconds"], 15)
                self.assertEqual(container["readinessProbe"]["periodSeconds"], 5)

    def test_container_health_checks(self):
        compose = documents("compose.yaml")[0]["services"]["simple-model-api"]
        self.assertEqual(compose["healthcheck"]["test"], ["CMD", *HEALTH_COMMAND])
        check = dockerfile("HEALTHCHECK")[0]
        options, command = check.split("CMD")
        self.assertEqual(yaml.safe_load(command), HEALTH_COMMAND)
        options = dict(option.lstrip("-").split("=") for option in shlex.split(options))
        same = {"interval": "interval", "timeout": "timeout", "start_period": "start-period", "retries": "retries"}
        for in_compose, in_dockerfile in same.items():
            self.assertEqual(str(compose["healthcheck"][in_compose]), options[in_dockerfile])
        # What Kubernetes waits for and how often it asks.
        self.assertEqual(seconds(compose["healthcheck"]["start_period"]), 15)
        self.assertEqual(seconds(compose["healthcheck"]["interval"]), 5)

    def test_ports(self):
        self.assertEqual(settings()["port"], str(PORT))
        self.assertEqual(dockerfile("EXPOSE"), [str(PORT)])
        compose = documents("compose.yaml")[0]["services"]["simple-model-api"]
        self.assertTrue(compose["ports"][0].endswith(f":{PORT}"))
        socket = (SOURCE / "systemd/simple-model-api.socket").read_text()
        self.assertEqual(re.findall(r"^ListenStream=.*:(\d+)$", socket, re.M), [str(PORT)])
        config = documents("kubernetes/configmap.yaml")[0]["data"]["simple-model-api.toml"]
        self.assertIn(f"\nport = {PORT}\n", config)
        service = documents("kubernetes/service.yaml")[0]["spec"]["ports"][0]
        deployment = list(containers())[0][2]
        self.assertEqual(port_number(deployment, service["targetPort"]), PORT)

    def test_proxies_ask_the_same(self):
        haproxy = (SOURCE / "conf/haproxy.cfg").read_text()
        self.assertEqual(re.findall(r"http-check send meth GET uri (\S+)", haproxy), [READINESS])

    def test_grace_periods_fit_the_drain(self):
        def drain_s(text, joined):
            grace, timeout = (int(re.search(rf"{name}{joined}\"?(\d+)", text).group(1)) / 1000
                              for name in ("drain.grace.ms", "drain.timeout.ms"))
            return grace + timeout + LAST_ANSWERS_S

        deployment = list(containers())[0][1]
        config = documents("kubernetes/configmap.yaml")[0]["data"]["simple-model-api.toml"]
        self.assertGreaterEqual(deployment["terminationGracePeriodSeconds"], drain_s(config, " = "))
        runtime, service = documents("kubernetes/kserve.yaml")
        arguments = " ".join(runtime["spec"]["containers"][0]["args"])
        self.assertGreaterEqual(service["spec"]["predictor"]["terminationGracePeriodSeconds"], drain_s(arguments, "="))
        # The grace outlasts the probe that takes a pod out.
        readiness = list(containers())[0][2]["readinessProbe"]
        grace_s = int(re.search(r"drain_grace_ms = (\d+)", config).group(1)) / 1000
        self.assertGreaterEqual(grace_s, readiness["periodSeconds"] * readiness["failureThreshold"])
        compose_text = (SOURCE / "conf/compose.yaml").read_text()
        compose = documents("compose.yaml")[0]["services"]["simple-model-api"]
        self.assertGreaterEqual(seconds(compose["stop_grace_period"]), drain_s(compose_text.lower(), ": "))
        rolling = documents("kubernetes/deployment.yaml")[0]["spec"]["strategy"]["rollingUpdate"]
        self.assertEqual(rolling["maxUnavailable"], 0)

    def test_references(self):
        deployment = documents("kubernetes/deployment.yaml")[0]
        labels = deployment["spec"]["template"]["metadata"]["labels"]
        self.assertEqual(deployment["spec"]["selector"]["matchLabels"], labels)
        selectors = {"service.yaml": "selector", "disruption-budget.yaml": "selector", "network-policy.yaml": "podSelector"}
        for name, key in selectors.items():
            selector = documents("kubernetes/" + name)[0]["spec"][key]
            self.assertEqual(selector.get("matchLabels", selector), labels, name)
        scaled = documents("kubernetes/autoscaler.yaml")[0]["spec"]["scaleTargetRef"]
        self.assertEqual((scaled["kind"], scaled["name"]), ("Deployment", deployment["metadata"]["name"]))
        self.assertEqual(documents("kubernetes/service.yaml")[0]["metadata"]["labels"],
                         documents("kubernetes/service-monitor.yaml")[0]["spec"]["selector"]["matchLabels"])
        for name in documents("kubernetes/kustomization.yaml")[0]["resources"]:
            self.assertTrue((SOURCE / "conf/kubernetes" / name).exists(), name)

    def test_config_map_is_a_valid_configuration(self):
        text = documents("kubernetes/configmap.yaml")[0]["data"]["simple-model-api.toml"]
        checked = subprocess.run([PROGRAM, "config", "--check", "--config", "/dev/stdin"], input=text, text=True,
                                 env=clean_environment(), capture_output=True)
        self.assertEqual(checked.returncode, 0, checked.stderr)

    def test_queue_metric_exists(self):
        metric = documents("kubernetes/autoscaler.yaml")[0]["spec"]["metrics"][1]["pods"]["metric"]["name"]
        with Server() as server:
            server.wait_for("healthy")
            self.assertRegex(server.get("/metrics")[1], rf"(?m)^{metric} ")


class Played(unittest.TestCase):
    """The probes' answers in each state: ready to be used, alive."""

    def assert_answers(self, server, ready, alive=True):
        self.assertEqual(server.get(READINESS)[0] == 200, ready)
        command = [PROGRAM, *HEALTH_COMMAND[1:]]
        status = subprocess.run(command, env=clean_environment(SMA_PORT=str(server.port)), capture_output=True).returncode
        self.assertEqual(status, 0 if ready else 1)
        live = server.get(LIVENESS)[0]
        if live == 404:
            print(f"{LIVENESS} not played: this build has no such route")
        else:
            self.assertEqual(live == 200, alive)

    def test_loading_then_ready_then_draining(self):
        with Server("--drain-grace-ms", "60000") as server:
            # From the first answer on: not ready before it is, whatever the state is called.
            while (state := server.state()) != "healthy":
                self.assertIn(state, (None, "loading", "warming_up"))
            self.assert_answers(server, ready=True)
            server.signal(15)
            server.wait_for("draining")
            self.assert_answers(server, ready=False)

    def test_failed(self):
        with Server(weights="/nonexistent.safetensors") as server:
            server.wait_for("failed")
            self.assert_answers(server, ready=False)


if __name__ == "__main__":
    unittest.main()
