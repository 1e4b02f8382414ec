#!/usr/bin/env python3
"""The figures of a record again, by a plain loop that shares no code with the runner: each system
alone in this process, new random ids each time, the median of its runs. Exit code 1 where the two
differ by more than a tenth.

    build/venv/bin/python bench/plain_timing.py build/bench/records/minilm-1ms.json
"""

import argparse
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from statistics import median

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
MODEL = ROOT / "build" / "models" / "minilm-sst2"
SECONDS = 2.0


def exported(name: str) -> Path:
    return next((ROOT / "build" / "bench" / "exports").glob(f"{MODEL.name}-*/{name}"))


def pytorch(threads: int, **how):
    import torch
    import transformers

    torch.set_num_threads(threads)
    model = transformers.AutoModelForSequenceClassification.from_pretrained(MODEL, **how).eval()

    def run(ids):
        with torch.inference_mode():
            tokens = torch.from_numpy(ids)
            return model(input_ids=tokens, attention_mask=torch.ones_like(tokens)).logits

    return run


def onnxruntime(threads: int, name: str):
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    session = onnxruntime.InferenceSession(exported(name), options)
    return lambda ids: session.run(None, feed(ids))


def openvino(threads: int):
    import openvino

    config = {"PERFORMANCE_HINT": "LATENCY", "INFERENCE_NUM_THREADS": threads, "NUM_STREAMS": 1,
              "INFERENCE_PRECISION_HINT": "f32"}  # fmt: skip
    compiled = openvino.Core().compile_model(exported("model.onnx"), "CPU", config)
    request = compiled.create_infer_request()
    return lambda ids: request.infer(feed(ids))


def feed(ids) -> dict:
    return {"input_ids": ids, "attention_mask": np.ones_like(ids), "token_type_ids": ids * 0}


SYSTEMS = {
    "PyTorch eager fp32": pytorch,
    "ONNX Runtime fp32": lambda threads: onnxruntime(threads, "fused.onnx"),
    "ONNX Runtime int8": lambda threads: onnxruntime(threads, "fused-int8.onnx"),
    "OpenVINO fp32": openvino,
}


def time_alone(name: str, threads: int) -> dict[str, float]:
    """Milliseconds by case."""
    run = SYSTEMS[name](threads)
    generator = np.random.default_rng(5)
    found = {}
    for length in (16, 128):
        times = []
        end = time.perf_counter() + SECONDS
        while time.perf_counter() < end:
            ids = generator.integers(1000, 20000, (1, length))
            begin = time.perf_counter()
            run(ids)
            times.append(1000 * (time.perf_counter() - begin))
        found[f"1x{length}"] = median(times[len(times) // 5 :])
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("record", type=Path)
    parser.add_argument("--alone", help="one system, its figures as JSON; what the others run as")
    flags = parser.parse_args()
    record = json.loads(flags.record.read_text())
    threads = record["environment"]["threads"]
    if flags.alone:
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:threads])
        print(json.dumps(time_alone(flags.alone, threads)))
        return 0
    theirs = {(row["system"], row["case"]): row["p50"] for row in record["rows"]}
    worst = 0.0
    for name in SYSTEMS:
        command = [sys.executable, __file__, flags.record, "--alone", name]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        for case, ours in json.loads(done.stdout.splitlines()[-1]).items():
            if (name, case) in theirs:
                ratio = ours / theirs[name, case]
                worst = max(worst, abs(ratio - 1))
                print(f"{name:24}{case:8}{theirs[name, case]:10.3f} ms, plain {ours:10.3f} ms"
                      f"  {ratio:.3f}")  # fmt: skip
    print(f"at most {worst:.1%} apart")
    return 1 if worst > 0.1 else 0


if __name__ == "__main__":
    sys.exit(main())
