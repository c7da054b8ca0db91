"""Benchmark suite of the server and its peers in one run: python3 -m bench.suite BUILD_DIR [--quick].

Writes bench/results/DATE.json and two plots, and the tables between the marks in README.md and docs/performance.md. With
--quick, in less than three minutes once the int8 weights are there, everything goes to BUILD_DIR/results instead.
"""
import argparse
import contextlib
import json
import os
import resource
import signal
import sys

from . import documents, machine, measure, photos, plan, report, services, targets

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def run(build, p):
    weights, labels = services.model_files(build, ROOT)
    facts = machine.facts()
    all_services = services.Services(build, os.path.join(ROOT, "bench/peers"), weights, labels, facts["cores"])
    folder, kind = photos.folder(os.path.join(ROOT, "conf/demo/samples"), all_services.work, services.PYTHON)
    measure.say("preparing int8 weights, the ONNX file and the Node service")
    all_services.prepare(folder, renew=p is not plan.QUICK)
    stolen = machine.steal_seconds()
    results = {"date": machine.now(), "quick": p is plan.QUICK, "machine": facts,
               "versions": machine.versions(ROOT, all_services.program, all_services.node, services.PYTHON),
               "photos": {**photos.summary(folder), "kind": kind}, "weights_mb": os.path.getsize(weights) / 1e6,
               "overload_deadline_ms": measure.OVERLOAD_DEADLINE_MS}
    results.update(measure.components(build, weights, folder, p.alone))
    measure.say("start-up")
    results["start_up"] = measure.start_up(all_services, p)
    open_loop = os.path.join(build, "bench_open_loop")
    with contextlib.ExitStack() as stack:
        servers = {name: stack.enter_context(all_services.server(name)) for name in measure.PREDICTORS + ("nginx",)}
        results["idle_connection_kib"] = measure.idle_connection_kib(servers["bf16"], p.idle_connections)
        results["health"] = measure.health(servers, p)
        results["predict"], results["beside"] = measure.closed_loop(servers, build, weights, folder, p)
        results["breakdown"] = measure.breakdown(servers, folder, p)
        results["open"] = measure.open_loop(servers, open_loop, folder, results["predict"], p)
        results["overload"] = measure.overload(servers, open_loop, folder, p)
    results["machine"]["stolen_s"] = machine.steal_seconds() - stolen
    results["targets"] = targets.figures(results)
    return results


def write(path, content):
    with open(path, "w", encoding="utf-8") as f:
        f.write(content)


def keep(results, build):
    folder = os.path.join(build if results["quick"] else os.path.join(ROOT, "bench"), "results")
    os.makedirs(folder, exist_ok=True)
    write(os.path.join(folder, results["date"][:10] + ".json"), json.dumps(results, indent=1) + "\n")
    write(os.path.join(folder, "load.svg"), report.load_svg(results))
    write(os.path.join(folder, "time.svg"), report.time_svg(results))
    if not results["quick"]:
        for path, text in documents.rewritten(ROOT, results).items():
            write(os.path.join(ROOT, path), text)
    return folder


def main():
    parser = argparse.ArgumentParser(prog="bench.suite", description=__doc__)
    parser.add_argument("build")
    parser.add_argument("--quick", action="store_true")
    arguments = parser.parse_args()
    # So that `with` stops what was started.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    build = os.path.abspath(arguments.build)
    results = run(build, plan.QUICK if arguments.quick else plan.FULL)
    folder = keep(results, build)
    print(report.markdown(results))
    print(f"Results and plots: {folder}")


if __name__ == "__main__":
    main()
