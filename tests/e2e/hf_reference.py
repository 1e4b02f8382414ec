"""Answers of transformers and sentence-transformers, in fp32 with eager attention."""

from pathlib import Path

import numpy as np
import torch
import transformers

transformers.logging.set_verbosity_error()
transformers.logging.disable_progress_bar()

BATCH = 32


def classify(directory: Path, texts: list[str]) -> np.ndarray:
    """Logits [texts, labels]; texts of one length share a batch, so that there is no padding."""
    tokenizer = transformers.AutoTokenizer.from_pretrained(directory)
    model = transformers.AutoModelForSequenceClassification.from_pretrained(
        directory, dtype=torch.float32, attn_implementation="eager"
    ).eval()
    ids = tokenizer(texts, truncation=True)["input_ids"]
    logits = np.empty((len(texts), model.config.num_labels), np.float32)
    by_length: dict[int, list[int]] = {}
    for row, sequence in enumerate(ids):
        by_length.setdefault(len(sequence), []).append(row)
    with torch.inference_mode():
        for rows in by_length.values():
            for i in range(0, len(rows), BATCH):
                part = rows[i : i + BATCH]
                batch = torch.tensor([ids[row] for row in part])
                logits[part] = model(input_ids=batch).logits.numpy()
    return logits


def embed(directory: Path, texts: list[str]) -> np.ndarray:
    """Vectors [texts, hidden] of sentence-transformers, one text at a time: no padding."""
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(str(directory), device="cpu")
    return model.encode(texts, batch_size=1, show_progress_bar=False)
