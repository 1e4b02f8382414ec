"""high-perf-ML again: the sentences of SST-2 from text to label, in several ways."""

from pathlib import Path

from proof import systems
from proof.cases import DatasetCase, TunedCase
from proof.process import Plan
from proof.published import HIGH_PERF_ML
from proof.suite import MODELS, Context, Length, Suite
from proof.texts import Dataset

WAYS = {
    # the Python baseline of the seed
    "20 in order": {"plan": "serial", "batch_sequences": 20, "batch_tokens": 0, "streams": 1},
    # its C# program: small batches, many at a time
    "12, all threads": {"plan": "parallel", "batch_sequences": 12, "batch_tokens": 0, "streams": 0},
    "sorted, 32": {"plan": "grouped", "batch_sequences": 32, "batch_tokens": 0, "streams": 1},
    "sorted, 2048 tokens": {
        "plan": "grouped", "batch_sequences": 0, "batch_tokens": 2048, "streams": 1,
    },
}  # fmt: skip


def plans(context: Context, model: Path) -> list[Plan]:
    ours = systems.martlet_engines(context.build, model)
    theirs = [*systems.pytorch(model), *systems.engines(model), *systems.text_pipelines(model)]
    if context.quick:
        left_out = ("compiled", "TorchScript int8", "raw", "rest fp32", "on ")
        ours = [plan for plan in ours if "on " not in plan.name]
        theirs = [plan for plan in theirs if not any(word in plan.name for word in left_out)]
    return [*ours, *theirs]


def cases(context: Context, _: Path, dataset: Dataset) -> list[DatasetCase]:
    part = 128 if context.quick else 2000
    ways = {
        name: way | {"streams": way["streams"] or context.threads} for name, way in WAYS.items()
    }
    return [
        *(DatasetCase(name, dataset, way, part) for name, way in ways.items()),
        TunedCase(dataset, context.threads, part),
    ]


SUITE = Suite(
    name="sst2",
    title="Sentences from text to label",
    baseline="PyTorch eager fp32",
    model=lambda _: MODELS / "minilm-sst2",
    plans=plans,
    cases=cases,
    quick=Length(sittings=1, seconds=150, narrow=0.03),
    full=Length(sittings=3, seconds=900, narrow=0.01),
    published=HIGH_PERF_ML,
)
