#!/usr/bin/env python3
"""Makes model directories with random weights, as save_pretrained writes them, for tests.

    build/venv/bin/python tools/make_random_model.py bert-base OUT    # OUT/config.json, ...
    build/venv/bin/python tools/make_random_model.py --list

Every parameter is random, biases and layer norms too, so that a test sees each of them at work.
Seeds are fixed: the same versions of PyTorch and transformers give the same model again.
"""

import argparse
import json
import sys
from dataclasses import dataclass, field
from pathlib import Path

import charsmap
import torch
import transformers
from safetensors.torch import load_file, save_file

from tokenizers import (
    AddedToken,
    Regex,
    Tokenizer,
    decoders,
    models,
    normalizers,
    pre_tokenizers,
    processors,
    trainers,
)

transformers.logging.set_verbosity_error()
transformers.logging.disable_progress_bar()

TEXT = (
    "the a of and to is it this film movie story plot actor scene music camera that with as for in "
    "on at by an but not no never very so too much more most less funny sad warm cold good bad "
    "great dull sharp slow fast long short new old young true false first last only all some any "
    "one two three year day night time life love death world heart mind eye hand"
)
WORDS = TEXT.split()
SPECIALS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
BERT_NAMES = {f"{token.strip('[]').lower()}_token": token for token in SPECIALS}
# What transformers 5 must be told of a tokenizer that it does not know by its class.
WITH_TYPES = {"model_input_names": ["input_ids", "token_type_ids", "attention_mask"]}
ROBERTA_SPECIALS = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
ROBERTA_NAMES = {f"{token.strip('<>')}_token": token for token in ("<pad>", "<unk>", "<mask>")}
ROBERTA_NAMES |= {"bos_token": "<s>", "cls_token": "<s>", "eos_token": "</s>", "sep_token": "</s>"}
PIECES = ["##s", "##ed", "##ing", "##er", "##ly", "##est", "##ness", "##ful", "##less"]
CHARACTERS = "abcdefghijklmnopqrstuvwxyz0123456789.,!?'-"


@dataclass(frozen=True)
class Spec:
    """One model: `head` is a class of transformers, `sizes` overrides its config's defaults."""

    head: str
    sizes: dict = field(default_factory=dict)
    dtype: torch.dtype = torch.float32
    shard_size: str = "10GB"
    gamma_beta: bool = False  # layer norms under their names of 2018, as on the hub to this day
    tokenizer: str = "word-piece"


def bert_sizes(hidden, heads, intermediate, layers, **others):
    return {
        "hidden_size": hidden,
        "num_attention_heads": heads,
        "intermediate_size": intermediate,
        "num_hidden_layers": layers,
        **others,
    }


def distilbert_sizes(dim, heads, hidden_dim, layers, **others):
    return {"dim": dim, "n_heads": heads, "hidden_dim": hidden_dim, "n_layers": layers, **others}


