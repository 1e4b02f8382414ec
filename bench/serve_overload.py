"""What a server does when five times as much comes as it can take.

Starts `martlet serve`, measures its capacity, then sends five times that for a minute while health
is asked ten times a second, and looks how soon it is itself again. Clients that are refused last
wait as they are told, and must then be answered. Prints one JSON object with each promise, what was
measured and whether it holds; exit code 1 when one does not.

Capacity is what the same generator gets over --connections that each send when they have their
answer, none refused; measured before and after each time of overload, and goodput is set against
the mean of the two. --rounds 4 cuts the overload in four, so that a machine which gets slower or
faster meanwhile weighs less. The generator runs on the same cores: the processor time that it takes
is missing from goodput, and is printed for both. Requests are refused only when more can be under
way than the queue takes: --overload-connections must be well above capacity x the server's
--max-queue-time.

  build/venv/bin/python bench/serve_overload.py build/models/minilm-sst2 --input texts.txt
"""

import argparse
import json
import os
import shlex
import sys
import time
from pathlib import Path
from statistics import mean

from serve_probes import HealthProbe, PatientClient
from serve_systems import ROOT, Load, Running, Service

GOODPUT_SHARE = 0.9
REFUSAL_MS = 20
HEALTH_MS = 50
RECOVERY_SECONDS = 2
WARM_UP_SECONDS = 1
PATIENT_CLIENTS = 20
LATE_MS = 20  # that the generator may send a request after it was due
PACING_MS = 4  # the generator sends and receives so often: it costs less, and answers seem later
TOLD_TOO_LONG = 5  # seconds of Retry-After that would no longer be about this queue


class Scene:
    """A running server, and the loads that it gets."""

    def __init__(self, server: Running, arguments: argparse.Namespace):
        self.server = server
        self.arguments = arguments

    def load(self, seconds: float, *flags: object, refusals: bool = False) -> dict:
        chosen = self.arguments
        load = Load(chosen.martlet, chosen.input, chosen.column, seconds)
        expected = frozenset({"200", "429"} if refusals else {"200"})
        return load.run(self.server, *flags, expected=expected)

    def capacity(self) -> dict:
        return self.load(
            self.arguments.capacity_seconds, "--connections", self.arguments.connections
        )

    def overload(self, rate: float, seconds: float) -> dict:
        return self.load(
            seconds, "--connections", self.arguments.overload_connections, "--rate", rate,
            "--warm-up", WARM_UP_SECONDS, "--pacing", PACING_MS, refusals=True,
        )  # fmt: skip

    def patient_clients(self, end: float) -> list[PatientClient]:
        """One after the other is refused before the load ends."""
        clients = [
            PatientClient(self.server.port, end - 0.02 * (i + 1)) for i in range(PATIENT_CLIENTS)
        ]
        for client in clients:
            client.start()
        return clients


def measure(scene: Scene) -> dict:
    arguments = scene.arguments
    seconds = arguments.seconds / arguments.rounds
    alone = scene.load(3, "--connections", 1)
    capacities, overloads, patient = [scene.capacity()], [], []
    probe = HealthProbe(scene.server.port)
    probe.start()
    for number in range(arguments.rounds):
        if number > 0:
            capacities.append(scene.capacity())
        if number + 1 == arguments.rounds:
            patient = scene.patient_clients(time.monotonic() + WARM_UP_SECONDS + seconds)
        with probe.watching():
            rate = arguments.factor * capacities[-1]["requests_per_s"]
            overloads.append(scene.overload(rate, seconds))
    for client in patient:
        client.join(30)
    time.sleep(RECOVERY_SECONDS)
    after = scene.load(3, "--rate", 0.3 * capacities[-1]["requests_per_s"], "--warm-up", 0.1)
    capacities.append(scene.capacity())
    return {"alone": alone, "capacities": capacities, "overloads": overloads, "after": after,
            "patient": [(client.told, client.status) for client in patient],
            "health_p99_ms": probe.p99(), "health_failures": probe.failures}  # fmt: skip


