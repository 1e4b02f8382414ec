"""PyTorch: eager, compiled, TorchScript; fp32 and dynamic int8."""

from pathlib import Path

import numpy as np
import torch
import transformers
from peer_engine import Engine, Ids, padded

transformers.logging.set_verbosity_error()
transformers.logging.disable_progress_bar()


class PyTorch(Engine):
    """`variant`: eager, compiled, traced, int8 or traced-int8."""

    streams = False  # its number of threads is one for the whole process

    def __init__(self, variant: str, model: Path, threads: int):
        torch.set_num_threads(threads)
        traced = variant.startswith("traced")
        self._network = transformers.AutoModelForSequenceClassification.from_pretrained(
            model,
            dtype=torch.float32,
            return_dict=not traced,
            # what tracing can follow for every shape
            attn_implementation="eager" if traced else "sdpa",
        ).eval()
        self._compiled = None
        if variant.endswith("int8"):
            self._network = torch.ao.quantization.quantize_dynamic(
                self._network, {torch.nn.Linear}, dtype=torch.qint8
            )
        if traced:
            self._network = self._trace()
        if variant == "compiled":
            self._compiled = torch.compile(self._network, dynamic=False)
            self._network = torch.compile(self._network, dynamic=True)
        self.version = f"PyTorch {torch.__version__}, transformers {transformers.__version__}"

    def prepare(self, batch: Ids) -> tuple[torch.Tensor, torch.Tensor]:
        ids, mask = padded(batch)
        return torch.from_numpy(ids), torch.from_numpy(mask)

    def logits(self, inputs: tuple[torch.Tensor, torch.Tensor]) -> np.ndarray:
        ids, mask = inputs
        with torch.inference_mode():
            answer = self._for_shape(ids)(input_ids=ids, attention_mask=mask)
        return (answer[0] if isinstance(answer, tuple) else answer.logits).numpy()

    def _trace(self) -> torch.jit.ScriptModule:
        torch.jit.set_fusion_strategy([])  # else every new shape is compiled anew, for seconds
        ids = torch.ones(2, 8, dtype=torch.int64)
        with torch.inference_mode():
            traced = torch.jit.trace(
                self._network,
                example_kwarg_inputs={"input_ids": ids, "attention_mask": torch.ones_like(ids)},
                strict=False,
            )
            return torch.jit.freeze(traced)

    def _for_shape(self, ids: torch.Tensor) -> torch.nn.Module:
        """Code of its own for the shapes whose latency is measured; code for every shape for the
        many shapes of a dataset."""
        fixed = self._compiled is not None and tuple(ids.shape) in FIXED_SHAPES
        return self._compiled if fixed else self._network


FIXED_SHAPES = {(1, 16), (1, 128), (32, 16), (8, 128)}
