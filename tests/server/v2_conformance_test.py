"""The Open Inference Protocol, case by case (v2_cases.json), over REST and gRPC: every encoding of
a case must end in the same way, with the same numbers to the bit."""

import json
import struct
import sys
import unittest
from pathlib import Path

import serving

try:
    import grpc
    from tritonclient.grpc import service_pb2 as pb
    from tritonclient.grpc import service_pb2_grpc
except ImportError as missing:
    print(f"SKIPPED: {missing}")
    sys.exit(77)

CASES = json.loads(Path(__file__).with_name("v2_cases.json").read_text())["cases"]

# datatype: the format of one element, and the field of gRPC's typed contents
ELEMENTS = {
    "BOOL": ("<?", "bool_contents"),
    "UINT8": ("<B", "uint_contents"),
    "UINT64": ("<Q", "uint64_contents"),
    "INT16": ("<h", "int_contents"),
    "INT32": ("<i", "int_contents"),
    "INT64": ("<q", "int64_contents"),
    "FP32": ("<f", "fp32_contents"),
    "FP64": ("<d", "fp64_contents"),
    "BYTES": (None, "bytes_contents"),
}
REST_STATUS = {400: "invalid", 404: "not_found"}
GRPC_CODE = {
    grpc.StatusCode.INVALID_ARGUMENT: "invalid",
    grpc.StatusCode.NOT_FOUND: "not_found",
}


def to_raw(tensor: dict) -> bytes:
    if tensor["datatype"] == "BYTES":
        texts = [text.encode() for text in tensor["data"]]
        return b"".join(struct.pack("<I", len(text)) + text for text in texts)
    element, _ = ELEMENTS[tensor["datatype"]]
    return b"".join(struct.pack(element, value) for value in tensor["data"])


def from_raw(datatype: str, raw: bytes) -> list:
    if datatype != "BYTES":
        return [value for (value,) in struct.iter_unpack(ELEMENTS[datatype][0], raw)]
    texts = []
    while raw:
        (size,) = struct.unpack_from("<I", raw)
        texts.append(raw[4 : 4 + size].decode())
        raw = raw[4 + size :]
    return texts


def flat(data: list) -> list:
    return [value for part in data for value in (flat(part) if isinstance(part, list) else [part])]


def nested(data: list, shape: list[int]) -> list:
    """The same values in lists of lists, where the shape allows it."""
    if len(shape) != 2 or 0 in shape or shape[0] * shape[1] != len(data):
        return data
    return [data[row * shape[1] : (row + 1) * shape[1]] for row in range(shape[0])]


class Outcome(dict):
    """What came back: an error's kind, or id and outputs [name, shape, values]."""

    def __init__(self, **fields: object):
        super().__init__(fields)


class Rest:
    """A case over REST: tensors in JSON, in JSON as lists of lists, or binary."""

    def __init__(self, server: serving.Served, how: str):
        self.server, self.how = server, how

    def ask(self, case: dict) -> Outcome:
        version = f"/versions/{case['version']}" if "version" in case else ""
        document = {key: case[key] for key in ("id",) if key in case}
        document["inputs"] = [self.input(tensor) for tensor in case["inputs"]]
        if "outputs" in case:
            document["outputs"] = [{"name": name} for name in case["outputs"]]
        if self.how == "binary":
            document["parameters"] = {"binary_data_output": True}
        head = json.dumps(document).encode()
        body, headers = head, {}
        if self.how == "binary":
            body += b"".join(map(to_raw, case["inputs"]))
            headers["Inference-Header-Content-Length"] = str(len(head))
        connection = self.server.connect()
        path = f"/v2/models/{case['model']}{version}/infer"
        connection.request("POST", path, body, headers)
        response = connection.getresponse()
        answer = response.read()
        connection.close()
        if response.status != 200:
            assert json.loads(answer)["error"], answer
            return Outcome(error=REST_STATUS.get(response.status, response.status))
        return self.read(answer, response.headers.get("Inference-Header-Content-Length"))

    def input(self, tensor: dict) -> dict:
        if self.how != "binary":
            data = (
                nested(tensor["data"], tensor["shape"]) if self.how == "nested" else tensor["data"]
            )
            return tensor | {"data": data}
        described = {key: tensor[key] for key in ("name", "datatype", "shape")}
        return described | {"parameters": {"binary_data_size": len(to_raw(tensor))}}

    def read(self, answer: bytes, head: str | None) -> Outcome:
        size = int(head or len(answer))
        document, rest = json.loads(answer[:size]), answer[size:]
        outputs = []
        for output in document["outputs"]:
            if "data" in output:
                values = flat(output["data"])
            else:
                length = output["parameters"]["binary_data_size"]
                values = from_raw(output["datatype"], rest[:length])
                rest = rest[length:]
            if output["datatype"] == "FP32":  # what JSON says in decimal is one float
                values = [struct.unpack("<f", struct.pack("<f", value))[0] for value in values]
            outputs.append((output["name"], output["shape"], values))
        assert not rest, rest
        return Outcome(id=document.get("id", ""), outputs=outputs)


