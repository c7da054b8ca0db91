"""Tables and plots of one run's results."""
from . import instruction_sets, kinds, stats, svg, table, targets
from .services import OURS, PEERS, TITLES

NOT_COMPUTED = "not computed by this CPU"
PARTS = ("decode", "queue", "infer", "rest")  # of Server-Timing, and what X-Response-Time has besides


def predictor_rows(results, columns, cells):
    """A row for each service: its title and cells(name); a precision that this CPU does not compute says so."""
    for name in OURS + PEERS:
        if name in results["predict"]:
            yield [TITLES[name]] + cells(name)
        elif name in OURS:
            yield [TITLES[name], NOT_COMPUTED] + [None] * (columns - 1)


def times(value, base):
    ratio = stats.ratio(value, base)
    return None if ratio is None else f"{ratio:.1f}×"


def target_table(results):
    rows = []
    for f in results["targets"]:
        unit = f["unit"] if f["measured"] is not None else ""
        rows.append([f["what"], f["target"], table.number(f["measured"]) + unit, "OK" if f["ok"] else "MISS"])
    return table.render(["figure", "target", "measured", ""], rows)


def predict_table(results):
    base = results["predict"]["fastapi"]
    head = (["predictions a second at"] + [f"{c} conn." for c in base] +
            ["/ FastAPI at 32", "p50 ms at 1", "p99 ms at 32", "CPU ms each at 32"])

    def cells(name):
        mine = results["predict"][name]
        widest = mine["32"]
        return ([each["good_per_s"] for each in mine.values()] +
                [times(widest['good_per_s'], base['32']['good_per_s']), mine["1"]["p50_ms"],
                 widest["p99_ms"], widest["cpu_ms_each"]])
    return table.render(head, predictor_rows(results, len(head) - 1, cells))


def ratio_table(results):
    return table.render(["predictions a second at 32 connections", "ratio"],
                        [[what, ratio and f"{ratio:.2f}×"] for what, ratio in targets.ratios(results).items()])


def memory_mib(results, name):
    return max(each["memory_mib"] for each in results["predict"][name].values())


def large_table(results):
    if "large" not in results:
        return ""
    head = [f"photos of {results['large_photos']['mean_bytes'] / 1e6:.1f} MB, 32 connections", "predictions a second",
            "p50 ms", "p99 ms", "CPU ms each"]

    def cells(name):
        mine = results["large"][name]
        return [mine["good_per_s"], mine["p50_ms"], mine["p99_ms"], mine["cpu_ms_each"]]
    return table.render(head, predictor_rows(results, len(head) - 1, cells))


def service_table(results):
    head = ["", "start-up s", "memory MiB", "`/health` a second", "4× load: goodput / peak", "4× load: p99 ms",
            "first class as ours in fp32"]
    agreement = results.get("agreement", {})
    answers_health = results.get("health_by", "bf16")

    def cells(name):
        health = results["health"].get("ours" if name == answers_health else name)
        over = results["overload"].get(name)
        return [results["start_up"][name], memory_mib(results, name), health and health["good_per_s"],
                over and over["goodput_ratio"] and f"{over['goodput_ratio']:.2f}",
                over and over["good_ms"] and over["good_ms"]["p99"],
                f"{100 * agreement[name]:.0f} %" if name in agreement else None]
    rows = list(predictor_rows(results, len(head) - 1, cells))
    for name, title in (("nginx", TITLES["nginx"]), ("nginx_logged", "nginx with an ID and a log line")):
        rows.append([title, None, None, results["health"][name]["good_per_s"], None, None, None])
    return table.render(head, rows)


def component_rows(results):
    image = results["image"]
    for r in results["engine"]["rows"]:
        yield [f"forward pass, {r['precision']}, batch {r['batch']}", r["ours_ms"], r["limit_ms"], r["limit_ratio"],
               r.get("torchscript_ms"), r.get("libtorch_ms")]
    for name in OURS:
        if name not in results["predict"]:
            yield [f"forward pass, {name}", NOT_COMPUTED] + [None] * 4
    for name in targets.computed(results):
        mine = image[targets.ELEMENTS[name]]
        yield [f"a photo to a tensor, {name}", mine["ms"], image["libjpeg_turbo"]["ms"], 1 / mine["ratio"], None, None]


def component_table(results):
    return table.render(["milliseconds", "ours", "limit", "limit / ours", "TorchScript", "libtorch eager"],
                        component_rows(results))


