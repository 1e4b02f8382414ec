"""PyTorch: eager, compiled, TorchScript; fp32, bf16 and dynamic int8."""

from pathlib import Path

import numpy as np
import torch
import transformers

from peers.engine import Engine, Ids, padded

transformers.logging.set_verbosity_error()
transformers.logging.disable_progress_bar()


class PyTorch(Engine):
    """`variant`: eager, bf16, compiled, traced, int8 or traced-int8."""

    streams = False  # its number of threads is one for the whole process
    version = f"PyTorch {torch.__version__}, transformers {transformers.__version__}"

    def __init__(self, variant: str, model: Path, threads: int):
        torch.set_num_threads(threads)
        traced = variant.startswith("traced")
        self._variant = variant
        self._network = transformers.AutoModelForSequenceClassification.from_pretrained(
            model,
            dtype=torch.bfloat16 if variant == "bf16" else torch.float32,
            return_dict=not traced,
            # what tracing can follow for every shape
            attn_implementation="eager" if traced else "sdpa",
        ).eval()
        if variant.endswith("int8"):
            self._network = torch.ao.quantization.quantize_dynamic(
                self._network, {torch.nn.Linear}, dtype=torch.qint8
            )
        if traced:
            self._network = self._trace()
        if variant == "compiled":
            self._compiled = torch.compile(self._network, dynamic=False)
            self._any_shape = torch.compile(self._network, dynamic=True)
        self._fixed: set[tuple] = set()  # shapes that were asked for as such

    def executed(self) -> dict:
        precision = {"bf16": "bf16", "int8": "int8", "traced-int8": "int8"}
        return {
            "precision": precision.get(self._variant, "fp32"),
            "isa": torch.backends.cpu.get_cpu_capability(),
        }

    def prepare(self, batch: Ids) -> tuple[torch.Tensor, torch.Tensor]:
        ids, mask = padded(batch)
        return torch.from_numpy(ids), torch.from_numpy(mask)

    def logits(self, inputs: tuple[torch.Tensor, torch.Tensor]) -> np.ndarray:
        ids, mask = inputs
        with torch.inference_mode():
            answer = self._for_shape(ids, mask)(input_ids=ids, attention_mask=mask)
        values = answer[0] if isinstance(answer, tuple) else answer.logits
        return values.float().numpy()

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

    def _for_shape(self, ids: torch.Tensor, mask: torch.Tensor) -> torch.nn.Module:
        """Compiled: code of its own for full batches of few shapes, as latency is measured with;
        code for every shape for the many shapes of a dataset."""
        if self._variant != "compiled":
            return self._network
        shape = tuple(ids.shape)
        if len(self._fixed) < MOST_FIXED and bool(mask.all()):
            self._fixed.add(shape)
        return self._compiled if shape in self._fixed else self._any_shape


MOST_FIXED = 4
