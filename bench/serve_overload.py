"""What a server does when five times as much comes as it can take.

Starts `martlet serve`, measures its capacity, then sends five times that for a minute while health
is asked ten times a second, and looks how soon it is itself again. Prints one JSON object with each
promise, what was measured and whether it holds; exit code 1 when one does not.

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
    rate = arguments.factor * capacity["requests_per_s"]
    probe = HealthProbe(server)
    probe.start()
    overload = load.run(
        connections=arguments.overload_connections, rate=rate, seconds=arguments.seconds
    )
    probe.over.set()
    time.sleep(RECOVERY_SECONDS)
    after = load.run(rate=0.3 * capacity["requests_per_s"], seconds=3, warm_up=0.1)
    return {"alone": alone, "capacity": capacity, "overload": overload, "after": after,
            "health_p99_ms": probe.p99(), "health_failures": probe.failures}  # fmt: skip


def judge(found: dict) -> dict:
    overload = found["overload"]
    goodput = overload["requests_per_s"] / found["capacity"]["requests_per_s"]
    refusal = overload["refused"]["from_sent_ms"]["p99"]
    # Itself again: as fast as with a few requests at once before, and nobody is refused.
    usual = 10 * found["alone"]["latency_ms"]["p50"] + 20
    after = found["after"]["latency_ms"]["p99"]
    return {
        "goodput": {"share": goodput, "holds": goodput >= GOODPUT_SHARE},
        "refusals": {"p99_ms": refusal, "holds": refusal <= REFUSAL_MS},
        "retry_after": {
            **overload["refused"]["retry_after_s"],
            "holds": overload["refused"]["retry_after_s"]["min"] > 0,
        },
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
    parser.add_argument("--overload-connections", type=int, default=512)
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
