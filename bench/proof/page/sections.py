"""The page's text and tables."""

from html import escape

from proof.page.charts import kind_of
from proof.published import verdict
from proof.table import answers, failures, number, ratio, warnings

COLUMNS = [
    ("p50, p90, p99", "half, 90% and 99% of the runs took no longer. A percentile is left out "
     "where there are too few runs to know it: 36 for p90, 368 for p99"),
    ("mean, sd", "average and standard deviation of all runs; outliers are in them"),
    ("histograms", "a line a system, each as high as its highest; runs beyond the farther of "
     "Tukey's fences are left out; the stroke is the median"),
    ("times faster", "median over rounds of the baseline's time by the system's, both of the same "
     "round; behind it where a repeat of the run would put it in 95 of 100 cases"),
    ("outliers", "runs beyond 1.5 (mild) and 3 (severe) times the quartiles' distance"),
    ("logits", "largest difference of a logit from the baseline's, same inputs"),
    ("scores", "the same of a server's scores"),
    ("right", "labels that are those of the data"),
    ("as baseline", "labels that are the baseline's"),
    ("padding", "share of the computed tokens that are only there to fill up a batch"),
    ("start, load, first run", "ms from starting the process until its libraries are loaded; to "
     "load the model; of the first run"),
    ("memory", "resident after loading, and at most, in MiB"),
    ("executed", "precision and instruction set, as the system itself says"),
    ("repeat", "the baseline runs twice, under two names; ratios are to the two's geometric mean, "
     "and what they differ by widens all intervals"),
]  # fmt: skip


def summary(record: dict) -> str:
    """One sentence: martlet's best beside the best of the others, and whether answers agree."""
    case, rate = record["cases"][-1]["name"], record["cases"][-1]["more_is_better"]
    rows = [row for row in record["rows"] if row["case"] == case and "ratio" in row]
    ours = [row for row in rows if kind_of(record, row["system"]) == "ours"]
    theirs = [row for row in rows if kind_of(record, row["system"]) == "peer"]
    if not ours:
        return f"{record['suite']}: nothing of martlet's was measured."
    best = max(ours, key=lambda row: row["ratio"]["middle"])
    text = (
        f"{record['title']}, {case}: {best['system']} "
        f"{'answers' if rate else 'is'} {best['ratio']['middle']:.1f} times as "
        f"{'much' if rate else 'fast'} as {record['baseline']}"
    )
    if theirs:
        other = max(theirs, key=lambda row: row["ratio"]["middle"])
        text += f"; the fastest other, {other['system']}, {other['ratio']['middle']:.1f} times"
    exact = [row for row in ours if "fp32" in row["system"] and "logit_max_abs" in row]
    if exact:
        text += f". martlet's fp32 logits differ by {exact[0]['logit_max_abs']:.0e} at most"
    if any(warning["kind"] == "foreign load" for warning in record["warnings"]):
        text += ". Other programs ran meanwhile: not to be quoted"
    return text + "."


def suite(record: dict, charts: list[str]) -> str:
    name = escape(record["suite"])
    kind = "quick run" if record["quick"] else "run for the record"
    parts = [
        f'<section id="{name}"><h2>{escape(record["title"])}</h2>',
        f'<p class="meta">{name}, {kind}, {record["sittings"]} sittings, '
        f"{escape(record['written'])}</p>",
        *(_canvas(record["suite"], chart) for chart in charts),
        heat(record),
        *(_case(record, case) for case in record["cases"]),
        _published(record),
        _failures(record),
        _warnings(record),
        _environment(record),
        _proof(record),
        "</section>",
    ]
    return "\n".join(part for part in parts if part)


def columns() -> str:
    return "".join(f"<dt>{escape(k)}</dt><dd>{escape(v)}</dd>" for k, v in COLUMNS)


def _canvas(suite_name: str, chart: str) -> str:
    label = f"{suite_name}-{chart}"
    return (
        f'<figure><figcaption></figcaption><div class="chart">'
        f'<canvas id="{escape(label)}" role="img"></canvas></div></figure>'
    )


def heat(record: dict) -> str:
    """Batch by length, of every system: times faster than the baseline. Only for grids."""
    grid = [case for case in record["cases"] if case.get("batch") and case.get("seq")]
    if len(grid) < 3:
        return ""
    found = {(row["case"], row["system"]): row for row in record["rows"]}
    body = []
    for system in dict.fromkeys(row["system"] for row in record["rows"]):
        cells = [_heat_cell(found.get((case["name"], system))) for case in grid]
        body.append(f"<tr><th>{escape(system)}</th>{''.join(cells)}</tr>")
    head = "".join(f"<th>{case['batch']} x {case['seq']}</th>" for case in grid)
    return (
        "<h3>Batch x length</h3><div class='wide'><table class='heat'>"
        f"<tr><th>times faster than {escape(record['baseline'])}</th>{head}</tr>"
        f"{''.join(body)}</table></div>"
    )


