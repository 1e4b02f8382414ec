"""Compares Unigram tokenizers, as XLM-RoBERTa and CamemBERT have them, with the Hugging Face
`tokenizers` package.

No tokenizer can be downloaded for a test, so small ones are trained here, on the texts themselves;
their charsmap is sentencepiece's nmt_nfkc where sentencepiece is installed, and one made from
Python's NFKC. MARTLET_TEST_ALL=1 takes more texts.
"""

import base64
import io
import itertools
import json
import random
import sys
import tempfile
import unicodedata
from pathlib import Path

import parity
from adversarial_texts import CODE_POINTS, MARKS, WORDS
from parity import require_paths
from tokenizer_families_parity import (
    ROBERTA_SPECIALS,
    bert_template,
    bpe_texts,
    special_tokens,
)
from tokenizer_parity import BUILD, FULL, MODEL, Comparison, Probe

from tokenizers import Tokenizer, models, pre_tokenizers, trainers

sys.path.insert(0, str(parity.ROOT / "tools"))
import charsmap

COUNT = 110_000 if FULL else 6000
# What grapheme clusters are made of: marks, joiners, pictographs, conjuncts, syllables, controls.
CLUSTER_PARTS = [
    *"aé©®☺👍1\r\n\t \x01\u0301\u0308\u20e3\ufe0f\u200c\u200d\u0600\u06dd\u0903\u093e",
    *"\u0915\u0937\u094d\u09cd\u0995\u1100\u1161\u11a8\uac00\uac01\U0001f1fa\U000110bd\U000e0001",
    "\r\n", "e\u0301", "©\u200d©\u0301", "\u0915\u094d\u0915\u0301", "\u1100\u1161\u0301",
    "▁", "▁▁",
]  # fmt: skip


def cluster_texts(count):
    rng = random.Random(23)
    for _ in range(count):
        parts = rng.choices(CLUSTER_PARTS, k=rng.randrange(1, 12))
        if rng.random() < 0.5:
            parts.append(rng.choice(CODE_POINTS) + rng.choice(MARKS) + rng.choice(CODE_POINTS))
        yield "".join(parts)


