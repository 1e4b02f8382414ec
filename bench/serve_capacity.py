"""How much of the engine's speed a server passes on, and how long its answers take at half of that.

  1. sentences/s of `martlet run` over the texts, without start-up
  2. sentences/s of `martlet serve` at saturation, one text a request, over HTTP
  3. p50 of requests that come alone, one now and then; p99 at half of saturation; both at random
     times, from the time they were due

The client runs on the same cores. Prints a table, and each promise with whether it holds; exit code
1 when one does not.

  build/venv/bin/python bench/serve_capacity.py build/models/minilm-sst2 --input reviews.txt
"""

import argparse
import os
import shlex
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from serve_systems import ROOT, Load, Running, Service, machine

SHARE = 0.6
TAIL = 5
ALONE_PER_S = 20  # so few that each finds an idle server


def run_seconds(martlet: Path, model: Path, *flags: object) -> float:
    command = [martlet, "run", model, "--output", "/dev/null", "--format", "jsonl", *flags]
    begin = time.monotonic()
    subprocess.run(list(map(str, command)), check=True, capture_output=True)
    return time.monotonic() - begin


def run_rate(flags: argparse.Namespace, precision: str) -> float:
    """Sentences/s of whole runs, less what a run of one text takes."""
    how = ["--precision", precision]
    column = ["--column", flags.column] if flags.column else []
    whole = run_seconds(flags.martlet, flags.model, "--input", flags.input, *column, *how)
    return flags.texts / (whole - run_seconds(flags.martlet, flags.model, "one text", *how))


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
    parser.add_argument("--precisions", nargs="+", default=["fp32", "int8"])
    parser.add_argument("--serve", default="", help="flags of martlet serve: --serve='--workers 2'")
    flags = parser.parse_args()
    flags.texts = count_texts(flags)
    return flags


@dataclass
class Rounds:
    """What was measured in each round, with one precision."""

    precision: str
    run: list[float] = field(default_factory=list)  # sentences/s
    saturated: list[dict] = field(default_factory=list)
    alone: list[dict] = field(default_factory=list)
    half: list[dict] = field(default_factory=list)

    def middle(self, reports: list[dict], figure: str) -> float:
        return median(report["latency_ms"][figure] for report in reports)

    def serving(self) -> float:
        return median(report["requests_per_s"] for report in self.saturated)

    def row(self) -> dict[str, str]:
        share = self.serving() / median(self.run)
        generator = median(r["cpu_seconds"] / r["seconds"] for r in self.saturated)
        return {
            "precision": self.precision,
            "run/s": f"{median(self.run):.0f}",
            "serve/s": f"{self.serving():.0f}",
            "share": f"{share:.0%}",
            "generator, cores": f"{generator:.2f}",
            "server, cores": f"{median(r['server_cores'] for r in self.saturated):.2f}",
            "alone p50, ms": f"{self.middle(self.alone, 'p50'):.2f}",
            "half p50": f"{self.middle(self.half, 'p50'):.2f}",
            "half p99": f"{self.middle(self.half, 'p99'):.2f}",
            "sent late p99": f"{median(r['late_ms']['p99'] for r in self.half):.2f}",
        }

    def promises(self) -> dict[str, bool]:
        tail = self.middle(self.half, "p99") < TAIL * self.middle(self.alone, "p50")
        return {
            f"{self.precision}: serve is at least {SHARE:.0%} of run": self.serving()
            >= SHARE * median(self.run),
            f"{self.precision}: p99 at half of saturation < {TAIL} x p50 alone": tail,
        }


def measure(flags: argparse.Namespace, precision: str) -> Rounds:
    logs = ROOT / "build" / "bench" / "serve"
    logs.mkdir(parents=True, exist_ok=True)
    serve = [flags.martlet, "serve", flags.model, "--http", "127.0.0.1:{port}"]
    serve += ["--precision", precision, *shlex.split(flags.serve)]
    service = Service("martlet", serve, path="/v1/predict", health="/health/ready")
    server = Running(service, os.sched_getaffinity(0), logs / "capacity.log")
    load = Load(flags.martlet, flags.input, flags.column, flags.seconds)
    rounds = Rounds(precision)
    many = ["--connections", flags.connections]
    try:
        for _ in range(flags.rounds):
            rounds.run.append(run_rate(flags, precision))
            rounds.saturated.append(load.run(server, *many))
            rounds.alone.append(load.run(server, *many, "--rate", ALONE_PER_S))
            rate = rounds.saturated[-1]["requests_per_s"] / 2
            rounds.half.append(load.run(server, *many, "--rate", rate))
    finally:
        server.stop()
    return rounds


def print_table(rows: list[dict[str, str]]) -> None:
    widths = {name: max(len(name), *(len(row[name]) for row in rows)) for name in rows[0]}
    for row in [{name: name for name in widths}, *rows]:
        print("  ".join(row[name].rjust(width) for name, width in widths.items()))


def main() -> int:
    flags = parse()
    print(", ".join(f"{name}: {value}" for name, value in machine().items()))
    measured = [measure(flags, precision) for precision in flags.precisions]
    print_table([rounds.row() for rounds in measured])
    promises = {name: holds for rounds in measured for name, holds in rounds.promises().items()}
    for name, holds in promises.items():
        print(f"{'holds' if holds else 'FAILS'}  {name}")
    return 0 if all(promises.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
