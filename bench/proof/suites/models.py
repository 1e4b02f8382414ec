"""Models that suites make for themselves."""

import subprocess
import sys
from pathlib import Path

from proof.environment import ROOT
from proof.suite import MODELS, Context


def bert_base(_: Context) -> Path:
    """BERT-base with random weights: speed does not depend on them."""
    path = MODELS / "bert-base-random"
    if not (path / "model.safetensors").exists():
        maker = ROOT / "tools" / "make_random_model.py"
        subprocess.run([sys.executable, maker, "bert-base", path], check=True)
    return path


def resnet18(shape: list[int]) -> Path:
    path = MODELS / ("resnet18-" + "x".join(map(str, shape)) + ".onnx")
    if not path.exists():
        maker = ROOT / "tools" / "make_resnet18.py"
        subprocess.run([sys.executable, maker, path, *map(str, shape)], check=True)
    return path
