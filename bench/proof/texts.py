"""What the systems are given: texts with their labels, and sequences of an exact length."""

import csv
import hashlib
import json
import random
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from peers.batching import load_tokenizer

HERE = Path(__file__).resolve().parent
SST2 = HERE.parents[2] / "shared" / "data" / "sst2" / "train.parquet"
LENGTHS = HERE / "sst2_lengths.json"  # words of a sentence -> sentences; texts.py writes it
WHERE = "https://huggingface.co/datasets/stanfordnlp/sst2 (data/train-*.parquet), or --data FILE"
UNKNOWN_SHARE = 0.3  # of tokens; a tokenizer that knows fewer words gets ids drawn at random


@dataclass
class Dataset:
    name: str
    texts: list[str]
    labels: list[int] | None = None
    generated: bool = False
    note: str = ""
    facts: dict = field(default_factory=dict)

    def spread(self, count: int) -> "Dataset":
        """`count` of the texts, evenly spread over them, in their order; 0: all."""
        total = len(self.texts)
        if count == 0 or count >= total:
            return self
        chosen = [i * total // count for i in range(count)]
        labels = [self.labels[i] for i in chosen] if self.labels else None
        texts = [self.texts[i] for i in chosen]
        return Dataset(self.name, texts, labels, self.generated, self.note)

    def as_json(self) -> dict:
        digest = hashlib.sha256("\n".join(self.texts).encode()).hexdigest()
        return {
            "name": self.name,
            "rows": len(self.texts),
            "sha256": digest,
            "labelled": self.labels is not None,
            "generated": self.generated,
            "note": self.note,
        } | self.facts


def load_dataset(data: Path | None, columns: tuple[str, str], model: Path) -> Dataset:
    """`columns`: of the text and of the label, each possibly empty."""
    if data is not None:
        return read_file(data, *columns)
    if SST2.exists():
        found = read_file(SST2, "sentence", "label")
        found.name = "SST-2 train"
        return found
    return generated(model)


def read_file(path: Path, column: str = "", label_column: str = "") -> Dataset:
    rows = read_rows(path)
    names = list(rows[0]) if rows else []
    column = column or next((n for n in ("text", "sentence", *names) if n in names), "")
    label_column = label_column or ("label" if "label" in names else "")
    if column not in names:
        raise SystemExit(f"bench: [{path}] column, got {names}, expected one named '{column}'")
    texts = [str(row[column]).strip() for row in rows]
    labels = [int(row[label_column]) for row in rows] if label_column else None
    return Dataset(path.name, texts, labels)


def read_rows(path: Path) -> list[dict]:
    if not path.exists():
        raise SystemExit(f"bench: [{path}] no such file")
    if path.suffix == ".parquet":
        import pyarrow.parquet

        return pyarrow.parquet.read_table(path).to_pylist()
    if path.suffix in (".csv", ".tsv"):
        with path.open(newline="") as file:
            return list(csv.DictReader(file, delimiter="\t" if path.suffix == ".tsv" else ","))
    lines = path.read_text().splitlines()
    if path.suffix == ".jsonl":
        return [json.loads(line) for line in lines if line.strip()]
    return [{"text": line} for line in lines if line.strip()]


def generated(model: Path) -> Dataset:
    """As many texts as SST-2 has, with as many words each, drawn from the model's vocabulary."""
    counts = json.loads(LENGTHS.read_text())
    vocabulary = load_tokenizer(model).get_vocab()
    words = sorted(word for word in vocabulary if word.isascii() and word.isalpha())
    generator = random.Random(1)
    lengths = [int(length) for length, count in counts.items() for _ in range(count)]
    generator.shuffle(lengths)
    texts = [" ".join(generator.choices(words, k=length)) for length in lengths]
    note = f"generated: random words, as many a text as SST-2 has; the real set: {WHERE}"
    return Dataset("generated, lengths of SST-2", texts, generated=True, note=note)


class Sequences:
    """Sequences of exactly `length` tokens, [CLS] and [SEP] included, no two alike: of the texts,
    one after the other, as far as they go; then, and for a model that does not know their words,
    of ids drawn at random."""

    def __init__(self, model: Path, texts: list[str], seed: int = 1):
        tokenizer = load_tokenizer(model)
        encoded = [encoding.ids for encoding in tokenizer.encode_batch(texts)]
        self._cls, self._sep = encoded[0][0], encoded[0][-1]
        stream = np.concatenate([ids[1:-1] for ids in encoded])
        unknown = tokenizer.token_to_id("[UNK]")
        self.random = unknown is not None and (stream == unknown).mean() > UNKNOWN_SHARE
        self._stream = np.empty(0, int) if self.random else stream
        self._ordinary = np.array(sorted(set(tokenizer.get_vocab().values()))[5:])
        self._generator = np.random.default_rng(seed)
        self._at = int(seed * 7919 % max(1, len(self._stream)))
        self._left = len(self._stream)
        self._taken: set[tuple[int, ...]] = set()

    def take(self, length: int) -> list[int]:
        while (body := self._next(length - 2)) in self._taken:
            pass  # the sentences of SST-2 repeat parts of one another
        self._taken.add(body)
        return [self._cls, *body, self._sep]

    def _next(self, length: int) -> tuple[int, ...]:
        if self._left < length:
            return tuple(self._generator.choice(self._ordinary, length).tolist())
        places = range(self._at, self._at + length)
        self._at = (self._at + length) % len(self._stream)
        self._left -= length
        return tuple(np.take(self._stream, places, mode="wrap").tolist())

    def batch(self, size: int, length: int) -> list[list[int]]:
        return [self.take(length) for _ in range(size)]


def write_lengths() -> None:
    counts: dict[int, int] = {}
    for text in read_file(SST2, "sentence", "label").texts:
        counts[len(text.split())] = counts.get(len(text.split()), 0) + 1
    LENGTHS.write_text(json.dumps(dict(sorted(counts.items()))) + "\n")


if __name__ == "__main__":
    write_lengths()
