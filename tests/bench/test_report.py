import unittest

from bench.suite import documents, report, targets
from bench.suite.__main__ import ROOT
from bench.suite.services import OURS, PEERS


class TargetTable(unittest.TestCase):
    def test_a_miss_and_what_was_not_measured_are_said(self):
        figures = [
            {"what": "a", "target": "≥ 2", "measured": 1.5, "unit": " s", "ok": False},
            {"what": "b", "target": "≤ 2", "measured": None, "unit": " ms", "ok": False},
            {"what": "c", "target": "≤ 2", "measured": 1, "unit": "", "ok": True},
        ]
        self.assertEqual(report.target_table({"targets": figures}).splitlines()[2:],
                         ["| a | ≥ 2 | 1.50 s | MISS |", "| b | ≤ 2 | – | MISS |", "| c | ≤ 2 | 1.00 | OK |"])


def service(rate):
    return {"1": {"good_per_s": rate, "p50_ms": 1.5, "p99_ms": 2, "memory_mib": 300, "cpu_ms_each": 3},
            "32": {"good_per_s": rate, "p50_ms": 9, "p99_ms": 250, "memory_mib": 310, "cpu_ms_each": 3}}


def kept(used="avx512_core_bf16", own="avx512_core_bf16", lacking=()):
    """What the tables of README.md read of one run."""
    names = [name for name in OURS + PEERS if name not in lacking]
    return {"date": "2026-11-26T10:00:00Z", "engine": {"instruction_set": used},
            "machine": {"cores": 2, "processor": "AMD EPYC", "family": "Zen 4", "own_instruction_set": own},
            "photos": {"kind": "photographs", "mean_bytes": 119386}, "predict": {name: service(10) for name in names},
            "start_up": {name: 0.5 for name in names}}


class Performance(unittest.TestCase):
    def test_kinds_stand_side_by_side_and_each_has_its_tables_and_plots(self):
        drawn = report.performance.__globals__
        self.addCleanup(drawn.__setitem__, "markdown", drawn["markdown"])
        drawn["markdown"] = lambda results: "tables\n"
        text = report.performance([kept(), kept("avx2", lacking=("int8", "bf16", "node_int8"))])
        lines = text.splitlines()
        self.assertEqual(lines[0], "| predictions a second at 32 connections | AMD EPYC Zen 4, AVX-512 BF16 | "
                                   "AMD EPYC Zen 4 as AVX2 |")
        self.assertIn("| simple-model-api, int8 | 10.0 | not computed |", lines)
        self.assertIn("| Fastify + sharp + ONNX Runtime, int8 | 10.0 | – |", lines)
        self.assertEqual([line for line in lines if line.startswith("#")],
                         ["### AMD EPYC Zen 4, AVX-512 BF16", "### AMD EPYC Zen 4 as AVX2"])
        for plot in ("amd-epyc-zen-4-avx-512-bf16-load", "amd-epyc-zen-4-as-avx2-time"):
            self.assertIn(f"(../bench/results/{plot}.svg)", text)


class Readme(unittest.TestCase):
    def test_a_row_for_each_service_and_the_processor(self):
        results = kept()
        results["predict"]["int8"] = service(170)
        lines = report.readme([results]).splitlines()
        self.assertEqual(lines[0], "ResNet-50 on 2 cores (AMD EPYC; Zen 4; AVX-512 BF16), photographs of 119 kB, 32 clients "
                                   "on the same cores, 2026-11-26:")
        self.assertEqual(lines[4], "| simple-model-api, int8 | 170 | 17.0× | 1.50 | 250 | 310 | 0.500 |")
        self.assertEqual(lines[-1], "| FastAPI + PyTorch, TorchScript | 10.0 | 1.0× | 1.50 | 250 | 310 | 0.500 |")
        self.assertEqual(len(lines), 4 + len(OURS + PEERS))

    def test_a_precision_that_is_not_computed_has_a_row_that_says_so(self):
        lines = report.readme([kept("avx2", "avx2", lacking=("bf16",))]).splitlines()
        self.assertIn("| simple-model-api, bf16 | not computed by this CPU | – | – | – | – | – |", lines)

    def test_a_processor_that_was_held_back_is_not_in_it(self):
        self.assertEqual(report.readme([kept(), kept("avx2")]), report.readme([kept()]))


class Slow(unittest.TestCase):
    def test_a_peer_that_answered_nothing_has_no_ratio(self):
        results = kept()
        results["predict"]["fastapi"]["32"]["good_per_s"] = 0
        self.assertIn("| simple-model-api, int8 | 10.0 | – | 1.50 | 250 | 310 | 0.500 |", report.readme([results]))
        self.assertIn("| simple-model-api, int8 | 10.0 | 10.0 | – |", report.predict_table(results))

    def test_one_of_ours_that_answered_nothing_has_no_bar(self):
        parts = {"decode": 1, "queue": 1, "infer": 1, "rest": 1}
        drawn = report.time_svg({"breakdown": {"int8": {"1": parts, "32": parts}, "fp32": {"1": parts}}})
        self.assertEqual(drawn.count(">fp32<"), 1)
        self.assertEqual(drawn.count(">int8<"), 2)


class Describe(unittest.TestCase):
    def test_it_says_what_holding_back_did_not_reach(self):
        self.assertEqual(report.limits(kept()), "")
        text = report.limits(kept("avx2"))
        self.assertIn("held back to AVX2", text)
        self.assertIn("ONNX Runtime has no such switch: it ran with the whole CPU, which has AVX-512 BF16", text)


class Predict(unittest.TestCase):
    def test_every_column_has_a_cell_in_every_row(self):
        lines = report.predict_table(kept(lacking=("bf16",))).splitlines()
        self.assertEqual({line.count("|") for line in lines}, {8})
        self.assertEqual(len(lines), 2 + len(OURS + PEERS))


class AnyMachine(unittest.TestCase):
    def test_a_run_that_computed_fp32_alone_has_all_tables_figures_and_plots(self):
        results = documents.kept_results(ROOT)[0]
        for part in ("predict", "start_up", "breakdown", "open", "overload"):
            results[part] = {name: each for name, each in results[part].items() if name not in ("int8", "bf16")}
        results["overload"]["fp32"] = next(iter(results["overload"].values()))
        for engine in (results["engine"], results["beside"]["engine"]):
            engine["rows"] = [row for row in engine["rows"] if row["precision"] == "fp32"]
        results["health_by"] = "fp32"
        results["targets"] = targets.figures(results)
        text = report.performance_part(results)
        for row in ("simple-model-api, int8", "simple-model-api, bf16", "forward pass, int8", "forward pass, bf16"):
            self.assertIn(f"| {row} | not computed by this CPU |", text)
        self.assertIn("four times the load, fp32", text)
        self.assertNotIn(", int8: rate", text)
        for drawing in (report.load_svg(results), report.time_svg(results)):
            self.assertIn("fp32", drawing)
