"""CTranslate2's encoder, with the classifier's one small product in numpy."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import ctranslate2
import numpy as np
from safetensors.numpy import load_file

from peers.engine import Engine, Ids, padded
from peers.exports import ctranslate2_model


def in_thread_of_its_own(make: Callable[[], ctranslate2.Encoder]) -> ctranslate2.Encoder:
    """Loading leaves OpenMP threads behind that end with the thread which loaded. Beside them the
    encoder's own are more than there are cores, and libgomp then puts threads to sleep at every
    barrier: 8 ms instead of 1.1 for 16 tokens on two cores."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(make).result()


class CTranslate2(Engine):
    """`variant`: fp32 or int8."""

    version = f"CTranslate2 {ctranslate2.__version__}"

    def __init__(self, variant: str, model: Path, threads: int):
        self._encoder = in_thread_of_its_own(
            lambda: ctranslate2.Encoder(
                str(ctranslate2_model(model)),
                device="cpu",
                compute_type="int8" if variant == "int8" else "float32",
                inter_threads=1,
                intra_threads=threads,
            )
        )
        weights = load_file(model / "model.safetensors")
        self._weight = weights["classifier.weight"].T.copy()
        self._bias = weights["classifier.bias"]

    @classmethod
    def make_files(cls, variant: str, model: Path) -> None:
        ctranslate2_model(model)

    def executed(self) -> dict:
        words = {"float32": "fp32", "int8_float32": "int8"}
        return {"precision": words.get(self._encoder.compute_type, self._encoder.compute_type)}

    def prepare(self, batch: Ids) -> tuple[ctranslate2.StorageView, ctranslate2.StorageView]:
        ids, mask = padded(batch, np.int32)
        lengths = mask.sum(1, dtype=np.int32)
        return ctranslate2.StorageView.from_array(ids), ctranslate2.StorageView.from_array(lengths)

    def logits(self, inputs: tuple) -> np.ndarray:
        pooled = self._encoder.forward_batch(*inputs).pooler_output
        return np.asarray(pooled) @ self._weight + self._bias
