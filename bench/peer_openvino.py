"""OpenVINO: fp32, bf16, and int8 by NNCF's post-training quantization."""

from pathlib import Path

import numpy as np
import openvino
from exports import int8_openvino, plain_onnx
from peer_engine import Engine, Ids, bert_inputs

# What the parts that are not int8 are computed in; "" is OpenVINO's own choice.
HINTS = {"fp32": "f32", "bf16": "bf16", "int8": "", "int8-f32": "f32"}


class OpenVino(Engine):
    """`variant`: a word of HINTS."""

    def __init__(self, variant: str, model: Path, threads: int):
        config = {
            "PERFORMANCE_HINT": "LATENCY",
            "NUM_STREAMS": 1,
            "INFERENCE_NUM_THREADS": threads,
        }
        if threads == 1:  # one of several streams: all would be pinned to the same core
            config["ENABLE_CPU_PINNING"] = False
        if HINTS[variant]:
            config["INFERENCE_PRECISION_HINT"] = HINTS[variant]
        path = int8_openvino(model) if variant.startswith("int8") else plain_onnx(model)
        self._request = openvino.Core().compile_model(path, "CPU", config).create_infer_request()
        self.version = f"OpenVINO {openvino.__version__}"

    def prepare(self, batch: Ids) -> dict[str, np.ndarray]:
        return bert_inputs(batch)

    def logits(self, inputs: dict[str, np.ndarray]) -> np.ndarray:
        return self._request.infer(inputs, share_inputs=True)["logits"]
