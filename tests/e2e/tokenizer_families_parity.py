"""Compares the tokenizers of other families than BERT with the Hugging Face `tokenizers` package.

No tokenizer can be downloaded for a test, so small ones are trained here, on the texts themselves.
MARTLET_TEST_ALL=1 takes more texts.
"""

import json
import random
import tempfile
from pathlib import Path

from parity import require_paths
from tokenizer_parity import BUILD, FULL, MODEL, Comparison, Probe, added_token, adversarial_texts

from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers

COUNT = 110_000 if FULL else 6000
ROBERTA_SPECIALS = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
CONTRACTIONS = """I'm you're they've we'll he'd don't it's 'tis 'S 'rE ''ll's  two  spaces\t\ttabs
\n\nlines   end 1234567 ½²① x2y ٣٤ a\u00a0b \u3000c  \u2028 d   """


def special_tokens():
    tokens = [added_token(content) | {"special": True} for content in ROBERTA_SPECIALS]
    tokens[-1]["lstrip"] = True
    return tokens


def roberta_processing(**changes):
    settings = {"sep": ["</s>", 2], "cls": ["<s>", 0], "trim_offsets": True}
    return {"type": "RobertaProcessing", "add_prefix_space": False, **settings, **changes}


def byte_level(add_prefix_space, use_regex=True, trim_offsets=True):
    flags = {"trim_offsets": trim_offsets, "use_regex": use_regex}
    return {"type": "ByteLevel", "add_prefix_space": add_prefix_space, **flags}


def train_byte_level(texts):
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=2500,
        special_tokens=ROBERTA_SPECIALS,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    settings = {"post_processor": roberta_processing(), "added_tokens": special_tokens()}
    return json.loads(tokenizer.to_str()) | settings


def bpe_texts(count, vocabulary):
    texts = adversarial_texts(count, vocabulary)
    rng = random.Random(11)
    pieces = CONTRACTIONS.split(" ")
    for number in range(0, len(texts), 4):
        texts[number] += "".join(
            rng.choice(pieces) + rng.choice(("", " ", "  ", "\n")) for _ in range(rng.randrange(8))
        )
    for number in range(0, len(texts), 50):
        texts[number] += rng.choice(("<mask>", " <mask> <s>", "a  <mask>b", "</s><unk> <pad>"))
    texts[-1] = "".join(rng.choice("abcdefgh' ") for _ in range(20_000))
    texts[-2] = "ab" * 20_000  # one word
    return texts


