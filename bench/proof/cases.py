"""What systems are asked for in their turns. A case has a name and a unit, `warm(system)` gives the
milliseconds of its first run, `turn(system, number)` the values of one turn; the same number means
the same work for every system, and no two numbers the same."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import ClassVar

import numpy as np

from proof import accuracy
from proof.process import System
from proof.texts import Dataset, Sequences

TURN_TOKENS = 2048  # of a shape's turn, at most; but two runs at least, and twenty at most
WARM_RUNS = 3
# Each turn begins with runs that are not counted, for about so long: the systems before it have
# left their weights in the caches, and a core that has slept starts slowly.
LEAD_MS, MOST_LEAD = 50.0, 150
COMPARED_BATCHES = 3


@dataclass
class Case:
    name: str
    unit: str = "ms"
    asks: str = "batches"  # the request of bench/PROTOCOL.md
    more_is_better: bool = False  # values are a rate, not a time
    least_rounds: ClassVar[int] = 3  # of a sitting, whatever they take
    facts: dict = field(default_factory=dict)  # batch, seq, plan, ...: columns of the record
    hashes: list[int] = field(default_factory=list)  # of every input of every turn
    seen: set[int] = field(default_factory=set)  # turns whose inputs are in `hashes`
    leads: dict[str, int] = field(default_factory=dict)  # of each system: runs before it is timed

    def warm(self, system: System) -> float:
        raise NotImplementedError

    def turn(self, system: System, number: int) -> list[float]:
        raise NotImplementedError

    def answer(self, system: System) -> list | None:
        """To inputs that are the same for all, for `compare`; None: this case compares nothing."""
        return None

    def compare(self, answer: list, reference: list) -> dict:
        """What `answer` differs from the baseline's by, as columns of the record."""
        return accuracy.compare_logits(answer, reference)

    def note_lead(self, system: System, ms: float) -> None:
        """`ms`: of one run, or of one request where that is the least."""
        self.leads[system.name] = min(MOST_LEAD, round(LEAD_MS / max(ms, 1e-3)))

    def note_inputs(self, number: int, inputs: list) -> None:
        if number not in self.seen:
            self.seen.add(number)
            self.hashes += [hash(str(one)) for one in inputs]


