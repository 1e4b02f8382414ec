"""What a run of a suite has measured: the one thing that tables, pages and comparisons read.

The file is JSON, schema "martlet.bench/1": facts of the machine, model and data; systems; cases;
every value of every round; and the rows that are computed from them."""

import json
import math
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np

from proof import detectors, statistics
from proof.detectors import Warning

SCHEMA = "martlet.bench/1"
FOUND_IN_ROUNDS = ("drift", "unstable", "few rounds", "coarse clock")
FLOOR = 0.01  # no interval is narrower than one percent to either side


@dataclass
class Round:
    """One turn of one system in one case."""

    sitting: int
    number: int
    values: list[float]

    @property
    def middle(self) -> float:
        return sorted(self.values)[len(self.values) // 2]


@dataclass
class Record:
    suite: str
    title: str
    baseline: str
    head: dict = field(default_factory=dict)  # environment, model, dataset, command, quick
    cases: list[dict] = field(default_factory=list)
    systems: dict[str, dict] = field(default_factory=dict)  # in their order
    rounds: dict[str, dict[str, list[Round]]] = field(default_factory=dict)  # case, system
    checks: dict[str, dict[str, dict]] = field(default_factory=dict)  # answers: case, system
    warnings: list[Warning] = field(default_factory=list)
    published: list[dict] = field(default_factory=list)
    sittings: int = 0
    seconds: float = 0.0

    # ---- filling

    def add_case(self, name: str, unit: str, facts: dict, more_is_better: bool = False) -> None:
        if name not in self.rounds:
            self.cases.append(
                {"name": name, "unit": unit, "more_is_better": more_is_better, **facts}
            )
            self.rounds[name] = {}

    def add_system(self, name: str, **facts: object) -> None:
        """Later sittings add to what is known; what the first start took stays."""
        self.systems[name] = facts | self.systems.get(name, {})

    def add_round(self, case: str, system: str, done: Round) -> None:
        self.rounds[case].setdefault(system, []).append(done)

    def add_check(self, case: str, system: str, facts: dict) -> None:
        self.checks.setdefault(case, {}).setdefault(system, {}).update(facts)

    def warn(self, found: Warning | None) -> None:
        """The newest of its kind about the same thing."""
        if found is not None:
            same = (found.kind, found.about)
            self.warnings = [w for w in self.warnings if (w.kind, w.about) != same] + [found]

    # ---- what follows from it

    def speed_ratios(self, case: str, system: str) -> list[list[float]]:
        """How many times faster than the baseline, by sitting, of the rounds that both were in."""
        more = next(c for c in self.cases if c["name"] == case)["more_is_better"]
        base = self._baseline_of_rounds(case, system)
        found: dict[int, list[float]] = {}
        for done in self.rounds[case].get(system, []):
            other = base.get((done.sitting, done.number))
            if other:
                ratio = done.middle / other if more else other / done.middle
                found.setdefault(done.sitting, []).append(ratio)
        return list(found.values())

    def _baseline_of_rounds(self, case: str, system: str) -> dict[tuple[int, int], float]:
        """By sitting and number: the geometric mean of its two turns, because its noise is in every
        ratio; for the baseline itself, its one."""
        twin = f"{self.baseline} (again)"
        first, second = (
            {(r.sitting, r.number): r.middle for r in self.rounds[case].get(name, [])}
            for name in (self.baseline, twin)
        )
        if system in (self.baseline, twin):
            return first
        return {key: math.sqrt(one * second.get(key, one)) for key, one in first.items()}

    def control(self, case: str) -> float | None:
        """What the baseline, run twice, differs from itself by."""
        ratios = self.speed_ratios(case, f"{self.baseline} (again)")
        if not ratios:
            return None
        return abs(statistics.repeat_interval(ratios).middle - 1)

    def interval(self, case: str, system: str) -> statistics.Interval | None:
        ratios = self.speed_ratios(case, system)
        if not ratios:
            return None
        if system == self.baseline:
            return statistics.Interval(1.0, 1.0, 1.0)
        floor = max(FLOOR, min(0.25, self.control(case) or 0.0))
        return statistics.repeat_interval(ratios, floor)

    def row(self, case: dict, system: str) -> dict:
        done = self.rounds[case["name"]][system]
        values = [value for one in done for value in one.values]
        found = {"case": case["name"], "system": system, "unit": case["unit"]}
        found |= statistics.summary(values) | {"rounds": len(done)}
        found["histogram"] = statistics.histogram(np.asarray(values, float))
        found |= _rates(case, found["mean"])
        interval = self.interval(case["name"], system)
        if interval:
            found["ratio"] = asdict(interval)
        found |= self.checks.get(case["name"], {}).get(system, {})
        about = f"{system}, {case['name']}"
        found["warnings"] = [w.kind for w in self.warnings if w.about == about]
        return found

    def rows(self) -> list[dict]:
        self._detect()
        return [
            self.row(case, system)
            for case in self.cases
            for system in self.systems
            if self.rounds[case["name"]].get(system)
        ]

    def _detect(self) -> None:
        self.warnings = [w for w in self.warnings if w.kind not in FOUND_IN_ROUNDS]
        for case, systems in self.rounds.items():
            work = _work_of_rounds(systems)
            whole = [len(d) for name, d in systems.items() if not self.systems[name].get("failed")]
            fewest = min(whole, default=detectors.FEW)
            self.warn(detectors.few_rounds(case, fewest, self.sittings))
            for system, done in systems.items():
                about = f"{system}, {case}"
                self.warn(detectors.drift(about, [one.middle for one in done]))
                values = [value for one in done for value in one.values]
                self.warn(detectors.coarse_clock(about, values))
                evened: dict[int, list[float]] = {}
                for one in done:
                    value = one.middle / work[one.sitting, one.number]
                    evened.setdefault(one.sitting, []).append(value)
                for rounds in evened.values():
                    self.warn(detectors.unstable(about, rounds))

    # ---- the file

    def as_json(self) -> dict:
        return {
            "schema": SCHEMA,
            "suite": self.suite,
            "title": self.title,
            "baseline": self.baseline,
            "written": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
            "sittings": self.sittings,
            "seconds": round(self.seconds, 1),
            **self.head,
            "cases": self.cases,
            "systems": [{"name": name, **facts} for name, facts in self.systems.items()],
            "rows": self.rows(),
            "controls": {case["name"]: self.control(case["name"]) for case in self.cases},
            "warnings": [warning.as_json() for warning in self.warnings],
            "published": self.published,
            "checks": self.checks,
            "rounds": {
                case: {name: [asdict(one) for one in done] for name, done in systems.items()}
                for case, systems in self.rounds.items()
            },
        }

    def save(self, path: Path) -> None:
        """Whole or not there."""
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_suffix(".unfinished")
        unfinished.write_text(json.dumps(self.as_json(), indent=1) + "\n")
        unfinished.replace(path)

    @classmethod
    def load(cls, path: Path) -> "Record":
        found = read(path)
        own = ("suite", "title", "baseline", "sittings", "seconds", "cases", "published", "checks")
        derived = ("schema", "written", "systems", "rows", "controls", "warnings", "rounds")
        record = cls(**{word: found[word] for word in own})
        record.head = {k: v for k, v in found.items() if k not in own and k not in derived}
        record.systems = {facts.pop("name"): facts for facts in found["systems"]}
        record.warnings = [Warning(**facts) for facts in found["warnings"]]
        record.rounds = {
            case: {name: [Round(**one) for one in done] for name, done in systems.items()}
            for case, systems in found["rounds"].items()
        }
        return record


def read(path: Path) -> dict:
    found = json.loads(path.read_text())
    if found.get("schema") != SCHEMA:
        raise SystemExit(f"bench: [{path}] schema, got {found.get('schema')}, expected {SCHEMA}")
    return found


def _work_of_rounds(systems: dict[str, list[Round]]) -> dict[tuple[int, int], float]:
    """By sitting and number: geometric mean over the systems, which have different texts in
    different rounds, but all the same ones in one."""
    logs: dict[tuple[int, int], list[float]] = {}
    for done in systems.values():
        for one in done:
            logs.setdefault((one.sitting, one.number), []).append(math.log(one.middle))
    return {key: math.exp(sum(found) / len(found)) for key, found in logs.items()}


def _rates(case: dict, mean: float) -> dict:
    """Per second and per example, where the unit is the time of a batch."""
    if case["unit"] != "ms" or not case.get("batch"):
        return {}
    rates = {"QPS": 1000 / mean, "samples_per_s": 1000 * case["batch"] / mean}
    rates["ms_per_example"] = mean / case["batch"]
    if case.get("seq"):
        rates["tokens_per_s"] = rates["samples_per_s"] * case["seq"]
    return rates
