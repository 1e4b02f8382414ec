"""The V2 dialect with Triton's own HTTP client, against what `martlet run` answers."""

import json
import sys

try:
    import numpy as np
    import tritonclient.http as triton
    from tritonclient.utils import InferenceServerException
except ImportError as missing:
    print(f"SKIPPED: {missing}")
    sys.exit(77)

import reference_answers
import serving

TEXTS = ["a good film", "very dull", "so so", "story " * 30]


class V2ClientTest(serving.ServeTest):
    @classmethod
    def setUpClass(cls) -> None:
        cls.server = serving.Served(
            serving.CLASSIFIER,
            f"vectors={serving.EMBEDDER}",
            f"spare={serving.EMBEDDER}",
            f"ner={serving.TEXT_TASKS / 'ner'}",
            "--admin",
            "127.0.0.1:0",
        )
        cls.addClassCleanup(cls.server.__exit__)
        cls.client = triton.InferenceServerClient(f"127.0.0.1:{cls.server.port}")
        cls.addClassCleanup(cls.client.close)

    def texts(self, texts: list[str], *, binary: bool = True, column: bool = False):
        values = np.array([text.encode() for text in texts], dtype=object)
        values = values.reshape(-1, 1) if column else values
        tensor = triton.InferInput("text", values.shape, "BYTES")
        tensor.set_data_from_numpy(values, binary_data=binary)
        return tensor

    def test_what_the_server_says_of_itself(self) -> None:
        self.assertTrue(self.client.is_server_live())
        self.assertTrue(self.client.is_server_ready())
        self.assertTrue(self.client.is_model_ready("bert-odd"))
        self.assertTrue(self.client.is_model_ready("vectors", "1"))
        self.assertIn("binary_tensor_data", self.client.get_server_metadata()["extensions"])
        metadata = self.client.get_model_metadata("vectors")
        self.assertEqual(metadata["inputs"], [{"name": "text", "datatype": "BYTES", "shape": [-1]}])
        self.assertEqual(metadata["outputs"][0]["shape"], [-1, 40])
        self.assertEqual(self.client.get_model_config("bert-odd")["name"], "bert-odd")
        names = {model["name"] for model in self.client.get_model_repository_index()}
        self.assertLessEqual({"bert-odd", "vectors"}, names)

    def test_entities_are_those_of_transformers(self) -> None:
        answers = json.loads((serving.TEXT_TASKS / "answers.json").read_text())
        simple = answers["token_classification"]["ner"][1]["entities"]
        for binary_out in (False, True):
            output = triton.InferRequestedOutput("entities", binary_data=binary_out)
            answer = self.client.infer("ner", [self.texts(answers["texts"])], outputs=[output])
            lists = [json.loads(text) for text in answer.as_numpy("entities")]
            self.assertEqual(len(lists), len(simple))
            for got, want in zip(lists, simple, strict=True):
                for entity, expected in zip(got, want, strict=True):
                    self.assertAlmostEqual(entity["score"], expected["score"], delta=1e-4)
                    self.assertEqual({**entity, "score": 0}, {**expected, "score": 0})

    def test_numbers_in_every_encoding(self) -> None:
        expected = reference_answers.predict(serving.CLASSIFIER, TEXTS)
        for binary_in in (False, True):
            for binary_out in (False, True):
                for column in (False, True):
                    answer = self.client.infer(
                        "bert-odd",
                        [self.texts(TEXTS, binary=binary_in, column=column)],
                        outputs=[
                            triton.InferRequestedOutput(name, binary_data=binary_out)
                            for name in ("label", "logits", "score")
                        ],
                        request_id="7",
                    )
                    self.assertEqual(answer.get_response()["id"], "7")
                    logits = answer.as_numpy("logits")
                    self.assertEqual(logits.dtype, np.float32)
                    wanted = np.array([row["logits"] for row in expected], np.float32)
                    np.testing.assert_array_equal(logits, wanted)
                    scores = np.array([row["score"] for row in expected], np.float32)
                    np.testing.assert_array_equal(answer.as_numpy("score"), scores)
                    labels = [
                        label.decode() if isinstance(label, bytes) else label
                        for label in answer.as_numpy("label")
                    ]
                    self.assertEqual(labels, [row["label"] for row in expected])

    def test_embeddings(self) -> None:
        answer = self.client.infer("vectors", [self.texts(TEXTS)], model_version="1")
        expected = np.array(reference_answers.embed(serving.EMBEDDER, TEXTS), np.float32)
        np.testing.assert_array_equal(answer.as_numpy("embedding"), expected)

    def test_compressed_requests_and_answers(self) -> None:
        plain = self.client.infer("vectors", [self.texts(TEXTS)]).as_numpy("embedding")
        for coding in ("gzip", "deflate"):
            packed = self.client.infer(
                "vectors",
                [self.texts(TEXTS)],
                request_compression_algorithm=coding,
                response_compression_algorithm=coding,
            )
            np.testing.assert_array_equal(packed.as_numpy("embedding"), plain)

    def test_classification_extension(self) -> None:
        output = triton.InferRequestedOutput("logits", class_count=2)
        classes = self.client.infer("bert-odd", [self.texts(["good"])], outputs=[output])
        best = classes.as_numpy("logits")[0][0].decode().split(":")
        self.assertEqual(
            best[2], reference_answers.predict(serving.CLASSIFIER, ["good"])[0]["label"]
        )

    def test_token_ids_are_an_input(self) -> None:
        by_text = self.client.infer("bert-odd", [self.texts(["good film"])]).as_numpy("logits")
        _, answer = self.server.post("/v1/tokenize", {"model": "bert-odd", "inputs": "good film"})
        ids = json.loads(answer)["results"][0]["ids"]
        values = np.array([[*ids, 0, 0]], np.int64)
        mask = np.array([[1] * len(ids) + [0, 0]], np.int64)
        tensors = []
        for name, data in (("input_ids", values), ("attention_mask", mask)):
            tensors.append(triton.InferInput(name, data.shape, "INT64"))
            tensors[-1].set_data_from_numpy(data)
        by_ids = self.client.infer("bert-odd", tensors).as_numpy("logits")
        np.testing.assert_array_equal(by_ids, by_text)

    def test_statistics(self) -> None:
        def counts() -> tuple[int, int]:
            stats = self.client.get_inference_statistics("bert-odd")["model_stats"][0]
            return stats["inference_count"], stats["inference_stats"]["success"]["count"]

        texts, requests = counts()
        self.client.infer("bert-odd", [self.texts(TEXTS)])
        self.assertEqual(counts(), (texts + len(TEXTS), requests + 1))

    def test_failures_are_the_clients_exceptions(self) -> None:
        cases = {
            "no model": lambda: self.client.infer("none", [self.texts(["a"])]),
            "no version": lambda: self.client.infer(
                "vectors", [self.texts(["a"])], model_version="9"
            ),
            "no output": lambda: self.client.infer(
                "vectors", [self.texts(["a"])], outputs=[triton.InferRequestedOutput("logits")]
            ),
        }
        for name, call in cases.items():
            with self.subTest(name), self.assertRaises(InferenceServerException) as caught:
                call()
            self.assertTrue(caught.exception.message())

    def test_models_come_and_go_on_the_admin_listener(self) -> None:
        admin = triton.InferenceServerClient(
            f"127.0.0.1:{self.server.port_of('model administration')}"
        )
        self.addCleanup(admin.close)
        with self.assertRaises(InferenceServerException):
            self.client.load_model("vectors")
        admin.load_model("vectors")
        self.assertTrue(self.client.is_model_ready("vectors"))
        admin.unload_model("spare")
        self.assertFalse(self.client.is_model_ready("spare"))


if __name__ == "__main__":
    serving.main()
