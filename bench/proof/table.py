"""A record as text for a terminal."""

from proof.published import verdict

VAGUE = 10.0  # an interval that is this many times as far up as down says nothing


def as_text(record: dict) -> str:
    machine = record["environment"]
    kind = "quick" if record["quick"] else "for the record"
    lines = [
        "",
        f"{record['suite']}: {record['title']} ({kind}, {record['sittings']} sittings)",
        f"{machine['cpu']}, {machine['threads']} threads, {record['model']['name']}, "
        f"martlet {machine['martlet']}",
    ]
    if record["dataset"]:
        data = record["dataset"]
        lines.append(f"{data['name']}, {data['rows']} texts" + _note(data["note"]))
    lines.append(f"times faster than {record['baseline']} (where a repeat of the run would be)")
    for case in record["cases"]:
        lines += ["", *_case(record, case)]
    lines += _failures(record)
    lines += _published(record)
    if record["warnings"]:
        lines += ["", "warnings", *(f"  {line}" for line in warnings(record))]
    return "\n".join(lines)


def _case(record: dict, case: dict) -> list[str]:
    rows = [row for row in record["rows"] if row["case"] == case["name"]]
    rows.sort(key=lambda row: -row.get("ratio", {}).get("middle", 0))
    head = f"{case['name'] + ', ' + case['unit']:34}{'p50':>10}{'p90':>10}{'mean':>10}{'sd':>9}"
    lines = [f"{head}   {'faster':>6} {'':19}answers"]
    for row in rows:
        lines.append(
            f"  {row['system']:32}{number(row['p50']):>10}{number(row['p90']):>10}"
            f"{number(row['mean']):>10}{number(row['sd']):>9}   {ratio(row):26}{answers(row)}"
        )
    return lines


def ratio(row: dict) -> str:
    if "ratio" not in row:
        return ""
    found = row["ratio"]
    known = found["high"] < VAGUE * found["low"]
    where = f"{found['low']:.2f} - {found['high']:.2f}" if known else "anywhere: too few rounds"
    return f"{found['middle']:6.2f} ({where})"


def spark(row: dict, width: int = 8) -> str:
    """The histogram in a few characters, from the fastest runs to the slowest."""
    found = row.get("histogram")
    if not found:
        return ""
    step = len(found["counts"]) // width
    sums = [sum(found["counts"][at : at + step]) for at in range(0, step * width, step)]
    return "".join(" ▁▂▃▄▅▆▇█"[-(-8 * one // max(sums))] for one in sums)


def answers(row: dict) -> str:
    """What is known about how right they are, in a few words."""
    words = []
    if "accuracy" in row:
        words.append(f"{row['accuracy']:.2%} right")
    if row.get("label_agreement") is not None:
        words.append(f"{row['label_agreement']:.2%} as baseline")
    if "logit_max_abs" in row:
        words.append(f"logits {row['logit_max_abs']:.1e}")
    if "score_max_abs" in row:
        words.append(f"scores {row['score_max_abs']:.1e}")
    if "ids_equal" in row:
        words.append(f"{row['ids_equal']:.2%} of ids equal")
    if row.get("pad_waste") is not None:
        words.append(f"{row['pad_waste']:.0%} padding")
    if row.get("way"):
        words.append(row["way"])
    if "load_ms" in row:
        words.append(f"load {row['load_ms']:.0f} ms, first run {row['first_ms']:.1f} ms")
    return ", ".join(words)


def number(value: float | None) -> str:
    """Three digits that count; a dash where there is none."""
    if value is None:
        return "-"
    if value >= 1000:
        return f"{value:,.0f}"
    return f"{value:.3g}" if value >= 0.001 else f"{value:.1e}"


def failures(record: dict) -> list[str]:
    """A line for each system that did not run, or only on a second try."""
    found = {s["name"]: s.get("failed") for s in record["systems"] if s.get("failed")}
    for system in record["systems"]:
        if system.get("died_with_amx") and system["name"] not in found:
            found[system["name"]] = f"{system['died_with_amx']}; measured with AMX off"
    return [f"{name}: {why}" for name, why in found.items()]


def warnings(record: dict) -> list[str]:
    """A line for each kind and case; what is about a system or the machine is of the case "all"."""
    cases = [case["name"] for case in record["cases"]]
    found: dict[tuple[str, str], list[str]] = {}
    for one in record["warnings"]:
        case = next((c for c in cases if f", {one['about']}".endswith(f", {c}")), "all")
        about = one["about"].removesuffix(case).removesuffix(", ")
        words = f"{about}: {one['text']}" if about else one["text"]
        found.setdefault((one["kind"], case), []).append(words)
    return [f"{kind}, {case}: {'; '.join(texts)}" for (kind, case), texts in found.items()]


def _failures(record: dict) -> list[str]:
    lines = failures(record)
    return ["", "did not run, or not at first", *(f"  {line}" for line in lines)] if lines else []


def _published(record: dict) -> list[str]:
    if not record["published"]:
        return []
    lines = ["", "published elsewhere, and here"]
    for entry in record["published"]:
        found = verdict(entry, record)
        than = f" by {found['than']}" if "than" in found else ""
        theirs = found.get("ratio", found.get("ms"))
        unit = "x" if "ratio" in found else " ms"
        ours = f"{number(found['ours'])}{unit}" if found["ours"] is not None else "-"
        lines.append(
            f"  {found['case'] + ' ' + found['system'] + than:58}{number(theirs) + unit:>10}"
            f"{ours:>11}  {found['verdict']}"
        )
    return lines


def _note(note: str) -> str:
    return f" ({note})" if note else ""
