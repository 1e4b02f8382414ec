#!/usr/bin/env python3
"""The tables of what bench/peers.py measured.

build/venv/bin/python bench/peers_report.py build/bench/peers.json
"""

import json
import sys
from pathlib import Path
from statistics import median

IN_ORDER = "PyTorch eager, batch 20 in order"


def as_text(results: dict) -> str:
    lines = [
        f"{results['cpu']}, {results['threads']} threads, {results['model']}, "
        f"martlet {results['commit']}",
        *versions(results),
        "",
        *medians(results),
    ]
    for measurement in results["measurements"]:
        lines += ["", *ratios(results, measurement)]
    return "\n".join(lines)


def versions(results: dict) -> list[str]:
    found = {system["version"] for system in results["systems"].values() if not system["ours"]}
    return sorted(found)


def medians(results: dict) -> list[str]:
    """One row a system: what it took, and how far its answers are from fp32."""
    measurements = results["measurements"]
    head = "".join(f"{m['name'] + ' ' + m['unit']:>24}" for m in measurements)
    lines = [f"{'median (lowest, highest round)':34}{head}{'logits':>9}{'labels':>9}  remark"]
    agreement = results.get("label_agreement", {})
    for name in rows(results):
        cells = "".join(f"{spread(m['rounds'].get(name), '.3g'):>24}" for m in measurements)
        error = results["logit_errors"].get(name)
        logits = "" if error is None else f"{error:.4f}"
        labels = "" if name not in agreement else f"{100 * agreement[name]:.2f}%"
        remark = results["systems"].get(name, {}).get("remark", "")
        lines.append(f"{name:34}{cells}{logits:>9}{labels:>9}  {remark}".rstrip())
    return lines


def rows(results: dict) -> list[str]:
    """Every system once, in its place, and the other ways that some were run in."""
    measured = [name for m in results["measurements"] for name in m["rounds"]]
    return list(dict.fromkeys([*results["systems"], *measured]))


def ratios(results: dict, measurement: dict) -> list[str]:
    """Times of the best peers by each of martlet's systems, in the same rounds."""
    rounds = measurement["rounds"]
    systems = results["systems"]
    peers = [name for name in rounds if name in systems and not systems[name]["ours"]]
    exact = [name for name in peers if systems[name]["precision"] == "fp32"]
    rivals = {best(rounds, peers): "best peer", best(rounds, exact): "best fp32 peer"}
    rivals |= {IN_ORDER: "", "martlet fp32 avx2": ""}
    rivals = {name: what for name, what in rivals.items() if name in rounds}
    titles = [f"{name}{', ' + what if what else ''}" for name, what in rivals.items()]
    lines = [f"{measurement['name']:12} time by martlet's, of " + "; ".join(titles)]
    for ours in systems:
        if not systems[ours]["ours"]:
            continue
        cells = [spread(divided(rounds[rival], rounds[ours]), ".2f") for rival in rivals]
        lines.append(f"  {ours:32}" + "".join(f"{cell:>24}" for cell in cells))
    return lines


def best(rounds: dict, among: list[str]) -> str:
    return min(among, key=lambda name: median(rounds[name]), default="")


def divided(theirs: list[float], ours: list[float]) -> list[float]:
    return [a / b for a, b in zip(theirs, ours, strict=True)]


def spread(values: list[float] | None, form: str) -> str:
    if not values:
        return ""
    return f"{median(values):{form}} ({min(values):{form}}, {max(values):{form}})"


if __name__ == "__main__":
    print(as_text(json.loads(Path(sys.argv[1]).read_text())))
