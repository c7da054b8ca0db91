"""Debian root under a systemd of its own, booted by systemd-nspawn, with no network but its own loopback."""
import os
import pathlib
import signal
import subprocess

from eventually import eventually
from root_command import last_words

BOOT_LIMIT_S = 120
ENVIRONMENT = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root", "LANG": "C.UTF-8", "DEBIAN_FRONTEND": "noninteractive"}
NSPAWN = ["systemd-nspawn", "--quiet", "--register=no", "--keep-unit"]


class CannotBoot(Exception):
    pass


def run_in(root, log, line, *options):
    """A line for the shell, without booting the root and with this machine's network. False if it fails."""
    variables = [f"--setenv={name}={value}" for name, value in ENVIRONMENT.items()]
    with log.open("a") as output:
        done = subprocess.run([*NSPAWN, "--console=pipe", f"--directory={root}", *variables, *options, "/bin/sh", "-c", line],
                              stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, check=False)
    return done.returncode == 0


class BootedRoot:
    """From the start of its `with` to its end, however this process ends. The log has what the boot and the commands say."""

    def __init__(self, root, log, *options):
        self.root = root
        self.log = log
        self.options = options

    def __enter__(self):
        command = [*NSPAWN, "--boot", "--private-network", f"--directory={self.root}", *self.options]
        with self.log.open("a") as output:
            self.process = subprocess.Popen(["setpriv", "--pdeathsig", "KILL", *command], stdin=subprocess.DEVNULL,
                                            stdout=output, stderr=subprocess.STDOUT)
        eventually(lambda: self.is_up() or self.process.poll() is not None, BOOT_LIMIT_S)
        if not self.is_up():
            self.__exit__()
            raise CannotBoot(last_words(self.log))
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)  # it asks systemd to power off
        try:
            self.process.wait(BOOT_LIMIT_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def first_process(self):
        """The id of its systemd, as this machine has it; None while there is none."""
        mine = os.readlink("/proc/self/ns/pid")
        try:
            children = pathlib.Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
            return next((child for child in children if os.readlink(f"/proc/{child}/ns/pid") != mine), None)
        except OSError:  # one has just ended
            return None

    def is_up(self):
        return self.first_process() and self.ask("systemctl", "is-system-running").stdout.strip() in ("running", "degraded")

    def ask(self, *command):
        """Runs it inside, beside its systemd."""
        return subprocess.run(["nsenter", f"--target={self.first_process()}", "--all", "--root", "--wd", *command],
                              env=ENVIRONMENT, stdin=subprocess.DEVNULL, text=True, capture_output=True, check=False)

    def run(self, *command):
        """The same, logged; it must succeed. What it printed."""
        done = self.ask(*command)
        said = f"{' '.join(command)}: exit status {done.returncode}\n{done.stdout}{done.stderr}"
        with self.log.open("a") as log:
            log.write(said)
        assert done.returncode == 0, said
        return done.stdout
