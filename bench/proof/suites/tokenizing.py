"""Tokenizers alone, one thread each."""

from pathlib import Path

from proof.cases import TokenizeCase
from proof.process import Plan, peer
from proof.suite import MODELS, Context, Length, Suite
from proof.systems import martlet
from proof.texts import Dataset


def plans(context: Context, model: Path) -> list[Plan]:
    ours = martlet(context.build, model, "fp32")
    return [
        Plan("martlet", ours.command, "", ours=True),
        peer("tokenizers encode_batch_fast", "tokenizers", "encode_batch_fast", model, ""),
        peer("tokenizers encode_batch", "tokenizers", "encode_batch", model, ""),
    ]


def cases(context: Context, _: Path, dataset: Dataset) -> list[TokenizeCase]:
    return [TokenizeCase(dataset)]


SUITE = Suite(
    name="tokenizers",
    title="Tokenizers, one thread",
    baseline="tokenizers encode_batch_fast",
    model=lambda _: MODELS / "minilm-sst2",
    plans=plans,
    cases=cases,
    quick=Length(sittings=2, seconds=10, narrow=0.01),
    full=Length(sittings=5, seconds=60, narrow=0.005),
    threads=1,
)
