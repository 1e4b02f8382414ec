"""ONNX Runtime on the graph that its own transformer optimizer fused."""

from pathlib import Path

import numpy as np
import onnxruntime
from exports import fused_onnx, int8_onnx
from peer_engine import Engine, Ids, bert_inputs


class OnnxRuntime(Engine):
    """`variant`: fp32 or int8 (dynamic)."""

    def __init__(self, variant: str, model: Path, threads: int):
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        path = int8_onnx(model) if variant == "int8" else fused_onnx(model)
        self._session = onnxruntime.InferenceSession(
            path, options, providers=["CPUExecutionProvider"]
        )
        self.version = f"ONNX Runtime {onnxruntime.__version__}"

    def prepare(self, batch: Ids) -> dict[str, np.ndarray]:
        return bert_inputs(batch)

    def logits(self, inputs: dict[str, np.ndarray]) -> np.ndarray:
        return self._session.run(["logits"], inputs)[0]