def check_byte_level(comparison, texts):
    some = texts[: len(texts) // 8]
    comparison.check("byte-level BPE", comparison.variant("bpe"), texts)
    template = {
        "type": "Sequence",
        "processors": [
            byte_level(True),
            {
                "type": "TemplateProcessing",
                "single": [{"SpecialToken": {"id": "<s>", "type_id": 0}}, sequence("A", 0)],
                "pair": [sequence("A", 0), sequence("B", 1)],
                "special_tokens": {"<s>": {"id": "<s>", "ids": [0], "tokens": ["<s>"]}},
            },
        ],
    }
    for prefix in (False, True):
        for trim in (False, True):
            processor = roberta_processing(add_prefix_space=prefix, trim_offsets=trim)
            settings = {"pre_tokenizer": byte_level(prefix), "post_processor": processor}
            name = f"prefix {prefix} trim {trim}"
            comparison.check(name, comparison.variant(name, **settings), some)
    for name, settings in {
        "GPT-2": {"post_processor": byte_level(False)},
        "GPT-2 untrimmed": {"post_processor": byte_level(False, trim_offsets=False)},
        "template": {"post_processor": template, "pre_tokenizer": byte_level(True)},
        "no regex": {"pre_tokenizer": byte_level(True, use_regex=False)},
        "after Bert": {
            "pre_tokenizer": {
                "type": "Sequence",
                "pretokenizers": [{"type": "BertPreTokenizer"}, byte_level(True)],
            }
        },
    }.items():
        comparison.check(name, comparison.variant(name, **settings), some)


def sequence(text, type_id):
    return {"Sequence": {"id": text, "type_id": type_id}}


def check_model_options(comparison, texts):
    """What BPE models may say besides merges."""
    model = comparison.base["model"]
    whole = model | {"ignore_merges": True}
    comparison.check("ignore_merges", comparison.variant("ignore", model=whole), texts)
    letters = {c: i for i, c in enumerate("abcdefghijklmnopqrstuvwxyz")}
    vocab = letters | {"ab": 26, "abc": 27, "th": 28, "the": 29, "<unk>": 30, "in": 31, "ing": 32}
    vocab |= {"##" + c: 40 + i for c, i in letters.items()} | {"##b</w>": 70, "##e</w>": 71}
    plain = {
        "type": "BPE",
        "vocab": vocab,
        "merges": [["t", "h"], ["th", "e"], ["a", "b"], ["ab", "c"], ["i", "n"], ["in", "g"]],
        "unk_token": "<unk>",
    }
    bare = {"pre_tokenizer": {"type": "BertPreTokenizer"}, "added_tokens": [], "decoder": None}
    for name, changes in {
        "unknown": {},
        "merges in strings": {"merges": ["t h", "th e", "i n"]},
        "fused unknown": {"fuse_unk": True},
        "dropped unknown": {"unk_token": None},
        "affixes": {"continuing_subword_prefix": "##", "end_of_word_suffix": "</w>", "merges": []},
    }.items():
        path = comparison.variant(name, model=plain | changes, post_processor=None, **bare)
        comparison.check(name, path, texts)


def check_normalizers(comparison, texts):
    """Each normalizer, and some in a row; the byte alphabet hides nothing behind <unk>."""
    strings = {
        "Replace": normalizers.Replace("a", "bcé"),
        "Replace long": normalizers.Replace("th", ""),
        "Prepend": normalizers.Prepend("▁x"),
        "Strip": normalizers.Strip(),
        "Strip left": normalizers.Strip(left=True, right=False),
        "Lowercase": normalizers.Lowercase(),
        "StripAccents": normalizers.StripAccents(),
        "NFC": normalizers.NFC(),
        "NFD": normalizers.NFD(),
        "NFKC": normalizers.NFKC(),
        "NFKD": normalizers.NFKD(),
        "DeBERTa": normalizers.Sequence(
            [normalizers.NFKD(), normalizers.StripAccents(), normalizers.Lowercase()]
        ),
        "mixture": normalizers.Sequence(
            [normalizers.NFD(), normalizers.Prepend("e"), normalizers.NFC(), normalizers.Strip()]
        ),
    }
    for name, normalizer in strings.items():
        state = json.loads(normalizer.__getstate__())
        comparison.check(name, comparison.variant(name, normalizer=state), texts)


def bert_template(separator_type):
    """[CLS] and [SEP] as ModernBERT and ALBERT have them, on this tokenizer's <s> and </s>."""
    special = [{"SpecialToken": {"id": token, "type_id": 0}} for token in ("<s>", "</s>")]
    end = {"SpecialToken": {"id": "</s>", "type_id": separator_type}}
    single = [special[0], sequence("A", 0), special[1]]
    ids = {"<s>": 0, "</s>": ROBERTA_SPECIALS.index("</s>")}
    return {
        "type": "TemplateProcessing",
        "single": single,
        "pair": [*single, sequence("B", separator_type), end],
        "special_tokens": {
            token: {"id": token, "ids": [number], "tokens": [token]}
            for token, number in ids.items()
        },
    }


def check_modernbert(comparison, texts):
    """NFC, runs of spaces and lines as tokens of their own, BERT's template."""
    runs = [" " * n for n in range(24, 1, -1)] + ["\n" * n for n in range(4, 1, -1)] + ["\t\t"]
    tokens = [added_token(run, normalized=True) for run in runs]
    path = comparison.variant(
        "modernbert",
        normalizer={"type": "NFC"},
        added_tokens=[*special_tokens(), *tokens, added_token("|||EMAIL_ADDRESS|||")],
        post_processor=bert_template(0),
    )
    comparison.check("ModernBERT", path, texts)
    rng = random.Random(6)
    pairs = [(rng.choice(texts), rng.choice(texts)) for _ in range(len(texts) // 16)]
    comparison.check("ModernBERT pairs", path, pairs)


def check_pairs(comparison, texts):
    rng = random.Random(5)
    pairs = [(rng.choice(texts), rng.choice(texts)) for _ in range(len(texts) // 16)]
    path = comparison.variant("pairs", pre_tokenizer=byte_level(True))
    comparison.check("pairs", path, pairs)
    comparison.check("pairs, bare", path, pairs[:200], special=False)
    long_texts = [text for text in texts if len(text) > 20]
    for number in range(200 if FULL else 40):
        items = [(rng.choice(long_texts), rng.choice(texts))] if number % 2 else long_texts[:3]
        strategy = rng.choice(("longest_first", "only_first"))
        truncation = (rng.randrange(8, 40), rng.randrange(3), strategy, True)
        comparison.check(f"truncation {truncation}", path, items, truncation=truncation)
    print("ok   truncation", flush=True)


def main():
    program = BUILD / "tests" / "e2e" / "tokenizer_probe"
    require_paths(program)
    vocabulary = sorted(json.loads(MODEL.read_text())["model"]["vocab"])
    texts = bpe_texts(COUNT, vocabulary)
    with tempfile.TemporaryDirectory() as name:
        base = train_byte_level(bpe_texts(3000, vocabulary)[:-2])
        comparison = Comparison(Probe(program), Path(name), base)
        check_byte_level(comparison, texts)
        check_modernbert(comparison, texts)
        check_model_options(comparison, texts[: COUNT // 8])
        check_normalizers(comparison, texts[: COUNT // 4])
        check_pairs(comparison, texts[:-2])


if __name__ == "__main__":
    main()
