#!/usr/bin/env python3
"""ResNet18 (random weights, tools/make_resnet18.py) through ONNX Runtime and OpenVINO against
PyTorch, at two sizes."""

import sys
import tempfile
from pathlib import Path

import parity
from engine_parity import available

SIZES = [(224, 224), (256, 260)]
IMAGES = 3


def exported(folder: Path, shape: list[int]) -> Path:
    from make_resnet18 import save

    path = folder / f"resnet18-{'x'.join(map(str, shape))}.onnx"
    save(path, shape)
    return path


def expected(model: Path, images) -> list:
    import torch

    network = torch.jit.load(str(model.with_suffix(".pt"))).eval()
    with torch.inference_mode():
        return [network(image[None]).numpy()[0] for image in images]


def main() -> int:
    build = parity.build_directory()
    parity.require_packages("torch", "onnx")
    parity.require_paths(build / "tools" / "model_probe")
    engines = available(build)
    if not engines:
        parity.skip("needs onnxruntime or openvino (./dev setup --all)")
    import numpy as np
    import torch
    from model_probe import ModelProbe

    report = parity.Report()
    with tempfile.TemporaryDirectory() as name:
        for height, width in SIZES:
            shape = [1, 3, height, width]
            model = exported(Path(name), shape)
            images = torch.rand(IMAGES, *shape[1:], generator=torch.Generator().manual_seed(2))
            want = expected(model, images)
            source = Path(name) / "images.f32"
            source.write_bytes(images.numpy().astype(np.float32).tobytes())
            for engine in engines:
                with ModelProbe(build, model, engine=engine) as probe:
                    got = probe.run_tensors(source, shape, range(IMAGES))
                difference = max(
                    float(np.abs(np.asarray(a).reshape(-1) - b).max())
                    for a, b in zip(got, want, strict=True)
                )
                report.check(f"ResNet18 {height}x{width}, {engine}", difference)
    return report.exit_code()


if __name__ == "__main__":
    sys.exit(main())
