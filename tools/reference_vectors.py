#!/usr/bin/env python3
"""Writes martlet_reference.json into a model directory: some texts and what transformers answers,
which `martlet serve` compares its own numbers with whenever it loads the model.

  build/venv/bin/python tools/reference_vectors.py build/models/minilm-sst2
"""

import argparse
import json
from pathlib import Path

import torch
import transformers

TEXTS = [
    "A gripping, beautiful film from its first scene to its last.",
    "The room was cold, the staff rude, and nobody answered the phone.",
    "How do I reset my password?",
    "ok",
    "Der Zug nach Zürich fährt um 7:45 Uhr.",
]


def logits(model: Path, texts: list[str]) -> list[list[float]]:
    tokenizer = transformers.AutoTokenizer.from_pretrained(model)
    classifier = transformers.AutoModelForSequenceClassification.from_pretrained(
        model, dtype=torch.float32, attn_implementation="eager"
    ).eval()
    with torch.inference_mode():
        return [
            classifier(**tokenizer(text, truncation=True, return_tensors="pt")).logits[0].tolist()
            for text in texts
        ]


def embeddings(model: Path, texts: list[str]) -> list[list[float]]:
    """Pooled, but not scaled to length 1."""
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.models import Normalize

    whole = SentenceTransformer(str(model), device="cpu")
    modules = [module for module in whole if not isinstance(module, Normalize)]
    unscaled = SentenceTransformer(modules=modules, device="cpu")
    return unscaled.encode(texts, batch_size=1, show_progress_bar=False).tolist()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model", type=Path)
    parser.add_argument("--text", action="append", help="instead of the built-in texts; repeatable")
    arguments = parser.parse_args()
    transformers.logging.set_verbosity_error()

    texts = arguments.text or TEXTS
    config = arguments.model / "config.json"
    heads = json.loads(config.read_text()).get("architectures", []) if config.exists() else []
    classifies = any(head.endswith("ForSequenceClassification") for head in heads)
    values = (logits if classifies else embeddings)(arguments.model, texts)
    target = arguments.model / "martlet_reference.json"
    target.write_text(json.dumps({"texts": texts, "values": values}, ensure_ascii=False) + "\n")
    print(f"wrote {len(texts)} texts x {len(values[0])} values to {target}")


if __name__ == "__main__":
    main()
