#!/usr/bin/env python3
"""The engines that are not martlet's own against native over SST-2: the same labels, and logits
within the tolerance, of a model directory and of the ONNX file exported from it. A few hundred
training sentences; all 67,349 with MARTLET_TEST_ALL=1."""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

import parity
from sst2_parity import TRAIN, logit_difference, read_jsonl, sentences

ENGINES = ["onnxruntime", "openvino"]
FEW = 400


def available(build: Path) -> list[str]:
    """The engines that can run here; prints why the others cannot."""
    answer = subprocess.run(
        [build / "martlet", "engines", "--json"], capture_output=True, check=True
    ).stdout
    able = []
    for engine in json.loads(answer)["engines"]:
        if engine["available"]:
            able.append(engine["name"])
        else:
            print(f"SKIPPED: {engine['name']}: {engine['reason']}")
    return [name for name in ENGINES if name in able]


def run(martlet: parity.Martlet, model: Path, source: Path, engine: str) -> list[dict]:
    output = martlet.run(
        model, "--input", source, "--column", "sentence", "--format", "jsonl",
        "--engine", engine, "--precision", "fp32",
    )  # fmt: skip
    return read_jsonl(output)


def labels(rows: list[dict]) -> list[str]:
    return [row["label"] for row in rows]


def main() -> int:
    build = parity.build_directory()
    martlet = parity.Martlet(build)
    parity.require_packages("pyarrow")
    parity.require_paths(parity.SENTIMENT_MODEL, TRAIN)
    engines = available(build)
    if not engines:
        parity.skip("needs onnxruntime or openvino (./dev setup --all)")
    source = sentences(TRAIN, None if parity.everything(build) else FEW)
    expected = run(martlet, parity.SENTIMENT_MODEL, source, "native")
    report = parity.Report()
    with tempfile.TemporaryDirectory() as folder:
        graph = Path(folder) / "model.onnx"
        subprocess.run([build / "martlet", "export", parity.SENTIMENT_MODEL, graph], check=True)
        for engine in engines:
            for model in (parity.SENTIMENT_MODEL, graph):
                what = f"{engine}, {model.name}, {len(expected)} sentences"
                rows = run(martlet, model, source, engine)
                report.check(f"logits, {what}", logit_difference(rows, expected))
                report.expect(f"labels, {what}", labels(rows) == labels(expected))
    return report.exit_code()


if __name__ == "__main__":
    sys.exit(main())
