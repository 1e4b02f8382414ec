#!/usr/bin/env python3
"""The command line over SST-2 against transformers in fp32.

Always: the held-out sentences against ../shared's reference, a few on the lower ISA levels. With
MARTLET_TEST_ALL=1: all on every level, and the labels of all 67,349 training sentences for the
three plans, bit-identical between plans, thread counts and batch budgets."""

import json
import sys
from pathlib import Path

import parity

DEV = parity.SHARED / "minilm-sst2"
TRAIN = parity.SHARED / "sst2" / "train.parquet"
PLANS = ["serial", "parallel", "grouped"]
FEW_ROWS = 30  # of the lower ISA levels, unless everything is tested
VARIED_ROWS = 6000  # of the runs that vary threads and budgets


def read_jsonl(text: str) -> list[dict]:
    return [json.loads(line) for line in text.splitlines()]


def sentences(path: Path, rows: int | None = None) -> Path:
    """A jsonl file of the first `rows` sentences."""
    import pyarrow.parquet

    texts = pyarrow.parquet.read_table(path, columns=["sentence"])["sentence"].to_pylist()[:rows]
    out = parity.REFERENCES / f"{path.stem}-{len(texts)}.jsonl"
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text("".join(json.dumps({"sentence": text}) + "\n" for text in texts))
    return out


def run(martlet: parity.Martlet, path: Path, *options: object, isa: str | None = None):
    return martlet.run(
        parity.SENTIMENT_MODEL, "--input", path, "--column", "sentence", "--format", "jsonl",
        "--precision", "fp32", *options, isa=isa,
    )  # fmt: skip


def logit_difference(rows: list[dict], expected: list[dict]) -> float:
    if len(rows) != len(expected):
        return float("inf")
    return max(
        abs(got - want)
        for row, reference in zip(rows, expected, strict=True)
        for got, want in zip(row["logits"], reference["logits"], strict=True)
    )


def accuracy(rows: list[dict]) -> float:
    import pyarrow.parquet

    labels = pyarrow.parquet.read_table(DEV / "dev.parquet", columns=["label"])["label"].to_pylist()
    hits = sum(
        (row["label"] == "POSITIVE") == bool(label) for row, label in zip(rows, labels, strict=True)
    )
    return hits / len(labels)


def check_held_out(martlet: parity.Martlet, build: Path, report: parity.Report) -> None:
    expected = read_jsonl((DEV / "reference.jsonl").read_text())
    levels = martlet.isa_levels()
    for isa in levels:
        best = isa == levels[-1] and not parity.is_slow(build)
        whole = best or parity.everything(build)
        source = DEV / "dev.parquet" if whole else sentences(DEV / "dev.parquet", FEW_ROWS)
        output = run(martlet, source, isa=isa)
        rows = read_jsonl(output)
        wanted = expected if whole else expected[:FEW_ROWS]
        report.check(f"dev logits, {isa}, {len(rows)} sentences", logit_difference(rows, wanted))
        if whole:
            got, want = accuracy(rows), accuracy(expected)
            report.expect(f"dev accuracy, {isa}: got {got:.4f}, reference {want:.4f}", got == want)


def reference_logits():
    """transformers' logits of the training sentences, computed once: [sentences, 2]."""
    import numpy as np
    from hf_reference import classify

    cache = parity.REFERENCES / "sst2-train-logits.npy"
    if not cache.exists():
        print("computing transformers' answers, once; this takes some minutes", flush=True)
        cache.parent.mkdir(parents=True, exist_ok=True)
        rows = read_jsonl(sentences(TRAIN).read_text())
        logits = classify(parity.SENTIMENT_MODEL, [row["sentence"] for row in rows])
        np.save(cache.with_suffix(".part.npy"), logits)
        cache.with_suffix(".part.npy").rename(cache)
    return np.load(cache)


def check_training_set(martlet: parity.Martlet, report: parity.Report) -> None:
    import numpy as np

    expected = reference_logits()
    source = sentences(TRAIN)
    outputs = {plan: run(martlet, source, "--plan", plan) for plan in PLANS}
    rows = read_jsonl(outputs["serial"])
    logits = np.array([row["logits"] for row in rows])
    report.check(f"logits of {len(rows)} sentences", float(np.abs(logits - expected).max()))
    labels = np.array([row["label"] == "POSITIVE" for row in rows])
    wrong = labels != (expected[:, 1] > expected[:, 0])
    ties = np.abs(expected[:, 1] - expected[:, 0]) < parity.TOLERANCE
    print(f"     {wrong.sum()} labels differ, {ties.sum()} ties")
    report.expect("labels equal transformers', ties aside", not (wrong & ~ties).any())
    for plan in PLANS[1:]:
        report.expect(f"plan {plan} equals serial to the bit", outputs[plan] == outputs["serial"])


def check_settings(martlet: parity.Martlet, report: parity.Report) -> None:
    source = sentences(TRAIN, VARIED_ROWS)
    first = run(martlet, source, "--plan", "serial")
    for plan in PLANS:
        for threads in (1, 2, 3):
            for tokens in (64, 1000, 20000):
                options = ["--plan", plan, "--threads", threads, "--batch-tokens", tokens]
                same = run(martlet, source, *options) == first
                report.expect(f"{' '.join(map(str, options))} equals serial to the bit", same)


def main() -> int:
    build = parity.build_directory()
    martlet = parity.Martlet(build)
    parity.require_packages("pyarrow")
    parity.require_paths(DEV, parity.SENTIMENT_MODEL / "config.json")
    report = parity.Report()
    check_held_out(martlet, build, report)
    if parity.everything(build):
        parity.require_packages("torch", "transformers", "numpy")
        parity.require_paths(TRAIN)
        check_training_set(martlet, report)
        check_settings(martlet, report)
    return report.exit_code()


if __name__ == "__main__":
    sys.exit(main())
