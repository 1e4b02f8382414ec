"""What a server does when five times as much comes as it can take.

Starts `martlet serve`, measures its capacity, then sends five times that for a minute while health
is asked ten times a second, and looks how soon it is itself again. Clients that are refused last
wait as they are told, and must then be answered. Prints one JSON object with each promise, what was
measured and whether it holds; exit code 1 when one does not.

The generator runs on the same cores, so the processor time that it takes is missing from goodput;
both are printed. Requests are refused only when more can be under way than the queue takes:
--overload-connections must be well above capacity x the server's --max-queue-time.

  build/venv/bin/python bench/serve_overload.py build/models/minilm-sst2 --input texts.txt
"""

import argparse
import http.client
import json
import shlex
import subprocess
import sys
import threading
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
GOODPUT_SHARE = 0.9
REFUSAL_MS = 20
HEALTH_MS = 50
RECOVERY_SECONDS = 2
PATIENT_CLIENTS = 20
LATE_MS = 20  # that the generator may send a request after it was due
PACING_MS = 6  # what came due within this time is sent at once: the generator costs less
TOLD_TOO_LONG = 5  # seconds of Retry-After that would no longer be about this queue


class Server:
    """`martlet serve` on a port of its own, ready."""

    def __init__(self, program: Path, model: Path, flags: list[str]):
        self.process = subprocess.Popen(
            [program, "serve", model, "--http", "127.0.0.1:0", *flags],
            stderr=subprocess.PIPE,
            text=True,
        )
        self.port = self.find_port()
        threading.Thread(target=self.process.stderr.read, daemon=True).start()
        while self.get("/health/ready") != 200:
            time.sleep(0.05)

    def find_port(self) -> int:
        """From the line "martlet: HTTP listens on 127.0.0.1:40123"."""
        for line in self.process.stderr:
            if "HTTP listens on" in line:
                return int(line.rsplit(":", 1)[1])
        sys.exit("the server ended before it listened")

    def get(self, path: str) -> int:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request("GET", path)
            return connection.getresponse().status
        finally:
            connection.close()

    def post(self, body: str) -> tuple[int, float]:
        """The status of a prediction, and the seconds of its Retry-After."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request("POST", "/v1/predict", body)
            response = connection.getresponse()
            return response.status, float(response.headers.get("Retry-After", 0))
        finally:
            connection.close()

    def stop(self) -> int:
        self.process.terminate()
        return self.process.wait(60)


class HealthProbe(threading.Thread):
    """Asks for health ten times a second, over a new connection each time."""

    def __init__(self, server: Server):
        super().__init__(daemon=True)
        self.server = server
        self.milliseconds: list[float] = []
        self.failures = 0
        self.over = threading.Event()

    def run(self):
        while not self.over.wait(0.1):
            begin = time.monotonic()
            try:
                self.failures += self.server.get("/health/live") != 200
            except OSError:
                self.failures += 1
            self.milliseconds.append(1e3 * (time.monotonic() - begin))

    def p99(self) -> float:
        ordered = sorted(self.milliseconds)
        return ordered[int(0.99 * (len(ordered) - 1))]


class PatientClient(threading.Thread):
    """Is refused near the end of the load, waits as it is told, and asks once more."""

    BODY = json.dumps({"inputs": "patience is rewarded"})

    def __init__(self, server: Server, begin: float):
        super().__init__(daemon=True)
        self.server = server
        self.begin = begin
        self.told: float | None = None  # seconds; None: it was never refused
        self.status = 0  # of the second request

    def run(self):
        time.sleep(max(0.0, self.begin - time.monotonic()))
        status = 200
        for _ in range(10):
            status, told = self.server.post(self.BODY)
            if status == 429:
                break
        else:
            return
        self.told = told
        time.sleep(told)
        self.status, _ = self.server.post(self.BODY)


class Load:
    def __init__(self, program: Path, server: Server, arguments: argparse.Namespace):
        self.command = [program, "bench", "serve", f"http://127.0.0.1:{server.port}"]
        self.command += ["--input", arguments.input]
        if arguments.column:
            self.command += ["--column", arguments.column]

    def start(self, **flags: object) -> subprocess.Popen:
        words = [str(word) for key, value in flags.items() for word in (f"--{key}", value)]
        words = [word.replace("_", "-") if word.startswith("--") else word for word in words]
        return subprocess.Popen([*self.command, *words], stdout=subprocess.PIPE, text=True)

    def run(self, **flags: object) -> dict:
        process = self.start(**flags)
        out, _ = process.communicate()
        if process.returncode != 0:
            sys.exit("martlet bench serve failed")
        return json.loads(out)


def measure(load: Load, server: Server, arguments: argparse.Namespace) -> dict:
    alone = load.run(connections=1, seconds=3)
    capacity = load.run(connections=arguments.connections, seconds=arguments.capacity_seconds)
    probe = HealthProbe(server)
    rate = arguments.factor * capacity["requests_per_s"]
    probe.start()
    warm_up = 1
    end = time.monotonic() + warm_up + arguments.seconds
    patient = [PatientClient(server, end - 0.02 * (i + 1)) for i in range(PATIENT_CLIENTS)]
    for client in patient:
        client.start()
    overload = load.run(
        connections=arguments.overload_connections, rate=rate, seconds=arguments.seconds,
        warm_up=warm_up, pacing=PACING_MS,
    )  # fmt: skip
    probe.over.set()
    for client in patient:
        client.join(30)
    time.sleep(RECOVERY_SECONDS)
    after = load.run(rate=0.3 * capacity["requests_per_s"], seconds=3, warm_up=0.1)
    again = load.run(connections=arguments.connections, seconds=arguments.capacity_seconds)
    capacity = max(capacity, again, key=lambda report: report["requests_per_s"])
    return {"alone": alone, "capacity": capacity, "overload": overload, "after": after,
            "patient": [(client.told, client.status) for client in patient],
            "health_p99_ms": probe.p99(), "health_failures": probe.failures}  # fmt: skip


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
    overload = found["overload"]
    goodput = overload["requests_per_s"] / found["capacity"]["requests_per_s"]
    generator = overload["cpu_seconds"] / overload["seconds"]
    sent = overload["requests"] + overload["refused"]["requests"]
    offered = sent / (overload["rate"] * overload["seconds"])
    refusal = overload["refused"]["from_sent_ms"]["p99"]
    # Itself again: as fast as with a few requests at once before, and nobody is refused.
    usual = 10 * found["alone"]["latency_ms"]["p50"] + 20
    after = found["after"]["latency_ms"]["p99"]
    return {
        "offered": {
            "share_of_rate": offered,
            "late_p99_ms": overload["late_ms"]["p99"],
            "holds": offered > 0.97 and overload["late_ms"]["p99"] < LATE_MS,
        },
        "goodput": {
            "share": goodput,
            "generator_cores": generator,
            "holds": goodput >= GOODPUT_SHARE,
        },
        "refusals": {
            "p99_ms": refusal,
            "from_due_p99_ms": overload["refused"]["latency_ms"]["p99"],
            "holds": 0 < refusal <= REFUSAL_MS,
        },
        "retry_after": judge_retry_after(overload["refused"]["retry_after_s"], found["patient"]),
        "health": {
            "p99_ms": found["health_p99_ms"],
            "failures": found["health_failures"],
            "holds": found["health_p99_ms"] < HEALTH_MS and found["health_failures"] == 0,
        },
        "errors": {"kinds": overload["errors"], "holds": not overload["errors"]},
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
    parser.add_argument("--build", type=Path, default=ROOT / "build" / "release")
    parser.add_argument("--factor", type=float, default=5, help="times the capacity")
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--capacity-seconds", type=float, default=10)
    parser.add_argument("--connections", type=int, default=32)
    parser.add_argument("--overload-connections", type=int, default=6000)
    parser.add_argument("--serve", default="", help="flags of martlet serve: --serve='--workers 2'")
    arguments = parser.parse_args()

    program = arguments.build.resolve() / "martlet"
    server = Server(program, arguments.model, shlex.split(arguments.serve))
    try:
        found = measure(Load(program, server, arguments), server, arguments)
    finally:
        code = server.stop()
    promises = judge(found) | {"exit": {"code": code, "holds": code == 0}}
    print(json.dumps({"promises": promises, "measured": found}, indent=2))
    return 0 if all(promise["holds"] for promise in promises.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
