"""ResNet18 one image at a time, as the post about PyTorch and ML.NET had it."""

from pathlib import Path

from proof.cases import TensorCase
from proof.process import Plan, peer
from proof.published import RESNET18
from proof.suite import SCRATCH, Context, Length, Suite
from proof.suites.models import resnet18
from proof.texts import Dataset

SHAPE = [1, 3, 256, 260]
ROWS = 256  # different images; 10,000 runs see each about forty times


def plans(context: Context, model: Path) -> list[Plan]:
    probe = context.build / "tools" / "model_probe"

    def ours(name: str, engine: str) -> Plan:
        command = [probe, model, "--engine", engine, "--threads", "{threads}"]
        return Plan(name, command, ours=True)

    return [
        ours("martlet on ONNX Runtime fp32", "onnxruntime"),
        ours("martlet on OpenVINO fp32", "openvino"),
        peer("TorchScript fp32", "pytorch-tensors", "traced", model),
        peer("ONNX Runtime fp32", "onnxruntime-tensors", "fp32", model),
        peer("OpenVINO fp32", "openvino-tensors", "fp32", model),
        peer("OpenVINO bf16", "openvino-tensors", "bf16", model, "bf16"),
    ]


def cases(context: Context, _: Path, __: Dataset | None) -> list[TensorCase]:
    return [TensorCase(SHAPE, SCRATCH / "resnet18-images.f32", ROWS)]


SUITE = Suite(
    name="resnet18",
    title="ResNet18, one image at a time",
    baseline="TorchScript fp32",
    model=lambda _: resnet18(SHAPE),
    plans=plans,
    cases=cases,
    quick=Length(sittings=2, seconds=40, narrow=0.01),
    full=Length(sittings=5, seconds=900, narrow=0.002),
    published=RESNET18,
    needs_texts=False,
)
