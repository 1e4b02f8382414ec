"""Images through the command line, against the answers that tools/make_golden_images.py has of
PyTorch on what transformers makes of them."""

import importlib
import json
import re
import shutil
import sys

try:
    from safetensors.numpy import load_file
except ImportError as missing:
    print(f"SKIPPED: {missing}")
    sys.exit(77)

from cli_program import ENGINE, INPUT, ROOT, USAGE, CliTest, main

GOLDEN = ROOT / "tests" / "golden" / "images"
MODEL = GOLDEN / "model"
NAMES = json.loads((GOLDEN / "cases.json").read_text())["images"]
LOGITS = dict(zip(NAMES, load_file(GOLDEN / "golden.safetensors")["logits"], strict=True))
LABELS = list(json.loads((MODEL / "config.json").read_text())["id2label"].values())


class Images(CliTest):
    def setUp(self):
        super().setUp()
        here = self.out("engines")
        for need in ("onnxruntime", "images"):
            if not re.search(f"{need} +yes", here):
                self.skipTest(f"no {need}")

    def rows(self, *arguments: object) -> list[dict]:
        lines = self.out("run", MODEL, "--format", "jsonl", *arguments).splitlines()
        return [json.loads(line) for line in lines]

    def check(self, row: dict) -> None:
        name = row["file"].rsplit("/", 1)[-1]
        # One level of a pixel that two releases of libjpeg-turbo round differently.
        tolerance = 1e-2 if name.endswith(".jpg") else 1e-4
        for got, want in zip(row["logits"], LOGITS[name], strict=True):
            self.assertAlmostEqual(got, float(want), delta=tolerance)
        self.assertEqual(row["label"], LABELS[LOGITS[name].argmax()])

    def test_a_folder_and_files(self):
        rows = self.rows(GOLDEN)
        self.assertEqual([row["file"] for row in rows], [str(GOLDEN / name) for name in NAMES])
        for row in rows:
            self.check(row)
        some = self.rows(GOLDEN / "rgb.png", GOLDEN / "grey.jpg", "--engine", "onnxruntime")
        self.assertEqual([row["label"] for row in some], [some[0]["label"], some[1]["label"]])
        for row in some:
            self.check(row)

    def test_paths_of_a_file(self):
        lines = "".join(json.dumps({"path": str(GOLDEN / name)}) + "\n" for name in NAMES * 3)
        rows = self.rows("--input", self.file("paths.jsonl", lines), "--column", "path")
        self.assertEqual(len(rows), 3 * len(NAMES))
        for row in rows:
            self.check(row)

    def test_the_best_labels_as_text(self):
        path = GOLDEN / "rgb.png"
        line = self.out("run", MODEL / "model.onnx", path, "--top-k", "2").rstrip("\n")
        cells = line.split("\t")
        self.assertEqual(cells[0], str(path))
        self.assertEqual(cells[1], LABELS[LOGITS["rgb.png"].argmax()])
        self.assertEqual(len(cells), 5)

    def test_preprocessing_can_be_given(self):
        words = '{"size": {"shortest_edge": 384}}'
        path = GOLDEN / "rgb.png"
        given = self.rows(path, "--preprocess", words)
        self.assertNotEqual(given[0]["logits"], self.rows(path)[0]["logits"])
        self.assertEqual(given, self.rows(path, "--preprocess", self.file("p.json", words)))
        self.fails(USAGE, "run", MODEL, path, "--preprocess", "{")

    def test_openvino_reads_its_own_format(self):
        if not re.search("openvino +yes", self.out("engines")):
            self.skipTest("no OpenVINO")
        openvino = importlib.import_module("openvino")
        folder = self.folder / "model"
        shutil.copytree(MODEL, folder)
        openvino.save_model(
            openvino.convert_model(folder / "model.onnx"),
            folder / "model.xml",
            compress_to_fp16=False,
        )
        (folder / "model.onnx").unlink()
        flags = ("--engine", "openvino", "--format", "jsonl")
        hints = [
            f"--engine-option={setting}"
            for setting in ("PERFORMANCE_HINT=THROUGHPUT", "NUM_STREAMS=2")
        ]
        for more in ([], hints):
            for row in self.out("run", folder, GOLDEN, *flags, *more).splitlines():
                self.check(json.loads(row))
        half = json.loads(
            self.out("run", folder, GOLDEN / "rgb.png", *flags, "--precision", "bf16")
        )
        for got, want in zip(half["logits"], LOGITS["rgb.png"], strict=True):
            self.assertAlmostEqual(got, float(want), delta=0.05 + 0.05 * abs(float(want)))

    def test_what_makes_no_sense(self):
        path = GOLDEN / "rgb.png"
        text = self.file("text.jpg", "no image")
        self.assertIn("no image, expected JPEG", self.fails(INPUT, "run", MODEL, path, text))
        self.fails(INPUT, "run", MODEL, self.folder / "absent.png")
        self.fails(INPUT, "run", MODEL, self.folder / "absent")
        (self.folder / "empty").mkdir()
        self.assertIn("without", self.fails(INPUT, "run", MODEL, self.folder / "empty"))
        self.fails(INPUT, "run", MODEL, path, "--precision", "int8")
        self.fails(INPUT, "run", MODEL, path, "--adapter", self.folder)

    def test_a_program_without_the_libraries(self):
        path = GOLDEN / "rgb.png"
        without_engine = {"MARTLET_ONNXRUNTIME": "/none/libonnxruntime.so"}
        line = self.fails(ENGINE, "run", MODEL, path, env=without_engine)
        self.assertIn("[engine onnxruntime]", line)
        line = self.fails(ENGINE, "run", MODEL, path, env={"MARTLET_PLUGIN_DIR": "/none"})
        self.assertIn("martlet_images.so", line)


if __name__ == "__main__":
    main()
