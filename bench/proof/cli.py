"""./dev bench: runs suites, writes their records, prints their tables."""

import argparse
import os
import sys
import time
from pathlib import Path

from proof import csv_file, table
from proof.environment import ROOT
from proof.page import page
from proof.record import Record, read
from proof.suite import SCRATCH, Context
from proof.suites import SUITES

EXAMPLES = """
  ./dev bench --suite minilm-1ms --quick
  ./dev bench --all-suites --quick                    every suite, for minutes each
  ./dev bench --suite sst2                            for the record
  ./dev bench --suite sst2 --model DIR --data reviews.csv --column review --label-column label
  ./dev bench --suite sst2 --quick --add              one sitting more in the record of before
  ./dev bench --suite minilm-1ms --peer "mine=python my_peer.py {model} --threads {threads}"
"""


def parse(words: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="./dev bench",
        description="martlet beside other engines, each a process of its own, in turns.",
        epilog="examples:" + EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--suite", choices=list(SUITES), action="append", metavar="NAME",
                        help=f"{', '.join(SUITES)} (minilm-1ms)")  # fmt: skip
    parser.add_argument("--all-suites", action="store_true", help="every suite")
    parser.add_argument("--quick", action="store_true", help="minutes, with wider intervals")
    parser.add_argument("--add", action="store_true", help="one sitting more in the record")
    parser.add_argument("--model", type=Path, help="your own model directory")
    parser.add_argument("--data", type=Path, help="your own texts: txt, jsonl, csv, tsv, parquet")
    parser.add_argument("--column", default="", help="of the text (text, sentence, the first)")
    parser.add_argument("--label-column", default="", help="of the right label's number (label)")
    parser.add_argument("--only", nargs="*", help="systems whose names have one of these words")
    parser.add_argument("--peer", action="append", default=[], metavar="NAME=COMMAND",
                        help="a system of your own, see bench/PROTOCOL.md")  # fmt: skip
    parser.add_argument("--plant", action="append", default=[], metavar="NAME=FACTOR",
                        help="falsify a system's times; bench diff must find it")  # fmt: skip
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--seconds", type=float, help="of turns, in a sitting")
    parser.add_argument("--sittings", type=int, help="how often every system is started anew")
    parser.add_argument(
        "--out", metavar="DIR", type=Path, default=SCRATCH / "records", help="(%(default)s)"
    )
    parser.add_argument("--build", type=Path, default=ROOT / "build" / "release")
    parser.add_argument("--page", type=Path, nargs="+", metavar="JSON",
                        help="measure nothing: write the page of these records")  # fmt: skip
    return parser.parse_args(words)


def context_of(flags: argparse.Namespace) -> Context:
    return Context(
        build=flags.build.resolve(),
        model=flags.model and flags.model.resolve(),
        data=flags.data,
        columns=(flags.column, flags.label_column),
        quick=flags.quick,
        threads=flags.threads,
        only=flags.only or [],
        peers=flags.peer,
        slower={
            name: float(factor) for name, _, factor in (p.rpartition("=") for p in flags.plant)
        },
        seconds=flags.seconds,
        sittings=flags.sittings,
    )


def run_suite(name: str, flags: argparse.Namespace) -> dict:
    path = flags.out / f"{name}.json"
    record = Record.load(path) if flags.add and path.exists() else None
    SUITES[name].run(context_of(flags), record, lambda found: found.save(path))
    found = read(path)
    path.with_suffix(".csv").write_text(csv_file.as_csv(found))
    print(table.as_text(found))
    return found


def main() -> int:
    flags = parse()
    if flags.page:
        write_page(flags.out, [read(path) for path in flags.page])
        return 0
    names = list(SUITES) if flags.all_suites else flags.suite or ["minilm-1ms"]
    load = os.getloadavg()[0]
    if load > 0.5:
        print(f"note: other programs run here (load {load:.1f})", file=sys.stderr)
    began = time.monotonic()
    records = []
    for at, name in enumerate(names):
        records.append(run_suite(name, flags))
        spent = time.monotonic() - began
        if at + 1 < len(names):
            left = spent / (at + 1) * (len(names) - at - 1)
            print(f"{name} done; about {left / 60:.0f} minutes left", file=sys.stderr)
    write_page(flags.out, records)
    return 0


def write_page(out: Path, records: list[dict]) -> None:
    out.mkdir(parents=True, exist_ok=True)
    path = out / "report.html"
    path.write_text(page.as_html(records))
    print(f"page: {path}", file=sys.stderr)
