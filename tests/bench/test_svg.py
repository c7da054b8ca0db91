import re
import unittest
from xml.etree import ElementTree

from bench.suite import svg

SVG = "{http://www.w3.org/2000/svg}"


class Svg(unittest.TestCase):
    def test_axis_spreads_powers_evenly(self):
        axis = svg.LogAxis([1, 100], 0, 1000)
        self.assertAlmostEqual(axis(10) - axis(1), axis(100) - axis(10))
        self.assertGreater(axis(1), 0)
        self.assertLess(axis(100), 1000)

    def test_axis_of_one_value_is_no_division_by_zero(self):
        axis = svg.LogAxis([5], 0, 100)
        self.assertTrue(0 < axis(5) < 100)
        self.assertIn(5, axis.ticks())

    def test_load_plot_is_well_formed_and_draws_every_point(self):
        series = {"a & <b>": [(10, 9), (20, 19), (40, 20)], "c": [(5, 5)]}
        root = ElementTree.fromstring(svg.load_plot(series, series))
        self.assertEqual(len(root.findall(SVG + "polyline")), 4)
        self.assertEqual(len(root.findall(SVG + "circle")), 8)
        self.assertIn("a & <b>", [each.text for each in root.findall(SVG + "text")])

    def test_more_throughput_is_drawn_higher(self):
        root = ElementTree.fromstring(svg.document(svg.panel("t", "x", "y", {"a": [(1, 1), (2, 2)]}), 10, 10))
        first, second = [float(each.get("cy")) for each in root.findall(SVG + "circle")]
        self.assertGreater(first, second)

    def test_bars_are_as_long_as_their_parts(self):
        drawn = svg.stacked_bars("t", "ms", {"x": {"one": {"a": 1, "b": 3}, "two": {"a": 2, "b": 0}},
                                             "y": {"three": {"a": 300, "b": 100}}})
        root = ElementTree.fromstring(drawn)
        widths = [float(each.get("width")) for each in root.findall(SVG + "rect") if each.find(SVG + "title") is not None]
        self.assertEqual(len(widths), 6)
        self.assertAlmostEqual(widths[1] / widths[0], 3, places=1)
        self.assertEqual(widths[3], 0)
        self.assertAlmostEqual(widths[0] + widths[1], widths[4] + widths[5], places=1)  # each group fills the width
        self.assertTrue(re.search(">4.0 ms<", drawn))
