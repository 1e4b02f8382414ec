"""Servers under measurement, each a process on a port of its own, and the load that all of them
get: `martlet bench serve`."""

import contextlib
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
START_SECONDS = 180

# Ending early still runs what stops the servers.
signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))


@dataclass
class Service:
    """How a server is started and asked. `{port}` in the command stands for its port."""

    name: str
    command: list[str]
    path: str = "/predict"
    body: str = '{"inputs": {text}}'
    health: str = "/health"
    directory: Path = ROOT  # that it is run in


class Running:
    """A server that has become healthy; `cpus` are those it may use."""

    def __init__(self, service: Service, cpus: set[int], log: Path):
        self.service = service
        self.port = free_port()
        command = [str(word).replace("{port}", str(self.port)) for word in service.command]
        with log.open("w") as file:
            self.process = subprocess.Popen(
                command,
                cwd=service.directory,
                stdout=file,
                stderr=subprocess.STDOUT,
                preexec_fn=lambda: os.sched_setaffinity(0, cpus),
                start_new_session=True,
            )
        end = time.monotonic() + START_SECONDS
        while not self.healthy():
            if self.process.poll() is not None or time.monotonic() > end:
                self.stop()
                raise RuntimeError(f"{service.name} did not start, see {log}")
            time.sleep(0.1)

    def healthy(self) -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        with contextlib.closing(connection), contextlib.suppress(OSError):
            connection.request("GET", self.service.health)
            return connection.getresponse().status == 200
        return False

    def cpu_seconds(self) -> float:
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def peak_bytes(self) -> int:
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return next(
            int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmHWM")
        )

    def stop(self) -> int:
        """Its exit code."""
        if self.process.poll() is not None:
            return self.process.returncode
        self.process.terminate()
        try:
            return self.process.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            return self.process.wait()


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


@dataclass
class Load:
    """What `martlet bench serve` is told about texts and time."""

    generator: Path
    texts: Path
    column: str | None
    seconds: float

    def run(
        self, running: Running, *flags: object, expected: frozenset[str] = frozenset({"200"})
    ) -> dict:
        """Its report, with the cores that the server used, warming up included. Says when there
        were errors, or other statuses than `expected`."""
        command = [self.generator, "bench", "serve"]
        command += [f"http://127.0.0.1:{running.port}{running.service.path}"]
        command += ["--body", running.service.body, "--input", self.texts]
        command += ["--column", self.column] if self.column else []
        command += ["--seconds", self.seconds, *flags]
        begin, before = time.monotonic(), running.cpu_seconds()
        done = subprocess.run(list(map(str, command)), capture_output=True, text=True)
        if done.returncode != 0:
            raise RuntimeError(f"{running.service.name}: {done.stderr}")
        report = json.loads(done.stdout)
        used = running.cpu_seconds() - before
        report["server_cores"] = used / (time.monotonic() - begin)
        if report["errors"] or set(report["status"]) - expected:
            remark = {"status": report["status"], "errors": report["errors"]}
            print(f"{running.service.name}: {remark}", file=sys.stderr)
        return report


def machine() -> dict:
    """What figures depend on."""
    info = Path("/proc/cpuinfo").read_text()
    model = next(
        (line.split(":")[1].strip() for line in info.splitlines() if "model name" in line), ""
    )
    return {
        "cpu": model,
        "cores": len(os.sched_getaffinity(0)),
        "load_before": os.getloadavg()[0],
    }
