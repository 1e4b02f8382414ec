"""NN-Inference-Optimization again: BERT-base over batch and length, by precision and compiler."""

from pathlib import Path

from proof import systems
from proof.cases import ShapeCase
from proof.process import Plan
from proof.published import BERT_SWEEP
from proof.suite import Context, Length, Suite
from proof.suites.models import bert_base
from proof.texts import Dataset, Sequences

QUICK = [(1, 16), (1, 128), (8, 64), (16, 128)]
FULL = [(b, s) for b in (1, 8, 16, 32, 64, 128, 256) for s in (16, 64, 128, 256, 384, 512)]
MOST_TOKENS = 32768  # of a batch: 256 x 128; more takes minutes on few cores


def plans(context: Context, model: Path) -> list[Plan]:
    ours = [systems.martlet(context.build, model, word) for word in ("int8", "bf16", "fp32")]
    theirs = [*systems.pytorch(model), *systems.engines(model)]
    if context.quick:
        left_out = ("TorchScript", "raw", "rest fp32", "CTranslate2 fp32", "PyTorch int8")
        theirs = [plan for plan in theirs if not any(word in plan.name for word in left_out)]
    return [*ours, *theirs, *systems.on_gpu()]


def cases(context: Context, model: Path, dataset: Dataset) -> list[ShapeCase]:
    sequences = Sequences(model, dataset.spread(2000).texts)
    shapes = QUICK if context.quick else [s for s in FULL if s[0] * s[1] <= MOST_TOKENS]
    return [ShapeCase(*shape, sequences) for shape in shapes]


SUITE = Suite(
    name="bert-sweep",
    title="BERT-base over batch and length",
    baseline="PyTorch eager fp32",
    model=bert_base,
    plans=plans,
    cases=cases,
    quick=Length(sittings=1, seconds=80, narrow=0.03),
    full=Length(sittings=3, seconds=3600, narrow=0.01),
    published=BERT_SWEEP,
    heat=6,  # each holds 400 MB of weights and more
)
