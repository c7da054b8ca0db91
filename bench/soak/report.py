"""Report of a run as text, as plots and in files."""
import json
import os

from bench.suite import svg, table

NAMES = {"rss_mib": "resident", "pss_mib": "proportional (PSS)", "anonymous_mib": "anonymous",
         "private_dirty_mib": "private and written", "heap_mib": "the allocator's first arena"}


def percent(share):
    return f"{100 * share:+.2f} %"


def memory_table(results):
    rows = []
    for name, each in results["growth"].items():
        if each is None:
            rows.append([NAMES[name], None, None, None, None])
            continue
        slope = each["slope_per_hour"]
        rows.append([NAMES[name], f"{each['first']:.1f}", f"{each['last']:.1f}", percent(each["growth"]),
                     None if slope is None else f"{slope:+.2f}"])
    return table.render(["memory, MiB", "first quarter", "last quarter", "growth", "least squares, MiB an hour"], rows)


def requests_table(results):
    rows = []
    for kind, outcomes in results["requests"].items():
        words = ", ".join(f"{outcome}: {count}" for outcome, count in sorted(outcomes.items()))
        rows.append([kind, f"{sum(outcomes.values()):,}", words])
    return table.render(["requests", "count", "answered with"], rows)


def counters_table(results):
    return table.render(["counted by the server", ""],
                        [[name, f"{value:,.0f}"] for name, value in sorted(results["counters"].items())])


def summary(results):
    total = sum(sum(outcomes.values()) for outcomes in results["requests"].values())
    base, samples = results["base"], results["samples"]
    held = "; ".join(f"{name}: {base[name]} at the start, at most {max(s[name] for s in samples)} at rest"
                     for name in base)
    reloads = results["reload_s"]
    judged = "judged" if results["judges_memory"] else "too short a run to judge its memory"
    return (f"{results['seconds'] / 60:.1f} minutes, {total:,} requests, {results['cycles']} cycles, seed "
            f"{results['seed']}, {results['commit']}, {results['machine']['cores']} cores. {held}. "
            f"{len(reloads)} reloads beside traffic, the slowest {max(reloads, default=0):.1f} s. Memory: {judged}.")


def text(results):
    parts = [summary(results), "", requests_table(results), counters_table(results), memory_table(results)]
    parts += [f"FOUND: {what}" for what in results["findings"]] or ["Nothing was found."]
    return "\n".join(parts)


def plots(results):
    """Memory and handles over the time, one above the other."""
    def line(name):
        return [(s["seconds"] / 60, s[name]) for s in results["samples"]]
    memory = {NAMES[name]: line(name) for name in ("rss_mib", "anonymous_mib")}
    handles = {name: line(name) for name in ("descriptors", "threads")}
    parts = svg.panel("Memory at rest", "minutes", "MiB", memory, axis=svg.LinearAxis)
    parts += svg.panel("Descriptors and threads at rest", "minutes", "", handles, svg.HEIGHT, axis=svg.LinearAxis)
    return svg.document(parts, svg.WIDTH, 2 * svg.HEIGHT)


def keep(results, folder):
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, "soak.json"), "w", encoding="utf-8") as f:
        f.write(json.dumps(results, indent=1) + "\n")
    if len(results["samples"]) > 1:
        with open(os.path.join(folder, "soak.svg"), "w", encoding="utf-8") as f:
            f.write(plots(results))
