"""Properties that the figures of a record rest on."""

import unittest

import numpy as np

from proof import statistics


def simulated_run(generator, truth, sittings, rounds, restart=0.015, noise=0.03):
    return [
        np.exp(
            np.log(truth) + generator.normal(0, restart) + generator.normal(0, noise, rounds)
        ).tolist()
        for _ in range(sittings)
    ]


class StatisticsTest(unittest.TestCase):
    def test_a_repeat_lies_in_the_interval(self):
        generator = np.random.default_rng(7)
        held = []
        for trial in range(300):
            truth = generator.uniform(0.3, 5)
            sittings = int(generator.integers(1, 4))
            one, other = (
                statistics.repeat_interval(
                    simulated_run(generator, truth, sittings, 12), seed=trial
                )
                for _ in range(2)
            )
            held.append(one.holds(other.middle))
        self.assertGreaterEqual(np.mean(held), 0.93)

    def test_ten_percent_are_seen(self):
        generator = np.random.default_rng(8)
        seen = []
        for trial in range(100):
            one = statistics.repeat_interval(simulated_run(generator, 1, 2, 12), seed=trial)
            other = statistics.repeat_interval(simulated_run(generator, 0.9, 2, 12), seed=trial)
            seen.append(not one.holds(other.middle))
        self.assertGreaterEqual(np.mean(seen), 0.95)

    def test_more_rounds_make_it_no_wider(self):
        generator = np.random.default_rng(9)
        widths = [
            np.mean(
                [
                    statistics.repeat_interval(simulated_run(generator, 2, 3, rounds)).half_width
                    for _ in range(20)
                ]
            )
            for rounds in (3, 12, 60)
        ]
        self.assertGreater(widths[0], widths[1])
        self.assertGreater(widths[1], widths[2])

    def test_interval_scales_with_its_ratios_and_keeps_its_floor(self):
        rounds = [[1.0, 1.02, 0.99, 1.01]]
        one = statistics.repeat_interval(rounds, floor=0.2)
        other = statistics.repeat_interval([[3 * value for value in rounds[0]]], floor=0.2)
        self.assertAlmostEqual(other.low, 3 * one.low, places=9)
        self.assertAlmostEqual(one.high / one.middle, 1.2, places=9)

    def test_restarts_widen_it(self):
        calm = [[1.0, 1.001, 0.999] * 5] * 4
        moved = [[(1 + shift) * value for value in calm[0]] for shift in (-0.1, 0, 0.05, 0.1)]
        calm, moved = map(statistics.repeat_interval, (calm, moved))
        self.assertGreater(moved.half_width, 2 * calm.half_width)

    def test_percentiles_hide_without_enough_values(self):
        for share in (0.9, 0.95, 0.99, 0.999):
            needed = statistics.needed_for(share)
            values = np.arange(needed, dtype=float)
            self.assertIsNotNone(statistics.quantile(values, share))
            self.assertIsNone(statistics.quantile(values[1:], share))
        self.assertEqual([36, 368], [statistics.needed_for(s) for s in (0.9, 0.99)])

    def test_quantiles_are_ordered_and_do_not_depend_on_order(self):
        values = np.random.default_rng(1).lognormal(0, 0.3, 5000)
        found = statistics.summary(values.tolist())
        words = ["min", "p50", "p90", "p95", "p99", "p99.9", "max"]
        self.assertEqual(sorted(found[word] for word in words), [found[word] for word in words])
        turned = statistics.summary(values[::-1].tolist())
        self.assertEqual(found["p99"], turned["p99"])
        self.assertTrue(found["ci95_lo"] <= found["p50"] <= found["ci95_hi"])

    def test_a_histogram_counts_every_value(self):
        generator = np.random.default_rng(2)
        for trial in range(100):
            values = generator.lognormal(generator.uniform(-3, 5), 0.2, 20 + trial)
            found = statistics.histogram(values)
            self.assertEqual(len(values), sum(found["counts"]) + found["above"])
            self.assertGreaterEqual(found["counts"][0], 1)  # it begins at the least
            middle = found["from"] * found["factor"] ** (len(found["counts"]) / 2)
            lower = int((values < middle).sum())
            self.assertEqual(lower, sum(found["counts"][: len(found["counts"]) // 2]))
        self.assertEqual(20, sum(statistics.histogram(np.full(20, 3.0))["counts"]))
        self.assertIsNone(statistics.histogram(values[:19]))
        self.assertEqual(1, statistics.histogram(np.array([*[1.0, 1.1] * 20, 900]))["above"])

    def test_outliers_are_counted_not_dropped(self):
        values = [*np.random.default_rng(1).normal(10, 1, 100), 13.8, 40.0]
        found = statistics.summary(values)
        self.assertEqual((found["n"], found["max"]), (102, 40.0))
        self.assertGreaterEqual(found["outliers_mild"], 1)
        self.assertEqual(found["outliers_severe"], 1)


if __name__ == "__main__":
    unittest.main()
