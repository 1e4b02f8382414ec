#!/usr/bin/env python3
"""ONNX Runtime on the graph that `martlet export --fused` writes and on the one that
onnxruntime.transformers.optimizer makes of PyTorch's export: the same shapes in turn.

    build/venv/bin/python bench/onnx_export_speed.py build/models/minilm-sst2
"""

import argparse
import subprocess
import tempfile
import time
from pathlib import Path
from statistics import median, quantiles

import numpy as np
import onnxruntime
from peers.exports import fused_onnx

ROOT = Path(__file__).resolve().parent.parent
SHAPES = [(1, 16), (1, 128), (8, 16), (32, 16)]
WARM_UP, RUNS = 5, 15  # of a turn


def export_by_martlet(model: Path, out: Path) -> None:
    program = ROOT / "build" / "release" / "martlet"
    subprocess.run([program, "export", model, out, "--fused"], check=True)


def session(path: Path, threads: int) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])


def inputs(batch: int, length: int) -> dict[str, np.ndarray]:
    generator = np.random.default_rng(batch * length)
    ids = generator.integers(1000, 20000, (batch, length))
    return {"input_ids": ids, "attention_mask": np.ones_like(ids), "token_type_ids": ids * 0}


def turn(session: onnxruntime.InferenceSession, feed: dict) -> float:
    """The median of a few runs in a row, once the other session's threads spin no longer."""
    times = []
    for _ in range(WARM_UP + RUNS):
        begin = time.perf_counter()
        session.run(None, feed)
        times.append(1000 * (time.perf_counter() - begin))
    return median(times[WARM_UP:])


def compare(ours, theirs, shape: tuple[int, int], rounds: int) -> None:
    feed = inputs(*shape)
    difference = np.abs(ours.run(None, feed)[0] - theirs.run(None, feed)[0]).max()
    pairs = [(turn(ours, feed), turn(theirs, feed)) for _ in range(rounds)]
    ratios = [mine / other for mine, other in pairs]
    low, _, high = quantiles(ratios, n=4)
    print(
        f"{shape[0]:>3} x {shape[1]:<4} {median(p[0] for p in pairs):8.3f} "
        f"{median(p[1] for p in pairs):8.3f}   {median(ratios):.3f} ({low:.3f} to {high:.3f})   "
        f"{difference:.1e}",
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model", type=Path)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=20, help="turns of each")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        ours = Path(folder) / "martlet.onnx"
        export_by_martlet(options.model, ours)
        paths = ours, fused_onnx(options.model)
        sessions = [session(path, options.threads) for path in paths]
    print("shape       martlet optimizer  ratio (quartiles)       logits differ by")
    for shape in SHAPES:
        compare(*sessions, shape, options.rounds)


if __name__ == "__main__":
    main()
