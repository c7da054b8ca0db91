import unittest

from bench.suite.plan import Plan


class ClosedLoop(unittest.TestCase):
    plan = Plan(closed_s=4, closed_passes=4, closed_most_s=20)

    def test_a_fast_service_is_loaded_for_the_shortest_time(self):
        self.assertEqual(self.plan.closed_seconds(32, 200), 4)

    def test_a_slow_one_until_each_connection_has_had_several_answers(self):
        self.assertEqual(self.plan.closed_seconds(32, 16), 8)

    def test_but_no_longer_than_the_limit(self):
        self.assertEqual(self.plan.closed_seconds(128, 16), 20)
        self.assertEqual(self.plan.closed_seconds(128, 0), 20)
