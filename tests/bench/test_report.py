import unittest

from bench.suite import report


class TargetTable(unittest.TestCase):
    def test_a_miss_and_what_was_not_measured_are_said(self):
        figures = [
            {"what": "a", "target": "≥ 2", "measured": 1.5, "unit": " s", "ok": False},
            {"what": "b", "target": "≤ 2", "measured": None, "unit": " ms", "ok": False},
            {"what": "c", "target": "≤ 2", "measured": 1, "unit": "", "ok": True},
        ]
        self.assertEqual(report.target_table({"targets": figures}).splitlines()[2:],
                         ["| a | ≥ 2 | 1.50 s | MISS |", "| b | ≤ 2 | – | MISS |", "| c | ≤ 2 | 1.00 | OK |"])


class Performance(unittest.TestCase):
    def test_both_plots_are_shown(self):
        drawn = report.performance.__globals__
        self.addCleanup(drawn.__setitem__, "markdown", drawn["markdown"])
        drawn["markdown"] = lambda results: "tables\n"
        text = report.performance({})
        self.assertTrue(text.startswith("tables\n"))
        self.assertIn("(../bench/results/load.svg)", text)
        self.assertIn("(../bench/results/time.svg)", text)


class Readme(unittest.TestCase):
    def test_a_row_for_each_service_and_the_processor(self):
        def service(rate):
            return {"1": {"good_per_s": rate, "p50_ms": 1.5, "p99_ms": 2, "memory_mib": 300},
                    "32": {"good_per_s": rate, "p50_ms": 9, "p99_ms": 250, "memory_mib": 310}}

        results = {"date": "2026-11-26T10:00:00Z",
                   "machine": {"cores": 2, "processor": "Xeon", "flags": ["avx2", "amx_int8"]},
                   "photos": {"kind": "photographs", "mean_bytes": 119386},
                   "predict": {name: service(10) for name in report.PREDICTORS},
                   "start_up": {name: 0.5 for name in report.PREDICTORS}}
        results["predict"]["int8"] = service(170)
        lines = report.readme(results).splitlines()
        self.assertEqual(lines[0], "ResNet-50 on 2 cores (Xeon; avx2, amx_int8), photographs of 119 kB, 32 clients on the same "
                                   "cores, 2026-11-26:")
        self.assertEqual(lines[4], "| simple-model-api, int8 | 170 | 17.0× | 1.50 | 250 | 310 | 0.500 |")
        self.assertEqual(lines[-1], "| FastAPI + PyTorch | 10.0 | 1.0× | 1.50 | 250 | 310 | 0.500 |")
        self.assertEqual(len(lines), 4 + len(report.PREDICTORS))
