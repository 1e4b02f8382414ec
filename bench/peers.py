#!/usr/bin/env python3
"""martlet against PyTorch, ONNX Runtime, OpenVINO and CTranslate2, in one interleaved run.

    build/venv/bin/python bench/peers.py                       # MiniLM: three shapes and SST-2
    build/venv/bin/python bench/peers.py --all --rounds 4      # SST-2 whole: hours
    build/venv/bin/python bench/peers.py --only fp32 --json build/bench/fp32.json
    build/venv/bin/python tools/make_random_model.py bert-base build/models/bert-base-random
    build/venv/bin/python bench/peers.py --model build/models/bert-base-random \\
        --shapes 1x128 8x128 --sentences 0

Latency: batches of sequences of an exact length, from token ids to logits. SST-2: from text to
label; every engine sorts by length and uses the batch size and the number of streams that were
fastest for it; PyTorch also takes batches of 20 in natural order. Every system is a process of its
own with the same threads on the same cores, in the fastest of its configurations that survives on
this machine. A round gives every system the same new inputs, one system after the other. A ratio is
the median over rounds of the peer's time by martlet's in the same round, its spread the lowest and
highest round.
"""

import argparse
import json
import os
import subprocess
import sys
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median

import numpy as np
from inputs import SST2, exact_inputs, sst2_sentences
from peers_report import as_text
from systems import ROOT, Plan, System, cpu_name, martlet, peer, start_fastest

MODEL = ROOT / "build" / "models" / "minilm-sst2"
NATURAL = {"grouped": False, "batch": 20, "streams": 1}  # as the first seed of the project did
TUNING_SENTENCES = 512
ROUND_TOKENS = 1024  # of a shape, at most; but three batches at least, and twenty at most


@dataclass
class Measurement:
    """Of every system, what each round took."""

    name: str
    unit: str
    rounds: dict[str, list[float]] = field(default_factory=dict)

    def add(self, system: str, value: float) -> None:
        self.rounds.setdefault(system, []).append(value)


def plans(build: Path, model: Path) -> list[Plan]:
    return [
        martlet(build, model, "int8"),
        martlet(build, model, "int8", "avx512_vnni"),
        martlet(build, model, "int8", "avx2"),
        martlet(build, model, "bf16"),
        martlet(build, model, "fp32"),
        martlet(build, model, "fp32", "avx2"),
        peer("PyTorch eager", "pytorch", model, "fp32", ["eager"]),
        peer("PyTorch compiled", "pytorch", model, "fp32", ["compiled"]),
        peer("PyTorch TorchScript", "pytorch", model, "fp32", ["traced"]),
        peer("PyTorch int8", "pytorch", model, "int8", ["int8", "traced-int8"]),
        peer("ONNX Runtime fp32", "onnxruntime", model, "fp32", ["fp32"]),
        peer("ONNX Runtime int8", "onnxruntime", model, "int8", ["int8"]),
        peer("OpenVINO fp32", "openvino", model, "fp32", ["fp32"]),
        peer("OpenVINO bf16", "openvino", model, "bf16", ["bf16"]),
        peer("OpenVINO int8", "openvino", model, "int8", ["int8", "int8-f32"]),
        peer("CTranslate2 fp32", "ctranslate2", model, "fp32", ["fp32"]),
        peer("CTranslate2 int8", "ctranslate2", model, "int8", ["int8"]),
    ]


