"""The runner and its detectors on systems that are simulated: no process, no waiting."""

import random
import tempfile
import unittest
from pathlib import Path

from proof import detectors
from proof.cases import Case
from proof.process import DiedError, Plan
from proof.record import Record, read
from proof.runner import Bench, Limits
from proof.suite import heats
from proof.systems import slowed

MS = {"base": 10.0, "base (again)": 10.0, "fast": 4.0, "slowed": 4.0}


class FakeSystem:
    answers = ("batches",)
    pid = 0

    def __init__(self, plan, world):
        self.plan, self.name, self.facts, self.world = plan, plan.name, {"rss_peak_mb": 1}, world
        self.ms = MS[plan.name] * world.noise.lognormvariate(0, world.restart)
        self.turns = 0

    def hello(self):
        if self.name in self.world.broken:
            raise DiedError("SIGSEGV: last line")

    def load(self):
        pass

    def close(self):
        pass


class FakeCase(Case):
    """`constant`: gives the same input every time. `slower`: what a turn adds to the time. `tick`:
    of the system's clock."""

    def __init__(self, world, constant=False, slower=0.0, tick=0.0):
        super().__init__("1x16", facts={"batch": 1, "seq": 16})
        self.world, self.constant, self.slower, self.tick = world, constant, slower, tick

    def warm(self, system):
        return self.turn(system, 0)[0]

    def turn(self, system, number):
        if system.name in self.world.dies_at and number >= self.world.dies_at[system.name]:
            raise DiedError("SIGILL: illegal instruction")
        if number:
            self.note_inputs(number, ["same"] if self.constant else [number])
        system.turns += 1
        noise = self.world.noise.lognormvariate(0, 0.02)
        value = system.ms * noise * (1 + self.slower * system.turns)
        self.world.clock += value / 1000
        return [round(value / self.tick) * self.tick if self.tick else value]


class World:
    def __init__(self, seed=1, restart=0.01):
        self.noise, self.restart, self.clock = random.Random(seed), restart, 0.0
        self.broken, self.dies_at = set(), {}

    def run(self, names, sittings=2, rounds=40, **case):
        record = Record("fake", "Fakes", "base")
        bench = Bench(
            2, Path("/nowhere"), lambda plan, *_: FakeSystem(plan, self), lambda: self.clock,
            lambda _: None,
        )  # fmt: skip
        self.case = FakeCase(self, **case)
        plans = [slowed(Plan(name), 1.1 if name == "slowed" else 1) for name in names]
        for _ in range(sittings):
            bench.sitting(record, plans, [self.case], Limits(20, 0.01, rounds))
        return record


def kinds(record):
    return {warning.kind for warning in record.warnings}


