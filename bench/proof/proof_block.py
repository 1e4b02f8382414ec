"""What was measured, so that no figure can be hung on another model: hashes, sizes, parameters."""

import hashlib
import json
import struct
from pathlib import Path

WEIGHTS = ("model.safetensors", "pytorch_model.bin")


def model_facts(model: Path) -> dict:
    """Of a Hugging Face directory, or of a graph file."""
    path = model
    if model.is_dir():
        path = next((model / name for name in WEIGHTS if (model / name).exists()), model)
    facts = {"name": model.name, "file": path.name}
    if path.is_file():
        facts |= {"sha256": file_hash(path), "bytes": path.stat().st_size}
    if path.suffix == ".safetensors":
        facts["params"] = parameters(path)
    return facts


def file_hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def parameters(path: Path) -> int:
    """Weights in a safetensors file, by its header."""
    with path.open("rb") as file:
        size = struct.unpack("<Q", file.read(8))[0]
        tensors = json.loads(file.read(size))
    total = 0
    for name, facts in tensors.items():
        if name == "__metadata__":
            continue
        count = 1
        for side in facts["shape"]:
            count *= side
        total += count
    return total