def shape_inputs(model: Path, shape: tuple[int, int], batches: int) -> list:
    """Batches of real text, no two alike."""
    batch, length = shape
    wanted = batch * batches
    if "random" in model.name:
        generator = np.random.default_rng(length)
        sequences = generator.integers(5, 90, (wanted, length)).tolist()
    else:
        sequences = exact_inputs(model, sst2_sentences(wanted * length // 8 + 64), length)[:wanted]
    return [sequences[i : i + batch] for i in range(0, wanted, batch)]


def batches_a_round(shape: tuple[int, int]) -> int:
    return min(20, max(3, ROUND_TOKENS // (shape[0] * shape[1])))


def start_systems(arguments: argparse.Namespace, trial: list[list]) -> list[System]:
    systems = []
    for plan in plans(arguments.build, arguments.model):
        if not any(word in plan.name for word in arguments.only or [""]):
            continue
        system = start_fastest(plan, arguments.threads, trial)
        if system is None:
            continue
        print(f"ready: {system.name} ({system.remark or 'as it is'})", file=sys.stderr)
        systems.append(system)
    return systems


def measure_shape(systems: list[System], shape: tuple[int, int], arguments) -> Measurement:
    count = batches_a_round(shape)
    inputs = shape_inputs(arguments.model, shape, count * (arguments.rounds + 1))
    measurement = Measurement(f"{shape[0]}x{shape[1]}", "ms")
    for system in systems:
        system.batch_ms(inputs[:count])  # warm-up
    for number in range(1, arguments.rounds + 1):
        batches = inputs[number * count : (number + 1) * count]
        for system in rotated(systems, number):
            measurement.add(system.name, median(system.batch_ms(batches)))
    return measurement


def measure_sentences(
    systems: list[System], texts: list[str], rounds: int
) -> tuple[Measurement, dict[str, list[int]]]:
    """Milliseconds of a sentence; also every system's labels."""
    measurement = Measurement("SST-2", "ms/sentence")
    sample = texts[:: max(1, len(texts) // TUNING_SENTENCES)]
    runs = []
    for system in systems:
        system.tune(sample)
        print(f"tuned: {system.name} {system.tuned}", file=sys.stderr)
        runs.append((system.name, system, system.tuned))
        if system.name == "PyTorch eager":
            runs.append((f"{system.name}, batch 20 in order", system, NATURAL))
    labels: dict[str, list[int]] = {name: [] for name, *_ in runs}
    for number in range(rounds):
        part = texts[number * len(texts) // rounds : (number + 1) * len(texts) // rounds]
        for name, system, plan in rotated(runs, number):
            seconds, found = system.classify(part, **plan)
            measurement.add(name, 1000 * seconds / len(part))
            labels[name].extend(found)
    return measurement, labels


def rotated(items: list, by: int) -> list:
    """The same from another start, so that no system always comes first."""
    by %= len(items)
    return items[by:] + items[:by]


def largest_errors(systems: list[System], batches: list) -> dict[str, float]:
    """Of each system's logits, from the first fp32 system's: that all run the same model."""
    reference = next((s for s in systems if s.precision == "fp32"), systems[0])
    exact = np.array(reference.logits(batches))
    return {s.name: float(np.abs(np.array(s.logits(batches)) - exact).max()) for s in systems}


def agreements(labels: dict[str, list[int]], systems: list[System]) -> dict[str, float]:
    """Share of labels that are those of the first fp32 system."""
    reference = next((s.name for s in systems if s.precision == "fp32"), systems[0].name)
    exact = np.array(labels[reference])
    return {name: float((np.array(found) == exact).mean()) for name, found in labels.items()}


def commit() -> str:
    found = subprocess.run(
        ["git", "describe", "--always", "--dirty"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    return found.stdout.strip()


def parse_shape(word: str) -> tuple[int, int]:
    batch, length = word.split("x")
    return int(batch), int(length)


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--build", type=Path, default=ROOT / "build" / "release")
    parser.add_argument("--model", type=Path, default=MODEL, help="a directory (%(default)s)")
    parser.add_argument(
        "--shapes", nargs="*", default=["1x16", "1x128", "32x16"], help="(%(default)s)"
    )
    parser.add_argument(
        "--sentences", type=int, default=4000, help="of SST-2; 0: none (%(default)s)"
    )
    parser.add_argument("--all", action="store_true", help="all 67,349 sentences of SST-2")
    parser.add_argument("--only", nargs="*", help="systems whose names have one of these words")
    parser.add_argument("--rounds", type=int, default=8, help="(%(default)s)")
    parser.add_argument(
        "--threads", type=int, default=len(os.sched_getaffinity(0)), help="(%(default)s)"
    )
    parser.add_argument("--json", type=Path, help="write everything measured to this file")
    arguments = parser.parse_args()
    for path in (SST2, arguments.model / "config.json"):
        if not path.exists():
            print(f"SKIPPED: needs {path}")
            sys.exit(77)
    return arguments


def main() -> int:
    arguments = parse_arguments()
    shapes = [parse_shape(word) for word in arguments.shapes]
    load = os.getloadavg()[0]
    if load > 0.5:
        print(f"note: other programs run here (load {load:.1f})", file=sys.stderr)
    trial = [shape_inputs(arguments.model, shape, 3) for shape in shapes or [(1, 16)]]
    systems = start_systems(arguments, trial)
    results = {
        "cpu": cpu_name(),
        "threads": arguments.threads,
        "model": arguments.model.name,
        "commit": commit(),
        "load_before": load,
        "systems": {
            s.name: {"ours": s.ours, "precision": s.precision, "remark": s.remark,
                     "version": s.version()}
            for s in systems
        },
        "logit_errors": largest_errors(systems, trial[0]),
    }  # fmt: skip
    measured = [measure_shape(systems, shape, arguments) for shape in shapes]
    if arguments.all or arguments.sentences > 0:
        texts = sst2_sentences(0 if arguments.all else arguments.sentences)
        sentences, labels = measure_sentences(systems, texts, arguments.rounds)
        measured.append(sentences)
        results["sentences"] = len(texts)
        results["label_agreement"] = agreements(labels, systems)
        results["tuned"] = {s.name: s.tuned for s in systems if not s.ours}
    results["measurements"] = [asdict(measurement) for measurement in measured]
    for system in systems:
        system.close()
    print(as_text(results))
    if arguments.json:
        arguments.json.parent.mkdir(parents=True, exist_ok=True)
        arguments.json.write_text(json.dumps(results, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
