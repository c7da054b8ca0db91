"""Load on a server: wrk for closed loops, bench_open_loop for open ones. Each returns what its JSON line says."""
import json
import os
import resource
import subprocess
import threading

from . import processes, stats

LUA = os.path.join(os.path.dirname(os.path.abspath(__file__)), "lua")
PREDICT = "/predict?top_k=5"


class MemoryWatch:
    """Looks at a process's resident memory a few times a second, in a thread of its own."""

    def __init__(self, pid):
        self.pid, self.most_mib = pid, 0
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._watch)

    def _watch(self):
        while not self._end.wait(0.25):
            self.most_mib = max(self.most_mib, processes.resident_mib(self.pid))

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._end.set()
        self._thread.join()


def last_json_line(output):
    lines = [line for line in output.splitlines() if line.startswith("{")]
    if not lines:
        raise RuntimeError("the load program printed no result:\n" + output)
    return json.loads(lines[-1])


def run(command, limit_s, environment=None):
    done = subprocess.run(command, capture_output=True, text=True, timeout=limit_s, check=False,
                          env={**os.environ, **(environment or {})})
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(command)} failed:\n{done.stdout}{done.stderr}")
    return done.stdout


def with_costs(server, command, limit_s):
    """The load's result with the server's and the client's CPU time, and the most memory that the server had in it."""
    server_before = processes.cpu_seconds(server.pid)
    client_before = resource.getrusage(resource.RUSAGE_CHILDREN)
    with MemoryWatch(server.pid) as memory:
        result = last_json_line(run(command, limit_s))
    client_after = resource.getrusage(resource.RUSAGE_CHILDREN)
    result["server_cpu_s"] = processes.cpu_seconds(server.pid) - server_before
    result["client_cpu_s"] = (client_after.ru_utime + client_after.ru_stime - client_before.ru_utime -
                              client_before.ru_stime)
    result["memory_mib"] = memory.most_mib
    return result


def closed(server, photos, connections, seconds, timing=False):
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "30s", "-s",
               os.path.join(LUA, "predict.lua"), server.url(PREDICT), "--", photos, str(connections)]
    result = with_costs(server, command + (["timing"] if timing else []), seconds + 60)
    result["cpu_ms_each"] = stats.ratio(1000 * result["server_cpu_s"] / result["seconds"], result["good_per_s"])
    return result


def health(server, connections, seconds, target="/health"):
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "-s", os.path.join(LUA, "health.lua"),
               server.url(target)]
    result = with_costs(server, command, seconds + 30)
    result["good_per_s"] = (result["requests"] - result["failed"]) / result["seconds"]
    return result


def open_loop(server, program, photos, rate, seconds, target=PREDICT, grace=5, sparing=False):
    command = [program, "--port", str(server.port), "--rate", f"{rate:.3f}", "--seconds", str(seconds), "--photos",
               photos, "--target", target, "--grace", str(grace), "--sparing", "yes" if sparing else "no"]
    return with_costs(server, command, seconds + grace + 30)
