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

    def test_the_readme_shows_both_plots(self):
        drawn = report.readme.__globals__
        self.addCleanup(drawn.__setitem__, "markdown", drawn["markdown"])
        drawn["markdown"] = lambda results: "tables\n"
        text = report.readme({})
        self.assertTrue(text.startswith("tables\n"))
        self.assertIn("(bench/results/load.svg)", text)
        self.assertIn("(bench/results/time.svg)", text)
