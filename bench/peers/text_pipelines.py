"""What most people start with: texts in, labels out, everything between done for them."""

import time
from pathlib import Path

import sentence_transformers
import torch
import transformers

from peers.engine import Engine

transformers.logging.set_verbosity_error()
transformers.logging.disable_progress_bar()


USUAL_BATCH = 32  # where tokens are to limit a batch, which they cannot


class TextPipeline(Engine):
    version = f"PyTorch {torch.__version__}, transformers {transformers.__version__}"
    answers = ("texts",)

    def executed(self) -> dict:
        return {"precision": "fp32", "isa": torch.backends.cpu.get_cpu_capability()}

    def classify(self, texts: list[str], batch: int) -> dict:
        begin = time.perf_counter()
        labels = self._labels(texts, batch or USUAL_BATCH)
        return {"seconds": time.perf_counter() - begin, "labels": labels}

    def _labels(self, texts: list[str], batch: int) -> list[int]:
        raise NotImplementedError


class TransformersPipeline(TextPipeline):
    def __init__(self, _: str, model: Path, threads: int):
        torch.set_num_threads(threads)
        self._pipeline = transformers.pipeline(
            "text-classification", str(model), device="cpu", dtype=torch.float32
        )

    def _labels(self, texts: list[str], batch: int) -> list[int]:
        ids = self._pipeline.model.config.label2id
        answers = self._pipeline(texts, batch_size=batch, truncation=True)
        return [ids[answer["label"]] for answer in answers]


class SentenceTransformers(TextPipeline):
    """Mean-pooled embeddings of the same encoder: it has no classifier of single texts, so there
    are no labels. It sorts by length itself."""

    version = f"sentence-transformers {sentence_transformers.__version__}"

    def __init__(self, _: str, model: Path, threads: int):
        torch.set_num_threads(threads)
        self._model = sentence_transformers.SentenceTransformer(str(model), device="cpu")

    def _labels(self, texts: list[str], batch: int) -> list[int]:
        self._model.encode(texts, batch_size=batch, show_progress_bar=False)
        return []
