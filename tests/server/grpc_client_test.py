"""The gRPC server with the clients that people have: tritonclient, tei-client, grpcio's health and
reflection. Numbers are those of `martlet run`."""

import queue
import sys
import threading
import time
import unittest

import reference_answers
import serving
from serving import CLASSIFIER, EMBEDDER, Served

try:
    import grpc
    import numpy as np
    import tritonclient.grpc as triton
    from google.protobuf import descriptor_pool
    from grpc_health.v1 import health_pb2, health_pb2_grpc
    from grpc_reflection.v1alpha.proto_reflection_descriptor_database import (
        ProtoReflectionDescriptorDatabase,
    )
    from tei_client.clients.grpc_client import GrpcClient as TeiClient
    from tei_client.stubs import tei_pb2, tei_pb2_grpc
    from tritonclient.grpc import service_pb2
    from tritonclient.utils import InferenceServerException
except ImportError as missing:
    print(f"SKIPPED: {missing}")
    sys.exit(77)

# Methods that the clients know and this server does not have: sparse models, memory shared with
# the client, loading models (on the admin listener), settings of Triton's own.
NOT_OFFERED = {
    "EmbedSparse", "EmbedSparseStream", "RepositoryModelLoad", "RepositoryModelUnload",
    "SystemSharedMemoryStatus", "SystemSharedMemoryRegister", "SystemSharedMemoryUnregister",
    "CudaSharedMemoryStatus", "CudaSharedMemoryRegister", "CudaSharedMemoryUnregister",
    "TraceSetting", "LogSettings",
}  # fmt: skip

TEXTS = ["good film", "bad film", "", "a film that is neither good nor bad, but long"]


def address(server: Served) -> str:
    return f"127.0.0.1:{server.port_of('gRPC')}"


def texts_input(texts: list[str | bytes], shape: list[int] | None = None) -> triton.InferInput:
    raw = [text.encode() if isinstance(text, str) else text for text in texts]
    tensor = triton.InferInput("text", shape or [len(raw)], "BYTES")
    tensor.set_data_from_numpy(np.array(raw, dtype=object).reshape(shape or [len(raw)]))
    return tensor


