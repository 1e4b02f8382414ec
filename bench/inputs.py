"""What the systems are given: sentences of SST-2, and sequences of an exact number of tokens."""

from pathlib import Path

import pyarrow.parquet

import tokenizers

SST2 = Path(__file__).resolve().parents[2] / "shared" / "data" / "sst2" / "train.parquet"
LONGEST = 512


def sst2_sentences(count: int) -> list[str]:
    """Of the training set, evenly spread over it, in its order; 0: all 67,349."""
    column = pyarrow.parquet.read_table(SST2, columns=["sentence"])["sentence"].to_pylist()
    if count == 0 or count >= len(column):
        return column
    return [column[i * len(column) // count] for i in range(count)]


def load_tokenizer(model: Path) -> tokenizers.Tokenizer:
    tokenizer = tokenizers.Tokenizer.from_file(str(model / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(LONGEST)
    return tokenizer


def token_ids(model: Path, texts: list[str]) -> list[list[int]]:
    return [encoding.ids for encoding in load_tokenizer(model).encode_batch(texts)]


def exact_inputs(model: Path, texts: list[str], length: int) -> list[list[int]]:
    """Sequences of `length` real tokens, [CLS] and [SEP] included, each of other text."""
    stream = []
    for ids in token_ids(model, texts):
        stream.extend(ids[1:-1])
        cls, sep = ids[0], ids[-1]
    inner = length - 2
    starts = range(0, len(stream) - inner + 1, inner)
    return [[cls, *stream[start : start + inner], sep] for start in starts]
