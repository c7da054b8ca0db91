#!/usr/bin/env python3
"""dockerfile_in_roots.py BUILD_ROOT RUN_ROOT: conf/Dockerfile without a container engine.

Does what its two stages say in two fresh Debian roots (debootstrap --variant=minbase bookworm ROOT, or trixie), starts
what the image would start, as its user and with its environment, and asks its health check. As root; needs Debian's
mirror. Port 8000 must be free.
"""
import glob
import json
import os
import pathlib
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time

SOURCE = pathlib.Path(__file__).resolve().parents[2]
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def instructions():
    text = re.sub(r"^#.*\n", "", (SOURCE / "conf/Dockerfile").read_text(), flags=re.MULTILINE)
    for line in text.replace("\\\n", " ").splitlines():
        if line.strip():
            yield line.split(None, 1)


class Stage:
    def __init__(self, root):
        self.root = root
        self.folder = "/"
        self.user = []
        self.environment = {"PATH": PATH, "HOME": "/root"}
        self.entrypoint = self.command = self.health = None

    def chroot(self, command):
        environment = [f"{k}={v}" for k, v in self.environment.items()]
        return ["chroot", *self.user, str(self.root), "/usr/bin/env", "-i", "-C", self.folder, *environment, *command]

    def run(self, line):
        print("RUN", line[:100], flush=True)
        subprocess.run(self.chroot(["/bin/sh", "-c", line]), check=True, stdout=subprocess.DEVNULL)

    def copy(self, words, stages):
        origin = SOURCE
        if words[0].startswith("--from="):
            origin = stages[words.pop(0).split("=")[1]].root
        *sources, target = words
        target = self.root / os.path.join(self.folder, target).lstrip("/")
        for source in sources:
            if origin == SOURCE and source == ".":
                subprocess.run(["git", "-C", str(SOURCE), "checkout-index", "-a", "-f", f"--prefix={target}/"], check=True)
                continue
            found = glob.glob(str(origin / source.lstrip("/")))
            assert found, f"COPY: nothing is {source}"
            for path in found:
                place = target / os.path.basename(path) if target.is_dir() else target
                place.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(path, place)


def build(roots):
    stages, stage = {}, None
    for word, rest in instructions():
        if word == "FROM":
            stage = Stage(roots[len(stages)])
            stages[rest.split()[-1]] = stage
        elif word == "RUN":
            stage.run(rest)
        elif word == "COPY":
            stage.copy(shlex.split(rest), stages)
        elif word == "WORKDIR":
            stage.folder = rest
            (stage.root / rest.lstrip("/")).mkdir(parents=True, exist_ok=True)
        elif word == "USER":
            stage.user = [f"--userspec={rest}"]
        elif word == "ENV":
            stage.environment.update([rest.split("=", 1)])
        elif word == "ENTRYPOINT":
            stage.entrypoint = json.loads(rest)
        elif word == "CMD":
            stage.command = json.loads(rest)
        elif word == "HEALTHCHECK":
            stage.health = json.loads(rest.split(" CMD ")[1])
        else:
            assert word in ("ARG", "EXPOSE", "STOPSIGNAL"), f"{word}: unknown here"
    return stage


def try_out(image):
    assert subprocess.run(image.chroot(image.health), capture_output=True, check=False).returncode == 1, "healthy before it runs"
    server = subprocess.Popen(image.chroot(image.entrypoint + image.command), stdout=subprocess.DEVNULL)
    try:
        for _ in range(100):
            if subprocess.run(image.chroot(image.health), capture_output=True, check=False).returncode == 0:
                break
            time.sleep(0.2)
        else:
            raise AssertionError("never healthy")
        status = pathlib.Path(f"/proc/{server.pid}/status").read_text()
        assert re.search(r"^Uid:\s+10001\s", status, re.MULTILINE), "not its own user"
    finally:
        server.send_signal(signal.SIGTERM)
    assert server.wait(60) == 0, "did not drain"


def main():
    roots = [pathlib.Path(p) for p in sys.argv[1:3]]
    mounted = []
    try:
        for root in roots:
            for name in ("proc", "dev"):
                if not os.path.ismount(root / name):
                    subprocess.run(["mount", "--bind", f"/{name}", str(root / name)], check=True)
                    mounted.append(root / name)
        try_out(build(roots))
    finally:
        for place in reversed(mounted):
            subprocess.run(["umount", "-l", str(place)], check=False)
    print("built, started, healthy, stopped")


if __name__ == "__main__":
    main()