class RunnerTest(unittest.TestCase):
    def test_ratios_come_out(self):
        record = World().run(["base", "base (again)", "fast"])
        self.assertTrue(record.interval("1x16", "fast").holds(2.5))
        self.assertLess(record.control("1x16"), 0.05)

    def test_a_slowdown_of_ten_percent_is_flagged(self):
        flagged = 0
        for seed in range(10):
            fast = World(seed).run(["base", "fast"], sittings=3).interval("1x16", "fast")
            slow = World(seed + 50).run(["base", "slowed"], 3).interval("1x16", "slowed")
            flagged += not fast.holds(slow.middle) and not slow.holds(fast.middle)
        self.assertGreaterEqual(flagged, 9)

    def test_two_runs_agree(self):
        held = []
        for seed in range(40):
            one, other = (
                World(seed * 100 + k).run(["base", "fast"]).interval("1x16", "fast") for k in (1, 2)
            )
            held += [one.holds(other.middle), other.holds(one.middle)]
        self.assertGreaterEqual(sum(held), 0.9 * len(held))

    def test_everyone_has_the_same_turns(self):
        record = World().run(["base", "fast"])
        turns = [[(r.sitting, r.number) for r in done] for done in record.rounds["1x16"].values()]
        self.assertEqual(*turns)
        self.assertEqual(len(turns[0]), len(set(turns[0])))

    def test_identical_inputs_are_found(self):
        self.assertIn("identical inputs", kinds(World().run(["base", "fast"], constant=True)))
        self.assertNotIn("identical inputs", kinds(World().run(["base", "fast"])))

    def test_drift_is_found(self):
        drifting = World().run(["base", "fast"], sittings=1, slower=0.02)
        drifting.rows()
        self.assertIn("drift", kinds(drifting))
        steady = World(restart=0.001).run(["base", "fast"], sittings=1)
        steady.rows()
        self.assertNotIn("drift", kinds(steady))

    def test_few_rounds_and_a_coarse_clock_are_found(self):
        record = World().run(["base", "fast"], sittings=1, rounds=4)
        record.rows()
        self.assertIn("few rounds", kinds(record))
        self.assertNotIn("coarse clock", kinds(record))
        record = World().run(["base", "fast"], sittings=4, tick=1.0)
        record.rows()
        self.assertIn("coarse clock", kinds(record))
        self.assertNotIn("few rounds", kinds(record))

    def test_a_crash_is_a_row_that_says_so(self):
        world = World()
        world.broken, world.dies_at = {"slowed"}, {"fast": 5}
        record = world.run(["base", "fast", "slowed"], sittings=1)
        self.assertIn("SIGSEGV: last line", record.systems["slowed"]["failed"])
        self.assertIn("SIGILL", record.systems["fast"]["failed"])
        self.assertEqual(4, len(record.rounds["1x16"]["fast"]))
        self.assertGreater(len(record.rounds["1x16"]["base"]), 4)

    def test_a_system_may_live_again(self):
        world = World()
        world.broken = {"fast"}
        record = world.run(["base", "fast"], sittings=1)
        world.broken = set()
        plans = [Plan(name) for name in ("base", "fast")]
        bench = Bench(2, Path("/nowhere"), lambda plan, *_: FakeSystem(plan, world),
                      lambda: world.clock, lambda _: None)  # fmt: skip
        bench.sitting(record, plans, [world.case], Limits(20, 0.01, 40))
        self.assertNotIn("failed", record.systems["fast"])
        self.assertIn("died before", kinds(record))

    def test_a_missing_system_says_why(self):
        record = Record("fake", "Fakes", "base")
        bench = Bench(2, Path("/nowhere"), lambda plan, *_: FakeSystem(plan, World()))
        bench._start_all(record, [Plan("gpu", missing="needs a GPU")])
        self.assertEqual("needs a GPU", record.systems["gpu"]["failed"])

    def test_a_record_reads_back(self):
        record = World().run(["base", "fast"])
        record.head = {"quick": True}
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "fake.json"
            record.save(path)
            again = Record.load(path)
            again.save(path)
            self.assertEqual(record.rows(), read(path)["rows"])
            self.assertTrue(read(path)["quick"])

    def test_heats_all_have_the_baseline(self):
        plans = [Plan(name) for name in "abcdefg"]
        found = heats(plans, "a", 3)
        self.assertEqual([["a", "b", "d", "f"], ["a", "c", "e", "g"]],
                         [[plan.name for plan in heat] for heat in found])  # fmt: skip


class DetectorsTest(unittest.TestCase):
    before = detectors.Counters(at=0, busy=10, steal=0, ours=5)

    def after(self, **changed):
        facts = {"at": 10, "busy": 20, "steal": 0, "ours": 15, "throttles": 0} | changed
        return detectors.Counters(**facts)

    def test_machine(self):
        quiet = self.after()
        for found in (
            detectors.steal(self.before, quiet, 2),
            detectors.foreign_load(self.before, quiet, 2),
            detectors.throttling(self.before, quiet),
        ):
            self.assertIsNone(found)
        self.assertIsNotNone(detectors.steal(self.before, self.after(steal=1), 2))
        self.assertIsNotNone(detectors.foreign_load(self.before, self.after(busy=23), 2))
        self.assertIsNotNone(detectors.throttling(self.before, self.after(throttles=3)))

    def test_threads(self):
        self.assertIsNone(detectors.oversubscription("a", 10, 0.1))
        self.assertIsNotNone(detectors.oversubscription("a", 10, 10))

    def test_rounds(self):
        self.assertIsNone(detectors.unstable("a", [1, 1.01, 0.99]))
        self.assertIsNotNone(detectors.unstable("a", [1, 1.5, 0.7]))
        self.assertIsNotNone(detectors.few_rounds("a", 3, 1))
        self.assertIsNone(detectors.few_rounds("a", 5, 1))

    def test_a_clock_that_ticks_is_found(self):
        generator = random.Random(3)
        exact = [generator.gauss(1, 0.05) for _ in range(60)]
        self.assertIsNone(detectors.coarse_clock("a", exact))
        self.assertIsNotNone(detectors.coarse_clock("a", [round(v, 1) for v in exact]))
        self.assertIsNotNone(detectors.coarse_clock("a", [1.0] * 60))
        self.assertIsNone(detectors.coarse_clock("a", [1.0, 1.1, 1.0]))  # too few to say


if __name__ == "__main__":
    unittest.main()