ROBERTA_BASE = {"max_position_embeddings": 514, "type_vocab_size": 1, "layer_norm_eps": 1e-5}
ROBERTA_ODD = {"type_vocab_size": 1, "layer_norm_eps": 1e-5}
MODERN = {"pad_token_id": 0, "cls_token_id": 1, "sep_token_id": 2}
MODERN |= {"bos_token_id": 1, "eos_token_id": 2}
DEBERTA = {  # as DeBERTa-v3 has it
    "relative_attention": True, "pos_att_type": ["p2c", "c2p"], "share_att_key": True,
    "norm_rel_ebd": "layer_norm", "position_biased_input": False, "max_relative_positions": -1,
}  # fmt: skip
MODERN_BIASED = {"attention_bias": True, "mlp_bias": True, "norm_bias": True}
SENTIMENT = {0: "NEGATIVE", 1: "POSITIVE"}
BERT = "BertForSequenceClassification"
DISTILBERT = "DistilBertForSequenceClassification"
ROBERTA = "RobertaForSequenceClassification"
SPECS = {
    "bert-base": Spec(BERT, {"num_labels": 3}),
    "bert-base-encoder": Spec("BertModel"),
    "distilbert-base": Spec(DISTILBERT, {"id2label": SENTIMENT}),
    "distilbert-base-encoder": Spec("DistilBertModel"),
    # Small ones of awkward shapes: nothing is a multiple of a vector register.
    "bert-odd": Spec(
        BERT, bert_sizes(36, 3, 52, 2, num_labels=5, max_position_embeddings=130)
    ),
    "bert-gelu-new": Spec(
        BERT,
        bert_sizes(
            20, 1, 33, 1, num_labels=1, hidden_act="gelu_new", max_position_embeddings=16,
            type_vocab_size=3,
        ),
    ),
    "bert-relu-bf16": Spec(
        BERT,
        bert_sizes(64, 4, 144, 2, num_labels=6, hidden_act="relu", max_position_embeddings=128),
        dtype=torch.bfloat16,
    ),
    "bert-pooler-sharded": Spec(
        "BertModel",
        bert_sizes(40, 4, 97, 2, max_position_embeddings=128),
        shard_size="30KB",
    ),
    "bert-gamma-beta": Spec(
        BERT,
        bert_sizes(24, 2, 40, 1, id2label=SENTIMENT, max_position_embeddings=77),
        gamma_beta=True,
    ),
    "bert-tokens": Spec(
        "BertForTokenClassification",
        bert_sizes(32, 4, 64, 2, num_labels=4, max_position_embeddings=128),
    ),
    "distilbert-odd-f16": Spec(
        DISTILBERT,
        distilbert_sizes(40, 5, 100, 2, num_labels=3, max_position_embeddings=128),
        dtype=torch.float16,
    ),
    "distilbert-encoder": Spec(
        "DistilBertModel", distilbert_sizes(32, 2, 64, 3, max_position_embeddings=128)
    ),
    "roberta-base": Spec(ROBERTA, {"num_labels": 3, **ROBERTA_BASE}, tokenizer="byte-level"),
    "roberta-odd": Spec(
        ROBERTA,
        bert_sizes(36, 3, 52, 2, num_labels=5, max_position_embeddings=132, **ROBERTA_ODD),
        tokenizer="byte-level",
    ),
    "xlm-roberta-encoder": Spec(
        "XLMRobertaModel",
        bert_sizes(32, 2, 64, 2, max_position_embeddings=130, **ROBERTA_ODD),
        tokenizer="unigram",
    ),
    "camembert-tokens": Spec(
        "CamembertForTokenClassification",
        bert_sizes(24, 2, 40, 1, num_labels=3, max_position_embeddings=80),
        tokenizer="unigram",
    ),
    "mpnet-base-encoder": Spec("MPNetModel", {"max_position_embeddings": 514}),
    "mpnet-odd": Spec(
        "MPNetForSequenceClassification",
        bert_sizes(36, 3, 52, 2, num_labels=5, max_position_embeddings=202),
    ),
    "mpnet-encoder": Spec("MPNetModel", bert_sizes(64, 2, 64, 2, max_position_embeddings=130)),
    "electra-small": Spec("ElectraForSequenceClassification", {"num_labels": 3}),
    "electra-odd": Spec(
        "ElectraForSequenceClassification",
        bert_sizes(
            36, 3, 52, 2, num_labels=5, embedding_size=20, max_position_embeddings=130,
            type_vocab_size=3,
        ),
    ),
    "albert-base": Spec(
        "AlbertForSequenceClassification",
        bert_sizes(768, 12, 3072, 12, num_labels=3),
        tokenizer="albert",
    ),
    "albert-odd": Spec(
        "AlbertForSequenceClassification",
        bert_sizes(
            36, 3, 52, 4, num_labels=5, embedding_size=20, num_hidden_groups=2,
            max_position_embeddings=130,
        ),
        tokenizer="albert",
    ),
    "albert-encoder": Spec(
        "AlbertModel",
        bert_sizes(40, 4, 97, 2, embedding_size=40, hidden_act="gelu", max_position_embeddings=128),
        tokenizer="albert",
    ),
    "albert-tokens": Spec(
        "AlbertForTokenClassification",
        bert_sizes(24, 2, 40, 2, num_labels=4, embedding_size=16, max_position_embeddings=80),
        tokenizer="albert",
    ),
    "modernbert-base": Spec(
        "ModernBertForSequenceClassification",
        {"num_labels": 3, "classifier_pooling": "mean", **MODERN},
        tokenizer="modern",
    ),
    "modernbert-odd": Spec(
        "ModernBertForSequenceClassification",
        bert_sizes(
            36, 3, 52, 4, num_labels=5, max_position_embeddings=130, classifier_pooling="mean",
            local_attention=16, global_attn_every_n_layers=2, **MODERN,
        ),
        tokenizer="modern",
    ),
    "modernbert-biased": Spec(
        "ModernBertForSequenceClassification",
        bert_sizes(
            32, 2, 40, 2, num_labels=3, max_position_embeddings=130, local_attention=40,
            hidden_activation="gelu_new", classifier_activation="relu", classifier_bias=True,
            **MODERN_BIASED, **MODERN,
        ),
        tokenizer="modern",
    ),
    "modernbert-encoder": Spec(
        "ModernBertModel",
        bert_sizes(64, 2, 64, 3, max_position_embeddings=200, local_attention=60, **MODERN),
        tokenizer="modern",
    ),
    "modernbert-tokens": Spec(
        "ModernBertForTokenClassification",
        bert_sizes(24, 2, 40, 2, num_labels=4, max_position_embeddings=80, **MODERN),
        tokenizer="modern",
    ),
    "deberta-base": Spec(
        "DebertaV2ForSequenceClassification",
        bert_sizes(768, 12, 3072, 12, num_labels=3, position_buckets=256, **DEBERTA),
        tokenizer="deberta",
    ),
    "deberta-odd": Spec(
        "DebertaV2ForSequenceClassification",
        bert_sizes(
            36, 3, 52, 2, num_labels=5, max_position_embeddings=130, position_buckets=16,
            pooler_hidden_act="relu", **DEBERTA,
        ),
        tokenizer="deberta",
    ),
    "deberta-encoder": Spec(  # without buckets, with positions and types
        "DebertaV2Model",
        bert_sizes(
            64, 2, 64, 2, max_position_embeddings=128, type_vocab_size=2,
            **(DEBERTA | {"max_relative_positions": 40, "position_biased_input": True}),
        ),
        tokenizer="deberta",
    ),
    "deberta-tokens": Spec(
        "DebertaV2ForTokenClassification",
        bert_sizes(
            24, 2, 40, 2, num_labels=4, max_position_embeddings=80, position_buckets=32, **DEBERTA
        ),
        tokenizer="deberta",
    ),
    "electra-wide": Spec(  # embeddings wider than the layers
        "ElectraModel",
        bert_sizes(24, 2, 40, 1, embedding_size=52, max_position_embeddings=80),
    ),
}  # fmt: skip


