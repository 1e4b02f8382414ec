"""The project's .proto files against the messages of real clients: same numbers, same types."""

import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

try:
    from google.protobuf import descriptor_pb2
    from tei_client.stubs import tei_pb2
    from tritonclient.grpc import model_config_pb2, service_pb2
except ImportError as missing:
    print(f"SKIPPED: {missing}")
    sys.exit(77)

PROTO = Path(__file__).resolve().parents[2] / "src" / "server" / "grpc" / "proto"


def read_ours() -> list[descriptor_pb2.FileDescriptorProto]:
    with tempfile.NamedTemporaryFile() as out:
        command = ["protoc", f"-I{PROTO}", f"--descriptor_set_out={out.name}", "--include_imports"]
        try:
            subprocess.run([*command, "open_inference_grpc.proto", "tei.proto"], check=True)
        except FileNotFoundError:
            print("SKIPPED: needs protoc")
            sys.exit(77)
        return list(descriptor_pb2.FileDescriptorSet.FromString(Path(out.name).read_bytes()).file)


def as_proto(module) -> descriptor_pb2.FileDescriptorProto:
    proto = descriptor_pb2.FileDescriptorProto()
    module.DESCRIPTOR.CopyToProto(proto)
    return proto


def messages(files) -> dict[str, descriptor_pb2.DescriptorProto]:
    """All messages, also those inside others, by their full name."""
    found = {}

    def add(prefix: str, message: descriptor_pb2.DescriptorProto) -> None:
        name = f"{prefix}.{message.name}"
        found[name] = message
        for nested in message.nested_type:
            add(name, nested)

    for file in files:
        for message in file.message_type:
            add(file.package, message)
    return found


def wire(field: descriptor_pb2.FieldDescriptorProto) -> tuple:
    """What must agree for a field to mean the same on both sides."""
    return field.number, field.type, field.type_name.lstrip("."), field.label


class Wire(unittest.TestCase):
    ours = read_ours()
    theirs = tuple(as_proto(module) for module in (service_pb2, model_config_pb2, tei_pb2))

    def test_every_field_of_ours_is_theirs(self):
        theirs = messages(self.theirs)
        for name, message in messages(self.ours).items():
            expected = {field.name: wire(field) for field in theirs[name].field}
            for field in message.field:
                if f"{name}.{field.name}" == "tei.v1.EmbedRequest.dimensions":
                    continue  # younger than the client
                with self.subTest(f"{name}.{field.name}"):
                    self.assertEqual(wire(field), expected.get(field.name))

    def test_inference_messages_are_whole(self):
        ours, theirs = messages(self.ours), messages(self.theirs)
        for name in (
            "inference.ModelInferRequest",
            "inference.ModelInferResponse",
            "inference.InferTensorContents",
            "tei.v1.EmbedResponse",
            "tei.v1.PredictRequest",
            "tei.v1.RerankRequest",
            "tei.v1.InfoResponse",
        ):
            with self.subTest(name):
                self.assertEqual(len(ours[name].field), len(theirs[name].field))

    def test_methods(self):
        def methods(files):
            return {
                m.name: (m.input_type, m.output_type, m.client_streaming, m.server_streaming)
                for file in files
                for service in file.service
                for m in service.method
            }

        theirs = methods(self.theirs)
        for name, method in methods(self.ours).items():
            with self.subTest(name):
                self.assertEqual(method, theirs[name])

    def test_data_types(self):
        def values(files):
            enums = {e.name: e for file in files for e in file.enum_type}
            return {v.name: v.number for v in enums["DataType"].value}

        self.assertEqual(values(self.ours), values(self.theirs))


if __name__ == "__main__":
    sys.argv = sys.argv[:1]  # ctest's --build says nothing here
    unittest.main()
