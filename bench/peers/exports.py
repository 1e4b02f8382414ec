"""The files that peer engines run, made once from a Hugging Face directory and kept under
build/bench/exports."""

import contextlib
import hashlib
import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np

from peers.batching import load_tokenizer
from peers.engine import bert_inputs

ROOT = Path(__file__).resolve().parents[2]
EXPORTS = ROOT / "build" / "bench" / "exports"
NAMES = ["input_ids", "attention_mask", "token_type_ids"]
CALIBRATION_BATCHES = 128


def plain_onnx(model: Path) -> Path:
    return kept(model, "model.onnx", lambda path: export_onnx(model, path))


def fused_onnx(model: Path) -> Path:
    plain = plain_onnx(model)
    return kept(model, "fused.onnx", lambda path: fuse(model, plain, path))


def int8_onnx(model: Path) -> Path:
    """Dynamic quantization of the fused graph, as ONNX Runtime's transformer tools do it."""
    fused = fused_onnx(model)
    return kept(model, "fused-int8.onnx", lambda path: quantize_onnx(fused, path))


def int8_openvino(model: Path) -> Path:
    plain = plain_onnx(model)
    directory = kept(model, "openvino-int8", lambda path: quantize_openvino(model, plain, path))
    return directory / "model.xml"


def ctranslate2_model(model: Path) -> Path:
    return kept(model, "ctranslate2", lambda path: convert_ctranslate2(model, path))


def kept(model: Path, name: str, make: Callable[[Path], object]) -> Path:
    """The file or directory `name` made from these very weights, from an earlier run or now."""
    path = EXPORTS / f"{model.name}-{fingerprint(model)}" / name
    if path.exists():
        return path
    unfinished = path.with_name(f"unfinished-{os.getpid()}-{name}")
    path.parent.mkdir(parents=True, exist_ok=True)
    print(f"exporting {model.name} to {name}", file=sys.stderr)
    try:
        with contextlib.redirect_stdout(sys.stderr):
            make(unfinished)
        unfinished.rename(path)
    finally:
        remove(unfinished)
    return path


def fingerprint(model: Path) -> str:
    weights = (model / "model.safetensors").resolve().stat()
    text = f"{weights.st_size} {weights.st_mtime_ns} {(model / 'config.json').read_text()}"
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    path.unlink(missing_ok=True)


def export_onnx(model: Path, path: Path) -> None:
    import torch
    import transformers

    network = transformers.AutoModelForSequenceClassification.from_pretrained(
        model, dtype=torch.float32, attn_implementation="eager"
    ).eval()
    ids = torch.ones(2, 8, dtype=torch.int64)
    torch.onnx.export(
        network,
        (ids, torch.ones_like(ids), torch.zeros_like(ids)),
        str(path),
        dynamo=False,
        input_names=NAMES,
        output_names=["logits"],
        dynamic_axes={name: {0: "batch", 1: "length"} for name in NAMES},
    )


def fuse(model: Path, plain: Path, path: Path) -> None:
    import transformers
    from onnxruntime.transformers import optimizer

    config = transformers.AutoConfig.from_pretrained(model)
    fused = optimizer.optimize_model(
        str(plain), "bert", num_heads=config.num_attention_heads, hidden_size=config.hidden_size
    )
    fused.save_model_to_file(str(path))


def quantize_onnx(fused: Path, path: Path) -> None:
    import onnx
    from onnxruntime.quantization import QuantType, quantize_dynamic

    quantize_dynamic(
        fused,
        path,
        weight_type=QuantType.QInt8,
        # of what comes out of fused operators, which shape inference does not know
        extra_options={"DefaultTensorType": onnx.TensorProto.FLOAT},
    )


def quantize_openvino(model: Path, plain: Path, path: Path) -> None:
    import nncf
    import openvino

    quantized = nncf.quantize(
        openvino.Core().read_model(plain),
        nncf.Dataset(calibration_inputs(model)),
        model_type=nncf.ModelType.TRANSFORMER,
        subset_size=CALIBRATION_BATCHES,
    )
    path.mkdir()
    openvino.save_model(quantized, path / "model.xml", compress_to_fp16=False)


def calibration_inputs(model: Path) -> list[dict[str, np.ndarray]]:
    """Sentences of SST-2, one a batch, or what stands in for them; random ids for a model whose
    tokenizer knows no English."""
    from proof import texts

    dataset = texts.load_dataset(None, ("", ""), model).spread(CALIBRATION_BATCHES)
    sequences = texts.Sequences(model, dataset.texts)
    if sequences.random:
        batches = [sequences.take(24) for _ in range(CALIBRATION_BATCHES)]
    else:
        batches = [found.ids for found in load_tokenizer(model).encode_batch(dataset.texts)]
    return [bert_inputs([ids]) for ids in batches]


def convert_ctranslate2(model: Path, path: Path) -> None:
    import ctranslate2
    import transformers

    # The converter asks for it; transformers 5 has dropped it where config.json does not say it.
    transformers.BertConfig.position_embedding_type = "absolute"
    ctranslate2.converters.TransformersConverter(str(model)).convert(str(path))
