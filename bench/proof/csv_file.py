"""A record as CSV: one row for each case and system, with every column of published benchmarks."""

import csv
import io

SYSTEM_COLUMNS = [
    "engine_version", "precision_requested", "precision", "isa", "remark", "start_ms", "load_ms",
    "rss_mb", "rss_peak_mb",
]  # fmt: skip
ROW_COLUMNS = [
    "unit", "n", "rounds", "mean", "sd", "variance", "cv", "min", "p50", "p90", "p95", "p99",
    "p99.9", "max", "ci95_lo", "ci95_hi", "outliers_mild", "outliers_severe", "QPS",
    "samples_per_s", "tokens_per_s", "ms_per_example", "pad_waste", "labelled_texts", "correct",
    "accuracy", "f1", "label_agreement", "logit_max_abs", "logit_mean_abs", "logit_cos",
    "argmax_agreement", "nan_inf", "score_max_abs", "way", "ids_equal", "output_sha256",
]  # fmt: skip
COLUMNS = [
    "run_id", "datetime", "suite", "case", "engine", "batch", "seq", "plan", "device", "cpu",
    "flags", "cores", "governor", "ram_gb", "threads", "model_name", "model_sha256", "params",
    "bytes", "dataset", "n_samples", "inputs", "baseline", "ratio", "ratio_lo", "ratio_hi",
    "first_ms", *SYSTEM_COLUMNS, *ROW_COLUMNS, "kernels", "warnings", "failed",
]  # fmt: skip


def as_csv(record: dict) -> str:
    out = io.StringIO()
    writer = csv.DictWriter(out, COLUMNS, lineterminator="\n", extrasaction="ignore")
    writer.writeheader()
    systems = {system["name"]: system for system in record["systems"]}
    cases = {case["name"]: case for case in record["cases"]}
    measured = set()
    for row in record["rows"]:
        measured.add(row["system"])
        writer.writerow(_row(record, systems[row["system"]], cases[row["case"]], row))
    for name, system in systems.items():
        if name not in measured:
            writer.writerow(_row(record, system, {"name": ""}, {}))
    return out.getvalue()


def _row(record: dict, system: dict, case: dict, row: dict) -> dict:
    machine, model = record["environment"], record["model"]
    data = record["dataset"] or {}
    ratio = row.get("ratio", {})
    found = {
        "run_id": f"{record['suite']}-{record['written']}",
        "datetime": record["written"],
        "suite": record["suite"],
        "case": case["name"],
        "engine": system["name"],
        "device": "cpu",
        "model_name": model["name"],
        "model_sha256": model.get("sha256"),
        "params": model.get("params"),
        "bytes": model.get("bytes"),
        "dataset": data.get("name"),
        "n_samples": data.get("rows"),
        "inputs": 1,
        "baseline": record["baseline"],
        "ratio": ratio.get("middle"),
        "ratio_lo": ratio.get("low"),
        "ratio_hi": ratio.get("high"),
        "first_ms": row.get("first_ms", system.get("first_ms", {}).get(case["name"])),
        "kernels": _counts(system.get("kernels", {})),
        "warnings": "; ".join(row.get("warnings", [])),
        "failed": system.get("failed"),
    }
    found |= {word: machine[word] for word in ("cpu", "cores", "governor", "ram_gb", "threads")}
    found["flags"] = " ".join(machine["flags"])
    found |= {word: case.get(word) for word in ("batch", "seq", "plan")}
    found |= {word: row.get(word, system.get(word)) for word in SYSTEM_COLUMNS}
    return found | {word: row.get(word) for word in ROW_COLUMNS}


def _counts(kernels: dict) -> str:
    return "; ".join(f"{name} {count}" for name, count in kernels.items())
