"""Which charts a record gets, as data: script.js draws them with Chart.js."""

MOST_RIDGES = 4  # cases whose distributions are shown


def of(record: dict) -> dict[str, dict]:
    """By name: pareto, distributions by case, bars. A chart's id is its place on the page."""
    found = {"pareto": pareto(record)}
    shown = [distribution(record, case) for case in record["cases"]]
    shown = [chart for chart in shown if chart["series"]][:MOST_RIDGES]
    found |= {f"distribution-{at}": chart for at, chart in enumerate(shown)}
    found["bars"] = bars(record)
    found["padding"] = padding(record)
    found = {name: chart for name, chart in found.items() if chart["series"]}
    for name, chart in found.items():
        chart["id"] = f"{record['suite']}-{name}"
    return found


def rows_of(record: dict, case: str) -> list[dict]:
    return [row for row in record["rows"] if row["case"] == case]


def kind_of(record: dict, system: str) -> str:
    """What colour it gets: ours, the baseline, or another."""
    if system.startswith(record["baseline"]):
        return "baseline"
    facts = next((s for s in record["systems"] if s["name"] == system), {})
    return "ours" if facts.get("ours") else "peer"


def pareto(record: dict) -> dict:
    """Speed over error, of the last case that has both: what is fast, and how far from exact."""
    for case in reversed(record["cases"]):
        rows = [row for row in rows_of(record, case["name"]) if "ratio" in row]
        points = [_point(record, row) for row in rows if _error(row) is not None]
        if len(points) > 1:
            front = _front(points)
            errors = [point["x"] for point in points]
            return {
                "kind": "pareto", "series": points, "front": front, "x": _error_name(rows),
                "y": f"times faster than {record['baseline']}",
                "decades": max(errors) > 20 * min(errors),
                "title": f"Speed and error, {case['name']}",
            }  # fmt: skip
    return {"series": []}


def _point(record: dict, row: dict) -> dict:
    return {
        "name": row["system"], "kind": kind_of(record, row["system"]),
        "x": max(_error(row), 1e-7), "y": row["ratio"]["middle"], **_reach(row["ratio"]),
    }  # fmt: skip


def _error(row: dict) -> float | None:
    if "accuracy" in row:
        return 1 - row["accuracy"]
    if row.get("label_agreement") is not None:
        return 1 - row["label_agreement"]
    return row.get("logit_max_abs")


def _error_name(rows: list[dict]) -> str:
    if any("accuracy" in row for row in rows):
        return "labels that are wrong, share"
    if any(row.get("label_agreement") is not None for row in rows):
        return "labels that are not the baseline's, share"
    return "largest difference of a logit from the baseline's"


def _front(points: list[dict]) -> list[dict]:
    """Those that no other is both faster and as right as; from the most exact on."""
    front = []
    for point in sorted(points, key=lambda p: (p["x"], -p["y"])):
        if not front or point["y"] > front[-1]["y"]:
            front.append(point)
    return [{"x": p["x"], "y": p["y"]} for p in front]


def distribution(record: dict, case: dict) -> dict:
    """How many runs took how long: the histogram of each system, in a line of its own."""
    rows = [row for row in rows_of(record, case["name"]) if row.get("histogram")]
    rows.sort(key=lambda row: row["p50"])
    series = []
    for row in rows:
        kind = kind_of(record, row["system"])
        outline = _outline(row["histogram"])
        series.append({"name": row["system"], "kind": kind, "points": outline, "p50": row["p50"]})
    return {"kind": "distribution", "series": series, "x": case["unit"],
            "title": f"How long runs took, {case['name']}"}  # fmt: skip


def _outline(histogram: dict) -> list[dict]:
    """Of the bars side by side; 1: as high as the highest."""
    most = max(histogram["counts"])
    points = []
    for at, count in enumerate(histogram["counts"]):
        for end in (at, at + 1):
            x = histogram["from"] * histogram["factor"] ** end
            points.append({"x": float(f"{x:.5g}"), "y": round(count / most, 3)})
    return points


def bars(record: dict) -> dict:
    """Of every case: times faster than the baseline, with the interval."""
    systems = [row["system"] for row in record["rows"] if "ratio" in row]
    series = []
    for name in dict.fromkeys(systems):
        rows = {row["case"]: row for row in record["rows"] if row["system"] == name}
        values = [_bar(rows.get(case["name"])) for case in record["cases"]]
        series.append({"name": name, "kind": kind_of(record, name), "values": values})
    series.sort(key=lambda one: -max((v["middle"] for v in one["values"] if v), default=0))
    return {
        "kind": "bars", "series": series, "cases": [case["name"] for case in record["cases"]],
        "x": f"times faster than {record['baseline']}", "title": "Speed beside the baseline",
    }  # fmt: skip


def padding(record: dict) -> dict:
    """Of datasets: which share of what was computed only filled up batches."""
    series = []
    for name in dict.fromkeys(row["system"] for row in record["rows"]):
        rows = {row["case"]: row for row in record["rows"] if row["system"] == name}
        shares = [rows.get(case["name"], {}).get("pad_waste") for case in record["cases"]]
        if any(share is not None for share in shares):
            values = [None if share is None else {"middle": 100 * share} for share in shares]
            series.append({"name": name, "kind": kind_of(record, name), "values": values})
    return {
        "kind": "bars", "series": series, "cases": [case["name"] for case in record["cases"]],
        "x": "% of the computed tokens", "title": "Padding",
    }  # fmt: skip


def _bar(row: dict | None) -> dict | None:
    return row["ratio"] | _reach(row["ratio"]) if row and "ratio" in row else None


def _reach(ratio: dict) -> dict:
    """Its interval, cut off before it is all that a chart shows."""
    return {
        "low": max(ratio["low"], ratio["middle"] / 3),
        "high": min(ratio["high"], ratio["middle"] * 3),
    }
