"""The OpenAI and Cohere dialects with their own clients, against what `martlet run` answers."""

import sys

try:
    import cohere
    import numpy as np
    import openai
except ImportError as missing:
    print(f"SKIPPED: {missing}")
    sys.exit(77)

import reference_answers
import serving

TEXTS = ["a good film", "very dull", "so so"]
RERANKER = serving.GOLDEN / "bert-gelu-new"  # one label


def unit(rows: list[list[float]]) -> np.ndarray:
    values = np.array(rows, np.float64)
    return values / np.linalg.norm(values, axis=1, keepdims=True)


class OpenAiClientTest(serving.ServeTest):
    def setUp(self) -> None:
        super().setUp()
        self.server = self.serve(serving.EMBEDDER)
        self.client = openai.OpenAI(
            base_url=f"http://127.0.0.1:{self.server.port}/v1", api_key="any", max_retries=0
        )
        self.addCleanup(self.client.close)

    def embed(self, **options: object) -> openai.types.CreateEmbeddingResponse:
        return self.client.embeddings.create(model="text-embedding-3-small", **options)

    def test_embeddings_in_every_encoding(self) -> None:
        expected = unit(reference_answers.embed(serving.EMBEDDER, TEXTS))
        for options in ({}, {"encoding_format": "float"}):  # the client's default is base64
            answer = self.embed(input=TEXTS, **options)
            got = [row.embedding for row in answer.data]
            np.testing.assert_allclose(got, expected, atol=1e-6)
            self.assertEqual([row.index for row in answer.data], [0, 1, 2])
            self.assertGreater(answer.usage.prompt_tokens, 0)
            self.assertEqual(answer.model, "bert-pooler-sharded")

    def test_dimensions_and_token_ids(self) -> None:
        short = self.embed(input="a good film", dimensions=8).data[0].embedding
        self.assertEqual(len(short), 8)
        self.assertAlmostEqual(float(np.linalg.norm(short)), 1, places=5)
        one = self.embed(input=[2, 5, 7, 3]).data
        two = self.embed(input=[[2, 5, 7, 3], [2, 3]]).data
        self.assertEqual(one[0].embedding, two[0].embedding)

    def test_models(self) -> None:
        self.assertEqual([model.id for model in self.client.models.list()], ["bert-pooler-sharded"])
        self.assertEqual(self.client.models.retrieve("bert-pooler-sharded").object, "model")

    def test_failures_are_the_clients_exceptions(self) -> None:
        with self.assertRaises(openai.NotFoundError):
            self.client.models.retrieve("none")
        with self.assertRaises(openai.BadRequestError) as caught:
            self.embed(input="a", dimensions=4000)
        self.assertEqual(caught.exception.type, "invalid_request_error")
        self.assertIn("dimensions", caught.exception.message)


class CohereClientTest(serving.ServeTest):
    def setUp(self) -> None:
        super().setUp()
        self.server = self.serve(RERANKER)
        self.url = f"http://127.0.0.1:{self.server.port}"

    def test_rerank_in_both_versions(self) -> None:
        documents = ["bad", "good", "film"]
        first = cohere.Client("key", base_url=self.url).rerank(
            model="m", query="good film", documents=documents, return_documents=True
        )
        second = cohere.ClientV2("key", base_url=self.url).rerank(
            model="m", query="good film", documents=documents, top_n=2
        )
        scores = [row.relevance_score for row in first.results]
        self.assertEqual(scores, sorted(scores, reverse=True))
        self.assertEqual(first.results[0].document.text, documents[first.results[0].index])
        self.assertEqual(
            [(row.index, row.relevance_score) for row in second.results],
            [(row.index, row.relevance_score) for row in first.results[:2]],
        )

    def test_failures_are_the_clients_exceptions(self) -> None:
        with self.assertRaises(cohere.BadRequestError):
            cohere.ClientV2("key", base_url=self.url).rerank(model="m", query="q", documents=[])


if __name__ == "__main__":
    serving.main()
