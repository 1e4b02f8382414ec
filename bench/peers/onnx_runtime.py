"""ONNX Runtime: the graph as PyTorch exports it, and fused by its own transformer optimizer."""

from collections import Counter
from pathlib import Path

import numpy as np
import onnx
import onnxruntime

from peers.engine import Engine, Ids, bert_inputs
from peers.exports import fused_onnx, int8_onnx, plain_onnx

GRAPHS = {"raw": plain_onnx, "fp32": fused_onnx, "int8": int8_onnx}


class OnnxRuntime(Engine):
    """`variant`: raw (no optimization at all), fp32 or int8 (dynamic)."""

    version = f"ONNX Runtime {onnxruntime.__version__}"

    def __init__(self, variant: str, model: Path, threads: int):
        options = session_options(threads)
        if variant == "raw":
            options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
        self._precision = "int8" if variant == "int8" else "fp32"
        self._path = GRAPHS[variant](model)
        self._session = onnxruntime.InferenceSession(
            self._path, options, providers=["CPUExecutionProvider"]
        )

    @classmethod
    def make_files(cls, variant: str, model: Path) -> None:
        GRAPHS[variant](model)

    def executed(self) -> dict:
        """The operators of the file, most of which are not fused any further."""
        graph = onnx.load(self._path, load_external_data=False).graph
        kernels = Counter(node.op_type for node in graph.node)
        return {"precision": self._precision, "kernels": dict(kernels.most_common())}

    def prepare(self, batch: Ids) -> dict[str, np.ndarray]:
        return bert_inputs(batch)

    def logits(self, inputs: dict[str, np.ndarray]) -> np.ndarray:
        return self._session.run(["logits"], inputs)[0]


def session_options(threads: int) -> onnxruntime.SessionOptions:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    return options
