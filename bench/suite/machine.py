"""Machine and software versions of a result."""
import datetime
import json
import os
import platform
import re
import subprocess

from . import kinds


def first_line(*command):
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
        return (done.stdout + done.stderr).strip().splitlines()[0]
    except (OSError, IndexError, subprocess.TimeoutExpired):
        return "unknown"


def cpu_facts():
    with open("/proc/cpuinfo", encoding="utf-8") as f:
        text = f.read()
    lines = text.split("\n\n", maxsplit=1)[0].splitlines()  # of the first processor
    first = dict(re.split(r"\s*:\s*", line, maxsplit=1) for line in lines if ":" in line)
    flags = set(first.get("flags", "").split())
    wanted = ("sse4_1", "avx", "avx2", "avx_vnni", "avx512f", "avx512_vnni", "avx512_bf16", "amx_bf16", "amx_int8")
    numbers = [int(first.get(name, 0)) for name in ("cpu family", "model", "stepping")]
    return {"processor": first.get("model name", "unknown"), "family": kinds.family(first.get("vendor_id"), *numbers),
            "flags": [flag for flag in wanted if flag in flags]}


def steal_seconds():
    """Processor time that the host gave to others."""
    with open("/proc/stat", encoding="ascii") as f:
        return int(f.readline().split()[8]) / os.sysconf("SC_CLK_TCK")


def facts():
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {**cpu_facts(), "cores": len(os.sched_getaffinity(0)), "memory_gib": round(memory / 2**30, 1),
            "kernel": platform.release(), "load_before": os.getloadavg()[0]}


def versions(root, program, node, python):
    modules = ("fastapi", "uvicorn", "torch", "PIL")
    fastapi, uvicorn, pytorch, pillow = [
        first_line(python, "-c", f"import {name}; print({name}.__version__)") for name in modules]
    found = {"commit": first_line("git", "-C", root, "describe", "--always", "--dirty", "--abbrev=12"),
             "simple-model-api": first_line(program, "--version"), "wrk": first_line("wrk", "-v").split(" [")[0],
             "nginx": first_line("/usr/sbin/nginx", "-v"), "node": first_line("node", "--version"),
             "fastapi": fastapi, "uvicorn": uvicorn, "pytorch": pytorch, "pillow": pillow}
    for name in ("fastify", "sharp", "onnxruntime-node"):
        try:
            with open(os.path.join(node, "node_modules", name, "package.json"), encoding="utf-8") as f:
                found[name] = json.load(f)["version"]
        except OSError:
            found[name] = "unknown"
    return found


def now():
    return datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