def unigram_texts(count, vocabulary):
    texts = bpe_texts(count - count // 4, vocabulary)
    return [*cluster_texts(count // 4), *texts]


def nfkc_charsmap():
    """Every code point and composed pair that NFKC changes; some things vanish, some grow."""
    replacements = {"\x01": "", "\u200b": " ", "\t": " ", "\n": " ", "\r": " ", "\u200d": "<zwj>"}
    for char in CODE_POINTS:
        text = unicodedata.normalize("NFKC", char)
        if text != char:
            replacements[char] = text
        parts = unicodedata.normalize("NFD", char)
        if len(parts) == 2 and unicodedata.normalize("NFC", parts) == char and ord(char) < 0xAC00:
            replacements[parts] = char
    return charsmap.build({key.encode(): text for key, text in replacements.items()})


def message_field(message, wanted):
    """The bytes of a field of a protocol buffer; its code would ask for a protobuf of its own."""
    position = 0

    def number():
        nonlocal position
        value = shift = 0
        while True:
            byte = message[position]
            position += 1
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value

    while True:
        field, kind = divmod(number(), 8)
        size = {0: None, 1: 8, 2: None, 5: 4}[kind]
        if kind == 0:
            number()
            continue
        size = number() if kind == 2 else size
        if field == wanted:
            return message[position : position + size]
        position += size


def sentencepiece_charsmap():
    """nmt_nfkc, from a model that is trained for it; None without sentencepiece."""
    try:
        import sentencepiece
    except ImportError:
        print("SKIPPED: nmt_nfkc, needs sentencepiece")
        return None
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(Path(__file__).read_text().splitlines()),
        model_writer=model,
        vocab_size=400,
        hard_vocab_limit=False,
        normalization_rule_name="nmt_nfkc",
        minloglevel=2,
    )
    normalizer_spec, table = 3, 2
    return message_field(message_field(model.getvalue(), normalizer_spec), table)


def precompiled(table):
    return {"type": "Precompiled", "precompiled_charsmap": base64.b64encode(table).decode()}


def metaspace(scheme="always", *, split=True):
    settings = {"replacement": "▁", "prepend_scheme": scheme, "split": split}
    return {"type": "Metaspace", **settings}


def sequence(key, *parts):
    return {"type": "Sequence", key: list(parts)}


def xlm_roberta_processing():
    def special(content):
        return {"SpecialToken": {"id": content, "type_id": 0}}

    first, second = ({"Sequence": {"id": name, "type_id": 0}} for name in "AB")
    begin, end = special("<s>"), special("</s>")
    tokens = {"<s>": 0, "</s>": 2}
    return {
        "type": "TemplateProcessing",
        "single": [begin, first, end],
        "pair": [begin, first, end, end, second, end],
        "special_tokens": {t: {"id": t, "ids": [i], "tokens": [t]} for t, i in tokens.items()},
    }


def train_unigram(texts):
    tokenizer = Tokenizer(models.Unigram())
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    trainer = trainers.UnigramTrainer(
        vocab_size=3000, special_tokens=ROBERTA_SPECIALS, unk_token="<unk>", show_progress=False
    )
    tokenizer.train_from_iterator(texts, trainer)
    trained = json.loads(tokenizer.to_str())
    trained["model"]["unk_id"] = ROBERTA_SPECIALS.index("<unk>")
    return trained | {
        "pre_tokenizer": sequence("pretokenizers", {"type": "WhitespaceSplit"}, metaspace()),
        "decoder": metaspace(),
        "post_processor": xlm_roberta_processing(),
        "added_tokens": special_tokens(),
    }


def check_charsmaps(comparison, texts, tables):
    for name, table in tables.items():
        path = comparison.variant(name, normalizer=precompiled(table))
        comparison.check(name, path, texts)
    spaces = {"type": "Replace", "pattern": {"Regex": " {2,}"}, "content": "▁"}
    lower = {"type": "Lowercase"}
    strip = {"type": "Strip", "strip_left": False, "strip_right": True}
    table = precompiled(tables["NFKC"])
    for name, steps in {
        "T5's normalizers": (table, strip, spaces),
        "lower case, then charsmap": (lower, table),
        "charsmap twice": (table, lower, table),
    }.items():
        path = comparison.variant(name, normalizer=sequence("normalizers", *steps))
        comparison.check(name, path, texts[: len(texts) // 2])


def check_albert(comparison, texts, tables):
    """Quotes, decompositions, lower case and a charsmap, BERT's template."""
    quotes = [
        {"type": "Replace", "pattern": {"String": text}, "content": '"'} for text in ("``", "''")
    ]
    steps = [{"type": "NFKD"}, {"type": "StripAccents"}, {"type": "Lowercase"}]
    table = precompiled(tables.get("nmt_nfkc", tables["NFKC"]))
    path = comparison.variant(
        "albert",
        normalizer=sequence("normalizers", *quotes, *steps, table),
        post_processor=bert_template(1),
    )
    comparison.check("ALBERT", path, texts)


def check_deberta(comparison, texts, tables):
    """What versions 4 and 5 of transformers make of sentencepiece's model."""
    table = precompiled(tables.get("nmt_nfkc", tables["NFKC"]))
    strip = {"type": "Strip", "strip_left": True, "strip_right": True}
    spaces = {"type": "Replace", "pattern": {"Regex": " {2,}"}, "content": " "}
    blanks = {"type": "Replace", "pattern": {"Regex": r"\s{2,}|[\n\r\t]"}, "content": " "}
    for name, steps in {
        "DeBERTa of version 4": (strip, table, spaces),
        "DeBERTa of version 5": (blanks, {"type": "NFC"}, strip | {"strip_left": False}),
        "lower-case DeBERTa": ({"type": "Lowercase"}, strip, table, spaces),
    }.items():
        path = comparison.variant(
            name,
            normalizer=sequence("normalizers", *steps),
            pre_tokenizer=sequence("pretokenizers", metaspace()),
            post_processor=bert_template(1),
        )
        comparison.check(name, path, texts)
        pairs = list(itertools.pairwise(texts[: len(texts) // 16]))
        comparison.check(f"{name}, pairs", path, pairs)


def check_metaspace(comparison, texts):
    for scheme in ("always", "never", "first"):
        for split in (True, False):
            step = metaspace(scheme, split=split)
            name = f"metaspace {scheme} {split}"
            path = comparison.variant(name, pre_tokenizer=step, decoder=step)
            comparison.check(name, path, texts)
    old = {"type": "Metaspace", "replacement": "_", "str_rep": "_", "add_prefix_space": True}
    path = comparison.variant("old", pre_tokenizer=old, decoder=old)
    comparison.check("metaspace of 2022", path, texts)
    never = metaspace("never") | {"add_prefix_space": False}
    path = comparison.variant("both", pre_tokenizer=never, decoder=never)
    comparison.check("metaspace of 2024", path, texts)
    bare = comparison.variant("bare", pre_tokenizer=None, decoder=None, post_processor=None)
    comparison.check("no pre-tokenizer", bare, texts)


def check_models(comparison, texts):
    """Scores that tie, unknown parts that are tokens, bytes."""
    tokens = ["<unk>", "a", "b", "ab", "ba", "aba", "é", "▁", "▁a", "xyz", "c", "abab"]
    bytes_ = [f"<0x{byte:02X}>" for byte in range(256)]
    for name, (vocab, settings) in {
        "ties": ([[token, -float(len(token))] for token in tokens], {}),
        "equal scores": ([[token, 0.0] for token in tokens], {}),
        "rising scores": ([[token, float(i)] for i, token in enumerate(tokens)], {}),
        "bytes": ([[t, -1.5] for t in tokens + bytes_], {"byte_fallback": True}),
        "some bytes": ([[t, -1.5] for t in tokens + bytes_[:200]], {"byte_fallback": True}),
        "unknown in the middle": ([["a", -1.0], ["<unk>", -2.0], ["b", -0.5]], {"unk_id": 1}),
        "one token twice": ([["<unk>", 0.0], ["a", -1.0], ["ab", -9.0], ["ab", -1.0]], {}),
    }.items():
        model = {"type": "Unigram", "unk_id": 0, "byte_fallback": False} | settings
        path = comparison.variant(
            name, model=model | {"vocab": vocab}, added_tokens=[], post_processor=None
        )
        comparison.check(name, path, texts)


def check_unspelled(comparison, texts):
    """Without an unknown token a text is refused or spelled, each by itself."""
    letters = [*"abcdefghijklmnoprstu ▁ABé中", "qu", "the", "ing", "▁a"]
    rng = random.Random(8)
    texts = [*texts, *("".join(rng.choices("aeinghtsmé q", k=12)) for _ in range(40))]
    bytes_ = [f"<0x{byte:02X}>" for byte in range(256)]
    for name, (tokens, fallback) in {
        "letters": (letters, False),
        "letters and bytes": (letters + bytes_, True),
    }.items():
        vocab = [[token, -1.0 - 0.01 * i] for i, token in enumerate(tokens)]
        model = {"type": "Unigram", "unk_id": None, "byte_fallback": fallback, "vocab": vocab}
        path = comparison.variant(name, model=model, added_tokens=[], post_processor=None)
        answers = [comparison.check(f"{name}, one text", path, [text]) for text in texts]
        refused = answers.count("refused by both")
        print(f"ok   no unknown token, {name}: {refused} of {len(texts)} refused by both")
        if not 0 < refused < len(texts):
            sys.exit("FAIL no unknown token: nothing was compared")


def check_pairs(comparison, texts):
    rng = random.Random(5)
    path = comparison.variant("pairs")
    pairs = [(rng.choice(texts), rng.choice(texts)) for _ in range(len(texts) // 16)]
    comparison.check("pairs", path, pairs)
    long_texts = [text for text in texts if len(text) > 20]
    for number in range(100 if FULL else 20):
        items = [(rng.choice(long_texts), rng.choice(texts))] if number % 2 else long_texts[:3]
        truncation = (rng.randrange(8, 40), rng.randrange(3), "longest_first", True)
        comparison.check(f"truncation {truncation}", path, items, truncation=truncation)
    print("ok   truncation", flush=True)


def main():
    program = BUILD / "tests" / "e2e" / "tokenizer_probe"
    require_paths(program)
    vocabulary = sorted(json.loads(MODEL.read_text())["model"]["vocab"])
    texts = unigram_texts(COUNT, vocabulary)
    tables = {"NFKC": nfkc_charsmap()}
    if table := sentencepiece_charsmap():
        tables["nmt_nfkc"] = table
    with tempfile.TemporaryDirectory() as name:
        base = train_unigram([*WORDS, *vocabulary, *cluster_texts(100)])
        comparison = Comparison(Probe(program), Path(name), base)
        comparison.check("Unigram", comparison.variant("unigram"), texts)
        check_charsmaps(comparison, texts, tables)
        check_albert(comparison, texts, tables)
        check_deberta(comparison, texts, tables)
        check_metaspace(comparison, texts[: COUNT // 4])
        check_models(comparison, texts[: COUNT // 4])
        check_unspelled(comparison, [*texts[:30], "the king", "quiet", "q", "queen sing", ""])
        check_pairs(comparison, texts[:-2])


if __name__ == "__main__":
    main()
