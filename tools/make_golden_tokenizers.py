"""Makes tests/golden/tokenizer: small tokenizers, and what `tokenizers` does with them.

cases.json holds texts with the ids, type ids, offsets and decoded text that martlet's C++ tests
expect, exactly. Run it again after a change here; the answers come from the installed package.
"""

import json
from pathlib import Path

import charsmap
from tokenizers.processors import BertProcessing, RobertaProcessing, TemplateProcessing

from tokenizers import (
    AddedToken,
    Regex,
    Tokenizer,
    decoders,
    models,
    normalizers,
    pre_tokenizers,
    trainers,
)

DIRECTORY = Path(__file__).parent.parent / "tests" / "golden" / "tokenizer"
SPECIALS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
WORDS = "the movie was good un ##aff ##able ##s ##ing don ' t Zürich zurich cafe ist ##anbul 中 文"
LETTERS = "abcdefghijklmnopqrstuvwxyzABCÉéßσςàñ가ᄀ"  # noqa: RUF001
PUNCTUATION = ".,!?'-[]#$_"

TEXTS = [
    "",
    " ",
    "The movie was GOOD.",
    "unaffable unaffables unaffableing",
    "don't I do not  n't , . ' s ! ?",
    "Zürich Café ISTANBUL İstanbul",
    "中文 the中movie文",
    "a\u0301b e\u0301\u0316 \u0316\u0301a 가각 ẛ̣",
    "tab\there\nnew\r\nline\u3000wide\u00a0nbsp\u2028sep",
    "nul\0control\x01\x7f\u200b\ufeff\ufffdend",
    "[CLS] the [MASK] [SEP][MASK]movie [mask] [MASK",
    "👩‍👩‍👧 🇺🇳 x",
    "##ing #ing $_-[]",
    "ΑΣ ß ẞ ﬁ ǅ Ⅷ ① ａ",  # noqa: RUF001
    "the <x> movie<x>s <y>, <y> y <z>  t <left>  <right>  good new york New  York NEWYORK",
    "I'll  <mask> they've \t\n 12345x  ",
    "word <single> <single>s a<single> <single>, _<single>",
]
PAIRS = [
    ["the movie", "was good."],
    ["", "the"],
    ["unaffable [SEP] 中", ""],
    ["a b c", "d e f g h"],
]
WINDOWS = [
    {"max_length": 5, "stride": 0, "truncation": "longest_first"},
    {"max_length": 6, "stride": 2, "truncation": "only_first"},
    {"max_length": 7, "stride": 1, "truncation": "longest_first"},
    {"max_length": 8, "stride": 1, "truncation": "only_second"},
]


def base_tokenizer(normalizer):
    tokens = [*SPECIALS, *WORDS.split(), *PUNCTUATION, *LETTERS, *(f"##{c}" for c in LETTERS)]
    vocabulary = {token: i for i, token in enumerate(dict.fromkeys(tokens))}
    tokenizer = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]"))
    tokenizer.normalizer = normalizer
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.WordPiece()
    tokenizer.post_processor = TemplateProcessing(
        single="[CLS] $A [SEP]",
        pair="[CLS] $A [SEP] $B:1 [SEP]:1",
        special_tokens=[("[CLS]", vocabulary["[CLS]"]), ("[SEP]", vocabulary["[SEP]"])],
    )
    tokenizer.add_special_tokens(SPECIALS)
    return tokenizer


def byte_level_tokenizer():
    """RoBERTa's kind, trained on the texts themselves."""
    specials = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
    tokenizer = Tokenizer(models.BPE())
    tokenizer.normalizer = normalizers.NFC()
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=True)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=330,
        special_tokens=specials,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(TEXTS, trainer)
    tokenizer.post_processor = RobertaProcessing(("</s>", 2), ("<s>", 0))
    tokenizer.add_special_tokens([AddedToken("<mask>", lstrip=True, special=True)])
    return tokenizer


