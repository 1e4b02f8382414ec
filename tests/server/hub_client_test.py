"""text-embeddings-inference's dialect with huggingface_hub's InferenceClient, against what
`martlet run` answers."""

import json
import sys

try:
    import numpy as np
    from huggingface_hub import InferenceClient
    from huggingface_hub.errors import HfHubHTTPError
except ImportError as missing:
    print(f"SKIPPED: {missing}")
    sys.exit(77)

import reference_answers
import serving

TEXTS = ["a good film", "very dull", "so so"]


def unit(rows: list[list[float]]) -> np.ndarray:
    values = np.array(rows, np.float64)
    return values / np.linalg.norm(values, axis=1, keepdims=True)


class HubClientTest(serving.ServeTest):
    def setUp(self) -> None:
        super().setUp()
        self.server = self.serve(serving.CLASSIFIER, serving.EMBEDDER)
        self.url = f"http://127.0.0.1:{self.server.port}"

    def client(self, route: str) -> InferenceClient:
        return InferenceClient(model=self.url + route)

    def test_feature_extraction(self) -> None:
        raw = np.array(reference_answers.embed(serving.EMBEDDER, TEXTS), np.float32)
        embed = self.client("/embed").feature_extraction
        np.testing.assert_allclose(embed(TEXTS), unit(raw), atol=1e-6)
        np.testing.assert_array_equal(embed(TEXTS, normalize=False), raw)
        self.assertEqual(embed("a good film").shape, (1, 40))
        long = "story " * 300
        self.assertEqual(embed(long, truncate=True, truncation_direction="left").shape, (1, 40))
        with self.assertRaises(HfHubHTTPError):
            embed(long, truncate=False)

    def test_text_classification(self) -> None:
        expected = reference_answers.predict(serving.CLASSIFIER, ["a good film"])[0]
        best = self.client("/predict").text_classification("a good film")[0]
        self.assertEqual(best.label, expected["label"])
        self.assertAlmostEqual(best.score, expected["score"], places=6)

    def test_sentence_similarity(self) -> None:
        vectors = unit(reference_answers.embed(serving.EMBEDDER, TEXTS))
        got = self.client("/similarity").sentence_similarity(TEXTS[0], other_sentences=TEXTS[1:])
        np.testing.assert_allclose(got, vectors[1:] @ vectors[0], atol=1e-6)

    def test_the_root_is_the_models_task(self) -> None:
        server = self.serve(serving.EMBEDDER)
        client = InferenceClient(model=f"http://127.0.0.1:{server.port}")
        self.assertEqual(client.feature_extraction("good").shape, (1, 40))
        self.assertEqual(len(client.sentence_similarity("good", other_sentences=["bad"])), 1)

    def test_tokens_go_there_and_back(self) -> None:
        status, answer = self.server.post("/tokenize?model=bert-odd", {"inputs": "good film"})
        self.assertEqual(status, 200)
        tokens = json.loads(answer)[0]
        self.assertEqual([t["text"] for t in tokens if not t["special"]], ["good", "film"])
        body = {"ids": [t["id"] for t in tokens]}
        _, decoded = self.server.post("/decode?model=bert-odd", body)
        self.assertEqual(json.loads(decoded), ["good film"])


if __name__ == "__main__":
    serving.main()
