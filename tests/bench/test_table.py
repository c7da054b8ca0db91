import unittest

from bench.suite import table


class Table(unittest.TestCase):
    def test_numbers_have_three_significant_digits(self):
        self.assertEqual(table.number(12345.6), "12,346")
        self.assertEqual(table.number(123.456), "123")
        self.assertEqual(table.number(12.345), "12.3")
        self.assertEqual(table.number(1.2345), "1.23")
        self.assertEqual(table.number(0.0123), "0.012")
        self.assertEqual(table.number(0), "0")
        self.assertEqual(table.number(None), "–")
        self.assertEqual(table.number("OK"), "OK")

    def test_render(self):
        self.assertEqual(table.render(["a", "b"], [["x", 1.5]]), "| a | b |\n| --- | --- |\n| x | 1.50 |\n")

    def test_replace_keeps_what_is_outside_the_marks(self):
        self.assertEqual(table.replace_between("top\n<b>\nold\n<e>\nend\n", "<b>", "<e>", "new\n"),
                         "top\n<b>\nnew\n<e>\nend\n")

    def test_replace_refuses_marks_that_are_not_there_once_in_order(self):
        for text in ("<b>", "<e><b>", "<b><b><e>", ""):
            with self.assertRaises(ValueError):
                table.replace_between(text, "<b>", "<e>", "new")
