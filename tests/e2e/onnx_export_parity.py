#!/usr/bin/env python3
"""Exported models in Python's ONNX Runtime against transformers: every golden model, padded into
one batch, plain and fused; one of each family in every form that `martlet export` writes (all of
them with MARTLET_TEST_ALL=1); the demo's classifier; a sentence-transformers directory."""

import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import parity

GOLDEN = parity.ROOT / "tests" / "golden" / "models"
OUTPUTS = {"logits": "logits", "last_hidden_state": "tokens", "pooler_output": "pooler"}
FORMS = {
    "plain": ([], parity.TOLERANCE),
    "opset 20": (["--opset", "20"], parity.TOLERANCE),
    "opset 23": (["--opset", "23"], parity.TOLERANCE),
    "fused": (["--fused"], parity.TOLERANCE),
    "external data": (["--external-data"], parity.TOLERANCE),
    "fp16": (["--precision", "fp16"], 0.01),
    "fused fp16": (["--fused", "--precision", "fp16"], 0.01),
    "int8": (["--precision", "int8"], 0.1),
    "fused int8": (["--fused", "--precision", "int8"], 0.1),
}
SHORT_FORMS = ["plain", "fused"]
EVERY_FORM = [
    "bert-odd",
    "distilbert-odd-f16",
    "electra-odd",
    "albert-odd",
    "modernbert-odd",
    "deberta-odd",
    "mpnet-odd",
    "roberta-odd",
]  # models that are exported in all of them
TEXTS = [
    "a gripping, beautiful film",
    "",
    "it is not that the plot is bad, there is none, and the actors seem to know it",
    "Ünïcödé 漢字 and 🙂",
]


class Exported:
    """An exported model, checked by onnx and loaded by ONNX Runtime."""

    def __init__(self, build: Path, model: Path, arguments: list[str]):
        import onnx
        import onnxruntime

        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "model.onnx"
            command = [build / "martlet", "export", model, path, *arguments]
            subprocess.run(command, check=True)
            onnx.checker.check_model(str(path), full_check="--fused" not in arguments)
            options = onnxruntime.SessionOptions()
            options.log_severity_level = 3
            self.session = onnxruntime.InferenceSession(path, options)
        self.names = [value.name for value in self.session.get_inputs()]
        self.outputs = [value.name for value in self.session.get_outputs()]

    def run(self, ids: list, type_ids: list | None = None) -> dict[str, np.ndarray]:
        """Outputs of sequences of any lengths, padded on the right."""
        shape = (len(ids), max(map(len, ids)))
        feed = {name: np.zeros(shape, np.int64) for name in self.names}
        for row, sequence in enumerate(ids):
            feed["input_ids"][row, : len(sequence)] = sequence
            feed["attention_mask"][row, : len(sequence)] = 1
            if type_ids and "token_type_ids" in feed:
                feed["token_type_ids"][row, : len(sequence)] = type_ids[row]
        return dict(zip(self.outputs, self.session.run(None, feed), strict=True))


def golden_difference(exported: Exported, golden: dict[str, np.ndarray]) -> float:
    lengths = golden["lengths"]
    ends = np.cumsum(lengths)[:-1]
    ids, type_ids = np.split(golden["ids"], ends), np.split(golden["type_ids"], ends)
    largest = 0.0
    for name, values in exported.run(ids, type_ids).items():
        if values.ndim == 3:  # a row for each token: those of padding mean nothing
            values = np.concatenate([rows[:n] for rows, n in zip(values, lengths, strict=True)])
        expected = golden[OUTPUTS[name]].reshape(values.shape)
        largest = max(largest, float(np.abs(values - expected).max()))
    return largest


def check_goldens(build: Path, report: parity.Report) -> None:
    from safetensors.numpy import load_file

    for model in sorted(GOLDEN.iterdir()):
        golden = load_file(model / "golden.safetensors")
        every = model.name in EVERY_FORM or parity.everything(build)
        for form in FORMS if every else SHORT_FORMS:
            arguments, limit = FORMS[form]
            exported = Exported(build, model, arguments)
            report.check(f"{model.name}, {form}", golden_difference(exported, golden), limit)


def check_classifier(build: Path, report: parity.Report) -> None:
    import transformers
    from hf_reference import classify

    model = parity.SENTIMENT_MODEL
    tokenizer = transformers.AutoTokenizer.from_pretrained(model)
    ids = tokenizer(TEXTS)["input_ids"]
    expected = classify(model, TEXTS)
    for form in SHORT_FORMS:
        arguments, limit = FORMS[form]
        logits = Exported(build, model, arguments).run(ids)["logits"]
        report.check(f"{model.name}, {form}", float(np.abs(logits - expected).max()), limit)


def check_sentences(build: Path, report: parity.Report) -> None:
    from embedding_parity import base_model
    from hf_reference import embed

    from tokenizers import Tokenizer

    model = base_model()
    tokenizer = Tokenizer.from_file(str(model / "tokenizer.json"))
    tokenizer.no_padding()
    ids = [tokenizer.encode(text).ids for text in TEXTS]
    expected = embed(model, TEXTS)
    for form in SHORT_FORMS:
        arguments, limit = FORMS[form]
        vectors = Exported(build, model, arguments).run(ids)["sentence_embedding"]
        report.check(f"sentence vectors, {form}", float(np.abs(vectors - expected).max()), limit)


def main() -> int:
    build = parity.build_directory()
    parity.require_packages("onnx", "onnxruntime", "safetensors")
    parity.require_paths(build / "martlet")
    report = parity.Report()
    check_goldens(build, report)
    if report.failed:
        return report.exit_code()  # rather than skip what is left
    parity.require_packages("torch", "transformers", "sentence_transformers")
    parity.require_paths(parity.SENTIMENT_MODEL)
    check_classifier(build, report)
    check_sentences(build, report)
    return report.exit_code()


if __name__ == "__main__":
    sys.exit(main())
