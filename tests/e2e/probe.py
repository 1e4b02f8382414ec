"""Runs tokenizer_probe, martlet's tokenizer as a program for tests."""

import dataclasses
import struct
import subprocess
from pathlib import Path

import numpy as np


@dataclasses.dataclass
class Encoded:
    """What martlet::Encodings holds, and each sequence decoded without and with special tokens."""

    ids: np.ndarray
    type_ids: np.ndarray
    starts: np.ndarray
    text_of: np.ndarray
    truncated: np.ndarray
    char_offsets: np.ndarray
    byte_offsets: np.ndarray
    decoded: list[str]

    def sequence(self, number: int) -> slice:
        return slice(self.starts[number], self.starts[number + 1])


def read_arrays(data: bytes) -> list[bytes]:
    arrays, position = [], 0
    while position < len(data):
        (size,) = struct.unpack_from("<Q", data, position)
        position += 8 + size
        arrays.append(data[position - size : position])
    return arrays


class Probe:
    def __init__(self, program: Path):
        self.program = program

    def run(self, arguments: list[str], texts: list[str | bytes]) -> subprocess.CompletedProcess:
        encoded = [text if isinstance(text, bytes) else text.encode() for text in texts]
        data = b"".join(struct.pack("<I", len(text)) + text for text in encoded)
        command = [self.program, *arguments]
        return subprocess.run(command, input=data, capture_output=True, check=False)

    def encode(self, tokenizer: Path, texts: list[str | bytes], *arguments: str) -> Encoded | None:
        """None when martlet refuses."""
        done = self.run(["encode", str(tokenizer), *arguments], texts)
        if done.returncode == 1:
            return None
        assert done.returncode == 0, done.stderr.decode()
        *arrays, decoded = read_arrays(done.stdout)
        kinds = ["<i4", "<i4", "<i4", "<i4", "u1", "<i4", "<i4"]
        numbers = [np.frombuffer(a, kind) for a, kind in zip(arrays, kinds, strict=True)]
        numbers[5:] = [offsets.reshape(-1, 2) for offsets in numbers[5:]]
        return Encoded(*numbers, [text.decode() for text in decoded.split(b"\xff")[:-1]])

    def normalize(self, texts: list[str | bytes], settings: dict[str, bool]) -> list[str]:
        names = {"clean_text": "clean", "handle_chinese_chars": "chinese"}
        names |= {"strip_accents": "accents", "lowercase": "lower"}
        switches = [f"--{'' if on else 'no-'}{names[key]}" for key, on in settings.items()]
        done = self.run(["normalize", *switches], texts)
        assert done.returncode == 0, done.stderr.decode()
        return [text.decode() for text in read_arrays(done.stdout)]
