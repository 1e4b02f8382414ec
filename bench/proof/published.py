"""What the seeds of the project published, to be set beside what is measured here.

An entry is a time in ms, or how many times faster one system is than another; `case`, `system` and
`than` name rows of the suite's record. Machines differ, so ratios are what can be reproduced."""

_HF = "nod-ai/transformer-benchmarks hf.co_1ms, 2021-10, 2 threads of a Cascade Lake"
_HPM = "tjwald/high-perf-ML, 2024-12, i5-13600KF with an RTX 3060"
_BLOG = "V. Boldakov, PyTorch and ML.NET, 2022-02, Ryzen 5 3600"
_NN = "NN-Inference-Optimization, on a GPU"
_IB = "johannes-skog/inference-benchmarks, 2023-04, on a GPU; its plot, read by eye"


def _ms(source: str, case: str, system: str, value: float, note: str = "") -> dict:
    return {"source": source, "case": case, "system": system, "ms": value, "note": note}


def _ratio(source: str, case: str, pair: tuple[str, str], value: float, note: str = "") -> dict:
    system, than = pair
    return {
        "source": source, "case": case, "system": system, "than": than, "ratio": value, "note": note
    }  # fmt: skip


_TIMES = {  # 16 tokens, 128 tokens
    "TorchScript fp32": (6.14, 17.39),
    "TorchScript int8": (2.49, 11.67),
    "ONNX Runtime fp32": (2.76, 13.63),
    "ONNX Runtime int8": (1.24, 7.48),
}
_INFINITY = "Hugging Face's claim for Infinity on 2 cores of a Cascade Lake"

HF_CO_1MS = [
    *(
        _ms(_HF, f"1x{length}", system, times[at])
        for system, times in _TIMES.items()
        for at, length in enumerate((16, 128))
    ),
    *(
        _ratio(_HF, f"1x{length}", (system, "TorchScript fp32"),
               round(_TIMES["TorchScript fp32"][at] / times[at], 2))
        for system, times in _TIMES.items()
        for at, length in enumerate((16, 128))
        if system != "TorchScript fp32"
    ),
    _ms(_INFINITY, "1x16", "martlet int8", 2.6, "Infinity's own figure, beside martlet's"),
    _ms(_INFINITY, "1x128", "martlet int8", 9.7, "Infinity's own figure, beside martlet's"),
    _ms(_HF + "; on an A100", "1x16", "ONNX Runtime GPU fp16", 0.74),
    _ms(_HF + "; on an A100", "1x128", "ONNX Runtime GPU fp16", 0.97),
]  # fmt: skip

HIGH_PERF_ML = [
    _ms(_HPM, "20 in order", "PyTorch eager fp32", 0.77, "on the GPU, fp32"),
    _ms(_HPM, "12, all threads", "martlet bf16", 0.16, "ONNX Runtime fp16 on the GPU, fused"),
    _ratio(_HPM, "12, all threads", ("martlet fp32", "PyTorch eager fp32"), 5.0,
           "theirs compared fp16 with fp32; this is fp32 with fp32"),
]  # fmt: skip

RESNET18 = [
    _ms(_BLOG, "1x3x256x260", "TorchScript fp32", 26.0, "CPU, all cores"),
    _ms(_BLOG, "1x3x256x260", "ONNX Runtime fp32", 16.0,
        "ML.NET; its stopwatch was not reset, so this has 5 ms of a GPU run in it"),
    _ratio(_BLOG, "1x3x256x260", ("ONNX Runtime fp32", "TorchScript fp32"), 1.63,
           "2.4 without the error of the stopwatch"),
]  # fmt: skip

BERT_SWEEP = [
    _ratio(_NN, "16x128", ("PyTorch eager bf16", "PyTorch eager fp32"), 1.5, "fp16 on a GPU"),
    _ratio(_NN, "16x128", ("OpenVINO bf16", "PyTorch eager fp32"), 2.5,
           "ONNX fp16 on a GPU: 2 to 3"),
    _ratio(_NN, "1x128", ("PyTorch compiled fp32", "PyTorch eager fp32"), 2.5,
           "TorchDynamo with nvFuser, batch 1: 2 to 3"),
    _ratio(_NN, "16x128", ("TensorRT fp16", "PyTorch eager fp32"), 6.5, "5 to 8"),
]  # fmt: skip

_SIZES = (1, 5, 10, 20, 30, 40)
_DURATIONS = {  # of an example, by native PyTorch's
    "TorchScript fp32": (0.98, 1.00, 0.97, 0.99, 0.97, 0.96),
    "ONNX Runtime fp32": (0.86, 0.88, 0.73, 0.62, 0.55, 0.60),
    "TensorRT fp16": (1.02, 1.06, 1.10, 1.27, 1.28, 1.47),  # fp32 in the seed
}

INFERENCE_BENCHMARKS = [
    _ratio(_IB, f"batch {size}", (system, "PyTorch eager fp32"), round(1 / value, 2))
    for system, values in _DURATIONS.items()
    for size, value in zip(_SIZES, values)
]

CLOSE = 1.25


def verdict(entry: dict, record: dict) -> dict:
    """The entry with our figure beside it and whether the claim holds here."""
    times = {(row["case"], row["system"]): row["mean"] for row in record["rows"]}
    ours = times.get((entry["case"], entry["system"]))
    than = times.get((entry["case"], entry.get("than", entry["system"])))
    if ours is None or than is None:
        return entry | {"ours": None, "verdict": _why_not(entry, record)}
    if "ratio" in entry:
        speeds = {(row["case"], row["system"]): row.get("ratio") for row in record["rows"]}
        one, other = (speeds[entry["case"], entry[word]] for word in ("system", "than"))
        ratio = one["middle"] / other["middle"] if one and other else than / ours
        good, found = ratio / entry["ratio"], ratio
    else:
        good, found = entry["ms"] / ours, ours
    return entry | {"ours": found, "verdict": _word(good)}


def _word(good: float) -> str:
    if good > CLOSE:
        return "surpassed"
    return "reproduced" if good >= 1 / CLOSE else "not reproduced"


def _why_not(entry: dict, record: dict) -> str:
    failed = {s["name"]: s.get("failed") for s in record["systems"]}
    missing = failed.get(entry["system"]) or failed.get(entry.get("than", ""))
    return f"not run: {missing}" if missing else "not run in this length of the suite"
