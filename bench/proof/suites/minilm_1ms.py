"""hf.co_1ms again: MiniLM, one sequence, 16 and 128 tokens, every engine and precision."""

from pathlib import Path

from proof import systems
from proof.cases import ShapeCase
from proof.process import Plan
from proof.published import HF_CO_1MS
from proof.suite import MODELS, Context, Length, Suite
from proof.texts import Dataset, Sequences


def plans(context: Context, model: Path) -> list[Plan]:
    ours = systems.martlet_engines(context.build, model)
    if not context.quick:
        ours += systems.martlet_levels(context.build, model)
    return [*ours, *systems.pytorch(model), *systems.engines(model), *systems.on_gpu()]


def cases(_: Context, model: Path, dataset: Dataset) -> list[ShapeCase]:
    sequences = Sequences(model, dataset.texts)
    return [ShapeCase(1, length, sequences) for length in (16, 128)]


SUITE = Suite(
    name="minilm-1ms",
    title="MiniLM, one sequence at a time",
    baseline="PyTorch eager fp32",
    model=lambda _: MODELS / "minilm-sst2",
    plans=plans,
    cases=cases,
    quick=Length(sittings=2, seconds=50, narrow=0.02),
    full=Length(sittings=5, seconds=180, narrow=0.005),
    published=HF_CO_1MS,
)
