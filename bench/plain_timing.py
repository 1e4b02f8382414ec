#!/usr/bin/env python3
"""The figures of a record again, by a plain loop that shares no code with the runner: each system
alone in a process, new random ids each time, the median of its runs. Exit code 1 where the two
differ by more than a tenth.

A machine whose clock and neighbours change is not the same an hour later, so the command that makes
the record may stand behind "--": half of the plain loops then run before it, half after it.

    build/venv/bin/python bench/plain_timing.py build/bench/records/minilm-1ms.json -- \\
        ./dev bench --suite minilm-1ms --quick
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


def time_all(threads: int) -> dict[tuple[str, str], float]:
    """Milliseconds by system and case; every system is started for it."""
    found = {}
    for name in SYSTEMS:
        command = [sys.executable, __file__, "--alone", name, "--threads", str(threads)]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        times = json.loads(done.stdout.splitlines()[-1])
        found |= {(name, case): ms for case, ms in times.items()}
    return found


def compare(record: dict, plain: list[dict[tuple[str, str], float]]) -> float:
    """Prints both; the largest difference, as a share."""
    worst = 0.0
    for row in record["rows"]:
        key = row["system"], row["case"]
        if key not in plain[0]:
            continue
        ours = sum(times[key] for times in plain) / len(plain)
        worst = max(worst, abs(ours / row["p50"] - 1))
        print(f"{key[0]:24}{key[1]:8}{row['p50']:10.3f} ms, plain {ours:10.3f} ms"
              f"  {ours / row['p50']:.3f}")  # fmt: skip
    return worst


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("record", type=Path, nargs="?")
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--alone", help="one system, its figures as JSON; what the others run as")
    at = sys.argv.index("--") if "--" in sys.argv else len(sys.argv)
    flags, command = parser.parse_args(sys.argv[1:at]), sys.argv[at + 1 :]
    if flags.alone:
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: flags.threads])
        print(json.dumps(time_alone(flags.alone, flags.threads)))
        return 0
    plain = [time_all(flags.threads)]
    if command:
        subprocess.run(command, check=True)
        plain.append(time_all(flags.threads))
    worst = compare(json.loads(flags.record.read_text()), plain)
    print(f"at most {worst:.1%} apart")
    return 1 if worst > 0.1 else 0


if __name__ == "__main__":
    sys.exit(main())
