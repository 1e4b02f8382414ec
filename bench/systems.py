"""Systems under measurement: each a process of its own, with the same threads on the same cores."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PEER = Path(__file__).resolve().parent / "peer.py"
SETTLE_SECONDS = 0.3  # lets the threads of the system before stop spinning


def usable_cpus(count: int) -> list[int]:
    return sorted(os.sched_getaffinity(0))[:count]


def cpu_name() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return "unknown"


class System:
    """A process that answers JSON requests line by line; see tools/model_probe.cc."""

    def __init__(self, name: str, command: list, threads: int):
        cpus = usable_cpus(threads)
        self.name = name
        self._process = subprocess.Popen(
            [*map(str, command), "--threads", str(threads)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            preexec_fn=lambda: os.sched_setaffinity(0, cpus),
        )

    def batch_ms(self, batches: list) -> list[float]:
        """Milliseconds of each batch of token ids, run one after the other."""
        time.sleep(SETTLE_SECONDS)
        return self.ask(batches=batches, output="logits", values=False)["ms"]

    def classify(self, texts: list[str], **plan: object) -> tuple[float, list[int]]:
        """Seconds for all texts, and their labels."""
        time.sleep(SETTLE_SECONDS)
        answer = self.ask(texts=texts, **plan)
        return answer["seconds"], answer["labels"]

    def ask(self, **request: object) -> dict:
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            sys.exit(f"{self.name} ended: exit code {self._process.wait()}")
        return json.loads(line)

    def close(self) -> None:
        self._process.stdin.close()
        self._process.wait()


def martlet(build: Path, model: Path, threads: int) -> System:
    return System("martlet", [build / "tools" / "model_probe", model], threads)


def peer(name: str, model: Path, threads: int) -> System:
    return System(name, [sys.executable, PEER, name, model], threads)
