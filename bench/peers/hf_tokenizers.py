"""Hugging Face `tokenizers`: texts in, ids out."""

from pathlib import Path

import tokenizers
from peers.batching import load_tokenizer
from peers.engine import Engine


class HuggingFaceTokenizers(Engine):
    """`variant`: encode_batch, or encode_batch_fast, which leaves offsets out."""

    version = f"tokenizers {tokenizers.__version__}"
    answers = ("tokenize",)

    def __init__(self, variant: str, model: Path, threads: int):
        self.encode = getattr(load_tokenizer(model), variant)
