import unittest

from bench.suite import targets


class Targets(unittest.TestCase):
    def test_bounds_are_part_of_what_is_promised(self):
        self.assertTrue(targets.at_least("x", 0.9, 0.9)["ok"])
        self.assertFalse(targets.at_least("x", 0.9, 0.89)["ok"])
        self.assertTrue(targets.at_most("x", 12, 12)["ok"])
        self.assertFalse(targets.at_most("x", 12, 12.1)["ok"])

    def test_what_could_not_be_measured_keeps_no_promise(self):
        self.assertFalse(targets.at_least("x", 0.9, None)["ok"])
        self.assertFalse(targets.at_most("x", 12, None)["ok"])

    def test_predict_is_held_against_the_limit_of_the_same_rounds(self):
        results = {
            "machine": {"cores": 2},
            "beside": {
                "engine": {"threads": 2,
                           "rows": [{"precision": p, "batch": 8, "ours_ms": 16} for p in ("int8", "bf16", "fp32")]},
                "image": {name: {"cpu_ms": 2} for name in targets.ELEMENTS.values()},
            },
            "predict": {name: {"32": {"good_per_s": rate}} for name, rate in
                        (("int8", 320), ("bf16", 300), ("fp32", 250), ("node", 50), ("fastapi", 20))},
        }
        by_name = {f["what"]: f for f in targets.predict_figures(results)}
        int8 = by_name["`/predict`, 32 connections, int8: rate / the machine's limit"]
        self.assertAlmostEqual(int8["measured"], 320 * 6 / 2000)
        self.assertTrue(int8["ok"])
        self.assertFalse(by_name["`/predict`, 32 connections, fp32: rate / the machine's limit"]["ok"])
        self.assertEqual(by_name["the same, int8 / FastAPI + PyTorch"]["measured"], 16)
        self.assertEqual(by_name["the same, bf16 / Fastify + ONNX Runtime"]["measured"], 6)

    def test_what_a_cpu_does_not_compute_has_no_figure(self):
        results = {"machine": {"cores": 2}, "image": {name: {"ratio": 1} for name in targets.ELEMENTS.values()},
                   "beside": {"engine": {"threads": 2, "rows": [{"precision": "fp32", "batch": 8, "ours_ms": 16}]},
                              "image": {"ours_f32": {"cpu_ms": 2}}},
                   "predict": {name: {"32": {"good_per_s": 10}} for name in ("fp32", "node", "fastapi")}}
        figures = [*targets.predict_figures(results), *targets.image_figures(results)]
        self.assertEqual([f["what"] for f in figures if "int8" in f["what"] or "bf16" in f["what"]], [])
        self.assertEqual(len(figures), 2)

    def test_ratios_are_those_of_what_was_measured(self):
        rates = {"fp32": 30, "int8": 90, "node": 20, "node_int8": 60, "fastapi": 5}
        results = {"predict": {name: {"32": {"good_per_s": rate}} for name, rate in rates.items()}}
        self.assertEqual(targets.ratios(results), {
            "simple-model-api, fp32 / Fastify + sharp + ONNX Runtime, fp32": 1.5,
            "simple-model-api, int8 / Fastify + sharp + ONNX Runtime, fp32": 4.5,
            "simple-model-api, int8 / Fastify + sharp + ONNX Runtime, int8": 1.5})
