#!/usr/bin/env python3
"""martlet in fp32 against PyTorch and ONNX Runtime in fp32, in one interleaved run.

    build/venv/bin/python bench/peers_fp32.py --sentences 4000 --out build/bench/peers_fp32.json

Sentences: SST-2 in natural order from text to label, PyTorch with batches of 20 and their padding.
Latency: one sentence of exactly 16 and 128 tokens, from token ids to logits. Every system is a
process of its own with the same threads on the same cores; a round gives each system the same new
inputs, one system after the other. A ratio is the median over rounds of the peer's time by
martlet's in the same round, its spread the lowest and highest round.
"""

import argparse
import json
import os
import subprocess
import sys
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median

import pyarrow.parquet
from systems import ROOT, System, cpu_name, martlet, peer

import tokenizers

SST2 = ROOT.parent / "shared" / "data" / "sst2" / "train.parquet"
MODEL = ROOT / "build" / "models" / "minilm-sst2"
LATENCY_LENGTHS = {16: 40, 128: 12}  # tokens: inputs of a round
# "batch 20" is what the peers do; it shows what martlet's own batching is worth.
PLANS = {
    "martlet, grouped": {"plan": "grouped", "batch_tokens": 2048, "batch_sequences": 0},
    "martlet, batch 20": {"plan": "serial", "batch_tokens": 1 << 20, "batch_sequences": 20},
}


@dataclass
class Series:
    """What one system did in each round: ms of a sentence."""

    system: str
    rounds: list[float] = field(default_factory=list)


@dataclass
class Measurement:
    """Series of the same inputs; the first is martlet's."""

    name: str
    series: list[Series]

    def ratio(self, series: Series) -> tuple[float, float, float]:
        """Median, lowest and highest round of this system's time by martlet's."""
        pairs = zip(series.rounds, self.series[0].rounds, strict=True)
        ratios = [theirs / ours for theirs, ours in pairs]
        return median(ratios), min(ratios), max(ratios)


def sentences(count: int) -> list[str]:
    column = pyarrow.parquet.read_table(SST2, columns=["sentence"])["sentence"]
    return column.slice(0, count or None).to_pylist()


def exact_inputs(texts: list[str], model: Path, length: int) -> list[list[int]]:
    """Sequences of `length` real tokens, [CLS] and [SEP] included, each of other text."""
    tokenizer = tokenizers.Tokenizer.from_file(str(model / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    cls, sep = tokenizer.token_to_id("[CLS]"), tokenizer.token_to_id("[SEP]")
    encodings = tokenizer.encode_batch(texts, add_special_tokens=False)
    stream = [token for encoding in encodings for token in encoding.ids]
    inner = length - 2
    starts = range(0, len(stream) - inner + 1, inner)
    return [[cls, *stream[start : start + inner], sep] for start in starts]


def measure_latency(systems: list[System], inputs: list, rounds: int, name: str) -> Measurement:
    measurement = Measurement(name, [Series(system.name) for system in systems])
    share = len(inputs) // (rounds + 1)
    for system in systems:
        system.batch_ms([[ids] for ids in inputs[:share]])  # warm-up
    for number in range(1, rounds + 1):
        batches = [[ids] for ids in inputs[number * share : (number + 1) * share]]
        for i in rotated(len(systems), number):
            measurement.series[i].rounds.append(median(systems[i].batch_ms(batches)))
    return measurement


def measure_sentences(
    ours: System, peers: list[System], texts: list[str], rounds: int
) -> Measurement:
    runs = [(name, ours, plan) for name, plan in PLANS.items()]
    runs += [(f"{system.name}, batch 20", system, {}) for system in peers]
    measurement = Measurement(
        "SST-2, natural order, ms per sentence", [Series(name) for name, *_ in runs]
    )
    for _, system, plan in runs:
        system.classify(texts[:100], **plan)  # warm-up
    for number in range(rounds):
        part = texts[number * len(texts) // rounds : (number + 1) * len(texts) // rounds]
        labels = []
        for i in rotated(len(runs), number):
            _, system, plan = runs[i]
            seconds, answer = system.classify(part, **plan)
            measurement.series[i].rounds.append(1000 * seconds / len(part))
            labels.append(answer)
        if any(answer != labels[0] for answer in labels):
            print(f"note: labels differ between systems in round {number + 1}", file=sys.stderr)
    return measurement


def rotated(count: int, by: int) -> list[int]:
    """0 .. count - 1 from another start each round, so that no system always comes first."""
    return [(i + by) % count for i in range(count)]


def table(measurements: list[Measurement]) -> str:
    lines = []
    for measurement in measurements:
        lines.append(f"{measurement.name:42}   median ms   per second   time by martlet's")
        for series in measurement.series:
            middle = median(series.rounds)
            ratio, low, high = measurement.ratio(series)
            lines.append(
                f"  {series.system:40} {middle:11.3f} {1000 / middle:12.1f}"
                f"   {ratio:5.2f}  ({low:.2f} to {high:.2f})"
            )
    return "\n".join(lines)


def as_json(arguments, systems: list[System], measurements: list[Measurement]) -> dict:
    commit = subprocess.run(
        ["git", "rev-parse", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    return {
        "cpu": cpu_name(),
        "threads": arguments.threads,
        "model": arguments.model.name,
        "commit": commit.stdout.strip(),
        "versions": {system.name: system.ask()["version"] for system in systems[1:]},
        "measurements": [
            asdict(measurement)
            | {"ratios": {s.system: measurement.ratio(s) for s in measurement.series}}
            for measurement in measurements
        ],
    }


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--build", type=Path, default=ROOT / "build" / "release")
    parser.add_argument("--model", type=Path, default=MODEL, help="a directory (%(default)s)")
    parser.add_argument(
        "--sentences", type=int, default=4000, help="of SST-2; 0: all 67,349 (%(default)s)"
    )
    parser.add_argument("--rounds", type=int, default=8, help="(%(default)s)")
    parser.add_argument(
        "--threads", type=int, default=len(os.sched_getaffinity(0)), help="(%(default)s)"
    )
    parser.add_argument("--out", type=Path, help="write everything measured to this JSON file")
    arguments = parser.parse_args()
    for path in (SST2, arguments.model / "config.json"):
        if not path.exists():
            print(f"SKIPPED: needs {path}")
            sys.exit(77)
    return arguments


def main() -> int:
    arguments = parse_arguments()
    load = os.getloadavg()[0]
    if load > 0.5:
        print(f"note: other programs run here (load {load:.1f})", file=sys.stderr)
    texts = sentences(arguments.sentences)
    ours = martlet(arguments.build, arguments.model, arguments.threads)
    peers = [peer(name, arguments.model, arguments.threads) for name in ("pytorch", "onnxruntime")]
    systems = [ours, *peers]
    measurements = []
    for length, count in LATENCY_LENGTHS.items():
        enough = texts[: 2 * length * count * (arguments.rounds + 1)]
        inputs = exact_inputs(enough, arguments.model, length)[: count * (arguments.rounds + 1)]
        name = f"one sentence of {length} tokens"
        measurements.append(measure_latency(systems, inputs, arguments.rounds, name))
    measurements.append(measure_sentences(ours, peers[:1], texts, arguments.rounds))
    results = as_json(arguments, systems, measurements) | {"load_before": load}
    print(f"{results['cpu']}, {arguments.threads} threads, {arguments.model.name}, fp32")
    print("; ".join(results["versions"].values()))
    print(table(measurements))
    for system in systems:
        system.close()
    if arguments.out:
        arguments.out.parent.mkdir(parents=True, exist_ok=True)
        arguments.out.write_text(json.dumps(results, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
