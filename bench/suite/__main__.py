"""Benchmark suite of the server and its peers in one run: python3 -m bench.suite BUILD_DIR [--quick] [--isa NAME].

Writes bench/results/KIND.json and two plots, where KIND is the kind of machine, and the tables between the marks in
README.md and docs/performance.md, which show all kinds. With --quick, in a few minutes once the int8 weights are there,
everything goes to BUILD_DIR/results instead. --isa measures as if the processor had no more than that instruction set.
"""
import argparse
import contextlib
import json
import os
import resource
import signal
import sys

from . import (agreement, documents, instruction_sets, kinds, machine, measure, photos, plan, prepare, report, services,
               targets)

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SAMPLE = "conf/demo/samples/star-1.jpg"


def prepared(build, isa, p):
    """The services, ready to be started, with the machine and the photos that they are measured with."""
    weights, labels = services.model_files(build, ROOT)
    facts = machine.facts()
    all_services = services.Services(build, os.path.join(ROOT, "bench/peers"), weights, labels, facts["cores"],
                                     instruction_sets.environment(isa))
    folder, kind = photos.folder(os.path.join(ROOT, "conf/demo/samples"), all_services.work, services.PYTHON)
    measure.say("preparing int8 weights, the ONNX files and the Node service")
    prepare.everything(all_services, folder, facts["flags"], renew=p is not plan.QUICK)
    used, own, all_services.computed = measure.computed(all_services, os.path.join(ROOT, SAMPLE))
    measure.say(f"{instruction_sets.title(used)}, which computes {', '.join(all_services.computed)}")
    return all_services, {**facts, "own_instruction_set": own}, folder, kind


def run(build, isa, p):
    all_services, facts, folder, kind = prepared(build, isa, p)
    stolen = machine.steal_seconds()
    results = {"date": machine.now(), "quick": p is plan.QUICK, "machine": facts,
               "versions": machine.versions(ROOT, all_services.program, all_services.node, services.PYTHON),
               "photos": {**photos.summary(folder), "kind": kind},
               "weights_mb": os.path.getsize(all_services.weights) / 1e6,
               "overload_deadline_ms": measure.OVERLOAD_DEADLINE_MS}
    results.update(measure.components(all_services, folder, p.alone))
    measure.say("start-up")
    results["start_up"] = measure.start_up(all_services, p)
    results.update(served(all_services, folder, p))
    results["machine"]["stolen_s"] = machine.steal_seconds() - stolen
    results["targets"] = targets.figures(results)
    return results


def served(all_services, folder, p):
    """What is measured while all services run side by side."""
    results = {}
    open_loop = os.path.join(all_services.build, "bench_open_loop")
    computed = all_services.computed
    results["health_by"] = "bf16" if "bf16" in computed else "fp32"
    with contextlib.ExitStack() as stack:
        servers = {name: stack.enter_context(all_services.server(name))
                   for name in all_services.predictors + ("nginx",)}
        results["idle_connection_kib"] = measure.idle_connection_kib(servers[results["health_by"]], p.idle_connections)
        measure.say("whether all answer alike")
        predictors = {name: servers[name] for name in all_services.predictors}
        results["agreement"] = agreement.shares(predictors, "fp32", folder, p.agreement_photos)
        results["health"] = measure.health(results["health_by"], servers, p)
        results["predict"], results["beside"] = measure.closed_loop(all_services, servers, folder, p)
        results["breakdown"] = measure.breakdown(computed, servers, folder, results["predict"], p)
        results["open"] = measure.open_loop(servers, open_loop, folder, results["predict"], p)
        results["overload"] = measure.overload(computed[:2], servers, open_loop, folder, p)
        large = photos.large(os.path.join(ROOT, "bench/large_photos"), folder, all_services.work, p.large_photos)
        results["large"] = measure.large_photos(servers, all_services.predictors, large, results["predict"], p)
        results["large_photos"] = photos.summary(large)
    return results


def write(path, content):
    with open(path, "w", encoding="utf-8") as f:
        f.write(content)


def keep(results, build):
    folder = os.path.join(build if results["quick"] else os.path.join(ROOT, "bench"), "results")
    os.makedirs(folder, exist_ok=True)
    path = os.path.join(folder, kinds.slug(results))
    write(path + ".json", json.dumps(results, indent=1) + "\n")
    write(path + "-load.svg", report.load_svg(results))
    write(path + "-time.svg", report.time_svg(results))
    if not results["quick"]:
        for path, text in documents.rewritten(ROOT, documents.kept_results(ROOT)).items():
            write(os.path.join(ROOT, path), text)
    return folder


def main():
    parser = argparse.ArgumentParser(prog="bench.suite", description=__doc__)
    parser.add_argument("build")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--isa", choices=instruction_sets.ALL, help="use this instruction set at most")
    arguments = parser.parse_args()
    for name in instruction_sets.VARIABLES:  # only --isa holds back, so that the results say so
        os.environ.pop(name, None)
    # So that `with` stops what was started.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    build = os.path.abspath(arguments.build)
    results = run(build, arguments.isa, plan.QUICK if arguments.quick else plan.FULL)
    folder = keep(results, build)
    print(report.markdown(results))
    print(f"Results and plots: {folder}")


if __name__ == "__main__":
    main()