class Grpc:
    """A case over gRPC: tensors in typed contents, or raw."""

    def __init__(self, stub: service_pb2_grpc.GRPCInferenceServiceStub, how: str):
        self.stub, self.how = stub, how

    def ask(self, case: dict) -> Outcome:
        request = pb.ModelInferRequest(
            model_name=case["model"], model_version=case.get("version", ""), id=case.get("id", "")
        )
        for tensor in case["inputs"]:
            kind = {key: tensor[key] for key in ("name", "datatype", "shape")}
            message = request.inputs.add(**kind)
            if self.how == "raw":
                request.raw_input_contents.append(to_raw(tensor))
                continue
            field = ELEMENTS.get(tensor["datatype"], (None, "bytes_contents"))[1]
            values = [v.encode() if isinstance(v, str) else v for v in tensor["data"]]
            getattr(message.contents, field).extend(values)
        for name in case.get("outputs", []):
            request.outputs.add(name=name)
        try:
            response = self.stub.ModelInfer(request, timeout=30)
        except grpc.RpcError as failure:
            assert failure.details(), failure
            return Outcome(error=GRPC_CODE.get(failure.code(), failure.code()))
        outputs = []
        for i, output in enumerate(response.outputs):
            if response.raw_output_contents:
                values = from_raw(output.datatype, response.raw_output_contents[i])
            else:
                values = list(getattr(output.contents, ELEMENTS[output.datatype][1]))
                values = [v.decode() if isinstance(v, bytes) else v for v in values]
            outputs.append((output.name, list(output.shape), values))
        return Outcome(id=response.id, outputs=outputs)


