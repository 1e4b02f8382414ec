#!/usr/bin/env python3
"""bf16 and int8 against fp32 on SST-2, and the promise that a row depends on no neighbour.

Always: the held-out sentences, their labels and accuracy, and some sentences alone, shuffled and
sorted. With MARTLET_TEST_ALL=1: 10,000 sentences alone, shuffled and sorted, on one thread and on
two; the labels of all 67,349 sentences; the embeddings of all of them."""

import json
import random
import sys
from pathlib import Path

import parity
from embedding_parity import base_model
from sst2_parity import DEV, TRAIN, accuracy, read_jsonl, sentences

PRECISIONS = ["fp32", "bf16", "int8"]
FEW = 300
MANY = 10000
MOST_FLIPPED_BF16 = 1  # of the 872 held-out labels
MOST_ACCURACY_LOSS = 0.003  # what it gains is printed, and is luck as well
LEAST_AGREEMENT = 0.993
LEAST_MEAN_COSINE = 0.995
LEAST_COSINE = 0.99
FEW_EMBEDDED = 2000


def classify(martlet: parity.Martlet, path: Path, precision: str, *options: object) -> str:
    return martlet.run(
        parity.SENTIMENT_MODEL, "--input", path, "--column", "sentence", "--format", "jsonl",
        "--precision", precision, *options,
    )  # fmt: skip


def available(martlet: parity.Martlet) -> list[str]:
    """The precisions of the best level here."""
    best = martlet.isa_levels()[-1]
    if best in ("avx512_bf16", "amx"):
        return PRECISIONS
    print(f"SKIPPED: bf16: {best} has no bf16 products")
    return [precision for precision in PRECISIONS if precision != "bf16"]


def check_held_out(martlet: parity.Martlet, precisions: list[str], report: parity.Report) -> None:
    rows = {p: read_jsonl(classify(martlet, DEV / "dev.parquet", p)) for p in precisions}
    exact = [row["label"] for row in rows["fp32"]]
    for precision in precisions[1:]:
        labels = [row["label"] for row in rows[precision]]
        flipped = sum(a != b for a, b in zip(labels, exact, strict=True))
        change = accuracy(rows[precision]) - accuracy(rows["fp32"])
        what = f"dev, {precision}: {flipped} of {len(exact)} labels differ, accuracy {change:+.4f}"
        if precision == "bf16":
            report.expect(what, flipped <= MOST_FLIPPED_BF16)
        else:
            report.expect(what, change >= -MOST_ACCURACY_LOSS)


def shuffled(path: Path) -> tuple[Path, list[int]]:
    """The same sentences in another order, and that order."""
    lines = path.read_text().splitlines()
    order = list(range(len(lines)))
    random.Random(1).shuffle(order)
    out = path.with_name(f"shuffled-{path.name}")
    out.write_text("".join(lines[i] + "\n" for i in order))
    return out, order


def restored(output: str, order: list[int]) -> str:
    lines = output.splitlines()
    back = [""] * len(lines)
    for line, i in zip(lines, order, strict=True):
        back[i] = line
    return "".join(line + "\n" for line in back)


def check_neighbours(
    martlet: parity.Martlet, precisions: list[str], count: int, report: parity.Report
) -> None:
    source = sentences(TRAIN, count)
    mixed, order = shuffled(source)
    for precision in precisions:
        alone = classify(
            martlet, source, precision, "--plan", "serial", "--batch-tokens", 1, "--threads", 1
        )
        for threads in (1, 2):
            many = ["--threads", threads, "--batch-tokens", 1500]
            runs = {
                "alone": classify(
                    martlet, source, precision, "--plan", "serial", "--batch-tokens", 1,
                    "--threads", threads,
                ),
                "in random batches": restored(
                    classify(martlet, mixed, precision, "--plan", "serial", *many), order
                ),
                "sorted": classify(martlet, source, precision, "--plan", "grouped", *many),
            }  # fmt: skip
            for how, output in runs.items():
                what = f"{precision}, {count} sentences {how}, {threads} threads: the same bits"
                report.expect(what, output == alone)


def check_labels(martlet: parity.Martlet, precisions: list[str], report: parity.Report) -> None:
    source = sentences(TRAIN)
    labels = {
        p: [row["label"] for row in read_jsonl(classify(martlet, source, p))] for p in precisions
    }
    for precision in precisions[1:]:
        pairs = zip(labels[precision], labels["fp32"], strict=True)
        agreement = sum(a == b for a, b in pairs) / len(labels["fp32"])
        what = f"{precision}: {100 * agreement:.2f}% of {len(labels['fp32'])} labels as in fp32"
        report.expect(what, agreement >= LEAST_AGREEMENT)


def check_embeddings(
    martlet: parity.Martlet, precisions: list[str], count: int | None, report: parity.Report
) -> None:
    import numpy as np

    source = sentences(TRAIN, count)

    def embed(precision: str):
        output = martlet.run(
            base_model(), "--task", "embedding", "--input", source, "--column", "sentence",
            "--format", "jsonl", "--precision", precision,
        )  # fmt: skip
        return np.array([json.loads(line)["embedding"] for line in output.splitlines()])

    exact = embed("fp32")
    for precision in precisions[1:]:
        cosines = (exact * embed(precision)).sum(axis=1)  # embeddings have length 1
        report.expect(
            f"{precision}, {len(cosines)} embeddings: cosine to fp32 {cosines.mean():.5f}, "
            f"worst {cosines.min():.5f}",
            cosines.mean() >= LEAST_MEAN_COSINE and cosines.min() >= LEAST_COSINE,
        )


def main() -> int:
    build = parity.build_directory()
    martlet = parity.Martlet(build)
    parity.require_packages("pyarrow", "numpy")
    parity.require_paths(DEV, TRAIN, parity.SENTIMENT_MODEL / "config.json")
    if parity.is_slow(build):
        parity.skip("under sanitizers the kernels' own tests look at these precisions")
    report = parity.Report()
    whole = parity.everything(build)
    precisions = available(martlet)
    check_held_out(martlet, precisions, report)
    check_neighbours(martlet, precisions, MANY if whole else FEW, report)
    check_embeddings(martlet, precisions, None if whole else FEW_EMBEDDED, report)
    if whole:
        check_labels(martlet, precisions, report)
    return report.exit_code()


if __name__ == "__main__":
    sys.exit(main())