def processor(results):
    """The processor, its family and the instruction set that was used."""
    m, used = results["machine"], instruction_sets.title(kinds.instruction_set(results))
    return "; ".join([m["processor"]] + [m[key] for key in ("family",) if key in m] + [used])


def limits(results):
    """What the limit to an instruction set does not reach."""
    if not kinds.held_back(results):
        return ""
    used, own = (instruction_sets.title(each) for each in (kinds.instruction_set(results),
                                                           results["machine"]["own_instruction_set"]))
    return (f" This project's forward pass and PyTorch were held back to {used} (`DNNL_MAX_CPU_ISA`, "
            "`ATEN_CPU_CAPABILITY`). ONNX Runtime has no such switch: it ran with the whole CPU, which has "
            f"{own}, and so did the decoding and scaling of images everywhere.")


def describe(results):
    m, v = results["machine"], results["versions"]
    return (f"Measured {results['date'][:10]} at {v['commit']} on {m['cores']} cores ({processor(results)}), "
            f"{results['photos']['count']} {results['photos']['kind']} of "
            f"{results['photos']['mean_bytes'] // 1000} kB on average, client on the same cores. "
            f"Node.js {v['node']}, Fastify {v['fastify']}, sharp {v['sharp']}, ONNX Runtime {v['onnxruntime-node']}; "
            f"FastAPI {v['fastapi']}, uvicorn {v['uvicorn']}, PyTorch {v['pytorch']}.{limits(results)}")


def markdown(results):
    return "\n".join([describe(results), "", predict_table(results), ratio_table(results), large_table(results),
                      service_table(results), component_table(results), target_table(results)])


def side_by_side(kept):
    """Predictions a second at 32 connections: a column for each kind of machine."""
    rates = [targets.rates(results) for results in kept]
    rows = []
    for name in OURS + PEERS:
        missing = "not computed" if name in OURS else None
        rows.append([TITLES[name]] + [rate.get(name, missing) for rate in rates])
    return table.render(["predictions a second at 32 connections"] + [kinds.title(each) for each in kept], rows)


def performance_part(results):
    plots = f"../bench/results/{kinds.slug(results)}"
    return f"""### {kinds.title(results)}

{markdown(results)}
![Throughput and 99th percentile against offered load]({plots}-load.svg)
![Where one prediction's time goes]({plots}-time.svg)
"""


def performance(kept):
    """The part of docs/performance.md that runs decide: one beside the other, then each kind of machine."""
    return "\n".join([side_by_side(kept)] + [performance_part(results) for results in kept])


def readme_part(results):
    m, photos = results["machine"], results["photos"]
    base = results["predict"]["fastapi"]["32"]["good_per_s"]
    head = ["", "predictions a second", "/ FastAPI", "p50 ms, 1 client", "p99 ms, 32", "memory MiB", "start-up s"]

    def cells(name):
        mine = results["predict"][name]
        rate = mine["32"]["good_per_s"]
        return [rate, times(rate, base), mine["1"]["p50_ms"], mine["32"]["p99_ms"],
                memory_mib(results, name), results["start_up"][name]]
    return (f"ResNet-50 on {m['cores']} cores ({processor(results)}), {photos['kind']} of "
            f"{photos['mean_bytes'] // 1000} kB, 32 clients on the same cores, {results['date'][:10]}:\n\n" +
            table.render(head, predictor_rows(results, len(head) - 1, cells)))


def readme(kept):
    """The part of README.md that runs decide: the services on each kind of machine that was not held back."""
    return "\n".join(readme_part(results) for results in kept if not kinds.held_back(results))


def load_svg(results):
    throughput, p99 = {}, {}
    for name in results["open"]:
        points = [p for p in results["open"][name] if p["good_per_s"] > 0 and p["good_ms"]]
        if points:
            throughput[TITLES[name]] = [(p["rate"], p["good_per_s"]) for p in points]
            p99[TITLES[name]] = [(p["rate"], p["good_ms"]["p99"]) for p in points]
    return svg.load_plot(throughput, p99)


def time_svg(results):
    groups = {}
    for connections in dict.fromkeys(c for by in results["breakdown"].values() for c in by):
        name = f"{connections} connection" + ("s" if connections != "1" else "")
        groups[name] = {precision: {part: results["breakdown"][precision][connections][part] for part in PARTS}
                        for precision, by in results["breakdown"].items() if connections in by}
    return svg.stacked_bars("Where one prediction's time goes", "ms", groups)