class V2Conformance(unittest.TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        models = [f"classifier={serving.CLASSIFIER}", f"embedder={serving.EMBEDDER}"]
        cls.server = serving.Served(*models, "--grpc", "127.0.0.1:0")
        cls.addClassCleanup(cls.server.__exit__)
        channel = grpc.insecure_channel(f"127.0.0.1:{cls.server.port_of('gRPC')}")
        cls.addClassCleanup(channel.close)
        cls.stub = service_pb2_grpc.GRPCInferenceServiceStub(channel)
        cls.encodings = {
            "REST JSON": Rest(cls.server, "flat"),
            "REST nested JSON": Rest(cls.server, "nested"),
            "REST binary": Rest(cls.server, "binary"),
            "gRPC typed": Grpc(cls.stub, "typed"),
            "gRPC raw": Grpc(cls.stub, "raw"),
        }

    def test_cases(self) -> None:
        for case in CASES:
            outcomes = {
                name: encoding.ask(case)
                for name, encoding in self.encodings.items()
                if name in case.get("encodings", self.encodings)
            }
            first = next(iter(outcomes.values()))
            for name, outcome in outcomes.items():
                with self.subTest(case["name"], encoding=name):
                    self.judge(outcome, case["expect"])
                    self.assertEqual(outcome, first, "another encoding says otherwise")

    def judge(self, outcome: Outcome, expect: dict) -> None:
        self.assertEqual(outcome.get("error"), expect.get("error"))
        if "error" in expect:
            return
        shapes = [(name, shape) for name, shape, _ in outcome["outputs"]]
        self.assertEqual(shapes, list(expect["outputs"].items()))
        self.assertEqual(outcome["id"], expect.get("id", ""))
        for _, shape, values in outcome["outputs"]:
            self.assertEqual(len(values), shape[0] * (shape[1] if len(shape) == 2 else 1))

    def test_both_transports_say_the_same_of_themselves(self) -> None:
        for path in ("/v2", "/v2/"):
            rest = json.loads(self.server.get(path)[1])
            said = self.stub.ServerMetadata(pb.ServerMetadataRequest())
            self.assertEqual((rest["name"], rest["version"]), (said.name, said.version))
        for name, version in (("classifier", ""), ("embedder", "1")):
            versions = f"/versions/{version}" if version else ""
            rest = json.loads(self.server.get(f"/v2/models/{name}{versions}")[1])
            said = self.stub.ModelMetadata(pb.ModelMetadataRequest(name=name, version=version))
            for side in ("inputs", "outputs"):
                tensors = [
                    {"name": t.name, "datatype": t.datatype, "shape": list(t.shape)}
                    for t in getattr(said, side)
                ]
                self.assertEqual(rest[side], tensors)
                self.assertTrue(all(tensor["shape"][0] == -1 for tensor in tensors))
            self.assertEqual(rest["versions"], list(said.versions))

    def test_readiness_by_name_and_version(self) -> None:
        for name, version, ready in (
            ("classifier", "", True),
            ("classifier", "1", True),
            ("classifier", "9", False),
            ("nobody", "", False),
        ):
            versions = f"/versions/{version}" if version else ""
            status, body = self.server.get(f"/v2/models/{name}{versions}/ready")
            self.assertEqual(status == 200, ready, (name, version, body))
            json.loads(body)  # KServe's client reads it also when the model is not ready
            try:
                request = pb.ModelReadyRequest(name=name, version=version)
                said = self.stub.ModelReady(request).ready
            except grpc.RpcError as failure:
                self.assertEqual(failure.code(), grpc.StatusCode.NOT_FOUND)
                said = False
            self.assertEqual(said, ready, (name, version))
        self.assertTrue(self.stub.ServerLive(pb.ServerLiveRequest()).live)
        self.assertTrue(self.stub.ServerReady(pb.ServerReadyRequest()).ready)
        self.assertEqual(self.server.get("/v2/health/live")[0], 200)
        self.assertEqual(self.server.get("/v2/health/ready")[0], 200)

    def test_tensors_that_do_not_hold_what_they_say(self) -> None:
        text = {"name": "text", "datatype": "BYTES", "shape": [1]}
        for raw in (b"", b"\x01", b"\x05\0\0\0a", b"\x01\0\0\0ab", b"\xff\xff\xff\xffa"):
            request = pb.ModelInferRequest(model_name="classifier", raw_input_contents=[raw])
            request.inputs.add(**text)
            with self.subTest(raw=raw), self.assertRaises(grpc.RpcError) as caught:
                self.stub.ModelInfer(request, timeout=30)
            self.assertEqual(caught.exception.code(), grpc.StatusCode.INVALID_ARGUMENT)
            head = json.dumps({"inputs": [text | {"parameters": {"binary_data_size": len(raw)}}]})
            with self.subTest(raw=raw, transport="REST"):
                self.assertEqual(self.post_binary(head, raw, str(len(head))), 400)

    def test_typed_and_raw_contents_together(self) -> None:
        request = pb.ModelInferRequest(model_name="classifier", raw_input_contents=[b"\x01\0\0\0a"])
        tensor = request.inputs.add(name="text", datatype="BYTES", shape=[1])
        tensor.contents.bytes_contents.append(b"a")
        with self.assertRaises(grpc.RpcError) as caught:
            self.stub.ModelInfer(request, timeout=30)
        self.assertEqual(caught.exception.code(), grpc.StatusCode.INVALID_ARGUMENT)

    def test_binary_lengths_that_lie(self) -> None:
        raw = b"\x01\0\0\0a"
        tensor = {"name": "text", "datatype": "BYTES", "shape": [1]}
        head = json.dumps({"inputs": [tensor | {"parameters": {"binary_data_size": len(raw)}}]})
        self.assertEqual(self.post_binary(head, raw, str(len(head))), 200)
        # No header at all: the body is the text, as Triton's raw binary request has it.
        self.assertEqual(self.post_binary("", b"a good film", "0"), 200)
        for length in (str(len(head) + len(raw) + 1), "-1", "many", "", str(len(head) - 1)):
            with self.subTest(length=length):
                self.assertEqual(self.post_binary(head, raw, length), 400)
        for size in (len(raw) - 1, len(raw) + 1, -1, 1 << 62):
            head = json.dumps({"inputs": [tensor | {"parameters": {"binary_data_size": size}}]})
            with self.subTest(size=size):
                self.assertEqual(self.post_binary(head, raw, str(len(head))), 400)

    def post_binary(self, head: str, raw: bytes, length: str) -> int:
        connection = self.server.connect()
        headers = {"Inference-Header-Content-Length": length}
        connection.request("POST", "/v2/models/classifier/infer", head.encode() + raw, headers)
        status = connection.getresponse().status
        connection.close()
        return status


if __name__ == "__main__":
    serving.main()
