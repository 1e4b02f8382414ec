#!/usr/bin/env python3
"""A disk that fills up while a merged model is written: one clear line, and nothing is left.

The disk is a small tmpfs in a namespace of its own, of several sizes so that each of the files is
the one that does not fit."""

import argparse
import json
import struct
import subprocess
import sys
import tempfile
from pathlib import Path

VOCABULARY = "token\n" * 40_000  # 240 kB, written after the weights
SIZES_KB = [4, 8, 256, 520, 640]
ENOUGH_KB = 4096
EXIT_IO = 5

# Prints what is left on the disk; exits with the merge's code.
ON_A_SMALL_DISK = """
mount -t tmpfs -o size="$1"k none "$2" || exit 77
"$3" merge "$4" "$5" "$2/out"
code=$?
ls -A "$2"
exit $code
"""


def write_weights(path: Path, tensors: dict[str, list[int]]) -> None:
    """Zeros of these shapes, as safetensors."""
    header, position = {}, 0
    for name, shape in tensors.items():
        size = 4
        for dimension in shape:
            size *= dimension
        offsets = [position, position + size]
        header[name] = {"dtype": "F32", "shape": shape, "data_offsets": offsets}
        position += size
    text = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + bytes(position))


def make_inputs(folder: Path) -> tuple[Path, Path]:
    base, adapter = folder / "base", folder / "adapter"
    base.mkdir()
    adapter.mkdir()
    (base / "config.json").write_text('{"model_type": "bert"}')
    (base / "vocab.txt").write_text(VOCABULARY)
    pooler = {"pooler.dense.weight": [2, 2], "pooler.dense.bias": [2]}
    write_weights(base / "model.safetensors", {"encoder.w.weight": [256, 512], **pooler})
    config = {"peft_type": "LORA", "task_type": "SEQ_CLS", "modules_to_save": ["classifier"]}
    (adapter / "adapter_config.json").write_text(json.dumps(config))
    head = {"base_model.model.classifier.weight": [2, 2], "base_model.model.classifier.bias": [2]}
    write_weights(adapter / "adapter_model.safetensors", head)
    return base, adapter


def merge_on_disk(kilobytes: int, program: Path, folder: Path) -> subprocess.CompletedProcess:
    script = ["unshare", "--map-root-user", "--mount", "sh", "-c", ON_A_SMALL_DISK, "sh"]
    places = [folder / "disk", program, folder / "base", folder / "adapter"]
    return subprocess.run(
        [*script, str(kilobytes), *places], capture_output=True, text=True, check=False
    )


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", type=Path, required=True)
    program = parser.parse_args().build / "martlet"
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make_inputs(folder)
        (folder / "disk").mkdir()
        whole = merge_on_disk(ENOUGH_KB, program, folder)
        if "Operation not permitted" in whole.stderr or whole.returncode == 77:
            print(f"SKIPPED: cannot make a small disk here: {whole.stderr.strip()}")
            return 77
        good = whole.returncode == 0 and whole.stdout == "out\n"
        print(f"{'ok  ' if good else 'FAIL'} {ENOUGH_KB} kB: {whole.stdout!r} {whole.stderr!r}")
        for kilobytes in SIZES_KB:
            done = merge_on_disk(kilobytes, program, folder)
            clean = done.returncode == EXIT_IO and done.stdout == ""
            clear = done.stderr.count("\n") == 1 and "No space left on device" in done.stderr
            clear = clear and "/disk/out/" in done.stderr  # not the temporary's name
            good = good and clean and clear
            print(f"{'ok  ' if clean and clear else 'FAIL'} {kilobytes} kB: {done.stderr.strip()}")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
