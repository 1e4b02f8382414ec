"""docs/benchmarks.md and the README's table, made from records; never typed.

    PYTHONPATH=bench build/venv/bin/python -m proof.docs --keep build/bench/records/sst2.json
    PYTHONPATH=bench build/venv/bin/python -m proof.docs             # writes both
    PYTHONPATH=bench build/venv/bin/python -m proof.docs --check     # as the test does

--keep puts a record, without the values of its rounds, into docs/benchmarks."""

import argparse
import json
import re
import sys
from pathlib import Path

from proof.environment import ROOT
from proof.published import verdict
from proof.record import read
from proof.table import answers, failures, number, ratio, spark, warnings

RECORDS = ROOT / "docs" / "benchmarks"
PAGE = ROOT / "docs" / "benchmarks.md"
README = ROOT / "README.md"
BEGIN = "<!-- made by bench/proof/docs.py from docs/benchmarks/{suite}.json -->"
END = "<!-- end -->"
IN_README = "minilm-1ms"
README_SYSTEMS = (
    "martlet int8", "martlet bf16", "martlet fp32", "OpenVINO int8", "OpenVINO bf16",
    "OpenVINO fp32", "ONNX Runtime int8", "ONNX Runtime fp32", "CTranslate2 int8",
    "PyTorch compiled fp32", "PyTorch eager fp32",
)  # fmt: skip
HEAD = """# Benchmarks

Made by `bench/proof/docs.py` from the records in `docs/benchmarks/`, which `./dev bench` wrote; do
not edit. "Times faster" is the median over rounds of the baseline's time (the mean of its two
turns) by the system's in the same round, and in brackets where a repeat of the run would put it in
95 of 100 cases. "Histogram": from the fastest run to the slowest that is no outlier. How it is
measured: [PROTOCOL.md](../bench/PROTOCOL.md), [ADR 3](adr/0003-proof-bench.md).

To see whether it can be trusted on your machine, leave it alone and

    ./dev bench --suite minilm-1ms --quick --out one      # twice: do the runs agree?
    ./dev bench --suite minilm-1ms --quick --out two
    build/release/martlet bench diff one/minilm-1ms.json two/minilm-1ms.json --agree 0.9
    ./dev bench --suite minilm-1ms --quick --out slow --plant "martlet int8=1.1"
    build/release/martlet bench diff one/minilm-1ms.json slow/minilm-1ms.json    # is it found?
    build/venv/bin/python bench/plain_timing.py one/minilm-1ms.json -- \\
        ./dev bench --suite minilm-1ms --quick --out one  # a plain loop before it and after it
"""


def keep(path: Path) -> None:
    record = read(path)
    record["rounds"] = record["checks"] = {}  # the rows have what follows from them
    record["command"] = re.sub(r" --out \S+", "", record["command"])  # says nothing of the figures
    RECORDS.mkdir(parents=True, exist_ok=True)
    text = json.dumps(_rounded(record), indent=1)
    text = re.sub(r"\[[\d\s,]+\]", lambda found: " ".join(found.group().split()), text)
    (RECORDS / f"{record['suite']}.json").write_text(text + "\n")


def as_page(records: list[dict]) -> str:
    return "\n".join([HEAD, *(_suite(record) for record in records)])


def as_readme(text: str, record: dict) -> str:
    """`text` with the table between its marks."""
    begin = BEGIN.format(suite=record["suite"])
    if begin not in text:
        raise SystemExit(f"docs: [README.md] no line '{begin}'")
    before, _, rest = text.partition(begin)
    after = rest.partition(END)[2]
    return before + begin + "\n" + _readme_table(record) + END + after


def _suite(record: dict) -> str:
    machine, model = record["environment"], record["model"]
    kind = "quick" if record["quick"] else "for the record"
    lines = [
        f"## {record['title']} (`{record['suite']}`)",
        "",
        f"`{record['command']}`, {kind}: {record['sittings']} sittings, {record['written']}, "
        f"martlet {machine['martlet']}. {_machine(machine)}. "
        f"Model {model['name']}, sha256 {model.get('sha256', '-')[:12]}.",
    ]
    if record["dataset"]:
        data = record["dataset"]
        lines[-1] += f" Data: {data['name']}, {data['rows']} texts."
        lines[-1] += f" {data['note']}." if data["note"] else ""
    for case in record["cases"]:
        lines += ["", *_case(record, case)]
    lines += _list("Did not run, or not at first", failures(record))
    lines += _list("Warnings", warnings(record))
    return "\n".join(lines + _published(record)) + "\n"


