#!/usr/bin/env python3
"""ResNet18, one image at a time: martlet's ONNX Runtime engine and Python's onnxruntime in turn,
new images every run, until each has done its runs.

    build/venv/bin/python bench/resnet_runs.py --size 224 224 [--runs 10000] [--turn 250]
"""

import argparse
import sys
import tempfile
import time
from pathlib import Path
from statistics import fmean, stdev

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tools"))
IMAGES = 64
BINS = 12


class PythonRuntime:
    """onnxruntime as its users call it."""

    def __init__(self, model: Path, source: Path, shape: list[int], threads: int):
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        self.session = onnxruntime.InferenceSession(
            model, options, providers=["CPUExecutionProvider"]
        )
        self.images = np.fromfile(source, np.float32).reshape(-1, *shape)

    def turn(self, rows: list[int]) -> list[float]:
        times = []
        for row in rows:
            begin = time.perf_counter()
            self.session.run(None, {"input": self.images[row]})
            times.append(1000 * (time.perf_counter() - begin))
        return times


class Martlet:
    """The engine of `martlet bench MODEL --engine onnxruntime`, which says what each run took."""

    def __init__(self, model: Path, source: Path, shape: list[int], threads: int):
        from model_probe import ModelProbe

        build = ROOT / "build" / "release"
        self.probe = ModelProbe(build, model, threads=threads, engine="onnxruntime")
        self.source, self.shape = source, shape

    def turn(self, rows: list[int]) -> list[float]:
        return self.probe.time_tensors(self.source, self.shape, rows)


def measure(systems: dict, options: argparse.Namespace) -> dict[str, list[float]]:
    times = {name: [] for name in systems}
    for system in systems.values():
        system.turn(list(range(10)))  # not counted
    done = 0
    while done < options.runs:
        count = min(options.turn, options.runs - done)
        names = list(systems)
        for name in names if done // options.turn % 2 == 0 else reversed(names):
            times[name] += systems[name].turn([(done + i) % IMAGES for i in range(count)])
        done += count
    return times


def show(name: str, times: list[float]) -> None:
    p10, p50, p90, p99 = np.percentile(times, [10, 50, 90, 99])
    print(
        f"{name:22} {len(times)} runs: mean {fmean(times):.3f} ms, sd {stdev(times):.3f}, "
        f"p10 {p10:.3f}, p50 {p50:.3f}, p90 {p90:.3f}, p99 {p99:.3f}"
    )


def show_histogram(times: dict[str, list[float]]) -> None:
    everything = np.concatenate(list(times.values()))
    edges = np.linspace(everything.min(), np.percentile(everything, 99), BINS + 1)
    edges[-1] = everything.max()
    columns = [np.histogram(values, edges)[0] for values in times.values()]
    print(f"{'ms, from':>10} " + " ".join(f"{name:>22}" for name in times))
    for begin, *counts in zip(edges[:-1], *columns, strict=True):
        print(f"{begin:10.2f} " + " ".join(f"{count:22}" for count in counts))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--size", type=int, nargs=2, default=[224, 224], help="height and width")
    parser.add_argument("--runs", type=int, default=10_000)
    parser.add_argument("--turn", type=int, default=250, help="runs before the other's turn")
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    shape = [1, 3, *options.size]
    model = ROOT / "build" / "models" / f"resnet18-{'x'.join(map(str, shape))}.onnx"
    if not model.exists():
        from make_resnet18 import save

        save(model, shape)
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "images.f32"
        images = np.random.default_rng(5).random((IMAGES, *shape[1:]), np.float32)
        source.write_bytes(images.tobytes())
        arguments = (model, source, shape, options.threads)
        systems = {
            "martlet": Martlet(*arguments),
            "Python's onnxruntime": PythonRuntime(*arguments),
        }
        times = measure(systems, options)
    print(f"ResNet18, {shape}, {options.threads} threads")
    for name, values in times.items():
        show(name, values)
    ours, theirs = (np.asarray(values) for values in times.values())
    print(f"martlet to Python: mean {ours.mean() / theirs.mean():.4f}, "
          f"p50 {np.median(ours) / np.median(theirs):.4f}")  # fmt: skip
    show_histogram(times)


if __name__ == "__main__":
    main()
