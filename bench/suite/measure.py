"""The measurements, each on its own. Services take turns within a round; the median of the rounds counts."""
import json
import os
import socket
import time

from . import load, precisions, processes, stats
from .services import OURS

HEALTH_CONNECTIONS = 32
SLOWEST_PER_S = 0.1  # the rate to load a service by that answered nothing
OVERLOAD_DEADLINE_MS = 1000
OVERLOAD_PEAK_CONNECTIONS = 32


def say(words):
    print(f"[{time.strftime('%H:%M:%S')}] {words}", flush=True)


def computed(services, picture):
    """What this project computes on this machine: the instruction set held to, the processor's own, the precisions."""
    with services.server("fp32") as server:
        used = precisions.instruction_set(server)
    with services.unlimited().server("fp32") as server:
        own = precisions.instruction_set(server)
    return used, own, tuple(name for name in OURS if precisions.computes(
        services.program, services.weights_of(name), name, picture, services.environment))


def engine(services, depth):
    """The forward pass of each precision that is computed."""
    command = [os.path.join(services.build, "bench_engine"), "--json", "--seconds", str(depth.engine_seconds),
               "--turns", str(depth.engine_turns), "--weights", services.weights, "--precision"]
    each = [json.loads(load.run(command + [name], 600, services.environment)) for name in reversed(services.computed)]
    return {**each[0], "rows": [row for one in each for row in one["rows"]]}


def components(services, photos, depth):
    """The forward pass and the image path on their own, while no server has anything to do."""
    say("forward pass against its limit and libtorch, image path against libjpeg-turbo")
    image = [os.path.join(services.build, "bench_image"), "--json", "--rounds", str(depth.image_rounds), photos]
    return {"engine": engine(services, depth), "image": json.loads(load.run(image, 300, services.environment))}


def start_up(services, plan):
    """Seconds from exec to the first healthy answer, files in the page cache."""
    seconds = {name: [] for name in services.predictors}
    for _ in range(plan.rounds):
        for name in services.predictors:
            with services.server(name) as server:
                seconds[name].append(server.start_up_s)
    return {name: stats.median(each) for name, each in seconds.items()}


def closed_loop(services, servers, photos, plan):
    """service -> connections -> the medians of the rounds; and of the components, measured again in each round.

    A machine's speed changes from one quarter of an hour to the next: rates are compared with what their components
    took in the same minutes.
    """
    pace, beside = {}, []
    for name in services.predictors:
        load.closed(servers[name], photos, 8, 1)
        pace[name] = load.closed(servers[name], photos, 1, 1)["good_per_s"]
    runs = {name: {str(c): [] for c in plan.connections} for name in services.predictors}
    for turn in range(plan.rounds):
        beside.append(components(services, photos, plan.beside))
        for connections in plan.connections:
            say(f"closed loop, {connections} connections, round {turn + 1} of {plan.rounds}")
            for name in services.predictors:
                seconds = plan.closed_seconds(connections, pace[name])
                runs[name][str(connections)].append(load.closed(servers[name], photos, connections, seconds))
                servers[name].settle()
            say(", ".join(f"{name} {by[str(connections)][-1]['good_per_s']:.1f}/s" for name, by in runs.items()))
    return ({name: {c: stats.medians(each) for c, each in by.items()} for name, by in runs.items()},
            stats.medians(beside))


def large_photos(servers, names, photos, pace, plan):
    """service -> the medians at 32 connections with photos of a phone."""
    runs = {name: [] for name in names}
    for turn in range(plan.rounds):
        say(f"large photos, round {turn + 1} of {plan.rounds}")
        for name in names:
            seconds = plan.closed_seconds(32, pace[name]["1"]["good_per_s"] / 4)  # most of the time goes into decoding
            runs[name].append(load.closed(servers[name], photos, 32, seconds))
            servers[name].settle()
    return {name: stats.medians(each) for name, each in runs.items()}