def in_pass(number: int, turns: int, texts: list[int]) -> list[tuple[int, int]]:
    """The texts of a turn by number, and which pass through all of them it is part of: once all
    have been had, they come again."""
    return [(number // turns, text) for text in texts]


class ShapeCase(Case):
    """Batches of sequences of one length: token ids to logits."""

    def __init__(self, batch: int, length: int, sequences: Sequences):
        super().__init__(f"{batch}x{length}", facts={"batch": batch, "seq": length})
        self._shape, self._sequences = (batch, length), sequences
        self._runs = min(20, max(2, TURN_TOKENS // (batch * length)))
        self._turns: dict[int, list] = {}

    def warm(self, system: System) -> float:
        times = system.ask(batches=self._inputs(0), output="logits")["ms"]
        while sum(times) < 200 and len(times) < WARM_RUNS * self._runs:
            times += system.ask(batches=self._inputs(0), output="logits")["ms"]
        self.note_lead(system, median(times))
        return times[0]

    def turn(self, system: System, number: int) -> list[float]:
        batches = self._inputs(number)
        self.note_inputs(number, batches)
        lead = self.leads.get(system.name, 0)
        before = [self._inputs(0)[i % self._runs] for i in range(lead)]
        return system.measure(batches=before + batches, output="logits")["ms"][lead:]

    def answer(self, system: System) -> list:
        batches = self._inputs(0)[:COMPARED_BATCHES]
        return system.ask(batches=batches, output="logits", values=True)["values"]

    def _inputs(self, number: int) -> list:
        """Of turn 0, the warm-up, or of a measured one; made once."""
        if number not in self._turns:
            self._turns = {key: self._turns[key] for key in (0, *list(self._turns)[-2:])
                           if key in self._turns}  # fmt: skip
            self._turns[number] = [self._sequences.batch(*self._shape) for _ in range(self._runs)]
        return self._turns[number]


class DatasetCase(Case):
    """Texts to labels, tokenizing included, some other part of the texts in each turn."""

    def __init__(self, name: str, dataset: Dataset, plan: dict, part: int = 256):
        super().__init__(name, "ms/text", "texts", facts={"plan": plan["plan"]})
        self.facts["batch"] = plan["batch_sequences"] or None
        self._dataset, self._plan = dataset, plan
        self._part = min(part, len(dataset.texts))
        self.labels: dict[str, dict[int, int]] = {}  # of each system, by number of the text
        self.padding: dict[str, tuple[int, int]] = {}  # of each system: tokens, padded tokens
        self.ways: dict[str, str] = {}  # of each system, where they differ

    def plan_of(self, _: System) -> dict:
        return self._plan

    def warm(self, system: System) -> float:
        first = self._ask(system, 0)[1]
        self.note_lead(system, 1000 * min(first, self._ask(system, 0)[1]))
        return 1000 * first / self._part

    def turn(self, system: System, number: int) -> list[float]:
        for _ in range(self.leads.get(system.name, 0)):
            self._ask(system, 0)
        chosen, seconds, answer = self._ask(system, number, system.measure)
        self.note_inputs(number, in_pass(number, self._stride(), chosen))
        labels = self.labels.setdefault(system.name, {})
        labels.update(zip(chosen, answer["labels"]))
        if "tokens" in answer:
            tokens, padded = self.padding.get(system.name, (0, 0))
            self.padding[system.name] = (
                tokens + answer["tokens"], padded + answer["padded_tokens"],
            )  # fmt: skip
        return [1000 * seconds / len(chosen)]

    def _stride(self) -> int:
        return max(1, len(self._dataset.texts) // self._part)

    def _ask(
        self, system: System, number: int, ask: Callable[..., dict] | None = None
    ) -> tuple[list[int], float, dict]:
        """Turn n takes each k-th text from the n-th on, so that every turn has texts of all."""
        stride = self._stride()
        chosen = list(range(number % stride, len(self._dataset.texts), stride))[: self._part]
        texts = [self._dataset.texts[i] for i in chosen]
        answer = (ask or system.ask)(texts=texts, **self.plan_of(system))
        return chosen, answer["seconds"], answer


class TunedCase(DatasetCase):
    """Every system in the way that is fastest for it: found by trial, before the turns."""

    CANDIDATES = (8, 32)
    TRIALS = 2  # of each candidate, in turns; the best counts

    def __init__(self, dataset: Dataset, threads: int, part: int = 256):
        plan = {"plan": "grouped", "batch_sequences": 0, "batch_tokens": 2048, "streams": 1}
        super().__init__("fastest way", dataset, plan, part)
        self._threads = threads
        self._tuned: dict[str, dict] = {}  # by command: the baseline, which runs twice, has one way

    def plan_of(self, system: System) -> dict:
        return self._tuned.get(str(system.plan.command), self._plan)

    def warm(self, system: System) -> float:
        if not system.plan.ours and str(system.plan.command) not in self._tuned:
            self._tune(system)
        self.ways[system.name] = _way(self.plan_of(system))
        return super().warm(system)

    def _tune(self, system: System) -> None:
        best = float("inf"), self._plan
        for trial in range(1 + self.TRIALS):
            for plan in self._candidates():
                self._tuned[str(system.plan.command)] = plan
                seconds = self._ask(system, 0)[1]
                if trial > 0 and seconds < best[0]:  # the first warms up
                    best = seconds, plan
        self._tuned[str(system.plan.command)] = best[1]

    def _candidates(self) -> list[dict]:
        streams = {1, self._threads}
        return [
            {"plan": "grouped", "batch_sequences": size, "batch_tokens": 0, "streams": count}
            for size in self.CANDIDATES
            for count in sorted(streams)
        ]


def _way(plan: dict) -> str:
    size = f"{plan['batch_sequences']} texts" if plan["batch_sequences"] else ""
    tokens = f"{plan['batch_tokens']} tokens" if plan["batch_tokens"] else ""
    return f"batches of {size or tokens}, {plan['streams']} at a time"


class TokenizeCase(Case):
    """Texts to token ids."""

    def __init__(self, dataset: Dataset, part: int = 2000):
        super().__init__("encode", "ms/1000 texts", "tokenize")
        self._dataset, self._part = dataset, min(part, len(dataset.texts))

    def warm(self, system: System) -> float:
        first = self._ask(system, 0)[1]
        self.note_lead(system, min(first, self._ask(system, 0)[1]) * self._part / 1000)
        return first

    def turn(self, system: System, number: int) -> list[float]:
        for _ in range(self.leads.get(system.name, 0)):
            self._ask(system, 0)
        chosen, value = self._ask(system, number, system.measure)
        self.note_inputs(number, in_pass(number, self._stride(), chosen))
        return [value]

    def answer(self, system: System) -> list[list[int]]:
        return system.ask(tokenize=self._dataset.texts[: self._part], values=True)["values"]

    def compare(self, answer: list, reference: list) -> dict:
        same = sum(one == other for one, other in zip(answer, reference))
        return {"ids_equal": same / max(1, len(reference))}

    def _stride(self) -> int:
        return max(1, len(self._dataset.texts) // self._part)

    def _ask(
        self, system: System, number: int, ask: Callable[..., dict] | None = None
    ) -> tuple[list[int], float]:
        stride = self._stride()
        chosen = list(range(number % stride, len(self._dataset.texts), stride))
        texts = [self._dataset.texts[i] for i in chosen]
        return chosen, 1e6 * (ask or system.ask)(tokenize=texts)["seconds"] / len(texts)


class TensorCase(Case):
    """Random images, one a run, from a file that all systems read."""

    RUNS = 20

    def __init__(self, shape: list[int], path: Path, rows: int):
        super().__init__("x".join(map(str, shape)), "ms", "tensors", facts={"batch": shape[0]})
        self._shape, self._path, self._rows = shape, path, rows
        if not path.exists() or path.stat().st_size != 4 * rows * int(np.prod(shape)):
            values = np.random.default_rng(1).random((rows, *shape), dtype=np.float32)
            path.parent.mkdir(parents=True, exist_ok=True)
            values.tofile(path)

    def warm(self, system: System) -> float:
        times = self._ask(system, list(range(5)))["ms"]
        self.note_lead(system, median(times))
        return times[0]

    def turn(self, system: System, number: int) -> list[float]:
        lead = self.leads.get(system.name, 0)
        first = number * self.RUNS
        rows = [(first + i) % self._rows for i in range(-lead, self.RUNS)]
        return self._ask(system, rows)["ms"][lead:]

    def answer(self, system: System) -> list:
        return self._ask(system, [0, 1, 2], values=True)["values"]

    def _ask(self, system: System, rows: list[int], values: bool = False) -> dict:
        return system.measure(tensors=str(self._path), shape=self._shape, rows=rows, values=values)
