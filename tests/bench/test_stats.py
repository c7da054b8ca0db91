import unittest

from bench.suite import stats


class Stats(unittest.TestCase):
    def test_median_is_the_middle_or_the_mean_of_the_middle_two(self):
        self.assertEqual(stats.median([9, 1, 5]), 5)
        self.assertEqual(stats.median([9, 1, 5, 6]), 5.5)

    def test_quantile_is_the_nearest_rank(self):
        values = list(range(100, 0, -1))
        self.assertEqual(stats.quantile(values, 0.5), 50)
        self.assertEqual(stats.quantile(values, 0.99), 99)
        self.assertEqual(stats.quantile(values, 1), 100)
        self.assertEqual(stats.quantile(values, 0), 1)
        self.assertEqual(stats.quantile([7], 0.99), 7)

    def test_ratio_with_nothing_to_divide_by(self):
        self.assertEqual(stats.ratio(6, 4), 1.5)
        self.assertIsNone(stats.ratio(6, 0))
        self.assertIsNone(stats.ratio(None, 4))

    def test_limit_shares_the_cores_between_decoding_and_inference(self):
        # 2 cores; 2 ms of decoding and a batch of 8 in 16 ms on both cores, so 4 ms of CPU time an image.
        self.assertAlmostEqual(stats.predictions_limit(2, 2, 16, 8, 2), 2000 / 6)

    def test_medians_go_through_nested_results(self):
        runs = [{"rate": r, "good_ms": {"p99": r * 2}, "name": "x"} for r in (3, 1, 2)]
        self.assertEqual(stats.medians(runs), {"rate": 2, "good_ms": {"p99": 4}, "name": "x"})
        rows = [{"rows": [{"batch": 1, "ms": n}, {"batch": 8, "ms": 10 * n}]} for n in (3, 1, 2)]
        self.assertEqual(stats.medians(rows), {"rows": [{"batch": 1, "ms": 2}, {"batch": 8, "ms": 20}]})

    def test_medians_of_a_key_that_some_runs_lack(self):
        merged = stats.medians([{"statuses": {"200": 4}}, {"statuses": {"200": 6, "503": 3}}])
        self.assertEqual(merged["statuses"], {"200": 5, "503": 1.5})

    def test_medians_leave_out_what_a_run_did_not_measure(self):
        self.assertEqual(stats.medians([{"ms": None}, {"ms": {"p99": 3}}]), {"ms": {"p99": 3}})
        self.assertEqual(stats.medians([{"ms": None}, {"ms": None}]), {"ms": None})
