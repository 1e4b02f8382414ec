"""What every peer engine has in common: padded batches of token ids in, logits out."""

from pathlib import Path

import numpy as np

Ids = list[list[int]]


class Engine:
    """One engine in one variant. `streams`: whether several of them may run at once, each on a
    thread of its own."""

    streams = True
    version = ""

    def prepare(self, batch: Ids) -> object:
        """The input of `logits`; not part of what is measured as latency."""
        raise NotImplementedError

    def logits(self, inputs: object) -> np.ndarray:
        raise NotImplementedError


def padded(batch: Ids, dtype: type = np.int64) -> tuple[np.ndarray, np.ndarray]:
    """Ids [sequences, longest] with zeros behind the shorter ones, and the mask that says so."""
    longest = max(map(len, batch))
    ids = np.zeros((len(batch), longest), dtype)
    mask = np.zeros((len(batch), longest), dtype)
    for row, sequence in enumerate(batch):
        ids[row, : len(sequence)] = sequence
        mask[row, : len(sequence)] = 1
    return ids, mask


def bert_inputs(batch: Ids) -> dict[str, np.ndarray]:
    ids, mask = padded(batch)
    return {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}


def load(name: str, variant: str, model: Path, threads: int) -> Engine:
    """An engine by name; its package is imported only here."""
    if name == "pytorch":
        from peer_pytorch import PyTorch as Chosen
    elif name == "onnxruntime":
        from peer_onnxruntime import OnnxRuntime as Chosen
    elif name == "openvino":
        from peer_openvino import OpenVino as Chosen
    elif name == "ctranslate2":
        from peer_ctranslate2 import CTranslate2 as Chosen
    else:
        raise ValueError(f"no engine {name}")
    return Chosen(variant, model, threads)
