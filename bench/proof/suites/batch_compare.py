"""inference-benchmarks again: batch sizes over a dataset, normalized to native PyTorch."""

from pathlib import Path

from proof import systems
from proof.cases import DatasetCase
from proof.process import Plan
from proof.published import INFERENCE_BENCHMARKS
from proof.suite import MODELS, Context, Length, Suite
from proof.texts import Dataset

SIZES = (1, 5, 10, 20, 30, 40)
QUICK = (1, 10, 40)
QUICK_SYSTEMS = ("martlet int8", "martlet fp32", "eager fp32", "TorchScript fp32",
                 "Runtime fp32", "OpenVINO fp32", "TensorRT")  # fmt: skip


def plans(context: Context, model: Path) -> list[Plan]:
    ours = [systems.martlet(context.build, model, word) for word in ("int8", "bf16", "fp32")]
    found = [*ours, *systems.pytorch(model), *systems.engines(model), *systems.on_gpu()]
    if context.quick:
        found = [plan for plan in found if any(word in plan.name for word in QUICK_SYSTEMS)]
    return found


def cases(context: Context, _: Path, dataset: Dataset) -> list[DatasetCase]:
    def way(size: int) -> dict:
        return {"plan": "serial", "batch_sequences": size, "batch_tokens": 0, "streams": 1}

    part = 80 if context.quick else 1200
    sizes = QUICK if context.quick else SIZES
    return [DatasetCase(f"batch {size}", dataset, way(size), part) for size in sizes]


SUITE = Suite(
    name="batch-compare",
    title="Batch sizes over a dataset",
    baseline="PyTorch eager fp32",
    model=lambda _: MODELS / "minilm-sst2",
    plans=plans,
    cases=cases,
    quick=Length(sittings=1, seconds=45, narrow=0.03),
    full=Length(sittings=3, seconds=600, narrow=0.01),
    published=INFERENCE_BENCHMARKS,
)