def _heat_cell(row: dict | None) -> str:
    if row is None or "ratio" not in row:
        return "<td>-</td>"
    middle = row["ratio"]["middle"]
    strength = min(1.0, abs(middle - 1) / 6 if middle > 1 else (1 / middle - 1) / 3)
    kind = "faster" if middle >= 1 else "slower"
    return f'<td class="{kind}" style="--strength:{strength:.2f}">{middle:.2f}</td>'


def _case(record: dict, case: dict) -> str:
    rows = [row for row in record["rows"] if row["case"] == case["name"]]
    rows.sort(key=lambda row: -row.get("ratio", {}).get("middle", 0))
    heads = ["system", "p50", "p90", "p99", "mean", "sd", "runs", "times faster", "outliers",
             "answers"]  # fmt: skip
    body = "".join(
        f'<tr class="{kind_of(record, row["system"])}">{_cells(row)}</tr>' for row in rows
    )
    return (
        f"<h3>{escape(case['name'])} <small>{escape(case['unit'])}</small></h3>"
        f"<div class='wide'><table><tr>{''.join(f'<th>{h}</th>' for h in heads)}</tr>"
        f"{body}</table></div>"
    )


def _cells(row: dict) -> str:
    odd = f"{row['outliers_mild']} + {row['outliers_severe']}"
    flags = "".join(f' <abbr title="{escape(w)}">!</abbr>' for w in row.get("warnings", []))
    figures = [number(row[word]) for word in ("p50", "p90", "p99", "mean", "sd")]
    cells = [*figures, str(row["n"]), ratio(row).strip(), odd, answers(row)]
    return f"<th>{escape(row['system'])}{flags}</th>" + "".join(
        f"<td>{escape(cell)}</td>" for cell in cells
    )


def _published(record: dict) -> str:
    if not record["published"]:
        return ""
    body = []
    for entry in record["published"]:
        found = verdict(entry, record)
        unit = "x" if "ratio" in found else " ms"
        what = f"{found['case']}, {found['system']}"
        what += f" by {found['than']}" if "than" in found else ""
        ours = "-" if found["ours"] is None else number(found["ours"]) + unit
        cells = [what, number(found.get("ratio", found.get("ms"))) + unit, ours,
                 found["verdict"], found["source"], found["note"]]  # fmt: skip
        body.append("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in cells) + "</tr>")
    return (
        "<details><summary>Published elsewhere, and here</summary><p>Other machines: a ratio can "
        "be reproduced, a time only compared. Reproduced: within a quarter.</p>"
        "<div class='wide'><table class='words'><tr><th>what</th><th>published</th><th>here</th>"
        f"<th>verdict</th><th>source</th><th>note</th></tr>{''.join(body)}</table></div></details>"
    )


def _failures(record: dict) -> str:
    return _list("Did not run, or not at first", failures(record))


def _warnings(record: dict) -> str:
    return _list("Warnings", warnings(record))


def _environment(record: dict) -> str:
    facts = dict(record["environment"])
    packages = facts.pop("packages", {})
    lines = [f"{name}: {_plain(value)}" for name, value in facts.items()]
    lines += [f"{name} {version}" for name, version in packages.items()]
    return _list("Environment", [*lines, f"command: {record['command']}"])


def _proof(record: dict) -> str:
    """Model and data by hash; of every system, what it says it ran."""
    facts = [f"model {k}: {_plain(v)}" for k, v in record["model"].items()]
    if record["dataset"]:
        facts += [f"data {k}: {_plain(v)}" for k, v in record["dataset"].items() if v != ""]
    heads = ["system", "version", "precision asked", "executed", "kernels", "start ms", "load ms",
             "memory MiB", "remark"]  # fmt: skip
    body = []
    for s in record["systems"]:
        if "engine_version" not in s:
            continue
        ran = " ".join(filter(None, [s.get("precision"), s.get("isa")]))
        kernels = ", ".join(f"{k} {n}" for k, n in list(s.get("kernels", {}).items())[:6])
        memory = f"{s.get('rss_mb', 0):.0f}, {s.get('rss_peak_mb', 0):.0f}"
        times = [number(s.get("start_ms")), number(s.get("load_ms"))]
        cells = [s["engine_version"], s["precision_requested"], ran, kernels, *times, memory]
        cells.append(s["remark"])
        body.append(
            f"<tr><th>{escape(s['name'])}</th>"
            + "".join(f"<td>{escape(cell)}</td>" for cell in cells)
            + "</tr>"
        )
    table = "".join(f"<th>{h}</th>" for h in heads)
    return (
        f"<details><summary>Proof: what was run</summary><ul>{_items(facts)}</ul>"
        f"<div class='wide'><table class='words'><tr>{table}</tr>{''.join(body)}</table></div>"
        "</details>"
    )


def _list(title: str, lines: list[str]) -> str:
    if not lines:
        return ""
    return f"<details><summary>{title}</summary><ul>{_items(lines)}</ul></details>"


def _items(lines: list[str]) -> str:
    return "".join(f"<li>{escape(line)}</li>" for line in lines)


def _plain(value: object) -> str:
    return " ".join(map(str, value)) if isinstance(value, list) else str(value)
