#!/usr/bin/env python3
"""A peer engine on a pipe: the requests and answers of tools/model_probe.cc, so that the benchmark
measures every system by the same calls.

    build/venv/bin/python bench/peer.py pytorch build/models/minilm-sst2 --threads 2
"""

import argparse
import json
import sys
import tempfile
import time
import warnings
from pathlib import Path

import numpy as np
import transformers

warnings.filterwarnings("ignore")
transformers.logging.set_verbosity_error()
transformers.logging.disable_progress_bar()

BATCH = 20  # of the sentence benchmark, in natural order, as the first seed of the project did


class PyTorch:
    """Eager fp32 with the library's default attention."""

    def __init__(self, model: Path, threads: int):
        import torch

        torch.set_num_threads(threads)
        self.torch = torch
        self.tokenizer = transformers.AutoTokenizer.from_pretrained(model)
        self.model = transformers.AutoModelForSequenceClassification.from_pretrained(
            model, dtype=torch.float32
        ).eval()
        self.version = f"PyTorch {torch.__version__}, transformers {transformers.__version__}"

    def prepare(self, batch: list[list[int]]) -> dict:
        ids = self.torch.tensor(batch)
        return {"input_ids": ids, "attention_mask": self.torch.ones_like(ids)}

    def logits(self, inputs: dict) -> np.ndarray:
        with self.torch.inference_mode():
            return self.model(**inputs).logits.numpy()

    def encode(self, texts: list[str]) -> dict:
        return self.tokenizer(texts, padding=True, truncation=True, return_tensors="pt")


class OnnxRuntime:
    """The graph that torch.onnx exports, fused by ONNX Runtime's own transformer optimizer."""

    def __init__(self, model: Path, threads: int):
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        self.tokenizer = transformers.AutoTokenizer.from_pretrained(model)
        self.session = onnxruntime.InferenceSession(
            fused_graph(model), options, providers=["CPUExecutionProvider"]
        )
        self.version = f"ONNX Runtime {onnxruntime.__version__}, fused graph"

    def prepare(self, batch: list[list[int]]) -> dict:
        ids = np.array(batch, np.int64)
        return {
            "input_ids": ids,
            "attention_mask": np.ones_like(ids),
            "token_type_ids": np.zeros_like(ids),
        }

    def logits(self, inputs: dict) -> np.ndarray:
        return self.session.run(["logits"], inputs)[0]

    def encode(self, texts: list[str]) -> dict:
        return dict(self.tokenizer(texts, padding=True, truncation=True, return_tensors="np"))


def fused_graph(model: Path) -> bytes:
    """The model exported and fused, as the bytes of an ONNX file."""
    import torch
    from onnxruntime.transformers import optimizer

    names = ["input_ids", "attention_mask", "token_type_ids"]
    network = transformers.AutoModelForSequenceClassification.from_pretrained(
        model, dtype=torch.float32, attn_implementation="eager"
    ).eval()
    ids = torch.ones(2, 8, dtype=torch.int64)
    with tempfile.TemporaryDirectory() as directory:
        path = str(Path(directory) / "model.onnx")
        torch.onnx.export(
            network, (ids, torch.ones_like(ids), torch.zeros_like(ids)), path, dynamo=False,
            input_names=names, output_names=["logits"],
            dynamic_axes={name: {0: "batch", 1: "length"} for name in names},
        )  # fmt: skip
        fused = optimizer.optimize_model(
            path,
            "bert",
            num_heads=network.config.num_attention_heads,
            hidden_size=network.config.hidden_size,
        )
        fused.save_model_to_file(path)
        return Path(path).read_bytes()


def time_batches(system, batches: list) -> dict:
    """Milliseconds of each batch; making the input arrays is not counted."""
    times = []
    for batch in batches:
        inputs = system.prepare(batch)
        begin = time.perf_counter()
        system.logits(inputs)
        times.append(1000 * (time.perf_counter() - begin))
    return {"ms": times}


def time_texts(system, texts: list[str]) -> dict:
    """Seconds from texts to labels, tokenizing included."""
    begin = time.perf_counter()
    labels = []
    for i in range(0, len(texts), BATCH):
        inputs = system.encode(texts[i : i + BATCH])
        labels.extend(system.logits(inputs).argmax(1).tolist())
    return {"seconds": time.perf_counter() - begin, "labels": labels}


def main() -> int:
    parser = argparse.ArgumentParser(description="A peer engine on a pipe")
    parser.add_argument("system", choices=["pytorch", "onnxruntime"])
    parser.add_argument("model", type=Path)
    parser.add_argument("--threads", type=int, required=True)
    arguments = parser.parse_args()
    answers = sys.stdout
    sys.stdout = sys.stderr  # what a library prints is no answer
    systems = {"pytorch": PyTorch, "onnxruntime": OnnxRuntime}
    system = systems[arguments.system](arguments.model, arguments.threads)
    for line in sys.stdin:
        request = json.loads(line)
        if "batches" in request:
            answer = time_batches(system, request["batches"])
        elif "texts" in request:
            answer = time_texts(system, request["texts"])
        else:
            answer = {"version": system.version}
        print(json.dumps(answer), file=answers, flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