def peak(closed, name):
    return max(SLOWEST_PER_S, *(each["good_per_s"] for each in closed[name].values()))


def open_loop(servers, program, photos, closed, plan):
    """service -> the medians at each offered load."""
    runs = {name: [[] for _ in plan.load_shares] for name in closed}
    for turn in range(plan.rounds):
        for i, share in enumerate(plan.load_shares):
            say(f"open loop at {share:g} of the closed loop's peak, round {turn + 1} of {plan.rounds}")
            for name in closed:
                rate = share * peak(closed, name)
                runs[name][i].append(load.open_loop(servers[name], program, photos, rate, plan.open_s))
                servers[name].settle()
    return {name: [stats.medians(each) for each in by] for name, by in runs.items()}


def breakdown(computed_here, servers, photos, closed, plan):
    """service -> connections -> milliseconds of one prediction by Server-Timing and X-Response-Time."""
    parts = {}
    for name in computed_here:
        parts[name] = {}
        for connections in (1, 32):
            seconds = plan.closed_seconds(connections, closed[name][str(connections)]["good_per_s"])
            timing = load.closed(servers[name], photos, connections, seconds, timing=True).get("timing")
            if timing is None:  # so slow that it answered nothing
                continue
            rest = timing["total"] - timing["decode"] - timing["queue"] - timing["infer"]
            parts[name][str(connections)] = {**timing, "rest": max(rest, 0)}
    return parts


def health(ours, servers, plan):
    targets = {"ours": (ours, "/health"), "nginx": ("nginx", "/health"), "nginx_logged": ("nginx", "/logged"),
               "node": ("node", "/health"), "fastapi": ("fastapi", "/health")}
    runs = {name: [] for name in targets}
    for turn in range(plan.rounds):
        say(f"/health, round {turn + 1} of {plan.rounds}")
        for name, (server, target) in targets.items():
            runs[name].append(load.health(servers[server], HEALTH_CONNECTIONS, plan.health_s, target))
            servers[server].settle()
    return {name: stats.medians(each) for name, each in runs.items()}


def overload(ours, servers, program, photos, plan):
    """Four times what a closed loop has just given, each request with a deadline where the service knows one."""
    target = f"{load.PREDICT}&timeout_ms={OVERLOAD_DEADLINE_MS}"
    results = {}
    for name in ours + plan.overload_peers:
        say(f"overload of {name}")
        runs = []
        for _ in range(plan.rounds if name in OURS else 1):
            before = load.closed(servers[name], photos, OVERLOAD_PEAK_CONNECTIONS, plan.closed_s)["good_per_s"]
            rate = plan.overload_times * max(before, SLOWEST_PER_S)
            run = load.open_loop(servers[name], program, photos, rate, plan.overload_s, target, sparing=True)
            servers[name].settle()
            after = load.closed(servers[name], photos, OVERLOAD_PEAK_CONNECTIONS, plan.closed_s)["good_per_s"]
            peak_per_s = (before + after) / 2  # so that a machine that drifts counts for nothing
            runs.append({**run, "peak_per_s": peak_per_s, "goodput_ratio": stats.ratio(run["good_per_s"], peak_per_s)})
            servers[name].settle()
        results[name] = stats.medians(runs)
    return results


def idle_connection_kib(server, count):
    """What one connection costs that has had an answer and waits for its next request."""
    request = b"GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
    before = processes.resident_mib(server.pid)
    sockets = []
    try:
        for _ in range(count):
            s = socket.create_connection(("127.0.0.1", server.port), timeout=10)
            sockets.append(s)
            s.sendall(request)
            if not s.recv(65536).startswith(b"HTTP/1.1 200"):
                raise RuntimeError("an idle connection's first answer is not 200")
        time.sleep(0.5)
        after = processes.resident_mib(server.pid)
    finally:
        for s in sockets:
            s.close()
    return max(after - before, 0) * 1024 / count