def make_word_piece() -> Tokenizer:
    """A WordPiece tokenizer of about 200 tokens: all of WORDS, and any ASCII word in characters."""
    tokens = [*SPECIALS, *CHARACTERS, *("##" + c for c in CHARACTERS), *WORDS, *PIECES]
    vocabulary = {token: i for i, token in enumerate(dict.fromkeys(tokens))}
    tokenizer = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]"))
    tokenizer.add_special_tokens(SPECIALS)
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = bert_template(tokenizer)
    tokenizer.decoder = decoders.WordPiece()
    return tokenizer


def train_byte_level(specials: list[str], size: int) -> Tokenizer:
    """Byte-level BPE, trained on TEXT: any text in bytes, words of TEXT in few tokens."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    trainer = trainers.BpeTrainer(
        vocab_size=size,
        special_tokens=specials,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator([TEXT], trainer)
    tokenizer.decoder = decoders.ByteLevel()
    return tokenizer


def make_byte_level() -> Tokenizer:
    """RoBERTa's byte-level BPE."""
    tokenizer = train_byte_level(ROBERTA_SPECIALS, 500)
    tokenizer.post_processor = processors.RobertaProcessing(
        ("</s>", 2), ("<s>", 0), trim_offsets=True, add_prefix_space=False
    )
    return tokenizer


