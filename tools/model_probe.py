"""The Python end of model_probe.cc: a model of martlet's as a subprocess."""

import json
import os
import subprocess
from collections.abc import Iterable
from pathlib import Path


class ModelProbe:
    """Runs batches of token ids. A batch is a list of sequences, a sequence a list of ids."""

    def __init__(
        self,
        build: Path,
        model: Path,
        *,
        threads: int = 0,
        isa: str | None = None,
        engine: str = "native",
    ):
        environment = os.environ | ({"MARTLET_FORCE_ISA": isa} if isa else {})
        command = [build / "tools" / "model_probe", model, "--threads", str(threads)]
        command += ["--engine", engine]
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=environment,
        )

    def run(self, batches: list, output: str = "logits") -> list:
        """The output rows of each batch."""
        return self._ask(batches=batches, output=output, values=True)["values"]

    def run_tensors(self, source: Path, shape: list[int], rows: Iterable[int]) -> list:
        """The first output of a graph for tensors of `shape`, by their number in `source`."""
        request = {"tensors": str(source), "shape": shape, "rows": list(rows)}
        return self._ask(**request, values=True)["values"]

    def time_tensors(self, source: Path, shape: list[int], rows: Iterable[int]) -> list[float]:
        """Milliseconds of each run of the same."""
        return self._ask(tensors=str(source), shape=shape, rows=list(rows))["ms"]

    def close(self) -> None:
        if self._process.poll() is None:
            self._process.stdin.close()
            self._process.wait()

    def __enter__(self) -> "ModelProbe":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _ask(self, **request: object) -> dict:
        try:
            self._process.stdin.write(json.dumps(request) + "\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            pass  # it has ended; why is on stderr
        line = self._process.stdout.readline()
        if line:
            return json.loads(line)
        raise RuntimeError(self._process.stderr.read().strip())
