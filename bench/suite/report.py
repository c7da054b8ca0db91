"""Tables and plots of one run's results."""
from . import stats, svg, table, targets
from .measure import PREDICTORS
from .services import OURS, TITLES

PARTS = ("decode", "queue", "infer", "rest")  # of Server-Timing, and what X-Response-Time has besides


def target_table(results):
    rows = []
    for f in results["targets"]:
        unit = f["unit"] if f["measured"] is not None else ""
        rows.append([f["what"], f["target"], table.number(f["measured"]) + unit, "OK" if f["ok"] else "MISS"])
    return table.render(["figure", "target", "measured", ""], rows)


def predict_table(results):
    base = results["predict"]["fastapi"]
    counts = list(base)
    rows = []
    for name in PREDICTORS:
        mine = results["predict"][name]
        widest = mine["32"]
        rows.append([TITLES[name]] + [mine[c]["good_per_s"] for c in counts] +
                    [f"{stats.ratio(widest['good_per_s'], base['32']['good_per_s']):.1f}×", mine["1"]["p50_ms"],
                     widest["p99_ms"], widest["cpu_ms_each"]])
    head = (["predictions a second at"] + [f"{c} conn." for c in counts] +
            ["/ FastAPI at 32", "p50 ms at 1", "p99 ms at 32", "CPU ms each at 32"])
    return table.render(head, rows)


def memory_mib(results, name):
    return max(each["memory_mib"] for each in results["predict"][name].values())


def service_table(results):
    rows = []
    for name in PREDICTORS:
        health = results["health"].get("ours" if name == "bf16" else name)
        over = results["overload"].get(name)
        rows.append([TITLES[name], results["start_up"][name], memory_mib(results, name), health and health["good_per_s"],
                     over and f"{over['goodput_ratio']:.2f}", over and over["good_ms"] and over["good_ms"]["p99"]])
    for name, title in (("nginx", TITLES["nginx"]), ("nginx_logged", "nginx with an ID and a log line")):
        rows.append([title, None, None, results["health"][name]["good_per_s"], None, None])
    return table.render(["", "start-up s", "memory MiB", "`/health` a second", "4× load: goodput / peak",
                         "4× load: p99 ms"], rows)


def component_table(results):
    rows = [[f"forward pass, {r['precision']}, batch {r['batch']}", r["ours_ms"], r["limit_ms"], r["limit_ratio"],
             r.get("torchscript_ms"), r.get("libtorch_ms")] for r in results["engine"]["rows"]]
    image = results["image"]
    rows += [[f"a photo to a tensor, {p}", image[targets.ELEMENTS[p]]["ms"], image["libjpeg_turbo"]["ms"],
              1 / image[targets.ELEMENTS[p]]["ratio"], None, None] for p in OURS]
    return table.render(["milliseconds", "ours", "limit", "limit / ours", "TorchScript", "libtorch eager"], rows)


def describe(results):
    m, v = results["machine"], results["versions"]
    return (f"Measured {results['date'][:10]} at {v['commit']} on {m['cores']} cores ({m['processor']}; "
            f"{', '.join(m['flags'])}), {results['photos']['count']} {results['photos']['kind']} of "
            f"{results['photos']['mean_bytes'] // 1000} kB on average, client on the same cores. "
            f"Node.js {v['node']}, Fastify {v['fastify']}, sharp {v['sharp']}, ONNX Runtime {v['onnxruntime-node']}; "
            f"FastAPI {v['fastapi']}, uvicorn {v['uvicorn']}, PyTorch {v['pytorch']}.")


def markdown(results):
    return "\n".join([describe(results), "", predict_table(results), service_table(results), component_table(results),
                      target_table(results)])


def performance(results):
    """The part of docs/performance.md that a run decides."""
    return markdown(results) + """
![Throughput and 99th percentile against offered load](../bench/results/load.svg)
![Where one prediction's time goes](../bench/results/time.svg)
"""


def readme(results):
    """The part of README.md that a run decides: the services, and on which processor."""
    m, photos = results["machine"], results["photos"]
    base = results["predict"]["fastapi"]["32"]["good_per_s"]
    rows = []
    for name in PREDICTORS:
        mine = results["predict"][name]
        rate = mine["32"]["good_per_s"]
        rows.append([TITLES[name], rate, f"{stats.ratio(rate, base):.1f}×", mine["1"]["p50_ms"], mine["32"]["p99_ms"],
                     memory_mib(results, name), results["start_up"][name]])
    head = ["", "predictions a second", "/ FastAPI", "p50 ms, 1 client", "p99 ms, 32", "memory MiB", "start-up s"]
    return (f"ResNet-50 on {m['cores']} cores ({m['processor']}; {', '.join(m['flags'])}), {photos['kind']} of "
            f"{photos['mean_bytes'] // 1000} kB, 32 clients on the same cores, {results['date'][:10]}:\n\n" +
            table.render(head, rows))


def load_svg(results):
    throughput, p99 = {}, {}
    for name in PREDICTORS:
        points = [p for p in results["open"][name] if p["good_per_s"] > 0 and p["good_ms"]]
        if points:
            throughput[TITLES[name]] = [(p["rate"], p["good_per_s"]) for p in points]
            p99[TITLES[name]] = [(p["rate"], p["good_ms"]["p99"]) for p in points]
    return svg.load_plot(throughput, p99)


def time_svg(results):
    groups = {}
    for connections in results["breakdown"][OURS[0]]:
        name = f"{connections} connection" + ("s" if connections != "1" else "")
        groups[name] = {precision: {part: results["breakdown"][precision][connections][part] for part in PARTS}
                        for precision in OURS}
    return svg.stacked_bars("Where one prediction's time goes", "ms", groups)
