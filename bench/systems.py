"""Systems under measurement: each a process of its own, with the same threads on the same cores."""

import json
import math
import os
import subprocess
import sys
import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parent.parent
PEER = Path(__file__).resolve().parent / "peer.py"
SETTLE_SECONDS = 0.2  # lets the threads of the system before stop spinning
# Where an engine's use of AMX ends in SIGILL, because the virtual machine announces it by halves.
CAPPED = {"ONEDNN_MAX_CPU_ISA": "AVX512_CORE_BF16", "ATEN_CPU_CAPABILITY": "avx512"}


class DiedError(Exception):
    """The process of a system ended by itself."""


@dataclass
class Configuration:
    """One way to run a system."""

    command: list[str]
    environment: dict[str, str] = field(default_factory=dict)
    remark: str = ""  # what sets it apart from the system's other configurations

    def capped(self) -> "Configuration":
        remark = ", ".join(filter(None, [self.remark, "AMX off"]))
        return replace(self, environment=self.environment | CAPPED, remark=remark)


@dataclass
class Plan:
    """What a system is and how it is run: in the fastest of its configurations that survives."""

    name: str
    ours: bool
    precision: str
    configurations: list[Configuration]


def martlet(build: Path, model: Path, precision: str, isa: str = "") -> Plan:
    return Plan(
        f"martlet {precision} {isa}".strip(),
        True,
        precision,
        [
            Configuration(
                [build / "tools" / "model_probe", model, "--precision", precision],
                {"MARTLET_FORCE_ISA": isa} if isa else {},
            )
        ],
    )


def peer(name: str, engine: str, model: Path, precision: str, variants: list[str]) -> Plan:
    configurations = [
        Configuration(
            [sys.executable, PEER, engine, variant, model],
            remark=variant if len(variants) > 1 else "",
        )
        for variant in variants
    ]
    return Plan(name, False, precision, configurations)


class System:
    """A process that answers JSON requests line by line; see tools/model_probe.cc."""

    def __init__(self, plan: Plan, configuration: Configuration, threads: int):
        cpus = sorted(os.sched_getaffinity(0))[:threads]
        self.name = plan.name
        self.ours = plan.ours
        self.precision = plan.precision
        self.remark = configuration.remark
        self.tuned: dict = {}  # how it goes through a dataset
        self._process = subprocess.Popen(
            [*map(str, configuration.command), "--threads", str(threads)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL if not plan.ours else None,
            text=True,
            env=os.environ | configuration.environment,
            preexec_fn=lambda: os.sched_setaffinity(0, cpus),
        )

    def batch_ms(self, batches: list) -> list[float]:
        """Milliseconds of each batch of token ids, run one after the other."""
        time.sleep(SETTLE_SECONDS)
        return self.ask(batches=batches, output="logits", values=False)["ms"]

    def logits(self, batches: list) -> list:
        return self.ask(batches=batches, output="logits", values=True)["values"]

    def tune(self, texts: list[str]) -> None:
        """Finds out how it goes through sorted texts fastest; martlet's way is its default."""
        if self.ours:
            self.tuned = {"plan": "grouped", "batch_tokens": 2048, "batch_sequences": 0}
        else:
            self.tuned = {"grouped": True, **self.ask(tune=texts)}

    def classify(self, texts: list[str], **plan: object) -> tuple[float, list[int]]:
        """Seconds for all texts, and their labels."""
        time.sleep(SETTLE_SECONDS)
        answer = self.ask(texts=texts, **plan)
        return answer["seconds"], answer["labels"]

    def version(self) -> str:
        return "martlet" if self.ours else self.ask()["version"]

    def ask(self, **request: object) -> dict:
        try:
            self._process.stdin.write(json.dumps(request) + "\n")
            self._process.stdin.flush()
            line = self._process.stdout.readline()
        except BrokenPipeError:
            line = ""
        if not line:
            code = self._process.wait()
            raise DiedError(f"{self.name} ended, exit code {code}: {self._process.args}")
        return json.loads(line)

    def close(self) -> None:
        self._process.stdin.close()
        self._process.wait()


def start_fastest(plan: Plan, threads: int, trial: list[list]) -> System | None:
    """Runs every configuration on `trial`, batches of each shape; keeps the fastest."""
    best, best_time = None, math.inf
    for configuration in plan.configurations:
        system, took = start(plan, configuration, threads, trial)
        if took < best_time:
            best, system, best_time = system, best, took
        if system is not None:
            system.close()
    return best


def start(
    plan: Plan, configuration: Configuration, threads: int, trial: list[list]
) -> tuple[System | None, float]:
    """A peer that dies is tried again without AMX."""
    remedies = [configuration] if plan.ours else [configuration, configuration.capped()]
    for remedy in remedies:
        system = System(plan, remedy, threads)
        try:
            return system, typical_ms(system, trial)
        except DiedError as death:
            print(f"note: {death} ({remedy.remark or 'as it is'})", file=sys.stderr)
    return None, math.inf


def typical_ms(system: System, trial: list[list]) -> float:
    """Geometric mean over shapes of the median time."""
    for batches in trial:
        system.batch_ms(batches)  # warm-up
    times = [median(system.batch_ms(batches)) for batches in trial]
    return math.exp(sum(map(math.log, times)) / len(times))


def cpu_name() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return "unknown"
