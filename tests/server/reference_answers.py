"""What `martlet run` answers: the numbers that every dialect has to give, too."""

import json
import subprocess
from pathlib import Path

import serving


def predict(model: Path, texts: list[str]) -> list[dict]:
    return _run(model, texts)


def embed(model: Path, texts: list[str]) -> list[list[float]]:
    return [row["embedding"] for row in _run(model, texts)]


def _run(model: Path, texts: list[str]) -> list[dict]:
    command = [serving.cli_program.program, "run", model, "--format", "jsonl", *texts]
    lines = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return [json.loads(line) for line in lines.splitlines()]