def make_modern() -> Tokenizer:
    """ModernBERT's kind: byte-level BPE behind NFC, runs of spaces as tokens, BERT's template."""
    specials = [SPECIALS[0], *SPECIALS[2:4], SPECIALS[1], SPECIALS[4]]
    tokenizer = train_byte_level(specials, 450)
    tokenizer.normalizer = normalizers.NFC()
    tokenizer.add_tokens([AddedToken(" " * n, normalized=True) for n in range(8, 1, -1)])
    tokenizer.add_special_tokens([AddedToken(SPECIALS[4], lstrip=True)])
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]",
        pair="[CLS] $A [SEP] $B [SEP]",
        special_tokens=[(token, tokenizer.token_to_id(token)) for token in ("[CLS]", "[SEP]")],
    )
    return tokenizer


def make_unigram() -> Tokenizer:
    """XLM-RoBERTa's kind: a charsmap, words behind a visible space, tokens with scores."""
    words = ["▁" + word for word in WORDS]
    pieces = [piece.removeprefix("##") for piece in PIECES]
    tokens = [*ROBERTA_SPECIALS, "▁", *words, *pieces, *CHARACTERS]
    scores = [0.0] * len(ROBERTA_SPECIALS) + [-3 - i / 16 for i in range(len(tokens))]
    vocabulary = list(dict(zip(tokens, scores, strict=False)).items())
    unknown = ROBERTA_SPECIALS.index("<unk>")
    tokenizer = Tokenizer(models.Unigram(vocabulary, unk_id=unknown, byte_fallback=False))
    tokenizer.add_special_tokens(ROBERTA_SPECIALS)
    capitals = {chr(c).encode(): chr(c + 32) for c in range(ord("A"), ord("Z") + 1)}
    tokenizer.normalizer = normalizers.Precompiled(charsmap.build(capitals))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace()]
    )
    tokenizer.decoder = decoders.Metaspace()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>",
        pair="<s> $A </s> </s> $B </s>",
        special_tokens=[("<s>", 0), ("</s>", 2)],
    )
    return tokenizer


def bert_template(tokenizer: Tokenizer) -> processors.TemplateProcessing:
    return processors.TemplateProcessing(
        single="[CLS] $A [SEP]",
        pair="[CLS] $A [SEP] $B:1 [SEP]:1",
        special_tokens=[(token, tokenizer.token_to_id(token)) for token in ("[CLS]", "[SEP]")],
    )


def make_albert() -> Tokenizer:
    """ALBERT's kind: Unigram behind quotes, decompositions and lower case; BERT's template."""
    specials = ["<pad>", "<unk>", *SPECIALS[2:]]
    words = ["▁" + word for word in WORDS]
    pieces = [piece.removeprefix("##") for piece in PIECES]
    tokens = [*specials, "▁", *words, *pieces, *CHARACTERS, '"']
    scores = [0.0] * len(specials) + [-3 - i / 16 for i in range(len(tokens))]
    vocabulary = list(dict(zip(tokens, scores, strict=False)).items())
    tokenizer = Tokenizer(models.Unigram(vocabulary, unk_id=1, byte_fallback=False))
    tokenizer.add_special_tokens(specials)
    tokenizer.normalizer = normalizers.Sequence(
        [
            normalizers.Replace("``", '"'),
            normalizers.Replace("''", '"'),
            normalizers.NFKD(),
            normalizers.StripAccents(),
            normalizers.Lowercase(),
            normalizers.Precompiled(charsmap.build({b"\xc2\xa0": " "})),
        ]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace()]
    )
    tokenizer.decoder = decoders.Metaspace()
    tokenizer.post_processor = bert_template(tokenizer)
    return tokenizer


def make_deberta() -> Tokenizer:
    """DeBERTa-v3's kind: Unigram behind a charsmap, runs of spaces as one, BERT's template."""
    specials = [SPECIALS[0], *SPECIALS[2:4], SPECIALS[1]]
    words = ["▁" + word for word in WORDS]
    pieces = [piece.removeprefix("##") for piece in PIECES]
    tokens = [*specials, "▁", *words, *pieces, *CHARACTERS, *CHARACTERS.upper(), SPECIALS[4]]
    scores = [0.0] * len(specials) + [-3 - i / 16 for i in range(len(tokens))]
    vocabulary = list(dict(zip(tokens, scores, strict=False)).items())
    tokenizer = Tokenizer(models.Unigram(vocabulary, unk_id=3, byte_fallback=False))
    tokenizer.add_special_tokens([*specials, SPECIALS[4]])
    tokenizer.normalizer = normalizers.Sequence(
        [
            normalizers.Strip(),
            normalizers.Precompiled(charsmap.build({b"\xc2\xa0": " ", b"\t": " "})),
            normalizers.Replace(Regex(" {2,}"), " "),
        ]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.Metaspace()])
    tokenizer.decoder = decoders.Metaspace()
    tokenizer.post_processor = bert_template(tokenizer)
    return tokenizer