def _machine(machine: dict) -> str:
    virtual = ", a virtual machine" if machine["virtual"] else ""
    packages = ", ".join(f"{name} {version}" for name, version in machine["packages"].items())
    return (
        f"{machine['cpu']} ({' '.join(machine['flags'])}){virtual}, {machine['threads']} threads, "
        f"{machine['os']}; {packages}"
    )


def _case(record: dict, case: dict) -> list[str]:
    rows = [row for row in record["rows"] if row["case"] == case["name"]]
    rows.sort(key=lambda row: -row.get("ratio", {}).get("middle", 0))
    lines = [
        f"| {case['name']}, {case['unit']} | p50 | p99 | mean | sd | runs | histogram "
        "| times faster | answers |",
        "|---|---:|---:|---:|---:|---:|---|---:|---|",
    ]
    for row in rows:
        figures = [number(row[word]) for word in ("p50", "p99", "mean", "sd")]
        cells = [row["system"], *figures, str(row["n"]), _histogram(row), ratio(row).strip(),
                 answers(row)]  # fmt: skip
        lines.append(f"| {' | '.join(cells)} |")
    return lines


def _histogram(row: dict) -> str:
    bars = spark(row).replace(" ", "\u00a0")
    return f"`{bars}`" if bars else ""


def _readme_table(record: dict) -> str:
    cases = [case["name"] for case in record["cases"]]
    rows = {(row["system"], row["case"]): row for row in record["rows"]}
    heads = [f"{case}: ms (p50) | times faster" for case in cases]
    lines = [f"| one sequence | {' | '.join(heads)} |", "|---|" + "---:|" * (2 * len(cases))]
    for system in README_SYSTEMS:
        found = [rows.get((system, case)) for case in cases]
        if all(found):
            cells = [f"{number(row['p50'])} | {row['ratio']['middle']:.1f}" for row in found]
            lines.append(f"| {system} | {' | '.join(cells)} |")
    machine = record["environment"]
    lines += ["", f"Batches x tokens; {machine['cpu']}, {machine['threads']} threads, martlet "
              f"{machine['martlet']}; made by `{record['command']}`."]  # fmt: skip
    return "\n".join(lines) + "\n"


def _published(record: dict) -> list[str]:
    if not record["published"]:
        return []
    lines = ["", "| published | there | here | verdict | source |", "|---|---:|---:|---|---|"]
    for entry in record["published"]:
        found = verdict(entry, record)
        unit = "x" if "ratio" in found else " ms"
        what = f"{found['case']}, {found['system']}"
        what += f" by {found['than']}" if "than" in found else ""
        ours = "-" if found["ours"] is None else number(found["ours"]) + unit
        theirs = number(found.get("ratio", found.get("ms"))) + unit
        source = "; ".join(filter(None, [found["source"], found["note"]]))
        lines.append(f"| {what} | {theirs} | {ours} | {found['verdict']} | {source} |")
    return lines


def _list(title: str, lines: list[str]) -> list[str]:
    return ["", f"{title}:", "", *(f"- {line}" for line in lines)] if lines else []


def _rounded(value: object) -> object:
    """Six digits that count: more would only make the file larger."""
    if isinstance(value, float):
        return float(f"{value:.6g}")
    if isinstance(value, dict):
        return {key: _rounded(one) for key, one in value.items()}
    return [_rounded(one) for one in value] if isinstance(value, list) else value


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--keep", type=Path, nargs="+", default=[], metavar="JSON")
    parser.add_argument("--check", action="store_true")
    flags = parser.parse_args()
    for path in flags.keep:
        keep(path)
    records = {path.stem: read(path) for path in sorted(RECORDS.glob("*.json"))}
    wanted = {PAGE: as_page(list(records.values()))}
    if IN_README in records:
        wanted[README] = as_readme(README.read_text(), records[IN_README])
    if not flags.check:
        for path, text in wanted.items():
            path.write_text(text)
        return 0
    stale = [path.name for path, text in wanted.items() if path.read_text() != text]
    if stale:
        print(f"docs: not what the records say: {', '.join(stale)}; run bench/proof/docs.py")
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
