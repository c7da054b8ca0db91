"""The figures that the project promises, each with what was measured."""
from . import stats
from .services import OURS, TITLES

ELEMENTS = {"fp32": "ours_f32", "bf16": "ours_bf16", "int8": "ours_s8"}
DEADLINE_SLACK_MS = 50  # the client sees an answer later than the server sends it


# Rates at 32 connections that are compared: numerator and denominator.
RATIOS = (("fp32", "node"), ("int8", "node"), ("int8", "node_int8"), ("fp32", "torchscript"), ("int8", "torchscript"))


def computed(results):
    """This project's precisions that the run measured."""
    return [name for name in OURS if name in results["predict"]]


def forward_ms(engine, precision, batch):
    return next(r["ours_ms"] for r in engine["rows"] if r["precision"] == precision and r["batch"] == batch)


def predict_limit(results, precision):
    engine, image = results["beside"]["engine"], results["beside"]["image"]
    return stats.predictions_limit(results["machine"]["cores"], image[ELEMENTS[precision]]["cpu_ms"],
                                   forward_ms(engine, precision, 8), 8, engine["threads"])


def figure(what, target, measured, good, unit=""):
    """good: whether measured keeps the target."""
    return {"what": what, "target": target, "measured": measured, "unit": unit, "ok": bool(good)}


def at_least(what, bound, measured, unit=""):
    return figure(what, f"≥ {bound:g}{unit}", measured, measured is not None and measured >= bound, unit)


def at_most(what, bound, measured, unit=""):
    return figure(what, f"≤ {bound:g}{unit}", measured, measured is not None and measured <= bound, unit)


def forward_figures(results):
    for row in results["engine"]["rows"]:
        if row["precision"] != "fp32":
            yield at_least(f"forward pass, {row['precision']}, batch {row['batch']}: limit's time / ours", 0.95,
                           row["limit_ratio"])


def image_figures(results):
    for precision in computed(results):
        yield at_most(f"decode, resize, crop, normalize to {precision}: time / libjpeg-turbo's decode", 1.6,
                      results["image"][ELEMENTS[precision]]["ratio"])


def rates(results):
    """predictor -> predictions a second at 32 connections."""
    return {name: by["32"]["good_per_s"] for name, by in results["predict"].items()}


def ratios(results):
    """What is compared in words -> the ratio of the medians; without what the run did not measure."""
    rate = rates(results)
    return {f"{TITLES[ours]} / {TITLES[peer]}": stats.ratio(rate[ours], rate[peer]) for ours, peer in RATIOS
            if ours in rate and peer in rate}


def peer_figures(rate):
    bounds = {("bf16", "fastapi"): 10, ("int8", "fastapi"): 15, ("bf16", "node"): 5, ("int8", "node"): 5}
    names = {"fastapi": "FastAPI + PyTorch", "node": "Fastify + ONNX Runtime"}
    for (ours, peer), bound in bounds.items():
        if ours in rate:
            yield at_least(f"the same, {ours} / {names[peer]}", bound, stats.ratio(rate[ours], rate[peer]))


def predict_figures(results):
    rate = rates(results)
    for precision in computed(results):
        measured = rate[precision]
        yield at_least(f"`/predict`, 32 connections, {precision}: rate / the machine's limit", 0.9,
                       measured / predict_limit(results, precision))
    yield from peer_figures(rate)


def one_client_figures(results):
    for precision in computed(results):
        engine, image = results["beside"]["engine"], results["beside"]["image"]
        alone = image[ELEMENTS[precision]]["ms"] + forward_ms(engine, precision, 1)
        yield at_most(f"one client, {precision}: p50 / (pre-processing + forward pass)", 1.2,
                      results["predict"][precision]["1"]["p50_ms"] / alone)


def health_figures(results):
    yield at_least("`/health`: rate / nginx", 0.3,
                   results["health"]["ours"]["good_per_s"] / results["health"]["nginx"]["good_per_s"])


def overload_figures(results):
    for precision in [name for name in OURS if name in results["overload"]]:
        o = results["overload"][precision]
        yield at_least(f"four times the load, {precision}: goodput / peak", 0.95, o["goodput_ratio"])
        yield at_most(f"four times the load, {precision}: slowest accepted request", results["overload_deadline_ms"] +
                      DEADLINE_SLACK_MS, o["good_ms"] and o["good_ms"]["max"], " ms")
        yield at_least(f"four times the load, {precision}: accepted requests that were answered", 1,
                       stats.ratio(o["answered"], o["accepted"]))
        refused = o["refused_ms"] and o["refused_ms"]["p99"]
        yield figure(f"four times the load, {precision}: p99 of refusals", "< 50 ms", refused,
                     refused is not None and refused < 50, " ms")


def resource_figures(results):
    for precision in computed(results):
        yield at_most(f"from exec to ready, {precision}", 1.5, results["start_up"][precision], " s")
    for precision in computed(results):
        most = max(each["memory_mib"] for each in results["predict"][precision].values())
        yield at_most(f"memory under load, {precision}", 350, most, " MiB")
    yield at_most("an idle connection", 12, results["idle_connection_kib"], " KiB")


def figures(results):
    parts = (forward_figures, image_figures, predict_figures, one_client_figures, health_figures, overload_figures,
             resource_figures)
    return [each for part in parts for each in part(results)]
