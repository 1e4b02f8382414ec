#!/usr/bin/env python3
"""Makes ResNet18 with random weights, as torchvision has it: FILE.onnx, and FILE.pt for PyTorch.

build/venv/bin/python tools/make_resnet18.py build/models/resnet18.onnx 1 3 224 224
"""

import argparse
from pathlib import Path

import torch
from torch import nn

WIDTHS = (64, 128, 256, 512)
CLASSES = 1000


def norm(width: int) -> nn.BatchNorm2d:
    """Takes its statistics from the one batch it sees."""
    return nn.BatchNorm2d(width, momentum=1.0)


class Block(nn.Module):
    """Two 3x3 convolutions around a shortcut, which is a 1x1 convolution where shapes change."""

    def __init__(self, before: int, width: int, stride: int):
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(before, width, 3, stride, 1, bias=False),
            norm(width),
            nn.ReLU(),
            nn.Conv2d(width, width, 3, 1, 1, bias=False),
            norm(width),
        )
        self.shortcut = nn.Identity()
        if stride != 1 or before != width:
            self.shortcut = nn.Sequential(
                nn.Conv2d(before, width, 1, stride, bias=False), norm(width)
            )

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return torch.relu(self.body(images) + self.shortcut(images))


def resnet18() -> nn.Module:
    layers = [
        nn.Conv2d(3, 64, 7, 2, 3, bias=False),
        norm(64),
        nn.ReLU(),
        nn.MaxPool2d(3, 2, 1),
    ]
    before = 64
    for at, width in enumerate(WIDTHS):
        layers += [Block(before, width, 1 if at == 0 else 2), Block(width, width, 1)]
        before = width
    layers += [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(before, CLASSES)]
    return nn.Sequential(*layers)


def save(path: Path, shape: list[int]) -> None:
    torch.manual_seed(1)
    network = resnet18()
    images = torch.rand(8, *shape[1:])
    with torch.no_grad():
        network(images)  # gives the normalizations statistics of their own
        network.eval()
        traced = torch.jit.trace(network, images[: shape[0]])
    path.parent.mkdir(parents=True, exist_ok=True)
    traced.save(str(path.with_suffix(".pt")))
    unfinished = path.with_suffix(".unfinished")
    torch.onnx.export(
        network, (images[: shape[0]],), str(unfinished), dynamo=False,
        input_names=["input"], output_names=["logits"],
    )  # fmt: skip
    unfinished.replace(path)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", type=Path)
    parser.add_argument("shape", type=int, nargs=4)
    options = parser.parse_args()
    save(options.out, options.shape)


if __name__ == "__main__":
    main()
