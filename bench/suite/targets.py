"""The figures that the project promises, each with what was measured."""
from . import stats
from .measure import PEERS
from .services import OURS

ELEMENTS = {"fp32": "ours_f32", "bf16": "ours_bf16", "int8": "ours_s8"}
DEADLINE_SLACK_MS = 50  # the client sees an answer later than the server sends it


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
    return figure(what, f"≥ {bound:g}{unit}", measured, measured >= bound, unit)


def at_most(what, bound, measured, unit=""):
    return figure(what, f"≤ {bound:g}{unit}", measured, measured <= bound, unit)


def forward_figures(results):
    for row in results["engine"]["rows"]:
        if row["precision"] != "fp32":
            yield at_least(f"forward pass, {row['precision']}, batch {row['batch']}: limit's time / ours", 0.95,
                           row["limit_ratio"])


def image_figures(results):
    for precision in OURS:
        yield at_most(f"decode, resize, crop, normalize to {precision}: time / libjpeg-turbo's decode", 1.6,
                      results["image"][ELEMENTS[precision]]["ratio"])


def predict_figures(results):
    for precision in OURS:
        measured = results["predict"][precision]["32"]["good_per_s"]
        yield at_least(f"`/predict`, 32 connections, {precision}: rate / the machine's limit", 0.9,
                       measured / predict_limit(results, precision))
    rate = {name: results["predict"][name]["32"]["good_per_s"] for name in OURS + PEERS}
    yield at_least("the same, bf16 / FastAPI + PyTorch", 10, rate["bf16"] / rate["fastapi"])
    yield at_least("the same, int8 / FastAPI + PyTorch", 15, rate["int8"] / rate["fastapi"])
    yield at_least("the same, bf16 / Fastify + ONNX Runtime", 5, rate["bf16"] / rate["node"])
    yield at_least("the same, int8 / Fastify + ONNX Runtime", 5, rate["int8"] / rate["node"])


def one_client_figures(results):
    for precision in OURS:
        engine, image = results["beside"]["engine"], results["beside"]["image"]
        alone = image[ELEMENTS[precision]]["ms"] + forward_ms(engine, precision, 1)
        yield at_most(f"one client, {precision}: p50 / (pre-processing + forward pass)", 1.2,
                      results["predict"][precision]["1"]["p50_ms"] / alone)


def health_figures(results):
    yield at_least("`/health`: rate / nginx", 0.3,
                   results["health"]["ours"]["good_per_s"] / results["health"]["nginx"]["good_per_s"])


def overload_figures(results):
    for precision in ("int8", "bf16"):
        o = results["overload"][precision]
        yield at_least(f"four times the load, {precision}: goodput / peak", 0.95, o["goodput_ratio"])
        yield at_most(f"four times the load, {precision}: slowest accepted request", results["overload_deadline_ms"] +
                      DEADLINE_SLACK_MS, o["good_ms"]["max"], " ms")
        yield at_least(f"four times the load, {precision}: accepted requests that were answered", 1,
                       o["answered"] / o["accepted"])
        refused = o["refused_ms"] and o["refused_ms"]["p99"]
        yield figure(f"four times the load, {precision}: p99 of refusals", "< 50 ms", refused,
                     refused is not None and refused < 50, " ms")


def resource_figures(results):
    for precision in OURS:
        yield at_most(f"from exec to ready, {precision}", 1.5, results["start_up"][precision], " s")
    for precision in OURS:
        most = max(each["memory_mib"] for each in results["predict"][precision].values())
        yield at_most(f"memory under load, {precision}", 350, most, " MiB")
    yield at_most("an idle connection", 12, results["idle_connection_kib"], " KiB")


def figures(results):
    parts = (forward_figures, image_figures, predict_figures, one_client_figures, health_figures, overload_figures,
             resource_figures)
    return [each for part in parts for each in part(results)]
