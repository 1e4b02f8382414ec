#!/usr/bin/env python3
"""Encoders of random weights against transformers: every length and a batch that mixes them, on
every ISA level. Tiny models by default; those of base size too with MARTLET_TEST_ALL=1, on every
level but scalar, which would take minutes for each."""

import itertools
import json
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import parity

LENGTHS = [1, 2, 3, 16, 77, 128, 512]
SMALL_MODELS = {
    "bert-odd": ["logits"],
    "distilbert-encoder": ["tokens", "mean"],
    "electra-odd": ["logits"],
    "albert-odd": ["logits"],
    "modernbert-odd": ["logits"],
    "deberta-odd": ["logits"],
    "deberta-encoder": ["tokens", "mean"],
    "mpnet-odd": ["logits"],
    "roberta-odd": ["logits"],
}
BASE_MODELS = {
    "bert-base": ["logits"],
    "bert-base-encoder": ["tokens", "mean", "pooler"],
    "distilbert-base": ["logits"],
    "distilbert-base-encoder": ["tokens", "cls"],
    "electra-small": ["logits"],
    "albert-base": ["logits"],
    "modernbert-base": ["logits"],
    "deberta-base": ["logits"],
    "mpnet-base-encoder": ["tokens", "mean"],
    "roberta-base": ["logits"],
}


def model_directory(name: str) -> Path:
    from make_random_model import make_model

    directory = parity.MODELS / "random" / name
    if not (directory / "tokenizer_config.json").exists():  # what is written last
        make_model(name, directory)
    return directory


def reference(directory: Path, sequences: list[list[int]], outputs: list[str]) -> dict[str, list]:
    """What transformers answers to each sequence alone, in fp32 with eager attention."""
    import torch
    from make_goldens import load, outputs_of

    model = load(directory, torch.float32)
    answers = [
        outputs_of(model, torch.tensor(ids), torch.zeros(len(ids), dtype=torch.int64))
        for ids in sequences
    ]
    return {output: [answer[output].numpy() for answer in answers] for output in outputs}


def random_sequences(config: Path) -> list[list[int]]:
    from make_random_model import longest_text

    sizes = SimpleNamespace(**json.loads(config.read_text()))
    generator = np.random.default_rng(3)
    lengths = [length for length in LENGTHS if length <= longest_text(sizes)]
    return [generator.integers(0, sizes.vocab_size, length).tolist() for length in lengths]


def largest_difference(got: list, expected: list) -> float:
    if np.shape(got) != np.shape(expected):
        return float("inf")
    return float(np.abs(np.asarray(got) - np.asarray(expected)).max())


def check_model(build: Path, name: str, outputs: list[str], report: parity.Report) -> None:
    from model_probe import ModelProbe

    directory = model_directory(name)
    sequences = random_sequences(directory / "config.json")
    expected = reference(directory, sequences, outputs)
    for isa in parity.Martlet(build).isa_levels():
        if isa == "scalar" and name in BASE_MODELS:
            continue
        with ModelProbe(build, directory, isa=isa) as probe:
            for output in outputs:
                rows = expected[output]
                mixed = probe.run([sequences], output)[0]
                difference = largest_difference(mixed, np.concatenate(rows))
                report.check(f"{name} {output} {isa}, lengths mixed in a batch", difference)
                alone = probe.run([[ids] for ids in sequences], output)
                differences = itertools.starmap(largest_difference, zip(alone, rows, strict=True))
                report.check(f"{name} {output} {isa}, each length alone", max(differences))


def main() -> int:
    build = parity.build_directory()
    parity.require_packages("torch", "transformers")
    parity.require_paths(build / "tools" / "model_probe")
    report = parity.Report()
    models = SMALL_MODELS | (BASE_MODELS if parity.everything(build) else {})
    for name, outputs in models.items():
        check_model(build, name, outputs, report)
    return report.exit_code()


if __name__ == "__main__":
    sys.exit(main())
