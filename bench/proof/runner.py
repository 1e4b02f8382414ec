"""Sittings of a suite: every system started anew, turns in random order round after round, until
the ratios are known well enough or the time is over."""

import os
import random
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from proof import detectors, environment, statistics
from proof.cases import Case
from proof.process import DiedError, Plan, System
from proof.record import Record, Round

AHEAD = 2  # systems that are starting while another is asked


@dataclass
class Limits:
    seconds: float  # of turns, in one sitting
    narrow: float = 0.02  # half width of every ratio's interval, at which a case is done
    most_rounds: int = 200


@dataclass
class Bench:
    """Runs systems; the defaults are the real world, tests have another."""

    threads: int
    logs: Path
    start: Callable[[Plan, int, Path], System] = System
    now: Callable[[], float] = time.monotonic
    say: Callable[[str], None] = field(default=lambda line: print(line, file=sys.stderr))

    def sitting(self, record: Record, plans: list[Plan], cases: list[Case], limits: Limits) -> None:
        """Of these systems, the baseline among them; adds to the record."""
        record.sittings += 1
        number = record.sittings
        began = self.now()
        for case in cases:
            record.add_case(case.name, case.unit, case.facts, case.more_is_better)
        alive = self._start_all(record, plans)
        try:
            before = environment.counters([s.pid for s in alive])
            share = limits.seconds / max(1, len(cases))
            for at, case in enumerate(cases):
                self._case(record, case, alive, Limits(share, limits.narrow, limits.most_rounds))
                self.say(f"  {case.name}: {self._left(at + 1, len(cases), share)}")
            self._watch(record, before, alive)
        finally:
            for system in alive:
                system.close()
                record.add_system(system.name, **system.facts)
                record.systems[system.name]["rss_peak_mb"] = system.facts["rss_peak_mb"]
        record.seconds += self.now() - began
        self.say(f"  sitting {number} took {self.now() - began:.0f} s")

    # ---- starting

    def _start_all(self, record: Record, plans: list[Plan]) -> list[System]:
        runnable = []
        for plan in plans:
            record.add_system(
                plan.name, ours=plan.ours, precision_requested=plan.precision, remark=plan.remark
            )
            death = record.systems[plan.name].pop("failed", "")
            if plan.missing:
                record.systems[plan.name]["failed"] = plan.missing
            else:
                runnable.append(plan)
                if death:
                    record.warn(detectors.Warning("died before", plan.name, death))
        ahead: dict[str, System] = {}
        alive = []
        for at, plan in enumerate(runnable):
            for soon in runnable[at : at + 1 + AHEAD]:
                if soon.name not in ahead:
                    ahead[soon.name] = self.start(soon, self.threads, self._log(record, soon))
            system = self._ready(record, plan, ahead[plan.name])
            if system is not None:
                alive.append(system)
        return alive

    def _ready(self, record: Record, plan: Plan, system: System) -> System | None:
        try:
            system.hello()
            system.load()
            self.say(f"  ready: {system.name}")
            return system
        except DiedError as death:
            self._note_death(record, system.name, "starting", death)
            system.close()
            return None

    def _log(self, record: Record, plan: Plan) -> Path:
        name = "".join(c if c.isalnum() else "-" for c in plan.name)
        return self.logs / record.suite / f"{name}.log"

    # ---- one case

    def _case(self, record: Record, case: Case, alive: list[System], limits: Limits) -> None:
        able = [system for system in alive if case.asks in system.answers]
        for system in able[:]:
            if not self._warm(record, case, system):
                able.remove(system)
                self._restart_or_drop(record, case, system, alive, able)
        self._compare(record, case, able)
        generator = random.Random(f"{record.suite} {case.name} {record.sittings}")
        offset = 1 + len(record.rounds[case.name].get(record.baseline, []))
        end = self.now() + limits.seconds
        for count in range(limits.most_rounds):
            generator.shuffle(able)
            for system in able[:]:
                if not self._turn(record, case, system, offset + count):
                    able.remove(system)
                    alive.remove(system)
            if not able or count + 1 < case.least_rounds:
                continue
            if self.now() > end or self._narrow(record, case, able, limits.narrow):
                break
        record.warn(detectors.identical_inputs(case.name, case.hashes))

    def _warm(self, record: Record, case: Case, system: System) -> bool:
        try:
            first = case.warm(system)
            system.facts.setdefault("first_ms", {}).setdefault(case.name, first)
            return True
        except DiedError as death:
            self._note_death(record, system.name, f"warming up {case.name}", death)
            return False

    def _compare(self, record: Record, case: Case, able: list[System]) -> None:
        """Everyone's answers to the same inputs, with the baseline's."""
        answers = {}
        for system in able:
            try:
                answers[system.name] = case.answer(system)
            except DiedError as death:
                self._note_death(record, system.name, f"answering {case.name}", death)
        reference = answers.get(record.baseline)
        for name, answer in answers.items():
            if answer is None or reference is None:
                continue
            try:
                record.add_check(case.name, name, case.compare(answer, reference))
            except ValueError as problem:
                record.warn(
                    detectors.Warning("other answers", f"{name}, {case.name}", str(problem))
                )

    def _restart_or_drop(
        self, record: Record, case: Case, system: System, alive: list[System], able: list[System]
    ) -> None:
        """Dead of an instruction that the machine only announces: once more without AMX."""
        alive.remove(system)
        system.close()
        death = record.systems[system.name].get("failed", "")
        if "SIGILL" not in death or system.plan.ours or "AMX off" in system.plan.remark:
            return
        plan = system.plan.capped()
        again = self._ready(record, plan, self.start(plan, self.threads, self._log(record, plan)))
        if again is not None and self._warm(record, case, again):
            record.systems[again.name] |= {
                "remark": plan.remark,
                "failed": "",
                "died_with_amx": death,
            }
            alive.append(again)
            able.append(again)

    def _turn(self, record: Record, case: Case, system: System, number: int) -> bool:
        try:
            values = case.turn(system, number)
        except DiedError as death:
            self._note_death(record, system.name, case.name, death)
            return False
        factor = 1 / system.plan.slower if case.more_is_better else system.plan.slower
        values = [factor * value for value in values]
        record.add_round(case.name, system.name, Round(record.sittings, number, values))
        return True

    def _narrow(self, record: Record, case: Case, able: list[System], wanted: float) -> bool:
        """Judged by the rounds of this sitting alone, which more rounds can make narrower."""
        for system in able:
            ratios = record.speed_ratios(case.name, system.name)
            if ratios:
                low, high = statistics.median_interval(np.asarray(ratios[-1]))
                if (high - low) / 2 > wanted * (low + high) / 2:
                    return False
        return True

    # ---- what went wrong

    def _note_death(self, record: Record, name: str, when: str, death: DiedError) -> None:
        record.systems[name]["failed"] = f"{when}: {death}"
        self.say(f"  {name}: died {when}: {death}")

    def _watch(self, record: Record, before: detectors.Counters, alive: list[System]) -> None:
        after = environment.counters([s.pid for s in alive])
        cores = os.cpu_count() or 1
        record.warn(detectors.steal(before, after, cores))
        record.warn(detectors.foreign_load(before, after, cores))
        record.warn(detectors.throttling(before, after))
        for system in alive:
            if system.pid == os.getpid():
                continue  # it runs only in its turns
            record.warn(detectors.oversubscription(system.name, *environment.waiting(system.pid)))

    def _left(self, done: int, cases: int, share: float) -> str:
        return f"done, at most {(cases - done) * share:.0f} s of turns left in this sitting"
