"""Images and tensors over V2 with Triton's own clients, and images over the native dialect: one
server with a model of texts, one of images and one that is only a graph."""

import base64
import json
import shutil
import sys

try:
    import numpy as np
    import tritonclient.grpc as over_grpc
    import tritonclient.http as over_http
    from safetensors.numpy import load_file
    from tritonclient.utils import InferenceServerException
except ImportError as missing:
    print(f"SKIPPED: {missing}")
    sys.exit(77)

import subprocess
import tempfile
from pathlib import Path

import serving

GOLDEN = serving.GOLDEN.parent / "images"
NAMES = json.loads((GOLDEN / "cases.json").read_text())["images"]
LOGITS = load_file(GOLDEN / "golden.safetensors")["logits"]
LABELS = list(json.loads((GOLDEN / "model" / "config.json").read_text())["id2label"].values())


class ImageClientTest(serving.ServeTest):
    @classmethod
    def setUpClass(cls) -> None:
        here = json.loads(
            subprocess.run(
                [serving.cli_program.program, "engines", "--json"], capture_output=True
            ).stdout
        )
        engines = {engine["name"]: engine["available"] for engine in here["engines"]}
        if not engines["onnxruntime"] or not here["images"]["available"]:
            raise cls.skipTest(cls(), "needs ONNX Runtime and the image plug-in")
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        graph = Path(folder.name) / "graph.onnx"
        shutil.copy(GOLDEN / "model" / "model.onnx", graph)
        cls.server = serving.Served(
            serving.CLASSIFIER,
            f"images={GOLDEN / 'model'}",
            f"graph={graph}",
            "--grpc",
            "127.0.0.1:0",
        )
        cls.addClassCleanup(cls.server.__exit__)
        http = over_http.InferenceServerClient(f"127.0.0.1:{cls.server.port}")
        grpc = over_grpc.InferenceServerClient(f"127.0.0.1:{cls.server.port_of('gRPC')}")
        cls.addClassCleanup(http.close)
        cls.addClassCleanup(grpc.close)
        cls.clients = [(over_http, http), (over_grpc, grpc)]

    def ask(self, model: str, name: str, values: np.ndarray, kind: str, **options):
        """The same request over each transport."""
        for module, client in self.clients:
            tensor = module.InferInput(name, list(values.shape), kind)
            tensor.set_data_from_numpy(values)
            yield client.infer(model, [tensor], **options)

    def images(self, names: list[str]) -> np.ndarray:
        return np.array([(GOLDEN / name).read_bytes() for name in names], dtype=object)

    def test_images_are_classified(self) -> None:
        for answer in self.ask("images", "image", self.images(NAMES), "BYTES"):
            logits = answer.as_numpy("logits")
            self.assertLess(np.abs(logits - LOGITS).max(), 1e-2)
            exact = [not name.endswith(".jpg") for name in NAMES]
            self.assertLess(np.abs(logits - LOGITS)[exact].max(), 1e-4)
            labels = [label.decode() for label in answer.as_numpy("label")]
            self.assertEqual(labels, [LABELS[i] for i in LOGITS.argmax(1)])
            self.assertEqual(answer.as_numpy("score").shape, (len(NAMES),))

    def test_tensors_by_the_names_of_the_graph(self) -> None:
        values = np.random.default_rng(3).standard_normal((3, 3, 16, 20)).astype(np.float32)
        answers = []
        for model in ("graph", "images"):
            for answer in self.ask(model, "pixel_values", values, "FP32"):
                self.assertEqual(answer.as_numpy("logits").shape, (3, 5))
                answers.append(answer.as_numpy("logits"))
        for answer in answers[1:]:
            np.testing.assert_allclose(answer, answers[0], atol=1e-5)

    def test_what_the_models_say_of_themselves(self) -> None:
        _, client = self.clients[0]
        graph = client.get_model_metadata("graph")
        self.assertEqual(graph["platform"], "onnxruntime_onnx")
        pixels = {"name": "pixel_values", "datatype": "FP32", "shape": [-1, 3, -1, -1]}
        self.assertEqual(graph["inputs"], [pixels])
        images = client.get_model_metadata("images")
        self.assertEqual(images["inputs"][0]["name"], "image")
        config = client.get_model_config("images")
        self.assertEqual([i["name"] for i in config["input"]], ["image", "pixel_values"])

    def test_what_is_wrong_is_said(self) -> None:
        wrong = np.zeros((1, 4, 16, 16), np.float32)
        for model, name, values, kind, words in (
            ("graph", "pixel_values", wrong, "FP32", "shape"),
            ("graph", "image", self.images(NAMES[:1]), "BYTES", "pixel_values"),
            ("images", "image", np.array([b"no image"], dtype=object), "BYTES", "no image"),
            ("bert-odd", "pixel_values", wrong, "FP32", "no input"),
        ):
            with self.assertRaisesRegex(InferenceServerException, words):
                list(self.ask(model, name, values, kind))
        # The server goes on.
        for answer in self.ask("images", "image", self.images(NAMES[:1]), "BYTES"):
            self.assertEqual(answer.as_numpy("logits").shape, (1, 5))

    def post(self, body: bytes, kind: str, query: str = "") -> tuple[int, dict]:
        connection = self.server.connect()
        connection.request("POST", "/v1/predict" + query, body, {"Content-Type": kind})
        answer = connection.getresponse()
        result = answer.status, json.loads(answer.read())
        connection.close()
        return result

    def test_the_native_dialect(self) -> None:
        file = (GOLDEN / "rgb.png").read_bytes()
        best = LABELS[LOGITS[NAMES.index("rgb.png")].argmax()]
        status, answer = self.post(file, "image/png", "?top_k=3")
        self.assertEqual(status, 200, answer)
        self.assertEqual(answer["results"][0]["label"], best)
        self.assertEqual(len(answer["results"][0]["top"]), 3)
        body = {"model": "images", "inputs": [base64.b64encode(file).decode()] * 2}
        status, answer = self.post(json.dumps(body).encode(), "application/json")
        self.assertEqual([result["label"] for result in answer["results"]], [best, best])
        self.assertEqual(self.post(file, "image/png", "?model=bert-odd")[0], 400)
        self.assertEqual(self.post(b"GIF89a", "image/gif")[0], 400)
        texts = {"model": "images", "inputs": ["a text, no base64"]}
        self.assertEqual(self.post(json.dumps(texts).encode(), "application/json")[0], 400)
        for path in ("/v1/tokenize", "/v1/embed"):
            status, _ = self.server.post(path, {"model": "images", "inputs": ["a"]})
            self.assertEqual(status, 400, path)


if __name__ == "__main__":
    serving.main()