def comes_to_serve(stub: health_pb2_grpc.HealthStub, service: str) -> bool:
    """Health follows the models with a delay."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        answer = stub.Check(health_pb2.HealthCheckRequest(service=service))
        if answer.status == health_pb2.HealthCheckResponse.SERVING:
            return True
        time.sleep(0.02)
    return False


class Triton(unittest.TestCase):
    """One server with a classifier and an embedding model."""

    @classmethod
    def setUpClass(cls):
        cls.server = Served(CLASSIFIER, EMBEDDER, "--grpc", "127.0.0.1:0")
        cls.addClassCleanup(cls.server.__exit__)
        cls.address = address(cls.server)
        cls.client = triton.InferenceServerClient(cls.address)
        cls.addClassCleanup(cls.client.close)
        cls.expected = reference_answers.predict(CLASSIFIER, TEXTS)

    @classmethod
    def tearDownClass(cls):
        assert cls.server.stop() == 0, cls.server.lines

    def fails(self, status: str, call, *arguments, **options) -> str:
        with self.assertRaises(InferenceServerException) as raised:
            call(*arguments, **options)
        self.assertEqual(raised.exception.status(), f"StatusCode.{status}")
        return raised.exception.message()

    def test_texts_are_answered_as_run_answers_them(self):
        result = self.client.infer("bert-odd", [texts_input(TEXTS)], request_id="7")
        self.assertEqual(result.get_response().id, "7")
        logits = np.array([row["logits"] for row in self.expected], dtype=np.float32)
        np.testing.assert_array_equal(result.as_numpy("logits"), logits)
        labels = [label.decode() for label in result.as_numpy("label")]
        self.assertEqual(labels, [row["label"] for row in self.expected])
        scores = [row["score"] for row in self.expected]
        np.testing.assert_allclose(result.as_numpy("score"), scores, rtol=1e-6)

    def test_embeddings(self):
        result = self.client.infer("bert-pooler-sharded", [texts_input(TEXTS)])
        expected = reference_answers.embed(EMBEDDER, TEXTS)
        np.testing.assert_allclose(result.as_numpy("embedding"), expected, atol=1e-6)

    def test_outputs_asked_for(self):
        wanted = [triton.InferRequestedOutput("score"), triton.InferRequestedOutput("label")]
        result = self.client.infer("bert-odd", [texts_input(TEXTS)], outputs=wanted)
        names = [output.name for output in result.get_response().outputs]
        self.assertEqual(names, ["score", "label"])
        self.assertIsNone(result.as_numpy("logits"))

    def test_classification_extension(self):
        wanted = [triton.InferRequestedOutput("logits", class_count=2)]
        result = self.client.infer("bert-odd", [texts_input(TEXTS[:1])], outputs=wanted)
        value, index, label = result.as_numpy("logits")[0][0].decode().split(":")
        self.assertEqual(label, self.expected[0]["label"])
        self.assertEqual(float(value), np.float32(self.expected[0]["logits"][int(index)]))

    def test_shape_of_one_column_and_bytes_with_nul(self):
        result = self.client.infer("bert-odd", [texts_input(["good film", b"a\0b"], [2, 1])])
        self.assertEqual(result.as_numpy("logits").shape, (2, 5))

    def test_metadata_config_index_statistics(self):
        metadata = self.client.get_model_metadata("bert-odd", "1", as_json=True)
        self.assertEqual(metadata["inputs"][0]["shape"], ["-1"])
        self.assertEqual(metadata["outputs"][0]["shape"], ["-1", "5"])
        config = self.client.get_model_config("bert-odd", as_json=True)["config"]
        self.assertEqual(config["input"][0]["data_type"], "TYPE_STRING")
        index = self.client.get_model_repository_index(as_json=True)["models"]
        self.assertEqual({m["name"]: m["state"] for m in index}["bert-odd"], "READY")
        self.client.infer("bert-odd", [texts_input(TEXTS)])
        statistics = self.client.get_inference_statistics("bert-odd", as_json=True)
        self.assertGreaterEqual(int(statistics["model_stats"][0]["inference_count"]), len(TEXTS))
        self.assertEqual(self.client.get_server_metadata().name, "martlet")

    def test_readiness(self):
        self.assertTrue(self.client.is_server_live())
        self.assertTrue(self.client.is_server_ready())
        self.assertTrue(self.client.is_model_ready("bert-odd"))
        self.assertTrue(self.client.is_model_ready("bert-odd", "1"))

    def test_what_is_wrong_has_its_code(self):
        infer = self.client.infer
        self.fails("NOT_FOUND", infer, "nobody", [texts_input(TEXTS)])
        self.fails("NOT_FOUND", infer, "bert-odd", [texts_input(TEXTS)], model_version="2")
        wrong_name = triton.InferInput("sentence", [1], "BYTES")
        wrong_name.set_data_from_numpy(np.array([b"x"], dtype=object))
        self.fails("INVALID_ARGUMENT", infer, "bert-odd", [wrong_name])
        numbers = triton.InferInput("text", [1], "FP32")
        numbers.set_data_from_numpy(np.zeros(1, np.float32))
        message = self.fails("INVALID_ARGUMENT", infer, "bert-odd", [numbers])
        self.assertIn("BYTES", message)
        unknown = [triton.InferRequestedOutput("nothing")]
        self.fails("INVALID_ARGUMENT", infer, "bert-odd", [texts_input(TEXTS)], outputs=unknown)

    def test_bytes_of_wrong_length(self):
        for raw in (b"\x05\0\0\0good", b"\x03\0\0\0good", b"\xff\xff\xff\xffgood", b"\x04\0"):
            tensor = texts_input(["good"])
            tensor._raw_content = raw
            with self.subTest(raw):
                self.fails("INVALID_ARGUMENT", self.client.infer, "bert-odd", [tensor])

    def test_ids_as_tensors(self):
        with grpc.insecure_channel(self.address) as channel:
            answer = tei_pb2_grpc.TokenizeStub(channel).Tokenize(
                tei_pb2.EncodeRequest(inputs=TEXTS[0], add_special_tokens=True),
                metadata=[("martlet-model", "bert-odd")],
            )
        ids = np.array([[token.id for token in answer.tokens]], dtype=np.int64)
        tensor = triton.InferInput("input_ids", list(ids.shape), "INT64")
        tensor.set_data_from_numpy(ids)
        result = self.client.infer("bert-odd", [tensor])
        np.testing.assert_array_equal(
            result.as_numpy("logits")[0], np.array(self.expected[0]["logits"], np.float32)
        )

    def test_deadline(self):
        self.fails(
            "DEADLINE_EXCEEDED",
            self.client.infer,
            "bert-odd",
            [texts_input(["film " * 2000] * 200)],
            client_timeout=0.001,
        )

    def test_stream_answers_in_order_with_failures_between(self):
        answers = queue.Queue()
        self.client.start_stream(callback=lambda result, error: answers.put((result, error)))
        for number in range(100):
            model = "nobody" if number == 50 else "bert-odd"
            self.client.async_stream_infer(model, [texts_input(TEXTS)], request_id=str(number))
        for number in range(100):
            result, error = answers.get(timeout=60)
            if number == 50:
                self.assertIn("nobody", str(error))
            else:
                self.assertEqual(result.get_response().id, str(number))
        self.client.stop_stream()

    def test_many_threads(self):
        failures = []

        def ask(number: int):
            for _ in range(20):
                text = TEXTS[number % len(TEXTS)]
                result = self.client.infer("bert-odd", [texts_input([text])])
                expected = np.array(self.expected[number % len(TEXTS)]["logits"], np.float32)
                if not np.array_equal(result.as_numpy("logits")[0], expected):
                    failures.append(text)

        threads = [threading.Thread(target=ask, args=[number]) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(failures, [])

    def test_health(self):
        with grpc.insecure_channel(self.address) as channel:
            stub = health_pb2_grpc.HealthStub(channel)
            for service in ("", "bert-odd", "bert-pooler-sharded"):
                self.assertTrue(comes_to_serve(stub, service), service)
            with self.assertRaises(grpc.RpcError) as raised:
                stub.Check(health_pb2.HealthCheckRequest(service="nobody"))
            self.assertEqual(raised.exception.code(), grpc.StatusCode.NOT_FOUND)
            watch = stub.Watch(health_pb2.HealthCheckRequest(service="nobody"))
            unknown = health_pb2.HealthCheckResponse.SERVICE_UNKNOWN
            self.assertEqual(next(watch).status, unknown)
            watch.cancel()

    def test_reflection(self):
        with grpc.insecure_channel(self.address) as channel:
            database = ProtoReflectionDescriptorDatabase(channel)
            services = set(database.get_services())
            self.assertLessEqual(
                {"inference.GRPCInferenceService", "tei.v1.Embed", "grpc.health.v1.Health"},
                services,
            )
            pool = descriptor_pool.DescriptorPool(database)
            method = pool.FindServiceByName("inference.GRPCInferenceService").FindMethodByName(
                "ModelInfer"
            )
            self.assertEqual(method.input_type.fields_by_name["raw_input_contents"].number, 7)

    def test_messages_are_those_of_the_clients(self):
        """Every field that a client knows has its number and type here, by reflection."""
        with grpc.insecure_channel(self.address) as channel:
            pool = descriptor_pool.DescriptorPool(ProtoReflectionDescriptorDatabase(channel))
            for file, services in (
                (tei_pb2.DESCRIPTOR, ["Info", "Embed", "Predict", "Rerank", "Tokenize"]),
                (service_pb2.DESCRIPTOR, ["GRPCInferenceService"]),
            ):
                for service in services:
                    theirs = file.services_by_name[service]
                    ours = pool.FindServiceByName(theirs.full_name)
                    missing = {m.name for m in theirs.methods} - set(ours.methods_by_name)
                    self.assertLessEqual(missing, NOT_OFFERED)
                    for mine in ours.methods:
                        method = theirs.methods_by_name.get(mine.name)
                        if method is None:
                            continue
                        self.compare(method.input_type, mine.input_type, set())
                        self.compare(method.output_type, mine.output_type, set())

    def compare(self, theirs, ours, seen: set[str]):
        if theirs.full_name in seen:
            return
        seen.add(theirs.full_name)
        self.assertEqual(theirs.full_name, ours.full_name)
        for field in theirs.fields:
            mine = ours.fields_by_number.get(field.number)
            where = f"{theirs.full_name}.{field.name} = {field.number}"
            if mine is None:
                self.assertNotIn(field.name, ours.fields_by_name, where)  # at another number
                continue
            self.assertEqual((mine.name, mine.type), (field.name, field.type), where)
            self.assertEqual(mine.is_repeated, field.is_repeated, where)
            if field.message_type is not None:
                self.compare(field.message_type, mine.message_type, seen)


class Tei(serving.ServeTest):
    def client(self, model) -> TeiClient:
        return TeiClient(address(self.serve(model, "--grpc", "127.0.0.1:0")))

    def test_embedding(self):
        client = self.client(EMBEDDER)
        texts = [text for text in TEXTS if text]
        self.assertEqual(client.info().max_input_length, 128)
        vectors = np.array([list(vector) for vector in client.embed(texts, normalize=False)])
        expected = reference_answers.embed(EMBEDDER, texts)
        np.testing.assert_allclose(vectors, expected, atol=1e-6)
        unit = np.array([list(vector) for vector in client.embed(texts)])
        np.testing.assert_allclose(np.linalg.norm(unit, axis=1), 1, rtol=1e-5)
        tokens = client.tokenize(texts[0])[0].tokens
        self.assertEqual(len(client.embed_all(texts[0])[0]), len(tokens))
        decoded = client.decode([token.id for token in tokens])
        self.assertEqual(client.tokenize(decoded)[0].tokens, tokens)

    def test_classification(self):
        client = self.client(CLASSIFIER)
        expected = reference_answers.predict(CLASSIFIER, TEXTS[:2])
        for answer, row in zip(client.classify(TEXTS[:2]), expected):
            self.assertEqual(answer.scores[0].label, row["label"])
            self.assertAlmostEqual(answer.scores[0].score, row["score"], places=6)
        with self.assertRaises(grpc.RpcError) as raised:
            client._stubs.embed.Embed(tei_pb2.EmbedRequest(inputs="x"))
        self.assertEqual(raised.exception.code(), grpc.StatusCode.INVALID_ARGUMENT)


class Secured(serving.ServeTest):
    def test_key(self):
        server = self.serve(CLASSIFIER, "--grpc", "127.0.0.1:0", "--api-key", "secret")
        with triton.InferenceServerClient(address(server)) as client:
            with self.assertRaises(InferenceServerException) as raised:
                client.infer("bert-odd", [texts_input(TEXTS)])
            self.assertEqual(raised.exception.status(), "StatusCode.UNAUTHENTICATED")
            headers = {"authorization": "Bearer secret"}
            result = client.infer("bert-odd", [texts_input(TEXTS)], headers=headers)
            self.assertEqual(result.as_numpy("logits").shape, (4, 5))


if __name__ == "__main__":
    serving.main()