def judge_goodput(capacities: list[dict], overloads: list[dict]) -> dict:
    rounds = list(zip(capacities[:-1], overloads, capacities[1:], strict=True))
    rate = "requests_per_s"
    shares = [during[rate] / mean((first[rate], last[rate])) for first, during, last in rounds]
    cores = [report["cpu_seconds"] / report["seconds"] for report in (*capacities, *overloads)]
    return {
        "share": mean(shares),
        "shares": shares,
        "generator_cores_at_capacity": mean(cores[: len(capacities)]),
        "generator_cores": mean(cores[len(capacities) :]),
        "holds": mean(shares) >= GOODPUT_SHARE,
    }


def judge_retry_after(told: dict, patient: list[tuple]) -> dict:
    refused = [status for seconds, status in patient if seconds is not None]
    answered = refused.count(200)
    truthful = told["min"] > 0 and told["max"] <= TOLD_TOO_LONG
    return {
        **told,
        "waited_as_told": len(refused),
        "then_answered": answered,
        "holds": truthful and answered == len(refused) > 0,
    }


def judge(found: dict) -> dict:
    overloads = found["overloads"]

    def worst(*path: str) -> float:
        values = overloads
        for key in path:
            values = [value[key] for value in values]
        return max(values)

    sent = [report["requests"] + report["refused"]["requests"] for report in overloads]
    due = [report["rate"] * report["seconds"] for report in overloads]
    refusal = worst("refused", "from_sent_ms", "p99")
    errors = [report["errors"] for report in overloads]
    # Itself again: as fast as with a few requests at once before, and nobody is refused.
    usual = 10 * found["alone"]["latency_ms"]["p50"] + 20
    after = found["after"]["latency_ms"]["p99"]
    told = {"min": min(report["refused"]["retry_after_s"]["min"] for report in overloads),
            "max": worst("refused", "retry_after_s", "max")}  # fmt: skip
    return {
        "offered": {
            "share_of_rate": sum(sent) / sum(due),
            "late_p99_ms": worst("late_ms", "p99"),
            "holds": sum(sent) > 0.97 * sum(due) and worst("late_ms", "p99") < LATE_MS,
        },
        "goodput": judge_goodput(found["capacities"], overloads),
        "refusals": {
            "p99_ms": refusal,
            "from_due_p99_ms": worst("refused", "latency_ms", "p99"),
            "holds": 0 < refusal <= REFUSAL_MS,
        },
        "retry_after": judge_retry_after(told, found["patient"]),
        "health": {
            "p99_ms": found["health_p99_ms"],
            "failures": found["health_failures"],
            "holds": found["health_p99_ms"] < HEALTH_MS and found["health_failures"] == 0,
        },
        "errors": {"kinds": errors, "holds": not any(errors)},
        "recovery": {
            "p99_ms": after,
            "expected_ms": usual,
            "holds": after <= usual and found["after"]["refused"]["requests"] == 0,
        },
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model", type=Path)
    parser.add_argument("--input", type=Path, required=True, help="texts, one a request")
    parser.add_argument("--column")
    parser.add_argument("--martlet", type=Path, default=ROOT / "build" / "release" / "martlet")
    parser.add_argument("--factor", type=float, default=5, help="times the capacity")
    parser.add_argument("--seconds", type=float, default=60, help="of overload, in all rounds")
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--capacity-seconds", type=float, default=10)
    parser.add_argument("--connections", type=int, default=128)
    parser.add_argument("--overload-connections", type=int, default=6000)
    parser.add_argument("--serve", default="", help="flags of martlet serve: --serve='--workers 2'")
    arguments = parser.parse_args()

    logs = ROOT / "build" / "bench" / "serve"
    logs.mkdir(parents=True, exist_ok=True)
    command = [arguments.martlet, "serve", arguments.model, "--http", "127.0.0.1:{port}"]
    service = Service("martlet", command + shlex.split(arguments.serve), path="/v1/predict",
                      health="/health/ready")  # fmt: skip
    server = Running(service, os.sched_getaffinity(0), logs / "overload.log")
    try:
        found = measure(Scene(server, arguments))
    finally:
        code = server.stop()
    promises = judge(found) | {"exit": {"code": code, "holds": code == 0}}
    print(json.dumps({"promises": promises, "measured": found}, indent=2))
    return 0 if all(promise["holds"] for promise in promises.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