def unigram_tokenizer():
    """XLM-RoBERTa's kind, with a charsmap that composes, grows and removes."""
    tokens = ["<s>", "<pad>", "</s>", "<unk>", "▁", *(f"▁{word}" for word in WORDS.split())]
    tokens += ["movie", "s", "ab", *LETTERS, *PUNCTUATION]
    vocabulary = [(token, -(i % 7) - len(token) / 4) for i, token in enumerate(tokens)]
    tokenizer = Tokenizer(models.Unigram(vocabulary, unk_id=3, byte_fallback=False))
    table = {"e\u0301": "é", "ﬁ": "fi", "Ⅷ": "VIII", "\x01": "", "\u200b": " "}
    tokenizer.normalizer = normalizers.Sequence(
        [
            normalizers.Precompiled(charsmap.build({k.encode(): v for k, v in table.items()})),
            normalizers.Replace(Regex(" {2,}"), " "),
        ]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.decoder = decoders.Metaspace()
    tokenizer.post_processor = TemplateProcessing(
        single="<s> $A </s>",
        pair="<s> $A </s> </s> $B </s>",
        special_tokens=[("<s>", 0), ("</s>", 2)],
    )
    tokenizer.add_special_tokens([AddedToken("<mask>", lstrip=True, special=True)])
    return tokenizer


def make_tokenizers():
    cased = base_tokenizer(normalizers.BertNormalizer(lowercase=False))
    cased.post_processor = BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    bare = base_tokenizer(None)
    bare.pre_tokenizer, bare.decoder, bare.post_processor = None, None, None
    added = base_tokenizer(normalizers.BertNormalizer())
    added.add_tokens(
        [
            AddedToken("<x>", normalized=False),
            AddedToken("do not", normalized=False),
            AddedToken("<y>", lstrip=True, rstrip=True, normalized=False),
            AddedToken("<left>", lstrip=True, normalized=False),
            AddedToken("<right>", rstrip=True, normalized=False),
            AddedToken("<single>", single_word=True, normalized=False),
            AddedToken("New York", normalized=True),
            AddedToken("NewYork", normalized=True, single_word=True),
            AddedToken("<Z>", normalized=True, lstrip=True),
        ]
    )
    flags = {"clean_text": False, "handle_chinese_chars": False, "strip_accents": True}
    accents = base_tokenizer(normalizers.BertNormalizer(lowercase=False, **flags))
    accents.post_processor = TemplateProcessing(
        single="$A:2 [SEP]:3",
        pair="[CLS]:5 $B:4 [SEP]:1 $A:2",
        special_tokens=[("[CLS]", 2), ("[SEP]", 3)],
    )
    return {
        "uncased": base_tokenizer(normalizers.BertNormalizer()),
        "cased": cased,
        "accents": accents,
        "bare": bare,
        "added": added,
        "byte_level": byte_level_tokenizer(),
        "unigram": unigram_tokenizer(),
    }


def sequences_of(encoding):
    for one in (encoding, *encoding.overflowing):
        yield {"ids": one.ids, "type_ids": one.type_ids, "char_offsets": one.offsets}


def make_case(name, tokenizer, texts, special=True, window=None):
    tokenizer.no_truncation()
    if window:
        strategy = window["truncation"]
        tokenizer.enable_truncation(
            window["max_length"], stride=window["stride"], strategy=strategy
        )
    try:
        encoding = tokenizer.encode(*texts, add_special_tokens=special)
    except BaseException:  # a text too short to be cut so: an exception, or a Rust panic
        return None
    if window and any(len(one.ids) > window["max_length"] for one in encoding.overflowing):
        return None  # no room for one of the texts, whole in its window: martlet refuses that
    case = {"tokenizer": name, "texts": texts, "add_special_tokens": special, **(window or {})}
    case["sequences"] = list(sequences_of(encoding))
    case["decoded"] = tokenizer.decode(encoding.ids)
    case["decoded_with_special"] = tokenizer.decode(encoding.ids, skip_special_tokens=False)
    return case


def make_cases(name, tokenizer):
    for text in TEXTS:
        yield make_case(name, tokenizer, [text])
    yield make_case(name, tokenizer, [TEXTS[2]], special=False)
    for pair in PAIRS:
        yield make_case(name, tokenizer, pair)
        yield make_case(name, tokenizer, pair, special=False)
    for window in WINDOWS:
        for texts in ([TEXTS[3]], [TEXTS[2], TEXTS[3]], PAIRS[0], PAIRS[3]):
            if len(texts) == 2 or window["truncation"] != "only_second":
                yield make_case(name, tokenizer, texts, window=window)


def main():
    DIRECTORY.mkdir(parents=True, exist_ok=True)
    cases = []
    for name, tokenizer in make_tokenizers().items():
        tokenizer.save(str(DIRECTORY / f"{name}.json"), pretty=False)
        cases += [case for case in make_cases(name, tokenizer) if case]
    lines = ",\n".join(json.dumps(case, ensure_ascii=True) for case in cases)
    (DIRECTORY / "cases.json").write_text(f"[\n{lines}\n]\n")


if __name__ == "__main__":
    main()
