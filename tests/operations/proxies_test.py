"""Two replicas behind HAProxy and behind nginx, with the shipped configuration, under load: restarted one after the
other, reloaded, one killed. No client may see an error but those in flight on the killed one, and the proxies send those
again."""
import contextlib
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import unittest

from eventually import eventually
from load import Load
from served import SOURCE, Server, free_port

# The grace is that of the units.
REPLICA_FLAGS = ("--inference-threads", "1", "--decode-threads", "1", "--drain-grace-ms", "5000")


class Replicas:
    def __init__(self, stack):
        self.stack = stack
        self.servers = [self.start() for _ in range(2)]
        for server in self.servers:
            server.wait_for("healthy")

    def start(self, port=None):
        return self.stack.enter_context(Server(*REPLICA_FLAGS, port=port))

    def replace(self, i):
        """A new process at the port of one that has ended. Back when the proxy sends it requests again, which it does only
        after its own check."""
        self.servers[i] = self.start(self.servers[i].port).wait_for("healthy")
        assert eventually(lambda: re.search(r"^images_total [1-9]", self.servers[i].get("/metrics")[1], re.MULTILINE))


def shipped(name, ports):
    """The file as it is in conf/, but for the ports."""
    text = (SOURCE / "conf" / name).read_text()
    for shipped_port, port in zip((8001, 8002, 8080), ports):
        assert f":{shipped_port}" in text, shipped_port
        text = text.replace(f":{shipped_port}", f":{port}")
    return text


@contextlib.contextmanager
def running(command):
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def haproxy(folder, ports):
    (folder / "haproxy.cfg").write_text(shipped("haproxy.cfg", ports))
    return ["haproxy", "-db", "-f", str(folder / "haproxy.cfg")]


def nginx(folder, ports):
    """The shipped file is one of /etc/nginx/conf.d: the frame around it is the test's."""
    (folder / "site.conf").write_text(shipped("nginx.conf", ports))
    paths = "".join(f"{kind}_temp_path {folder}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    user = "user root;" if os.geteuid() == 0 else ""
    (folder / "nginx.conf").write_text(f"{user} daemon off; pid {folder}/pid; error_log stderr; worker_processes 1;"
                                       f"events {{}} http {{ access_log off; {paths} include {folder}/site.conf; }}")
    return ["nginx", "-p", str(folder), "-c", str(folder / "nginx.conf"), "-e", "stderr"]


class Proxied(unittest.TestCase):
    def play(self, program, command_for):
        if not shutil.which(program):
            self.skipTest(f"{program} is not installed")
        folder = pathlib.Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, folder)
        with contextlib.ExitStack() as stack:
            replicas = Replicas(stack)
            port = free_port()
            stack.enter_context(running(command_for(folder, [s.port for s in replicas.servers] + [port])))
            proxy = Server.__new__(Server)
            proxy.port = port
            self.assertTrue(eventually(lambda: proxy.get("/health")[0] == 200))
            self.assertEqual(proxy.get("/metrics")[0], 404)
            load = stack.enter_context(Load(port))
            self.assertTrue(load.goes_on())

            for i in (0, 1):
                with self.subTest(f"{program}: restart {i}"):
                    self.assertEqual(replicas.servers[i].stop(), 0)
                    replicas.replace(i)
                    self.assertTrue(load.goes_on())
                    self.assertEqual(load.errors(), {})
            with self.subTest(f"{program}: reload both"):
                for server in replicas.servers:
                    server.signal(signal.SIGHUP)
                self.assertTrue(eventually(lambda: all("model_loads_total 2" in s.get("/metrics")[1]
                                                       for s in replicas.servers)))
                self.assertTrue(load.goes_on())
                self.assertEqual(load.errors(), {})
            with self.subTest(f"{program}: kill one"):
                replicas.servers[0].signal(signal.SIGKILL)
                replicas.servers[0].process.wait()
                self.assertTrue(load.goes_on(40))
                replicas.replace(0)
                self.assertTrue(load.goes_on())
                # Whole requests, small enough for the proxies' buffers: all of those in flight were sent again.
                self.assertEqual(load.errors(), {})
            print(f"{program}: {load.answers[200]} requests answered")

    def test_haproxy(self):
        self.play("haproxy", haproxy)

    def test_nginx(self):
        self.play("nginx", nginx)


if __name__ == "__main__":
    if not shutil.which("haproxy") and not shutil.which("nginx"):
        print("skipped: neither haproxy nor nginx is installed")
        sys.exit(77)
    unittest.main()
