"""MiniLM, 32 sequences of 16 tokens at a time: what a batch adds to minilm-1ms."""

from pathlib import Path

from proof.cases import ShapeCase
from proof.suite import MODELS, Context, Length, Suite
from proof.suites.minilm_1ms import plans
from proof.texts import Dataset, Sequences


def cases(_: Context, model: Path, dataset: Dataset) -> list[ShapeCase]:
    return [ShapeCase(32, 16, Sequences(model, dataset.texts))]


SUITE = Suite(
    name="minilm-batch",
    title="MiniLM, a batch at a time",
    baseline="PyTorch eager fp32",
    model=lambda _: MODELS / "minilm-sst2",
    plans=plans,
    cases=cases,
    quick=Length(sittings=1, seconds=50, narrow=0.02),
    full=Length(sittings=5, seconds=120, narrow=0.005),
)
