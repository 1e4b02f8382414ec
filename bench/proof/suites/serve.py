"""martlet serve beside other servers of the same model, one text a request, over HTTP."""

import os
from dataclasses import replace
from pathlib import Path

import serve_peers
from serve_systems import Load, Running, Service

from proof import environment
from proof.cases import Case
from proof.process import DiedError, Plan
from proof.suite import MODELS, SCRATCH, Context, Length, Suite
from proof.texts import Dataset

OBJECTIVE_MS = 50  # p99 of the search for the highest rate
STEPS = 4  # of that search
WARM_UP = 0.3  # seconds of every load, not counted
CONNECTIONS = 32
NAMES = {
    "martlet": "martlet fp32",
    "martlet-int8": "martlet int8",
    "fastapi": "FastAPI + transformers",
    "fastapi-batch": "FastAPI, batched by hand",
    "infinity-torch": "Infinity torch",
    "infinity-optimum": "Infinity optimum",
}


class Server:
    """A running server, as the bench knows systems."""

    answers = ("load",)

    def __init__(self, plan: Plan, threads: int, log: Path):
        self.plan, self.name, self.facts = plan, plan.name, {}
        log.parent.mkdir(parents=True, exist_ok=True)
        self._log, self._cpus = log, set(sorted(os.sched_getaffinity(0))[:threads])
        self.running: Running | None = None

    @property
    def pid(self) -> int:
        return self.running.process.pid if self.running else 0

    def hello(self) -> None:
        service: Service = self.plan.command
        try:
            self.running = Running(service, self._cpus, self._log)
        except (RuntimeError, OSError) as problem:
            raise DiedError(str(problem)) from problem

    def load(self) -> None:
        self.facts |= environment.memory_mb(self.pid)

    def close(self) -> None:
        if self.running:
            self.facts |= environment.memory_mb(self.pid)
            self.running.stop()


class LoadCase(Case):
    """What `martlet bench serve` reports of a server under one kind of load."""

    def __init__(self, name: str, unit: str, load: Load, connections: int):
        super().__init__(name, unit, "load", facts={"connections": connections})
        self.more_is_better = unit == "requests/s"
        self._load, self._connections = load, connections

    def warm(self, server: Server) -> float:
        return self._value(self._ask(replace(self._load, seconds=1.0), server))

    def turn(self, server: Server, number: int) -> list[float]:
        return [self._value(self._ask(self._load, server, "--seed", number + 1))]

    def answer(self, server: Server) -> list[dict[str, float]]:
        try:
            return [serve_peers.ask(server.running, text) for text in serve_peers.PROBES]
        except (OSError, ValueError) as problem:
            raise DiedError(f"asked for scores: {problem}") from problem

    def compare(self, answer: list, reference: list) -> dict:
        """Of the scores by label; a server that names fewer labels is compared in those."""
        apart = [
            abs(found[label] - expected[label])
            for found, expected in zip(answer, reference)
            for label in found.keys() & expected.keys()
        ]
        if not apart:
            raise ValueError("no label in common with the baseline")
        return {"score_max_abs": max(apart)}

    def _value(self, report: dict) -> float:
        return report["requests_per_s" if self.more_is_better else "latency_ms"]

    def _ask(self, load: Load, server: Server, *flags: object) -> dict:
        try:
            report = load.run(
                server.running, "--connections", self._connections, "--warm-up", WARM_UP, *flags
            )
        except RuntimeError as problem:
            raise DiedError(str(problem)) from problem
        return report


class AloneCase(LoadCase):
    """One client that waits for each answer."""

    def _value(self, report: dict) -> float:
        return report["latency_ms"]["p50"]


class ObjectiveCase(LoadCase):
    """The highest rate of requests at random times whose p99, from the time each was due, stays
    under the objective: by bisection."""

    least_rounds = 1

    def turn(self, server: Server, number: int) -> list[float]:
        short = replace(self._load, seconds=max(1.0, self._load.seconds / 2))
        low, high = 0.0, 1.1 * self._value(self._ask(short, server, "--seed", number + 1))
        for step in range(STEPS):
            rate = (low + high) / 2
            report = self._ask(short, server, "--rate", rate, "--seed", number + step + 2)
            kept_up = report["requests_per_s"] > 0.95 * rate
            met = kept_up and not report["errors"] and report["latency_ms"]["p99"] < OBJECTIVE_MS
            low, high = (rate, high) if met else (low, rate)
        return [max(low, 1.0)]


def plans(context: Context, model: Path) -> list[Plan]:
    if not serve_peers.PYTHON.exists():
        serve_peers.setup()
    martlet = context.build / "martlet"
    found = []
    for key, name in NAMES.items():
        try:
            service = _service(martlet, model, key)
            precision = "int8" if "int8" in key else "fp32"
            found.append(Plan(name, service, precision, ours=key.startswith("martlet")))
        except (OSError, RuntimeError, ValueError) as problem:
            found.append(Plan(name, missing=str(problem)))
    return found


def _service(martlet: Path, model: Path, key: str) -> Service:
    known = serve_peers.services(martlet, model.resolve())
    if key == "martlet-int8":
        base = known["martlet"]
        return replace(base, name=NAMES[key], command=[*base.command, "--precision", "int8"])
    return known[key]


def cases(context: Context, _: Path, dataset: Dataset) -> list[Case]:
    texts = SCRATCH / "serve" / "texts.txt"
    texts.parent.mkdir(parents=True, exist_ok=True)
    texts.write_text("\n".join(text for text in dataset.spread(20000).texts if text) + "\n")
    seconds = 1.0 if context.quick else 10.0
    load = Load(context.build / "martlet", texts, None, seconds)
    return [
        LoadCase(f"{CONNECTIONS} connections", "requests/s", load, CONNECTIONS),
        AloneCase("one connection, p50", "ms", load, 1),
        ObjectiveCase(f"p99 under {OBJECTIVE_MS} ms", "requests/s", load, CONNECTIONS),
    ]


SUITE = Suite(
    name="serve",
    title="Servers, one text a request",
    baseline="FastAPI + transformers",
    model=lambda _: MODELS / "minilm-sst2",
    plans=plans,
    cases=cases,
    quick=Length(sittings=1, seconds=45, narrow=0.05),
    full=Length(sittings=3, seconds=900, narrow=0.02),
    start=Server,
)
