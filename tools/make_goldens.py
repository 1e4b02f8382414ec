#!/usr/bin/env python3
"""Writes tests/golden/models/: tiny models, and what transformers answers with them (eager).

    build/venv/bin/python tools/make_goldens.py [NAME...]

Each directory holds a model and golden.safetensors: token ids (of sequences of several lengths, one
after the other) and the outputs of each sequence run alone, computed in float64 and rounded to
fp32, so that every run writes the same bytes. Its metadata has the tolerance.
"""

import argparse
import shutil
import sys
from pathlib import Path

import torch
import transformers
from make_random_model import longest_text, make_model
from safetensors.torch import save_file

ROOT = Path(__file__).resolve().parent.parent
OUT = ROOT / "tests" / "golden" / "models"
MODELS = [
    "bert-odd",
    "bert-gelu-new",
    "bert-relu-bf16",
    "bert-pooler-sharded",
    "bert-gamma-beta",
    "bert-tokens",
    "distilbert-odd-f16",
    "distilbert-encoder",
    "roberta-odd",
    "xlm-roberta-encoder",
    "camembert-tokens",
    "mpnet-odd",
    "mpnet-encoder",
    "electra-odd",
    "electra-wide",
    "albert-odd",
    "albert-encoder",
    "albert-tokens",
    "deberta-odd",
    "deberta-encoder",
    "deberta-tokens",
    "modernbert-odd",
    "modernbert-biased",
    "modernbert-encoder",
    "modernbert-tokens",
]
# Families whose tokenizers give every token one type; transformers then asks for none.
ONE_TYPE = ("roberta", "xlm-roberta", "camembert")
LENGTHS = [1, 2, 3, 16, 77, 128]
# What sums in fp32 may lose; outputs are of the order of one.
TOLERANCE = "2e-5"


def load(directory: Path, dtype: torch.dtype):
    """The model, as its config names it, in `dtype` whatever it is stored as."""
    config = transformers.AutoConfig.from_pretrained(directory)
    model_class = getattr(transformers, config.architectures[0])
    model = model_class.from_pretrained(directory, dtype=dtype, attn_implementation="eager")
    return model.eval()


def has_types(config) -> bool:
    return getattr(config, "type_vocab_size", 0) > 0 and config.model_type not in ONE_TYPE


def random_sequence(length: int, config, generator: torch.Generator):
    ids = torch.randint(0, config.vocab_size, (length,), generator=generator)
    if longest_text(config) < config.max_position_embeddings and length > 2:
        ids[length // 2] = config.pad_token_id  # has a position of its own
    types = config.type_vocab_size if has_types(config) else 1
    second = torch.randint(0, types, (1,), generator=generator).item()
    type_ids = torch.zeros(length, dtype=torch.int64)
    type_ids[length // 2 :] = second  # a pair of texts, or a single one
    return ids, type_ids


def outputs_of(model, ids: torch.Tensor, type_ids: torch.Tensor) -> dict[str, torch.Tensor]:
    inputs = {"input_ids": ids[None]}
    if has_types(model.config):
        inputs["token_type_ids"] = type_ids[None]
    with torch.inference_mode():
        head = model(**inputs)
        base = model.base_model(**inputs)
    tokens = base.last_hidden_state[0]
    outputs = {
        "tokens": tokens,
        "cls": tokens[:1],
        "mean": tokens.mean(0, keepdim=True),
        "max": tokens.max(0, keepdim=True).values,
    }
    if getattr(base, "pooler_output", None) is not None:
        outputs["pooler"] = base.pooler_output
    if hasattr(head, "logits"):
        outputs["logits"] = head.logits.reshape(-1, head.logits.shape[-1])
    return outputs


def make_golden(name: str) -> None:
    directory = OUT / name
    shutil.rmtree(directory, ignore_errors=True)
    make_model(name, directory)
    model = load(directory, torch.float64)
    generator = torch.Generator().manual_seed(1)
    lengths = [n for n in LENGTHS if n <= longest_text(model.config)]
    sequences = [random_sequence(n, model.config, generator) for n in lengths]
    outputs = [outputs_of(model, *sequence) for sequence in sequences]
    golden = {key: torch.cat([output[key] for output in outputs]) for key in outputs[0]}
    golden = {key: value.to(torch.float32) for key, value in golden.items()}
    golden["ids"] = torch.cat([ids for ids, _ in sequences]).to(torch.int32)
    golden["type_ids"] = torch.cat([types for _, types in sequences]).to(torch.int32)
    golden["lengths"] = torch.tensor(lengths, dtype=torch.int32)
    save_file(golden, directory / "golden.safetensors", metadata={"tolerance": TOLERANCE})
    size = sum(path.stat().st_size for path in directory.iterdir())
    largest = golden.get("logits", golden["cls"]).abs().max()
    print(f"{name:22} {size / 1000:4.0f} KB  {len(lengths)} lengths  |output| <= {largest:.2f}")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("names", nargs="*", help="which models; all when none is named")
    for name in parser.parse_args().names or MODELS:
        make_golden(name)
    return 0


if __name__ == "__main__":
    sys.exit(main())
