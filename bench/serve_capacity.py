"""How much of the engine's speed a server passes on, and how long its answers take at half of that.

  1. sentences/s of `martlet run` over the texts, without start-up
  2. sentences/s of `martlet serve` at saturation, one text a request, over HTTP
  3. p50 of one client alone; p99 at half of saturation, open loop, from the time requests were due

Prints one JSON object with each promise and whether it holds; exit code 1 when one does not.

  build/venv/bin/python bench/serve_capacity.py build/models/minilm-sst2 --input reviews.txt
"""

import argparse
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from statistics import median

from serve_systems import ROOT, Load, Running, Service, machine

SHARE = 0.6
TAIL = 5


def run_seconds(martlet: Path, model: Path, *flags: object) -> float:
    command = [martlet, "run", model, "--output", "/dev/null", "--format", "jsonl", *flags]
    begin = time.monotonic()
    subprocess.run(list(map(str, command)), check=True, capture_output=True)
    return time.monotonic() - begin


def run_rate(flags: argparse.Namespace) -> float:
    """Sentences/s of whole runs, less what a run of one text takes."""
    column = ["--column", flags.column] if flags.column else []
    whole = run_seconds(flags.martlet, flags.model, "--input", flags.input, *column)
    return flags.texts / (whole - run_seconds(flags.martlet, flags.model, "one text"))


def count_texts(flags: argparse.Namespace) -> int:
    if flags.input.suffix != ".parquet":
        return sum(1 for _ in flags.input.open())
    import pyarrow.parquet

    return pyarrow.parquet.ParquetFile(flags.input).metadata.num_rows


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("model", type=Path)
    parser.add_argument("--input", type=Path, required=True)
    parser.add_argument("--column")
    parser.add_argument("--martlet", type=Path, default=ROOT / "build" / "release" / "martlet")
    parser.add_argument("--connections", type=int, default=128)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--rounds", type=int, default=3)
    flags = parser.parse_args()
    flags.texts = count_texts(flags)
    return flags


def main() -> int:
    flags = parse()
    logs = ROOT / "build" / "bench" / "serve"
    logs.mkdir(parents=True, exist_ok=True)
    serve = [flags.martlet, "serve", flags.model, "--http", "127.0.0.1:{port}"]
    service = Service("martlet", serve, health="/health/ready")
    server = Running(service, os.sched_getaffinity(0), logs / "capacity.log")
    load = Load(flags.martlet, flags.input, flags.column, flags.seconds)
    rates, saturated, alone, half = [], [], [], []
    try:
        for _ in range(flags.rounds):
            rates.append(run_rate(flags))
            saturated.append(load.run(server, "--connections", flags.connections))
            alone.append(load.run(server, "--connections", 1))
            rate = saturated[-1]["requests_per_s"] / 2
            half.append(load.run(server, "--connections", flags.connections, "--rate", rate))
    finally:
        server.stop()
    run = median(rates)
    serving = median(report["requests_per_s"] for report in saturated)
    p50 = median(report["latency_ms"]["p50"] for report in alone)
    p99 = median(report["latency_ms"]["p99"] for report in half)
    result = {
        "machine": machine(),
        "run_sentences_per_s": run,
        "serve_sentences_per_s": serving,
        "generator_cores": median(r["cpu_seconds"] / r["seconds"] for r in saturated),
        "server_cores": median(r["server_cpu_seconds"] / r["seconds"] for r in saturated),
        "unloaded_p50_ms": p50,
        "half_load_p99_ms": p99,
        "promises": {
            f"serve is at least {SHARE:.0%} of run": serving >= SHARE * run,
            f"p99 at half of saturation is under {TAIL} x unloaded p50": p99 < TAIL * p50,
        },
    }
    print(json.dumps(result, indent=2))
    return 0 if all(result["promises"].values()) else 1


if __name__ == "__main__":
    sys.exit(main())
