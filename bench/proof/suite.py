"""A suite: which systems, which cases, for how long; and how it becomes a record."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from proof import accuracy, environment, proof_block, systems
from proof.cases import Case, DatasetCase
from proof.process import Plan, System
from proof.record import Record
from proof.runner import Bench, Limits
from proof.texts import Dataset, load_dataset

ROOT = environment.ROOT
MODELS = ROOT / "build" / "models"
SCRATCH = ROOT / "build" / "bench"


@dataclass
class Context:
    """What the command line says."""

    build: Path = ROOT / "build" / "release"
    model: Path | None = None  # the user's own; else the suite's
    data: Path | None = None
    columns: tuple[str, str] = ("", "")
    quick: bool = False
    threads: int = 2
    only: list[str] = field(default_factory=list)  # systems with one of these words
    peers: list[str] = field(default_factory=list)  # NAME=COMMAND
    slower: dict[str, float] = field(default_factory=dict)  # systems whose times are falsified
    seconds: float | None = None  # of turns, in a sitting
    sittings: int | None = None

    def dataset(self, model: Path) -> Dataset:
        return load_dataset(self.data, self.columns, model)


@dataclass
class Length:
    """How long a suite runs."""

    sittings: int
    seconds: float  # of turns, in one sitting of one heat
    narrow: float


@dataclass
class Suite:
    name: str
    title: str
    baseline: str
    model: Callable[[Context], Path]
    plans: Callable[[Context, Path], list[Plan]]
    cases: Callable[[Context, Path, Dataset | None], list[Case]]
    quick: Length
    full: Length
    published: list[dict] = field(default_factory=list)
    needs_texts: bool = True
    heat: int = 99  # systems alive at once, the baseline not counted
    threads: int = 0  # 0: as the command line says
    start: Callable[[Plan, int, Path], System] = System
    finish: Callable[[Record, list[Case]], None] = lambda record, cases: None

    def run(
        self, context: Context, record: Record | None, save: Callable[[Record], None]
    ) -> Record:
        """A new record, or one sitting more in `record`; saved after every sitting."""
        length = self.quick if context.quick else self.full
        model = context.model or self.model(context)
        dataset = context.dataset(model) if self.needs_texts else None
        cases = self.cases(context, model, dataset)
        plans = chosen(self.plans(context, model), self.baseline, context)
        add = record is not None
        if record is None:
            record = Record(self.name, self.title, self.baseline)
            record.head = head(context, self, model, dataset)
            record.published = self.published
        else:
            record.head["command"] += "; " + environment.command()
        bench = Bench(self.threads or context.threads, SCRATCH / "logs", start=self.start)
        limits = Limits(context.seconds or length.seconds, length.narrow)
        sittings = 1 if add else context.sittings or length.sittings
        for sitting in range(sittings):
            for heat in heats(plans, self.baseline, self.heat):
                bench.say(f"{self.name}: sitting {sitting + 1} of {sittings}, {len(heat)} systems")
                bench.sitting(record, heat, cases, limits)
                note_answers(record, cases, dataset)
                self.finish(record, cases)
                save(record)
        return record


def chosen(plans: list[Plan], baseline: str, context: Context) -> list[Plan]:
    """Those that the user wants; the baseline always, twice."""
    base = next(plan for plan in plans if plan.name == baseline)
    wanted = [p for p in plans if p is base or any(w in p.name for w in context.only or [""])]
    place = wanted.index(base) + 1
    own = [
        systems.user_peer(word, context.model or MODELS / "minilm-sst2") for word in context.peers
    ]
    found = [*wanted[:place], systems.again(base), *wanted[place:], *own]
    return [systems.slowed(plan, context.slower.get(plan.name, 1.0)) for plan in found]


def heats(plans: list[Plan], baseline: str, size: int) -> list[list[Plan]]:
    """At most `size` systems at a time, each time beside the baseline."""
    base = [plan for plan in plans if plan.name == baseline]
    others = [plan for plan in plans if plan.name != baseline]
    count = max(1, -(-len(others) // size))
    return [base + others[i::count] for i in range(count)]


def head(context: Context, suite: Suite, model: Path, dataset: Dataset | None) -> dict:
    return {
        "quick": context.quick,
        "command": environment.command(),
        "environment": environment.describe(suite.threads or context.threads),
        "model": proof_block.model_facts(model),
        "dataset": dataset.as_json() if dataset else None,
    }


def note_answers(record: Record, cases: list[Case], dataset: Dataset | None) -> None:
    """What DatasetCases have gathered: labels and padding, of this sitting and those before."""
    for case in cases:
        if not isinstance(case, DatasetCase):
            continue
        reference = case.labels.get(record.baseline)
        for system, labels in case.labels.items():
            truth = dataset.labels if dataset else None
            record.add_check(case.name, system, accuracy.compare_labels(labels, truth, reference))
        for system in record.rounds[case.name]:
            record.add_check(case.name, system, {"way": case.ways.get(system)})
            tokens, padded = case.padding.get(system, (0, 0))
            if tokens:
                record.add_check(case.name, system, {"pad_waste": 1 - tokens / padded})
            elif record.systems[system].get("ours"):
                record.add_check(case.name, system, {"pad_waste": 0.0})
