"""How peers deal texts to batches."""

import random
import unittest

from peers.batching import form_groups


class GroupsTest(unittest.TestCase):
    def test_every_text_once_and_within_limits(self):
        generator = random.Random(1)
        for _ in range(200):
            lengths = [generator.randint(1, 60) for _ in range(generator.randint(1, 80))]
            plan = generator.choice(["serial", "grouped"])
            most, tokens = generator.choice([0, 1, 7, 32]), generator.choice([0, 64, 300])
            groups = form_groups(lengths, plan, most, tokens)
            flat = [i for group in groups for i in group]
            self.assertEqual(sorted(flat), list(range(len(lengths))))
            for group in groups:
                self.assertTrue(not most or len(group) <= most)
                heavy = len(group) * max(lengths[i] for i in group)
                self.assertTrue(not tokens or len(group) == 1 or heavy <= tokens)
            if plan == "serial":
                self.assertEqual(flat, sorted(flat))
            else:
                self.assertEqual([lengths[i] for i in flat], sorted(lengths))

    def test_batches_are_filled(self):
        self.assertEqual([[0, 1, 2], [3, 4]], form_groups([5] * 5, "serial", 3, 0))
        self.assertEqual([[0, 1, 2, 3], [4]], form_groups([5] * 5, "grouped", 0, 20))


if __name__ == "__main__":
    unittest.main()
