"""Every peer by name. An engine's package is imported only when it is asked for."""

import importlib
import os

MODULES = {
    "pytorch": ("pytorch", "PyTorch"),
    "pytorch-tensors": ("tensors", "PyTorchTensors"),
    "onnxruntime": ("onnx_runtime", "OnnxRuntime"),
    "onnxruntime-tensors": ("tensors", "OnnxRuntimeTensors"),
    "openvino": ("openvino_runtime", "OpenVino"),
    "openvino-tensors": ("tensors", "OpenVinoTensors"),
    "ctranslate2": ("ctranslate2_encoder", "CTranslate2"),
    "transformers": ("text_pipelines", "TransformersPipeline"),
    "sentence-transformers": ("text_pipelines", "SentenceTransformers"),
    "tokenizers": ("hf_tokenizers", "HuggingFaceTokenizers"),
}
NAMES = list(MODULES)


def find(name: str, threads: int) -> type:
    # Read when the packages are imported.
    os.environ["RAYON_NUM_THREADS"] = os.environ["OMP_NUM_THREADS"] = str(threads)
    os.environ["TOKENIZERS_PARALLELISM"] = "true" if threads > 1 else "false"
    module, chosen = MODULES[name]
    return getattr(importlib.import_module(f"peers.{module}"), chosen)
