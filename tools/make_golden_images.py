"""Makes tests/golden/images: small images, what PIL decodes them to, what transformers' image
processors (their PIL backend) make of them, and a small image classifier with its answers.

    build/venv/bin/python tools/make_golden_images.py
"""

import json
import shutil
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import helper, numpy_helper
from PIL import Image, ImageOps
from safetensors.numpy import save_file
from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil
from transformers.models.convnext.image_processing_pil_convnext import ConvNextImageProcessorPil
from transformers.models.vit.image_processing_pil_vit import ViTImageProcessorPil

FOLDER = Path(__file__).resolve().parent.parent / "tests" / "golden" / "images"
ORIENTATION = 0x0112


def picture(width: int, height: int) -> Image.Image:
    """Slopes, edges and noise: what shows an error of half a pixel or of a filter."""
    y, x = np.mgrid[0:height, 0:width]
    rng = np.random.default_rng(7)
    red = 255 * x / (width - 1)
    green = 255 * ((x // 5 + y // 7) % 2)
    blue = 127 + 120 * np.sin(x * y / 60)
    pixels = np.stack([red, green, blue], axis=-1) + rng.normal(0, 6, (height, width, 3))
    return Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))


def write_images() -> None:
    image = picture(75, 50)
    image.save(FOLDER / "rgb.png")
    image.convert("L").save(FOLDER / "grey.png")
    image.quantize(32).save(FOLDER / "palette.png")
    image.convert("RGBA").save(FOLDER / "alpha.png")
    image.convert("1").save(FOLDER / "bits.png")
    image.save(FOLDER / "rgb.jpg", quality=85)
    image.save(FOLDER / "full.jpg", quality=90, subsampling=0)
    image.save(FOLDER / "progressive.jpg", quality=85, progressive=True)
    image.convert("L").save(FOLDER / "grey.jpg", quality=85)
    image.convert("CMYK").save(FOLDER / "cmyk.jpg", quality=90)
    for orientation in range(2, 9):
        exif = Image.Exif()
        exif[ORIENTATION] = orientation
        picture(9, 6).save(FOLDER / f"turned{orientation}.png", exif=exif)
    exif = Image.Exif()
    exif[ORIENTATION] = 6
    image.save(FOLDER / "turned6.jpg", quality=85, exif=exif)


def load(path: Path) -> Image.Image:
    """As transformers.image_utils.load_image does it."""
    return ImageOps.exif_transpose(Image.open(path)).convert("RGB")


def processors() -> dict:
    size = {"height": 12, "width": 20}
    odd = {"image_mean": [0.48, 0.45, 0.40], "image_std": [0.26, 0.27, 0.28]}
    return {
        "vit": ViTImageProcessorPil(size=size),
        "vit-bicubic": ViTImageProcessorPil(size=size, resample=3, **odd),
        "vit-lanczos": ViTImageProcessorPil(size=size, resample=1),
        "vit-box": ViTImageProcessorPil(size=size, resample=4),
        "vit-hamming": ViTImageProcessorPil(size=size, resample=5),
        "vit-nearest": ViTImageProcessorPil(size=size, resample=0),
        "vit-larger": ViTImageProcessorPil(size={"height": 61, "width": 90}),
        "vit-columns": ViTImageProcessorPil(size={"height": 21, "width": 75}),
        "vit-bytes": ViTImageProcessorPil(size=size, do_rescale=False, do_normalize=False),
        "clip": CLIPImageProcessorPil(
            size={"shortest_edge": 19}, crop_size={"height": 14, "width": 17}
        ),
        "clip-padded": CLIPImageProcessorPil(
            size={"shortest_edge": 10}, crop_size={"height": 16, "width": 13}
        ),
        "clip-cropped": CLIPImageProcessorPil(
            do_resize=False, crop_size={"height": 20, "width": 16}
        ),
        "convnext": ConvNextImageProcessorPil(size={"shortest_edge": 16}, crop_pct=0.7, **odd),
    }


def write_model(processor, images: list[str]) -> np.ndarray:
    """A convolution, pooling and a linear layer with random weights, as a directory like those of
    the Hugging Face hub; returns PyTorch's logits."""
    folder = FOLDER / "model"
    folder.mkdir()
    torch.manual_seed(11)
    conv = torch.nn.Conv2d(3, 8, 3, stride=2)
    head = torch.nn.Linear(8, 5)
    head.weight.data *= 8
    weights = {"w": conv.weight, "b": conv.bias, "hw": head.weight, "hb": head.bias}
    nodes = [
        helper.make_node("Conv", ["pixel_values", "w", "b"], ["conv"], strides=[2, 2]),
        helper.make_node("Relu", ["conv"], ["relu"]),
        helper.make_node("GlobalAveragePool", ["relu"], ["mean"]),
        helper.make_node("Flatten", ["mean"], ["flat"]),
        helper.make_node("Gemm", ["flat", "hw", "hb"], ["logits"], transB=1),
    ]
    sides = ["images", 3, "height", "width"]
    graph = helper.make_graph(
        nodes,
        "classifier",
        [helper.make_tensor_value_info("pixel_values", onnx.TensorProto.FLOAT, sides)],
        [helper.make_tensor_value_info("logits", onnx.TensorProto.FLOAT, ["images", 5])],
        [
            numpy_helper.from_array(weight.detach().numpy(), name)
            for name, weight in weights.items()
        ],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model)
    onnx.save(model, folder / "model.onnx")
    processor.save_pretrained(folder)
    labels = ["tench", "goldfish", "great white shark", "tiger shark", "hammerhead"]
    config = {
        "model_type": "resnet",
        "architectures": ["ResNetForImageClassification"],
        "id2label": dict(enumerate(labels)),
    }
    (folder / "config.json").write_text(json.dumps(config, indent=2) + "\n")
    values = [
        processor(load(FOLDER / name), return_tensors="pt")["pixel_values"] for name in images
    ]
    with torch.inference_mode():
        return torch.cat([head(conv(x).relu().mean(dim=(2, 3))) for x in values]).numpy()


def main() -> None:
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)
    write_images()
    images = sorted(path.name for path in FOLDER.iterdir())
    tensors = {f"decoded/{name}": np.array(load(FOLDER / name)) for name in images}
    cases = []
    for name, processor in processors().items():
        image = load(FOLDER / "rgb.png")
        values = processor(image, return_tensors="np")["pixel_values"][0]
        tensors[f"pixels/{name}"] = np.ascontiguousarray(values.astype(np.float32))
        config = {key: value for key, value in processor.to_dict().items() if value is not None}
        cases.append({"name": name, "image": "rgb.png", "config": config})
    tensors["logits"] = write_model(processors()["convnext"], images)
    save_file(tensors, FOLDER / "golden.safetensors")
    lines = ",\n".join(json.dumps(case) for case in cases)
    (FOLDER / "cases.json").write_text(
        f'{{"images": {json.dumps(images)},\n"cases": [\n{lines}\n]}}\n'
    )


if __name__ == "__main__":
    main()
