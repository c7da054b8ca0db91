import unittest

from bench.soak import judge, plan


def samples_of(values, every_s=10):
    return [{"seconds": i * every_s, "rss_mib": v, "anonymous_mib": v} for i, v in enumerate(values)]


class Growth(unittest.TestCase):
    def test_medians_of_the_quarters_after_the_warm_up(self):
        values = [50, 60] + [100] * 4 + [500] * 7 + [102] * 4
        growth = judge.growth_of(samples_of(values), 20, "rss_mib")
        self.assertEqual((growth["first"], growth["last"]), (100, 102))
        self.assertAlmostEqual(growth["growth"], 0.02)

    def test_single_samples_that_stand_out_move_nothing(self):
        values = [100] * 40
        values[1] = 90
        values[-1] = values[-5] = 130
        self.assertEqual(judge.growth_of(samples_of(values), 0, "rss_mib")["growth"], 0)

    def test_a_steady_leak_is_growth(self):
        values = [300 + 0.1 * i for i in range(90)]
        growth = judge.growths(samples_of(values, 20), 120, judge.JUDGED)
        found = judge.findings(growth, 0.01)
        self.assertEqual(len(found), 2)
        self.assertIn("rss_mib grew by", found[0])
        self.assertEqual(judge.findings(growth, 0.05), [])

    def test_less_memory_than_before_is_no_finding(self):
        growth = judge.growths(samples_of([100] * 10 + [50] * 10), 0, judge.JUDGED)
        self.assertEqual(judge.findings(growth, 0.01), [])

    def test_too_few_samples_are_not_judged_but_found(self):
        growth = judge.growths(samples_of([100] * 5), 0, judge.JUDGED)
        self.assertIsNone(growth["rss_mib"])
        self.assertEqual(len(judge.findings(growth, 0.01)), 2)
        self.assertIsNone(judge.growth_of([], 0, "rss_mib"))

    def test_slope_is_that_of_the_line(self):
        samples = samples_of([100 + 0.5 * i for i in range(20)])
        self.assertAlmostEqual(judge.slope_per_hour(samples, "rss_mib"), 0.5 * 360)
        self.assertAlmostEqual(judge.slope_per_hour(samples_of([7] * 5), "rss_mib"), 0)
        self.assertIsNone(judge.slope_per_hour(samples_of([7]), "rss_mib"))

    def test_slope_of_the_samples_after_the_warm_up_alone(self):
        growth = judge.growth_of(samples_of([0, 0, 0] + [100] * 20), 30, "rss_mib")
        self.assertAlmostEqual(growth["slope_per_hour"], 0)


class Plans(unittest.TestCase):
    def test_half_an_hour(self):
        chosen = plan.plan_for(30)
        self.assertEqual((chosen.seconds, chosen.cycle_s, chosen.warm_up_s), (1800, 20, 120))
        self.assertTrue(chosen.judges_memory)

    def test_quarters_have_enough_samples_wherever_memory_is_judged(self):
        for minutes in (3, 5, 10, 30, 600):
            chosen = plan.plan_for(minutes)
            self.assertTrue(chosen.judges_memory)
            in_a_quarter = (chosen.seconds - chosen.warm_up_s) / 4 / (chosen.cycle_s + 3)  # with its rest
            self.assertGreater(in_a_quarter, judge.SAMPLES_LEAST)
            # A cycle has three reloads.
            self.assertGreaterEqual(chosen.warm_up_s / chosen.cycle_s * 3, 3)

    def test_a_short_run_is_not_judged_by_its_memory(self):
        self.assertFalse(plan.plan_for(0.4).judges_memory)
        self.assertGreaterEqual(plan.plan_for(0.01).cycles_least, 2)


if __name__ == "__main__":
    unittest.main()
