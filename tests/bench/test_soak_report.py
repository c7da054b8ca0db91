import json
import os
import tempfile
import unittest
from xml.etree import ElementTree

from bench.soak import judge, report, watch
from bench.suite import svg


def results(findings=()):
    samples = [{"seconds": 10 * i, "descriptors": 10, "threads": 9, **{name: 300 + i for name in watch.MEMORY}}
               for i in range(20)]
    return {"seconds": 200, "cycles": 20, "seed": 1, "commit": "abc", "machine": {"cores": 2}, "judges_memory": True,
            "base": {"descriptors": 10, "threads": 9}, "samples": samples, "findings": list(findings),
            "counters": {"images_total": 5000.0}, "reload_s": [0.5, 2.25],
            "requests": {"form": {"200": 1999, "503": 1}},
            "growth": judge.growths(samples, 0, watch.MEMORY)}


class Report(unittest.TestCase):
    def test_says_what_was_done_and_found(self):
        text = report.text(results(["a leak"]))
        for words in ("3.3 minutes, 2,000 requests", "2 reloads beside traffic, the slowest 2.2 s",
                      "| form | 2,000 | 200: 1999, 503: 1 |", "| images_total | 5,000 |",
                      "| resident | 302.0 | 317.0 | +4.97 % | +360.00 |", "FOUND: a leak"):
            self.assertIn(words, text)
        self.assertIn("Nothing was found.", report.text(results()))

    def test_memory_that_was_not_judged_has_no_figures(self):
        short = results()
        short["growth"] = judge.growths([], 0, watch.MEMORY)
        self.assertIn("| resident | – | – | – | – |", report.text(short))

    def test_files(self):
        with tempfile.TemporaryDirectory() as folder:
            report.keep(results(), folder)
            with open(os.path.join(folder, "soak.json"), encoding="utf-8") as f:
                self.assertEqual(len(json.load(f)["samples"]), 20)
            root = ElementTree.parse(os.path.join(folder, "soak.svg")).getroot()
            self.assertEqual(len(root.findall("{http://www.w3.org/2000/svg}polyline")), 4)


class LinearAxis(unittest.TestCase):
    def test_from_nought_in_proportion(self):
        axis = svg.LinearAxis([0, 50, 100], 0, 1000)
        self.assertEqual(axis(0), 0)
        self.assertAlmostEqual(axis(100), 2 * axis(50))
        self.assertLess(axis(100), 1000)

    def test_few_round_ticks(self):
        for most in (0.4, 1, 9, 10, 95, 428, 1800):
            ticks = svg.LinearAxis([most], 0, 100).ticks()
            self.assertTrue(3 <= len(ticks) <= 12, ticks)
            self.assertEqual(ticks[0], 0)
        self.assertEqual(svg.LinearAxis([428], 0, 1).ticks()[1], 50)


if __name__ == "__main__":
    unittest.main()
