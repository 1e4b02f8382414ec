"""OpenVINO: fp32, bf16, and int8 by NNCF's post-training quantization."""

from collections import Counter
from pathlib import Path

import numpy as np
import openvino

from peers.engine import Engine, Ids, bert_inputs
from peers.exports import int8_openvino, plain_onnx

# What the parts that are not int8 are computed in; "" is OpenVINO's own choice.
HINTS = {"fp32": "f32", "bf16": "bf16", "int8": "", "int8-f32": "f32"}


class OpenVino(Engine):
    """`variant`: a word of HINTS."""

    version = f"OpenVINO {openvino.__version__}"

    def __init__(self, variant: str, model: Path, threads: int):
        self._compiled = openvino.Core().compile_model(
            graph(variant, model), "CPU", configuration(threads, HINTS[variant])
        )
        self._request = self._compiled.create_infer_request()

    @classmethod
    def make_files(cls, variant: str, model: Path) -> None:
        graph(variant, model)

    def executed(self) -> dict:
        return executed(self._compiled)

    def prepare(self, batch: Ids) -> dict[str, np.ndarray]:
        return bert_inputs(batch)

    def logits(self, inputs: dict[str, np.ndarray]) -> np.ndarray:
        return self._request.infer(inputs, share_inputs=True)["logits"]


def graph(variant: str, model: Path) -> Path:
    return int8_openvino(model) if variant.startswith("int8") else plain_onnx(model)


def configuration(threads: int, precision: str) -> dict:
    config = {
        "PERFORMANCE_HINT": "LATENCY",
        "NUM_STREAMS": 1,
        "INFERENCE_NUM_THREADS": threads,
    }
    if threads == 1:  # one of several streams: all would be pinned to the same core
        config["ENABLE_CPU_PINNING"] = False
    if precision:
        config["INFERENCE_PRECISION_HINT"] = precision
    return config


def executed(compiled: openvino.CompiledModel) -> dict:
    """Of the layers that multiply: what the plug-in says it runs."""
    kernels: Counter = Counter()
    for layer in compiled.get_runtime_model().get_ops():
        facts = layer.get_rt_info()
        kind = str(facts["layerType"].value) if "layerType" in facts else ""
        if kind in ("FullyConnected", "MatMul", "Convolution"):
            kernels[f"{kind} {facts['execType'].value}"] += 1
    precisions = [name.rpartition("_")[2].lower() for name, _ in kernels.most_common()]
    words = {"f32": "fp32", "i8": "int8", "u8": "int8"}
    found = precisions[0] if precisions else ""
    return {"precision": words.get(found, found), "kernels": dict(kernels.most_common())}