# How a tokenizer is made, its class in transformers, and what else transformers must know of it.
TOKENIZERS = {
    "word-piece": (
        make_word_piece,
        "BertTokenizer",
        BERT_NAMES,
    ),
    "byte-level": (make_byte_level, "PreTrainedTokenizerFast", ROBERTA_NAMES),
    "modern": (
        make_modern,
        "PreTrainedTokenizerFast",
        BERT_NAMES,
    ),
    "deberta": (make_deberta, "PreTrainedTokenizerFast", BERT_NAMES | WITH_TYPES),
    "unigram": (make_unigram, "PreTrainedTokenizerFast", ROBERTA_NAMES),
    "albert": (
        make_albert,
        "PreTrainedTokenizerFast",
        BERT_NAMES | {"pad_token": "<pad>", "unk_token": "<unk>"} | WITH_TYPES,
    ),
}


def longest_text(config) -> int:
    """Tokens of the longest text, special ones included."""
    families_that_pad = ("roberta", "xlm-roberta", "camembert", "mpnet")
    unused = config.pad_token_id + 1 if config.model_type in families_that_pad else 0
    return config.max_position_embeddings - unused


def randomize(model: torch.nn.Module, seed: int) -> None:
    """Gives every parameter a size at which it matters, and activations of the order of one."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            noise = torch.randn(parameter.shape, generator=generator)
            if "norm" in name.lower() and name.endswith("weight"):
                parameter.copy_(1 + 0.1 * noise)
            elif parameter.dim() == 1:
                parameter.copy_(0.1 * noise)
            elif "embedding" in name:
                parameter.copy_(0.5 * noise)
            else:
                parameter.copy_(noise / parameter.shape[1] ** 0.5)


def rename_layer_norms(directory: Path) -> None:
    path = directory / "model.safetensors"

    def old(name: str) -> str:
        if "LayerNorm" not in name:
            return name
        return name.replace(".weight", ".gamma").replace(".bias", ".beta")

    tensors = {old(name): tensor for name, tensor in load_file(path).items()}
    save_file(tensors, path, metadata={"format": "pt"})


def make_model(name: str, directory: Path) -> None:
    write_model(SPECS[name], sum(name.encode()), directory)


def write_model(spec: Spec, seed: int, directory: Path) -> None:
    make_tokenizer, tokenizer_class, names = TOKENIZERS[spec.tokenizer]
    tokenizer = make_tokenizer()
    model_class = getattr(transformers, spec.head)
    config = model_class.config_class(vocab_size=tokenizer.get_vocab_size(), **spec.sizes)
    model = model_class(config)
    randomize(model, seed)
    directory.mkdir(parents=True, exist_ok=True)
    model.to(spec.dtype).save_pretrained(directory, max_shard_size=spec.shard_size)
    if spec.gamma_beta:
        rename_layer_norms(directory)
    tokenizer.save(str(directory / "tokenizer.json"))
    settings = {
        "tokenizer_class": tokenizer_class,
        "model_max_length": longest_text(config),
        **names,
    }
    (directory / "tokenizer_config.json").write_text(json.dumps(settings, indent=2) + "\n")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("name", nargs="?", choices=SPECS, help="which model")
    parser.add_argument("directory", nargs="?", type=Path, help="where to write it")
    parser.add_argument("--list", action="store_true", help="print the names and stop")
    arguments = parser.parse_args()
    if arguments.list:
        print("\n".join(SPECS))
        return 0
    if arguments.directory is None:
        parser.error("got no directory, expected NAME DIRECTORY")
    make_model(arguments.name, arguments.directory)
    return 0


if __name__ == "__main__":
    sys.exit(main())
