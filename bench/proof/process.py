"""A system under measurement: a process that speaks bench/PROTOCOL.md, on the same cores as all."""

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field, replace
from pathlib import Path

from proof import environment

PROTOCOL = 1
BENCH = Path(__file__).resolve().parents[1]
# After a turn, until the system's threads have stopped spinning: a look every step.
SETTLE_STEP, SETTLE_SECONDS = 0.01, 0.5
IDLE = 0.1  # of a step, that its threads may still run
# Where an engine's use of AMX ends in SIGILL, because the virtual machine announces it by halves.
CAPPED = {"ONEDNN_MAX_CPU_ISA": "AVX512_CORE_BF16", "ATEN_CPU_CAPABILITY": "avx512"}


class DiedError(Exception):
    """The process of a system ended by itself, or it gave an answer that is none."""


@dataclass(frozen=True)
class Plan:
    """What a system is, and how it is started. "{threads}" in the command is their number."""

    name: str
    command: list[str] = field(default_factory=list)
    precision: str = "fp32"  # that is asked for
    ours: bool = False
    environment: dict[str, str] = field(default_factory=dict)
    remark: str = ""
    slower: float = (
        1.0  # what its times are multiplied by: a planted fault, to see that it is found
    )
    missing: str = ""  # why it cannot run here; it is then not started

    def capped(self) -> "Plan":
        remark = ", ".join(filter(None, [self.remark, "AMX off"]))
        return replace(self, environment=self.environment | CAPPED, remark=remark)


class System:
    """Started at once; `hello` waits until it can be asked."""

    def __init__(self, plan: Plan, threads: int, log: Path):
        cpus = sorted(os.sched_getaffinity(0))[:threads]
        self.plan, self.name, self.log = plan, plan.name, log
        self.facts: dict = {}
        self.answers: list[str] = []
        self._began = time.perf_counter()
        command = [str(word).replace("{threads}", str(threads)) for word in plan.command]
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("w") as errors:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
                env=os.environ | {"PYTHONPATH": str(BENCH)} | plan.environment,
                preexec_fn=lambda: os.sched_setaffinity(0, cpus),
            )

    @property
    def pid(self) -> int:
        return self._process.pid

    def hello(self) -> None:
        answer = self.ask(hello=1)
        if answer.get("protocol") != PROTOCOL:
            raise DiedError(f"speaks protocol {answer.get('protocol')}, expected {PROTOCOL}")
        self.answers = answer["answers"]
        self.facts = {
            "engine_version": answer["version"],
            "start_ms": 1000 * (time.perf_counter() - self._began),
        }

    def load(self) -> None:
        self.facts |= self.ask(load=1)
        self.facts |= environment.memory_mb(self.pid)

    def ask(self, **request: object) -> dict:
        try:
            self._process.stdin.write(json.dumps(request) + "\n")
            self._process.stdin.flush()
            line = self._process.stdout.readline()
        except BrokenPipeError:
            line = ""
        if not line:
            raise DiedError(self._last_words())
        try:
            return json.loads(line)
        except json.JSONDecodeError as problem:
            raise DiedError(f"no answer of the protocol: {line[:80]!r}") from problem

    def measure(self, **request: object) -> dict:
        """Answers when its threads are idle, so that the next system has the cores to itself."""
        answer = self.ask(**request)
        ran = environment.waiting(self.pid)[0]
        for _ in range(int(SETTLE_SECONDS / SETTLE_STEP)):
            time.sleep(SETTLE_STEP)
            before, ran = ran, environment.waiting(self.pid)[0]
            if ran - before < IDLE * SETTLE_STEP:
                break
        return answer

    def close(self) -> None:
        self.facts |= environment.memory_mb(self.pid)
        if self._process.poll() is None:
            self._process.stdin.close()
            try:
                self._process.wait(20)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()

    def _last_words(self) -> str:
        code = self._process.wait()
        how = signal.Signals(-code).name if code < 0 else f"exit code {code}"
        lines = [line for line in self.log.read_text(errors="replace").splitlines() if line.strip()]
        return f"{how}: {lines[-1].strip()[:200] if lines else 'no word'}"


def peer(name: str, engine: str, variant: str, model: Path, precision: str = "fp32") -> Plan:
    command = [sys.executable, "-m", "peers", engine, variant, model, "--threads", "{threads}"]
    return Plan(name, command, precision)
