"""Samples of the server's resources, read while it is idle."""
import os
import re
import time

# Of /metrics while nobody but the reader of the metrics is there.
AT_REST = {"open_connections": 1, "inflight_requests": 1, "inflight_body_bytes": 0, "queue_depth": 0,
           "decode_queue_depth": 0, 'model_state{state="ready"}': 1}
POLL_S = 0.05
FIELDS = {"rss_mib": "Rss", "pss_mib": "Pss", "anonymous_mib": "Anonymous", "private_dirty_mib": "Private_Dirty"}
MEMORY = (*FIELDS, "heap_mib")
HANDLES = ("descriptors", "threads")


def kib(text, field):
    found = re.search(rf"^{field}:\s+(\d+) kB", text, re.M)
    return int(found[1]) if found else 0


def read(path):
    with open(path, encoding="utf-8") as f:
        return f.read()


def heap_kib(smaps):
    """Resident pages of the allocator's first arena."""
    found = re.search(r"\[heap\]\n(?:.*\n)*?Rss:\s+(\d+) kB", smaps)
    return int(found[1]) if found else 0


def memory_of(pid):
    rollup = read(f"/proc/{pid}/smaps_rollup")
    memory = {name: kib(rollup, field) / 1024 for name, field in FIELDS.items()}
    return {**memory, "heap_mib": heap_kib(read(f"/proc/{pid}/smaps")) / 1024}


def handles_of(pid):
    return {"descriptors": len(os.listdir(f"/proc/{pid}/fd")), "threads": len(os.listdir(f"/proc/{pid}/task"))}


def not_at_rest(metrics):
    """Gauges that have not come back, each as words."""
    return [f"{name} is {metrics.get(name)} instead of {value}" for name, value in AT_REST.items()
            if metrics.get(name) != value]


def above_base(handles, base):
    return [f"{handles[name]} {name} instead of {base[name]}" for name in base if handles[name] > base[name]]


def settle(service, base, limit_s):
    """Waits until everything has come back; what has not by then. base: {} if it is not known yet."""
    end = time.monotonic() + limit_s
    while True:
        time.sleep(POLL_S)
        # In this order: the connection that asks for the metrics is a descriptor, too.
        wrong = above_base(handles_of(service.pid), base) + not_at_rest(service.metrics())
        if not wrong or time.monotonic() > end:
            return wrong


def sample(service, begin):
    return {"seconds": round(time.monotonic() - begin, 1), **memory_of(service.pid), **handles_of(service.pid)}
