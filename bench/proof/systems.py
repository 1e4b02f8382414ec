"""Every system by name: martlet's engines and the peers."""

import sys
from dataclasses import replace
from pathlib import Path

from proof.process import Plan, peer

NEEDS_GPU = "needs a GPU and its runtime; martlet is measured on the CPU"


def martlet(
    build: Path, model: Path, precision: str, engine: str = "native", isa: str = ""
) -> Plan:
    named = {"onnxruntime": "on ONNX Runtime ", "openvino": "on OpenVINO ", "native": ""}[engine]
    return Plan(
        f"martlet {named}{precision} {isa}".strip(),
        [build / "tools" / "model_probe", model, "--precision", precision, "--engine", engine,
         "--threads", "{threads}"],
        precision,
        ours=True,
        environment={"MARTLET_FORCE_ISA": isa} if isa else {},
    )  # fmt: skip


def martlet_engines(build: Path, model: Path) -> list[Plan]:
    plans = [martlet(build, model, precision) for precision in ("int8", "bf16", "fp32")]
    return [
        *plans,
        martlet(build, model, "fp32", "onnxruntime"),
        martlet(build, model, "fp32", "openvino"),
    ]


def martlet_levels(build: Path, model: Path) -> list[Plan]:
    """The levels of the instruction set below the machine's."""
    return [
        martlet(build, model, "int8", isa="avx512_vnni"),
        martlet(build, model, "int8", isa="avx2"),
        martlet(build, model, "fp32", isa="avx2"),
    ]


def pytorch(model: Path) -> list[Plan]:
    return [
        peer("PyTorch eager fp32", "pytorch", "eager", model),
        peer("PyTorch eager bf16", "pytorch", "bf16", model, "bf16"),
        peer("PyTorch compiled fp32", "pytorch", "compiled", model),
        peer("TorchScript fp32", "pytorch", "traced", model),
        peer("PyTorch int8", "pytorch", "int8", model, "int8"),
        peer("TorchScript int8", "pytorch", "traced-int8", model, "int8"),
    ]


def engines(model: Path) -> list[Plan]:
    return [
        peer("ONNX Runtime raw fp32", "onnxruntime", "raw", model),
        peer("ONNX Runtime fp32", "onnxruntime", "fp32", model),
        peer("ONNX Runtime int8", "onnxruntime", "int8", model, "int8"),
        peer("OpenVINO fp32", "openvino", "fp32", model),
        peer("OpenVINO bf16", "openvino", "bf16", model, "bf16"),
        peer("OpenVINO int8", "openvino", "int8", model, "int8"),
        peer("OpenVINO int8, rest fp32", "openvino", "int8-f32", model, "int8"),
        peer("CTranslate2 fp32", "ctranslate2", "fp32", model),
        peer("CTranslate2 int8", "ctranslate2", "int8", model, "int8"),
    ]


def text_pipelines(model: Path) -> list[Plan]:
    return [
        peer("transformers pipeline", "transformers", "-", model),
        replace(
            peer("sentence-transformers", "sentence-transformers", "-", model),
            remark="embeddings, no labels",
        ),
    ]


def on_gpu() -> list[Plan]:
    """Rows of the seeds' tables that this bench cannot fill."""
    names = ["PyTorch GPU fp16", "ONNX Runtime GPU fp16", "TensorRT fp16"]
    return [Plan(name, precision="fp16", missing=NEEDS_GPU) for name in names]


def user_peer(word: str, model: Path) -> Plan:
    """--peer NAME=COMMAND; {model} and {threads} in the command are filled in."""
    name, _, command = word.partition("=")
    if not command:
        raise SystemExit(f"bench: --peer, got '{word}', expected NAME=COMMAND")
    words = [part.replace("{model}", str(model)) for part in command.split()]
    return Plan(name, [sys.executable if part == "python" else part for part in words])


def slowed(plan: Plan, factor: float) -> Plan:
    return (
        plan if factor == 1 else replace(plan, slower=factor, remark=f"planted: times x {factor}")
    )


def again(baseline: Plan) -> Plan:
    """The same under another name: what the two differ by, the run cannot tell."""
    return replace(baseline, name=f"{baseline.name} (again)")
