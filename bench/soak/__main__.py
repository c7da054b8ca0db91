"""Soak test: uses the server for a while as real clients would, and fails if its resources grow.

python3 -m bench.soak BUILD_DIR [--minutes M] [--keys] [--weights FILE [--labels FILE]]

Good and bad requests, clients that break off, reloads and bursts over what it takes, all from one seed. Every answer is
checked; whenever nobody uses the server, its gauges, descriptors and threads must be what they were, and its memory is
read. From three minutes on, memory that grew by more than --growth percent fails the run. Exit status: 0 nothing found,
1 something found. Writes soak.json and soak.svg: into bench/results from 30 minutes on, else into BUILD_DIR/results.
"""
import argparse
import os
import signal
import sys
import tempfile

from bench.suite import machine, services

from . import plan, report, run

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SEED = 1


def arguments():
    parser = argparse.ArgumentParser(prog="bench.soak", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build")
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--keys", action="store_true", help="the server wants API keys")
    parser.add_argument("--weights", help="else ImageNet's from SMA_SHARED, or the demo model")
    parser.add_argument("--labels", help="else a file beside the weights, NAME.labels.txt")
    parser.add_argument("--growth", type=float, default=1.0, help="percent of memory that may be more at the end")
    parser.add_argument("--memory-from", type=float, default=3.0, help="minutes from which on memory is judged")
    parser.add_argument("--seed", type=int, default=SEED)
    return parser.parse_args()


def model_files(given, build):
    if given.weights:
        labels = given.labels or os.path.splitext(given.weights)[0] + ".labels.txt"
        if not os.path.exists(labels):
            sys.exit(f"bench.soak: no class names: {labels} is not there, name another file with --labels")
        return given.weights, labels
    return services.model_files(build, ROOT)


def facts(given, build):
    return {"date": machine.now(), "minutes": given.minutes, "seed": given.seed, "keys": given.keys,
            "commit": machine.first_line("git", "-C", ROOT, "describe", "--always", "--dirty", "--abbrev=12"),
            "version": machine.first_line(os.path.join(build, "simple-model-api"), "--version"),
            "python": sys.version.split()[0], "machine": machine.facts()}


def main():
    given = arguments()
    # So that `with` stops what was started.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    build = os.path.abspath(given.build)
    weights, labels = model_files(given, build)
    chosen = plan.plan_for(given.minutes, given.memory_from, given.growth / 100)
    stolen = machine.steal_seconds()
    results = facts(given, build) | {"judges_memory": chosen.judges_memory, "warm_up_s": chosen.warm_up_s,
                                     "growth_max": chosen.growth_max, "weights": os.path.basename(weights)}
    # A folder of its own, so that runs side by side do not change each other's weights.
    with tempfile.TemporaryDirectory(prefix="soak-", dir=build) as work:
        results |= run.soak_server(build, work, weights, labels, os.path.join(ROOT, "conf/demo/samples"), chosen,
                                   given.keys, given.seed)
    results["machine"]["stolen_s"] = machine.steal_seconds() - stolen
    folder = os.path.join(os.path.join(ROOT, "bench") if given.minutes >= chosen.full_minutes else build, "results")
    report.keep(results, folder)
    print(report.text(results))
    print(f"Results and plot: {folder}")
    return 1 if results["findings"] else 0


if __name__ == "__main__":
    sys.exit(main())
