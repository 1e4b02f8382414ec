"""From starting a process to its first answer, with the model's files in the page cache and not."""

import os
import time
from pathlib import Path
from statistics import median

from peers.exports import EXPORTS

from proof import environment, systems
from proof.cases import Case
from proof.process import Plan, System, peer
from proof.record import Record
from proof.suite import MODELS, Context, Length, Suite
from proof.texts import Dataset, Sequences


class Starter:
    """Stands for a system; its process lives for one turn."""

    answers = ("start",)
    pid = os.getpid()

    def __init__(self, plan: Plan, threads: int, log: Path):
        self.plan, self.name, self.facts = plan, plan.name, {}
        self._threads, self._log = threads, log
        self.parts: dict[str, list[dict]] = {}  # by case: milliseconds of each part of a start

    def hello(self) -> None:
        """Makes what the engine exports, once, outside the clock."""
        self.start("exports", None)

    def load(self) -> None:
        pass

    def close(self) -> None:
        pass

    def start(self, case: str, batch: list | None) -> float:
        """Milliseconds from starting the process to its first answer."""
        began = time.perf_counter()
        system = System(self.plan, self._threads, self._log)
        try:
            system.hello()
            system.load()
            loaded = time.perf_counter()
            if batch:
                system.ask(batches=[batch])
            total = 1000 * (time.perf_counter() - began)
        finally:
            system.close()
        self.facts |= system.facts
        if batch:
            part = {"start_ms": system.facts["start_ms"], "load_ms": system.facts["load_ms"]}
            part["first_ms"] = (
                1000 * (time.perf_counter() - loaded)
                if not batch
                else total - (1000 * (loaded - began))
            )
            self.parts.setdefault(case, []).append(part)
        return total


class ColdCase(Case):
    def __init__(self, name: str, sequences: Sequences, forgotten: list[Path]):
        super().__init__(name, "ms", "start")
        self._sequences, self._forgotten = sequences, forgotten
        self._batches: dict[int, list] = {}
        self.systems: dict[str, Starter] = {}

    def warm(self, system: Starter) -> float:
        self.systems[system.name] = system
        return self.turn(system, 0)[0]

    def turn(self, system: Starter, number: int) -> list[float]:
        if number not in self._batches:
            self._batches[number] = self._sequences.batch(1, 16)
            self.note_inputs(number, self._batches[number])
        environment.forget_files(self._forgotten)
        return [system.start(self.name, self._batches[number])]


def plans(context: Context, model: Path) -> list[Plan]:
    ours = [systems.martlet(context.build, model, word) for word in ("int8", "fp32")]
    found = [
        *ours,
        peer("PyTorch eager fp32", "pytorch", "eager", model),
        peer("ONNX Runtime fp32", "onnxruntime", "fp32", model),
        peer("OpenVINO fp32", "openvino", "fp32", model),
        peer("CTranslate2 fp32", "ctranslate2", "fp32", model),
    ]
    if not context.quick:
        found.append(peer("PyTorch compiled fp32", "pytorch", "compiled", model))
    return found


def cases(_: Context, model: Path, dataset: Dataset) -> list[Case]:
    sequences = Sequences(model, dataset.spread(2000).texts)
    exports = [path for path in EXPORTS.glob(f"{model.name}-*/**/*") if path.is_file()]
    files = [path for path in model.resolve().iterdir() if path.is_file()] + exports
    return [
        ColdCase("files in memory", sequences, []),
        ColdCase("files on disk", sequences, files),
    ]


def note_parts(record: Record, cases: list[ColdCase]) -> None:
    for case in cases:
        for name, starter in case.systems.items():
            parts = starter.parts.get(case.name, [])
            if parts:
                found = {word: median(part[word] for part in parts) for word in parts[0]}
                record.add_check(case.name, name, found)


SUITE = Suite(
    name="cold-start",
    title="From nothing to the first answer",
    baseline="PyTorch eager fp32",
    model=lambda _: MODELS / "minilm-sst2",
    plans=plans,
    cases=cases,
    quick=Length(sittings=1, seconds=60, narrow=0.05),
    full=Length(sittings=1, seconds=600, narrow=0.02),
    start=Starter,
    finish=note_parts,
)
