"""What every peer engine has in common: padded batches of token ids in, logits out."""

from pathlib import Path

import numpy as np

Ids = list[list[int]]


class Engine:
    """One engine in one variant; made with its variant, model and number of threads. `streams`:
    whether several of them may run at once, each on a thread of its own. `answers`: the requests
    of bench/PROTOCOL.md that it can be asked."""

    streams = True
    version = ""
    answers = ("batches", "texts")

    def __init__(self, variant: str, model: Path, threads: int):
        raise NotImplementedError

    @classmethod
    def make_files(cls, variant: str, model: Path) -> None:
        """Exports what it loads, if that is not there yet; not part of what loading takes."""

    def executed(self) -> dict:
        """What really runs, as far as the engine tells: precision, isa, kernels and how many."""
        return {}

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
