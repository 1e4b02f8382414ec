"""Engines that run any ONNX graph on tensors of a file, one row of it a run."""

from functools import lru_cache
from pathlib import Path

import numpy as np

from peers.engine import Engine


@lru_cache(1)
def rows_of(path: str, shape: tuple[int, ...]) -> np.ndarray:
    return np.memmap(path, np.float32, "r").reshape(-1, *shape)


class TensorEngine(Engine):
    """The graph has one input and answers with its first output."""

    answers = ("tensors",)

    def prepare(self, batch: tuple[str, list[int], int]) -> np.ndarray:
        path, shape, row = batch
        return np.array(rows_of(path, tuple(shape))[row])


class OnnxRuntimeTensors(TensorEngine):
    def __init__(self, _: str, model: Path, threads: int):
        import onnxruntime

        from peers.onnx_runtime import session_options

        self._session = onnxruntime.InferenceSession(
            model, session_options(threads), providers=["CPUExecutionProvider"]
        )
        self._input = self._session.get_inputs()[0].name
        self.version = f"ONNX Runtime {onnxruntime.__version__}"

    def executed(self) -> dict:
        return {"precision": "fp32"}

    def logits(self, inputs: np.ndarray) -> np.ndarray:
        return self._session.run(None, {self._input: inputs})[0]


class OpenVinoTensors(TensorEngine):
    """`variant`: fp32 or bf16."""

    def __init__(self, variant: str, model: Path, threads: int):
        import openvino

        from peers.openvino_runtime import HINTS, configuration

        self._compiled = openvino.Core().compile_model(
            model, "CPU", configuration(threads, HINTS[variant])
        )
        self._request = self._compiled.create_infer_request()
        self.version = f"OpenVINO {openvino.__version__}"

    def executed(self) -> dict:
        from peers.openvino_runtime import executed

        return executed(self._compiled)

    def logits(self, inputs: np.ndarray) -> np.ndarray:
        return self._request.infer([inputs], share_inputs=True)[0]


class PyTorchTensors(TensorEngine):
    """The network whose export the ONNX graph is: FILE.pt beside FILE.onnx. `variant`: traced."""

    streams = False

    def __init__(self, _: str, model: Path, threads: int):
        import torch

        torch.set_num_threads(threads)
        self._torch = torch
        self._network = torch.jit.freeze(torch.jit.load(model.with_suffix(".pt")).eval())
        self.version = f"PyTorch {torch.__version__}"

    def executed(self) -> dict:
        return {"precision": "fp32", "isa": self._torch.backends.cpu.get_cpu_capability()}

    def logits(self, inputs: np.ndarray) -> np.ndarray:
        with self._torch.inference_mode():
            return self._network(self._torch.from_numpy(inputs)).numpy()
